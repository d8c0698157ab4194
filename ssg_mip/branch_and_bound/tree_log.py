"""What a search leaves behind for a certificate: its tree, and for every part that it closed the multipliers.

A search that is not asked for one carries ``None`` in the place of every trace. What a trace means is written down in
:mod:`ssg_mip.proofs.tree_lines`.
"""

from __future__ import annotations

import dataclasses
import math

from ssg_mip.branch_and_bound.box import Box
from ssg_mip.branch_and_bound.rlt_cut_sets import Cuts
from ssg_mip.branch_and_bound.rlt_factors import RltFactors
from ssg_mip.lp.compiled import CompiledProgram
from ssg_mip.numerics.array_types import FloatArray


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Proof:
    """Multipliers of a relaxation on a box.

    Attributes
    ----------
    program, homogeneous
        What the rows and the cuts mean.
    box
        The box in whose unit coordinates the rows are written.
    objective
        Multiplier of the objective, that of the objective as a row included.
    row_dual
        Multipliers of the program's rows, then of the cuts, as the solver gave them. Those of ``m <= y`` are left out.
    cuts
        The cuts.
    """

    program: CompiledProgram
    homogeneous: RltFactors
    box: Box
    objective: float
    row_dual: FloatArray
    cuts: Cuts


class TreeLog:
    """A node of the tree: a leaf until it is split.

    Attributes
    ----------
    bound, proof
        The best bound known, and what proves it; without a proof the leaf claims to be empty after propagation.
    split_at
        Kind of the split, its place or choice, and its value (:mod:`ssg_mip.proofs.tree_lines`);
        ``None`` for a leaf.
    closings
        The choices of which one is closed in each part, where that is the split.
    parts
        The parts.
    """

    __slots__ = ("bound", "closings", "parts", "proof", "split_at")

    def __init__(self, bound: float = math.inf, proof: Proof | None = None) -> None:
        self.bound = bound
        self.proof = proof
        self.split_at: tuple[str, int, float] | None = None
        self.closings: tuple[int, ...] = ()
        self.parts: tuple[TreeLog, ...] = ()

    def offer(self, bound: float, proof: Proof) -> None:
        """Keep a proof if it is at least as good as the one there is."""
        if bound <= self.bound:
            self.bound, self.proof = bound, proof

    def empty(self) -> None:
        """Propagation leaves nothing."""
        self.bound, self.proof = -math.inf, None

    def again(self) -> TreeLog:
        """The same part, propagated once more."""
        return self._split(("p", 0, 0.0), 1)[0]

    def at_value(self, place: int, value: float) -> tuple[TreeLog, TreeLog]:
        """The parts below and above a value of a box variable."""
        lower, upper = self._split(("v", place, value), 2)
        return lower, upper

    def cut_off_above(self, place: int, value: float, proof: Proof) -> TreeLog:
        """The part below a value, where a proof closes what is above it."""
        lower, upper = self.at_value(place, value)
        upper.bound, upper.proof = -math.inf, proof
        return lower

    def cut_off_below(self, place: int, value: float, proof: Proof) -> TreeLog:
        """The part above a value, where a proof closes what is below it."""
        lower, upper = self.at_value(place, value)
        lower.bound, lower.proof = -math.inf, proof
        return upper

    def at_choice(self, choice: int) -> tuple[TreeLog, TreeLog]:
        """The part where a choice is taken, and the part where it is not."""
        taken, left = self._split(("g", choice, 0.0), 2)
        return taken, left

    def at_closings(self, choices: tuple[int, ...]) -> tuple[TreeLog, ...]:
        """The parts where the first, the second, ... of some choices is closed."""
        self.closings = choices
        return self._split(("a", 0, 0.0), len(choices))

    def _split(self, where: tuple[str, int, float], count: int) -> tuple[TreeLog, ...]:
        self.split_at = where
        self.parts = tuple(TreeLog(self.bound, self.proof) for _ in range(count))
        self.proof = None
        return self.parts


def again(trace: TreeLog | None) -> TreeLog | None:
    """The same part propagated once more, if there is a trace."""
    return None if trace is None else trace.again()
