"""Scalarisations as users give them: an instance, a kind, or plain data by state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ssg_mip.base.rules import NUMBER, number, shown
from ssg_mip.errors import OptionError, TooLargeError
from ssg_mip.evaluation.value_bounds import leader_value_bounds
from ssg_mip.game.game import Game
from ssg_mip.game.validation import checked_array
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.scalarisation.functions import (
    COMPLIANCE,
    DEFAULT_AUGMENTATION,
    MOST,
    AugmentedChebyshev,
    Concave,
    ConcavePieces,
    WeightedSum,
    compliant,
)

MOST_NUMBERS = 4_000_000
"""Weights in all pieces: an augmented Chebyshev function of 2,000 states, 32 megabytes."""

MODERATE = number(f"of at most {MOST:g} in size", lambda value: abs(value) <= MOST)

MOST_APART = 1e12
"""What a piece may add up to, in units of what a gain of 1 in every state is worth at least, and of the game's values.

HiGHS takes coefficients to 1e15, and beside a constant so large a value keeps four of its sixteen digits.
"""

LEAST_PART = 1e-90
"""The least weight in the same units: far from what leaves the floats when the function is scaled."""


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
        If it is none of these or does not fit the game, or if its numbers are so far apart, from each other or from the
        values of the game, that no program could hold them (:data:`MOST_APART`, :data:`LEAST_PART`).
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
        _check_sizes(game, found)
    return found


def _check_sizes(game: Game, what: Concave) -> None:
    """Raise :class:`OptionError` unless all pieces fit into a program with each other and with the game's values."""
    pieces, chebyshev = what.pieces, isinstance(what, AugmentedChebyshev)
    unit = pieces.unit
    for fits, rule in (
        (pieces.weights <= MOST_APART * unit, f"at most {MOST_APART * unit:g}, {MOST_APART:g} times"),
        (pieces.weights >= LEAST_PART * unit, f"at least {LEAST_PART * unit:g}, {LEAST_PART:g} times"),
    ):
        for piece, state in np.argwhere(~fits)[:1].tolist():
            name = game.state_names[state]
            label = f"weights[{name}] in the piece of {game.state_names[piece]}" if chebyshev else None
            raise OptionError(
                f"{label or f'pieces[{piece}].weights[{name}]'} is {pieces.weights[piece, state]:g}; it must be {rule} "
                f"the least sum of the weights of a piece, {unit:g}: bring the weights to similar sizes"
            )
    bounds = leader_value_bounds(game)
    values = float(np.maximum(np.abs(bounds.lower), np.abs(bounds.upper)).max()) or 1.0
    for piece in np.flatnonzero(~(np.abs(pieces.offsets) / unit <= MOST_APART * values))[:1].tolist():
        if isinstance(what, AugmentedChebyshev):
            state = int(np.argmax(what.weights * np.abs(what.reference)))
            given = f"reference[{game.state_names[state]}] is {what.reference[state]:g}"
            whose = f"that gives the piece of {game.state_names[piece]} the constant {pieces.offsets[piece]:g}, and "
        else:
            given, whose = f"pieces[{piece}].constant is {pieces.offsets[piece]:g}", ""
        rule = f"at most {MOST_APART * values * unit:g} in size, {MOST_APART:g} times what the largest value is worth"
        raise OptionError(f"{given}; {whose}it must be {rule}: bring it to the size of the values of {game.name}")


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
    return WeightedSum(_weights_of_states(game, given["weights"], "weights"))


def _read_chebyshev(game: Game, given: Mapping[str, Any]) -> AugmentedChebyshev:
    even = np.full(game.num_states, 1.0 / game.num_states)
    return AugmentedChebyshev(
        _weights_of_states(game, given["weights"], "weights") if "weights" in given else even,
        _moderate_of_states(game, given["reference"]) if "reference" in given else leader_value_bounds(game).upper,
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
        weights.append(_weights_of_states(game, piece["weights"], f"pieces[{place}].weights"))
        MODERATE.check(f"pieces[{place}].constant", piece.get("constant", 0.0))
        constants.append(float(piece.get("constant", 0.0)))
    return ConcavePieces(np.array(weights), np.array(constants))


_READERS: dict[str, tuple[Any, tuple[str, ...]]] = {
    WeightedSum.kind: (_read_sum, ("weights",)),
    AugmentedChebyshev.kind: (_read_chebyshev, ("weights", "reference", "augmentation")),
    ConcavePieces.kind: (_read_pieces, ("pieces",)),
}


def _weights_of_states(game: Game, given: Any, label: str) -> FloatArray:
    """The same for weights, which make the function increase in every state."""
    weights = _of_states(game, given, label)
    for state in np.flatnonzero(~compliant(weights))[:1].tolist():
        raise OptionError(f"{label}[{game.state_names[state]}] is {weights[state]:g}; {COMPLIANCE}")
    return weights


def _moderate_of_states(game: Game, given: Any) -> FloatArray:
    """The same for references."""
    reference = _of_states(game, given, "reference")
    for name, one in zip(game.state_names, reference.tolist(), strict=True):
        MODERATE.check(f"reference[{name}]", one)
    return reference


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
