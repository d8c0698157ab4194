"""Questions led to what is left of a game, and answers led back."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from ssg_mip.base.status import Status, Termination
from ssg_mip.base.tolerances import ARITHMETIC, ROUNDING
from ssg_mip.evaluation.value_bounds import LEAST_GAP, leader_spreads
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.methods.in_standard_form import Changes, with_own_values
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.presolve import policy_in, put_together
from ssg_mip.problem.problem import Problem
from ssg_mip.proofs.reduction import Reduction
from ssg_mip.result import Result, TrajectoryPoint, gap_denominator
from ssg_mip.runs.run import Run


def into_reduced(problem: Problem, run: Run, reduction: Reduction, weights: FloatArray) -> tuple[Problem, Run]:
    """A problem about what is left of its game, with weights over the states that are left, and its run."""
    objective = dataclasses.replace(problem.objective, weights=weights)
    start = None if run.start is None else policy_in(reduction, run.start)
    return dataclasses.replace(problem, game=reduction.reduced, objective=objective), run.starting_at(start)


class TiesDiffer(Exception):  # noqa: N818 (not an error: presolve is given up)
    """By the game's own tolerance for ties the follower answers otherwise than in what is left of it."""


def led_back(result: Result, problem: Problem, run: Run, reduction: Reduction) -> Result:
    """A result about a reduced game as one about the game, with values by the game itself.

    Raises
    ------
    TiesDiffer
        If an iterate has other values there, and there is time to do without the reduction.
    """
    game, provenance = problem.game, result.provenance
    start = None if run.start is None else run.start.probabilities
    whole = dataclasses.replace(
        result,
        game=game,
        weights=problem.weights,
        leader_policy=_policy_back(result.leader_policy, reduction),
        leader_values=_everywhere(result.leader_values, reduction),
        follower_policy=None,
        follower_values=_everywhere(result.follower_values, reduction),
        tied_states=_everywhere(result.tied_states, reduction) > 0.0,
        trajectory=tuple(_point_back(point, reduction) for point in result.trajectory),
        provenance=dataclasses.replace(
            provenance,
            game_name=game.name,
            game_hash=game.content_hash,
            options={**provenance.options, "start": start},
        ),
    )
    return _by_own_gap(with_own_values(whole, run.tolerances, _changes(reduction, run)), run)


def _by_own_gap(result: Result, run: Run) -> Result:
    """The result with its gap relative to what the game as given has at stake, and optimal where that closes it."""
    if result.leader_policy is None:
        return result
    scaled = dataclasses.replace(result, gap_scale=gap_denominator(result.game, result.weights, result.leader_value))
    weighted = scaled.scalarised is None
    if not weighted or scaled.status is Status.OPTIMAL or scaled.relative_gap > max(run.gap, LEAST_GAP):
        return scaled
    ended = Termination.GAP if scaled.status is Status.FEASIBLE else scaled.termination
    return dataclasses.replace(scaled, status=Status.OPTIMAL, termination=ended)


def _policy_back(policy: LeaderPolicy | None, reduction: Reduction) -> LeaderPolicy | None:
    return None if policy is None else put_together(reduction.game, [(reduction, policy)])


def _point_back(point: TrajectoryPoint, reduction: Reduction) -> TrajectoryPoint:
    return dataclasses.replace(
        point,
        leader_values=_everywhere(point.leader_values, reduction),
        leader_policy=put_together(reduction.game, [(reduction, point.leader_policy)]),
    )


def _everywhere(values: FloatArray | NDArray[np.bool_], reduction: Reduction) -> FloatArray:
    """Values of the states that are left, also in those that were merged into them, and NaN elsewhere."""
    found = np.full(reduction.game.num_states, np.nan)
    found[reduction.states] = values
    every: FloatArray = found[reduction.into]
    return every


def _changes(reduction: Reduction, run: Run) -> Changes:
    """In states that are left; while there is time a change ends the attempt."""
    known = ROUNDING * leader_spreads(reduction.reduced)

    def changes(values: FloatArray, before: FloatArray) -> bool:
        own, seen = values[reduction.states], before[reduction.states]
        changed = bool(np.any(np.abs(own - seen) > known + ARITHMETIC * np.abs(own)))
        if changed and not run.stopped:
            raise TiesDiffer
        return changed

    return changes
