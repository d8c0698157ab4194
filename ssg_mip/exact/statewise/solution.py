r"""Policy iteration over mixes with their answers, and the values that prove how good it is.

A round solves the decision process over the mixes that are known, and looks in every state for an answer whose bound
by its multipliers exceeds the value ``V(s)`` found so far. Its linear program finds a better mix, which the next round
knows, or multipliers that show that there is none. Values never fall, and where no answer is left
``V + e / (1 - gamma)`` is an upper bound, with ``e`` the largest excess that is let pass.

Where ties are not decided for the leader, mixes leave an answer a little better than all others, so that it is no tie;
the bound is the same. What is missing then is the rule's doing, unless the follower does not answer as was taken for
granted: the mixes of answers that are always tied are an example.
"""

from __future__ import annotations

import contextlib

import numpy as np

from ssg_mip.base.deadline import OutOfTime
from ssg_mip.base.gap import gap_size, relative_gap
from ssg_mip.base.status import BoundProof
from ssg_mip.base.tolerances import MARGIN_IN_TIES
from ssg_mip.evaluation.mdp import transition_matrix
from ssg_mip.evaluation.value_bounds import LEAST_GAP, leader_value_bounds, raised_sum, tie_thresholds
from ssg_mip.exact.settled import Settled
from ssg_mip.exact.statewise import corners
from ssg_mip.exact.statewise.answer_lp import AnswerPrograms
from ssg_mip.exact.statewise.mixes import MixPool
from ssg_mip.exact.statewise.multipliers import Multipliers
from ssg_mip.game.game import Game
from ssg_mip.game.game_class import has_silent_follower, is_myopic, moved_by_leader_alone
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.game.shapes import shapes_of
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.problem.evaluated_policy import EvaluatedPolicy
from ssg_mip.problem.problem import Problem
from ssg_mip.runs.run import Run

MOST_ROUNDS = 200
"""Rounds at most; a handful is usual."""

PASSING = 0.2
"""Share of the gap that a bound may lie above the values because small excesses are let pass."""


def is_statewise(game: Game) -> bool:
    """Whether the follower's answer in a state depends on the leader's mix there alone."""
    return is_myopic(game) or has_silent_follower(game) or moved_by_leader_alone(game)


def solve_statewise(problem: Problem, run: Run, *, scale: float) -> Settled:
    """Iterate until the weighted gap is closed or a limit is reached.

    Parameters
    ----------
    problem
        About a statewise game (:func:`is_statewise`), without a floor and without a margin.
    run
        Gap, deadline, interrupt, start policy.
    scale
        What the gap is relative to at least (:func:`ssg_mip.evaluation.value_bounds.gap_scale`).
    """
    start = EvaluatedPolicy.of(problem, run.start or LeaderPolicy.uniform(problem.game), run.tolerances)
    if run.stopped:
        return Settled(found=start, upper=leader_value_bounds(problem.game).upper, proof=BoundProof.PAIR)
    rounds = _Rounds(problem, run, scale)
    with contextlib.suppress(OutOfTime):
        rounds.go()
    return rounds.settled(start)


class _Rounds:
    """The rounds of one problem."""

    def __init__(self, problem: Problem, run: Run, scale: float) -> None:
        game = problem.game
        kindly = problem.follower.favours_leader
        self._problem, self._run, self._scale, self._game = problem, run, scale, game
        thresholds = tie_thresholds(game, run.tolerances)
        self._margin = MARGIN_IN_TIES * thresholds if problem.follower.rule_decides else np.zeros(game.num_states)
        self._shapes = shapes_of(game)
        self._pool, self._multipliers = MixPool(game), Multipliers(game)
        self._programs = AnswerPrograms(run.checkpoint)
        self._rounds, self._ended = 0, False
        for shape in self._shapes:
            self._pool.add_pure(shape, kindly=kindly)
        self._best = self._pool.best()

    def go(self) -> None:
        """Go on until no answer is worth more than the values, within what is let pass."""
        few = [part for shape in self._shapes if corners.are_few(shape) for part in corners.parts_of(shape)]
        for part in few:
            self._run.checkpoint()
            corners.add_corners(self._game, part, self._margin, self._pool)
        if few:
            self._best = self._pool.best()
        for part in few:
            self._run.checkpoint()
            corners.add_multipliers(self._game, part, self._payoffs(self._best.values), self._multipliers)
        while self._rounds < MOST_ROUNDS:
            self._rounds += 1
            if not self._round():
                self._ended = True
                break
            self._best = self._pool.best()

    def _payoffs(self, values: FloatArray) -> FloatArray:
        """What the leader gets in every row, with values afterwards."""
        game = self._game
        payoffs: FloatArray = game.leader_rewards + game.leader_discount * (transition_matrix(game) @ values)
        return payoffs

    def _passing(self, values: FloatArray) -> float:
        """By how much an answer may exceed a state's value without further work."""
        weighted = float(self._problem.weights @ values)
        target = max(self._run.gap, LEAST_GAP) * gap_size(weighted, self._scale)
        rounding = 16.0 * float(np.finfo(float).eps) * (1.0 + float(np.abs(values).max()))
        return max(PASSING * (1.0 - self._game.leader_discount) * target, rounding)

    def _round(self) -> bool:
        """Look at every answer that may be worth more; whether a better mix was found."""
        game, values = self._game, self._best.values
        payoffs, passing = self._payoffs(values), self._passing(values)
        bounds = self._multipliers.bounds(payoffs)
        state = game.follower_slot_state
        due = np.flatnonzero(bounds > values[state] + passing)
        improved = False
        for group in np.split(due, np.flatnonzero(np.diff(state[due])) + 1):
            if len(group):
                order = group[np.argsort(-bounds[group], kind="stable")]
                improved |= self._look(int(state[group[0]]), order, bounds, payoffs, passing)
        return improved

    def _look(self, state: int, slots: IntArray, bounds: FloatArray, payoffs: FloatArray, passing: float) -> bool:
        """Solve the programs of the answers of a state, the most promising first."""
        game = self._game
        start, stop = game.row_offsets[state : state + 2].tolist()
        shape = (int(game.leader_counts[state]), int(game.follower_counts[state]))
        mine, follower = payoffs[start:stop].reshape(shape), game.follower_rewards[start:stop].reshape(shape)
        rows = np.arange(start, stop).reshape(shape)
        best = known = float(self._best.values[state])
        for slot in slots.tolist():
            if bounds[slot] <= best + passing:
                break
            answer = slot - int(game.follower_offsets[state])
            solved = self._programs.solve(
                mine[:, answer], follower, answer, cut_off=best, margin=float(self._margin[state])
            )
            self._multipliers.take_one(state, answer, solved.others, solved.multipliers, mine[:, answer])
            if solved.mix is not None and solved.value > best + 0.5 * passing:
                best = solved.value
                self._pool.add(np.array([state]), rows[None, :, answer], solved.mix[None])
        return best > known

    def settled(self, start: EvaluatedPolicy) -> Settled:
        """The best policy so far, and the bound that the multipliers prove."""
        problem, run = self._problem, self._run
        found = EvaluatedPolicy.of(problem, self._best.policy, run.tolerances)
        found = max(found, start, key=lambda one: float(problem.weights @ one.values))
        value = float(problem.weights @ found.values)
        promised = float(problem.weights @ self._best.values)
        agrees = relative_gap(value, promised, self._scale) <= LEAST_GAP
        leaf = self._multipliers.leaf(self._best.values, best=False)
        if relative_gap(value, raised_sum(problem.weights, leaf.upper), self._scale) > max(run.gap, LEAST_GAP):
            leaf = self._multipliers.leaf(self._best.values, best=True)
        return Settled(
            found=found,
            upper=leaf.upper,
            proof=BoundProof.VALUES,
            leaf=leaf,
            final=self._ended and agrees and problem.follower.rule_decides,
            rounds=self._rounds,
            lps=self._programs.lps,
        )
