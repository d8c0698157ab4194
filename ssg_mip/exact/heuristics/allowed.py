"""The policies that a policy space allows, for heuristics: their rows as arrays, and the nearest allowed policy."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from ssg_mip.exact.heuristics.alike import Alike
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.lp.highs import OneShotLp
from ssg_mip.lp.interface import LinearProgram, LpStatus
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.policy_space import PolicySpace


@dataclasses.dataclass(frozen=True, eq=False)
class SlotRows:
    """``lower <= matrix @ f <= upper`` for probabilities ``f`` per leader slot."""

    matrix: FloatArray
    lower: FloatArray
    upper: FloatArray

    @classmethod
    def none(cls, slots: int) -> SlotRows:
        """No rows."""
        return cls(np.zeros((0, slots)), np.zeros(0), np.zeros(0))


class Allowed:
    """A policy space in one game.

    Parameters
    ----------
    game, space
        The game, and which policies are allowed.
    """

    def __init__(self, game: Game, space: PolicySpace) -> None:
        self._game = game
        self._space = space
        self._alike = Alike(game, space)
        self._lp = OneShotLp()
        slots = int(game.leader_offsets[-1])
        self.rows = SlotRows(
            np.array([row.coefficients for row in space.rows], dtype=float).reshape(-1, slots),
            np.array([row.lower for row in space.rows], dtype=float),
            np.array([row.upper for row in space.rows], dtype=float),
        )

    def holds(self, policy: LeaderPolicy) -> bool:
        """Whether a policy is allowed, within the tolerance of every row."""
        return self._space.holds(self._game, policy)

    def losing_states(self, policy: LeaderPolicy) -> NDArray[np.bool_]:
        """The states of rows that a policy does not keep."""
        game, slots = self._game, policy.slots(self._game)
        broken = np.zeros(game.num_states, dtype=bool)
        for row in self._space.rows:
            if not row.holds(slots):
                broken[row.states(game)] = True
        return broken

    def nearest(self, policy: LeaderPolicy) -> LeaderPolicy | None:
        """The policy itself, if it is allowed, or one whose probabilities differ least from its own, in sum.

        Where several states play alike they have the same probabilities, to the last bit. ``None`` if linear
        programming finds none.
        """
        if self.holds(policy):
            return self._alike.copied(policy)
        slots = policy.slots(self._game)
        answer = self._lp.solve(self._distance(slots))
        if answer.status is not LpStatus.OPTIMAL:
            return None
        found = self._alike.copied(LeaderPolicy.from_slots(self._game, answer.point[: len(slots)]))
        return found if self.holds(found) else None

    def _distance(self, slots: FloatArray) -> LinearProgram:
        """Minimise ``sum |f - slots|`` over the allowed ``f``; the columns are ``f`` and the distances."""
        game, count = self._game, len(slots)
        simplex = np.zeros((game.num_states, count))
        simplex[game.leader_slot_state, np.arange(count)] = 1.0
        rows = np.vstack((simplex, self.rows.matrix))
        same = np.eye(count)
        matrix = np.block([[rows, np.zeros((len(rows), count))], [same, -same], [same, same]])
        row, column = np.nonzero(matrix)
        ones, none = np.ones(game.num_states), np.full(count, np.inf)
        return LinearProgram(
            objective=np.concatenate((np.zeros(count), -np.ones(count))),
            starts=np.searchsorted(row, np.arange(len(matrix) + 1)),
            indices=column,
            values=matrix[row, column],
            row_lower=np.concatenate((ones, self.rows.lower, -none, slots)),
            row_upper=np.concatenate((ones, self.rows.upper, slots, none)),
            column_lower=np.zeros(2 * count),
            column_upper=np.ones(2 * count),
        )
