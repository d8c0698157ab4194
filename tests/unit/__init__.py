"""Tests of the package, module by module."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
"""The folder of the repository."""

Command = Callable[..., Any]
"""The fixture ``command``: the command line in this process."""


def rows_in(out: Path) -> list[dict[str, Any]]:
    """The rows that a batch has written into a folder."""
    return [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]
