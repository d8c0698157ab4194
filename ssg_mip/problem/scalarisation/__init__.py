r"""Pareto-compliant scalarisations: functions ``L`` that make one number out of the leader's values.

``L`` is Pareto-compliant if more in one state without less in another raises it (Kudo & Akimoto, section 6.1).
Algorithm 1 takes any such ``L`` in its equation (8); here are the concave ones that a linear program can maximise:

* :class:`WeightedSum`: ``L[v] = sum_s w(s) v(s)`` (their footnote 4);
* :class:`AugmentedChebyshev`: ``L[v] = min_s w(s) (v(s) - r(s)) + e sum_s w(s) (v(s) - r(s))`` (Steuer & Choo,
  *Math. Programming* 26, 1983), which can prefer points in a dent of the front;
* :class:`ConcavePieces`: ``L[v] = min_k (w_k @ v + c_k)``, the general form: the first is one piece, the second has one
  for each state.

A minimum of linear functions is strictly increasing in every state if every ``w_k(s)`` is positive; where a weight is 0
or less, the state's value may fall or rise without a change of ``L`` where that piece decides, so such pieces are
refused.
"""

from ssg_mip.problem.scalarisation.claims import Scalarised, WeightedCeiling
from ssg_mip.problem.scalarisation.functions import (
    DEFAULT_AUGMENTATION,
    AugmentedChebyshev,
    Concave,
    ConcavePieces,
    StepObjective,
    WeightedSum,
    unit_and_least,
    worth,
)
from ssg_mip.problem.scalarisation.reading import scalarisation_of

__all__ = [
    "DEFAULT_AUGMENTATION",
    "AugmentedChebyshev",
    "Concave",
    "ConcavePieces",
    "Scalarised",
    "StepObjective",
    "WeightedCeiling",
    "WeightedSum",
    "scalarisation_of",
    "unit_and_least",
    "worth",
]
