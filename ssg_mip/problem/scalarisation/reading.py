"""Scalarisations as users give them: an instance, a kind, or plain data by state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ssg_mip.base.rules import NUMBER, shown
from ssg_mip.errors import OptionError, TooLargeError
from ssg_mip.evaluation.value_bounds import leader_value_bounds
from ssg_mip.game.game import Game
from ssg_mip.game.validation import checked_array
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.scalarisation.functions import (
    DEFAULT_AUGMENTATION,
    AugmentedChebyshev,
    Concave,
    ConcavePieces,
    WeightedSum,
)

MOST_NUMBERS = 4_000_000
"""Weights in all pieces: an augmented Chebyshev function of 2,000 states, 32 megabytes."""


def scalarisation_of(game: Game, given: object) -> WeightedSum | Concave | None:
    """A scalarisation of a game's values, as it is given.

    Parameters
    ----------
    game
        The game.
    given
        One of the classes of this module; its ``kind``, where that is enough; or ``{"kind": ...}`` with

        * ``weights`` by state (``weighted-sum``),
        * ``weights``, ``reference`` by state and ``augmentation`` (``augmented-chebyshev``; if absent even weights
          that sum to one, the upper bounds of the leader's values, and :data:`DEFAULT_AUGMENTATION`),
        * ``pieces``: a list of ``{"weights": by state, "constant": number}`` (``concave-pieces``).

    Raises
    ------
    OptionError
        If it is none of these, or does not fit the game.
    TooLargeError
        If it has more than :data:`MOST_NUMBERS` weights.
    """
    if given is None or isinstance(given, (WeightedSum, AugmentedChebyshev, ConcavePieces)):
        found = given
    elif isinstance(given, (str, Mapping)):
        found = _read(game, {"kind": given} if isinstance(given, str) else given)
    else:
        raise OptionError(
            f"scalarisation is {shown(given)}; it must be a WeightedSum, AugmentedChebyshev or ConcavePieces, or a "
            f"dictionary with a kind ({', '.join(_READERS)})"
        )
    if found is not None and found.weights.shape[-1] != game.num_states:
        raise OptionError(
            f"the scalarisation has weights for {found.weights.shape[-1]} states; {game.name} needs them for "
            f"{game.num_states}"
        )
    if isinstance(found, (AugmentedChebyshev, ConcavePieces)):
        pieces = game.num_states if isinstance(found, AugmentedChebyshev) else len(found.weights)
        if pieces * game.num_states > MOST_NUMBERS:
            raise TooLargeError(
                f"the scalarisation {found.kind} has {pieces:,} pieces of {game.num_states:,} weights, and at most "
                f"{MOST_NUMBERS:,} are handled: give fewer pieces, or a weighted sum"
            )
    return found


def _read(game: Game, given: Mapping[str, Any]) -> WeightedSum | Concave:
    kind = given.get("kind")
    if not isinstance(kind, str) or kind not in _READERS:
        raise OptionError(f"the kind of the scalarisation is {shown(kind)}; it must be one of {', '.join(_READERS)}")
    reader, known = _READERS[kind]
    unknown = sorted(set(map(str, given)) - {"kind", *known})
    if unknown:
        raise OptionError(f"the scalarisation {kind} has no {unknown[0]!r}; it takes {', '.join(known)}")
    found: WeightedSum | Concave = reader(game, given)
    return found


def _read_sum(game: Game, given: Mapping[str, Any]) -> WeightedSum:
    if "weights" not in given:
        raise OptionError("the scalarisation weighted-sum needs weights: {state: weight}")
    return WeightedSum(_of_states(game, given["weights"], "weights"))


def _read_chebyshev(game: Game, given: Mapping[str, Any]) -> AugmentedChebyshev:
    even = np.full(game.num_states, 1.0 / game.num_states)
    return AugmentedChebyshev(
        _of_states(game, given["weights"], "weights") if "weights" in given else even,
        _of_states(game, given["reference"], "reference") if "reference" in given else leader_value_bounds(game).upper,
        given.get("augmentation", DEFAULT_AUGMENTATION),
    )


def _read_pieces(game: Game, given: Mapping[str, Any]) -> ConcavePieces:
    pieces = given.get("pieces")
    if not isinstance(pieces, (list, tuple)) or not pieces:
        raise OptionError(
            'the scalarisation concave-pieces needs pieces: [{"weights": {state: weight}, "constant": number}, ...]'
        )
    weights, constants = [], []
    for place, piece in enumerate(pieces):
        if not isinstance(piece, Mapping) or not {"weights"} <= set(piece) <= {"weights", "constant"}:
            raise OptionError(f"pieces[{place}] is {shown(piece)}; it must be {{weights: ..., constant: ...}}")
        weights.append(_of_states(game, piece["weights"], f"pieces[{place}].weights"))
        NUMBER.check(f"pieces[{place}].constant", piece.get("constant", 0.0))
        constants.append(float(piece.get("constant", 0.0)))
    return ConcavePieces(np.array(weights), np.array(constants))


_READERS: dict[str, tuple[Any, tuple[str, ...]]] = {
    WeightedSum.kind: (_read_sum, ("weights",)),
    AugmentedChebyshev.kind: (_read_chebyshev, ("weights", "reference", "augmentation")),
    ConcavePieces.kind: (_read_pieces, ("pieces",)),
}


def _of_states(game: Game, given: Any, label: str) -> FloatArray:
    """One number for each state, in the order of the game; a dictionary names every state."""
    if not isinstance(given, Mapping):
        array = checked_array(given, label, OptionError).astype(float)
        if array.shape != (game.num_states,):
            raise OptionError(f"{label} have shape {array.shape}; {game.name} needs ({game.num_states},)")
        return array
    for state in (*given, *game.state_names):
        if state not in game.state_names:
            raise OptionError(f"{label} names the unknown state {state!r}; states: {', '.join(game.state_names[:8])}")
        if state not in given:
            raise OptionError(f"{label} says nothing about state {state!r}; every state needs a number")
        NUMBER.check(f"{label}[{state}]", given[state])
    return np.array([float(given[state]) for state in game.state_names])
