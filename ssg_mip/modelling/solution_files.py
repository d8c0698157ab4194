"""Solution files of other solvers: HiGHS, SCIP, Gurobi, CBC and the format of MIPLIB, told apart by what they hold.

=========  ===============================================  =======================
solver     a line of it                                     columns that are 0
=========  ===============================================  =======================
HiGHS      ``f(dock,patrol) 0.25`` below ``# Columns 53``   are there
Gurobi     ``f(dock,patrol) 2.5e-01``                       are there
SCIP       ``f(dock,patrol)  0.25  (obj:0)``                are left out
CBC        ``4 f(dock,patrol) 0.25 0``                      are left out
MIPLIB     ``f(dock,patrol) 0.25`` below ``=obj= 5.2``      are left out
=========  ===============================================  =======================
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from ssg_mip.errors import OptionError

LARGEST = 64 * 2**20
"""Bytes of the largest solution file that is read."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Solution:
    """The columns of a solution file.

    Attributes
    ----------
    values
        Value by name.
    solver
        Whose format it is.
    leaves_out_zeros
        Whether a column that is not there is 0.
    objective
        What the file says about the objective; NaN if nothing.
    """

    values: Mapping[str, float]
    solver: str
    leaves_out_zeros: bool
    objective: float = math.nan


def read_solution(path: Path) -> Solution:
    """The solution in a file.

    Raises
    ------
    OptionError
        If the file cannot be read, is too large, holds no solution, or a line of it is none of its format.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise OptionError(f"{path} holds {path.stat().st_size:,} bytes; at most {LARGEST:,} are read")
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise OptionError(f"the solution file: {path} is not a text file in UTF-8") from None
    except OSError as error:
        raise OptionError(f"the solution file: {path} cannot be read: {error.strerror or error}") from None
    return parse_solution(text, str(path))


def parse_solution(text: str, place: str) -> Solution:
    """The solution in the text of a file; ``place`` is what messages call it.

    Raises
    ------
    OptionError
        As :func:`read_solution`.
    """
    lines = text.splitlines()
    first = next((line.strip() for line in lines if line.strip()), "")
    if first.startswith("Model status"):
        solution = _highs(lines, place)
    elif re.match(r"(Optimal|Stopped|Unbounded|Infeasible|Integer infeasible)\b", first):
        solution = _cbc(lines, place)
    elif first.startswith("=obj="):
        objective = _number(first.split()[1:], place, first)
        solution = Solution(values=_pairs(lines, place), solver="MIPLIB", leaves_out_zeros=True, objective=objective)
    elif re.match(r"(solution status|objective value):", first) or first.startswith("no solution available"):
        objective = _labelled(lines, "objective value:", place)
        solution = Solution(values=_pairs(lines, place), solver="SCIP", leaves_out_zeros=True, objective=objective)
    elif first.startswith("#"):
        objective = _labelled(lines, "# Objective value =", place)
        solution = Solution(values=_pairs(lines, place), solver="Gurobi", leaves_out_zeros=False, objective=objective)
    else:
        raise OptionError(
            f"{place} begins with {first[:40]!r}; it must be a solution file of HiGHS, SCIP, Gurobi, CBC or MIPLIB, "
            "with a line of name and value for each column"
        )
    if not solution.values:
        raise OptionError(f"{place} holds no solution: the solver found none, or the file was cut off")
    return solution


def _highs(lines: list[str], place: str) -> Solution:
    """The columns between ``# Columns`` and ``# Rows``."""
    starts = [number for number, line in enumerate(lines) if line.startswith("# Columns")]
    if not starts:
        if any(re.match(r"\s+Index\s+Status", line) for line in lines):
            raise OptionError(f"{place} is HiGHS's table for readers; write the raw style: write_solution_style = 0")
        raise OptionError(f"{place} holds no solution: HiGHS says {' '.join(lines[1:2])!r}, and no columns follow")
    after = lines[starts[0] + 1 :]
    ends = [number for number, line in enumerate(after) if line.startswith("#")]
    columns = after[: ends[0]] if ends else after
    promised = re.match(r"# Columns (\d+)$", lines[starts[0]].strip())
    values = _pairs(columns, place)
    if promised is not None and len(values) != int(promised[1]):
        raise OptionError(f"{place} announces {promised[1]} columns and holds {len(values)}; the file was cut off")
    objective = _labelled(lines, "Objective", place)
    return Solution(values=values, solver="HiGHS", leaves_out_zeros=False, objective=objective)


def _cbc(lines: list[str], place: str) -> Solution:
    """Lines of number, name, value and reduced cost, some marked by ``**``."""
    rows = (line.replace("**", " ").split() for line in lines[1:] if line.strip())
    values = _collected(((row[1:3], " ".join(row)) for row in rows), place)
    found = re.search(r"objective value (\S+)", lines[0])
    objective = math.nan if found is None else _number([found[1]], place, lines[0])
    return Solution(values=values, solver="CBC", leaves_out_zeros=True, objective=objective)


_REMARKS = ("#", "=", "solution status:", "objective value:", "no solution available")
"""How lines begin that are about the whole solution."""


def _pairs(lines: Iterable[str], place: str) -> dict[str, float]:
    """Name and value from every line that is no remark."""
    rows = (line.strip() for line in lines if line.strip() and not line.strip().startswith(_REMARKS))
    return _collected(((re.sub(r"\(obj:[^)]*\)$", "", row).split(), row) for row in rows), place)


def _collected(rows: Iterator[tuple[list[str], str]], place: str) -> dict[str, float]:
    values: dict[str, float] = {}
    for fields, row in rows:
        if len(fields) != 2:
            raise OptionError(f"{place} holds the line {row[:60]!r}; it must be a name and a value")
        if fields[0] in values:
            raise OptionError(f"{place} holds the column {fields[0]!r} twice")
        values[fields[0]] = _number(fields[1:], place, row)
    return values


def _number(fields: list[str], place: str, row: str) -> float:
    try:
        return float(fields[0])
    except (IndexError, ValueError):
        raise OptionError(f"{place} holds the line {row[:60]!r}, where a number is missing") from None


def _labelled(lines: list[str], label: str, place: str) -> float:
    """The number after a label; NaN where there is no such line."""
    row = next((line for line in lines if line.strip().startswith(label)), None)
    return math.nan if row is None else _number(row.strip()[len(label) :].split(), place, row)
