"""What a run leaves behind: iterates, progress rows and work done."""

from __future__ import annotations

from collections.abc import Mapping

from ssg_mip.base.gap import gap_size, relative_gap
from ssg_mip.base.status import BoundProof, Status, Termination
from ssg_mip.methods.policy_iteration.objective_target import WeightedBound
from ssg_mip.methods.policy_iteration.scalarised_bound import scalarised
from ssg_mip.methods.policy_iteration.step import Step
from ssg_mip.problem.evaluated_policy import EvaluatedPolicy
from ssg_mip.problem.problem import Problem
from ssg_mip.result import ProgressRow, Result, TrajectoryPoint
from ssg_mip.runs.conclusion import Conclusion
from ssg_mip.runs.run import Run


class RunLog:
    """What a run leaves behind: iterates, progress rows and work done; ``method`` is the name on the result."""

    def __init__(self, problem: Problem, run: Run, dual_bound: float, gap_scale: float, method: str) -> None:
        game = problem.game
        self._game = game
        self._method = method
        self._problem = problem
        self._run = run
        self._dual_bound = dual_bound
        self._bound_proof = run.proof(BoundProof.ROOT)
        self._gap_scale = gap_scale
        self._searched = False
        self._scalarised = scalarised(problem, run)
        # Gains of the average g, none of them negative, raise a scalarisation by no more than this times g.
        steepest = (
            1.0
            if problem.objective.scalarisation is None
            else float(problem.objective.scalarisation.pieces.weights.max())
        )
        self._steepest = game.num_states * steepest
        self._trajectory: list[TrajectoryPoint] = []
        self._progress: list[ProgressRow] = []
        self._nodes = 0
        self._lps = 0
        self._beginning = ""
        self._costs_decide = bool(problem.policies.spending(game))

    def begins(self, note: str) -> None:
        """What the first iterate's note begins with."""
        self._beginning = note

    def bounded(self, dual_bound: float, proof: BoundProof) -> None:
        """A bound on the weighted optimum is known, with what it rests on; it counts if it is lower."""
        if dual_bound < self._dual_bound:
            self._dual_bound, self._bound_proof = dual_bound, proof

    @property
    def weighted_bound(self) -> WeightedBound:
        """The best bound on the weighted optimum so far."""
        return WeightedBound(self._problem.weights, self._dual_bound, self._bound_proof, self._searched)

    @property
    def nodes(self) -> int:
        """Nodes spent so far."""
        return self._nodes

    def closes_gap(self, iterate: EvaluatedPolicy) -> bool:
        """Whether the bound proves the weighted value of an iterate within the gap.

        Never where the steps maximise another scalarisation, of which the weighted gap says nothing.
        """
        value = float(self._problem.weights @ iterate.values)
        return self._scalarised is None and relative_gap(value, self._dual_bound, self._gap_scale) <= self._run.gap

    def allowed_gap(self, iterate: EvaluatedPolicy) -> float:
        """By how much the bound may lie above the weighted value of an iterate whose gap is closed."""
        return self._run.gap * gap_size(float(self._problem.weights @ iterate.values), self._gap_scale)

    def arrived(self, current: EvaluatedPolicy, flag: str = "*") -> None:
        """A new iterate is known with its values: one progress row."""
        value = float(self._problem.weights @ current.values)
        row = ProgressRow(
            seconds=self._run.deadline.elapsed,
            iteration=len(self._trajectory),
            nodes=self._nodes,
            open_nodes=0,
            lps=self._lps,
            primal_bound=value,
            dual_bound=self._dual_bound,
            gap_scale=gap_size(value, self._gap_scale),
            flag=flag,
        )
        self._progress.append(row)
        if self._run.on_progress is not None:
            self._run.on_progress(row)

    def stepped(self, current: EvaluatedPolicy, step: Step) -> None:
        """The program at an iterate has been solved: its trajectory point is complete."""
        self._nodes += step.nodes
        self._lps += step.lps
        if step.weighted_bound is not None:
            self.bounded(step.weighted_bound.bound, step.weighted_bound.proof)
            self._searched = True
        self._trajectory.append(
            TrajectoryPoint(
                iteration=len(self._trajectory),
                leader_values=current.values,
                leader_value=float(self._problem.weights @ current.values),
                leader_policy=current.policy,
                follower_policy=current.response.follower_policy if self._costs_decide else None,
                note=step.note if self._trajectory else "; ".join(filter(None, (self._beginning, step.note))),
                step_bound=step.bound,
                scalarised_step_bound=min(step.scalarised_bound, self._steepest * step.bound),
                nodes=step.nodes,
                seconds=self._run.deadline.elapsed - self._progress[-1].seconds,
            )
        )
        if step.target is None and step.termination in {Termination.NUMERICAL, Termination.TIE_RULE}:
            self.arrived(current, "!")

    def result(
        self,
        last: EvaluatedPolicy,
        termination: Termination,
        *,
        status: Status | None = None,
        counts: Mapping[str, int] | None = None,
    ) -> Result:
        """The result of a run that ends at ``last``; the status follows from the termination if it is absent.

        Where the leader is myopic the stop test needs no search beyond the improvement program: what it stops at is
        Pareto-optimal (Theorem 11 d).
        """
        if status is None:
            status = Status.STATIONARY if termination is Termination.STATIONARY else Status.FEASIBLE
        if status is Status.STATIONARY and self._game.leader_discount == 0.0:
            status = Status.PARETO_OPTIMAL
        if self.closes_gap(last):
            status = Status.OPTIMAL
        conclusion = Conclusion(
            method=self._method,
            status=status,
            termination=termination,
            dual_bound=self._dual_bound,
            bound_proof=self._bound_proof,
            found=last,
            trajectory=tuple(self._trajectory),
            progress=tuple(self._progress),
            counts={
                "iterations": len(self._trajectory),
                **({} if counts is None else counts),
                "nodes": self._nodes,
                "lps": self._lps,
            },
            scalarised=self._scalarised,
        )
        return conclusion.result(self._problem, self._run)
