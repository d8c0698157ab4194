"""One instance, one file: the suffix decides the format, ``.json`` or ``.npz``.

Whatever is wrong with a file, reading it raises one :class:`~ssg_mip.errors.InvalidInstanceError` with one line that
names the file and the place inside it, within bounded time and memory. The formats are imported when first used.
"""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ssg_mip.base.printable import printable
from ssg_mip.base.rules import PATH
from ssg_mip.errors import InvalidGameError, InvalidInstanceError, OptionError

if TYPE_CHECKING:
    from ssg_mip.game.game import Game
    from ssg_mip.io.said import Said

FORMATS: dict[str, str] = {".json": "ssg_mip.io.json_format", ".npz": "ssg_mip.io.npz_format"}
"""File suffixes and the modules that read and write them."""

_LINE_LIMIT = 600


def read_instance(path: str | os.PathLike[str]) -> Game:
    """Read a game from a ``.json`` or ``.npz`` file that holds nothing else.

    Parameters
    ----------
    path
        A regular file of format ssg-mip/1, or of ssg-mip/2 without constraints. ``read_problem`` reads the others too.

    Raises
    ------
    OptionError
        If ``path`` is no path.
    InvalidInstanceError
        If the file cannot be read, does not hold a valid game, or says more than a game can hold; one line with the
        file and the place inside it.
    """
    game, said = read_parts(path)
    if said:
        keys = " and ".join(said.to_dict())
        raise InvalidInstanceError(
            f"{shown_path(Path(path))}: holds {keys}, which a game does not; read it with read_problem, which gives a "
            "Problem"
        )
    return game


def read_parts(path: str | os.PathLike[str]) -> tuple[Game, Said]:
    """Read a game from a file, and what the file says beside it.

    Raises
    ------
    OptionError
        If ``path`` is no path.
    InvalidInstanceError
        If the file cannot be read or does not hold a valid game; one line with the file and the place inside it.
    """
    from ssg_mip.io.strict_json import Refusal

    PATH.check("path", path)
    place = Path(path)
    if place.suffix.lower() not in FORMATS:
        raise InvalidInstanceError(
            f"{shown_path(place)}: the suffix is {place.suffix!r}; it must be one of {', '.join(FORMATS)}"
        )
    try:
        parts: tuple[Game, Said] = _format(place).read(place)
    except (Refusal, InvalidGameError) as error:
        raise InvalidInstanceError(f"{shown_path(place)}: {_one_line(str(error))}") from None
    return parts


def write_instance(game: Game, path: str | os.PathLike[str]) -> None:
    """Write a game to a ``.json`` or ``.npz`` file; reading it back gives the same game, to the last bit.

    ``ssg_mip.write_instance`` writes problems too. The file appears, or is replaced, in one step.

    Parameters
    ----------
    game
        The game.
    path
        Where to write; the folder must exist.

    Raises
    ------
    OptionError
        If the suffix is unknown or the file cannot be written.
    InvalidGameError
        If ``source`` or ``known`` of the game are not JSON data.
    """
    from ssg_mip.game.game import GAME
    from ssg_mip.io.said import NOTHING

    GAME.check("game", game)
    write_parts(game, NOTHING, path)


def write_parts(game: Game, said: Said, path: str | os.PathLike[str]) -> None:
    """Write a game and what is said beside it.

    Raises
    ------
    OptionError
        If the suffix is unknown or the file cannot be written.
    InvalidGameError
        If ``source`` or ``known`` of the game are not JSON data.
    """
    from ssg_mip.io.strict_json import Refusal

    PATH.check("path", path)
    place = Path(path)
    if place.suffix.lower() not in FORMATS:
        raise OptionError(
            f"{shown_path(place)}: the suffix is {place.suffix!r}; it must be one of {', '.join(FORMATS)}"
        )
    try:
        _format(place).write(game, place, said)
    except Refusal as error:
        raise InvalidGameError(f"{shown_path(place)}: cannot be written: {_one_line(str(error))}") from None


def _format(path: Path) -> Any:
    return import_module(FORMATS[path.suffix.lower()])


def shown_path(path: Path) -> str:
    """The path as it can stand in a message."""
    return printable(str(path), one_line=True)


def _one_line(text: str) -> str:
    line = printable(" ".join(text.split()), one_line=True)
    return line if len(line) <= _LINE_LIMIT else f"{line[:_LINE_LIMIT]}..."


__all__ = ["FORMATS", "read_instance", "read_parts", "shown_path", "write_instance", "write_parts"]
