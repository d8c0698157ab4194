"""A game is validated once, keeps its numbers to the last bit, and stays small in memory."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest

from ssg_mip.errors import InvalidGameError
from ssg_mip.game.game import Game

HALF = np.full((2, 2, 3, 2), 0.5)
ZERO = np.zeros((2, 2, 3))


def game(**changes: Any) -> Game:
    """Two states, two leader and three follower actions, with some arguments changed."""
    arguments: dict[str, Any] = {
        "transition": HALF,
        "leader_reward": ZERO,
        "follower_reward": ZERO,
        "leader_discount": 0.9,
        "follower_discount": 0.8,
        **changes,
    }
    return Game.from_arrays(
        arguments.pop("transition"), arguments.pop("leader_reward"), arguments.pop("follower_reward"), **arguments
    )


def with_value(array: np.ndarray[Any, Any], place: tuple[int, ...], value: Any) -> np.ndarray[Any, Any]:
    changed = np.array(array, dtype=float)
    changed[place] = value
    return changed


def test_dense_arrays_become_rows_ordered_by_state_leader_action_and_follower_action() -> None:
    rewards = np.arange(12.0).reshape(2, 2, 3)
    dense = np.zeros((2, 2, 3, 2))
    dense[..., 0] = 1.0
    dense[1, 0, 2] = [0.25, 0.75]
    built = game(transition=dense, leader_reward=rewards, follower_reward=-rewards)
    row = built.row(1, 0, 2)
    assert row == 8
    assert built.leader_rewards[row] == rewards[1, 0, 2]
    assert built.follower_rewards[row] == -rewards[1, 0, 2]
    assert [part.tolist() for part in built.next_states(row)] == [[0, 1], [0.25, 0.75]]
    assert np.array_equal(built.dense_transition, dense.reshape(12, 2))
    assert (built.row_state[row], built.row_leader[row], built.row_follower[row]) == (1, 0, 2)
    assert len(built.successors) == 13  # zeros are not stored


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"transition": HALF[..., 0]}, r"transition has shape \(2, 2, 3\); it must be \[s, a, b, t\]"),
        ({"transition": HALF[:1]}, r"transition has shape \(1, 2, 3, 2\)"),
        ({"transition": HALF[:, :0]}, "nothing empty"),
        ({"transition": [[1.0], [0.5, 0.5]]}, "transition is not a regular array"),
        ({"transition": HALF.astype(complex)}, "transition has element type complex128; it must hold real numbers"),
        ({"transition": HALF > 0}, "transition has element type bool"),
        ({"transition": HALF.astype(str)}, "transition has element type"),
        ({"leader_reward": ZERO.astype(object)}, "leader_reward has element type object"),
        ({"leader_reward": ZERO[0]}, r"leader_reward has shape \(2, 3\); it must be \[s, a, b\] = \(2, 2, 3\)"),
        ({"follower_reward": ZERO.T}, r"follower_reward has shape \(3, 2, 2\)"),
        ({"leader_reward": with_value(ZERO, (1, 0, 2), np.nan)}, r"leader_reward\[s=s1, a=a0, b=b2\] is nan"),
        ({"follower_reward": with_value(ZERO, (0, 1, 0), np.inf)}, r"follower_reward\[s=s0, a=a1, b=b0\] is inf"),
        ({"transition": with_value(HALF, (0, 1, 2, 1), 0.47)}, r"transitions\[s=s0, a=a1, b=b2\] sum to 0\.97"),
        ({"transition": with_value(HALF, (0, 1, 2, 1), -0.5)}, r"transitions\[s=s0, a=a1, b=b2\] hold the .* -0\.5"),
        ({"transition": with_value(HALF, (1, 1, 1, 0), np.nan)}, r"transitions\[s=s1, a=a1, b=b1\] hold the .* nan"),
        ({"transition": with_value(HALF, (1, 0, 0), 0.0)}, r"transitions\[s=s1, a=a0, b=b0\] lead nowhere"),
        ({"leader_discount": 1.0}, r"leader_discount is 1\.0; it must be a number in \[0, 1\): .* end state"),
        ({"follower_discount": -0.1}, r"follower_discount is -0\.1"),
        ({"follower_discount": float("nan")}, "follower_discount is nan"),
        ({"leader_discount": True}, "leader_discount is True; it must be a number"),
        ({"leader_discount": "0.9"}, "leader_discount is '0.9'"),
        ({"initial": [0.5, 0.4]}, r"initial sums to 0\.9"),
        ({"initial": [1.0]}, r"initial has shape \(1,\); it must be \(2,\)"),
        ({"initial": [1.5, -0.5]}, r"initial\[s=s1\] is -0\.5"),
        ({"state_names": ["u"]}, "state_names holds 1 names; the arrays have 2"),
        ({"state_names": ["u", "u"]}, "state_names holds 'u' twice"),
        ({"state_names": ["u", ""]}, "names must be non-empty strings"),
        ({"state_names": ["u", None]}, "state_names holds None; names must be strings, numbers, or tuples of these"),
        ({"state_names": [1, "1"]}, "state_names holds '1' twice"),
        ({"state_names": "uv"}, "state_names is 'uv'; give a list of names"),
        ({"state_names": ["u", "a\tb"]}, "control characters"),
        ({"leader_actions": ["x", "x"]}, r"leader_actions\[s=s0\] holds 'x' twice"),
        ({"follower_actions": ["x", "y"]}, "follower_actions holds 2 names; the arrays have 3"),
    ],
)
def test_arrays_that_are_no_game_are_refused_with_the_place(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidGameError, match=message):
        game(**changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"successors": [0, 2] * 12}, r"successors\[1\] is 2; states are 0\.\.1"),
        ({"successors": [0, 0] * 12}, r"transitions\[s=s0, a=a0, b=b0\] name the next state 's0' twice; merge them"),
        ({"successors": [0.5, 1] * 12}, "successors must hold whole numbers"),
        ({"indptr": np.arange(12) * 2}, "indptr must rise from 0 with 13 entries"),
        ({"indptr": np.arange(13)[::-1] * 2}, "indptr must rise from 0"),
        ({"indptr": np.arange(13)}, r"must both have indptr\[-1\] = 12 entries"),
        ({"leader_rewards": np.zeros(11)}, r"leader_rewards has shape \(11,\); it must be \(12,\)"),
        ({"leader_actions": (("a",),)}, "leader_actions is given for 1 states; there are 2"),
        ({"leader_actions": (("a0", "a1"), ())}, r"leader_actions\[s=s1\] is empty"),
        ({"state_names": ()}, "the game has no states"),
    ],
)
def test_flat_arrays_that_do_not_fit_together_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidGameError, match=message):
        game().replace(**changes)


def test_offsets_whose_differences_wrap_around_are_refused() -> None:
    """int64 differences of these offsets are all positive, though the offsets fall."""
    offsets = np.arange(13) * 2
    offsets[4], offsets[5] = 2**63 - 1, -(2**63)
    with pytest.raises(InvalidGameError, match="indptr must rise from 0"):
        game().replace(indptr=offsets)


def test_a_sum_within_the_tolerance_is_made_exact_and_rounding_noise_is_left_alone() -> None:
    close = with_value(HALF, (0, 0, 0, 0), 0.5 + 4e-10)
    built = game(transition=close, initial=[0.5, 0.5 + 4e-10])
    assert built.probabilities[:2].sum() == pytest.approx(1.0, abs=1e-15)
    assert built.initial.sum() == pytest.approx(1.0, abs=1e-15)
    tenths = np.full((10, 1, 1, 10), 0.1)  # sums to 1 - 1.1e-16
    exact = game(transition=tenths, leader_reward=np.zeros((10, 1, 1)), follower_reward=np.zeros((10, 1, 1)))
    assert np.all(exact.probabilities == 0.1)
    with pytest.raises(InvalidGameError, match="sum to"):
        game(transition=with_value(HALF, (0, 0, 0, 0), 0.5 + 2e-9))


def test_rebuilding_a_game_from_its_own_fields_changes_no_bit() -> None:
    rng = np.random.default_rng(0)
    raw = rng.random((4, 2, 2, 4))
    built = Game.from_arrays(
        raw / raw.sum(axis=3, keepdims=True) * (1 + 1e-10),
        *rng.normal(size=(2, 4, 2, 2)),
        leader_discount=0.5,
        follower_discount=0.5,
    )
    assert built.replace().same_as(built)


def test_a_game_and_its_arrays_cannot_be_changed() -> None:
    source = np.array(HALF)
    built = game(transition=source)
    source[:] = 7.0
    assert built.probabilities.max() == 0.5
    for array in (built.probabilities, built.leader_rewards, built.successors, built.initial, built.row_offsets):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    with pytest.raises(AttributeError):
        built.leader_discount = 0.1  # type: ignore[misc]


def test_the_content_hash_sees_names_and_numbers_but_not_labels() -> None:
    one = game()
    assert one.same_as(game(name="other", source="x", known={"y": 1}))
    others = [
        game(leader_discount=0.8),
        game(follower_discount=0.9),
        game(initial=[0.4, 0.6]),
        game(state_names=["u", "v"]),
        game(follower_actions=["x", "y", "z"]),
        game(leader_reward=with_value(ZERO, (0, 0, 0), 1e-300)),
        game(transition=with_value(with_value(HALF, (0, 0, 0, 0), 0.4), (0, 0, 0, 1), 0.6)),
    ]
    assert len({one.content_hash, *(other.content_hash for other in others)}) == len(others) + 1


def test_without_names_and_start_there_are_defaults() -> None:
    built = game()
    assert built.state_names == ("s0", "s1")
    assert built.leader_actions == (("a0", "a1"),) * 2
    assert built.follower_actions == (("b0", "b1", "b2"),) * 2
    assert built.initial.tolist() == [0.5, 0.5]
    assert built.state_index("s1") == 1
    with pytest.raises(InvalidGameError, match="there is no state 'port' in game; states: 's0', 's1'"):
        built.state_index("port")
    assert repr(built) == "Game('game', 2 states, 12 joint actions, 24 transitions, discounts 0.9/0.8)"


def test_action_sets_may_differ_from_state_to_state() -> None:
    built = Game(
        state_names=("u", "v"),
        leader_actions=(("a",), ("a", "b", "c")),
        follower_actions=(("x", "y"), ("x",)),
        indptr=np.arange(6),
        successors=np.zeros(5),
        probabilities=np.ones(5),
        leader_rewards=np.arange(5.0),
        follower_rewards=np.zeros(5),
        leader_discount=0,
        follower_discount=0,
        initial=[1, 0],
    )
    assert built.row_offsets.tolist() == [0, 2, 5]
    assert built.row_leader.tolist() == [0, 0, 0, 1, 2]
    assert built.row_follower.tolist() == [0, 1, 0, 0, 0]
    assert built.row_leader_slot.tolist() == [0, 0, 1, 2, 3]
    assert built.row_follower_slot.tolist() == [0, 1, 2, 2, 2]
    assert built.row(1, 2, 0) == 4


def test_two_thousand_states_take_far_less_than_a_hundred_megabytes() -> None:
    """2,000 x 4 x 4 with 5 successors: memory goes with the 160,000 non-zeros, not with the 64 million cells."""
    states, rows = 2000, 2000 * 16
    tracemalloc.start()
    built = Game(
        state_names=tuple(f"s{index}" for index in range(states)),
        leader_actions=(("a0", "a1", "a2", "a3"),) * states,
        follower_actions=(("b0", "b1", "b2", "b3"),) * states,
        indptr=np.arange(rows + 1) * 5,
        successors=((np.arange(rows)[:, None] + 7 * np.arange(5)) % states).ravel(),
        probabilities=np.full(5 * rows, 0.2),
        leader_rewards=np.ones(rows),
        follower_rewards=np.ones(rows),
        leader_discount=0.9,
        follower_discount=0.9,
        initial=np.full(states, 1.0 / states),
    )
    assert built.row_follower_slot[-1] == 4 * states - 1
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 10 * 2**20
    assert peak < 40 * 2**20
