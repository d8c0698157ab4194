"""The commitment program along a direction, solved: how high objectives rise at once, and a bound.

A policy's level is what the exact follower says; the bound on the level holds over all stationary leader policies, also
where a limit ends the search.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from ssg_mip.branch_and_bound.records import Aim
from ssg_mip.evaluation.value_bounds import LEAST_GAP
from ssg_mip.exact.answer import Answer, answer_of, without_program
from ssg_mip.exact.commitment_bridge import Witness
from ssg_mip.exact.constrained import bridge_along
from ssg_mip.exact.size_limit import direction_size, obstacle
from ssg_mip.problem.problem import Problem
from ssg_mip.programs.direction import Ceiling, Demand, Direction, shared_start
from ssg_mip.runs.run import Run


def solve_direction(
    problem: Problem,
    run: Run,
    demands: Sequence[Demand],
    *,
    top: float,
    absolute_gap: float,
    ceilings: Sequence[Ceiling] = (),
    witness: Witness | None = None,
) -> Answer:
    """Maximise the level up to which every demand is met by one stationary leader policy.

    Parameters
    ----------
    problem
        The game with its follower; its weights do not matter.
    demands
        At least one of them with a positive slope. They hold within ``run.tolerances.monotone`` times their scale.
    run
        Limits, seed, start policy.
    top
        The highest level of interest.
    absolute_gap
        The gap between level and bound at which the search may stop.
    ceilings
        Proven bounds on weighted sums of the demands' left sides.
    witness
        Told of every policy that the search evaluates.

    Returns
    -------
    Answer
        ``primal_bound`` is the level of the policy, at least 0; ``dual_bound`` is at most ``top``: no stationary policy
        reaches a level between it and ``top``. Without any policy that meets the demands at level 0 it ends with
        ``Termination.INFEASIBLE`` and the dual bound ``-inf``.

    Raises
    ------
    OptionError
        If rows couple states and the demands do not share one block (:func:`ssg_mip.programs.direction.shared_start`).
    """
    coupled = problem.policies.coupled_states(problem.game)
    direction = Direction(
        demands=tuple(demands),
        ceilings=tuple(ceilings),
        top=top,
        missing=run.tolerances.monotone,
        shared=shared_start(problem.game, demands) if coupled else None,
    )
    bridge = bridge_along(problem, run, direction, witness)
    stop = obstacle(direction_size(problem.game, direction, coupled), run)
    if stop is not None:
        # A level is no sum of values: nothing better is known of the best one than where the search was to end.
        return dataclasses.replace(without_program(bridge.best_simple(), top, stop), dual_bound=top)
    outcome = bridge.search(Aim(relative=LEAST_GAP, absolute=absolute_gap))
    return answer_of(outcome, ceiling=top)
