"""What a picture needs to know of a front or of a run, whether it was computed just now or printed earlier."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ssg_mip.base.status import Status
from ssg_mip.errors import OptionError
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.pareto.enclosure.objectives import Objective
from ssg_mip.pareto.enclosure.result import Enclosure
from ssg_mip.pareto.front import ParetoFront
from ssg_mip.result import ProgressRow, Result


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class FrontView:
    """A front as a picture shows it.

    Attributes
    ----------
    title
        What stands above the picture.
    names, labels
        The objectives, and what stands on their axes.
    points
        Values of the objectives, shape ``[points, objectives]``.
    unsupported
        Boolean per point: the optimum of no weighted sum.
    box_lower, box_upper
        Corners of the boxes in which values that no point covers may lie, shape ``[boxes, objectives]``.
    attained
        Other attained values, shape ``[values, objectives]``.
    """

    title: str
    names: tuple[str, ...]
    labels: tuple[str, ...]
    points: FloatArray
    unsupported: NDArray[np.bool_]
    box_lower: FloatArray
    box_upper: FloatArray
    attained: FloatArray

    @property
    def varying(self) -> tuple[str, ...]:
        """The objectives in which the points differ, the largest difference first."""
        spread = np.ptp(self.points, axis=0) if len(self.points) else np.zeros(len(self.names))
        order = np.argsort(-spread, kind="stable")
        return tuple(self.names[place] for place in order if spread[place] > 0.0)

    def narrowed(self, count: int, names: Sequence[str] | None = None) -> FrontView:
        """The view of ``count`` objectives: the named ones, or those in which the points differ most.

        Raises
        ------
        OptionError
            If there are not so many, or the names are not so many different ones of the objectives.
        """
        if names is None:
            if len(self.names) < count:
                raise OptionError(
                    f"{self.title} has {_counted(len(self.names))}; this picture of a front needs {count}"
                )
            rest = [name for name in self.names if name not in self.varying]
            chosen = sorted(self.names.index(name) for name in [*self.varying, *rest][:count])
        else:
            unknown = next((name for name in names if name not in self.names), None)
            if unknown is not None:
                raise OptionError(f"{self.title} has no state or objective {unknown!r}; it has {self._listed()}")
            chosen = [self.names.index(name) for name in names]
            if len(chosen) != count or len(set(chosen)) < count:
                words = {2: "two", 3: "three"}.get(count, str(count))
                raise OptionError(f"states is {list(names)!r}; this picture of a front needs {words} different states")
        return dataclasses.replace(
            self,
            names=tuple(self.names[place] for place in chosen),
            labels=tuple(self.labels[place] for place in chosen),
            points=self.points[:, chosen],
            box_lower=self.box_lower[:, chosen],
            box_upper=self.box_upper[:, chosen],
            attained=self.attained[:, chosen],
        )

    def _listed(self) -> str:
        return ", ".join(self.names[:8]) + (", ..." if len(self.names) > 8 else "")


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class RunView:
    """The course of a run as a picture shows it.

    Attributes
    ----------
    title
        What stands above the picture.
    progress
        The rows of the progress table.
    states
        Names of the states.
    values
        The leader's values of the iterates and, last, of the answer; shape ``[iterates, states]``.
    stationary
        Whether the run stopped because no policy improves every state.
    """

    title: str
    progress: tuple[ProgressRow, ...]
    states: tuple[str, ...]
    values: FloatArray
    stationary: bool


def front_view(front: ParetoFront | Enclosure | FrontView) -> FrontView:
    """The view of a front or an enclosure; a view is handed back."""
    if isinstance(front, FrontView):
        return front
    if isinstance(front, Enclosure):
        return _view_of_enclosure(front)
    states = front.game.state_names
    attained = [point.leader_values for result in front.results for point in result.trajectory]
    attained += [result.leader_values for result in front.results if result.leader_policy is not None]
    nothing = np.empty((0, len(states)))
    return FrontView(
        title=front.game.name,
        names=states,
        labels=tuple(axis_label("leader", state) for state in states),
        points=front.values,
        unsupported=np.zeros(len(front), dtype=bool),
        box_lower=nothing,
        box_upper=nothing,
        attained=np.array(attained).reshape(-1, len(states)),
    )


def run_view(run: Result | RunView) -> RunView:
    """The view of a result; a view is handed back."""
    if isinstance(run, RunView):
        return run
    values = [point.leader_values for point in run.trajectory]
    if run.leader_policy is not None:
        values.append(run.leader_values)
    return RunView(
        title=f"{run.game.name}: {run.method}",
        progress=run.progress,
        states=run.game.state_names,
        values=np.array(values).reshape(-1, run.game.num_states),
        stationary=run.status in (Status.STATIONARY, Status.PARETO_OPTIMAL),
    )


def axis_label(player: str, name: str) -> str:
    """What stands on the axis of a player's value from some start."""
    return f"{player}'s value in {name}"


def _view_of_enclosure(enclosure: Enclosure) -> FrontView:
    count = len(enclosure.objectives)
    return FrontView(
        title=enclosure.game.name,
        names=tuple(one.name for one in enclosure.objectives),
        labels=tuple(_label(one) for one in enclosure.objectives),
        points=enclosure.values,
        unsupported=np.array([point.unsupported_by > 0.0 for point in enclosure.points], dtype=bool),
        box_lower=np.array([box.lower for box in enclosure.boxes]).reshape(-1, count),
        box_upper=np.array([box.upper for box in enclosure.boxes]).reshape(-1, count),
        attained=np.empty((0, count)),
    )


def _label(one: Objective) -> str:
    return axis_label(one.player, one.name.removeprefix("follower: "))


def _counted(count: int) -> str:
    return "one state or objective" if count == 1 else f"{count} states or objectives"
