r"""Games made smaller before the tree of a certificate begins: what was removed is derived again in fractions.

A certificate may say that its tree is about what is left of a game after some rounds. Each round removes follower
actions, leader actions and states of what the rounds before it have left, and is checked there:

* *Bounds* on the follower's values are valid as those of a root box are: no joint action improves on the upper ones,
  and the follower can secure the lower ones by an action or a mix of two. Those on the leader's values hold for every
  pair of policies: no joint action leads above the upper ones or below the lower ones. Where a round gives none, the
  least and the largest reward over ``1 - gamma`` serve.
* A follower action ``b`` is *dominated* by a mix ``k`` of actions that the round keeps if for every leader action
  ``D = sum_c k(c) q(s,a,c) - q(s,a,b) > 0`` within the follower's bounds, or ``D >= 0`` and the same with ``>= 0`` of
  the leader's ``r_A + gamma_A p V`` within his bounds. Take any leader policy. The follower's values stay the same,
  because the mix is worth no less. Where the leader plays an action of the first kind, ``b`` is no best response.
  Where he plays none and ``b`` is one, so is every ``c`` of the mix, and of the most that the leader gets from any best
  response nothing is lost: one of the ``c`` leads to no less. A bound over what is left is one over all policies.
* A leader action is a *copy* if another one that the round keeps has the same rewards and distributions for every
  follower action that is left: its probability may go there.
* The *states* that are kept are closed under what is left and hold every positive weight.
* A state is *merged* into another one that stays if the leader has one action left in each, and the follower's actions
  have, one after the other, the same rewards and, once all merged states are replaced by those that they go into, the
  same distributions. Whatever the leader plays elsewhere, values of what is left, taken in a merged state from the
  other one, satisfy the follower's optimality equations of the whole game, and the same answers are best; so they are
  his values, and the same goes for the leader's best values over these answers. What led to the state leads to the
  other one from then on, and its weight is the other one's. Where the leader has a choice in both states this would be
  false: he may treat them differently.

With a margin the follower's actions and the states all count, so that only copies may go. Of the improvement program
all states count, and the leader's side of a dominance must hold whatever his values are. States with a floor stay, and
nothing is merged into them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction

import numpy as np

from ssg_mip.checker.clock import TimeIsUp, never
from ssg_mip.checker.dual.propagation import reaches
from ssg_mip.checker.rational import ExactGame, Row
from ssg_mip.game.game import Game

Values = tuple[Fraction, ...]
"""One for each state that is left."""

PRECISION = 192
"""What the follower can secure by a mix is rounded down to a multiple of two to minus this."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class GivenDominance:
    """A follower action that others are said to dominate, with their positive shares."""

    state: int
    action: int
    by: tuple[tuple[int, float], ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class GivenRound:
    """A round as it stands in a header: numbers of states and actions are those of the whole game.

    Attributes
    ----------
    follower, leader
        Lower and upper bounds on the values in the states that are left so far; ``None`` for none.
    dominated
        Follower actions that go.
    copies
        ``(state, action, other)``: leader actions that go, and what they are copies of.
    states
        The states that stay, in rising order; ``None`` for all.
    merged
        ``(state, other)``: states that go into others, after everything else.
    """

    follower: tuple[tuple[float, ...], tuple[float, ...]] | None = None
    leader: tuple[tuple[float, ...], tuple[float, ...]] | None = None
    dominated: tuple[GivenDominance, ...] = ()
    copies: tuple[tuple[int, int, int], ...] = ()
    states: tuple[int, ...] | None = None
    merged: tuple[tuple[int, int], ...] = ()

    @property
    def changes(self) -> bool:
        """Whether anything goes."""
        return bool(self.dominated or self.copies or self.merged or self.states is not None)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Needed:
    """What a claim forbids a reduction.

    Attributes
    ----------
    states
        States that must stay, or be merged into others: those of positive weight and those with a floor.
    floors
        States with a floor, which are not merged.
    copies_only
        Whether neither follower actions nor states may go.
    any_values
        Whether all states must stay, and the leader's side of a dominance hold whatever his values are.
    """

    states: frozenset[int]
    floors: frozenset[int] = frozenset()
    copies_only: bool = False
    any_values: bool = False


class ReductionError(Exception):
    """A round is not valid; the words say why."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class ReducedGame(ExactGame):
    """What is left of a game; its distributions are those of the whole game, with probabilities of 0 left out."""

    given: tuple[Row, ...]

    @property
    def rows(self) -> tuple[Row, ...]:
        """The transitions."""
        return self.given


class Reducer:
    """Applies rounds to a game, one after the other.

    Attributes
    ----------
    states
        Those that are left, in rising order.
    into
        By state, the one that it has been merged into, or the state itself.
    """

    def __init__(self, exact: ExactGame, needed: Needed, out_of_time: Callable[[], bool] = never) -> None:
        game = exact.game
        self._exact = exact
        self._needed = needed
        self._out_of_time = out_of_time
        self._first = game.row_offsets.tolist()
        self._width = game.follower_counts.tolist()
        self.states = list(range(game.num_states))
        self.into = list(range(game.num_states))
        self._counts = game.leader_counts.tolist()
        self._leaders: dict[int, list[int]] = {}
        self._followers: dict[int, list[int]] = {}

    def leaders(self, state: int) -> Sequence[int]:
        """The leader actions that are left in a state."""
        return self._leaders.get(state, range(self._counts[state]))

    def followers(self, state: int) -> Sequence[int]:
        """The follower actions that are left in a state."""
        return self._followers.get(state, range(self._width[state]))

    def apply(self, given: GivenRound) -> None:
        """Check a round, and remove what it removes.

        Raises
        ------
        ReductionError
            If it is not valid.
        """
        self._check_needs(given)
        if given.dominated:
            self._check_dominances(given)
            gone = {(one.state, one.action) for one in given.dominated}
            for state in {one.state for one in given.dominated}:
                self._followers[state] = [b for b in self.followers(state) if (state, b) not in gone]
        if given.copies:
            self._remove_copies(given.copies)
        if given.states is not None:
            self._remove_states(given.states)
        if given.merged:
            self._merge_states(given.merged)

    def _check_needs(self, given: GivenRound) -> None:
        needed = self._needed
        if needed.copies_only and (given.dominated or given.states is not None or given.merged):
            raise ReductionError("with a margin neither follower actions nor states may go")
        fewer = given.states is not None and len(given.states) < len(self.states)
        if needed.any_values and (fewer or given.merged):
            raise ReductionError("of the improvement program no state may go")

    # ---------------------------------------------------------------- follower actions

    def _check_dominances(self, given: GivenRound) -> None:
        place = {state: number for number, state in enumerate(self.states)}
        follower = self._follower_bounds(given.follower, place)
        leader: tuple[Values, Values] | None = None
        if not self._needed.any_values:
            leader = self._leader_bounds(given.leader, place)
        gone = {(one.state, one.action) for one in given.dominated}
        if len(gone) < len(given.dominated):
            raise ReductionError("a follower action is removed twice")
        available = {state: set(self.followers(state)) for state, _ in gone}
        kept = {state: {b for b in actions if (state, b) not in gone} for state, actions in available.items()}
        for one in given.dominated:
            self._stop_in_time()
            if one.state not in place or one.action not in available[one.state]:
                raise ReductionError(f"state {one.state} has no follower action {one.action} left to remove")
            if not one.by or any(c not in kept[one.state] for c, _ in one.by):
                raise ReductionError(f"state {one.state}: what dominates follower action {one.action} is not kept")
            self._check_dominance(one, follower, leader, place)

    def _check_dominance(
        self,
        one: GivenDominance,
        follower: tuple[Values, Values],
        leader: tuple[Values, Values] | None,
        place: Mapping[int, int],
    ) -> None:
        """Whether the mix makes the action superfluous, at every leader action."""
        exact = self._exact
        total = sum((Fraction(share) for _, share in one.by), Fraction(0))
        mix = [*((c, Fraction(share) / total) for c, share in one.by), (one.action, Fraction(-1))]
        for a in self.leaders(one.state):
            rows = [(share, self._row(one.state, a, c)) for c, share in mix]
            theirs = self._least(rows, exact.follower_rewards, exact.follower_discount, follower, place)
            if theirs is not None and theirs > 0:
                continue
            mine = self._least(rows, exact.leader_rewards, exact.leader_discount, leader, place)
            if theirs is None or theirs < 0 or mine is None or mine < 0:
                raise ReductionError(
                    f"state {one.state}: others do not make follower action {one.action} superfluous at leader "
                    f"action {a}"
                )

    def _least(
        self,
        rows: Sequence[tuple[Fraction, int]],
        rewards: Sequence[Fraction],
        discount: Fraction,
        box: tuple[Values, Values] | None,
        place: Mapping[int, int],
    ) -> Fraction | None:
        """The least ``sum k (r + gamma p v)`` within bounds; without bounds ``None`` unless the values cancel."""
        total = sum((share * rewards[row] for share, row in rows), Fraction(0))
        coefficients: dict[int, Fraction] = {}
        for share, number in rows:
            row = self._exact.rows[number]
            for t, above in zip(row.places, row.numerators, strict=True):
                if above:
                    coefficients[t] = coefficients.get(t, Fraction(0)) + share * Fraction(above, row.total)
        for t, factor in coefficients.items():
            if factor and discount:
                if box is None:
                    return None
                total += discount * factor * box[0 if factor > 0 else 1][place[t]]
        return total

    def _follower_bounds(
        self, given: tuple[tuple[float, ...], tuple[float, ...]] | None, place: Mapping[int, int]
    ) -> tuple[Values, Values]:
        """Those of the round, derived again."""
        exact = self._exact
        if given is None:
            return self._trivial(exact.follower_rewards, exact.follower_discount)
        lower, upper = (tuple(map(Fraction, end)) for end in given)
        for state, low, high in zip(self.states, lower, upper, strict=True):
            self._stop_in_time()
            lows, highs = [], []
            for a in self.leaders(state):
                rows = [self._row(state, a, b) for b in self.followers(state)]
                lows.append(
                    [self._worth(row, exact.follower_rewards, exact.follower_discount, lower, place) for row in rows]
                )
                highs += [
                    self._worth(row, exact.follower_rewards, exact.follower_discount, upper, place) for row in rows
                ]
            if max(highs) > high:
                raise ReductionError(f"state {state}: the follower may be worth more than his upper bound")
            if max(map(min, zip(*lows, strict=True))) < low and not reaches(
                [list(map(_floored, row)) for row in lows], -_floored(-low)
            ):
                raise ReductionError(f"state {state}: the follower cannot secure his lower bound")
        return lower, upper

    def _leader_bounds(
        self, given: tuple[tuple[float, ...], tuple[float, ...]] | None, place: Mapping[int, int]
    ) -> tuple[Values, Values]:
        """Those of the round, derived again."""
        rewards, discount = self._exact.leader_rewards, self._exact.leader_discount
        if given is None:
            return self._trivial(rewards, discount)
        lower, upper = (tuple(map(Fraction, end)) for end in given)
        for state, low, high in zip(self.states, lower, upper, strict=True):
            self._stop_in_time()
            for row in self._rows_of(state):
                if self._worth(row, rewards, discount, lower, place) < low:
                    raise ReductionError(f"state {state}: the leader may be worth less than the lower bound")
                if self._worth(row, rewards, discount, upper, place) > high:
                    raise ReductionError(f"state {state}: the leader may be worth more than the upper bound")
        return lower, upper

    def _trivial(self, rewards: Sequence[Fraction], discount: Fraction) -> tuple[Values, Values]:
        """The least and the largest reward that is left, for ever."""
        found = [rewards[row] for state in self.states for row in self._rows_of(state)]
        lower, upper = min(found) / (1 - discount), max(found) / (1 - discount)
        return (lower,) * len(self.states), (upper,) * len(self.states)

    def _worth(
        self, row: int, rewards: Sequence[Fraction], discount: Fraction, values: Values, place: Mapping[int, int]
    ) -> Fraction:
        """``r + gamma p v`` of a row."""
        move = self._exact.rows[row]
        mean = sum(
            (above * values[place[t]] for t, above in zip(move.places, move.numerators, strict=True) if above),
            Fraction(0),
        )
        return rewards[row] + discount * mean / move.total

    # ---------------------------------------------------------------- leader actions and states

    def _remove_copies(self, copies: Sequence[tuple[int, int, int]]) -> None:
        gone = {(state, action) for state, action, _ in copies}
        if len(gone) < len(copies):
            raise ReductionError("a leader action is removed twice")
        left = set(self.states)
        for state, action, other in copies:
            available = self.leaders(state)
            if state not in left or action not in available:
                raise ReductionError(f"state {state} has no leader action {action} left to remove")
            if other not in available or (state, other) in gone:
                raise ReductionError(f"state {state}: what leader action {action} is a copy of is not kept")
            if not all(
                self._same(self._row(state, action, b), self._row(state, other, b)) for b in self.followers(state)
            ):
                raise ReductionError(f"state {state}: leader action {action} is no copy of {other}")
        for state in {state for state, _, _ in copies}:
            self._leaders[state] = [a for a in self.leaders(state) if (state, a) not in gone]

    def _same(self, row: int, other: int) -> bool:
        """Whether two joint actions have the same rewards and distributions."""
        exact = self._exact
        return (
            exact.leader_rewards[row] == exact.leader_rewards[other]
            and exact.follower_rewards[row] == exact.follower_rewards[other]
            and _shares(exact.rows[row]) == _shares(exact.rows[other])
        )

    def _remove_states(self, states: Sequence[int]) -> None:
        kept, before = set(states), set(self.states)
        if not kept <= before:
            raise ReductionError(f"state {min(kept - before)} is kept, and was removed before")
        missing = {self.into[state] for state in self._needed.states} - kept
        if missing:
            raise ReductionError(f"state {min(missing)} counts, and is removed")
        for state in states:
            for row in self._rows_of(state):
                move = self._exact.rows[row]
                out = [t for t, above in zip(move.places, move.numerators, strict=True) if above and t not in kept]
                if out:
                    raise ReductionError(f"state {state} is kept and leads to state {out[0]}, which is removed")
        self.states = list(states)

    def _merge_states(self, merged: Sequence[tuple[int, int]]) -> None:
        into, left = dict(merged), set(self.states)
        if len(into) < len(merged):
            raise ReductionError("a state is merged twice")
        for state, other in merged:
            self._stop_in_time()
            if state not in left or other not in left or other in into:
                raise ReductionError(f"state {state} is merged into state {other}, and one of them is not left")
            if state in self._needed.floors or other in self._needed.floors:
                raise ReductionError(f"state {state} is merged into state {other}, and one of them has a floor")
            if len(self.leaders(state)) > 1 or len(self.leaders(other)) > 1:
                raise ReductionError(f"state {state} is merged into state {other}, and the leader has a choice there")
        rows = tuple(_led_into(row, into) for row in self._exact.rows)
        self._exact = _with_rows(self._exact, rows)
        for state, other in merged:
            mine, theirs = list(self._rows_of(state)), list(self._rows_of(other))
            if len(mine) != len(theirs) or not all(map(self._same, mine, theirs)):
                raise ReductionError(f"state {state} is merged into state {other}, and is not as that one is")
        self.states = [state for state in self.states if state not in into]
        self.into = [into.get(state, state) for state in self.into]

    # ---------------------------------------------------------------- what is left

    def reduced(self) -> ExactGame:
        """What is left, as a game of its own."""
        exact, game = self._exact, self._exact.game
        place = {state: number for number, state in enumerate(self.states)}
        numbers = [row for state in self.states for row in self._rows_of(state)]
        moves, probabilities = [], []
        for number in numbers:
            row = exact.rows[number]
            sure = [entry for entry, above in enumerate(row.numerators) if above]
            moves.append(
                Row(
                    places=tuple(place[row.places[entry]] for entry in sure),
                    numerators=tuple(row.numerators[entry] for entry in sure),
                    total=row.total,
                )
            )
            probabilities += [row.numerators[entry] / row.total for entry in sure]
        left = Game(
            name=game.name,
            state_names=tuple(game.state_names[s] for s in self.states),
            leader_actions=tuple(tuple(game.leader_actions[s][a] for a in self.leaders(s)) for s in self.states),
            follower_actions=tuple(tuple(game.follower_actions[s][b] for b in self.followers(s)) for s in self.states),
            indptr=np.cumsum([0, *(len(row.places) for row in moves)]),
            successors=np.array([t for row in moves for t in row.places]),
            probabilities=np.array(probabilities),
            leader_rewards=game.leader_rewards[numbers],
            follower_rewards=game.follower_rewards[numbers],
            leader_discount=game.leader_discount,
            follower_discount=game.follower_discount,
            initial=np.full(len(self.states), 1.0 / len(self.states)),
        )
        return ReducedGame(
            game=left,
            leader_rewards=tuple(exact.leader_rewards[row] for row in numbers),
            follower_rewards=tuple(exact.follower_rewards[row] for row in numbers),
            leader_discount=exact.leader_discount,
            follower_discount=exact.follower_discount,
            given=tuple(moves),
        )

    def weights(self, weights: Sequence[float | Fraction]) -> tuple[Fraction, ...]:
        """Weights of the whole game on the states that are left, those of merged states with those they went into."""
        found = dict.fromkeys(self.states, Fraction(0))
        for state, weight in enumerate(weights):
            if weight:
                found[self.into[state]] += Fraction(weight)
        return tuple(found.values())

    def _row(self, state: int, leader: int, follower: int) -> int:
        return int(self._first[state] + leader * self._width[state] + follower)

    def _rows_of(self, state: int) -> Iterator[int]:
        """The rows of a state that are left."""
        return (self._row(state, a, b) for a in self.leaders(state) for b in self.followers(state))

    def _stop_in_time(self) -> None:
        if self._out_of_time():
            raise TimeIsUp


def reduced_by(
    exact: ExactGame, rounds: Iterable[GivenRound], needed: Needed, out_of_time: Callable[[], bool] = never
) -> tuple[ExactGame, Reducer]:
    """What is left of a game after some rounds, and the states that it consists of.

    Raises
    ------
    ReductionError
        With words, if a round is not valid.
    TimeIsUp
        If the time is up first.
    """
    reducer, changed = Reducer(exact, needed, out_of_time), False
    for one in rounds:
        reducer.apply(one)
        changed = changed or one.changes
    return (reducer.reduced() if changed else exact), reducer


def _shares(row: Row) -> dict[int, Fraction]:
    return {t: Fraction(above, row.total) for t, above in zip(row.places, row.numerators, strict=True) if above}


def _led_into(row: Row, into: Mapping[int, int]) -> Row:
    """A distribution in which merged states are replaced by those that they go into."""
    if into.keys().isdisjoint(row.places):
        return row
    sums: dict[int, int] = {}
    for place, above in zip(row.places, row.numerators, strict=True):
        target = into.get(place, place)
        sums[target] = sums.get(target, 0) + above
    return Row(places=tuple(sums), numerators=tuple(sums.values()), total=row.total)


def _with_rows(exact: ExactGame, rows: tuple[Row, ...]) -> ReducedGame:
    return ReducedGame(
        game=exact.game,
        leader_rewards=exact.leader_rewards,
        follower_rewards=exact.follower_rewards,
        leader_discount=exact.leader_discount,
        follower_discount=exact.follower_discount,
        given=rows,
    )


def _floored(value: Fraction) -> int:
    return (value.numerator << PRECISION) // value.denominator
