"""The command ``export``: a program as a file for other solvers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, cast

import typer

from ssg_mip.cli import options
from ssg_mip.cli.clock import command_deadline
from ssg_mip.cli.console import say, write_json
from ssg_mip.cli.outputs import check_outputs, file_named


def export_program(
    instance: options.Instance,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File to write: .lp, .mps or .nl.", dir_okay=False)],
    program: Annotated[
        str, typer.Option(help="improvement (of --policy, in every state), or commitment.")
    ] = "improvement",
    form: Annotated[
        str,
        typer.Option(
            help="bilinear (exact, with products), strong (exact, as our search solves it), milp (deterministic "
            "leader) or relaxation; the last two are linear."
        ),
    ] = "bilinear",
    policy: options.PolicyFile = None,
    weights: options.Weights = None,
    scalarisation: options.ScalarisationGiven = None,
    margin: options.Margin = 0.0,
    levels: Annotated[
        int | None,
        typer.Option(
            help="With --form milp of the commitment program: probabilities are multiples of 1/LEVELS.",
            show_default=False,
        ),
    ] = None,
    time_limit: options.TimeLimit = None,
    as_json: options.AsJson = False,
) -> None:
    """Write a program for other solvers, with FILE.names.json to map its names back.

    The suffix of FILE says the format; beside an NL file stand its names, in .row and .col.
    """
    from ssg_mip.exact.conflict import refuse_conflict
    from ssg_mip.game.policy import LeaderPolicy
    from ssg_mip.problem.files import read_problem
    from ssg_mip.programs.export import export

    legend = file.with_name(f"{file.name}.names.json")
    check_outputs(
        {"FILE": file, "its names": legend},
        {
            "the instance": instance,
            "--policy": policy,
            "--weights": file_named(weights),
            "--scalarisation": file_named(scalarisation),
        },
    )
    problem = read_problem(instance)
    refuse_conflict(problem)
    table = options.read_policy(policy)
    export(
        problem,
        file,
        # checked there, with the known names in the message
        program=cast(Any, program),
        form=cast(Any, form),
        policy=None if table is None else LeaderPolicy.from_names(problem.game, table),
        weights=options.read_weights(weights),
        scalarisation=options.read_scalarisation(scalarisation),
        margin=margin,
        levels=levels,
        deadline=command_deadline(time_limit),
    )
    if as_json:
        asked = {"game": problem.game.name, "file": str(file), "program": program, "form": form}
        raise typer.Exit(write_json({"format": "ssg-mip-export/1", **asked}))
    say(f"written: {file}")
