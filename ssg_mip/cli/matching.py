"""The game that a printed result is about: the instance file with its content hash."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ssg_mip.errors import InvalidGameError, OptionError
from ssg_mip.game.game import Game

if TYPE_CHECKING:
    from ssg_mip.problem.problem import Problem

MOST_FILES = 2000
"""Instance files looked at, at most, when none is named."""


def check_regular(result: Path) -> None:
    """Refuse what cannot be read twice, or blocks for ever, such as a FIFO."""
    if not result.is_file():
        kind = "is a folder" if result.is_dir() else "is not a regular file" if result.exists() else "does not exist"
        raise OptionError(f"the result: {result} {kind}; name the file that was printed or written")


def matching_game(command: str, result: Path, data: Mapping[str, Any]) -> Game:
    """The game that the result is about, found by its content hash."""
    return game_with_hash(command, result, _game_hash(result, data))


def matching_problem(command: str, result: Path, data: Mapping[str, Any]) -> Problem:
    """The problem that the result is about: the instance with its constraints, or else with its game alone.

    A game without constraints serves a result that states some of its own; constraints in a file serve only what has
    been asked under them.
    """
    own = _game_hash(result, data)
    for wanted in dict.fromkeys((data.get("problem_hash", own), own)):
        found = next((one for one in _problems(result) if one.content_hash == wanted), None)
        if found is not None:
            return found
    raise _none_found(command, result, own)


def _game_hash(result: Path, data: Mapping[str, Any]) -> str:
    provenance = data.get("provenance")
    wanted = provenance.get("game_hash") if isinstance(provenance, Mapping) else None
    if not isinstance(wanted, str):
        raise OptionError(
            f"{result} says in no provenance.game_hash which game it is about; it must be what solve, front or "
            "existence printed with --json"
        )
    return wanted


def game_with_hash(command: str, result: Path, wanted: Any) -> Game:
    """The game with a content hash, below the folder of a file or the current one, with constraints or without."""
    for problem in _problems(result):
        if problem.game.content_hash == wanted:
            return problem.game
    raise _none_found(command, result, wanted)


def _none_found(command: str, result: Path, wanted: Any) -> OptionError:
    return OptionError(
        f"no instance with the content hash {wanted!r} is below {' or '.join(map(str, _folders(result)))}; "
        f"name it: ssg-mip {command} {result} INSTANCE"
    )


def _problems(result: Path) -> Iterator[Problem]:
    """The problems of the instance files that a result may be about."""
    from ssg_mip.problem.files import read_problem

    for path in candidates(result):
        try:
            yield read_problem(path)
        except (InvalidGameError, OSError):
            continue


def candidates(result: Path) -> list[Path]:
    """The instance files that a result may be about: those below its folder and below the current one."""
    return list(itertools.islice(_instance_files(_folders(result)), MOST_FILES))


def _folders(result: Path) -> list[Path]:
    return list(dict.fromkeys((result.resolve().parent, Path.cwd())))


def _instance_files(folders: list[Path]) -> Iterator[Path]:
    from ssg_mip.batch import find_instances

    for folder in folders:
        yield from (folder / name for name in find_instances(folder))
