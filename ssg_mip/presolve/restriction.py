"""What is left of a game when states and actions are taken out of it, as a game and as a step of a reduction."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from ssg_mip.evaluation.subgame import subgame
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
