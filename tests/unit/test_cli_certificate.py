"""``solve --certificate`` and the replay of what it writes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ssg_mip import read_instance, solve, verify_bound
from ssg_mip.errors import OptionError
from ssg_mip.methods.bound_certificate import Recorder
from ssg_mip.status import BoundProof
from tests.unit import Command


@pytest.fixture
def certificate(command: Command, instance: Path, tmp_path: Path) -> Path:
    """What ``solve --certificate`` wrote for the instance beside it."""
    path = tmp_path / "bound.cert"
    ran = command("solve", instance, "--method", "commitment", "--certificate", path, "--json")
    assert ran.code == 0
    assert json.loads(path.read_text().splitlines()[0])["bound"] == ran.data["dual_bound"]
    return path


def test_a_certificate_proves_the_printed_bound(command: Command, instance: Path, certificate: Path) -> None:
    ran = command("verify", certificate, instance)
    assert (ran.code, ran.out) == (0, "")
    assert "proven in exact arithmetic: no stationary leader policy is worth more than" in ran.err
    ran = command("verify", certificate, "--json")
    assert ran.code == 0
    assert ran.data["bound_certified"] is True


def test_a_lowered_bound_is_exit_code_5(command: Command, instance: Path, certificate: Path) -> None:
    header, *nodes = certificate.read_text().splitlines()
    data = json.loads(header)
    data["bound"] -= 0.01
    certificate.write_text("\n".join([json.dumps(data), *nodes]))
    ran = command("verify", certificate, instance)
    assert ran.code == 5
    assert "FAILED" in ran.err
    certificate.write_text("\n".join([json.dumps(data), *nodes[:-1]]))
    ran = command("verify", certificate, instance)
    assert ran.code == 5
    assert "Traceback" not in ran.err


def test_a_certificate_needs_the_commitment_method(command: Command, instance: Path, tmp_path: Path) -> None:
    ran = command("solve", instance, "--certificate", tmp_path / "bound.cert")
    assert ran.code == 2
    assert "commitment" in ran.err
    assert not (tmp_path / "bound.cert").exists()


def test_a_certificate_knows_no_margins(command: Command, instance: Path, tmp_path: Path) -> None:
    path = tmp_path / "bound.cert"
    ran = command("solve", instance, "--method", "commitment", "--margin", "0.05", "--certificate", path)
    assert ran.code == 2
    assert "margin is 0.05" in ran.err
    with pytest.raises(OptionError, match=r"margin is 0\.05"):
        solve(read_instance(instance), "commitment", margin=0.05, recorder=Recorder())
    assert not path.exists()


@pytest.mark.parametrize("method", ["commitment", "policy-iteration", "deterministic"])
def test_a_bound_under_a_margin_is_not_certified(instance: Path, method: str) -> None:
    result = solve(read_instance(instance), method, margin=0.05, check=False, guarantee=False)
    assert not result.bound_certified
    data = result.to_dict()
    assert data["bound_certified"] is False
    if data["dual_bound"] is not None:
        assert data["bound_proof"] == BoundProof.MARGIN.value


def test_a_folder_that_does_not_exist_is_noticed_before_the_work(instance: Path, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="folder that exists"):
        solve(read_instance(instance), "commitment", certificate=tmp_path / "missing" / "bound.cert")


def test_solve_writes_the_certificate_of_its_bound(instance: Path, tmp_path: Path) -> None:
    """In this game the players agree on the best pair of policies: its value is the bound."""
    path = tmp_path / "bound.cert"
    game = read_instance(instance)
    result = solve(game, "commitment", certificate=path)
    found = verify_bound(game, path)
    assert found.passed
    assert found.claimed == result.dual_bound
    assert result.bound_certified
    assert result.bound_proof is BoundProof.PAIR
    assert path.read_text().splitlines()[1:] == ['["c"]']


def test_the_replay_needs_no_solver(instance: Path, certificate: Path) -> None:
    """Neither HiGHS nor Pyomo nor SciPy is imported."""
    code = (
        "import sys; from ssg_mip.cli import main\n"
        f"code = main(['verify', {str(certificate)!r}, {str(instance)!r}])\n"
        "print([name for name in ('highspy', 'pyomo', 'scipy') if name in sys.modules])\n"
        "sys.exit(code)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout.strip()) == (0, "[]"), ran.stderr
