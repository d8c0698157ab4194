"""The command ``verify``: is what a printed result says true?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from ssg_mip.cli import options
from ssg_mip.cli.console import say, write_json
from ssg_mip.cli.matching import check_regular, game_with_hash, matching_game
from ssg_mip.errors import OptionError
from ssg_mip.exit_codes import ExitCode


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
    as_json: options.AsJson = False,
) -> None:
    """Check a printed result or front, or the certificate of a bound, in exact arithmetic and without any solver.

    Exit code 5 if a check fails. Of a result only its certificate proves that dual_bound is a bound: without it, that
    no attained value exceeds it.
    """
    from ssg_mip.certificates.dual.document import is_certificate
    from ssg_mip.certificates.dual.replay import verify_bounds
    from ssg_mip.certificates.verify import verify
    from ssg_mip.files import read_instance
    from ssg_mip.report.checks import verification_report

    check_regular(result)
    if is_certificate(result):
        if certificate is not None:
            raise OptionError(f"{result} is a certificate; --certificate goes with what --json printed")
        _verify_certificate(result, instance, as_json)
    data = options.read_json_file(result)
    game = matching_game("verify", result, data) if instance is None else read_instance(instance)
    verification = verify(game, data, bounds=() if certificate is None else verify_bounds(game, certificate))
    code = int(ExitCode.DONE if verification.passed else ExitCode.FAILED_CHECK)
    if as_json:
        code = write_json(verification.to_dict(), code)
    else:
        say(*verification_report(verification))
    raise typer.Exit(code)


def _verify_certificate(certificate: Path, instance: Path | None, as_json: bool) -> NoReturn:
    """Replay the certificates of a file."""
    from ssg_mip.certificates.dual.document import lines_of, read_header
    from ssg_mip.certificates.dual.replay import verify_bounds
    from ssg_mip.files import read_instance
    from ssg_mip.report.checks import bound_report, bounds_to_dict

    if instance is None:
        game = game_with_hash("verify", certificate, read_header(next(lines_of(certificate), None)).game_hash)
    else:
        game = read_instance(instance)
    found = verify_bounds(game, certificate)
    code = int(ExitCode.DONE if all(one.passed for one in found) else ExitCode.FAILED_CHECK)
    if as_json:
        code = write_json(bounds_to_dict(found), code)
    else:
        for one in found:
            say(*bound_report(game, one))
    raise typer.Exit(code)
