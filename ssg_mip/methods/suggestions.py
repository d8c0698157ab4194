"""Policies of the other methods, for a commitment that is not proven at once.

An answer that took longer should not be worth less. So a search that goes on asks the fixed-point operator, the best
deterministic policies and policy iteration too, each within a share of the time and of the nodes, and the answer is at
least as good as what they find there. They prove nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module

from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.methods.suggestions_within import suggestions_within
from ssg_mip.problem.objective import Objective
from ssg_mip.problem.problem import Problem
from ssg_mip.result import Result
from ssg_mip.runs.run import Run

ASKED = (
    "ssg_mip.methods.fixed_point",
    "ssg_mip.methods.restricted.deterministic",
    "ssg_mip.methods.policy_iteration",
)
"""Homes of the methods that are asked, the quickest first."""

SHARE = 0.2
"""Share of the remaining time that each may take."""

MOST_SECONDS = 5.0
"""What it may take at most."""

MOST_NODES = 500
"""Nodes that it may take besides."""


def suggestions_for(problem: Problem, run: Run) -> Callable[[], Iterator[LeaderPolicy]] | None:
    """What yields policies of the other methods, or of easier questions; ``None`` where none can be asked."""
    if not problem.allows_all or problem.objective.goal is not None:
        return suggestions_within(problem, run)
    return lambda: _suggested(Problem(problem.game, Objective(problem.weights), problem.follower), run)


def _suggested(problem: Problem, run: Run) -> Iterator[LeaderPolicy]:
    for home in ASKED:
        if run.stopped:
            return
        found: Result = import_module(home).solve(
            problem, run.aside(SHARE, most_seconds=MOST_SECONDS, nodes=MOST_NODES)
        )
        if found.leader_policy is not None:
            yield found.leader_policy
