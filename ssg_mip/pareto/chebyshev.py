r"""The augmented Chebyshev scalarisation of the leader's values, maximised with proof.

    L[v] = min_s w(s) (v(s) - r(s)) + e sum_s w(s) (v(s) - r(s)),    w > 0, e > 0,

is Pareto-compliant: more in one state without less in another raises it, so its maximisers are Pareto-optimal. Unlike a
weighted sum it reaches **unsupported** points too, those in a dent of the front: every Pareto-optimal value is a
maximiser for some weights, if ``e`` is small and the reference ``r`` lies above it (Steuer & Choo, Math. Programming
26, 1983).

It is not linear in what the commitment program knows, but its parts are: with the floor ``v >= r + t / w`` the program
maximises the sum over the policies whose minimum is at least ``t``. So for ``t_0 < t_1 < ...`` with bounds ``S_i`` on
the sum above ``t_i``, policies with a minimum between ``t_i`` and ``t_{i+1}`` are worth at most ``t_{i+1} + e S_i``.
The interval with the largest such bound is split until no bound exceeds the best value found by more than the gap.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from ssg_mip.base.deadline import Deadline
from ssg_mip.base.interrupt import Interrupt, given_or_graceful
from ssg_mip.base.rules import POSITIVE, checked
from ssg_mip.base.status import Termination
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.best_response import Response, Ties, response_out
from ssg_mip.evaluation.standard_form import StandardForm, standard_form
from ssg_mip.evaluation.value_bounds import leader_value_bounds, raised_sum
from ssg_mip.exact import Answer, solve_commitment
from ssg_mip.game.game import GAME, Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.game.validation import checked_array
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.follower import Rational
from ssg_mip.problem.objective import Objective
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.scalarisation import DEFAULT_AUGMENTATION, AugmentedChebyshev
from ssg_mip.problem.weights import state_weights
from ssg_mip.runs.run import Run

PROGRAM_SHARE = 0.5
"""Share of the time left that one program may take."""

NARROW = 0.25
"""Intervals of this share of the accuracy are not split."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class ChebyshevPoint:
    """A point that maximises the scalarisation, as far as the bound says.

    Attributes
    ----------
    scalarisation
        What was maximised.
    leader_policy, response, leader_values
        The policy, the follower's exact response and the leader's exact values.
    value, dual_bound
        ``L`` at the point, and a proven bound on it over stationary leader policies.
    termination
        ``GAP``, or the limit that left the bound open.
    programs, nodes, lps
        Work done.
    """

    scalarisation: AugmentedChebyshev
    leader_policy: LeaderPolicy
    response: Response
    value: float
    dual_bound: float
    termination: Termination
    programs: int
    nodes: int
    lps: int

    @property
    def leader_values(self) -> FloatArray:
        """The leader's exact values per state."""
        return self.response.leader_values


@checked(game=GAME, augmentation=POSITIVE)
def solve_chebyshev(
    game: Game,
    weights: ArrayLike | Mapping[str, float] | None = None,
    *,
    reference: ArrayLike | None = None,
    augmentation: float = DEFAULT_AUGMENTATION,
    ties: Ties = "leader",
    gap: float = 1e-3,
    time_limit: float | None = None,
    seed: int = 0,
    interrupt: Interrupt | None = None,
) -> ChebyshevPoint | None:
    """Maximise the augmented Chebyshev scalarisation over stationary leader policies.

    Parameters
    ----------
    game
        The game.
    weights
        ``w``, positive in every state, scaled to sum to one; even if absent.
    reference
        ``r`` per state; the upper bounds of the leader's values if absent.
    augmentation
        ``e``.
    ties, time_limit, seed, interrupt
        As in ``solve``.
    gap
        The accuracy of ``L``, relative to the spread of the leader's values times the weights.

    Returns
    -------
    ChebyshevPoint or None
        ``None`` if a limit came before any policy.
    """
    bounds = leader_value_bounds(game)
    even = np.full(game.num_states, 1.0 / game.num_states)
    scalarisation = AugmentedChebyshev(
        state_weights(game, even if weights is None else weights),
        bounds.upper if reference is None else checked_array(reference, "reference", OptionError).astype(float),
        augmentation,
    )
    if len(scalarisation.reference) != game.num_states:
        raise OptionError(
            f"the reference has {len(scalarisation.reference)} values; {game.name} has {game.num_states} states"
        )
    with given_or_graceful(interrupt) as flag:
        run = Run(gap=gap, deadline=Deadline(time_limit), seed=seed, interrupt=flag)
        form = standard_form(game)
        problem = Problem(form.standard, Objective(scalarisation.weights), Rational(ties=ties))
        found = _Intervals(problem, run, scalarisation.into(form.leader)).point()
        return None if found is None else _point_out(found, scalarisation, form)


def _point_out(point: ChebyshevPoint, scalarisation: AugmentedChebyshev, form: StandardForm) -> ChebyshevPoint:
    """A point of the standard form as one of the game; constants in values and reference cancel."""
    if form.changes_nothing:
        return point
    return dataclasses.replace(
        point,
        scalarisation=scalarisation,
        response=response_out(point.response, form),
        value=form.leader.gain_out(point.value),
        dual_bound=form.leader.gain_bound_out(point.dual_bound),
    )


@dataclasses.dataclass(frozen=True)
class _Interval:
    """Minima between ``low`` and ``high``, and a bound on the sum of every policy whose minimum is at least ``low``."""

    low: float
    high: float
    sum_bound: float

    def bound(self, augmentation: float) -> float:
        """No policy of the interval is worth more."""
        return self.high + augmentation * self.sum_bound


class _Intervals:
    """The intervals of minima that are still open, and the best point."""

    def __init__(self, problem: Problem, run: Run, scalarisation: AugmentedChebyshev) -> None:
        game = problem.game
        self._game = game
        self._what = scalarisation
        self._problem = problem
        self._run = run
        bounds = leader_value_bounds(game)
        scaled = scalarisation.weights * bounds.width
        self._accuracy = run.gap * max(float(scaled.max()), run.tolerances.monotone)
        ends = [scalarisation.weights * (end - scalarisation.reference) for end in (bounds.lower, bounds.upper)]
        low, high = float(ends[0].min()), float(ends[1].min())
        self._open = [_Interval(low, high, raised_sum(np.ones(game.num_states), ends[1]))]
        self._settled = -math.inf
        self._best: tuple[float, LeaderPolicy, Response] | None = None
        self._programs = self._nodes = self._lps = 0
        self._limit: Termination | None = None

    def point(self) -> ChebyshevPoint | None:
        """Split intervals until the gap is closed or a limit is reached."""
        first = self._open.pop()
        self._split(first, first.low)
        while self._open and not self._run.stopped:
            self._open.sort(key=lambda one: one.bound(self._what.augmentation))
            widest = self._open[-1]
            if widest.bound(self._what.augmentation) <= self._value + self._accuracy:
                break
            self._open.pop()
            self._split(widest, 0.5 * (widest.low + widest.high))
        if self._best is None:
            return None
        value, policy, response = self._best
        left = [one.bound(self._what.augmentation) for one in self._open]
        bound = max([value, self._settled, *left])
        closed = bound <= value + self._accuracy * (1.0 + self._run.tolerances.monotone)
        limit = Termination.INTERRUPTED if self._run.interrupt.requested else Termination.TIME_LIMIT
        if not self._run.stopped:
            limit = Termination.NUMERICAL if self._limit is None else self._limit
        return ChebyshevPoint(
            scalarisation=self._what,
            leader_policy=policy,
            response=response,
            value=value,
            dual_bound=bound,
            termination=Termination.GAP if closed else limit,
            programs=self._programs,
            nodes=self._nodes,
            lps=self._lps,
        )

    @property
    def _value(self) -> float:
        return -math.inf if self._best is None else self._best[0]

    def _split(self, interval: _Interval, place: float) -> None:
        """Solve the program with the floor at ``place`` and keep the parts that may hold more than is known."""
        answer = self._solve(place, last=interval.high - place <= NARROW * self._accuracy)
        below = _Interval(interval.low, place, interval.sum_bound)
        if place > interval.low:
            self._keep(below)
        if answer.termination is Termination.INFEASIBLE:
            return
        # The program's bound is on w @ v; what the scalarisation sums is that less w @ r.
        total = answer.dual_bound - float(self._what.weights @ self._what.reference)
        self._keep(_Interval(place, interval.high, min(interval.sum_bound, total)))

    def _keep(self, part: _Interval) -> None:
        """Leave a part open, or count its bound where it is too narrow to be split."""
        if part.high - part.low > NARROW * self._accuracy:
            self._open.append(part)
        else:
            self._settled = max(self._settled, part.bound(self._what.augmentation))

    def _solve(self, place: float, *, last: bool) -> Answer:
        """The largest sum among the policies whose minimum is at least ``place``.

        Where it is the last program of its interval, and its share has cut it, it has all the time that is left.
        """
        what, run = self._what, self._run
        start = None if self._best is None else self._best[1]
        floor = what.reference + place / what.weights
        answer = self._answer(floor, run.starting_at(start).sharing(PROGRAM_SHARE))
        if last and answer.termination is Termination.TIME_LIMIT and not run.stopped:
            answer = self._answer(floor, run.starting_at(answer.policy or start))
        if answer.termination.is_limit:
            self._limit = answer.termination
        if answer.policy is not None and answer.response is not None:
            value = what(answer.response.leader_values)
            if value > self._value:
                self._best = value, answer.policy, answer.response
        return answer

    def _answer(self, floor: FloatArray, run: Run) -> Answer:
        answer = solve_commitment(self._problem.weighing(self._what.weights).above(floor), run)
        self._programs += 1
        self._nodes += answer.nodes
        self._lps += answer.lps
        return answer
