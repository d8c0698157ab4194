"""The front's names are part of the package's face, and cost nothing until they are used."""

from __future__ import annotations

import subprocess
import sys

import ssg_mip
from ssg_mip.pareto.front import ParetoFront
from ssg_mip.pareto.sweep import trace_front


def test_front_names_are_importable_from_the_package() -> None:
    """``from ssg_mip import trace_front, ParetoFront``."""
    assert ssg_mip.trace_front is trace_front
    assert ssg_mip.ParetoFront is ParetoFront
    assert {"trace_front", "ParetoFront"} <= set(dir(ssg_mip))


def test_importing_the_package_imports_no_solver() -> None:
    """A fresh interpreter that imports ``ssg_mip`` has loaded neither HiGHS nor Pyomo nor moocore."""
    code = "import sys, ssg_mip; sys.exit(any(name in sys.modules for name in ('highspy', 'moocore', 'pyomo')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
