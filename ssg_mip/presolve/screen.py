"""Superfluous follower actions of states with few of them: all states at once, without linear programs.

An action is compared with every other one and with every mixture of two. Where the leader has two actions, or the
follower three, no other mixture can do better: shares with the largest least lead need no more actions than the
leader has.
"""

from __future__ import annotations

import dataclasses
import itertools
from typing import TYPE_CHECKING

import numpy as np

from ssg_mip.evaluation.mdp import transition_matrix
from ssg_mip.evaluation.value_bounds import ValueBounds
from ssg_mip.game.copies import no_worse
from ssg_mip.game.game import Game
from ssg_mip.game.shapes import Shape, shapes_of
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.presolve.frontier import Mixture, Removal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]

FEW = 8
"""Follower actions of a state that are few."""

LARGEST_CHUNK = 4_000_000
"""Numbers in the largest array."""


@dataclasses.dataclass(frozen=True, eq=False)
class Screened:
    """What was found in some states.

    Attributes
    ----------
    removed
        By state, in the order in which they go.
    hopeful
        States in which a mixture of more than two actions may still be worth more than an action that is left.
    at_rest
        States in which nothing depends on the bounds.
    """

    removed: dict[int, list[Removal]]
    hopeful: set[int]
    at_rest: set[int]


def screen(
    game: Game, states: IntArray, gone: Mask, bounds: ValueBounds, tolerances: FloatArray, *, forgiving: bool
) -> Screened:
    """Look at some states, each with at most :data:`FEW` follower actions.

    Parameters
    ----------
    game
        The game.
    states
        Which states.
    gone
        Follower slots that are not there any more.
    bounds
        On the follower's values.
    tolerances
        By how much a mixture must be worth more, shape ``[num_states]``.
    forgiving
        Whether an action need not be worth more than another one at leader actions at which it is the same to the
        follower and no worse to the leader.
    """
    found = Screened({}, set(), set())
    worth = game.follower_rewards + game.follower_discount * (
        transition_matrix(game) @ (0.5 * bounds.lower + 0.5 * bounds.upper)
    )
    half = game.follower_discount * np.maximum(0.5 * bounds.upper - 0.5 * bounds.lower, 0.0)
    for shape in shapes_of(game, states):
        leader, follower = shape.actions
        if follower > 1:
            for part in shape.parts(max(1, LARGEST_CHUNK // (leader * follower**3))):
                _look_at(game, part, gone, (worth, half), tolerances[part.states], found, forgiving=forgiving)
    return found


def _look_at(
    game: Game,
    shape: Shape,
    gone: Mask,
    values: tuple[FloatArray, FloatArray],
    tolerances: FloatArray,
    found: Screened,
    *,
    forgiving: bool,
) -> None:
    worth, half = values
    states, rows = shape.states, shape.rows
    q = worth[rows]
    doubt = _doubts(game, rows, half)
    leads = q[:, :, None, :] - q[:, :, :, None] - doubt
    found.at_rest.update(states[~np.any(doubt, axis=(1, 2, 3))].tolist())
    leads[:, :, np.arange(leads.shape[2]), np.arange(leads.shape[2])] = -np.inf
    left = ~gone[game.follower_offsets[states][:, None] + np.arange(q.shape[2])]
    leads[np.broadcast_to(~left[:, None, None, :], leads.shape)] = -np.inf
    removed: dict[tuple[int, int], list[Mixture]] = {}
    for place, action, other in np.argwhere(_beaten(game, rows, leads, tolerances, forgiving=forgiving)).tolist():
        removed.setdefault((place, action), []).append(((other, 1.0),))
    _mixtures(leads, tolerances, removed)
    mean, mine = q.mean(axis=1), game.leader_rewards[rows].mean(axis=1)
    worst_first = sorted(removed, key=lambda one: (one[0], mean[one], mine[one]))
    for place, action in worst_first:
        by = next((mix for mix in removed[place, action] if all(left[place, c] for c, _ in mix)), None)
        if by is not None and left[place, action]:
            left[place, action] = False
            found.removed.setdefault(int(states[place]), []).append((action, by))
    if q.shape[1] > 2 and q.shape[2] > 3:
        promising = np.all(leads.max(axis=3) > tolerances[:, None, None], axis=1) & left
        found.hopeful.update(states[promising.any(axis=1)].tolist())


def _beaten(game: Game, rows: IntArray, leads: FloatArray, tolerances: FloatArray, *, forgiving: bool) -> Mask:
    """Whether an action is beaten by another one, ``[states, actions, others]``."""
    needed = tolerances[:, None, None]
    beaten: Mask = leads.min(axis=1) > needed
    if not forgiving:
        return beaten
    close = ~beaten & (leads.min(axis=1) > -needed)
    states, actions, others = np.nonzero(close)
    doubted = leads[states, :, actions, others] <= tolerances[states][:, None]
    pair, leader = np.nonzero(doubted)
    better, worse = rows[states[pair], leader, others[pair]], rows[states[pair], leader, actions[pair]]
    fails = np.bincount(pair, ~no_worse(game, better, worse), len(states)) > 0.0
    beaten[states[~fails], actions[~fails], others[~fails]] = True
    return beaten


def _mixtures(leads: FloatArray, tolerances: FloatArray, removed: dict[tuple[int, int], list[Mixture]]) -> None:
    """Add the mixtures of two that are worth more than an action."""
    for first, second in itertools.combinations(range(leads.shape[3]), 2):
        shares = _shares(leads[..., first], leads[..., second], tolerances)
        for place, action in np.argwhere(~np.isnan(shares)).tolist():
            share = float(shares[place, action])
            removed.setdefault((place, action), []).append(((first, share), (second, 1.0 - share)))


def _shares(first: FloatArray, second: FloatArray, tolerances: FloatArray) -> FloatArray:
    """The share of the first of two actions with which both are worth more, ``[states, actions]``; NaN for none."""
    with np.errstate(invalid="ignore", divide="ignore"):
        needed = (tolerances[:, None, None] - second) / (first - second)
        least = np.where(first > second, needed, 0.0).max(axis=1)
        most = np.where(first < second, needed, 1.0).min(axis=1)
        share = 0.5 * (np.maximum(least, 0.0) + np.minimum(most, 1.0))
        mixed = share[:, None] * first + (1.0 - share[:, None]) * second
        works = (share > 0.0) & (share < 1.0) & (mixed.min(axis=1) > tolerances[:, None])
    return np.where(works, share, np.nan)


def _doubts(game: Game, rows: IntArray, half: FloatArray) -> FloatArray:
    """``|p(s, a, c) - p(s, a, b)| half`` as ``[states, leader actions, b, c]``."""
    follower = rows.shape[2]
    doubt = np.zeros((*rows.shape, follower))
    if not half.any():
        return doubt
    matrix = transition_matrix(game)
    for first, second in itertools.combinations(range(follower), 2):
        pair = _distances(matrix, rows[..., first].ravel(), rows[..., second].ravel(), half).reshape(rows.shape[:2])
        doubt[..., first, second] = doubt[..., second, first] = pair
    return doubt


def _distances(matrix: object, rows: IntArray, others: IntArray, half: FloatArray) -> FloatArray:
    if not isinstance(matrix, np.ndarray):
        found: FloatArray = abs(matrix[rows] - matrix[others]) @ half  # type: ignore[index]
        return found
    pieces = np.array_split(np.arange(len(rows)), 1 + len(rows) * len(half) // LARGEST_CHUNK)
    return np.concatenate([np.abs(matrix[rows[piece]] - matrix[others[piece]]) @ half for piece in pieces])
