"""The work behind a verdict on existence: runs of the commitment program, and what they leave known."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator

import numpy as np

from ssg_mip.best_response import Response, best_response
from ssg_mip.bounds import gap_scale, leader_value_bounds
from ssg_mip.game import FloatArray, Game
from ssg_mip.gap import SPREAD_SHARE
from ssg_mip.methods import find_method
from ssg_mip.methods.exact import solve_commitment
from ssg_mip.methods.request import Request
from ssg_mip.pareto.equilibrium.verdict import Verdict
from ssg_mip.policy import LeaderPolicy
from ssg_mip.result import Result
from ssg_mip.status import Termination

FLOOR_SHARE = 0.5
"""Share of the gap that the floor of the last program gives away; the suprema are known to the other half."""


class Inquiry:
    """What is known so far.

    Attributes
    ----------
    lower, upper
        Attained values of every state, and proven bounds.
    candidate
        The policy that misses the bounds least, with the response to it.
    joint_bound
        Proven bound on the average over the states.
    results
        The runs.
    nodes, lps, end
        Work done, and why it ended.
    """

    def __init__(self, game: Game, request: Request) -> None:
        self._game = game
        self._request = request
        self._bounds = leader_value_bounds(game)
        self._identity = np.eye(game.num_states)
        scales = [gap_scale(self._bounds, unit) for unit in self._identity]
        self._scale = np.array(scales)
        self.lower = np.full(game.num_states, -np.inf)
        self.upper = self._bounds.upper.copy()
        self._best: list[LeaderPolicy | None] = [None] * game.num_states
        self.candidate: tuple[LeaderPolicy, Response] | None = None
        self.joint_bound = float(np.mean(self.upper))
        self.results: list[Result] = []
        self.nodes = 0
        self.lps = 0
        self.end = Termination.GAP

    @property
    def allowed(self) -> FloatArray:
        """What may be missing in each state."""
        size: FloatArray = self._request.gap * np.maximum(
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
        joint = self._solve(np.full(size, 1.0 / size), 1.0 / (size + 2))
        self.joint_bound = min(self.joint_bound, joint.dual_bound)
        if joint.termination is Termination.INFEASIBLE:
            return Verdict.NONE, math.inf, "no stationary policy keeps the margin"
        for place, state in enumerate(self._states_to_solve()):
            if self._exhausted():
                break
            self._solve(self._identity[state], 1.0 / (size + 1 - place), state)
        return self._existing() or self._excluded() or self._by_floor()

    def _states_to_solve(self) -> Iterator[int]:
        """States whose supremum is not met yet by a policy at hand."""
        for state in range(self._game.num_states):
            if not self.lower[state] >= self.upper[state] - FLOOR_SHARE * self.allowed[state]:
                yield state

    def _solve(self, weights: FloatArray, share: float, state: int | None = None) -> Result:
        """One run of the commitment method within a share of what is left; everything it says is remembered."""
        left = self._nodes_left()
        request = dataclasses.replace(
            self._request,
            weights=weights,
            gap=(1.0 - FLOOR_SHARE) * self._request.gap,
            deadline=self._request.deadline.share(share),
            node_limit=left,
            start=self._best[state] if state is not None else None,
        )
        result = find_method("commitment")(self._game, request)
        self.results.append(result)
        self.nodes += result.provenance.counts["nodes"]
        self.lps += result.provenance.counts["lps"]
        if result.termination.is_limit:
            self.end = result.termination
        if state is not None:
            self.upper[state] = min(self.upper[state], result.dual_bound)
        if result.leader_policy is not None:
            self._remember(result.leader_policy, best_response(self._game, result.leader_policy, self._request.ties))
        return result

    def _exhausted(self) -> bool:
        """Whether more programs would be of no use: a limit is reached, or they are too large to be written."""
        limit = self._request.node_limit
        if limit is not None and self.nodes >= limit:
            self.end = Termination.NODE_LIMIT
        return self._request.stopped or self.end in {Termination.NODE_LIMIT, Termination.SIZE_LIMIT}

    def _nodes_left(self) -> int | None:
        return None if self._request.node_limit is None else max(1, self._request.node_limit - self.nodes)

    def _remember(self, policy: LeaderPolicy, response: Response) -> None:
        """Keep what a policy attains: in each state if it is the best so far, as the candidate if it misses least."""
        values = response.leader_values
        for state in np.flatnonzero(values > self.lower):
            self._best[int(state)] = policy
        self.lower = np.maximum(self.lower, values)
        if self.candidate is None or self._misses(values) < self._misses(self.candidate[1].leader_values):
            self.candidate = policy, response

    def _misses(self, values: FloatArray) -> float:
        """The largest distance from a bound, in units of what is allowed."""
        return float(np.max((self.upper - values) / np.maximum(self.allowed, np.finfo(float).tiny)))

    def _existing(self) -> tuple[Verdict, float, str] | None:
        """An equilibrium, if one of the policies met is one."""
        policies = [policy for policy in self._best if policy is not None]
        policies += [result.leader_policy for result in self.results if result.leader_policy is not None]
        for policy in policies:  # the bounds have moved since they were remembered
            self._remember(policy, best_response(self._game, policy, self._request.ties))
        if self.candidate is None or self._misses(self.candidate[1].leader_values) > 1.0:
            return None
        short = self._request.scale.gain_out(float(np.max(self.upper - self.candidate[1].leader_values)))
        return Verdict.EXISTS, math.nan, f"one policy is within {max(short, 0.0):.3g} of the supremum of every state"

    def _excluded(self) -> tuple[Verdict, float, str] | None:
        """The proof by even weights that no policy reaches all suprema."""
        miss = float(np.mean(self.lower)) - self.joint_bound
        if not miss > float(np.max(self.allowed)):
            return None
        scale = self._request.scale
        even = np.full(self._game.num_states, 1.0 / self._game.num_states)
        attained = scale.value_out(float(np.mean(self.lower)), even)
        bound = scale.upper_out(self.joint_bound, even)
        reason = (
            f"the attained suprema are {attained:.9g} on average, but no policy averages more than {bound:.9g}: "
            f"each misses the supremum of some state by at least {scale.gain_out(miss):.3g}"
        )
        return Verdict.NONE, miss, reason

    def _by_floor(self) -> tuple[Verdict, float, str] | None:
        """The program with the suprema as floors, where a limit has not come first."""
        if self._exhausted() or not np.isfinite(self.lower).all() or self.end.is_limit:
            return None
        size = self._game.num_states
        even = np.full(size, 1.0 / size)
        given_away = FLOOR_SHARE * self.allowed
        request = dataclasses.replace(self._request, weights=even, node_limit=self._nodes_left(), good_enough=-math.inf)
        answer = solve_commitment(self._game, even, request=request, floor=self.lower - given_away)
        self.nodes += answer.nodes
        self.lps += answer.lps
        if answer.termination.is_limit:
            self.end = answer.termination
        if answer.policy is not None and answer.response is not None:
            self._remember(answer.policy, answer.response)
            return self._existing()
        if answer.termination is not Termination.INFEASIBLE:
            return None
        miss = float(np.min(given_away))
        reason = (
            "no policy comes as close to the attained suprema as half the gap in all states: "
            f"each misses one by more than {self._request.scale.gain_out(miss):.3g}"
        )
        return Verdict.NONE, miss, reason

    def _why_undecided(self) -> str:
        if self.candidate is None:
            return "no policy was found"
        short = self._request.scale.gain_out(float(np.max(self.upper - self.candidate[1].leader_values)))
        return (
            f"the best policy found may miss the supremum of some state by {short:.3g}; no bound excludes better ones"
        )
