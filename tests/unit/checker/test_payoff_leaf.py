"""Certificates of the payoff-set bound: accepted as they are, refused where anything is moved the wrong way."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ssg_mip import Game, solve, verify, verify_bounds
from ssg_mip.base.status import BoundProof, Status
from ssg_mip.checker.dual.replay import verify_bound
from ssg_mip.errors import InvalidResultError
from ssg_mip.evaluation.payoff_set import payoff_set_bound
from ssg_mip.evaluation.value_bounds import raised_sum
from ssg_mip.library import highway_merge, random_game
from ssg_mip.proofs.claim import Claim
from ssg_mip.proofs.writer import Recorder
from tests.oracles.games import uneven_game

DISCOUNTS = ((0.9, 0.9), (0.6, 0.9), (0.9, 0.6), (0.0, 0.9), (0.9, 0.0), (0.98, 0.5))


def certified(game: Game, path: Path) -> list[Any]:
    """The lines of the certificate of a bound on an answer that proves nothing itself."""
    result = solve(game, "fixed-point", certificate=path, iteration_limit=1, time_limit=20.0)
    assert result.bound_proof in {BoundProof.PAYOFFS, BoundProof.REPLAYED}
    assert result.details["payoff_set_bound"]["bound"] == pytest.approx(result.dual_bound)
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def replayed(game: Game, lines: list[Any], path: Path) -> bool:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return all(one.passed for one in verify_bounds(game, path))


@pytest.mark.parametrize("discounts", DISCOUNTS)
def test_certificates_are_replayed(discounts: tuple[float, float]) -> None:
    for game in (highway_merge(5, 2), random_game(3, 7, 3, 4, 2), uneven_game(2, discounts)):
        about = game.replace(leader_discount=discounts[0], follower_discount=discounts[1])
        recorder = Recorder()
        recorder.payoffs = payoff_set_bound(about)
        claim = Claim(weights=about.initial, bound=raised_sum(about.initial, recorder.payoffs.proven))
        bound = recorder.settle(about, claim)
        lines = list(recorder.lines(about))
        assert lines[1][0] == "h"
        found = verify_bound(about, lines)
        assert found.passed
        assert bound <= claim.bound + 1e-9


@pytest.mark.parametrize("seed", range(4))
def test_states_of_all_kinds_and_units_of_ones_own(seed: int, tmp_path: Path) -> None:
    game = uneven_game(seed, (0.9, 0.8))
    moved = game.replace(
        leader_rewards=1000.0 * game.leader_rewards + 7.0, follower_rewards=0.01 * game.follower_rewards
    )
    path = tmp_path / "proof.jsonl"
    result = solve(moved, "fixed-point", certificate=path, iteration_limit=1)
    replays = verify_bounds(moved, path)
    assert all(one.passed for one in replays)
    assert verify(moved, result, bounds=replays).passed
    best = solve(moved, "commitment", time_limit=10.0)
    assert result.dual_bound >= best.leader_value


def lower_support(line: Any) -> None:
    line[2] = (np.array(line[2]) - 0.05).tolist()


def lower_one(line: Any) -> None:
    line[2][3][0] -= 0.05


def raise_lower(line: Any) -> None:
    line[3] = (np.array(line[3]) + 0.05).tolist()


def lower_upper(line: Any) -> None:
    line[4] = (np.array(line[4]) - 1e-6 * np.abs(line[4]).max()).tolist()


def jump_further(line: Any) -> None:
    line[7] = (np.array(line[7]) * 0 + len(line[1]) - 1).tolist()


def pick_others(line: Any) -> None:
    line[8] = (np.array(line[8]) * 0).tolist()
    line[7] = (np.array(line[7]) * 0 + np.arange(len(line[1]))).tolist()


def secure_otherwise(line: Any) -> None:
    line[6] = [0] * len(line[6])


@pytest.mark.parametrize(
    "forge", [lower_support, lower_one, raise_lower, lower_upper, jump_further, pick_others, secure_otherwise]
)
def test_forged_leaves_prove_nothing(forge: Callable[[Any], None], tmp_path: Path) -> None:
    game = random_game(1, 6, 3, 3, 2, 0.9, 0.8)
    path = tmp_path / "proof.jsonl"
    lines = certified(game, path)
    assert replayed(game, lines, path)
    forged = copy.deepcopy(lines)
    forge(forged[1])
    assert forged != lines
    assert not replayed(game, forged, path)


def test_numbers_that_overflow_prove_nothing() -> None:
    states, shares = 4, [0.1524847086420527, 0.4516111766669403, 0.18663110833286156, 0.2092730063581455]
    game = Game(
        state_names=tuple("abcd"),
        leader_actions=(("x",),) * states,
        follower_actions=(("u",),) * states,
        indptr=states * np.arange(states + 1),
        successors=np.tile(np.arange(states), states),
        probabilities=np.tile(shares, states),
        leader_rewards=np.zeros(states),
        follower_rewards=np.zeros(states),
        leader_discount=0.5,
        follower_discount=0.9,
        initial=np.full(states, 0.25),
    )
    recorder = Recorder()
    recorder.payoffs = payoff_set_bound(game)
    recorder.settle(game, Claim(weights=game.initial, bound=1.0))
    header = {**next(iter(recorder.lines(game))), "bound": -999.0}
    mixes, places = [[1, [[1.0]]]], [[[0, 0]]] * states
    support, lower, least = [[-1000.0] * 2] * states, [-1e4] * states, [-float(np.finfo(float).max)] * states
    leaf = ["h", [0.0, 0.1], support, lower, least, mixes, [0] * states, [[[1, 1]]] * states, places]
    assert not verify_bound(game, [header, leaf]).passed


def negative_mix(line: Any) -> None:
    line[5][0][1][0] = [1.5, -0.5, 0.0]


def no_mix(line: Any) -> None:
    line[5][0][1][0] = [0.5, 0.0, 0.0]


def backwards(line: Any) -> None:
    line[7][0][0][3] = 0


def falling(line: Any) -> None:
    line[1][2] = line[1][1]


def from_above(line: Any) -> None:
    line[1][0] = 0.01


def too_short(line: Any) -> None:
    line.pop()


def unknown_mix(line: Any) -> None:
    line[8][0][0][0] = 1000


def mixes_of_others(line: Any) -> None:
    line[5][0][0] = 2
    line[5][0][1] = [[1.0, 0.0]]


@pytest.mark.parametrize(
    "forge", [negative_mix, no_mix, backwards, falling, from_above, too_short, unknown_mix, mixes_of_others]
)
def test_leaves_that_are_none_are_refused(forge: Callable[[Any], None], tmp_path: Path) -> None:
    game = random_game(1, 6, 3, 3, 2, 0.9, 0.8)
    path = tmp_path / "proof.jsonl"
    lines = certified(game, path)
    forge(lines[1])
    with pytest.raises(InvalidResultError):
        replayed(game, lines, path)


def test_a_lower_claim_than_it_proves_is_refused(tmp_path: Path) -> None:
    game = random_game(1, 6, 3, 3, 2, 0.9, 0.8)
    path = tmp_path / "proof.jsonl"
    lines = certified(game, path)
    lines[0]["bound"] -= 1e-9
    assert not replayed(game, lines, path)


def test_another_game_is_not_served(tmp_path: Path) -> None:
    game = random_game(1, 6, 3, 3, 2, 0.9, 0.8)
    path = tmp_path / "proof.jsonl"
    lines = certified(game, path)
    dearer = game.replace(leader_rewards=game.leader_rewards + 0.01)
    assert not replayed(dearer, lines, path)
    lines[0]["game_hash"] = dearer.content_hash
    assert not replayed(dearer, lines, path)


def test_an_answer_that_it_closes_is_optimal_and_certified(tmp_path: Path) -> None:
    game = highway_merge(6, 3)
    path = tmp_path / "proof.jsonl"
    result = solve(game, "fixed-point", certificate=path)
    assert result.status is Status.OPTIMAL
    assert result.leader_value == pytest.approx(35.7675)
    replays = verify_bounds(game, path)
    checked = verify(game, result, bounds=replays)
    assert checked.passed
    assert checked.claimed == ("termination converged",)
