"""The commitment program with a lower bound on every state's value: met, free where slack, refuted where impossible."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from ssg_mip.base.status import Termination
from ssg_mip.evaluation.best_response import best_response
from ssg_mip.evaluation.value_bounds import follower_value_bounds, leader_value_bounds
from ssg_mip.exact import Answer, solve_commitment
from ssg_mip.exact.size_limit import commitment_products, floored_states
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.lp.compiled import compile_program
from ssg_mip.programs.commitment import commitment
from ssg_mip.programs.tags import FROM_WEIGHTS, RowKind
from tests.oracles.games import Array, PlainGame, random_game
from tests.oracles.known import figure_1
from tests.oracles.sampling import answer, grid_policies
from tests.unit.questions import asked

GAP = 1e-5


def _game(seed: int) -> PlainGame:
    """Two states, two actions each; every other start leaves a state out."""
    return random_game(
        np.random.default_rng([17, seed]),
        leader_counts=[2, 2],
        follower_counts=[2, 2],
        leader_discount=0.8,
        follower_discount=0.7,
        unreached_start=seed % 2,
    )


def _solve(plain: PlainGame, floor: Array | None, weights: Array | None = None) -> Answer:
    weights = plain.initial if weights is None else weights
    return solve_commitment(*asked(plain.to_game(), weights=weights, gap=GAP, floor=floor))


def _sampled_values(plain: PlainGame) -> Array:
    return np.array([answer(plain, policy).leader_values for policy in grid_policies(plain, 12)])


@pytest.mark.parametrize("seed", range(8))
def test_no_sampled_policy_contradicts_an_answer_with_a_floor(seed: int) -> None:
    """Floors on a grid over the leader's range: the policy meets its floor, and no sampled one refutes the bound.

    An infeasible floor is met by no sampled policy, and a floor that one meets is never called infeasible.
    """
    plain = _game(seed)
    values = _sampled_values(plain)
    ends = np.array([values.min(axis=0), values.max(axis=0)])
    for share in itertools.product((0.5, 0.9, 1.02), repeat=2):
        floor = ends[0] + np.array(share) * (ends[1] - ends[0])
        found = _solve(plain, floor)
        meeting = values[np.all(values >= floor, axis=1)]
        assert found.termination in {Termination.GAP, Termination.INFEASIBLE}
        if found.termination is Termination.INFEASIBLE:
            assert len(meeting) == 0
            assert found.policy is None
            assert found.dual_bound == -np.inf
            continue
        assert found.policy is not None
        attained = best_response(plain.to_game(), found.policy).leader_values
        assert np.all(attained >= floor - 1e-6)
        assert float(plain.initial @ attained) == pytest.approx(found.primal_bound, abs=1e-12)
        if len(meeting):
            assert found.dual_bound >= float((meeting @ plain.initial).max()) - 1e-6


@pytest.mark.parametrize("seed", range(6))
def test_a_slack_floor_costs_nothing_and_a_higher_one_never_helps(seed: int) -> None:
    """A floor below the optimum's own values leaves the optimum alone; a binding floor can only lower it."""
    plain = _game(seed)
    free = _solve(plain, None)
    assert free.response is not None
    slack = _solve(plain, free.response.leader_values - 0.05)
    assert slack.primal_bound == pytest.approx(free.primal_bound, abs=2 * GAP * (1.0 + abs(free.primal_bound)))
    for state in range(2):
        alone = np.eye(2)[state]
        best = _solve(plain, None, weights=alone)
        floor = np.where(alone > 0.0, best.primal_bound - 0.01, -np.inf)
        bound = _solve(plain, floor)
        assert bound.termination is Termination.GAP
        assert bound.primal_bound <= free.dual_bound + 1e-9
        above = np.where(alone > 0.0, best.dual_bound + 0.01, -np.inf)
        assert _solve(plain, above).termination is Termination.INFEASIBLE


def test_a_floor_moves_the_optimum_to_the_other_point_of_figure_1() -> None:
    """Kudo & Akimoto, Fig. 1, discount .9: the Pareto points are (10, 9) and (9, 10), and a floor picks the second."""
    plain, first = figure_1(1.0, 2.0), np.array([1.0, 0.0])
    for least, optimum in ((8.9, 10.0), (9.1, 9.0), (9.5, 9.0)):
        found = _solve(plain, np.array([-np.inf, least]), weights=first)
        assert found.termination is Termination.GAP
        assert found.primal_bound == pytest.approx(optimum, abs=1e-4)
    assert _solve(plain, np.array([-np.inf, 10.1]), weights=first).termination is Termination.INFEASIBLE


def test_a_floor_reaches_a_state_that_the_weights_do_not() -> None:
    """The weights see an absorbing state only; the floor alone decides what is played where they never look.

    In state 0 the follower goes left, paid ``p``, or right, paid ``1 - p``. The leader, whose discount is 1/2, gets
    ``0 + 2/2 = 1`` from left and 1.5 from right: a floor of 1.4 needs ``p <= 1/2``, and one of 1.6 is too much.
    """
    left, right = [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]
    plain = PlainGame(
        tuple(np.array(block) for block in ([[left, right]] * 2, [[left]], [[right]])),
        (np.array([[0.0, 1.5], [0.0, 1.5]]), np.array([[1.0]]), np.array([[0.0]])),
        (np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[0.0]]), np.array([[0.0]])),
        leader_discount=0.5,
        follower_discount=0.5,
        initial=np.array([0.0, 1.0, 0.0]),
    )
    found = _solve(plain, np.array([1.4, -np.inf, -np.inf]))
    assert found.termination is Termination.GAP
    assert found.primal_bound == pytest.approx(2.0, abs=1e-9)
    assert found.policy is not None
    assert found.policy.probabilities[0, 0] <= 0.5 + 1e-6
    assert best_response(plain.to_game(), found.policy).leader_values[0] == pytest.approx(1.5, abs=1e-9)
    assert _solve(plain, np.array([1.6, -np.inf, -np.inf])).termination is Termination.INFEASIBLE


@pytest.mark.parametrize("seed", range(6))
def test_the_values_of_a_known_policy_are_a_feasible_floor(seed: int) -> None:
    """Restarting from a policy: its own values are a floor that it meets, so the answer is at least as good."""
    plain = _game(seed)
    game = plain.to_game()
    policy = LeaderPolicy.random(game, np.random.default_rng(seed))
    floor = best_response(game, policy).leader_values
    found = _solve(plain, floor)
    assert found.termination is Termination.GAP
    assert found.response is not None
    assert np.all(found.response.leader_values >= floor - 1e-6)
    assert found.dual_bound >= float(plain.initial @ floor) - 1e-9


def test_a_floor_below_everything_changes_no_program() -> None:
    """States whose floor is below all pairs of policies get no block, and the size of the rest is foretold."""
    plain = _game(1)
    game = plain.to_game()
    low = leader_value_bounds(game).lower
    assert floored_states(game, None) == floored_states(game, low) == []
    floor = np.array([low[0] + 0.1, -np.inf])
    assert floored_states(game, floor) == [0]
    program = commitment(game, plain.initial, follower_value_bounds(game), floor={0: float(floor[0])})
    assert len(program.products) == commitment_products(game, plain.initial, floor)
    tags = compile_program(program).row_tags
    assert set(tags.block[tags.kind == RowKind.FLOW]) == set(tags.block[tags.kind == RowKind.OWN]) == {FROM_WEIGHTS, 0}
    assert np.count_nonzero(tags.kind == RowKind.SHARE) == game.num_rows
