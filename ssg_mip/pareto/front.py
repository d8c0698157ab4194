"""What a front is: verified points, where each came from, and how far apart two must be to count as two."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ssg_mip.base.frozen import FrozenArrays
from ssg_mip.base.promises import Promise
from ssg_mip.base.provenance import Provenance
from ssg_mip.base.status import BoundProof, Status, Termination
from ssg_mip.checker.guarantee import Guarantee
from ssg_mip.checker.outcome import UNCHECKED, CheckOutcome
from ssg_mip.evaluation.best_response import Ties
from ssg_mip.game.game import Game
from ssg_mip.game.policy import FollowerPolicy, LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.pareto.hypervolume import default_reference, hypervolume, is_computed
from ssg_mip.problem.constraints.constraint import Constraint
from ssg_mip.problem.problem import stated_to_dict
from ssg_mip.result import Result, bound_scope, finite, plain


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class FrontPoint(FrozenArrays):
    """One non-dominated point: a commitment and its exact values under the follower's best response.

    Attributes
    ----------
    leader_values, follower_values
        Values per state, shape ``[num_states]``.
    leader_policy, follower_policy
        The commitment and the response to it.
    weights
        The weights, summing to one, of the scalarisation that found the point.
    dual_bound
        Proven upper bound on that scalarisation over stationary leader policies; infinite if none.
    bound_proof
        What that bound rests on.
    status
        What is known about the point as an answer to that scalarisation; ``FEASIBLE`` for a by-product.
    gain_bound
        Proven: of the value vectors that are attained and nowhere below this one, none is above it in any state by
        more than this. With 0 the point is Pareto-optimal.
    check
        What the exact checker says about the point alone.
    guaranteed
        A nearby policy that works whatever the follower does with ties, as in
        :class:`Result <ssg_mip.result.Result>`.
    """

    leader_values: FloatArray
    follower_values: FloatArray
    leader_policy: LeaderPolicy
    follower_policy: FollowerPolicy
    weights: FloatArray
    dual_bound: float
    status: Status
    gain_bound: float
    check: CheckOutcome = UNCHECKED
    guaranteed: Guarantee | None = None
    bound_proof: BoundProof = BoundProof.NONE

    @property
    def bound_certified(self) -> bool:
        """Whether ``dual_bound`` is finite and safe, as in :class:`Result <ssg_mip.result.Result>`."""
        return math.isfinite(self.dual_bound) and self.bound_proof.certifies

    @property
    def leader_value(self) -> float:
        """``weights @ leader_values``."""
        return float(self.weights @ self.leader_values)


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Settlement(FrozenArrays):
    """What became of a point that weights of zero leave only weakly optimal (:mod:`ssg_mip.pareto.second_stage`).

    Attributes
    ----------
    first_values
        The leader's values of the point that the weights alone chose, shape ``[num_states]``. The result has those of
        the point that a second solve put in its place, if it found one.
    gain_bound
        As in :class:`FrontPoint`, for the result's point.
    termination
        Why the second solve stopped, or why there was none: a limit, or ``GAP`` if there was nothing to gain or an
        earlier second point is the answer here too.
    """

    first_values: FloatArray
    gain_bound: float
    termination: Termination


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class ParetoFront:
    """Mutually non-dominated points over the values of all states, and the runs that found them.

    The points are attained and verified. What is *not* claimed: that there are no others. Weighted sums reach
    supported points only.

    Attributes
    ----------
    game
        The game.
    method, ties
        How each scalarisation was solved; the tie rule under which all values are reported.
    points
        Sorted by the value of the first state that differs, largest first.
    tolerance
        Values closer than this count as equal, in the units of the leader's rewards.
    results
        One result per scalarisation and start, in the order of solution. Its bound, status and termination are those
        of the weighted sum, its point is the one that is left after the second solve, its work that of both.
    settlements
        For each result what the second solve did; ``None`` where the weights called for none.
    termination
        ``CONVERGED`` when every scalarisation that was planned ran to its own end, otherwise the limit that cut one
        short; each result and settlement says how its own run ended.
    provenance
        Where the front comes from.
    check
        What the exact checker says about the front, its points and its runs.
    promises
        What the method of the runs keeps, as far as it is about points.
    constraints
        What was asked of the policies; points keep them, and bounds are over those that do.
    """

    game: Game
    method: str
    ties: Ties
    points: tuple[FrontPoint, ...]
    tolerance: float
    results: tuple[Result, ...]
    settlements: tuple[Settlement | None, ...]
    termination: Termination
    provenance: Provenance
    check: CheckOutcome = UNCHECKED
    promises: tuple[Promise, ...] = ()
    constraints: tuple[Constraint, ...] = ()

    @property
    def margin(self) -> float:
        """By how much the follower's answer had to beat every other action; 0 if nothing was asked."""
        return float(self.provenance.options.get("margin", 0.0))

    @property
    def values(self) -> FloatArray:
        """The leader's values, shape ``[points, num_states]``."""
        return np.array([point.leader_values for point in self.points]).reshape(-1, self.game.num_states)

    def __len__(self) -> int:
        return len(self.points)

    def __iter__(self) -> Iterator[FrontPoint]:
        return iter(self.points)

    def hypervolume(self, reference: ArrayLike | None = None) -> float:
        """How much of the value space lies below some point and above a reference.

        Only states whose value depends on the policies count; see :func:`ssg_mip.pareto.hypervolume.hypervolume`.

        Parameters
        ----------
        reference
            Shape ``[num_states]``, in none of those states above any point; the leader's lower value bounds over all
            pairs of policies if absent. Compare two fronts of a game against the same reference.

        Raises
        ------
        OptionError
            If the reference does not fit, or if more than
            :data:`~ssg_mip.pareto.hypervolume.MOST_STATES` states count.
        """
        return hypervolume(self.game, self.values, reference)

    def __repr__(self) -> str:
        return f"ParetoFront({self.method!r} on {self.game.name!r}: {len(self.points)} points, {self.check.word})"

    @property
    def bound_scope(self) -> str:
        """Over which policies all bounds hold."""
        return bound_scope(self.margin, constrained=bool(self.constraints))

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON data, with the names of :meth:`Result.to_dict <ssg_mip.result.Result.to_dict>`.

        ``hypervolume`` is ``None`` where too many states vary to compute it.
        """
        return {
            "format": "ssg-mip-front/1",
            "game": self.game.name,
            "method": self.method,
            "promises": [promise.value for promise in self.promises],
            "ties": self.ties,
            "margin": self.margin,
            "termination": self.termination.name.lower(),
            "termination_message": self.termination.value,
            "tolerance": self.tolerance,
            "dual_bound_scope": self.bound_scope,
            **stated_to_dict(self.game, self.constraints),
            "hypervolume": finite(self.hypervolume()) if is_computed(self.game) else None,
            "hypervolume_reference": self._by_state(default_reference(self.game, self.values)),
            "points": [self._point_dict(point) for point in self.points],
            "scalarisations": [
                self._result_dict(result, settlement)
                for result, settlement in zip(self.results, self.settlements, strict=True)
            ],
            "check": self.check.to_dict(),
            "provenance": {
                **dataclasses.asdict(self.provenance),
                "options": {key: plain(value) for key, value in self.provenance.options.items()},
            },
        }

    def _point_dict(self, point: FrontPoint) -> dict[str, Any]:
        return {
            "leader_values": self._by_state(point.leader_values),
            "follower_values": self._by_state(point.follower_values),
            "leader_policy": point.leader_policy.to_names(self.game),
            "follower_policy": point.follower_policy.to_names(self.game),
            "weights": self._by_state(point.weights),
            "leader_value": finite(point.leader_value),
            "dual_bound": finite(point.dual_bound),
            "bound_certified": point.bound_certified,
            "bound_proof": point.bound_proof.value,
            "status": point.status.name.lower(),
            "gain_bound": finite(point.gain_bound),
            "check": point.check.to_dict(),
            "guaranteed": None if point.guaranteed is None else point.guaranteed.to_dict(self.game),
        }

    def _result_dict(self, result: Result, settlement: Settlement | None) -> dict[str, Any]:
        return {
            "weights": self._by_state(result.weights),
            "leader_value": finite(result.leader_value),
            "dual_bound": finite(result.dual_bound),
            "bound_certified": result.bound_certified,
            "bound_proof": result.bound_proof.value,
            "relative_gap": finite(result.relative_gap),
            "gap_scale": result.gap_scale,
            "status": result.status.name.lower(),
            "termination": result.termination.name.lower(),
            "seconds": result.provenance.seconds,
            "check": result.check.word,
            "second_solve": None if settlement is None else self._settlement_dict(settlement),
        }

    def _settlement_dict(self, settlement: Settlement) -> dict[str, Any]:
        return {
            "first_values": self._by_state(settlement.first_values),
            "gain_bound": finite(settlement.gain_bound),
            "termination": settlement.termination.name.lower(),
        }

    def _by_state(self, values: FloatArray) -> dict[str, float | None]:
        return {state: finite(value) for state, value in zip(self.game.state_names, values, strict=True)}
