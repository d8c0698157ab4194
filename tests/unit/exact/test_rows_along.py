"""Rows within single states, with floors and along directions: grids, SCIP, certificates, and what is refused."""

from __future__ import annotations

import dataclasses
import json
import math
from functools import cache

import numpy as np
import pytest

from ssg_mip import LeaderPolicy, best_response
from ssg_mip.base.status import Termination
from ssg_mip.checker.dual.replay import verify_bound
from ssg_mip.errors import InvalidResultError, OptionError
from ssg_mip.exact.answer import Answer
from ssg_mip.exact.constrained import solve_constrained
from ssg_mip.exact.direction import solve_direction
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.policy_space import EVERY_POLICY, PolicySpace
from ssg_mip.programs.direction import Demand
from ssg_mip.proofs.writer import Recorder
from tests.oracles.brute_force import highest_level
from tests.oracles.games import PlainGame, random_game
from tests.oracles.known import figure_1
from tests.unit.exact.constrained_cases import Constrained, grid, row, small
from tests.unit.questions import asked as question

GAP = 1e-4
ROUNDING = 1e-6
SEEDS = (0, 30, 114)


@dataclasses.dataclass(frozen=True, eq=False)
class Traded:
    """A game in whose states values are traded against each other, with rows, and the values of a grid of policies."""

    plain: PlainGame
    case: Constrained
    policies: tuple[LeaderPolicy, ...]
    values: FloatArray

    @property
    def rows(self) -> list[tuple[FloatArray, float, float]]:
        return [(one.coefficients, one.lower, one.upper) for one in self.case.space.rows]


@cache
def traded(seed: int) -> Traded:
    plain = figure_1(1.0, 2.0)
    if seed:
        plain = random_game(
            np.random.default_rng([7, seed]),
            leader_counts=[2, 2],
            follower_counts=[3, 3],
            leader_discount=0.9,
            follower_discount=0.7,
        )
    rows = (row("least", [[0.0, 1.0], [0.0, 0.0]], lower=0.15), row("ratio", [[0.0, 0.0], [1.0, -6.0]], upper=0.1))
    case = Constrained(plain.to_game(), np.array([0.5, 0.5]), PolicySpace(rows=rows))
    policies = tuple(grid(case, 101))
    values = np.array([best_response(case.game, policy).leader_values for policy in policies])
    return Traded(plain, case, policies, values)


def floored(found: Traded, share: float) -> FloatArray:
    """A floor in the second state, that much of the way from what the best policy has there to the most of all."""
    best = int(np.argmax(found.values[:, 0]))
    least, most = found.values[best, 1], found.values[:, 1].max()
    return np.array([-np.inf, least + share * (most - least)])


def solved(found: Traded, floor: FloatArray, recorder: Recorder | None = None) -> Answer:
    problem, run = question(found.case.game, weights=np.array([1.0, 0.0]), gap=GAP, recorder=recorder)
    return solve_constrained(
        dataclasses.replace(problem, policies=dataclasses.replace(found.case.space, floor=floor)), run
    )


def level_of(found: Traded, demands: list[Demand], top: float, space: PolicySpace | None = None) -> Answer:
    problem, run = question(found.case.game, weights=found.case.weights)
    problem = dataclasses.replace(problem, policies=found.case.space if space is None else space)
    return solve_direction(problem, run, demands, top=top, absolute_gap=GAP)


def demands_of(least: FloatArray, slopes: FloatArray) -> list[Demand]:
    return [
        Demand(leader=np.eye(2)[k], follower=np.zeros(2), least=float(least[k]), slope=float(slopes[k]))
        for k in range(2)
    ]


@pytest.mark.parametrize("share", [0.3, 0.8])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_floor_beside_rows_is_kept_and_its_price_is_exact(seed: int, share: float) -> None:
    found = traded(seed)
    floor = floored(found, share)
    answer = solved(found, floor)
    keeps = found.values[:, 1] >= floor[1]
    best = highest_level(
        found.plain, np.eye(2), np.array([0.0, floor[1]]), np.array([1.0, 0.0]), found.rows, top=1000.0
    )
    assert answer.termination is Termination.GAP
    assert found.values[keeps, 0].max() <= answer.dual_bound + ROUNDING
    assert best == pytest.approx(answer.primal_bound, abs=2.0 * GAP * (1.0 + abs(best)))
    assert best == pytest.approx(answer.dual_bound, abs=2.0 * GAP * (1.0 + abs(best)))
    assert answer.policy is not None
    assert answer.response is not None
    assert found.case.space.holds(found.case.game, answer.policy)
    assert answer.response.leader_values[1] >= floor[1] - ROUNDING


def test_floors_and_rows_both_cost_something() -> None:
    """So that the test above would notice if one of them were not there."""
    prices = []
    for seed in SEEDS:
        found = traded(seed)
        floor = floored(found, 0.8)
        both, rows = solved(found, floor).dual_bound, solved(found, np.full(2, -np.inf)).dual_bound
        free = dataclasses.replace(found, case=dataclasses.replace(found.case, space=EVERY_POLICY))
        prices.append((rows - both, solved(free, floor).primal_bound - both))
    assert min(max(price[k] for price in prices) for k in range(2)) > 0.01


@pytest.mark.parametrize("seed", SEEDS)
def test_a_floor_that_no_allowed_policy_keeps_is_infeasible(seed: int) -> None:
    found = traded(seed)
    answer = solved(found, np.array([-np.inf, found.values[:, 1].max() + 0.5]))
    assert answer.termination is Termination.INFEASIBLE
    assert answer.dual_bound == -math.inf


@pytest.mark.parametrize("seed", SEEDS)
def test_a_certificate_is_about_floors_and_rows_together(seed: int) -> None:
    found, recorder = traded(seed), Recorder()
    floor = floored(found, 0.8)
    answer = solved(found, floor, recorder)
    lines = json.loads(json.dumps(list(recorder.lines(found.case.game))))
    replay = verify_bound(found.case.game, lines)
    assert replay.passed, replay.failed
    assert replay.claimed == answer.dual_bound
    assert [state for state, _ in replay.floor] == [1]
    assert len(replay.policy_rows) == 2
    assert found.values[found.values[:, 1] >= floor[1], 0].max() <= replay.claimed + ROUNDING


@pytest.mark.parametrize("what", ["floor", "rows"])
def test_a_certificate_with_a_weaker_floor_or_weaker_rows_proves_less(what: str) -> None:
    """Both are needed for the bound."""
    passed = []
    for seed in SEEDS:
        found, recorder = traded(seed), Recorder()
        solved(found, floored(found, 0.8), recorder)
        lines = json.loads(json.dumps(list(recorder.lines(found.case.game))))
        if what == "floor":
            lines[0]["floor"][0][1] -= 0.1
        else:
            lines[0]["policy"][0][0][1] -= 0.1
        passed.append(verify_bound(found.case.game, lines).passed)
    assert not all(passed)


def test_floors_beside_rows_that_couple_states_are_in_no_certificate() -> None:
    found, recorder = traded(0), Recorder()
    solved(found, floored(found, 0.8), recorder)
    lines = json.loads(json.dumps(list(recorder.lines(found.case.game))))
    lines[0]["policy"][0].append([[1.0, 0.0, 1.0, 0.0], None, 1.9])
    lines[0]["conditional"] = [0, 1]
    with pytest.raises(InvalidResultError, match="do not go with floors"):
        verify_bound(found.case.game, lines)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_level_along_a_direction_is_that_of_allowed_policies(seed: int) -> None:
    """From the least of the grid towards the most of all policies."""
    found = traded(seed)
    least = found.values.min(axis=0)
    slopes = np.maximum(found.values.max(axis=0) - least, 0.1)
    answer = level_of(found, demands_of(least, slopes), 2.0)
    reached = float(((found.values - least) / slopes).min(axis=1).max())
    best = highest_level(found.plain, np.eye(2), least, slopes, found.rows, top=2.0)
    assert answer.termination is Termination.GAP
    assert reached <= answer.dual_bound + ROUNDING
    assert best == pytest.approx(answer.primal_bound, abs=3.0 * GAP)
    assert best == pytest.approx(answer.dual_bound, abs=3.0 * GAP)
    assert answer.policy is not None
    assert found.case.space.holds(found.case.game, answer.policy)


def test_rows_lower_some_level() -> None:
    lost = []
    for seed in SEEDS:
        found = traded(seed)
        least = found.values.min(axis=0)
        demands = demands_of(least, np.maximum(found.values.max(axis=0) - least, 0.1))
        lost.append(level_of(found, demands, 2.0, EVERY_POLICY).primal_bound - level_of(found, demands, 2.0).dual_bound)
    assert max(lost) > 0.01


def test_witnesses_are_told_of_allowed_policies_only() -> None:
    found, told = traded(30), []
    problem, run = question(found.case.game, weights=found.case.weights)
    demands = demands_of(found.values.min(axis=0), np.ones(2))
    solve_direction(
        dataclasses.replace(problem, policies=found.case.space),
        run,
        demands,
        top=10.0,
        absolute_gap=GAP,
        witness=lambda policy, _: told.append(policy),
    )
    assert len(told) > 3
    assert all(found.case.space.holds(found.case.game, policy) for policy in told)


def test_rows_that_couple_states_are_refused_where_blocks_would_choose_policies_of_their_own() -> None:
    case = small(0, "coupling")
    problem, run = question(case.game, weights=case.weights)
    problem = dataclasses.replace(problem, policies=case.space)
    with pytest.raises(OptionError, match=r"couple several states .budget."):
        solve_direction(problem, run, demands_of(np.zeros(2), np.ones(2)), top=5.0, absolute_gap=GAP)
    with pytest.raises(OptionError, match=r"couple several states .budget."):
        solve_constrained(problem.above(np.array([1.0, -np.inf])), run)
