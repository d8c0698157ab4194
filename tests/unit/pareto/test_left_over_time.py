"""Time that some runs leave goes back to those that were cut, on a clock that only the work moves."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable

import numpy as np
import pytest

from ssg_mip.base.deadline import Deadline
from ssg_mip.base.status import Status, Termination
from ssg_mip.evaluation.best_response import best_response
from ssg_mip.exact import Answer, solve_commitment, wider
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.pareto.enclosure import algorithm as enclosing
from ssg_mip.pareto.enclosure.entry import enclose_front
from ssg_mip.pareto.existence.algorithm import ExistenceSearch
from ssg_mip.pareto.second_stage import SecondStage
from ssg_mip.pareto.sweep import trace_front
from ssg_mip.problem.follower import Rational
from ssg_mip.problem.problem import Problem
from ssg_mip.result import Result
from ssg_mip.runs.method import MethodFunction
from ssg_mip.runs.run import Run
from tests.oracles.known import figure_1
from tests.unit import fakes
from tests.unit.questions import asked


class Clock:
    """Time passes where work says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        self.asked: list[float] = []
        monkeypatch.setattr(time, "monotonic", lambda: self.now)

    def work(self, deadline: Deadline, seconds: float) -> bool:
        """Whether so many seconds of work fit into a budget; they pass, or all that there is."""
        self.asked.append(deadline.remaining)
        fits = seconds <= deadline.remaining
        self.now += min(seconds, deadline.remaining)
        return fits


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def needing(clock: Clock, seconds: Callable[[FloatArray], float]) -> MethodFunction:
    """A method that needs so much time for its weights, and leaves a loose bound where it has less."""

    def needs(problem: Problem, run: Run) -> Result:
        fits = clock.work(run.deadline, seconds(problem.weights))
        end = (Termination.GAP, Status.OPTIMAL) if fits else (Termination.TIME_LIMIT, Status.FEASIBLE)
        return fakes.answer(problem, run, *end, slack=0.0 if fits else 5.0)

    return needs


def test_a_front_gives_the_time_that_is_left_to_the_runs_that_were_cut(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fifteen seconds, three runs of at most five; the first needs nine, the others next to nothing."""
    run = needing(clock, lambda weights: 9.0 if weights[0] > 0.9 else 0.1)
    method = fakes.method_that_runs(run, "deterministic", monkeypatch)
    monkeypatch.setattr("ssg_mip.pareto.sweep.find_method", lambda _: method)
    weights = [{"s1": 1.0}, {"s2": 1.0}, {"s1": 1.0, "s2": 1.0}]
    game = figure_1(1.0, 2.0).to_game()
    names = dict(zip(("s1", "s2"), game.state_names, strict=False))
    given = [{names[state]: share for state, share in one.items()} for one in weights]
    front = trace_front(game, method="deterministic", weights=given, time_limit=15.0, check=False, guarantee=False)
    assert front.termination is Termination.CONVERGED
    assert [result.termination for result in front.results] == [Termination.GAP] * 3
    assert len(front.results) == 3
    assert clock.asked == pytest.approx([5.0, 5.0, 9.9, 9.8])
    assert front.results[0].provenance.counts == {"nodes": 4, "lps": 4}
    assert front.results[0].provenance.seconds == pytest.approx(5.0 + 9.0)
    assert clock.now - 1000.0 == pytest.approx(14.2)


def test_a_front_whose_runs_need_more_than_there_is_uses_the_time_and_says_so(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    method = fakes.method_that_runs(needing(clock, lambda _: 100.0), "deterministic", monkeypatch)
    monkeypatch.setattr("ssg_mip.pareto.sweep.find_method", lambda _: method)
    game = figure_1(1.0, 2.0).to_game()
    front = trace_front(game, method="deterministic", num_weights=3, time_limit=15.0, check=False, guarantee=False)
    assert front.termination is Termination.TIME_LIMIT
    assert clock.now - 1000.0 == pytest.approx(15.0)


def test_only_the_second_solve_is_repeated_where_only_that_was_cut(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the first one has proven stays; counts and seconds are those of all."""
    game = figure_1(1.0, 2.0).to_game()
    solved: list[float] = []

    def second(problem: Problem, run: Run) -> Answer:
        fits = clock.work(run.deadline, 6.0)
        answer = solve_commitment(problem, dataclasses.replace(run, deadline=Deadline()))
        solved.append(answer.dual_bound)
        return answer if fits else dataclasses.replace(answer, dual_bound=100.0, termination=Termination.TIME_LIMIT)

    monkeypatch.setattr(wider, "solve_allowed", second)
    settler = SecondStage(fakes.method_that_runs(needing(clock, lambda _: 1.0), "commitment", monkeypatch))
    problem, run = asked(game, weights=np.array([1.0, 0.0]), deadline=Deadline(4.0))
    before, settlement = settler.solve(problem, run)
    assert settlement is not None
    assert (before.termination, settlement.termination) == (Termination.GAP, Termination.TIME_LIMIT)
    assert clock.asked == pytest.approx([2.0, 3.0])
    after, settled = settler.again(problem, dataclasses.replace(run, deadline=Deadline(8.0)), before, settlement)
    assert settled is not None
    assert (settled.termination, len(solved)) == (Termination.GAP, 2)
    assert settled.gain_bound < settlement.gain_bound
    assert settled.first_values == pytest.approx(settlement.first_values)
    assert clock.asked == pytest.approx([2.0, 3.0, 8.0])
    assert after.provenance.seconds == pytest.approx(4.0 + 6.0)


def test_a_repeated_run_keeps_the_better_bound_and_the_better_point(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second run that finds less, or proves less, takes nothing away."""
    game = figure_1(1.0, 2.0).to_game()

    def worse(problem: Problem, run: Run) -> Result:
        return fakes.answer(problem, run.starting_at(LeaderPolicy.uniform(problem.game)), slack=50.0)

    settler = SecondStage(fakes.method_that_runs(worse, "deterministic", monkeypatch))
    problem, run = asked(game, deadline=Deadline(10.0))
    best = solve_commitment(*asked(game)).policy
    before = fakes.answer(problem, run.starting_at(best), Termination.TIME_LIMIT, slack=1.0)
    after, _ = settler.again(problem, run, before, None)
    assert after.leader_values == pytest.approx(before.leader_values)
    assert after.dual_bound == before.dual_bound

    def better(problem: Problem, run: Run) -> Result:
        return fakes.answer(problem, run.starting_at(best), Termination.GAP, slack=0.25)

    settler = SecondStage(fakes.method_that_runs(better, "deterministic", monkeypatch))
    after, _ = settler.again(problem, run, before, None)
    assert after.termination is Termination.GAP
    assert after.dual_bound == pytest.approx(before.dual_bound - 0.75)


def test_existence_solves_a_program_again_that_its_share_has_cut(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten seconds: the even program has a quarter of them and needs three; then both states are quick."""
    game = figure_1(1.0, 2.0).to_game()

    def needs(problem: Problem, run: Run) -> Result:
        even = bool(np.ptp(problem.weights) == 0.0)
        return needing(clock, lambda _: 3.0 if even else 0.5)(problem, run)

    monkeypatch.setattr("ssg_mip.pareto.existence.algorithm.find_method", lambda _: needs)
    inquiry = ExistenceSearch(*asked(game, deadline=Deadline(10.0)))
    inquiry._excluded = lambda: None  # type: ignore[method-assign]
    inquiry._by_floor = lambda: None  # type: ignore[method-assign]
    inquiry.verdict()
    assert [result.termination for result in inquiry.results][-1] is Termination.GAP
    assert len(inquiry.results) == 2 + game.num_states
    assert inquiry.end is Termination.GAP
    even = best_response(game, LeaderPolicy.uniform(game)).leader_values.mean()
    assert inquiry.joint_bound == pytest.approx(even)


def test_an_enclosure_without_a_point_tries_once_more_with_all_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A margin that the start misses, and weighted sums that their quarter of the time cuts."""
    shares: list[float] = []

    def cut(_: Problem, run: Run, *__: object, top: float, **___: object) -> Answer:
        shares.append(run.deadline.limit)
        return Answer(
            policy=None, response=None, primal_bound=-math.inf, dual_bound=top, termination=Termination.TIME_LIMIT,
            nodes=0, lps=0, lp_seconds=0.0, progress=(),
        )  # fmt: skip

    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(enclosing, "solve_direction", cut)
    monkeypatch.setattr(Rational, "answer", lambda *_: (None, False))
    monkeypatch.setattr(
        enclosing.EnclosureSearch, "_limit", lambda _: Termination.TIME_LIMIT if len(shares) >= 5 else None
    )
    found = enclose_front(figure_1(1.0, 2.0).to_game(), time_limit=100.0, check=False)
    assert found.termination is Termination.TIME_LIMIT
    assert shares == pytest.approx([25.0, 25.0, 25.0, 100.0, 100.0])
