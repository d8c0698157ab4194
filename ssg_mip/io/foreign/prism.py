"""PRISM's explicit files: states, transitions, labels and rewards of a model that has been built.

Transitions are lines ``source choice target probability [action]``, below a line with the numbers of states, choices
and transitions. In
concurrent games an action is a joint one, ``[a,b]`` or ``a,b``: the first player's, then the second's.
"""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from ssg_mip.errors import InvalidInstanceError, OptionError
from ssg_mip.game.game import Game
from ssg_mip.io.foreign.assembling import (
    FollowerReward,
    Lines,
    Mover,
    Place,
    Step,
    assembled,
    path_of,
    second_reward,
)

IDLE = ("", "-", "_", "<none>")
"""What a player who does nothing is written as."""


def read_prism(
    model: str | os.PathLike[str],
    *,
    leader_discount: float,
    follower_discount: float,
    leader: int = 1,
    mover: Mover = "leader",
    follower_states: str | None = None,
    leader_rewards: str | os.PathLike[str] | None = None,
    follower_rewards: str | os.PathLike[str] | None = None,
    follower_reward: FollowerReward = "opposed",
) -> Game:
    """The game of an explicit model: ``model.tra``, and ``model.sta`` and ``model.lab`` where they exist.

    Parameters
    ----------
    model
        The files' common name, with or without the ending ``.tra``. ``.sta`` names the states, and ``.lab`` says with
        the label ``init`` where play starts; without it, in the first state.
    leader_discount, follower_discount
        In ``[0, 1)``; PRISM's rewards are not discounted.
    leader
        Of joint actions the player who leads, 1 or 2.
    mover
        Who moves where actions are single: the leader or the follower. The other waits.
    follower_states
        A label: in its states the follower moves instead.
    leader_rewards, follower_rewards
        Files of rewards, ``.srew`` or ``.trew`` (also ``.rews``, ``.rewt``); ``model.srew`` and ``model.trew`` together
        are the leader's where none is named.
    follower_reward
        What the follower gets where no file is named for it: the opposite, the same, or a function of the names of
        state and action and of the leader's reward.

    Raises
    ------
    OptionError
        If an argument is none of these.
    InvalidInstanceError
        If a file cannot be read, or does not fit the others; with its line.
    """
    if leader not in (1, 2):
        raise OptionError(f"leader is {leader!r}; it must be 1 or 2, the player of joint actions who leads")
    if mover not in ("leader", "follower"):
        raise OptionError(f"mover is {mover!r}; it must be 'leader' or 'follower'")
    base = path_of(model, "model")
    base = base.with_suffix("") if base.suffix == ".tra" else base
    theirs = second_reward(follower_reward)
    transitions = Lines.of(base.with_name(base.name + ".tra"))
    choices = _transitions(transitions)
    names = _state_names(base, len(choices))
    labels = _labels(base, len(choices))
    if follower_states is not None and follower_states not in labels:
        known = ", ".join(sorted(labels)) or "none"
        raise OptionError(f"follower_states is {follower_states!r}, which is no label of the model; there are {known}")
    mine = _rewards(_given(base, leader_rewards), choices)
    his = None if follower_rewards is None else _rewards([Path(follower_rewards)], choices)
    places = []
    for state, own in enumerate(choices):
        moves: Mover = mover
        if follower_states is not None:
            moves = "follower" if state in labels[follower_states] else "leader"
        try:
            places.append(_place(state, own, moves, leader, _Paid(names[state], mine, his, theirs)))
        except InvalidInstanceError as error:
            raise transitions.error(own[0].line, f"state {state} {error}") from None
    starts = sorted(labels.get("init", {0}))
    return assembled(
        names,
        places,
        name=base.name,
        leader_discount=leader_discount,
        follower_discount=follower_discount,
        initial=np.isin(np.arange(len(choices)), starts) / len(starts),
        source="PRISM explicit files",
    )


@dataclasses.dataclass
class _Choice:
    """A choice of a state: its action, where it leads, and the line of its first transition."""

    action: str
    line: int
    successors: dict[int, float] = dataclasses.field(default_factory=dict)


Choices = list[list[_Choice]]


def _transitions(lines: Lines) -> Choices:
    """The choices of every state."""
    head = lines.text[0].split() if lines.text else []
    if len(head) != 3 or not all(one.isdigit() for one in head):
        raise lines.error(1, "it must hold the numbers of states, choices and transitions")
    count = int(head[0])
    found: list[dict[int, _Choice]] = [{} for _ in range(count)]
    for number, text in enumerate(lines.text[1:], start=2):
        words = text.split(None, 4)
        if not words:
            continue
        if len(words) < 4:
            raise lines.error(number, f"{text!r} must be 'source choice target probability [action]'")
        source, target = (lines.whole(number, words[place], count, "a state") for place in (0, 2))
        own = lines.whole(number, words[1], 10**9, "a choice")
        action = words[4].strip() if len(words) == 5 else ""
        choice = found[source].setdefault(own, _Choice(action, number))
        if choice.action != action:
            raise lines.error(
                number, f"choice {own} of state {source} has the actions {choice.action!r} and {action!r}"
            )
        choice.successors[target] = choice.successors.get(target, 0.0) + lines.number(number, words[3], "a probability")
    for state, choices in enumerate(found):
        if not choices:
            raise lines.error(len(lines.text), f"state {state} has no transition; give it one to itself")
    _as_announced(lines, int(head[1]), sum(map(len, found)), "choices")
    _as_announced(lines, int(head[2]), sum(map(bool, map(str.strip, lines.text[1:]))), "transitions")
    return [[choices[own] for own in sorted(choices)] for choices in found]


def _as_announced(lines: Lines, announced: int, there: int, what: str) -> None:
    """Refuse a file that was cut off, or one without its heading."""
    if announced != there:
        raise lines.error(len(lines.text), f"there are {there} {what} and the heading announces {announced}")


def _state_names(base: Path, count: int) -> list[str]:
    """What the states are called: by their variables, or by number."""
    path = base.with_name(base.name + ".sta")
    if not path.exists():
        return [str(state) for state in range(count)]
    lines, names = Lines.of(path), [""] * count
    variables = lines.text[0].strip("() ").split(",") if lines.text else []
    for number, text in enumerate(lines.text[1:], start=2):
        if not text.strip():
            continue
        index, found, values = text.partition(":")
        state = lines.whole(number, index.strip(), count, "a state")
        parts = values.strip("() ").split(",")
        if not found or len(parts) != len(variables):
            raise lines.error(number, f"{text!r} must be 'state:(values)' with {len(variables)} values")
        names[state] = " ".join(f"{one.strip()}={value.strip()}" for one, value in zip(variables, parts, strict=True))
    missing = [state for state, name in enumerate(names) if not name]
    if missing:
        raise lines.error(len(lines.text), f"state {missing[0]} has no values")
    return names


def _labels(base: Path, count: int) -> dict[str, set[int]]:
    """The states of every label."""
    path = base.with_name(base.name + ".lab")
    if not path.exists():
        return {}
    lines = Lines.of(path)
    names = dict(re.findall(r'(\d+)="([^"]*)"', lines.text[0] if lines.text else ""))
    found: dict[str, set[int]] = {name: set() for name in names.values()}
    for number, text in enumerate(lines.text[1:], start=2):
        if not text.strip():
            continue
        index, _, listed = text.partition(":")
        state = lines.whole(number, index.strip(), count, "a state")
        for label in listed.split():
            if label not in names:
                raise lines.error(number, f"label {label!r} is not among those of the first line")
            found[names[label]].add(state)
    return {name: states for name, states in found.items() if states or name != "init"}


Rewards = Mapping[tuple[int, int, int], float]
"""By state, choice and target; -1 stands for all of them."""


def _given(base: Path, named: str | os.PathLike[str] | None) -> list[Path]:
    if named is not None:
        return [Path(named)]
    return [path for ending in (".srew", ".trew") if (path := base.with_name(base.name + ending)).exists()]


def _rewards(files: list[Path], choices: Choices) -> Rewards:
    """What is earned, from state rewards and from transition rewards."""
    found: dict[tuple[int, int, int], float] = {}
    for path in files:
        lines, count = Lines.of(path), len(choices)
        rows = [(number, text.split()) for number, text in enumerate(lines.text, start=1)]
        rows = [(number, words) for number, words in rows if words and not words[0].startswith("#")]
        number, head = rows.pop(0) if rows else (1, [])
        if len(head) not in (2, 3) or not all(one.isdigit() for one in head):
            raise lines.error(number, "a heading must be here: the number of states, and last that of rewards")
        _as_announced(lines, int(head[-1]), len(rows), "rewards")
        by_state = path.suffix in (".srew", ".rews")
        for number, words in rows:
            if len(words) != (2 if by_state else 4):
                due = "'state reward'" if by_state else "'source choice target reward'"
                raise lines.error(number, f"{' '.join(words)!r} must be {due}")
            state = lines.whole(number, words[0], count, "a state")
            key = (state, -1, -1)
            if not by_state:
                own = lines.whole(number, words[1], len(choices[state]), "a choice")
                key = (state, own, lines.whole(number, words[2], count, "a state"))
            found[key] = found.get(key, 0.0) + lines.number(number, words[-1], "a reward")
    return found


@dataclasses.dataclass(frozen=True)
class _Paid:
    """Both rewards of the choices of a state."""

    name: str
    mine: Rewards
    his: Rewards | None
    theirs: Callable[[str, str, float], float]

    def step(self, state: int, own: int, choice: _Choice, action: str) -> Step:
        """What a choice does."""
        reward = _mean(self.mine, state, own, choice)
        other = self.theirs(self.name, action, reward) if self.his is None else _mean(self.his, state, own, choice)
        return Step(choice.successors, reward, other)


def _mean(rewards: Rewards, state: int, own: int, choice: _Choice) -> float:
    moved = sum(p * rewards.get((state, own, to), 0.0) for to, p in choice.successors.items())
    return rewards.get((state, -1, -1), 0.0) + moved


def _place(state: int, choices: list[_Choice], mover: Mover, leader: int, paid: _Paid) -> Place:
    """A state: of joint actions where its actions are pairs, else of the player who moves.

    Raises
    ------
    InvalidInstanceError
        If its actions are of two kinds, or no table of pairs; where that is, whoever asks must say.
    """
    pairs = [_pair(choice.action) for choice in choices]
    if any(pairs) and not all(pairs):
        raise InvalidInstanceError("has joint actions beside single ones; all must be of one kind")
    if not all(pairs) or (len(choices) == 1 and pairs[0] is None):
        actions = [choice.action.strip("[]") or f"choice {own}" for own, choice in enumerate(choices)]
        if len(set(actions)) < len(actions):
            actions = [f"{action} ({own})" for own, action in enumerate(actions)]
        steps = [
            paid.step(state, own, choice, action)
            for own, (choice, action) in enumerate(zip(choices, actions, strict=True))
        ]
        return Place.of_mover(mover, actions, steps)
    ordered = [pair if leader == 1 else pair[::-1] for pair in pairs if pair is not None]
    mine, his = (list(dict.fromkeys(pair[player] for pair in ordered)) for player in range(2))
    by_pair = {pair: own for own, pair in enumerate(ordered)}
    missing = [(a, b) for a in mine for b in his if (a, b) not in by_pair]
    if missing or len(by_pair) < len(ordered):
        what = (
            f"has no choice for the joint action [{','.join(missing[0])}]; each action of one player needs one with "
            "each action of the other"
            if missing
            else "has a joint action twice"
        )
        raise InvalidInstanceError(what)
    steps = [paid.step(state, by_pair[a, b], choices[by_pair[a, b]], f"{a},{b}") for a in mine for b in his]
    return Place(tuple(mine), tuple(his), steps)


def _pair(action: str) -> tuple[str, str] | None:
    """The two parts of a joint action; ``None`` for a single one."""
    parts = [part.strip().strip("[]") for part in action.strip().strip("[]").split(",")]
    if len(parts) != 2:
        return None
    first, second = ("wait" if part in IDLE else part for part in parts)
    return first, second
