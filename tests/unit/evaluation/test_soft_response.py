"""The quantal follower's answer: against plain iteration, its distance from rational play, and its derivatives."""

from __future__ import annotations

import numpy as np
import pytest

from ssg_mip import best_response
from ssg_mip.errors import InvalidPolicyError, OptionError
from ssg_mip.evaluation import mdp
from ssg_mip.evaluation.soft_response import SoftPair, collapsed, soft_control, soft_response
from ssg_mip.game.follower_mix import FollowerMix
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.library.random_games import random_game
from tests.oracles.games import PlainGame, agreement_game
from tests.oracles.sampling import random_policy
from tests.oracles.soft import action_values, optimal_values, soft_answer

TEMPERATURES = (0.02, 0.3, 4.0)


def padded(plain: PlainGame, rows: list[np.ndarray]) -> LeaderPolicy:
    table = np.zeros((plain.num_states, max(plain.leader_counts)))
    for s, row in enumerate(rows):
        table[s, : len(row)] = row
    return LeaderPolicy(table)


@pytest.mark.parametrize("temperature", TEMPERATURES)
@pytest.mark.parametrize("index", range(10))
def test_agrees_with_plain_iteration(index: int, temperature: float) -> None:
    plain = agreement_game(3, index)
    game = plain.to_game()
    rows = random_policy(plain, np.random.default_rng(index))
    found, due = soft_response(game, padded(plain, rows), temperature), soft_answer(plain, rows, temperature)
    assert found.mix is not None
    assert found.mix.probabilities == pytest.approx(np.concatenate(due.mix), abs=1e-9)
    assert found.leader_values == pytest.approx(due.leader_values, abs=1e-7)
    assert found.follower_values == pytest.approx(due.follower_values, abs=1e-7)
    assert not found.tied_states.any()
    assert found.follower_policy.actions.tolist() == [int(np.argmax(row)) for row in due.mix]


@pytest.mark.parametrize("temperature", TEMPERATURES)
@pytest.mark.parametrize("index", range(10))
def test_distance_from_rational_play(index: int, temperature: float) -> None:
    """Three inequalities: of the soft values, of the values of the mix, and of the mean shortfall in every state."""
    plain = agreement_game(5, index)
    game = plain.to_game()
    rng = np.random.default_rng(index)
    distance = temperature * np.log(max(plain.follower_counts)) / (1.0 - plain.follower_discount)
    for _ in range(5):
        rows = random_policy(plain, rng)
        pair = SoftPair.of(game, padded(plain, rows), temperature)
        best = optimal_values(plain, rows)
        soft = pair.control.values
        assert np.all(best - 1e-8 <= soft)
        assert np.all(soft <= best + distance + 1e-8)
        assert np.all(best - pair.follower_values <= distance + 1e-8)
        mixes = np.split(pair.control.mix, game.follower_offsets[1:-1])
        for s, q in enumerate(action_values(plain, rows, best)):
            assert float(mixes[s] @ (best[s] - q)) <= distance + 1e-8


def test_the_limits_are_rational_and_indifferent_play() -> None:
    game = random_game(3, 4, 3, 3)
    policy = LeaderPolicy.random(game, np.random.default_rng(1))
    cold, rational = soft_response(game, policy, 1e-5), best_response(game, policy)
    assert cold.follower_policy.actions.tolist() == rational.follower_policy.actions.tolist()
    assert cold.leader_values == pytest.approx(rational.leader_values, abs=1e-6)
    hot = soft_response(game, policy, 1e9)
    assert hot.mix is not None
    assert hot.mix.probabilities == pytest.approx(np.full(12, 1 / 3), abs=1e-7)


@pytest.mark.parametrize("temperature", [1e-3, *TEMPERATURES])
@pytest.mark.parametrize("index", range(6))
def test_no_value_is_further_off_than_is_said(index: int, temperature: float) -> None:
    plain = agreement_game(7, index)
    rows = random_policy(plain, np.random.default_rng(index))
    pair = SoftPair.of(plain.to_game(), padded(plain, rows), temperature)
    due = soft_answer(plain, rows, temperature).soft_values
    noise = 1e-12 * (1.0 + float(np.abs(due).max())) / (1.0 - plain.follower_discount)
    assert np.abs(pair.control.values - due).max() <= pair.control.error + noise
    assert pair.control.error <= noise
    rough = soft_control(pair.follower, temperature, due + 0.5)
    assert np.abs(rough.values - due).max() <= rough.error + noise


@pytest.mark.parametrize("temperature", [0.05, 0.5, 5.0])
@pytest.mark.parametrize("seed", range(6))
def test_derivatives_are_those_of_finite_differences(seed: int, temperature: float) -> None:
    """The implicit derivative of the weighted value, along directions that keep distributions."""
    rng = np.random.default_rng(seed)
    game = random_game(seed, 4, 3, 3, follower_discount=0.8)
    weights = rng.dirichlet(np.ones(4))
    slots = LeaderPolicy.random(game, rng).slots(game) * 0.9 + 0.1 / 3.0
    slopes = SoftPair.of(game, LeaderPolicy.from_slots(game, slots), temperature).slopes(weights)

    def value(at: np.ndarray) -> float:
        pair = SoftPair.of(game, LeaderPolicy.from_slots(game, at), temperature)
        return float(weights @ pair.leader_values)

    for _ in range(4):
        direction = rng.normal(size=(4, 3))
        direction = (direction - direction.mean(axis=1, keepdims=True)).ravel()
        step = 1e-5
        difference = (value(slots + step * direction) - value(slots - step * direction)) / (2.0 * step)
        assert float(slopes @ direction) == pytest.approx(difference, rel=2e-4, abs=1e-5)


def test_sparse_and_dense_answers_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    game = random_game(2, 6, 3, 2)
    policy, weights = LeaderPolicy.uniform(game), np.full(6, 1 / 6)
    dense = SoftPair.of(game, policy, 0.2)
    slopes = dense.slopes(weights)
    monkeypatch.setattr(mdp, "DENSE_STATES", 0)
    sparse = SoftPair.of(game, policy, 0.2)
    assert not isinstance(sparse.leader.transition, np.ndarray)
    assert sparse.leader_values == pytest.approx(dense.leader_values, abs=1e-9)
    assert sparse.slopes(weights) == pytest.approx(slopes, abs=1e-8)
    mixed = collapsed(sparse.leader, sparse.control.mix)
    assert np.asarray(mixed.transition.sum(axis=1)).ravel() == pytest.approx(np.ones(6))


def test_a_large_constant_in_his_rewards_changes_nothing() -> None:
    plain = agreement_game(3, 4)
    moved = plain.replace(follower_reward=tuple(block + 1e6 for block in plain.follower_reward))
    policy = LeaderPolicy.uniform(plain.to_game())
    one, other = (soft_response(game.to_game(), policy, 0.5) for game in (plain, moved))
    assert one.mix is not None
    assert other.mix is not None
    assert other.mix.probabilities == pytest.approx(one.mix.probabilities, abs=1e-6)


def test_wrong_input_is_refused() -> None:
    game, other = random_game(1, 2, 2, 2), random_game(1, 3, 2, 2)
    for wrong in (0.0, -1.0, float("nan"), "warm", None):
        with pytest.raises(OptionError, match="temperature"):
            soft_response(game, LeaderPolicy.uniform(game), wrong)  # type: ignore[arg-type]
    with pytest.raises(InvalidPolicyError, match="shape"):
        soft_response(game, LeaderPolicy.uniform(other), 0.1)


def test_a_mix_is_a_distribution_in_every_state() -> None:
    game = random_game(1, 2, 2, 2)
    mix = FollowerMix(np.array([0.25, 0.75, 1.0, 0.0]))
    assert mix.to_names(game) == {"s0": {"b0": 0.25, "b1": 0.75}, "s1": {"b0": 1.0, "b1": 0.0}}
    assert mix.most_likely(game).actions.tolist() == [1, 0]
    with pytest.raises(InvalidPolicyError, match="misses 1"):
        FollowerMix(np.array([0.5, 0.6, 1.0, 0.0])).slots(game)
    with pytest.raises(InvalidPolicyError, match="needs 4"):
        FollowerMix(np.ones(3)).slots(game)
    with pytest.raises(InvalidPolicyError, match="finite"):
        FollowerMix(np.array([-0.5, 1.5]))
