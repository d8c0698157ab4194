"""Fixtures of the unit tests."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ssg_mip import write_instance
from ssg_mip.cli import main
from tests.unit import fakes


@pytest.fixture
def fake_methods() -> Iterator[None]:
    """The methods of :mod:`tests.unit.fakes`, under their names, for one test."""
    fakes.install()
    yield
    fakes.uninstall()


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    """A file with the game of :func:`tests.unit.fakes.small_game`."""
    path = tmp_path / "small.json"
    write_instance(fakes.small_game(), path)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two instances with different content, one of them in a folder of its own."""
    folder = tmp_path / "games"
    (folder / "nested").mkdir(parents=True)
    write_instance(fakes.small_game("one"), folder / "nested" / "one.json")
    other = fakes.small_game("two")
    write_instance(other.replace(initial=np.array([1.0, 0.0])), folder / "two.npz")
    return folder


@dataclasses.dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> dict[str, Any]:
        """The one JSON object on stdout; fails if there is anything else."""
        data: dict[str, Any] = json.loads(self.out)
        return data


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """``command("solve", path, "--json")`` runs the command line in this process."""

    def run(*arguments: object) -> Ran:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Ran(code, captured.out, captured.err)

    return run
