"""Where the rows, columns and cuts of a compiled program belong in a bound certificate."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from ssg_mip.branch_and_bound.rlt_rows import unit_tangents
from ssg_mip.branch_and_bound.tree_log import Proof
from ssg_mip.checker.dual.cut_terms import CutRow
from ssg_mip.errors import SolverError
from ssg_mip.game.game import Game
from ssg_mip.lp.compiled import CompiledProgram

_NAME = re.compile(r"(\w+)\[([\d,]+)\]")

_FLOOR = re.compile(r"floor(\d+)_(\w+)")
"""Components of the block of a state with a floor."""

_SIDES = {"": 0, "_times_value": 0, "_low": 1, "_up": 2}
"""How a row on the policy is multiplied, by the end of its component's name."""

_STATEWISE, _COUPLED = ({f"{head}{end}": side for end, side in _SIDES.items()} for head in ("statewise", "coupled"))

WORTH = "worth_is_reached"
"""The row of the objective variable, whose multiplier is that of the objective."""

_ON_POLICY = {*_STATEWISE, *_COUPLED, "visits", WORTH}

Name = tuple[str, tuple[int, ...]]


class BlockLayout:
    """The rows of a compiled program by name, whatever their order.

    Parameters
    ----------
    program
        The program; rows that say nothing may be missing.
    improving
        Whether it is the improvement program, whose blocks are all of probabilities.

    Attributes
    ----------
    floored
        The states that have a floor.
    conditional
        The states that have a block of probabilities.
    first_cut
        Number of rows of the program, after which the multipliers of the cuts stand.
    rows, columns
        Component and indices of each row and column of the program.
    """

    def __init__(self, program: CompiledProgram, *, improving: bool) -> None:
        self.rows = [_parse(name) for name in program.row_names]
        self.columns = [_parse(name) for name in program.column_names]
        self._improving = improving
        self._is_equation = (program.row_lower == program.row_upper).tolist()
        self.conditional = tuple(sorted({index[0] for name, index in self.rows if name == "simplex"}))
        found = (_FLOOR.fullmatch(name) for name, _ in self.rows)
        self.floored = tuple(sorted({int(floor[1]) for floor in found if floor is not None}))
        self.first_cut = program.num_rows
        first = 0 if self._improving else 1
        self._block_of_floor = {state: first + place for place, state in enumerate(self.floored)}
        first += len(self.floored)
        self._block_of = {state: first + place for place, state in enumerate(self.conditional)}

    def block_of(self, row: int) -> int:
        """The block of a row: that of occupancies, those from states with a floor, then those of single states."""
        name, index = self.rows[row]
        floor = _FLOOR.fullmatch(name)
        if floor is not None:
            return self._block_of_floor[int(floor[1])]
        of_state = self._improving or name.startswith(("simplex", "conditional"))
        return self._block_of[index[0]] if of_state else 0

    def outside(self, game: Game, multipliers: list[float]) -> list[Any]:
        """The multipliers outside the blocks, as one entry of a leaf; none if there are no such rows."""
        improve = [0.0] * game.num_states
        floor = dict.fromkeys(self.floored, 0.0)
        share = [0.0] * game.num_rows
        for (name, index), multiplier in zip(self.rows, multipliers, strict=False):
            least = max(0.0, -multiplier)
            if name == "improve":
                improve[index[0]] = least
            elif name == "share":
                share[game.row(*index)] = least
            elif (found := _FLOOR.fullmatch(name)) and found[2] == "value":
                floor[int(found[1])] = least
        if self._improving:
            return [improve]
        return [[list(floor.values()), share]] if self.floored else []

    def objective(self, objective: float, multipliers: list[float]) -> float:
        """The multiplier of the leader's value: that of the objective, or of the row below which its variable lies."""
        for (name, _), multiplier in zip(self.rows, multipliers, strict=False):
            if name == WORTH:
                return max(0.0, -multiplier)
        return objective

    def policy(self, multipliers: list[float]) -> list[Any]:
        """The multipliers of rows on the policy, as one entry of a leaf."""
        statewise: list[list[Any]] = []
        coupled: list[list[Any]] = []
        visits: dict[int, float] = {}
        for row, ((name, index), multiplier) in enumerate(zip(self.rows, multipliers, strict=False)):
            kind = name.removeprefix("conditional_")
            by = multiplier if name.endswith("_times_value") or self._is_equation[row] else max(0.0, multiplier)
            if kind == "visits":
                visits[index[0]] = multiplier
            elif kind in _STATEWISE and by:
                _, b, i, *t = index
                statewise.append([self.block_of(row), b, i, *(t or [-1]), _STATEWISE[kind], by])
            elif kind in _COUPLED and by:
                i, *t = index
                coupled.append([i, *(t or [-1]), _COUPLED[kind], by])
        return [statewise, coupled, [visits[state] for state in sorted(visits)]]

    def blocks(self, game: Game, multipliers: list[float]) -> list[list[Any]]:
        """Per block ``[base, base_times_value, incentive, cuts]``, the cuts still missing.

        Raises
        ------
        SolverError
            If a row is of a kind that no certificate covers.
        """
        count = game.num_states
        squares = (game.follower_counts**2).tolist()
        starts = np.concatenate(([0], np.cumsum(squares))).tolist()
        whole = (not self._improving) + len(self.floored)
        blocks: list[list[Any]] = [
            [[0] * count, [[0] * count for _ in range(count)], [0] * starts[-1], []] for _ in range(whole)
        ]
        blocks += [[[0], [[0] * count], [0] * squares[s], []] for s in self.conditional]
        for row, ((name, index), multiplier) in enumerate(zip(self.rows, multipliers, strict=False)):
            floor = _FLOOR.fullmatch(name)
            kind = name.removeprefix("conditional_") if floor is None else floor[2]
            if not multiplier or kind in {"improve", "share", "value"} or kind in _ON_POLICY:
                continue
            number = self.block_of(row)
            base, by_value, incentive, _ = blocks[number]
            place = index[0] if number < whole else 0
            first = starts[index[0]] if number < whole else 0
            match kind:
                case "flow" | "simplex":
                    base[place] = multiplier
                case "flow_times_value" | "simplex_times_value":
                    by_value[place][index[1]] = multiplier
                case "own":
                    incentive[first + index[1] * (int(game.follower_counts[index[0]]) + 1)] = -multiplier
                case "incentive":
                    entry = first + index[1] * int(game.follower_counts[index[0]]) + index[2]
                    incentive[entry] = max(0, -multiplier)
                case _:
                    raise SolverError(f"no certificate covers rows of the kind {name!r}")
        return blocks


def cut_entries(game: Game, layout: BlockLayout, proof: Proof, multipliers: list[float]) -> Iterator[tuple[int, Any]]:
    """Block and entry of every cut with a multiplier."""
    base, cuts, box = proof.homogeneous, proof.cuts, proof.box
    program = proof.program
    leader_of = np.array([layout.columns[column][1][1] for column in base.factors.tolist()], dtype=np.int64)
    for cut, multiplier in enumerate(multipliers):
        if not multiplier:
            continue
        homogeneous, t = int(cuts.row[cut]), int(cuts.place[cut])
        row, sign, subtracted = base.origin[homogeneous].tolist()
        name, index = layout.rows[row]
        own = name.endswith("own")
        kind = CutRow.DIFFERENCE if subtracted >= 0 else CutRow.NEGATED if sign < 0 else CutRow.INCENTIVE
        entries = slice(int(base.beta_starts[homogeneous]), int(base.beta_starts[homogeneous + 1]))
        products = base.beta_product[entries]
        leader, other = leader_of[base.factor_of[products]], program.product_value[products]
        bits = np.unpackbits(cuts.choice[cut])[: len(products)]
        chosen = [0] * int(game.leader_counts[index[0]])
        for a, place in zip(leader[bits == 1].tolist(), other[bits == 1].tolist(), strict=True):
            chosen[a] |= 1 << place
        tangents = [0.0] * len(chosen)
        squares = leader[other == t].tolist()
        points = unit_tangents(cuts.tangent[cut, : len(squares)], box.lower[[t]], box.width[[t]])
        for a, point in zip(squares, points.tolist(), strict=True):
            tangents[a] = point
        action = index[1] if own else index[2]
        side = int(cuts.upper_side[cut])
        yield (
            layout.block_of(row),
            [multiplier, int(kind), index[0], index[1], action, t, side, chosen, tangents],
        )


def _parse(name: str) -> Name:
    found = _NAME.fullmatch(name)
    if found is None:
        return name, ()
    return found[1], tuple(int(part) for part in found[2].split(","))
