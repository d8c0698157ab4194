"""Policy iteration with other scalarisations than the weighted sum: steps, bounds, ends, units."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
import pytest

from ssg_mip import AugmentedChebyshev, ConcavePieces, Game, WeightedSum, solve, solve_chebyshev, verify, verify_bounds
from ssg_mip.base.status import Status, Termination
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.best_response import best_response
from ssg_mip.evaluation.mdp import transition_matrix
from ssg_mip.evaluation.value_bounds import leader_value_bounds
from ssg_mip.exact.heuristics.linearisation import FixedResponse
from ssg_mip.exact.improvement_bridge import pieces_goal
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.methods.policy_iteration import backtracking
from ssg_mip.methods.policy_iteration.conditions import Sufficiency, sufficient_condition
from ssg_mip.methods.registry import METHODS, methods_that_take
from ssg_mip.problem.scalarisation import Concave
from ssg_mip.result import Result
from ssg_mip.runs.method import Takes
from tests.oracles.games import PlainGame, random_game
from tests.oracles.known import figure_1
from tests.oracles.sampling import answer, grid_policies, random_policy
from tests.unit.methods.grid_improvement import one_step_values

GAP = 1e-4
LEVELS = 40


def small_game(seed: int, leader_discount: float = 0.8) -> PlainGame:
    return random_game(
        np.random.default_rng([71, seed]),
        leader_counts=[2, 2],
        follower_counts=[2, 2],
        leader_discount=leader_discount,
        follower_discount=0.7,
    )


def scalarisations(game: Game) -> dict[str, Any]:
    """One of each kind, of ordinary size for the game."""
    count = game.num_states
    most = leader_value_bounds(game).upper
    weights = np.arange(1.0, count + 1.0) / sum(range(1, count + 1))
    skewed = np.full((count, count), 0.1) + np.diag(np.linspace(0.5, 1.0, count))
    return {
        "weighted-sum": WeightedSum(weights),
        "augmented-chebyshev": AugmentedChebyshev(weights, most, 0.01),
        "concave-pieces": ConcavePieces(skewed, -0.5 * skewed @ most + np.arange(count)),
    }


KINDS = ("weighted-sum", "augmented-chebyshev", "concave-pieces")


def grid_gains(plain: PlainGame, game: Game, values: Any) -> list[Any]:
    """``Q_t`` of every policy of a grid that loses in no state against ``values``."""
    found = []
    for blocks in grid_policies(plain, LEVELS):
        promised = one_step_values(game, LeaderPolicy.from_slots(game, np.concatenate(blocks)), values)
        if (promised - values).min() >= -1e-9:
            found.append(promised)
    return found


@pytest.mark.parametrize("kind", KINDS[1:])
@pytest.mark.parametrize("seed", range(3))
def test_every_step_takes_the_best_policy_and_bounds_all_of_the_grid(kind: str, seed: int) -> None:
    plain = small_game(seed)
    game = plain.to_game()
    what = scalarisations(game)[kind]
    result = solve(game, scalarisation=what, gap=GAP, guarantee=False)
    assert result.termination is Termination.STATIONARY
    assert result.check.passed
    scale = float(np.abs(result.leader_values).max()) * float(what.pieces.weights.sum(axis=1).max())
    for now, following in zip(result.trajectory, (*result.trajectory[1:], None), strict=True):
        assert np.isfinite(now.scalarised_step_bound)
        bound = what(now.leader_values) + now.scalarised_step_bound
        offered = [what(promised) for promised in grid_gains(plain, game, now.leader_values)]
        assert max(offered, default=-np.inf) <= bound + 1e-9 * scale
        taken = now.leader_policy if following is None else following.leader_policy
        kept = what(one_step_values(game, taken, now.leader_values))
        assert kept >= max(offered, default=-np.inf) - 2.0 * GAP * scale
        assert kept <= bound + 1e-6 * scale
    values = [what(point.leader_values) for point in result.trajectory]
    assert values == sorted(values)


@pytest.mark.parametrize("kind", KINDS)
def test_no_sample_is_worth_more_than_the_bound_over_all_policies(kind: str) -> None:
    plain = small_game(7)
    game = plain.to_game()
    what = scalarisations(game)[kind]
    result = solve(game, scalarisation=what, gap=GAP)
    assert result.scalarised_value == pytest.approx(what(result.leader_values), abs=1e-12)
    assert result.scalarised_value <= result.scalarised_bound < np.inf
    rng = np.random.default_rng(1)
    for _ in range(300):
        assert what(answer(plain, random_policy(plain, rng)).leader_values) <= result.scalarised_bound


def test_the_bound_is_one_of_a_mixture_where_that_is_less_than_the_best_pair() -> None:
    """Of Fig. 1, where no policy is best in both states: below what each state alone can have."""
    game = figure_1(1.0, 2.0).to_game()
    what = AugmentedChebyshev(np.array([0.5, 0.5]), np.array([10.0, 10.0]), 0.01)
    result = solve(game, scalarisation=what)
    assert result.scalarised is not None
    assert result.scalarised.mixture is not None
    assert result.scalarised_bound < what(leader_value_bounds(game).upper) - 1e-3


def test_the_scalarisation_chooses_between_the_points_of_figure_1() -> None:
    """From the same start the sum of both states and Chebyshev's minimum end at different Pareto points."""
    game = figure_1(1.0, 2.0).to_game()
    reference = np.array([10.0, 10.0])
    ends = {}
    for name, what in (
        ("sum", WeightedSum(np.array([0.5, 0.5]))),
        ("first", AugmentedChebyshev(np.array([0.6, 0.4]), reference)),
        ("second", AugmentedChebyshev(np.array([0.4, 0.6]), reference)),
    ):
        result = solve(game, scalarisation=what)
        assert verify(game, result).passed
        ends[name] = result.leader_values
    assert ends["first"] == pytest.approx([10.0, 9.0], abs=1e-6)
    assert ends["second"] == pytest.approx([9.0, 10.0], abs=1e-6)
    assert np.abs(ends["sum"] - ends["first"]).max() > 0.9 or np.abs(ends["sum"] - ends["second"]).max() > 0.9


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(2))
def test_with_a_myopic_leader_the_end_is_pareto_optimal(kind: str, seed: int) -> None:
    """Theorem 11 (d), for every scalarisation: no sample that loses in no state gains more than the gap allows."""
    plain = small_game(seed, leader_discount=0.0)
    game = plain.to_game()
    result = solve(game, scalarisation=scalarisations(game)[kind], gap=GAP)
    assert result.status in {Status.PARETO_OPTIMAL, Status.OPTIMAL}
    rng = np.random.default_rng(seed)
    allowed = 2.0 * GAP * game.num_states * max(1.0, float(np.abs(result.leader_values).max()))
    for blocks in (*grid_policies(plain, 20), *(random_policy(plain, rng) for _ in range(200))):
        gains = answer(plain, blocks).leader_values - result.leader_values
        assert gains.min() < 0.0 or gains.max() <= allowed


@pytest.mark.parametrize("kind", KINDS[1:])
@pytest.mark.parametrize("method", methods_that_take(Takes.SCALARISATION))
def test_every_method_with_steps_to_select_takes_one(method: str, kind: str) -> None:
    game = small_game(5).to_game()
    what = scalarisations(game)[kind]
    result = solve(game, method, scalarisation=what, gap=1e-3, iteration_limit=20)
    assert result.check.passed
    assert result.status in {Status.STATIONARY, Status.PARETO_OPTIMAL, Status.FEASIBLE}
    assert result.provenance.options["scalarisation"] == what.options()
    if method != "backtracking":
        values = [what(point.leader_values) for point in result.trajectory]
        assert values == sorted(values)


@pytest.mark.parametrize(("weights", "values"), [((0.6, 0.4), (10.0, 9.0)), ((0.4, 0.6), (9.0, 10.0))])
def test_of_two_candidates_backtracking_answers_with_the_one_that_the_scalarisation_prefers(
    weights: tuple[float, float], values: tuple[float, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Theorem 10 is left open at both points of Fig. 1; the weighted sum would prefer the other one."""
    game = figure_1(1.0, 2.0).to_game()
    what, opposite = (AugmentedChebyshev(np.array(one), np.full(2, 10.0)) for one in (weights, weights[::-1]))
    other = solve(game, scalarisation=opposite).leader_policy

    def left_open(*arguments: Any) -> Any:
        return dataclasses.replace(sufficient_condition(*arguments), verdict=Sufficiency.OPEN)

    monkeypatch.setattr(backtracking, "sufficient_condition", left_open)
    monkeypatch.setattr(backtracking.ImprovingPolicies, "others", lambda self, taken: [other])
    result = solve(game, "backtracking", scalarisation=what, weights=weights[::-1], gap=1e-3)
    met = {tuple(point.leader_values.round(3).tolist()) for point in result.trajectory}
    assert {(10.0, 9.0), (9.0, 10.0)} <= met
    assert result.leader_values == pytest.approx(values, abs=1e-6)
    assert result.scalarised_value == max(what(point.leader_values) for point in result.trajectory)


@pytest.mark.parametrize(
    "method", [name for name, method in METHODS.items() if Takes.SCALARISATION not in method.takes]
)
def test_other_methods_refuse_it_and_say_what_to_do(method: str) -> None:
    game = figure_1(1.0, 2.0).to_game()
    with pytest.raises(OptionError, match=r"only the steps of policy-iteration.*solve_chebyshev"):
        solve(game, method, scalarisation="augmented-chebyshev")


def test_a_weighted_sum_stands_for_weights() -> None:
    game = small_game(4).to_game()
    named = solve(game, "commitment", scalarisation=WeightedSum(np.array([1.0, 3.0])))
    assert named.weights.tolist() == [0.25, 0.75]
    assert named.scalarised is None
    assert (named.scalarised_value, named.scalarised_bound) == (named.leader_value, named.dual_bound)
    with pytest.raises(OptionError, match="leave one of them out"):
        solve(game, weights=[0.5, 0.5], scalarisation=WeightedSum(np.array([1.0, 3.0])))


def test_the_weighted_bound_and_the_word_optimal_are_not_about_another_scalarisation() -> None:
    """Two states that do not meet: the weighted gap is closed for one weight, which says nothing about a minimum."""
    game = figure_1(1.0, 2.0).to_game()
    weights = np.array([1.0, 0.0])
    closed = solve(game, weights=weights)
    assert closed.status is Status.OPTIMAL
    result = solve(game, weights=weights, scalarisation=AugmentedChebyshev(np.array([0.6, 0.4]), np.full(2, 10.0)))
    assert result.relative_gap <= GAP
    assert result.status is Status.STATIONARY
    assert (result.leader_value, result.dual_bound) == pytest.approx((10.0, 10.0), abs=1e-3)
    assert result.scalarised_value < -0.3


@pytest.mark.parametrize("kind", KINDS[1:])
def test_constants_for_every_state_and_units_change_nothing(kind: str) -> None:
    """Rewards ``u (r - k(s) + g sum_t p k(t))`` shift each state's values by ``k(s)``; ``L`` moves with them."""
    game = small_game(3).to_game()
    what: Concave = scalarisations(game)[kind]
    unit, moved = 1024.0, np.array([3000.0, -512.0])
    later = transition_matrix(game) @ moved
    rewards = game.leader_rewards + moved[game.row_state] - game.leader_discount * later
    other = game.replace(leader_rewards=unit * rewards)
    there: Concave
    if isinstance(what, AugmentedChebyshev):
        there = AugmentedChebyshev(what.weights, unit * (what.reference + moved), what.augmentation)
    else:
        there = ConcavePieces(what.weights, unit * (what.offsets - what.weights @ moved))
    here, found = solve(game, scalarisation=what, gap=GAP), solve(other, scalarisation=there, gap=GAP)
    assert found.check.passed
    assert here.leader_policy is not None
    assert found.leader_policy is not None
    assert found.leader_policy.probabilities == pytest.approx(here.leader_policy.probabilities, abs=1e-5)
    assert found.leader_values == pytest.approx(unit * (here.leader_values + moved), rel=1e-6)
    assert found.scalarised_value == pytest.approx(unit * here.scalarised_value, rel=1e-6, abs=1e-6 * unit)
    # Which weighted sums are bounded depends on rounding: programs that choose them have many optima. Both bounds hold.
    assert found.scalarised_bound >= unit * here.scalarised_value - 1e-6 * unit
    assert unit * here.scalarised_bound >= found.scalarised_value - 1e-6 * unit
    for ours, theirs in zip(here.trajectory, found.trajectory, strict=True):
        assert theirs.scalarised_step_bound == pytest.approx(unit * ours.scalarised_step_bound, abs=1e-4 * unit)


def proven(game: Game, what: Concave, path: Any) -> tuple[Result, Any]:
    result = solve(game, scalarisation=what, certificate=path)
    return result, verify_bounds(game, path)


@pytest.mark.parametrize("kind", KINDS[1:])
def test_a_certificate_proves_the_bound_and_the_stop(kind: str, tmp_path: Any) -> None:
    """Also where the program with the pieces alone would have proven the stop, of which there is no certificate."""
    game = small_game(0).to_game()
    result, bounds = proven(game, scalarisations(game)[kind], tmp_path / "proof.jsonl")
    assert result.status is Status.STATIONARY
    checked = verify(game, result, bounds=bounds)
    assert checked.passed, checked.failed
    assert "status stationary" not in checked.claimed
    assert "scalarised_bound" not in checked.claimed
    without = verify(game, result)
    assert "scalarised_bound" in without.claimed


def test_the_optimum_of_a_chebyshev_function_is_left_to_solve_chebyshev() -> None:
    """Both are about the same function, and the steps never end above its proven optimum."""
    game = small_game(2).to_game()
    what = scalarisations(game)["augmented-chebyshev"]
    best = solve_chebyshev(game, what.weights, reference=what.reference, augmentation=what.augmentation)
    assert best is not None
    result = solve(game, scalarisation=what)
    assert best.scalarisation(result.leader_values) == pytest.approx(result.scalarised_value)
    assert result.scalarised_value <= best.dual_bound + 1e-9


@pytest.mark.parametrize("augmentation", [1e-9, 1e-3])
def test_the_stop_test_sees_gains_that_the_scalarisation_hardly_does(augmentation: float) -> None:
    """The minimum is where nothing can be gained; what the other state gains counts 1e-9 of it, and is found."""
    stay = np.zeros((2, 2, 1, 2))
    stay[0, :, :, 0] = stay[1, :, :, 1] = 1.0
    leader = np.array([[[0.0], [0.0]], [[0.0], [5.0]]])
    game = Game.from_arrays(stay, leader, np.zeros((2, 2, 1)), leader_discount=0.5, follower_discount=0.5)
    what = AugmentedChebyshev(np.array([0.5, 0.5]), np.array([100.0, 0.0]), augmentation)
    result = solve(game, scalarisation=what, start=LeaderPolicy.deterministic(game, [0, 0]), weights=[1.0, 0.0])
    assert result.leader_values == pytest.approx([0.0, 10.0], abs=1e-3)
    assert result.status is Status.STATIONARY


@pytest.mark.parametrize("seed", [0, 3])
def test_the_bound_on_a_step_holds_where_its_search_is_cut_short(seed: int) -> None:
    """After one node of the search the bound is far above what is found, and no policy of the grid is above it."""
    plain = small_game(seed)
    game = plain.to_game()
    what = scalarisations(game)["augmented-chebyshev"]
    exact = solve(game, scalarisation=what, guarantee=False)
    cut = solve(game, scalarisation=what, node_limit=1, guarantee=False)
    now = cut.trajectory[0]
    assert now.scalarised_step_bound > exact.trajectory[0].scalarised_step_bound + 1e-3
    bound = what(now.leader_values) + now.scalarised_step_bound
    assert max(what(promised) for promised in grid_gains(plain, game, now.leader_values)) <= bound


@pytest.mark.parametrize("kind", KINDS[1:])
@pytest.mark.parametrize("factor", [2.0**-40, 2.0**40])
def test_the_size_of_the_scalarisation_changes_nothing(kind: str, factor: float) -> None:
    game = small_game(3).to_game()
    what = scalarisations(game)[kind]
    here, found = (solve(game, scalarisation=one, guarantee=False) for one in (what, what.scaled(factor)))
    assert found.provenance.counts == here.provenance.counts
    assert found.leader_policy is not None
    assert here.leader_policy is not None
    assert np.array_equal(found.leader_policy.probabilities, here.leader_policy.probabilities)
    assert found.scalarised_value == factor * here.scalarised_value
    assert found.scalarised_bound == pytest.approx(factor * here.scalarised_bound, rel=1e-12)


@pytest.mark.parametrize("kind", KINDS[1:])
@pytest.mark.parametrize(
    ("options", "termination"),
    [
        ({"margin": 0.05}, Termination.STATIONARY),
        ({"margin": 50.0}, Termination.INFEASIBLE),
        ({"ties": "adverse"}, Termination.STATIONARY),
        ({"selection": "epsilon", "epsilon": 0.5}, Termination.STATIONARY),
        ({"selection": "first"}, Termination.STATIONARY),
        ({"iteration_limit": 1}, Termination.ITERATION_LIMIT),
        ({"node_limit": 1}, Termination.NODE_LIMIT),
    ],
)
def test_documents_of_every_end_pass_the_checker(kind: str, options: dict[str, Any], termination: Termination) -> None:
    game = small_game(3).to_game()
    result = solve(game, scalarisation=scalarisations(game)[kind], **options)
    assert result.termination is termination
    checked = verify(game, json.loads(json.dumps(result.to_dict(), allow_nan=False)))
    assert checked.passed, checked.failed
    assert np.isnan(result.scalarised_value) == (termination is Termination.INFEASIBLE)


def test_the_linearised_step_raises_the_level_that_every_piece_reaches() -> None:
    """At the policy of linearisation the level is met by every row, by the smallest piece exactly."""
    game = small_game(0).to_game()
    policy = LeaderPolicy.uniform(game)
    response = best_response(game, policy)
    model = FixedResponse(game, policy, response.follower_policy.actions)
    values = response.leader_values - np.array([0.3, 0.1])
    pieces = ConcavePieces(np.array([[1.0, 0.2], [0.3, 2.0], [0.1, 0.1]]), np.array([-0.1, 0.05, 3.0]))
    goal = pieces_goal(pieces, model.gains_over(values), np.zeros(2), model)
    assert goal.value == pytest.approx(pieces(one_step_values(game, policy, values) - values))
    assert goal.slopes is not None
    left = goal.rows @ model.slots - goal.least - goal.slopes * goal.value
    assert left[:3].min() == pytest.approx(0.0, abs=1e-12)
    assert left[:3].max() > 1.0
    assert left[3:] == pytest.approx(one_step_values(game, policy, values) - values)
