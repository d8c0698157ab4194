r"""The game and a policy as exact numbers.

**What "the game" means.** Every number of a :class:`~ssg_mip.game.game.Game` is a float, and every float is a fraction
with a power of two below: that fraction is meant, not the decimal that was once written in a file. Two kinds of rows
need not sum to one exactly, so they are *exactly normalised*: each transition row and the start distribution is
divided by the exact sum of its stored floats. Rewards and discounts are taken as they are. A leader policy is read in
the same way: stored floats, each state's row divided by its exact sum.

Against a policy ``f`` each follower slot ``(s, b)`` has the transition row
``sum_a f(a|s) p(. | s, a, b)``, held as whole numerators over one denominator (they sum to it exactly), and the mean
rewards of both players as :class:`~fractions.Fraction`. Nothing here rounds.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import cached_property, lru_cache

from ssg_mip.errors import InvalidPolicyError
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray

PolicyRows = tuple[tuple[float, ...], ...]
"""A leader policy as stored: per state, one float per available action."""


def common_numerators(values: Iterable[float]) -> tuple[tuple[int, ...], int]:
    """Finite floats as whole numbers over one denominator, a power of two; nothing is lost."""
    ratios = [float(value).as_integer_ratio() for value in values]
    denominator = max((below for _, below in ratios), default=1)
    return tuple(above * (denominator // below) for above, below in ratios), denominator


def over_common_denominator(values: Sequence[Fraction]) -> tuple[tuple[int, ...], int]:
    """Fractions as whole numbers over their least common denominator."""
    denominator = math.lcm(*(value.denominator for value in values))
    return tuple(value.numerator * (denominator // value.denominator) for value in values), denominator


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Row:
    """One distribution: ``numerators[i] / total`` is the probability of ``places[i]``; they sum to ``total``."""

    places: tuple[int, ...]
    numerators: tuple[int, ...]
    total: int

    @classmethod
    def normalised(cls, places: Iterable[int], probabilities: Iterable[float]) -> Row:
        """From non-negative floats, divided by their exact sum."""
        numerators, _ = common_numerators(probabilities)
        return cls(places=tuple(places), numerators=numerators, total=sum(numerators))


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class ExactGame:
    """A game in rational numbers; rows are joint actions ``(s, a, b)`` in the game's own order."""

    game: Game
    leader_rewards: tuple[Fraction, ...]
    follower_rewards: tuple[Fraction, ...]
    leader_discount: Fraction
    follower_discount: Fraction

    @classmethod
    def of(cls, game: Game) -> ExactGame:
        """The exact reading of a game's stored floats; that of the last game is kept."""
        return _exact_reading(game)

    @classmethod
    def read(cls, game: Game) -> ExactGame:
        """The exact reading, made anew; the transitions are read when they are first asked for."""
        return cls(
            game=game,
            leader_rewards=tuple(map(Fraction, game.leader_rewards.tolist())),
            follower_rewards=tuple(map(Fraction, game.follower_rewards.tolist())),
            leader_discount=Fraction(game.leader_discount),
            follower_discount=Fraction(game.follower_discount),
        )

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The transitions, one distribution per joint action."""
        starts = self.game.indptr.tolist()
        places, probabilities = self.game.successors.tolist(), self.game.probabilities.tolist()
        return tuple(
            Row.normalised(places[low:high], probabilities[low:high]) for low, high in itertools.pairwise(starts)
        )


@lru_cache(maxsize=1)
def _exact_reading(game: Game) -> ExactGame:
    return ExactGame.read(game)


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Process:
    """One player's decision process over follower slots, in rational numbers.

    Attributes
    ----------
    offsets
        First follower slot of each state, then the number of slots.
    kernel
        One row per slot over next states.
    rewards
        One per slot.
    discount
        In ``[0, 1)``.
    """

    offsets: tuple[int, ...]
    kernel: tuple[Row, ...]
    rewards: tuple[Fraction, ...]
    discount: Fraction

    arithmetic = "exact arithmetic"
    """How its values are proven."""

    @property
    def num_states(self) -> int:
        """Number of states."""
        return len(self.offsets) - 1

    @cached_property
    def predecessors(self) -> tuple[set[int], ...]:
        """Per state, the states from which a slot may lead there."""
        before: tuple[set[int], ...] = tuple(set() for _ in range(self.num_states))
        for state in range(self.num_states):
            for slot in self.slots(state):
                row = self.kernel[slot]
                for place, numerator in zip(row.places, row.numerators, strict=True):
                    if numerator:
                        before[place].add(state)
        return before

    def slots(self, state: int) -> range:
        """The slots of a state."""
        return range(self.offsets[state], self.offsets[state + 1])

    def action_values(self, values: Sequence[Fraction], slots: Iterable[int]) -> list[Fraction]:
        """``q = r + gamma P v`` for the given slots, exactly."""
        numerators, below = over_common_denominator(values)
        above = self.discount.numerator
        below *= self.discount.denominator
        found = []
        for slot in slots:
            row = self.kernel[slot]
            mean = sum(weight * numerators[place] for place, weight in zip(row.places, row.numerators, strict=True))
            found.append(self.rewards[slot] + Fraction(above * mean, below * row.total))
        return found

    def action_bounds(
        self, lower: Sequence[Fraction], upper: Sequence[Fraction], slots: Sequence[int]
    ) -> tuple[list[Fraction], list[Fraction]]:
        """``q`` for the lower and for the upper values, exactly."""
        highest = self.action_values(upper, slots)
        return (highest if lower == upper else self.action_values(lower, slots)), highest

    def negated(self) -> Process:
        """The same process with the sign of every reward changed: its maximum is minus this one's minimum."""
        return dataclasses.replace(self, rewards=tuple(-reward for reward in self.rewards))

    @cached_property
    def reward_spread(self) -> Fraction:
        """The largest reward less the smallest; of values the spread is at most this over ``1 - discount``."""
        return max(self.rewards) - min(self.rewards)


def policy_rows(game: Game, policy: LeaderPolicy) -> PolicyRows:
    """The stored floats of a policy, state by state, padding left out.

    Raises
    ------
    InvalidPolicyError
        If the policy does not fit the game.
    """
    flat = policy.slots(game).tolist()
    return tuple(tuple(flat[low:high]) for low, high in itertools.pairwise(game.leader_offsets.tolist()))


def induce(exact: ExactGame, policy: PolicyRows) -> tuple[Process, Process]:
    """The leader's and the follower's process against an exactly normalised policy; both share their transitions.

    Raises
    ------
    InvalidPolicyError
        If a state's probabilities are not finite, at least 0 and somewhere positive.
    """
    game = exact.game
    kernel: list[Row] = []
    rewards: tuple[list[Fraction], list[Fraction]] = ([], [])
    for state, (first, count) in enumerate(zip(game.row_offsets.tolist(), game.follower_counts.tolist(), strict=False)):
        mixture = mixture_of(game, policy, state)
        for action in range(count):
            rows = [first + place * count + action for place in mixture.places]
            kernel.append(_mixed_row([exact.rows[row] for row in rows], mixture))
            for total, given in zip(rewards, (exact.leader_rewards, exact.follower_rewards), strict=True):
                mean = sum((w * given[row] for w, row in zip(mixture.numerators, rows, strict=True)), Fraction(0))
                total.append(mean / mixture.total)
    offsets = tuple(game.follower_offsets.tolist())
    discounts = (exact.leader_discount, exact.follower_discount)
    leader, follower = (
        Process(offsets=offsets, kernel=tuple(kernel), rewards=tuple(mine), discount=discount)
        for mine, discount in zip(rewards, discounts, strict=True)
    )
    return leader, follower


def mixture_of(game: Game, policy: PolicyRows, state: int) -> Row:
    """One state's mixed action: the actions with a positive probability.

    Raises
    ------
    InvalidPolicyError
        If the probabilities are not finite, at least 0 and somewhere positive.
    """
    given = policy[state]
    if len(given) != game.leader_counts[state] or not all(math.isfinite(p) and p >= 0.0 for p in given):
        raise InvalidPolicyError(
            f"the policy of state {game.state_names[state]!r} is {given}; it must hold one finite probability of at "
            f"least 0 for each of its {int(game.leader_counts[state])} actions"
        )
    used = [place for place, probability in enumerate(given) if probability > 0.0]
    if not used:
        raise InvalidPolicyError(f"the policy of state {game.state_names[state]!r} gives no action a probability")
    return Row.normalised(used, [given[place] for place in used])


def _mixed_row(rows: Sequence[Row], mixture: Row) -> Row:
    """The mean of distributions, over one denominator."""
    shared = math.lcm(*(row.total for row in rows))
    sums: dict[int, int] = {}
    for weight, row in zip(mixture.numerators, rows, strict=True):
        factor = weight * (shared // row.total)
        for place, numerator in zip(row.places, row.numerators, strict=True):
            sums[place] = sums.get(place, 0) + factor * numerator
    return Row(places=tuple(sums), numerators=tuple(sums.values()), total=shared * mixture.total)


def exact_weights(weights: FloatArray | Sequence[float | Fraction]) -> tuple[Fraction, ...]:
    """Non-negative weights over states, divided by their exact sum."""
    used = [place for place, weight in enumerate(weights) if weight]
    numerators, _ = over_common_denominator([Fraction(weights[place]) for place in used])
    total = sum(numerators)
    shares = [Fraction(0)] * len(weights)
    for place, numerator in zip(used, numerators, strict=True):
        shares[place] = Fraction(numerator, total)
    return tuple(shares)
