"""What the methods over a restricted class of leader policies share: solve the MILP, trust only the evaluation.

HiGHS proposes a policy and proves a bound **within the class**. The policy is rounded to the class exactly and
evaluated by the follower's best response. Three claims are possible:

* the value reaches the bound over *all* stationary policies: optimal;
* it reaches the MILP's bound: optimal within the class. This holds under every tie rule, because the MILP lets ties
  go the leader's way and so bounds the other rules from above;
* otherwise nothing is proven. ``Result.dual_bound`` is always over all stationary policies, never the MILP's bound.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from ssg_mip.best_response import Response, best_response
from ssg_mip.bounds import ValueBounds, gap_scale
from ssg_mip.formulations.program import Program
from ssg_mip.game import Game
from ssg_mip.mdp import joint_process, optimal_control
from ssg_mip.methods.request import Request
from ssg_mip.policy import LeaderPolicy
from ssg_mip.result import ProgressRow, Result, TrajectoryPoint, build_result, relative_gap
from ssg_mip.solver.compiled import compile_program
from ssg_mip.solver.highs import solve_milp
from ssg_mip.solver.interface import MilpAnswer
from ssg_mip.status import Status, Termination


def solve_restricted(
    game: Game, request: Request, program: Program, *, method: str, levels: int, bounds: ValueBounds
) -> Result:
    """Solve a commitment MILP over policies whose probabilities are multiples of ``1 / levels``.

    Parameters
    ----------
    game, request
        What is solved, and how.
    program
        The MILP; its component ``f`` is the policy.
    method
        Name for the result.
    levels
        Denominator of the class; 1 for deterministic policies.
    bounds
        Bounds on the leader's values (:func:`ssg_mip.bounds.leader_value_bounds`).
    """
    compiled = compile_program(program)
    answer = solve_milp(
        compiled.linear_program(),
        deadline=request.deadline,
        gap=request.gap,
        seed=int(request.seed),
        node_limit=request.node_limit,
        interrupted=lambda: request.interrupt.requested,
    )
    candidates = list(simple_policies(game))
    if answer.has_point:
        steps = np.rint(levels * answer.point[compiled.columns(program.model.f)])
        candidates.append(LeaderPolicy.from_slots(game, steps))
    trajectory, best = _evaluate(game, request, candidates, answer)
    dual_bound = float(request.weights @ bounds.upper)
    slack = request.tolerances.monotone * (1.0 + float(np.max(np.abs([bounds.lower, bounds.upper]))))
    scale = gap_scale(bounds, request.weights)
    if relative_gap(trajectory[-1].leader_value, dual_bound, scale) <= request.gap:
        status, termination = Status.OPTIMAL, Termination.GAP
    else:
        status, termination = _verdict(request, trajectory[-1].leader_value, answer, slack)
    progress = ProgressRow(
        seconds=request.deadline.elapsed,
        iteration=len(trajectory) - 1,
        nodes=answer.nodes,
        open_nodes=0,
        lps=0,
        primal_bound=trajectory[-1].leader_value,
        dual_bound=dual_bound,
        gap_scale=scale,
        flag="*",
    )
    if request.on_progress is not None:
        request.on_progress(progress)
    return build_result(
        game,
        method=method,
        status=status,
        termination=termination,
        weights=request.weights,
        ties=request.ties,
        dual_bound=dual_bound,
        policy=trajectory[-1].leader_policy,
        response=best,
        trajectory=trajectory,
        progress=(progress,),
        options=request.options(),
        seed=request.seed,
        seconds=request.deadline.elapsed,
        counts={"nodes": answer.nodes, "milps": 1, "evaluations": len(candidates)},
    )


def simple_policies(game: Game) -> Iterator[LeaderPolicy]:
    """Deterministic policies that need no search, in case the MILP finds none in time.

    The leader's part of the plan that both players would follow if the follower cooperated, then every policy that
    plays the action of one number everywhere (the last action where a state has fewer).
    """
    plan = optimal_control(joint_process(game, leader=True)).chosen
    yield LeaderPolicy.deterministic(game, game.row_leader[plan])
    for action in range(int(game.leader_counts.max())):
        yield LeaderPolicy.deterministic(game, np.minimum(action, game.leader_counts - 1))


def _evaluate(
    game: Game, request: Request, candidates: list[LeaderPolicy], answer: MilpAnswer
) -> tuple[tuple[TrajectoryPoint, ...], Response]:
    """The candidates that were better than all before them, and the response to the best."""
    points: list[TrajectoryPoint] = []
    responses: list[Response] = []
    for place, policy in enumerate(candidates):
        response = best_response(game, policy, request.ties, tolerances=request.tolerances)
        value = float(request.weights @ response.leader_values)
        from_milp = answer.has_point and place == len(candidates) - 1
        if not points or value > points[-1].leader_value or (from_milp and value == points[-1].leader_value):
            responses.append(response)
            points.append(
                TrajectoryPoint(
                    iteration=len(points),
                    leader_values=response.leader_values,
                    leader_value=value,
                    leader_policy=policy,
                    note=_note(answer) if from_milp else "a simple policy",
                )
            )
    return tuple(points), responses[-1]


def _note(answer: MilpAnswer) -> str:
    if not math.isfinite(answer.dual_bound):
        return "from the MILP; no bound within its class yet"
    return f"from the MILP; no policy of its class is worth more than {answer.dual_bound:.9g}"


def _verdict(request: Request, value: float, answer: MilpAnswer, slack: float) -> tuple[Status, Termination]:
    """What the MILP proves about a value within its class, and why it stopped."""
    if value > answer.dual_bound + slack:
        # A policy of the class beats the MILP's bound: a near-tie that the solver and the evaluation judge differently.
        return Status.FEASIBLE, Termination.NUMERICAL
    if answer.dual_bound - value <= max(slack, request.gap * abs(value)):
        return Status.RESTRICTED_OPTIMAL, Termination.GAP
    if answer.status == "optimal":
        return Status.FEASIBLE, Termination.NUMERICAL if request.ties == "leader" else Termination.TIE_RULE
    if request.interrupt.requested:
        return Status.FEASIBLE, Termination.INTERRUPTED
    if request.deadline.expired:
        return Status.FEASIBLE, Termination.TIME_LIMIT
    if request.node_limit is not None and answer.nodes >= request.node_limit:
        return Status.FEASIBLE, Termination.NODE_LIMIT
    return Status.FEASIBLE, Termination.NUMERICAL
