"""What constraints cost: the optimum without each, between proven bounds, within one time limit."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from typing import Any

import pytest

from ssg_mip import Problem, Result, prices, solve, verify
from ssg_mip.checker.verification import Verification
from ssg_mip.errors import OptionError
from ssg_mip.report.results import result_report
from tests.unit.problem.stories import port

GAME = port()
FREE = Problem(GAME)
GUARDS = FREE.budget({("yard", "patrol"): 1.0, ("gate", "patrol"): 1.0}, 0.8, name="guards")
BOTH = GUARDS.at_least(1, 0, 0.1, name="two")
CLASH = FREE.at_least(0, 0, 0.7, name="a").at_least(0, 1, 0.6, name="b").forbid(1, 1, name="c")


def test_a_price_is_what_the_optimum_without_the_constraint_is_worth_more() -> None:
    guards, two = prices(BOTH)
    for price, rest in ((guards, BOTH.without("guards")), (two, BOTH.without("two"))):
        alone, whole = solve(rest, method="commitment"), solve(BOTH, method="commitment")
        assert price.leader_value == pytest.approx(alone.leader_value, abs=1e-6)
        assert price.dual_bound == pytest.approx(alone.dual_bound, abs=1e-6)
        assert 0.0 <= price.at_least <= alone.leader_value - whole.leader_value + 1e-6 <= price.at_most + 2e-6
    assert guards.at_least > 2.7
    assert two.at_least == 0.0


def test_only_those_who_ask_pay() -> None:
    result = solve(BOTH, method="commitment")
    assert result.prices == ()
    assert "prices" not in result.to_dict()
    assert solve(GAME, method="commitment", price=True).prices == ()


@pytest.mark.parametrize("method", ["policy-iteration", "deterministic"])
def test_methods_that_prove_no_optimum_leave_wider_prices(method: str) -> None:
    result = solve(BOTH, method=method, price=True)
    assert [one.constraint for one in result.prices] == ["guards", "two"]
    for one in result.prices:
        assert not one.at_least > one.at_most + 1e-9
    assert verify(BOTH, json.loads(json.dumps(result.to_dict()))).failed == ()


def test_of_a_conflict_the_prices_are_what_is_left_without_one() -> None:
    result = solve(CLASH, method="commitment", price=True)
    a, b, c = result.prices
    assert a.leader_value < b.leader_value
    assert math.isnan(c.leader_value)
    document = json.loads(json.dumps(result.to_dict()))
    assert [one["at_most"] for one in document["prices"]] == [None, None, None]
    assert document["prices"][2]["leader_value"] is None
    assert verify(CLASH, document).failed == ()
    said = "\n".join(str(line) for line in result_report(result))
    assert "without it no policy either" in said


def test_one_time_limit_is_for_all() -> None:
    started = time.monotonic()
    result = solve(BOTH, method="commitment", price=True, time_limit=3.0)
    assert time.monotonic() - started < 6.0
    assert len(result.prices) == 2


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: prices(GAME), "must be a Problem"),  # type: ignore[arg-type]
        (lambda: prices(BOTH, "fixed-point"), "takes no rows"),
        (lambda: solve(BOTH, price="yes"), "price is 'yes'; it must be True or False"),  # type: ignore[arg-type]
        (lambda: prices(BOTH, gap=-1.0), "gap is -1.0"),
    ],
)
def test_wrong_calls_are_told(call: Callable[[], Any], said: str) -> None:
    with pytest.raises(OptionError, match=said):
        call()


def forged(change: Callable[[dict[str, Any]], Any]) -> Verification:
    document = json.loads(DOCUMENT)
    change(document["prices"])
    return verify(BOTH, document)


RESULT: Result = solve(BOTH, method="commitment", price=True)
DOCUMENT = json.dumps(RESULT.to_dict())


@pytest.mark.parametrize(
    "change",
    [
        lambda found: found[0].update(at_least=0.0),
        lambda found: found[0].update(at_most=found[0]["at_most"] + 1e-6),
        lambda found: found[0].update(dual_bound=None),
        lambda found: found[0].update(leader_value=0.0),
        lambda found: found[0].update(constraint="else"),
        lambda found: found[0].update(note=1),
        lambda found: found[0].pop("at_least"),
        lambda found: found.append(dict(found[0])),
        lambda found: found[0].update(at_least="much"),
    ],
)
def test_forged_prices_are_refused(change: Callable[[dict[str, Any]], Any]) -> None:
    assert forged(lambda _: None).passed
    assert "prices" in forged(lambda _: None).claimed
    assert not forged(change).passed
