"""The method: a smooth ascent from every start, then uphill from the best of them; the exact follower judges."""

from __future__ import annotations

import dataclasses
import itertools
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ssg_mip.base.deadline import Deadline, OutOfTime, giving_up
from ssg_mip.evaluation.mdp import DENSE_STATES
from ssg_mip.evaluation.standard_form import standard_form
from ssg_mip.exact.heuristics.simple import simple_policies
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.methods.in_standard_form import into_form
from ssg_mip.methods.local.judge import Judge
from ssg_mip.methods.local.smooth_game import SmoothGame
from ssg_mip.methods.local.soft_ascent import BOLD, FIRST, GENTLE, SWEEPS, Schedule, gently, soft_ascent
from ssg_mip.methods.local.stage_policies import (
    Policies,
    deterministic_policies,
    mixed_policies,
    priced_policies,
)
from ssg_mip.methods.local.uphill import other_answers, uphill
from ssg_mip.problem.evaluated_policy import Candidate
from ssg_mip.problem.problem import Problem
from ssg_mip.result import Result
from ssg_mip.runs.run import Run
from ssg_mip.runs.settings import COUNT, SIZE, read_settings
from ssg_mip.runs.visit_log import Visits

METHOD = "local"

BOLDEST = 3.0
"""Rate of ascents from every second policy that is drawn."""

STARTING_SHARE = 0.15
"""Share of the time of a start in which its policy is looked for."""

ASCENT_SHARE = 0.75
"""Share of the time for all ascents; the rest is for going on uphill, from the best of them first."""

LEAST_STEPS = 1000
"""Steps without which a third ascent or a later one is left out, rather than shorten all of them.

The first two may have half as many: the operator's policy and the uniform one lead to peaks far apart, and which of
them is the better start differs from game to game.
"""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of the method.

    Attributes
    ----------
    starts
        Ascents, one after the other: from the run's own start if there is one, from the best policies of the stage-wise
        operator, from the uniform policy, from those of the priced operator, from the best deterministic ones, and from
        as many drawn ones as are left. Where time is short there are fewer.
    steps
        Steps of an ascent at most; fewer where time is short or the run limits the iterations, which are steps of all
        ascents together.
    """

    starts: int = 4
    steps: int = 3000

    def __post_init__(self) -> None:
        COUNT.check(self, "starts")
        SIZE.check(self, "steps")


def solve(problem: Problem, run: Run) -> Result:
    """Search from several starts; the answer is the best policy under the exact follower.

    Returns
    -------
    Result
        ``FEASIBLE`` with the bound of a planner who moves both players, ``OPTIMAL`` where the value meets it. The
        trajectory holds the start and the best policy of every phase that improved. ``details``:

        ``starts``
            For each, in order: ``start`` (where it began), ``start_value``, ``ascended`` (the best value of the smooth
            ascent) and ``value`` (after going on uphill).
    """
    settings = read_settings(Settings, run.settings, METHOD)
    visits = Visits(problem, run, METHOD)
    visits.start()
    search = _Search(problem, run, settings, visits)
    finished = search.run()
    return visits.result(
        visits.ended(finished),
        counts={"evaluations": search.judge.judged, "steps": search.steps},
        details={"starts": search.rows},
    )


@dataclasses.dataclass(frozen=True, eq=False)
class _Start:
    """Where an ascent begins: in words, how fast it goes, and how its policy is found."""

    name: str
    rate: float
    policy: Callable[[Run], LeaderPolicy]


@dataclasses.dataclass(eq=False)
class _Peak:
    """What has come of a start: its value, that of the ascent, where to go on from, and the best policy so far."""

    name: str
    start_value: float
    ascended: float
    foothills: list[LeaderPolicy]
    best: Candidate

    def row(self) -> dict[str, Any]:
        """What is said of it."""
        values = {"start_value": self.start_value, "ascended": self.ascended, "value": self.best.value}
        return {"start": self.name, **{key: _plain(value) for key, value in values.items()}}


class _Search:
    """The starts and what has come of them.

    Attributes
    ----------
    judge
        The exact follower.
    steps
        Steps of all ascents so far.
    """

    def __init__(self, problem: Problem, run: Run, settings: Settings, visits: Visits) -> None:
        self.judge = Judge(problem, run, visits)
        self.steps = 0
        self._peaks: list[_Peak] = []
        self._run, self._settings = run, settings
        self._weights = problem.weights
        self._inner, self._inner_run = into_form(problem, run.quietly().recording(None), standard_form(problem.game))
        self._smooth = SmoothGame(self._inner.game, problem.weights)
        self._rng = np.random.default_rng(run.seed)

    def run(self) -> bool:
        """Search from all starts that there is time for; whether these were all that were asked for, at full length."""
        if int(self._inner.game.leader_counts.max()) == 1:
            return True
        count, ascending = self._affordable(), self._run.sharing(ASCENT_SHARE)
        for place, start in enumerate(itertools.islice(self._starts(), count)):
            if ascending.stopped or self._steps_left(count - place) == 0:
                break
            self._ascend(start, ascending.sharing(1.0 / (count - place)), self._steps_left(count - place))
        for place, peak in enumerate(sorted(self._peaks, key=lambda one: -one.best.value)):
            share = 1.0 / (len(self._peaks) - place) if self._is_dense else 1.0
            self._go_on(peak, self._run.sharing(share))
        return len(self._peaks) == self._settings.starts and not self._run.stopped

    @property
    def _is_dense(self) -> bool:
        return self._inner.game.num_states <= DENSE_STATES

    @property
    def rows(self) -> list[dict[str, Any]]:
        """What is said of every start."""
        return [peak.row() for peak in self._peaks]

    def _affordable(self) -> int:
        """How many starts there is time for, at least one."""
        asked, left = self._settings.starts, self._run.deadline.remaining
        if np.isinf(left):
            return asked
        needed = LEAST_STEPS * min(self._step_seconds() for _ in range(2)) / ASCENT_SHARE
        return max(1, min(asked, max(int(left / needed), min(2, int(2.0 * left / needed)))))

    def _step_seconds(self) -> float:
        """What a step takes."""
        begun = time.monotonic()
        uniform = LeaderPolicy.uniform(self._inner.game).slots(self._inner.game)
        self._smooth.after(uniform, FIRST, self._smooth.start(), SWEEPS)
        return time.monotonic() - begun

    def _steps_left(self, starts: int) -> int:
        """Steps of the next ascent of so many that are left."""
        limit = self._run.limits.iterations
        if limit is None:
            return self._settings.steps
        return min(self._settings.steps, -(-(limit - self.steps) // starts))

    def _starts(self) -> Iterator[_Start]:
        game, given = self._inner.game, self._run.start
        if given is not None:
            yield _Start("the start", GENTLE, lambda run: given)
        yield self._best_of("the operator", mixed_policies)
        yield _Start("uniform", BOLD, lambda run: LeaderPolicy.uniform(game))
        yield self._best_of("the priced operator", priced_policies)
        yield self._best_of("deterministic", deterministic_policies)
        for rate in itertools.cycle((BOLD, BOLDEST)):
            yield _Start("drawn", rate, lambda run: LeaderPolicy.random(game, self._rng))

    def _best_of(self, name: str, policies: Policies) -> _Start:
        """A start from the best of some policies, the uniform one where there is no time for any."""
        return _Start(name, GENTLE, lambda run: self._best(name, policies, run))

    def _best(self, name: str, policies: Policies, run: Run) -> LeaderPolicy:
        game, best = self._inner.game, None
        listed = policies(game, self._weights, giving_up(run.deadline, lambda: self._run.stopped))
        if policies is deterministic_policies:
            listed = itertools.chain(simple_policies(game), listed)
        try:
            for policy in listed:
                found = self.judge(policy, name)
                best = found if best is None or found.value > best.value else best
                if run.stopped:
                    break
        except OutOfTime:
            pass
        return LeaderPolicy.uniform(game) if best is None else best.policy

    def _ascend(self, start: _Start, run: Run, steps: int) -> None:
        """Ascend from one start."""
        policy = start.policy(run.sharing(STARTING_SHARE))
        first = best = self.judge(policy, start.name)
        progress = self._progress(steps, run.deadline.share(1.0))
        schedule = gently(progress) if start.rate == GENTLE else Schedule(rate=start.rate, progress=progress)
        for trial in soft_ascent(self._smooth, policy, schedule):
            best = self._better(best, self.judge(trial, f"{start.name}, smooth ascent"))
        foothills = [policy, best.policy, trial] if self._is_dense else [best.policy]
        self._peaks.append(_Peak(start.name, first.value, best.value, foothills, best))

    def _go_on(self, peak: _Peak, run: Run) -> None:
        """Go on uphill from where an ascent has been, then over other answers, as long as a run may."""
        inner = dataclasses.replace(self._inner_run, deadline=run.deadline)
        for one in peak.foothills:
            for better in uphill(self._inner, inner, one):
                peak.best = self._better(peak.best, self.judge(better, f"{peak.name}, uphill"))
        if self._is_dense and not run.stopped:
            other = other_answers(self._inner, inner, peak.best.policy, self._rng)
            peak.best = self._better(peak.best, self.judge(other, f"{peak.name}, other answers"))

    def _progress(self, steps: int, deadline: Deadline) -> Callable[[int], float]:
        """Which share of an ascent is over: by its steps or by its time, whatever is more."""
        counted = self.steps

        def progress(done: int) -> float:
            self.steps = counted + done
            if self._run.stopped or deadline.expired:
                return 1.0
            return max(done / steps, deadline.elapsed / deadline.limit)

        return progress

    @staticmethod
    def _better(best: Candidate, found: Candidate) -> Candidate:
        return found if found.value > best.value else best


def _plain(value: float) -> float | None:
    """A value as plain data: no number where a policy does not count."""
    return float(value) if np.isfinite(value) else None
