"""A small patrol: a guard walks a corridor, an attacker waits for the right moment.

The sites ``gate - yard - vault`` form a path. In each step the guard stays or walks to a neighbouring site; the
attacker knows the guard's policy and where the guard is, and waits or attacks the gate or the vault. An attack on the
site that the guard walks to fails: the attacker is locked up (``custody``) and comes free with probability one half
per step, the guard waiting in the yard. Any other attack succeeds and pays the attacker what the guard loses.
"""

from __future__ import annotations

from typing import Any

import networkx

from ssg_mip import Game, game_from_graph

VALUE = {"gate": 1.0, "vault": 3.0}
"""What a successful attack on a site is worth."""


def build(
    leader_discount: float = 0.9, follower_discount: float = 0.8, capture: float = 1.0, penalty: float = 2.0
) -> Game:
    """The game in which a failed attack earns the guard ``capture`` and costs the attacker ``penalty``."""
    corridor = networkx.path_graph(["gate", "yard", "vault"])
    graph = networkx.DiGraph(name="patrol of a corridor")
    graph.add_nodes_from(corridor, follower_actions=["wait", "attack gate", "attack vault"])
    graph.nodes["yard"]["initial"] = 1.0
    for here in corridor:
        for there in (here, *corridor.adj[here]):
            graph.add_edge(here, there, **_outcome(there, capture, penalty))
    graph.add_node("custody", follower_actions=["sit"])
    free = {"sit": {"yard": 0.5, "custody": 0.5}}
    graph.add_edge("custody", "yard", leader_reward=0.0, follower_reward=0.0, next=free)
    return game_from_graph(
        graph,
        leader_discount=leader_discount,
        follower_discount=follower_discount,
        source="written for this project, in the manner of patrolling security games",
    )


def _outcome(there: str, capture: float, penalty: float) -> dict[str, Any]:
    leader, follower = {"wait": 0.0}, {"wait": 0.0}
    for site, value in VALUE.items():
        caught = site == there
        leader[f"attack {site}"] = capture if caught else -value
        follower[f"attack {site}"] = -penalty if caught else value
    return {
        "leader_reward": leader,
        "follower_reward": follower,
        "next": {f"attack {there}": {"custody": 1.0}} if there in VALUE else {},
    }
