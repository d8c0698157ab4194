"""Policies that need no program: what a method answers with where its program is too large or time is too short.

The uniform policy, the leader's part of a plan for both players, one action everywhere, the first steps of the
fixed-point operator; then, from the best of them, rounds in which the leader plays an optimal deterministic reply to
the follower's last response. None of this proves anything, and a round may well go down, because the follower answers
anew: only the best exact value is kept.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from ssg_mip.evaluation.mdp import DecisionProcess, joint_process, optimal_control, transition_matrix
from ssg_mip.exact.heuristics.operator_policies import operator_policies
from ssg_mip.game.game import Game
from ssg_mip.game.policy import FollowerPolicy, LeaderPolicy
from ssg_mip.problem.evaluated_policy import Candidate
from ssg_mip.problem.problem import Problem
from ssg_mip.runs.run import Run

REPLY_ROUNDS = 20
"""Rounds of replies at most; they end when one does not improve."""


def simple_policies(game: Game) -> Iterator[LeaderPolicy]:
    """Deterministic policies that need no search.

    The leader's part of the plan that both players would follow if the follower cooperated, then every policy that
    plays the action of one number everywhere (the last action where a state has fewer).
    """
    plan = optimal_control(joint_process(game, leader=True)).chosen
    yield LeaderPolicy.deterministic(game, game.row_leader[plan])
    for action in range(int(game.leader_counts.max())):
        yield LeaderPolicy.deterministic(game, np.minimum(action, game.leader_counts - 1))


def reply(game: Game, follower: FollowerPolicy) -> LeaderPolicy:
    """An optimal deterministic policy of a leader whose follower would not answer anew."""
    width = game.follower_counts[game.leader_slot_state]
    leader = np.arange(len(width)) - game.leader_offsets[game.leader_slot_state]
    rows = game.row_offsets[game.leader_slot_state] + leader * width + follower.actions[game.leader_slot_state]
    process = DecisionProcess(
        game.leader_offsets, game.leader_rewards[rows], transition_matrix(game)[rows], game.leader_discount
    )
    return LeaderPolicy.deterministic(game, optimal_control(process).chosen - game.leader_offsets[:-1])


def best_simple_policy(problem: Problem, run: Run) -> tuple[Candidate, int]:
    """The best policy that needs no program, within the time that is left (at least one), and how many were tried."""
    game = problem.game
    start = LeaderPolicy.uniform(game) if run.start is None else run.start
    best, tried = evaluated(problem, run, start), 1
    for policy in itertools.chain(simple_policies(game), operator_policies(problem, run)):
        if run.deadline.expired or run.interrupt.requested:
            return best, tried
        best = max(best, evaluated(problem, run, policy), key=lambda one: one.value)
        tried += 1
    for _ in range(REPLY_ROUNDS):
        if run.deadline.expired or run.interrupt.requested:
            break
        trial = evaluated(problem, run, reply(game, best.response.follower_policy))
        tried += 1
        if trial.value <= best.value:
            break
        best = trial
    return best, tried


def evaluated(problem: Problem, run: Run, policy: LeaderPolicy) -> Candidate:
    """A policy with its exact weighted value, ``-inf`` if a state's value is below its floor."""
    response, keeps = problem.follower.answer(problem.game, policy, run.tolerances)
    floor = problem.floor
    value = float(problem.weights @ response.leader_values) if keeps else -np.inf
    if floor is not None:
        slack = run.tolerances.monotone * (1.0 + np.abs(floor))
        if np.any(response.leader_values < floor - slack):
            value = -np.inf
    return Candidate(policy, response, value)
