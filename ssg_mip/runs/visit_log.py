"""The record of a method that goes from policy to policy and proves nothing: exact values of what it visits.

Each visited policy is evaluated under the follower's best response, whatever the method believes about it. The answer
is the best one visited, so that a start policy is never made worse; where the method itself ended is in the details
(``last_leader_value``, and ``last_leader_values`` by state). The bound is that of a planner who moves both players,
unless a method knows a better one.
With a margin the trajectory is that of the visited policies that keep it, because only they count.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Mapping
from typing import Any

from ssg_mip.base.gap import gap_in_units
from ssg_mip.base.status import BoundProof, Status, Termination
from ssg_mip.evaluation.best_response import Response
from ssg_mip.evaluation.value_bounds import leader_value_bounds
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.problem.evaluated_policy import Candidate
from ssg_mip.problem.problem import Problem
from ssg_mip.proofs.claim import Claim
from ssg_mip.result import ProgressRow, Result, TrajectoryPoint, gap_denominator
from ssg_mip.runs.conclusion import Conclusion
from ssg_mip.runs.run import Run


class Visits:
    """Policies in the order of visits, each with its exact values; ``method`` is the name on the result."""

    def __init__(self, problem: Problem, run: Run, method: str) -> None:
        game = problem.game
        self._game = game
        self._problem = problem
        self._run = run
        self._method = method
        self._dual_bound = float(problem.weights @ leader_value_bounds(game).upper)
        self._proof = BoundProof.PAIR
        if run.recorder is not None:
            claim = Claim(weights=problem.weights, bound=self._dual_bound, margin=problem.follower.margin)
            self._dual_bound = run.recorder.settle(game, claim)
        self._visited: list[TrajectoryPoint] = []
        self._keeping: list[bool] = []
        self._progress: list[ProgressRow] = []
        self._best: Candidate | None = None
        self._costliest = self._longest_lap = 0.0
        self._asked_at = math.inf

    @property
    def dual_bound(self) -> float:
        """The bound so far."""
        return self._dual_bound

    def bounded(self, bound: float, proof: BoundProof) -> None:
        """Take another bound, and what it rests on."""
        self._dual_bound, self._proof = bound, proof

    @property
    def best_value(self) -> float:
        """The weighted value of the best policy so far; ``-inf`` if none keeps the margin."""
        return -math.inf if self._best is None else self._best.value

    def start(self) -> Response:
        """Visit the given start, or the uniform policy."""
        given = self._run.start
        return self.visit(LeaderPolicy.uniform(self._game) if given is None else given, "the start")

    def visit(self, policy: LeaderPolicy, note: str = "") -> Response:
        """Evaluate a policy under the follower's best response and write it down.

        Returns
        -------
        Response
            The follower's answer under the tie rule that was asked for, with both players' exact values.
        """
        run = self._run
        begun = run.deadline.elapsed
        response, keeps = self._problem.follower.answer(self._game, policy, run.tolerances)
        self._costliest = max(self._costliest, run.deadline.elapsed - begun)
        value = float(self._problem.weights @ response.leader_values)
        better = keeps and value > self.best_value
        if better:
            self._best = Candidate(policy, response, value)
        self._write(Candidate(policy, response, value), note, keeps=keeps)
        self._report("*" if better else "")
        return response

    def offer(self, found: Candidate, note: str) -> None:
        """Write down a policy that has been evaluated, if it is worth more than all before it.

        It takes the place of the last one written down, where that has the same note.
        """
        if not found.value > self.best_value:
            return
        if len(self._visited) > 1 and self._visited[-1].note == note:
            self._visited.pop()
            self._keeping.pop()
        self._best = found
        self._write(found, note, keeps=True)
        self._report("*")

    def _write(self, found: Candidate, note: str, *, keeps: bool) -> None:
        self._keeping.append(keeps)
        self._visited.append(
            TrajectoryPoint(
                iteration=len(self._visited),
                leader_values=found.values,
                leader_value=found.value,
                leader_policy=found.policy,
                note=note,
            )
        )

    def _report(self, flag: str) -> None:
        row = ProgressRow(
            seconds=self._run.deadline.elapsed,
            iteration=len(self._visited) - 1,
            nodes=0,
            open_nodes=0,
            lps=0,
            primal_bound=self.best_value,
            dual_bound=self._dual_bound,
            gap_scale=gap_denominator(self._game, self._problem.weights, self.best_value),
            flag=flag,
        )
        self._progress.append(row)
        if self._run.on_progress is not None:
            self._run.on_progress(row)

    def time_for(self, evaluations: int) -> bool:
        """Whether there is time for another lap and for what must follow it; false where the user asked to stop.

        A lap is what lies between two questions, counted as long as the longest so far. What follows counts as so many
        evaluations, each as long as the costliest visit.
        """
        run, now = self._run, self._run.deadline.elapsed
        self._longest_lap = max(self._longest_lap, now - self._asked_at)
        self._asked_at = now
        return not run.stopped and run.deadline.remaining > evaluations * self._costliest + self._longest_lap

    def ended(self, finished: bool) -> Termination:
        """Why a run of a number of steps ended, given whether it did them all."""
        if self._run.interrupt.requested:
            return Termination.INTERRUPTED
        return Termination.ITERATION_LIMIT if finished else Termination.TIME_LIMIT

    @property
    def limit(self) -> Termination:
        """The limit that stops the run now: the user, the clock, or else the number of iterations."""
        if self._run.interrupt.requested:
            return Termination.INTERRUPTED
        return Termination.TIME_LIMIT if self._run.deadline.expired else Termination.ITERATION_LIMIT

    def result(
        self, termination: Termination, *, counts: Mapping[str, int], details: Mapping[str, Any] | None = None
    ) -> Result:
        """The result of a run that has made at least one visit.

        Parameters
        ----------
        termination
            Why the method stopped.
        counts
            Work done.
        details
            What the method says of itself: plain JSON data, by name.
        """
        run = self._run
        value = math.nan if self._best is None else self._best.value
        size = gap_denominator(self._game, self._problem.weights, value)
        closed = gap_in_units(value, self._dual_bound, size) <= run.gap
        status = Status.OPTIMAL if closed else Status.FEASIBLE
        last = self._visited[-1]
        kept = itertools.compress(self._visited, self._keeping)
        conclusion = Conclusion(
            method=self._method,
            status=Status.NO_SOLUTION if self._best is None else status,
            termination=termination,
            dual_bound=self._dual_bound,
            bound_proof=run.proof(self._proof),
            found=self._best,
            trajectory=tuple(dataclasses.replace(point, iteration=place) for place, point in enumerate(kept)),
            progress=tuple(self._progress),
            counts={"visits": len(self._visited), **counts},
            details={
                "last_leader_value": last.leader_value,
                "last_leader_values": dict(zip(self._game.state_names, map(float, last.leader_values), strict=True)),
                **({} if details is None else details),
            },
        )
        return conclusion.result(self._problem, run)
