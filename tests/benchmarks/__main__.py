"""``python -m tests.benchmarks``: the search against general solvers, or with its ingredients off one by one.

``--suite search`` runs ours, SCIP and Gurobi on the exported compact program and SCIP on the exported strong form, on
the reporting seeds 11-15; nobody has tuned on those. ``--suite ablation`` runs ours alone, full and with each switch of
its options flipped, on the tuning seeds 0-9. The record (JSON) and the table (Markdown) are dated files in ``--out``.
The exit code is 1 if a bound was beaten by a verified policy.

``--suite large`` with options of its own (:mod:`tests.benchmarks.large`) is about thousands of states.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from ssg_mip.errors import OptionError
from tests.benchmarks import large
from tests.benchmarks.families import FAMILIES, REPORTING_SEEDS, TUNING_SEEDS, Size
from tests.benchmarks.ours import switches
from tests.benchmarks.peers import SOLVERS
from tests.benchmarks.report import render
from tests.benchmarks.run import Entry, Record, run_suite
from tests.benchmarks.specs import MIDDLE, SIZES, SMALLEST, Case, Limits, Spec, parse_seeds, select
from tests.benchmarks.surroundings import surroundings

SMOKE_SECONDS = 60.0
"""A limit that no solver reaches: each needs a second for the smoke game, on a busy machine several."""

SMOKE_SEED = 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns 1 at a conflict, 2 at a wrong argument."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if given[:2] == ["--suite", "large"]:
        return large.main(given[2:])
    asked = _parser().parse_args(given)
    if asked.render is not None:
        print(render(json.loads(asked.render.read_text(encoding="utf-8"))))
        return 0
    try:
        specs, entries, seeds = _specs(asked), _entries(asked), _seeds(asked)
    except OptionError as error:
        print(error, file=sys.stderr)
        return 2
    limits = Limits(SMOKE_SECONDS if asked.smoke else asked.time_limit, asked.gap)
    header = {
        "suite": asked.suite,
        "program": asked.program,
        "time_limit": limits.time_limit,
        "gap": limits.gap,
        "seeds": list(seeds),
        "competitors": {entry.name: SOLVERS[entry.solver].title for entry in entries},
        "families": {name: FAMILIES[name].story for name in sorted({spec.case.family for spec in specs})},
        **surroundings(),
    }
    stamp = header["started"].replace(":", "").replace("-", "")
    record = Record(asked.out / f"{asked.suite}-{asked.program}-{stamp}.json", header)
    try:
        run_suite(specs, entries, limits, record)
    finally:
        table = render(record.payload)
        record.path.with_suffix(".md").write_text(table, encoding="utf-8")
        print(f"\n{table}\n{record.path}")
    return int(bool(record.payload["conflicts"]))


def _specs(asked: argparse.Namespace) -> list[Spec]:
    sizes = tuple(Size.parse(text) for text in _items(asked.size))
    families = _items(asked.family)
    if asked.smoke:
        cases: tuple[Case, ...] = (Case("random", SMALLEST),)
    elif asked.suite == "ablation":
        cases = select(families or ("random",), sizes or (MIDDLE,))
    else:
        cases = select(families, sizes)
    return [Spec(case, seed, asked.program) for case in cases for seed in _seeds(asked)]


def _seeds(asked: argparse.Namespace) -> tuple[int, ...]:
    if asked.smoke:
        return (SMOKE_SEED,)
    if asked.seeds is not None:
        return parse_seeds(asked.seeds)
    return TUNING_SEEDS if asked.suite == "ablation" else REPORTING_SEEDS


def _entries(asked: argparse.Namespace) -> list[Entry]:
    """The competitors: solvers, or our search with each of its switches flipped."""
    if asked.suite == "ablation":
        return [Entry("ours", "ours")] + [
            Entry(f"{'without' if field.default else 'with'} {field.name.replace('_', ' ')}", "ours", field.name)
            for field in switches()
        ]
    names = _items(asked.solvers)
    unknown = [name for name in names if name not in SOLVERS]
    if unknown or not names:
        given = unknown[0] if unknown else ""
        raise OptionError(f"solver is {given!r}; it must be one of {', '.join(SOLVERS)}")
    return [Entry(name, name) for name in names]


def _items(text: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in text.split(",") if item.strip())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Lists are separated by commas. Without --size and --family the core cases are run: random games of "
        "every size, every other family at 5x3x3.",
    )
    parser.add_argument("--suite", choices=("search", "ablation"), default="search")
    parser.add_argument("--size", default="", help=f"sizes among {', '.join(map(str, SIZES))}")
    parser.add_argument("--family", default="", help=f"families among {', '.join(FAMILIES)}")
    parser.add_argument("--program", choices=("commitment", "improvement"), default="commitment")
    parser.add_argument("--seeds", help="such as 11-15 (search) or 0-9 (ablation), the defaults")
    parser.add_argument("--time-limit", type=float, default=60.0, help="seconds for each solver and game")
    parser.add_argument("--gap", type=float, default=1e-3, help="relative gap at which a game counts as solved")
    parser.add_argument("--solvers", default=",".join(SOLVERS), help=f"competitors among {', '.join(SOLVERS)}")
    parser.add_argument("--out", type=Path, default=Path("benchmark-results"), help="folder of the record")
    parser.add_argument("--smoke", action="store_true", help="one tiny game, a second each, to see that it runs")
    parser.add_argument("--render", type=Path, metavar="RECORD", help="print the table of a record; run nothing")
    return parser


if __name__ == "__main__":
    sys.exit(main())
