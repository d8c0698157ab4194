"""``python -m tests.attacks.mutants [--room ROOM]``: would the tests of the checker notice a mistake in it?

cosmic-ray makes the mutants of :mod:`ssg_mip.checker`: one operator, number, comparison or condition changed at a
time; with ``--operators own`` they are those of :mod:`tests.attacks.operators`, which need no extra. A mutant is
*killed* if one of the tests of the certificates that run the changed line fails, or uses far more processor time than
before. A seeded sample of the mutants is tried, each in a process of its own: this one has run the tests once, so
that what they solve is known already; the code of the changed function is put in the place of the old one, and only a
change outside of functions makes the process import everything anew. The tests come in the order of their time, until
one fails or ``--patience`` is spent; a mutant that is alive by then counts as a survivor.

A room is a part of the checker with the tests that hold genuine answers and forged ones about it: constraints, the rows
of certificates that follow from them, goals, other followers, what is secured. Mutants that no test can tell from the
original are left out by kind or by name (:mod:`tests.attacks.exclusions`).

cosmic-ray's operators need the extra ``mutation``. The exit code is 1 if fewer than ``--least`` of the sample are
killed.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import dataclasses
import importlib.util
import os
import random
import re
import resource
import signal
import sys
import tempfile
import time
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import coverage
import pytest

from tests.attacks.exclusions import REASONS, excluded
from tests.attacks.mutant import UNCHANGED, Mutant, all_mutants, unchanged
from tests.attacks.operators import own_mutants

PACKAGE = "ssg_mip.checker"

TESTS = (
    "tests/unit/checker",
    "tests/unit/cli/test_cli_verify.py",
    "tests/unit/cli/test_cli_certificate.py",
    "tests/unit/methods/test_secure_commitment.py",
    "tests/unit/methods/test_check_time.py",
    "tests/unit/methods/test_restarted.py",
    "tests/unit/pareto/test_enclose.py",
    "tests/unit/api/test_constraints.py",
    "tests/unit/api/test_prices.py",
    "tests/unit/exact/test_conflict.py",
    "tests/unit/methods/test_myopic.py",
    "tests/unit/methods/test_near_optimal.py",
)
"""The tests of the certificates, by what they cover: the replay, the check of results, what is guaranteed, fronts,
constraints, other followers."""


@dataclasses.dataclass(frozen=True)
class Room:
    """A part of the checker: its modules, by parts of their names, and the tests that are about it."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]

    def has(self, module: str) -> bool:
        """Whether a module belongs to it."""
        return any(part in module for part in self.modules)


ROOMS = {
    "everything": Room(("",), TESTS),
    "constraints": Room(
        (".constraints.",),
        (
            "tests/unit/checker/test_constraints_by_hand.py",
            "tests/unit/api/test_constraints.py",
            "tests/unit/api/test_prices.py",
            "tests/unit/exact/test_conflict.py",
        ),
    ),
    "rows": Room(
        (".dual.policy_rows", ".dual.wider_rows", ".dual.least"),
        (
            "tests/unit/checker/test_rows_by_hand.py",
            "tests/unit/checker/test_dual_policy_rows.py",
            "tests/unit/checker/test_dual_step_rows.py",
            "tests/unit/checker/test_dual_wider_rows.py",
        ),
    ),
    "goals": Room(
        (".goals", ".goal_claims"),
        ("tests/unit/checker/test_goals_by_hand.py", "tests/unit/checker/test_goals.py"),
    ),
    "followers": Room(
        (".soft", ".followers", ".follower_claim"),
        (
            "tests/unit/checker/test_followers_by_hand.py",
            "tests/unit/checker/test_soft.py",
            "tests/unit/methods/test_myopic.py",
            "tests/unit/methods/test_near_optimal.py",
        ),
    ),
    "secured": Room(
        (".impossible", ".secured_value", ".reached"),
        (
            "tests/unit/checker/test_exact_parts.py",
            "tests/unit/checker/test_tie_scale.py",
            "tests/unit/methods/test_secure_commitment.py",
            "tests/unit/methods/test_assurance.py",
        ),
    ),
}
"""What may be tried by itself."""

MAKERS = {"cosmic-ray": all_mutants, "own": own_mutants}
"""Who makes the mutants."""

FILES = "*/ssg_mip/checker/*"

SLOW = "tests/unit/checker/test_verify.py::test_solutions_of_random_games_pass_under_every_tie_rule"
"""As long as many others together, for no line that they leave out."""

BY_HAND = tuple(f"tests/unit/checker/test_{part}_by_hand.py" for part in ("constraints", "followers", "goals", "rows"))
"""Quick tests of what constraints, goals and other followers added to the checker."""

QUIET = ("-q", "-x", "-p", "no:cacheprovider", "-p", "no:cov", f"--deselect={SLOW}")

PROCESSOR_TIME = 4.0, 2.0
"""A test may use so many times the processor time that it used before, and so many seconds on top."""

FAILED, REFUSED, BROKEN = 1, 3, 9
"""Exit codes of a process that tried a mutant: a test failed, it cannot be imported, or it could not be tried."""

VERDICTS = {FAILED: "a test failed", REFUSED: "cannot be imported", -signal.SIGXCPU: "a test took far too long"}
"""How a mutant is killed; another signal is told by its number."""

FEW = 20
"""So many tests, the cheapest ones, must pass on the unchanged module where mutants are tried."""

REPORT = 25
"""A line on the progress after so many mutants; they are in random order, so that a part is a sample as well."""

MORE_MEMORY = 2 * 2**30
"""Bytes that a mutant may use beyond what the tests have used."""


@dataclasses.dataclass(frozen=True)
class Options:
    """How many mutants are tried at a time, how many seconds of tests each must survive, which tests, and how long."""

    processes: int
    patience: float
    tests: Sequence[str] = TESTS
    minutes: float = float("inf")


class Trial:
    """A plugin of pytest that runs the tests once, with a note of the lines that each of them runs, then on mutants.

    Parameters
    ----------
    mutants
        The mutants to try.
    options
        How.
    say
        Where the surviving ones are reported.
    """

    def __init__(self, mutants: Sequence[Mutant], options: Options, say: Callable[[str], None]) -> None:
        self._mutants = mutants
        self._options = options
        self._say = say
        self._coverage = coverage.Coverage(data_file=None, include=FILES, config_file=False)
        self._seconds: dict[str, float] = {}
        self._failures: list[str] = []
        self._running: dict[int, Mutant] = {}
        self.verdicts: dict[Mutant, str] = {}
        self.finished = False

    @property
    def survivors(self) -> list[Mutant]:
        """The mutants that no test noticed."""
        return [mutant for mutant, verdict in self.verdicts.items() if not verdict]

    def pytest_runtestloop(self, session: Any) -> bool:
        """All tests without a change, then each mutant in a child of this process."""
        items = {item.nodeid: item for item in session.items}
        self._coverage.start()
        for item in items.values():
            _forget()  # so that the lines behind a cache count for every test that needs them
            self._coverage.switch_context(item.nodeid)
            started = time.process_time()
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
            self._seconds[item.nodeid] = time.process_time() - started
        self._coverage.stop()
        if self._failures:
            self._say(f"fails without any change: {', '.join(self._failures)}; mend that first")
            return True
        self._say(
            f"{len(items)} tests pass unchanged in {sum(self._seconds.values()):.0f} s; {len(self._mutants)} mutants"
        )
        for path, module in sorted({(mutant.path, mutant.module) for mutant in self._mutants}):
            original = unchanged(module, path)
            self._try_all([original], items)
            if self.verdicts.pop(original):
                self._say(f"{module} fails without any change where mutants are tried")
                return True
        self._try_all(self._mutants, items)
        self.finished = len(self.verdicts) == len(self._mutants) or self._options.minutes < float("inf")
        return True

    def _try_all(self, mutants: Sequence[Mutant], items: Mapping[str, Any]) -> None:
        end = time.monotonic() + 60.0 * self._options.minutes
        for mutant in mutants:
            if time.monotonic() >= end:
                break
            if len(self._running) >= self._options.processes:
                self._wait()
            self._start(mutant, items)
        while self._running:
            self._wait()

    def pytest_runtest_logreport(self, report: Any) -> None:
        """A failure is what kills a mutant."""
        if report.failed:
            self._failures.append(report.nodeid)

    def _start(self, mutant: Mutant, items: Mapping[str, Any]) -> None:
        """Try a mutant in a process of its own, unless no test runs its lines."""
        tests = self._tests_of(mutant) if mutant.in_function else sorted(items, key=self._seconds.__getitem__)
        tests = tests[:FEW] if mutant.operator == UNCHANGED else tests
        if not tests:
            self._judge(mutant, "", "no test runs it: ")
            return
        child = os.fork()
        if child == 0:
            self._end_as_child(mutant, [items[test] for test in tests])
        self._running[child] = mutant

    def _wait(self) -> None:
        """Wait for one of the running mutants and say what became of it."""
        child, status = os.waitpid(-1, 0)
        mutant = self._running.pop(child)
        code = os.waitstatus_to_exitcode(status)
        if code == BROKEN:
            raise RuntimeError("a mutant could not be tried")
        self._judge(mutant, VERDICTS.get(code, f"exit code {code}") if code else "")

    def _judge(self, mutant: Mutant, verdict: str, remark: str = "") -> None:
        self.verdicts[mutant] = verdict
        if mutant.operator == UNCHANGED:
            return
        if not verdict:
            self._say(f"survived: {remark}{mutant.title}")
        if len(self.verdicts) % REPORT == 0:
            self._say(f"{len(self.verdicts)} tried, {len(self.survivors)} survived")

    def _end_as_child(self, mutant: Mutant, items: Sequence[Any]) -> NoReturn:
        """Run the tests on a mutant and end with exit code 0 if all pass."""
        code = BROKEN
        try:
            _limit_memory()
            if mutant.in_function:
                code = self._run(items) if _replace_code(mutant) else REFUSED
            else:
                code = self._run_anew(mutant)
        except Exception as error:
            self._say(f"could not try {mutant.title}: {error!r}")
        finally:
            os._exit(code)

    def _run(self, items: Sequence[Any]) -> int:
        spent = 0.0
        for item in items:
            spent += self._seconds[item.nodeid]
            if spent > self._options.patience:
                return 0
            _limit_time(PROCESSOR_TIME[0] * self._seconds[item.nodeid])
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
            if self._failures:
                return FAILED
        return 0

    def _run_anew(self, mutant: Mutant) -> int:
        """With everything imported again, in the order of the files."""
        try:
            compile(mutant.code, str(mutant.path), "exec")
        except SyntaxError:
            return REFUSED
        _limit_time(PROCESSOR_TIME[0] * sum(self._seconds.values()))
        _import_anew(mutant)
        return FAILED if pytest.main([*QUIET, *self._options.tests]) else 0

    def _tests_of(self, mutant: Mutant) -> list[str]:
        """The tests that run a mutant's lines, the cheap ones first."""
        contexts = self._coverage.get_data().contexts_by_lineno(str(mutant.path))
        hit = {test for line in range(mutant.first_line, mutant.last_line + 1) for test in contexts.get(line, ())}
        return sorted(hit & set(self._seconds), key=self._seconds.__getitem__)


def _limit_time(seconds: float) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    whole = int(used.ru_utime + used.ru_stime + seconds + PROCESSOR_TIME[1]) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (whole, resource.RLIM_INFINITY))


def _limit_memory() -> None:
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[0])
    room = pages * resource.getpagesize() + MORE_MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (room, room))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _replace_code(mutant: Mutant) -> bool:
    """Put the code of every function of the mutated module in the place of the old one, and forget what was cached.

    Whether the mutated module can be imported at all.
    """
    module = sys.modules[mutant.module]
    mutated = types.ModuleType(mutant.module)
    mutated.__file__ = str(mutant.path)
    sys.modules[mutant.module] = mutated  # dataclasses look their module up while they are made
    try:
        exec(compile(mutant.code, str(mutant.path), "exec"), mutated.__dict__)
    except Exception:
        return False
    finally:
        sys.modules[mutant.module] = module
    new = dict(_functions(mutated, mutant.module))
    for name, function in _functions(module, mutant.module):
        function.__code__ = new[name].__code__
        function.__defaults__ = new[name].__defaults__
        function.__kwdefaults__ = new[name].__kwdefaults__
    _forget()
    return True


def _forget() -> None:
    """Forget what the functions of the checker have cached."""
    for name in [name for name in sys.modules if name.startswith(PACKAGE)]:
        for held in vars(sys.modules[name]).values():
            if hasattr(held, "cache_clear"):
                held.cache_clear()


def _functions(holder: Any, module: str, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The functions that a module or class defines, behind decorators too."""
    for name, held in list(vars(holder).items()):
        if isinstance(held, type) and held.__module__ == module:
            if not isinstance(holder, type):
                yield from _functions(held, module, f"{name}.")
            continue
        for layer in ("fget", "func", "__func__", "__wrapped__"):
            held = getattr(held, layer, None) or held
        if isinstance(held, types.FunctionType) and held.__module__ == module:
            yield f"{prefix}{name}", held


def _import_anew(mutant: Mutant) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] in {"ssg_mip", "tests", "models"}]:
        del sys.modules[name]
    sys.meta_path.insert(0, _Finder(mutant))


class _Finder:
    """Finds one module in its mutated form."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:  # noqa: ARG002
        """The module, if it is the mutated one."""
        if name != self._mutant.module:
            return None
        return importlib.util.spec_from_loader(name, self, origin=str(self._mutant.path))

    def create_module(self, spec: Any) -> None:
        """As usual."""

    def exec_module(self, module: types.ModuleType) -> None:
        """Run the mutated code."""
        module.__file__ = str(self._mutant.path)
        exec(compile(self._mutant.code, str(self._mutant.path), "exec"), module.__dict__)


_NAME = re.compile(r"([\w.]+):\d+ (\w+#\d+): ")
"""Module and name in the titles of mutants."""


def run_trial(mutants: Sequence[Mutant], options: Options) -> Trial:
    """Try mutants; the trial is not finished if a test fails without any change."""
    with _own_output() as say:
        trial = Trial(mutants, options, say)
        pytest.main([*QUIET, *options.tests], plugins=[trial])
    return trial


def main(arguments: Sequence[str] | None = None) -> int:
    """Try a sample and print the table."""
    asked = _parser().parse_args(arguments)
    room = ROOMS[asked.room]
    mutants = [one for one in MAKERS[asked.operators](PACKAGE) if room.has(one.module) and asked.module in one.module]
    counted = [mutant for mutant in mutants if excluded(mutant) is None]
    left_out = collections.Counter(filter(None, map(excluded, mutants)))
    sample = random.Random(asked.seed).sample(counted, min(asked.sample, len(counted)))
    if asked.again is not None:
        wanted = set(_NAME.findall(asked.again.read_text(encoding="utf-8")))
        sample = [mutant for mutant in counted if (mutant.module, mutant.name) in wanted]
    print(f"{len(mutants)} mutants, {len(counted)} of them count; left out:")
    for reason, count in left_out.items():
        print(f"  {count:5d}  {reason}: {REASONS[reason]}")
    print(f"seed {asked.seed}", flush=True)
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = tempfile.mkdtemp()
    started = time.monotonic()
    options = Options(
        processes=asked.processes, patience=asked.patience, tests=asked.tests or room.tests, minutes=asked.minutes
    )
    trial = run_trial(sample, options)
    if not trial.finished or not trial.verdicts:
        raise SystemExit("the trial did not finish: there is no figure")
    tried = collections.Counter(mutant.module for mutant in trial.verdicts)
    alive = collections.Counter(mutant.module for mutant in trial.survivors)
    for module, count in sorted(tried.items()):
        print(f"{module:45s} {count - alive[module]:4d} of {count:4d} killed")
    for verdict, count in collections.Counter(filter(None, trial.verdicts.values())).most_common():
        print(f"{count:5d} {verdict}")
    killed = 1.0 - alive.total() / max(1, tried.total())
    print(
        f"killed: {tried.total() - alive.total()} of {tried.total()}, {killed:.1%}; {time.monotonic() - started:.0f} s"
    )
    return int(killed < asked.least)


@contextlib.contextmanager
def _own_output() -> Iterator[Callable[[str], None]]:
    """A way to say something while pytest captures the output and reports nothing of its own."""
    with (
        os.fdopen(os.dup(1), "w") as stream,
        tempfile.TemporaryFile("w") as unread,
        contextlib.redirect_stdout(unread),
    ):
        yield lambda text: print(text, file=stream, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.attacks.mutants",
        description=__doc__.partition("\n\n")[2],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--sample", type=int, default=500, help="mutants to try (default: 500)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--room", default="everything", choices=ROOMS, help="a part of the checker, and its tests")
    parser.add_argument("--operators", default="cosmic-ray", choices=MAKERS, help="who makes the mutants")
    parser.add_argument("--module", default="", help="only modules whose name contains this text")
    parser.add_argument("--least", type=float, default=0.9, help="share that must be killed (default: 0.9)")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="mutants tried at a time")
    parser.add_argument(
        "--patience", type=float, default=60.0, help="seconds of tests that a mutant must outlive (default: 60)"
    )
    parser.add_argument(
        "--minutes", type=float, default=float("inf"), help="try no more mutants of the sample after so long"
    )
    parser.add_argument("--tests", nargs="+", help="test files (default: those of the room)")
    parser.add_argument("--again", type=Path, help="file with titles of mutants, as printed: try these only")
    return parser


if __name__ == "__main__":
    sys.exit(main())
