r"""What a leaf's multipliers prove: an upper bound on a region, or that it holds no policy.

Everything is a whole number over ``2^(scale + grid + FINE)``: multipliers over ``2^scale``, boxes over ``2^grid``,
coefficients of the game over ``2^FINE``. Sums are rounded upwards.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from fractions import Fraction

from ssg_mip.certificates.dual.cut_terms import Cut, add_cut
from ssg_mip.certificates.dual.numbers import FINE, Enclosure, Numbers, Terms, highest, lowest, shifted_up
from ssg_mip.certificates.dual.propagation import Region
from ssg_mip.errors import InvalidResultError


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Block:
    """Multipliers of one block of variables: occupancies, or the probabilities of one state.

    Attributes
    ----------
    states
        The states that it covers: all for occupancies, one for probabilities.
    base
        Multipliers of the flow rows, one per state covered; of the row ``sum x = 1`` for probabilities.
    base_times_value
        Of the same rows times ``h(t)``, ``[state covered][t]``.
    incentive
        Of the incentive rows by ``(s, b, c)``; where ``b != c`` at least 0. Rows left out have multiplier 0.
    cuts
        Second-level rows with their multipliers.
    """

    states: tuple[int, ...]
    base: tuple[int, ...]
    base_times_value: tuple[tuple[int, ...], ...]
    incentive: dict[tuple[int, int, int], int]
    cuts: tuple[Cut, ...]


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Leaf:
    """The proof of a leaf.

    Attributes
    ----------
    scale
        Multipliers are multiples of ``2^-scale``.
    objective
        Multiplier of the objective, at least 0; with 0 the leaf claims that its region is empty.
    lower, upper
        The reference box, in multiples of ``2^-grid``.
    occupancy
        The block of occupancies.
    conditional
        Blocks of single states.
    """

    scale: int
    objective: int
    lower: tuple[int, ...]
    upper: tuple[int, ...]
    occupancy: Block
    conditional: tuple[Block, ...]


_Plain = Callable[[int, int], tuple[int, list[int]]]
"""Of a row and the place of its state in the block: what flow rows and objective leave to ``y`` and to every ``m``."""


class LeafBounds:
    """Bounds regions of one game by leaves."""

    def __init__(self, numbers: Numbers, grid: int) -> None:
        self._numbers = numbers
        self._grid = grid

    def value(self, leaf: Leaf, region: Region) -> Fraction:
        """The proven upper bound on ``objective`` times the leader's value, over the policies of a region.

        Raises
        ------
        InvalidResultError
            If the reference box does not contain the region or a multiplier has the wrong sign.
        """
        _check(leaf, region)
        rows = BoxRows(self._numbers, self._grid, leaf.lower, leaf.upper)
        slopes = [0] * self._numbers.num_states
        total = self._occupancies(leaf, region, rows, slopes)
        for block in leaf.conditional:
            total += self._probabilities(block, region, rows, slopes)
        total += sum(self._values_part(slope, t, leaf, region) for t, slope in enumerate(slopes))
        return Fraction(total, 1 << (leaf.scale + self._grid + FINE))

    def _occupancies(self, leaf: Leaf, region: Region, rows: BoxRows, slopes: list[int]) -> int:
        """Constants of the flow rows, and the most that the occupancies can add; ``slopes`` grow along."""
        numbers, block, grid = self._numbers, leaf.occupancy, self._grid
        start = numbers.weights
        weights: Terms = tuple((s, low, high) for s, (low, high) in enumerate(start))
        by_value = list(zip(*block.base_times_value, strict=True))
        for t, multipliers in enumerate(by_value):
            slopes[t] += highest(weights, multipliers)

        def plain(row: int, state: int) -> tuple[int, list[int]]:
            moves = numbers.leader_moves[row]
            cost = leaf.objective * numbers.leader_rewards[row][1] - (block.base[state] << FINE)
            products = [(highest(moves, mine) - (mine[state] << FINE)) << grid for mine in by_value]
            return (cost + highest(moves, block.base)) << grid, products

        largest = _largest(numbers, block, region, rows, plain)
        total = numbers.weight_total[1 if largest >= 0 else 0]
        return (highest(weights, block.base) << grid) + shifted_up(largest * total, FINE)

    def _probabilities(self, block: Block, region: Region, rows: BoxRows, slopes: list[int]) -> int:
        """The same for the probabilities of one state."""
        by_value, grid = block.base_times_value[0], self._grid
        for t, multiplier in enumerate(by_value):
            slopes[t] += multiplier << FINE

        def plain(_row: int, _state: int) -> tuple[int, list[int]]:
            return -block.base[0] << (FINE + grid), [-multiplier << (FINE + grid) for multiplier in by_value]

        return (block.base[0] << (FINE + grid)) + _largest(self._numbers, block, region, rows, plain)

    def _values_part(self, slope: int, t: int, leaf: Leaf, region: Region) -> int:
        """The largest ``slope * h(t)`` over the region."""
        width = leaf.upper[t] - leaf.lower[t]
        if width == 0:
            return max(slope, 0) << self._grid
        end = (region.upper if slope >= 0 else region.lower)[t] - leaf.lower[t]
        return -((-slope * end << self._grid) // width)


class BoxRows:
    """The incentive rows on a reference box: per row ``(s, a, c)`` the coefficients of ``y`` and of every ``m``."""

    def __init__(self, numbers: Numbers, grid: int, lower: Sequence[int], upper: Sequence[int]) -> None:
        widths = [high - low for low, high in zip(lower, upper, strict=True)]
        self.of_factor: list[Enclosure] = [
            (lowest(moves, lower) - (high << grid), highest(moves, lower) - (low << grid))
            for moves, (low, high) in zip(numbers.own_moves, numbers.follower_rewards, strict=True)
        ]
        self.of_products: list[Terms] = [
            tuple((t, low * widths[t], high * widths[t]) for t, low, high in moves) for moves in numbers.own_moves
        ]


def _largest(numbers: Numbers, block: Block, region: Region, rows: BoxRows, plain: _Plain) -> int:
    """The largest ``red(y) + sum_t max(0, red(m_t))`` over the open joint actions of a block."""
    cuts: dict[tuple[int, int], list[Cut]] = {}
    for cut in block.cuts:
        cuts.setdefault((cut.state, cut.answer), []).append(cut)
    best: int | None = None
    for place, state in enumerate(block.states):
        for answer in region.answers[state]:
            for leader in range(numbers.leader_counts[state]):
                factor, products = plain(numbers.row(state, leader, answer), place)
                first = numbers.row(state, leader, 0)
                for action in range(numbers.follower_counts[state]):
                    multiplier = block.incentive.get((state, answer, action), 0)
                    if not multiplier:
                        continue
                    side = 1 if multiplier >= 0 else 0
                    factor += multiplier * rows.of_factor[first + action][side]
                    for t, *ends in rows.of_products[first + action]:
                        products[t] += multiplier * ends[side]
                for cut in cuts.get((state, answer), ()):
                    factor += add_cut(cut, leader, first, rows.of_factor, rows.of_products, products)
                reduced = factor + sum(value for value in products if value > 0)
                best = reduced if best is None else max(best, reduced)
    if best is None:
        raise InvalidResultError("a leaf covers no open answer")
    return best


def _check(leaf: Leaf, region: Region) -> None:
    inside = all(
        low <= mine and theirs <= high
        for low, mine, theirs, high in zip(leaf.lower, region.lower, region.upper, leaf.upper, strict=True)
    )
    if not inside:
        raise InvalidResultError("the reference box of a leaf does not contain the box of its node")
    if leaf.objective < 0:
        raise InvalidResultError(f"a leaf multiplies the objective by {leaf.objective}; it must be at least 0")
    for block in (leaf.occupancy, *leaf.conditional):
        if any(value < 0 and answer != action for (_, answer, action), value in block.incentive.items()):
            raise InvalidResultError("a leaf multiplies an inequality between follower actions by a negative number")
        if any(cut.multiplier < 0 for cut in block.cuts):
            raise InvalidResultError("a leaf multiplies a second-level row by a negative number")
