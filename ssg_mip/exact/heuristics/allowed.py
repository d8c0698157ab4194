"""The policies that a policy space allows, for heuristics: their rows as arrays, and the nearest allowed policy."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from ssg_mip.base.deadline import Deadline
from ssg_mip.exact.heuristics.alike import Alike
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.lp.highs import OneShotLp, solve_milp
from ssg_mip.lp.interface import LinearProgram, LpStatus
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.policy_space import PolicySpace
from ssg_mip.problem.wider_rows import SUPPORT_TOLERANCE

NEAREST_GAP = 1e-3
"""Relative gap at which the search for the actions of a near policy ends."""


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

    def at(self, slots: FloatArray) -> SlotRows:
        """The rows for steps from some probabilities."""
        del slots
        return self


@dataclasses.dataclass(frozen=True, eq=False)
class LimitedRows(SlotRows):
    """The same where states use a few actions only: a step from as many as are allowed uses no others.

    ``most`` says by state, as a range of slots, how many.
    """

    most: tuple[tuple[int, int, int], ...] = ()

    def at(self, slots: FloatArray) -> SlotRows:
        """The rows, and one for every action that stays unused."""
        unused: list[int] = []
        for first, last, most in self.most:
            used = slots[first:last] > SUPPORT_TOLERANCE
            if np.count_nonzero(used) >= most:
                unused += (first + np.flatnonzero(~used)).tolist()
        further = np.zeros((len(unused), len(slots)))
        further[np.arange(len(unused)), unused] = 1.0
        none = np.zeros(len(unused))
        return SlotRows(
            np.vstack((self.matrix, further)),
            np.concatenate((self.lower, none)),
            np.concatenate((self.upper, none)),
        )


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
        first = game.leader_offsets
        self._most = tuple(
            (int(first[state]), int(first[state + 1]), most) for state, most in space.most_actions(game).items()
        )
        self.rows = LimitedRows(
            np.array([row.coefficients for row in space.rows], dtype=float).reshape(-1, slots),
            np.array([row.lower for row in space.rows], dtype=float),
            np.array([row.upper for row in space.rows], dtype=float),
            self._most,
        )

    def holds(self, policy: LeaderPolicy) -> bool:
        """Whether a policy is allowed, within the tolerance of every row."""
        return self._space.holds(self._game, policy)

    def losing_states(self, policy: LeaderPolicy) -> NDArray[np.bool_]:
        """The states of rows that a policy does not keep, and those that use more actions than they may."""
        game, slots = self._game, policy.slots(self._game)
        broken = np.zeros(game.num_states, dtype=bool)
        for row in self._space.rows:
            if not row.holds(slots):
                broken[row.states(game)] = True
        for limit in self._space.supports:
            first, last = game.leader_offsets[limit.state : limit.state + 2]
            broken[limit.state] |= limit.used(slots[first:last]) > limit.most
        return broken

    def nearest(self, policy: LeaderPolicy) -> LeaderPolicy | None:
        """The policy itself, if it is allowed, or one whose probabilities differ least from its own, in sum.

        Where several states play alike they have the same probabilities, to the last bit. Where states may use a few
        actions only these are the likeliest ones, or any others if the rows forbid that. ``None`` if linear
        programming finds none.
        """
        if self.holds(policy):
            return self._alike.copied(policy)
        slots = policy.slots(self._game)
        answer = self._lp.solve(self._distance(slots, self._likeliest(slots)))
        found = answer.point if answer.status is LpStatus.OPTIMAL else self._any_near(slots)
        if found is None:
            return None
        mended = self._alike.copied(LeaderPolicy.from_slots(self._game, np.maximum(found[: len(slots)], 0.0)))
        return mended if self.holds(mended) else None

    def _likeliest(self, slots: FloatArray) -> FloatArray:
        """The largest probability of every action where states use their likeliest actions alone."""
        upper = np.ones(len(slots))
        for first, last, most in self._most:
            order = np.argsort(-slots[first:last], kind="stable")
            upper[first + order[most:]] = 0.0
        return upper

    def _any_near(self, slots: FloatArray) -> FloatArray | None:
        """The nearest probabilities whichever actions are used; ``None`` where there are no limits, or none."""
        if not self._most:
            return None
        plain, count = self._distance(slots, np.ones(len(slots))), len(slots)
        places = [slot for first, last, _ in self._most for slot in range(first, last)]
        limited = len(places)
        used = np.hstack((np.eye(count)[places], np.zeros((limited, count)), -np.eye(limited)))
        few = np.zeros((len(self._most), 2 * count + limited))
        start = 0
        for row, (first, last, _) in enumerate(self._most):
            few[row, 2 * count + start : 2 * count + start + last - first] = 1.0
            start += last - first
        matrix = np.vstack((used, few))
        rows, column = np.nonzero(matrix)
        none = np.full(len(matrix), -np.inf)
        answer = solve_milp(
            LinearProgram(
                objective=np.concatenate((plain.objective, np.zeros(limited))),
                starts=np.concatenate(
                    (plain.starts, plain.starts[-1] + np.searchsorted(rows, np.arange(1, len(matrix) + 1)))
                ),
                indices=np.concatenate((plain.indices, column)),
                values=np.concatenate((plain.values, matrix[rows, column])),
                row_lower=np.concatenate((plain.row_lower, none)),
                row_upper=np.concatenate((plain.row_upper, np.zeros(limited), [most for _, _, most in self._most])),
                column_lower=np.concatenate((plain.column_lower, np.zeros(limited))),
                column_upper=np.concatenate((plain.column_upper, np.ones(limited))),
                integer=np.concatenate((np.zeros(2 * count, dtype=bool), np.ones(limited, dtype=bool))),
            ),
            deadline=Deadline(),
            gap=NEAREST_GAP,
        )
        if not answer.has_point:
            return None
        found = answer.point[:count]
        again = self._lp.solve(self._distance(slots, self._likeliest(found)))
        return again.point if again.status is LpStatus.OPTIMAL else None

    def _distance(self, slots: FloatArray, most: FloatArray) -> LinearProgram:
        """Minimise ``sum |f - slots|`` over the allowed ``f <= most``; the columns are ``f`` and the distances."""
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
            column_upper=np.concatenate((most, np.ones(count))),
        )
