"""The regularised best response, and the linear rate of gradient ascent towards it (Proposition 1)."""

from __future__ import annotations

import numpy as np
import pytest

from ssg_mip.evaluation.best_response import best_response
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.methods.policy_gradient.response import ascend, follower_step, regularised_response
from ssg_mip.methods.policy_gradient.tabular import TabularGame, softmax
from tests.oracles.games import agreement_game, random_game
from tests.unit.methods.policy_gradient.points import random_point


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("temperature", [1.0, 0.1, 0.01])
def test_no_policy_has_a_higher_regularised_value(seed: int, temperature: float) -> None:
    """In every state at once, against random policies and small changes of the response itself; gradient 0."""
    at = random_point(seed, temperature)
    best = regularised_response(at.game, at.leader, temperature)
    values = at.follower_evaluation(at.leader, best).values
    rng = np.random.default_rng(seed)
    for size in (3.0, 0.1, 0.1, 0.01):
        other = best + size * rng.normal(size=best.shape)
        assert np.all(at.follower_evaluation(at.leader, other).values <= values + 1e-12)
    assert np.abs(at.derivatives(at.leader, best).follower).max() < 1e-12


@pytest.mark.parametrize("seed", range(8))
def test_the_response_does_not_depend_on_where_its_search_starts(seed: int) -> None:
    """It is unique (Proposition 1); the parameters are log-probabilities, so they are unique too."""
    at = random_point(seed)
    first = regularised_response(at.game, at.leader, at.temperature)
    second = regularised_response(at.game, at.leader, at.temperature, 5.0 * at.follower)
    here = np.isfinite(first)
    assert first[here] == pytest.approx(second[here], abs=1e-9)
    assert softmax(first).sum(axis=1) == pytest.approx(np.exp(np.where(here, first, -np.inf)).sum(axis=1))


@pytest.mark.parametrize("seed", range(8))
def test_a_low_temperature_costs_little(seed: int) -> None:
    """The unregularised optimum is missed by at most ``lambda log B / (1 - gamma)`` (Geist et al. 2019)."""
    plain = agreement_game(7, seed)
    at = random_point(seed, 0.01)
    optimum = best_response(plain.to_game(), LeaderPolicy(softmax(at.leader))).follower_values
    scaled = at.follower_evaluation(at.leader, regularised_response(at.game, at.leader, 0.01)).values
    least, spread = at.game.follower_unit
    regularised = spread * scaled + least / (1.0 - at.game.follower_discount)
    most = spread * 0.01 * np.log(at.follower.shape[1]) / (1.0 - at.game.follower_discount)
    assert np.all(regularised >= optimum - 1e-9)
    assert np.all(regularised <= optimum + most + 1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_gradient_ascent_has_the_linear_rate_of_proposition_1(seed: int) -> None:
    """With ``beta = (1-gamma)^3 / (8 + lambda (4 + 8 log A))`` the error falls at every step, and geometrically.

    Rewards in [0, 1] and ``mu > 0``, as the paper assumes. Bound (16): there is one ``C > 0`` for all ``t >= 1``.
    """
    plain = random_game(
        np.random.default_rng(seed),
        leader_counts=[2, 2],
        follower_counts=[3, 3],
        leader_discount=0.3,
        follower_discount=0.3,
    )
    game, temperature, mu = TabularGame.from_game(plain.to_game()), 0.5, np.array([0.5, 0.5])
    leader = np.random.default_rng(seed).normal(size=(2, 2))
    assert follower_step(game, temperature) == pytest.approx(0.7**3 / (8 + 0.5 * (4 + 8 * np.log(3))))
    _, values = ascend(game, leader, temperature, mu, steps=4000)
    best = regularised_response(game, leader, temperature)
    optimum = ascend(game, leader, temperature, mu, steps=0, start=best)[1][0]
    errors = optimum - values
    assert np.all(np.diff(values) >= -1e-14)
    clear = errors > 1e-11
    rates = errors[101:][clear[101:]] / errors[1:-100][clear[101:]]
    assert len(rates) > 1000
    assert rates.max() < 0.99
    front = 2.0 * (1.0 + temperature * np.log(3)) / 0.7**2
    times = np.arange(len(errors))[clear]
    slowest = (np.log(front / errors[clear])[1:] / times[1:]).min()
    assert slowest > 1e-3
