r"""The tabular model of Das et al.: softmax policies, values, the follower's entropy.

Arrays are padded to the widest action sets: ``[s, a, b, t]`` for states, actions of the leader (player 1) and of the
follower (player 2), next states. Parameters of actions that a state does not have are ``-inf``, which gives them
probability 0 in equation (7). Rewards of either player are shifted and scaled to ``[0, 1]``, as the paper assumes, so
that a temperature means the same in every game; :meth:`TabularGame.leader_value` turns values back. The discounts of
the players may differ, where the paper has one.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray

MOST_ENTRIES = 2_000_000
"""Entries of the largest dense array that is built: about 470 states with 3 x 3 actions."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class TabularGame:
    """A game as dense arrays.

    Attributes
    ----------
    transition
        ``P[s, a, b, t]``, zero where an action is missing.
    leader_reward, follower_reward
        ``R_1`` and ``R_2``, each ``[s, a, b]``, scaled to ``[0, 1]``; zero where an action is missing.
    leader_discount, follower_discount
        ``gamma_1`` and ``gamma_2``.
    leader_actions, follower_actions
        Which actions there are, ``[s, a]`` and ``[s, b]``.
    leader_unit, follower_unit
        ``(least reward, spread)`` by which rewards were scaled.
    """

    transition: FloatArray
    leader_reward: FloatArray
    follower_reward: FloatArray
    leader_discount: float
    follower_discount: float
    leader_actions: NDArray[np.bool_]
    follower_actions: NDArray[np.bool_]
    leader_unit: tuple[float, float]
    follower_unit: tuple[float, float]

    @classmethod
    def from_game(cls, game: Game) -> TabularGame:
        """The arrays of a game."""
        states, leaders, followers = game.num_states, int(game.leader_counts.max()), int(game.follower_counts.max())
        place = game.row_state, game.row_leader, game.row_follower
        transition = np.zeros((states, leaders, followers, states))
        row = np.repeat(np.arange(game.num_rows), np.diff(game.indptr))
        np.add.at(transition, (*(index[row] for index in place), game.successors), game.probabilities)
        rewards, units = np.zeros((2, states, leaders, followers)), []
        for player, given in enumerate((game.leader_rewards, game.follower_rewards)):
            least, spread = float(given.min()), float(np.ptp(given)) or 1.0
            rewards[player][place] = (given - least) / spread
            units.append((least, spread))
        return cls(
            transition=transition,
            leader_reward=rewards[0],
            follower_reward=rewards[1],
            leader_discount=game.leader_discount,
            follower_discount=game.follower_discount,
            leader_actions=np.arange(leaders) < game.leader_counts[:, None],
            follower_actions=np.arange(followers) < game.follower_counts[:, None],
            leader_unit=units[0],
            follower_unit=units[1],
        )

    def leader_value(self, scaled: float) -> float:
        """A weighted value of the leader in the game's own units."""
        least, spread = self.leader_unit
        return spread * scaled + least / (1.0 - self.leader_discount)

    def follower_value(self, scaled: float) -> float:
        """A weighted value of the follower, or a regularised one, in the game's own units."""
        least, spread = self.follower_unit
        return spread * scaled + least / (1.0 - self.follower_discount)


def dense_entries(game: Game) -> int:
    """Entries of the largest dense array of a game: its transitions, or the Hessian of the follower's value."""
    leaders, followers = int(game.leader_counts.max()), int(game.follower_counts.max())
    return game.num_states**2 * followers * max(leaders, followers)


def softmax(parameters: FloatArray) -> FloatArray:
    """``pi(a | s)`` of equation (7) from ``theta[s, a]``; actions with parameter ``-inf`` get 0."""
    raised = np.exp(parameters - parameters.max(axis=1, keepdims=True))
    policy: FloatArray = raised / raised.sum(axis=1, keepdims=True)
    return policy


def log_softmax(parameters: FloatArray) -> FloatArray:
    """``log pi(a | s)``, and 0 for actions that do not exist: they are never played."""
    shifted = parameters - parameters.max(axis=1, keepdims=True)
    logarithm = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return np.where(np.isneginf(parameters), 0.0, logarithm)


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Evaluation:
    """One player's value of a pair of policies, and what its derivatives are made of.

    Attributes
    ----------
    discount
        The player's discount.
    values
        ``V(s)``; regularised for the follower, equations (1)-(4).
    action_values
        ``Q[s, a, b] = R + gamma sum_t P V(t)``.
    resolvent
        ``(I - gamma P^pi)^-1``, ``[s, t]``.
    """

    discount: float
    values: FloatArray
    action_values: FloatArray
    resolvent: FloatArray

    def occupancy(self, weights: FloatArray) -> FloatArray:
        """Discounted visits of every state from a start distribution, ``[s]``."""
        return weights @ self.resolvent


def evaluate_leader(game: TabularGame, leader: FloatArray, follower: FloatArray) -> Evaluation:
    """``V_1`` of the policies ``leader[s, a]`` and ``follower[s, b]``, equation (1)."""
    reward = np.einsum("sa,sb,sab->s", leader, follower, game.leader_reward)
    return _evaluate(game, leader, follower, game.leader_reward, reward, game.leader_discount)


def evaluate_follower(
    game: TabularGame, leader: FloatArray, follower_parameters: FloatArray, temperature: float
) -> Evaluation:
    """``V_2^lambda``, equations (2)-(4): ``temperature`` times the entropy of the follower's policy is a reward."""
    follower = softmax(follower_parameters)
    entropy = -np.einsum("sb,sb->s", follower, log_softmax(follower_parameters))
    reward = np.einsum("sa,sb,sab->s", leader, follower, game.follower_reward) + temperature * entropy
    return _evaluate(game, leader, follower, game.follower_reward, reward, game.follower_discount)


def _evaluate(
    game: TabularGame,
    leader: FloatArray,
    follower: FloatArray,
    rewards: FloatArray,
    expected: FloatArray,
    discount: float,
) -> Evaluation:
    motion = np.einsum("sa,sb,sabt->st", leader, follower, game.transition)
    resolvent = np.linalg.inv(np.eye(len(motion)) - discount * motion)
    values = resolvent @ expected
    return Evaluation(
        discount=discount,
        values=values,
        action_values=rewards + discount * (game.transition @ values),
        resolvent=resolvent,
    )
