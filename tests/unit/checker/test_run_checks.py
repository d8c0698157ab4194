"""The exact deviation and allowance of every check between the numbers of a document, on numbers done by hand."""

from __future__ import annotations

import dataclasses
import math
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest

from ssg_mip.base.tolerances import ARITHMETIC, DEFAULT_TOLERANCES, ROUNDING
from ssg_mip.checker.claims import Claims, PointClaim, ScalarisationClaim
from ssg_mip.checker.run_checks import BOUND_NOISE, bound_checks, course_checks, dominance_check, leader_spread
from ssg_mip.checker.values import PRINTED, Interval, LocalScale
from ssg_mip.checker.verification import Check
from ssg_mip.methods.registry import METHODS

QUARTER, EIGHTH = Fraction(1, 4), Fraction(1, 8)
ROUNDING, MONOTONE = Fraction(ROUNDING), Fraction(DEFAULT_TOLERANCES.monotone)

EXACT: Any = SimpleNamespace(
    leader_rewards=(Fraction(-3), Fraction(2)),
    leader_discount=Fraction(1, 2),
    game=SimpleNamespace(state_names=("dock", "sea")),
)
"""Leader rewards are 5 apart, so that values are at most 10 apart."""

SIX = (Fraction(6), Fraction(6))

SCALE = LocalScale(width=SIX, widest=SIX, size=SIX, rewards=(Fraction(5), Fraction(5)))
"""In either state values are 6 apart."""


@pytest.fixture(autouse=True)
def local_scale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ssg_mip.checker.run_checks.local_scale", lambda *_, **__: SCALE)


class Known:
    """A prover to whom every policy attains what is printed, a quarter more or less, with the slack 1/8."""

    def about(self, _policy: object) -> Any:
        return SimpleNamespace(
            slack=(EIGHTH, EIGHTH),
            weighted_slack=lambda _: EIGHTH,
            attained=lambda printed: tuple(Interval(Fraction(v) - QUARTER, Fraction(v) + QUARTER) for v in printed),
        )


PROVER: Any = Known()


def point(place: str, values: tuple[float, ...], **others: Any) -> PointClaim:
    policy = ((float(len(place)),),)
    return PointClaim(
        place=place, policy=policy, leader_values=values, **{"leader_value": 0.0, "weights": (1.0, 3.0), **others}
    )


def claims(**members: Any) -> Claims:
    plain = {
        "subject": "result", "game_hash": "", "method": "", "status": "", "ties": "leader", "gap": None, "answers": (),
        "trajectory": (), "scalarisations": (), "tied_states": None,
    }  # fmt: skip
    return Claims(**{**plain, **members})


def one_sum(**members: Any) -> ScalarisationClaim:
    plain = {"leader_value": 1.0, "dual_bound": 2.0, "relative_gap": 1.0, "gap_scale": 0.0}
    return ScalarisationClaim(place="sum", weights=(1.0, 3.0), **{**plain, **members})


def check(checks: list[Check], name: str) -> tuple[Fraction, Fraction, bool]:
    (found,) = [one for one in checks if one.name == name]
    assert found.passed == (found.violation <= found.tolerance)
    return found.violation, found.tolerance, found.passed


def bounds_of(**members: Any) -> list[Check]:
    return bound_checks(claims(**members), PROVER, EXACT, DEFAULT_TOLERANCES)


@pytest.mark.parametrize("where", ["answers", "trajectory"])
def test_an_attained_value_above_a_bound_counts_by_its_upper_end(where: str) -> None:
    """(2 + 3 * 4) / 4 = 3.5 and a quarter, against 2."""
    found = bounds_of(scalarisations=(one_sum(),), **{where: (point("a", (2.0, 4.0)),)})
    assert check(found, "value_below_bound") == (Fraction(7, 4), EIGHTH, False)
    found = bounds_of(scalarisations=(one_sum(dual_bound=4.0),), **{where: (point("a", (2.0, 4.0)),)})
    assert check(found, "value_below_bound") == (Fraction(-1, 4), EIGHTH, True)


def test_a_printed_value_above_its_bound_may_only_be_rounded() -> None:
    found = bounds_of(scalarisations=(one_sum(leader_value=2.5),), answers=(point("a", (0.0, 0.0)),))
    allowed = ROUNDING * 6 + PRINTED * Fraction(5, 2)
    assert check(found, "value_below_bound") == (Fraction(1, 2), allowed, False)
    found = bounds_of(scalarisations=(one_sum(leader_value=-2.5, dual_bound=-2.5),))
    assert check(found, "value_below_bound") == (0, allowed, True)
    assert leader_spread(EXACT) == 10


def test_bounds_of_the_points_of_a_front_count_too() -> None:
    points = point("a", (2.0, 4.0), dual_bound=5.0), point("b", (0.0, 0.0), dual_bound=1.0)
    assert check(bounds_of(subject="front", answers=points), "value_below_bound") == (Fraction(11, 4), EIGHTH, False)
    assert check(bounds_of(subject="result", answers=points), "value_below_bound") == (0, 0, True)
    unbounded = point("a", (2.0, 4.0))
    assert check(bounds_of(subject="front", answers=(unbounded,)), "value_below_bound") == (0, 0, True)
    assert check(bounds_of(scalarisations=(one_sum(dual_bound=math.inf),)), "value_below_bound") == (0, 0, True)


@pytest.mark.parametrize(
    ("members", "deviation", "due"),
    [
        ({"leader_value": -4.0, "dual_bound": -1.0, "relative_gap": 0.5, "gap_scale": 4.0}, "1/4", "3/4"),
        ({"leader_value": -4.0, "dual_bound": -1.0, "relative_gap": 0.75, "gap_scale": 6.0}, "1/4", "1/2"),
        ({"leader_value": 1000.0, "dual_bound": 1001.0, "relative_gap": 0.25, "gap_scale": 4.0}, "0", "1/4"),
        ({"leader_value": 4.0, "dual_bound": 3.0, "relative_gap": 0.125}, "1/8", "0"),
        ({"leader_value": 0.0, "dual_bound": 3.0, "relative_gap": 0.125}, "1/8", "0"),
    ],
)
def test_the_printed_gap_is_held_against_the_one_due(members: dict[str, Any], deviation: str, due: str) -> None:
    found = check(bounds_of(scalarisations=(one_sum(**members),)), "relative_gap")
    assert found == (Fraction(deviation), ROUNDING * (1 + Fraction(due)), Fraction(deviation) == 0)


@pytest.mark.parametrize(
    ("members", "deviation"),
    [
        ({"leader_value": None, "relative_gap": math.inf}, 0),
        ({"leader_value": None, "relative_gap": 0.5}, 1),
        ({"dual_bound": math.inf, "relative_gap": math.inf}, 0),
        ({"dual_bound": math.inf, "relative_gap": 0.5}, 1),
        ({"relative_gap": math.inf}, 1),
    ],
)
def test_a_gap_is_printed_exactly_if_there_are_both_sides(members: dict[str, Any], deviation: int) -> None:
    found = check(bounds_of(scalarisations=(one_sum(**members),)), "relative_gap")
    assert found == (deviation, 0, deviation == 0)


@pytest.mark.parametrize(
    ("value", "bound", "size"), [(10.0, 14.0, 14), (1.0, 2.0, 10), (-20.0, -3.0, 20), (1000.0, 1001.0, 1001)]
)
def test_optimal_means_within_the_gap_of_the_spread(value: float, bound: float, size: int) -> None:
    """The spread is 6; the size of the numbers counts for rounding alone."""
    one = one_sum(leader_value=value, dual_bound=bound)
    found = bounds_of(status="optimal", gap=0.25, scalarisations=(one,))
    noise = BOUND_NOISE * Fraction(ARITHMETIC) * size
    allowed = (QUARTER + MONOTONE) * 6 + noise
    assert check(found, "optimal_within_gap") == (Fraction(bound - value), allowed, bound - value <= allowed)


def test_optimality_is_checked_where_it_is_claimed() -> None:
    for members in ({"leader_value": None}, {"dual_bound": math.inf}):
        found = bounds_of(status="optimal", gap=0.25, scalarisations=(one_sum(**members),))
        assert check(found, "optimal_within_gap") == (1, 0, False)
    for said in ({"status": "optimal"}, {"status": "feasible", "gap": 0.25}, {"status": "stationary", "gap": 0.25}):
        names = [one.name for one in bounds_of(**said, scalarisations=(one_sum(),))]
        assert names == ["value_below_bound", "relative_gap"]


def course_of(method: str = "", **members: Any) -> list[Check]:
    """The checks of a document that says what a method promises."""
    promises = METHODS[method].promises if method in METHODS else ()
    words = frozenset(promise.value for promise in promises)
    return course_checks(claims(method=method, promises=words, **members), PROVER, EXACT, DEFAULT_TOLERANCES)


ENDS, FALLS, CONE, UNDOMINATED = "trajectory_ends_at_answer", "monotone_trajectory", "cone", "undominated"


@pytest.mark.parametrize(
    ("members", "names"),
    [
        ({"method": "policy-iteration"}, [ENDS, FALLS]),
        ({"method": "restarted-policy-iteration", "status": "pareto_optimal"}, [ENDS, UNDOMINATED, FALLS]),
        ({"method": "response-regions"}, [ENDS, FALLS]),
        ({"method": "backtracking"}, [ENDS]),
        ({"method": "commitment"}, [ENDS]),
        ({"method": "deterministic"}, [ENDS]),
        ({"method": "grid"}, [ENDS]),
        ({"method": "policy-iteration", "subject": "front"}, []),
        ({"method": "commitment", "subject": "front"}, []),
        ({"method": "another"}, []),
        ({"method": "another", "status": "pareto_optimal"}, [UNDOMINATED]),
    ],
)
def test_which_course_checks_a_method_gets(members: dict[str, Any], names: list[str]) -> None:
    assert [one.name for one in course_of(**members)] == names


@pytest.mark.parametrize("method", ["policy-iteration", "commitment", "another"])
@pytest.mark.parametrize("subject", ["result", "front"])
def test_whatever_is_called_stationary_has_its_cone_checked(method: str, subject: str) -> None:
    """Also where the method promises nothing."""
    stationary = dataclasses.replace(point("a", (1.0, 5.0)), status="stationary")
    found = course_of(method=method, subject=subject, answers=(stationary,), trajectory=(stationary,))
    assert CONE in [one.name for one in found]


def test_the_last_iterate_is_the_answer() -> None:
    first, second = point("a", (0.0, 0.0)), point("bb", (0.0, 0.0))
    for answers, trajectory, holds in (
        ((), (), True),
        ((), (first,), False),
        ((first,), (), False),
        ((first,), (second, first), True),
        ((first,), (first, second), False),
    ):
        found = course_of(method="grid", answers=answers, trajectory=trajectory)
        assert check(found, ENDS) == (int(not holds), 0, holds)


def test_a_fall_counts_from_upper_to_lower_end() -> None:
    """5.25 to 2.75, measured by the values of the iterate before, which are larger than the rewards."""
    found = course_of(method="policy-iteration", trajectory=(point("a", (1.0, 5.0)), point("b", (2.0, 3.0))))
    assert check(found, FALLS) == (Fraction(5, 2), MONOTONE * Fraction(21, 4) + EIGHTH, False)
    assert "'sea'" in next(one.detail for one in found if one.name == FALLS)
    found = course_of(method="policy-iteration", trajectory=(point("a", (0.0, 0.0)), point("b", (2.0, 3.0))))
    assert check(found, FALLS) == (Fraction(-3, 2), MONOTONE * 3 + EIGHTH, True)


def test_the_cone_at_a_limit() -> None:
    """Rises of at most 4.5 everywhere and of at least 4.5 somewhere, discounted by a half."""
    limit = point("a", (0.0, 0.0), status="stationary")
    seen = point("bb", (5.0, 4.0))
    for step_bound, due in ((0.0, ("9/4", "7/4")), (3.0, ("3", "13/8")), (math.inf, ("1", "0"))):
        last = point("ccc", (0.0, 0.0), step_bound=step_bound)
        found = course_of(method="backtracking", gap=0.5, answers=(limit,), trajectory=(seen, last))
        assert check(found, CONE) == (*map(Fraction, due), False)
    found = course_of(method="backtracking", gap=0.5, answers=(limit,), trajectory=())
    assert check(found, CONE) == (Fraction(3, 4), Fraction(7, 4), True)
    elsewhere = point("a", (0.0, 0.0), status="feasible")
    found = course_of(method="backtracking", answers=(elsewhere,), trajectory=(seen,))
    assert CONE not in [one.name for one in found]


def test_a_pareto_optimal_answer_is_dominated_by_no_iterate() -> None:
    """The average of the lower ends counts, unless some state may lose; promised is half of the largest reward."""
    limit = point("a", (0.0, 0.0))
    for values, due in (((5.0, 4.0), "4"), ((5.0, -1.0), "0"), ((5.0, 0.25), "0"), ((5.0, 0.5), "9/4")):
        found = course_of(status="pareto_optimal", gap=0.5, answers=(limit,), trajectory=(point("bb", values),))
        assert check(found, UNDOMINATED) == (Fraction(due), Fraction(7, 4), Fraction(due) < 2)
    found = course_of(status="pareto_optimal", answers=(limit,), trajectory=(point("bb", (5.0, 4.0)),))
    assert check(found, UNDOMINATED) == (4, QUARTER, False)


def test_a_point_that_another_covers_counts_by_what_is_missing() -> None:
    """(2, 4) has nowhere more than (3, 5): -1 less two quarters, and half the separation is missing too; 1/4 rounds."""
    points = point("a", (2.0, 4.0)), point("bb", (3.0, 5.0))
    found = dominance_check(claims(answers=points, separation=0.5), PROVER)
    assert (found.passed, found.violation, found.tolerance) == (False, Fraction(7, 4), 0)
    assert found.detail == "a beside bb"
    apart = point("a", (2.0, 4.0)), point("bb", (3.0, 3.0))
    found = dominance_check(claims(answers=apart, separation=0.5), PROVER)
    assert (found.passed, found.violation, found.tolerance) == (True, -QUARTER, 0)
    found = dominance_check(claims(answers=apart, separation=-0.5), PROVER)
    assert (found.passed, found.violation, found.tolerance) == (False, 1, 0)
    assert dominance_check(claims(answers=points[:1]), PROVER).passed
