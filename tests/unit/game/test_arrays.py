"""Arrays of many kinds become the same game, or are refused with the way out."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from ssg_mip import Game
from ssg_mip.base.tolerances import probability_tolerance
from ssg_mip.errors import InvalidGameError

RNG = np.random.default_rng(0)
MOVES = RNG.dirichlet(np.ones(3), size=(3, 2, 2))
LEADER, FOLLOWER = RNG.random((3, 2, 2)), RNG.random((3, 2, 2))
DISCOUNTS: dict[str, Any] = {"leader_discount": 0.9, "follower_discount": 0.8}


def made(transition: Any = MOVES, leader: Any = LEADER, follower: Any = FOLLOWER, **options: Any) -> Game:
    return Game.from_arrays(transition, leader, follower, **{**DISCOUNTS, **options})


# -------------------------------------------------------------------- precision and rounding


@pytest.mark.parametrize("kind", [np.float16, np.float32])
@pytest.mark.parametrize("states", [3, 300])
def test_rows_of_low_precision_are_accepted_and_normalised(kind: Any, states: int) -> None:
    """A row that was normalised in its own precision sums to one there only; it is divided by its sum."""
    raw = RNG.random((states, 1, 1, states)).astype(kind)
    rows = raw / raw.sum(axis=-1, keepdims=True, dtype=kind)
    off = np.abs(rows.astype(float).sum(axis=-1) - 1.0).max()
    assert off > 1e-9
    rewards = np.zeros((states, 1, 1))
    game = made(rows, rewards, rewards, initial=rows[0, 0, 0])
    sums = np.add.reduceat(game.probabilities, game.indptr[:-1])
    assert np.abs(sums - 1.0).max() < 1e-14
    assert abs(game.initial.sum() - 1.0) < 1e-14
    assert np.abs(game.dense_transition.ravel() - rows.ravel()).max() < 2 * off
    with pytest.raises(InvalidGameError, match="must sum to 1 within 1e-09"):
        made(rows.astype(float), rewards, rewards)


def test_the_tolerance_is_that_of_the_precision_and_no_more() -> None:
    """Single precision: 9.5e-7; a row off by twice that is refused, one off by half of it is not."""
    tolerance = probability_tolerance(np.dtype(np.float32))
    assert tolerance == pytest.approx(9.54e-7, rel=1e-3)
    assert probability_tolerance(np.dtype(np.float64)) == probability_tolerance(np.dtype(np.int64)) == 1e-9
    row = np.array([[[[0.5, 0.5]]], [[[0.0, 1.0]]]], dtype=np.float32)
    zero = np.zeros((2, 1, 1))
    for factor, accepted in ((0.5, True), (2.0, False)):
        off = row.copy()
        off[0, 0, 0, 0] += np.float32(factor * tolerance)
        if accepted:
            assert made(off, zero, zero).probabilities.sum() == pytest.approx(2.0, abs=1e-15)
        else:
            with pytest.raises(InvalidGameError, match=r"sum to 1\.0000019.*within 9\.53674e-07"):
                made(off, zero, zero)


def test_rounded_probabilities_are_refused_with_the_option_that_divides_them() -> None:
    rounded = np.round(MOVES, 3)
    with pytest.raises(InvalidGameError, match=r"transitions\[s=s\d, a=a\d, b=b\d\] sum to .*normalise=True"):
        made(rounded)
    game = made(rounded, normalise=True)
    assert game.dense_transition == pytest.approx((rounded / rounded.sum(-1, keepdims=True)).reshape(12, 3))
    counts = np.array([[[[3, 1]]], [[[0, 7]]]])
    zero = np.zeros((2, 1, 1))
    with pytest.raises(InvalidGameError, match=r"initial sums to 4\.0; .*normalise=True"):
        made(counts / counts.sum(-1, keepdims=True), zero, zero, initial=[1, 3])
    counted = made(counts, zero, zero, initial=[1, 3], normalise=True)
    assert counted.probabilities.tolist() == [0.75, 0.25, 1.0]
    assert counted.initial.tolist() == [0.25, 0.75]


def test_normalising_does_not_make_distributions_of_what_is_none() -> None:
    zero = np.zeros((2, 1, 1))
    for row, message in (
        ([0.0, 0.0], "lead nowhere"),
        ([-1.0, 3.0], "-1.0"),
        ([np.nan, 1.0], "nan"),
        ([np.inf, 1], "inf"),
    ):
        with pytest.raises(InvalidGameError, match=message):
            made([[[row]], [[[0.0, 1.0]]]], zero, zero, normalise=True)
        with pytest.raises(InvalidGameError, match="initial"):
            made([[[[0, 1]]], [[[0, 1]]]], zero, zero, initial=row, normalise=True)


# -------------------------------------------------------------------- rewards of the next state


def test_rewards_of_the_next_state_are_averaged() -> None:
    """``[s, a, b, t]`` means what play pays on average; rows off by rounding are averaged as they are normalised."""
    leader, follower = RNG.random((3, 2, 2, 3)), RNG.random((3, 2, 2, 3))
    game = made(MOVES, leader, follower)
    assert game.leader_rewards == pytest.approx((MOVES * leader).sum(axis=-1).ravel())
    assert game.follower_rewards == pytest.approx((MOVES * follower).sum(axis=-1).ravel())
    doubled = made(2.0 * MOVES, leader, follower, normalise=True)
    assert doubled.leader_rewards == pytest.approx(game.leader_rewards)
    with pytest.raises(InvalidGameError, match=r"\[s, a, b\] = \(3, 2, 2\), or \[s, a, b, t\]"):
        made(MOVES, leader[..., :2])


def test_a_reward_that_is_never_paid_need_not_be_finite() -> None:
    """The reward of a next state that is never reached does not count; of one that is, it does."""
    never = np.zeros((2, 1, 1, 2))
    never[:, :, :, 1] = -np.inf
    stay = np.array([[[[1.0, 0.0]]], [[[1.0, 0.0]]]])
    assert made(stay, never, np.zeros((2, 1, 1))).leader_rewards.tolist() == [0.0, 0.0]
    with pytest.raises(InvalidGameError, match=r"leader_reward\[s=s0, a=a0, b=b0\] is -inf"):
        made(1.0 - stay, never, np.zeros((2, 1, 1)))


# -------------------------------------------------------------------- sparse


@pytest.mark.parametrize("kind", [sparse.csr_array, sparse.coo_matrix, sparse.dok_array, sparse.csc_matrix])
@pytest.mark.parametrize("container", [list, tuple, "object array"])
def test_sparse_matrices_by_joint_action_are_the_same_game(kind: Any, container: Any) -> None:
    dense = np.where(MOVES < 0.3, 0.0, MOVES)
    dense /= dense.sum(axis=-1, keepdims=True)
    rewards = RNG.random((3, 2, 2, 3))
    tables: list[Any] = []
    for source in (dense, rewards):
        nested: Any = [[kind(source[:, a, b, :]) for b in range(2)] for a in range(2)]
        if container == "object array":
            filled = np.empty((2, 2), dtype=object)
            for a, b in itertools.product(range(2), range(2)):
                filled[a, b] = nested[a][b]
            nested = filled
        else:
            nested = container(container(row) for row in nested)
        tables.append(nested)
    expected = made(dense, rewards, FOLLOWER)
    assert made(tables[0], LEADER, FOLLOWER).same_as(made(dense))
    both = made(tables[0], tables[1], FOLLOWER)
    assert both.leader_rewards == pytest.approx(expected.leader_rewards, abs=1e-15)
    assert made(dense, tables[1], FOLLOWER).leader_rewards == pytest.approx(expected.leader_rewards, abs=1e-15)


def test_sparse_matrices_stay_sparse() -> None:
    """20,000 states would be 3.2 GB as a dense array."""
    count = 20_000
    ring = sparse.csr_array((np.ones(count), (np.arange(count), (np.arange(count) + 1) % count)), shape=(count, count))
    game = made([[ring, ring]], np.zeros((count, 1, 2)), np.zeros((count, 1, 2)), initial=5)
    assert game.successors[:4].tolist() == [1, 1, 2, 2]
    assert len(game.successors) == 2 * count
    assert np.flatnonzero(game.initial).tolist() == [5]


@pytest.mark.parametrize(
    "transition",
    [
        sparse.eye_array(3),
        [sparse.eye_array(3)],
        [[sparse.eye_array(3)], [sparse.eye_array(3)] * 2],
        [[sparse.eye_array(3), MOVES[:, 0, 0]]],
        [[sparse.eye_array(3), sparse.eye_array(2)]],
        [[sparse.eye_array(3, 4)]],
        [[sparse.eye_array(3, dtype=bool)]],
    ],
)
def test_sparse_matrices_of_another_layout_are_refused(transition: Any) -> None:
    with pytest.raises(InvalidGameError, match=r"transition (is|mixes|holds|has)"):
        made(transition)


# -------------------------------------------------------------------- action sets


def ragged() -> Game:
    """State 0 lacks the leader's action 1, state 2 the follower's action 0; written by the flat fields."""
    keep = np.array([[[1, 1], [0, 0]], [[1, 1], [1, 1]], [[0, 1], [0, 1]]], dtype=bool)
    return Game(
        state_names=("s0", "s1", "s2"),
        leader_actions=(("a0",), ("a0", "a1"), ("a0", "a1")),
        follower_actions=(("b0", "b1"), ("b0", "b1"), ("b1",)),
        indptr=3 * np.arange(9),
        successors=np.tile(np.arange(3), 8),
        probabilities=MOVES[keep].ravel(),
        leader_rewards=LEADER[keep],
        follower_rewards=FOLLOWER[keep],
        initial=np.full(3, 1 / 3),
        **DISCOUNTS,
    )


def test_masks_say_which_actions_a_state_has() -> None:
    """What the arrays hold for the others is not looked at: NaN, minus infinity, rows of zeros."""
    moves, leader, follower = MOVES.copy(), LEADER.copy(), FOLLOWER.copy()
    moves[0, 1], leader[0, 1], follower[0, 1] = 0.0, -np.inf, np.nan
    moves[2, :, 0], leader[2, :, 0], follower[2, :, 0] = np.nan, np.nan, -np.inf
    masks = {"leader_available": [[1, 0], [1, 1], [1, 1]], "follower_available": np.array([[1, 1], [1, 1], [0, 1]]) > 0}
    game = made(moves, leader, follower, **masks)
    assert game.same_as(ragged())
    named = made(moves, leader, follower, leader_actions=["go", "stay"], **masks)
    assert named.leader_actions == (("go",), ("go", "stay"), ("go", "stay"))
    wide = made(moves, np.broadcast_to(leader[..., None], (3, 2, 2, 3)), follower, **masks)
    assert wide.leader_rewards == pytest.approx(game.leader_rewards)


def test_lists_of_names_for_each_state_say_which_actions_it_has() -> None:
    """They name the first actions of the arrays; with a mask, the available ones."""
    moves = np.concatenate((MOVES, np.full((3, 2, 1, 3), np.nan)), axis=2)
    pad = np.full((3, 2, 1), -np.inf)
    arguments = (moves, np.concatenate((LEADER, pad), axis=2), np.concatenate((FOLLOWER, pad), axis=2))
    game = made(*arguments, leader_actions=[["a0"], ["a0", "a1"], ["a0", "a1"]], follower_actions=[["b0", "b1"]] * 3)
    assert game.leader_actions == (("a0",), ("a0", "a1"), ("a0", "a1"))
    assert game.leader_rewards == pytest.approx(LEADER[np.array([[1, 0], [1, 1], [1, 1]], dtype=bool)].ravel())
    masked = made(
        *arguments,
        leader_available=[[True, False], [True, True], [True, True]],
        follower_actions=[["b0", "b1"], ["b0", "b1"], ["b1"]],
        follower_available=[[1, 1, 0], [1, 1, 0], [0, 1, 0]],
    )
    assert masked.same_as(ragged())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"leader_available": [[1, 0], [1, 1]]}, r"leader_available has shape \(2, 2\) .* array \(3, 2\) of True"),
        ({"leader_available": [[1, 0], [1, 1], [1, 2]]}, "leader_available has"),
        ({"leader_available": [[1, 0], [1], [1, 1]]}, "leader_available is not a regular array"),
        ({"leader_available": "yes"}, "leader_available has"),
        ({"follower_available": [[0, 0], [1, 1], [1, 1]]}, r"follower_actions\[s=s0\] is empty"),
        ({"leader_actions": [["a"], ["a"]]}, "leader_actions holds 2 lists of names; there must be one for each of 3"),
        ({"leader_actions": [["a"] * 3] * 3}, r"leader_actions\[0\] holds 3 names; the arrays have 2 actions"),
        ({"leader_actions": [["a"]] * 3, "leader_available": [[1, 1]] * 3}, r"leader_actions\[0\] holds 1 names"),
        ({"leader_actions": ["a", "b", "c"]}, "leader_actions holds 3 names; the arrays have 2"),
        ({"leader_actions": 7}, "leader_actions is 7; give a list of names"),
    ],
)
def test_action_sets_that_do_not_fit_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidGameError, match=message):
        made(**options)


def test_minus_infinity_is_refused_with_the_way_to_forbid_an_action() -> None:
    forbidden = np.where(np.eye(2)[None] > 0, -np.inf, LEADER)
    with pytest.raises(
        InvalidGameError, match=r"is -inf; it must be finite: to forbid .*GameBuilder, or leader_available"
    ):
        made(leader=forbidden)


# -------------------------------------------------------------------- names and start


def test_states_and_actions_may_be_numbers_and_tuples() -> None:
    game = made(state_names=[(0, 1), (1, 2), (2, np.int64(2))], leader_actions=range(2), follower_actions=[(0,), (1,)])
    assert game.state_names == ("(0, 1)", "(1, 2)", "(2, 2)")
    assert game.leader_actions[0] == ("0", "1")
    assert game.follower_actions[0] == ("(0,)", "(1,)")


@pytest.mark.parametrize(
    ("initial", "names", "expected"),
    [
        (1, None, [0, 1, 0]),
        (np.int64(2), None, [0, 0, 1]),
        ("s2", None, [0, 0, 1]),
        ((1, 2), [(0, 1), (1, 2), (2, 2)], [0, 1, 0]),
        ("(1, 2)", [(0, 1), (1, 2), (2, 2)], [0, 1, 0]),
        (0, [5, 3, 0], [0, 0, 1]),
        ({"s0": 0.25, 2: 0.75}, None, [0.25, 0, 0.75]),
        ((0.5, 0.25, 0.25), None, [0.5, 0.25, 0.25]),
        (None, None, [1 / 3] * 3),
    ],
)
def test_the_start_is_a_state_by_name_or_position_or_a_distribution(initial: Any, names: Any, expected: Any) -> None:
    """A state's name comes before its position."""
    assert made(initial=initial, state_names=names).initial.tolist() == expected


@pytest.mark.parametrize("initial", [3, -1, "port", (7, 7), {"port": 1.0}, True, 1.5, [1.0], {"s0": "x"}, {"s0": None}])
def test_a_start_that_is_none_is_refused(initial: Any) -> None:
    with pytest.raises(InvalidGameError, match="initial"):
        made(initial=initial)


def test_a_changed_start_may_be_named() -> None:
    game = made().replace(initial="s1")
    assert game.initial.tolist() == [0, 1, 0]
    with pytest.raises(InvalidGameError, match="a game has no field 'discount'; the fields are"):
        game.replace(discount=0.5)


@pytest.mark.parametrize("label", ["leader_discount", "follower_discount"])
@pytest.mark.parametrize("value", [1, 1.0, 1.5, np.nextafter(np.longdouble(1), 0)])
def test_discount_one_is_refused_with_the_way_out(label: str, value: Any) -> None:
    with pytest.raises(InvalidGameError, match=rf"{label} is .* end state .* steps that are left .* such as 0\.999"):
        made(**{label: value})
