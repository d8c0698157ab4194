"""Tabular games and parameters to test at."""

from __future__ import annotations

import dataclasses

import numpy as np

from ssg_mip.methods.policy_gradient.derivatives import Derivatives, differentiate
from ssg_mip.methods.policy_gradient.tabular import (
    Evaluation,
    TabularGame,
    evaluate_follower,
    evaluate_leader,
    softmax,
)
from tests.oracles.games import Array, agreement_game


@dataclasses.dataclass(frozen=True, eq=False)
class Point:
    """A game with parameters of both players, a temperature and start distributions."""

    game: TabularGame
    leader: Array
    follower: Array
    temperature: float
    leader_weights: Array
    follower_weights: Array

    def leader_value(self, leader: Array, follower: Array) -> float:
        """``V_1``."""
        return float(self.leader_weights @ evaluate_leader(self.game, softmax(leader), softmax(follower)).values)

    def follower_evaluation(self, leader: Array, follower: Array) -> Evaluation:
        """``V_2^lambda`` by state, and more."""
        return evaluate_follower(self.game, softmax(leader), follower, self.temperature)

    def follower_value(self, leader: Array, follower: Array) -> float:
        """``V_2^lambda``."""
        return float(self.follower_weights @ self.follower_evaluation(leader, follower).values)

    def derivatives(self, leader: Array, follower: Array) -> Derivatives:
        """All derivatives."""
        return differentiate(
            self.game,
            leader,
            follower,
            self.temperature,
            leader_weights=self.leader_weights,
            follower_weights=self.follower_weights,
        )


def random_point(seed: int, temperature: float = 0.2) -> Point:
    """Random parameters in a random game: discounts differ, every sixth game is ragged."""
    plain = agreement_game(7, seed)
    game = TabularGame.from_game(plain.to_game())
    rng = np.random.default_rng([17, seed])
    leader, follower = (
        np.where(actions, rng.normal(size=actions.shape), -np.inf)
        for actions in (game.leader_actions, game.follower_actions)
    )
    return Point(game, leader, follower, temperature, plain.initial, rng.dirichlet(np.full(plain.num_states, 5.0)))
