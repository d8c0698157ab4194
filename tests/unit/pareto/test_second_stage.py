"""Weights of zero: what they leave open, how a second solve settles it, and what it may not break."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import numpy as np
import pytest

from ssg_mip.base.deadline import Deadline
from ssg_mip.base.interrupt import Interrupt
from ssg_mip.base.status import Status, Termination
from ssg_mip.evaluation.best_response import Ties, best_response
from ssg_mip.evaluation.value_bounds import leader_value_bounds
from ssg_mip.exact import Answer, solve_commitment, wider
from ssg_mip.exact.size_limit import commitment_products
from ssg_mip.game.game_class import is_zero_sum
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.methods.registry import METHODS, find_method
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.pareto.dominance import covers, dominates
from ssg_mip.pareto.front import ParetoFront
from ssg_mip.pareto.second_stage import SecondStage
from ssg_mip.pareto.sweep import trace_front
from ssg_mip.problem.problem import Problem
from ssg_mip.runs.run import Run
from tests.oracles.games import Array, PlainGame, plain_from_arrays, random_game
from tests.oracles.known import figure_1
from tests.oracles.sampling import answer, grid_policies, random_policy
from tests.oracles.zero_sum import shapley_values
from tests.unit.fakes import method_that_runs
from tests.unit.questions import asked

COMMITMENT = METHODS["commitment"]
UNIT = np.array([1.0, 0.0])
SLACK = 1e-7
"""Rounding of values up to 15, in comparisons with values that an oracle computed."""


@pytest.fixture(autouse=True)
def _search_in_every_class(monkeypatch: pytest.MonkeyPatch) -> None:
    """Easy classes are solved in every state at once, whatever its weight: here they are left to the search."""
    monkeypatch.setattr("ssg_mip.exact.without_search.settled", lambda *_, **__: None)


def two_islands() -> PlainGame:
    """Each state stays. In the first the leader gets 4 whatever she plays; in the second she picks 0 or 10.

    A weight on the first state alone says nothing about the second: the first policy that is tried, the uniform one,
    is optimal and worth (4, 5), although (4, 10) is there to be had.
    """
    stay = [[[np.eye(2)[s].tolist() for _ in range(2)] for _ in range(2)] for s in range(2)]
    return plain_from_arrays(
        stay,
        [[[4.0, 0.0], [4.0, 0.0]], [[0.0, 0.0], [10.0, 10.0]]],
        [[[1.0, 0.0], [1.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]],
        leader_discount=0.0,
        follower_discount=0.0,
    )


def about_islands(**changes: Any) -> tuple[Problem, Run]:
    return asked(two_islands().to_game(), **{"weights": UNIT, **changes})


def small_game(seed: int) -> PlainGame:
    """Two or three states, whole rewards, every move certain: full of states that do not see each other."""
    states = 2 + seed % 2
    return random_game(
        np.random.default_rng([71, seed]),
        leader_counts=[2] * states,
        follower_counts=[2] * states,
        leader_discount=0.8,
        follower_discount=0.6,
        successors=1,
        integer=True,
    )


def sampled_values(plain: PlainGame) -> Array:
    """Values of all policies on a grid, the deterministic ones among them, and of random ones."""
    rng = np.random.default_rng(5)
    policies = itertools.chain(
        grid_policies(plain, 12 if plain.num_states == 2 else 4), (random_policy(plain, rng) for _ in range(100))
    )
    return np.array([answer(plain, policy).leader_values for policy in policies])


def unrefuted(front: ParetoFront, values: Array) -> bool:
    """Whether no sampled value is nowhere below a point and above it in a state by more than the point admits."""
    return all(
        float((value - point.leader_values).max()) <= point.gain_bound + SLACK
        for point in front
        for value in values
        if covers(value, point.leader_values)
    )


# ---------------------------------------------------------------------------- the repair


def test_a_unit_weight_alone_returns_a_dominated_point_and_the_second_solve_repairs_it() -> None:
    """(4, 5) is optimal in the first state and dominated by (4, 10); the bound of the first solve stays."""
    game = two_islands().to_game()
    first = find_method("commitment")(*about_islands())
    assert first.status is Status.OPTIMAL
    assert first.leader_values == pytest.approx([4.0, 5.0])
    settled, settlement = SecondStage(COMMITMENT).solve(*about_islands())
    assert settled.leader_values == pytest.approx([4.0, 10.0])
    assert dominates(settled.leader_values, first.leader_values)
    assert settled.status is Status.OPTIMAL
    assert settled.dual_bound == pytest.approx(first.dual_bound)
    assert settled.leader_policy is not None
    assert best_response(game, settled.leader_policy).leader_values == pytest.approx(settled.leader_values)
    assert settlement is not None
    assert settlement.first_values == pytest.approx(first.leader_values)
    assert settlement.termination is Termination.GAP
    assert settlement.gain_bound <= 1e-2
    front = trace_front(game, weights=[UNIT])
    assert front.values == pytest.approx(np.array([[4.0, 10.0]]))


def test_random_games_need_the_repair_and_no_policy_dominates_what_comes_back() -> None:
    """Brute force: of all policies on a grid and 100 random ones none refutes the gain bound of any point.

    In some of these games the weights alone leave a point that a sampled policy dominates by far.
    """
    repaired = 0
    for seed in range(12, 36):
        plain = small_game(seed)
        values = sampled_values(plain)
        front = trace_front(plain.to_game(), num_weights=6, gap=1e-5)
        assert front.termination is Termination.CONVERGED
        assert unrefuted(front, values)
        assert all(point.gain_bound <= 1e-2 for point in front if point.status is Status.OPTIMAL)
        for settlement in front.settlements:
            if settlement is not None:
                assert settlement.termination is Termination.GAP
                repaired += any(dominates(value, settlement.first_values, 1e-2) for value in values)
    assert repaired >= 1


@pytest.mark.parametrize("ties", ["first", "adverse"])
@pytest.mark.parametrize("seed", [0, 3])
def test_other_tie_rules(ties: Ties, seed: int) -> None:
    """The bound holds for what policies attain under the rule that was asked for."""
    plain = small_game(seed)
    front = trace_front(plain.to_game(), num_weights=4, ties=ties)
    values = np.array([answer(plain, policy, ties).leader_values for policy in grid_policies(plain, 4)])
    assert unrefuted(front, values)


@pytest.mark.parametrize("seed", range(4))
def test_zero_sum_games_are_settled_at_the_value_of_every_state(seed: int) -> None:
    """Shapley's value is best in every state at once, and floors take a branch of their own there."""
    game = small_game(seed)
    plain = game.replace(follower_reward=tuple(-r for r in game.leader_reward), follower_discount=0.8)
    assert is_zero_sum(plain.to_game())
    optimum = shapley_values(plain)
    front = trace_front(plain.to_game(), weights=np.eye(plain.num_states))
    assert len(front) == 1
    assert front.values[0] == pytest.approx(optimum, abs=front.tolerance * plain.num_states)
    for result, settlement in zip(front.results, front.settlements, strict=True):
        assert result.status is Status.OPTIMAL
        assert settlement is None or np.all(optimum <= result.leader_values + settlement.gain_bound + SLACK)


def test_the_point_of_figure_1_needs_no_repair() -> None:
    """(10, 9) is the only answer to the first state: nothing to gain, and the proof says so."""
    settled, settlement = SecondStage(COMMITMENT).solve(*asked(figure_1(1.0, 2.0).to_game(), weights=UNIT))
    assert settled.leader_values == pytest.approx([10.0, 9.0], abs=1e-3)
    assert settlement is not None
    assert settlement.gain_bound <= 2 * 1e-4 * 10.0


# ---------------------------------------------------------------------------- when there is no second solve


def floors_asked(monkeypatch: pytest.MonkeyPatch) -> list[FloatArray | None]:
    """Watch the floors that are asked for, in order."""
    seen: list[FloatArray | None] = []

    def watched(problem: Problem, run: Run) -> Answer:
        seen.append(problem.floor)
        return solve_commitment(problem, run)

    monkeypatch.setattr(wider, "solve_allowed", watched)
    return seen


def test_positive_weights_and_fixed_states_call_for_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the only state without weight is worth the same under all policies."""
    floors = floors_asked(monkeypatch)
    assert SecondStage(COMMITMENT).solve(*about_islands(weights=np.array([0.5, 0.5])))[1] is None
    plain = two_islands()
    fixed = plain.replace(leader_reward=(plain.leader_reward[0], np.full((2, 2), 3.0)))
    assert SecondStage(COMMITMENT).solve(*asked(fixed.to_game(), weights=UNIT))[1] is None
    assert floors == []


def test_a_point_that_is_known_to_be_settled_is_not_settled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """One second solve for two scalarisations; then none where nothing above the point is possible at all."""
    floors = floors_asked(monkeypatch)
    settler = SecondStage(COMMITMENT)
    (one, first), (two, second) = settler.solve(*about_islands()), settler.solve(*about_islands())
    assert len(floors) == 1
    assert np.array_equal(one.leader_values, two.leader_values)
    assert first is not None
    assert second is not None
    assert second.gain_bound == first.gain_bound
    other, third = SecondStage(COMMITMENT).solve(*about_islands(weights=UNIT[::-1].copy()))
    assert other.leader_values == pytest.approx([4.0, 10.0])
    assert third is not None
    assert third.gain_bound <= 1e-2


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"node_limit": 1}, Termination.NODE_LIMIT),
        ({"deadline": Deadline(0.0)}, Termination.TIME_LIMIT),
    ],
)
def test_at_a_limit_the_first_point_stays_and_says_what_is_open(
    changes: dict[str, object], reason: Termination
) -> None:
    """No second solve, so only the value bounds say what could be gained; the front names the limit.

    In the first state the follower's worse action would pay the leader 6: it takes the first solve a node to rule it
    out.
    """
    game = two_islands().to_game()
    worse = (game.row_state == 0) & (game.row_follower == 1)
    game = game.replace(leader_rewards=np.where(worse, 6.0, game.leader_rewards))
    result, settlement = SecondStage(COMMITMENT).solve(*asked(game, weights=UNIT, **changes))
    assert settlement is not None
    assert settlement.termination is reason
    assert np.array_equal(result.leader_values, settlement.first_values)
    assert result.leader_values[1] + settlement.gain_bound >= 10.0
    if "node_limit" in changes:
        assert trace_front(game, weights=[UNIT], node_limit=1).termination is reason


def test_an_interrupt_leaves_the_first_point() -> None:
    interrupt = Interrupt()
    interrupt.request()
    _, settlement = SecondStage(COMMITMENT).solve(*about_islands(interrupt=interrupt))
    assert settlement is not None
    assert settlement.termination is Termination.INTERRUPTED


def test_a_second_program_beyond_the_size_limit_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """The floor makes it the larger one: the first point stays, its bound too, and the front names the limit."""
    game = figure_1(1.0, 2.0).to_game()
    even, floor = np.array([0.5, 0.5]), np.array([10.0, -np.inf])
    first, second = commitment_products(game, UNIT), commitment_products(game, even, floor)
    assert first < second
    monkeypatch.setattr("ssg_mip.exact.size_limit.MOST_PRODUCTS", first)
    front = trace_front(game, weights=[UNIT])
    assert front.termination is Termination.SIZE_LIMIT
    (settlement,), (result,) = front.settlements, front.results
    assert settlement is not None
    assert settlement.termination is Termination.SIZE_LIMIT
    assert result.status is Status.OPTIMAL
    assert result.leader_values == pytest.approx([10.0, 9.0], abs=1e-3)
    assert settlement.gain_bound == pytest.approx(leader_value_bounds(game).upper[1] - 9.0, abs=1e-3)


# ---------------------------------------------------------------------------- what it may not break


def answer_with(monkeypatch: pytest.MonkeyPatch, shift: FloatArray) -> None:
    """Let the second solve answer with values moved by ``shift``, as a floor with slack allows."""

    def shifted(problem: Problem, run: Run) -> Answer:
        found = solve_commitment(problem, run)
        assert found.response is not None
        response = dataclasses.replace(found.response, leader_values=found.response.leader_values + shift)
        return dataclasses.replace(found, response=response)

    monkeypatch.setattr(wider, "solve_allowed", shifted)


@pytest.mark.parametrize(("fall", "taken"), [(1e-7, True), (1e-3, False)])
def test_a_second_point_that_loses_more_than_the_tolerance_is_refused(
    monkeypatch: pytest.MonkeyPatch, fall: float, taken: bool
) -> None:
    """Within ``gap`` times the largest value a loss in the weighted state counts as none; beyond, the first stays."""
    answer_with(monkeypatch, np.array([-fall, 0.0]))
    result, settlement = SecondStage(COMMITMENT).solve(*about_islands())
    assert settlement is not None
    assert np.array_equal(result.leader_values, settlement.first_values) != taken
    assert result.leader_values[1] == pytest.approx(10.0 if taken else 5.0)
    assert result.leader_values[1] + settlement.gain_bound >= 10.0 - 1e-9
    assert result.relative_gap <= 1e-4


def test_a_second_point_that_opens_a_closed_gap_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loss below the tolerance of the front (4 x 1e-4) that is above the gap of the run: the claim comes first."""
    answer_with(monkeypatch, np.array([-4.5e-4, 0.0]))
    monkeypatch.setattr("ssg_mip.pareto.second_stage.separation", lambda *_: 1.0)
    result, _ = SecondStage(COMMITMENT).solve(*about_islands())
    assert result.status is Status.OPTIMAL
    assert result.leader_values == pytest.approx([4.0, 5.0])


# ---------------------------------------------------------------------------- the other methods


@pytest.mark.parametrize("seed", range(6))
def test_policy_iteration_needs_no_second_run(seed: int) -> None:
    """Where it stops with zeros among its weights, a run with even weights from there finds nothing either."""
    game = small_game(seed).to_game()
    unit = np.eye(game.num_states)[0]
    run = find_method("policy-iteration")
    result, settlement = SecondStage(METHODS["policy-iteration"]).solve(*asked(game, weights=unit))
    assert settlement is None
    assert result.termination is Termination.STATIONARY
    even = np.full(game.num_states, 1.0 / game.num_states)
    again = run(*asked(game, weights=even, start=result.leader_policy))
    assert again.leader_values == pytest.approx(result.leader_values, abs=1e-9)


def test_gain_bounds_of_other_methods_hold_for_all_policies() -> None:
    """They rest on bounds over all stationary policies, so a better policy of any kind stays within them."""
    plain = small_game(8)
    values = sampled_values(plain)
    for method in ("deterministic", "grid", "policy-iteration"):
        assert unrefuted(trace_front(plain.to_game(), method=method), values)


def test_an_answer_without_policy_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing to settle."""
    settler = SecondStage(COMMITMENT)
    result, _ = settler.solve(*about_islands())
    empty = dataclasses.replace(result, leader_policy=None, status=Status.NO_SOLUTION)
    settler = SecondStage(method_that_runs(lambda *_: empty, "commitment", monkeypatch))
    passed_on, settlement = settler.solve(*about_islands())
    assert (passed_on.status, passed_on.leader_policy, settlement) == (Status.NO_SOLUTION, None, None)
    assert passed_on.promises == COMMITMENT.promises


def test_the_second_solve_starts_from_the_first_point(monkeypatch: pytest.MonkeyPatch) -> None:
    """So there is a feasible point at once, and the floor is that of the weighted states alone."""
    seen: list[tuple[LeaderPolicy | None, FloatArray | None]] = []

    def watched(problem: Problem, run: Run) -> Answer:
        seen.append((run.start, problem.floor))
        assert problem.weights == pytest.approx([0.5, 0.5])
        return solve_commitment(problem, run)

    monkeypatch.setattr(wider, "solve_allowed", watched)
    _, settlement = SecondStage(COMMITMENT).solve(*about_islands())
    ((start, floor),) = seen
    assert start is not None
    assert settlement is not None
    assert best_response(two_islands().to_game(), start).leader_values == pytest.approx(settlement.first_values)
    assert floor is not None
    assert floor == pytest.approx([4.0, -np.inf])
