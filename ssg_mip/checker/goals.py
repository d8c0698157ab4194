r"""What a result says of a goal that is no weighted sum, read and derived again in fractions.

``L = min_k (mu_k @ V + sigma_k @ v + c_k)``, less a price on probabilities, is increasing in both players' values, so
that intervals of values give an interval of ``L``. No certificate speaks of such a goal: its bound is named among what
is only claimed. Of sums in turn the first is the weighted sum that the result is about: its bound may be proven.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from ssg_mip.base.tolerances import FINEST_GAP, ROUNDING
from ssg_mip.checker import fields
from ssg_mip.checker.claims import Claims, PointClaim
from ssg_mip.checker.evidence import Evidence, Prover
from ssg_mip.checker.goal_claims import GoalClaim, GoalSum, InTurnClaim, LeastClaim, TurnClaim
from ssg_mip.checker.rational import PolicyRows
from ssg_mip.checker.values import PRINTED, Interval, largest_size, weighted_slack, weighted_sum
from ssg_mip.checker.verification import Check, Trial, worst_of
from ssg_mip.errors import InvalidResultError
from ssg_mip.game.game import Game

ByState = Callable[[Mapping[str, Any], str, str], tuple[float, ...]]
"""Reads numbers by state: data, key, place."""

IN_TURN = "lexicographic"
"""The kind of goal whose sums are maximised one after the other."""

KINDS = (IN_TURN, "price-per-policy", "with-follower", "worst-start", "worst-type")
"""What goals are called."""

NONE = Fraction(0)


# -------------------------------------------------------------------- reading


def read_goal(data: Mapping[str, Any], game: Game, by_state: ByState, *, has_policy: bool) -> GoalClaim | None:
    """What a printed result says of its goal; ``None`` if that is its weighted sum.

    Raises
    ------
    InvalidResultError
        If something is missing or is no number, or a weight is negative.
    """
    if "goal" not in data:
        return None
    given = fields.mapping(data["goal"], "goal")
    kind = fields.one_of(KINDS, given, "kind", "goal.")
    return _in_turn(given, by_state) if kind == IN_TURN else _least(given, kind, game, by_state, has_policy=has_policy)


def _least(given: Mapping[str, Any], kind: str, game: Game, by_state: ByState, *, has_policy: bool) -> LeastClaim:
    sums = tuple(
        _sum(entry, f"goal.sums[{k}].", by_state) for k, entry in enumerate(fields.list_of(given, "sums", "goal."))
    )
    value = _known(given, "value", "goal.")
    if not sums or (value is None) == has_policy or any((one.value is None) == has_policy for one in sums):
        raise InvalidResultError("goal needs a sum at least, and values exactly if there is a policy")
    price = _price(given["price"], game) if "price" in given else None
    return LeastClaim(
        sums=sums,
        price=price,
        value=value,
        paid=_known(given, "paid", "goal.") if price is not None else None,
        bound=fields.bound(given, "bound", "goal."),
        relative_gap=fields.bound(given, "relative_gap", "goal."),
        gap_scale=fields.number(fields.member(given, "gap_scale", "goal."), "goal.gap_scale"),
        options={
            "kind": kind,
            "names": [one.name for one in sums],
            "leader": [list(map(float, one.leader)) for one in sums],
            "follower": [list(map(float, one.follower)) for one in sums],
            **({} if price is None else {"price": [float(own) for row in price for own in row]}),
        },
    )


def _sum(entry: Any, at: str, by_state: ByState) -> GoalSum:
    given = fields.mapping(entry, at)
    leader = by_state(given, "leader", at)
    follower = by_state(given, "follower", at) if "follower" in given else (0.0,) * len(leader)
    if min(*leader, *follower) < 0.0:
        raise InvalidResultError(f"{at.rstrip('.')} holds a negative weight; a sum must rise with the values")
    return GoalSum(
        name=fields.text(given, "name", at),
        leader=tuple(map(Fraction, leader)),
        follower=tuple(map(Fraction, follower)),
        constant=Fraction(fields.number(fields.member(given, "constant", at), f"{at}constant")),
        value=_known(given, "value", at),
    )


def _price(given: Any, game: Game) -> tuple[tuple[Fraction, ...], ...]:
    table = fields.mapping(given, "goal.price")
    fields.expect_names(table, game.state_names, "goal.price")
    rows = []
    for state, actions in zip(game.state_names, game.leader_actions, strict=True):
        own = fields.mapping(fields.member(table, state, "goal.price."), f"goal.price[{state!r}]")
        fields.expect_names(own, actions, f"goal.price[{state!r}]")
        numbers = (fields.number(fields.member(own, a, f"goal.price[{state!r}]."), "goal.price") for a in actions)
        rows.append(tuple(map(Fraction, numbers)))
    return tuple(rows)


def _in_turn(given: Mapping[str, Any], by_state: ByState) -> InTurnClaim:
    turns = []
    for k, entry in enumerate(fields.list_of(given, "steps", "goal.")):
        at = f"goal.steps[{k}]."
        step = fields.mapping(entry, at)
        turns.append(
            TurnClaim(
                weights=by_state(step, "weights", at),
                value=_known(step, "value", at),
                bound=fields.bound(step, "bound", at),
                held_to=_known(step, "held_to", at),
                given_up=_known(step, "given_up", at),
            )
        )
    wanted = [list(map(float, row)) for row in _rows(given)]
    options = {"kind": IN_TURN, "weights": wanted, "tolerance": fields.number(given.get("tolerance"), "goal.tolerance")}
    begun = [list(turn.weights) for turn in turns]
    if begun != wanted[: len(begun)]:
        raise InvalidResultError("goal.steps have other weights than goal.weights says")
    return InTurnClaim(turns=tuple(turns), options=options)


def _rows(given: Mapping[str, Any]) -> list[Sequence[float]]:
    rows = fields.list_of(given, "weights", "goal.")
    return [
        fields.vector(row, len(row) if isinstance(row, list) else 0, f"goal.weights[{k}]") for k, row in enumerate(rows)
    ]


def _known(data: Mapping[str, Any], key: str, at: str) -> float | None:
    value = fields.member(data, key, at)
    return None if value is None else fields.number(value, f"{at}{key}")


# -------------------------------------------------------------------- checks


def goal_checks(claims: Claims, prover: Prover) -> list[Check]:
    """Values, that none is above a bound, and that gaps and what is given up follow from them."""
    goal = claims.goal
    if goal is None:
        return []
    trials = _least_trials(claims, goal, prover) if isinstance(goal, LeastClaim) else _turn_trials(claims, goal, prover)
    found = list(trials)
    return [
        worst_of(name, [trial for kind, trial in found if kind == name])
        for name in ("goal_value", "goal_bound", "goal_gap")
    ]


def _least_trials(claims: Claims, goal: LeastClaim, prover: Prover) -> Iterator[tuple[str, Trial]]:
    for answer in claims.answers:
        evidence = prover.about(answer.policy)
        paid = _paid(goal, answer.policy)
        for one in goal.sums:
            yield "goal_value", _value_trial(f"goal: {one.name}", one.value, _at(one, answer, evidence))
        due, allowed = _goal_at(goal, answer, evidence)
        yield "goal_value", _value_trial("goal", goal.value, (due, allowed))
        if goal.price is not None:
            size = PRINTED * (abs(paid) + Fraction(ROUNDING))
            yield "goal_value", _value_trial("goal: paid", goal.paid, (Interval.point(paid), size))
        if goal.value is not None:
            yield "goal_gap", _gap_trial(claims, goal, goal.value, allowed)
    if math.isfinite(goal.bound):
        for point in (*claims.answers, *claims.trajectory):
            due, allowed = _goal_at(goal, point, prover.about(point.policy))
            yield "goal_bound", _below(f"{point.place}: the goal", due, goal.bound, allowed)


def _goal_at(goal: LeastClaim, point: PointClaim, evidence: Evidence) -> tuple[Interval, Fraction]:
    """The interval of ``L`` at a policy, and how far a printed one may be off."""
    each = [_at(one, point, evidence) for one in goal.sums]
    paid = _paid(goal, point.policy)
    lower, upper = (min(getattr(due, end) for due, _ in each) - paid for end in ("lower", "upper"))
    return Interval(lower, upper), max(allowed for _, allowed in each) + PRINTED * abs(paid)


def _at(one: GoalSum, point: PointClaim, evidence: Evidence) -> tuple[Interval, Fraction]:
    """The interval of a sum at a policy, and how far a printed one may be off."""
    leader, follower = evidence.attained(point.leader_values), evidence.view.optimum.values
    mine, theirs = weighted_sum(one.leader, leader), weighted_sum(one.follower, follower)
    due = Interval(mine.lower + theirs.lower + one.constant, mine.upper + theirs.upper + one.constant)
    slack = weighted_slack(one.leader, evidence.slack) + weighted_slack(one.follower, evidence.view.slack)
    size = sum(one.leader, NONE) * largest_size([*leader, *map(Interval.__neg__, leader)])
    size += sum(one.follower, NONE) * largest_size([*follower, *map(Interval.__neg__, follower)])
    return due, slack + PRINTED * (size + abs(one.constant))


def _paid(goal: LeastClaim, policy: PolicyRows) -> Fraction:
    if goal.price is None:
        return NONE
    rows = zip(goal.price, policy, strict=True)
    return sum((own * Fraction(p) for row, mix in rows for own, p in zip(row, mix, strict=True)), NONE)


def _value_trial(place: str, printed: float | None, due: tuple[Interval, Fraction]) -> Trial:
    interval, allowed = due
    missing = printed is None
    return Trial(
        deviation=Fraction(1) if printed is None else interval.distance(Fraction(printed)),
        allowed=NONE if missing else allowed,
        place=f"{place} printed {printed!r}, due {float(interval.lower)!r}",
    )


def _below(place: str, due: Interval, bound: float, allowed: Fraction) -> Trial:
    return Trial(
        deviation=due.upper - Fraction(bound), allowed=allowed, place=f"{place} {float(due.upper)!r}, bound {bound!r}"
    )


def _gap_trial(claims: Claims, goal: LeastClaim, value: float, slack: Fraction) -> Trial:
    """``(bound - value) / gap_scale``, and closed where the run ended because it was.

    Whatever scale is printed, a closed gap is small beside the value, the bound or what the goal may range over: the
    last is no more than ``slack / ROUNDING``, because a printed value may be off by that share of it at least.
    """
    if not (math.isfinite(goal.bound) and math.isfinite(goal.relative_gap)):
        wrong = math.isfinite(goal.bound) != math.isfinite(goal.relative_gap) or claims.termination == "gap"
        return Trial(deviation=Fraction(wrong), allowed=NONE, place="goal: a gap without both sides")
    scale = Fraction(goal.gap_scale)
    if scale <= 0:
        return Trial(deviation=Fraction(1), allowed=NONE, place=f"goal.gap_scale is {goal.gap_scale!r}, not above 0")
    apart = max(NONE, Fraction(goal.bound) - Fraction(value))
    due = apart / scale
    share = Fraction(max(claims.gap or 0.0, FINEST_GAP)) * (1 + Fraction(ROUNDING))
    largest = max(abs(Fraction(value)), abs(Fraction(goal.bound)), slack / Fraction(ROUNDING))
    closed = share * min(scale, largest)
    if claims.termination == "gap" and apart > closed + slack:
        return Trial(deviation=apart, allowed=closed, place="goal: the gap of a run that ended because it was closed")
    return Trial(
        deviation=abs(Fraction(goal.relative_gap) - due),
        allowed=Fraction(ROUNDING) * (1 + due),
        place=f"goal: gap printed {goal.relative_gap!r}, due {float(due)!r}",
    )


def _turn_trials(claims: Claims, goal: InTurnClaim, prover: Prover) -> Iterator[tuple[str, Trial]]:
    whole = claims.scalarisations[0]
    for k, turn in enumerate(goal.turns):
        place = f"goal.steps[{k}]"
        weights = tuple(map(Fraction, turn.weights))
        for answer in claims.answers:
            evidence = prover.about(answer.policy)
            due, allowed = (
                weighted_sum(weights, evidence.attained(answer.leader_values)),
                evidence.weighted_slack(weights),
            )
            yield "goal_value", _value_trial(place, turn.value, (due, allowed))
            if math.isfinite(turn.bound):
                yield "goal_bound", _below(place, due, turn.bound, allowed)
            if turn.held_to is not None:
                yield (
                    "goal_bound",
                    Trial(
                        deviation=Fraction(turn.held_to) - due.upper,
                        allowed=allowed,
                        place=f"{place}: held to {turn.held_to!r}",
                    ),
                )
        yield "goal_gap", _given_up(turn, place)
    if goal.turns:
        same = goal.turns[0].weights == whole.weights and goal.turns[0].bound == whole.dual_bound
        yield (
            "goal_bound",
            Trial(deviation=Fraction(not same), allowed=NONE, place="goal.steps[0] is the result's own sum"),
        )


def _given_up(turn: TurnClaim, place: str) -> Trial:
    """What is given up of a sum at most: the bound less what it is held to."""
    if turn.held_to is None or not math.isfinite(turn.bound):
        return Trial(deviation=Fraction(turn.given_up is not None), allowed=NONE, place=f"{place}: nothing is given up")
    due = Fraction(turn.bound) - Fraction(turn.held_to)
    if turn.given_up is None:
        return Trial(deviation=Fraction(1), allowed=NONE, place=f"{place}: what is given up is missing")
    return Trial(
        deviation=abs(Fraction(turn.given_up) - due),
        allowed=Fraction(ROUNDING) * (abs(due) + PRINTED * abs(Fraction(turn.bound)))
        + PRINTED * abs(Fraction(turn.bound)),
        place=f"{place}: given up printed {turn.given_up!r}, due {float(due)!r}",
    )


def unproven_goal(claims: Claims) -> Iterator[str]:
    """The bounds on the goal that nothing here proves: all but that of the first of several sums in turn."""
    goal = claims.goal
    if isinstance(goal, LeastClaim) and math.isfinite(goal.bound):
        yield "goal_bound"
    if isinstance(goal, InTurnClaim) and any(math.isfinite(turn.bound) for turn in goal.turns[1:]):
        yield "goal_bound"
