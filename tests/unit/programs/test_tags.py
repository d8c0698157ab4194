"""Tags say of every row and column what its name says, and what nobody declared is told apart from the rest."""

from __future__ import annotations

import re
from typing import Any, get_args

import numpy as np
import pyomo.environ as pyo
import pytest

from ssg_mip.errors import OptionError
from ssg_mip.evaluation.best_response import best_response
from ssg_mip.evaluation.value_bounds import follower_value_bounds
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.lp.compiled import compile_program
from ssg_mip.programs.commitment import commitment, commitment_along
from ssg_mip.programs.direction import Demand, Direction
from ssg_mip.programs.export import Form, Kind, build_program
from ssg_mip.programs.improvement import improvement
from ssg_mip.programs.program import Program
from ssg_mip.programs.tags import (
    FROM_WEIGHTS,
    NONE,
    OF_STATE,
    ColumnKind,
    RowKind,
    RowTag,
    Tag,
    Tags,
    family_of,
    tagged,
)
from tests.oracles.games import random_game

_GAME = random_game(
    np.random.default_rng(3),
    leader_counts=[2, 3, 1],
    follower_counts=[3, 2, 2],
    leader_discount=0.8,
    follower_discount=0.7,
).to_game()
_FIELDS = {"s": "state", "a": "leader", "b": "answer", "c": "action", "t": "value", "k": "position"}
_ROWS = {
    "flow": (RowKind.FLOW, "s"),
    "flow_times_value": (RowKind.FLOW_TIMES_VALUE, "st"),
    "simplex": (RowKind.SIMPLEX, "s"),
    "simplex_times_value": (RowKind.SIMPLEX_TIMES_VALUE, "st"),
    "own": (RowKind.OWN, "sb"),
    "incentive": (RowKind.INCENTIVE, "sbc"),
    "value": (RowKind.FLOOR, ""),
    "share": (RowKind.SHARE, "sab"),
    "improve": (RowKind.IMPROVE, "s"),
    "rises": (RowKind.WORTH, ""),
}
_COLUMNS = {
    "y": (ColumnKind.WEIGHT, "sab"),
    "w": (ColumnKind.PRODUCT, "sabt"),
    "x": (ColumnKind.WEIGHT, "sab"),
    "z": (ColumnKind.PRODUCT, "sabt"),
    "v": (ColumnKind.VALUE, "s"),
    "level": (ColumnKind.OTHER, ""),
}
_WITHOUT_BLOCK = {"share", "improve", "v", "level"}


def _programs() -> dict[str, Program]:
    bounds = follower_value_bounds(_GAME)
    start = np.array([0.0, 0.6, 0.4])
    values = best_response(_GAME, LeaderPolicy.uniform(_GAME)).leader_values
    demands = tuple(Demand(leader=np.eye(3)[k], follower=np.zeros(3), least=-3.0, slope=1.0) for k in (0, 2))
    return {
        "commitment": commitment(_GAME, start, bounds),
        "floors": commitment(_GAME, start, bounds, floor={2: -5.0}),
        "improvement": improvement(_GAME, values, start, bounds),
        "direction": commitment_along(_GAME, Direction(demands=demands, top=5.0), bounds),
    }


def _expected(name: str, known: dict[str, Any], *, own: bool) -> Tag[Any]:
    """What a name says, read as a person reads it."""
    word, _, index = name.rstrip("]").partition("[")
    block = FROM_WEIGHTS
    if found := re.fullmatch(r"(?:floor|demand)(\d+)_(\w+)", word):
        block, word = int(found[1]), found[2]
    if word.startswith("conditional_") or word in {"simplex", "simplex_times_value", "x", "z"} or own:
        block, word = OF_STATE, word.removeprefix("conditional_")
    kind, letters = known[word]
    numbers = [int(part) for part in index.split(",") if part]
    fields = dict(zip((_FIELDS[letter] for letter in letters), numbers, strict=True))
    return Tag(kind=kind, block=NONE if word in _WITHOUT_BLOCK else block, **fields)


@pytest.mark.parametrize("label", ["commitment", "floors", "improvement", "direction"])
def test_tags_say_what_names_say(label: str) -> None:
    """Every row and every column of the programs that the search solves."""
    program = _programs()[label]
    compiled = compile_program(program)
    own = label == "improvement"
    for name, row in zip(compiled.row_names, compiled.row_tags.each(RowKind), strict=True):
        assert row == _expected(name, _ROWS, own=own), name
    columns = list(compiled.column_tags.each(ColumnKind))
    for variable in program.model.component_data_objects(pyo.Var):
        column = compiled.column_of.get(id(variable))
        if column is not None:
            assert columns[column] == _expected(variable.name, _COLUMNS, own=own), variable.name
    assert {tag.kind for tag in columns} >= {ColumnKind.WEIGHT, ColumnKind.PRODUCT, ColumnKind.VALUE}


def test_every_component_of_the_programs_is_declared() -> None:
    """Nothing that has an index has been forgotten, in any form that is exported."""
    uniform = LeaderPolicy.uniform(_GAME)
    exported = [
        build_program(_GAME, kind, form, _GAME.initial, uniform) for kind in get_args(Kind) for form in get_args(Form)
    ]
    for program in (*_programs().values(), *exported):
        for component in program.model.component_objects((pyo.Var, pyo.Constraint)):
            assert family_of(component) is not None or not component.is_indexed(), component.name


def test_what_a_user_adds_is_of_no_kind() -> None:
    """Rows of a user's own are numbered by their index; words in it are no part of a tag."""
    program = _programs()["commitment"]
    model = program.model
    model.budget = pyo.Constraint([0, 7, "all"], rule=lambda m, _: sum(m.y.values()) <= 3.0)
    compiled = compile_program(program)
    mine = [tag for tag in compiled.row_tags.each(RowKind) if tag.kind is RowKind.OTHER]
    assert mine == [RowTag(kind=RowKind.OTHER, position=position) for position in (0, 7, NONE)]


def test_letters_must_fit_the_index() -> None:
    """A component with another number of letters than positions is named, and an unknown letter is none."""
    model = pyo.ConcreteModel()
    model.f = tagged(pyo.Var([(0, 1)]), "sab")
    with pytest.raises(OptionError, match="f has 2 indices; its declared letters are 'sab': declare as many"):
        Tags.of(model.f.values())
    with pytest.raises(ValueError, match="'q' is not a valid Axis"):
        tagged(pyo.Var([0]), "q")
