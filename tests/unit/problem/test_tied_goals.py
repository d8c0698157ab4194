"""Goals for which all sums need one policy: the worst type, a price per policy, and goals beside rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ssg_mip import (
    Lexicographic,
    PriceOnChange,
    WithFollower,
    WorstStart,
    WorstType,
    bayesian,
    solve,
    trace_front,
    verify,
    verify_bounds,
)
from ssg_mip.base.status import Termination
from ssg_mip.errors import OptionError
from ssg_mip.methods.registry import check_policies, find_method
from ssg_mip.problem.follower_types import TYPES_TOLD
from ssg_mip.problem.goals.change import CHANGE_TOLD
from ssg_mip.problem.policy_space import PolicyRow, PolicySpace
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.rising import ReachedInTurn
from ssg_mip.programs.direction import Demand, reading, shared_start
from ssg_mip.report.results import goal_lines
from tests.oracles.games import Array, PlainGame, plain_from_arrays, random_game, static_game
from tests.oracles.grids import finer, grid_policies
from tests.oracles.many import values_of_many
from tests.oracles.static_goals import best_of_answers
from tests.unit.problem.test_goals import best_of_grid, distances, game_of
from tests.unit.questions import answered

GAP = 1e-4
PARTS = 50


def types_of(seed: int, count: int) -> list[PlainGame]:
    """Games of two states, two actions each, with kernels of their own."""
    rng = np.random.default_rng([81, seed])
    return [
        random_game(rng, leader_counts=[2, 2], follower_counts=[2, 2], leader_discount=0.7, follower_discount=0.6)
        for _ in range(count)
    ]


def bayesian_of(types: list[PlainGame]) -> Problem:
    chances = np.arange(1.0, len(types) + 1.0)
    return bayesian({f"t{k}": one.to_game() for k, one in enumerate(types)}, chances / chances.sum())


def type_values(types: list[PlainGame], policies: list[Array]) -> Array:
    """The leader's value from the start of every type ``[policies, types]``."""
    return np.stack([values_of_many(one, policies)[0] @ np.array(one.initial) for one in types], axis=1)


def best_worst(types: list[PlainGame]) -> float:
    """The largest least value over the types that grids find."""
    policies = grid_policies(types[0], PARTS)
    found = -np.inf
    for reach in (0.05, 0.002, 0.0):
        values = type_values(types, policies).min(axis=1)
        found = max(found, float(values.max()))
        policies = finer(types[0], policies, int(values.argmax()), PARTS, reach)
    return found


# -------------------------------------------------------------------- the worst type


@pytest.mark.parametrize(("seed", "count"), [(0, 2), (1, 2), (2, 2), (3, 2), (4, 3)])
def test_the_worst_type_is_the_best_that_a_grid_finds(seed: int, count: int) -> None:
    """All types answer one policy; blocks that each chose their own would be worth more."""
    types = types_of(seed, count)
    result = answered(bayesian_of(types).maximise(WorstType()), gap=GAP)
    grid = best_worst(types)
    assert result.termination is Termination.GAP
    assert result.scalarised_bound >= grid - 1e-9
    assert result.scalarised_value >= grid - 2e-4 * (1.0 + abs(grid))
    told = result.details[TYPES_TOLD]
    assert min(one["leader_value"] for one in told.values()) == pytest.approx(result.scalarised_value, abs=1e-9)
    apart = min(answered(Problem(one.to_game()), gap=GAP).leader_value for one in types)
    assert result.scalarised_value <= apart + 1e-9


@pytest.mark.parametrize("seed", range(8))
def test_static_types_agree_with_a_program_for_all_answers(seed: int) -> None:
    """Three types with three answers each: 27 linear programs. Mixed answers would give more in some of these games."""
    rng = np.random.default_rng([82, seed])
    tables = [(rng.integers(-5, 6, (3, 3)).astype(float), rng.integers(-5, 6, (3, 3)).astype(float)) for _ in range(3)]
    games = {f"t{k}": static_game(*(side.tolist() for side in one)).to_game() for k, one in enumerate(tables)}
    result = answered(bayesian(games, [0.2, 0.3, 0.5]).maximise(WorstType()), gap=1e-5)
    truth = best_of_answers(tables)
    assert result.scalarised_value == pytest.approx(truth, abs=1e-4)
    assert result.scalarised_bound >= truth - 1e-7


def test_chances_play_no_part_in_the_worst_type() -> None:
    types = types_of(1, 2)
    games = {f"t{k}": one.to_game() for k, one in enumerate(types)}
    found = [answered(bayesian(games, chances).maximise(WorstType()), gap=GAP) for chances in ([0.5, 0.5], [0.9, 0.1])]
    assert found[0].scalarised_value == pytest.approx(found[1].scalarised_value, abs=3e-4)


def test_worst_type_needs_types() -> None:
    with pytest.raises(OptionError, match=r"no types; make one by bayesian"):
        Problem(game_of(0).to_game()).maximise(WorstType())


def test_types_are_known_after_rewards_have_changed() -> None:
    """The worst type of a leader who cares for the follower, by a grid."""
    types = [one.replace(follower_discount=0.7) for one in types_of(2, 2)]
    result = answered(bayesian_of(types).maximise(WithFollower(0.5)).maximise(WorstType()), gap=GAP)
    policies = grid_policies(types[0], PARTS)
    each = [values_of_many(one, policies) for one in types]
    both = [
        (leader + 0.5 * follower) @ np.array(one.initial) for one, (leader, follower) in zip(types, each, strict=True)
    ]
    grid = float(np.min(both, axis=0).max())
    assert result.scalarised_bound >= grid - 1e-9
    assert result.scalarised_value >= grid - 2e-4
    assert set(result.details[TYPES_TOLD]) == {"t0", "t1"}


# -------------------------------------------------------------------- types in turn


@pytest.mark.parametrize("seed", range(3))
def test_one_type_comes_before_another(seed: int) -> None:
    """First the value against one type, then that against the other, with one policy for both."""
    types = types_of(seed, 2)
    problem = bayesian_of(types)
    starts = [
        {f"{state} [t{k}]": float(p) for state, p in zip(("s0", "s1"), one.initial, strict=True)}
        for k, one in enumerate(types)
    ]
    result = answered(problem.maximise(Lexicographic(starts, tolerance=0.2)), gap=GAP)
    assert isinstance(result.reached, ReachedInTurn)
    first, second = result.reached.steps
    values = type_values(types, grid_policies(types[0], PARTS))
    assert first.bound >= values[:, 0].max() - 1e-9
    kept = values[values[:, 0] >= first.least, 1].max()
    assert second.bound >= kept - 1e-9
    told = result.details[TYPES_TOLD]
    assert told["t0"]["leader_value"] >= first.least
    assert told["t1"]["leader_value"] >= kept - 2e-4 * (1.0 + abs(kept))


# -------------------------------------------------------------------- a price per policy


@pytest.mark.parametrize("seed", range(6))
def test_a_price_per_policy_is_the_best_of_a_grid(seed: int) -> None:
    plain = game_of(seed)
    reference, prices = [[0.5, 0.5], [0.2, 0.8]], np.array([0.3, 0.4])
    goal = PriceOnChange(
        {"s0": {"a0": 0.5, "a1": 0.5}, "s1": {"a0": 0.2, "a1": 0.8}}, {"s0": 0.3, "s1": 0.4}, per="policy"
    )
    result = answered(Problem(plain.to_game()).maximise(goal), gap=GAP)
    start = np.array(plain.initial)
    grid = best_of_grid(plain, lambda policies, leader, _: leader @ start - distances(policies, reference) @ prices)
    assert result.termination is Termination.GAP
    assert result.scalarised_bound >= grid - 1e-9
    assert result.scalarised_value >= grid - 2e-4 * (1.0 + abs(grid))
    told = result.details[CHANGE_TOLD]
    assert told["leader_value_before"] == pytest.approx(result.leader_value, abs=1e-9)
    assert result.leader_value - told["paid"] == pytest.approx(result.scalarised_value, abs=1e-5)
    assert "price-per-policy" in goal_lines(result)[0]


def test_a_price_per_policy_by_hand() -> None:
    """The second action gains 1 a step, 2 in all; it is a distance of 2, at 0.9 a unit worth it, at 1.1 not."""
    plain = plain_from_arrays(
        [[[[1.0]], [[1.0]]]], [[[0.0], [1.0]]], [[[0.0], [0.0]]], leader_discount=0.5, follower_discount=0.5
    )
    reference = {"s0": {"a0": 1.0}}
    cheap = answered(Problem(plain.to_game()).maximise(PriceOnChange(reference, 0.9, per="policy")), gap=GAP)
    assert cheap.scalarised_value == pytest.approx(0.2, abs=1e-6)
    assert cheap.to_dict()["goal"]["paid"] == pytest.approx(1.8, abs=1e-6)
    dear = answered(Problem(plain.to_game()).maximise(PriceOnChange(reference, 1.1, per="policy")), gap=GAP)
    assert dear.scalarised_value == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("seed", range(8))
def test_answers_are_not_mixed_where_a_policy_has_a_price(seed: int) -> None:
    """A mix of two mixes, each with its answer, is cheaper than they are: the relaxation alone would gain by it."""
    rng = np.random.default_rng([83, seed])
    leader, follower = rng.integers(-5, 6, (2, 3, 3)).astype(float)
    reference = rng.dirichlet(np.ones(3))
    plain = static_game(leader.tolist(), follower.tolist())
    goal = PriceOnChange({"s0": {f"a{a}": float(p) for a, p in enumerate(reference)}}, 2.0, per="policy")
    result = answered(Problem(plain.to_game()).maximise(goal), gap=1e-5)
    truth = best_of_answers([(leader, follower)], reference=reference, price=2.0)
    assert result.scalarised_value == pytest.approx(truth, abs=1e-4)
    assert result.scalarised_bound >= truth - 1e-7


def test_a_price_per_policy_is_left_to_the_commitment_method() -> None:
    plain = game_of(0)
    goal = PriceOnChange({"s0": {"a0": 1.0}, "s1": {"a0": 1.0}}, 0.1, per="policy")
    problem = Problem(plain.to_game()).maximise(goal)
    with pytest.raises(OptionError, match="price-per-policy; ask for commitment"):
        check_policies(problem, find_method("policy-iteration"))
    with pytest.raises(OptionError, match="price-per-policy already"):
        problem.maximise(WorstStart(["s0", "s1"]))


# -------------------------------------------------------------------- goals beside rows


@pytest.mark.parametrize("seed", range(3))
def test_the_worst_start_keeps_rows_within_states(seed: int) -> None:
    plain = game_of(seed)
    row = PolicyRow(name="few", coefficients=np.array([0.0, 1.0, 0.0, 0.0]), upper=0.3)
    problem = Problem(plain.to_game(), policies=PolicySpace(rows=(row,))).maximise(WorstStart(["s0", "s1"]))
    result = answered(problem, gap=GAP)

    def worth(policies: list[Array], leader: Array, _: Array) -> Array:
        return np.where(policies[0][:, 1] <= 0.3 + 1e-12, leader.min(axis=1), -np.inf)

    grid = best_of_grid(plain, worth)
    assert result.scalarised_bound >= grid - 1e-9
    assert result.scalarised_value >= grid - 2e-4 * (1.0 + abs(grid))
    assert result.leader_policy is not None
    assert problem.policies.holds(problem.game, result.leader_policy)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("per", ["visit", "policy"])
def test_a_price_stands_beside_a_budget_over_states(seed: int, per: str) -> None:
    """At most 0.7 of the second actions together, and a price on change, by a grid."""
    plain = game_of(2 * seed)
    budget = PolicyRow(name="budget", coefficients=np.array([0.0, 1.0, 0.0, 1.0]), upper=0.7)
    reference = {"s0": {"a0": 0.7, "a1": 0.3}, "s1": {"a0": 0.7, "a1": 0.3}}
    problem = Problem(plain.to_game(), policies=PolicySpace(rows=(budget,)))
    result = answered(problem.maximise(PriceOnChange(reference, 0.2, per=per)), gap=GAP)  # type: ignore[arg-type]
    start = np.array(plain.initial)

    def worth(policies: list[Array], leader: Array, follower: Array) -> Array:
        from tests.unit.problem.test_goals import priced

        apart = 0.2 * distances(policies, [[0.7, 0.3]] * 2)
        value = leader @ start - apart.sum(axis=1) if per == "policy" else priced(plain, policies, follower, apart)
        return np.where(policies[0][:, 1] + policies[1][:, 1] <= 0.7 + 1e-12, value, -np.inf)

    grid = best_of_grid(plain, worth)
    assert result.scalarised_bound >= grid - 1e-9
    assert result.scalarised_value >= grid - 2e-4 * (1.0 + abs(grid))


def test_several_starts_beside_a_budget_over_states_are_refused() -> None:
    budget = PolicyRow(name="budget", coefficients=np.array([0.0, 1.0, 0.0, 1.0]), upper=0.7)
    problem = Problem(game_of(0).to_game(), policies=PolicySpace(rows=(budget,)))
    with pytest.raises(OptionError, match=r"couple several states: budget; .*with a policy of its own"):
        answered(problem.maximise(WorstStart(["s0", "s1"])))


# -------------------------------------------------------------------- one block for several sums


def test_one_block_holds_sums_whose_play_never_meets() -> None:
    types = types_of(0, 2)
    game = bayesian_of(types).game
    parts = [np.array([0.5, 0.5, 0.0, 0.0]), np.array([0.0, 0.0, 0.25, 0.75])]
    demands = [Demand(leader=row, follower=np.zeros(4), least=0.0, slope=1.0) for row in parts]
    shared = shared_start(game, demands)
    assert shared is not None
    assert shared.tolist() == [0.25, 0.25, 0.125, 0.375]
    found = reading(game, shared, parts[1])
    assert found is not None
    assert found[0].tolist() == [False, False, True, True]
    assert found[1] == pytest.approx(2.0)
    meeting = [Demand(leader=row, follower=np.zeros(4), least=0.0, slope=1.0) for row in np.eye(4)[:2]]
    assert shared_start(game, meeting) is None


# -------------------------------------------------------------------- units


@pytest.mark.parametrize("seed", range(3))
def test_a_price_has_the_units_of_the_rewards(seed: int) -> None:
    """Rewards of ``1000 + 300 r`` beside a price 300 times as high move value and bound by the same map."""
    plain = game_of(seed)
    scaled = plain.replace(leader_reward=tuple(1000.0 + 300.0 * block for block in plain.leader_reward))
    reference = {"s0": {"a0": 0.5, "a1": 0.5}, "s1": {"a0": 0.2, "a1": 0.8}}
    small, large = (
        answered(Problem(one.to_game()).maximise(PriceOnChange(reference, price, per="policy")), gap=GAP)
        for one, price in ((plain, 0.3), (scaled, 90.0))
    )
    base = 1000.0 / 0.3
    assert large.scalarised_bound >= base + 300.0 * small.scalarised_value - 1e-6
    assert large.scalarised_value == pytest.approx(base + 300.0 * small.scalarised_value, abs=300.0 * 4e-4)
    assert verify(large.game, large.to_dict()).failed == ()


@pytest.mark.parametrize("seed", range(3))
def test_a_share_of_values_in_other_units(seed: int) -> None:
    """The follower's rewards are ``5 + 0.01 r``: a share 100 times as large counts the same, a constant aside."""
    plain = game_of(seed, follower=0.4)
    scaled = plain.replace(follower_reward=tuple(5.0 + 0.01 * block for block in plain.follower_reward))
    small, large = (
        answered(Problem(one.to_game()).maximise(WithFollower(share)), gap=GAP)
        for one, share in ((plain, 0.5), (scaled, 50.0))
    )
    base = 50.0 * 5.0 / 0.6
    assert large.scalarised_bound >= base + small.scalarised_value - 1e-6
    assert large.scalarised_value == pytest.approx(base + small.scalarised_value, abs=2e-3)
    assert verify(large.game, large.to_dict()).failed == ()


# -------------------------------------------------------------------- through the front door


def test_solve_answers_and_checks_the_worst_type() -> None:
    problem = bayesian_of(types_of(1, 2)).maximise(WorstType())
    result = solve(problem, "commitment", gap=GAP)
    assert result.check.passed is True
    assert "goal_bound" in result.check.claimed
    assert result.scalarised_bound - result.scalarised_value <= 2.0 * GAP * abs(result.scalarised_value) + 1e-6
    with pytest.raises(OptionError, match="takes no goal of its own"):
        trace_front(problem)
    with pytest.raises(OptionError, match="worst-type; ask for commitment"):
        solve(problem)


def test_a_certificate_of_other_rewards_proves_the_goal(tmp_path: Path) -> None:
    """A price per visit is another reward: the bound on it is certified, and so is the first of two sums."""
    game = game_of(3).to_game()
    reference = {"s0": {"a0": 0.5, "a1": 0.5}, "s1": {"a0": 0.2, "a1": 0.8}}
    for goal in (PriceOnChange(reference, 0.2), WithFollower(0.5), Lexicographic([{"s0": 1}, {"s1": 1}])):
        proof = tmp_path / "proof.json"
        result = solve(Problem(game).maximise(goal), "commitment", gap=GAP, certificate=proof)
        (found,) = verify_bounds(result.game, proof)
        assert found.passed
        assert found.claimed <= result.dual_bound + 1e-9
        assert verify(result.game, result.to_dict(), bounds=[found]).passed
