"""The command ``solve``: a policy, its exact value and a proven bound.

It runs inside :func:`~ssg_mip.base.interrupt.graceful_interrupt`: the first Ctrl-C, SIGTERM or SIGHUP ends the work
and still prints what was found.
"""

from __future__ import annotations

from typing import Annotated

import typer

from ssg_mip.api.exit_codes import exit_code
from ssg_mip.base.interrupt import graceful_interrupt
from ssg_mip.base.tolerances import DEFAULT_GAP
from ssg_mip.cli import options
from ssg_mip.cli.clock import command_deadline
from ssg_mip.cli.console import ProgressTable, write_json
from ssg_mip.cli.outcome import final_code, say_unless_json, write_certificate
from ssg_mip.cli.outputs import check_outputs, file_named
from ssg_mip.cli.plot_option import check_wish, draw_wish


def solve_instance(
    instance: options.Instance,
    method: options.UsualMethod = "usual",
    weights: options.Weights = None,
    scalarisation: options.ScalarisationGiven = None,
    ties: options.Ties = "leader",
    margin: options.Margin = 0.0,
    follower: options.Follower = None,
    gap: options.Gap = DEFAULT_GAP,
    time_limit: options.TimeLimit = None,
    node_limit: options.NodeLimit = None,
    memory_limit: options.MemoryLimit = None,
    iteration_limit: Annotated[
        int | None,
        typer.Option(
            help="Iterations, or steps of play of a method that learns; by default none, of the related methods their "
            "own.",
            show_default=False,
        ),
    ] = None,
    seed: options.Seed = 0,
    start: options.Start = None,
    levels: options.Levels = 4,
    settings: options.Settings = None,
    check: options.Check = True,
    guarantee: options.Guarantee = True,
    presolve: options.Presolve = True,
    selection: options.Selection = "argmax",
    epsilon: options.Epsilon = None,
    prices: Annotated[
        bool, typer.Option("--prices", help="Solve without each constraint too, and say what each costs.")
    ] = False,
    certificate: options.Certificate = None,
    plot: options.Plot = None,
    as_json: options.AsJson = False,
    verbose: options.Verbose = False,
) -> None:
    """Find a policy, its exact value and a proven bound over stationary leader policies.

    --plot draws the value and the bound over time.
    """
    from ssg_mip.api.front_door import solve
    from ssg_mip.problem.files import read_problem
    from ssg_mip.proofs.writer import prepared_recorder
    from ssg_mip.report.results import result_report

    deadline = command_deadline(time_limit)
    check_wish(plot)
    check_outputs(
        {"--certificate": certificate, "--plot": plot},
        {
            "the instance": instance,
            "--start": file_named(start),
            "--weights": file_named(weights),
            "--scalarisation": file_named(scalarisation),
        },
    )
    recorder = None if certificate is None else prepared_recorder(certificate)
    with graceful_interrupt() as interrupt:
        result = solve(
            read_problem(instance),
            method=method,
            weights=options.read_weights(weights),
            scalarisation=options.read_scalarisation(scalarisation),
            ties=options.check_rule(ties),
            margin=margin,
            follower=follower,
            gap=gap,
            deadline=deadline,
            seed=seed,
            node_limit=node_limit,
            memory_limit=memory_limit,
            iteration_limit=iteration_limit,
            start=options.read_start(start),
            levels=levels,
            settings=options.read_settings(settings),
            selection=options.check_steps(method, selection, epsilon),
            epsilon=epsilon,
            on_progress=ProgressTable(shown=verbose or None),
            interrupt=interrupt,
            check=check,
            guarantee=guarantee,
            presolve=presolve,
            price=prices,
            recorder=recorder,
        )
        code = final_code(exit_code(result), result.check.verified, interrupt)
        say_unless_json(result_report, result, as_json, verbose)
        if recorder is not None and certificate is not None:
            code = write_certificate(recorder, result.game, certificate) or code
        if plot is not None:
            code = draw_wish("plot_progress", result, plot) or code
        if as_json:
            code = write_json(result.to_dict(), code)
    raise typer.Exit(code)
