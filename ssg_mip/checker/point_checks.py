"""Checks of one policy and its values at a time: the answer of a result, its iterates, the points of a front."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from fractions import Fraction

from ssg_mip.base.tolerances import PROBABILITY
from ssg_mip.checker.claims import Claims, PointClaim
from ssg_mip.checker.evidence import Evidence, Prover
from ssg_mip.checker.rational import common_numerators, exact_weights
from ssg_mip.checker.response import exactly_tied
from ssg_mip.checker.tie_scale import most_reached
from ssg_mip.checker.values import PRINTED, Interval, weighted_slack, weighted_sum
from ssg_mip.checker.verification import Check, Trial, worst_of, yes_or_no
from ssg_mip.game.game import Game


def distribution_checks(claims: Claims, game: Game) -> list[Check]:
    """Policies and weights are distributions; numbers below 0 were refused when they were read."""
    allowed = Fraction(PROBABILITY)
    policies = (
        Trial(deviation=_off_one(row), allowed=allowed, place=f"{point.place}: state {game.state_names[state]!r}")
        for point in (*claims.answers, *claims.trajectory, *_guarantees(claims))
        for state, row in enumerate(point.policy)
    )
    weights = (
        Trial(deviation=_off_one(weights), allowed=allowed, place=place) for place, weights in _all_weights(claims)
    )
    return [
        worst_of("policy_is_distribution", policies),
        worst_of("weights_are_distribution", weights),
    ]


def _guarantees(claims: Claims) -> Iterator[PointClaim]:
    """The policies beside the answers, each as a point."""
    for point in claims.answers:
        if point.guarantee is not None:
            place = f"{point.place}: guaranteed"
            yield dataclasses.replace(point, place=place, policy=point.guarantee.policy)


def _all_weights(claims: Claims) -> Iterator[tuple[str, Sequence[float]]]:
    yield from ((one.place, one.weights) for one in claims.scalarisations)
    yield from ((point.place, point.weights) for point in claims.answers)


def _off_one(row: Sequence[float]) -> Fraction:
    """How far a distribution is from one; a negative entry counts in full."""
    numerators, one = common_numerators(row)
    return Fraction(max(abs(sum(numerators) - one), -min(numerators)), one)


def class_check(claims: Claims, game: Game) -> Check:
    """The answer of a method over a restricted class belongs to it: multiples of ``1 / levels``, up to rounding."""
    for point in claims.answers if claims.levels else ():
        for state, row in enumerate(point.policy):
            steps = [Fraction(probability) * claims.levels for probability in row]
            off = max(abs(step - round(step)) for step in steps)
            if off > PRINTED * claims.levels:
                where = f"state {game.state_names[state]!r}: {row} are no multiples of 1/{claims.levels}"
                return yes_or_no("restricted_class", False, where)
    return yes_or_no("restricted_class", True, "the policy belongs to the class that was searched")


def response_checks(claims: Claims, prover: Prover, game: Game) -> list[Check]:
    """The follower's response: optimal up to the tie tolerance, and the one that the tie rule picks."""
    optimal: list[Trial] = []
    rule: list[Trial] = []
    for point in (*claims.answers, *claims.trajectory):
        if point.response is None:
            continue
        evidence = prover.about(point.policy)
        view = evidence.view
        (near,) = most_reached(game, view.near)
        horizon = 1 - evidence.follower.discount
        optimal.extend(
            Trial(
                deviation=max(loss.upper, Fraction(0)),
                # the last term is what the derivation itself may leave open
                allowed=near[state] / horizon + view.slack[state] + min(loss.width, near[state] / horizon),
                place=f"{point.place}: the follower's loss in state {game.state_names[state]!r}",
            )
            for state, loss in enumerate(evidence.losses(point.response))
        )
        rule.extend(_rule_trials(point, evidence, claims.ties, game))
    return [worst_of("response_is_optimal", optimal), worst_of("response_follows_tie_rule", rule)]


def _rule_trials(point: PointClaim, evidence: Evidence, ties: str, game: Game) -> Iterator[Trial]:
    """The response uses tied actions only, the first one where asked, and gives the leader what the rule gives."""
    view, response = evidence.view, point.response or ()
    for state, slot in enumerate(evidence.slots(response)):
        where = f"{point.place}: state {game.state_names[state]!r}"
        yield Trial(
            deviation=view.shortfalls[slot].lower,
            allowed=view.near[state],
            place=f"{where}: how much worse than the best action",
        )
        if ties == "first":
            exact = slot == exactly_tied(view)[state][0]
            skipped = Fraction(not exact and any(other < slot for other in view.tied[state]))
            yield Trial(deviation=skipped, allowed=Fraction(0), place=f"{where}: an earlier action is tied as well")
    leader_values, _ = evidence.pair_values(response)
    for state, (mine, due) in enumerate(zip(leader_values, evidence.attained(point.leader_values), strict=True)):
        yield Trial(
            deviation=max(mine.lower - due.upper, due.lower - mine.upper, Fraction(0)),
            allowed=evidence.slack[state],
            place=f"{point.place}: state {game.state_names[state]!r}: the leader's value against the tie rule's",
        )


def value_checks(claims: Claims, prover: Prover, game: Game) -> list[Check]:
    """Printed values lie in the proven intervals, widened by the rounding allowance."""
    leader: list[Trial] = []
    follower: list[Trial] = []
    sums: list[Trial] = []
    for point in claims.answers:
        evidence = prover.about(point.policy)
        mine, theirs = evidence.pair_values(point.response or ())
        leader.extend(_interval_trials(point.leader_values, mine, evidence.slack, f"{point.place}: leader", game))
        follower.extend(
            _interval_trials(point.follower_values or (), theirs, evidence.view.slack, f"{point.place}: follower", game)
        )
        sums.append(_sum_trial(point, mine, evidence))
    return [
        worst_of("leader_values", leader),
        worst_of("follower_values", follower),
        worst_of("leader_value", sums),
    ]


def margin_check(claims: Claims, prover: Prover, game: Game) -> Check:
    """Where a margin was asked for, every policy keeps it, up to the tie tolerance."""
    trials: list[Trial] = []
    for point in (*claims.answers, *claims.trajectory) if claims.margin > 0.0 else ():
        view = prover.about(point.policy).view
        chosen = set(view.optimum.chosen)
        trials.extend(
            Trial(
                deviation=Fraction(claims.margin) - shortfall.lower,
                allowed=max(view.near),
                place=f"{point.place}: state {game.state_names[int(game.follower_slot_state[slot])]!r}",
            )
            for slot, shortfall in enumerate(view.shortfalls)
            if slot not in chosen
        )
    return worst_of("margin", trials)


def proof_check(claims: Claims, prover: Prover) -> Check:
    """The numbers of an earlier check that are printed: the same bound and intervals come out again."""
    trials: list[Trial] = []
    for point in claims.answers:
        if point.proof is None:
            continue
        evidence, response = prover.about(point.policy), point.response or ()
        weights = exact_weights(point.weights)
        leader, follower = (weighted_sum(weights, values) for values in evidence.pair_values(response))
        mine, theirs = evidence.weighted_slack(weights), weighted_slack(weights, evidence.view.slack)
        compared = [
            ("epsilon", point.proof.epsilon, evidence.epsilon(response), max(evidence.view.slack)),
            ("leader_value", point.proof.leader_value[0], leader.lower, mine),
            ("leader_value", point.proof.leader_value[1], leader.upper, mine),
            ("follower_value", point.proof.follower_value[0], follower.lower, theirs),
            ("follower_value", point.proof.follower_value[1], follower.upper, theirs),
        ]
        trials.extend(
            Trial(
                deviation=abs(Fraction(said) - proven),
                allowed=slack,
                place=f"{point.place}: check.{label} printed {said!r}",
            )
            for label, said, proven, slack in compared
        )
    return worst_of("check_record", trials)


def trajectory_checks(claims: Claims, prover: Prover, game: Game) -> list[Check]:
    """Every iterate's values, derived again from its policy under the tie rule."""
    values: list[Trial] = []
    sums: list[Trial] = []
    for point in claims.trajectory:
        evidence = prover.about(point.policy)
        attained = evidence.attained(point.leader_values)
        values.extend(_interval_trials(point.leader_values, attained, evidence.slack, point.place, game))
        sums.append(_sum_trial(point, attained, evidence))
    return [worst_of("trajectory_values", values), worst_of("trajectory_value", sums)]


def _interval_trials(
    printed: Sequence[float], proven: Sequence[Interval], slack: Sequence[Fraction], place: str, game: Game
) -> Iterator[Trial]:
    for state, (value, interval) in enumerate(zip(printed, proven, strict=True)):
        yield Trial(
            deviation=interval.distance(Fraction(value)),
            allowed=slack[state],
            place=f"{place}: state {game.state_names[state]!r}: printed {value!r}, proven {describe(interval)}",
        )


def _sum_trial(point: PointClaim, proven: Sequence[Interval], evidence: Evidence) -> Trial:
    weights = exact_weights(point.weights)
    interval = weighted_sum(weights, proven)
    return Trial(
        deviation=interval.distance(Fraction(point.leader_value)),
        allowed=evidence.weighted_slack(weights),
        place=f"{point.place}: printed {point.leader_value!r}, proven {describe(interval)}",
    )


def tied_state_check(claims: Claims, prover: Prover, game: Game) -> Check:
    """The states said to be tied are those with two actions within the tie tolerance, doubtful ones aside."""
    for point in claims.answers:
        view = prover.about(point.policy).view
        for state, (certain, possible) in enumerate(zip(view.tied, view.possibly_tied, strict=True)):
            said = state in (claims.tied_states or ())
            if (said and len(possible) < 2) or (not said and len(certain) > 1):
                detail = f"state {game.state_names[state]!r} is {'' if said else 'not '}said to be tied"
                return yes_or_no("tied_states", False, f"{detail}; {len(possible)} actions are within the tolerance")
    claimed_without_policy = bool(claims.tied_states) and not claims.answers
    return yes_or_no("tied_states", not claimed_without_policy, "as derived")


def describe(interval: Interval) -> str:
    """An interval for people."""
    lower, upper = float(interval.lower), float(interval.upper)
    if interval.is_exact:
        return f"exactly {lower!r} (rounded)"
    return f"[{lower!r}, {upper!r}] (rounded)"
