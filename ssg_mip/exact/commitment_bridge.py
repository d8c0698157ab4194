"""The commitment program, of a weighted sum or along any direction, as a problem for the search."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from ssg_mip.branch_and_bound.box import Box
from ssg_mip.branch_and_bound.relaxation import Point
from ssg_mip.evaluation.best_response import Response
from ssg_mip.evaluation.value_bounds import ValueBounds
from ssg_mip.exact.bridge import Bridge, Written, weights_of
from ssg_mip.exact.heuristics.linearisation import FixedResponse, LinearGoal
from ssg_mip.exact.heuristics.many_starts import LITTLE_PATIENCE, ManyStarts
from ssg_mip.exact.heuristics.operator_policies import OPERATOR_PRODUCTS, operator_policies
from ssg_mip.exact.heuristics.other_methods import LOOKS, OtherMethods
from ssg_mip.exact.heuristics.simple import simple_policies
from ssg_mip.exact.size_limit import direction_products, least_values
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.lp.compiled import CompiledProgram
from ssg_mip.lp.direct import commitment_in_arrays, is_plain_direction
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.evaluated_policy import Candidate
from ssg_mip.problem.problem import Problem
from ssg_mip.programs.commitment import commitment_along
from ssg_mip.programs.direction import Direction
from ssg_mip.programs.rows import Selection
from ssg_mip.programs.tags import OF_STATE
from ssg_mip.runs.run import Run

SLOW_PRODUCTS = 10 * OPERATOR_PRODUCTS
"""Products from which on other methods are asked at once: it takes long to come to relaxed points."""

LONG_PRODUCTS = 400
"""Products from which on programs with rows, or for goals, begin with many starts: few of them close in a second."""

Witness = Callable[[LeaderPolicy, Response], None]
"""Told of every policy that keeps the margin and of the exact response to it."""


class CommitmentBridge(Bridge):
    """Maximise a weighted sum of the leader's values above a floor, or the level that demands reach together.

    Parameters
    ----------
    problem, run
        What is solved, and how.
    direction
        What is to rise; the problem's weighted sum above its floor if absent.
    witness
        Told of every policy that is evaluated.
    """

    def __init__(
        self, problem: Problem, run: Run, direction: Direction | None = None, witness: Witness | None = None
    ) -> None:
        super().__init__(problem, run)
        game = problem.game
        if direction is None:
            direction = Direction.of_sum(problem.weights, least_values(game, problem.floor, run.tolerances))
        self.direction = direction
        self.weights = problem.weights
        self._witness = witness
        products = direction_products(game, direction) if direction.is_sum else 0
        self._large, self._slow = products >= OPERATOR_PRODUCTS, products >= SLOW_PRODUCTS
        self._others = OtherMethods(run)
        self._many: ManyStarts | None = None
        self._is_long = False
        self._best: Candidate | None = None

    # ------------------------------------------------------------------ the program

    def write(self, follower: ValueBounds, selection: Selection) -> Written:
        """The occupancy form, with demands that are lower by what a policy may miss them by."""
        direction = self.direction.lowered()
        if is_plain_direction(direction):
            return commitment_in_arrays(self.game, direction, follower, selection)
        return commitment_along(self.game, direction, follower, selection=selection)

    def read_columns(self, compiled: CompiledProgram) -> None:
        """Columns of the occupancies, and of what says more about a state that they hardly visit."""
        tags, direction = compiled.column_tags, self.direction
        own = tags.block == OF_STATE
        rising = np.zeros(len(own), dtype=bool)
        for demand, block in zip(direction.demands, direction.blocks, strict=True):
            if demand.slope > 0.0:
                rising |= tags.block == block.number
            elif demand.alone is not None:
                own |= (tags.block == block.number) & (tags.state == demand.alone)
        self._rows, self._columns = weights_of(self.game, compiled, rising)
        self._own_rows, self._own_columns = weights_of(self.game, compiled, own)

    def slot_weights(self, columns: FloatArray) -> FloatArray:
        """Occupancies of what rises; conditional probabilities or the state's own block where it is hardly visited."""
        game = self.game
        weights = np.zeros(game.num_rows)
        np.add.at(weights, self._rows, np.maximum(columns[self._columns], 0.0))
        if len(self._own_rows):
            own = np.zeros(game.num_rows)
            own[self._own_rows] = columns[self._own_columns]
            total = np.bincount(game.row_state, weights, game.num_states)
            hardly = total <= self.run.tolerances.support / (1.0 - game.leader_discount)
            hardly[np.setdiff1d(np.arange(game.num_states), game.row_state[self._own_rows])] = False
            weights = np.where(hardly[game.row_state], own, weights)
        return weights

    # ------------------------------------------------------------------ policies

    def evaluate(self, policy: LeaderPolicy) -> Candidate:
        """The exact weighted value or level; ``-inf`` if a demand is missed at the lowest level, or the margin."""
        response, keeps = self._answered(policy)
        if keeps and self._witness is not None:
            self._witness(policy, response)
        paid = 0.0 if self.direction.price is None else self.direction.paid(policy.slots(self.game))
        level = self.direction.level(response.leader_values, response.follower_values, paid)
        return Candidate(policy, response, level if keeps else -math.inf)

    def _answered(self, policy: LeaderPolicy) -> tuple[Response, bool]:
        """The follower's answer, and whether it keeps what is asked of it."""
        return self.problem.follower.answer(self.game, policy, self.run.tolerances)

    def goal(self, model: FixedResponse) -> LinearGoal:
        """The linearised demands, with the level as objective; of a weighted sum its gradient, and the floors."""
        direction, slopes = self.direction, model.leader_slopes()
        rows = np.array([demand.leader @ slopes for demand in direction.demands])
        follower = np.array([demand.follower for demand in direction.demands])
        if follower.any():
            rows = rows + follower @ model.follower_slopes()
        over = direction.over(model.leader_values, model.follower_values)
        least, height = rows @ model.slots - over, direction.height(over - direction.paid(model.slots))
        if direction.price is not None:
            rows = rows - np.outer(direction.slopes > 0.0, direction.price)
        if direction.is_sum:
            return LinearGoal(height, rows[0], rows[1:], least[1:])
        return LinearGoal(height, np.zeros(len(model.slots)), rows, least, direction.slopes)

    def ascended(self, policy: LeaderPolicy) -> Candidate:
        """The best of a policy and of what lies uphill from it."""
        return max(self._primal.from_policy(policy), key=lambda one: one.value)

    def best_simple(self) -> Candidate:
        """The best of the start, or the uniform policy, and of what needs no program, as far as there is time."""
        best = self.evaluate(LeaderPolicy.uniform(self.game) if self.run.start is None else self.run.start)
        for policy in simple_policies(self.game):
            if self.run.stopped:
                break
            best = max(best, self.evaluate(policy), key=lambda one: one.value)
        return best

    def look_everywhere(self, size: int) -> None:
        """Look for policies from many starts: at once where a program of this size is long, otherwise after a while."""
        ascent = self._primal.ascent
        if ascent is not None and self.run.search.many_starts:
            self._many = ManyStarts(self.game, self.evaluate, ascent, self.run)
            self._is_long = size >= LONG_PRODUCTS
            self._slow = self._is_long

    def start(self) -> Iterator[tuple[float, Candidate]]:
        """What is known before the search; where the program is long also what many starts bring."""
        yield from self._noted(self._first_policies())
        if self._many is not None and self._is_long and self._best is not None:
            yield from self._noted(_valued(self._many.around(self._best)))

    def _noted(self, candidates: Iterable[tuple[float, Candidate]]) -> Iterator[tuple[float, Candidate]]:
        """The candidates, the best of which is remembered."""
        for value, candidate in candidates:
            if self._best is None or value > self._best.value:
                self._best = candidate
            yield value, candidate

    def _first_policies(self) -> Iterator[tuple[float, Candidate]]:
        """In large programs the operator's policies and the ascent from the best of them, before what all have."""
        if self._large and self.run.search.operator_starts:
            yield from self._from_operator()
        yield from super().start()
        if self._slow:
            for policy in self._others.policies:
                yield from self._tried(policy)

    def _start_policies(self) -> Iterator[LeaderPolicy]:
        """Along a direction a given start alone, if some demand may be missed: simple policies hardly ever meet it."""
        start, direction = self.run.start, self.direction
        always = direction.is_sum or (self._many is not None and bool(np.all(direction.slopes > 0.0)))
        return super()._start_policies() if always or start is None else iter((start,))

    def propose(self, point: Point, box: Box, primal_bound: float) -> Iterator[tuple[float, Candidate]]:
        """Policies that the relaxed point suggests; after a while also one that another method does."""
        yield from self._noted(super().propose(point, box, primal_bound))
        if self._is_long and self._best is not None and self._best.value > primal_bound:
            yield from self._polished(self._best)
        if self._others.is_due_after_a_look():
            yield from self._noted(self._after_a_while())

    def _after_a_while(self) -> Iterator[tuple[float, Candidate]]:
        """What another method suggests. Where there are many starts, it waits for what costs less and finds more."""
        times = len(LOOKS) if self._many is None or self._is_long else self._others.times_due
        if times > 1 and self._many is not None and self._best is not None:
            yield from self._around(self._best)
        elif self._many is not None and self._best is not None:
            yield from self._polished(self._best)
        policy = self._others.next_policy() if times == len(LOOKS) else None
        if policy is not None:
            yield from self._tried(policy)

    def _around(self, best: Candidate) -> Iterator[tuple[float, Candidate]]:
        """What a few rounds of starts bring."""
        if self._many is not None:
            yield from self._noted(_valued(self._many.around(best, LITTLE_PATIENCE)))

    def _polished(self, best: Candidate) -> Iterator[tuple[float, Candidate]]:
        """What lies behind neighbouring answers of a new best policy."""
        if self._many is not None:
            yield from self._noted(_valued(self._many.polished(best)))

    def _tried(self, policy: LeaderPolicy) -> Iterator[tuple[float, Candidate]]:
        for candidate in self._primal.from_policy(policy):
            yield candidate.value, candidate

    def _from_operator(self) -> Iterator[tuple[float, Candidate]]:
        """Candidates as good as a given start are not ascended: the start will be."""
        given = [] if self.run.start is None else [self.run.start]
        best: Candidate | None = None
        for policy in itertools.chain(given, operator_policies(self.problem, self.run)):
            candidate = self.evaluate(policy)
            yield candidate.value, candidate
            if best is None or candidate.value > best.value:
                best = candidate
        if best is not None and best.policy is not self.run.start and not self.run.stopped:
            yield from self._tried(best.policy)


def _valued(candidates: Iterable[Candidate]) -> Iterator[tuple[float, Candidate]]:
    return ((one.value, one) for one in candidates)
