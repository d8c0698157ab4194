"""The exact programs, solved: the improvement program (I) and the commitment program (P).

Policy iteration, the commitment method and fronts all ask here. The answer is a policy that the exact follower has
validated and a bound that holds over all stationary leader policies, whatever the reason for stopping.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from ssg_mip.base.gap import relative_gap
from ssg_mip.base.status import Termination
from ssg_mip.base.tolerances import ROUNDING
from ssg_mip.branch_and_bound.records import Aim
from ssg_mip.evaluation.value_bounds import (
    LEAST_GAP,
    finest_gap,
    gap_scale,
    leader_value_bounds,
)
from ssg_mip.exact.answer import Answer, answer_of, no_answer
from ssg_mip.exact.commitment_bridge import CommitmentBridge
from ssg_mip.exact.few_numbers import line_search
from ssg_mip.exact.few_numbers import solving as few_numbers
from ssg_mip.exact.few_numbers.pure import best_pure_policy
from ssg_mip.exact.heuristics.statewise_steps import statewise_line_search
from ssg_mip.exact.improvement_bridge import ImprovementBridge
from ssg_mip.exact.size_limit import commitment_size, improvement_size, least_values, obstacle
from ssg_mip.exact.without_search import easy_answer, one_number_answer, simple_answer, zero_sum_answer
from ssg_mip.game.game_class import is_zero_sum
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.scalarisation import ConcavePieces, StepObjective
from ssg_mip.proofs.claim import Claim, PolicyClaim
from ssg_mip.runs.run import Run

AIMED = 0.99
"""Share of the gap within which a search ends: the rest is for what a value may lose when its ties are made exact."""


def solve_commitment(problem: Problem, run: Run, *, with_starts: bool = True) -> Answer:
    """Maximise ``weights @ V^f`` over the stationary leader policies ``f`` that a problem allows.

    A floor holds within ``run.tolerances.monotone`` times its scale. If no policy meets it the answer ends with
    ``Termination.INFEASIBLE`` and the dual bound ``-inf``. Without starts nothing is spent on good policies before the
    search.
    """
    answer = _solve_commitment(problem, run, with_starts)
    least = least_values(problem.game, problem.floor, run.tolerances)
    return claimed(problem, run, answer, Claim(weights=problem.weights, bound=answer.dual_bound, floor=least))


def _solve_commitment(problem: Problem, run: Run, with_starts: bool) -> Answer:
    game, weights = problem.game, problem.weights
    bounds = leader_value_bounds(game)
    if is_zero_sum(game) and problem.follower.margin == 0.0:
        answer, start = zero_sum_answer(problem, run, bounds)
        if answer is not None:
            return answer
        run = run.starting_at(start)
    easy, final = easy_answer(problem, run, bounds)
    if easy is not None and final:
        return easy
    if few_numbers.applies(problem):
        answer, start = one_number_answer(problem, run, bounds)
        if answer is not None:
            return answer
        run = run.starting_at(start)
    stop = obstacle(commitment_size(game, weights, problem.floor), run)
    if stop is not None:
        return easy or simple_answer(problem, run, bounds, stop)
    if easy is not None:
        return searched(CommitmentBridge(problem, run.starting_at(easy.policy)))
    return searched(CommitmentBridge(problem, _well_started(problem, run) if with_starts else run))


def _well_started(problem: Problem, run: Run) -> Run:
    """The run from the best policy of few lines, or of few deterministic policies, where they are few."""
    if line_search.applies(problem):
        return run.starting_at(line_search.best_on_lines(problem, run).policy)
    best = best_pure_policy(problem, run)
    return run if best is None else run.starting_at(best.policy)


def searched(bridge: CommitmentBridge) -> Answer:
    """The answer of a search for a commitment."""
    run, weights, bounds = bridge.run, bridge.weights, leader_value_bounds(bridge.game)
    scale = gap_scale(bounds, weights)
    ceiling = float(weights @ bounds.upper)
    gap = AIMED * max(run.gap, LEAST_GAP)
    aim = Aim(relative=gap, absolute=finest_gap(bounds, weights, gap), scale=scale, ceiling=ceiling)
    outcome = bridge.search(aim, None if run.recorder is None else run.recorder.root)
    answer = answer_of(outcome, ceiling=ceiling)
    if answer.termination is Termination.NUMERICAL:
        # Every box was searched; what is missing may be a value that only ties in the leader's favour attain.
        return dataclasses.replace(answer, termination=bridge.problem.follower.shortfall)
    allowed = max(run.gap, LEAST_GAP) * (1.0 + ROUNDING)
    is_closed = relative_gap(answer.primal_bound, answer.dual_bound, scale) <= allowed
    if answer.termination is Termination.GAP and not is_closed:
        return dataclasses.replace(answer, termination=Termination.NUMERICAL)
    return answer


def solve_improvement(
    problem: Problem, run: Run, values: FloatArray, objective: StepObjective, *, absolute_gap: float | None = None
) -> Answer:
    """Maximise an objective of the gains ``Q_t(s, f, g(s)) - values[s]`` over policies where none is negative.

    Parameters
    ----------
    problem
        The game with its follower.
    values
        The leader's values ``V_t`` under the current policy.
    objective
        Weights over states, or pieces; the bound on a minimum of several pieces has no certificate.
    run
        Gap, limits, seed; ``run.start`` should be the current policy, whose objective is 0. With
        ``run.target`` the search ends at the first policy found that gains more than that.
    absolute_gap
        Gap at which the search may stop whatever the relative one; derived from ``run.gap`` and the spread of the
        leader's values if absent. Near a stationary policy it is the one that counts: the optimum is 0.
    """
    game = problem.game
    stop = obstacle(improvement_size(game), run)
    if stop is not None:
        return no_answer(stop)
    bridge = ImprovementBridge(problem, run, values, objective)
    if absolute_gap is None:
        even = np.full(game.num_states, 1.0 / game.num_states)
        weights, unit = (even, objective.unit) if isinstance(objective, ConcavePieces) else (objective, 1.0)
        absolute_gap = max(run.gap, LEAST_GAP) * unit * gap_scale(leader_value_bounds(game), weights)
    aim = Aim(relative=max(run.gap, LEAST_GAP), absolute=absolute_gap)
    outcome = bridge.search(aim, None if run.recorder is None else run.recorder.root)
    return claimed_step(problem, run, answer_of(outcome, ceiling=math.inf), objective, values)


def claimed_step(problem: Problem, run: Run, answer: Answer, objective: StepObjective, values: FloatArray) -> Answer:
    """The answer of (I) with the bound that a certificate claims, where the objective is a weighted sum."""
    if isinstance(objective, ConcavePieces):
        return answer
    rows, most = problem.policies.rows, problem.policies.most_actions(problem.game)
    policy = PolicyClaim(rows=rows, most=most) if rows or most else None
    claim = Claim(weights=objective, bound=answer.dual_bound, values=values, policy=policy)
    return claimed(problem, run, answer, claim)


def improve_without_program(
    problem: Problem, run: Run, values: FloatArray, objective: StepObjective, *, enough: float
) -> Answer:
    """A policy with ``Q_t >= values`` everywhere, looked for without the program; nothing is proven.

    Parameters are those of :func:`solve_improvement`; ``run.start`` is the current policy. With a margin there is
    no line search, because its moves go as far as a tie.

    Parameters
    ----------
    enough
        The first policy that gains more than this is taken.
    """
    game = problem.game
    bridge = ImprovementBridge(problem, run, values, objective)
    start = LeaderPolicy.uniform(game) if run.start is None else run.start
    stepped = None
    if problem.follower.margin == 0.0:
        stepped = statewise_line_search(
            game,
            start,
            problem.follower.response(game, start, run.tolerances),
            bridge.judge,
            lambda: run.stopped,
        )
    if stepped is None and run.stopped:
        return no_answer(Termination.TIME_LIMIT)
    best = bridge.evaluate(start if stepped is None else stepped)
    for _, candidate in bridge.start() if best.value <= enough and not run.stopped else ():
        best = max(best, candidate, key=lambda one: one.value)
        if best.value > enough:
            break
    return dataclasses.replace(
        no_answer(Termination.GOOD_ENOUGH if best.value > enough else Termination.SIZE_LIMIT),
        policy=best.policy,
        response=best.response,
        primal_bound=best.value,
    )


def root_bound(problem: Problem, run: Run) -> float:
    """A cheap upper bound on the commitment program: the better of its root relaxation and the joint process.

    In easy classes it is that of the class, which is as cheap and usually the optimum.
    """
    game, weights = problem.game, problem.weights
    easy, _ = easy_answer(problem, run.quietly(), leader_value_bounds(game))
    if easy is not None:
        return claimed(problem, run, easy, Claim(weights=weights, bound=easy.dual_bound)).dual_bound
    if obstacle(commitment_size(game, weights), run) is not None:
        bound = float(weights @ leader_value_bounds(game).upper)
        answer = dataclasses.replace(no_answer(Termination.SIZE_LIMIT), dual_bound=bound)
        return claimed(problem, run, answer, Claim(weights=weights, bound=bound)).dual_bound
    nodes = few_numbers.ROOT_INTERVALS if few_numbers.applies(problem) else 1
    root_only = run.within(nodes=nodes).quietly()
    return solve_commitment(problem, root_only, with_starts=False).dual_bound


def claimed(problem: Problem, run: Run, answer: Answer, claim: Claim) -> Answer:
    """The answer with the bound that a certificate claims, if one is asked for."""
    recorder = run.recorder
    if recorder is None:
        return answer
    bound = recorder.settle(problem.game, dataclasses.replace(claim, margin=problem.follower.margin))
    answer = dataclasses.replace(answer, dual_bound=bound, bound_proof=run.proof(answer.bound_proof))
    return answer if bound == claim.bound else _still_concluded(problem, run, answer, claim)


def _still_concluded(problem: Problem, run: Run, answer: Answer, claim: Claim) -> Answer:
    """The answer with a raised bound: nothing was concluded where the gap is open again."""
    closed = answer.termination in {Termination.GAP, Termination.INFEASIBLE}
    if claim.values is not None or not closed:
        return answer
    scale = gap_scale(leader_value_bounds(problem.game), claim.weights)
    if relative_gap(answer.primal_bound, answer.dual_bound, scale) <= max(run.gap, LEAST_GAP):
        return answer
    return dataclasses.replace(answer, termination=Termination.NUMERICAL)
