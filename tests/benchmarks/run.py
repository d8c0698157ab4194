"""The runs: every solver on every game, one after another, each in a process of its own.

All solvers meet one game before the next game begins, so that a machine that slows down slows all of them. A process
that outlives its limit by the grace period is killed, one that crashes gives a row that says so, and the record is
written anew after every row: stopping a run loses the row in hand and nothing else.
"""

from __future__ import annotations

import dataclasses
import json
import math
import multiprocessing
import os
import signal
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from ssg_mip import Game, export
from tests.benchmarks.measurement import NOT_RUN, Measurement, Task
from tests.benchmarks.peers import SOLVERS, execute
from tests.benchmarks.specs import Limits, Spec
from tests.benchmarks.surroundings import now, peak_megabytes
from tests.benchmarks.verify import (
    LOOSE,
    Conflict,
    find_conflicts,
    first_near,
    is_solved,
    relative_distance,
    verified_value,
)

GRACE = 30.0
"""Seconds that a process may take beyond its time limit, for imports, reading the file and slow stops."""

TIDY = 5.0
"""Seconds that a process may take to end once it has answered; killed at once, it would leave things behind."""

FORMAT = "ssg-mip-benchmark/1"

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

Row = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Entry:
    """A competitor of a run: a solver, possibly ours with one switch flipped, under its name in the table."""

    name: str
    solver: str
    flipped: str | None = None


# -------------------------------------------------------------------- one task, one process


def run_isolated(task: Task, *, grace: float = GRACE, work: Callable[[Task], Measurement] = execute) -> Measurement:
    """Run a task in a spawned process that cannot take this one down, and kill it when it overstays."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(work, task, sender), daemon=True)
    started = time.perf_counter()
    with _environment(ONE_THREAD):
        process.start()
    sender.close()
    try:
        if not receiver.poll(task.limits.time_limit + grace):
            seconds = time.perf_counter() - started
            return Measurement(outcome="killed", seconds=seconds, note=f"killed after {seconds:.0f} s")
        measured: Measurement = receiver.recv()
        process.join(TIDY)
        return measured
    except EOFError:
        process.join(TIDY)
        note = f"the process ended with exit code {process.exitcode}"
        return Measurement(outcome="crash", seconds=time.perf_counter() - started, note=note)
    finally:
        receiver.close()
        process.kill()
        process.join()


def _answer(work: Callable[[Task], Measurement], task: Task, sender: Connection) -> None:
    """In the process: run and send. An exception is a measurement too."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        measured = work(task)
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        note = f"{type(error).__name__}: {error} ({Path(place.filename).name}, line {place.lineno})"
        measured = Measurement(outcome="crash", note=note)
    sender.send(dataclasses.replace(measured, peak_megabytes=peak_megabytes()))
    sender.close()


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """Environment variables for the processes started meanwhile."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


# -------------------------------------------------------------------- one game, all solvers


def run_game(
    spec: Spec,
    entries: Sequence[Entry],
    limits: Limits,
    *,
    grace: float = GRACE,
    on_row: Callable[[Row], None] = lambda row: None,
) -> tuple[list[Row], list[Conflict]]:
    """All competitors on one game, in order."""
    game = spec.build()
    limits = limits.for_game(game)
    measured: dict[str, Measurement] = {}
    rows = []
    with tempfile.TemporaryDirectory(prefix="ssg-mip-benchmark-") as folder:
        files = _export(game, spec, entries, Path(folder))
        for entry in entries:
            form = SOLVERS[entry.solver].form
            lp_file = None if form is None else str(files[form])
            task = Task(spec=spec, solver=entry.solver, limits=limits, lp_file=lp_file, flipped=entry.flipped)
            measured[entry.name] = run_isolated(task, grace=grace)
            rows.append(_row(spec, entry, limits, game, measured[entry.name]))
            on_row(rows[-1])
    verified = {row["competitor"]: row["verified"] for row in rows}
    best = max((value for value in verified.values() if value is not None), default=None)
    for row in rows:
        row["best"] = best
        row["first_near"] = first_near(measured[row["competitor"]], best)
    return rows, find_conflicts(spec.name, measured, verified)


def _export(game: Game, spec: Spec, entries: Sequence[Entry], folder: Path) -> dict[str, Path]:
    """The LP files that the competitors read, by form."""
    forms = sorted({form for entry in entries if (form := SOLVERS[entry.solver].form) is not None})
    return {form: export(game, folder / f"{form}.lp", program=spec.program, form=form) for form in forms}


def _row(spec: Spec, entry: Entry, limits: Limits, game: Game, measured: Measurement) -> Row:
    claims = dataclasses.asdict(measured)
    policy = measured.policy
    overhead = None
    if measured.lp_seconds is not None and measured.seconds > 0.0:
        overhead = max(0.0, 1.0 - measured.lp_seconds / measured.seconds)
    row = {
        "game": spec.name,
        "family": spec.case.family,
        "size": str(spec.case.size),
        "seed": spec.seed,
        "program": spec.program,
        "content_hash": game.content_hash,
        "competitor": entry.name,
        "solved": is_solved(measured, limits),
        "gap": relative_distance(measured),
        "absolute_gap_asked": limits.absolute_gap,
        "overhead": overhead,
        "verified": verified_value(game, spec.program, policy),
        "verified_loose": verified_value(game, spec.program, policy, LOOSE),
        **claims,
    }
    return {name: plain(value) for name, value in row.items()}


def plain(value: Any) -> Any:
    """JSON data: numbers that are not finite become ``None``."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


# -------------------------------------------------------------------- a suite


class Record:
    """The dated file of a run, complete after every row."""

    def __init__(self, path: Path, header: dict[str, Any]) -> None:
        self.path = path
        self.payload: dict[str, Any] = {"format": FORMAT, **header, "finished": None, "conflicts": [], "rows": []}
        path.parent.mkdir(parents=True, exist_ok=True)
        self.write()

    def write(self) -> None:
        """Write to a file beside the record, then rename it: a reader sees the old state or the new one."""
        part = self.path.with_suffix(".part")
        head = {name: value for name, value in self.payload.items() if name != "rows"}
        lines = ",\n".join("  " + json.dumps(row) for row in self.payload["rows"])
        part.write_text(json.dumps(head, indent=1)[:-2] + f',\n "rows": [\n{lines}\n ]\n}}\n', encoding="utf-8")
        part.replace(self.path)


def run_suite(
    specs: Sequence[Spec],
    entries: Sequence[Entry],
    limits: Limits,
    record: Record,
    *,
    grace: float = GRACE,
    say: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Run competitors on games, writing the record as it grows; returns the record's content."""
    payload = record.payload
    for number, spec in enumerate(specs, start=1):
        done = len(payload["rows"])

        def keep(row: Row, number: int = number) -> None:
            payload["rows"].append(row)
            record.write()
            say(f"[{number}/{len(specs)}] {line(row)}")

        rows, conflicts = run_game(spec, entries, limits, grace=grace, on_row=keep)
        payload["rows"][done:] = rows
        payload["conflicts"] += [str(conflict) for conflict in conflicts]
        record.write()
        for conflict in conflicts:
            say(f"CONFLICT {conflict}")
    payload["finished"] = now()
    record.write()
    return payload


def line(row: Row) -> str:
    """One row for the eye, while the run goes on."""
    head = f"{row['game']:40s} {row['competitor']:24s} {row['outcome']:10s}"
    if row["outcome"] in (*NOT_RUN, "crash", "killed"):
        return f"{head} {row['note']}"
    figures = [row["value"], row["bound"], row["verified"]]
    value, bound, verified = ("-" if figure is None else f"{figure:.6f}" for figure in figures)
    return f"{head} {row['seconds']:7.2f} s  value {value} (verified {verified})  bound {bound}  nodes {row['nodes']}"
