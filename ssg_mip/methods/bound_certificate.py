r"""Writes what a search left behind as a certificate of its bound.

The file is described in :mod:`ssg_mip.certificates.dual.document`, and what it proves in
:mod:`ssg_mip.certificates.dual`. The multipliers of a linear program are sorted into blocks by the names of its rows:

* a multiplier ``k`` of an equation ``row == constant`` enters the bound as ``k (constant - row)``: flow rows and
  simplex rows keep it, ``own`` and ``incentive`` rows, written as ``row == 0`` and ``row >= 0``, change its sign;
* those of ``m <= y`` are left out, because the checker takes the best ones;
* that of the objective as a row has been added to the objective's own.

They are written as they are, so that they prove exactly what the search has bounded in floating point.
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

LEAST_SHARE = 2.0**-110
"""Multipliers below this share of the largest one are left out."""


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
            If neither the tree nor the cooperative value proves the bound; no file is written then.
        """
        nodes = self.lines(game, weights, bound)
        header = next(nodes)
        try:
            with path.open("w", encoding="utf-8") as file:
                file.write(json.dumps(header) + "\n")
                file.writelines(json.dumps(node, separators=(",", ":")) + "\n" for node in nodes)
        except OSError as error:
            raise OptionError(f"the certificate cannot be written to {path}: {error.strerror}") from None

    def lines(self, game: Game, weights: FloatArray, bound: float) -> Iterator[Any]:
        """The values of the lines of the file."""
        proof = self._kind_of_proof(game, weights, bound)
        box = follower_value_bounds(game)
        yield {
            "format": FORMAT,
            "game_hash": game.content_hash,
            "weights": weights.tolist(),
            "bound": float(bound),
            "sweeps": SWEEPS,
            "lower": box.lower.tolist(),
            "upper": box.upper.tolist(),
            "conditional": list(self._conditional()),
            "ceiling": _ceiling(game).tolist() if proof == "c" else None,
        }
        match proof:
            case "l":
                yield from self._nodes(game)
            case "z":
                yield ["z", [[mix.tolist(), values.tolist()] for mix, values in self.defences]]
            case _:
                yield ["c"]

    def _kind_of_proof(self, game: Game, weights: FloatArray, bound: float) -> str:
        """Whether the tree, the follower's mixed policies or the ceiling prove a bound."""
        leaves = list(self._leaves())
        if not math.isfinite(bound):
            raise SolverError(f"there is no certificate of the bound {bound!r}: it must be finite")
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

    def _nodes(self, game: Game) -> Iterator[list[Any]]:
        """The nodes in preorder."""
        open_nodes = [self.root]
        while open_nodes:
            trace = open_nodes.pop()
            open_nodes += reversed(trace.parts)
            match trace.split_at:
                case None:
                    yield ["e"] if trace.proof is None else self._leaf(game, trace.proof)
                case ("g", choice, _):
                    state = int(game.follower_slot_state[choice])
                    yield ["g", state, choice - int(game.follower_offsets[state])]
                case ("v", place, value):
                    yield ["v", place, value]
                case _:
                    yield ["p"]

    def _leaf(self, game: Game, proof: Proof) -> list[Any]:
        layout = self._layout(proof)
        largest = max(float(np.abs(proof.row_dual).max(initial=0.0)), proof.objective)
        dual = np.where(np.abs(proof.row_dual) > LEAST_SHARE * largest, proof.row_dual, 0.0)
        blocks = layout.blocks(game, dual.tolist())
        for block, cut in cut_entries(game, layout, proof, np.maximum(-dual[layout.first_cut :], 0.0).tolist()):
            blocks[block][3].append(cut)
        return ["l", proof.objective, proof.box.lower.tolist(), proof.box.upper.tolist(), *blocks]


def prepared_recorder(method: str, path: Path, margin: float = 0.0) -> Recorder:
    """A recorder for a run whose certificate goes to a file.

    Raises
    ------
    OptionError
        If the run leaves no certificate, or the file cannot be written: before the work, not after it.
    """
    check_provable(method, margin)
    if path.is_dir() or not path.parent.is_dir():
        raise OptionError(f"the certificate cannot be written to {path}: name a file in a folder that exists")
    return Recorder()


def check_provable(method: str, margin: float) -> None:
    """Raise :class:`OptionError` if the bound of a run has no certificate: by its method, or because of a margin."""
    if method != "commitment":
        raise OptionError(f"a certificate needs the method 'commitment'; {method!r} proves no bound of its own")
    if margin != 0.0:
        raise OptionError(
            f"margin is {margin!r}; a certificate proves bounds over all stationary policies, not over those that keep "
            "a margin: leave out the margin or the certificate"
        )


def _ceiling(game: Game) -> FloatArray:
    """The leader's values at most, less half of the room that :func:`leader_value_bounds` leaves for rounding."""
    bounds = leader_value_bounds(game)
    size = 1.0 + float(np.maximum(np.abs(bounds.lower), np.abs(bounds.upper)).max())
    ceiling: FloatArray = bounds.upper - 0.25 * DEFAULT_TOLERANCES.arithmetic * size
    return ceiling
