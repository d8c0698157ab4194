r"""Rows on the leader's policy in the commitment program (P).

**Within one state**, ``sum_a C(a) f(a|s) <= c``. With ``sigma(a) = C(a) - c`` the row is homogeneous and holds for each
answer ``b`` by itself, in occupancies and in conditional probabilities alike:

* ``statewise``: ``sum_a sigma(a) y(s,a,b) <= 0``;
* ``statewise_low`` and ``statewise_up``: the same times ``v(t) - l(t)`` and times ``u(t) - v(t)``; an equation once,
  times ``v(t)``.

Summed over ``b`` they would be valid and too weak: a mix of two answers may keep a sum that neither keeps.

**Across states**, ``sum_sa C(s,a) f(a|s) <= c``. Then ``f`` itself must be in the program, in every state of the row:
the conditional block ``x(s,a,b) = f(a|s) g(b|s)`` with ``z = x v``, tied to the occupancies by the box variable
``d(s)``, how often ``s`` is visited, discounted:

* products ``y(s,a,b) = x(s,a,b) d(s)`` and ``w(s,a,b,t) = z(s,a,b,t) d(s)``;
* ``visits``: ``sum_ab y(s,a,b) = d(s)``;
* ``coupled``: ``sum_sab C(s,a) x(s,a,b) <= c``, and ``coupled_low``, ``coupled_up`` or ``coupled_times_value``.

On a box the leader's value is then no longer linear in plain columns, so it is a variable: ``level``, with
``rises``: ``sum y r_A >= level``.

In the improvement program (I) the probabilities with their products are all there is: rows within a state and rows
across states are written in them, without ``d``.

For fixed ``v`` and ``d`` a point may still mix answers in a state of such a row, each with a policy of its own, and the
row sees their mean, to which no follower gives either answer. Programs with such rows are exact only where every state
of theirs has one answer left.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ssg_mip.evaluation.value_bounds import ValueBounds
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.policy_space import PolicySpace, Scope, Side
from ssg_mip.problem.wider_rows import CostSide
from ssg_mip.programs.blocks import Part
from ssg_mip.programs.coupling import Coupling
from ssg_mip.programs.program import Multiplied
from ssg_mip.programs.row_family import Family, attach
from ssg_mip.programs.rows import Key, Selection
from ssg_mip.programs.tags import NONE, OF_STATE, ColumnKind, RowKind, tagged
from ssg_mip.programs.wider_block import add_cost_rows, add_single_rows

STATEWISE = {
    "": RowKind.STATEWISE,
    "_times_value": RowKind.STATEWISE_TIMES_VALUE,
    "_low": RowKind.STATEWISE_LOW,
    "_up": RowKind.STATEWISE_UP,
}
"""What rows within a state are, by how they are multiplied."""

COUPLED = {
    "": RowKind.COUPLED,
    "_times_value": RowKind.COUPLED_TIMES_VALUE,
    "_low": RowKind.COUPLED_LOW,
    "_up": RowKind.COUPLED_UP,
}
"""The same of rows across states."""

Place = tuple[int, int, int]
"""State, answer and number of a row."""


@dataclasses.dataclass(frozen=True, eq=False)
class PolicyRows:
    """The rows of a policy space as a program needs them, and the intervals of the occupancies of coupled states.

    Attributes
    ----------
    statewise, coupled
        The sides of the rows of each scope.
    coupled_states
        The states that occur in rows of the second kind.
    visits
        Bounds on the occupancy of every state, shape ``[num_states]``; needed where rows couple states.
    costs
        The sides of bounds on discounted costs.
    single
        The states of which one action may be used.
    """

    statewise: tuple[Side, ...] = ()
    coupled: tuple[Side, ...] = ()
    coupled_states: tuple[int, ...] = ()
    visits: ValueBounds | None = None
    costs: tuple[CostSide, ...] = ()
    single: tuple[int, ...] = ()

    @property
    def tied(self) -> bool:
        """Whether they speak of one policy in all states at once, so that no block may choose one of its own."""
        return bool(self.coupled or self.costs)

    @classmethod
    def of(cls, game: Game, space: PolicySpace) -> PolicyRows:
        """The rows of a space, without bounds on occupancies."""
        if not space.restricts:
            return NO_ROWS
        return cls(
            statewise=space.sides(game, Scope.STATEWISE),
            coupled=space.sides(game, Scope.COUPLING),
            coupled_states=tuple(space.coupled_states(game)),
            costs=tuple(side for row in space.all_costs(game) for side in row.sides),
            single=tuple(state for state, most in space.most_actions(game).items() if most == 1),
        )

    def of_state(self, game: Game, state: int) -> list[tuple[int, FloatArray]]:
        """The rows within one state: number, and ``sigma`` by action. Left out are those that every policy keeps."""
        first, last = game.leader_offsets[state : state + 2]
        own = [(i, side.coefficients[first:last], side.limit) for i, side in enumerate(self.statewise)]
        return [(i, mine - limit) for i, mine, limit in own if np.any(mine) and np.any(mine != limit)]


NO_ROWS = PolicyRows()
"""Those of :data:`~ssg_mip.problem.policy_space.EVERY_POLICY`."""


@dataclasses.dataclass(frozen=True, eq=False)
class Added:
    """What the rows add to a program: products, multiplied rows and box variables."""

    triples: tuple[tuple[Any, Any, Any], ...]
    multiplied: tuple[Multiplied, ...]
    box: tuple[Any, ...]


def add_policy_rows(
    model: Any,
    selection: Selection,
    rows: PolicyRows,
    coupling: Coupling,
    parts: Sequence[Part],
    follower: ValueBounds,
) -> Added:
    """Add all rows to a program with its blocks of occupancies and of conditional probabilities.

    Parameters
    ----------
    parts
        The blocks; the states that rows couple are among those of conditional probabilities.
    """
    multiplied: list[Multiplied] = []
    for part in parts:
        multiplied += _add_statewise_rows(model, selection, rows, coupling, part, follower)
        add_single_rows(model, selection, [s for s in rows.single if s in part.states], part)
    multiplied += add_cost_rows(model, selection, rows.costs, coupling, follower)
    if not rows.coupled_states:
        return Added((), tuple(multiplied), ())
    conditional = next(part for part in parts if part.block.number == OF_STATE)
    multiplied += _add_coupled_rows(model, selection, rows, coupling, conditional, follower)
    visits = _add_visits(model, selection, rows, list(model.w))
    return dataclasses.replace(visits, multiplied=(*multiplied, *visits.multiplied))


def add_rows_of_probabilities(
    model: Any, selection: Selection, rows: PolicyRows, part: Part, follower: ValueBounds
) -> tuple[Multiplied, ...]:
    """Add all rows to a program that is one block of conditional probabilities in every state, with all their products.

    Returns
    -------
    tuple
        What has been multiplied.
    """
    whole = Coupling(selection.game, whole=True)
    statewise = _add_statewise_rows(model, selection, rows, whole, part, follower)
    add_single_rows(model, selection, rows.single, part)
    if not rows.coupled_states:
        return statewise
    return statewise + _add_coupled_rows(model, selection, rows, whole, part, follower)


def _add_statewise_rows(
    model: Any,
    selection: Selection,
    rows: PolicyRows,
    coupling: Coupling,
    part: Part,
    follower: ValueBounds,
) -> tuple[Multiplied, ...]:
    """Add the rows within single states to a block of occupancies, or of conditional probabilities.

    Returns
    -------
    tuple
        What has been multiplied.
    """
    game = selection.game
    weights, products = part.weights, part.products
    excess = {(s, i): sigma.tolist() for s in part.states for i, sigma in rows.of_state(game, s)}
    if not excess:
        return ()
    places = [(s, b, i) for s, i in excess for b in selection.actions(s)]

    def weighted(s: int, i: int, term: Callable[[int], Any]) -> Any:
        return sum(factor * term(a) for a, factor in enumerate(excess[s, i]) if factor)

    def plain(s: int, b: int, i: int) -> Any:
        return weighted(s, i, lambda a: weights[s, a, b])

    def times(s: int, b: int, i: int, t: int) -> Any:
        selection.checkpoint()
        return weighted(s, i, lambda a: products[s, a, b, t])

    shared = {s: _shared(game, coupling, s) for s, _ in excess}
    name, number = f"{part.block.prefix}statewise", part.block.number
    family = Family(name, "sbk", STATEWISE, number, plain, times, lambda _, __, i: rows.statewise[i].equation)
    return attach(model, family, places, lambda place: shared[place[0]], follower)


def _shared(game: Game, coupling: Coupling, state: int) -> list[int]:
    """The values with which all joint actions of a state are multiplied."""
    each = [set(coupling.of_action(state, a)) for a in range(int(game.leader_counts[state]))]
    return sorted(set.intersection(*each))


def _add_coupled_rows(
    model: Any, selection: Selection, rows: PolicyRows, coupling: Coupling, part: Part, follower: ValueBounds
) -> tuple[Multiplied, ...]:
    """Add the rows across states, to the block of conditional probabilities of all their states."""
    game = selection.game
    keys = selection.keys(rows.coupled_states)

    def terms(i: int, term: Callable[[Key], Any]) -> Any:
        factors = rows.coupled[i].coefficients
        places = ((key, float(factors[game.leader_offsets[key[0]] + key[1]])) for key in keys)
        return sum(factor * term(key) for key, factor in places if factor)

    def plain(i: int) -> Any:
        return terms(i, lambda key: part.weights[key]) - rows.coupled[i].limit

    def times(i: int, t: int) -> Any:
        return terms(i, lambda key: part.products[key, t]) - rows.coupled[i].limit * model.v[t]

    near = [set.intersection(*(set(coupling.of_state(s)) for s in side.states(game).tolist())) for side in rows.coupled]
    family = Family("coupled", "k", COUPLED, NONE, plain, times, lambda i: rows.coupled[i].equation)
    return attach(model, family, range(len(near)), lambda i: sorted(near[i]), follower)


def _add_visits(model: Any, selection: Selection, rows: PolicyRows, places: Sequence[tuple[int, ...]]) -> Added:
    """Tie the probabilities of coupled states to the occupancies by ``d``; ``places`` are the indices of ``w``.

    Raises
    ------
    ValueError
        If the bounds on occupancies are missing.
    """
    import pyomo.environ as pyo

    if rows.visits is None:
        raise ValueError("rows across states need bounds on the occupancies of their states")
    low, high, states = rows.visits.lower, rows.visits.upper, list(rows.coupled_states)
    visited = pyo.Var(states, bounds=lambda _, s: (float(low[s]), float(high[s])))
    model.d = tagged(visited, "s", ColumnKind.VISITS)
    keys = {s: selection.keys([s]) for s in states}
    total = pyo.Constraint(states, rule=lambda m, s: sum(m.y[key] for key in keys[s]) - m.d[s] == 0.0)
    model.visits = tagged(total, "s", RowKind.VISITS)
    coupled = set(states)
    triples = [(model.y[key], model.x[key], model.d[key[0]]) for key in itertools.chain(*keys.values())]
    triples += [(model.w[place], model.z[place], model.d[place[0]]) for place in places if place[0] in coupled]
    multiplied = tuple(Multiplied(model.visits[s], model.simplex[s], model.d[s]) for s in states)
    return Added(tuple(triples), multiplied, tuple(model.d[s] for s in states))
