"""The direction program: as the weighted sum, with floors, along a direction, and with the follower's value."""

from __future__ import annotations

import numpy as np
import pytest

from ssg_mip.base.deadline import Deadline
from ssg_mip.base.status import Termination
from ssg_mip.evaluation.best_response import best_response
from ssg_mip.evaluation.value_bounds import follower_value_bounds, leader_value_bounds
from ssg_mip.exact import Answer, solve_commitment
from ssg_mip.exact.direction import solve_direction
from ssg_mip.exact.size_limit import direction_products
from ssg_mip.lp.compiled import compile_program
from ssg_mip.programs.commitment import commitment_along
from ssg_mip.programs.direction import Ceiling, Demand, Direction
from ssg_mip.programs.tags import RowKind
from tests.oracles.games import Array, PlainGame, random_game
from tests.oracles.known import three_points
from tests.oracles.many import drawn_policies, values_of_many
from tests.unit.questions import asked

GAP = 1e-4


def _game(seed: int) -> PlainGame:
    """Two states, two actions each; every other start leaves a state out."""
    return random_game(
        np.random.default_rng([23, seed]),
        leader_counts=[2, 2],
        follower_counts=[2, 2],
        leader_discount=0.6,
        follower_discount=0.7,
        unreached_start=seed % 2,
    )


def _solve(plain: PlainGame, demands: list[Demand], top: float, **options: object) -> Answer:
    problem, run = asked(plain.to_game(), weights=plain.initial)
    return solve_direction(problem, run, demands, top=top, absolute_gap=GAP, **options)  # type: ignore[arg-type]


def _demand(leader: Array, follower: Array, least: float, slope: float) -> Demand:
    return Demand(leader=leader, follower=follower, least=least, slope=slope)


@pytest.mark.parametrize("seed", range(4))
def test_one_demand_on_the_leader_s_value_is_the_commitment_program(seed: int) -> None:
    """Also where a state is not in the start distribution, so that conditional variables tie its value."""
    plain = _game(seed)
    game, nothing = plain.to_game(), np.zeros(2)
    bounds = leader_value_bounds(game)
    least = float(plain.initial @ bounds.lower)
    found = _solve(plain, [_demand(plain.initial, nothing, least, 1.0)], float(plain.initial @ bounds.upper) - least)
    known = solve_commitment(*asked(game, weights=plain.initial, gap=1e-6))
    assert found.termination is Termination.GAP
    assert found.primal_bound + least <= known.dual_bound + 1e-9
    assert found.dual_bound + least >= known.primal_bound - 1e-9
    assert found.dual_bound - found.primal_bound <= GAP + 1e-5


@pytest.mark.parametrize("seed", range(4))
def test_no_sampled_policy_rises_above_the_bound(seed: int) -> None:
    """The leader's value in one state and the follower's from the start rise together along a direction."""
    plain = _game(seed)
    leader, follower = values_of_many(plain, drawn_policies(plain, 2000, np.random.default_rng(seed)))
    weights, nothing = np.array([1.0, 0.0]), np.zeros(2)
    pairs = np.stack([leader @ weights, follower @ plain.initial], axis=1)
    low, high = pairs.min(axis=0), pairs.max(axis=0)
    demands = [
        _demand(weights, nothing, float(low[0]), float(high[0] - low[0])),
        _demand(nothing, plain.initial, float(low[1]), float(high[1] - low[1])),
    ]
    found = _solve(plain, demands, 1.5)
    assert found.termination is Termination.GAP
    reached = ((pairs - low) / (high - low)).min(axis=1).max()
    assert found.dual_bound >= reached - 1e-9
    assert found.primal_bound >= reached - GAP - 1e-5
    assert found.policy is not None
    attained = best_response(plain.to_game(), found.policy)
    for demand in demands:
        value = demand.leader @ attained.leader_values + demand.follower @ attained.follower_values
        assert value >= demand.least + demand.slope * found.primal_bound - 1e-9


def test_a_floor_picks_the_point_that_no_weighted_sum_finds() -> None:
    """Three points (0, 10), (4, 4), (10, 0): with at least 3 in the second state the first one rises to 4."""
    plain, nothing = three_points(), np.zeros(4)
    floor = _demand(np.eye(4)[1], nothing, 3.0, 0.0)
    rise = _demand(np.eye(4)[0], nothing, 0.0, 1.0)
    found = _solve(plain, [rise, floor], 10.0)
    assert found.termination is Termination.GAP
    assert found.primal_bound == pytest.approx(4.0, abs=1e-9)
    assert found.dual_bound == pytest.approx(4.0, abs=GAP + 1e-9)
    along = [_demand(np.eye(4)[k], nothing, 0.0, 1.0) for k in range(2)]
    assert _solve(plain, along, 10.0).primal_bound == pytest.approx(4.0, abs=1e-9)
    assert _solve(plain, [rise, _demand(np.eye(4)[1], nothing, 10.1, 0.0)], 10.0).termination is Termination.INFEASIBLE


def test_a_true_ceiling_changes_no_answer_and_spares_nodes() -> None:
    """``F_1 + F_2 <= 10`` holds for all policies of the three-point game."""
    plain, nothing = three_points(), np.zeros(4)
    along = [_demand(np.eye(4)[k], nothing, float(k), 1.0) for k in range(2)]
    free = _solve(plain, along, 10.0)
    capped = _solve(plain, along, 10.0, ceilings=[Ceiling(np.array([1.0, 1.0]), 10.0 + 1e-9)])
    assert capped.primal_bound == pytest.approx(free.primal_bound, abs=1e-9)
    assert capped.dual_bound == pytest.approx(free.dual_bound, abs=2 * GAP)
    assert capped.nodes <= free.nodes


def test_a_limit_leaves_a_valid_bound_and_the_size_is_foretold() -> None:
    plain = _game(0)
    game, nothing = plain.to_game(), np.zeros(2)
    demands = [_demand(np.eye(2)[k], nothing, -3.0, 1.0) for k in range(2)]
    problem, run = asked(game, weights=plain.initial, deadline=Deadline(0.0))
    found = solve_direction(problem, run, demands, top=6.0, absolute_gap=GAP)
    assert found.termination is Termination.TIME_LIMIT
    assert found.primal_bound <= found.dual_bound <= 6.0
    direction = Direction(demands=tuple(demands), top=6.0)
    program = commitment_along(game, direction, follower_value_bounds(game))
    assert len(program.products) == direction_products(game, direction)
    tags = compile_program(program).row_tags
    assert set(tags.block[tags.kind == RowKind.FLOW_TIMES_VALUE]) == {0, 1}
