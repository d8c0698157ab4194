"""Decentralised execution: what each player does with its own copy of what both were given after training.

Training is central, execution is not (Zhang et al., "Bi-level Actor-Critic"): each player holds the leader's critic and
the follower's answers, works out the whole joint action, and plays its own half.
"""

from __future__ import annotations

from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.numerics.array_types import IntArray


class Execution:
    """One player's copy; it needs no word from the other player.

    Parameters
    ----------
    game
        The game.
    lead
        The leader action that the leader's critic prefers in each state given the follower's answers.
    answers
        The follower's answer to each leader action, shape ``[leader slots]``.
    """

    def __init__(self, game: Game, lead: IntArray, answers: IntArray) -> None:
        self._game = game
        self._lead = lead
        self._answers = answers

    def leader_action(self, state: int) -> int:
        """The leader's half of the joint action."""
        return int(self._lead[state])

    def follower_action(self, state: int) -> int:
        """The follower's half: its answer to the leader action that it works out by itself."""
        return self.answer(state, self.leader_action(state))

    def answer(self, state: int, leader_action: int) -> int:
        """The follower's answer to a leader action that it sees."""
        return int(self._answers[self._game.leader_offsets[state] + leader_action])

    def leader_policy(self) -> LeaderPolicy:
        """The leader's half in every state, a deterministic policy."""
        return LeaderPolicy.deterministic(self._game, self._lead)

    def rows(self) -> IntArray:
        """The row of the joint action of every state."""
        game = self._game
        answers = self._answers[game.leader_offsets[:-1] + self._lead]
        rows: IntArray = game.row_offsets[:-1] + self._lead * game.follower_counts + answers
        return rows
