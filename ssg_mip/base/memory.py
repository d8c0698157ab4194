"""How much memory is left, asked before much of it is taken."""

from __future__ import annotations

import os
import resource
from pathlib import Path

from ssg_mip.errors import TooLargeError

GIB = 2.0**30


def available_memory() -> float:
    """Bytes that this process may still take, as far as the system says; infinite where it does not."""
    return min(_free_in_system(), _free_in_limit())


def _free_in_system() -> float:
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return 1024.0 * int(line.split()[1])
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (OSError, ValueError):
        return float("inf")


def _free_in_limit() -> float:
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return float("inf")
    try:
        used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        used = 0
    return float(max(0, limit - used))


def require_memory(needed: float, what: str, fits: str) -> None:
    """Refuse work that needs more memory than there is.

    Parameters
    ----------
    needed
        Bytes.
    what, fits
        For the message: what needs them, and what would fit.

    Raises
    ------
    TooLargeError
        If there are fewer.
    """
    free = available_memory()
    if needed > free:
        raise TooLargeError(
            f"{what} needs about {needed / GIB:.1f} GiB of memory, {free / GIB:.1f} GiB are available; {fits}"
        )
