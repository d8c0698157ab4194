"""A solver that answers small programs wrongly solves nothing: whatever it lies about, one clear error says so."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ssg_mip.errors import SolverError
from ssg_mip.lp import highs
from ssg_mip.lp.highs import HighsLp, solve_milp
from ssg_mip.lp.interface import LpAnswer, LpStatus, MilpAnswer
from ssg_mip.lp.self_test import SelfTest
from tests.unit import ROOT

Change = dict[str, Any]


def lying_lp(lie: Callable[[LpAnswer], Change]) -> type[HighsLp]:
    """HiGHS, whose answers to linear programs are changed."""

    class Lying(HighsLp):
        def solve(self, **how: Any) -> LpAnswer:
            answer = super().solve(**how)
            return dataclasses.replace(answer, **lie(answer))

    return Lying


def lying_milp(lie: Callable[[MilpAnswer], Change]) -> Callable[..., MilpAnswer]:
    """The same for mixed-integer programs."""

    def solve(program: Any, **how: Any) -> MilpAnswer:
        answer = solve_milp(program, **how)
        return dataclasses.replace(answer, **lie(answer))

    return solve


def of_optimal(**changes: Callable[[LpAnswer], Any]) -> Callable[[LpAnswer], Change]:
    """A lie about the LPs that have an optimum only."""
    return lambda answer: (
        {name: change(answer) for name, change in changes.items()} if answer.status is LpStatus.OPTIMAL else {}
    )


def of_infeasible(**changes: Callable[[LpAnswer], Any]) -> Callable[[LpAnswer], Change]:
    """A lie about the LPs without a point only."""
    return lambda answer: (
        {name: change(answer) for name, change in changes.items()} if answer.status is LpStatus.INFEASIBLE else {}
    )


def test_this_solver_passes_once_and_is_not_asked_again() -> None:
    made = []

    def counting(program: Any) -> HighsLp:
        made.append(program)
        return HighsLp(program)

    test = SelfTest("HiGHS", counting, solve_milp)
    test.ensure_passed()
    test.ensure_passed()
    assert len(made) == 1


@pytest.mark.parametrize(
    ("lie", "said"),
    [
        (of_optimal(row_dual=lambda a: -a.row_dual), "the multipliers of a linear program"),
        (of_optimal(row_dual=lambda a: np.empty(0)), "the multipliers of a linear program is []"),
        (of_optimal(row_dual=lambda a: a.row_dual * [1, 1, -1, 1]), "the multipliers of a linear program"),
        (of_optimal(objective=lambda a: -a.objective), "the value of a linear program is [-23"),
        (of_optimal(objective=lambda a: float("nan")), "the value of a linear program is [nan]"),
        (of_optimal(objective=lambda a: 23.0), "after a change of bounds is [23.0]"),
        (of_optimal(point=lambda a: a.point[::-1]), "the point of a linear program"),
        (of_optimal(status=lambda a: LpStatus.INFEASIBLE), "the status of a linear program is INFEASIBLE"),
        (of_optimal(status=lambda a: LpStatus.CUT_OFF), "must be OPTIMAL"),
        (of_infeasible(status=lambda a: LpStatus.OPTIMAL), "the status of an infeasible linear program is OPTIMAL"),
        (of_infeasible(status=lambda a: LpStatus.UNKNOWN), "the status of an infeasible linear program is UNKNOWN"),
        (of_infeasible(row_dual=lambda a: -a.row_dual), "a ray of an infeasible linear program"),
        (lambda answer: {"no_such_field": 0}, "a call is TypeError"),
    ],
)
def test_an_lp_solver_that_lies_is_refused(lie: Callable[[LpAnswer], Change], said: str) -> None:
    with pytest.raises(SolverError) as refused:
        SelfTest("HiGHS 9.9.9", lying_lp(lie), solve_milp).ensure_passed()
    assert said in str(refused.value)
    assert str(refused.value).startswith("HiGHS 9.9.9 fails the self-test: ")
    assert refused.value.exit_code == 1


def test_an_lp_solver_that_takes_the_cut_off_for_a_bound_on_the_other_side_is_refused() -> None:
    class Lying(HighsLp):
        def solve(self, *, cut_off: float = -np.inf, **how: Any) -> LpAnswer:
            return super().solve(cut_off=1e3 if np.isfinite(cut_off) else cut_off, **how)

    with pytest.raises(SolverError, match=r"with a cut-off below its optimum is CUT_OFF and must be OPTIMAL"):
        SelfTest("HiGHS", Lying, solve_milp).ensure_passed()


@pytest.mark.parametrize(
    ("lie", "said"),
    [
        (lambda a: {"primal_bound": a.primal_bound - 1.0}, "value and bound of a mixed-integer program"),
        (lambda a: {"dual_bound": np.inf}, "value and bound of a mixed-integer program is"),
        (lambda a: {"point": a.point + 1.0}, "the point of a mixed-integer program"),
        (lambda a: {"point": np.empty(0)}, "the point of a mixed-integer program is []"),
        (lambda a: {"status": "infeasible"}, "the status of a mixed-integer program is infeasible"),
        (lambda a: {"status": "optimal"}, "the status of an infeasible integer program is optimal"),
        (
            # what HiGHS 1.14.0 returns
            lambda a: {"primal_bound": -36.0, "dual_bound": -36.0} if a.primal_bound < 0 else {},
            "a mixed-integer program of two variables is [-36.0, -36.0] and must be [-12.0, -12.0]",
        ),
    ],
)
def test_a_milp_solver_that_lies_is_refused(lie: Callable[[MilpAnswer], Change], said: str) -> None:
    with pytest.raises(SolverError) as refused:
        SelfTest("HiGHS", HighsLp, lying_milp(lie)).ensure_passed()
    assert said in str(refused.value)


def test_a_solver_that_failed_once_fails_at_every_later_call() -> None:
    test = SelfTest("HiGHS", lying_lp(of_optimal(objective=lambda a: 0.0)), solve_milp)
    for _ in range(2):
        with pytest.raises(SolverError, match="self-test"):
            test.ensure_passed()


def test_other_threads_wait_for_its_end() -> None:
    """Nobody gets an answer from a solver that is about to fail."""
    began, go_on, ended = threading.Event(), threading.Event(), []

    def slow(program: Any) -> HighsLp:
        began.set()
        go_on.wait()
        return HighsLp(program)

    test = SelfTest("HiGHS", slow, solve_milp)
    threads = [threading.Thread(target=lambda: (test.ensure_passed(), ended.append(True))) for _ in range(2)]
    threads[0].start()
    began.wait()
    threads[1].start()
    threads[1].join(0.05)
    assert not ended
    go_on.set()
    for thread in threads:
        thread.join()
    assert len(ended) == 2


def test_the_first_program_of_a_process_asks_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(highs.SELF_TEST, "ensure_passed", lambda: asked.append(True))
    highs.OneShotLp()
    assert not asked
    highs._new_highs()
    assert asked == [True]


def test_a_command_with_a_solver_that_turned_its_signs_ends_with_code_1() -> None:
    """Through the command line, in a process of its own, with every place below the self-test as it is."""
    code = (
        "import sys, dataclasses\n"
        "from ssg_mip.lp.highs import HighsLp\n"
        "honest = HighsLp._run\n"
        "def turned(lp):\n"
        "    answer = honest(lp)\n"
        "    return dataclasses.replace(answer, row_dual=-answer.row_dual)\n"
        "HighsLp._run = turned\n"
        "from ssg_mip.cli import run\n"
        "run()\n"
    )
    given = [sys.executable, "-c", code, "solve", "instances/matrix/maintain.json", "--method", "commitment", "--json"]
    done = subprocess.run(given, capture_output=True, text=True, cwd=ROOT, check=False)
    answer = json.loads(done.stdout)
    assert done.returncode == answer["exit_code"] == 1
    assert answer["error"]["class"] == "SolverError"
    assert "fails the self-test: the multipliers of a linear program" in answer["error"]["message"]
    assert done.stderr.startswith("error: HiGHS ")
    assert len(done.stderr.splitlines()) == 1
