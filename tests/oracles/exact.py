r"""Optima of small games as fractions: no rounding, no solver, no tolerance.

"The game" means the stored floats, every distribution divided by its exact sum. Two classes of games have an optimum
that can be listed:

* :func:`stagewise_optimum`: a myopic follower, or one state. The leader's choices in a state are the vertices of the
  regions in which a follower action is a best response; a decision process over them remains.
* :func:`threat_optimum`: the leader mixes two actions in one state and has no choice elsewhere, the follower is as
  patient as he likes. With the probability ``p`` every value is a quotient of two linear functions of ``p`` (Cramer:
  one row of the system is affine in ``p``), so ``g`` is a best response where some quadratics in ``p`` are not
  positive, and the leader's value, which is monotone in ``p``, is largest at an end of a piece of that set. Roots are
  enclosed in intervals of width ``2 ** -ROOT_BITS``.

Both take a ``slack``: the follower may then also answer with what is worth that much less in one step. With the tie
tolerance of the package as slack they bound what any policy can be worth by the package's reading of ties.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterator, Sequence
from fractions import Fraction

from tests.oracles.games import Array, PlainGame
from tests.oracles.multiple_lps import response_vertices, solve_exactly

ROOT_BITS = 160

Vector = list[Fraction]
Linear = tuple[Fraction, Fraction]
"""A linear function of ``p`` by its values at 0 and at 1."""


@dataclasses.dataclass(frozen=True)
class Enclosure:
    """The optimum lies in ``[lower, upper]``; both are equal unless it depends on an irrational probability."""

    lower: Fraction
    upper: Fraction


@dataclasses.dataclass(frozen=True)
class Rational:
    """A game in fractions, indexed as :class:`~tests.oracles.games.PlainGame`."""

    transition: list[list[list[Vector]]]
    leader: list[list[Vector]]
    follower: list[list[Vector]]
    leader_discount: Fraction
    follower_discount: Fraction
    initial: Vector

    @classmethod
    def of(cls, plain: PlainGame) -> Rational:
        """The exact reading of the floats."""
        return cls(
            [[[_distribution(row) for row in column] for column in block] for block in plain.transition],
            [[[Fraction(x) for x in row] for row in block.tolist()] for block in plain.leader_reward],
            [[[Fraction(x) for x in row] for row in block.tolist()] for block in plain.follower_reward],
            Fraction(plain.leader_discount),
            Fraction(plain.follower_discount),
            _distribution(plain.initial),
        )

    @property
    def states(self) -> range:
        return range(len(self.initial))

    def responses(self) -> Iterator[tuple[int, ...]]:
        """Every deterministic follower policy."""
        return itertools.product(*(range(len(block[0])) for block in self.follower))


def _distribution(row: Array) -> Vector:
    exact = [Fraction(x) for x in row.tolist()]
    return [x / sum(exact) for x in exact]


def _dot(left: Sequence[Fraction], right: Sequence[Fraction]) -> Fraction:
    return sum((x * y for x, y in zip(left, right, strict=True)), Fraction(0))


# -------------------------------------------------------------------- myopic followers and single states


def stagewise_optimum(plain: PlainGame, slack: Fraction = Fraction(0)) -> Enclosure:
    """The leader's optimum for the start distribution where the follower's discount is 0 or there is one state."""
    game = Rational.of(plain)
    if game.follower_discount and len(game.initial) > 1:
        raise ValueError("the follower looks ahead; the answers to a mix depend on what follows")
    choices = [list(_choices(game, s, slack)) for s in game.states]
    picked = [options[0] for options in choices]
    while True:
        values = _values([(reward, move) for reward, move in picked], game.leader_discount)
        worth = [
            [reward + game.leader_discount * _dot(move, values) for reward, move in options] for options in choices
        ]
        better = [s for s in game.states if max(worth[s]) > values[s]]
        if not better:
            optimum = _dot(game.initial, values)
            return Enclosure(optimum, optimum)
        for s in better:
            picked[s] = choices[s][worth[s].index(max(worth[s]))]


def _choices(game: Rational, s: int, slack: Fraction) -> Iterator[tuple[Fraction, Vector]]:
    """Reward and next-state distribution of every vertex of every region of answers."""
    leader, move = game.leader[s], game.transition[s]
    for b in range(len(leader[0])):
        for mix in response_vertices(game.follower[s], b, slack):
            reward = _dot(mix, [row[b] for row in leader])
            yield reward, [_dot(mix, [move[a][b][t] for a in range(len(mix))]) for t in game.states]


def _values(steps: Sequence[tuple[Fraction, Vector]], discount: Fraction) -> Vector:
    """The values of a chain with these rewards and moves."""
    size = len(steps)
    matrix = [[Fraction(int(s == t)) - discount * move[t] for t in range(size)] for s, (_, move) in enumerate(steps)]
    solved = solve_exactly(matrix, [reward for reward, _ in steps])
    if solved is None:
        raise ArithmeticError("a discounted chain has one solution")
    return solved


# -------------------------------------------------------------------- one probability to choose


def threat_optimum(plain: PlainGame, slack: Fraction = Fraction(0)) -> Enclosure:
    """The leader's optimum where one state has two leader actions and the others have one.

    With ``slack`` an upper bound only: the answers allowed are those whose value is nowhere more than
    ``slack / (1 - follower discount)`` below that of a change in one state.
    """
    game = Rational.of(plain)
    counts = [len(block) for block in game.leader]
    if sorted(counts) != [1] * (len(counts) - 1) + [2]:
        raise ValueError(f"the leader has {counts} actions; one state must have two and the others one")
    loss = slack / (1 - game.follower_discount)
    answers = {g: _Chain.of(game, g, follower=True) for g in game.responses()}
    lower: list[Fraction] = []
    upper: list[Fraction] = []
    for response, mine in answers.items():
        conditions = []
        for s, b in itertools.product(game.states, range(max(len(block[0]) for block in game.follower))):
            other = (*response[:s], b, *response[s + 1 :])
            if other != response and other in answers:
                conditions.append(_gain(answers[other], mine, s, loss))
        theirs = _Chain.of(game, response, follower=False)
        worth = _weighted(theirs, game.initial)
        for point, inside in _ends(conditions):
            value = _at(worth, point) / _at(theirs.below, point)
            upper.append(value)
            if inside:
                lower.append(value)
    return Enclosure(max(lower), max(upper))


@dataclasses.dataclass(frozen=True)
class _Chain:
    """The values of a player as functions of ``p``: ``above[s] / below``, all linear."""

    above: list[Linear]
    below: Linear

    @classmethod
    def of(cls, game: Rational, response: tuple[int, ...], *, follower: bool) -> _Chain:
        rewards = game.follower if follower else game.leader
        discount = game.follower_discount if follower else game.leader_discount
        ends = []
        for first in (0, 1):
            steps = []
            for s, b in enumerate(response):
                a = first if len(game.leader[s]) == 2 else 0
                steps.append((rewards[s][a][b], game.transition[s][a][b]))
            matrix = [
                [Fraction(int(s == t)) - discount * move[t] for t in game.states] for s, (_, move) in enumerate(steps)
            ]
            determinant = _determinant(matrix)
            ends.append(([determinant * value for value in _values(steps, discount)], determinant))
        (above_0, below_0), (above_1, below_1) = ends
        return cls(list(zip(above_0, above_1, strict=True)), (below_0, below_1))


def _determinant(matrix: list[Vector]) -> Fraction:
    """By expansion along the first row: the systems have at most three rows."""
    if not matrix:
        return Fraction(1)
    total = Fraction(0)
    for column, entry in enumerate(matrix[0]):
        rest = [row[:column] + row[column + 1 :] for row in matrix[1:]]
        total += (-1) ** column * entry * _determinant(rest)
    return total


def _at(line: Linear, p: Fraction) -> Fraction:
    return (1 - p) * line[0] + p * line[1]


def _weighted(chain: _Chain, weights: Vector) -> Linear:
    first, second = ([line[end] for line in chain.above] for end in (0, 1))
    return _dot(weights, first), _dot(weights, second)


Quadratic = tuple[Fraction, Fraction, Fraction]


def _product(left: Linear, right: Linear) -> Quadratic:
    """Coefficients of ``p ** 2``, ``p`` and 1."""
    slope, ascend = left[1] - left[0], right[1] - right[0]
    return slope * ascend, slope * right[0] + ascend * left[0], left[0] * right[0]


def _gain(other: _Chain, mine: _Chain, s: int, loss: Fraction) -> Quadratic:
    """A positive multiple of ``v_other(s) - v_mine(s) - loss``: positive where ``mine`` is no answer."""
    terms = (
        _product(other.above[s], mine.below),
        _product(mine.above[s], other.below),
        _product(mine.below, other.below),
    )
    return tuple(x - y - loss * z for x, y, z in zip(*terms, strict=True))  # type: ignore[return-value]


def _value(quadratic: Quadratic, p: Fraction) -> Fraction:
    return (quadratic[0] * p + quadratic[1]) * p + quadratic[2]


def _ends(conditions: Sequence[Quadratic]) -> Iterator[tuple[Fraction, bool]]:
    """Points that hold the ends of ``{p in [0, 1]: every condition <= 0}`` between them; whether each belongs to it.

    Where an end is irrational the point on the far side of its enclosure comes too, marked as outside.
    """
    marks = _merged(
        [(Fraction(0), Fraction(0)), (Fraction(1), Fraction(1))] + [r for q in conditions for r in _roots(q)]
    )
    for low, high in marks:
        if low == high:
            if all(_value(q, low) <= 0 for q in conditions):
                yield low, True
        elif all(_least(q, low, high) <= 0 for q in conditions):
            yield low, False
            yield high, False
    for (before, start), (stop, after) in itertools.pairwise(marks):
        middle = (start + stop) / 2
        if all(_value(q, middle) <= 0 for q in conditions):
            yield start, True
            yield stop, True
            yield before, before == start
            yield after, after == stop


def _merged(marks: list[tuple[Fraction, Fraction]]) -> list[tuple[Fraction, Fraction]]:
    merged: list[tuple[Fraction, Fraction]] = []
    for low, high in sorted(marks):
        if merged and low <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], high)
        else:
            merged.append((low, high))
    return merged


def _least(quadratic: Quadratic, low: Fraction, high: Fraction) -> Fraction:
    """A lower bound over a short interval."""
    bend = abs(quadratic[0]) * (high - low) ** 2
    return min(_value(quadratic, low), _value(quadratic, high)) - bend


def _roots(quadratic: Quadratic) -> Iterator[tuple[Fraction, Fraction]]:
    """Enclosures of the roots in ``[0, 1]``, clipped to it."""
    square, slope, constant = quadratic
    found: list[tuple[Fraction, Fraction]] = []
    if square == 0:
        if slope != 0:
            found.append((-constant / slope, -constant / slope))
    else:
        discriminant = slope * slope - 4 * square * constant
        if discriminant >= 0:
            for low, high in {_square_root(discriminant), tuple(-x for x in reversed(_square_root(discriminant)))}:
                ends = sorted(((low - slope) / (2 * square), (high - slope) / (2 * square)))
                found.append((ends[0], ends[1]))
    for low, high in found:
        if high >= 0 and low <= 1:
            yield max(low, Fraction(0)), min(high, Fraction(1))


def _square_root(number: Fraction) -> tuple[Fraction, Fraction]:
    """The root, or an interval around it relative to whose size ``2 ** -ROOT_BITS`` is wide."""
    whole = number.numerator * number.denominator
    exact = math.isqrt(whole)
    if exact * exact == whole:
        root = Fraction(exact, number.denominator)
        return root, root
    scale = 1 << (2 * ROOT_BITS)
    below = math.isqrt(whole * scale)
    unit = number.denominator << ROOT_BITS
    return Fraction(below, unit), Fraction(below + 1, unit)
