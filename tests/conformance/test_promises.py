"""What every method promises about its result, on every game of the suite."""

from __future__ import annotations

import json
import math
import time

import numpy as np
import pytest

from ssg_mip.base.interrupt import Interrupt
from ssg_mip.base.status import Status, Termination
from ssg_mip.base.tolerances import DEFAULT_TOLERANCES
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.best_response import Ties
from ssg_mip.evaluation.value_bounds import LEAST_GAP
from ssg_mip.game.policy import FollowerPolicy, LeaderPolicy
from ssg_mip.methods.registry import find_method
from ssg_mip.result import ProgressRow, Result
from tests.conformance.cases import ACCURACY, ALL_METHODS, GAMES, GAP, Truth, rows_of, run, solved, truth
from tests.oracles.games import PlainGame, random_game
from tests.oracles.sampling import answer, random_policy

FEW = ("figure-1-x1-y1.11111", "maintain", "agreement-1-5")
"""Games for the promises that need runs of their own."""

every_method = pytest.mark.parametrize("method", ALL_METHODS)
every_game = pytest.mark.parametrize("name", GAMES)
few_games = pytest.mark.parametrize("name", FEW)


def check_policy(plain: PlainGame, result: Result) -> None:
    """The policy is a distribution per state, and the values are what enumeration with the same tie tolerance says."""
    assert isinstance(result.leader_policy, LeaderPolicy)
    assert isinstance(result.follower_policy, FollowerPolicy)
    table = result.leader_policy.probabilities
    assert table.shape == (plain.num_states, max(plain.leader_counts))
    assert table.min() >= 0.0
    assert table.sum(axis=1) == pytest.approx(np.ones(plain.num_states), abs=1e-9)
    for s, count in enumerate(plain.leader_counts):
        assert not table[s, count:].any()
    expected = answer(plain, rows_of(plain, result.leader_policy), result.ties, DEFAULT_TOLERANCES.tie)
    scale = max(1.0, float(np.abs(expected.leader_values).max()))
    assert result.leader_values == pytest.approx(expected.leader_values, abs=1e-7 * scale)
    assert result.follower_values == pytest.approx(expected.follower_values, abs=1e-5)
    assert result.leader_value == pytest.approx(float(result.weights @ expected.leader_values), abs=1e-7 * scale)
    assert result.tied_states.tolist() == [len(tied) > 1 for tied in expected.tied]


def check_bounds(result: Result, optimum: Truth) -> None:
    """The value is attainable and the bound is not below what is attained."""
    assert result.leader_value <= optimum.bound + optimum.slack
    assert result.dual_bound >= optimum.value - optimum.slack
    assert result.leader_value <= result.dual_bound + optimum.slack


@every_method
@every_game
def test_policy_and_values(method: str, name: str) -> None:
    """The policy is valid, and its values equal those of an independent exact follower."""
    check_policy(GAMES[name], solved(method, name))


@every_method
@every_game
def test_bounds_enclose_the_optimum(method: str, name: str) -> None:
    """No value above the brute-force bound, no bound below the brute-force value."""
    check_bounds(solved(method, name), truth(name))


@every_method
@every_game
def test_fields_have_the_promised_shapes_and_types(method: str, name: str) -> None:
    plain, result = GAMES[name], solved(method, name)
    assert isinstance(result.status, Status)
    assert isinstance(result.termination, Termination)
    assert result.status.has_policy
    assert result.method == result.provenance.method == method
    assert result.provenance.game_hash == plain.to_game().content_hash
    assert result.provenance.seconds >= 0.0
    assert result.weights == pytest.approx(plain.initial)
    for values in (result.leader_values, result.follower_values):
        assert values.shape == (plain.num_states,)
        assert np.isfinite(values).all()
    assert result.tied_states.dtype == np.bool_
    assert not math.isnan(result.dual_bound)
    assert result.relative_gap >= 0.0
    assert all(isinstance(row, ProgressRow) for row in result.progress)
    assert [point.iteration for point in result.trajectory] == sorted({p.iteration for p in result.trajectory})


@every_method
@every_game
def test_claims_fit_the_gap(method: str, name: str) -> None:
    """A result that says optimal has a closed gap, at value 0 too; ``commitment`` says it of all these games."""
    result = solved(method, name)
    if method == "commitment":
        assert result.status is Status.OPTIMAL
    if result.status is Status.OPTIMAL:
        assert result.relative_gap <= GAP + 1e-9
        assert result.dual_bound - result.leader_value <= 2.0 * truth(name).slack


@every_method
@few_games
@pytest.mark.parametrize("gap", [0.0, 1e-6, 1e-3])
def test_optimal_means_the_gap_that_was_asked(method: str, name: str, gap: float) -> None:
    """Optimal is claimed within the asked gap and no other; what an LP can resolve counts as nothing."""
    result = run(method, GAMES[name], gap=gap)
    check_policy(GAMES[name], result)
    if method == "commitment":
        assert result.status is Status.OPTIMAL
    if result.status is Status.OPTIMAL:
        assert result.relative_gap <= max(gap, LEAST_GAP) + 1e-9


@every_method
@every_game
def test_to_dict_is_strict_json(method: str, name: str) -> None:
    """``to_dict`` holds plain data only, without NaN or infinity, and says what the result says."""
    result = solved(method, name)
    data = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert data["leader_value"] == result.leader_value
    assert list(data["leader_values"]) == list(result.game.state_names)
    assert data["status"] == result.status.name.lower()


@every_method
@every_game
def test_trajectory_points_are_exact(method: str, name: str) -> None:
    """Every iterate carries the exact values of its own policy, by enumeration with the same tie tolerance."""
    plain, result = GAMES[name], solved(method, name)
    for point in result.trajectory:
        rows = rows_of(plain, point.leader_policy)
        expected = answer(plain, rows, result.ties, DEFAULT_TOLERANCES.tie).leader_values
        scale = max(1.0, float(np.abs(expected).max()))
        assert point.leader_values == pytest.approx(expected, abs=1e-7 * scale)
        assert point.leader_value == pytest.approx(float(result.weights @ expected), abs=1e-7 * scale)


@every_method
@few_games
def test_the_same_seed_gives_the_same_result(method: str, name: str) -> None:
    """Nothing depends on time, hashing or a global random state."""
    np.random.seed(12345)  # noqa: NPY002 - a global state that a method might wrongly draw from
    first, second = solved(method, name), run(method, GAMES[name])
    assert isinstance(first.leader_policy, LeaderPolicy)
    assert isinstance(second.leader_policy, LeaderPolicy)
    assert np.array_equal(first.leader_policy.probabilities, second.leader_policy.probabilities)
    assert (first.leader_value, first.dual_bound) == (second.leader_value, second.dual_bound)
    assert first.provenance.counts == second.provenance.counts


@every_method
@few_games
def test_no_time_at_all_still_gives_a_policy_and_a_valid_bound(method: str, name: str) -> None:
    """``time_limit=0`` returns something exact, bounded, and honest about why it stopped."""
    result = run(method, GAMES[name], time_limit=0.0)
    check_policy(GAMES[name], result)
    check_bounds(result, truth(name))
    closed = result.dual_bound - result.leader_value <= 2.0 * truth(name).slack
    assert result.termination is Termination.TIME_LIMIT or closed


@every_method
def test_a_time_limit_is_kept_on_a_game_too_large_for_it(method: str) -> None:
    """Half a second on 8 states x 3 x 3: back soon, with an exact value below a bound that no sample exceeds.

    The number of iterations is as good as unlimited, because learners stop after some of their own accord.
    """
    plain = random_game(
        np.random.default_rng(3),
        leader_counts=[3] * 8,
        follower_counts=[3] * 8,
        leader_discount=0.9,
        follower_discount=0.95,
        successors=2,
    )
    started = time.monotonic()
    result = run(method, plain, time_limit=0.5, iteration_limit=10**9)
    assert time.monotonic() - started < 5.0
    assert result.termination is Termination.TIME_LIMIT
    assert result.status is Status.FEASIBLE
    check_policy(plain, result)
    sample = random_policy(plain, np.random.default_rng(0))
    reached = float(plain.initial @ answer(plain, sample).leader_values)
    assert result.dual_bound >= max(reached, result.leader_value)


@every_method
@few_games
def test_an_interrupted_run_keeps_what_it_has(method: str, name: str) -> None:
    """A wish to stop that is there from the start gives a policy, a valid bound and the reason."""
    interrupt = Interrupt()
    interrupt.request()
    result = run(method, GAMES[name], interrupt=interrupt)
    check_policy(GAMES[name], result)
    check_bounds(result, truth(name))
    closed = result.dual_bound - result.leader_value <= 2.0 * truth(name).slack
    assert result.termination is Termination.INTERRUPTED or closed


@every_method
@few_games
def test_one_node_and_one_iteration_leave_a_valid_bound(method: str, name: str) -> None:
    """Limits on work end a run early, never wrongly."""
    result = run(method, GAMES[name], node_limit=1, iteration_limit=1)
    check_policy(GAMES[name], result)
    check_bounds(result, truth(name))


@every_method
@few_games
@pytest.mark.parametrize("ties", ["first", "adverse"])
def test_values_are_reported_under_the_tie_rule_asked_for(method: str, name: str, ties: Ties) -> None:
    """Whatever a method optimises, the values it reports are those under the rule that was asked for."""
    result = run(method, GAMES[name], ties=ties)
    assert result.ties == ties
    check_policy(GAMES[name], result)
    assert result.leader_value <= truth(name).bound + truth(name).slack
    assert result.leader_value <= result.dual_bound + truth(name).slack


@every_method
@pytest.mark.parametrize("weights", [(1.0, 0.0), (0.0, 1.0)])
def test_weights_replace_the_start_distribution(method: str, weights: tuple[float, float]) -> None:
    """Fig. 1 is worth 10 from either state alone; the result is weighted as asked."""
    plain = GAMES["figure-1-x1-y2"]
    result = run(method, plain, weights=np.array(weights))
    assert result.weights.tolist() == list(weights)
    check_policy(plain, result)
    assert result.leader_value <= 10.0 + ACCURACY * 10.0
    assert result.dual_bound >= 10.0 - ACCURACY * 10.0


@every_method
def test_progress_rows_are_handed_out_as_they_are_kept(method: str) -> None:
    """The callback sees exactly the rows of ``result.progress``, bounds never worsening."""
    seen: list[ProgressRow] = []
    result = run(method, GAMES["agreement-1-7"], on_progress=seen.append)
    assert tuple(seen) == result.progress
    primal = [row.primal_bound for row in seen if math.isfinite(row.primal_bound)]
    assert primal == sorted(primal)


@every_method
def test_a_start_policy_is_accepted_and_never_made_worse(method: str) -> None:
    """Started from a policy worth 10 in the first state of Fig. 1, no method ends below it."""
    plain = GAMES["figure-1-x1-y2"]
    start = LeaderPolicy.deterministic(plain.to_game(), (0, 1))
    result = run(method, plain, start=start, weights=np.array([1.0, 0.0]))
    assert result.leader_value >= 10.0 - ACCURACY


@every_method
def test_a_start_on_a_tie_is_worth_what_an_adverse_follower_leaves(method: str) -> None:
    """At the tie of Fig. 1 the start policy is worth (10, 9) to a lucky leader and nothing under adverse ties."""
    plain = GAMES["figure-1-x1-y1.11111"]
    start = LeaderPolicy.deterministic(plain.to_game(), (0, 1))
    result = run(method, plain, start=start, ties="adverse", iteration_limit=1, node_limit=1)
    check_policy(plain, result)
    assert result.leader_value <= 1e-6


def test_an_unknown_method_is_refused_with_the_known_ones() -> None:
    with pytest.raises(OptionError, match=r"'simplex'.*policy-iteration, .*commitment, .*deterministic, grid"):
        find_method("simplex")
