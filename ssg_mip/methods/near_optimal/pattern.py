"""A pattern search over policies whose value jumps: one state at a time, towards one action, with shrinking steps.

What a policy secures against every near-optimal answer falls by a jump where an answer comes within reach, so that
there is no derivative to follow. Moves that do not rise are undone; it proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.problem.evaluated_policy import EvaluatedPolicy
from ssg_mip.problem.problem import Problem
from ssg_mip.runs.run import Run

STEPS = tuple(0.5**k for k in range(1, 16))
"""Shares of a state's probabilities that a move gives to one action."""

MOST = 3_000
"""Policies evaluated at most."""


def improved(problem: Problem, run: Run, start: EvaluatedPolicy) -> EvaluatedPolicy:
    """The best policy met from a start."""
    best, tried = start, 0
    for step in STEPS:
        risen = True
        while risen:
            risen = False
            for policy in _moves(problem.game, best.policy, step):
                if tried >= MOST or run.stopped:
                    return best
                tried += 1
                found = EvaluatedPolicy.of(problem, policy, run.tolerances)
                if float(problem.weights @ found.values) > float(problem.weights @ best.values):
                    best, risen = found, True
                    break
    return best


def _moves(game: Game, policy: LeaderPolicy, step: float) -> Iterator[LeaderPolicy]:
    """Policies in which one state gives a share of its probabilities to one action."""
    slots = policy.slots(game)
    state = game.leader_slot_state
    for slot in np.flatnonzero(slots < 1.0).tolist():
        moved = np.where(state == state[slot], (1.0 - step) * slots, slots)
        moved[slot] += step
        yield LeaderPolicy.from_slots(game, moved)
