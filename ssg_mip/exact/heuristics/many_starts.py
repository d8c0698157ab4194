"""Good policies without a program: ascents from many starts, and the follower's answers changed one at a time.

An ascent (:mod:`ssg_mip.exact.heuristics.sequential_lp`) ends where no small step helps while the follower answers as
he does. What is better then lies behind another answer. So from the best policy of a round every *neighbouring* answer
is tried, which differs in one state: the ascent goes to where the follower gives it, and uphill from there; answers
that cost him least come first. If one is better, it goes on from there, until none is.

Rounds begin in turn from policies drawn anew in all states, and from the best one with a few states drawn anew. Rows on
the policy are kept throughout: every policy is replaced by the nearest allowed one before it is judged, and steps keep
them. The draws are the same in every run. Nothing is proven.

On random games with budgets, ties or types of the follower, of 6 to 12 states with 3 x 3 actions, a round takes a tenth
of a second and is worth more than all that their first hundred linear programs suggest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ssg_mip.base.deadline import Deadline
from ssg_mip.evaluation.mdp import induced_by_leader
from ssg_mip.exact.heuristics.sequential_lp import Ascent
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.problem.evaluated_policy import Candidate
from ssg_mip.runs.run import Run

ROUNDS = 20
"""Rounds at most."""

PATIENCE = 8
"""Rounds in a row without a better policy after which it ends, where a search is known to take long."""

LITTLE_PATIENCE = 2
"""The same while a search goes on."""

STARTS = 10
"""Starts of a round, of which the best goes on."""

CONCENTRATION = 0.5
"""Of the Dirichlet distribution that probabilities are drawn from: most of them near pure actions."""

MOST_REDRAWN = 4
"""States that are drawn anew in a round from the best policy, at most."""

TIME_SHARE = 0.15
"""Share of the remaining time that all rounds may take."""

MOST_SECONDS = 20.0
"""What they may take at most."""

LEAST_GAIN = 1e-7
"""Share by which a value must rise to count as better."""

DRAWS = 20_261
"""Where the draws begin."""


class ManyStarts:
    """Rounds of ascents.

    Parameters
    ----------
    game
        The game.
    evaluate
        Turns a policy into an exactly evaluated candidate.
    ascent
        How to ascend.
    run
        When to end.
    """

    def __init__(self, game: Game, evaluate: Callable[[LeaderPolicy], Candidate], ascent: Ascent, run: Run) -> None:
        self._game, self._evaluate, self._ascent, self._run = game, evaluate, ascent, run
        self._draws = np.random.default_rng(DRAWS)

    def around(self, best: Candidate, patience: int = PATIENCE) -> Iterator[Candidate]:
        """Better and better policies than a given one, until rounds bring none or the time share is used up."""
        until, fruitless = self._until(), 0
        for candidate in self._neighbours(best, until):
            best = candidate
            yield best
        for count in range(ROUNDS):
            if fruitless >= patience or self._over(until):
                return
            fruitless += 1
            for candidate in self._round(best if count % 2 else None, until):
                if _is_better(candidate, best):
                    best, fruitless = candidate, 0
                    yield best

    def polished(self, best: Candidate) -> Iterator[Candidate]:
        """Better and better policies than a given one, by neighbouring answers alone."""
        return self._neighbours(best, self._until())

    def _until(self) -> Deadline:
        return Deadline(min(MOST_SECONDS, TIME_SHARE * self._run.deadline.remaining))

    def _over(self, until: Deadline) -> bool:
        return until.expired or self._run.stopped

    def _round(self, near: Candidate | None, until: Deadline) -> Iterator[Candidate]:
        """The best of some starts, and what its neighbours bring."""
        found: Candidate | None = None
        for _ in range(STARTS):
            if self._over(until):
                break
            candidate = self._ascent.ascend(self._evaluate(self._drawn(near)))
            if found is None or candidate.value > found.value:
                found = candidate
        if found is not None:
            yield found
            yield from self._neighbours(found, until)

    def _drawn(self, near: Candidate | None) -> LeaderPolicy:
        """A policy drawn in all states, or in a few, where the others play as near by."""
        game = self._game
        drawn = np.concatenate([self._draws.dirichlet(np.full(k, CONCENTRATION)) for k in game.leader_counts])
        if near is None:
            return LeaderPolicy.from_slots(game, drawn)
        count = int(self._draws.integers(1, min(MOST_REDRAWN, game.num_states), endpoint=True))
        states = self._draws.choice(game.num_states, count, replace=False)
        slots = np.where(np.isin(game.leader_slot_state, states), drawn, near.policy.slots(game))
        return LeaderPolicy.from_slots(game, slots)

    def _neighbours(self, best: Candidate, until: Deadline) -> Iterator[Candidate]:
        """From a policy to a better one whose answer differs in one state, and on from there, as long as there is."""
        tried: set[bytes] = set()
        found: Candidate | None = best if np.isfinite(best.value) else None
        while found is not None:
            best, found = found, None
            for wanted in self._answers_near(best):
                if self._over(until):
                    return
                if wanted.tobytes() in tried:
                    continue
                tried.add(wanted.tobytes())
                moved = self._evaluate(self._ascent.restore(best.policy, wanted))
                moved = self._ascent.ascend(moved)
                if _is_better(moved, best):
                    found = moved
                    yield found
                    break

    def _answers_near(self, best: Candidate) -> Iterator[IntArray]:
        """The answers that differ in one state; those that the follower loses least by first."""
        game, answers = self._game, best.answers
        state = game.follower_slot_state
        for slot in np.argsort(self._lost(best), kind="stable").tolist():
            s = int(state[slot])
            action = slot - int(game.follower_offsets[s])
            if action != answers[s]:
                changed = answers.copy()
                changed[s] = action
                yield changed

    def _lost(self, best: Candidate) -> FloatArray:
        """What the follower loses by each of his actions, taken once."""
        values = best.response.follower_values
        _, own = induced_by_leader(self._game, best.policy)
        found: FloatArray = values[self._game.follower_slot_state] - own.action_values(values)
        return found


def _is_better(candidate: Candidate, best: Candidate) -> bool:
    if not np.isfinite(candidate.value):
        return False
    return not np.isfinite(best.value) or candidate.value > best.value + LEAST_GAIN * (1.0 + abs(best.value))
