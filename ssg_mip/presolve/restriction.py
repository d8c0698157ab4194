"""What is left of a game when states and actions are taken out of it, as a game and as a step of a reduction."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import IntArray
from ssg_mip.presolve.merging import redirected
from ssg_mip.proofs.reduction import Reduction, Round

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]

Names = tuple[tuple[str, ...], ...]


def unreduced(game: Game) -> Reduction:
    """The reduction that removes nothing."""
    return Reduction(
        game=game,
        reduced=game,
        rounds=(),
        states=np.arange(game.num_states),
        leader_actions=_all_actions(game.leader_counts),
        follower_actions=_all_actions(game.follower_counts),
    )


def _all_actions(counts: IntArray) -> tuple[IntArray, ...]:
    """All actions of every state; states with as many share an array."""
    ranges = {count: np.arange(count) for count in set(counts.tolist())}
    return tuple(ranges[count] for count in counts.tolist())


def reduced_by(reduction: Reduction, step: Round) -> Reduction:
    """A reduction with one more round.

    Parameters
    ----------
    reduction
        What was removed before.
    step
        What is removed from what is left, in the numbers of the original game, as always in rounds.
    """
    left = reduction.reduced
    place = {state: number for number, state in enumerate(reduction.states.tolist())}
    leader = _mask(left.leader_offsets, place, reduction.leader_actions, ((s, a) for s, a, _ in step.copies))
    follower = _mask(
        left.follower_offsets, place, reduction.follower_actions, ((one.state, one.action) for one in step.dominated)
    )
    states = np.ones(left.num_states, dtype=bool)
    if step.states is not None:
        states[:] = np.isin(reduction.states, step.states)
    if step.merged:
        left = _merged(left, [(place[state], place[other]) for state, other in step.merged])
        states &= ~np.isin(reduction.states, [state for state, _ in step.merged])
    leader &= states[left.leader_slot_state]
    follower &= states[left.follower_slot_state]
    return dataclasses.replace(
        reduction,
        reduced=subgame(left, states, leader, follower),
        rounds=(*reduction.rounds, step),
        states=reduction.states[states],
        leader_actions=_kept(left.leader_offsets, states, leader, reduction.leader_actions),
        follower_actions=_kept(left.follower_offsets, states, follower, reduction.follower_actions),
    )


def _merged(game: Game, pairs: Iterable[tuple[int, int]]) -> Game:
    target = np.arange(game.num_states)
    for state, other in pairs:
        target[state] = other
    return redirected(game, target)


def _mask(
    offsets: IntArray, place: dict[int, int], actions: tuple[IntArray, ...], gone: Iterable[tuple[int, int]]
) -> Mask:
    """Which slots are left when some actions go, given by state and action of the original game."""
    kept = np.ones(int(offsets[-1]), dtype=bool)
    for state, action in gone:
        number = place[state]
        kept[int(offsets[number]) + int(np.searchsorted(actions[number], action))] = False
    return kept


def _kept(offsets: IntArray, states: Mask, slots: Mask, actions: tuple[IntArray, ...]) -> tuple[IntArray, ...]:
    found = []
    for number in np.flatnonzero(states).tolist():
        mask = slots[offsets[number] : offsets[number + 1]]
        found.append(actions[number] if mask.all() else actions[number][mask])
    return tuple(found)


def subgame(game: Game, states: Mask, leader: Mask, follower: Mask) -> Game:
    """A game without some states and actions.

    Parameters
    ----------
    game
        The game.
    states, leader, follower
        Which states, leader slots and follower slots stay: every state that stays keeps an action of each player, and
        what stays leads to what stays.

    Returns
    -------
    Game
        With the names and the order of the game; its start distribution is the one given that play starts in what
        stays, or uniform if it never does.
    """
    rows = states[game.row_state] & leader[game.row_leader_slot] & follower[game.row_follower_slot]
    lengths = np.diff(game.indptr)
    moves = np.repeat(rows, lengths) & states[game.successors]
    origin = np.repeat(np.arange(game.num_rows), lengths)[moves]
    counts = np.bincount(origin, minlength=game.num_rows)[rows]
    start = game.initial[states]
    total = float(start.sum())
    return game.replace(
        state_names=tuple(itertools.compress(game.state_names, states.tolist())),
        leader_actions=_names(game.leader_actions, game.leader_offsets, states, leader),
        follower_actions=_names(game.follower_actions, game.follower_offsets, states, follower),
        indptr=np.concatenate((np.zeros(1, np.int64), np.cumsum(counts))),
        successors=(np.cumsum(states) - 1)[game.successors[moves]],
        probabilities=game.probabilities[moves],
        leader_rewards=game.leader_rewards[rows],
        follower_rewards=game.follower_rewards[rows],
        initial=start / total if total > 0.0 else np.full(len(start), 1.0 / len(start)),
        known=None,
    )


def _names(names: Names, offsets: IntArray, states: Mask, slots: Mask) -> Names:
    """Names of what stays; lists from which nothing goes stay the same objects."""
    found = []
    for number in np.flatnonzero(states).tolist():
        mask = slots[offsets[number] : offsets[number + 1]]
        here = names[number]
        found.append(here if mask.all() else tuple(itertools.compress(here, mask.tolist())))
    return tuple(found)


def reached(game: Game, start: Mask) -> Mask:
    """The states that play can visit from some, these included."""
    positive = game.probabilities > 0.0
    origin = np.repeat(game.row_state, np.diff(game.indptr))[positive]
    return spread(start, origin, game.successors[positive])


def spread(start: Mask, origin: IntArray, target: IntArray) -> Mask:
    """The nodes that are reached from some along directed edges, these included."""
    order = np.argsort(origin, kind="stable")
    target = target[order]
    first = np.searchsorted(origin[order], np.arange(len(start) + 1))
    seen = start.copy()
    frontier = np.flatnonzero(start)
    while len(frontier):
        counts = first[frontier + 1] - first[frontier]
        within = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
        found = np.unique(target[np.repeat(first[frontier], counts) + within])
        frontier = found[~seen[found]]
        seen[frontier] = True
    return seen
