"""``front --complete``: the whole front between attained points and proven bounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from ssg_mip.api.exit_codes import ExitCode
from ssg_mip.base.deadline import Deadline
from ssg_mip.base.interrupt import graceful_interrupt
from ssg_mip.base.status import Termination
from ssg_mip.cli.console import ProgressTable, write_json
from ssg_mip.cli.outcome import final_code, say_unless_json
from ssg_mip.cli.outputs import check_outputs
from ssg_mip.cli.plot_option import check_wish, draw_wish
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.best_response import Ties

if TYPE_CHECKING:
    from ssg_mip.pareto.enclosure.result import Enclosure


def enclose_instance(
    instance: Path,
    *,
    resolution: float | None,
    objective: Sequence[str] | None,
    without: Mapping[str, bool],
    ties: Ties,
    margin: float,
    deadline: Deadline,
    node_limit: int | None,
    memory_limit: str | None,
    seed: int,
    check: bool,
    plot: Path | None,
    axes: tuple[str, str] | None,
    as_json: bool,
    verbose: bool,
) -> NoReturn:
    """Enclose the front of an instance and print it.

    ``without`` says which options of ``front`` were given that have no meaning here.

    Raises
    ------
    OptionError
        If one of them was, or an argument is out of range.
    """
    from ssg_mip.pareto.enclosure.entry import enclose_front
    from ssg_mip.pareto.enclosure.objectives import parse_objective
    from ssg_mip.problem.files import read_problem
    from ssg_mip.report.fronts import enclosure_report

    idle = next((option for option, given in without.items() if given), None)
    if idle is not None:
        raise OptionError(f"{idle} has no effect with --complete; leave one of them out")
    if axes is not None and plot is None:
        raise OptionError("--axes belongs to --plot; add it, or leave it out")
    check_wish(plot)
    check_outputs({"--plot": plot}, {"the instance": instance})
    with graceful_interrupt() as interrupt:
        problem = read_problem(instance)
        enclosure = enclose_front(
            problem,
            objectives=None if objective is None else [parse_objective(problem.game, text) for text in objective],
            resolution=resolution,
            ties=ties,
            margin=margin,
            deadline=deadline,
            node_limit=node_limit,
            memory_limit=memory_limit,
            seed=seed,
            on_progress=ProgressTable(shown=verbose or None),
            interrupt=interrupt,
            check=check,
        )
        code = final_code(_exit_code(enclosure), enclosure.check.verified, interrupt)
        say_unless_json(enclosure_report, enclosure, as_json, verbose)
        if plot is not None and enclosure.points:
            code = _draw(enclosure, plot, axes) or code
        if as_json:
            code = write_json(enclosure.to_dict(), code)
    raise typer.Exit(code)


def _draw(enclosure: Enclosure, path: Path, axes: tuple[str, str] | None) -> int:
    """Two or three objectives that vary on as many axes, more of them in parallel coordinates."""
    from ssg_mip.plot import front_view

    count = len(front_view(enclosure).varying)
    if axes is not None or count <= 2:
        return draw_wish("plot_front", enclosure, path, states=axes)
    if count == 3:
        return draw_wish("plot_front_3d", enclosure, path, projection="3d")
    return draw_wish("plot_parallel", enclosure, path)


def _exit_code(enclosure: Enclosure) -> ExitCode:
    if enclosure.termination is Termination.INFEASIBLE:
        return ExitCode.INFEASIBLE
    return ExitCode.DONE if enclosure.points else ExitCode.NO_SOLUTION
