"""Stage games of all states at once, held against the linear programs of one after the other."""

import itertools

import numpy as np
import pytest

from ssg_mip.base.deadline import OutOfTime
from ssg_mip.exact.stage_operator.batched import BatchedStages, num_vertices, solve_stages, vertices
from ssg_mip.exact.stage_operator.operator import StageOperator, Values
from ssg_mip.exact.stage_operator.stage import StageSolver
from ssg_mip.game.game import Game
from ssg_mip.learning.learners.stage_critics import stage_solution
from ssg_mip.library.random_games import random_game

SHAPES = ((4, 4), (3, 4), (5, 3), (4, 2), (3, 3), (2, 5), (1, 4), (4, 1), (1, 1))


def _payoffs(kind: str, games: int, rows: int, columns: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    leader, follower = rng.normal(size=(2, games, rows, columns))
    if kind == "whole numbers":
        leader, follower = rng.integers(-4, 5, size=(2, games, rows, columns)).astype(float)
    if kind == "zeros and ones":
        leader, follower = rng.integers(0, 2, size=(2, games, rows, columns)).astype(float)
    if kind == "alike":
        leader[:, -1], follower[:, -1], follower[:, :, -1] = leader[:, 0], follower[:, 0], follower[:, :, 0]
    if kind == "rank one":
        follower = rng.normal(size=(games, rows, 1)) * rng.normal(size=(games, 1, columns))
    if kind == "zero sum":
        follower = -leader
    if kind == "large":
        follower = 1e5 * follower
    return leader, follower


KINDS = ("any", "whole numbers", "zeros and ones", "alike", "rank one", "zero sum", "large")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("ties", "kindness"), [("kind", 1.0), ("unkind", -1.0)])
def test_says_what_the_linear_programs_say(kind: str, ties: str, kindness: float) -> None:
    solver = StageSolver("mixed", ties)
    for rows, columns in SHAPES:
        leader, follower = _payoffs(kind, 25, rows, columns, rows * 10 + columns)
        found = solve_stages(leader, follower, kindness=kindness)
        assert found.certain.mean() > 0.9
        for game in np.flatnonzero(found.certain):
            one, scale = solver.solve(leader[game], follower[game]), 1.0 + np.abs(follower[game]).max()
            assert found.leader_payoffs[game] == pytest.approx(one.leader_payoff, abs=1e-8 * scale)
            assert found.follower_payoffs[game] == pytest.approx(one.follower_payoff, abs=1e-8 * scale)
            assert found.follower_actions[game] == one.follower_action


def test_a_mix_is_a_distribution_that_earns_what_is_said() -> None:
    leader, follower = _payoffs("any", 500, 4, 4, 3)
    found, here = solve_stages(leader, follower), np.arange(500)
    np.testing.assert_allclose(found.mixes.sum(axis=1), 1.0, atol=1e-12)
    assert found.mixes.min() >= 0.0
    answers = np.einsum("na,nab->nb", found.mixes, follower)
    assert np.all(answers[here, found.follower_actions] >= answers.max(axis=1) - 1e-9)
    earned = np.einsum("na,nab->nb", found.mixes, leader)[here, found.follower_actions]
    np.testing.assert_allclose(found.leader_payoffs, earned, atol=1e-12)


def test_a_leader_who_does_not_mix_plays_its_best_row() -> None:
    leader, follower = _payoffs("any", 300, 4, 3, 5)
    found, here = solve_stages(leader, follower, mixed=False), np.arange(300)
    answers = follower.argmax(axis=2)
    worth = np.take_along_axis(leader, answers[:, :, None], axis=2)[:, :, 0]
    np.testing.assert_array_equal(found.mixes.argmax(axis=1), worth.argmax(axis=1))
    np.testing.assert_array_equal(found.follower_actions, answers[here, worth.argmax(axis=1)])


def test_candidates_are_as_many_as_counted() -> None:
    for rows, columns in itertools.product(range(1, 6), repeat=2):
        assert len(vertices(rows, columns)) == num_vertices(rows, columns)


def test_equations_that_are_nearly_dependent_are_left_to_linear_programs() -> None:
    first, bend = np.array([1.0, -1.0, 0.0]), np.array([1.0, 1.0, -2.0])
    leader = np.column_stack((first, -np.ones(3), -np.ones(3)))[None]
    for angle, certain in ((1e-6, False), (1e-2, True), (0.0, True)):
        follower = np.column_stack((np.zeros(3), first, first + angle * bend))[None]
        assert solve_stages(leader, follower).certain[0] == certain


def ragged_game(states: int = 130) -> Game:
    """A game with many shapes, one action for somebody among them, and one state with too many for a list."""
    whole = random_game(5, states, 4, 4, 3, 0.9, 0.8)
    rng = np.random.default_rng(1)
    leaders, followers = rng.integers(1, 5, size=(2, states))
    keep = (whole.row_leader < leaders[whole.row_state]) & (whole.row_follower < followers[whole.row_state])
    lengths = np.diff(whole.indptr)
    there = np.repeat(keep, lengths)
    return whole.replace(
        leader_actions=tuple(one[:count] for one, count in zip(whole.leader_actions, leaders, strict=True)),
        follower_actions=tuple(one[:count] for one, count in zip(whole.follower_actions, followers, strict=True)),
        indptr=np.concatenate(([0], np.cumsum(lengths[keep]))),
        successors=whole.successors[there],
        probabilities=whole.probabilities[there],
        leader_rewards=whole.leader_rewards[keep],
        follower_rewards=whole.follower_rewards[keep],
    )


@pytest.mark.parametrize("leader_class", ["mixed", "deterministic"])
def test_the_operator_of_a_large_game_is_that_of_its_states_one_by_one(leader_class: str) -> None:
    game = ragged_game()
    operator, solver = StageOperator(game, leader_class), StageSolver(leader_class)
    values = Values(np.zeros(game.num_states), np.zeros(game.num_states))
    for _ in range(3):
        step = operator(values)
        alone = [solver.solve(*payoffs) for payoffs in operator.payoffs(values)]
        np.testing.assert_allclose(step.values.leader, [one.leader_payoff for one in alone], atol=1e-9)
        np.testing.assert_allclose(step.values.follower, [one.follower_payoff for one in alone], atol=1e-9)
        np.testing.assert_array_equal(step.follower_policy.actions, [one.follower_action for one in alone])
        values = step.values
    assert operator.lps == 0


def test_shapes_with_too_many_candidates_are_solved_by_linear_programs() -> None:
    game = random_game(2, 101, 7, 7, 2, 0.5, 0.5)
    operator, solver = StageOperator(game), StageSolver()
    values = Values(np.zeros(101), np.zeros(101))
    found = operator(values)
    alone = [solver.solve(*payoffs) for payoffs in operator.payoffs(values)]
    assert operator.lps == solver.lps > 0
    np.testing.assert_array_equal(found.values.leader, [one.leader_payoff for one in alone])


def test_a_price_is_what_the_leader_gains_if_another_answer_loses_its_charm() -> None:
    game = random_game(4, 200, 3, 3, 2, 0.9, 0.9)
    stages = BatchedStages(game, StageSolver())
    found = stages.solve(game.leader_rewards, game.follower_rewards, priced=True)
    slots = np.flatnonzero(found.prices > 1e-3)
    assert len(slots) > 50
    gains = []
    for slot in slots:
        cheaper = game.follower_rewards - 1e-6 * (game.row_follower_slot == slot)
        state = game.follower_slot_state[slot]
        gains.append(1e6 * (stages.solve(game.leader_rewards, cheaper).leader_payoffs - found.leader_payoffs)[state])
    np.testing.assert_allclose(gains, found.prices[slots], rtol=1e-2)


def test_the_critics_of_learners_agree_with_it() -> None:
    game = random_game(8, 150, 4, 3, 2, 0.9, 0.9)
    answers, lead = stage_solution(game, game.leader_rewards, game.follower_rewards)
    found = BatchedStages(game, StageSolver("deterministic"), mixed=False).solve(
        game.leader_rewards, game.follower_rewards
    )
    np.testing.assert_array_equal(found.mixes.reshape(150, 4).argmax(axis=1), lead)
    np.testing.assert_array_equal(found.follower_actions, answers.reshape(150, 4)[np.arange(150), lead])


def test_the_user_may_stop_it() -> None:
    game = random_game(8, 150, 4, 3, 2, 0.9, 0.9)

    def stop() -> None:
        raise OutOfTime

    with pytest.raises(OutOfTime):
        StageOperator(game)(Values(np.zeros(150), np.zeros(150)), stop)
