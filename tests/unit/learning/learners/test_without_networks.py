"""The package works without the extra ``learn``, and says so where that is asked for."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ssg_mip import Game, solve, write_instance
from ssg_mip.cli import main
from ssg_mip.errors import OptionError
from ssg_mip.learning.environments import aec_env, leader_env, parallel_env
from ssg_mip.library import matrix_game

ROOT = Path(__file__).parents[4]
LIBRARIES = ["torch", "stable_baselines3", "gymnasium", "pettingzoo"]
METHODS = ["actor-critic", "ppo-hedge"]


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> None:
    """Imports of the libraries fail, as if they were absent."""
    for name in [name for name in sys.modules if name.split(".")[0] in LIBRARIES]:
        monkeypatch.delitem(sys.modules, name)
    for name in LIBRARIES:
        monkeypatch.setitem(sys.modules, name, None)


def test_what_needs_no_network_loads_none_of_the_libraries() -> None:
    """Neither the package, nor its command line, nor a proof of the optimum, nor the list of settings of a learner."""
    code = (
        "import sys, ssg_mip, ssg_mip.cli, ssg_mip.learning.environments; from ssg_mip.library import matrix_game;"
        "from ssg_mip.methods.registry import METHODS; from importlib import import_module;"
        "[import_module(m.home) for m in METHODS.values()];"
        "ssg_mip.solve(matrix_game('maintain'), method='commitment');"
        f"print([m for m in {LIBRARIES} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.usefixtures("without")
@pytest.mark.parametrize("make", [parallel_env, aec_env, lambda game: leader_env(game, lambda state, a, rng: 0)])
def test_environments_without_the_extra_name_it(make: Callable[[Game], object]) -> None:
    with pytest.raises(OptionError, match=r"gymnasium.*ssg_mip\[learn\]"):
        make(matrix_game("maintain"))


@pytest.mark.usefixtures("without")
@pytest.mark.parametrize("method", METHODS)
def test_without_the_extra_the_message_names_it(
    method: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(OptionError, match=r"torch.*ssg_mip\[learn\]"):
        solve(matrix_game("maintain"), method=method)
    path = tmp_path / "maintain.json"
    write_instance(matrix_game("maintain"), path)
    assert main(["solve", str(path), "--method", method]) == 2
    assert "ssg_mip[learn]" in capsys.readouterr().err
