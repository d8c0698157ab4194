"""Objectives: what they are worth, how they are named, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from ssg_mip.errors import OptionError
from ssg_mip.evaluation.best_response import best_response
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.pareto.enclosure.objectives import follower_objective, leader_objective, parse_objective, read_objectives
from tests.oracles.known import three_points

GAME = three_points().to_game()


def test_the_default_is_every_state_whose_value_the_policies_decide() -> None:
    """In the three-point game nothing is decided in the last two states as far as the leader is concerned."""
    assert [one.name for one in read_objectives(GAME, None)] == ["s0", "s1"]


def test_values_are_those_of_the_evaluation() -> None:
    response = best_response(GAME, LeaderPolicy.uniform(GAME))
    group = leader_objective(GAME, ["s0", "s1"])
    assert group.value(response) == pytest.approx(response.leader_values[:2].mean())
    assert follower_objective(GAME, {"s2": 3.0, "s0": 1.0}).value(response) == pytest.approx(
        0.75 * response.follower_values[2] + 0.25 * response.follower_values[0]
    )
    assert leader_objective(GAME).value(response) == pytest.approx(float(GAME.initial @ response.leader_values))
    for objective in (group, follower_objective(GAME)):
        low, high = objective.bounds(GAME)
        assert low <= objective.value(response) <= high


def test_texts_of_the_command_line() -> None:
    assert parse_objective(GAME, "s1").name == "s1"
    assert parse_objective(GAME, "leader:start").start.tolist() == GAME.initial.tolist()
    both = parse_objective(GAME, "follower:s0=1,s1=3")
    assert (both.player, both.start.tolist()) == ("follower", [0.25, 0.75, 0.0, 0.0])
    assert np.all(both.leader_weights == 0.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [("planner:s0", "planner"), ("s9", "unknown state 's9'"), ("s0=x", "must be a number"), ("s0=1,s9=1", "s9")],
)
def test_texts_that_are_none_are_refused(text: str, said: str) -> None:
    with pytest.raises(OptionError, match=said):
        parse_objective(GAME, text)


def test_lists_that_make_no_front_are_refused() -> None:
    with pytest.raises(OptionError, match="empty"):
        read_objectives(GAME, [])
    with pytest.raises(OptionError, match="asked for twice"):
        read_objectives(GAME, ["s0", "s0"])
    with pytest.raises(OptionError, match="at least one state"):
        read_objectives(GAME, [[]])
