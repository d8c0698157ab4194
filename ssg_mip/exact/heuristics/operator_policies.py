"""Policies that the fixed-point operator goes through: candidates for the exact search, and where there is none.

The operator (:mod:`ssg_mip.exact.stage_operator.operator`) solves a static game in every state. Its policies promise
nothing, because each step takes for granted how the follower values states. But its first steps see what both players'
actions lead to, and in games with structure they are usually worth more than any simple policy. Whoever takes them asks
the exact follower.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator

import numpy as np

from ssg_mip.base.deadline import Checkpoint, OutOfTime, giving_up
from ssg_mip.base.tolerances import ARITHMETIC
from ssg_mip.exact.stage_operator.operator import StageOperator
from ssg_mip.exact.stage_operator.stage import LeaderClass, LeaderTies
from ssg_mip.exact.stage_operator.start import start_values
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.problem.problem import Problem
from ssg_mip.runs.run import Run

OPERATOR_PRODUCTS = 1_000
"""Products from which on a program begins with the operator's policies: a second's work at 50 states.

In smaller ones the first relaxations lead to policies as good in less time.
"""

STEPS = 20
"""Steps of one iteration at most: later ones rarely bring better policies."""

STATIC_GAMES: dict[LeaderClass, int] = {"deterministic": 40_000, "mixed": 4_000}
"""Static games solved in one iteration at most, some seconds' work: where the leader mixes, by linear programs."""

RULES: tuple[LeaderTies, ...] = ("kind", "unkind")
"""How the leader's ties are decided, one after the other."""

TIME_SHARE = 0.1
"""Share of the remaining time that all steps, and what is done with their policies, may take."""


def operator_policies(problem: Problem, run: Run) -> Iterator[LeaderPolicy]:
    """The different policies of the operator's first steps from zero, deterministic ones first, then mixed ones.

    Both times with the leader's ties decided for the follower, then against it. None without time.
    """
    checkpoint = giving_up(run.deadline.share(TIME_SHARE), lambda: run.stopped)
    with contextlib.suppress(OutOfTime):
        yield from _policies(problem, run, checkpoint)


def _policies(problem: Problem, run: Run, checkpoint: Checkpoint) -> Iterator[LeaderPolicy]:
    game = problem.game
    known: set[bytes] = set()
    for (leader_class, most), leader_ties in itertools.product(STATIC_GAMES.items(), RULES):
        operator, values = StageOperator(game, leader_class, leader_ties), start_values(game, "zero", run.seed)
        for _ in range(min(STEPS, most // game.num_states)):
            checkpoint()
            step = operator(values, checkpoint)
            policy = step.policy.probabilities.tobytes()
            if policy not in known:
                known.add(policy)
                yield step.policy
            change = np.abs(step.values.joined() - values.joined()).max()
            if change <= ARITHMETIC * (1.0 + np.abs(values.joined()).max()):
                break
            values = step.values
