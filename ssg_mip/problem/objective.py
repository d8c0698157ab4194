"""What the leader wants to make large: a weighted sum of its state values, or another function that rises with them."""

from __future__ import annotations

import dataclasses

import numpy as np

from ssg_mip.base.rules import shown
from ssg_mip.base.tolerances import PROBABILITY
from ssg_mip.errors import OptionError
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.rising import Rising
from ssg_mip.problem.scalarisation import Concave, StepObjective
from ssg_mip.problem.weights import compliant_weights


@dataclasses.dataclass(frozen=True, eq=False)
class Objective:
    """Weights over states, and what the steps of policy iteration maximise in the place of their sum.

    Attributes
    ----------
    weights
        Non-negative, summing to one, shape ``[num_states]``.
    scalarisation
        A Pareto-compliant function of the values, in the units of the game that the problem is about; ``None`` for
        the weighted sum.
    goal
        What an exact program maximises in the place of the weighted sum; ``None`` for the sum. Values, bounds and gaps
        are of the weighted sum all the same, and what is reached of the goal stands beside them.

    Raises
    ------
    OptionError
        If the weights are none.
    """

    weights: FloatArray
    scalarisation: Concave | None = None
    goal: Rising | None = None

    def __post_init__(self) -> None:
        weights = np.asarray(self.weights)
        if weights.ndim != 1 or not np.all(weights >= 0.0) or not abs(float(weights.sum()) - 1.0) <= PROBABILITY:
            raise OptionError(
                f"the weights are {shown(weights.tolist())}; they must be at least 0 and sum to one, one for each state"
            )

    def __call__(self, values: FloatArray) -> float:
        """``L[values]``: what a run is to make large."""
        return float(self.weights @ values) if self.scalarisation is None else self.scalarisation(values)

    def over(self, values: FloatArray) -> StepObjective:
        """What a step from a policy with these values maximises over its gains, strictly increasing in each of them."""
        if self.scalarisation is None:
            return compliant_weights(self.weights)
        return self.scalarisation.pieces.gains_over(values)
