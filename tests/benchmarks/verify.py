"""Trust, but verify: exact values of the policies that solvers return, and conflicts between their claims.

A claim is judged by the follower's exact best response, never by the solver that made it. A *conflict* is a bound that
lies below the verified value of anyone's policy: one of the two is wrong, and the run fails.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence

import numpy as np

from ssg_mip import Game, LeaderPolicy, best_response
from ssg_mip.base.tolerances import DEFAULT_TOLERANCES, Tolerances
from ssg_mip.evaluation.mdp import induced_by_leader
from tests.benchmarks.measurement import NOT_RUN, Measurement
from tests.benchmarks.specs import Limits, Program

CONFLICT = 1e-5
"""A bound may lie this much below a verified value, relative to ``max(1, |value|)``: tolerances of the solvers."""

LOOSE = Tolerances(tie=1e-5, monotone=1e-5)
"""Ties as wide as the feasibility tolerance (1e-6) of a general solver leaves them."""

WITHIN = 1e-2
"""An incumbent counts as near once it is within this share of the best value of the run."""


def verified_value(
    game: Game, program: Program, slots: Sequence[float] | None, tolerances: Tolerances = DEFAULT_TOLERANCES
) -> float | None:
    """The exact objective of a policy under the follower's best response; ``None`` without a feasible policy.

    For the improvement program the point is the uniform policy, and ties go to the largest ``Q_t``.
    """
    if slots is None:
        return None
    policy = LeaderPolicy.from_slots(game, slots)
    response = best_response(game, policy, tolerances=tolerances)
    if program == "commitment":
        return float(game.initial @ response.leader_values)
    values = best_response(game, LeaderPolicy.uniform(game)).leader_values
    leader, _ = induced_by_leader(game, policy)
    promised = np.where(response.tied, leader.action_values(values), -np.inf)
    gains = np.maximum.reduceat(promised, game.follower_offsets[:-1]) - values
    if np.any(gains < -tolerances.monotone * (1.0 + np.abs(values))):
        return None
    return float(game.initial @ gains)


@dataclasses.dataclass(frozen=True)
class Conflict:
    """A bound that a verified policy beats."""

    game: str
    bound_by: str
    bound: float
    policy_by: str
    value: float

    def __str__(self) -> str:
        return (
            f"{self.game}: {self.bound_by} proves that no policy is worth more than {self.bound:.9g}, "
            f"but the policy of {self.policy_by} is worth {self.value:.9g}"
        )


def find_conflicts(
    game: str, measured: Mapping[str, Measurement], verified: Mapping[str, float | None]
) -> list[Conflict]:
    """All conflicts among the solvers of one game; a solver that says "infeasible" has the bound ``-inf``."""
    found = []
    for bound_by, measurement in measured.items():
        if measurement.outcome in (*NOT_RUN, "crash", "killed"):
            continue
        bound = -math.inf if measurement.outcome == "infeasible" else measurement.bound
        for policy_by, value in verified.items():
            if value is not None and bound < value - CONFLICT * max(1.0, abs(value)):
                found.append(Conflict(game, bound_by, bound, policy_by, value))
    return found


def is_solved(measurement: Measurement, limits: Limits) -> bool:
    """Whether the solver's own value and bound meet the gap that was asked."""
    if not (math.isfinite(measurement.value) and math.isfinite(measurement.bound)):
        return False
    allowed = max(limits.absolute_gap, limits.gap * abs(measurement.value))
    noise = DEFAULT_TOLERANCES.feasibility * max(1.0, abs(measurement.value))
    return measurement.bound - measurement.value <= allowed + noise


def relative_distance(measurement: Measurement) -> float | None:
    """``(bound - value) / |value|``; ``None`` where that is not a number."""
    if not (math.isfinite(measurement.value) and math.isfinite(measurement.bound)) or measurement.value == 0.0:
        return None
    return max(0.0, measurement.bound - measurement.value) / abs(measurement.value)


def first_near(measurement: Measurement, best: float | None) -> float | None:
    """Seconds to the first incumbent within :data:`WITHIN` of ``best``; ``None`` if there was none."""
    if best is None:
        return None
    threshold = best - WITHIN * abs(best)
    final = (measurement.seconds, measurement.value)
    return next((seconds for seconds, value in (*measurement.incumbents, final) if value >= threshold), None)
