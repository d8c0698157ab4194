r"""A near-optimal follower in the exact programs: an answer that is played, and another that is best.

Follower actions become pairs ``(b, h)``: ``b`` is played, ``h`` is a best action. Where the leader is and what he earns
follows ``b``, the follower's value follows ``h``. For weights ``x(s, a, (b, h))`` and their products with the optimal
values ``v``,

* ``own``: ``v = q(h)``;
* ``incentive``: ``v >= q(c)`` for every action ``c``;
* ``near``: ``q(b) >= v - epsilon``.

All are homogeneous, so that for fixed ``v`` the triples of a mix, an answer and a best action are chosen state by state
and mixing over pairs is free, as it is in the program for a rational follower. Without ``h`` the values would float
above what he can get, and the rows would allow more than ``epsilon``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import IntArray
from ssg_mip.programs.rows import Selection, follower_gain
from ssg_mip.programs.tags import Block, RowKind, tagged


def game_of_pairs(game: Game) -> Game:
    """The game whose follower actions are pairs; pair ``b * n + h`` leads and pays as ``b`` does."""
    rows = rows_of_pairs(game)
    counts = np.diff(game.indptr)[rows]
    indptr = np.concatenate(([0], np.cumsum(counts)))
    within = np.arange(int(indptr[-1])) - np.repeat(indptr[:-1], counts)
    places = np.repeat(game.indptr[rows], counts) + within
    names = tuple(tuple(f"{b} / {h}" for b in actions for h in actions) for actions in game.follower_actions)
    return game.replace(
        follower_actions=names,
        indptr=indptr,
        successors=game.successors[places],
        probabilities=game.probabilities[places],
        leader_rewards=game.leader_rewards[rows],
        follower_rewards=game.follower_rewards[rows],
        known=None,
    )


def rows_of_pairs(game: Game) -> IntArray:
    """For every joint action of the game of pairs, the joint action of the game that is played."""
    found: list[IntArray] = []
    for s in range(game.num_states):
        count = int(game.follower_counts[s])
        own = np.arange(game.row_offsets[s], game.row_offsets[s + 1]).reshape(-1, count)
        found.append(np.repeat(own, count, axis=1).ravel())
    return np.concatenate(found)


def add_near_rows(
    game: Game,
    epsilon: float,
    model: Any,
    selection: Selection,
    weights: Any,
    products: Any,
    states: Sequence[int],
    block: Block,
) -> tuple[tuple[Any, Any], ...]:
    """Add the rows to a model of the game of pairs, as :func:`ssg_mip.programs.rows.add_incentive_rows` does.

    ``game`` is the game whose actions the pairs are made of.
    """
    import pyomo.environ as pyo

    def value(s: int, pair: int) -> Any:
        return sum(products[s, a, pair, s] for a in range(int(game.leader_counts[s])))

    def lead(s: int, pair: int, action: int) -> Any:
        """``v - q(action)``, times the weight of the pair."""
        selection.checkpoint()
        return value(s, pair) - follower_gain(game, weights, products, s, pair, action)

    def best(s: int, pair: int) -> int:
        return pair % int(game.follower_counts[s])

    def near(_: Any, s: int, pair: int) -> Any:
        played = pair // int(game.follower_counts[s])
        forgone = epsilon * sum(weights[s, a, pair] for a in range(int(game.leader_counts[s])))
        return forgone - lead(s, pair, played) >= 0.0

    pairs = [(s, pair) for s in states for pair in selection.actions(s)]
    others = [(s, pair, c) for s, pair in pairs for c in range(int(game.follower_counts[s])) if c != best(s, pair)]
    apart = [(s, pair) for s, pair in pairs if pair // int(game.follower_counts[s]) != best(s, pair)]
    own_rows = pyo.Constraint(pairs, rule=lambda _, s, pair: lead(s, pair, best(s, pair)) == 0.0)
    incentive_rows = pyo.Constraint(others, rule=lambda _, s, pair, c: lead(s, pair, c) >= 0.0)
    near_rows = pyo.Constraint(apart, rule=near)
    for name, rows, axes, kind in (
        ("own", own_rows, "sb", RowKind.OWN),
        ("incentive", incentive_rows, "sbc", RowKind.INCENTIVE),
        ("near", near_rows, "sb", RowKind.OTHER),
    ):
        model.add_component(f"{block.prefix}{name}", tagged(rows, axes, kind, block.number))
    return tuple((incentive_rows[s, pair, c], own_rows[s, pair]) for s, pair, c in others)
