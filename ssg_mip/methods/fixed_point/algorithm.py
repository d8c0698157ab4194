"""The method: iterate the operator, visit its policies, report what the last one is truly worth.

The operator works on the game's standard form with one unit for both players (:mod:`ssg_mip.evaluation.standard_form`),
so that a constant in the rewards decides no tie of a stage game; what is reported is in the game's own units.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from ssg_mip.base.status import Termination
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.best_response import Response
from ssg_mip.evaluation.standard_form import StandardForm, standard_form
from ssg_mip.exact.stage_operator.operator import StageOperator, Step, Values
from ssg_mip.exact.stage_operator.stage import LeaderClass, LeaderTies
from ssg_mip.exact.stage_operator.start import start_values
from ssg_mip.game.game import Game
from ssg_mip.game.game_class import is_myopic, moved_by_leader_alone
from ssg_mip.methods.fixed_point.bound import take_statewise_bound
from ssg_mip.methods.fixed_point.iteration import Algorithm, Behaviour, Iterates, iterate_operator
from ssg_mip.methods.fixed_point.shortfall import shortfalls
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.problem import Problem
from ssg_mip.result import Result
from ssg_mip.runs.run import Run
from ssg_mip.runs.settings import read_settings
from ssg_mip.runs.visit_log import Visits

METHOD = "fixed-point"

DEFAULT_ITERATION_LIMIT = 5000
"""Steps when the run has no limit: enough for value iteration at a discount of 0.995 and the default tolerance."""

MOST_VISITS = 40
"""Policies of a cycle that are visited, at most."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of the method.

    Attributes
    ----------
    algorithm
        ``"value-iteration"`` or ``"policy-iteration"``.
    leader
        ``"mixed"``, or ``"deterministic"`` for one action per state: the restriction behind bi-level Q-learning and
        Bi-AC.
    leader_ties
        Which of its equally good optima in a state the leader picks: ``"kind"`` the best for the follower,
        ``"unkind"`` the worst, ``"random"`` one drawn in every step, by the seed. The follower's ties are always
        decided for the leader (strong).
    start_values
        ``"zero"``, ``"random"`` (by the seed), or the values of leader and follower: two lists, or two objects
        ``{state: value}``. Different starts may reach different fixed points. Where the rewards hold a large constant,
        ``"zero"`` is its discounted sum.
    tolerance
        Change, relative to 1 + the largest value, below which the iterates have converged; both are those of the
        standard form.
    compare
        Whether to compute the certified optimum of every state alone and report the shortfall against it. This takes
        as long as one run of ``commitment`` per state, within the time limit.
    """

    algorithm: Algorithm = "value-iteration"
    leader: LeaderClass = "mixed"
    leader_ties: LeaderTies = "kind"
    start_values: Any = "zero"
    tolerance: float = 1e-9
    compare: bool = False

    def __post_init__(self) -> None:
        if not 0.0 < self.tolerance < 1.0:
            raise OptionError(f"tolerance is {self.tolerance!r}; it must be above 0 and below 1")


def solve(problem: Problem, run: Run) -> Result:
    """Iterate the operator, at most ``run.limits.iterations`` times (5000 if absent).

    The start policy is visited, and evaluated, but plays no other part: the operator starts from values.

    Returns
    -------
    Result
        ``CONVERGED`` at a fixed point, ``CYCLE`` where the iterates return, ``ITERATION_LIMIT`` where they do neither
        (iterates are bounded, so they cannot diverge to infinity). The answer is the best policy visited, ``OPTIMAL``
        where the class of the game yields a bound that it attains
        (:mod:`~ssg_mip.methods.fixed_point.bound`). ``details``:

        ``behaviour``, ``period``
            What became of the iterates, in words (:class:`~ssg_mip.methods.fixed_point.iteration.Behaviour`), and the
            length of the cycle: 1 at a fixed point, 0 if there is neither.
        ``last_change``
            The last step, largest over states and players; ``None`` without any.
        ``operator_values``
            The last iterate, by player and state: at a fixed point, what its policy pair earns.
        ``overpromise``
            By state, the operator's leader value less the true one of the last policy (``last_leader_values``); 0 up
            to the tolerance at a fixed point.
        ``equilibrium_because``
            At a fixed point, why it is an equilibrium, as far as theory says so: a list that may be empty.
        ``shortfall``
            If ``compare`` is set, by state (:func:`~ssg_mip.methods.fixed_point.shortfall.shortfalls`).
    """
    settings = read_settings(Settings, run.settings, METHOD)
    form = standard_form(problem.game, one_unit=True)
    start = _start(form, settings.start_values, run.seed)
    visits = Visits(problem, run, METHOD)
    take_statewise_bound(problem, run, visits)
    last = visits.start()

    def visit(step: int, found: Step) -> None:
        if step & (step - 1) == 0:
            visits.visit(found.policy, f"step {step}")

    operator = StageOperator(form.standard, settings.leader, settings.leader_ties, int(run.seed))
    iterates = iterate_operator(
        operator,
        start,
        algorithm=settings.algorithm,
        tolerance=settings.tolerance,
        limit=run.limits.iterations or DEFAULT_ITERATION_LIMIT,
        stopped=lambda: run.stopped,
        checkpoint=run.checkpoint,
        on_step=visit,
    )
    for back, found in zip(range(len(iterates.steps) - 1, -1, -1), iterates.steps, strict=True):
        if back == 0 or (back < MOST_VISITS and not run.stopped):
            last = visits.visit(found.policy, f"step {len(iterates.changes) - back}")
    return visits.result(
        _termination(iterates, visits),
        counts={"iterations": len(iterates.changes), "lps": iterates.lps},
        details=_details(problem, run, form, iterates, last, compare=settings.compare),
    )


def _start(form: StandardForm, given: Any, seed: int) -> Values:
    """Start values in the standard form; numbers are given in the game's own units."""
    if isinstance(given, str):
        return start_values(form.standard, given, seed)
    own = start_values(form.game, given, seed)
    return Values(form.leader.into(own.leader), form.follower.into(own.follower))


def _termination(iterates: Iterates, visits: Visits) -> Termination:
    match iterates.behaviour:
        case Behaviour.CONVERGED:
            return Termination.CONVERGED
        case Behaviour.CYCLE:
            return Termination.CYCLE
        case Behaviour.APPROACHING | Behaviour.WANDERING:
            return visits.limit


def _details(
    problem: Problem, run: Run, form: StandardForm, iterates: Iterates, last: Response, *, compare: bool
) -> dict[str, Any]:
    game, values = form.game, iterates.values
    leader, follower = form.leader.out(values.leader), form.follower.out(values.follower)

    def by_state(values: FloatArray) -> dict[str, float]:
        return dict(zip(game.state_names, map(float, values), strict=True))

    details: dict[str, Any] = {
        "behaviour": iterates.behaviour.value,
        "period": iterates.period,
        "last_change": form.leader.gain_out(float(iterates.changes[-1])) if len(iterates.changes) else None,
        "operator_values": {
            "leader": by_state(leader),
            "follower": by_state(follower),
        },
        "overpromise": by_state(leader - last.leader_values),
        "equilibrium_because": list(_reasons(game)) if iterates.behaviour is Behaviour.CONVERGED else [],
    }
    if compare:
        details["shortfall"] = shortfalls(problem, run, last.leader_values)
    return details


def _reasons(game: Game) -> tuple[str, ...]:
    """The sufficient conditions of Bucarey et al. (2022) that the game satisfies."""
    reasons = {
        "the follower looks no further than the immediate reward": is_myopic(game),
        "transitions do not depend on the follower's action": moved_by_leader_alone(game),
    }
    return tuple(reason for reason, holds in reasons.items() if holds)
