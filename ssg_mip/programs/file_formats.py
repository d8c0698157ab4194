"""Programs as files: LP and MPS for solvers of linear and quadratic rows, NL for those that read AMPL's format.

All three are written by Pyomo and keep every digit. LP files lose coefficients that are too small for readers
(:mod:`~ssg_mip.programs.small_numbers`); an MPS file is refused where there are such, because what would have to be
written in their place is known in LP files only. An NL file has no names of its own: ``NAME.row`` and ``NAME.col``
beside it hold those of its rows and columns, one a line, as AMPL writes them. What the names mean stands in
``NAME.lp.names.json`` (or ``.mps``, ``.nl``), which is the same for all formats.

Products are quadratic rows. In MPS files these are ``QCMATRIX`` sections, which HiGHS does not read.
"""

from __future__ import annotations

import dataclasses
import io
import re
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ssg_mip.base.deadline import Checkpoint, unhurried
from ssg_mip.errors import OptionError
from ssg_mip.game.game import Game
from ssg_mip.programs.lp_names import FileNames
from ssg_mip.programs.program import Program
from ssg_mip.programs.small_numbers import without_small_numbers

Names = dict[str, dict[str, Any]]
"""What the names of a file mean."""


@dataclasses.dataclass(frozen=True)
class Written:
    """The text of a file, those of the files beside it by their suffix, and what the names mean."""

    text: str
    names: Names
    beside: Mapping[str, str] = dataclasses.field(default_factory=dict)


def lp_text(game: Game, program: Program, checkpoint: Checkpoint = unhurried) -> tuple[str, Names]:
    """The LP file of a program, rows of the user's own included, and what its names mean.

    Written without coefficients that are too small for readers. The program is not changed.

    Raises
    ------
    OptionError
        If a row holds coefficients of too different sizes.
    """
    names = FileNames(game, program, checkpoint)
    return without_small_numbers(_plain_lp(program, names), names.absorbed), names.table


def _plain_lp(program: Program, names: FileNames) -> str:
    from pyomo.repn.plugins.lp_writer import LPWriter

    buffer = io.StringIO()
    LPWriter().write(program.model, buffer, labeler=names, allow_quadratic_objective=False)
    return _without_row_prefixes(buffer.getvalue(), names.table)


def _without_row_prefixes(text: str, names: Mapping[str, Any]) -> str:
    """Pyomo writes the row ``flow(dock)`` as ``c_e_flow(dock)_``; only the given name is kept."""

    def rename(found: re.Match[str]) -> str:
        return f"{found[1]}:" if found[1] in names else found[0]

    return re.sub(r"^(?:c_[elu]|r_[lu])_(.+)_:$", rename, text, flags=re.MULTILINE)


def _lp(game: Game, program: Program, checkpoint: Checkpoint) -> Written:
    return Written(*lp_text(game, program, checkpoint))


def _mps(game: Game, program: Program, checkpoint: Checkpoint) -> Written:
    """The MPS file in free format.

    Raises
    ------
    OptionError
        If a coefficient is too small for readers.
    """
    from pyomo.repn.plugins.mps import ProblemWriter_mps

    plain = _plain_lp(program, FileNames(game, program, checkpoint))
    if without_small_numbers(plain, FileNames(game, program, checkpoint).absorbed) != plain:
        raise OptionError(
            "the program holds coefficients that are too small for readers of MPS files: write an LP file, where their "
            "place is taken by columns of their own"
        )
    names = FileNames(game, program, checkpoint)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "program.mps"
        ProblemWriter_mps(int_marker=True)(program.model, str(path), lambda _: True, {"labeler": names})
        text = path.read_text(encoding="utf-8")

    def rename(found: re.Match[str]) -> str:
        return found[1] if found[1] in names.table else found[0]

    return Written(re.sub(r"(?<=\s)(?:c_[elu]|r_[lu])_(\S+)_(?=\s)", rename, text), names.table)


def _nl(game: Game, program: Program, checkpoint: Checkpoint) -> Written:
    """The NL file, with the names of rows (the objective last) and columns."""
    from pyomo.repn.plugins.nl_writer import NLWriter

    buffer, names = io.StringIO(), FileNames(game, program, checkpoint)
    info = NLWriter().write(program.model, buffer, linear_presolve=False, show_section_timing=False)
    rows = [names(row) for row in (*info.constraints, *info.objectives)]
    columns = [names(column) for column in info.variables]
    beside = {".row": _lines(rows), ".col": _lines(columns)}
    return Written(buffer.getvalue(), names.table, beside)


def _lines(words: list[str]) -> str:
    return "".join(f"{word}\n" for word in words)


FORMATS: Mapping[str, Callable[[Game, Program, Checkpoint], Written]] = {".lp": _lp, ".mps": _mps, ".nl": _nl}
"""How files are written, by the suffix by which solvers know the format."""
