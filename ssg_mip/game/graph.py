"""Games and directed graphs: the state graph of a game, and a movement game on a graph.

The state graph has an edge ``s -> t`` where some joint action moves from ``s`` to ``t`` with positive probability.
It answers structural questions: which states can be reached at all (a state that cannot has no say in the leader's
value), and which states form a strongly connected component (values of one component depend on components further
down only).

networkx is imported when a function that needs it is called.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ssg_mip.base.naming import names_of
from ssg_mip.base.rules import TABLE, checked, shown
from ssg_mip.errors import InvalidGameError
from ssg_mip.game.builder import GameBuilder
from ssg_mip.game.game import GAME, Game
from ssg_mip.numerics.array_types import IntArray

if TYPE_CHECKING:
    import networkx


@checked(game=GAME)
def state_graph(game: Game) -> networkx.DiGraph:
    """The state graph, ready for drawing and for the algorithms of networkx.

    Returns
    -------
    networkx.DiGraph
        Nodes are state names, in order, with ``leader_actions``, ``follower_actions`` and ``initial``. An edge carries
        ``joint_actions`` (the pairs of names that can move there) and, over these, the smallest and largest
        probability as ``minimum`` and ``maximum``.
    """
    import networkx

    graph = networkx.DiGraph(name=game.name)
    for index, name in enumerate(game.state_names):
        graph.add_node(
            name,
            leader_actions=game.leader_actions[index],
            follower_actions=game.follower_actions[index],
            initial=float(game.initial[index]),
        )
    for row in range(game.num_rows):
        state = int(game.row_state[row])
        joint = (
            game.leader_actions[state][int(game.row_leader[row])],
            game.follower_actions[state][int(game.row_follower[row])],
        )
        for target, probability in zip(*game.next_states(row), strict=True):
            if probability > 0.0:
                _add_move(graph, game.state_names[state], game.state_names[target], joint, float(probability))
    return graph


def _add_move(graph: Any, state: str, target: str, joint: tuple[str, str], probability: float) -> None:
    if not graph.has_edge(state, target):
        graph.add_edge(state, target, joint_actions=[], minimum=1.0, maximum=0.0)
    edge = graph.edges[state, target]
    edge["joint_actions"].append(joint)
    edge["minimum"] = min(edge["minimum"], probability)
    edge["maximum"] = max(edge["maximum"], probability)


@checked(game=GAME)
def reachable_states(game: Game, from_: str | Iterable[str] | None = None) -> tuple[str, ...]:
    """States that some play can visit, start states included, in the game's order.

    Parameters
    ----------
    game
        The game.
    from_
        A state or several to start from; the states with positive start probability if absent.

    Raises
    ------
    InvalidGameError
        If a state is unknown.
    """
    if from_ is None:
        frontier: IntArray = np.flatnonzero(game.initial > 0.0)
    else:
        names = [from_] if isinstance(from_, str) else names_of(from_, "from_")
        frontier = np.array([game.state_index(name) for name in names], dtype=np.int64)
    positive = game.probabilities > 0.0
    origin = np.repeat(game.row_state, np.diff(game.indptr))[positive]
    order = np.argsort(origin, kind="stable")
    target = game.successors[positive][order]
    first = np.searchsorted(origin[order], np.arange(game.num_states + 1))
    seen = np.zeros(game.num_states, dtype=bool)
    seen[frontier] = True
    stack = [int(state) for state in frontier]
    while stack:
        state = stack.pop()
        for successor in np.unique(target[first[state] : first[state + 1]]):
            if not seen[successor]:
                seen[successor] = True
                stack.append(int(successor))
    return tuple(game.state_names[state] for state in np.flatnonzero(seen))


@checked(game=GAME)
def strongly_connected_components(game: Game) -> tuple[tuple[str, ...], ...]:
    """Sets of states that reach each other, successors first.

    Every move out of a component leads to a component that stands before it. Within a component states keep the
    game's order.
    """
    import networkx

    moves = networkx.DiGraph()
    moves.add_nodes_from(range(game.num_states))
    positive = game.probabilities > 0.0
    origin = np.repeat(game.row_state, np.diff(game.indptr))[positive]
    moves.add_edges_from(zip(origin.tolist(), game.successors[positive].tolist(), strict=True))
    # Tarjan's algorithm (as networkx implements it) completes a component after everything that it leads to.
    components = networkx.strongly_connected_components(moves)
    return tuple(tuple(game.state_names[state] for state in sorted(component)) for component in components)


def game_from_graph(
    graph: networkx.Graph | networkx.DiGraph,
    *,
    leader_discount: float,
    follower_discount: float,
    follower_actions: Iterable[str] | None = None,
    name: str | None = None,
    source: str | None = None,
    known: Mapping[str, Any] | None = None,
) -> Game:
    """A movement game: nodes are states, and the leader's actions in a node are its neighbours.

    Node attributes
        ``follower_actions``: names of the follower's actions there (default: the argument of that name);
        ``initial``: start probability (uniform over all nodes if no node has one).
    Edge attributes
        ``leader_reward``, ``follower_reward``: a number, or ``{follower_action: number}``;
        ``next``: ``{follower_action: {node: probability}}`` where the move does not simply succeed (an action left
        out moves to the neighbour for certain).

    Edges of an undirected graph can be used both ways, with the same attributes. Staying put needs a self-loop.

    Parameters
    ----------
    graph
        A networkx graph without parallel edges. States are named ``str(node)``.
    leader_discount, follower_discount
        In ``[0, 1)``.
    follower_actions
        The follower's actions where a node does not say.
    name, source, known
        Labels of the game; the name defaults to the graph's.

    Raises
    ------
    InvalidGameError
        If a node has no way out or no follower action, or an attribute is missing or does not fit; the message
        names the node or edge.
    """
    if not hasattr(graph, "is_multigraph"):
        raise InvalidGameError(f"graph is {shown(graph)}; it must be a networkx graph")
    if graph.is_multigraph():
        raise InvalidGameError("the graph has parallel edges; a movement game needs one edge per move")
    common = None if follower_actions is None else names_of(follower_actions, "follower_actions")
    builder = GameBuilder(
        str(graph.name or "game") if name is None else name,
        leader_discount=leader_discount,
        follower_discount=follower_discount,
        source=source,
        known=known,
    )
    for node, data in graph.nodes(data=True):
        answers = data.get("follower_actions", common)
        if answers is None:
            raise InvalidGameError(f"node {node!r} has no follower_actions; set the attribute or the argument")
        answers = names_of(answers, f"follower_actions of node {node!r}")
        builder.add_state(
            str(node),
            leader_actions=[str(target) for target in graph.adj[node]],
            follower_actions=answers,
            initial=data.get("initial"),
        )
        for target, edge in graph.adj[node].items():
            _add_edge(builder, node, target, edge, answers)
    return builder.build()


def _add_edge(
    builder: GameBuilder, node: Hashable, target: Hashable, edge: Mapping[str, Any], answers: tuple[str, ...]
) -> None:
    for answer in answers:
        rewards = []
        for label in ("leader_reward", "follower_reward"):
            given = edge.get(label)
            value = given.get(answer) if isinstance(given, Mapping) else given
            if value is None:
                raise InvalidGameError(
                    f"edge {node!r} -> {target!r} has no {label} for the follower action {answer!r}; "
                    "give a number or {follower_action: number}"
                )
            rewards.append(value)
        given = edge.get("next", {})
        TABLE.check(f"next of edge {node!r} -> {target!r}", given)
        moves = given.get(answer, {target: 1.0})
        TABLE.check(f"next of edge {node!r} -> {target!r} for {answer!r}", moves)
        builder.add_transition(
            str(node),
            str(target),
            answer,
            leader_reward=rewards[0],
            follower_reward=rewards[1],
            next={str(place): probability for place, probability in moves.items()},
        )
