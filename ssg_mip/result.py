"""What a method hands back: a policy with its exact values, a proven bound, and where all of it came from."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ssg_mip.base.frozen import FrozenArrays
from ssg_mip.base.gap import gap_in_units, gap_size
from ssg_mip.base.promises import Promise
from ssg_mip.base.provenance import Provenance
from ssg_mip.base.status import BoundProof, Status, Termination
from ssg_mip.checker.guarantee import Guarantee
from ssg_mip.checker.outcome import UNCHECKED, CheckOutcome
from ssg_mip.evaluation.best_response import Ties
from ssg_mip.evaluation.standard_form import standard_form
from ssg_mip.evaluation.value_bounds import gap_scale, leader_value_bounds
from ssg_mip.game.follower_mix import FollowerMix
from ssg_mip.game.game import Game
from ssg_mip.game.policy import FollowerPolicy, LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.constraints.conflict import Conflict
from ssg_mip.problem.constraints.constraint import Constraint, Measure, Outcome
from ssg_mip.problem.constraints.price import Price
from ssg_mip.problem.follower import Follower
from ssg_mip.problem.problem import hash_of
from ssg_mip.problem.rising import Reached, ReachedLeast
from ssg_mip.problem.scalarisation import Scalarised


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class TrajectoryPoint(FrozenArrays):
    """One iterate of a method: a policy and its exact values under the best response.

    Attributes
    ----------
    iteration
        Counts from 0, the start policy.
    leader_values, leader_value
        Exact values per state, and their weighted sum.
    leader_policy
        The iterate.
    follower_policy
        The answer to it, where more than the tie rule decides it: bounds on costs; ``None`` elsewhere.
    note
        A remark for the reader.
    step_bound
        Policy iteration: proven bound on the weighted one-step gain ``Q_t - V_t`` from here; infinite if none.
    scalarised_step_bound
        The same on ``L[Q_t] - L[V_t]``, where a run has a scalarisation ``L`` that is no weighted sum.
    nodes, seconds
        Work spent on the step from here.
    """

    iteration: int
    leader_values: FloatArray
    leader_value: float
    leader_policy: LeaderPolicy
    follower_policy: FollowerPolicy | None = None
    note: str = ""
    step_bound: float = math.inf
    scalarised_step_bound: float = math.inf
    nodes: int = 0
    seconds: float = 0.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class ProgressRow:
    """One line of a progress table; the same rows are kept in the result.

    Attributes
    ----------
    seconds, iteration, nodes, open_nodes, lps
        How far the work has come.
    primal_bound, dual_bound
        Value of the incumbent and the proven bound.
    gap_scale
        What the gap is relative to, as in :class:`Result`.
    flag
        ``*`` for a new incumbent, ``!`` for numerical trouble, else empty.
    """

    seconds: float
    iteration: int
    nodes: int
    open_nodes: int
    lps: int
    primal_bound: float
    dual_bound: float
    gap_scale: float = 0.0
    flag: str = ""

    @property
    def relative_gap(self) -> float:
        """``(dual_bound - primal_bound) / gap_scale``, never negative."""
        return gap_in_units(self.primal_bound, self.dual_bound, self.gap_scale)

    @property
    def lps_per_second(self) -> float:
        """Linear programs per second of the time so far."""
        return self.lps / self.seconds if self.seconds > 0.0 else 0.0


def bound_scope(margin: float, *, constrained: bool = False) -> str:
    """Over which policies a bound holds."""
    which = " that keep the constraints" if constrained else ""
    whose = f"{' and' if which else ''} whose response beats every other action by {margin:g}" if margin > 0.0 else ""
    return f"over stationary leader policies{which}{whose}"


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Result(FrozenArrays):
    """The answer of a method.

    Attributes
    ----------
    game
        The game that was solved.
    method
        The method's name.
    promises
        What the method keeps in every result, and the exact checker checks in this one.
    status, termination
        What is known about the policy; why the method stopped.
    weights
        Weights of the scalarised objective over states (sum to one).
    ties
        Tie rule under which all values are reported.
    leader_value
        ``weights @ leader_values``; NaN without a policy.
    dual_bound
        Proven upper bound on the weighted optimum **over stationary leader policies**; infinite if none.
    bound_proof
        What the bound rests on; with a margin nothing that is certified unless its certificate has been replayed.
    gap_scale
        What the gap is relative to: the size of the value, but at least a hundredth of the spread of the leader's
        values and at most this spread (:func:`ssg_mip.base.gap.gap_size`). A constant in the rewards plays no part.
    leader_values, follower_values
        Exact values per state of the policy under the follower's best response; NaN without a policy.
    leader_policy, follower_policy
        The commitment and the follower's response to it; ``None`` without a policy.
    tied_states
        Boolean per state: the follower is indifferent there within the tie tolerance.
    trajectory
        The iterates, first to last.
    progress
        The rows of the progress table.
    provenance
        Where the result comes from.
    check
        What the exact checker says about all this; methods leave it to the front door.
    guaranteed
        A nearby policy that works whatever the follower does with ties, or the statement that there is none; ``None``
        if it was not looked for.
    details
        What the method says of itself beyond this: plain JSON data by name, documented where the method is.
    scalarised
        The scalarisation that the steps of policy iteration maximised, with a bound on it, where it is no weighted
        sum; ``leader_value``, ``dual_bound`` and the gap are about ``weights`` all the same.
    constraints
        What was asked of the policies; every bound is over those that keep them.
    conflict
        Which of these no policy keeps together, where rows on the probabilities contradict each other.
    free
        The optima without each of the constraints, where they were asked for; ``prices`` has them beside this answer.
    follower
        The kind of follower whom all of it is about; ``None`` for the rational one.
    follower_mix
        How he mixes, where he does; ``follower_policy`` is ``None`` then.
    reached
        Where the goal is no weighted sum, what has been reached of it and what is proven; in the same way beside the
        value of the weights (:mod:`ssg_mip.problem.goals`).
    """

    game: Game
    method: str
    status: Status
    termination: Termination
    weights: FloatArray
    ties: Ties
    leader_value: float
    dual_bound: float
    gap_scale: float
    leader_values: FloatArray
    follower_values: FloatArray
    leader_policy: LeaderPolicy | None
    follower_policy: FollowerPolicy | None
    tied_states: np.ndarray[Any, np.dtype[np.bool_]]
    trajectory: tuple[TrajectoryPoint, ...]
    progress: tuple[ProgressRow, ...]
    provenance: Provenance
    check: CheckOutcome = UNCHECKED
    guaranteed: Guarantee | None = None
    bound_proof: BoundProof = BoundProof.NONE
    details: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    promises: tuple[Promise, ...] = ()
    scalarised: Scalarised | None = None
    constraints: tuple[Constraint, ...] = ()
    conflict: Conflict | None = None
    free: tuple[Price, ...] = ()
    follower: Follower | None = None
    follower_mix: FollowerMix | None = None
    reached: Reached | None = None

    @property
    def measures(self) -> tuple[Measure, ...]:
        """What the policy makes of every constraint, in their order; nothing without a policy."""
        if self.leader_policy is None or self.follower_policy is None:
            return ()
        slots, answers = self.leader_policy.slots(self.game), self.follower_policy.actions
        outcome = Outcome(game=self.game, slots=slots, answers=answers, leader_values=self.leader_values)
        return tuple(one.measure(outcome) for one in self.constraints)

    @property
    def prices(self) -> tuple[Price, ...]:
        """What each constraint costs: the optimum without it beside this one; nothing where it was not asked for."""
        value, bound = self.leader_value, self.dual_bound
        return tuple(dataclasses.replace(one, with_value=value, with_bound=bound) for one in self.free)

    @property
    def slacks(self) -> dict[str, float]:
        """By the name of every constraint how far the policy is from its limit: 0 where it binds."""
        return {one.name: found.slack for one, found in zip(self.constraints, self.measures, strict=False)}

    @property
    def scalarised_value(self) -> float:
        """The value of what was maximised, where it is the least of several sums or a scalarisation.

        ``leader_value`` where it is a weighted sum, or sums in turn; NaN without a policy.
        """
        if self.leader_policy is None:
            return self.leader_value
        if isinstance(self.reached, ReachedLeast):
            return self.reached.value(self.leader_values, self.follower_values, self.leader_policy.slots(self.game))
        if self.scalarised is None:
            return self.leader_value
        return self.scalarised.what(self.leader_values)

    @property
    def scalarised_bound(self) -> float:
        """Proven: no stationary leader policy has a larger ``scalarised_value``; infinite if nothing is proven."""
        if isinstance(self.reached, ReachedLeast):
            return self.reached.bound
        return self.dual_bound if self.scalarised is None else self.scalarised.bound

    @property
    def bound_certified(self) -> bool:
        """Whether the bound is finite and safe: recomputed from multipliers or values with all rounding counted.

        A certificate (``solve(..., certificate=...)``) lets anyone replay the proof in exact arithmetic.
        """
        return math.isfinite(self.dual_bound) and self.bound_proof.certifies

    @property
    def margin(self) -> float:
        """By how much the follower's answer had to beat every other action; 0 if nothing was asked."""
        return float(self.provenance.options.get("margin", 0.0))

    @property
    def bound_scope(self) -> str:
        """Over which policies ``dual_bound`` holds."""
        return bound_scope(self.margin, constrained=bool(self.constraints))

    @property
    def distance_to_bound(self) -> float:
        """``dual_bound - leader_value``, never negative: how far at most the value lies below the supremum.

        The bound is on the supremum with ties in the leader's favour, hence on that of every tie rule. NaN without a
        policy.
        """
        missing = self.dual_bound - self.leader_value
        return missing if math.isnan(missing) else max(0.0, missing)

    @property
    def relative_gap(self) -> float:
        """``(dual_bound - leader_value) / gap_scale``, never negative."""
        return gap_in_units(self.leader_value, self.dual_bound, self.gap_scale)

    def __repr__(self) -> str:
        what = "value" if self.reached is None else self.reached.what.kind
        return (
            f"Result({self.method!r} on {self.game.name!r}: {self.status.name}, {what} {self.scalarised_value:.9g} <= "
            f"{self.scalarised_bound:.9g}, {self.check.word})"
        )

    def _goal(self, reached: Reached) -> dict[str, Any]:
        slots = None if self.leader_policy is None else self.leader_policy.slots(self.game)
        return reached.to_dict(self.game, self.leader_values, self.follower_values, slots)

    def _scalarised_point(self, point: TrajectoryPoint) -> dict[str, float | None]:
        what = self.scalarised
        value = math.nan if what is None else what.what(point.leader_values)
        return {"scalarised_value": finite(value), "scalarised_step_bound": finite(point.scalarised_step_bound)}

    def _constraints_to_dict(self) -> dict[str, Any]:
        """What was asked of the policies, with what the answer makes of it; nothing where nothing was."""
        if not self.constraints:
            return {}
        found = self.measures or (None,) * len(self.constraints)
        entries = [
            {
                **one.to_dict(),
                "attained": None if own is None else finite(own.value),
                "slack": None if own is None else finite(own.slack),
            }
            for one, own in zip(self.constraints, found, strict=True)
        ]
        conflict = {} if self.conflict is None else {"conflict": self.conflict.to_dict(self.game)}
        costs = {"prices": [one.to_dict() for one in self.prices]} if self.free else {}
        return {"problem_hash": hash_of(self.game, self.constraints), "constraints": entries, **costs, **conflict}

    def _follower_by_state(self) -> Mapping[str, Any] | None:
        """What the follower plays: ``{state: action}``, ``{state: {action: probability}}`` where he mixes."""
        played = self.follower_policy if self.follower_mix is None else self.follower_mix
        return None if played is None else played.to_names(self.game)

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON data: policies as ``{state: {action: probability}}``, values as ``{state: value}``.

        Infinite and undefined numbers become ``None``.
        """
        states = self.game.state_names

        def by_state(values: FloatArray) -> dict[str, float | None]:
            return {state: finite(value) for state, value in zip(states, values, strict=True)}

        return {
            "format": "ssg-mip-result/1",
            "game": self.game.name,
            "method": self.method,
            "promises": [promise.value for promise in self.promises],
            "status": self.status.name.lower(),
            "status_message": self.status.value,
            "termination": self.termination.name.lower(),
            "termination_message": self.termination.value,
            "ties": self.ties,
            "margin": self.margin,
            **({} if self.follower is None else {"follower": self.follower.to_document()}),
            "weights": by_state(self.weights),
            "leader_value": finite(self.leader_value),
            "dual_bound": finite(self.dual_bound),
            "dual_bound_scope": self.bound_scope,
            "distance_to_bound": finite(self.distance_to_bound),
            "bound_certified": self.bound_certified,
            "bound_proof": (self.bound_proof if math.isfinite(self.dual_bound) else BoundProof.NONE).value,
            "relative_gap": finite(self.relative_gap),
            "gap_scale": self.gap_scale,
            **({} if self.scalarised is None else self.scalarised.to_dict(self.game, self.leader_values)),
            **self._constraints_to_dict(),
            **({} if self.reached is None else {"goal": self._goal(self.reached)}),
            "leader_values": by_state(self.leader_values),
            "follower_values": by_state(self.follower_values),
            "leader_policy": None if self.leader_policy is None else self.leader_policy.to_names(self.game),
            "follower_policy": self._follower_by_state(),
            "tied_states": [state for state, tied in zip(states, self.tied_states, strict=True) if tied],
            "trajectory": [
                {
                    "iteration": point.iteration,
                    "leader_value": finite(point.leader_value),
                    "leader_values": by_state(point.leader_values),
                    "leader_policy": point.leader_policy.to_names(self.game),
                    **(
                        {}
                        if point.follower_policy is None
                        else {"follower_policy": point.follower_policy.to_names(self.game)}
                    ),
                    "note": point.note,
                    "step_bound": finite(point.step_bound),
                    **({} if self.scalarised is None else self._scalarised_point(point)),
                    "nodes": point.nodes,
                    "seconds": point.seconds,
                }
                for point in self.trajectory
            ],
            "progress": [
                {
                    **dataclasses.asdict(row),
                    "primal_bound": finite(row.primal_bound),
                    "dual_bound": finite(row.dual_bound),
                }
                for row in self.progress
            ],
            "details": plain(self.details),
            "check": self.check.to_dict(),
            "guaranteed": None if self.guaranteed is None else self.guaranteed.to_dict(self.game),
            "provenance": {
                **dataclasses.asdict(self.provenance),
                "options": {key: plain(value) for key, value in self.provenance.options.items()},
            },
        }


def finite(value: float) -> float | None:
    """A JSON number, or ``None`` for what JSON cannot say."""
    return float(value) if math.isfinite(value) else None


def plain(value: Any) -> Any:
    """An option, or a detail, as JSON data."""
    if isinstance(value, Mapping):
        return {str(name): plain(entry) for name, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, (str, int, bool, type(None))):
        return value
    if isinstance(value, float):
        return finite(value)
    return repr(value)


def gap_denominator(game: Game, weights: FloatArray, value: float) -> float:
    """What the gap of a weighted value is relative to, in the game's units and free of constants.

    Parameters
    ----------
    game, weights
        The game, and weights over states that sum to one.
    value
        The value; what is not finite stands for none.
    """
    form = standard_form(game, weights)
    least = gap_scale(leader_value_bounds(form.standard), weights)
    standard = form.leader.value_into(value, weights) if math.isfinite(value) else -math.inf
    return form.leader.unit * gap_size(standard, least)
