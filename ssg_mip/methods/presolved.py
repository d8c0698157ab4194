"""Methods run on what presolve leaves of a game, part by part, and their answers about the game as given.

What methods say of a reduced game holds of the game itself (:mod:`ssg_mip.presolve`); policies are led back, and all
values of the answer are computed anew by the game as given. Methods that answer for one weighted value alone are also
spared the states that do not count for it, and solve parts that have nothing to do with each other one by one.

Ties are judged within a tolerance that depends on what is at stake, which may be less in what is left. Where the
follower answers otherwise in the game as given, presolve is given up and the method runs on that.

Nothing is left out where a margin is asked for, where policies are restricted or the goal is no weighted sum, and for
methods that run in the game's own units, whose details speak of all of it. States are merged only for methods that
answer for one weighted value.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.methods.in_standard_form import run_method, still_optimal
from ssg_mip.methods.leading_back import TiesDiffer, into_reduced, led_back
from ssg_mip.methods.parts import run_parts
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.presolve import Part, reduce_game, restricted, split_parts, summary, unreduced
from ssg_mip.problem.problem import Problem
from ssg_mip.proofs.claim import Claim
from ssg_mip.proofs.reduction import Reduction
from ssg_mip.proofs.writer import Recorder
from ssg_mip.result import Result
from ssg_mip.runs.method import Method
from ssg_mip.runs.run import Run

PRESOLVE = "presolve"
"""Name of the entry in ``Result.details`` that says what was left out, split and recognised."""

SHARE = 0.2
"""Share of the time that presolve may take."""


def run_presolved(problem: Problem, run: Run, method: Method) -> Result:
    """Run a method on what matters of a game; the answer is about the game as given."""
    if not _applies(problem, run, method):
        return run_method(problem, run, method)
    reduction, parts = _presolved(problem, run, method)
    done = summary(reduction, max(1, len(parts)))
    inner = run.recording(None if run.recorder is None else run.recorder.fresh())
    try:
        if len(parts) > 1:
            result = run_parts(problem, inner, method, [(restricted(reduction, part.states), part) for part in parts])
        elif reduction.changes_nothing:
            result = run_method(problem, inner, method)
        else:
            result = _run_reduced(problem, inner, method, reduction)
    except TiesDiffer:
        inner = run.recording(None if run.recorder is None else run.recorder.fresh())
        result = run_method(problem, inner, method)
        done = {**summary(unreduced(problem.game)), "given_up": True}
    if run.recorder is not None and inner.recorder is not None:
        run.recorder.take(inner.recorder)
    return dataclasses.replace(result, details={**result.details, PRESOLVE: done})


def _applies(problem: Problem, run: Run, method: Method) -> bool:
    """Whether what is asked allows that something is left out."""
    plain = problem.allows_all and problem.objective.goal is None
    return run.presolve and not method.in_own_units and plain


def _presolved(problem: Problem, run: Run, method: Method) -> tuple[Reduction, Sequence[Part]]:
    """What is left of the game, as far as the time goes, and its parts."""
    game = problem.game
    weights = problem.weights if method.weighted_only else None
    reduction = reduce_game(
        game,
        weights=weights,
        ties=problem.follower.ties,
        checkpoint=run.sharing(SHARE).checkpoint,
        merging=method.weighted_only,
    )
    if weights is None:
        return reduction, ()
    return reduction, split_parts(reduction.reduced, reduction.weights_in(weights))


def _run_reduced(problem: Problem, run: Run, method: Method, reduction: Reduction) -> Result:
    """Run a method on the reduced game alone."""
    start, recorder = run.start, run.recorder
    if start is None and not method.weighted_only:
        start = LeaderPolicy.uniform(problem.game)
    if recorder is not None:
        recorder = recorder.fresh() if _adds_weights(reduction, problem.weights) else recorder
        recorder.reduction = reduction
    inner = dataclasses.replace(run.starting_at(start), recorder=recorder)
    weights = reduction.weights_in(problem.weights)
    result = led_back(run_method(*into_reduced(problem, inner, reduction, weights), method), problem, run, reduction)
    if run.recorder is not None and recorder is not None and recorder is not run.recorder:
        result = _as_sum(result, problem, run.recorder, recorder)
    return still_optimal(result, run.gap)


def _adds_weights(reduction: Reduction, weights: FloatArray) -> bool:
    """Whether states of positive weight were merged into others: sums of weights are rounded."""
    return bool(np.any(weights[reduction.into != np.arange(len(weights))] > 0.0))


def _as_sum(result: Result, problem: Problem, whole: Recorder, part: Recorder) -> Result:
    """A result whose certificate is a sum of one, in which the rounding of weights is counted."""
    whole.summed = [part]
    bound = whole.settle(problem.game, Claim(weights=problem.weights, bound=result.dual_bound))
    return dataclasses.replace(result, dual_bound=bound)
