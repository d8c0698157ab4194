r"""States without a choice for the leader that are as another one is: bisimulation, where it loses nothing.

Blocks of states are refined until any two states of a block have, answer by answer, the same rewards and lead to every
block with the same probability (Givan, Dean & Greig, *Equivalence notions and model minimization in Markov decision
processes*, 2003). States in which the leader has a choice are blocks of their own from the start: he may treat states
that are alike differently, and the follower's answers elsewhere may depend on that. Two states of a block without a
choice have then the same values under every policy of the leader, and the same answers.

Only such states are merged whose added probabilities are floats, in every row that leads to several of them, so that
the smaller game is exactly the game that is meant.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from ssg_mip.base.deadline import Checkpoint
from ssg_mip.game.copies import Fingerprints, bits, stirred, summed
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray, IntArray

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]

MOST_SWEEPS = 200
"""Refinements; chains of more states are left as they are."""

MOST_TRIES = 5
"""How often states are set apart because their probabilities cannot be added exactly."""

MOST_COMPARED = 200_000
"""Transitions that are looked at in fractions."""


def states_alike(game: Game, checkpoint: Checkpoint) -> tuple[tuple[int, int], ...]:
    """States that can be merged into an earlier one, with that one."""
    mergeable = game.leader_counts == 1
    for _ in range(MOST_TRIES):
        if int(mergeable.sum()) < 2:
            return ()
        first = _first_of_block(game, mergeable, checkpoint)
        wrong = _cannot_be_added(game, first, checkpoint)
        if wrong is None:
            return ()
        if not wrong:
            merged = np.flatnonzero(first != np.arange(len(first))).tolist()
            return tuple((s, int(first[s])) for s in merged) if merged and _stays_as_added(game, first) else ()
        mergeable = mergeable & ~np.isin(np.arange(game.num_states), list(wrong))
    return ()


def _first_of_block(game: Game, mergeable: Mask, checkpoint: Checkpoint) -> IntArray:
    """For each state the first one of its block; itself where the refinement takes too long."""
    number = np.arange(game.num_states)
    rows = mergeable[game.row_state]
    rewards = stirred(bits(game.leader_rewards) + stirred(bits(game.follower_rewards)))
    answers = stirred(game.row_follower.astype(np.uint64))
    look = summed(stirred(rewards + answers)[rows], game.row_state[rows], game.num_states)
    first = _grouped(np.where(mergeable, 0, 1 + number), look)
    for _ in range(MOST_SWEEPS):
        checkpoint()
        moves = _moves_to_blocks(game, first, rows)
        look = summed(stirred(moves + answers)[rows], game.row_state[rows], game.num_states)
        finer = _grouped(first, look)
        if np.array_equal(finer, first):
            return first
        first = finer
    return number


def _grouped(blocks: IntArray, look: Fingerprints) -> IntArray:
    """Blocks in which states look alike, each named after its first state."""
    number = np.arange(len(blocks))
    order = np.lexsort((number, look, blocks))
    new = np.ones(len(blocks), dtype=bool)
    new[1:] = (blocks[order][1:] != blocks[order][:-1]) | (look[order][1:] != look[order][:-1])
    first = np.empty_like(number)
    first[order] = order[np.maximum.accumulate(np.where(new, number, 0))]
    return first


def _moves_to_blocks(game: Game, first: IntArray, rows: Mask) -> Fingerprints:
    """A number for each row, the same for rows that lead to every block with the same probability."""
    lengths = np.diff(game.indptr)
    entries = np.flatnonzero(np.repeat(rows, lengths) & (game.probabilities > 0.0))
    row, block = np.repeat(np.arange(game.num_rows), lengths)[entries], first[game.successors[entries]]
    order = np.lexsort((game.probabilities[entries], block, row))
    row, block, probability = row[order], block[order], game.probabilities[entries][order]
    start = np.flatnonzero((np.diff(row, prepend=-1) != 0) | (np.diff(block, prepend=-1) != 0))
    total: FloatArray = np.add.reduceat(probability, start)
    return summed(stirred(bits(total) + stirred(block[start].astype(np.uint64))), row[start], game.num_rows)


def _cannot_be_added(game: Game, first: IntArray, checkpoint: Checkpoint) -> set[int] | None:
    """States that must stay apart because fractions do not confirm what floats say; ``None`` if that is too much."""
    lengths = np.diff(game.indptr)
    merged = first != np.arange(len(first))
    shared = np.bincount(first, minlength=len(first)) > 1
    entry_row = np.repeat(np.arange(game.num_rows), lengths)
    several = np.bincount(entry_row, shared[first[game.successors]], game.num_rows) > 1.0
    rows = np.flatnonzero(several | merged[game.row_state])
    if int(lengths[rows].sum()) > MOST_COMPARED:
        return None
    wrong: set[int] = set()
    for number, row in enumerate(rows.tolist()):
        if number % 1000 == 0:
            checkpoint()
        state = int(game.row_state[row])
        wrong.update(_inexact(game, row, first))
        if merged[state]:
            other = int(game.row_offsets[first[state]]) + int(game.row_follower[row])
            if not _same(game, row, other, first):
                wrong.add(state)
    return wrong


def _to_blocks(game: Game, row: int, first: IntArray) -> Mapping[int, Fraction]:
    found: dict[int, Fraction] = {}
    for target, probability in zip(*game.next_states(row), strict=True):
        if probability > 0.0:
            block = int(first[target])
            found[block] = found.get(block, Fraction(0)) + Fraction(float(probability))
    return found


def _inexact(game: Game, row: int, first: IntArray) -> list[int]:
    """Successors of a row in blocks to which it leads with a probability that is no float."""
    wrong = {block for block, total in _to_blocks(game, row, first).items() if Fraction(float(total)) != total}
    return [int(target) for target in game.next_states(row)[0].tolist() if int(first[target]) in wrong]


def _same(game: Game, row: int, other: int, first: IntArray) -> bool:
    """Whether two rows have the same rewards and lead to the same blocks, in exact numbers."""
    mine, theirs = _to_blocks(game, row, first), _to_blocks(game, other, first)
    total, their_total = sum(mine.values()), sum(theirs.values())
    return (
        game.leader_rewards[row] == game.leader_rewards[other]
        and game.follower_rewards[row] == game.follower_rewards[other]
        and mine.keys() == theirs.keys()
        and all(share * their_total == theirs[block] * total for block, share in mine.items())
    )


def redirected(game: Game, target: IntArray) -> Game:
    """A game in which what led to a state leads to ``target`` of it, and starts there; none leads to others."""
    indptr, successors, probabilities = _redirected_moves(game, target)
    return game.replace(
        indptr=indptr,
        successors=successors,
        probabilities=probabilities,
        initial=np.bincount(target, game.initial, game.num_states),
        known=None,
    )


def _redirected_moves(game: Game, target: IntArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Transitions in compressed rows."""
    moved = target[game.successors]
    row = np.repeat(np.arange(game.num_rows), np.diff(game.indptr))
    order = np.lexsort((moved, row))
    row, moved, probability = row[order], moved[order], game.probabilities[order]
    start = np.flatnonzero((np.diff(row, prepend=-1) != 0) | (np.diff(moved, prepend=-1) != 0))
    total = np.add.reduceat(probability, start)
    ends = np.append(start[1:], len(row))
    for place in np.flatnonzero(ends - start > 2).tolist():
        total[place] = math.fsum(probability[start[place] : ends[place]])
    counts = np.bincount(row[start], minlength=game.num_rows)
    return np.concatenate((np.zeros(1, np.int64), np.cumsum(counts))), moved[start], total


def _stays_as_added(game: Game, first: IntArray) -> bool:
    """Whether the smaller game takes the added probabilities as they are, and does not divide them by their sum."""
    return np.array_equal(redirected(game, first).probabilities, _redirected_moves(game, first)[2])
