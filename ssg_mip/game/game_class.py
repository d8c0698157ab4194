"""Classes of games that are easier than others, recognised from the data alone.

Each function is a property of the numbers as they stand. Players want opposite things, or the same, if the rewards of
one are an affine function of the other's up to rounding (:mod:`ssg_mip.game.alignment`); nothing else has a tolerance.
What a class makes easy (section numbers of Bucarey et al., *Stationary strong Stackelberg
equilibrium in discounted stochastic games*, 2022, where they treat it), and what solves games of thousands of states:

=========================================  ==========================================================================
class                                      consequence
=========================================  ==========================================================================
:func:`is_myopic`                          the follower's response in a state depends on that state's mix alone:
                                           policy iteration over mixes (:mod:`ssg_mip.exact.statewise`)
:func:`moved_by_leader_alone`              what follows is the same whatever the follower answers: likewise; games of
                                           one state belong here
:func:`moved_by_follower_alone`            the follower's values are not multiplied by the leader's probabilities: a
                                           linear program for a fixed response, the search over all of them. Not easy
                                           at size: minimum vertex cover is such a game, and NP-hard
:func:`is_zero_sum`                        committing first costs nothing: Shapley's value
                                           (:mod:`ssg_mip.exact.zero_sum`)
:func:`is_team`                            one planner who picks both actions (:mod:`ssg_mip.exact.planner`)
:func:`has_silent_follower`                a Markov decision process of the leader: likewise
:func:`has_silent_leader`                  a Markov decision process of the follower: likewise
=========================================  ==========================================================================

A finite horizon is no such class: what the leader does later moves the follower now, so that backward induction is not
exact unless one of the properties above holds too.
"""

from __future__ import annotations

import math

import numpy as np

from ssg_mip.game.alignment import alignment
from ssg_mip.game.copies import same_moves
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import IntArray


def is_myopic(game: Game) -> bool:
    """Whether the follower cares about the immediate reward only."""
    return game.follower_discount == 0.0


def moved_by_follower_alone(game: Game) -> bool:
    """Whether transitions do not depend on the leader's action."""
    return _same_transitions(game, game.row_offsets[game.row_state] + game.row_follower)


def moved_by_leader_alone(game: Game) -> bool:
    """Whether transitions do not depend on the follower's action."""
    return _same_transitions(game, np.arange(game.num_rows) - game.row_follower)


def is_zero_sum(game: Game) -> bool:
    """Whether one player's reward is the other's loss, in units of its own and discounted alike."""
    found = alignment(game)
    return found is not None and found.factor < 0.0


def is_team(game: Game) -> bool:
    """Whether both players want the same, in units of their own and discounted alike."""
    found = alignment(game)
    return found is not None and found.factor > 0.0


def has_silent_follower(game: Game) -> bool:
    """Whether the follower has one action in every state."""
    return bool(np.all(game.follower_counts == 1))


def has_silent_leader(game: Game) -> bool:
    """Whether the leader has one action in every state."""
    return bool(np.all(game.leader_counts == 1))


def classes_with_equilibrium(game: Game, *, rounded: bool = False) -> tuple[str, ...]:
    """Why a stationary Stackelberg equilibrium exists, as far as the class of the game says so.

    Ties in the leader's favour. In each of these classes one policy is best in every state at once: the game is a
    zero-sum game, or a decision process of the leader in which what the follower does depends on the state's own mix
    alone.

    Parameters
    ----------
    game
        The game.
    rounded
        Whether players want the same, or opposite things, also where that is true up to rounding only: enough for
        a search, and not for existence.
    """
    aligned = rounded or _is_exact(game)
    reasons = {
        "there is one state": game.num_states == 1,
        "the game is zero-sum": aligned and is_zero_sum(game),
        "both players want the same": aligned and is_team(game),
        "the follower looks no further than the immediate reward": is_myopic(game),
        "transitions do not depend on the follower's action": moved_by_leader_alone(game),
        "the follower has no choice": has_silent_follower(game),
        "the leader has no choice": has_silent_leader(game),
    }
    return tuple(reason for reason, holds in reasons.items() if holds)


def _is_exact(game: Game) -> bool:
    """Whether the follower's rewards are the leader's times a power of two, or its opposite, to the last bit."""
    found = alignment(game)
    return (
        found is not None
        and abs(math.frexp(found.factor)[0]) == 0.5
        and np.array_equal(game.follower_rewards, found.factor * game.leader_rewards)
    )


def _same_transitions(game: Game, representative: IntArray) -> bool:
    """Whether every joint action leads where its representative row leads."""
    return bool(same_moves(game, np.arange(game.num_rows), representative).all())
