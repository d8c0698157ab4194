"""The command ``front``: the Pareto front by weighted sums, or enclosed as a whole.

It runs inside :func:`~ssg_mip.base.interrupt.graceful_interrupt`: the first Ctrl-C, SIGTERM or SIGHUP ends the work
and still prints what was found.
"""

from __future__ import annotations

from typing import Annotated

import typer

from ssg_mip.api.exit_codes import ExitCode
from ssg_mip.base.interrupt import graceful_interrupt
from ssg_mip.base.tolerances import DEFAULT_GAP
from ssg_mip.cli import options
from ssg_mip.cli.clock import command_deadline
from ssg_mip.cli.console import ProgressTable, write_json
from ssg_mip.cli.front_enclosure import enclose_instance
from ssg_mip.cli.outcome import final_code, say_unless_json, write_certificate
from ssg_mip.cli.outputs import check_outputs, file_named
from ssg_mip.cli.plot_option import check_wish, draw_wish
from ssg_mip.errors import OptionError
from ssg_mip.pareto.weight_sets import DEFAULT_NUM_WEIGHTS


def front_of_instance(
    instance: options.Instance,
    method: options.Method = "commitment",
    weights: options.WeightVectors = None,
    num_weights: Annotated[int, typer.Option(help="Weight vectors to choose at most.")] = DEFAULT_NUM_WEIGHTS,
    starts: Annotated[int, typer.Option(help="Runs per weight vector.")] = 1,
    settings: options.Settings = None,
    ties: options.Ties = "leader",
    margin: options.Margin = 0.0,
    gap: options.Gap = DEFAULT_GAP,
    time_limit: options.TimeLimit = None,
    node_limit: options.NodeLimit = None,
    memory_limit: options.MemoryLimit = None,
    seed: options.Seed = 0,
    check: options.Check = True,
    guarantee: options.Guarantee = True,
    selection: options.Selection = "argmax",
    epsilon: options.Epsilon = None,
    certificate: options.Certificate = None,
    plot: options.Plot = None,
    axes: options.Axes = None,
    complete: options.Complete = False,
    resolution: options.Resolution = None,
    objective: options.Objective = None,
    as_json: options.AsJson = False,
    verbose: options.Verbose = False,
) -> None:
    """Trace the Pareto front of the leader's state values by weighted sums.

    --time-limit is for the whole front, --node-limit for each run. With --complete the front is enclosed: attained
    points, and a proven bound on how much better any stationary policy could be.
    """
    deadline = command_deadline(time_limit)
    if complete:
        enclose_instance(
            instance,
            resolution=resolution,
            objective=objective,
            without={
                "--method": method != "commitment",
                "--weights": weights is not None,
                "--starts": starts != 1,
                "--set": settings is not None,
                "--selection": selection != "argmax",
                "--epsilon": epsilon is not None,
                "--certificate": certificate is not None,
            },
            ties=options.check_rule(ties),
            margin=margin,
            deadline=deadline,
            node_limit=node_limit,
            memory_limit=memory_limit,
            seed=seed,
            check=check,
            plot=plot,
            axes=axes,
            as_json=as_json,
            verbose=verbose,
        )
    if resolution is not None or objective is not None:
        raise OptionError("--resolution and --objective belong to --complete; add it, or leave them out")
    from ssg_mip.pareto.sweep import trace_front
    from ssg_mip.problem.files import read_problem
    from ssg_mip.proofs.writer import prepared_recorder
    from ssg_mip.report.fronts import front_report

    check_wish(plot)
    files = {f"--weights ({place})": file_named(one) for place, one in enumerate(weights or ())}
    check_outputs({"--certificate": certificate, "--plot": plot}, {"the instance": instance, **files})
    recorder = None if certificate is None else prepared_recorder(certificate)
    given = [options.read_weights(one) or {} for one in weights] if weights else None
    with graceful_interrupt() as interrupt:
        front = trace_front(
            read_problem(instance),
            method=method,
            weights=given,
            num_weights=num_weights,
            starts=starts,
            settings=options.read_settings(settings),
            ties=options.check_rule(ties),
            margin=margin,
            gap=gap,
            deadline=deadline,
            node_limit=node_limit,
            memory_limit=memory_limit,
            seed=seed,
            selection=options.check_steps(method, selection, epsilon),
            epsilon=epsilon,
            on_progress=ProgressTable(shown=verbose or None),
            interrupt=interrupt,
            check=check,
            guarantee=guarantee,
            recorder=recorder,
        )
        code = final_code(ExitCode.DONE if front.points else ExitCode.NO_SOLUTION, front.check.verified, interrupt)
        say_unless_json(front_report, front, as_json, verbose)
        if recorder is not None and certificate is not None:
            code = write_certificate(recorder, front.game, certificate) or code
        if plot is not None and front.points:
            code = draw_wish("plot_front", front, plot, states=axes) or code
        if as_json:
            code = write_json(front.to_dict(), code)
    raise typer.Exit(code)
