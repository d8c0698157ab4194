"""Fronts, enclosures, verdicts, Chebyshev points and certificates in other units: as in :mod:`tests.attacks.units`."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ssg_mip import enclose_front, existence, solve, solve_chebyshev, trace_front, verify_bound
from ssg_mip.evaluation.standard_form import value_range
from ssg_mip.pareto.existence.answers import Verdict as Existence
from tests.attacks import unit_changes
from tests.attacks.driver import AGREEMENT, Attack, Verdict
from tests.attacks.unit_changes import Restated, whole_game
from tests.attacks.units import GAP, NODES

CHANGES = (
    unit_changes.add_constants,
    unit_changes.change_units,
    unit_changes.all_at_once,
    unit_changes.add_potentials,
)
"""Changes whose games have the same states."""

COARSE = 1e-3
"""Resolution of enclosures and accuracy of fronts, relative to the spread."""


def _spread(restated: Restated) -> float:
    return max(float(value_range(restated.base.to_game(), leader=True).width.max()), 1.0 / unit_changes.GRAIN)


def _below(points: np.ndarray, others: np.ndarray, by: float) -> float:
    """By how much, at most, a point exceeds all others in every state; at most 0 where each is within ``by`` of one."""
    worst = 0.0
    for point in points:
        worst = max(worst, float(np.min(np.min(point - others, axis=1) if len(others) else np.inf)) - by)
    return worst


def front(restated: Restated) -> Verdict:
    """The runs of both fronts have intervals that meet, and both fronts pass their checks."""
    before, after = (
        trace_front(game.to_game(), num_weights=2, method="commitment", gap=GAP, node_limit=NODES, guarantee=False)
        for game in (restated.base, restated.changed)
    )
    spread, found = _spread(restated), []
    allowed = AGREEMENT + restated.rounding / spread
    if after.check.passed is not True:
        found.append(f"the check of the front says {after.check.word}: {after.check.reason}")
    for mine, theirs in zip(after.results, before.results, strict=False):
        if not np.array_equal(mine.weights, theirs.weights):
            continue
        value = float(mine.weights @ restated.leader.back(mine.leader_values))
        bound = mine.dual_bound / restated.leader.unit - float(mine.weights @ restated.leader.base)
        if (value - theirs.dual_bound) / spread > allowed or (theirs.leader_value - bound) / spread > allowed:
            found.append(f"[{value:.12g}, {bound:.12g}] misses [{theirs.leader_value:.12g}, {theirs.dual_bound:.12g}]")
    return Verdict(violations=tuple(found))


def enclosure(restated: Restated) -> Verdict:
    """No point of the one lies above all that the other says is possible."""
    spread = _spread(restated)
    before = enclose_front(restated.base.to_game(), resolution=COARSE * spread, program_limit=12)
    after = enclose_front(
        restated.changed.to_game(), resolution=COARSE * spread * restated.leader.unit, program_limit=12
    )
    found = []
    if after.check.passed is not True:
        found.append(f"the check of the enclosure says {after.check.word}: {after.check.reason}")
    points = np.array([restated.leader.back(point.leader_values) for point in after.points])
    others = np.array([point.leader_values for point in before.points])
    allowed = AGREEMENT * spread + restated.rounding
    same = [one.name for one in before.objectives] == [one.name for one in after.objectives]
    if not same:
        return Verdict(violations=("other states vary than in the base game",))
    states = [restated.base.to_game().state_names.index(one.name) for one in before.objectives]
    for mine, theirs, by in (
        (points, others, before.resolution),
        (others, points, after.resolution / restated.leader.unit),
    ):
        if math.isfinite(by) and _below(mine[:, states], theirs[:, states], by) > allowed:
            found.append("a point lies above all that the other enclosure leaves")
    return Verdict(violations=tuple(found))


def verdict(restated: Restated) -> Verdict:
    """The verdicts on existence do not contradict each other, nor do the suprema."""
    before, after = (existence(game.to_game(), node_limit=NODES) for game in (restated.base, restated.changed))
    allowed, found = AGREEMENT * _spread(restated) + restated.rounding, []
    if {before.verdict, after.verdict} == {Existence.EXISTS, Existence.NONE}:
        found.append(f"{after.verdict.name} where the base game's verdict is {before.verdict.name}")
    lower, upper = restated.leader.back(after.suprema_lower), restated.leader.back(after.suprema_upper)
    if np.any(lower > before.suprema_upper + allowed) or np.any(upper < before.suprema_lower - allowed):
        found.append(f"suprema in [{lower}, {upper}], not in [{before.suprema_lower}, {before.suprema_upper}]")
    if any(one.check.passed is False for one in after.results):
        found.append("a run fails its check")
    return Verdict(violations=tuple(found), remarks=(f"{before.verdict.name}, {after.verdict.name}",))


def chebyshev(restated: Restated) -> Verdict:
    """The intervals for the best Chebyshev value meet; references move with the constants."""
    base, changed = restated.base.to_game(), restated.changed.to_game()
    highest = value_range(base, leader=True).upper + 1.0
    even = np.full(base.num_states, 1.0 / base.num_states)
    before = solve_chebyshev(base, even, reference=highest, gap=GAP)
    reference = restated.leader.unit * (highest + restated.leader.base)
    after = solve_chebyshev(changed, even, reference=reference, gap=GAP)
    if before is None or after is None:
        return Verdict(violations=() if before is after else ("a point here and none there",))
    value, bound = after.value / restated.leader.unit, after.dual_bound / restated.leader.unit
    allowed = AGREEMENT * _spread(restated) + restated.rounding
    if value > before.dual_bound + allowed or bound < before.value - allowed:
        return Verdict(violations=(f"[{value}, {bound}] misses [{before.value}, {before.dual_bound}]",))
    return Verdict()


def certificate(restated: Restated) -> Verdict:
    """A certificate of the changed game proves its bound, and no less than the base game's value."""
    before = solve(restated.base.to_game(), "commitment", gap=GAP, node_limit=NODES, guarantee=False)
    game = restated.changed.to_game()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "one.cert"
        after = solve(game, "commitment", gap=GAP, node_limit=NODES, guarantee=False, certificate=file)
        found = verify_bound(game, file)
    said = []
    if not found.passed or not after.bound_certified:
        said.append(f"the certificate fails: {[check.name for check in found.failed]}")
    if found.claimed is None or found.claimed > after.dual_bound:
        said.append(f"it claims {found.claimed!r}, the result says {after.dual_bound!r}")
    start = restated.base.initial
    bound = after.dual_bound / restated.leader.unit - float(start @ restated.leader.base)
    if bound < before.leader_value - AGREEMENT * _spread(restated) - restated.rounding:
        said.append(f"it proves {bound!r}, which {before.leader_value!r} exceeds")
    return Verdict(violations=tuple(said))


def _attack(report: Callable[[Restated], Verdict], claim: str) -> Attack:
    def play(seed: int, index: int) -> Verdict:
        change = CHANGES[index % len(CHANGES)]
        return report(change(whole_game(seed, index), np.random.default_rng([seed, index, 2])))

    return Attack(f"units-{report.__name__}", claim, 1_000, play)


ATTACKS = (
    _attack(front, "fronts in other units: intervals that meet"),
    _attack(enclosure, "enclosures in other units: none excludes what the other has"),
    _attack(verdict, "existence in other units: no contradiction"),
    _attack(chebyshev, "Chebyshev points in other units: intervals that meet"),
    _attack(certificate, "certificates in other units: proven, and of no less than the value"),
)
