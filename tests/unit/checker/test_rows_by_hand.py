"""Rows of certificates in the checker on numbers done by hand: sides, bounds on occupancies, least values."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

import pytest

from ssg_mip import Game, GameBuilder
from ssg_mip.checker.dual.least import least_weighted_value
from ssg_mip.checker.dual.numbers import FINE, Numbers, enclose
from ssg_mip.checker.dual.policy_rows import (
    NO_SIDES,
    CouplingSide,
    GivenRow,
    PolicyDemand,
    StatewiseSide,
    Visits,
    sides_of,
)
from ssg_mip.checker.dual.wider_rows import NO_WIDER_SIDES, wider_sides
from ssg_mip.checker.rational import ExactGame, exact_weights

GRID = 10
UNIT = 1 << GRID

WEIGHTS = (0.25, 0.25, 0.5)

MOVES = {
    ("A", "a0", "b0"): "A",
    ("A", "a1", "b0"): "B",
    ("B", "a0", "b0"): "C",
    ("B", "a0", "b1"): "A",
    ("C", "a0", "b0"): "C",
}
"""Where every joint action leads; the leader chooses in the first state, the follower in the second."""


@cache
def game(rewards: tuple[float, ...] = (0.0,) * 5) -> Game:
    """Of all steps one half goes on."""
    builder = GameBuilder("three", leader_discount=0.5, follower_discount=0.5)
    builder.add_state("A", leader_actions=["a0", "a1"], follower_actions=["b0"])
    builder.add_state("B", leader_actions=["a0"], follower_actions=["b0", "b1"])
    builder.add_state("C", leader_actions=["a0"], follower_actions=["b0"])
    for (place, target), reward in zip(MOVES.items(), rewards, strict=True):
        builder.add_transition(*place, leader_reward=reward, follower_reward=0.0, next={target: 1.0})
    return builder.build()


def numbers(rewards: tuple[float, ...] = (0.0,) * 5) -> Numbers:
    return Numbers.of(ExactGame.of(game(rewards)), WEIGHTS)


# -------------------------------------------------------------------- sides


def given(*coefficients: float, lower: float | None = None, upper: float | None = None) -> GivenRow:
    return GivenRow(coefficients=coefficients, lower=lower, upper=upper)


@pytest.mark.parametrize(
    ("lower", "upper", "due"),
    [
        (None, 2.0, [((1, -3), 2, False)]),
        (1.0, None, [((-1, 3), -1, False)]),
        (1.0, 2.0, [((1, -3), 2, False), ((-1, 3), -1, False)]),
        (2.0, 2.0, [((1, -3), 2, True)]),
        (None, None, []),
    ],
)
def test_sides_of_a_row(lower: Any, upper: Any, due: list[Any]) -> None:
    row = given(1.0, -3.0, lower=lower, upper=upper)
    assert list(row.sides) == due
    assert row.to_list() == [[1.0, -3.0], lower, upper]


def test_rows_of_one_state_and_of_several() -> None:
    """``2 f(a0|A) - f(a1|A) <= 1/2`` and ``>= -1``; ``f(a1|A) + 3 f(a0|C) = 2``; a constant in one state."""
    rows = (
        given(2.0, -1.0, 0.0, 0.0, lower=-1.0, upper=0.5),
        given(0.0, 1.0, 0.0, 3.0, lower=2.0, upper=2.0),
        given(0.0, 0.0, 1.0, 0.0, upper=0.25),
    )
    found = sides_of(rows, (2, 1, 1))
    assert found.statewise == (
        StatewiseSide(state=0, excess=tuple(enclose(Fraction(k)) for k in (1.5, -1.5)), equation=False),
        StatewiseSide(state=0, excess=tuple(enclose(Fraction(k)) for k in (-3.0, 0.0)), equation=False),
        StatewiseSide(state=1, excess=(enclose(Fraction(3, 4)),), equation=False),
    )
    coefficients = {0: (enclose(Fraction(0)), enclose(Fraction(1))), 2: (enclose(Fraction(3)),)}
    assert found.coupling == (CouplingSide(coefficients=coefficients, limit=enclose(Fraction(2)), equation=True),)
    assert found.coupled == (0, 2)
    assert sides_of((), (2, 1, 1)) == NO_SIDES
    other = given(1.0, 0.0, 1.0, 0.0, upper=1.0)
    assert sides_of((*rows, other), (2, 1, 1)).coupled == (0, 1, 2)


def test_sides_of_costs_and_states_of_one_action() -> None:
    found = wider_sides(
        (given(1.0, -2.0, lower=0.5, upper=1.0), given(0.0, 1.0, lower=3.0, upper=3.0)), ((0, 1), (2, 2))
    )
    assert found.single == frozenset({0})
    one, two, three = found.costs
    assert (one.costs, one.limit, one.equation) == (
        tuple(map(enclose, map(Fraction, (1, -2)))),
        enclose(Fraction(1)),
        False,
    )
    assert two.costs == tuple(map(enclose, map(Fraction, (-1, 2))))
    assert (two.limit, two.equation) == (enclose(Fraction(-1, 2)), False)
    assert (three.limit, three.equation) == (enclose(Fraction(3)), True)
    assert wider_sides((), ((0, 2),)) == NO_WIDER_SIDES
    third = wider_sides((given(0.1, upper=0.1),), ()).costs[0]
    assert third.limit[0] < Fraction(0.1) * 2**FINE < third.limit[1] or third.limit[0] == third.limit[1]


# -------------------------------------------------------------------- occupancies

ABOVE = ((2.0, 1.0, 0.0), (2 / 3, 4 / 3, 0.0), (0.5, 1.0, 2.0))
"""The largest discounted numbers of visits to the first, second and third state from each state."""

BELOW = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 2.0))
"""The smallest ones."""

ALONE = ([0.25, 0.25, 0.5], [1.25, 1.25, 1.5])
"""What follows from the weights: the state's own, and all 2 visits but the weights of the others."""


def visits(above: Any = ABOVE, below: Any = BELOW, coupled: tuple[int, ...] = (0, 2)) -> Visits:
    return Visits(numbers(), GRID, PolicyDemand(rows=(), below=below, above=above), coupled)


def test_valid_functions_bound_occupancies() -> None:
    """Two thirds and four thirds are rounded up to 683 and 1366 of 1024, and their mean once more."""
    found = visits()
    assert found.upper == [0.75 * UNIT, 513, 1.375 * UNIT]
    assert found.lower == [0.25 * UNIT, 0.25 * UNIT, 1.0 * UNIT]
    assert found.root == ((0.25 * UNIT, 1.0 * UNIT), (0.75 * UNIT, 1.375 * UNIT))


def changed(rows: tuple[tuple[float, ...], ...], state: int, place: int, by: float) -> tuple[tuple[float, ...], ...]:
    return tuple(
        tuple(value + by * (t == state and s == place) for s, value in enumerate(row)) for t, row in enumerate(rows)
    )


@pytest.mark.parametrize(("state", "place"), [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1), (2, 2)])
def test_a_function_that_is_too_small_bounds_nothing_from_above(state: int, place: int) -> None:
    """By one unit of the grid, which is where it counts."""
    found = visits(above=changed(ABOVE, state, place, -1.0 / UNIT))
    assert found.upper[state] == ALONE[1][state] * UNIT
    assert [found.upper[t] for t in range(3) if t != state] == [visits().upper[t] for t in range(3) if t != state]


@pytest.mark.parametrize(("state", "place"), [(0, 0), (0, 1), (0, 2), (1, 1), (1, 0), (2, 0), (2, 1), (2, 2)])
def test_a_function_that_is_too_large_bounds_nothing_from_below(state: int, place: int) -> None:
    lower = visits(below=changed(BELOW, state, place, 1.0 / UNIT)).lower
    assert lower[state] == ALONE[0][state] * UNIT


def test_functions_are_rounded_to_the_safe_side() -> None:
    """A hair above what is valid from below is rounded down to it; a hair below from above is rounded up."""
    assert visits(below=changed(BELOW, 2, 1, 1e-9)).lower == visits().lower
    assert visits(above=changed(ABOVE, 2, 1, -1e-9)).upper == visits().upper


def test_a_useless_function_does_not_widen_what_the_weights_say() -> None:
    wide = visits(above=tuple((9.0, 9.0, 9.0) for _ in range(3)), below=tuple((-9.0, -9.0, -9.0) for _ in range(3)))
    assert wide.upper == [value * UNIT for value in ALONE[1]]
    assert wide.lower == [value * UNIT for value in ALONE[0]]


OPEN = (frozenset({0}), frozenset({0, 1}), frozenset({0}))
TO_C = (frozenset({0}), frozenset({0}), frozenset({0}))


@pytest.mark.parametrize(
    ("box", "answers", "due"),
    [
        # all answers open: nothing follows
        ((0.25, 1.0, 0.75, 1.375), OPEN, (0.25, 1.0, 0.75, 1.375)),
        # nothing returns to the first state, and the second leads to the third: three sweeps
        ((0.25, 1.0, 0.75, 1.375), TO_C, (0.25, 1.21875, 0.53125, 1.375)),
        # more of the first state leaves less for the third
        ((0.5, 1.0, 0.75, 1.375), OPEN, (0.5, 1.0, 0.75, 1.25)),
        # less of the third leaves more for the first
        ((0.25, 1.0, 0.75, 1.125), OPEN, (0.375, 1.0, 0.75, 1.125)),
        # a box that is wider than the bounds of the root
        ((0.0, 0.0, 2.0, 2.0), OPEN, (0.25, 1.0, 0.75, 1.375)),
    ],
)
def test_a_node_is_tightened_by_what_leads_to_a_state_and_by_the_sum(box: Any, answers: Any, due: Any) -> None:
    scaled = [int(value * UNIT) for value in box]
    low, high = visits().tightened(scaled[:2], scaled[2:], answers)
    # the second state's bound is a unit above one half, of which the others feel a part
    for found, expected in zip((*low, *high), due, strict=True):
        assert abs(found - expected * UNIT) <= 1
    assert low[0] <= due[0] * UNIT
    assert high[1] >= due[3] * UNIT


def test_a_node_without_policies_is_empty() -> None:
    low, high = visits().tightened((0, int(1.3 * UNIT)), (int(0.3 * UNIT), 2 * UNIT), OPEN)
    assert low[0] <= high[0]
    none_low, none_high = visits().tightened((int(0.7 * UNIT), int(1.3 * UNIT)), (UNIT, 2 * UNIT), OPEN)
    assert any(a > b for a, b in zip(none_low, none_high, strict=True))


# -------------------------------------------------------------------- least values


def worst(rewards: tuple[float, ...]) -> Fraction:
    """The least weighted value, by going through the four pairs of pure policies."""
    values = []
    for mine in (0, 1):
        for answer in (0, 1):
            last = 2 * Fraction(rewards[4])
            pay_a, pay_b = Fraction(rewards[mine]), Fraction(rewards[2 + answer])
            if mine == 0:
                first = 2 * pay_a
                second = pay_b + (last if answer == 0 else first) / 2
            elif answer == 0:
                second = pay_b + last / 2
                first = pay_a + second / 2
            else:
                first = (pay_a + pay_b / 2) / Fraction(3, 4)
                second = pay_b + first / 2
            values.append(first / 4 + second / 4 + last / 2)
    return min(values)


@pytest.mark.parametrize(
    "rewards",
    [
        (1.0, 2.0, 3.0, 4.0, 5.0),
        (-1.0, -2.0, -3.0, -4.0, -5.0),
        (4.0, -1.0, 2.0, -3.0, 1.0),
        (0.5, 8.0, 0.0, 3.0, -2.0),
    ],
)
def test_the_least_value_is_reached_from_below(rewards: tuple[float, ...]) -> None:
    found = least_weighted_value(numbers(rewards), 40, tuple(map(Fraction, WEIGHTS)))
    assert worst(rewards) - Fraction(1, 2**36) <= found <= worst(rewards)


def test_a_rough_grid_leaves_the_least_value_a_bound() -> None:
    for rewards in ((1 / 3, 2 / 3, 0.1, 0.7, 1.9), (-1 / 3, -2 / 3, -0.1, -0.7, -1.9)):
        found = least_weighted_value(numbers(rewards), 3, tuple(map(Fraction, WEIGHTS)))
        assert worst(rewards) - 1 <= found <= worst(rewards)


# -------------------------------------------------------------------- the last unit of the last place

MESSY = (0.1, 0.2, 0.7)
"""Weights whose sum is not one, so that none of them is a float once they are divided by it."""


@cache
def messy() -> Game:
    """The same game with thirds and tenths in it, and of every step nine tenths going on."""
    builder = GameBuilder("messy", leader_discount=0.9, follower_discount=0.5)
    builder.add_state("A", leader_actions=["a0", "a1"], follower_actions=["b0"])
    builder.add_state("B", leader_actions=["a0"], follower_actions=["b0", "b1"])
    builder.add_state("C", leader_actions=["a0"], follower_actions=["b0"])
    for place, target in MOVES.items():
        first, second = (state for state in "ABC" if state != target)
        chances = {target: 1.0} if place == ("C", "a0", "b0") else {target: 0.7, first: 0.1, second: 0.2}
        builder.add_transition(*place, leader_reward=1000.1, follower_reward=0.0, next=chances)
    return builder.build()


def chance(exact: ExactGame, row: int, target: int) -> Fraction:
    """The probability of a row, exactly."""
    found = exact.rows[row]
    pairs = zip(found.places, found.numerators, strict=True)
    return sum((Fraction(above, found.total) for place, above in pairs if place == target), Fraction(0))


Ends = tuple[list[Fraction], list[Fraction]]


def tightened(exact: ExactGame, weights: tuple[Fraction, ...], ends: Ends, answers: Any) -> Ends:
    """The three sweeps in fractions."""
    low, high = list(ends[0]), list(ends[1])
    gamma, total = exact.leader_discount, 1 / (1 - exact.leader_discount)
    rows = {0: [0, 1], 1: [2 + b for b in sorted(answers[1])], 2: [4]}
    moves = {(s, t): [gamma * chance(exact, k, t) for k in rows[s]] for s in range(3) for t in range(3)}
    for _ in range(3):
        for t in range(3):
            high[t] = min(high[t], weights[t] + sum(high[s] * max(moves[s, t]) for s in range(3)))
        for t in range(3):
            low[t] = max(low[t], weights[t] + sum(low[s] * min(moves[s, t]) for s in range(3)))
        high = [min(high[t], total - sum(low) + low[t]) for t in range(3)]
        low = [max(low[t], total - sum(high) + high[t]) for t in range(3)]
    return low, high


@pytest.mark.parametrize("answers", [OPEN, TO_C])
@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("made", ["plain", "messy", "alone"])
def test_nothing_is_rounded_to_the_wrong_side(made: str, narrow: bool, answers: Any) -> None:
    """On a grid as fine as the coefficients: beside the same numbers in fractions, and within a few units of them."""
    one = game() if made == "plain" else messy()
    given_weights = {"plain": WEIGHTS, "messy": MESSY, "alone": (1.0, 0.0, 0.0)}[made]
    exact, grid = ExactGame.of(one), FINE
    weights, unit = exact_weights(given_weights), Fraction(1, 1 << grid)
    useless = tuple((0.0, 0.0, 0.0) for _ in range(3))
    found = Visits(
        Numbers.of(exact, given_weights), grid, PolicyDemand(rows=(), below=useless, above=useless), (0, 1, 2)
    )
    total = 1 / (1 - exact.leader_discount)
    ends = [*weights], [total - sum(weights) + own for own in weights]
    for low, high, due_low, due_high in zip(found.lower, found.upper, *ends, strict=True):
        assert due_low - 4 * unit < low * unit <= due_low
        assert due_high <= high * unit < due_high + 4 * unit
    box = [list(found.lower), list(found.upper)]
    if narrow:
        box[0][0] += (box[1][0] - box[0][0]) // 3
        box[1][2] -= (box[1][2] - box[0][2]) // 3
    inside = [own * unit for own in box[0]], [own * unit for own in box[1]]
    low, high = found.tightened(box[0], box[1], answers)
    for mine, theirs, due_low, due_high in zip(low, high, *tightened(exact, weights, inside, answers), strict=True):
        assert due_low - 200 * unit < mine * unit <= due_low
        assert due_high <= theirs * unit < due_high + 200 * unit


@pytest.mark.parametrize("reward", [1000.1, -1000.1, 0.0, 0.5, 1e-30, -1e-30, 1e-36])
def test_a_constant_reward_is_reached_from_below_to_the_last_unit(reward: float) -> None:
    made = messy().replace(leader_rewards=[reward] * 5)
    exact = ExactGame.of(made)
    found = least_weighted_value(Numbers.of(exact, WEIGHTS), FINE, tuple(map(Fraction, WEIGHTS)))
    due = Fraction(reward) / (1 - exact.leader_discount)
    assert due - Fraction(1, 1 << (FINE - 20)) < found <= due
