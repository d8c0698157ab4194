"""How far the numbers of a compiled program are apart, looked at before the first solve.

Linear programming in floating point works with numbers of similar size. Three things are worth a warning, and each
names its rows:

* **wide rows**: the largest coefficient of a row is more than :data:`WIDE` times its smallest. A feasibility tolerance
  that is small against the one is large against the other;
* **lost entries**: coefficients below :data:`SMALLEST`, which HiGHS reads as 0. Bounds recomputed from multipliers use
  the true ones and stay valid; points may be a little off;
* **loose big-M**: a binary's coefficient is more than :data:`LOOSE` times what the continuous terms of its row can
  reach. An integer that is off by its tolerance then moves the row by a multiple of all that happens in it, and the
  optimum of the mixed-integer program may be wrong without any sign of it: such a program is refused
  (:func:`is_loose`). The constants of this package's own programs come from interval bounds and are never so large.

A term *reaches* its coefficient times the largest value of its column. Terms that stay below the feasibility tolerance
(what widening a bound of 0 by rounding noise leaves, for example) are left out of all this.
"""

from __future__ import annotations

import dataclasses
import logging

import numpy as np
from numpy.typing import NDArray

from ssg_mip.base.printable import printable
from ssg_mip.base.tolerances import ROUNDING
from ssg_mip.lp.compiled import CompiledProgram
from ssg_mip.numerics.array_types import FloatArray, IntArray

WIDE = 1e8
"""Ratio of the largest to the smallest coefficient of a row from which the row is named."""

SMALLEST = 1e-9
"""Smaller coefficients are read as 0 by HiGHS (its option ``small_matrix_value``)."""

LOOSE = 1e4
"""Ratio of a big-M to the reach of the other terms in its row from which it is refused."""

ADVICE = "bring the rewards, probabilities and weights to similar sizes"
"""What users can do about all three."""

SHOWN = 5
"""Rows that are named; the others are counted."""

logger = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, kw_only=True)
class RangeReport:
    """The sizes of a program's numbers, ``(smallest, largest)`` without zeros and infinities, and the rows at fault.

    Attributes
    ----------
    coefficients, objective, bounds, right_hand_sides
        Ranges; ``(0, 0)`` where there is no number.
    wide_rows, lost_entries, loose_rows
        Names of rows; see the module.
    """

    coefficients: tuple[float, float]
    objective: tuple[float, float]
    bounds: tuple[float, float]
    right_hand_sides: tuple[float, float]
    wide_rows: tuple[str, ...]
    lost_entries: tuple[str, ...]
    loose_rows: tuple[str, ...]

    @property
    def summary(self) -> str:
        """All ranges on one line."""
        named = {
            "coefficients": self.coefficients,
            "objective": self.objective,
            "bounds": self.bounds,
            "right-hand sides": self.right_hand_sides,
        }
        return ", ".join(f"{label} {low:.3g} to {high:.3g}" for label, (low, high) in named.items())

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is worth a warning, one sentence each."""
        found = (
            (self.wide_rows, f"coefficients that differ by more than a factor of {WIDE:g}"),
            (self.lost_entries, f"coefficients below {SMALLEST:g}, which the solver reads as 0"),
            (self.loose_rows, f"a big-M more than {LOOSE:g} times what the other terms can reach"),
        )
        return tuple(f"{_some(rows)}: {what}" for rows, what in found if rows)


def range_report(program: CompiledProgram) -> RangeReport:
    """Look at the numbers of a program."""
    smallest, largest = _extremes_by_row(program)
    with np.errstate(invalid="ignore"):
        wide = largest > WIDE * smallest
    return RangeReport(
        coefficients=_range(program.coefficient),
        objective=_range(program.objective),
        bounds=_range(np.concatenate((program.column_lower, program.column_upper))),
        right_hand_sides=_range(np.concatenate((program.row_lower, program.row_upper))),
        wide_rows=_names(program, np.flatnonzero(wide)),
        lost_entries=_names(program, np.flatnonzero(smallest < SMALLEST)),
        loose_rows=_names(program, _loose_rows(program)),
    )


def warn_of_ranges(program: CompiledProgram, game_name: str, *, given: FloatArray | None = None) -> None:
    """Log the ranges, and a warning for each kind of trouble that users can do something about.

    Parameters
    ----------
    program, game_name
        The program, and the game's name for the log.
    given
        Where a program holds other numbers than the user's, as the values of a policy: his own. Where those are of
        similar size the trouble is not theirs, and it is logged without a warning.
    """
    report = range_report(program)
    logger.debug("%s: %s", game_name, report.summary)
    theirs = given is None or _are_apart(given)
    level, advice = (logging.WARNING, f"; {ADVICE}") if theirs else (logging.DEBUG, "")
    for warning in report.warnings:
        logger.log(level, "%s: %s%s", printable(game_name), printable(warning), advice)


def _are_apart(numbers: FloatArray) -> bool:
    """Whether some numbers differ as much as coefficients of a row must to be named, or are lost."""
    smallest, largest = _range(numbers)
    return largest > WIDE * smallest or smallest < SMALLEST


def is_loose(program: CompiledProgram) -> bool:
    """Whether a mixed-integer program has a big-M that the solver's integer tolerance could make wrong."""
    return bool(len(_loose_rows(program)))


def _extremes_by_row(program: CompiledProgram) -> tuple[FloatArray, FloatArray]:
    """Smallest and largest size of a coefficient that matters per row; infinite and 0 in rows without one."""
    size = np.abs(program.coefficient)
    present = _reach(program) > ROUNDING
    smallest, largest = np.full(program.num_rows, np.inf), np.zeros(program.num_rows)
    np.minimum.at(smallest, program.row_index[present], size[present])
    np.maximum.at(largest, program.row_index[present], size[present])
    return smallest, largest


def _loose_rows(program: CompiledProgram) -> IntArray:
    """Rows in which a binary's coefficient exceeds the reach of all continuous terms by the factor :data:`LOOSE`."""
    binary: NDArray[np.bool_] = program.integer[program.column_index]
    reach = np.bincount(program.row_index[~binary], _reach(program)[~binary], program.num_rows).astype(float)
    big = np.zeros(program.num_rows)
    np.maximum.at(big, program.row_index[binary], np.abs(program.coefficient[binary]))
    return np.flatnonzero((reach > 0.0) & (big > LOOSE * reach))


def _reach(program: CompiledProgram) -> FloatArray:
    """The largest size of every term; infinite where its column is unbounded."""
    largest = np.maximum(np.abs(program.column_lower), np.abs(program.column_upper))[program.column_index]
    present = program.coefficient != 0.0
    reach = np.zeros(len(present))
    reach[present] = np.abs(program.coefficient[present]) * largest[present]
    return reach


def _range(numbers: FloatArray) -> tuple[float, float]:
    size = np.abs(numbers[np.isfinite(numbers) & (numbers != 0.0)])
    return (float(size.min()), float(size.max())) if len(size) else (0.0, 0.0)


def _names(program: CompiledProgram, rows: IntArray) -> tuple[str, ...]:
    return tuple(program.row_names[row] for row in rows.tolist())


def _some(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - SHOWN} more rows" if len(names) > SHOWN else ""
    return f"{'row' if len(names) == 1 else 'rows'} {', '.join(names[:SHOWN])}{more}"
