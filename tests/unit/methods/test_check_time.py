"""A check that has no time for everything says what it left out, and never calls it verified."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ssg_mip import ParetoFront, Result, solve, trace_front, write_instance
from ssg_mip.api.exit_codes import ExitCode, exit_code
from ssg_mip.base.deadline import Deadline
from ssg_mip.base.interrupt import Interrupt
from ssg_mip.checker.dual.replay import BoundVerification
from ssg_mip.checker.outcome import NO_TIME, STOPPED, CheckOutcome
from ssg_mip.checker.verify import Printable, examine
from ssg_mip.game.game import Game
from ssg_mip.methods import closing
from ssg_mip.pareto.assurance import assured_front
from ssg_mip.pareto.closing import Closing
from ssg_mip.report.results import result_report
from ssg_mip.report.text import check_line
from tests.oracles.games import agreement_game
from tests.oracles.known import figure_1
from tests.unit import Command


def at_once() -> bool:
    return True


@cache
def unchecked() -> Result:
    """An answer with several iterates, not checked yet."""
    result = solve(agreement_game(3, 21).to_game(), selection="first", gap=1e-3, check=False, guarantee=False)
    assert len(result.trajectory) > 3
    return result


def lying_at(iterate: int) -> dict[str, Any]:
    """The same as plain data, with a value of an iterate moved."""
    data = unchecked().to_dict()
    values = data["trajectory"][iterate]["leader_values"]
    values[next(iter(values))] += 1e-3
    return data


def test_without_time_the_answer_is_checked_and_the_iterates_before_it_are_named() -> None:
    result = unchecked()
    iterates = len(result.trajectory)
    found = examine(result.game, result, out_of_time=at_once)
    assert found.verification.passed
    assert found.verification.not_checked[-1] == found.whole.reason
    assert (found.whole.passed, found.whole.word) == (None, "checked in part")
    assert found.whole.reason == f"no time for {iterates - 1} of {iterates} iterates, the first ones"
    assert found.whole.leader_value is not None
    whole = examine(result.game, result).whole
    assert whole.passed
    assert (whole.leader_value, whole.epsilon) == (found.whole.leader_value, found.whole.epsilon)


def test_a_lie_that_is_left_out_is_not_called_verified_and_one_that_is_not_fails() -> None:
    game = unchecked().game
    assert examine(game, lying_at(0)).whole.passed is False
    assert examine(game, lying_at(0), out_of_time=at_once).whole.passed is None
    assert examine(game, lying_at(-1), out_of_time=at_once).whole.passed is False


def test_as_much_is_checked_as_there_is_time_for() -> None:
    """Time for the last two iterates: a lie in the last but one is found, one before is not."""
    game, calls = unchecked().game, [0]

    def after_one_more() -> bool:
        calls[0] += 1
        return calls[0] > 1

    assert examine(game, lying_at(-2), out_of_time=after_one_more).whole.passed is False
    calls[0] = 0
    assert examine(game, lying_at(-3), out_of_time=after_one_more).whole.passed is None


def test_a_check_in_part_stands_in_the_report_and_fails_nothing(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = examine(unchecked().game, unchecked(), out_of_time=at_once).whole
    result = dataclasses.replace(unchecked(), check=outcome)
    assert result.to_dict()["check"]["verified"] is None
    assert f"  check   checked in part: {result.check.reason}" in result_report(result)[0]
    assert exit_code(result) is ExitCode.DONE
    assert check_line(NO_TIME) == "not checked: no time was left for it"
    monkeypatch.setattr(closing, "_examined", lambda one, *_: examine(one.game, one, out_of_time=at_once).whole)
    write_instance(result.game, tmp_path / "game.json")
    asked = ("--selection", "first", "--gap", "1e-3", "--no-guarantee", "--json", "--verbose")
    ran = command("solve", tmp_path / "game.json", *asked)
    assert (ran.code, ran.data["check"]["verified"]) == (0, None)
    assert ran.data["check"]["reason"] == result.check.reason
    assert "check   checked in part: no time for" in ran.err


@cache
def unchecked_front() -> tuple[Game, ParetoFront]:
    game = figure_1(1.0, 2.0).to_game()
    front = trace_front(game, num_weights=3, check=False, guarantee=False)
    assert len(front.points) == 2
    return game, front


def test_points_of_a_front_that_there_is_no_time_for_say_so() -> None:
    game, front = unchecked_front()
    found = examine(game, front, out_of_time=at_once)
    assert [point.passed for point in found.points] == [True, None]
    assert found.points[1] == NO_TIME
    assert found.whole.reason == "no time for 1 of 2 points"


class InPart(Closing):
    """Time for one point of a front, and for no run."""

    def examined(
        self,
        game: Game,
        document: Printable,
        share: Deadline | None = None,  # noqa: ARG002
        bounds: Sequence[BoundVerification] = (),  # noqa: ARG002
    ) -> tuple[CheckOutcome, tuple[CheckOutcome, ...]]:
        if not isinstance(document, ParetoFront):
            return NO_TIME, ()
        found = examine(game, document, out_of_time=at_once)
        return found.whole, found.points


class NoRuns(Closing):
    """Time for the whole front, and for no run."""

    def examined(
        self,
        game: Game,
        document: Printable,
        share: Deadline | None = None,
        bounds: Sequence[BoundVerification] = (),
    ) -> tuple[CheckOutcome, tuple[CheckOutcome, ...]]:
        return super().examined(game, document, share, bounds) if isinstance(document, ParetoFront) else (NO_TIME, ())


def test_a_front_is_verified_only_with_all_its_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """With time for nothing but the first point no run is checked; a failure counts for more than what is left out."""
    _, front = unchecked_front()
    assert assured_front(front, guarantee=False).check.passed
    monkeypatch.setattr("ssg_mip.pareto.assurance.Closing", InPart)
    hurried = assured_front(front, guarantee=False)
    assert (hurried.check.passed, hurried.check.word) == (None, "checked in part")
    assert {result.check.word for result in hurried.results} == {"not checked"}
    wrong = dataclasses.replace(front.points[0], leader_values=front.points[0].leader_values + 1e-3)
    lying = dataclasses.replace(front, points=(wrong, *front.points[1:]))
    assert assured_front(lying, guarantee=False).check.passed is False


def test_a_run_without_a_check_leaves_its_front_unverified(monkeypatch: pytest.MonkeyPatch) -> None:
    """All points verified, and no time for the runs."""
    _, front = unchecked_front()
    monkeypatch.setattr("ssg_mip.pareto.assurance.Closing", NoRuns)
    checked = assured_front(front, guarantee=False)
    assert [point.check.passed for point in checked.points] == [True, True]
    assert (checked.check.passed, checked.check.reason) == (None, "run 0: no time was left for it")


def test_an_expired_budget_checks_nothing_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither points nor runs are called verified, and nothing is looked for near them."""
    _, front = unchecked_front()
    clock = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    budget = Deadline(10.0)
    clock[0] += 20.0
    late = assured_front(front, deadline=budget)
    assert late.check == NO_TIME
    assert {result.check for result in late.results} == {NO_TIME}
    assert all(point.guaranteed is None and point.check.verified is None for point in late.points)


def test_a_wish_to_stop_ends_the_checks_unless_it_came_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """One Ctrl-C for the runs, another one for their checks."""
    _, front = unchecked_front()
    before = Interrupt()
    before.request()
    assert assured_front(front, guarantee=False, interrupt=before).check.passed
    during = Interrupt()
    monkeypatch.setattr(
        "ssg_mip.pareto.closing.examine", lambda game, document, **given: (during.request(), given["checkpoint"]())
    )
    stopped = assured_front(front, interrupt=during)
    assert stopped.check == STOPPED
    assert {result.check for result in stopped.results} == {STOPPED}
