"""Policies from outside, moved back onto the ties that they miss by a solver's tolerance.

A solver whose rows hold within 1e-6 leaves the follower's indifference by about as much, and the follower then answers
otherwise: on a random game of 3 states a policy that SCIP says is worth 7.008 is worth 1.121. Given the answer that the
solver had in mind, the policies to which it is a best response are a set of linear inequalities to first order; the
nearest of them, in sum over all probabilities, is a linear program, and a few rounds of it converge quadratically.

Where no answer is known, those are tried that are best for the leader among actions tied within wider and wider
tolerances. Nothing is moved farther than :data:`FARTHEST`: what is farther from a tie than that does not mean it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np

from ssg_mip.base.tolerances import ARITHMETIC, Tolerances
from ssg_mip.evaluation.best_response import best_response
from ssg_mip.evaluation.mdp import DENSE_STATES
from ssg_mip.evaluation.standard_form import standard_form
from ssg_mip.exact.heuristics.allowed import Allowed, SlotRows
from ssg_mip.exact.heuristics.linearisation import FixedResponse
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.lp.highs import OneShotLp
from ssg_mip.lp.interface import LinearProgram, LpStatus
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.problem.answer_within import answer_within
from ssg_mip.problem.evaluated_policy import EvaluatedPolicy
from ssg_mip.problem.follower import Rational
from ssg_mip.problem.problem import Problem

FARTHEST = 1e-3
"""By how much a probability may move: a hundred times what solvers miss their rows by, and amplify on the way."""

ROUNDS = 8
"""Linear programs for one answer at most; from so near, two or three are enough."""

WIDTHS = (1e-7, 1e-6, 1e-5, 1e-4)
"""Tolerances for ties, one after the other, by which answers are looked for where none is given."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Polished:
    """A policy as it was read, and the one that is on its ties.

    Attributes
    ----------
    before
        The policy as it was read, with the follower's answer to it.
    after
        The one on its ties; the same where nothing near is worth more.
    weights
        The weights of their values, shape ``[num_states]``.
    """

    before: EvaluatedPolicy
    after: EvaluatedPolicy
    weights: FloatArray

    @property
    def value(self) -> float:
        """The leader's weighted value on the ties."""
        return float(self.weights @ self.after.values)

    @property
    def value_before(self) -> float:
        """The leader's weighted value by the policy as it was read."""
        return float(self.weights @ self.before.values)

    @property
    def worth(self) -> float:
        """What the leader loses by missing the ties."""
        return self.value - self.value_before

    @property
    def distance(self) -> float:
        """The largest change of a probability."""
        return float(np.abs(self.after.policy.probabilities - self.before.policy.probabilities).max())


def polished(
    problem: Problem, policy: LeaderPolicy, tolerances: Tolerances, answers: IntArray | None = None
) -> Polished:
    """Put a policy onto the ties that it misses by little, if the leader gains by that.

    Parameters
    ----------
    problem
        The problem; rows on the policy are kept where the policy keeps them.
    policy
        The policy as it was read.
    tolerances
        What counts as a tie.
    answers
        The follower's answer that the policy was made for, one action per state, if it is known.

    Returns
    -------
    Polished
        With the policy unchanged where no tie is near, where ties are not decided for the leader, and in games of more
        than :data:`~ssg_mip.evaluation.mdp.DENSE_STATES` states.
    """
    before, value = _judged(problem, policy, tolerances)
    best, best_value = before, value
    for wanted in _wanted(problem.game, policy, answers) if applies(problem) else ():
        moved = onto_ties(problem, policy, wanted)
        if moved is None:
            continue
        trial, value = _judged(problem, moved, tolerances)
        if value > best_value + ARITHMETIC * (1.0 + abs(value)):
            best, best_value = trial, value
    return Polished(weights=problem.weights, before=before, after=best)


def as_it_is(problem: Problem, policy: LeaderPolicy, tolerances: Tolerances) -> Polished:
    """A policy left where it is, with the follower's answer to it."""
    before, _ = _judged(problem, policy, tolerances)
    return Polished(weights=problem.weights, before=before, after=before)


def applies(problem: Problem) -> bool:
    """Whether ties can be met at all: a rational follower who decides them for the leader, in a game not too large."""
    follower = problem.follower
    return (
        type(follower) is Rational
        and (follower.ties == "leader" or follower.margin > 0.0)
        and problem.game.num_states <= DENSE_STATES
    )


def _judged(problem: Problem, policy: LeaderPolicy, tolerances: Tolerances) -> tuple[EvaluatedPolicy, float]:
    """A policy with the answer that keeps the bounds on costs, and its value; ``-inf`` if it is not allowed."""
    game, costs = problem.game, problem.policies.all_costs(problem.game)
    response, keeps = answer_within(game, policy, problem.follower, costs, tolerances)
    allowed = keeps and problem.policies.holds(game, policy)
    found = EvaluatedPolicy(policy, response)
    return found, float(problem.weights @ found.values) if allowed else -np.inf


def _wanted(game: Game, policy: LeaderPolicy, answers: IntArray | None) -> Iterator[IntArray]:
    """The answers that the policy may have been made for, each once."""
    seen: set[bytes] = set()
    candidates = [] if answers is None else [np.asarray(answers, dtype=np.int64)]
    for width in WIDTHS:
        wide = Tolerances(tie=width, monotone=max(width, Tolerances().monotone))
        candidates.append(best_response(game, policy, "leader", tolerances=wide).follower_policy.actions)
    for actions in candidates:
        if actions.tobytes() not in seen:
            seen.add(actions.tobytes())
            yield actions


def onto_ties(problem: Problem, policy: LeaderPolicy, wanted: IntArray) -> LeaderPolicy | None:
    """The nearest policy to which ``wanted`` is a best response, to the margin that is asked; ``None`` if none is near.

    Parameters
    ----------
    problem
        The problem, whose rows are kept, and bounds on costs and values to first order.
    policy
        Where to start.
    wanted
        One follower action per state.
    """
    form = standard_form(problem.game)
    game, margin = form.standard, problem.follower.margin / form.follower.unit
    rows = Allowed(problem.game, problem.policies).rows
    centre, lp = policy.slots(game), OneShotLp()
    found = policy
    for _ in range(ROUNDS):
        incentives, least = FixedResponse(game, found, wanted).incentive_rows()
        kept = _joined(rows, _outcome_rows(problem, found, wanted))
        answer = lp.solve(_nearest(game, centre, incentives, least + margin, kept))
        if answer.status is not LpStatus.OPTIMAL:
            return None
        moved = LeaderPolicy.from_slots(game, answer.point[: len(centre)])
        step = float(np.abs(moved.probabilities - found.probabilities).max())
        found = moved
        if step <= ARITHMETIC:
            break
    return found


def _outcome_rows(problem: Problem, policy: LeaderPolicy, wanted: IntArray) -> SlotRows:
    """Bounds on costs, and on the leader's values, to first order in the policy under an answer."""
    game, slots = problem.game, policy.slots(problem.game)
    rows, lower, upper = [], [], []
    for cost in problem.policies.all_costs(game):
        spent = FixedResponse(game.replace(leader_rewards=cost.costs), policy, wanted)
        slope = game.initial @ spent.leader_slopes()
        at_none = float(game.initial @ spent.leader_values) - float(slope @ slots)
        rows.append(slope)
        lower.append(cost.lower - at_none)
        upper.append(cost.upper - at_none)
    floor = problem.floor
    if floor is not None:
        earned = FixedResponse(game, policy, wanted)
        slopes = earned.leader_slopes()
        for state in np.flatnonzero(np.isfinite(floor)).tolist():
            rows.append(slopes[state])
            lower.append(float(floor[state] - earned.leader_values[state] + slopes[state] @ slots))
            upper.append(np.inf)
    return SlotRows(np.array(rows, dtype=float).reshape(-1, len(slots)), np.array(lower), np.array(upper))


def _joined(rows: SlotRows, more: SlotRows) -> SlotRows:
    return SlotRows(
        np.vstack((rows.matrix, more.matrix)),
        np.concatenate((rows.lower, more.lower)),
        np.concatenate((rows.upper, more.upper)),
    )


def _nearest(
    game: Game, centre: FloatArray, incentives: FloatArray, least: FloatArray, rows: SlotRows
) -> LinearProgram:
    """Minimise ``sum |f - centre|`` over policies near by that keep linear incentives; columns ``f`` and distances."""
    count, states = len(centre), game.num_states
    simplex = np.zeros((states, count))
    simplex[game.leader_slot_state, np.arange(count)] = 1.0
    same, none = np.eye(count), np.full(count, np.inf)
    upper = np.vstack((simplex, incentives, rows.matrix))
    matrix = np.block([[upper, np.zeros((len(upper), count))], [same, -same], [same, same]])
    row, column = np.nonzero(matrix)
    return LinearProgram(
        objective=np.concatenate((np.zeros(count), -np.ones(count))),
        starts=np.searchsorted(row, np.arange(len(matrix) + 1)),
        indices=column,
        values=matrix[row, column],
        row_lower=np.concatenate((np.ones(states), least, rows.lower, -none, centre)),
        row_upper=np.concatenate((np.ones(states), np.full(len(least), np.inf), rows.upper, centre, none)),
        column_lower=np.concatenate((np.maximum(centre - FARTHEST, 0.0), np.zeros(count))),
        column_upper=np.concatenate((np.minimum(centre + FARTHEST, 1.0), np.ones(count))),
    )
