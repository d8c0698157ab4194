r"""The linear program of a step: probabilities of some states and what follows for the follower, to first order.

Columns are changes ``df`` of probabilities where they may move and ``dv`` of the follower's values there and around;
elsewhere both count as unchanged. Rows say that probabilities still sum to one, how ``dv`` follows from ``f``,
that the response stays a best one in every state that feels it, and, for steps without a losing state, that
``Q_t(s, f) >= V_t(s)`` (Theorem 8 of Kudo & Akimoto), or to first order that no value falls.
"""

from __future__ import annotations

import dataclasses
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ssg_mip.base.tolerances import DUST
from ssg_mip.exact.heuristics.sparse_steps.model import LocalModel
from ssg_mip.lp.highs import HighsLp, solve_by_interior_point
from ssg_mip.lp.interface import LinearProgram, LpAnswer, LpStatus, SparseRows
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.runs.run import Run

LEFT_OUT = 0.5
"""Incentive rows whose slack exceeds this share of the radius, times what is at stake in the state, are left out."""

ADDITIONS = 6
"""How often rows that turn out to be violated are added at most."""

PATIENCE = 3
"""Iterations of the simplex method for each row and column after which it counts as stalled."""

ROUNDING = 1e-11
"""Coefficients below this share of what is at stake in a state are none."""


@dataclasses.dataclass(frozen=True, eq=False)
class Block:
    """Sparse rows ``lower <= matrix @ x <= upper`` over the columns of a program."""

    matrix: Any
    lower: FloatArray
    upper: FloatArray

    @classmethod
    def at_least(cls, matrix: Any, lower: FloatArray) -> Block:
        """Rows without an upper side."""
        return cls(matrix, lower, np.full(len(lower), np.inf))

    def part(self, rows: NDArray[np.bool_]) -> Block:
        """Some of the rows."""
        return Block(self.matrix[rows], self.lower[rows], self.upper[rows])


@dataclasses.dataclass(frozen=True, eq=False)
class Step:
    """What a step is to do.

    Attributes
    ----------
    moves, feels
        States whose probabilities may change, and among them and around them those in which values are followed;
        boolean, shape ``[num_states]``.
    gradient
        How the objective rises with each probability, shape ``[leader slots]``.
    asked
        By how much the response must beat every action after the step, shape ``[follower slots]``.
    floors
        What the leader must keep in every state, shape ``[num_states]``, and what each of her actions pays if she
        keeps it afterwards, shape ``[leader slots]``; ``None`` for no such rows.
    kept
        What the leader must keep in every state to first order, shape ``[num_states]``; ``None`` for no such rows.
    allowed
        Rows on the policy over all leader slots; ``None`` for none.
    """

    moves: NDArray[np.bool_]
    feels: NDArray[np.bool_]
    gradient: FloatArray
    asked: FloatArray
    floors: tuple[FloatArray, FloatArray] | None = None
    kept: FloatArray | None = None
    allowed: Block | None = None


class StepProgram:
    """The program of a step at a model."""

    def __init__(self, model: LocalModel, step: Step) -> None:
        self._model, self._step, self._game = model, step, model.game
        self._columns = np.flatnonzero(step.moves[self._game.leader_slot_state])
        self._states = np.flatnonzero(step.feels)
        self._moving = step.moves[self._states]
        place = np.full(self._game.num_states, -1)
        place[self._states] = np.arange(len(self._states))
        self._row_of: IntArray = place[self._game.leader_slot_state[self._columns]]
        self._present = model.slots[self._columns]
        self._width = len(self._columns) + len(self._states) * (1 if step.kept is None else 2)
        self.lps = 0

    # ------------------------------------------------------------------ rows

    def _per_state(self, values: FloatArray) -> Any:
        """One row for each state that feels the step over its own probabilities."""
        from scipy.sparse import csr_array

        shape = (len(self._states), self._width)
        return csr_array((values, (self._row_of, np.arange(len(self._columns)))), shape=shape)

    def _sums(self) -> Block:
        none = np.zeros(len(self._states))
        return Block(self._per_state(np.ones(len(self._columns))), none, none).part(self._moving)

    def _values_follow(self) -> Block:
        """``dv = sum_a df(a) his(a) + gamma_B P_g dv``."""
        rows = self._linked(self._model.his, self._game.follower_discount, 0)
        none = np.zeros(len(self._states))
        return Block(rows, none, none)

    def _values_kept(self) -> Block:
        """``dV <= sum_a df(a) hers(a) + gamma_A P_g dV``: no true value is lower than that to first order."""
        rows = self._linked(self._model.hers, self._game.leader_discount, 1)
        none = np.zeros(len(self._states))
        return Block(rows, none - np.inf, none)

    def _linked(self, worth: FloatArray, discount: float, place: int) -> Any:
        """How the changes of a player's values, at a place among the columns, follow from the probabilities."""
        from scipy.sparse import csr_array, eye_array, hstack

        count = len(self._states)
        within = self._model.kernel()[self._states][:, self._states]
        rest = csr_array(eye_array(count, format="csr") - discount * within)
        own = self._per_state(-worth[self._model.answered[self._columns]])[:, : len(self._columns)]
        return self._across(hstack((own, csr_array((count, count * place)), rest), format="csr"))

    def _across(self, matrix: Any) -> Any:
        """A matrix with empty columns for what it does not speak of."""
        from scipy.sparse import csr_array

        return csr_array((matrix.data, matrix.indices, matrix.indptr), shape=(matrix.shape[0], self._width))

    def _floor_rows(self, floors: tuple[FloatArray, FloatArray]) -> Block:
        least, worth = floors
        mine = worth[self._columns]
        present = np.bincount(self._row_of, mine * self._present, len(self._states))
        return Block.at_least(self._per_state(mine), least[self._states] - present).part(self._moving)

    def _allowed_rows(self, allowed: Block) -> Block:
        """Rows on the policy."""
        part = allowed.matrix[:, self._columns]
        present = allowed.matrix @ self._model.slots
        rows = self._across(part)
        return Block(rows, allowed.lower - present, allowed.upper - present).part(np.diff(rows.indptr) > 0)

    @cached_property
    def _incentives(self) -> tuple[Block, FloatArray]:
        """Rows that keep the response, of every action that can come to beat it; their slack in units of the stakes."""
        from scipy.sparse import hstack

        model, game = self._model, self._game
        drift = model.drift()[:, self._states]
        concerned = (np.diff(drift.indptr) > 0) | self._step.feels[game.follower_slot_state]
        concerned[model.answer] = False
        picked = np.flatnonzero(concerned)
        own = model.incentives[picked][:, self._columns]
        matrix = self._across(hstack((own, drift[picked]), format="csr"))
        stake = np.maximum(model.widths[game.follower_slot_state[picked]], ROUNDING * float(np.abs(model.his).max()))
        matrix.data[np.abs(matrix.data) <= ROUNDING * np.repeat(stake, np.diff(matrix.indptr))] = 0.0
        matrix.eliminate_zeros()
        slack = model.slack[picked]
        least = self._step.asked[picked] - slack
        said = np.diff(matrix.indptr) > 0
        return Block.at_least(matrix[said], least[said]), slack[said] / stake[said]

    # ------------------------------------------------------------------ the program, solved

    def solve(self, radius: float, run: Run) -> FloatArray | None:
        """The best probabilities of all leader slots where none moves by more than a radius; ``None`` if none is found.

        Incentive rows with much slack are left out at first, and added where they turn out to be violated.
        """
        rows, slack = self._incentives
        near = slack <= LEFT_OUT * radius
        always = self._always()
        programs = _Growing(self._program([*always, rows.part(near)], radius), run)
        for _ in range(ADDITIONS):
            answer = programs.answer()
            self.lps += 1
            if answer.status is not LpStatus.OPTIMAL:
                return None
            missed = rows.lower - rows.matrix @ answer.point
            added = ~near & (missed > run.tolerances.feasibility * (1.0 + np.abs(rows.lower)))
            if not added.any():
                break
            programs.add(rows.part(added))
            near |= added
        found = self._model.slots.copy()
        found[self._columns] += answer.point[: len(self._columns)]
        return np.where(found < DUST, 0.0, found)

    def _always(self) -> list[Block]:
        step = self._step
        further = [] if step.floors is None else [self._floor_rows(step.floors)]
        further += [] if step.kept is None else [self._values_kept()]
        allowed = [] if step.allowed is None else [self._allowed_rows(step.allowed)]
        return [self._sums(), self._values_follow(), *further, *allowed]

    def _program(self, blocks: list[Block], radius: float) -> LinearProgram:
        from scipy.sparse import vstack

        matrix = vstack([block.matrix for block in blocks], format="csr")
        free = np.full(len(self._states), np.inf)
        kept = self._step.kept
        least = np.zeros(0) if kept is None else (kept - self._model.leader_values)[self._states]
        rest = self._width - len(self._columns)
        return LinearProgram(
            objective=np.concatenate((self._step.gradient[self._columns], np.zeros(rest))),
            starts=matrix.indptr.astype(np.int64),
            indices=matrix.indices.astype(np.int64),
            values=matrix.data,
            row_lower=np.concatenate([block.lower for block in blocks]),
            row_upper=np.concatenate([block.upper for block in blocks]),
            column_lower=np.concatenate((np.maximum(-self._present, -radius), -free, least)),
            column_upper=np.concatenate((np.minimum(1.0 - self._present, radius), np.full(rest, np.inf))),
        )


class _Growing:
    """A program that gains rows: by the simplex method, from basis to basis, or by the interior point method."""

    def __init__(self, program: LinearProgram, run: Run) -> None:
        self._program, self._run = program, run
        self._lp: HighsLp | None = HighsLp(program, seed=run.seed)
        self._lp.stop_after(PATIENCE * (program.num_rows + program.num_columns))
        self._lp.stop_when(lambda: run.stopped)

    def answer(self) -> LpAnswer:
        """Its answer; where the simplex method has none after many iterations the other one is asked from then on."""
        limit, run = self._run.deadline.remaining, self._run
        if self._lp is not None:
            answer = self._lp.solve(time_limit=limit)
            if answer.status is not LpStatus.UNKNOWN or run.stopped:
                return answer
            self._lp = None
        return solve_by_interior_point(self._program, seed=run.seed, time_limit=limit, interrupted=lambda: run.stopped)

    def add(self, rows: Block) -> None:
        """More rows."""
        program, more = self._program, _plain(rows.matrix)
        self._program = dataclasses.replace(
            program,
            starts=np.concatenate((program.starts, more.starts[1:] + len(program.indices))),
            indices=np.concatenate((program.indices, more.indices)),
            values=np.concatenate((program.values, more.values)),
            row_lower=np.concatenate((program.row_lower, rows.lower)),
            row_upper=np.concatenate((program.row_upper, rows.upper)),
        )
        if self._lp is not None:
            self._lp.append_rows(more, rows.lower, rows.upper)


def _plain(matrix: Any) -> SparseRows:
    starts = matrix.indptr.astype(np.int64)
    row_of = np.repeat(np.arange(matrix.shape[0]), np.diff(starts))
    return SparseRows(starts, matrix.indices.astype(np.int64), matrix.data, row_of, matrix.shape[1])
