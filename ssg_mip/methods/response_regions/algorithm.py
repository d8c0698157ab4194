"""The loop of Algorithm 2, region by region."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator

import numpy as np

from ssg_mip.base.status import Termination
from ssg_mip.exact.size_limit import improvement_size, obstacle
from ssg_mip.methods.policy_iteration.dominating_point import negligible_at
from ssg_mip.methods.policy_iteration.loop import Walk, iterate
from ssg_mip.methods.policy_iteration.negligible import resolution, value_scale
from ssg_mip.methods.policy_iteration.run_log import RunLog
from ssg_mip.methods.policy_iteration.step import (
    LEAST_PROGRESS,
    TEST_GAP_SHARE,
    Step,
    exact_improvement,
    stop_at_bound,
    take_step,
)
from ssg_mip.methods.response_regions.ascent import pareto_ascent
from ssg_mip.methods.response_regions.regions import Regions, solve_region
from ssg_mip.numerics.array_types import IntArray
from ssg_mip.problem.evaluated_policy import EvaluatedPolicy
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.weights import compliant_weights
from ssg_mip.result import Result
from ssg_mip.runs.run import Run

METHOD = "response-regions"

REGIONS_SHARE = 0.5
"""Share of the remaining time that the regions of one iterate may take, so that the stop test keeps some."""


def solve(problem: Problem, run: Run) -> Result:
    """Algorithm 2 from ``run.start`` (the uniform policy if absent).

    Returns
    -------
    Result
        With the statuses of ``policy-iteration``; the counts are described in
        :mod:`ssg_mip.methods.response_regions`.
    """
    return iterate(problem, run, METHOD, lambda log: _Regions(problem, run, log))


class _Regions(Walk):
    """The responses seen so far, and the work done on regions."""

    def __init__(self, problem: Problem, run: Run, log: RunLog) -> None:
        self._log = log
        self._game = problem.game
        self._problem = problem
        self._run = run
        self._weights = compliant_weights(problem.weights)
        self._rng = np.random.default_rng(run.seed)
        self._seen: dict[bytes, IntArray] = {}
        self._regions = self._pruned = self._missed = 0
        self._nodes = self._lps = 0

    @property
    def counts(self) -> dict[str, int]:
        """What was met, for the result."""
        return {
            "regions": self._regions,
            "pruned": self._pruned,
            "responses": len(self._seen),
            "missed": self._missed,
        }

    def step(self, current: EvaluatedPolicy) -> Step:
        """The first region that helps; else the test of Theorem 9, whose policy is taken if the regions missed it."""
        at_bound = stop_at_bound(self._problem, self._run, current, self._log.weighted_bound)
        if at_bound is not None:
            return at_bound
        nodes = self._log.nodes
        self._nodes = self._lps = 0
        self._occurs(current.response.follower_policy.actions)
        target, searched = None, False
        if obstacle(improvement_size(self._game), self._run) is None and self._left(nodes):
            searched = True
            target = self._visit(current, nodes)
        if target is not None:
            self._occurs(target.response.follower_policy.actions)
            return Step(target, Termination.GAP, math.inf, self._nodes, self._lps, "a region helps")
        step = take_step(self._problem, self._run, current, exact_improvement, nodes + self._nodes)
        self._missed += searched and step.target is not None
        return dataclasses.replace(step, nodes=step.nodes + self._nodes, lps=step.lps + self._lps)

    def _left(self, nodes: int) -> bool:
        return self._run.stop_reason(nodes + self._nodes) is None

    def _visit(self, current: EvaluatedPolicy, nodes: int) -> EvaluatedPolicy | None:
        """The first region in whose policies one strictly dominates the iterate."""
        negligible = negligible_at(self._problem, self._run, current)
        run = self._run.sharing(REGIONS_SHARE).starting_at(current.policy).quietly()
        run = run.up_to(LEAST_PROGRESS * negligible)
        for response in self._order(current, run):
            if run.stopped or not self._left(nodes):
                return None
            target = self._improved(current, response, run.after(nodes + self._nodes), negligible)
            if target is not None:
                return target
        return None

    def _order(self, current: EvaluatedPolicy, run: Run) -> Iterator[IntArray]:
        """Responses that have occurred, in random order, then the others."""
        known = list(self._seen.values())
        tried = {response.tobytes() for response in known}
        yield from (known[place] for place in self._rng.permutation(len(known)))
        regions = Regions(self._problem, run, current.values, self._rng)
        before = 0
        for response in regions:
            self._nodes += regions.nodes - before
            before = regions.nodes
            if response.tobytes() not in tried:
                yield response
        self._nodes += regions.nodes - before
        self._pruned += regions.pruned
        self._lps += regions.lps

    def _improved(
        self, current: EvaluatedPolicy, response: IntArray, run: Run, negligible: float
    ) -> EvaluatedPolicy | None:
        """(53), then (54), in one region; the result if it strictly dominates the iterate."""
        absolute = TEST_GAP_SHARE * resolution(self._game, current.values, negligible)
        bridge, outcome = solve_region(self._problem, run, current.values, response, absolute=absolute)
        self._regions += 1
        if outcome is None:
            return None
        self._nodes += outcome.nodes
        self._lps += outcome.lps
        if not math.isfinite(outcome.primal_bound):
            return None
        self._occurs(response)
        if bridge.losing(np.full(self._game.num_states, outcome.primal_bound)).any():  # z > 0
            return None
        policy = pareto_ascent(bridge, response, self._weights, outcome.solution.policy)
        target = EvaluatedPolicy.of(self._problem, policy, run.tolerances)
        gains = target.values - current.values
        falls = gains.min() < -run.tolerances.monotone * value_scale(self._game, current.values)
        counts = float(self._weights @ gains) > LEAST_PROGRESS * negligible
        return target if counts and not falls else None

    def _occurs(self, response: IntArray) -> None:
        self._seen.setdefault(response.tobytes(), response)
