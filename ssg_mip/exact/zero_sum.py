r"""Zero-sum games: Shapley's operator, with exact evaluation between its applications.

With ``r_B = c - k r_A`` and equal discounts a follower who sees the commitment can do no more harm than one who does
not, so the best commitment is the leader's maximin policy of Shapley (*Stochastic games*, 1953), in every state at
once. One round from values ``V`` solves, in every state, the matrix game with payoffs
``r_A + gamma sum_t p(t|s,a,b) V(t)`` by one linear program, whose solution is the leader's mix and whose multipliers
are the follower's. Then

* ``V^f``, the leader's value against a best response to the mixes ``f``, is attained and never below ``V`` if ``V``
  was attained; it is where the next round starts (Hoffman & Karp, *On nonterminating stochastic games*, 1966);
* ``U^h``, the value of the leader's decision process against the follower's mixes ``h``, is a bound on every policy of
  the leader, because a best response does the leader at least as much harm as ``h``; where the rewards are affine up
  to rounding only, as much harm but for the slack of :mod:`ssg_mip.game.alignment`, which is added to the bound.

Both come from linear algebra, the bound with its rounding, so neither trusts the linear programs. Shapley's operator
contracts by ``gamma``, hence ``max(U^h - V^f)`` goes to 0 at least at that rate.
"""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np

from ssg_mip.base.gap import relative_gap
from ssg_mip.evaluation.best_response import Response
from ssg_mip.evaluation.mdp import DecisionProcess, optimal_control, transition_matrix, upper_solution
from ssg_mip.evaluation.value_bounds import LEAST_GAP
from ssg_mip.game.alignment import alignment
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.lp.highs import OneShotLp
from ssg_mip.lp.interface import LinearProgram, LpStatus
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.problem import Problem
from ssg_mip.runs.run import Run

STALLED = 10
"""Rounds in which neither bound moves after which the limit of floating point is reached."""


Defence = tuple[FloatArray, FloatArray]


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Saddle:
    """What the rounds found.

    Attributes
    ----------
    policy, response
        The best policy met and the follower's exact response.
    upper
        Proven upper bound on the leader's value in every state, over all policies.
    defences
        What proves ``upper``: mixed policies of the follower, per slot, and the leader's values at most against each,
        without the slack.
    slack
        What rounding of the rewards adds to these values.
    rounds, lps
        Work done.
    """

    policy: LeaderPolicy
    response: Response
    upper: FloatArray
    defences: tuple[Defence, ...]
    slack: float
    rounds: int
    lps: int


def solve_zero_sum(problem: Problem, run: Run, *, scale: float) -> Saddle:
    """Apply Shapley's operator until the weighted gap is closed, a limit is reached or rounding ends all progress.

    Parameters
    ----------
    problem
        About a zero-sum game (:func:`ssg_mip.game.game_class.is_zero_sum`).
    run
        Gap, deadline, interrupt, start policy.
    scale
        What the gap is relative to at least (:func:`ssg_mip.evaluation.value_bounds.gap_scale`).
    """
    game, weights = problem.game, problem.weights
    policy = LeaderPolicy.uniform(game) if run.start is None else run.start
    best = problem.follower.response(game, policy, run.tolerances)
    upper = np.full(game.num_states, np.inf)
    defences: list[Defence] = []
    solver = OneShotLp()
    aligned = alignment(game)
    slack = 0.0 if aligned is None else aligned.slack
    rounds = stalled = lps = 0
    while stalled < STALLED and not run.stopped:
        rounds += 1
        lps += game.num_states
        leader, follower = _saddle_point(game, best.leader_values, solver)
        response = problem.follower.response(game, leader, run.tolerances)
        held = _against(game, follower)
        bound = np.minimum(upper, held + slack)
        if np.any(held + slack < upper):
            defences = [*(one for one in defences if np.any(one[1] + slack <= bound)), (follower, held)]
        stalled = 0 if np.any(bound < upper) else stalled + 1
        upper = bound
        if float(weights @ response.leader_values) > float(weights @ best.leader_values):
            policy, best, stalled = leader, response, 0
        primal, dual = float(weights @ best.leader_values), float(weights @ upper)
        if relative_gap(primal, dual, scale) <= max(run.gap, LEAST_GAP):
            break
    return Saddle(
        policy=policy, response=best, upper=upper, defences=tuple(defences), slack=slack, rounds=rounds, lps=lps
    )


def matrix_game(payoffs: FloatArray, solver: OneShotLp) -> tuple[FloatArray, FloatArray]:
    """Optimal mixes of the row player, who maximises, and of the column player.

    Maximise ``value`` subject to ``payoffs.T @ mix >= value`` for every column. The multipliers of these rows are the
    column player's mix. Uniform mixes come back where the solver has no answer: valid, only not optimal.
    """
    rows, columns = payoffs.shape
    matrix = np.zeros((columns + 1, rows + 1))
    matrix[:columns, :rows] = payoffs.T
    matrix[:columns, rows] = -1.0
    matrix[columns, :rows] = 1.0
    largest = float(np.abs(payoffs).max())
    answer = solver.solve(
        LinearProgram(
            objective=np.append(np.zeros(rows), 1.0),
            starts=np.arange(columns + 2) * (rows + 1),
            indices=np.tile(np.arange(rows + 1), columns + 1),
            values=matrix.ravel(),
            row_lower=np.append(np.zeros(columns), 1.0),
            row_upper=np.append(np.full(columns, math.inf), 1.0),
            column_lower=np.append(np.zeros(rows), -largest),
            column_upper=np.append(np.ones(rows), largest),
        )
    )
    if answer.status is not LpStatus.OPTIMAL:
        return np.full(rows, 1.0 / rows), np.full(columns, 1.0 / columns)
    return _distribution(answer.point[:rows]), _distribution(-answer.row_dual[:columns])


def _distribution(raw: FloatArray) -> FloatArray:
    """Non-negative parts, normalised; uniform where there is nothing."""
    mix = np.maximum(raw, 0.0)
    total = float(mix.sum())
    return mix / total if total > 0.0 else np.full(len(mix), 1.0 / len(mix))


def _saddle_point(game: Game, values: FloatArray, solver: OneShotLp) -> tuple[LeaderPolicy, FloatArray]:
    """The leader's policy and the follower's mixes per slot, optimal in every state's matrix game."""
    leader, follower = [], []
    q = game.leader_rewards + game.leader_discount * (transition_matrix(game) @ values)
    for state, (start, stop) in enumerate(itertools.pairwise(game.row_offsets.tolist())):
        payoffs = q[start:stop].reshape(int(game.leader_counts[state]), int(game.follower_counts[state]))
        first, second = matrix_game(payoffs, solver)
        leader.append(first)
        follower.append(second)
    return LeaderPolicy.from_slots(game, np.concatenate(leader)), np.concatenate(follower)


def _against(game: Game, follower: FloatArray) -> FloatArray:
    """An upper bound on the leader's values against a fixed mixed follower policy (per follower slot)."""
    weight = follower[game.row_follower_slot]
    slots, count = game.row_leader_slot, int(game.leader_offsets[-1])
    reward = np.bincount(slots, weight * game.leader_rewards, count).astype(float)
    if isinstance(transition_matrix(game), np.ndarray):
        moved = np.zeros((count, game.num_states))
        np.add.at(moved, slots, weight[:, None] * game.dense_transition)
    else:
        from scipy.sparse import csr_array

        gather = csr_array((weight, (slots, np.arange(game.num_rows))), shape=(count, game.num_rows))
        moved = csr_array(gather @ transition_matrix(game))
    process = DecisionProcess(game.leader_offsets, reward, moved, game.leader_discount)
    mixed = 2 * int(game.follower_counts.max())
    return upper_solution(process, optimal_control(process).values, terms=mixed)
