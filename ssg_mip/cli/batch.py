"""The command ``batch``: every instance below a folder, a row for each.

It runs inside :func:`~ssg_mip.base.interrupt.graceful_interrupt`: the first Ctrl-C, SIGTERM or SIGHUP ends the work
and still prints what was found.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ssg_mip.base.interrupt import graceful_interrupt
from ssg_mip.base.tolerances import DEFAULT_GAP
from ssg_mip.cli import options
from ssg_mip.cli.clock import command_deadline
from ssg_mip.cli.console import say, write_json
from ssg_mip.cli.outputs import check_outputs, file_named


def batch_of_folder(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Folder with instances.", exists=True, file_okay=False)
    ],
    out: Annotated[str, typer.Option("--out", metavar="DIR", help="Folder for results.jsonl.")],
    method: options.Method = "policy-iteration",
    weights: options.Weights = None,
    ties: options.Ties = "leader",
    margin: options.Margin = 0.0,
    gap: options.Gap = DEFAULT_GAP,
    time_limit: options.TimeLimit = None,
    node_limit: options.NodeLimit = None,
    memory_limit: options.MemoryLimit = None,
    seed: options.Seed = 0,
    levels: options.Levels = 4,
    settings: options.Settings = None,
    check: options.Check = True,
    guarantee: options.Guarantee = True,
    presolve: options.Presolve = True,
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

    results = options.read_folder(out, "--out")
    if (results / RESULTS_NAME).exists():
        inputs: dict[str, Path | None] = {f"the instance {name}": folder / name for name in find_instances(folder)}
        check_outputs({"the results": results / RESULTS_NAME}, {**inputs, "--weights": file_named(weights)})
    asked = BatchOptions(
        method=method,
        weights=options.read_weights(weights),
        ties=options.check_rule(ties),
        margin=margin,
        gap=gap,
        time_limit=time_limit,
        node_limit=node_limit,
        memory_limit=memory_limit,
        seed=seed,
        levels=levels,
        settings=options.read_settings(settings),
        check=check,
        guarantee=guarantee,
        presolve=presolve,
        selection=options.check_steps(method, selection, epsilon),
        epsilon=epsilon,
    )
    with graceful_interrupt() as interrupt:
        summary = run_batch(
            folder,
            results,
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
