"""Seeing the realised action, written out as an ordinary game."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from ssg_mip import FollowerPolicy, Game, LeaderPolicy, best_response, observed_actions, solve
from ssg_mip.errors import InvalidPolicyError, OptionError
from ssg_mip.game.observation import answers_to_actions
from ssg_mip.library import MATRIX_GAMES, matrix_game, random_game
from tests.oracles.games import agreement_game

SWEEPS = 300
"""Sweeps of value iteration: with discount 0.8 what is left is below 1e-28."""


def values_by_iteration(game: Game, policies: np.ndarray) -> np.ndarray:
    """Leader values ``[policies, states]`` where the follower sees ``a``: ``v(s) = sum_a f(a|s) max_b q(s, a, b)``.

    Every state must have the same actions; ``policies[i, s, a]``. Ties go to the lowest action.
    """
    shape = (game.num_states, int(game.leader_counts[0]), int(game.follower_counts[0]))
    moves = game.dense_transition.reshape(*shape, game.num_states)
    leader_reward, follower_reward = game.leader_rewards.reshape(shape), game.follower_rewards.reshape(shape)
    follower, leader = np.zeros((2, len(policies), game.num_states))
    for _ in range(SWEEPS):
        q = follower_reward + game.follower_discount * np.einsum("sabt,it->isab", moves, follower)
        follower = np.einsum("isa,isa->is", policies, q.max(axis=3))
    answers = np.eye(shape[2])[q.argmax(axis=3)]
    reward = np.einsum("isa,isab,sab->is", policies, answers, leader_reward)
    chain = np.einsum("isa,isab,sabt->ist", policies, answers, moves)
    for _ in range(SWEEPS):
        leader = reward + game.leader_discount * np.einsum("ist,it->is", chain, leader)
    return leader


def test_the_response_in_the_written_game_is_the_maximum_after_each_action() -> None:
    """Exact values of the transformed game equal an iteration that never forms functions."""
    game = random_game(seed=4, states=3, leader_actions=3, leader_discount=0.8, follower_discount=0.8)
    written = observed_actions(game)
    assert written.follower_counts.tolist() == [8, 8, 8]
    rng = np.random.default_rng(0)
    for _ in range(10):
        policy = LeaderPolicy.random(game, rng)
        expected = values_by_iteration(game, policy.probabilities[None])[0]
        assert best_response(written, policy).leader_values == pytest.approx(expected, abs=1e-9)


def test_the_optimum_of_the_written_game_is_that_of_a_grid_of_policies() -> None:
    """No policy on a fine grid, zoomed in on thrice, does better than the proven optimum, and the best comes close."""
    game = random_game(seed=7, states=2, leader_discount=0.8, follower_discount=0.8)
    result = solve(observed_actions(game), method="commitment", gap=1e-6)
    centre, width, best = np.full(2, 0.5), 0.5, -np.inf
    for _ in range(4):
        axes = [np.clip(np.linspace(middle - width, middle + width, 41), 0.0, 1.0) for middle in centre]
        first = np.array(list(itertools.product(*axes)))
        values = values_by_iteration(game, np.stack((first, 1.0 - first), axis=2)) @ game.initial
        if values.max() > best:
            best, centre = float(values.max()), first[values.argmax()]
        width /= 10.0
    assert best <= result.dual_bound + 1e-9
    assert best == pytest.approx(result.leader_value, abs=1e-3)


@pytest.mark.parametrize("name", MATRIX_GAMES)
def test_in_static_games_commitment_is_worth_the_best_pure_row(name: str) -> None:
    """Maintain is worth 20 to a leader who mixes as well: the paper's figure, under the paper's model."""
    game = matrix_game(name)
    result = solve(observed_actions(game), method="commitment")
    assert result.leader_value == pytest.approx(MATRIX_GAMES[name].pure_values[0], abs=1e-6)
    assert result.status.name == "OPTIMAL"


def test_answers_translate_back() -> None:
    """The function of a state, read action by action, is the one that the action's name spells out."""
    game = agreement_game(1, 11).to_game()
    written = observed_actions(game)
    policy = best_response(written, LeaderPolicy.uniform(written)).follower_policy
    answers = answers_to_actions(game, policy)
    for state, spelled in enumerate(policy.to_names(written).values()):
        for a, part in enumerate(spelled.split(",")):
            b = answers[game.leader_offsets[state] + a]
            assert part == f"{game.leader_actions[state][a]}:{game.follower_actions[state][b]}"


def test_a_policy_of_another_game_is_refused() -> None:
    """One with other states, and one with a function that a state does not have."""
    game = random_game()
    for actions in ([0, 0], [0, 0, 4], [0, 0, -1]):
        with pytest.raises(InvalidPolicyError, match=r"does not fit .* one function per state"):
            answers_to_actions(game, FollowerPolicy(np.array(actions)))


def test_too_many_functions_are_refused() -> None:
    """The message says how many there would be and what the limit is."""
    game = random_game(leader_actions=7, follower_actions=4)
    with pytest.raises(OptionError, match=r"4\^7 = 16384 functions.*at most 4096 are"):
        observed_actions(game)
