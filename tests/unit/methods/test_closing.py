"""Check, guarantee and printing fit into the time limit, and say what they left out."""

from __future__ import annotations

import dataclasses
import math
import sys
from collections.abc import Callable
from functools import cache

import pytest

from ssg_mip import Result, solve
from ssg_mip.base.deadline import Deadline
from ssg_mip.base.interrupt import Interrupt
from ssg_mip.base.tolerances import DEFAULT_TOLERANCES
from ssg_mip.checker.outcome import NO_TIME, STOPPED, CheckOutcome
from ssg_mip.library import random_game
from ssg_mip.methods import closing
from ssg_mip.methods.closing import busyness, closed, kept_for_closing, with_fewer_iterates
from tests.oracles.games import agreement_game


@cache
def unchecked() -> Result:
    """An answer with several iterates, not checked yet."""
    result = solve(agreement_game(3, 21).to_game(), selection="first", gap=1e-3, check=False, guarantee=False)
    assert len(result.trajectory) > 3
    return result


def close(
    result: Result, seconds: float | None, interrupt: Interrupt | None = None, *, guarantee: bool = False
) -> Result:
    return closed(
        result,
        Deadline(seconds),
        Interrupt() if interrupt is None else interrupt,
        check=True,
        guarantee=guarantee,
        tolerances=DEFAULT_TOLERANCES,
    )


def lying_at(iterate: int) -> Result:
    """The answer with a value of an iterate moved."""
    points = list(unchecked().trajectory)
    points[iterate] = dataclasses.replace(points[iterate], leader_values=points[iterate].leader_values + 1e-3)
    return dataclasses.replace(unchecked(), trajectory=tuple(points))


class Calls:
    """Counts questions, and answers yes from a number of them on."""

    def __init__(self, first: int) -> None:
        self.asked, self.first = 0, first

    def __call__(self, *_: object) -> bool:
        self.asked += 1
        return self.asked >= self.first


def test_budgets_keep_what_was_asked_and_when() -> None:
    budget = Deadline(10.0)
    kept = budget.keeping(4.0)
    assert (kept.limit, kept.asked, kept.started) == (6.0, 10.0, budget.started)
    assert kept.extended(1.0).limit == 7.0
    assert budget.keeping(11.0).limit == 0.0
    assert math.isinf(Deadline().keeping(1.0).limit)


def test_the_limit_that_was_asked_for_is_printed() -> None:
    result = solve(random_game(0, 3, 2, 2, 2), time_limit=30.0)
    assert result.provenance.options["time_limit"] == 30.0
    assert result.check.passed


def test_large_games_keep_more_of_the_limit_and_small_ones_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closing, "busyness", lambda: 1.0)
    small, large = random_game(0, 5, 2, 2, 2), random_game(0, 5000, 2, 2, 2)

    def kept(game: object, limit: float | None, check: bool = True) -> float:
        return kept_for_closing(game, Deadline(limit), check=check, guarantee=check)  # type: ignore[arg-type]

    assert kept(small, 10.0) == 0.0
    assert 0.5 < kept(large, 10.0) < 5.0
    assert kept(large, 2.0) < 1.0
    assert (kept(large, None), kept(large, 10.0, check=False)) == (0.0, 0.0)
    monkeypatch.setattr(closing, "busyness", lambda: 3.0)
    assert kept(large, 60.0) > 2.0


def test_what_a_process_with_networks_takes_to_end_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    budgets: list[float] = []

    def checked(*given: object) -> CheckOutcome:
        budgets.append(next(one for one in given if isinstance(one, Deadline)).limit)
        return NO_TIME

    monkeypatch.setattr(closing, "_checked", checked)
    for loaded in ({}, {"torch": math}):
        monkeypatch.setattr(sys, "modules", {**{k: v for k, v in sys.modules.items() if k != "torch"}, **loaded})
        close(unchecked(), 100.0)
    assert budgets[0] - budgets[1] == pytest.approx(closing.LEAVING_SECONDS, abs=0.05)


def test_a_busy_machine_counts_as_slower_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    for load, due in ((0.1, 1.0), (4.0, 2.0), (100.0, closing.BUSIEST)):
        monkeypatch.setattr("os.getloadavg", lambda load=load: (load, 0.0, 0.0))
        assert busyness() == due


def test_everything_is_checked_where_there_is_time_or_no_limit() -> None:
    for seconds in (None, 600.0):
        outcome = close(unchecked(), seconds).check
        assert (outcome.passed, outcome.in_part) == (True, False)
        assert close(lying_at(0), seconds).check.passed is False


def test_without_time_for_all_iterates_the_answer_and_the_last_one_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second look runs out of time at its first question: what the first one found stands, in part."""
    looks = []

    def examined(part: Result, *_: object) -> CheckOutcome:
        looks.append(len(part.trajectory))
        if len(looks) > 1:
            raise closing.OutOfTime
        return examine_for_ever(part)

    examine_for_ever = whole_outcome()
    monkeypatch.setattr(closing, "_examined", examined)
    iterates = len(unchecked().trajectory)
    outcome = close(unchecked(), 600.0).check
    assert looks == [1, iterates]
    assert (outcome.verified, outcome.word) == (None, "checked in part")
    assert outcome.reason == f"no time for {iterates - 1} of {iterates} iterates, the first ones"
    assert outcome.leader_value is not None
    looks.clear()
    assert close(lying_at(-1), 600.0).check.passed is False
    looks.clear()
    assert close(lying_at(0), 600.0).check.passed is None


def whole_outcome() -> Callable[[Result], CheckOutcome]:
    original = closing.examine

    def outcome(part: Result) -> CheckOutcome:
        return original(part.game, part).whole

    return outcome


def test_a_check_out_of_time_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever question the time runs out at; never verified, never failed."""
    monkeypatch.setattr(closing, "grace", lambda *_: 0.0)
    assert close(unchecked(), 0.0, guarantee=True).check == NO_TIME
    for question in range(1, 6):
        expired = Calls(question)
        monkeypatch.setattr(Deadline, "expired", property(expired))
        assert close(lying_at(-1), 600.0).check.passed is None
        assert expired.asked >= question


def test_ctrl_c_ends_the_check_and_keeps_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A first one that comes during the check; one that came before it does not, and a second one then does."""
    interrupt = Interrupt()
    interrupt.request()
    assert close(unchecked(), None, interrupt).check.passed
    during = Interrupt()
    monkeypatch.setattr(closing, "_examined", lambda *_: _interrupted(during))
    result = close(unchecked(), None, during, guarantee=True)
    assert (result.check, result.guaranteed, result.leader_policy) == (STOPPED, None, unchecked().leader_policy)
    monkeypatch.setattr(closing, "_examined", lambda *_: _raise(KeyboardInterrupt))
    assert close(unchecked(), None, interrupt).check == STOPPED
    assert STOPPED.word == "not checked"


def _interrupted(flag: Interrupt) -> CheckOutcome:
    flag.request()
    raise closing.OutOfTime


def _raise(kind: type[BaseException]) -> CheckOutcome:
    raise kind


def test_iterates_beyond_what_can_be_printed_are_thinned_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    result = unchecked()
    points = result.trajectory
    assert with_fewer_iterates(result) is result
    monkeypatch.setattr(closing, "MOST_PRINTED", 3 * (result.game.num_states + int(result.game.leader_offsets[-1])))
    thinned = with_fewer_iterates(result)
    kept = thinned.trajectory
    assert [point.iteration for point in kept] == [0, 1, 2]
    assert (kept[0].leader_policy, kept[-1].leader_policy) == (points[0].leader_policy, points[-1].leader_policy)
    assert thinned.details["iterates_left_out"] == len(points) - 3
    assert close(thinned, None).check.passed
    assert len(close(result, 600.0).trajectory) == 3
    assert len(close(result, None).trajectory) == len(points)


def test_an_interrupted_run_is_checked_for_a_few_seconds_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[float] = []

    def examined(*asked: object) -> CheckOutcome:
        given.extend(one.remaining for one in asked if isinstance(one, Deadline))
        return NO_TIME

    monkeypatch.setattr(closing, "_checked", examined)
    close(unchecked(), None)
    interrupt = Interrupt()
    interrupt.request()
    close(unchecked(), None, interrupt)
    close(unchecked(), 2.0, interrupt)
    assert given[0] == math.inf
    assert 0.0 < given[1] <= closing.SECONDS_AFTER_INTERRUPT
    assert given[2] <= 3.0
