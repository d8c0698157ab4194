r"""Algorithm 3 of Kudo & Akimoto (appendix H): policy iteration that goes back to choices it has not tried.

Algorithm 1 moves to *one* maximiser of the program (I). Here the others that its search has come across are kept, for
every iterate: ``W(f_t)``, or the part of it that is not used yet. Where the stop test holds, the sufficient condition
of Theorem 10 is tested (:mod:`~ssg_mip.methods.policy_iteration.conditions`). If it holds too, the point is
Pareto-optimal and the answer. Otherwise it is filed as a candidate, and the run goes on from a policy of the most
recent set that is not used up, drawn without replacement. When none is left, or after ``M`` evaluations, the candidate
with the best scalarised value is the answer.

``W(f_t)`` holds what the selection asks for: with ``argmax`` the policies whose gain is within the gap of the best,
with ``epsilon`` those with the share ``1 - epsilon`` of it, with ``first`` every improving policy met. The sets hold
policies that the search has evaluated, one for each response and value, so they are samples of the paper's sets. With
``argmax`` there is rarely more than one.

Theorem 10 is sufficient only: a Pareto-optimal policy can fail it. The counts ``sufficient_held``,
``sufficient_failed`` and ``sufficient_open`` say how often the test was conclusive. Where it is not,
``restarted-policy-iteration`` proves more.
"""

from __future__ import annotations

import dataclasses
from collections import Counter

import numpy as np

from ssg_mip.bounds import LEAST_GAP, gap_scale, leader_value_bounds
from ssg_mip.game import Game
from ssg_mip.methods.policy_iteration.algorithm import DEFAULT_ITERATION_LIMIT, weighted_bound
from ssg_mip.methods.policy_iteration.conditions import Sufficiency, sufficient_condition
from ssg_mip.methods.policy_iteration.improving import ImprovingPolicies
from ssg_mip.methods.policy_iteration.record import Record
from ssg_mip.methods.policy_iteration.start import first_iterate, without_start
from ssg_mip.methods.policy_iteration.step import Iterate, Step, take_step
from ssg_mip.methods.request import Request
from ssg_mip.policy import LeaderPolicy
from ssg_mip.result import Result
from ssg_mip.status import Status, Termination

METHOD = "backtracking"

_OUTCOMES = {
    Sufficiency.HOLDS: "sufficient_held",
    Sufficiency.FAILS: "sufficient_failed",
    Sufficiency.OPEN: "sufficient_open",
}


def run(game: Game, request: Request) -> Result:
    """Algorithm 3 from ``request.start`` (the uniform policy if absent); ``request.iteration_limit`` is its ``M``.

    Returns
    -------
    Result
        With status ``OPTIMAL`` if a bound proves the weighted value within the gap, ``PARETO_OPTIMAL`` if Theorem 10
        does (or Theorem 11 d, with leader discount 0), ``STATIONARY`` for a candidate, ``FEASIBLE`` if a limit came
        before any. The trajectory holds every iterate in the order of visits; where the run goes back, values fall.
    """
    bounds = leader_value_bounds(game)
    dual_bound = weighted_bound(game, request, bounds)
    first = first_iterate(game, request)
    if isinstance(first, Termination):
        return without_start(game, request, first, dual_bound, METHOD)
    record = Record(game, request, dual_bound, gap_scale(bounds, request.weights), METHOD)
    return _Backtracking(game, request, record).run(first)


class _Backtracking:
    """The candidates, the policies that are left to try, and how the tests ended."""

    def __init__(self, game: Game, request: Request, record: Record) -> None:
        self._game = game
        self._request = request
        self._record = record
        self._rng = np.random.default_rng(request.seed)
        self._unused: list[list[LeaderPolicy]] = []
        self._candidates: list[tuple[Iterate, Step]] = []
        self._outcomes: Counter[str] = Counter()
        self._best: Iterate | None = None

    def run(self, current: Iterate) -> Result:
        """Iterate, test, go back, until a point is proven, nothing is left, or a limit is reached."""
        for _ in range(self._request.iteration_limit or DEFAULT_ITERATION_LIMIT):
            self._visited(current)
            improving = ImprovingPolicies(self._share)
            step = take_step(self._game, current, self._request, improving, self._record.nodes, self._record.ceiling)
            if step.target is not None:
                self._record.stepped(current, step)
                self._unused.append(self._drawn(improving, step.target))
                current = step.target
                continue
            if step.termination is not Termination.STATIONARY:
                self._record.stepped(current, step)
                return self._result(current, step.termination)
            step, proven = self._tested(current, step)
            self._record.stepped(current, step)
            if proven:
                return self._record.result(
                    current, step.termination, status=Status.PARETO_OPTIMAL, counts=self._counts()
                )
            self._candidates.append((current, step))
            following = self._next()
            if following is None:
                return self._result(current, Termination.STATIONARY)
            current = following
        self._visited(current)
        self._record.stepped(current, Step.stopped(Termination.ITERATION_LIMIT))
        return self._result(current, Termination.ITERATION_LIMIT)

    @property
    def _share(self) -> float:
        """The share of the best gain that makes a policy a member of ``W(f_t)``."""
        if self._request.selection == "first":
            return 0.0
        missing = self._request.gap if self._request.epsilon is None else self._request.epsilon
        return max(0.0, 1.0 - max(missing, LEAST_GAP))

    def _value(self, iterate: Iterate) -> float:
        return self._request.scalarised(iterate.values)

    def _visited(self, current: Iterate) -> None:
        """A progress row for the best point so far: where the run goes back, values fall."""
        if self._best is None or self._value(current) > self._value(self._best):
            self._best = current
        self._record.arrived(self._best)

    def _drawn(self, improving: ImprovingPolicies, taken: Iterate) -> list[LeaderPolicy]:
        """The other members of ``W(f_t)`` in random order."""
        others = improving.others(taken.policy)
        return [others[place] for place in self._rng.permutation(len(others))]

    def _next(self) -> Iterate | None:
        """A policy of the most recent set that is not used up."""
        while self._unused:
            if self._unused[-1]:
                return Iterate.evaluated(self._game, self._unused[-1].pop(), self._request)
            self._unused.pop()
        return None

    def _tested(self, current: Iterate, step: Step) -> tuple[Step, bool]:
        """The step with the work of Theorem 10's test, and whether the point is proven Pareto-optimal."""
        if self._game.leader_discount == 0.0:  # Theorem 11 (d): no test is needed
            return step, True
        left = None if self._request.node_limit is None else self._request.node_limit - self._record.nodes - step.nodes
        test = sufficient_condition(self._game, current.policy, dataclasses.replace(self._request, node_limit=left))
        self._outcomes[_OUTCOMES[test.verdict]] += 1
        step = dataclasses.replace(step, nodes=step.nodes + test.nodes, lps=step.lps + test.lps)
        if test.verdict is Sufficiency.HOLDS:
            gain = self._request.scale.gain_out(test.gain_bound)
            note = f"{step.note}; Pareto-optimal by Theorem 10: no policy dominates it by more than {gain:.3g}"
            return dataclasses.replace(step, note=note), True
        return dataclasses.replace(step, note=f"{step.note}; Theorem 10: {test.verdict.value}"), False

    def _result(self, current: Iterate, termination: Termination) -> Result:
        """The best candidate; before there is one, the best point visited."""
        if not self._candidates:
            return self._closed(current if self._best is None else self._best, current, None, termination)
        answer, step = max(self._candidates, key=lambda one: self._value(one[0]))
        return self._closed(answer, current, step, termination)

    def _closed(self, answer: Iterate, last: Iterate, step: Step | None, termination: Termination) -> Result:
        """The result; the trajectory ends at the answer."""
        if answer is not last:
            bound = np.inf if step is None else step.bound
            note = "the best point visited" if step is None else "the best candidate"
            self._record.stepped(answer, dataclasses.replace(Step.stopped(termination), bound=float(bound), note=note))
        status = Status.FEASIBLE if step is None else Status.STATIONARY
        return self._record.result(answer, termination, status=status, counts=self._counts())

    def _counts(self) -> dict[str, int]:
        tests = {name: self._outcomes[name] for name in _OUTCOMES.values()}
        return {"candidates": len(self._candidates), **tests}
