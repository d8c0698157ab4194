"""Directed rounding: the intervals hold the exact truth, are narrow, and lies lie outside them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest

from ssg_mip import solve
from ssg_mip.base.tolerances import DEFAULT_TOLERANCES
from ssg_mip.checker import directed
from ssg_mip.checker.derivation import derive
from ssg_mip.checker.directed import DirectedProcess, induce_directed, suits
from ssg_mip.checker.rational import ExactGame, PolicyRows, Process, induce, policy_rows
from ssg_mip.checker.response import optimal_values
from ssg_mip.checker.values import value_intervals
from ssg_mip.checker.verify import examine
from ssg_mip.errors import InvalidPolicyError
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.library import random_game
from ssg_mip.report.text import check_line


def games() -> Iterator[tuple[Game, LeaderPolicy]]:
    """Games of several shapes, discounts and scales, each with a mixed policy."""
    shapes = ((7, 3, 2, 4), (11, 1, 4, 3), (12, 4, 3, 12))
    for (seed, shape), discount in itertools.product(enumerate(shapes), (0.0, 0.9, 0.9999)):
        game = random_game(seed, *shape, discount, 0.5)
        scaled = game.replace(
            leader_rewards=1e9 * game.leader_rewards + 3e9, follower_rewards=game.follower_rewards / 3e7
        )
        for one in (game, scaled):
            yield one, LeaderPolicy.random(one, np.random.default_rng(seed))


def both(game: Game, policy: LeaderPolicy) -> Iterator[tuple[Process, DirectedProcess]]:
    rows = policy_rows(game, policy)
    yield from zip(induce(ExactGame.of(game), rows), induce_directed(game, rows), strict=True)


def test_a_step_of_the_operator_lies_in_its_bounds() -> None:
    """For any values of what follows; and the bounds are needed: floats alone miss the truth."""
    missed = 0
    for number, (game, policy) in enumerate(games()):
        for exact, rounded in both(game, policy):
            size = float(np.abs(rounded.row_rewards).max())
            values = size * np.random.default_rng(number).normal(size=game.num_states) * 10.0
            truth = exact.action_values(list(map(Fraction, values.tolist())), range(exact.offsets[-1]))
            lower, upper = rounded.step_bounds(values)
            for q, low, high in zip(truth, lower.tolist(), upper.tolist(), strict=True):
                assert low <= q <= high
                assert high - low <= 1e-12 * (size + float(np.abs(values).max()))
                missed += q != Fraction(0.5 * (low + high))
    assert missed > 100


def test_bounds_without_the_roundings_counted_miss_the_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above can fail: with the error bound forged to nothing some step lies outside."""
    monkeypatch.setattr(directed, "OTHER_ROUNDINGS", -(10**9))
    outside = 0
    for game, policy in games():
        for exact, rounded in both(game, policy):
            values = np.random.default_rng(1).normal(size=game.num_states)
            truth = exact.action_values(list(map(Fraction, values.tolist())), range(exact.offsets[-1]))
            lower, upper = rounded.step_bounds(values)
            outside += sum(not low <= q <= high for q, low, high in zip(truth, lower, upper, strict=True))
    assert outside > 100


def test_values_and_optima_enclose_the_exact_ones() -> None:
    """Up to 12 states the exact values are points; the intervals of large games hold them and are narrow."""
    for game, policy in games():
        for exact, rounded in both(game, policy):
            chosen = exact.offsets[:-1]
            size = float(np.abs(rounded.row_rewards).max()) / (1.0 - rounded.float_discount)
            compared = (
                (value_intervals(exact, chosen), value_intervals(rounded, chosen)),
                (optimal_values(exact).values, optimal_values(rounded).values),
                (optimal_values(exact.negated()).values, optimal_values(rounded.negated()).values),
            )
            for points, intervals in compared:
                for point, interval in zip(points, intervals, strict=True):
                    assert interval.lower <= point.lower <= interval.upper
                    assert float(interval.width) <= 1e-10 * size / (1.0 - rounded.float_discount)


def test_rows_that_do_not_quite_sum_to_one_count_as_divided_by_their_sum() -> None:
    """Stored floats that are off by a part in a thousand million: both readings agree on what is meant."""
    game = random_game(5, 6, 2, 2, 3)
    rows: PolicyRows = tuple((0.5 + 4e-10, 0.5) for _ in range(game.num_states))
    for exact, rounded in zip(induce(ExactGame.of(game), rows), induce_directed(game, rows), strict=True):
        values = np.arange(6.0)
        truth = exact.action_values(list(map(Fraction, values.tolist())), range(exact.offsets[-1]))
        lower, upper = rounded.step_bounds(values)
        assert all(low <= q <= high for q, low, high in zip(truth, lower, upper, strict=True))


def test_which_games_are_read_with_directed_rounding() -> None:
    small, large = random_game(0, 20, 2, 2, 2), random_game(0, 1300, 2, 2, 2)
    assert (suits(small), suits(large)) == (False, True)
    assert not suits(large.replace(leader_rewards=np.full(large.num_rows, 1e250)))
    uniform = LeaderPolicy.uniform(large)
    leader, _, _ = derive(ExactGame.of(large), policy_rows(large, uniform), DEFAULT_TOLERANCES)
    assert isinstance(leader, DirectedProcess)


def test_a_policy_that_is_none_is_refused() -> None:
    game = random_game(0, 3, 2, 2, 2)
    for bad in (((0.5, 0.5), (1.0, 0.0), (0.0, 0.0)), ((0.5, 0.5), (1.0, 0.0), (2.0, -1.0)), ((1.0,), (1.0,), (1.0,))):
        with pytest.raises(InvalidPolicyError):
            induce_directed(game, bad)


def test_results_of_large_games_are_verified_and_lies_in_them_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directed, "MOST_EXACT_TRANSITIONS", 0)
    game = random_game(3, 30, 2, 2, 2)
    result = solve(game, "fixed-point", iteration_limit=20)
    assert (result.check.passed, result.check.arithmetic) == (True, "directed rounding")
    assert check_line(result.check).startswith("values verified in directed rounding: value in [")
    assert result.to_dict()["check"]["arithmetic"] == "directed rounding"
    for key in ("leader_values", "follower_values"):
        lie = result.to_dict()
        lie[key]["s0"] += 1e-6
        assert examine(game, lie).whole.passed is False
    lie = result.to_dict()
    lie["follower_policy"]["s0"] = "b1" if lie["follower_policy"]["s0"] == "b0" else "b0"
    assert examine(game, lie).whole.passed is False
