r"""The augmented Chebyshev scalarisation of the leader's values, maximised with proof.

    L[v] = min_s w(s) (v(s) - r(s)) + e sum_s w(s) (v(s) - r(s)),    w > 0, e > 0,

is Pareto-compliant: more in one state without less in another raises it, so its maximisers are Pareto-optimal. Unlike a
weighted sum it reaches **unsupported** points too, those in a dent of the front: every Pareto-optimal value is a
maximiser for some weights, if ``e`` is small and the reference ``r`` lies above it (Steuer & Choo, Math. Programming
26, 1983).

It is one direction program (:mod:`ssg_mip.programs.direction`): ``L[v]`` is the largest level that all the linear
functions ``w(s) v(s) + e w @ v`` reach at once above their values at ``r``.
"""

from __future__ import annotations

import dataclasses
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
from ssg_mip.evaluation.value_bounds import LEAST_GAP, leader_value_bounds
from ssg_mip.exact.direction import solve_direction
from ssg_mip.game.game import GAME, Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.game.validation import checked_array
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.follower import Rational
from ssg_mip.problem.objective import Objective
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.scalarisation import DEFAULT_AUGMENTATION, AugmentedChebyshev, scalarisation_of
from ssg_mip.problem.weights import state_weights
from ssg_mip.programs.direction import Demand
from ssg_mip.runs.run import Run


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
    nodes, lps
        Work done.
    """

    scalarisation: AugmentedChebyshev
    leader_policy: LeaderPolicy
    response: Response
    value: float
    dual_bound: float
    termination: Termination
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
        The accuracy of ``L``, relative to its own spread between the bounds of the leader's values: the largest of
        the widths times their weights, and ``e`` times the sum of these. No finer than a millionth of the values at
        which the search starts.

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
    scalarisation_of(game, scalarisation)
    with given_or_graceful(interrupt) as flag:
        run = Run(gap=gap, deadline=Deadline(time_limit), seed=seed, interrupt=flag)
        form = standard_form(game)
        problem = Problem(form.standard, Objective(scalarisation.weights), Rational(ties=ties))
        found = _best(problem, run, scalarisation.into(form.leader))
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


def _demands(what: AugmentedChebyshev, lower: FloatArray) -> list[Demand]:
    """One for each state: the piece that has its share of the minimum reaches the level above ``L[lower]``.

    In units of what a gain of 1 in every state is worth at least, so that the numbers are those of the game however
    large the augmentation is; and above the values at ``lower``, because references far from the game would drown them.
    """
    pieces, shares = what.pieces, what.weights * (lower - what.reference)
    rows = pieces.weights / pieces.unit
    least = rows @ lower + (shares.min() - shares) / pieces.unit
    nothing = np.zeros(len(lower))
    return [
        Demand(leader=leader, follower=nothing, least=float(at_least), slope=1.0)
        for leader, at_least in zip(rows, least, strict=True)
    ]


def _best(problem: Problem, run: Run, what: AugmentedChebyshev) -> ChebyshevPoint | None:
    """The point of the direction program, which starts where every state is worth least."""
    bounds = leader_value_bounds(problem.game)
    lowest, highest, unit = what(bounds.lower), what(bounds.upper), what.pieces.unit
    spreads = what.weights * bounds.width
    spread = float(spreads.max()) + what.augmentation * float(spreads.sum())
    demands = _demands(what, bounds.lower)
    # A demand may be missed by this much, which the bound counts.
    finest = run.tolerances.monotone * (1.0 + max(abs(demand.least) for demand in demands)) * unit
    accuracy = max(max(run.gap, LEAST_GAP) * spread, finest)
    top = max(highest - lowest, 0.5 * accuracy) / unit
    answer = solve_direction(problem, run, demands, top=top, absolute_gap=accuracy / unit)
    if answer.policy is None or answer.response is None:
        return None
    value = what(answer.response.leader_values)
    bound = max(value, lowest + unit * answer.dual_bound)
    is_open = answer.termination is Termination.GAP and bound - value > accuracy * (1.0 + LEAST_GAP)
    return ChebyshevPoint(
        scalarisation=what,
        leader_policy=answer.policy,
        response=answer.response,
        value=value,
        dual_bound=bound,
        termination=Termination.NUMERICAL if is_open else answer.termination,
        nodes=answer.nodes,
        lps=answer.lps,
    )
