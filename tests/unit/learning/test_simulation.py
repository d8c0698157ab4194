"""Sampled play follows the game's probabilities, rewards and starts, and restarts as its rule says."""

from __future__ import annotations

import numpy as np
import pytest

from ssg_mip import Game
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.mdp import evaluate, joint_process, occupancy
from ssg_mip.learning.simulation import BatchSimulator, Simulator
from ssg_mip.library import random_game
from tests.oracles.games import agreement_game

SAMPLES = 40_000
DEVIATIONS = 5.0
"""Standard deviations that a fixed seed may be off."""


def uneven_game() -> Game:
    """A small game whose states differ in their actions."""
    return agreement_game(1, 11).to_game()


def random_actions(game: Game, state: int, rng: np.random.Generator) -> tuple[int, int]:
    return int(rng.integers(game.leader_counts[state])), int(rng.integers(game.follower_counts[state]))


def test_successors_have_the_probabilities_of_the_game() -> None:
    """Both simulators, every joint action: frequencies within five standard deviations, rewards exact."""
    game = uneven_game()
    count = 4000
    one = Simulator(game, np.random.default_rng(1))
    for row in range(game.num_rows):
        state, a, b = (int(part[row]) for part in (game.row_state, game.row_leader, game.row_follower))
        drawn = []
        for _ in range(count):
            one.reset(state)
            reached, leader_reward, follower_reward = one.step(a, b)
            drawn.append(reached)
            assert leader_reward == game.leader_rewards[row]
            assert follower_reward == game.follower_rewards[row]
        many = BatchSimulator(game, np.random.default_rng(2), batch=count)
        many.state = np.full(count, state)
        batch, leader_rewards, _ = many.step(np.full(count, a), np.full(count, b))
        assert np.all(leader_rewards == game.leader_rewards[row])
        expected = game.dense_transition[row]
        allowed = DEVIATIONS * np.sqrt(expected * (1.0 - expected) / count)
        for sample in (np.array(drawn), batch):
            frequency = np.bincount(sample, minlength=game.num_states) / count
            assert np.all(np.abs(frequency - expected) <= allowed)


def test_restarting_with_the_complement_of_the_discount_gives_values_and_occupancy() -> None:
    """Undiscounted sums over episodes average to the value; visits to the normalised occupancy."""
    game = random_game(seed=3, states=4, leader_discount=0.8, follower_discount=0.8)
    game = game.replace(initial=np.array([0.5, 0.5, 0.0, 0.0]))
    process = joint_process(game, leader=True)
    chosen = game.row_offsets[:-1] + 1
    value = float(game.initial @ evaluate(process, chosen))
    share = occupancy(process, chosen, game.initial) * (1.0 - 0.8)
    many = BatchSimulator(game, np.random.default_rng(4), batch=200, restart=1.0 - game.leader_discount)
    total, episodes, visits = 0.0, 0, np.zeros(game.num_states)
    for _ in range(SAMPLES // 40):
        visits += np.bincount(many.state, minlength=game.num_states)
        width = game.follower_counts[many.state]
        _, reward, _ = many.step(1 // width, 1 % width)
        total += float(reward.sum())
        episodes += int(many.ended.sum())
    assert total / episodes == pytest.approx(value, abs=0.1)
    assert visits / visits.sum() == pytest.approx(share, abs=0.01)


def test_episodes_end_at_the_horizon_and_start_from_the_start_distribution() -> None:
    """The reached state is returned; the new start is in ``state``; resets count from zero."""
    game = random_game(seed=5, states=4).replace(initial=np.array([0.0, 0.0, 1.0, 0.0]))
    one = Simulator(game, np.random.default_rng(6), horizon=3)
    many = BatchSimulator(game, np.random.default_rng(6), batch=7, horizon=3)
    for step in range(1, 10):
        reached, _, _ = one.step(0, 1)
        together, _, _ = many.step(np.zeros(7, dtype=int), np.ones(7, dtype=int))
        ends = step % 3 == 0
        assert one.ended is ends
        assert np.all(many.ended == ends)
        assert one.state == (2 if ends else reached)
        assert np.array_equal(many.state, np.full(7, 2) if ends else together)


def test_the_same_seed_plays_the_same_game() -> None:
    """Runs repeat from a seed."""
    runs = []
    for _ in range(2):
        one = Simulator(uneven_game(), np.random.default_rng(8), restart=0.1)
        rng = np.random.default_rng(9)
        runs.append([one.step(*random_actions(one.game, one.state, rng)) for _ in range(200)])
    assert runs[0] == runs[1]


@pytest.mark.parametrize(
    "options", [{"horizon": 0}, {"horizon": 1.5}, {"restart": -0.1}, {"restart": 1.1}, {"restart": float("nan")}]
)
def test_impossible_restarts_are_refused(options: dict[str, float]) -> None:
    """The message names the option."""
    game = random_game()
    with pytest.raises(OptionError, match=next(iter(options))):
        Simulator(game, np.random.default_rng(0), **options)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match=next(iter(options))):
        BatchSimulator(game, np.random.default_rng(0), batch=2, **options)  # type: ignore[arg-type]


def test_what_the_game_does_not_have_is_refused() -> None:
    """States, actions and batches outside their range."""
    game = random_game()
    one = Simulator(game, np.random.default_rng(0))
    for actions in ((2, 0), (0, 2), (-1, 0), (0, -1)):
        with pytest.raises(OptionError, match="not available"):
            one.step(*actions)
    for state in (3, 1.5):
        with pytest.raises(OptionError, match="states 0 to 2"):
            one.reset(state)  # type: ignore[arg-type]
    many = BatchSimulator(game, np.random.default_rng(0), batch=2)
    with pytest.raises(OptionError, match="copy 1"):
        many.step(np.array([0, 2]), np.array([0, 0]))
    for wrong in (np.array([0]), np.array([[0, 0]]), np.array([0.5, 0.0])):
        with pytest.raises(OptionError, match=r"follower actions have shape .* each of 2 copies"):
            many.step(np.array([0, 0]), wrong)
    for batch in (0, 2.5):
        with pytest.raises(OptionError, match="batch"):
            BatchSimulator(game, np.random.default_rng(0), batch=batch)  # type: ignore[arg-type]
