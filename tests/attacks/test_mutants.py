"""The trial of mutants tells those that a test notices from those that none does."""

from __future__ import annotations

import os
import subprocess
import sys

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
