"""The command ``evaluate``: what is a policy worth, or another solver's solution?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ssg_mip.api.exit_codes import exit_code
from ssg_mip.base.interrupt import graceful_interrupt
from ssg_mip.cli import options
from ssg_mip.cli.console import write_json
from ssg_mip.cli.matching import check_regular
from ssg_mip.cli.outcome import final_code, say_unless_json


def evaluate_file(
    instance: options.Instance,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="POLICY|SOLUTION",
            help="Leader policy: JSON {state: {action: probability}}, where states of one action may be left out, or "
            "what solve --json printed; or a solution file of HiGHS, SCIP, Gurobi or CBC for a file that export wrote.",
            show_default=False,
        ),
    ],
    names: Annotated[
        Path | None,
        typer.Option(
            "--names",
            metavar="FILE",
            help="What export wrote beside the file that the solver has read. Default: beside SOLUTION, by its name.",
            show_default=False,
        ),
    ] = None,
    weights: options.Weights = None,
    ties: options.Ties = "leader",
    margin: options.Margin = 0.0,
    follower: options.Follower = None,
    polish: Annotated[
        bool,
        typer.Option("--polish/--no-polish", help="Put the policy onto the ties that it misses by a little."),
    ] = True,
    check: options.Check = True,
    guarantee: options.Guarantee = True,
    as_json: options.AsJson = False,
    verbose: options.Verbose = False,
) -> None:
    """Say what a policy is worth, exactly, and how much of that hangs on a tie that it misses.

    Exit code 2 if the file holds no policy of this instance, or one that is not allowed; 3 if the instance is none; 5
    if the exact check fails.
    """
    from ssg_mip.modelling.outside import Wishes, brought_back, read_outside
    from ssg_mip.problem.asked import asked
    from ssg_mip.problem.files import read_problem
    from ssg_mip.report.results import result_report

    check_regular(file)
    rule = options.check_rule(ties)
    problem = asked(
        read_problem(instance), weights=options.read_weights(weights), ties=rule, margin=margin, follower=follower
    )
    wishes = Wishes(polish=polish, check=check, guarantee=guarantee)
    problem.follower.check(problem.game, wishes.tolerances)
    with graceful_interrupt() as interrupt:
        result = brought_back(problem, read_outside(problem.game, file, names), wishes)
        code = final_code(exit_code(result), result.check.verified, interrupt)
        say_unless_json(result_report, result, as_json, verbose)
        if as_json:
            code = write_json(result.to_dict(), code)
    raise typer.Exit(code)
