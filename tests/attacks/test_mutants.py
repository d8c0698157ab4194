"""The trial of mutants tells those that a test notices from those that none does; a small sample is tried."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.attacks.mutant import Mutant
from tests.attacks.operators import own_mutants

TRY = """
TEST = "test_proven_intervals_hold_the_exact_values_and_are_narrow"

import dataclasses
from pathlib import Path
from ssg_mip.checker import impossible, values
from tests.attacks.mutants import Options, run_trial
from tests.attacks.mutant import Mutant, source

@dataclasses.dataclass(frozen=True)
class Changed(Mutant):
    new: str

    @property
    def code(self):
        lines = source(self.path).splitlines()
        lines[self.first_line - 1] = self.new
        return "\\n".join(lines)

    @property
    def title(self):
        return self.operator

def changed(name, module, old, new):
    path = Path(module.__file__)
    place = source(path).splitlines().index(old) + 1
    return Changed(module.__name__, path, name, 0, (place, 8), (place, len(old)), new)

distance = "        return value - self.upper if value > self.upper else Fraction(0)"
mutants = [
    changed("noticed", values, distance, distance.replace("0", "1")),
    changed("the same", values, distance, distance.replace("0", "00")),
    changed("endless", values, distance, "        while True: pass"),
    changed("never run", impossible, "        return None", "        return 1"),
    changed("outside", values, "EXACT_STATES = 12", "EXACT_STATES = None"),
    changed("broken", values, "EXACT_STATES = 12", "EXACT_STATES = 12 +"),
]
trial = run_trial(mutants, Options(1, 60.0, ["tests/unit/checker/test_values.py::" + TEST]))
print({mutant.title: verdict for mutant, verdict in trial.verdicts.items()} if trial.finished else "unfinished")
"""


def test_mutants_are_told_apart_by_what_becomes_of_the_tests() -> None:
    """What changes no answer and what no test runs survives, all else is killed; the loop tries every one of them."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    ran = subprocess.run([sys.executable, "-c", TRY], capture_output=True, text=True, check=False, env=own)
    due = {
        "noticed": "a test failed",
        "the same": "",
        "endless": "a test took far too long",
        "never run": "",
        "outside": "a test failed",
        "broken": "cannot be imported",
    }
    assert ran.stdout.splitlines()[-1:] == [str(due)], ran.stdout + ran.stderr


SAMPLE = """
import random
from tests.attacks.exclusions import excluded
from tests.attacks.mutants import BY_HAND, PACKAGE, ROOMS, Options, run_trial
from tests.attacks.operators import own_mutants

rooms = [ROOMS[name] for name in ("constraints", "followers", "goals", "rows")]
mutants = [one for one in own_mutants(PACKAGE) if any(room.has(one.module) for room in rooms)]
counted = [one for one in mutants if excluded(one) is None]
trial = run_trial(random.Random(5).sample(counted, 40), Options(2, 5.0, BY_HAND))
print(len(trial.verdicts) - len(trial.survivors) if trial.finished else -1, len(trial.verdicts))
"""


def test_most_of_a_small_sample_is_noticed_by_the_quick_tests_of_the_rooms() -> None:
    """Of 40 changes to what checks constraints, goals, rows and followers; ``tests.attacks.mutants`` tries more."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    ran = subprocess.run([sys.executable, "-c", SAMPLE], capture_output=True, text=True, check=False, env=own)
    killed, tried = map(int, ran.stdout.splitlines()[-1].split())
    assert tried == 40, ran.stdout + ran.stderr
    assert killed >= 0.8 * tried, ran.stdout


MODULE = """
def judged(values, least):
    total = 0
    for value in values:
        if value < least and not value == 0:
            continue
        total += 2 * -value
    return min(total, 5) if all(values) else f"{total + 1}"
"""


@pytest.fixture
def changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Mutant]:
    """All changes of a small package with one module."""
    (tmp_path / "small").mkdir()
    (tmp_path / "small" / "__init__.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    return own_mutants("small")


def test_every_place_is_changed_and_nothing_else(changes: list[Mutant]) -> None:
    """One line differs, which is still a program; what stands in a text is left alone."""
    found = {}
    for one in changes:
        old, new = MODULE.splitlines(), one.code.splitlines()
        places = [k for k, pair in enumerate(zip(old, new, strict=True)) if pair[0] != pair[1]]
        assert places == [one.first_line - 1]
        compile(one.code, "small", "exec")
        found[one.name] = new[places[0]].strip()
    assert found["LtTo<=#0"] == "if value <= least and not value == 0:"
    assert found["LtTo>=#0"] == "if value >= least and not value == 0:"
    assert found["And#0"] == "if value < least or not value == 0:"
    assert found["Not#0"] == "if value < least and value == 0:"
    assert found["Condition#0"] == "if (not (value < least and not value == 0)):"
    assert found["Continue#0"] == "break"
    assert found["Mult#0"] == "total += 2 / -value"
    assert found["USub#0"] == "total += 2 * value"
    assert found["Add#0"] == "total -= 2 * -value"
    assert found["NoneOf#0"] == "for value in ():"
    assert found["min#0"] == 'return max(total, 5) if all(values) else f"{total + 1}"'
    assert found["all#0"] == 'return min(total, 5) if any(values) else f"{total + 1}"'
    assert not any("total - 1" in line or "{total + (2)}" in line for line in found.values())
    assert len({one.name for one in changes}) == len(changes)
