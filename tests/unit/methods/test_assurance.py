"""Every answer carries the exact checker's outcome, and what fails is said and never mended."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ssg_mip import Game, LeaderPolicy, read_instance, solve, trace_front, verify
from ssg_mip.api.exit_codes import ExitCode
from ssg_mip.batch import RESULTS_NAME, BatchOptions, run_batch
from ssg_mip.checker.outcome import UNCHECKED, CheckOutcome, claimed_words, rounded_down, rounded_up
from ssg_mip.checker.values import Interval
from ssg_mip.evaluation.mdp import DENSE_STATES
from ssg_mip.methods.secure_commitment import find_guaranteed
from ssg_mip.report.text import check_line
from tests.oracles.games import agreement_game, random_game
from tests.oracles.known import figure_1
from tests.unit import ROOT, Command, fakes


@pytest.fixture
def folder(tmp_path: Path, instance: Path) -> Path:
    """A folder with one instance."""
    folder = tmp_path / "games"
    folder.mkdir()
    instance.rename(folder / instance.name)
    return folder


def printed(interval: Interval | None) -> tuple[Fraction, Fraction]:
    assert interval is not None
    return interval.lower, interval.upper


ANSWERS = {True: ("values verified", None), False: ("verified", True)}
"""What is said of an answer of which something is claimed without proof, and of any other."""


@pytest.mark.parametrize("method", ["commitment", "policy-iteration", "deterministic", "grid"])
@pytest.mark.parametrize("ties", ["leader", "first", "adverse"])
def test_every_method_s_answers_are_verified(method: str, ties: Any) -> None:
    """The certified intervals enclose the printed values, up to the rounding that the checker allows."""
    for index in (0, 4):
        game = agreement_game(3, index).to_game()
        result = solve(game, method, ties=ties, gap=1e-3, node_limit=20)
        assert result.check.passed
        assert result.check.reason == claimed_words(result.check.claimed)
        # In one of the games the best pair of policies is an answer, which needs no certificate.
        assert (result.check.word, result.check.verified) == ANSWERS[bool(result.check.claimed)]
        low, high = printed(result.check.leader_value)
        assert low == high  # so few states are solved in fractions
        assert float(low) == pytest.approx(result.leader_value, abs=1e-9)
        assert float(printed(result.check.follower_value)[0]) == pytest.approx(
            float(result.weights @ result.follower_values), abs=1e-9
        )
        assert result.check.epsilon is not None
        assert 0 <= result.check.epsilon < Fraction(1, 10**6)


def large_game() -> Game:
    """More states than are solved in fractions: the intervals have a width."""
    return random_game(
        np.random.default_rng(5),
        leader_counts=[2] * 20,
        follower_counts=[2] * 20,
        leader_discount=0.9,
        follower_discount=0.8,
        successors=2,
    ).to_game()


def test_larger_games_have_proven_intervals() -> None:
    result = solve(large_game(), "commitment", node_limit=1)
    low, high = printed(result.check.leader_value)
    assert result.check.passed
    assert 0 < high - low < Fraction(1, 10**10)
    assert low - Fraction(1, 10**9) <= Fraction(result.leader_value) <= high + Fraction(1, 10**9)
    data = result.to_dict()["check"]
    assert Fraction(data["leader_value"][0]) <= low < high <= Fraction(data["leader_value"][1])
    assert "value in [" in check_line(result.check)


def test_a_front_its_points_and_its_runs_are_checked() -> None:
    front = trace_front(figure_1(1.0, 2.0).to_game(), num_weights=3)
    assert front.check.passed
    assert [point.check.passed for point in front.points] == [True, True]
    assert all(result.check.passed for result in front.results)
    data = front.to_dict()
    assert (data["check"]["verified"], data["check"]["word"]) == (None, "values verified")
    assert [point["check"]["claimed"] for point in data["points"]] == [["gain_bound"], ["gain_bound"]]
    assert {run["check"] for run in data["scalarisations"]} == {"verified", "values verified"}


@pytest.mark.usefixtures("fake_methods")
def test_without_the_check_every_row_says_so(command: Command, folder: Path, tmp_path: Path) -> None:
    game = fakes.small_game()
    assert solve(game, "fake-lie", check=False).check == UNCHECKED
    front = trace_front(game, method="fake", num_weights=2, check=False)
    assert front.check == UNCHECKED
    assert {point.check.word for point in front.points} == {"not checked"}
    ran = command("solve", folder / "small.json", "--method", "fake-lie", "--no-check", "--json", "--verbose")
    assert ran.code == 0
    assert ran.data["check"]["verified"] is None
    assert "check   not checked" in ran.err
    summary = run_batch(folder, tmp_path / "out", BatchOptions(method="fake-lie", check=False))
    assert [row.check for row in summary.rows] == ["not checked"]


@pytest.mark.usefixtures("fake_methods")
def test_a_failed_check_is_reported_and_nothing_is_mended() -> None:
    game = fakes.small_game()
    result = solve(game, "fake-lie")
    honest = solve(game, "fake")
    assert result.check.passed is False
    assert result.check.reason.startswith("leader_values: the answer: leader: state 'calm'")
    assert result.leader_values.tolist() == (honest.leader_values + 1e-5).tolist()


@pytest.mark.usefixtures("fake_methods")
def test_a_failed_check_is_exit_code_5_everywhere(command: Command, folder: Path, tmp_path: Path) -> None:
    """The answer is printed all the same, with the reason."""
    ran = command("solve", folder / "small.json", "--method", "fake-lie", "--json", "--verbose")
    assert ran.code == 5
    assert ran.data["check"]["verified"] is False
    assert "check   FAILED: leader_values" in ran.err
    ran = command("front", folder / "small.json", "--method", "fake-lie", "--num-weights", "2", "--json")
    assert ran.code == 5
    assert ran.data["check"]["reason"].startswith("run 0: leader_values")
    assert [run["check"] for run in ran.data["scalarisations"]] == ["FAILED"] * len(ran.data["scalarisations"])
    ran = command("batch", folder, "--out", tmp_path / "out", "--method", "fake-lie", "--json", "--verbose")
    assert ran.code == 5
    assert "FAILED" in ran.err
    row = json.loads((tmp_path / "out" / RESULTS_NAME).read_text())
    assert (row["exit_code"], row["check"]) == (ExitCode.FAILED_CHECK, "FAILED")


@pytest.mark.usefixtures("fake_methods")
def test_nothing_found_is_checked_too() -> None:
    """Without a policy there is nothing to prove about one, and the rest is checked."""
    result = solve(fakes.small_game(), "fake-nothing")
    assert result.check.passed
    assert result.check.leader_value is None
    assert check_line(result.check) == f"claimed, not checked: {', '.join(result.check.claimed)}"


def tampered(data: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A printed result whose guaranteed policy says something else."""
    return {**data, "guaranteed": {**data["guaranteed"], **changes}}


def test_what_is_secured_is_proven_again_by_verify() -> None:
    """Each number of the guarantee, moved by itself, is noticed."""
    game = agreement_game(3, 0).to_game()
    result = solve(game, "commitment", gap=1e-3, node_limit=20)
    assert result.guaranteed is not None
    assert result.guaranteed.secured_value is not None
    assert result.guaranteed.secured_value == pytest.approx(result.leader_value, abs=1e-3)
    data = result.to_dict()
    kept = data["guaranteed"]
    assert (kept["found"], kept["impossible"], kept["unique"]) == (True, False, True)
    assert verify(game, data).passed
    low, high = kept["leader_value"]
    state, action = next(iter(kept["follower_policy"].items()))
    other = next(name for name in game.follower_actions[game.state_index(state)] if name != action)
    lies = [
        {"leader_value": [low + 1e-6, high + 1e-6]},
        {"margin": kept["margin"] + 1e-6},
        {"margin_asked": 10.0},
        {"margin_asked": -1.0},
        {"follower_policy": {**kept["follower_policy"], state: other}},
        {"leader_policy": LeaderPolicy.uniform(game).to_names(game)},
    ]
    for lie in lies:
        failed = {check.name for check in verify(game, tampered(data, **lie)).failed}
        assert failed - {"printed_words"} == {"guaranteed"}, lie
    off = {**kept["leader_policy"], state: dict.fromkeys(kept["leader_policy"][state], 0.9)}
    assert not verify(game, tampered(data, leader_policy=off)).passed


def test_the_tie_game_says_that_none_exists_near(command: Command) -> None:
    """Kudo & Akimoto's Fig. 1 with gamma_B y = x."""
    path = ROOT / "instances" / "kudo_akimoto" / "fig1_tie.json"
    ran = command("solve", path, "--method", "commitment", "--json", "--verbose")
    assert ran.code == 0
    beside = ran.data["guaranteed"]
    assert (beside["found"], beside["impossible"], beside["leader_value"]) == (False, True, None)
    assert beside["statement"].startswith("none exists near: no policy within ")
    assert f"secure  {beside['statement']}" in ran.err
    front = trace_front(read_instance(path), num_weights=3)
    assert [point.guaranteed is not None and point.guaranteed.secured for point in front.points] == [None, None]
    ran = command("solve", path, "--no-guarantee", "--json", "--verbose")
    assert ran.data["guaranteed"] is None
    assert "secure  not looked for" in ran.err


def test_in_a_large_game_only_the_policy_itself_is_judged() -> None:
    """More states than linear programs are made for; the uniform policy leaves the follower indifferent."""
    states = DENSE_STATES + 1
    payoffs = np.tile(np.eye(2), (states, 1, 1))
    stay = np.zeros((states, 2, 2, states))
    stay[np.arange(states), ..., np.arange(states)] = 1.0
    leader = np.tile([[1.0, 0.5], [0.0, 1.0]], (states, 1, 1))
    game = Game.from_arrays(stay, leader, payoffs, leader_discount=0.0, follower_discount=0.0)
    tied = find_guaranteed(game, LeaderPolicy.uniform(game))
    assert tied.secured is None
    assert tied.statement.startswith("not looked for in so large a game")
    strict = find_guaranteed(game, LeaderPolicy.deterministic(game, np.zeros(states, dtype=int)))
    assert strict.secured_value == 1.0


def test_fractions_are_rounded_outwards() -> None:
    third = Fraction(1, 3)
    low, high = rounded_down(third), rounded_up(third)
    assert low is not None
    assert high is not None
    assert Fraction(low) < third < Fraction(high)
    assert (rounded_down(Fraction(1, 2)), rounded_up(Fraction(-1, 2))) == (0.5, -0.5)
    assert rounded_up(Fraction(10) ** 400) is None
    assert CheckOutcome(passed=True, epsilon=Fraction(0)).to_dict()["epsilon"] == 0.0
