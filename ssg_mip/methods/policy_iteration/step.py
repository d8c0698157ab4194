"""One iteration: where to go from an iterate, or the proof that there is nowhere to go."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ssg_mip.base.status import Termination
from ssg_mip.exact import Answer, improve_without_program, solve_improvement
from ssg_mip.exact.size_limit import improvement_size
from ssg_mip.methods.policy_iteration.negligible import negligible_gain, resolution, value_scale
from ssg_mip.methods.policy_iteration.objective_target import WeightedBound, sharpened
from ssg_mip.methods.policy_iteration.within import evaluated
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.evaluated_policy import EvaluatedPolicy
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.scalarisation import ConcavePieces, StepObjective, unit_and_least, worth
from ssg_mip.runs.run import Run

STEP_NODES = 50
"""Nodes after which a step is no longer searched for the proof that it is the best: the best one found is taken.

The best policy of a step is mostly found in the first ten nodes, while the proof can take thousands.
"""

STEP_SHARE = 0.5
"""Share of the remaining time that a step may take, so that the stop test keeps some."""

TEST_GAP_SHARE = 0.25
"""Programs are solved to this share of what the stop test allows: it certifies, or there is a step that counts."""

LEAST_PROGRESS = 0.5
"""A step counts if its weighted true gain exceeds this share of what the stop test resolves."""

DIRECT_SHARE = 0.1
"""Weights whose smallest is at least this share of the average certify the stop test by themselves."""

PROGRAM_FIRST = 5_000
"""Products of the largest improvement program that is solved at every step; 23 states of 3 x 3 actions have 4,761."""

ImprovementSolver = Callable[[Problem, Run, FloatArray, StepObjective, float], Answer]
"""``(problem, run, values, objective, absolute_gap) -> answer`` for the program (I)."""


def exact_improvement(
    problem: Problem, run: Run, values: FloatArray, objective: StepObjective, absolute_gap: float
) -> Answer:
    """The program (I) by spatial branch and bound."""
    return solve_improvement(problem, run, values, objective, absolute_gap=absolute_gap)


def quick_improvement(
    problem: Problem, run: Run, values: FloatArray, objective: StepObjective, absolute_gap: float
) -> Answer:
    """Any policy that counts, without the program; proves nothing."""
    enough = absolute_gap * LEAST_PROGRESS / TEST_GAP_SHARE
    return improve_without_program(problem, run, values, objective, enough=enough)


@dataclasses.dataclass(frozen=True, eq=False)
class Step:
    """Where to go (``target``), or why not (``termination``); ``bound`` is on the average one-step gain.

    ``weighted_bound`` is what the step has found out about the weighted optimum, if it has asked, and
    ``scalarised_bound`` is on ``L[Q_t] - L[V_t]`` where the problem has another scalarisation than the weighted sum.
    """

    target: EvaluatedPolicy | None
    termination: Termination
    bound: float
    nodes: int
    lps: int
    note: str
    weighted_bound: WeightedBound | None = None
    scalarised_bound: float = math.inf

    @classmethod
    def stopped(cls, termination: Termination) -> Step:
        """No step, and no work done."""
        return cls(None, termination, math.inf, 0, 0, "")


def take_step(
    problem: Problem,
    run: Run,
    current: EvaluatedPolicy,
    improve: ImprovementSolver,
    nodes: int,
    weighted: WeightedBound | None = None,
) -> Step:
    """A step within what is left of time and nodes; where the weighted bound leaves nothing to gain, none is needed."""
    at_bound = None if weighted is None else stop_at_bound(problem, run, current, weighted)
    if at_bound is not None:
        return at_bound
    reason = run.stop_reason(nodes)
    if reason is not None:
        return Step.stopped(reason)
    inner = run.after(nodes).starting_at(current.policy).quietly()
    return _step(problem, inner, current, improve, weighted)


def stop_at_bound(problem: Problem, run: Run, current: EvaluatedPolicy, weighted: WeightedBound) -> Step | None:
    """The stop, if the bound on the weighted value proves what the stop test asks for; else ``None``."""
    game = problem.game
    bound = weighted.gain_bound(current.values)
    if bound > negligible_gain(game, current.values, problem.weights, run.gap, one_step=True):
        return None
    note = f"{_stationary_note(problem, bound)}; the bound on the weighted value shows it"
    return dataclasses.replace(Step.stopped(Termination.STATIONARY), bound=bound, note=note)


def _step(
    problem: Problem, run: Run, current: EvaluatedPolicy, improve: ImprovementSolver, weighted: WeightedBound | None
) -> Step:
    """One program with the asked objective; a second one with equal weights if the first settles nothing.

    Where the program is large, a step without it comes first. The first one ends after :data:`STEP_NODES`: with a step
    if it has found one that counts, and otherwise the second one is the stop test, to its end, unless a search for a
    better bound shows that none is needed. What a minimum of several pieces proves has no certificate, so where one
    is asked for only the second one stops the run.
    """
    game = problem.game
    objective = problem.objective.over(current.values)
    if improvement_size(game) > PROGRAM_FIRST:
        quick = attempt(problem, run, current, objective, run.gap, quick_improvement)
        if quick.target is not None:
            return quick
        if run.deadline.expired:
            return dataclasses.replace(quick, termination=Termination.TIME_LIMIT)
    # A draw from W(f_t) needs the largest gain itself, whatever share of it a member may miss.
    epsilon = run.epsilon if run.selection == "epsilon" and run.epsilon is not None else run.gap
    relative = epsilon / (1.0 - epsilon) if epsilon < 1.0 else math.inf
    asked = run.to_gap(relative).sharing(STEP_SHARE).at_most(STEP_NODES)
    first = attempt(problem, asked, current, objective, run.gap, improve)
    uncertified = isinstance(objective, ConcavePieces) and run.recorder is not None
    if first.target is not None or (first.termination is Termination.STATIONARY and not uncertified):
        return first
    even = np.full(game.num_states, 1.0 / game.num_states)
    spent = run.limits.nodes is not None and first.nodes >= run.limits.nodes
    is_even = not isinstance(objective, ConcavePieces) and np.array_equal(objective, even)
    same_again = is_even and epsilon <= run.gap and not first.termination.is_limit
    if same_again or spent:
        return first
    rest = run.after(first.nodes)
    if first.termination is Termination.NODE_LIMIT and weighted is not None and not weighted.searched:
        return with_work_of(first, _by_better_bound(problem, rest, current, even, improve, weighted))
    return with_work_of(first, attempt(problem, rest, current, even, run.gap, improve))


def with_work_of(first: Step, second: Step) -> Step:
    """The second of two steps that were looked for in turn, with the work and the better bound of both."""
    bound = min(first.scalarised_bound, second.scalarised_bound)
    nodes, lps = first.nodes + second.nodes, first.lps + second.lps
    return dataclasses.replace(second, nodes=nodes, lps=lps, scalarised_bound=bound)


def _by_better_bound(
    problem: Problem,
    run: Run,
    current: EvaluatedPolicy,
    weights: FloatArray,
    improve: ImprovementSolver,
    weighted: WeightedBound,
) -> Step:
    """The stop test of a hard program: by a better bound if that does it, else by the program."""
    if weighted.evenness < DIRECT_SHARE:
        return attempt(problem, run, current, weights, run.gap, improve)
    negligible = negligible_gain(problem.game, current.values, problem.weights, run.gap, one_step=True)
    better, answer = sharpened(problem, run, weighted, current.values, negligible)
    work = Step(None, answer.termination, math.inf, answer.nodes, answer.lps, "")
    step = stop_at_bound(problem, run, current, better)
    if step is None and run.limits.nodes is not None and answer.nodes >= run.limits.nodes:
        step = Step.stopped(Termination.NODE_LIMIT)
    if step is None:
        step = attempt(problem, run.after(answer.nodes), current, weights, run.gap, improve)
    return dataclasses.replace(with_work_of(work, step), weighted_bound=better)


def attempt(
    problem: Problem,
    run: Run,
    current: EvaluatedPolicy,
    objective: StepObjective,
    gap: float,
    improve: ImprovementSolver,
) -> Step:
    """Solve (I) once, and judge its policy by the true values."""
    game = problem.game
    negligible = negligible_gain(game, current.values, problem.weights, gap, one_step=True)
    unit, smallest = unit_and_least(objective)
    evenness = game.num_states * smallest
    least = LEAST_PROGRESS * negligible * unit
    if run.selection == "first":
        run = run.up_to(least)
    finest = resolution(game, current.values, negligible)
    absolute = TEST_GAP_SHARE * finest * (evenness if evenness >= DIRECT_SHARE * unit else unit)
    in_pieces = isinstance(objective, ConcavePieces)
    unproven = bool(problem.policies.spending(game))  # what keeps the rows on costs is fewer policies than are allowed
    recorder = None if run.recorder is None or in_pieces or unproven else run.recorder.fresh()
    answer = improve(problem, run.recording(recorder), current.values, objective, absolute)
    bound = max(0.0, answer.dual_bound) / evenness  # on the average gain, because every gain is at least 0
    # A search that ended by itself, yet neither certifies nor improves: f_t is feasible and worth 0, so either
    # the numbers are to blame or, where ties do not favour the leader, the promise that only a tie could keep.
    stopped = answer.termination
    if not stopped.is_limit:
        stopped = problem.follower.shortfall
    outcome = Step(None, stopped, bound, answer.nodes, answer.lps, "")
    if in_pieces:
        outcome = dataclasses.replace(outcome, scalarised_bound=max(0.0, answer.dual_bound))
    # Line 5: Q_t = V_t, up to the gap, for every f in W>.
    if bound <= negligible and answer.termination is not Termination.INFEASIBLE:
        if unproven:
            return dataclasses.replace(outcome, termination=Termination.CONVERGED, note=_UNPROVEN, bound=math.inf)
        if run.recorder is not None and recorder is not None:
            run.recorder.others.append(recorder)
        return dataclasses.replace(
            outcome, termination=Termination.STATIONARY, note=_stationary_note(problem, run.scale.gain_out(bound))
        )
    if answer.policy is None or answer.primal_bound <= 0.0:
        return outcome
    target, keeps = evaluated(problem, answer.policy, run.tolerances)
    if not keeps:
        return dataclasses.replace(outcome, note="step refused: it does not keep what is asked of costs and values")
    gains = target.values - current.values
    if gains.min() < -run.tolerances.monotone * value_scale(game, current.values):
        return dataclasses.replace(outcome, **_refusal(problem, run, gains))
    if worth(objective, gains) <= least:
        average = worth(objective, gains) if isinstance(objective, np.ndarray) else float(gains.mean())
        gain = run.scale.gain_out(average)
        note = f"no step: the best policy found gains {gain:.3g}, too little to count"
        return dataclasses.replace(outcome, note=note)
    return dataclasses.replace(outcome, target=target)


_UNPROVEN = (
    "no step: no policy without a losing state keeps what is sufficient for the bounds on costs and gains; policies "
    "that keep the bounds in another way are not excluded"
)


def _refusal(problem: Problem, run: Run, gains: FloatArray) -> dict[str, Any]:
    """Why a step is not taken: Theorem 8 holds for ties in the leader's favour, so elsewhere the rule is to blame."""
    worst = int(np.argmin(gains))
    change = run.scale.gain_out(float(gains[worst]))
    note = f"step refused: the value of state {problem.game.state_names[worst]!r} would change by {change:.3g}"
    return {
        "termination": problem.follower.shortfall,
        "note": note,
    }


def _stationary_note(problem: Problem, bound: float) -> str:
    which = "allowed policy" if not problem.allows_all else "policy"
    note = f"stationary: no {which} without a losing state gains more than {bound:.3g} a state on average in one step"
    if problem.game.leader_discount == 0.0:
        note += "; with leader discount 0 the point is Pareto-optimal to that accuracy (Theorem 11 d)"
    return note
