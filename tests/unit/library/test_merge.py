"""The merge game: its rules on single steps, its ends, and its certified optimum."""

from __future__ import annotations

import numpy as np
import pytest

from ssg_mip import Game, LeaderPolicy, best_response, reachable_states, solve
from ssg_mip.base.status import Status
from ssg_mip.errors import OptionError
from ssg_mip.library import highway_merge
from ssg_mip.library.merge import ACTIONS, CRASH, FOLLOWER_FIRST, LEADER_FIRST

ENDS = (LEADER_FIRST, FOLLOWER_FIRST, CRASH)


def step(game: Game, state: str, leader: str, follower: str) -> tuple[str, float, float]:
    """Where a joint action leads, and both rewards."""
    place = game.state_index(state)
    row = game.row(place, game.leader_actions[place].index(leader), game.follower_actions[place].index(follower))
    target = game.state_names[game.successors[game.indptr[row]]]
    return target, float(game.leader_rewards[row]), float(game.follower_rewards[row])


@pytest.mark.parametrize(
    ("state", "leader", "follower", "target"),
    [
        ("main 0/1, auxiliary 0/1", "FASTER", "IDLE", "main 2/2, auxiliary 1/1"),
        ("main 0/1, auxiliary 0/1", "FASTER", "LANE_LEFT", "main 2/2, auxiliary 1/1, merged"),
        ("main 0/1, auxiliary 0/1", "FASTER", "LANE_RIGHT", "main 2/2, auxiliary 1/1"),
        ("main 0/1, auxiliary 0/1", "LANE_RIGHT", "IDLE", "main 1/1, auxiliary 1/1"),
        ("main 0/1, auxiliary 0/1", "IDLE", "LANE_LEFT", CRASH),
        ("main 2/2, auxiliary 1/1, merged", "SLOWER", "LANE_RIGHT", "main 3/1, auxiliary 2/1"),
        ("main 2/2, auxiliary 1/1, merged", "SLOWER", "FASTER", CRASH),
        ("main 3/3, auxiliary 2/2", "IDLE", "IDLE", LEADER_FIRST),
        ("main 4/2, auxiliary 4/2", "IDLE", "IDLE", CRASH),
        ("main 4/2, auxiliary 4/2", "SLOWER", "IDLE", FOLLOWER_FIRST),
    ],
)
def test_one_step(state: str, leader: str, follower: str, target: str) -> None:
    game = highway_merge(all_actions=True)
    assert game.leader_actions[0] == game.follower_actions[0] == ACTIONS
    found, mine, theirs = step(game, state, leader, follower)
    assert found == target
    assert (mine, theirs) == {LEADER_FIRST: (50, 10), FOLLOWER_FIRST: (10, 50), CRASH: (-10, -10)}.get(target, (0, 0))


def test_a_car_cannot_be_driven_through() -> None:
    """The merged car in front brakes to 1, the leader behind comes with 3: 3 + 3 = 6 lies beyond 4 + 1 = 5."""
    game = highway_merge(8, 3, all_actions=True)
    assert step(game, "main 3/2, auxiliary 4/2, merged", "FASTER", "SLOWER")[0] == CRASH


def test_only_reachable_states_are_there_and_ends_are_for_ever() -> None:
    game = highway_merge()
    assert set(reachable_states(game)) == set(game.state_names)
    assert game.num_states == 144
    for end in ENDS:
        assert step(game, end, "IDLE", "IDLE") == (end, 0.0, 0.0)
    assert game.initial[game.state_index("main 0/1, auxiliary 2/3")] == pytest.approx(0.3)


def test_actions_that_change_nothing_make_no_difference() -> None:
    few, all_five = highway_merge(5, 2), highway_merge(5, 2, all_actions=True)
    assert set(few.state_names) == set(all_five.state_names)
    assert few.num_rows < 0.3 * all_five.num_rows
    values = [solve(game, "deterministic", guarantee=False, check=False).leader_value for game in (few, all_five)]
    assert values[0] == pytest.approx(values[1])


def test_the_optimum_is_certified_and_the_leader_is_first_unless_the_start_is_fast() -> None:
    """First after 2 steps: 50 * .95; from the fast start second: 10 * .95; one start takes a step more."""
    game = highway_merge()
    result = solve(game, "commitment", time_limit=60.0)
    assert result.status is Status.OPTIMAL
    first = [50.0 * 0.95, 50.0 * 0.95, 50.0 * 0.95, 50.0 * 0.95, 50.0 * 0.95**2]
    assert result.leader_value == pytest.approx(0.14 * sum(first) + 0.3 * 10.0 * 0.95, rel=1e-3)


def test_a_leader_who_always_brakes_lets_the_other_go_first() -> None:
    game = highway_merge()
    slow = [names.index("SLOWER" if "SLOWER" in names else "IDLE") for names in game.leader_actions]
    response = best_response(game, LeaderPolicy.deterministic(game, slow))
    starts = np.flatnonzero(game.initial)
    assert response.follower_values[starts].min() > 50.0 * 0.95**4


@pytest.mark.parametrize("wrong", [{"cells": 3}, {"speeds": 1}, {"fast_share": 1.5}, {"fast_share": float("nan")}])
def test_wrong_arguments_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(OptionError, match=next(iter(wrong))):
        highway_merge(**wrong)  # type: ignore[arg-type]
