r"""First-order models of both players' values in the leader's policy, for a fixed follower response.

Fix a deterministic response ``g``. Under it both players' values are smooth functions of ``f``; to first order a step
``df`` changes the follower's values by ``dv = (I - gamma_B P_g)^{-1} sum_a df(a) [r_B + gamma_B p v]`` and the
leader's likewise. The linear program moves ``f`` inside a trust region so that ``g`` stays a best response to first
order and the objective rises (:mod:`ssg_mip.methods.local_ascent` accepts or rejects it). The optimum usually sits
where the follower is indifferent, a vertex of these constraints, so the steps converge quadratically.

The same step serves the commitment program (objective ``rho V``) and the improvement program (objective
``alpha Q_t``, every ``Q_t(s) >= V_t(s)``).
"""

from __future__ import annotations

import dataclasses

import numpy as np

from ssg_mip.game import FloatArray, Game, IntArray
from ssg_mip.mdp import DENSE_STATES
from ssg_mip.policy import LeaderPolicy
from ssg_mip.solver.highs import solve_lp
from ssg_mip.solver.interface import LinearProgram, LpStatus


@dataclasses.dataclass(frozen=True, eq=False)
class LinearGoal:
    """The leader's side of the linearised program: maximise ``gradient @ f`` subject to ``rows @ f >= least``."""

    gradient: FloatArray
    rows: FloatArray
    least: FloatArray


class FixedResponse:
    """The linearisation of both players' values in ``f`` for a fixed response, at one policy."""

    def __init__(self, game: Game, policy: LeaderPolicy, response: IntArray) -> None:
        if game.num_states > DENSE_STATES:
            raise ValueError(f"local ascent works on dense matrices of at most {DENSE_STATES} states")
        self.game = game
        self.slots = policy.slots(game)
        self._answered = np.flatnonzero(game.row_follower == response[game.row_state])
        weight = self.slots[game.row_leader_slot]
        chosen = self._answered
        kernel = np.zeros((game.num_states, game.num_states))
        np.add.at(kernel, game.row_state[chosen], weight[chosen, None] * game.dense_transition[chosen])
        identity = np.eye(game.num_states)
        self._follower_inverse: FloatArray = np.linalg.inv(identity - game.follower_discount * kernel).astype(float)
        self._leader_inverse: FloatArray = np.linalg.inv(identity - game.leader_discount * kernel).astype(float)
        self.follower_values = self._values(game.follower_rewards, self._follower_inverse, weight)
        self.leader_values = self._values(game.leader_rewards, self._leader_inverse, weight)

    def _values(self, rewards: FloatArray, inverse: FloatArray, weight: FloatArray) -> FloatArray:
        chosen = self._answered
        mean = np.bincount(self.game.row_state[chosen], weight[chosen] * rewards[chosen], self.game.num_states)
        values: FloatArray = inverse @ mean
        return values

    def _per_slot(self, row_values: FloatArray) -> FloatArray:
        """``[state, leader slot]``: the coefficient of each leader slot in its own state, answered rows only."""
        chosen = self._answered
        table = np.zeros((self.game.num_states, len(self.slots)))
        table[self.game.row_state[chosen], self.game.row_leader_slot[chosen]] = row_values[chosen]
        return table

    def leader_slopes(self) -> FloatArray:
        """``dV(s) / df`` as ``[state, leader slot]`` (the constant part is the present value)."""
        game = self.game
        q = game.leader_rewards + game.leader_discount * (game.dense_transition @ self.leader_values)
        slopes: FloatArray = self._leader_inverse @ self._per_slot(q)
        return slopes

    def gains_over(self, values: FloatArray) -> FloatArray:
        """``Q_t(s, f, g) - V_t(s)`` as a linear map ``[state, leader slot]`` for constant values ``V_t``."""
        game = self.game
        q = game.leader_rewards + game.leader_discount * (game.dense_transition @ values) - values[game.row_state]
        return self._per_slot(q)

    def incentive_rows(self) -> tuple[FloatArray, FloatArray]:
        """Linearised ``q(s, f, g(s)) - q(s, f, b) >= 0`` as ``rows @ f >= least``, for every other action ``b``."""
        game = self.game
        v = self.follower_values
        q = game.follower_rewards + game.follower_discount * (game.dense_transition @ v)
        own = self._per_slot(q)
        moved = self._follower_inverse @ own
        others = [slot for slot in range(int(game.follower_offsets[-1])) if not self._is_answer(slot)]
        rows = np.zeros((len(others), len(self.slots)))
        least = np.zeros(len(others))
        weight = self.slots[game.row_leader_slot]
        for place, slot in enumerate(others):
            mine = np.flatnonzero(game.row_follower_slot == slot)
            state = int(game.follower_slot_state[slot])
            rows[place] = own[state]
            rows[place, game.row_leader_slot[mine]] -= q[mine]
            answered = self._answered[game.row_state[self._answered] == state]
            shift = weight[answered] @ game.dense_transition[answered] - weight[mine] @ game.dense_transition[mine]
            # The values move with f: (P_g - P_b) dv, with dv = moved @ (f - present f).
            slope = game.follower_discount * (shift @ moved)
            rows[place] += slope
            least[place] = float(slope @ self.slots)
        return rows, least

    def _is_answer(self, slot: int) -> bool:
        row = int(np.flatnonzero(self.game.row_follower_slot == slot)[0])
        return bool(np.any(self._answered == row))


def linearised_step(model: FixedResponse, goal: LinearGoal, radius: float, *, margin: float = 0.0) -> FloatArray | None:
    """The best leader slots within ``radius`` of the present ones, to first order.

    Parameters
    ----------
    model, goal
        The linearisation and the leader's side of it.
    radius
        Trust region: no probability moves by more.
    margin
        By how much the fixed response must beat every other action.

    Returns
    -------
    array or None
        Leader slots, or ``None`` if the LP has no answer.
    """
    game = model.game
    rows, least = model.incentive_rows()
    least = least + margin
    simplex = np.zeros((game.num_states, len(model.slots)))
    simplex[game.leader_slot_state, np.arange(len(model.slots))] = 1.0
    matrix = np.vstack((simplex, rows, goal.rows))
    ones = np.ones(game.num_states)
    dense_rows, columns = np.nonzero(matrix)
    answer = solve_lp(
        LinearProgram(
            objective=goal.gradient,
            starts=np.searchsorted(dense_rows, np.arange(len(matrix) + 1)),
            indices=columns,
            values=matrix[dense_rows, columns],
            row_lower=np.concatenate((ones, least, goal.least)),
            row_upper=np.concatenate((ones, np.full(len(least) + len(goal.least), np.inf))),
            column_lower=np.maximum(model.slots - radius, 0.0),
            column_upper=np.minimum(model.slots + radius, 1.0),
        )
    )
    return answer.point if answer.status is LpStatus.OPTIMAL else None
