"""Does everything else that a document prints fit what it claims: sentences, repeated numbers, the record of a check?

What no check covers stands in :data:`UNCHECKED_FIELDS`, next to the checks, by place in the printed JSON.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from ssg_mip.base.tolerances import ROUNDING
from ssg_mip.checker import fields
from ssg_mip.checker.claims import Claims
from ssg_mip.checker.guarantee_sentence import guarantee_trials
from ssg_mip.checker.record_check import record_trials
from ssg_mip.checker.verification import Check, Trial, worst_of, yes_or_no
from ssg_mip.checker.wording import BOUND_PROOFS, STATUS_MESSAGES, TERMINATION_MESSAGES, bound_scope
from ssg_mip.errors import InvalidResultError
from ssg_mip.game.game import Game

_PROVENANCE = (
    *("provenance.options", "provenance.seed", "provenance.seconds", "provenance.counts", "provenance.versions"),
)
_POINT = ("check.seconds", "check.arithmetic", "guaranteed.margin_asked", "guaranteed.statement")

UNCHECKED_FIELDS: Mapping[str, tuple[str, ...]] = {
    "result": (
        *("progress", "details", "trajectory[].note", "trajectory[].nodes", "trajectory[].seconds"),
        *("trajectory[].step_bound", "bound_proof", "gap_scale", "scalarised_mixture"),
        "prices[].leader_value",
        *_POINT,
        *_PROVENANCE,
    ),
    "front": (
        *("tolerance", "hypervolume", "hypervolume_reference", "scalarisations[].gap_scale"),
        *("scalarisations[].bound_proof", "scalarisations[].seconds", "scalarisations[].check"),
        *("scalarisations[].second_solve.first_values", "scalarisations[].second_solve.termination"),
        *("check.seconds", "check.arithmetic"),
        *(f"points[].{field}" for field in _POINT),
        *_PROVENANCE,
    ),
    "enclosure": (
        *("points[].unsupported_by", "boxes", "ceilings"),
        *("check.seconds", "check.arithmetic", "points[].check.seconds", "points[].check.arithmetic"),
        *_PROVENANCE,
    ),
}
"""What no check covers, or not in every document; all that is below a place is meant with it. Of ``step_bound`` this
means iterates before the last one, of a gap scale one that plays no part in the gap, of a tolerance or an option one
that asks for less, of a mixture one that proves nothing; bounds and statuses that are not proven are named for every
document (``claimed``)."""

FRONT_METHOD = "front by "
"""What the method of a front's origin begins with."""


def printed_check(data: Mapping[str, Any], claims: Claims, game: Game) -> Check:
    """Every sentence, name and number that is printed besides the claims follows from them."""
    try:
        return worst_of("printed_words", [*_common(data, claims, game), *_own(data, claims, game)])
    except InvalidResultError as error:
        return yes_or_no("printed_words", False, str(error))


def _common(data: Mapping[str, Any], claims: Claims, game: Game) -> Iterator[Trial]:
    """What all documents have."""
    provenance = fields.mapping(fields.member(data, "provenance", ""), "provenance")
    options = fields.mapping(fields.member(provenance, "options", "provenance."), "provenance.options")
    origin = f"{FRONT_METHOD}{claims.method}" if claims.subject == "front" else claims.method
    scope = "bound_scope" if claims.subject == "enclosure" else "dual_bound_scope"
    yield _same(data, "", "game", game.name)
    yield _same(provenance, "provenance.", "game_name", game.name)
    yield _same(provenance, "provenance.", "method", origin)
    yield _same(data, "", "termination_message", TERMINATION_MESSAGES[claims.termination])
    yield _same(data, "", scope, bound_scope(claims.margin, constrained=bool(claims.constraints)))
    yield _same(data, "", "margin", options.get("margin", 0.0))
    yield from record_trials(data, "", claims, of_policy=claims.subject == "result" and bool(claims.answers))


def _own(data: Mapping[str, Any], claims: Claims, game: Game) -> Iterator[Trial]:
    if claims.subject == "result":
        yield from _result(data, claims)
        yield from guarantee_trials(data, "", claims.answers[0] if claims.answers else None)
        return
    points = fields.entries(data, "points")
    for index, (entry, point) in enumerate(zip(points, claims.answers, strict=False)):
        at = f"points[{index}]."
        yield from record_trials(entry, at, claims, of_policy=True)
        yield from guarantee_trials(entry, at, point)
    if claims.subject == "front":
        yield from _front(data, claims)
    else:
        yield from _enclosure(data, claims, game)


def _result(data: Mapping[str, Any], claims: Claims) -> Iterator[Trial]:
    """The sentence of the status, the proof of the bound, and how far the value lies below it."""
    whole = claims.scalarisations[0]
    yield _same(data, "", "status_message", STATUS_MESSAGES[claims.status])
    yield from _proof(data, "", whole.dual_bound, claims.margin)
    demanding = claims.margin > 0.0 or bool(claims.constraints)
    closed = claims.goal is not None and (claims.status, claims.termination) == ("feasible", "gap")
    yield from () if closed else _fits(claims.status, claims.termination, "the result", demanding=demanding)
    options = fields.mapping(data["provenance"], "provenance")["options"]
    asked = None if claims.scalarised is None else dict(claims.scalarised.options)
    yield _truth(options.get("scalarisation") == asked, "the scalarisation is not the one of the options")
    wanted = None if claims.goal is None else dict(claims.goal.options)
    yield _truth(options.get("goal") == wanted, "the goal is not the one of the options")
    missing = whole.leader_value is None or not math.isfinite(whole.dual_bound)
    printed = fields.bound(data, "distance_to_bound", "")
    if missing or not math.isfinite(printed):
        yield _truth(missing and not math.isfinite(printed), "distance_to_bound without both sides")
        return
    due = max(Fraction(0), Fraction(whole.dual_bound) - Fraction(whole.leader_value or 0.0))
    yield Trial(
        deviation=abs(Fraction(printed) - due),
        allowed=Fraction(ROUNDING) * due,
        place=f"distance_to_bound printed {printed!r}, due {float(due)!r}",
    )


def _front(data: Mapping[str, Any], claims: Claims) -> Iterator[Trial]:
    """The runs, and that every point comes from one of them."""
    runs = fields.entries(data, "scalarisations")
    demanding = claims.margin > 0.0 or bool(claims.constraints)
    origins = set()
    for index, (entry, one) in enumerate(zip(runs, claims.scalarisations, strict=True)):
        at = f"scalarisations[{index}]."
        yield from _proof(entry, at, one.dual_bound, claims.margin)
        yield from _fits(one.status, one.termination, at.rstrip("."), demanding=demanding)
        origins |= {(one.weights, one.dual_bound, entry["bound_proof"], status) for status in (one.status, "feasible")}
    limits = [one.termination for one in claims.scalarisations if one.termination in LIMITS]
    yield _truth(not (claims.termination == "converged" and limits), "termination 'converged', though a run was cut")
    for index, (entry, point) in enumerate(zip(fields.entries(data, "points"), claims.answers, strict=False)):
        at = f"points[{index}]."
        yield from _proof(entry, at, point.dual_bound, claims.margin)
        origin = (point.weights, point.dual_bound, entry["bound_proof"], point.status)
        yield _truth(origin in origins, f"{at}weights, dual_bound, bound_proof and status are those of no run")


LIMITS = frozenset({"time_limit", "node_limit", "iteration_limit", "size_limit", "memory_limit", "interrupted"})
"""Terminations that say nothing about the answer."""


def _enclosure(data: Mapping[str, Any], claims: Claims, game: Game) -> Iterator[Trial]:
    """Names of objectives, and that the work converged exactly if the resolution that was wanted is reached."""
    asked = fields.mapping(data["provenance"], "provenance")["options"]
    wanted = fields.number(fields.member(data, "wanted", ""), "wanted")
    enclosure = claims.enclosure
    if enclosure is None:
        return
    reached = enclosure.resolution <= wanted
    ended = claims.termination == "converged"
    fits = reached if ended else not (reached and claims.answers)
    yield _truth(fits, f"termination {claims.termination!r} at the resolution {enclosure.resolution!r}")
    yield _same(asked, "provenance.options.", "resolution", wanted)
    names = [fields.text(entry, "name", "objectives[].") for entry in fields.entries(data, "objectives")]
    yield _truth(len(set(names)) == len(names), "two objectives have the same name")
    for index, (name, (player, start)) in enumerate(zip(names, enclosure.objectives, strict=True)):
        bare = name.removeprefix("follower: ")
        yield _truth((player == "follower") == (bare != name), f"objectives[{index}].name {name!r} of the {player}")
        if bare in game.state_names:
            alone = tuple(float(state == bare) for state in game.state_names)
            yield _truth(start == alone, f"objectives[{index}].name {name!r} for another start")
    for index, (entry, point) in enumerate(zip(fields.entries(data, "points"), claims.answers, strict=False)):
        at = f"points[{index}]"
        yield _truth(point.weights == tuple(game.initial.tolist()), f"{at}.weights are not the start distribution")
        plain = point.status == "feasible" and point.dual_bound == math.inf and entry["guaranteed"] is None
        yield _truth(plain, f"{at} claims more than a point of an enclosure does")


def _proof(data: Mapping[str, Any], at: str, bound: float, margin: float) -> Iterator[Trial]:
    """Whether a bound is called certified follows from what it rests on; a margin asks for more."""
    proof = fields.one_of(tuple(BOUND_PROOFS), data, "bound_proof", at)
    yield _same(data, at, "bound_certified", BOUND_PROOFS[proof] and math.isfinite(bound))
    replayed = "replayed" in proof or not BOUND_PROOFS[proof]
    yield _truth(margin == 0.0 or replayed, f"{at}bound_proof: with a margin rounding is not counted")


def _fits(status: str, termination: str, place: str, *, demanding: bool) -> Iterator[Trial]:
    """Which statuses an end allows, and the other way round."""
    allowed = {
        "gap": {"optimal", "restricted_optimal"},
        "stationary": {"optimal", "pareto_optimal", "stationary"},
        "infeasible": {"infeasible"},
        "none_in_class": {"no_solution"},
        "given": {"feasible", "no_solution"},
    }
    fitting = status in allowed.get(termination, {status}) and (status != "infeasible" or termination == "infeasible")
    yield _truth(fitting, f"{place}: status {status!r} with termination {termination!r}")
    yield _truth(status != "infeasible" or demanding, f"{place}: where nothing is asked some policy is feasible")


def _same(data: Mapping[str, Any], at: str, key: str, due: Any) -> Trial:
    printed = fields.member(data, key, at)
    same = type(printed) is type(due) and printed == due
    return _truth(same, f"{at}{key} printed {printed!r}, due {due!r}")


def _truth(holds: bool, place: str) -> Trial:
    return Trial(deviation=Fraction(not holds), allowed=Fraction(0), place=place)
