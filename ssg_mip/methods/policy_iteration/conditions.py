r"""Two conditions on a policy, of Kudo & Akimoto: Theorem 9 is necessary for Pareto optimality, Theorem 10 sufficient.

**Theorem 9.** If ``f'`` is Pareto-optimal, no ``f`` with ``Q(., f) >= V`` in every state changes any value, where
``V`` and ``Q`` are those of ``f'``. That is the stop test of Algorithm 1, here for any policy. If the leader is myopic
(``gamma_A = 0``) it is sufficient as well. Both conditions hold among the policies that keep rows, too, because they
compare values policy by policy.

**Theorem 10.** ``f'`` is Pareto-optimal if for every ``f`` either ``d = Q(., f) - V`` is 0 everywhere, or in some
state ``d(s) < -c delta(f)`` with ``c = gamma_A / (1 - gamma_A)``, ``delta(f) = max_s sum_t p(t | s, f, g(s)) d(t)``.

No ``delta`` exceeds ``max_t d(t)``. So where for every ``t`` no policy with ``d(s) + c d(t) >= 0`` in every ``s`` gains
more than ``e`` in ``t`` (one program for each state), the condition holds up to ``e``: no policy that dominates ``f'``
gains more than ``e / (1 - gamma_A)`` in any state. A policy found there is put to the theorem's own, finer test: if it
fails that, Theorem 10 says nothing about ``f'``. Otherwise the outcome is open.
"""

from __future__ import annotations

import dataclasses
import enum
import math

import numpy as np

from ssg_mip.base.deadline import Deadline
from ssg_mip.base.interrupt import Interrupt
from ssg_mip.base.rules import INTERRUPT, Rule, checked, optional
from ssg_mip.base.status import Termination
from ssg_mip.base.tolerances import DEFAULT_GAP
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.best_response import Ties
from ssg_mip.evaluation.mdp import induced_by_leader
from ssg_mip.evaluation.standard_form import standard_form
from ssg_mip.evaluation.value_bounds import LEAST_GAP
from ssg_mip.exact.goals import HighestGainBridge, search_goal
from ssg_mip.exact.size_limit import improvement_size, obstacle
from ssg_mip.game.game import GAME, Game
from ssg_mip.game.policy import LEADER_POLICY, LeaderPolicy
from ssg_mip.methods.policy_iteration.negligible import negligible_gain, resolution
from ssg_mip.methods.policy_iteration.step import TEST_GAP_SHARE, exact_improvement, take_step
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.asked import refuse_kind
from ssg_mip.problem.evaluated_policy import EvaluatedPolicy
from ssg_mip.problem.follower import Rational
from ssg_mip.problem.objective import Objective
from ssg_mip.problem.policy_space import PolicySpace, Scope
from ssg_mip.problem.problem import Problem
from ssg_mip.runs.limits import Limits
from ssg_mip.runs.run import Run

SAMPLES = 50
"""Random policies that are tried where the programs leave the sufficient condition open."""

STEPS = (1.0, 0.3, 0.1, 0.03)
"""How far to go towards each of them."""


_ASKED = Rule(f"{GAME.words}, or a Problem", lambda value: GAME.holds(value) or isinstance(value, Problem))


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class NecessaryCondition:
    """What the test of Theorem 9 says about a policy.

    Attributes
    ----------
    holds
        Whether no policy improves every state, up to the gap; ``None`` if a limit came first.
    gain_bound
        Proven: averaged over the states no policy without a losing state gains more in one step; infinite if nothing is
        proven. Together with ``leader_values`` it is a certificate of the condition.
    better_policy, better_values
        Where the condition fails: a policy that loses in no state, with its exact values.
    leader_values
        The exact values of the policy itself.
    pareto_optimal
        True where the condition holds and the leader is myopic, false where it fails, ``None`` where that is open.
    termination, nodes, lps
        Why the test ended, and its work.
    """

    holds: bool | None
    gain_bound: float
    better_policy: LeaderPolicy | None
    better_values: FloatArray | None
    leader_values: FloatArray
    pareto_optimal: bool | None
    termination: Termination
    nodes: int
    lps: int


@checked(game=_ASKED, policy=LEADER_POLICY, interrupt=optional(INTERRUPT))
def necessary_condition(
    game: Game | Problem,
    policy: LeaderPolicy,
    *,
    ties: Ties = "leader",
    gap: float = DEFAULT_GAP,
    time_limit: float | None = None,
    node_limit: int | None = None,
    seed: int = 0,
    interrupt: Interrupt | None = None,
) -> NecessaryCondition:
    """Test the necessary condition for Pareto optimality (Theorem 9) at any policy.

    Parameters
    ----------
    game, policy
        The game, or a problem that says which policies are allowed, and the leader policy. Of a problem the condition
        is about the allowed policies: a policy that is Pareto-optimal among them. Its weights play no part.
    ties, gap, time_limit, node_limit, seed, interrupt
        As in ``solve``; ``gap`` times the largest value or reward is the average gain that counts as none.

    Raises
    ------
    InvalidPolicyError
        If the policy does not fit the game.
    OptionError
        If an option is out of range, the policy does not keep a row, or the problem asks for more than rows.
    """
    asked = game if isinstance(game, Problem) else Problem(game)
    refuse_kind(asked, "necessary_condition")
    game = asked.game
    _check_allowed(asked, policy)
    run = Run(
        gap=gap,
        deadline=Deadline(time_limit),
        limits=Limits(nodes=node_limit),
        seed=seed,
        interrupt=Interrupt() if interrupt is None else interrupt,
    )
    form = standard_form(game)
    even = np.full(game.num_states, 1.0 / game.num_states)
    problem = Problem(form.standard, Objective(even), Rational(ties=ties), PolicySpace(rows=asked.policies.rows))
    current = EvaluatedPolicy.of(problem, policy, run.tolerances)
    step = take_step(problem, run, current, exact_improvement, 0)
    holds = True if step.termination is Termination.STATIONARY else None
    if step.target is not None:
        holds = False
    sufficient = True if holds and game.leader_discount == 0.0 else None
    return NecessaryCondition(
        holds=holds,
        gain_bound=form.leader.gain_bound_out(step.bound),
        better_policy=None if step.target is None else step.target.policy,
        better_values=None if step.target is None else form.leader.out(step.target.values),
        leader_values=form.leader.out(current.values),
        pareto_optimal=False if holds is False else sufficient,
        termination=step.termination,
        nodes=step.nodes,
        lps=step.lps,
    )


def _check_allowed(problem: Problem, policy: LeaderPolicy) -> None:
    """Raise :class:`OptionError` where the condition would not be about this policy, or not about all that is asked."""
    game, space = problem.game, problem.policies
    others = space.names_by_scope(game).keys() - {Scope.STATEWISE, Scope.COUPLING}
    if others or space.least_values(game) is not None or problem.follower.margin > 0.0:
        raise OptionError(
            "the necessary condition is tested over policies that keep rows on their probabilities; leave what else "
            "the problem asks for out"
        )
    broken = [row.name for row in space.rows if not row.holds(policy.slots(game))]
    if broken:
        raise OptionError(f"the policy does not keep {', '.join(broken)}; the condition is about policies that do")


class Sufficiency(enum.Enum):
    """What the test of Theorem 10 says."""

    HOLDS = "the sufficient condition holds: the policy is Pareto-optimal, up to the gap"
    FAILS = "a policy breaks the sufficient condition, so it says nothing"
    OPEN = "neither the condition nor a policy that breaks it was found"


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class SufficientCondition:
    """What the test of Theorem 10 says about a policy.

    Attributes
    ----------
    verdict
        Whether the condition holds. Where it fails the policy may be Pareto-optimal all the same.
    gain_bound
        Proven: no policy that loses in no state gains more than this in any; infinite if nothing is proven.
    breaking_policy
        Where the condition fails: a policy that breaks it.
    programs, nodes, lps, termination
        The work, and why it ended.
    """

    verdict: Sufficiency
    gain_bound: float
    breaking_policy: LeaderPolicy | None
    programs: int
    nodes: int
    lps: int
    termination: Termination


def sufficient_condition(problem: Problem, run: Run, policy: LeaderPolicy) -> SufficientCondition:
    """Test the sufficient condition for Pareto optimality (Theorem 10) at a policy.

    Parameters
    ----------
    problem, policy
        The game with its follower, whose weights play no part, and the leader policy.
    run
        Gap and limits.
    """
    game = problem.game
    values = problem.follower.response(game, policy, run.tolerances).leader_values
    negligible = negligible_gain(game, values, problem.weights, max(run.gap, LEAST_GAP), one_step=True)
    share = game.leader_discount / (1.0 - game.leader_discount)
    nodes = lps = programs = 0
    worst, end = 0.0, Termination.GAP

    def answer(verdict: Sufficiency, breaking: LeaderPolicy | None, termination: Termination) -> SufficientCondition:
        proven = worst / (1.0 - game.leader_discount) if verdict is Sufficiency.HOLDS else math.inf
        return SufficientCondition(
            verdict=verdict,
            gain_bound=proven,
            breaking_policy=breaking,
            programs=programs,
            nodes=nodes,
            lps=lps,
            termination=termination,
        )

    for state in range(game.num_states):
        stop = _limit(problem, run, nodes)
        if stop is not None:
            return answer(Sufficiency.OPEN, None, stop)
        inner = run.starting_at(policy).up_to(negligible).quietly().after(nodes)
        bridge = HighestGainBridge(problem, inner, values, state, share)
        outcome = search_goal(bridge, absolute=TEST_GAP_SHARE * resolution(game, values, negligible))
        programs, nodes, lps = programs + 1, nodes + outcome.nodes, lps + outcome.lps
        worst = max(worst, outcome.dual_bound)
        if outcome.primal_bound > negligible and breaks_sufficiency(bridge, outcome.solution.policy, negligible):
            return answer(Sufficiency.FAILS, outcome.solution.policy, outcome.termination)
        if outcome.dual_bound > negligible:
            end = outcome.termination
    if worst <= negligible:
        return answer(Sufficiency.HOLDS, None, end)
    breaking = _sampled_break(HighestGainBridge(problem, run, values, 0, share), policy, negligible)
    return answer(Sufficiency.OPEN if breaking is None else Sufficiency.FAILS, breaking, end)


def _sampled_break(bridge: HighestGainBridge, policy: LeaderPolicy, negligible: float) -> LeaderPolicy | None:
    """A policy that breaks the condition, among random ones and on the way to them; ``None`` if none is met."""
    game, rng = bridge.game, np.random.default_rng(bridge.run.seed)
    own = policy.slots(game)
    for _ in range(SAMPLES):
        nearest, keeps = bridge.nearest(LeaderPolicy.random(game, rng))
        if not keeps:
            return None
        target = nearest.slots(game)
        for share in STEPS:
            trial = LeaderPolicy.from_slots(game, (1.0 - share) * own + share * target)
            if breaks_sufficiency(bridge, trial, negligible):
                return trial
    return None


def breaks_sufficiency(bridge: HighestGainBridge, policy: LeaderPolicy, negligible: float) -> bool:
    """Whether a policy breaks the condition of Theorem 10 as it stands, with its own ``delta``."""
    game = bridge.game
    response, gains = bridge.gains(policy)
    if float(np.abs(gains).max()) <= negligible:
        return False
    leader, _ = induced_by_leader(game, policy)
    promised = leader.action_values(bridge.values) - bridge.values[game.follower_slot_state]
    own = response.follower_policy.slots(game)
    if bridge.problem.follower.favours_leader:  # the tied answer that gives the gain
        promised = np.where(response.tied, promised, -np.inf)
        own = np.array([int(np.argmax(promised[a:b])) + a for a, b in zip(*_ends(game), strict=True)])
    moved = np.asarray(leader.transition[own] @ gains)
    share = game.leader_discount / (1.0 - game.leader_discount)
    return bool(np.all(gains + share * float(moved.max()) >= -negligible))


def _ends(game: Game) -> tuple[list[int], list[int]]:
    return game.follower_offsets[:-1].tolist(), game.follower_offsets[1:].tolist()


def _limit(problem: Problem, run: Run, nodes: int) -> Termination | None:
    """What forbids another program."""
    return run.stop_reason(nodes) or obstacle(improvement_size(problem.game), run)
