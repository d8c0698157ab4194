"""How far policy iteration comes in games whose improvement program is never written.

``python -m tests.benchmarks.large_steps --limit 20`` runs ``policy-iteration`` from the uniform policy on one game
after another and prints the value from the start distribution, the bound, the number of steps, the largest fall of a
value between two iterates (each evaluated again here), how it ended, and the processor time. ``--statewise`` leaves out
the steps of linear programs. The exit code is 1 if a state's value fell, or a value exceeds its bound.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import sys
import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from ssg_mip import best_response, solve
from ssg_mip.base.tolerances import DEFAULT_TOLERANCES
from ssg_mip.exact.heuristics.sparse_steps import Climb
from ssg_mip.game.game import Game
from ssg_mip.library import random_game
from ssg_mip.library.merge import highway_merge
from ssg_mip.library.security import security_grid

GAMES: dict[str, Callable[[], Game]] = {
    "random-100": lambda: random_game(11, 100, 4, 4, 5),
    "random-500": lambda: random_game(11, 500, 4, 4, 5),
    "random-1000": lambda: random_game(11, 1000, 4, 4, 5),
    "merge-6": lambda: highway_merge(6, 3),
    "merge-12": lambda: highway_merge(12, 4),
    "security-4": lambda: security_grid(4),
    "security-6": lambda: security_grid(6),
}


@dataclasses.dataclass(frozen=True)
class Row:
    """One run."""

    name: str
    states: int
    start: float
    value: float
    bound: float
    steps: int
    fall: float
    ended: str
    seconds: float

    @property
    def contradicts(self) -> bool:
        """Whether a state lost, or a value exceeds its bound."""
        slack = DEFAULT_TOLERANCES.monotone * (1.0 + abs(self.bound))
        return self.fall > slack or self.value > self.bound + slack

    def __str__(self) -> str:
        return (
            f"{self.name:12} {self.states:6} {self.start:10.4f} {self.value:10.4f} {self.bound:10.4f} "
            f"{self.steps:5} {self.fall:9.1e} {self.seconds:7.1f}  {self.ended}"
        )


def run(name: str, limit: float) -> Row:
    """One game, and every iterate evaluated again."""
    game, began = GAMES[name](), time.process_time()
    result = solve(game, method="policy-iteration", time_limit=limit)
    seconds = time.process_time() - began
    values = [best_response(game, point.leader_policy).leader_values for point in result.trajectory]
    falls = [float(np.max(before - after)) for before, after in itertools.pairwise(values)]
    return Row(
        name=name,
        states=game.num_states,
        start=float(game.initial @ values[0]),
        value=float(game.initial @ values[-1]),
        bound=result.dual_bound,
        steps=len(falls),
        fall=max(0.0, *falls, 0.0),
        ended=f"{result.status.value}, {result.termination.value}",
        seconds=seconds,
    )


def rows(names: Sequence[str], limit: float) -> Iterator[Row]:
    """The rows of some games, one after the other."""
    for name in names:
        yield run(name, limit)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns 1 if a state lost or a bound was exceeded."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--limit", type=float, default=20.0, help="seconds for each game")
    parser.add_argument("--games", default=",".join(GAMES), help="some of: %(default)s")
    parser.add_argument("--statewise", action="store_true", help="without steps of linear programs")
    asked = parser.parse_args(arguments)
    names = asked.games.split(",")
    unknown = [name for name in names if name not in GAMES]
    if unknown:
        print(f"there is no game {unknown[0]!r}; there are {', '.join(GAMES)}", file=sys.stderr)
        return 2
    if asked.statewise:
        Climb.step = lambda self, here: None  # type: ignore[method-assign]
    contradicted = False
    for row in rows(names, asked.limit):
        print(row, flush=True)
        contradicted |= row.contradicts
    return int(contradicted)


if __name__ == "__main__":
    sys.exit(main())
