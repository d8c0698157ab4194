"""Steps over the policies that keep rows, and where they end, against SCIP: one model for every response."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np
import pytest

from ssg_mip import LeaderPolicy, best_response, necessary_condition
from ssg_mip.base.status import Termination
from ssg_mip.errors import OptionError
from ssg_mip.exact import solve_improvement
from ssg_mip.exact.heuristics.allowed import Allowed
from ssg_mip.methods.registry import find_method
from ssg_mip.methods.secure_commitment import find_guaranteed
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.objective import Objective
from ssg_mip.problem.policy_space import PolicyRow, PolicySpace
from ssg_mip.problem.problem import Problem
from ssg_mip.runs.run import Run
from tests.oracles.brute_force import Row, improvement_gain
from tests.oracles.games import PlainGame, random_game
from tests.unit.exact.constrained_cases import row

KINDS = ("budget", "statewise", "two budgets", "same policy")
CASES = [(kind, seed) for kind in KINDS for seed in range(3)]
SIZES = (([2, 2], [2, 2]), ([2, 3], [2, 2]), ([2, 2, 2], [2, 2, 2]))
DISCOUNTS = ((0.9, 0.9), (0.7, 0.9), (0.9, 0.6))

every_case = pytest.mark.parametrize(("kind", "seed"), CASES)


@dataclasses.dataclass(frozen=True, eq=False)
class Case:
    """A game, weights and rows on policies, as SCIP and as we are told of them."""

    plain: PlainGame
    weights: FloatArray
    rows: tuple[Row, ...]

    @functools.cached_property
    def problem(self) -> Problem:
        given = [row(f"row {i}", coefficients, least, most) for i, (coefficients, least, most) in enumerate(self.rows)]
        return Problem(self.plain.to_game(), Objective(self.weights), policies=PolicySpace(rows=tuple(given)))


@functools.cache
def case(kind: str, seed: int) -> Case:
    rng = np.random.default_rng([16, KINDS.index(kind), seed])
    leader, follower = SIZES[seed % 3] if kind != "same policy" else ([2, 2, 2], [2, 2, 2])
    discounts = DISCOUNTS[seed % 3]
    plain = random_game(
        rng,
        leader_counts=leader,
        follower_counts=follower,
        leader_discount=discounts[0],
        follower_discount=discounts[1],
    )
    weights = rng.dirichlet(np.full(len(leader), 5.0))
    return Case(plain, weights, tuple(_rows(kind, rng, leader)))


def _rows(kind: str, rng: np.random.Generator, leader: list[int]) -> list[Row]:
    if kind == "statewise":
        found = []
        for s, count in enumerate(leader):
            drawn = rng.uniform(-1.0, 1.0, size=count)
            own = list(drawn - drawn.mean())
            found.append(([own if t == s else [0.0] * n for t, n in enumerate(leader)], -0.2, 0.1))
        return found
    if kind == "same policy":
        return [([[1.0, 0.0], [-1.0, 0.0], [0.0, 0.0]], 0.0, 0.0), ([[1.0, 0.0], [0.0, 0.0], [-1.0, 0.0]], 0.0, 0.0)]
    costs = [[list(rng.uniform(0.0, 1.0, size=n)) for n in leader] for _ in range(1 if kind == "budget" else 2)]
    return [(own, -np.inf, float(sum(np.mean(part) for part in own)) - 0.05) for own in costs]


@functools.cache
def start(kind: str, seed: int) -> LeaderPolicy:
    one = case(kind, seed).problem
    found = Allowed(one.game, one.policies).nearest(LeaderPolicy.uniform(one.game))
    assert found is not None
    return found


@every_case
def test_the_best_step_is_that_of_scip(kind: str, seed: int) -> None:
    one = case(kind, seed)
    values = best_response(one.problem.game, start(kind, seed)).leader_values
    answer = solve_improvement(one.problem, Run(gap=1e-6, start=start(kind, seed)), values, one.weights)
    theirs = improvement_gain(one.plain, values, weights=one.weights, rows=one.rows)
    assert answer.termination is Termination.GAP
    assert answer.primal_bound <= theirs + 1e-5
    assert answer.dual_bound >= theirs - 1e-4 * (1.0 + abs(theirs))


@every_case
def test_where_a_run_stops_scip_finds_no_step(kind: str, seed: int) -> None:
    one = case(kind, seed)
    end = find_method("policy-iteration")(one.problem, Run(gap=1e-5, start=start(kind, seed)))
    assert end.leader_policy is not None
    left = improvement_gain(one.plain, end.leader_values, rows=one.rows)
    assert left <= end.trajectory[-1].step_bound + 1e-4 * (1.0 + np.abs(end.leader_values).max())


@every_case
def test_the_necessary_condition_is_about_allowed_policies(kind: str, seed: int) -> None:
    """It holds where a run stops, and at the start it fails exactly if SCIP finds a step; the better one is allowed."""
    one, problem = case(kind, seed), case(kind, seed).problem
    game = problem.game
    values = best_response(game, start(kind, seed)).leader_values
    first = necessary_condition(problem, start(kind, seed), gap=1e-3)
    gain = improvement_gain(one.plain, values, rows=one.rows)
    assert first.holds is not None
    if first.better_policy is not None and first.better_values is not None:
        assert problem.policies.holds(game, first.better_policy)
        assert np.all(first.better_values >= values - 1e-6)
        assert first.holds is False
    else:
        assert gain <= first.gain_bound + 1e-5
    end = find_method("policy-iteration")(problem, Run(gap=1e-3, start=start(kind, seed)))
    assert end.leader_policy is not None
    last = necessary_condition(problem, end.leader_policy, gap=1e-3)
    assert last.holds is True
    assert improvement_gain(one.plain, end.leader_values, rows=one.rows) <= last.gain_bound + 1e-5


def test_a_policy_outside_is_not_tested() -> None:
    problem = case("budget", 0).problem
    costs = problem.policies.rows[0].coefficients.reshape(2, 2)
    dearest = LeaderPolicy.deterministic(problem.game, costs.argmax(axis=1).tolist())
    with pytest.raises(OptionError, match="does not keep row 0"):
        necessary_condition(problem, dearest)


@every_case
def test_a_guaranteed_neighbour_keeps_the_rows(kind: str, seed: int) -> None:
    problem = case(kind, seed).problem
    end = find_method("policy-iteration")(problem, Run(gap=1e-4, start=start(kind, seed)))
    assert end.leader_policy is not None
    near = find_guaranteed(problem, end.leader_policy)
    if near.certificate is not None:
        assert problem.policies.holds(problem.game, near.certificate.policy)


def test_rows_keep_the_search_from_leaving() -> None:
    """A row that is tight at an answer on a tie, so that one of the ways off the tie is closed."""
    left, kept = 0, 0
    for kind, seed in CASES:
        problem = case(kind, seed).problem
        end = find_method("policy-iteration")(problem, Run(gap=1e-4, start=start(kind, seed)))
        assert end.leader_policy is not None
        free = find_guaranteed(problem.game, end.leader_policy, weights=problem.weights)
        if free.certificate is not None and not problem.policies.holds(problem.game, free.certificate.policy):
            left += 1
            within = find_guaranteed(problem, end.leader_policy)
            kept += within.certificate is not None
    assert left > 0
    assert kept > 0


def test_rows_are_told_to_both_alike() -> None:
    one = case("budget", 1)
    given: PolicyRow = one.problem.policies.rows[0]
    assert given.coefficients.tolist() == [c for own in one.rows[0][0] for c in own]
    assert given.upper == one.rows[0][2]
