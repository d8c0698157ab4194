"""MADDPG and TD3: their targets and delays one by one, and where they end in the paper's games."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from ssg_mip.errors import OptionError
from ssg_mip.learning.learners.central_critics import Settings, learn
from ssg_mip.learning.learners.schedules import Course
from ssg_mip.library import bimatrix_game, matrix_game
from tests.oracles.games import agreement_game

torch = pytest.importorskip("torch")
arena = pytest.importorskip("ssg_mip.learning.learners.neural.arena")
central = pytest.importorskip("ssg_mip.learning.learners.neural.central_critics")
replay = pytest.importorskip("ssg_mip.learning.learners.neural.replay")

RULES = ("maddpg", "td3")


def models(rule: str, game: Any = None, **settings: Any) -> Any:
    tensors = arena.Arena(matrix_game("maintain") if game is None else game)
    return central.CentralCritics(tensors, Settings(rule=rule, **settings), 2, torch.Generator().manual_seed(0))


def batch(game: Any) -> tuple[Any, tuple[Any, Any]]:
    """One transition per row, alike in both runs, each back to the first state."""
    row = torch.arange(game.num_rows).expand(2, -1)
    rewards = [torch.tensor(one).float().expand(2, -1) for one in (game.leader_rewards, game.follower_rewards)]
    return replay.Transitions(row, torch.zeros_like(row), torch.zeros((*row.shape, 2))), tuple(rewards)


def test_td3_takes_the_smaller_critic_and_maddpg_has_one() -> None:
    """The target critics are set to constants: 3 and 5 for the leader, 7 and 2 for the follower."""
    game = agreement_game(1, 11).to_game()
    transitions, rewards = batch(game)
    for rule, least in (("maddpg", (3.0, 7.0)), ("td3", (3.0, 2.0))):
        learner = models(rule, game)
        for critics, constants in zip(learner._target_critics, ((3.0, 5.0), (7.0, 2.0)), strict=True):
            assert len(critics) == (2 if rule == "td3" else 1)
            for critic, constant in zip(critics, constants, strict=False):
                for parameter in critic.parameters():
                    torch.nn.init.zeros_(parameter)
                torch.nn.init.constant_(critic.biases[-1], constant)
        discounts = (game.leader_discount, game.follower_discount)
        aims = learner._aims(transitions.next_state, rewards)
        for aim, reward, discount, value in zip(aims, rewards, discounts, least, strict=True):
            assert torch.allclose(aim, reward + discount * value)


def test_actors_of_td3_wait_and_those_of_maddpg_do_not() -> None:
    game = matrix_game("maintain")
    for rule, moves in (("maddpg", [True, True, True]), ("td3", [False, False, True])):
        learner = models(rule, delay=3)
        seen = []
        for _ in range(3):
            before = [parameter.clone() for parameter in learner._actor_parameters]
            learner.learn(*batch(game))
            seen.append(
                any(not torch.equal(old, new) for old, new in zip(before, learner._actor_parameters, strict=True))
            )
        assert seen == moves


def test_copies_follow_only_when_told() -> None:
    game = matrix_game("maintain")
    learner = models("td3")
    learner.learn(*batch(game))
    pairs = list(zip(learner._target_critics[0][0].parameters(), learner._critics[0][0].parameters(), strict=True))
    assert any(not torch.equal(copy, model) for copy, model in pairs)
    learner.copy_targets()
    assert all(torch.equal(copy, model) for copy, model in pairs)


def test_noise_on_target_actions_is_clipped() -> None:
    """Logits 1 apart: noise of at most 0.4 either way never changes the choice, more of it sometimes does."""
    state = torch.zeros((2, 400), dtype=torch.long)
    for clip, changes in ((0.4, False), (100.0, True)):
        learner = models("td3", smoothing=50.0, clip=clip)
        for parameter in learner._target_actors[0].parameters():
            torch.nn.init.zeros_(parameter)
        with torch.no_grad():
            learner._target_actors[0].biases[-1][:] = torch.tensor([0.0, 1.0, 0.0])
        assert bool((learner._target_action(0, state) != 1).any()) is changes


@pytest.mark.parametrize("rule", RULES)
def test_dominant_actions_are_found(rule: str) -> None:
    """A prisoner's dilemma: the last action is better for each player whatever the other does."""
    game = bimatrix_game([[3.0, 0.0], [4.0, 1.0]], [[3.0, 4.0], [0.0, 1.0]])
    settings = Settings(rule=rule, random_steps=300, hidden=16)
    assert np.all(learn(game, settings, 0, Course(steps=2000, runs=8)).rows[-1, :, 0] == 3)


@pytest.mark.parametrize("rule", RULES)
def test_states_may_differ_in_their_actions_and_seeds_decide(rule: str) -> None:
    game = agreement_game(1, 11).to_game()
    settings = Settings(rule=rule, random_steps=30, hidden=8, batch=8)
    first, second = (learn(game, settings, 5, Course(steps=120, runs=2)) for _ in range(2))
    assert np.array_equal(first.rows, second.rows)
    assert np.array_equal(game.row_state[first.rows[-1, 0]], np.arange(game.num_states))
    assert not np.array_equal(first.leader, learn(game, settings, 6, Course(steps=120, runs=2)).leader)


@pytest.mark.parametrize(
    ("name", "value"),
    [("rate", 0.0), ("actor_rate", -1.0), ("delay", 0), ("smoothing", -0.1), ("clip", 0.0), ("temperature", 0.0)],
)
def test_settings_outside_their_range_are_refused(name: str, value: float) -> None:
    with pytest.raises(OptionError, match=name):
        dataclasses.replace(Settings(), **{name: value})
