"""The commands that compute: ``solve``, ``front`` and ``batch``.

Each runs inside :func:`~ssg_mip.interrupt.graceful_interrupt`, so that the first Ctrl-C, SIGTERM or
SIGHUP ends the work and still prints what was found.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ssg_mip.cli import options
from ssg_mip.cli.clock import command_deadline
from ssg_mip.cli.console import ProgressTable, say, say_error, write_json
from ssg_mip.cli.enclose import enclose_instance
from ssg_mip.cli.outcome import final_code, say_unless_json
from ssg_mip.cli.outputs import check_outputs, file_named
from ssg_mip.cli.wished import check_wish, draw_wish
from ssg_mip.errors import OptionError, SsgError
from ssg_mip.exit_codes import ExitCode, exit_code
from ssg_mip.interrupt import graceful_interrupt
from ssg_mip.pareto.weight_sets import DEFAULT_NUM_WEIGHTS
from ssg_mip.tolerances import DEFAULT_GAP

if TYPE_CHECKING:
    from ssg_mip.game import Game
    from ssg_mip.methods.proofs.bound_certificate import Recorder


def solve_instance(
    instance: options.Instance,
    method: options.Method = "policy-iteration",
    weights: options.Weights = None,
    scalarisation: options.ScalarisationGiven = None,
    ties: options.Ties = "leader",
    margin: options.Margin = 0.0,
    gap: options.Gap = DEFAULT_GAP,
    time_limit: options.TimeLimit = None,
    node_limit: options.NodeLimit = None,
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
    selection: options.Selection = "argmax",
    epsilon: options.Epsilon = None,
    certificate: options.Certificate = None,
    plot: options.Plot = None,
    as_json: options.AsJson = False,
    verbose: options.Verbose = False,
) -> None:
    """Find a policy, its exact value and a proven bound over stationary leader policies.

    --plot draws the value and the bound over time.
    """
    from ssg_mip.files import read_instance
    from ssg_mip.front_door import solve
    from ssg_mip.methods.proofs.bound_certificate import prepared_recorder
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
            read_instance(instance),
            method=method,
            weights=options.read_weights(weights),
            scalarisation=options.read_scalarisation(scalarisation),
            ties=options.check_rule(ties),
            margin=margin,
            gap=gap,
            deadline=deadline,
            seed=seed,
            node_limit=node_limit,
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
            recorder=recorder,
        )
        code = final_code(exit_code(result), result.check.verified, interrupt)
        say_unless_json(result_report, result, as_json, verbose)
        if recorder is not None and certificate is not None:
            code = _write_certificate(recorder, result.game, certificate) or code
        if plot is not None:
            code = draw_wish("plot_progress", result, plot) or code
        if as_json:
            code = write_json(result.to_dict(), code)
    raise typer.Exit(code)


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
            seed=seed,
            check=check,
            plot=plot,
            axes=axes,
            as_json=as_json,
            verbose=verbose,
        )
    if resolution is not None or objective is not None:
        raise OptionError("--resolution and --objective belong to --complete; add it, or leave them out")
    from ssg_mip.files import read_instance
    from ssg_mip.methods.proofs.bound_certificate import prepared_recorder
    from ssg_mip.pareto.sweep import trace_front
    from ssg_mip.report.fronts import front_report

    check_wish(plot)
    files = {f"--weights ({place})": file_named(one) for place, one in enumerate(weights or ())}
    check_outputs({"--certificate": certificate, "--plot": plot}, {"the instance": instance, **files})
    recorder = None if certificate is None else prepared_recorder(certificate)
    given = [options.read_weights(one) or {} for one in weights] if weights else None
    with graceful_interrupt() as interrupt:
        front = trace_front(
            read_instance(instance),
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
            code = _write_certificate(recorder, front.game, certificate) or code
        if plot is not None and front.points:
            code = draw_wish("plot_front", front, plot, states=axes) or code
        if as_json:
            code = write_json(front.to_dict(), code)
    raise typer.Exit(code)


def batch_of_folder(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Folder with instances.", exists=True, file_okay=False)
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for results.jsonl.", file_okay=False)],
    method: options.Method = "policy-iteration",
    weights: options.Weights = None,
    ties: options.Ties = "leader",
    margin: options.Margin = 0.0,
    gap: options.Gap = DEFAULT_GAP,
    time_limit: options.TimeLimit = None,
    node_limit: options.NodeLimit = None,
    seed: options.Seed = 0,
    levels: options.Levels = 4,
    settings: options.Settings = None,
    check: options.Check = True,
    guarantee: options.Guarantee = True,
    selection: options.Selection = "argmax",
    epsilon: options.Epsilon = None,
    jobs: Annotated[int, typer.Option(help="Worker processes; with 1 the work is done in this one.")] = 1,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Skip what results.jsonl holds already; new rows replace those of other tries."),
    ] = False,
    as_json: options.AsJson = False,
    verbose: options.Verbose = False,
) -> None:
    """Solve every instance below a folder; one row of results.jsonl each, written as it finishes.

    Limits are per instance. A failed instance is a row with its error, and the exit code is then 6. --resume skips
    instances whose row has the same content and options and did not fail. An instance whose worker process dies is
    tried once more, and is then a failed row. A second batch on the same --out is refused.
    """
    from ssg_mip.batch import RESULTS_NAME, BatchOptions, find_instances, run_batch
    from ssg_mip.report.batches import batch_report, batch_row_line

    if (out / RESULTS_NAME).exists():
        inputs: dict[str, Path | None] = {f"the instance {name}": folder / name for name in find_instances(folder)}
        check_outputs({"the results": out / RESULTS_NAME}, {**inputs, "--weights": file_named(weights)})
    asked = BatchOptions(
        method=method,
        weights=options.read_weights(weights),
        ties=options.check_rule(ties),
        margin=margin,
        gap=gap,
        time_limit=time_limit,
        node_limit=node_limit,
        seed=seed,
        levels=levels,
        settings=options.read_settings(settings),
        check=check,
        guarantee=guarantee,
        selection=options.check_steps(method, selection, epsilon),
        epsilon=epsilon,
    )
    with graceful_interrupt() as interrupt:
        summary = run_batch(
            folder,
            out,
            asked,
            jobs=jobs,
            resume=resume,
            on_row=lambda row: say(batch_row_line(row)),
            interrupt=interrupt,
            started=command_deadline(time_limit).started,
        )
        if not as_json or verbose:
            say(*batch_report(summary))
        code = int(summary.exit_code)
        if as_json:
            code = write_json(summary.to_dict(), code)
    raise typer.Exit(code)


def _write_certificate(recorder: Recorder, game: Game, path: Path) -> int:
    """Write; a failure costs the certificate and sets the exit code, but never what was computed."""
    try:
        recorder.write(path, game)
    except SsgError as error:
        say_error(f"no certificate: {error}")
        return error.exit_code
    say(f"certificate: {path}")
    return int(ExitCode.DONE)
