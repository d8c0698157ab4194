"""What the command line reports to the shell, as one table."""

from __future__ import annotations

import enum

from ssg_mip.base.interrupt import Interrupt
from ssg_mip.base.status import Status, Termination
from ssg_mip.pareto.existence.answers import Verdict
from ssg_mip.result import Result


class ExitCode(enum.IntEnum):
    """Exit codes of ``ssg-mip``; :data:`MEANINGS` says what they mean."""

    DONE = 0
    FAILURE = 1
    USAGE = 2
    INVALID_INSTANCE = 3
    NO_SOLUTION = 4
    FAILED_CHECK = 5
    FAILED_ROWS = 6
    INFEASIBLE = 7
    INTERRUPTED = 130
    CLOSED_OUTPUT = 141
    TERMINATED = 143


MEANINGS = {
    ExitCode.DONE: "done as asked; also at a limit, with a solution",
    ExitCode.FAILURE: "the solver or the program itself failed",
    ExitCode.USAGE: "wrong usage: an option, a policy, or another file that cannot be read or written",
    ExitCode.INVALID_INSTANCE: "the instance is not a valid game, or no file that can be read",
    ExitCode.NO_SOLUTION: "no solution (verify: no verdict): a limit, too large a game, or none in the class",
    ExitCode.FAILED_CHECK: "a result failed an exact check; it is printed all the same",
    ExitCode.FAILED_ROWS: "a batch with failed rows",
    ExitCode.INFEASIBLE: "proven: no policy satisfies the constraints",
    ExitCode.INTERRUPTED: "interrupted (SIGINT, Ctrl-C); what was found so far is printed",
    ExitCode.CLOSED_OUTPUT: "the reader of the output went away",
    ExitCode.TERMINATED: "terminated (SIGTERM, SIGHUP); what was found so far is printed",
}

STOPPED = (ExitCode.INTERRUPTED, ExitCode.TERMINATED)
"""Somebody asked to stop."""


def unless_stopped(code: ExitCode, interrupt: Interrupt) -> ExitCode:
    """The code, or what says that somebody asked to stop, and who."""
    if not interrupt.requested:
        return code
    return ExitCode.TERMINATED if interrupt.terminated else ExitCode.INTERRUPTED


def exit_code(result: Result) -> ExitCode:
    """The exit code that a result deserves; a failed check comes before everything else."""
    if result.check.verified is False:
        return ExitCode.FAILED_CHECK
    if result.termination is Termination.INTERRUPTED:
        return ExitCode.INTERRUPTED
    if result.status is Status.INFEASIBLE:
        return ExitCode.INFEASIBLE
    if result.termination is Termination.NUMERICAL:
        return ExitCode.FAILURE
    return ExitCode.DONE if result.status.has_policy else ExitCode.NO_SOLUTION


def existence_code(verdict: Verdict, verified: bool | None) -> ExitCode:
    """The exit code of a verdict on existence: "none" means that no policy reaches all suprema."""
    if verified is False:
        return ExitCode.FAILED_CHECK
    return {
        Verdict.EXISTS: ExitCode.DONE,
        Verdict.NONE: ExitCode.INFEASIBLE,
        Verdict.UNDECIDED: ExitCode.NO_SOLUTION,
    }[verdict]
