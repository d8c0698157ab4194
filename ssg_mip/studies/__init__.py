"""The tables and figures of the papers, as code that regenerates them (``ssg-mip reproduce NAME --out DIR``).

An experiment is a module with

``TITLE``
    what it regenerates, and from where;
``Settings``
    a frozen dataclass, every member with a default;
``FULL``
    the settings of the paper where the defaults are smaller: ``{member: value}``;
``run(notebook, settings)``
    which does the work and writes it down in a :class:`~ssg_mip.studies.notebook.Notebook`.

Its files are ``NAME.md`` (what is printed, what we get, how they differ and why), one or more CSV files, and pictures
as PNG and SVG. Rows are written as they come, so that a run that is stopped leaves what it had.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from ssg_mip.base.deadline import Deadline
from ssg_mip.base.interrupt import Interrupt, given_or_graceful
from ssg_mip.base.rules import CALLBACK, FLAG, INTERRUPT, PATH, SEED, TABLE, checked, one_of, optional
from ssg_mip.errors import InvalidGameError, OptionError
from ssg_mip.runs.settings import read_settings
from ssg_mip.studies.findings import Report
from ssg_mip.studies.notebook import Notebook

EXPERIMENTS: dict[str, str] = {
    "table-1": "ssg_mip.studies.table_1",
    "figure-1": "ssg_mip.studies.figure_1",
    "figure-2": "ssg_mip.studies.figure_2",
    "figure-3": "ssg_mip.studies.figure_3",
    "policy-teaching": "ssg_mip.studies.policy_teaching",
    "se-versus-ne": "ssg_mip.studies.se_versus_ne",
    "escape": "ssg_mip.studies.escape",
    "maintain": "ssg_mip.studies.maintain",
    "matrix-games": "ssg_mip.studies.matrix_games",
    "two-goals": "ssg_mip.studies.two_goals",
    "highway-merge": "ssg_mip.studies.highway_merge",
    "security-grid": "ssg_mip.studies.security_grid",
    "methods-compared": "ssg_mip.studies.methods_compared",
}
"""Names and the modules that implement them."""

__all__ = ["EXPERIMENTS", "Notebook", "Report", "find_experiment", "reproduce"]


def find_experiment(name: str) -> types.ModuleType:
    """The module of an experiment.

    Raises
    ------
    OptionError
        If there is no such experiment; the message lists the known ones.
    """
    one_of(EXPERIMENTS).check("experiment", name)
    return import_module(EXPERIMENTS[name])


@checked(
    out=PATH,
    seed=SEED,
    full=FLAG,
    settings=optional(TABLE),
    on_progress=optional(CALLBACK),
    interrupt=optional(INTERRUPT),
)
def reproduce(
    name: str,
    out: Path | str,
    *,
    seed: int = 0,
    full: bool = False,
    time_limit: float | None = None,
    settings: Mapping[str, Any] | None = None,
    on_progress: Callable[[str], None] | None = None,
    interrupt: Interrupt | None = None,
) -> Report:
    """Run an experiment and write its tables, pictures and summary into a folder.

    Parameters
    ----------
    name
        One of :data:`EXPERIMENTS`.
    out
        The folder; made if absent, files of an earlier run are replaced.
    seed
        Seed of every random choice.
    full
        Whether to take the settings of the paper where the defaults are smaller.
    time_limit
        Seconds for the whole experiment; what is left out then is named.
    settings
        Members of the experiment's ``Settings`` to change.
    on_progress
        Called with a line for each piece of work that is done.
    interrupt
        A flag to stop from another thread; if absent, the first Ctrl-C stops the run.

    Returns
    -------
    Report
        What was found and which files were written.

    Raises
    ------
    OptionError
        If an argument is unknown or out of range, or the folder cannot be written to.
    """
    module = find_experiment(name)
    asked = {**(module.FULL if full else {}), **(settings or {})}
    chosen = read_settings(module.Settings, asked, name, owner="experiment")
    deadline = Deadline(time_limit)
    with given_or_graceful(interrupt) as flag:
        notebook = Notebook(name, Path(out), seed=seed, deadline=deadline, interrupt=flag, on_progress=on_progress)
        try:
            module.run(notebook, chosen)
        except InvalidGameError as error:
            problem = str(error).replace("\n  -", "").splitlines()[0]
            raise OptionError(f"the settings of experiment {name!r} make no game: {problem}; change --set") from None
        finally:
            notebook.close(module.TITLE, {**dataclasses.asdict(chosen), "seed": seed}, full=full)
    return notebook.report
