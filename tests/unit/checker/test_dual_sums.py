"""Certificates that add up: parts of a game proven apart, and sums that claim too much."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ssg_mip import verify_bound, verify_bounds, write_instance
from ssg_mip.checker.dual.document import is_certificate
from ssg_mip.checker.dual.sums import room_of, shares_check, shares_of
from ssg_mip.checker.rational import ExactGame
from ssg_mip.errors import InvalidResultError, SolverError
from ssg_mip.exact import solve_commitment
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.proofs.claim import Claim
from ssg_mip.proofs.reduction import Reduction, Round
from ssg_mip.proofs.writer import Recorder
from tests.oracles.games import PlainGame, random_game, static_game
from tests.unit import Command
from tests.unit.checker.reduced_cases import best_on_grid, pure_corners, value_leaf
from tests.unit.checker.tampering import mutate
from tests.unit.checker.test_dual_reduction import refused
from tests.unit.questions import asked

Lines = list[Any]

TRUE = 1e-9


def side_by_side(first: PlainGame, second: PlainGame, weights: FloatArray) -> PlainGame:
    """Two games of the same discounts as one; nothing leads from one to the other."""
    sizes = first.num_states, second.num_states
    return PlainGame(
        (
            *(np.pad(block, ((0, 0), (0, 0), (0, sizes[1]))) for block in first.transition),
            *(np.pad(block, ((0, 0), (0, 0), (sizes[0], 0))) for block in second.transition),
        ),
        first.leader_reward + second.leader_reward,
        first.follower_reward + second.follower_reward,
        first.leader_discount,
        first.follower_discount,
        weights,
        "two parts",
    )


def _part(game: Game, states: list[int], plain: PlainGame) -> Reduction:
    return Reduction(
        game=game,
        reduced=plain.to_game(),
        rounds=(Round(states=np.array(states)),),
        states=np.array(states),
        leader_actions=tuple(np.arange(count) for count in plain.leader_counts),
        follower_actions=tuple(np.arange(count) for count in plain.follower_counts),
    )


@cache
def _sum(seed: int) -> tuple[tuple[PlainGame, PlainGame, PlainGame], Recorder]:
    """A part that is searched, and one that values prove; weights that no float divides."""
    rng = np.random.default_rng([13, seed])
    sizes = {"leader_discount": 0.6, "follower_discount": 0.5, "integer": seed == 2}
    first = random_game(rng, leader_counts=[2, 2], follower_counts=[2, 2], **sizes)  # type: ignore[arg-type]
    second = random_game(rng, leader_counts=[2], follower_counts=[3], **sizes)  # type: ignore[arg-type]
    weights = rng.dirichlet(np.ones(3))
    both = side_by_side(first, second, weights)
    game = both.to_game()
    recorder = Recorder()
    searched, valued = recorder.fresh(), recorder.fresh()
    recorder.summed += [searched, valued]
    searched.reduction, valued.reduction = _part(game, [0, 1], first), _part(game, [2], second)
    problem, run = asked(
        searched.reduction.reduced, weights=weights[:2] / weights[:2].sum(), recorder=searched, gap=1e-5
    )
    solve_commitment(problem, run)
    valued.value_tree = value_leaf(second, pure_corners(second))
    valued.settle(valued.reduction.reduced, Claim(weights=np.ones(1), bound=float(valued.value_tree.upper[0])))
    parts = [part.claim.bound for part in (searched, valued) if part.claim is not None]
    recorder.settle(game, Claim(weights=weights, bound=float(weights[:2].sum() * parts[0] + weights[2] * parts[1])))
    return (first, second, both), recorder


def _lines(seed: int = 0) -> tuple[Game, Lines]:
    (_, _, both), recorder = _sum(seed)
    game = both.to_game()
    return game, json.loads(json.dumps(list(recorder.lines_in_own_units(game))))


@pytest.mark.parametrize("seed", range(4))
def test_a_sum_bounds_the_whole_game(seed: int) -> None:
    (first, second, both), recorder = _sum(seed)
    game, lines = _lines(seed)
    found = verify_bound(game, lines)
    assert found.passed, found.failed
    assert recorder.claim is not None
    assert (found.parts, found.claimed, found.nodes) == (2, recorder.claim.bound, len(lines) - 1)
    weights = both.initial
    best = weights[:2].sum() * best_on_grid(first, 8, weights=weights[:2] / weights[:2].sum()) + weights[
        2
    ] * best_on_grid(second, 30)
    assert best - TRUE <= found.claimed
    assert found.to_dict()["parts"] == 2
    assert found.proven is not None
    assert found.proven <= Fraction(found.claimed)


def test_a_sum_is_raised_to_what_its_parts_add_up_to() -> None:
    (_, _, both), recorder = _sum(0)
    game, claim = both.to_game(), recorder.claim
    assert claim is not None
    other = Recorder()
    other.summed = recorder.summed
    assert other.settle(game, Claim(weights=claim.weights, bound=claim.bound - 0.1)) == claim.bound
    assert other.settle(game, Claim(weights=claim.weights, bound=claim.bound + 0.1)) == claim.bound + 0.1
    lines = list(other.lines_in_own_units(game))
    assert not refused(game, lines)
    lines[0]["bound"] = math.nextafter(claim.bound, -math.inf)
    assert refused(game, lines)


def _at(lines: Lines, part: int) -> dict[str, Any]:
    """The header of a part."""
    headers: list[dict[str, Any]] = [line for line in lines if isinstance(line, dict)]
    return headers[part]


def _second(lines: Lines) -> int:
    return max(place for place, line in enumerate(lines) if isinstance(line, dict))


FORGED: dict[str, Callable[[Lines], Any]] = {
    "a smaller sum": lambda lines: lines[0].__setitem__("bound", lines[0]["bound"] - 1e-9),
    "a smaller part": lambda lines: _at(lines, 1).__setitem__("bound", _at(lines, 1)["bound"] - 0.1),
    "a larger part": lambda lines: _at(lines, 2).__setitem__("bound", _at(lines, 2)["bound"] + 0.1),
    "no bound": lambda lines: lines[0].__setitem__("bound", None),
    "an infinite bound": lambda lines: lines[0].__setitem__("bound", math.inf),
    "a bound in words": lambda lines: lines[0].__setitem__("bound", "small"),
    "hash of another game": lambda lines: lines[0].__setitem__("game_hash", "0"),
    "a part of another game": lambda lines: _at(lines, 1).__setitem__("game_hash", "0"),
    "more parts": lambda lines: lines[0].__setitem__("sum", 3),
    "fewer parts": lambda lines: lines[0].__setitem__("sum", 1),
    "no parts": lambda lines: lines[0].__setitem__("sum", 0),
    "parts in words": lambda lines: lines[0].__setitem__("sum", "2"),
    "half a part": lambda lines: lines[0].__setitem__("sum", 2.0),
    "a part missing": lambda lines: lines.__delitem__(slice(_second(lines), None)),
    "the first part missing": lambda lines: lines.__delitem__(slice(1, _second(lines))),
    "the same part twice": lambda lines: lines.__setitem__(slice(1, _second(lines)), lines[_second(lines) :]),
    "a sum in the sum": lambda lines: lines.insert(1, copy.deepcopy(lines[0])),
    "no header after the sum": lambda lines: lines.insert(1, ["e"]),
    "other weights": lambda lines: lines[0].__setitem__("weights", [0.2, 0.3, 0.5]),
    "weights elsewhere": lambda lines: lines[0]["weights"].reverse(),
    "a weight less": lambda lines: lines[0]["weights"].__setitem__(2, 0.0),
    "a tiny weight that no part has": lambda lines: (
        lines[0].__setitem__("weights", [1.0, 1e-300, 0.0]),
        _at(lines, 1).__setitem__("weights", [1.0, 0.0, 0.0]),
    ),
    "weights too short": lambda lines: lines[0]["weights"].pop(),
    "weights of a part": lambda lines: _at(lines, 1).__setitem__("weights", [*_at(lines, 1)["weights"][1::-1], 0.0]),
    "supports that overlap": lambda lines: _at(lines, 2).__setitem__("weights", [0.0, 0.1, 0.9]),
    "a part with a margin": lambda lines: _at(lines, 2).__setitem__("margin", 0.1),
    "a part with a floor": lambda lines: _at(lines, 2).__setitem__("floor", [[2, -50.0]]),
    "a part about no policy": lambda lines: _at(lines, 2).__setitem__("bound", None),
    "a key too many": lambda lines: lines[0].__setitem__("margin", 0.0),
    "a key too few": lambda lines: lines[0].pop("game_hash"),
    "another format": lambda lines: lines[0].__setitem__("format", "ssg-mip-bound/3"),
    "lower values in a part": lambda lines: lines[-1][1].__setitem__(0, lines[-1][1][0] - 1e-6),
    "a line too many": lambda lines: lines.append(["e"]),
    "a node missing": lambda lines: lines.pop(),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_sum_is_refused(name: str) -> None:
    for seed in range(2):
        game, lines = _lines(seed)
        FORGED[name](lines)
        assert refused(game, lines)


@pytest.mark.parametrize("seed", range(3))
def test_mutants_of_sums_are_refused_or_true(seed: int) -> None:
    (first, second, _), _ = _sum(seed)
    game, original = _lines(seed)
    rng, refused_ones = np.random.default_rng(seed), 0
    for _ in range(60):
        lines = copy.deepcopy(original)
        mutate(rng, lines)
        try:
            (found,) = verify_bounds(game, lines)
        except (InvalidResultError, ValueError):
            refused_ones += 1
            continue
        if not found.passed:
            refused_ones += 1
            continue
        weights = np.array([float(weight) for weight in found.weights])
        shares = weights[:2].sum(), weights[2]
        best = sum(
            share * best_on_grid(plain, 4, 20, own / share)
            for plain, own, share in zip((first, second), (weights[:2], weights[2:]), shares, strict=True)
            if share
        )
        assert found.claimed is not None
        assert best <= found.claimed + TRUE
    assert refused_ones >= 20


def test_sums_stand_beside_other_certificates_in_a_file(tmp_path: Path, command: Command) -> None:
    """Written, read back, replayed by the command line, and followed by another certificate."""
    (_, _, both), recorder = _sum(0)
    game, path = both.to_game(), tmp_path / "bound.cert"
    assert list(recorder.parts) == [recorder]
    recorder.write(path, game)
    assert is_certificate(path)
    write_instance(game, tmp_path / "game.json")
    for words in ((path,), (path, tmp_path / "game.json")):
        ran = command("verify", *words)
        assert (ran.code, ran.out) == (0, ""), ran.err
        assert "no stationary leader policy is worth more than" in ran.err
        assert "2 parts" in ran.err
    _, lines = _lines(0)
    found = verify_bounds(game, [*lines, *lines])
    assert len(found) == 2
    assert found[0] == found[1]
    with pytest.raises(InvalidResultError, match="follows the last node"):
        verify_bound(game, [*lines, *lines])


def test_a_sum_is_cut_off_with_its_parts() -> None:
    game, lines = _lines()
    found = verify_bound(game, lines, time_limit=0.0)
    assert found.cut_off
    assert not found.passed
    assert found.proven is None


def test_what_no_sum_can_say_is_not_written() -> None:
    """Of some policies only, of no finite bound, and with sums inside."""
    (_, _, both), recorder = _sum(0)
    game, claim = both.to_game(), recorder.claim
    assert claim is not None
    other = Recorder()
    other.summed = [recorder]
    other.claim = claim
    with pytest.raises(SolverError, match="a sum itself"):
        list(other.lines_in_own_units(game))
    other.summed = list(recorder.summed)
    for changed in (
        Claim(weights=claim.weights, bound=math.inf),
        Claim(weights=claim.weights, bound=claim.bound, margin=0.1),
    ):
        other.claim = changed
        with pytest.raises(SolverError, match="as a sum"):
            list(other.lines_in_own_units(game))


def test_a_part_that_proves_nothing_leaves_the_sum_without_a_certificate() -> None:
    """Said when the certificate is asked for, not while the run goes on."""
    (_, _, both), recorder = _sum(0)
    game, claim = both.to_game(), recorder.claim
    assert claim is not None
    other = Recorder()
    other.summed = [recorder.summed[0], Recorder()]
    assert other.settle(game, claim) == claim.bound
    with pytest.raises(SolverError, match="nothing is claimed"):
        list(other.lines_in_own_units(game))


def test_the_rounding_of_the_weights_of_parts_is_counted() -> None:
    """By hand: rewards from 0 to 1 and a discount of a half make values from 0 to 2."""
    exact = ExactGame.of(static_game([[0.0, 1.0]], [[0.0, 0.0]]).replace(leader_discount=0.5).to_game())
    half, tiny = Fraction(1, 2), Fraction(1, 1 << 50)
    whole, one = {0: half, 1: half}, Fraction(1)
    assert room_of(exact, whole, [whole], [one]) == 0
    assert room_of(exact, whole, [{0: half + tiny, 1: half - tiny}], [one]) == 2 * tiny
    far = Fraction(1, 1 << 30)
    for part, passes in ((tiny, True), (far, False)):
        assert shares_check(whole, [{0: half + part, 1: half - part}], [one]).passed == passes


def test_parts_are_about_different_states() -> None:
    """Even where hardly any weight lies on both."""
    tiny = Fraction(1, 1 << 60)
    whole, one = {0: 1 - tiny, 1: tiny}, Fraction(1)
    parts = [{0: 1 - tiny, 1: tiny}, {1: one}]
    check = shares_check(whole, parts, shares_of(whole, parts))
    assert not check.passed
    assert "in two parts" in check.detail
