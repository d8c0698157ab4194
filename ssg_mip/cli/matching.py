"""The game that a printed result is about: the instance file with its content hash."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ssg_mip.errors import InvalidGameError, OptionError
from ssg_mip.game.game import Game

MOST_FILES = 2000
"""Instance files looked at, at most, when none is named."""


def check_regular(result: Path) -> None:
    """Refuse what cannot be read twice, or blocks for ever, such as a FIFO."""
    if not result.is_file():
        kind = "is a folder" if result.is_dir() else "is not a regular file" if result.exists() else "does not exist"
        raise OptionError(f"the result: {result} {kind}; name the file that was printed or written")


def matching_game(command: str, result: Path, data: Mapping[str, Any]) -> Game:
    """The game that the result is about, found by its content hash."""
    provenance = data.get("provenance")
    wanted = provenance.get("game_hash") if isinstance(provenance, Mapping) else None
    if not isinstance(wanted, str):
        raise OptionError(
            f"{result} says in no provenance.game_hash which game it is about; it must be what solve, front or "
            "existence printed with --json"
        )
    return game_with_hash(command, result, wanted)


def game_with_hash(command: str, result: Path, wanted: Any) -> Game:
    """The game with a content hash, below the folder of a file or the current one."""
    from ssg_mip.io import read_instance

    folders = _folders(result)
    for path in candidates(result):
        try:
            game = read_instance(path)
        except (InvalidGameError, OSError):
            continue
        if game.content_hash == wanted:
            return game
    raise OptionError(
        f"no instance with the content hash {wanted!r} is below {' or '.join(map(str, folders))}; "
        f"name it: ssg-mip {command} {result} INSTANCE"
    )


def candidates(result: Path) -> list[Path]:
    """The instance files that a result may be about: those below its folder and below the current one."""
    return list(itertools.islice(_instance_files(_folders(result)), MOST_FILES))


def _folders(result: Path) -> list[Path]:
    return list(dict.fromkeys((result.resolve().parent, Path.cwd())))


def _instance_files(folders: list[Path]) -> Iterator[Path]:
    from ssg_mip.batch import find_instances

    for folder in folders:
        yield from (folder / name for name in find_instances(folder))
