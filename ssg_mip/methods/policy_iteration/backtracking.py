r"""Algorithm 3 of Kudo & Akimoto (appendix H): policy iteration that goes back to choices it has not tried.

Algorithm 1 moves to *one* maximiser of the program (I). Here the others that its search has come across are kept, for
every iterate: ``W(f_t)``, or the part of it that is not used yet. Where the stop test holds, the sufficient condition
of Theorem 10 is tested (:mod:`~ssg_mip.methods.policy_iteration.conditions`). If it holds too, the point is
Pareto-optimal and the answer. Otherwise it is filed as a candidate, and the run goes on from a policy of the most
recent set that is not used up, drawn without replacement. Behind them all stands ``W(0)``, the set of all policies,
which is never used up: where no other is left, the run goes on from a random policy, drawn uniformly from the simplex
of each state (with a margin, the first of :data:`~ssg_mip.methods.policy_iteration.start.DRAWS` draws that keeps it).

It ends after ``M`` evaluations: one is the computation of an iterate's values, which begins each pass of the loop. The
policy that the last pass moved to is a candidate too, and the candidate with the best scalarised value is the answer.
It ends earlier where Theorem 10 proves the best candidate so far. (In print it ends at any point that is proven, also
one worth less than a candidate; here that is one more candidate.) It also ends where a bound shows that no candidate
can be worth more, up to the gap: each new best candidate is held against a short search of the commitment program,
which ends as soon as it meets a better policy, and of which nothing but the bound is used.

``W(f_t)`` holds what the selection asks for: with ``argmax`` the policies whose gain is within the gap of the best,
with ``epsilon`` and ``sample`` those with the share ``1 - epsilon`` of it, with ``first`` every improving policy met.
The sets hold policies that the search has evaluated, one for each response and value, so they are samples of the
paper's sets. With ``argmax`` there is rarely more than one.

Along each run no state's value falls; where the run goes back, values do. ``W>`` and Theorem 10 look at an iterate's
values only, so an iterate with the values of a candidate is not tested again.

Theorem 10 is sufficient only: a Pareto-optimal policy can fail it. The counts ``sufficient_held``,
``sufficient_failed`` and ``sufficient_open`` say how often the test was conclusive, ``evaluations`` how many policies
were evaluated, ``restarts`` how often ``W(0)`` was drawn from. Where the test says nothing,
``restarted-policy-iteration`` proves more.
"""

from __future__ import annotations

import dataclasses
from collections import Counter

import numpy as np

from ssg_mip.base.status import Status, Termination
from ssg_mip.evaluation.value_bounds import LEAST_GAP
from ssg_mip.exact.wider import solve_allowed, without_answers
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.methods.policy_iteration.conditions import Sufficiency, sufficient_condition
from ssg_mip.methods.policy_iteration.improving import ImprovingPolicies
from ssg_mip.methods.policy_iteration.loop import DEFAULT_ITERATION_LIMIT, first_and_log
from ssg_mip.methods.policy_iteration.negligible import value_scale
from ssg_mip.methods.policy_iteration.objective_target import SEARCH_NODES, SEARCH_SHARE
from ssg_mip.methods.policy_iteration.run_log import RunLog
from ssg_mip.methods.policy_iteration.sampling import sampled
from ssg_mip.methods.policy_iteration.start import draws, random_iterate
from ssg_mip.methods.policy_iteration.step import Step, take_step
from ssg_mip.problem.evaluated_policy import EvaluatedPolicy
from ssg_mip.problem.problem import Problem
from ssg_mip.proofs.writer import Recorder
from ssg_mip.result import Result
from ssg_mip.runs.run import Run

METHOD = "backtracking"

BOUND_GAP_SHARE = 0.5
"""Share of the gap to which the bound on a candidate is searched."""

_OUTCOMES = {
    Sufficiency.HOLDS: "sufficient_held",
    Sufficiency.FAILS: "sufficient_failed",
    Sufficiency.OPEN: "sufficient_open",
}


def solve(problem: Problem, run: Run) -> Result:
    """Algorithm 3 from ``run.start`` (the uniform policy if absent); ``run.limits.iterations`` is its ``M``.

    Returns
    -------
    Result
        With status ``OPTIMAL`` if a bound proves the weighted value within the gap, ``PARETO_OPTIMAL`` if Theorem 10
        does (or Theorem 11 d, with leader discount 0), ``STATIONARY`` for a candidate where the stop test holds,
        ``FEASIBLE`` if the best candidate is where a limit came. The trajectory holds every iterate in the order of
        visits; where the run goes back, values fall. It ends with the answer.
    """
    begun = first_and_log(problem, run, METHOD)
    if isinstance(begun, Result):
        return begun
    first, log = begun
    return _Backtracking(problem, run, log).run(first)


@dataclasses.dataclass(frozen=True, eq=False)
class _Candidate:
    """Where a run along Algorithm 1 has ended, why, and the recorded proofs of the stop test."""

    iterate: EvaluatedPolicy
    step: Step
    proofs: tuple[Recorder, ...] = ()
    proven: bool = False

    @property
    def status(self) -> Status:
        """What is known of it without a bound on the weighted optimum."""
        if self.proven:
            return Status.PARETO_OPTIMAL
        return Status.STATIONARY if self.step.termination is Termination.STATIONARY else Status.FEASIBLE


class _Backtracking:
    """The candidates, the policies that are left to try, and how the tests ended."""

    def __init__(self, problem: Problem, run: Run, record: RunLog) -> None:
        self._game = problem.game
        self._problem = problem
        self._run = run
        self._record = record
        self._rng = draws(run)
        self._unused: list[list[LeaderPolicy]] = []
        self._candidates: list[_Candidate] = []
        self._counts: Counter[str] = Counter()
        self._best: EvaluatedPolicy | None = None
        self._bound: tuple[float, Recorder] | None = None

    def run(self, current: EvaluatedPolicy) -> Result:
        """Iterate, test, go back, until a point is proven or a limit is reached."""
        for _ in range(self._run.limits.iterations or DEFAULT_ITERATION_LIMIT):
            self._visited(current)
            following = self._passed(current)
            if isinstance(following, Result):
                return following
            current = following
        self._visited(current)
        return self._ended(current, Step.stopped(Termination.ITERATION_LIMIT))

    def _passed(self, current: EvaluatedPolicy) -> EvaluatedPolicy | Result:
        """One pass of the loop: the next iterate, or the end."""
        known = self._known(current)
        if known is not None:
            return self._gone_back(current, dataclasses.replace(known.step, nodes=0, lps=0, note=_AGAIN))
        improving = ImprovingPolicies(self._share)
        improve = sampled(improving, self._run, self._rng)
        before = len(self._recorded)
        step = take_step(self._problem, self._run, current, improve, self._record.nodes, self._record.weighted_bound)
        if step.target is not None:
            self._record.stepped(current, step)
            self._unused.append(self._drawn(improving, step.target))
            return step.target
        if step.termination is not Termination.STATIONARY:
            return self._ended(current, step)
        proofs = self._taken_out(before, step)
        step, proven = self._tested(current, step)
        self._candidates.append(_Candidate(current, step, proofs, proven))
        if self._leader.iterate is current:
            if proven:
                self._record.stepped(current, step)
                return self._closed(current, Termination.STATIONARY)
            step = self._bounded(current, step)
        return self._gone_back(current, step)

    def _gone_back(self, current: EvaluatedPolicy, step: Step) -> EvaluatedPolicy | Result:
        """A policy of the most recent set that is not used up; the end if a bound shows that none is worth more."""
        closed = self._record.closes_gap(self._leader.iterate)
        following = None if closed else self._next()
        note = "; a bound shows that no candidate is worth more" if closed else ""
        self._record.stepped(current, dataclasses.replace(step, note=f"{step.note}{note}"))
        return following or self._closed(current, self._run.stop_reason() or Termination.STATIONARY)

    @property
    def _leader(self) -> _Candidate:
        """The candidate with the best scalarised value, the first among equals."""
        return max(self._candidates, key=lambda one: self._value(one.iterate))

    def _bounded(self, current: EvaluatedPolicy, step: Step) -> Step:
        """The step with the work of a search for a bound on the weighted optimum that closes the gap at the iterate."""
        run, spent = self._run, self._record.nodes + step.nodes
        weighted = self._problem.objective.scalarisation is None  # the bound is on the weighted sum
        if not weighted or self._record.closes_gap(current) or run.stop_reason(spent) is not None:
            return step
        asked = run.after(spent).at_most(SEARCH_NODES).sharing(SEARCH_SHARE).starting_at(current.policy).quietly()
        asked = asked.to_gap(BOUND_GAP_SHARE * max(run.gap, LEAST_GAP))
        asked = asked.up_to(self._value(current) + self._record.allowed_gap(current))
        asked = asked.recording(None if run.recorder is None else run.recorder.fresh())
        answer = solve_allowed(without_answers(self._problem), asked)
        self._record.bounded(answer.dual_bound, answer.bound_proof)
        if asked.recorder is not None and (self._bound is None or answer.dual_bound < self._bound[0]):
            self._bound = answer.dual_bound, asked.recorder
        return dataclasses.replace(step, nodes=step.nodes + answer.nodes, lps=step.lps + answer.lps)

    @property
    def _recorded(self) -> list[Recorder]:
        """The proofs beside that of the bound, if they are recorded."""
        return [] if self._run.recorder is None else self._run.recorder.others

    def _taken_out(self, before: int, step: Step) -> tuple[Recorder, ...]:
        """The proofs of a stop test, which count only if its point is the answer; the first, of a bound, stays."""
        own = before + (step.weighted_bound is not None)
        proofs = tuple(self._recorded[own:])
        del self._recorded[own:]
        return proofs

    @property
    def _share(self) -> float:
        """The share of the best gain that makes a policy a member of ``W(f_t)``."""
        if self._run.selection == "first":
            return 0.0
        missing = self._run.gap if self._run.epsilon is None else self._run.epsilon
        return max(0.0, 1.0 - max(missing, LEAST_GAP))

    def _value(self, iterate: EvaluatedPolicy) -> float:
        return self._problem.objective(iterate.values)

    def _visited(self, current: EvaluatedPolicy) -> None:
        """A progress row for the best point so far: where the run goes back, values fall."""
        self._counts["evaluations"] += 1
        if self._best is None or self._value(current) > self._value(self._best):
            self._best = current
        self._record.arrived(self._best)

    def _known(self, current: EvaluatedPolicy) -> _Candidate | None:
        """The candidate with the same values, if there is one."""
        allowed = self._run.tolerances.monotone * value_scale(self._game, current.values)
        for one in self._candidates:
            if float(np.abs(one.iterate.values - current.values).max()) <= allowed:
                return one
        return None

    def _drawn(self, improving: ImprovingPolicies, taken: EvaluatedPolicy) -> list[LeaderPolicy]:
        """The other members of ``W(f_t)`` in random order."""
        others = improving.others(taken.policy)
        return [others[place] for place in self._rng.permutation(len(others))]

    def _next(self) -> EvaluatedPolicy | None:
        """A policy of the most recent set that is not used up; the last one, ``W(0)``, never is."""
        while self._unused:
            if self._unused[-1]:
                return EvaluatedPolicy.of(self._problem, self._unused[-1].pop(), self._run.tolerances)
            self._unused.pop()
        drawn = random_iterate(self._problem, self._run, self._rng)
        self._counts["restarts"] += drawn is not None
        return drawn

    def _tested(self, current: EvaluatedPolicy, step: Step) -> tuple[Step, bool]:
        """The step with the work of Theorem 10's test, and whether the point is proven Pareto-optimal."""
        if self._game.leader_discount == 0.0:  # Theorem 11 (d): no test is needed
            return step, True
        run, spent = self._run, self._record.nodes + step.nodes
        if run.limits.nodes is not None and spent >= run.limits.nodes:
            self._counts[_OUTCOMES[Sufficiency.OPEN]] += 1
            return dataclasses.replace(step, note=f"{step.note}; Theorem 10: no nodes were left to test it"), False
        test = sufficient_condition(self._problem, run.after(spent), current.policy)
        self._counts[_OUTCOMES[test.verdict]] += 1
        step = dataclasses.replace(step, nodes=step.nodes + test.nodes, lps=step.lps + test.lps)
        if test.verdict is Sufficiency.HOLDS:
            gain = run.scale.gain_out(test.gain_bound)
            note = f"{step.note}; Pareto-optimal by Theorem 10: no policy dominates it by more than {gain:.3g}"
            return dataclasses.replace(step, note=note), True
        return dataclasses.replace(step, note=f"{step.note}; Theorem 10: {test.verdict.value}"), False

    def _ended(self, current: EvaluatedPolicy, step: Step) -> Result:
        """The end of a run that was stopped at an iterate, which is the last candidate."""
        self._record.stepped(current, step)
        if self._known(current) is None:
            self._candidates.append(_Candidate(current, step))
        return self._closed(current, step.termination)

    def _closed(self, last: EvaluatedPolicy, termination: Termination) -> Result:
        """The best candidate; the trajectory ends there."""
        best = self._leader
        if best.iterate is not last:
            stop = Step.stopped(termination)
            note = "the best candidate"
            self._record.stepped(best.iterate, dataclasses.replace(stop, bound=best.step.bound, note=note))
        self._recorded.extend(best.proofs if self._bound is None else (self._bound[1], *best.proofs))
        return self._record.result(best.iterate, termination, status=best.status, counts=self.counts)

    @property
    def counts(self) -> dict[str, int]:
        """What was met, for the result; ``candidates`` have different values."""
        names = ("evaluations", "restarts", *_OUTCOMES.values())
        return {"candidates": len(self._candidates), **{name: self._counts[name] for name in names}}


_AGAIN = "the values of a candidate again"
