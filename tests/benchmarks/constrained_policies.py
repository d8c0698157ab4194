"""``python -m tests.benchmarks.constrained_policies``: how good policies are where a search with constraints must stop.

Random games of middle size with budgets, ties, costs, limits on actions, types of the follower and goals, none of which
closes in the time that is given; and small ones that close. The clock is that of the process, so that what else the
machine does changes nothing. ``--save FILE`` keeps what is found; ``--against FILE`` prints it beside an earlier run:
how many problems got a better policy, an equal one, a worse one, and the sums of gaps, nodes and linear programs.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from ssg_mip import Lexicographic, Problem, WorstStart, WorstType, bayesian, solve
from ssg_mip.base import deadline
from ssg_mip.library import random_game
from ssg_mip.result import Result
from tests.benchmarks.constrained import budget, budget_of_two, cost, label, statewise

Make = Callable[[str, int], Problem]

EQUAL = 1e-4
"""Share of the larger value by which two values may differ and count as equal."""


def several_labels(size: str, seed: int) -> Problem:
    """Pairs of states that the leader cannot tell apart."""
    problem = statewise_free(size, seed)
    for state in range(0, problem.game.num_states - 1, 2):
        problem = problem.same_policy([state, state + 1])
    return problem


def statewise_free(size: str, seed: int) -> Problem:
    """The game alone."""
    states, leader, follower = map(int, size.split("x"))
    return Problem(random_game(seed, states, leader, follower, 2, leader_discount=0.9, follower_discount=0.9))


def limited(size: str, seed: int) -> Problem:
    """At most two actions of every state."""
    problem = statewise_free(size, seed)
    for state in range(problem.game.num_states):
        problem = problem.at_most_actions(state, 2)
    return problem


def limited_budget(size: str, seed: int) -> Problem:
    """At most two actions of every state, within a budget."""
    problem = budget(size, seed)
    for state in range(problem.game.num_states):
        problem = problem.at_most_actions(state, 2)
    return problem


def cost_and_budget(size: str, seed: int) -> Problem:
    """A discounted cost, beside a budget."""
    problem = budget(size, seed)
    game = problem.game
    shape = (game.num_states, int(game.leader_counts.max()), int(game.follower_counts.max()))
    costs = np.random.default_rng([seed, 1]).random(shape)
    return problem.cost(costs, at_most=0.45 / (1.0 - game.leader_discount))


def _types(size: str, seed: int, count: int) -> Problem:
    names = {f"type {k}": statewise_free(size, 100 * seed + k).game for k in range(count)}
    return bayesian(names, [1.0 / count] * count)


def two_types(size: str, seed: int) -> Problem:
    """Two types of the follower with games of their own."""
    return _types(size, seed, 2)


def three_types(size: str, seed: int) -> Problem:
    """Three of them."""
    return _types(size, seed, 3)


def four_types(size: str, seed: int) -> Problem:
    """Four of them."""
    return _types(size, seed, 4)


def types_budget(size: str, seed: int) -> Problem:
    """Two types, and a budget over the states that the leader sees."""
    problem = _types(size, seed, 2)
    states, leader, _ = map(int, size.split("x"))
    prices = np.random.default_rng([seed, 2]).random((states, leader))
    names = problem.game.state_names[:states]
    costs = {
        (names[s], action): float(prices[s, a])
        for s in range(states)
        for a, action in enumerate(problem.game.leader_actions[s])
    }
    return problem.budget(costs, 0.4 * states)


def worst_type(size: str, seed: int) -> Problem:
    """Two types, the worst of which counts."""
    return two_types(size, seed).maximise(WorstType())


def worst_of_three_types(size: str, seed: int) -> Problem:
    """Three types, the worst of which counts."""
    return three_types(size, seed).maximise(WorstType())


def worst_type_budget(size: str, seed: int) -> Problem:
    """Two types within a budget, the worst of which counts."""
    return types_budget(size, seed).maximise(WorstType())


def worst_start(size: str, seed: int) -> Problem:
    """Every action with a probability of at least .1, for the worst of three starts."""
    problem = statewise(size, seed)
    return problem.maximise(WorstStart(problem.game.state_names[:3]))


def in_turn(size: str, seed: int) -> Problem:
    """Every action with a probability of at least .1; the value from the first state, then from the second."""
    problem = statewise(size, seed)
    first, second = problem.game.state_names[:2]
    return problem.maximise(Lexicographic([{first: 1.0}, {second: 1.0}], tolerance=0.05))


MIDDLE: tuple[tuple[Make, str], ...] = (
    (statewise, "10x3x3"),
    (budget, "6x3x3"),
    (budget, "8x3x3"),
    (budget_of_two, "8x3x3"),
    (label, "8x3x3"),
    (several_labels, "8x3x3"),
    (cost, "8x3x3"),
    (cost_and_budget, "6x3x3"),
    (limited, "10x3x3"),
    (limited_budget, "6x3x3"),
    (two_types, "4x3x3"),
    (three_types, "3x3x3"),
    (four_types, "2x3x3"),
    (types_budget, "4x3x3"),
    (worst_type, "4x3x3"),
    (worst_of_three_types, "3x3x3"),
    (worst_type_budget, "3x3x3"),
    (worst_type_budget, "4x3x3"),
    (worst_start, "7x3x3"),
    (in_turn, "7x3x3"),
)
"""Problems that do not close in seconds."""

SMALL: tuple[tuple[Make, str], ...] = (
    (statewise, "3x2x2"),
    (budget, "3x2x2"),
    (cost, "3x2x2"),
    (label, "4x3x2"),
    (limited_budget, "3x3x2"),
    (two_types, "2x2x2"),
    (worst_type, "2x2x2"),
    (worst_start, "3x2x2"),
    (in_turn, "3x2x2"),
)
"""Problems that do."""


@dataclasses.dataclass(frozen=True)
class Found:
    """What came of a problem: the value of what is maximised, its proven bound, and the work."""

    name: str
    value: float
    bound: float
    nodes: int
    lps: int
    seconds: float

    @property
    def gap(self) -> float:
        """In percent of the value."""
        return 100.0 * (self.bound - self.value) / max(1e-9, abs(self.value))

    def __str__(self) -> str:
        return (
            f"{self.name:32s}{self.value:12.5f}{self.bound:12.5f}{self.gap:9.2f}"
            f"{self.nodes:8d}{self.lps:8d}{self.seconds:8.2f}"
        )

    def better_than(self, other: Found) -> int:
        """1 for a better value, -1 for a worse one, 0 for an equal one."""
        apart = self.value - other.value
        if np.isnan(apart) or abs(apart) <= EQUAL * max(abs(self.value), abs(other.value)):
            return 0
        return 1 if apart > 0.0 else -1


HEADER = f"{'problem':32s}{'value':>12s}{'bound':>12s}{'gap %':>9s}{'nodes':>8s}{'LPs':>8s}{'CPU s':>8s}"


@contextlib.contextmanager
def clock_of_the_process() -> Iterator[None]:
    """Time limits in CPU seconds."""
    before = deadline.time
    deadline.time = SimpleNamespace(monotonic=time.process_time)  # type: ignore[assignment]
    try:
        yield
    finally:
        deadline.time = before


def measured(name: str, problem: Problem, seconds: float) -> Found:
    """A problem, solved for so many CPU seconds."""
    begun = time.process_time()
    with clock_of_the_process():
        result = solve(problem, "commitment", gap=1e-3, time_limit=seconds, check=False, guarantee=False)
    spent = time.process_time() - begun
    value, bound = _worth(result)
    counts = result.provenance.counts
    return Found(name, value, bound, counts.get("nodes", 0), counts.get("lps", 0), spent)


def _worth(result: Result) -> tuple[float, float]:
    """The value of what is maximised, and its bound; of sums in turn those of the last."""
    if result.reached is None or result.leader_policy is None:
        return result.leader_value, result.dual_bound
    slots = result.leader_policy.slots(result.game)
    assert result.leader_values is not None
    assert result.follower_values is not None
    said = result.reached.to_dict(result.game, result.leader_values, result.follower_values, slots)
    said = said["steps"][-1] if "steps" in said else said
    return float(said["value"]), np.inf if said["bound"] is None else float(said["bound"])


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.constrained_policies", description=__doc__)
    parser.add_argument("--small", action="store_true", help="the problems that close")
    parser.add_argument("--only", default="", help="names of problems, separated by commas; all if absent")
    parser.add_argument("--seeds", default="0,1", help="seeds, separated by commas")
    parser.add_argument("--seconds", type=float, default=8.0, help="CPU seconds for each problem")
    parser.add_argument("--save", type=Path, help="file to keep what is found in")
    parser.add_argument("--against", type=Path, help="file of an earlier run to compare with")
    asked = parser.parse_args(arguments)
    only = set(filter(None, asked.only.split(",")))
    earlier = {} if asked.against is None else {one["name"]: Found(**one) for one in _read(asked.against)}
    print(HEADER)
    found: list[Found] = []
    for make, size in SMALL if asked.small else MIDDLE:
        if only and make.__name__ not in only:
            continue
        for seed in map(int, asked.seeds.split(",")):
            name = f"{make.__name__} {size} {seed}"
            found.append(measured(name, make(size, seed), asked.seconds))
            print(str(found[-1]) + _beside(found[-1], earlier.get(name)), flush=True)
    if earlier:
        print(_summary(found, earlier))
    if asked.save is not None:
        asked.save.write_text(json.dumps([dataclasses.asdict(one) for one in found], indent=1))
    return 0


def _read(path: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(path.read_text())
    return found


def _beside(one: Found, before: Found | None) -> str:
    if before is None:
        return ""
    word = {1: "better", 0: "equal", -1: "WORSE"}[one.better_than(before)]
    return f"   before {before.value:12.5f}{before.gap:9.2f}{before.nodes:8d}  {word}"


def _summary(found: Sequence[Found], earlier: dict[str, Found]) -> str:
    pairs = [(one, earlier[one.name]) for one in found if one.name in earlier]
    signs = [now.better_than(then) for now, then in pairs]
    lines = [f"better {signs.count(1)}, equal {signs.count(0)}, worse {signs.count(-1)}"]
    for what in ("gap", "nodes", "lps", "seconds"):
        now, then = (float(np.nansum([getattr(pair[k], what) for pair in pairs])) for k in (0, 1))
        lines.append(f"sum of {what}: {then:.2f} before, {now:.2f} now")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
