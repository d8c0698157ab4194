"""``python -m tests.attacks.malformed``: every malformed instance file ends in exit code 3 and one clear line.

Each file of the corpus (:mod:`tests.attacks.malformed_cases`) is given to a command line of its own. Demanded are exit
code 3, nothing on stdout, one printable line on stderr that names the file, less than a second of processor time and
less than 200 MB of memory. The clock is shown beside it: it also counts what else the machine does.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.attacks.malformed_cases import Make, corpus

MOST_SECONDS = 1.0
MOST_MEGABYTES = 200.0

LONGEST_LINE = 1200
"""Characters of a message at most, the path of the file included."""

PATIENCE = 60.0
"""Seconds by the clock after which a command is stopped."""


@dataclasses.dataclass(frozen=True)
class Ending:
    """How a command ended: its exit code, what it printed, and what it used."""

    code: int
    out: str
    err: str
    processor_seconds: float = 0.0
    seconds: float = 0.0
    megabytes: float = 0.0

    def faults(self, path: Path) -> Iterator[str]:
        """What must not be, each in a few words."""
        if self.code != 3:
            yield f"exit code {self.code}"
        if self.out:
            yield "something on stdout"
        line = self.err.removesuffix("\n")
        if not line.startswith("error: ") or not line.isprintable():
            yield f"not one printable line: {self.err[:300]!r}"
        if path.name.isprintable() and path.name not in line:
            yield "the line does not name the file"
        if len(line) > LONGEST_LINE:
            yield f"a line of {len(line)} characters"
        if self.processor_seconds >= MOST_SECONDS:
            yield f"{self.processor_seconds:.2f} s of processor time"
        if self.megabytes >= MOST_MEGABYTES:
            yield f"{self.megabytes:.0f} MB"


def run_command(arguments: Sequence[str]) -> Ending:
    """Run a command line in a process of its own and measure it."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        started = time.monotonic()
        process = subprocess.Popen([sys.executable, "-m", "ssg_mip", *arguments], stdout=out, stderr=err)
        alarm = threading.Timer(PATIENCE, process.kill)
        alarm.start()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)  # or it would be waited for once more
        alarm.cancel()
        seconds = time.monotonic() - started
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read().decode("utf-8", "replace"))
    return Ending(
        process.returncode, texts[0], texts[1], used.ru_utime + used.ru_stime, seconds, used.ru_maxrss / 1024.0
    )


def place_of(make: Make, file: str, folder: Path) -> Path:
    """The path of a case, made in a folder of its own."""
    path = folder / file
    make(path)
    return path


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the corpus and print the table; returns 1 if anything is as it must not be."""
    asked = _parser().parse_args(arguments)
    cases = {name: case for name, case in corpus().items() if re.search(asked.only, name)}
    worst, failed = [0.0, 0.0, 0.0], 0
    print("code  processor s  clock s   MB  case")

    def judge(case: tuple[str, Make]) -> tuple[Ending, str]:
        file, make = case
        with tempfile.TemporaryDirectory() as folder:
            path = place_of(make, file, Path(folder))
            ending = run_command([asked.command, str(path)])
            return ending, "; ".join(ending.faults(path))

    with ThreadPoolExecutor(asked.jobs) as pool:
        judged = zip(cases, pool.map(judge, cases.values()), strict=True)
        for name, (ending, faults) in judged:
            used = ending.processor_seconds, ending.seconds, ending.megabytes
            worst = list(map(max, worst, used))
            failed += bool(faults)
            print(f"{ending.code:4d} {used[0]:12.2f} {used[1]:8.2f} {used[2]:4.0f}  {name}", flush=True)
            if faults:
                print(f"      FAULT: {faults}", flush=True)
            elif asked.messages:
                print(f"      {ending.err.strip()}")
    print(
        f"{len(cases)} files, command {asked.command}: {failed} with faults; at most {worst[0]:.2f} s of processor "
        f"time ({worst[1]:.2f} s by the clock), {worst[2]:.0f} MB"
    )
    return int(failed > 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.attacks.malformed", description=__doc__.partition("\n\n")[2])
    parser.add_argument("--command", choices=("validate", "show", "solve", "front"), default="validate")
    parser.add_argument("--jobs", type=int, default=1, help="commands at a time")
    parser.add_argument("--only", default="", help="cases whose name holds this regular expression")
    parser.add_argument("--messages", action="store_true", help="print every message too")
    return parser


if __name__ == "__main__":
    sys.exit(main())
