"""Bi-level tabular Q-learning reaches the known answers from sampled play, and only what its operator can reach."""

from __future__ import annotations

import numpy as np
import pytest

from ssg_mip import Game, solve
from ssg_mip.base.status import Termination
from ssg_mip.errors import OptionError
from ssg_mip.learning.learners.bilevel_q import Settings, learn
from ssg_mip.learning.learners.schedules import training_copies
from ssg_mip.learning.learners.stage_critics import (
    BatchedCritics,
    LearningCritics,
    execution_of,
    residuals,
    stage_solution,
)
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


@pytest.mark.parametrize("scale", [1, 10**6])
def test_stage_games_solved_together_are_those_solved_one_by_one(scale: int) -> None:
    """On ragged games, with critics of few whole numbers, so that ties are everywhere, and of many."""
    game, rng = agreement_game(1, 11).to_game(), np.random.default_rng(5)
    ties = 0
    for _ in range(200):
        start = rng.integers(0, 3 * scale, size=(2, game.num_rows)).astype(float)
        single, together = LearningCritics(game, *start), BatchedCritics(game, *start)
        states = rng.integers(0, game.num_states, size=6)
        a = (rng.random(6) * game.leader_counts[states]).astype(np.int64)
        b = (rng.random(6) * game.follower_counts[states]).astype(np.int64)
        rows = together.row(states, a, b)
        together.leader[rows], together.follower[rows] = rng.integers(0, 3 * scale, size=(2, 6))
        single.leader, single.follower = together.leader.tolist(), together.follower.tolist()
        together.refresh(states, a)
        for state, action in zip(states.tolist(), a.tolist(), strict=True):
            single.refresh(state, action)
        answers, lead = stage_solution(game, together.leader, together.follower)
        assert together.lead.tolist() == single.lead == lead.tolist()
        assert together.rows.tolist() == single.rows
        assert together.answer(states, a).tolist() == [single.answer(*one) for one in zip(states, a, strict=True)]
        assert single.answers == answers.tolist()
        ties += sum(len(set(part)) < len(part) for part in np.split(together.follower, game.row_offsets[1:-1]))
    assert (ties > 0) == (scale == 1)


def test_one_step_of_many_copies_is_one_update_after_the_other_with_the_old_targets() -> None:
    """400 copies of three states, so that every joint action is played many times in the step."""
    game, copies = random_game(seed=1, states=3), 400
    rng = np.random.default_rng(3)
    start = rng.normal(size=(2, game.num_rows))
    learned = learn(game, Settings(copies=copies), np.random.default_rng(0), steps=copies, critics=tuple(start))
    replayed = np.random.default_rng(0)
    played = training_copies(game, replayed, copies, uniform_starts=True, restart=None)
    states, pairs = played.state, []
    for counts in (game.leader_counts, game.follower_counts):
        _, drawn = replayed.random((2, copies))
        pairs.append((drawn * counts[states]).astype(np.int64))
    reached, *rewards = played.step(*pairs)
    rows = game.row_offsets[states] + pairs[0] * game.follower_counts[states] + pairs[1]
    bootstrap = execution_of(game, *start).rows()[reached]
    visits, expected = np.zeros(game.num_rows), start.copy()
    for place, row in enumerate(rows):
        visits[row] += 1
        for critic, old, reward, discount in zip(
            expected, start, rewards, (game.leader_discount, game.follower_discount), strict=True
        ):
            target = reward[place] + discount * old[bootstrap[place]]
            critic[row] += (1.0 + visits[row]) ** -0.6 * (target - critic[row])
    assert visits.max() > 10
    assert learned.visits.tolist() == visits.tolist()
    np.testing.assert_allclose(learned.leader_critic, expected[0], atol=1e-12)
    np.testing.assert_allclose(learned.follower_critic, expected[1], atol=1e-12)
    assert learned.curve.leader == pytest.approx([rewards[0].mean()])


def test_many_copies_learn_the_fixed_point_too_and_stop_at_the_limit() -> None:
    game = random_game(seed=1, states=3, leader_actions=3, leader_discount=0.85, follower_discount=0.6)
    leader, follower = iterate_operator(game)
    result = solve(game, "bilevel-q", iteration_limit=100_007, settings={"copies": 10})
    assert result.termination is Termination.ITERATION_LIMIT
    assert result.provenance.counts["steps"] == 100_000
    learned = learn(game, Settings(copies=10), np.random.default_rng(0), steps=100_000)
    assert learned.leader_critic == pytest.approx(leader, abs=0.1)
    assert learned.follower_critic == pytest.approx(follower, abs=0.1)
    assert learn(game, Settings(copies=10), np.random.default_rng(0), steps=4).steps == 4


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
        ("copies", 0),
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
