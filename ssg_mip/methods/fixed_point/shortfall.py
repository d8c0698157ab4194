"""How far a policy stays behind the best that the leader could have from each state, as far as that is proven."""

from __future__ import annotations

import dataclasses
from typing import Any

from ssg_mip.base.deadline import Deadline
from ssg_mip.base.leftover import CutRuns
from ssg_mip.base.status import Status, Termination
from ssg_mip.methods.in_standard_form import run_method
from ssg_mip.methods.registry import find_method
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.weights import unit_weights
from ssg_mip.runs.run import Run


def shortfalls(problem: Problem, run: Run, leader_values: FloatArray) -> dict[str, dict[str, Any]]:
    """Per state, the certified optimum of that state alone less the value of the policy there.

    Each state has a commitment of its own (one policy need not be best in all of them), found within an equal share
    of the time that is left. What some leave goes back to those that were cut.

    Parameters
    ----------
    problem, run
        The game and what is asked: gap, tie rule and margin go for every commitment.
    leader_values
        True values of the policy, shape ``[num_states]``.

    Returns
    -------
    dict
        By state: ``shortfall``, and ``against``, which is ``"optimum"`` where the commitment is proven within the
        gap, otherwise ``"proven bound"``: then the shortfall may be less than it says, never more.
    """
    game = problem.game
    report: dict[str, dict[str, Any]] = {}
    cut: CutRuns[int] = CutRuns(run.deadline)

    def solve(state: int, share: Deadline) -> None:
        best = run_method(*_alone(problem, run, state, share), find_method("commitment"))
        cut.ended(state, share, cut=best.termination is Termination.TIME_LIMIT)
        proven = best.status is Status.OPTIMAL
        reference = best.leader_value if proven else best.dual_bound
        report[game.state_names[state]] = {
            "shortfall": float(reference - leader_values[state]),
            "against": "optimum" if proven else "proven bound",
        }

    for state in range(game.num_states):
        solve(state, run.deadline.share(1.0 / (game.num_states - state)))
    while not run.stopped and (following := cut.following()) is not None:
        solve(*following)
    return report


def _alone(problem: Problem, run: Run, state: int, share: Deadline) -> tuple[Problem, Run]:
    """Question and run for the commitment of one state."""
    limits = dataclasses.replace(run.limits, iterations=None)
    inner = dataclasses.replace(run, deadline=share, limits=limits, settings={}, on_progress=None, recorder=None)
    return problem.weighing(unit_weights(problem.game.num_states, state)), inner
