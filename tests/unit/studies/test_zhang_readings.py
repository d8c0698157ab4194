"""What experiments after Zhang et al. say follows from the numbers: wrong numbers change it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ssg_mip import LeaderPolicy
from ssg_mip.library import matrix_game
from ssg_mip.library import two_goals as two_goals_game
from ssg_mip.studies import coordination, escape, highway_merge, maintain, se_versus_ne, two_goals
from ssg_mip.studies.coordination import Outcome, compare, extremes
from ssg_mip.studies.notebook import BOUND, Notebook
from ssg_mip.studies.play import Play
from ssg_mip.studies.training_curves import entries


def runs_that_end(name: str, **counts: int) -> Outcome:
    """An outcome with so many runs at each joint action, ``AX=3`` for three at A-X."""
    game = matrix_game(name)
    names = entries(game)
    ends = [f"{entry[0]}-{entry[1]}" for entry, count in counts.items() for _ in range(count)]
    rewards = [
        (float(game.leader_rewards[names.index(end)]), float(game.follower_rewards[names.index(end)])) for end in ends
    ]
    return Outcome(rewards, ends, extremes(game))


@pytest.mark.parametrize("who", escape.TABLE_2.rows)
def test_the_printed_row_agrees_with_itself(who: str) -> None:
    """Runs in the shares that print implies; rewards below 15 need entries worth 10."""
    leader, _, share = escape.TABLE_2.rows[who]
    hits = round(100 * share)
    tens = round((1500 + 15 * hits - 100 * leader) / 5) if share == 0.0 else 0
    found = runs_that_end("escape", CZ=hits, AX=100 - hits - tens, BY=tens)
    agrees, reading = compare(found, "C-Z", escape.TABLE_2.rows[who])
    assert agrees is True, reading


@pytest.mark.parametrize("who", ["I-DQN", "MADDPG", "TD3", "Hysteretic-DQN", "Lenient-DQN"])
def test_runs_that_all_find_the_optimum_do_not_agree_with_a_row_in_which_few_do(who: str) -> None:
    agrees, reading = compare(runs_that_end("escape", CZ=100), "C-Z", escape.TABLE_2.rows[who])
    assert agrees is False
    assert "share off by" in reading


def test_a_right_share_with_wrong_rewards_does_not_agree() -> None:
    """No run at A-X either way, but C-Z is worth (5, 10) and B-Y (10, 5)."""
    row = maintain.TABLE_3.rows["I-DQN"]
    assert compare(runs_that_end("maintain", BY=90, CZ=10), "A-X", row)[0] is True
    assert compare(runs_that_end("maintain", BY=10, CZ=90), "A-X", row)[0] is False


def test_a_share_at_the_tolerance_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coordination, "share_tolerance", lambda *_: 0.1)
    agrees, _ = compare(runs_that_end("escape", CZ=100), "C-Z", (30.0, 30.0, 0.9))
    assert agrees is None


def test_outcomes_are_told_by_frequency() -> None:
    found = runs_that_end("escape", AX=1, CZ=3)
    assert found.words() == "C-Z 75%, A-X 25%"
    assert found.means() == pytest.approx((26.25, 26.25))


def shares(rows: list[dict[str, Any]], notebook: Notebook, suffix: str) -> Any:
    table = notebook.table(
        "fast_share", "leader_first", "follower_first", "crash", "leader", BOUND, "proven", suffix=suffix
    )
    for row in rows:
        table.add(proven="yes", **row)
    highway_merge.find_parameter(notebook, table)
    return notebook.findings[-1]


def test_the_share_of_the_main_lane_car_is_told_apart_from_its_parameter(notebook: Notebook) -> None:
    same = shares([{"fast_share": share, "leader_first": 1.0 - share} for share in (0.1, 0.3)], notebook, "same")
    assert same.agrees is None
    assert same.reading.startswith("one minus the parameter")
    other = shares([{"fast_share": share, "leader_first": 0.722} for share in (0.1, 0.3)], notebook, "other")
    assert other.agrees is None
    assert other.reading.startswith("not one minus the parameter: off by up to 0.178")


def test_merges_that_the_starts_explain_are_no_agreement() -> None:
    printed = highway_merge.PRINTED["Bi-AC"]
    explained, reading = highway_merge.compare(([0.72] * 10, [0.26] * 10), printed, 0.3)
    assert explained is None
    assert "nothing is decided" in reading
    assert highway_merge.compare(([0.72] * 10, [0.26] * 10), printed, 0.9)[0] is True
    assert highway_merge.compare(([0.1] * 10, [0.9] * 10), printed, 0.3)[0] is False


def test_who_is_first_most_often_hangs_on_the_runs() -> None:
    baseline = [0.3, 0.4, 0.35]
    assert highway_merge.most_often("Bi-AC", {"Bi-AC": [0.7, 0.71, 0.69], "MADDPG": baseline}) is True
    assert highway_merge.most_often("Bi-AC", {"Bi-AC": [0.1, 0.11, 0.12], "MADDPG": baseline}) is False
    assert highway_merge.most_often("Bi-AC", {"Bi-AC": [0.35, 0.3, 0.45], "MADDPG": baseline}) is None
    assert highway_merge.most_often("Bi-AC", {"Bi-AC": [0.7], "MADDPG": [0.3]}) is None


def gains(leader: float, follower: float, error: float) -> dict[str, float]:
    return {
        "pure_leader_gain": leader,
        "pure_follower_gain": follower,
        "leader_gain_error": error,
        "follower_gain_error": error,
    }


def test_gains_must_exceed_their_errors() -> None:
    assert se_versus_ne.both_gain([gains(0.5, 0.2, 0.01)]) is True
    assert se_versus_ne.both_gain([gains(0.5, 0.2, 0.2)]) is None
    assert se_versus_ne.both_gain([gains(0.5, -0.2, 0.01), gains(0.5, 0.2, 0.01)]) is False
    assert se_versus_ne.both_gain([gains(float("nan"), 0.2, 0.01)]) is None


def test_waiting_at_different_goals_is_no_equilibrium() -> None:
    game = two_goals_game()
    for column, value in ((0, 10.0), (2, 20.0)):
        both = two_goals.both_go_to(game, column)
        assert two_goals.deviation_gains(game, both) == pytest.approx((0.0, 0.0), abs=1e-9)
        assert float(game.initial @ two_goals.leader_optimum(game, both.follower)) == pytest.approx(value * 0.9**3)
    apart = Play(two_goals.both_go_to(game, 0).leader, two_goals.both_go_to(game, 2).follower)
    assert two_goals.deviation_gains(game, apart) == pytest.approx((20.0 * 0.9**3, 10.0 * 0.9**3))
    idle = LeaderPolicy.deterministic(game, [names.index("STAY") for names in game.leader_actions])
    assert two_goals.deviation_gains(game, Play(idle, apart.follower))[0] == pytest.approx(20.0 * 0.9**3)


def test_trembling_plays_keep_their_shares() -> None:
    game = matrix_game("escape")
    mix = highway_merge._trembling(np.array([2]), game.leader_counts, game.leader_offsets, 0.3)
    assert mix == pytest.approx([0.1, 0.1, 0.8])
