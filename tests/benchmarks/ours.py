"""The package under measurement: its search for either program, with the time inside HiGHS taken from outside.

Every run of HiGHS in the process is timed, whichever part of the package asks for it, so the overhead share is all the
time that is not spent solving LPs. Imports are done before the clock starts, as for the other solvers.
"""

from __future__ import annotations

import dataclasses
import time
from types import TracebackType
from typing import Any

from ssg_mip import Game, LeaderPolicy, best_response
from ssg_mip.base.deadline import Deadline
from ssg_mip.base.status import Termination
from ssg_mip.errors import OptionError
from ssg_mip.exact import solve_improvement
from ssg_mip.lp import highs as adapter
from ssg_mip.methods.registry import find_method
from ssg_mip.problem.weights import state_weights
from ssg_mip.result import ProgressRow
from ssg_mip.runs.run import Run
from tests.benchmarks.measurement import Measurement, Task
from tests.oracles.games import static_game
from tests.unit.questions import asked


class HighsClock:
    """Counts the seconds inside HiGHS while the context is open, at the one place that starts it."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.runs = 0

    def __enter__(self) -> HighsClock:
        self._original = original = adapter._run

        def run(highs: Any) -> Any:
            started = time.perf_counter()
            try:
                return original(highs)
            finally:
                self.seconds += time.perf_counter() - started
                self.runs += 1

        adapter._run = run
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        adapter._run = self._original


def switches(run: type = Run) -> tuple[dataclasses.Field[Any], ...]:
    """The boolean fields of the search's options, as declared by the field of :class:`Run`: ``search``.

    Raises
    ------
    OptionError
        If runs have no such field.
    """
    options = _default_search(run)
    return tuple(field for field in dataclasses.fields(options) if isinstance(getattr(options, field.name), bool))


def flipped_search(name: str, run: type = Run) -> Any:
    """The search's options with one switch set against its default."""
    options = _default_search(run)
    if name not in {field.name for field in switches(run)}:
        known = ", ".join(field.name for field in switches(run))
        raise OptionError(f"switch is {name!r}; it must be one of {known}")
    return dataclasses.replace(options, **{name: not getattr(options, name)})


def _default_search(run: type) -> Any:
    for field in dataclasses.fields(run):
        if field.name == "search":
            if field.default is not dataclasses.MISSING:
                return field.default
            if field.default_factory is not dataclasses.MISSING:
                return field.default_factory()
    raise OptionError("Run has no field 'search' with a default; the ablation switches the fields of its options")


WARM_UP = static_game([[1.0, 0.0], [0.0, 3.0]], [[1.0, 0.0], [0.0, 2.0]])
"""Of no easy class, so that solving it loads all that a search needs; the imports are not what is measured."""


def solve_ours(task: Task) -> Measurement:
    """Solve a task with the package."""
    game = task.spec.build()
    _solve(WARM_UP.to_game(), task, 10.0)
    with HighsClock() as clock:
        started = time.perf_counter()
        measured = _solve(game, task, task.limits.time_limit)
        seconds = time.perf_counter() - started
    return dataclasses.replace(measured, seconds=seconds, lp_seconds=clock.seconds)


def _solve(game: Game, task: Task, time_limit: float) -> Measurement:
    search = {} if task.flipped is None else {"search": flipped_search(task.flipped)}
    weights = state_weights(game, None)
    problem, run = asked(game, weights=weights, gap=task.limits.gap, deadline=Deadline(time_limit), **search)
    if task.spec.program == "commitment":
        result = find_method("commitment")(problem, run)
        counts = result.provenance.counts
        found = (result.leader_value, result.dual_bound, counts["nodes"], counts["lps"])
        return _measurement(game, result.leader_policy, result.termination, result.progress, *found)
    start = LeaderPolicy.uniform(game)
    values = best_response(game, start).leader_values
    answer = solve_improvement(problem, run.starting_at(start), values, weights)
    found = (answer.primal_bound, answer.dual_bound, answer.nodes, answer.lps)
    return _measurement(game, answer.policy, answer.termination, answer.progress, *found)


def _measurement(
    game: Game,
    policy: LeaderPolicy | None,
    termination: Termination,
    progress: tuple[ProgressRow, ...],
    value: float,
    bound: float,
    nodes: int,
    lps: int,
) -> Measurement:
    match termination:
        case Termination.GAP:
            outcome = "optimal"
        case Termination.INFEASIBLE:
            outcome = "infeasible"
        case Termination.NUMERICAL:
            outcome = "failed"
        case _:
            outcome = "limit"
    return Measurement(
        outcome=outcome,
        value=value,
        bound=bound,
        nodes=nodes,
        lps=lps,
        policy=None if policy is None else tuple(policy.slots(game).tolist()),
        incumbents=tuple((row.seconds, row.primal_bound) for row in progress if row.flag == "*"),
        note=termination.name.lower(),
    )
