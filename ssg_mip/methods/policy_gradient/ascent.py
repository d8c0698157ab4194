r"""The leader's climb: the two-timescale algorithm (8)-(9), and the variant with an inner loop.

**Two time scales.** ``theta_1 += alpha_t * total derivative (19)`` and ``theta_2 += beta_t * dV_2/dtheta_2``, with the
steps of :mod:`~ssg_mip.methods.policy_gradient.schedule`. The follower starts at its best response, because far from
it the Hessian in (19) may be singular, or of the wrong sign: Assumptions 2 and 3 are made, not implied.

**Inner loop.** ``theta_2 = B(theta_1)`` in every step. The leader's step is that of Barzilai & Borwein (1988), halved
until the value rises by at least :data:`SUFFICIENT` of what the derivative promises (Armijo), so it never falls at one
temperature.

In both, no parameter of the leader moves by more than :data:`LONGEST_STEP` at once: a longer jump into the flat parts
of the softmax would end the climb there, and it keeps the iterates bounded in any finite time (Assumption 4).
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable

import numpy as np

from ssg_mip.methods.policy_gradient.derivatives import Derivatives, differentiate
from ssg_mip.methods.policy_gradient.response import regularised_response
from ssg_mip.methods.policy_gradient.schedule import Schedule
from ssg_mip.methods.policy_gradient.tabular import TabularGame, evaluate_leader, softmax
from ssg_mip.numerics.array_types import FloatArray

LONGEST_STEP = 1.0
"""How far a parameter of the leader moves at once: a ratio of probabilities changes at most by ``e^2``."""

SUFFICIENT = 1e-4
"""Share of the promised rise that a step must bring (Nocedal & Wright, *Numerical Optimization*, section 3.1)."""

SHORTEST_STEP = 1e-12
"""Movement of the parameters below which a line search has met rounding: no step brings its rise."""

GROWTH = 4.0
"""Factor of the step where the curvature along it is not that of a maximum."""


class Outcome(enum.Enum):
    """How a climb ended."""

    CONVERGED = "the norm of the total derivative fell below the tolerance"
    STALLED = "no step raises the value any more in floating point"
    STOPPED = "stopped before that"


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Ascent:
    """A climb.

    Attributes
    ----------
    outcome
        How it ended.
    leader_parameters, follower_parameters
        The last ``theta_1`` ``[s, a]`` and ``theta_2`` ``[s, b]``.
    derivatives
        At the last parameters, with the last temperature.
    temperature
        The last temperature.
    stationarity, leader_values, temperatures
        By iteration: the norm of the total derivative, ``V_1(theta_1, theta_2)`` (scaled), ``lambda_t``.
    iterations, evaluations
        Steps taken, and pairs of policies evaluated for them.
    """

    outcome: Outcome
    leader_parameters: FloatArray
    follower_parameters: FloatArray
    derivatives: Derivatives
    temperature: float
    stationarity: FloatArray
    leader_values: FloatArray
    temperatures: FloatArray
    iterations: int
    evaluations: int


Stopped = Callable[[], bool]
Watch = Callable[[int, FloatArray], None]


class _Climb:
    """What both variants share: where they are, and the record of where they were."""

    def __init__(
        self, game: TabularGame, start: FloatArray, schedule: Schedule, weights: FloatArray, stopped: Stopped
    ) -> None:
        self.game, self.schedule, self.weights = game, schedule, weights
        self.leader = start
        self.temperature = schedule.temperature_at(0)
        self.follower = regularised_response(game, start, self.temperature)
        self.iteration, self.evaluations = 0, 0
        self._stopped = stopped
        self._rows: list[tuple[float, float, float]] = []
        self.outcome: Outcome | None = None
        self.differentiate()

    def differentiate(self) -> None:
        """Derivatives where the climb is now; the follower's objective weighs all states alike."""
        self.derivatives = differentiate(
            self.game,
            self.leader,
            self.follower,
            self.temperature,
            leader_weights=self.weights,
            follower_weights=np.full(len(self.weights), 1.0 / len(self.weights)),
        )
        self._rows.append((self.derivatives.stationarity, self.derivatives.leader_value, self.temperature))
        if self.derivatives.stationarity <= self.schedule.tolerance and self.schedule.cooled(self.iteration):
            self.outcome = Outcome.CONVERGED

    @property
    def going(self) -> bool:
        """Whether to take another step."""
        if self.outcome is None and (self.iteration >= self.schedule.limit or self._stopped()):
            self.outcome = Outcome.STOPPED
        return self.outcome is None

    def advance(self) -> None:
        """On to the next iteration and its temperature."""
        self.iteration += 1
        self.temperature = self.schedule.temperature_at(self.iteration)

    def moved(self, length: float) -> FloatArray:
        """The leader's parameters after a step along the total derivative; missing actions stay where they are."""
        return np.where(self.game.leader_actions, self.leader + length * self.derivatives.total, -np.inf)

    def longest(self) -> float:
        """The largest step that is allowed."""
        return LONGEST_STEP / max(float(np.abs(self.derivatives.total).max()), np.finfo(float).tiny)

    def result(self) -> Ascent:
        stationarity, values, temperatures = np.array(self._rows).T
        return Ascent(
            outcome=self.outcome or Outcome.STOPPED,
            leader_parameters=self.leader,
            follower_parameters=self.follower,
            derivatives=self.derivatives,
            temperature=self.temperature,
            stationarity=stationarity,
            leader_values=values,
            temperatures=temperatures,
            iterations=self.iteration,
            evaluations=self.evaluations,
        )


def two_timescale(
    game: TabularGame,
    start: FloatArray,
    *,
    schedule: Schedule,
    weights: FloatArray,
    stopped: Stopped = lambda: False,
    watch: Watch = lambda iteration, parameters: None,
) -> Ascent:
    """The paper's algorithm (8)-(9).

    Converged means: the total derivative (19) *and* the follower's gradient are within the tolerance.

    Parameters
    ----------
    game, start
        The game and the leader's first parameters, ``[s, a]``, ``-inf`` for missing actions.
    schedule, weights
        Steps and temperatures; the leader's objective over states.
    stopped, watch
        Asked before every step; told of every iteration and the leader's parameters.
    """
    climb = _Climb(game, start, schedule, weights, stopped)
    while climb.going:
        leader_step, follower_step = schedule.steps_at(climb.iteration, game)
        climb.leader = climb.moved(min(leader_step, climb.longest()))
        climb.follower = np.where(
            game.follower_actions, climb.follower + follower_step * climb.derivatives.follower, -np.inf
        )
        climb.advance()
        climb.differentiate()
        climb.evaluations += 1
        if float(np.linalg.norm(climb.derivatives.follower)) > schedule.tolerance:
            climb.outcome = None
        watch(climb.iteration, climb.leader)
    return climb.result()


def inner_loop(
    game: TabularGame,
    start: FloatArray,
    *,
    schedule: Schedule,
    weights: FloatArray,
    stopped: Stopped = lambda: False,
    watch: Watch = lambda iteration, parameters: None,
) -> Ascent:
    """The leader climbs ``V_1(theta_1, B(theta_1))``; parameters as for :func:`two_timescale`."""
    climb = _Climb(game, start, schedule, weights, stopped)
    length = 1.0 - game.leader_discount
    while climb.going:
        found = _line_search(climb, min(length, climb.longest()))
        if found is None:
            if schedule.cooled(climb.iteration):
                climb.outcome = Outcome.STALLED
                break
        else:
            before, taken = climb.derivatives.total, found[0]
            _, climb.leader, climb.follower = found
        climb.advance()
        if not schedule.cooled(climb.iteration) or climb.temperature != schedule.temperature_at(climb.iteration - 1):
            climb.follower = regularised_response(game, climb.leader, climb.temperature, climb.follower)
        climb.differentiate()
        if found is not None:
            length = _barzilai_borwein(taken, before, climb.derivatives.total)
        watch(climb.iteration, climb.leader)
    return climb.result()


def _line_search(climb: _Climb, length: float) -> tuple[float, FloatArray, FloatArray] | None:
    """The step taken, the leader's new parameters and the best response to them; ``None`` if nothing rises."""
    derivatives = climb.derivatives
    while length * float(np.abs(derivatives.total).max()) > SHORTEST_STEP:
        leader = climb.moved(length)
        follower = regularised_response(climb.game, leader, climb.temperature, climb.follower)
        climb.evaluations += 1
        value = float(climb.weights @ evaluate_leader(climb.game, softmax(leader), softmax(follower)).values)
        if value >= derivatives.leader_value + SUFFICIENT * length * derivatives.stationarity**2:
            return length, leader, follower
        length /= 2.0
    return None


def _barzilai_borwein(taken: float, before: FloatArray, after: FloatArray) -> float:
    """``<s, s> / -<s, y>`` for the step ``s`` and the change ``y`` of the derivative."""
    curvature = -float(np.sum(before * (after - before)))
    square = float(np.sum(before * before))
    return taken * (square / curvature if curvature > 0.0 else GROWTH)
