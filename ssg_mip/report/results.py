"""The answer of a method, for people."""

from __future__ import annotations

import math
from typing import Any

from ssg_mip.base.printable import printable
from ssg_mip.base.status import Status, Termination
from ssg_mip.checker.guarantee import Guarantee
from ssg_mip.methods.presolved import PRESOLVE
from ssg_mip.presolve import in_one_line
from ssg_mip.problem.constraints.constraint import Measure
from ssg_mip.problem.constraints.price import Price
from ssg_mip.problem.rising import ReachedLeast
from ssg_mip.report.origins import origin_tables
from ssg_mip.report.text import (
    add_row,
    check_line,
    left_out,
    mix_in_words,
    mixed_action,
    number,
    percent,
    rule,
    table,
    titled,
)
from ssg_mip.result import Result


def result_report(result: Result, *, limit: int | None = None) -> list[Any]:
    """The answer of a method: value, bound, gap, why it stopped, and the policy state by state.

    Parameters
    ----------
    result
        The result.
    limit
        States to show at most; all if absent.
    """
    work = ", ".join(f"{count} {unit}" for unit, count in result.provenance.counts.items())
    lines = [
        f"{titled(result.game)}: {result.method}, {answering(result)}",
        *goal_lines(result),
        f"  value   {number(result.leader_value)}",
        f"  bound   {number(result.dual_bound)} ({result.bound_scope})",
        f"  proof   {proof_line(result)}",
        f"  gap     {percent(result.relative_gap)}",
        *supremum_lines(result),
        *scalarised_lines(result),
        *constraint_lines(result),
        f"  status  {result.status.value}",
        f"  stop    {stop_line(result)}",
        f"  check   {check_line(result.check)}",
        f"  secure  {secure_line(result.guaranteed)}",
        *presolve_lines(result),
        *detail_lines(result),
        f"  work    {result.provenance.seconds:.2f} s{', ' if work else ''}{work}",
    ]
    return ["\n".join(lines), *policy_tables(result, limit), *origin_tables(result, limit)]


def answering(result: Result) -> str:
    """What decides between the follower's answers, or what kind of follower he is."""
    return rule(result.ties, result.margin) if result.follower is None else result.follower.words


def stop_line(result: Result) -> str:
    """Why the run stopped; of a method that searches a class of policies the gap is that within it."""
    if result.status is Status.RESTRICTED_OPTIMAL and result.termination is Termination.GAP:
        return f"{result.termination.value}, among the policies that the method searches"
    return result.termination.value


def proof_line(result: Result) -> str:
    """Whether the bound is certified, and what it rests on then, in one line."""
    return f"certified: {result.bound_proof.value}" if result.bound_certified else "not certified"


def detail_lines(result: Result) -> list[str]:
    """What the method says of itself, as far as it is single numbers and words."""
    said = []
    for name, value in result.details.items():
        if isinstance(value, (bool, str)):
            said.append(f"{name.replace('_', ' ')} {str(value).lower() if isinstance(value, bool) else value}")
        elif isinstance(value, (int, float)):
            said.append(f"{name.replace('_', ' ')} {number(value)}")
    return [f"  {'itself' if index == 0 else '':6}  {line}" for index, line in enumerate(said)]


def presolve_lines(result: Result) -> list[str]:
    """What was left out, split and recognised before the method began; nothing where nothing was."""
    told = result.details.get(PRESOLVE)
    words = in_one_line(told) if told else ""
    return [f"  before  {words}"] if words else []


def supremum_lines(result: Result) -> list[str]:
    """How far an attained value may be below the supremum, where that need not be attained."""
    if result.ties == "leader" or result.margin > 0.0 or not math.isfinite(result.distance_to_bound):
        return []
    return [
        f"  ties    the value is attained under the rule {result.ties}, at most {result.distance_to_bound:.3g} below "
        "the supremum; the bound lets ties go the leader's way"
    ]


def scalarised_lines(result: Result) -> list[str]:
    """The value of the scalarisation that the steps maximised, and the bound on it, where it is no weighted sum."""
    if result.scalarised is None:
        return []
    bound = f"at most {number(result.scalarised_bound)}" if math.isfinite(result.scalarised_bound) else "no bound"
    return [f"  L       {number(result.scalarised_value)}, {bound} ({result.scalarised.what.kind})"]


def goal_lines(result: Result) -> list[str]:
    """What has been reached of a goal that is no weighted sum, and what is proven of it."""
    reached = result.reached
    if reached is None or result.leader_policy is None:
        return []
    slots = result.leader_policy.slots(result.game)
    told = reached.to_dict(result.game, result.leader_values, result.follower_values, slots)
    if isinstance(reached, ReachedLeast):
        bound = f"at most {number(reached.bound)}" if math.isfinite(reached.bound) else "no bound"
        each = ", ".join(f"{one['name']} {number(one['value'])}" for one in told["sums"])
        each += f", price {number(told['paid'])}" if "paid" in told else ""
        gap = percent(told["relative_gap"] if told["relative_gap"] is not None else math.inf)
        return [
            f"  goal    {told['kind']}: {number(told['value'])}, {bound}, gap {gap}",
            f"          {each}",
        ]
    lines = []
    for place, step in enumerate(told["steps"], 1):
        bound = "no bound" if step["bound"] is None else f"at most {number(step['bound'])}"
        up = "" if step["given_up"] is None else f", held to {number(step['held_to'])}: {step['given_up']:.3g} given up"
        lines.append(f"  {'goal' if place == 1 else '':6}  {place}. {number(step['value'])}, {bound}{up}")
    return lines


def constraint_lines(result: Result) -> list[str]:
    """Every constraint with what the policy makes of it: how far it is from its limit."""
    found = result.measures or (None,) * len(result.constraints)
    lines = []
    costs = {one.constraint: f"; {_cost(one)}" for one in result.prices}
    for one, own in zip(result.constraints, found, strict=True):
        says = "" if own is None else f": {number(own.value)} {_limit(own)}, {_slack(own, one.tolerance(result.game))}"
        lines.append(printable(f"{one.name}{says}{costs.get(one.name, '')}", one_line=True))
    kept = [f"  {'keeps' if index == 0 else '':6}  {line}" for index, line in enumerate(lines)]
    against = [] if result.conflict is None else [printable(f"  clash   {result.conflict.statement}", one_line=True)]
    return [*kept, *against]


def _cost(price: Price) -> str:
    """What a constraint costs, between proven bounds."""
    if math.isnan(price.with_value):
        return "without it " + ("no policy either" if math.isnan(price.leader_value) else number(price.leader_value))
    if not math.isfinite(price.at_most):
        return f"costs at least {number(price.at_least)}" if math.isfinite(price.at_least) else "its cost is not known"
    if price.at_least == 0.0:
        return f"costs at most {number(price.at_most)}"
    return f"costs between {number(price.at_least)} and {number(price.at_most)}"


def _limit(own: Measure) -> str:
    """The limit of a constraint in words."""
    if own.least == own.most:
        return f"of {number(own.most)}"
    sides = ((own.least, "at least"), (own.most, "at most"))
    return " and ".join(f"{words} {number(end)}" for end, words in sides if math.isfinite(end))


def _slack(own: Measure, tolerance: float) -> str:
    """Whether a constraint binds, or by how much it does not."""
    return "binds" if own.slack <= tolerance else f"{number(own.slack)} left"


def secure_line(guarantee: Guarantee | None) -> str:
    """What holds whatever the follower does with ties, in one line."""
    return "not looked for" if guarantee is None else guarantee.statement


def answers_by_state(result: Result) -> dict[str, str]:
    """What the follower does in each state, in words; nothing without a policy."""
    if result.follower_mix is not None:
        mixes = result.follower_mix.to_names(result.game)
        return {state: mix_in_words(mix.items()) for state, mix in mixes.items()}
    return {} if result.follower_policy is None else result.follower_policy.to_names(result.game)


def policy_tables(result: Result, limit: int | None) -> list[Any]:
    """The commitment, the response to it and both players' values; nothing without a policy."""
    responses = answers_by_state(result)
    if result.leader_policy is None or not responses:
        return []
    game = result.game
    near = result.termination is Termination.NEAR_TIE
    mark = "nearly tied" if near else "tied"
    shown = range(game.num_states)[:limit]
    made = table("state", "weight>", "leader plays", "follower answers", "leader value>", "follower value>")
    for state in shown:
        name = game.state_names[state]
        add_row(
            made,
            (
                name,
                number(result.weights[state]),
                mixed_action(result.leader_policy, game, state),
                responses[name] + (f" ({mark})" if result.tied_states[state] else ""),
                number(result.leader_values[state]),
                number(result.follower_values[state]),
            ),
        )
    remarks = []
    if bool(result.tied_states.any()):
        remarks.append(
            "(nearly tied): the follower is indifferent there, or nearly; this is his exact best response."
            if near
            else f"(tied): the follower is indifferent there; the tie rule is {result.ties}."
        )
    if result.follower is not None and result.follower.note:
        remarks.append(result.follower.note)
    return ["", made, *remarks, *left_out(game.num_states - len(shown), "states")]
