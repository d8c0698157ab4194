"""Every derivative against central finite differences, and what is known of the Hessian."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from ssg_mip.methods.policy_gradient.response import follower_gradient, regularised_response
from ssg_mip.methods.policy_gradient.tabular import softmax
from tests.oracles.games import Array
from tests.unit.methods.policy_gradient.points import Point, random_point

STEP = 1e-5
"""Error of a central difference: about STEP^2 times a third derivative, plus rounding 1e-16 / STEP."""

points = pytest.mark.parametrize("seed", range(8))


def differences(function: Callable[[Array], Array], where: Array) -> Array:
    """``d function / d where`` by central differences; missing actions have derivative 0."""
    result = np.zeros(where.shape + np.shape(function(where)))
    for place in zip(*np.nonzero(np.isfinite(where)), strict=True):
        shift = np.zeros(where.shape)
        shift[place] = STEP
        result[place] = (function(where + shift) - function(where - shift)) / (2.0 * STEP)
    return result


def check(exact: Array, numerical: Array) -> None:
    """Equal to 1e-6 of the largest entry."""
    largest = float(np.abs(numerical).max())
    assert largest > 1e-4
    assert exact == pytest.approx(numerical, abs=1e-6 * largest)


@points
def test_first_derivatives(seed: int) -> None:
    """``dV_1/dtheta_1``, ``dV_1/dtheta_2`` and ``dV_2/dtheta_2`` away from any best response."""
    at = random_point(seed)
    found = at.derivatives(at.leader, at.follower)
    check(found.own, differences(lambda x: np.array(at.leader_value(x, at.follower)), at.leader))
    check(found.other, differences(lambda y: np.array(at.leader_value(at.leader, y)), at.follower))
    check(found.follower, differences(lambda y: np.array(at.follower_value(at.leader, y)), at.follower))
    alone = follower_gradient(at.game, at.leader, at.follower, at.temperature, at.follower_weights)
    assert found.follower == pytest.approx(alone, abs=1e-12)
    assert found.leader_value == pytest.approx(at.leader_value(at.leader, at.follower))
    assert found.follower_value == pytest.approx(at.follower_value(at.leader, at.follower))


@points
def test_second_derivatives(seed: int) -> None:
    """The Hessian and the cross derivative of the follower's regularised value, as derivatives of its gradient."""
    at = random_point(seed)
    found = at.derivatives(at.leader, at.follower)
    check(found.hessian, differences(lambda y: at.derivatives(at.leader, y).follower, at.follower))
    check(found.cross, differences(lambda x: at.derivatives(x, at.follower).follower, at.leader))
    states, actions = at.follower.shape
    square = found.hessian.reshape(states * actions, -1)
    assert square == pytest.approx(square.T, abs=1e-12)


@points
@pytest.mark.parametrize("temperature", [0.5, 0.1, 0.02])
def test_the_total_derivative_is_that_of_the_value_under_the_best_response(seed: int, temperature: float) -> None:
    """(18) against differences of ``V_1(theta_1, B(theta_1))``, discounts of the players differing."""
    at = random_point(seed, temperature)

    def climbed(leader: Array) -> Array:
        return np.array(at.leader_value(leader, regularised_response(at.game, leader, temperature)))

    best = regularised_response(at.game, at.leader, temperature)
    numerical = differences(climbed, at.leader)
    exact = at.derivatives(at.leader, best).total
    assert exact == pytest.approx(numerical, abs=1e-6 * max(1e-2, float(np.abs(numerical).max())))


def _shifted(at: Point, amount: float) -> Array:
    shift = amount * np.arange(1.0, 1.0 + len(at.follower))[:, None]
    return np.where(np.isfinite(at.follower), at.follower + shift, -np.inf)


@points
def test_the_hessian_is_singular_along_shifts_and_the_total_derivative_does_not_see_them(seed: int) -> None:
    """Adding a constant per state to the follower's parameters is the reason for Remark 2."""
    at = random_point(seed)
    found = at.derivatives(at.leader, at.follower)
    assert np.abs(found.hessian.sum(axis=3)).max() < 1e-12
    moved = at.derivatives(at.leader, _shifted(at, 3.0))
    assert moved.total == pytest.approx(found.total, rel=1e-9, abs=1e-12)


@points
def test_at_a_best_response_the_hessian_is_known(seed: int) -> None:
    """``-lambda d(s) (diag(y) - y y^T)``, state by state: Assumption 2 holds there."""
    at = random_point(seed)
    best = regularised_response(at.game, at.leader, at.temperature)
    y = softmax(best)
    found = at.derivatives(at.leader, best).hessian
    visits = at.follower_evaluation(at.leader, best).occupancy(at.follower_weights)
    expected = np.zeros_like(found)
    for state, row in enumerate(y):
        expected[state, :, state, :] = -at.temperature * visits[state] * (np.diag(row) - np.outer(row, row))
    assert found == pytest.approx(expected, abs=1e-10)


def test_a_follower_that_has_hardened_gives_finite_derivatives() -> None:
    """Probabilities that are exactly 0 in floating point make no division by zero."""
    at = random_point(0, 1e-4)
    best = regularised_response(at.game, at.leader, at.temperature)
    assert softmax(best).min() == 0.0
    assert np.isfinite(at.derivatives(at.leader, best).total).all()
