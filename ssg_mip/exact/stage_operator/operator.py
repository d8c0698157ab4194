r"""The one-step operator ``T`` of Bucarey et al., as in Kudo & Akimoto, equation (2).

For values ``v = (v_A, v_B)`` of what follows, state ``s`` is a static game with the payoffs

``q_i(s, a, b) = r_i(s, a, b) + gamma_i sum_t p(t | s, a, b) v_i(t)``;

``(Tv)_A(s), (Tv)_B(s)`` are what both players get in its strong Stackelberg equilibrium
(:mod:`ssg_mip.exact.stage_operator.stage`), which also gives the policies ``R_A(s, v)`` and ``R_B(s, R_A(s, v), v_B)``.
With the leader restricted to pure actions this is the operator behind bi-level Q-learning and Bi-AC (Kudo & Akimoto,
section 4 and appendix I).

The static games are solved one by one in games of up to :data:`~ssg_mip.evaluation.mdp.DENSE_STATES` states and where
ties are drawn, all at once in larger ones (:mod:`ssg_mip.exact.stage_operator.batched`).

**Bounded.** Each component of ``Tv`` is a mean of ``r_i + gamma_i v_i``, so ``|T^k v|`` never exceeds
``max(|v|, max |r_i| / (1 - gamma_i))``: iterates cannot run off to infinity. They either converge, return, or wander.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence

import numpy as np

from ssg_mip.base.deadline import Checkpoint, unhurried
from ssg_mip.evaluation.mdp import DENSE_STATES, evaluate, induced_by_leader, transition_matrix
from ssg_mip.exact.stage_operator.batched import BatchedStages, StageSolution
from ssg_mip.exact.stage_operator.stage import LeaderClass, LeaderTies, StageEquilibrium, StageSolver
from ssg_mip.game.game import Game
from ssg_mip.game.policy import FollowerPolicy, LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray


@dataclasses.dataclass(frozen=True, eq=False)
class Values:
    """``v_A`` and ``v_B``, each of shape ``[num_states]``."""

    leader: FloatArray
    follower: FloatArray

    def joined(self) -> FloatArray:
        """Both, one after the other."""
        return np.concatenate((self.leader, self.follower))


@dataclasses.dataclass(frozen=True, eq=False)
class Step:
    """One application of the operator: ``Tv`` and the pair of policies that yields it."""

    values: Values
    policy: LeaderPolicy
    follower_policy: FollowerPolicy


class StageOperator:
    """``T`` for one game; ``lps`` counts linear programs, ``draws`` says whether ties of the leader are drawn."""

    def __init__(
        self, game: Game, leader_class: LeaderClass = "mixed", leader_ties: LeaderTies = "kind", seed: int = 0
    ) -> None:
        self.game = game
        self.draws = leader_ties == "random"
        self._solver = StageSolver(leader_class, leader_ties, seed)
        self._batched: BatchedStages | None = None
        if game.num_states > DENSE_STATES and not self.draws:
            kindness = 1.0 if leader_ties == "kind" else -1.0
            self._batched = BatchedStages(game, self._solver, mixed=leader_class == "mixed", kindness=kindness)

    @property
    def lps(self) -> int:
        """Linear programs solved so far."""
        return self._solver.lps

    def action_values(self, values: Values) -> tuple[FloatArray, FloatArray]:
        """``q_A`` and ``q_B`` of every joint action, ``[num_rows]`` each."""
        game, transition = self.game, transition_matrix(self.game)
        leader = game.leader_rewards + game.leader_discount * (transition @ values.leader)
        follower = game.follower_rewards + game.follower_discount * (transition @ values.follower)
        return leader, follower

    def payoffs(self, values: Values) -> list[tuple[FloatArray, FloatArray]]:
        """``q_A`` and ``q_B`` of every state, each ``[a, b]``."""
        game = self.game
        leader, follower = self.action_values(values)
        shapes = zip(game.leader_counts.tolist(), game.follower_counts.tolist(), strict=True)
        return [
            (leader[start:stop].reshape(shape), follower[start:stop].reshape(shape))
            for (start, stop), shape in zip(itertools.pairwise(game.row_offsets.tolist()), shapes, strict=True)
        ]

    def __call__(self, values: Values, checkpoint: Checkpoint = unhurried) -> Step:
        """Apply ``T``; the checkpoint is called state by state, and what it raises ends the work."""
        if self._batched is not None:
            return _whole_step(self.game, self._batched.solve(*self.action_values(values), checkpoint))
        stages = []
        for leader, follower in self.payoffs(values):
            checkpoint()
            stages.append(self._solver.solve(leader, follower))
        return _step(self.game, stages)


def _step(game: Game, stages: Sequence[StageEquilibrium]) -> Step:
    return Step(
        values=Values(
            np.array([stage.leader_payoff for stage in stages]), np.array([stage.follower_payoff for stage in stages])
        ),
        policy=LeaderPolicy.from_slots(game, np.concatenate([stage.mix for stage in stages])),
        follower_policy=FollowerPolicy(np.array([stage.follower_action for stage in stages])),
    )


def _whole_step(game: Game, found: StageSolution) -> Step:
    return Step(
        values=Values(found.leader_payoffs, found.follower_payoffs),
        policy=LeaderPolicy.from_slots(game, found.mixes),
        follower_policy=FollowerPolicy(found.follower_actions),
    )


def values_of_pair(game: Game, policy: LeaderPolicy, follower_policy: FollowerPolicy) -> Values:
    """What both players get when they play a pair of policies for ever, by two linear solves."""
    leader, follower = induced_by_leader(game, policy)
    chosen = follower_policy.slots(game)
    return Values(evaluate(leader, chosen), evaluate(follower, chosen))
