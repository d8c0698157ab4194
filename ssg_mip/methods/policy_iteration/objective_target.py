r"""What is known about the weighted optimum, as a bound on every gain of policy iteration.

A policy ``f`` that improves ``f_t`` keeps what it promises: ``V^f >= Q_t(., f) >= V_t`` in every state (Theorem 8 of
Kudo & Akimoto). So let ``D`` bound ``alpha @ V`` over all stationary policies, ``alpha`` positive in all ``n`` states.
Then no gain ``d = Q_t - V_t >= 0`` sums to more than

    alpha @ d <= alpha @ (V^f - V_t) <= D - alpha @ V_t,

and averaged over the states it is at most ``(D - alpha @ V_t) / (n min alpha)``. Where that is negligible, the stop
test holds without its program, which may be far harder than the commitment program behind ``D``. Where the root of
that program is not enough, :func:`sharpened` searches it for a while, once in a run; a policy worth more than the
iterate and what is negligible ends this search at once, because then no bound shows anything.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from ssg_mip.base.status import BoundProof
from ssg_mip.evaluation.value_bounds import LEAST_GAP, raised_sum
from ssg_mip.exact import Answer
from ssg_mip.exact.wider import solve_allowed, without_answers
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.problem import Problem
from ssg_mip.runs.run import Run

SEARCH_NODES = 300
"""Nodes that the search for a better bound may take."""

SEARCH_SHARE = 0.25
"""Share of the remaining time that it may take."""

GAP_SHARE = 0.25
"""Share of what the stop test allows to which it is carried on."""


@dataclasses.dataclass(frozen=True, eq=False)
class WeightedBound:
    """A proven bound on the weighted optimum.

    Attributes
    ----------
    weights
        Weights over the states, shape ``[num_states]``.
    bound
        No stationary policy (with the margin that is asked for) has a larger weighted value; infinite if unknown.
    proof
        What it rests on.
    searched
        Whether the commitment program has been searched for it.
    """

    weights: FloatArray
    bound: float
    proof: BoundProof = BoundProof.ROOT
    searched: bool = False

    @property
    def evenness(self) -> float:
        """The smallest weight in units of the average; 0 where a weight is 0."""
        return len(self.weights) * float(self.weights.min())

    def gain_bound(self, values: FloatArray) -> float:
        """What a policy that loses in no state gains at most over values, averaged over the states.

        Parameters
        ----------
        values
            The leader's values that some policy attains, shape ``[num_states]``.

        Returns
        -------
        float
            Rounded up, never negative; infinite where a weight is zero, because then its state may gain anything.
        """
        if self.evenness <= 0.0 or not math.isfinite(self.bound):
            return math.inf
        with np.errstate(over="ignore"):
            return float(np.float64(max(0.0, self.bound + raised_sum(self.weights, -values))) / self.evenness)


def sharpened(
    problem: Problem, run: Run, weighted: WeightedBound, values: FloatArray, negligible: float
) -> tuple[WeightedBound, Answer]:
    """The bound after a search of the commitment program, and what that search did.

    Parameters
    ----------
    weighted, problem
        What is known, and of what.
    values
        The iterate's values, shape ``[num_states]``.
    negligible
        The average gain that counts as none.
    run
        The limits; the start should be the iterate.
    """
    enough = float(weighted.weights @ values) + negligible * weighted.evenness
    inner = run.sharing(SEARCH_SHARE).at_most(SEARCH_NODES).quietly().up_to(enough)
    inner = inner.to_gap(max(GAP_SHARE * run.gap, LEAST_GAP))
    inner = inner.recording(None if run.recorder is None else run.recorder.another())
    answer = solve_allowed(without_answers(problem.weighing(weighted.weights)), inner)
    bound, proof = min(
        (weighted.bound, weighted.proof), (answer.dual_bound, answer.bound_proof), key=lambda one: one[0]
    )
    return dataclasses.replace(weighted, bound=bound, proof=proof, searched=True), answer
