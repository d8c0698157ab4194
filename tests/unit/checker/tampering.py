"""Single mutations of bound certificates: how many are refused, and is what passes still true?

As a command: ``python -m tests.unit.checker.tampering --mutations 100 --seed 0``. Every certificate claims the
least float that its leaves prove, so that a proof that lost anything where it matters is refused. A mutant that
passes is

* *same*: it claims no more than the certificate it was made from, which is proven (a multiplier of a leaf that does not
  decide the bound, a smaller reference box that still contains its node, fewer sweeps);
* *other*: it claims something else, about other weights or policies or with a lower bound; that must be consistent with
  every policy of a sample that meets its demands;
* *wrong*: refuted by such a policy. There must be none.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

from ssg_mip import LeaderPolicy, best_response
from ssg_mip.checker.dual.replay import BoundVerification, verify_bound
from ssg_mip.errors import InvalidResultError
from ssg_mip.evaluation.best_response import Response
from ssg_mip.evaluation.mdp import induced_by_leader
from ssg_mip.game.game import Game
from tests.unit.checker.dual_cases import CASES, EMPTY_CASES, Certified, Lines, certified

DEMANDS = ("margin", "floor", "values", "slack")
"""What says which policies a certificate is about."""

SAMPLE = 300
"""Random policies that a claim is held against."""

NOISE = 1e-7
"""Rounding of evaluations in floating point, and the tie tolerance."""


def mutate(rng: np.random.Generator, lines: Lines) -> None:
    """Change one number, or drop, repeat or exchange a line."""
    kind = rng.integers(5)
    line = int(rng.integers(len(lines)))
    if kind == 0 and len(lines) > 1:
        del lines[max(1, line)]
        return
    if kind == 1:
        lines.insert(line, copy.deepcopy(lines[line]))
        return
    places = list(_numbers(lines[line]))
    if not places:
        lines[line] = ["e"]
        return
    container, key = places[rng.integers(len(places))]
    value = container[key]
    choices = (0, -value, value + 1, 2 * value, value // 2 if isinstance(value, int) else value / 2, value * 1000)
    container[key] = choices[rng.integers(len(choices))]


def _numbers(data: Any) -> Iterator[tuple[Any, Any]]:
    items = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in list(items):
        if isinstance(value, (list, dict)):
            yield from _numbers(value)
        elif isinstance(value, (int, float)):
            yield data, key


def replayed(game: Game, lines: Lines) -> BoundVerification | None:
    """What a replay finds; ``None`` where it refuses to read the lines or a check fails."""
    try:
        found = verify_bound(game, lines)
    except InvalidResultError:
        return None
    return found if found.passed else None


def tight(case: Certified) -> Lines:
    """The lines with the least float that they prove as bound."""
    found = verify_bound(case.game, case.lines)
    lines = case.lines
    if found.proven is not None:
        bound = float(found.proven)
        lines[0]["bound"] = bound if bound >= found.proven else math.nextafter(bound, math.inf)
    return lines


def judge(case: Certified, original: Lines, lines: Lines) -> str:
    """``refused``, or what a mutant that passes says: ``same``, ``other`` or ``wrong``."""
    if lines == original:
        return "unchanged"
    found = replayed(case.game, lines)
    if found is None:
        return "refused"
    mine, theirs = _as_number(original[0]["bound"]), _as_number(found.claimed)
    if all(lines[0][key] == original[0][key] for key in ("weights", *DEMANDS)) and theirs >= mine:
        return "same"
    return "wrong" if any(value > theirs + NOISE for value in _sampled(case, found)) else "other"


def _as_number(bound: float | None) -> float:
    return -math.inf if bound is None else bound


def _sampled(case: Certified, found: BoundVerification) -> Iterator[float]:
    """What policies that meet the demands of a certificate attain."""
    weights = np.array([float(weight) for weight in found.weights])
    for policy, response in _sample(case):
        values = response.leader_values
        if response.advantage < found.margin + NOISE and found.margin > 0.0:
            continue
        if any(values[state] < least + NOISE for state, least in found.floor):
            continue
        if found.values is None:
            yield float(weights @ values)
            continue
        leader, _ = induced_by_leader(case.game, policy)
        reference = np.array(found.values)
        gains = leader.action_values(reference)[response.follower_policy.slots(case.game)] - reference
        if gains.min() >= NOISE:
            yield float(weights @ gains)


@cache
def _sample(case: Certified) -> list[tuple[LeaderPolicy, Response]]:
    """Random policies, some of them pure, and the answer of the search."""
    rng, game = np.random.default_rng(0), case.game
    policies = [LeaderPolicy.random(game, rng) for _ in range(SAMPLE)]
    policies += [
        LeaderPolicy.deterministic(game, [int(rng.integers(count)) for count in game.leader_counts])
        for _ in range(SAMPLE)
    ]
    if case.answer.policy is not None:
        policies.append(case.answer.policy)
    return [(policy, best_response(game, policy)) for policy in policies]


def tamper(case: Certified, mutations: int, seed: int) -> Counter[str]:
    """So many single mutations of a certificate, judged."""
    rng = np.random.default_rng(seed)
    text = json.dumps(tight(case))
    counts: Counter[str] = Counter()
    while counts.total() - counts["unchanged"] < mutations:
        original, lines = json.loads(text), json.loads(text)
        mutate(rng, lines)
        counts[judge(case, original, lines)] += 1
    return counts


def main() -> int:
    """Print what became of the mutants of every kind of certificate; 1 if one of them is wrong and passes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mutations", type=int, default=100, help="per certificate")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    total: Counter[str] = Counter()
    for name in (*CASES, *EMPTY_CASES):
        counts = tamper(certified(name), asked.mutations, asked.seed)
        total += counts
        print(f"{name}: {_words(counts)}", flush=True)
    print(f"all: {_words(total)}")
    return int(total["wrong"] > 0)


def _words(counts: Counter[str]) -> str:
    kinds = ("refused", "same", "other", "wrong")
    return f"{sum(counts[kind] for kind in kinds)} mutants, " + ", ".join(f"{counts[kind]} {kind}" for kind in kinds)


if __name__ == "__main__":
    sys.exit(main())
