"""The optima in fractions against brute force, linear programs, and answers by hand."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from tests.oracles.brute_force import brute_force
from tests.oracles.easy_classes import stagewise_values
from tests.oracles.exact import _ends, _roots, stagewise_optimum, threat_optimum
from tests.oracles.games import PlainGame, plain_from_arrays, random_game, static_game
from tests.oracles.known import STATIC, StaticCase


def threat_game(x: float, y: float, *, discount: float = 0.9, start: tuple[float, float] = (1.0, 0.0)) -> PlainGame:
    """Figure 1 of Kudo & Akimoto with a threat in the second state only: the first state has no leader choice."""
    return plain_from_arrays(
        [[[[1, 0], [0, 1]]], [[[0, 1], [1, 0]], [[1, 0], [1, 0]]]],
        [[[1, 0]], [[1, 0], [0, 0]]],
        [[[0, x]], [[0, x], [-y, -y]]],
        leader_discount=discount,
        follower_discount=discount,
        initial=start,
    )


@pytest.mark.parametrize("case", STATIC[:8], ids=lambda case: case.name)
def test_one_state_is_the_static_value(case: StaticCase) -> None:
    found = stagewise_optimum(static_game(case.leader, case.follower))
    assert found.lower == found.upper
    assert float(found.upper) == pytest.approx(case.mixed, abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_myopic_games_agree_with_value_iteration(seed: int) -> None:
    rng = np.random.default_rng(seed)
    game = random_game(
        rng, leader_counts=[2, 3], follower_counts=[3, 2], leader_discount=0.7, follower_discount=0.0, integer=seed > 1
    )
    assert float(stagewise_optimum(game).upper) == pytest.approx(game.initial @ stagewise_values(game), abs=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_threat_games_agree_with_brute_force(seed: int) -> None:
    """The one oracle branches in SCIP, the other finds roots of quadratics."""
    rng = np.random.default_rng([3, seed])
    states = 2 + seed % 2
    game = random_game(
        rng,
        leader_counts=[2] + [1] * (states - 1),
        follower_counts=[2] * states,
        leader_discount=0.8,
        follower_discount=0.7,
        integer=seed > 1,
    )
    found, reference = threat_optimum(game), brute_force(game, gap=1e-7)
    assert found.upper - found.lower < Fraction(1, 10**30)
    assert float(found.lower) == pytest.approx(reference.value, abs=1e-6)


def test_a_threat_just_strong_enough_and_a_hair_too_weak() -> None:
    """The follower stays in the first state iff ``x <= discount y``; in fractions a hair decides, with slack not.

    The threat is to punish for certain (``p = 1``) in the second state: then it yields ``-y`` once.
    """
    exact = threat_optimum(threat_game(0.5, 1.0, discount=0.5))
    assert exact.lower == exact.upper == 2
    x = float(np.nextafter(0.5, 1.0))
    broken = threat_optimum(threat_game(x, 1.0, discount=0.5))
    assert broken.upper < 2
    assert threat_optimum(threat_game(x, 1.0, discount=0.5), Fraction(1, 10**12)).upper >= 2


def test_irrational_ends_are_enclosed() -> None:
    """The set ``2 p^2 <= 1`` ends at the root of one half; ``(2p - 1)^2 <= 0`` is one point, ``p^2 <= -1`` is empty."""
    points = list(_ends([(Fraction(2), Fraction(0), Fraction(-1))]))
    inside, every = max(p for p, belongs in points if belongs), max(p for p, _ in points)
    assert 2 * inside**2 < 1 < 2 * every**2
    assert every - inside < Fraction(1, 2**150)
    assert {p for p, _ in _ends([(Fraction(4), Fraction(-4), Fraction(1))])} == {Fraction(1, 2)}
    assert list(_ends([(Fraction(1), Fraction(0), Fraction(1))])) == []


def test_roots_outside_are_left_out() -> None:
    assert list(_roots((Fraction(1), Fraction(0), Fraction(-4)))) == []
    assert list(_roots((Fraction(0), Fraction(2), Fraction(-1)))) == [(Fraction(1, 2), Fraction(1, 2))]


def test_other_games_are_refused() -> None:
    game = threat_game(1.0, 2.0)
    with pytest.raises(ValueError, match="looks ahead"):
        stagewise_optimum(game)
    with pytest.raises(ValueError, match="the leader has"):
        threat_optimum(static_game([[1, 0]], [[0, 1]]))
