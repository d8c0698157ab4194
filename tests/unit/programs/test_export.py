"""Exported files: other solvers read them, and find what we find."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest

from ssg_mip.base.deadline import Deadline
from ssg_mip.errors import InvalidPolicyError, OptionError
from ssg_mip.evaluation.best_response import best_response
from ssg_mip.exact import solve_commitment, solve_improvement
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.lp.compiled import compile_program
from ssg_mip.lp.highs import solve_milp
from ssg_mip.programs.compact import compact_commitment
from ssg_mip.programs.export import Form, Kind, build_program, export, lp_text
from ssg_mip.programs.lp_names import LONGEST_NAME
from tests.benchmarks.agreement import load
from tests.oracles.games import agreement_game
from tests.oracles.known import STOCHASTIC, StochasticCase, figure_1
from tests.unit.programs.readers import LINEAR_READERS, solved_by_scip
from tests.unit.questions import asked

KINDS: tuple[Kind, ...] = ("improvement", "commitment")


def nasty_game(states: int = 8) -> Game:
    """States and actions called like keywords, numbers, operators, each other, 200 characters long or in kanji."""
    names = ["end", "st", "s 0", "s_0", "x" * 199 + "1", "x" * 199 + "2", "東京", "é;t"][:states]
    rng = np.random.default_rng(3)
    transition = rng.dirichlet(np.full(states, 0.3), size=(states, 2, 2))
    transition[transition < 0.05] = 0.0
    return Game.from_arrays(
        transition / transition.sum(axis=-1, keepdims=True),
        rng.random((states, 2, 2)),
        rng.random((states, 2, 2)),
        leader_discount=0.6,
        follower_discount=0.5,
        state_names=names,
        leader_actions=["free", "1e5"],
        follower_actions=["a,b)", "bounds"],
        name="nasty */ game",
    )


def _first_actions(game: Game) -> LeaderPolicy:
    return LeaderPolicy.deterministic(game, [0] * game.num_states)


@pytest.fixture(scope="module")
def linear_file(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Writes a linear file once and keeps the optimum that our own path to HiGHS finds for the same program."""
    known: dict[Any, tuple[Path, float]] = {}

    def write(label: str, kind: Kind, form: Form) -> tuple[Path, float]:
        key = (label, kind, form)
        if key not in known:
            game = nasty_game(4) if label == "nasty" else agreement_game(1, int(label)).to_game()
            policy = _first_actions(game)
            path = export(game, tmp_path_factory.mktemp("lp") / "file.lp", kind, form, policy=policy)
            compiled = compile_program(build_program(game, kind, form, game.initial, policy))
            found = solve_milp(compiled.linear_program(), deadline=Deadline(60.0), gap=0.0)
            assert found.status == "optimal"
            known[key] = path, found.primal_bound + compiled.offset
        return known[key]

    return write


@pytest.mark.parametrize("reader", LINEAR_READERS)
@pytest.mark.parametrize("form", ["milp", "relaxation"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("label", ["nasty", "4", "5", "15"])
def test_linear_files_have_the_same_optimum_everywhere(
    linear_file: Any, label: str, kind: Kind, form: Form, reader: str
) -> None:
    """Read by HiGHS, SCIP, GLPK and CBC: ties, ragged actions, unreached states, names that break readers."""
    path, optimum = linear_file(label, kind, form)
    assert LINEAR_READERS[reader](path) == pytest.approx(optimum, abs=1e-6)


@pytest.mark.parametrize("form", ["bilinear", "strong"])
@pytest.mark.parametrize("case", STOCHASTIC, ids=lambda case: case.game.name)
def test_exact_commitment_files_have_the_known_optimum(case: StochasticCase, form: Form, tmp_path: Path) -> None:
    """SCIP on the file finds the value known for each start, states of weight zero included."""
    for start, optimum in case.optima.items():
        path = export(case.game.to_game(), tmp_path / "known.lp", "commitment", form, weights=start)
        assert solved_by_scip(path) == pytest.approx(optimum, abs=1e-5)


@pytest.mark.parametrize("form", ["bilinear", "strong"])
@pytest.mark.parametrize("index", [0, 3, 5, 10, 15, 17, 19, 22])
def test_exact_commitment_files_have_the_stored_optimum(index: int, form: Form, tmp_path: Path) -> None:
    """Random games: SCIP on the file, against the optimum proven by enumeration of follower policies."""
    game = agreement_game(1, index).to_game()
    value = solved_by_scip(export(game, tmp_path / "random.lp", "commitment", form))
    assert value == pytest.approx(load(1)[index]["value"], rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("index", [0, 5, 15, 22])
def test_exact_files_have_the_optimum_that_our_search_proves(index: int, tmp_path: Path) -> None:
    """Both programs in both exact forms lie between the search's incumbent and its bound, within the gap."""
    game = agreement_game(1, index).to_game()
    policy = LeaderPolicy.uniform(game)
    values = best_response(game, policy).leader_values
    problem, run = asked(game, gap=1e-6, start=policy, deadline=Deadline(30.0))
    answers = {
        "commitment": solve_commitment(problem, run),
        "improvement": solve_improvement(problem, run, values, game.initial),
    }
    for kind in KINDS:
        for form in ("bilinear", "strong"):
            value = solved_by_scip(export(game, tmp_path / "exact.lp", kind, form))
            assert value is not None
            assert value == pytest.approx(answers[kind].dual_bound, abs=2e-5)
            assert value == pytest.approx(answers[kind].primal_bound, abs=2e-5)


@pytest.mark.parametrize("form", ["bilinear", "strong", "milp"])
def test_nothing_improves_on_a_pareto_point_of_figure_1(form: Form, tmp_path: Path) -> None:
    """At the policy worth (10, 9) (Kudo & Akimoto, Figure 1, x = 1, y = 2) the improvement program has value 0."""
    game = figure_1(1.0, 2.0).to_game()
    policy = LeaderPolicy.deterministic(game, [0, 1])
    assert best_response(game, policy).leader_values == pytest.approx([10.0, 9.0])
    path = export(game, tmp_path / "pareto.lp", "improvement", form, policy=policy)
    assert solved_by_scip(path) == pytest.approx(0.0, abs=1e-5)


def test_the_relaxation_bounds_and_the_milp_undercuts_the_optimum(tmp_path: Path) -> None:
    """MILP <= exact <= relaxation on random games, with a gap somewhere on either side."""
    gaps = []
    for index in (2, 4, 5, 15):
        game = agreement_game(1, index).to_game()
        optimum = load(1)[index]["value"]
        low, high = (
            solved_by_scip(export(game, tmp_path / "bounds.lp", "commitment", form)) for form in ("milp", "relaxation")
        )
        assert low is not None
        assert high is not None
        assert low <= optimum + 1e-6
        assert high >= optimum - 1e-6
        gaps.append((optimum - low, high - optimum))
    assert max(gap for gap, _ in gaps) > 0.01
    assert max(gap for _, gap in gaps) > 0.01


# -------------------------------------------------------------------- what stands in the files


def _parts(text: str) -> tuple[str, str]:
    """The objective, and everything after it."""
    objective, rest = re.split(r"^s\.t\.$", text, maxsplit=1, flags=re.MULTILINE)
    return objective, rest


def test_the_bilinear_file_reads_like_the_paper(tmp_path: Path) -> None:
    """One objective variable, products as quadratic rows, the components of the written formulation."""
    text = export(figure_1(1.0, 2.0).to_game(), tmp_path / "paper.lp", "commitment").read_text()
    objective, rest = _parts(text)
    assert re.search(r"max\s*\nobjective:\s*\n\+1 leader_value\s*$", objective)
    assert "product_w(s0,a0,s1):\n+1 w(s0,a0,s1)\n+ [\n-1 f(s0,a0) * v(s1)\n]\n= 0" in rest
    for row in ("leader_policy(s0):", "follower_policy(s1):", "incentive(s0,b1):", "response(s1,b0):"):
        assert f"\n{row}\n" in rest
    assert "c_e_" not in text
    assert re.search(r"\nbinary\n\s+g\(s0,b0\)", rest)


@pytest.mark.parametrize("form", ["bilinear", "strong", "milp", "relaxation"])
@pytest.mark.parametrize("kind", KINDS)
def test_objectives_are_linear_and_only_exact_files_hold_products(kind: Kind, form: Form, tmp_path: Path) -> None:
    """No bracket, which opens quadratic terms, stands in an objective or in a linear file."""
    objective, rest = _parts(export(nasty_game(3), tmp_path / "file.lp", kind, form).read_text())
    assert "[" not in objective
    assert ("[" in rest) == (form in {"bilinear", "strong"})
    assert ("\nbinary\n" in rest) == (form in {"bilinear", "milp"})


@pytest.mark.parametrize("form", ["bilinear", "strong", "milp", "relaxation"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_name_is_short_plain_unique_and_mapped_back(kind: Kind, form: Form, tmp_path: Path) -> None:
    """The names file lists exactly the rows and columns of the file and gives the game's own names."""
    game = nasty_game()
    path = export(game, tmp_path / "nasty.lp", kind, form, weights=np.eye(8)[0])
    legend = json.loads((tmp_path / "nasty.lp.names.json").read_text(encoding="utf-8"))
    text = path.read_text(encoding="utf-8")
    rows = re.findall(r"^(\S+):$", text, re.MULTILINE)
    columns = set(re.findall(r"<= (\S+) <=", text))
    assert len(rows) == len(set(rows))
    assert set(rows) | columns == set(legend["names"])
    for name, meaning in legend["names"].items():
        assert len(name) <= LONGEST_NAME
        assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*(\([A-Za-z0-9_,]+\))?", name)
        assert set(meaning["index"]) <= set(legend["index_letters"])
    told = {entry["index"]["s"] for entry in legend["names"].values() if "s" in entry["index"]}
    assert told == set(game.state_names)
    actions = {entry["index"]["a"] for entry in legend["names"].values() if "a" in entry["index"]}
    assert actions == {"free", "1e5"}
    assert legend["format"] == "ssg-mip-names/1"
    assert (legend["program"], legend["form"], legend["content_hash"]) == (kind, form, game.content_hash)


def test_numbers_survive_to_the_last_digit(tmp_path: Path) -> None:
    """A reward with 17 significant digits stands in the file as it is."""
    reward = 0.1 + 0.2
    game = Game.from_arrays(
        [[[[1.0]], [[1.0]]]], [[[reward], [0.0]]], [[[0.0], [0.0]]], leader_discount=0.5, follower_discount=0.5
    )
    text = export(game, tmp_path / "digits.lp", "commitment", "strong").read_text()
    assert f"+{reward!r} y(s0,a0,b0)" in text


def test_the_same_game_gives_the_same_file(tmp_path: Path) -> None:
    """Two exports agree to the last byte."""
    for kind in KINDS:
        first, second = (export(nasty_game(4), tmp_path / f"{k}.lp", kind, "strong").read_bytes() for k in "ab")
        assert first == second


def test_the_point_of_the_improvement_program_is_the_given_policy(tmp_path: Path) -> None:
    """The rows ``improvement`` hold the values of the policy; without one, those of the uniform policy."""
    game = figure_1(1.0, 2.0).to_game()
    for policy in (None, LeaderPolicy.deterministic(game, [0, 1])):
        text = export(game, tmp_path / "point.lp", "improvement", policy=policy).read_text()
        values = best_response(game, policy or LeaderPolicy.uniform(game)).leader_values
        found = re.search(r"^improvement\(s1\):\n\+1 Q\(s1\)\n>= (\S+)$", text, re.MULTILINE)
        assert found is not None
        assert float(found[1]) == float(values[1])


def test_rows_of_a_users_own_are_exported(tmp_path: Path) -> None:
    """A bound on a probability, added to the model in Pyomo, reaches the file and changes SCIP's optimum."""
    game = figure_1(1.0, 2.0, initial=(1.0, 0.0)).to_game()
    program = compact_commitment(game, game.initial)
    program.model.no_threat = pyo.Constraint(expr=program.model.f[1, 1] <= 0.0)
    text, names = lp_text(game, program)
    path = tmp_path / "own.lp"
    path.write_text(text)
    assert names["no_threat"] == {"component": "no_threat", "index": {}}
    value = solved_by_scip(path)
    assert value is not None
    assert value < 10.0 - 0.1


def test_writing_does_not_change_the_program() -> None:
    """A program can be written twice and still be compiled with its products."""
    game = figure_1(1.0, 2.0).to_game()
    program = compact_commitment(game, game.initial)
    assert lp_text(game, program)[0] == lp_text(game, program)[0]
    assert len(compile_program(program).product_result) == len(program.products) > 0


# -------------------------------------------------------------------- refusals


def test_unknown_programs_forms_and_endings_are_refused(tmp_path: Path) -> None:
    """Each message gives the value and the choices, and nothing is written."""
    game = figure_1(1.0, 2.0).to_game()
    with pytest.raises(OptionError, match="program is 'profit'; it must be one of improvement, commitment"):
        export(game, tmp_path / "a.lp", "profit")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="form is 'cubic'; it must be one of bilinear, strong, milp, relaxation"):
        export(game, tmp_path / "a.lp", "commitment", "cubic")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match=r"must end in \.lp"):
        export(game, tmp_path / "a.txt")
    with pytest.raises(OptionError, match="weights have shape"):
        export(game, tmp_path / "a.lp", weights=[1.0])
    with pytest.raises(InvalidPolicyError, match="has shape"):
        export(game, tmp_path / "a.lp", policy=LeaderPolicy(np.ones((1, 1))))
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    """No traceback of the operating system for a mistyped folder."""
    with pytest.raises(OptionError, match=r"missing/a\.lp\S* cannot be written"):
        export(figure_1(1.0, 2.0).to_game(), tmp_path / "missing" / "a.lp")


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Renaming fails: the old file stays as it was and no partial file is left behind."""
    target = tmp_path / "a.lp"
    target.write_text("old")

    def fail(*_: object) -> None:
        raise PermissionError("no")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OptionError, match="cannot be written"):
        export(figure_1(1.0, 2.0).to_game(), target)
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_every_component_of_the_strong_programs_has_its_letters() -> None:
    """No index of an exported program is left as a bare number, except the side of an envelope."""
    game = agreement_game(1, 3).to_game()
    assert (game.initial == 0.0).any()  # so that the conditional blocks are there
    for kind in KINDS:
        for form in ("bilinear", "strong", "milp", "relaxation"):
            _, names = lp_text(game, build_program(game, kind, form, game.initial, LeaderPolicy.uniform(game)))
            bare = {entry["component"] for entry in names.values() if "k" in entry["index"]}
            assert all(component.startswith(("envelope_", "scaled_")) for component in bare)
