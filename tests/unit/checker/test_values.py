"""Exact values: what the stored floats mean, the linear solver, points and proven intervals."""

from __future__ import annotations

import importlib.util
from fractions import Fraction

import numpy as np
import pytest

from ssg_mip.base.tolerances import DEFAULT_TOLERANCES
from ssg_mip.checker import linear_solve, values
from ssg_mip.checker.linear_solve import solve_by_bareiss, solve_exactly
from ssg_mip.checker.rational import ExactGame, common_numerators, exact_weights, induce, policy_rows
from ssg_mip.checker.response import loss_bound, optimal_values, rule_values, tie_judgements, view_follower
from ssg_mip.checker.tie_scale import tie_thresholds
from ssg_mip.checker.values import Interval, value_intervals, weighted_sum
from ssg_mip.errors import InvalidPolicyError, OptionError
from ssg_mip.evaluation.best_response import best_response
from ssg_mip.game.policy import LeaderPolicy
from tests.oracles.games import agreement_game, plain_from_arrays, random_game


def test_floats_are_the_fractions_they_are() -> None:
    """0.1 is not a tenth, and nothing is lost over the common denominator."""
    numerators, denominator = common_numerators([0.1, 0.75, 3.0])
    assert [Fraction(above, denominator) for above in numerators] == [Fraction(0.1), Fraction(3, 4), Fraction(3)]
    assert Fraction(0.1) != Fraction(1, 10)


def test_rows_of_stored_floats_are_normalised_exactly() -> None:
    """Ten times 0.1 in floats is not one; as a distribution it is, to the last digit."""
    rng = np.random.default_rng(0)
    for index in range(10):
        game = agreement_game(7, index).to_game()
        policy = LeaderPolicy.random(game, rng)
        exact = ExactGame.of(game)
        assert all(sum(row.numerators) == row.total for row in exact.rows)
        for process in induce(exact, policy_rows(game, policy)):
            assert all(sum(row.numerators) == row.total for row in process.kernel)
    assert sum(exact_weights([0.1] * 10)) == 1


def test_a_policy_that_does_not_fit_is_refused() -> None:
    exact = ExactGame.of(agreement_game(7, 0).to_game())
    rows = policy_rows(exact.game, LeaderPolicy.uniform(exact.game))
    for bad in ((*rows[:-1], rows[-1][:-1]), (*rows[:-1], (0.0,) * len(rows[-1])), (*rows[:-1], (-1.0, 1.0, 1.0))):
        with pytest.raises(InvalidPolicyError):
            induce(exact, bad)


def test_bareiss_solves_what_cramer_says() -> None:
    """A system that needs a row exchange; the answer is checked by substitution."""
    matrix = [[0, 2, 1], [3, -1, 7], [1, 10**40, -5]]
    right = [1, -2, 3]
    solution = solve_by_bareiss(matrix, right)
    assert [sum(a * x for a, x in zip(row, solution, strict=True)) for row in matrix] == right
    with pytest.raises(OptionError, match="singular"):
        solve_by_bareiss([[1, 2], [2, 4]], [1, 1])


@pytest.mark.skipif(importlib.util.find_spec("flint") is None, reason="python-flint is not installed")
def test_flint_gives_the_same_fractions(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    matrix = [[int(x) for x in row] for row in rng.integers(-(10**9), 10**9, (6, 6))]
    right = [int(x) for x in rng.integers(-(10**9), 10**9, 6)]
    assert linear_solve.solve_by_flint(matrix, right) == solve_by_bareiss(matrix, right)
    monkeypatch.setattr(linear_solve, "FLINT", None)
    assert solve_exactly(matrix, right) == solve_by_bareiss(matrix, right)


def test_a_loop_of_reward_one_is_worth_the_geometric_series() -> None:
    """With discount 1/2 exactly 2; with the float 0.9 exactly 1 / (1 - 0.9), which is not 10."""
    for discount in (0.5, 0.9):
        game = plain_from_arrays(
            [[[[1.0]]]], [[[1.0]]], [[[1.0]]], leader_discount=discount, follower_discount=discount
        ).to_game()
        leader, _ = induce(ExactGame.of(game), ((1.0,),))
        assert value_intervals(leader, (0,)) == (Interval.point(1 / (1 - Fraction(discount))),)


def test_proven_intervals_hold_the_exact_values_and_are_narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """The residual bound, without the exact solve, on 30 games."""
    rng = np.random.default_rng(2)
    for index in range(30):
        game = agreement_game(11, index).to_game()
        policy = policy_rows(game, LeaderPolicy.random(game, rng))
        for process in induce(ExactGame.of(game), policy):
            exact = optimal_values(process)
            monkeypatch.setattr(values, "EXACT_STATES", 0)
            monkeypatch.setattr("ssg_mip.checker.response.EXACT_STATES", 0)
            found, fixed = optimal_values(process), value_intervals(process, exact.chosen)
            monkeypatch.undo()
            for point, one, other in zip(exact.values, found.values, fixed, strict=True):
                assert point.is_exact
                assert one.distance(point.lower) == 0
                assert other.distance(point.lower) == 0
                assert max(one.width, other.width) <= Fraction(1, 10**12) * (1 + abs(point.lower))


def test_a_poor_candidate_widens_the_interval_and_keeps_it_true(monkeypatch: pytest.MonkeyPatch) -> None:
    """A float solve that returns nonsense: the exact value is still inside."""
    game = agreement_game(11, 3).to_game()
    leader, _ = induce(ExactGame.of(game), policy_rows(game, LeaderPolicy.uniform(game)))
    chosen = leader.offsets[:-1]
    exact = value_intervals(leader, chosen)
    monkeypatch.setattr(values, "EXACT_STATES", 0)
    for nonsense in (0.0, 100.0, np.nan, np.inf):
        monkeypatch.setattr(
            values.FloatProcess, "evaluate", lambda self, slots, checkpoint, value=nonsense: np.full(len(slots), value)
        )
        for wide, point in zip(value_intervals(leader, chosen), exact, strict=True):
            assert wide.width > 0
            assert wide.distance(point.lower) == 0


def test_values_agree_with_best_response_on_random_games() -> None:
    """60 games under each tie rule, exact below 13 states, intervals on a sparse game of 40."""
    rng = np.random.default_rng(3)
    games = [agreement_game(13, index).to_game() for index in range(60)]
    games.append(
        random_game(
            rng,
            leader_counts=[3] * 40,
            follower_counts=[2] * 40,
            leader_discount=0.9,
            follower_discount=0.99,
            successors=3,
        ).to_game()
    )
    for game in games:
        policy = LeaderPolicy.random(game, rng)
        exact = ExactGame.of(game)
        leader, follower = induce(exact, policy_rows(game, policy))
        view = view_follower(follower, tie_thresholds(game, DEFAULT_TOLERANCES))
        (tied,) = tie_judgements(view)
        for ties in ("leader", "first", "adverse"):
            response = best_response(game, policy, ties)
            due = rule_values(leader, tied, ties)
            for value, interval in zip(response.leader_values.tolist(), due, strict=True):
                assert interval.distance(Fraction(value)) <= Fraction(1, 10**11)
            slots = response.follower_policy.slots(game).tolist()
            for value, interval in zip(
                response.follower_values.tolist(), value_intervals(follower, slots), strict=True
            ):
                assert interval.distance(Fraction(value)) <= Fraction(1, 10**11)
            assert loss_bound(view, value_intervals(follower, slots)) <= Fraction(1, 10**11)


def test_large_games_use_the_sparse_candidate(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same intervals, up to rounding, from SciPy's solver."""
    game = agreement_game(11, 4).to_game()
    _, follower = induce(ExactGame.of(game), policy_rows(game, LeaderPolicy.uniform(game)))
    exact = optimal_values(follower).values
    for module in ("values", "response"):
        monkeypatch.setattr(f"ssg_mip.checker.{module}.EXACT_STATES", 0)
    monkeypatch.setattr(values, "DENSE_STATES", 0)
    for found, point in zip(optimal_values(follower).values, exact, strict=True):
        assert found.distance(point.lower) == 0
        assert found.width < Fraction(1, 10**10)


def test_weighted_sums_of_intervals() -> None:
    total = weighted_sum(
        (Fraction(1, 4), Fraction(3, 4)), (Interval(Fraction(0), Fraction(4)), Interval.point(Fraction(4)))
    )
    assert total == Interval(Fraction(3), Fraction(4))
