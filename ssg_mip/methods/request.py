"""What every method is asked: one frozen value instead of twenty keywords."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from ssg_mip.best_response import Ties, check_ties
from ssg_mip.deadline import Deadline
from ssg_mip.errors import OptionError
from ssg_mip.game import FloatArray, Game
from ssg_mip.interrupt import Interrupt
from ssg_mip.policy import LeaderPolicy
from ssg_mip.result import ProgressRow, Result
from ssg_mip.tolerances import DEFAULT_TOLERANCES, Tolerances


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Request:
    """Everything a method needs besides the game.

    Attributes
    ----------
    weights
        Weights over states, non-negative, summing to one.
    ties
        The follower's tie rule.
    gap
        Relative gap at which a search may stop.
    deadline
        The time budget, already running.
    interrupt
        The user's wish to stop; a method that sees ``interrupt.requested`` returns its incumbent and bound with
        ``Termination.INTERRUPTED``.
    node_limit, iteration_limit
        Limits on branch-and-bound nodes and on iterations; ``None`` for none.
    seed
        Seed of every random choice.
    start
        A policy to start from; ``None`` lets the method choose.
    levels
        Number of levels of the probability grid (method ``grid``).
    tolerances
        Numerical tolerances.
    on_progress
        Called with each new row of the progress table.
    """

    weights: FloatArray
    ties: Ties = "leader"
    gap: float = 1e-4
    deadline: Deadline = dataclasses.field(default_factory=Deadline)
    interrupt: Interrupt = dataclasses.field(default_factory=Interrupt)
    node_limit: int | None = None
    iteration_limit: int | None = None
    seed: int = 0
    start: LeaderPolicy | None = None
    levels: int = 4
    tolerances: Tolerances = DEFAULT_TOLERANCES
    on_progress: Callable[[ProgressRow], None] | None = None

    def __post_init__(self) -> None:
        check_ties(self.ties)
        _check_number("gap", self.gap, low=0.0)
        _check_count("levels", self.levels)
        for label in ("node_limit", "iteration_limit"):
            if getattr(self, label) is not None:
                _check_count(label, getattr(self, label))
        if isinstance(self.seed, bool) or not isinstance(self.seed, (int, np.integer)) or self.seed < 0:
            raise OptionError(f"seed is {self.seed!r}; it must be a whole number of at least 0")

    def options(self) -> Mapping[str, Any]:
        """The options as plain data, for the provenance."""
        return {
            "gap": self.gap,
            "time_limit": None if math.isinf(self.deadline.limit) else self.deadline.limit,
            "node_limit": self.node_limit,
            "iteration_limit": self.iteration_limit,
            "levels": self.levels,
            "start": None if self.start is None else self.start.probabilities,
        }


class Run(Protocol):
    """The one function of a method module."""

    def __call__(self, game: Game, request: Request) -> Result:
        """Solve ``game`` as asked."""


def state_weights(game: Game, given: ArrayLike | Mapping[str, float] | None) -> FloatArray:
    """Weights over states, normalised to sum to one; the start distribution where none are given.

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
    if isinstance(given, Mapping):
        unknown = set(given) - set(game.state_names)
        if unknown:
            raise OptionError(
                f"weights name the unknown state {min(unknown)!r}; states: {', '.join(game.state_names[:8])}"
            )
        given = [given.get(state, 0.0) for state in game.state_names]
    weights = np.asarray(given, dtype=float)
    if weights.shape != (game.num_states,):
        raise OptionError(f"weights have shape {weights.shape}; {game.name} needs ({game.num_states},)")
    if not np.all(np.isfinite(weights)) or np.any(weights < 0.0) or not weights.any():
        raise OptionError("weights must be finite, at least 0 and not all 0")
    normalised: FloatArray = weights / weights.sum()
    return normalised


COMPLIANCE_SHARE = 1e-3
"""Share of the total weight that :func:`compliant_weights` spreads evenly over all states."""


def compliant_weights(weights: FloatArray) -> FloatArray:
    """Weights that are positive in every state, so that their sum is a Pareto-compliant scalarisation.

    A weight of zero promises weak optimality only: the state may be worse than it need be (Kudo & Akimoto,
    footnote 4, asks for positive weights). Where a weight is below ``COMPLIANCE_SHARE / num_states`` an even
    distribution is mixed in with that share; otherwise the weights come back unchanged. The mixed weights may prefer
    a policy whose value under the given ones is lower by up to ``COMPLIANCE_SHARE`` times the range of values.

    Parameters
    ----------
    weights
        Non-negative, summing to one, shape ``[num_states]``.
    """
    even = 1.0 / len(weights)
    if weights.min() >= COMPLIANCE_SHARE * even:
        return weights
    mixed: FloatArray = (1.0 - COMPLIANCE_SHARE) * weights + COMPLIANCE_SHARE * even
    return mixed


def _check_number(label: str, value: float, *, low: float) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or not low <= value < math.inf:
        raise OptionError(f"{label} is {value!r}; it must be a number of at least {low:g}")


def _check_count(label: str, value: int) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise OptionError(f"{label} is {value!r}; it must be a whole number of at least 1")
