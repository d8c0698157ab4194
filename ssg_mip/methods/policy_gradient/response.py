r"""The follower's regularised best response ``B(theta_1)`` (Proposition 1), exactly and by gradient ascent.

The averaged process (13)-(14) with entropy reward has one optimal policy, ``y(b|s) ~ exp(q(s, b) / lambda)`` with
``q = sum_a x R_2 + gamma_2 sum_t P V`` at its optimal values (Geist et al. 2019). Evaluating that policy and taking the
softmax again is *soft policy iteration*: values rise, and near the optimum their error is squared in each round.
"""

from __future__ import annotations

import math

import numpy as np

from ssg_mip.base.tolerances import ARITHMETIC
from ssg_mip.methods.policy_gradient.tabular import TabularGame, evaluate_follower, log_softmax, softmax
from ssg_mip.numerics.array_types import FloatArray

MOST_ROUNDS = 200
"""Rounds of soft policy iteration; a handful is enough, since it converges quadratically."""


def regularised_response(
    game: TabularGame, leader_parameters: FloatArray, temperature: float, start: FloatArray | None = None
) -> FloatArray:
    """``B(theta_1)`` as parameters ``[s, b]`` that are log-probabilities, so unique.

    Parameters
    ----------
    game, leader_parameters, temperature
        The game, ``theta_1`` and ``lambda > 0``.
    start
        Parameters to start from; all zero if absent.
    """
    x = softmax(leader_parameters)
    missing = ~game.follower_actions
    parameters = np.where(missing, -np.inf, 0.0) if start is None else start
    before = np.full(len(x), -np.inf)
    for _ in range(MOST_ROUNDS):
        current = evaluate_follower(game, x, parameters, temperature)
        q = np.einsum("sa,sab->sb", x, current.action_values)
        parameters = np.where(missing, -np.inf, q / temperature)
        rise = float((current.values - before).max())
        if rise <= ARITHMETIC * (1.0 + float(np.abs(current.values).max())):
            break
        before = current.values
    return np.where(missing, -np.inf, log_softmax(parameters))


def follower_gradient(
    game: TabularGame,
    leader_parameters: FloatArray,
    follower_parameters: FloatArray,
    temperature: float,
    weights: FloatArray,
) -> FloatArray:
    """``dV_2^lambda(mu)/dtheta_2``, ``[s, b]`` (Mei et al. 2020, Lemma 10)."""
    x, y = softmax(leader_parameters), softmax(follower_parameters)
    current = evaluate_follower(game, x, follower_parameters, temperature)
    q = np.einsum("sa,sab->sb", x, current.action_values)
    advantage = q - temperature * log_softmax(follower_parameters) - current.values[:, None]
    gradient: FloatArray = current.occupancy(weights)[:, None] * y * advantage
    return gradient


def follower_step(game: TabularGame, temperature: float) -> float:
    """``beta = (1 - gamma)^3 / (8 + lambda (4 + 8 log A))`` of Proposition 1: one over the smoothness constant."""
    actions = game.follower_actions.shape[1]
    return (1.0 - game.follower_discount) ** 3 / (8.0 + temperature * (4.0 + 8.0 * math.log(actions)))


def ascend(
    game: TabularGame,
    leader_parameters: FloatArray,
    temperature: float,
    weights: FloatArray,
    *,
    steps: int,
    start: FloatArray | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Gradient ascent (15) with the constant step of Proposition 1.

    Returns
    -------
    parameters, values
        The last parameters ``[s, b]``, and ``V_2^lambda(mu)`` before every step and after the last, ``[steps + 1]``.
    """
    step = follower_step(game, temperature)
    x = softmax(leader_parameters)
    parameters = np.where(game.follower_actions, 0.0, -np.inf) if start is None else start
    values = np.empty(steps + 1)
    for round_ in range(steps + 1):
        values[round_] = weights @ evaluate_follower(game, x, parameters, temperature).values
        if round_ < steps:
            parameters = parameters + step * follower_gradient(
                game, leader_parameters, parameters, temperature, weights
            )
    return parameters, values
