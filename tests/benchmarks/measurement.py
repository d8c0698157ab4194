"""What goes to a solver's process and what comes back: plain frozen values that can be pickled."""

from __future__ import annotations

import dataclasses
import math
from typing import Literal

from tests.benchmarks.specs import Limits, Spec

Outcome = Literal["optimal", "limit", "infeasible", "failed", "licence", "absent", "crash", "killed"]

NOT_RUN = ("licence", "absent")
"""Outcomes that say nothing about the solver."""

IN_PLACE = "products written in place"
"""A note of a run on a rewritten file."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Task:
    """One run: a game, a solver and its limits.

    Attributes
    ----------
    spec, solver, limits
        What is solved, by whom, until when.
    lp_file
        The exported program, for solvers that read one.
    flipped
        A switch of our search to set against its default.
    """

    spec: Spec
    solver: str
    limits: Limits
    lp_file: str | None = None
    flipped: str | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Measurement:
    """What a solver says about itself; nothing here is verified.

    Attributes
    ----------
    outcome
        How the run ended.
    value, bound
        The objective it claims and the bound it proves.
    seconds
        Wall-clock time of the solution. For ours it includes building the program; for the others neither
        exporting nor reading the file.
    nodes, lps, lp_seconds
        Work; ``None`` where the solver does not say. Seconds are those inside HiGHS, whoever called it.
    policy
        The leader's probabilities, slot by slot.
    incumbents
        ``(seconds, value)`` of each better solution, when it was found.
    note
        A remark: the solver's status, or why there is nothing.
    peak_megabytes
        The most memory that the process held, imports and the game included.
    """

    outcome: Outcome
    value: float = math.nan
    bound: float = math.inf
    seconds: float = 0.0
    nodes: int | None = None
    lps: int | None = None
    lp_seconds: float | None = None
    policy: tuple[float, ...] | None = None
    incumbents: tuple[tuple[float, float], ...] = ()
    note: str = ""
    peak_megabytes: float | None = None
