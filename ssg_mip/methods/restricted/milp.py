"""What the methods over a restricted class of leader policies share: solve the MILP, trust only the evaluation.

HiGHS proposes a policy and proves a bound **within the class**. The policy is rounded to the class exactly and
evaluated by the follower's best response. Three claims are possible:

* the value reaches the bound over *all* stationary policies: optimal;
* it reaches the MILP's bound: optimal within the class. This holds under every tie rule, because the MILP lets ties
  go the leader's way and so bounds the other rules from above;
* otherwise nothing is proven. ``Result.dual_bound`` is always over all stationary policies, never the MILP's bound.

Where policies must keep rows, those of the class that keep them are what is searched: the MILP has the rows, and no
other policy is evaluated.

A class of few policies, if the leader's actions that do the same are counted once, needs no MILP: all of it is
evaluated where that takes little time. It is not where a rule for ties may decide against the leader, because then the
MILP says what the rule undoes.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from ssg_mip.base.deadline import Deadline
from ssg_mip.base.gap import gap_size, relative_gap
from ssg_mip.base.status import BoundProof, Status, Termination
from ssg_mip.base.tolerances import PROBABILITY
from ssg_mip.evaluation.best_response import Response
from ssg_mip.evaluation.value_bounds import ValueBounds, gap_scale
from ssg_mip.exact.few_numbers.choices import distinct_actions
from ssg_mip.exact.heuristics.operator_policies import OPERATOR_PRODUCTS, operator_policies
from ssg_mip.exact.heuristics.simple import simple_policies
from ssg_mip.exact.size_limit import GRACE_SECONDS, obstacle, restricted_products
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.lp.compiled import CompiledProgram, compile_program
from ssg_mip.lp.highs import solve_milp
from ssg_mip.lp.interface import MilpAnswer
from ssg_mip.lp.ranges import is_loose, warn_of_ranges
from ssg_mip.numerics.array_types import IntArray
from ssg_mip.problem.evaluated_policy import EvaluatedPolicy
from ssg_mip.problem.problem import Problem
from ssg_mip.programs.program import Program
from ssg_mip.proofs.claim import Claim
from ssg_mip.result import ProgressRow, Result, TrajectoryPoint
from ssg_mip.runs.conclusion import Conclusion
from ssg_mip.runs.run import Run

MOST_ENUMERATED = 5_000
"""Policies of a class that are gone through, if that does not take too long or the MILP is refused."""

WITHOUT_ASKING = 20
"""Policies that are gone through however long one takes."""

ENUMERATION_SHARE = 0.5
"""Share of the remaining time that going through a class may take."""

ENUMERATION_SECONDS = 120.0
"""Seconds that it may take at most."""

FROM_THE_MILP = "from the MILP"
FROM_THE_CLASS = "from going through the class"
NOT_ALLOWED = "not allowed"

_NOTHING = MilpAnswer("limit", np.empty(0), -math.inf, math.inf, 0)
"""The answer of a MILP that was not solved."""


def solve_restricted(
    problem: Problem, run: Run, write: Callable[[], Program], *, method: str, levels: int, bounds: ValueBounds
) -> Result:
    """Solve a commitment MILP over policies whose probabilities are multiples of ``1 / levels``.

    Parameters
    ----------
    problem, run
        What is solved, and how.
    write
        Writes the MILP; its component ``f`` is the policy. Not called if the MILP would be too large.
    method
        Name for the result.
    levels
        Denominator of the class; 1 for deterministic policies.
    bounds
        Bounds on the leader's values (:func:`ssg_mip.evaluation.value_bounds.leader_value_bounds`).
    """
    game, rows = problem.game, problem.policies.restricts
    stop, answer, proposed = obstacle(restricted_products(game, levels), run), _NOTHING, None
    enumerated, milps = _is_gone_through(problem, run, levels), 0
    if enumerated:
        stop = None
    elif stop is None:
        compiled, policy_columns = _compiled(game, write())
        if is_loose(compiled):
            stop, enumerated = Termination.NUMERICAL, class_size(game, levels, rows=rows) <= MOST_ENUMERATED
        else:
            answer, proposed = _solve(problem, run, compiled, policy_columns, levels)
            milps = 1
    trajectory, best, evaluations = _evaluate(
        problem, run, _candidates(problem, run, levels, proposed, answer, enumerated=enumerated)
    )
    value = trajectory[-1].leader_value if trajectory else math.nan
    if enumerated:
        stop, answer = None, _said_by_all(evaluations[FROM_THE_CLASS] == class_size(game, levels, rows=rows), value)
        if answer.status == "optimal":
            trajectory = _with_last_note(trajectory, _note(FROM_THE_CLASS, problem, run, answer))
    dual_bound = float(problem.weights @ bounds.upper)
    if run.recorder is not None:
        claim = Claim(weights=problem.weights, bound=dual_bound, margin=problem.follower.margin)
        dual_bound = run.recorder.settle(game, claim)
    slack = run.tolerances.monotone * (1.0 + float(np.max(np.abs([bounds.lower, bounds.upper]))))
    scale = gap_scale(bounds, problem.weights)
    if relative_gap(value, dual_bound, scale) <= run.gap:
        status, termination = Status.OPTIMAL, Termination.GAP
    else:
        status, termination = _verdict(problem, run, value, answer, slack, scale, stop)
    progress = ProgressRow(
        seconds=run.deadline.elapsed,
        iteration=max(0, len(trajectory) - 1),
        nodes=answer.nodes,
        open_nodes=0,
        lps=0,
        primal_bound=value if trajectory else -math.inf,
        dual_bound=dual_bound,
        gap_scale=gap_size(value, scale),
        flag="*",
    )
    if run.on_progress is not None:
        run.on_progress(progress)
    conclusion = Conclusion(
        method=method,
        status=status,
        termination=termination,
        dual_bound=dual_bound,
        bound_proof=run.proof(BoundProof.PAIR),
        found=None if best is None else EvaluatedPolicy(trajectory[-1].leader_policy, best),
        trajectory=trajectory,
        progress=(progress,),
        counts={
            "nodes": answer.nodes,
            "milps": milps,
            "evaluations": evaluations.total() - 2 * evaluations[NOT_ALLOWED],
        },
        details={"policies_in_class": class_size(game, levels, rows=rows)} if enumerated else {},
    )
    return conclusion.result(problem, run)


def class_size(game: Game, levels: int, *, rows: bool = False) -> int:
    """How many different policies there are whose probabilities are multiples of ``1 / levels``.

    With rows on policies, actions that do the same count as different: rows may tell them apart.
    """
    counts = (len(actions) for actions in _actions(game, rows))
    return math.prod(math.comb(levels + count - 1, count - 1) for count in counts)


def _actions(game: Game, rows: bool) -> tuple[IntArray, ...]:
    """For each state the leader's actions that count as different."""
    return tuple(np.arange(count) for count in game.leader_counts) if rows else distinct_actions(game)


def _is_gone_through(problem: Problem, run: Run, levels: int) -> bool:
    """Whether to evaluate the whole class: it is small, and there is time."""
    size = class_size(problem.game, levels, rows=problem.policies.restricts)
    if size > MOST_ENUMERATED or run.stopped:
        return False
    if size <= WITHOUT_ASKING:
        return True
    clock = Deadline()
    problem.follower.answer(problem.game, LeaderPolicy.uniform(problem.game), run.tolerances)
    return size * clock.elapsed <= min(ENUMERATION_SECONDS, ENUMERATION_SHARE * run.deadline.remaining)


def _whole_class(game: Game, levels: int, rows: bool) -> Iterator[LeaderPolicy]:
    """All policies of the class, allowed or not; without rows the first of actions that do the same."""
    distinct = _actions(game, rows)
    mixes = {
        count: [
            np.diff(np.array([-1, *bars, levels + count - 1])) - 1
            for bars in itertools.combinations(range(levels + count - 1), count - 1)
        ]
        for count in {len(actions) for actions in distinct}
    }
    places = np.concatenate([first + actions for first, actions in zip(game.leader_offsets, distinct, strict=False)])
    for steps in itertools.product(*(mixes[len(actions)] for actions in distinct)):
        slots = np.zeros(int(game.leader_offsets[-1]))
        slots[places] = np.concatenate(steps)
        yield LeaderPolicy.from_slots(game, slots)


def _said_by_all(finished: bool, value: float) -> MilpAnswer:
    """What going through the class says of it, in the words of a MILP; the value is NaN without a policy."""
    if not finished:
        return _NOTHING
    if math.isnan(value):
        return dataclasses.replace(_NOTHING, status="infeasible")
    return dataclasses.replace(_NOTHING, status="optimal", dual_bound=value)


def _with_last_note(trajectory: tuple[TrajectoryPoint, ...], note: str) -> tuple[TrajectoryPoint, ...]:
    return (*trajectory[:-1], dataclasses.replace(trajectory[-1], note=note))


def _compiled(game: Game, program: Program) -> tuple[CompiledProgram, IntArray]:
    """The MILP in arrays, and the columns of the policy."""
    compiled = compile_program(program)
    warn_of_ranges(compiled, game.name)
    return compiled, compiled.columns(program.model.f)


def _solve(
    problem: Problem, run: Run, compiled: CompiledProgram, columns: IntArray, levels: int
) -> tuple[MilpAnswer, LeaderPolicy | None]:
    """The MILP's answer, and its policy rounded to the class."""
    answer = solve_milp(
        compiled.linear_program(),
        deadline=run.deadline,
        gap=run.gap,
        seed=int(run.seed),
        accuracy=run.tolerances.feasibility,
        node_limit=run.limits.nodes,
        interrupted=lambda: run.stop_reason() in (Termination.INTERRUPTED, Termination.MEMORY_LIMIT),
    )
    if not answer.has_point:
        return answer, None
    steps = np.rint(levels * answer.point[columns])
    return answer, LeaderPolicy.from_slots(problem.game, steps)


def _evaluate(
    problem: Problem, run: Run, candidates: Iterable[tuple[LeaderPolicy, str]]
) -> tuple[tuple[TrajectoryPoint, ...], Response | None, Counter[str]]:
    """The policies that were better than all before them, the response to the best, and how many of each note.

    Policies that are not allowed or miss the margin do not count; there may be none that does. Those not allowed are
    not evaluated and noted once more as :data:`NOT_ALLOWED`.

    The MILP's own policy is always evaluated, the given start if it belongs to the class, and one simple policy; the
    other simple ones while there is time.
    """
    points: list[TrajectoryPoint] = []
    responses: list[Response] = []
    evaluations: Counter[str] = Counter()
    for policy, note in candidates:
        evaluations[note] += 1
        if not problem.policies.holds(problem.game, policy):
            evaluations[NOT_ALLOWED] += 1
            continue
        response, keeps = problem.follower.answer(problem.game, policy, run.tolerances)
        if not keeps:
            continue
        value = float(problem.weights @ response.leader_values)
        last = note.startswith(FROM_THE_MILP) and points and value == points[-1].leader_value
        if not points or value > points[-1].leader_value or last:
            responses.append(response)
            points.append(
                TrajectoryPoint(
                    iteration=len(points),
                    leader_values=response.leader_values,
                    leader_value=value,
                    leader_policy=policy,
                    note=note,
                )
            )
    return tuple(points), responses[-1] if responses else None, evaluations


def _candidates(
    problem: Problem,
    run: Run,
    levels: int,
    proposed: LeaderPolicy | None,
    answer: MilpAnswer,
    *,
    enumerated: bool,
) -> Iterator[tuple[LeaderPolicy, str]]:
    """Policies of the class, each with where it comes from.

    The start, if it belongs to the class; simple policies while there is time, at least one; where the MILP is large
    the deterministic policies of the fixed-point operator; then the MILP's.
    """
    game = problem.game
    if run.start is not None:
        steps = levels * run.start.slots(game)
        if np.allclose(steps, np.rint(steps), rtol=0.0, atol=PROBABILITY):
            yield LeaderPolicy.from_slots(game, np.rint(steps)), "the given start"
    for policy in simple_policies(game):
        yield policy, "a simple policy"
        if run.deadline.elapsed > run.deadline.limit + GRACE_SECONDS:
            break
    if restricted_products(game, levels) >= OPERATOR_PRODUCTS:
        for policy in operator_policies(problem, run):
            if np.all(policy.probabilities.max(axis=1) == 1.0):
                yield policy, "a policy of the fixed-point operator"
    for policy in _whole_class(game, levels, problem.policies.restricts) if enumerated else ():
        if run.stopped:
            break
        yield policy, FROM_THE_CLASS
    if proposed is not None:
        yield proposed, _note(FROM_THE_MILP, problem, run, answer)


def _note(source: str, problem: Problem, run: Run, answer: MilpAnswer) -> str:
    bound = run.scale.upper_out(answer.dual_bound, problem.weights)
    if not math.isfinite(bound):
        return f"{source}; no bound within its class yet"
    return f"{source}; no policy of its class is worth more than {bound:.9g}"


def _verdict(
    problem: Problem, run: Run, value: float, answer: MilpAnswer, slack: float, scale: float, stop: Termination | None
) -> tuple[Status, Termination]:
    """What the MILP proves about a value within its class, and why it stopped; the value is NaN without a policy."""
    if math.isnan(value):
        return Status.NO_SOLUTION, _why_nothing(run, answer, stop)
    if stop is not None:
        return Status.FEASIBLE, stop
    if value > answer.dual_bound + slack:
        # A policy of the class beats the MILP's bound: a near-tie that the solver and the evaluation judge differently.
        return Status.FEASIBLE, Termination.NUMERICAL
    if answer.dual_bound - value <= max(slack, run.gap * gap_size(value, scale)):
        return Status.RESTRICTED_OPTIMAL, Termination.GAP
    if answer.status == "optimal":
        return Status.FEASIBLE, problem.follower.shortfall
    return Status.FEASIBLE, _limit(run, answer)


def _why_nothing(run: Run, answer: MilpAnswer, stop: Termination | None) -> Termination:
    """Why there is no allowed policy that keeps the margin."""
    if stop is not None:
        return stop
    return Termination.NONE_IN_CLASS if answer.status == "infeasible" else _limit(run, answer)


def _limit(run: Run, answer: MilpAnswer) -> Termination:
    """The limit that stopped the MILP; ``NUMERICAL`` if none did."""
    return run.stop_reason(answer.nodes) or Termination.NUMERICAL
