"""Games from arrays: dense or sparse, of single precision, with actions that some states do not have.

What is given may be spelled in several ways, which :func:`game_fields` turns into the flat, sparse layout of
:class:`ssg_mip.game.game.Game`:

* transitions ``[s, a, b, t]``, or one SciPy sparse matrix ``[s, t]`` for each joint action, ``transition[a][b]``;
* rewards ``[s, a, b]``, or ``[s, a, b, t]`` (and sparse, ``reward[a][b]``), of which the expectation is taken;
* actions that a state does not have by masks ``[s, a]`` and ``[s, b]``, or by one list of names for each state.

Rows are divided by their sum where they miss one by no more than rounding in the precision in which they were given
(:func:`ssg_mip.base.tolerances.probability_tolerance`), or by any amount with ``normalise=True``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ssg_mip.base.naming import names_of
from ssg_mip.base.rules import FLAG
from ssg_mip.errors import InvalidGameError
from ssg_mip.game.arrays.action_sets import action_sets, numbered
from ssg_mip.game.arrays.distributions import Places, distributions, start_distribution, start_of
from ssg_mip.game.arrays.moves import read_moves
from ssg_mip.game.arrays.rewards import expected_reward

__all__ = ["game_fields", "start_distribution"]


def game_fields(
    transition: Any,
    leader_reward: Any,
    follower_reward: Any,
    *,
    initial: Any,
    state_names: Any,
    actions: tuple[Any, Any],
    available: tuple[Any, Any],
    normalise: bool,
) -> dict[str, Any]:
    """The members of a :class:`~ssg_mip.game.game.Game` that arrays describe; :meth:`Game.from_arrays` explains them.

    Pairs are those of the leader and of the follower.

    Raises
    ------
    InvalidGameError
        If shapes disagree, or a row of transitions does not sum to one.
    """
    FLAG.check("normalise", normalise)
    moves = read_moves(transition)
    states, num_a, num_b = moves.shape
    given_states = None if state_names is None else _listed(state_names, "state_names")
    names = numbered("s", states) if given_states is None else names_of(given_states, "state_names")
    if len(names) != states:
        raise InvalidGameError(f"state_names holds {len(names)} names; the arrays have {states} states: give as many")
    leader_names, leader_there = action_sets(actions[0], available[0], (states, num_a), "a", "leader")
    follower_names, follower_there = action_sets(actions[1], available[1], (states, num_b), "b", "follower")
    keep = (leader_there[:, :, None] & follower_there[:, None, :]).ravel()
    rewards = {
        f"{player}_rewards": expected_reward(given, f"{player}_reward", moves)[keep]
        for player, given in (("leader", leader_reward), ("follower", follower_reward))
    }
    kept = moves.only(keep)
    lengths = [len(a) * len(b) for a, b in zip(leader_names, follower_names, strict=True)]
    place = Places(names, leader_names, follower_names, np.cumsum(lengths))
    return {
        "state_names": names,
        "leader_actions": leader_names,
        "follower_actions": follower_names,
        "indptr": kept.indptr,
        "successors": kept.successors,
        "probabilities": distributions(kept, place, normalise=normalise),
        **rewards,
        "initial": start_of(initial, states, given_states, names, normalise=normalise),
    }


def _listed(given: Any, label: str) -> Any:
    listed = list(given) if isinstance(given, Iterable) and not isinstance(given, (str, bytes, dict, set)) else given
    names_of(listed, label)  # refuses what is no list of names
    return listed
