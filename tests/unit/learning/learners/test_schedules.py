"""When learners explore, where they start and when they record."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ssg_mip import Game
from ssg_mip.errors import OptionError
from ssg_mip.learning.learners.bilevel_q import Settings, learn
from ssg_mip.learning.learners.schedules import Exploration, blocks, check_steps, moments, training_simulator


def two_islands() -> Game:
    """Two states that never lead to each other; play starts in the first."""
    moves = np.eye(2)[:, None, None, :] * np.ones((2, 2, 3, 1))
    rewards = np.zeros((2, 2, 3))
    return Game.from_arrays(
        moves, rewards, rewards, leader_discount=0.5, follower_discount=0.9, initial=np.array([1.0, 0.0])
    )


def test_play_is_fully_random_first_and_then_decays_to_the_floor() -> None:
    schedule = Exploration(random_steps=10, decay_steps=100.0, floor=0.2)
    assert [schedule.epsilon(step) for step in (0, 9)] == [1.0, 1.0]
    assert schedule.epsilon(10) == 1.0
    assert schedule.epsilon(110) == pytest.approx(0.2 + 0.8 / math.e)
    assert schedule.epsilon(100_000) == pytest.approx(0.2)


def test_all_joint_actions_are_played_alike_while_play_is_random() -> None:
    settings = Settings(random_steps=6000, starts="initial")
    learned = learn(two_islands(), settings, np.random.default_rng(0), steps=6000)
    assert learned.visits[:6] == pytest.approx(np.full(6, 1000), abs=150)


def test_uniform_starts_reach_what_play_from_the_start_never_does() -> None:
    game = two_islands()
    alone = learn(game, Settings(starts="initial"), np.random.default_rng(0), steps=500)
    assert alone.visits[6:].sum() == 0
    both = learn(game, Settings(starts="uniform"), np.random.default_rng(0), steps=500)
    assert 100 < both.visits[6:].sum() < 400


@pytest.mark.parametrize(("restart", "expected"), [(None, 0.1), (0.5, 0.5)])
def test_episodes_end_with_the_larger_discount_unless_told_otherwise(restart: float | None, expected: float) -> None:
    simulator = training_simulator(two_islands(), np.random.default_rng(0), uniform_starts=False, restart=restart)
    ended = 0
    for _ in range(4000):
        simulator.step(0, 0)
        ended += simulator.ended
    assert ended / 4000 == pytest.approx(expected, abs=0.03)


def test_blocks_cover_every_step_once_and_end_at_the_moments() -> None:
    for steps, count in ((1, 20), (7, 3), (2500, 2), (3000, 1)):
        marks = moments(steps, count)
        cut = list(blocks(steps, marks))
        assert [step for block, _ in cut for step in block] == list(range(steps))
        assert [block.stop for block, is_moment in cut if is_moment] == marks
        assert marks[-1] == steps
        assert len(marks) == min(steps, count)
        assert max(len(block) for block, _ in cut) <= 1000


def test_impossible_schedules_are_refused() -> None:
    with pytest.raises(OptionError, match="moments is 0"):
        check_steps(10, 0)
    with pytest.raises(OptionError, match="steps is 0"):
        check_steps(0, 10)
