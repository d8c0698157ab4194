"""Axes to draw on, and files to write pictures to."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ssg_mip.errors import OptionError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DPI = 120
"""Dots per inch: sharp enough on a screen, and files of some tens of kilobytes."""

_INSTALL = "pictures need matplotlib; install it with: python -m pip install 'ssg_mip[plot]'"


def new_axes(projection: str | None = None) -> Axes:
    """Axes on a figure of their own.

    Raises
    ------
    OptionError
        If matplotlib is absent.
    """
    try:
        from matplotlib import pyplot
    except ImportError:
        raise OptionError(_INSTALL) from None
    return pyplot.figure(layout="constrained").add_subplot(projection=projection)


def check_picture(path: Path | str) -> None:
    """Check that matplotlib is there and writes the format that the file's name asks for (png without a suffix).

    Raises
    ------
    OptionError
        If not.
    """
    try:
        from matplotlib.backend_bases import FigureCanvasBase
    except ImportError:
        raise OptionError(_INSTALL) from None
    known = FigureCanvasBase.get_supported_filetypes()
    if _kind(path) not in known:
        raise OptionError(f"{path}: pictures cannot be written as {_kind(path)!r}; formats: {', '.join(sorted(known))}")


def save_picture(
    draw: Callable[..., Axes], subject: Any, path: Path | str, *, projection: str | None = None, **how: Any
) -> None:
    """Draw ``draw(subject, ax=ax, **how)`` on a figure of its own, without a window, and write it to a file.

    Raises
    ------
    OptionError
        As :func:`check_picture`, and what ``draw`` raises.
    """
    check_picture(path)
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.0, 4.5), layout="constrained")
    draw(subject, ax=figure.add_subplot(projection=projection), **how)
    with warnings.catch_warnings():
        # A letter that the font lacks is drawn as a box, which says enough.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.savefig(path, format=_kind(path), dpi=_DPI)


def literally(text: str) -> str:
    """A name as it stands: matplotlib would read what stands between dollar signs as mathematics.

    What cannot be printed becomes a question mark.
    """
    return "".join(letter if letter.isprintable() else "?" for letter in text).replace("$", r"\$")


def _kind(path: Path | str) -> str:
    return Path(path).suffix.removeprefix(".").lower() or "png"
