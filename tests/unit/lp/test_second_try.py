"""A solver without a verdict is asked once more, from scratch, without presolve and with another seed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ssg_mip.base.deadline import Deadline
from ssg_mip.base.status import Termination
from ssg_mip.errors import SolverError
from ssg_mip.exact import solve_commitment
from ssg_mip.lp import highs
from ssg_mip.lp.highs import HighsLp, solve_milp
from ssg_mip.lp.installed import check_version
from ssg_mip.lp.interface import LinearProgram, LpStatus
from tests.oracles.games import agreement_game
from tests.unit.questions import asked


def knapsack(*, integer: bool) -> LinearProgram:
    """Maximise ``3 x + 2 y`` with ``2 x + 2 y <= 3`` on the unit box: 4.0, or 3.0 in integers."""
    return LinearProgram(
        objective=np.array([3.0, 2.0]),
        starts=np.array([0, 2]),
        indices=np.array([0, 1]),
        values=np.array([2.0, 2.0]),
        row_lower=np.array([-np.inf]),
        row_upper=np.array([3.0]),
        column_lower=np.zeros(2),
        column_upper=np.ones(2),
        integer=np.array([integer, integer]),
    )


class FailingSolver:
    """Stands in for HiGHS's ``run``: does nothing for the first calls, then works; notes the options of each call."""

    def __init__(self, failures: float) -> None:
        self._failures = failures
        self._run = highs._run
        self.asked: list[tuple[str, int]] = []

    def __call__(self, solver: Any) -> None:
        self.asked.append((solver.getOptionValue("presolve")[1], solver.getOptionValue("random_seed")[1]))
        if len(self.asked) > self._failures:
            self._run(solver)
        else:
            solver.clearSolver()


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Any:
    """``failing(n)`` makes the next ``n`` solves fail."""
    highs.SELF_TEST.ensure_passed()

    def install(failures: float) -> FailingSolver:
        solver = FailingSolver(failures)
        monkeypatch.setattr(highs, "_run", solver)
        return solver

    return install


def test_a_failed_lp_is_solved_at_the_second_try(failing: Any) -> None:
    """The seed of later solves is the old one again."""
    lp = HighsLp(knapsack(integer=False), seed=7)
    solver = failing(1)
    answer = lp.solve()
    assert (answer.status, answer.objective) == (LpStatus.OPTIMAL, pytest.approx(4.0))
    assert solver.asked == [("off", 7), ("off", 8)]
    lp.solve()
    assert solver.asked[2:] == [("off", 7)]


def test_an_lp_that_fails_twice_is_unknown_and_not_tried_again(failing: Any) -> None:
    solver = failing(np.inf)
    assert HighsLp(knapsack(integer=False)).solve().status is LpStatus.UNKNOWN
    assert len(solver.asked) == 2


def test_a_failed_milp_is_solved_at_the_second_try_without_presolve(failing: Any) -> None:
    solver = failing(1)
    answer = solve_milp(knapsack(integer=True), deadline=Deadline(), gap=0.0, seed=3)
    assert (answer.status, answer.primal_bound) == ("optimal", pytest.approx(3.0))
    assert solver.asked == [("choose", 3), ("off", 4)]


def test_a_milp_that_fails_twice_proves_nothing(failing: Any) -> None:
    solver = failing(np.inf)
    answer = solve_milp(knapsack(integer=True), deadline=Deadline(), gap=0.0)
    assert len(solver.asked) == 2
    assert (answer.status, answer.has_point, answer.dual_bound) == ("limit", False, np.inf)


def test_nodes_without_a_verdict_stay_open(failing: Any) -> None:
    """Every LP fails: the search goes on splitting, and its bound stays a bound although nothing is ever pruned."""
    game = agreement_game(1, 1).to_game()  # no policy attains what a pair of policies could: a search is needed
    honest = solve_commitment(*asked(game))
    failing(np.inf)
    answer = solve_commitment(*asked(game, node_limit=15))
    assert answer.termination is Termination.NODE_LIMIT
    assert answer.dual_bound >= honest.primal_bound
    assert answer.policy is not None


@pytest.mark.parametrize(
    ("version", "said"),
    [((1, 14, 0), "HiGHS 1.14.0; it returns wrong optima"), ((1, 13, 1), "not tested"), ((0, 9, 0), "1.15 or newer")],
)
def test_old_versions_are_refused_with_the_reason(version: tuple[int, int, int], said: str) -> None:
    with pytest.raises(SolverError, match=said):
        check_version(*version)


@pytest.mark.parametrize("version", [(1, 15, 0), (1, 16, 2), (2, 0, 0)])
def test_newer_versions_are_accepted(version: tuple[int, int, int]) -> None:
    check_version(*version)
