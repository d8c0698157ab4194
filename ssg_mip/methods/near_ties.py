"""Whether an answer rests on a near tie that nothing nearby secures (:mod:`ssg_mip.methods.exact_ties`)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np

from ssg_mip.base.deadline import Deadline
from ssg_mip.base.tolerances import DEFAULT_GAP, Tolerances
from ssg_mip.checker.checkpoint import Checkpoint, unhurried
from ssg_mip.checker.guarantee import Guarantee
from ssg_mip.evaluation.best_response import best_response
from ssg_mip.evaluation.subgame import Subgame, reached_subgame
from ssg_mip.evaluation.value_bounds import LEAST_GAP
from ssg_mip.game.game import Game
from ssg_mip.game.policy import FollowerPolicy, LeaderPolicy
from ssg_mip.methods.exact_ties import loses_for_certain
from ssg_mip.methods.secure_commitment import find_guaranteed
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.policy_space import EVERY_POLICY, PolicyRow, PolicySpace
from ssg_mip.problem.problem import Problem
from ssg_mip.result import Result

SECONDS = 1.0
"""What a search beside an answer may take in any case."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Answered:
    """A policy, the response to it, and the weights of the value that is claimed of the pair.

    ``policies`` says which policies nearby count.
    """

    game: Game
    policy: LeaderPolicy
    response: FollowerPolicy
    weights: FloatArray
    policies: PolicySpace = EVERY_POLICY

    @classmethod
    def of(cls, result: Result, policies: PolicySpace = EVERY_POLICY) -> Answered | None:
        """The answer of a result; ``None`` if there is none, or nothing that the follower could lose."""
        policy, response = result.leader_policy, result.follower_policy
        if policy is None or response is None or not result.check.epsilon:
            return None
        return cls(game=result.game, policy=policy, response=response, weights=result.weights, policies=policies)

    def loses(self, tolerances: Tolerances, checkpoint: Checkpoint = unhurried) -> bool:
        """Whether the follower loses for certain by the response, so that it is tied within a tolerance only."""
        return loses_for_certain(self.game, self.policy, self.response, tolerances, checkpoint)

    def is_secured(self, value: float, nearby: Guarantee | None, allowed: float) -> bool:
        """Whether a policy nearby secures the value, up to what is allowed, without any tolerance for ties.

        In the whole game a margin may be too large that suits riches to which nothing leads; then the states that count
        are looked at alone.
        """
        return _secures(nearby, value - allowed) or self._is_secured_locally(value - allowed)

    def _is_secured_locally(self, least: float) -> bool:
        part = reached_subgame(self.game, self.weights)
        if part.kept.all():
            return False
        local = Problem(part.game, policies=PolicySpace(rows=tuple(self._rows_in(part))))
        return _secures(find_guaranteed(local, part.policy(self.policy), deadline=Deadline(SECONDS)), least)

    def _rows_in(self, part: Subgame) -> Iterator[PolicyRow]:
        """What is left of the rows in a part of the game, where the policy stays what it is in the other states."""
        kept, slots = part.kept[self.game.leader_slot_state], self.policy.slots(self.game)
        for row in self.policies.rows:
            elsewhere = float(row.coefficients[~kept] @ slots[~kept])
            if np.any(row.coefficients[kept]):
                yield dataclasses.replace(
                    row,
                    coefficients=row.coefficients[kept],
                    lower=row.lower - elsewhere,
                    upper=row.upper - elsewhere,
                )


def _secures(nearby: Guarantee | None, least: float) -> bool:
    secured = None if nearby is None else nearby.secured_value
    return secured is not None and secured >= least


def allowed_gap(result: Result) -> float:
    """What a policy nearby may be short of a result's value."""
    return max(asked_gap(result), LEAST_GAP) * result.gap_scale


def asked_gap(result: Result) -> float:
    """The relative gap that was asked for."""
    return float(result.provenance.options.get("gap", DEFAULT_GAP))


def rests_on_near_tie(
    answer: Answered, value: float, allowed: float, tolerances: Tolerances, checkpoint: Checkpoint = unhurried
) -> bool:
    """Whether the follower loses for certain by the response and nothing nearby secures the value.

    Parameters
    ----------
    answer
        The answer.
    value
        Its weighted value.
    allowed
        What a policy nearby may be short of it.
    tolerances
        What counts as a tie.
    checkpoint
        Called now and then; what it raises ends the work.
    """
    judged = best_response(answer.game, answer.policy, tolerances=tolerances)
    if judged.regret == 0.0 or not answer.loses(tolerances, checkpoint):
        return False
    asked = Problem(answer.game, policies=answer.policies)
    nearby = find_guaranteed(
        asked, answer.policy, weights=answer.weights, deadline=Deadline(SECONDS), checkpoint=checkpoint
    )
    return not answer.is_secured(value, nearby, allowed)
