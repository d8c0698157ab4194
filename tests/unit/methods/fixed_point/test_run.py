"""The method: what its result and its details say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ssg_mip import Game, solve
from ssg_mip.base.status import BoundProof, Status, Termination
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.value_bounds import leader_value_bounds
from ssg_mip.library import actor_critic_trap, kudo_akimoto_figure_1
from ssg_mip.library import random_game as library_game
from tests.oracles.brute_force import brute_force
from tests.oracles.games import random_game, static_game
from tests.oracles.known import STATIC

TRAP = actor_critic_trap()


def _solve(game: Game, **settings: Any) -> Any:
    return solve(game, "fixed-point", settings=settings)


@pytest.mark.parametrize("algorithm", ["value-iteration", "policy-iteration"])
def test_maintain(algorithm: str) -> None:
    """27.5 mixed, 20 deterministic, as multiple linear programs say."""
    case = next(case for case in STATIC if case.name == "maintain")
    game = static_game(case.leader, case.follower).to_game()
    mixed = _solve(game, algorithm=algorithm)
    assert mixed.leader_value == pytest.approx(27.5, abs=1e-7)
    assert mixed.termination is Termination.CONVERGED
    assert _solve(game, algorithm=algorithm, leader="deterministic").leader_value == pytest.approx(20.0, abs=1e-9)


def test_the_trap_by_its_start_values() -> None:
    """From (0, 10) the method ends in the bad fixed point, names it, and the compared shortfall is 10."""
    bad = _solve(TRAP, start_values=[{"s1": 0}, {"s1": 10}], compare=True)
    assert bad.termination is Termination.CONVERGED
    assert bad.details["behaviour"] == "converged to a fixed point"
    assert bad.details["operator_values"]["leader"]["s1"] == pytest.approx(0.0, abs=1e-6)
    assert bad.details["operator_values"]["follower"]["s1"] == pytest.approx(10.0, abs=1e-6)
    assert bad.details["last_leader_value"] == pytest.approx(0.0, abs=1e-6)
    assert bad.details["shortfall"]["s1"] == {"shortfall": pytest.approx(10.0, abs=1e-3), "against": "optimum"}
    assert bad.details["shortfall"]["s2"]["shortfall"] == pytest.approx(0.0, abs=1e-3)
    assert bad.details["equilibrium_because"] == []
    good = _solve(TRAP, start_values=([10.0, 0.0], [0.0, 0.0]))
    assert good.leader_value == good.details["last_leader_value"] == pytest.approx(10.0, abs=1e-6)


def test_figure_1_stays_far_below_its_optimum() -> None:
    """From zero values the fixed point is worth (0, 0), and 10 is possible in either state."""
    result = _solve(kudo_akimoto_figure_1(1.0, 2.0), compare=True)
    assert result.details["last_leader_values"] == pytest.approx({"s1": 0.0, "s2": 0.0}, abs=1e-6)
    for state in ("s1", "s2"):
        assert result.details["shortfall"][state]["shortfall"] == pytest.approx(10.0, rel=1e-3)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("start", ["zero", "random"])
def test_a_myopic_follower_makes_the_fixed_point_the_optimum(seed: int, start: str) -> None:
    """Whatever the start values: the certified optimum of enumeration, and the reason is named."""
    plain = random_game(
        np.random.default_rng(seed),
        leader_counts=[2, 3],
        follower_counts=[3, 2],
        leader_discount=0.8,
        follower_discount=0.0,
    )
    result = _solve(plain.to_game(), start_values=start)
    assert result.leader_value == pytest.approx(brute_force(plain).value, abs=1e-5)
    assert result.details["equilibrium_because"] == ["the follower looks no further than the immediate reward"]
    assert max(map(abs, result.details["overpromise"].values())) < 1e-6


def test_transitions_independent_of_the_follower_make_it_the_optimum() -> None:
    plain = random_game(
        np.random.default_rng(4),
        leader_counts=[2, 2, 2],
        follower_counts=[2, 3, 2],
        leader_discount=0.7,
        follower_discount=0.9,
    )
    plain = plain.replace(transition=tuple(np.repeat(block[:, :1], block.shape[1], 1) for block in plain.transition))
    result = _solve(plain.to_game())
    assert result.leader_value == pytest.approx(brute_force(plain).value, abs=1e-5)
    assert result.details["equilibrium_because"] == ["transitions do not depend on the follower's action"]


def test_a_limit_is_called_a_limit_and_a_cycle_a_cycle() -> None:
    cycling = library_game(0, 3, 2, 2)
    result = _solve(cycling)
    assert result.termination is Termination.CYCLE
    assert (result.details["period"], result.details["behaviour"]) == (2, "entered a cycle")
    assert result.details["equilibrium_because"] == []
    short = solve(cycling, "fixed-point", iteration_limit=3)
    assert short.termination is Termination.ITERATION_LIMIT
    assert short.provenance.counts["iterations"] == 3


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"start_values": "one"}, "start_values is 'one'; it must be"),
        ({"start_values": [1.0, 2.0, 3.0]}, "it must be"),
        ({"start_values": [[1.0], [1.0, 2.0]]}, r"start_values hold \[1.0\] for 2 states"),
        ({"start_values": [["x", "y"], [1.0, 2.0]]}, "start_values hold"),
        ({"start_values": [{"s9": 1.0}, {}]}, "unknown state 's9'"),
        ({"start_values": [[1e308, 0.0], [0.0, 0.0]]}, "each at most 1e"),
        ({"start_values": [[float("nan"), 0.0], [0.0, 0.0]]}, "start_values hold"),
        ({"tolerance": 0.0}, "tolerance is 0.0; it must be above 0"),
        ({"algorithm": "guess"}, "'value-iteration' or 'policy-iteration'"),
        ({"leader": "pure"}, "'mixed' or 'deterministic'"),
    ],
)
def test_settings_that_do_not_fit_are_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(OptionError, match=words):
        _solve(TRAP, **settings)


def test_random_start_values_come_from_the_seed() -> None:
    first, again, other = (
        solve(TRAP, "fixed-point", settings={"start_values": "random"}, iteration_limit=1, seed=seed)
        for seed in (1, 1, 2)
    )
    assert first.details["operator_values"] == again.details["operator_values"] != other.details["operator_values"]


@pytest.mark.parametrize("y", [1.0, 2.0])
def test_figure_1_converges_under_a_rule_for_ties_and_wanders_where_they_are_drawn(y: float) -> None:
    game = kudo_akimoto_figure_1(1.0, y)
    for rule in ("kind", "unkind"):
        assert _solve(game, leader_ties=rule).termination is Termination.CONVERGED
    drawn = solve(game, "fixed-point", settings={"leader_ties": "random"}, iteration_limit=600)
    assert drawn.termination is Termination.ITERATION_LIMIT
    assert drawn.details["behaviour"].startswith("stopped while its steps did not shrink")
    again = solve(game, "fixed-point", settings={"leader_ties": "random"}, iteration_limit=600)
    assert again.details["operator_values"] == drawn.details["operator_values"]
    other = solve(game, "fixed-point", settings={"leader_ties": "random"}, iteration_limit=600, seed=1)
    assert other.details["operator_values"] != drawn.details["operator_values"]


@pytest.mark.parametrize("changes", [{"follower_discount": 0.0}, {}], ids=["myopic", "one-state"])
def test_a_fixed_point_that_theory_calls_optimal_is_shown_to_be(changes: dict[str, float]) -> None:
    """The bound is that of the class, not that of a planner who moves both players."""
    game = library_game(3, 6 if changes else 1, 3, 3, 3 if changes else 1, 0.8, 0.8).replace(**changes)
    result = _solve(game)
    assert (result.status, result.termination) == (Status.OPTIMAL, Termination.CONVERGED)
    assert result.bound_proof is BoundProof.VALUES
    assert result.check.passed
    optimum = solve(game, "commitment")
    assert result.leader_value == pytest.approx(optimum.leader_value, rel=1e-6)
    assert result.leader_value - 1e-9 <= result.dual_bound <= optimum.dual_bound + 1e-5


def test_a_fixed_point_of_another_class_or_with_a_margin_has_the_planners_bound() -> None:
    """So has a run without time; with time for it payoff sets may say more."""
    game = library_game(3, 4, 2, 2, 2, 0.8, 0.8)
    assert _solve(game).bound_proof is BoundProof.PAIR
    myopic = game.replace(follower_discount=0.0)
    with_margin = solve(myopic, "fixed-point", margin=1e-3)
    assert (with_margin.bound_proof, with_margin.dual_bound < _planned(myopic)) == (BoundProof.PAYOFFS, True)
    assert solve(myopic, "fixed-point", time_limit=0.0).dual_bound == pytest.approx(_planned(myopic), abs=1e-12)
    assert _solve(myopic).dual_bound < _planned(myopic)


def _planned(game: Game) -> float:
    return float(game.initial @ leader_value_bounds(game).upper)
