r"""The mixed-integer program with leader probabilities on a grid of ``K`` levels.

In the manner of Vorobeychik & Singh (*Computing Stackelberg equilibria in discounted stochastic games*, 2012):
``f(s, a) = sum_k (k / K) d(s, a, k)`` with ``d`` binary and ``sum_k d(s, a, k) = 1`` over ``k = 0..K``. The products
of a level with a value are exact (``L(t) d <= w_level <= U(t) d``, ``sum_k w_level(s, a, t, k) = v(t)``), and
``w(s, a, t) = sum_k (k / K) w_level(s, a, t, k)``.

What is guaranteed: the optimum **among policies whose probabilities are multiples of 1/K**, hence a lower bound on
the optimum over stationary policies. What is not: any distance to that optimum. The leader's value jumps where the
follower's response changes, and an optimal commitment sits on such a jump nearly always, so a grid that misses the
point of indifference by any amount may lose a constant: on "Maintain" (indifference at 1/4) ``K = 4`` earns 27.5,
``K = 3`` only 80/3. ``K = 1`` is the deterministic program with more variables.
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from ssg_mip.errors import OptionError
from ssg_mip.evaluation.value_bounds import ValueBounds
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.policy_space import EVERY_POLICY, PolicySpace
from ssg_mip.programs.allowed_rows import add_allowed_rows, add_support_limits
from ssg_mip.programs.compact import compact_commitment
from ssg_mip.programs.linearise import replace_by_binary_rows
from ssg_mip.programs.program import Product, Program
from ssg_mip.programs.tags import tagged


def grid_commitment(
    game: Game,
    weights: FloatArray,
    levels: int,
    *,
    follower_bounds: ValueBounds | None = None,
    leader_bounds: ValueBounds | None = None,
    margin: float = 0.0,
    policies: PolicySpace = EVERY_POLICY,
) -> Program:
    """Maximise the weighted leader value over policies with probabilities in ``{0, 1/K, ..., 1}``.

    Parameters
    ----------
    game, weights, follower_bounds, leader_bounds, margin
        As in :func:`~ssg_mip.programs.compact.compact_commitment`.
    levels
        ``K``, at least 1.
    policies
        Which policies are allowed; its floor plays no part.

    Raises
    ------
    OptionError
        If ``levels`` is less than 1.
    """
    program = compact_commitment(
        game, weights, follower_bounds=follower_bounds, leader_bounds=leader_bounds, margin=margin
    )
    add_allowed_rows(program.model, game, policies)
    found = _on_grid(program, levels)
    add_support_limits(found.model, game, policies)
    return found


def _on_grid(program: Program, levels: int) -> Program:
    if levels < 1:
        raise OptionError(f"levels is {levels!r}; the grid needs at least 1 level")
    model = program.model
    places = list(model.f)
    steps = range(levels + 1)
    model.d = tagged(pyo.Var([(s, a, k) for s, a in places for k in steps], domain=pyo.Binary), "sak")
    level = pyo.Constraint(places, rule=lambda m, s, a: pyo.quicksum(m.d[s, a, k] for k in steps) == 1.0)
    model.level = tagged(level, "sa")
    probability = pyo.Constraint(
        places, rule=lambda m, s, a: m.f[s, a] == pyo.quicksum(k / levels * m.d[s, a, k] for k in steps)
    )
    model.probability = tagged(probability, "sa")
    products: list[Product] = []
    for component, group in program.products_by_component():
        products += _split_by_level(model, component.local_name, group, levels)
    return replace_by_binary_rows(Program(model=model, products=tuple(products)))


def _split_by_level(model: Any, name: str, group: list[Product], levels: int) -> list[Product]:
    """Variables ``name_level(s, a, t, k) = d(s, a, k) value(t)`` for the products of one component."""
    steps = range(levels + 1)
    table = {product.result.index(): product for product in group}
    keys = [(*place, k) for place in table for k in steps]
    parts = tagged(pyo.Var(keys, bounds=lambda _, s, a, t, _k: table[s, a, t].result.bounds), "satk")
    sums = pyo.Constraint(
        list(table), rule=lambda _, *place: pyo.quicksum(parts[(*place, k)] for k in steps) == table[place].value
    )
    mixture = pyo.Constraint(
        list(table),
        rule=lambda _, *place: table[place].result == pyo.quicksum(k / levels * parts[(*place, k)] for k in steps),
    )
    model.add_component(f"{name}_level", parts)
    model.add_component(f"{name}_levels", tagged(sums, "sat"))
    model.add_component(f"{name}_grid", tagged(mixture, "sat"))
    return [Product(parts[s, a, t, k], model.d[s, a, k], table[s, a, t].value) for s, a, t, k in keys]
