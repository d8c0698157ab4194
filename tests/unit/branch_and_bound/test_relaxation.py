"""No relaxation, cut or bound may lose a true point: the claims on which every proof of the search rests."""

from __future__ import annotations

import numpy as np
import pytest

from ssg_mip import LeaderPolicy
from ssg_mip.branch_and_bound.box import Box, all_open
from ssg_mip.branch_and_bound.rlt_cuts import RltSeparation
from ssg_mip.branch_and_bound.scaling import UnitForm, narrow, widened
from ssg_mip.lp.interface import LpStatus
from tests.unit.branch_and_bound.conftest import Bench, random_box_around, to_unit

ROUNDING = 1e-7


def policies(bench: Bench, count: int) -> list[LeaderPolicy]:
    rng = np.random.default_rng(7)
    actions = [rng.integers(bench.game.leader_counts) for _ in range(count // 3)]
    pure = [LeaderPolicy.deterministic(bench.game, chosen) for chosen in actions]
    return [*pure, *(LeaderPolicy.random(bench.game, rng) for _ in range(count - len(pure)))]


def test_every_true_point_satisfies_the_program_of_every_box_around_it(bench: Bench) -> None:
    """McCormick rows, multiplied rows and incentive rows in unit coordinates hold at exact points."""
    rng = np.random.default_rng(11)
    relaxation = bench.relaxation
    form = UnitForm(relaxation.program, np.full(relaxation.program.num_columns, -1))
    for policy in policies(bench, 12):
        columns, v, value = bench.exact_point(policy)
        box = widened(random_box_around(rng, bench.problem.root, v))
        program = form.at(box)
        unit = to_unit(relaxation, columns, box)
        activity = np.bincount(form.matrix.row_of, form.matrix.values * unit[form.matrix.indices], program.num_rows)
        assert np.all(activity >= program.row_lower - ROUNDING)
        assert np.all(activity <= program.row_upper + ROUNDING)
        assert np.all(unit >= program.column_lower - ROUNDING)
        assert np.all(unit <= program.column_upper + ROUNDING)
        assert program.objective @ unit == pytest.approx(value, abs=ROUNDING)


def test_second_level_cuts_hold_at_every_true_point_of_the_box_and_of_its_parts(bench: Bench) -> None:
    """Cuts separated at the relaxed point of one box, evaluated there and in an inner box that inherits them."""
    rng = np.random.default_rng(13)
    relaxation = bench.relaxation
    level_two = RltSeparation(relaxation.program)
    checked = 0
    for policy in policies(bench, 12):
        columns, v, _ = bench.exact_point(policy)
        outer = widened(random_box_around(rng, bench.problem.root, v))
        relaxation.load(outer)
        if relaxation.solve().status is not LpStatus.OPTIMAL:
            continue
        cuts = level_two.separate(relaxation._unit_point, outer, 40)
        inner = widened(random_box_around(rng, outer, v))
        for box in (outer, inner):
            rows, _ = level_two.rows_and_sizes(cuts, box)
            unit = to_unit(relaxation, columns, box)
            activity = np.bincount(rows.row_of, rows.values * unit[rows.indices], rows.num_rows)
            assert np.all(activity >= -ROUNDING)
            checked += rows.num_rows
    assert checked > 50


def test_separated_cuts_are_violated_by_the_point_they_were_separated_at(bench: Bench) -> None:
    rng = np.random.default_rng(19)
    relaxation = bench.relaxation
    level_two = RltSeparation(relaxation.program)
    separated = 0
    for policy in policies(bench, 12):
        box = widened(random_box_around(rng, bench.problem.root, bench.exact_point(policy)[1]))
        relaxation.load(box)
        if relaxation.solve().status is not LpStatus.OPTIMAL:
            continue
        point = relaxation._unit_point
        cuts = level_two.separate(point, box, 20)
        rows, _ = level_two.rows_and_sizes(cuts, box)
        assert np.all(np.bincount(rows.row_of, rows.values * point[rows.indices], rows.num_rows) < 0.0)
        separated += cuts.count
    assert separated > 0


def test_cuts_lower_the_bound_and_never_below_a_true_value_of_the_box(bench: Bench) -> None:
    rng = np.random.default_rng(17)
    relaxation = bench.relaxation
    for policy in policies(bench, 9):
        _, v, value = bench.exact_point(policy)
        relaxation.load(random_box_around(rng, bench.problem.root, v))
        before = relaxation.solve().bound
        relaxation.separate(60)
        after = relaxation.solve().bound
        assert value - ROUNDING <= after <= before + ROUNDING


def test_a_box_without_any_consistent_policy_is_proven_empty(bench: Bench) -> None:
    """All values at the very top need a reward that no state offers at once."""
    root = bench.problem.root
    corner = Box(root.upper - 1e-3 * root.width, root.upper, all_open(len(root.open_choices)))
    shrunk = bench.problem.tighten(corner)
    if shrunk is not None:
        bench.relaxation.load(shrunk)
        assert bench.relaxation.solve().bound <= bench.game.leader_rewards.max() / (1.0 - bench.game.leader_discount)
    hopeless = Box(root.upper + 1.0, root.upper + 2.0, all_open(len(root.open_choices)))
    bench.relaxation.load(hopeless)
    assert bench.relaxation.solve().bound == -np.inf


def test_propagation_keeps_every_consistent_value(bench: Bench) -> None:
    """Interval propagation of the Bellman equations loses neither the values nor the answers of a policy."""
    rng = np.random.default_rng(19)
    for policy in policies(bench, 30):
        columns, v, _ = bench.exact_point(policy)
        box = bench.problem.tighten(random_box_around(rng, bench.problem.root, v))
        assert box is not None
        assert np.all(box.lower <= v + ROUNDING)
        assert np.all(box.upper >= v - ROUNDING)
        used = columns[bench.relaxation.program.product_factor] > ROUNDING
        slots = bench.relaxation._form._choice_of[bench.relaxation.program.product_factor[used]]
        assert np.all(box.open_choices[slots])


def test_a_widened_box_contains_the_box_and_has_no_narrow_interval() -> None:
    box = Box(np.array([1.0, -2.0, 0.0]), np.array([1.0, -2.0 + 1e-12, 3.0]), all_open(1))
    wide = widened(box)
    assert np.all(wide.lower <= box.lower)
    assert np.all(wide.upper >= box.upper)
    assert narrow(box).tolist() == [True, True, False]
    assert not narrow(Box(wide.lower, wide.upper * 1.0 + 1e-15, wide.open_choices)).any()


def test_the_range_of_a_value_above_a_target_contains_every_better_policy(bench: Bench) -> None:
    """Bound tightening may lose policies at or below the target only."""
    relaxation, root = bench.relaxation, bench.problem.root
    points = [bench.exact_point(policy) for policy in policies(bench, 20)]
    target = float(np.median([value for _, _, value in points]))
    relaxation.load(root)
    for place in range(bench.game.num_states):
        high = root.lower[place] + root.width[place] * relaxation.extreme(place, target, largest=True)
        low = root.lower[place] + root.width[place] * relaxation.extreme(place, target, largest=False)
        better = [v[place] for _, v, value in points if value > target]
        assert low - ROUNDING <= min(better)
        assert max(better) <= high + ROUNDING
