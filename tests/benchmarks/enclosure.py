"""Enclosures of random two-objective games against dense sampling: ``python -m tests.benchmarks.enclosure``.

For each game: the resolution reached, the programs solved, the points of the enclosure and of a weighted sweep, how
many points no weighted sum finds, and the *contradictions* with sampled policies, which enumeration evaluates. A
sampled value contradicts an enclosure if it lies beyond the proven bounds, if no point is at least as good up to the
resolution, or if it is neither at or below a point nor in a box. A point that the exact checker does not verify is one
too. The command fails if there is any.

Families of games: ``random`` (2 to 4 states; few of them make the leader choose between states), ``promise`` (4 states;
the leader promises a reward in one state, for which the follower takes costly steps in two others: fronts of isolated
points, many of them unsupported) and ``planner`` (the random games, with both players' values as objectives).
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import time

import numpy as np

from ssg_mip import trace_front
from ssg_mip.pareto.enclosure.entry import enclose_front
from ssg_mip.pareto.enclosure.objectives import follower_objective, leader_objective
from ssg_mip.pareto.enclosure.result import Enclosure
from tests.oracles.games import Array, PlainGame, random_game
from tests.oracles.many import drawn_policies, values_of_many

NOISE = 1e-6
"""Differences up to this, relative to ``1 + |values|``, are rounding and ties."""

SIZES = ((2, 2, 2), (2, 3, 3), (3, 2, 2), (3, 2, 3), (4, 2, 2))
"""States, leader actions, follower actions; game ``k`` takes them in turn."""

DISCOUNTS = (0.3, 0.5, 0.7, 0.8, 0.9)

FAMILIES = ("random", "promise", "planner")


@dataclasses.dataclass(frozen=True)
class Row:
    """What one game gave."""

    name: str
    resolution: float
    wanted: float
    programs: int
    seconds: float
    points: int
    unsupported: int
    sweep: int
    contradictions: int


def game(seed: int, index: int) -> PlainGame:
    """Game ``index`` of a seed: 2 to 4 states, two successors, discounts that differ; every fifth one full of ties."""
    rng = np.random.default_rng([seed, index])
    states, leader, follower = SIZES[index % len(SIZES)]
    leader_discount, follower_discount = rng.choice(DISCOUNTS, size=2, replace=False)
    return random_game(
        rng,
        leader_counts=[leader] * states,
        follower_counts=[follower] * states,
        leader_discount=float(leader_discount),
        follower_discount=float(follower_discount),
        successors=2,
        integer=index // len(SIZES) % 5 == 4,
        name=f"{states}x{leader}x{follower}, seed {seed}, game {index}",
    )


def promise_game(seed: int, index: int) -> PlainGame:
    """Game ``index`` of a seed: in ``s0`` and ``s1`` the follower takes one of four steps towards ``s2``, at a cost.

    The leader likes far steps in ``s0`` and near ones in ``s1``.
    In ``s2`` the follower is paid what the leader plays there; ``s3`` ends the play.
    """
    rng = np.random.default_rng([seed, index])
    steps = np.zeros((1, 4, 4))
    steps[:, :, 2] = np.linspace(0.0, 1.0, 4)
    steps[:, :, 3] = 1.0 - steps[:, :, 2]
    end = np.zeros((2, 1, 4))
    end[:, :, 3] = 1.0
    leader, follower = [], []
    for towards in (1, -1):
        leader.append(np.sort(np.round(rng.uniform(0.0, 10.0, (1, 4)), 1))[:, ::towards])
        follower.append(-np.cumsum([[0.0, *np.sort(rng.uniform(0.0, 0.667, 3))]], axis=1))
    return PlainGame(
        (steps, steps.copy(), end, end[:1].copy()),
        (*leader, np.zeros((2, 1)), np.zeros((1, 1))),
        (*follower, np.array([[0.0], [4.0]]), np.zeros((1, 1))),
        leader_discount=0.5,
        follower_discount=0.5,
        initial=np.array([0.5, 0.5, 0.0, 0.0]),
        name=f"promise, seed {seed}, game {index}",
    )


def contradictions(plain: PlainGame, enclosure: Enclosure, samples: int, rng: np.random.Generator) -> int:
    """How many sampled policies contradict an enclosure."""
    near = [point.leader_policy.probabilities for point in enclosure]
    leader, follower = values_of_many(plain, drawn_policies(plain, samples, rng, near))
    values = np.stack(
        [(leader if one.player == "leader" else follower) @ one.start for one in enclosure.objectives], axis=1
    )
    return sum(_contradicts(enclosure, value) for value in values)


def _contradicts(enclosure: Enclosure, value: Array) -> bool:
    noise = NOISE * (1.0 + float(np.abs(value).max()))
    return not (
        enclosure.region.holds(value, noise)
        and enclosure.covers(value, enclosure.resolution + noise)
        and enclosure.allows(value, noise)
    )


def measure(plain: PlainGame, samples: int, resolution: float | None, time_limit: float, planner: bool) -> Row:
    """Enclose, sweep and sample one game; the objectives are the leader's values in the first two states.

    With ``planner`` they are both players' values from the start distribution, which the sweep does not know.
    """
    made = plain.to_game()
    objectives = [leader_objective(made, "s0"), leader_objective(made, "s1")]
    if planner:
        objectives = [leader_objective(made), follower_objective(made)]
    started = time.perf_counter()
    enclosure = enclose_front(made, objectives=objectives, resolution=resolution, time_limit=time_limit)
    seconds = time.perf_counter() - started
    sweep = 0
    if not planner:
        front = trace_front(made, states=["s0", "s1"], check=False, guarantee=False, time_limit=time_limit)
        pairs = {tuple(np.round(result.leader_values[:2], 6)) for result in front.results}
        sweep = _non_dominated(np.array(sorted(pairs)))
    return Row(
        name=plain.name,
        resolution=enclosure.resolution,
        wanted=enclosure.wanted,
        programs=enclosure.provenance.counts["programs"],
        seconds=seconds,
        points=len(enclosure),
        unsupported=len(enclosure.unsupported),
        sweep=sweep,
        contradictions=contradictions(plain, enclosure, samples, np.random.default_rng(0))
        + sum(point.check.passed is not True for point in enclosure),
    )


def _non_dominated(pairs: Array) -> int:
    return sum(not np.any(np.all(pairs >= one, axis=1) & np.any(pairs > one, axis=1)) for one in pairs)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.enclosure", description=__doc__)
    parser.add_argument("--games", type=int, default=50)
    parser.add_argument("--first", type=int, default=0, help="number of the first game")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--samples", type=int, default=10_000, help="policies sampled for each game")
    parser.add_argument(
        "--resolution", type=float, default=None, help="in units of the rewards; by default the package's"
    )
    parser.add_argument("--time-limit", type=float, default=60.0, help="seconds for each enclosure")
    parser.add_argument("--family", choices=FAMILIES, default="random")
    asked = parser.parse_args(arguments)
    rows = []
    print("game  resolution  wanted  programs  seconds  points  unsupported  sweep  contradictions")
    for index in range(asked.first, asked.first + asked.games):
        plain = promise_game(asked.seed, index) if asked.family == "promise" else game(asked.seed, index)
        row = measure(plain, asked.samples, asked.resolution, asked.time_limit, asked.family == "planner")
        rows.append(row)
        print(
            f"{row.name}: {row.resolution:.5f}  {row.wanted:.5f}  {row.programs}  {row.seconds:.1f}  {row.points}  "
            f"{row.unsupported}  {row.sweep}  {row.contradictions}",
            flush=True,
        )
    reached = sum(row.resolution <= row.wanted for row in rows)
    wrong = sum(row.contradictions for row in rows)
    print(
        f"{len(rows)} games: {reached} reached the wanted resolution; {sum(row.programs for row in rows)} programs; "
        f"{sum(row.points for row in rows)} points, {sum(row.unsupported for row in rows)} of them unsupported, in "
        f"{sum(row.unsupported > 0 for row in rows)} games; {sum(row.sweep for row in rows)} points by the weighted "
        f"sweep; {len(rows) * asked.samples} sampled policies, {wrong} contradictions"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
