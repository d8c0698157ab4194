"""Games in which one player's decision process is all there is.

In a team game, and where the follower has no choice, the leader's part of the best pair of policies makes the follower
play along, so what a planner who moves both players gets is attained. A leader without a choice has one policy; the
follower's values are known then, up to rounding, and so are his answers.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from ssg_mip.base.status import BoundProof
from ssg_mip.evaluation.mdp import DecisionProcess, joint_process, optimal_control, transition_matrix, upper_solution
from ssg_mip.evaluation.value_bounds import leader_value_bounds
from ssg_mip.exact.settled import Settled
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.evaluated_policy import EvaluatedPolicy
from ssg_mip.problem.problem import Problem
from ssg_mip.proofs.value_tree import ValueLeaf
from ssg_mip.runs.run import Run


def solve_as_planner(problem: Problem, run: Run) -> Settled:
    """The leader's part of what a planner would do, under the bound of what he would get."""
    game = problem.game
    chosen = optimal_control(joint_process(game, leader=True)).chosen
    policy = LeaderPolicy.deterministic(game, game.row_leader[chosen])
    found = EvaluatedPolicy.of(problem, policy, run.tolerances)
    return Settled(found=found, upper=leader_value_bounds(game).upper, proof=BoundProof.PAIR)


def solve_silent_leader(problem: Problem, run: Run) -> Settled:
    """The one policy of a leader without a choice, under values that no best answer to it exceeds."""
    game = problem.game
    found = EvaluatedPolicy.of(problem, LeaderPolicy.uniform(game), run.tolerances)
    follower = _follower_box(game, found)
    reached = game.follower_rewards + game.follower_discount * (transition_matrix(game) @ follower[1])
    size = np.abs(game.follower_rewards) + np.abs(reached)
    rounding = float(np.finfo(float).eps) * (game.num_states + 16) * size
    process = _with_rows(joint_process(game, leader=True), reached + rounding >= follower[0][game.row_state])
    values = np.maximum(optimal_control(process).values, found.values)
    leaf = ValueLeaf(upper=upper_solution(process, values), follower=follower)
    return Settled(found=found, upper=leaf.upper, proof=BoundProof.VALUES, leaf=leaf, final=True)


def _follower_box(game: Game, found: EvaluatedPolicy) -> tuple[FloatArray, FloatArray]:
    """Bounds on the follower's optimal values: of an answer from below, of all from above."""
    process = joint_process(game, leader=False)
    chosen = found.response.follower_policy.slots(game)
    mine = DecisionProcess(
        np.arange(game.num_states + 1), -process.reward[chosen], process.transition[chosen], process.discount
    )
    values = found.response.follower_values
    return -upper_solution(mine, -values), upper_solution(process, values)


def _with_rows(process: DecisionProcess, kept: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> DecisionProcess:
    """The process with some of its slots; a state that would have none keeps all."""
    state = np.repeat(np.arange(process.num_states), np.diff(process.offsets))
    kept = kept | (np.bincount(state[kept], minlength=process.num_states) == 0)[state]
    offsets = np.concatenate(([0], np.cumsum(np.bincount(state[kept], minlength=process.num_states))))
    return dataclasses.replace(
        process, offsets=offsets, reward=process.reward[kept], transition=process.transition[kept]
    )
