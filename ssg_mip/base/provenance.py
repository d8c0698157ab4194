"""Where an answer comes from: enough to run it again."""

from __future__ import annotations

import dataclasses
import platform
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from typing import Any


@cache
def versions() -> dict[str, str]:
    """Versions of this package and of what it computes with."""
    packages = {"ssg_mip": "ssg_mip", "highs": "highspy", "pyomo": "pyomo", "numpy": "numpy", "scipy": "scipy"}
    found = {}
    for label, package in packages.items():
        try:
            found[label] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[label] = "not installed"
    return {**found, "python": platform.python_version()}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where a result comes from: enough to run it again.

    Attributes
    ----------
    game_name, game_hash
        The game and the SHA-256 of its content.
    method, options, seed
        What was asked.
    seconds
        Wall-clock time of the whole call.
    counts
        Work done, in units that do not depend on the machine: ``nodes``, ``lps``, ``iterations``, ...
    versions
        Versions of the packages involved.
    """

    game_name: str
    game_hash: str
    method: str
    options: Mapping[str, Any]
    seed: int
    seconds: float
    counts: Mapping[str, int]
    versions: Mapping[str, str] = dataclasses.field(default_factory=versions)
