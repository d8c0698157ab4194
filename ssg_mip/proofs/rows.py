"""Where the rows, columns and cuts of a compiled program belong in a bound certificate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from ssg_mip.branch_and_bound.rlt_rows import unit_tangents
from ssg_mip.branch_and_bound.tree_log import Proof
from ssg_mip.checker.dual.cut_terms import CutRow
from ssg_mip.errors import SolverError
from ssg_mip.game.game import Game
from ssg_mip.lp.compiled import CompiledProgram
from ssg_mip.programs.tags import FROM_WEIGHTS, OF_STATE, RowKind, RowTag

_STATEWISE = {
    RowKind.STATEWISE: 0,
    RowKind.STATEWISE_TIMES_VALUE: 0,
    RowKind.STATEWISE_LOW: 1,
    RowKind.STATEWISE_UP: 2,
}
"""How a row within a state is multiplied: not at all or by a value, by its distance to the lower or upper bound."""

_COUPLED = {RowKind.COUPLED: 0, RowKind.COUPLED_TIMES_VALUE: 0, RowKind.COUPLED_LOW: 1, RowKind.COUPLED_UP: 2}
"""The same of rows across states."""

_COSTS = {RowKind.COST: 0, RowKind.COST_TIMES_VALUE: 0, RowKind.COST_LOW: 1, RowKind.COST_UP: 2}
"""The same of bounds on costs."""

_SINGLE = {RowKind.SINGLE_OWN, RowKind.SINGLE_INCENTIVE}
"""The follower's rows for a leader action by itself."""

_OUTSIDE = {
    *(RowKind.IMPROVE, RowKind.SHARE, RowKind.FLOOR, RowKind.VISITS, RowKind.WORTH),
    *(*_STATEWISE, *_COUPLED, *_COSTS, *_SINGLE),
}
"""Rows of no block, or of none alone."""


class BlockLayout:
    """The rows of a compiled program by what they stand for, whatever their order.

    Parameters
    ----------
    program
        The program; rows that say nothing may be missing.
    improving
        Whether it is the improvement program, whose blocks are all of probabilities.
    coupled
        States in rows of the policy that couple several; of a program in occupancies alone their probabilities and
        visits have the multiplier 0.

    Attributes
    ----------
    floored
        The states that have a floor.
    conditional
        The states that have a block of probabilities.
    first_cut
        Number of rows of the program, after which the multipliers of the cuts stand.
    rows
        What each row of the program stands for.
    leaders
        The leader's action that each column of the program is about.
    """

    def __init__(self, program: CompiledProgram, *, improving: bool, coupled: Iterable[int] = ()) -> None:
        self.rows: list[RowTag] = list(program.row_tags.each(RowKind))
        self.leaders = program.column_tags.leader
        self._names = program.row_names
        self._improving = improving
        self._is_two_sided = (np.isfinite(program.row_lower) & np.isfinite(program.row_upper)).tolist()
        self._coupled = tuple(coupled)
        own = {tag.state for tag in self.rows if tag.kind is RowKind.SIMPLEX}
        self.conditional = tuple(sorted(own.union(self._coupled)))
        self.floored = tuple(sorted({tag.block for tag in self.rows if tag.block >= 0}))
        self.first_cut = program.num_rows
        whole = (*(() if improving else (FROM_WEIGHTS,)), *self.floored)
        self._whole = {block: place for place, block in enumerate(whole)}
        self._single = {state: len(whole) + place for place, state in enumerate(self.conditional)}

    def block_of(self, row: int) -> int:
        """The block of a row: that of occupancies, those from states with a floor, then those of single states.

        Raises
        ------
        SolverError
            If the row belongs to none.
        """
        tag = self.rows[row]
        number = self._single.get(tag.state) if tag.block == OF_STATE else self._whole.get(tag.block)
        if number is None:
            raise SolverError(f"no certificate covers the row {self._names[row]!r}")
        return number

    def outside(self, game: Game, multipliers: list[float]) -> list[Any]:
        """The multipliers outside the blocks, as one entry of a leaf; none if there are no such rows."""
        improve = [0.0] * game.num_states
        floor = dict.fromkeys(self.floored, 0.0)
        share = [0.0] * game.num_rows
        for tag, multiplier in zip(self.rows, multipliers, strict=False):
            least = max(0.0, -multiplier)
            match tag.kind:
                case RowKind.IMPROVE:
                    improve[tag.state] = least
                case RowKind.SHARE:
                    share[game.row(tag.state, tag.leader, tag.answer)] = least
                case RowKind.FLOOR:
                    floor[tag.block] = least
        if self._improving:
            return [improve]
        return [[list(floor.values()), share]] if self.floored else []

    def objective(self, objective: float, multipliers: list[float]) -> float:
        """The multiplier of the leader's value: that of the objective, or of the row below which its variable lies."""
        for tag, multiplier in zip(self.rows, multipliers, strict=False):
            if tag.kind is RowKind.WORTH and tag.block == FROM_WEIGHTS:
                return max(0.0, -multiplier)
        return objective

    def policy(self, multipliers: list[float]) -> list[Any]:
        """The multipliers of rows on the policy, as one entry of a leaf."""
        statewise: list[list[Any]] = []
        coupled: list[list[Any]] = []
        visits = dict.fromkeys(self._coupled, 0.0)
        for row, (tag, multiplier) in enumerate(zip(self.rows, multipliers, strict=False)):
            by = multiplier if self._is_two_sided[row] else max(0.0, multiplier)
            if tag.kind is RowKind.VISITS:
                visits[tag.state] = multiplier
            elif tag.kind in _STATEWISE and by:
                place = self.block_of(row)
                statewise.append([place, tag.answer, tag.position, tag.value, _STATEWISE[tag.kind], by])
            elif tag.kind in _COUPLED and by:
                coupled.append([tag.position, tag.value, _COUPLED[tag.kind], by])
        return [statewise, coupled, [visits[state] for state in sorted(visits)]]

    def wider(self, multipliers: list[float]) -> list[Any]:
        """The multipliers of bounds on costs and of the follower's rows for single leader actions, as two entries."""
        costs: list[list[Any]] = []
        single: list[list[Any]] = []
        for row, (tag, multiplier) in enumerate(zip(self.rows, multipliers, strict=False)):
            by = multiplier if self._is_two_sided[row] else max(0.0, multiplier)
            if tag.kind in _COSTS and by:
                costs.append([tag.position, tag.value, _COSTS[tag.kind], by])
            elif tag.kind is RowKind.SINGLE_OWN and multiplier:
                place = [self.block_of(row), tag.state, tag.leader, tag.answer]
                single.append([*place, tag.answer, -multiplier])
            elif tag.kind is RowKind.SINGLE_INCENTIVE and multiplier < 0.0:
                single.append([self.block_of(row), tag.state, tag.leader, tag.answer, tag.action, -multiplier])
        return [costs, single]

    def blocks(self, game: Game, multipliers: list[float]) -> list[list[Any]]:
        """Per block ``[base, base_times_value, incentive, cuts]``, the cuts still missing.

        Raises
        ------
        SolverError
            If a row is of a kind that no certificate covers.
        """
        count = game.num_states
        answers = game.follower_counts.tolist()
        squares = (game.follower_counts**2).tolist()
        starts = np.concatenate(([0], np.cumsum(squares))).tolist()
        blocks: list[list[Any]] = [
            [[0] * count, [[0] * count for _ in range(count)], [0] * starts[-1], []] for _ in self._whole
        ]
        blocks += [[[0], [[0] * count], [0] * squares[s], []] for s in self.conditional]
        for row, (tag, multiplier) in enumerate(zip(self.rows, multipliers, strict=False)):
            if tag.kind is RowKind.WORTH and tag.block != FROM_WEIGHTS:
                raise SolverError(f"no certificate covers the row {self._names[row]!r}")
            if not multiplier or tag.kind in _OUTSIDE:
                continue
            base, by_value, incentive, _ = blocks[self.block_of(row)]
            place, first = (0, 0) if tag.block == OF_STATE else (tag.state, starts[tag.state])
            match tag.kind:
                case RowKind.FLOW | RowKind.SIMPLEX:
                    base[place] = multiplier
                case RowKind.FLOW_TIMES_VALUE | RowKind.SIMPLEX_TIMES_VALUE:
                    by_value[place][tag.value] = multiplier
                case RowKind.OWN:
                    incentive[first + tag.answer * (answers[tag.state] + 1)] = -multiplier
                case RowKind.INCENTIVE:
                    incentive[first + tag.answer * answers[tag.state] + tag.action] = max(0, -multiplier)
                case RowKind.DIFFERENCE:
                    by = max(0, -multiplier)
                    incentive[first + tag.answer * answers[tag.state] + tag.action] = by
                    incentive[first + tag.answer * (answers[tag.state] + 1)] -= by
                case _:
                    raise SolverError(f"no certificate covers the row {self._names[row]!r}")
        return blocks


def cut_entries(game: Game, layout: BlockLayout, proof: Proof, multipliers: list[float]) -> Iterator[tuple[int, Any]]:
    """Block and entry of every cut with a multiplier."""
    base, cuts, box = proof.homogeneous, proof.cuts, proof.box
    program = proof.program
    leader_of = layout.leaders[base.factors]
    for cut, multiplier in enumerate(multipliers):
        if not multiplier:
            continue
        homogeneous, t = int(cuts.row[cut]), int(cuts.place[cut])
        row, sign, subtracted = base.origin[homogeneous].tolist()
        tag = layout.rows[row]
        kind = CutRow.DIFFERENCE if subtracted >= 0 else CutRow.NEGATED if sign < 0 else CutRow.INCENTIVE
        entries = slice(int(base.beta_starts[homogeneous]), int(base.beta_starts[homogeneous + 1]))
        products = base.beta_product[entries]
        leader, other = leader_of[base.factor_of[products]], program.product_value[products]
        bits = np.unpackbits(cuts.choice[cut])[: len(products)]
        chosen = [0] * int(game.leader_counts[tag.state])
        for a, place in zip(leader[bits == 1].tolist(), other[bits == 1].tolist(), strict=True):
            chosen[a] |= 1 << place
        tangents = [0.0] * len(chosen)
        squares = leader[other == t].tolist()
        points = unit_tangents(cuts.tangent[cut, : len(squares)], box.lower[[t]], box.width[[t]])
        for a, point in zip(squares, points.tolist(), strict=True):
            tangents[a] = point
        action = tag.answer if tag.kind is RowKind.OWN else tag.action
        side = int(cuts.upper_side[cut])
        yield (
            layout.block_of(row),
            [multiplier, int(kind), tag.state, tag.answer, action, t, side, chosen, tangents],
        )
