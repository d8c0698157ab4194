"""Distributions as arrays: rows of transitions, and where play starts."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ssg_mip.base.naming import name_of
from ssg_mip.base.rules import is_whole, shown
from ssg_mip.base.tolerances import probability_tolerance
from ssg_mip.errors import InvalidGameError
from ssg_mip.game.arrays.moves import Moves
from ssg_mip.game.validation import checked_array, float_array
from ssg_mip.numerics.array_types import FloatArray, IntArray


@dataclasses.dataclass(frozen=True, eq=False)
class Places:
    """Where a joint action stands, in words."""

    states: tuple[str, ...]
    leader: tuple[tuple[str, ...], ...]
    follower: tuple[tuple[str, ...], ...]
    ends: IntArray

    def __call__(self, row: int) -> str:
        """``s=dock, a=sail, b=wait``."""
        state = int(np.searchsorted(self.ends, row, side="right"))
        within = row - (int(self.ends[state - 1]) if state else 0)
        a, b = divmod(within, len(self.follower[state]))
        return f"s={self.states[state]}, a={self.leader[state][a]}, b={self.follower[state][b]}"


def distributions(moves: Moves, place: Places, *, normalise: bool) -> FloatArray:
    """Probabilities whose rows sum to one, as far as they are probabilities: the game refuses the others."""
    rows = moves.rows
    sums = np.bincount(rows, moves.probabilities, minlength=len(moves.indptr) - 1)
    tolerance = probability_tolerance(moves.precision)
    off = np.abs(sums - 1.0)
    sound = np.isfinite(sums) & (sums > 0.0)
    sound[rows[~(moves.probabilities >= 0.0)]] = False
    far = np.flatnonzero(sound & (off > tolerance))
    if far.size and not normalise:
        raise InvalidGameError(
            f"transitions[{place(int(far[0]))}] sum to {float(sums[far[0]])!r}; they must sum to 1 within "
            f"{tolerance:g}: correct the probabilities of the next states, or pass normalise=True to divide each row "
            "by its sum"
        )
    noise = 4.0 * np.finfo(float).eps * np.diff(moves.indptr)
    scale = np.where(sound & (off > noise), sums, 1.0)
    divided: FloatArray = moves.probabilities / scale[rows]
    return divided


def start_of(
    given: Any, count: int, given_states: list[Any] | None, names: tuple[str, ...], *, normalise: bool
) -> FloatArray:
    """The start distribution, uniform if none is given; the game refuses what is none."""
    if given is None:
        return np.full(count, 1.0 / count)
    array = checked_array(start_distribution(given, names, given_states), "initial")
    start = float_array(array, "initial")
    total = float(start.sum())
    if start.shape != (count,) or not np.isfinite(total) or total <= 0.0 or np.any(start < 0.0):
        return start
    off = abs(total - 1.0)
    if off > probability_tolerance(array.dtype) and not normalise:
        raise InvalidGameError(
            f"initial sums to {total!r}; it must sum to 1 within {probability_tolerance(array.dtype):g}: correct the "
            "start distribution, leave it out for a uniform one, or pass normalise=True to divide it by its sum"
        )
    noise = 4.0 * np.finfo(float).eps * count
    return start / (total if off > noise else 1.0)


def start_distribution(given: Any, names: Sequence[str], spelled: list[Any] | None = None) -> Any:
    """A start distribution: of a state's name or else its position, of ``{state: probability}``, or as it is given.

    ``spelled`` are the names before they became strings, so that a state called ``(0, 1)`` is found by that.

    Raises
    ------
    InvalidGameError
        If there is no such state.
    """
    if isinstance(given, Mapping):
        array = np.zeros(len(names))
        for state, probability in given.items():
            array[_position(state, names, spelled)] = float_array(probability, f"initial[s={state}]").item()
        return array
    if isinstance(given, str) or is_whole(given) or (spelled is not None and _stands_in(given, spelled)):
        return np.eye(1, len(names), _position(given, names, spelled))[0]
    return given


def _position(state: Any, names: Sequence[str], spelled: list[Any] | None) -> int:
    if spelled is not None and _stands_in(state, spelled):
        return spelled.index(state)
    if not is_whole(state):
        state = name_of(state, "initial")
    if isinstance(state, str) and state in names:
        return list(names).index(state)
    if is_whole(state) and 0 <= state < len(names):
        return int(state)
    choices = ", ".join(repr(name) for name in names[:8]) + (", ..." if len(names) > 8 else "")
    raise InvalidGameError(
        f"initial names the state {shown(state)}, which does not exist; give one of {choices}, a position from 0 to "
        f"{len(names) - 1}, or a probability for each state"
    )


def _stands_in(value: Any, spelled: list[Any]) -> bool:
    return isinstance(value, (str, int, float, tuple, np.generic)) and not isinstance(value, bool) and value in spelled
