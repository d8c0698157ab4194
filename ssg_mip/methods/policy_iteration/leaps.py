r"""Leaps of policy iteration in large games: far-off policies that lose in no state, from the whole policy space.

Programs of a step look at the neighbourhood of an iterate. But a policy found in any other way is a step of the same
kind, provided that under the exact follower's answer no state is worth less than ``V_t``, and far from the front most
good policies are such. So the policies of the stage-wise operator are judged first, then those on the way of smooth
ascents (:mod:`ssg_mip.methods.local`): from the best policy met, and boldly from the iterate itself. Where policies of
an ascent leave states below ``V_t`` the weights of these states rise, as multipliers of the floors do, and sink again
elsewhere. Of all policies that lose nowhere the best one is the leap.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from ssg_mip.base.deadline import OutOfTime, giving_up
from ssg_mip.exact.heuristics.simple import simple_policies
from ssg_mip.exact.heuristics.sparse_steps import Climb
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.methods.local.smooth_game import SmoothGame
from ssg_mip.methods.local.soft_ascent import BOLD, FIRST, SWEEPS, Schedule, gently, soft_ascent
from ssg_mip.methods.local.stage_policies import Policies, deterministic_policies, mixed_policies
from ssg_mip.problem.evaluated_policy import EvaluatedPolicy
from ssg_mip.problem.problem import Problem
from ssg_mip.runs.run import Run

LEAP_SHARE = 0.6
"""Share of the time that is left which a leap may take."""

STAGE_SHARE = 0.3
"""Share of the time of a leap for the policies of stage games."""

LISTING_SHARE = 0.3
"""Share of what is left of it for finding those of a kind; the rest is for judging them."""

GENTLE_SHARE = 0.6
"""Share of what is left then for the ascent from the best policy met; the rest is for that from the iterate."""

ASCENT_STEPS = 2000
"""Steps of an ascent; fewer where time is short."""

LEAST_STEPS = 1000
"""Steps that two ascents need together to be worth while."""

HARDER, EASIER, HEAVIEST = 1.5, 0.9, 1e3
"""What the weight of a state is multiplied by below its floor and elsewhere, and the largest product of these."""


class Leaps:
    """The leaps of one run.

    Parameters
    ----------
    problem, run
        What is asked, and the limits.
    climb
        Judges policies by the exact follower.
    """

    def __init__(self, problem: Problem, run: Run, climb: Climb) -> None:
        game = problem.game
        self._game, self._run, self._climb = game, run, climb
        self._even = 0.5 * (problem.weights / problem.weights.sum() + 1.0 / game.num_states)
        self._fresh = True

    def step(self, here: EvaluatedPolicy) -> EvaluatedPolicy | None:
        """The best policy met that is better than an iterate and loses in no state; ``None`` if none is met."""
        if int(self._game.leader_counts.max()) == 1:
            return None
        seen = _Seen(self._climb, here)
        run = self._run.sharing(LEAP_SHARE)
        if self._fresh:
            self._fresh = False
            self._look_at_stages(seen, run.sharing(STAGE_SHARE))
            self._ascend_twice(seen, run)
        else:
            self._ascend(seen, here.policy, gently(_over(run)))
        return seen.leap

    def _ascend_twice(self, seen: _Seen, run: Run) -> None:
        """Ascend from the best policy met, and boldly from the iterate.

        Where time is short there is one ascent: from the best policy if that loses nowhere, otherwise from the iterate,
        near which others that lose nowhere are.
        """
        is_short = self._seconds_of_step() * LEAST_STEPS > run.deadline.remaining
        if not is_short or seen.leap is not None:
            self._ascend(seen, seen.highest.policy, gently(_over(run if is_short else run.sharing(GENTLE_SHARE))))
        if not is_short or seen.leap is None:
            self._ascend(seen, seen.here.policy, Schedule(rate=BOLD, progress=_over(run)))

    def _seconds_of_step(self) -> float:
        smooth, slots = SmoothGame(self._game, self._even), LeaderPolicy.uniform(self._game).slots(self._game)
        begun = time.monotonic()
        smooth.after(slots, FIRST, smooth.start(), SWEEPS)
        return time.monotonic() - begun

    def _look_at_stages(self, seen: _Seen, run: Run) -> None:
        """Judge the policies of the stage-wise operator, the simplest ones before."""
        for policy in self._stage_policies(run):
            seen.losers(policy)
            if run.stopped:
                return

    def _stage_policies(self, run: Run) -> Iterator[LeaderPolicy]:
        """Simple policies, then those of the operator, the last ones first: they see the farthest."""
        yield from simple_policies(self._game)
        for policies in (deterministic_policies, mixed_policies):
            yield from reversed(self._listed(policies, run.sharing(LISTING_SHARE)))

    def _listed(self, policies: Policies, run: Run) -> list[LeaderPolicy]:
        listed = []
        with contextlib.suppress(OutOfTime):
            for policy in policies(self._game, self._even, giving_up(run.deadline, lambda: run.stopped)):
                listed.append(policy)
        return listed

    def _ascend(self, seen: _Seen, start: LeaderPolicy, schedule: Schedule) -> None:
        """Judge the policies of a smooth ascent, weights rising where they lose."""
        smooth, factors = SmoothGame(self._game, self._even), np.ones(self._game.num_states)
        for policy in soft_ascent(smooth, start, schedule):
            losers = seen.losers(policy)
            factors = np.where(losers, np.minimum(HARDER * factors, HEAVIEST), np.maximum(1.0, EASIER * factors))
            smooth.weigh(self._even * factors)


class _Seen:
    """The policies seen on the way of a leap.

    Attributes
    ----------
    here
        The iterate.
    highest
        The best one of all that count.
    leap
        The best one of those that lose in no state, and are better than the iterate; ``None`` before there is one.
    """

    def __init__(self, climb: Climb, here: EvaluatedPolicy) -> None:
        self._climb, self.here = climb, here
        self.highest = here
        self.leap: EvaluatedPolicy | None = None

    def losers(self, policy: LeaderPolicy) -> NDArray[np.bool_]:
        """The states that a policy leaves below the iterate's values; none where it does not count."""
        climb, here = self._climb, self.here
        trial = climb.judged(policy)
        if trial is None:
            return np.zeros(len(here.values), dtype=bool)
        if climb.worth(trial) > climb.worth(self.highest):
            self.highest = trial
        if climb.better(here, trial) and (self.leap is None or climb.worth(trial) > climb.worth(self.leap)):
            self.leap = trial
        return climb.falls(here, trial)


def _over(run: Run) -> Callable[[int], float]:
    """Which share of an ascent is over after so many steps: by their number or by the time, whatever is more."""

    def progress(done: int) -> float:
        if run.stopped:
            return 1.0
        return max(done / ASCENT_STEPS, run.deadline.elapsed / run.deadline.limit)

    return progress
