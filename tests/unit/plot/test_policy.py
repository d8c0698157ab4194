"""Pictures of policies and of the state graph: the probabilities themselves, and the follower's answer beside them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ssg_mip import Game, GameBuilder, LeaderPolicy
from ssg_mip.errors import InvalidPolicyError, OptionError
from ssg_mip.game.policy import FollowerPolicy
from ssg_mip.plot import graph, plot_policy, plot_state_graph
from tests.unit import fakes
from tests.unit.plot.views import new_axes


@pytest.fixture
def uneven() -> Game:
    """Two states with different actions: ``go`` leaves the first one for good with probability 0.75."""
    builder = GameBuilder("uneven", leader_discount=0.5, follower_discount=0.5)
    builder.add_state("$home", leader_actions=["go", "wait"], follower_actions=["yes", "no"], initial=1.0)
    builder.add_state("away", leader_actions=["rest"], follower_actions=["yes"])
    for answer, joy in (("yes", 1.0), ("no", 0.0)):
        builder.add_transition(
            "$home", "go", answer, leader_reward=1.0, follower_reward=joy, next={"away": 0.75, "$home": 0.25}
        )
        builder.add_transition("$home", "wait", answer, leader_reward=0.0, follower_reward=joy, next={"$home": 1.0})
    builder.add_transition("away", "rest", "yes", leader_reward=0.0, follower_reward=0.0, next={"away": 1.0})
    return builder.build()


def texts(ax: Any) -> list[str]:
    return [text.get_text() for text in ax.texts if text.get_text()]


def test_the_heat_is_the_probability_and_blank_where_there_is_no_such_action(uneven: Game) -> None:
    ax = plot_policy(uneven, LeaderPolicy(np.array([[0.4, 0.6], [1.0, 0.0]])), new_axes())
    heat = np.ma.filled(ax.images[0].get_array(), np.nan)
    np.testing.assert_allclose(heat, [[0.4, 0.6, np.nan], [np.nan, np.nan, 1.0]])
    assert texts(ax) == ["0.4", "0.6", "1"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["go", "wait", "rest"]
    assert [label.get_text() for label in ax.get_yticklabels()] == [r"\$home", "away"]


def test_the_response_stands_on_the_right(uneven: Game) -> None:
    policy = LeaderPolicy(np.array([[0.4, 0.6], [1.0, 0.0]]))
    (right,) = plot_policy(uneven, policy, new_axes()).child_axes
    assert [label.get_text() for label in right.get_yticklabels()] == ["yes", "yes"]
    assert right.get_ylabel() == "follower's response"
    refused = FollowerPolicy(np.array([1, 0]))
    (right,) = plot_policy(uneven, policy, new_axes(), follower_policy=refused).child_axes
    assert [label.get_text() for label in right.get_yticklabels()] == ["no", "yes"]


def test_states_that_the_tie_rule_decides_are_marked() -> None:
    """Under the uniform policy the follower is indifferent in both states."""
    game = fakes.small_game()
    (right,) = plot_policy(game, LeaderPolicy.uniform(game), new_axes()).child_axes
    assert all(label.get_text().endswith("*") for label in right.get_yticklabels())
    assert "tied" in right.get_ylabel()


def test_of_many_states_every_nth_is_named() -> None:
    count = 90
    stay = np.eye(count)[:, None, None, :]
    one = np.ones((count, 1, 1))
    game = Game.from_arrays(stay, one, one, leader_discount=0.5, follower_discount=0.5)
    ax = plot_policy(game, LeaderPolicy.uniform(game), new_axes())
    assert [label.get_text() for label in ax.get_yticklabels()] == list(game.state_names[::3])
    with pytest.raises(OptionError, match="90 states; a picture of the state graph shows at most 60"):
        plot_state_graph(game, None, new_axes())


def test_a_policy_of_another_game_is_refused(uneven: Game) -> None:
    with pytest.raises(InvalidPolicyError, match="shape"):
        plot_policy(uneven, LeaderPolicy(np.ones((3, 1))), new_axes())


def test_without_a_policy_the_graph_shows_every_move_with_its_span(uneven: Game) -> None:
    assert sorted(texts(plot_state_graph(uneven, None, new_axes()))) == sorted(
        [r"\$home", "away", "0.75", graph._STAYS + "0.25 to 1", graph._STAYS + "1"]
    )


def test_with_a_policy_the_graph_shows_the_probabilities_under_it(uneven: Game) -> None:
    """Half of the time ``go``: 0.5 * 0.75 of the moves leave."""
    policy = LeaderPolicy(np.array([[0.5, 0.5], [1.0, 0.0]]))
    assert {"0.375", graph._STAYS + "0.625", graph._STAYS + "1"} <= set(
        texts(plot_state_graph(uneven, policy, new_axes()))
    )


def test_moves_that_are_never_made_are_left_out(uneven: Game) -> None:
    waiting = LeaderPolicy.deterministic(uneven, [1, 0])
    ax = plot_state_graph(uneven, waiting, new_axes())
    assert not ax.patches
    assert set(texts(ax)) == {r"\$home", "away", graph._STAYS + "1"}
