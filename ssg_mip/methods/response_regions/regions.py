"""The regions of policies that share a response, enumerated lazily: a depth-first tree of partial responses.

A partial response fixes the follower's action in the first states. It is given up where interval propagation shows that
no leader policy has it, or where the relaxation of problem (53) shows that every policy of its regions loses in some
state: both hold for all responses that extend it. The relaxation is written once and moved from one partial response to
the next by closing choices.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator

import numpy as np

from ssg_mip.base.deadline import OutOfTime
from ssg_mip.base.status import Termination
from ssg_mip.branch_and_bound.box import Box
from ssg_mip.branch_and_bound.records import Outcome
from ssg_mip.exact.goals import LeastGainBridge, search_goal
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.problem.problem import Problem
from ssg_mip.runs.run import Run


class Regions:
    """The responses whose regions may hold a policy that loses in no state.

    Parameters
    ----------
    problem, values, run
        The game, the values ``V_t``, and what is asked.
    rng
        Draws the order of the actions in every state.
    """

    def __init__(self, problem: Problem, run: Run, values: FloatArray, rng: np.random.Generator) -> None:
        game = problem.game
        self._game = game
        self._problem = problem
        self._run = run
        self._whole = LeastGainBridge(problem, run, values)
        self._order = [rng.permutation(int(count)) for count in game.follower_counts]
        self._least = -run.tolerances.feasibility * (1.0 + float(np.abs(values).max()))
        self.pruned = 0
        self.nodes = 0

    @property
    def lps(self) -> int:
        """Linear programs solved for partial responses."""
        return self._whole.relaxation.lps if self.nodes else 0

    def __iter__(self) -> Iterator[IntArray]:
        """The responses in turn; ends early where the limits of the run are reached."""
        try:
            yield from self._below(np.full(self._game.num_states, -1), 0)
        except OutOfTime:
            return

    def _below(self, partial: IntArray, state: int) -> Iterator[IntArray]:
        if self._run.stopped:
            return
        if not self._may_help(partial):
            self.pruned += 1
            return
        if state == self._game.num_states:
            yield partial.copy()
            return
        for action in self._order[state]:
            partial[state] = action
            yield from self._below(partial, state + 1)
        partial[state] = -1

    def _may_help(self, partial: IntArray) -> bool:
        """Whether some policy with such a response may lose in no state."""
        game, root = self._game, self._whole.root
        wanted = partial[game.follower_slot_state]
        own = np.arange(len(wanted)) - game.follower_offsets[game.follower_slot_state]
        allowed = ((wanted < 0) | (own == wanted)) & root.open_choices[: len(wanted)]
        if not np.logical_or.reduceat(allowed, game.follower_offsets[:-1]).all():
            return False
        box = self._whole.tighten(self._whole.with_actions(Box(root.lower, root.upper, allowed)))
        if box is None:
            return False
        relaxation = self._whole.relaxation
        relaxation.load(box)
        self.nodes += 1
        return relaxation.solve().bound >= self._least


def solve_region(
    problem: Problem, run: Run, values: FloatArray, response: IntArray, *, absolute: float
) -> tuple[LeastGainBridge, Outcome | None]:
    """Problem (53) for one region; no outcome where propagation shows that the region is empty.

    ``run.target`` may end it at the first policy whose least gain exceeds that.
    """
    bridge = LeastGainBridge(problem, run, values, response)
    if bridge.first_box is None:
        return bridge, None
    return bridge, search_goal(bridge, absolute=absolute)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ResponseCount:
    """How many of the follower's deterministic policies are a best response to some leader policy.

    Attributes
    ----------
    possible
        All deterministic follower policies.
    occurring
        Those for which a leader policy was found.
    excluded
        Those proven not to occur.
    """

    possible: int
    occurring: int
    excluded: int

    @property
    def undecided(self) -> int:
        """Those that a limit left open."""
        return self.possible - self.occurring - self.excluded


def count_responses(problem: Problem, run: Run) -> ResponseCount:
    """Count the responses that occur: ties count, as they do for Algorithm 2 whose regions are closed.

    With values ``V_t`` below everything that is promised no state ever loses, and problem (53) asks only whether a
    region is empty.
    """
    game = problem.game
    largest = float(np.abs(game.leader_rewards).max())
    values = np.full(game.num_states, -1.0 - 2.0 * largest / (1.0 - game.leader_discount))
    inner = run.up_to(0.0).quietly()
    possible = math.prod(int(count) for count in game.follower_counts)
    occurring = undecided = 0
    regions = Regions(problem, inner, values, np.random.default_rng(run.seed))
    visited = 0
    for response in regions:
        visited += 1
        _, outcome = solve_region(problem, inner, values, response, absolute=largest)
        occurring += outcome is not None and math.isfinite(outcome.primal_bound)
        undecided += outcome is not None and outcome.termination.is_limit
        undecided += outcome is not None and outcome.termination is Termination.NUMERICAL
    if run.stopped:  # what was pruned is not known to be everything else
        return ResponseCount(possible=possible, occurring=occurring, excluded=visited - occurring - undecided)
    return ResponseCount(possible=possible, occurring=occurring, excluded=possible - occurring - undecided)
