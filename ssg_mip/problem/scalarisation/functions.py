"""The functions themselves, as small frozen values: called with a vector of values they give a number."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ssg_mip.base.frozen import FrozenArrays
from ssg_mip.base.rules import POSITIVE, shown
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.standard_form import Scale
from ssg_mip.game.game import Game
from ssg_mip.game.validation import checked_array
from ssg_mip.numerics.array_types import FloatArray

MOST = 1e100
"""Weights, their inverses, constants and references beyond this are refused: their products leave the floats.

What a game takes is less: see :func:`ssg_mip.problem.scalarisation.scalarisation_of`.
"""

DEFAULT_AUGMENTATION = 1e-3
"""``e`` of the augmented Chebyshev scalarisation."""


@dataclasses.dataclass(frozen=True, eq=False)
class WeightedSum(FrozenArrays):
    """``L[v] = weights @ v``.

    Attributes
    ----------
    weights
        Positive and finite, one per state.

    Raises
    ------
    OptionError
        If a weight is not.
    """

    kind: ClassVar[str] = "weighted-sum"
    weights: FloatArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", _positive(self.weights, "weights", 1))
        super().__post_init__()

    def __call__(self, values: ArrayLike) -> float:
        """``L[v]`` of one value vector."""
        return float(self.weights @ _values(values, len(self.weights)))


@dataclasses.dataclass(frozen=True, eq=False)
class ConcavePieces(FrozenArrays):
    """``L[v] = min_k (weights[k] @ v + constants[k])``.

    Attributes
    ----------
    weights
        Positive and finite, shape ``[pieces, num_states]``.
    constants
        One per piece; 0 if absent.

    Raises
    ------
    OptionError
        If a weight is not positive, so that ``L`` would not be strictly increasing in every state, a number is beyond
        :data:`MOST`, or a shape does not fit.
    """

    kind: ClassVar[str] = "concave-pieces"
    weights: FloatArray
    constants: FloatArray | None = None

    def __post_init__(self) -> None:
        weights = _positive(self.weights, "weights of the pieces", 2)
        given = np.zeros(len(weights)) if self.constants is None else self.constants
        constants = _moderate(given, "constants", len(weights), "pieces")
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "constants", constants)
        super().__post_init__()

    @property
    def offsets(self) -> FloatArray:
        """The constants, never ``None``."""
        assert self.constants is not None
        return self.constants

    def each(self, values: FloatArray) -> FloatArray:
        """Every piece at one value vector."""
        found: FloatArray = self.weights @ values + self.offsets
        return found

    def __call__(self, values: ArrayLike) -> float:
        """``L[v]`` of one value vector."""
        return float(self.each(_values(values, self.weights.shape[1])).min())

    @property
    def pieces(self) -> ConcavePieces:
        """The function itself."""
        return self

    @property
    def unit(self) -> float:
        """A gain of 1 in every state raises ``L`` by at least this."""
        return float(self.weights.sum(axis=1).min())

    @property
    def least(self) -> float:
        """Gains that sum to 1, none of them negative, raise ``L`` by at least this."""
        return float(self.weights.min())

    def gains_over(self, values: FloatArray) -> ConcavePieces:
        """``d -> L[values + d] - L[values]``, which is 0 at 0."""
        now = self.each(values)
        return ConcavePieces(self.weights, now - now.min())

    def scaled(self, factor: float) -> ConcavePieces:
        """``factor`` times the function."""
        return ConcavePieces(factor * self.weights, factor * self.offsets)

    def into(self, scale: Scale) -> ConcavePieces:
        """The same function of values in a standard form, in its units: ``L = scale.unit * L'``."""
        moved = self.weights @ np.broadcast_to(scale.base, self.weights.shape[1:])
        return ConcavePieces(self.weights, (self.offsets + moved) / scale.unit)

    def to_dict(self, game: Game) -> dict[str, Any]:
        """As :func:`scalarisation_of` reads it."""
        rows = zip(self.weights, self.offsets.tolist(), strict=True)
        pieces = [{"weights": _by_state(game, row), "constant": constant} for row, constant in rows]
        return {"kind": self.kind, "pieces": pieces}

    def options(self) -> dict[str, Any]:
        """As plain lists in the order of the states."""
        return {"kind": self.kind, "weights": self.weights.tolist(), "constants": self.offsets.tolist()}


@dataclasses.dataclass(frozen=True, eq=False)
class AugmentedChebyshev(FrozenArrays):
    """``L[v] = min_s w(s) (v(s) - r(s)) + e sum_s w(s) (v(s) - r(s))``.

    Attributes
    ----------
    weights
        ``w``, positive, one per state.
    reference
        ``r``, one value per state: what is hoped for.
    augmentation
        ``e``, positive.

    Raises
    ------
    OptionError
        If a number is out of range or a shape does not fit.
    """

    kind: ClassVar[str] = "augmented-chebyshev"
    weights: FloatArray
    reference: FloatArray
    augmentation: float = DEFAULT_AUGMENTATION

    def __post_init__(self) -> None:
        weights = _positive(self.weights, "Chebyshev weights", 1)
        reference = _moderate(self.reference, "reference", len(weights), "states")
        POSITIVE.check("augmentation", self.augmentation)
        _positive(self.augmentation * weights, "augmentation times weights", 1)
        _positive((1.0 + self.augmentation) * weights, "1 + augmentation times weights", 1)
        _moderate(
            (1.0 + self.augmentation * len(weights)) * weights * reference,
            "weights times reference",
            len(weights),
            "states",
        )
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "reference", reference)
        super().__post_init__()

    def __call__(self, values: ArrayLike) -> float:
        """``L[v]`` of one value vector."""
        scaled = self.weights * (_values(values, len(self.weights)) - self.reference)
        return float(scaled.min() + self.augmentation * scaled.sum())

    @property
    def pieces(self) -> ConcavePieces:
        """The same as one piece for each state."""
        shared = self.augmentation * self.weights
        own = np.diag(self.weights)
        constants = -self.weights * self.reference - float(shared @ self.reference)
        return ConcavePieces(own + shared, constants)

    def scaled(self, factor: float) -> AugmentedChebyshev:
        """``factor`` times the function."""
        return dataclasses.replace(self, weights=factor * self.weights)

    def into(self, scale: Scale) -> AugmentedChebyshev:
        """The same function of values in a standard form, in its units: ``L = scale.unit * L'``."""
        return dataclasses.replace(self, reference=scale.into(self.reference))

    def to_dict(self, game: Game) -> dict[str, Any]:
        """As :func:`scalarisation_of` reads it."""
        return {
            "kind": self.kind,
            "weights": _by_state(game, self.weights),
            "reference": _by_state(game, self.reference),
            "augmentation": float(self.augmentation),
        }

    def options(self) -> dict[str, Any]:
        """As plain lists in the order of the states."""
        plain = {"weights": self.weights.tolist(), "reference": self.reference.tolist()}
        return {"kind": self.kind, **plain, "augmentation": float(self.augmentation)}


Concave = AugmentedChebyshev | ConcavePieces
"""What is no weighted sum; weighted sums are handed on as their weights."""

StepObjective = FloatArray | ConcavePieces
"""What the program (I) maximises over the gains of the states: a sum with these weights, or a minimum of pieces."""


def worth(objective: StepObjective, gains: FloatArray) -> float:
    """The objective at gains of the states."""
    return objective(gains) if isinstance(objective, ConcavePieces) else float(objective @ gains)


def unit_and_least(objective: StepObjective) -> tuple[float, float]:
    """What an objective rises by at least: for a gain of 1 in every state, and for gains that sum to 1."""
    if isinstance(objective, ConcavePieces):
        return objective.unit, objective.least
    return 1.0, float(objective.min())


def _by_state(game: Game, values: FloatArray) -> dict[str, float]:
    return dict(zip(game.state_names, values.tolist(), strict=True))


def _positive(given: Any, label: str, dimensions: int) -> FloatArray:
    """Weights that make a function strictly increasing in every state."""
    weights: FloatArray = checked_array(given, label, OptionError).astype(float)
    if weights.ndim != dimensions or not weights.size:
        shape = "one number per state" if dimensions == 1 else "one row per piece, with one number per state"
        raise OptionError(f"{label} are {shown(given)}; they must be {shape}")
    wrong = np.argwhere(~compliant(weights))
    if len(wrong):
        place = tuple(wrong[0].tolist())
        raise OptionError(f"{label}{list(place)} is {weights[place]:g}; {COMPLIANCE}")
    return weights


COMPLIANCE = (
    f"it must be finite and positive in every state, at least {1.0 / MOST:g} and at most {MOST:g}, so that more in one "
    "state without less in another is always worth more (Pareto compliance)"
)
"""What every weight must be."""


def compliant(weights: FloatArray) -> NDArray[np.bool_]:
    """Which weights are."""
    fits: NDArray[np.bool_] = (weights >= 1.0 / MOST) & (weights <= MOST)
    return fits


def _moderate(given: Any, label: str, count: int, owners: str) -> FloatArray:
    """One number of moderate size for each of some pieces or states."""
    numbers: FloatArray = checked_array(given, label, OptionError).astype(float)
    if numbers.shape != (count,):
        raise OptionError(f"{label} has shape {numbers.shape}; it needs one number for each of {count} {owners}")
    wrong = np.flatnonzero(~(np.abs(numbers) <= MOST))
    if len(wrong):
        raise OptionError(f"{label}[{wrong[0]}] is {numbers[wrong[0]]:g}; it must be finite, at most {MOST:g} in size")
    return numbers


def _values(given: ArrayLike, states: int) -> FloatArray:
    values = checked_array(given, "values", OptionError)
    if values.shape != (states,):
        raise OptionError(f"values have shape {values.shape}; they must be one for each of {states} states")
    return values.astype(float)
