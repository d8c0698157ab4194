r"""What the follower can tell apart, and exact values of pairs of mixed policies under either model of observation.

The follower's *information sets* are the states where it sees the leader's policy only, and the pairs ``(s, a)`` where
it sees the realised action as well. A follower policy is a mix ``g(b | information set)``; written out per joint
action ``(s, a, b)`` (shape ``[num_rows]``) it has the same form under both models.

A follower who sees ``a`` solves ``v(s, a) = max_b r(s, a, b) + gamma sum_t p(t | s, a, b) sum_a' f(a' | t) v(t, a')``:
a decision process over leader slots.
"""

from __future__ import annotations

import dataclasses
from typing import Any, assert_never

import numpy as np

from ssg_mip.evaluation.best_response import best_response
from ssg_mip.evaluation.mdp import DENSE_STATES, DecisionProcess, evaluate, optimal_control, transition_matrix
from ssg_mip.evaluation.standard_form import standard_form
from ssg_mip.evaluation.value_bounds import tie_thresholds
from ssg_mip.game.game import Game
from ssg_mip.game.observation import Observation
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray, IntArray


@dataclasses.dataclass(frozen=True, eq=False)
class InformationSets:
    """The follower's information sets.

    Attributes
    ----------
    state
        State of each set.
    offsets
        First entry of each set in a table with one entry per (information set, follower action).
    row_entry
        Entry of each joint action.
    """

    state: IntArray
    offsets: IntArray
    row_entry: IntArray

    @property
    def counts(self) -> IntArray:
        """Number of follower actions of each set."""
        counts: IntArray = np.diff(self.offsets)
        return counts


def information_sets(game: Game, observation: Observation) -> InformationSets:
    """The information sets of a model."""
    match observation:
        case "policy":
            return InformationSets(np.arange(game.num_states), game.follower_offsets, game.row_follower_slot)
        case "action":
            state = game.leader_slot_state
            offsets = np.concatenate(([0], np.cumsum(game.follower_counts[state])))
            return InformationSets(state, offsets, np.arange(game.num_rows))
        case _:
            assert_never(observation)


def _sums(index: IntArray, count: int, weights: FloatArray, matrix: Any) -> Any:
    """Rows of a matrix (or entries of a vector), weighted and added up by index: ``count`` of them."""
    from scipy.sparse import csr_array

    gather = csr_array((weights, (index, np.arange(len(index)))), shape=(count, len(index)))
    return gather @ matrix


def pair_values(game: Game, policy: LeaderPolicy, follower: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Exact values of both players, ``[num_states]`` each, for a follower mix per joint action ``[num_rows]``."""
    weights = policy.slots(game)[game.row_leader_slot] * follower
    chain = _sums(game.row_state, game.num_states, weights, transition_matrix(game))
    states = np.arange(game.num_states)
    values = [
        evaluate(
            DecisionProcess(
                np.arange(game.num_states + 1),
                _sums(game.row_state, game.num_states, weights, rewards),
                chain,
                discount,
            ),
            states,
        )
        for rewards, discount in (
            (game.leader_rewards, game.leader_discount),
            (game.follower_rewards, game.follower_discount),
        )
    ]
    return values[0], values[1]


def leader_optimum(game: Game, follower: FloatArray) -> FloatArray:
    """The most that the leader could earn in each state against a fixed follower mix per joint action."""
    count = int(game.leader_offsets[-1])
    reward = _sums(game.row_leader_slot, count, follower, game.leader_rewards)
    moves = _sums(game.row_leader_slot, count, follower, transition_matrix(game))
    return optimal_control(DecisionProcess(game.leader_offsets, reward, moves, game.leader_discount)).values


def exact_answer(game: Game, policy: LeaderPolicy, observation: Observation) -> FloatArray:
    """The follower's best response as a deterministic mix per joint action; ties in the leader's favour."""
    if observation == "policy":
        chosen = best_response(game, policy).follower_policy.actions
        return np.where(game.row_follower == chosen[game.row_state], 1.0, 0.0)
    game = standard_form(game).standard
    leader, follower = _processes_over_leader_slots(game, policy)
    best = optimal_control(follower)
    tied = best.action_values >= best.values[game.row_leader_slot] - tie_thresholds(game)[game.row_state]
    answer = np.zeros(game.num_rows)
    answer[optimal_control(leader, allowed=tied).chosen] = 1.0
    return answer


def _processes_over_leader_slots(game: Game, policy: LeaderPolicy) -> tuple[DecisionProcess, DecisionProcess]:
    """What both players face where the follower picks ``b`` after it has seen ``(s, a)``."""
    from scipy.sparse import csr_array

    slots = int(game.leader_offsets[-1])
    drawn: Any = csr_array((policy.slots(game), np.arange(slots), game.leader_offsets), shape=(game.num_states, slots))
    if slots <= DENSE_STATES:
        drawn = drawn.toarray()
    moves = csr_array(transition_matrix(game)) @ drawn
    offsets = information_sets(game, "action").offsets
    return (
        DecisionProcess(offsets, game.leader_rewards, moves, game.leader_discount),
        DecisionProcess(offsets, game.follower_rewards, moves, game.follower_discount),
    )
