"""How much memory is left, asked before much of it is taken, and the limit that a user sets.

A limit is about what the whole process holds (its resident set). Searches look at it at every node, and what needs much
at once asks before it takes it; nothing is taken away from work that is under way.
"""

from __future__ import annotations

import math
import os
import resource
import sys
from pathlib import Path

from ssg_mip.base.rules import Rule, is_number, optional
from ssg_mip.errors import OptionError, TooLargeError

GIB = 2.0**30

MemoryGiven = int | float | str | None
"""Bytes, or text with a unit; nothing for no limit."""


def bytes_of(given: object) -> float | None:
    """Bytes that a user names: a number above 0, or text such as ``"500 MB"`` or ``"2GiB"``; ``None`` if it is none."""
    if isinstance(given, str):
        from pydantic import ByteSize, TypeAdapter, ValidationError  # takes a tenth of a second to import

        try:
            given = int(TypeAdapter(ByteSize).validate_python(given))
        except ValidationError:
            return None
    return float(given) if is_number(given) and 0.0 < given < math.inf else None  # type: ignore[arg-type,operator]


MEMORY = optional(
    Rule(
        "a number of bytes above 0, or text with a unit, such as '500 MB' or '2 GiB'",
        lambda value: bytes_of(value) is not None,
    )
)
"""What an argument ``memory_limit`` must be."""


def memory_limit_of(given: MemoryGiven) -> float | None:
    """The limit in bytes; ``None`` for none.

    Raises
    ------
    OptionError
        If it is no amount of memory, or the process holds more than that before any work.
    """
    MEMORY.check("memory_limit", given)
    limit = None if given is None else bytes_of(given)
    if limit is not None and resident_memory() >= limit:
        raise OptionError(
            f"memory_limit is {given!r}, and the process holds {resident_memory() / 1e6:,.0f} MB before it begins; "
            "give more"
        )
    return limit


def resident_memory() -> float:
    """Bytes that this process holds now; where the system does not say, the most that it has held."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return float(pages * os.sysconf("SC_PAGE_SIZE"))
    except (OSError, ValueError, IndexError):
        unit = 1 if sys.platform == "darwin" else 1024
        return float(unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def available_memory(limit: float | None = None) -> float:
    """Bytes that this process may still take, as far as system and user say; infinite where they do not."""
    own = math.inf if limit is None else max(0.0, limit - resident_memory())
    return min(own, _free_in_system(), _free_in_limit())


def _free_in_system() -> float:
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return 1024.0 * int(line.split()[1])
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (OSError, ValueError):
        return math.inf


def _free_in_limit() -> float:
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return math.inf
    try:
        used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        used = 0
    return float(max(0, limit - used))


def require_memory(needed: float, what: str, fits: str, *, limit: float | None = None) -> None:
    """Refuse work that needs more memory than there is.

    Parameters
    ----------
    needed
        Bytes.
    what, fits
        For the message: what needs them, and what would fit.
    limit
        What the user allows the process to hold, in bytes.

    Raises
    ------
    TooLargeError
        If there are fewer.
    """
    free = available_memory(limit)
    if needed > free:
        raise TooLargeError(
            f"{what} needs about {needed / GIB:.1f} GiB of memory, {free / GIB:.1f} GiB are available; {fits}"
        )
