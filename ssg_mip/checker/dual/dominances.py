r"""Follower actions that others make superfluous.

A follower action ``b`` is *dominated* by a mix ``k`` of actions that the round keeps if for every leader action
``D = sum_c k(c) q(s,a,c) - q(s,a,b) > 0`` within the follower's bounds, or ``D >= 0`` and the same with ``>= 0`` of
the leader's ``r_A + gamma_A p V`` within his bounds. Take any leader policy. The follower's values stay the same,
because the mix is worth no less. Where the leader plays an action of the first kind, ``b`` is no best response.
Where he plays none and ``b`` is one, so is every ``c`` of the mix, and of the most that the leader gets from any best
response nothing is lost: one of the ``c`` leads to no less. A bound over what is left is one over all policies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from ssg_mip.checker.dual.remainder import Remainder
from ssg_mip.checker.dual.round_bounds import Values, follower_bounds, leader_bounds
from ssg_mip.checker.dual.rounds import GivenDominance, GivenRound, Needed, ReductionError
from ssg_mip.checker.rational import ExactGame


def check_dominances(left: Remainder, given: GivenRound, needed: Needed) -> None:
    """Whether others that stay make every follower action superfluous that a round removes.

    Raises
    ------
    ReductionError
        If they do not, or the bounds of the round do not hold.
    """
    place = {state: number for number, state in enumerate(left.states)}
    follower = follower_bounds(left, given.follower, place)
    leader: tuple[Values, Values] | None = None
    if not needed.any_values:
        leader = leader_bounds(left, given.leader, place)
    gone = {(one.state, one.action) for one in given.dominated}
    if len(gone) < len(given.dominated):
        raise ReductionError("a follower action is removed twice")
    available = {state: set(left.followers(state)) for state, _ in gone}
    kept = {state: {b for b in actions if (state, b) not in gone} for state, actions in available.items()}
    for one in given.dominated:
        left.stop_in_time()
        if one.state not in place or one.action not in available[one.state]:
            raise ReductionError(f"state {one.state} has no follower action {one.action} left to remove")
        if not one.by or any(c not in kept[one.state] for c, _ in one.by):
            raise ReductionError(f"state {one.state}: what dominates follower action {one.action} is not kept")
        _check_dominance(left, one, follower, leader, place)


def _check_dominance(
    left: Remainder,
    one: GivenDominance,
    follower: tuple[Values, Values],
    leader: tuple[Values, Values] | None,
    place: Mapping[int, int],
) -> None:
    """Whether the mix makes the action superfluous, at every leader action."""
    exact = left.exact
    total = sum((Fraction(share) for _, share in one.by), Fraction(0))
    mix = [*((c, Fraction(share) / total) for c, share in one.by), (one.action, Fraction(-1))]
    for a in left.leaders(one.state):
        rows = [(share, left.row(one.state, a, c)) for c, share in mix]
        theirs = _least(exact, rows, exact.follower_rewards, exact.follower_discount, follower, place)
        if theirs is not None and theirs > 0:
            continue
        mine = _least(exact, rows, exact.leader_rewards, exact.leader_discount, leader, place)
        if theirs is None or theirs < 0 or mine is None or mine < 0:
            raise ReductionError(
                f"state {one.state}: others do not make follower action {one.action} superfluous at leader action {a}"
            )


def _least(
    exact: ExactGame,
    rows: Sequence[tuple[Fraction, int]],
    rewards: Sequence[Fraction],
    discount: Fraction,
    box: tuple[Values, Values] | None,
    place: Mapping[int, int],
) -> Fraction | None:
    """The least ``sum k (r + gamma p v)`` within bounds; without bounds ``None`` unless the values cancel."""
    total = sum((share * rewards[row] for share, row in rows), Fraction(0))
    coefficients: dict[int, Fraction] = {}
    for share, number in rows:
        row = exact.rows[number]
        for t, above in zip(row.places, row.numerators, strict=True):
            if above:
                coefficients[t] = coefficients.get(t, Fraction(0)) + share * Fraction(above, row.total)
    for t, factor in coefficients.items():
        if factor and discount:
            if box is None:
                return None
            total += discount * factor * box[0 if factor > 0 else 1][place[t]]
    return total
