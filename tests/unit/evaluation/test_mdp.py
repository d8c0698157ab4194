"""Decision processes: evaluation, occupancy and control against derivations and plain value iteration."""

from __future__ import annotations

import numpy as np
import pytest

from ssg_mip.evaluation import mdp
from ssg_mip.evaluation.mdp import DecisionProcess, evaluate, first_best, induced_by_leader, joint_process, occupancy
from ssg_mip.evaluation.mdp import optimal_control as control
from ssg_mip.game.policy import LeaderPolicy
from tests.oracles.games import PlainGame, random_game
from tests.oracles.team import joint_values


def ragged_game(seed: int, *, states: int = 6, discount: float = 0.9, integer: bool = False) -> PlainGame:
    rng = np.random.default_rng(seed)
    return random_game(
        rng,
        leader_counts=rng.integers(1, 4, states).tolist(),
        follower_counts=rng.integers(1, 4, states).tolist(),
        leader_discount=discount,
        follower_discount=0.8,
        successors=3,
        integer=integer,
    )


def policy_rows(plain: PlainGame, policy: LeaderPolicy) -> list[np.ndarray]:
    """The package's padded policy as one row per state."""
    return [policy.probabilities[s, :count] for s, count in enumerate(plain.leader_counts)]


def value_iteration(process: DecisionProcess, sweeps: int = 2000, *, maximise: bool = True) -> np.ndarray:
    values = np.zeros(process.num_states)
    reduce = np.maximum if maximise else np.minimum
    for _ in range(sweeps):
        values = reduce.reduceat(process.action_values(values), process.offsets[:-1])
    return values


def test_two_state_evaluation_by_hand() -> None:
    """s0 pays 1 and moves to s1, which pays 0 and stays: values (1, 0); back and forth at 1/2: (4/3, 2/3)."""
    move = np.array([[0.0, 1.0], [0.0, 1.0], [1.0, 0.0]])
    process = DecisionProcess(np.array([0, 1, 3]), np.array([1.0, 0.0, 0.0]), move, 0.5)
    assert evaluate(process, np.array([0, 1])) == pytest.approx([1.0, 0.0])
    assert evaluate(process, np.array([0, 2])) == pytest.approx([4 / 3, 2 / 3])


@pytest.mark.parametrize("seed", range(4))
def test_induced_processes_are_the_marginals(seed: int) -> None:
    """Rewards and transitions of slot ``(s, b)`` are the averages over the leader's action."""
    plain = ragged_game(seed)
    game = plain.to_game()
    policy = LeaderPolicy.random(game, np.random.default_rng(seed))
    leader, follower = induced_by_leader(game, policy)
    rows = policy_rows(plain, policy)
    for s, offset in enumerate(game.follower_offsets[:-1]):
        for b in range(plain.follower_counts[s]):
            assert leader.reward[offset + b] == pytest.approx(rows[s] @ plain.leader_reward[s][:, b])
            assert follower.reward[offset + b] == pytest.approx(rows[s] @ plain.follower_reward[s][:, b])
            assert follower.transition[offset + b] == pytest.approx(rows[s] @ plain.transition[s][:, b])
    assert (leader.discount, follower.discount) == (plain.leader_discount, plain.follower_discount)


@pytest.mark.parametrize("seed", range(4))
def test_dense_and_sparse_systems_agree(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Evaluation, occupancy and control do not depend on the storage."""
    game = ragged_game(seed, states=9).to_game()
    policy = LeaderPolicy.random(game, np.random.default_rng(seed))
    start = game.initial

    def everything() -> list[np.ndarray]:
        leader, follower = induced_by_leader(game, policy)
        best = control(follower)
        joint = control(joint_process(game, leader=True))
        return [
            best.values,
            best.action_values,
            best.chosen,
            evaluate(leader, best.chosen),
            occupancy(leader, best.chosen, start),
            joint.values,
        ]

    dense = everything()
    monkeypatch.setattr(mdp, "DENSE_STATES", 0)
    assert not isinstance(induced_by_leader(game, policy)[0].transition, np.ndarray)
    for one, other in zip(dense, everything(), strict=True):
        assert other == pytest.approx(one, abs=1e-10)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("discount", [0.0, 0.9, 0.999])
def test_occupancy_identities(seed: int, discount: float) -> None:
    """Occupancy sums to 1/(1-gamma), satisfies the flow equation, and prices any reward: rho v = d r."""
    game = ragged_game(seed, discount=discount).to_game()
    leader, follower = induced_by_leader(game, LeaderPolicy.uniform(game))
    chosen = control(follower).chosen
    visits = occupancy(leader, chosen, game.initial)
    assert visits.min() >= -1e-12
    assert visits.sum() == pytest.approx(1.0 / (1.0 - discount))
    assert visits - discount * visits @ leader.transition[chosen] == pytest.approx(game.initial, abs=1e-9)
    assert visits @ leader.reward[chosen] == pytest.approx(game.initial @ evaluate(leader, chosen))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("maximise", [True, False])
def test_policy_iteration_equals_value_iteration(seed: int, maximise: bool) -> None:
    """Howard's algorithm ends at the fixed point of the Bellman operator, for a maximum and for a minimum."""
    game = ragged_game(seed, integer=seed % 2 == 1).to_game()
    _, process = induced_by_leader(game, LeaderPolicy.uniform(game))
    found = control(process, maximise=maximise)
    assert found.values == pytest.approx(value_iteration(process, maximise=maximise), abs=1e-8)
    assert found.action_values[found.chosen] == pytest.approx(found.values, abs=1e-9)


def test_control_does_not_depend_on_its_start() -> None:
    """Starting from the worst policy changes nothing about the values."""
    game = ragged_game(3).to_game()
    process = joint_process(game, leader=True)
    worst = control(process, maximise=False).chosen
    assert control(process, start=worst).values == pytest.approx(control(process).values)


def test_allowed_slots_restrict_the_choice() -> None:
    """Only allowed slots are chosen, even where a forbidden one is better or is the start."""
    game = ragged_game(1).to_game()
    process = joint_process(game, leader=True)
    free = control(process)
    allowed = np.ones(game.num_rows, dtype=bool)
    several = np.diff(game.row_offsets) > 1
    allowed[free.chosen[several]] = False
    bound = control(process, allowed=allowed, start=free.chosen)
    assert several.any()
    assert allowed[bound.chosen].all()
    assert np.all(bound.values <= free.values + 1e-9)
    assert bound.values.sum() < free.values.sum()


@pytest.mark.parametrize("seed", range(3))
def test_joint_process_is_the_team_optimum(seed: int) -> None:
    """One planner over both players' actions gets what value iteration over joint actions says."""
    plain = ragged_game(seed)
    assert control(joint_process(plain.to_game(), leader=True)).values == pytest.approx(joint_values(plain), abs=1e-8)


def test_joint_process_takes_the_rewards_and_discount_of_the_player_asked_for() -> None:
    """Leader and follower processes share transitions only."""
    game = ragged_game(0).to_game()
    leader, follower = joint_process(game, leader=True), joint_process(game, leader=False)
    assert leader.reward == pytest.approx(game.leader_rewards)
    assert follower.reward == pytest.approx(game.follower_rewards)
    assert (leader.discount, follower.discount) == (0.9, 0.8)


def test_first_best_takes_the_lowest_of_equals() -> None:
    """Ragged segments, ties inside a segment, negative scores."""
    score = np.array([-1.0, -1.0, 2.0, 5.0, 5.0, 0.0])
    assert first_best(score, np.array([0, 2, 5, 6])).tolist() == [0, 3, 5]


def test_control_keeps_the_lowest_slot_among_equals() -> None:
    """Duplicated slots: the answer is the first copy, so runs are reproducible."""
    move = np.array([[0.0, 1.0]] * 3 + [[1.0, 0.0]] * 2)
    process = DecisionProcess(np.array([0, 3, 5]), np.array([0.0, 1.0, 1.0, 2.0, 2.0]), move, 0.9)
    assert control(process).chosen.tolist() == [1, 3]


@pytest.mark.parametrize("discount", [1.0 - 1e-6, 1.0 - 1e-9])
def test_control_is_consistent_at_a_discount_near_one(discount: float) -> None:
    """Where rounding blurs improvements the values returned are still those of the policy returned."""
    rng = np.random.default_rng(11)
    move = rng.dirichlet(np.ones(12), size=36)
    process = DecisionProcess(np.arange(0, 37, 3), rng.uniform(size=36), move, discount)
    found = control(process)
    assert found.values == pytest.approx(evaluate(process, found.chosen), rel=1e-12)
    assert found.action_values == pytest.approx(process.action_values(found.values), rel=1e-12)


def test_control_that_rounding_never_lets_settle_returns_values_of_its_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    """With no tolerance for noise, copies of an action written differently swap for ever: the answer still fits."""
    monkeypatch.setattr(mdp, "ARITHMETIC", 1e-300)
    for seed in range(60):
        rng = np.random.default_rng(seed)
        move = rng.dirichlet(np.ones(6), size=6).repeat(3, axis=0)
        move[2::3] = (move[2::3] * 3.0) / 3.0
        process = DecisionProcess(np.arange(0, 19, 3), np.repeat(rng.uniform(size=6), 3), move, 0.999)
        found = control(process)
        assert np.array_equal(found.values, evaluate(process, found.chosen))


def _beside_riches(size: float, *, gain: float) -> DecisionProcess:
    """A state with two ways to stay, of which the second earns a little more, beside one worth ``size`` a step."""
    return DecisionProcess(
        np.array([0, 2, 3]),
        np.array([1.0, 1.0 + gain, size]),
        np.array([[1.0, 0.0], [1.0, 0.0], [0.5, 0.5]]),
        0.9,
    )


@pytest.mark.parametrize("size", [1.0, 1e9, 1e12])
def test_what_a_state_does_not_reach_hides_no_gain_in_it(size: float) -> None:
    found = control(_beside_riches(size, gain=1e-9), start=np.array([0, 2]))
    assert found.chosen.tolist() == [1, 2]
    assert found.values[0] == pytest.approx(10.0 + 1e-8, rel=1e-14)


@pytest.mark.parametrize("size", [1e9, 1e12])
def test_values_beside_riches_are_as_accurate_as_alone(size: float) -> None:
    rng = np.random.default_rng(3)
    moves = np.zeros((8, 8))
    moves[:4, :4] = rng.dirichlet(np.ones(4), 4)
    moves[4:] = rng.dirichlet(np.ones(8), 4)
    rewards = np.concatenate((rng.normal(size=4), size * rng.normal(size=4)))
    process = DecisionProcess(np.arange(9), rewards, moves, 0.99)
    alone = DecisionProcess(np.arange(5), rewards[:4], moves[:4, :4], 0.99)
    values = evaluate(process, np.arange(8))[:4]
    assert values == pytest.approx(evaluate(alone, np.arange(4)), rel=1e-12)
