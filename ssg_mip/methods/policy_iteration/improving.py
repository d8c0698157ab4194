"""The improvement program (I), solved so that the other improving policies that its search meets are kept as well."""

from __future__ import annotations

import math

import numpy as np

from ssg_mip.base.status import BoundProof
from ssg_mip.exact import Answer
from ssg_mip.exact.goals import search_goal
from ssg_mip.exact.improvement_bridge import ImprovementBridge
from ssg_mip.exact.size_limit import improvement_size, obstacle
from ssg_mip.exact.solving import claimed_step
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.methods.policy_iteration.step import exact_improvement
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.evaluated_policy import Candidate
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.scalarisation import StepObjective
from ssg_mip.runs.run import Run

MOST_KEPT = 50
"""Improving policies that are kept, at most."""

SAME_VALUES = 6
"""Digits of the leader's values by which two policies with the same response are told apart."""


class _Remembering(ImprovementBridge):
    """Keeps every policy with a positive gain that is evaluated."""

    def __init__(self, problem: Problem, run: Run, values: FloatArray, objective: StepObjective) -> None:
        self.met: list[Candidate] = []
        super().__init__(problem, run, values, objective)

    def evaluate(self, policy: LeaderPolicy) -> Candidate:
        """The objective, remembered if it is one."""
        candidate = super().evaluate(policy)
        if candidate.value > 0.0:
            self.met.append(candidate)
        return candidate


class ImprovingPolicies:
    """A solver of the program (I) for one step of policy iteration, with the policies that it has met.

    Parameters
    ----------
    share
        A policy is kept if its gain is at least this share of the best one.
    """

    def __init__(self, share: float) -> None:
        self._share = share
        self._met: list[Candidate] = []

    def __call__(
        self, problem: Problem, run: Run, values: FloatArray, objective: StepObjective, absolute_gap: float
    ) -> Answer:
        """Solve (I); the arguments are those of :data:`~ssg_mip.methods.policy_iteration.ImprovementSolver`."""
        if obstacle(improvement_size(problem.game), run) is not None:
            return exact_improvement(problem, run, values, objective, absolute_gap)
        bridge = _Remembering(problem, run, values, objective)
        trace = None if run.recorder is None else run.recorder.root
        outcome = search_goal(bridge, absolute=absolute_gap, trace=trace)
        self._met += bridge.met
        found: Candidate | None = outcome.solution if math.isfinite(outcome.primal_bound) else None
        answer = Answer(
            policy=None if found is None else found.policy,
            response=None if found is None else found.response,
            primal_bound=outcome.primal_bound,
            dual_bound=outcome.dual_bound,
            bound_proof=BoundProof.SEARCH,
            termination=outcome.termination,
            nodes=outcome.nodes,
            lps=outcome.lps,
            lp_seconds=outcome.lp_seconds,
            progress=outcome.progress,
        )
        return claimed_step(problem, run, answer, objective, values)

    def others(self, taken: LeaderPolicy) -> list[LeaderPolicy]:
        """The policies kept besides the one that was taken, best gain first, one for each response and value."""
        met = sorted(self._met, key=lambda one: -one.value)
        kept: dict[bytes, LeaderPolicy] = {}
        for candidate in met:
            if candidate.value < self._share * met[0].value or len(kept) >= MOST_KEPT:
                break
            kept.setdefault(_key(candidate), candidate.policy)
        return [policy for policy in kept.values() if not np.array_equal(policy.probabilities, taken.probabilities)]


def _key(candidate: Candidate) -> bytes:
    values = np.round(candidate.response.leader_values, SAME_VALUES) + 0.0
    return bytes(candidate.answers.tobytes() + values.tobytes())
