"""The builder makes the same game as dense arrays, scales, and says everything that is wrong at once."""

from __future__ import annotations

import enum
import time
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from ssg_mip.errors import InvalidGameError
from ssg_mip.game.builder import GameBuilder
from ssg_mip.game.game import Game


def two_docks(**changes: Any) -> GameBuilder:
    """Two states; ``dock`` has two leader actions, ``sea`` two follower actions."""
    builder = GameBuilder("docks", **{"leader_discount": 0.9, "follower_discount": 0.5, **changes})
    builder.add_state("dock", leader_actions=["sail", "stay"], follower_actions=["wait"], initial=1)
    builder.add_state("sea", leader_actions=["drift"], follower_actions=["wave", "wait"])
    return builder


def complete(builder: GameBuilder) -> GameBuilder:
    return (
        builder.add_transition("sea", "drift", "wait", leader_reward=0, follower_reward=-1, next="sea")
        .add_transition("dock", "stay", "wait", leader_reward=1, follower_reward=2, next={"dock": 1})
        .add_transition("dock", "sail", "wait", leader_reward=3, follower_reward=4, next={"sea": 0.25, "dock": 0.75})
        .add_transition("sea", "drift", "wave", leader_reward=5, follower_reward=6, next={"dock": Fraction(1, 1)})
    )


def test_the_order_of_calls_does_not_matter_and_rows_follow_states_and_actions() -> None:
    game = complete(two_docks()).build()
    assert game.state_names == ("dock", "sea")
    assert game.leader_rewards.tolist() == [3, 1, 5, 0]
    assert game.follower_rewards.tolist() == [4, 2, 6, -1]
    assert game.initial.tolist() == [1.0, 0.0]
    assert [game.next_states(row)[0].tolist() for row in range(4)] == [[1, 0], [0], [0], [1]]
    assert game.next_states(0)[1].tolist() == [0.25, 0.75]


def test_without_start_probabilities_the_start_is_uniform() -> None:
    builder = GameBuilder(leader_discount=0, follower_discount=0)
    for name in ("u", "v"):
        builder.add_state(name, leader_actions=["a"], follower_actions=["b"])
        builder.add_transition(name, "a", "b", leader_reward=0, follower_reward=0, next="u")
    assert builder.build().initial.tolist() == [0.5, 0.5]


def test_builder_and_dense_arrays_give_the_same_game() -> None:
    """By name and by array are two spellings of one game, to the last bit."""
    rng = np.random.default_rng(3)
    dense = rng.dirichlet(np.ones(3), size=(3, 2, 2))
    rewards = rng.normal(size=(2, 3, 2, 2))
    direct = Game.from_arrays(dense, *rewards, leader_discount=0.3, follower_discount=0.6)
    builder = GameBuilder(leader_discount=0.3, follower_discount=0.6)
    for s in range(3):
        builder.add_state(f"s{s}", leader_actions=["a0", "a1"], follower_actions=["b0", "b1"])
        for a in range(2):
            for b in range(2):
                builder.add_transition(
                    f"s{s}",
                    f"a{a}",
                    f"b{b}",
                    leader_reward=rewards[0, s, a, b],
                    follower_reward=rewards[1, s, a, b],
                    next={f"s{t}": dense[s, a, b, t] for t in range(3)},
                )
    assert builder.build().same_as(direct)


def test_the_builder_can_go_on_after_a_refused_build() -> None:
    builder = two_docks()
    with pytest.raises(InvalidGameError, match="4 problems"):
        builder.build()
    assert complete(builder).build().num_rows == 4


def test_every_problem_is_listed_with_its_place() -> None:
    builder = two_docks(follower_discount=1.0)
    builder.add_transition("dock", "swim", "wait", leader_reward=0, follower_reward=0, next="dock")
    builder.add_transition("port", "sail", "wait", leader_reward=0, follower_reward=0, next="dock")
    builder.add_transition("dock", "sail", "wait", leader_reward=True, follower_reward=0, next={"dock": 0.5})
    builder.add_transition("dock", "sail", "wait", leader_reward=0, follower_reward=0, next="moon")
    builder.add_transition("sea", "drift", "wave", leader_reward=0, follower_reward=float("nan"), next="sea")
    with pytest.raises(InvalidGameError) as caught:
        builder.build()
    text = str(caught.value)
    for expected in (
        "docks has 10 problems",
        "follower_discount is 1.0; it must be a number in [0, 1): without discounting",
        "transitions[s=dock, a=swim, b=wait].leader_action is 'swim'; state 'dock' has only 'sail', 'stay'",
        "transitions[s=port, a=sail, b=wait].state is 'port'; there is no such state",
        "transitions[s=dock, a=sail, b=wait].leader_reward is True; it must be a finite number",
        "transitions[s=dock, a=sail, b=wait].next sums to 0.5; it must sum to 1",
        "transitions[s=dock, a=sail, b=wait].next.moon is not a state",
        "transitions[s=dock, a=sail, b=wait] repeats",
        "transitions[s=sea, a=drift, b=wave].follower_reward is nan",
        "transitions say nothing about s=dock, a=stay, b=wait; add that joint action",
        "transitions say nothing about s=sea, a=drift, b=wait; add that joint action",
    ):
        assert expected in text


def test_missing_joint_actions_are_named_ten_at_most_and_the_rest_counted() -> None:
    builder = GameBuilder("big", leader_discount=0, follower_discount=0)
    builder.add_state(
        "s", leader_actions=[f"a{i}" for i in range(2000)], follower_actions=[f"b{i}" for i in range(2000)]
    )
    start = time.perf_counter()
    with pytest.raises(InvalidGameError) as caught:
        builder.build()
    assert time.perf_counter() - start < 1.0
    assert "4000000 problems" in str(caught.value)
    assert "say nothing about s=s, a=a0, b=b0" in str(caught.value)
    assert "3999990 more" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 12


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"name": "dock", "leader_actions": ["x"], "follower_actions": ["y"]}, "states.dock is added twice"),
        ({"name": "", "leader_actions": ["x"], "follower_actions": ["y"]}, "is named ''"),
        ({"name": "isle", "leader_actions": [], "follower_actions": ["y"]}, "states.isle.leader_actions is empty"),
        ({"name": "isle", "leader_actions": ["x"], "follower_actions": ["y", "y"]}, "holds 'y' twice"),
        ({"name": "isle", "leader_actions": ["x"], "follower_actions": ["y"], "initial": 0.5}, "initial sums to 1.5"),
        ({"name": "isle", "leader_actions": ["x"], "follower_actions": ["y"], "initial": -1}, "initial.isle is -1"),
    ],
)
def test_states_that_cannot_be_are_named(state: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidGameError, match=message.replace(".", r"\.")):
        complete(two_docks()).add_state(**state).build()


@pytest.mark.parametrize("value", [10**400, float("inf"), "1", None, 1j, True])
def test_rewards_that_are_no_finite_numbers_are_refused(value: Any) -> None:
    builder = GameBuilder(leader_discount=0, follower_discount=0)
    builder.add_state("s", leader_actions=["a"], follower_actions=["b"])
    builder.add_transition("s", "a", "b", leader_reward=value, follower_reward=0, next="s")
    with pytest.raises(InvalidGameError, match=r"leader_reward is .*; it must be a finite number"):
        builder.build()


def test_a_string_where_a_list_of_names_belongs_is_refused_at_once() -> None:
    with pytest.raises(InvalidGameError, match="give a list of names"):
        GameBuilder(leader_discount=0, follower_discount=0).add_state("s", leader_actions="ab", follower_actions=["b"])


def test_what_is_no_name_is_refused_at_once() -> None:
    builder = two_docks()
    for wrong in (None, ["wait"], object(), {"wait"}, b"wait", ("wait", None)):
        with pytest.raises(InvalidGameError, match="names must be strings, numbers, or tuples of these"):
            builder.add_transition("dock", "sail", wrong, leader_reward=0, follower_reward=0, next="dock")
        with pytest.raises(
            InvalidGameError, match=r"next holds .*; names must be strings, numbers, or tuples of these"
        ):
            builder.add_transition("dock", "sail", "wait", leader_reward=0, follower_reward=0, next=wrong)
        with pytest.raises(InvalidGameError, match="names must be strings, numbers, or tuples of these"):
            builder.add_state("s", leader_actions=[wrong], follower_actions=["b"])
    with pytest.raises(InvalidGameError, match="next holds 2 states with 1 names"):
        builder.add_transition("dock", "sail", "wait", leader_reward=0, follower_reward=0, next={1: 0.5, "1": 0.5})


def test_numbers_tuples_and_enums_are_names() -> None:
    """As ``str`` of them, NumPy's scalars as Python's: cells of a grid need no spelling out."""

    class Side(enum.Enum):
        LEFT = 0

    builder = GameBuilder(leader_discount=0, follower_discount=0)
    for cell in ((0, 0), (np.int64(0), np.int64(1))):
        builder.add_state(cell, leader_actions=[0, np.int64(1)], follower_actions=[Side.LEFT], initial=0.5)
        for action in (0, 1):
            builder.add_transition(cell, action, Side.LEFT, leader_reward=0, follower_reward=0, next=(0, action))
    game = builder.build()
    assert game.state_names == ("(0, 0)", "(0, 1)")
    assert game.leader_actions == (("0", "1"),) * 2
    assert game.follower_actions == (("Side.LEFT",),) * 2
    assert game.successors.tolist() == [0, 1, 0, 1]


def test_rounded_probabilities_are_normalised_if_asked() -> None:
    """Without that the sum is refused, and the message names the option."""
    builder = GameBuilder(leader_discount=0, follower_discount=0)
    for state in "uvw":
        builder.add_state(state, leader_actions=["a"], follower_actions=["b"], initial=0.333)
        moves = {"u": 0.333, "v": 0.333, "w": 0.333}
        builder.add_transition(state, "a", "b", leader_reward=0, follower_reward=0, next=moves)
    with pytest.raises(InvalidGameError, match=r"sums to 0\.999.*; .* or build\(normalise=True\) to divide them"):
        builder.build()
    game = builder.build(normalise=True)
    assert game.probabilities == pytest.approx(np.full(9, 1 / 3), abs=1e-15)
    assert game.initial == pytest.approx(np.full(3, 1 / 3), abs=1e-15)
    builder.add_state("x", leader_actions=["a"], follower_actions=["b"])
    builder.add_transition("x", "a", "b", leader_reward=0, follower_reward=0, next={"u": 0.0})
    with pytest.raises(InvalidGameError, match=r"next sums to 0\.0"):
        builder.build(normalise=True)


def test_probabilities_of_single_precision_may_miss_one_by_its_rounding() -> None:
    """0.1 + 0.2 + 0.7 in single precision misses 1 by 7e-9, which doubles must not."""
    for kind, accepted in ((np.float32, True), (float, False)):
        builder = GameBuilder(leader_discount=0, follower_discount=0)
        moves: dict[str, Any] = {name: kind(np.float32(share)) for name, share in (("u", 0.1), ("v", 0.2), ("w", 0.7))}
        for state in moves:
            builder.add_state(state, leader_actions=["a"], follower_actions=["b"], initial=moves[state])
            builder.add_transition(state, "a", "b", leader_reward=0, follower_reward=0, next=moves)
        if accepted:
            assert builder.build().probabilities.reshape(3, 3).sum(axis=1) == pytest.approx(np.ones(3), abs=1e-15)
        else:
            with pytest.raises(InvalidGameError, match=r"sums to 0\.99999999"):
                builder.build()


def test_a_builder_without_states_is_refused() -> None:
    with pytest.raises(InvalidGameError, match="add at least one state"):
        GameBuilder(leader_discount=0, follower_discount=0).build()


def test_two_thousand_states_with_sixteen_joint_actions_build_within_seconds() -> None:
    """The size that the issue names; a quadratic step anywhere would take minutes."""
    start = time.perf_counter()
    builder = GameBuilder(leader_discount=0.9, follower_discount=0.9)
    leader, follower = [f"a{i}" for i in range(4)], [f"b{i}" for i in range(4)]
    for s in range(2000):
        builder.add_state(f"s{s}", leader_actions=leader, follower_actions=follower)
        moves = {f"s{(s + k) % 2000}": 0.2 for k in range(5)}
        for a in leader:
            for b in follower:
                builder.add_transition(f"s{s}", a, b, leader_reward=1, follower_reward=2, next=moves)
    game = builder.build()
    assert (game.num_states, game.num_rows, len(game.successors)) == (2000, 32_000, 160_000)
    assert time.perf_counter() - start < 10.0
