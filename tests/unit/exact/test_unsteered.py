"""Programs in occupancies alone: where they apply, that they agree with the general one, and how fast they close."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
import pytest

from ssg_mip import Game, LeaderPolicy, bayesian, finite_horizon
from ssg_mip.base.status import BoundProof, Termination
from ssg_mip.checker.dual.replay import verify_bound
from ssg_mip.evaluation.mdp import induced_by_leader, occupancy
from ssg_mip.exact.constrained import solve_constrained
from ssg_mip.exact.occupancy_rows import occupancy_rows
from ssg_mip.exact.unsteered import solve_suited
from ssg_mip.problem.objective import Objective
from ssg_mip.problem.policy_space import PolicyRow
from ssg_mip.problem.problem import Problem
from ssg_mip.proofs.writer import Recorder
from ssg_mip.runs.limits import Limits
from ssg_mip.runs.run import Run
from tests.unit.exact.constrained_cases import bayesian_games

GAP = 1e-4


def types(seed: int, *, states: int = 2, count: int = 2, own_moves: bool = False, **changes: Any) -> Problem:
    """Types with one way of moving, in which the follower has no say; or each with a way of its own."""
    rng = np.random.default_rng([53, seed])
    moves = [rng.dirichlet(np.ones(states), (states, 2)) for _ in range(count if own_moves else 1)]
    start = rng.dirichlet(np.ones(states))
    games = {}
    for k in range(count):
        game = Game.from_arrays(
            np.repeat(moves[k % len(moves)][:, :, None], 3, axis=2),
            rng.random((states, 2, 3)),
            rng.random((states, 2, 3)),
            leader_discount=0.8,
            follower_discount=0.7,
            initial=start,
        )
        games[f"k{k}"] = game.replace(**changes)
    return bayesian(games, rng.dirichlet(np.full(count, 5.0)))


def static(seed: int, count: int, size: int = 3) -> Problem:
    rng = np.random.default_rng([59, seed])
    games = {
        f"k{k}": Game.from_arrays(
            np.ones((1, size, size, 1)), rng.random((1, size, size)), rng.random((1, size, size)),
            leader_discount=0.0, follower_discount=0.0,
        )
        for k in range(count)
    }  # fmt: skip
    return bayesian(games, rng.dirichlet(np.full(count, 5.0)))


def run(**options: Any) -> Run:
    return Run(gap=GAP, limits=Limits(nodes=4000), **options)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", ["moving", "static", "absorbing", "budget", "drifting", "repeated"])
def test_the_general_program_agrees(kind: str, seed: int) -> None:
    problem = {
        "moving": lambda: types(seed),
        "static": lambda: static(seed, 3),
        "absorbing": lambda: types(seed, states=1, count=3),
        "budget": lambda: budget(static(seed, 3), 0.8),
        "drifting": lambda: drifting(seed),
        "repeated": lambda: budget(finite_horizon(static(seed, 1, 2).game, 3, leader_discount=0.9)),
    }[kind]()
    assert occupancy_rows(problem)
    quick, general = solve_suited(problem, run()), solve_constrained(problem, run())
    assert quick.termination is general.termination is Termination.GAP
    assert quick.primal_bound <= general.dual_bound + 1e-9
    assert general.primal_bound <= quick.dual_bound + 1e-9
    assert quick.dual_bound - quick.primal_bound <= 1.01 * GAP * abs(quick.primal_bound)
    assert quick.policy is not None
    assert problem.policies.holds(problem.game, quick.policy)
    if kind in {"moving", "static", "absorbing"}:
        assert problem.policies.violation(problem.game, quick.policy) == 0.0


@pytest.mark.parametrize("seed", range(4))
def test_types_that_move_alike_close_at_the_root_or_next_to_it(seed: int) -> None:
    answer = solve_suited(types(seed, states=3, count=3), run())
    assert answer.termination is Termination.GAP
    assert answer.nodes <= 10


def test_mixed_answers_are_taken_apart() -> None:
    """The linear program of this game alone is worth 1.1595."""
    case, value = bayesian_games()["mtd_four_types"]
    problem = Problem(case.game, Objective(case.weights), policies=case.space)
    answer = solve_suited(problem, run())
    assert answer.termination is Termination.GAP
    assert answer.dual_bound == pytest.approx(value, rel=2.0 * GAP)
    stopped = solve_suited(problem, dataclasses.replace(run(), limits=Limits(nodes=1)))
    assert stopped.dual_bound >= answer.dual_bound - 1e-9


def test_a_node_with_one_answer_for_each_type_is_always_looked_at() -> None:
    """A game with hundreds of them: where only some are looked at, the best one is set aside and the gap stays open."""
    rng = np.random.default_rng(1202)
    leader, follower = ([rng.random((1, 5, 5)) for _ in range(12)] for _ in range(2))
    games = {
        f"k{k}": Game.from_arrays(np.ones((1, 5, 5, 1)), *pair, leader_discount=0.0, follower_discount=0.0)
        for k, pair in enumerate(zip(leader, follower, strict=True))
    }
    answer = solve_suited(bayesian(games, rng.dirichlet(np.full(12, 5.0))), run())
    assert answer.termination is Termination.GAP
    assert answer.primal_bound == pytest.approx(0.639149776637566, abs=1e-9)
    assert answer.nodes > 100


def budget(problem: Problem, upper: float = 1.2) -> Problem:
    """The problem where the first action of the first state and of the last one share a budget."""
    game = problem.game
    coefficients = np.zeros(int(game.leader_offsets[-1]))
    coefficients[[0, int(game.leader_offsets[-2])]] = 1.0
    rows = (*problem.policies.rows, PolicyRow(name="budget", coefficients=coefficients, upper=upper))
    return dataclasses.replace(problem, policies=dataclasses.replace(problem.policies, rows=rows))


def drifting(seed: int) -> Problem:
    """Three states between which nobody moves the game, with a budget."""
    rng = np.random.default_rng([61, seed])
    moves = np.broadcast_to(rng.dirichlet(np.ones(3), 3)[:, None, None, :], (3, 2, 3, 3))
    rewards = rng.random((2, 3, 2, 3))
    game = Game.from_arrays(
        moves, *rewards, leader_discount=0.8, follower_discount=0.9, initial=rng.dirichlet(np.ones(3))
    )
    return budget(Problem(game), 0.8)


def test_where_it_does_not_apply() -> None:
    plain = types(0)
    assert occupancy_rows(plain)
    assert occupancy_rows(budget(plain)) is None
    assert occupancy_rows(types(0, own_moves=True)) is None
    assert occupancy_rows(plain.observe({"s0": "both", "s1": "both"})) is None
    first, second = types(1), types(1)
    steered = second.game.probabilities.copy()
    steered[:2] = steered[:2][::-1]
    assert occupancy_rows(dataclasses.replace(first, game=first.game.replace(probabilities=steered))) is None
    off = plain.weights.copy()
    off[:2] += (1e-3, -1e-3)
    assert occupancy_rows(dataclasses.replace(plain, objective=Objective(off))) is None
    never = np.array([1.0, 0.0, 0.0])
    drift = drifting(0)
    idle = drift.game.replace(
        indptr=np.arange(drift.game.num_rows + 1),
        successors=drift.game.row_state,
        probabilities=np.ones(drift.game.num_rows),
    )
    assert occupancy_rows(dataclasses.replace(drift, game=idle, objective=Objective(never))) is None


def test_starts_that_are_off_by_rounding_leave_a_slack() -> None:
    problem = types(3, count=3)
    rows = occupancy_rows(problem)
    assert rows is not None
    for row in rows:
        source, slot = np.flatnonzero(row.coefficients)
        first, second = problem.game.leader_slot_state[[source, slot]]
        assert row.coefficients[source] == pytest.approx(-problem.weights[second] / problem.weights[first])
        assert 0.0 < row.upper == -row.lower <= 1e-14
        assert row.position is None


def test_rows_over_known_visits_are_those_on_the_policy() -> None:
    problem = drifting(1)
    rows = occupancy_rows(problem)
    assert rows is not None
    visits = occupancy(induced_by_leader(problem.game, LeaderPolicy.uniform(problem.game))[0], np.array([0, 3, 6]),
                       problem.weights)  # fmt: skip
    (row,) = rows
    assert row.coefficients[[0, 4]] == pytest.approx(1.0 / visits[[0, 2]])
    assert row.position == 0
    assert 0.8 < row.upper <= 0.8 + 1e-10


def test_rows_within_states_and_a_margin_are_kept() -> None:
    problem = static(4, 3)
    least = PolicyRow(name="least", coefficients=np.eye(9)[0], lower=0.5)
    asked = dataclasses.replace(
        problem,
        policies=dataclasses.replace(problem.policies, rows=(*problem.policies.rows, least)),
        follower=dataclasses.replace(problem.follower, margin=0.05),
    )
    assert occupancy_rows(asked)
    quick, general = solve_suited(asked, run()), solve_constrained(asked, run())
    assert quick.termination is general.termination is Termination.GAP
    assert quick.policy is not None
    assert quick.policy.probabilities[0, 0] >= 0.5 - 1e-8
    assert quick.response is not None
    assert quick.response.advantage >= 0.05 - 1e-7
    assert quick.primal_bound == pytest.approx(general.primal_bound, abs=3.0 * GAP)


def test_that_no_policy_is_allowed_is_proven() -> None:
    problem = static(4, 2)
    rows = tuple(
        PolicyRow(name=name, coefficients=np.eye(6)[place], lower=0.6) for name, place in (("one", 0), ("two", 4))
    )
    asked = dataclasses.replace(
        problem, policies=dataclasses.replace(problem.policies, rows=(*problem.policies.rows, *rows))
    )
    answer = solve_suited(asked, run())
    assert answer.termination is Termination.INFEASIBLE
    assert answer.dual_bound == -np.inf


CERTIFIED = {
    "static": lambda: static(0, 3),
    "many": lambda: static(5, 6, 5),
    "absorbing": lambda: types(0, states=1, count=3),
    "budget": lambda: budget(static(2, 3), 0.8),
    "drifting": lambda: drifting(1),
    "repeated": lambda: budget(finite_horizon(static(1, 1, 2).game, 3, leader_discount=0.9)),
}


@pytest.mark.parametrize("name", CERTIFIED)
def test_where_visits_are_known_the_bound_has_a_certificate(name: str) -> None:
    problem, recorder = CERTIFIED[name](), Recorder()
    answer = solve_suited(problem, run(recorder=recorder))
    assert answer.bound_proof is BoundProof.REPLAYED
    lines = json.loads(json.dumps(list(recorder.lines(problem.game))))
    replay = verify_bound(problem.game, lines)
    assert replay.passed, replay.failed
    assert replay.proven is not None
    assert answer.primal_bound - 1e-7 <= float(replay.proven) <= answer.dual_bound
    lines[0]["bound"] = answer.primal_bound - 1e-3
    assert not verify_bound(problem.game, lines).passed


def test_multipliers_of_differences_and_of_rows_decide_a_certificate() -> None:
    problem, recorder = static(0, 3), Recorder()
    solve_suited(problem, run(recorder=recorder))
    text = json.dumps(list(recorder.lines(problem.game)))
    leaves = [place for place, line in enumerate(json.loads(text)) if isinstance(line, list) and line[0] == "l"]
    for spoil in (
        lambda leaf: leaf[4].__setitem__(2, [0.0] * len(leaf[4][2])),
        lambda leaf: leaf[-1].__setitem__(1, []),
    ):
        lines = json.loads(text)
        for place in leaves:
            spoil(lines[place])
        assert not verify_bound(problem.game, lines).passed


def test_a_certificate_of_types_that_move_alike_is_that_of_the_general_program() -> None:
    problem, recorder = types(0), Recorder()
    answer = solve_suited(problem, run(recorder=recorder))
    assert answer.bound_proof is BoundProof.REPLAYED
    assert verify_bound(problem.game, list(recorder.lines(problem.game))).passed
