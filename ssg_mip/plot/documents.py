"""The parts of printed documents that pictures are drawn from, as strict pydantic models."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ssg_mip.evaluation.best_response import Ties

LARGEST_NUMBER = 1e100
"""What matplotlib can still scale an axis to, with room to spare."""


def _drawable(value: float) -> float:
    if abs(value) > LARGEST_NUMBER:
        raise ValueError(f"{value!r} cannot be drawn, numbers must be at most {LARGEST_NUMBER:g} in size")
    return value


_Number = Annotated[float, Field(allow_inf_nan=False), AfterValidator(_drawable)]
_ByState = Annotated[dict[str, _Number], Field(min_length=1)]


class Part(BaseModel):
    """What every part has in common: kinds are not converted, what a picture has no use for is ignored."""

    model_config = ConfigDict(strict=True, frozen=True)


class Point(Part):
    """A point of a front."""

    leader_values: _ByState
    leader_policy: dict[str, dict[str, _Number]]
    follower_policy: dict[str, str]


class EnclosurePoint(Point):
    """A point of an enclosure."""

    values: list[_Number]
    unsupported_by: _Number


class ObjectivePart(Part):
    """An objective of an enclosure."""

    name: str
    player: Literal["leader", "follower"]


class Box(Part):
    """An open box."""

    lower: list[_Number]
    upper: list[_Number]


class ProvenancePart(Part):
    """Which game it is about."""

    game_hash: str


class Document(Part):
    """What all three have in common."""

    game: str
    ties: Ties
    provenance: ProvenancePart


class FrontDocument(Document):
    """What ``front --json`` prints."""

    points: list[Point]


class EnclosureDocument(Document):
    """What ``front --complete --json`` prints."""

    objectives: Annotated[list[ObjectivePart], Field(min_length=1)]
    points: list[EnclosurePoint]
    boxes: list[Box]


class Iterate(Part):
    """An iterate of a run."""

    leader_values: _ByState


class Row(Part):
    """A row of progress."""

    seconds: _Number
    iteration: int
    nodes: int
    open_nodes: int
    lps: int
    primal_bound: _Number | None
    dual_bound: _Number | None


class ResultDocument(Document):
    """What ``solve --json`` prints."""

    method: str
    status: str
    leader_values: Annotated[dict[str, _Number | None], Field(min_length=1)]
    leader_policy: dict[str, dict[str, _Number]] | None
    follower_policy: dict[str, str] | None
    trajectory: list[Iterate]
    progress: list[Row] = []
