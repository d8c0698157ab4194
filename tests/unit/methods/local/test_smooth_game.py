"""What an ascent tracks, held against solved equations and against differences."""

import numpy as np
import pytest

from ssg_mip.game.game import Game
from ssg_mip.library.random_games import random_game
from ssg_mip.methods.local.smooth_game import SmoothGame, Tracked
from tests.unit.exact.test_batched_stages import ragged_game

MANY = 2000
"""Sweeps after which what is tracked is what it follows."""

GAMES = {
    "square": random_game(3, 6, 3, 3, 3, 0.8, 0.7),
    "ragged": ragged_game(8),
    "near-sighted follower": random_game(4, 5, 3, 2, 2, 0.8, 0.0),
    "near-sighted leader": random_game(5, 5, 2, 3, 2, 0.0, 0.8),
}


def _value(smooth: SmoothGame, slots: np.ndarray, temperature: float) -> tuple[float, Tracked, np.ndarray]:
    tracked, direction = smooth.after(slots, temperature, smooth.start(), MANY)
    return float(smooth.game.initial @ tracked.leader), tracked, direction


def _mixed(game: Game) -> np.ndarray:
    slots = np.random.default_rng(1).uniform(0.2, 1.0, int(game.leader_offsets[-1]))
    return slots / np.add.reduceat(slots, game.leader_offsets[:-1])[game.leader_slot_state]


@pytest.mark.parametrize("name", GAMES)
def test_the_direction_is_the_derivative_for_each_visit(name: str) -> None:
    """Probability moved from one action to another of a state: a difference of values, divided by the visits."""
    game = GAMES[name]
    smooth, slots, step = SmoothGame(game, game.initial), _mixed(game), 1e-5
    _, tracked, direction = _value(smooth, slots, 0.2)
    for state in np.flatnonzero(game.leader_counts > 1):
        first = int(game.leader_offsets[state])
        move = np.zeros_like(slots)
        move[first], move[first + 1] = step, -step
        rise = _value(smooth, slots + move, 0.2)[0] - _value(smooth, slots - move, 0.2)[0]
        expected = tracked.visits[state] * (direction[first] - direction[first + 1])
        assert rise / (2.0 * step) == pytest.approx(expected, rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("name", GAMES)
def test_the_direction_has_mean_zero_and_the_visits_add_up(name: str) -> None:
    game = GAMES[name]
    slots = _mixed(game)
    _, tracked, direction = _value(SmoothGame(game, game.initial), slots, 0.1)
    mean = np.add.reduceat(slots * direction, game.leader_offsets[:-1])
    np.testing.assert_allclose(mean, 0.0, atol=1e-10)
    assert tracked.visits.sum() == pytest.approx(1.0 / (1.0 - game.leader_discount))


def test_units_and_constants_of_the_rewards_do_not_matter() -> None:
    game = GAMES["square"]
    moved = game.replace(leader_rewards=7.0 + 1e3 * game.leader_rewards, follower_rewards=1e-3 * game.follower_rewards)
    found = [_value(SmoothGame(one, one.initial), _mixed(one), 0.1)[2] for one in (game, moved)]
    np.testing.assert_allclose(found[0], found[1], atol=1e-7)


def test_a_few_sweeps_more_come_closer() -> None:
    game = GAMES["square"]
    smooth, slots = SmoothGame(game, game.initial), _mixed(game)
    exact = _value(smooth, slots, 0.1)[1]
    near = smooth.after(slots, 0.1, smooth.start(), 3)[0]
    nearer = smooth.after(slots, 0.1, near, 3)[0]
    for name in ("follower", "leader", "visits"):
        far, close = (np.abs(getattr(one, name) - getattr(exact, name)).max() for one in (near, nearer))
        assert close < 0.8 * far
