"""Bi-level tabular Q-learning reaches the known answers from sampled play, and only what its operator can reach."""

from __future__ import annotations

import numpy as np
import pytest

from ssg_mip import Game, solve
from ssg_mip.base.status import Termination
from ssg_mip.errors import OptionError
from ssg_mip.learning.learners.bilevel_q import Settings, learn
from ssg_mip.learning.learners.stage_critics import execution_of, residuals
from ssg_mip.learning.simulation import Simulator
from ssg_mip.library import actor_critic_trap as trap_game
from ssg_mip.library import matrix_game, random_game
from tests.oracles.games import agreement_game

SEEDS = range(6)

WAITING = np.array([0.0, 10.0, 0.0, 9.0, 0.0, 0.0, 0.0, 0.0])
"""The follower's critic of the trap game at the wrong fixed point: it waits for 10, so leaving is not worth it."""


def iterate_operator(game: Game, sweeps: int = 600) -> tuple[np.ndarray, np.ndarray]:
    """Critics after value iteration with deterministic leaders, from zero, on dense arrays ``[s, a, b]``."""
    shape = (game.num_states, int(game.leader_counts[0]), int(game.follower_counts[0]))
    moves, states = game.dense_transition.reshape(*shape, -1), np.arange(shape[0])
    rewards = game.leader_rewards.reshape(shape), game.follower_rewards.reshape(shape)
    leader, follower = np.zeros((2, *shape))
    for _ in range(sweeps):
        answers = follower.argmax(axis=2)
        a = np.take_along_axis(leader, answers[:, :, None], axis=2)[:, :, 0].argmax(axis=1)
        b = answers[states, a]
        leader, follower = (
            reward + discount * moves @ critic[states, a, b]
            for reward, discount, critic in zip(
                rewards, (game.leader_discount, game.follower_discount), (leader, follower), strict=True
            )
        )
    return leader.ravel(), follower.ravel()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("name", "joint", "payoffs"), [("escape", (2, 2), (30.0, 30.0)), ("maintain", (0, 0), (20.0, 15.0))]
)
@pytest.mark.parametrize("rate", ["counts", "constant"])
def test_the_matrix_games_of_the_paper(
    name: str, joint: tuple[int, int], payoffs: tuple[float, float], rate: str, seed: int
) -> None:
    """C-Z in Escape and A-X in Maintain, every time: the tabular version of the paper's footnote 4."""
    learned = learn(matrix_game(name), Settings(rate=rate), np.random.default_rng(seed), steps=4000)
    assert (learned.execution.leader_action(0), learned.execution.follower_action(0)) == joint
    row = learned.execution.rows()
    assert (learned.leader_critic[row][0], learned.follower_critic[row][0]) == pytest.approx(payoffs, abs=1e-3)


def test_the_method_reports_the_value_under_the_true_best_response() -> None:
    """Maintain: 20 by a pure commitment, 27.5 by a mixed one that this method cannot express."""
    result = solve(matrix_game("maintain"), method="bilevel-q", iteration_limit=4000)
    assert result.leader_value == 20.0
    assert result.leader_policy is not None
    assert result.leader_policy.probabilities.tolist() == [[1.0, 0.0, 0.0]]
    assert result.details["believed_leader_value"] == pytest.approx(20.0, abs=1e-3)
    assert result.details["believed_follower_value"] == pytest.approx(15.0, abs=1e-3)
    assert result.provenance.counts["steps"] == 4000
    assert result.termination is Termination.ITERATION_LIMIT


def test_the_trap_game_ends_in_one_of_two_fixed_points() -> None:
    """From zero the luck of the draw decides, from critics that wait for 10 it never leaves the wrong one."""
    game = trap_game()
    reached = set()
    for seed in SEEDS:
        learned = learn(game, Settings(), np.random.default_rng(seed), steps=10_000)
        row = learned.execution.rows()[0]
        reached.add((round(learned.leader_critic[row], 2), round(learned.follower_critic[row], 2)))
        stuck = learn(game, Settings(), np.random.default_rng(seed), steps=10_000, critics=(None, WAITING))
        row = stuck.execution.rows()[0]
        assert (stuck.leader_critic[row], stuck.follower_critic[row]) == pytest.approx((0.0, 10.0), abs=1e-2)
    assert reached == {(10.0, 0.0), (0.0, 10.0)}


def test_the_critics_converge_to_the_fixed_point_of_the_operator() -> None:
    """A game where value iteration with deterministic leaders converges, to values of size 5, with errors below 0.1."""
    game = random_game(seed=1, states=3, leader_actions=3, leader_discount=0.85, follower_discount=0.6)
    leader, follower = iterate_operator(game)
    assert residuals(game, leader, follower) == pytest.approx((0.0, 0.0), abs=1e-9)
    learned = learn(game, Settings(), np.random.default_rng(0), steps=60_000)
    assert np.abs(leader).max() > 4.0
    assert learned.leader_critic == pytest.approx(leader, abs=0.1)
    assert learned.follower_critic == pytest.approx(follower, abs=0.1)
    assert np.array_equal(learned.execution.rows(), execution_of(game, leader, follower).rows())


def test_the_two_halves_agree_and_earn_what_they_promise() -> None:
    """Each player plays from its own copy of the critics; together they play the stage solution and earn its value."""
    game = random_game(seed=1, states=3, leader_discount=0.8, follower_discount=0.8)
    critics = iterate_operator(game)
    leader, follower = (execution_of(game, *(critic.copy() for critic in critics)) for _ in range(2))
    rows = leader.rows()
    one = Simulator(game, np.random.default_rng(0), restart=0.2)
    sums, episodes = np.zeros(2), 0
    for _ in range(60_000):
        state = one.state
        a, b = leader.leader_action(state), follower.follower_action(state)
        assert game.row(state, a, b) == rows[state]
        sums += one.step(a, b)[1:]
        episodes += one.ended
    promised = [float(game.initial @ critic[rows]) for critic in critics]
    assert sums / episodes == pytest.approx(promised, abs=0.1)


def test_states_may_differ_in_their_actions() -> None:
    """The incremental stage solution equals the one computed from the final critics, on ragged games too."""
    game = agreement_game(1, 11).to_game()
    learned = learn(game, Settings(), np.random.default_rng(0), steps=3000)
    assert learned.visits.sum() == 3000
    assert learned.curve.steps.tolist() == [150 * count for count in range(1, 21)]
    fresh = execution_of(game, learned.leader_critic, learned.follower_critic)
    assert np.array_equal(fresh.rows(), learned.execution.rows())
    last: list[np.ndarray] = []
    learn(
        game,
        Settings(),
        np.random.default_rng(0),
        steps=3000,
        on_moment=lambda step, policy: last.append(policy.probabilities),
    )
    assert np.array_equal(last[-1], fresh.leader_policy().probabilities)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rate_exponent", 0.5),
        ("leader_rate", 0.0),
        ("follower_rate", 1.5),
        ("random_steps", -1),
        ("decay_steps", 0.0),
        ("exploration", 1.1),
        ("restart", 2.0),
        ("rate", "slow"),
    ],
)
def test_settings_outside_their_range_are_refused(name: str, value: object) -> None:
    with pytest.raises(OptionError):
        solve(matrix_game("maintain"), method="bilevel-q", settings={name: value})


def test_what_cannot_be_learned_from_is_refused() -> None:
    game = matrix_game("maintain")
    with pytest.raises(OptionError, match="steps is 0"):
        learn(game, Settings(), np.random.default_rng(0), steps=0)
    with pytest.raises(OptionError, match="9 finite numbers"):
        learn(game, Settings(), np.random.default_rng(0), steps=10, critics=(np.zeros(4), None))
