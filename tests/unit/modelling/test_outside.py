"""Outside answers: what other solvers call a solution is put back onto its ties, evaluated exactly and checked."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ssg_mip import Game, LeaderPolicy, best_response, evaluate_policy, export, import_solution, solve, verify
from ssg_mip.errors import InvalidPolicyError, OptionError
from ssg_mip.library import random_game
from ssg_mip.modelling.named_columns import simplex_projection
from ssg_mip.problem.follower import Rational
from ssg_mip.problem.policy_space import PolicyRow, PolicySpace
from ssg_mip.problem.problem import Problem

DATA = Path(__file__).parent / "data"


def names_of(game: Game, folder: Path, form: str = "bilinear") -> Path:
    """The names file that export writes, which needs no solver."""
    path = export(game, folder / "program.lp", program="commitment", form=form)  # type: ignore[arg-type]
    return path.with_name(path.name + ".names.json")


@pytest.mark.parametrize(
    ("file", "seed", "as_read", "mended", "claimed"),
    [
        ("scip_seed1.sol", 1, 1.4547532, 5.2451093, 5.2451095),
        ("scip_seed4.sol", 4, 1.1206287, 7.0083661, 7.0083704),
        ("gurobi_format_seed4.sol", 4, 1.1206287, 7.0083661, 7.0083704),
    ],
)
def test_a_solution_off_its_tie_is_mended(
    file: str, seed: int, as_read: float, mended: float, claimed: float, tmp_path: Path
) -> None:
    """The two games whose optimum dropped by three quarters when it was read back."""
    game = random_game(seed=seed)
    result = import_solution(game, DATA / file, names_of(game, tmp_path))
    assert result.details["value_as_read"] == pytest.approx(as_read, abs=1e-6)
    assert result.leader_value == pytest.approx(mended, abs=2e-7)
    assert result.details["worth_of_the_tie"] == pytest.approx(mended - as_read, abs=1e-6)
    assert 1e-9 < result.details["moved"] < 1e-5
    assert result.details["claimed_value"] == pytest.approx(claimed, abs=1e-6)
    assert result.leader_value <= solve(game, "commitment").dual_bound + 1e-9
    assert verify(game, result.to_dict()).failed == ()


def test_without_polish_the_value_is_that_of_the_numbers_themselves(tmp_path: Path) -> None:
    game = random_game(seed=4)
    result = import_solution(game, DATA / "scip_seed4.sol", names_of(game, tmp_path), polish=False)
    assert result.leader_value == pytest.approx(1.1206287, abs=1e-6)
    assert result.details["worth_of_the_tie"] == 0.0


def test_the_tie_is_found_without_the_answers_too(tmp_path: Path) -> None:
    """A policy says nothing of the answer that it was made for."""
    game = random_game(seed=4)
    read = import_solution(game, DATA / "scip_seed4.sol", names_of(game, tmp_path), polish=False)
    assert read.leader_policy is not None
    assert evaluate_policy(game, read.leader_policy).leader_value == pytest.approx(7.0083661, abs=2e-7)


@pytest.mark.parametrize("file", ["highs_milp_seed4.sol", "cbc_milp_seed4.sol"])
def test_a_deterministic_solution_is_read(file: str, tmp_path: Path) -> None:
    game = random_game(seed=4)
    result = import_solution(game, DATA / file, names_of(game, tmp_path, "milp"))
    best = solve(game, "deterministic")
    assert result.leader_value == pytest.approx(best.leader_value, abs=1e-9)
    assert result.details["claimed_value"] == pytest.approx(best.leader_value, abs=1e-6)


def test_a_policy_is_read_from_occupancies(tmp_path: Path) -> None:
    """The strong form has no f: y(s,a,b) says what is played, and what is answered."""
    game = random_game(seed=4)
    best = solve(game, "commitment")
    assert best.leader_policy is not None
    assert best.follower_policy is not None
    names = names_of(game, tmp_path, "strong")
    slots = best.leader_policy.slots(game)
    lines = ["=obj= 7.0"]
    for name, entry in json.loads(names.read_text())["names"].items():
        if entry["component"] == "y":
            state = game.state_index(entry["index"]["s"])
            leader = game.leader_actions[state].index(entry["index"]["a"])
            if game.follower_actions[state][int(best.follower_policy.actions[state])] == entry["index"]["b"]:
                lines.append(f"{name} {3.0 * float(slots[int(game.leader_offsets[state]) + leader])!r}")
    (tmp_path / "strong.sol").write_text("\n".join(lines))
    result = import_solution(game, tmp_path / "strong.sol", names)
    assert result.leader_value == pytest.approx(best.leader_value, abs=1e-9)


def test_names_lie_beside_the_solution(tmp_path: Path) -> None:
    game = random_game(seed=4)
    names_of(game, tmp_path)
    (tmp_path / "program.sol").write_text((DATA / "scip_seed4.sol").read_text())
    assert import_solution(game, tmp_path / "program.sol").leader_value > 7.0
    (tmp_path / "other.sol").write_text((DATA / "scip_seed4.sol").read_text())
    with pytest.raises(OptionError, match=r"no names file lies beside .*other\.sol.*other\.lp\.names\.json"):
        import_solution(game, tmp_path / "other.sol")


def test_names_of_another_instance_are_refused(tmp_path: Path) -> None:
    names = names_of(random_game(seed=1), tmp_path)
    with pytest.raises(OptionError, match="another instance, 'random 3x2x2, seed 1'"):
        import_solution(random_game(seed=4), DATA / "scip_seed4.sol", names)


def altered(tmp_path: Path, old: str, new: str, file: str = "gurobi_format_seed4.sol") -> tuple[Game, Path, Path]:
    """A solution file with one text replaced."""
    text = (DATA / file).read_text()
    assert old in text
    path = tmp_path / "altered.sol"
    path.write_text(text.replace(old, new, 1))
    game = random_game(seed=4)
    return game, path, names_of(game, tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "error", "words"),
    [
        ("f(s0,a0) 0.620066318611915", "f(s0,a0) nan", InvalidPolicyError, r"'f\(s0,a0\)' is nan"),
        ("f(s0,a0) 0.620066318611915\n", "", OptionError, r"no value of 'f\(s0,a0\)'"),
        ("f(s0,a0) 0.620066318611915", "f(s0,a0) 0.7", InvalidPolicyError, r"state 's0'.*sum to 1\.07"),
        ("f(s0,a0) 0.620066318611915", "f(s0,a0) often", OptionError, "a number is missing"),
        ("f(s0,a0)", "h(s0,a0)", OptionError, r"'h\(s0,a0\)', which the names file does not know"),
        ("f(s0,a0)", "f(s0,a1)", OptionError, r"'f\(s0,a1\)' twice"),
        ("f(s0,a0) ", "f(s0,a0) is ", OptionError, "must be a name and a value"),
    ],
)
def test_what_is_wrong_in_a_solution_is_named(
    old: str, new: str, error: type[Exception], words: str, tmp_path: Path
) -> None:
    text = (DATA / "gurobi_format_seed4.sol").read_text()
    if "0.62" in old:
        old = old.replace(
            "0.620066318611915", next(v for k, v in map(str.split, text.splitlines()[2:]) if k == "f(s0,a0)")
        )
    game, path, names = altered(tmp_path, old, new)
    with pytest.raises(error, match=words):
        import_solution(game, path, names)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "must be a solution file"),
        ("some words\n", "must be a solution file"),
        ("no solution available\n", "holds no solution"),
        ("Model status\nInfeasible\n\n# Primal solution values\nNone\n", "HiGHS says 'Infeasible'"),
        ("Model status\nOptimal\n\n# Columns 3\nf(s0,a0) 1\n", "announces 3 columns and holds 1"),
        ("Infeasible - objective value 0.0\n", "holds no solution"),
    ],
)
def test_a_file_without_a_solution_says_so(text: str, words: str, tmp_path: Path) -> None:
    game = random_game(seed=4)
    (tmp_path / "empty.sol").write_text(text)
    with pytest.raises(OptionError, match=words):
        import_solution(game, tmp_path / "empty.sol", names_of(game, tmp_path))


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"s0": {"a0": 1.0}, "s1": {"a0": 1.0}}, "says nothing of the state 's2'"),
        ({"s0": {"a0": 1.0}, "s1": {"a0": 1.0}, "s2": {"a0": 1.0}, "s3": {"a0": 1.0}}, "names the state 's3'"),
        ({"s0": {"b0": 1.0}, "s1": {"a0": 1.0}, "s2": {"a0": 1.0}}, "leader action 'b0', which state 's0' has not"),
        ({"s0": {"a0": "all"}, "s1": {"a0": 1.0}, "s2": {"a0": 1.0}}, "must be a finite number"),
        ({"s0": {"a0": 0.9}, "s1": {"a0": 1.0}, "s2": {"a0": 1.0}}, r"sum to 0\.9"),
        ({"s0": {"a0": 1.5, "a1": -0.5}, "s1": {"a0": 1.0}, "s2": {"a0": 1.0}}, "must be at least 0"),
        ({"s0": 1.0, "s1": {"a0": 1.0}, "s2": {"a0": 1.0}}, "it must be {action: probability}"),
        ([1.0], "holds no leader policy"),
        ({}, "holds no leader policy"),
    ],
)
def test_what_is_wrong_in_a_policy_is_named(table: object, words: str, tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(table))
    with pytest.raises(InvalidPolicyError, match=words):
        import_solution(random_game(seed=4), path)


def test_a_result_of_another_instance_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_text(
        json.dumps(evaluate_policy(random_game(seed=1), LeaderPolicy.uniform(random_game(seed=1))).to_dict())
    )
    assert import_solution(random_game(seed=1), path).details["claimed_by"] == "given"
    with pytest.raises(InvalidPolicyError, match="about another instance, 'random 3x2x2, seed 1'"):
        import_solution(random_game(seed=4), path)


def rowed(game: Game, upper: float) -> Problem:
    coefficients = np.zeros(int(game.leader_offsets[-1]))
    coefficients[[0, 2]] = 1.0
    return Problem(game, policies=PolicySpace(rows=(PolicyRow(name="budget", coefficients=coefficients, upper=upper),)))


def test_a_policy_that_breaks_a_row_is_refused_by_its_name() -> None:
    game = random_game(seed=4)
    with pytest.raises(InvalidPolicyError, match=r"breaks rows of the problem: budget by 0\.5"):
        evaluate_policy(rowed(game, 0.5), LeaderPolicy.uniform(game))


def test_a_policy_that_misses_a_row_by_a_tolerance_is_projected() -> None:
    game = random_game(seed=4)
    slots = LeaderPolicy.uniform(game).slots(game) + np.array([1e-6, -1e-6, 0.0, 0.0, 0.0, 0.0])
    problem = rowed(game, 1.0)
    result = evaluate_policy(problem, LeaderPolicy.from_slots(game, slots))
    assert result.leader_policy is not None
    assert problem.policies.holds(game, result.leader_policy)
    assert result.details["projected"] == pytest.approx(1e-6, rel=0.1)


def test_a_policy_below_a_floor_or_a_margin_is_refused() -> None:
    game = random_game(seed=4)
    values = best_response(game, LeaderPolicy.uniform(game)).leader_values
    with pytest.raises(InvalidPolicyError, match="the problem asks for at least"):
        evaluate_policy(Problem(game).above(values + 1.0), LeaderPolicy.uniform(game))
    assert evaluate_policy(Problem(game).above(values - 1e-3), LeaderPolicy.uniform(game)).leader_value > -9.0
    with pytest.raises(InvalidPolicyError, match=r"asks for a margin of 100"):
        evaluate_policy(Problem(game, follower=Rational(margin=100.0)), LeaderPolicy.uniform(game))


def test_ties_against_the_leader_are_not_looked_for() -> None:
    """Moved onto a tie such a follower would take the worst of it."""
    game = random_game(seed=4)
    best = solve(game, "commitment").leader_policy
    assert best is not None
    result = evaluate_policy(Problem(game, follower=Rational(ties="adverse")), best)
    assert result.details["moved"] == 0.0
    assert "not_polished" in result.details
    assert result.leader_value == pytest.approx(best_response(game, best, "adverse").leader_values @ game.initial)


def test_a_forged_claim_of_an_optimum_fails_the_check() -> None:
    game = random_game(seed=4)
    data = evaluate_policy(game, LeaderPolicy.uniform(game)).to_dict()
    assert verify(game, data).failed == ()
    forged = {**data, "status": "optimal", "status_message": "optimal over stationary leader policies, within the gap"}
    assert verify(game, forged).failed != ()


def test_the_projection_is_the_nearest_point_of_the_simplex() -> None:
    rng = np.random.default_rng(3)
    for _ in range(50):
        point = rng.normal(size=4)
        nearest = simplex_projection(point)
        assert nearest.min() >= 0.0
        assert nearest.sum() == pytest.approx(1.0)
        others = rng.dirichlet(np.ones(4), size=200)
        assert np.linalg.norm(nearest - point) <= np.linalg.norm(others - point, axis=1).min() + 1e-12
