"""All points that the runs of a sweep have verified, and the front among them."""

from __future__ import annotations

import dataclasses

import numpy as np

from ssg_mip.best_response import Ties, best_response
from ssg_mip.game import FloatArray, Game
from ssg_mip.pareto.dominance import non_dominated
from ssg_mip.pareto.front import FrontPoint
from ssg_mip.policy import LeaderPolicy
from ssg_mip.result import Result
from ssg_mip.status import Status
from ssg_mip.tolerances import DEFAULT_TOLERANCES


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class _Candidate:
    """An attained value vector and the run that passed through it; ``final`` if it is the run's answer."""

    values: FloatArray
    policy: LeaderPolicy
    result: Result
    final: bool


class Pool:
    """Attained points, gathered from answers and from iterates.

    Parameters
    ----------
    game, ties
        What the points are values of, and under which tie rule.
    gap
        Relative accuracy of the searches: points closer than ``gap`` times the largest value are not told apart.
    """

    def __init__(self, game: Game, ties: Ties, gap: float) -> None:
        self._game = game
        self._ties = ties
        self._gap = max(gap, DEFAULT_TOLERANCES.monotone)
        self._candidates: list[_Candidate] = []

    def add(self, result: Result) -> None:
        """Keep the answer of a run and the iterates on the way to it."""
        if result.leader_policy is not None:
            self._keep(result.leader_values, result.leader_policy, result, final=True)
        for point in result.trajectory:
            self._keep(point.leader_values, point.leader_policy, result, final=False)

    def _keep(self, values: FloatArray, policy: LeaderPolicy, result: Result, *, final: bool) -> None:
        self._candidates.append(_Candidate(values=values, policy=policy, result=result, final=final))

    @property
    def values(self) -> FloatArray:
        """All value vectors, shape ``[candidates, num_states]``."""
        return np.array([one.values for one in self._candidates]).reshape(-1, self._game.num_states)

    @property
    def tolerance(self) -> float:
        """Differences up to this count as none; in the units of the leader's rewards."""
        return max(self._gap * float(np.abs(self.values).max(initial=0.0)), DEFAULT_TOLERANCES.monotone)

    def best(self, weights: FloatArray) -> LeaderPolicy | None:
        """The policy worth most under ``weights``; ``None`` if there is none yet."""
        if not self._candidates:
            return None
        return self._candidates[int(np.argmax(self.values @ weights))].policy

    def front(self) -> tuple[FrontPoint, ...]:
        """The non-dominated points, each evaluated anew; largest value of the first state first."""
        values = self.values
        places = np.flatnonzero(non_dominated(values, self.tolerance))
        order = places[np.lexsort(-values[places].T[::-1])]
        return tuple(self._point(self._candidates[place]) for place in order)

    def _point(self, candidate: _Candidate) -> FrontPoint:
        response = best_response(self._game, candidate.policy, self._ties)
        return FrontPoint(
            leader_values=response.leader_values,
            follower_values=response.follower_values,
            leader_policy=candidate.policy,
            follower_policy=response.follower_policy,
            weights=candidate.result.weights,
            dual_bound=candidate.result.dual_bound,
            status=candidate.result.status if candidate.final else Status.FEASIBLE,
        )
