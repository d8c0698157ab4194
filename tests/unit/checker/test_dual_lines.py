"""Leaves with a line of the follower's values: what they prove, and that nothing forged passes."""

from __future__ import annotations

import copy
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ssg_mip import Game, solve, verify_bound, verify_bounds
from ssg_mip.base.status import BoundProof
from ssg_mip.checker.dual.follower_line import FollowerLine, never_best
from ssg_mip.checker.dual.mixes import Corner, Whole, mix_of
from ssg_mip.checker.dual.numbers import Numbers
from ssg_mip.checker.rational import ExactGame
from ssg_mip.errors import InvalidResultError
from ssg_mip.exact import solve_commitment
from ssg_mip.proofs.writer import Recorder
from tests.attacks.planted import PLANTS
from tests.oracles.games import PlainGame, random_game
from tests.unit.checker.reduced_cases import best_on_grid
from tests.unit.checker.tampering import mutate
from tests.unit.checker.test_dual_reduction import refused
from tests.unit.checker.test_dual_sums import side_by_side
from tests.unit.exact.value_trees import leaves, replayed
from tests.unit.questions import asked

Lines = list[Any]

TRUE = 1e-9


def _plain(seed: int, *, state: int = 1, count: int = 3) -> PlainGame:
    """A game with one number, in some state."""
    return random_game(
        np.random.default_rng([33, seed]),
        leader_counts=[2 if s == state else 1 for s in range(count)],
        follower_counts=[3] * count,
        leader_discount=[0.5, 0.9, 0.0][seed % 3],
        follower_discount=[0.9, 0.6, 0.95][seed % 3],
        integer=seed % 4 == 3,
    )


def _recorder(game: Game, gap: float = 1e-5) -> Recorder:
    recorder = Recorder()
    problem, run = asked(game, recorder=recorder, gap=gap)
    answer = solve_commitment(problem, run)
    assert answer.bound_proof is BoundProof.VALUES
    return recorder


def _lines(seed: int = 1) -> tuple[Game, Lines]:
    game = _plain(seed).to_game()
    return game, list(_recorder(game).lines_in_own_units(game))


# -------------------------------------------------------------------- the rule itself


def _random_line(
    plain: PlainGame, rng: np.random.Generator, ends: tuple[float, float], best: set[tuple[int, int]]
) -> tuple[Any, Any, float]:
    """Values near those of a response at the ends, sometimes far from any, and a ratio near theirs or any."""
    answers = [int(rng.integers(size)) for size in plain.follower_counts]
    if rng.random() < 0.9:
        answers = [min(b for t, b in best if t == s) for s in range(plain.num_states)]
    values, visits = [], []
    for p in ends:
        moves, rewards = [], []
        for s, b in enumerate(answers):
            mix = np.array([1.0]) if plain.leader_counts[s] == 1 else np.array([p, 1.0 - p])
            moves.append(mix @ plain.transition[s][:, b])
            rewards.append(mix @ plain.follower_reward[s][:, b])
        inverse = np.linalg.inv(np.eye(len(answers)) - plain.follower_discount * np.array(moves))
        values.append(inverse @ np.array(rewards) + rng.choice([0.0, 1e-3, 0.3]) * rng.normal(size=len(answers)))
        visits.append(inverse[1, 1])
    ratio = float(visits[0] / visits[1]) if rng.random() < 0.6 else float(np.exp(rng.normal()))
    return values[0], values[1], ratio


def _exactly_best(exact: ExactGame, plain: PlainGame, p: Fraction) -> set[tuple[int, int]]:
    """The follower's best answers to a mix in state 1, by policy iteration in fractions."""
    game, count = Numbers.of(exact, plain.initial.tolist()), plain.num_states
    mixes = [((0, Fraction(1)),) if plain.leader_counts[s] == 1 else mix_of(p) for s in range(count)]

    def row(s: int, b: int) -> tuple[list[Fraction], Fraction]:
        move, reward = [Fraction(0)] * count, Fraction(0)
        for a, share in mixes[s]:
            number = game.row(s, a, b)
            reward += share * exact.follower_rewards[number]
            for t, above in zip(exact.rows[number].places, exact.rows[number].numerators, strict=True):
                move[t] += share * Fraction(above, exact.rows[number].total)
        return move, reward

    rows = {(s, b): row(s, b) for s in range(count) for b in range(plain.follower_counts[s])}
    chosen = [0] * count
    while True:
        values = _solved([rows[s, b] for s, b in enumerate(chosen)], exact.follower_discount)
        worth = {
            key: reward + exact.follower_discount * sum(p * v for p, v in zip(move, values, strict=True))
            for key, (move, reward) in rows.items()
        }
        better = {s: max(range(plain.follower_counts[s]), key=lambda b, s=s: worth[s, b]) for s in range(count)}
        if all(worth[s, better[s]] == values[s] for s in range(count)):
            return {(s, b) for (s, b), q in worth.items() if q == values[s]}
        chosen = [better[s] if worth[s, better[s]] > values[s] else chosen[s] for s in range(count)]


def _solved(rows: list[tuple[list[Fraction], Fraction]], discount: Fraction) -> list[Fraction]:
    """Values of a policy, by elimination."""
    count = len(rows)
    table = [
        [Fraction(s == t) - discount * move[t] for t in range(count)] + [reward]
        for s, (move, reward) in enumerate(rows)
    ]
    for s in range(count):
        table[s] = [x / table[s][s] for x in table[s]]
        for t in range(count):
            if t != s and table[t][s]:
                table[t] = [x - table[t][s] * y for x, y in zip(table[t], table[s], strict=True)]
    return [line[-1] for line in table]


def _closed(plain: PlainGame, line: tuple[Any, Any, float], ends: tuple[float, float]) -> frozenset[tuple[int, int]]:
    game = Numbers.of(ExactGame.of(plain.to_game()), plain.initial.tolist())
    corners: list[tuple[Corner, ...]] = [
        tuple(((a, Fraction(1)),) for a in range(count)) for count in plain.leader_counts
    ]
    first, second, ratio = line
    given = FollowerLine(state=1, first=Whole.of(first), second=Whole.of(second), ratio=Fraction(ratio))
    return never_best(given, game, corners, (mix_of(Fraction(ends[0])), mix_of(Fraction(ends[1]))))


def test_what_a_line_closes_is_never_best_whatever_the_line() -> None:
    """On a grid of mixes in fractions, for lines that are exact, nearly so, and wrong."""
    rng, closed = np.random.default_rng(3), 0
    for seed in range(40):
        plain = _plain(seed)
        exact = ExactGame.read(plain.to_game())
        ends = tuple(np.sort(rng.uniform(size=2)).tolist()) if seed % 2 else (0.0, 1.0)
        if seed % 4 == 1:
            ends = (ends[0], ends[0] + (ends[1] - ends[0]) / 20.0)
        grid = [Fraction(ends[0]) + Fraction(k, 12) * (Fraction(ends[1]) - Fraction(ends[0])) for k in range(13)]
        every = [_exactly_best(exact, plain, p) for p in grid]
        best = set().union(*every)
        for _ in range(6):
            near = every[int(rng.integers(len(every)))]
            found = _closed(plain, _random_line(plain, rng, ends, near), ends)
            closed += len(found)
            assert not found & best
    assert closed > 200


def test_in_the_state_of_the_choice_the_ends_alone_say_too_little() -> None:
    """What is worse at both ends of an interval may be best in between, where mix and values both move."""
    plain = PlainGame(
        (np.array([[[0.0, 1.0], [1.0, 0.0]], [[0.0, 1.0], [0.0, 1.0]]]), np.array([[[0.0, 1.0]]])),
        (np.zeros((2, 2)), np.zeros((1, 1))),
        (np.array([[0.0, 1.0], [0.0, -3.0]]), np.zeros((1, 1))),
        0.5,
        0.5,
        np.array([1.0, 0.0]),
    )
    game = Numbers.of(ExactGame.of(plain.to_game()), [1.0, 0.0])
    corners = [tuple(((a, Fraction(1)),) for a in range(count)) for count in plain.leader_counts]
    flat = FollowerLine(state=0, first=Whole.of([0.0, 0.0]), second=Whole.of([0.0, 0.0]), ratio=Fraction(1))

    def closed(ends: tuple[Corner, Corner], line: FollowerLine = flat) -> frozenset[tuple[int, int]]:
        return never_best(line, game, corners, ends)

    assert closed((mix_of(Fraction(0)), mix_of(Fraction(1, 4)))) == {(0, 1)}
    assert closed((mix_of(Fraction(1, 2)), mix_of(Fraction(1)))) == frozenset()
    # d(p1, w1) = d(p2, w2) = -3/2 - 1 and -1/2, and what decides is the number in between, with either ratio.
    steep = FollowerLine(state=0, first=Whole.of([0.0, 0.0]), second=Whole.of([-8.0, 0.0]), ratio=Fraction(1))
    assert closed((mix_of(Fraction(0)), mix_of(Fraction(1, 2))), steep) == frozenset()


# -------------------------------------------------------------------- whole certificates


@pytest.mark.parametrize("seed", range(12))
def test_certificates_of_one_number_prove_the_optimum(seed: int) -> None:
    plain = _plain(seed, state=seed % 3)
    game = plain.to_game()
    recorder = _recorder(game)
    lines = list(recorder.lines_in_own_units(game))
    assert all(len(line) == 5 for line in lines[1:] if line[0] == "u")
    found = verify_bound(game, lines)
    assert found.passed, found.failed
    assert best_on_grid(plain, 60) <= found.proven + TRUE
    assert found.claimed <= best_on_grid(plain, 60) + 0.05
    assert recorder.value_tree is not None
    assert found.proven == replayed(game, recorder.value_tree, game.initial) / sum(map(Fraction, game.initial.tolist()))
    assert len(leaves(recorder.value_tree)) == found.leaves


@pytest.mark.parametrize("seed", range(12))
def test_a_certificate_of_one_number_stands_after_a_reduction(seed: int, tmp_path: Path) -> None:
    """With copies, dominated actions and a copied leader action planted around it."""
    plain, rng = _plain(seed, state=1), np.random.default_rng(seed)
    blocks = (list(plain.transition), list(plain.leader_reward), list(plain.follower_reward))
    for state in range(plain.num_states):
        for plant in PLANTS:
            plant(blocks, state, plain.follower_discount, rng)
    wide = plain.replace(
        transition=tuple(blocks[0]), leader_reward=tuple(blocks[1]), follower_reward=tuple(blocks[2])
    ).to_game()
    path = tmp_path / "proof"
    result = solve(wide, method="commitment", gap=1e-5, certificate=path)
    assert result.details["presolve"]["leader_actions_removed"] == plain.num_states
    assert result.bound_proof is BoundProof.VALUES
    (found,) = verify_bounds(wide, path)
    assert found.passed, found.failed
    alone = solve(plain.to_game(), method="commitment", gap=1e-5, presolve=False)
    assert result.leader_value == pytest.approx(alone.leader_value, abs=1e-4)
    assert (found.claimed, found.claimed >= alone.leader_value - TRUE) == (result.dual_bound, True)


@pytest.mark.parametrize("seed", range(4))
def test_parts_with_one_number_each_add_up(seed: int, tmp_path: Path) -> None:
    first, second = _plain(seed), _plain(seed + 3, state=0)
    plain = side_by_side(first, second, np.array([0.1, 0.2, 0.1, 0.3, 0.2, 0.1]))
    path = tmp_path / "proof"
    game = plain.to_game()
    result = solve(game, method="commitment", gap=1e-5, certificate=path)
    assert result.details["presolve"]["parts"] == 2
    (found,) = verify_bounds(game, path)
    assert found.passed, found.failed
    assert found.parts == 2
    assert found.claimed == result.dual_bound
    assert best_on_grid(plain, 8) <= found.proven + TRUE


def test_lines_in_standard_units_prove_a_bound_in_the_games_own(tmp_path: Path) -> None:
    """Constants and units that do not go into the standard form without rounding."""
    for seed in range(6):
        plain = _plain(seed)
        moved = plain.replace(
            leader_reward=tuple(1e5 + 7.3 * block for block in plain.leader_reward),
            follower_reward=tuple(3e4 / 7.0 + 0.017 * block for block in plain.follower_reward),
        ).to_game()
        path = tmp_path / "proof"
        result = solve(moved, method="commitment", gap=1e-5, certificate=path)
        assert result.bound_proof is BoundProof.VALUES
        (found,) = verify_bounds(moved, path)
        assert found.passed, found.failed
        assert found.claimed == result.dual_bound


# -------------------------------------------------------------------- forged ones


def _first_leaf(lines: Lines) -> list[Any]:
    """The first leaf whose interval has two ends that differ in what is closed: any but a single one."""
    return next(line for line in lines[1:] if line[0] == "u")


def _with_line(**changes: Any) -> Callable[[Lines], None]:
    def change(lines: Lines) -> None:
        line = _first_leaf(lines)[4]
        for place, name in enumerate(("state", "first", "second", "ratio")):
            if name in changes:
                line[place] = changes[name](line[place]) if callable(changes[name]) else changes[name]

    return change


def _of_leaf(change: Callable[[list[Any]], Any]) -> Callable[[Lines], None]:
    return lambda lines: change(_first_leaf(lines))


MALFORMED: dict[str, Callable[[Lines], None]] = {
    "ratio of nothing": _with_line(ratio=0.0),
    "ratio below nothing": _with_line(ratio=-1.0),
    "infinite ratio": _with_line(ratio=float("inf")),
    "no number as a ratio": _with_line(ratio=float("nan")),
    "words as a ratio": _with_line(ratio="1"),
    "first values too short": _with_line(first=lambda values: values[:-1]),
    "second values too long": _with_line(second=lambda values: [*values, 0.0]),
    "infinite value": _with_line(second=lambda values: [float("inf"), *values[1:]]),
    "no number among the values": _with_line(first=lambda values: [float("nan"), *values[1:]]),
    "state without two actions": _with_line(state=0),
    "state out of range": _with_line(state=3),
    "state below 0": _with_line(state=-1),
    "state as a float": _with_line(state=1.0),
    "line too short": _of_leaf(lambda leaf: leaf[4].pop()),
    "line too long": _of_leaf(lambda leaf: leaf[4].append(1.0)),
    "two lines": _of_leaf(lambda leaf: leaf.append(None)),
    "line as an object": _of_leaf(lambda leaf: leaf.__setitem__(4, {})),
}

FALSE: dict[str, Callable[[Lines], None]] = {
    "no line": _of_leaf(lambda leaf: leaf.__setitem__(4, None)),
    "four entries": _of_leaf(lambda leaf: leaf.pop()),
    "values lowered in one state": _of_leaf(lambda leaf: leaf[1].__setitem__(0, leaf[1][0] - 1e-6)),
    "values lowered in the state of the choice": _of_leaf(lambda leaf: leaf[1].__setitem__(1, leaf[1][1] - 1e-6)),
    "follower's values raised": _with_line(first=lambda values: [value + 5.0 for value in values]),
    "ratio far off": _with_line(ratio=lambda ratio: 1e9 * ratio),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_line_is_refused_with_words(name: str) -> None:
    game, lines = _lines()
    MALFORMED[name](lines)
    with pytest.raises(InvalidResultError):
        verify_bound(game, lines)


@pytest.mark.parametrize("name", FALSE)
def test_a_forged_line_is_refused(name: str) -> None:
    for seed in (1, 2, 7, 11):
        game, lines = _lines(seed)
        assert verify_bound(game, lines).passed
        FALSE[name](lines)
        assert refused(game, lines), seed


def test_a_split_moved_past_a_change_is_refused() -> None:
    """The leaf on one side then holds policies with another answer than those that its line leaves open."""
    moved = 0
    for seed in range(12):
        game, lines = _lines(seed)
        for number, line in enumerate(lines):
            if number and line[0] == "x":
                for change in (-0.03, 0.03):
                    forged = copy.deepcopy(lines)
                    forged[number][2] = min(1.0, max(0.0, line[2] + change))
                    moved += refused(game, forged)
                    found = verify_bound(game, forged)
                    assert not found.passed or best_on_grid(_plain(seed), 60) <= found.proven + TRUE
    assert moved > 10


def test_exchanged_ends_are_refused_or_prove_what_is_true() -> None:
    caught = 0
    for seed in range(12):
        game, lines = _lines(seed)
        for line in lines[1:]:
            if line[0] == "u":
                line[4][1], line[4][2] = line[4][2], line[4][1]
        found = verify_bound(game, lines)
        caught += not found.passed
        assert not found.passed or best_on_grid(_plain(seed), 60) <= found.proven + TRUE
    assert caught > 6


def test_an_empty_interval_proves_nothing_of_its_neighbours() -> None:
    """An interval that splits have left empty holds no policy; the others must cover the rest all the same."""
    game, lines = _lines(1)
    root = lines[1:]
    for share, rest in ((0.25, 0.5), (1.0, 0.0)):
        empty = [lines[0], ["x", 1, share], *root, ["x", 1, rest], _first_leaf(lines), *root]
        found = verify_bound(game, empty)
        assert found.passed == verify_bound(game, lines).passed
        assert found.proven == verify_bound(game, lines).proven
    cheap = ["u", [-1e6] * 3, None, [], None]
    assert refused(game, [lines[0], ["x", 1, 0.5], *root, cheap])
    assert verify_bound(game, [lines[0], ["x", 1, 0.5], *root, ["x", 1, 0.25], cheap, *root]).passed


def test_a_line_is_about_the_interval_of_its_own_state() -> None:
    """With a second number in another state: all its corners count, and its splits do not move the line."""
    plain = random_game(
        np.random.default_rng(5),
        leader_counts=[2, 2],
        follower_counts=[3, 3],
        leader_discount=0.5,
        follower_discount=0.1,
    )
    exact = ExactGame.read(plain.to_game())
    game = Numbers.of(exact, plain.initial.tolist())
    corners = [tuple(((a, Fraction(1)),) for a in range(2)) for _ in range(2)]
    rng, closed = np.random.default_rng(6), 0
    for _ in range(200):
        first, second = (Whole.of((0.3 * rng.normal(size=2)).tolist()) for _ in range(2))
        line = FollowerLine(state=1, first=first, second=second, ratio=Fraction(float(np.exp(rng.normal()))))
        both = never_best(line, game, corners, (mix_of(Fraction(0)), mix_of(Fraction(1))))
        for alone in ([corners[0][:1], corners[1]], [corners[0][1:], corners[1]]):
            assert both <= never_best(line, game, alone, (mix_of(Fraction(0)), mix_of(Fraction(1))))
        closed += len(both)
    assert closed > 20


@pytest.mark.parametrize("seed", range(40))
def test_mutants_of_lines_are_refused_or_true(seed: int) -> None:
    rng = np.random.default_rng([7, seed])
    plain = _plain(seed % 8)
    game = plain.to_game()
    lines = list(_recorder(game, gap=1e-3).lines_in_own_units(game))
    best = best_on_grid(plain, 40)
    for _ in range(6):
        forged = copy.deepcopy(lines)
        mutate(rng, forged)
        try:
            found = verify_bound(game, forged)
        except InvalidResultError:
            continue
        weights = np.array([float(weight) for weight in found.weights])
        truth = best if np.allclose(weights, game.initial) else best_on_grid(plain, 40, weights=weights)
        assert not found.passed or truth <= found.proven + TRUE
