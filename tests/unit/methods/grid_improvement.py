"""A slow and simple solver of the program (I): every leader policy of a grid, answers by the exact follower."""

from __future__ import annotations

import dataclasses

import numpy as np

from ssg_mip.base.status import Termination
from ssg_mip.evaluation.best_response import best_response
from ssg_mip.evaluation.mdp import induced_by_leader
from ssg_mip.exact import Answer
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.problem import Problem
from ssg_mip.runs.run import Run
from tests.oracles.games import PlainGame
from tests.oracles.sampling import grid_policies


def one_step_values(game: Game, policy: LeaderPolicy, values: FloatArray) -> FloatArray:
    """``Q_t(s, f, g(s))`` with ties in the leader's favour, shape ``[num_states]``."""
    leader, _ = induced_by_leader(game, policy)
    q = np.where(best_response(game, policy).tied, leader.action_values(values), -np.inf)
    return np.maximum.reduceat(q, game.follower_offsets[:-1])


def plain_answer(policy: LeaderPolicy | None, primal: float, dual: float, termination: Termination) -> Answer:
    """An answer that cost three nodes and five linear programs."""
    return Answer(
        policy=policy,
        response=None,
        primal_bound=primal,
        dual_bound=dual,
        termination=termination,
        nodes=3,
        lps=5,
        lp_seconds=0.0,
        progress=(),
    )


@dataclasses.dataclass
class GridImprovement:
    """Solves (I) over the policies whose probabilities are multiples of ``1 / levels``, and over the start."""

    plain: PlainGame
    levels: int = 10
    calls: int = 0

    def __call__(
        self, problem: Problem, run: Run, values: FloatArray, weights: FloatArray, absolute_gap: float = 0.0
    ) -> Answer:
        assert absolute_gap >= 0.0
        self.calls += 1
        game = problem.game
        best, best_policy = 0.0, run.start
        for blocks in grid_policies(self.plain, self.levels):
            policy = LeaderPolicy.from_slots(game, np.concatenate(blocks))
            gains = one_step_values(game, policy, values) - values
            if gains.min() >= 0.0 and weights @ gains > best:
                best, best_policy = float(weights @ gains), policy
        return plain_answer(best_policy, best, best, Termination.GAP)
