"""The command ``show``: what an instance holds."""

from __future__ import annotations

import typer

from ssg_mip.cli import options
from ssg_mip.cli.console import say, write_json


def show_instance(
    instance: options.Instance, as_json: options.AsJson = False, verbose: options.Verbose = False
) -> None:
    """Show what an instance holds: sizes, discounts, states and actions, constraints, and what is known about it."""
    from ssg_mip.problem.files import read_problem
    from ssg_mip.report.games import game_report, game_summary

    problem = read_problem(instance)
    if as_json:
        raise typer.Exit(write_json(game_summary(problem)))
    say(*game_report(problem, limit=None if verbose else 40))
