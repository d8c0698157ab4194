"""The best of a restricted class of leader policies, by going through all of them where they are few."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from fractions import Fraction

from ssg_mip.checker.clock import never
from ssg_mip.checker.evidence import Prover
from ssg_mip.checker.rational import PolicyRows
from ssg_mip.checker.values import weighted_sum
from ssg_mip.game.game import Game

MOST_POLICIES = 200
"""Policies of a class that are gone through, at most."""


def class_policies(game: Game, levels: int) -> list[PolicyRows] | None:
    """All policies whose probabilities are multiples of ``1 / levels``; ``None`` if they are too many."""
    counts = game.leader_counts.tolist()
    size = 1
    for count in counts:
        size *= math.comb(levels + count - 1, count - 1)
        if size > MOST_POLICIES:
            return None
    return list(itertools.product(*(list(_rows(count, levels)) for count in counts)))


def _rows(count: int, levels: int) -> Iterator[tuple[float, ...]]:
    """All distributions over so many actions, in shares of ``1 / levels``."""
    for bars in itertools.combinations(range(levels + count - 1), count - 1):
        ends = (-1, *bars, levels + count - 1)
        yield tuple((high - low - 1) / levels for low, high in itertools.pairwise(ends))


def best_of_class(
    game: Game,
    prover: Prover,
    policy: PolicyRows,
    weights: tuple[Fraction, ...],
    levels: int,
    out_of_time: Callable[[], bool] = never,
) -> Fraction | None:
    """Proven: no policy of the class is worth more; ``None`` if that takes too long, or for a ``policy`` outside."""
    members = class_policies(game, levels)
    if members is None or policy not in members:
        return None
    best: list[Fraction] = []
    for member in members:
        if out_of_time():
            return None
        outcomes = prover.about(member).outcomes
        best.append(max(weighted_sum(weights, values).upper for values in outcomes))
    return max(best)
