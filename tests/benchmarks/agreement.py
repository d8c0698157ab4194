"""Agreement of ``commitment`` with brute force on seeded random games.

``python -m tests.benchmarks.agreement --games 100 --seed 1`` solves each game with the package and compares the
optimum with the stored one (``tests/golden/agreement_seed1.json``), or with a fresh brute force where none is
stored or ``--fresh`` is given. ``--store`` writes the brute-force optima instead of comparing.

Two numbers per game must agree within ``1e-4 max(1, |optimum|)``: the value of the policy that was found (not above
the brute-force bound, not below the brute-force value by more than that) and the proven bound (not below the
brute-force value).
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ssg_mip import solve
from tests.oracles.brute_force import Optimum, brute_force
from tests.oracles.games import PlainGame, agreement_game

GOLDEN = Path(__file__).parents[1] / "golden"
AGREEMENT = 1e-4
GAP = 1e-6
PROGRAM_SECONDS = 120.0


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of the table: package against oracle on one game."""

    index: int
    game: PlainGame
    oracle_value: float
    oracle_bound: float
    value: float
    bound: float
    status: str
    seconds: float

    @property
    def difference(self) -> float:
        """Relative disagreement: what the value misses or exceeds, or what the bound cuts off."""
        scale = max(1.0, abs(self.oracle_value))
        missed = self.oracle_value - self.value
        exceeded = self.value - self.oracle_bound
        cut_off = self.oracle_value - self.bound
        return max(missed, exceeded, cut_off, 0.0) / scale

    @property
    def disagrees(self) -> bool:
        return not self.difference <= AGREEMENT


def golden_path(seed: int) -> Path:
    return GOLDEN / f"agreement_seed{seed}.json"


def record_of(index: int, game: PlainGame, optimum: Optimum) -> dict[str, Any]:
    """The optimum as JSON data, with the game's fingerprint."""
    return {
        "index": index,
        "fingerprint": game.fingerprint(),
        "value": optimum.value,
        "dual_bound": optimum.dual_bound,
        "regret": optimum.regret,
        "response": list(optimum.response),
        "policy": [row.tolist() for row in optimum.policy],
        "programs": len(optimum.programs),
        "unfinished": sum(program.status == "timelimit" for program in optimum.programs),
        "seconds": round(optimum.seconds, 2),
    }


def store(games: int, seed: int) -> None:
    """Compute and write the brute-force optima of the first ``games`` games."""
    records = []
    for index in range(games):
        game = agreement_game(seed, index)
        optimum = brute_force(game, gap=GAP, time_limit=PROGRAM_SECONDS)
        records.append(record_of(index, game, optimum))
        print(f"{index:4d}  {optimum.value:14.8f}  gap {optimum.gap:.1e}  {optimum.seconds:6.1f} s", flush=True)
        header = {
            "generator": "tests.oracles.games.agreement_game(seed, index)",
            "seed": seed,
            "weights": "start distribution",
            "ties": "leader",
            "oracle": f"tests.oracles.brute_force.brute_force, gap {GAP:g} per follower policy",
        }
        lines = ",\n".join("  " + json.dumps(record) for record in records)
        body = json.dumps(header, indent=1)[:-2] + f',\n "games": [\n{lines}\n ]\n}}\n'
        golden_path(seed).write_text(body, encoding="utf-8")


def load(seed: int) -> dict[int, dict[str, Any]]:
    """Stored optima by game index; empty if none are stored for this seed.

    Raises
    ------
    ValueError
        If a stored fingerprint is not that of the game generated now.
    """
    if not golden_path(seed).exists():
        return {}
    records = json.loads(golden_path(seed).read_text(encoding="utf-8"))["games"]
    for record in records:
        if agreement_game(seed, record["index"]).fingerprint() != record["fingerprint"]:
            raise ValueError(
                f"{golden_path(seed).name}: game {record['index']} is not what the generator makes now; "
                f"store the optima again with --store --seed {seed}"
            )
    return {record["index"]: record for record in records}


def compare(
    indices: Iterable[int], seed: int, *, time_limit: float, fresh: bool = False, gap: float = 1e-5
) -> list[Row]:
    """Solve games with the package and put the oracle's optimum beside each."""
    stored = {} if fresh else load(seed)
    rows = []
    for index in indices:
        game = agreement_game(seed, index)
        if index in stored:
            truth = stored[index]["value"], stored[index]["dual_bound"]
        else:
            optimum = brute_force(game, gap=GAP, time_limit=PROGRAM_SECONDS)
            truth = optimum.value, optimum.dual_bound
        started = time.monotonic()
        result = solve(game.to_game(), method="commitment", gap=gap, time_limit=time_limit)
        seconds = time.monotonic() - started
        rows.append(
            Row(index, game, *truth, result.leader_value, result.dual_bound, result.status.name.lower(), seconds)
        )
    return rows


def table(rows: Sequence[Row]) -> str:
    """The rows as text, the worst figures last."""
    lines = [
        "game  states  leader  follower   gA    gB         oracle          value          bound   difference  seconds"
    ]
    for row in rows:
        lines.append(f"{row.index:4d}  {_shape(row.game)}  {_figures(row)}{'  DISAGREES' if row.disagrees else ''}")
    seconds = np.array([row.seconds for row in rows])
    lines.append(
        f"{len(rows)} games, {sum(row.disagrees for row in rows)} disagreements beyond {AGREEMENT:g} relative, "
        f"largest difference {max(row.difference for row in rows):.2e}, "
        f"{sum(row.status != 'optimal' for row in rows)} not proven optimal, "
        f"seconds total {seconds.sum():.1f}, median {np.median(seconds):.2f}, worst {seconds.max():.2f}"
    )
    return "\n".join(lines)


def _shape(game: PlainGame) -> str:
    sizes = f"{game.num_states:6d}  {_counts(game.leader_counts):>6}  {_counts(game.follower_counts):>8}"
    return f"{sizes}  {game.leader_discount:4.2f}  {game.follower_discount:4.2f}"


def _figures(row: Row) -> str:
    values = f"{row.oracle_value:13.7f}  {row.value:13.7f}  {row.bound:13.7f}"
    return f"{values}   {row.difference:10.1e}  {row.seconds:7.2f}"


def _counts(counts: Sequence[int]) -> str:
    return "x".join(str(count) for count in counts)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns 1 if any game disagrees."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.agreement", description=__doc__.splitlines()[0])
    parser.add_argument("--games", type=int, default=100, help="how many games, from index 0")
    parser.add_argument("--seed", type=int, default=1, help="seed of the generator")
    parser.add_argument("--gap", type=float, default=1e-5, help="relative gap asked of the package")
    parser.add_argument("--time-limit", type=float, default=60.0, help="seconds for each game")
    parser.add_argument("--fresh", action="store_true", help="run the brute force even where an optimum is stored")
    parser.add_argument("--store", action="store_true", help="store the brute-force optima instead of comparing")
    asked = parser.parse_args(arguments)
    if asked.store:
        store(asked.games, asked.seed)
        return 0
    rows = compare(range(asked.games), asked.seed, time_limit=asked.time_limit, fresh=asked.fresh, gap=asked.gap)
    print(table(rows))
    return int(any(row.disagrees for row in rows))


if __name__ == "__main__":
    sys.exit(main())
