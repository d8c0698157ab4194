"""Propagation in the replay: no true point is lost, and as much is gained as in the search."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest

from ssg_mip import LeaderPolicy, best_response
from ssg_mip.checker.dual.numbers import FINE, Numbers
from ssg_mip.checker.dual.propagation import Propagation, Region, secured
from ssg_mip.checker.rational import ExactGame
from ssg_mip.evaluation.bound_propagation import SWEEPS, IntervalBellman
from ssg_mip.evaluation.value_bounds import follower_value_bounds
from ssg_mip.game.game import Game
from tests.unit.checker.true_points import (
    GRID,
    NOISE,
    drawn_game,
    on_grid,
    region_around,
    true_point,
)


@pytest.mark.parametrize("seed", range(20))
def test_propagation_with_a_margin_loses_no_policy_that_keeps_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    game = drawn_game(seed)
    numbers = Numbers.of(ExactGame.of(game), game.initial.tolist())
    for _ in range(25):
        response = best_response(game, LeaderPolicy.random(game, rng))
        v, answers = response.follower_values, response.follower_policy.actions
        kept = int(max(0.0, min(response.advantage, 1e6) - NOISE) * 2**FINE)
        after = Propagation(numbers, GRID, kept).sweep(region_around(game, rng, v, answers))
        assert not after.empty
        assert all(int(best) in mine for best, mine in zip(answers, after.answers, strict=True))


def test_an_answer_without_the_margin_is_closed() -> None:
    """One state: the first action is worth 1 more than the second whatever the leader does."""
    game = Game.from_arrays(
        np.ones((1, 2, 2, 1)),
        np.zeros((1, 2, 2)),
        [[[1.0, 0.0], [3.0, 2.0]]],
        leader_discount=0.5,
        follower_discount=0.5,
    )
    numbers = Numbers.of(ExactGame.of(game), [1.0])
    everything = Region((0,), (8 << GRID,), (frozenset({0, 1}),))
    for margin, left in ((0, {0}), (1 << FINE, {0}), ((1 << FINE) + 1, set())):
        assert Propagation(numbers, GRID, margin).sweep(everything).answers[0] == left


@pytest.mark.parametrize("seed", range(40))
def test_propagation_loses_no_consistent_point(seed: int) -> None:
    """A region that holds a policy's values and response still does after a sweep."""
    rng = np.random.default_rng(seed)
    game = drawn_game(seed)
    propagation = Propagation(Numbers.of(ExactGame.of(game), game.initial.tolist()), GRID)
    room = int(NOISE * 2**GRID)
    for _ in range(25):
        v, response, _ = true_point(game, rng)
        region = region_around(game, rng, v, response)
        after = propagation.sweep(region)
        assert not after.empty
        assert all(int(best) in answers for best, answers in zip(response, after.answers, strict=True))
        assert all(low <= mine for low, mine in zip(after.lower, on_grid(v, room), strict=True))
        assert all(high >= mine for high, mine in zip(after.upper, on_grid(v, -room), strict=True))


def test_what_two_actions_secure_is_the_value_of_the_matrix_game() -> None:
    """Matching pennies is worth the mean; a dominated column adds nothing; the result is rounded down."""
    assert secured([[2, 0], [0, 2]]) == 1
    assert secured([[1, 0], [0, 2]]) == 0
    assert secured([[10, 0], [0, 20]]) == 6
    assert secured([[3, 2], [4, 1]]) == 3
    assert secured([[-1, -3], [-2, -1]]) == -2


def test_bounds_of_the_root_box_are_told_from_others() -> None:
    """The package's bounds on the follower's values pass; moved inwards by a tenth they do not."""
    for seed in range(20):
        game = drawn_game(seed)
        propagation = Propagation(Numbers.of(ExactGame.of(game), game.initial.tolist()), GRID)
        box = follower_value_bounds(game)
        inwards = 0.1 * (1.0 + box.width)
        assert propagation.is_upper_bound(on_grid(box.upper, 1))
        assert propagation.is_lower_bound(on_grid(box.lower, 0))
        assert not propagation.is_upper_bound(on_grid(box.upper - inwards, 0))
        assert not propagation.is_lower_bound(on_grid(box.lower + inwards, 1))


@pytest.mark.parametrize("seed", range(60))
def test_the_replay_shrinks_a_region_at_least_as_far_as_the_search(seed: int) -> None:
    """On boxes with and without a true point in them, and also where the search finds them empty."""
    grid, least = 80, 2.0**-60
    rng = np.random.default_rng(seed)
    game = drawn_game(seed)
    bounds = follower_value_bounds(game)
    interval = IntervalBellman(game)
    replay = Propagation(Numbers.of(ExactGame.of(game), game.initial.tolist()), grid)
    starts = game.follower_offsets.tolist()
    for _ in range(20):
        ends = np.sort(rng.uniform(size=(2, game.num_states)), axis=0) * (rng.uniform() < 0.8) + [[0.0], [0.2]]
        lower, upper = bounds.lower + np.minimum(ends, 1.0) * bounds.width
        open_slots = rng.uniform(size=starts[-1]) < 0.8
        answers = tuple(
            frozenset(np.flatnonzero(open_slots[first:last]).tolist()) for first, last in itertools.pairwise(starts)
        )
        if not all(answers):
            continue
        ends_on_grid = [tuple(int(Fraction(x) * 2**grid) for x in end) for end in (lower.tolist(), upper.tolist())]
        region = Region(ends_on_grid[0], ends_on_grid[1], answers)
        for _ in range(SWEEPS):
            region = region if region.empty else replay.sweep(region)
        found = interval.tighten(lower, upper, open_slots)
        if found is None:
            assert region.empty
        elif not region.empty:
            assert all(x / 2.0**grid >= low - least for x, low in zip(region.lower, found[0], strict=True))
            assert all(x / 2.0**grid <= high + least for x, high in zip(region.upper, found[1], strict=True))
            assert all(found[2][starts[s] + b] for s, mine in enumerate(region.answers) for b in mine)
