"""Any game is an environment that other people's learners accept, and that pays what the game says."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ssg_mip import FollowerPolicy, Game, LeaderPolicy, best_response
from ssg_mip.errors import InvalidPolicyError, OptionError
from ssg_mip.learning.environments import aec_env, follower_env, leader_env, parallel_env
from ssg_mip.library import matrix_game, random_game
from tests.oracles.games import agreement_game

gymnasium = pytest.importorskip("gymnasium")
pytest.importorskip("pettingzoo")

MATRIX = matrix_game("maintain")
RAGGED = agreement_game(1, 11).to_game()

every_game = pytest.mark.parametrize("game", [MATRIX, RAGGED], ids=["maintain", "ragged"])
every_encoding = pytest.mark.parametrize("encoding", ["discrete", "one-hot"])
every_restart = pytest.mark.parametrize("restart", ["horizon", "geometric"])

# Its checker warns where it has advice (agents called player_0, observations without masks) and asserts what must hold.
advice = pytest.mark.filterwarnings("ignore::UserWarning:pettingzoo.test.api_test")


def single_player(game: Game, **options: Any) -> list[Any]:
    first = FollowerPolicy(np.zeros(game.num_states, dtype=int))
    uniform = LeaderPolicy.uniform(game)
    return [
        leader_env(game, first, **options),
        leader_env(game, lambda state, a, rng: int(rng.integers(game.follower_counts[state])), **options),
        follower_env(game, uniform, **options),
        follower_env(game, uniform, observation="action", **options),
    ]


@every_game
@every_encoding
@every_restart
def test_the_checkers_of_gymnasium_and_stable_baselines_pass(game: Game, encoding: str, restart: str) -> None:
    from gymnasium.utils.env_checker import check_env

    stable = pytest.importorskip("stable_baselines3.common.env_checker")
    for environment in single_player(game, encoding=encoding, restart=restart, unavailable="wrap"):
        check_env(environment, skip_render_check=True)
        stable.check_env(environment)


def zoo_checks() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # its own games, which its checker imports
        return pytest.importorskip("pettingzoo.test", reason="the checkers of PettingZoo need pygame")


@advice
@every_game
@every_encoding
@every_restart
def test_the_checkers_of_pettingzoo_pass(
    game: Game, encoding: str, restart: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Legal actions by the masks only: an action that is not available would be refused."""
    checks = zoo_checks()
    options: dict[str, Any] = {"encoding": encoding, "restart": restart, "horizon": 20}
    checks.parallel_api_test(parallel_env(game, **options), num_cycles=100)
    checks.api_test(aec_env(game, **options), num_cycles=100)
    checks.seed_test(lambda: aec_env(game, **options))
    wrapping = {**options, "unavailable": "wrap"}  # this one looks at no masks
    checks.parallel_seed_test(lambda: parallel_env(game, **wrapping))
    assert "Passed" in capsys.readouterr().out


def average_return(environment: Any, act: Callable[[int], int], episodes: int, gamma: float) -> float:
    """The mean discounted return of a policy over states."""
    total = 0.0
    for episode in range(episodes):
        seen, _ = environment.reset(seed=0 if episode == 0 else None)
        weight, ended = 1.0, False
        while not ended:
            seen, reward, terminated, truncated, _ = environment.step(act(int(seen)))
            total += weight * reward
            weight *= gamma
            ended = terminated or truncated
    return total / episodes


def test_returns_are_the_values_of_the_pair_under_both_rules_of_ending() -> None:
    """Discounted over a long horizon, or undiscounted with a geometric end: the exact value of either player."""
    game = random_game(seed=1, states=3, leader_discount=0.8, follower_discount=0.7)
    policy = LeaderPolicy.deterministic(game, [0, 1, 0])
    response = best_response(game, policy)
    lead, answers = policy.probabilities.argmax(axis=1), response.follower_policy.actions
    expected = float(game.initial @ response.leader_values), float(game.initial @ response.follower_values)
    by_horizon = leader_env(game, response.follower_policy, horizon=60)
    assert average_return(by_horizon, lambda s: lead[s], 600, 0.8) == pytest.approx(expected[0], abs=0.1)
    by_chance = leader_env(game, response.follower_policy, restart="geometric", horizon=None)
    assert average_return(by_chance, lambda s: lead[s], 4000, 1.0) == pytest.approx(expected[0], abs=0.15)
    follower = follower_env(game, policy, restart="geometric", horizon=None)
    assert average_return(follower, lambda s: answers[s], 4000, 1.0) == pytest.approx(expected[1], abs=0.15)


def test_a_follower_that_sees_the_action_knows_what_it_gets() -> None:
    """Maintain against a uniform leader: X, Y, Z after A, B, C earn 15, 5 and 10 at once."""
    environment = follower_env(MATRIX, LeaderPolicy.uniform(MATRIX), observation="action")
    slot, _ = environment.reset(seed=3)
    seen = set()
    for _ in range(60):
        before = int(slot)
        slot, reward, _, _, info = environment.step(before)
        assert info["leader_action"] == before
        seen.add((before, reward))
    assert seen == {(0, 15.0), (1, 5.0), (2, 10.0)}


def test_the_alternating_follower_sees_the_realised_action() -> None:
    environment = aec_env(MATRIX)
    environment.reset(seed=0)
    assert environment.agent_selection == "leader"
    assert environment.observe("follower")["observation"] == 3  # not yet
    environment.step(1)
    assert environment.observe("follower")["observation"] == 1
    environment.step(0)
    assert environment.rewards == {"leader": 30.0, "follower": 0.0}
    environment.step(0)
    environment.step(0)
    assert environment.rewards == {"leader": 20.0, "follower": 15.0}


def test_learners_are_told_what_happens() -> None:
    class Memory:
        def __init__(self) -> None:
            self.seen: list[tuple[Any, ...]] = []

        def act(self, state: int, leader_action: int, rng: np.random.Generator) -> int:  # noqa: ARG002
            return (leader_action + 1) % 3

        def observe(self, *what: Any) -> None:
            self.seen.append(what)

    memory = Memory()
    environment = leader_env(MATRIX, memory)
    environment.reset(seed=0)
    environment.step(1)
    environment.step(2)
    assert memory.seen == [(0, 1, 2, 0, 0.0), (0, 2, 0, 0, 0.0)]


def test_actions_that_a_state_lacks_are_masked_and_refused_or_wrapped() -> None:
    state = int(np.argmin(RAGGED.leader_counts))
    count, width = int(RAGGED.leader_counts[state]), int(RAGGED.leader_counts.max())
    assert count < width
    game = RAGGED.replace(initial=np.eye(RAGGED.num_states)[state])
    first = FollowerPolicy(np.zeros(game.num_states, dtype=int))
    environment = leader_env(game, first)
    _, info = environment.reset(seed=0)
    assert info["action_mask"].tolist() == [1] * count + [0] * (width - count)
    assert environment.action_masks().tolist() == [True] * count + [False] * (width - count)
    with pytest.raises(OptionError, match=f"leader action {count} is not available in state {state}.*wrap"):
        environment.step(count)
    wrapping = leader_env(game, first, unavailable="wrap")
    wrapping.reset(seed=0)
    assert wrapping.step(count)[4]["leader_action"] == 0


@pytest.mark.parametrize("action", [0.7, None, "0", True, np.array([0, 1])])
def test_what_is_no_action_is_refused(action: Any) -> None:
    """A fraction is not rounded, and both agents of a parallel environment must act."""
    environment, parallel, alternating = leader_env(MATRIX, FollowerPolicy([0])), parallel_env(MATRIX), aec_env(MATRIX)
    for made in (environment, parallel, alternating):
        made.reset(seed=0)
    for act in (
        lambda: environment.step(action),
        lambda: parallel.step({"leader": 0, "follower": action}),
        lambda: parallel.step({"leader": 0}),
        lambda: alternating.step(action),
    ):
        with pytest.raises(OptionError, match=r"(leader|follower) action is .* whole number below"):
            act()


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"horizon": 0}, "horizon is 0"),
        ({"horizon": 2.5}, "horizon is 2.5"),
        ({"horizon": float("nan")}, "horizon is nan"),
        ({"horizon": None}, "horizon is None"),
        ({"restart": "never"}, "restart is 'never'"),
        ({"encoding": "words"}, "encoding is 'words'"),
        ({"unavailable": "guess"}, "unavailable is 'guess'"),
        ({"length": 3}, "no option 'length'.*horizon"),
    ],
)
def test_options_outside_their_range_are_refused(options: dict[str, Any], word: str) -> None:
    for make in (parallel_env, aec_env):
        with pytest.raises(OptionError, match=word):
            make(MATRIX, **options)
    with pytest.raises(OptionError, match=word):
        leader_env(MATRIX, FollowerPolicy([0]), **options)


def test_partners_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InvalidPolicyError):
        leader_env(MATRIX, FollowerPolicy([5]))
    with pytest.raises(InvalidPolicyError):
        follower_env(MATRIX, LeaderPolicy(np.array([[1.0]])))
    for follower in (None, 0, LeaderPolicy.uniform(MATRIX)):
        with pytest.raises(OptionError, match="it must be a FollowerPolicy, a function"):
            leader_env(MATRIX, follower)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="seed is -1"):
        parallel_env(MATRIX).reset(seed=-1)
    with pytest.raises(OptionError, match="observation is 'all'"):
        follower_env(MATRIX, LeaderPolicy.uniform(MATRIX), observation="all")  # type: ignore[arg-type]


def test_an_environment_must_be_reset_first() -> None:
    alternating = aec_env(MATRIX)
    for act in (
        lambda: leader_env(MATRIX, FollowerPolicy([0])).step(0),
        lambda: parallel_env(MATRIX).step({"leader": 0, "follower": 0}),
        lambda: alternating.step(0),
        lambda: alternating.observe("leader"),
    ):
        with pytest.raises(OptionError, match=r"call reset\(\) first"):
            act()
