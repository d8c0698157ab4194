"""A PPO leader against Hedge, and the two baselines: known payoffs, honest records, nothing left behind."""

from __future__ import annotations

import dataclasses
import random
import warnings

import numpy as np
import pytest

from ssg_mip import LeaderPolicy, best_response, solve
from ssg_mip.base.status import Termination
from ssg_mip.errors import OptionError
from ssg_mip.learning.learners.asymmetric_learning.hedge import gain_spread
from ssg_mip.learning.learners.asymmetric_learning.information import exact_answer, pair_values
from ssg_mip.learning.learners.ppo_hedge import PolicyDynamics, Settings, learn
from ssg_mip.library import matrix_game, random_game
from tests.oracles.games import agreement_game

torch = pytest.importorskip("torch")
pytest.importorskip("stable_baselines3")

STEPS = 5120
BRIEF = Settings(rollout=64, hidden=16)


def check_records(game: object, learned: PolicyDynamics) -> None:
    """Every recorded policy is a distribution, of both players, averages too."""
    for leader in (*learned.leader_policies, *learned.leader_averages):
        sums = np.add.reduceat(leader, game.leader_offsets[:-1])  # type: ignore[attr-defined]
        assert sums == pytest.approx(np.ones(len(sums)), abs=1e-6)
    assert (learned.follower_policies >= 0.0).all()
    assert learned.leader_regret.shape == learned.follower_regret.shape == learned.steps.shape


@pytest.mark.parametrize(("name", "payoffs"), [("stag_hunt", (0.0, 0.0)), ("battle_of_table_1", (5.0, 1.0))])
def test_seeing_the_action_the_dynamics_reach_the_known_payoffs(name: str, payoffs: tuple[float, float]) -> None:
    """Stag hunt, and Battle with its true value 5 instead of the printed 10/3: what both earn at the end.

    The average since the start lags behind, but by less than half a unit after 5120 steps.
    """
    game = matrix_game(name)
    learned = learn(game, Settings(), 0, steps=STEPS)
    played = learned.leader_policies[-1][game.row_leader_slot] * learned.follower_policies[-1]
    assert played @ game.leader_rewards == pytest.approx(payoffs[0], abs=0.1)
    assert played @ game.follower_rewards == pytest.approx(payoffs[1], abs=0.1)
    assert learned.leader_payoffs[-1] == pytest.approx(payoffs[0], abs=0.5)
    bound = 2 * np.log(2) / 0.05 + 0.05 * STEPS / 8  # of two Hedges that share the steps, on gains of spread 1
    assert 0.0 < learned.follower_regret[-1] <= bound * gain_spread(game)


def test_the_method_reports_the_value_under_the_true_best_response() -> None:
    result = solve(matrix_game("battle_of_table_1"), method="ppo-hedge", iteration_limit=2560, settings={"rate": 1e-3})
    assert result.leader_value == pytest.approx(5.0, abs=0.05)
    assert result.termination is Termination.ITERATION_LIMIT
    assert result.provenance.counts["steps"] == 2560
    assert 4.0 < result.details["average_leader_payoff"] < 5.0
    assert set(result.details["average_policy"]["s"]) == {"row 1", "row 2"}


def test_what_was_learned_until_an_early_stop_is_visited() -> None:
    """The next moment to look would have come after thousands of updates; the stop comes after the second."""
    game = matrix_game("battle_of_table_1")
    asked, looks = [], []
    learned = learn(
        game,
        BRIEF,
        0,
        steps=10**6,
        num_moments=10,
        on_moment=lambda step, current, average: looks.append((step, current)),
        stopped=lambda: len(asked) == 30 or bool(asked.append(None)),
    )
    assert looks == [(160, learned.last_leader_policy)]  # an update asks once before, 8 times at play and 4 in passes
    assert learned.steps.tolist() == [160]


@pytest.mark.parametrize("follower", ["hedge", "ppo"])
@pytest.mark.parametrize("changed", [{"epochs": 10**12}, {"rollout": 65_536}])
def test_an_update_asks_the_clock(follower: str, changed: dict[str, int]) -> None:
    """One that would take days ends at the first answer, and what was played until then counts."""
    asked: list[None] = []
    settings = dataclasses.replace(BRIEF, follower=follower, **changed)
    game = matrix_game("battle_of_table_1")
    learned = learn(game, settings, 0, steps=10**6, stopped=lambda: len(asked) == 20 or bool(asked.append(None)))
    check_records(game, learned)
    assert learned.steps.tolist() == [64 if "epochs" in changed else 160]


def test_a_minibatch_of_seconds_is_refused() -> None:
    with pytest.raises(OptionError, match=r"batch is 4096 and hidden is 4096; batch \* hidden \*\* 2 must be at most"):
        Settings(batch=4096, rollout=4096, hidden=4096)
    with pytest.raises(OptionError, match="copies is 2048; it must be at least 1 and at most 1024"):
        Settings(copies=2048, rollout=2048)


@pytest.mark.parametrize("follower", ["best-response", "ppo"])
def test_the_baselines_play_too(follower: str) -> None:
    """The exact answer has no regret; PPO against PPO in the dilemma ends in mutual defection."""
    settings = dataclasses.replace(Settings(), follower=follower, rate=3e-3)
    learned = learn(matrix_game("prisoners_dilemma"), settings, 0, steps=1280)
    check_records(matrix_game("prisoners_dilemma"), learned)
    assert learned.last_leader_policy.probabilities[0, 1] > 0.9
    assert learned.follower_policies[-1, 3] > 0.9
    if follower == "best-response":
        assert learned.follower_regret == pytest.approx(np.zeros(len(learned.steps)), abs=1e-9)


def test_the_symmetric_follower_sees_no_action_unless_asked_to() -> None:
    """Its mixes after both rows are the same; Hedge's are not."""
    assert Settings(follower="ppo").information == "policy"
    assert Settings(follower="ppo", observation="action").information == "action"
    assert {Settings(follower=kind).information for kind in ("hedge", "omd", "ftrl", "best-response")} == {"action"}
    game = matrix_game("battle_of_table_1")
    for follower, apart in (("ppo", False), ("hedge", True)):
        learned = learn(game, dataclasses.replace(BRIEF, follower=follower, rate=3e-3), 0, steps=640)
        mixes = learned.follower_policies[-1].reshape(2, 2)
        assert bool(abs(mixes[0] - mixes[1]).max() > 0.1) == apart


@pytest.mark.parametrize("observation", ["action", "policy"])
def test_the_symmetric_follower_learns_to_control_what_it_plays(observation: str) -> None:
    """The leader has no choice.

    What the follower plays at the end is worth nearly its optimum; being greedy for rewards would lose 0.77 of 2.01.
    """
    game = random_game(seed=17, states=3, leader_actions=1, follower_actions=3, follower_discount=0.7)
    settings = dataclasses.replace(Settings(), follower="ppo", observation=observation, rate=3e-3, horizon=5)
    learned = learn(game, settings, 0, steps=5120, num_moments=1)
    follower = pair_values(game, learned.last_leader_policy, learned.follower_policies[-1])[1]
    best = exact_answer(game, learned.last_leader_policy, "policy")
    optimum = pair_values(game, learned.last_leader_policy, best)[1]
    assert game.initial @ follower > game.initial @ optimum - 0.25


@pytest.mark.parametrize("follower", ["omd", "ftrl"])
def test_other_rules_without_regret_lead_there_too(follower: str) -> None:
    game = matrix_game("battle_of_table_1")
    learned = learn(game, dataclasses.replace(Settings(), follower=follower), 0, steps=STEPS)
    played = learned.leader_policies[-1][game.row_leader_slot] * learned.follower_policies[-1]
    assert played @ game.leader_rewards == pytest.approx(5.0, abs=0.1)


def test_schedules_decide_when_hedge_moves() -> None:
    """After 100 moves at first; never for a follower with regret, whose mixes are not those of Hedge."""
    game = matrix_game("battle_of_table_1")
    curves = {
        schedule: learn(game, dataclasses.replace(BRIEF, schedule=schedule), 0, steps=128).follower_policies
        for schedule in ("no-regret", "every", "after", "regret")
    }
    assert curves["every"][0] == pytest.approx([0.5] * 4)  # 64 moves done
    assert abs(curves["every"][1] - 0.5).max() > 0.1
    assert abs(curves["no-regret"][0] - 0.5).max() > 0.1
    assert np.array_equal(curves["after"][0], curves["regret"][0])
    assert not np.array_equal(curves["after"][1], curves["regret"][1])
    for moves in ("rollout", "iteration"):
        with pytest.raises(OptionError, match=f"follower_moves is '{moves}' and schedule is 'after'"):
            Settings(follower_moves=moves, schedule="after")


@pytest.mark.parametrize("observation", ["action", "policy"])
def test_in_algorithm_2_hedge_moves_once_an_iteration_by_the_mean_gain(observation: str) -> None:
    """By hand: after ``t`` iterations its exponents differ by ``eta`` times the sum of the mean differences of gains.

    Where it sees the action these are the payoffs after it; where it does not, what the leader's mix makes of them.
    """
    game = matrix_game("battle_of_table_1")
    settings = dataclasses.replace(BRIEF, observation=observation, follower_moves="iteration", follower_rate=0.1)
    learned = learn(game, settings, 0, steps=64 * 6)
    mixes = learned.follower_policies.reshape(-1, 2, 2)
    moves = np.diff(np.log(mixes[:, :, 0] / mixes[:, :, 1]), axis=0)  # [moments but the first, leader action]
    gain = np.array([1.0, -2.0])  # of the first column over the second after each row; the spread is 2
    played = np.eye(2) if observation == "action" else np.repeat(learned.leader_policies[:-1, None], 2, axis=1)
    assert moves == pytest.approx(np.broadcast_to(0.1 / 2.0 * played @ gain, moves.shape))


def test_one_move_an_iteration_is_shorter_than_their_sum() -> None:
    game = matrix_game("battle_of_table_1")
    mixes = {}
    for moves in ("step", "iteration", "rollout"):
        settings = dataclasses.replace(BRIEF, observation="policy", follower_moves=moves)
        mixes[moves] = learn(game, settings, 0, steps=64).follower_policies[0, :2]
    odds = {moves: np.log(mix[0] / mix[1]) for moves, mix in mixes.items()}
    assert odds["rollout"] == pytest.approx(64.0 * odds["iteration"])
    assert odds["step"] == pytest.approx(odds["rollout"])  # in the first rollout the leader's mix stays the same


@pytest.mark.parametrize("observation", ["action", "policy"])
@pytest.mark.parametrize("follower", ["hedge", "ppo", "best-response"])
@pytest.mark.parametrize("moves", ["step", "iteration", "rollout"])
def test_states_may_differ_in_their_actions_and_seeds_decide(observation: str, follower: str, moves: str) -> None:
    game = agreement_game(1, 11).to_game()
    settings = dataclasses.replace(BRIEF, observation=observation, follower=follower, follower_moves=moves)
    first, second = (learn(game, settings, 3, steps=192) for _ in range(2))
    check_records(game, first)
    assert first.steps.tolist() == [64, 128, 192]
    assert np.array_equal(first.leader_policies, second.leader_policies)
    assert np.array_equal(first.leader_payoffs, second.leader_payoffs)
    assert not np.array_equal(first.leader_policies, learn(game, settings, 4, steps=192).leader_policies)


def test_a_leader_with_several_states_improves() -> None:
    """Three states, follower with a future: far above the uniform policy, under the true best response."""
    game = random_game(seed=1, states=3, leader_discount=0.8, follower_discount=0.7)
    result = solve(game, method="ppo-hedge", iteration_limit=2560, settings={"rate": 3e-3})
    uniform = float(game.initial @ best_response(game, LeaderPolicy.uniform(game)).leader_values)
    optimum = solve(game, method="commitment", gap=1e-3, check=False).leader_value
    assert result.details["last_leader_value"] > uniform + 0.5 * (optimum - uniform)


def test_the_global_random_states_and_threads_are_left_alone() -> None:
    states = random.getstate(), np.random.get_state()[1].copy(), torch.random.get_rng_state()  # noqa: NPY002
    threads, filters = torch.get_num_threads(), list(warnings.filters)
    learn(matrix_game("stag_hunt"), BRIEF, 0, steps=64)
    assert random.getstate() == states[0]
    assert np.array_equal(np.random.get_state()[1], states[1])  # noqa: NPY002
    assert torch.equal(torch.random.get_rng_state(), states[2])
    assert torch.get_num_threads() == threads
    assert warnings.filters == filters


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rollout", 100),
        ("copies", 7),
        ("batch", 0),
        ("batch", 1),
        ("hidden", 10**9),
        ("rate", 1e300),
        ("entropy_weight", 1e300),
        ("follower_rate", 0.0),
        ("trace", 1.1),
        ("discount", -0.1),
        ("entropy_weight", -1.0),
        ("rate", 0.0),
        ("follower", "oracle"),
    ],
)
def test_settings_outside_their_range_are_refused(name: str, value: object) -> None:
    with pytest.raises(OptionError, match=name):
        solve(matrix_game("stag_hunt"), method="ppo-hedge", settings={name: value})


def test_rewards_that_single_precision_cannot_square_are_refused() -> None:
    game = matrix_game("stag_hunt")
    with pytest.raises(OptionError, match=r"reward of size 3e\+20; .* single precision"):
        learn(game.replace(leader_rewards=1e20 * game.leader_rewards), BRIEF, 0, steps=64)
