r"""Line 9 of Algorithm 1 of Kudo & Akimoto: ``f_{t+1}`` is drawn at random from ``W(f_t)``.

``W(f_t)`` holds the policies of ``W>(f_t)`` whose scalarised gain is at least the share ``1 - epsilon`` of the largest
(7); without an ``epsilon``, of those of (8) up to the gap. The paper does not say how to draw. Here:

1. The program (I) is solved, to the gap. The draw begins at one of the members that its search has met, one for each
   response and value, each as likely as the others.
2. From there hit-and-run (Smith 1984): a random line through the policy, in half of the steps one along which two
   actions of one state exchange probability, in the others one in all directions; then a point on the part of the line
   that lies in the policies, drawn uniformly and towards the policy again until it is a member (shrinkage, Neal 2003).

Such steps leave the uniform distribution over ``W(f_t)`` as it is, and come close to it on the part of the set that
lines connect, the more steps the closer. Membership is tested exactly, with the follower's best response: a drawn
policy keeps the margin, no state loses, neither in ``Q_t`` nor in its true value, and its gain counts as a step. Where
the program is solved, the gain is at least the share of the proven bound, so the policy is a member of (7) for certain;
where it was cut short, of the best gain found. Where policies must keep rows, directions keep the equations among them
and lines end where another row is broken. A set without room, as where one policy alone is best, leaves the
policies of the first part.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from ssg_mip.base.tolerances import ARITHMETIC
from ssg_mip.evaluation.value_bounds import LEAST_GAP
from ssg_mip.exact import Answer
from ssg_mip.exact.heuristics.allowed import SlotRows
from ssg_mip.exact.improvement_bridge import ImprovementBridge
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.methods.policy_iteration.improving import ImprovingPolicies
from ssg_mip.methods.policy_iteration.negligible import negligible_gain, value_scale
from ssg_mip.methods.policy_iteration.step import LEAST_PROGRESS, ImprovementSolver, exact_improvement
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.evaluated_policy import Candidate
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.scalarisation import StepObjective, unit_and_least, worth
from ssg_mip.runs.run import Run

TRIALS = 500
"""Policies that one draw evaluates."""

SHORTEST = 1e-12
"""Length of a line below which shrinkage gives up, in probability."""


def sampled(improve: ImprovementSolver, run: Run, rng: np.random.Generator) -> ImprovementSolver:
    """The solver whose policies are drawn from ``W(f_t)`` if the selection is ``sample``; else ``improve``."""
    return _Sampled(improve, run, rng) if run.selection == "sample" else improve


class _Sampled:
    """Solves the program (I) and draws from the policies that are about as good as its best one."""

    def __init__(self, improve: ImprovementSolver, run: Run, rng: np.random.Generator) -> None:
        self._improve = improve
        self._asked = run
        self._rng = rng

    def __call__(
        self, problem: Problem, run: Run, values: FloatArray, objective: StepObjective, absolute_gap: float
    ) -> Answer:
        """The answer of the solver with a drawn policy in place of its best one; bounds stay as they are."""
        improve = ImprovingPolicies(self._share) if self._improve is exact_improvement else self._improve
        answer = improve(problem, run, values, objective, absolute_gap)
        if answer.policy is None or not answer.primal_bound > 0.0:
            return answer
        met = improve.others(answer.policy) if isinstance(improve, ImprovingPolicies) else []
        negligible = negligible_gain(problem.game, values, problem.weights, self._asked.gap, one_step=True)
        least_progress = LEAST_PROGRESS * negligible * unit_and_least(objective)[0]
        bridge = ImprovementBridge(problem, run, values, objective)
        members = _Members(bridge, self._least_gain(answer), least_progress)
        starts = [one for one in map(members.tested, (answer.policy, *met)) if one is not None]
        if not starts:
            return answer
        start = starts[int(self._rng.integers(len(starts)))]
        room = _Room(problem.game, bridge.allowed_rows.at(start.policy.slots(problem.game)))
        drawn = _hit_and_run(members, room, start, self._rng)
        return dataclasses.replace(answer, policy=drawn.policy, response=drawn.response)

    @property
    def _share(self) -> float:
        missing = self._asked.gap if self._asked.epsilon is None else self._asked.epsilon
        return max(0.0, 1.0 - max(missing, LEAST_GAP))

    def _least_gain(self, answer: Answer) -> float:
        """The share of the proven bound, if the best policy has as much; else of what that policy gains."""
        proven = self._share * answer.dual_bound
        return proven if proven <= answer.primal_bound else self._share * answer.primal_bound


class _Members:
    """The test of membership in ``W(f_t)``: at least so much gain in ``Q_t``, and so much true progress."""

    def __init__(self, bridge: ImprovementBridge, least_gain: float, least_progress: float) -> None:
        self.game = bridge.game
        self.run = bridge.run
        self._bridge = bridge
        self._least_gain = least_gain
        self._least_progress = least_progress
        self._fall = bridge.run.tolerances.monotone * value_scale(bridge.game, bridge.values)

    def tested(self, policy: LeaderPolicy) -> Candidate | None:
        """The policy with its response, if it is a member."""
        if not self._bridge.allowed.holds(policy):
            return None
        candidate = self._bridge.evaluate(policy)
        if candidate.value < self._least_gain:
            return None
        gains = candidate.response.leader_values - self._bridge.values
        counts = worth(self._bridge.objective, gains) > self._least_progress
        return candidate if counts and gains.min() >= -self._fall else None


class _Room:
    """The lines through the policies that keep rows.

    Parameters
    ----------
    game, rows
        The game, and the rows on probabilities per leader slot.
    """

    def __init__(self, game: Game, rows: SlotRows) -> None:
        self._game = game
        equations = rows.lower == rows.upper
        self._rows = SlotRows(rows.matrix[~equations], rows.lower[~equations], rows.upper[~equations])
        self._kept = _projector(game, rows.matrix[equations]) if equations.any() else None

    def direction(self, rng: np.random.Generator) -> FloatArray:
        """A random direction that keeps the equations."""
        drawn = _direction(self._game, rng)
        return drawn if self._kept is None else self._kept @ drawn

    def chord(self, slots: FloatArray, direction: FloatArray) -> tuple[float, float]:
        """How far one can go backwards (at most 0) and forwards, up to rounding."""
        low, high = _chord(slots, direction)
        along, now = self._rows.matrix @ direction, self._rows.matrix @ slots
        for slope, value, least, most in zip(along, now, self._rows.lower, self._rows.upper, strict=True):
            if slope != 0.0:
                ends = sorted(((least - value) / slope, (most - value) / slope))
                low, high = max(low, min(0.0, ends[0])), min(high, max(0.0, ends[1]))
        return low, high


def _projector(game: Game, equations: FloatArray) -> FloatArray:
    """The projection of directions onto those that keep equations and the sum of every state's probabilities."""
    simplex = (game.leader_slot_state == np.arange(game.num_states)[:, None]).astype(float)
    fixed = np.vstack((simplex, equations))
    kept: FloatArray = np.eye(fixed.shape[1]) - np.linalg.pinv(fixed) @ fixed
    kept[np.abs(kept) <= ARITHMETIC] = 0.0
    return kept


def _hit_and_run(members: _Members, room: _Room, start: Candidate, rng: np.random.Generator) -> Candidate:
    """A member after as many steps as :data:`TRIALS` evaluations allow."""
    game, current = members.game, start
    slots = start.policy.slots(game)
    left = TRIALS
    while left > 0 and not members.run.stopped:
        left -= 1  # a line without room costs a trial as well
        direction = room.direction(rng)
        low, high = room.chord(slots, direction)
        size = float(np.abs(direction).max())
        while left > 0 and (high - low) * size > SHORTEST:
            left -= 1
            step = rng.uniform(low, high)
            trial = np.maximum(slots + step * direction, 0.0)
            found = members.tested(LeaderPolicy.from_slots(game, trial))
            if found is not None:
                current, slots = found, found.policy.slots(game)
                break
            low, high = (step, high) if step < 0.0 else (low, step)
    return current


def _direction(game: Game, rng: np.random.Generator) -> FloatArray:
    """A direction that keeps the sum of every state's probabilities; its distribution does not depend on the policy."""
    offsets, state_of = game.leader_offsets, game.leader_slot_state
    free = np.flatnonzero(game.leader_counts > 1)
    direction = np.zeros(int(offsets[-1]))
    if not len(free):
        return direction
    if rng.random() < 0.5:
        state = int(rng.choice(free))
        pair = rng.choice(int(game.leader_counts[state]), size=2, replace=False)
        direction[offsets[state] + pair] = (1.0, -1.0)
        return direction
    noise = rng.standard_normal(len(direction))
    means = np.add.reduceat(noise, offsets[:-1]) / game.leader_counts
    return noise - means[state_of]


def _chord(slots: FloatArray, direction: FloatArray) -> tuple[float, float]:
    """How far one can go backwards (at most 0) and forwards without a negative probability."""
    rising, falling = direction > 0.0, direction < 0.0
    low = -min((slots[rising] / direction[rising]).tolist(), default=0.0)
    high = min((slots[falling] / -direction[falling]).tolist(), default=0.0)
    return (low, high) if math.isfinite(low) and math.isfinite(high) else (0.0, 0.0)
