"""Experiments with certified optima: their key figures, and the rows of learners."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import pytest

from ssg_mip import Game, LeaderPolicy, best_response
from ssg_mip.errors import OptionError
from ssg_mip.library import iterated_game
from ssg_mip.library.matrix_games import LEARNING
from ssg_mip.studies import coordination, highway_merge, learners, matrix_games, security_grid, two_goals
from ssg_mip.studies.notebook import BOUND, Notebook
from ssg_mip.studies.play import Play, against
from tests.unit.studies.conftest import Reproduce, agreement, rows


def plays_first(game: Game, seeds: range, _: object) -> Iterator[Play]:
    """A learner that ends with the first action (seed 0: the last one) and a best response."""
    for seed in seeds:
        chosen = game.leader_counts - 1 if seed == 0 else np.zeros(game.num_states, dtype=np.int64)
        policy = LeaderPolicy.deterministic(game, chosen)
        yield against(policy, best_response(game, policy).follower_policy, game)


def lacks_its_extra(*_: object) -> Iterator[Play]:
    raise OptionError("networks need torch; install it with: python -m pip install 'ssg_mip[learn]'")
    yield


@pytest.fixture(autouse=True)
def learner(monkeypatch: pytest.MonkeyPatch) -> str:
    """Two learners instead of those that take their time: one that is quick, one that cannot run."""
    monkeypatch.setattr(learners, "LEARNERS", {"plays first": plays_first, "lacks": lacks_its_extra})
    monkeypatch.setattr(learners, "BASELINES", {})
    for module in (coordination, highway_merge, matrix_games, security_grid, two_goals):
        monkeypatch.setattr(module, "LEARNERS", learners.LEARNERS)
    for module in (coordination, highway_merge, two_goals):
        monkeypatch.setattr(module, "BASELINES", learners.BASELINES)
    return "plays first"


def test_maintain_is_worth_more_than_print_says_if_the_leader_mixes(run: Reproduce) -> None:
    report = run("maintain", variant_runs=0)
    found = agreement(report)
    assert found["value of the pure Stackelberg equilibrium"] is True
    assert found["Nash equilibria in pure strategies"] is True
    assert found["is that the best commitment?"] is False
    table = {row["who"]: row for row in rows(report)}
    assert float(table["mixed commitment"]["leader"]) == pytest.approx(27.5)
    assert float(table["mixed commitment"][BOUND]) == pytest.approx(27.5, abs=1e-4)
    assert float(table["pure commitment"]["leader"]) == pytest.approx(20.0)
    assert table["mixed commitment"]["policy"] == "0.25 A + 0.75 B, answer X"
    assert (table["MADDPG"]["leader"], table["MADDPG"]["source"]) == ("12", "printed in Table 3")
    assert any(note.startswith("No rows of lacks: networks need torch") for note in report.notes)


def test_escape_is_worth_30_and_has_a_weak_equilibrium_that_is_not_printed(run: Reproduce) -> None:
    report = run("escape", variant_runs=0)
    assert agreement(report)["is that the best commitment?"] is True
    equilibria = next(one for one in report.findings if one.what.startswith("Nash"))
    assert (equilibria.printed, equilibria.ours, equilibria.agrees) == ("A-X, C-Z", "A-X, B-Y, C-Z", False)
    assert equilibria.reading == "left out in print: B-Y; weak, a deviation costs nothing: B-Y"
    assert sum("Hysteretic" in note or "Lenient" in note for note in report.notes) == 2


def test_learners_have_rows(run: Reproduce, learner: str) -> None:
    """Of four runs one ends in the last row, C-Z in both games, the others in the first one, A-X."""
    for name, average, share in (("escape", (30.0 + 3 * 15.0) / 4, 0.25), ("maintain", (5.0 + 3 * 20.0) / 4, 0.75)):
        report = run(name, runs=4, variant_runs=0)
        row = next(row for row in rows(report) if row["who"] == learner)
        assert (row["runs"], row["source"]) == ("4", "learned here")
        assert (float(row["leader"]), float(row["optimal_share"])) == pytest.approx((average, share))


@pytest.fixture
def unpainted(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pictures, which take most of the time of a short run."""
    monkeypatch.setattr(Notebook, "picture", lambda *_, **__: None)


TINY = {"iterations": 16, "game_iterations": 2, "ppo_seeds": 1}
"""PPO in these experiments: enough to have rows."""


def test_the_matrix_games_have_their_values_and_memory_helps_the_dilemma_alone(run: Reproduce) -> None:
    report = run("matrix-games", runs=1, steps=3000, dilemma_steps=[100, 1000], seeds=1, **{**TINY, "iterations": 1})
    table = {row["game"]: row for row in rows(report)}
    assert len(table) == 13
    battle = table["battle_of_table_1"]
    assert (float(battle["mixed_value"]), float(battle[BOUND])) == pytest.approx((5.0, 5.0), abs=1e-4)
    assert next(one for one in report.findings if one.what.startswith("Battle")).agrees is False
    hero = table["hero"]
    assert (float(hero["mixed_value"]), float(hero["pure_value"])) == pytest.approx((-1.0, -2.0))
    memory = {row["game"]: float(row["gain"]) for row in rows(report, "memory")}
    assert memory["prisoners_dilemma"] == pytest.approx(2.0 - 5.0 / 9.0, abs=1e-3)
    assert all(abs(gain) < 1e-3 for name, gain in memory.items() if name != "prisoners_dilemma")
    curves = [row for row in rows(report, "curves") if row["learner"] == "tabular"]
    curve = [row for row in curves if (row["follower"], row["sees"][:8]) == ("Hedge", "sees the")]
    assert float(curve[-1]["leader_payoff"]) > float(curve[0]["leader_payoff"])
    assert float(curve[-1]["leader_payoff"]) > 4.5
    assert all(float(row["follower_regret"]) <= float(row["proven_regret"]) for row in curve)
    assert len({(row["follower"], row["sees"]) for row in curves}) == 5
    assert [row["sees"][:13] for row in curves if row["follower"] == "symmetric"] == ["sees no actio"] * 100
    battle = [one for one in report.findings if one.what.startswith("Battle, average payoffs of both: tabular")]
    assert [one.agrees for one in battle] == [False, False]
    tabular = [row for row in rows(report, "schedules") if row["learner"] == "tabular"]
    schedules = {(row["game"], row["schedule"]): float(row["leader_payoff"]) for row in tabular}
    assert len(schedules) == 36
    assert schedules["stag_hunt", "regret"] == pytest.approx(0.0, abs=0.4)
    learned_memory = {row["game"]: row for row in rows(report, "memory-learned") if row["learner"] == "tabular"}
    assert len(learned_memory) == 13
    assert learned_memory["coordination"]["rank"] == "1"
    assert float(learned_memory["prisoners_dilemma"]["without_memory"]) == pytest.approx(-2.0, abs=0.1)
    dilemma = [row for row in rows(report, "dilemma") if row["learner"] == "tabular"]
    distances = [float(row["distance"]) for row in dilemma if row["setting"] == "no-regret, without memory"]
    assert distances[1] < distances[0]
    learned = {row["game"]: float(row["leader"]) for row in rows(report, "learners")}
    assert learned["deadlock"] == pytest.approx(0.0)  # seed 0 plays the last row, which is optimal here
    assert learned["stag_hunt"] == pytest.approx(-2.0)


@pytest.mark.usefixtures("unpainted")
def test_ppo_has_its_curves_beside_the_tabular_ones(run: Reproduce) -> None:
    """With the extra for learning: every table has rows of both, and sixteen iterations are 1024 moves."""
    pytest.importorskip("stable_baselines3")
    report = run("matrix-games", runs=1, steps=200, dilemma_steps=[100, 200], seeds=1, **TINY)
    for suffix, each in (("curves", None), ("schedules", 48), ("memory-learned", 13), ("dilemma", None)):
        found = [row for row in rows(report, suffix) if row["learner"] == "PPO"]
        assert found
        assert each in (None, len(found))
    moves = {int(row["moves"]) for row in rows(report, "curves") if row["learner"] == "PPO"}
    assert max(moves) == 16 * 64
    assert len(rows(report, "ablation")) == 18  # by both algorithms
    regrets = [one for one in report.findings if one.what.startswith("Battle, regrets of leader and follower")]
    assert [one.agrees is None for one in regrets] == [False, False, True, True]  # PPO has 1000 moves, tables have 200


@pytest.mark.usefixtures("unpainted")
def test_without_the_extra_the_tabular_curves_stand_alone(run: Reproduce, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page says what is missing, once, and nothing fails."""
    for name in [name for name in sys.modules if name.split(".")[0] in ("torch", "stable_baselines3")]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("torch", "stable_baselines3"):
        monkeypatch.setitem(sys.modules, name, None)
    grid = run("security-grid", grids=[[3, 2, 1, 6]], runs=1, steps=300, seeds=1)
    matrix = run("matrix-games", runs=1, steps=200, dilemma_steps=[100], seeds=1)
    for report, suffix in ((matrix, "curves"), (grid, "curves-zero")):
        assert {row["learner"] for row in rows(report, suffix)} == {"tabular"}
        assert sum("No curves, rows and findings of PPO" in note for note in report.notes) == 1
        assert report.stopped == ""


def test_repeated_games_of_the_experiment_are_those_of_the_library() -> None:
    from ssg_mip.library import iterated_prisoners_dilemma
    from ssg_mip.studies.matrix_games import GAMES, payoffs

    assert all(game.source.startswith(LEARNING) for game in GAMES.values())
    assert iterated_game(*payoffs(GAMES["prisoners_dilemma"]), 0.9).same_as(iterated_prisoners_dilemma(0.9))


def test_the_merging_car_yields_wherever_it_can(run: Reproduce, learner: str) -> None:
    report = run("highway-merge", cells=5, runs=2, fast_share=0.4, shares=[0.2, 0.5])
    table = {row["who"]: row for row in rows(report) if row["who"] != learner}
    best = table["mixed commitment"]
    assert (float(best["leader_first"]), float(best["follower_first"])) == pytest.approx((0.6, 0.4))
    assert float(best["crash"]) == 0.0
    assert float(best["leader"]) == pytest.approx(0.6 * 47.5 + 0.4 * 10.0)  # after two steps, or second after one
    assert float(best[BOUND]) == pytest.approx(float(best["leader"]), rel=1e-5)
    assert float(table["always SLOWER"]["follower_first"]) == pytest.approx(1.0)
    assert [row["source"] for row in rows(report) if row["who"] == learner] == [
        *("learned here, seed 0", "learned here, seed 1")
    ]
    assert table["Bi-AC"]["leader_first"] == "0.722"
    assert [float(row["leader_first"]) for row in rows(report, "shares")] == pytest.approx([0.8, 0.5])
    parameter = next(one for one in report.findings if "leave no choice" in one.what)
    assert parameter.agrees is None
    assert parameter.reading.startswith("one minus the parameter")


def test_both_goals_are_equilibria_and_the_commitment_goes_to_the_larger_one(run: Reproduce, learner: str) -> None:
    report = run("two-goals", size=2, runs=2, hasty_runs=3)
    assert set(agreement(report).values()) == {True, None}
    table = {row["who"]: row for row in rows(report)}
    assert float(table["commitment"]["leader"]) == pytest.approx(18.0)
    assert float(table["commitment"]["at_20"]) == pytest.approx(1.0)
    assert float(table["both go to the 10"]["leader"]) == pytest.approx(9.0)
    assert table[learner]["runs"] == "2"
    hasty = table["independent Q, exploring little"]
    assert float(hasty["runs_at_20"]) + float(hasty["runs_at_10"]) == 1.0


@pytest.mark.usefixtures("unpainted")
def test_a_security_grid_has_its_ground_truth(run: Reproduce) -> None:
    report = run("security-grid", grids=[[3, 2, 1, 6]], runs=1, steps=500, seeds=1, iterations=2, ppo_seeds=1)
    table = {(row["sum"], row["attacker_sees"]): row for row in rows(report)}
    assert len(table) == 4
    assert {row["status"] for row in table.values()} == {"optimal"}
    for row in table.values():
        assert float(row[BOUND]) == pytest.approx(float(row["mixed_value"]), abs=1e-6)
        if row["attacker_sees"] == "placement":
            assert float(row["pure_value"]) == pytest.approx(float(row["mixed_value"]), abs=1e-6)
    hidden, seen = (float(table["zero", sees]["mixed_value"]) for sees in ("policy", "placement"))
    assert (hidden, seen) == pytest.approx((-0.1604915, -0.1981672), abs=1e-6)
    assert len(rows(report, "learners")) == 4
    criteria = {row["sum"]: row for row in rows(report, "criteria")}
    assert float(criteria["zero"]["discounted_pure"]) == pytest.approx(seen, abs=1e-6)
    assert float(criteria["zero"]["discounted_mixed"]) == pytest.approx(hidden, abs=1e-6)
    for kind in ("zero", "general"):
        assert {row["learner"] for row in rows(report, f"curves-{kind}")} >= {"tabular"}
