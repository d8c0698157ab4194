"""Exact answers and values under both models of observation, against the game that writes the observation out."""

from __future__ import annotations

import numpy as np
import pytest

from ssg_mip import Game, LeaderPolicy, best_response, observed_actions
from ssg_mip.game.observation import Observation, answers_to_actions
from ssg_mip.learning.learners.asymmetric_learning.information import (
    exact_answer,
    information_sets,
    leader_optimum,
    pair_values,
)
from tests.oracles.games import agreement_game, static_game

GAMES = [agreement_game(1, index).to_game() for index in (4, 5, 7, 11)]

every_game = pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)


def policies(game: Game) -> list[LeaderPolicy]:
    rng = np.random.default_rng(0)
    return [LeaderPolicy.uniform(game), *(LeaderPolicy.random(game, rng) for _ in range(4))]


@every_game
def test_the_answer_to_seen_actions_is_the_response_of_the_written_game(game: Game) -> None:
    """Values of both players agree with those of the game whose follower actions are functions."""
    written = observed_actions(game)
    for policy in policies(game):
        expected = best_response(written, policy)
        leader, follower = pair_values(game, policy, exact_answer(game, policy, "action"))
        assert leader == pytest.approx(expected.leader_values, abs=1e-7)
        assert follower == pytest.approx(expected.follower_values, abs=1e-7)
        answers = answers_to_actions(game, expected.follower_policy)
        mix = np.where(game.row_follower == answers[game.row_leader_slot], 1.0, 0.0)
        assert pair_values(game, policy, mix)[0] == pytest.approx(expected.leader_values, abs=1e-7)


@every_game
def test_the_answer_to_the_policy_is_the_best_response(game: Game) -> None:
    for policy in policies(game):
        expected = best_response(game, policy)
        leader, follower = pair_values(game, policy, exact_answer(game, policy, "policy"))
        assert leader == pytest.approx(expected.leader_values, abs=1e-9)
        assert follower == pytest.approx(expected.follower_values, abs=1e-9)


@every_game
def test_information_sets_cover_every_joint_action_once(game: Game) -> None:
    counts: dict[Observation, int] = {"policy": game.num_states, "action": int(game.leader_offsets[-1])}
    for observation, count in counts.items():
        sets = information_sets(game, observation)
        assert len(sets.state) == len(sets.counts) == count
        assert np.array_equal(sets.counts, game.follower_counts[sets.state])
        place = np.searchsorted(sets.offsets, sets.row_entry, side="right") - 1
        assert np.array_equal(sets.state[place], game.row_state)
        assert np.array_equal(sets.row_entry - sets.offsets[place], game.row_follower)


@every_game
def test_no_leader_policy_beats_the_leader_optimum(game: Game) -> None:
    """Against a fixed follower mix the optimum is above every policy's value, and some pure policy reaches it."""
    rng = np.random.default_rng(1)
    mix = rng.random(game.num_rows)
    mix /= np.bincount(game.row_leader_slot, weights=mix)[game.row_leader_slot]
    optimum = leader_optimum(game, mix)
    for policy in policies(game):
        assert np.all(pair_values(game, policy, mix)[0] <= optimum + 1e-9)
    grids = np.meshgrid(*(np.arange(count) for count in game.leader_counts))
    pure = [
        LeaderPolicy.deterministic(game, actions) for actions in np.stack(grids, axis=-1).reshape(-1, game.num_states)
    ]
    best = max((pair_values(game, policy, mix)[0] for policy in pure), key=lambda values: float(values.sum()))
    assert best == pytest.approx(optimum, abs=1e-9)


@pytest.mark.parametrize("observation", ["action", "policy"])
def test_ties_go_to_the_leader(observation: Observation) -> None:
    game = static_game(((0.0, 2.0, 1.0),), ((5.0, 5.0, 5.0),)).to_game()
    assert exact_answer(game, LeaderPolicy.uniform(game), observation).tolist() == [0.0, 1.0, 0.0]
