"""What every method is asked: one frozen value instead of twenty keywords."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol, get_args

from ssg_mip.base.deadline import Deadline, OutOfTime
from ssg_mip.base.interrupt import Interrupt
from ssg_mip.base.rules import CALLBACK, COUNT, INTERRUPT, NOT_NEGATIVE, SEED, one_of, optional
from ssg_mip.base.status import BoundProof
from ssg_mip.base.tolerances import DEFAULT_GAP, DEFAULT_TOLERANCES, TOLERANCES, Tolerances
from ssg_mip.branch_and_bound.options import DEFAULT_OPTIONS, SearchOptions
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.best_response import Ties, check_ties
from ssg_mip.evaluation.standard_form import Scale
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.scalarisation import Concave, StepObjective
from ssg_mip.problem.weights import compliant_weights, state_weights
from ssg_mip.proofs.writer import Recorder
from ssg_mip.result import ProgressRow, Result

StepSelection = Literal["argmax", "epsilon", "first", "sample"]
"""Which improving policy a step of policy iteration moves to."""

WITH_EPSILON = ("epsilon", "sample")
"""Selections to which an ``epsilon`` belongs."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Request:
    """Everything a method needs besides the game.

    Attributes
    ----------
    weights
        Weights over states, non-negative, summing to one.
    ties
        The follower's tie rule.
    margin
        By how much the follower's answer must beat every other action in every state
        (:mod:`ssg_mip.runs.margin`); 0 for no such demand. Policies that miss it are no candidates.
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
    selection
        The step of policy iteration: ``"argmax"`` asks for the largest gain, up to ``gap``; ``"epsilon"`` for at
        least the share ``1 - epsilon`` of it; ``"first"`` stops at the first policy that improves; ``"sample"`` draws
        one of those with at least the share ``1 - epsilon`` (:mod:`ssg_mip.methods.policy_iteration.sampling`).
    epsilon
        The share of the largest gain that may be missing, in ``[0, 1)``, for the selections ``"epsilon"`` and
        ``"sample"`` (there ``gap`` if absent); otherwise ``None``.
    good_enough
        An exact program may stop at the first policy whose objective exceeds this; infinite to go on to the gap.
    settings
        Settings of the method's own, by name (:mod:`ssg_mip.runs.settings`).
    search
        Ingredients of the search, for measurements.
    tolerances
        Numerical tolerances.
    on_progress
        Called with each new row of the progress table.
    recorder
        Remembers what proves the bound, for a certificate; ``None`` if none is asked for.
    scale
        What the leader's values in a standard form are worth to the reader, for notes in words.
    scalarisation
        What the steps of policy iteration maximise instead of the weighted sum, in the units of the game that the
        method runs on; ``None`` for the weighted sum.
    """

    weights: FloatArray
    ties: Ties = "leader"
    margin: float = 0.0
    gap: float = DEFAULT_GAP
    deadline: Deadline = dataclasses.field(default_factory=Deadline)
    interrupt: Interrupt = dataclasses.field(default_factory=Interrupt)
    node_limit: int | None = None
    iteration_limit: int | None = None
    seed: int = 0
    start: LeaderPolicy | None = None
    levels: int = 4
    selection: StepSelection = "argmax"
    epsilon: float | None = None
    good_enough: float = math.inf
    settings: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    search: SearchOptions = DEFAULT_OPTIONS
    tolerances: Tolerances = DEFAULT_TOLERANCES
    on_progress: Callable[[ProgressRow], None] | None = None
    recorder: Recorder | None = None
    scale: Scale = dataclasses.field(default_factory=Scale)
    scalarisation: Concave | None = None

    def __post_init__(self) -> None:
        check_ties(self.ties)
        NOT_NEGATIVE.check("gap", self.gap)
        NOT_NEGATIVE.check("margin", self.margin)
        COUNT.check("levels", self.levels)
        TOLERANCES.check("tolerances", self.tolerances)
        INTERRUPT.check("interrupt", self.interrupt)
        optional(CALLBACK).check("on_progress", self.on_progress)
        check_selection(self.selection, self.epsilon)
        for label in ("node_limit", "iteration_limit"):
            optional(COUNT).check(label, getattr(self, label))
        SEED.check("seed", self.seed)

    def scalarised(self, values: FloatArray) -> float:
        """``L[values]``: what the run is to make large."""
        return float(self.weights @ values) if self.scalarisation is None else self.scalarisation(values)

    def objective_at(self, values: FloatArray) -> StepObjective:
        """What a step from a policy with these values maximises over its gains, strictly increasing in each of them."""
        if self.scalarisation is None:
            return compliant_weights(self.weights)
        return self.scalarisation.pieces.gains_over(values)

    @property
    def rule_decides(self) -> bool:
        """Whether ties may be decided against the leader, so that a promise of the programs may not be kept."""
        return self.ties != "leader" and self.margin == 0.0

    def checkpoint(self) -> None:
        """Raise :class:`~ssg_mip.base.deadline.OutOfTime` if work should stop."""
        if self.stopped:
            raise OutOfTime

    @property
    def stopped(self) -> bool:
        """Whether the time is used up or the user asked to stop."""
        return self.deadline.expired or self.interrupt.requested

    def options(self) -> Mapping[str, Any]:
        """The options as plain data, for the provenance."""
        return {
            "gap": self.gap,
            "margin": float(self.margin),
            "time_limit": None if math.isinf(self.deadline.asked) else self.deadline.asked,
            "node_limit": self.node_limit,
            "iteration_limit": self.iteration_limit,
            "levels": self.levels,
            "selection": self.selection,
            "epsilon": self.epsilon,
            **({} if self.scalarisation is None else {"scalarisation": self.scalarisation.options()}),
            **({"settings": dict(self.settings)} if self.settings else {}),
            "start": None if self.start is None else self.start.probabilities,
        }


def proof_of(request: Request, otherwise: BoundProof) -> BoundProof:
    """What a bound rests on: its certificate, where that has been replayed, otherwise what is given."""
    return BoundProof.REPLAYED if request.recorder is not None and request.recorder.replayed else otherwise


class Run(Protocol):
    """The one function of a method module."""

    def __call__(self, game: Game, request: Request) -> Result:
        """Solve ``game`` as asked."""


def check_selection(selection: str, epsilon: float | None) -> None:
    """Raise :class:`OptionError` unless the selection is known and ``epsilon`` goes with it."""
    one_of(get_args(StepSelection)).check("selection", selection)
    if epsilon is None:
        if selection == "epsilon":
            raise OptionError("selection is 'epsilon' without an epsilon; give a number of at least 0 and below 1")
        return
    if selection not in WITH_EPSILON:
        raise OptionError(
            f"epsilon is {epsilon!r} while selection is {selection!r}; it belongs to the selections "
            f"{' and '.join(map(repr, WITH_EPSILON))}: leave it out, or ask for one of these"
        )
    NOT_NEGATIVE.check("epsilon", epsilon)
    if epsilon >= 1.0:
        raise OptionError(f"epsilon is {epsilon!r}; it must be at least 0 and below 1: 1 would accept any policy")


__all__ = ["Request", "Run", "StepSelection", "compliant_weights", "proof_of", "state_weights"]
