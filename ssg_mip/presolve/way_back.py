"""From answers about what is left of a game, or about its parts, to an answer about the game."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.proofs.reduction import Reduction


def put_together(
    game: Game, answers: Iterable[tuple[Reduction, LeaderPolicy]], default: LeaderPolicy | None = None
) -> LeaderPolicy:
    """The policy of a game that plays in each state what one of its reductions says.

    Leader actions that were removed as copies have probability 0.

    Parameters
    ----------
    game
        The original game.
    answers
        Reductions of this game, each with a policy of its reduced game. Where two have a state, the first counts: the
        settled states that parts share leave no choice but among copies.
    default
        What is played in states that none has; the first action if absent, which every class of policies allows.
    """
    first = LeaderPolicy.deterministic(game, np.zeros(game.num_states, dtype=np.int64))
    slots = np.array((first if default is None else default).slots(game), dtype=float)
    told: set[int] = set()
    for reduction, policy in answers:
        for state, mix in reduction.policy_out(policy).items():
            if state not in told:
                slots[int(game.leader_offsets[state]) : int(game.leader_offsets[state + 1])] = mix
        told.update(reduction.states.tolist())
    return LeaderPolicy.from_slots(game, slots)


def policy_in(reduction: Reduction, policy: LeaderPolicy) -> LeaderPolicy:
    """A policy of the original game as one of what is left, of the same worth.

    What it plays of actions that were removed as copies is played of what they are copies of.
    """
    game, moved = reduction.game, {}
    slots = np.array(policy.slots(game), dtype=float)
    for step in reduction.rounds:
        for state, action, other in step.copies:
            moved[int(game.leader_offsets[state]) + action] = int(game.leader_offsets[state]) + other
    for slot, other in moved.items():
        while other in moved:
            other = moved[other]
        slots[other] += slots[slot]
    kept = [
        slots[int(game.leader_offsets[state]) + actions]
        for state, actions in zip(reduction.states.tolist(), reduction.leader_actions, strict=True)
    ]
    return LeaderPolicy.from_slots(reduction.reduced, np.concatenate(kept))


def weights_in(reduction: Reduction, weights: FloatArray) -> FloatArray:
    """Weights on the states of the original game as weights on those that are left.

    Those of merged states go to what they were merged into; others of states that went are left out.
    """
    return reduction.weights_in(weights)
