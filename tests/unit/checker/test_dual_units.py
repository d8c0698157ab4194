"""Certificates in units of their own: the translation is exact, and forged units prove nothing that is not true."""

from __future__ import annotations

import copy
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ssg_mip import Game, solve, verify_bound
from ssg_mip.checker.dual.units import PlayerUnits, raised, reaches, restated
from ssg_mip.checker.rational import ExactGame
from ssg_mip.errors import InvalidResultError
from tests.oracles.games import random_game
from tests.unit.unit_games import vault

Lines = list[Any]

PLAIN = random_game(
    np.random.default_rng(11), leader_counts=[2, 3], follower_counts=[2, 2], leader_discount=0.8, follower_discount=0.7
).to_game()

OPTIMUM = solve(PLAIN, "commitment", gap=1e-6)

PHI = np.array([3e4, -5e4])


def _shaped(game: Game) -> Game:
    """Potentials in the rewards of both players."""
    moved = PHI[game.row_state] - game.leader_discount * (game.dense_transition @ PHI)
    other = -PHI[game.row_state] + game.follower_discount * (game.dense_transition @ PHI)
    return game.replace(leader_rewards=game.leader_rewards + moved, follower_rewards=game.follower_rewards + other)


def _moved(game: Game) -> Game:
    rewards = (np.rint(64.0 * some) / 64.0 for some in (game.leader_rewards, game.follower_rewards))
    leader, follower = rewards
    return game.replace(leader_rewards=2.0**20 * (leader + 1e6), follower_rewards=2.0**-20 * (follower - 1e3))


GAMES = {"constants": _moved(PLAIN), "potentials": _shaped(PLAIN)}


@pytest.fixture(scope="module", params=GAMES)
def certified(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Game, Lines, float]:
    """A game, the lines of its certificate, and a value that is attained."""
    game = GAMES[request.param]
    file: Path = tmp_path_factory.mktemp("units") / "one.cert"
    result = solve(game, "commitment", certificate=file)
    assert result.bound_certified
    return game, [json.loads(line) for line in file.read_text().splitlines()], result.leader_value


def test_the_certificate_proves_its_bound_in_the_games_own_units(certified: tuple[Game, Lines, float]) -> None:
    game, lines, value = certified
    assert lines[0]["units"] is not None
    found = verify_bound(game, copy.deepcopy(lines))
    assert found.passed
    assert found.claimed is not None
    spread = float(np.ptp(game.leader_rewards)) / (1.0 - game.leader_discount)
    assert value <= found.claimed <= value + 1e-3 * spread


def _forgeries(units: list[list[Any]]) -> list[list[list[Any]]]:
    """Other constants, units and potentials of either player."""
    found = []
    for player in range(2):
        for place, change in ((0, 1.0), (0, -1.0), (0, -1e3), (1, 0.5), (1, 2.0), (1, 1e-3)):
            forged = copy.deepcopy(units)
            forged[player][place] = forged[player][place] * change if place == 1 else forged[player][place] + change
            found.append(forged)
        for shift in ([1.0, 0.0], [0.0, -1.0], [-1e3, -1e3], [1e5, -1e5]):
            forged = copy.deepcopy(units)
            old = forged[player][2] or [0.0, 0.0]
            forged[player][2] = [float(a + b) for a, b in zip(old, shift, strict=True)]
            found.append(forged)
    return [*found, [units[1], units[0]]]


def test_forged_units_never_prove_less_than_is_attained(certified: tuple[Game, Lines, float]) -> None:
    game, lines, value = certified
    failed = 0
    for forged in [*_forgeries(lines[0]["units"]), None]:
        changed = copy.deepcopy(lines)
        changed[0]["units"] = forged
        found = verify_bound(game, changed)
        failed += not found.passed
        assert not found.passed or found.claimed is None or Fraction(found.claimed) >= Fraction(value) - Fraction(1e-9)
        assert found.proven is None or found.proven >= Fraction(value) * (1 - Fraction(1, 10**14))
    assert failed >= 12


@pytest.mark.parametrize("unit", [0.0, -1.0, float("nan"), float("inf"), "1", None])
def test_units_that_are_no_positive_numbers_are_refused(certified: tuple[Game, Lines, float], unit: Any) -> None:
    game, lines, _ = certified
    changed = copy.deepcopy(lines)
    changed[0]["units"][0][1] = unit
    with pytest.raises(InvalidResultError, match="unit"):
        verify_bound(game, changed)


@pytest.mark.parametrize("units", [[], [[0.0, 1.0, None]], [[0.0, 1.0], [0.0, 1.0]], [[0.0, 1.0, [1.0]]] * 2, 7])
def test_units_of_another_shape_are_refused(certified: tuple[Game, Lines, float], units: Any) -> None:
    game, lines, _ = certified
    changed = copy.deepcopy(lines)
    changed[0]["units"] = units
    with pytest.raises(InvalidResultError, match=r"units|potential"):
        verify_bound(game, changed)


def test_a_translation_is_exact_to_the_last_digit() -> None:
    exact = ExactGame.of(PLAIN)
    mine = PlayerUnits(constant=0.1, unit=3.0, potential=(1.0 / 3.0, -0.7))
    theirs = PlayerUnits(constant=-5.0, unit=0.25, potential=None)
    other, leader, follower = restated(exact, (mine, theirs))
    discount, row = exact.leader_discount, exact.rows[0]
    later = sum((Fraction(mine.potential[t]) * n for t, n in zip(row.places, row.numerators, strict=True)), Fraction(0))
    shaped = 3 * other.leader_rewards[0] + Fraction(0.1) + Fraction(1.0 / 3.0) - discount * later / row.total
    assert shaped == exact.leader_rewards[0]
    assert other.follower_rewards[2] * Fraction(1, 4) - 5 == exact.follower_rewards[2]
    half = (Fraction(1, 2), Fraction(1, 2))
    base = Fraction(0.1) / (1 - discount)
    assert leader.weighted(2.0, half) == base + (Fraction(1.0 / 3.0) + Fraction(-0.7)) / 2 + 6
    assert follower.value(1.0, 1) == Fraction(-5) / (1 - exact.follower_discount) + Fraction(1, 4)
    assert leader.gain(2.0) == 6


def test_raised_is_never_below() -> None:
    third = Fraction(1, 3)
    assert 0 <= Fraction(raised(third)) - third <= Fraction(1, 2**53)
    assert raised(Fraction(1, 2)) == 0.5


def test_ignored_states_must_be_out_of_reach(tmp_path: Path) -> None:
    """Rewards that count cannot be ignored: the forged certificate would prove a bound below an attained value."""
    game, file = vault(1e9), tmp_path / "vault.cert"
    solve(game, "commitment", certificate=file, presolve=False)
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert lines[0]["ignored"] == [1]
    assert verify_bound(game, copy.deepcopy(lines)).passed
    for ignored in ([0], [0, 1]):
        forged = copy.deepcopy(lines)
        forged[0]["ignored"] = ignored
        assert "ignored_states" in {check.name for check in verify_bound(game, forged).failed}
    forged = copy.deepcopy(lines)
    forged[0]["weights"] = [0.5, 0.5]
    assert "ignored_states" in {check.name for check in verify_bound(game, forged).failed}
    for change in ({"margin": 0.1}, {"floor": [[1, 0.0]]}):
        forged = copy.deepcopy(lines)
        forged[0].update(change)
        assert "ignored_states" in {check.name for check in verify_bound(game, forged).failed}
    forged = copy.deepcopy(lines)
    forged[0]["ignored"] = [2]
    with pytest.raises(InvalidResultError, match="ignored"):
        verify_bound(game, forged)


def test_reaching_follows_every_action() -> None:
    exact = ExactGame.of(vault(1.0))
    assert reaches(exact, [0]) == {0}
    assert reaches(exact, [1]) == {1}
    assert reaches(ExactGame.of(PLAIN), [0]) == {0, 1}
