"""Two given policies playing each other: values and ends, against the package's own evaluation and by hand."""

from __future__ import annotations

import numpy as np
import pytest

from ssg_mip import Game, LeaderPolicy, best_response
from ssg_mip.errors import InvalidPolicyError
from ssg_mip.library import bimatrix_game, random_game
from ssg_mip.studies.play import Play, against, answering, end_probabilities, values_of


def test_a_best_response_is_worth_what_the_package_says() -> None:
    game = random_game(3, 4, 3, 2)
    policy = LeaderPolicy.random(game, np.random.default_rng(0))
    response = best_response(game, policy)
    leader, follower = values_of(game, against(policy, response.follower_policy, game))
    assert leader == pytest.approx(game.initial @ response.leader_values)
    assert follower == pytest.approx(game.initial @ response.follower_values)


def test_a_mixed_follower_is_worth_the_mean_in_one_round() -> None:
    game = Game.from_arrays(
        np.ones((1, 1, 2, 1)), [[[1.0, 5.0]]], [[[2.0, 0.0]]], leader_discount=0.0, follower_discount=0.5
    )
    play = Play(LeaderPolicy.uniform(game), np.array([0.25, 0.75]))
    assert values_of(game, play) == pytest.approx((4.0, 1.0))


def test_a_follower_may_answer_what_it_sees() -> None:
    """Both rows equally likely, each answered by the column of the same number."""
    game = bimatrix_game([[2, 0], [0, 6]], [[1, 0], [0, 1]])
    play = answering(game, LeaderPolicy.uniform(game), lambda _, action: action)
    assert values_of(game, play) == pytest.approx((4.0, 1.0))


def test_where_play_ends() -> None:
    """From the start: a third to the one end, a third to the other, else once more; a trap keeps the rest for ever."""
    chain = np.zeros((4, 1, 1, 4))
    chain[0, 0, 0] = [0.3, 0.3, 0.3, 0.1]
    for state in (1, 2, 3):
        chain[state, 0, 0, state] = 1.0
    rewards = np.zeros((4, 1, 1))
    names = ("start", "one", "other", "trap")
    game = Game.from_arrays(
        chain, rewards, rewards, leader_discount=0.0, follower_discount=0.0, initial=[1, 0, 0, 0], state_names=names
    )
    play = Play(LeaderPolicy.uniform(game), np.ones(4))
    found = end_probabilities(game, play, ("one", "other"))
    assert found == pytest.approx({"one": 3 / 7, "other": 3 / 7, "never": 1 / 7})


@pytest.mark.parametrize("follower", [np.ones((2, 2)), np.ones(3), np.zeros(24)])
def test_policies_that_do_not_fit_are_refused(follower: np.ndarray) -> None:  # type: ignore[type-arg]
    game = random_game(3, 4, 3, 2)
    with pytest.raises(InvalidPolicyError, match="follower's policy"):
        values_of(game, Play(LeaderPolicy.uniform(game), follower))
