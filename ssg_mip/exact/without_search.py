"""Answers that need no search: of easy classes, of zero-sum games, where one number is chosen, and of simple policies.

All are answers to the commitment program of a weighted sum, each with what its bound rests on.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from ssg_mip.base.gap import relative_gap
from ssg_mip.base.status import BoundProof, Termination
from ssg_mip.evaluation.value_bounds import (
    LEAST_GAP,
    ValueBounds,
    gap_scale,
    raised_sum,
)
from ssg_mip.exact.answer import Answer, no_answer, with_progress, without_program
from ssg_mip.exact.easy_classes import settled
from ssg_mip.exact.few_numbers import solving as few_numbers
from ssg_mip.exact.heuristics.simple import best_simple_policy
from ssg_mip.exact.zero_sum import solve_zero_sum
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.problem.problem import Problem
from ssg_mip.runs.run import Run


def easy_answer(problem: Problem, run: Run, bounds: ValueBounds) -> tuple[Answer | None, bool]:
    """The answer of a game of an easy class, ``None`` for other games, and whether a search would not better it."""
    scale = gap_scale(bounds, problem.weights)
    solved = settled(problem, run, scale=scale)
    if solved is None:
        return None, False
    primal = float(problem.weights @ solved.found.values)
    ceiling, dual = float(problem.weights @ bounds.upper), raised_sum(problem.weights, solved.upper)
    by_values = dual < ceiling and relative_gap(primal, ceiling, scale) > LEAST_GAP
    if not by_values:
        dual = ceiling
    elif run.recorder is not None:
        run.recorder.value_tree = solved.leaf
    is_closed = relative_gap(primal, dual, scale) <= max(run.gap, LEAST_GAP)
    answer = dataclasses.replace(
        no_answer(Termination.GAP if is_closed else run.stop_reason() or problem.follower.shortfall),
        policy=solved.found.policy,
        response=solved.found.response,
        primal_bound=primal,
        dual_bound=max(primal, dual),
        bound_proof=solved.proof if by_values else BoundProof.PAIR,
        lps=solved.lps,
    )
    final = solved.final or is_closed or answer.termination.is_limit
    return with_progress(answer, run, scale), final


def zero_sum_answer(problem: Problem, run: Run, bounds: ValueBounds) -> tuple[Answer | None, LeaderPolicy]:
    """The answer of a zero-sum game, if it is conclusive or a limit was reached, and the policy found.

    The maximin policy is best in every state at once, so a floor that it misses by more than its gap is infeasible.
    """
    weights, floor = problem.weights, problem.floor
    scale = gap_scale(bounds, weights)
    saddle = solve_zero_sum(problem, run, scale=scale)
    values, upper = saddle.response.leader_values, np.minimum(saddle.upper, bounds.upper + saddle.slack)
    if run.recorder is not None:
        anything = np.ones(int(problem.game.follower_offsets[-1]))
        run.recorder.defences = (*saddle.defences, (anything, bounds.upper))
    slack = 0.0 if floor is None else run.tolerances.monotone * (1.0 + np.abs(floor))
    if floor is not None and np.any(upper < floor - slack):
        return dataclasses.replace(
            no_answer(Termination.INFEASIBLE), dual_bound=-math.inf, lps=saddle.lps
        ), saddle.policy
    primal = float(weights @ values)
    dual = max(primal, raised_sum(weights, upper))
    termination = Termination.GAP
    if relative_gap(primal, dual, scale) > max(run.gap, LEAST_GAP):
        reason = run.stop_reason()
        if reason is None:
            return None, saddle.policy
        termination = reason
    if floor is not None and np.any(values < floor - slack):
        return None, saddle.policy
    answer = dataclasses.replace(
        no_answer(termination),
        policy=saddle.policy,
        response=saddle.response,
        primal_bound=primal,
        dual_bound=dual,
        bound_proof=BoundProof.SADDLE,
        lps=saddle.lps,
    )
    return with_progress(answer, run, scale), saddle.policy


def one_number_answer(problem: Problem, run: Run, bounds: ValueBounds) -> tuple[Answer | None, LeaderPolicy]:
    """The answer where the leader chooses one number, if conclusive or a limit was reached, and the policy found."""
    scale, ceiling = gap_scale(bounds, problem.weights), float(problem.weights @ bounds.upper)
    found = few_numbers.solve_one_number(problem, run, scale)
    dual = max(found.best.value, min(found.bound, ceiling))
    is_closed = relative_gap(found.best.value, dual, scale) <= max(run.gap, LEAST_GAP)
    termination = Termination.GAP if is_closed else found.stop or problem.follower.shortfall
    if termination is Termination.NUMERICAL:
        return None, found.best.policy
    if run.recorder is not None:
        run.recorder.value_tree = found.tree
    answer = dataclasses.replace(
        without_program(found.best, dual, termination),
        bound_proof=BoundProof.VALUES if found.bound < ceiling else BoundProof.PAIR,
        nodes=found.intervals,
    )
    return with_progress(answer, run, scale), found.best.policy


def simple_answer(problem: Problem, run: Run, bounds: ValueBounds, termination: Termination) -> Answer:
    """Without the program: the best of some simple policies, and the bound of the joint process."""
    weights = problem.weights
    best, _ = best_simple_policy(problem, run)
    answer = without_program(best, float(weights @ bounds.upper), termination)
    scale = gap_scale(bounds, weights)
    if relative_gap(answer.primal_bound, answer.dual_bound, scale) <= run.gap:
        answer = dataclasses.replace(answer, termination=Termination.GAP)
    return with_progress(answer, run, scale)
