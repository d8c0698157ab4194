"""Goals in the checker on numbers done by hand: how far values, bounds, gaps and prices may be off."""

from __future__ import annotations

import dataclasses
import math
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest

from ssg_mip import Game, GameBuilder
from ssg_mip.base.tolerances import DEFAULT_TOLERANCES, FINEST_GAP, ROUNDING
from ssg_mip.checker.claims import PointClaim
from ssg_mip.checker.evidence import Prover
from ssg_mip.checker.goal_claims import GoalSum, InTurnClaim, LeastClaim, TurnClaim
from ssg_mip.checker.goals import goal_checks, read_goal, unproven_goal
from ssg_mip.checker.rational import ExactGame
from ssg_mip.checker.values import PRINTED
from ssg_mip.errors import InvalidResultError

ONE, NONE = Fraction(1), Fraction(0)


def game() -> Game:
    """Two states that lead to themselves, at the discount one half: values are twice what is paid."""
    builder = GameBuilder("two", leader_discount=0.5, follower_discount=0.5)
    for state, leader, follower in (("s", 1.0, 3.0), ("t", -4.0, -8.0)):
        builder.add_state(state, leader_actions=["a", "b"], follower_actions=["c"])
        for action, more in (("a", 0.0), ("b", 16.0)):
            builder.add_transition(
                state, action, "c", leader_reward=leader + more, follower_reward=follower + more, next={state: 1.0}
            )
    return builder.build()


POLICY = ((1.0, 0.0), (1.0, 0.0))
"""Worth 2 and -8 to the leader, 6 and -16 to the follower."""

PROVER = Prover(ExactGame.of(game()), "leader", DEFAULT_TOLERANCES)

EVIDENCE = PROVER.about(POLICY)


def point(place: str = "answer", policy: Any = POLICY) -> PointClaim:
    return PointClaim(place=place, policy=policy, leader_values=(2.0, -8.0), leader_value=-3.0, weights=(0.5, 0.5))


def total(leader: tuple[int, int], follower: tuple[int, int], constant: float, value: float | None) -> GoalSum:
    return GoalSum(
        name="sum",
        leader=tuple(map(Fraction, leader)),
        follower=tuple(map(Fraction, follower)),
        constant=Fraction(constant),
        value=value,
    )


MIXED = total((1, 2), (3, 4), 5.0, 2.0 - 16.0 + 18.0 - 64.0 + 5.0)
"""-55."""

SIZE = 3 * 8 + 7 * 16
"""The weights of each player times the largest of his values."""

ROOM = (
    sum(w * own for w, own in zip((1, 2), EVIDENCE.slack, strict=True))
    + sum(w * own for w, own in zip((3, 4), EVIDENCE.view.slack, strict=True))
    + PRINTED * (SIZE + 5)
)
"""By how much the sum may be off."""


def least(**change: Any) -> LeastClaim:
    parts: dict[str, Any] = {
        "sums": (MIXED,),
        "price": None,
        "value": -55.0,
        "paid": None,
        "bound": math.inf,
        "relative_gap": math.inf,
        "gap_scale": 1.0,
        "options": {},
    }
    return LeastClaim(**{**parts, **change})


def checks(goal: Any, **more: Any) -> dict[str, Any]:
    nothing = {"answers": (point(),), "trajectory": (), "termination": "nodes", "gap": 1e-4, "scalarisations": ()}
    claims: Any = SimpleNamespace(goal=goal, **{**nothing, **more})
    return {check.name: check for check in goal_checks(claims, PROVER)}


def test_without_a_goal_nothing_is_checked() -> None:
    assert checks(None) == {}
    assert {name: check.passed for name, check in checks(least()).items()} == dict.fromkeys(
        ("goal_value", "goal_bound", "goal_gap"), True
    )


@pytest.mark.parametrize("where", ["sum", "goal"])
@pytest.mark.parametrize(("share", "passes"), [(0.0, True), (0.98, True), (-0.98, True), (1.02, False), (-1.02, False)])
def test_a_value_may_be_off_by_its_slack(where: str, share: float, passes: bool) -> None:
    moved = -55.0 + share * float(ROOM)
    goal = least(value=moved) if where == "goal" else least(sums=(dataclasses.replace(MIXED, value=moved),))
    check = checks(goal)["goal_value"]
    assert check.passed is passes
    assert check.tolerance == ROOM


def test_a_constant_is_rounded_too_and_sizes_are_absolute() -> None:
    far = total((0, 0), (0, 0), -1e6, -1e6)
    assert checks(least(sums=(far,), value=-1e6))["goal_value"].tolerance == PRINTED * 10**6


def test_a_missing_value_is_found() -> None:
    check = checks(least(sums=(dataclasses.replace(MIXED, value=None),)))["goal_value"]
    assert (check.passed, check.violation, check.tolerance) == (False, 1, 0)


def test_the_least_of_the_sums_counts() -> None:
    other = total((1, 0), (0, 0), 0.0, 2.0)
    assert checks(least(sums=(other, MIXED)))["goal_value"].passed
    assert not checks(least(sums=(other, MIXED), value=2.0))["goal_value"].passed


PRICE = ((Fraction(3), Fraction(100)), (Fraction(4), Fraction(100)))


@pytest.mark.parametrize(("share", "passes"), [(0.9, True), (1.1, False), (-1.1, False)])
def test_what_is_paid_is_subtracted_and_printed(share: float, passes: bool) -> None:
    """Seven, within roundings of itself and a billionth."""
    off = share * float(PRINTED * (7 + Fraction(ROUNDING)))
    found = checks(least(price=PRICE, paid=7.0 + off, value=-62.0))["goal_value"]
    assert found.passed is passes
    assert not checks(least(price=PRICE, paid=7.0, value=-55.0))["goal_value"].passed
    assert not checks(least(price=PRICE, paid=None, value=-62.0))["goal_value"].passed
    wide = checks(least(price=PRICE, paid=7.0, value=-62.0 + float(ROOM) + 0.9 * 7 * float(PRINTED)))["goal_value"]
    assert wide.passed


@pytest.mark.parametrize("sign", [1, -1])
def test_a_price_may_be_a_gain(sign: int) -> None:
    none = tuple(tuple(sign * one * 0 for one in row) for row in PRICE)
    assert checks(least(price=none, paid=0.0))["goal_value"].passed
    assert checks(least(price=none, paid=0.5 * float(PRINTED) * ROUNDING))["goal_value"].passed
    assert not checks(least(price=none, paid=2.0 * float(PRINTED) * ROUNDING))["goal_value"].passed


@pytest.mark.parametrize(("below", "passes"), [(0.0, True), (0.98, True), (1.02, False)])
def test_no_policy_is_above_the_bound(below: float, passes: bool) -> None:
    bound = -55.0 - below * float(ROOM)
    goal = least(bound=bound, relative_gap=0.0)
    assert checks(goal)["goal_bound"].passed is passes
    assert checks(goal, answers=(), trajectory=(point("iterate"),))["goal_bound"].passed is passes
    assert checks(least(bound=-54.0, relative_gap=1.0))["goal_bound"].passed


def gap(termination: str = "nodes", asked: float | None = 1e-4, **change: Any) -> bool:
    passed: bool = checks(least(**change), termination=termination, gap=asked)["goal_gap"].passed
    return passed


@pytest.mark.parametrize(
    ("printed", "passes"),
    [(0.5, True), (0.5 + 1.4e-9, True), (0.5 + 1.6e-9, False), (0.5 - 1.6e-9, False), (math.inf, False), (0.0, False)],
)
def test_a_gap_is_the_distance_over_the_scale(printed: float, passes: bool) -> None:
    """Two over four, within a billionth of 1 + 1/2."""
    assert gap(bound=-53.0, relative_gap=printed, gap_scale=4.0) is passes


def test_a_gap_has_both_sides_or_none() -> None:
    assert gap()
    assert not gap("gap")
    assert not gap(relative_gap=0.5)
    assert not gap(bound=-53.0)
    assert gap(bound=-55.5, relative_gap=0.0)


@pytest.mark.parametrize("scale", [0.0, -4.0])
def test_a_scale_is_positive(scale: float) -> None:
    assert not gap(bound=-53.0, relative_gap=0.0, gap_scale=scale)
    assert not gap(bound=-53.0, relative_gap=-0.5, gap_scale=scale)


@pytest.mark.parametrize(
    ("asked", "distance", "passes"),
    [
        (1e-2, 0.0399, True),
        (1e-2, 0.0401, False),
        (0.0, 4.0 * 0.9 * FINEST_GAP, True),
        (0.0, 4.0 * 1.2 * FINEST_GAP, False),
        (None, 4.0 * 0.9 * FINEST_GAP, True),
        (None, 4.0 * 1.2 * FINEST_GAP, False),
    ],
)
def test_a_run_ends_where_its_gap_is_closed(asked: float | None, distance: float, passes: bool) -> None:
    change = {"bound": -55.0 + distance, "relative_gap": distance / 4.0, "gap_scale": 4.0}
    assert gap("gap", asked, **change) is passes
    assert gap("nodes", asked, **change)


def test_a_gap_is_not_closed_by_a_scale_that_is_too_large() -> None:
    """What the goal ranges over is no more than a few hundreds, the value 55."""
    assert float(ROOM) / ROUNDING < 1000.0
    for scale, passes in ((200.0, True), (1e9, False)):
        distance = 1e-2 * min(scale, 1e4)
        assert gap("gap", 1e-2, bound=-55.0 + distance, relative_gap=distance / scale, gap_scale=scale) is passes


# -------------------------------------------------------------------- sums in turn


def turn(**change: Any) -> TurnClaim:
    """The first state's value 2, at most 3, held to 1."""
    parts = {"weights": (1.0, 0.0), "value": 2.0, "bound": 3.0, "held_to": 1.0, "given_up": 2.0}
    return TurnClaim(**{**parts, **change})  # type: ignore[arg-type]


WHOLE = (SimpleNamespace(weights=(1.0, 0.0), dual_bound=3.0),)

SLACK = float(EVIDENCE.weighted_slack((ONE, NONE)))


def in_turn(*turns: TurnClaim, **more: Any) -> list[str]:
    """What fails."""
    found = checks(InTurnClaim(turns=turns, options={}), **{"scalarisations": WHOLE, **more})
    return [name for name, check in found.items() if not check.passed]


@pytest.mark.parametrize(
    ("change", "failed"),
    [
        ({}, []),
        ({"value": 2.0 + 0.9 * SLACK}, []),
        ({"value": 2.0 + 1.1 * SLACK}, ["goal_value"]),
        ({"value": None}, ["goal_value"]),
        ({"held_to": 2.0 + 0.9 * SLACK, "given_up": 1.0 - 0.9 * SLACK}, []),
        ({"held_to": 2.0 + 1.1 * SLACK, "given_up": 1.0 - 1.1 * SLACK}, ["goal_bound"]),
        ({"weights": (0.0, 1.0), "value": -8.0, "held_to": None, "given_up": None}, ["goal_bound"]),
        ({"bound": 4.0, "given_up": 3.0}, ["goal_bound"]),
        ({"bound": math.inf, "given_up": None}, ["goal_bound"]),
        ({"given_up": None}, ["goal_gap"]),
        ({"held_to": None}, ["goal_gap"]),
        ({"held_to": None, "given_up": None}, []),
        ({"given_up": 2.0 + 1.9e-9}, []),
        ({"given_up": 2.0 + 2.1e-9}, ["goal_gap"]),
        ({"given_up": 2.0 - 2.1e-9}, ["goal_gap"]),
    ],
)
def test_a_turn_is_what_it_says(change: dict[str, Any], failed: list[str]) -> None:
    assert in_turn(turn(**change)) == failed


def test_of_large_bounds_the_rounding_counts_in_what_is_given_up() -> None:
    """Where nothing is given up, by the rounding of the bound alone."""
    room = float(PRINTED) * 1e6
    later = {"weights": (0.0, 1.0), "value": -8.0, "bound": 1e6, "held_to": None}
    assert in_turn(turn(), turn(**later, given_up=None)) == []
    near = turn(bound=-(2.0**20), held_to=-(2.0**20), given_up=0.9 * room, weights=(0.0, 1.0), value=-8.0)
    assert "goal_gap" not in in_turn(turn(), near)
    far = dataclasses.replace(near, given_up=1.3 * room)
    assert "goal_gap" in in_turn(turn(), far)


def test_a_second_turn_may_have_other_weights_and_none_may_be_below_its_bound() -> None:
    second = turn(weights=(0.0, 1.0), value=-8.0, bound=-8.0 + 1.0, held_to=None, given_up=None)
    assert in_turn(turn(), second) == []
    assert in_turn(turn(), dataclasses.replace(second, bound=-8.5)) == ["goal_bound"]
    assert in_turn() == []


def test_what_is_only_claimed() -> None:
    def named(goal: Any) -> list[str]:
        claims: Any = SimpleNamespace(goal=goal)
        return list(unproven_goal(claims))

    assert named(None) == named(least()) == []
    assert named(least(bound=1.0)) == ["goal_bound"]
    assert named(InTurnClaim(turns=(turn(),), options={})) == []
    assert named(InTurnClaim(turns=(turn(), turn()), options={})) == ["goal_bound"]
    assert named(InTurnClaim(turns=(turn(), turn(bound=math.inf)), options={})) == []


# -------------------------------------------------------------------- reading


def by_state(data: Any, key: str, at: str) -> tuple[float, ...]:
    del at
    return tuple(float(one) for one in data[key])


SUM = {"name": "x", "leader": [1.0, 0.0], "constant": 0.5, "value": 2.5}

GIVEN: dict[str, Any] = {
    "kind": "worst-start", "sums": [SUM], "value": 2.5, "bound": None, "relative_gap": None, "gap_scale": 1.0,
}  # fmt: skip


def read(has_policy: bool = True, **change: Any) -> Any:
    return read_goal({"goal": {**GIVEN, **change}}, game(), by_state, has_policy=has_policy)


def test_a_goal_is_read_as_it_stands() -> None:
    assert read_goal({}, game(), by_state, has_policy=True) is None
    found = read()
    assert (found.sums[0].leader, found.sums[0].follower) == ((1, 0), (0, 0))
    assert (found.sums[0].constant, found.bound, found.relative_gap, found.price, found.paid) == (
        Fraction(1, 2), math.inf, math.inf, None, None,
    )  # fmt: skip
    assert found.options == {
        "kind": "worst-start", "names": ["x"], "leader": [[1.0, 0.0]], "follower": [[0.0, 0.0]],
    }  # fmt: skip
    prices = {"s": {"a": 1.0, "b": 2.0}, "t": {"a": 3.0, "b": 4.0}}
    priced = read(price=prices, paid=1.0)
    assert (priced.price, priced.paid, priced.options["price"]) == (((1, 2), (3, 4)), 1.0, [1.0, 2.0, 3.0, 4.0])
    zero = read(sums=[{**SUM, "leader": [0.0, 1.0], "follower": [0.0, 2.0]}])
    assert zero.sums[0].follower == (0, 2)
    nothing = read(False, sums=[{**SUM, "value": None}], value=None)
    assert nothing.value is None


@pytest.mark.parametrize(
    "change",
    [
        {"sums": [{**SUM, "leader": [-1.0, 2.0]}]},
        {"sums": [{**SUM, "follower": [2.0, -1.0]}]},
        {"sums": [SUM, {**SUM, "value": None}]},
        {"sums": []},
        {"value": None},
        {"price": {"s": {"a": 1.0, "b": 2.0}}, "paid": 1.0},
        {"price": {"s": {"a": 1.0}, "t": {"a": 3.0, "b": 4.0}}, "paid": 1.0},
        {"has_policy": False},
        {"kind": "best"},
    ],
)
def test_a_goal_that_is_none_is_not_read(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidResultError):
        read(**change)


STEP = {"weights": [1.0, 0.0], "value": 2.0, "bound": 3.0, "held_to": 1.0, "given_up": 2.0}

LATER = {**STEP, "weights": [0.0, 1.0], "held_to": None, "given_up": None, "bound": None}


def read_turns(**change: Any) -> Any:
    parts = {
        "kind": "lexicographic",
        "steps": [STEP, LATER],
        "weights": [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]],
        "tolerance": 0.1,
    }
    return read_goal({"goal": {**parts, **change}}, game(), by_state, has_policy=True)


def test_turns_are_read_as_they_stand() -> None:
    first, second = read_turns().turns
    assert (first.weights, first.value, first.bound, first.held_to, first.given_up) == ((1.0, 0.0), 2.0, 3.0, 1.0, 2.0)
    assert (second.bound, second.held_to) == (math.inf, None)
    assert read_turns().options["tolerance"] == 0.1
    assert read_turns(steps=[]).turns == ()
    for change in ({"steps": [LATER, STEP]}, {"weights": [[1.0, 0.0]]}, {"tolerance": None}, {"weights": [1.0]}):
        with pytest.raises(InvalidResultError):
            read_turns(**change)
