"""A commitment that works whatever the follower does with ties: the search for one near a given policy.

An optimal commitment nearly always leaves the follower indifferent, and a real follower may then do anything. A small
move usually makes the wanted response the only best one. Each step is a linear program
(:mod:`ssg_mip.exact.heuristics.linearisation`) that keeps the response's advantage above the margin to first order and
the leader's value as high as it can, inside a ball around the policy that grows only if nothing is found. What counts
is the certificate in fractions (:mod:`ssg_mip.checker.secured_value`); floating point only proposes.

Of a problem whose policies must keep rows the neighbours keep them too: they are rows of the linear programs, and what
misses one is not looked at.

Where no step leads anywhere, the certificate may prove that none exists near: Kudo & Akimoto's Fig. 1 with
``gamma_B y = x`` is the example, whose threat is exactly as strong as the temptation.

Linear programs are made for games small enough for dense matrices; in larger ones only the policy itself is judged.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

from ssg_mip.base.deadline import Checkpoint, Deadline, unhurried
from ssg_mip.base.tolerances import ARITHMETIC, DEFAULT_TOLERANCES, Tolerances
from ssg_mip.checker.guarantee import Guarantee
from ssg_mip.checker.impossible import Impossibility, prove_impossible
from ssg_mip.checker.secured_value import MarginCertificate, certify_margin
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.best_response import Response, best_response
from ssg_mip.evaluation.mdp import DENSE_STATES, induced_by_leader
from ssg_mip.evaluation.standard_form import StandardForm, standard_form
from ssg_mip.exact.heuristics.allowed import Allowed
from ssg_mip.exact.heuristics.linearisation import FixedResponse, LinearGoal, Linearisation
from ssg_mip.game.game import Game
from ssg_mip.game.policy import FollowerPolicy, LeaderPolicy
from ssg_mip.lp.highs import OneShotLp
from ssg_mip.lp.interface import LpStatus
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.problem.asked import refuse_kind
from ssg_mip.problem.follower import least_margin
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.weights import state_weights

RADII = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
"""How far a probability may move, tried in this order; scaled so that the last one is the radius that is asked."""

ROUNDS = 6
"""Linear programs per radius: their steps converge quadratically."""

AIM = 1.01
"""The programs ask for a little more than the margin, for what linearisation and rounding take away."""

MOST_RESPONSES = 16
"""Responses tried, at most, where the follower has tied actions that are worth the same to the leader."""


def find_guaranteed(
    game: Game | Problem,
    policy: LeaderPolicy,
    *,
    weights: ArrayLike | None = None,
    margin: float | None = None,
    radius: float = RADII[-1],
    deadline: Deadline | None = None,
    checkpoint: Checkpoint = unhurried,
    tolerances: Tolerances = DEFAULT_TOLERANCES,
) -> Guarantee:
    """Look near a policy for one whose response is unique by a margin, and say what it secures.

    In games of more than :data:`~ssg_mip.evaluation.mdp.DENSE_STATES` states the radius is 0: only the policy itself is
    judged. Ties that do the leader no harm may stay: then the value is secured whichever of them the follower picks.

    Parameters
    ----------
    game, policy
        The game, or a problem that says which policies are allowed, and the commitment to start from.
    weights
        Weights over states; those of the problem, or the start distribution, if absent.
    margin
        The least advantage, in the follower's units; the smallest that can be told from a tie if absent
        (:func:`ssg_mip.problem.follower.least_margin`).
    radius
        How far a probability may move.
    deadline
        When to give up; the policy itself is judged in any case.
    checkpoint
        Called now and then; what it raises ends even that.
    tolerances
        What counts as a tie.

    Raises
    ------
    OptionError
        If the margin or the radius is out of range.
    InvalidPolicyError
        If the policy does not fit the game.
    """
    problem = game if isinstance(game, Problem) else Problem(game)
    refuse_kind(problem, "find_guaranteed")
    game = problem.game
    answer = best_response(game, policy, tolerances=tolerances)
    form = standard_form(game)
    least = (least_margin(game, tolerances) or 1.0) if margin is None else float(margin)
    if not 0.0 < least < np.inf or not 0.0 < radius <= 1.0:
        raise OptionError(f"margin is {least!r} and radius {radius!r}; the one must be positive, the other in (0, 1]")
    asked = problem.weights if weights is None else state_weights(game, weights)
    radius = radius if game.num_states <= DENSE_STATES else 0.0
    responses = list(_responses(form, policy, answer, tolerances))
    deadline = Deadline() if deadline is None else deadline
    near = _Near(form, Allowed(form.standard, problem.policies), policy, responses, asked, least, radius)
    found = near.search(deadline, checkpoint)
    return Guarantee(
        wanted=answer.follower_policy,
        margin=least,
        radius=radius,
        certificate=found,
        secured=None if found is None else found.secured(asked),
        distance=np.nan if found is None else float(np.abs(found.policy.probabilities - policy.probabilities).max()),
        impossibility=_impossibility(game, policy, responses, least) if found is None and radius > 0.0 else None,
        out_of_time=found is None and deadline.expired,
    )


def _responses(
    form: StandardForm, policy: LeaderPolicy, answer: Response, tolerances: Tolerances
) -> Iterator[FollowerPolicy]:
    """The leader's favourite response, then those of tied actions that are worth as much to the leader."""
    game = form.standard
    leader, _ = induced_by_leader(game, policy)
    values = form.leader.into(answer.leader_values)
    loss = values[game.follower_slot_state] - leader.action_values(values)
    near = tolerances.monotone * (1.0 + float(np.abs(values).max()))
    equal = answer.tied & (np.abs(loss) <= near)
    choices = []
    for state, mine in enumerate(answer.follower_policy.actions.tolist()):
        here = equal[game.follower_offsets[state] : game.follower_offsets[state + 1]]
        choices.append([mine, *(action for action in np.flatnonzero(here).tolist() if action != mine)])
    for actions in itertools.islice(itertools.product(*choices), MOST_RESPONSES):
        yield FollowerPolicy(np.array(actions))


def _impossibility(
    game: Game, policy: LeaderPolicy, responses: list[FollowerPolicy], margin: float
) -> Impossibility | None:
    """The weakest of the proofs, if there is one for every response."""
    proofs = [prove_impossible(game, policy, response, margin) for response in responses]
    known = [proof for proof in proofs if proof is not None]
    return min(known, key=lambda proof: proof.radius) if len(known) == len(proofs) else None


@dataclasses.dataclass(frozen=True, eq=False)
class _Near:
    """What is looked for near a policy: among allowed policies one with a wanted response that has the margin."""

    form: StandardForm
    allowed: Allowed
    policy: LeaderPolicy
    responses: list[FollowerPolicy]
    weights: FloatArray
    margin: float
    radius: float

    def search(self, deadline: Deadline, checkpoint: Checkpoint) -> MarginCertificate | None:
        """The policy itself, or the best one that is certified in the smallest ball that holds any."""
        game, margin = self.form.game, self.margin
        here = certify_margin(game, self.policy, margin, checkpoint=checkpoint)
        if here.safe and here.allows(self.responses[0]):
            return here
        if self.radius == 0.0:
            return None
        centre = self.policy.slots(game)
        for share, response in itertools.product(RADII, self.responses):
            if deadline.expired:
                break
            ball = self.radius * share / RADII[-1]
            candidate = self._climb(response.actions, (centre - ball, centre + ball), deadline)
            if candidate is not None:
                found = certify_margin(game, candidate, margin, checkpoint=checkpoint)
                if found.safe and found.allows(response):
                    return found
        return None

    @property
    def own_margin(self) -> float:
        """The margin in the units of the standard form.

        Without a potential rewards are rounded, which the certificate in fractions does not forgive.
        """
        return (self.margin + self.form.follower.rounding) / self.form.follower.unit

    def _climb(
        self, response: IntArray, ball: tuple[FloatArray, FloatArray], deadline: Deadline
    ) -> LeaderPolicy | None:
        """A few linearised steps inside a ball; the best policy whose response has the margin in floating point.

        When the time is up, the best one so far.
        """
        game, policy, margin = self.form.standard, self.policy, self.own_margin
        lp = OneShotLp()
        empty = np.zeros((0, len(ball[0])))
        best: LeaderPolicy | None = None
        best_value = -np.inf
        for _ in range(ROUNDS):
            model = FixedResponse(game, policy, response)
            gradient = self.weights @ model.leader_slopes()
            goal = LinearGoal(float(self.weights @ model.leader_values), gradient, empty, np.zeros(0))
            program = Linearisation.at(model, goal, AIM * margin).step(1.0, rows=self.allowed.rows)
            answer = lp.solve(
                dataclasses.replace(
                    program,
                    column_lower=np.maximum(program.column_lower, ball[0]),
                    column_upper=np.minimum(program.column_upper, ball[1]),
                ),
                time_limit=deadline.remaining,
            )
            if answer.status is not LpStatus.OPTIMAL:
                break
            policy = LeaderPolicy.from_slots(game, answer.point)
            advantage, value = _judged(game, policy, response, self.weights)
            if advantage >= margin and value > best_value and self.allowed.holds(policy):
                best, best_value = policy, value
            if float(np.abs(answer.point - model.slots).max()) <= ARITHMETIC:
                break
        return best


def _judged(game: Game, policy: LeaderPolicy, response: IntArray, weights: FloatArray) -> tuple[float, float]:
    """The response's smallest advantage and the leader's weighted value, in floating point."""
    model = FixedResponse(game, policy, response)
    rows, least = model.incentive_rows()
    advantage = float((rows @ model.slots - least).min()) if len(rows) else np.inf
    return advantage, float(weights @ model.leader_values)
