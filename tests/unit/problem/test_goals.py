"""Goals beside a weighted sum: against grids of policies with exact values, by hand, and what is said of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ssg_mip import Lexicographic, PriceOnChange, WithFollower, WorstStart, solve, verify
from ssg_mip.base.status import Status, Termination
from ssg_mip.errors import OptionError
from ssg_mip.exact.wanted import check_wanted
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.methods.registry import check_policies, find_method
from ssg_mip.problem.goals.change import CHANGE_TOLD, breakpoints
from ssg_mip.problem.goals.follower_share import SHARED_TOLD
from ssg_mip.problem.policy_space import PolicyRow, PolicySpace
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.rising import ReachedInTurn, ReachedLeast
from ssg_mip.problem.wider_rows import CostRow, SupportLimit, ValueRow
from ssg_mip.report.results import goal_lines
from ssg_mip.result import Result
from tests.oracles.games import Array, PlainGame, plain_from_arrays, random_game, static_game
from tests.oracles.grids import finer, grid_policies, grid_values
from tests.oracles.known import three_points
from tests.oracles.many import values_of_many
from tests.unit.questions import answered

GAP = 1e-5
SEEDS = range(6)
PARTS = 60
Valued = Callable[[list[Array], Array, Array], Array]
"""What policies of a grid are worth, of them and both players' values."""


def game_of(seed: int, *, follower: float = 0.7) -> PlainGame:
    """Two states, two actions each; every other start leaves a state out."""
    return random_game(
        np.random.default_rng([71, seed]),
        leader_counts=[2, 2],
        follower_counts=[2, 2],
        leader_discount=0.7,
        follower_discount=follower,
        unreached_start=seed % 2,
    )


def best_of_grid(plain: PlainGame, worth: Valued) -> float:
    """The best value over a grid, and over two finer ones about its best policy."""
    policies, leader, follower = grid_values(plain, PARTS)
    values = worth(policies, leader, follower)
    found = float(values.max())
    for reach in (0.05, 0.002):
        policies = finer(plain, policies, int(values.argmax()), PARTS, reach)
        values = worth(policies, *values_of_many(plain, policies))
        found = max(found, float(values.max()))
    return found


def reached(result: Result) -> ReachedLeast:
    assert isinstance(result.reached, ReachedLeast)
    return result.reached


def distances(policies: list[Array], reference: list[list[float]]) -> Array:
    """L1 distances to a reference ``[policies, states]``."""
    return np.stack(
        [np.abs(rows - np.array(own)).sum(axis=1) for rows, own in zip(policies, reference, strict=True)], axis=1
    )


# -------------------------------------------------------------------- the worst of several starts


@pytest.mark.parametrize("seed", SEEDS)
def test_the_worst_of_two_starts_is_the_best_that_a_grid_finds(seed: int) -> None:
    """The bound is below no policy of the grid, and the value not below the grid's best by more than the gap."""
    plain = game_of(seed, follower=0.5)
    starts = np.array([[1.0, 0.0], [0.25, 0.75]])
    result = answered(Problem(plain.to_game()).maximise(WorstStart(["s0", {"s0": 1, "s1": 3}])), gap=GAP)
    grid = best_of_grid(plain, lambda _, leader, __: (leader @ starts.T).min(axis=1))
    assert result.termination is Termination.GAP
    assert result.scalarised_value == pytest.approx(float((starts @ result.leader_values).min()), abs=1e-12)
    assert result.scalarised_bound >= grid - 1e-9
    assert result.scalarised_value >= grid - 2e-5 * (1.0 + abs(grid))
    missing = result.scalarised_bound - result.scalarised_value
    assert 0.0 <= missing <= GAP * reached(result).gap_scale * (1 + 1e-6)
    assert result.dual_bound >= float(np.array(plain.initial) @ result.leader_values)


def test_the_worst_start_takes_the_point_in_the_dent() -> None:
    """Of the points (0, 10), (4, 4), (10, 0) no weighted sum finds the middle one, which the worst start does."""
    problem = Problem(three_points().to_game()).maximise(WorstStart(["s0", "s1"]))
    result = answered(problem, gap=GAP)
    assert result.scalarised_value == pytest.approx(4.0, abs=1e-9)
    assert result.scalarised_bound == pytest.approx(4.0, abs=1e-3)
    told = result.to_dict()["goal"]
    assert [one["value"] for one in told["sums"]] == pytest.approx([4.0, 4.0])
    assert [one["name"] for one in told["sums"]] == ["s0", "s1"]
    assert told["relative_gap"] <= GAP * (1 + 1e-9)
    assert "worst-start" in goal_lines(result)[0]
    assert result.status is Status.FEASIBLE  # nothing is said to be optimal of the weights


def test_one_start_is_the_weighted_sum() -> None:
    plain = game_of(2)
    whole = answered(Problem(plain.to_game()).maximise({"s1": 1.0}), gap=GAP)
    worst = answered(Problem(plain.to_game()).maximise(WorstStart(["s1"])), gap=GAP)
    assert worst.scalarised_value == pytest.approx(whole.leader_value, abs=1e-4)
    assert worst.scalarised_bound >= whole.leader_value - 1e-9


def test_constants_and_units_of_rewards_move_value_and_bound_alike() -> None:
    """Rewards of ``1000 + 300 r`` give ``1000 / (1 - 0.7) + 300`` times the values, in value and in bound."""
    plain = game_of(1)
    scaled = plain.replace(leader_reward=tuple(1000.0 + 300.0 * block for block in plain.leader_reward))
    goal = WorstStart(["s0", "s1"])
    small, large = (answered(Problem(one.to_game()).maximise(goal), gap=GAP) for one in (plain, scaled))
    base = 1000.0 / 0.3
    assert large.scalarised_value == pytest.approx(base + 300.0 * small.scalarised_value, abs=0.05)
    assert large.scalarised_bound >= base + 300.0 * small.scalarised_value - 1e-6
    assert large.scalarised_bound - large.scalarised_value <= 300.0 * GAP * 10.0


def test_a_limit_leaves_a_bound_on_the_worst_start() -> None:
    plain = game_of(3)
    goal = WorstStart(["s0", "s1"])
    whole = answered(Problem(plain.to_game()).maximise(goal), gap=GAP)
    cut = answered(Problem(plain.to_game()).maximise(goal), gap=1e-9, node_limit=1)
    assert cut.scalarised_bound >= whole.scalarised_value - 1e-9
    assert cut.scalarised_value <= whole.scalarised_bound + 1e-9


# -------------------------------------------------------------------- a mix with the follower


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("discount", [0.7, 0.4])
def test_a_share_of_the_follower_s_value_is_maximised(seed: int, discount: float) -> None:
    """At equal discounts by other rewards, else by the follower's values in the objective; the grid knows neither."""
    plain, share = game_of(seed, follower=discount), 0.6
    result = answered(Problem(plain.to_game()).maximise(WithFollower(share)), gap=GAP)
    start = np.array(plain.initial)
    grid = best_of_grid(plain, lambda _, leader, follower: leader @ start + share * (follower @ start))
    value = result.scalarised_value
    assert result.termination is Termination.GAP
    assert result.scalarised_bound >= grid - 1e-9
    assert value >= grid - 2e-5 * (1.0 + abs(grid))
    if discount == 0.7:
        assert result.status is Status.OPTIMAL
        told = result.details[SHARED_TOLD]
        assert told["leader_value"] + share * told["follower_value"] == pytest.approx(value, abs=1e-9)
    else:
        due = start @ result.leader_values + share * (start @ result.follower_values)
        assert value == pytest.approx(float(due), abs=1e-12)


@pytest.mark.parametrize("method", ["commitment", "policy-iteration", "grid"])
def test_another_reward_is_taken_by_every_method(method: str) -> None:
    problem = Problem(game_of(0).to_game()).maximise(WithFollower(0.5))
    check_policies(problem, find_method(method))


def test_the_told_values_are_those_of_the_game_itself() -> None:
    plain = game_of(4)
    problem = Problem(plain.to_game()).maximise(WithFollower(2.0))
    result = answered(problem, gap=GAP)
    assert result.leader_policy is not None
    rows = [result.leader_policy.probabilities[s][None] for s in range(2)]
    leader, follower = values_of_many(plain, rows)
    told = result.details[SHARED_TOLD]
    assert list(told["leader_values"].values()) == pytest.approx(leader[0], abs=1e-8)
    assert result.follower_values == pytest.approx(follower[0], abs=1e-8)


def test_a_myopic_follower_shares_what_he_will_have_earned() -> None:
    """At equal discounts the share is of his discounted rewards, though he answers by the next one alone."""
    plain, share = game_of(0), 0.5
    result = solve(Problem(plain.to_game()).maximise(WithFollower(share)), "commitment", follower="myopic")
    assert result.leader_policy is not None
    assert result.follower_policy is not None
    rows = [result.leader_policy.probabilities[s][None] for s in range(2)]
    answer = tuple(result.follower_policy.actions.tolist())
    mine, theirs = priced_pair(plain, rows, answer, np.zeros((1, 2)))
    told = result.details[SHARED_TOLD]
    assert told["leader_value"] == pytest.approx(float(mine[0]), abs=1e-9)
    assert told["follower_value"] == pytest.approx(float(theirs[0] @ np.array(plain.initial)), abs=1e-9)
    assert told["leader_value"] + share * told["follower_value"] == pytest.approx(result.leader_value, abs=1e-9)
    other = Problem(game_of(0, follower=0.4).to_game()).maximise(WithFollower(share))
    with pytest.raises(OptionError, match="with-follower counts the follower's values"):
        solve(other, "commitment", follower="myopic")


# -------------------------------------------------------------------- a price per visit


@pytest.mark.parametrize("seed", SEEDS)
def test_a_price_per_visit_is_the_best_of_a_grid(seed: int) -> None:
    """The grid pays ``sum_s d(s) kappa(s) |f - ref|`` by the occupancies of each policy under its answer."""
    plain = game_of(seed)
    reference, prices = [[0.5, 0.5], [0.2, 0.8]], np.array([0.3, 0.15])
    goal = PriceOnChange({"s0": {"a0": 0.5, "a1": 0.5}, "s1": {"a0": 0.2, "a1": 0.8}}, {"s0": 0.3, "s1": 0.15})
    result = answered(Problem(plain.to_game()).maximise(goal), gap=GAP)
    grid = best_of_grid(
        plain,
        lambda policies, _, follower: priced(plain, policies, follower, prices * distances(policies, reference)),
    )
    assert result.status is Status.OPTIMAL
    assert result.dual_bound >= grid - 1e-9
    assert result.leader_value >= grid - 3e-5 * (1.0 + abs(grid))
    told = result.details[CHANGE_TOLD]
    policies = [np.array([list(one["policy"].values())]) for one in told["states"].values()]
    assert result.follower_policy is not None
    answer = tuple(result.follower_policy.actions.tolist())
    own, there = priced_pair(plain, policies, answer, prices * distances(policies, reference))
    assert there[0] == pytest.approx(values_of_many(plain, policies)[1][0], abs=1e-6)
    assert float(own[0]) - 2e-5 * (1.0 + abs(grid)) <= result.leader_value <= float(own[0]) + 1e-7
    assert told["leader_value_before"] - told["paid"] == pytest.approx(result.leader_value, abs=1e-9)


def priced(plain: PlainGame, policies: list[Array], follower: Array, paid: Array) -> Array:
    """The leader's value from the start less what is paid per visit, by the best answer among the follower's best."""
    found = np.full(len(paid), -np.inf)
    for response in plain.responses():
        values, there = priced_pair(plain, policies, response, paid)
        given = np.all(there >= follower - 1e-9 * (1.0 + np.abs(follower)), axis=1)
        found = np.where(given, np.maximum(found, values), found)
    return found


def priced_pair(plain: PlainGame, policies: list[Array], response: tuple[int, ...], paid: Array) -> tuple[Array, Array]:
    """The same under one answer, with the follower's values ``[policies, states]``."""
    played = list(enumerate(zip(policies, response, strict=True)))
    move = np.stack([rows @ plain.transition[s][:, b] for s, (rows, b) in played], axis=1)
    own, theirs = (
        np.stack([rows @ side[s][:, b] for s, (rows, b) in played], axis=1)
        for side in (plain.leader_reward, plain.follower_reward)
    )
    there = np.linalg.solve(np.eye(2) - plain.follower_discount * move, theirs[:, :, None])[:, :, 0]
    values = np.linalg.solve(np.eye(2) - plain.leader_discount * move, (own - paid)[:, :, None])[:, :, 0]
    return values @ np.array(plain.initial), there


def test_a_price_per_visit_by_hand() -> None:
    """The second action gains 1 a step and no distance is free: at 0.4 a unit it pays 0.8 and is played, at 0.6 not."""
    plain = plain_from_arrays(
        [[[[1.0]], [[1.0]]]], [[[0.0], [1.0]]], [[[0.0], [0.0]]], leader_discount=0.5, follower_discount=0.5
    )
    reference = {"s0": {"a0": 1.0}}
    cheap = answered(Problem(plain.to_game()).maximise(PriceOnChange(reference, 0.4)), gap=GAP)
    assert cheap.leader_value == pytest.approx(0.4, abs=1e-6)
    assert cheap.details[CHANGE_TOLD]["paid"] == pytest.approx(1.6, abs=1e-6)
    assert cheap.details[CHANGE_TOLD]["states"]["s0"]["policy"] == pytest.approx({"a0": 0.0, "a1": 1.0}, abs=1e-6)
    dear = answered(Problem(plain.to_game()).maximise(PriceOnChange(reference, 0.6)), gap=GAP)
    assert dear.leader_value == pytest.approx(0.0, abs=1e-6)
    assert dear.details[CHANGE_TOLD]["states"]["s0"]["distance"] == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
@pytest.mark.parametrize("seed", range(4))
def test_the_hull_of_the_breakpoints_is_the_distance_itself(count: int, seed: int) -> None:
    """A linear program finds the cheapest mix of breakpoints with a given mean: it costs the distance, exactly."""
    from scipy.optimize import linprog

    rng = np.random.default_rng([72, seed, count])
    reference = rng.dirichlet(np.ones(count))
    reference[rng.random(count) < 0.3] = 0.0
    reference = reference / reference.sum() if reference.any() else np.eye(count)[0]
    points = breakpoints(reference)
    assert len(points) <= count * 2 ** (count - 1)
    costs = np.abs(points - reference).sum(axis=1)
    for mean in (*rng.dirichlet(np.ones(count), 5), *np.eye(count)):
        found = linprog(costs, A_eq=np.vstack((points.T, np.ones(len(points)))), b_eq=np.append(mean, 1.0))
        assert found.fun == pytest.approx(float(np.abs(mean - reference).sum()), abs=1e-9)


def test_breakpoints_are_called_by_what_they_play() -> None:
    plain = static_game([[1.0, 0.0], [0.0, 1.0], [2.0, 2.0]], [[0.0, 1.0], [1.0, 0.0], [0.0, 0.0]])
    problem = Problem(plain.to_game()).maximise(PriceOnChange({"s0": {"a0": 0.75, "a2": 0.25}}, 1.0))
    names = problem.game.leader_actions[0]
    assert names[:4] == ("the reference", "1 a0", "1 a1", "1 a2")
    assert set(names[4:]) == {"0.75 a0 + 0.25 a1", "0.75 a1 + 0.25 a2"}
    row = problem.game.row(0, names.index("0.75 a0 + 0.25 a1"), 0)
    assert problem.game.leader_rewards[row] == pytest.approx(0.75 - 0.5)
    assert problem.game.follower_rewards[row] == pytest.approx(0.25)


def test_rows_on_policies_are_carried_to_the_breakpoints() -> None:
    """``f(a1 | s0) <= 0.1`` holds of the mixes that the breakpoints are, and a cost row costs their means."""
    plain = game_of(0)
    game = plain.to_game()
    row = PolicyRow(name="few", coefficients=np.array([0.0, 1.0, 0.0, 0.0]), upper=0.1)
    cost = CostRow(name="cost", costs=np.arange(8.0) + 1.0, upper=100.0)
    goal = PriceOnChange({"s0": {"a0": 1.0}, "s1": {"a0": 0.5, "a1": 0.5}}, 0.01)
    space = PolicySpace(rows=(row,), costs=(cost,))
    problem = Problem(game, policies=space).maximise(goal)
    assert problem.policies.costs[0].costs.tolist()[:4] == [1.0, 2.0, 3.0, 4.0]
    assert problem.policies.costs[0].costs.tolist()[4:6] == [6.0, 7.0]
    result = answered(Problem(game, policies=PolicySpace(rows=(row,))).maximise(goal), gap=GAP)
    assert result.status is Status.OPTIMAL
    told = result.details[CHANGE_TOLD]["states"]
    assert told["s0"]["policy"]["a1"] <= 0.1 + 1e-7
    policies = grid_policies(plain, 200)
    kept = policies[0][:, 1] <= 0.1 + 1e-12
    kept_policies = [rows[kept] for rows in policies]
    _, follower = values_of_many(plain, kept_policies)
    paid = 0.01 * distances(kept_policies, [[1.0, 0.0], [0.5, 0.5]])
    best = float(priced(plain, kept_policies, follower, paid).max())
    assert result.dual_bound >= best - 1e-9
    assert result.leader_value >= best - 1e-4


def test_goals_that_are_rewards_stand_beside_others() -> None:
    """The worst start of what is left after the price, by a grid."""
    plain = game_of(5)
    reference = LeaderPolicy.uniform(plain.to_game())
    problem = Problem(plain.to_game()).maximise(WorstStart(["s0", "s1"])).maximise(PriceOnChange(reference, 0.2))
    result = answered(problem, gap=GAP)
    each = []
    policies, _, follower = grid_values(plain, PARTS)
    paid = 0.2 * distances(policies, [[0.5, 0.5]] * 2)
    for start in np.eye(2):
        each.append(priced(plain.replace(initial=start), policies, follower, paid))
    grid = float(np.min(each, axis=0).max())
    assert result.scalarised_bound >= grid - 1e-9
    assert result.scalarised_value >= grid - 1e-4


# -------------------------------------------------------------------- one sum after the other


@pytest.mark.parametrize("seed", SEEDS)
def test_the_second_sum_is_the_best_among_those_that_keep_the_first(seed: int) -> None:
    plain = game_of(seed)
    result = answered(Problem(plain.to_game()).maximise(Lexicographic([{"s0": 1}, {"s1": 1}], tolerance=0.1)), gap=GAP)
    assert isinstance(result.reached, ReachedInTurn)
    first, second = result.reached.steps
    best = best_of_grid(plain, lambda _, leader, __: leader[:, 0])
    grid = best_of_grid(plain, lambda _, leader, __: np.where(leader[:, 0] >= first.least, leader[:, 1], -np.inf))
    assert first.bound >= best - 1e-9
    assert first.least == pytest.approx(best - 0.1, abs=1e-3)
    assert first.given_up == pytest.approx(0.1, abs=1e-3)
    assert second.bound >= grid - 1e-9
    assert result.leader_values[1] >= grid - 1e-4 * (1.0 + abs(grid))
    assert result.leader_values[0] >= first.least
    assert result.leader_value == result.leader_values[0]


def test_nothing_is_given_up_without_a_tolerance() -> None:
    """(10, 0) is the best of three points for the first state; with 6 to give up it is (4, 4)."""
    game = three_points().to_game()
    sums = [{"s0": 1}, {"s1": 1}]
    plain = answered(Problem(game).maximise(Lexicographic(sums)), gap=GAP)
    assert plain.leader_values[:2] == pytest.approx([10.0, 0.0], abs=1e-5)
    assert plain.status is Status.OPTIMAL
    generous = answered(Problem(game).maximise(Lexicographic(sums, tolerance=6.0)), gap=GAP)
    assert generous.leader_values[:2] == pytest.approx([4.0, 4.0], abs=1e-5)
    assert generous.status is Status.FEASIBLE  # of the first sum, whose best is 10
    told = generous.to_dict()["goal"]
    assert [step["value"] for step in told["steps"]] == pytest.approx([4.0, 4.0])
    assert told["steps"][0]["held_to"] == pytest.approx(4.0, abs=1e-5)
    assert told["steps"][1]["held_to"] is None
    assert "given up" in goal_lines(generous)[0]


# -------------------------------------------------------------------- what is refused


@pytest.mark.parametrize("goal", [WorstStart(["s0", "s1"]), Lexicographic([{"s0": 1}, {"s1": 1}])])
def test_methods_that_raise_weighted_sums_alone_refuse_other_goals(goal: Any) -> None:
    problem = Problem(game_of(0).to_game()).maximise(goal)
    check_policies(problem, find_method("commitment"))
    for method in ("policy-iteration", "grid", "deterministic", "fixed-point"):
        with pytest.raises(OptionError, match=r"goals that are no weighted sums.*ask for commitment"):
            check_policies(problem, find_method(method))


@pytest.mark.parametrize(
    ("goal", "words"),
    [
        (lambda: WorstStart([]), "starts is empty"),
        (lambda: WorstStart("s0"), "must be a list of states"),
        (lambda: WorstStart(["s9"]), "unknown state 's9'"),
        (lambda: WorstStart([{"s0": -1.0}]), r"starts\[0\]\[s0\] is -1.0"),
        (lambda: WorstStart([{"s0": 0.0}]), "not all 0"),
        (lambda: WorstStart([3]), r"starts\[0\] is 3"),
        (lambda: WithFollower(-0.5), "share is -0.5"),
        (lambda: Lexicographic([{"s0": 1}]), "at least two"),
        (lambda: Lexicographic([{"s0": 1}, {"s7": 1}]), "unknown state 's7'"),
        (lambda: Lexicographic([{"s0": 1}, {"s1": 1}], tolerance=-1.0), "tolerance is -1.0"),
        (lambda: PriceOnChange({"s0": {"a0": 1.0}}, 1.0), "says nothing about state 's1'"),
        (lambda: PriceOnChange(3, 1.0), "reference is 3"),
        (lambda: PriceOnChange({"s0": {"a0": 1.0}, "s1": {"a0": 1.0}}, {"s4": 1.0}), "unknown state 's4'"),
        (lambda: PriceOnChange({"s0": {"a0": 1.0}, "s1": {"a0": 1.0}}, -1.0), "price is -1.0"),
        (lambda: PriceOnChange({"s0": {"a0": 1.0}, "s1": {"a0": 1.0}}, 1.0, per="week"), "per is 'week'"),
    ],
)
def test_wrong_goals_are_told(goal: Any, words: str) -> None:
    from ssg_mip.errors import InvalidPolicyError

    with pytest.raises((OptionError, InvalidPolicyError), match=words):
        Problem(game_of(0).to_game()).maximise(goal())


def test_two_goals_that_share_no_program_are_refused() -> None:
    problem = Problem(game_of(0).to_game()).maximise(WorstStart(["s0", "s1"]))
    with pytest.raises(OptionError, match="to maximise worst-start already"):
        problem.maximise(Lexicographic([{"s0": 1}, {"s1": 1}]))
    assert problem.maximise({"s1": 1.0}).objective.goal is None


def test_what_a_changed_reward_cannot_carry_is_refused() -> None:
    game = game_of(0).to_game()
    reference = LeaderPolicy.uniform(game)
    asking = Problem(game, policies=PolicySpace(values=(ValueRow(name="much", least=1.0, state=0),)))
    with pytest.raises(OptionError, match="values of single states"):
        asking.maximise(WithFollower(0.5))
    limited = PolicySpace(supports=(SupportLimit(name="one", state=0, most=1),))
    with pytest.raises(OptionError, match="'one' counts"):
        Problem(game, policies=limited).maximise(PriceOnChange(reference, 1.0))
    seven = static_game(np.zeros((7, 2)).tolist(), np.zeros((7, 2)).tolist()).to_game()
    with pytest.raises(OptionError, match=r"in state 's0'.*more than 200 breakpoints"):
        Problem(seven).maximise(PriceOnChange(LeaderPolicy.uniform(seven), 1.0))


@pytest.mark.parametrize("goal", [WorstStart(["s0", "s1"]), Lexicographic([{"s0": 1}, {"s1": 1}])])
def test_what_the_program_of_a_goal_does_not_hold_is_refused(goal: Any) -> None:
    """Discounted costs and values of single states, by name; an answer without them would be no answer."""
    game = game_of(0).to_game()
    cost = CostRow(name="fuel", costs=np.ones(8), upper=3.0)
    problem = Problem(game, policies=PolicySpace(costs=(cost,))).maximise(goal)
    assert problem.objective.goal is not None
    with pytest.raises(OptionError, match="does not hold: fuel"):
        check_wanted(problem, problem.objective.goal)
    budget = PolicyRow(name="budget", coefficients=np.array([0.0, 1.0, 0.0, 1.0]), upper=1.0)
    floored = Problem(game, policies=PolicySpace(rows=(budget,))).maximise(goal).above(np.array([0.0, -np.inf]))
    assert floored.objective.goal is not None
    with pytest.raises(OptionError, match="beside values of single states, and beside what ties"):
        check_wanted(floored, floored.objective.goal)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("limited", [False, True])
def test_goals_stand_beside_values_of_single_states(seed: int, limited: bool) -> None:
    """At least so much from one state, with and without a row within the other, by a grid."""
    plain = game_of(seed)
    policies, leader, _ = grid_values(plain, 100)
    row = PolicyRow(name="few", coefficients=np.array([0.0, 1.0, 0.0, 0.0]), upper=0.6)
    kept = policies[0][:, 1] <= 0.6 + 1e-12 if limited else np.ones(len(leader), dtype=bool)
    least = float(np.quantile(leader[kept, 0], 0.9))
    problem = Problem(plain.to_game(), policies=PolicySpace(rows=(row,) if limited else ()))
    problem = problem.value_at_least("s0", least)
    kept &= leader[:, 0] >= least
    worst = answered(problem.maximise(WorstStart(["s1", {"s0": 0.2, "s1": 0.8}])), gap=GAP)
    grid = float(np.minimum(leader[kept, 1], leader[kept] @ [0.2, 0.8]).max())
    assert worst.leader_values[0] >= least - 1e-6 * (1.0 + abs(least))
    assert worst.scalarised_bound >= grid - 1e-9
    assert worst.scalarised_value >= grid - 1e-4 * (1.0 + abs(grid))
    turns = answered(problem.maximise(Lexicographic([{"s1": 1}, {"s0": 1}], tolerance=0.05)), gap=GAP)
    assert isinstance(turns.reached, ReachedInTurn)
    first, second = turns.reached.steps
    assert first.bound >= leader[kept, 1].max() - 1e-9
    assert second.bound >= leader[kept & (leader[:, 1] >= first.least), 0].max() - 1e-9
    assert turns.leader_values[0] >= least - 1e-6 * (1.0 + abs(least))


@pytest.mark.parametrize("goal", [WorstStart(["s0", "s1"]), Lexicographic([{"s0": 1}, {"s1": 1}])])
def test_a_goal_that_no_policy_may_pursue_is_infeasible(goal: Any) -> None:
    """More from a state than any policy gives, though the best pair of policies would."""
    plain = game_of(0)
    _, leader, _ = grid_values(plain, 100)
    best = answered(Problem(plain.to_game()).maximise({"s0": 1.0}), gap=GAP).dual_bound
    assert best >= leader[:, 0].max() - 1e-9
    result = answered(Problem(plain.to_game()).value_at_least("s0", best + 0.05).maximise(goal), gap=GAP)
    assert result.status is Status.INFEASIBLE
    assert result.leader_policy is None
    assert result.dual_bound == -np.inf
    assert result.to_dict()["goal"]["kind"] in ("worst-start", "lexicographic")
    assert verify(plain.to_game(), result.to_dict()).failed == ()


def test_a_result_says_its_goal_in_short() -> None:
    """The least of the starts' values stands before the value of the weights, with its own bound."""
    problem = Problem(game_of(0).to_game())
    worst = solve(problem.maximise(WorstStart(["s0", "s1"])), "commitment", gap=GAP)
    own = worst.scalarised_value
    assert own == pytest.approx(min(worst.leader_values))
    assert f"worst-start {own:.9g} <= {worst.scalarised_bound:.9g}, value {worst.leader_value:.9g} <= " in repr(worst)
    turns = solve(problem.maximise(Lexicographic([{"s0": 1}, {"s1": 1}])), "commitment", gap=GAP)
    first, second = turns.leader_values
    assert f"lexicographic {first:.9g} <= " in repr(turns)
    assert f" then {second:.9g} <= " in repr(turns)
    assert " then " not in repr(solve(problem, "commitment", gap=GAP))
