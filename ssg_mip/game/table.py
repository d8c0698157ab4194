"""Games from transition tables, as gymnasium's toy environments keep theirs in ``env.unwrapped.P``.

A table says for each state and joint action what may happen: ``table[s][a, b]`` is a list of outcomes
``(probability, next_state, (leader_reward, follower_reward), done)``. Rewards are averaged over the outcomes, outcomes
with the same next state are added up, and what is ``done`` leads to an end state, where both players earn nothing for
ever. A table of one player, ``table[s][a] = [(probability, next_state, reward, done)]``, becomes a game in which the
other has a single action in every state and earns nothing.
"""

from __future__ import annotations

import numbers
from collections.abc import Iterable, Mapping
from typing import Any, Literal, get_args

import numpy as np

from ssg_mip.base.naming import name_of
from ssg_mip.base.rules import shown
from ssg_mip.errors import InvalidGameError
from ssg_mip.game.builder import GameBuilder
from ssg_mip.game.game import Game

Players = Literal["both", "leader", "follower"]
"""Whose actions the keys of a table are."""

IDLE = "-"
"""The one action of a player who has no choice."""

_SHAPES = {
    "both": "{state: {(leader_action, follower_action): [(probability, next, (leader_reward, follower_reward))]}}",
    "leader": "{state: {action: [(probability, next, reward, done)]}}",
    "follower": "{state: {action: [(probability, next, reward, done)]}}",
}


def game_from_table(
    table: Mapping[Any, Mapping[Any, Iterable[Any]]],
    *,
    leader_discount: float,
    follower_discount: float,
    players: Players = "both",
    initial: Any = None,
    end: str = "end",
    normalise: bool = False,
    name: str = "game",
    source: str | None = None,
    known: Mapping[str, Any] | None = None,
) -> Game:
    """A game from a table of outcomes by state and joint action.

    Parameters
    ----------
    table
        ``{state: {(leader_action, follower_action): outcomes}}``; each outcome is ``(probability, next_state,
        rewards)`` or ``(probability, next_state, rewards, done)`` with ``rewards = (leader_reward,
        follower_reward)``. States and actions are named by their ``str``. With ``players="leader"`` or ``"follower"``
        the keys are this player's actions and rewards are numbers, as in gymnasium.
    leader_discount, follower_discount
        In ``[0, 1)``.
    players
        Whose actions the keys are.
    initial
        The start state, or ``{state: probability}``; uniform over the table's states if absent.
    end
        Name of the end state, which is added if some outcome is ``done``.
    normalise
        Divide the probabilities of each joint action by their sum.
    name, source, known
        Labels of the game.

    Raises
    ------
    InvalidGameError
        If the table has another shape, a joint action of a state is missing, or the numbers are not a game.
    """
    if players not in get_args(Players):
        raise InvalidGameError(f"players is {players!r}; it must be one of {', '.join(get_args(Players))}")
    if not isinstance(table, Mapping) or not table:
        raise InvalidGameError(f"table is {shown(table)}; it must be {_SHAPES[players]}")
    end = name_of(end, "end")
    builder = GameBuilder(
        name, leader_discount=leader_discount, follower_discount=follower_discount, source=source, known=known
    )
    start = _start(initial, table)
    finishes = False
    for state, choices in table.items():
        if not isinstance(choices, Mapping) or not choices:
            raise InvalidGameError(f"table[{state!r}] is {shown(choices)}; the table must be {_SHAPES[players]}")
        joint = [_joint(state, key, players) for key in choices]
        builder.add_state(
            state,
            leader_actions=list(dict.fromkeys(a for a, _ in joint)),
            follower_actions=list(dict.fromkeys(b for _, b in joint)),
            initial=start.get(name_of(state, "state"), 0.0),
        )
        for key, (a, b) in zip(choices, joint, strict=True):
            place = f"table[{state!r}][{key!r}]"
            moves, rewards, done = _outcomes(choices[key], players, end, place)
            finishes = finishes or done
            builder.add_transition(state, a, b, leader_reward=rewards[0], follower_reward=rewards[1], next=moves)
    if finishes and end in {name_of(state, "state") for state in table}:
        raise InvalidGameError(
            f"table has a state {end!r}, and an outcome is done, which leads to an end state of that name: give the "
            "end state another one (end=...)"
        )
    if finishes:
        builder.add_state(end, leader_actions=[IDLE], follower_actions=[IDLE], initial=0.0)
        builder.add_transition(end, IDLE, IDLE, leader_reward=0.0, follower_reward=0.0, next=end)
    return builder.build(normalise=normalise)


def _start(initial: Any, table: Mapping[Any, Any]) -> dict[str, Any]:
    """Start probabilities by name."""
    if initial is None:
        return {name_of(state, "state"): 1.0 / len(table) for state in table}
    given = initial if isinstance(initial, Mapping) else {name_of(initial, "initial"): 1.0}
    start = {name_of(state, "initial"): probability for state, probability in given.items()}
    unknown = set(start) - {name_of(state, "state") for state in table}
    if unknown:
        raise InvalidGameError(f"initial names the state {min(unknown)!r}, which the table does not hold")
    return start


def _joint(state: Any, key: Any, players: Players) -> tuple[str, str]:
    """Names of both players' actions."""
    label = f"table[{state!r}]"
    if players == "leader":
        return name_of(key, label), IDLE
    if players == "follower":
        return IDLE, name_of(key, label)
    if not isinstance(key, tuple) or len(key) != 2:
        raise InvalidGameError(
            f"{label} has the key {key!r}; it must be a pair (leader_action, follower_action), or say by "
            "players='leader' or players='follower' whose actions the keys are"
        )
    return name_of(key[0], label), name_of(key[1], label)


def _outcomes(
    outcomes: Any, players: Players, end: str, place: str
) -> tuple[dict[str, float], tuple[float, float], bool]:
    """Probabilities of next states, both players' expected rewards, and whether play may end."""
    moves: dict[str, float] = {}
    expected = np.zeros(2)
    total, finishes = 0.0, False
    if isinstance(outcomes, (str, Mapping)) or not isinstance(outcomes, Iterable):
        raise InvalidGameError(f"{place} is {shown(outcomes)}; the table must be {_SHAPES[players]}")
    for outcome in outcomes:
        probability, target, rewards, done = _outcome(outcome, players, place)
        reached = end if done else name_of(target, place)
        finishes = finishes or done
        moves[reached] = moves.get(reached, 0.0) + probability
        total += probability
        expected += probability * np.array(rewards)
    if total > 0.0:
        expected /= total
    return moves, (float(expected[0]), float(expected[1])), finishes


def _outcome(outcome: Any, players: Players, place: str) -> tuple[float, Any, tuple[float, float], bool]:
    if not isinstance(outcome, (tuple, list)) or len(outcome) not in {3, 4}:
        raise InvalidGameError(f"{place} holds the outcome {shown(outcome)}; the table must be {_SHAPES[players]}")
    probability, target, rewards, done = (*outcome, False)[:4]
    one = rewards if players == "both" else {"leader": (rewards, 0.0), "follower": (0.0, rewards)}[players]
    if not isinstance(one, (tuple, list, np.ndarray)) or len(one) != 2 or not all(map(_is_number, (probability, *one))):
        raise InvalidGameError(f"{place} holds the outcome {shown(outcome)}; the table must be {_SHAPES[players]}")
    if not isinstance(done, (bool, np.bool_)) or not np.isfinite([float(number) for number in one]).all():
        raise InvalidGameError(
            f"{place} holds the outcome {shown(outcome)}; rewards must be finite, and done True or False"
        )
    if not 0.0 <= float(probability) < np.inf:
        raise InvalidGameError(f"{place} holds the probability {probability!r}; it must be finite and at least 0")
    return float(probability), target, (float(one[0]), float(one[1])), bool(done)


def _is_number(value: object) -> bool:
    return isinstance(value, (numbers.Real, np.number)) and not isinstance(value, (bool, np.bool_))
