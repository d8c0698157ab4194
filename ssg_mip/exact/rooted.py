"""A program written for a root box: what every problem for the search has, whatever the program is."""

from __future__ import annotations

from abc import ABC, abstractmethod

from ssg_mip.branch_and_bound.box import Box
from ssg_mip.branch_and_bound.branching_rule import BranchingRule, choose_branch
from ssg_mip.branch_and_bound.relaxation import BoxRelaxation
from ssg_mip.lp.compiled import CompiledProgram
from ssg_mip.numerics.array_types import IntArray
from ssg_mip.runs.run import Run


class Rooted(ABC):
    """A root box, and the relaxation of the program that is written for it."""

    _root: Box | None = None
    _relaxation: BoxRelaxation | None = None

    @abstractmethod
    def _first_root(self) -> Box:
        """The root box that the search begins with."""

    @property
    def root(self) -> Box:
        """The root box, tightened."""
        if self._root is None:
            self._root = self._first_root()
        return self._root

    @property
    def relaxation(self) -> BoxRelaxation:
        """The relaxation of the program at the root; written when it is first asked for."""
        if self._relaxation is None:
            self._relaxation = self._written(self.root)
        return self._relaxation

    def rebuild(self, box: Box) -> None:
        """Make ``box`` the root and write the program anew, without the answers that are closed in it."""
        self._root, self._relaxation = box, self._written(box)

    @property
    def branching(self) -> BranchingRule:
        """Where to split boxes: at the value whose products are most violated."""
        return choose_branch

    @abstractmethod
    def _written(self, box: Box) -> BoxRelaxation:
        """The relaxation of the program, written for a box."""


def relaxation_in(run: Run, compiled: CompiledProgram, slot_of: IntArray) -> BoxRelaxation:
    """The relaxation of a compiled program, whose linear programs end with the run."""
    relaxation = BoxRelaxation(compiled, slot_of, seed=run.seed, accuracy=run.tolerances.feasibility)
    relaxation.stop_when(lambda: run.interrupt.requested)
    relaxation.end_by(run.deadline)
    return relaxation
