"""Solving one instance of a batch."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ssg_mip.api.exit_codes import ExitCode, exit_code, unless_stopped
from ssg_mip.base.deadline import Deadline
from ssg_mip.base.interrupt import Interrupt
from ssg_mip.batch.records import BatchOptions, BatchRow
from ssg_mip.checker.outcome import UNCHECKED
from ssg_mip.errors import SsgError

if TYPE_CHECKING:
    from ssg_mip.problem.problem import Problem


@dataclasses.dataclass(frozen=True, kw_only=True)
class Task:
    """One instance to solve, and the contents for which there is a row already."""

    folder: Path
    instance: str
    options: BatchOptions
    done: frozenset[str]


def solve_one(task: Task, interrupt: Interrupt, started: float | None = None) -> BatchRow | None:
    """The row of one instance; ``None`` if there is a good one already.

    Reading it belongs to its time limit, and so does what happened since ``started``, on the clock of
    :func:`time.monotonic`: the start of the process, for the first instance that it solves.
    """
    started = time.monotonic() if started is None else started
    from ssg_mip.api.front_door import solve
    from ssg_mip.problem.files import read_problem

    content: str | None = None
    try:
        deadline = Deadline(task.options.time_limit, started=started)
        problem = read_problem(task.folder / task.instance)
        content = _content_of(problem)
        if content in task.done:
            return None
        asked = {field.name: getattr(task.options, field.name) for field in dataclasses.fields(task.options)}
        result = solve(problem, **asked, deadline=deadline, interrupt=interrupt)
    except SsgError as error:
        return failed_row(task, error, error.exit_code, time.monotonic() - started, content)
    except Exception as error:  # a defect must cost one row, not the batch
        return failed_row(task, error, ExitCode.FAILURE, time.monotonic() - started, content)
    code = exit_code(result)
    return BatchRow(
        instance=task.instance,
        game_hash=content,
        options=task.options.to_dict(),
        exit_code=int(unless_stopped(code, interrupt) if code is ExitCode.INTERRUPTED else code),
        seconds=time.monotonic() - started,
        check=result.check.word,
        secured=None if result.guaranteed is None else result.guaranteed.secured_value,
        error=None,
        result=result.to_dict(),
    )


def _content_of(problem: Problem) -> str:
    """The content by which a row is known: game and constraints, and the follower where the file says who he is."""
    from ssg_mip.problem.follower import Rational
    from ssg_mip.problem.followers import follower_to_document

    if problem.follower == Rational():
        return problem.content_hash
    said = json.dumps(follower_to_document(problem.follower), sort_keys=True)
    return hashlib.sha256(f"{problem.content_hash} {said}".encode()).hexdigest()


def failed_row(task: Task, error: Exception, code: int, seconds: float, content: str | None = None) -> BatchRow:
    """The row of an instance without an answer."""
    return BatchRow(
        instance=task.instance,
        game_hash=content,
        options=task.options.to_dict(),
        exit_code=int(code),
        seconds=seconds,
        check=UNCHECKED.word,
        secured=None,
        error={"class": type(error).__name__, "message": str(error)},
        result=None,
    )
