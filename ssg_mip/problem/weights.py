"""Weights over states: what makes one number out of the leader's values."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from ssg_mip.base.rules import NOT_NEGATIVE, Rule, shown
from ssg_mip.errors import OptionError
from ssg_mip.game.game import Game
from ssg_mip.game.validation import checked_array
from ssg_mip.numerics.array_types import FloatArray

WEIGHTS = Rule(
    "one number for each state, or {state: weight}",
    lambda value: isinstance(value, (Mapping, list, tuple)) or hasattr(value, "__array__"),
)
"""What weights that are not left out must be."""


def state_weights(game: Game, given: ArrayLike | Mapping[str, float] | None) -> FloatArray:
    """Weights over states, normalised to sum to one; the start distribution where none are given.

    Weights whose sum is one up to its rounding stay as they are, to the last bit: what is proven about a result must be
    about the result's own weights, also where they are handed on.

    Parameters
    ----------
    game
        The game.
    given
        An array ``[num_states]``, or ``{state: weight}`` (states left out get 0), or ``None``.

    Raises
    ------
    OptionError
        If a weight is negative or not finite, all are zero, or the shape or a name does not fit.
    """
    if given is None:
        return game.initial
    WEIGHTS.check("weights", given)
    if isinstance(given, Mapping):
        unknown = set(given) - set(game.state_names)
        if unknown:
            first = min(unknown, key=str)
            raise OptionError(f"weights name the unknown state {first!r}; states: {', '.join(game.state_names[:8])}")
        for state, weight in given.items():
            NOT_NEGATIVE.check(f"weights[{state}]", weight)
        given = [float(given.get(state, 0.0)) for state in game.state_names]
    weights = checked_array(given, "weights", OptionError).astype(float)
    if weights.shape != (game.num_states,):
        raise OptionError(f"weights have shape {weights.shape}; {game.name} needs ({game.num_states},)")
    if not np.all(np.isfinite(weights)) or np.any(weights < 0.0) or not weights.any():
        raise OptionError(f"weights are {shown(weights.tolist())}; they must be finite, at least 0 and not all 0")
    total = float(weights.sum())
    noise = len(weights) * float(np.finfo(float).eps)
    normalised: FloatArray = weights / (1.0 if abs(total - 1.0) <= noise else total)
    return normalised


def unit_weights(size: int, state: int) -> FloatArray:
    """All weight on one of so many states."""
    weights = np.zeros(size)
    weights[state] = 1.0
    return weights


COMPLIANCE_SHARE = 1e-3
"""Share of the even weight from which a weight counts as positive, and that :func:`compliant_weights` spreads."""


def are_positive(weights: FloatArray, num_states: int) -> bool:
    """Whether each of these weights is large enough to count beside a gap: a share of the even one."""
    return bool(np.all(weights >= COMPLIANCE_SHARE / num_states))


def compliant_weights(weights: FloatArray) -> FloatArray:
    """Weights that are positive in every state, so that their sum is a Pareto-compliant scalarisation.

    A weight of zero promises weak optimality only: the state may be worse than it need be (Kudo & Akimoto,
    footnote 4, asks for positive weights). Where a weight is below ``COMPLIANCE_SHARE / num_states`` an even
    distribution is mixed in with that share; otherwise the weights come back unchanged. The mixed weights may prefer
    a policy whose value under the given ones is lower by up to ``COMPLIANCE_SHARE`` times the range of values: for
    a method that can solve again this is the second choice.

    Parameters
    ----------
    weights
        Non-negative, summing to one, shape ``[num_states]``.
    """
    if are_positive(weights, len(weights)):
        return weights
    mixed: FloatArray = (1.0 - COMPLIANCE_SHARE) * weights + COMPLIANCE_SHARE / len(weights)
    return mixed


def weight_key(weights: FloatArray) -> bytes:
    """A key under which two weight vectors are the same if they agree to nine digits."""
    return (np.round(weights, 9) + 0.0).tobytes()
