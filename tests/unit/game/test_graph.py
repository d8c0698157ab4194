"""The state graph shows exactly the moves that the game allows, and a graph with rewards is a game."""

from __future__ import annotations

import subprocess
import sys

import networkx
import numpy as np
import pytest

from ssg_mip.errors import InvalidGameError
from ssg_mip.game.builder import GameBuilder
from ssg_mip.game.game import Game
from ssg_mip.game.graph import game_from_graph, reachable_states, state_graph, strongly_connected_components


def one_way_game() -> Game:
    """``entry`` leads into the pair ``left``/``right``; nothing leads to ``island``; ``never`` has probability 0."""
    builder = GameBuilder("one way", leader_discount=0.5, follower_discount=0.5)
    builder.add_state("entry", leader_actions=["go", "wait"], follower_actions=["b"], initial=1)
    for name in ("left", "right", "island"):
        builder.add_state(name, leader_actions=["go"], follower_actions=["b"])
    moves = {
        ("entry", "go"): {"left": 0.3, "right": 0.7, "island": 0.0},
        ("entry", "wait"): {"left": 0.6, "entry": 0.4},
        ("left", "go"): {"right": 1},
        ("right", "go"): {"left": 1},
        ("island", "go"): {"entry": 1},
    }
    for (state, action), following in moves.items():
        builder.add_transition(state, action, "b", leader_reward=0, follower_reward=0, next=following)
    return builder.build()


def test_edges_are_the_moves_of_positive_probability() -> None:
    graph = state_graph(one_way_game())
    assert set(graph.edges) == {
        ("entry", "left"),
        ("entry", "right"),
        ("entry", "entry"),
        ("left", "right"),
        ("right", "left"),
        ("island", "entry"),
    }
    assert graph.edges["entry", "left"] == {
        "joint_actions": [("go", "b"), ("wait", "b")],
        "minimum": 0.3,
        "maximum": 0.6,
    }
    assert graph.nodes["entry"]["initial"] == 1.0
    assert graph.nodes["entry"]["leader_actions"] == ("go", "wait")


def test_reachable_states_follow_the_start_distribution_or_the_states_asked_for() -> None:
    game = one_way_game()
    assert reachable_states(game) == ("entry", "left", "right")
    assert reachable_states(game, "left") == ("left", "right")
    assert reachable_states(game, ["left", "island"]) == ("entry", "left", "right", "island")
    with pytest.raises(InvalidGameError, match="no state 'moon'"):
        reachable_states(game, "moon")


def test_components_stand_after_the_components_that_they_lead_to() -> None:
    assert strongly_connected_components(one_way_game()) == (("left", "right"), ("entry",), ("island",))


def test_reachability_agrees_with_networkx_on_random_games() -> None:
    rng = np.random.default_rng(5)
    for _ in range(20):
        size = int(rng.integers(2, 12))
        dense = np.zeros((size, 1, 2, size))
        for s in range(size):
            for b in range(2):
                dense[s, 0, b, rng.integers(size)] = 1.0
        zeros = np.zeros((size, 1, 2))
        game = Game.from_arrays(dense, zeros, zeros, leader_discount=0, follower_discount=0)
        graph = state_graph(game)
        for start in game.state_names:
            expected = networkx.descendants(graph, start) | {start}
            assert set(reachable_states(game, start)) == expected


def movement_graph() -> networkx.DiGraph:
    graph = networkx.DiGraph(name="two rooms")
    graph.add_node("hall", initial=1)
    graph.add_node(7, follower_actions=["hide"])
    graph.add_edge("hall", "hall", leader_reward=0, follower_reward={"hide": 0, "run": 1})
    graph.add_edge(
        "hall", 7, leader_reward={"hide": 2, "run": 3}, follower_reward=-1, next={"run": {7: 0.5, "hall": 0.5}}
    )
    graph.add_edge(7, "hall", leader_reward=1, follower_reward=1)
    return graph


def test_a_graph_with_rewards_is_a_movement_game() -> None:
    game = game_from_graph(
        movement_graph(), leader_discount=0.9, follower_discount=0.8, follower_actions=["hide", "run"]
    )
    assert game.name == "two rooms"
    assert game.state_names == ("hall", "7")
    assert game.leader_actions == (("hall", "7"), ("hall",))
    assert game.follower_actions == (("hide", "run"), ("hide",))
    assert game.leader_rewards.tolist() == [0, 0, 2, 3, 1]
    assert game.follower_rewards.tolist() == [0, 1, -1, -1, 1]
    assert game.dense_transition.tolist() == [[1, 0], [1, 0], [0, 1], [0.5, 0.5], [1, 0]]
    assert game.initial.tolist() == [1, 0]


def test_undirected_edges_can_be_used_both_ways() -> None:
    graph = networkx.path_graph(3)
    networkx.set_edge_attributes(graph, 1.0, "leader_reward")
    networkx.set_edge_attributes(graph, 0.0, "follower_reward")
    game = game_from_graph(graph, leader_discount=0, follower_discount=0, follower_actions=["b"])
    assert game.leader_actions == (("1",), ("0", "2"), ("1",))
    assert set(state_graph(game).edges) == {("0", "1"), ("1", "0"), ("1", "2"), ("2", "1")}


def test_what_a_graph_lacks_is_named() -> None:
    graph = movement_graph()
    with pytest.raises(InvalidGameError, match="node 'hall' has no follower_actions"):
        game_from_graph(graph, leader_discount=0, follower_discount=0)
    del graph.edges["hall", 7]["leader_reward"]["run"]
    with pytest.raises(InvalidGameError, match="edge 'hall' -> 7 has no leader_reward for the follower action 'run'"):
        game_from_graph(graph, leader_discount=0, follower_discount=0, follower_actions=["hide", "run"])
    graph.remove_edge(7, "hall")
    with pytest.raises(InvalidGameError, match=r"states\.7\.leader_actions is empty"):
        game_from_graph(graph, leader_discount=0, follower_discount=0, follower_actions=["hide"])
    with pytest.raises(InvalidGameError, match="parallel edges"):
        game_from_graph(networkx.MultiDiGraph(), leader_discount=0, follower_discount=0)


def test_importing_the_package_loads_no_heavy_library() -> None:
    """Start-up time: these are imported by the functions that need them."""
    heavy = ("pydantic", "pyomo", "highspy", "networkx", "scipy")
    code = f"import sys, ssg_mip, ssg_mip.game.graph; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
