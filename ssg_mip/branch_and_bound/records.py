"""What the search remembers: nodes, the incumbent, limits and the outcome."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ssg_mip.base.gap import gap_size
from ssg_mip.base.status import Termination
from ssg_mip.branch_and_bound.box import Box
from ssg_mip.branch_and_bound.rlt_cut_sets import Cuts
from ssg_mip.branch_and_bound.tree_log import TreeLog
from ssg_mip.result import ProgressRow


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Branch:
    """Where a node is to be split: box coordinate and value."""

    place: int
    value: float

    def children(self, box: Box) -> tuple[Box, Box]:
        """The parts below and above."""
        return box.split(self.place, self.value)

    def traces(self, trace: TreeLog) -> tuple[TreeLog, TreeLog]:
        """The parts of a node's trace."""
        return trace.at_value(self.place, self.value)


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class ChoiceBranch:
    """The part where one alternative of a group is taken, and the part where it is not.

    ``alternatives`` is a boolean per choice: those of the same group.
    """

    choice: int
    alternatives: NDArray[np.bool_]

    def children(self, box: Box) -> tuple[Box, Box]:
        """The parts with the choice and without it."""
        alone = np.zeros(len(self.alternatives), dtype=bool)
        alone[self.choice] = True
        return box.without(self.alternatives & ~alone), box.without(alone)

    def traces(self, trace: TreeLog) -> tuple[TreeLog, TreeLog]:
        """The parts of a node's trace."""
        return trace.at_choice(self.choice)


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class ClosingBranch:
    """As many parts as there are ``choices``, with one of them closed in each: at least one of them is not taken."""

    choices: tuple[int, ...]

    def children(self, box: Box) -> tuple[Box, ...]:
        """The parts without the first, the second, ... choice."""
        closed = np.zeros((len(self.choices), len(box.open_choices)), dtype=bool)
        closed[np.arange(len(self.choices)), list(self.choices)] = True
        return tuple(box.without(one) for one in closed)

    def traces(self, trace: TreeLog) -> tuple[TreeLog, ...]:
        """The parts of a node's trace."""
        return trace.at_closings(self.choices)


Split = Branch | ChoiceBranch | ClosingBranch
"""How a node may be split."""


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Node:
    """An open node: its box, its bound, where to split it and the basis and cuts its children start from.

    ``trace`` is its place in a certificate, if one is asked for.
    """

    bound: float
    box: Box
    branch: Split
    depth: int
    basis: Any
    cuts: Cuts
    trace: TreeLog | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Aim:
    """When a search may stop: ``dual - primal <= max(absolute, relative * gap_size(primal, scale))``.

    Attributes
    ----------
    relative, absolute, scale
        The gaps, and the least size to which the first one is relative.
    enough
        The first solution worth more than this ends the search.
    ceiling
        No solution is worth more: one that comes as close as the gap asks ends the search.
    """

    relative: float
    absolute: float
    scale: float = 0.0
    enough: float = math.inf
    ceiling: float = math.inf

    def target(self, primal: float) -> float:
        """The dual bound at which the search may stop."""
        if math.isinf(primal):
            return primal
        return primal + max(self.absolute, self.relative * gap_size(primal, self.scale))


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """What a search found: the best solution (opaque to the search), both bounds and why it stopped."""

    solution: Any
    primal_bound: float
    dual_bound: float
    termination: Termination
    nodes: int
    lps: int
    lp_seconds: float
    progress: tuple[ProgressRow, ...]
