"""The learners of the tables end where they are known to end, with fixed seeds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ssg_mip.base.deadline import Deadline
from ssg_mip.learning.learners.schedules import never
from ssg_mip.library import matrix_game
from ssg_mip.studies import learners
from ssg_mip.studies.learners import BASELINES, LEARNERS, plays_of
from ssg_mip.studies.notebook import Notebook
from ssg_mip.studies.play import joint_shares, values_of

MAINTAIN = {
    "bi-level Q, tabular": ("A", "X", 1.0),
    "independent Q": ("B", "Y", 1.0),
    "lenient Q": ("B", "Y", 1.0),
    "Q and Hedge that sees actions, averaged": ("A", "X", 0.8),
    "Q and Hedge that sees no action, averaged": ("B", "Y", 0.8),
}
"""Where each learner ends in Maintain: the pure Stackelberg or a Nash equilibrium, and how often it plays that."""


@pytest.mark.parametrize("who", MAINTAIN)
def test_learners_end_in_the_equilibrium_of_their_kind(who: str) -> None:
    game = matrix_game("maintain")
    row_name, column_name, least = MAINTAIN[who]
    row = game.row(0, game.leader_actions[0].index(row_name), game.follower_actions[0].index(column_name))
    for play in LEARNERS[who](game, range(1), never):
        shares = joint_shares(game, play)
        assert shares[row] >= least - 1e-9
        assert values_of(game, play)[0] == pytest.approx(float(np.dot(shares, game.leader_rewards)))


@pytest.mark.parametrize("who", [name for name in (*LEARNERS, *BASELINES) if "networks" in name])
def test_networks_hand_back_what_they_play(who: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One deterministic joint action per run; where networks converge to is tested with them."""
    pytest.importorskip("torch")
    monkeypatch.setattr(learners, "NETWORK_STEPS", 60)
    monkeypatch.setattr(learners, "NETWORK_STEPS_PER_JOINT_ACTION", 1)
    game = matrix_game("escape")
    plays = list({**LEARNERS, **BASELINES}[who](game, range(3), never))
    assert len(plays) == 3
    for play in plays:
        assert sorted(joint_shares(game, play))[-2:] == [0.0, 1.0]


def test_a_seed_gives_the_same_play() -> None:
    game = matrix_game("escape")
    plays = [next(LEARNERS["independent Q"](game, range(5, 6), never)) for _ in range(2)]
    assert np.array_equal(plays[0].follower, plays[1].follower)
    assert np.array_equal(plays[0].leader.probabilities, plays[1].leader.probabilities)


def test_a_run_that_is_stopped_in_the_middle_has_no_row(tmp_path: Path) -> None:
    """The deadline passes while the second of two runs learns."""
    notebook = Notebook("some", tmp_path)
    found = []
    for seed, _ in plays_of(notebook, "bi-level Q, tabular", matrix_game("escape"), 2):
        found.append(seed)
        notebook.deadline = Deadline(0.01)
    assert found == [0]
    assert notebook.stopped
