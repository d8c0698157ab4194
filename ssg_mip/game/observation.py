"""What the follower sees before it acts: the leader's policy only, or the realised leader action as well.

The package's standard is ``"policy"``: the follower knows ``f`` and never the ``a`` that was drawn (Kudo & Akimoto;
Bucarey et al.). Zhang et al. (2020) and the asymmetric learning dynamics of 2025 let it see ``a``: the model
``"action"``. Seeing more, the follower answers with a function ``a -> b`` in every state.

:func:`observed_actions` writes those functions out as the follower's actions. The result is an ordinary game under the
standard model, so every exact method answers both. With one state the leader's mix then no longer matters to the
follower, and the best commitment is pure; with more states mixing may still pay, because the follower's
continuation values depend on what the leader will mix later. For a deterministic leader the models agree.
"""

from __future__ import annotations

import itertools
from typing import Literal

import numpy as np

from ssg_mip.base.rules import COUNT, checked
from ssg_mip.errors import InvalidPolicyError, OptionError
from ssg_mip.game.game import GAME, Game
from ssg_mip.game.policy import FollowerPolicy
from ssg_mip.numerics.array_types import IntArray

Observation = Literal["policy", "action"]
"""What the follower sees."""

MOST_FUNCTIONS = 4096
"""Functions from leader actions to follower actions, at most, in one state: 6 leader actions and 4 follower actions."""


@checked(game=GAME, most_functions=COUNT)
def observed_actions(game: Game, *, most_functions: int = MOST_FUNCTIONS) -> Game:
    """The game in which the follower also sees the realised leader action.

    Parameters
    ----------
    game
        A game under the standard model.
    most_functions
        The largest number of functions that a state may have; there are ``|B(s)| ** |A(s)|`` of them.

    Returns
    -------
    Game
        Same states and leader actions. A follower action is a function, named ``"a1:b1,a2:b2"``, in lexicographic
        order of the follower actions (the last leader action's varies fastest). Joint action ``(s, a, g)`` has the
        transitions and rewards of ``(s, a, g(a))``. What is known of the original's solution is left out.

    Raises
    ------
    OptionError
        If a state has too many functions.
    """
    functions = []
    for state, name in enumerate(game.state_names):
        leader, follower = int(game.leader_counts[state]), int(game.follower_counts[state])
        if follower**leader > most_functions:
            raise OptionError(
                f"state {name!r} of {game.name} has {follower}^{leader} = {follower**leader} functions from leader to "
                f"follower actions; at most {most_functions} are written out: raise most_functions, "
                "or reduce the actions of the state"
            )
        functions.append(list(itertools.product(range(follower), repeat=leader)))
    rows = np.array(
        [
            game.row(state, a, function[a])
            for state, known in enumerate(functions)
            for a in range(int(game.leader_counts[state]))
            for function in known
        ]
    )
    lengths = np.diff(game.indptr)[rows]
    indptr = np.concatenate(([0], np.cumsum(lengths)))
    entries = np.arange(indptr[-1]) + np.repeat(game.indptr[rows] - indptr[:-1], lengths)
    return game.replace(
        name=f"{game.name}, observed actions",
        follower_actions=tuple(
            tuple(_name(game, state, function) for function in known) for state, known in enumerate(functions)
        ),
        indptr=indptr,
        successors=game.successors[entries],
        probabilities=game.probabilities[entries],
        leader_rewards=game.leader_rewards[rows],
        follower_rewards=game.follower_rewards[rows],
        known=None,
    )


def _name(game: Game, state: int, function: tuple[int, ...]) -> str:
    names = game.follower_actions[state]
    return ",".join(f"{a}:{names[b]}" for a, b in zip(game.leader_actions[state], function, strict=True))


def answers_to_actions(game: Game, policy: FollowerPolicy) -> IntArray:
    """The follower action of the original ``game`` after each leader action, of a policy of its observed game.

    Parameters
    ----------
    game
        The original game.
    policy
        A follower policy of ``observed_actions(game)``.

    Returns
    -------
    IntArray
        Shape ``[leader slots]``: the follower action, counted within its state.

    Raises
    ------
    InvalidPolicyError
        If the policy is not one of the observed game.
    """
    functions = game.follower_counts.astype(float) ** game.leader_counts
    if policy.actions.shape != functions.shape or np.any((policy.actions < 0) | (policy.actions >= functions)):
        raise InvalidPolicyError(
            f"the follower policy does not fit {game.name} with observed actions; it needs one function per state"
        )
    state = game.leader_slot_state
    behind = game.leader_offsets[state + 1] - 1 - np.arange(len(state))  # leader actions that vary faster
    answers: IntArray = policy.actions[state] // game.follower_counts[state] ** behind % game.follower_counts[state]
    return answers
