"""Curves of training: what is counted, when a critic has settled, and the tables of short runs."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

from ssg_mip.library import matrix_game
from ssg_mip.studies import exploration_variants, learners
from ssg_mip.studies.coordination import Outcome, Printed
from ssg_mip.studies.exploration_variants import Variant, add_variants
from ssg_mip.studies.learners import COUNTERPARTS
from ssg_mip.studies.notebook import Notebook
from ssg_mip.studies.training_curves import (
    WINDOW,
    RecentShares,
    add_convergence,
    add_distribution,
    add_ends,
    earlier,
    entries,
    settled,
    trained,
)


def test_joint_actions_are_counted_window_by_window() -> None:
    game = matrix_game("escape")
    recent = RecentShares(game)
    for step in range(1, 2 * WINDOW + 1):
        recent.see(step, np.array([0, 8] if step <= WINDOW else [8, 8]))
    assert recent.steps == [WINDOW, 2 * WINDOW]
    assert recent.shares[0] == pytest.approx([0.5, *[0.0] * 7, 0.5])
    assert recent.shares[1] == pytest.approx([0.0] * 8 + [1.0])
    assert entries(game)[0] == "A-X"
    assert entries(game)[8] == "C-Z"


def test_a_critic_has_settled_once_it_stays_near(notebook: Notebook) -> None:
    table = notebook.table("step", "leader_critic", "follower_critic")
    for step, leader, follower in ((100, 30.0, 0.0), (200, 20.0, 10.0), (300, 29.0, 20.0), (400, 30.5, 29.0)):
        table.add(step=step, leader_critic=leader, follower_critic=follower)
    assert settled(table, "leader_critic", 30.0) == 300
    assert settled(table, "follower_critic", 30.0) == 400
    assert settled(table, "follower_critic", 99.0) is None


def test_the_order_of_two_events() -> None:
    assert earlier(100, 200) is True
    assert earlier(200, 100) is False
    assert earlier(100, 100) is None
    assert earlier(None, None) is None
    assert earlier(100, None) is True
    assert earlier(None, 100) is False


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of two windows."""
    pytest.importorskip("torch")
    monkeypatch.setattr(learners, "NETWORK_STEPS", 2 * WINDOW)
    monkeypatch.setattr(learners, "NETWORK_STEPS_PER_JOINT_ACTION", 1)


@pytest.mark.usefixtures("short")
def test_tables_of_short_runs(notebook: Notebook) -> None:
    """Without an update, so that shares are those of random play and verdicts are the opposite of print."""
    game = matrix_game("escape")
    trainings = trained(notebook, game, 3, COUNTERPARTS.values())
    assert [len(training.plays) for training in trainings.values()] == [3, 3]
    add_convergence(notebook, game, trainings["Bi-AC"], "C-Z", 30.0)
    first, last = notebook._tables[0].rows
    assert (first["step"], last["step"]) == (WINDOW, 2 * WINDOW)
    assert 0.2 < last["leader_share"] < 0.5
    assert abs(last["leader_critic"]) < 30.0
    assert [finding.agrees for finding in notebook.findings] == [None, False]
    add_distribution(notebook, game, trainings, {"Bi-AC": "A-X", "MADDPG": "B-Y"})
    shares = [row["share"] for row in notebook._tables[1].rows if row["step"] == WINDOW]
    assert sum(shares) == pytest.approx(2.0)
    assert trained(notebook, game, 3, ["somebody else"]) == {}


@pytest.mark.usefixtures("short")
def test_ends_are_asked_for_with_and_without_exploration(notebook: Notebook) -> None:
    asked = []

    def ends_of(rows: Any, epsilon: float) -> dict[str, float]:
        assert rows.shape == (1,)
        asked.append(epsilon)
        return {"leader_first": 0.9, "follower_first": 0.1, "crash": 0.0, "never": 0.0}

    add_ends(notebook, trained(notebook, matrix_game("escape"), 2, COUNTERPARTS.values()), ends_of)
    assert set(asked) == {0.0, 1.0}
    assert len(notebook._tables[0].rows) == 2 * 2 * 2
    found = {finding.what: finding.agrees for finding in notebook.findings}
    assert found["Figure 7: how episodes of Bi-AC end at the start of training"] is False
    assert found["Figure 7: the main-lane car first over training of Bi-AC"] is None


@pytest.mark.parametrize(("share", "leader", "fits"), [(1.0, 30.0, "plain"), (0.0, 12.5, "cut"), (0.5, 3.0, "none")])
def test_variants_are_compared_by_their_runs(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch, share: float, leader: float, fits: str
) -> None:
    """Two made-up variants, of which the printed row decides which one agrees."""
    ends = {"plain": ["C-Z"] * 20, "cut": ["A-X", "B-Y"] * 10}
    worth = {"C-Z": 30.0, "A-X": 15.0, "B-Y": 10.0}
    variants = {name: Variant(settings={"rule": name}, who=("I-DQN",)) for name in ends}

    def learned(*given: Any) -> Outcome:
        found = ends[given[3].settings["rule"]]
        return Outcome([(worth[end], worth[end]) for end in found], found, ((0.0, 30.0), (0.0, 30.0)))

    monkeypatch.setattr(exploration_variants, "VARIANTS", variants)
    monkeypatch.setattr(exploration_variants, "learned", learned)
    printed = Printed("somewhere", "C-Z", 30.0, (), {"I-DQN": (leader, leader, share)})
    add_variants(notebook, matrix_game("escape"), printed, 20)
    assert notebook.findings[0].reading == f"agrees: {fits}; the share alone agrees: none"
    assert notebook.findings[0].agrees is (fits != "none")


def test_a_share_may_agree_where_rewards_do_not(notebook: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = Outcome([(10.0, 10.0)] * 100, ["B-Y"] * 100, ((0.0, 30.0), (0.0, 30.0)))
    monkeypatch.setattr(exploration_variants, "VARIANTS", {"one": Variant(settings={}, who=("I-DQN",))})
    monkeypatch.setattr(exploration_variants, "learned", lambda *_: runs)
    printed = Printed("somewhere", "C-Z", 30.0, (), {"I-DQN": (13.25, 13.25, 0.0)})
    add_variants(notebook, matrix_game("escape"), printed, 100)
    assert notebook.findings[0].reading == "agrees: none; the share alone agrees: one"


@pytest.mark.parametrize("who", exploration_variants.RULES)
def test_a_variant_is_played_as_it_says(notebook: Notebook, who: str) -> None:
    pytest.importorskip("torch")
    variant = Variant(settings={"hidden": 8, "random_steps": 20}, steps=30)
    found = exploration_variants.learned(notebook, matrix_game("escape"), who, variant, 3)
    assert found is not None
    assert len(found.ends) == 3
    assert found.extremes == ((0.0, 30.0), (0.0, 30.0))


def test_without_torch_curves_and_other_settings_are_missing_and_named(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    assert trained(notebook, matrix_game("escape"), 2, COUNTERPARTS.values()) == {}
    add_variants(notebook, matrix_game("escape"), Printed("somewhere", "C-Z", 30.0, (), {}), 2)
    assert [note.split(":")[0] for note in notebook.notes] == [
        *("No training curve of Bi-AC", "No training curve of MADDPG", "No other ways of exploring")
    ]
    assert all("ssg_mip[learn]" in note for note in notebook.notes)
