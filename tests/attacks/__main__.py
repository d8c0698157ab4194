"""``python -m tests.attacks NAME... [--games N] [--seed S] [--only I,J]``: run attacks, by default at their full size.

Prints one line per attack (games, failures, worst deviation, seconds, what else was counted) and, for every failure,
the command that plays it again. The exit code is 1 if anything failed, 2 for wrong usage.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from tests.attacks.driver import run
from tests.attacks.registry import ATTACKS, GROUPS


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns 1 if anything failed."""
    asked = _parser().parse_args(arguments)
    passed = True
    for name in dict.fromkeys(one for given in asked.names for one in GROUPS.get(given, (given,))):
        attack = ATTACKS[name]
        indices = asked.only or range(asked.first, asked.first + (asked.games or attack.games))
        report = run(attack, asked.seed, indices, tell=lambda text: print(text, file=sys.stderr, flush=True))
        print(report, flush=True)
        passed = passed and report.passed
    return int(not passed)


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return count


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.attacks",
        description=__doc__.partition("\n\n")[2],
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="\n".join(f"{name:20s} {attack.games:6d}  {attack.claim}" for name, attack in ATTACKS.items())
        + f"\ngroups: {', '.join(GROUPS)}",
    )
    parser.add_argument("names", nargs="+", choices=[*ATTACKS, *GROUPS], metavar="NAME", help="attacks or groups")
    parser.add_argument("--games", type=_count, help="how many games of each attack; its full size by default")
    parser.add_argument("--first", type=int, default=0, help="index of the first game")
    parser.add_argument("--seed", type=int, default=1, help="seed of the series")
    parser.add_argument("--only", type=lambda text: [int(one) for one in text.split(",")], help="indices, such as 3,17")
    return parser


if __name__ == "__main__":
    sys.exit(main())
