"""The command ``reproduce``: the tables and figures of the papers."""

from __future__ import annotations

from typing import Annotated

import typer

from ssg_mip.api.exit_codes import ExitCode
from ssg_mip.base.interrupt import graceful_interrupt
from ssg_mip.cli import options
from ssg_mip.cli.console import say, write_json
from ssg_mip.cli.outcome import final_code


def reproduce_experiment(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The experiment; an unknown name lists them.", show_default=False)
    ],
    out: Annotated[
        str, typer.Option("--out", metavar="DIR", help="Folder for NAME.md, the tables (CSV) and the pictures.")
    ],
    seed: options.Seed = 0,
    full: Annotated[
        bool, typer.Option("--full", help="The settings of the paper, where the defaults are smaller.")
    ] = False,
    time_limit: options.TimeLimit = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="A setting of the experiment, as NAME.md lists them; repeat for more.",
            show_default=False,
        ),
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Regenerate a table or figure of a paper: data, pictures, and what is printed beside what comes out here.

    Rows are written as they come; --time-limit, Ctrl-C and SIGTERM leave what was done until then, and NAME.md says so.
    """
    from ssg_mip.report.experiments import experiment_report
    from ssg_mip.studies import reproduce

    with graceful_interrupt() as interrupt:
        report = reproduce(
            name,
            options.read_folder(out, "--out"),
            seed=seed,
            full=full,
            time_limit=time_limit,
            settings=options.read_settings(settings),
            on_progress=say,
            interrupt=interrupt,
        )
        code = final_code(ExitCode.DONE, None, interrupt)
        if as_json:
            code = write_json(report.to_dict(), code)
        else:
            say(*experiment_report(report))
    raise typer.Exit(code)
