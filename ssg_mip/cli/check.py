"""The command ``verify``: is what a printed result says true?"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from ssg_mip.cli import options
from ssg_mip.cli.console import say, write_json
from ssg_mip.errors import InvalidGameError, OptionError
from ssg_mip.exit_codes import ExitCode
from ssg_mip.game import Game

MOST_FILES = 2000
"""Instance files looked at, at most, when none is named."""


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

    _check_regular(result)
    if is_certificate(result):
        if certificate is not None:
            raise OptionError(f"{result} is a certificate; --certificate goes with what --json printed")
        _verify_certificate(result, instance, as_json)
    data = options.read_json_file(result)
    game = _matching_game(result, data) if instance is None else read_instance(instance)
    verification = verify(game, data, bounds=() if certificate is None else verify_bounds(game, certificate))
    code = int(ExitCode.DONE if verification.passed else ExitCode.FAILED_CHECK)
    if as_json:
        code = write_json(verification.to_dict(), code)
    else:
        say(*verification_report(verification))
    raise typer.Exit(code)


def _check_regular(result: Path) -> None:
    """Refuse what cannot be read twice, or blocks for ever, such as a FIFO."""
    if not result.is_file():
        kind = "is a folder" if result.is_dir() else "is not a regular file" if result.exists() else "does not exist"
        raise OptionError(f"the result: {result} {kind}; name the file that was printed or written")


def _verify_certificate(certificate: Path, instance: Path | None, as_json: bool) -> NoReturn:
    """Replay the certificates of a file."""
    from ssg_mip.certificates.dual.document import lines_of, read_header
    from ssg_mip.certificates.dual.replay import verify_bounds
    from ssg_mip.files import read_instance
    from ssg_mip.report.checks import bound_report, bounds_to_dict

    if instance is None:
        game = _game_with_hash(certificate, read_header(next(lines_of(certificate), None)).game_hash)
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


def _matching_game(result: Path, data: Mapping[str, Any]) -> Game:
    """The game that the result is about, found by its content hash."""
    provenance = data.get("provenance")
    return _game_with_hash(result, provenance.get("game_hash") if isinstance(provenance, Mapping) else None)


def _game_with_hash(result: Path, wanted: Any) -> Game:
    """The game with a content hash, below the folder of a file or the current one."""
    from ssg_mip.files import read_instance

    folders = list(dict.fromkeys((result.resolve().parent, Path.cwd())))
    for path in itertools.islice(_instance_files(folders), MOST_FILES):
        try:
            game = read_instance(path)
        except (InvalidGameError, OSError):
            continue
        if game.content_hash == wanted:
            return game
    raise OptionError(
        f"no instance with the content hash {wanted!r} is below {' or '.join(map(str, folders))}; "
        f"name it: ssg-mip verify {result} INSTANCE"
    )


def _instance_files(folders: list[Path]) -> Iterator[Path]:
    from ssg_mip.batch import find_instances

    for folder in folders:
        yield from (folder / name for name in find_instances(folder))
