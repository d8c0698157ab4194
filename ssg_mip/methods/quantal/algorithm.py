"""The ascents of a commitment against a quantal follower, one start after the other, and what they come to."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator

import numpy as np

from ssg_mip.base.gap import gap_size, relative_gap
from ssg_mip.base.rules import COUNT, POSITIVE, whole
from ssg_mip.base.status import BoundProof, Status, Termination
from ssg_mip.evaluation.mdp import joint_process, optimal_control
from ssg_mip.evaluation.soft_response import pair_response
from ssg_mip.evaluation.value_bounds import LEAST_GAP, gap_scale, leader_value_bounds
from ssg_mip.exact.constrained import solve_constrained
from ssg_mip.exact.size_limit import commitment_size, obstacle
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.methods.quantal.ascent import Climb, Peak
from ssg_mip.methods.quantal.bound import searched_bound
from ssg_mip.problem.evaluated_policy import EvaluatedPolicy
from ssg_mip.problem.follower import Rational
from ssg_mip.problem.followers.quantal import Quantal
from ssg_mip.problem.problem import Problem
from ssg_mip.result import ProgressRow, Result, TrajectoryPoint
from ssg_mip.runs.conclusion import Conclusion
from ssg_mip.runs.run import Run
from ssg_mip.runs.settings import read_settings

WARMER = (64.0, 8.0)
"""Times the temperature from which the uniform policy is cooled down."""

SHARE = 0.2
"""Share of the time that is left for a commitment against a rational follower, from which to ascend."""

NODES = 60
"""Nodes of its search at most."""

WHOLE = whole(0)
"""What a number of nodes that may be 0 must be."""

LEAST_RISE = 0.01
"""Share of the gap below which a step's rise ends an ascent."""


@dataclasses.dataclass(frozen=True)
class Settings:
    """Settings of the ascents.

    Attributes
    ----------
    random_starts
        Policies that the seed draws, after the other starts.
    steps
        Steps of one ascent at most.
    warmest
        The uniform policy is also ascended at so many times the temperature first.
    bound_nodes
        Nodes of the search for a bound below that of the best pair of policies, at most; 0 for no search.
    """

    random_starts: int = 6
    steps: int = 400
    warmest: float = WARMER[0]
    bound_nodes: int = 100

    def __post_init__(self) -> None:
        COUNT.check("setting random_starts", self.random_starts)
        COUNT.check("setting steps", self.steps)
        POSITIVE.check("setting warmest", self.warmest)
        WHOLE.check("setting bound_nodes", self.bound_nodes)


def solve(problem: Problem, run: Run) -> Result:
    """Ascend from one start after the other; the best policy is the answer, also where a limit ends the work."""
    return _Ascents(problem, run).result()


def starts(problem: Problem, run: Run, settings: Settings) -> Iterator[tuple[str, LeaderPolicy]]:
    """The policies to ascend from, with what they are called; the warm ones are left to the caller."""
    game = problem.game
    if run.start is not None:
        yield "the given start", run.start
    yield "the uniform policy", LeaderPolicy.uniform(game)
    plan = optimal_control(joint_process(game, leader=True)).chosen
    yield "a plan for both players", LeaderPolicy.deterministic(game, game.row_leader[plan])
    strong = _against_a_rational_follower(problem, run)
    if strong is not None:
        yield "a commitment against a rational follower", strong
    rng = np.random.default_rng(run.seed)
    for number in range(settings.random_starts):
        yield f"drawn policy {number + 1}", LeaderPolicy.random(game, rng)


def _against_a_rational_follower(problem: Problem, run: Run) -> LeaderPolicy | None:
    """A good commitment against a rational follower, found with a share of the time and few nodes."""
    asked = problem.answered_by(Rational())
    if obstacle(commitment_size(problem.game, problem.weights), run) is not None:
        return None
    inner = dataclasses.replace(run.sharing(SHARE).at_most(NODES).quietly(), settings={})
    return solve_constrained(asked, inner).policy


class _Ascents:
    """The ascents of one run, and the best peak so far."""

    def __init__(self, problem: Problem, run: Run) -> None:
        follower = problem.follower
        if not isinstance(follower, Quantal):
            raise TypeError(f"these ascents are for a quantal follower, not for a {follower.words}")
        self._problem, self._run, self._temperature = problem, run, follower.temperature
        self._settings = read_settings(Settings, run.settings, "commitment")
        game, bounds = problem.game, leader_value_bounds(problem.game)
        self._scale = gap_scale(bounds, problem.weights)
        self._bound = float(problem.weights @ bounds.upper)
        self._proof = BoundProof.PAIR
        self._steps = self._started = self._nodes = self._lps = 0
        self._best: Peak | None = None
        self._trajectory: list[TrajectoryPoint] = []
        self._progress: list[ProgressRow] = []
        self._stop: Termination | None = None
        self._climb = Climb(game, self._temperature, problem.weights, self._least_rise(), self._stopped)

    def _least_rise(self) -> float:
        return LEAST_RISE * max(self._run.gap, LEAST_GAP) * self._scale

    def _stopped(self) -> bool:
        """Whether a limit ends the work; the first policy is evaluated in any case."""
        if self._stop is None:
            limit = self._run.limits.iterations
            self._stop = self._run.stop_reason()
            if self._stop is None and limit is not None and self._steps >= limit:
                self._stop = Termination.ITERATION_LIMIT
        return self._stop is not None

    def result(self) -> Result:
        for note, policy in starts(self._problem, self._run, self._settings):
            self._ascend(policy, note)
            if self._stopped() or self._closed:
                break
            if note == "the uniform policy":
                self._cool(policy)
        self._search()
        return self._concluded()

    def _search(self) -> None:
        """Look for a bound below that of the best pair, and for better policies on the way."""
        asked, most = self._run.limits.nodes, self._settings.bound_nodes
        best = self._best
        if self._closed or self._stop is not None or not most or best is None:
            return
        run = dataclasses.replace(self._run.at_most(most), on_progress=self._hears_of)
        outcome = searched_bound(self._problem, run, self._climb, best)
        if isinstance(outcome, Termination):
            self._stop = outcome
            return
        self._nodes, self._lps = outcome.nodes, outcome.lps
        if outcome.dual_bound < self._bound:
            self._bound, self._proof = outcome.dual_bound, BoundProof.MIXED
        if outcome.primal_bound > best.value:
            self._best = outcome.solution
            self._remember(outcome.solution, "a relaxed point")
        own = outcome.termination is Termination.NODE_LIMIT and (asked is None or asked > most)
        if outcome.termination.is_limit and not own:
            self._stop = outcome.termination

    def _hears_of(self, row: ProgressRow) -> None:
        """Take over a row of the search."""
        row = dataclasses.replace(row, iteration=self._steps)
        self._progress.append(row)
        if self._run.on_progress is not None:
            self._run.on_progress(row)

    def _cool(self, policy: LeaderPolicy) -> None:
        """Ascend at falling temperatures, each time from the peak before; only the last peak counts."""
        for factor in (self._settings.warmest, *(one for one in WARMER[1:] if one < self._settings.warmest)):
            if self._stopped():
                return
            warm = dataclasses.replace(self._climb, temperature=factor * self._temperature)
            *_, peak = self._limited(warm, policy)
            policy = peak.policy
        self._ascend(policy, "a peak at a higher temperature")

    def _limited(self, climb: Climb, policy: LeaderPolicy) -> Iterator[Peak]:
        """An ascent of so many steps at most, counted."""
        for peak in itertools.islice(climb.ascend(policy), self._settings.steps):
            self._steps += 1
            yield peak

    def _ascend(self, policy: LeaderPolicy, note: str) -> None:
        self._started += 1
        for peak in self._limited(self._climb, policy):
            if self._best is None or peak.value > self._best.value:
                self._best, last = peak, note
            elif peak.policy is self._best.policy:
                self._best = peak
        best = self._best
        if best is not None and (not self._trajectory or best.value > self._trajectory[-1].leader_value):
            self._remember(best, last)

    def _remember(self, best: Peak, note: str) -> None:
        point = TrajectoryPoint(
            iteration=len(self._trajectory),
            leader_values=best.pair.leader_values,
            leader_value=best.value,
            leader_policy=best.policy,
            note=f"ascent from {note}",
            seconds=self._run.deadline.elapsed,
        )
        self._trajectory.append(point)
        row = ProgressRow(
            seconds=self._run.deadline.elapsed,
            iteration=self._steps,
            nodes=self._nodes,
            open_nodes=0,
            lps=self._lps,
            primal_bound=best.value,
            dual_bound=max(best.value, self._bound),
            gap_scale=gap_size(best.value, self._scale),
            flag="*",
        )
        self._progress.append(row)
        if self._run.on_progress is not None:
            self._run.on_progress(row)

    @property
    def _closed(self) -> bool:
        """Whether the best policy meets the bound."""
        if self._best is None:
            return False
        return relative_gap(self._best.value, self._bound, self._scale) <= max(self._run.gap, LEAST_GAP)

    def _concluded(self) -> Result:
        best, closed = self._best, self._closed
        if best is None:
            raise RuntimeError("no policy was evaluated")
        response = pair_response(best.pair)
        conclusion = Conclusion(
            method="commitment",
            status=Status.OPTIMAL if closed else Status.FEASIBLE,
            termination=Termination.GAP if closed else self._stop or Termination.CONVERGED,
            dual_bound=max(best.value, self._bound),
            bound_proof=self._proof,
            found=EvaluatedPolicy(best.policy, response),
            trajectory=tuple(self._trajectory),
            progress=tuple(self._progress),
            counts={"ascents": self._started, "steps": self._steps, "nodes": self._nodes, "lps": self._lps},
            details={
                "stationary": best.is_stationary,
                "follower_loses_by_erring": response.regret,
                "soft_values_off_by_at_most": best.pair.control.error,
            },
        )
        return conclusion.result(self._problem, self._run)
