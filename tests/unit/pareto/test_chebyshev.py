"""The augmented Chebyshev scalarisation: points that weighted sums miss, with a bound that no sample exceeds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ssg_mip import AugmentedChebyshev, Game, solve_chebyshev, trace_front
from ssg_mip.base.interrupt import Interrupt
from ssg_mip.base.status import Status, Termination
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.best_response import best_response
from ssg_mip.evaluation.value_bounds import leader_value_bounds
from ssg_mip.game.policy import LeaderPolicy
from tests.oracles.games import random_game
from tests.oracles.known import figure_1, three_points
from tests.oracles.sampling import answer, grid_policies, random_policy


def test_it_reaches_the_point_that_no_weighted_sum_reaches() -> None:
    """(4, 4) lies in a dent between (0, 10) and (10, 0): even weights on both states find it, with proof."""
    found = solve_chebyshev(three_points().to_game(), [0.45, 0.45, 0.05, 0.05])
    assert found is not None
    assert found.leader_values == pytest.approx([4.0, 4.0, 0.0, 0.0], abs=1e-6)
    assert found.termination is Termination.GAP
    assert found.value == found.scalarisation(found.leader_values)
    assert found.value <= found.dual_bound <= found.value + 1e-2


@pytest.mark.parametrize(("weights", "expected"), [((0.6, 0.4), (10.0, 9.0)), ((0.4, 0.6), (9.0, 10.0))])
def test_the_weights_choose_between_the_points_of_figure_1(weights: Any, expected: Any) -> None:
    found = solve_chebyshev(figure_1(1.0, 2.0).to_game(), weights)
    assert found is not None
    assert found.leader_values == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("seed", range(2))
def test_no_sample_exceeds_the_bound(seed: int) -> None:
    plain = random_game(
        np.random.default_rng([61, seed]),
        leader_counts=[2, 2],
        follower_counts=[2, 2],
        leader_discount=0.8,
        follower_discount=0.8,
    )
    rng = np.random.default_rng(seed)
    found = solve_chebyshev(plain.to_game(), rng.dirichlet([2.0, 2.0]), augmentation=0.01)
    assert found is not None
    assert found.termination is Termination.GAP
    for _ in range(300):
        values = answer(plain, random_policy(plain, rng)).leader_values
        assert found.scalarisation(values) <= found.dual_bound + 1e-9


def test_it_is_compliant_and_says_what_is_wrong_with_its_arguments() -> None:
    """More in one state alone raises it, although the minimum is elsewhere."""
    what = AugmentedChebyshev(np.array([0.5, 0.5]), np.array([1.0, 1.0]), 0.1)
    assert what([0.0, 3.0]) > what([0.0, 2.0])
    assert what([2.0, 2.0]) > what([0.0, 3.0])
    for weights, reference, augmentation in (
        ([0.0, 1.0], [0.0, 0.0], 0.1),
        ([1.0, 1.0], [0.0], 0.1),
        ([1.0, 1.0], [0.0, 0.0], 0.0),
    ):
        with pytest.raises(OptionError):
            AugmentedChebyshev(np.array(weights), np.array(reference), augmentation)
    with pytest.raises(OptionError, match="reference"):
        solve_chebyshev(figure_1(1.0, 2.0).to_game(), reference=[1.0, 2.0, 3.0])


def test_a_limit_leaves_a_bound_that_holds() -> None:
    game = figure_1(1.0, 2.0).to_game()
    interrupt = Interrupt()
    interrupt.request()
    stopped = solve_chebyshev(game, interrupt=interrupt)
    if stopped is not None:
        assert stopped.termination is Termination.INTERRUPTED
        assert stopped.dual_bound >= stopped.scalarisation([10.0, 9.0]) - 1e-9
    timed = solve_chebyshev(game, time_limit=0.0)
    assert timed is None or timed.termination is Termination.TIME_LIMIT


def test_with_a_myopic_leader_the_improvement_program_proves_the_front() -> None:
    """Leader discount 0: every point that policy iteration ends at is Pareto-optimal, by its own stop test."""
    plain = random_game(
        np.random.default_rng([62, 0]),
        leader_counts=[2, 2],
        follower_counts=[2, 2],
        leader_discount=0.0,
        follower_discount=0.8,
    )
    front = trace_front(
        plain.to_game(), method="policy-iteration", num_weights=3, starts=2, check=False, guarantee=False
    )
    ends = [point for point in front if point.status in {Status.PARETO_OPTIMAL, Status.OPTIMAL}]
    assert ends
    bounds = leader_value_bounds(plain.to_game())
    rng = np.random.default_rng(0)
    samples = np.array([answer(plain, random_policy(plain, rng)).leader_values for _ in range(300)])
    for point in ends:
        assert point.gain_bound <= 1e-3 * float(np.abs(bounds.upper).max())
        gains = samples - point.leader_values
        dominating = gains[np.all(gains >= 0.0, axis=1)]
        assert not len(dominating) or dominating.max() <= point.gain_bound + 1e-9


@pytest.mark.parametrize("augmentation", [1e-6, 1e-3, 1.0, 1e3, 1e6, 1e14, 1e90])
def test_a_closed_gap_is_closed_whatever_the_augmentation(augmentation: float) -> None:
    """The gap is relative to the spread of the scalarisation, in which the augmented sum counts."""
    plain = random_game(
        np.random.default_rng(1),
        leader_counts=(2, 2),
        follower_counts=(2, 2),
        leader_discount=0.9,
        follower_discount=0.8,
    )
    game = plain.to_game()
    found = solve_chebyshev(game, augmentation=augmentation)
    assert found is not None
    assert found.termination is Termination.GAP
    spreads = found.scalarisation.weights * leader_value_bounds(game).width
    allowed = 1e-3 * (spreads.max() + augmentation * spreads.sum())
    assert found.dual_bound - found.value <= allowed * (1.0 + 1e-6)
    assert found.value == pytest.approx(found.scalarisation(found.leader_values))
    policies = (LeaderPolicy.from_slots(game, np.concatenate(blocks)) for blocks in grid_policies(plain, 4))
    reached = [found.scalarisation(best_response(game, one).leader_values) for one in policies]
    assert found.dual_bound >= max(reached) - 1e-9 * (1.0 + augmentation)


@pytest.mark.parametrize("reward", [0.3, 1e6 + 0.3])
@pytest.mark.parametrize("reference", [1.7, 1e3 + 0.1, 1e6 + 0.1, 1e9 + 0.1])
@pytest.mark.parametrize("augmentation", [1e-3, 1.0, 1e3, 1e6])
def test_a_reference_far_from_the_game_hides_no_policy(reward: float, reference: float, augmentation: float) -> None:
    game = Game.from_arrays(
        np.ones((1, 1, 1, 1)),
        np.full((1, 1, 1), reward),
        np.zeros((1, 1, 1)),
        leader_discount=0.0,
        follower_discount=0.0,
    )
    found = solve_chebyshev(game, reference=[reference], augmentation=augmentation)
    assert found is not None
    assert found.termination is Termination.GAP
    assert found.leader_values == pytest.approx([reward])
    assert found.value == pytest.approx((1.0 + augmentation) * (reward - reference))


def test_sizes_that_no_program_holds_are_refused_by_name() -> None:
    game = figure_1(1.0, 2.0).to_game()
    with pytest.raises(OptionError, match=r"reference\[.*is 1e\+90"):
        solve_chebyshev(game, reference=[1e90, 0.0])
    with pytest.raises(OptionError, match="bring the weights to similar sizes"):
        solve_chebyshev(game, [1e-95, 1.0], augmentation=1e-3)
