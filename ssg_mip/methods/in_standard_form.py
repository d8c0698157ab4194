"""Methods run on the standard form of a game, and their answers in the game's own units.

Tolerances, gaps and linear programs see rewards of ordinary size without large constants
(:mod:`ssg_mip.evaluation.standard_form`); the caller sees his own numbers. Methods whose settings or details are in the
units of the rewards (learners, the fixed-point operator, the policy gradient) are given the game as it is.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence

import numpy as np

from ssg_mip.base.provenance import Provenance
from ssg_mip.base.status import BoundProof, Status, Termination
from ssg_mip.base.tolerances import ARITHMETIC, FINEST_GAP, ROUNDING, Tolerances
from ssg_mip.evaluation.best_response import Response, best_response
from ssg_mip.evaluation.standard_form import Scale, StandardForm, standard_form
from ssg_mip.evaluation.value_bounds import ValueBounds, follower_value_bounds, leader_spreads, leader_value_bounds
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.answer_within import answer_within
from ssg_mip.problem.follower import Rational
from ssg_mip.problem.policy_space import PolicySpace
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.rising import InTurn, LeastOf, Reached, ReachedInTurn, ReachedLeast
from ssg_mip.problem.scalarisation import Concave, Scalarised
from ssg_mip.problem.scalarisation.claims import raised
from ssg_mip.problem.wider_rows import CostRow
from ssg_mip.result import ProgressRow, Result, TrajectoryPoint
from ssg_mip.runs.method import Method
from ssg_mip.runs.run import Run

LARGEST_VALUE = 1e12
"""What a program may hold at most, in units of what is at stake in the states of positive weight; HiGHS takes 1e15."""


def form_for(game: Game, method: Method, weights: FloatArray | None = None, *, ignores: bool = True) -> StandardForm:
    """The form of a game that a method runs on.

    A margin counts in every state, reached or not, and so do rows on the policy: then nothing ``ignores``.
    """
    if method.in_own_units:
        return StandardForm(game=game, standard=game, leader=Scale(), follower=Scale())
    form = standard_form(game, weights, ignore=weights is not None and ignores and method.weighted_only)
    return form if _suits_programs(form.standard) else standard_form(game)


def _suits_programs(game: Game) -> bool:
    """Whether the values of all states, also of those that had no say in the units, fit into linear programs."""
    players = ((game.leader_rewards, game.leader_discount), (game.follower_rewards, game.follower_discount))
    return all(float(np.abs(rewards).max()) / (1.0 - discount) <= LARGEST_VALUE for rewards, discount in players)


def run_method(problem: Problem, run: Run, method: Method) -> Result:
    """Run a method on the standard form of a game; the answer is in the game's own units."""
    goal = problem.objective.goal
    weights = None if goal is not None or problem.policies.restricts else problem.weights
    form = form_for(problem.game, method, weights, ignores=problem.allows_all)
    rising = _scalarised_into(problem)
    if form.changes_nothing:
        return _reached_out(_scalarised_out(method(rising, run), problem, form), problem, form)
    found = method(*into_form(rising, run, form))
    result = result_out(found, form)
    own = form.ignored is not None or form.moves_values
    costs = problem.policies.all_costs(problem.game)
    whole = with_own_values(result, run.tolerances, _changes(form), costs) if own else result
    return _reached_out(_scalarised_out(still_optimal(whole, run.gap), problem, form), problem, form)


def _unit(what: Concave) -> float:
    """A power of two: what a gain of 1 in every state is worth at least, roughly."""
    return math.ldexp(1.0, math.frexp(what.pieces.unit)[1] - 1)


def _scalarised_into(problem: Problem) -> Problem:
    """A problem whose scalarisation rises about as fast as the values do, as tolerances and gaps take it to."""
    what = problem.objective.scalarisation
    return problem if what is None else problem.scalarising(what.scaled(1.0 / _unit(what)))


def _scalarised_out(result: Result, problem: Problem, form: StandardForm) -> Result:
    """What a result in the game's own units says of its scalarisation, in these units and with all rounding counted."""
    what = problem.objective.scalarisation
    if what is None:
        return result
    found = () if result.scalarised is None else result.scalarised.ceilings
    ceilings = tuple(dataclasses.replace(one, bound=form.leader.upper_out(one.bound, one.weights)) for one in found)
    slope = float(what.pieces.weights.sum(axis=1).max())

    def bound_out(point: TrajectoryPoint) -> float:
        moved = _unit(what) * point.scalarised_step_bound + 2.0 * slope * form.leader.rounding
        return raised(what, moved, point.leader_values)

    provenance = result.provenance
    options = {**provenance.options, "scalarisation": what.options()}
    return dataclasses.replace(
        result,
        scalarised=Scalarised.of(what, ceilings, form.game),
        provenance=dataclasses.replace(provenance, options=options),
        trajectory=tuple(
            dataclasses.replace(point, scalarised_step_bound=bound_out(point)) for point in result.trajectory
        ),
    )


def _reached_out(result: Result, problem: Problem, form: StandardForm) -> Result:
    """What a result in the game's own units says of its goal, in these units and with all rounding counted."""
    goal, reached = problem.objective.goal, result.reached
    if goal is None or reached is None:
        return result
    if isinstance(reached, ReachedLeast) and isinstance(goal, LeastOf):
        sizes = [np.maximum(np.abs(one.lower), np.abs(one.upper)) for one in _bounds(form.game)]
        out: Reached = reached.out(form, goal, goal.size(*sizes))
    elif isinstance(reached, ReachedInTurn) and isinstance(goal, InTurn):
        out = reached.out(form, goal)
    options = {**result.provenance.options, "goal": goal.options()}
    provenance = dataclasses.replace(result.provenance, options=options)
    return dataclasses.replace(result, reached=out, provenance=provenance)


def _bounds(game: Game) -> tuple[ValueBounds, ValueBounds]:
    return leader_value_bounds(game), follower_value_bounds(game)


Changes = Callable[[FloatArray, FloatArray], bool]
"""Whether values differ from those that a method has seen by more than rounding, where the method counts them."""


def with_own_values(result: Result, tolerances: Tolerances, changes: Changes, costs: Sequence[CostRow] = ()) -> Result:
    """The result with values by the game's own rewards, of which the method has seen others, or not all.

    Answers keep bounds on ``costs``, where there are some. Where a response is another one there, because rounding
    decided a tie, iterates are left out: what was said of steps between them, and of the last one, was about other
    values.
    """

    def answer(policy: LeaderPolicy) -> Response:
        if costs:
            return answer_within(result.game, policy, Rational(ties=result.ties), costs, tolerances)[0]
        return best_response(result.game, policy, result.ties, tolerances=tolerances)

    if result.leader_policy is None:
        return result
    response = answer(result.leader_policy)
    answers = [
        response if point.leader_policy is result.leader_policy else answer(point.leader_policy)
        for point in result.trajectory
    ]
    found = [one.leader_values for one in answers]
    own = [
        dataclasses.replace(
            point,
            leader_values=one.leader_values,
            leader_value=float(result.weights @ one.leader_values),
            follower_policy=None if point.follower_policy is None else one.follower_policy,
        )
        for point, one in zip(result.trajectory, answers, strict=True)
    ]
    others = [changes(one, point.leader_values) for point, one in zip(result.trajectory, found, strict=True)]
    if any(others):
        own = [dataclasses.replace(own[-1], iteration=0)]
    if any(others[-1:]):
        own = [dataclasses.replace(own[-1], step_bound=math.inf, scalarised_step_bound=math.inf)]
        if result.status in {Status.STATIONARY, Status.PARETO_OPTIMAL}:
            result = dataclasses.replace(result, status=Status.FEASIBLE)
        if result.termination is Termination.STATIONARY:
            result = dataclasses.replace(result, termination=Termination.NUMERICAL)
    return dataclasses.replace(
        result,
        leader_value=float(result.weights @ response.leader_values),
        leader_values=response.leader_values,
        follower_values=response.follower_values,
        follower_policy=response.follower_policy,
        tied_states=response.tied_states,
        trajectory=tuple(own),
    )


def _changes(form: StandardForm) -> Changes:
    """In states that the form counts."""
    known = 4.0 * form.leader.rounding + ROUNDING * form.leader.unit * leader_spreads(form.standard)
    counted = slice(None) if form.ignored is None else ~form.ignored

    def changes(values: FloatArray, before: FloatArray) -> bool:
        allowed = known + ARITHMETIC * np.abs(values)
        return bool(np.any((np.abs(values - before) > allowed)[counted]))

    return changes


def still_optimal(result: Result, gap: float) -> Result:
    """The result without a claim of optimality where rounding on the way back has opened the gap again."""
    allowed = max(gap, FINEST_GAP) * (1.0 + ROUNDING)
    if result.status is not Status.OPTIMAL or result.relative_gap <= allowed:
        return result
    if result.termination is Termination.STATIONARY:
        return dataclasses.replace(result, status=Status.STATIONARY)
    return dataclasses.replace(result, status=Status.FEASIBLE, termination=Termination.NUMERICAL)


def into_form(problem: Problem, run: Run, form: StandardForm) -> tuple[Problem, Run]:
    """A problem about the game, and its run, as those about its standard form."""
    if form.changes_nothing:
        return problem, run
    if run.recorder is not None:
        run.recorder.form = form
    progress = progress_into(run.on_progress, form.leader, problem.weights)
    run = dataclasses.replace(run, on_progress=progress, scale=form.leader)
    follower = problem.follower.in_units(form.follower.unit)
    what = problem.objective.scalarisation
    if what is not None:
        problem = problem.scalarising(what.into(form.leader))
    if problem.objective.goal is not None:
        problem = problem.wanting(problem.objective.goal.into(form))
    policies = _policies_into(problem, form)
    return dataclasses.replace(
        problem.about(form.standard), follower=follower, policies=policies, constraints=problem.stated
    ), run


def _policies_into(problem: Problem, form: StandardForm) -> PolicySpace:
    """Which policies count, with what the leader must get in the units of the standard form."""
    policies, least = problem.policies, problem.floor
    return dataclasses.replace(
        policies,
        floor=None if least is None else form.leader.into(least),
        costs=policies.all_costs(problem.game),
        values=(),
    )


def progress_into(
    on_progress: Callable[[ProgressRow], None] | None, scale: Scale, weights: FloatArray
) -> Callable[[ProgressRow], None] | None:
    """What is called with the rows of a run on the standard form."""
    return None if on_progress is None else lambda row: on_progress(row_out(row, scale, weights))


def row_out(row: ProgressRow, scale: Scale, weights: FloatArray) -> ProgressRow:
    """A row of progress about a weighted value, in the game's own units."""
    return dataclasses.replace(
        row,
        primal_bound=scale.value_out(row.primal_bound, weights),
        dual_bound=scale.upper_out(row.dual_bound, weights),
        gap_scale=scale.gain_out(row.gap_scale),
    )


def result_out(result: Result, form: StandardForm) -> Result:
    """A result about the standard form as one about the game."""
    if form.changes_nothing:
        return result
    values = form.leader.out(result.leader_values)
    return dataclasses.replace(
        result,
        game=form.game,
        leader_value=float(result.weights @ values),
        dual_bound=form.leader.upper_out(result.dual_bound, result.weights),
        bound_proof=proof_out(result.bound_proof, form),
        gap_scale=form.leader.gain_out(result.gap_scale),
        leader_values=values,
        follower_values=form.follower.out(result.follower_values),
        trajectory=tuple(_point_out(point, form.leader, result.weights) for point in result.trajectory),
        progress=tuple(row_out(row, form.leader, result.weights) for row in result.progress),
        provenance=provenance_out(result.provenance, form),
    )


def proof_out(proof: BoundProof, form: StandardForm) -> BoundProof:
    """What a bound rests on: rounding of the follower's rewards is counted by a certificate alone."""
    if form.follower.potential is None or proof in {BoundProof.REPLAYED, BoundProof.PAIR}:
        return proof
    return BoundProof.UNITS


def provenance_out(provenance: Provenance, form: StandardForm) -> Provenance:
    """Where an answer comes from, with the game's own name, hash and margin."""
    options = dict(provenance.options)
    if "margin" in options:
        options["margin"] = form.follower.unit * float(options["margin"])
    return dataclasses.replace(provenance, game_name=form.game.name, game_hash=form.game.content_hash, options=options)


def _point_out(point: TrajectoryPoint, scale: Scale, weights: FloatArray) -> TrajectoryPoint:
    values = scale.out(point.leader_values)
    return dataclasses.replace(
        point,
        leader_values=values,
        leader_value=float(weights @ values),
        step_bound=scale.gain_bound_out(point.step_bound),
        scalarised_step_bound=scale.gain_bound_out(point.scalarised_step_bound),
    )
