"""Where and with what a run takes place: date, machine, versions, revision, memory."""

from __future__ import annotations

import os
import platform
import resource
import subprocess
import sys
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from ssg_mip.base.provenance import versions


def now() -> str:
    """The present moment, UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def surroundings() -> dict[str, Any]:
    """Date, machine and versions."""
    return {
        "started": now(),
        "machine": {
            "cpu": cpu_model(),
            "cores": os.cpu_count(),
            "architecture": platform.machine(),
            "system": f"{platform.system()} {platform.release()}",
        },
        "versions": {**versions(), **peer_versions()},
        "revision": _revision(),
    }


def cpu_model() -> str:
    """The processor's name, as far as the system tells."""
    information = Path("/proc/cpuinfo")
    if information.exists():
        for entry in information.read_text(encoding="utf-8").splitlines():
            label, _, value = entry.partition(":")
            if label.strip() == "model name":
                return value.strip()
    return platform.processor() or "unknown"


def peer_versions() -> dict[str, str]:
    """Versions of the general solvers, with the SCIP library behind its Python interface."""
    found = {}
    for package in ("pyscipopt", "gurobipy"):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    try:
        from pyscipopt import Model

        found["scip"] = ".".join(str(getattr(Model(), f"get{part}Version")()) for part in ("Major", "Minor", "Tech"))
    except (ImportError, AttributeError):
        found["scip"] = "unknown"
    return found


def _revision() -> str:
    """The commit that was measured, with ``+`` for changes that are not in it."""
    root = Path(__file__).parents[2]
    try:
        asked = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--abbrev=12"],
            cwd=root,
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return asked.stdout.strip()


def peak_megabytes() -> float:
    """The most memory that this process has held so far."""
    status = Path("/proc/self/status")
    if status.exists():
        # What getrusage tells on Linux starts from the parent's memory at the fork; this figure does not.
        for entry in status.read_text(encoding="utf-8").splitlines():
            if entry.startswith("VmHWM:"):
                return int(entry.split()[1]) * 1024 / 1e6
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
