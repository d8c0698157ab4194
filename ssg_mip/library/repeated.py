"""Two-by-two matrix games, repeated with one step of memory: the state is the last joint action.

A state such as ``CD`` says that the leader played ``C`` and the follower ``D`` in the last round. With memory the
leader can commit to conditional play such as tit for tat, and what it promises after each outcome decides what the
follower does before it.

In the *prisoner's dilemma* both cooperate (``C``) or defect (``D``). In one round defection dominates, and a leader
who commits for a single round gets -2. Play starts in ``CC``, as if both had cooperated before.
"""

from __future__ import annotations

from collections.abc import Sequence

from numpy.typing import ArrayLike

from ssg_mip.base.rules import shown
from ssg_mip.errors import OptionError
from ssg_mip.game.builder import GameBuilder
from ssg_mip.game.game import Game
from ssg_mip.game.validation import checked_discount, float_array
from ssg_mip.library.matrix_games import LEARNING

_DILEMMA_LEADER = ((-1, -3), (0, -2))
_DILEMMA_FOLLOWER = ((-1, 0), (-3, -2))


def iterated_game(
    leader: ArrayLike,
    follower: ArrayLike,
    discount: float = 0.9,
    *,
    actions: Sequence[str] = ("C", "D"),
    name: str = "iterated game",
    source: str | None = None,
) -> Game:
    """A two-by-two game, repeated with one step of memory.

    Parameters
    ----------
    leader, follower
        Payoffs ``[leader action, follower action]`` of one round.
    discount
        The discount of both players.
    actions
        Two different names, of one letter each: both players have these actions, and two of them name a state.
    name, source
        As in :class:`ssg_mip.Game`.

    Returns
    -------
    Game
        Four states; play starts in the one in which both played the first action.

    Raises
    ------
    OptionError
        If the payoffs are not two by two, or the actions not two different letters.
    InvalidGameError
        If the payoffs are ragged or hold no numbers, or the discount is outside ``[0, 1)``.
    """
    payoffs = [
        float_array(table, f"{player}_payoffs") for player, table in (("leader", leader), ("follower", follower))
    ]
    if any(table.shape != (2, 2) for table in payoffs):
        shapes = " and ".join(str(table.shape) for table in payoffs)
        raise OptionError(f"the payoffs have the shapes {shapes}; a round must be two by two")
    letters = isinstance(actions, (list, tuple, str)) and all(isinstance(one, str) and len(one) == 1 for one in actions)
    if not letters or len(actions) != 2 or actions[0] == actions[1]:
        raise OptionError(f"actions is {shown(actions)}; it must be two different names of one letter")
    joint = {mine + theirs: (a, b) for a, mine in enumerate(actions) for b, theirs in enumerate(actions)}
    start = next(iter(joint))
    builder = GameBuilder(name, leader_discount=discount, follower_discount=discount, source=source)
    for last in joint:
        builder.add_state(
            last, leader_actions=tuple(actions), follower_actions=tuple(actions), initial=1.0 if last == start else None
        )
        for played, place in joint.items():
            builder.add_transition(
                last,
                played[0],
                played[1],
                leader_reward=float(payoffs[0][place]),
                follower_reward=float(payoffs[1][place]),
                next=played,
            )
    return builder.build()


def iterated_prisoners_dilemma(discount: float = 0.9) -> Game:
    """The prisoner's dilemma, repeated with one step of memory, with one discount for both players."""
    checked_discount(discount, "discount")
    return iterated_game(
        _DILEMMA_LEADER,
        _DILEMMA_FOLLOWER,
        discount,
        name=f"iterated prisoner's dilemma, discount {discount:g}",
        source=f"Stage game: {LEARNING}Table 3, prisoners dilemma; repeated here with one step of memory",
    )
