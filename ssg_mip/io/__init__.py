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

FORMATS: dict[str, str] = {".json": "ssg_mip.io.json_format", ".npz": "ssg_mip.io.npz_format"}
"""File suffixes and the modules that read and write them."""

_LINE_LIMIT = 600


def read_instance(path: str | os.PathLike[str]) -> Game:
    """Read a game from a ``.json`` or ``.npz`` file.

    Parameters
    ----------
    path
        A regular file of format ssg-mip/1.

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
            f"{_shown(place)}: the suffix is {place.suffix!r}; it must be one of {', '.join(FORMATS)}"
        )
    try:
        game: Game = _format(place).read(place)
    except (Refusal, InvalidGameError) as error:
        raise InvalidInstanceError(f"{_shown(place)}: {_one_line(str(error))}") from None
    return game


def write_instance(game: Game, path: str | os.PathLike[str]) -> None:
    """Write a game to a ``.json`` or ``.npz`` file; reading it back gives the same game, to the last bit.

    The file appears, or is replaced, in one step.

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
    from ssg_mip.io.strict_json import Refusal

    GAME.check("game", game)
    PATH.check("path", path)
    place = Path(path)
    if place.suffix.lower() not in FORMATS:
        raise OptionError(f"{_shown(place)}: the suffix is {place.suffix!r}; it must be one of {', '.join(FORMATS)}")
    try:
        _format(place).write(game, place)
    except Refusal as error:
        raise InvalidGameError(f"{_shown(place)}: cannot be written: {_one_line(str(error))}") from None


def _format(path: Path) -> Any:
    return import_module(FORMATS[path.suffix.lower()])


def _shown(path: Path) -> str:
    """The path as it can stand in a message."""
    return printable(str(path), one_line=True)


def _one_line(text: str) -> str:
    line = printable(" ".join(text.split()), one_line=True)
    return line if len(line) <= _LINE_LIMIT else f"{line[:_LINE_LIMIT]}..."


__all__ = ["FORMATS", "read_instance", "write_instance"]
