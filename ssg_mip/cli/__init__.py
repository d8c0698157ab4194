"""The command line ``ssg-mip``.

Human text, progress and errors go to stderr. Stdout belongs to ``--json``, which prints exactly one JSON object;
an error, wrong usage included, is then an object too (``format`` is ``ssg-mip-error/1``). Whatever else is written to
stdout then, by a library in C too, appears on stderr. ``--help`` prints its text instead.

====  ==========================================================================================
code  meaning
====  ==========================================================================================
0     done as asked; also at a limit, with a solution
1     the solver or the program itself failed
2     wrong usage: an option, a policy, or another file that cannot be read or written
3     the instance is not a valid game, or no file that can be read
4     no solution (verify: no verdict): a limit, too large a game, or none in the class
5     a result failed an exact check; it is printed all the same
6     a batch with failed rows
7     proven: no policy satisfies the constraints
130   interrupted (SIGINT, Ctrl-C); what was found so far is printed
141   the reader of the output went away
143   terminated (SIGTERM, SIGHUP); what was found so far is printed
====  ==========================================================================================

A mistake of the user is one line, never a traceback. An unexpected exception is one line too; with the environment
variable ``SSG_MIP_TRACEBACK=1`` its traceback is shown.

A first signal ends a command that has nothing to print yet at once, others with what they found; a second one ends
every command at once: :mod:`ssg_mip.base.signals`.

Solver, modelling and validation libraries are imported by the commands that need them, so that ``--help`` and
``validate`` start fast.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from ssg_mip.api.exit_codes import ExitCode
from ssg_mip.base.signals import watch_signals
from ssg_mip.base.standard_output import point_stdout_at_stderr
from ssg_mip.cli.app import app
from ssg_mip.cli.clock import count_from_the_beginning
from ssg_mip.cli.console import say_error, stdout_for_the_answer, write_json
from ssg_mip.errors import SsgError, TooLargeError

TRACEBACK_VARIABLE = "SSG_MIP_TRACEBACK"

__all__ = ["app", "main", "run"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Parameters
    ----------
    arguments
        What follows the program's name; ``sys.argv[1:]`` if absent.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not _wants_json(given):
        return _run_command(given)
    with stdout_for_the_answer() as answer:
        code = _run_command(given)
        if code == ExitCode.DONE or answer.given:
            return code
        interrupted = code == ExitCode.INTERRUPTED  # the parser makes an end of its own of a KeyboardInterrupt
        kind, message = ("Interrupted", "interrupted") if interrupted else ("Failure", "ended without an answer")
        return write_json(_error_object(kind, message, code), code)


def run() -> NoReturn:
    """Run the command line and end the process, without waiting for solver work that was left behind."""
    count_from_the_beginning()
    watch = watch_signals()
    code = int(main())
    watch.over()
    if _wants_json(sys.argv[1:]):
        point_stdout_at_stderr()  # what libraries say in leaving is no part of the answer
    impatience = sys.modules.get("ssg_mip.lp.impatience")  # looked up: importing the solver takes a while
    if impatience is not None and impatience.work_left_behind():
        os._exit(code)
    sys.exit(code)


def _wants_json(arguments: Sequence[str]) -> bool:
    return "--json" in arguments and not {"-h", "--help"} & set(arguments)


def _run_command(given: list[str]) -> int:
    try:
        app(args=given, prog_name="ssg-mip")
    except SystemExit as end:
        return _ended(given, end)
    except KeyboardInterrupt:
        return _fail(given, "Interrupted", "interrupted", ExitCode.INTERRUPTED)
    except SsgError as error:
        return _fail(given, type(error).__name__, str(error), error.exit_code)
    except MemoryError as error:
        reason = f"not enough memory: {error or 'the system has no more'}; use a smaller game, or another method"
        return _fail(given, TooLargeError.__name__, reason, ExitCode.NO_SOLUTION)
    except OSError as error:
        return _fail(given, type(error).__name__, _describe(error), ExitCode.USAGE)
    except Exception as error:
        if os.environ.get(TRACEBACK_VARIABLE, "0") not in {"", "0"}:
            raise
        hint = f"set {TRACEBACK_VARIABLE}=1 for the traceback"
        return _fail(given, type(error).__name__, f"unexpected {type(error).__name__}: {error} ({hint})", 1)
    return ExitCode.DONE


def _ended(given: Sequence[str], end: SystemExit) -> int:
    """The exit code; wrong usage, which is on stderr already, gets its object too."""
    code = end.code if isinstance(end.code, int) else int(ExitCode.DONE)
    described = getattr(end.__context__, "format_message", None)  # the parser's own kind of exception has one
    if described is None or not _wants_json(given):
        return code
    return write_json(_error_object("UsageError", described(), code), code)


def _describe(error: OSError) -> str:
    reason = error.strerror or str(error)
    return reason if error.filename is None else f"{error.filename}: {reason}"


def _fail(arguments: Sequence[str], kind: str, message: str, code: int) -> int:
    say_error(message)
    return write_json(_error_object(kind, message, code), code) if _wants_json(arguments) else int(code)


def _error_object(kind: str, message: str, code: int) -> dict[str, Any]:
    return {"format": "ssg-mip-error/1", "error": {"class": kind, "message": message}, "exit_code": int(code)}
