r"""What constraints come to in fractions, and which rows of certificates follow from them.

Every constraint says ``least <= value <= most`` of a number that a policy has. A row of a certificate must not say more
than the constraints of the document do. Of a ball ``sum |f - f0| <= r`` every row
``C @ f <= c`` follows in which the coefficients of no state differ by more than 2 and ``c >= r + C @ f0``: in a state
the differences sum to 0, so ``C`` may be shifted to lie between -1 and 1 there.
"""

from __future__ import annotations

import abc
import dataclasses
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction

from ssg_mip.checker.claims import PointClaim
from ssg_mip.checker.directed import induce_directed, suits
from ssg_mip.checker.dual.policy_rows import GivenRow
from ssg_mip.checker.dual.replay import BoundVerification
from ssg_mip.checker.evidence import Prover
from ssg_mip.checker.rational import ExactGame, PolicyRows, exact_weights, induce
from ssg_mip.checker.values import AnyProcess, Interval, value_intervals, weighted_sum
from ssg_mip.game.game import Game

TOLERANCE = Fraction(1, 10**8)
"""Share of the size of the numbers in a constraint by which a policy may miss it."""

UNUSED = Fraction(1, 10**9)
"""Probabilities up to this count as none where actions are counted."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Given:
    """A policy in fractions, every state's divided by their exact sum, with the claim that it belongs to."""

    game: Game
    point: PointClaim
    shares: tuple[Fraction, ...]
    prover: Prover

    @classmethod
    def of(cls, game: Game, point: PointClaim, prover: Prover) -> Given:
        """Of a point of a document."""
        return cls(game=game, point=point, shares=shares_of(point.policy), prover=prover)


def shares_of(policy: PolicyRows) -> tuple[Fraction, ...]:
    """Probabilities per leader slot, every state's divided by their exact sum."""
    found: list[Fraction] = []
    for row in policy:
        exact = list(map(Fraction, row))
        total = sum(exact, Fraction(0))
        found += [share / total for share in exact]
    return tuple(found)


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Form(abc.ABC):
    """What a constraint asks for.

    Attributes
    ----------
    least, most
        Between which numbers the value lies; ``None`` for no such side.
    """

    least: Fraction | None = None
    most: Fraction | None = None

    needs_response = False
    """Whether the value depends on the follower's answer, which iterates do not print."""

    @abc.abstractmethod
    def value(self, given: Given) -> Interval:
        """The number, enclosed."""

    @property
    @abc.abstractmethod
    def size(self) -> Fraction:
        """How large the numbers in it are."""

    def rows(self) -> Iterator[tuple[Mapping[int, Fraction], Fraction | None, Fraction | None]]:
        """What it says of the probabilities by leader slot, with both sides."""
        return iter(())

    def implies(self, row: GivenRow) -> bool:
        """Whether a row of a certificate says no more than it does."""
        return any(_is_within(row, coefficients, least, most) for coefficients, least, most in self.rows())

    def bounds_cost(self, row: GivenRow) -> bool:  # noqa: ARG002
        """Whether a bound on discounted costs from the start, in a certificate, says no more than it does."""
        return False

    def limits(self, state: int, most: int) -> bool:  # noqa: ARG002
        """Whether it lets a state use no more actions than that."""
        return False

    def holds_up(self, state: int, least: float) -> bool:  # noqa: ARG002
        """Whether it asks for at least that value of the leader from a state."""
        return False

    def missed(self, value: Interval) -> Fraction:
        """By how much a value misses its sides at most."""
        below = Fraction(0) if self.least is None else self.least - value.lower
        above = Fraction(0) if self.most is None else value.upper - self.most
        return max(Fraction(0), below, above)

    def slack(self, value: Fraction) -> Fraction | None:
        """How far a value is from the nearer side."""
        sides = [] if self.least is None else [value - self.least]
        return min([*sides, *([] if self.most is None else [self.most - value])], default=None)

    @property
    def limit_size(self) -> Fraction:
        """The larger of the sides."""
        return max((abs(end) for end in (self.least, self.most) if end is not None), default=Fraction(0))


def _is_within(row: GivenRow, numbers: Mapping[int, Fraction], least: Fraction | None, most: Fraction | None) -> bool:
    """Whether a row has these coefficients by place, and sides that say no more."""
    return (
        {place: Fraction(c) for place, c in enumerate(row.coefficients) if c} == {p: c for p, c in numbers.items() if c}
        and _is_weaker(row.lower, least, lambda mine, due: mine <= due)
        and _is_weaker(row.upper, most, lambda mine, due: mine >= due)
    )


def _is_weaker(side: float | None, due: Fraction | None, holds: Callable[[Fraction, Fraction], bool]) -> bool:
    return side is None or (due is not None and holds(Fraction(side), due))


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class OnProbabilities(Form):
    """What depends on the leader's probabilities alone."""

    @abc.abstractmethod
    def of(self, shares: Sequence[Fraction]) -> Fraction:
        """The number, of probabilities per leader slot."""

    def value(self, given: Given) -> Interval:
        """The number."""
        return Interval.point(self.of(given.shares))

    def missed_by(self, shares: Sequence[Fraction]) -> Fraction:
        """By how much probabilities miss its sides."""
        return self.missed(Interval.point(self.of(shares)))


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Linear(OnProbabilities):
    """A sum of probabilities, with one coefficient per leader slot that occurs."""

    coefficients: Mapping[int, Fraction]

    def of(self, shares: Sequence[Fraction]) -> Fraction:
        """The sum."""
        return sum((c * shares[slot] for slot, c in self.coefficients.items()), Fraction(0))

    @property
    def size(self) -> Fraction:
        """The largest coefficient and the larger side."""
        return max(map(abs, self.coefficients.values())) + self.limit_size

    def rows(self) -> Iterator[tuple[Mapping[int, Fraction], Fraction | None, Fraction | None]]:
        """The sum itself."""
        yield self.coefficients, self.least, self.most


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Same(OnProbabilities):
    """The largest difference between probabilities that should be the same; ``slots`` are groups of such."""

    slots: tuple[tuple[int, ...], ...]

    def of(self, shares: Sequence[Fraction]) -> Fraction:
        """The difference."""
        groups = ([shares[slot] for slot in own] for own in self.slots)
        return max(max(group) - min(group) for group in groups)

    @property
    def size(self) -> Fraction:
        """A probability's."""
        return Fraction(1)

    def rows(self) -> Iterator[tuple[Mapping[int, Fraction], Fraction | None, Fraction | None]]:
        """Any two of a group are equal."""
        for group in self.slots:
            for one, other in itertools.permutations(group, 2):
                yield {one: Fraction(1), other: Fraction(-1)}, Fraction(0), Fraction(0)


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Ball(OnProbabilities):
    """The distance from a policy, in sum over all slots; ``slots`` are those of each state."""

    centre: tuple[Fraction, ...]
    slots: tuple[tuple[int, ...], ...]

    def of(self, shares: Sequence[Fraction]) -> Fraction:
        """The distance."""
        pairs = zip(shares, self.centre, strict=True)
        return sum((abs(mine - own) for mine, own in pairs), Fraction(0))

    @property
    def size(self) -> Fraction:
        """That of the rows of signs: twice the probabilities, and the limit."""
        return 2 + self.limit_size + 2 * len(self.slots)

    def implies(self, row: GivenRow) -> bool:
        """As the module says."""
        if row.lower is not None or row.upper is None or self.most is None:
            return False
        given = list(map(Fraction, row.coefficients))
        columns = ([given[slot] for slot in own] for own in self.slots)
        if any(max(column) - min(column) > 2 for column in columns):
            return False
        reached = sum((c * own for c, own in zip(given, self.centre, strict=True)), Fraction(0))
        return Fraction(row.upper) >= self.most + reached


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Support(OnProbabilities):
    """The most actions with a probability that counts in one of some states; ``slots`` are those of each."""

    states: tuple[int, ...]
    slots: tuple[tuple[int, ...], ...]

    def limits(self, state: int, most: int) -> bool:
        """Whether the state is one of them, and the number no larger."""
        return state in self.states and self.most is not None and self.most <= most

    def of(self, shares: Sequence[Fraction]) -> Fraction:
        """The number."""
        counts = (sum(shares[slot] > UNUSED for slot in own) for own in self.slots)
        return Fraction(max(counts))

    @property
    def size(self) -> Fraction:
        """Whole numbers are not rounded."""
        return Fraction(0)


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Cost(Form):
    """The expected discounted cost from the start distribution; ``costs`` of the joint actions that have one."""

    costs: Mapping[int, Fraction]
    discount: Fraction

    needs_response = True

    def bounds_cost(self, row: GivenRow) -> bool:
        """Whether the costs are the same, and the limit no smaller."""
        return _is_within(row, self.costs, self.least, self.most)

    def value(self, given: Given) -> Interval:
        """The cost under the printed answer."""
        process = self._process(given)
        chosen = tuple(process.offsets[state] + action for state, action in enumerate(given.point.response or ()))
        return weighted_sum(exact_weights(given.game.initial.tolist()), value_intervals(process, chosen))

    def _process(self, given: Given) -> AnyProcess:
        """The process against the policy, in which the leader is paid the costs."""
        rewards = [0.0] * given.game.num_rows
        for row, cost in self.costs.items():
            rewards[row] = float(cost)
        priced = dataclasses.replace(given.game, leader_rewards=rewards)  # type: ignore[arg-type]
        if suits(priced):
            return induce_directed(priced, given.point.policy)[0]
        return induce(ExactGame.read(priced), given.point.policy)[0]

    @property
    def size(self) -> Fraction:
        """The largest cost that could come of it, and the limit."""
        return max(map(abs, self.costs.values())) / (1 - self.discount) + self.limit_size


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Value(Form):
    """The leader's value from a state, or from the start distribution; no value is larger than ``largest``.

    Where the game starts in that state alone both are the same. From the start it is a cost: ``rewards`` are the
    leader's by joint action, those of 0 left out.
    """

    state: int | None
    largest: Fraction
    rewards: Mapping[int, Fraction]
    from_start: bool

    def bounds_cost(self, row: GivenRow) -> bool:
        """Whether minus the rewards may cost at most minus the value."""
        spent = {place: -reward for place, reward in self.rewards.items()}
        return self.from_start and self.least is not None and _is_within(row, spent, None, -self.least)

    def holds_up(self, state: int, least: float) -> bool:
        """Whether it is the same state, and the value no smaller."""
        return state == self.state and self.least is not None and self.least >= Fraction(least)

    def value(self, given: Given) -> Interval:
        """The value under the tie rule."""
        values = given.prover.about(given.point.policy).attained(given.point.leader_values)
        if self.state is None:
            return weighted_sum(exact_weights(given.game.initial.tolist()), values)
        return values[self.state]

    @property
    def size(self) -> Fraction:
        """The largest value there is, and the limit."""
        return self.largest + self.limit_size


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class ConstraintClaim:
    """A constraint of a document.

    Attributes
    ----------
    name, form
        What it is called, and what it asks for.
    said
        Its entry without what the answer makes of it.
    attained, slack
        What the answer is said to make of it; ``None`` without an answer.
    """

    name: str
    form: Form
    said: Mapping[str, object]
    attained: float | None
    slack: float | None


def served(found: Iterable[BoundVerification], constraints: Sequence[ConstraintClaim]) -> list[BoundVerification]:
    """The replays whose policies are all that keep some constraints, or more, as replays about these.

    What they demand of the policies, and the constraints demand too, is left out.
    """
    forms = [one.form for one in constraints]
    return [
        _without_demands(one, forms)
        for one in found
        if all(any(form.implies(row) for form in forms) for row in one.policy_rows)
        and all(any(form.bounds_cost(row) for form in forms) for row in one.costs)
        and all(any(form.limits(state, most) for form in forms) for state, most in one.most)
    ]


def _without_demands(one: BoundVerification, forms: Sequence[Form]) -> BoundVerification:
    """A replay without rows, costs and limits, and without the floors that are demanded."""
    left = tuple((state, least) for state, least in one.floor if not any(form.holds_up(state, least) for form in forms))
    if not one.of_allowed and left == one.floor:
        return one
    return dataclasses.replace(one, policy_rows=(), costs=(), most=(), floor=left)
