"""The same game in other units and with other constants: nothing that the package says may depend on them.

A game and a changed one (:mod:`tests.attacks.unit_changes`) are solved by the same method. The claims about the changed
game, translated back, must hold in the base game: a value is what the policy is worth there and no more than a proven
bound, a bound is above every proven value, ``optimal`` has closed the gap in the base game's terms, where its answer
rests on no near tie, and the checker says so, but not where a value is changed by a thousandth of the spread.
"""

from __future__ import annotations

import dataclasses
import math
from importlib.util import find_spec

import numpy as np

from ssg_mip import solve, verify
from ssg_mip.base.status import Status, Termination
from ssg_mip.base.tolerances import DEFAULT_TOLERANCES
from ssg_mip.errors import OptionError, SolverError
from ssg_mip.evaluation.standard_form import value_range
from ssg_mip.methods.registry import METHODS
from ssg_mip.result import Result
from tests.attacks import unit_changes
from tests.attacks.driver import AGREEMENT, Attack, Verdict
from tests.attacks.unit_changes import Change, Restated, whole_game
from tests.oracles.sampling import pair_values, regret

GAP = 1e-5
"""Relative gap asked of the package."""

NODES = 400
"""Branch-and-bound nodes per program at most: a patient game may stop with an honest wider interval."""

STEPS = 30
"""Iterations of methods that learn."""

FORGED = 1e-3
"""By this share of the spread a printed value is changed: the checker must notice."""

NEEDS_EXTRA = ("actor-critic", "ppo-hedge")
"""Methods that need the extra ``learn``."""

SINGLE_PRECISION = "calculates in single precision and takes at most"
"""What such a method says of rewards that are too large for it."""

LEARNERS = ("fixed-point", "policy-gradient", "bilevel-q", "asymmetric-learning", *NEEDS_EXTRA)

HERE = tuple(name for name in METHODS if find_spec("torch") is not None or name not in NEEDS_EXTRA)
"""Methods that this installation has."""


def answered(game: unit_changes.PlainGame, method: str) -> Result:
    """The answer of a method, with everything that is on by default."""
    limits = {"iteration_limit": STEPS} if method in LEARNERS else {"node_limit": NODES}
    return solve(game.to_game(), method, gap=GAP, **limits)  # type: ignore[arg-type]


def weighted_spread(restated: Restated) -> float:
    """The spread of the leader's values in the base game, weighted by the start; never 0."""
    base = restated.base
    spread = float(base.initial @ value_range(base.to_game(), leader=True).width)
    return max(spread, 1.0 / unit_changes.GRAIN)


def judge(restated: Restated, proven: Result, result: Result) -> Verdict:
    """Everything that can be said against an answer about the changed game."""
    spread = weighted_spread(restated)
    allowed = AGREEMENT + restated.rounding / spread
    start = restated.base.initial
    value = float(start @ restated.leader.back(result.leader_values))
    offset = float(start @ restated.leader.base)
    bound = result.dual_bound / restated.leader.unit - offset
    worst, found, remarks = 0.0, [], []
    if result.leader_policy is not None:
        exceeded = (value - proven.dual_bound) / spread
        worst = max(worst, exceeded)
        if not exceeded <= allowed:
            found.append(f"the value {value:.12g} exceeds the bound {proven.dual_bound:.12g} of the base game")
        found += _wrong_answer(restated, result)
        printed = result.leader_value / restated.leader.unit - offset
        if not abs(printed - value) <= spread * allowed:
            found.append(f"the printed value is {printed:.12g} in the base game's terms, not {value:.12g}")
    if math.isfinite(bound):
        cut_off = (proven.leader_value - bound) / spread
        worst = max(worst, cut_off)
        if not cut_off <= allowed:
            found.append(f"the bound {bound:.12g} cuts off the value {proven.leader_value:.12g} of the base game")
    if result.status is Status.OPTIMAL and proven.status is Status.OPTIMAL:
        short = (proven.leader_value - value) / spread
        if not short <= GAP + allowed:
            found.append(f"called optimal, but {value:.12g} is short of {proven.leader_value:.12g}")
    if result.termination is Termination.NEAR_TIE:
        remarks.append("near tie")
    return Verdict(max(worst - restated.rounding / spread, 0.0), tuple(found), tuple(remarks))


def _wrong_answer(restated: Restated, result: Result) -> list[str]:
    """Values that are not those of the pair of policies in the base game, or a response that is no best one there."""
    base = restated.base
    assert result.leader_policy is not None
    assert result.follower_policy is not None
    table = result.leader_policy.probabilities
    rows = [table[s, :count] / table[s, :count].sum() for s, count in enumerate(base.leader_counts)]
    response = result.follower_policy.actions.tolist()[: base.num_states]
    leader, follower = pair_values(base, rows, response)
    game = base.to_game()
    found = []
    for label, units, printed, true, mine in (
        ("leader", restated.leader, result.leader_values, leader, True),
        ("follower", restated.follower, result.follower_values, follower, False),
    ):
        size = float(value_range(game, leader=mine).width.max()) + 1.0 / unit_changes.GRAIN
        off = float(np.abs(units.back(printed) - true).max())
        if not off <= AGREEMENT * size + restated.rounding:
            found.append(f"the {label}'s values are off by {off:.3g}")
    size = float(value_range(game, leader=False).width.max())
    lost = regret(base, rows, response)
    if not lost <= 4.0 * DEFAULT_TOLERANCES.tie * size + restated.rounding:
        found.append(f"the response loses {lost:.3g} of the follower's spread {size:.3g}")
    return found


def checked(restated: Restated, result: Result) -> Verdict:
    """The checker passes the answer, and no answer whose values are changed by a share of the spread."""
    found, remarks = [], []
    if result.check.passed is not True:
        found.append(f"the check says {result.check.word}: {result.check.reason}")
    if result.leader_policy is None:
        return Verdict(violations=tuple(found), remarks=("no policy",))
    by = FORGED * weighted_spread(restated) * restated.leader.unit
    if by > 64.0 * float(np.finfo(float).eps) * abs(result.leader_value):
        higher = result.leader_values.copy()
        higher[: restated.base.num_states] += by
        for label, forged in (
            ("the value", dataclasses.replace(result, leader_value=result.leader_value + by)),
            ("all values", dataclasses.replace(result, leader_value=result.leader_value + by, leader_values=higher)),
        ):
            if verify(result.game, forged).passed:
                found.append(f"the checker passes an answer with {label} raised by a thousandth of the spread")
    else:
        remarks.append("a thousandth of the spread cannot be printed")
    return Verdict(violations=tuple(found), remarks=tuple(remarks))


def compared(restated: Restated, method: str, before: Result, after: Result) -> Verdict:
    """Answers of one method to both games: proven optima must agree; of others it is counted where they do not."""
    if before.leader_policy is None or after.leader_policy is None:
        return Verdict()
    if before.status is not after.status:
        return Verdict(remarks=(f"{method}: {after.status.name} instead of {before.status.name}",))
    spread = weighted_spread(restated)
    value = float(restated.base.initial @ restated.leader.back(after.leader_values))
    apart = abs(value - before.leader_value) / spread
    if apart <= GAP + AGREEMENT + restated.rounding / spread:
        return Verdict()
    proven = {Status.OPTIMAL, Status.RESTRICTED_OPTIMAL}
    if before.status in proven and after.status in proven:
        return Verdict(apart, (f"{method} proves {value:.12g} here, {before.leader_value:.12g} there",))
    return Verdict(remarks=(f"{method} finds another value",))


def play(change: Change, seed: int, index: int, methods: tuple[str, ...], *, patient: bool = False) -> Verdict:
    """One game, changed, by all the methods given."""
    plain = whole_game(seed, index, patient=patient)
    restated = change(plain, np.random.default_rng([seed, index, 2]))
    proven = answered(restated.base, "commitment")
    verdict = Verdict()
    for method in methods:
        try:
            before = proven if method == "commitment" else answered(restated.base, method)
        except SolverError:
            verdict += Verdict(remarks=(f"{method} refuses the base game",))
            continue
        try:
            after = answered(restated.changed, method)
        except OptionError as refusal:
            verdict += Verdict(remarks=(f"{method} refuses the size of the rewards",))
            if SINGLE_PRECISION not in str(refusal):
                raise
            continue
        one = judge(restated, proven, after) + checked(restated, after) + compared(restated, method, before, after)
        verdict += Verdict(one.deviation, tuple(f"{method}: {text}" for text in one.violations), one.remarks)
    return verdict


def _attack(change: Change, claim: str, *, patient: bool = False) -> Attack:
    def one(seed: int, index: int) -> Verdict:
        turn = HERE[index % len(HERE)]
        methods = ("commitment",) if turn == "commitment" else ("commitment", turn)
        return play(change, seed, index, methods, patient=patient)

    name = f"patient-{change.__name__}" if patient else change.__name__
    return Attack(name.replace("_", "-"), claim, 1_000, one)


ATTACKS = (
    _attack(unit_changes.add_constants, "constants up to 1e9: the same answer"),
    _attack(unit_changes.change_units, "units from 1e-9 to 1e9: the same answer"),
    _attack(unit_changes.add_potentials, "constants that differ from state to state: the same answer"),
    _attack(unit_changes.unreachable_riches, "an unreachable state worth 1e9: the same answer"),
    _attack(unit_changes.sure_bonus, "a sure bonus of 1e6 in the end: the same answer"),
    _attack(unit_changes.all_at_once, "constants and units, discounts up to .9999: the same answer", patient=True),
)
"""Every game by ``commitment`` and by one method more, which take turns."""
