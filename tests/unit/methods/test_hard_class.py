r"""Transitions that the leader does not move make no easy class: minimum vertex cover is such a game.

Each vertex of a graph is a state where the leader chooses how much to pay a follower who comes by, each edge a state
where the follower goes to one of its two ends or leaves. He leaves unless an end pays in full, and the leader loses
more by that than a payment costs. So the best commitment pays in full at the vertices of a least cover and nowhere
else. The payment at a vertex moves the follower at every edge that it covers: that is what no value of a single state
tells.
"""

from __future__ import annotations

import networkx as nx
import pytest

from ssg_mip import GameBuilder, solve
from ssg_mip.base.status import Status
from ssg_mip.game.game import Game
from ssg_mip.game.game_class import moved_by_follower_alone

DISCOUNT = 0.5
STAY = 3.0
"""What the leader has of a follower who does not leave: more than a payment, and the one he meets, together."""


def vertex_cover_game(graph: nx.Graph) -> Game:
    """Start states are all vertices and edges alike."""
    builder = GameBuilder("vertex cover", leader_discount=DISCOUNT, follower_discount=DISCOUNT)
    share = 1.0 / (graph.number_of_nodes() + graph.number_of_edges())
    for vertex in graph:
        builder.add_state(vertex, leader_actions=["pay", "keep"], follower_actions=["take"], initial=share)
        for action, paid in (("pay", 1.0), ("keep", 0.0)):
            builder.add_transition(vertex, action, "take", leader_reward=-paid, follower_reward=paid, next="end")
    for first, second in graph.edges:
        edge, ends = f"{first}-{second}", (first, second)
        builder.add_state(edge, leader_actions=["watch"], follower_actions=[*ends, "leave"], initial=share)
        for end in ends:
            builder.add_transition(edge, "watch", end, leader_reward=STAY, follower_reward=0.0, next=end)
        builder.add_transition(edge, "watch", "leave", leader_reward=0.0, follower_reward=DISCOUNT, next="end")
    builder.add_state("end", leader_actions=["rest"], follower_actions=["rest"])
    builder.add_transition("end", "rest", "rest", leader_reward=0.0, follower_reward=0.0, next="end")
    return builder.build()


@pytest.mark.parametrize(
    ("graph", "least"),
    [(nx.star_graph(4), 1), (nx.path_graph(4), 2), (nx.complete_graph(4), 3), (nx.cycle_graph(5), 3)],
    ids=["star", "path", "complete", "cycle"],
)
def test_the_best_commitment_is_a_least_vertex_cover(graph: nx.Graph, least: int) -> None:
    """The proven optimum is that of the cover, and the vertices that are paid for are one."""
    graph = nx.relabel_nodes(graph, str)
    game = vertex_cover_game(graph)
    assert moved_by_follower_alone(game)
    result = solve(game, "commitment", gap=1e-6)
    states = graph.number_of_nodes() + graph.number_of_edges()
    best = ((STAY - DISCOUNT) * graph.number_of_edges() - least) / states
    assert result.status is Status.OPTIMAL
    assert result.leader_value == pytest.approx(best, abs=1e-6)
    assert result.leader_policy is not None
    mixes = result.leader_policy.to_names(game)
    paid = {vertex for vertex in graph if mixes[vertex].get("pay", 0.0) > 1.0 - 1e-9}
    assert len(paid) == least
    assert all(first in paid or second in paid for first, second in graph.edges)
