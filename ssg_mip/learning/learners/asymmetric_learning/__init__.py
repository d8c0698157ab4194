"""Asymmetric learning dynamics: a Q-learning leader, a Hedge follower, and the baselines of the same comparison.

``run`` wraps :func:`~ssg_mip.learning.learners.asymmetric_learning.dynamics.learn`, whose :class:`Dynamics` has the
curves. The leader policies that count are the greedy one and the time average; the answer is the best of all that
were evaluated, each under the follower's true best response to the *policy*, whatever it saw while it learned.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.learning.learners.asymmetric_learning.dynamics import Dynamics, learn
from ssg_mip.learning.learners.asymmetric_learning.information import exact_answer, pair_values
from ssg_mip.learning.learners.asymmetric_learning.settings import Settings
from ssg_mip.learning.learners.network_size import check_table_size
from ssg_mip.learning.learners.schedules import moments
from ssg_mip.problem.problem import Problem
from ssg_mip.result import Result
from ssg_mip.runs.run import Run
from ssg_mip.runs.settings import read_settings
from ssg_mip.runs.visit_log import Visits

METHOD = "asymmetric-learning"

STEPS = 100_000
"""Steps if no limit is given: a few seconds. The paper's figures have 1,000 and its remarks 10,000 and more."""

LOOKS = 10
"""Moments at which the greedy and the average policy are evaluated."""

CLOSING = 40
"""Evaluations that a recorded moment and the work after the last step take as long as, together."""

MOST_RECORDED = 2_000_000
"""Probabilities in the recorded average policies, at most: 200 moments of games with up to 10,000 joint actions."""


def solve(problem: Problem, run: Run) -> Result:
    """Run the dynamics and evaluate the leader's greedy and average policies exactly.

    ``details``: average payoffs per step, cumulative regrets and what they compare with, and the values of the
    average policy of the leader for both players, under either model of observation.
    """
    game = problem.game
    settings = read_settings(Settings, run.settings, METHOD)
    check_table_size(game, METHOD, run.deadline)
    visits = Visits(problem, run, METHOD)
    visits.start()
    steps = run.limits.iterations or STEPS
    looks = set(moments(steps, LOOKS)[:-1])

    def look(step: int, greedy: LeaderPolicy, average: LeaderPolicy) -> None:
        if step in looks:
            visits.visit(average, f"average of {step} steps")
            visits.visit(greedy, f"greedy after {step} steps")

    learned = learn(
        game,
        settings,
        np.random.default_rng(run.seed),
        steps=steps,
        num_moments=max(LOOKS, min(20 * LOOKS, MOST_RECORDED // game.num_rows)),
        on_moment=look,
        stopped=lambda: not visits.time_for(CLOSING),
    )
    visits.visit(learned.average_leader_policy, "average at the end")
    visits.visit(learned.last_leader_policy, "greedy at the end")
    done = int(learned.steps[-1])
    return visits.result(visits.ended(done >= steps), counts={"steps": done}, details=_details(problem, learned))


def _details(problem: Problem, learned: Dynamics) -> dict[str, Any]:
    game = problem.game
    average = learned.average_leader_policy
    hidden, seen = (
        [float(problem.weights @ values) for values in pair_values(game, average, exact_answer(game, average, model))]
        for model in ("policy", "action")
    )
    return {
        "average_leader_payoff": float(learned.leader_payoffs[-1]),
        "average_follower_payoff": float(learned.follower_payoffs[-1]),
        "leader_regret": float(learned.leader_regret[-1]),
        "follower_regret": float(learned.follower_regret[-1]),
        "regret_comparator": learned.comparator,
        "average_policy": average.to_names(game),
        "average_policy_leader_value": hidden[0],
        "average_policy_follower_value": hidden[1],
        "average_policy_leader_value_if_actions_are_seen": seen[0],
        "average_policy_follower_value_if_actions_are_seen": seen[1],
    }


__all__ = ["Dynamics", "Settings", "learn", "run"]
