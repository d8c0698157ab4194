"""Theorems 9 and 10 of Kudo & Akimoto as tests of a policy: against the oracle, against samples, and at limits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ssg_mip import LeaderPolicy, necessary_condition
from ssg_mip.base.deadline import Deadline
from ssg_mip.errors import OptionError
from ssg_mip.exact.goals import HighestGainBridge
from ssg_mip.methods.policy_iteration.conditions import Sufficiency, breaks_sufficiency, sufficient_condition
from ssg_mip.methods.registry import find_method
from tests.benchmarks import sufficiency as command
from tests.oracles.brute_force import improvement_gain
from tests.oracles.games import PlainGame, random_game
from tests.oracles.known import figure_1
from tests.oracles.sampling import answer, random_policy
from tests.unit.questions import asked

GAP = 1e-3


def _game(seed: int, leader_discount: float) -> PlainGame:
    return random_game(
        np.random.default_rng([5, seed]),
        leader_counts=[2, 2],
        follower_counts=[2, 2],
        leader_discount=leader_discount,
        follower_discount=0.9,
    )


@pytest.mark.parametrize("leader_discount", [0.0, 0.9])
@pytest.mark.parametrize("seed", [0, 3])
def test_the_necessary_condition_agrees_with_the_oracle(seed: int, leader_discount: float) -> None:
    """It fails at the uniform policy, with a policy that is better everywhere, and holds where Algorithm 1 stops."""
    plain = _game(seed, leader_discount)
    game = plain.to_game()
    fails = necessary_condition(game, LeaderPolicy.uniform(game), gap=GAP)
    assert (fails.holds, fails.pareto_optimal) == (False, False)
    assert fails.better_values is not None
    assert np.all(fails.better_values >= fails.leader_values - 1e-6)
    assert np.max(fails.better_values - fails.leader_values) > GAP
    end = find_method("policy-iteration")(*asked(game, gap=GAP))
    assert end.leader_policy is not None
    holds = necessary_condition(game, end.leader_policy, gap=GAP)
    assert holds.holds is True
    assert holds.pareto_optimal is (True if leader_discount == 0.0 else None)
    assert improvement_gain(plain, end.leader_values) <= holds.gain_bound + 1e-5


def test_the_necessary_condition_is_not_sufficient() -> None:
    """Fig. 1 without a threat: everything is worth 0, and the condition holds at a policy worth 0 everywhere."""
    game = figure_1(1.0, 0.5).to_game()
    found = necessary_condition(game, LeaderPolicy.uniform(game), gap=1e-2)
    assert found.holds is True
    assert found.pareto_optimal is None


def test_no_time_leaves_the_condition_open() -> None:
    game = _game(0, 0.9).to_game()
    found = necessary_condition(game, LeaderPolicy.uniform(game), time_limit=0.0)
    assert (found.holds, found.pareto_optimal) == (None, None)
    assert found.termination.is_limit
    with pytest.raises(OptionError, match="gap"):
        necessary_condition(game, LeaderPolicy.uniform(game), gap=-1.0)


@pytest.mark.parametrize("leader_discount", [0.0, 0.3, 0.9])
@pytest.mark.parametrize("seed", [1, 5])
def test_where_the_sufficient_condition_holds_no_sample_dominates(seed: int, leader_discount: float) -> None:
    plain = _game(seed, leader_discount)
    game = plain.to_game()
    end = find_method("policy-iteration")(*asked(game, gap=GAP))
    assert end.leader_policy is not None
    found = sufficient_condition(*asked(game, gap=GAP), end.leader_policy)
    assert found.verdict is not Sufficiency.FAILS or leader_discount > 0.0
    if found.verdict is not Sufficiency.HOLDS:
        return
    rng = np.random.default_rng(seed)
    for _ in range(300):
        gains = answer(plain, random_policy(plain, rng)).leader_values - end.leader_values
        assert gains.min() < 0.0 or gains.max() <= found.gain_bound + 1e-7


@pytest.mark.parametrize("seed", [0, 2])
def test_a_dominated_policy_breaks_the_sufficient_condition(seed: int) -> None:
    """Theorem 10 cannot hold at the uniform policy, which others dominate; its own formula confirms the finding."""
    game = _game(seed, 0.9).to_game()
    problem, run = asked(game, gap=GAP)
    uniform = LeaderPolicy.uniform(game)
    found = sufficient_condition(problem, run, uniform)
    assert found.verdict is Sufficiency.FAILS
    assert found.gain_bound == np.inf
    assert found.breaking_policy is not None
    values = necessary_condition(game, uniform, gap=GAP).leader_values
    problem = HighestGainBridge(problem, run, values, 0, 9.0)
    assert breaks_sufficiency(problem, found.breaking_policy, 1e-6)
    assert not breaks_sufficiency(problem, uniform, 1e-6)


@pytest.mark.parametrize("limits", [{"deadline": Deadline(0.0)}, {"node_limit": 1}])
def test_limits_leave_the_sufficient_condition_open(limits: dict[str, Any]) -> None:
    game = _game(3, 0.9).to_game()
    end = find_method("policy-iteration")(*asked(game, gap=GAP))
    assert end.leader_policy is not None
    found = sufficient_condition(*asked(game, gap=GAP, **limits), end.leader_policy)
    assert found.verdict is not Sufficiency.HOLDS
    assert found.gain_bound == np.inf


def test_the_command_prints_its_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--size", "3x2x2", "--games", "1", "--discounts", "0.1"]) == 0
    assert "| 0.1 | 1 |" in capsys.readouterr().out
    assert command.main(["--discounts", "much"]) == 2
