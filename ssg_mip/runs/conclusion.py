"""What a method has come to, and the result that is made of it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ssg_mip.base.provenance import Provenance
from ssg_mip.base.status import BoundProof, Status, Termination
from ssg_mip.problem.evaluated_policy import EvaluatedPolicy
from ssg_mip.problem.follower import Rational
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.rising import Reached
from ssg_mip.problem.scalarisation import Scalarised
from ssg_mip.result import ProgressRow, Result, TrajectoryPoint, gap_denominator
from ssg_mip.runs.run import Run, options_of


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Conclusion:
    """What a method says at its end; its attributes are those of :class:`~ssg_mip.result.Result`.

    Attributes
    ----------
    found
        The policy that is the answer; ``None`` if there is none.
    counts
        Work done, by name.
    """

    method: str
    status: Status
    termination: Termination
    dual_bound: float
    found: EvaluatedPolicy | None
    counts: Mapping[str, int]
    bound_proof: BoundProof = BoundProof.NONE
    trajectory: tuple[TrajectoryPoint, ...] = ()
    progress: tuple[ProgressRow, ...] = ()
    details: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    scalarised: Scalarised | None = None
    reached: Reached | None = None

    def result(self, problem: Problem, run: Run) -> Result:
        """The result of a run.

        A bound on policies that keep a margin rests on nothing that is certified unless its certificate has been
        replayed.
        """
        game, weights = problem.game, problem.weights
        policy, response = (None, None) if self.found is None else (self.found.policy, self.found.response)
        unknown = np.full(game.num_states, np.nan)
        value = math.nan if response is None else float(weights @ response.leader_values)
        return Result(
            game=game,
            method=self.method,
            status=self.status,
            termination=self.termination,
            weights=weights,
            ties=problem.follower.ties,
            leader_value=value,
            dual_bound=self.dual_bound,
            gap_scale=gap_denominator(game, weights, value),
            leader_values=unknown if response is None else response.leader_values,
            follower_values=unknown if response is None else response.follower_values,
            leader_policy=policy,
            follower_policy=None if response is None or response.mix is not None else response.follower_policy,
            follower=None if problem.follower.kind == Rational.kind else problem.follower,
            follower_mix=None if response is None else response.mix,
            tied_states=np.zeros(game.num_states, dtype=bool) if response is None else response.tied_states,
            trajectory=self.trajectory,
            progress=self.progress,
            provenance=self._provenance(problem, run),
            details=self.details,
            scalarised=self.scalarised,
            constraints=problem.stated,
            reached=self.reached,
            bound_proof=_with_margin(self.bound_proof) if problem.follower.margin > 0.0 else self.bound_proof,
        )

    def _provenance(self, problem: Problem, run: Run) -> Provenance:
        return Provenance(
            game_name=problem.game.name,
            game_hash=problem.game.content_hash,
            method=self.method,
            options=options_of(problem, run),
            seed=int(run.seed),
            seconds=float(run.deadline.elapsed),
            counts={label: int(count) for label, count in self.counts.items()},
        )


def _with_margin(proof: BoundProof) -> BoundProof:
    return proof if proof is BoundProof.REPLAYED else BoundProof.MARGIN
