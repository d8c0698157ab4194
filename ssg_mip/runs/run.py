"""How a question is answered: gap, limits, clock, seed, start, and who is told of progress."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, get_args

from ssg_mip.base.budget import Budget
from ssg_mip.base.deadline import Deadline, OutOfTime
from ssg_mip.base.interrupt import Interrupt
from ssg_mip.base.rules import CALLBACK, COUNT, INTERRUPT, NOT_NEGATIVE, SEED, one_of, optional
from ssg_mip.base.status import BoundProof, Termination
from ssg_mip.base.tolerances import DEFAULT_GAP, DEFAULT_TOLERANCES, TOLERANCES, Tolerances
from ssg_mip.branch_and_bound.options import DEFAULT_OPTIONS, SearchOptions
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.standard_form import Scale
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.problem.problem import Problem
from ssg_mip.proofs.writer import Recorder
from ssg_mip.result import ProgressRow
from ssg_mip.runs.limits import NO_LIMITS, Limits

StepSelection = Literal["argmax", "epsilon", "first", "sample"]
"""Which improving policy a step of policy iteration moves to."""

WITH_EPSILON = ("epsilon", "sample")
"""Selections to which an ``epsilon`` belongs."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Run:
    """The context in which a problem is solved.

    Attributes
    ----------
    gap
        Relative gap at which a search may stop.
    deadline
        The time budget, already running.
    interrupt
        The user's wish to stop; a method that sees ``interrupt.requested`` returns its incumbent and bound with
        ``Termination.INTERRUPTED``.
    limits
        Limits on branch-and-bound nodes and on iterations.
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
    target
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
    presolve
        Whether the game may be made smaller first, and split into its parts.
    suggest
        Yields policies that a search which goes on may try, one at a time; ``None`` for none.
    """

    gap: float = DEFAULT_GAP
    deadline: Deadline = dataclasses.field(default_factory=Deadline)
    interrupt: Interrupt = dataclasses.field(default_factory=Interrupt)
    limits: Limits = NO_LIMITS
    seed: int = 0
    start: LeaderPolicy | None = None
    levels: int = 4
    selection: StepSelection = "argmax"
    epsilon: float | None = None
    target: float = math.inf
    settings: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    search: SearchOptions = DEFAULT_OPTIONS
    tolerances: Tolerances = DEFAULT_TOLERANCES
    on_progress: Callable[[ProgressRow], None] | None = None
    recorder: Recorder | None = None
    scale: Scale = dataclasses.field(default_factory=Scale)
    presolve: bool = True
    suggest: Callable[[], Iterator[LeaderPolicy]] | None = None

    def __post_init__(self) -> None:
        NOT_NEGATIVE.check("gap", self.gap)
        COUNT.check("levels", self.levels)
        TOLERANCES.check("tolerances", self.tolerances)
        INTERRUPT.check("interrupt", self.interrupt)
        optional(CALLBACK).check("on_progress", self.on_progress)
        check_selection(self.selection, self.epsilon)
        SEED.check("seed", self.seed)

    # ------------------------------------------------------------------ when it must stop

    @property
    def stopped(self) -> bool:
        """Whether the time is used up or the user asked to stop."""
        return self.deadline.expired or self.interrupt.requested

    def stop_reason(self, nodes: int = 0) -> Termination | None:
        """Why it must stop after so many nodes, if it must."""
        return self.budget.stop_reason(nodes)

    @property
    def budget(self) -> Budget:
        """What its searches may take."""
        return Budget(self.deadline, self.limits.nodes, self.interrupt, self.limits.memory)

    def checkpoint(self) -> None:
        """Raise :class:`~ssg_mip.base.deadline.OutOfTime` if work should stop."""
        if self.stopped:
            raise OutOfTime

    # ------------------------------------------------------------------ runs within it

    def sharing(self, share: float) -> Run:
        """A run with a share of the time that is left."""
        return dataclasses.replace(self, deadline=self.deadline.share(share))

    def aside(self, share: float, *, most_seconds: float, nodes: int) -> Run:
        """A run for a question aside, within a share of the time that is left, of which nobody is told."""
        return dataclasses.replace(
            self,
            deadline=Deadline(min(most_seconds, share * self.deadline.remaining)),
            limits=Limits(nodes=nodes, memory=self.limits.memory),
            settings={},
            suggest=None,
            on_progress=None,
            recorder=None,
        )

    def within(self, nodes: int | None) -> Run:
        """A run with so many nodes."""
        return dataclasses.replace(self, limits=dataclasses.replace(self.limits, nodes=nodes))

    def after(self, nodes: int) -> Run:
        """A run with the nodes that are left after so many, and at least one."""
        return self.within(self.limits.nodes_after(nodes))

    def at_most(self, nodes: int) -> Run:
        """A run with so many nodes, or with fewer where the limit is lower."""
        return self.within(nodes if self.limits.nodes is None else min(nodes, self.limits.nodes))

    def starting_at(self, policy: LeaderPolicy | None) -> Run:
        """A run from another policy."""
        return dataclasses.replace(self, start=policy)

    def to_gap(self, gap: float) -> Run:
        """A run that stops at another relative gap."""
        return dataclasses.replace(self, gap=gap)

    def quietly(self) -> Run:
        """A run that tells nobody of its progress."""
        return dataclasses.replace(self, on_progress=None)

    def recording(self, recorder: Recorder | None) -> Run:
        """A run whose proof is remembered elsewhere, or not at all."""
        return dataclasses.replace(self, recorder=recorder)

    def up_to(self, target: float) -> Run:
        """A run whose programs may stop at the first policy that exceeds the target."""
        return dataclasses.replace(self, target=target)

    # ------------------------------------------------------------------ what is said of it

    def proof(self, otherwise: BoundProof) -> BoundProof:
        """What a bound rests on: its certificate, where that has been replayed, otherwise what is given."""
        return BoundProof.REPLAYED if self.recorder is not None and self.recorder.replayed else otherwise

    def options(self) -> Mapping[str, Any]:
        """The options as plain data, for the provenance."""
        return {
            "gap": self.gap,
            "time_limit": None if math.isinf(self.deadline.asked) else self.deadline.asked,
            **self.limits.options(),
            "levels": self.levels,
            "selection": self.selection,
            "epsilon": self.epsilon,
            **({"settings": dict(self.settings)} if self.settings else {}),
            **({} if self.presolve else {"presolve": False}),
            "start": None if self.start is None else self.start.probabilities,
        }


def options_of(problem: Problem, run: Run) -> Mapping[str, Any]:
    """The options of question and run as plain data, for the provenance."""
    return {"gap": run.gap, **problem.options(), **run.options()}


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
