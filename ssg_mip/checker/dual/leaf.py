r"""What a leaf's multipliers prove: an upper bound on a region, or that it holds no policy.

Everything is a whole number over ``2^(scale + grid + FINE)``: multipliers over ``2^scale``, boxes over ``2^grid``,
coefficients of the game over ``2^FINE``. Sums are rounded upwards.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

from ssg_mip.checker.dual.box_rows import BoxRows
from ssg_mip.checker.dual.cut_terms import Cut, add_cut
from ssg_mip.checker.dual.demands import NO_DEMANDS, Demands
from ssg_mip.checker.dual.numbers import FINE, Enclosure, Numbers, Terms, highest, shifted_up
from ssg_mip.checker.dual.policy_rows import NO_SIDES, PolicySides
from ssg_mip.checker.dual.propagation import Region
from ssg_mip.checker.dual.wider_rows import NO_WIDER_SIDES, WiderSides
from ssg_mip.errors import InvalidResultError


@dataclasses.dataclass(frozen=True, kw_only=True)
class PolicyTerm:
    """A side of a row on the leader's policy with its multiplier.

    ``place`` is the ``t`` of the ``h(t)`` or, on the ``upper_side``, of the ``1 - h(t)`` that it is multiplied with;
    ``None`` for the side itself.
    """

    side: int
    place: int | None
    upper_side: bool
    multiplier: int

    def add(self, coefficient: Enclosure, grid: int, products: list[int]) -> int:
        """What ``-coefficient`` times a variable adds to its reduced value, and to those of its ``products``."""
        low, high = coefficient
        by = self.multiplier
        negated, same = (-by * (low if by >= 0 else high)) << grid, (by * (high if by >= 0 else low)) << grid
        if self.place is None:
            return negated
        products[self.place] += same if self.upper_side else negated
        return negated if self.upper_side else 0


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
    policy
        By state and answer, rows on the leader's policy within the state.
    single
        By state, answer and action of the leader, the follower's rows for that action alone: the follower's other
        action, or the answer itself, with its multiplier.
    """

    states: tuple[int, ...]
    base: tuple[int, ...]
    base_times_value: tuple[tuple[int, ...], ...]
    incentive: dict[tuple[int, int, int], int]
    cuts: tuple[Cut, ...]
    policy: dict[tuple[int, int], tuple[PolicyTerm, ...]] = dataclasses.field(default_factory=dict)
    single: dict[tuple[int, int, int], tuple[tuple[int, int], ...]] = dataclasses.field(default_factory=dict)


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
        The block of occupancies; ``None`` for the improvement program.
    conditional
        Blocks of single states.
    floored
        Blocks of occupancies from the states that have a floor, in the order of the floors.
    floor, share
        Multipliers of the rows of the floors, one for each, and of the rows that compare occupancies, one for each
        joint action; empty without floors.
    improve
        Multipliers of the rows that forbid a loss, one for each state; empty for the commitment program.
    coupling
        Rows on the leader's policy across states.
    visits
        Multipliers of ``sum x g = g``, one for each coupled state.
    costs
        Bounds on costs.
    """

    scale: int
    objective: int
    lower: tuple[int, ...]
    upper: tuple[int, ...]
    occupancy: Block | None
    conditional: tuple[Block, ...]
    floored: tuple[Block, ...] = ()
    floor: tuple[int, ...] = ()
    share: tuple[int, ...] = ()
    improve: tuple[int, ...] = ()
    coupling: tuple[PolicyTerm, ...] = ()
    visits: tuple[int, ...] = ()
    costs: tuple[PolicyTerm, ...] = ()

    @property
    def blocks(self) -> Iterator[Block]:
        """All of them."""
        if self.occupancy is not None:
            yield self.occupancy
        yield from self.floored
        yield from self.conditional


_Key = tuple[int, int, int]
"""State, leader action and answer."""

_Reduced = tuple[int, list[int]]
"""What is left of a variable and of its products with every ``h(t)``."""

_Cost = Callable[[int, int], int]
"""Of a row and its state: its coefficient in the objective and in the rows that stand outside the blocks."""

_Plain = Callable[[int, int], tuple[int, list[int]]]
"""Of a row and the place of its state in the block: what flow rows and objective leave to ``y`` and to every ``m``."""


class LeafBounds:
    """Bounds regions of one game by leaves.

    Parameters
    ----------
    numbers
        The game and the weights.
    grid
        Boxes are multiples of ``2^-grid``.
    demands
        What is asked of the policies besides.
    sides, wider
        Rows on the leader's policy; costs, and the states of one action.
    """

    def __init__(
        self,
        numbers: Numbers,
        grid: int,
        demands: Demands = NO_DEMANDS,
        sides: PolicySides = NO_SIDES,
        wider: WiderSides = NO_WIDER_SIDES,
    ) -> None:
        self._numbers = numbers
        self._grid = grid
        self._demands = demands
        self._sides = sides
        self._wider = wider

    def value(self, leaf: Leaf, region: Region) -> Fraction:
        """The proven upper bound on ``objective`` times what is maximised, over the policies of a region.

        Raises
        ------
        InvalidResultError
            If the reference box does not contain the region or a multiplier has the wrong sign.
        """
        _check(leaf, region, self._sides)
        _check_wider(leaf, self._wider)
        numbers, demands = self._numbers, self._demands
        rows = BoxRows(numbers, self._grid, leaf.lower, leaf.upper, demands.margin)
        slopes = [0] * numbers.num_states
        total = 0
        if self._sides.coupled and demands.reference is None:
            return self._coupled(leaf, region, rows)
        if leaf.occupancy is not None:
            total += self._occupancies(
                leaf.occupancy, numbers.weights, self._value_cost(leaf), region, rows, slopes, leaf.costs
            )
            total += self._cost_constants(leaf, slopes)
        for place, (block, floor) in enumerate(zip(leaf.floored, demands.floors, strict=True)):
            cost = self._floor_cost(leaf, place)
            total += self._occupancies(block, floor.start, cost, region, rows, slopes)
            total -= (leaf.floor[place] * floor.least) << self._grid
        for block in leaf.conditional:
            total += self._probabilities(block, self._gain_cost(leaf), region, rows, slopes, leaf.coupling)
        total += self._coupling_constants(leaf, slopes)
        total += sum(self._values_part(slope, t, leaf, region) for t, slope in enumerate(slopes))
        return Fraction(total, 1 << (leaf.scale + self._grid + FINE))

    def _value_cost(self, leaf: Leaf) -> _Cost:
        """Of an occupancy: the leader's reward, and its side of the comparison."""
        rewards, share = self._numbers.leader_rewards, leaf.share

        def cost(row: int, _state: int) -> int:
            return leaf.objective * rewards[row][1] + (share[row] << FINE if share else 0)

        return cost

    def _floor_cost(self, leaf: Leaf, place: int) -> _Cost:
        """Of an occupancy from a state with a floor: what it adds to the value there, and the other side."""
        rewards, by, weight = self._numbers.leader_rewards, leaf.floor[place], self._demands.floors[place].weight

        def cost(row: int, _state: int) -> int:
            return by * rewards[row][1] - leaf.share[row] * weight

        return cost

    def _gain_cost(self, leaf: Leaf) -> _Cost:
        """Of a probability: what it gains in the improvement program, else nothing."""
        reference = self._demands.reference

        def cost(row: int, state: int) -> int:
            if reference is None:
                return 0
            return leaf.objective * reference.weighted[row] + leaf.improve[state] * reference.gains[row]

        return cost

    def _occupancies(
        self,
        block: Block,
        start: Sequence[Enclosure],
        price: _Cost,
        region: Region,
        rows: BoxRows,
        slopes: list[int],
        costs: Sequence[PolicyTerm] = (),
    ) -> int:
        """Constants of the flow rows, and the most that the occupancies can add; ``slopes`` grow along."""
        constant, plain = self._flow(block, start, price, slopes, costs)
        largest = _largest(_reduced(self._numbers, block, region, rows, plain, self._sides, self._grid))
        total = self._numbers.weight_total[1 if largest >= 0 else 0]
        return constant + shifted_up(largest * total, FINE)

    def _flow(
        self,
        block: Block,
        start: Sequence[Enclosure],
        price: _Cost,
        slopes: list[int],
        costs: Sequence[PolicyTerm] = (),
    ) -> tuple[int, _Plain]:
        """Constants of the flow rows, and what they leave to the occupancies; ``slopes`` grow along."""
        numbers, grid = self._numbers, self._grid
        weights: Terms = tuple((s, low, high) for s, (low, high) in enumerate(start))
        by_value = list(zip(*block.base_times_value, strict=True))
        for t, multipliers in enumerate(by_value):
            slopes[t] += highest(weights, multipliers)

        def plain(row: int, state: int) -> tuple[int, list[int]]:
            moves = numbers.leader_moves[row]
            cost = price(row, state) - (block.base[state] << FINE)
            products = [(highest(moves, mine) - (mine[state] << FINE)) << grid for mine in by_value]
            factor = (cost + highest(moves, block.base)) << grid
            for term in costs:
                factor += term.add(self._wider.costs[term.side].costs[row], grid, products)
            return factor, products

        return highest(weights, block.base) << grid, plain

    def _probabilities(
        self,
        block: Block,
        price: _Cost,
        region: Region,
        rows: BoxRows,
        slopes: list[int],
        coupling: Sequence[PolicyTerm] = (),
    ) -> int:
        """The same for the probabilities of one state, in which rows across states may stand."""
        constant, plain = self._simplex(block, price, slopes)
        found = _reduced(self._numbers, block, region, rows, plain, self._sides, self._grid)
        return constant + _largest(self._with_coupling(found, coupling))

    def _with_coupling(
        self, found: Iterator[tuple[_Key, int, list[int]]], coupling: Sequence[PolicyTerm]
    ) -> Iterator[tuple[_Key, int, list[int]]]:
        """What is left of probabilities and their products when rows across states are counted too."""
        for (state, leader, answer), factor, products in found:
            for term in coupling:
                own = self._sides.coupling[term.side].coefficients.get(state)
                if own is not None:
                    factor += term.add(own[leader], self._grid, products)
            yield (state, leader, answer), factor, products

    def _simplex(self, block: Block, price: _Cost, slopes: list[int]) -> tuple[int, _Plain]:
        """Constants of the rows of one state's probabilities, and what they leave to these."""
        (state,), by_value, grid = block.states, block.base_times_value[0], self._grid
        for t, multiplier in enumerate(by_value):
            slopes[t] += multiplier << FINE

        def plain(row: int, _place: int) -> tuple[int, list[int]]:
            cost = price(row, state) - (block.base[0] << FINE)
            return cost << grid, [-multiplier << (FINE + grid) for multiplier in by_value]

        return block.base[0] << (FINE + grid), plain

    def _coupled(self, leaf: Leaf, region: Region, rows: BoxRows) -> Fraction:
        """The bound where rows couple states, whose occupancies are their probabilities times ``d``."""
        numbers, sides, grid = self._numbers, self._sides, self._grid
        if leaf.occupancy is None:
            raise InvalidResultError("a leaf lacks its block of occupancies")
        slopes = [0] * numbers.num_states
        total, plain = self._flow(leaf.occupancy, numbers.weights, self._value_cost(leaf), slopes, leaf.costs)
        total += self._cost_constants(leaf, slopes)
        visited: dict[_Key, _Reduced] = {}
        others: list[int] = []
        for key, factor, products in _reduced(numbers, leaf.occupancy, region, rows, plain, sides, grid):
            if key[0] in sides.coupled:
                visited[key] = factor, products
            else:
                others.append(factor + sum(value for value in products if value > 0))
        # What is not visited in coupled states is visited elsewhere, at least 0.
        largest = max(0, max(others, default=0))
        total += shifted_up(largest * numbers.weight_total[1], FINE)
        total += self._coupling_constants(leaf, slopes)
        brackets = Fraction(0)
        for block in leaf.conditional:
            (state,) = block.states
            if state not in sides.coupled:
                total += self._probabilities(block, self._gain_cost(leaf), region, rows, slopes)
                continue
            constant, plain = self._simplex(block, self._gain_cost(leaf), slopes)
            total += constant
            found = _reduced(numbers, block, region, rows, plain, sides, grid)
            brackets += self._bracket(leaf, state, found, visited)
            brackets += self._visits_part(leaf, region, sides.coupled.index(state), largest)
        total += sum(self._values_part(slope, t, leaf, region) for t, slope in enumerate(slopes))
        return (total + brackets) / (1 << (leaf.scale + grid + FINE))

    def _coupling_constants(self, leaf: Leaf, slopes: list[int]) -> int:
        """Constants of the rows that couple states; ``slopes`` grow along."""
        return self._limits(leaf.coupling, [side.limit for side in self._sides.coupling], slopes)

    def _cost_constants(self, leaf: Leaf, slopes: list[int]) -> int:
        """Constants of the bounds on costs; ``slopes`` grow along."""
        return self._limits(leaf.costs, [side.limit for side in self._wider.costs], slopes)

    def _limits(self, terms: Sequence[PolicyTerm], limits: Sequence[Enclosure], slopes: list[int]) -> int:
        """What the limits of rows with multipliers add; ``slopes`` grow along."""
        total = 0
        for term in terms:
            # In limit - row >= 0 the limit stands like a coefficient with the other sign, of a variable that is 1.
            low, high = limits[term.side]
            products = [0] * len(slopes)
            total += term.add((-high, -low), 0, products)
            for t, value in enumerate(products):
                slopes[t] += value
        return total << self._grid

    def _bracket(
        self,
        leaf: Leaf,
        state: int,
        found: Iterator[tuple[_Key, int, list[int]]],
        visited: dict[_Key, _Reduced],
    ) -> int | Fraction:
        """The most that the probabilities of a coupled state and its occupancies can add: at one end of ``d``."""
        number, grid = self._sides.coupled.index(state), self._grid
        place = self._numbers.num_states + number
        best: int | None = None
        for key, factor, products in self._with_coupling(found, leaf.coupling):
            by_visits, products_by_visits = visited[key]
            for end, visits in enumerate((leaf.lower[place], leaf.upper[place])):
                value = ((factor - (end * leaf.visits[number] << (FINE + grid))) << grid) + by_visits * visits
                for mine, other in zip(products, products_by_visits, strict=True):
                    value += max(0, (mine << grid) + other * visits)
                best = value if best is None else max(best, value)
        if best is None:
            raise InvalidResultError("a leaf covers no open answer")
        return Fraction(best, 1 << grid)

    def _visits_part(self, leaf: Leaf, region: Region, number: int, largest: int) -> Fraction:
        """The most that ``d`` of a coupled state itself can add: what is not visited there may be visited elsewhere."""
        place = self._numbers.num_states + number
        low, width = leaf.lower[place], leaf.upper[place] - leaf.lower[place]
        by = leaf.visits[number] << (FINE + self._grid)
        ends = (region.lower[place], region.upper[place])
        if width == 0:
            return max(by, 0) + max(Fraction(-largest * end, 1 << self._grid) for end in ends)
        return max(Fraction(by * (end - low), width) - Fraction(largest * end, 1 << self._grid) for end in ends)

    def _values_part(self, slope: int, t: int, leaf: Leaf, region: Region) -> int:
        """The largest ``slope * h(t)`` over the region."""
        width = leaf.upper[t] - leaf.lower[t]
        if width == 0:
            return max(slope, 0) << self._grid
        end = (region.upper if slope >= 0 else region.lower)[t] - leaf.lower[t]
        return -((-slope * end << self._grid) // width)


def _largest(entries: Iterator[tuple[_Key, int, list[int]]]) -> int:
    """The largest ``red(y) + sum_t max(0, red(m_t))``."""
    best = max(
        (factor + sum(value for value in products if value > 0) for _, factor, products in entries), default=None
    )
    if best is None:
        raise InvalidResultError("a leaf covers no open answer")
    return best


def _reduced(
    numbers: Numbers, block: Block, region: Region, rows: BoxRows, plain: _Plain, sides: PolicySides, grid: int
) -> Iterator[tuple[_Key, int, list[int]]]:
    """``red(y)`` and every ``red(m_t)`` of the open joint actions of a block."""
    cuts: dict[tuple[int, int], list[Cut]] = {}
    for cut in block.cuts:
        cuts.setdefault((cut.state, cut.answer), []).append(cut)
    for place, state in enumerate(block.states):
        for answer in region.answers[state]:
            for leader in region.actions(state, numbers.leader_counts[state]):
                factor, products = plain(numbers.row(state, leader, answer), place)
                first = numbers.row(state, leader, 0)
                for action in range(numbers.follower_counts[state]):
                    multiplier = block.incentive.get((state, answer, action), 0)
                    if not multiplier:
                        continue
                    side = 1 if multiplier >= 0 else 0
                    factor += multiplier * (rows.of_factor[first + action][side] - rows.lead(answer, action))
                    for t, *ends in rows.of_products[first + action]:
                        products[t] += multiplier * ends[side]
                for action, multiplier in block.single.get((state, answer, leader), ()):
                    side = 1 if multiplier >= 0 else 0
                    factor += multiplier * (rows.of_factor[first + action][side] - rows.lead(answer, action))
                    for t, *ends in rows.of_products[first + action]:
                        products[t] += multiplier * ends[side]
                for cut in cuts.get((state, answer), ()):
                    factor += add_cut(cut, leader, first, rows, products)
                for term in block.policy.get((state, answer), ()):
                    factor += term.add(sides.statewise[term.side].excess[leader], grid, products)
                yield (state, leader, answer), factor, products


def _check(leaf: Leaf, region: Region, sides: PolicySides) -> None:
    inside = all(
        low <= mine and theirs <= high
        for low, mine, theirs, high in zip(leaf.lower, region.lower, region.upper, leaf.upper, strict=True)
    )
    if not inside:
        raise InvalidResultError("the reference box of a leaf does not contain the box of its node")
    if leaf.objective < 0:
        raise InvalidResultError(f"a leaf multiplies the objective by {leaf.objective}; it must be at least 0")
    if any(value < 0 for value in (*leaf.floor, *leaf.share, *leaf.improve)):
        raise InvalidResultError("a leaf multiplies a demand on the leader's values by a negative number")
    for block in leaf.blocks:
        if any(value < 0 and answer != action for (_, answer, action), value in block.incentive.items()):
            raise InvalidResultError("a leaf multiplies an inequality between follower actions by a negative number")
        if any(cut.multiplier < 0 for cut in block.cuts):
            raise InvalidResultError("a leaf multiplies a second-level row by a negative number")
        for (state, _), terms in block.policy.items():
            _check_terms(terms, [side.equation for side in sides.statewise])
            if any(sides.statewise[term.side].state != state for term in terms):
                raise InvalidResultError("a leaf multiplies a row on the leader's policy in another state")
    _check_terms(leaf.coupling, [side.equation for side in sides.coupling])


def _check_wider(leaf: Leaf, wider: WiderSides) -> None:
    _check_terms(leaf.costs, [side.equation for side in wider.costs], "bound on a cost")
    for block in leaf.blocks:
        for (state, answer, _), entries in block.single.items():
            if state not in wider.single or state not in block.states:
                raise InvalidResultError(f"a leaf has a row for single actions of state {state}, which may use several")
            if any(multiplier < 0 and action != answer for action, multiplier in entries):
                raise InvalidResultError("a leaf multiplies an inequality for a single action by a negative number")


def _check_terms(
    terms: Sequence[PolicyTerm], equations: Sequence[bool], what: str = "row on the leader's policy"
) -> None:
    if any(term.multiplier < 0 and not equations[term.side] for term in terms):
        raise InvalidResultError(f"a leaf multiplies a {what} by a negative number")
