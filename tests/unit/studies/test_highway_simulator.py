"""Policies of the merge game in highway-env: who goes first there, and what the grid makes of the road."""

from __future__ import annotations

import pytest

from ssg_mip import Game, LeaderPolicy, best_response
from ssg_mip.library import highway_merge
from ssg_mip.library.merge import CRASH, FOLLOWER_FIRST, LEADER_FIRST
from ssg_mip.studies.highway_simulator import drive
from ssg_mip.studies.play import Play, against

pytest.importorskip("highway_env")
pytestmark = pytest.mark.filterwarnings("ignore")  # highway-env and pygame warn of their own matters


def always(game: Game, action: str) -> Play:
    names = [action if action in available else "IDLE" for available in game.leader_actions]
    leader = LeaderPolicy.deterministic(
        game, [available.index(name) for available, name in zip(game.leader_actions, names, strict=True)]
    )
    return against(leader, best_response(game, leader).follower_policy, game)


def test_a_main_lane_car_that_always_slows_down_is_never_first() -> None:
    game = highway_merge(4, 2)
    driven = drive(game, always(game, "SLOWER"), cells=4, speeds=2, drives=4, seed=0)
    assert driven.shares[LEADER_FIRST] == 0.0
    assert driven.shares[FOLLOWER_FIRST] + driven.shares[CRASH] == 1.0
    assert 0.0 <= driven.off_grid < 0.5


def test_one_that_speeds_up_goes_first_where_the_other_can_wait() -> None:
    game = highway_merge(4, 2, fast_share=0.0)
    driven = drive(game, always(game, "FASTER"), cells=4, speeds=2, drives=4, seed=0)
    assert driven.shares[LEADER_FIRST] > 0.5
    assert driven.shares[FOLLOWER_FIRST] == driven.shares["never"] == 0.0


def test_the_same_seed_drives_the_same_way() -> None:
    game = highway_merge(4, 2)
    first, second = (drive(game, always(game, "FASTER"), cells=4, speeds=2, drives=3, seed=5) for _ in range(2))
    assert first == second
