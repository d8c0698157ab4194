"""Actions that are copies of others, found by fingerprints and then compared number by number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.numerics.ranges import ranges

if TYPE_CHECKING:
    Mask = NDArray[np.bool_]

Fingerprints = NDArray[np.uint64]
"""Numbers that are the same for what is the same, and hardly ever for anything else."""

_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
"""Multipliers of the finaliser of splitmix64 (Steele, Lea & Flood, *Fast splittable pseudorandom generators*, 2014)."""


def first_of_leader(game: Game) -> IntArray:
    """For each leader slot the first one of its state with the same rewards and transitions under every answer."""
    prints = stirred(_of_rows(game) + stirred(game.row_follower.astype(np.uint64)))
    slots = summed(prints, game.row_leader_slot, int(game.leader_offsets[-1]))
    return _first_alike(game, slots, leader=True, of_follower=False)


def first_of_follower(game: Game) -> IntArray:
    """For each follower slot the first one of its state with the same rewards and transitions."""
    prints = stirred(_of_rows(game) + stirred(game.row_leader.astype(np.uint64)))
    slots = summed(prints, game.row_follower_slot, int(game.follower_offsets[-1]))
    return _first_alike(game, slots, leader=False, of_follower=False)


def first_alike_to_follower(game: Game) -> IntArray:
    """For each follower slot the first one of its state that is the same to the follower under every policy.

    That is, with his rewards and, unless he looks at the immediate reward only, its transitions.
    """
    prints = bits(game.follower_rewards)
    if game.follower_discount > 0.0:
        prints = prints + _of_moves(game)
    prints = stirred(stirred(prints) + stirred(game.row_leader.astype(np.uint64)))
    slots = summed(prints, game.row_follower_slot, int(game.follower_offsets[-1]))
    return _first_alike(game, slots, leader=False, of_follower=True)


def same_moves(game: Game, rows: IntArray, others: IntArray) -> Mask:
    """Pair by pair, whether two joint actions lead to the same states with the same probabilities.

    Rows that list the same successors in another order count as different.
    """
    lengths = np.diff(game.indptr)
    alike: Mask = lengths[rows] == lengths[others]
    pairs = np.flatnonzero(alike)
    counts = lengths[rows[pairs]]
    mine, theirs = ranges(game.indptr[rows[pairs]], counts), ranges(game.indptr[others[pairs]], counts)
    differs = (game.successors[mine] != game.successors[theirs]) | (
        game.probabilities[mine] != game.probabilities[theirs]
    )
    alike[np.repeat(pairs, counts)[differs]] = False
    return alike


def no_worse(game: Game, rows: IntArray, others: IntArray) -> Mask:
    """Pair by pair, whether the first is the same to the follower and to the leader no worse, whatever follows."""
    found: Mask = game.follower_rewards[rows] == game.follower_rewards[others]
    found &= game.leader_rewards[rows] >= game.leader_rewards[others]
    if game.follower_discount > 0.0 or game.leader_discount > 0.0:
        found[found] = same_moves(game, rows[found], others[found])
    return found


def stirred(numbers: Fingerprints) -> Fingerprints:
    """Numbers that look random."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * _FIRST
    numbers = (numbers ^ (numbers >> np.uint64(27))) * _SECOND
    mixed: Fingerprints = numbers ^ (numbers >> np.uint64(31))
    return mixed


def bits(numbers: FloatArray) -> Fingerprints:
    """The bits of floats, stirred; both zeros are one."""
    return stirred(np.ascontiguousarray(numbers + 0.0).view(np.uint64) + np.uint64(1))


def _of_moves(game: Game) -> Fingerprints:
    """One number for each row's transitions, whatever their order."""
    each = stirred(bits(game.probabilities) + stirred(game.successors.astype(np.uint64) + np.uint64(1)))
    found: Fingerprints = np.add.reduceat(each, game.indptr[:-1])
    return found


def _of_rows(game: Game) -> Fingerprints:
    return stirred(bits(game.leader_rewards) + stirred(bits(game.follower_rewards) + _of_moves(game)))


def summed(prints: Fingerprints, slots: IntArray, count: int) -> Fingerprints:
    """Sums of fingerprints by slot, in whatever order."""
    total = np.zeros(count, dtype=np.uint64)
    np.add.at(total, slots, prints)
    return total


def _first_alike(game: Game, prints: Fingerprints, *, leader: bool, of_follower: bool) -> IntArray:
    """For each slot the first one of its state with the same fingerprint, if it is indeed the same."""
    state = game.leader_slot_state if leader else game.follower_slot_state
    count = len(state)
    order = np.lexsort((np.arange(count), prints, state))
    new = np.ones(count, dtype=bool)
    new[1:] = (state[order][1:] != state[order][:-1]) | (prints[order][1:] != prints[order][:-1])
    first = np.empty(count, dtype=np.int64)
    first[order] = order[np.maximum.accumulate(np.where(new, np.arange(count), 0))]
    doubted = np.flatnonzero(first != np.arange(count))
    refuted = doubted[~_same_slots(game, doubted, first[doubted], leader=leader, of_follower=of_follower)]
    first[refuted] = refuted
    return first


def _same_slots(game: Game, slots: IntArray, others: IntArray, *, leader: bool, of_follower: bool) -> Mask:
    rows, owner = _rows_of(game, slots, leader=leader)
    partners, _ = _rows_of(game, others, leader=leader)
    alike = game.follower_rewards[rows] == game.follower_rewards[partners]
    if not of_follower:
        alike &= game.leader_rewards[rows] == game.leader_rewards[partners]
    if not of_follower or game.follower_discount > 0.0:
        alike &= same_moves(game, rows, partners)
    same: Mask = np.ones(len(slots), dtype=bool)
    same[owner[~alike]] = False
    return same


def _rows_of(game: Game, slots: IntArray, *, leader: bool) -> tuple[IntArray, IntArray]:
    """The rows of some slots, and for each of them the position of its slot."""
    state = (game.leader_slot_state if leader else game.follower_slot_state)[slots]
    answers = game.follower_counts[state]
    counts = answers if leader else game.leader_counts[state]
    owner = np.repeat(np.arange(len(slots)), counts)
    within = ranges(np.zeros_like(counts), counts)
    base = game.row_offsets[state]
    if leader:
        start, stride = base + (slots - game.leader_offsets[state]) * answers, np.ones_like(answers)
    else:
        start, stride = base + slots - game.follower_offsets[state], answers
    return start[owner] + within * stride[owner], owner
