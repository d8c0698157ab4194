"""The state graph with its probabilities, laid out and drawn by networkx."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ssg_mip.base.tolerances import PROBABILITY
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.best_response import Ties, best_response
from ssg_mip.game.game import Game
from ssg_mip.game.graph import state_graph
from ssg_mip.game.policy import FollowerPolicy, LeaderPolicy
from ssg_mip.plot.canvas import literally, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_STATES = 60
"""States of a graph whose labels can still be read."""

_STAYS = "\N{ANTICLOCKWISE OPEN CIRCLE ARROW} "


def plot_state_graph(
    game: Game,
    leader_policy: LeaderPolicy | None = None,
    ax: Axes | None = None,
    *,
    follower_policy: FollowerPolicy | None = None,
    ties: Ties = "leader",
) -> Axes:
    """Draw the states and the moves between them, with probabilities.

    Without a policy an edge says the smallest and the largest probability over the joint actions that can move there.
    With one it says the probability under the policy and the follower's response, and moves that are never made are
    left out. States are on a circle; those in which play can start are darker. A move that stays is written above its
    state, since a loop would hide behind it.

    Parameters
    ----------
    game
        The game.
    leader_policy
        A commitment.
    ax
        Where to draw; new axes if absent.
    follower_policy, ties
        The response to it; the best response under the tie rule if absent.

    Raises
    ------
    InvalidPolicyError
        If a policy does not fit the game.
    OptionError
        If matplotlib is absent or the game has more than :data:`MOST_STATES` states.
    """
    if game.num_states > MOST_STATES:
        raise OptionError(
            f"{game.name} has {game.num_states} states; a picture of the state graph shows at most {MOST_STATES}"
        )
    labels = _all_moves(game) if leader_policy is None else _moves_made(game, leader_policy, follower_policy, ties)
    ax = new_axes() if ax is None else ax
    import networkx

    graph = networkx.DiGraph()
    graph.add_nodes_from(game.state_names)
    moves = {ends: label for ends, label in labels.items() if ends[0] != ends[1]}
    graph.add_edges_from(moves)
    places = networkx.circular_layout(graph)
    shades = ["C0" if start > 0.0 else "lightsteelblue" for start in game.initial]
    bend = "arc3,rad=0.15"
    networkx.draw_networkx_nodes(graph, places, ax=ax, node_color=shades, node_size=900)
    networkx.draw_networkx_labels(
        graph, places, ax=ax, font_size=9, labels={name: literally(name) for name in game.state_names}
    )
    networkx.draw_networkx_edges(graph, places, ax=ax, node_size=900, connectionstyle=bend, edge_color="0.4")
    networkx.draw_networkx_edge_labels(
        graph, places, ax=ax, edge_labels=moves, font_size=8, connectionstyle=bend, rotate=False
    )
    for state in game.state_names:
        if (state, state) in labels:
            text = _STAYS + labels[state, state]
            ax.annotate(text, places[state], (0, 18), textcoords="offset points", ha="center", fontsize=8)
    ax.margins(0.2)
    ax.set_axis_off()
    ax.set_title(literally(game.name))
    return ax


def _all_moves(game: Game) -> dict[tuple[str, str], str]:
    """What stands on the edge of every possible move."""
    return {
        (state, target): _span(data["minimum"], data["maximum"])
        for state, target, data in state_graph(game).edges(data=True)
    }


def _span(low: float, high: float) -> str:
    return f"{high:.3g}" if high - low <= PROBABILITY else f"{low:.3g} to {high:.3g}"


def _moves_made(
    game: Game, leader_policy: LeaderPolicy, follower_policy: FollowerPolicy | None, ties: Ties
) -> dict[tuple[str, str], str]:
    """What stands on the edge of every move that a pair of policies makes."""
    answers = best_response(game, leader_policy, ties).follower_policy if follower_policy is None else follower_policy
    answers.slots(game)  # a policy that does not fit is refused here
    chances = leader_policy.slots(game)[game.leader_offsets[game.row_state] + game.row_leader]
    chances = np.where(game.row_follower == answers.actions[game.row_state], chances, 0.0)
    moves = np.zeros((game.num_states, game.num_states))
    entries = np.diff(game.indptr)
    np.add.at(
        moves, (np.repeat(game.row_state, entries), game.successors), np.repeat(chances, entries) * game.probabilities
    )
    return {
        (game.state_names[state], game.state_names[target]): f"{moves[state, target]:.3g}"
        for state, target in zip(*np.nonzero(moves > PROBABILITY), strict=True)
    }
