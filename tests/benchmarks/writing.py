"""How long it takes from a game to the linear program of its root, through Pyomo and straight into arrays.

``python -m tests.benchmarks.writing --states 5,30,60,100`` takes random games with 3 x 3 actions and 3 successors, and
writes the relaxation of the commitment program (P) and of the improvement program (I), in a process for each way. It
prints columns, rows and non-zeros, then for each way CPU seconds of loading Pyomo, of writing and compiling the
program, and of bringing it to HiGHS, and the peak of memory. The exit code is 1 if both ways differ in a number.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from ssg_mip import LeaderPolicy, best_response
from ssg_mip.exact.bridge import Bridge
from ssg_mip.exact.commitment_bridge import CommitmentBridge
from ssg_mip.exact.improvement_bridge import ImprovementBridge
from ssg_mip.library import random_game
from ssg_mip.lp.compiled import CompiledProgram, compile_program
from ssg_mip.problem.problem import Problem
from ssg_mip.programs.commitment import commitment_along
from ssg_mip.programs.improvement import improvement
from ssg_mip.runs.run import Run

WAYS = ("pyomo", "arrays")
PROGRAMS = ("P", "I")


@dataclasses.dataclass(frozen=True)
class Row:
    """One program written in one way; ``digest`` is of all its numbers."""

    program: str
    states: int
    way: str
    columns: int
    rows: int
    entries: int
    loading: float
    writing: float
    to_solver: float
    megabytes: float
    digest: str

    def __str__(self) -> str:
        return (
            f"({self.program}) {self.states:5} {self.way:6} {self.columns:7} {self.rows:6} {self.entries:7}  "
            f"{self.loading:6.3f} {self.writing:7.3f} {self.to_solver:7.3f} {self.megabytes:6.0f} MB"
        )


def through_pyomo(bridge: Bridge) -> Callable[..., CompiledProgram]:
    """How the program of a bridge is written as a model of Pyomo's and compiled."""
    if isinstance(bridge, ImprovementBridge):
        given = (bridge.game, bridge.values, bridge.objective)
        return lambda follower, selection: compile_program(improvement(*given, follower, selection=selection))
    assert isinstance(bridge, CommitmentBridge)
    game, direction = bridge.game, bridge.direction
    return lambda follower, selection: compile_program(commitment_along(game, direction, follower, selection=selection))


def bridge_of(program: str, states: int) -> Bridge:
    """The program at the root of a search: (I) from the uniform policy."""
    game = random_game(0, states, 3, 3, min(states, 3))
    problem = Problem(game)
    if program == "P":
        return CommitmentBridge(problem, Run())
    policy = LeaderPolicy.uniform(game)
    return ImprovementBridge(problem, Run(start=policy), best_response(game, policy).leader_values, problem.weights)


def digest(program: CompiledProgram) -> str:
    """Of the numbers of a program."""
    found = hashlib.sha256()
    for field in ("row_index", "column_index", "coefficient", "row_lower", "row_upper", "column_lower", "column_upper"):
        found.update(getattr(program, field).tobytes())
    for field in ("objective", "box", "product_result", "product_factor", "product_value", "multiplied_value"):
        found.update(getattr(program, field).tobytes())
    return found.hexdigest()


def measured(program: str, states: int, way: str) -> Row:
    """Write one program, in this process."""
    bridge, seconds = bridge_of(program, states), [time.process_time()]
    if way == "pyomo":
        import pyomo.environ
        import pyomo.repn  # noqa: F401
    seconds.append(time.process_time())
    write = through_pyomo(bridge) if way == "pyomo" else bridge.write
    spent = [0.0]

    def timed(*given: Any) -> Any:
        begun = time.process_time()
        written = write(*given)
        spent[0] += time.process_time() - begun
        return written

    bridge.write = timed  # type: ignore[method-assign]
    root = bridge.root
    begun = time.process_time()
    bridge.relaxation.load(root)
    whole, found = time.process_time() - begun, bridge.relaxation.program
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
    sizes = (found.num_columns, found.num_rows, len(found.coefficient))
    loading = seconds[1] - seconds[0]
    return Row(program, states, way, *sizes, loading, spent[0], whole - spent[0], peak, digest(found))


def run(program: str, states: int, way: str) -> Row:
    """The same in a process of its own."""
    asked = [sys.executable, "-m", "tests.benchmarks.writing", "--one", program, str(states), way]
    said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    return Row(**json.loads(said))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns 1 if the two ways differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--states", default="5,30,60,100", help="numbers of states: %(default)s")
    parser.add_argument("--one", nargs=3, metavar=("PROGRAM", "STATES", "WAY"), help="one program, as JSON")
    asked = parser.parse_args(arguments)
    if asked.one:
        program, states, way = asked.one
        print(json.dumps(dataclasses.asdict(measured(program, int(states), way))))
        return 0
    print("program     way     columns   rows entries   pyomo   write  solver   peak")
    differ = False
    for program in PROGRAMS:
        for states in map(int, asked.states.split(",")):
            pair = [run(program, states, way) for way in WAYS]
            print(*pair, sep="\n", flush=True)
            differ |= pair[0].digest != pair[1].digest
    return int(differ)


if __name__ == "__main__":
    sys.exit(main())
