"""``enclose_front``: the whole front, between attained points and proven bounds."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from ssg_mip.base.deadline import DEADLINE, Deadline
from ssg_mip.base.interrupt import Interrupt, given_or_graceful
from ssg_mip.base.memory import MemoryGiven, memory_limit_of
from ssg_mip.base.rules import CALLBACK, COUNT, FLAG, LIST, POSITIVE, checked, optional
from ssg_mip.base.tolerances import DEFAULT_TOLERANCES, Tolerances
from ssg_mip.evaluation.best_response import Ties
from ssg_mip.evaluation.standard_form import standard_form
from ssg_mip.exact.conflict import refuse_conflict
from ssg_mip.game.game import Game
from ssg_mip.methods.in_standard_form import into_form, progress_into
from ssg_mip.pareto.allowed import TOGETHER
from ssg_mip.pareto.closing import Closing, kept_for_checks
from ssg_mip.pareto.enclosure.algorithm import EnclosureSearch
from ssg_mip.pareto.enclosure.objectives import ObjectiveLike, read_objectives
from ssg_mip.pareto.enclosure.points import checked_enclosure
from ssg_mip.pareto.enclosure.result import Enclosure
from ssg_mip.pareto.in_standard_form import enclosure_out, scale_of
from ssg_mip.problem.asked import asked, refuse
from ssg_mip.problem.policy_space import Scope
from ssg_mip.problem.problem import PROBLEM, Problem
from ssg_mip.result import ProgressRow
from ssg_mip.runs.limits import Limits
from ssg_mip.runs.run import Run

EXPECTED_POINTS = 10
"""Points for whose check a share of the time limit is kept."""

TAKES: frozenset[Scope] = TOGETHER
"""What an enclosure honours."""

INSTEAD = "solve(problem, method='commitment')"
"""What honours more."""


@checked(
    game=PROBLEM,
    objectives=optional(LIST),
    resolution=optional(POSITIVE),
    program_limit=optional(COUNT),
    on_progress=optional(CALLBACK),
    check=FLAG,
    deadline=optional(DEADLINE),
)
def enclose_front(
    game: Game | Problem,
    *,
    objectives: Sequence[ObjectiveLike] | None = None,
    resolution: float | None = None,
    ties: Ties = "leader",
    margin: float = 0.0,
    time_limit: float | None = None,
    deadline: Deadline | None = None,
    node_limit: int | None = None,
    memory_limit: MemoryGiven = None,
    program_limit: int | None = None,
    seed: int = 0,
    on_progress: Callable[[ProgressRow], None] | None = None,
    interrupt: Interrupt | None = None,
    check: bool = True,
    tolerances: Tolerances = DEFAULT_TOLERANCES,
) -> Enclosure:
    """Enclose the Pareto front of several objectives between attained points and proven bounds.

    Parameters
    ----------
    game
        The game, or a problem about it; constraints that are not honoured are refused by name.
    objectives
        What the front is taken with respect to (:mod:`ssg_mip.pareto.enclosure.objectives`): states, groups of
        states, weights, or objectives made by ``leader_objective`` and ``follower_objective``. The leader's value in
        every state whose value the policies decide, if absent.
    resolution
        How much worse than any policy the best point for it may be in every objective, in the units of the rewards; a
        thousandth of the widest range of an objective if absent.
    ties, margin, seed
        As in ``solve``. Under the rules ``first`` and ``adverse`` a front need not be attained: then the resolution
        that is reached stays above what was asked.
    time_limit
        Seconds for everything, checks included.
    deadline
        A budget that is running already, instead of ``time_limit``.
    node_limit
        Limit on branch-and-bound nodes, per program.
    memory_limit
        Bytes that the process may hold, or text such as ``"2 GB"``; as in ``solve``.
    program_limit
        Programs at most.
    on_progress
        Called with one row per program: its number, level and bound.
    interrupt
        A flag to stop from outside. If absent, Ctrl-C stops the work. What was found and proven so far comes back.
    check
        Whether to check every point in exact arithmetic.
    tolerances
        Numerical tolerances.

    Raises
    ------
    OptionError
        If an argument is out of range, a name is unknown, or a constraint is of a kind that is not honoured.
    InfeasibleError
        If no policy keeps the constraints.
    """
    problem = asked(game, ties=ties, margin=margin)
    refuse(problem, "enclose_front", TAKES, INSTEAD)
    refuse_conflict(problem)
    game = problem.game
    chosen = read_objectives(game, objectives)
    form = standard_form(game, one_unit=len({one.player for one in chosen}) > 1)
    scale = scale_of(chosen, form)
    deadline = Deadline(time_limit) if deadline is None else deadline

    def is_over(points: int) -> bool:
        return deadline.remaining <= kept_for_checks(game, deadline, points, wanted=check)

    with given_or_graceful(interrupt) as flag:
        run = Run(
            deadline=deadline.keeping(kept_for_checks(game, deadline, EXPECTED_POINTS, wanted=check)),
            interrupt=flag,
            limits=Limits(nodes=node_limit, memory=memory_limit_of(memory_limit)),
            seed=seed,
            tolerances=tolerances,
        )
        problem.follower.check(problem.game, run.tolerances)
        problem, run = into_form(problem, run, form)
        run = dataclasses.replace(run, scale=scale)
        rows = progress_into(on_progress, scale.of_differences, game.initial)
        wanted = None if resolution is None else resolution / scale.unit
        work = EnclosureSearch(problem, run, chosen, wanted, program_limit, rows, is_over)
        termination = work.run()
        found = enclosure_out(work.enclosure(termination), form)
        printed = len(found.points) * game.num_states
        closing = Closing(deadline, flag, printed=printed, tolerances=tolerances)
        return checked_enclosure(found, closing) if check else found
