"""Methods over the policies that keep rows: Kudo & Akimoto's theorems hold for any compact set of policies.

What a run claims is compared with policies on a grid, evaluated by the exact follower, and with the commitment optimum
over the same policies.
"""

from __future__ import annotations

import functools
import itertools
import math

import numpy as np
import pytest

from ssg_mip import LeaderPolicy, best_response
from ssg_mip.base.status import Status, Termination
from ssg_mip.branch_and_bound.branching_rule import BranchingRule, choose_branch
from ssg_mip.branch_and_bound.options import SearchOptions
from ssg_mip.exact import solve_improvement
from ssg_mip.exact.constrained import solve_constrained
from ssg_mip.exact.goals import search_goal
from ssg_mip.exact.heuristics.allowed import Allowed
from ssg_mip.exact.improvement_bridge import ImprovementBridge
from ssg_mip.methods.policy_iteration import algorithm, step
from ssg_mip.methods.policy_iteration.conditions import Sufficiency, sufficient_condition
from ssg_mip.methods.policy_iteration.sampling import _Room
from ssg_mip.methods.registry import METHODS, find_method, methods_that_honour
from ssg_mip.methods.restricted import milp
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.follower import Rational
from ssg_mip.problem.objective import Objective
from ssg_mip.problem.policy_space import PolicySpace, Scope
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.scalarisation import AugmentedChebyshev
from ssg_mip.problem.wider_rows import SupportLimit
from ssg_mip.result import Result
from ssg_mip.runs.limits import Limits
from ssg_mip.runs.run import Run
from tests.oracles.games import random_game
from tests.unit.exact.constrained_cases import Constrained, bayesian_games, grid, row, same_everywhere, small
from tests.unit.methods.grid_improvement import one_step_values

KINDS = ("statewise", "coupling", "both", "partial")
SEEDS = range(2)
CASES = [(kind, seed) for kind in KINDS for seed in SEEDS]
WALKS = ("policy-iteration", "restarted-policy-iteration", "response-regions", "backtracking")
DISCOUNTS = {"leader_discount": 0.8, "follower_discount": 0.7}
STEPS = {2: 61, 3: 17}
"""Points of the grid in every state, by the number of states."""

every_case = pytest.mark.parametrize(("kind", "seed"), CASES)


@functools.cache
def case(kind: str, seed: int) -> Constrained:
    return small(seed, kind)


@functools.cache
def on_grid(kind: str, seed: int) -> tuple[LeaderPolicy, ...]:
    one = case(kind, seed)
    return tuple(grid(one, STEPS[one.game.num_states]))


def problem_of(one: Constrained) -> Problem:
    return Problem(one.game, Objective(np.array(one.weights)), policies=one.space)


def run_of(**options: object) -> Run:
    return Run(gap=1e-4, **options)  # type: ignore[arg-type]


def allowed_start(kind: str, seed: int) -> LeaderPolicy:
    """The allowed policy of the grid that is worth least, so that there is something to gain."""
    one = case(kind, seed)
    return min(on_grid(kind, seed), key=one.worth)


def keeps_all(one: Constrained, result: Result) -> bool:
    return all(one.space.holds(one.game, point.leader_policy) for point in result.trajectory)


@functools.cache
def walked(name: str, kind: str, seed: int) -> Result:
    limits = Limits(iterations=6) if name == "backtracking" else Limits()
    return find_method(name)(problem_of(case(kind, seed)), run_of(start=allowed_start(kind, seed), limits=limits))


# -------------------------------------------------------------------- runs


@pytest.mark.parametrize("name", WALKS)
@every_case
def test_every_iterate_keeps_the_rows(name: str, kind: str, seed: int) -> None:
    result = walked(name, kind, seed)
    assert result.leader_policy is not None
    assert keeps_all(case(kind, seed), result)
    assert np.array_equal(result.trajectory[0].leader_policy.probabilities, allowed_start(kind, seed).probabilities)


@pytest.mark.parametrize("name", WALKS[:3])
@every_case
def test_no_state_ever_loses(name: str, kind: str, seed: int) -> None:
    """In exact values, at every step (Theorem 11 a over the allowed policies)."""
    one, result = case(kind, seed), walked(name, kind, seed)
    values = [best_response(one.game, point.leader_policy).leader_values for point in result.trajectory]
    assert all(np.allclose(own, point.leader_values) for own, point in zip(values, result.trajectory, strict=True))
    for before, after in itertools.pairwise(values):
        assert (after - before).min() >= -1e-7 * (1.0 + np.abs(before).max())


@pytest.mark.parametrize("name", WALKS[:3])
@every_case
def test_where_a_run_stops_no_policy_of_the_grid_improves_every_state(name: str, kind: str, seed: int) -> None:
    """Theorem 9 over the allowed policies, up to what the last step has proven."""
    one, result = case(kind, seed), walked(name, kind, seed)
    assert result.termination in {Termination.STATIONARY, Termination.GAP}
    last = result.trajectory[-1]
    for policy in on_grid(kind, seed):
        gains = one_step_values(one.game, policy, last.leader_values) - last.leader_values
        if gains.min() >= 0.0:
            assert gains.mean() <= last.step_bound + 1e-9


@pytest.mark.parametrize("name", WALKS)
@every_case
def test_no_run_is_worth_more_than_the_best_allowed_commitment(name: str, kind: str, seed: int) -> None:
    problem, result = problem_of(case(kind, seed)), walked(name, kind, seed)
    best = solve_constrained(problem, run_of())
    assert best.termination is Termination.GAP
    assert result.leader_value <= best.dual_bound + 1e-9
    assert result.dual_bound >= best.primal_bound - 1e-9
    if result.status is Status.OPTIMAL:
        assert result.leader_value >= best.primal_bound - 1e-3 * result.gap_scale


@every_case
def test_pareto_optimal_is_claimed_only_where_nothing_on_the_grid_dominates(kind: str, seed: int) -> None:
    one = case(kind, seed)
    for name in ("restarted-policy-iteration", "backtracking"):
        result = walked(name, kind, seed)
        if result.status is not Status.PARETO_OPTIMAL:
            continue
        for policy in on_grid(kind, seed):
            gains = best_response(one.game, policy).leader_values - result.leader_values
            assert gains.min() < 0.0 or gains.mean() <= 1e-3 * result.gap_scale


def test_some_runs_with_restarts_prove_that_nothing_dominates() -> None:
    statuses = {walked("restarted-policy-iteration", kind, seed).status for kind, seed in CASES}
    assert statuses & {Status.PARETO_OPTIMAL, Status.OPTIMAL}
    assert Status.NO_SOLUTION not in statuses


def test_a_jump_that_would_need_floors_leaves_the_question_open() -> None:
    """The optimum without floors loses in a state; the bound is above the point: neither a proof nor a failure."""
    results = [walked("restarted-policy-iteration", kind, seed) for kind, seed in CASES]
    left_open = [one for one in results if "floors" in one.trajectory[-1].note]
    assert left_open
    assert {one.status for one in left_open} == {Status.STATIONARY}
    assert {one.termination for one in left_open} == {Termination.STATIONARY}


def test_rows_within_states_go_with_floors() -> None:
    """There a run with restarts ends with a proof, as without rows."""
    ends = [walked("restarted-policy-iteration", "statewise", seed) for seed in SEEDS]
    assert {one.status for one in ends} <= {Status.OPTIMAL, Status.PARETO_OPTIMAL}


# -------------------------------------------------------------------- one step


@every_case
def test_the_best_step_is_as_good_as_any_policy_of_the_grid(kind: str, seed: int) -> None:
    one, problem = case(kind, seed), problem_of(case(kind, seed))
    start = allowed_start(kind, seed)
    values = best_response(one.game, start).leader_values
    answer = solve_improvement(problem, run_of(start=start), values, one.weights)
    assert answer.termination is Termination.GAP
    assert answer.policy is not None
    assert one.space.holds(one.game, answer.policy)
    found = [one_step_values(one.game, policy, values) - values for policy in on_grid(kind, seed)]
    gains = [float(one.weights @ own) for own in found if own.min() >= 0.0]
    assert max(gains) <= answer.dual_bound + 1e-9
    assert max(gains) <= answer.primal_bound + 1e-3 * (1.0 + abs(answer.primal_bound))


@every_case
def test_rows_are_what_keeps_the_step_from_gaining_more(kind: str, seed: int) -> None:
    """Without them the program is worth at least as much, and in some games more."""
    one, problem = case(kind, seed), problem_of(case(kind, seed))
    values = best_response(one.game, allowed_start(kind, seed)).leader_values
    free = Problem(one.game, problem.objective)
    within = solve_improvement(problem, run_of(start=allowed_start(kind, seed)), values, one.weights)
    without = solve_improvement(free, run_of(start=allowed_start(kind, seed)), values, one.weights)
    assert without.dual_bound >= within.primal_bound - 1e-9


def test_some_rows_cost_a_step_something() -> None:
    def cost(kind: str, seed: int) -> float:
        one, problem = case(kind, seed), problem_of(case(kind, seed))
        values = best_response(one.game, allowed_start(kind, seed)).leader_values
        run = run_of(start=allowed_start(kind, seed))
        free = solve_improvement(Problem(one.game, problem.objective), run, values, one.weights)
        return free.primal_bound - solve_improvement(problem, run, values, one.weights).dual_bound

    assert max(cost("statewise", seed) for seed in range(3)) > 0.05
    assert max(cost("coupling", seed) for seed in range(3)) > 0.05


def test_answers_of_coupled_states_are_not_mixed() -> None:
    """A static game with four types: one answer each is worth .912143, mixed ones would be worth 1.1595.

    No value of today is in the way of a step, and with leader discount 0 a step is worth what its policy is.
    """
    one, value = bayesian_games()["mtd_four_types"]
    low = np.full(one.game.num_states, float(one.game.leader_rewards.min()) - 1.0)
    answer = solve_improvement(problem_of(one), Run(gap=1e-6), low, one.weights)
    gain = value - float(one.weights @ low)
    assert answer.termination is Termination.GAP
    assert answer.primal_bound == pytest.approx(gain, abs=1e-4)
    assert answer.dual_bound == pytest.approx(gain, abs=1e-4)


class _MixedBridge(ImprovementBridge):
    """Splits by the values alone, as where no row couples states."""

    @property
    def branching(self) -> BranchingRule:
        return choose_branch


def test_splitting_by_values_alone_leaves_the_bound_too_high() -> None:
    one, value = bayesian_games()["mtd_four_types"]
    low = np.full(one.game.num_states, float(one.game.leader_rewards.min()) - 1.0)
    run = Run(gap=1e-6, limits=Limits(nodes=400), search=SearchOptions(probing=False))
    outcome = search_goal(_MixedBridge(problem_of(one), run, low, one.weights), absolute=1e-6)
    assert outcome.dual_bound > value - float(one.weights @ low) + 0.05


def test_the_same_policy_in_all_states_stays_the_same() -> None:
    """Equations across states, kept by every iterate of every method that walks."""
    game = random_game(
        np.random.default_rng(3), leader_counts=[3, 3, 3], follower_counts=[2, 2, 2], **DISCOUNTS
    ).to_game()
    space = PolicySpace(rows=tuple(same_everywhere(game)))
    problem = Problem(game, policies=space)
    for name in WALKS:
        result = find_method(name)(problem, Run(gap=1e-3, limits=Limits(iterations=4)))
        for point in result.trajectory:
            assert np.ptp(point.leader_policy.probabilities, axis=0).max() <= 1e-7


# -------------------------------------------------------------------- starts


def test_a_start_that_is_not_allowed_is_moved_and_the_run_says_so() -> None:
    one = case("coupling", 0)
    outside = LeaderPolicy.deterministic(one.game, [0, 0])
    assert not one.space.holds(one.game, outside)
    result = find_method("policy-iteration")(problem_of(one), run_of(start=outside))
    assert keeps_all(one, result)
    first = result.trajectory[0]
    distance = float(np.abs(first.leader_policy.probabilities - outside.probabilities).sum())
    told = "the start does not keep every row on policies: moved to the nearest that does"
    assert first.note.startswith(f"{told}, {distance:.3g}")
    nearest = min(float(np.abs(p.probabilities - outside.probabilities).sum()) for p in on_grid("coupling", 0))
    assert distance <= nearest + 1e-9


def test_the_uniform_policy_is_moved_too() -> None:
    result = find_method("policy-iteration")(problem_of(case("coupling", 0)), run_of())
    assert result.trajectory[0].note.startswith("the uniform policy does not keep every row")
    plain = find_method("policy-iteration")(Problem(case("coupling", 0).game), run_of())
    assert "row" not in plain.trajectory[0].note


@pytest.mark.parametrize("name", WALKS)
def test_without_an_allowed_policy_there_is_no_start(name: str) -> None:
    one = case("statewise", 0)
    rows = (
        row("much", [[1.0, 0.0], [1.0, 0.0]], lower=1.5),
        row("little", [[1.0, 0.0], [1.0, 0.0]], upper=1.4),
    )
    result = find_method(name)(Problem(one.game, policies=PolicySpace(rows=rows)), run_of())
    assert result.status is Status.INFEASIBLE
    assert result.termination is Termination.INFEASIBLE


# -------------------------------------------------------------------- selections and large games


@pytest.mark.parametrize("selection", ["first", "epsilon", "sample"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_selection_stays_within_the_rows(kind: str, selection: str) -> None:
    epsilon = 0.5 if selection in {"epsilon", "sample"} else None
    start = allowed_start(kind, 1)
    result = algorithm.solve(problem_of(case(kind, 1)), run_of(start=start, selection=selection, epsilon=epsilon))
    assert keeps_all(case(kind, 1), result)
    assert len(result.trajectory) > 1


def test_lines_keep_equations_and_end_where_a_row_breaks() -> None:
    game = random_game(np.random.default_rng(5), leader_counts=[3, 3], follower_counts=[2, 2], **DISCOUNTS).to_game()
    rows = (*same_everywhere(game), row("most", [[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]], upper=0.5))
    space = PolicySpace(rows=rows)
    room = _Room(game, Allowed(game, space).rows)
    rng, slots = np.random.default_rng(1), LeaderPolicy.uniform(game).slots(game)
    lengths = []
    for _ in range(50):
        direction = room.direction(rng)
        low, high = room.chord(slots, direction)
        lengths.append(high - low)
        for step_length in (low, high):
            assert space.holds(game, LeaderPolicy.from_slots(game, np.maximum(slots + step_length * direction, 0.0)))
        beyond = slots + (high * 1.01 + 1e-3) * direction
        assert beyond.min() < -1e-9 or not all(one.holds(beyond) for one in rows)
    assert max(lengths) > 0.1


@every_case
def test_steps_without_the_program_stay_within_the_rows(kind: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in games too large for the program at every step: state by state, towards pure actions."""
    monkeypatch.setattr(step, "PROGRAM_FIRST", 0)
    result = algorithm.solve(problem_of(case(kind, seed)), run_of(start=allowed_start(kind, seed)))
    assert keeps_all(case(kind, seed), result)
    values = [point.leader_values for point in result.trajectory]
    assert all((after - before).min() >= -1e-7 for before, after in itertools.pairwise(values))


# -------------------------------------------------------------------- scalarisations and margins


def hoped_for(one: Constrained) -> AugmentedChebyshev:
    """Every state should come as near to the largest reward for ever as the others do."""
    count = one.game.num_states
    most = float(one.game.leader_rewards.max()) / (1.0 - one.game.leader_discount)
    return AugmentedChebyshev(np.linspace(1.0, 2.0, count), np.full(count, most), 0.05)


@every_case
def test_steps_along_a_scalarisation_stay_within_the_rows(kind: str, seed: int) -> None:
    """And are as good as any policy of the grid."""
    one, what = case(kind, seed), hoped_for(case(kind, seed))
    problem, start = problem_of(one).scalarising(what), allowed_start(kind, seed)
    values = best_response(one.game, start).leader_values
    answer = solve_improvement(problem, run_of(start=start), values, problem.objective.over(values))
    found = [one_step_values(one.game, policy, values) for policy in on_grid(kind, seed)]
    best = max(what(own) for own in found if (own - values).min() >= 0.0) - what(values)
    assert best <= answer.dual_bound + 1e-9
    assert best <= answer.primal_bound + 1e-3 * (1.0 + abs(answer.primal_bound))
    result = algorithm.solve(problem, run_of(start=start))
    assert keeps_all(one, result)
    assert what(result.leader_values) >= what(values) - 1e-9
    assert result.scalarised is not None
    assert what(result.leader_values) <= result.scalarised.bound + 1e-9


@pytest.mark.parametrize("kind", KINDS)
def test_a_margin_and_rows_are_kept_together(kind: str) -> None:
    one = case(kind, 0)
    follower = Rational(margin=0.1)
    problem = Problem(one.game, Objective(np.array(one.weights)), follower, one.space)
    result = find_method("policy-iteration")(problem, run_of())
    assert result.leader_policy is not None
    assert keeps_all(one, result)
    for point in result.trajectory:
        assert best_response(one.game, point.leader_policy).advantage >= 0.1 - 1e-6


# -------------------------------------------------------------------- Theorem 10


@every_case
def test_the_sufficient_condition_is_about_allowed_policies(kind: str, seed: int) -> None:
    """Where it holds, no allowed policy of the grid dominates the point; what breaks it is allowed."""
    one, problem = case(kind, seed), problem_of(case(kind, seed))
    policy = walked("policy-iteration", kind, seed).leader_policy
    assert policy is not None
    values = best_response(one.game, policy).leader_values
    test = sufficient_condition(problem, run_of(), policy)
    if test.verdict is Sufficiency.HOLDS:
        for other in on_grid(kind, seed):
            gains = best_response(one.game, other).leader_values - values
            assert gains.min() < 0.0 or gains.max() <= test.gain_bound + 1e-9
    if test.breaking_policy is not None:
        assert one.space.holds(one.game, test.breaking_policy)


# -------------------------------------------------------------------- restricted policies


def _best_of_class(one: Constrained, levels: int) -> float:
    return max(map(one.worth, grid(one, levels + 1)), default=-math.inf)


@pytest.mark.parametrize("enumerated", [True, False])
@pytest.mark.parametrize(("name", "levels"), [("deterministic", 1), ("grid", 5)])
@every_case
def test_restricted_policies_are_the_best_allowed_ones_of_their_class(
    kind: str, seed: int, name: str, levels: int, enumerated: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(milp, "_is_gone_through", lambda *_: enumerated)
    one = case(kind, seed)
    result = find_method(name)(problem_of(one), Run(gap=1e-6, levels=levels))
    best = _best_of_class(one, levels)
    if math.isinf(best):
        assert result.leader_policy is None
        assert result.termination is Termination.NONE_IN_CLASS
        return
    assert result.leader_policy is not None
    assert one.space.holds(one.game, result.leader_policy)
    assert result.status in {Status.RESTRICTED_OPTIMAL, Status.OPTIMAL}
    assert result.leader_value == pytest.approx(best, abs=1e-5 * (1.0 + abs(best)))


@pytest.mark.parametrize("enumerated", [True, False])
@pytest.mark.parametrize("most", [1, 2])
def test_a_grid_keeps_limits_on_how_many_actions_are_used(
    most: int, enumerated: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(milp, "_is_gone_through", lambda *_: enumerated)
    game = random_game(np.random.default_rng(11), leader_counts=[3, 2], follower_counts=[2, 2], **DISCOUNTS).to_game()
    space = PolicySpace(supports=(SupportLimit(name="few", state=0, most=most),))
    problem = Problem(game, policies=space)
    result = find_method("grid")(problem, Run(gap=1e-6, levels=4))
    assert result.leader_policy is not None
    assert int(np.count_nonzero(result.leader_policy.probabilities[0])) <= most
    mixes = [np.array([a, b, 4 - a - b]) / 4 for a in range(5) for b in range(5 - a)]
    pairs = [(mix, np.array([k, 4 - k]) / 4) for mix in mixes if np.count_nonzero(mix) <= most for k in range(5)]
    policies = (LeaderPolicy.from_slots(game, np.concatenate(pair)) for pair in pairs)
    best = max(float(problem.weights @ best_response(game, policy).leader_values) for policy in policies)
    assert result.leader_value == pytest.approx(best, abs=1e-5)
    free = find_method("grid")(Problem(game), Run(gap=1e-6, levels=4))
    assert (result.leader_value < free.leader_value - 0.5) is (most == 1)


def test_deterministic_policies_keep_every_limit() -> None:
    game = random_game(np.random.default_rng(8), leader_counts=[3, 2], follower_counts=[2, 2], **DISCOUNTS).to_game()
    space = PolicySpace(supports=(SupportLimit(name="one", state=0, most=1),))
    limited = find_method("deterministic")(Problem(game, policies=space), Run())
    assert limited.leader_value == find_method("deterministic")(Problem(game), Run()).leader_value


def test_rows_tell_actions_apart_that_do_the_same() -> None:
    """Two copies of an action, of which a row forbids the first."""
    plain = random_game(np.random.default_rng(2), leader_counts=[1, 2], follower_counts=[2, 2], **DISCOUNTS)
    game = plain.replace(
        transition=_twice(plain.transition),
        leader_reward=_twice(plain.leader_reward),
        follower_reward=_twice(plain.follower_reward),
    ).to_game()
    space = PolicySpace(rows=(row("not the first", [[1.0, 0.0], [0.0, 0.0]], upper=0.0),))
    result = find_method("deterministic")(Problem(game, policies=space), Run())
    assert result.leader_policy is not None
    assert result.leader_policy.probabilities[0].tolist() == [0.0, 1.0]


def _twice(blocks: tuple[FloatArray, ...]) -> tuple[FloatArray, ...]:
    """The only leader action of the first state twice."""
    return (np.repeat(blocks[0], 2, axis=0), *blocks[1:])


# -------------------------------------------------------------------- who honours what


def test_methods_say_what_they_honour() -> None:
    able = set(methods_that_honour(Scope.STATEWISE))
    assert able == set(methods_that_honour(Scope.COUPLING))
    assert able == {*WALKS, "commitment", "deterministic", "grid"}
    assert {"deterministic", "grid"} <= set(methods_that_honour(Scope.SUPPORT))
    assert all(not METHODS[name].rows for name in METHODS if name not in able)
