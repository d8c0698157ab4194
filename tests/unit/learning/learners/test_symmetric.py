"""The symmetric follower hands its PPO what was played: returns and advantages are those of the joint episodes."""

from __future__ import annotations

import numpy as np
import pytest

from ssg_mip import LeaderPolicy
from ssg_mip.learning.learners.asymmetric_learning.information import information_sets
from ssg_mip.learning.learners.asymmetric_learning.tables import Seen
from ssg_mip.learning.learners.ppo_hedge import Settings
from ssg_mip.library import random_game
from tests.oracles.games import agreement_game

pytest.importorskip("stable_baselines3")

HORIZON = 3


def steps_of(game, information, count, seed=0):
    """Made-up steps of two copies in turn: the follower's side is all that counts."""
    rng = np.random.default_rng(seed)
    states = [0, 0]
    for step in range(count):
        state = states[step % 2]
        a, b = int(rng.integers(game.leader_counts[state])), int(rng.integers(game.follower_counts[state]))
        reached = int(rng.integers(game.num_states))
        place = int(game.leader_offsets[state]) + a if information == "action" else state
        yield Seen(step + 1, state, place, [], a, b, 0.0, float(rng.normal()), reached)
        states[step % 2] = reached if (step // 2 + 1) % HORIZON else 0


@pytest.mark.parametrize("information", ["policy", "action"])
def test_advantages_are_those_of_the_episodes(information: str) -> None:
    """Recomputed by their definition: GAE within an episode, the value of the state reached where it is cut off."""
    from ssg_mip.learning.learners.neural.symmetric import SymmetricFollower

    game = random_game(seed=3, states=3, follower_discount=0.8)
    settings = Settings(observation=information, follower="ppo", rollout=16, copies=2, batch=4, hidden=8, trace=0.7)
    follower = SymmetricFollower(game, information_sets(game, settings.information), settings, HORIZON, 0)
    policy = LeaderPolicy.random(game, np.random.default_rng(1))
    table = follower._values.copy()
    values = table
    if information == "action":
        values = np.array([policy.probabilities[state] @ table[2 * state : 2 * state + 2] for state in range(3)])
    played = list(steps_of(game, information, 16))
    for seen in played:
        follower.learn(seen)
    follower.update(policy)
    found = follower._model.rollout_buffer
    for copy in (0, 1):
        mine, after = played[copy::2], 0.0
        for row in reversed(range(8)):
            cut = (row + 1) % HORIZON == 0
            later = values[mine[row].reached] if cut or row == 7 else table[mine[row + 1].place]
            delta = mine[row].follower_reward + 0.8 * later - table[mine[row].place]
            after = delta + (0.0 if cut else 0.8 * 0.7 * after)
            place = copy * 8 + row  # the buffer was flattened by copies
            assert found.advantages.reshape(-1)[place] == pytest.approx(after, abs=1e-5)
            assert found.returns.reshape(-1)[place] == pytest.approx(after + table[mine[row].place], abs=1e-5)


def test_actions_that_a_state_lacks_are_written_down_as_one_of_those_that_stand_for_them() -> None:
    """Every action of the network that means the one that was played occurs, and no other."""
    from ssg_mip.learning.learners.neural.symmetric import SymmetricFollower

    game = agreement_game(1, 11).to_game()
    settings = Settings(follower="ppo", rollout=16, copies=2, batch=4, hidden=8)
    follower = SymmetricFollower(game, information_sets(game, "policy"), settings, HORIZON, 0)
    width = int(game.follower_counts.max())
    narrow = int(game.follower_counts.argmin())
    count = int(game.follower_counts[narrow])
    assert count < width
    drawn = {follower._wrapped(narrow, 0) for _ in range(200)}
    assert drawn == set(range(0, width, count))
