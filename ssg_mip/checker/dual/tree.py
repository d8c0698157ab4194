"""The tree of a bound certificate, replayed node by node."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from ssg_mip.checker.clock import never
from ssg_mip.checker.dual.demands import demands_of
from ssg_mip.checker.dual.document import Header, rounded_down, rounded_up
from ssg_mip.checker.dual.fields import listed_values, number, whole
from ssg_mip.checker.dual.leaf import LeafBounds
from ssg_mip.checker.dual.leaf_lines import read_defences, read_leaf
from ssg_mip.checker.dual.least import least_weighted_value
from ssg_mip.checker.dual.numbers import FINE, Numbers, highest
from ssg_mip.checker.dual.payoff_leaf import PayoffProof, read_payoff_leaf
from ssg_mip.checker.dual.policy_rows import NO_SIDES, Visits, sides_of
from ssg_mip.checker.dual.propagation import Propagation, Region
from ssg_mip.checker.dual.saddle import least_values, slack_of_opposites
from ssg_mip.checker.dual.value_leaf import (
    ValueBounds,
    held_to,
    read_mix_split,
    read_value_leaf,
    weighted_values,
)
from ssg_mip.checker.dual.wider_rows import wider_sides
from ssg_mip.checker.rational import ExactGame, exact_weights
from ssg_mip.checker.verification import Check, in_floats, yes_or_no
from ssg_mip.errors import InvalidResultError

DEEPEST = 1000
"""Splits and propagations on the way to a leaf at most; trees of searches are a few dozen deep."""


class Tree:
    """Walks the nodes of a certificate in their order.

    Parameters
    ----------
    exact, header
        What it is about, and what it claims.
    out_of_time
        Asked before every sweep and every leaf; once it says so, nothing more is replayed.

    Attributes
    ----------
    nodes, leaves, unproven
        How many were read, and how many leaves prove nothing.
    cut_off
        Whether the time was up before the last node.
    """

    def __init__(self, exact: ExactGame, header: Header, out_of_time: Callable[[], bool] = never) -> None:
        self._out_of_time = out_of_time
        self.cut_off = False
        self._header = header
        self._exact = exact
        self._numbers = Numbers.of(self._exact, header.weights)
        demands = demands_of(
            self._exact,
            header.weights,
            margin=header.margin,
            floor=header.floor,
            values=header.values,
            slack=header.slack,
        )
        sides = NO_SIDES if header.policy is None else sides_of(header.policy.rows, self._numbers.leader_counts)
        self._visits: Visits | None = None
        if sides.coupled and header.floor:
            raise InvalidResultError("rows that couple states do not go with floors")
        if header.policy is not None and sides.coupled and header.values is None:
            self._visits = Visits(self._numbers, header.grid, header.policy, sides.coupled)
        self._propagation = Propagation(self._numbers, header.grid, demands.margin)
        wider = wider_sides(header.costs, header.most)
        self._bounds = LeafBounds(self._numbers, header.grid, demands, sides, wider)
        self._values = ValueBounds(self._numbers, header.grid, Fraction(header.margin))
        self._root = rounded_down(header.lower, header.grid), rounded_up(header.upper, header.grid)
        self._places = self._numbers.num_states + (0 if self._visits is None else len(sides.coupled))
        self._ceiling = self._proven_ceiling()
        self._slack = slack_of_opposites(exact)
        self._least: Fraction | None = None
        self.unproven = 0
        self.nodes = self.leaves = 0

    def root_is_valid(self) -> bool:
        """Whether the follower's values lie in the root box, whatever the leader does."""
        lower, upper = self._root
        return self._propagation.is_upper_bound(upper) and self._propagation.is_lower_bound(lower)

    def _proven_ceiling(self) -> list[Fraction] | None:
        """The ceiling, if no joint action leads above it."""
        numbers, ceiling, grid = self._numbers, self._header.ceiling, self._header.grid
        if ceiling is None:
            return None
        values = rounded_up(ceiling, grid)
        for state, first in enumerate(numbers.first_row):
            for row in range(first, first + numbers.leader_counts[state] * numbers.follower_counts[state]):
                value = (numbers.leader_rewards[row][1] << grid) + highest(numbers.leader_moves[row], values)
                if value > values[state] << FINE:
                    return None
        return [Fraction(value, 1 << grid) for value in values]

    def replay(self, lines: Iterator[Any]) -> Fraction | None:
        """The largest bound of a leaf; ``None`` if the root holds no policy or a leaf proves nothing."""
        numbers = self._numbers
        everything = tuple(frozenset(range(count)) for count in numbers.follower_counts)
        open_nodes = [(Region(*self._whole_box(), everything), 0)]
        largest: Fraction | None = None
        while open_nodes:
            line = next(lines, None)
            if line is None:
                raise InvalidResultError(f"the tree ends with {len(open_nodes)} nodes missing")
            self.nodes += 1
            node, depth = open_nodes.pop()
            region = self._propagated(node)
            if self.cut_off:
                return None
            if not isinstance(line, list) or not line:
                raise InvalidResultError(f"line {self.nodes + 1} is not a node")
            if line[0] in ("u", "x", "h") and self._header.reduction is None:
                raise InvalidResultError(f"line {self.nodes + 1} is a node that the format of the file does not have")
            match line[0]:
                case "p" | "v" | "g" | "x" | "a":
                    if depth == DEEPEST:
                        raise InvalidResultError(f"line {self.nodes + 1} is deeper than {DEEPEST} nodes below the root")
                    open_nodes += ((part, depth + 1) for part in reversed(self._parts(line, region)))
                case "l" | "e" | "c" | "z" | "u" | "h":
                    bound = self._leaf(line, region)
                    if bound is not None:
                        largest = bound if largest is None else max(largest, bound)
                case kind:
                    raise InvalidResultError(f"line {self.nodes + 1} is a node of the unknown kind {kind!r}")
        return largest

    def _whole_box(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        lower, upper = self._root
        if self._visits is None:
            return lower, upper
        visits = self._visits.root
        return lower + visits[0], upper + visits[1]

    def outcome(self, proven: Fraction | None) -> list[Check]:
        """The checks on the whole tree."""
        return [
            yes_or_no("leaves_proven", self.unproven == 0, f"{self.unproven} of {self.leaves} leaves prove nothing"),
            self._bound_check(proven),
        ]

    def _bound_check(self, proven: Fraction | None) -> Check:
        claimed, demanding = self._header.bound, bool(self._header.outside or self._header.margin)
        if proven is None:
            # Some policy is stationary, so without demands a tree cannot be empty.
            empty = demanding and self.unproven == 0
            return yes_or_no("bound", empty, "no leaf holds a policy" if empty else "no leaf proves a bound")
        if claimed is None:
            return yes_or_no("bound", False, "that there is no policy as demanded is claimed, and not proven")
        excess = proven - Fraction(claimed)
        return Check(
            name="bound",
            passed=excess <= 0,
            violation=excess,
            tolerance=Fraction(0),
            detail=f"the leaves prove {in_floats(proven)}, claimed is {claimed!r}",
        )

    def _propagated(self, region: Region) -> Region:
        for sweep in range(self._header.sweeps + 1):
            self.cut_off = self.cut_off or self._out_of_time()
            if region.empty or self.cut_off or sweep == self._header.sweeps:
                break
            inside = self._propagation.sweep(region)
            if (inside.lower, inside.upper, inside.answers) == (region.lower, region.upper, region.answers):
                break
            region = inside
        if self._visits is None or region.empty or self.cut_off:
            return region
        count = self._numbers.num_states
        low, high = self._visits.tightened(region.lower[count:], region.upper[count:], region.answers)
        return dataclasses.replace(region, lower=region.lower[:count] + low, upper=region.upper[:count] + high)

    def _parts(self, line: list[Any], region: Region) -> list[Region]:
        """The parts of an inner node."""
        match line:
            case ["p"]:
                return [region]
            case ["v", place, value]:
                place = whole(place, 0, self._places - 1, "the place of a split")
                (value,) = rounded_down([number(value, "the value of a split")], self._header.grid)
                return [region.between(place, None, value), region.between(place, value, None)]
            case ["g", state, answer]:
                state = whole(state, 0, self._numbers.num_states - 1, "the state of a split")
                answer = whole(answer, 0, self._numbers.follower_counts[state] - 1, "the answer of a split")
                alone = frozenset([answer])
                return [region.answering(state, alone), region.answering(state, region.answers[state] - alone)]
            case ["a", state, actions]:
                return self._closings(state, actions, region)
            case ["x", *_]:
                state, share = read_mix_split(line, self._numbers)
                nothing, all_of_it = Fraction(0), Fraction(1)
                return [region.mixing(state, nothing, share), region.mixing(state, share, all_of_it)]
            case _:
                raise InvalidResultError(f"line {self.nodes + 1} is not a split: {line!r}")

    def _closings(self, state: Any, actions: Any, region: Region) -> list[Region]:
        """The parts in which one of more actions than a state may use is closed."""
        state = whole(state, 0, self._numbers.num_states - 1, "the state of a split")
        most = dict(self._header.most).get(state)
        last = self._numbers.leader_counts[state] - 1
        closed = [whole(action, 0, last, "the action of a split") for action in listed_values(actions)]
        if most is None or len(set(closed)) <= most or len(set(closed)) < len(closed):
            raise InvalidResultError(
                f"line {self.nodes + 1} closes one of the actions {closed} in state {state}, of which "
                f"{'all' if most is None else most} may be used: there must be more of them, each once"
            )
        return [region.without(state, action) for action in closed]

    def _leaf(self, line: list[Any], region: Region) -> Fraction | None:
        """The bound of a leaf; ``None`` where it is empty. A leaf that proves nothing is counted."""
        self.leaves += 1
        if line[0] == "l":
            leaf = read_leaf(line, self._header, self._numbers)
            if region.empty:
                return None
            value = self._bounds.value(leaf, region)
            if leaf.objective > 0:
                bound = value / Fraction(leaf.objective, 1 << leaf.scale)
                return None if self._below_all(bound) else bound
            self.unproven += value >= 0
            return None
        if line[0] == "u":
            return self._value_leaf(line, region)
        if line[0] == "h":
            return self._payoff_leaf(line)
        if region.empty:
            return None
        values: list[Fraction] | None = None
        if self._header.values is None and line[0] == "c":
            values = self._ceiling
        elif self._header.values is None and line[0] == "z" and self._slack is not None:
            defences = read_defences(line, self._header, self._numbers)
            values = least_values(self._numbers, self._header.grid, defences, self._slack)
        if values is None:
            self.unproven += 1
            return None
        if any(values[state] < Fraction(least) for state, least in self._header.floor):
            return None
        weights = exact_weights(self._header.weights)
        return sum((w * value for w, value in zip(weights, values, strict=True)), Fraction(0))

    def _below_all(self, bound: Fraction) -> bool:
        """Whether a bound that is to prove a node empty lies below what every pair of policies is worth."""
        if self._header.bound is not None or self._header.values is not None:
            return False
        if self._least is None:
            weights = exact_weights(self._header.weights)
            self._least = least_weighted_value(self._numbers, self._header.grid, weights)
        return bound < self._least

    def _payoff_leaf(self, line: list[Any]) -> Fraction | None:
        """The bound of a leaf of payoff sets, which is about all policies and says nothing of a single step."""
        leaf, proof = read_payoff_leaf(line, self._numbers), PayoffProof(self._numbers)
        upper = None if self._header.values is not None else proof.bound(leaf)
        if upper is None:
            self.unproven += 1
            return None
        return proof.weighted(upper, self._header.weights)

    def _value_leaf(self, line: list[Any], region: Region) -> Fraction | None:
        """The bound of a leaf of values, which says nothing of a single step."""
        leaf = read_value_leaf(line, self._numbers)
        if region.empty:
            return None
        proven = False if self._header.values is not None else self._values.proves(leaf, region)
        if proven is False:
            self.unproven += 1
        if not proven or held_to(leaf, self._header):
            return None
        return weighted_values(leaf, exact_weights(self._header.weights))


def nodes_skipped(lines: Iterator[Any]) -> int:
    """Pass over the nodes of a tree without a replay; how many there were comes back."""
    left, nodes = 1, 0
    for line in lines:
        nodes += 1
        kind = line[0] if isinstance(line, list) and line else None
        left += 1 if kind in ("v", "g", "x") else 0 if kind == "p" else _more_parts(line) if kind == "a" else -1
        if not left:
            break
    return nodes


def _more_parts(line: list[Any]) -> int:
    """How many nodes more are to come than before a node that closes actions."""
    return len(listed_values(line[2])) - 1 if len(line) == 3 else -1
