"""The commitment program over the policies that a policy space allows.

What changes with rows on the policy: the program has them (:mod:`ssg_mip.programs.policy_block`); every candidate is
replaced by the nearest allowed policy, and is worth nothing where there is none; steps of the ascent keep the rows.
Where rows couple states, the box holds the occupancies of these states besides the follower's values, and nodes are
also split by the follower's answers. Shortcuts that combine policies state by state do not keep such rows and are left
out: the saddle point of zero-sum games, and where rows couple states floors and directions, whose blocks would each
choose a policy.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from functools import cached_property

import numpy as np

from ssg_mip.base.status import Termination
from ssg_mip.branch_and_bound.box import Box
from ssg_mip.branch_and_bound.branching_rule import BranchingRule
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.occupancy_bounds import OccupancyBounds, OccupancySweeps, occupancy_bounds
from ssg_mip.evaluation.value_bounds import ValueBounds, leader_value_bounds
from ssg_mip.exact.answer import Answer, without_program
from ssg_mip.exact.bridge import weights_of
from ssg_mip.exact.commitment_bridge import CommitmentBridge, Witness
from ssg_mip.exact.coupled_branching import CoupledBranching, CoupledColumns
from ssg_mip.exact.heuristics.allowed import Allowed, SlotRows
from ssg_mip.exact.size_limit import direction_size, floored_states, least_values, obstacle
from ssg_mip.exact.solving import claimed, root_bound, searched, solve_commitment
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.lp.compiled import CompiledProgram
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.evaluated_policy import Candidate
from ssg_mip.problem.policy_space import Scope
from ssg_mip.problem.problem import Problem
from ssg_mip.programs.commitment import commitment_along
from ssg_mip.programs.direction import Direction
from ssg_mip.programs.policy_block import PolicyRows
from ssg_mip.programs.program import Program
from ssg_mip.programs.rows import Selection
from ssg_mip.programs.tags import FROM_WEIGHTS, OF_STATE
from ssg_mip.proofs.claim import Claim, PolicyClaim
from ssg_mip.runs.run import Run


class ConstrainedBridge(CommitmentBridge):
    """The commitment program with rows on the policy.

    Parameters
    ----------
    problem, run, direction, witness
        As in :class:`~ssg_mip.exact.commitment_bridge.CommitmentBridge`; the problem's policies say which are allowed.

    Raises
    ------
    OptionError
        If rows couple states and there are several demands: the block of each would choose a policy of its own.
    """

    def __init__(
        self, problem: Problem, run: Run, direction: Direction | None = None, witness: Witness | None = None
    ) -> None:
        game, space = problem.game, problem.policies
        self._allowed = Allowed(game, space)
        self._policy_rows = _with_priced(game, PolicyRows.of(game, space), direction)
        self._coupled = np.array(self._policy_rows.coupled_states, dtype=np.int64)
        self._coupling_rows = space.of_scope(game, Scope.COUPLING)
        super().__init__(problem, run, direction, witness)
        self._large = self._slow = False
        apart = self.direction.shared is None and not (self.direction.is_sum and len(self.direction.demands) == 1)
        if len(self._coupled) and apart:
            names = ", ".join(row.name for row in self._coupling_rows)
            raise OptionError(
                f"rows on the policy couple several states ({names}), and more than one weighted sum is asked for: a "
                "floor, or several objectives at once, each of which would get a policy of its own; leave these rows "
                "out, or ask for weighted sums one by one"
            )
        if direction is None:
            self.look_everywhere(direction_size(game, self.direction, self._coupled.tolist()))

    @property
    def allowed_rows(self) -> SlotRows:
        """The rows of the space."""
        return self._allowed.rows

    @property
    def branching(self) -> BranchingRule:
        """Where to split boxes; by answers and occupancies too where rows couple states."""
        if not len(self._coupled):
            return super().branching
        return CoupledBranching(self.game, lambda: self._coupled_columns, self._keeps_coupling_rows, self.groups)

    def _keeps_coupling_rows(self, slots: FloatArray) -> bool:
        priced = self.direction.price is not None
        return not priced and all(row.holds(slots) for row in self._coupling_rows)

    @property
    def _start(self) -> FloatArray:
        """Where the occupancies of the coupled states start."""
        return self.weights if self.direction.shared is None else self.direction.shared

    # ------------------------------------------------------------------ boxes

    @cached_property
    def visits(self) -> OccupancyBounds:
        """Bounds on the occupancies of all states, whatever both players do."""
        return occupancy_bounds(self.game, self._start)

    @cached_property
    def _sweeps(self) -> OccupancySweeps:
        return OccupancySweeps(self.game, self._start)

    def _whole_box(self) -> Box:
        box, inside = super()._whole_box(), self._coupled
        if not len(inside):
            return box
        return Box(
            np.concatenate((box.lower, self.visits.lower[inside])),
            np.concatenate((box.upper, self.visits.upper[inside])),
            box.open_choices,
        )

    def _visits_in(self, lower: FloatArray, upper: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Bounds on the occupancies of all states in a box."""
        count = self.game.num_states
        low, high = self.visits.lower.copy(), self.visits.upper.copy()
        low[self._coupled], high[self._coupled] = lower[count:], upper[count:]
        return low, high

    def tighten(self, box: Box) -> Box | None:
        """Interval propagation of the follower's Bellman equations, then of the flow."""
        count = self.game.num_states
        inside = super().tighten(Box(box.lower[:count], box.upper[:count], box.open_choices))
        if inside is None or not len(self._coupled):
            return inside
        visits = self._visits_in(box.lower, box.upper)
        if self.run.search.propagation:
            tightened = self._sweeps.tighten(visits[0], visits[1], inside.open_choices)
            if tightened is None:
                return None
            visits = tightened
        low, high = (ends[self._coupled] for ends in visits)
        return Box(np.concatenate((inside.lower, low)), np.concatenate((inside.upper, high)), inside.open_choices)

    @property
    def policy_claim(self) -> PolicyClaim:
        """Which policies a certificate is about: those that keep the rows, with what bounds the occupancies."""
        visits = self.visits
        return PolicyClaim(rows=self.problem.policies.rows, below=visits.below, above=visits.above)

    # ------------------------------------------------------------------ the program

    def write(self, follower: ValueBounds, selection: Selection) -> Program:
        """The occupancy form with the rows."""
        rows, count = self._policy_rows, self.game.num_states
        if len(self._coupled):
            rows = dataclasses.replace(rows, visits=ValueBounds(*self._visits_in(follower.lower, follower.upper)))
        values = ValueBounds(follower.lower[:count], follower.upper[:count])
        return commitment_along(self.game, self.direction.lowered(), values, selection=selection, rows=rows)

    def read_columns(self, compiled: CompiledProgram) -> None:
        """Columns of the occupancies, and in coupled states of the probabilities."""
        super().read_columns(compiled)
        game, tags = self.game, compiled.column_tags
        inside = np.isin(tags.state, self._coupled)
        rows, x = weights_of(game, compiled, inside & (tags.block == OF_STATE))
        occupied, columns = weights_of(game, compiled, inside & (tags.block == FROM_WEIGHTS))
        column_of = np.full(game.num_rows, -1)
        column_of[occupied] = columns
        y = column_of[rows]
        product_of = np.full(compiled.num_columns, -1)
        product_of[compiled.product_result] = np.arange(len(compiled.product_result))
        self._coupled_columns = CoupledColumns(
            rows=rows,
            x=x,
            y=y,
            products=product_of[y],
            states=self._coupled,
            d=compiled.box[game.num_states :],
            places=game.num_states + np.arange(len(self._coupled)),
        )

    def slot_weights(self, columns: FloatArray) -> FloatArray:
        """Occupancies; in coupled states always the probabilities themselves."""
        weights = super().slot_weights(columns)
        if len(self._coupled):
            weights[self._coupled_columns.rows] = columns[self._coupled_columns.x]
        return weights

    # ------------------------------------------------------------------ policies

    def evaluate(self, policy: LeaderPolicy) -> Candidate:
        """The exact value of the nearest allowed policy; ``-inf`` if there is none, or it misses what is asked."""
        allowed = self._allowed.nearest(policy)
        if allowed is None:
            return Candidate(policy, self.problem.follower.response(self.game, policy, self.run.tolerances), -math.inf)
        return super().evaluate(allowed)

    def start(self) -> Iterator[tuple[float, Candidate]]:
        """What every program starts from, if any policy is allowed."""
        if self._allowed.nearest(LeaderPolicy.uniform(self.game)) is not None:
            yield from super().start()


def solve_constrained(problem: Problem, run: Run) -> Answer:
    """Maximise ``weights @ V^f`` over the stationary leader policies that a problem allows.

    Parameters
    ----------
    problem, run
        As in :func:`~ssg_mip.exact.solving.solve_commitment`; without rows the answer is that of ``solve_commitment``.

    Returns
    -------
    Answer
        With ``Termination.INFEASIBLE`` and the dual bound ``-inf`` if no policy is allowed.

    Raises
    ------
    OptionError
        If there is a floor beside rows that couple states: the blocks of its states would have policies of their own.
        Rows of other scopes are what :func:`~ssg_mip.exact.wider.solve_allowed` is to be asked with.
    """
    space = problem.policies
    if space.costs or space.supports or space.values:
        raise OptionError("costs, values and limits on used actions are asked for; ask solve_allowed for these")
    if not space.rows:
        return solve_commitment(problem, run)
    bridge = ConstrainedBridge(problem, run)
    stop = obstacle(constrained_size(problem), run)
    answer = searched(bridge) if stop is None else started(bridge, stop)
    least = least_values(problem.game, problem.floor, run.tolerances)
    claim = Claim(weights=problem.weights, bound=answer.dual_bound, floor=least, policy=bridge.policy_claim)
    return claimed(problem, run, answer, claim)


def _with_priced(game: Game, rows: PolicyRows, direction: Direction | None) -> PolicyRows:
    """The rows, with the states in which probabilities cost something among those that are coupled."""
    if direction is None or direction.price is None:
        return rows
    priced = game.leader_slot_state[np.flatnonzero(direction.price)].tolist()
    return dataclasses.replace(rows, coupled_states=tuple(sorted({*rows.coupled_states, *priced})))


def bridge_along(problem: Problem, run: Run, direction: Direction, witness: Witness | None = None) -> CommitmentBridge:
    """The bridge along a direction, over the policies that a problem allows.

    Raises
    ------
    OptionError
        If a problem asks for more than rows on the policy: a floor is a demand that does not rise.
    """
    space = problem.policies
    if space.costs or space.supports or space.values or space.floor is not None:
        raise OptionError(
            "costs, values and limits on used actions are asked for beside several objectives at once, which take rows "
            "on the policy only; leave them out, or ask for weighted sums one by one"
        )
    kind = ConstrainedBridge if problem.policies.rows or direction.price is not None else CommitmentBridge
    return kind(problem, run, direction, witness)


def constrained_root_bound(problem: Problem, run: Run) -> float:
    """A cheap upper bound on what :func:`solve_constrained` maximises; without rows :func:`root_bound`."""
    if not problem.policies.rows:
        return root_bound(problem, run)
    few = dataclasses.replace(run, search=dataclasses.replace(run.search, many_starts=False))
    return solve_constrained(problem, few.within(nodes=1).quietly()).dual_bound


def constrained_size(problem: Problem) -> int:
    """Size of the program: in coupled states each has one more of the probabilities, and one of the occupancies."""
    game = problem.game
    direction = Direction.of_sum(problem.weights, dict.fromkeys(floored_states(game, problem.floor), 0.0))
    return direction_size(game, direction, problem.policies.coupled_states(game))


def started(bridge: ConstrainedBridge, termination: Termination) -> Answer:
    """Without the program: the best of the policies that are known before it, and the bound of the joint process."""
    best = max((candidate for _, candidate in bridge.start()), key=lambda one: one.value, default=None)
    return without_program(best, float(bridge.problem.weights @ leader_value_bounds(bridge.game).upper), termination)
