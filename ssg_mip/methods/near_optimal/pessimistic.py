r"""The pessimistic near-optimal follower: the best secured value as an interval.

Let ``phi(f)`` be the worst that the leader gets by an answer that costs the follower at most ``epsilon`` in one step.
For every margin ``m > epsilon``

    ``best value with margin m  <=  sup phi  <=  strong optimum``,

because with a margin above ``epsilon`` the best response is the only such answer, and because the best response is
always one of them. The supremum need not be attained: ``phi`` jumps down where an answer comes within reach.

Both ends come from commitments against rational followers, each to its own gap: the lower one from policies, of which
the best by ``phi``, and what a pattern search finds near it (:mod:`~ssg_mip.methods.near_optimal.pattern`), is the
answer; the upper one is a proven bound, certified as that of the strong optimum is.
"""

from __future__ import annotations

import math

from ssg_mip.base.status import Status, Termination
from ssg_mip.exact.heuristics.simple import best_simple_policy
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.methods.near_optimal.pattern import improved
from ssg_mip.methods.presolved import run_presolved
from ssg_mip.problem.evaluated_policy import EvaluatedPolicy
from ssg_mip.problem.follower import Rational, least_margin
from ssg_mip.problem.followers.near_optimal import NearOptimal
from ssg_mip.problem.problem import Problem
from ssg_mip.result import Result, TrajectoryPoint
from ssg_mip.runs.conclusion import Conclusion
from ssg_mip.runs.method import Method
from ssg_mip.runs.run import Run

ABOVE = 1e-6
"""By what share the margin exceeds ``epsilon``; by a tie's tolerance too, so that no answer counts as within reach."""

SHARE = 0.5
"""Share of the time for the strong optimum; the rest is for the one with a margin."""

COMMITMENT = Method(name="commitment", home="ssg_mip.methods.commitment", weighted_only=True)
"""What solves for rational followers."""


def solve(problem: Problem, run: Run) -> Result:
    """A policy with the value that it secures, and a bound on what any policy secures."""
    follower = problem.follower
    if not isinstance(follower, NearOptimal):
        raise TypeError(f"this interval is for a near-optimal follower, not for a {follower.words}")
    strong = run_presolved(problem.answered_by(Rational()), run.sharing(SHARE), COMMITMENT)
    margin = follower.epsilon * (1.0 + ABOVE) + least_margin(problem.game, run.tolerances)
    left = run.recording(None).after(strong.provenance.counts.get("nodes", 0))
    strict = None if run.stopped else run_presolved(problem.answered_by(Rational(margin=margin)), left, COMMITMENT)
    tried = [("the strong optimum", strong.leader_policy)]
    tried += [] if strict is None else [("the optimum with a margin", strict.leader_policy)]
    tried += [("a simple policy", best_simple_policy(problem, run)[0].policy)]
    found = {note: _evaluated(problem, run, policy) for note, policy in tried if policy is not None}
    note, best = max(found.items(), key=lambda one: float(problem.weights @ one[1].values))
    closer = improved(problem, run, best)
    note, best = (note, best) if closer is best else (f"a policy near {note}", closer)
    value = float(problem.weights @ best.values)
    closed = strong.dual_bound - value <= run.gap * strong.gap_scale
    return Conclusion(
        method="commitment",
        status=Status.OPTIMAL if closed else Status.FEASIBLE,
        termination=Termination.GAP if closed else _why(strong, strict),
        dual_bound=max(value, strong.dual_bound),
        bound_proof=strong.bound_proof,
        found=best,
        trajectory=(
            TrajectoryPoint(
                iteration=0,
                leader_values=best.values,
                leader_value=value,
                leader_policy=best.policy,
                note=note,
            ),
        ),
        progress=strong.progress,
        counts=_added(strong, strict),
        details={
            "secured_by": note,
            "margin_above_epsilon": margin,
            "best_value_with_that_margin": None if strict is None else _told(strict),
            "follower_forgoes": best.response.regret,
        },
    ).result(problem, run)


def _evaluated(problem: Problem, run: Run, policy: LeaderPolicy) -> EvaluatedPolicy:
    return EvaluatedPolicy.of(problem, policy, run.tolerances)


def _why(strong: Result, strict: Result | None) -> Termination:
    """Why the interval is open: a limit of either run, or that it is one."""
    for one in (strong, strict):
        if one is not None and one.termination.is_limit:
            return one.termination
    return Termination.INTERRUPTED if strict is None else Termination.CONVERGED


def _added(strong: Result, strict: Result | None) -> dict[str, int]:
    runs = [strong] if strict is None else [strong, strict]
    names = dict.fromkeys(name for one in runs for name in one.provenance.counts)
    return {name: sum(one.provenance.counts.get(name, 0) for one in runs) for name in names}


def _told(strict: Result) -> dict[str, float | None]:
    """Value and bound of the optimum with the margin; nothing where no policy keeps it."""
    ends = (strict.leader_value, strict.dual_bound)
    value, bound = (end if math.isfinite(end) else None for end in ends)
    return {"value": value, "bound": bound}
