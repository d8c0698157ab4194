r"""Follower actions without which every policy of the leader is worth the same to him.

Three kinds, in this order; what the mixtures of one kind consist of may go for a later reason, and is then replaced
by the mixture that made it go.

* Copies of another action: same rewards of both players, same transitions. Under every rule for ties.
* Where ties go the leader's way: actions that are to the follower as others are, and no better to the leader. For
  every policy of his the follower may as well answer with one of those.
* Actions that are never an answer: whatever the leader does and whatever follows, a mixture of others is worth more to
  the follower. Under every rule for ties; by more than what counts as a tie (:func:`tie_thresholds`), so that an
  answer that is judged in floating point does not change either. Where ties go the leader's way one other action may
  also be the same to the follower at some leader actions, if it is no worse to the leader there: where he plays only
  those it takes the answer's place, where he plays others too it is worth more. A reward that is another's, scaled
  down, is such an action wherever the scaling costs the follower something.

None of them may go where the follower's answer must beat all others by a margin.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from ssg_mip.base.tolerances import DEFAULT_TOLERANCES, Tolerances
from ssg_mip.evaluation.best_response import Ties
from ssg_mip.evaluation.value_bounds import ValueBounds, follower_value_bounds, leader_value_bounds, tie_thresholds
from ssg_mip.game.copies import first_alike_to_follower, first_of_follower, no_worse
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.presolve.action_values import action_values
from ssg_mip.presolve.effort import Effort
from ssg_mip.presolve.frontier import Frontier, Removal
from ssg_mip.presolve.screen import FEW, screen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]

TIES = 4.0
"""Times what counts as a tie that an action must be worth less at least to be removed."""

NOISE = 1e-9
"""The same as a share of the state's largest value: far above rounding, so that exact arithmetic confirms it."""

Removals = dict[int, list[Removal]]
"""By state the actions that go, in the order in which they go."""


@dataclasses.dataclass(frozen=True, eq=False)
class Superfluous:
    """What may go from a game at once.

    Attributes
    ----------
    removals
        By state, in the order in which they go.
    copies, equals, beaten
        How many of each kind.
    bounds_used
        Whether bounds on the follower's, and on the leader's values are needed to show it.
    at_rest
        States in which nothing more would be found with tighter bounds on what follows.
    """

    removals: Removals
    copies: int
    equals: int
    beaten: int
    bounds_used: tuple[bool, bool]
    at_rest: frozenset[int]


def superfluous_answers(
    game: Game,
    ties: Ties,
    effort: Effort,
    *,
    any_values: bool,
    skipped: frozenset[int] = frozenset(),
    tolerances: Tolerances = DEFAULT_TOLERANCES,
) -> Superfluous:
    """Look for follower actions that may go.

    Parameters
    ----------
    game
        The game.
    ties
        What the follower does when indifferent.
    effort
        What may be spent.
    any_values
        Whether what is shown must hold whatever the leader's values are, as the program of policy iteration asks.
    skipped
        States that need not be looked at again.
    tolerances
        What counts as a tie.
    """
    removals: Removals = {}
    first = first_of_follower(game)
    for slot in np.flatnonzero(first != np.arange(len(first))).tolist():
        state = int(game.follower_slot_state[slot])
        start = int(game.follower_offsets[state])
        removals.setdefault(state, []).append((slot - start, ((int(first[slot]) - start, 1.0),)))
    copies = _count(removals)
    bounded = ties == "leader" and _remove_equals(game, effort, removals, any_values=any_values)
    equals = _count(removals) - copies
    looked = np.setdiff1d(np.flatnonzero(game.follower_counts > 1), sorted(skipped))
    at_rest = _remove_beaten(game, looked, ties, effort, _leads_needed(game, tolerances), removals)
    beaten = _count(removals) - copies - equals
    return Superfluous(
        removals=removals,
        copies=copies,
        equals=equals,
        beaten=beaten,
        bounds_used=(beaten > 0, bounded),
        at_rest=skipped | at_rest,
    )


def _count(removals: Removals) -> int:
    return sum(len(gone) for gone in removals.values())


def _gone(game: Game, removals: Removals) -> Mask:
    """Which follower slots have gone."""
    gone = np.zeros(int(game.follower_offsets[-1]), dtype=bool)
    for state, removed in removals.items():
        gone[int(game.follower_offsets[state]) + np.array([action for action, _ in removed])] = True
    return gone


def _left(game: Game, state: int, removals: Removals) -> IntArray:
    """The actions of a state that have not gone."""
    gone = [action for action, _ in removals.get(state, ())]
    return np.delete(np.arange(int(game.follower_counts[state])), gone)


def _renumbered(removed: list[Removal], actions: IntArray) -> Iterator[Removal]:
    """Removals among some actions, in the numbers of the state."""
    for action, by in removed:
        yield int(actions[action]), tuple((int(actions[one]), share) for one, share in by)


# ------------------------------------------------------------------ the same to the follower


def _remove_equals(game: Game, effort: Effort, removals: Removals, *, any_values: bool) -> bool:
    """Remove what is the same to the follower and no better to the leader; whether bounds on his values show that."""
    first, bounded = first_alike_to_follower(game), False
    slots = np.flatnonzero(~_gone(game, removals))
    slots = slots[np.lexsort((slots, first[slots]))]
    edges = np.flatnonzero(np.diff(first[slots], prepend=-1, append=-1))
    for begin, end in itertools.pairwise(edges.tolist()):
        if end - begin > 1:
            effort.checkpoint()
            bounded |= _remove_worse(game, slots[begin:end], effort, removals, any_values=any_values)
    return bounded


def _remove_worse(game: Game, slots: IntArray, effort: Effort, removals: Removals, *, any_values: bool) -> bool:
    """Of actions that are the same to the follower, remove those that are no better to the leader than others."""
    state = int(game.follower_slot_state[slots[0]])
    actions = slots - int(game.follower_offsets[state])
    bounds = leader_value_bounds(game) if game.follower_discount == 0.0 else None
    values = action_values(game, state, actions, bounds, leader=True)
    if values is None or (any_values and not values.by_rewards):
        return False
    frontier = Frontier(values, NOISE * _size(values.middle, bounds), effort, exactly=True)
    frontier.reduce()
    if frontier.removed:
        removals.setdefault(state, []).extend(_renumbered(frontier.removed, actions))
    return bool(frontier.removed) and not values.by_rewards


def _size(middle: FloatArray, bounds: ValueBounds | None) -> float:
    size = float(np.abs(middle).max())
    return size if bounds is None else size + float(np.abs([bounds.lower, bounds.upper]).max())


# ------------------------------------------------------------------ never an answer


def _remove_beaten(
    game: Game, looked: IntArray, ties: Ties, effort: Effort, needed: FloatArray, removals: Removals
) -> set[int]:
    """Remove actions that are never an answer, and say in which states bounds play no part."""
    bounds = follower_value_bounds(game)
    few = game.follower_counts[looked] <= FEW
    found = screen(game, looked[few], _gone(game, removals), bounds, needed, forgiving=ties == "leader")
    for state, removed in found.removed.items():
        removals.setdefault(state, []).extend(removed)
    at_rest = found.at_rest - found.hopeful
    for state in [*looked[~few].tolist(), *sorted(found.hopeful)]:
        effort.checkpoint()
        actions = _left(game, state, removals)
        values = action_values(game, state, actions, bounds, leader=False)
        if values is not None and len(actions) > 1:
            forgiven = _forgiven(game, state, actions) if ties == "leader" else None
            frontier = Frontier(values, float(needed[state]), effort, forgiven=forgiven)
            frontier.reduce()
            if frontier.removed:
                removals.setdefault(state, []).extend(_renumbered(frontier.removed, actions))
            if values.moves is None:
                at_rest.add(state)
    return at_rest


def _forgiven(game: Game, state: int, actions: IntArray) -> Callable[[int, IntArray], Mask]:
    """Where an action is the same to the follower as others and no worse to the leader."""
    count = int(game.leader_counts[state])
    rows = np.arange(int(game.row_offsets[state]), int(game.row_offsets[state + 1])).reshape(count, -1)[:, actions]

    def forgiven(action: int, others: IntArray) -> Mask:
        partners = rows[:, others]
        mine = np.broadcast_to(rows[:, [action]], partners.shape)
        return no_worse(game, mine.ravel(), partners.ravel()).reshape(partners.shape)

    return forgiven


def _leads_needed(game: Game, tolerances: Tolerances) -> FloatArray:
    """By how much an action must be worth less than a mixture in each state."""
    bounds = follower_value_bounds(game)
    rewards = np.maximum.reduceat(np.abs(game.follower_rewards), game.row_offsets[:-1])
    values = np.maximum(np.abs(bounds.lower), np.abs(bounds.upper))
    reach = np.repeat(game.row_state, np.diff(game.indptr))
    largest = np.zeros(game.num_states)
    np.maximum.at(largest, reach, values[game.successors])
    needed: FloatArray = np.maximum(
        TIES * tie_thresholds(game, tolerances), NOISE * (rewards + game.follower_discount * largest)
    )
    return needed
