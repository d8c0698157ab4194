"""What tests of experiments share."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ssg_mip.studies import Report, reproduce
from ssg_mip.studies.notebook import Notebook

Reproduce = Callable[..., Report]


@pytest.fixture
def run(tmp_path: Path) -> Reproduce:
    """Run an experiment with settings into a folder of its own."""

    def running(name: str, **settings: Any) -> Report:
        return reproduce(name, tmp_path, settings=settings)

    return running


@pytest.fixture
def notebook(tmp_path: Path) -> Iterator[Notebook]:
    """A notebook that is closed afterwards."""
    opened = Notebook("some", tmp_path)
    yield opened
    opened.close("some experiment", {}, full=False)


def rows(report: Report, suffix: str = "") -> list[dict[str, str]]:
    """The rows of a table that a report wrote."""
    name = f"{report.name}{'-' if suffix else ''}{suffix}.csv"
    path = next(path for path in report.files if path.name == name)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def agreement(report: Report) -> dict[str, bool | None]:
    """What agrees with print."""
    return {finding.what: finding.agrees for finding in report.findings}
