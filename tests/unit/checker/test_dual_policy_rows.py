"""Certificates of bounds over the policies that keep some rows: they prove them, and prove nothing false."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
from fractions import Fraction
from functools import cache

import numpy as np
import pytest

from ssg_mip import LeaderPolicy, best_response
from ssg_mip.base.status import BoundProof, Termination
from ssg_mip.base.tolerances import DEFAULT_TOLERANCES
from ssg_mip.checker.constraints.forms import TOLERANCE, Linear, shares_of
from ssg_mip.checker.dual.document import Header, read_header
from ssg_mip.checker.dual.leaf import LeafBounds
from ssg_mip.checker.dual.leaf_lines import read_leaf
from ssg_mip.checker.dual.numbers import Numbers
from ssg_mip.checker.dual.policy_rows import GivenRow, Visits, sides_of
from ssg_mip.checker.dual.propagation import Region
from ssg_mip.checker.dual.replay import BoundVerification, verify_bound
from ssg_mip.checker.proven import ProvenBounds
from ssg_mip.checker.rational import ExactGame, policy_rows
from ssg_mip.errors import InvalidResultError
from ssg_mip.exact.constrained import solve_constrained
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.policy_space import PolicyRow, PolicySpace
from ssg_mip.proofs.writer import Recorder
from ssg_mip.report.checks import bound_report
from tests.oracles.games import random_game
from tests.unit.checker.row_cases import Certified, Draw, Lines, box_around, sides_of_values, visits_of
from tests.unit.checker.tampering import replayed
from tests.unit.exact.constrained_cases import Constrained, bayesian_games, grid, known_games, row, small
from tests.unit.questions import asked as question

NO_POLICY = (
    row("least", [[1.0, 0.0], [1.0, 0.0]], lower=1.5),
    row("most", [[0.0, 1.0], [0.0, 1.0]], lower=0.6),
)
"""Rows that no policy of two states with two actions keeps."""

SMALL = tuple(f"{kind} {seed}" for kind in ("statewise", "coupling", "both", "partial") for seed in range(2))

CASES = (*SMALL, "known statewise 13", "known budget 3", "known group 1", "mtd_four_types")

MUTATIONS = 40


def _case(name: str) -> Constrained:
    if name.startswith("known "):
        return known_games()[name.removeprefix("known ")][0]
    if name == "mtd_four_types":
        return bayesian_games()[name][0]
    kind, seed = name.split()
    if kind == "impossible":
        return dataclasses.replace(small(int(seed), "coupling"), space=PolicySpace(rows=NO_POLICY))
    return small(int(seed), kind)


@cache
def certified(name: str) -> Certified[Constrained]:
    case, recorder = _case(name), Recorder()
    problem, run = question(case.game, weights=case.weights, gap=1e-4, recorder=recorder)
    answer = solve_constrained(dataclasses.replace(problem, policies=case.space), run)
    return Certified(case, answer, json.dumps(list(recorder.lines(case.game))))


@pytest.mark.parametrize("name", CASES)
def test_a_certificate_proves_its_bound(name: str) -> None:
    found = certified(name)
    replay = verify_bound(found.case.game, found.lines)
    assert replay.passed, replay.failed
    assert replay.proven is not None
    assert replay.claimed is not None
    assert found.answer.bound_proof is BoundProof.REPLAYED
    assert found.answer.primal_bound - 1e-7 <= float(replay.proven) <= replay.claimed
    assert len(replay.to_dict()["policy_rows"]) == len(found.case.space.rows)


@pytest.mark.parametrize("seed", [0, 1])
def test_a_certificate_proves_that_no_policy_keeps_the_rows(seed: int) -> None:
    found = certified(f"impossible {seed}")
    assert found.answer.termination is Termination.INFEASIBLE
    replay = verify_bound(found.case.game, found.lines)
    assert replay.passed, replay.failed
    assert replay.claimed is None
    assert replay.proven is None


@pytest.mark.parametrize("name", ["statewise 0", "coupling 0", "both 1"])
def test_that_there_is_no_policy_is_not_believed_where_there_is_one(name: str) -> None:
    found = certified(name)
    lines = found.lines
    lines[0]["bound"] = None
    replay = verify_bound(found.case.game, lines)
    assert [check.name for check in replay.failed] == ["bound"]


@pytest.mark.parametrize("name", CASES)
def test_a_bound_below_the_optimum_is_never_accepted(name: str) -> None:
    """Whatever number or line is changed, a claim that an allowed policy refutes does not pass."""
    found = certified(name)
    kept = ("format", "weights", "margin", "floor", "values", "slack", "units")
    for lines in found.refuted(MUTATIONS, kept):
        assert replayed(found.case.game, lines) is None


@pytest.mark.parametrize("name", ["coupling 0", "both 1", "partial 0", "known budget 3"])
def test_without_the_multipliers_of_the_rows_nothing_is_proven(name: str) -> None:
    found = certified(name)
    lines = found.lines
    for line in lines[1:]:
        if line[0] == "l":
            line[-1] = [[], [], [0.0] * len(line[-1][2])]
    assert replayed(found.case.game, lines) is None


@pytest.mark.parametrize(("part", "name"), [(0, "statewise 0"), (1, "coupling 0")])
def test_a_negative_multiplier_of_an_inequality_is_refused(part: int, name: str) -> None:
    found = certified(name)
    lines = found.lines
    leaf = next(line for line in lines[1:] if line[0] == "l" and line[-1][part])
    leaf[-1][part][0][-1] *= -1.0
    with pytest.raises(InvalidResultError, match="row on the leader's policy by a negative number"):
        verify_bound(found.case.game, lines)


def test_every_coupled_state_has_its_block() -> None:
    found = certified("known budget 3")
    lines = found.lines
    lines[0]["conditional"] = lines[0]["conditional"][:1]
    for line in lines[1:]:
        if line[0] == "l":
            del line[6]
    with pytest.raises(InvalidResultError, match="must be conditional, once"):
        verify_bound(found.case.game, lines)


@pytest.mark.parametrize("name", SMALL)
def test_no_multipliers_bound_an_allowed_policy_below_its_value(name: str) -> None:
    """Leaves with any multipliers at all, on boxes around a policy: what they prove holds for that policy."""
    found = certified(name)
    case, header, rng = found.case, found.header, np.random.default_rng(3)
    template = found.leaf
    bounds = _bounds(case, header)
    numbers = Numbers.of(ExactGame.of(case.game), header.weights)
    tight = 0
    for policy, _ in zip(grid(case, 7 if case.game.num_states == 2 else 4), range(16), strict=False):
        lower, upper, answers = box_around(
            best_response(case.game, policy), _visits(case, policy), rng, len(template[2])
        )
        for _ in range(4):
            line = [template[0], float(rng.uniform(0.5, 2.0)), lower.tolist(), upper.tolist()]
            line += _random_multipliers(template[4:], rng, case)
            leaf = read_leaf(line, header, numbers)
            value = bounds.value(leaf, Region(leaf.lower, leaf.upper, answers))
            mine = Fraction(leaf.objective, 1 << leaf.scale) * Fraction(case.worth(policy))
            assert value >= mine - Fraction(1, 10**9)
            tight += value < mine + 100
    assert tight > 0


@pytest.mark.parametrize("seed", range(20))
def test_no_multipliers_bound_the_only_policy_below_its_value(seed: int) -> None:
    """Without a choice of the leader a leaf may prove little more than that policy's value, at a corner of its box."""
    rng = np.random.default_rng(seed)
    game = random_game(
        rng, leader_counts=[1, 1, 1], follower_counts=[2, 2, 2], leader_discount=0.8, follower_discount=0.6
    ).to_game()
    weights = rng.dirichlet(np.ones(3))
    space = PolicySpace(
        rows=(row("budget", [[1.0], [0.0], [2.0]], upper=3.0), row("kept", [[0.0], [1.0], [0.0]], upper=1.5))
    )
    case = Constrained(game, weights, space)
    policy = LeaderPolicy.uniform(game)
    recorder = Recorder()
    problem, run = question(game, weights=weights, recorder=recorder)
    solve_constrained(dataclasses.replace(problem, policies=space), run)
    header = dataclasses.replace(read_header(next(recorder.lines(game))), conditional=(0, 2))
    numbers, bounds = Numbers.of(ExactGame.of(game), header.weights), _bounds(case, header)
    squares = [int(count) ** 2 for count in game.follower_counts]
    template = [
        [[0.0] * 3, [[0.0] * 3] * 3, [0.0] * sum(squares), []],
        *([[0.0], [[0.0] * 3], [0.0] * squares[s], []] for s in (0, 2)),
        [[], [], [0.0, 0.0]],
    ]
    response = best_response(game, policy)
    inside = np.concatenate((response.follower_values, _visits(case, policy)[[0, 2]]))
    answers = tuple(frozenset([int(action)]) for action in response.follower_policy.actions)
    nearest = math.inf
    for _ in range(40):
        below, above = rng.uniform(0.01, 0.3, size=5), rng.uniform(0.01, 0.3, size=5)
        side = rng.integers(2, size=5)
        lower, upper = inside - np.where(side == 0, 0.0, below), inside + np.where(side == 1, 0.0, above)
        line = [
            "l",
            1.0,
            lower.tolist(),
            upper.tolist(),
            *_random_multipliers(template, rng, case, rng.choice([0.02, 0.15])),
        ]
        leaf = read_leaf(line, header, numbers)
        excess = bounds.value(leaf, Region(leaf.lower, leaf.upper, answers)) / Fraction(leaf.objective, 1 << leaf.scale)
        excess -= Fraction(case.worth(policy))
        assert excess >= -Fraction(1, 10**9)
        nearest = min(nearest, float(excess))
    assert nearest < 2.0


def _bounds(case: Constrained, header: Header) -> LeafBounds:
    assert header.policy is not None
    exact = ExactGame.of(case.game)
    sides = sides_of(header.policy.rows, case.game.leader_counts.tolist())
    return LeafBounds(Numbers.of(exact, header.weights), header.grid, sides=sides)


def _visits(case: Constrained, policy: LeaderPolicy) -> FloatArray:
    return visits_of(case.game, case.weights, policy, best_response(case.game, policy))


def _random_multipliers(parts: Lines, rng: np.random.Generator, case: Constrained, share: float = 1.0) -> Lines:
    """Blocks and what stands outside them, with multipliers of the right signs, so many of them not 0."""

    draw = Draw(rng, share)
    blocks = draw.blocks(parts[:-1], case.game.num_states)
    game, sides = case.game, sides_of([_given(one) for one in case.space.rows], case.game.leader_counts.tolist())
    statewise, coupling = [], []
    for t, side in sides_of_values(game.num_states):
        coupling += [[i, t, side, draw.positive()] for i in range(len(sides.coupling))]
        for i, one in enumerate(sides.statewise):
            covering = [0, *(1 + place for place, s in enumerate(sides.coupled) if s == one.state)]
            for block, b in itertools.product(covering, range(int(game.follower_counts[one.state]))):
                if block < len(blocks):
                    statewise.append([block, b, i, t, side, draw.positive()])
    return [*blocks, [statewise, coupling, draw.any(len(parts[-1][2]))]]


def _given(one: PolicyRow) -> GivenRow:
    lower, upper = (None if math.isinf(end) else float(end) for end in (one.lower, one.upper))
    return GivenRow(coefficients=tuple(one.coefficients.tolist()), lower=lower, upper=upper)


@pytest.mark.parametrize("factor", [0.5, 0.99, 1.0, 1.01, 2.0])
def test_functions_that_bound_no_occupancy_are_not_used(factor: float) -> None:
    """Whatever they are, every policy's occupancies lie within the bounds that are taken from them."""
    found = certified("coupling 0")
    case, header = found.case, found.header
    assert header.policy is not None
    forged = dataclasses.replace(
        header.policy,
        below=tuple(tuple(factor * value for value in one) for one in header.policy.below),
        above=tuple(tuple(factor * value for value in one) for one in header.policy.above),
    )
    numbers = Numbers.of(ExactGame.of(case.game), header.weights)
    visits = Visits(numbers, header.grid, forged, [0, 1])
    low, high = ([value / 2**header.grid for value in ends] for ends in visits.root)
    for policy in grid(case, 12):
        own = _visits(case, policy)
        assert np.all(np.array(low) <= own + 1e-12)
        assert np.all(own <= np.array(high) + 1e-12)
        answers = best_response(case.game, policy).follower_policy.actions
        inner = visits.tightened(*visits.root, [frozenset([int(action)]) for action in answers])
        assert np.all(np.array(inner[0]) / 2**header.grid <= own + 1e-12)
        assert np.all(own <= np.array(inner[1]) / 2**header.grid + 1e-12)


def test_a_certificate_over_fewer_policies_says_nothing_of_all() -> None:
    """No policy without the rows is bounded by it, and no document served."""
    found = certified("statewise 0")
    replay = verify_bound(found.case.game, found.lines)
    assert replay.passed
    assert ProvenBounds(ExactGame.of(found.case.game), [replay], tolerances=DEFAULT_TOLERANCES).plain == ()
    bare: BoundVerification = dataclasses.replace(replay, policy_rows=())
    assert ProvenBounds(ExactGame.of(found.case.game), [bare], tolerances=DEFAULT_TOLERANCES).plain == (bare,)


def test_rows_are_checked_in_exact_arithmetic() -> None:
    case = small(0, "both")
    forms = [_form(one) for one in case.space.rows]
    for form, one in zip(forms, case.space.rows, strict=True):
        assert float(TOLERANCE * form.size) == pytest.approx(one.tolerance)
    policy = certified("both 0").answer.policy
    assert policy is not None
    assert all(_missed(form, case, policy) <= TOLERANCE * form.size for form in forms)
    outside = LeaderPolicy.from_slots(case.game, [0.3 - 1e-6, 0.7 + 1e-6, 0.2, 0.8])
    missed = [_missed(form, case, outside) for form in forms]
    assert float(max(missed)) == pytest.approx(1e-6, rel=1e-6)
    assert max(missed) > TOLERANCE * forms[0].size


def _form(row: PolicyRow) -> Linear:
    """A row as a document states it."""
    terms = {slot: Fraction(c) for slot, c in enumerate(row.coefficients.tolist()) if c}
    ends = (Fraction(end) if math.isfinite(end) else None for end in (row.lower, row.upper))
    return Linear(**dict(zip(("least", "most"), ends, strict=True)), coefficients=terms)


def _missed(form: Linear, case: Constrained, policy: LeaderPolicy) -> Fraction:
    return form.missed_by(shares_of(policy_rows(case.game, policy)))


def test_what_is_proven_is_said_of_the_allowed_policies_alone() -> None:
    found = certified("both 0")
    words = bound_report(found.case.game, verify_bound(found.case.game, found.lines))[-1]
    (first, *_), state = found.case.game.leader_actions[0], found.case.game.state_names[0]
    assert "no stationary leader policy with f(action|state) such that" in words
    assert f"0.3 <= 1.0 f({first}|{state}); 0.1 <= " in words


def test_a_header_with_rows_of_another_game_is_refused() -> None:
    found = certified("statewise 0")
    lines = found.lines
    lines[0]["policy"][0][0][0].append(0.0)
    with pytest.raises(InvalidResultError, match="must have 4 coefficients"):
        verify_bound(found.case.game, lines)
