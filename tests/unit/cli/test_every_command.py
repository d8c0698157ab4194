"""Every command with ``--json`` in a process of its own prints one JSON object on standard output, and nothing else.

What a fresh process writes is looked at byte by byte: a library in C writes past ``sys.stdout``, which no test inside
the process can see. The libraries here are noisier than any that we know.
"""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ssg_mip.cli import app
from tests.unit import ROOT
from tests.unit.cli.noisy_command_line import NOISE

GAME = ROOT / "instances" / "kudo_akimoto" / "fig1_threat.json"
NOISY = [sys.executable, "-m", "tests.unit.cli.noisy_command_line"]


@dataclasses.dataclass(frozen=True)
class Ran:
    """How a command ended, in bytes."""

    code: int
    out: bytes
    err: str

    @property
    def answer(self) -> dict[str, Any]:
        """The one object; fails on a byte before it, or on more than a line feed after it."""
        assert self.out.startswith(b"{"), self.out[:200]
        assert self.out.endswith(b"}\n"), self.out[-200:]
        answer: dict[str, Any] = json.loads(self.out)
        return answer


def run_fresh(*arguments: object, program: list[str] = NOISY) -> Ran:
    """A command in a process of its own."""
    done = subprocess.run([*program, *map(str, arguments)], capture_output=True, cwd=ROOT, check=False, timeout=120)
    err = done.stderr.decode()
    assert "Traceback" not in err
    return Ran(done.returncode, done.stdout, err)


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the other commands read: a result, a front, a certificate and a game."""
    folder = tmp_path_factory.mktemp("printed")
    (folder / "games").mkdir()
    for name in ("one", "two"):
        (folder / "games" / f"{name}.json").write_bytes(GAME.read_bytes())
    for command, method in (("solve", "commitment"), ("front", "commitment")):
        proofs = folder / f"{command}.proofs"
        ran = run_fresh(command, GAME, "--method", method, "--certificate", proofs, "--json")
        assert ran.code == 0, ran.err
        (folder / f"{command}.json").write_bytes(ran.out)
    return folder


COMMANDS = [
    ("solve GAME", "ssg-mip-result/"),
    ("solve GAME --verbose --plot PICTURE", "ssg-mip-result/"),
    ("front GAME", "ssg-mip-front/"),
    ("front GAME --complete --resolution 1", "ssg-mip-enclosure/"),
    ("existence GAME", "ssg-mip-existence/"),
    ("batch GAMES --out OUT", "ssg-mip-batch/"),
    ("batch GAMES --out OUT --jobs 2", "ssg-mip-batch/"),
    ("export GAME PROGRAM", "ssg-mip-export/"),
    ("evaluate GAME PRINTED/solve.json", "ssg-mip-result/"),
    ("plot PRINTED/solve.json GAME --out PICTURE", "ssg-mip-plot/"),
    ("verify PRINTED/solve.json GAME", "ssg-mip-verification/"),
    ("verify PRINTED/front.json GAME --certificate PRINTED/front.proofs", "ssg-mip-verification/"),
    ("verify PRINTED/solve.proofs GAME", "ssg-mip-verification/"),
    ("reproduce table-1 --out OUT", "ssg-mip-experiment/"),
    ("validate GAME", "ssg-mip-validation/"),
    ("show GAME", "ssg-mip-game/"),
]


def words(command: str, printed: Path, out: Path) -> list[str]:
    """The arguments of a command, with the places filled in."""
    places = {
        "GAMES": str(printed / "games"),
        "GAME": str(GAME),
        "OUT": str(out / "out"),
        "PICTURE": str(out / "picture.png"),
        "PROGRAM": str(out / "program.lp"),
    }
    return [places.get(word, word.replace("PRINTED", str(printed))) for word in command.split()]


def test_no_command_is_missing_here() -> None:
    asked = {command.split()[0] for command, _ in COMMANDS}
    assert asked == {command.name for command in app.registered_commands}


@pytest.mark.parametrize(("command", "form"), COMMANDS, ids=[command for command, _ in COMMANDS])
def test_stdout_holds_one_object_and_nothing_else(command: str, form: str, printed: Path, tmp_path: Path) -> None:
    ran = run_fresh(*words(command, printed, tmp_path), "--json")
    assert ran.code == (7 if command == "existence GAME" else 0), ran.err  # proven: this game has none
    assert ran.answer["format"].startswith(form)
    assert f"{NOISE} in C" in ran.err
    assert f"{NOISE} in Python" in ran.err


def test_workers_of_a_batch_leave_the_parents_stdout_alone(printed: Path, tmp_path: Path) -> None:
    """Without ``--json`` the parent's descriptor 1 is its own, and what is there its own noise; on stderr is theirs."""
    ran = run_fresh(*words("batch GAMES --out OUT --jobs 2", printed, tmp_path))
    assert ran.code == 0, ran.err
    assert ran.err.count(f"{NOISE} in C") >= 2  # each instance was read once
    assert ran.out.count(f"{NOISE} in C".encode()) == 1  # when the process ended


@pytest.mark.parametrize("name", [command.name for command in app.registered_commands])
def test_wrong_usage_is_one_object_too(name: str) -> None:
    ran = run_fresh(name, "--no-such-option", "--json")
    assert ran.code == ran.answer["exit_code"] == 2
    assert ran.answer["format"] == "ssg-mip-error/1"
    assert "--no-such-option" in ran.answer["error"]["message"]
    assert "--no-such-option" in ran.err


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("solve absent.json", 3, "does not exist"),
        ("solve GAME --method dance", 2, "dance"),
        ("solve GAME --time-limit soon", 2, "--time-limit"),
        ("front GAME --resolution 1", 2, "--complete"),
        ("batch GAMES", 2, "--out"),
        ("verify GAME GAME", 2, "format is"),
        ("plot GAME --out PICTURE", 5, "format is"),
        ("reproduce nothing --out OUT", 2, "nothing"),
        ("dance", 2, "dance"),
        ("", 2, "--json"),
    ],
)
def test_an_error_is_one_object_too(command: str, code: int, said: str, printed: Path, tmp_path: Path) -> None:
    ran = run_fresh(*words(command, printed, tmp_path), "--json")
    assert ran.code == ran.answer["exit_code"] == code
    assert ran.answer["format"] == "ssg-mip-error/1"
    assert said in ran.answer["error"]["message"]


def test_help_is_printed_where_it_is_asked_for() -> None:
    program = [sys.executable, "-m", "ssg_mip"]
    ran = run_fresh("solve", "--help", "--json", program=program)
    assert ran.code == 0
    assert ran.out.startswith(b"Usage: ssg-mip solve")


@pytest.mark.parametrize("name", [None, *(command.name for command in app.registered_commands)])
def test_every_help_is_printed(name: str | None) -> None:
    """The parser's releases have failed here before."""
    asked = ["--help"] if name is None else [name, "--help"]
    ran = run_fresh(*asked, program=[sys.executable, "-m", "ssg_mip"])
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"Usage: ssg-mip {name or ''}".rstrip().encode())


def test_a_library_user_hears_nothing(tmp_path: Path) -> None:
    """Solving prints nothing, on neither stream: HiGHS would greet when its first object is made."""
    code = (
        "import sys\n"
        "from ssg_mip import existence, read_instance, solve, trace_front\n"
        "from ssg_mip.batch import run_batch\n"
        "if __name__ == '__main__':\n"
        "    game = read_instance(sys.argv[1])\n"
        "    for method in ('commitment', 'policy-iteration', 'deterministic', 'grid', 'fixed-point'):\n"
        "        solve(game, method=method)\n"
        "    trace_front(game), existence(game)\n"
        "    run_batch(sys.argv[2], sys.argv[3], jobs=2)\n"
    )
    script = tmp_path / "script.py"
    script.write_text(code)
    (tmp_path / "games").mkdir()
    (tmp_path / "games" / "game.json").write_bytes(GAME.read_bytes())
    ran = run_fresh(GAME, tmp_path / "games", tmp_path / "out", program=[sys.executable, str(script)])
    assert (ran.code, ran.out, ran.err) == (0, b"", "")
