r"""Writes what a search left behind as a certificate of its bound.

The file is described in :mod:`ssg_mip.certificates.dual.document`, and what it proves in
:mod:`ssg_mip.certificates.dual`. The multipliers of a linear program are sorted into blocks by the names of its rows:

* a multiplier ``k`` of an equation ``row == constant`` enters the bound as ``k (constant - row)``: flow rows and
  simplex rows keep it, ``own`` and ``incentive`` rows, written as ``row == 0`` and ``row >= 0``, change its sign;
* those of ``m <= y`` are left out, because the checker takes the best ones;
* that of the objective as a row is added to the objective's own.

They are rounded to whole numbers, which may change what they prove by far less than the slack for rounding that the
search has added to its bounds.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ssg_mip.bounds import follower_value_bounds, leader_value_bounds
from ssg_mip.branching.trace import Proof, Trace
from ssg_mip.certificates.dual.document import FORMAT
from ssg_mip.errors import OptionError, SolverError
from ssg_mip.game import FloatArray, Game
from ssg_mip.interval import SWEEPS
from ssg_mip.methods.certificate_rows import BlockLayout, cut_entries
from ssg_mip.tolerances import DEFAULT_TOLERANCES

GRID_BITS = 64
"""Boxes are multiples of this power of two of the largest value."""

MULTIPLIER_BITS = 60
"""Multipliers are multiples of this power of two of the largest one."""


class Recorder:
    """Remembers the search behind one bound on the commitment program.

    Attributes
    ----------
    root
        The tree, filled by the search; without a proof while there was no search.
    defences
        Where a zero-sum game needed no search: mixed policies of the follower, and the leader's values at most against
        each.
    """

    def __init__(self) -> None:
        self.root = Trace()
        self.defences: tuple[tuple[FloatArray, FloatArray], ...] = ()
        self._layouts: dict[int, BlockLayout] = {}

    def write(self, path: Path, game: Game, weights: FloatArray, bound: float) -> None:
        """Write the certificate of a bound to a file.

        Raises
        ------
        OptionError
            If the file cannot be written.
        SolverError
            If neither the tree nor the cooperative value proves the bound.
        """
        try:
            with path.open("w", encoding="utf-8") as file:
                file.writelines(
                    json.dumps(line, separators=(", ", ": ") if i == 0 else (",", ":")) + "\n"
                    for i, line in enumerate(self.lines(game, weights, bound))
                )
        except OSError as error:
            raise OptionError(f"the certificate cannot be written to {path}: {error.strerror}") from None

    def lines(self, game: Game, weights: FloatArray, bound: float) -> Iterator[Any]:
        """The values of the lines of the file."""
        proof = self._kind_of_proof(game, weights, bound)
        box, ceiling = follower_value_bounds(game), _ceiling(game)
        scale = max(float(np.abs([box.lower, box.upper, ceiling]).max()), DEFAULT_TOLERANCES.arithmetic)
        grid = max(0, GRID_BITS - math.frexp(scale)[1])
        yield {
            "format": FORMAT,
            "game_hash": game.content_hash,
            "weights": weights.tolist(),
            "bound": float(bound),
            "grid": grid,
            "sweeps": SWEEPS,
            "lower": _down(box.lower, grid),
            "upper": _up(box.upper, grid),
            "conditional": list(self._conditional()),
            "ceiling": _up(ceiling, grid) if proof == "c" else None,
        }
        match proof:
            case "l":
                yield from self._nodes(game, grid)
            case "z":
                yield ["z", [[_whole(mix, MULTIPLIER_BITS), _up(values, grid)] for mix, values in self.defences]]
            case _:
                yield ["c"]

    def _kind_of_proof(self, game: Game, weights: FloatArray, bound: float) -> str:
        """Whether the tree, the follower's mixed policies or the ceiling prove a bound."""
        leaves = list(self._leaves())
        if all(leaf.bound <= bound for leaf in leaves):
            return "l"
        if self.defences:
            return "z"
        if float(weights @ _ceiling(game)) <= bound:
            return "c"
        raise SolverError(f"the bound {bound!r} rests on something that no certificate covers")

    def _leaves(self) -> Iterator[Trace]:
        open_nodes = [self.root]
        while open_nodes:
            trace = open_nodes.pop()
            if trace.split_at is None:
                yield trace
            open_nodes += trace.parts

    def _conditional(self) -> tuple[int, ...]:
        for leaf in self._leaves():
            if leaf.proof is not None:
                return self._layout(leaf.proof).conditional
        return ()

    def _layout(self, proof: Proof) -> BlockLayout:
        key = id(proof.program)
        if key not in self._layouts:
            self._layouts[key] = BlockLayout(proof.program)
        return self._layouts[key]

    def _nodes(self, game: Game, grid: int) -> Iterator[list[Any]]:
        """The nodes in preorder."""
        open_nodes = [self.root]
        while open_nodes:
            trace = open_nodes.pop()
            open_nodes += reversed(trace.parts)
            match trace.split_at:
                case None:
                    yield ["e"] if trace.proof is None else self._leaf(game, trace.proof, grid)
                case ("g", choice, _):
                    state = int(game.follower_slot_state[choice])
                    yield ["g", state, choice - int(game.follower_offsets[state])]
                case ("v", place, value):
                    yield ["v", place, math.floor(math.ldexp(value, grid))]
                case ("v+", place, value):
                    yield ["v", place, math.ceil(math.ldexp(value, grid))]
                case _:
                    yield ["p"]

    def _leaf(self, game: Game, proof: Proof, grid: int) -> list[Any]:
        layout = self._layout(proof)
        box, dual = proof.box, proof.row_dual
        largest = max(float(np.abs(dual).max(initial=0.0)), proof.objective)
        scale = max(0, MULTIPLIER_BITS - math.frexp(largest)[1])
        blocks = layout.blocks(game, _whole(dual, scale))
        first = layout.first_cut
        multipliers = _whole(np.maximum(-dual[first:], 0.0), scale)
        for block, cut in cut_entries(game, layout, proof, multipliers):
            blocks[block][3].append(cut)
        return [
            "l",
            round(math.ldexp(proof.objective, scale)),
            scale,
            _down(box.lower, grid),
            _up(box.upper, grid),
            *blocks,
        ]


def prepared_recorder(method: str, path: Path) -> Recorder:
    """A recorder for a run whose certificate goes to a file.

    Raises
    ------
    OptionError
        If the method leaves no certificate, or the file cannot be written: before the work, not after it.
    """
    if method != "commitment":
        raise OptionError(f"a certificate needs the method 'commitment'; {method!r} proves no bound of its own")
    if path.is_dir() or not path.parent.is_dir():
        raise OptionError(f"the certificate cannot be written to {path}: name a file in a folder that exists")
    return Recorder()


def _ceiling(game: Game) -> FloatArray:
    """The leader's values at most, less half of the room that :func:`leader_value_bounds` leaves for rounding."""
    bounds = leader_value_bounds(game)
    size = 1.0 + float(np.maximum(np.abs(bounds.lower), np.abs(bounds.upper)).max())
    ceiling: FloatArray = bounds.upper - 0.25 * DEFAULT_TOLERANCES.arithmetic * size
    return ceiling


def _whole(values: FloatArray, scale: int) -> list[int]:
    """``values 2^scale`` as the nearest whole numbers."""
    return [int(value) for value in np.rint(np.ldexp(values, scale)).tolist()]


def _down(values: FloatArray, grid: int) -> list[int]:
    return [math.floor(math.ldexp(value, grid)) for value in values.tolist()]


def _up(values: FloatArray, grid: int) -> list[int]:
    return [math.ceil(math.ldexp(value, grid)) for value in values.tolist()]
