"""Certificates about bounds on costs, limits on used actions and floors beside rows: they prove nothing false."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest

from ssg_mip.base.status import BoundProof, Termination
from ssg_mip.base.tolerances import DEFAULT_TOLERANCES
from ssg_mip.checker.dual.demands import demands_of
from ssg_mip.checker.dual.document import WIDER_FORMAT, Header
from ssg_mip.checker.dual.leaf import LeafBounds
from ssg_mip.checker.dual.leaf_lines import read_leaf
from ssg_mip.checker.dual.least import least_weighted_value
from ssg_mip.checker.dual.numbers import Numbers
from ssg_mip.checker.dual.policy_rows import sides_of
from ssg_mip.checker.dual.propagation import Region
from ssg_mip.checker.dual.replay import BoundVerification, verify_bound
from ssg_mip.checker.dual.tree import nodes_skipped
from ssg_mip.checker.dual.wider_rows import wider_sides
from ssg_mip.checker.proven import ProvenBounds
from ssg_mip.checker.rational import ExactGame, exact_weights
from ssg_mip.errors import InvalidResultError
from ssg_mip.exact.wider import solve_allowed
from ssg_mip.problem.policy_space import PolicySpace
from ssg_mip.problem.wider_rows import CostRow
from ssg_mip.proofs.writer import Recorder
from ssg_mip.report.checks import bound_report
from tests.unit.checker.row_cases import Certified, Draw, Lines, box_around, sides_of_values, visits_of
from tests.unit.checker.tampering import replayed
from tests.unit.exact.wider_cases import Wide, grid, known_wide_games, wide
from tests.unit.questions import asked as question

KINDS = ("cost", "between", "cost and budget", "two and least", "one", "one and cost", "value", "value and one")

SMALL = tuple(f"{kind} {seed}" for kind in KINDS for seed in (3, 9))

CASES = (*SMALL, "known disc 1", "known discbudget 1", "known support 2", "known support 6")

IMPOSSIBLE = ("known disc 0", "known discbudget 7", "cost 7", "one and cost 5")

MUTATIONS = 30


@cache
def certified(name: str) -> Certified[Wide]:
    if name.startswith("known "):
        case, _ = known_wide_games()[name.removeprefix("known ")]
    else:
        *kind, seed = name.split()
        case = wide(int(seed), " ".join(kind))
    recorder = Recorder()
    problem, run = question(case.game, weights=case.weights, gap=1e-4, recorder=recorder)
    answer = solve_allowed(dataclasses.replace(problem, policies=case.space), run)
    return Certified(case, answer, json.dumps(list(recorder.lines(case.game))))


@pytest.mark.parametrize("name", CASES)
def test_a_certificate_proves_its_bound(name: str) -> None:
    found = certified(name)
    replay = verify_bound(found.case.game, found.lines)
    assert replay.passed, replay.failed
    assert replay.proven is not None
    assert replay.claimed is not None
    assert found.lines[0]["format"] == WIDER_FORMAT
    assert found.answer.bound_proof is BoundProof.REPLAYED
    assert found.answer.primal_bound - 1e-7 <= float(replay.proven) <= replay.claimed
    assert replay.of_allowed


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_a_certificate_proves_that_no_policy_is_allowed(name: str) -> None:
    found = certified(name)
    assert found.answer.termination is Termination.INFEASIBLE
    replay = verify_bound(found.case.game, found.lines)
    assert replay.passed, replay.failed
    assert replay.claimed is None
    assert replay.proven is None


@pytest.mark.parametrize("name", ["cost 3", "one 3", "value 3"])
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
    kept = ("format", "weights", "margin", "floor", "values", "slack", "units", "costs", "most")
    for lines in found.refuted(MUTATIONS, kept):
        assert replayed(found.case.game, lines) is None


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("near", [False, True])
def test_no_multipliers_bound_an_allowed_policy_below_its_value(name: str, near: bool) -> None:
    """Leaves with any multipliers at all, on boxes around a policy: what they prove holds for that policy."""
    found = certified(name)
    case, header, rng = found.case, found.header, np.random.default_rng(3)
    template = found.leaf
    bounds = _bounds(case, header)
    numbers = Numbers.of(ExactGame.of(case.game), header.weights)
    tight = tried = 0
    for policy in grid(case.game, 6):
        if not math.isfinite(case.worth(policy)) or tried == 12:
            continue
        tried += 1
        response, _ = case.answer(policy)
        visits = visits_of(case.game, case.weights, policy, response)
        lower, upper, answers = box_around(response, visits, rng, len(template[2]))
        unused = frozenset(
            (s, a)
            for s, (first, last) in enumerate(itertools.pairwise(case.game.leader_offsets))
            for a in np.flatnonzero(policy.slots(case.game)[first:last] == 0.0).tolist()
        )
        for _ in range(4):
            line = [template[0], float(rng.uniform(0.5, 2.0)), lower.tolist(), upper.tolist()]
            line += _random_multipliers(template[4:], rng, header, case, 0.1 if near else 1.0)
            leaf = read_leaf(line, header, numbers)
            mine = Fraction(leaf.objective, 1 << leaf.scale) * Fraction(case.worth(policy))
            value = bounds.value(leaf, Region(leaf.lower, leaf.upper, answers))
            closed = bounds.value(leaf, Region(leaf.lower, leaf.upper, answers, unused=unused))
            assert value >= closed >= mine - Fraction(1, 10**7)
            tight += closed < mine + (5 if near else 100)
    assert tried > 3
    assert tight > 0


def _bounds(case: Wide, header: Header) -> LeafBounds:
    assert header.policy is not None
    exact = ExactGame.of(case.game)
    return LeafBounds(
        Numbers.of(exact, header.weights),
        header.grid,
        demands_of(exact, header.weights, floor=header.floor),
        sides_of(header.policy.rows, case.game.leader_counts.tolist()),
        wider_sides(header.costs, header.most),
    )


def _random_multipliers(parts: Lines, rng: np.random.Generator, header: Header, case: Wide, share: float) -> Lines:
    """Blocks and what stands outside them, with multipliers of the right signs, so many of them not 0."""
    game, draw = case.game, Draw(rng, share)
    outside = 1 + bool(header.floor)
    blocks = draw.blocks(parts[:-outside], game.num_states)
    assert header.policy is not None
    sides = sides_of(header.policy.rows, game.leader_counts.tolist())
    wider = wider_sides(header.costs, header.most)
    whole = 1 + len(header.floor)
    covering = {
        s: [*range(whole), *(whole + i for i, own in enumerate(header.conditional) if own == s)] for s in (0, 1)
    }
    places = sides_of_values(game.num_states)
    statewise = [
        [block, b, i, t, side, draw.positive()]
        for i, one in enumerate(sides.statewise)
        for block, b in itertools.product(covering[one.state], range(int(game.follower_counts[one.state])))
        for t, side in places
    ]
    coupling = [[i, t, side, draw.positive()] for i in range(len(sides.coupling)) for t, side in places]
    costs = [
        [j, t, side, draw.any() if one.equation else draw.positive()]
        for j, one in enumerate(wider.costs)
        for t, side in places
    ]
    single = [
        [block, s, a, b, c, draw.any() if b == c else draw.positive()]
        for s in sorted(wider.single)
        for block, a in itertools.product(covering[s], range(int(game.leader_counts[s])))
        for b, c in itertools.product(range(int(game.follower_counts[s])), repeat=2)
    ]
    visits = draw.any(len(parts[-1][2]))
    floors = [[[draw.positive() for _ in header.floor], draw.positive(game.num_rows)]]
    return [*blocks, *(floors if header.floor else []), [statewise, coupling, visits, costs, single]]


@pytest.mark.parametrize("name", ["cost 3", "one and cost 3", "between 3", "known discbudget 1"])
def test_without_the_multipliers_of_the_costs_nothing_is_proven(name: str) -> None:
    found = certified(name)
    lines = found.lines
    for line in lines[1:]:
        if line[0] == "l":
            line[-1][3] = []
    assert replayed(found.case.game, lines) is None


def test_a_negative_multiplier_of_a_bound_is_refused() -> None:
    found = certified("cost 3")
    lines = found.lines
    leaf = next(line for line in lines[1:] if line[0] == "l" and line[-1][3])
    leaf[-1][3][0][-1] *= -1.0
    with pytest.raises(InvalidResultError, match="bound on a cost by a negative number"):
        verify_bound(found.case.game, lines)


def test_a_negative_multiplier_of_a_single_action_is_refused() -> None:
    found = certified("one 3")
    lines = found.lines
    leaf = next(line for line in lines[1:] if line[0] == "l")
    leaf[-1][4] = [[0, 0, 0, 0, 1, -1.0]]
    with pytest.raises(InvalidResultError, match="for a single action by a negative number"):
        verify_bound(found.case.game, lines)


@pytest.mark.parametrize("name", ["cost 3", "two and least 3"])
def test_single_actions_have_rows_only_where_one_is_used(name: str) -> None:
    found = certified(name)
    lines = found.lines
    leaf = next(line for line in lines[1:] if line[0] == "l")
    leaf[-1][4] = [[0, 0, 0, 0, 1, 1.0]]
    with pytest.raises(InvalidResultError, match="single actions of state 0, which may use several"):
        verify_bound(found.case.game, lines)


@pytest.mark.parametrize("actions", [[0, 1], [0, 1, 1], [0, 1, 2, 2], [0], []])
def test_too_few_actions_do_not_cover_a_node(actions: list[int]) -> None:
    """Of two actions where two may be used none need be left out."""
    found = certified("known support 6")
    lines = found.lines
    place = next(number for number, line in enumerate(lines[1:], 1) if line[0] == "a" and len(line[2]) == 3)
    lines[place][2] = actions
    with pytest.raises(InvalidResultError, match="there must be more of them, each once"):
        verify_bound(found.case.game, lines)


def test_actions_are_closed_only_where_few_may_be_used() -> None:
    found = certified("cost 3")
    lines = [found.lines[0], ["a", 0, [0, 1, 2]], *([["e"]] * 3)]
    with pytest.raises(InvalidResultError, match="of which all may be used"):
        verify_bound(found.case.game, lines)


def test_a_certificate_with_a_smaller_limit_says_something_else() -> None:
    """The same tree with another limit in its header is no proof."""
    found = certified("known support 6")
    lines = found.lines
    pair = next(pair for pair in lines[0]["most"] if pair[1] == 2)
    pair[1] = 3
    with pytest.raises(InvalidResultError, match="of which 3 may be used"):
        verify_bound(found.case.game, lines)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("costs", [[[1.0], None, 1.0]], "must have 12 costs"),
        ("costs", [[[0.0] * 12, None, 1.0]], "no coefficient but 0"),
        ("most", [[0, 0]], "how many actions a state may use"),
        ("most", [[0, 1], [0, 2]], "two limits"),
        ("most", [[5, 1]], "the state of a limit"),
    ],
)
def test_a_header_that_says_nothing_is_refused(key: str, value: Any, said: str) -> None:
    found = certified("cost 3")
    lines = found.lines
    lines[0][key] = value
    assert found.case.game.num_rows == 13
    with pytest.raises(InvalidResultError, match=said.replace("12", "13")):
        verify_bound(
            found.case.game, [{**lines[0], key: json.loads(json.dumps(value).replace("12", "13"))}, *lines[1:]]
        )


def test_older_formats_have_no_costs() -> None:
    found = certified("cost 3")
    lines = found.lines
    lines[0]["format"] = "ssg-mip-bound/4"
    with pytest.raises(InvalidResultError, match="the header has the keys"):
        verify_bound(found.case.game, lines)


@pytest.mark.parametrize("name", ["cost 3", "one 3"])
def test_a_certificate_over_fewer_policies_says_nothing_of_all(name: str) -> None:
    found = certified(name)
    replay = verify_bound(found.case.game, found.lines)
    assert replay.passed
    assert replay.policy_rows == ()
    assert ProvenBounds(ExactGame.of(found.case.game), [replay], tolerances=DEFAULT_TOLERANCES).plain == ()
    bare: BoundVerification = dataclasses.replace(replay, costs=(), most=())
    assert ProvenBounds(ExactGame.of(found.case.game), [bare], tolerances=DEFAULT_TOLERANCES).plain == (bare,)


def test_what_is_proven_is_said_of_the_allowed_policies_alone() -> None:
    found = certified("one and cost 3")
    game = found.case.game
    words = bound_report(game, verify_bound(game, found.lines))[-1]
    assert "no stationary leader policy with discounted costs such that " in words
    assert f"visits({game.state_names[0]}, {game.leader_actions[0][0]}, {game.follower_actions[0][0]})" in words
    assert f"that uses at most so many actions: 1 in {game.state_names[0]}" in words
    said = verify_bound(game, found.lines).to_dict()
    assert said["most_actions"] == [[0, 1]]
    assert len(said["costs"][0][0]) == game.num_rows


def test_what_the_leader_gets_at_least_is_less_than_any_policy_gives() -> None:
    case = wide(3, "cost")
    game = case.game
    numbers = Numbers.of(ExactGame.of(game), game.initial.tolist())
    weights = exact_weights(game.initial.tolist())
    least = float(least_weighted_value(numbers, 60, weights))
    free = Wide(game, PolicySpace())
    values = [free.worth(policy) for policy in grid(game, 4)]
    assert least <= min(values)
    assert least > min(values) - 2.0
    crude = game.leader_rewards.min() / (1.0 - game.leader_discount)
    assert least > crude


def test_a_margin_counts_for_single_actions_too() -> None:
    """The same state of one action, where the answer must beat every other by so much: proven, and no more than due."""
    case = wide(3, "one")
    problem, run = question(case.game, weights=case.weights, margin=0.05, gap=1e-4, recorder=Recorder())
    answer = solve_allowed(dataclasses.replace(problem, policies=case.space), run)
    assert answer.bound_proof is BoundProof.REPLAYED
    assert answer.termination is Termination.GAP
    values = []
    for policy in grid(case.game, 24):
        response, allowed = case.answer(policy)
        if allowed and response.advantage >= 0.05:
            values.append(float(case.weights @ response.leader_values))
    assert max(values) <= answer.dual_bound
    assert answer.dual_bound <= answer.primal_bound + 2e-4 * (1.0 + abs(answer.primal_bound))


def test_that_there_is_no_policy_is_not_believed_where_values_are_small() -> None:
    """All values lie within a thousandth of the least one: only a bound below that says that a node is empty."""
    case = wide(3, "cost")
    game = dataclasses.replace(case.game, leader_rewards=1e-3 * case.game.leader_rewards)
    recorder = Recorder()
    problem, run = question(game, gap=1e-4, recorder=recorder)
    solve_allowed(dataclasses.replace(problem, policies=case.space), run)
    lines = json.loads(json.dumps(list(recorder.lines(game))))
    assert verify_bound(game, lines).passed
    lines[0]["bound"] = None
    assert [check.name for check in verify_bound(game, lines).failed] == ["bound"]


def test_closed_actions_add_up() -> None:
    region = Region((), (), ()).without(0, 1).without(1, 0)
    assert (region.actions(0, 3), region.actions(1, 2), region.actions(2, 1)) == ([0, 2], [1], [0])


def test_nodes_that_close_actions_are_counted_where_nothing_is_replayed() -> None:
    found = certified("known support 6")
    assert nodes_skipped(iter(found.lines[1:])) == len(found.lines) - 1


def test_a_cost_row_is_about_the_weights_of_the_certificate() -> None:
    """A larger limit in the header makes the claim stronger, and the tree prove less."""
    found = certified("cost 3")
    lines = found.lines
    lines[0]["costs"][0][2] *= 1.2
    assert replayed(found.case.game, lines) is None
    assert isinstance(found.case.space.costs[0], CostRow)
