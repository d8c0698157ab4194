"""States in which every allowed policy plays alike: one of them is copied to the others, to the last bit.

Linear programming meets an equation up to a rounding, and policies are divided by their sums. What is handed on as a
policy that is the same in several states is therefore made the same.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.problem.policy_space import PolicyRow, PolicySpace


class Alike:
    """Which states of a game play as others do, by the rows ``f(a|s) == f(a'|s')`` of a policy space.

    Attributes
    ----------
    source
        For every leader slot the first one that has the same probability; itself in states that play for themselves.

    Parameters
    ----------
    game, space
        The game, and which policies are allowed.
    """

    def __init__(self, game: Game, space: PolicySpace) -> None:
        self._game = game
        self.source = _completed(game, _sources(game, space))

    @property
    def changes_nothing(self) -> bool:
        """Whether every state plays for itself."""
        return bool(np.array_equal(self.source, np.arange(len(self.source))))

    def copied(self, policy: LeaderPolicy) -> LeaderPolicy:
        """The policy with the probabilities of the first of the states that play alike in all of them."""
        if self.changes_nothing:
            return policy
        game, state = self._game, self._game.leader_slot_state
        probabilities = np.zeros(policy.probabilities.shape)
        place = np.arange(len(state)) - game.leader_offsets[state]
        probabilities[state, place] = policy.slots(game)[self.source]
        return LeaderPolicy(probabilities)

    def spread(self, slots: FloatArray, known: NDArray[np.bool_]) -> LeaderPolicy:
        """A policy that plays what is known of any of the states that play alike in all of them.

        Parameters
        ----------
        slots
            Probabilities per leader slot: what is played where nothing is known.
        known
            The leader slots whose probabilities are to be played elsewhere, whole states at once.
        """
        told = slots.copy()
        told[self.source[known]] = slots[known]
        return self.copied(LeaderPolicy.from_slots(self._game, told))


def _sources(game: Game, space: PolicySpace) -> IntArray:
    """For every leader slot the first one that must have the same probability."""
    top = np.arange(int(game.leader_offsets[-1]))
    for row in space.rows:
        if _is_equation_of_two(row):
            one, other = (top[slot] for slot in np.flatnonzero(row.coefficients))
            top[top == max(one, other)] = min(one, other)
    return top


def _is_equation_of_two(row: PolicyRow) -> bool:
    """Whether a row says that two probabilities are the same."""
    factors = row.coefficients[np.flatnonzero(row.coefficients)]
    return len(factors) == 2 and row.lower == row.upper == 0.0 and bool(factors[0] == -factors[1])


def _completed(game: Game, top: IntArray) -> IntArray:
    """The same where a state as a whole plays as another one does; every other state plays for itself.

    Of a state all of whose probabilities but one are tied to those of another one the last is too.
    """
    found = np.arange(len(top))
    for s in range(game.num_states):
        own = np.arange(*game.leader_offsets[s : s + 2])
        tied = own[top[own] < game.leader_offsets[s]]
        states = set(game.leader_slot_state[top[tied]].tolist())
        if len(tied) < len(own) - 1 or len(states) != 1 or len(set(top[tied].tolist())) < len(tied):
            continue
        source = np.arange(*game.leader_offsets[states.pop() :][:2])
        if len(source) != len(own):
            continue
        found[tied] = top[tied]
        found[np.setdiff1d(own, tied)] = np.setdiff1d(source, top[tied])
    return found
