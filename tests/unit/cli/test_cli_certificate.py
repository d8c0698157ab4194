"""``solve --certificate`` and the replay of what it writes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ssg_mip import read_instance, solve, trace_front, verify, verify_bound
from ssg_mip.base.status import BoundProof
from ssg_mip.checker.dual.replay import verify_bounds
from ssg_mip.errors import OptionError
from ssg_mip.proofs.claim import Claim
from tests.conformance.cases import ALL_METHODS, BRIEF
from tests.unit import Command

FIGURE_1 = Path("instances/kudo_akimoto/fig1_threat.json")


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


@pytest.mark.parametrize("margin", [0.0, 0.05])
@pytest.mark.parametrize("method", ALL_METHODS)
def test_every_method_has_a_certificate_of_its_bound(
    instance: Path, tmp_path: Path, method: str, margin: float
) -> None:
    """With a margin too; methods that stop where no step is left prove that as well."""
    path = tmp_path / "bound.cert"
    game = read_instance(instance)
    result = solve(game, method, margin=margin, certificate=path, check=False, guarantee=False, **BRIEF.get(method, {}))
    bound, *others = verify_bounds(game, path)
    assert bound.passed, bound.failed
    assert (bound.claimed, bound.margin, bound.floor) == (result.dual_bound, margin, ())
    assert result.bound_certified
    assert (result.bound_proof is BoundProof.REPLAYED) == (margin > 0.0)
    for other in others:
        assert other.passed, other.failed
    found = verify(game, result, bounds=(bound, *others))
    assert found.passed, found.failed
    stop_proven = {"policy-iteration", "restarted-policy-iteration", "response-regions", "backtracking"}
    if method in stop_proven:
        assert not {"status stationary", "termination stationary", "step_bound"} & set(found.claimed)


def test_a_margin_that_no_policy_keeps_has_a_certificate_too(command: Command, instance: Path, tmp_path: Path) -> None:
    path = tmp_path / "bound.cert"
    for method in ("commitment", "policy-iteration"):
        ran = command("solve", instance, "--method", method, "--margin", "50", "--certificate", path)
        assert ran.code == 7
        ran = command("verify", path, instance)
        assert ran.code == 0
        assert "there is no stationary leader policy whose response beats" in " ".join(ran.err.split())


def test_a_front_has_the_certificates_of_all_its_bounds(command: Command, tmp_path: Path) -> None:
    """Also of the second solves, which settle what weights of zero leave open."""
    path, game = tmp_path / "front.cert", read_instance(FIGURE_1)
    ran = command("front", FIGURE_1, "--certificate", path, "--json")
    assert ran.code == 0
    found = verify_bounds(game, path)
    assert all(one.passed for one in found)
    plain = {tuple(map(float, one.weights)): one.claimed for one in found if not one.floor}
    for point in (*ran.data["points"], *ran.data["scalarisations"]):
        assert point["bound_certified"]
        assert plain[tuple(point["weights"].values())] == point["dual_bound"]
    floors = [one.floor for one in found if one.floor]
    assert len(floors) == sum(one["second_solve"] is not None for one in ran.data["scalarisations"])
    ran = command("verify", path, "--json", FIGURE_1)
    assert (ran.code, ran.data["subject"], len(ran.data["bounds"])) == (0, "bounds", len(found))
    lines = path.read_text().splitlines()
    header = json.loads(lines[0])
    path.write_text("\n".join([json.dumps({**header, "bound": header["bound"] - 0.1}), *lines[1:]]))
    ran = command("verify", path, FIGURE_1)
    assert ran.code == 5
    assert ran.err.count("proven in exact arithmetic") == len(found) - 1


def test_a_front_by_policy_iteration_proves_its_stops(tmp_path: Path) -> None:
    path, game = tmp_path / "front.cert", read_instance(FIGURE_1)
    front = trace_front(game, method="policy-iteration", certificate=path, check=False, guarantee=False)
    found = verify_bounds(game, path)
    assert all(one.passed for one in found)
    stops = [one.values for one in found if one.values is not None]
    assert stops == [tuple(result.leader_values.tolist()) for result in front.results]


def test_a_stop_whose_proof_fails_is_none(tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Claim, "raised", lambda *_: None)
    path = tmp_path / "bound.cert"
    ran = command("solve", FIGURE_1, "--certificate", path, "--json")
    assert ran.code == 1
    assert (ran.data["status"], ran.data["termination"]) == ("feasible", "numerical")
    assert ran.data["dual_bound"] == verify_bound(read_instance(FIGURE_1), path).claimed


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


@pytest.mark.parametrize("margin", ["0", "0.05"])
def test_the_replay_needs_no_solver(command: Command, instance: Path, tmp_path: Path, margin: str) -> None:
    """Neither HiGHS nor Pyomo nor SciPy is imported, for the stop of policy iteration and with a margin either."""
    proof, printed = tmp_path / "bound.cert", tmp_path / "printed.json"
    printed.write_text(command("solve", instance, "--margin", margin, "--certificate", proof, "--json").out)
    code = (
        "import sys; from ssg_mip.cli import main\n"
        f"codes = main(['verify', {str(proof)!r}, {str(instance)!r}]), "
        f"main(['verify', {str(printed)!r}, {str(instance)!r}, '--certificate', {str(proof)!r}])\n"
        "print(codes, [name for name in ('highspy', 'pyomo', 'scipy') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.stdout.strip() == "(0, 0) []", ran.stderr


@pytest.mark.parametrize("subject", ["commitment", "policy-iteration", "infeasible", "front"])
def test_printed_bounds_are_held_against_their_certificate(command: Command, tmp_path: Path, subject: str) -> None:
    """A document passes with its own certificate; not with a lower bound in it, nor with another certificate."""
    asked = ["front", FIGURE_1] if subject == "front" else ["solve", FIGURE_1, "--weights", "s1=0.7,s2=0.3"]
    if subject == "policy-iteration":
        asked += ["--method", subject]
    elif subject != "front":
        asked += ["--method", "commitment", *(["--margin", "50"] if subject == "infeasible" else [])]
    path, proof, other = tmp_path / "printed.json", tmp_path / "bound.cert", tmp_path / "other.cert"
    path.write_text(command(*asked, "--json", "--certificate", proof).out)
    ran = command("verify", path, FIGURE_1, "--certificate", proof, "--json")
    assert ran.code == 0
    assert ran.data["bound_certified"] is True
    command("solve", FIGURE_1, "--method", "commitment", "--weights", "s1=0.6,s2=0.4", "--certificate", other)
    ran = command("verify", path, FIGURE_1, "--certificate", other, "--json")
    assert (ran.code, ran.data["bound_certified"]) == (5, False)
    assert [check["name"] for check in ran.data["checks"] if not check["passed"]] == ["certified_bounds"]


@pytest.mark.parametrize("field", ["dual_bound", "step_bound"])
def test_a_printed_bound_below_the_certificate_is_refused(command: Command, tmp_path: Path, field: str) -> None:
    path, proof = tmp_path / "printed.json", tmp_path / "bound.cert"
    path.write_text(command("solve", FIGURE_1, "--json", "--certificate", proof).out)
    data = json.loads(path.read_text())
    holder = data if field == "dual_bound" else data["trajectory"][-1]
    holder[field] *= 1.0 - 1e-7
    path.write_text(json.dumps(data))
    ran = command("verify", path, FIGURE_1, "--certificate", proof, "--json")
    assert ran.code == 5
    failed = {check["name"] for check in ran.data["checks"] if not check["passed"]}
    assert {"dual_bound": "certified_bounds", "step_bound": "certified_stop"}[field] in failed
    assert ran.data["bound_certified"] is False


def test_a_certificate_is_no_result_to_hold_against_a_certificate(command: Command, certificate: Path) -> None:
    assert command("verify", certificate, "--certificate", certificate).code == 2
