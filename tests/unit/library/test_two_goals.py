"""The game of the 10 and the 20: its rules on single steps, and its value."""

from __future__ import annotations

import pytest

from ssg_mip import Game, solve
from ssg_mip.base.status import Status
from ssg_mip.errors import InvalidGameError, OptionError
from ssg_mip.library import two_goals
from ssg_mip.library.two_goals import BOTH_AT_10, BOTH_AT_20


def step(game: Game, state: str, leader: str, follower: str) -> tuple[str, float, float]:
    """Where a joint action leads, and both rewards."""
    place = game.state_index(state)
    row = game.row(place, game.leader_actions[place].index(leader), game.follower_actions[place].index(follower))
    target = game.state_names[game.successors[game.indptr[row]]]
    return target, float(game.leader_rewards[row]), float(game.follower_rewards[row])


@pytest.mark.parametrize(
    ("state", "leader", "follower", "after"),
    [
        ("A 0,2; B 2,2", "DOWN", "LEFT", ("A 0,1; B 1,2", 0.0, 0.0)),
        ("A 0,1; B 1,0", "DOWN", "LEFT", (BOTH_AT_10, 10.0, 10.0)),
        ("A 1,0; B 2,0", "RIGHT", "STAY", (BOTH_AT_20, 20.0, 20.0)),
        ("A 0,0; B 2,0", "STAY", "STAY", ("A 0,0; B 2,0", 0.0, 0.0)),
        ("A 1,1; B 1,2", "STAY", "DOWN", ("A 1,1; B 1,1", 0.0, 0.0)),
        (BOTH_AT_10, "STAY", "STAY", (BOTH_AT_10, 0.0, 0.0)),
    ],
)
def test_one_step(state: str, leader: str, follower: str, after: tuple[str, float, float]) -> None:
    assert step(two_goals(), state, leader, follower) == after


def test_moves_out_of_the_grid_are_left_out() -> None:
    game = two_goals()
    assert game.leader_actions[game.state_index("A 0,2; B 2,2")] == ("DOWN", "RIGHT", "STAY")
    assert game.num_states == 81 - 2 + 2


@pytest.mark.parametrize(("size", "discount"), [(2, 0.9), (3, 0.9), (3, 0.5)])
def test_the_known_value_is_proven(size: int, discount: float) -> None:
    """Starts are ``2 (size - 1)`` steps from both goals, so the reward comes ``2 size - 3`` steps late."""
    game = two_goals(size, discount=discount)
    result = solve(game, "commitment", guarantee=False)
    assert result.status is Status.OPTIMAL
    assert result.leader_value == pytest.approx(20.0 * discount ** (2 * size - 3))
    assert game.known["leader_value"] == pytest.approx(result.leader_value)


@pytest.mark.parametrize("wrong", [{"size": 1}, {"size": 7}, {"size": 2.5}, {"discount": 0.0}, {"discount": 1.0}])
def test_arguments_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises((OptionError, InvalidGameError), match=next(iter(wrong))):
        two_goals(**wrong)
