"""Policies are distributions over the actions that each state has, by array or by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssg_mip.errors import InvalidPolicyError
from ssg_mip.game.builder import GameBuilder
from ssg_mip.game.game import Game
from ssg_mip.game.policy import FollowerPolicy, LeaderPolicy


def uneven() -> Game:
    """State ``u`` has one leader action, ``v`` three; follower actions 2 and 1."""
    builder = GameBuilder(leader_discount=0, follower_discount=0)
    actions = {"u": (["a"], ["x", "y"]), "v": (["a", "b", "c"], ["x"])}
    for state, (leader, follower) in actions.items():
        builder.add_state(state, leader_actions=leader, follower_actions=follower)
        for a in leader:
            for b in follower:
                builder.add_transition(state, a, b, leader_reward=0, follower_reward=0, next="u")
    return builder.build()


GAME = uneven()


def test_uniform_gives_each_available_action_the_same_probability() -> None:
    assert LeaderPolicy.uniform(GAME).probabilities.tolist() == [[1, 0, 0], [1 / 3, 1 / 3, 1 / 3]]


def test_deterministic_plays_one_action_per_state() -> None:
    assert LeaderPolicy.deterministic(GAME, [0, 2]).probabilities.tolist() == [[1, 0, 0], [0, 0, 1]]
    for wrong in ([1, 0], [0, 3], [0, -1], [0]):
        with pytest.raises(InvalidPolicyError, match="one available action per state"):
            LeaderPolicy.deterministic(GAME, wrong)


def test_random_policies_repeat_with_the_seed_and_use_available_actions_only() -> None:
    one = LeaderPolicy.random(GAME, np.random.default_rng(4))
    two = LeaderPolicy.random(GAME, np.random.default_rng(4))
    assert np.array_equal(one.probabilities, two.probabilities)
    assert one.probabilities[0].tolist() == [1, 0, 0]
    assert one.probabilities[1].min() > 0


@given(st.lists(st.floats(0, 1e6) | st.just(0.0), min_size=4, max_size=4))
def test_weights_per_slot_are_normalised_state_by_state(weights: list[float]) -> None:
    policy = LeaderPolicy.from_slots(GAME, weights)
    assert policy.probabilities.sum(axis=1) == pytest.approx([1, 1])
    total = sum(weights[1:])
    expected = [w / total for w in weights[1:]] if total > 0 else [1 / 3] * 3
    assert policy.slots(GAME)[1:] == pytest.approx(expected)


@given(st.integers(0, 10**6))
def test_names_and_arrays_are_two_spellings_of_one_policy(seed: int) -> None:
    policy = LeaderPolicy.random(GAME, np.random.default_rng(seed))
    table = policy.to_names(GAME)
    assert list(table["v"]) == ["a", "b", "c"]
    assert np.array_equal(LeaderPolicy.from_names(GAME, table).probabilities, policy.probabilities)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"u": {"a": 1}}, "says nothing about state 'v'"),
        ({"u": {"a": 1}, "v": {"a": 1}, "w": {}}, "unknown state 'w'"),
        ({"u": {"b": 1}, "v": {"a": 1}}, "unknown leader action 'b' in state 'u'"),
        ({"u": {"a": 1}, "v": {"a": 0.5}}, "the probabilities of the policy in state 'v' sum to 0.5"),
    ],
)
def test_tables_that_are_no_policy_are_refused(table: dict[str, dict[str, float]], message: str) -> None:
    with pytest.raises(InvalidPolicyError, match=message):
        LeaderPolicy.from_names(GAME, table)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        ([0.5, 0.5], r"has shape \(2,\); it must be \[s, a\]"),
        ([[1.5, -0.5]], "negative or non-finite"),
        ([[np.nan, 1.0]], "negative or non-finite"),
        ([[0.5, 0.4]], r"row 0 sums to .*0\.9"),
    ],
)
def test_arrays_that_are_no_policy_are_refused(array: Any, message: str) -> None:
    with pytest.raises(InvalidPolicyError, match=message):
        LeaderPolicy(np.array(array))


def test_a_policy_that_does_not_fit_the_game_is_refused_when_used() -> None:
    with pytest.raises(InvalidPolicyError, match=r"has shape \(2, 2\); game needs \(2, 3\)"):
        LeaderPolicy(np.eye(2)).slots(GAME)
    with pytest.raises(InvalidPolicyError, match="an action that its state does not have"):
        LeaderPolicy(np.array([[0, 1, 0], [1, 0, 0]], dtype=float)).slots(GAME)


def test_policies_are_private_read_only_copies() -> None:
    array = np.array([[1.0, 0.0]])
    policy = LeaderPolicy(array)
    array[0] = 7.0
    assert policy.probabilities.tolist() == [[1.0, 0.0]]
    with pytest.raises(ValueError, match="read-only"):
        policy.probabilities[0, 0] = 0.5


def test_a_follower_policy_names_one_available_action_per_state() -> None:
    policy = FollowerPolicy(np.array([1, 0]))
    assert policy.to_names(GAME) == {"u": "y", "v": "x"}
    assert policy.slots(GAME).tolist() == [1, 2]
    for wrong in ([0, 1], [2, 0], [-1, 0], [0]):
        with pytest.raises(InvalidPolicyError, match="one available action per state"):
            FollowerPolicy(np.array(wrong)).slots(GAME)


def test_rows_are_normalised_unless_they_are_off_by_rounding_only() -> None:
    """Nine digits of a third: within the tolerance, but values would be off by a multiple of it."""
    policy = LeaderPolicy(np.array([[0.333333333, 0.333333333, 0.333333333], [0.1, 0.2, 0.7]]))
    assert policy.probabilities.sum(axis=1) == pytest.approx([1.0, 1.0], abs=1e-15)
    assert policy.probabilities[1].tolist() == [0.1, 0.2, 0.7]


def test_states_with_a_single_action_may_be_left_out() -> None:
    """State ``u`` has one action, state ``v`` three: a table about ``v`` says it all."""
    assert [len(actions) for actions in GAME.leader_actions] == [1, 3]
    short = LeaderPolicy.from_names(GAME, {"v": {"b": 1.0}})
    whole = LeaderPolicy.from_names(GAME, {"u": {"a": 1.0}, "v": {"b": 1.0}})
    assert np.array_equal(short.probabilities, whole.probabilities)
    with pytest.raises(InvalidPolicyError, match="state 'u' sum to 0"):
        LeaderPolicy.from_names(GAME, {"u": {}, "v": {"b": 1.0}})
