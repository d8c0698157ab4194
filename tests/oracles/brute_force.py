"""The commitment optimum by enumerating the follower's deterministic policies.

For one response ``g`` the leader solves the non-convex program

    maximise  sum_s w(s) V(s)
    v(s)  =  sum_a f(s,a) [rB(s,a,g(s)) + gB sum_t p(t|s,a,g(s)) v(t)]
    v(s) >=  sum_a f(s,a) [rB(s,a,b)    + gB sum_t p(t|s,a,b)    v(t)]      for every b
    V(s)  =  sum_a f(s,a) [rA(s,a,g(s)) + gA sum_t p(t|s,a,g(s)) V(t)]

over distributions ``f``; SCIP solves it to a stated gap, and the best response wins. :func:`solve_whole` is the
same with binaries for ``g`` in one model, a cross-check of the enumeration itself.

The reported value is never SCIP's: it is the exact value of the pair ``(f, g)``, with the follower's regret beside
it, because SCIP satisfies the rows within its feasibility tolerance only.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence

import numpy as np
import pyscipopt

from tests.oracles.games import Array, PlainGame
from tests.oracles.sampling import best_sampled, pair_values, regret

CPU_CLOCK = 1
"""SCIP's code for time limits in processor time: what it proves must not depend on what else the machine does."""


@dataclasses.dataclass(frozen=True)
class Program:
    """What SCIP said about one response; ``status`` is SCIP's word."""

    response: tuple[int, ...]
    status: str
    value: float
    bound: float
    seconds: float
    nodes: int


@dataclasses.dataclass(frozen=True)
class Optimum:
    """The best pair found and a bound over all stationary leader policies."""

    value: float
    dual_bound: float
    policy: list[Array]
    response: tuple[int, ...]
    regret: float
    seconds: float
    programs: tuple[Program, ...]

    @property
    def gap(self) -> float:
        return max(0.0, self.dual_bound - self.value) / max(1.0, abs(self.value))


# -------------------------------------------------------------------- interval bounds


def _iterate(game: PlainGame, *, leader: bool, upper: bool, backup: Callable[[int, Array], float]) -> Array:
    """Iterate a monotone Bellman operator from a safe end; every iterate bounds the values on that side."""
    rewards = game.leader_reward if leader else game.follower_reward
    discount = game.leader_discount if leader else game.follower_discount
    ends = [block.max() if upper else block.min() for block in rewards]
    values = np.full(game.num_states, (max(ends) if upper else min(ends)) / (1.0 - discount))
    for _ in range(2000):
        stage = [rewards[s] + discount * (game.transition[s] @ values) for s in range(game.num_states)]
        before, values = values, np.array([backup(s, q) for s, q in enumerate(stage)])
        if np.abs(values - before).max() <= 1e-9:
            break
    slack = 1e-6 * (1.0 + np.abs(values))
    return values + slack if upper else values - slack


def bounds_for_response(game: PlainGame, response: Sequence[int], *, leader: bool) -> tuple[Array, Array]:
    """Bounds on the values of one player over all leader policies when the follower plays ``response``."""
    low = _iterate(game, leader=leader, upper=False, backup=lambda s, q: q[:, response[s]].min())
    high = _iterate(game, leader=leader, upper=True, backup=lambda s, q: q[:, response[s]].max())
    return low, high


def bounds_of_optimal_follower(game: PlainGame) -> tuple[Array, Array]:
    """Bounds on the follower's optimal values: pure maximin from below, cooperation from above."""
    low = _iterate(game, leader=False, upper=False, backup=lambda _, q: q.min(axis=0).max())
    high = _iterate(game, leader=False, upper=True, backup=lambda _, q: q.max())
    return low, high


# -------------------------------------------------------------------- models


def _new_model(time_limit: float, gap: float, feasibility: float = 1e-8) -> pyscipopt.Model:
    model = pyscipopt.Model()
    model.hideOutput()
    model.setParam("timing/clocktype", CPU_CLOCK)
    model.setParam("limits/time", time_limit)
    model.setParam("limits/gap", gap)
    model.setParam("limits/absgap", gap)
    model.setParam("numerics/feastol", feasibility)
    return model


def _policy_variables(model: pyscipopt.Model, game: PlainGame) -> list[list[pyscipopt.Variable]]:
    policy = []
    for s, count in enumerate(game.leader_counts):
        row = [model.addVar(f"f_{s}_{a}", lb=0.0, ub=1.0) for a in range(count)]
        model.addCons(pyscipopt.quicksum(row) == 1.0)
        policy.append(row)
    return policy


def _value_variables(model: pyscipopt.Model, label: str, low: Array, high: Array) -> list[pyscipopt.Variable]:
    return [model.addVar(f"{label}_{s}", lb=float(low[s]), ub=float(high[s])) for s in range(len(low))]


def _action_value(game: PlainGame, policy: list, values: list, s: int, b: int, *, leader: bool) -> object:
    """``sum_a f(s,a) [r(s,a,b) + discount sum_t p(t|s,a,b) values(t)]`` as a SCIP expression."""
    rewards = game.leader_reward if leader else game.follower_reward
    discount = game.leader_discount if leader else game.follower_discount
    terms = []
    for a, probability in enumerate(policy[s]):
        terms.append(float(rewards[s][a, b]) * probability)
        for t in np.flatnonzero(game.transition[s][a, b]):
            weight = discount * float(game.transition[s][a, b, t])
            if weight:
                terms.append(weight * probability * values[t])
    return pyscipopt.quicksum(terms)


def _read_policy(model: pyscipopt.Model, policy: list) -> list[Array]:
    rows = [np.clip([model.getVal(variable) for variable in row], 0.0, None) for row in policy]
    return [row / row.sum() for row in rows]


def _policy_answered_by(
    model: pyscipopt.Model, game: PlainGame, response: Sequence[int]
) -> list[list[pyscipopt.Variable]] | None:
    """Variables and rows for the leader policies to which ``response`` is optimal; ``None`` if bounds exclude all."""
    policy = _policy_variables(model, game)
    low, high = bounds_for_response(game, response, leader=False)
    low = np.maximum(low, bounds_of_optimal_follower(game)[0])
    if np.any(low > high):
        return None
    follower = _value_variables(model, "v", low, high)
    for s, chosen in enumerate(response):
        model.addCons(follower[s] == _action_value(game, policy, follower, s, chosen, leader=False))
        for b in range(game.follower_counts[s]):
            if b != chosen:
                model.addCons(follower[s] >= _action_value(game, policy, follower, s, b, leader=False))
    return policy


def solve_for_response(
    game: PlainGame,
    response: Sequence[int],
    *,
    weights: Array,
    gap: float,
    time_limit: float,
    cutoff: float | None = None,
) -> tuple[Program, list[Array] | None]:
    """The best leader policy among those to which ``response`` is optimal, to a stated gap.

    With ``cutoff`` only policies worth more than it are sought: ``infeasible`` then also means "none is better".
    """
    model = _new_model(time_limit, gap)
    policy = _policy_answered_by(model, game, response)
    if policy is None:
        return Program(tuple(response), "infeasible", -np.inf, -np.inf, 0.0, 0), None
    leader = _value_variables(model, "V", *bounds_for_response(game, response, leader=True))
    for s, chosen in enumerate(response):
        model.addCons(leader[s] == _action_value(game, policy, leader, s, chosen, leader=True))
    model.setObjective(pyscipopt.quicksum(float(weights[s]) * leader[s] for s in range(len(leader))), "maximize")
    if cutoff is not None:
        model.setObjlimit(cutoff)
    started = time.monotonic()
    model.optimize()
    status = model.getStatus()
    found = None if model.getNSols() == 0 else _read_policy(model, policy)
    bound = (-np.inf if cutoff is None else cutoff) if status == "infeasible" else model.getDualbound()
    value = -np.inf if found is None else float(weights @ pair_values(game, found, response)[0])
    return Program(tuple(response), status, value, bound, time.monotonic() - started, model.getNNodes()), found


def brute_force(
    game: PlainGame,
    *,
    weights: Array | None = None,
    gap: float = 1e-6,
    time_limit: float = 60.0,
    samples: int = 100,
    seed: int = 0,
) -> Optimum:
    """The optimum over all stationary leader policies, ties in the leader's favour.

    Parameters
    ----------
    game
        A game with few follower policies.
    weights
        Weights over states; the start distribution by default.
    gap
        Relative (and absolute) gap asked of each program.
    time_limit
        Seconds for each program; a program that reaches it leaves its bound in ``dual_bound``.
    samples, seed
        Random policies that give the first incumbent.
    """
    started = time.monotonic()
    weight = game.initial if weights is None else np.asarray(weights, dtype=float)
    value, policy, first = best_sampled(game, samples=samples, seed=seed, weights=weight)
    response = first.actions
    programs: list[Program] = []
    order = sorted(game.responses(), key=lambda g: (g != response, g))
    for candidate in order:
        program, found = solve_for_response(
            game, candidate, weights=weight, gap=gap, time_limit=time_limit, cutoff=value
        )
        programs.append(program)
        if found is not None and program.value > value:
            value, policy, response = program.value, found, candidate
    return Optimum(
        value=value,
        dual_bound=max(value, *(program.bound for program in programs)),
        policy=policy,
        response=tuple(response),
        regret=regret(game, policy, response),
        seconds=time.monotonic() - started,
        programs=tuple(programs),
    )


def highest_level(
    game: PlainGame,
    starts: Array,
    least: Array,
    slopes: Array,
    rows: Sequence[tuple[Array, float, float]] = (),
    *,
    top: float,
    gap: float = 1e-6,
    time_limit: float = 60.0,
) -> float:
    """The largest ``level <= top`` with ``starts[k] @ V >= least[k] + slopes[k] * level`` for all ``k``; a bound on it.

    ``rows`` are ``(coefficients, lower, upper)`` with a coefficient for each leader action, state after state, and
    infinite sides for none; policies that miss one do not count. ``-inf`` if no policy counts.
    """
    best = -np.inf
    for response in game.responses():
        model = _new_model(time_limit, gap)
        policy = _policy_answered_by(model, game, response)
        if policy is None:
            continue
        flat = [variable for row in policy for variable in row]
        for coefficients, lower, upper in rows:
            value = pyscipopt.quicksum(float(c) * f for c, f in zip(coefficients, flat, strict=True))
            if np.isfinite(upper):
                model.addCons(value <= float(upper))
            if np.isfinite(lower):
                model.addCons(value >= float(lower))
        leader = _value_variables(model, "V", *bounds_for_response(game, response, leader=True))
        for s, chosen in enumerate(response):
            model.addCons(leader[s] == _action_value(game, policy, leader, s, chosen, leader=True))
        level = model.addVar("level", lb=-top, ub=top)
        for start, low, slope in zip(starts, least, slopes, strict=True):
            value = pyscipopt.quicksum(float(w) * leader[s] for s, w in enumerate(start) if w)
            model.addCons(value >= float(low) + float(slope) * level)
        model.setObjective(level, "maximize")
        model.optimize()
        if model.getStatus() != "infeasible":
            best = max(best, float(model.getDualbound()))
    return best


Row = tuple[Sequence[Sequence[float]], float, float]
"""``least <= sum_sa coefficients[s][a] f(a|s) <= most``; infinite for no side."""


def improvement_gain(
    game: PlainGame,
    values: Array,
    *,
    weights: Array | None = None,
    rows: Sequence[Row] = (),
    gap: float = 1e-7,
    time_limit: float = 60.0,
) -> float:
    """The optimum of the improvement program (Kudo & Akimoto, (6)-(8)) at a policy with the given leader values.

    The largest ``sum_s weights(s) [Q_t(s, f, g(s)) - values(s)]`` over the policies ``f`` with best response ``g``
    and ``Q_t >= values`` in every state, where ``Q_t`` continues with ``values``. Equal weights by default; proven
    bounds are taken. A state may lose 1e-6, or a policy that itself sits on a tie could be cut off. Policies keep the
    rows.
    """
    weight = np.full(game.num_states, 1.0 / game.num_states) if weights is None else np.asarray(weights, dtype=float)
    stage = [game.leader_reward[s] + game.leader_discount * game.transition[s] @ values for s in range(game.num_states)]
    best = -np.inf
    for response in game.responses():
        # at an optimum only isolated points keep every state: a tighter tolerance makes SCIP's LPs fail there
        model = _new_model(time_limit, gap, feasibility=1e-6)
        policy = _policy_answered_by(model, game, response)
        if policy is None:
            continue
        gains = [
            pyscipopt.quicksum(float(stage[s][a, b] - values[s]) * policy[s][a] for a in range(len(policy[s])))
            for s, b in enumerate(response)
        ]
        for gain in gains:
            model.addCons(gain >= -1e-6)
        _keep_rows(model, policy, rows)
        model.setObjective(pyscipopt.quicksum(float(weight[s]) * gain for s, gain in enumerate(gains)), "maximize")
        model.optimize()
        if model.getStatus() != "infeasible":
            best = max(best, model.getDualbound())
    return best


def _keep_rows(model: pyscipopt.Model, policy: list, rows: Sequence[Row]) -> None:
    for coefficients, least, most in rows:
        terms = [
            float(c) * f for own, mix in zip(coefficients, policy, strict=True) for c, f in zip(own, mix, strict=True)
        ]
        total = pyscipopt.quicksum(terms)
        if np.isfinite(least):
            model.addCons(total >= float(least))
        if np.isfinite(most):
            model.addCons(total <= float(most))


def solve_whole(
    game: PlainGame,
    *,
    weights: Array | None = None,
    gap: float = 1e-6,
    time_limit: float = 60.0,
    alike: Sequence[Sequence[int]] = (),
) -> tuple[float, float]:
    """``(value, dual bound)`` of the program with binaries for the follower's policy, one SCIP model.

    In the states of each group of ``alike`` the leader plays one policy.

    The big-M of ``v(s) - q(s,b)`` is the upper bound of the optimal ``v(s)`` less the smallest ``q(s,b)``: the
    width of the bounds on ``v(s)`` alone is too small, because ``q`` of an action not chosen may lie below them.
    """
    weight = game.initial if weights is None else np.asarray(weights, dtype=float)
    model = _new_model(time_limit, gap)
    policy = _policy_variables(model, game)
    for first, *others in alike:
        for other in others:
            for mine, theirs in zip(policy[first], policy[other], strict=True):
                model.addCons(mine == theirs)
    low, high = bounds_of_optimal_follower(game)
    worst = _iterate(game, leader=True, upper=False, backup=lambda _, q: q.min())
    best = _iterate(game, leader=True, upper=True, backup=lambda _, q: q.max())
    follower = _value_variables(model, "v", low, high)
    leader = _value_variables(model, "V", worst, best)
    for s, count in enumerate(game.follower_counts):
        pick = [model.addVar(f"g_{s}_{b}", vtype="B") for b in range(count)]
        model.addCons(pyscipopt.quicksum(pick) == 1.0)
        for b in range(count):
            mine = _action_value(game, policy, follower, s, b, leader=False)
            theirs = _action_value(game, policy, leader, s, b, leader=True)
            reach = game.transition[s][:, b]
            big = high[s] - (game.follower_reward[s][:, b] + game.follower_discount * reach @ low).min()
            huge = best[s] - (game.leader_reward[s][:, b] + game.leader_discount * reach @ worst).min()
            model.addCons(follower[s] >= mine)
            model.addCons(follower[s] <= mine + float(big) * (1.0 - pick[b]))
            model.addCons(leader[s] <= theirs + float(huge) * (1.0 - pick[b]))
    model.setObjective(pyscipopt.quicksum(float(weight[s]) * leader[s] for s in range(len(leader))), "maximize")
    model.optimize()
    return model.getPrimalbound(), model.getDualbound()
