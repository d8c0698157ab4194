"""The record of methods that prove nothing: exact values, the best visited policy, where the run ended."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from ssg_mip import Game, LeaderPolicy, best_response, verify
from ssg_mip.base.deadline import Deadline
from ssg_mip.base.interrupt import Interrupt
from ssg_mip.base.status import Status, Termination
from ssg_mip.result import ProgressRow
from ssg_mip.runs.visit_log import Visits
from tests.oracles.known import figure_1
from tests.unit.questions import asked


@pytest.fixture
def game() -> Game:
    return figure_1(1.0, 2.0).to_game()


def test_the_answer_is_the_best_visited_policy_and_the_end_is_in_the_details(game: Game) -> None:
    seen: list[ProgressRow] = []
    visits = Visits(*asked(game, on_progress=seen.append), "fake")
    visits.start()
    best = LeaderPolicy.deterministic(game, (0, 1))
    visits.visit(best, "better")
    visits.visit(LeaderPolicy.uniform(game), "worse")
    result = visits.result(Termination.CONVERGED, counts={"steps": 3}, details={"shortfall": [np.float64(0.5), np.inf]})
    assert result.leader_policy is best
    assert result.leader_value == pytest.approx(9.5)
    assert result.leader_values.tolist() == best_response(game, best).leader_values.tolist()
    assert [point.note for point in result.trajectory] == ["the start", "better", "worse"]
    assert result.provenance.counts == {"visits": 3, "steps": 3}
    assert tuple(seen) == result.progress
    assert [row.flag for row in seen] == ["*", "*", ""]
    assert result.details["last_leader_value"] == result.trajectory[-1].leader_value < 9.5
    assert json.loads(json.dumps(result.to_dict(), allow_nan=False))["details"]["shortfall"] == [0.5, None]
    assert verify(game, result).passed


def test_a_closed_gap_is_called_optimal(game: Game) -> None:
    visits = Visits(*asked(game, gap=1.0), "fake")
    visits.visit(LeaderPolicy.deterministic(game, (0, 1)))
    assert visits.result(Termination.CONVERGED, counts={}).status is Status.OPTIMAL


def test_policies_that_miss_the_margin_are_no_answer(game: Game) -> None:
    visits = Visits(*asked(game, margin=100.0), "fake")
    visits.start()
    result = visits.result(Termination.CONVERGED, counts={})
    assert result.status is Status.NO_SOLUTION
    assert result.leader_policy is None
    assert result.trajectory == ()


def test_the_trajectory_holds_what_keeps_the_margin_and_the_details_say_where_the_run_ended(game: Game) -> None:
    """Near the mixture at which the threat is as strong as the temptation the follower has no clear answer."""
    first, second = game.state_names
    visits = Visits(*asked(game, margin=0.1), "fake")
    visits.visit(LeaderPolicy.uniform(game), "keeps it")
    tie = LeaderPolicy.from_names(game, {first: {"a0": 1.0}, second: {"a0": 0.3, "a1": 0.7}})
    missed = visits.visit(tie, "misses it")
    assert missed.advantage < 0.1
    result = visits.result(Termination.CONVERGED, counts={})
    assert [point.note for point in result.trajectory] == ["keeps it"]
    assert result.provenance.counts["visits"] == 2
    assert result.details["last_leader_value"] == pytest.approx(float(game.initial @ missed.leader_values))
    assert verify(game, result).passed


def test_the_limit_that_stops_a_run(game: Game) -> None:
    problem, run = asked(game)
    assert Visits(problem, run, "fake").limit is Termination.ITERATION_LIMIT
    late = dataclasses.replace(run, deadline=Deadline(0.0))
    assert Visits(problem, late, "fake").limit is Termination.TIME_LIMIT
    interrupt = Interrupt()
    interrupt.request()
    assert Visits(problem, dataclasses.replace(late, interrupt=interrupt), "fake").limit is Termination.INTERRUPTED
