"""From rules to a game: start somewhere, follow the rules, and keep what can be reached."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from ssg_mip.game.builder import GameBuilder
from ssg_mip.game.game import Game

State = TypeVar("State", bound=Hashable)


class Outcome(NamedTuple):
    """What a joint action leads to: both rewards, and the next states with their probabilities."""

    leader_reward: float
    follower_reward: float
    next: Mapping[Hashable, float]


def unfolded(
    builder: GameBuilder,
    starts: Mapping[State, float],
    *,
    name: Callable[[State], str],
    actions: Callable[[State], tuple[Sequence[str], Sequence[str]]],
    outcome: Callable[[State, str, str], Outcome],
) -> Game:
    """The game of all states that can be reached from the starts, in the order in which they are met.

    Parameters
    ----------
    builder
        A builder without states.
    starts
        Start states and their probabilities.
    name
        The name of a state; different states need different names.
    actions
        The leader's and the follower's actions in a state.
    outcome
        What happens when both act.

    Raises
    ------
    InvalidGameError
        If the rules do not make a game.
    """
    met = dict.fromkeys(starts)
    waiting = list(met)
    while waiting:
        state = waiting.pop(0)
        mine, theirs = actions(state)
        builder.add_state(name(state), leader_actions=mine, follower_actions=theirs, initial=starts.get(state, 0.0))
        for first in mine:
            for second in theirs:
                found = outcome(state, first, second)
                for other in found.next:
                    if other not in met:
                        met[other] = None  # type: ignore[index]
                        waiting.append(other)  # type: ignore[arg-type]
                builder.add_transition(
                    name(state),
                    first,
                    second,
                    leader_reward=found.leader_reward,
                    follower_reward=found.follower_reward,
                    next={name(other): share for other, share in found.next.items()},  # type: ignore[arg-type]
                )
    return builder.build()
