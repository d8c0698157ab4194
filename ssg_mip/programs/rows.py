"""What the written programs share: index sets over joint actions, and the follower's incentive rows.

In both exact programs a non-negative block ``x(s, a, b)`` says how much weight state ``s`` puts on the leader
playing ``a`` while the follower answers ``b``, and ``w(s, a, b, t)`` stands for ``x(s, a, b) v(t)``. The follower's
optimality is then linear:

* ``own``: for every answer ``b`` that carries weight,
  ``sum_a w(s,a,b,s) = sum_a [x(s,a,b) r_B(s,a,b) + gamma_B sum_t p(t|s,a,b) w(s,a,b,t)]``;
* ``incentive``: for every other action ``b'``,
  ``sum_a w(s,a,b,s) >= sum_a [x(s,a,b) r_B(s,a,b') + gamma_B sum_t p(t|s,a,b') w(s,a,b,t)]``.

Both are homogeneous in ``x``, so they hold for probabilities and for occupancies alike. With a margin ``m`` the answer
must beat every other action: ``m sum_a x(s,a,b)`` is added to the right of ``incentive``, which stays homogeneous.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ssg_mip.base.deadline import Checkpoint, unhurried
from ssg_mip.evaluation.value_bounds import ValueBounds
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.programs.program import Multiplied, Product
from ssg_mip.programs.tags import Block, ColumnKind, RowKind, tagged

Key = tuple[int, int, int]


@dataclasses.dataclass(frozen=True, eq=False)
class Selection:
    """Which follower actions may be answers, and by how much an answer must beat every other action.

    ``answers`` is a boolean per follower slot; slots that may not be answers are left out of the program. ``margin`` is
    in the follower's reward units. ``checkpoint`` is called while the program is written, which may take long, and may
    put an end to it. ``incentives`` writes the rows of another kind of follower, as :func:`add_incentive_rows` does for
    the rational one.
    """

    game: Game
    answers: NDArray[np.bool_]
    margin: float = 0.0
    checkpoint: Checkpoint = unhurried
    incentives: Callable[..., tuple[tuple[Any, Any], ...]] | None = None

    @classmethod
    def everything(cls, game: Game, margin: float = 0.0, checkpoint: Checkpoint = unhurried) -> Selection:
        """Every follower action may be an answer."""
        return cls(game, np.ones(int(game.follower_offsets[-1]), dtype=bool), margin, checkpoint)

    def actions(self, state: int) -> list[int]:
        """Follower actions that may be answers in a state."""
        start, stop = self.game.follower_offsets[state : state + 2]
        return [int(b) for b in np.flatnonzero(self.answers[start:stop])]

    def keys(self, states: Iterable[int]) -> list[Key]:
        """All ``(s, a, b)`` of some states whose follower action may be an answer."""
        return [(s, a, b) for s in states for a in range(int(self.game.leader_counts[s])) for b in self.actions(s)]

    def rows(self, states: Sequence[int]) -> IntArray:
        """The same of states in ascending order, as rows of the game."""
        game = self.game
        found: IntArray = np.flatnonzero(self.answers[game.row_follower_slot] & np.isin(game.row_state, states))
        return found

    def product_bounds(self, top: float, bounds: ValueBounds, t: int) -> tuple[float, float]:
        """Bounds on ``x v(t)`` for ``0 <= x <= top``; a checkpoint, because there are so many."""
        self.checkpoint()
        return product_bounds(top, bounds.lower, bounds.upper, t)


def add_follower_values(model: Any, follower: ValueBounds) -> None:
    """The follower's values ``v`` within bounds."""
    import pyomo.environ as pyo

    low, high = follower.lower.tolist(), follower.upper.tolist()
    model.v = tagged(pyo.Var(range(len(low)), bounds=lambda _, t: (low[t], high[t])), "s", ColumnKind.VALUE)


def follower_gain(game: Game, weights: Any, products: Any, state: int, answer: int, action: int) -> Any:
    """``sum_a [x(s,a,b) r_B(s,a,b') + gamma_B sum_t p(t|s,a,b') w(s,a,b,t)]`` for answer ``b`` and action ``b'``."""
    total: Any = 0.0
    for a in range(int(game.leader_counts[state])):
        row = game.row(state, a, action)
        total += float(game.follower_rewards[row]) * weights[state, a, answer]
        for t, p in zip(*game.next_states(row), strict=True):
            total += game.follower_discount * float(p) * products[state, a, answer, int(t)]
    return total


def add_incentive_rows(
    model: Any, selection: Selection, weights: Any, products: Any, states: Sequence[int], block: Block
) -> tuple[tuple[Any, Any], ...]:
    """Add the constraints ``own`` and ``incentive`` (see the module) for some states to a model.

    Returns
    -------
    tuple
        The pairs ``(incentive, own)`` of the same answer: their difference says that the answer is at least as good
        as the other action, without the state's own value.
    """
    import pyomo.environ as pyo

    if selection.incentives is not None:
        return selection.incentives(model, selection, weights, products, states, block)
    game = selection.game

    def value(s: int, b: int) -> Any:
        return sum(products[s, a, b, s] for a in range(int(game.leader_counts[s])))

    def own(_: Any, s: int, b: int) -> Any:
        selection.checkpoint()
        return value(s, b) - follower_gain(game, weights, products, s, b, b) == 0.0

    def incentive(_: Any, s: int, b: int, other: int) -> Any:
        selection.checkpoint()
        lead = value(s, b) - follower_gain(game, weights, products, s, b, other)
        if selection.margin > 0.0:
            lead -= selection.margin * sum(weights[s, a, b] for a in range(int(game.leader_counts[s])))
        return lead >= 0.0

    answers = [(s, b) for s in states for b in selection.actions(s)]
    pairs = [(s, b, other) for s, b in answers for other in range(int(game.follower_counts[s])) if other != b]
    own_rows = tagged(pyo.Constraint(answers, rule=own), "sb", RowKind.OWN, block.number)
    incentive_rows = tagged(pyo.Constraint(pairs, rule=incentive), "sbc", RowKind.INCENTIVE, block.number)
    model.add_component(f"{block.prefix}own", own_rows)
    model.add_component(f"{block.prefix}incentive", incentive_rows)
    return tuple((incentive_rows[s, b, other], own_rows[s, b]) for s, b, other in pairs)


def add_products(
    model: Any, triples: Sequence[tuple[Any, Any, Any]], checkpoint: Checkpoint = unhurried
) -> tuple[Product, ...]:
    """State ``result == factor * value`` as the quadratic constraint ``model.product`` and declare it."""
    import pyomo.environ as pyo

    def product(_: Any, k: int) -> Any:
        checkpoint()
        result, factor, value = triples[k]
        return result == factor * value

    model.product = tagged(pyo.Constraint(range(len(triples)), rule=product), "k", RowKind.PRODUCT)
    return tuple(Product(*triple) for triple in triples)


def product_bounds(top: float, lower: FloatArray, upper: FloatArray, t: int) -> tuple[float, float]:
    """Bounds on ``x v(t)`` for ``0 <= x <= top`` and ``lower[t] <= v(t) <= upper[t]``."""
    return min(0.0, top * float(lower[t])), max(0.0, top * float(upper[t]))


def multiplied_rows(constraint: Any, base: Any, box: Any) -> tuple[Multiplied, ...]:
    """Declare that ``constraint[..., t]`` is ``base[...]`` times ``box[t]``, for every index."""
    return tuple(Multiplied(constraint[s, t], base[s], box[t]) for s, t in constraint)
