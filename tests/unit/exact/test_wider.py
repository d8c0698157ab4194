"""Bounds on costs, values and limits on used actions: known values, brute force, and what must not be lost."""

from __future__ import annotations

import dataclasses
import itertools
import math
from typing import Any

import numpy as np
import pytest

from ssg_mip import LeaderPolicy
from ssg_mip.base.status import Status, Termination
from ssg_mip.branch_and_bound.box import Box
from ssg_mip.branch_and_bound.branching_rule import BranchingRule, choose_branch
from ssg_mip.branch_and_bound.options import SearchOptions
from ssg_mip.branch_and_bound.records import ClosingBranch
from ssg_mip.branch_and_bound.scaling import UnitForm, widened
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.mdp import induced_by_leader, occupancy
from ssg_mip.exact.constrained import solve_constrained
from ssg_mip.exact.heuristics.allowed import Allowed
from ssg_mip.exact.solving import searched, solve_commitment
from ssg_mip.exact.wider import WiderBridge, asked_for, solve_allowed
from ssg_mip.methods.in_standard_form import run_method
from ssg_mip.methods.registry import METHODS, check_policies, find_method
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.policy_space import EVERY_POLICY, PolicySpace, Scope
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.wider_rows import SUPPORT_TOLERANCE, CostRow, SupportLimit, ValueRow
from ssg_mip.programs.tags import FROM_WEIGHTS, ColumnKind
from ssg_mip.runs.run import Run
from tests.oracles.games import plain_from_arrays
from tests.unit.exact.constrained_cases import row
from tests.unit.exact.wider_cases import KINDS, Wide, grid, known_wide_games, spent, wide
from tests.unit.questions import asked as question

GAP = 1e-4
ROUNDING = 1e-7
KNOWN = known_wide_games()
WITH_COSTS = ("cost", "between", "cost and budget", "two and cost", "one and cost")


def asked(case: Wide, space: PolicySpace | None = None, **options: Any) -> tuple[Problem, Run]:
    problem, run = question(case.game, weights=case.weights, gap=GAP, node_limit=4000, **options)
    return dataclasses.replace(problem, policies=case.space if space is None else space), run


@pytest.mark.parametrize("name", KNOWN)
def test_known_values_are_found_and_proven(name: str) -> None:
    case, value = KNOWN[name]
    answer = solve_allowed(*asked(case))
    if value is None:
        assert answer.termination is Termination.INFEASIBLE
        assert answer.dual_bound == -math.inf
        return
    assert answer.termination is Termination.GAP
    assert value * (1.0 - 2.0 * GAP) <= answer.primal_bound <= answer.dual_bound
    assert answer.dual_bound <= value * (1.0 + 2.0 * GAP)
    assert answer.policy is not None
    assert case.worth(answer.policy) == pytest.approx(answer.primal_bound, abs=ROUNDING)


class SplitByValues(WiderBridge):
    """The same problem, whose boxes are split by values alone."""

    @property
    def branching(self) -> BranchingRule:
        return choose_branch


def test_without_splits_by_answers_a_cost_leaves_the_bound_wrong() -> None:
    """The trap of a bound on a cost: two answers of one state, each with a policy and a cost of its own."""
    case, _ = KNOWN["disc 1"]
    problem, run = asked(case, search=SearchOptions(probing=False))
    whole = searched(WiderBridge(problem, run))
    stuck = searched(SplitByValues(problem, run.within(400)))
    assert whole.termination is Termination.GAP
    assert whole.dual_bound == pytest.approx(4.3838, abs=1e-3)
    assert stuck.termination is Termination.NODE_LIMIT
    assert stuck.dual_bound == pytest.approx(4.6477, abs=1e-4)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(4))
def test_no_allowed_policy_of_a_grid_beats_the_bound_or_by_much_the_answer(kind: str, seed: int) -> None:
    case = wide(seed, kind)
    answer = solve_allowed(*asked(case))
    best = max(case.worth(policy) for policy in grid(case.game, 12))
    if answer.termination is Termination.INFEASIBLE:
        assert best == -math.inf
        return
    assert answer.termination is Termination.GAP
    assert best <= answer.dual_bound + ROUNDING
    assert best <= answer.primal_bound + (answer.dual_bound - answer.primal_bound) + ROUNDING
    assert answer.policy is not None
    assert answer.response is not None
    assert case.worth(answer.policy) == pytest.approx(answer.primal_bound, abs=ROUNDING)
    rows = case.space.all_costs(case.game)
    for one in rows:
        cost = spent(case.game, answer.policy, answer.response.follower_policy, one.costs)
        assert one.violation(cost) <= one.tolerance(case.game)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "two"])
def test_what_is_asked_costs_something_where_it_binds(kind: str) -> None:
    """So that the tests above would notice rows that are not there; a third action hardly ever helps by itself."""
    lost = []
    for seed in range(4):
        case = wide(seed, kind)
        free = solve_commitment(*asked(case, EVERY_POLICY))
        answer = solve_allowed(*asked(case))
        assert answer.dual_bound <= free.dual_bound + ROUNDING
        if answer.termination is Termination.GAP:
            lost.append(free.primal_bound - answer.dual_bound)
    assert max(lost) > 0.005


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", [2, 3])
def test_every_allowed_policy_lies_in_the_relaxation_of_every_box_around_it(kind: str, seed: int) -> None:
    case = wide(seed, kind)
    problem, run = asked(case)
    bridge = WiderBridge(dataclasses.replace(problem, policies=asked_for(problem)), run)
    form = UnitForm(bridge.relaxation.program, np.full(bridge.relaxation.program.num_columns, -1))
    rng = np.random.default_rng(seed)
    checked = 0
    for policy in grid(case.game, 6):
        if not math.isfinite(case.worth(policy)):
            continue
        columns, inside = exact_columns(case, bridge, policy)
        for _ in range(2):
            box = widened(_around(rng, bridge.root, inside))
            assert bridge.tighten(box) is not None
            program, unit = form.at(box), _to_unit(form, columns, box)
            activity = np.bincount(form.matrix.row_of, form.matrix.values * unit[form.matrix.indices], program.num_rows)
            assert np.all(activity >= program.row_lower - ROUNDING)
            assert np.all(activity <= program.row_upper + ROUNDING)
            assert np.all(unit >= program.column_lower - ROUNDING)
            assert np.all(unit <= program.column_upper + ROUNDING)
            checked += 1
    assert checked >= 4


def exact_columns(case: Wide, bridge: WiderBridge, policy: LeaderPolicy) -> tuple[FloatArray, FloatArray]:
    """All columns of the program at a policy with its answer, and the box variables."""
    game, program = case.game, bridge.relaxation.program
    response, _ = case.answer(policy)
    answered = game.row_follower == response.follower_policy.actions[game.row_state]
    x = policy.slots(game)[game.row_leader_slot] * answered
    leader, _ = induced_by_leader(game, policy)
    chosen = response.follower_policy.slots(game)
    visits = {FROM_WEIGHTS: occupancy(leader, chosen, case.weights)}
    visits |= {k: occupancy(leader, chosen, np.eye(game.num_states)[k]) for k in range(game.num_states)}
    inside = np.concatenate((response.follower_values, visits[FROM_WEIGHTS][list(bridge._coupled)]))
    columns = np.zeros(program.num_columns)
    for column, tag in enumerate(program.column_tags.each(ColumnKind)):
        if tag.kind is ColumnKind.WEIGHT:
            share = visits[tag.block][tag.state] if tag.block in visits else 1.0
            columns[column] = share * x[game.row(tag.state, tag.leader, tag.answer)]
    if len(bridge._coupled):
        columns[program.objective != 0.0] = case.weights @ response.leader_values
    columns[program.box] = inside
    for _ in range(2):  # products of products come last
        columns[program.product_result] = columns[program.product_factor] * inside[program.product_value]
    return columns, inside


def _around(rng: np.random.Generator, root: Box, inside: FloatArray) -> Box:
    low = inside - rng.uniform(0.01, 1.0, size=len(inside)) * (inside - root.lower)
    high = inside + rng.uniform(0.01, 1.0, size=len(inside)) * (root.upper - inside)
    return Box(low, high, np.ones(len(root.open_choices), dtype=bool))


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


# ---------------------------------------------------------------------- costs


def _indifferent() -> tuple[Wide, float]:
    """One state, where the follower does not care: 1 at a cost of 1, .5 at a cost of 0; half of the time is paid."""
    game = plain_from_arrays(
        np.ones((1, 1, 2, 1)), [[[1.0, 0.5]]], [[[0.0, 0.0]]], leader_discount=0.5, follower_discount=0.5
    ).to_game()
    cost = CostRow(name="paid", costs=np.array([1.0, 0.0]), upper=1.0)
    return Wide(game, PolicySpace(costs=(cost,))), 1.0


def test_a_tied_answer_is_selected_subject_to_the_costs() -> None:
    """The answer that is best for the leader costs too much; the other one is tied and does not."""
    case, value = _indifferent()
    answer = solve_allowed(*asked(case))
    assert answer.termination is Termination.GAP
    assert answer.primal_bound == pytest.approx(value)
    assert answer.dual_bound == pytest.approx(value, rel=2.0 * GAP)
    assert answer.response is not None
    assert answer.response.follower_policy.actions.tolist() == [1]


@pytest.mark.parametrize(("constant", "unit"), [(0.0, 1.0), (1000.0, 3e5), (-7.3e4, 0.11)])
def test_the_selected_answer_stays_in_the_units_of_the_rewards(constant: float, unit: float) -> None:
    """The method runs on the standard form of the game; its answer and its value are those of the game itself."""
    case, value = _indifferent()
    moved = np.array([[[1.0, 0.5]]]) * unit + constant
    game = plain_from_arrays(
        np.ones((1, 1, 2, 1)), moved, [[[4.0, 4.0]]], leader_discount=0.5, follower_discount=0.5
    ).to_game()
    problem, _ = asked(Wide(game, case.space))
    result = run_method(problem, Run(gap=GAP), find_method("commitment"))
    assert result.status is Status.OPTIMAL
    assert result.follower_policy is not None
    assert result.follower_policy.actions.tolist() == [1]
    assert result.leader_value == pytest.approx(unit * value + 2.0 * constant)
    assert result.dual_bound == pytest.approx(result.leader_value, rel=2.0 * GAP, abs=2.0 * GAP * unit)


def test_no_mix_of_tied_answers_counts() -> None:
    """A follower who mixed them would be worth 1.5 and cost 1: the answer is deterministic."""
    case, value = _indifferent()
    assert solve_allowed(*asked(case)).dual_bound < 1.4
    dear = CostRow(name="paid", costs=np.array([1.0, 0.5]), upper=0.9)
    answer = solve_allowed(*asked(dataclasses.replace(case, space=PolicySpace(costs=(dear,)))))
    assert answer.termination is Termination.INFEASIBLE
    assert value == 1.0


def test_a_cost_that_never_binds_changes_no_value() -> None:
    case = wide(0, "cost")
    loose = CostRow(name="loose", costs=np.ones(case.game.num_rows), upper=5.0 + 1e-6)
    free = solve_commitment(*asked(case, EVERY_POLICY))
    same = solve_allowed(*asked(case, PolicySpace(costs=(loose,))))
    assert same.primal_bound == pytest.approx(free.primal_bound, rel=2.0 * GAP)
    assert same.dual_bound == pytest.approx(free.dual_bound, rel=2.0 * GAP)


def test_an_equation_on_a_cost_is_kept() -> None:
    case = wide(0, "cost")
    (cost,) = case.space.costs
    found = solve_allowed(*asked(case))
    assert found.policy is not None
    level = 0.97 * cost.upper
    exactly = dataclasses.replace(cost, lower=level, upper=level)
    answer = solve_allowed(*asked(case, PolicySpace(costs=(exactly,))))
    assert answer.termination is Termination.GAP
    assert answer.policy is not None
    assert answer.response is not None
    cost_of_it = spent(case.game, answer.policy, answer.response.follower_policy, exactly.costs)
    assert cost_of_it == pytest.approx(level, abs=exactly.tolerance(case.game))
    assert answer.dual_bound <= found.dual_bound + ROUNDING


def test_costs_count_from_the_start_and_nowhere_else() -> None:
    case = wide(0, "cost")
    problem, run = asked(case)
    with pytest.raises(OptionError, match=r"cost counts from the start distribution of .*maximise the value from the"):
        solve_allowed(problem.weighing(np.array([0.5, 0.5])), run)


def test_other_programs_refuse_what_they_do_not_have() -> None:
    case = wide(0, "cost")
    with pytest.raises(OptionError, match="ask solve_allowed for these"):
        solve_constrained(*asked(case))


# ---------------------------------------------------------------------- values


@pytest.mark.parametrize("share", [0.999, 1.001])
def test_a_value_from_the_start_is_a_cost(share: float) -> None:
    """At most what can be reached is reached, and more than that by nobody."""
    case = wide(2, "two and least")
    rows = dataclasses.replace(case.space, supports=())
    best = solve_allowed(*asked(case, rows))
    least = share * (best.primal_bound if share < 1.0 else best.dual_bound)
    answer = solve_allowed(*asked(case, dataclasses.replace(rows, values=(ValueRow(name="enough", least=least),))))
    if share > 1.0:
        assert answer.termination is Termination.INFEASIBLE
        return
    assert answer.primal_bound == pytest.approx(best.primal_bound, rel=2.0 * GAP)


def test_values_of_states_go_with_rows_of_single_states_and_with_no_others() -> None:
    case = wide(0, "cost and budget")
    value = ValueRow(name="v", least=1.0, state=1)
    for space in (PolicySpace(rows=case.space.rows), PolicySpace(costs=case.space.costs)):
        with pytest.raises(OptionError, match="can be asked for from the start alone"):
            solve_allowed(*asked(case, dataclasses.replace(space, values=(value,))))


def test_a_value_of_the_state_in_which_the_game_starts_goes_with_costs() -> None:
    case = wide(3, "cost")
    best = solve_allowed(*asked(case))
    assert best.response is not None
    reached = float(best.response.leader_values[0])
    for least, status in ((reached - 1e-3, Termination.GAP), (reached + 0.1, Termination.INFEASIBLE)):
        value = ValueRow(name="v", least=least, state=0)
        answer = solve_allowed(*asked(case, dataclasses.replace(case.space, values=(value,))))
        assert answer.termination is status


def test_a_value_alone_is_a_floor() -> None:
    case = wide(0, "value")
    space = PolicySpace(values=case.space.values)
    problem, run = asked(case, space)
    assert problem.floor is not None
    assert problem.floor.tolist() == [-math.inf, case.space.values[0].least]
    answer, same = solve_allowed(problem, run), solve_commitment(*asked(case, PolicySpace(floor=problem.floor)))
    assert (answer.primal_bound, answer.dual_bound) == (same.primal_bound, same.dual_bound)


# ---------------------------------------------------------------------- limits


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("kind", ["two", "one", "two and least", "one and budget", "two and cost"])
def test_a_limit_is_worth_the_best_choice_of_actions(kind: str, seed: int) -> None:
    """Whichever actions are used, the others forbidden by rows: the best of all choices."""
    case = wide(seed, kind)
    (limit,) = case.space.supports
    answer = solve_allowed(*asked(case))
    values = []
    for unused in itertools.combinations(range(3), 3 - limit.most):
        forbidden = [[1.0 if a in unused else 0.0 for a in range(3)], [0.0, 0.0]]
        space = dataclasses.replace(
            case.space, supports=(), rows=(*case.space.rows, row("forbidden", forbidden, upper=0.0))
        )
        values.append(solve_allowed(*asked(case, space)))
    assert answer.primal_bound == pytest.approx(max(one.primal_bound for one in values), rel=3.0 * GAP)
    assert answer.dual_bound == pytest.approx(max(one.dual_bound for one in values), rel=3.0 * GAP)
    if answer.policy is not None:
        assert np.count_nonzero(answer.policy.slots(case.game)[:3] > SUPPORT_TOLERANCE) <= limit.most


@pytest.mark.parametrize("seed", range(6))
def test_deterministic_states_are_worth_the_best_pure_policy(seed: int) -> None:
    case = wide(seed, "pure")
    answer = solve_allowed(*asked(case))
    best = max(case.worth(policy) for policy in grid(case.game, 1))
    assert answer.primal_bound == pytest.approx(best, abs=ROUNDING)
    assert answer.dual_bound == pytest.approx(best, rel=2.0 * GAP)


def test_every_limit_of_a_branch_leaves_an_action_out() -> None:
    box = Box(np.zeros(1), np.ones(1), np.ones(5, dtype=bool))
    parts = ClosingBranch((2, 4)).children(box)
    assert [np.flatnonzero(~part.open_choices).tolist() for part in parts] == [[2], [4]]


def test_the_nearest_allowed_policy_uses_few_actions() -> None:
    case = wide(0, "two and least")
    allowed, rng = Allowed(case.game, case.space), np.random.default_rng(3)
    for _ in range(10):
        policy = LeaderPolicy.random(case.game, rng)
        found = allowed.nearest(policy)
        assert found is not None
        assert case.space.holds(case.game, found)
        assert np.count_nonzero(found.slots(case.game)[:3]) <= 2


def test_where_the_likeliest_actions_are_forbidden_others_are_used() -> None:
    case = wide(0, "one")
    least = row("least", [[0.0, 0.0, 1.0], [0.0, 0.0]], lower=0.9)
    space = dataclasses.replace(case.space, rows=(least,))
    found = Allowed(case.game, space).nearest(LeaderPolicy.from_slots(case.game, [0.5, 0.3, 0.2, 0.5, 0.5]))
    assert found is not None
    assert found.slots(case.game)[:3].tolist() == [0.0, 0.0, 1.0]
    both = (least, row("more", [[1.0, 0.0, 0.0], [0.0, 0.0]], lower=0.05))
    assert Allowed(case.game, dataclasses.replace(space, rows=both)).nearest(found) is None
    answer = solve_allowed(*asked(case, dataclasses.replace(space, rows=both)))
    assert answer.termination is Termination.INFEASIBLE


# ---------------------------------------------------------------------- through the methods


@pytest.mark.parametrize(("kind", "scope"), [("cost", Scope.DISCOUNTED), ("two", Scope.SUPPORT)])
def test_methods_that_honour_no_such_rows_refuse_them_by_name(kind: str, scope: Scope) -> None:
    problem, _ = asked(wide(0, kind))
    assert scope in METHODS["commitment"].rows
    for name, method in METHODS.items():
        if scope in method.rows:
            check_policies(problem, method)
            continue
        with pytest.raises(
            OptionError, match=f"'{name}' takes no .*, and there are some: {kind}; ask for .*commitment"
        ):
            check_policies(problem, method)


@pytest.mark.parametrize("kind", KINDS)
def test_the_method_of_the_programs_keeps_what_is_asked(kind: str) -> None:
    case = wide(2, kind)
    result = find_method("commitment")(*asked(case))
    assert result.status in {Status.OPTIMAL, Status.INFEASIBLE}
    if result.leader_policy is not None:
        assert math.isfinite(case.worth(result.leader_policy))


def test_limits_of_one_state_count_with_the_least() -> None:
    game = wide(0, "two").game
    limits = [SupportLimit(name=str(most), state=0, most=most) for most in (2, 1, 3)]
    assert PolicySpace(supports=tuple(limits)).most_actions(game) == {0: 1}
    assert PolicySpace(supports=(limits[2],)).most_actions(game) == {}
