"""Answers whose ties are missed by the last digits of their probabilities, put onto the ties.

A search places a policy on a tie up to what linear programs in floating point resolve, some 1e-12 of a probability. The
follower then loses by the response a little more than the rounding of a printed probability may cost him. Newton's
method on the equations of the ties, in the probabilities that the policy mixes, moves it to where only that is left.
"""

from __future__ import annotations

import numpy as np

from ssg_mip.base.tolerances import Tolerances
from ssg_mip.evaluation.best_response import Response, best_response
from ssg_mip.evaluation.mdp import DENSE_STATES
from ssg_mip.evaluation.standard_form import StandardForm, standard_form
from ssg_mip.exact.heuristics.linearisation import FixedResponse
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.methods.exact_ties import answering_with, loses_for_certain
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.policy_space import EVERY_POLICY, PolicySpace
from ssg_mip.result import Result

STEPS = 3
"""Steps of Newton's method; from so near two are enough."""

FARTHEST = 1e-6
"""By how much probabilities may move in all: what is farther from a tie than that is none."""


def with_settled_ties(
    result: Result, allowed: float, tolerances: Tolerances, policies: PolicySpace = EVERY_POLICY
) -> Result | None:
    """The result with a policy on its ties, where the follower no longer loses by the response.

    Parameters
    ----------
    result
        The answer, with values under the response.
    allowed
        How much of the value may be lost.
    tolerances
        The tolerances that the result was made with.
    policies
        Which policies are allowed: rows that the policy meets with equality stay met.

    Returns
    -------
    Result or None
        Nothing if the ties cannot be met together nearby, or more than rounding is left.
    """
    game, policy, response = result.game, result.leader_policy, result.follower_policy
    if policy is None or response is None or not result.trajectory or game.num_states > DENSE_STATES:
        return None
    form = standard_form(game)
    tied = best_response(game, policy, result.ties, tolerances=tolerances)
    moved, tight = policy, _tight_rows(policies, policy.slots(game))
    for _ in range(STEPS):
        step = _step(form, moved, tied, tight)
        if step is None:
            return None
        moved = LeaderPolicy.from_slots(game, moved.slots(game) + step)
        if np.abs(moved.slots(game) - policy.slots(game)).max() > FARTHEST:
            return None
    found = best_response(game, moved, result.ties, tolerances=tolerances)
    value = float(result.weights @ found.leader_values)
    if value < result.leader_value - allowed or loses_for_certain(game, moved, found.follower_policy, tolerances):
        return None
    return answering_with(result, moved, found)


def _tight_rows(policies: PolicySpace, slots: FloatArray) -> FloatArray:
    """The coefficients of rows that probabilities per leader slot meet with equality, shape ``[rows, slots]``."""
    found = []
    for row in policies.rows:
        value = float(row.coefficients @ slots)
        if min(abs(value - row.lower), abs(row.upper - value)) <= row.tolerance:
            found.append(row.coefficients)
    return np.array(found).reshape(len(found), len(slots))


def _step(form: StandardForm, policy: LeaderPolicy, tied: Response, tight: FloatArray) -> FloatArray | None:
    """The smallest change of the mixed probabilities that meets all ties to first order, and moves along tight rows."""
    game = form.standard
    answers = tied.follower_policy.actions
    rows, least = FixedResponse(game, policy, answers).incentive_rows()
    others = np.ones(len(tied.tied), dtype=bool)
    others[game.follower_offsets[:-1] + answers] = False
    wanted = tied.tied[others]
    if not wanted.any():
        return None
    slots = policy.slots(game)
    free = np.flatnonzero((slots > 0.0) & (slots < 1.0))
    if not len(free):
        return None
    states, place = np.unique(game.leader_slot_state[free], return_inverse=True)
    simplex = np.zeros((len(states), len(free)))
    simplex[place, np.arange(len(free))] = 1.0
    missing = (least - rows @ slots)[wanted]
    matrix = np.vstack((rows[wanted][:, free], simplex, tight[:, free]))
    change = np.linalg.lstsq(matrix, np.concatenate((missing, np.zeros(len(states) + len(tight)))), rcond=None)[0]
    step = np.zeros(len(slots))
    step[free] = change
    return step
