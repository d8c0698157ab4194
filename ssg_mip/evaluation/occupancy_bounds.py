r"""Bounds on how often, discounted by the leader, states are visited, whatever both players do.

``d(t) = sum_k gamma_A^k Pr(s_k = t)`` from a start distribution is the value of a process whose reward is 1 in ``t``
and 0 elsewhere. So ``d(t) <= start @ phi`` for every ``phi`` with
``phi(s) >= 1{s = t} + gamma_A sum_s' p(s') phi(s')`` on every joint action, and at least that where the inequality is
turned around. With bounds ``e <= d <= o`` and some answers closed they shrink further, because
``d(t) = start(t) + gamma_A sum_s,a,b p(t|s,a,b) y(s,a,b)`` and ``sum_t d(t) = sum(start) / (1 - gamma_A)``.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from ssg_mip.base.tolerances import ROUNDING
from ssg_mip.evaluation.mdp import (
    DecisionProcess,
    dense,
    joint_process,
    optimal_control,
    transition_matrix,
    upper_solution,
)
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray

SWEEPS = 3
"""Sweeps of the inequalities per box."""

OUTWARDS = 1e-12
"""Share of its size by which a bound is moved outwards: more than the rounding of what it is computed from."""


@dataclasses.dataclass(frozen=True, eq=False)
class OccupancyBounds:
    """Bounds on the occupancies of all states, and what proves them.

    Attributes
    ----------
    lower, upper
        Per state.
    below, above
        The functions ``phi`` of each state ``t``, as rows ``[t, s]``.
    """

    lower: FloatArray
    upper: FloatArray
    below: FloatArray
    above: FloatArray


def occupancy_bounds(game: Game, start: FloatArray) -> OccupancyBounds:
    """Bounds on the occupancies of all states from a start distribution: two decision processes per state."""
    process = joint_process(game, leader=True)
    below, above = (np.array([_phi(process, game, t, sign) for t in range(game.num_states)]) for sign in (-1.0, 1.0))
    lower, upper = np.maximum(below @ start, 0.0), above @ start
    return OccupancyBounds(lower * (1.0 - OUTWARDS), upper * (1.0 + OUTWARDS), below, above)


def _phi(process: DecisionProcess, game: Game, state: int, sign: float) -> FloatArray:
    """Least upper (``sign`` 1) or largest lower bounds on the visits to a state, by the state in which one starts."""
    reward = (game.row_state == state).astype(float)
    signed = dataclasses.replace(process, reward=sign * reward)
    values: FloatArray = sign * upper_solution(signed, optimal_control(signed).values)
    return values


class OccupancySweeps:
    """Shrinks bounds on occupancies by each other and by which answers are open.

    Parameters
    ----------
    game, start
        The game, and the start distribution.
    """

    def __init__(self, game: Game, start: FloatArray) -> None:
        self._game = game
        self._start = start
        self._total = float(start.sum()) / (1.0 - game.leader_discount)
        self._moves = game.leader_discount * dense(transition_matrix(game))

    def tighten(
        self, lower: FloatArray, upper: FloatArray, answers: NDArray[np.bool_]
    ) -> tuple[FloatArray, FloatArray] | None:
        """Smaller bounds with the same consistent policies; ``None`` if there are none."""
        game = self._game
        open_rows = answers[game.row_follower_slot][:, None]
        most = np.maximum.reduceat(np.where(open_rows, self._moves, -np.inf), game.row_offsets[:-1], axis=0)
        least = np.minimum.reduceat(np.where(open_rows, self._moves, np.inf), game.row_offsets[:-1], axis=0)
        noise = ROUNDING * (1.0 + self._total)
        for _ in range(SWEEPS):
            before = lower, upper
            upper = np.minimum(upper, self._start + upper @ most + noise)
            lower = np.maximum(lower, self._start + lower @ least - noise)
            upper = np.minimum(upper, self._total - (lower.sum() - lower) + noise)
            lower = np.maximum(lower, self._total - (upper.sum() - upper) - noise)
            if np.any(lower > upper + noise):
                return None
            upper = np.maximum(upper, lower)
            if np.array_equal(before, (lower, upper)):
                break
        return lower, upper
