"""Fronts, enclosures and existence over the policies that rows allow, against all policies of a grid."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from ssg_mip import LeaderPolicy, best_response
from ssg_mip.base.status import Termination
from ssg_mip.checker.dual.replay import verify_bound
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.value_bounds import varying_states
from ssg_mip.exact.direction import solve_direction
from ssg_mip.methods.registry import find_method
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.pareto.assurance import assured_front
from ssg_mip.pareto.enclosure.algorithm import EnclosureSearch
from ssg_mip.pareto.enclosure.objectives import read_objectives
from ssg_mip.pareto.existence.algorithm import ExistenceSearch
from ssg_mip.pareto.existence.answers import Verdict
from ssg_mip.pareto.front import ParetoFront
from ssg_mip.pareto.sweep import _make_plan, _Sweep
from ssg_mip.problem.follower_types import bayesian
from ssg_mip.problem.policy_space import EVERY_POLICY, PolicySpace
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.wider_rows import CostRow, SupportLimit
from ssg_mip.programs.direction import Ceiling, Demand
from ssg_mip.proofs.writer import Recorder
from ssg_mip.runs.run import Run
from tests.oracles.games import random_game
from tests.unit.exact.constrained_cases import row
from tests.unit.exact.test_rows_along import SEEDS, traded

ROUNDING = 1e-6
RESOLUTION = 0.1
BUDGET = PolicySpace(rows=(row("budget", [[1.0, 0.0], [1.0, 0.0]], lower=0.2, upper=1.1),))

PURE = PolicySpace(supports=(SupportLimit(name="pure", state=0, most=1),))


def asked(seed: int, kind: str) -> tuple[Problem, FloatArray]:
    """A problem, and the leader's values of the allowed policies of a grid."""
    found = traded(seed)
    if kind == "statewise":
        return Problem(found.case.game, policies=found.case.space), found.values
    game, values, space = found.case.game, [], PURE if kind == "pure" else BUDGET
    for first in np.linspace(0.0, 1.0, 51):
        for second in np.linspace(0.0, 1.0, 51):
            policy = LeaderPolicy.from_slots(game, [first, 1.0 - first, second, 1.0 - second])
            if space.holds(game, policy):
                values.append(best_response(game, policy).leader_values)
    return Problem(game, policies=space), np.array(values)


def enclosed(problem: Problem) -> tuple[EnclosureSearch, Termination]:
    search = EnclosureSearch(problem, Run(), read_objectives(problem.game, None), RESOLUTION, 60, None, lambda _: False)
    return search, search.run()


def swept(problem: Problem, run: Run, **options: object) -> ParetoFront:
    game, rng = problem.game, np.random.default_rng(0)
    sweep = _Sweep(problem, run, find_method("commitment"), 1, rng, None)
    plan = _make_plan(game, None, 8, varying_states(game), rng)
    return sweep.front(sweep.run(plan) or plan.termination, options)


@pytest.mark.parametrize("seed", SEEDS)
def test_an_enclosure_holds_all_allowed_policies_and_returns_no_other(seed: int) -> None:
    problem, values = asked(seed, "statewise")
    search, end = enclosed(problem)
    found = search.enclosure(end)
    assert end is Termination.CONVERGED
    assert all(found.region.holds(value, ROUNDING) for value in values)
    assert all(problem.policies.holds(problem.game, point.leader_policy) for point in found.points)
    points = np.array([point.values for point in found.points])
    short = (values[:, None] - points[None]).max(axis=2).min(axis=1)
    assert short.max() <= found.resolution + ROUNDING <= RESOLUTION + 2.0 * ROUNDING


def two_types() -> Problem:
    """Two types of the follower in games of two states; the leader does not see which he plays against."""
    kinds = {
        f"type {k}": random_game(
            np.random.default_rng([5, k]), leader_counts=[2, 2], follower_counts=[2, 2], leader_discount=0.7,
            follower_discount=0.6,
        ).to_game()
        for k in range(2)
    }  # fmt: skip
    return bayesian(kinds, [0.4, 0.6])


def test_an_enclosure_of_what_each_type_is_worth_keeps_one_policy_for_both() -> None:
    """Play against one never meets play against the other, so that one block of occupancies holds both values."""
    problem = two_types()
    game, names = problem.game, problem.game.state_names
    objectives = read_objectives(game, [{names[0]: 0.5, names[1]: 0.5}, {names[2]: 0.5, names[3]: 0.5}])
    search = EnclosureSearch(problem, Run(), objectives, 0.05, 40, None, lambda _: False)
    end = search.run()
    found = search.enclosure(end)
    values = []
    for first in np.linspace(0.0, 1.0, 41):
        for second in np.linspace(0.0, 1.0, 41):
            policy = LeaderPolicy.from_slots(game, [first, 1.0 - first, second, 1.0 - second] * 2)
            response = best_response(game, policy)
            values.append([one.value(response) for one in objectives])
    points = np.array([point.values for point in found.points])
    short = (np.array(values)[:, None] - points[None]).max(axis=2).min(axis=1)
    assert end is Termination.CONVERGED
    assert len(points) > 1
    assert all(found.region.holds(np.array(value), ROUNDING) for value in values)
    assert all(problem.policies.holds(game, point.leader_policy) for point in found.points)
    assert short.max() <= found.resolution + ROUNDING
    with pytest.raises(OptionError, match="play from one objective's start meets"):
        EnclosureSearch(problem, Run(), read_objectives(game, None), 0.05, 40, None, lambda _: False)


@pytest.mark.parametrize("weights", [(0.9, 0.1), (0.1, 0.9)])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_true_ceiling_beside_a_shared_block_changes_no_level(
    weights: tuple[float, float], order: tuple[int, int]
) -> None:
    """It is about both objectives, each with its own left side."""
    problem = two_types()
    even = best_response(problem.game, LeaderPolicy.uniform(problem.game)).leader_values
    starts = np.repeat(np.eye(2), 2, axis=1)[list(order)] / 2.0
    demands = [
        Demand(leader=starts[k], follower=np.zeros(4), least=float(starts[k] @ even) - less, slope=1.0)
        for k, less in enumerate((0.3, 0.2))
    ]
    both = np.array(weights)
    total = Demand(leader=both @ starts, follower=np.zeros(4), least=-10.0, slope=1.0)
    top = solve_direction(problem, Run(), [total], top=30.0, absolute_gap=1e-4).dual_bound - 10.0
    free = solve_direction(problem, Run(), demands, top=20.0, absolute_gap=1e-4)
    ceilings = [Ceiling(both, top + 1e-6)]
    capped = solve_direction(problem, Run(), demands, top=20.0, absolute_gap=1e-4, ceilings=ceilings)
    assert free.termination is Termination.GAP
    assert capped.primal_bound == pytest.approx(free.primal_bound, abs=3e-4)
    assert capped.dual_bound == pytest.approx(free.dual_bound, abs=3e-4)


def test_an_enclosure_without_the_rows_is_another_one() -> None:
    """So that the test above would notice rows that are not there."""
    moved = []
    for seed in SEEDS:
        problem, _ = asked(seed, "statewise")
        search, end = enclosed(dataclasses.replace(problem, policies=EVERY_POLICY))
        points = search.enclosure(end).points
        moved.append(any(not problem.policies.holds(problem.game, point.leader_policy) for point in points))
    assert any(moved)


@pytest.mark.parametrize("kind", ["statewise", "coupling", "pure"])
@pytest.mark.parametrize("seed", SEEDS)
def test_suprema_and_verdict_are_those_of_allowed_policies(seed: int, kind: str) -> None:
    problem, values = asked(seed, kind)
    search = ExistenceSearch(problem, Run(gap=1e-3))
    verdict, miss, _ = search.verdict()
    best = values.max(axis=0)
    assert np.all(search.upper >= best - ROUNDING)
    assert np.all(search.lower <= search.upper + ROUNDING)
    assert search.candidate is not None
    assert problem.policies.holds(problem.game, search.candidate.policy)
    if verdict is Verdict.EXISTS:
        assert np.all(search.candidate.values >= best - search.allowed - ROUNDING)
    if verdict is Verdict.NONE:
        assert (search.lower - values).max(axis=1).min() >= miss - ROUNDING


def test_rows_decide_whether_an_equilibrium_exists() -> None:
    """In the game of Figure 1 there is none; there is one where the first state must play its second action often."""
    game = traded(0).case.game
    often = PolicySpace(rows=(row("often", [[0.0, 1.0], [0.0, 0.0]], lower=0.3),))
    assert ExistenceSearch(Problem(game), Run()).verdict()[0] is Verdict.NONE
    assert ExistenceSearch(Problem(game, policies=often), Run()).verdict()[0] is Verdict.EXISTS


def test_rows_that_no_policy_keeps_leave_nothing() -> None:
    rows = (row("most", [[1.0, 0.0], [1.0, 0.0]], lower=1.5), row("least", [[1.0, 0.0], [0.0, 0.0]], upper=0.3))
    game = traded(0).case.game
    verdict, _, reason = ExistenceSearch(Problem(game, policies=PolicySpace(rows=rows)), Run()).verdict()
    assert verdict is Verdict.NONE
    assert reason == "no stationary policy keeps the rows"
    own = (row("high", [[1.0, 0.0], [0.0, 0.0]], lower=0.7), row("low", [[0.0, 1.0], [0.0, 0.0]], lower=0.7))
    _, end = enclosed(Problem(game, policies=PolicySpace(rows=own)))
    assert end is Termination.INFEASIBLE


@pytest.mark.parametrize("kind", ["statewise", "coupling", "pure"])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_front_is_attained_by_allowed_policies_and_bounds_all_of_them(seed: int, kind: str) -> None:
    problem, values = asked(seed, kind)
    front = swept(problem, Run())
    assert all(problem.policies.holds(problem.game, point.leader_policy) for point in front.points)
    for result in front.results:
        assert (values @ result.weights).max() <= result.dual_bound + ROUNDING
    for point in front.points:
        better = values[np.all(values >= point.leader_values, axis=1)]
        assert (better - point.leader_values).max(initial=0.0) <= point.gain_bound + ROUNDING


@pytest.mark.parametrize("kind", ["statewise", "coupling"])
def test_certificates_of_a_front_name_the_rows_and_replay(kind: str) -> None:
    """Those of second solves, which have floors, included."""
    floors = 0
    for seed in SEEDS:
        problem, values = asked(seed, kind)
        recorder = Recorder()
        front = swept(problem, Run(recorder=recorder))
        replays = [verify_bound(problem.game, list(part.lines_in_own_units(problem.game))) for part in recorder.parts]
        assert len(replays) >= len(front.results)
        for replay in replays:
            assert replay.passed, replay.failed
            assert len(replay.policy_rows) == len(problem.policies.rows)
            kept = values[np.all([values[:, s] >= least for s, least in replay.floor], axis=0)]
            if len(kept) and replay.claimed is not None:
                weights = np.array(replay.weights, dtype=float)
                assert (kept @ weights).max() <= replay.claimed + ROUNDING
            floors += bool(replay.floor)
    assert bool(floors) is (kind == "statewise")


def test_what_is_secured_near_a_point_is_said_of_allowed_policies_only() -> None:
    problem, _ = asked(30, "statewise")
    front = swept(problem, Run(), gap=1e-3)
    said = assured_front(front, check=False)
    kept = assured_front(front, check=False, allows=lambda policy: problem.policies.holds(problem.game, policy))
    none = assured_front(front, check=False, allows=lambda _: False)
    found = [point.guaranteed.certificate for point in said.points if point.guaranteed is not None]
    assert any(one is not None for one in found)
    for point in kept.points:
        if point.guaranteed is not None and point.guaranteed.certificate is not None:
            assert problem.policies.holds(problem.game, point.guaranteed.certificate.policy)
    assert all(point.guaranteed is None or point.guaranteed.certificate is None for point in none.points)


def test_what_is_not_honoured_is_refused_by_name() -> None:
    game = traded(0).case.game
    costs = PolicySpace(costs=(CostRow(name="fuel", costs=np.ones(game.num_rows), upper=3.0),))
    with pytest.raises(OptionError, match=r"couple several states .budget., and play from one objective's start meets"):
        enclosed(Problem(game, policies=BUDGET))
    for space, name in ((costs, "fuel"), (PURE, "pure")):
        with pytest.raises(OptionError, match=f"an enclosure takes rows .*{name} is of another"):
            enclosed(Problem(game, policies=space))
    with pytest.raises(OptionError, match=r"the question of existence takes rows .*fuel is of another"):
        ExistenceSearch(Problem(game, policies=costs), Run())
    with pytest.raises(OptionError, match=r"a floor under the leader's values is of another"):
        enclosed(Problem(game).above(np.zeros(2)))
