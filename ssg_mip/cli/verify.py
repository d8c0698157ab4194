"""The command ``verify``: is what a printed result says true?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from ssg_mip.api.exit_codes import ExitCode
from ssg_mip.base.deadline import Deadline
from ssg_mip.cli import options
from ssg_mip.cli.clock import command_deadline
from ssg_mip.cli.console import say, write_json
from ssg_mip.cli.matching import check_regular, game_with_hash, matching_problem
from ssg_mip.errors import OptionError

if TYPE_CHECKING:
    from ssg_mip.checker.verification import Check


def verify_result(
    result: Annotated[
        Path,
        typer.Argument(
            metavar="RESULT",
            help="What solve --json or front --json printed, or what --certificate wrote.",
        ),
    ],
    instance: Annotated[
        Path | None,
        typer.Argument(
            metavar="[INSTANCE]",
            help="The instance file. Default: the one with the result's content hash, below the result's folder or "
            "the current one.",
            show_default=False,
        ),
    ] = None,
    certificate: Annotated[
        Path | None,
        typer.Option(
            "--certificate",
            metavar="FILE",
            help="What --certificate wrote beside RESULT: are the bounds of RESULT those that are proven there?",
            exists=True,
            dir_okay=False,
            show_default=False,
        ),
    ] = None,
    time_limit: Annotated[
        float | None,
        typer.Option(
            "--time-limit",
            metavar="SECONDS",
            help="When to stop; what was not checked or replayed by then is named, and the exit code is 4.",
            show_default=False,
        ),
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Check a printed result or front, or the certificate of a bound, in exact arithmetic and without any solver.

    Exit code 5 if a check fails, 4 if the time limit came first. Bounds and statuses are proven by a certificate, or
    where no pair of policies is worth more; else they are named as claimed, and the word is not "verified".
    """
    from ssg_mip.checker.dual.document import is_certificate
    from ssg_mip.checker.dual.replay import verify_bounds
    from ssg_mip.checker.verify import verify
    from ssg_mip.problem.files import read_problem
    from ssg_mip.report.checks import verification_report

    check_regular(result)
    if is_certificate(result):
        if certificate is not None:
            raise OptionError(f"{result} is a certificate; --certificate goes with what --json printed")
        _verify_certificate(result, instance, time_limit, as_json)
    data = options.read_json_file(result)
    problem = matching_problem("verify", result, data) if instance is None else read_problem(instance)
    asked, game = problem if problem.stated else problem.game, problem.game
    deadline = command_deadline(time_limit)
    bounds = () if certificate is None else verify_bounds(game, certificate, time_limit=_left(deadline))
    verification = verify(asked, data, bounds=bounds, time_limit=_left(deadline))
    code = _code(verification.failed, bool(verification.left_out) or any(one.cut_off for one in bounds))
    if as_json:
        code = write_json(verification.to_dict(), code)
    else:
        say(*verification_report(verification))
    raise typer.Exit(code)


def _left(deadline: Deadline) -> float | None:
    return None if math.isinf(deadline.remaining) else deadline.remaining


def _code(failed: Sequence[Check], cut_off: bool) -> int:
    """A failed check comes before the time limit."""
    if failed:
        return int(ExitCode.FAILED_CHECK)
    return int(ExitCode.NO_SOLUTION if cut_off else ExitCode.DONE)


def _verify_certificate(certificate: Path, instance: Path | None, time_limit: float | None, as_json: bool) -> NoReturn:
    """Replay the certificates of a file."""
    from ssg_mip.checker.dual.document import game_hash_of, lines_of
    from ssg_mip.checker.dual.replay import verify_bounds
    from ssg_mip.problem.files import read_problem
    from ssg_mip.report.checks import bound_report, bounds_to_dict

    if instance is None:
        game = game_with_hash("verify", certificate, game_hash_of(next(lines_of(certificate), None)))
    else:
        game = read_problem(instance).game
    found = verify_bounds(game, certificate, time_limit=time_limit)
    code = _code([check for one in found for check in one.failed], any(one.cut_off for one in found))
    if as_json:
        code = write_json(bounds_to_dict(found), code)
    else:
        for one in found:
            say(*bound_report(game, one))
    raise typer.Exit(code)
