"""Followers that learn, or that answer exactly, at their information sets."""

from __future__ import annotations

from itertools import pairwise
from typing import Protocol

from ssg_mip.game.game import Game
from ssg_mip.learning.learners.asymmetric_learning.experts import ExpertKind, make_expert
from ssg_mip.learning.learners.asymmetric_learning.hedge import gain_spread, value_range
from ssg_mip.learning.learners.asymmetric_learning.information import InformationSets, exact_answer
from ssg_mip.learning.learners.asymmetric_learning.settings import Settings
from ssg_mip.learning.learners.asymmetric_learning.tables import ActionTable, LearningLeader, Seen


class Follower(Protocol):
    """What the dynamics ask of a follower."""

    def mix(self, place: int, step: int) -> list[float]:
        """Probabilities of its actions at an information set."""

    def learn(self, seen: Seen) -> None:
        """Take note of a step."""


class StateValues:
    """Running estimates of the follower's state values; the rate is ``n ** -rate_exponent`` at the ``n``-th visit."""

    def __init__(self, game: Game, settings: Settings, start: float) -> None:
        self.values = [start] * game.num_states
        self._visits = [0] * game.num_states
        self._exponent = settings.rate_exponent

    def move(self, state: int, target: float) -> None:
        """Move the estimate of a state towards a sample of it."""
        self._visits[state] += 1
        self.values[state] += self._visits[state] ** -self._exponent * (target - self.values[state])


class QFollower:
    """Q-learning at its information sets; where it sees ``a``, a state is worth the running mean of its best values."""

    def __init__(self, game: Game, sets: InformationSets, settings: Settings) -> None:
        self._discount = game.follower_discount
        self._table = ActionTable(sets.offsets, settings)
        self._states = StateValues(game, settings, 0.0)
        self._sees_actions = settings.information == "action"

    def mix(self, place: int, step: int) -> list[float]:
        """See :class:`Follower`."""
        return self._table.mix(place, step)

    def learn(self, seen: Seen) -> None:
        """See :class:`Follower`."""
        target = seen.follower_reward + self._discount * self._states.values[seen.reached]
        self._table.move(seen.place, seen.b, target, seen.step)
        best = self._table.best[seen.place]
        if self._sees_actions:
            self._states.move(seen.state, best)
        else:
            self._states.values[seen.state] = best


class NoRegretFollower:
    """One learner without regret per information set, on action values divided by their range.

    With ``by_mean`` a learner that moves every so many steps takes the mean of the gains that its set has seen since it
    moved last; otherwise their sum. Sets that were not visited stay where they are.
    """

    def __init__(
        self,
        game: Game,
        sets: InformationSets,
        settings: Settings,
        steps: int,
        kind: ExpertKind = "hedge",
        *,
        by_mean: bool = False,
    ) -> None:
        counts: list[int] = sets.counts.tolist()
        self._settings = settings
        self._experts = [make_expert(kind, count, settings.follower_rate, steps) for count in counts]
        low, self._high = value_range(game)
        spread = gain_spread(game) if settings.feedback == "full" else self._high - low
        self._scale = spread if spread > 0.0 else 1.0
        self._states = StateValues(game, settings, (low + self._high) / 2.0)
        self._period = settings.period if settings.schedule == "every" else 1
        self._waiting: dict[int, list[list[float]]] = {}
        self._by_mean = by_mean
        self._discount = game.follower_discount
        self._offsets: list[int] = game.row_offsets.tolist()
        self._counts: list[int] = game.follower_counts.tolist()
        self._rewards: list[float] = game.follower_rewards.tolist()
        self._indptr: list[int] = game.indptr.tolist()
        self._successors: list[int] = game.successors.tolist()
        self._probabilities: list[float] = game.probabilities.tolist()

    def mix(self, place: int, step: int) -> list[float]:  # noqa: ARG002  (the protocol's parameters)
        """See :class:`Follower`."""
        return self._experts[place].mix

    def learn(self, seen: Seen) -> None:
        """See :class:`Follower`."""
        expert = self._experts[seen.place]
        if self._settings.feedback == "full":
            gains = self._all_gains(seen)
            self._states.move(seen.state, sum(map(float.__mul__, expert.mix, gains)))
            scaled = [gain / self._scale for gain in gains]
        else:
            value = seen.follower_reward + self._discount * self._states.values[seen.reached]
            self._states.move(seen.state, value)
            losses = [0.0] * len(expert.mix)
            losses[seen.b] = (self._high - value) / self._scale / expert.mix[seen.b]
            scaled = [-loss for loss in losses]
        waiting = self._waiting.setdefault(seen.place, [])
        if self._by_mean:
            waiting.append(scaled)
        else:
            expert.add(scaled)
        if seen.step % self._period == 0:
            self._move()

    def _move(self) -> None:
        for place, gains in self._waiting.items():
            if gains:
                self._experts[place].add([sum(kind) / len(gains) for kind in zip(*gains, strict=True)])
            self._experts[place].move()
        self._waiting.clear()

    def _all_gains(self, seen: Seen) -> list[float]:
        """The value of each of its actions, after the realised leader action or on average over the leader's mix."""
        width = self._counts[seen.state]
        first = self._offsets[seen.state]
        if self._settings.information == "action":
            return [self._action_value(first + seen.a * width + b) for b in range(width)]
        return [
            sum(share * self._action_value(first + a * width + b) for a, share in enumerate(seen.leader_mix))
            for b in range(width)
        ]

    def _action_value(self, row: int) -> float:
        if self._discount == 0.0:
            return self._rewards[row]
        values = self._states.values
        entries = range(self._indptr[row], self._indptr[row + 1])
        later = sum(self._probabilities[entry] * values[self._successors[entry]] for entry in entries)
        return self._rewards[row] + self._discount * later


class SwitchingFollower:
    """One follower up to a step and another, which has seen nothing so far, from then on."""

    def __init__(self, first: Follower, second: Follower, last: int) -> None:
        self._first = first
        self._second = second
        self._last = last

    def mix(self, place: int, step: int) -> list[float]:
        """See :class:`Follower`."""
        return (self._first if step <= self._last else self._second).mix(place, step)

    def learn(self, seen: Seen) -> None:
        """See :class:`Follower`."""
        (self._first if seen.step <= self._last else self._second).learn(seen)


class AnsweringFollower:
    """The exact best response to the leader's current policy, recomputed now and then; it learns nothing."""

    def __init__(self, game: Game, sets: InformationSets, settings: Settings, leader: LearningLeader) -> None:
        self._game = game
        self._sets = sets
        self._settings = settings
        self._leader = leader
        self._mixes: list[list[float]] = []

    def mix(self, place: int, step: int) -> list[float]:
        """See :class:`Follower`."""
        if not self._mixes:
            self._answer(step)
        return self._mixes[place]

    def learn(self, seen: Seen) -> None:
        """See :class:`Follower`."""
        if seen.step % self._settings.period == 0:
            self._answer(seen.step + 1)

    def _answer(self, step: int) -> None:
        answer = exact_answer(self._game, self._leader.policy(step), self._settings.information)
        entries: list[float] = [0.0] * int(self._sets.offsets[-1])
        for entry, share in zip(self._sets.row_entry.tolist(), answer.tolist(), strict=True):
            entries[entry] = share
        bounds = self._sets.offsets.tolist()
        self._mixes = [entries[first:last] for first, last in pairwise(bounds)]


def make_follower(
    game: Game, sets: InformationSets, settings: Settings, leader: LearningLeader, steps: int
) -> Follower:
    """The follower that the settings ask for, in a run of so many steps."""
    if settings.follower == "best-response":
        return AnsweringFollower(game, sets, settings, leader)
    return make_learning_follower(game, sets, settings, steps)


def make_learning_follower(
    game: Game, sets: InformationSets, settings: Settings, steps: int, *, by_mean: bool = False
) -> Follower:
    """The same, of those that learn: they need to know nothing of the leader; ``by_mean`` as above."""
    kind = settings.expert
    if kind is None:
        return QFollower(game, sets, settings)
    without_regret = NoRegretFollower(game, sets, settings, steps, kind, by_mean=by_mean)
    if settings.schedule == "after":
        return SwitchingFollower(QFollower(game, sets, settings), without_regret, settings.period)
    return without_regret
