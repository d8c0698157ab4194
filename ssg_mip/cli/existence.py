"""The command ``existence``: is there one policy that is best in every state?"""

from __future__ import annotations

import typer

from ssg_mip.api.exit_codes import existence_code
from ssg_mip.base.interrupt import graceful_interrupt
from ssg_mip.base.tolerances import DEFAULT_GAP
from ssg_mip.cli import options
from ssg_mip.cli.clock import command_deadline
from ssg_mip.cli.console import write_json
from ssg_mip.cli.outcome import final_code, say_unless_json


def existence_of_instance(
    instance: options.Instance,
    ties: options.Ties = "leader",
    margin: options.Margin = 0.0,
    gap: options.Gap = DEFAULT_GAP,
    time_limit: options.TimeLimit = None,
    node_limit: options.NodeLimit = None,
    memory_limit: options.MemoryLimit = None,
    seed: options.Seed = 0,
    check: options.Check = True,
    as_json: options.AsJson = False,
    verbose: options.Verbose = False,
) -> None:
    """Say whether a stationary Stackelberg equilibrium exists: one policy that is best in every state at once.

    Exit code 0 if one exists (within the gap), 7 if it is proven that none does, 4 if it stays undecided. Limits are
    for all programs together.
    """
    deadline = command_deadline(time_limit)
    from ssg_mip.pareto.existence.existence import existence
    from ssg_mip.problem.files import read_problem
    from ssg_mip.report.fronts import existence_report

    with graceful_interrupt() as interrupt:
        answer = existence(
            read_problem(instance),
            ties=options.check_rule(ties),
            margin=margin,
            gap=gap,
            deadline=deadline,
            node_limit=node_limit,
            memory_limit=memory_limit,
            seed=seed,
            interrupt=interrupt,
            check=check,
        )
        code = final_code(existence_code(answer.verdict, answer.verified), answer.verified, interrupt)
        say_unless_json(existence_report, answer, as_json, verbose)
        if as_json:
            code = write_json(answer.to_dict(), code)
    raise typer.Exit(code)
