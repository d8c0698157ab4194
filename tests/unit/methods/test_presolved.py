"""Methods on what presolve leaves of a game: answers about the game as given, whatever was left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ssg_mip import Game, LeaderPolicy, solve
from ssg_mip.base.status import BoundProof, Status, Termination
from ssg_mip.checker.dual.replay import verify_bounds
from ssg_mip.evaluation.best_response import Ties, best_response
from ssg_mip.library import random_game
from ssg_mip.methods.registry import METHODS
from ssg_mip.proofs.writer import Recorder
from ssg_mip.report.results import result_report
from tests.attacks.games import plain_of
from tests.attacks.planted import planted_game, side_by_side
from tests.oracles.games import PlainGame

EXACT = [name for name, method in METHODS.items() if not method.in_own_units and not method.extra]
"""Methods that presolve is for; learners run in the game's own units."""


def union(parts: int, **sizes: int) -> PlainGame:
    """Random games side by side, each with an equal share of the start."""
    games = [plain_of(random_game(seed=100 + part, **{"states": 2, **sizes})) for part in range(parts)]
    return side_by_side(games, np.full(parts, 1.0 / parts))


def with_copies(game: Game, copies: int) -> Game:
    """Every action of the follower so many times in a game whose states have the same actions."""
    shape = (game.num_states, int(game.leader_counts[0]), int(game.follower_counts[0]))
    moves = game.dense_transition.reshape(*shape, game.num_states)
    rewards = [some.reshape(shape) for some in (game.leader_rewards, game.follower_rewards)]
    return Game.from_arrays(
        np.repeat(moves, copies, 2),
        *(np.repeat(some, copies, 2) for some in rewards),
        leader_discount=game.leader_discount,
        follower_discount=game.follower_discount,
        initial=game.initial,
    )


@pytest.mark.parametrize("method", EXACT)
def test_every_method_answers_about_the_game_as_given(method: str) -> None:
    """The same value with and without presolve, on a game with copies; the check passes, promises included."""
    game = with_copies(random_game(seed=3, states=2), 3)
    limits: dict[str, Any] = {"iteration_limit": 8} if method == "backtracking" else {}
    here, whole = (solve(game, method, gap=1e-6, presolve=presolve, **limits) for presolve in (True, False))
    assert here.game is game
    assert here.check.passed
    assert here.promises == whole.promises == METHODS[method].promises
    assert here.leader_value == pytest.approx(whole.leader_value, abs=1e-5)
    assert here.leader_value <= whole.dual_bound + 1e-9
    assert whole.leader_value <= here.dual_bound + 1e-9
    assert here.details["presolve"]["follower_actions_removed"] >= 8
    assert "presolve" not in whole.details
    response = best_response(game, here.leader_policy, "leader")
    assert here.leader_values == pytest.approx(response.leader_values, abs=1e-9)
    for point in here.trajectory:
        assert point.leader_values.shape == (2,)
        assert point.leader_value == pytest.approx(float(game.initial @ point.leader_values))


@pytest.mark.parametrize("method", ["commitment", "deterministic", "grid"])
def test_parts_are_added_up(method: str) -> None:
    """Three games side by side: value and bound are the means of those of each alone."""
    plain = union(3)
    game = plain.to_game()
    alone = [solve(random_game(seed=100 + part, states=2), method, gap=1e-6, levels=2) for part in range(3)]
    whole = solve(game, method, gap=1e-6, levels=2)
    assert whole.details["presolve"]["parts"] == len(whole.details["parts"]) == 3
    assert whole.leader_value == pytest.approx(float(np.mean([one.leader_value for one in alone])), abs=1e-5)
    assert whole.check.passed
    assert whole.promises == METHODS[method].promises
    assert whole.dual_bound >= whole.leader_value
    assert whole.status in {Status.OPTIMAL, Status.RESTRICTED_OPTIMAL}
    assert whole.termination is Termination.GAP


def test_the_gap_of_the_whole_is_met_where_gains_and_losses_cancel() -> None:
    """Parts worth about 1 and -1: within the gap of each their sum has a wider one, so they are solved again."""
    first = random_game(seed=5, states=2)
    value = solve(first, "commitment", gap=1e-6).leader_value
    plain = plain_of(first)
    level = -2.0 * value * (1.0 - first.leader_discount)
    lower = plain.replace(leader_reward=tuple(block + level for block in plain.leader_reward))
    game = side_by_side([plain, lower], np.array([0.5, 0.5])).to_game()
    result = solve(game, "commitment", gap=1e-4)
    assert result.status is Status.OPTIMAL
    assert result.relative_gap <= 1e-4
    assert abs(result.leader_value) <= 1e-3


def test_the_sum_of_the_parts_has_a_certificate(tmp_path: Path) -> None:
    """It is replayed about the game as given, and about no other; rows of progress are about the whole."""
    game, path, rows = union(3).to_game(), tmp_path / "sum.cert", []
    result = solve(game, "commitment", certificate=path, on_progress=rows.append)
    assert result.bound_proof is BoundProof.PARTS
    assert result.bound_certified
    (found,) = verify_bounds(game, path)
    assert found.passed
    assert found.claimed == result.dual_bound
    assert not verify_bounds(random_game(seed=1, states=6), path)[0].passed
    assert rows
    assert all(row.primal_bound <= result.dual_bound + 1e-9 for row in rows)
    assert all(row.dual_bound >= result.leader_value - 1e-9 for row in rows)


def test_a_start_is_led_to_every_part() -> None:
    """Nothing is searched (a node limit), and the start is worth more than what a part would begin with."""
    game = union(2, leader_actions=3, follower_actions=3).to_game()
    best = solve(game, "commitment", gap=1e-4).leader_policy
    assert best is not None
    value = float(game.initial @ best_response(game, best).leader_values)
    assert solve(game, "commitment", start=best, node_limit=1).leader_value >= value - 1e-9


def test_states_that_were_left_out_play_what_every_class_allows() -> None:
    """A state that nothing leads to; its policy is deterministic and on every grid, and the check passes."""
    moves = np.zeros((2, 3, 1, 2))
    moves[0, :, :, 0] = moves[1, :, :, 1] = 1.0
    rewards = np.arange(6.0).reshape(2, 3, 1)
    game = Game.from_arrays(
        moves, rewards, np.zeros((2, 3, 1)), leader_discount=0.5, follower_discount=0.5, initial=[1.0, 0.0]
    )
    for method in ("deterministic", "grid", "commitment"):
        result = solve(game, method, levels=2)
        assert result.details["presolve"]["states_removed"] == 1
        assert result.check.passed
        assert result.leader_value == pytest.approx(4.0)


def test_a_margin_leaves_everything() -> None:
    """Nothing is removed where every action counts, and nothing is said."""
    game = with_copies(random_game(seed=3, states=2), 2)
    result = solve(game, "commitment", margin=1e-3, time_limit=10.0)
    assert "presolve" not in result.details
    assert result.status is Status.INFEASIBLE  # a copy can never be beaten


def test_the_report_says_what_was_done() -> None:
    game = with_copies(random_game(seed=3, states=2), 3)
    (text, *_) = result_report(solve(game, "commitment"))
    assert "  before  removed " in text
    assert "follower actions" in text
    (text, *_) = result_report(solve(game, "commitment", presolve=False))
    assert "  before  " not in text


def test_the_gap_is_relative_to_the_game_as_given() -> None:
    """What presolve removes still counts in the spread of the leader's values."""
    game = with_copies(random_game(seed=4, states=2), 2)
    here, whole = (solve(game, "policy-iteration", presolve=presolve) for presolve in (True, False))
    assert here.gap_scale == pytest.approx(whole.gap_scale, rel=1e-3)


def test_a_recorder_of_its_own_is_given_the_reduction() -> None:
    plain, _, _ = planted_game(1, 2)
    game, recorder = plain.to_game(), Recorder()
    result = solve(game, "commitment", recorder=recorder, gap=1e-4)
    header, *_ = recorder.lines_in_own_units(game)
    assert header["game_hash"] == game.content_hash
    assert header["bound"] == result.dual_bound
    uniform = LeaderPolicy.uniform(game)
    assert float(game.initial @ best_response(game, uniform).leader_values) <= result.dual_bound + 1e-9


@pytest.mark.parametrize("method", ["policy-iteration", "response-regions", "commitment"])
@pytest.mark.parametrize("ties", ["first", "adverse"])
def test_presolve_is_given_up_where_ties_hang_on_what_it_removes(method: str, ties: Ties, tmp_path: Path) -> None:
    """An answer worth -1 sets the scale beside which differences of 1e-8 are ties; without it they are none."""
    leader = np.array([[[1.0, -3.0, 1.0, 0.0], [0.0, -1.0, -2.0, 0.0]]])
    follower = np.array([[[-3e-8, 1e-8, -1e-8, -1.0], [-2e-8, -3e-8, 3e-8, -1.0]]])
    game = Game.from_arrays(np.ones((1, 2, 4, 1)), leader, follower, leader_discount=0.5, follower_discount=0.0)
    start = best_response(game, LeaderPolicy.uniform(game), ties).leader_values[0]
    result = solve(game, method, ties=ties, certificate=tmp_path / "proof.cert")
    assert result.leader_value >= start - 1e-9
    assert result.details["presolve"]["given_up"]
    assert "given up" in result_report(result)[0]
    assert result.check.passed
    assert all(one.passed for one in verify_bounds(game, tmp_path / "proof.cert"))
