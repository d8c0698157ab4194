"""Numbers too far apart are noticed before the first solve, and the rows at fault are named."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest

from ssg_mip import LeaderPolicy, best_response, solve
from ssg_mip.base.status import Status, Termination
from ssg_mip.exact import without_search
from ssg_mip.exact.few_numbers import solving as few_numbers
from ssg_mip.lp.compiled import compile_program
from ssg_mip.lp.ranges import is_loose, range_report, warn_of_ranges
from ssg_mip.methods.restricted import milp
from ssg_mip.programs.deterministic import deterministic_commitment
from ssg_mip.programs.program import Program
from tests.oracles.games import agreement_game, static_game


def compiled(*rows: Any, reach: float = 10.0) -> Any:
    """A program over ``x`` in ``[0, reach]`` and a binary ``g`` with rows made by functions of the model."""
    model = pyo.ConcreteModel(name="example")
    model.x = pyo.Var(bounds=(0.0, reach))
    model.y = pyo.Var(bounds=(0.0, reach))
    model.g = pyo.Var(domain=pyo.Binary)
    for number, row in enumerate(rows):
        model.add_component(f"row{number}", pyo.Constraint(expr=row(model)))
    model.objective = pyo.Objective(expr=0.5 * model.x + 4.0 * model.y + model.g, sense=pyo.maximize)
    return compile_program(Program(model))


def test_ordinary_programs_raise_no_warning() -> None:
    """The programs of 30 random games, ragged and unreached ones among them."""
    for index in range(30):
        game = agreement_game(2, index).to_game()
        report = range_report(compile_program(deterministic_commitment(game, game.initial)))
        assert report.warnings == ()


def test_the_report_says_the_ranges() -> None:
    report = range_report(compiled(lambda m: 2.0 * m.x + 8.0 * m.y <= 5.0))
    assert report.coefficients == (2.0, 8.0)
    assert report.objective == (0.5, 4.0)
    assert report.bounds == (1.0, 10.0)
    assert report.right_hand_sides == (5.0, 5.0)
    assert "coefficients 2 to 8" in report.summary
    assert report.warnings == ()


def test_rows_with_distant_coefficients_are_named() -> None:
    program = compiled(lambda m: m.x + m.y <= 5.0, lambda m: 1e-5 * m.x + 1e4 * m.y <= 5.0)
    report = range_report(program)
    assert report.wide_rows == ("row1",)
    assert report.warnings[0].startswith("row row1: coefficients that differ by more than a factor of 1e+08")


def test_entries_that_the_solver_drops_are_named_if_they_matter() -> None:
    """1e-10 times a column up to 1000 is more than a feasibility tolerance, times one up to 1 it is not."""
    row = [lambda m: 1e-10 * m.x + m.y <= 0.5]
    assert range_report(compiled(*row, reach=1000.0)).lost_entries == ("row0",)
    assert range_report(compiled(*row, reach=1.0)).warnings == ()


def test_a_loose_big_m_is_found_and_named() -> None:
    tight = compiled(lambda m: m.x - 10.0 * m.g <= 0.0)
    loose = compiled(lambda m: m.x - 10.0 * m.g <= 0.0, lambda m: m.y - 1e9 * m.g <= 0.0)
    assert not is_loose(tight)
    assert range_report(loose).loose_rows == ("row1",)
    assert is_loose(loose)


def test_a_method_never_hands_a_loose_big_m_to_the_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    """The classic mistake: constants of 1e9 for everything."""
    monkeypatch.setattr(
        "ssg_mip.programs.compact.compact_big_m", lambda game, _: np.full(int(game.follower_offsets[-1]), 1e9)
    )
    monkeypatch.setattr(milp, "solve_milp", lambda *_, **__: pytest.fail("the program reached the solver"))
    game = agreement_game(2, 0).to_game()
    went_through = solve(game, "deterministic", presolve=False)
    assert went_through.status in {Status.RESTRICTED_OPTIMAL, Status.OPTIMAL}
    monkeypatch.setattr(milp, "MOST_ENUMERATED", 0)
    found = solve(game, "deterministic", presolve=False)
    assert (found.status, found.termination) == (Status.FEASIBLE, Termination.NUMERICAL)
    assert found.leader_value <= went_through.leader_value


def test_a_penalty_of_a_million_is_gone_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its big-M is loose; all policies of the class are evaluated instead, and brute force agrees."""
    plain = static_game([[1.0, 0.0, 3.0], [0.0, 2.0, 5.0]], [[1.0, 0.5, -1e6], [0.0, 2.0, -1e6]])
    monkeypatch.setattr(milp, "solve_milp", lambda *_, **__: pytest.fail("the program reached the solver"))
    game = plain.to_game()
    found = solve(game, "deterministic", presolve=False)
    best = max(best_response(game, LeaderPolicy.deterministic(game, (action,))).leader_values[0] for action in range(2))
    assert (found.leader_value, found.relative_gap) == (best, pytest.approx(0.0, abs=1e-9))
    assert found.status is Status.OPTIMAL, "no mixed policy is worth more: the bound of payoff sets shows it"


@pytest.mark.parametrize("method", ["commitment", "deterministic"])
def test_a_game_with_distant_rewards_is_warned_of_once(
    method: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rewards of 1e-5 and 4e3 in one state; the answer comes all the same. No policy attains the 2 of a plan."""
    monkeypatch.setattr(few_numbers, "applies", lambda _: False)
    monkeypatch.setattr(without_search, "settled", lambda *_, **__: None)
    monkeypatch.setattr(milp, "MOST_ENUMERATED", 0)
    game = static_game([[1.0, 0.0], [2.0, 0.5]], [[2e3, 1e-5], [3e-5, 4e3]], "distant").to_game()
    with caplog.at_level(logging.WARNING, logger="ssg_mip"):
        result = solve(game, method, gap=1e-2, node_limit=5, presolve=False)
    warned = [record.getMessage() for record in caplog.records if "factor of 1e+08" in record.getMessage()]
    assert len(warned) == 1
    assert warned[0].startswith("distant: row")
    assert result.check.passed


def test_only_numbers_that_users_have_given_are_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    """A policy's values may leave a tiny coefficient in a game whose own numbers are of similar size."""
    wide = compiled(lambda m: 1e-6 * m.x + 1e4 * m.y <= 5.0)
    for given, level in ((None, logging.WARNING), ([1.0, 0.0, 3.0], logging.DEBUG), ([1e-6, 1e4], logging.WARNING)):
        caplog.clear()
        with caplog.at_level(logging.DEBUG):
            warn_of_ranges(wide, "some game", given=None if given is None else np.array(given))
        [record] = [one for one in caplog.records if "differ by more than" in one.getMessage()]
        assert record.levelno == level
        assert ("bring the rewards" in record.getMessage()) == (level == logging.WARNING)
