"""What the runs of a sweep have verified: points, and bounds on what is left to gain beside them."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from ssg_mip.base.status import Status, Termination
from ssg_mip.evaluation.value_bounds import leader_value_bounds, varying_states
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.pareto.archive import Archive
from ssg_mip.pareto.dominance import separation
from ssg_mip.pareto.front import FrontPoint, Settlement
from ssg_mip.problem.problem import Problem
from ssg_mip.result import Result
from ssg_mip.runs.run import Run


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class _Candidate:
    """An attained value vector and the run that passed through it; ``final`` if it is the run's answer.

    ``gain_bound`` is what a second solve proved about it.
    """

    values: FloatArray
    policy: LeaderPolicy
    result: Result
    final: bool
    gain_bound: float = math.inf


class SweepPoints:
    """Attained points, gathered from answers and from iterates.

    Parameters
    ----------
    problem
        What the points are values of, and under which tie rule.
    run
        The accuracy of the searches: points closer than its gap times the largest value are not told apart.
    """

    def __init__(self, problem: Problem, run: Run) -> None:
        self._game = problem.game
        self._follower = problem.follower
        self._run = run
        self._archive: Archive[_Candidate] = Archive(problem.game.num_states, lambda one: one.values)
        self._largest = 0.0
        self._results: list[Result] = []

    def add(self, result: Result, settlement: Settlement | None = None, instead_of: Result | None = None) -> None:
        """Keep the answer of a run, with what a second solve says about it, and the iterates on the way to it.

        A run that is repeated takes the place of the earlier one, whose points are then by-products of its own.
        """
        if instead_of is not None:
            self._results = [one for one in self._results if one is not instead_of]
            self._archive.retell(
                lambda one: dataclasses.replace(one, result=result, final=False) if one.result is instead_of else one
            )
        self._results.append(result)
        if result.leader_policy is not None:
            self._keep(
                _Candidate(
                    values=result.leader_values,
                    policy=result.leader_policy,
                    result=result,
                    final=True,
                    gain_bound=_myopic_bound(result) if settlement is None else settlement.gain_bound,
                )
            )
        for point in result.trajectory:
            self._keep(_Candidate(values=point.leader_values, policy=point.leader_policy, result=result, final=False))

    def _keep(self, candidate: _Candidate) -> None:
        self._largest = max(self._largest, float(np.abs(candidate.values).max()))
        self._archive.add(candidate)

    @property
    def values(self) -> FloatArray:
        """The value vectors that no other one covers, shape ``[points, num_states]``."""
        return self._archive.values

    @property
    def tolerance(self) -> float:
        """Differences up to this count as none; in the units of the leader's rewards."""
        return separation(self._largest, self._run.gap, self._run.tolerances)

    def best(self, weights: FloatArray) -> LeaderPolicy | None:
        """The policy worth most under ``weights``; ``None`` if there is none yet."""
        found = self._archive.best(weights)
        return None if found is None else found.policy

    def front(self) -> tuple[FrontPoint, ...]:
        """The non-dominated points, each evaluated anew; largest value of the first state first."""
        return tuple(self._point(one) for one in self._archive.front(self.tolerance))

    def _point(self, candidate: _Candidate) -> FrontPoint:
        response = self._follower.response(self._game, candidate.policy, self._run.tolerances)
        return FrontPoint(
            leader_values=response.leader_values,
            follower_values=response.follower_values,
            leader_policy=candidate.policy,
            follower_policy=response.follower_policy,
            weights=candidate.result.weights,
            dual_bound=candidate.result.dual_bound,
            bound_proof=candidate.result.bound_proof,
            status=candidate.result.status if candidate.final else Status.FEASIBLE,
            gain_bound=min(candidate.gain_bound, self._gain_bound(response.leader_values)),
        )

    def _gain_bound(self, values: FloatArray) -> float:
        """What the weighted sums' bounds and the value bounds leave to gain where no state loses.

        If ``weights @ v <= dual_bound`` for every attained ``v``, then one with ``v >= values`` gains at most what is
        left below the bound, divided by the weight of a state, there.
        """
        room = leader_value_bounds(self._game).upper - values
        for result in self._results:
            weighted = result.weights > 0.0
            left = max(0.0, result.dual_bound - float(result.weights @ values))
            with np.errstate(over="ignore"):
                room[weighted] = np.minimum(room[weighted], left / result.weights[weighted])
        return max(0.0, float(room[varying_states(self._game)].max(initial=0.0)))


def _myopic_bound(result: Result) -> float:
    """What the stop test of policy iteration proves where the leader is myopic; infinite elsewhere.

    With leader discount 0 a policy is worth what it promises in one step, ``V^f = Q_t(., f)``. So the bound on the
    average gain of the improvement program bounds the gain in every state, times their number, and no other search is
    needed.
    """
    if result.game.leader_discount > 0.0 or result.termination is not Termination.STATIONARY:
        return math.inf
    return result.game.num_states * result.trajectory[-1].step_bound
