"""The command ``validate``: are these files games?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ssg_mip.api.exit_codes import ExitCode
from ssg_mip.cli import options
from ssg_mip.cli.console import say, say_error, write_json
from ssg_mip.errors import InvalidGameError


def validate_instances(
    instances: Annotated[
        list[Path],
        typer.Argument(metavar="INSTANCE...", help="Instance files."),
    ],
    as_json: options.AsJson = False,
) -> None:
    """Check instance files; say of each invalid one what is wrong, where, and how to mend it."""
    from ssg_mip.problem.files import read_problem

    rows: list[dict[str, Any]] = []
    for path in instances:
        try:
            problem = read_problem(path)
        except InvalidGameError as error:
            rows.append({"file": str(path), "valid": False, "error": str(error)})
            say_error(str(error))
        else:
            game, count = problem.game, len(problem.stated)
            row = {"file": str(path), "valid": True, "game": game.name, "game_hash": game.content_hash}
            rows.append({**row, **({"problem_hash": problem.content_hash, "constraints": count} if count else {})})
            if not as_json:
                asked = f", constraints: {count}" if count else ""
                say(f"{path}: valid, states: {game.num_states}, joint actions: {game.num_rows}{asked}")
    valid = all(row["valid"] for row in rows)
    code = int(ExitCode.DONE if valid else ExitCode.INVALID_INSTANCE)
    if as_json:
        code = write_json({"format": "ssg-mip-validation/1", "valid": valid, "files": rows}, code)
    raise typer.Exit(code)
