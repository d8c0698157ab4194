"""Games of the easy classes: commitment agrees with each class's own method, and most need no branching at all."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from ssg_mip.base.deadline import Deadline
from ssg_mip.base.interrupt import Interrupt
from ssg_mip.base.status import Termination
from ssg_mip.checker.dual.saddle import slack_of_opposites
from ssg_mip.checker.rational import ExactGame
from ssg_mip.evaluation.best_response import best_response
from ssg_mip.exact import Answer, solve_commitment
from ssg_mip.exact.zero_sum import matrix_game
from ssg_mip.game import game_class
from ssg_mip.game.game import Game
from ssg_mip.lp.highs import OneShotLp
from tests.oracles.easy_classes import fixed_motion_optimum, stagewise_values
from tests.oracles.games import PlainGame, plain_from_arrays, random_game
from tests.oracles.multiple_lps import mixed_commitment
from tests.oracles.sampling import answer
from tests.oracles.team import joint_values
from tests.oracles.zero_sum import matrix_game_value, shapley_values
from tests.unit.questions import asked

SEEDS = range(6)
GAP = 1e-6


def _general(seed: int, **fixed: object) -> PlainGame:
    """A seeded game of 2-4 states with ragged action sets, full of ties for every fifth seed."""
    rng = np.random.default_rng([31, seed])
    states = int(rng.integers(2, 5))
    leader_discount, follower_discount = rng.choice([0.5, 0.8, 0.9], 2)
    options: dict[str, object] = {
        "leader_counts": rng.integers(2, 4, states).tolist(),
        "follower_counts": rng.integers(2, 4, states).tolist(),
        "leader_discount": float(leader_discount),
        "follower_discount": float(follower_discount),
        **fixed,
    }
    return random_game(
        rng,
        successors=2 if seed % 2 else None,
        integer=seed % 5 == 4,
        unreached_start=int(seed % 4 == 3),
        **options,  # type: ignore[arg-type]
    )


def _myopic(seed: int) -> PlainGame:
    return _general(seed, follower_discount=0.0)


def _moved_by_follower(seed: int) -> PlainGame:
    game = _general(seed)
    return game.replace(transition=tuple(np.repeat(block[:1], len(block), 0) for block in game.transition))


def _moved_by_leader(seed: int) -> PlainGame:
    game = _general(seed)
    return game.replace(transition=tuple(np.repeat(block[:, :1], block.shape[1], 1) for block in game.transition))


def _zero_sum(seed: int) -> PlainGame:
    return _opposed(_general(seed, leader_discount=0.8, follower_discount=0.8))


def _constant_sum(seed: int) -> PlainGame:
    game = _zero_sum(seed)
    return game.replace(follower_reward=tuple(0.3 * (10.0 - rewards) for rewards in game.leader_reward))


def _opposed(game: PlainGame) -> PlainGame:
    """The same with the follower's rewards opposite to the leader's."""
    return game.replace(follower_reward=tuple(-rewards for rewards in game.leader_reward))


def _team_of_units(seed: int) -> PlainGame:
    game = _team(seed)
    return game.replace(follower_reward=tuple(rewards / 7.0 + 0.1 for rewards in game.leader_reward))


def _team(seed: int) -> PlainGame:
    game = _general(seed, leader_discount=0.8, follower_discount=0.8)
    return game.replace(follower_reward=game.leader_reward)


def _silent_follower(seed: int) -> PlainGame:
    return _general(seed, leader_counts=[3, 2, 3], follower_counts=[1, 1, 1])


def _silent_leader(seed: int) -> PlainGame:
    return _general(seed, leader_counts=[1, 1, 1], follower_counts=[3, 2, 3])


def _one_state(seed: int) -> PlainGame:
    return _general(2 * (seed + 10), leader_counts=[3], follower_counts=[3])


def _silent_leader_optimum(game: PlainGame) -> float:
    policy = [np.ones(1)] * game.num_states
    return float(game.initial @ answer(game, policy).leader_values)


def _one_state_optimum(game: PlainGame) -> float:
    return mixed_commitment(game.leader_reward[0], game.follower_reward[0])[0] / (1.0 - game.leader_discount)


Make = Callable[[int], PlainGame]
Optimum = Callable[[PlainGame], float]

CLASSES: dict[str, tuple[Make, Optimum]] = {
    "myopic": (_myopic, lambda game: float(game.initial @ stagewise_values(game))),
    "moved-by-follower": (_moved_by_follower, fixed_motion_optimum),
    "moved-by-leader": (_moved_by_leader, lambda game: float(game.initial @ stagewise_values(game))),
    "zero-sum": (_zero_sum, lambda game: float(game.initial @ shapley_values(game))),
    "constant-sum": (_constant_sum, lambda game: float(game.initial @ shapley_values(_opposed(game)))),
    "team": (_team, lambda game: float(game.initial @ joint_values(game))),
    "team-of-units": (_team_of_units, lambda game: float(game.initial @ joint_values(game))),
    "silent-follower": (_silent_follower, lambda game: float(game.initial @ joint_values(game))),
    "silent-leader": (_silent_leader, _silent_leader_optimum),
    "one-state": (_one_state, _one_state_optimum),
}
"""How to make a game of a class, and its optimum by the method of the class."""

BRANCHING = {"moved-by-follower"}
"""Classes in which the answers, though not the values, may need branching."""

RECOGNISERS: dict[str, Callable[[Game], bool]] = {
    "myopic": game_class.is_myopic,
    "moved-by-follower": game_class.moved_by_follower_alone,
    "moved-by-leader": game_class.moved_by_leader_alone,
    "zero-sum": game_class.is_zero_sum,
    "constant-sum": game_class.is_zero_sum,
    "team": game_class.is_team,
    "team-of-units": game_class.is_team,
    "silent-follower": game_class.has_silent_follower,
    "silent-leader": game_class.has_silent_leader,
}


def _solve(plain: PlainGame, **options: object) -> Answer:
    problem, run = asked(plain.to_game(), weights=plain.initial, gap=GAP, **options)  # type: ignore[arg-type]
    return solve_commitment(problem, run)


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("seed", SEEDS)
def test_commitment_agrees_with_the_method_of_the_class(name: str, seed: int) -> None:
    """The gap closes on the class's own optimum, with a policy that is worth that much, at the root or before it."""
    make, optimum = CLASSES[name]
    plain = make(seed)
    found, truth = _solve(plain), optimum(plain)
    assert found.termination is Termination.GAP
    assert found.primal_bound == pytest.approx(truth, rel=1e-5, abs=1e-5)
    assert found.dual_bound >= truth - 1e-6 * (1.0 + abs(truth))
    assert found.policy is not None
    attained = best_response(plain.to_game(), found.policy).leader_values
    assert float(plain.initial @ attained) == pytest.approx(found.primal_bound, abs=1e-12)
    assert found.nodes <= 1 or name in BRANCHING


@pytest.mark.parametrize("name", RECOGNISERS)
def test_classes_are_told_apart(name: str) -> None:
    """A recogniser accepts the games of its class and rejects general ones."""
    assert all(RECOGNISERS[name](CLASSES[name][0](seed).to_game()) for seed in SEEDS)
    assert not any(RECOGNISERS[name](_general(seed).to_game()) for seed in SEEDS)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_class_needs_all_of_its_conditions(seed: int) -> None:
    """Opposite rewards with different discounts are no zero-sum game, equal ones no team."""
    patient = {"follower_discount": 0.85}
    assert not game_class.is_zero_sum(_zero_sum(seed).replace(**patient).to_game())
    assert not game_class.is_team(_team(seed).replace(**patient).to_game())


@pytest.mark.parametrize("seed", SEEDS)
def test_rewards_that_are_affine_but_for_more_than_rounding_are_no_class(seed: int) -> None:
    """One reward off by a millionth of their spread; and existence follows from games that are exactly of a class."""
    for make, recognised in ((_constant_sum, game_class.is_zero_sum), (_team_of_units, game_class.is_team)):
        game = make(seed).to_game()
        rewards = game.follower_rewards.copy()
        rewards[-1] += 1e-6 * np.ptp(rewards)
        assert recognised(game)
        assert not recognised(game.replace(follower_rewards=rewards))
        assert len(game_class.classes_with_equilibrium(game, rounded=True)) == 1
        assert game_class.classes_with_equilibrium(game) == ()


@pytest.mark.parametrize("seed", SEEDS)
def test_slack_covers_what_a_best_response_is_better_for_the_leader(seed: int) -> None:
    """Rewards opposite up to a thousandth: every policy's value stays below the saddle's bound, slack included."""
    plain = _zero_sum(seed)
    rng = np.random.default_rng([5, seed])
    noise = tuple(2.0 - 0.5 * (rewards + 1e-3 * rng.random(rewards.shape)) for rewards in plain.leader_reward)
    plain = plain.replace(follower_reward=noise)
    slack = slack_of_opposites(ExactGame.of(plain.to_game()))
    assert slack is not None
    assert 0 < slack <= 2e-3 / (1.0 - 0.8)
    ceiling = shapley_values(_opposed(plain)) + float(slack)
    for _ in range(200):
        policy = [rng.dirichlet(np.full(count, 0.5)) for count in plain.leader_counts]
        assert np.all(answer(plain, policy).leader_values <= ceiling + 1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_opposite_rewards_with_different_discounts_are_left_to_the_search(seed: int) -> None:
    """Then the Shapley value is no bound: the search must run."""
    plain = _general(seed, leader_counts=[2, 2], follower_counts=[2, 2], leader_discount=0.5, follower_discount=0.9)
    plain = plain.replace(follower_reward=tuple(-rewards for rewards in plain.leader_reward))
    assert _solve(plain).nodes >= 1


def test_matrix_games_give_both_players_an_optimal_mix() -> None:
    """Pennies with stakes (3, -1; -1, 1): mixes (1/3, 2/3) for both, value 1/3; random games by an oracle."""
    first, second = matrix_game(np.array([[3.0, -1.0], [-1.0, 1.0]]), OneShotLp())
    assert first == pytest.approx([1 / 3, 2 / 3], abs=1e-9)
    assert second == pytest.approx([1 / 3, 2 / 3], abs=1e-9)
    rng = np.random.default_rng(4)
    for shape in ((1, 3), (3, 1), (2, 4), (4, 3)):
        payoffs = rng.uniform(-2.0, 1.0, shape)
        first, second = matrix_game(payoffs, OneShotLp())
        value = matrix_game_value(payoffs)
        assert (first @ payoffs).min() == pytest.approx(value, abs=1e-8)
        assert (payoffs @ second).max() == pytest.approx(value, abs=1e-8)


def test_a_gap_that_the_joint_process_closes_is_closed() -> None:
    """A game whose relaxations stay 5e-6 above the optimum, in boxes too small to split; no pair is worth more."""
    block = [[[0, 0, 0.25, 0.75], [0, 0.75, 0.25, 0]], [[0.125, 0.5, 0.25, 0.125], [0, 0.5, 0, 0.5]]]
    other = [[[0.75, 0, 0.25, 0], [0, 0.75, 0.25, 0]], [[0, 0.5, 0.25, 0.25], [0.25, 0.5, 0, 0.25]]]
    onward = [[[0.1875, 0.5, 0.25, 0.0625]]]
    leader, follower = [[-3, 1], [2, -1]], [[2, -1], [2, 2]]
    plain = plain_from_arrays(
        [block, onward, onward, other],
        [leader, [[1]], [[-2]], leader],
        [follower, [[-3]], [[-2]], follower],
        leader_discount=0.7,
        follower_discount=0.0,
        initial=[0.027293633890828173, 0.5621600367121597, 0.32866542772452756, 0.0818809016724845],
    )
    found = _solve(plain)
    assert found.termination is Termination.GAP
    assert found.dual_bound <= found.primal_bound + 1e-6


@pytest.mark.parametrize("limit", ["time", "interrupt"])
def test_a_zero_sum_game_stopped_at_once_keeps_valid_bounds(limit: str) -> None:
    """Without a single round there is the start policy and the joint process, and their values enclose the truth."""
    plain = _zero_sum(1)
    interrupt = Interrupt()
    if limit == "interrupt":
        interrupt.request()
        found = _solve(plain, interrupt=interrupt)
        assert found.termination is Termination.INTERRUPTED
    else:
        found = _solve(plain, deadline=Deadline(0.0))
        assert found.termination is Termination.TIME_LIMIT
    truth = float(plain.initial @ shapley_values(plain))
    assert found.primal_bound <= truth + 1e-7 <= found.dual_bound + 2e-7
    assert np.isfinite([found.primal_bound, found.dual_bound]).all()


@pytest.mark.parametrize("ties", ["leader", "first", "adverse"])
def test_ties_do_not_matter_in_zero_sum_games(ties: str) -> None:
    """All best responses of a zero-sum game are worth the same to the leader."""
    plain = _zero_sum(4)
    found = _solve(plain, ties=ties)
    assert found.termination is Termination.GAP
    assert found.primal_bound == pytest.approx(float(plain.initial @ shapley_values(plain)), abs=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_floor_in_a_zero_sum_game_is_met_or_proven_impossible(seed: int) -> None:
    """The maximin policy is best in every state at once: a floor just below its values is free, one above is empty."""
    plain = _zero_sum(seed)
    game, values = plain.to_game(), shapley_values(plain)
    problem, run = asked(game, weights=plain.initial, gap=GAP)
    met = solve_commitment(problem.above(values - 1e-3), run)
    assert met.termination is Termination.GAP
    assert met.primal_bound == pytest.approx(float(plain.initial @ values), abs=1e-4)
    above = values.copy()
    above[-1] += 1e-3
    empty = solve_commitment(problem.above(above), run)
    assert empty.termination is Termination.INFEASIBLE
    assert empty.policy is None
    assert empty.dual_bound == -np.inf
