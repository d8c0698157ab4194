r"""Coefficients too small for the readers of LP files, taken out of a written file without cutting anything off.

Boxes of values that have all but collapsed, and rewards or probabilities that all but vanish, leave coefficients of
1e-12 or 1e-30 beside coefficients of 1. Readers differ on them: HiGHS ignores what is below 1e-9 and warns, and the
presolve of GLPK computes with it and calls feasible programs infeasible. A term ``c x`` whose coefficient is below
:data:`~ssg_mip.base.tolerances.SMALLEST_COEFFICIENT` of the largest in its row (and of 1) is therefore replaced by what
it can be, ``m <= c x <= M`` for ``l <= x <= u``:

* in ``rest + c x <= r`` the row becomes ``rest <= r - m``, and ``rest >= r - M`` in the other sense;
* in ``rest + c x = r``, and in the objective, ``c x`` becomes a column ``absorbed`` between ``m`` and ``M``; where
  ``M - m`` is rounding noise it is the number halfway.

So every solution of the program is one of the file (up to that noise in an equality), and one of the file misses a row
by at most ``M - m``. Where that could be more than :data:`~ssg_mip.base.tolerances.MOST_ABSORBED` of the largest
coefficient the file is refused, because it would be another program.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable
from fractions import Fraction

from ssg_mip.base.tolerances import ARITHMETIC, MOST_ABSORBED, SMALLEST_COEFFICIENT
from ssg_mip.errors import OptionError

Interval = tuple[float, float]
NewName = Callable[[str], str]
"""Names the column that absorbs what is dropped from the row of a given name."""

_SUSPECT = re.compile(r"^[+-](?:\d{6}|\S*e[+-])", re.MULTILINE)
"""Only blocks with such a number can hold a coefficient a billion times smaller than another one, or than 1."""
_TERM = re.compile(r"^([+-]\S+) (\S+)$", re.MULTILINE)
_BOUNDS = re.compile(r"^ +(\S+) <= (\S+) <= (\S+)$", re.MULTILINE)
_SENSE = re.compile(r"^([<>]?=) (\S+)$", re.MULTILINE)


def without_small_numbers(text: str, new_name: NewName) -> str:
    """An LP file as Pyomo writes it, without coefficients that readers cannot read alike.

    Parameters
    ----------
    text
        The file: one term a line, blocks of rows set apart by empty lines, bounds of every column at the end.
    new_name
        Called for each column that is added, with the name of its row.

    Raises
    ------
    OptionError
        If a row would change by more than readers tolerate.
    """
    head, mark, bounds = text.rpartition("\nbounds\n")
    blocks = head.split("\n\n")
    suspects = [place for place, block in enumerate(blocks) if _SUSPECT.search(block)]
    if not suspects:
        return text
    ranges = {name: (float(low), float(high)) for low, name, high in _BOUNDS.findall(bounds)}
    added: dict[str, Interval] = {}
    for place in suspects:
        blocks[place] = _cleaned(blocks[place], ranges, new_name, added)
    lines = "".join(f"   {low!r} <= {name} <= {high!r}\n" for name, (low, high) in added.items())
    return "\n\n".join(blocks) + mark + lines + bounds


@dataclasses.dataclass(frozen=True)
class _Row:
    """One block of the file: its name, the size of its largest coefficient, and the terms that are too small."""

    block: str
    name: str
    largest: float
    small: tuple[re.Match[str], ...]
    empties: bool
    """Whether no term is left without them."""

    @classmethod
    def read(cls, block: str) -> _Row:
        linear = block.partition("\n+ [")[0]
        terms = list(_TERM.finditer(linear))
        sizes = [abs(float(term[1])) for term in terms]
        largest = max([1.0, *sizes])
        small = [term for term, size in zip(terms, sizes, strict=True) if 0.0 < size < SMALLEST_COEFFICIENT * largest]
        found = re.search(r"^(\S+):$", block, re.MULTILINE)
        return cls(block, "" if found is None else found[1], largest, tuple(small), len(small) == len(terms))

    def without_terms(self) -> str:
        """The block without the terms that are too small; one stays, times 0, where a row would have none."""
        kept = self.block
        for place, term in reversed(list(enumerate(self.small))):
            stays = f"+0 {term[2]}\n" if self.empties and place == 0 else ""
            kept = kept[: term.start()] + stays + kept[term.end() + 1 :]
        return kept


def _cleaned(block: str, ranges: dict[str, Interval], new_name: NewName, added: dict[str, Interval]) -> str:
    row = _Row.read(block)
    if not row.small:
        return block
    low, high = _range_of(row, ranges)
    kept = row.without_terms()
    sense = _SENSE.search(kept)
    if sense is None:
        return _with_column(kept, row, (low, high), new_name, added)
    match sense[1]:
        case "<=":
            side = _rounded(Fraction(sense[2]) - low, up=True)
        case ">=":
            side = _rounded(Fraction(sense[2]) - high, up=False)
        case _ if high - low > ARITHMETIC * row.largest:
            return _with_column(kept, row, (low, high), new_name, added)
        case _:
            side = float(Fraction(sense[2]) - (low + high) / 2)
    return f"{kept[: sense.start()]}{sense[1]} {side!r}{kept[sense.end() :]}"


def _range_of(row: _Row, ranges: dict[str, Interval]) -> tuple[Fraction, Fraction]:
    """Smallest and largest value of the terms that are too small, together."""
    low = high = Fraction(0)
    for term in row.small:
        coefficient = Fraction(term[1])
        ends = ranges.get(term[2], (-math.inf, math.inf))
        if not all(map(math.isfinite, ends)):
            raise _refusal(row, term, math.inf)
        values = sorted(coefficient * Fraction(end) for end in ends)
        low, high = low + values[0], high + values[1]
        if high - low > MOST_ABSORBED * row.largest:
            raise _refusal(row, term, float(high - low))
    return low, high


def _refusal(row: _Row, term: re.Match[str], change: float) -> OptionError:
    return OptionError(
        f"the row {row.name!r} of the LP file holds the coefficient {float(term[1]):g} of {term[2]} beside one of size "
        f"{row.largest:g}; readers take less than {SMALLEST_COEFFICIENT:g} of the largest for nothing, which could "
        f"change the row by {change:g}: give the rewards in units in which they and the values are nearer to 1"
    )


def _with_column(
    kept: str, row: _Row, ends: tuple[Fraction, Fraction], new_name: NewName, added: dict[str, Interval]
) -> str:
    """The row with one column for all that was dropped; its coefficient is the largest one of the row."""
    size = Fraction(row.largest)
    column = new_name(row.name)
    added[column] = (_rounded(ends[0] / size, up=False), _rounded(ends[1] / size, up=True))
    return kept.replace(f"{row.name}:\n", f"{row.name}:\n+{row.largest!r} {column}\n", 1)


def _rounded(value: Fraction, *, up: bool) -> float:
    """The nearest float on the safe side."""
    near = float(value)
    if Fraction(near) == value or (Fraction(near) > value) == up:
        return near
    return math.nextafter(near, math.inf if up else -math.inf)
