"""``solve``: the one function that answers "what should the leader commit to, and how good could it get?"."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from ssg_mip.api.prices import priced
from ssg_mip.base.deadline import DEADLINE, Deadline
from ssg_mip.base.interrupt import Interrupt, given_or_graceful
from ssg_mip.base.memory import MemoryGiven, memory_limit_of
from ssg_mip.base.rules import FLAG, PATH, SEED, TABLE, TEXT, checked, optional, shown
from ssg_mip.base.status import Status, Termination
from ssg_mip.base.tolerances import DEFAULT_GAP, DEFAULT_TOLERANCES, Tolerances
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.best_response import Ties
from ssg_mip.exact.conflict import find_conflict
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.methods.closing import closed, kept_for_closing
from ssg_mip.methods.explained import explained
from ssg_mip.methods.payoff_bounded import kept_for_bound, with_payoff_bound
from ssg_mip.methods.presolved import run_presolved
from ssg_mip.methods.registry import USUAL, check_taken, method_for
from ssg_mip.methods.seen_rationally import as_asked, seen_rationally
from ssg_mip.problem.asked import FollowerGiven, Scalarising, asked
from ssg_mip.problem.problem import PROBLEM, Problem
from ssg_mip.proofs.writer import Recorder, prepared_recorder
from ssg_mip.result import ProgressRow, Result
from ssg_mip.runs.conclusion import Conclusion
from ssg_mip.runs.limits import Limits
from ssg_mip.runs.method import Method
from ssg_mip.runs.run import Run, StepSelection

PRICING_SHARE = 0.9
"""Share of the time that is left when prices are looked for that they may take."""

SEED_DECIDES = "seed_decides"
"""Name of the entry in ``Result.details`` that says what another seed would change."""


@checked(
    game=PROBLEM,
    method=TEXT,
    check=FLAG,
    guarantee=FLAG,
    presolve=FLAG,
    price=FLAG,
    settings=optional(TABLE),
    certificate=optional(PATH),
    deadline=optional(DEADLINE),
)
def solve(
    game: Game | Problem,
    method: str = USUAL,
    weights: ArrayLike | Mapping[str, float] | None = None,
    ties: Ties = "leader",
    gap: float = DEFAULT_GAP,
    time_limit: float | None = None,
    seed: int = 0,
    *,
    node_limit: int | None = None,
    iteration_limit: int | None = None,
    memory_limit: MemoryGiven = None,
    start: LeaderPolicy | Mapping[str, Mapping[str, float]] | Literal["random"] | None = None,
    levels: int = 4,
    selection: StepSelection = "argmax",
    epsilon: float | None = None,
    settings: Mapping[str, Any] | None = None,
    tolerances: Tolerances = DEFAULT_TOLERANCES,
    on_progress: Callable[[ProgressRow], None] | None = None,
    interrupt: Interrupt | None = None,
    margin: float = 0.0,
    check: bool = True,
    guarantee: bool = True,
    certificate: Path | str | None = None,
    recorder: Recorder | None = None,
    deadline: Deadline | None = None,
    scalarisation: Scalarising = None,
    presolve: bool = True,
    follower: FollowerGiven = None,
    price: bool = False,
) -> Result:
    """Find a stationary leader policy, its exact value and a proven bound on the best value.

    Parameters
    ----------
    game
        The game, or a problem that also says which policies are allowed. Constraints are honoured by the methods that
        take them, and refused by the others.
    method
        ``"policy-iteration"``, the usual one, improves every state from where it starts, and
        ``"restarted-policy-iteration"`` until nothing dominates the point; ``"response-regions"`` and
        ``"backtracking"`` are Algorithms 2 and 3 of the same paper; ``"commitment"`` proves the weighted optimum;
        ``"deterministic"`` and ``"grid"`` search those restricted policies exactly; ``"local"`` looks for good policies
        of large games and proves nothing. Methods of the related papers,
        which prove nothing: ``"fixed-point"``, ``"policy-gradient"``, ``"bilevel-q"``, ``"asymmetric-learning"`` and,
        with the extra ``learn``, ``"actor-critic"`` and ``"ppo-hedge"``. ``"usual"`` is the first of them that honours
        the follower.
    weights
        Weights over states, an array ``[num_states]`` or ``{state: weight}``, scaled to sum to one; those of the
        problem, or the start distribution, if absent.
    ties
        What the follower does when indifferent: ``"leader"``, ``"first"`` or ``"adverse"``; like ``margin`` left out
        where a problem says it.
    gap
        Relative gap between value and bound at which the search may stop.
    time_limit
        Seconds of wall-clock time for everything, check and guarantee included; ``None`` for no limit.
    seed
        Seed of every random choice. ``details["seed_decides"]`` says what was drawn; where nothing was, another seed
        gives the same run, unless HiGHS has to choose between optima.
    node_limit, iteration_limit
        Limits on branch-and-bound nodes, and on iterations (steps of play of methods that learn). Methods of the
        related papers have a limit on iterations of their own where none is given.
    memory_limit
        Bytes that the process may hold, or text such as ``"2 GB"``; no limit if absent. A search that reaches it ends
        with the best policy and the bound of that moment (``Termination.MEMORY_LIMIT``), and what needs more at once
        than is left of it is not begun.
    start
        A policy to start from, the same as ``{state: {action: probability}}``, or ``"random"``: drawn by the seed,
        uniformly from the simplex of each state. Without one policy iteration starts from the uniform policy.
    levels
        Number of probability levels of the method ``"grid"``.
    selection
        Which improving policy a step of policy iteration moves to: ``"argmax"``, one with the largest weighted
        gain; ``"epsilon"``, one with at least the share ``1 - epsilon`` of that gain; ``"first"``, the first one
        found; ``"sample"``, one drawn from those with that share (line 9 of Algorithm 1;
        :mod:`ssg_mip.methods.policy_iteration.sampling` says how). The proof that ends a run is the same for all.
    epsilon
        For the selections ``"epsilon"`` and ``"sample"``: the share of the largest gain that may be missing, in
        ``[0, 1)``; of ``"sample"`` the ``gap`` if absent.
    settings
        Settings of the method's own by name, for example ``{"temperature": 0.1}``; each method documents its
        ``Settings``.
    tolerances
        Numerical tolerances.
    on_progress
        Called with each new row of the progress table.
    interrupt
        A flag to stop the run from another thread. If absent, the first Ctrl-C stops the run and a second one
        raises ``KeyboardInterrupt``.
    margin
        By how much the follower's answer must beat every other action in every state, in the follower's reward units
        (:mod:`ssg_mip.problem.follower`). Above 0 only policies that keep it count, for the answer and for the bound,
        and the tie rule has nothing to decide. A ``start`` that misses it is replaced.
    check
        Whether to check the answer in exact arithmetic (``Result.check``). A failed check is reported, not raised.
    guarantee
        Whether to look near the answer for a policy that works whatever the follower does with ties
        (``Result.guaranteed``).
    certificate
        A file for the proof of the bound, to be replayed in exact arithmetic by ``verify_bounds`` or ``ssg-mip
        verify``; of ``"policy-iteration"`` also for the proof of its stop.
    recorder
        Remembers the proof for a caller who writes the certificate.
    deadline
        A budget that is running already, instead of ``time_limit``.
    scalarisation
        What the steps of policy iteration, with and without restarts and backtracking, make as large as they can: a
        Pareto-compliant function of the leader's values (:mod:`ssg_mip.problem.scalarisation`), or what
        :func:`~ssg_mip.problem.scalarisation.scalarisation_of` reads as one. The weighted sum if absent. A
        ``WeightedSum`` stands for ``weights``, with every method. With any other, ``leader_value``, ``dual_bound``, the
        gap and ``optimal`` are still about ``weights``; ``Result.scalarised_value`` and ``scalarised_bound`` are about
        it.
    presolve
        Whether actions that cannot matter are left out first and, for ``"commitment"``, ``"deterministic"`` and
        ``"grid"``, states too, and unconnected parts are solved apart (:mod:`ssg_mip.presolve`). What was done is in
        ``details["presolve"]``, which is missing where presolve does not apply or was not wanted. The answer and its
        proofs are about the game as given.
    follower
        What kind of follower answers (:mod:`ssg_mip.problem.followers`), for example ``Quantal(0.1)``, the same as
        ``"quantal:0.1"`` or ``{"kind": "quantal", "temperature": 0.1}``; rational, with ``ties`` and ``margin``, if
        absent. Methods that do not honour him are refused by name.
    price
        Whether to solve the problem without each of its constraints too, and to say what each costs
        (``Result.prices``). A time limit is then shared between all of these.

    Returns
    -------
    Result
        At a limit or after Ctrl-C too: the best policy found so far, and a bound that is valid at that moment. Where
        rows on the policy contradict each other the status is ``Status.INFEASIBLE``, and ``Result.conflict`` names a
        smallest set of them, with a proof.
        Every bound holds over *stationary* leader policies; policies that remember the past may do better.

    Raises
    ------
    OptionError
        If an argument is unknown or outside its range, or the method does not take what the problem asks for.
    InvalidPolicyError
        If ``start`` does not fit the game.
    SolverError
        If the solver failed in a way that no retry mended.
    """
    if certificate is not None:
        recorder = prepared_recorder(Path(certificate))
    memory = memory_limit_of(memory_limit)
    deadline = Deadline(time_limit) if deadline is None else deadline
    given = asked(game, weights=weights, scalarisation=scalarisation, ties=ties, margin=margin, follower=follower)
    solver, game = method_for(given.follower, method), given.game
    problem = seen_rationally(given)
    own = deadline.share(1.0 / (1 + len(given.stated))) if price else deadline

    def solved(rest: Problem, left: int) -> Result:
        return solve(
            rest,
            method,
            gap=gap,
            seed=seed,
            node_limit=node_limit,
            iteration_limit=iteration_limit,
            memory_limit=memory,
            levels=levels,
            settings=settings,
            tolerances=tolerances,
            interrupt=flag,
            check=False,
            guarantee=False,
            deadline=deadline.share(PRICING_SHARE / left),
            presolve=presolve,
        )

    kept = kept_for_closing(game, deadline, check=check, guarantee=guarantee)
    with given_or_graceful(interrupt) as flag:
        run = Run(
            gap=gap,
            deadline=own.keeping(kept + kept_for_bound(problem, own)),
            interrupt=flag,
            limits=Limits(nodes=node_limit, iterations=iteration_limit, memory=memory),
            seed=seed,
            start=_start_policy(game, start, seed),
            levels=levels,
            selection=selection,
            epsilon=epsilon,
            settings=dict(settings or {}),
            tolerances=tolerances,
            on_progress=on_progress,
            recorder=recorder,
            presolve=presolve,
        )
        check_taken(problem, run, solver)
        conflict = find_conflict(problem)
        if conflict is not None and recorder is None:
            found = contradicted(problem, run, solver)
        else:
            found = explained(problem, run_presolved(problem, run, solver))
            found = with_payoff_bound(problem, run, found, own.keeping(kept))
        free = tuple(priced(given, found, solved)) if price else ()
        found = dataclasses.replace(found, conflict=conflict, free=free)
        drawn = solver.seed_decides(run, random_start=_is_random(start))
        found = dataclasses.replace(found, details={**found.details, SEED_DECIDES: drawn})
        result = closed(
            found,
            deadline,
            flag,
            check=check,
            guarantee=guarantee,
            tolerances=tolerances,
            recorder=recorder,
            problem=problem,
        )
    if recorder is not None and certificate is not None:
        recorder.write(Path(certificate), problem.game)
    return as_asked(result, given)


def contradicted(problem: Problem, run: Run, method: Method) -> Result:
    """The result of any method where no policy keeps the rows: it need not run."""
    conclusion = Conclusion(
        method=method.name,
        status=Status.INFEASIBLE,
        termination=Termination.INFEASIBLE,
        dual_bound=-math.inf,
        found=None,
        counts={},
    )
    return dataclasses.replace(conclusion.result(problem, run), promises=method.promises)


def _is_random(start: object) -> bool:
    return isinstance(start, str) and start == "random"


def _start_policy(
    game: Game, start: LeaderPolicy | Mapping[str, Mapping[str, float]] | str | None, seed: int
) -> LeaderPolicy | None:
    if start is None:
        return None
    if _is_random(start):
        SEED.check("seed", seed)
        return LeaderPolicy.random(game, np.random.default_rng(seed))
    if not isinstance(start, (LeaderPolicy, Mapping)):
        raise OptionError(
            f"start is {shown(start)}; it must be a LeaderPolicy, {{state: {{action: probability}}}} or 'random'"
        )
    policy = start if isinstance(start, LeaderPolicy) else LeaderPolicy.from_names(game, start)
    policy.slots(game)
    return policy
