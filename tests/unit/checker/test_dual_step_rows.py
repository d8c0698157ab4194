"""Certificates of single steps over the policies that keep rows: no policy among them improves every state by more."""

from __future__ import annotations

import dataclasses
import itertools
import json
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest

from ssg_mip import LeaderPolicy, best_response
from ssg_mip.base.status import BoundProof
from ssg_mip.checker.dual.demands import demands_of
from ssg_mip.checker.dual.document import read_header
from ssg_mip.checker.dual.leaf import LeafBounds
from ssg_mip.checker.dual.leaf_lines import read_leaf
from ssg_mip.checker.dual.numbers import Numbers
from ssg_mip.checker.dual.policy_rows import sides_of
from ssg_mip.checker.dual.propagation import Region
from ssg_mip.checker.dual.replay import verify_bound
from ssg_mip.checker.rational import ExactGame
from ssg_mip.errors import InvalidResultError
from ssg_mip.exact import solve_improvement
from ssg_mip.exact.heuristics.allowed import Allowed
from ssg_mip.methods.registry import find_method
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.problem import Problem
from ssg_mip.proofs.writer import Recorder
from tests.unit.checker.row_cases import Certified, Draw, Lines, sides_of_values
from tests.unit.checker.tampering import replayed
from tests.unit.exact.constrained_cases import Constrained, bayesian_games, grid, small
from tests.unit.methods.grid_improvement import one_step_values
from tests.unit.questions import asked as question

KINDS = ("statewise", "coupling", "both", "partial")
STEPS = tuple(f"{kind} {seed}, {where}" for kind in KINDS for seed in range(2) for where in ("first", "last"))
"""Steps from the policy nearest to the uniform one, and from where policy iteration stops."""

CASES = (*STEPS, "mtd_four_types, first")

MATTER = ("statewise 2, first", "coupling 0, first", "both 1, first", "partial 1, first")
"""Steps that would gain more without the rows."""

MUTATIONS = 40


@dataclasses.dataclass(frozen=True, eq=False)
class Step(Certified[Constrained]):
    """With the values that are to be improved."""

    values: FloatArray


def _problem(case: Constrained, recorder: Recorder | None = None) -> Any:
    weights = np.full(case.game.num_states, 1.0 / case.game.num_states)
    problem, run = question(case.game, weights=weights, gap=1e-5, recorder=recorder)
    return dataclasses.replace(problem, policies=case.space), run


def _values(case: Constrained, where: str) -> FloatArray:
    if where == "last":
        result = find_method("policy-iteration")(*_problem(case))
        return np.array(result.leader_values)
    start = Allowed(case.game, case.space).nearest(LeaderPolicy.uniform(case.game))
    assert start is not None
    return best_response(case.game, start).leader_values


@cache
def certified(name: str) -> Step:
    base, where = name.split(", ")
    case = bayesian_games()[base][0] if base == "mtd_four_types" else small(int(base.split()[1]), base.split()[0])
    recorder = Recorder()
    problem, run = _problem(case, recorder)
    values = _values(case, where)
    answer = solve_improvement(problem, run, values, problem.weights)
    return Step(case, answer, json.dumps(list(recorder.lines(case.game))), values)


@pytest.mark.parametrize("name", CASES)
def test_a_certificate_proves_its_bound_on_a_step(name: str) -> None:
    found = certified(name)
    replay = verify_bound(found.case.game, found.lines)
    assert replay.passed, replay.failed
    assert replay.proven is not None
    assert replay.claimed is not None
    assert found.answer.bound_proof is BoundProof.REPLAYED
    assert found.answer.primal_bound - 1e-9 <= float(replay.proven) <= replay.claimed
    assert len(replay.policy_rows) == len(found.case.space.rows)
    assert replay.values == tuple(map(Fraction, found.values.tolist()))


@pytest.mark.parametrize("name", [name for name in STEPS if name.endswith("last")])
def test_where_policy_iteration_stops_next_to_nothing_is_left(name: str) -> None:
    found = certified(name)
    replay = verify_bound(found.case.game, found.lines)
    assert replay.claimed is not None
    assert replay.claimed <= 1e-4 * (1.0 + float(np.abs(found.values).max()))


@pytest.mark.parametrize("name", CASES)
def test_a_bound_below_the_best_step_is_never_accepted(name: str) -> None:
    """Whatever number or line is changed, a claim that an allowed policy refutes does not pass."""
    found = certified(name)
    kept = ("format", "weights", "margin", "floor", "values", "units")
    for lines in found.refuted(MUTATIONS, kept, rows_only=False):
        lines[0]["slack"] = 0.0
        assert replayed(found.case.game, lines) is None


@pytest.mark.parametrize("name", MATTER)
def test_without_the_multipliers_of_the_rows_the_bound_is_not_proven(name: str) -> None:
    found = certified(name)
    problem, run = _problem(found.case)
    free = solve_improvement(Problem(found.case.game, problem.objective), run, found.values, problem.weights)
    assert free.primal_bound > found.answer.dual_bound + 1e-3
    lines = found.lines
    for line in lines[1:]:
        if line[0] == "l":
            line[-1] = [[], [], []]
    assert replayed(found.case.game, lines) is None


@pytest.mark.parametrize("name", MATTER)
def test_wider_rows_are_not_proven_by_it(name: str) -> None:
    """The same lines under rows that hold of every policy claim what the free optimum refutes."""
    found = certified(name)
    lines = found.lines
    for one in lines[0]["policy"][0]:
        size = 1.0 + sum(map(abs, one[0]))
        one[1:] = [None if one[1] is None else -size, None if one[2] is None else size]
    assert replayed(found.case.game, lines) is None


@pytest.mark.parametrize(("part", "name"), [(0, "statewise 0, first"), (1, "partial 0, first")])
def test_a_negative_multiplier_of_an_inequality_is_refused(part: int, name: str) -> None:
    found = certified(name)
    lines = found.lines
    leaf = next(line for line in lines[1:] if line[0] == "l" and line[-1][part])
    leaf[-1][part][0][-1] *= -1.0
    with pytest.raises(InvalidResultError, match="row on the leader's policy by a negative number"):
        verify_bound(found.case.game, lines)


def test_no_occupancy_is_spoken_of() -> None:
    """Neither bounds on them, nor intervals, nor splits, nor multipliers."""
    found = certified("partial 0, first")
    with_bounds, split = found.lines, found.lines
    with_bounds[0]["policy"][1] = [[0.0] * 3] * 3
    with pytest.raises(InvalidResultError):
        verify_bound(found.case.game, with_bounds)
    split[1:] = [["v", 3, 0.5], ["e"], ["e"]]
    with pytest.raises(InvalidResultError, match="the place of a split"):
        verify_bound(found.case.game, split)
    third = found.lines
    next(line for line in third[1:] if line[0] == "l")[-1][2].append(0.0)
    with pytest.raises(InvalidResultError):
        verify_bound(found.case.game, third)


def test_that_no_policy_keeps_the_rows_and_improves_is_not_believed() -> None:
    lines = certified("coupling 0, first").lines
    lines[0]["bound"] = None
    replay = verify_bound(certified("coupling 0, first").case.game, lines)
    assert [check.name for check in replay.failed] == ["bound"]


@pytest.mark.parametrize("name", [name for name in STEPS if name.endswith("first")])
def test_no_multipliers_bound_an_allowed_policy_below_its_gain(name: str) -> None:
    """Leaves with any multipliers at all, on boxes around a policy: what they prove holds for that policy."""
    found, rng = certified(name), np.random.default_rng(3)
    case, header = found.case, read_header(found.lines[0])
    assert header.policy is not None
    exact = ExactGame.of(case.game)
    numbers = Numbers.of(exact, header.weights)
    sides = sides_of(header.policy.rows, case.game.leader_counts.tolist())
    demands = demands_of(exact, header.weights, values=header.values)
    bounds = LeafBounds(numbers, header.grid, demands, sides)
    template = found.leaf
    tight = 0
    for policy in itertools.islice(grid(case, 9 if case.game.num_states == 2 else 4), 16):
        response = best_response(case.game, policy)
        gains = one_step_values(case.game, policy, found.values) - found.values
        answers = tuple(frozenset([int(b)]) for b in response.follower_policy.actions)
        for _ in range(4):
            room = rng.choice([0.01, 0.3]) * rng.uniform(size=(2, case.game.num_states))
            lower, upper = response.follower_values - room[0], response.follower_values + room[1]
            line = ["l", float(rng.uniform(0.5, 2.0)), lower.tolist(), upper.tolist()]
            line += _random_multipliers(template[4:], rng, found, sides, loses=bool(gains.min() < 0.0))
            leaf = read_leaf(line, header, numbers)
            value = bounds.value(leaf, Region(leaf.lower, leaf.upper, answers))
            mine = Fraction(leaf.objective, 1 << leaf.scale) * Fraction(float(gains.mean()))
            assert value >= mine - Fraction(1, 10**9)
            tight += value < mine + 100
    assert tight > 0


def _random_multipliers(parts: Lines, rng: np.random.Generator, found: Step, sides: Any, *, loses: bool) -> Lines:
    """Blocks and what stands outside them, multipliers of the right signs; none of a row that the policy breaks."""
    game, draw = found.case.game, Draw(rng)
    blocks = draw.blocks(parts[:-2], game.num_states)
    statewise, coupling = [], []
    for t, side in sides_of_values(game.num_states):
        coupling += [[i, t, side, draw.positive()] for i in range(len(sides.coupling))]
        for i, one in enumerate(sides.statewise):
            answers = range(int(game.follower_counts[one.state]))
            statewise += [[one.state, b, i, t, side, draw.positive()] for b in answers]
    improve = [0.0 if loses else value for value in draw.positive(game.num_states)]
    return [*blocks, improve, [statewise, coupling, []]]
