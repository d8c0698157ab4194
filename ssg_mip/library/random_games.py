"""Random games from a seed: the usual test bed for search methods.

Rewards of both players are uniform on ``[-1, 1]`` and independent. Every joint action moves to ``successors`` distinct
states, chosen uniformly, with probabilities uniform on the simplex. Only uniform numbers, sorting and differences are
used, so that a seed means the same game on every machine.
"""

from __future__ import annotations

import numpy as np

from ssg_mip.errors import OptionError
from ssg_mip.game.game import Game
from ssg_mip.game.validation import check_whole
from ssg_mip.numerics.array_types import IntArray

SOURCE = "ssg_mip.library.random_game"
"""Where this generator stood when its first instances were written; it is part of their files."""

MOST_TRANSITIONS = 10**8
"""Of a game that is drawn: some gigabytes."""


def random_game(
    seed: int = 0,
    states: int = 3,
    leader_actions: int = 2,
    follower_actions: int = 2,
    successors: int = 2,
    leader_discount: float = 0.9,
    follower_discount: float = 0.9,
) -> Game:
    """The game of a seed, with the same number of actions in every state; the start is uniform.

    Raises
    ------
    OptionError
        If a size is no whole number of at least 1, the seed none of at least 0, or there are more successors than
        states.
    InvalidGameError
        If a discount is outside ``[0, 1)``.
    """
    sizes = {"states": states, "leader_actions": leader_actions, "follower_actions": follower_actions}
    for label, size in {**sizes, "successors": successors}.items():
        check_whole(size, label)
    check_whole(seed, "seed", least=0)
    if successors > states:
        raise OptionError(f"successors is {successors}; it must be at most the number of states, {states}")
    if states * leader_actions * follower_actions * successors > MOST_TRANSITIONS:
        raise OptionError(
            f"states is {states}; with {leader_actions} x {follower_actions} actions and {successors} successors the "
            f"game has more than {MOST_TRANSITIONS:,} transitions: make it smaller"
        )
    rng = np.random.default_rng(seed)
    rows = states * leader_actions * follower_actions
    rewards = 2.0 * rng.random((2, rows)) - 1.0
    chosen = _distinct(rng, rows, states, successors)
    # The gaps between sorted uniform numbers are uniform on the simplex, and differences are portable.
    cuts = np.sort(rng.random((rows, successors - 1)), axis=1)
    gaps = np.diff(cuts, axis=1, prepend=np.zeros((rows, 1)), append=np.ones((rows, 1)))
    return Game(
        name=f"random {states}x{leader_actions}x{follower_actions}, seed {seed}",
        source=SOURCE,
        state_names=tuple(f"s{index}" for index in range(states)),
        leader_actions=(tuple(f"a{index}" for index in range(leader_actions)),) * states,
        follower_actions=(tuple(f"b{index}" for index in range(follower_actions)),) * states,
        indptr=np.arange(rows + 1) * successors,
        successors=chosen.ravel(),
        probabilities=gaps.ravel(),
        leader_rewards=rewards[0],
        follower_rewards=rewards[1],
        leader_discount=leader_discount,
        follower_discount=follower_discount,
        initial=np.full(states, 1.0 / states),
    )


def garnet(
    states: int = 100,
    seed: int = 0,
    *,
    actions: int = 4,
    successors: int = 5,
    leader_discount: float = 0.9,
    follower_discount: float = 0.9,
) -> Game:
    """A random game as :func:`random_game` draws it, with as many actions of both players and five successors.

    Named after the generator of Archibald, McKinnon and Thomas (1995), whose random processes have such a number of
    states, actions and successors ("branching").

    Raises
    ------
    OptionError, InvalidGameError
        As :func:`random_game`.
    """
    for label, size in {"states": states, "actions": actions, "successors": successors}.items():
        check_whole(size, label)
    return random_game(seed, states, actions, actions, min(successors, states), leader_discount, follower_discount)


def _distinct(rng: np.random.Generator, rows: int, states: int, count: int) -> IntArray:
    """``count`` distinct states per row, rising, every set equally likely; memory proportional to the result."""
    chosen = np.empty((rows, 0), dtype=np.int64)
    for taken in range(count):
        place = (rng.random(rows) * (states - taken)).astype(np.int64)
        # The place counts the states that are still free: step over the ones taken, lowest first.
        for column in range(taken):
            place += place >= chosen[:, column]
        chosen = np.sort(np.column_stack((chosen, place)), axis=1)
    return chosen
