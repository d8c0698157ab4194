r"""Where to split boxes of programs with rows on the policy that couple states.

Such a relaxation errs in three ways: by the values (``w`` is not ``y v``), by the occupancies (``y`` is not ``d x``),
and by answers that are mixed in a state of a row (``x(s,.,.)`` has not rank one), each with a policy of its own. What
errs most is split, but the last two are left alone as long as they do no harm: occupancies while the policy
``sum_b y / d`` keeps every row, answers while the policies of the heaviest answers do, both while values err
noticeably.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ssg_mip.branch_and_bound.box import Box
from ssg_mip.branch_and_bound.branching_rule import branch_by_scores, splittable, violation_scores
from ssg_mip.branch_and_bound.records import Branch, ChoiceBranch, Split
from ssg_mip.branch_and_bound.relaxation import BoxRelaxation, Point
from ssg_mip.game.game import Game
from ssg_mip.lp.compiled import CompiledProgram
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.programs.tags import ColumnKind

NOTICEABLE = 1e-2
"""Share of the other errors from which on errors of the values keep them waiting."""

PURE = 1e-6
"""Probability beside the heaviest answer below which a state's answers count as one."""

LEAST_VISITS = 1e-3
"""Occupancy that a state counts with at least where answers are compared."""


@dataclasses.dataclass(frozen=True, eq=False)
class CoupledColumns:
    """Where the joint actions of coupled states stand in a compiled program.

    The improvement program has probabilities and no occupancies: there ``y`` is ``x``, and no ``d`` stands in the box.

    Attributes
    ----------
    rows
        Joint-action rows of the game.
    x, y
        Columns of their probabilities and of their occupancies.
    products
        Places of ``y = x d`` among the products; without ``d`` of all products of ``x``, several in a row.
    states, d, places
        The coupled states, the columns of their ``d``, and their places in the box.
    """

    rows: IntArray
    x: IntArray
    y: IntArray
    products: IntArray
    states: IntArray
    d: IntArray
    places: IntArray

    @classmethod
    def of_probabilities(cls, game: Game, compiled: CompiledProgram, states: IntArray) -> CoupledColumns:
        """Those of a program whose probabilities have all their products with values, and no occupancies.

        Parameters
        ----------
        states
            The coupled states.
        """
        tags, none = compiled.column_tags, np.zeros(0, dtype=np.int64)
        x = np.flatnonzero((tags.kind == ColumnKind.WEIGHT) & np.isin(tags.state, states))
        order = np.argsort(compiled.product_factor, kind="stable")
        first = np.searchsorted(compiled.product_factor[order], x)
        rows = game.row_offsets[tags.state[x]] + tags.leader[x] * game.follower_counts[tags.state[x]] + tags.answer[x]
        products = order[first[:, None] + np.arange(game.num_states)]
        return cls(rows=rows, x=x, y=x, products=products, states=states, d=none, places=none)


@dataclasses.dataclass(frozen=True, eq=False)
class CoupledBranching:
    """The branching rule.

    Attributes
    ----------
    game
        The game.
    columns
        Where the program of the present relaxation has what is read.
    keeps
        Whether probabilities per leader slot keep every row that couples states.
    groups
        The state of every choice that is an answer; -1 for other choices.
    """

    game: Game
    columns: Callable[[], CoupledColumns]
    keeps: Callable[[FloatArray], bool]
    groups: IntArray

    def __call__(self, relaxation: BoxRelaxation, box: Box, point: Point, root_width: FloatArray) -> Split | None:
        """The split; ``None`` where nothing can be split."""
        if not len(point.error):
            return self._widest(relaxation, box, point, root_width) or self._any_answer(box)
        columns = self.columns()
        scores = np.where(splittable(box), violation_scores(relaxation, box, point), 0.0)
        visits = np.zeros(len(scores))
        visits[columns.places], scores[columns.places] = scores[columns.places], 0.0
        answers = self._answer_scores(box, point, columns)
        if scores.max() > NOTICEABLE * max(float(visits.max()), float(answers.max())):
            visits, answers = self._where_harmful(point, columns, visits, answers)
        largest = max(float(scores.max()), float(visits.max()))
        if answers.max() > largest:
            return self._answer(box, point, columns, int(np.argmax(answers)))
        if largest > 0.0:
            return branch_by_scores(relaxation, box, point, root_width, scores + visits)
        mixed = self._most_mixed(box, point, columns)
        if mixed is not None:
            return self._answer(box, point, columns, mixed)
        return self._widest(relaxation, box, point, root_width) or self._any_answer(box)

    def _widest(self, relaxation: BoxRelaxation, box: Box, point: Point, root_width: FloatArray) -> Branch | None:
        return branch_by_scores(relaxation, box, point, root_width, np.zeros(len(box.lower)))

    def _answer_scores(self, box: Box, point: Point, columns: CoupledColumns) -> FloatArray:
        """Per state, how far its probabilities are from one policy for all answers, by what they are worth."""
        game = self.game
        x = np.zeros(game.num_rows)
        x[columns.rows] = np.maximum(point.columns[columns.x], 0.0)
        weight = np.zeros(game.num_rows)
        weight[columns.rows] = point.importance[columns.products].reshape(len(columns.rows), -1).max(axis=1)
        policy = np.bincount(game.row_leader_slot, x, int(game.leader_offsets[-1]))
        answer = self._mass(x)
        off = np.abs(x - policy[game.row_leader_slot] * answer[game.row_follower_slot]) * weight
        visits = np.zeros(game.num_states)
        visits[columns.states] = np.maximum(point.columns[columns.d], LEAST_VISITS) if len(columns.d) else 1.0
        scores: FloatArray = np.bincount(game.row_state, off, game.num_states) * visits
        return np.where(self._open_answers(box) > 1, scores, 0.0)

    def _mass(self, x: FloatArray) -> FloatArray:
        """Per follower slot, the probability of the answer."""
        count = int(self.game.follower_offsets[-1])
        return np.bincount(self.game.row_follower_slot, x, count).astype(float, copy=False)

    def _open_answers(self, box: Box) -> IntArray:
        found: IntArray = np.add.reduceat(self._answers(box).astype(np.int64), self.game.follower_offsets[:-1])
        return found

    def _answers(self, box: Box) -> NDArray[np.bool_]:
        """Which follower slots are open; other choices of a box come after them."""
        return box.open_choices[: int(self.game.follower_offsets[-1])]

    def _where_harmful(
        self, point: Point, columns: CoupledColumns, visits: FloatArray, answers: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """The scores of occupancies and of answers, but nothing where the policies read from them keep the rows."""
        if self.keeps(self._slots(columns, point.columns[columns.y])):
            visits = np.zeros(len(visits))
        if self.keeps(self._slots(columns, self._heaviest(point, columns))):
            answers = np.zeros(len(answers))
        return visits, answers

    def _heaviest(self, point: Point, columns: CoupledColumns) -> FloatArray:
        """The probabilities of the joint actions with the heaviest answer of their state, 0 for the others."""
        game = self.game
        x = np.maximum(point.columns[columns.x], 0.0)
        whole = np.zeros(game.num_rows)
        whole[columns.rows] = x
        mass = self._mass(whole)
        largest = np.maximum.reduceat(mass, game.follower_offsets[:-1])
        kept = mass >= largest[game.follower_slot_state]
        return np.where(kept[game.row_follower_slot[columns.rows]], x, 0.0)

    def _slots(self, columns: CoupledColumns, weights: FloatArray) -> FloatArray:
        """Probabilities per leader slot of the coupled states, 0 elsewhere."""
        game = self.game
        slots = np.bincount(
            game.row_leader_slot[columns.rows], np.maximum(weights, 0.0), int(game.leader_offsets[-1])
        ).astype(float, copy=False)
        totals = np.add.reduceat(slots, game.leader_offsets[:-1])[game.leader_slot_state]
        probabilities: FloatArray = slots / np.where(totals > 0.0, totals, 1.0)
        return probabilities

    def _most_mixed(self, box: Box, point: Point, columns: CoupledColumns) -> int | None:
        """The coupled state whose heaviest answer has least of it, if there is one with several."""
        x = np.zeros(self.game.num_rows)
        x[columns.rows] = np.maximum(point.columns[columns.x], 0.0)
        largest = np.maximum.reduceat(self._mass(x), self.game.follower_offsets[:-1])
        several = self._open_answers(box)[columns.states] > 1
        beside = np.where(several, 1.0 - largest[columns.states], 0.0)
        return int(columns.states[int(np.argmax(beside))]) if beside.max() > PURE else None

    def _answer(self, box: Box, point: Point, columns: CoupledColumns, state: int) -> ChoiceBranch:
        """The heaviest open answer of a state, and the others."""
        x = np.zeros(self.game.num_rows)
        x[columns.rows] = np.maximum(point.columns[columns.x], 0.0)
        mass = np.where(self._answers(box), self._mass(x), -1.0)
        first, last = self.game.follower_offsets[state : state + 2]
        return self._choice(int(first + np.argmax(mass[first:last])))

    def _any_answer(self, box: Box) -> ChoiceBranch | None:
        """The first open answer of a coupled state that has several."""
        for state in self.columns().states[self._open_answers(box)[self.columns().states] > 1].tolist():
            first = int(self.game.follower_offsets[state])
            return self._choice(first + int(np.argmax(self._answers(box)[first:])))
        return None

    def _choice(self, slot: int) -> ChoiceBranch:
        return ChoiceBranch(slot, self.groups == self.groups[slot])
