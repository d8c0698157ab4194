"""Tests of the package, module by module."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
"""The folder of the repository."""

Command = Callable[..., Any]
"""The fixture ``command``: the command line in this process."""
