"""The exact programs, solved: the improvement program (I) and the commitment program (P).

Policy iteration, the commitment method and fronts all ask here. The answer is a policy that the exact follower has
validated and a bound that holds over all stationary leader policies, whatever the reason for stopping.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from ssg_mip.base.gap import gap_size, relative_gap
from ssg_mip.base.status import BoundProof, Termination
from ssg_mip.base.tolerances import DEFAULT_TOLERANCES
from ssg_mip.branch_and_bound.branching_rule import BranchingRule, choose_branch
from ssg_mip.branch_and_bound.records import Gaps, Outcome
from ssg_mip.branch_and_bound.search import Search
from ssg_mip.evaluation.best_response import Response, best_response
from ssg_mip.evaluation.value_bounds import (
    LEAST_GAP,
    ValueBounds,
    finest_gap,
    gap_scale,
    leader_value_bounds,
    raised_sum,
)
from ssg_mip.exact.heuristics.sequential_lp import Candidate
from ssg_mip.exact.heuristics.simple import best_simple_policy
from ssg_mip.exact.heuristics.statewise_steps import step_down_the_ladder
from ssg_mip.exact.programs import CommitmentProblem, FollowerValueProblem, ImprovementProblem
from ssg_mip.exact.size_limit import commitment_products, improvement_products, least_values, obstacle
from ssg_mip.exact.zero_sum import solve_zero_sum
from ssg_mip.game.game import Game
from ssg_mip.game.game_class import is_zero_sum
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.scalarisation import ConcavePieces, StepObjective
from ssg_mip.proofs.claim import Claim
from ssg_mip.result import ProgressRow
from ssg_mip.runs.request import Request, proof_of


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Answer:
    """The answer of an exact program.

    Attributes
    ----------
    policy, response
        The best policy found and the follower's exact response to it; ``None`` if no policy satisfies the constraints
        so far.
    primal_bound
        The program's objective at that policy; ``-inf`` if none.
    dual_bound
        Proven upper bound on the program's optimum over stationary leader policies.
    bound_proof
        What the bound rests on.
    termination
        Why the search stopped.
    nodes, lps
        Work done.
    lp_seconds
        Seconds inside the LP solver.
    progress
        Rows of the progress table.
    """

    policy: LeaderPolicy | None
    response: Response | None
    primal_bound: float
    dual_bound: float
    termination: Termination
    nodes: int
    lps: int
    lp_seconds: float
    progress: tuple[ProgressRow, ...]
    bound_proof: BoundProof = BoundProof.NONE


def solve_commitment(game: Game, weights: FloatArray, *, request: Request, floor: FloatArray | None = None) -> Answer:
    """Maximise ``weights @ V^f`` over stationary leader policies ``f``.

    Parameters
    ----------
    game
        The game.
    weights
        Weights over states, summing to one.
    request
        Gap, limits, tie rule, seed, start policy.
    floor
        Lower bound on the leader's value in every state, if any; ``-inf`` where there is none. It holds within
        ``request.tolerances.monotone`` times its scale. If no policy meets it
        the answer ends with ``Termination.INFEASIBLE`` and the dual bound ``-inf``.
    """
    answer = _solve_commitment(game, weights, request, floor)
    least = least_values(game, floor, request.tolerances)
    return claimed(answer, game, request, Claim(weights=weights, bound=answer.dual_bound, floor=least))


def _solve_commitment(game: Game, weights: FloatArray, request: Request, floor: FloatArray | None) -> Answer:
    bounds = leader_value_bounds(game)
    if is_zero_sum(game) and request.margin == 0.0:
        answer, start = _zero_sum_answer(game, weights, request, floor, bounds)
        if answer is not None:
            return answer
        request = dataclasses.replace(request, start=start)
    stop = obstacle(commitment_products(game, weights, floor), request)
    if stop is not None:
        return _simple_answer(game, weights, request, floor, bounds, stop)
    return searched(CommitmentProblem(game, weights, request, floor), request)


def searched(problem: CommitmentProblem, request: Request, branching: BranchingRule = choose_branch) -> Answer:
    """The answer of a search for a commitment."""
    weights, bounds = problem.weights, leader_value_bounds(problem.game)
    scale = gap_scale(bounds, weights)
    ceiling = float(weights @ bounds.upper)
    finest = finest_gap(bounds, weights, max(request.gap, LEAST_GAP))
    outcome = _search(problem, request, scale=scale, ceiling=ceiling, absolute=finest, branching=branching)
    answer = answer_of(outcome, ceiling=ceiling)
    if answer.termination is Termination.NUMERICAL and request.rule_decides:
        # Every box was searched, and what is missing is a value that only ties in the leader's favour attain.
        return dataclasses.replace(answer, termination=Termination.TIE_RULE)
    allowed = max(request.gap, LEAST_GAP) * (1.0 + DEFAULT_TOLERANCES.rounding)
    is_closed = relative_gap(answer.primal_bound, answer.dual_bound, scale) <= allowed
    if answer.termination is Termination.GAP and not is_closed:
        return dataclasses.replace(answer, termination=Termination.NUMERICAL)
    return answer


def solve_improvement(
    game: Game, values: FloatArray, objective: StepObjective, *, request: Request, absolute_gap: float | None = None
) -> Answer:
    """Maximise an objective of the gains ``Q_t(s, f, g(s)) - values[s]`` over policies where none is negative.

    Parameters
    ----------
    game
        The game.
    values
        The leader's values ``V_t`` under the current policy.
    objective
        Weights over states, or pieces; the bound on a minimum of several pieces has no certificate.
    request
        Gap, limits, tie rule, seed; ``request.start`` should be the current policy, whose objective is 0. With
        ``request.good_enough`` the search ends at the first policy found that gains more than that.
    absolute_gap
        Gap at which the search may stop whatever the relative one; derived from ``request.gap`` and the spread of the
        leader's values if absent. Near a stationary policy it is the one that counts: the optimum is 0.
    """
    stop = obstacle(improvement_products(game), request)
    if stop is not None:
        return no_answer(stop)
    problem = ImprovementProblem(game, values, objective, request)
    if absolute_gap is None:
        even = np.full(game.num_states, 1.0 / game.num_states)
        weights, unit = (even, objective.unit) if isinstance(objective, ConcavePieces) else (objective, 1.0)
        absolute_gap = max(request.gap, LEAST_GAP) * unit * gap_scale(leader_value_bounds(game), weights)
    outcome = _search(problem, request, absolute=absolute_gap)
    return claimed_step(answer_of(outcome, ceiling=math.inf), game, request, objective, values)


def claimed_step(answer: Answer, game: Game, request: Request, objective: StepObjective, values: FloatArray) -> Answer:
    """The answer of (I) with the bound that a certificate claims, where the objective is a weighted sum."""
    if isinstance(objective, ConcavePieces):
        return answer
    return claimed(answer, game, request, Claim(weights=objective, bound=answer.dual_bound, values=values))


def improve_without_program(
    game: Game, values: FloatArray, objective: StepObjective, *, request: Request, enough: float
) -> Answer:
    """A policy with ``Q_t >= values`` everywhere, looked for without the program; nothing is proven.

    Parameters are those of :func:`solve_improvement`; ``request.start`` is the current policy. With a margin there is
    no ladder, because its moves go as far as a tie.

    Parameters
    ----------
    enough
        The first policy that gains more than this is taken.
    """
    problem = ImprovementProblem(game, values, objective, request)
    start = LeaderPolicy.uniform(game) if request.start is None else request.start
    stepped = None
    if request.margin == 0.0:
        stepped = step_down_the_ladder(
            game,
            start,
            best_response(game, start, request.ties, tolerances=request.tolerances),
            problem.judge,
            lambda: request.stopped,
        )
    if stepped is None and request.stopped:
        return no_answer(Termination.TIME_LIMIT)
    best = problem.evaluate(start if stepped is None else stepped)
    for _, candidate in problem.start() if best.value <= enough and not request.stopped else ():
        best = max(best, candidate, key=lambda one: one.value)
        if best.value > enough:
            break
    return dataclasses.replace(
        no_answer(Termination.GOOD_ENOUGH if best.value > enough else Termination.SIZE_LIMIT),
        policy=best.policy,
        response=best.response,
        primal_bound=best.value,
    )


def root_bound(game: Game, weights: FloatArray, *, request: Request) -> float:
    """A cheap upper bound on the commitment program: the better of its root relaxation and the joint process."""
    if obstacle(commitment_products(game, weights), request) is not None:
        bound = float(weights @ leader_value_bounds(game).upper)
        answer = dataclasses.replace(no_answer(Termination.SIZE_LIMIT), dual_bound=bound)
        return claimed(answer, game, request, Claim(weights=weights, bound=bound)).dual_bound
    root_only = dataclasses.replace(request, node_limit=1, on_progress=None)
    return solve_commitment(game, weights, request=root_only).dual_bound


def _search(
    problem: FollowerValueProblem,
    request: Request,
    *,
    scale: float = 0.0,
    absolute: float = 0.0,
    ceiling: float = math.inf,
    branching: BranchingRule = choose_branch,
) -> Outcome:
    """Search until the gap is closed, absolutely or relative to the value, of which ``scale`` is the least size.

    No policy is worth more than the ceiling.
    """
    relative = max(request.gap, LEAST_GAP)
    search = Search(
        problem,
        gaps=Gaps(relative=relative, absolute=absolute, scale=scale),
        deadline=request.deadline,
        node_limit=request.node_limit,
        interrupt=request.interrupt,
        on_progress=request.on_progress,
        options=request.search,
        good_enough=request.good_enough,
        ceiling=ceiling,
        trace=None if request.recorder is None else request.recorder.root,
        branching=branching,
    )
    return search.run()


def claimed(answer: Answer, game: Game, request: Request, claim: Claim) -> Answer:
    """The answer with the bound that a certificate claims, if one is asked for."""
    recorder = request.recorder
    if recorder is None:
        return answer
    bound = recorder.settle(game, dataclasses.replace(claim, margin=request.margin))
    answer = dataclasses.replace(answer, dual_bound=bound, bound_proof=proof_of(request, answer.bound_proof))
    return answer if bound == claim.bound else _still_concluded(answer, game, request, claim)


def _still_concluded(answer: Answer, game: Game, request: Request, claim: Claim) -> Answer:
    """The answer with a raised bound: nothing was concluded where the gap is open again."""
    closed = answer.termination in {Termination.GAP, Termination.INFEASIBLE}
    if claim.values is not None or not closed:
        return answer
    scale = gap_scale(leader_value_bounds(game), claim.weights)
    if relative_gap(answer.primal_bound, answer.dual_bound, scale) <= max(request.gap, LEAST_GAP):
        return answer
    return dataclasses.replace(answer, termination=Termination.NUMERICAL)


def _zero_sum_answer(
    game: Game, weights: FloatArray, request: Request, floor: FloatArray | None, bounds: ValueBounds
) -> tuple[Answer | None, LeaderPolicy]:
    """The answer of a zero-sum game, if it is conclusive or a limit was reached, and the policy found.

    The maximin policy is best in every state at once, so a floor that it misses by more than its gap is infeasible.
    """
    scale = gap_scale(bounds, weights)
    saddle = solve_zero_sum(game, weights, request=request, scale=scale)
    values, upper = saddle.response.leader_values, np.minimum(saddle.upper, bounds.upper)
    if request.recorder is not None:
        anything = np.ones(int(game.follower_offsets[-1]))
        request.recorder.defences = (*saddle.defences, (anything, bounds.upper))
    slack = 0.0 if floor is None else request.tolerances.monotone * (1.0 + np.abs(floor))
    if floor is not None and np.any(upper < floor - slack):
        return dataclasses.replace(
            no_answer(Termination.INFEASIBLE), dual_bound=-math.inf, lps=saddle.lps
        ), saddle.policy
    primal = float(weights @ values)
    dual = max(primal, raised_sum(weights, upper))
    termination = Termination.GAP
    if relative_gap(primal, dual, scale) > max(request.gap, LEAST_GAP):
        termination = Termination.INTERRUPTED if request.interrupt.requested else Termination.TIME_LIMIT
        if not (request.interrupt.requested or request.deadline.expired):
            return None, saddle.policy
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
    return _with_progress(answer, request, scale), saddle.policy


def _with_progress(answer: Answer, request: Request, scale: float) -> Answer:
    """The answer with a progress table of one row, which is handed on."""
    row = ProgressRow(
        seconds=request.deadline.elapsed,
        iteration=0,
        nodes=answer.nodes,
        open_nodes=0,
        lps=answer.lps,
        primal_bound=answer.primal_bound,
        dual_bound=answer.dual_bound,
        gap_scale=gap_size(answer.primal_bound, scale),
        flag="*",
    )
    if request.on_progress is not None:
        request.on_progress(row)
    return dataclasses.replace(answer, progress=(row,))


def _simple_answer(
    game: Game,
    weights: FloatArray,
    request: Request,
    floor: FloatArray | None,
    bounds: ValueBounds,
    termination: Termination,
) -> Answer:
    """Without the program: the best of some simple policies, and the bound of the joint process."""
    best, _ = best_simple_policy(game, weights, request, floor)
    answer = dataclasses.replace(
        no_answer(termination),
        primal_bound=best.value,
        dual_bound=max(best.value, float(weights @ bounds.upper)),
        bound_proof=BoundProof.PAIR,
    )
    if math.isfinite(best.value):
        answer = dataclasses.replace(answer, policy=best.policy, response=best.response)
    scale = gap_scale(bounds, weights)
    if relative_gap(answer.primal_bound, answer.dual_bound, scale) <= request.gap:
        answer = dataclasses.replace(answer, termination=Termination.GAP)
    return _with_progress(answer, request, scale)


def no_answer(termination: Termination) -> Answer:
    """No policy, no bound, no work."""
    return Answer(
        policy=None,
        response=None,
        primal_bound=-math.inf,
        dual_bound=math.inf,
        termination=termination,
        nodes=0,
        lps=0,
        lp_seconds=0.0,
        progress=(),
    )


def answer_of(outcome: Outcome, *, ceiling: float) -> Answer:
    """The answer of a search; no policy is worth more than the ceiling."""
    candidate: Candidate | None = outcome.solution if np.isfinite(outcome.primal_bound) else None
    return Answer(
        policy=None if candidate is None else candidate.policy,
        response=None if candidate is None else candidate.response,
        primal_bound=outcome.primal_bound,
        dual_bound=min(outcome.dual_bound, max(ceiling, outcome.primal_bound)),
        bound_proof=BoundProof.SEARCH if outcome.dual_bound < ceiling else BoundProof.PAIR,
        termination=outcome.termination,
        nodes=outcome.nodes,
        lps=outcome.lps,
        lp_seconds=outcome.lp_seconds,
        progress=outcome.progress,
    )
