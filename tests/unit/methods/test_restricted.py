"""The methods over deterministic and grid policies: exact values, honest bounds, honest statuses."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from ssg_mip import solve
from ssg_mip.base.deadline import Deadline
from ssg_mip.base.interrupt import Interrupt
from ssg_mip.base.status import Status, Termination
from ssg_mip.evaluation.best_response import Ties, best_response
from ssg_mip.exact.heuristics.simple import simple_policies
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.lp.interface import MilpAnswer
from ssg_mip.methods.registry import find_method
from ssg_mip.methods.restricted import milp
from ssg_mip.result import ProgressRow, Result
from tests.benchmarks.agreement import load
from tests.oracles.games import agreement_game, static_game
from tests.oracles.known import STATIC, STOCHASTIC, StochasticCase, figure_1
from tests.oracles.sampling import answer, grid_policies
from tests.unit.questions import asked

METHODS = ("deterministic", "grid")


def _run(game: Game, method: str, weights: np.ndarray | None = None, **options: object) -> Result:
    problem, run = asked(game, weights=game.initial if weights is None else weights, **options)  # type: ignore[arg-type]
    return find_method(method)(problem, run)


def _static(name: str) -> Game:
    case = next(case for case in STATIC if case.name == name)
    return static_game(case.leader, case.follower).to_game()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("case", STOCHASTIC, ids=lambda case: case.game.name)
def test_known_stochastic_games(case: StochasticCase, method: str) -> None:
    """The value is the known optimum for every start, states of weight zero included, and is optimal in the class."""
    game = case.game.to_game()
    for start, optimum in case.optima.items():
        result = _run(game, method, np.array(start), levels=2)
        assert result.leader_value == pytest.approx(optimum, abs=1e-7)
        assert result.dual_bound >= optimum - 1e-9
        assert result.status in {Status.OPTIMAL, Status.RESTRICTED_OPTIMAL}
        assert result.termination is Termination.GAP


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("index", range(0, 100, 8))
def test_values_are_evaluated_and_bounds_cover_the_mixed_optimum(index: int, method: str) -> None:
    """The value is what the best response says of the policy returned; the bound is over *all* policies."""
    game = agreement_game(1, index).to_game()
    result = _run(game, method, levels=2)
    assert result.leader_policy is not None
    response = best_response(game, result.leader_policy)
    assert result.leader_values == pytest.approx(response.leader_values, abs=0.0)
    assert result.leader_value == pytest.approx(float(game.initial @ response.leader_values), abs=0.0)
    stored = load(1)[index]["value"]
    assert result.leader_value <= stored + 1e-5
    assert result.dual_bound >= stored - 1e-6
    steps = result.leader_policy.probabilities * (1 if method == "deterministic" else 2)
    assert np.array_equal(steps, np.rint(steps))


def test_deterministic_is_optimal_in_its_class_only() -> None:
    """ "Maintain": 20 with a bound of 30 over all policies, of which 27.5 can be reached."""
    result = _run(_static("maintain"), "deterministic")
    assert result.leader_value == pytest.approx(20.0)
    assert result.status is Status.RESTRICTED_OPTIMAL
    assert result.dual_bound == pytest.approx(30.0)
    assert "no policy of its class is worth more than 20" in result.trajectory[-1].note


def test_a_value_that_meets_the_bound_over_all_policies_is_optimal() -> None:
    """ "Escape" pays both players 30 and nothing pays the leader more."""
    result = _run(_static("escape"), "deterministic")
    assert result.leader_value == pytest.approx(30.0)
    assert result.status is Status.OPTIMAL


def test_grid_levels_are_honoured() -> None:
    """ "Maintain" on 3 and 4 levels: 80/3 and 27.5."""
    game = _static("maintain")
    found = [_run(game, "grid", levels=levels).leader_value for levels in (3, 4)]
    assert found == pytest.approx([80.0 / 3.0, 27.5])


@pytest.mark.parametrize("ties", ["first", "adverse"])
@pytest.mark.parametrize("method", METHODS)
def test_a_tie_rule_that_undoes_the_promise_is_reported(
    method: str, ties: Ties, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Figure 1 with exact indifference: 9.5 if ties go the leader's way, nothing if they go against it."""
    monkeypatch.setattr(milp, "MOST_ENUMERATED", 0)
    game = figure_1(1.0, 10.0 / 9.0).to_game()
    result = _run(game, method, ties=ties, levels=2)
    assert result.leader_policy is not None
    response = best_response(game, result.leader_policy, ties)
    assert result.leader_values == pytest.approx(response.leader_values, abs=0.0)
    if ties == "adverse":
        assert result.leader_value == pytest.approx(0.0)
        assert (result.status, result.termination) == (Status.FEASIBLE, Termination.TIE_RULE)
    else:
        assert result.leader_value == pytest.approx(9.5)
        assert result.status is Status.RESTRICTED_OPTIMAL


@pytest.mark.parametrize("method", METHODS)
def test_a_class_that_is_gone_through_has_a_best_policy_under_every_rule(method: str) -> None:
    """Under adverse ties nothing is the most that any policy of the class gets."""
    result = solve(figure_1(1.0, 10.0 / 9.0).to_game(), method, ties="adverse", levels=2)
    assert (result.status, result.leader_value) == (Status.RESTRICTED_OPTIMAL, 0.0)
    assert result.check.passed


@pytest.mark.parametrize("index", [4, 5, 10, 15])
def test_a_claim_under_adverse_ties_is_true(index: int) -> None:
    """Where the method says "optimal in its class" under adverse ties, enumeration under that rule agrees."""
    plain = agreement_game(1, index)
    result = _run(plain.to_game(), "deterministic", ties="adverse")
    best = max(float(plain.initial @ answer(plain, f, "adverse").leader_values) for f in grid_policies(plain, 1))
    assert result.leader_value <= best + 1e-9
    if result.status in {Status.OPTIMAL, Status.RESTRICTED_OPTIMAL}:
        assert result.leader_value == pytest.approx(best, rel=1e-4)


@pytest.mark.parametrize("method", METHODS)
def test_no_time_still_returns_an_evaluated_policy(method: str) -> None:
    """With a time limit of 0 a simple policy comes back, with its exact value and a valid bound."""
    game = agreement_game(1, 14).to_game()
    result = _run(game, method, deadline=Deadline(0.0))
    assert (result.status, result.termination) == (Status.FEASIBLE, Termination.TIME_LIMIT)
    assert result.leader_policy is not None
    assert result.leader_values == pytest.approx(best_response(game, result.leader_policy).leader_values)
    assert result.leader_value <= load(1)[14]["value"] + 1e-6 <= result.dual_bound + 2e-6


def test_the_fallback_is_the_best_simple_policy() -> None:
    """Nothing from HiGHS: the result is the maximum over the simple policies, all of them deterministic."""
    game = agreement_game(1, 14).to_game()
    values = [float(game.initial @ best_response(game, policy).leader_values) for policy in simple_policies(game)]
    result = _run(game, "deterministic", deadline=Deadline(0.0))
    assert result.leader_value == max(values)
    assert [point.leader_value for point in result.trajectory] == sorted({p.leader_value for p in result.trajectory})


@pytest.mark.parametrize("method", METHODS)
def test_a_start_of_the_class_is_never_lost(method: str) -> None:
    """Without time for the MILP the best policy of the class found with time comes back as good as it was given."""
    game = agreement_game(1, 14).to_game()
    best = _run(game, method, levels=2)
    again = _run(game, method, levels=2, start=best.leader_policy, deadline=Deadline(0.0))
    assert again.leader_value >= best.leader_value - 1e-12
    assert again.trajectory[0].note == "the given start"


def test_a_start_outside_the_class_is_no_incumbent() -> None:
    """ "Maintain": the mixed optimum, worth 27.5, is no deterministic policy; a grid of 4 levels holds it, 3 do not."""
    game = _static("maintain")
    mixed = LeaderPolicy(np.array([[0.25, 0.75, 0.0]]))
    assert _run(game, "deterministic", start=mixed).leader_value == pytest.approx(20.0)
    assert _run(game, "grid", levels=3, start=mixed).leader_value == pytest.approx(80.0 / 3.0)
    held = _run(game, "grid", levels=4, start=mixed, deadline=Deadline(0.0))
    assert held.leader_value == pytest.approx(27.5)


def test_an_interrupt_stops_with_the_incumbent() -> None:
    """A request to stop made before the start ends the MILP at once, and the reason is kept."""
    interrupt = Interrupt()
    interrupt.request()
    game = agreement_game(1, 14).to_game()
    result = _run(game, "grid", interrupt=interrupt, levels=8)
    assert result.termination is Termination.INTERRUPTED
    assert result.status is Status.FEASIBLE
    assert result.leader_policy is not None


@pytest.mark.parametrize(
    ("said", "status", "termination"),
    [
        (MilpAnswer("limit", np.empty(0), -np.inf, np.inf, 7), Status.FEASIBLE, Termination.NODE_LIMIT),
        (MilpAnswer("infeasible", np.empty(0), -np.inf, -np.inf, 0), Status.FEASIBLE, Termination.NUMERICAL),
        (MilpAnswer("optimal", np.empty(0), -np.inf, 29.0, 0), Status.FEASIBLE, Termination.NUMERICAL),
        (MilpAnswer("optimal", np.empty(0), 12.0, 12.0, 0), Status.FEASIBLE, Termination.NUMERICAL),
        (MilpAnswer("optimal", np.empty(0), 20.0, 20.0, 0), Status.RESTRICTED_OPTIMAL, Termination.GAP),
    ],
)
def test_what_the_solver_says_is_not_believed(
    said: MilpAnswer, status: Status, termination: Termination, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A solver that claims infeasibility, too little or too much about "Maintain" (20) proves nothing."""
    monkeypatch.setattr(milp, "solve_milp", lambda *_, **__: said)
    monkeypatch.setattr(milp, "MOST_ENUMERATED", 0)
    result = _run(_static("maintain"), "deterministic", node_limit=7)
    assert (result.status, result.termination) == (status, termination)
    assert result.leader_value == pytest.approx(20.0)
    assert result.dual_bound == pytest.approx(30.0)


def test_progress_and_provenance_are_filled(monkeypatch: pytest.MonkeyPatch) -> None:
    """One progress row, handed to the callback too; counts and options say what was done."""
    monkeypatch.setattr(milp, "MOST_ENUMERATED", 0)
    rows: list[ProgressRow] = []
    result = _run(_static("maintain"), "grid", on_progress=rows.append, levels=3)
    assert tuple(rows) == result.progress
    assert dataclasses.asdict(rows[0])["primal_bound"] == result.leader_value
    assert result.provenance.counts["milps"] == 1
    assert result.provenance.options["levels"] == 3
    assert result.provenance.method == result.method == "grid"


@pytest.mark.parametrize("levels", [1, 2])
@pytest.mark.parametrize("index", range(3, 60, 19))
def test_the_whole_class_and_the_milp_agree(index: int, levels: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways end with the best value of the class, which brute force over plain arrays finds too."""
    plain = agreement_game(1, index)
    game, method = plain.to_game(), "deterministic" if levels == 1 else "grid"
    whole = _run(game, method, levels=levels)
    monkeypatch.setattr(milp, "MOST_ENUMERATED", 0)
    by_milp = _run(game, method, levels=levels)
    best = max(float(plain.initial @ answer(plain, f, "leader").leader_values) for f in grid_policies(plain, levels))
    assert whole.provenance.counts["milps"] == 0
    assert by_milp.provenance.counts["milps"] == 1
    assert whole.details["policies_in_class"] == len(list(grid_policies(plain, levels)))
    assert whole.leader_value == pytest.approx(best, rel=1e-7, abs=1e-7)
    assert by_milp.leader_value == pytest.approx(best, rel=1e-4, abs=1e-7)


def test_copies_of_an_action_do_not_count() -> None:
    """Of 4 x 4 x 4 policies 2 x 1 x 1 differ; the best of them is found, and the copies are never played."""
    rng = np.random.default_rng(5)
    transition = np.repeat(rng.dirichlet(np.ones(3), (3, 1, 2)), 4, axis=1)
    ours, theirs = (np.repeat(rng.normal(size=(3, 1, 2)), 4, axis=1) for _ in range(2))
    ours[0, 2:] += 1.0
    game = Game.from_arrays(transition, ours, theirs, leader_discount=0.9, follower_discount=0.9)
    assert milp.class_size(game, 1) == 2
    assert milp.class_size(game, 4) == 5
    result = _run(game, "deterministic")
    assert result.details["policies_in_class"] == 2
    assert result.leader_policy is not None
    assert result.leader_policy.probabilities[0].tolist() in ([0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0])


def test_a_class_that_takes_too_long_is_left_to_the_milp(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the policies would take longer than allowed none of them is gone through for its own sake."""
    monkeypatch.setattr(milp, "WITHOUT_ASKING", 0)
    monkeypatch.setattr(milp, "ENUMERATION_SECONDS", 0.0)
    result = _run(_static("maintain"), "deterministic")
    assert result.provenance.counts["milps"] == 1
    assert "policies_in_class" not in result.details


@pytest.mark.parametrize("units", [1.0, 1e3, 1e6])
def test_units_of_the_rewards_do_not_change_the_best_of_a_small_class(units: float) -> None:
    """A constant of the rewards' size once made the MILP lose its way."""
    game = _static("maintain")
    scaled = game.replace(leader_rewards=units * game.leader_rewards, follower_rewards=units * game.follower_rewards)
    assert _run(scaled, "grid", levels=4).leader_value == pytest.approx(27.5 * units)
