r"""Does a stationary Stackelberg equilibrium exist? A verdict with proof, by Proposition 7 of Kudo & Akimoto.

The value of an equilibrium is ``V*(s) = sup_f V^f(s)`` in every state at once (Definitions 3 and 4). So it exists if
and only if one policy reaches the vector of the suprema, which then is the only Pareto-optimal point. What is computed:

1. bounds ``L(s) <= V*(s) <= U(s)``: the commitment program with all weight in ``s`` leaves an attained value and a
   proven bound. (Where a policy at hand meets the bound of a planner who moves both players, no program is needed.)
2. a candidate: the commitment program with even weights. If its policy is within the gap of ``U`` in every state, an
   **equilibrium exists**, as far as the gap can tell. If its proven bound ``B`` lies below the average of ``L`` by more
   than the gap, **none exists**: every policy misses some ``V*(s)`` by at least ``mean(L) - B``.
3. between the two the commitment program with the floor ``L(s)`` less half the gap decides: a policy that meets it is
   an equilibrium within the gap, and if no policy does, every policy misses some ``V*(s)`` by more than that half.

A limit may leave it **undecided**. Both answers hold *at this gap*: a smaller one may tell apart what a larger one
calls the same.

With ties in the leader's favour, or with a margin, every supremum is attained; under the rules ``first`` and
``adverse`` it may only be approached (:mod:`ssg_mip.pareto.existence.attainment`).
"""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ssg_mip.base.deadline import DEADLINE, Deadline
from ssg_mip.base.frozen import FrozenArrays
from ssg_mip.base.interrupt import Interrupt, given_or_graceful
from ssg_mip.base.memory import MemoryGiven, memory_limit_of
from ssg_mip.base.provenance import Provenance
from ssg_mip.base.rules import FLAG, checked, optional
from ssg_mip.base.status import Termination
from ssg_mip.base.tolerances import DEFAULT_GAP, DEFAULT_TOLERANCES, Tolerances
from ssg_mip.checker.outcome import UNCHECKED, CheckOutcome, claimed_words
from ssg_mip.evaluation.best_response import Ties
from ssg_mip.evaluation.standard_form import StandardForm, standard_form
from ssg_mip.exact.conflict import refuse_conflict
from ssg_mip.game.game import Game
from ssg_mip.game.game_class import classes_with_equilibrium
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.methods.closing import MOST_PRINTED
from ssg_mip.methods.in_standard_form import into_form, result_out
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.pareto.allowed import ONE_BY_ONE
from ssg_mip.pareto.assurance import checked_runs
from ssg_mip.pareto.closing import Closing, kept_for_checks
from ssg_mip.pareto.existence.algorithm import ExistenceSearch
from ssg_mip.pareto.existence.answers import Verdict
from ssg_mip.problem.asked import asked, refuse
from ssg_mip.problem.constraints.constraint import Constraint
from ssg_mip.problem.policy_space import Scope
from ssg_mip.problem.problem import PROBLEM, Problem, stated_to_dict
from ssg_mip.result import Result, bound_scope, finite, plain
from ssg_mip.runs.limits import Limits
from ssg_mip.runs.run import Run, options_of


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Existence(FrozenArrays):
    """The verdict with its evidence.

    Attributes
    ----------
    game, ties, margin
        The game, the tie rule under which values are attained, and the margin that was asked for.
    verdict, reason
        The verdict, and the numbers behind it in a sentence.
    suprema_lower, suprema_upper
        ``L`` and ``U`` with ``L(s) <= V*(s) <= U(s)``: attained, and proven over stationary leader policies.
    allowed
        What counts as reaching ``V*(s)``: a value of at least ``U(s) - allowed(s)``.
    leader_policy, leader_values
        The equilibrium, or the candidate that comes closest on average, with its exact values; ``None`` without one.
    miss
        Proven, where no equilibrium exists: every stationary policy misses ``V*(s)`` in some state ``s`` by at least
        this.
    joint_bound
        Proven upper bound on the average over the states of the leader's values.
    theory
        Why an equilibrium is known to exist from the data alone (:mod:`ssg_mip.game.game_class`); empty if it is not.
    results
        The runs of the commitment program: even weights first, then one for each state that needed one. All are
        checked.
    termination
        Why the work ended.
    provenance
        Where the verdict comes from.
    constraints
        What was asked of the policies; suprema and verdict are about those that keep them.
    """

    game: Game
    ties: Ties
    margin: float
    verdict: Verdict
    reason: str
    suprema_lower: FloatArray
    suprema_upper: FloatArray
    allowed: FloatArray
    leader_policy: LeaderPolicy | None
    leader_values: FloatArray
    miss: float
    joint_bound: float
    theory: tuple[str, ...]
    results: tuple[Result, ...]
    termination: Termination
    provenance: Provenance
    constraints: tuple[Constraint, ...] = ()

    @property
    def reaches(self) -> NDArray[np.bool_]:
        """In which states the policy is within the gap of the supremum."""
        reached: NDArray[np.bool_] = self.leader_values >= self.suprema_upper - self.allowed
        return reached

    @property
    def is_attained(self) -> bool | None:
        """Whether suprema and Pareto-optimal values are attained under the tie rule; ``None`` if that is not known."""
        return True if self.ties == "leader" or self.margin > 0.0 else None

    @property
    def verified(self) -> bool | None:
        """Whether all that every run says was proven; ``False`` if a check failed, ``None`` in all other cases."""
        outcomes = [result.check.verified for result in self.results]
        return False if False in outcomes else None if None in outcomes else True

    @property
    def _most_printed(self) -> int:
        """How many runs are printed: all of them where the game is small, since there is one for each state."""
        return max(1, MOST_PRINTED // (8 * self.game.num_states))

    @property
    def check(self) -> CheckOutcome:
        """The outcome for all runs; that the verdict follows from their bounds is not checked."""
        checks = [result.check for result in self.results]
        worst = next((one for verdict in (False, None) for one in checks if one.passed is verdict), None)
        if worst is not None:
            return dataclasses.replace(UNCHECKED, passed=worst.passed, in_part=worst.in_part, reason=worst.reason)
        runs = itertools.chain.from_iterable(one.claimed for one in checks)
        claimed = tuple(dict.fromkeys(("verdict", *runs)))
        return CheckOutcome(passed=True, claimed=claimed, reason=claimed_words(claimed))

    @property
    def bound_scope(self) -> str:
        """Over which policies all bounds hold."""
        return bound_scope(self.margin, constrained=bool(self.constraints))

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON data; infinite and undefined numbers become ``None``.

        Of games with many states only the first runs are printed; ``results_left_out`` says how many are not.
        """
        states = self.game.state_names

        def by_state(values: FloatArray) -> dict[str, float | None]:
            return {state: finite(value) for state, value in zip(states, values, strict=True)}

        return {
            "format": "ssg-mip-existence/1",
            "game": self.game.name,
            "ties": self.ties,
            "margin": self.margin,
            "verdict": self.verdict.name.lower(),
            "verdict_message": self.verdict.value,
            "reason": self.reason,
            "suprema_lower": by_state(self.suprema_lower),
            "suprema_upper": by_state(self.suprema_upper),
            "bound_scope": self.bound_scope,
            **stated_to_dict(self.game, self.constraints),
            "allowed": by_state(self.allowed),
            "leader_policy": None if self.leader_policy is None else self.leader_policy.to_names(self.game),
            "leader_values": by_state(self.leader_values),
            "reached_states": [state for state, there in zip(states, self.reaches, strict=True) if there],
            "miss": finite(self.miss),
            "joint_bound": finite(self.joint_bound),
            "attained": self.is_attained,
            "theory": list(self.theory),
            "termination": self.termination.name.lower(),
            "termination_message": self.termination.value,
            "verified": self.check.verified,
            "check": self.check.to_dict(),
            "results": [result.to_dict() for result in self.results[: self._most_printed]],
            "results_left_out": max(0, len(self.results) - self._most_printed),
            "provenance": {
                **dataclasses.asdict(self.provenance),
                "options": {key: plain(value) for key, value in self.provenance.options.items()},
            },
        }


TAKES: frozenset[Scope] = ONE_BY_ONE - {Scope.VALUE}
"""What the question of existence honours."""

INSTEAD = "solve(problem, method='commitment')"
"""What honours more."""


PRINTED_OPTIONS = ("gap", "margin", "time_limit", "node_limit", "memory_limit")
"""Options that the provenance names, where they are given."""


@checked(game=PROBLEM, check=FLAG, deadline=optional(DEADLINE))
def existence(
    game: Game | Problem,
    *,
    ties: Ties = "leader",
    gap: float = DEFAULT_GAP,
    time_limit: float | None = None,
    deadline: Deadline | None = None,
    node_limit: int | None = None,
    memory_limit: MemoryGiven = None,
    seed: int = 0,
    margin: float = 0.0,
    interrupt: Interrupt | None = None,
    check: bool = True,
    tolerances: Tolerances = DEFAULT_TOLERANCES,
) -> Existence:
    """Decide whether a stationary Stackelberg equilibrium exists, within a gap.

    Parameters
    ----------
    game
        The game, or a problem about it; constraints that are not honoured are refused by name.
    ties, margin, seed
        As in ``solve``. Under the rules ``first`` and ``adverse`` the suprema may be far below the bounds, which let
        ties go the leader's way; then the verdict is usually "undecided".
    gap
        What counts as reaching a supremum, relative to it or to a share of the spread of the values.
    time_limit, node_limit
        Seconds, checks included, and branch-and-bound nodes for everything together.
    memory_limit
        Bytes that the process may hold, or text such as ``"2 GB"``; as in ``solve``.
    deadline
        A budget that is running already, instead of ``time_limit``.
    interrupt
        A flag to stop the work from outside. If absent, Ctrl-C stops it; what is known by then comes back.
    check
        Whether to check every run in exact arithmetic.
    tolerances
        Numerical tolerances.

    Raises
    ------
    OptionError
        If an argument is out of range, or a constraint is of a kind that is not honoured.
    InfeasibleError
        If no policy keeps the constraints.
    """
    problem = asked(game, ties=ties, margin=margin)
    refuse(problem, "existence", TAKES, INSTEAD)
    refuse_conflict(problem)
    game = problem.game
    deadline = Deadline(time_limit) if deadline is None else deadline
    with given_or_graceful(interrupt) as flag:
        run = Run(
            gap=gap,
            deadline=deadline.keeping(kept_for_checks(game, deadline, game.num_states + 1, wanted=check)),
            interrupt=flag,
            limits=Limits(nodes=node_limit, memory=memory_limit_of(memory_limit)),
            seed=seed,
            tolerances=tolerances,
        )
        problem.follower.check(problem.game, run.tolerances)
        form = standard_form(game)
        inquiry = ExistenceSearch(*into_form(problem, run, form))
        found = _answered(problem, run, form, inquiry)
        if check:
            printed = (len(found.results) + 1) * game.num_states
            closing = Closing(deadline, flag, printed=printed, tolerances=tolerances)
            found = dataclasses.replace(found, results=checked_runs(found.results, closing))
    return found


def _answered(problem: Problem, run: Run, form: StandardForm, inquiry: ExistenceSearch) -> Existence:
    """The verdict of an inquiry into the standard form, with all that belongs to it, about the game itself."""
    game, scale = form.game, form.leader
    verdict, miss, reason = inquiry.verdict()
    policy, values = None, np.full(game.num_states, np.nan)
    if inquiry.candidate is not None:
        policy, values = inquiry.candidate.policy, scale.out(inquiry.candidate.values)
    favoured = problem.follower.favours_leader and problem.allows_all
    options = options_of(problem, run)
    return Existence(
        game=game,
        constraints=problem.stated,
        ties=problem.follower.ties,
        margin=problem.follower.margin,
        verdict=verdict,
        reason=reason,
        suprema_lower=scale.out(inquiry.lower),
        suprema_upper=scale.upper_values_out(np.maximum(inquiry.upper, inquiry.lower)),
        allowed=scale.unit * inquiry.allowed,
        leader_policy=policy,
        leader_values=values,
        miss=scale.gain_out(miss),
        joint_bound=scale.upper_out(inquiry.joint_bound, np.full(game.num_states, 1.0 / game.num_states)),
        theory=classes_with_equilibrium(game) if favoured else (),
        results=tuple(result_out(one, form) for one in inquiry.results),
        termination=inquiry.end,
        provenance=Provenance(
            game_name=game.name,
            game_hash=game.content_hash,
            method="existence",
            options={key: options[key] for key in PRINTED_OPTIONS if key in options},
            seed=int(run.seed),
            seconds=run.deadline.elapsed,
            counts={"programs": len(inquiry.results), "nodes": inquiry.nodes, "lps": inquiry.lps},
        ),
    )
