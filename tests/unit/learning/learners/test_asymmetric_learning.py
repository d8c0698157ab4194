"""The asymmetric learning dynamics on games with known answers, and its books kept a second time by other means."""

from __future__ import annotations

import itertools
import json
import math
from typing import Any

import numpy as np
import pytest

from ssg_mip import Game, solve
from ssg_mip.errors import OptionError
from ssg_mip.game.observation import Observation
from ssg_mip.learning.learners.asymmetric_learning import Dynamics, Settings, learn
from ssg_mip.learning.learners.asymmetric_learning.hedge import gain_spread, paper_rate
from ssg_mip.library import MATRIX_GAMES, matrix_game, random_game
from tests.oracles.games import static_game

TABLE_3 = [name for name, matrix in MATRIX_GAMES.items() if "Table 3" in matrix.source]

STEPS = 20_000

EXPLORATION_COST = 0.05
"""What exploration may cost on average in the second half of so many steps, as a share of the range of payoffs."""


def played(game: Game, steps: int, seed: int = 0, **settings: Any) -> Dynamics:
    return learn(game, Settings(**settings), np.random.default_rng(seed), steps=steps)


def every_step(game: Game, steps: int, **settings: Any) -> Dynamics:
    """A run that records a moment after every step."""
    return learn(game, Settings(**settings), np.random.default_rng(0), steps=steps, num_moments=steps)


def increments(averages: np.ndarray) -> np.ndarray:
    """What was added at each step, from averages over all steps so far."""
    counts = np.arange(1, len(averages) + 1).reshape(-1, *[1] * (averages.ndim - 1))
    return np.diff(averages * counts, axis=0, prepend=np.zeros((1, *averages.shape[1:])))


@pytest.mark.parametrize("name", [*TABLE_3, "battle_of_table_1", "escape", "maintain"])
def test_seeing_actions_static_games_reach_the_best_pure_commitment(name: str) -> None:
    """Greedy row, and both payoffs over the second half: those of the best pure commitment, 5 in the Battle."""
    matrix = MATRIX_GAMES[name]
    learned = learn(matrix_game(name), Settings(), np.random.default_rng(0), steps=STEPS, num_moments=2)
    row = int(learned.last_leader_policy.probabilities[0].argmax())
    answers = [int(np.argmax(payoffs)) for payoffs in matrix.follower]
    assert (matrix.leader[row][answers[row]], matrix.follower[row][answers[row]]) == matrix.pure_values
    for payoffs, curve, value in zip(
        (matrix.leader, matrix.follower),
        (learned.leader_payoffs, learned.follower_payoffs),
        matrix.pure_values,
        strict=True,
    ):
        assert 2.0 * curve[1] - curve[0] == pytest.approx(value, abs=EXPLORATION_COST * float(np.ptp(payoffs)))


@pytest.mark.parametrize(("name", "payoff"), [("stag_hunt", -2.0), ("chicken", -2.0), ("assurance", 1.0)])
def test_not_seeing_actions_it_is_a_repeated_simultaneous_game(name: str, payoff: float) -> None:
    """The Stackelberg values are 0, 0 and 1: two of the games end in an equilibrium that commitment would avoid."""
    learned = played(matrix_game(name), STEPS, observation="policy")
    assert learned.leader_payoffs[-1] == pytest.approx(payoff, abs=0.15)


@pytest.mark.parametrize("observation", ["action", "policy"])
@pytest.mark.parametrize("name", ["prisoners_dilemma", "battle_of_table_1", "hero", "coordination", "maintain"])
def test_the_follower_keeps_the_bound_of_hedge(name: str, observation: Observation) -> None:
    """Regret over the spread of its rewards is at most ``log |B| / eta`` per information set plus ``eta T / 8``."""
    game, steps = matrix_game(name), 2000
    learned = every_step(game, steps, observation=observation)
    count, sets = int(game.follower_counts[0]), int(game.leader_counts[0]) if observation == "action" else 1
    rate = paper_rate(count, steps)
    assert rate == pytest.approx(math.sqrt(math.log(count) / steps))
    bound = gain_spread(game) * (sets * math.log(count) / rate + rate * np.arange(1, steps + 1) / 8.0)
    assert np.all(learned.follower_regret <= bound)
    assert learned.follower_regret[-1] > 0.1 * bound[-1]


def test_regrets_and_averages_are_those_of_the_recorded_play() -> None:
    """Unseen actions: mixes recovered from the averages of every step give payoffs and both regrets anew."""
    game, steps = matrix_game("hero"), 400
    learned = every_step(game, steps, observation="policy")
    leader_payoffs, follower_payoffs = (
        np.array(payoffs) for payoffs in (MATRIX_GAMES["hero"].leader, MATRIX_GAMES["hero"].follower)
    )
    leader = increments(learned.leader_averages)
    follower = increments(learned.follower_averages.reshape(steps, 2, 2)[:, 0])
    assert np.all(np.abs(learned.follower_averages[:, :2] - learned.follower_averages[:, 2:]) < 1e-12)
    epsilon = np.arange(1, steps + 1) ** (-1.0 / 3.0)
    assert leader.min(axis=1) == pytest.approx(epsilon / 2.0, abs=1e-9)
    worth = np.einsum("ta,ab,tb->t", leader, leader_payoffs, follower)
    fixed = np.cumsum(follower @ leader_payoffs.T, axis=0).max(axis=1)
    assert learned.leader_regret == pytest.approx(fixed - np.cumsum(worth), abs=1e-8)
    worth = np.einsum("ta,ab,tb->t", leader, follower_payoffs, follower)
    fixed = np.cumsum(leader @ follower_payoffs, axis=0).max(axis=1)
    assert learned.follower_regret == pytest.approx(fixed - np.cumsum(worth), abs=1e-8)
    exponents = np.cumsum(leader @ follower_payoffs, axis=0) * paper_rate(2, steps) / gain_spread(game)
    hedge = np.exp(exponents) / np.exp(exponents).sum(axis=1, keepdims=True)
    assert follower[1:] == pytest.approx(hedge[:-1], abs=1e-8)
    pairs = np.round(np.stack((increments(learned.leader_payoffs), increments(learned.follower_payoffs)), axis=1), 6)
    joint = {(leader_payoffs[a, b], follower_payoffs[a, b]) for a, b in itertools.product(range(2), repeat=2)}
    assert {tuple(pair) for pair in pairs.tolist()} <= joint


def test_regret_where_actions_are_seen_counts_functions_of_the_action() -> None:
    """Recovered likewise: the played row shows in which of the follower's averages moved."""
    game, steps = matrix_game("prisoners_dilemma"), 300
    learned = every_step(game, steps, observation="action")
    leader_payoffs, follower_payoffs = (
        np.array(MATRIX_GAMES["prisoners_dilemma"].leader),
        np.array(MATRIX_GAMES["prisoners_dilemma"].follower),
    )
    realised = np.round(increments(learned.follower_payoffs), 6)
    rows = np.where(np.isin(realised, (-1.0, 0.0)), 0, 1)
    spread, rate = gain_spread(game), paper_rate(2, steps)
    exponents, mixes, counterfactual, regret = np.zeros((2, 2)), np.full((2, 2), 0.5), np.zeros(2), []
    leader, earned, follower_earned, gains = increments(learned.leader_averages), 0.0, 0.0, np.zeros((2, 2))
    for step, row in enumerate(rows):
        counterfactual += (mixes * leader_payoffs).sum(axis=1)
        earned += leader[step] @ (mixes * leader_payoffs).sum(axis=1)
        follower_earned += mixes[row] @ follower_payoffs[row]
        gains[row] += follower_payoffs[row]
        regret.append((counterfactual.max() - earned, gains.max(axis=1).sum() - follower_earned))
        exponents[row] += rate * follower_payoffs[row] / spread
        mixes = np.exp(exponents) / np.exp(exponents).sum(axis=1, keepdims=True)
    assert np.stack((learned.leader_regret, learned.follower_regret), axis=1) == pytest.approx(
        np.array(regret), abs=1e-8
    )
    assert learned.last_follower_policy == pytest.approx(mixes.ravel(), abs=1e-9)


@pytest.mark.parametrize("observation", ["action", "policy"])
def test_in_markov_games_regret_is_against_best_responses(observation: Observation) -> None:
    """One recorded moment: ``T (1 - gamma)`` times what brute force over pure policies could have gained."""
    game = random_game(seed=3, states=2, leader_discount=0.8, follower_discount=0.6)
    learned = learn(game, Settings(observation=observation), np.random.default_rng(0), steps=500, num_moments=1)
    assert "dynamic" in learned.comparator
    epsilon = 501 ** (-1.0 / 3.0)
    leader = epsilon / 2.0 + (1.0 - epsilon) * learned.last_leader_policy.probabilities
    follower = learned.last_follower_policy.reshape(2, 2, 2)
    payoff = payoffs(game, leader, follower)
    pure = [np.eye(2)[list(choice)] for choice in itertools.product(range(2), repeat=2)]
    best_leader = max(payoffs(game, choice, follower)[0] for choice in pure)
    if observation == "policy":
        answers = [np.repeat(choice[:, None], 2, axis=1) for choice in pure]
    else:
        answers = [np.stack(pair, axis=1) for pair in itertools.product(pure, repeat=2)]
    best_follower = max(payoffs(game, leader, answer)[1] for answer in answers)
    assert learned.leader_regret[-1] == pytest.approx(500 * 0.2 * (best_leader - payoff[0]), abs=1e-6)
    assert learned.follower_regret[-1] == pytest.approx(500 * 0.4 * (best_follower - payoff[1]), abs=1e-6)


def payoffs(game: Game, leader: np.ndarray, follower: np.ndarray) -> tuple[float, float]:
    """Values from the start for ``leader[s, a]`` and ``follower[s, a, b]`` in a game of equal action sets."""
    joint = leader[:, :, None] * follower
    moves = np.einsum("sab,sabt->st", joint, game.dense_transition.reshape(*joint.shape, game.num_states))
    found = [
        np.linalg.solve(
            np.eye(game.num_states) - discount * moves, (joint * rewards.reshape(joint.shape)).sum(axis=(1, 2))
        )
        for rewards, discount in (
            (game.leader_rewards, game.leader_discount),
            (game.follower_rewards, game.follower_discount),
        )
    ]
    return float(game.initial @ found[0]), float(game.initial @ found[1])


@pytest.mark.parametrize("observation", ["action", "policy"])
@pytest.mark.parametrize("settings", [{}, {"feedback": "bandit", "follower_rate": 0.05}, {"follower": "q-learning"}])
def test_a_follower_alone_in_a_markov_game_learns_to_control_it(settings: dict[str, Any], observation: str) -> None:
    """The leader has no choice: what the follower plays at the end is worth nearly its optimum.

    In this game being greedy for rewards loses 0.77 of 2.01.
    """
    game = random_game(seed=17, states=3, leader_actions=1, follower_actions=3, follower_discount=0.7)
    learned = played(game, STEPS, observation=observation, **settings)
    optimum = max(
        payoffs(game, np.ones((3, 1)), np.eye(3)[list(choice)][:, None])[1]
        for choice in itertools.product(range(3), repeat=3)
    )
    reached = payoffs(game, np.ones((3, 1)), learned.last_follower_policy.reshape(3, 1, 3))[1]
    assert optimum == pytest.approx(2.008, abs=1e-3)
    assert reached > optimum - 0.25


def test_a_leader_alone_in_a_markov_game_learns_to_control_it() -> None:
    """The follower has no choice: the table ends near the optimal action values, under the leader's own discount."""
    game = random_game(
        seed=24, states=3, leader_actions=3, follower_actions=1, leader_discount=0.7, follower_discount=0.3
    )
    values = np.zeros(3)
    for _ in range(100):
        table = game.leader_rewards + 0.7 * game.dense_transition @ values
        values = table.reshape(3, 3).max(axis=1)
    assert table.reshape(3, 3).argmax(axis=1).tolist() != game.leader_rewards.reshape(3, 3).argmax(axis=1).tolist()
    learned = played(game, STEPS, starts="uniform")
    assert (
        learned.last_leader_policy.probabilities.argmax(axis=1).tolist() == table.reshape(3, 3).argmax(axis=1).tolist()
    )
    assert learned.leader_table.reshape(3, 3).max(axis=1) == pytest.approx(values, abs=0.1)


def test_an_exact_answer_is_renewed_once_in_a_period() -> None:
    """Hero: a leader that learns against a fixed answer wants to leave it, so the answers go to and fro."""
    learned = every_step(matrix_game("hero"), 200, follower="best-response", observation="policy", period=25)
    answers = increments(learned.follower_averages)[:, :2].argmax(axis=1)
    changes = (np.flatnonzero(np.diff(answers)) + 1).tolist()
    assert len(changes) >= 2
    assert set(changes) <= set(range(25, 200, 25))
    epsilon = 201 ** (-1.0 / 3.0)
    policy = epsilon / 2.0 + (1.0 - epsilon) * learned.last_leader_policy.probabilities[0]
    last = int((policy @ np.array(MATRIX_GAMES["hero"].follower)).argmax())
    assert learned.last_follower_policy.reshape(2, 2).argmax(axis=1).tolist() == [last, last]


def test_the_schedules_are_what_the_settings_say() -> None:
    """``after`` is Q-learning up to the period; ``regret`` is Q-learning; ``every`` moves once in a period."""
    game, steps = matrix_game("stag_hunt"), 60
    runs = {
        schedule: every_step(game, steps, schedule=schedule, period=20, observation="policy")
        for schedule in ("no-regret", "every", "after", "regret")
    }
    ordinary = every_step(game, steps, follower="q-learning", observation="policy")
    assert np.array_equal(runs["regret"].follower_averages, ordinary.follower_averages)
    assert np.array_equal(runs["after"].follower_averages[:20], ordinary.follower_averages[:20])
    after = increments(runs["after"].follower_averages)
    assert after[20] == pytest.approx([0.5] * 4)
    every = increments(runs["every"].follower_averages)
    changes = np.flatnonzero(np.abs(np.diff(every, axis=0)).max(axis=1) > 1e-9) + 1
    assert changes.tolist() == [20, 40]
    always = np.diff(increments(runs["no-regret"].follower_averages), axis=0)
    assert np.abs(always[1:]).max(axis=1).min() > 1e-6  # the first step is fully random, and gains are equal in it


@pytest.mark.parametrize("name", ["prisoners_dilemma", "stag_hunt", "chicken"])
@pytest.mark.parametrize("observation", ["action", "policy"])
def test_an_exact_answer_makes_the_leader_learn_what_commitment_earns(name: str, observation: Observation) -> None:
    """Baseline 2 under either model: the answer is to the leader's policy, so the leader sees what it would earn."""
    learned = played(matrix_game(name), 10_000, follower="best-response", observation=observation)
    assert learned.leader_payoffs[-1] == pytest.approx(MATRIX_GAMES[name].pure_values[0], abs=0.15)


def test_the_method_reports_the_average_policy_under_both_models() -> None:
    """Hero, unseen actions: the average is nearly the optimal mix, which a follower that sees actions devalues."""
    result = solve(
        matrix_game("hero"), method="asymmetric-learning", iteration_limit=20_000, settings={"observation": "policy"}
    )
    details = json.loads(json.dumps(result.to_dict(), allow_nan=False))["details"]
    share = details["average_policy"]["s"]["row 1"]
    leader, follower = (
        np.array([share, 1.0 - share]) @ np.array(payoffs)
        for payoffs in (MATRIX_GAMES["hero"].leader, MATRIX_GAMES["hero"].follower)
    )
    column = int(follower.argmax())
    assert details["average_policy_leader_value"] == pytest.approx(leader[column], abs=1e-9)
    assert details["average_policy_follower_value"] == pytest.approx(follower[column], abs=1e-9)
    after_actions = share * -3.0 + (1.0 - share) * -2.0  # the second column after row 1, the first after row 2
    assert details["average_policy_leader_value_if_actions_are_seen"] == pytest.approx(after_actions, abs=1e-9)
    assert result.leader_value >= details["average_policy_leader_value"]
    assert result.provenance.counts["steps"] == 20_000
    assert len(result.trajectory) == 1 + 2 * 10


def test_the_spread_of_gains_is_a_bound() -> None:
    """Random values within their range never spread action values further; with one state it is that of rewards."""
    assert gain_spread(matrix_game("prisoners_dilemma")) == 1.0
    flat = static_game(((0.0, 1.0),), ((5.0, 5.0),)).to_game()
    assert gain_spread(flat) == 0.0
    assert played(flat, 50).follower_regret[-1] == pytest.approx(0.0)
    game = random_game(seed=1, states=3, follower_actions=3)
    low, high = game.follower_rewards.min() / 0.1, game.follower_rewards.max() / 0.1
    rng, widest = np.random.default_rng(0), 0.0
    for _ in range(300):
        values = rng.choice([low, high], size=3)
        q = (game.follower_rewards + 0.9 * game.dense_transition @ values).reshape(-1, 3)
        widest = max(widest, float(np.ptp(q, axis=1).max()))
    assert 0.8 * gain_spread(game) < widest <= gain_spread(game)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("observation", "nothing"),
        ("follower", "oracle"),
        ("schedule", "sometimes"),
        ("feedback", "none"),
        ("period", 0),
        ("follower_rate", 0.0),
        ("rate_exponent", 0.5),
        ("exploration_exponent", -0.1),
        ("restart", 1.5),
    ],
)
def test_settings_outside_their_range_are_refused(name: str, value: object) -> None:
    with pytest.raises(OptionError):
        solve(matrix_game("maintain"), method="asymmetric-learning", settings={name: value})
