"""A leader policy as a heat map, with the follower's response beside it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ssg_mip.evaluation.best_response import Ties, best_response
from ssg_mip.game.game import Game
from ssg_mip.game.policy import FollowerPolicy, LeaderPolicy
from ssg_mip.plot.canvas import literally, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_LABELS = 40
"""Rows or columns with a name; of more, every n-th one is named."""

_MOST_NUMBERS = 150
"""Cells up to which each one shows its probability."""


def plot_policy(
    game: Game,
    leader_policy: LeaderPolicy,
    ax: Axes | None = None,
    *,
    follower_policy: FollowerPolicy | None = None,
    ties: Ties = "leader",
) -> Axes:
    """Draw the probabilities of a leader policy, one row per state, and on the right what the follower answers.

    Parameters
    ----------
    game, leader_policy
        The game and the commitment. An action that a state does not have is left blank.
    ax
        Where to draw; new axes if absent.
    follower_policy
        The follower's response; the best response under ``ties`` if absent.
    ties
        The tie rule. States in which it decides are marked with an asterisk.

    Raises
    ------
    InvalidPolicyError
        If a policy does not fit the game.
    OptionError
        If matplotlib is absent or there is no such tie rule.
    """
    response = best_response(game, leader_policy, ties)
    answers = (response.follower_policy if follower_policy is None else follower_policy).to_names(game)
    actions = list(dict.fromkeys(action for row in game.leader_actions for action in row))
    heat = np.full((game.num_states, len(actions)), np.nan)
    for state, row in enumerate(leader_policy.to_names(game).values()):
        for action, probability in row.items():
            heat[state, actions.index(action)] = probability
    ax = new_axes() if ax is None else ax
    image = ax.imshow(heat, vmin=0.0, vmax=1.0, cmap="Blues", aspect="auto")
    ax.figure.colorbar(image, ax=ax, label="probability", pad=0.16)
    if heat.size <= _MOST_NUMBERS:
        for (state, column), probability in np.ndenumerate(heat):
            if probability > 0.0:
                color = "white" if probability > 0.5 else "black"
                ax.text(column, state, f"{probability:.3g}", ha="center", va="center", color=color)
    rows, columns = _ticks(game.num_states), _ticks(len(actions))
    ax.set_xticks(columns, [literally(actions[place]) for place in columns])
    ax.set_yticks(rows, [literally(game.state_names[place]) for place in rows])
    right = ax.secondary_yaxis("right")
    marks = ["*" if tied else "" for tied in response.tied_states]
    right.set_yticks(rows, [literally(answers[game.state_names[place]]) + marks[place] for place in rows])
    right.set_ylabel("follower's response" + (" (* tied)" if any(marks) else ""))
    ax.set_xlabel("leader's action")
    ax.set_title(literally(game.name))
    return ax


def _ticks(count: int) -> range:
    return range(0, count, math.ceil(count / _MOST_LABELS))
