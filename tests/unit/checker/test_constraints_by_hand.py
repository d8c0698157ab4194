"""Constraints in the checker on numbers done by hand: what is read, what they come to, what follows from them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ssg_mip import Problem, solve, verify
from ssg_mip.base.tolerances import DEFAULT_TOLERANCES, PROBABILITY, ROUNDING
from ssg_mip.checker.claims import PointClaim
from ssg_mip.checker.constraints.checks import asked_check, constraint_checks
from ssg_mip.checker.constraints.conflicts import ConflictClaim, LineClaim, conflict_check, read_conflict
from ssg_mip.checker.constraints.forms import (
    TOLERANCE,
    UNUSED,
    Ball,
    ConstraintClaim,
    Cost,
    Form,
    Given,
    Linear,
    Same,
    Support,
    Value,
    served,
    shares_of,
)
from ssg_mip.checker.constraints.prices import price_checks
from ssg_mip.checker.constraints.reading import canonical, problem_hash, read_constraints
from ssg_mip.checker.dual.policy_rows import GivenRow
from ssg_mip.checker.dual.replay import BoundVerification
from ssg_mip.checker.evidence import Prover
from ssg_mip.checker.rational import ExactGame
from ssg_mip.checker.values import PRINTED, Interval
from ssg_mip.errors import InvalidResultError
from ssg_mip.game.game import Game
from ssg_mip.problem.followers.quantal import Quantal
from tests.oracles.games import random_game

HALF, THIRD = Fraction(1, 2), Fraction(1, 3)


@cache
def game() -> Game:
    """States with 2, 3 and 2 leader actions; slots 0 1, 2 3 4, 5 6; the start is in the second state."""
    plain = random_game(
        np.random.default_rng(5), leader_counts=[2, 3, 2], follower_counts=[2, 1, 2], leader_discount=0.5,
        follower_discount=0.5,
    )  # fmt: skip
    return dataclasses.replace(plain, initial=np.array([0.0, 1.0, 0.0])).to_game()


def read(**entry: Any) -> ConstraintClaim:
    """The constraint of an entry."""
    (found,) = read_constraints(game(), {"constraints": [{"name": "n", **entry}]})
    return found


def form_of(**entry: Any) -> Form:
    return read(**entry).form


def given(rows: tuple[tuple[float, ...], ...], response: tuple[int, ...] = (0, 0, 0)) -> Given:
    """A point with this policy."""
    values = (0.0, 0.0, 0.0)
    point = PointClaim(
        place="here", policy=rows, leader_values=values, leader_value=0.0, weights=(0.0, 1.0, 0.0), response=response
    )
    return Given.of(game(), point, Prover(ExactGame.of(game()), "leader", DEFAULT_TOLERANCES))


POLICY = ((0.25, 0.75), (0.5, 0.25, 0.25), (1.0, 0.0))


def at(slot: int, **more: Any) -> dict[str, Any]:
    state = (0, 0, 1, 1, 1, 2, 2)[slot]
    return {"state": f"s{state}", "leader_action": f"a{slot - (0, 2, 5)[state]}", **more}


# -------------------------------------------------------------------- what is read


def sides(form: Form) -> tuple[Fraction | None, Fraction | None]:
    return form.least, form.most


@pytest.mark.parametrize(("sense", "due"), [("<=", (None, HALF)), (">=", (HALF, None)), ("==", (HALF, HALF))])
def test_a_sum_has_the_sides_of_its_comparison(sense: str, due: Any) -> None:
    form = form_of(kind="require", terms=[at(0, coefficient=2.0), at(6, coefficient=-3.0)], sense=sense, limit=0.5)
    assert isinstance(form, Linear)
    assert (form.coefficients, sides(form)) == ({0: 2, 6: -3}, due)
    assert form.size == 3 + HALF
    assert list(form.rows()) == [({0: 2, 6: -3}, *due)]


@pytest.mark.parametrize("slot", range(7))
def test_every_slot_has_its_name(slot: int) -> None:
    assert form_of(kind="forbid", **at(slot)).rows().__next__() == ({slot: 1}, None, 0)
    assert form_of(kind="at_least", **at(slot), probability=0.25).rows().__next__() == ({slot: 1}, Fraction(1, 4), None)


def test_other_kinds_are_read_as_they_stand() -> None:
    budget = form_of(kind="budget", costs=[at(3, cost=4.0)], at_most=0.5)
    assert isinstance(budget, Linear)
    assert (budget.coefficients, sides(budget)) == ({3: 4}, (None, HALF))
    same = form_of(kind="same_policy", states=["s0", "s2"])
    assert isinstance(same, Same)
    assert (same.slots, sides(same)) == (((0, 5), (1, 6)), (None, 0))
    seen = form_of(kind="observe", labels={"s2": "x", "s0": "x"})
    assert isinstance(seen, Same)
    assert (seen.slots, sides(seen)) == (((5, 0), (6, 1)), (None, 0))
    few = form_of(kind="at_most_actions", state="s1", actions=2)
    assert isinstance(few, Support)
    assert (few.states, few.slots, sides(few)) == ((1,), ((2, 3, 4),), (None, 2))
    pure = form_of(kind="deterministic", states=["s1"])
    assert isinstance(pure, Support)
    assert (pure.states, pure.slots, sides(pure)) == ((1,), ((2, 3, 4),), (None, 1))
    table = {"s0": {"a0": 1.0}, "s1": {"a0": 0.5, "a2": 0.5}, "s2": {"a1": 1.0}}
    ball = form_of(kind="close_to", policy=table, radius=0.5)
    assert isinstance(ball, Ball)
    assert ball.centre == (1, 0, HALF, 0, HALF, 0, 1)
    assert (ball.slots, sides(ball)) == (((0, 1), (2, 3, 4), (5, 6)), (None, HALF))


def test_costs_and_values_are_read_as_they_stand() -> None:
    triple = {**at(6), "follower_action": "b1", "cost": 2.0}
    cost = form_of(kind="cost", costs=[triple], at_most=3.0)
    assert isinstance(cost, Cost)
    assert (cost.costs, cost.discount, sides(cost)) == ({game().row(2, 1, 1): 2}, HALF, (None, 3))
    assert cost.needs_response
    assert cost.size == 2 / HALF + 3
    largest = max(abs(Fraction(one)) for one in game().leader_rewards.tolist())
    for state, own, from_start in (("s0", 0, False), ("s1", 1, True), (None, None, True)):
        value = form_of(kind="value_at_least", state=state, value=-1.5)
        assert isinstance(value, Value)
        assert (value.state, value.from_start, sides(value)) == (own, from_start, (Fraction(-3, 2), None))
        assert value.largest == largest / HALF
        assert value.size == largest / HALF + Fraction(3, 2)
        assert value.rewards == {k: Fraction(one) for k, one in enumerate(game().leader_rewards.tolist()) if one}
        assert not value.needs_response


CENTRE = {"s0": {"a0": 1.0}, "s1": {"a0": 1.0}, "s2": {"a0": 1.0}}


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"kind": "forbid", "state": "s9", "leader_action": "a0"}, "unknown state 's9'"),
        ({"kind": "forbid", "state": 1, "leader_action": "a0"}, "unknown state 1"),
        ({"kind": "forbid", "state": ["s1"], "leader_action": "a0"}, "unknown state"),
        ({"kind": "forbid", "state": "s0", "leader_action": "a2"}, "unknown action 'a2'"),
        ({"kind": "forbid", "state": "s0", "leader_action": 0}, "unknown action 0"),
        ({"kind": "forbid", "state": "s0", "leader_action": "a0", "note": 1}, "note is no key"),
        ({"kind": "wish"}, "must be one of"),
        ({"kind": "require", "terms": [], "sense": "<=", "limit": 1.0}, "no number but 0"),
        ({"kind": "require", "terms": [at(0, coefficient=0.0)], "sense": "<=", "limit": 1.0}, "no number but 0"),
        ({"kind": "require", "terms": [at(0, coefficient=1.0)] * 2, "sense": "<=", "limit": 1.0}, r"\[1\] is named"),
        ({"kind": "require", "terms": [at(0, cost=1.0)], "sense": "<=", "limit": 1.0}, "must have the keys"),
        ({"kind": "require", "terms": [at(0, coefficient=1.0)], "sense": "<", "limit": 1.0}, "must be one of"),
        ({"kind": "same_policy", "states": ["s0"]}, "at least 2 different"),
        ({"kind": "same_policy", "states": ["s0", "s0"]}, "at least 2 different"),
        ({"kind": "same_policy", "states": ["s0", "s1"]}, "different leader actions"),
        ({"kind": "same_policy", "states": "s0"}, "must be a list"),
        ({"kind": "deterministic", "states": []}, "at least 1 different"),
        ({"kind": "observe", "labels": {"s0": "x", "s1": "x"}}, "needs several states"),
        ({"kind": "observe", "labels": {"s0": "x"}}, "needs several states"),
        ({"kind": "observe", "labels": {"s0": 1}}, "must be a text"),
        ({"kind": "observe", "labels": {}}, "is empty"),
        ({"kind": "close_to", "policy": {**CENTRE, "s0": {"a0": 0.5}}, "radius": 1.0}, "no distribution"),
        ({"kind": "close_to", "policy": {**CENTRE, "s0": {"a0": 1.5, "a1": -0.5}}, "radius": 1.0}, "no distribution"),
        ({"kind": "close_to", "policy": {**CENTRE, "s0": {"a0": 1.0, "a1": 2e-6}}, "radius": 1.0}, "no distribution"),
        ({"kind": "close_to", "policy": {"s0": {"a0": 1.0}}, "radius": 1.0}, "missing"),
        ({"kind": "close_to", "policy": {**CENTRE, "s3": {}}, "radius": 1.0}, "does not have"),
        ({"kind": "close_to", "policy": {**CENTRE, "s0": {"a0": 1.0, "a2": 0.0}}, "radius": 1.0}, "does not have"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(entry: Mapping[str, Any], said: str) -> None:
    with pytest.raises(InvalidResultError, match=said):
        read(**entry)


def test_a_centre_may_miss_one_by_rounding() -> None:
    ball = form_of(kind="close_to", policy={**CENTRE, "s0": {"a0": 1.0, "a1": 5e-7}}, radius=0.0)
    assert isinstance(ball, Ball)
    assert ball.centre[0] + ball.centre[1] == 1


def test_what_the_answer_makes_of_it_is_kept_apart() -> None:
    found = read(kind="forbid", **at(0), attained=0.0, slack=None)
    assert (found.attained, found.slack) == (0.0, None)
    assert found.said == {"name": "n", "kind": "forbid", **at(0)}
    assert canonical([1, True, "1", None, {"x": (2,)}]) == [1.0, True, "1", None, {"x": [2.0]}]
    assert problem_hash(game(), [{"limit": 1}]) == problem_hash(game(), [{"limit": 1.0}])
    assert problem_hash(game(), [{"limit": 1}]) != problem_hash(game(), [{"limit": True}])


@pytest.mark.parametrize(
    "data",
    [
        {"problem_hash": "x"},
        {"constraints": []},
        {"constraints": [{"name": "n", "kind": "forbid", **at(0)}, {"name": "n", "kind": "forbid", **at(1)}]},
    ],
)
def test_lists_that_say_nothing_or_something_twice_are_refused(data: Mapping[str, Any]) -> None:
    with pytest.raises(InvalidResultError):
        read_constraints(game(), data)
    assert read_constraints(game(), {}) == ()


# -------------------------------------------------------------------- what constraints come to


def test_shares_sum_to_one_exactly() -> None:
    assert shares_of(((0.5, 0.25), (2.0, 1.0, 1.0))) == (2 * THIRD, THIRD, HALF, Fraction(1, 4), Fraction(1, 4))


def test_values_of_probabilities() -> None:
    mine = given(POLICY)
    linear = Linear(coefficients={0: Fraction(2), 2: Fraction(-4)}, most=Fraction(1))
    assert linear.value(mine) == Interval.point(2 * Fraction(1, 4) - 2)
    same = Same(slots=((0, 5), (1, 6), (2, 3, 4)), most=Fraction(0))
    assert same.of(mine.shares) == Fraction(3, 4)
    assert same.size == 1
    ball = Ball(
        centre=(Fraction(1), Fraction(0), *[THIRD] * 3, HALF, HALF), slots=((0, 1), (2, 3, 4), (5, 6)), most=HALF
    )
    assert ball.of(mine.shares) == Fraction(3, 2) + Fraction(1, 6) + 2 * Fraction(1, 12) + 1
    assert ball.size == 2 + HALF + 2 * 3


@pytest.mark.parametrize(("less", "due"), [(UNUSED, 2), (UNUSED * Fraction(99, 100), 1), (2 * UNUSED, 2)])
def test_actions_count_from_a_billionth_on(less: Fraction, due: int) -> None:
    """At a billionth itself an action does not count yet."""
    few = Support(states=(0, 1), slots=((0, 1), (2, 3, 4)), most=Fraction(1))
    shares = [1 - less, less, Fraction(1), Fraction(0), Fraction(0), HALF, HALF]
    assert few.of(shares) == (1 if less <= UNUSED else due)
    assert few.size == 0
    assert Fraction(1, 10**9) == UNUSED
    assert few.of([Fraction(1), Fraction(0), HALF, HALF / 2, HALF / 2]) == 3


@pytest.mark.parametrize(
    ("least", "most", "value", "missed", "slack"),
    [
        (None, 2, 1, 0, 1),
        (None, 2, 5, 3, -3),
        (2, None, 1, 1, -1),
        (2, None, 5, 0, 3),
        (1, 4, 2, 0, 1),
        (1, 4, 3, 0, 1),
        (1, 4, 6, 2, -2),
        (1, 4, -6, 7, -7),
        (None, None, 9, 0, None),
    ],
)
def test_missed_and_slack(least: Any, most: Any, value: int, missed: int, slack: Any) -> None:
    form = Linear(
        coefficients={0: Fraction(-7), 1: Fraction(3)},
        least=None if least is None else Fraction(least),
        most=None if most is None else Fraction(most),
    )
    assert form.missed(Interval.point(Fraction(value))) == missed
    assert form.slack(Fraction(value)) == slack
    assert form.limit_size == max((abs(one) for one in (least, most) if one is not None), default=0)
    assert form.size == 7 + form.limit_size


def test_of_an_interval_the_worse_end_counts() -> None:
    form = Linear(coefficients={0: Fraction(1)}, least=Fraction(0), most=Fraction(10))
    assert form.missed(Interval(Fraction(-1), Fraction(5))) == 1
    assert form.missed(Interval(Fraction(5), Fraction(12))) == 2
    assert Linear(coefficients={0: Fraction(1)}, most=Fraction(-3), least=Fraction(-8)).limit_size == 8


def test_a_cost_is_what_the_printed_answer_spends() -> None:
    """One for every step is 2 at the discount 1/2; only from the start, which is the second state."""
    every = {row: Fraction(3) for row in range(game().num_rows)}
    cost = Cost(costs=every, discount=HALF, most=Fraction(7))
    value = cost.value(given(POLICY))
    assert value.lower <= 6 <= value.upper
    assert value.width < Fraction(1, 10**6)
    there = {game().row(1, a, 0): Fraction(1) for a in range(3)}
    here = cost.value(given(POLICY)).upper
    first = Cost(costs=there, discount=HALF, most=Fraction(7)).value(given(POLICY)).lower
    assert 1 <= first < here


def test_a_cost_depends_on_the_answer() -> None:
    robbed = Cost(costs={game().row(0, a, 1): Fraction(1) for a in range(2)}, discount=HALF, most=Fraction(7))
    assert robbed.value(given(POLICY, (0, 0, 0))).upper == 0
    assert robbed.value(given(POLICY, (1, 0, 0))).lower > 0


# -------------------------------------------------------------------- what follows from them


def row(*coefficients: float, lower: float | None = None, upper: float | None = None) -> GivenRow:
    return GivenRow(coefficients=coefficients, lower=lower, upper=upper)


SUM = Linear(coefficients={0: Fraction(1), 3: Fraction(2)}, least=Fraction(1), most=Fraction(2))


@pytest.mark.parametrize(
    ("lower", "upper", "due"),
    [
        (1.0, 2.0, True),
        (0.5, 2.5, True),
        (1.0, None, True),
        (None, 2.0, True),
        (1.5, None, False),
        (None, 1.5, False),
        (1.5, 2.0, False),
        (1.0, 1.5, False),
    ],
)
def test_a_row_says_no_more_than_its_constraint(lower: Any, upper: Any, due: bool) -> None:
    assert SUM.implies(row(1.0, 0.0, 0.0, 2.0, lower=lower, upper=upper)) is due
    assert not SUM.implies(row(1.0, 0.0, 0.0, 2.5, lower=lower, upper=upper))
    assert not SUM.implies(row(1.0, 0.0, 1.0, 2.0, lower=lower, upper=upper))


def test_a_side_that_is_not_asked_for_does_not_follow() -> None:
    above = Linear(coefficients={0: Fraction(1)}, most=Fraction(2))
    assert above.implies(row(1.0, upper=2.0))
    assert not above.implies(row(1.0, lower=-9.0, upper=2.0))
    below = Linear(coefficients={0: Fraction(1), 1: Fraction(0)}, least=Fraction(2))
    assert below.implies(row(1.0, lower=2.0))
    assert not below.implies(row(1.0, lower=1.0, upper=99.0))


def test_equal_probabilities_in_both_orders() -> None:
    same = Same(slots=((0, 2), (1, 3)), most=Fraction(0))
    assert same.implies(row(1.0, 0.0, -1.0, 0.0, lower=0.0, upper=0.0))
    assert same.implies(row(-1.0, 0.0, 1.0, 0.0, upper=0.0))
    assert not same.implies(row(1.0, 0.0, -1.0, 0.0, upper=-0.5))
    assert not same.implies(row(1.0, 0.0, -1.0, 0.0, lower=0.5))
    assert not same.implies(row(1.0, -1.0, 0.0, 0.0, upper=0.0))


BALL = Ball(centre=(Fraction(1, 4), Fraction(3, 4), HALF, HALF), slots=((0, 1), (2, 3)), most=Fraction(1))


@pytest.mark.parametrize(
    ("given_row", "due"),
    [
        (row(1.0, -1.0, 1.0, -1.0, upper=0.5), True),  # 1 + 1/4 - 3/4
        (row(1.0, -1.0, 1.0, -1.0, upper=0.49), False),
        (row(0.0, 2.0, 0.0, -2.0, upper=1.5), True),
        (row(0.0, 2.5, 0.0, 0.0, upper=9.0), False),
        (row(0.0, 0.0, 0.0, 2.5, upper=9.0), False),
        (row(0.0, 0.0, 1.0, 3.0, upper=3.0), True),
        (row(1.0, -1.0, 1.0, -1.0, lower=-9.0, upper=0.5), False),
        (row(1.0, -1.0, 1.0, -1.0, lower=-9.0), False),
    ],
)
def test_rows_of_a_ball(given_row: GivenRow, due: bool) -> None:
    assert BALL.implies(given_row) is due
    assert not dataclasses.replace(BALL, most=None).implies(given_row)


def test_limits_serve_the_same_states_and_no_smaller_numbers() -> None:
    few = Support(states=(0, 2), slots=((0, 1), (5, 6)), most=Fraction(2))
    assert [few.limits(s, k) for s, k in ((0, 2), (2, 3), (1, 2), (0, 1))] == [True, True, False, False]
    assert not dataclasses.replace(few, most=None).limits(0, 2)
    assert not SUM.limits(0, 2)


def test_values_serve_floors_of_their_state_and_costs_from_the_start() -> None:
    value = Value(state=1, largest=Fraction(9), rewards={0: Fraction(2)}, from_start=True, least=Fraction(3))
    assert [value.holds_up(s, c) for s, c in ((1, 3.0), (1, 2.0), (1, 3.5), (0, 1.0))] == [True, True, False, False]
    assert value.bounds_cost(row(-2.0, 0.0, upper=-3.0))
    assert value.bounds_cost(row(-2.0, 0.0, upper=-2.0))
    assert not value.bounds_cost(row(-2.0, 0.0, upper=-4.0))
    assert not value.bounds_cost(row(2.0, 0.0, upper=-3.0))
    assert not dataclasses.replace(value, from_start=False).bounds_cost(row(-2.0, 0.0, upper=-3.0))
    nothing = dataclasses.replace(value, least=None)
    assert not nothing.bounds_cost(row(-2.0, 0.0, upper=-3.0))
    assert not nothing.holds_up(1, 3.0)
    assert not SUM.bounds_cost(row(1.0, 0.0, 0.0, 2.0, upper=2.0))
    assert not SUM.holds_up(0, -9.0)
    cost = Cost(costs={0: Fraction(1)}, discount=HALF, most=Fraction(2))
    assert cost.bounds_cost(row(1.0, upper=2.0))
    assert not cost.bounds_cost(row(1.0, upper=1.0))
    assert not cost.bounds_cost(row(1.0, lower=0.0, upper=2.0))


def replay(**demands: Any) -> BoundVerification:
    return BoundVerification(
        checks=(), claimed=1.0, proven=Fraction(1), weights=(Fraction(1),), nodes=1, leaves=1, closed=0, **demands
    )


def test_replays_serve_where_every_demand_follows_from_a_constraint() -> None:
    forms = [
        SUM,
        Support(states=(0,), slots=((0, 1),), most=Fraction(1)),
        Cost(costs={0: Fraction(1)}, discount=HALF, most=Fraction(2)),
        Value(state=1, largest=Fraction(9), rewards={0: Fraction(2)}, from_start=False, least=Fraction(3)),
    ]
    claims = [
        ConstraintClaim(name=str(k), form=form, said={}, attained=None, slack=None) for k, form in enumerate(forms)
    ]
    kept, broken = row(1.0, 0.0, 0.0, 2.0, upper=2.0), row(1.0, 0.0, 0.0, 2.0, upper=1.0)
    spent, saved = row(1.0, upper=2.0), row(1.0, upper=1.0)
    whole = replay(policy_rows=(kept,), costs=(spent,), most=((0, 1),), floor=((1, 3.0), (0, 1.0)))
    (left,) = served([whole], claims)
    assert (left.policy_rows, left.costs, left.most, left.floor) == ((), (), (), ((0, 1.0),))
    for change in (
        {"policy_rows": (kept, broken)},
        {"costs": (spent, saved)},
        {"most": ((0, 1), (1, 1))},
    ):
        assert served([dataclasses.replace(whole, **change)], claims) == []
    bare = replay(floor=((0, 1.0),))
    assert served([bare], claims) == [bare]
    (floorless,) = served([replay(floor=((1, 2.0),))], claims)
    assert floorless.floor == ()
    assert served([whole, bare], claims)[1] is bare


# -------------------------------------------------------------------- checks


def claims_of(*constraints: ConstraintClaim, **more: Any) -> Any:
    """As much of the claims of a document as these checks look at."""
    nothing = {"conflict": None, "answers": (), "trajectory": (), "subject": "result", "ties": "leader", "status": ""}
    return SimpleNamespace(constraints=constraints, **{**nothing, **more})


def claim(form: Form, attained: float | None = None, slack: float | None = None, name: str = "n") -> ConstraintClaim:
    return ConstraintClaim(name=name, form=form, said={}, attained=attained, slack=slack)


BUDGET = Linear(coefficients={0: Fraction(8), 5: Fraction(1)}, most=Fraction(2))
"""At slots 0 and 5 of the policy below: 8/4 + 0 = 2."""


def kept(policy: tuple[tuple[float, ...], ...], form: Form = BUDGET, **more: Any) -> Any:
    claims = claims_of(claim(form, 2.0, 0.0), **{"answers": (given(policy).point,), **more})
    return {check.name: check for check in constraint_checks(claims, given(policy).prover, game())}


@pytest.mark.parametrize(("miss", "passes"), [(0.0, True), (0.99, True), (1.01, False), (-5.0, True)])
def test_a_policy_may_miss_by_a_hundred_millionth_of_the_size(miss: float, passes: bool) -> None:
    off = miss * float(TOLERANCE) * 10 / 8
    policy = ((0.25 + off, 0.75 - off), (1.0, 0.0, 0.0), (0.0, 1.0))
    check = kept(policy)["constraints"]
    assert check.passed is passes
    assert check.tolerance == Fraction(1, 10**8) * 10
    assert "at most 2.0" in check.detail
    assert "at least" not in check.detail


def test_iterates_count_as_well_and_costs_need_an_answer() -> None:
    good, bad = given(((0.25, 0.75), (1.0, 0.0, 0.0), (0.0, 1.0))), given(((0.5, 0.5), (1.0, 0.0, 0.0), (0.0, 1.0)))
    assert not kept(good.point.policy, trajectory=(bad.point,))["constraints"].passed
    dear = Cost(costs={k: Fraction(1) for k in range(game().num_rows)}, discount=HALF, most=Fraction(1))
    assert not kept(good.point.policy, dear)["constraints"].passed
    cheap = dataclasses.replace(dear, most=Fraction(2))
    silent = dataclasses.replace(bad.point, response=None)
    assert kept(good.point.policy, cheap, trajectory=(silent,))["constraints"].passed
    found = kept(good.point.policy, cheap, answers=(silent,))
    assert [found[name].passed for name in ("constraints", "constraint_slacks")] == [False, False]
    assert "none is printed" in found["constraints"].detail
    both = claims_of(claim(cheap, name="x"), claim(BUDGET, name="y"), trajectory=(silent,))
    assert not constraint_checks(both, good.prover, game())[0].passed


def test_a_cost_beside_a_mixed_answer_is_refused() -> None:
    """A document about a follower who mixes, with a cost that was never asked for and its own hash."""
    data = json.loads(json.dumps(solve(game(), follower=Quantal(0.3), settings={"bound_nodes": 0}).to_dict()))
    triple = {**at(0), "follower_action": "b0", "cost": 1.0}
    asked = {"kind": "cost", "name": "dear", "costs": [triple], "at_most": 99.0}
    data["constraints"] = [{**asked, "attained": 0.5, "slack": 98.5}]
    data["problem_hash"] = problem_hash(game(), [asked])
    assert {"constraints", "constraint_slacks"} <= {one.name for one in verify(game(), data).failed}


@pytest.mark.parametrize(
    ("attained", "slack", "passes"),
    [
        (2.0, 0.0, True),
        (2.0 + 9e-9, -9e-9, True),
        (2.0 + 1.2e-8, -1.2e-8, False),
        (2.0 - 1.2e-8, 1.2e-8, False),
        (2.0, 9e-9, True),
        (2.0, 1.2e-8, False),
        (2.0, -1.2e-8, False),
        (None, 0.0, False),
        (2.0, None, False),
        (None, None, False),
    ],
)
def test_what_is_printed_is_what_comes_out(attained: Any, slack: Any, passes: bool) -> None:
    """Within a billionth of 1 + 10, and what printing rounds."""
    point = given(((0.25, 0.75), (1.0, 0.0, 0.0), (0.0, 1.0)))
    claims = claims_of(claim(BUDGET, attained, slack), answers=(point.point,))
    check = constraint_checks(claims, point.prover, game())[1]
    assert (check.name, check.passed) == ("constraint_slacks", passes)
    if attained is not None and slack is not None:
        assert check.tolerance == (Fraction(ROUNDING) + PRINTED) * 11


@pytest.mark.parametrize("subject", ["result", "front"])
@pytest.mark.parametrize(("attained", "slack"), [(None, None), (2.0, None), (None, 0.0)])
def test_without_one_policy_nothing_is_printed(subject: str, attained: Any, slack: Any) -> None:
    point = given(((0.25, 0.75), (1.0, 0.0, 0.0), (0.0, 1.0)))
    answers = () if subject == "result" else (point.point,)
    claims = claims_of(claim(BUDGET, attained, slack), subject=subject, answers=answers)
    check = constraint_checks(claims, point.prover, game())[1]
    assert check.passed is (attained is None and slack is None)


def test_what_was_asked_is_said_by_place() -> None:
    said = [{"name": name, "kind": "forbid", **at(k)} for k, name in enumerate("xyz")]
    stated = read_constraints(game(), {"constraints": said})
    data = {"problem_hash": problem_hash(game(), said)}
    assert asked_check(game(), data, claims_of(*stated), said).passed
    assert "as asked for: x, y, z" in asked_check(game(), data, claims_of(*stated), said).detail
    assert "as stated: x" in asked_check(game(), data, claims_of(*stated), None).detail
    other = [said[0], {**said[1], "name": "w"}, said[2]]
    assert "constraints[1] is 'y'; the problem has 'w'" in asked_check(game(), data, claims_of(*stated), other).detail
    fewer = asked_check(game(), data, claims_of(*stated), said[:2])
    assert (fewer.passed, "there are 3 constraints; the problem has 2" in fewer.detail) == (False, True)
    assert not asked_check(game(), {"problem_hash": "x"}, claims_of(*stated), said).passed
    assert not asked_check(game(), {}, claims_of(*stated), None).passed
    assert not asked_check(game(), {}, claims_of(), said).passed
    assert "nothing is asked" in asked_check(game(), {}, claims_of(), []).detail


# -------------------------------------------------------------------- contradictions

OWN = ((0.0, 1.0), (1.0, 0.0, 0.0), (0.0, 1.0))


def conflict(**more: Any) -> Any:
    """``f(a0|s0) >= 3/4`` and ``<= 1/4``: with the multipliers 2 and 2 every policy misses the sum by 1."""
    lines = (
        LineClaim(constraint="x", coefficients=(-1.0, *[0.0] * 6), at_most=-0.75, multiplier=Fraction(2)),
        LineClaim(constraint="y", coefficients=(1.0, *[0.0] * 6), at_most=0.25, multiplier=Fraction(2)),
    )
    parts: dict[str, Any] = {
        "constraints": ("x", "y"),
        "minimal": True,
        "statement": "no policy keeps both x and y; without any one of them some policy does",
        "excess": 1.0,
        "lines": lines,
        "without": {"x": OWN, "y": ((1.0, 0.0), *OWN[1:])},
    }
    return ConflictClaim(**{**parts, **more})


CONTRADICTION = claims_of(
    claim(Linear(coefficients={0: Fraction(1)}, least=Fraction(3, 4)), name="x"),
    claim(Linear(coefficients={0: Fraction(1)}, most=Fraction(1, 4)), name="y"),
    claim(Linear(coefficients={0: Fraction(1)}, most=Fraction(1)), name="z"),
    status="infeasible",
)


def judged(**more: Any) -> str:
    """``""`` where the contradiction passes, or what is wrong with it."""
    check = conflict_check(conflict(**more), CONTRADICTION, game())
    return "" if check.passed else check.detail


def test_a_contradiction_by_hand_passes() -> None:
    assert judged() == ""


@pytest.mark.parametrize("off", [1.0, -1.0])
def test_the_excess_may_be_off_by_a_rounding_of_its_size(off: float) -> None:
    small = tuple(dataclasses.replace(line, multiplier=line.multiplier / 1024) for line in conflict().lines)
    for lines, excess in ((conflict().lines, 1.0), (small, 2.0**-10)):
        assert judged(lines=lines, excess=excess * (1.0 + 0.9 * off * ROUNDING)) == ""
        assert "excess printed" in judged(lines=lines, excess=excess * (1.0 + 1.1 * off * ROUNDING))


def line_of(k: int, **change: Any) -> tuple[LineClaim, ...]:
    """The lines with one of them changed."""
    return tuple(dataclasses.replace(one, **change) if j == k else one for j, one in enumerate(conflict().lines))


Z = LineClaim(constraint="z", coefficients=(1.0, *[0.0] * 6), at_most=1.0, multiplier=Fraction(0))
ALL = "no policy keeps all of x, y and z"
PAIR = "no policy keeps both x and y"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"lines": line_of(0, at_most=-0.76)}, "line 0 does not follow from constraint 'x'"),
        ({"lines": line_of(1, at_most=0.24)}, "line 1 does not follow"),
        ({"lines": line_of(1, constraint="x")}, "line 1 does not follow"),
        ({"lines": line_of(1, coefficients=(1.0, 0.5, *[0.0] * 5))}, "line 1 does not follow"),
        ({"lines": line_of(0, at_most=-0.25), "excess": 0.0}, "do not contradict"),
        ({"lines": (*conflict().lines, Z), "constraints": ("x", "y", "z"), "minimal": False, "statement": ALL},
         "constraint 'z' plays no part"),
        ({"without": {"x": OWN, "y": OWN}}, "without 'y' does not keep 'x'"),
        ({"without": {"x": OWN, "y": ((1.0, 0.5), *OWN[1:])}}, "that probabilities sum to one"),
        ({"without": {"x": ((0.0, 0.5), *OWN[1:]), "y": ((1.0, 0.0), *OWN[1:])}}, "that probabilities sum to one"),
        ({"without": {"x": OWN}}, "minimal is said"),
        ({"minimal": False}, "minimal is said"),
        ({"minimal": False, "without": {"x": OWN}}, "the statement is"),
        ({"statement": PAIR}, "the statement is"),
    ],
)  # fmt: skip
def test_a_forged_contradiction_is_refused_for_its_reason(change: dict[str, Any], said: str) -> None:
    assert said in judged(**change)


def test_without_policies_it_is_a_contradiction_all_the_same() -> None:
    assert judged(minimal=False, without={}, statement=PAIR) == ""
    with_z = {"lines": (*conflict().lines, dataclasses.replace(Z, multiplier=Fraction(1, 2))), "minimal": False}
    assert judged(**with_z, constraints=("x", "y", "z"), without={}, statement=ALL, excess=0.5) == ""
    assert "beside the status" in conflict_check(conflict(), claims_of(*CONTRADICTION.constraints), game()).detail


@pytest.mark.parametrize(("miss", "passes"), [(0.9, True), (1.1, False)])
def test_a_policy_without_one_may_miss_the_others_by_their_tolerance(miss: float, passes: bool) -> None:
    off = miss * float(TOLERANCE) * 1.25
    policy = ((0.25 + off, 0.75 - off), *OWN[1:])
    assert (judged(without={"x": policy, "y": ((1.0, 0.0), *OWN[1:])}) == "") is passes


@pytest.mark.parametrize(("miss", "passes"), [(0.9, True), (1.1, False)])
def test_probabilities_may_miss_one_by_rounding(miss: float, passes: bool) -> None:
    policy = ((0.0, 1.0 + miss * PROBABILITY), *OWN[1:])
    assert (judged(without={"x": policy, "y": ((1.0, 0.0), *OWN[1:])}) == "") is passes


def test_a_constraint_alone_is_said_so() -> None:
    alone = claims_of(claim(Linear(coefficients={0: Fraction(1)}, least=Fraction(2)), name="x"), status="infeasible")
    line = LineClaim(constraint="x", coefficients=(-1.0, *[0.0] * 6), at_most=-2.0, multiplier=Fraction(1))
    found = conflict(constraints=("x",), lines=(line,), excess=1.0, without={"x": OWN}, statement="no policy keeps x")
    assert conflict_check(found, alone, game()).passed


def document(**change: Any) -> dict[str, Any]:
    """The contradiction as it is printed."""
    lines = [
        {"constraint": "x", "terms": [at(0, coefficient=-1.0)], "at_most": -0.75, "multiplier": 2.0},
        {"constraint": "y", "terms": [at(0, coefficient=1.0)], "at_most": 0.25, "multiplier": 2.0},
    ]
    parts: dict[str, Any] = {
        "constraints": ["x", "y"], "minimal": True, "statement": "s", "excess": 1.0, "lines": lines,
        "without": {"x": 1},
    }  # fmt: skip
    return {"conflict": {**parts, **change}}


def read_back(data: dict[str, Any]) -> ConflictClaim | None:
    few = claim(Support(states=(0,), slots=((0, 1),), most=Fraction(1)), name="few")
    value = claim(Value(state=0, largest=Fraction(1), rewards={}, from_start=False, least=Fraction(0)), name="v")
    return read_conflict(game(), data, (*CONTRADICTION.constraints, few, value), lambda policy, _: policy)  # type: ignore[arg-type, return-value]


def test_a_contradiction_is_read_as_it_stands() -> None:
    assert read_back({}) is None
    found = read_back(document())
    assert found is not None
    assert found.lines[0].coefficients == (-1.0, *[0.0] * 6)
    assert found.lines[1].at_most == 0.25
    assert found.lines[1].multiplier == 2
    assert found.without == {"x": {"leader_policy": 1}}
    assert (found.constraints, found.minimal, found.statement, found.excess) == (("x", "y"), True, "s", 1.0)
    last = read_back(document(lines=[{**document()["conflict"]["lines"][0], "terms": [at(6, coefficient=3.0)]}]))
    assert last is not None
    assert last.lines[0].coefficients == (*[0.0] * 6, 3.0)
    zero = read_back(document(lines=[{**document()["conflict"]["lines"][0], "multiplier": 0.0}]))
    assert zero is not None


@pytest.mark.parametrize(
    "change",
    [
        {"constraints": []},
        {"constraints": ["x", "x"]},
        {"constraints": ["x", "q"]},
        {"constraints": ["x", "v"]},
        {"constraints": ["x", 3]},
        {"constraints": ["x", ["y"]]},
        {"minimal": 1},
        {"minimal": None},
        {"note": 1},
        {"without": {"z": 1}},
        {"excess": "1"},
    ],
)
def test_what_is_no_contradiction_is_not_read(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidResultError):
        read_back(document(**change))


@pytest.mark.parametrize(
    "change",
    [
        {"multiplier": -0.5},
        {"multiplier": -1e-9},
        {"constraint": "z"},
        {"note": 1},
        {"terms": [at(0, coefficient=1.0), at(0, coefficient=1.0)]},
        {"terms": [at(0, coefficient=1.0, note=1)]},
        {"terms": [{"state": "s9", "leader_action": "a0", "coefficient": 1.0}]},
        {"terms": [{"state": 0, "leader_action": "a0", "coefficient": 1.0}]},
        {"terms": [{"state": "s0", "leader_action": "a2", "coefficient": 1.0}]},
        {"terms": [{"state": "s0", "leader_action": 0, "coefficient": 1.0}]},
        {"terms": [{"state": ["s0"], "leader_action": "a0", "coefficient": 1.0}]},
        {"terms": 1},
        {"at_most": None},
    ],
)
def test_what_is_no_line_is_not_read(change: dict[str, Any]) -> None:
    first, second = document()["conflict"]["lines"]
    with pytest.raises(InvalidResultError):
        read_back(document(lines=[{**first, **change}, second]))


# -------------------------------------------------------------------- prices

SUMS = (SimpleNamespace(leader_value=1.0, dual_bound=2.0),)


def priced(**change: Any) -> Any:
    entry = {"constraint": "n", "leader_value": 5.0, "dual_bound": 7.0, "at_least": 3.0, "at_most": 6.0, **change}
    (check,) = price_checks({"prices": [entry]}, claims_of(claim(BUDGET), scalarisations=SUMS))
    return check


@pytest.mark.parametrize(
    ("change", "passes"),
    [
        ({}, True),
        ({"at_least": 3.0 + 2.9e-9}, True),
        ({"at_least": 3.0 + 3.2e-9}, False),
        ({"at_least": 3.0 - 3.2e-9}, False),
        ({"at_most": 6.0 + 5.9e-9}, True),
        ({"at_most": 6.0 - 6.2e-9}, False),
        ({"leader_value": 1.5, "at_least": 0.0}, True),
        ({"leader_value": 1.5, "at_least": -0.5}, False),
        ({"leader_value": 1.5, "at_least": 1e-12}, False),
        ({"leader_value": 1.5, "at_least": 3e-15}, True),
        ({"leader_value": 1.5, "at_least": 4e-15}, False),
        ({"leader_value": None, "at_least": None}, True),
        ({"leader_value": None, "at_least": 0.0}, False),
        ({"leader_value": 5.0, "at_least": None}, False),
        ({"dual_bound": None, "at_most": None}, True),
        ({"dual_bound": None}, False),
        ({"dual_bound": 7.0, "at_most": None}, False),
        ({"constraint": "m"}, False),
        ({"note": 1}, False),
        ({"at_least": "3"}, False),
    ],
)
def test_prices_are_differences(change: dict[str, Any], passes: bool) -> None:
    """Within a billionth, and a rounding of what is subtracted."""
    assert priced(**change).passed is passes


def test_without_prices_nothing_is_checked_and_without_sides_nothing_is_due() -> None:
    assert price_checks({}, claims_of()) == []
    entry = {"constraint": "n", "leader_value": 5.0, "dual_bound": 7.0, "at_least": None, "at_most": None}
    nothing = (SimpleNamespace(leader_value=None, dual_bound=float("inf")),)
    (check,) = price_checks({"prices": [entry]}, claims_of(claim(BUDGET), scalarisations=nothing))
    assert check.passed
    twice = [{**entry, "at_least": 3.0, "at_most": 6.0}] * 2
    (check,) = price_checks({"prices": twice}, claims_of(claim(BUDGET), scalarisations=SUMS))
    assert not check.passed


# -------------------------------------------------------------------- whole documents


@cache
def costly() -> tuple[Problem, str]:
    """A cost that binds, judged under the printed answer."""
    problem = Problem(game()).cost({("s1", "a0", "b0"): 1.0, ("s0", "a1", "b1"): 2.0}, at_most=0.4, name="dear")
    return problem, json.dumps(solve(problem, method="commitment").to_dict())


def test_a_document_with_a_cost_passes_and_a_larger_slack_fails() -> None:
    problem, text = costly()
    assert verify(problem, json.loads(text)).passed
    forged = json.loads(text)
    forged["constraints"][0]["slack"] += 1e-6
    assert [one.name for one in verify(problem, forged).failed] == ["constraint_slacks"]
    forged["constraints"][0]["attained"] -= 1e-6
    assert [one.name for one in verify(problem, forged).failed] == ["constraint_slacks"]
