r"""Exact derivatives of values in softmax parameters, and the leader's total derivative.

Write ``x(a|s)``, ``y(b|s)`` for the policies, ``M = (I - gamma P^xy)^-1`` and ``d = mu^T M`` for the visits. A
parameter ``theta(s, .)`` moves one row only of ``V = r^xy + gamma P^xy V``, so with ``V`` held fixed on the right

* ``d V(t) / d theta(s, i) = M(t, s) pi(i|s) A(s, i)``, where ``A`` is the *advantage* of action ``i`` of that player:
  for the follower ``A_2(s, b) = sum_a x Q_2(s, a, b) - lambda log y(b|s) - V_2(s)`` (Mei et al. 2020, Lemma 10);
* ``d F / d theta(s, i) = d(s) pi(i|s) A(s, i)`` for ``F = sum_s mu(s) V(s)``.

Differentiating ``V = r + gamma P V`` twice gives for two parameters ``i`` of state ``s`` and ``j`` of state ``t``

``d^2 F / (d i d j) = d(s) L(i, j) [s = t] + d(s) gamma dP(s,.)/di . dV/dj + d(t) gamma dP(t,.)/dj . dV/di``,

with ``L`` the second derivative of the state's own stage game, ``V`` held fixed.

**The total derivative** (18)-(19) is

``dV_1/dtheta_1 - d^2 V_2/(dtheta_1 dtheta_2) [d^2 V_2/dtheta_2^2]^-1 dV_1/dtheta_2``.

Adding a constant to all parameters of a state changes nothing, so the Hessian is singular; one parameter per state is
held fixed (Remark 2). Any choice gives the same derivative; the most likely action is chosen, which keeps the rest of
the system well-conditioned. Row ``(s, b)`` of the Hessian and of ``dV_1/dtheta_2`` carries the factor
``d_2(s) y(b|s)``, which vanishes as the policy hardens: it is divided out before the system is solved, by hand and not
numerically. At a best response the system that is left is ``-lambda (I - 1 y^T)``, state by state, without the fixed
actions: invertible for ``lambda > 0``. So Assumption 2 holds at best responses; elsewhere it is an assumption.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from ssg_mip.methods.policy_gradient.tabular import (
    Evaluation,
    TabularGame,
    evaluate_follower,
    evaluate_leader,
    log_softmax,
    softmax,
)
from ssg_mip.numerics.array_types import FloatArray


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Derivatives:
    """All first derivatives, and the second ones of the follower's regularised value, at a pair of parameters.

    Attributes
    ----------
    leader_value, follower_value
        ``V_1(rho)`` and ``V_2^lambda(mu)``, scaled.
    own, other
        ``dV_1/dtheta_1`` ``[s, a]`` and ``dV_1/dtheta_2`` ``[s, b]``.
    follower
        ``dV_2/dtheta_2`` ``[s, b]``.
    cross
        ``d^2 V_2 / (dtheta_1 dtheta_2)``, ``[s, a, t, b]``.
    hessian
        ``d^2 V_2 / dtheta_2^2``, ``[s, b, t, b]``.
    total
        The leader's total derivative (19), ``[s, a]``.
    """

    leader_value: float
    follower_value: float
    own: FloatArray
    other: FloatArray
    follower: FloatArray
    cross: FloatArray
    hessian: FloatArray
    total: FloatArray

    @property
    def stationarity(self) -> float:
        """The Euclidean norm of the total derivative."""
        return float(np.linalg.norm(self.total))


def differentiate(
    game: TabularGame,
    leader_parameters: FloatArray,
    follower_parameters: FloatArray,
    temperature: float,
    *,
    leader_weights: FloatArray,
    follower_weights: FloatArray,
) -> Derivatives:
    """Everything that (8) and (9) need, by linear algebra.

    Parameters
    ----------
    game
        The tabular game.
    leader_parameters, follower_parameters
        ``theta_1`` ``[s, a]`` and ``theta_2`` ``[s, b]``; ``-inf`` for missing actions.
    temperature
        ``lambda > 0``.
    leader_weights, follower_weights
        Start distributions: of the leader's objective, and ``mu > 0`` of the follower's.
    """
    x, y = softmax(leader_parameters), softmax(follower_parameters)
    first = evaluate_leader(game, x, y)
    second = evaluate_follower(game, x, follower_parameters, temperature)
    visits_1, visits_2 = first.occupancy(leader_weights), second.occupancy(follower_weights)

    advantage_11 = np.einsum("sb,sab->sa", y, first.action_values) - first.values[:, None]
    advantage_12 = np.einsum("sa,sab->sb", x, first.action_values) - first.values[:, None]
    expected = np.einsum("sa,sab->sb", x, second.action_values)
    advantage_22 = expected - temperature * log_softmax(follower_parameters) - second.values[:, None]
    by_leader = np.einsum("sb,sab->sa", y, second.action_values)
    advantage_21 = by_leader - np.einsum("sa,sa->s", x, by_leader)[:, None]

    own = visits_1[:, None] * x * advantage_11
    scaled_hessian = _scaled_hessian(game, x, y, second, advantage_22, temperature, visits_2)
    cross = _cross(game, x, y, second, advantage_21, advantage_22, visits_2)
    direction = _solve_fixed(game, y, scaled_hessian, (visits_1 / visits_2)[:, None] * advantage_12)
    return Derivatives(
        leader_value=float(leader_weights @ first.values),
        follower_value=float(follower_weights @ second.values),
        own=own,
        other=visits_1[:, None] * y * advantage_12,
        follower=visits_2[:, None] * y * advantage_22,
        cross=cross,
        hessian=(visits_2[:, None] * y)[:, :, None, None] * scaled_hessian,
        total=own - np.einsum("satb,tb->sa", cross, direction),
    )


def _motion(game: TabularGame, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """``dP(s, .)/dtheta(s, i)`` without its factor ``pi(i|s)``: leader ``[s, a, t]``, follower ``[s, b, t]``."""
    by_leader = np.einsum("sb,sabt->sat", y, game.transition)
    by_follower = np.einsum("sa,sabt->sbt", x, game.transition)
    mean = np.einsum("sa,sat->st", x, by_leader)[:, None, :]
    return by_leader - mean, by_follower - mean


def _scaled_hessian(
    game: TabularGame,
    x: FloatArray,
    y: FloatArray,
    second: Evaluation,
    advantage: FloatArray,
    temperature: float,
    visits: FloatArray,
) -> FloatArray:
    """``d^2 V_2/dtheta_2^2`` divided by ``d_2(s) y(b|s)`` of its row, ``[s, b, t, c]``.

    Stage part: ``d/dtheta_c [y_b A_b] / y_b = (A_b - lambda) ([b = c] - y_c) - y_c A_c``.
    """
    states, actions = y.shape
    _, motion = _motion(game, x, y)
    moves = second.discount * np.einsum("sbt,tu->sbu", motion, second.resolvent)
    hessian: FloatArray = np.einsum("sbt,tc->sbtc", moves, y * advantage)
    hessian += np.einsum("sb,t,tc,tcs->sbtc", advantage / visits[:, None], visits, y, moves)
    stage = (advantage - temperature)[:, :, None] * (np.eye(actions) - y[:, None, :]) - (y * advantage)[:, None, :]
    hessian[np.arange(states), :, np.arange(states), :] += stage
    return hessian


def _cross(
    game: TabularGame,
    x: FloatArray,
    y: FloatArray,
    second: Evaluation,
    advantage_1: FloatArray,
    advantage_2: FloatArray,
    visits: FloatArray,
) -> FloatArray:
    """``d^2 V_2 / (dtheta_1 dtheta_2)``, ``[s, a, t, b]``; stage part: ``x_a y_b`` times ``Q_2`` centred twice."""
    states = np.arange(len(x))
    motion_1, motion_2 = _motion(game, x, y)
    moves_1, moves_2 = (
        second.discount * np.einsum("sit,tu->siu", motion, second.resolvent) for motion in (motion_1, motion_2)
    )
    cross: FloatArray = np.einsum("s,sa,sat,tb->satb", visits, x, moves_1, y * advantage_2)
    cross += np.einsum("t,tb,tbs,sa->satb", visits, y, moves_2, x * advantage_1)
    q = second.action_values
    centred = q - np.einsum("sb,sab->sa", y, q)[:, :, None]
    centred = centred - np.einsum("sa,sab->sb", x, centred)[:, None, :]
    cross[states, :, states, :] += np.einsum("s,sa,sb,sab->sab", visits, x, y, centred)
    return cross


def _solve_fixed(game: TabularGame, y: FloatArray, matrix: FloatArray, right: FloatArray) -> FloatArray:
    """Solve the reduced system; entries of the fixed action of each state, and of missing ones, are 0."""
    free = game.follower_actions.copy()
    free[np.arange(len(y)), y.argmax(axis=1)] = False
    places = np.flatnonzero(free)
    solution = np.zeros(y.size)
    if len(places):
        system = matrix.reshape(y.size, y.size)[np.ix_(places, places)]
        solution[places] = _solved(system, right.ravel()[places])
    return solution.reshape(y.shape)


def _solved(system: FloatArray, right: FloatArray) -> FloatArray:
    """By factorisation; by least squares where the Hessian is singular, which Assumption 2 rules out."""
    try:
        answer = np.linalg.solve(system, right)
    except np.linalg.LinAlgError:
        answer = np.linalg.lstsq(system, right, rcond=None)[0]
    return answer.astype(np.float64, copy=False)
