"""The commitment optimum with rows on the policy, costs, values and limits, by enumerating the follower's answers.

As :mod:`tests.oracles.brute_force`, one program for each deterministic answer, with more rows: linear ones on ``f``;
a discounted cost is a further vector of values, those of the leader's process with the cost in place of his reward,
bounded from the start; a limit on used actions has a binary for every action of its state.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import pyscipopt

from tests.oracles.brute_force import (
    _action_value,
    _new_model,
    _policy_answered_by,
    _read_policy,
    _value_variables,
    bounds_for_response,
)
from tests.oracles.games import Array, PlainGame
from tests.oracles.sampling import pair_values

Sides = tuple[float, float]
"""Lower and upper side; infinite for none."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked of policy and answer.

    Attributes
    ----------
    rows
        Coefficients per state and leader action, with sides.
    costs
        Costs per state as ``[a, b]``, with sides of the discounted cost from the start.
    least
        Least leader values by state.
    most
        How many actions may be used, by state.
    """

    rows: Sequence[tuple[Sequence[Array], Sides]] = ()
    costs: Sequence[tuple[Sequence[Array], Sides]] = ()
    least: Mapping[int, float] = dataclasses.field(default_factory=dict)
    most: Mapping[int, int] = dataclasses.field(default_factory=dict)

    def missed(self, game: PlainGame, policy: Sequence[Array], response: Sequence[int]) -> float:
        """By how much a policy with an answer misses what is asked."""
        found = [0.0]
        for coefficients, (lower, upper) in self.rows:
            value = sum(float(own @ f) for own, f in zip(coefficients, policy, strict=True))
            found += [lower - value, value - upper]
        for costs, (lower, upper) in self.costs:
            value = float(game.initial @ pair_values(game.replace(leader_reward=tuple(costs)), policy, response)[0])
            found += [lower - value, value - upper]
        values = pair_values(game, policy, response)[0]
        found += [least - float(values[state]) for state, least in self.least.items()]
        found += [float(np.sort(policy[state])[:-most].sum()) for state, most in self.most.items()]
        return max(found)


@dataclasses.dataclass(frozen=True)
class Interval:
    """The optimum lies between ``value`` and ``bound``; both are ``-inf`` where nothing is allowed."""

    value: float
    bound: float


def constrained_optimum(
    game: PlainGame, asked: Asked, *, gap: float = 1e-7, seconds: float = 5.0, feasibility: float = 1e-9
) -> Interval:
    """The optimum from the start as SCIP has it, with so many seconds of processor time for each answer."""
    value = bound = -np.inf
    for response in game.responses():
        model = _new_model(seconds, gap, feasibility)
        policy = _policy_answered_by(model, game, response)
        if policy is None:
            continue
        leader = _values(model, game, policy, response)
        model.setObjective(_from_start(game, leader), "maximize")
        _ask(model, game, asked, policy, response, leader)
        if value > -np.inf:
            model.setObjlimit(value)
        model.optimize()
        if model.getNSols() > 0:
            found = float(game.initial @ pair_values(game, _read_policy(model, policy), response)[0])
            value = max(value, found)
        if model.getStatus() != "infeasible":
            bound = max(bound, model.getDualbound())
    return Interval(value, max(bound, value))


def _values(model: pyscipopt.Model, game: PlainGame, policy: list, response: Sequence[int]) -> list:
    """Variables for what the leader's process is worth from every state."""
    values = _value_variables(model, "V", *bounds_for_response(game, response, leader=True))
    for s, b in enumerate(response):
        model.addCons(values[s] == _action_value(game, policy, values, s, b, leader=True))
    return values


def _from_start(game: PlainGame, values: list) -> object:
    return pyscipopt.quicksum(float(share) * value for share, value in zip(game.initial, values, strict=True))


def _between(model: pyscipopt.Model, expression: object, sides: Sides) -> None:
    lower, upper = sides
    if np.isfinite(lower):
        model.addCons(expression >= lower)
    if np.isfinite(upper):
        model.addCons(expression <= upper)


def _ask(
    model: pyscipopt.Model, game: PlainGame, asked: Asked, policy: list, response: Sequence[int], leader: list
) -> None:
    for coefficients, sides in asked.rows:
        terms = [
            float(c) * f
            for own, row in zip(coefficients, policy, strict=True)
            for c, f in zip(own, row, strict=True)
            if c
        ]
        _between(model, pyscipopt.quicksum(terms), sides)
    for costs, sides in asked.costs:
        process = game.replace(leader_reward=tuple(costs))
        _between(model, _from_start(game, _values(model, process, policy, response)), sides)
    for state, least in asked.least.items():
        model.addCons(leader[state] >= least)
    for state, most in asked.most.items():
        used = [model.addVar(vtype="B") for _ in policy[state]]
        for f, binary in zip(policy[state], used, strict=True):
            model.addCons(f <= binary)
        model.addCons(pyscipopt.quicksum(used) <= most)
