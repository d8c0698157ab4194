"""Games from payoff tables: what they hold, how random ones are correlated, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from ssg_mip import LeaderPolicy, best_response
from ssg_mip.errors import OptionError
from ssg_mip.library import bimatrix_game, correlated_payoffs, iterated_game, iterated_prisoners_dilemma


def test_a_bimatrix_game_is_worth_the_payoff_of_one_round() -> None:
    game = bimatrix_game([[2, 4], [1, 3]], [[1, 0], [0, 1]])
    response = best_response(game, LeaderPolicy(np.array([[0.5, 0.5]])))
    assert response.leader_values == pytest.approx([3.5])
    assert response.follower_policy.to_names(game) == {"s": "column 2"}


@pytest.mark.parametrize("covariance", [-1.0, -0.4, 0.0, 0.7, 1.0])
def test_random_payoffs_have_the_correlation_asked_for(covariance: float) -> None:
    mine, theirs = correlated_payoffs(200, covariance, np.random.default_rng(3))
    assert np.corrcoef(mine.ravel(), theirs.ravel())[0, 1] == pytest.approx(covariance, abs=0.02)
    assert [mine.std(), theirs.std()] == pytest.approx([1.0, 1.0], abs=0.02)
    if abs(covariance) == 1.0:
        assert np.array_equal(theirs, covariance * mine)


def test_wrong_payoffs_are_refused() -> None:
    rng = np.random.default_rng(0)
    for size, covariance, word in ((0, 0.5, "size"), (3, 1.5, "covariance"), (3, float("nan"), "covariance")):
        with pytest.raises(OptionError, match=word):
            correlated_payoffs(size, covariance, rng)
    for leader in ([1, 2], [[1, 2, 3]]):
        with pytest.raises(OptionError, match="shapes"):
            bimatrix_game(leader, [[1, 2]])


def test_tit_for_tat_makes_the_follower_of_a_patient_dilemma_cooperate() -> None:
    """Against tit for tat, defecting once gains 1 and costs 2 discounted: it pays only below a discount of 1/2."""
    for discount, start in ((0.9, -1.0 / (1.0 - 0.9)), (0.2, None)):
        game = iterated_prisoners_dilemma(discount)
        tit_for_tat = LeaderPolicy.deterministic(game, [0, 1, 0, 1])  # states CC, CD, DC, DD: copy the follower
        response = best_response(game, tit_for_tat)
        assert response.follower_policy.to_names(game)["CC"] == ("C" if start else "D")
        if start:
            assert response.leader_values[0] == pytest.approx(start)


def test_an_iterated_game_remembers_the_last_joint_action() -> None:
    game = iterated_game([[1, 2], [3, 4]], [[5, 6], [7, 8]], 0.5, actions="LR")
    assert game.state_names == ("LL", "LR", "RL", "RR")
    assert game.initial.tolist() == [1.0, 0.0, 0.0, 0.0]
    row = game.row(2, 1, 0)
    assert (game.leader_rewards[row], game.follower_rewards[row]) == (3.0, 7.0)
    assert game.state_names[game.successors[game.indptr[row]]] == "RL"


def test_rounds_that_are_not_two_by_two_are_refused() -> None:
    with pytest.raises(OptionError, match="two by two"):
        iterated_game(np.ones((3, 2)), np.ones((3, 2)))
    for actions in (["C", "C"], ["one", "D"], ["C"]):
        with pytest.raises(OptionError, match="actions"):
            iterated_game(np.ones((2, 2)), np.ones((2, 2)), actions=actions)
