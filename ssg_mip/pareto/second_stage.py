r"""Weights of zero, and the second solve that settles what they leave open.

A maximiser of ``sum_s alpha_s V(s)`` is Pareto-optimal if every weight is positive. A state of weight zero may be worse
than it need be: the point is only weakly optimal. So let ``v1`` be the first point, ``S`` the states of positive
weight and ``u`` the even weights over all ``n`` states. The second solve is

    maximise ``u @ v``  over attained ``v``  with  ``v >= v1`` on ``S``,

from the policy of ``v1``. Let it end at ``v2`` with the bound ``u @ v2 + e``. A value ``v >= v2`` that some policy
attains meets the same floor, so ``u @ v <= u @ v2 + e``, and since no state loses, none gains more than ``n e``: that
is the ``gain_bound``. It asks nothing of the first solve, which may have stopped at a limit. On ``S`` nothing is lost,
so ``v2`` is worth at least as much under ``alpha``, whose bound stands as it was. Both up to rounding: floors are kept
within the tolerance ``monotone``, and the second point is taken only if it covers the first one on ``S`` within the
tolerance of the front, and if a gap that was closed stays closed. The gain bound allows for this already.

What was proved of ``v2`` does not depend on the weights. So where an earlier second point covers a new ``v1`` on its
states, and has at least its sum, it is the answer without another solve.

The other methods:

* ``policy-iteration`` and its kin move only where no state loses, and stop only when a program with even weights finds
  no gain, whatever was asked: their stop test is their second solve;
* ``deterministic`` and ``grid`` have no floors. They are asked with a small weight in every state instead
  (:func:`ssg_mip.problem.weights.compliant_weights`), and their points carry these weights. So is every method where
  rows on the policy couple states (:mod:`ssg_mip.pareto.allowed`).
"""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Mapping

import numpy as np

from ssg_mip.base.status import Status, Termination
from ssg_mip.evaluation.best_response import Response
from ssg_mip.evaluation.value_bounds import LEAST_GAP, leader_value_bounds, varying_states
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.pareto.allowed import at_least, chosen_by_state
from ssg_mip.pareto.dominance import covers, separation
from ssg_mip.pareto.front import Settlement
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.weights import are_positive, compliant_weights
from ssg_mip.result import Result, TrajectoryPoint
from ssg_mip.runs.method import Method, Takes
from ssg_mip.runs.run import Run

FIRST_SHARE = 0.5
"""Share of the time and of the nodes that the first of two solves may take."""

AGAIN_SHARE = 0.9
"""The same where a run is solved again of which only the first solve was cut."""


class SecondStage:
    """Maximises weighted sums by a method, one after the other, and settles what weights of zero leave open.

    Parameters
    ----------
    method
        How each sum is maximised.
    """

    def __init__(self, method: Method) -> None:
        self._method = method
        self._known: list[tuple[LeaderPolicy, Result, float]] = []

    def solve(self, problem: Problem, run: Run, first_share: float = FIRST_SHARE) -> tuple[Result, Settlement | None]:
        """The point that is left as the answer to the weights, and what the second solve did, if one was called for.

        The limits of the run are for both solves together; the result's counts and seconds are those of both.
        """
        if Takes.ZERO_WEIGHTS in self._method.takes:
            return self._method(problem, run), None
        if Takes.FLOORS not in self._method.takes or not chosen_by_state(problem):
            weights = compliant_weights(problem.weights)
            return self._method(problem.weighing(weights), run), None
        if are_positive(problem.weights[varying_states(problem.game)], problem.game.num_states):
            return self._method(problem, run), None
        first = self._method(problem, _first_part(run, first_share))
        return (first, None) if first.leader_policy is None else self._settle(problem, run, first)

    def again(
        self, problem: Problem, run: Run, before: Result, settlement: Settlement | None
    ) -> tuple[Result, Settlement | None]:
        """A run of the same weights that was cut, solved again with more time; what it has proven before still counts.

        Where only the second solve was cut, the first one is not repeated.
        """
        if settlement is not None and not before.termination.is_limit:
            kept, settled = self._settle(problem, run, before)
            return _spent(kept, before, run), dataclasses.replace(settled, first_values=settlement.first_values)
        closed = settlement is not None and not settlement.termination.is_limit
        fresh, settled_anew = self.solve(problem, run, AGAIN_SHARE if closed else FIRST_SHARE)
        counts = Counter(before.provenance.counts)
        counts.update(fresh.provenance.counts)
        if fresh.leader_policy is None or fresh.leader_value < before.leader_value:
            better, settled_anew = _under_bound_of(before, fresh), settlement
        else:
            better = _under_bound_of(fresh, before)
        return _spent(better, before, run, counts), settled_anew

    def _settle(self, problem: Problem, run: Run, first: Result) -> tuple[Result, Settlement]:
        """A known point that will do, or the second solve, as far as the limits allow it."""
        for policy, point, gain_bound in self._known:
            moved = _moved(first, policy, point)
            if _is_better(problem, run, moved, first):
                return moved, _settlement(first, gain_bound, Termination.GAP)
        room = _room(problem.game, first)
        spent = first.provenance.counts.get("nodes", 0)
        small = room <= separation(first.leader_values, run.gap, run.tolerances)
        stop = Termination.GAP if small else run.stop_reason(spent)
        if stop is not None:
            return first, _settlement(first, room, stop)
        recorder = None if run.recorder is None else run.recorder.another()
        second = run.after(spent).starting_at(first.leader_policy).recording(recorder)
        kept, settlement = _second_solve(problem, second, first)
        if settlement.termination is Termination.GAP and kept.leader_policy is not None:
            self._known.append((kept.leader_policy, kept, settlement.gain_bound))
        return kept, settlement


def _first_part(run: Run, share: float) -> Run:
    """The run with what the first solve may use of the limits."""
    nodes = None if run.limits.nodes is None else max(1, int(share * run.limits.nodes))
    return run.sharing(share).within(nodes)


def _second_solve(problem: Problem, run: Run, first: Result) -> tuple[Result, Settlement]:
    """Even weights, with the first point as floor and start."""
    game = problem.game
    from ssg_mip.exact.wider import solve_allowed

    even = np.full(game.num_states, 1.0 / game.num_states)
    floor = np.where(problem.weights > 0.0, first.leader_values, -np.inf)
    answer = solve_allowed(at_least(problem.weighing(even), floor), run)
    kept = _with_work(first, run, answer.nodes, answer.lps)
    if answer.policy is not None and answer.response is not None:
        second = _moved(kept, answer.policy, answer.response)
        kept = second if _is_better(problem, run, second, first) else kept
    bound = answer.dual_bound if math.isfinite(answer.dual_bound) else math.inf
    gain = max(0.0, game.num_states * (bound - float(even @ kept.leader_values)))
    return kept, _settlement(first, min(gain, _room(game, kept)), answer.termination)


def _room(game: Game, result: Result) -> float:
    """What the upper value bounds leave to gain in a state."""
    return float((leader_value_bounds(game).upper - result.leader_values).max())


def _settlement(first: Result, gain_bound: float, termination: Termination) -> Settlement:
    return Settlement(first_values=first.leader_values, gain_bound=gain_bound, termination=termination)


def _is_better(problem: Problem, run: Run, second: Result, first: Result) -> bool:
    """Whether the second point has at least the sum and loses nothing that the first one claims."""
    weighted = problem.weights > 0.0
    return (
        float(second.leader_values.sum()) >= float(first.leader_values.sum())
        and covers(
            second.leader_values[weighted],
            first.leader_values[weighted],
            separation(first.leader_values, run.gap, run.tolerances),
        )
        and (first.status is not Status.OPTIMAL or second.relative_gap <= max(run.gap, LEAST_GAP))
    )


def _with_work(first: Result, run: Run, nodes: int, lps: int) -> Result:
    """The first result with the work of both solves."""
    counts = dict(first.provenance.counts)
    counts["nodes"] = counts.get("nodes", 0) + nodes
    counts["lps"] = counts.get("lps", 0) + lps
    provenance = dataclasses.replace(first.provenance, counts=counts, seconds=run.deadline.elapsed)
    return dataclasses.replace(first, provenance=provenance)


def _spent(result: Result, before: Result, run: Run, counts: Mapping[str, int] | None = None) -> Result:
    """The result with the time, and the counts, of an earlier run added."""
    seconds = before.provenance.seconds + run.deadline.elapsed
    work = result.provenance.counts if counts is None else dict(counts)
    return dataclasses.replace(result, provenance=dataclasses.replace(result.provenance, seconds=seconds, counts=work))


def _under_bound_of(result: Result, other: Result) -> Result:
    """The result with the bound of another run of the same weights, if that is lower."""
    if other.dual_bound >= result.dual_bound:
        return result
    return dataclasses.replace(result, dual_bound=other.dual_bound, bound_proof=other.bound_proof)


def _moved(first: Result, policy: LeaderPolicy, response: Response | Result) -> Result:
    """The result at another point."""
    value = float(first.weights @ response.leader_values)
    point = TrajectoryPoint(
        iteration=0,
        leader_values=response.leader_values,
        leader_value=value,
        leader_policy=policy,
        note="commitment, settled by a second solve",
    )
    return dataclasses.replace(
        first,
        leader_value=value,
        leader_values=response.leader_values,
        follower_values=response.follower_values,
        leader_policy=policy,
        follower_policy=response.follower_policy,
        tied_states=response.tied_states,
        trajectory=(point,),
    )
