"""The commands, put together: what ``ssg-mip --help`` lists."""

from __future__ import annotations

from typing import Annotated

import typer

from ssg_mip.api.exit_codes import MEANINGS
from ssg_mip.cli import batch, evaluate, existence, export, front, plot, reproduce, show, solve, validate, verify

_CODES = "\n\n".join(f"{int(code)}: {meaning}" for code, meaning in MEANINGS.items())

app = typer.Typer(
    name="ssg-mip",
    help="Two-player general-sum stochastic Stackelberg games: the leader's Pareto front, with proven bounds.\n\n"
    "Human text goes to stderr; --json prints one JSON object on stdout.",
    epilog=f"Exit codes\n\n{_CODES}\n\nSSG_MIP_TRACEBACK=1 in the environment shows the traceback of an "
    "unexpected failure.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from ssg_mip.base.provenance import versions

        labels = {"highs": "HiGHS", "pyomo": "Pyomo", "numpy": "NumPy", "scipy": "SciPy", "python": "Python"}
        for name, version in versions().items():
            typer.echo(f"{labels.get(name, name)} {version}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the versions of all parts."),
    ] = False,
) -> None:
    pass


app.command("solve", short_help="Find a policy, its value and a proven bound.")(solve.solve_instance)
app.command("front", short_help="Trace the Pareto front.")(front.front_of_instance)
app.command("existence", short_help="Say whether an equilibrium exists.")(existence.existence_of_instance)
app.command("batch", short_help="Solve every instance below a folder.")(batch.batch_of_folder)
app.command("evaluate", short_help="Say what a policy or a solution file is worth.")(evaluate.evaluate_file)
app.command("export", short_help="Write a program for other solvers.")(export.export_program)
app.command("plot", short_help="Draw a picture of a printed result.")(plot.plot_result)
app.command("verify", short_help="Check a printed result in exact arithmetic.")(verify.verify_result)
app.command("reproduce", short_help="Regenerate a table or figure of a paper.")(reproduce.reproduce_experiment)
app.command("validate", short_help="Check instance files.")(validate.validate_instances)
app.command("show", short_help="Show what an instance holds.")(show.show_instance)
