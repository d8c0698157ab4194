"""One weighted sum of the leader's values after the other."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ssg_mip.base.rules import NOT_NEGATIVE, shown
from ssg_mip.errors import OptionError
from ssg_mip.problem.goal import Goal, Stated
from ssg_mip.problem.rising import InTurn
from ssg_mip.problem.weights import state_weights


@dataclasses.dataclass(frozen=True)
class Lexicographic(Goal):
    """The first weighted sum as large as it can be; among policies that give it up by no more, the second; and so on.

    Every sum is held to what has been found of it, less the tolerance: so much lies at most the gap of its proof below
    its best, and results say how much. What is given up of the first sum is therefore at most the gap that was asked
    for, and the tolerance.

    Attributes
    ----------
    weights
        Two at least: weights over states each, an array or ``{state: weight}``, scaled to sum to one.
    tolerance
        How much of an earlier sum may be given up for a later one, in the units of the rewards, beside the gap.
    """

    weights: Iterable[Any]
    tolerance: float = 0.0

    def __post_init__(self) -> None:
        if isinstance(self.weights, (str, Mapping)) or not isinstance(self.weights, Iterable):
            raise OptionError(f"weights is {shown(self.weights)}; it must be a list of weights over states")
        object.__setattr__(self, "weights", tuple(self.weights))
        if len(tuple(self.weights)) < 2:
            raise OptionError(f"weights has {len(tuple(self.weights))} sums; give at least two, the first counts first")
        NOT_NEGATIVE.check("tolerance", self.tolerance)

    def of(self, stated: Stated) -> Stated:
        """The question with these sums as its objective, and the weights of the first."""
        rows = np.array([state_weights(stated.game, one) for one in self.weights])
        goal = InTurn(weights=rows, tolerance=float(self.tolerance))
        return stated.wanting(dataclasses.replace(stated.objective, weights=rows[0], goal=goal))
