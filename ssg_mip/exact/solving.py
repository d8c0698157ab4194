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
from ssg_mip.base.tolerances import ROUNDING
from ssg_mip.branch_and_bound.records import Aim, Outcome
from ssg_mip.evaluation.best_response import Response
from ssg_mip.evaluation.value_bounds import (
    LEAST_GAP,
    ValueBounds,
    finest_gap,
    gap_scale,
    leader_value_bounds,
    raised_sum,
)
from ssg_mip.exact.bridge import CommitmentBridge, ImprovementBridge
from ssg_mip.exact.easy_classes import settled
from ssg_mip.exact.few_numbers import line_search
from ssg_mip.exact.few_numbers import solving as few_numbers
from ssg_mip.exact.few_numbers.pure import best_pure_policy
from ssg_mip.exact.heuristics.simple import best_simple_policy
from ssg_mip.exact.heuristics.statewise_steps import statewise_line_search
from ssg_mip.exact.size_limit import commitment_size, improvement_size, least_values, obstacle
from ssg_mip.exact.zero_sum import solve_zero_sum
from ssg_mip.game.game_class import is_zero_sum
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.evaluated_policy import Candidate, EvaluatedPolicy
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.scalarisation import ConcavePieces, StepObjective
from ssg_mip.proofs.claim import Claim
from ssg_mip.result import ProgressRow
from ssg_mip.runs.run import Run

AIMED = 0.99
"""Share of the gap within which a search ends: the rest is for what a value may lose when its ties are made exact."""


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

    @property
    def found(self) -> EvaluatedPolicy | None:
        """The policy with the response; ``None`` if there is none."""
        if self.policy is None or self.response is None:
            return None
        return EvaluatedPolicy(self.policy, self.response)


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
        answer, start = _zero_sum_answer(problem, run, bounds)
        if answer is not None:
            return answer
        run = run.starting_at(start)
    easy, final = _easy_answer(problem, run, bounds)
    if easy is not None and final:
        return easy
    if few_numbers.applies(problem):
        answer, start = _one_number_answer(problem, run, bounds)
        if answer is not None:
            return answer
        run = run.starting_at(start)
    stop = obstacle(commitment_size(game, weights, problem.floor), run)
    if stop is not None:
        return easy or _simple_answer(problem, run, bounds, stop)
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
    return claimed(problem, run, answer, Claim(weights=objective, bound=answer.dual_bound, values=values))


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
    easy, _ = _easy_answer(problem, run.quietly(), leader_value_bounds(game))
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


def _easy_answer(problem: Problem, run: Run, bounds: ValueBounds) -> tuple[Answer | None, bool]:
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
    return _with_progress(answer, run, scale), final


def _zero_sum_answer(problem: Problem, run: Run, bounds: ValueBounds) -> tuple[Answer | None, LeaderPolicy]:
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
    return _with_progress(answer, run, scale), saddle.policy


def _one_number_answer(problem: Problem, run: Run, bounds: ValueBounds) -> tuple[Answer | None, LeaderPolicy]:
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
    return _with_progress(answer, run, scale), found.best.policy


def _with_progress(answer: Answer, run: Run, scale: float) -> Answer:
    """The answer with a progress table of one row, which is handed on."""
    row = ProgressRow(
        seconds=run.deadline.elapsed,
        iteration=0,
        nodes=answer.nodes,
        open_nodes=0,
        lps=answer.lps,
        primal_bound=answer.primal_bound,
        dual_bound=answer.dual_bound,
        gap_scale=gap_size(answer.primal_bound, scale),
        flag="*",
    )
    if run.on_progress is not None:
        run.on_progress(row)
    return dataclasses.replace(answer, progress=(row,))


def _simple_answer(problem: Problem, run: Run, bounds: ValueBounds, termination: Termination) -> Answer:
    """Without the program: the best of some simple policies, and the bound of the joint process."""
    weights = problem.weights
    best, _ = best_simple_policy(problem, run)
    answer = without_program(best, float(weights @ bounds.upper), termination)
    scale = gap_scale(bounds, weights)
    if relative_gap(answer.primal_bound, answer.dual_bound, scale) <= run.gap:
        answer = dataclasses.replace(answer, termination=Termination.GAP)
    return _with_progress(answer, run, scale)


def without_program(best: Candidate | None, ceiling: float, termination: Termination) -> Answer:
    """The best of the policies that need no program, under what no pair of policies exceeds."""
    answer = dataclasses.replace(no_answer(termination), dual_bound=ceiling, bound_proof=BoundProof.PAIR)
    if best is None or not math.isfinite(best.value):
        return answer
    return dataclasses.replace(
        answer,
        policy=best.policy,
        response=best.response,
        primal_bound=best.value,
        dual_bound=max(best.value, ceiling),
    )


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
