"""Games that are too large for a learner: networks have an input for every state, tables an entry for every action."""

from __future__ import annotations

from ssg_mip.base.deadline import Deadline
from ssg_mip.base.memory import available_memory, require_memory
from ssg_mip.errors import TooLargeError
from ssg_mip.game.game import Game

BYTES = 16
"""Of a weight: itself, its gradient and two moments of Adam, in single precision."""

SECONDS_PER_WEIGHT = 2e-8
"""Seconds for a weight in one update, on one core."""

UPDATES = 16
"""Updates before the clock is looked at for the first time."""

TIME_SHARE = 0.5
"""Share of the time that may be spent before the clock is looked at."""

GRACE_SECONDS = 0.1
"""What may be spent so in any case: small games are learned however short the time."""

SECONDS_PER_JOINT_ACTION = 3e-5
"""Seconds for setting up and writing down the tables of one joint action, on one core."""


def check_network_size(
    game: Game, method: str, deadline: Deadline, *, copies: int, memory: float | None = None
) -> None:
    """Refuse games whose networks do not fit into memory, or hardly one of whose updates into the time.

    Parameters
    ----------
    game, method, deadline
        The game, the method's name, and its time.
    copies
        Weights of all first layers for each state.
    memory
        Bytes that the process may hold; ``None`` for no limit.

    Raises
    ------
    TooLargeError
        With the number of states that would fit.
    """
    weights = copies * game.num_states
    fitting = int(available_memory(memory) / (BYTES * copies)) if weights else game.num_states
    others = "policy-iteration, commitment and fixed-point need no network"
    require_memory(
        BYTES * weights,
        f"method {method!r} on {game.num_states:,} states",
        f"games of up to about {fitting:,} states fit: {others}",
        limit=memory,
    )
    _check_seconds(game, method, deadline, SECONDS_PER_WEIGHT * copies * UPDATES, f"its first updates; {others}")


def check_table_size(game: Game, method: str, deadline: Deadline) -> None:
    """Refuse games for which a learner in tables could hardly set up its tables in the time.

    Raises
    ------
    TooLargeError
        With the number of states that would fit.
    """
    seconds = SECONDS_PER_JOINT_ACTION * game.num_rows / game.num_states
    _check_seconds(game, method, deadline, seconds, "setting up its tables; bilevel-q needs a tenth of that")


def _check_seconds(game: Game, method: str, deadline: Deadline, per_state: float, what: str) -> None:
    """Refuse where so many seconds for each state exceed half of the time, and what a limit may be exceeded by."""
    allowed = max(TIME_SHARE * deadline.asked, GRACE_SECONDS)
    if per_state * game.num_states <= allowed:
        return
    fitting = int(allowed / per_state)
    raise TooLargeError(
        f"method {method!r} on {game.num_states:,} states would spend the {deadline.asked:g} s on {what}; about "
        f"{fitting:,} states fit into that time: give more, or use a smaller game"
    )
