"""Leaves of values and splits of mixes: what they prove, and that nothing forged passes."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

from ssg_mip import verify_bound
from ssg_mip.checker.dual.numbers import Numbers
from ssg_mip.checker.dual.propagation import Region
from ssg_mip.checker.dual.value_leaf import ValueBounds, read_value_leaf
from ssg_mip.checker.rational import ExactGame
from ssg_mip.errors import InvalidResultError
from tests.oracles.games import PlainGame, random_game, static_game
from tests.oracles.multiple_lps import mixed_commitment
from tests.unit.checker.reduced_cases import (
    best_on_grid,
    follower_box,
    mix_tree,
    pure_corners,
    value_leaf,
    value_lines,
)
from tests.unit.checker.tampering import mutate
from tests.unit.checker.test_dual_reduction import refused

Lines = list[Any]

TRUE = 1e-9


def _game(seed: int, leader: list[int], follower: list[int]) -> PlainGame:
    return random_game(
        np.random.default_rng([11, seed]),
        leader_counts=leader,
        follower_counts=follower,
        leader_discount=[0.0, 0.5, 0.8][seed % 3],
        follower_discount=[0.6, 0.0, 0.3][seed % 3],
        integer=seed % 4 == 3,
    )


@pytest.mark.parametrize("seed", range(8))
def test_values_of_the_joint_process_bound_every_policy(seed: int) -> None:
    """Without multipliers they are what both players get together; the follower's box leaves answers out."""
    plain = _game(seed, [2, 2], [2, 3])
    game, leaf = plain.to_game(), value_leaf(plain, pure_corners(plain))
    found = verify_bound(game, value_lines(game, leaf))
    assert found.passed, found.failed
    assert found.proven is not None
    assert best_on_grid(plain, 6) <= found.proven + TRUE
    assert found.claimed == pytest.approx(float(game.initial @ leaf.upper))


@pytest.mark.parametrize("seed", range(6))
def test_multipliers_of_linear_programs_prove_the_optimum_of_one_state(seed: int) -> None:
    """One program per answer; its multipliers show its value, or that the answer is never best (Farkas)."""
    rng = np.random.default_rng(seed)
    leader, follower = rng.uniform(-1, 1, (3, 4)), rng.uniform(-1, 1, (3, 4))
    plain = static_game(leader, follower)
    multipliers = {}
    for b in range(4):
        others = [c for c in range(4) if c != b]
        advantage = np.array([follower[:, c] - follower[:, b] for c in others])
        program = linprog(-leader[:, b], advantage, np.zeros(3), np.ones((1, 3)), [1.0], method="highs")
        if program.status == 0:
            shares = -program.ineqlin.marginals
        else:
            farkas = linprog(np.zeros(3), -advantage.T, -np.ones(3), method="highs")
            shares = farkas.x
        multipliers[0, b] = tuple((c, float(k)) for c, k in zip(others, shares, strict=True) if k > 1e-12)
    game = plain.to_game()
    lines = value_lines(game, value_leaf(plain, pure_corners(plain), multipliers=multipliers))
    found = verify_bound(game, lines)
    assert found.passed, found.failed
    best = mixed_commitment(leader, follower)[0]
    assert found.claimed == pytest.approx(best, abs=1e-7)
    without = copy.deepcopy(lines)
    without[1][3] = []
    assert refused(game, without) == (value_leaf(plain, pure_corners(plain)).upper[0] > best + 1e-7)


@pytest.mark.parametrize("seed", range(6))
def test_splits_of_one_number_close_in_on_the_optimum(seed: int) -> None:
    plain = _game(seed, [2, 1], [2, 3])
    game, best = plain.to_game(), best_on_grid(plain, 64)
    bounds = []
    for parts in (1, 4, 64):
        lines = value_lines(game, mix_tree(plain, 0, [k / parts for k in range(1, parts)]))
        found = verify_bound(game, json.loads(json.dumps(lines)))
        assert found.passed, found.failed
        assert (found.nodes, found.leaves) == (2 * parts - 1, parts)
        assert found.claimed is not None
        bounds.append(found.claimed)
    assert bounds[0] + TRUE >= bounds[1] >= bounds[2] - TRUE >= best - 2 * TRUE
    assert bounds[2] <= best + 0.1


def _split_case() -> tuple[Any, Lines]:
    """One number decides: the follower takes what the leader likes only while its probability is at least a half."""
    plain = PlainGame(
        (np.ones((2, 2, 1)),),
        (np.array([[4.0, 0.0], [8.0, 0.0]]),),
        (np.array([[1.0, 0.0], [-1.0, 0.0]]),),
        0.0,
        0.0,
        np.ones(1),
    )
    game = plain.to_game()
    return game, value_lines(game, mix_tree(plain, 0, [0.4375]))


def test_a_split_of_one_number_by_hand() -> None:
    """The optimum is 6, at a probability of a half; the part above .4375 is worth 6.25 at most, all of it 8."""
    game, lines = _split_case()
    assert [line[0] for line in lines[1:]] == ["x", "u", "u"]
    found = verify_bound(game, lines)
    assert found.passed
    assert found.claimed == pytest.approx(6.25, abs=1e-8)


SPLIT_FORGED: dict[str, Callable[[Lines], Any]] = {
    "a lower place": lambda lines: lines[1].__setitem__(2, 0.25),
    "a higher place": lambda lines: lines[1].__setitem__(2, 0.75),
    "no probability": lambda lines: lines[1].__setitem__(2, 1.5),
    "a negative probability": lambda lines: lines[1].__setitem__(2, -0.5),
    "not a number": lambda lines: lines[1].__setitem__(2, math.nan),
    "a place in words": lambda lines: lines[1].__setitem__(2, "0.5"),
    "no place": lambda lines: lines[1].__setitem__(2, None),
    "another state": lambda lines: lines[1].__setitem__(1, 1),
    "a state in words": lambda lines: lines[1].__setitem__(1, "0"),
    "too short": lambda lines: lines[1].pop(),
    "too long": lambda lines: lines[1].append(0),
    "a part missing": lambda lines: lines.pop(),
    "the parts exchanged": lambda lines: lines.__setitem__(slice(2, 4), [lines[3], lines[2]]),
    "a part too many": lambda lines: lines.append(lines[2]),
    "no split": lambda lines: lines.__setitem__(slice(1, 4), [lines[3]]),
    "the box of the other part": lambda lines: lines[3].__setitem__(2, lines[2][2]),
}


@pytest.mark.parametrize("name", SPLIT_FORGED)
def test_a_forged_split_is_refused(name: str) -> None:
    game, lines = _split_case()
    SPLIT_FORGED[name](lines)
    assert refused(game, lines)


def test_a_part_without_a_policy_needs_no_proof() -> None:
    """Beyond an end of another split nothing is left; the rest is still needed."""
    game, lines = _split_case()
    split, below, above = lines[1:]
    nothing = ["u", [-5.0], None, []]
    assert not refused(game, [lines[0], split, ["x", 0, 0.75], below, nothing, above])
    assert refused(game, [lines[0], split, ["x", 0, 0.25], below, nothing, above])


def _leaf_case() -> tuple[PlainGame, Any, Lines]:
    plain = _game(4, [2, 2], [2, 3])
    game = plain.to_game()
    leaf = value_leaf(plain, pure_corners(plain), multipliers={(0, 0): ((1, 0.25),), (1, 2): ((0, 0.5), (1, 0.25))})
    return plain, game, value_lines(game, leaf)


LEAF_FORGED: dict[str, Callable[[Lines], Any]] = {
    "values in the first state": lambda lines: lines[1][1].__setitem__(0, lines[1][1][0] - 1e-6),
    "values in the second state": lambda lines: lines[1][1].__setitem__(1, lines[1][1][1] - 1e-6),
    "higher values elsewhere": lambda lines: lines[1][1].__setitem__(0, lines[1][1][0] + 1.0),
    "values too short": lambda lines: lines[1][1].pop(),
    "values too long": lambda lines: lines[1][1].append(9.0),
    "values in words": lambda lines: lines[1].__setitem__(1, "many"),
    "an infinite value": lambda lines: lines[1][1].__setitem__(0, math.inf),
    "a true value": lambda lines: lines[1][1].__setitem__(0, True),
    "a low upper bound": lambda lines: lines[1][2][1].__setitem__(0, lines[1][2][1][0] - 1e-3),
    "a high lower bound": lambda lines: lines[1][2][0].__setitem__(1, lines[1][2][0][1] + 0.5),
    "a box too short": lambda lines: lines[1][2][0].pop(),
    "half a box": lambda lines: lines[1][2].pop(),
    "a box in words": lambda lines: lines[1].__setitem__(2, "all"),
    "the wrong way round": lambda lines: lines[1][2].reverse(),
    "a negative multiplier": lambda lines: lines[1][3][0][2][0].__setitem__(1, -0.25),
    "an infinite multiplier": lambda lines: lines[1][3][0][2][0].__setitem__(1, math.inf),
    "a multiplier of the answer": lambda lines: lines[1][3][0][2][0].__setitem__(0, 0),
    "a multiplier of no action": lambda lines: lines[1][3][0][2][0].__setitem__(0, 2),
    "a multiplier twice": lambda lines: lines[1][3][0][2].append([1, 0.25]),
    "an answer twice": lambda lines: lines[1][3].append(lines[1][3][0]),
    "no answer": lambda lines: lines[1][3][0].__setitem__(1, 5),
    "no state": lambda lines: lines[1][3][0].__setitem__(0, 5),
    "a multiplier too short": lambda lines: lines[1][3][0].pop(),
    "multipliers in words": lambda lines: lines[1].__setitem__(3, None),
    "too short": lambda lines: lines[1].pop(),
    "too long": lambda lines: lines[1].append([]),
    "a format that does not know it": lambda lines: (
        lines[0].__setitem__("format", "ssg-mip-bound/3"),
        lines[0].pop("reduction"),
    ),
    "the improvement program": lambda lines: (
        lines[0].__setitem__("values", [0.0, 0.0]),
        lines[0].__setitem__("conditional", [0, 1]),
    ),
    "a lower bound": lambda lines: lines[0].__setitem__("bound", lines[0]["bound"] - 1e-6),
    "no policy": lambda lines: lines[0].__setitem__("bound", None),
    "other weights": lambda lines: lines[0].__setitem__("weights", [float(v == max(lines[1][1])) for v in lines[1][1]]),
}


@pytest.mark.parametrize("name", LEAF_FORGED)
def test_a_forged_leaf_of_values_is_refused(name: str) -> None:
    _, game, lines = _leaf_case()
    assert not refused(game, lines)
    LEAF_FORGED[name](lines)
    assert refused(game, lines)


def test_the_box_of_the_region_serves_where_a_leaf_has_none() -> None:
    """It is wider, so the same values may not be proven; those without multipliers are."""
    plain = _game(1, [2, 2], [2, 2])
    game = plain.to_game()
    lines = value_lines(game, value_leaf(plain, pure_corners(plain)))
    low, high = follower_box(plain, pure_corners(plain))
    lines[0]["lower"], lines[0]["upper"], lines[1][2] = low.tolist(), high.tolist(), None
    assert not refused(game, lines)
    lines[0]["upper"][0] -= 1e-3
    assert refused(game, lines)


@pytest.mark.parametrize("change", [0.0, 1e-6])
def test_every_corner_counts(change: float) -> None:
    """Only one leader action asks for the whole value."""
    plain = static_game([[1.0], [3.0], [2.0]], [[0.0], [0.0], [0.0]])
    game = plain.to_game()
    lines = value_lines(game, value_leaf(plain, pure_corners(plain)))
    lines[1][1] = [3.0 - change]
    lines[0]["bound"] = 3.0
    assert refused(game, lines) == (change > 0.0)


def test_answers_that_a_split_has_closed_need_no_value() -> None:
    """Below a split by the answer, leaves of values are about the open ones alone."""
    plain = static_game([[1.0, 5.0]], [[0.0, 0.0]])
    game = plain.to_game()
    lines = value_lines(game, value_leaf(plain, pure_corners(plain)))
    header = {**lines[0], "bound": 5.0}
    first, second = ["u", [1.0], None, []], ["u", [5.0], None, []]
    assert not refused(game, [header, ["g", 0, 0], first, second])
    assert refused(game, [header, ["g", 0, 1], first, second])
    assert refused(game, [{**header, "bound": 4.0}, ["g", 0, 0], first, second])


def test_a_margin_helps_the_multipliers() -> None:
    """By how much a response beats the others is subtracted: here the second answer never does."""
    plain = static_game([[1.0, 5.0], [1.0, 5.0]], [[0.0, 0.5], [0.0, 0.25]])
    game = plain.to_game()
    leaf = value_leaf(plain, pure_corners(plain))
    lines = value_lines(game, leaf)
    lines[0] |= {"margin": 0.75, "bound": 1.0}
    lines[1] = ["u", [1.0], None, [[0, 1, [[0, 1.0]]]]]
    found = verify_bound(game, lines)
    assert found.passed, found.failed
    lines[0]["margin"] = 0.0
    assert refused(game, lines)
    numbers = Numbers.of(ExactGame.of(game), [1.0])
    region = Region((0,), (1,), (frozenset({0, 1}),))
    for margin, proven in ((Fraction(3, 4), True), (Fraction(1, 2), False)):
        bounds = ValueBounds(numbers, 0, margin)
        assert bool(bounds.proves(read_value_leaf(lines[1], numbers), region)) == proven


def test_a_floor_that_values_rule_out_leaves_no_policy() -> None:
    _, game, lines = _leaf_case()
    lines[0] |= {"floor": [[0, lines[1][1][0] + 1.0]], "bound": None}
    assert not refused(game, lines)
    lines[0]["floor"] = [[0, lines[1][1][0] - 1.0]]
    assert refused(game, lines)


@pytest.mark.parametrize("seed", range(4))
def test_mutants_of_values_are_refused_or_true(seed: int) -> None:
    plain = _game(seed, [2, 1], [2, 3])
    game = plain.to_game()
    original = value_lines(game, mix_tree(plain, 0, [0.25, 0.5, 0.75]))
    rng, refused_ones = np.random.default_rng(seed), 0
    for _ in range(60):
        lines = copy.deepcopy(original)
        mutate(rng, lines)
        try:
            found = verify_bound(game, lines)
        except InvalidResultError:
            refused_ones += 1
            continue
        if not found.passed:
            refused_ones += 1
        elif not found.floor and not found.margin:
            weights = np.array([float(weight) for weight in found.weights])
            assert found.claimed is not None
            assert best_on_grid(plain, 8, 20, weights) <= found.claimed + TRUE
    assert refused_ones >= 20


def _static_lines(leader: list[list[float]], follower: list[list[float]], leaf: list[Any]) -> tuple[Any, Lines]:
    plain = static_game(leader, follower)
    game = plain.to_game()
    lines = value_lines(game, value_leaf(plain, pure_corners(plain)))
    return game, [{**lines[0], "bound": leaf[1][0]}, leaf]


def test_a_tie_may_be_the_answer() -> None:
    """An answer that is worth exactly what the follower gets in any case is not left out."""
    game, lines = _static_lines([[1.0, 5.0]], [[0.0, 0.0]], ["u", [1.0], [[0.0], [0.0]], []])
    assert refused(game, lines)
    game, lines = _static_lines([[1.0, 5.0]], [[0.0, -0.125]], ["u", [1.0], [[0.0], [0.0]], []])
    assert not refused(game, lines)


def test_a_negative_multiplier_would_prove_too_much() -> None:
    game, lines = _static_lines([[1.0, 5.0]], [[0.0, 1.0]], ["u", [1.0], None, [[0, 1, [[0, -5.0]]]]])
    assert refused(game, lines)
    game, lines = _static_lines([[1.0, 5.0]], [[1.0, 0.0]], ["u", [1.0], None, [[0, 1, [[0, 5.0]]]]])
    assert not refused(game, lines)


def test_a_lead_is_the_largest_over_the_box() -> None:
    """What the follower gets in the two states that he may choose between is up to the leader."""
    move = np.zeros((1, 2, 3))
    move[0, 0, 1] = move[0, 1, 2] = 1.0
    stay = [np.tile(np.eye(3)[s], (2, 1, 1)) for s in (1, 2)]
    plain = PlainGame(
        (move, *stay),
        (np.array([[3.0, 0.0]]), np.zeros((2, 1)), np.zeros((2, 1))),
        (np.array([[0.0, 0.0]]), np.array([[0.0], [2.0]]), np.array([[0.0], [2.0]])),
        0.0,
        0.5,
        np.array([1.0, 0.0, 0.0]),
    )
    game = plain.to_game()
    lines = value_lines(game, value_leaf(plain, pure_corners(plain)))
    assert not refused(game, lines)
    assert best_on_grid(plain, 1) == pytest.approx(3.0)
    for value, multiplier, passes in ((2.0, 0.5, False), (3.5, 0.5, False), (4.0, 0.5, True), (3.0, 0.0, True)):
        box = [[0.0, 0.0, 0.0], [2.0, 4.0, 4.0]]
        leaf = ["u", [value, 0.0, 0.0], box, [[0, 0, [[1, multiplier]]]]]
        assert refused(game, [{**lines[0], "bound": value}, leaf]) != passes
