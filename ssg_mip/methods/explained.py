"""Answers in the terms in which a problem was stated: by label, by the follower's type, by the step."""

from __future__ import annotations

import dataclasses

from ssg_mip.problem.observation import policy_by_label
from ssg_mip.problem.origin import Played
from ssg_mip.problem.problem import Problem
from ssg_mip.result import Result

BY_LABEL = "policy_by_label"
"""Name of the entry in ``Result.details`` with the leader's policy for each label that he sees."""


def explained(problem: Problem, result: Result) -> Result:
    """The result with what it means in ``details``; nothing is added without a policy, or where it says it already.

    Parameters
    ----------
    problem
        What was asked. Labels add ``policy_by_label``, types of the follower ``types``, a horizon ``steps``.
    result
        The answer, in the units of the problem's game.
    """
    if result.leader_policy is None or result.follower_policy is None:
        return result
    told = dict(result.details)
    if problem.policies.observed:
        told[BY_LABEL] = policy_by_label(problem.game, problem.policies, result.leader_policy)
    if problem.origin is not None:
        played = Played(
            leader=result.leader_policy,
            follower=result.follower_policy,
            leader_values=result.leader_values,
            follower_values=result.follower_values,
        )
        told.update(problem.origin.told(problem.game, played))
    return dataclasses.replace(result, details=told)
