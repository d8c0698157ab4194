"""``verify_bound``: does a certificate prove its bound? Replayed in exact arithmetic, without any solver."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from ssg_mip.certificates.dual.document import (
    Header,
    lines_of,
    number,
    read_header,
    rounded_down,
    rounded_up,
    whole,
)
from ssg_mip.certificates.dual.leaf import LeafBounds
from ssg_mip.certificates.dual.leaf_lines import read_defences, read_leaf
from ssg_mip.certificates.dual.numbers import FINE, Numbers, highest
from ssg_mip.certificates.dual.propagation import Propagation, Region
from ssg_mip.certificates.dual.saddle import is_zero_sum, weighted_value
from ssg_mip.certificates.rational import ExactGame, exact_weights
from ssg_mip.certificates.verification import VERIFICATION_FORMAT, Check, Checked, yes_or_no
from ssg_mip.errors import InvalidResultError
from ssg_mip.game import Game


@dataclasses.dataclass(frozen=True, kw_only=True)
class BoundVerification(Checked):
    """What a replay found; if every check passed, ``weights @ V <= claimed`` for every stationary leader policy.

    Attributes
    ----------
    claimed
        The bound that the certificate claims.
    proven
        The bound that its leaves prove; ``None`` if they prove none.
    weights
        Weights over states of the value that is bounded, exactly normalised.
    nodes, leaves
        Size of the tree, as far as it was read.
    """

    claimed: float
    proven: Fraction | None
    weights: tuple[Fraction, ...]
    nodes: int
    leaves: int

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON data."""
        return {
            "format": VERIFICATION_FORMAT,
            "subject": "bound",
            "passed": self.passed,
            "bound_certified": self.passed,
            "bound": self.claimed,
            "bound_scope": "over stationary leader policies",
            "nodes": self.nodes,
            "leaves": self.leaves,
            "checks": [check.to_dict() for check in self.checks],
        }


def verify_bound(game: Game, certificate: Path | Iterable[Any]) -> BoundVerification:
    """Replay a certificate (:mod:`ssg_mip.certificates.dual`).

    Parameters
    ----------
    game
        The game that it is about.
    certificate
        Its file, or the values of its lines.

    Raises
    ------
    InvalidResultError
        If it is malformed: a line that is no node, a number out of range, nodes missing or left over.
    """
    lines = iter(lines_of(certificate) if isinstance(certificate, Path) else certificate)
    header = read_header(next(lines, None))
    if len(header.weights) != game.num_states:
        raise InvalidResultError(f"the certificate has {len(header.weights)} states, the game {game.num_states}")
    tree = _Tree(game, header)
    right_game = header.game_hash == game.content_hash
    checks = [
        yes_or_no("game_hash", right_game, f"about {header.game_hash!r}, the game has {game.content_hash!r}"),
        yes_or_no("root_box", tree.root_is_valid(), "the root box holds the follower's values"),
    ]
    proven = None
    if all(check.passed for check in checks):
        proven = tree.replay(lines)
        checks += tree.outcome(proven)
    return BoundVerification(
        claimed=header.bound,
        proven=proven,
        weights=exact_weights(header.weights),
        nodes=tree.nodes,
        leaves=tree.leaves,
        checks=tuple(checks),
    )


class _Tree:
    """Walks the nodes of a certificate in their order."""

    def __init__(self, game: Game, header: Header) -> None:
        self._header = header
        self._exact = ExactGame.of(game)
        self._numbers = Numbers.of(self._exact, header.weights)
        self._propagation = Propagation(self._numbers, header.grid)
        self._bounds = LeafBounds(self._numbers, header.grid)
        self._root = rounded_down(header.lower, header.grid), rounded_up(header.upper, header.grid)
        self._ceiling = self._proven_ceiling()
        self._unproven = 0
        self.nodes = self.leaves = 0

    def root_is_valid(self) -> bool:
        """Whether the follower's values lie in the root box, whatever the leader does."""
        lower, upper = self._root
        return self._propagation.is_upper_bound(upper) and self._propagation.is_lower_bound(lower)

    def _proven_ceiling(self) -> Fraction | None:
        """The weighted ceiling, if no joint action leads above it."""
        numbers, ceiling, grid = self._numbers, self._header.ceiling, self._header.grid
        if ceiling is None:
            return None
        values = rounded_up(ceiling, grid)
        for state, first in enumerate(numbers.first_row):
            for row in range(first, first + numbers.leader_counts[state] * numbers.follower_counts[state]):
                value = (numbers.leader_rewards[row][1] << grid) + highest(numbers.leader_moves[row], values)
                if value > values[state] << FINE:
                    return None
        weights = exact_weights(self._header.weights)
        return sum((w * Fraction(value, 1 << grid) for w, value in zip(weights, values, strict=True)), Fraction(0))

    def replay(self, lines: Iterator[Any]) -> Fraction | None:
        """The largest bound of a leaf; ``None`` if the root holds no policy or a leaf proves nothing."""
        numbers = self._numbers
        everything = tuple(frozenset(range(count)) for count in numbers.follower_counts)
        open_nodes = [Region(*self._root, everything)]
        largest: Fraction | None = None
        for line in lines:
            if not open_nodes:
                raise InvalidResultError(f"line {self.nodes + 2} follows the last node of the tree")
            self.nodes += 1
            region = self._propagated(open_nodes.pop())
            if not isinstance(line, list) or not line:
                raise InvalidResultError(f"line {self.nodes + 1} is not a node")
            match line[0]:
                case "p" | "v" | "g":
                    open_nodes += reversed(self._parts(line, region))
                case "l" | "e" | "c" | "z":
                    bound = self._leaf(line, region)
                    if bound is not None:
                        largest = bound if largest is None else max(largest, bound)
                case kind:
                    raise InvalidResultError(f"line {self.nodes + 1} is a node of the unknown kind {kind!r}")
        if open_nodes:
            raise InvalidResultError(f"the tree ends with {len(open_nodes)} nodes missing")
        return largest

    def outcome(self, proven: Fraction | None) -> list[Check]:
        """The checks on the whole tree."""
        excess = Fraction(0) if proven is None else proven - Fraction(self._header.bound)
        return [
            yes_or_no("leaves_proven", self._unproven == 0, f"{self._unproven} of {self.leaves} leaves prove nothing"),
            Check(
                name="bound",
                passed=proven is not None and excess <= 0,
                violation=excess,
                tolerance=Fraction(0),
                detail="no leaf proves a bound"
                if proven is None
                else f"the leaves prove {float(proven)!r}, claimed is {self._header.bound!r}",
            ),
        ]

    def _propagated(self, region: Region) -> Region:
        for _ in range(self._header.sweeps):
            if region.empty:
                break
            inside = self._propagation.sweep(region)
            if (inside.lower, inside.upper, inside.answers) == (region.lower, region.upper, region.answers):
                break
            region = inside
        return region

    def _parts(self, line: list[Any], region: Region) -> list[Region]:
        """The parts of an inner node."""
        match line:
            case ["p"]:
                return [region]
            case ["v", place, value]:
                place = whole(place, 0, self._numbers.num_states - 1, "the place of a split")
                (value,) = rounded_down([number(value, "the value of a split")], self._header.grid)
                return [region.between(place, None, value), region.between(place, value, None)]
            case ["g", state, answer]:
                state = whole(state, 0, self._numbers.num_states - 1, "the state of a split")
                answer = whole(answer, 0, self._numbers.follower_counts[state] - 1, "the answer of a split")
                alone = frozenset([answer])
                return [region.answering(state, alone), region.answering(state, region.answers[state] - alone)]
            case _:
                raise InvalidResultError(f"line {self.nodes + 1} is not a split: {line!r}")

    def _leaf(self, line: list[Any], region: Region) -> Fraction | None:
        """The bound of a leaf; ``None`` where it is empty. A leaf that proves nothing is counted."""
        self.leaves += 1
        if line[0] == "l":
            leaf = read_leaf(line, self._header, self._numbers)
            if region.empty:
                return None
            value = self._bounds.value(leaf, region)
            if leaf.objective > 0:
                return value / Fraction(leaf.objective, 1 << leaf.scale)
            self._unproven += value >= 0
            return None
        if region.empty:
            return None
        bound = None
        if line[0] == "c":
            bound = self._ceiling
        elif line[0] == "z" and is_zero_sum(self._exact):
            defences = read_defences(line, self._header, self._numbers)
            bound = weighted_value(self._numbers, exact_weights(self._header.weights), self._header.grid, defences)
        self._unproven += bound is None
        return bound
