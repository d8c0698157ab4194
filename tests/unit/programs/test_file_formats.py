"""The forms as LP, MPS and NL files: each format holds the same program, with rows on the policy and directions too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from ssg_mip import AugmentedChebyshev, Game, LeaderPolicy, best_response, export, solve, solve_chebyshev
from ssg_mip.errors import OptionError
from ssg_mip.exact.constrained import solve_constrained
from ssg_mip.library import random_game
from ssg_mip.problem.follower import Rational
from ssg_mip.problem.goals import WorstStart
from ssg_mip.problem.objective import Objective
from ssg_mip.problem.policy_space import PolicyRow, PolicySpace
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.wider_rows import CostRow, SupportLimit
from ssg_mip.programs.forms import Form, Kind
from ssg_mip.runs.run import Run
from tests.unit.exact.constrained_cases import bayesian_games
from tests.unit.programs.readers import solved_by_highs, solved_by_scip

GAME = random_game(seed=1, states=2)


def row(game: Game, terms: dict[int, float], lower: float = -np.inf, upper: float = np.inf) -> PolicyRow:
    coefficients = np.zeros(int(game.leader_offsets[-1]))
    coefficients[list(terms)] = list(terms.values())
    return PolicyRow(name="a row", coefficients=coefficients, lower=lower, upper=upper)


def limited(game: Game, *rows: PolicyRow) -> Problem:
    return Problem(game, policies=PolicySpace(rows=rows))


STATEWISE = limited(GAME, row(GAME, {0: 1.0}, 0.5, 0.8), row(GAME, {2: 1.0}, lower=0.25))
COUPLED = limited(GAME, row(GAME, {0: 1.0, 2: 1.0}, 0.5, 0.9))


@pytest.mark.parametrize("program", get_args(Kind))
@pytest.mark.parametrize("form", ["milp", "relaxation"])
def test_highs_finds_the_same_optimum_in_lp_and_mps_files(program: Kind, form: Form, tmp_path: Path) -> None:
    found = [
        solved_by_highs(export(GAME, tmp_path / f"program{suffix}", program=program, form=form))
        for suffix in (".lp", ".mps")
    ]
    assert found[0] is not None
    assert found[0] == pytest.approx(found[1], abs=1e-9)


@pytest.mark.parametrize("program", get_args(Kind))
@pytest.mark.parametrize("form", get_args(Form))
def test_scip_finds_the_same_optimum_in_all_formats(program: Kind, form: Form, tmp_path: Path) -> None:
    found = [
        solved_by_scip(export(GAME, tmp_path / f"program{suffix}", program=program, form=form), tolerance=1e-9)
        for suffix in (".lp", ".mps", ".nl")
    ]
    assert None not in found
    assert found == pytest.approx([found[0]] * 3, abs=2e-5)


@pytest.mark.parametrize("program", get_args(Kind))
@pytest.mark.parametrize("form", get_args(Form))
def test_names_of_rows_and_columns_are_those_of_the_names_file(program: Kind, form: Form, tmp_path: Path) -> None:
    tables = {}
    for suffix in (".lp", ".mps", ".nl"):
        path = export(
            COUPLED if (program, form) == ("commitment", "strong") else GAME, tmp_path / f"p{suffix}", program, form
        )
        tables[suffix] = set(json.loads(path.with_name(path.name + ".names.json").read_text())["names"])
    assert tables[".lp"] == tables[".mps"] == tables[".nl"]
    beside = [*(tmp_path / "p.row").read_text().split(), *(tmp_path / "p.col").read_text().split()]
    assert set(beside) <= tables[".nl"]
    assert len(set(beside)) == len(beside)
    written = {word for line in (tmp_path / "p.mps").read_text().splitlines() for word in line.split()}
    assert {word for word in written if "(" in word} <= tables[".mps"]


def test_an_nl_file_has_as_many_names_as_it_announces(tmp_path: Path) -> None:
    path = export(GAME, tmp_path / "program.nl", "commitment", "bilinear")
    columns, rows, objectives = map(int, path.read_text().splitlines()[1].split()[:3])
    assert len((tmp_path / "program.col").read_text().split()) == columns
    assert len((tmp_path / "program.row").read_text().split()) == rows + objectives


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"must end in \.lp, \.mps, \.nl"):
        export(GAME, tmp_path / "program.gms")


def test_coefficients_too_small_for_mps_are_refused(tmp_path: Path) -> None:
    rewards = GAME.follower_rewards.copy()
    rewards[0] = 1e-11
    game = GAME.replace(follower_rewards=rewards)
    export(game, tmp_path / "program.lp", "commitment", "milp")
    export(game, tmp_path / "program.nl", "commitment", "milp")
    with pytest.raises(OptionError, match="too small for readers of MPS files"):
        export(game, tmp_path / "program.mps", "commitment", "milp")


# -------------------------------------------------------------------- rows on the policy


@pytest.mark.parametrize("problem", [STATEWISE, COUPLED], ids=["statewise", "coupled"])
def test_rows_are_in_every_form_of_the_commitment_program(problem: Problem, tmp_path: Path) -> None:
    """The exact forms have the optimum that our search proves, the relaxation is above and the restricted one below."""
    answer = solve_constrained(problem, Run(gap=1e-6))
    free = solve(GAME, "commitment", gap=1e-6).leader_value
    assert answer.primal_bound < free - 1e-3
    found: dict[str, Any] = {
        form: solved_by_scip(export(problem, tmp_path / f"{form}.lp", "commitment", form), tolerance=1e-9)
        for form in get_args(Form)
    }
    assert found["bilinear"] == pytest.approx(answer.primal_bound, abs=2e-5)
    assert found["strong"] == pytest.approx(answer.primal_bound, abs=2e-5)
    assert found["relaxation"] >= answer.primal_bound - 1e-6
    assert found["milp"] is None


def test_a_mix_of_answers_is_no_policy(tmp_path: Path) -> None:
    """Four types of follower in states of one policy: without the binaries the occupancy form is worth 27 % more."""
    case, value = next(pair for name, pair in bayesian_games().items() if "four" in name)
    problem = Problem(case.game, Objective(case.weights), policies=case.space)
    path = export(problem, tmp_path / "strong.lp", "commitment", "strong")
    assert solved_by_scip(path, tolerance=1e-9) == pytest.approx(value, abs=1e-5)


@pytest.mark.parametrize("terms", [{0: 1.0, 2: 1.0}, {2: 1.0}], ids=["coupled", "statewise"])
def test_rows_are_in_every_form_of_the_improvement_program(terms: dict[int, float], tmp_path: Path) -> None:
    start = LeaderPolicy.from_slots(GAME, [0.5, 0.5, 0.25, 0.75])
    limit = limited(GAME, row(GAME, terms, lower=0.25, upper=0.75))

    def optimum(game: Game | Problem, form: Form) -> float:
        path = export(game, tmp_path / f"{form}.lp", "improvement", form, start)
        found = solved_by_scip(path, tolerance=1e-9)
        assert found is not None
        return found

    gain = optimum(limit, "bilinear")
    assert -1e-6 <= gain < optimum(GAME, "bilinear") - 1e-3
    assert optimum(limit, "strong") == pytest.approx(gain, abs=2e-5)
    assert optimum(limit, "relaxation") >= gain - 1e-6


def test_the_policy_to_improve_on_must_keep_the_rows(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="breaks the rows a row"):
        export(limited(GAME, row(GAME, {0: 1.0, 2: 1.0}, upper=0.75)), tmp_path / "p.lp", "improvement", "bilinear")


def test_deterministic_policies_keep_rows_too(tmp_path: Path) -> None:
    """At most one of two first actions: the best of the three policies that remain."""
    problem = limited(GAME, row(GAME, {0: 1.0, 2: 1.0}, upper=1.0))
    values = [
        float(GAME.initial @ best_response(GAME, LeaderPolicy.deterministic(GAME, pair)).leader_values)
        for pair in ([0, 1], [1, 0], [1, 1])
    ]
    found = solved_by_highs(export(problem, tmp_path / "p.mps", "commitment", "milp"))
    assert found == pytest.approx(max(values), abs=1e-6)


def test_floors_are_in_the_exact_forms(tmp_path: Path) -> None:
    best = solve(GAME, "commitment", gap=1e-6)
    floor = np.array([-np.inf, best.leader_values[1] + 0.02])
    problem = Problem(GAME).above(floor)
    answer = solve_constrained(problem, Run(gap=1e-6))
    for form in ("bilinear", "strong"):
        found = solved_by_scip(export(problem, tmp_path / f"{form}.lp", "commitment", form), tolerance=1e-9)  # type: ignore[arg-type]
        if answer.policy is None:
            assert found is None
        else:
            assert found == pytest.approx(answer.primal_bound, abs=1e-4)
    with pytest.raises(OptionError, match="which the form 'milp' cannot state"):
        export(problem, tmp_path / "p.lp", "commitment", "milp")


def test_what_a_problem_says_is_said_once(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="beside a problem"):
        export(COUPLED, tmp_path / "p.lp", "commitment", weights=[1.0, 0.0])
    with pytest.raises(OptionError, match="decides ties for the leader"):
        export(Problem(GAME, follower=Rational(ties="adverse")), tmp_path / "p.lp", "commitment")
    with pytest.raises(OptionError, match="in the form 'strong' does not state: one"):
        export(Problem(GAME, policies=some_supports()), tmp_path / "p.lp", "commitment", "strong")
    with pytest.raises(OptionError, match="the goal 'worst-start', which the programs do not state"):
        export(Problem(GAME).maximise(WorstStart(list(GAME.state_names))), tmp_path / "p.lp", "commitment")


def test_costs_and_limits_are_in_the_compact_form(tmp_path: Path) -> None:
    """One action in the first state: the best of both pure choices there; half of a cost: what our search proves."""
    few = Problem(GAME, policies=some_supports())
    each = [
        solved_by_scip(
            export(limited(GAME, row(GAME, {slot: 1.0}, upper=0.0)), tmp_path / "p.lp", "commitment"), tolerance=1e-9
        )
        for slot in (0, 1)
    ]
    assert None not in each
    found = solved_by_scip(export(few, tmp_path / "p.nl", "commitment"), tolerance=1e-9)
    assert found == pytest.approx(max(value for value in each if value is not None), abs=2e-5)
    costs = np.linspace(0.0, 1.0, GAME.num_rows)
    spent = Problem(GAME, policies=PolicySpace(costs=(CostRow(name="spent", costs=costs, upper=4.0),)))
    ours = solve(spent, "commitment", gap=1e-6)
    found = solved_by_scip(export(spent, tmp_path / "p.lp", "commitment"), tolerance=1e-9)
    assert found == pytest.approx(ours.leader_value, abs=2e-5)


def some_supports() -> PolicySpace:
    return PolicySpace(supports=(SupportLimit(name="one", state=0, most=1),))


# -------------------------------------------------------------------- directions and grids


def test_along_a_direction_the_optimum_is_that_of_the_scalarisation(tmp_path: Path) -> None:
    what = AugmentedChebyshev(weights=np.array([1.0, 2.0]) / 3.0, reference=np.array([2.0, 1.0]))
    best = solve_chebyshev(GAME, what.weights, reference=what.reference, augmentation=what.augmentation)
    for form in ("bilinear", "strong"):
        path = export(GAME, tmp_path / f"{form}.lp", "commitment", form, scalarisation=what)  # type: ignore[arg-type]
        assert solved_by_scip(path, tolerance=1e-9) == pytest.approx(best.value, abs=1e-3)
    relaxed = solved_by_highs(export(GAME, tmp_path / "r.mps", "commitment", "relaxation", scalarisation=what))
    assert relaxed is not None
    assert relaxed >= best.value - 1e-6
    with pytest.raises(OptionError, match="maximises a weighted sum"):
        export(GAME, tmp_path / "p.lp", "commitment", "milp", scalarisation=what)


@pytest.mark.parametrize("levels", [1, 3])
def test_probabilities_on_a_grid(levels: int, tmp_path: Path) -> None:
    path = export(GAME, tmp_path / "p.mps", "commitment", "milp", levels=levels)
    assert solved_by_highs(path) == pytest.approx(solve(GAME, "grid", levels=levels).leader_value, abs=1e-5)
    with pytest.raises(OptionError, match="levels belong to the form 'milp'"):
        export(GAME, tmp_path / "p.lp", "commitment", "bilinear", levels=levels)
