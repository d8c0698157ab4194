"""Both players' values around one policy, for a fixed response of the follower: sparse, and of any size."""

from __future__ import annotations

import dataclasses
from functools import cached_property
from typing import Any

import numpy as np

from ssg_mip.evaluation.mdp import DecisionProcess, evaluate, induced_by_leader, occupancy, transition_matrix
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray, IntArray


@dataclasses.dataclass(frozen=True, eq=False)
class LocalModel:
    """What a step from a policy changes, to first order, while the follower's response stays the same.

    Attributes
    ----------
    game
        The game.
    slots
        The leader's probabilities, shape ``[leader slots]``.
    answer
        The follower's slot in every state, shape ``[num_states]``.
    leader, follower
        The processes over follower slots that the policy induces, with sparse transitions.
    leader_values, follower_values
        Values of policy and response, shape ``[num_states]``.
    answered
        The joint action of every leader slot with the response, shape ``[leader slots]``.
    his
        What a joint action pays the follower now and later, shape ``[num_rows]``.
    incentives
        ``q(s, f, g(s)) - q(s, f, b)`` as a sparse map from leader slots to follower slots, for constant values.
    """

    game: Game
    slots: FloatArray
    answer: IntArray
    leader: DecisionProcess
    follower: DecisionProcess
    leader_values: FloatArray
    follower_values: FloatArray
    answered: IntArray
    his: FloatArray
    incentives: Any

    @classmethod
    def at(cls, game: Game, policy: LeaderPolicy, actions: IntArray) -> LocalModel:
        """The model at a policy, for one follower action per state."""
        from scipy.sparse import csr_array

        leader, follower = map(_sparse, induced_by_leader(game, policy))
        answer = game.follower_offsets[:-1] + actions
        values = evaluate(follower, answer)
        his = continued(game, game.follower_rewards, game.follower_discount, values)
        answered = cls.rows_of(game, actions)
        shape = (int(game.follower_offsets[-1]), int(game.leader_offsets[-1]))
        ahead = his[answered][game.row_leader_slot] - his
        incentives = csr_array((ahead, (game.row_follower_slot, game.row_leader_slot)), shape=shape)
        slots = policy.slots(game)
        return cls(
            game,
            slots,
            answer,
            leader,
            follower,
            evaluate(leader, answer),
            values,
            answered,
            his,
            incentives,
        )

    @cached_property
    def hers(self) -> FloatArray:
        """What a joint action pays the leader now and later, shape ``[num_rows]``."""
        return continued(self.game, self.game.leader_rewards, self.game.leader_discount, self.leader_values)

    @staticmethod
    def rows_of(game: Game, actions: IntArray) -> IntArray:
        """The joint action of every leader slot with one follower action per state."""
        state = game.leader_slot_state
        place = np.arange(len(state)) - game.leader_offsets[state]
        rows: IntArray = game.row_offsets[state] + place * game.follower_counts[state] + actions[state]
        return rows

    @property
    def slack(self) -> FloatArray:
        """By how much the response beats every action now, shape ``[follower slots]``; 0 for the response itself."""
        ahead: FloatArray = self.incentives @ self.slots
        return ahead

    @property
    def widths(self) -> FloatArray:
        """How far apart what a state pays the follower can be, shape ``[num_states]``."""
        starts = self.game.row_offsets[:-1]
        apart: FloatArray = np.maximum.reduceat(self.his, starts) - np.minimum.reduceat(self.his, starts)
        return apart

    def kernel(self) -> Any:
        """Transitions under policy and response, ``[num_states, num_states]``."""
        return self.follower.transition[self.answer]

    def drift(self) -> Any:
        """How the incentives move with the follower's values: ``gamma_B (P_g - P_b)``, ``[follower slots, states]``."""
        mine = self.answer[self.game.follower_slot_state]
        transition = self.follower.transition
        return self.game.follower_discount * (transition[mine] - transition)

    def gradient(self, weights: FloatArray) -> FloatArray:
        """How a weighted sum of the leader's values rises with every probability, the response being fixed."""
        visits = occupancy(self.leader, self.answer, weights)
        slope: FloatArray = visits[self.game.leader_slot_state] * self.hers[self.answered]
        return slope


def continued(game: Game, rewards: FloatArray, discount: float, values: FloatArray) -> FloatArray:
    """``r + gamma p v`` for every joint action, shape ``[num_rows]``."""
    worth: FloatArray = rewards + discount * (transition_matrix(game) @ values)
    return worth


def _sparse(process: DecisionProcess) -> DecisionProcess:
    from scipy.sparse import csr_array

    return dataclasses.replace(process, transition=csr_array(process.transition))
