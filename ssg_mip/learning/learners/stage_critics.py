r"""Two critics over joint actions and the stage solution that both players read off them.

With critics ``Q1`` (leader) and ``Q2`` (follower) the stage solution of a state ``s`` is (Zhang et al., (8)-(9))::

    b(a) = argmax_b Q2(s, a, b),   a' = argmax_a Q1(s, a, b(a)),   b' = b(a'),

ties to the lowest action. Neither critic needs the other player at hand, so each player that holds both computes its
own half of ``(a', b')`` by itself: training is central, execution is not.
"""

from __future__ import annotations

import numpy as np

from ssg_mip.errors import OptionError
from ssg_mip.evaluation.mdp import first_best, transition_matrix
from ssg_mip.game.game import Game
from ssg_mip.learning.learners.execution import Execution
from ssg_mip.numerics.array_types import FloatArray, IntArray


def stage_solution(game: Game, leader_critic: FloatArray, follower_critic: FloatArray) -> tuple[IntArray, IntArray]:
    """``b(a)`` for every leader slot, and ``a'`` for every state, actions counted within their state.

    Parameters
    ----------
    game
        The game.
    leader_critic, follower_critic
        One number per joint action, shape ``[num_rows]``.

    Raises
    ------
    OptionError
        If a critic has another shape or holds a number that is not finite.
    """
    for label, critic in (("leader", leader_critic), ("follower", follower_critic)):
        if critic.shape != (game.num_rows,) or not np.isfinite(critic).all():
            raise OptionError(
                f"the {label} critic has shape {critic.shape}; it must hold {game.num_rows} finite numbers, one per "
                f"joint action of {game.name}"
            )
    by_leader_slot = np.concatenate((np.flatnonzero(game.row_follower == 0), [game.num_rows]))
    chosen = first_best(follower_critic, by_leader_slot)
    lead = first_best(leader_critic[chosen], game.leader_offsets)
    return game.row_follower[chosen], lead - game.leader_offsets[:-1]


def execution_of(game: Game, leader_critic: FloatArray, follower_critic: FloatArray) -> Execution:
    """What a player with copies of both critics does; see :func:`stage_solution` for the arguments."""
    answers, lead = stage_solution(game, leader_critic, follower_critic)
    return Execution(game, lead, answers)


def residuals(game: Game, leader_critic: FloatArray, follower_critic: FloatArray) -> tuple[float, float]:
    """How far each critic is from ``r + gamma P Q(., a', b')``, the largest over joint actions; 0 at a fixed point."""
    rows = execution_of(game, leader_critic, follower_critic).rows()
    moves = transition_matrix(game)
    return tuple(  # type: ignore[return-value]
        float(np.abs(rewards + discount * (moves @ critic[rows]) - critic).max())
        for critic, rewards, discount in (
            (leader_critic, game.leader_rewards, game.leader_discount),
            (follower_critic, game.follower_rewards, game.follower_discount),
        )
    )


class LearningCritics:
    """Critics in plain lists that change one joint action at a time, with the stage solution kept up to date.

    An update touches one answer ``b(a)`` and one ``a'``, so it costs ``|A| + |B|`` instead of ``|A||B|``.
    """

    def __init__(self, game: Game, leader_critic: FloatArray | None, follower_critic: FloatArray | None) -> None:
        zeros = np.zeros(game.num_rows)
        given = [
            zeros if critic is None else np.asarray(critic, dtype=float) for critic in (leader_critic, follower_critic)
        ]
        answers, lead = stage_solution(game, given[0], given[1])
        self.leader: list[float] = given[0].tolist()
        self.follower: list[float] = given[1].tolist()
        self._offsets: list[int] = game.row_offsets.tolist()
        self._widths: list[int] = game.follower_counts.tolist()
        self._slots: list[int] = game.leader_offsets.tolist()
        self.answers: list[int] = answers.tolist()
        self.lead: list[int] = lead.tolist()
        self.rows: list[int] = [self._row(state, action) for state, action in enumerate(self.lead)]

    def _row(self, state: int, a: int) -> int:
        """The row of ``(s, a, b(a))``."""
        return self._offsets[state] + a * self._widths[state] + self.answers[self._slots[state] + a]

    def answer(self, state: int, leader_action: int) -> int:
        """``b(a)``."""
        return self.answers[self._slots[state] + leader_action]

    def row(self, state: int, a: int, b: int) -> int:
        """The row of a joint action."""
        return self._offsets[state] + a * self._widths[state] + b

    def refresh(self, state: int, a: int) -> None:
        """Bring the stage solution of a state up to date after critics changed at leader action ``a``."""
        first = self._offsets[state] + a * self._widths[state]
        values = self.follower[first : first + self._widths[state]]
        slot = self._slots[state]
        self.answers[slot + a] = values.index(max(values))
        rows = [self._row(state, action) for action in range(self._slots[state + 1] - slot)]
        worth = [self.leader[row] for row in rows]
        best = worth.index(max(worth))
        self.lead[state] = best
        self.rows[state] = rows[best]


class BatchedCritics:
    """Critics in arrays that change in many places at a time, with the stage solution kept up to date.

    The stage games that a change touches are solved together; ties are those of :class:`LearningCritics`.
    """

    def __init__(self, game: Game, leader_critic: FloatArray | None, follower_critic: FloatArray | None) -> None:
        zeros = np.zeros(game.num_rows)
        self.leader: FloatArray = np.array(zeros if leader_critic is None else leader_critic, dtype=float)
        self.follower: FloatArray = np.array(zeros if follower_critic is None else follower_critic, dtype=float)
        self._game = game
        answers, self.lead = stage_solution(game, self.leader, self.follower)
        states = game.leader_slot_state
        actions = np.arange(len(states)) - game.leader_offsets[states]
        self._answered = self.row(states, actions, answers)
        self.rows: IntArray = self._answered[game.leader_offsets[:-1] + self.lead]

    def answer(self, states: IntArray, leader_actions: IntArray) -> IntArray:
        """``b(a)``, one for each state and action."""
        game = self._game
        answers: IntArray = game.row_follower[self._answered[game.leader_offsets[states] + leader_actions]]
        return answers

    def row(self, states: IntArray, a: IntArray, b: IntArray) -> IntArray:
        """The rows of joint actions."""
        rows: IntArray = self._game.row_offsets[states] + a * self._game.follower_counts[states] + b
        return rows

    def refresh(self, states: IntArray, a: IntArray) -> None:
        """Bring the stage solution of some states up to date after critics changed at one leader action of each."""
        game = self._game
        answers = _block(self.row(states, a, np.zeros_like(a)), game.follower_counts[states])
        slots = _block(game.leader_offsets[states], game.leader_counts[states])
        here = np.arange(len(states))
        self._answered[slots[here, a]] = answers[here, self.follower[answers].argmax(axis=1)]
        rows = self._answered[slots]
        lead = self.leader[rows].argmax(axis=1)
        self.lead[states] = lead
        self.rows[states] = rows[here, lead]


def _block(first: IntArray, lengths: IntArray) -> IntArray:
    """The places ``[n, longest]`` of blocks that begin at ``first``; shorter ones repeat their last place."""
    places: IntArray = first[:, None] + np.minimum(np.arange(lengths.max()), lengths[:, None] - 1)
    return places
