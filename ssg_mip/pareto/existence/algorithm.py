"""The work behind a verdict on existence: runs of the commitment program, and what they leave known."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator

import numpy as np

from ssg_mip.base.deadline import Deadline
from ssg_mip.base.gap import SPREAD_SHARE
from ssg_mip.base.leftover import CutRuns
from ssg_mip.base.status import Termination
from ssg_mip.evaluation.value_bounds import gap_scales, leader_value_bounds
from ssg_mip.exact.wider import solve_allowed
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.methods.registry import find_method
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.pareto.allowed import ONE_BY_ONE, at_least, check_rows, chosen_by_state
from ssg_mip.pareto.archive import Archive
from ssg_mip.pareto.existence.answers import Verdict
from ssg_mip.problem.evaluated_policy import EvaluatedPolicy
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.weights import unit_weights
from ssg_mip.result import Result
from ssg_mip.runs.run import Run

FLOOR_SHARE = 0.5
"""Share of the gap that the floor of the last program gives away; the suprema are known to the other half."""

_FLOORS, _ALL = -1, -2
"""What ended, besides the program of a state: the one with floors, or all of them at a limit."""


class ExistenceSearch:
    """What is known so far.

    Attributes
    ----------
    upper
        Proven bounds on the leader's value in every state.
    attained
        The policies met, with the responses to them.
    joint_bound
        Proven bound on the average over the states.
    results
        The runs.
    nodes, lps
        Work done.
    """

    def __init__(self, problem: Problem, run: Run) -> None:
        game = problem.game
        check_rows(problem, ONE_BY_ONE, "the question of existence")
        self._game = game
        self._problem = problem
        self._run = run
        self._bounds = leader_value_bounds(game)
        self._scale = gap_scales(self._bounds)
        self.upper = self._bounds.upper.copy()
        self.attained: Archive[EvaluatedPolicy] = Archive(game.num_states, lambda one: one.values)
        self.joint_bound = float(np.mean(self.upper))
        self.results: list[Result] = []
        self.nodes = 0
        self.lps = 0
        self._ends: dict[int | None, Termination] = {}
        self._cut: CutRuns[int | None] = CutRuns(run.deadline)

    @property
    def end(self) -> Termination:
        """Why the work ended: a limit that left something open, or ``GAP``."""
        return next((end for end in self._ends.values() if end.is_limit), Termination.GAP)

    @property
    def lower(self) -> FloatArray:
        """Attained values of every state."""
        found: FloatArray = self.attained.values.max(axis=0, initial=-np.inf)
        return found

    @property
    def candidate(self) -> EvaluatedPolicy | None:
        """The policy that misses the bounds least, with the response to it."""
        return min(self.attained.points, key=lambda one: self._misses(one.values), default=None)

    @property
    def allowed(self) -> FloatArray:
        """What may be missing in each state."""
        size: FloatArray = self._run.gap * np.maximum(
            self._scale, np.minimum(np.abs(self.upper), self._scale / SPREAD_SHARE)
        )
        return size

    def verdict(self) -> tuple[Verdict, float, str]:
        """Run the programs until the verdict is there or a limit is reached.

        Returns
        -------
        verdict, miss, reason
            With a proven miss where there is no equilibrium (NaN otherwise), and the numbers behind it in a sentence.
        """
        answer = self._decided()
        return (Verdict.UNDECIDED, math.nan, self._why_undecided()) if answer is None else answer

    def _decided(self) -> tuple[Verdict, float, str] | None:
        """The verdict, a proven miss and the reason; ``None`` where nothing is decided."""
        size = self._game.num_states
        joint = self._solve(None, self._run.deadline.share(1.0 / (size + 2)))
        if joint.termination is Termination.INFEASIBLE:
            return Verdict.NONE, math.inf, self._none_allowed()
        for place, state in enumerate(self._states_to_solve()):
            if self._exhausted():
                break
            self._solve(state, self._run.deadline.share(1.0 / (size + 1 - place)))
        while (following := self._cut.following()) is not None and not self._exhausted():
            self._solve(*following)
        return self._existing() or self._excluded() or self._by_floor()

    def _states_to_solve(self) -> Iterator[int]:
        """States whose supremum is not met yet by a policy at hand."""
        for state in range(self._game.num_states):
            if not self.lower[state] >= self.upper[state] - FLOOR_SHARE * self.allowed[state]:
                yield state

    def _solve(self, state: int | None, share: Deadline) -> Result:
        """One run of the commitment method for a state alone, or for all evenly, within a share of what is left.

        Everything it says is remembered.
        """
        size = self._game.num_states
        weights = np.full(size, 1.0 / size) if state is None else unit_weights(size, state)
        run = dataclasses.replace(self._run, gap=(1.0 - FLOOR_SHARE) * self._run.gap, deadline=share)
        run = run.after(self.nodes).starting_at(self._start(state))
        result = find_method("commitment")(self._problem.weighing(weights), run)
        self.results.append(result)
        self.nodes += result.provenance.counts["nodes"]
        self.lps += result.provenance.counts["lps"]
        self._ends[state] = result.termination
        self._cut.ended(state, share, cut=result.termination is Termination.TIME_LIMIT)
        if state is None:
            self.joint_bound = min(self.joint_bound, result.dual_bound)
        else:
            self.upper[state] = min(self.upper[state], result.dual_bound)
        if result.leader_policy is not None:
            self.attained.add(EvaluatedPolicy.of(self._problem, result.leader_policy, self._run.tolerances))
        return result

    def _start(self, state: int | None) -> LeaderPolicy | None:
        """The best policy so far: of a state, or the one that misses the bounds least."""
        best = self.candidate if state is None else self.attained.best(unit_weights(self._game.num_states, state))
        return None if best is None else best.policy

    def _exhausted(self) -> bool:
        """Whether more programs would be of no use: a limit is reached, or they are too large to be written."""
        reason = self._run.stop_reason(self.nodes)
        if reason is not None:
            self._ends[_ALL] = reason
        return _ALL in self._ends or self.end in {Termination.NODE_LIMIT, Termination.SIZE_LIMIT}

    def _misses(self, values: FloatArray) -> float:
        """The largest distance from a bound, in units of what is allowed."""
        return float(np.max((self.upper - values) / np.maximum(self.allowed, np.finfo(float).tiny)))

    def _existing(self) -> tuple[Verdict, float, str] | None:
        """An equilibrium, if one of the policies met is one."""
        found = self.candidate
        if found is None or self._misses(found.values) > 1.0:
            return None
        short = self._run.scale.gain_out(float(np.max(self.upper - found.values)))
        return Verdict.EXISTS, math.nan, f"one policy is within {max(short, 0.0):.3g} of the supremum of every state"

    def _excluded(self) -> tuple[Verdict, float, str] | None:
        """The proof by even weights that no policy reaches all suprema."""
        miss = float(np.mean(self.lower)) - self.joint_bound
        if not miss > float(np.max(self.allowed)):
            return None
        scale = self._run.scale
        even = np.full(self._game.num_states, 1.0 / self._game.num_states)
        attained = scale.value_out(float(np.mean(self.lower)), even)
        bound = scale.upper_out(self.joint_bound, even)
        reason = (
            f"the attained suprema are {attained:.9g} on average, but no policy averages more than {bound:.9g}: "
            f"each misses the supremum of some state by at least {scale.gain_out(miss):.3g}"
        )
        return Verdict.NONE, miss, reason

    def _by_floor(self) -> tuple[Verdict, float, str] | None:
        """The program with the suprema as floors, where a limit has not come first and it would be exact."""
        if self.end.is_limit or not np.isfinite(self.lower).all() or self._exhausted():
            return None
        if not chosen_by_state(self._problem):
            return None
        size = self._game.num_states
        even = np.full(size, 1.0 / size)
        given_away = FLOOR_SHARE * self.allowed
        run = self._run.after(self.nodes).up_to(-math.inf)
        answer = solve_allowed(at_least(self._problem.weighing(even), self.lower - given_away), run)
        self.nodes += answer.nodes
        self.lps += answer.lps
        self._ends[_FLOORS] = answer.termination
        if answer.found is not None:
            self.attained.add(answer.found)
            return self._existing()
        if answer.termination is not Termination.INFEASIBLE:
            return None
        miss = float(np.min(given_away))
        reason = (
            "no policy comes as close to the attained suprema as half the gap in all states: "
            f"each misses one by more than {self._run.scale.gain_out(miss):.3g}"
        )
        return Verdict.NONE, miss, reason

    def _none_allowed(self) -> str:
        """Why there is no policy at all."""
        asked = {"rows": self._problem.policies.restricts, "margin": self._problem.follower.margin > 0.0}
        return (
            f"no stationary policy keeps the {' and the '.join(what for what, is_asked in asked.items() if is_asked)}"
        )

    def _why_undecided(self) -> str:
        found = self.candidate
        if found is None:
            return "no policy was found"
        short = self._run.scale.gain_out(float(np.max(self.upper - found.values)))
        return (
            f"the best policy found may miss the supremum of some state by {short:.3g}; no bound excludes better ones"
        )
