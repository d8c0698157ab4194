"""What the actions of one state are worth to a player, as far as bounds on what follows tell."""

from __future__ import annotations

import dataclasses

import numpy as np

from ssg_mip.evaluation.value_bounds import ValueBounds
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.numerics.ranges import ranges

LARGEST_TABLE = 8_000_000
"""Numbers in the largest table of a state's transitions that is laid out."""


@dataclasses.dataclass(frozen=True, eq=False)
class ActionValues:
    """Values ``r(a, c) + gamma p(a, c) v`` of one state for ``v`` in a box, whose middle is ``m``.

    Attributes
    ----------
    middle
        The values for ``v = m``, shape ``[leader actions, follower actions]``.
    moves
        Transition probabilities ``[leader actions, follower actions, successors]`` to the states where they differ
        between follower actions and the box has a width; ``None`` if there is no such state.
    half
        Half the box's width in these states, times the discount.
    by_rewards
        Whether actions differ by their rewards alone, and ``middle`` holds those: comparisons are exact then.
    """

    middle: FloatArray
    moves: FloatArray | None
    half: FloatArray
    by_rewards: bool = False

    @property
    def size(self) -> int:
        """Numbers to look at for one action."""
        return len(self.middle) * (1 + len(self.half))

    def leads(self, actions: IntArray, target: int) -> FloatArray:
        """By how much each of some actions is worth more than another at least, ``[leader actions, actions]``."""
        lead: FloatArray = self.middle[:, actions] - self.middle[:, [target]]
        if self.moves is not None:
            lead = lead - np.abs(self.moves[:, actions] - self.moves[:, [target]]) @ self.half
        return lead

    def leads_of_mix(self, actions: IntArray, shares: FloatArray, targets: IntArray) -> FloatArray:
        """By how much a mixture is worth more than each of some actions at least, ``[leader actions, targets]``."""
        lead: FloatArray = (self.middle[:, actions] @ shares)[:, None] - self.middle[:, targets]
        if self.moves is not None:
            mixed = np.einsum("act,c->at", self.moves[:, actions], shares)
            lead = lead - np.abs(mixed[:, None, :] - self.moves[:, targets]) @ self.half
        return lead

    def somewhere(self, rng: np.random.Generator) -> FloatArray:
        """The values for some ``v`` in a corner of the box."""
        if self.moves is None:
            return self.middle
        found: FloatArray = self.middle + self.moves @ (self.half * rng.choice((-1.0, 1.0), len(self.half)))
        return found


def action_values(
    game: Game, state: int, actions: IntArray, bounds: ValueBounds | None, *, leader: bool
) -> ActionValues | None:
    """The values of some follower actions of a state to a player.

    Parameters
    ----------
    game
        The game.
    state, actions
        Which follower actions.
    bounds
        On the player's values; ``None`` where the actions lead to the same states with the same probabilities, or the
        player looks at the immediate reward only.
    leader
        Whose values.

    Returns
    -------
    ActionValues or None
        ``None`` where the table would be too large.
    """
    rewards, discount = (
        (game.leader_rewards, game.leader_discount) if leader else (game.follower_rewards, game.follower_discount)
    )
    count = int(game.leader_counts[state])
    rows = np.arange(int(game.row_offsets[state]), int(game.row_offsets[state + 1])).reshape(count, -1)[:, actions]
    if bounds is None or discount == 0.0:
        return ActionValues(rewards[rows], None, np.empty(0), by_rewards=True)
    found = _moves(game, rows)
    if found is None:
        return None
    successors, moves = found
    differs = np.any(moves != moves[:, :1], axis=(0, 1))
    if not differs.any():
        return ActionValues(rewards[rows], None, np.empty(0), by_rewards=True)
    lower, upper = bounds.lower[successors], bounds.upper[successors]
    middle = rewards[rows] + discount * (moves @ (0.5 * lower + 0.5 * upper))
    half = discount * np.maximum(0.5 * upper - 0.5 * lower, 0.0)
    told = (half > 0.0) & differs
    if not told.any():
        return ActionValues(middle, None, np.empty(0))
    return ActionValues(middle, np.ascontiguousarray(moves[:, :, told]), half[told])


def _moves(game: Game, rows: IntArray) -> tuple[IntArray, FloatArray] | None:
    """The successors of some rows and the probabilities, ``[*rows, successors]``; ``None`` if too many."""
    flat = rows.ravel()
    counts = np.diff(game.indptr)[flat]
    places = ranges(game.indptr[flat], counts)
    successors, column = np.unique(game.successors[places], return_inverse=True)
    if rows.size * len(successors) > LARGEST_TABLE:
        return None
    moves = np.zeros((rows.size, len(successors)))
    moves[np.repeat(np.arange(rows.size), counts), column] = game.probabilities[places]
    return successors, moves.reshape(*rows.shape, len(successors))
