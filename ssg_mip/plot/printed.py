"""What ``solve --json``, ``front --json`` and ``front --complete --json`` printed, read for drawing.

Only what a picture needs is read and checked: shapes, and that numbers are numbers. Whether what is printed is *true*
is a question for ``ssg-mip verify``.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeVar

import numpy as np
from pydantic import ValidationError

from ssg_mip.base.status import Status
from ssg_mip.errors import InvalidResultError
from ssg_mip.evaluation.best_response import Ties
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.plot.documents import Document, EnclosureDocument, FrontDocument, Part, Point, ResultDocument, Row
from ssg_mip.plot.view import FrontView, RunView, axis_label
from ssg_mip.result import ProgressRow

_Table = TypeVar("_Table", bound=Part)


@dataclasses.dataclass(frozen=True, kw_only=True)
class PrintedPolicy:
    """A commitment and the response to it, by names."""

    leader: Mapping[str, Mapping[str, float]]
    follower: Mapping[str, str]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Printed:
    """A printed document as a picture needs it.

    Attributes
    ----------
    place
        Where it was read, for messages.
    game_hash, ties
        The content hash of the game, and the tie rule.
    front, run
        The front of a front or an enclosure, the run of a result.
    policies
        One per point; of a result its answer, or none.
    """

    FORMATS: ClassVar = ("ssg-mip-result/1", "ssg-mip-front/1", "ssg-mip-enclosure/1")

    place: str
    game_hash: str
    ties: Ties
    front: FrontView | None
    run: RunView | None
    policies: tuple[PrintedPolicy, ...]


def read_printed(data: Mapping[str, Any], place: str) -> Printed:
    """Read a printed result, front or enclosure.

    Parameters
    ----------
    data
        The JSON object.
    place
        Where it comes from; messages start with it.

    Raises
    ------
    InvalidResultError
        If it is none of these, or lacks what a picture needs.
    """
    match data.get("format"):
        case "ssg-mip-result/1":
            return _printed_result(_checked(ResultDocument, data, place), place)
        case "ssg-mip-front/1":
            return _printed_front(_checked(FrontDocument, data, place), place)
        case "ssg-mip-enclosure/1":
            return _printed_enclosure(_checked(EnclosureDocument, data, place), place)
        case other:
            raise InvalidResultError(
                f"{place}: format is {other!r}; pictures are drawn of {', '.join(Printed.FORMATS)}, as solve --json, "
                "front --json and front --complete --json print them"
            )


def _checked(model: type[_Table], data: Mapping[str, Any], place: str) -> _Table:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise InvalidResultError(f"{place}: {where}: {first['msg']}; print the document again") from None


def _printed_result(document: ResultDocument, place: str) -> Printed:
    states = tuple(document.leader_values)
    rows = [(f"trajectory.{index}", one.leader_values) for index, one in enumerate(document.trajectory)]
    answer = {state: value for state, value in document.leader_values.items() if value is not None}
    if document.leader_policy is not None:
        rows.append(("leader_values", answer))
    run = RunView(
        title=f"{document.game}: {document.method}",
        progress=tuple(_progress_row(row) for row in document.progress),
        states=states,
        values=_by_state(rows, states, place),
        stationary=document.status in {Status.STATIONARY.name.lower(), Status.PARETO_OPTIMAL.name.lower()},
    )
    policies: tuple[PrintedPolicy, ...] = ()
    if document.leader_policy is not None and document.follower_policy is not None:
        policies = (PrintedPolicy(leader=document.leader_policy, follower=document.follower_policy),)
    return _printed(document, place, front=None, run=run, policies=policies)


def _progress_row(row: Row) -> ProgressRow:
    return ProgressRow(
        seconds=row.seconds,
        iteration=row.iteration,
        nodes=row.nodes,
        open_nodes=row.open_nodes,
        lps=row.lps,
        primal_bound=-math.inf if row.primal_bound is None else row.primal_bound,
        dual_bound=math.inf if row.dual_bound is None else row.dual_bound,
    )


def _printed_front(document: FrontDocument, place: str) -> Printed:
    states = tuple(document.points[0].leader_values) if document.points else ()
    rows = [(f"points.{index}", point.leader_values) for index, point in enumerate(document.points)]
    points = _by_state(rows, states, place)
    nothing = np.empty((0, len(states)))
    view = FrontView(
        title=document.game,
        names=states,
        labels=tuple(axis_label("leader", state) for state in states),
        points=points,
        unsupported=np.zeros(len(points), dtype=bool),
        box_lower=nothing,
        box_upper=nothing,
        attained=nothing,
    )
    return _printed(document, place, front=view, run=None, policies=_policies(document.points))


def _printed_enclosure(document: EnclosureDocument, place: str) -> Printed:
    count = len(document.objectives)
    names = tuple(one.name for one in document.objectives)
    if len(set(names)) < count:
        raise InvalidResultError(f"{place}: objectives: two have the same name; print the document again")
    players = [one.player for one in document.objectives]
    view = FrontView(
        title=document.game,
        names=names,
        labels=tuple(
            axis_label(player, name.removeprefix("follower: ")) for player, name in zip(players, names, strict=True)
        ),
        points=_vectors([point.values for point in document.points], count, f"{place}: points"),
        unsupported=np.array([point.unsupported_by > 0.0 for point in document.points], dtype=bool),
        box_lower=_vectors([box.lower for box in document.boxes], count, f"{place}: boxes"),
        box_upper=_vectors([box.upper for box in document.boxes], count, f"{place}: boxes"),
        attained=np.empty((0, count)),
    )
    return _printed(document, place, front=view, run=None, policies=_policies(document.points))


def _printed(
    document: Document,
    place: str,
    *,
    front: FrontView | None,
    run: RunView | None,
    policies: tuple[PrintedPolicy, ...],
) -> Printed:
    return Printed(
        place=place,
        game_hash=document.provenance.game_hash,
        ties=document.ties,
        front=front,
        run=run,
        policies=policies,
    )


def _policies(points: Sequence[Point]) -> tuple[PrintedPolicy, ...]:
    return tuple(PrintedPolicy(leader=point.leader_policy, follower=point.follower_policy) for point in points)


def _by_state(rows: Sequence[tuple[str, Mapping[str, float]]], states: Sequence[str], place: str) -> FloatArray:
    """Values per state as an array, shape ``[rows, states]``."""
    for where, row in rows:
        if set(row) != set(states):
            raise InvalidResultError(
                f"{place}: {where}: values of the states {', '.join(row)}; there must be one number for each of "
                f"{', '.join(states)}"
            )
    return np.array([[row[state] for state in states] for _, row in rows]).reshape(-1, len(states))


def _vectors(rows: Sequence[Sequence[float]], count: int, place: str) -> FloatArray:
    for index, row in enumerate(rows):
        if len(row) != count:
            raise InvalidResultError(f"{place}.{index}: {len(row)} values; there are {count} objectives")
    return np.array(rows, dtype=float).reshape(-1, count)
