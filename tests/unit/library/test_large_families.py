"""The families of large games: what they are at every size, the same on every machine, solved where they are small."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable

import numpy as np
import pytest

from ssg_mip import Game, solve
from ssg_mip.errors import InvalidGameError, OptionError
from ssg_mip.library import funnel, garnet, pursuit, queue, robots, supply

FAMILIES: dict[str, Callable[[], Game]] = {
    "funnel": lambda: funnel(2, 3, 2),
    "garnet": lambda: garnet(20, 7),
    "pursuit": lambda: pursuit(3, 1),
    "queue": lambda: queue(5),
    "robots": lambda: robots(3),
    "supply": lambda: supply(3),
}

FINGERPRINTS = {
    "funnel": "59a2edcd799a",
    "garnet": "9a14859d54d6",
    "pursuit": "55f2e8766da1",
    "queue": "445daf6b1720",
    "robots": "b54c34b2311b",
    "supply": "10d26897c351",
}


def fingerprint(game: Game) -> str:
    """Of all numbers of a game, to nine digits."""
    parts = (game.indptr, game.successors, game.probabilities, game.leader_rewards, game.follower_rewards, game.initial)
    told = ",".join(f"{number:.9g}" for part in parts for number in np.asarray(part, dtype=float).tolist())
    return hashlib.sha256(told.replace("-0,", "0,").encode()).hexdigest()[:12]


@pytest.mark.parametrize("name", FAMILIES)
def test_a_seed_means_the_same_game_everywhere(name: str) -> None:
    assert fingerprint(FAMILIES[name]()) == FINGERPRINTS[name]


@pytest.mark.parametrize(
    ("game", "states"),
    [
        (lambda: robots(3), 65),
        (lambda: robots(5), 577),
        (lambda: robots(10), 9802),
        (lambda: pursuit(10), 10_000),
        (lambda: queue(100), 10_000),
        (lambda: supply(50), 10_000),
        (lambda: funnel(22, 22, 20), 9680),
        (lambda: garnet(10_000), 10_000),
    ],
)
def test_ten_thousand_states_are_made_in_seconds(game: Callable[[], Game], states: int) -> None:
    begun = time.process_time()
    made = game()
    assert time.process_time() - begun < 20.0
    assert made.num_states == states
    sums = np.add.reduceat(made.probabilities, made.indptr[:-1])
    assert sums == pytest.approx(np.ones(made.num_rows))


def test_every_state_of_the_robots_is_reached() -> None:
    game = robots(4)
    reached, todo = {int(np.argmax(game.initial))}, [int(np.argmax(game.initial))]
    while todo:
        state = todo.pop()
        for row in range(game.row_offsets[state], game.row_offsets[state + 1]):
            new = set(game.next_states(row)[0].tolist()) - reached
            reached |= new
            todo += new
    assert len(reached) == game.num_states == 4**4 - 2 * 4**2 + 2


def test_robots_that_never_fail_meet_nobody_on_two_ways_around() -> None:
    """On a 3 x 3 grid the leader takes its shortest way, of two steps, and is not met on it."""
    game = robots(3, failure=0.0)
    result = solve(game, "commitment", time_limit=20.0)
    discount = game.leader_discount
    assert result.leader_value == pytest.approx(-(1.0 + discount), abs=1e-6)


def test_a_robot_that_has_arrived_has_no_choice_and_pays_nothing() -> None:
    game = robots(3)
    state = game.state_names.index("2,2 and 0,0")
    assert game.leader_actions[state] == ("arrived",)
    assert game.follower_actions[state] == ("arrived",)
    row = int(game.row_offsets[state])
    assert (game.leader_rewards[row], game.follower_rewards[row]) == (0.0, 0.0)
    crash = game.state_names.index("1,1 and 1,1")
    assert game.leader_rewards[game.row_offsets[crash]] == -10.0


def test_guards_catch_who_stands_still_or_passes() -> None:
    game = pursuit(2)
    state = game.state_names.index("guard 0,0 poacher 0,1")
    stay, east, west = (game.leader_actions[state].index(move) for move in ("stay", "east", "west"))
    assert game.leader_rewards[game.row(state, east, stay)] == 1.0
    assert game.leader_rewards[game.row(state, east, west)] == 1.0
    assert game.follower_rewards[game.row(state, stay, west)] == pytest.approx(
        0.9 * -1.0 + 0.1 * game.follower_rewards[game.row(state, stay, stay)]
    )


def test_small_ones_are_solved() -> None:
    for game in (queue(2), supply(2), funnel(2, 2, 1), pursuit(2)):
        result = solve(game, "commitment", time_limit=5.0)
        assert result.leader_policy is not None
        assert result.check.passed
        assert result.leader_value <= result.dual_bound


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: pursuit(1),
        lambda: pursuit(21),
        lambda: pursuit(3, -1),
        lambda: robots(3, 1.5),
        lambda: queue(0),
        lambda: queue(1000),
        lambda: supply(500),
        lambda: funnel(0),
        lambda: funnel(100, 100, 100),
        lambda: garnet(0),
        lambda: robots(2.5),  # type: ignore[arg-type]
    ],
)
def test_sizes_are_checked(wrong: Callable[[], Game]) -> None:
    with pytest.raises(OptionError):
        wrong()
    with pytest.raises(InvalidGameError):
        queue(3, leader_discount=1.0)
