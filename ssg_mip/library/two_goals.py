"""Two agents meet in a grid, at the 10 or at the 20 (Zhang et al., Bi-level Actor-Critic, AAAI 2020, Figure 1).

A (the leader) and B (the follower) move at the same time and earn a common reward only when both are in the square
with the 10, or both in the one with the 20; then play ends. Going to the 10 is a Nash equilibrium, because whoever
goes to the 20 alone waits there in vain; going to the 20 is the only Stackelberg equilibrium.

The picture is lost in the text that we have; this is our reading of it, with the starts and the goals where the code
that the paper points to has them, in a grid of three by three::

    A  .  B
    .  .  .
    10 .  20

So each agent starts above one goal, and both goals take four steps. An agent moves up, down, left or right within the
grid or stays; both may be in one square, as they must in a goal. That code has 100 and 200 for 10 and 20, one more for
being in any square together, and steps to the side of two squares, none of which the figure's caption has. The discount
is not printed either.

A state says ``A column,row; B column,row``, counted from the lower left corner; the two ways to end are states of their
own.
"""

from __future__ import annotations

from collections.abc import Sequence

from ssg_mip.errors import OptionError
from ssg_mip.game.builder import GameBuilder
from ssg_mip.game.game import Game
from ssg_mip.game.validation import check_whole, checked_discount
from ssg_mip.library.unfolding import Outcome, unfolded

BOTH_AT_10, BOTH_AT_20 = "both at 10", "both at 20"
"""The states in which play ends."""

MOVES = {"UP": (0, 1), "DOWN": (0, -1), "LEFT": (-1, 0), "RIGHT": (1, 0), "STAY": (0, 0)}
"""Moves of either agent, as steps in column and row."""

SOURCE = "Zhang et al., Bi-level Actor-Critic for Multi-agent Coordination, AAAI 2020, Figure 1; our layout"

Square = tuple[int, int]


def two_goals(size: int = 3, *, discount: float = 0.9) -> Game:
    """The game of both goals.

    Parameters
    ----------
    size
        Squares along each side, at least 2 and at most 6.
    discount
        The discount of both players, above 0.

    Returns
    -------
    Game
        Common rewards and discounts; moves that would leave the grid are left out. ``game.known`` has the value
        ``20 discount^(2 size - 3)``: the reward for the last of ``2 (size - 1)`` steps.

    Raises
    ------
    OptionError
        If an argument is out of range.
    """
    check_whole(size, "size", least=2, most=6)
    checked_discount(discount, "discount")
    if discount == 0.0:
        raise OptionError("discount is 0; it must be above 0, or the reward for the last step counts for nothing")
    goals = {((0, 0), (0, 0)): (BOTH_AT_10, 10.0), ((size - 1, 0), (size - 1, 0)): (BOTH_AT_20, 20.0)}

    def actions(state: tuple[Square, Square] | str) -> tuple[Sequence[str], Sequence[str]]:
        if isinstance(state, str):
            return ("STAY",), ("STAY",)
        mine, theirs = (_moves(square, size) for square in state)
        return mine, theirs

    def outcome(state: tuple[Square, Square] | str, first: str, second: str) -> Outcome:
        if isinstance(state, str):
            return Outcome(0.0, 0.0, {state: 1.0})
        after = _moved(state[0], first), _moved(state[1], second)
        if after in goals:
            end, reward = goals[after]
            return Outcome(reward, reward, {end: 1.0})
        return Outcome(0.0, 0.0, {after: 1.0})

    value = 20.0 * discount ** (2 * size - 3)
    known = {
        "leader_value": value,
        "follower_value": value,
        "weak_leader_value": value,
        "note": "both agents reach the 20 by shortest paths; no pair of policies earns more",
    }
    builder = GameBuilder(
        f"two goals, {size} x {size}", leader_discount=discount, follower_discount=discount, source=SOURCE, known=known
    )
    starts: dict[tuple[Square, Square] | str, float] = {((0, size - 1), (size - 1, size - 1)): 1.0}
    return unfolded(builder, starts, name=_name, actions=actions, outcome=outcome)


def _moved(square: Square, move: str) -> Square:
    return square[0] + MOVES[move][0], square[1] + MOVES[move][1]


def _moves(square: Square, size: int) -> list[str]:
    return [move for move in MOVES if all(0 <= place < size for place in _moved(square, move))]


def _name(state: tuple[Square, Square] | str) -> str:
    if isinstance(state, str):
        return state
    (a, b), (c, d) = state
    return f"A {a},{b}; B {c},{d}"
