"""Spatial branch and bound over boxes of values: correct at every moment, anytime.

The search knows boxes and bounds and no games. What it asks of a *problem* is in :class:`BoxProblem`: a relaxation, a
way to shrink a box without losing solutions, and a way to turn a relaxed point into exact solutions with their
values. Primal values are whatever the problem's exact evaluation says; dual bounds come from the relaxation by weak
duality. At any moment the dual bound is the largest bound among open nodes and those set aside.
"""

from __future__ import annotations

import dataclasses
import heapq
import itertools
import logging
import math
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from ssg_mip.base.budget import Budget
from ssg_mip.base.deadline import OutOfTime
from ssg_mip.base.gap import gap_size
from ssg_mip.base.status import Termination
from ssg_mip.branch_and_bound.bound_tightening import ROUNDS, RootRounds
from ssg_mip.branch_and_bound.box import Box
from ssg_mip.branch_and_bound.branching_rule import BranchingRule, CuttingPolicy
from ssg_mip.branch_and_bound.options import DEFAULT_OPTIONS, SearchOptions
from ssg_mip.branch_and_bound.records import Aim, Node, Outcome
from ssg_mip.branch_and_bound.relaxation import BoxRelaxation, Point
from ssg_mip.branch_and_bound.rlt_cut_sets import NO_CUTS, Cuts
from ssg_mip.branch_and_bound.tree_log import TreeLog, again
from ssg_mip.lp.interface import LpStatus
from ssg_mip.numerics.array_types import IntArray
from ssg_mip.result import ProgressRow

CUT_ROUNDS = 1
"""Rounds of RLT cuts at a node that stays open."""

CUTS_A_ROUND = 30
"""At most this many cuts are added in a round."""

LOOK_ALWAYS = 40
"""Open nodes at which solutions are always looked for."""

LOOK_EVERY = 4
"""After that, at one open node in this many."""

WORTH_REWRITING = 0.15
"""Share of the choices that must have closed for the relaxation to be written anew."""

logger = logging.getLogger(__name__)

PROGRESS_SECONDS = 0.5
"""Progress rows without a new incumbent are written at least this far apart."""


class BoxProblem(Protocol):
    """What a method hands to the search.

    The root and its relaxation may be made when they are first asked for: the search asks only after the solutions
    known before it. Writing a relaxation may end with :class:`~ssg_mip.base.deadline.OutOfTime`.
    """

    groups: IntArray

    @property
    def root(self) -> Box:
        """The box that holds every solution."""

    @property
    def relaxation(self) -> BoxRelaxation:
        """The relaxation, written for the root."""

    @property
    def branching(self) -> BranchingRule:
        """Where to split boxes."""

    def rebuild(self, box: Box) -> None:
        """Make ``box`` the root and write the relaxation anew, without the choices that are closed in it."""

    def tighten(self, box: Box) -> Box | None:
        """A box inside ``box`` that keeps every solution in it, or ``None`` if there is none."""

    def start(self) -> Iterable[tuple[float, Any]]:
        """Solutions known before the search, each with its exact value."""

    def propose(self, point: Point, box: Box, primal_bound: float) -> Iterable[tuple[float, Any]]:
        """Solutions near a relaxed point, each with its exact value."""


@dataclasses.dataclass(frozen=True, eq=False)
class _Child:
    """A bounded box that is not yet among the open nodes."""

    box: Box
    bound: float
    point: Point
    basis: Any
    cuts: Cuts
    trace: TreeLog | None


class Search:
    """One run of the branch and bound.

    Parameters
    ----------
    problem
        What to solve.
    aim
        When to stop with an answer.
    budget
        When to stop without.
    on_progress
        Called with each new progress row: at every new incumbent, from time to time between them, and at the end.
    options
        Ingredients to leave out.
    trace
        The root of the tree to be remembered for a certificate; ``None`` if none is asked for.
    """

    def __init__(
        self,
        problem: BoxProblem,
        aim: Aim,
        budget: Budget,
        *,
        on_progress: Callable[[ProgressRow], None] | None = None,
        options: SearchOptions = DEFAULT_OPTIONS,
        trace: TreeLog | None = None,
    ) -> None:
        self._options = options
        self._trace = trace
        self._problem = problem
        self._aim = aim
        self._budget = budget
        self._on_progress = on_progress
        self._opened = False
        self._heap: list[tuple[float, int, Node]] = []
        self._ticket = itertools.count()
        self._solution: Any = None
        self._primal = -math.inf
        self._set_aside = -math.inf
        self._in_hand = math.inf  # until the root is bounded
        self._cutting = CuttingPolicy()
        self._nodes = 0
        self._looked = 0
        self._past_lps = 0
        self._lp_seconds = 0.0
        self._rows: list[ProgressRow] = []

    # ------------------------------------------------------------------ bounds

    @property
    def dual_bound(self) -> float:
        """The proven bound: the largest among open nodes, the node in hand and nodes set aside, or the ceiling.

        The incumbent, if that is more.
        """
        best_open = -self._heap[0][0] if self._heap else -math.inf
        return max(self._primal, min(self._aim.ceiling, max(best_open, self._in_hand, self._set_aside)))

    @property
    def _target(self) -> float:
        """The dual bound at which the search may stop; a node at or below it needs no further work."""
        return self._aim.target(self._primal)

    @property
    def _lps(self) -> int:
        return self._past_lps + (self._problem.relaxation.lps if self._opened else 0)

    @property
    def _all_lp_seconds(self) -> float:
        return self._lp_seconds + (self._problem.relaxation.lp_seconds if self._opened else 0.0)

    def _accept(self, candidates: Iterable[tuple[float, Any]]) -> None:
        """Take over better solutions, until one is good enough or reaches the ceiling."""
        for value, solution in candidates:
            if value > self._primal:
                self._primal, self._solution = value, solution
                self._write_row(flag="*")
            if self._primal > self._aim.enough or self._aim.ceiling <= self._target:
                return

    def _close(self, bound: float) -> None:
        """Set a node aside for good; its bound still counts."""
        self._set_aside = max(self._set_aside, bound)

    # ------------------------------------------------------------------ the loop

    def run(self) -> Outcome:
        """Search until the gap is closed or a limit is reached."""
        self._accept(self._problem.start())
        try:
            if not self._gap_closed() and self._limit_reached() is None:
                self._open_root()
            termination = self._loop()
        except OutOfTime:  # while the relaxation was written; what was in hand still counts in the bound
            termination = self._limit_reached() or Termination.TIME_LIMIT
        self._write_row()
        return Outcome(
            solution=self._solution,
            primal_bound=self._primal,
            dual_bound=self.dual_bound,
            termination=termination,
            nodes=self._nodes,
            lps=self._lps,
            lp_seconds=self._all_lp_seconds,
            progress=tuple(self._rows),
        )

    def _loop(self) -> Termination:
        while not self._gap_closed():
            if self._opened and not self._heap:
                return Termination.NUMERICAL
            limit = self._limit_reached()
            if limit is not None:
                return limit
            node = heapq.heappop(self._heap)[2]
            self._in_hand = node.bound
            children = node.branch.children(node.box)
            for box, trace in zip(children, _split(node, len(children)), strict=True):
                self._keep(self._bound(box, node.bound, node.basis, node.cuts, trace), node.depth + 1)
            self._in_hand = -math.inf
            self._report()
        return Termination.GAP if self._solution is not None else Termination.INFEASIBLE

    def _gap_closed(self) -> bool:
        return self.dual_bound <= self._target

    def _limit_reached(self) -> Termination | None:
        """Why to stop although the gap is open, if so."""
        if self._primal > self._aim.enough:
            return Termination.GOOD_ENOUGH
        return self._budget.stop_reason(self._nodes)

    # ------------------------------------------------------------------ the root

    def _open_root(self) -> None:
        """Bound the root, shrink it as long as that pays, writing the smaller relaxation anew, and open it."""
        problem = self._problem
        root, _ = problem.root, problem.relaxation  # written now
        self._root_width, self._opened = root.width, True
        child = self._bound(root, math.inf, None, trace=again(self._trace))
        for _ in range(ROUNDS if self._options.probing or self._options.tightening else 0):
            if child is None or child.bound <= self._target or self._limit_reached() is not None:
                break
            target, self._in_hand = self._target, child.bound
            rounds = RootRounds(
                problem,
                options=self._options,
                stop=lambda: self._limit_reached() is not None,
                trace=child.trace,
            )
            box = rounds.run(child.box, target)
            # Solutions lost to the target need not be found, but they may exist: the target stays in the bound.
            self._close(target)
            worthwhile = box is not None and rounds.worthwhile(child.box, box)
            child = None if box is None else self._reopen(box, child.bound, rounds.trace)
            if not worthwhile:
                break
        self._in_hand = -math.inf
        if child is not None:
            self._root_width = child.box.width
        self._keep(child, 0)

    def _reopen(self, box: Box, inherited: float, trace: TreeLog | None) -> _Child | None:
        """Bound the smaller root, on a relaxation written anew where enough choices are closed."""
        problem = self._problem
        written = problem.root.open_choices
        if box.open_choices.sum() <= (1.0 - WORTH_REWRITING) * written.sum():
            self._past_lps += problem.relaxation.lps
            self._lp_seconds += problem.relaxation.lp_seconds
            problem.rebuild(box)
        return self._bound(box, inherited, None, trace=again(trace))

    # ------------------------------------------------------------------ nodes

    def _bound(
        self, box: Box, inherited: float, basis: Any, cuts: Cuts | None = None, trace: TreeLog | None = None
    ) -> _Child | None:
        """Tighten and bound one box and look for solutions near its relaxed point; ``None`` if it is empty."""
        self._nodes += 1
        tightened = self._problem.tighten(box)
        if tightened is None:
            if trace is not None:
                trace.empty()
            return None
        relaxation = self._problem.relaxation
        relaxation.load(tightened, cuts)
        if not self._options.warm_starts:
            relaxation.forget()
            basis = None
        point = relaxation.solve(basis=basis, cut_off=self._target)
        bound = min(inherited, point.bound)
        if trace is not None:
            trace.offer(point.bound, relaxation.proof())
        if bound > self._target and point.status is LpStatus.OPTIMAL and self._cuts_due():
            point, bound = self._cut(point, bound, trace)
        if bound == -math.inf:
            return None
        if point.status is LpStatus.OPTIMAL and bound > self._target and self._look_due():
            self._accept(self._problem.propose(point, tightened, self._primal))
        if bound <= self._target:
            return _Child(tightened, bound, point, None, NO_CUTS, trace)
        kept, basis = relaxation.binding()
        return _Child(tightened, bound, point, basis, kept, trace)

    def _cuts_due(self) -> bool:
        return self._options.level_two_cuts and self._cutting.due()

    def _cut(self, point: Point, bound: float, trace: TreeLog | None) -> tuple[Point, float]:
        """Rounds of RLT cuts at the loaded box."""
        relaxation = self._problem.relaxation
        before = bound
        for _ in range(CUT_ROUNDS):
            if not relaxation.separate(CUTS_A_ROUND):
                break
            cut = relaxation.solve(cut_off=self._target)
            bound = min(bound, cut.bound)
            if trace is not None:
                trace.offer(cut.bound, relaxation.proof())
            point = cut
            if bound <= self._target or cut.status is not LpStatus.OPTIMAL:
                break
        self._cutting.record(before - self._target, before - bound)
        return point, bound

    def _look_due(self) -> bool:
        """Whether to look for solutions: always at first and where that is cheap, then at one open node in a few."""
        self._looked += 1
        return not self._options.local_ascent or self._looked <= LOOK_ALWAYS or self._looked % LOOK_EVERY == 0

    def _keep(self, child: _Child | None, depth: int) -> None:
        """Put a bounded box among the open nodes, or set it aside."""
        if child is None:
            return
        if child.bound <= self._target:
            self._close(child.bound)
            return
        branch = self._problem.branching(self._problem.relaxation, child.box, child.point, self._root_width)
        if branch is None and child.point.status is LpStatus.OPTIMAL:
            self._accept(self._problem.propose(child.point, child.box, self._primal))
        if branch is None:
            logger.debug("node too small to split set aside at bound %g", child.bound)
            self._close(child.bound)
            return
        node = Node(child.bound, child.box, branch, depth, child.basis, child.cuts, child.trace)
        heapq.heappush(self._heap, (-child.bound, next(self._ticket), node))

    # ------------------------------------------------------------------ progress

    def _report(self) -> None:
        """Write a row, unless the last one is recent."""
        if not self._rows or self._budget.deadline.elapsed - self._rows[-1].seconds >= PROGRESS_SECONDS:
            self._write_row()

    def _write_row(self, flag: str = "") -> None:
        row = ProgressRow(
            seconds=self._budget.deadline.elapsed,
            iteration=0,
            nodes=self._nodes,
            open_nodes=len(self._heap),
            lps=self._lps,
            primal_bound=self._primal,
            dual_bound=self.dual_bound,
            gap_scale=gap_size(self._primal, self._aim.scale),
            flag=flag,
        )
        self._rows.append(row)
        if self._on_progress is not None:
            self._on_progress(row)


def _split(node: Node, count: int) -> tuple[TreeLog | None, ...]:
    """The traces of a node's children."""
    return (None,) * count if node.trace is None else node.branch.traces(node.trace)
