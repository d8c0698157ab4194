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

On a box the leader's value is then no longer linear in plain columns, so it is a variable: ``worth`` with
``worth_is_reached``: ``sum y r_A >= worth``.

For fixed ``v`` and ``d`` a point may still mix answers in a state of such a row, each with a policy of its own, and the
row sees their mean, to which no follower gives either answer. Programs with such rows are exact only where every state
of theirs has one answer left.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ssg_mip.evaluation.value_bounds import ValueBounds
from ssg_mip.game.game import Game
from ssg_mip.problem.policy_space import EVERY_POLICY, PolicySpace, Scope, Side
from ssg_mip.programs.coupling import Coupling
from ssg_mip.programs.program import Multiplied
from ssg_mip.programs.rows import Key, Selection

STATEWISE_INDICES = {
    "statewise": "sbk",
    "statewise_low": "sbkt",
    "statewise_up": "sbkt",
    "statewise_times_value": "sbkt",
}

POLICY_INDICES = {
    **STATEWISE_INDICES,
    **{f"conditional_{name}": letters for name, letters in STATEWISE_INDICES.items()},
    **{"d": "s", "visits": "s", "coupled": "k"},
    **{name: "kt" for name in ("coupled_low", "coupled_up", "coupled_times_value")},
}
"""What the indices of the components mean; ``k`` counts the sides of the rows of a scope."""

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
        Bounds on the occupancy of every state, shape ``[num_states]``.
    """

    statewise: tuple[Side, ...] = ()
    coupled: tuple[Side, ...] = ()
    coupled_states: tuple[int, ...] = ()
    visits: ValueBounds | None = None

    @classmethod
    def of(cls, game: Game, space: PolicySpace, visits: ValueBounds | None = None) -> PolicyRows:
        """The rows of a space.

        Parameters
        ----------
        game, space
            The game, and which policies are allowed.
        visits
            Bounds on the occupancy of every state; needed where rows couple states.
        """
        if not space.rows:
            return NO_ROWS
        return cls(
            statewise=space.sides(game, Scope.STATEWISE),
            coupled=space.sides(game, Scope.COUPLING),
            coupled_states=tuple(space.coupled_states(game)),
            visits=visits,
        )

    def of_state(self, game: Game, state: int) -> list[tuple[int, Side]]:
        """The rows within one state, with their numbers."""
        first, last = game.leader_offsets[state : state + 2]
        return [(i, side) for i, side in enumerate(self.statewise) if np.any(side.coefficients[first:last])]


NO_ROWS = PolicyRows()
"""Those of :data:`~ssg_mip.problem.policy_space.EVERY_POLICY`."""


@dataclasses.dataclass(frozen=True, eq=False)
class Distances:
    """Rows times a box variable, or times its distances to both bounds, as constraints of a model.

    Parameters
    ----------
    bounds
        Of the box variables.
    box
        The box variables, by the index in which rows are multiplied.
    """

    model: Any
    bounds: ValueBounds
    box: Any

    def attach(
        self,
        name: str,
        base: Any,
        places: Sequence[tuple[Any, ...]],
        times: Callable[..., Any],
        plain: Callable[..., Any],
        equation: Callable[..., bool],
    ) -> tuple[Multiplied, ...]:
        """Multiply rows ``plain(*row) <= 0`` or ``== 0``, of which ``times(*row, t)`` is the product with ``v(t)``.

        Parameters
        ----------
        name
            Prefix of the components.
        base
            The rows.
        places
            Index of a row followed by ``t``.
        times, plain, equation
            Of an index.
        """
        import pyomo.environ as pyo

        lower, upper = self.bounds.lower, self.bounds.upper
        equal = [place for place in places if equation(*place[:-1])]
        sided = [place for place in places if not equation(*place[:-1])]
        rules = {
            ("times_value", 0): lambda _, *place: times(*place) == 0.0,
            ("low", 1): lambda _, *place: times(*place) - float(lower[place[-1]]) * plain(*place[:-1]) <= 0.0,
            ("up", -1): lambda _, *place: float(upper[place[-1]]) * plain(*place[:-1]) - times(*place) <= 0.0,
        }
        found: list[Multiplied] = []
        for (suffix, side), rule in rules.items():
            chosen = sided if side else equal
            rows = pyo.Constraint(chosen, rule=rule)
            setattr(self.model, f"{name}_{suffix}", rows)
            found += [
                Multiplied(rows[place], base[place[:-1] if len(place) > 2 else place[0]], self.box[place[-1]], side)
                for place in chosen
            ]
        return tuple(found)


def add_statewise_rows(
    model: Any,
    selection: Selection,
    rows: PolicyRows,
    coupling: Coupling,
    states: Sequence[int],
    follower: ValueBounds,
    prefix: str = "",
) -> tuple[Multiplied, ...]:
    """Add the rows within single states to a block of occupancies, or of conditional probabilities (``prefix``).

    Returns
    -------
    tuple
        What has been multiplied.
    """
    import pyomo.environ as pyo

    game = selection.game
    weights, products = (model.x, model.z) if prefix else (model.y, model.w)
    sides = {(s, i): side for s in states for i, side in rows.of_state(game, s)}
    if not sides:
        return ()
    places = [(s, b, i) for s, i in sides for b in selection.actions(s)]

    def weighted(s: int, i: int, term: Callable[[int], Any]) -> Any:
        side, first = sides[s, i], int(game.leader_offsets[s])
        excess = [float(side.coefficients[first + a] - side.limit) for a in range(int(game.leader_counts[s]))]
        return sum(factor * term(a) for a, factor in enumerate(excess) if factor)

    def plain(s: int, b: int, i: int) -> Any:
        return weighted(s, i, lambda a: weights[s, a, b])

    def times(s: int, b: int, i: int, t: int) -> Any:
        selection.checkpoint()
        return weighted(s, i, lambda a: products[s, a, b, t])

    def equation(s: int, b: int, i: int) -> bool:
        return sides[s, i].equation

    base = pyo.Constraint(
        places, rule=lambda _, *place: plain(*place) == 0.0 if equation(*place) else plain(*place) <= 0.0
    )
    setattr(model, f"{prefix}statewise", base)
    shared = {s: _shared(game, coupling, s) for s, _ in sides}
    multiplied = [(*place, t) for place in places for t in shared[place[0]]]
    distances = Distances(model, follower, model.v)
    return distances.attach(f"{prefix}statewise", base, multiplied, times, plain, equation)


def _shared(game: Game, coupling: Coupling, state: int) -> list[int]:
    """The values with which all joint actions of a state are multiplied."""
    each = [set(coupling.of_action(state, a)) for a in range(int(game.leader_counts[state]))]
    return sorted(set.intersection(*each))


def add_coupled_rows(
    model: Any, selection: Selection, rows: PolicyRows, coupling: Coupling, follower: ValueBounds
) -> tuple[Multiplied, ...]:
    """Add the rows across states, to the conditional probabilities of all their states."""
    import pyomo.environ as pyo

    game = selection.game
    keys = selection.keys(rows.coupled_states)

    def terms(i: int, term: Callable[[Key], Any]) -> Any:
        factors = rows.coupled[i].coefficients
        places = ((key, float(factors[game.leader_offsets[key[0]] + key[1]])) for key in keys)
        return sum(factor * term(key) for key, factor in places if factor)

    def plain(i: int) -> Any:
        return terms(i, lambda key: model.x[key]) - rows.coupled[i].limit

    def times(i: int, t: int) -> Any:
        return terms(i, lambda key: model.z[key, t]) - rows.coupled[i].limit * model.v[t]

    def equation(i: int) -> bool:
        return rows.coupled[i].equation

    numbers = range(len(rows.coupled))
    model.coupled = pyo.Constraint(numbers, rule=lambda _, i: plain(i) == 0.0 if equation(i) else plain(i) <= 0.0)
    near = [set.intersection(*(set(coupling.of_state(s)) for s in _states_of(game, side))) for side in rows.coupled]
    places = [(i, t) for i in numbers for t in sorted(near[i])]
    return Distances(model, follower, model.v).attach("coupled", model.coupled, places, times, plain, equation)


def _states_of(game: Game, side: Side) -> list[int]:
    found: list[int] = np.unique(game.leader_slot_state[np.flatnonzero(side.coefficients)]).tolist()
    return found


@dataclasses.dataclass(frozen=True, eq=False)
class Visited:
    """What ties the conditional probabilities of coupled states to the occupancies."""

    triples: list[tuple[Any, Any, Any]]
    multiplied: tuple[Multiplied, ...]
    box: tuple[Any, ...]


def add_visits(model: Any, selection: Selection, rows: PolicyRows, places: Sequence[tuple[int, ...]]) -> Visited:
    """Add ``d`` and ``visits``; ``places`` are the indices of ``w``.

    Raises
    ------
    ValueError
        If the bounds on occupancies are missing.
    """
    import pyomo.environ as pyo

    if rows.visits is None:
        raise ValueError("rows across states need bounds on the occupancies of their states")
    low, high, states = rows.visits.lower, rows.visits.upper, list(rows.coupled_states)
    model.d = pyo.Var(states, bounds=lambda _, s: (float(low[s]), float(high[s])))
    keys = {s: selection.keys([s]) for s in states}
    model.visits = pyo.Constraint(states, rule=lambda m, s: sum(m.y[key] for key in keys[s]) - m.d[s] == 0.0)
    coupled = set(states)
    triples = [(model.y[key], model.x[key], model.d[key[0]]) for key in itertools.chain(*keys.values())]
    triples += [(model.w[place], model.z[place], model.d[place[0]]) for place in places if place[0] in coupled]
    multiplied = tuple(Multiplied(model.visits[s], model.simplex[s], model.d[s]) for s in states)
    return Visited(triples, multiplied, tuple(model.d[s] for s in states))


def add_worth(model: Any, rewards: Mapping[Key, float], leader: ValueBounds, weights: Any) -> None:
    """Add ``worth``, at most the leader's weighted value, and maximise it."""
    import pyomo.environ as pyo

    model.worth = pyo.Var(bounds=(float(weights @ leader.lower), float(weights @ leader.upper)))
    value = sum(rewards[key] * model.y[key] for key in rewards)
    model.worth_is_reached = pyo.Constraint(expr=value - model.worth >= 0.0)
    model.leader_value = pyo.Objective(expr=model.worth, sense=pyo.maximize)


__all__ = [
    "EVERY_POLICY",
    "NO_ROWS",
    "POLICY_INDICES",
    "Distances",
    "PolicyRows",
    "Visited",
    "add_coupled_rows",
    "add_statewise_rows",
    "add_visits",
    "add_worth",
]
