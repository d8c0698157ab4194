r"""An enclosure of the whole front: supported points by weighted sums, then the deepest open box, again and again.

Weighted sums come first: every objective alone, all evenly, and for two objectives the dichotomic normals. Each leaves
a point and a proven ceiling. Then, while a box ``[l, u]`` of :mod:`ssg_mip.pareto.region` is deeper than the wanted
resolution, the level program is solved from ``l`` in the direction ``u - l``. Its policy is a new point, its proven
bound ``T`` a new corner: no policy is above ``l + T (u - l)`` in every objective. So the box shrinks from both sides,
supported or not, whatever the number of objectives, and it does not matter that each program is solved to a gap: what
cuts is the bound, never the incumbent.

Found points are moved up by local ascent on the sum of the objectives, none of which may fall. Every policy that a
search evaluates on the way is an attained point too, and is kept where it tells something new.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext

import numpy as np

from ssg_mip.best_response import Response, Ties, best_response
from ssg_mip.deadline import Deadline
from ssg_mip.errors import OptionError
from ssg_mip.formulations.level import Ceiling, Demand
from ssg_mip.game import FloatArray, Game
from ssg_mip.interrupt import Interrupt, graceful_interrupt
from ssg_mip.methods.exact import Answer
from ssg_mip.methods.level import LevelProblem, solve_level
from ssg_mip.methods.margin import answer_to, check_margin
from ssg_mip.methods.request import Request
from ssg_mip.pareto.dominance import covers
from ssg_mip.pareto.enclosure import Enclosure
from ssg_mip.pareto.enclosure_points import Attained, checked_enclosure, described_points
from ssg_mip.pareto.objectives import Objective, ObjectiveLike, read_objectives
from ssg_mip.pareto.plans import DichotomicPlan, ListPlan, Plan
from ssg_mip.pareto.region import OpenBox, Region
from ssg_mip.pareto.scalarisation import distinct
from ssg_mip.policy import LeaderPolicy
from ssg_mip.result import ProgressRow, Provenance
from ssg_mip.status import Termination

RESOLUTION_SHARE = 1e-3
"""The resolution when nothing is asked, as a share of the widest range that an objective's bounds allow."""

LEAST_RESOLUTION = 10.0
"""The finest resolution, in units of the differences that count as none."""

GAP_SHARE = 0.5
"""The gap to which a program is solved, in units of the resolution."""

NEWS_SHARE = 0.25
"""A by-product is kept if it is better than every point by this share of the resolution somewhere."""

MOST_WEIGHTS = 8
"""Weighted sums at most; each halves what the dichotomic scheme leaves open."""

PROGRAM_SHARE = 0.25
"""Share of the time left that one program may take."""

ROUNDING = 1e-9
"""What a ceiling is raised by as a row of a program, relative to its size: more than the rounding of the row."""


def enclose_front(
    game: Game,
    *,
    objectives: Sequence[ObjectiveLike] | None = None,
    resolution: float | None = None,
    ties: Ties = "leader",
    margin: float = 0.0,
    time_limit: float | None = None,
    node_limit: int | None = None,
    program_limit: int | None = None,
    seed: int = 0,
    on_progress: Callable[[ProgressRow], None] | None = None,
    interrupt: Interrupt | None = None,
    check: bool = True,
) -> Enclosure:
    """Enclose the Pareto front of several objectives between attained points and proven bounds.

    Parameters
    ----------
    game
        The game.
    objectives
        What the front is taken with respect to (:mod:`ssg_mip.pareto.objectives`): states, groups of states, weights,
        or objectives made by ``leader_objective`` and ``follower_objective``. The leader's value in every state whose
        value the policies decide, if absent.
    resolution
        How much worse than any policy the best point for it may be in every objective, in the units of the rewards; a
        thousandth of the widest range of an objective if absent.
    ties, margin, seed
        As in ``solve``. Under the rules ``first`` and ``adverse`` a front need not be attained: then the resolution
        that is reached stays above what was asked.
    time_limit
        Seconds for everything.
    node_limit
        Limit on branch-and-bound nodes, per program.
    program_limit
        Programs at most.
    on_progress
        Called with one row per program: its number, level and bound.
    interrupt
        A flag to stop from outside. If absent, Ctrl-C stops the work. What was found and proven so far comes back.
    check
        Whether to check every point in exact arithmetic.

    Raises
    ------
    OptionError
        If an argument is out of range or a name is unknown.
    """
    chosen = read_objectives(game, objectives)
    if resolution is not None and not 0.0 < resolution < math.inf:
        raise OptionError(f"resolution is {resolution!r}; it must be a positive number, in the units of the rewards")
    if program_limit is not None and program_limit < 1:
        raise OptionError(f"program_limit is {program_limit!r}; it must be a whole number of at least 1")
    with graceful_interrupt() if interrupt is None else nullcontext(interrupt) as flag:
        request = Request(
            weights=game.initial,
            ties=ties,
            margin=margin,
            deadline=Deadline(time_limit),
            interrupt=flag,
            node_limit=node_limit,
            seed=seed,
        )
        check_margin(game, request)
        work = _Enclosing(game, chosen, resolution, request, program_limit, on_progress)
        termination = work.run()
        found = work.enclosure(termination)
    return checked_enclosure(found) if check else found


class _Enclosing:
    """The state of one enclosure: what is attained, what is proven, and what is left open."""

    def __init__(
        self,
        game: Game,
        objectives: tuple[Objective, ...],
        resolution: float | None,
        request: Request,
        program_limit: int | None,
        on_progress: Callable[[ProgressRow], None] | None,
    ) -> None:
        self._game = game
        self._objectives = objectives
        self._request = request
        self._program_limit = math.inf if program_limit is None else program_limit
        self._on_progress = on_progress
        bounds = np.array([one.bounds(game) for one in objectives])
        self._low, high = bounds[:, 0], bounds[:, 1]
        widest = float((high - self._low).max())
        least = request.tolerances.monotone * (1.0 + float(np.abs(bounds).max()))
        self._equal = least
        finest = LEAST_RESOLUTION * least
        self._wanted = max(finest, RESOLUTION_SHARE * widest) if resolution is None else float(resolution)
        if self._wanted < finest:
            raise OptionError(
                f"resolution is {resolution!r}; below {finest:.3g} linear programs in floating point tell nothing in "
                "this game: ask for less"
            )
        self._region = Region(high)
        self._attained: list[Attained] = []
        self._news: list[Attained] = []
        self._stuck: dict[bytes, Termination] = {}
        self._counts = {"programs": 0, "weighted_sums": 0, "nodes": 0, "lps": 0}

    # ------------------------------------------------------------------ the course of it

    def run(self) -> Termination:
        """Solve programs until the resolution is reached, or a limit is."""
        start = LeaderPolicy.uniform(self._game)
        response, keeps = answer_to(self._game, start, self._request)
        if keeps:
            self._add(self._at(start, response))
        plan = self._plan()
        while (weights := plan.next_weights(self._values, self._wanted)) is not None:
            if (limit := self._limit()) is not None:
                return limit
            if self._solve_weighted(weights) is Termination.INFEASIBLE:
                return Termination.INFEASIBLE
        while (box := self._next_box()) is not None:
            if (limit := self._limit()) is not None:
                return limit
            self._solve_box(box)
        if not self._stuck:
            return Termination.CONVERGED
        return next((why for why in self._stuck.values() if why is not Termination.GAP), Termination.NUMERICAL)

    def _limit(self) -> Termination | None:
        if self._request.interrupt.requested:
            return Termination.INTERRUPTED
        if self._request.deadline.expired:
            return Termination.TIME_LIMIT
        return Termination.ITERATION_LIMIT if self._counts["programs"] >= self._program_limit else None

    def _plan(self) -> Plan:
        """Every objective alone, all evenly, then for two objectives the normals of open segments."""
        count = len(self._objectives)
        corners = distinct([*np.eye(count), np.full(count, 1.0 / count)])
        return DichotomicPlan(corners, np.arange(2), MOST_WEIGHTS) if count == 2 else ListPlan(corners)

    # ------------------------------------------------------------------ programs

    def _solve_weighted(self, weights: FloatArray) -> Termination:
        """One weighted sum: a supported point, and a ceiling."""
        least = float(weights @ self._low)
        demand = self._sum_demand(weights, least)
        top = float(weights @ self._region.upper.corners.max(axis=0)) - least
        start = max(self._attained, key=lambda one: float(weights @ one.values), default=None)
        answer = self._solve([demand], top, start, ())
        self._counts["weighted_sums"] += 1
        if answer.termination is Termination.INFEASIBLE:
            self._region.upper.add(np.full(len(weights), -math.inf))
        elif np.count_nonzero(weights) == 1:
            self._region.upper.add(np.where(weights > 0.0, least + answer.dual_bound, -math.inf))
        else:
            self._region.ceilings.append(Ceiling(weights, least + answer.dual_bound))
        self._take(answer)
        return answer.termination

    def _sum_demand(self, weights: FloatArray, least: float) -> Demand:
        """A demand on a weighted sum of the objectives."""
        return Demand(
            leader=weights @ np.array([one.leader_weights for one in self._objectives]),
            follower=weights @ np.array([one.follower_weights for one in self._objectives]),
            least=least,
            slope=1.0,
        )

    def _solve_box(self, box: OpenBox) -> None:
        """One level program from the lower corner of a box towards the upper one: a point, and a proven corner."""
        places = np.flatnonzero(np.isfinite(box.lower))
        direction = (box.upper - box.lower)[places]
        top = float(direction.max())
        slope = direction / top
        demands = [
            Demand(
                leader=self._objectives[k].leader_weights,
                follower=self._objectives[k].follower_weights,
                least=float(box.lower[k]),
                slope=float(rise),
            )
            for k, rise in zip(places, slope, strict=True)
        ]
        hidden = np.setdiff1d(np.arange(len(self._objectives)), places)
        ceilings = [
            Ceiling(one.weights[places], one.bound + ROUNDING * (1.0 + abs(one.bound)))
            for one in self._region.ceilings
            if not one.weights[hidden].any()
        ]
        start = max(self._attained, key=lambda one: float(((one.values - box.lower)[places] / slope).min()))
        answer = self._solve(demands, top, start, ceilings)
        corner = np.full(len(self._objectives), -math.inf)
        corner[places] = box.lower[places] + max(0.0, answer.dual_bound) * slope
        before = self._region.resolution, self._state
        self._region.upper.add(corner)
        self._take(answer)
        if (self._region.resolution, self._state) == before:
            self._stuck[_key(box)] = answer.termination

    @property
    def _state(self) -> tuple[bytes, bytes]:
        return self._region.lower.corners.tobytes(), self._region.upper.corners.tobytes()

    def _solve(self, demands: list[Demand], top: float, start: Attained | None, ceilings: Sequence[Ceiling]) -> Answer:
        request = dataclasses.replace(
            self._request,
            deadline=self._request.deadline.share(PROGRAM_SHARE),
            start=None if start is None else start.policy,
        )
        answer = solve_level(
            self._game,
            demands,
            request=request,
            top=max(top, self._request.tolerances.monotone),
            absolute_gap=GAP_SHARE * self._wanted,
            ceilings=ceilings,
            witness=self._witness,
        )
        self._counts["programs"] += 1
        self._counts["nodes"] += answer.nodes
        self._counts["lps"] += answer.lps
        self._report(answer)
        return answer

    def _report(self, answer: Answer) -> None:
        if self._on_progress is not None:
            row = ProgressRow(
                seconds=self._request.deadline.elapsed,
                iteration=self._counts["programs"],
                nodes=self._counts["nodes"],
                open_nodes=0,
                lps=self._counts["lps"],
                primal_bound=answer.primal_bound,
                dual_bound=answer.dual_bound,
                gap_scale=self._wanted,
                flag="!" if answer.termination is Termination.NUMERICAL else "",
            )
            self._on_progress(row)

    # ------------------------------------------------------------------ points

    @property
    def _values(self) -> FloatArray:
        return np.array([one.values for one in self._attained]).reshape(-1, len(self._objectives))

    def _at(self, policy: LeaderPolicy, response: Response) -> Attained:
        return Attained(np.array([one.value(response) for one in self._objectives]), policy, response)

    def _witness(self, policy: LeaderPolicy, response: Response) -> None:
        """Remember a policy that a search evaluated, if it tells something new."""
        found = self._at(policy, response)
        if not self._known(found.values, NEWS_SHARE * self._wanted):
            self._news.append(found)

    def _known(self, values: FloatArray, tolerance: float) -> bool:
        return any(covers(one.values, values, tolerance) for one in self._attained)

    def _take(self, answer: Answer) -> None:
        """Take over the answer of a program, moved up, and then what it found on the way."""
        if answer.policy is not None and answer.response is not None:
            self._add(self._at(answer.policy, answer.response))
        self._take_news()

    def _take_news(self) -> None:
        news, self._news = self._news, []
        for found in sorted(news, key=lambda one: -float(one.values.sum())):
            if not self._known(found.values, NEWS_SHARE * self._wanted):
                self._add(found)

    def _add(self, found: Attained) -> None:
        """Keep a point, moved up, unless a known one is as good."""
        if self._known(found.values, self._equal):
            return
        best = self._moved_up(found)
        self._attained = [one for one in self._attained if not covers(best.values, one.values, self._equal)]
        self._attained.append(best)
        self._region.lower.add(best.values)

    def _moved_up(self, found: Attained) -> Attained:
        """Local ascent on the sum of the objectives, with their values as floors."""
        floors = [
            Demand(leader=one.leader_weights, follower=one.follower_weights, least=float(value), slope=0.0)
            for one, value in zip(self._objectives, found.values, strict=True)
        ]
        total = self._sum_demand(np.ones(len(floors)), float(found.values.sum()))
        candidate = LevelProblem(self._game, self._request, [total, *floors], math.inf).climbed(found.policy)
        moved = self._at(candidate.policy, candidate.response)
        return moved if covers(moved.values, found.values) else found

    def _next_box(self) -> OpenBox | None:
        """The deepest box that is too deep and not stuck."""
        # Points that others cover up to a tolerance are not returned, and with them goes that much of the resolution.
        deep = (box for box in self._region.boxes() if box.depth > self._wanted - self._equal)
        return next((box for box in deep if _key(box) not in self._stuck), None)

    # ------------------------------------------------------------------ the answer

    def enclosure(self, termination: Termination) -> Enclosure:
        """Points, each evaluated anew, and what they and the proven bounds leave open."""
        game, request = self._game, self._request
        self._attained = [self._at(one.policy, best_response(game, one.policy, request.ties)) for one in self._attained]
        region = Region(self._region.upper.corners.max(axis=0, initial=-math.inf))
        region.upper, region.ceilings = self._region.upper, self._region.ceilings
        for one in self._attained:
            region.lower.add(one.values)
        return Enclosure(
            game=game,
            objectives=self._objectives,
            ties=request.ties,
            points=described_points(self._attained, region),
            boxes=tuple(
                dataclasses.replace(box, lower=np.minimum(np.maximum(box.lower, self._low), box.upper))
                for box in region.boxes()
            ),
            resolution=region.resolution,
            wanted=self._wanted,
            region=region,
            termination=termination,
            provenance=Provenance(
                game_name=game.name,
                game_hash=game.content_hash,
                method="enclosure",
                options={
                    "resolution": self._wanted,
                    "margin": float(request.margin),
                    "time_limit": None if math.isinf(request.deadline.limit) else request.deadline.limit,
                    "node_limit": request.node_limit,
                    "program_limit": None if math.isinf(self._program_limit) else self._program_limit,
                },
                seed=request.seed,
                seconds=request.deadline.elapsed,
                counts=dict(self._counts),
            ),
        )


def _key(box: OpenBox) -> bytes:
    return np.concatenate((box.lower, box.upper)).tobytes()
