r"""Policies of the stage-wise operator, plain and priced, as starts of ascents.

The operator takes for granted how the follower values states (:mod:`ssg_mip.exact.stage_operator.operator`). At an
optimal policy for a fixed answer ``g`` the conditions of Karush, Kuhn and Tucker say what is missing: with ``m(s, b)``
the multipliers of the rows ``q_B(s, g) >= q_B(s, b)``, times the visits ``d`` to the state, the policy of every state
maximises ``q_A(s, ., g) + eta(s) q_B(s, ., g)`` where ``g`` is a best response, with the *shadow price* of his value

``eta = e / d``, ``e = (I - gamma_B P_g)^{-T} sum_b m(., b) gamma_B (P_g - P_b)``.

The priced operator plays these stage games, with prices from the step before, averaged, and values of the pair that it
has chosen. It promises nothing either, but its policies are good starts in small random games.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ssg_mip.base.deadline import Checkpoint
from ssg_mip.base.tolerances import ARITHMETIC
from ssg_mip.evaluation.mdp import DecisionProcess, evaluate, induced_by_leader, occupancy, transition_matrix
from ssg_mip.exact.stage_operator.batched import BatchedStages, StageSolution
from ssg_mip.exact.stage_operator.stage import StageSolver
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.methods.local.smooth_game import RAREST
from ssg_mip.numerics.array_types import FloatArray

STEPS = 20
"""Steps of the plain operator at most."""

PRICED_STEPS = 40
"""Steps of the priced operator at most."""

DAMPING = 0.5
"""How much of the new prices is taken in a step."""

HIGHEST = 5.0
"""The largest price, of either sign, in units of the leader's rewards per unit of the follower's."""

Policies = Callable[[Game, FloatArray, Checkpoint], Iterator[LeaderPolicy]]
"""Policies of a game for weights of its states, as long as a checkpoint lets them come."""


def mixed_policies(game: Game, weights: FloatArray, checkpoint: Checkpoint) -> Iterator[LeaderPolicy]:
    """Those of the operator's first steps from zero."""
    del weights
    yield from _plain(game, checkpoint, mixed=True)


def deterministic_policies(game: Game, weights: FloatArray, checkpoint: Checkpoint) -> Iterator[LeaderPolicy]:
    """The same where the leader plays one action in every state."""
    del weights
    yield from _plain(game, checkpoint, mixed=False)


def _plain(game: Game, checkpoint: Checkpoint, *, mixed: bool) -> Iterator[LeaderPolicy]:
    stages = BatchedStages(game, StageSolver("mixed" if mixed else "deterministic"), mixed=mixed)
    leader, follower = np.zeros(game.num_states), np.zeros(game.num_states)
    for _ in range(STEPS):
        found = stages.solve(*_action_values(game, leader, follower), checkpoint)
        yield LeaderPolicy.from_slots(game, found.mixes)
        change = max(np.abs(found.leader_payoffs - leader).max(), np.abs(found.follower_payoffs - follower).max())
        leader, follower = found.leader_payoffs, found.follower_payoffs
        if change <= ARITHMETIC * (1.0 + np.abs(leader).max() + np.abs(follower).max()):
            return


def _action_values(game: Game, leader: FloatArray, follower: FloatArray) -> tuple[FloatArray, FloatArray]:
    moves = transition_matrix(game)
    return (
        game.leader_rewards + game.leader_discount * (moves @ leader),
        game.follower_rewards + game.follower_discount * (moves @ follower),
    )


def priced_policies(game: Game, weights: FloatArray, checkpoint: Checkpoint) -> Iterator[LeaderPolicy]:
    """Those of the priced operator's first steps from zero."""
    stages = BatchedStages(game, StageSolver())
    leader, follower, price = np.zeros((3, game.num_states))
    for _ in range(PRICED_STEPS):
        checkpoint()
        q_leader, q_follower = _action_values(game, leader, follower)
        found = stages.solve(q_leader + price[game.row_state] * q_follower, q_follower, checkpoint, priced=True)
        policy = LeaderPolicy.from_slots(game, found.mixes)
        yield policy
        led, own = induced_by_leader(game, policy)
        chosen = game.follower_offsets[:-1] + found.follower_actions
        leader, follower = evaluate(led, chosen), evaluate(own, chosen)
        fresh = _prices(game, (led, own), found, weights)
        price = np.clip((1.0 - DAMPING) * price + DAMPING * fresh, -HIGHEST, HIGHEST)


def _prices(
    game: Game, processes: tuple[DecisionProcess, DecisionProcess], found: StageSolution, weights: FloatArray
) -> FloatArray:
    """The shadow prices ``eta`` of the follower's values at a solution of the stage games."""
    leader, follower = processes
    chosen = game.follower_offsets[:-1] + found.follower_actions
    visits = occupancy(leader, chosen, weights)
    multipliers = visits[game.follower_slot_state] * found.prices
    by_state = np.add.reduceat(multipliers, game.follower_offsets[:-1])
    moves = follower.transition
    right = game.follower_discount * (moves[chosen].T @ by_state - moves.T @ multipliers)
    prices: FloatArray = occupancy(follower, chosen, right) / np.maximum(visits, RAREST)
    return prices
