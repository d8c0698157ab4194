"""The command line ``ssg-mip``.

Human text, progress and errors go to stderr. Stdout belongs to ``--json``, which prints exactly one JSON object;
an error is then an object too (``format`` is ``ssg-mip-error/1``).

====  ==========================================================================================
code  meaning
====  ==========================================================================================
0     done as asked; also at a limit, with a solution
1     the solver or the program itself failed
2     wrong usage: an option, a policy, or another file that cannot be read or written
3     the instance is not a valid game, or no file that can be read
4     no solution (verify: no verdict): a limit came first, or the restricted class holds none
5     a result failed an exact check; it is printed all the same
6     a batch with failed rows
7     proven: no policy satisfies the constraints
130   interrupted; what was found so far is printed
141   the reader of the output went away
====  ==========================================================================================

A mistake of the user is one line, never a traceback. An unexpected exception is one line too; with the environment
variable ``SSG_MIP_TRACEBACK=1`` its traceback is shown.

Solver, modelling and validation libraries are imported by the commands that need them, so that ``--help`` and
``validate`` start fast.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from ssg_mip.cli.app import app
from ssg_mip.cli.console import say_error, write_json
from ssg_mip.errors import SsgError
from ssg_mip.exit_codes import ExitCode

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
    try:
        app(args=given, prog_name="ssg-mip")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else ExitCode.DONE
    except KeyboardInterrupt:
        return _fail(given, "Interrupted", "interrupted", ExitCode.INTERRUPTED)
    except SsgError as error:
        return _fail(given, type(error).__name__, str(error), error.exit_code)
    except OSError as error:
        return _fail(given, type(error).__name__, _describe(error), ExitCode.USAGE)
    except Exception as error:
        if os.environ.get(TRACEBACK_VARIABLE, "0") not in {"", "0"}:
            raise
        hint = f"set {TRACEBACK_VARIABLE}=1 for the traceback"
        return _fail(given, type(error).__name__, f"unexpected {type(error).__name__}: {error} ({hint})", 1)
    return ExitCode.DONE


def run() -> NoReturn:
    """Run the command line and end the process, without waiting for solver work that was left behind."""
    code = int(main())
    impatience = sys.modules.get("ssg_mip.solver.impatience")  # looked up: importing the solver takes a while
    if impatience is not None and impatience.work_left_behind():
        os._exit(code)
    sys.exit(code)


def _describe(error: OSError) -> str:
    reason = error.strerror or str(error)
    return reason if error.filename is None else f"{error.filename}: {reason}"


def _fail(arguments: Sequence[str], kind: str, message: str, code: int) -> int:
    say_error(message)
    if "--json" in arguments:
        return write_json(
            {"format": "ssg-mip-error/1", "error": {"class": kind, "message": message}, "exit_code": int(code)}, code
        )
    return int(code)
