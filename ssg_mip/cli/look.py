"""The commands that compute nothing: ``validate``, ``show`` and ``export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, cast

import typer

from ssg_mip.cli import options
from ssg_mip.cli.clock import command_deadline
from ssg_mip.cli.console import say, say_error, write_json
from ssg_mip.cli.outputs import check_outputs, file_named
from ssg_mip.errors import InvalidGameError
from ssg_mip.exit_codes import ExitCode


def validate_instances(
    instances: Annotated[
        list[Path],
        typer.Argument(metavar="INSTANCE...", help="Instance files."),
    ],
    as_json: options.AsJson = False,
) -> None:
    """Check instance files; say of each invalid one what is wrong, where, and how to mend it."""
    from ssg_mip.files import read_instance

    rows: list[dict[str, Any]] = []
    for path in instances:
        try:
            game = read_instance(path)
        except InvalidGameError as error:
            rows.append({"file": str(path), "valid": False, "error": str(error)})
            say_error(str(error))
        else:
            rows.append({"file": str(path), "valid": True, "game": game.name, "game_hash": game.content_hash})
            if not as_json:
                say(f"{path}: valid, states: {game.num_states}, joint actions: {game.num_rows}")
    valid = all(row["valid"] for row in rows)
    code = int(ExitCode.DONE if valid else ExitCode.INVALID_INSTANCE)
    if as_json:
        code = write_json({"format": "ssg-mip-validation/1", "valid": valid, "files": rows}, code)
    raise typer.Exit(code)


def show_instance(
    instance: options.Instance, as_json: options.AsJson = False, verbose: options.Verbose = False
) -> None:
    """Show what an instance holds: sizes, discounts, states and actions, and what is known about it."""
    from ssg_mip.files import read_instance
    from ssg_mip.report.games import game_report, game_summary

    game = read_instance(instance)
    if as_json:
        raise typer.Exit(write_json(game_summary(game)))
    say(*game_report(game, limit=None if verbose else 40))


def export_program(
    instance: options.Instance,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="LP file to write.", dir_okay=False)],
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
    time_limit: options.TimeLimit = None,
    as_json: options.AsJson = False,
) -> None:
    """Write a program as an LP file for other solvers, with FILE.names.json to map its names back."""
    from ssg_mip.files import read_instance
    from ssg_mip.formulations.lp_file import export
    from ssg_mip.policy import LeaderPolicy

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
    game = read_instance(instance)
    table = options.read_policy(policy)
    export(
        game,
        file,
        # checked there, with the known names in the message
        program=cast(Any, program),
        form=cast(Any, form),
        policy=None if table is None else LeaderPolicy.from_names(game, table),
        weights=options.read_weights(weights),
        scalarisation=options.read_scalarisation(scalarisation),
        margin=margin,
        deadline=command_deadline(time_limit),
    )
    if as_json:
        asked = {"game": game.name, "file": str(file), "program": program, "form": form}
        raise typer.Exit(write_json({"format": "ssg-mip-export/1", **asked}))
    say(f"written: {file}")
