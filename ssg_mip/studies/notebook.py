"""Where an experiment writes: tables row by row, pictures, and what it found beside what is printed."""

from __future__ import annotations

import csv
import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from ssg_mip.api.front_door import solve
from ssg_mip.base.deadline import Deadline
from ssg_mip.base.interrupt import Interrupt
from ssg_mip.errors import OptionError
from ssg_mip.game.game import Game
from ssg_mip.result import Result
from ssg_mip.studies.findings import Finding, Report

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PROOF_GAP = 1e-6
"""Relative gap of what a table calls the optimum: far below the digits that are printed."""

BOUND = "bound_over_stationary_leader_policies"
"""Heading of a column with proven bounds: which policies they hold over is part of what they say."""

_PICTURES = (".png", ".svg")


class Table:
    """A CSV file; each row is on the disk as soon as it is added."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self.columns = tuple(columns)
        self.rows: list[dict[str, Any]] = []
        self._file: TextIO = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file)
        self._write(self.columns)

    def add(self, **cells: Any) -> None:
        """Add a row; columns left out stay empty.

        Raises
        ------
        KeyError
            If there is no such column.
        """
        unknown = set(cells) - set(self.columns)
        if unknown:
            raise KeyError(f"no columns {sorted(unknown)}; columns are {', '.join(self.columns)}")
        self.rows.append(cells)
        self._write([_cell(cells.get(name)) for name in self.columns])

    def column(self, name: str, **where: Any) -> list[Any]:
        """The cells of a column in the rows where other columns have the given values."""
        return [row.get(name) for row in self.rows if all(row.get(key) == value for key, value in where.items())]

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, cells: Sequence[Any]) -> None:
        self._writer.writerow(cells)
        self._file.flush()


class Notebook:
    """Collects what an experiment does.

    Parameters
    ----------
    name
        The experiment's name; its files start with it.
    out
        The folder.
    seed
        Seed of every random choice.
    deadline, interrupt
        When to stop.
    on_progress
        Called with a line for each piece of work that is done.

    Raises
    ------
    OptionError
        If the folder cannot be made or written to.
    """

    def __init__(
        self,
        name: str,
        out: Path,
        *,
        seed: int = 0,
        deadline: Deadline | None = None,
        interrupt: Interrupt | None = None,
        on_progress: Callable[[str], None] | None = None,
    ) -> None:
        self.name = name
        self.seed = seed
        self.deadline = deadline or Deadline()
        self.interrupt = interrupt or Interrupt()
        self.findings: list[Finding] = []
        self.notes: list[str] = []
        self.report: Report
        self._out = out
        self._on_progress = on_progress
        self._tables: list[Table] = []
        self._files: list[Path] = []
        self._left_out = False
        self._before_the_stop = 0
        try:
            out.mkdir(parents=True, exist_ok=True)
            (out / f"{name}.md").write_text(f"# {name}\n\nNot finished.\n", encoding="utf-8")
        except OSError as error:
            raise OptionError(f"{out} cannot be written to: {error.strerror}; choose another folder") from None

    @property
    def stopped(self) -> bool:
        """Whether work should stop now; asking where work is left is what makes the report say so."""
        stop = self.interrupt.requested or self.deadline.expired
        if stop:
            self._leave_out()
        return stop

    def _leave_out(self) -> None:
        if not self._left_out:
            self._left_out, self._before_the_stop = True, len(self.findings)

    @property
    def incomplete(self) -> bool:
        """Whether work was left out so far, so that what disagrees with print may only lack time."""
        return self._left_out or self.interrupt.requested

    def verdict(self, agrees: bool) -> bool | None:
        """Whether something agrees with print; ``None`` where it does not, but work was left out."""
        return None if self.incomplete and not agrees else agrees

    def table(self, *columns: str, suffix: str = "") -> Table:
        """A table in ``NAME.csv``, or ``NAME-suffix.csv``."""
        path = self._path(".csv", suffix)
        table = Table(path, columns)
        self._tables.append(table)
        self._files.append(path)
        return table

    def say(self, text: str) -> None:
        """Tell people that a piece of work is done."""
        if self._on_progress is not None:
            self._on_progress(f"{self.name} [{self.deadline.elapsed:.0f} s] {text}")

    def find(self, what: str, printed: str, ours: str, agrees: bool | None, reading: str = "") -> None:
        """Write down a :class:`Finding`."""
        self.findings.append(Finding(what=what, printed=printed, ours=ours, agrees=agrees, reading=reading))

    def note(self, text: str) -> None:
        """Write down a remark."""
        self.notes.append(text)

    def picture(self, draw: Callable[[Any], Axes], suffix: str = "", *, projection: str | None = None) -> None:
        """Write ``draw(axes)`` as PNG and SVG; without matplotlib the report says that pictures are missing."""
        from ssg_mip.plot import save_picture

        for kind in _PICTURES:
            path = self._path(kind, suffix)
            try:
                save_picture(lambda _, ax: draw(ax), None, path, projection=projection)
            except OptionError as error:
                self.note(f"No picture {path.stem}: {error}")
                return
            self._files.append(path)

    def solve(self, game: Game, method: str, *, seconds: float, **options: Any) -> Result:
        """:func:`ssg_mip.solve` within what is left of the experiment's time, without a search near the answer."""
        given = {"seed": self.seed, "guarantee": False, "check": False, **options}
        limit = min(seconds, self.deadline.remaining)
        result = solve(game, method, time_limit=limit, interrupt=self.interrupt, **given)
        if limit < seconds and self.deadline.expired:
            self._leave_out()
        return result

    def close(self, title: str, settings: Mapping[str, Any], *, full: bool) -> None:
        """Close the tables and write the summary.

        What was found after work was left out disagrees with nothing: it may only lack time.
        """
        for table in self._tables:
            table.close()
        stopped = ""
        if self.incomplete:
            stopped = "interrupted by the user" if self.interrupt.requested else "the time limit was reached"
        summary = self._path(".md", "")
        self.report = Report(
            name=self.name,
            title=title,
            settings={"full": full, **settings},
            findings=tuple(
                dataclasses.replace(one, agrees=None)
                if self._left_out and one.agrees is False and place >= self._before_the_stop
                else one
                for place, one in enumerate(self.findings)
            ),
            notes=tuple(self.notes),
            files=(summary, *self._files),
            seconds=self.deadline.elapsed,
            stopped=stopped,
        )
        summary.write_text(self.report.to_markdown(), encoding="utf-8")

    def _path(self, kind: str, suffix: str) -> Path:
        return self._out / f"{self.name}{'-' if suffix else ''}{suffix}{kind}"


NOISE = 1e-12
"""What is called 0 in a text: the rounding of a linear solve with values up to some hundreds; tables keep it."""


def number(value: float) -> str:
    """Six significant digits."""
    return "0" if abs(value) < NOISE else f"{value:.6g}"


def _cell(value: Any) -> Any:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return f"{value:.10g}" if isinstance(value, float) else value
