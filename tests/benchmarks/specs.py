"""What is run: frozen specs of games, the registry of cases, and how a selection is made from it.

The *core* cases are what a run without a selection takes: random games at every size, and every other family at
5x3x3. Any choice of sizes or families selects from the whole registry instead.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from typing import Literal

from ssg_mip import Game
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.value_bounds import gap_scale, leader_value_bounds
from tests.benchmarks.families import FAMILIES, Size

Program = Literal["commitment", "improvement"]

SIZES = tuple(Size.parse(text) for text in ("3x2x2", "4x3x3", "5x3x3", "6x2x2", "6x3x3", "8x3x3", "10x3x3"))
MIDDLE = Size(5, 3, 3)
SMALLEST = Size(3, 2, 2)


@dataclasses.dataclass(frozen=True)
class Case:
    """A family at a size."""

    family: str
    size: Size

    @property
    def core(self) -> bool:
        """Whether a run without a selection takes it."""
        return self.family == "random" or self.size == MIDDLE


@dataclasses.dataclass(frozen=True)
class Spec:
    """One game and the program to solve on it."""

    case: Case
    seed: int
    program: Program = "commitment"

    @property
    def name(self) -> str:
        return f"{self.case.family}-{self.case.size}-seed{self.seed}-{self.program}"

    def build(self) -> Game:
        """The game."""
        return FAMILIES[self.case.family].build(self.case.size, self.seed)


@dataclasses.dataclass(frozen=True)
class Limits:
    """When a solver stops: seconds, and ``bound - value <= max(absolute_gap, gap |value|)``."""

    time_limit: float
    gap: float
    absolute_gap: float = 0.0

    def for_game(self, game: Game) -> Limits:
        """With the absolute gap that the package itself uses for this game, so that all stop by the same rule."""
        scale = gap_scale(leader_value_bounds(game), game.initial)
        return dataclasses.replace(self, absolute_gap=self.gap * scale)


REGISTRY: tuple[Case, ...] = tuple(Case(family, size) for size in SIZES for family in FAMILIES)


def select(families: Sequence[str] = (), sizes: Sequence[Size] = ()) -> tuple[Case, ...]:
    """The core cases, or all registered ones of the given families and sizes.

    Raises
    ------
    OptionError
        If a family or a size is not registered.
    """
    for label, given, known in (("family", families, FAMILIES), ("size", sizes, SIZES)):
        unknown = [item for item in given if item not in known]
        if unknown:
            raise OptionError(f"{label} is {str(unknown[0])!r}; it must be one of {', '.join(map(str, known))}")
    if not families and not sizes:
        return tuple(case for case in REGISTRY if case.core)
    return tuple(
        case for case in REGISTRY if (not families or case.family in families) and (not sizes or case.size in sizes)
    )


def parse_seeds(text: str) -> tuple[int, ...]:
    """From ``11-15`` or ``0,3,7-9``.

    Raises
    ------
    OptionError
        If the text is anything else.
    """
    seeds: list[int] = []
    for part in text.split(","):
        found = re.fullmatch(r"(\d+)(?:-(\d+))?", part.strip())
        if found is None:
            raise OptionError(f"seeds is {text!r}; it must be numbers and ranges, such as 11-15 or 0,3,7-9")
        seeds.extend(range(int(found[1]), int(found[2] or found[1]) + 1))
    return tuple(seeds)
