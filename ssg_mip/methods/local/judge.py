"""The exact follower as the judge of all policies that the method comes by: the best one is kept, not the last."""

from __future__ import annotations

import numpy as np

from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.problem.evaluated_policy import Candidate
from ssg_mip.problem.problem import Problem
from ssg_mip.runs.run import Run
from ssg_mip.runs.visit_log import Visits


class Judge:
    """Evaluates policies exactly, and tells the record of those that are better than all before.

    Attributes
    ----------
    judged
        Policies so far.
    """

    def __init__(self, problem: Problem, run: Run, visits: Visits) -> None:
        self._problem, self._run, self._visits = problem, run, visits
        self.judged = 0

    def __call__(self, policy: LeaderPolicy, phase: str) -> Candidate:
        """A policy with its exact weighted value, ``-inf`` if it does not keep the margin.

        Of the policies of one ``phase`` the record shows the best alone.
        """
        response, keeps = self._problem.follower.answer(self._problem.game, policy, self._run.tolerances)
        value = float(self._problem.weights @ response.leader_values) if keeps else -np.inf
        found = Candidate(policy, response, value)
        self.judged += 1
        self._visits.offer(found, phase)
        return found
