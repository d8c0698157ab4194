"""``python -m tests.benchmarks.bayesian``: Bayesian games of one state per type, beside two mixed-integer programs.

The peers are DOBSS (Paruchuri et al., *Playing games for security*, AAMAS 2008) with the tightest large constants, and
the hull form of the same games with binary answers, both solved by HiGHS through SciPy. They are peers only: their
bounds trust the solver. Payoffs are uniform on ``[0, 1]``, the prior is a Dirichlet draw; medians of CPU seconds and
nodes, and the median ratio of the seconds of DOBSS to ours.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from ssg_mip import Game, bayesian
from ssg_mip.exact.unsteered import solve_suited
from ssg_mip.runs.run import Run

Array = np.ndarray[Any, np.dtype[np.float64]]

SIZES = ((3, 2), (3, 4), (3, 6), (5, 2), (5, 4), (5, 6), (5, 8))
"""Actions of each player, and types."""

AGREEMENT = 3.0
"""Values differ by at most this many gaps."""


@dataclasses.dataclass(frozen=True, eq=False)
class Bayesian:
    """Payoffs ``[a, b]`` of both players for each type, and the prior."""

    leader: tuple[Array, ...]
    follower: tuple[Array, ...]
    prior: Array

    @classmethod
    def random(cls, actions: int, types: int, seed: int) -> Bayesian:
        rng = np.random.default_rng([seed, actions, types])
        payoffs = [tuple(rng.random((actions, actions)) for _ in range(types)) for _ in range(2)]
        return cls(payoffs[0], payoffs[1], rng.dirichlet(np.full(types, 5.0)))


@dataclasses.dataclass(frozen=True)
class Solved:
    """The value, what is said to bound it, nodes and CPU seconds."""

    value: float
    bound: float
    nodes: int
    seconds: float


def ours(game: Bayesian, gap: float) -> Solved:
    """By the package: the problem is stated within the time too."""
    started = time.process_time()
    games = {
        f"k{k}": Game.from_arrays(
            np.ones((1, *leader.shape, 1)), leader[None], follower[None], leader_discount=0.0, follower_discount=0.0
        )
        for k, (leader, follower) in enumerate(zip(game.leader, game.follower, strict=True))
    }
    answer = solve_suited(bayesian(games, game.prior), Run(gap=gap))
    return Solved(answer.primal_bound, answer.dual_bound, answer.nodes, time.process_time() - started)


class Rows:
    """Rows of a mixed-integer program, collected one by one."""

    def __init__(self, columns: int) -> None:
        self._columns = columns
        self._entries: list[tuple[int, int, float]] = []
        self._ends: list[tuple[float, float]] = []

    def add(self, terms: list[tuple[int, float]], lower: float, upper: float) -> None:
        """One row."""
        self._entries += [(len(self._ends), column, value) for column, value in terms]
        self._ends.append((lower, upper))

    def constraint(self) -> LinearConstraint:
        """All of them."""
        row, column, value = map(np.array, zip(*self._entries, strict=True))
        matrix = csr_array((value, (row, column)), shape=(len(self._ends), self._columns))
        return LinearConstraint(matrix, *np.array(self._ends).T)


def as_milp(game: Bayesian, gap: float, *, dobss: bool) -> Solved:
    """As DOBSS, or in the hull form: columns ``z(k, a, b)``, binaries ``q(k, b)`` and, for DOBSS, ``value(k)``."""
    sizes = [leader.shape for leader in game.leader]
    starts = np.cumsum([0, *(a * b for a, b in sizes)]).tolist()
    picks = (starts[-1] + np.cumsum([0, *(b for _, b in sizes)])).tolist()
    columns = picks[-1] + len(sizes)
    rows, cost = Rows(columns), np.zeros(columns)
    for k, (wide, high) in enumerate(sizes):
        z = starts[k] + np.arange(wide * high).reshape(wide, high)
        cost[z.ravel()] = -game.prior[k] * game.leader[k].ravel()
        rows.add([(int(c), 1.0) for c in z.ravel()], 1.0, 1.0)
        rows.add([(picks[k] + b, 1.0) for b in range(high)], 1.0, 1.0)
        for b in range(high):
            taken = [(int(c), 1.0) for c in z[:, b]] + [(picks[k] + b, -1.0)]
            rows.add(taken, 0.0, np.inf if dobss else 0.0)
            (_dobss_rows if dobss else _hull_rows)(rows, game.follower[k], z, b, (picks[k] + b, picks[-1] + k))
        for a in range(wide if k else 0):
            first = starts[0] + a * sizes[0][1] + np.arange(sizes[0][1])
            rows.add([(int(c), 1.0) for c in z[a]] + [(int(c), -1.0) for c in first], 0.0, 0.0)
    lower, upper = np.zeros(columns), np.ones(columns)
    lower[picks[-1] :], upper[picks[-1] :] = ([f(one) for one in game.follower] for f in (np.min, np.max))
    integer = np.zeros(columns)
    integer[starts[-1] : picks[-1]] = 1.0
    started = time.process_time()
    found = milp(
        cost, constraints=rows.constraint(), bounds=Bounds(lower, upper), integrality=integer,
        options={"mip_rel_gap": gap},
    )  # fmt: skip
    return Solved(-found.fun, -found.mip_dual_bound, int(found.mip_node_count), time.process_time() - started)


def _hull_rows(rows: Rows, payoff: Array, z: Any, b: int, _: tuple[int, int]) -> None:
    """No other action is better than an answer."""
    for other in range(payoff.shape[1]):
        if other != b:
            rows.add(
                [(int(c), float(d)) for c, d in zip(z[:, b], payoff[:, b] - payoff[:, other], strict=True)], 0, np.inf
            )


def _dobss_rows(rows: Rows, payoff: Array, z: Any, b: int, places: tuple[int, int]) -> None:
    """``0 <= value - payoff of b <= M (1 - q(b))``."""
    large = float(payoff.max() - payoff.min())
    ahead = [(places[1], 1.0)] + [(int(c), -float(payoff[a, b])) for a, row in enumerate(z) for c in row]
    rows.add(ahead, 0.0, np.inf)
    rows.add([*ahead, (places[0], large)], -np.inf, large)


def measured(actions: int, types: int, games: int, gap: float) -> str:
    """A row of the table: median seconds and nodes of each, how ours compares with DOBSS, and disagreements."""
    drawn = [Bayesian.random(actions, types, seed) for seed in range(games)]
    found = [(ours(game, gap), as_milp(game, gap, dobss=True), as_milp(game, gap, dobss=False)) for game in drawn]
    odd = sum(not agree(one, gap) for one in found)
    cells = [f"{np.median([s.seconds for s in one]):8.3f} {int(np.median([s.nodes for s in one])):6d}"
             for one in zip(*found, strict=True)]  # fmt: skip
    ratio = np.median([one[1].seconds / one[0].seconds for one in found])
    return f"{actions}x{actions} {types:5d} {' '.join(cells)} {ratio:7.1f} {odd:8d}"


def agree(found: Sequence[Solved], gap: float) -> bool:
    """Whether no value exceeds another's bound, and all are within a few gaps of each other."""
    values, bounds = [one.value for one in found], [one.bound for one in found]
    return max(values) <= min(bounds) + 1e-6 and max(values) - min(values) <= AGREEMENT * gap * max(values)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; returns 1 if any game was answered differently."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.bayesian", description=__doc__)
    parser.add_argument("--games", type=int, default=5, help="games of each size")
    parser.add_argument("--gap", type=float, default=1e-4)
    parser.add_argument(
        "--sizes", default=",".join(f"{a}x{k}" for a, k in SIZES), help="ACTIONSxTYPES, comma-separated"
    )
    asked = parser.parse_args(arguments)
    heads = [f"{name} s  nodes" for name in ("ours", "DOBSS", "hull")]
    print(f"size types {' '.join(f'{head:>15s}' for head in heads)} {'ratio':>7s} {'disagree':>8s}")
    lines = []
    for size in asked.sizes.split(","):
        actions, types = map(int, size.split("x"))
        lines.append(measured(actions, types, asked.games, asked.gap))
        print(lines[-1], flush=True)
    return int(any(line.split()[-1] != "0" for line in lines))


if __name__ == "__main__":
    raise SystemExit(main())
