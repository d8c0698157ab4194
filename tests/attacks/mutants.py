"""``python -m tests.attacks.mutants``: would the tests of the checker notice a mistake in it?

cosmic-ray makes the mutants of :mod:`ssg_mip.certificates`: one operator, number, comparison or condition changed at a
time. A mutant is *killed* if one of the tests of the certificates that run the changed line fails, or uses far more
processor time than before. A seeded sample of the mutants is tried, each in a process of its own: this one has run the
tests once, so that what they solve is known already; the code of the changed function is put in the place of the old
one, and only a change outside of functions makes the process import everything anew.

Needs the extra ``mutation``. The exit code is 1 if fewer than ``--least`` of the sample are killed.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import importlib.util
import os
import random
import resource
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

PACKAGE = "ssg_mip.certificates"

TESTS = (
    "tests/unit/certificates",
    "tests/unit/test_cli_verify.py",
    "tests/unit/test_cli_certificate.py",
    "tests/unit/methods/test_guaranteed.py",
)
"""The tests of the certificates, by what they cover: the replay, the check of results, and what is guaranteed."""

FILES = "*/ssg_mip/certificates/*"

QUIET = ("-q", "-x", "-p", "no:cacheprovider", "-p", "no:cov")

PROCESSOR_TIME = 4.0, 2.0
"""A test may use so many times the processor time that it used before, and so many seconds on top."""

KILLED, BROKEN = 1, 9
"""Exit codes of a process that tried a mutant: a test failed, or the mutant could not be tried."""

FEW = 20
"""So many tests, the cheapest ones, must pass on the unchanged module where mutants are tried."""

REPORT = 25
"""A line on the progress after so many mutants; they are in random order, so that a part is a sample as well."""

MORE_MEMORY = 2 * 2**30
"""Bytes that a mutant may use beyond what the tests have used."""


class Trial:
    """A plugin of pytest that runs the tests once, with a note of the lines that each of them runs, then on mutants.

    Parameters
    ----------
    mutants
        The mutants to try.
    say
        Where the surviving ones are reported.
    """

    def __init__(self, mutants: Sequence[Mutant], say: Callable[[str], None]) -> None:
        self._mutants = mutants
        self._say = say
        self._coverage = coverage.Coverage(data_file=None, include=FILES, config_file=False)
        self._seconds: dict[str, float] = {}
        self._failed = False
        self.survivors: list[Mutant] = []
        self.finished = False

    def pytest_runtestloop(self, session: Any) -> bool:
        """All tests without a change, then each mutant in a child of this process."""
        items = {item.nodeid: item for item in session.items}
        self._coverage.start()
        for item in items.values():
            self._coverage.switch_context(item.nodeid)
            started = time.process_time()
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
            self._seconds[item.nodeid] = time.process_time() - started
        self._coverage.stop()
        if self._failed:
            raise RuntimeError("a test fails without any change; mend that first")
        self._say(
            f"{len(items)} tests pass unchanged in {sum(self._seconds.values()):.0f} s; {len(self._mutants)} mutants"
        )
        for path, module in sorted({(mutant.path, mutant.module) for mutant in self._mutants}):
            if self._killed(unchanged(module, path), items):
                raise RuntimeError(f"{module} fails without any change where mutants are tried")
        for number, mutant in enumerate(self._mutants, 1):
            if number % REPORT == 0:
                self._say(f"{number} tried, {len(self.survivors)} survived")
            if not self._killed(mutant, items):
                self.survivors.append(mutant)
                self._say(f"survived: {mutant.title}")
        self.finished = True
        return True

    def pytest_runtest_logreport(self, report: Any) -> None:
        """A failure is what kills a mutant."""
        self._failed = self._failed or report.failed

    def _killed(self, mutant: Mutant, items: Mapping[str, Any]) -> bool:
        """Whether a test that runs a mutant's lines fails, or takes far too long."""
        tests = self._tests_of(mutant) if mutant.in_function else sorted(items, key=self._seconds.__getitem__)
        tests = tests[:FEW] if mutant.operator == UNCHANGED else tests
        child = os.fork() if tests else None
        if child is None:
            return False
        if child == 0:
            self._end_as_child(mutant, [items[test] for test in tests])
        status = os.waitpid(child, 0)[1]
        if os.WIFEXITED(status) and os.WEXITSTATUS(status) == BROKEN:
            raise RuntimeError("a mutant could not be tried")
        return status != 0

    def _end_as_child(self, mutant: Mutant, items: Sequence[Any]) -> NoReturn:
        """Run the tests on a mutant and end with exit code 0 if all pass."""
        code = BROKEN
        try:
            _limit_memory()
            if mutant.in_function:
                code = self._run(items) if _replace_code(mutant) else KILLED
            else:
                _limit_time(PROCESSOR_TIME[0] * sum(self._seconds.values()))
                _import_anew(mutant)
                code = KILLED if pytest.main([*QUIET, *TESTS]) else 0
        except Exception as error:
            self._say(f"could not try {mutant.title}: {error!r}")
        finally:
            os._exit(code)

    def _run(self, items: Sequence[Any]) -> int:
        for item in items:
            _limit_time(PROCESSOR_TIME[0] * self._seconds[item.nodeid])
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
            if self._failed:
                return 1
        return 0

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
    for name in [name for name in sys.modules if name.startswith(PACKAGE)]:
        for held in vars(sys.modules[name]).values():
            if hasattr(held, "cache_clear"):
                held.cache_clear()
    return True


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


def main(arguments: Sequence[str] | None = None) -> int:
    """Try a sample and print the table."""
    asked = _parser().parse_args(arguments)
    mutants = [mutant for mutant in all_mutants(PACKAGE) if asked.module in mutant.module]
    counted = [mutant for mutant in mutants if excluded(mutant) is None]
    left_out = collections.Counter(filter(None, map(excluded, mutants)))
    sample = random.Random(asked.seed).sample(counted, min(asked.sample, len(counted)))
    if asked.again is not None:
        wanted = set(asked.again.read_text(encoding="utf-8").splitlines())
        sample = [mutant for mutant in counted if mutant.title in wanted]
    print(f"{len(mutants)} mutants, {len(counted)} of them count; left out:")
    for reason, count in left_out.items():
        print(f"  {count:5d}  {reason}: {REASONS[reason]}")
    print(f"seed {asked.seed}", flush=True)
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = tempfile.mkdtemp()
    started = time.monotonic()
    with _own_output() as say:
        trial = Trial(sample, say)
        pytest.main([*QUIET, *TESTS], plugins=[trial])
    if not trial.finished:
        raise SystemExit("the trial did not finish; the tests may fail without any change")
    tried = collections.Counter(mutant.module for mutant in sample)
    alive = collections.Counter(mutant.module for mutant in trial.survivors)
    for module, count in sorted(tried.items()):
        print(f"{module:45s} {count - alive[module]:4d} of {count:4d} killed")
    killed = 1.0 - len(trial.survivors) / max(1, len(sample))
    print(f"killed: {len(sample) - alive.total()} of {len(sample)}, {killed:.1%}; {time.monotonic() - started:.0f} s")
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
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--sample", type=int, default=500, help="mutants to try (default: 500)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--module", default="", help="only modules whose name contains this text")
    parser.add_argument("--least", type=float, default=0.9, help="share that must be killed (default: 0.9)")
    parser.add_argument("--again", type=Path, help="file with titles of mutants, one a line: try these only")
    return parser


if __name__ == "__main__":
    sys.exit(main())
