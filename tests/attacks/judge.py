"""A result of the package against an independent interval for the optimum, and against its own promises."""

from __future__ import annotations

import dataclasses

import numpy as np

from ssg_mip import solve
from ssg_mip.base.status import Status
from ssg_mip.base.tolerances import DEFAULT_TOLERANCES, Tolerances
from ssg_mip.evaluation.value_bounds import LEAST_GAP
from ssg_mip.result import Result
from tests.attacks.driver import AGREEMENT, Verdict
from tests.oracles.games import PlainGame
from tests.oracles.sampling import pair_values, regret

GAP = 1e-6
"""Relative gap asked of the package."""

SECONDS = 60.0
"""Time limit of one run of the package."""

EVALUATION = 1e-8
"""How far reported values may lie from those that the oracle computes for the same pair of policies, relative."""


@dataclasses.dataclass(frozen=True)
class Truth:
    """The optimum lies between ``value`` and ``bound``, says someone else."""

    value: float
    bound: float

    @classmethod
    def point(cls, value: float) -> Truth:
        """An optimum known to the accuracy of floats."""
        return cls(value, value)

    @property
    def scale(self) -> float:
        """What deviations are relative to."""
        return max(1.0, abs(self.value))


def solved(plain: PlainGame, tolerances: Tolerances = DEFAULT_TOLERANCES) -> Result:
    """The commitment of a game with everything that is on by default: the check and the guarantee."""
    return solve(plain.to_game(), method="commitment", gap=GAP, time_limit=SECONDS, tolerances=tolerances)


def judge(plain: PlainGame, result: Result, truth: Truth) -> Verdict:
    """Everything that can be said against a result."""
    return against_truth(result, truth) + against_itself(plain, result)


def against_truth(result: Result, truth: Truth) -> Verdict:
    """The value must not exceed the true bound, and the bound must not cut off the true value."""
    exceeded = (result.leader_value - truth.bound) / truth.scale
    cut_off = (truth.value - result.dual_bound) / truth.scale
    found = []
    if not exceeded <= AGREEMENT:
        found.append(f"the value {result.leader_value:.12g} exceeds the true bound {truth.bound:.12g}")
    if not cut_off <= AGREEMENT:
        found.append(f"the bound {result.dual_bound:.12g} cuts off the true value {truth.value:.12g}")
    guaranteed = None if result.guaranteed is None else result.guaranteed.secured_value
    if guaranteed is not None and (guaranteed - truth.bound) / truth.scale > AGREEMENT:
        found.append(f"the guaranteed value {guaranteed:.12g} exceeds the true bound {truth.bound:.12g}")
    return Verdict(max(exceeded, cut_off, 0.0), tuple(found))


def against_itself(plain: PlainGame, result: Result) -> Verdict:
    """What a result says about itself must hold: its status, its check, its values, its response."""
    found, remarks = [], []
    if result.check.passed is not True:
        found.append(f"the check says {result.check.word}: {result.check.reason}")
    if result.status is not Status.OPTIMAL:
        remarks.append(f"not proven optimal ({result.termination.name})")
    elif result.relative_gap > LEAST_GAP * (1.0 + EVALUATION):
        found.append(f"status optimal with a gap of {result.relative_gap:.3g}")
    if not result.bound_certified:
        remarks.append("bounds not certified")
    if result.leader_policy is None or result.follower_policy is None:
        return Verdict(violations=(*found, "no policy came back"), remarks=tuple(remarks))
    table = result.leader_policy.probabilities
    rows = [table[s, :count] for s, count in enumerate(plain.leader_counts)]
    response = result.follower_policy.actions.tolist()
    found += _wrong_values(plain, result, rows, response)
    return Verdict(0.0, tuple(found), tuple(remarks))


def _wrong_values(plain: PlainGame, result: Result, rows: list[np.ndarray], response: list[int]) -> list[str]:
    """Values that are not those of the pair of policies, or a response that is no best one."""
    found = []
    leader, follower = pair_values(plain, rows, response)
    for label, mine, theirs in (
        ("leader", result.leader_values, leader),
        ("follower", result.follower_values, follower),
    ):
        off = float(np.abs(mine - theirs).max()) / (1.0 + float(np.abs(theirs).max()))
        if not off <= EVALUATION:
            found.append(f"the {label}'s values are off by {off:.3g}")
    largest = 1.0 + float(np.abs(follower).max())
    lost = regret(plain, rows, response) * (1.0 - plain.follower_discount) / largest
    if not lost <= 2.0 * EVALUATION:
        found.append(f"the response loses {lost:.3g} of the follower's scale a step")
    return found
