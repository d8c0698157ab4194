"""Certificates of the commitment bound prove it, and no tampering makes them prove something false."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ssg_mip import read_instance
from ssg_mip.base.status import BoundProof, Termination
from ssg_mip.branch_and_bound.box import Box
from ssg_mip.branch_and_bound.tree_log import TreeLog
from ssg_mip.checker.dual.demands import demands_of
from ssg_mip.checker.dual.document import is_certificate, read_header
from ssg_mip.checker.dual.leaf import LeafBounds
from ssg_mip.checker.dual.leaf_lines import read_leaf
from ssg_mip.checker.dual.numbers import Numbers
from ssg_mip.checker.dual.propagation import Region
from ssg_mip.checker.dual.replay import verify_bound, verify_bounds
from ssg_mip.checker.rational import ExactGame
from ssg_mip.errors import InvalidResultError, SolverError
from ssg_mip.evaluation.value_bounds import leader_value_bounds
from ssg_mip.exact import solve_commitment
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.programs import coupling
from ssg_mip.proofs.claim import Claim
from ssg_mip.proofs.writer import Recorder
from tests.oracles.games import random_game
from tests.unit.checker.dual_cases import CASES, EMPTY_CASES, Certified, certified
from tests.unit.checker.tampering import DEMANDS, mutate, replayed, tamper
from tests.unit.questions import asked

every_case = pytest.mark.parametrize("name", CASES)

MUTATIONS = 60
"""Random single mutations per case; :mod:`tests.unit.checker.tampering` makes more."""


@every_case
def test_a_certificate_proves_its_bound(name: str) -> None:
    """The replay accepts the bound of the search, and proves one that no attained value exceeds."""
    case = certified(name)
    found = verify_bound(case.game, case.lines)
    assert found.passed, found.failed
    assert found.proven is not None
    assert found.claimed is not None
    assert case.answer.dual_bound <= found.claimed <= case.answer.dual_bound + 1e-7
    assert case.answer.primal_bound - 1e-9 <= float(found.proven) <= found.claimed
    assert found.to_dict()["bound_certified"] is True


@every_case
def test_every_leaf_proves_what_the_search_said_of_it(name: str) -> None:
    """The bound of floating point, its slack included, is never below the exact one: leaf by leaf.

    Of the improvement program the certificate says a little more: it holds for all values within a slack.
    """
    case = certified(name)
    slack = Fraction(1, 10**7) if case.lines[0]["values"] is not None else 0
    for trace, exact in _leaves_with_values(case):
        assert exact <= Fraction(trace.bound) + slack


def _leaves_with_values(case: Certified) -> Iterator[tuple[TreeLog, Fraction]]:
    """The leaves closed by a linear program's own bound, and what their multipliers prove on their own box."""
    header = read_header(case.lines[0])
    numbers = Numbers.of(ExactGame.of(case.game), header.weights)
    exact, demands = ExactGame.of(case.game), {key: getattr(header, key) for key in DEMANDS}
    bounds = LeafBounds(numbers, header.grid, demands_of(exact, header.weights, **demands))
    everything = tuple(frozenset(range(count)) for count in numbers.follower_counts)
    for line, trace in zip(case.lines[1:], _preorder(case.recorder), strict=False):
        if line[0] == "l" and math.isfinite(trace.bound):
            leaf = read_leaf(line, header, numbers)
            assert trace.proof is not None
            answers = _open_answers(case.game, trace.proof.box, everything)
            value = bounds.value(leaf, Region(leaf.lower, leaf.upper, answers))
            yield trace, value / Fraction(leaf.objective, 1 << leaf.scale)


def _open_answers(game: Game, box: Box, everything: tuple[frozenset[int], ...]) -> tuple[frozenset[int], ...]:
    starts = game.follower_offsets.tolist()
    return tuple(
        frozenset(b for b in answers if box.open_choices[starts[state] + b]) for state, answers in enumerate(everything)
    )


def _preorder(recorder: Recorder) -> Iterator[TreeLog]:
    open_nodes = [recorder.root]
    while open_nodes:
        trace = open_nodes.pop()
        open_nodes += reversed(trace.parts)
        yield trace


@every_case
def test_a_bound_below_the_optimum_is_never_accepted(name: str) -> None:
    """Whatever single number or line is changed, a claim that an attained value refutes does not pass."""
    case = certified(name)
    rng = np.random.default_rng(0)
    false_claim = case.answer.primal_bound - 1e-6 * (1.0 + abs(case.answer.primal_bound))
    for _ in range(MUTATIONS):
        lines = case.lines
        mutate(rng, lines)
        # Another bound, or one on another weighted sum or on other policies, would be another claim.
        lines[0] = {**lines[0], **_same_subject(case), "bound": false_claim}
        assert replayed(case.game, lines) is None


@pytest.mark.parametrize("name", [*CASES, *EMPTY_CASES])
def test_a_mutant_is_refused_or_still_true(name: str) -> None:
    """What passes claims what is proven already, or something that no sampled policy refutes; most are refused."""
    counts = tamper(certified(name), MUTATIONS, seed=1)
    assert counts["wrong"] == 0
    assert counts["refused"] >= 0.4 * MUTATIONS


def _same_subject(case: Certified) -> dict[str, Any]:
    """The part of the header that says what is bounded and of which policies."""
    return {key: case.lines[0][key] for key in ("weights", *DEMANDS)}


@pytest.mark.parametrize("name", EMPTY_CASES)
def test_a_certificate_proves_that_there_is_no_policy(name: str) -> None:
    """No leaf is left; the same tree without the demand proves nothing of the kind."""
    case = certified(name)
    assert case.answer.termination is Termination.INFEASIBLE
    found = verify_bound(case.game, case.lines)
    assert found.passed, found.failed
    assert (found.claimed, found.proven) == (None, None)
    assert found.to_dict()["bound"] is None
    for change in ({"margin": 0.0}, {"floor": [[s, -1e3] for s, _ in case.lines[0]["floor"]]}):
        lines = case.lines
        if change != {key: lines[0][key] for key in change}:
            lines[0] |= change
            assert not verify_bound(case.game, lines).passed


def test_emptiness_is_not_claimed_of_all_stationary_policies() -> None:
    """There are some: a tree whose leaves are all closed by propagation proves nothing without a demand."""
    case = certified("three states, margin too wide")
    lines = case.lines
    assert verify_bound(case.game, lines).passed
    lines[0] |= {"margin": 0.0, "bound": 0.0}
    found = verify_bound(case.game, lines)
    assert {check.name for check in found.failed} == {"leaves_proven", "bound"}


def test_a_plain_certificate_of_the_first_format_still_reads() -> None:
    """Written before certificates knew margins, floors and the improvement program; with a state of weight 0."""
    path = Path(__file__).parent / "data" / "3x2x2_seed0.bound-1.cert"
    game = read_instance(Path("instances/random/3x2x2_seed0.json"))
    assert is_certificate(path)
    found = verify_bound(game, path)
    assert found.passed, found.failed
    assert (found.nodes, found.leaves, found.margin, found.floor, found.values) == (59, 25, 0.0, (), None)
    header, *nodes = [json.loads(line) for line in path.read_text().splitlines()]
    with pytest.raises(InvalidResultError, match="keys"):
        verify_bound(game, [{**header, "margin": 0.0}, *nodes])
    with pytest.raises(InvalidResultError, match="bound"):
        verify_bound(game, [{**header, "bound": None}, *nodes])


@pytest.mark.parametrize(
    "change",
    [
        {"margin": -0.1},
        {"slack": -1.0},
        {"margin": None},
        {"floor": [[0, 0.0], [0, 1.0]]},
        {"floor": [[7, 0.0]]},
        {"floor": [0, 1.0]},
        {"floor": [[0, None]]},
        {"values": [0.0, 0.0]},
        {"values": [0.0, 0.0, 0.0]},
        {"values": [0.0, 0.0, 0.0], "conditional": [0, 1, 2], "floor": [[0, 0.0]]},
        {"program": "commitment"},
    ],
)
def test_a_header_with_impossible_demands_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidResultError):
        read_header({**certified("three states").lines[0], **change})


def test_several_certificates_in_one_file_are_replayed_one_by_one() -> None:
    """Each with its own claim and outcome, whether or not the one before it passes."""
    first, second = certified("three states, floor"), certified("three states, improvement")
    found = verify_bounds(first.game, [*first.lines, *second.lines])
    assert found == (verify_bound(first.game, first.lines), verify_bound(second.game, second.lines))
    wrong = first.lines
    wrong[0]["game_hash"] = "0"
    found = verify_bounds(first.game, [*wrong, *second.lines])
    assert [one.passed for one in found] == [False, True]
    with pytest.raises(InvalidResultError, match="follows the last node"):
        verify_bound(first.game, [*first.lines, *second.lines])
    with pytest.raises(InvalidResultError, match="follows the last node"):
        verify_bounds(first.game, [*first.lines, ["e"], *second.lines])
    with pytest.raises(InvalidResultError, match="nodes missing"):
        verify_bounds(first.game, [*first.lines, *second.lines[:-1]])


def test_a_certificate_is_about_one_game() -> None:
    """The same certificate does not pass for a game with one reward changed."""
    case = certified("three states")
    rewards = case.game.leader_rewards.copy()
    rewards[0] += 1.0
    found = verify_bound(case.game.replace(leader_rewards=rewards), case.lines)
    assert [check.name for check in found.failed] == ["game_hash"]


def test_what_a_bound_rests_on_is_named() -> None:
    """A search, or the follower's mixed policies in a zero-sum game."""
    assert certified("three states").answer.bound_proof is BoundProof.SEARCH
    assert certified("zero-sum").answer.bound_proof is BoundProof.SADDLE


def test_the_value_of_the_best_pair_is_a_bound_that_needs_no_search() -> None:
    """As bound on the leader's values the optimum over both players' actions passes, a little less does not."""
    game, weights = certified("three states").game, certified("three states").weights
    bound = float(weights @ leader_value_bounds(game).upper)
    lines = json.loads(json.dumps(list(_claiming(game, weights, bound))))
    assert lines[1:] == [["c"]]
    assert verify_bound(game, lines).passed
    for state in range(game.num_states):
        lower = copy.deepcopy(lines)
        lower[0]["ceiling"][state] -= 1e-6 * lower[0]["ceiling"][state]
        found = verify_bound(game, lower)
        assert [check.name for check in found.failed] == ["leaves_proven", "bound"]
        assert found.proven is None
    with pytest.raises(SolverError, match="no certificate covers"):
        list(_claiming(game, weights, bound - 0.01))
    with pytest.raises(SolverError, match="must be finite"):
        list(_claiming(game, weights, math.inf))
    with pytest.raises(SolverError, match="nothing is claimed"):
        list(Recorder().lines(game))


def _claiming(game: Game, weights: FloatArray, bound: float) -> Iterator[Any]:
    """The certificate of a bound without a search."""
    recorder = Recorder()
    recorder.settle(game, Claim(weights=weights, bound=bound))
    return recorder.lines(game)


def test_a_dropped_part_is_noticed() -> None:
    """Whichever node is missing: the tree ends too early or goes on too long, or a leaf stands in the wrong place."""
    case = certified("three states")
    for drop in range(1, len(case.lines)):
        lines = case.lines
        removed = lines.pop(drop)
        if removed == ["p"]:
            continue
        with pytest.raises(InvalidResultError):
            verify_bound(case.game, lines)


def test_a_root_box_that_is_too_small_is_refused() -> None:
    """Both ends of the root box are derived again."""
    case = certified("three states")
    for end, direction in (("lower", 1), ("upper", -1)):
        lines = case.lines
        width = lines[0]["upper"][0] - lines[0]["lower"][0]
        lines[0][end][0] += direction * width / 2
        assert "root_box" in {check.name for check in verify_bound(case.game, lines).failed}


def test_a_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Written to a file and read back, the certificate proves the same."""
    case = certified("three states")
    path = tmp_path / "bound.cert"
    case.recorder.write(path, case.game)
    assert is_certificate(path)
    assert verify_bound(case.game, path) == verify_bound(case.game, case.lines)


@pytest.mark.parametrize(
    ("line", "content"),
    [
        (0, []),
        (0, {"format": "ssg-mip-bound/1"}),
        (1, "p"),
        (1, []),
        (1, ["q"]),
        (1, ["v", 0]),
        (1, ["v", 99, 0]),
        (1, ["v", 0, "1.5"]),
        (1, ["v", 0, True]),
        (1, ["v", 0, 10**400]),
        (1, ["g", 0, 99]),
        (1, ["l", 1]),
        (1, ["l", 1.0, [0, 0, 0], [1, 1, 1], [[], [], [], []]]),
        (1, ["l", math.nan, [0, 0, 0], [1, 1, 1], [[0] * 3, [[0] * 3] * 3, [0] * 17, []]]),
        (1, ["l", -1.0, [-99] * 3, [99] * 3, [[0] * 3, [[0] * 3] * 3, [0] * 17, []]]),
        (1, ["l", 1.0, [0, 0, 0], [0, 0, 0], [[0] * 3, [[0] * 3] * 3, [0] * 17, []]]),
    ],
)
def test_malformed_lines_are_refused(line: int, content: Any) -> None:
    """With an error of this package, never a traceback of another kind."""
    case = certified("three states")
    lines = case.lines
    lines[line] = content
    with pytest.raises(InvalidResultError):
        verify_bound(case.game, lines)


def test_a_file_that_is_not_json_names_its_line(tmp_path: Path) -> None:
    """So that the user finds it."""
    case = certified("three states")
    path = tmp_path / "bound.cert"
    case.recorder.write(path, case.game)
    text = path.read_text().splitlines()
    text[3] = text[3][:-2]
    path.write_text("\n".join(text))
    with pytest.raises(InvalidResultError, match="line 4"):
        verify_bound(case.game, path)


@pytest.mark.parametrize("successors", [2, 4])
def test_a_program_whose_flow_rows_meet_their_own_values_only_has_a_certificate(
    monkeypatch: pytest.MonkeyPatch, successors: int
) -> None:
    """As in larger games: products that the program leaves out have no multipliers, and the cuts do without them."""
    monkeypatch.setattr(coupling, "MOST_FOR_EVERY_ROW", 0)
    counts = [2, 3, 2, 2]
    game = random_game(
        np.random.default_rng(3),
        leader_counts=counts,
        follower_counts=counts,
        leader_discount=0.9,
        follower_discount=0.9,
        successors=successors,
    ).to_game()
    recorder = Recorder()
    problem, run = asked(game, node_limit=40, recorder=recorder)
    answer = solve_commitment(problem, run)
    assert answer.bound_proof is BoundProof.SEARCH
    found = verify_bound(game, json.loads(json.dumps(list(recorder.lines(game)))))
    assert found.passed, found.failed
    assert found.leaves > 1
