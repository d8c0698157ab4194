"""What the multipliers of a leaf prove on one state, to the last digit."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from typing import Any

import pytest

from ssg_mip.checker.dual.demands import demands_of
from ssg_mip.checker.dual.leaf import Block, Leaf, LeafBounds
from ssg_mip.checker.dual.numbers import FINE, Numbers
from ssg_mip.checker.dual.propagation import Region
from ssg_mip.checker.rational import ExactGame
from ssg_mip.errors import InvalidResultError
from ssg_mip.game.game import Game
from tests.oracles.games import plain_from_arrays

SCALE, GRID = 4, 3
ONE = 1 << SCALE
TOTAL_UP, TOTAL_DOWN = (Fraction(end, 1 << FINE) for end in (-(-(4 << FINE) // 3), (4 << FINE) // 3))
"""Occupancies of a discount of 1/4 sum to 4/3, which has no binary fraction."""


def game(reward: float) -> Game:
    """One state and one joint action; the follower has reward 1 and discount 1/2, so that v = 2."""
    return plain_from_arrays(
        [[[[1.0]]]], [[[reward]]], [[[1.0]]], leader_discount=0.25, follower_discount=0.5
    ).to_game()


def block(base: int = 0, by_value: int = 0, incentive: int = 0) -> Block:
    """Multipliers in sixteenths."""
    return Block(
        states=(0,),
        base=(base * ONE,),
        base_times_value=((by_value * ONE,),),
        incentive={(0, 0, 0): incentive * ONE},
        cuts=(),
    )


def leaf(objective: int = 0, **members: Any) -> Leaf:
    """On the box [0, 8]; the region is [2, 4], a quarter to a half of it."""
    plain = {"scale": SCALE, "lower": (0,), "upper": (8 << GRID,), "occupancy": None, "conditional": ()}
    return Leaf(**{**plain, "objective": objective * ONE, **members})


REGION = Region((2 << GRID,), (4 << GRID,), (frozenset({0}),))


def proven(reward: float, one: Leaf, region: Region = REGION, **demands: Any) -> Fraction:
    exact = ExactGame.of(game(reward))
    return LeafBounds(Numbers.of(exact, [1.0]), GRID, demands_of(exact, [1.0], **demands)).value(one, region)


@pytest.mark.parametrize(
    ("reward", "objective", "multipliers", "due"),
    [
        (3.0, 1, {}, 3 * TOTAL_UP),
        (-3.0, 2, {}, -6 * TOTAL_DOWN),
        (0.0, 2, {}, 0),
        # the flow row leaves three quarters of its multiplier to y
        (0.0, 1, {"base": 4}, 4 - 3 * TOTAL_DOWN),
        (0.0, 1, {"base": -4}, -4 + 3 * TOTAL_UP),
        (3.0, 1, {"base": 4}, 4),
        # 4 h at most 2, and - 3 m at most 0; -4 h at most -1, and 3 m at most 3 y
        (0.0, 1, {"by_value": 4}, 2),
        (0.0, 1, {"by_value": -4}, 3 * TOTAL_UP - 1),
        # the row v - 1 - v / 2 = -1 + 4 h, times a multiplier of either sign; with a flow row 5 m is left
        (0.0, 1, {"incentive": 5}, 15 * TOTAL_UP),
        (0.0, 1, {"incentive": -5}, 5 * TOTAL_UP),
        (1.0, 1, {"incentive": 5, "by_value": 20}, 10 + TOTAL_UP),
    ],
)
def test_occupancies(reward: float, objective: int, multipliers: dict[str, int], due: Fraction) -> None:
    assert proven(reward, leaf(objective, occupancy=block(**multipliers))) == due


@pytest.mark.parametrize(
    ("multipliers", "due"),
    [
        ({"base": 4}, 0),
        ({"by_value": 4}, 2),
        ({"by_value": -4}, 3),
        ({"incentive": 5}, 15),
        ({"incentive": -5}, 5),
        ({"base": 3, "incentive": 5}, 15),
    ],
)
def test_probabilities(multipliers: dict[str, int], due: int) -> None:
    """The same without discounts: ``base (1 - x) + by_value (h - m) + incentive (-x + 4 m)``."""
    assert proven(9.0, leaf(1, conditional=(block(**multipliers),))) == due


def test_a_box_of_one_point_and_its_ends() -> None:
    """Nothing is known of ``h`` where the box has no width but that it lies between 0 and 1."""
    point = Region((2 << GRID,), (2 << GRID,), (frozenset({0}),))
    flat = {"lower": point.lower, "upper": point.upper}
    for by_value, due in ((4, 4), (-4, 4)):
        assert proven(0.0, leaf(1, conditional=(block(by_value=by_value),), **flat), point) == due
    assert proven(0.0, leaf(1, conditional=(block(by_value=4),)), point) == 1
    third = leaf(1, conditional=(block(by_value=1),), upper=(6 << GRID,))
    least = Fraction(1, 1 << (SCALE + GRID + FINE))
    assert 0 < proven(0.0, third, point) - Fraction(1, 3) < least


def test_floors_and_gains() -> None:
    """A floor of 3 times 2 takes 6 and adds twice the reward; a gain is ``r + V / 4 - V + 5/4 slack``."""
    floored = leaf(1, occupancy=block(), floored=(block(),), floor=(2 * ONE,), share=(0,))
    assert proven(3.0, floored, floor=[(0, 3.0)]) == 9 * TOTAL_UP - 6
    shared = dataclasses.replace(floored, share=(ONE,))
    assert proven(3.0, shared, floor=[(0, 3.0)]) == 9 * TOTAL_UP - 6
    improving = leaf(1, conditional=(block(),), improve=(2 * ONE,))
    assert proven(3.0, improving, values=[8.0], slack=1.0) == 3 * (3 - 6 + Fraction(5, 4))
    assert proven(3.0, dataclasses.replace(improving, improve=(0,)), values=[-8.0]) == 9


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"objective": -1}, "objective by -16"),
        ({"improve": (-1,)}, "negative number"),
        ({"lower": ((2 << GRID) + 1,)}, "does not contain"),
        ({"upper": ((4 << GRID) - 1,)}, "does not contain"),
    ],
)
def test_signs_and_boxes_are_checked(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidResultError, match=message):
        proven(0.0, leaf(**wrong))
    assert proven(0.0, leaf(lower=REGION.lower, upper=REGION.upper)) == 0
    with pytest.raises(InvalidResultError, match="no open answer"):
        proven(0.0, leaf(occupancy=block()), Region(REGION.lower, REGION.upper, (frozenset(),)))
