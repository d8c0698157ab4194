r"""Answers that rest on a tie which is none.

Actions whose values differ by less than a threshold count as tied
(:func:`ssg_mip.evaluation.value_bounds.tie_thresholds`), because no search in floating point places a policy on a tie
exactly. That is harmless where a policy nearby makes the response the only best one: then the value is approached by
policies that leave nothing to tolerance. Where there is none, a follower who loses as little as the threshold by a
response will not choose it, and the exact value may be far lower: what is within the threshold of a tie *in the data*
is no tie.

So where the follower loses for certain by the response of an answer, and nothing nearby secures the answer's value, the
value is that under the exact best response, with exact ties alone decided by the rule.
"""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import numpy as np

from ssg_mip.base.status import Status, Termination
from ssg_mip.base.tolerances import DUST, Tolerances
from ssg_mip.checker.checkpoint import Checkpoint, unhurried
from ssg_mip.checker.derivation import derive
from ssg_mip.checker.outcome import UNCHECKED
from ssg_mip.checker.rational import ExactGame, policy_rows
from ssg_mip.checker.response import exactly_tied, optimal_values
from ssg_mip.checker.tie_scale import local_scale
from ssg_mip.checker.values import PRINTED, value_intervals
from ssg_mip.evaluation.best_response import Response, Ties, best_response
from ssg_mip.evaluation.mdp import evaluate, induced_by_leader
from ssg_mip.evaluation.standard_form import standard_form
from ssg_mip.game.game import Game
from ssg_mip.game.policy import FollowerPolicy, LeaderPolicy
from ssg_mip.result import Result, TrajectoryPoint, gap_denominator


def certain_losses(
    game: Game,
    policy: LeaderPolicy,
    response: FollowerPolicy,
    tolerances: Tolerances,
    checkpoint: Checkpoint = unhurried,
) -> tuple[Fraction, ...]:
    """What the follower loses for certain by a response, state by state: exactly in games of few states.

    Raises
    ------
    InvalidPolicyError
        If the policy does not fit the game.
    """
    _, follower, view = derive(ExactGame.of(game), policy_rows(game, policy), tolerances, checkpoint)
    attained = value_intervals(follower, response.slots(game).tolist(), checkpoint)
    return tuple(
        max(Fraction(0), best.lower - own.upper) for best, own in zip(view.optimum.values, attained, strict=True)
    )


def loses_for_certain(
    game: Game,
    policy: LeaderPolicy,
    response: FollowerPolicy,
    tolerances: Tolerances,
    checkpoint: Checkpoint = unhurried,
) -> bool:
    """Whether the follower loses by a response more than the rounding of the leader's probabilities may cost him.

    A mix that leaves him indifferent, a third for example, is no float: what he loses by its rounding is no reason
    against the answer. Where the leader does not mix there is no such rounding.
    """
    losses = certain_losses(game, policy, response, tolerances, checkpoint)
    probabilities = policy.probabilities
    if not np.any((probabilities > 0.0) & (probabilities < 1.0)):
        return max(losses) > 0
    widest = local_scale(game, leader=False, checkpoint=checkpoint).widest
    return any(loss > PRINTED * width for loss, width in zip(losses, widest, strict=True))


def exact_response(game: Game, policy: LeaderPolicy, ties: Ties, tolerances: Tolerances) -> Response:
    """The best response where only actions that cannot be told from the best one are tied.

    In games of few states these are the exactly tied ones. What is said about ties within the tolerance
    (``tied``, ``tied_states``, ``margin``) is as of :func:`~ssg_mip.evaluation.best_response.best_response`.
    """
    leader, _, view = derive(ExactGame.of(game), policy_rows(game, policy), tolerances)
    tied = exactly_tied(view)
    match ties:
        case "leader":
            slots = optimal_values(leader, tied).chosen
        case "adverse":
            slots = optimal_values(leader.negated(), tied).chosen
        case "first":
            slots = tuple(min(some) for some in tied)
    form, chosen = standard_form(game), np.array(slots)
    tolerated = best_response(game, policy, ties, tolerances=tolerances)
    ours, theirs = induced_by_leader(form.standard, policy)
    return dataclasses.replace(
        tolerated,
        follower_policy=FollowerPolicy(chosen - game.follower_offsets[:-1]),
        leader_values=form.leader.out(evaluate(ours, chosen)),
        follower_values=form.follower.out(evaluate(theirs, chosen)),
        regret=0.0,
    )


def without_dust(result: Result, allowed: float, tolerances: Tolerances) -> Result | None:
    """The result with a policy from which probabilities below :data:`DUST` are taken, where that mends its ties.

    A search leaves probabilities of 1e-12 where 0 is meant, and an exact tie is then none any more.

    Parameters
    ----------
    result
        The answer.
    allowed
        How much of the value may be lost.
    tolerances
        The tolerances that the result was made with.

    Returns
    -------
    Result or None
        Nothing if there is no dust, or more than dust between the response and the follower's best one.
    """
    game, policy = result.game, result.leader_policy
    if policy is None or not result.trajectory:
        return None
    slots = policy.slots(game)
    swept = LeaderPolicy.from_slots(game, np.where(slots < DUST, 0.0, slots))
    response = best_response(game, swept, result.ties, tolerances=tolerances)
    value = float(result.weights @ response.leader_values)
    if value < result.leader_value - allowed or loses_for_certain(game, swept, response.follower_policy, tolerances):
        return None
    return answering_with(result, swept, response)


def answering_with(result: Result, policy: LeaderPolicy, response: Response) -> Result:
    """The result with another policy, and the response to it; not checked again yet."""
    value = float(result.weights @ response.leader_values)
    last = dataclasses.replace(
        result.trajectory[-1], leader_policy=policy, leader_values=response.leader_values, leader_value=value
    )
    return dataclasses.replace(
        result,
        leader_policy=policy,
        leader_value=value,
        leader_values=response.leader_values,
        follower_values=response.follower_values,
        follower_policy=response.follower_policy,
        tied_states=response.tied_states,
        gap_scale=gap_denominator(result.game, result.weights, value),
        trajectory=(*result.trajectory[:-1], last),
        check=UNCHECKED,
    )


def without_near_ties(result: Result, tolerances: Tolerances) -> Result:
    """The result with the value that its policy has under the exact best response, of which nothing more is known.

    That the user stopped the run stays said.
    """
    policy = result.leader_policy
    if policy is None:
        return result
    found = exact_response(result.game, policy, result.ties, tolerances)
    value = float(result.weights @ found.leader_values)
    stopped = Termination.INTERRUPTED
    # Iterates before it may rest on near ties too, so the trajectory is this one point.
    last = TrajectoryPoint(
        iteration=0,
        leader_values=found.leader_values,
        leader_value=value,
        leader_policy=policy,
        note=f"without the tolerance for ties, by which the value would be {result.leader_value:.9g}",
    )
    return dataclasses.replace(
        result,
        status=Status.FEASIBLE,
        termination=stopped if result.termination is stopped else Termination.NEAR_TIE,
        leader_value=value,
        leader_values=found.leader_values,
        follower_values=found.follower_values,
        follower_policy=found.follower_policy,
        gap_scale=gap_denominator(result.game, result.weights, value),
        trajectory=(last,),
        check=UNCHECKED,
    )
