"""Line 9 of Algorithm 1: drawn policies belong to ``W(f_t)``, two seeds draw two, and a run stays monotone."""

from __future__ import annotations

import numpy as np
import pytest

from ssg_mip import solve
from ssg_mip.base.status import Termination
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.best_response import Ties, best_response
from ssg_mip.exact import Answer
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.library import kudo_akimoto_figure_1, random_game
from ssg_mip.methods.policy_iteration import sampling
from ssg_mip.methods.policy_iteration.sampling import sampled
from ssg_mip.methods.policy_iteration.step import exact_improvement
from ssg_mip.result import Result
from tests.unit.methods.grid_improvement import one_step_values
from tests.unit.questions import asked

GAP = 1e-3


@pytest.fixture
def game() -> Game:
    return random_game(1001, 3, 2, 2, 2)


def _drawn(game: Game, seed: int, epsilon: float | None) -> tuple[Answer, Answer, np.ndarray]:
    """The answer of (I) from the uniform policy, the one with a drawn policy, and the values ``V_t``."""
    start = LeaderPolicy.uniform(game)
    values = best_response(game, start).leader_values
    problem, run = asked(game, gap=GAP, start=start, selection="sample", epsilon=epsilon)
    solver = sampled(exact_improvement, run, np.random.default_rng(seed))
    arguments = problem, run, values, game.initial, 1e-6
    return exact_improvement(*arguments), solver(*arguments), values


@pytest.mark.parametrize("epsilon", [None, 0.3])
def test_a_drawn_policy_loses_nowhere_and_has_the_share_of_the_largest_gain(game: Game, epsilon: float | None) -> None:
    missing = GAP if epsilon is None else epsilon
    for seed in range(3):
        best, drawn, values = _drawn(game, seed, epsilon)
        assert drawn.policy is not None
        assert drawn.dual_bound == pytest.approx(best.dual_bound, rel=GAP)
        gains = one_step_values(game, drawn.policy, values) - values
        assert gains.min() >= -1e-6
        assert game.initial @ gains >= (1.0 - missing) * drawn.dual_bound - 1e-9
        assert game.initial @ gains <= best.dual_bound + 1e-6


def test_two_seeds_draw_two_policies_and_one_seed_the_same(game: Game) -> None:
    first, again, other = (_drawn(game, seed, 0.3)[1].policy for seed in (0, 0, 1))
    assert first is not None
    assert again is not None
    assert other is not None
    assert np.array_equal(first.probabilities, again.probabilities)
    assert float(np.abs(first.probabilities - other.probabilities).max()) > 1e-3


def test_without_the_selection_nothing_is_drawn(game: Game) -> None:
    _, run = asked(game)
    assert sampled(exact_improvement, run, np.random.default_rng(0)) is exact_improvement


def test_the_draws_spread_over_all_of_the_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """One state, a follower without a choice: ``W`` is an interval, and draws are uniform in it.

    The leader earns 1 by action a1 and 0 by a2; from the policy (1/2, 1/2) the largest gain is 1/2, and half of it is
    reached from 3/4 on. Of uniform draws in [3/4, 1] the mean is 7/8, the standard deviation 1/sqrt(192) = .072.
    """
    monkeypatch.setattr(sampling, "TRIALS", 40)
    stay, leader, follower = [[[[1.0]], [[1.0]]]], [[[1.0], [0.0]]], [[[0.0], [0.0]]]
    game = Game.from_arrays(stay, leader, follower, leader_discount=0.0, follower_discount=0.0)
    start = LeaderPolicy.uniform(game)
    problem, run = asked(game, weights=np.ones(1), gap=1e-6, start=start, selection="sample", epsilon=0.5)
    solver = sampled(exact_improvement, run, np.random.default_rng(0))
    found = []
    for _ in range(60):
        policy = solver(problem, run, np.array([0.5]), np.ones(1), 1e-9).policy
        assert policy is not None
        found.append(float(policy.probabilities[0, 0]))
    assert min(found) >= 0.75 - 1e-9
    assert np.mean(found) == pytest.approx(0.875, abs=4 * 0.072 / np.sqrt(60))
    assert np.std(found) == pytest.approx(0.072, abs=0.02)


def _values(result: Result) -> list[float]:
    return [point.leader_value for point in result.trajectory]


@pytest.mark.parametrize("method", ["policy-iteration", "restarted-policy-iteration"])
def test_a_sampled_run_is_monotone_and_two_seeds_are_two_runs(game: Game, method: str) -> None:
    runs = [
        solve(game, method, seed=seed, selection="sample", epsilon=0.1, iteration_limit=3, guarantee=False)
        for seed in (0, 0, 1)
    ]
    for run in runs:
        states = np.array([point.leader_values for point in run.trajectory])
        assert np.diff(states, axis=0).min() >= -1e-7
        assert run.check.passed
        assert run.details["seed_decides"] == "the draws of the steps"
    assert _values(runs[0]) == _values(runs[1])
    assert abs(runs[0].trajectory[1].leader_value - runs[2].trajectory[1].leader_value) > 1e-3


def test_a_random_start_is_drawn_by_the_seed_for_every_method(game: Game) -> None:
    """Line 1 of Algorithm 1."""
    for method in ("policy-iteration", "response-regions", "policy-gradient"):
        runs = [
            solve(game, method, start="random", seed=seed, iteration_limit=1, check=False, guarantee=False)
            for seed in (0, 0, 5)
        ]
        starts = [run.trajectory[0].leader_policy.probabilities for run in runs]
        assert np.array_equal(starts[0], starts[1])
        assert float(np.abs(starts[0] - starts[2]).max()) > 0.01
        assert runs[0].details["seed_decides"].startswith("the random start")
        expected = LeaderPolicy.random(game, np.random.default_rng(5)).probabilities
        assert np.array_equal(runs[2].provenance.options["start"], expected)


@pytest.mark.parametrize("method", ["deterministic", "grid"])
def test_a_random_start_between_the_policies_of_a_class_decides_nothing(game: Game, method: str) -> None:
    """They choose among policies on a grid, where a drawn one never is."""
    runs = [solve(game, method, start="random", seed=seed, check=False, guarantee=False) for seed in (1, 2)]
    assert runs[0].details["seed_decides"].startswith("nothing: the method draws nothing; HiGHS")
    assert _values(runs[0]) == _values(runs[1])


def test_no_other_word_is_a_start(game: Game) -> None:
    with pytest.raises(OptionError, match="or 'random'"):
        solve(game, start="uniform")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="seed"):
        solve(game, start="random", seed=-1)


@pytest.mark.parametrize(
    ("method", "said"),
    [
        ("policy-iteration", "nothing: the method draws nothing; HiGHS"),
        ("commitment", "nothing: the method draws nothing; HiGHS"),
        ("policy-gradient", "nothing: the method draws nothing"),
        ("fixed-point", "nothing: the method draws nothing"),
        ("response-regions", "the order of the regions"),
        ("bilevel-q", "the sampled play"),
    ],
)
def test_a_result_says_what_the_seed_decides(method: str, said: str) -> None:
    game = kudo_akimoto_figure_1()
    runs = [solve(game, method, seed=seed, iteration_limit=10, check=False, guarantee=False) for seed in (0, 3)]
    assert runs[0].details["seed_decides"].startswith(said)
    if said.startswith("nothing"):
        assert _values(runs[0]) == _values(runs[1])


def test_the_fixed_point_says_that_its_random_ties_are_drawn() -> None:
    settings = {"leader_ties": "random", "start_values": "random"}
    result = solve(kudo_akimoto_figure_1(), "fixed-point", settings=settings, iteration_limit=2)
    assert result.details["seed_decides"] == "how the leader's ties are decided, the first values"


@pytest.mark.parametrize("ties", ["first", "adverse"])
def test_a_drawn_policy_keeps_its_promise_under_other_tie_rules(game: Game, ties: Ties) -> None:
    """What only a tie in the leader's favour would keep is no member."""
    run = solve(game, ties=ties, selection="sample", epsilon=0.5, iteration_limit=2, check=False, guarantee=False)
    states = np.array([point.leader_values for point in run.trajectory])
    assert np.diff(states, axis=0).min() >= -1e-7
    assert run.termination in {Termination.ITERATION_LIMIT, Termination.STATIONARY, Termination.TIE_RULE}


def test_without_trials_the_draw_is_one_of_the_policies_that_the_search_has_met(
    game: Game, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "TRIALS", 0)
    _, drawn, values = _drawn(game, 0, None)
    assert drawn.policy is not None
    gain = float(game.initial @ (one_step_values(game, drawn.policy, values) - values))
    assert gain == pytest.approx(drawn.primal_bound, rel=GAP)
