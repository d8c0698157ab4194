r"""The stage games of all states at once, by listing the vertices of their linear programs in arrays.

Where column ``b`` is a best response the leader's mixes are a polytope, and a linear function is largest at one of its
vertices (:func:`ssg_mip.exact.stage_operator.stage.stage_program`). A vertex with ``k`` rows in its support has ``k``
columns that are worth the same, so it solves ``k`` equations in ``k`` unknowns: of ``A`` rows and ``B`` columns there
are ``binom(A + B, A) - 1`` candidates (with 4 x 4 actions 69), the same for all columns. Their solutions are cofactors
of matrices of differences, which arrays compute for thousands of states at once.

A candidate that is no vertex is harmless: it is a mix like any other, and what the follower answers to it counts. Ties
are decided as in :class:`~ssg_mip.exact.stage_operator.stage.StageSolver`, by the same tolerances. States whose
equations are nearly dependent, where a vertex that matters may be missed, and those with too many candidates go to the
linear programs.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ssg_mip.base.deadline import Checkpoint, unhurried
from ssg_mip.base.tolerances import ROUNDING, TIGHTEST
from ssg_mip.exact.stage_operator.stage import StageSolver
from ssg_mip.game.game import Game
from ssg_mip.game.shapes import Shape, shapes_of
from ssg_mip.numerics.array_types import FloatArray, IntArray

MOST_VERTICES = 1_000
"""Candidates of a stage game that are listed: 6 x 6 actions have 923."""

CHUNK = 500_000
"""Numbers in the largest array that is built at once: the candidates' probabilities of some states."""

INDEPENDENT = 1e-4
"""Determinant, relative to the lengths of the rows, from which equations are solved well enough for ties."""

DEPENDENT = 1e-12
"""Relative determinant below which equations are dependent, and their solution is no vertex."""

NEARLY = 1e-3
"""What is taken for feasible where equations are nearly dependent, in probabilities and relative to the payoffs."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class StageEquilibria:
    """Equilibria of ``n`` stage games of the same shape.

    Attributes
    ----------
    mixes
        The leader's mixes, ``[n, A]``.
    follower_actions
        The follower's columns, ``[n]``.
    leader_payoffs, follower_payoffs
        What both get, ``[n]``.
    candidates
        Which candidate each mix is, ``[n]``: its place in :func:`vertices`.
    certain
        Whether the linear programs would say the same, ``[n]``.
    """

    mixes: FloatArray
    follower_actions: IntArray
    leader_payoffs: FloatArray
    follower_payoffs: FloatArray
    candidates: IntArray
    certain: NDArray[np.bool_]


@cache
def vertices(rows: int, columns: int, *, mixed: bool = True) -> tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]:
    """The candidates of a shape: pairs of as many rows in the support as columns that are worth the same there."""
    largest = min(rows, columns) if mixed else 1
    return tuple(
        (support, tied)
        for size in range(1, largest + 1)
        for support in itertools.combinations(range(rows), size)
        for tied in itertools.combinations(range(columns), size)
    )


def num_vertices(rows: int, columns: int) -> int:
    """How many candidates :func:`vertices` lists where the leader mixes."""
    return math.comb(rows + columns, rows) - 1


def solve_stages(
    leader: FloatArray, follower: FloatArray, *, mixed: bool = True, kindness: float = 1.0
) -> StageEquilibria:
    """The strong Stackelberg equilibria of games with payoffs ``[n, A, B]``.

    Parameters
    ----------
    leader, follower
        Payoffs.
    mixed
        Whether the leader may mix.
    kindness
        1 if the leader decides its ties for the follower, -1 against it.
    """
    games, rows, columns = leader.shape
    step = max(1, CHUNK // (len(vertices(rows, columns, mixed=mixed)) * max(rows, columns)))
    parts = [
        _solved(leader[first : first + step], follower[first : first + step], mixed, kindness)
        for first in range(0, games, step)
    ]
    return StageEquilibria(
        **{
            field.name: np.concatenate([getattr(part, field.name) for part in parts])
            for field in dataclasses.fields(StageEquilibria)
        }
    )


def _solved(leader: FloatArray, follower: FloatArray, mixed: bool, kindness: float) -> StageEquilibria:
    scale = 1.0 + np.maximum(np.abs(leader).max(axis=(1, 2)), np.abs(follower).max(axis=(1, 2)))
    mixes, quality = _candidates(follower, scale, mixed)
    answers = mixes @ follower
    best_answer = answers.max(axis=2, keepdims=True)
    tied = answers >= best_answer - (TIGHTEST * scale)[:, None, None]
    earned = mixes @ leader
    usable = tied & (quality >= INDEPENDENT)[:, :, None]
    worth = np.where(usable, earned, -np.inf).reshape(len(leader), -1)
    place = _first_of_best(worth, answers.reshape(worth.shape), ROUNDING * scale, kindness, leader.shape[2])
    here = np.arange(len(leader))
    candidate, column = np.divmod(place, leader.shape[2])
    nearly = answers >= best_answer - (NEARLY * scale)[:, None, None]
    shaky = nearly & ((quality > DEPENDENT) & (quality < INDEPENDENT))[:, :, None]
    gain = np.where(shaky, earned, -np.inf).max(axis=(1, 2)) - worth[here, place]
    return StageEquilibria(
        mixes=mixes[here, candidate],
        follower_actions=column,
        leader_payoffs=worth[here, place],
        follower_payoffs=answers[here, candidate, column],
        candidates=candidate,
        certain=gain < -NEARLY * scale,
    )


def _first_of_best(worth: FloatArray, given: FloatArray, noise: FloatArray, kindness: float, columns: int) -> IntArray:
    """The best place of each row of ``worth``: for the leader, then by the tie rule, then by column, then the first."""
    best = worth >= worth.max(axis=1, keepdims=True) - noise[:, None]
    wish = np.where(best, kindness * given, -np.inf)
    settled = wish >= wish.max(axis=1, keepdims=True) - noise[:, None]
    column = np.where(settled, np.arange(worth.shape[1]) % columns, columns)
    first: IntArray = column.argmin(axis=1)
    return first


def _candidates(follower: FloatArray, scale: FloatArray, mixed: bool) -> tuple[FloatArray, FloatArray]:
    """Mixes ``[n, m, A]`` of all candidates, and how independent the equations of each are, ``[n, m]``.

    The quality is 1 of pure mixes, and 0 where a probability is negative or the equations are dependent.
    """
    games, rows, columns = follower.shape
    listed = vertices(rows, columns, mixed=mixed)
    mixes, quality = np.zeros((games, len(listed), rows)), np.ones((games, len(listed)))
    first = 0
    for support, ties in _by_support(rows, columns, mixed):
        block = slice(first, first + len(ties))
        first += len(ties)
        solution, quality[:, block] = _indifferent(follower[:, support, :], ties, scale)
        for place, row in enumerate(support):
            mixes[:, block, row] = solution[:, :, place]
    return mixes, quality


@cache
def _by_support(rows: int, columns: int, mixed: bool) -> tuple[tuple[tuple[int, ...], IntArray], ...]:
    """The supports, each with the sets of columns ``[m, k]`` that are tied there, in the order of the candidates."""
    listed = itertools.groupby(vertices(rows, columns, mixed=mixed), key=lambda one: one[0])
    return tuple((support, np.array([tied for _, tied in group])) for support, group in listed)


def _indifferent(payoffs: FloatArray, ties: IntArray, scale: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mixes ``[n, m, k]`` of ``k`` rows to which the columns of each set ``[m, k]`` are worth the same; their quality.

    ``payoffs`` are the follower's in these rows, ``[n, k, B]``.
    """
    if payoffs.shape[1] == 1:
        shape = len(payoffs), len(ties)
        return np.ones((*shape, 1)), np.ones(shape)
    tied = payoffs[:, :, ties]
    differences = np.moveaxis(tied[..., 1:] - tied[..., :1], 1, 3)  # [n, m, k - 1, k]
    raw = _cofactors(differences)
    lengths = np.linalg.norm(differences, axis=3)
    alike = lengths.min(axis=2) <= (TIGHTEST * scale)[:, None]
    total = raw.sum(axis=2)
    with np.errstate(all="ignore"):
        quality = np.nan_to_num(np.abs(total) / lengths.prod(axis=2))
        mixes = np.nan_to_num(raw / total[:, :, None])
    allowed = np.where(quality >= INDEPENDENT, TIGHTEST, NEARLY)
    inside = (quality > 0.0) & (mixes.min(axis=2) >= -allowed)
    mixes = np.where(inside[:, :, None], np.maximum(mixes, 0.0), 1.0 / mixes.shape[2])
    mixes /= mixes.sum(axis=2, keepdims=True)
    return mixes, np.where(inside & ~alike, quality, 0.0)


def _cofactors(matrix: FloatArray) -> FloatArray:
    """A vector orthogonal to the ``k - 1`` rows of each matrix ``[..., k - 1, k]``: its signed minors."""
    size = matrix.shape[-1]
    keep = [[column for column in range(size) if column != left_out] for left_out in range(size)]
    minors = [(-1.0) ** place * _determinant(matrix[..., columns]) for place, columns in enumerate(keep)]
    return np.stack(minors, axis=-1)


def _determinant(matrix: FloatArray) -> FloatArray:
    size = matrix.shape[-1]
    if size > 3:
        by_factors: FloatArray = np.linalg.det(matrix)
        return by_factors
    entry = np.moveaxis(matrix, (-2, -1), (0, 1))
    determinant: FloatArray
    if size == 1:
        determinant = entry[0, 0]
    elif size == 2:
        determinant = entry[0, 0] * entry[1, 1] - entry[0, 1] * entry[1, 0]
    else:
        determinant = np.zeros(entry.shape[2:])
        for a, b, c in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
            determinant += entry[0, a] * (entry[1, b] * entry[2, c] - entry[1, c] * entry[2, b])
    return determinant


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class StageSolution:
    """The equilibria of the stage games of all states.

    Attributes
    ----------
    mixes
        Probabilities per leader slot.
    follower_actions
        Column per state.
    leader_payoffs, follower_payoffs
        What both get, per state.
    prices
        Per follower slot, by how much the leader's payoff would rise if that action were worth one unit less to the
        follower beside the chosen one: the multiplier of its row. 0 where a linear program has found the mix.
    """

    mixes: FloatArray
    follower_actions: IntArray
    leader_payoffs: FloatArray
    follower_payoffs: FloatArray
    prices: FloatArray


class BatchedStages:
    """Solves the stage games of all states of a game, those of the same shape together.

    Parameters
    ----------
    game
        The game.
    solver
        Solves those by linear programs that are not listed; its leader mixes or not, and decides ties, as asked here.
    mixed, kindness
        As in :func:`solve_stages`.
    """

    def __init__(self, game: Game, solver: StageSolver, *, mixed: bool = True, kindness: float = 1.0) -> None:
        self._game, self._solver = game, solver
        self._mixed, self._kindness = mixed, kindness
        self._shapes = shapes_of(game)

    def solve(
        self, leader: FloatArray, follower: FloatArray, checkpoint: Checkpoint = unhurried, *, priced: bool = False
    ) -> StageSolution:
        """The equilibria for payoffs of all joint actions, ``[num_rows]`` each.

        Parameters
        ----------
        leader, follower
            Payoffs.
        checkpoint
            Called now and then; what it raises ends the work.
        priced
            Whether prices are asked for.
        """
        game = self._game
        found = StageSolution(
            mixes=np.zeros(int(game.leader_offsets[-1])),
            follower_actions=np.zeros(game.num_states, dtype=np.int64),
            leader_payoffs=np.zeros(game.num_states),
            follower_payoffs=np.zeros(game.num_states),
            prices=np.zeros(int(game.follower_offsets[-1])),
        )
        for shape in self._shapes:
            checkpoint()
            by_program = self._list(shape, leader[shape.rows], follower[shape.rows], found, priced)
            for place in by_program.tolist():
                checkpoint()
                rows = shape.rows[place]
                self._solve_one(int(shape.states[place]), leader[rows], follower[rows], found)
        return found

    def _list(
        self, shape: Shape, leader: FloatArray, follower: FloatArray, found: StageSolution, priced: bool
    ) -> IntArray:
        """Solve the games of a shape by their vertices; which places are left to linear programs."""
        game, (rows, columns) = self._game, shape.actions
        if self._mixed and num_vertices(rows, columns) > MOST_VERTICES:
            return np.arange(len(shape.states))
        solved = solve_stages(leader, follower, mixed=self._mixed, kindness=self._kindness)
        found.mixes[_slots(game.leader_offsets, shape.states, rows)] = solved.mixes
        found.follower_actions[shape.states] = solved.follower_actions
        found.leader_payoffs[shape.states] = solved.leader_payoffs
        found.follower_payoffs[shape.states] = solved.follower_payoffs
        if priced:
            slots = _slots(game.follower_offsets, shape.states, columns)
            found.prices[slots] = _prices(leader, follower, solved)
        return np.flatnonzero(~solved.certain)

    def _solve_one(self, state: int, leader: FloatArray, follower: FloatArray, found: StageSolution) -> None:
        own, one = self._game.leader_offsets, self._solver.solve(leader, follower)
        found.mixes[own[state] : own[state + 1]] = one.mix
        found.follower_actions[state] = one.follower_action
        found.leader_payoffs[state], found.follower_payoffs[state] = one.leader_payoff, one.follower_payoff
        answers = self._game.follower_offsets
        found.prices[answers[state] : answers[state + 1]] = 0.0


def _slots(offsets: IntArray, states: IntArray, actions: int) -> IntArray:
    """Where the actions of states with equally many stand, ``[n, actions]``."""
    found: IntArray = offsets[states][:, None] + np.arange(actions)
    return found


def _prices(leader: FloatArray, follower: FloatArray, solved: StageEquilibria) -> FloatArray:
    """Multipliers ``[n, B]`` of the rows that make the chosen columns best responses, at the chosen vertices."""
    games, rows, columns = leader.shape
    prices = np.zeros((games, columns))
    listed = vertices(rows, columns)
    for candidate in np.unique(solved.candidates).tolist():
        support, tied = listed[candidate]
        here = np.flatnonzero(solved.candidates == candidate)
        chosen = solved.follower_actions[here]
        known = np.isin(chosen, tied)
        here, chosen = here[known], chosen[known]
        if len(support) == 1 or not len(here):
            continue
        game, others = here[:, None, None], np.array([[b for b in tied if b != own] for own in chosen])
        place = np.array(support)[None, :, None]
        advantage = follower[game, place, chosen[:, None, None]] - follower[game, place, others[:, None, :]]
        system = np.concatenate((np.ones((len(here), len(support), 1)), advantage), axis=2)
        worth = leader[here[:, None], np.array(support)[None, :], chosen[:, None]]
        multipliers = np.linalg.solve(system, worth[:, :, None])[:, 1:, 0]
        prices[here[:, None], others] = np.maximum(0.0, -multipliers)
    return prices
