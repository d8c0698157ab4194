r"""What the components of the models are: one sentence each, with the unit and the equation.

Indices are positions: ``s`` and ``t`` of states, ``a`` of the leader's actions and ``b`` of the follower's actions in a
state, all counted from 0 in the game's order. ``q(s, b)`` is what the follower's action ``b`` is worth to him,

    ``q(s, b) = sum_a f(s, a) [r_B(s, a, b) + gamma_B sum_t p(t | s, a, b) v(t)]``,

and ``Q(s, b)`` the same for the leader, with ``r_A``, ``gamma_A`` and ``V``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

FOLLOWER: Mapping[str, str] = {
    "f": "f[s, a]: probability of the leader's action a in state s",
    "g": "g[s, b]: 1 if the follower answers b in state s, else 0 (binary)",
    "v": "v[s]: the follower's optimal value from s, in his reward units",
    "w": "w[s, a, t] = f[s, a] * v[t], in the follower's reward units",
    "leader_policy": "leader_policy[s]: sum_a f[s, a] = 1",
    "follower_policy": "follower_policy[s]: sum_b g[s, b] = 1",
    "incentive": "incentive[s, b]: v[s] - q(s, b) >= 0, or the margin times 1 - g[s, b] (Bucarey et al., 2022)",
    "response": "response[s, b]: v[s] - q(s, b) <= M(s, b) (1 - g[s, b]); the answer is optimal",
    "share_w": "share_w[s, t]: sum_a w[s, a, t] = v[t]; implied, and makes relaxations tighter",
    "leader_at_most": "leader_at_most[s, b]: the leader's value in s is at most Q(s, b) where g[s, b] = 1",
    "leader_at_least": "leader_at_least[s, b]: it is at least Q(s, b) where g[s, b] = 1",
    "scalarisation": "the objective's variable is the weighted sum of the leader's values, or of his gains",
    "product": "product[k]: the products w = f * v and W = f * V, the only terms that are not linear",
    "objective": "maximise leader_value, or gain",
    "policy_row": "policy_row[name]: a row of the problem on f, by its name",
    "used": "used[s, a]: 1 if action a may be used in state s, else 0, where the problem limits how many (binary)",
    "use": "use[s, a]: f[s, a] <= used[s, a]",
    "few": "few[name]: sum_a used[s, a] is at most what the problem allows",
}
"""Components of both models."""

COMMITMENT: Mapping[str, str] = {
    **FOLLOWER,
    "V": "V[s]: the leader's value from s under f and g, in his reward units",
    "W": "W[s, a, t] = f[s, a] * V[t], in the leader's reward units",
    "share_W": "share_W[s, t]: sum_a W[s, a, t] = V[t]; implied",
    "floor": "floor[s]: V[s] is at least what the problem asks for",
    "value_row": "value_row[name]: sum_s rho(s) V[s] is at least what the problem asks for from the start",
    "C": "C0[s], C1[s], ...: what a cost of the problem adds up to from s under f and g, in its units",
    "Z": "Z0[s, a, t] = f[s, a] * C0[t], and so on",
    "share_Z": "share_Z0[s, t]: sum_a Z0[s, a, t] = C0[t]; implied",
    "cost_at_most": "cost0_at_most[s, b]: C0[s] is at most what the cost is worth under b where g[s, b] = 1",
    "cost_at_least": "cost0_at_least[s, b]: it is at least that",
    "cost_row": "cost_row[name]: sum_s rho(s) C0[s] is within what the problem allows",
    "cost_product": "cost_product[k]: the products Z0 = f * C0",
    "leader_value": "leader_value = sum_s rho(s) V[s], what is maximised, in the leader's reward units",
}
"""Components of the commitment model."""

IMPROVEMENT: Mapping[str, str] = {
    **FOLLOWER,
    "Q": "Q[s]: sum_a f[s, a] [r_A + gamma_A sum_t p V_t(t)] under g, with the values V_t of the given policy "
    "(Kudo & Akimoto, equation (6))",
    "improvement": "improvement[s]: Q[s] >= V_t(s); no state gets worse (equation (7))",
    "gain": "gain = sum_s alpha(s) (Q[s] - V_t(s)), what is maximised; 0 is the given policy (equation (8))",
}
"""Components of the improvement model."""


def kind_of(name: str) -> str:
    """What a component is called in the tables: without the number of a cost."""
    return re.sub(r"(?<=[CZt])\d+", "", name)


IMPLIED = ("share_w", "share_W", "share_Z")
"""Rows that follow from the others: without them the model has the same solutions."""


def document(model: Any, words: Mapping[str, str]) -> None:
    """Write into ``doc`` of each component what it is."""
    for component in components(model):
        name = kind_of(component.local_name)
        if name in words:
            component.doc = words[name]


def components(model: Any) -> Iterator[Any]:
    """Variables, constraints and objectives of a model, its blocks left out."""
    import pyomo.environ as pyo

    for kind in (pyo.Var, pyo.Constraint, pyo.Objective):
        yield from model.component_objects(kind, descend_into=False)


def describe(model: Any) -> str:
    """What a model holds, one line for each component: for printing."""
    lines = [f"{model.name}"]
    for component in components(model):
        size = len(component)
        count = f" ({size})" if component.is_indexed() else ""
        lines.append(f"  {component.ctype.__name__:10} {component.local_name}{count}: {component.doc or ''}")
    return "\n".join(lines)
