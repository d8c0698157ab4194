"""Fronts, enclosures and verdicts about the standard form of a game, in the game's own units.

The work is done on the standard form (:mod:`ssg_mip.evaluation.standard_form`), in which tolerances and linear programs
see rewards of ordinary size without large constants.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from ssg_mip.base.status import Termination
from ssg_mip.evaluation.standard_form import Scale, StandardForm
from ssg_mip.methods.in_standard_form import proof_out, provenance_out, result_out
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.pareto.enclosure.objectives import Objective
from ssg_mip.pareto.enclosure.region import OpenBox, Region
from ssg_mip.pareto.enclosure.result import Enclosure, EnclosurePoint
from ssg_mip.pareto.enclosure.search_region import UpperBounds
from ssg_mip.pareto.front import FrontPoint, ParetoFront, Settlement
from ssg_mip.programs.direction import Ceiling


def front_out(front: ParetoFront, form: StandardForm) -> ParetoFront:
    """A front of the standard form as one of the game."""
    if form.changes_nothing:
        return front
    return dataclasses.replace(
        front,
        game=form.game,
        points=tuple(_front_point_out(point, form) for point in front.points),
        tolerance=form.leader.gain_out(front.tolerance),
        results=tuple(result_out(result, form) for result in front.results),
        settlements=tuple(_settlement_out(one, form.leader) for one in front.settlements),
        provenance=provenance_out(front.provenance, form),
    )


def _front_point_out(point: FrontPoint, form: StandardForm) -> FrontPoint:
    return dataclasses.replace(
        point,
        leader_values=form.leader.out(point.leader_values),
        follower_values=form.follower.out(point.follower_values),
        dual_bound=form.leader.upper_out(point.dual_bound, point.weights),
        bound_proof=proof_out(point.bound_proof, form),
        gain_bound=form.leader.gain_bound_out(point.gain_bound),
    )


def _settlement_out(settlement: Settlement | None, scale: Scale) -> Settlement | None:
    if settlement is None:
        return None
    return dataclasses.replace(
        settlement,
        first_values=scale.out(settlement.first_values),
        gain_bound=scale.gain_bound_out(settlement.gain_bound),
    )


def enclosure_out(enclosure: Enclosure, form: StandardForm) -> Enclosure:
    """An enclosure of the front of the standard form, in which both players have the same unit, as one of the game."""
    if form.changes_nothing:
        return enclosure
    axes = _Axes(enclosure.objectives, form)
    provenance = provenance_out(enclosure.provenance, form)
    options = {**provenance.options, "resolution": axes.unit * enclosure.wanted}
    rounding = axes.rounding_of(enclosure)
    resolution = axes.unit * enclosure.resolution + rounding
    reached = enclosure.termination is not Termination.CONVERGED or resolution <= axes.unit * enclosure.wanted
    return dataclasses.replace(
        enclosure,
        game=form.game,
        termination=enclosure.termination if reached else Termination.NUMERICAL,
        points=tuple(axes.point_out(point, rounding) for point in enclosure.points),
        boxes=tuple(axes.box_out(box, rounding) for box in enclosure.boxes),
        resolution=resolution,
        wanted=axes.unit * enclosure.wanted,
        region=axes.region_out(enclosure.region),
        provenance=dataclasses.replace(provenance, options=options),
    )


def scale_of(objectives: Sequence[Objective], form: StandardForm) -> Scale:
    """The scale whose unit is that of all objectives."""
    return form.leader if objectives[0].player == "leader" else form.follower


class _Axes:
    """The objectives as axes with a constant each, and one unit."""

    def __init__(self, objectives: tuple[Objective, ...], form: StandardForm) -> None:
        self._form = form
        self.unit = scale_of(objectives, form).unit
        scales = [form.leader if one.player == "leader" else form.follower for one in objectives]
        self._base = np.array([float(s.base_of(one.start)) for s, one in zip(scales, objectives, strict=True)])
        self.rounding = max(scale.rounding for scale in scales)

    def out(self, values: FloatArray) -> FloatArray:
        """Values of the objectives; what is not finite stays as it is."""
        return self._base + self.unit * values

    def raised(self, values: FloatArray) -> FloatArray:
        """Upper bounds on the objectives, rounded up."""
        found = self.out(values)
        size = np.where(np.isfinite(found), np.abs(self._base) + np.abs(found), 0.0)
        return found + self.rounding + 4.0 * float(np.finfo(float).eps) * size

    def rounding_of(self, enclosure: Enclosure) -> float:
        """By how much translated points, corners and bounds on weighted sums may open what lies between them."""
        region, eps = enclosure.region, float(np.finfo(float).eps)
        corners = [point.values for point in enclosure.points] + list(region.upper.corners)
        finite = [corner[np.isfinite(corner)] for corner in corners]
        size = float(np.abs(self._base).max()) + self.unit * max(
            (float(np.abs(c).max(initial=0.0)) for c in finite), default=0.0
        )
        lifted = [
            (self._lift(one) + float(one.weights.sum()) * self.rounding) / float(one.weights[one.weights > 0.0].min())
            for one in region.ceilings
        ]
        return 2.0 * self.rounding + 8.0 * eps * size + max(lifted, default=0.0)

    def point_out(self, point: EnclosurePoint, rounding: float) -> EnclosurePoint:
        return dataclasses.replace(
            point,
            values=self.out(point.values),
            leader_values=self._form.leader.out(point.leader_values),
            follower_values=self._form.follower.out(point.follower_values),
            gain_bound=self.unit * point.gain_bound + rounding,
            unsupported_by=self.unit * point.unsupported_by,
        )

    def box_out(self, box: OpenBox, rounding: float) -> OpenBox:
        depth = self.unit * box.depth + rounding
        return dataclasses.replace(box, lower=self.out(box.lower), upper=self.raised(box.upper), depth=depth)

    def region_out(self, region: Region) -> Region:
        moved = Region(np.zeros(len(self._base)))
        moved.lower.corners = self.out(region.lower.corners)
        moved.upper = UpperBounds.at(self.raised(region.upper.corners))
        moved.ceilings = [self._ceiling_out(one) for one in region.ceilings]
        return moved

    def _lift(self, ceiling: Ceiling) -> float:
        """What the translation of a bound on a weighted sum may round away."""
        size = float(ceiling.weights @ np.abs(self._base)) + abs(self.unit * ceiling.bound)
        return 4.0 * len(self._base) * float(np.finfo(float).eps) * size

    def _ceiling_out(self, ceiling: Ceiling) -> Ceiling:
        bound = float(ceiling.weights @ self._base) + self.unit * ceiling.bound + self._lift(ceiling)
        return dataclasses.replace(ceiling, bound=bound + float(ceiling.weights.sum()) * self.rounding)
