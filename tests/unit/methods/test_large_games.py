"""Large games: nothing dense over states, looks at the clock within a step, refusals that say what fits."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from ssg_mip import solve, write_instance
from ssg_mip.api.exit_codes import ExitCode
from ssg_mip.base import memory
from ssg_mip.base.deadline import Deadline, OutOfTime
from ssg_mip.base.status import Termination
from ssg_mip.cli import main
from ssg_mip.errors import TooLargeError
from ssg_mip.evaluation.best_response import best_response
from ssg_mip.exact import size_limit
from ssg_mip.exact.heuristics.operator_policies import operator_policies
from ssg_mip.exact.size_limit import commitment_products
from ssg_mip.exact.stage_operator.operator import StageOperator
from ssg_mip.exact.stage_operator.start import start_values
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.learning.learners.asymmetric_learning.hedge import gain_spread
from ssg_mip.learning.learners.asymmetric_learning.information import exact_answer, pair_values
from ssg_mip.learning.learners.network_size import check_network_size, check_table_size
from ssg_mip.library import random_game
from ssg_mip.methods.fixed_point.iteration import iterate_operator
from ssg_mip.runs.visit_log import Visits
from tests.unit.questions import asked


def test_the_operator_looks_at_the_clock_within_a_step() -> None:
    """A step that is given up leaves the values of the last whole one."""
    game, calls = random_game(2, 30, 2, 2, 2), []

    def checkpoint() -> None:
        calls.append(1)
        if len(calls) > 75:
            raise OutOfTime

    iterates = iterate_operator(StageOperator(game), start_values(game, "zero", 0), checkpoint=checkpoint)
    whole = iterate_operator(StageOperator(game), start_values(game, "zero", 0), limit=2)
    assert len(iterates.changes) == 2
    np.testing.assert_array_equal(iterates.values.joined(), whole.values.joined())


def test_operator_policies_end_with_the_time() -> None:
    game = random_game(2, 30, 2, 2, 2)
    assert not list(operator_policies(*asked(game, deadline=Deadline(0.0))))
    assert len(list(operator_policies(*asked(game)))) > 2


def test_a_follower_that_sees_the_action_is_answered_without_dense_matrices() -> None:
    """The same answer as a small game's dense one, and memory in proportion to the game."""
    game = random_game(4, 90, 2, 2, 3)
    policy = LeaderPolicy.random(game, np.random.default_rng(0))
    values = pair_values(game, policy, exact_answer(game, policy, "action"))[1]
    worse = pair_values(game, policy, exact_answer(game, policy, "policy"))[1]
    assert np.all(values >= worse - 1e-9)
    large = random_game(4, 4000, 2, 2, 3)
    uniform = LeaderPolicy.uniform(large)
    tracemalloc.start()
    exact_answer(large, uniform, "action")
    gain_spread(large)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * large.num_states**2 / 4


def test_the_spread_of_gains_is_that_of_whole_rows() -> None:
    game = random_game(4, 12, 2, 3, 3)
    dense = game.dense_transition.reshape(12, 2, 3, 12)
    rewards = game.follower_rewards.reshape(12, 2, 3)
    reach = (game.follower_rewards.max() - game.follower_rewards.min()) / (1.0 - game.follower_discount)
    due = max(
        float(
            (
                np.abs(rewards[:, :, b] - rewards[:, :, c])
                + game.follower_discount * reach * np.abs(dense[:, :, b] - dense[:, :, c]).sum(axis=2) / 2.0
            ).max()
        )
        for b in range(3)
        for c in range(b)
    )
    assert gain_spread(game) == pytest.approx(due)


def test_products_are_not_counted_where_joint_actions_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    game = random_game(0, 50, 2, 2, 2)
    counted = commitment_products(game, game.initial)
    assert counted >= game.num_rows
    monkeypatch.setattr(size_limit, "MOST_PRODUCTS", game.num_rows - 1)
    assert commitment_products(game, game.initial) == game.num_rows


def test_time_for_closing_counts_evaluations_and_laps(monkeypatch: pytest.MonkeyPatch) -> None:
    game = random_game(0, 3, 2, 2, 2)
    now = [0.0]
    monkeypatch.setattr(Deadline, "elapsed", property(lambda _: now[0]))
    visits = Visits(*asked(game, deadline=Deadline(10.0)), "bilevel-q")
    visits._costliest = 0.5
    assert visits.time_for(4)
    now[0] = 3.0  # a lap of three seconds
    assert visits.time_for(4)
    now[0] = 5.5  # 4.5 are left: for two seconds of evaluations, not for another three of play
    assert not visits.time_for(4)
    assert visits.time_for(1)
    assert visits.ended(True) is Termination.ITERATION_LIMIT
    assert visits.ended(False) is Termination.TIME_LIMIT
    visits._run.interrupt.request()
    assert not visits.time_for(0)
    assert visits.ended(False) is Termination.INTERRUPTED


def test_learners_say_that_time_ended_them() -> None:
    game = random_game(0, 3, 2, 2, 2)
    for method in ("bilevel-q", "asymmetric-learning"):
        assert solve(game, method, time_limit=0.1, iteration_limit=10**9).termination is Termination.TIME_LIMIT
        assert solve(game, method, iteration_limit=50).termination is Termination.ITERATION_LIMIT


def test_networks_that_do_not_fit_are_refused_with_what_would(monkeypatch: pytest.MonkeyPatch) -> None:
    game = random_game(0, 1000, 2, 2, 2)
    check_network_size(game, "actor-critic", Deadline(60.0), copies=512)
    with pytest.raises(TooLargeError, match=r"would spend the 0.01 s on its first updates; .*about \d+ states fit"):
        check_network_size(game, "actor-critic", Deadline(0.01), copies=8192)
    with pytest.raises(TooLargeError, match=r"on 1,000 states would spend the 0.01 s on setting up its tables; .* fit"):
        check_table_size(game, "asymmetric-learning", Deadline(0.01))
    check_table_size(game, "asymmetric-learning", Deadline())
    monkeypatch.setattr(memory, "available_memory", lambda _: 1e6)
    with pytest.raises(TooLargeError, match=r"needs about 0\.0 GiB of memory, 0\.0 GiB are available; games of up to"):
        check_network_size(game, "actor-critic", Deadline(60.0), copies=512)


def test_what_is_too_large_has_an_exit_code_and_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object, **__: object) -> None:
        raise MemoryError("Unable to allocate 74.5 GiB")

    path = tmp_path / "game.json"
    write_instance(random_game(0, 3, 2, 2, 2), path)
    monkeypatch.setattr("ssg_mip.api.front_door.method_for", full)
    assert main(["solve", str(path), "--json"]) == ExitCode.NO_SOLUTION
    out = json.loads(capsys.readouterr().out)
    assert out["error"]["class"] == "TooLargeError"
    assert out["error"]["message"].startswith("not enough memory: Unable to allocate 74.5 GiB")


def test_memory_is_measured() -> None:
    assert memory.available_memory() > 1e6
    memory.require_memory(1.0, "a byte", "it fits")
    with pytest.raises(TooLargeError, match=r"a lake needs about 1000000000\.0 GiB .* available; a cup fits"):
        memory.require_memory(1e9 * memory.GIB, "a lake", "a cup fits")


def test_a_large_game_is_solved_with_sparse_matrices_only() -> None:
    """Every method that needs no network, with no time at all: a policy, its values, and no dense matrix."""
    game = random_game(7, 3000, 2, 2, 2)
    uniform = best_response(game, LeaderPolicy.uniform(game)).leader_values
    for method in (
        "policy-iteration",
        "commitment",
        "deterministic",
        "fixed-point",
        "bilevel-q",
        "policy-gradient",
        "local",
    ):
        tracemalloc.start()
        result = solve(game, method, time_limit=0.0)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 8 * game.num_states**2 / 2, method
        assert result.leader_policy is not None, method
        assert result.leader_value >= float(game.initial @ uniform) - 1e-9 or method == "deterministic"
