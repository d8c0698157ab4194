"""The method: climb, visit policies on the way, report where the climb ended."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

import numpy as np

from ssg_mip.base.status import Termination
from ssg_mip.errors import OptionError
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.methods.policy_gradient.ascent import Ascent, Outcome, inner_loop, two_timescale
from ssg_mip.methods.policy_gradient.response import regularised_response
from ssg_mip.methods.policy_gradient.schedule import Schedule
from ssg_mip.methods.policy_gradient.tabular import MOST_ENTRIES, TabularGame, dense_entries, evaluate_follower, softmax
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.problem import Problem
from ssg_mip.result import Result
from ssg_mip.runs.run import Run
from ssg_mip.runs.settings import MODERATE, POSITIVE, read_settings
from ssg_mip.runs.visit_log import Visits

METHOD = "policy-gradient"

DEFAULT_ITERATION_LIMIT = {"two-timescale": 5000, "inner-loop": 1000}
"""Iterations when the run has no limit."""

SMOOTHING = 0.01
"""Share of the uniform policy that is mixed into a start policy: a softmax has no zeros, and hardly moves near them."""

COOLING = 0.05
"""Final temperature of the inner loop in units of the first, if none is given."""

EVEN_VISITS = 16
"""Visits at even distances, besides those after 1, 2, 4, ... iterations."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of the method. Temperatures, tolerance and steps are for rewards scaled to ``[0, 1]``.

    Attributes
    ----------
    variant
        ``"two-timescale"``: the paper's algorithm. ``"inner-loop"``: the follower is at its regularised best response
        in every step.
    temperature
        ``lambda``, the weight of the follower's entropy, at most 1000, like ``final_temperature``: beyond it the
        rewards, which lie in ``[0, 1]``, decide nothing.
    final_temperature
        The temperature falls to it geometrically during the first half of the iterations. If absent it falls to a
        twentieth with the inner loop, and stays what it is on two time scales: a follower that hardens there cannot
        follow any more. Equal to ``temperature`` for the constant one of the theory.
    tolerance
        Norm of the total derivative at which the climb has converged.
    leader_step, follower_step
        First steps of the two-timescale variant, in units of the number of states times ``1 - discount`` of the player.
    leader_decay, follower_decay
        Its steps fall like ``t`` to minus these powers; ``0.5 < follower_decay < leader_decay <= 1`` is Assumption 1.
    """

    variant: Literal["two-timescale", "inner-loop"] = "two-timescale"
    temperature: float = 0.1
    final_temperature: float | None = None
    tolerance: float = 1e-6
    leader_step: float = 3.0
    follower_step: float = 10.0
    leader_decay: float = 0.9
    follower_decay: float = 0.6

    def __post_init__(self) -> None:
        MODERATE.check(self, "temperature", "final_temperature")
        POSITIVE.check(self, "tolerance", "leader_step", "follower_step")
        if not 0.5 < self.follower_decay < self.leader_decay <= 1.0:
            raise OptionError(
                f"leader_decay is {self.leader_decay!r} and follower_decay {self.follower_decay!r}; they must satisfy "
                "0.5 < follower_decay < leader_decay <= 1 (Assumption 1 of Das et al.)"
            )


def solve(problem: Problem, run: Run) -> Result:
    """Climb from ``run.start``, smoothed, or from the uniform policy.

    At most ``run.limits.iterations`` iterations: 5000 if absent, 1000 for the inner loop. Nothing is drawn: the seed
    decides a random start and nothing else. The objective is ``problem.weights @ V_1``.

    Returns
    -------
    Result
        ``CONVERGED`` at a stationary point within the tolerance, ``NUMERICAL`` where no step raises the value although
        the derivative promises it, ``SIZE_LIMIT`` for games too large for dense arrays, or a limit. The answer is the
        best policy visited, under the unregularised best response. ``details``, about the end of the climb:

        ``stationarity``
            Norm of the total derivative, for rewards in ``[0, 1]``.
        ``first_order_gain``
            The largest rise of the objective, in the game's units, per unit of probability moved to any one action in
            any one state. About 0 at a local optimum; where it is positive although ``stationarity`` is 0, the
            policy is on a plateau of the softmax: nearly deterministic, and not in the best way.
        ``leader_value``
            ``regularised`` against the follower's softmax policy, ``unregularised`` against its best response.
        ``regularised_follower_value``
            ``V_2^lambda``, weighted alike, in the game's units.
        ``follower_lag``
            The largest difference of a probability between the follower's policy and its regularised best response.
        ``temperature``
            The last one, for rewards in ``[0, 1]``.
        ``stationarity_curve``
            The norm at up to 32 moments, as ``[iteration, norm]``.
    """
    game = problem.game
    settings = read_settings(Settings, run.settings, METHOD)
    visits = Visits(problem, run, METHOD)
    visits.start()
    if dense_entries(game) > MOST_ENTRIES:
        return visits.result(Termination.SIZE_LIMIT, counts={"iterations": 0, "evaluations": 0})
    limit = run.limits.iterations or DEFAULT_ITERATION_LIMIT[settings.variant]
    tabular = TabularGame.from_game(game)

    def visit(iteration: int, parameters: FloatArray) -> None:
        if iteration & (iteration - 1) == 0 or iteration % max(1, limit // EVEN_VISITS) == 0:
            visits.visit(LeaderPolicy(softmax(parameters)), f"iteration {iteration}")

    climb = {"inner-loop": inner_loop, "two-timescale": two_timescale}[settings.variant]
    ascent = climb(
        tabular,
        first_parameters(game, tabular, run.start),
        schedule=_schedule(settings, limit),
        weights=problem.weights,
        stopped=lambda: run.stopped,
        watch=visit,
    )
    last = visits.visit(LeaderPolicy(softmax(ascent.leader_parameters)), f"iteration {ascent.iterations}")
    return visits.result(
        _termination(ascent, visits),
        counts={"iterations": ascent.iterations, "evaluations": ascent.evaluations},
        details=_details(tabular, ascent, problem.weights, float(problem.weights @ last.leader_values)),
    )


def first_parameters(game: Game, tabular: TabularGame, start: LeaderPolicy | None) -> FloatArray:
    """``theta_1`` of a start policy that is mixed with the uniform one; all alike if there is none."""
    uniform = LeaderPolicy.uniform(game).probabilities
    given = uniform if start is None else start.probabilities
    smooth = (1.0 - SMOOTHING) * given + SMOOTHING * uniform
    return np.where(tabular.leader_actions, np.log(np.where(tabular.leader_actions, smooth, 1.0)), -np.inf)


def _schedule(settings: Settings, limit: int) -> Schedule:
    cooling = COOLING if settings.variant == "inner-loop" else 1.0
    last = cooling * settings.temperature if settings.final_temperature is None else settings.final_temperature
    return Schedule(
        temperature=settings.temperature,
        last_temperature=last,
        leader_step=settings.leader_step,
        follower_step=settings.follower_step,
        leader_decay=settings.leader_decay,
        follower_decay=settings.follower_decay,
        limit=limit,
        tolerance=settings.tolerance,
    )


def _termination(ascent: Ascent, visits: Visits) -> Termination:
    match ascent.outcome:
        case Outcome.CONVERGED:
            return Termination.CONVERGED
        case Outcome.STALLED:
            return Termination.NUMERICAL
        case Outcome.STOPPED:
            return visits.limit


def _details(tabular: TabularGame, ascent: Ascent, weights: FloatArray, unregularised: float) -> dict[str, Any]:
    leader = softmax(ascent.leader_parameters)
    response = regularised_response(tabular, ascent.leader_parameters, ascent.temperature, ascent.follower_parameters)
    lag = np.abs(softmax(ascent.follower_parameters) - softmax(response)).max()
    follower = evaluate_follower(tabular, leader, ascent.follower_parameters, ascent.temperature)
    per_probability = np.divide(ascent.derivatives.total, leader, out=np.zeros_like(leader), where=leader > 0.0)
    moments = np.unique(np.linspace(0, len(ascent.stationarity) - 1, 32).astype(int))
    return {
        "stationarity": ascent.derivatives.stationarity,
        "first_order_gain": tabular.leader_unit[1] * max(0.0, float(per_probability.max())),
        "leader_value": {
            "regularised": tabular.leader_value(ascent.derivatives.leader_value),
            "unregularised": unregularised,
        },
        "regularised_follower_value": tabular.follower_value(float(weights @ follower.values)),
        "follower_lag": float(lag),
        "temperature": ascent.temperature,
        "stationarity_curve": [[int(t), float(ascent.stationarity[t])] for t in moments],
    }
