"""What users ask of the leader's policies, in their own words, and the rows that follow from it."""

from ssg_mip.problem.constraints.constraint import Constraint, Measure, Outcome
from ssg_mip.problem.constraints.nearness import CloseTo
from ssg_mip.problem.constraints.observing import Observe
from ssg_mip.problem.constraints.outcomes import Cost, ValueAtLeast
from ssg_mip.problem.constraints.probabilities import AtLeast, Budget, Forbid, Require, SamePolicy
from ssg_mip.problem.constraints.support import AtMostActions, Deterministic

KINDS: dict[str, type[Constraint]] = {
    one.kind: one
    for one in (
        *(Require, Forbid, AtLeast, Budget, SamePolicy),
        *(AtMostActions, Deterministic, CloseTo, Cost, ValueAtLeast, Observe),
    )
}
"""All kinds by the word that files have for them."""

__all__ = [
    "KINDS",
    "AtLeast",
    "AtMostActions",
    "Budget",
    "CloseTo",
    "Constraint",
    "Cost",
    "Deterministic",
    "Forbid",
    "Measure",
    "Observe",
    "Outcome",
    "Require",
    "SamePolicy",
    "ValueAtLeast",
]
