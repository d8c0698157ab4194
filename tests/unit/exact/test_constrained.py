"""The commitment program with rows on the policy: known values, brute force, and what must not be lost or cut short."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest

from ssg_mip import LeaderPolicy, best_response
from ssg_mip.base.status import Status, Termination
from ssg_mip.branch_and_bound.box import Box, all_open
from ssg_mip.branch_and_bound.branching_rule import BranchingRule, choose_branch
from ssg_mip.branch_and_bound.options import SearchOptions
from ssg_mip.branch_and_bound.scaling import UnitForm, widened
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.mdp import induced_by_leader, occupancy
from ssg_mip.evaluation.occupancy_bounds import OccupancySweeps, occupancy_bounds
from ssg_mip.exact.constrained import ConstrainedBridge, solve_constrained
from ssg_mip.exact.heuristics.allowed import Allowed
from ssg_mip.exact.solving import searched, solve_commitment
from ssg_mip.methods.registry import METHODS, check_policies, find_method
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.policy_space import EVERY_POLICY, PolicyRow, PolicySpace, Scope
from ssg_mip.problem.problem import Problem
from ssg_mip.programs.commitment import commitment
from ssg_mip.programs.policy_block import PolicyRows
from ssg_mip.programs.tags import FROM_WEIGHTS, ColumnKind
from ssg_mip.runs.run import Run
from tests.unit.exact.constrained_cases import Constrained, bayesian_games, grid, known_games, row, small
from tests.unit.questions import asked as question

GAP = 1e-4
ROUNDING = 1e-7
KNOWN, BAYESIAN = known_games(), bayesian_games()
KINDS = ("statewise", "coupling", "both", "partial")


def asked(case: Constrained, space: PolicySpace | None = None, **options: Any) -> tuple[Problem, Run]:
    problem, run = question(case.game, weights=case.weights, gap=GAP, node_limit=4000, **options)
    return dataclasses.replace(problem, policies=case.space if space is None else space), run


def visits_of(case: Constrained, policy: LeaderPolicy) -> FloatArray:
    """How often, discounted, every state is visited under a policy and its response."""
    response = best_response(case.game, policy)
    leader, _ = induced_by_leader(case.game, policy)
    return occupancy(leader, response.follower_policy.slots(case.game), case.weights)


@pytest.mark.parametrize("name", KNOWN)
def test_known_values_are_found_and_proven(name: str) -> None:
    """Also games whose rows, summed over answers, or without branching on answers, leave a wrong bound."""
    case, (least, most) = KNOWN[name]
    answer = solve_constrained(*asked(case))
    assert answer.termination is Termination.GAP
    assert least * (1.0 - 2.0 * GAP) <= answer.primal_bound <= most + ROUNDING
    assert least - ROUNDING <= answer.dual_bound <= most * (1.0 + 2.0 * GAP)


@pytest.mark.parametrize("name", BAYESIAN)
def test_one_policy_for_all_types(name: str) -> None:
    case, value = BAYESIAN[name]
    answer = solve_constrained(*asked(case))
    assert answer.termination is Termination.GAP
    assert answer.primal_bound == pytest.approx(value, rel=2.0 * GAP)
    assert answer.dual_bound == pytest.approx(value, rel=2.0 * GAP)


class SplitByValues(ConstrainedBridge):
    """The same problem, whose boxes are split by values and occupancies alone."""

    @property
    def branching(self) -> BranchingRule:
        return choose_branch


def test_without_splits_by_answers_the_bound_stays_wrong() -> None:
    """The four types answer one policy; a relaxation that mixes answers gives each answer a policy of its own."""
    case, value = BAYESIAN["mtd_four_types"]
    problem, run = asked(case, search=SearchOptions(probing=False))
    bridge = ConstrainedBridge(problem, run)
    whole = searched(bridge)
    stuck = searched(SplitByValues(problem, run.within(150)))
    assert whole.termination is Termination.GAP
    assert whole.dual_bound == pytest.approx(value, rel=2.0 * GAP)
    assert whole.nodes < 50
    assert stuck.termination is Termination.NODE_LIMIT
    assert stuck.dual_bound > 1.05 * value


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(4))
def test_no_allowed_policy_of_a_grid_beats_the_bound_or_by_much_the_answer(kind: str, seed: int) -> None:
    case = small(seed, kind)
    answer = solve_constrained(*asked(case))
    values = [case.worth(policy) for policy in grid(case, 21 if case.game.num_states == 2 else 8)]
    assert len(values) > 20
    assert answer.termination is Termination.GAP
    assert max(values) <= answer.dual_bound + ROUNDING
    assert max(values) <= answer.primal_bound + (answer.dual_bound - answer.primal_bound) + ROUNDING
    assert answer.policy is not None
    assert case.space.holds(case.game, answer.policy)
    assert case.worth(answer.policy) == pytest.approx(answer.primal_bound, abs=ROUNDING)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_cost_something_where_they_bind(kind: str) -> None:
    """So that the tests above would notice rows that are not there."""
    lost = []
    for seed in range(3):
        case = small(seed, kind)
        free = solve_commitment(*asked(case, EVERY_POLICY))
        bound = solve_constrained(*asked(case)).dual_bound
        assert bound <= free.dual_bound + ROUNDING
        lost.append(free.primal_bound - bound)
    assert max(lost) > 0.01


def test_without_rows_nothing_changes() -> None:
    case = small(3, "statewise")
    free, same = (
        solve_commitment(*asked(case, EVERY_POLICY)),
        solve_constrained(*asked(case, EVERY_POLICY)),
    )
    assert (same.nodes, same.lps, same.primal_bound, same.dual_bound) == (
        free.nodes,
        free.lps,
        free.primal_bound,
        free.dual_bound,
    )


@pytest.mark.parametrize("kind", KINDS)
def test_rows_that_hold_anyway_change_no_value(kind: str) -> None:
    case = small(2, kind)
    loose = PolicySpace(
        rows=tuple(
            PolicyRow(name=one.name, coefficients=one.coefficients, lower=-100.0, upper=100.0)
            for one in case.space.rows
        )
    )
    free = solve_commitment(*asked(case, EVERY_POLICY))
    same = solve_constrained(*asked(case, loose))
    assert same.primal_bound == pytest.approx(free.primal_bound, rel=2.0 * GAP)
    assert same.dual_bound == pytest.approx(free.dual_bound, rel=2.0 * GAP)


@pytest.mark.parametrize(
    "rows",
    [
        (row("a", [[1.0, 0.0], [0.0, 0.0]], lower=0.7), row("b", [[0.0, 1.0], [0.0, 0.0]], lower=0.4)),
        (row("a", [[1.0, 0.0], [1.0, 0.0]], lower=1.5), row("b", [[0.0, 1.0], [0.0, 1.0]], lower=0.6)),
        (row("a", [[0.0, 0.0], [1.0, 0.0]], lower=0.9), row("b", [[1.0, 0.0], [2.0, 0.0]], upper=1.7)),
    ],
    ids=["within one state", "across states", "both"],
)
@pytest.mark.parametrize("seed", [0, 1])
def test_rows_that_contradict_each_other_leave_no_policy(rows: tuple[PolicyRow, ...], seed: int) -> None:
    """In states of positive weight and in others."""
    case = small(seed, "statewise")
    answer = solve_constrained(*asked(case, PolicySpace(rows=rows)))
    assert answer.termination is Termination.INFEASIBLE
    assert answer.dual_bound == -math.inf
    assert answer.policy is None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", [0, 1])
def test_every_allowed_policy_lies_in_the_relaxation_of_every_box_around_it(kind: str, seed: int) -> None:
    case = small(seed, kind)
    problem = ConstrainedBridge(*asked(case))
    form = UnitForm(problem.relaxation.program, np.full(problem.relaxation.program.num_columns, -1))
    rng = np.random.default_rng(seed)
    checked = 0
    for policy in grid(case, 6):
        columns, inside = exact_columns(case, problem, policy)
        for _ in range(3):
            box = widened(_around(rng, problem.root, inside))
            assert problem.tighten(box) is not None
            program, unit = form.at(box), _to_unit(form, columns, box)
            activity = np.bincount(form.matrix.row_of, form.matrix.values * unit[form.matrix.indices], program.num_rows)
            assert np.all(activity >= program.row_lower - ROUNDING)
            assert np.all(activity <= program.row_upper + ROUNDING)
            assert np.all(unit >= program.column_lower - ROUNDING)
            assert np.all(unit <= program.column_upper + ROUNDING)
            checked += 1
    assert checked >= 18


@pytest.mark.parametrize("kind", KINDS)
def test_a_policy_that_is_not_allowed_lies_in_no_relaxation(kind: str) -> None:
    """At the smallest boxes: values and occupancies alone do not tell, the rows do."""
    case = small(2, kind)
    problem = ConstrainedBridge(*asked(case))
    form = UnitForm(problem.relaxation.program, np.full(problem.relaxation.program.num_columns, -1))
    policy = LeaderPolicy.from_slots(case.game, [0.9, 0.1] * case.game.num_states)
    assert not case.space.holds(case.game, policy)
    columns, inside = exact_columns(case, problem, policy)
    box = _around(np.random.default_rng(0), problem.root, inside)
    program, unit = form.at(box), _to_unit(form, columns, box)
    activity = np.bincount(form.matrix.row_of, form.matrix.values * unit[form.matrix.indices], program.num_rows)
    assert np.any(activity > program.row_upper + 1e-3)


def test_occupancies_lie_within_their_bounds() -> None:
    case = small(1, "coupling")
    bounds = occupancy_bounds(case.game, case.weights)
    sweeps = OccupancySweeps(case.game, case.weights)
    rng = np.random.default_rng(5)
    widths = bounds.upper - bounds.lower
    for policy in grid(case, 12):
        visits = visits_of(case, policy)
        assert np.all(bounds.lower <= visits)
        assert np.all(visits <= bounds.upper)
        part = visits - rng.uniform(size=2) * (visits - bounds.lower), visits + 0.1 * (bounds.upper - visits)
        answers = np.zeros(int(case.game.follower_offsets[-1]), dtype=bool)
        answers[best_response(case.game, policy).follower_policy.slots(case.game)] = True
        tightened = sweeps.tighten(*part, answers)
        assert tightened is not None
        assert np.all(tightened[0] <= visits + ROUNDING)
        assert np.all(visits <= tightened[1] + ROUNDING)
        assert np.all(tightened[1] - tightened[0] <= widths + ROUNDING)


def test_the_nearest_allowed_policy_is_allowed_and_near() -> None:
    case = small(0, "both")
    allowed = Allowed(case.game, case.space)
    rng = np.random.default_rng(1)
    for _ in range(8):
        policy = LeaderPolicy.random(case.game, rng)
        found = allowed.nearest(policy)
        assert found is not None
        assert case.space.holds(case.game, found)
        off = float(np.abs(found.slots(case.game) - policy.slots(case.game)).sum())
        others = [float(np.abs(one.slots(case.game) - policy.slots(case.game)).sum()) for one in grid(case, 21)]
        assert off <= min(others) + ROUNDING
        assert (found is policy) is case.space.holds(case.game, policy)


def test_rows_have_a_scope_and_sides() -> None:
    case = small(0, "both")
    assert [one.scope(case.game) for one in case.space.rows] == [Scope.STATEWISE, Scope.COUPLING]
    assert case.space.coupled_states(case.game) == [0, 1]
    assert [len(case.space.sides(case.game, scope)) for scope in Scope] == [1, 2, 0, 0, 0]


@pytest.mark.parametrize(
    ("coefficients", "lower", "upper", "said"),
    [
        ([0.0, 0.0], 0.0, 1.0, "no coefficient but 0"),
        ([1.0, math.nan], 0.0, 1.0, "no finite number"),
        ([1.0, 0.0], 1.0, 0.5, "which no policy keeps"),
        ([1.0, 0.0], math.inf, math.inf, "infinite value"),
    ],
)
def test_rows_that_say_nothing_are_refused(coefficients: list[float], lower: float, upper: float, said: str) -> None:
    with pytest.raises(OptionError, match=said):
        PolicyRow(name="it", coefficients=np.array(coefficients), lower=lower, upper=upper)


def test_a_row_of_another_game_is_refused() -> None:
    case = small(0, "statewise")
    space = PolicySpace(rows=(PolicyRow(name="short", coefficients=np.array([1.0]), upper=0.5),))
    with pytest.raises(OptionError, match="row short has coefficients of shape"):
        solve_constrained(*asked(case, space))


def test_floors_and_rows_do_not_go_together() -> None:
    """A block from a state with a floor would choose a policy of its own."""
    case = small(0, "coupling")
    problem = ConstrainedBridge(*asked(case))
    with pytest.raises(ValueError, match="several demands or rows across states or on costs, not both"):
        commitment(
            case.game,
            case.weights,
            problem._follower,
            floor={0: 1.0},
            rows=PolicyRows.of(case.game, case.space),
        )


def exact_columns(case: Constrained, problem: ConstrainedBridge, policy: LeaderPolicy) -> tuple[FloatArray, FloatArray]:
    """All columns of the program at a policy with its response, and the box variables."""
    game, program = case.game, problem.relaxation.program
    response = best_response(game, policy)
    answered = game.row_follower == response.follower_policy.actions[game.row_state]
    x = policy.slots(game)[game.row_leader_slot] * answered
    visits = visits_of(case, policy)
    inside = np.concatenate((response.follower_values, visits[list(problem._coupled)]))
    columns = np.zeros(program.num_columns)
    for column, tag in enumerate(program.column_tags.each(ColumnKind)):
        if tag.kind is ColumnKind.WEIGHT:
            share = visits[tag.state] if tag.block == FROM_WEIGHTS else 1.0
            columns[column] = share * x[game.row(tag.state, tag.leader, tag.answer)]
    if len(problem._coupled):
        columns[program.objective != 0.0] = case.weights @ response.leader_values
    columns[program.box] = inside
    for result, factor, value in zip(
        program.product_result, program.product_factor, program.product_value, strict=True
    ):
        if program.column_tags.kind[result] == ColumnKind.PRODUCT:
            columns[result] = columns[factor] * inside[value]
    for result, factor, value in zip(
        program.product_result, program.product_factor, program.product_value, strict=True
    ):
        columns[result] = columns[factor] * inside[value]
    return columns, inside


def _around(rng: np.random.Generator, root: Box, inside: FloatArray) -> Box:
    low = inside - rng.uniform(0.01, 1.0, size=len(inside)) * (inside - root.lower)
    high = inside + rng.uniform(0.01, 1.0, size=len(inside)) * (root.upper - inside)
    return Box(low, high, all_open(len(root.open_choices)))


def _to_unit(form: UnitForm, columns: FloatArray, box: Box) -> FloatArray:
    """Columns in unit coordinates: the root of each times the units of its box variables."""
    program, monomials = form.program, form.monomials
    h = (columns[program.box] - box.lower) / box.width
    unit = columns.copy()
    unit[program.box] = h
    for column, (root, places) in enumerate(zip(monomials.root.tolist(), monomials.places, strict=True)):
        if root >= 0 and (places >= 0).any():
            unit[column] = columns[root] * np.prod(h[places[places >= 0]])
    return unit


def test_methods_that_honour_no_rows_refuse_them_by_name() -> None:
    problem, _ = asked(small(0, "statewise"))
    for name, method in METHODS.items():
        if Scope.STATEWISE in method.rows:
            check_policies(problem, method)
            continue
        with pytest.raises(OptionError, match=f"'{name}' takes no rows.*ask for .*commitment"):
            check_policies(problem, method)


@pytest.mark.parametrize("kind", KINDS)
def test_the_method_of_the_programs_keeps_the_rows(kind: str) -> None:
    case = small(1, kind)
    result = find_method("commitment")(*asked(case))
    assert result.status is Status.OPTIMAL
    assert result.leader_policy is not None
    assert case.space.holds(case.game, result.leader_policy)
