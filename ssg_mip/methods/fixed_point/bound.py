"""The bound of games whose fixed point is optimal.

With a myopic follower, with transitions that do not depend on the follower's action, in games of one state and where
the follower has no choice, the operator is that of a decision process of the leader. Then multipliers of its linear
programs prove what no policy exceeds (:mod:`ssg_mip.exact.statewise`), and a fixed point attains it. In other games,
and with a margin, the bound is that of a planner who moves both players.
"""

from __future__ import annotations

from ssg_mip.evaluation.standard_form import standard_form
from ssg_mip.evaluation.value_bounds import gap_scale, leader_value_bounds, raised_sum
from ssg_mip.exact.statewise import is_statewise, solve_statewise
from ssg_mip.methods.in_standard_form import into_form, proof_out
from ssg_mip.problem.problem import Problem
from ssg_mip.proofs.claim import Claim
from ssg_mip.runs.run import Run
from ssg_mip.runs.visit_log import Visits

TIME_SHARE = 0.5
"""Share of the time that the bound may take; a few rounds of the operator take as long."""


def take_statewise_bound(problem: Problem, run: Run, visits: Visits) -> None:
    """Give the visits the bound of the game's class, where it is better than the one they have; not without time."""
    if run.stopped or not problem.follower.any_policy_counts or not is_statewise(problem.game):
        return
    form, recorder = standard_form(problem.game), run.recorder
    own, inner = into_form(problem, run.sharing(TIME_SHARE).quietly().recording(None), form)
    solved = solve_statewise(own, inner, scale=gap_scale(leader_value_bounds(own.game), own.weights))
    bound = raised_sum(own.weights, solved.upper)
    if solved.leaf is None or form.leader.upper_out(bound, own.weights) >= visits.dual_bound:
        return
    if recorder is not None:
        recorder.form, recorder.value_tree = form, solved.leaf
        bound = recorder.settle(own.game, Claim(weights=own.weights, bound=bound))
    visits.bounded(form.leader.upper_out(bound, own.weights), proof_out(solved.proof, form))
