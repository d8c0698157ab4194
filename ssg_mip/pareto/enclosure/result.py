"""What an enclosure is: verified points, the boxes in which anything better could lie, and how deep these are."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np

from ssg_mip.base.frozen import FrozenArrays
from ssg_mip.base.provenance import Provenance
from ssg_mip.base.status import Termination
from ssg_mip.checker.outcome import UNCHECKED, CheckOutcome
from ssg_mip.evaluation.best_response import Ties
from ssg_mip.game.game import Game
from ssg_mip.game.policy import FollowerPolicy, LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.pareto.enclosure.objectives import Objective
from ssg_mip.pareto.enclosure.region import OpenBox, Region
from ssg_mip.problem.constraints.constraint import Constraint
from ssg_mip.problem.problem import stated_to_dict
from ssg_mip.result import bound_scope, finite, plain


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class EnclosurePoint(FrozenArrays):
    """An attained point: a commitment and its exact values under the follower's best response.

    Attributes
    ----------
    values
        The objectives, shape ``[objectives]``.
    leader_values, follower_values
        Values per state, shape ``[num_states]``.
    leader_policy, follower_policy
        The commitment and the response to it.
    gain_bound
        Proven: of the attained values that are nowhere below this one, none is above it in any objective by more.
    unsupported_by
        By how much every weighted sum of the objectives prefers another point of the enclosure; above 0, the point is
        the optimum of no weighted sum.
    check
        What the exact checker says about the point.
    """

    values: FloatArray
    leader_values: FloatArray
    follower_values: FloatArray
    leader_policy: LeaderPolicy
    follower_policy: FollowerPolicy
    gain_bound: float
    unsupported_by: float
    check: CheckOutcome = UNCHECKED


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Enclosure:
    """The whole front between attained points and proven bounds, over stationary leader policies.

    Every value that a stationary policy attains is at or below a point, or lies in a box. For every such policy there
    is a point that is worse by at most ``resolution`` in every objective.

    Attributes
    ----------
    game
        The game.
    objectives
        What the front is taken with respect to.
    ties
        The tie rule under which the points are attained. The bounds hold for every rule.
    points
        Mutually non-dominated, largest value of the first objective first.
    boxes
        Where attained values that no point covers may lie, deepest first; ``lower`` and ``upper`` are finite. Boxes
        may overlap.
    resolution
        The largest depth of a box; infinite without a point.
    wanted
        The resolution that was asked for.
    region
        The proven bounds behind the boxes: local upper bounds and ceilings on weighted sums.
    termination
        ``CONVERGED`` where the wanted resolution is reached; otherwise why not.
    provenance
        Where the enclosure comes from; ``counts`` holds the programs solved.
    check
        Whether every point passed the exact checker.
    constraints
        What was asked of the policies; points keep them, and bounds are over those that do.
    """

    game: Game
    objectives: tuple[Objective, ...]
    ties: Ties
    points: tuple[EnclosurePoint, ...]
    boxes: tuple[OpenBox, ...]
    resolution: float
    wanted: float
    region: Region
    termination: Termination
    provenance: Provenance
    check: CheckOutcome = UNCHECKED
    constraints: tuple[Constraint, ...] = ()

    @property
    def values(self) -> FloatArray:
        """The objectives at the points, shape ``[points, objectives]``."""
        return np.array([point.values for point in self.points]).reshape(-1, len(self.objectives))

    @property
    def margin(self) -> float:
        """By how much the follower's answer had to beat every other action; 0 if nothing was asked."""
        return float(self.provenance.options.get("margin", 0.0))

    @property
    def unsupported(self) -> tuple[EnclosurePoint, ...]:
        """The points that are the optimum of no weighted sum of the objectives."""
        return tuple(point for point in self.points if point.unsupported_by > 0.0)

    def __len__(self) -> int:
        return len(self.points)

    def __iter__(self) -> Iterator[EnclosurePoint]:
        return iter(self.points)

    def covers(self, values: FloatArray, tolerance: float = 0.0) -> bool:
        """Whether some point is at least as good in every objective, up to a tolerance."""
        return bool(np.any(np.all(self.values >= np.asarray(values) - tolerance, axis=1)))

    def allows(self, values: FloatArray, tolerance: float = 0.0) -> bool:
        """Whether the enclosure allows that a policy attains these values: a point covers them, or a box holds them.

        ``tolerance`` widens both.
        """
        given = np.asarray(values, dtype=float)
        return self.covers(given, tolerance) or any(
            bool(np.all(given >= box.lower - tolerance) and np.all(given <= box.upper + tolerance))
            for box in self.boxes
        )

    @property
    def bound_scope(self) -> str:
        """Over which policies all bounds hold."""
        return bound_scope(self.margin, constrained=bool(self.constraints))

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON data; states and objectives by name."""
        return {
            "format": "ssg-mip-enclosure/1",
            "game": self.game.name,
            "method": "enclosure",
            "ties": self.ties,
            "margin": self.margin,
            "objectives": [
                {"name": one.name, "player": one.player, "start": self._by_state(one.start)} for one in self.objectives
            ],
            "resolution": finite(self.resolution),
            "wanted": self.wanted,
            "bound_scope": self.bound_scope,
            **stated_to_dict(self.game, self.constraints),
            "termination": self.termination.name.lower(),
            "termination_message": self.termination.value,
            "points": [self._point_dict(point) for point in self.points],
            "boxes": [
                {"lower": box.lower.tolist(), "upper": box.upper.tolist(), "depth": box.depth} for box in self.boxes
            ],
            "upper_bounds": self.region.upper.corners.tolist(),
            "ceilings": [{"weights": one.weights.tolist(), "bound": one.bound} for one in self.region.ceilings],
            "check": self.check.to_dict(),
            "provenance": {
                **dataclasses.asdict(self.provenance),
                "options": {key: plain(value) for key, value in self.provenance.options.items()},
            },
        }

    def _point_dict(self, point: EnclosurePoint) -> dict[str, Any]:
        return {
            "values": point.values.tolist(),
            "leader_values": self._by_state(point.leader_values),
            "follower_values": self._by_state(point.follower_values),
            "leader_policy": point.leader_policy.to_names(self.game),
            "follower_policy": point.follower_policy.to_names(self.game),
            "weights": self._by_state(self.game.initial),
            "leader_value": finite(float(self.game.initial @ point.leader_values)),
            "dual_bound": None,
            "status": "feasible",
            "gain_bound": finite(point.gain_bound),
            "unsupported_by": point.unsupported_by,
            "check": point.check.to_dict(),
            "guaranteed": None,
        }

    def _by_state(self, values: FloatArray) -> dict[str, float | None]:
        return {state: finite(value) for state, value in zip(self.game.state_names, values, strict=True)}
