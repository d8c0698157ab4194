r"""An enclosure of the whole front: supported points by weighted sums, then the deepest open box, again and again.

Weighted sums come first: every objective alone, all evenly, and for two objectives the dichotomic normals. Each leaves
a point and a proven ceiling. Then, while a box ``[l, u]`` of :mod:`ssg_mip.pareto.enclosure.region` is deeper than
the wanted resolution, the direction program is solved from ``l`` in the direction ``u - l``. Its policy is a new point,
its proven bound ``T`` a new corner: no policy is above ``l + T (u - l)`` in every objective. So the box shrinks from
both sides, supported or not, whatever the number of objectives, and it does not matter that each program is solved to a
gap: what cuts is the bound, never the incumbent.

Found points are moved up by local ascent on the sum of the objectives, none of which may fall. Every policy that a
search evaluates on the way is an attained point too, and is kept where it tells something new.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence

import numpy as np

from ssg_mip.base.provenance import Provenance
from ssg_mip.base.status import Termination
from ssg_mip.errors import OptionError
from ssg_mip.exact import Answer
from ssg_mip.exact.direction import solve_direction
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.pareto.allowed import TOGETHER, check_rows, check_shared, nearest_allowed
from ssg_mip.pareto.enclosure.gathered import Gathered
from ssg_mip.pareto.enclosure.objectives import Objective, sum_demand
from ssg_mip.pareto.enclosure.points import AttainedPoint, described_points
from ssg_mip.pareto.enclosure.region import OpenBox, Region
from ssg_mip.pareto.enclosure.result import Enclosure
from ssg_mip.pareto.plans import DichotomicPlan, ListPlan, Plan
from ssg_mip.pareto.weight_sets import distinct
from ssg_mip.problem.problem import Problem
from ssg_mip.programs.direction import Ceiling, Demand
from ssg_mip.result import ProgressRow
from ssg_mip.runs.run import Run

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


class EnclosureSearch:
    """The state of one enclosure: what is attained, what is proven, and what is left open.

    Parameters
    ----------
    problem, objectives
        What is enclosed, and how the follower answers.
    resolution
        The resolution wanted; ``None`` for a share of the widest range.
    run
        Limits and seed.
    program_limit
        Programs at most; ``None`` for no limit.
    on_progress
        Called with one row per program.
    is_over
        Whether the time left is what so many points need for their checks.

    Raises
    ------
    OptionError
        If the resolution is too fine, or rows on the policy reach beyond single states.
    """

    def __init__(
        self,
        problem: Problem,
        run: Run,
        objectives: tuple[Objective, ...],
        resolution: float | None,
        program_limit: int | None,
        on_progress: Callable[[ProgressRow], None] | None,
        is_over: Callable[[int], bool],
    ) -> None:
        game = problem.game
        check_rows(problem, TOGETHER, "an enclosure")
        check_shared(problem, [one.demand(0.0, 1.0) for one in objectives])
        self._is_over = is_over
        self._game = game
        self._objectives = objectives
        self._problem = problem
        self._run = run
        self._program_limit = math.inf if program_limit is None else program_limit
        self._on_progress = on_progress
        bounds = np.array([one.bounds(game) for one in objectives])
        self._low, high = bounds[:, 0], bounds[:, 1]
        widest = float((high - self._low).max())
        least = run.tolerances.monotone * (1.0 + float(np.abs(bounds).max()))
        self._equal = least
        finest = LEAST_RESOLUTION * least
        self._wanted = max(finest, RESOLUTION_SHARE * widest) if resolution is None else float(resolution)
        if self._wanted < finest:
            asked, least = run.scale.gain_out(self._wanted), run.scale.gain_out(finest)
            raise OptionError(
                f"resolution is {asked!r}; below {least:.3g} linear programs in floating point tell nothing in "
                "this game: ask for less"
            )
        self._region = Region(high)
        self._archive = Gathered(
            problem,
            run,
            objectives,
            equal=self._equal,
            news=NEWS_SHARE * self._wanted,
            on_new=self._region.add_point,
        )
        self._stuck: dict[bytes, Termination] = {}
        self._program_share = PROGRAM_SHARE
        self._counts = {"programs": 0, "weighted_sums": 0, "nodes": 0, "lps": 0}

    # ------------------------------------------------------------------ the course of it

    def run(self) -> Termination:
        """Solve programs until the resolution is reached, or a limit is."""
        start = nearest_allowed(self._problem, LeaderPolicy.uniform(self._game))
        if start is None:
            return Termination.INFEASIBLE
        response, keeps = self._problem.follower.answer(self._game, start, self._run.tolerances)
        if keeps:
            self._archive.add(start, response)
        plan, last = self._plan(), Termination.NUMERICAL
        while (weights := plan.next_weights(self._archive.values, self._wanted)) is not None:
            if (limit := self._limit()) is not None:
                return limit
            last = self._solve_weighted(weights)
            if last is Termination.INFEASIBLE:
                return last
        while not self._archive.points and last is Termination.TIME_LIMIT and self._limit() is None:
            self._program_share = 1.0
            last = self._solve_weighted(self._even)
        if not self._archive.points:
            return last if last.is_limit else Termination.NUMERICAL
        while (box := self._next_box()) is not None:
            if (limit := self._limit()) is not None:
                return limit
            self._solve_box(box)
        if self._open_boxes():
            if self._region.full:
                return Termination.SIZE_LIMIT
            return next((why for why in self._stuck.values() if why is not Termination.GAP), Termination.NUMERICAL)
        return Termination.CONVERGED

    def _limit(self) -> Termination | None:
        """Why to stop now, if so."""
        if self._run.interrupt.requested:
            return Termination.INTERRUPTED
        if self._run.deadline.expired or self._is_over(len(self._archive.points)):
            return Termination.TIME_LIMIT
        return Termination.ITERATION_LIMIT if self._counts["programs"] >= self._program_limit else None

    def _plan(self) -> Plan:
        """Every objective alone, all evenly, then for two objectives the normals of open segments."""
        count = len(self._objectives)
        corners = distinct([*np.eye(count), self._even])
        return DichotomicPlan(corners, np.arange(2), MOST_WEIGHTS) if count == 2 else ListPlan(corners)

    @property
    def _even(self) -> FloatArray:
        """Even weights on the objectives."""
        return np.full(len(self._objectives), 1.0 / len(self._objectives))

    # ------------------------------------------------------------------ programs

    def _solve_weighted(self, weights: FloatArray) -> Termination:
        """One weighted sum: a supported point, and a ceiling."""
        least = float(weights @ self._low)
        demand = sum_demand(self._objectives, weights, least)
        top = float(weights @ self._region.upper.corners.max(axis=0)) - least
        start = self._archive.best(weights)
        answer = self._solve([demand], top, start, ())
        self._counts["weighted_sums"] += 1
        if answer.termination is Termination.INFEASIBLE:
            self._region.add_corner(np.full(len(weights), -math.inf))
        elif np.count_nonzero(weights) == 1:
            self._region.add_corner(np.where(weights > 0.0, least + answer.dual_bound, -math.inf))
        else:
            self._region.ceilings.append(Ceiling(weights, least + answer.dual_bound))
        self._archive.take(answer)
        return answer.termination

    def _solve_box(self, box: OpenBox) -> None:
        """One direction program from the lower corner of a box towards the upper one: a point, and a proven corner."""
        places = np.flatnonzero(np.isfinite(box.lower))
        direction = (box.upper - box.lower)[places]
        top = float(direction.max())
        slope = direction / top
        demands = [
            self._objectives[k].demand(float(box.lower[k]), float(rise)) for k, rise in zip(places, slope, strict=True)
        ]
        hidden = np.setdiff1d(np.arange(len(self._objectives)), places)
        ceilings = [
            Ceiling(one.weights[places], one.bound + ROUNDING * (1.0 + abs(one.bound)))
            for one in self._region.ceilings
            if not one.weights[hidden].any()
        ]
        start = max(self._archive.points, key=lambda one: float(((one.objectives - box.lower)[places] / slope).min()))
        answer = self._solve(demands, top, start, ceilings)
        corner = np.full(len(self._objectives), -math.inf)
        corner[places] = box.lower[places] + max(0.0, answer.dual_bound) * slope
        before = self._region.resolution, self._state
        self._region.add_corner(corner)
        self._archive.take(answer)
        if (self._region.resolution, self._state) == before:
            self._stuck[_key(box)] = answer.termination

    @property
    def _state(self) -> tuple[bytes, bytes]:
        return self._region.lower.corners.tobytes(), self._region.upper.corners.tobytes()

    def _solve(
        self, demands: list[Demand], top: float, start: AttainedPoint | None, ceilings: Sequence[Ceiling]
    ) -> Answer:
        run = self._run.sharing(self._program_share).starting_at(None if start is None else start.policy)
        answer = solve_direction(
            self._problem,
            run,
            demands,
            top=max(top, self._run.tolerances.monotone),
            absolute_gap=GAP_SHARE * self._wanted,
            ceilings=ceilings,
            witness=self._archive.witness,
        )
        self._counts["programs"] += 1
        self._counts["nodes"] += answer.nodes
        self._counts["lps"] += answer.lps
        self._report(answer)
        return answer

    def _report(self, answer: Answer) -> None:
        if self._on_progress is not None:
            row = ProgressRow(
                seconds=self._run.deadline.elapsed,
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

    def _open_boxes(self) -> list[OpenBox]:
        """The boxes that are too deep, deepest first.

        Points that others cover up to a tolerance are not returned, and with them goes that much of the resolution.
        """
        return self._region.boxes(self._wanted - self._equal)

    def _next_box(self) -> OpenBox | None:
        """The deepest box that is too deep and not stuck; boxes that time alone left stuck are tried once more."""
        boxes = self._open_boxes()
        if (
            boxes
            and self._program_share < 1.0
            and all(self._stuck.get(_key(b)) is Termination.TIME_LIMIT for b in boxes)
        ):
            self._program_share = 1.0
            self._stuck.clear()
        return next((box for box in boxes if _key(box) not in self._stuck), None)

    # ------------------------------------------------------------------ the answer

    def enclosure(self, termination: Termination) -> Enclosure:
        """Points, each evaluated anew, and what they and the proven bounds leave open."""
        game, run = self._game, self._run
        attained = self._archive.evaluated_anew()
        region = Region(self._region.upper.corners.max(axis=0, initial=-math.inf))
        region.upper, region.ceilings = self._region.upper, self._region.ceilings
        for one in attained:
            region.add_point(one.objectives)
        if termination is Termination.CONVERGED and region.resolution > self._wanted:
            termination = Termination.NUMERICAL
        return Enclosure(
            game=game,
            constraints=self._problem.stated,
            objectives=self._objectives,
            ties=self._problem.follower.ties,
            points=described_points(attained, region, run.tolerances),
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
                    **self._problem.follower.options(),
                    "time_limit": None if math.isinf(run.deadline.asked) else run.deadline.asked,
                    **run.limits.of_programs(),
                    "program_limit": None if math.isinf(self._program_limit) else self._program_limit,
                },
                seed=run.seed,
                seconds=run.deadline.elapsed,
                counts=dict(self._counts),
            ),
        )


def _key(box: OpenBox) -> bytes:
    return np.concatenate((box.lower, box.upper)).tobytes()
