"""What the columns of an exported file mean, and the policy that a solution of it stands for."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ssg_mip.errors import InvalidPolicyError, OptionError
from ssg_mip.game.game import Game
from ssg_mip.modelling.solution_files import Solution
from ssg_mip.numerics.array_types import FloatArray, IntArray

NAMES_FORMAT = "ssg-mip-names/1"
"""What a names file says of itself."""

WEIGHTS = ("y", "x")
"""Columns ``(s, a, b)`` from which a policy is read where it has none of its own: occupancies, then probabilities."""

LEAST_WEIGHT = 1e-9
"""Weight of a state below which nothing is read from it."""

FARTHEST_OFF = 1e-3
"""By how much the probabilities of a state may miss a simplex: more is no solver's tolerance."""

CONSTANT = "ONE_VAR_CONSTANT"
"""A column that LP files may have for a constant in the objective."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Names:
    """A names file.

    Attributes
    ----------
    program, form
        Which program the file is, and in which form.
    table
        By name of a row or column: the ``component``, and the ``index`` by letter.
    """

    program: str
    form: str
    table: Mapping[str, Mapping[str, Any]]


def read_names(path: Path, game: Game) -> Names:
    """The names beside an exported file.

    Raises
    ------
    OptionError
        If the file is none, or belongs to another game.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise OptionError(f"the names file: {path} cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise OptionError(f"the names file: {path} is not valid JSON: {error}") from None
    if not isinstance(data, dict) or data.get("format") != NAMES_FORMAT or not isinstance(data.get("names"), dict):
        raise OptionError(f"the names file: {path} is none; export wrote one beside the LP file, NAME.lp.names.json")
    if data.get("content_hash") != game.content_hash:
        raise OptionError(
            f"the names file {path} belongs to another instance, {data.get('game')!r}; that of {game.name!r} has the "
            f"content hash {game.content_hash[:12]}...: export this instance, or name the other one"
        )
    _check_table(path, data["names"])
    return Names(program=str(data.get("program")), form=str(data.get("form")), table=data["names"])


def _check_table(path: Path, table: Mapping[Any, Any]) -> None:
    for name, entry in table.items():
        if not isinstance(entry, dict) or not isinstance(entry.get("index"), dict) or "component" not in entry:
            raise OptionError(f"the names file {path} says {entry!r} of {name!r}; it must be a component and an index")


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Columns:
    """What a solution says of a game.

    Attributes
    ----------
    slots
        Probabilities per leader slot, as they are in the file.
    answers
        The follower's action per state that the solution has in mind; ``None`` if it has none everywhere.
    """

    slots: FloatArray
    answers: IntArray | None


def columns_of(game: Game, solution: Solution, names: Names, place: str) -> Columns:
    """The leader's probabilities and the follower's answers in a solution.

    Raises
    ------
    OptionError
        If a name of the solution is not in the names file, or a column that is needed is missing.
    InvalidPolicyError
        If a number is not finite.
    """
    unknown = [name for name in solution.values if name not in names.table and name != CONSTANT]
    if unknown:
        raise OptionError(
            f"{place} holds the column {unknown[0]!r}, which the names file does not know: take the one that export "
            "wrote beside the file which the solver has read"
        )
    reader = _Reader(game, solution, names, place)
    if reader.has("f"):
        return Columns(slots=reader.probabilities(), answers=reader.answers())
    weights = [reader.weights(component) for component in WEIGHTS if reader.has(component)]
    if not weights:
        raise OptionError(f"the names file of {place} knows no column f(s,a), y(s,a,b) or x(s,a,b): no policy is in it")
    return _from_weights(game, weights)


class _Reader:
    """The columns of one solution, by component and the game's own names."""

    def __init__(self, game: Game, solution: Solution, names: Names, place: str) -> None:
        self._game, self._solution, self._place = game, solution, place
        self._name_of: dict[str, dict[tuple[str, ...], str]] = {}
        for name, entry in names.table.items():
            index = tuple(str(part) for part in entry["index"].values())
            self._name_of.setdefault(str(entry["component"]), {})[index] = name

    def has(self, component: str) -> bool:
        """Whether the file has such a component at all."""
        return component in self._name_of

    def value(self, component: str, *index: str) -> float:
        """The value of one column; 0 where the file has no such column, or leaves out zeros."""
        name = self._name_of[component].get(index)
        if name is None:
            return 0.0
        if name not in self._solution.values:
            if self._solution.leaves_out_zeros:
                return 0.0
            raise OptionError(f"{self._place} holds no value of {name!r}, which is {component}({', '.join(index)})")
        value = self._solution.values[name]
        if not math.isfinite(value):
            raise InvalidPolicyError(f"{self._place} says that {name!r} is {value!r}; it must be a finite number")
        return value

    def probabilities(self) -> FloatArray:
        """``f`` per leader slot."""
        game = self._game
        return np.array(
            [
                self.value("f", state, action)
                for state, actions in zip(game.state_names, game.leader_actions, strict=True)
                for action in actions
            ]
        )

    def answers(self) -> IntArray | None:
        """The action with the largest ``g`` in every state; ``None`` where there is none."""
        if not self.has("g"):
            return None
        game = self._game
        chosen = []
        for state, actions in zip(game.state_names, game.follower_actions, strict=True):
            values = [self.value("g", state, action) for action in actions]
            if max(values) < 0.5:
                return None
            chosen.append(int(np.argmax(values)))
        return np.array(chosen, dtype=np.int64)

    def weights(self, component: str) -> FloatArray:
        """The weight of every joint action, shape ``[num_rows]``."""
        game, place_of = self._game, self.value
        return np.array(
            [
                place_of(
                    component,
                    game.state_names[s],
                    game.leader_actions[s][int(game.row_leader[row])],
                    game.follower_actions[s][int(game.row_follower[row])],
                )
                for row, s in enumerate(game.row_state.tolist())
            ]
        )


def _from_weights(game: Game, tables: list[FloatArray]) -> Columns:
    """Policy and answers from weights of joint actions: in each state from the last table that says anything."""
    slots = np.zeros(int(game.leader_offsets[-1]))
    answers = np.zeros(game.num_states, dtype=np.int64)
    for state in range(game.num_states):
        rows = slice(int(game.row_offsets[state]), int(game.row_offsets[state + 1]))
        here = next((table[rows] for table in reversed(tables) if table[rows].sum() > LEAST_WEIGHT), None)
        if here is None:
            here = np.ones(rows.stop - rows.start)
        share = here.reshape(int(game.leader_counts[state]), int(game.follower_counts[state])) / here.sum()
        slots[game.leader_offsets[state] : game.leader_offsets[state + 1]] = share.sum(axis=1)
        answers[state] = int(np.argmax(share.sum(axis=0)))
    return Columns(slots=slots, answers=answers)


def projected(game: Game, slots: FloatArray, place: str) -> tuple[FloatArray, float]:
    """The nearest point of the simplices, and how far the given numbers are from it.

    Raises
    ------
    InvalidPolicyError
        If that is farther than any solver's tolerance, or a number is not finite.
    """
    nearest = np.empty_like(slots)
    for state, name in enumerate(game.state_names):
        here = slice(int(game.leader_offsets[state]), int(game.leader_offsets[state + 1]))
        if not np.all(np.isfinite(slots[here])):
            raise InvalidPolicyError(f"{place}: the probabilities in state {name!r} are not all finite numbers")
        nearest[here] = simplex_projection(slots[here])
        if float(np.abs(nearest[here] - slots[here]).max()) > FARTHEST_OFF:
            raise InvalidPolicyError(
                f"{place}: the probabilities in state {name!r} are {slots[here].tolist()}, which sum to "
                f"{float(slots[here].sum())!r}; they must be at least 0 and sum to 1 within {FARTHEST_OFF:g}"
            )
    return nearest, float(np.abs(nearest - slots).max())


def simplex_projection(point: FloatArray) -> FloatArray:
    """The nearest probabilities in the Euclidean norm (Held, Wolfe and Crowder, 1974)."""
    falling = np.sort(point)[::-1]
    excess = (np.cumsum(falling) - 1.0) / np.arange(1, len(point) + 1)
    shift = excess[np.flatnonzero(falling > excess)[-1]]
    nearest: FloatArray = np.maximum(point - shift, 0.0)
    return nearest
