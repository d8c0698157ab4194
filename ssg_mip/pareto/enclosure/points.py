"""The points of an enclosure: what is proven about each, and their check in exact arithmetic."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from ssg_mip.base.deadline import Deadline, OutOfTime
from ssg_mip.base.tolerances import Tolerances
from ssg_mip.checker.outcome import CheckOutcome
from ssg_mip.lp.highs import OneShotLp
from ssg_mip.lp.interface import LinearProgram, LpStatus
from ssg_mip.methods.near_ties import Answered, rests_on_near_tie
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.pareto.closing import Closing
from ssg_mip.pareto.enclosure.region import Region
from ssg_mip.pareto.enclosure.result import Enclosure, EnclosurePoint
from ssg_mip.problem.evaluated_policy import EvaluatedPolicy

NEAR_TIE = "the response is best up to the tie tolerance only, and nothing near the policy makes it the best one"
"""Why the check of a point fails that is attained within the tolerance for ties only."""


@dataclasses.dataclass(frozen=True, eq=False)
class AttainedPoint(EvaluatedPolicy):
    """An evaluated policy with the objectives."""

    objectives: FloatArray


def described_points(
    attained: Sequence[AttainedPoint], region: Region, tolerances: Tolerances
) -> tuple[EnclosurePoint, ...]:
    """The points with what is proven about them, largest value of the first objective first."""
    if not attained:
        return ()
    values = np.array([one.objectives for one in attained])
    order = np.lexsort(-values.T[::-1])
    return tuple(
        EnclosurePoint(
            values=attained[place].objectives,
            leader_values=attained[place].response.leader_values,
            follower_values=attained[place].response.follower_values,
            leader_policy=attained[place].policy,
            follower_policy=attained[place].response.follower_policy,
            gain_bound=region.gain_bound(values[place]),
            unsupported_by=unsupported_by(values[place], np.delete(values, place, axis=0), tolerances.monotone),
        )
        for place in order
    )


def unsupported_by(value: FloatArray, others: FloatArray, told: float) -> float:
    """``min over weights of max over others of weights @ (other - value)``, weights summing to one; 0 if not positive.

    What is positive beyond rounding, the share ``told`` of the values, proves that every weighted sum prefers some
    other point.
    """
    if not len(others):
        return 0.0
    count = len(value)
    rows = np.vstack((np.hstack((value - others, np.ones((len(others), 1)))), [*np.ones(count), 0.0]))
    ends = np.zeros(len(rows))
    ends[-1] = 1.0
    dense_rows, columns = np.nonzero(rows)
    program = LinearProgram(
        objective=np.array([*np.zeros(count), -1.0]),
        starts=np.searchsorted(dense_rows, np.arange(len(rows) + 1)),
        indices=columns,
        values=rows[dense_rows, columns],
        row_lower=ends,
        row_upper=np.where(ends > 0.0, 1.0, math.inf),
        column_lower=np.array([*np.zeros(count), -math.inf]),
        column_upper=np.array([*np.ones(count), math.inf]),
    )
    answer = OneShotLp().solve(program)
    if answer.status is not LpStatus.OPTIMAL:
        return 0.0
    weights = np.maximum(answer.point[:count], 0.0)
    least = float(((others - value) @ (weights / weights.sum())).max())
    return least if least > told * (1.0 + float(np.abs(value).max())) else 0.0


def checked_enclosure(enclosure: Enclosure, closing: Closing | None = None) -> Enclosure:
    """The enclosure with the outcomes of its checks in exact arithmetic: the whole, and every point alone.

    The resolution rests on every point, so none is taken back. One that rests on a near tie
    (:mod:`ssg_mip.methods.exact_ties`) fails its check, and with it the enclosure. Without a ``closing`` the checks
    take as long as they need.
    """
    closing = Closing(Deadline()) if closing is None else closing
    whole, own = closing.examined(enclosure.game, enclosure)
    each = own or (whole,) * len(enclosure.points)
    points = tuple(
        dataclasses.replace(point, check=_near_ties_counted(enclosure, point, one, closing))
        for point, one in zip(enclosure.points, each, strict=True)
    )
    near = [point for point in points if point.check.reason == NEAR_TIE]
    if near and whole.passed is not False:
        whole = dataclasses.replace(whole, passed=False, reason=f"{len(near)} of {len(points)} points: {NEAR_TIE}")
    return dataclasses.replace(enclosure, points=points, check=whole)


def _near_ties_counted(
    enclosure: Enclosure, point: EnclosurePoint, outcome: CheckOutcome, closing: Closing
) -> CheckOutcome:
    game = enclosure.game
    answer = Answered(
        game=game, policy=point.leader_policy, response=point.follower_policy, weights=np.array(game.initial)
    )
    value = float(game.initial @ point.leader_values)
    asked = enclosure.wanted, closing.tolerances, closing.checkpoint
    try:
        closing.checkpoint()
        if not outcome.passed or not rests_on_near_tie(answer, value, *asked):
            return outcome
    except (OutOfTime, KeyboardInterrupt):
        return outcome
    return dataclasses.replace(outcome, passed=False, reason=NEAR_TIE)
