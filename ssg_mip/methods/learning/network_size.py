"""Games that are too large for learners with networks, whose first layers have an input for every state."""

from __future__ import annotations

import math

from ssg_mip.deadline import Deadline
from ssg_mip.errors import TooLargeError
from ssg_mip.game import Game
from ssg_mip.memory import available_memory, require_memory

BYTES = 16
"""Of a weight: itself, its gradient and two moments of Adam, in single precision."""

SECONDS_PER_WEIGHT = 2e-8
"""Seconds for a weight in one update, on one core."""

UPDATES = 20
"""Updates between two looks at the clock and for what comes before the first one."""


def check_network_size(game: Game, method: str, deadline: Deadline, *, copies: int) -> None:
    """Refuse games whose networks do not fit into memory, or hardly one of whose updates into the time.

    Parameters
    ----------
    game, method, deadline
        The game, the method's name, and its time.
    copies
        Weights of all first layers for each state.

    Raises
    ------
    TooLargeError
        With the number of states that would fit.
    """
    weights = copies * game.num_states
    fitting = int(available_memory() / (BYTES * copies)) if weights else game.num_states
    others = "policy-iteration, commitment and fixed-point need no network"
    require_memory(
        BYTES * weights,
        f"method {method!r} on {game.num_states:,} states",
        f"games of up to about {fitting:,} states fit: {others}",
    )
    seconds = SECONDS_PER_WEIGHT * weights * UPDATES
    if seconds > deadline.limit and not math.isinf(deadline.limit):
        most = int(deadline.limit / (SECONDS_PER_WEIGHT * copies * UPDATES))
        raise TooLargeError(
            f"method {method!r} on {game.num_states:,} states would not get through its first updates in "
            f"{deadline.asked:g} s; games of up to about {most:,} states do: {others}, or give more time"
        )
