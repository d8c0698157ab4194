"""What tests of certificates over fewer policies share: certified cases, changed lines, leaves with any multipliers."""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Iterable, Iterator
from typing import Any, Generic, TypeVar

import numpy as np

from ssg_mip import Game, LeaderPolicy
from ssg_mip.checker.dual.document import Header, read_header
from ssg_mip.evaluation.best_response import Response
from ssg_mip.evaluation.mdp import induced_by_leader, occupancy
from ssg_mip.exact.answer import Answer
from ssg_mip.numerics.array_types import FloatArray
from tests.unit.checker.tampering import mutate

Lines = list[Any]

Case = TypeVar("Case")


@dataclasses.dataclass(frozen=True, eq=False)
class Certified(Generic[Case]):
    """A case, the answer of the search and the lines of its certificate as JSON."""

    case: Case
    answer: Answer
    text: str

    @property
    def lines(self) -> Lines:
        """A fresh copy."""
        data: Lines = json.loads(self.text)
        return data

    @property
    def header(self) -> Header:
        """The first line, read."""
        return read_header(self.lines[0])

    @property
    def leaf(self) -> Any:
        """The line of the first leaf that proves a bound."""
        return next(line for line in self.lines[1:] if line[0] == "l")

    def refuted(self, mutations: int, kept: Iterable[str], *, rows_only: bool = True) -> Iterator[Lines]:
        """Changed lines that claim less than what the policy of the answer attains.

        What the claim is about stays as it is: the ``kept`` members of the header, and the rows on the policy, without
        (``rows_only``) or with the functions that bound occupancies.
        """
        rng, header = np.random.default_rng(0), self.lines[0]
        false_claim = self.answer.primal_bound - 1e-5 * (1.0 + abs(self.answer.primal_bound))
        subject = {key: header[key] for key in kept}
        for _ in range(mutations):
            lines = self.lines
            mutate(rng, lines)
            if not isinstance(lines[0], dict):
                continue
            policy = lines[0].get("policy") or header["policy"]
            rows = [header["policy"][0], *policy[1:]] if rows_only else header["policy"]
            lines[0] = {**lines[0], **subject, "bound": false_claim, "policy": rows}
            yield lines


@dataclasses.dataclass(frozen=True)
class Draw:
    """Random multipliers, a share of which is not 0."""

    rng: np.random.Generator
    share: float = 1.0

    def any(self, shape: Any = ()) -> Any:
        """Of any sign."""
        return (self.rng.normal(size=shape) * (self.rng.uniform(size=shape) < self.share)).tolist()

    def positive(self, shape: Any = ()) -> Any:
        """Of at least 0."""
        return np.abs(self.any(shape)).tolist()

    def blocks(self, parts: Lines, num_states: int) -> Lines:
        """For the blocks of a leaf, as many in each as there are in others."""
        return [
            [self.any(len(base)), self.any((len(by_value), num_states)), self.positive(len(incentive)), []]
            for base, by_value, incentive, _ in parts
        ]


def sides_of_values(num_states: int) -> list[tuple[int, int]]:
    """A row by itself, and times both factors of every value."""
    return [(-1, 0), *itertools.product(range(num_states), (1, 2))]


def visits_of(game: Game, weights: FloatArray, policy: LeaderPolicy, response: Response) -> FloatArray:
    """The occupancies of a policy and an answer."""
    leader, _ = induced_by_leader(game, policy)
    return occupancy(leader, response.follower_policy.slots(game), weights)


def box_around(
    response: Response, visits: FloatArray, rng: np.random.Generator, places: int
) -> tuple[FloatArray, FloatArray, tuple[frozenset[int], ...]]:
    """A box that holds values and occupancies, and the answers alone."""
    inside = np.concatenate((response.follower_values, visits))[:places]
    answers = tuple(frozenset([int(action)]) for action in response.follower_policy.actions)
    room = rng.choice([0.01, 0.3]) * rng.uniform(size=(2, places))
    return inside - room[0], inside + room[1], answers
