"""The names of the package, imported when they are first used."""

from __future__ import annotations

import subprocess
import sys

import ssg_mip
from tests.unit import ROOT


def test_every_name_is_there() -> None:
    for name in ssg_mip.__all__:
        assert getattr(ssg_mip, name).__name__ == name
        assert name in dir(ssg_mip)


def test_best_response_is_the_function_whatever_was_imported_before() -> None:
    """A module of the same name does not take its place."""
    imports = ["import ssg_mip", "import ssg_mip.evaluation.best_response", "from ssg_mip.api.front_door import solve"]
    code = "; import ssg_mip; from ssg_mip import best_response as b; print(b.__name__, ssg_mip.best_response is b)"
    for first in imports:
        given = [sys.executable, "-c", first + code]
        done = subprocess.run(given, capture_output=True, text=True, cwd=ROOT, check=True)
        assert done.stdout.splitlines()[-1] == "best_response True"
        assert "Warning" not in done.stderr
