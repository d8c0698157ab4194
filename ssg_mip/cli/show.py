"""The command ``show``: what an instance holds."""

from __future__ import annotations

import typer

from ssg_mip.cli import options
from ssg_mip.cli.console import say, write_json


def show_instance(
    instance: options.Instance, as_json: options.AsJson = False, verbose: options.Verbose = False
) -> None:
    """Show what an instance holds: sizes, discounts, states and actions, and what is known about it."""
    from ssg_mip.io import read_instance
    from ssg_mip.report.games import game_report, game_summary

    game = read_instance(instance)
    if as_json:
        raise typer.Exit(write_json(game_summary(game)))
    say(*game_report(game, limit=None if verbose else 40))
