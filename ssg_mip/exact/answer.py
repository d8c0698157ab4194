"""The answers of exact programs: a policy, a bound, and what was done for them."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from ssg_mip.base.gap import gap_size
from ssg_mip.base.status import BoundProof, Termination
from ssg_mip.branch_and_bound.records import Outcome
from ssg_mip.evaluation.best_response import Response
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.problem.evaluated_policy import Candidate, EvaluatedPolicy
from ssg_mip.result import ProgressRow
from ssg_mip.runs.run import Run


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Answer:
    """The answer of an exact program.

    Attributes
    ----------
    policy, response
        The best policy found and the follower's exact response to it; ``None`` if no policy satisfies the constraints
        so far.
    primal_bound
        The program's objective at that policy; ``-inf`` if none.
    dual_bound
        Proven upper bound on the program's optimum over stationary leader policies.
    bound_proof
        What the bound rests on.
    termination
        Why the search stopped.
    nodes, lps
        Work done.
    lp_seconds
        Seconds inside the LP solver.
    progress
        Rows of the progress table.
    """

    policy: LeaderPolicy | None
    response: Response | None
    primal_bound: float
    dual_bound: float
    termination: Termination
    nodes: int
    lps: int
    lp_seconds: float
    progress: tuple[ProgressRow, ...]
    bound_proof: BoundProof = BoundProof.NONE

    @property
    def found(self) -> EvaluatedPolicy | None:
        """The policy with the response; ``None`` if there is none."""
        if self.policy is None or self.response is None:
            return None
        return EvaluatedPolicy(self.policy, self.response)


def no_answer(termination: Termination) -> Answer:
    """No policy, no bound, no work."""
    return Answer(
        policy=None,
        response=None,
        primal_bound=-math.inf,
        dual_bound=math.inf,
        termination=termination,
        nodes=0,
        lps=0,
        lp_seconds=0.0,
        progress=(),
    )


def answer_of(outcome: Outcome, *, ceiling: float) -> Answer:
    """The answer of a search; no policy is worth more than the ceiling."""
    candidate: Candidate | None = outcome.solution if np.isfinite(outcome.primal_bound) else None
    return Answer(
        policy=None if candidate is None else candidate.policy,
        response=None if candidate is None else candidate.response,
        primal_bound=outcome.primal_bound,
        dual_bound=min(outcome.dual_bound, max(ceiling, outcome.primal_bound)),
        bound_proof=BoundProof.SEARCH if outcome.dual_bound < ceiling else BoundProof.PAIR,
        termination=outcome.termination,
        nodes=outcome.nodes,
        lps=outcome.lps,
        lp_seconds=outcome.lp_seconds,
        progress=outcome.progress,
    )


def without_program(best: Candidate | None, ceiling: float, termination: Termination) -> Answer:
    """The best of the policies that need no program, under what no pair of policies exceeds."""
    answer = dataclasses.replace(no_answer(termination), dual_bound=ceiling, bound_proof=BoundProof.PAIR)
    if best is None or not math.isfinite(best.value):
        return answer
    return dataclasses.replace(
        answer,
        policy=best.policy,
        response=best.response,
        primal_bound=best.value,
        dual_bound=max(best.value, ceiling),
    )


def with_progress(answer: Answer, run: Run, scale: float) -> Answer:
    """The answer with a progress table of one row, which is handed on."""
    row = ProgressRow(
        seconds=run.deadline.elapsed,
        iteration=0,
        nodes=answer.nodes,
        open_nodes=0,
        lps=answer.lps,
        primal_bound=answer.primal_bound,
        dual_bound=answer.dual_bound,
        gap_scale=gap_size(answer.primal_bound, scale),
        flag="*",
    )
    if run.on_progress is not None:
        run.on_progress(row)
    return dataclasses.replace(answer, progress=(row,))
