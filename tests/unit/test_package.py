"""The names of the package, imported when they are first used."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

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


def _documented(text: str) -> Iterator[str]:
    """The names below "Parameters" in a docstring."""
    _, _, rest = text.partition("Parameters\n----------\n")
    for line in re.split(r"\n[A-Z]\w+\n-+\n", rest)[0].splitlines():
        if re.fullmatch(r"[\w*][\w*, ]*", line):
            yield from (name.strip(" *") for name in line.split(","))


@pytest.mark.parametrize("path", sorted((ROOT / "ssg_mip").rglob("*.py")), ids=lambda path: path.stem)
def test_every_documented_parameter_is_one(path: Path) -> None:
    """Of functions, and of classes that have an ``__init__`` of their own."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        functions = [node] if isinstance(node, ast.FunctionDef) else []
        if isinstance(node, ast.ClassDef):
            functions = [one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"]
        for function in functions:
            text = ast.get_docstring(node)  # type: ignore[arg-type]
            asked = function.args
            names = [one.arg for one in (*asked.posonlyargs, *asked.args, *asked.kwonlyargs)]
            names += [one.arg for one in (asked.vararg, asked.kwarg) if one is not None]
            assert set(_documented(text or "")) <= set(names), node.name  # type: ignore[attr-defined]
