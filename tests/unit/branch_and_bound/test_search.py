"""The search stops for the reason it names, and its bound is valid whenever it stops."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator

import numpy as np
import pytest

from ssg_mip.base.budget import Budget
from ssg_mip.base.deadline import Deadline
from ssg_mip.base.interrupt import Interrupt
from ssg_mip.base.status import Termination
from ssg_mip.branch_and_bound import search
from ssg_mip.branch_and_bound.options import SearchOptions
from ssg_mip.branch_and_bound.records import Aim
from ssg_mip.branch_and_bound.search import Search
from ssg_mip.exact import solve_commitment
from ssg_mip.lp.highs import HighsLp
from ssg_mip.lp.interface import LpAnswer, LpStatus
from tests.unit.branch_and_bound.conftest import Bench
from tests.unit.questions import asked

AIM = Aim(relative=1e-3, absolute=1e-6)


@pytest.mark.parametrize(("primal", "target"), [(10.0, 10.1), (0.0, 0.5), (-10.0, -9.5), (-200.0, -198.0)])
def test_the_target_is_the_larger_of_both_gaps_above_the_value(primal: float, target: float) -> None:
    gaps = Aim(relative=0.01, absolute=0.5) if primal != 10.0 else Aim(relative=0.01, absolute=0.01)
    assert gaps.target(primal) == pytest.approx(target)


def test_a_node_limit_stops_with_a_valid_bound(bench: Bench) -> None:
    full = Search(bench.problem, AIM, Budget(Deadline())).run()
    assert full.termination is Termination.GAP
    for limit in (1, 3, 7):
        outcome = Search(bench.problem, AIM, Budget(Deadline(), nodes=limit)).run()
        assert outcome.termination in {Termination.NODE_LIMIT, Termination.GAP}
        assert outcome.dual_bound >= full.primal_bound - 1e-7
        assert outcome.primal_bound <= full.dual_bound + 1e-7


def test_no_time_at_all_still_gives_a_solution_and_a_bound(bench: Bench) -> None:
    outcome = Search(bench.problem, AIM, Budget(Deadline(0.0))).run()
    assert np.isfinite(outcome.primal_bound)
    assert outcome.dual_bound >= outcome.primal_bound


def test_an_interrupt_is_named_as_the_reason(bench: Bench) -> None:
    interrupt = Interrupt()
    interrupt.request()
    outcome = Search(bench.problem, AIM, Budget(Deadline(), interrupt=interrupt)).run()
    assert outcome.termination in {Termination.INTERRUPTED, Termination.GAP}
    assert np.isfinite(outcome.primal_bound)


@pytest.mark.parametrize("left_out", [*SearchOptions.__dataclass_fields__, "all"])
def test_every_ingredient_can_be_left_out_without_changing_the_answer(bench: Bench, left_out: str) -> None:
    """Ingredients buy speed, never correctness."""
    names = SearchOptions.__dataclass_fields__ if left_out == "all" else [left_out]
    problem, run = asked(bench.game, gap=0.1)
    problem, plain = asked(bench.game, gap=0.1, search=SearchOptions(**dict.fromkeys(names, False)))
    full = solve_commitment(problem, run)
    without = solve_commitment(problem, plain)
    assert without.termination is Termination.GAP
    assert without.primal_bound <= full.dual_bound + 1e-7
    assert full.primal_bound <= without.dual_bound + 1e-7


def test_a_solver_that_gives_no_verdict_costs_time_but_never_the_bound(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From its third LP on the stub answers UNKNOWN; the search must stop with a bound above the true optimum."""
    full = Search(bench.problem, AIM, Budget(Deadline())).run()
    bench.problem.rebuild(bench.problem.root)
    calls = 0
    honest = HighsLp.solve

    def failing(self: HighsLp, **options: object) -> LpAnswer:
        nonlocal calls
        calls += 1
        if calls <= 2:
            return honest(self, **options)  # type: ignore[arg-type]
        return LpAnswer(LpStatus.UNKNOWN, float("nan"), np.empty(0), np.empty(0), 0)

    monkeypatch.setattr("ssg_mip.branch_and_bound.relaxation.HighsLp.solve", failing)
    outcome = Search(bench.problem, AIM, Budget(Deadline(5.0), nodes=40)).run()
    assert outcome.dual_bound >= full.primal_bound - 1e-7
    assert outcome.primal_bound <= full.dual_bound + 1e-7


def test_every_new_incumbent_gets_a_flagged_row_when_it_is_found(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the time between ordinary rows: here there are none, and the bound of each row is valid."""
    monkeypatch.setattr(search, "PROGRESS_SECONDS", float("inf"))
    found = [(1.0, "first"), (0.5, "worse"), (2.0, "second")]
    best = Search(bench.problem, AIM, Budget(Deadline())).run().primal_bound
    bench.problem.rebuild(bench.problem.root)
    monkeypatch.setattr(bench.problem, "start", lambda: [(best - 10.0 + value, name) for value, name in found])
    outcome = Search(bench.problem, AIM, Budget(Deadline())).run()
    flagged = [row for row in outcome.progress if row.flag == "*"]
    values = [row.primal_bound for row in flagged]
    assert values[:2] == [best - 10.0 + 1.0, best - 10.0 + 2.0]
    assert all(before < after for before, after in itertools.pairwise(values))
    assert values[-1] == outcome.primal_bound
    assert all(row.dual_bound >= outcome.primal_bound for row in outcome.progress)


def test_a_solution_at_the_ceiling_ends_the_search_and_no_bound_exceeds_it(bench: Bench) -> None:
    full = Search(bench.problem, AIM, Budget(Deadline())).run()
    ceiling = full.dual_bound + 0.01
    cut_short = Search(bench.problem, dataclasses.replace(AIM, ceiling=ceiling), Budget(Deadline(), nodes=1)).run()
    assert full.primal_bound <= cut_short.dual_bound <= ceiling
    assert all(row.dual_bound <= ceiling for row in cut_short.progress)
    asked = []
    bench.problem.run = bench.problem.run.starting_at(full.solution.policy)

    class Watched:
        """The problem, with a note of every solution that the search asks for."""

        def __getattr__(self, name: str) -> object:
            return getattr(bench.problem, name)

        def start(self) -> Iterator[tuple[float, object]]:
            for found in bench.problem.start():
                asked.append(found)
                yield found

    outcome = Search(Watched(), dataclasses.replace(AIM, ceiling=full.primal_bound), Budget(Deadline())).run()  # type: ignore[arg-type]
    assert outcome.termination is Termination.GAP
    assert (outcome.nodes, outcome.lps, len(asked)) == (0, 0, 1)
    assert outcome.dual_bound == outcome.primal_bound == full.primal_bound
