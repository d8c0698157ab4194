"""Margins: only policies to which the follower's answer is strictly best count, for values and for bounds."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ssg_mip import (
    LeaderPolicy,
    Result,
    best_response,
    export,
    read_instance,
    solve,
    trace_front,
    verify,
    write_instance,
)
from ssg_mip.api.exit_codes import ExitCode, exit_code
from ssg_mip.base.status import Status, Termination
from ssg_mip.errors import OptionError
from ssg_mip.report.results import supremum_lines
from tests.oracles.games import PlainGame, agreement_game, static_game
from tests.oracles.known import STATIC, figure_1
from tests.oracles.margins import advantage, mixed_commitment_with_margin
from tests.oracles.sampling import answer, grid_policies, random_policy
from tests.unit import ROOT, Command

MARGINS = (1e-4, 0.1, 0.5, 1.0)


def blocks(game: PlainGame, policy: LeaderPolicy) -> list[np.ndarray]:
    """A policy in the form of the oracles."""
    return [row[:count] for row, count in zip(policy.probabilities, game.leader_counts, strict=True)]


def kept(game: PlainGame, result: Result) -> float:
    """The advantage of the response to the result's policy, by enumeration."""
    assert result.leader_policy is not None
    return advantage(game, blocks(game, result.leader_policy))


@pytest.mark.parametrize("index", range(40))
def test_static_optima_are_those_of_one_program_per_answer(index: int) -> None:
    """Random matrix games: the same optimum, under every tie rule, or the same verdict that there is no such policy."""
    rng = np.random.default_rng([41, index])
    rows, columns = rng.integers(2, 5, 2)
    leader, follower = rng.uniform(-1.0, 1.0, (2, rows, columns))
    margin, ties = MARGINS[index % 4], ("leader", "first", "adverse")[index % 3]
    due = mixed_commitment_with_margin(leader, follower, margin)
    result = solve(static_game(leader, follower).to_game(), "commitment", ties=ties, margin=margin)  # type: ignore[arg-type]
    assert result.check.passed
    if due is None:
        assert (result.status, result.termination) == (Status.INFEASIBLE, Termination.INFEASIBLE)
        assert exit_code(result) is ExitCode.INFEASIBLE
        return
    assert result.status is Status.OPTIMAL
    assert result.leader_value == pytest.approx(due, abs=1e-6)
    assert result.dual_bound >= due - 1e-9


@pytest.mark.parametrize("case", STATIC, ids=lambda case: case.name)
def test_a_small_margin_costs_little_and_a_larger_one_more(case: Any) -> None:
    """The games of the literature, by the same oracle; values fall as the margin rises."""
    game = static_game(case.leader, case.follower).to_game()
    values = []
    for margin in (1e-3, 0.3):
        due = mixed_commitment_with_margin(case.leader, case.follower, margin)
        result = solve(game, "commitment", margin=margin)
        if due is None:
            assert result.status is Status.INFEASIBLE
            continue
        assert result.leader_value == pytest.approx(due, abs=1e-5 * (1.0 + abs(due)))
        values.append(result.leader_value)
    assert values == sorted(values, reverse=True)


@pytest.mark.parametrize("index", [0, 1, 2, 5, 7, 11])
def test_no_policy_that_keeps_the_margin_is_worth_more_than_the_bound(index: int) -> None:
    """Stochastic games: 300 sampled policies against value and bound; the answer itself keeps the margin."""
    plain = agreement_game(5, index)
    rng = np.random.default_rng(index)
    samples = [random_policy(plain, rng, 0.4) for _ in range(300)]
    for margin in (0.01, 0.2):
        result = solve(plain.to_game(), "commitment", margin=margin, gap=1e-3, time_limit=20.0)
        assert result.check.passed
        seen = [
            float(plain.initial @ answer(plain, one).leader_values)
            for one in samples
            if advantage(plain, one) >= margin
        ]
        if result.status is Status.INFEASIBLE:
            assert not seen
            continue
        assert kept(plain, result) >= margin - 1e-7
        assert max(seen, default=-np.inf) <= result.dual_bound + 1e-9
        assert result.dual_bound >= result.leader_value


@pytest.mark.parametrize(("method", "levels"), [("deterministic", 1), ("grid", 3)])
@pytest.mark.parametrize("index", [0, 4, 5, 7])
def test_restricted_optima_are_those_of_enumeration(method: str, levels: int, index: int) -> None:
    """All policies of the class that keep the margin; where there are none the solver says so, and exit code 4."""
    plain = agreement_game(6, index)
    for margin in (0.05, 0.4, 50.0):
        policies = [one for one in grid_policies(plain, levels) if advantage(plain, one) >= margin]
        values = [float(plain.initial @ answer(plain, one).leader_values) for one in policies]
        result = solve(plain.to_game(), method, margin=margin, levels=levels)
        assert result.check.passed
        if not values:
            assert (result.status, result.termination) == (Status.NO_SOLUTION, Termination.NONE_IN_CLASS)
            assert exit_code(result) is ExitCode.NO_SOLUTION
            continue
        assert result.leader_value == pytest.approx(max(values), abs=1e-6)
        assert kept(plain, result) >= margin - 1e-7


@pytest.mark.parametrize("index", [0, 1, 5, 7])
def test_policy_iteration_never_leaves_the_policies_that_keep_it(index: int) -> None:
    """Each iterate keeps the margin, from the first one on, although the uniform policy may not; no value falls."""
    plain = agreement_game(5, index)
    result = solve(plain.to_game(), margin=0.1, gap=1e-3, iteration_limit=4, time_limit=20.0)
    assert result.check.passed
    if result.status is Status.INFEASIBLE:
        assert not result.trajectory
        return
    for point in result.trajectory:
        assert advantage(plain, blocks(plain, point.leader_policy)) >= 0.1 - 1e-7
    values = [point.leader_values for point in result.trajectory]
    assert all(np.all(later >= earlier - 1e-6) for earlier, later in itertools.pairwise(values))


def test_a_start_that_misses_the_margin_is_replaced() -> None:
    """Matching pennies in agreement: the uniform policy leaves the follower indifferent."""
    game = static_game([[2.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]]).to_game()
    result = solve(game, start=LeaderPolicy.uniform(game), margin=0.25)
    assert result.leader_value == pytest.approx(2.0, abs=1e-3)
    assert best_response(game, result.trajectory[0].leader_policy).advantage >= 0.25 - 1e-7


def test_a_zero_sum_game_with_a_margin_is_no_saddle_point_any_more() -> None:
    """Matching pennies: at the saddle point both columns are equal, so a margin costs the leader what it gives."""
    payoff = np.array([[1.0, -1.0], [-1.0, 1.0]])
    game = static_game(payoff, -payoff).to_game()
    assert solve(game, "commitment").leader_value == pytest.approx(0.0, abs=1e-6)
    result = solve(game, "commitment", margin=0.5)
    assert result.leader_value == pytest.approx(mixed_commitment_with_margin(payoff, -payoff, 0.5) or 0.0, abs=1e-6)
    assert result.leader_value == pytest.approx(-0.25, abs=1e-6)


def test_twins_rule_out_every_margin(command: Command, tmp_path: Path) -> None:
    """Two answers that are the same to the follower: proven infeasible by every exact method, exit code 7."""
    path = tmp_path / "twins.json"
    write_instance(static_game([[5, 0], [5, 0]], [[1, 1], [0.1, 0.1]]).to_game(), path)
    for method in ("commitment", "policy-iteration"):
        ran = command("solve", path, "--method", method, "--margin", "0.01", "--json")
        assert ran.code == 7
        assert (ran.data["status"], ran.data["leader_value"], ran.data["dual_bound"]) == ("infeasible", None, None)
        claimed = ran.data["check"]["claimed"]
        assert claimed == ["status infeasible", "termination infeasible"]  # there is no certificate of it


def test_margins_out_of_range_are_refused(command: Command) -> None:
    """Negative, not a number, or too small to be told from a tie in this game."""
    game = figure_1(1.0, 2.0).to_game()
    for margin in (-1.0, float("nan"), float("inf"), 1e-9):
        with pytest.raises(OptionError, match="margin is"):
            solve(game, margin=margin)
        with pytest.raises(OptionError, match="margin is"):
            trace_front(game, margin=margin)
    ran = command("solve", ROOT / "instances" / "kudo_akimoto" / "fig1_tie.json", "--margin", "1e-9")
    assert ran.code == 2
    assert "cannot be told from ties" in ran.err


def test_a_margin_is_named_wherever_a_bound_is(command: Command, tmp_path: Path) -> None:
    """The report, the JSON object, the front and the batch say which policies the bound is about."""
    folder = tmp_path / "games"
    folder.mkdir()
    write_instance(static_game([[2, 4], [1, 3]], [[1, 0], [0, 1]]).to_game(), folder / "game.json")
    scope = "over stationary leader policies whose response beats every other action by 0.2"
    ran = command("solve", folder / "game.json", "--method", "commitment", "--margin", "0.2", "--json", "--verbose")
    assert ran.data["dual_bound_scope"] == scope
    assert ran.data["margin"] == 0.2
    # column 2 is best by 0.2 up to probability 0.4 of the first row: 0.4 * 4 + 0.6 * 3
    assert ran.data["leader_value"] == pytest.approx(3.4, abs=1e-6)
    assert "commitment, margin 0.2" in ran.err
    assert scope in ran.err
    ran = command("front", folder / "game.json", "--num-weights", "2", "--margin", "0.2", "--json", "--verbose")
    assert (ran.code, ran.data["dual_bound_scope"]) == (0, scope)
    assert scope in ran.err
    ran = command("batch", folder, "--out", tmp_path / "out", "--margin", "0.2", "--json")
    assert ran.code == 0
    assert ran.data["rows"][0]["options"]["margin"] == 0.2


def test_verify_notices_a_policy_that_misses_the_margin() -> None:
    """A printed result that says a larger margin than its policy keeps."""
    plain = static_game([[2, 4], [1, 3]], [[1, 0], [0, 1]])
    data = json.loads(json.dumps(solve(plain.to_game(), "commitment", margin=0.2).to_dict()))
    assert verify(plain.to_game(), data).passed
    assert {check.name for check in verify(plain.to_game(), {**data, "margin": 0.21}).failed} >= {"margin"}
    assert {check.name for check in verify(plain.to_game(), {**data, "margin": -1.0}).failed} == {"readable"}


@pytest.mark.parametrize("form", ["bilinear", "strong", "milp", "relaxation"])
def test_exported_programs_state_the_margin(form: Any, tmp_path: Path) -> None:
    """The number stands in the file, and a margin that is none is refused."""
    game = static_game([[2, 4], [1, 3]], [[1, 0], [0, 1]]).to_game()
    for program in ("commitment", "improvement"):
        path = export(game, tmp_path / "with.lp", program, form, margin=0.15625)  # type: ignore[arg-type]
        assert "0.15625" in path.read_text()
        plain = export(game, tmp_path / "without.lp", program, form)  # type: ignore[arg-type]
        assert "0.15625" not in plain.read_text()
    with pytest.raises(OptionError, match="margin"):
        export(game, tmp_path / "wrong.lp", "commitment", form, margin=-1.0)


@pytest.mark.parametrize("margin", [1e-5, 0.1])
def test_where_only_a_tie_pays_every_margin_costs_all(margin: float) -> None:
    """Fig. 1 with gamma_B y = x: 9.5 with a favour, and proven 0 as soon as the answer must be strictly best."""
    game = read_instance(ROOT / "instances" / "kudo_akimoto" / "fig1_tie.json")
    result = solve(game, "commitment", margin=margin, time_limit=60.0)
    assert (result.status, result.leader_value) == (Status.OPTIMAL, pytest.approx(0.0, abs=1e-9))
    assert result.dual_bound <= 1e-4
    assert result.guaranteed is not None
    assert result.guaranteed.secured_value == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("ties", ["first", "adverse"])
def test_a_rule_against_the_leader_states_how_far_the_supremum_may_be(ties: Any) -> None:
    """Fig. 1 with gamma_B y = x: 0 is all that the adverse rule leaves, and the bound is that of the leader's rule."""
    game = read_instance(ROOT / "instances" / "kudo_akimoto" / "fig1_tie.json")
    result = solve(game, "commitment", ties=ties, time_limit=20.0)
    assert result.dual_bound >= 9.5 - 1e-6
    assert result.distance_to_bound == pytest.approx(result.dual_bound - result.leader_value)
    (line,) = supremum_lines(result)
    assert f"attained under the rule {ties}, at most {result.distance_to_bound:.3g} below the supremum" in line
    assert result.to_dict()["distance_to_bound"] == result.distance_to_bound
    assert supremum_lines(solve(game, "commitment", node_limit=1)) == []
    if ties == "adverse":
        assert result.leader_value == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("case", STATIC, ids=lambda case: case.name)
def test_the_supremum_under_the_adverse_rule_is_nearly_attained(case: Any) -> None:
    """In these games every answer worth having can be made strictly best, so the supremum is the leader's optimum."""
    game = static_game(case.leader, case.follower).to_game()
    result = solve(game, "commitment", ties="adverse")
    assert result.check.passed
    assert result.leader_value <= case.mixed + 1e-9
    assert result.dual_bound >= case.mixed - 1e-9
    assert result.distance_to_bound <= 1e-3 * (1.0 + abs(case.mixed))
