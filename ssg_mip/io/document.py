"""The layout of an instance file, as a strict pydantic model, and its two directions: to a game and back.

This module states format ``ssg-mip/1`` once; ``ssg-mip-1.schema.json`` beside it is generated from the same model.
Only what a schema can say is checked here; names, sums and completeness are checked by :mod:`ssg_mip.game.assembly`.

A number is a JSON number or an exact fraction as text, ``"p/q"``; a fraction stands for the float nearest to it.

pydantic is needed to read a file only; nothing above :mod:`ssg_mip.io` imports this module at start-up.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    FailFast,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    JsonValue,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic_core import PydanticCustomError, core_schema

from ssg_mip.game.assembly import Draft, Place, StateEntry, TransitionEntry
from ssg_mip.io.strict_json import Refusal, json_path, shorten

FORMAT = "ssg-mip/1"
FORMAT_2 = "ssg-mip/2"

WORDS_OF_2 = ("constraints", "observations", "followers")
"""Keys that format ssg-mip/2 has beside those of ssg-mip/1."""

_FRACTION = re.compile(r"-?[0-9]{1,309}/[0-9]{1,309}")


@dataclasses.dataclass(frozen=True)
class NumberRule:
    """Says that a field is a number or fraction in ``[low, below)``: to pydantic, and to the schema."""

    description: str
    low: float = -math.inf
    below: float = math.inf

    def check(self, value: object) -> float:
        """The float that ``value`` stands for."""
        number = _as_float(value)
        if not math.isfinite(number):
            rule = 'a finite number or a fraction such as "1/3"'
        elif not self.low <= number < self.below:
            rule = self.description
        else:
            return number
        raise PydanticCustomError("number", "must be {rule}", {"rule": rule})

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(self.check)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        plain: dict[str, Any] = {"type": "number"}
        if math.isfinite(self.low):
            plain["minimum"] = self.low
        if math.isfinite(self.below):
            plain["exclusiveMaximum"] = self.below
        exact = {"type": "string", "pattern": f"^{_FRACTION.pattern}$"}
        return {"anyOf": [plain, exact], "description": self.description}


def _as_float(value: object) -> float:
    """The float nearest to a JSON number or fraction; NaN for anything else."""
    if isinstance(value, float):
        return value
    try:
        if isinstance(value, str) and _FRACTION.fullmatch(value):
            return float(Fraction(value))
        if isinstance(value, int) and not isinstance(value, bool):
            return float(value)
    except (OverflowError, ZeroDivisionError):
        return math.nan
    return math.nan


Reward = Annotated[float, NumberRule("a finite number")]
Probability = Annotated[float, NumberRule("at least 0", low=0.0)]
Discount = Annotated[float, NumberRule("in [0, 1)", low=0.0, below=1.0)]
Name = Annotated[str, StringConstraints(min_length=1, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")]
Names = Annotated[list[Name], Field(min_length=1), FailFast()]


def in_portions(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    """Check a large object entry by entry, so that it stops at the first problem.

    pydantic collects every problem of an object: a hostile file of 6 MB made it hold 5 GB of them.
    """
    if not isinstance(value, dict) or len(value) <= _PORTION:
        return handler(value)
    checked: dict[str, Any] = {}
    for key, item in value.items():
        checked.update(handler({key: item}))
    return checked


_PORTION = 50

Distribution = Annotated[dict[Name, Probability], Field(min_length=1), WrapValidator(in_portions)]


class Strict(BaseModel):
    """An object with exactly its own keys, whose values are of exactly their types."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _few_keys(cls, value: Any) -> Any:
        if isinstance(value, dict) and len(value) > _PORTION:
            raise PydanticCustomError("keys", "may hold only {keys}", {"keys": ", ".join(cls.model_fields)})
        return value

    @classmethod
    def owner(cls, place: Place) -> type[Strict]:
        """The model that an unknown key is missing from."""
        inner: dict[object, type[Strict]] = {"states": StateDocument, "transitions": TransitionDocument}
        return cls if len(place) == 1 else inner[place[0]]

    @classmethod
    def shown(cls, place: Place) -> Place:
        """A place of pydantic's as it stands in the file."""
        return place


class Remarks(Strict):
    """What is carried along with a game and never interpreted."""

    name: str
    source: str | None = None
    known: dict[str, JsonValue] | None = None


class StateDocument(Strict):
    """The actions available in a state, in order."""

    leader_actions: Names
    follower_actions: Names


class TransitionDocument(Strict):
    """What one joint action does: rewards of both players and the distribution over next states."""

    state: Name
    leader_action: Name
    follower_action: Name
    leader_reward: Reward
    follower_reward: Reward
    next: Distribution


class InstanceDocument(Remarks):
    """A two-player general-sum stochastic Stackelberg game, format ssg-mip/1."""

    format: Literal["ssg-mip/1"]
    leader_discount: Discount
    follower_discount: Discount
    initial: Distribution | None = None
    states: Annotated[dict[Name, StateDocument], Field(min_length=1), WrapValidator(in_portions)]
    transitions: Annotated[list[TransitionDocument], FailFast()]

    def to_draft(self) -> Draft:
        """The named parts of the game, ready to be assembled.

        Raises
        ------
        Refusal
            If the start distribution names an unknown state.
        """
        initial = self.initial or {}
        for name in initial:
            if name not in self.states:
                raise Refusal("is not a state; use the name of a state or add it", ("initial", name))
        return Draft(
            name=self.name,
            source=self.source,
            known=self.known,
            leader_discount=self.leader_discount,
            follower_discount=self.follower_discount,
            states=[
                StateEntry(name, tuple(state.leader_actions), tuple(state.follower_actions), initial.get(name))
                for name, state in self.states.items()
            ],
            transitions=[
                TransitionEntry(t.state, t.leader_action, t.follower_action, t.leader_reward, t.follower_reward, t.next)
                for t in self.transitions
            ],
        )


class ArraysHeader(Remarks):
    """The text part of an ``.npz`` instance; the numbers are arrays beside it."""

    format: Literal["ssg-mip/1"]
    leader_discount: Discount
    follower_discount: Discount
    state_names: Names
    leader_actions: Annotated[list[Names], FailFast()]
    follower_actions: Annotated[list[Names], FailFast()]


def check_format(tree: Any) -> None:
    """Refuse anything but an object of this format, before other complaints.

    Raises
    ------
    Refusal
        With the format found.
    """
    if not isinstance(tree, dict):
        raise Refusal(f"is {shorten(tree)}; an instance is a JSON object", ())
    if "format" not in tree:
        raise Refusal(f'is missing; it must be "{FORMAT}", or "{FORMAT_2}" with constraints', ("format",))
    if tree["format"] not in (FORMAT, FORMAT_2):
        raise Refusal(f'is {shorten(tree["format"])}; this version reads "{FORMAT}" and "{FORMAT_2}"', ("format",))


Model = TypeVar("Model", bound=Strict)


def check_layout(model: type[Model], tree: Mapping[str, Any]) -> Model:
    """The tree as a checked document.

    Raises
    ------
    Refusal
        With the JSON path of the first thing that does not fit, and how many others there are.
    """
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        raise _refusal(error, model) from None


_WORDS = {
    "missing": "is missing",
    "string_type": "must be text",
    "dict_type": "must be an object",
    "list_type": "must be a list",
    "model_type": "must be an object",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
    "string_pattern_mismatch": "must not contain control characters",
    "string_unicode": "must be text in UTF-8",
    "int_type": "must be a whole number",
    "greater_than_equal": "must be at least {ge}",
    "literal_error": "must be {expected}",
}


MOST_LISTED = 4
"""Problems of a file that are told in words."""


def listed_problems(problems: Sequence[str], count: int) -> str:
    """The first problems in a sentence, and how many more there are."""
    told = [problem for problem in problems[:MOST_LISTED] if problem]
    left = count - len(told)
    return "; ".join(told) + (f" (and {left} more problems)" if left else "")


def _refusal(error: ValidationError, model: type[Strict]) -> Refusal:
    problems = error.errors(include_url=False)
    problems.sort(key=lambda one: one["type"] != "extra_forbidden")  # a misspelt key is why another one is missing
    (place, text), *others = (_problem(one, model) for one in problems[:MOST_LISTED])
    told = [text, *(f"{json_path(where)} {words}" for where, words in others)]
    return Refusal(listed_problems(told, error.error_count()), place)


def _problem(problem: Any, model: type[Strict]) -> tuple[Place, str]:
    """Where it is, and what is wrong there."""
    given: Place = tuple(part for part in problem["loc"] if part != "[key]")
    place = model.shown(given)
    if problem["type"] == "extra_forbidden":
        keys = ", ".join(model.owner(given).model_fields)
        newer = f'; it belongs to "{FORMAT_2}"' if given[-1] in WORDS_OF_2 and len(given) == 1 else ""
        text = f"is an unknown key; the keys here are {keys}{newer}"
    elif problem["type"] == "union_tag_invalid":
        known, tag = problem["ctx"]["expected_tags"], problem["ctx"]["tag"]
        place, text = (*place, "kind"), f"is {shorten(tag)}; it must be one of {known}"
    elif problem["type"] == "union_tag_not_found":
        place, text = (*place, "kind"), "is missing; it says what kind of constraint this is"
    elif problem["type"] == "reserved":
        text = problem["msg"]
    elif problem["type"] == "missing":
        text = "is missing"
    else:
        words = _WORDS.get(problem["type"])
        rule = problem["msg"] if words is None else words.format_map(problem.get("ctx", {}))
        text = f"is {shorten(problem['input'])}; it {rule}"
    return place, text
