r"""What the leader sees of the state: labels, and one policy for all states with the same label.

A stationary leader without memory who sees a label ``o(s)`` in the place of the state ``s`` plays the same mix in all
states of a label: ``f(a|s) = f(a|s')`` whenever ``o(s) = o(s')``. These equations are rows of the policy space that
couple states. Shifts and times of the day are labels as well. The follower sees the state, as ever.

States of a label need leader actions of the same names; their order may differ.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from ssg_mip.base.naming import name_of
from ssg_mip.base.rules import instance_of, shown
from ssg_mip.errors import OptionError
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.problem.policy_space import PolicyRow, PolicySpace

LABELS = instance_of(Mapping, "{state: label}")
"""What labels must be."""


def observed(
    game: Game,
    space: PolicySpace,
    labels: Mapping[str, str],
    meant_by: Callable[[str], Sequence[int]] = lambda _: (),
) -> PolicySpace:
    """A policy space of which only those policies remain that tell no states of one label apart.

    Parameters
    ----------
    game, space
        The game, and what is allowed so far. States that had a common label keep one.
    labels
        ``{state: label}``; states that are left out keep the label they have: their own name, at first.
    meant_by
        The states that a name means which no state of the game has.

    Raises
    ------
    OptionError
        If a name is no state's, a label is the name of a state that is left out, or states of one label differ in
        their actions.
    """
    LABELS.check("labels", labels)
    given = {s: _label(state, label) for state, label in labels.items()
             for s in _states(game, state, meant_by)}  # fmt: skip
    before = seen(game, space)
    for label in given.values():
        left_out = game.state_names.index(label) if label in game.state_names else None
        if left_out is not None and left_out not in given and before[left_out] == label:
            raise OptionError(
                f"the label {label!r} is also the name of a state that is not labelled; give state {label!r} a label "
                "too, or call the label something else"
            )
    now = _joined(before, given)
    own = {row.name for row in shared_rows(game, before)}
    kept = tuple(row for row in space.rows if row.name not in own)
    return dataclasses.replace(space, rows=(*kept, *shared_rows(game, now)), observed=now)


def seen(game: Game, space: PolicySpace) -> tuple[str, ...]:
    """The label of every state; its name where nothing has been said."""
    return space.observed or game.state_names


def labels_of(game: Game, space: PolicySpace) -> dict[str, list[int]]:
    """The states of every label, in the order of their first states."""
    groups: dict[str, list[int]] = {}
    for s, label in enumerate(seen(game, space)):
        groups.setdefault(label, []).append(s)
    return groups


def policy_by_label(game: Game, space: PolicySpace, policy: LeaderPolicy) -> dict[str, dict[str, float]]:
    """As ``{label: {action: probability}}``."""
    named = policy.to_names(game)
    return {label: named[game.state_names[states[0]]] for label, states in labels_of(game, space).items()}


def shared_rows(game: Game, labels: Sequence[str]) -> tuple[PolicyRow, ...]:
    """The equations that make states of one label play alike, for all of their actions but the last.

    Raises
    ------
    OptionError
        If states of one label differ in the names of their actions.
    """
    first: dict[str, int] = {}
    rows: list[PolicyRow] = []
    for s, label in enumerate(labels):
        rows += _alike(game, label, first.setdefault(label, s), s)
    return tuple(rows)


def _alike(game: Game, label: str, first: int, other: int) -> Iterator[PolicyRow]:
    if first == other:
        return
    names = game.state_names[first], game.state_names[other]
    mine, theirs = game.leader_actions[first], game.leader_actions[other]
    if set(mine) != set(theirs):
        raise OptionError(
            f"states {names[0]!r} and {names[1]!r} share the label {label!r}, but their leader actions are "
            f"{', '.join(mine)} and {', '.join(theirs)}; states that the leader does not tell apart need actions of "
            "the same names"
        )
    for place, action in enumerate(mine[:-1]):
        coefficients = np.zeros(int(game.leader_offsets[-1]))
        coefficients[game.leader_offsets[first] + place] = -1.0
        coefficients[game.leader_offsets[other] + theirs.index(action)] = 1.0
        name = f"{label}: {action} in {names[1]} as in {names[0]}"
        yield PolicyRow(name=name, coefficients=coefficients, lower=0.0, upper=0.0)


def _label(state: str, given: object) -> str:
    label = name_of(given, f"the label of {state!r}")
    if not label:
        raise OptionError(f"the label of {state!r} is empty; give it a name")
    return label


def _states(game: Game, name: str, meant_by: Callable[[str], Sequence[int]]) -> tuple[int, ...]:
    """The states that a name means."""
    if name in game.state_names:
        return (game.state_names.index(name),)
    meant = tuple(meant_by(name))
    if not meant:
        raise OptionError(
            f"labels name {shown(name)}, which is no state of {game.name}; states: {', '.join(game.state_names[:8])}"
        )
    return meant


def _joined(before: Sequence[str], given: Mapping[int, str]) -> tuple[str, ...]:
    """Labels under which states are alike that had the same one before, or are given the same one.

    The same holds of states that are given a label that others still have.
    """
    root = {label: label for label in before}

    def top(label: str) -> str:
        while root[label] != label:
            label = root[label]
        return label

    held = {label for s, label in enumerate(before) if s not in given}
    representative = {label: label for label in held}
    for s, label in given.items():
        other = representative.setdefault(label, before[s])
        root[top(before[s])] = top(other)
    called: dict[str, set[str]] = {}
    for s, label in given.items():
        called.setdefault(top(before[s]), set()).add(label)
    plain = [top(label) for label in before]
    return tuple(" and ".join(sorted(called[one])) if one in called else label
                 for one, label in zip(plain, before, strict=True))  # fmt: skip
