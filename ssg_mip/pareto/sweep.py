r"""A front from scalarisations: solve weighted sums one by one, keep every verified point, strike out the dominated.

For each weight vector ``alpha`` a method maximises ``sum_s alpha_s V^f(s)`` over the leader's stationary policies.
The value vectors of its answer *and of all its iterates* are evaluated by the exact follower, so each of them is an
attained point; the front is what no other one dominates.

What this does and does not promise:

* every point is attained by the policy that comes with it, under the stated tie rule;
* with method ``commitment`` each scalarisation carries a proven bound, so no policy lies beyond the hyperplanes
  ``alpha @ v = dual_bound``; with ``policy-iteration`` the bound is usually loose;
* weighted sums reach **supported** points only. A Pareto point in a dent of the front is never an optimum; it appears
  only if some run happens to pass through it;
* a weight of zero promises weak optimality only, so a second solve settles what it leaves open, in every state whose
  value the policies decide (:mod:`ssg_mip.pareto.second_stage`).

The time is shared between the runs. What some of them leave goes back to those that their share has cut
(:mod:`ssg_mip.base.leftover`).
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ssg_mip.base.deadline import DEADLINE, Deadline
from ssg_mip.base.interrupt import Interrupt, given_or_graceful
from ssg_mip.base.leftover import CutRuns
from ssg_mip.base.memory import MemoryGiven, memory_limit_of, require_memory
from ssg_mip.base.naming import names_of
from ssg_mip.base.provenance import Provenance
from ssg_mip.base.rules import CALLBACK, COUNT, FLAG, LIST, PATH, SEED, TABLE, TEXT, checked, optional
from ssg_mip.base.status import Termination
from ssg_mip.base.tolerances import DEFAULT_GAP, DEFAULT_TOLERANCES, Tolerances
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.best_response import Ties
from ssg_mip.evaluation.value_bounds import varying_states
from ssg_mip.exact.conflict import refuse_conflict
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.methods.in_standard_form import form_for, into_form, row_out
from ssg_mip.methods.registry import check_taken, find_method
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.pareto.allowed import ONE_BY_ONE, check_rows, nearest_allowed
from ssg_mip.pareto.assurance import assured_front
from ssg_mip.pareto.closing import kept_for_checks
from ssg_mip.pareto.front import ParetoFront, Settlement
from ssg_mip.pareto.in_standard_form import front_out
from ssg_mip.pareto.plans import DichotomicPlan, ListPlan, Plan
from ssg_mip.pareto.second_stage import SecondStage
from ssg_mip.pareto.sweep_points import SweepPoints
from ssg_mip.pareto.weight_sets import DEFAULT_NUM_WEIGHTS, corner_weights, weight_grid
from ssg_mip.problem.asked import asked, refuse
from ssg_mip.problem.policy_space import Scope
from ssg_mip.problem.problem import PROBLEM, Problem
from ssg_mip.problem.weights import WEIGHTS, state_weights
from ssg_mip.proofs.writer import Recorder, prepared_recorder
from ssg_mip.result import ProgressRow, Result
from ssg_mip.runs.limits import Limits
from ssg_mip.runs.method import Method, Takes
from ssg_mip.runs.run import Run, StepSelection

BYTES_PER_STATE = 500
"""Bytes that a run keeps for each state: values, weights and policies, and their text when they are printed."""


TAKES: frozenset[Scope] = ONE_BY_ONE - {Scope.VALUE}
"""What a front honours, whatever its method does."""

INSTEAD = "solve(problem, method='commitment', weights=...), one weighted sum at a time"
"""What honours more."""


@checked(
    game=PROBLEM,
    method=TEXT,
    weights=optional(LIST),
    num_weights=COUNT,
    deadline=optional(DEADLINE),
    states=optional(LIST),
    starts=COUNT,
    seed=SEED,
    settings=optional(TABLE),
    on_progress=optional(CALLBACK),
    check=FLAG,
    guarantee=FLAG,
    certificate=optional(PATH),
)
def trace_front(
    game: Game | Problem,
    *,
    method: str = "commitment",
    weights: Sequence[ArrayLike | Mapping[str, float]] | None = None,
    num_weights: int = DEFAULT_NUM_WEIGHTS,
    states: Sequence[str] | None = None,
    starts: int = 1,
    ties: Ties = "leader",
    gap: float = DEFAULT_GAP,
    time_limit: float | None = None,
    deadline: Deadline | None = None,
    node_limit: int | None = None,
    memory_limit: MemoryGiven = None,
    seed: int = 0,
    selection: StepSelection = "argmax",
    epsilon: float | None = None,
    settings: Mapping[str, Any] | None = None,
    on_progress: Callable[[ProgressRow], None] | None = None,
    interrupt: Interrupt | None = None,
    margin: float = 0.0,
    check: bool = True,
    guarantee: bool = True,
    certificate: Path | str | None = None,
    recorder: Recorder | None = None,
    tolerances: Tolerances = DEFAULT_TOLERANCES,
) -> ParetoFront:
    """Approximate the Pareto front of the leader's state values by weighted sums.

    Parameters
    ----------
    game
        The game, or a problem about it; constraints that are not honoured are refused by name.
    method
        How each scalarisation is solved, one of :data:`ssg_mip.methods.registry.METHODS`.
    weights
        The weight vectors, arrays ``[num_states]`` or ``{state: weight}``. If absent they are chosen: with two
        states to trade between, by the dichotomic scheme; with more, a simplex lattice or seeded draws. Chosen
        weights always include each state alone and the start distribution.
    num_weights
        How many weight vectors to choose at most (the ones that are always included may exceed it).
    states
        Names of the states between which weight is traded; the states whose value depends on the policies if absent.
        Dominance is always over all states.
    starts
        Runs per weight vector. The first starts from the best point known (``policy-iteration``: from the uniform
        policy), the others from random policies.
    ties, margin, gap, node_limit, seed, selection, epsilon, settings
        As in ``solve``; the limit on nodes is per run, both solves together where weights of zero ask for a second one.
    memory_limit
        Bytes that the process may hold, or text such as ``"2 GB"``; as in ``solve``.
    time_limit
        Seconds for everything, check and guarantee included, shared between the runs; what some leave goes to those
        that their share has cut.
    deadline
        A budget that is running already, instead of ``time_limit``.
    on_progress
        Called with one row per run: its number, value and bound.
    interrupt
        A flag to stop the sweep from outside. If absent, Ctrl-C stops it. The points found so far come back.
    check
        Whether to check the front, its points and its runs in exact arithmetic (``ParetoFront.check``).
    guarantee
        Whether to look, near every point, for a policy that works whatever the follower does with ties.
    certificate
        A file for the proofs of all bounds, one after the other, those of second solves included.
    recorder
        Remembers the proofs for a caller who writes the certificate.
    tolerances
        Numerical tolerances.

    Raises
    ------
    OptionError
        If an argument is out of range, a name is unknown, the certificate cannot be written, or a constraint is of a
        kind that is not honoured.
    InfeasibleError
        If no policy keeps the constraints.
    SolverError
        If a bound has no certificate.
    """
    if certificate is not None:
        recorder = prepared_recorder(Path(certificate))
    problem = asked(game, ties=ties, margin=margin)
    refuse(problem, "trace_front", TAKES, INSTEAD)
    refuse_conflict(problem)
    game = problem.game
    rng = np.random.default_rng(seed)
    memory = memory_limit_of(memory_limit)
    deadline = Deadline(time_limit) if deadline is None else deadline
    plan = _make_plan(game, weights, num_weights, _traded_states(game, states), rng)
    solver = find_method(method)
    form = form_for(game, solver)
    _check_memory(game, (1 + plan.pending) * starts, memory)
    with given_or_graceful(interrupt) as flag:
        run = Run(
            gap=gap,
            deadline=deadline.keeping(kept_for_checks(game, deadline, 2 * num_weights, wanted=check or guarantee)),
            interrupt=flag,
            limits=Limits(nodes=node_limit, memory=memory),
            seed=seed,
            selection=selection,
            epsilon=epsilon,
            settings=dict(settings or {}),
            recorder=recorder,
            tolerances=tolerances,
        )
        check_taken(problem, run, solver)
        check_rows(problem, ONE_BY_ONE, "a front")
        problem, run = into_form(problem, run, form)
        options = {
            "gap": gap,
            "time_limit": None if math.isinf(deadline.asked) else deadline.asked,
            **run.limits.of_programs(),
            "starts": starts,
            **problem.follower.options(),
            "selection": selection,
            "epsilon": epsilon,
            **({"settings": dict(settings)} if settings else {}),
            "num_weights": num_weights,
            "weights": "chosen" if weights is None else "given",
        }
        sweep = _Sweep(problem, run, solver, starts, rng, on_progress)
        stopped = sweep.run(plan)
        front = assured_front(
            front_out(sweep.front(stopped or plan.termination, options), form),
            check=check,
            guarantee=guarantee,
            allows=functools.partial(problem.policies.holds, game),
            deadline=deadline,
            interrupt=flag,
            recorder=recorder,
            tolerances=tolerances,
        )
    if recorder is not None and certificate is not None:
        recorder.write(Path(certificate), game)
    return front


class _Sweep:
    """The runs of one front: what they share, and what they leave."""

    def __init__(
        self,
        problem: Problem,
        run: Run,
        method: Method,
        starts: int,
        rng: np.random.Generator,
        on_progress: Callable[[ProgressRow], None] | None,
    ) -> None:
        game = problem.game
        self._game = game
        self._method = method
        self._settler = SecondStage(method)
        self._problem = problem
        self._run = run
        self._starts = starts
        self._rng = rng
        self._on_progress = on_progress
        self._pool = SweepPoints(problem, run)
        self._results: list[Result] = []
        self._settlements: list[Settlement | None] = []
        self._cut: CutRuns[int] = CutRuns(run.deadline)

    def run(self, plan: Plan) -> Termination | None:
        """Solve what the plan asks for; the limit that stopped it or cut a run short, if any.

        Runs that were cut are solved again while there is time; what they find may make the plan ask for more.
        """
        stop = self._follow(plan)
        while stop is None and (following := self._cut.following()) is not None:
            self._solve_again(*following)
            stop = self._stop() or self._follow(plan)
        ends = [one.termination for one in (*self._results, *self._settlements) if one is not None]
        return stop or next((end for end in ends if end.is_limit), None)

    def _follow(self, plan: Plan) -> Termination | None:
        """Solve what the plan asks for; the limit that stopped it, if any."""
        while (alpha := plan.next_weights(self._pool.values, self._pool.tolerance)) is not None:
            budget = self._run.deadline.share(1.0 / (1 + plan.pending))
            for number, start in enumerate(self._start_policies(alpha)):
                self._solve_one(alpha, start, budget.share(1.0 / (self._starts - number)))
                if (stop := self._stop()) is not None:
                    return stop
        return None

    def _stop(self) -> Termination | None:
        """Why to stop now, if so."""
        if self._run.interrupt.requested:
            return Termination.INTERRUPTED
        return Termination.TIME_LIMIT if self._run.deadline.expired else None

    def _start_policies(self, alpha: FloatArray) -> Iterator[LeaderPolicy | None]:
        """The method's own start (policy iteration) or the best point known, then random policies.

        Policy iteration does not begin at the best point: it keeps every state's value, so from a point of the front
        it would hardly move, whatever the weights.
        """
        yield None if Takes.ZERO_WEIGHTS in self._method.takes else self._pool.best(alpha)
        for _ in range(self._starts - 1):
            yield nearest_allowed(self._problem, LeaderPolicy.random(self._game, self._rng))

    def _solve_one(self, alpha: FloatArray, start: LeaderPolicy | None, deadline: Deadline) -> None:
        """One run within its share of the time."""
        result, settlement = self._settler.solve(*self._asked(alpha, start, deadline))
        self._results.append(result)
        self._settlements.append(settlement)
        self._learned(len(self._results) - 1, deadline)

    def _solve_again(self, number: int, deadline: Deadline) -> None:
        """A run that was cut, with more time."""
        before, settlement = self._results[number], self._settlements[number]
        problem, run = self._asked(before.weights, before.leader_policy, deadline)
        self._results[number], self._settlements[number] = self._settler.again(problem, run, before, settlement)
        self._learned(number, deadline, before)

    def _asked(self, alpha: FloatArray, start: LeaderPolicy | None, deadline: Deadline) -> tuple[Problem, Run]:
        recorder = None if self._run.recorder is None else self._run.recorder.another()
        run = dataclasses.replace(self._run, start=start, deadline=deadline, recorder=recorder)
        return self._problem.weighing(alpha), run

    def _learned(self, number: int, share: Deadline, before: Result | None = None) -> None:
        """Take over what a run has found, in place of what it had found before, and note whether it was cut."""
        result, settlement = self._results[number], self._settlements[number]
        ends = {result.termination, result.termination if settlement is None else settlement.termination}
        self._cut.ended(number, share, cut=Termination.TIME_LIMIT in ends)
        self._pool.add(result, settlement, before)
        if self._on_progress is not None:
            counts = self._counts()
            row = ProgressRow(
                seconds=self._run.deadline.elapsed,
                iteration=len(self._results),
                nodes=counts.get("nodes", 0),
                open_nodes=0,
                lps=counts.get("lps", 0),
                primal_bound=result.leader_value,
                dual_bound=result.dual_bound,
                gap_scale=result.gap_scale,
                flag="!" if result.termination is Termination.NUMERICAL else "",
            )
            self._on_progress(row_out(row, self._run.scale, result.weights))

    def _counts(self) -> dict[str, int]:
        """Work of all runs, and their number."""
        total: Counter[str] = Counter()
        for result in self._results:
            total.update(result.provenance.counts)
        return {**total, "runs": len(self._results)}

    def front(self, termination: Termination, options: Mapping[str, Any]) -> ParetoFront:
        """The non-dominated points of all runs."""
        return ParetoFront(
            constraints=self._problem.stated,
            game=self._game,
            method=self._method.name,
            promises=self._method.promises,
            ties=self._problem.follower.ties,
            points=self._pool.front(),
            tolerance=self._pool.tolerance,
            results=tuple(self._results),
            settlements=tuple(self._settlements),
            termination=termination,
            provenance=Provenance(
                game_name=self._game.name,
                game_hash=self._game.content_hash,
                method=f"front by {self._method.name}",
                options=options,
                seed=self._run.seed,
                seconds=self._run.deadline.elapsed,
                counts=self._counts(),
            ),
        )


def _check_memory(game: Game, runs: int, limit: float | None) -> None:
    """Refuse a front whose runs do not fit into memory together."""
    require_memory(
        float(BYTES_PER_STATE) * game.num_states * runs,
        f"a front of {runs:,} runs over {game.num_states:,} states",
        "ask for fewer weights or starts",
        limit=limit,
    )


def _traded_states(game: Game, names: Sequence[str] | None) -> IntArray:
    """The named states, or those whose value is not the same for all pairs of policies (the first if none is)."""
    if names is not None:
        chosen = sorted({game.state_index(name) for name in names_of(names, "states")})
        if not chosen:
            raise OptionError("states is empty; name at least one state, or leave it out")
        return np.array(chosen, dtype=np.int64)
    varying = varying_states(game)
    return varying if len(varying) else np.array([0], dtype=np.int64)


def _make_plan(
    game: Game,
    given: Sequence[ArrayLike | Mapping[str, float]] | None,
    count: int,
    states: IntArray,
    rng: np.random.Generator,
) -> Plan:
    """The given weights; else a dialogue for two states, and a grid for more."""
    if given is not None:
        if not len(given):
            raise OptionError("weights is empty; give at least one weight vector, or leave it out")
        for place, row in enumerate(given):
            WEIGHTS.check(f"weights[{place}]", row)
        return ListPlan([state_weights(game, row) for row in given])
    if len(states) == 2:
        return DichotomicPlan(corner_weights(game.initial, states), states, count)
    return ListPlan(weight_grid(game.initial, states, count, rng))
