"""The layout of format ``ssg-mip/2``: a game, and what is asked of the leader's policies in the user's words.

It is format ``ssg-mip/1`` with further keys, all of which may be left out. ``ssg-mip-2.schema.json`` beside it is
generated from this model. Only what a schema can say is checked here; states, actions and ranges are checked where a
problem is made of it (:mod:`ssg_mip.problem.files`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import FailFast, Field, WrapValidator

from ssg_mip.game.assembly import Place
from ssg_mip.io.document import (
    FORMAT_2,
    ArraysHeader,
    Distribution,
    InstanceDocument,
    Name,
    Names,
    Probability,
    Reward,
    Strict,
    in_portions,
)
from ssg_mip.io.said import Said

KIND = "kind"
"""The key that says what kind of constraint an entry is."""


class TermDocument(Strict):
    """One probability of a row, with its coefficient."""

    state: Name
    leader_action: Name
    coefficient: Reward


class SpendingDocument(Strict):
    """What a leader action costs, per unit of its probability."""

    state: Name
    leader_action: Name
    cost: Reward


class CostDocument(Strict):
    """What a joint action costs."""

    state: Name
    leader_action: Name
    follower_action: Name
    cost: Reward


class ConstraintDocument(Strict):
    """A constraint; without a name it gets one that says what it is about."""

    name: Name | None = None


class RequireDocument(ConstraintDocument):
    """A sum of probabilities, compared with a limit."""

    kind: Literal["require"]
    terms: Annotated[list[TermDocument], Field(min_length=1), FailFast()]
    sense: Literal["<=", ">=", "=="]
    limit: Reward


class BudgetDocument(ConstraintDocument):
    """A limit on what the probabilities cost in sum."""

    kind: Literal["budget"]
    costs: Annotated[list[SpendingDocument], Field(min_length=1), FailFast()]
    at_most: Reward


class ForbidDocument(ConstraintDocument):
    """An action of the leader that is not used."""

    kind: Literal["forbid"]
    state: Name
    leader_action: Name


class AtLeastDocument(ConstraintDocument):
    """An action of the leader with a least probability."""

    kind: Literal["at_least"]
    state: Name
    leader_action: Name
    probability: Probability


class SamePolicyDocument(ConstraintDocument):
    """The same probabilities in several states."""

    kind: Literal["same_policy"]
    states: Names


class AtMostActionsDocument(ConstraintDocument):
    """At most so many actions of a state."""

    kind: Literal["at_most_actions"]
    state: Name
    actions: Annotated[int, Field(ge=1)]


class DeterministicDocument(ConstraintDocument):
    """States in which the leader does not mix."""

    kind: Literal["deterministic"]
    states: Names


class CloseToDocument(ConstraintDocument):
    """Policies whose probabilities differ from those of a policy by so much in sum."""

    kind: Literal["close_to"]
    policy: Annotated[dict[Name, Distribution], Field(min_length=1), WrapValidator(in_portions)]
    radius: Probability


class CostLimitDocument(ConstraintDocument):
    """A limit on the expected discounted cost from the start."""

    kind: Literal["cost"]
    costs: Annotated[list[CostDocument], Field(min_length=1), FailFast()]
    at_most: Reward


class ValueAtLeastDocument(ConstraintDocument):
    """A least value of the leader from a state; from the start distribution if it is null."""

    kind: Literal["value_at_least"]
    state: Name | None
    value: Reward


AnyConstraint = Annotated[
    RequireDocument
    | BudgetDocument
    | ForbidDocument
    | AtLeastDocument
    | SamePolicyDocument
    | AtMostActionsDocument
    | DeterministicDocument
    | CloseToDocument
    | CostLimitDocument
    | ValueAtLeastDocument,
    Field(discriminator=KIND),
]

_ENTRIES: dict[tuple[str, str], type[Strict]] = {
    ("require", "terms"): TermDocument,
    ("budget", "costs"): SpendingDocument,
    ("cost", "costs"): CostDocument,
}
"""What the lists inside constraints hold, by kind and key."""

_KINDS: dict[str, type[Strict]] = {
    "require": RequireDocument,
    "budget": BudgetDocument,
    "forbid": ForbidDocument,
    "at_least": AtLeastDocument,
    "same_policy": SamePolicyDocument,
    "at_most_actions": AtMostActionsDocument,
    "deterministic": DeterministicDocument,
    "close_to": CloseToDocument,
    "cost": CostLimitDocument,
    "value_at_least": ValueAtLeastDocument,
}


class FollowerDocument(Strict):
    """The kind of the follower, with the numbers of that kind."""

    kind: Literal["rational", "myopic", "near-optimal", "quantal"]
    ties: Literal["leader", "first", "adverse"] | None = None
    margin: Annotated[float, Field(ge=0.0)] | None = None
    epsilon: Annotated[float, Field(gt=0.0)] | None = None
    view: Literal["optimistic", "pessimistic"] | None = None
    temperature: Annotated[float, Field(gt=0.0)] | None = None


Constraints = Annotated[list[AnyConstraint], FailFast()]
Observations = Annotated[dict[Name, Name], WrapValidator(in_portions)]
Followers = FollowerDocument | None
"""The key of the follower: who answers, where it is not the rational one."""


class _Words(Strict):
    """The keys of format ssg-mip/2 beside those of ssg-mip/1."""

    constraints: Constraints = Field(default_factory=list)
    observations: Observations = Field(default_factory=dict)
    followers: Followers = None

    def said(self) -> Said:
        """What they say, as plain data."""
        return Said(
            constraints=tuple(one.model_dump() for one in self.constraints),
            observations=dict(self.observations),
            follower=None if self.followers is None else self.followers.model_dump(exclude_none=True),
        )

    @classmethod
    def owner(cls, place: Place) -> type[Strict]:
        """The model that an unknown key is missing from; kinds of constraints stand in the place."""
        if place[0] == "followers":
            return FollowerDocument
        if place[0] != "constraints":
            return super().owner(place)
        kind = str(place[2])
        return _KINDS[kind] if len(place) == 4 else _ENTRIES[kind, str(place[3])]

    @classmethod
    def shown(cls, place: Place) -> Place:
        """A place without the kind of its constraint, which stands in no file."""
        if len(place) > 2 and place[0] == "constraints":
            return (*place[:2], *place[3:])
        return super().shown(place)


class ProblemDocument(_Words, InstanceDocument):
    """A game with what is asked of the leader's policies, format ssg-mip/2."""

    format: Literal["ssg-mip/2"]  # type: ignore[assignment]


class ProblemHeader(_Words, ArraysHeader):
    """The text part of an ``.npz`` instance of format ssg-mip/2."""

    format: Literal["ssg-mip/2"]  # type: ignore[assignment]


def kinds() -> Sequence[str]:
    """The kinds of constraints that files may hold."""
    return tuple(_KINDS)


__all__ = ["FORMAT_2", "ProblemDocument", "ProblemHeader", "kinds"]
