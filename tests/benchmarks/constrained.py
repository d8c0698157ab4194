"""``python -m tests.benchmarks.constrained``: problems with constraints, beside SCIP on the compact model, in one run.

Random games with two successors and discounts .9; every kind of row at the sizes for which a target is set, and the
games without. For each: value, bound, gap and CPU seconds of ``commitment`` and of SCIP (one thread), whose value is
that of its policy put back onto its ties and evaluated exactly, under the bound that it claims; and our nodes. Both
gaps are relative to our value, so that they compare. ``python -m tests.benchmarks.bayesian`` has static games with
types.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import time
from collections.abc import Callable, Sequence

import numpy as np

from ssg_mip import Game, Problem, bayesian, solve, solve_with
from ssg_mip.library import random_game
from ssg_mip.result import Result


def _game(size: str, seed: int) -> Game:
    states, leader, follower = map(int, size.split("x"))
    return random_game(seed, states, leader, follower, 2, leader_discount=0.9, follower_discount=0.9)


def plain(size: str, seed: int) -> Problem:
    """The game alone."""
    return Problem(_game(size, seed))


def statewise(size: str, seed: int) -> Problem:
    """Every action with a probability of at least .1."""
    problem = Problem(_game(size, seed))
    for state, actions in enumerate(problem.game.leader_actions):
        for action in range(len(actions)):
            problem = problem.at_least(state, action, 0.1)
    return problem


def cost(size: str, seed: int) -> Problem:
    """A discounted cost of 0 to 1 for every joint action, four tenths of the most at most."""
    game = _game(size, seed)
    shape = (game.num_states, int(game.leader_counts.max()), int(game.follower_counts.max()))
    costs = np.random.default_rng([seed, 1]).random(shape)
    return Problem(game).cost(costs, at_most=0.4 / (1.0 - game.leader_discount))


def _budget(size: str, seed: int, states: int | None) -> Problem:
    game = _game(size, seed)
    count = game.num_states if states is None else states
    prices = np.random.default_rng([seed, 2]).random((count, int(game.leader_counts.max())))
    costs = {(s, a): float(prices[s, a]) for s in range(count) for a in range(int(game.leader_counts[s]))}
    return Problem(game).budget(costs, 0.4 * count)


def budget(size: str, seed: int) -> Problem:
    """What probabilities cost over all states, four tenths of a unit for each."""
    return _budget(size, seed, None)


def budget_of_two(size: str, seed: int) -> Problem:
    """The same over two states."""
    return _budget(size, seed, 2)


def label(size: str, seed: int) -> Problem:
    """Two states that the leader cannot tell apart."""
    return Problem(_game(size, seed)).same_policy([0, 1])


def types(size: str, seed: int) -> Problem:
    """Two types of the follower with games of their own; three at 2x2x2."""
    count = 3 if size == "2x2x2" else 2
    return bayesian({f"type {k}": _game(size, 100 * seed + k) for k in range(count)}, [1.0 / count] * count)


ROWS: tuple[tuple[Callable[[str, int], Problem], str, str], ...] = (
    (plain, "3x2x2", "none"),
    (plain, "5x3x3", "none"),
    (statewise, "3x2x2", "nodes of the plain game, times 3"),
    (statewise, "5x3x3", "nodes of the plain game, times 3"),
    (cost, "3x2x2", "nodes of the plain game, times 3"),
    (cost, "5x3x3", "nodes of the plain game, times 3"),
    (budget, "3x2x2", "1 s"),
    (budget, "4x3x2", "10 s"),
    (budget, "5x3x3", "4 % in 60 s"),
    (budget_of_two, "5x3x3", "2 % in 60 s"),
    (label, "4x3x2", "none"),
    (types, "2x2x2", "2 s"),
    (types, "4x2x2", "10 s"),
)
"""Problem, size, and the target for one core at a gap of .1 %."""

HEADER = (
    f"{'rows':14s}{'size':>7s}{'seed':>5s}"
    + "".join(f"{who + ' value':>13s}{'bound':>10s}{'gap %':>8s}{'CPU s':>8s}" for who in ("our", "SCIP"))
    + f"{'nodes':>8s}"
)


@dataclasses.dataclass(frozen=True)
class Row:
    """One problem solved by both; SCIP's numbers are its claims but for the value."""

    name: str
    size: str
    seed: int
    values: tuple[float, float]
    bounds: tuple[float, float]
    nodes: int
    seconds: tuple[float, float]

    @property
    def disagrees(self) -> bool:
        """Whether a policy of one is worth more than the other's bound, by more than a hundredth of a percent."""
        slack = 1e-4 * (1.0 + abs(self.values[0]))
        return self.values[0] > self.bounds[1] + slack or self.values[1] > self.bounds[0] + slack

    def __str__(self) -> str:
        """As a line of the table."""
        text = f"{self.name:14s}{self.size:>7s}{self.seed:5d}"
        for value, bound, seconds in zip(self.values, self.bounds, self.seconds, strict=True):
            gap = 100.0 * (bound - value) / max(1e-9, abs(self.values[0]))
            text += f"{value:13.5f}{bound:10.5f}{gap:8.2f}{seconds:8.2f}"
        return f"{text}{self.nodes:8d}" + (" DISAGREE" if self.disagrees else "")


def measured(make: Callable[[str, int], Problem], size: str, seed: int, time_limit: float) -> Row:
    """A problem solved by both."""
    problem = make(size, seed)
    begun = time.process_time()
    mine = solve(problem, "commitment", gap=1e-3, time_limit=time_limit, check=False, guarantee=False)
    between = time.process_time()
    theirs = solve_with(problem, "scip", gap=1e-3, time_limit=time_limit, check=False)
    spent = between - begun, time.process_time() - between
    return Row(
        name=make.__name__.replace("_", " "),
        size=size,
        seed=seed,
        values=(mine.leader_value, theirs.leader_value),
        bounds=(mine.dual_bound, _number(theirs, "claimed_bound")),
        nodes=mine.provenance.counts.get("nodes", 0),
        seconds=spent,
    )


def _number(result: Result, name: str) -> float:
    value = result.details.get(name)
    return np.inf if value is None else float(value)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; returns 1 if two answers disagree."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.constrained", description=__doc__)
    parser.add_argument("--rows", default="", help="names of rows, separated by commas; all if absent")
    parser.add_argument("--sizes", default="", help="sizes, separated by commas; all if absent")
    parser.add_argument("--seeds", default="0,1", help="seeds, separated by commas")
    parser.add_argument("--time-limit", type=float, default=60.0, help="seconds for each solver and problem")
    asked = parser.parse_args(arguments)
    names, sizes = set(filter(None, asked.rows.split(","))), set(filter(None, asked.sizes.split(",")))
    print(HEADER)
    disagreements = 0
    for make, size, target in ROWS:
        if (names and make.__name__ not in names) or (sizes and size not in sizes):
            continue
        for seed in map(int, asked.seeds.split(",")):
            row = measured(make, size, seed, asked.time_limit)
            disagreements += row.disagrees
            print(f"{row}  target: {target}", flush=True)
    return int(disagreements > 0)


if __name__ == "__main__":
    sys.exit(main())
