"""Merging onto a highway: who goes first? (Zhang et al., Bi-level Actor-Critic, AAAI 2020, "Highway Merge".)

One car drives on the main lane (the leader), another on an auxiliary lane that ends (the follower). Both have the
five actions of highway-env: ``LANE_LEFT``, ``LANE_RIGHT``, ``FASTER``, ``SLOWER`` and ``IDLE``. Whoever passes the end
of the auxiliary lane first earns 50, the other one 10; if the cars bump together both get -10, and play is over in each
case.

Here road and speeds are grids. In one step each car changes its speed by one or not at all, then moves by its speed in
cells; a change of lane takes effect at the cell it moves to. The auxiliary car may change to the main lane and back
before its lane ends, and is put on the main lane at the end, as in the paper. The main lane is the leftmost one, and
the main-lane car does not drive onto the lane that ends: its lane changes change nothing. Cars on the main lane bump
together if they come to the same cell, or if one would have to drive through the other.

In the paper's runs about 30 of 100 starts gave the auxiliary car such a speed that it could not wait for the other.
Here such a start has the probability ``fast_share``. In the others both start at the same speed, side by side or the
main-lane car a cell ahead, or the auxiliary car a cell ahead and slower.

A state says ``main cell/speed, auxiliary cell/speed`` and whether the auxiliary car has ``merged``. The three ways to
end are states of their own, so that the probability of each can be read off the Markov chain of two policies.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ssg_mip.base.rules import FLAG, SHARE
from ssg_mip.game.builder import GameBuilder
from ssg_mip.game.game import Game
from ssg_mip.game.validation import check_whole, checked_discount
from ssg_mip.library.unfolding import Outcome, unfolded

ACTIONS = ("LANE_LEFT", "LANE_RIGHT", "FASTER", "SLOWER", "IDLE")
"""The actions of either car."""

LEADER_FIRST, FOLLOWER_FIRST, CRASH = "leader first", "follower first", "crash"
"""The states in which play ends."""

REWARDS = {LEADER_FIRST: (50.0, 10.0), FOLLOWER_FIRST: (10.0, 50.0), CRASH: (-10.0, -10.0)}
"""Rewards of main-lane car and auxiliary car when play ends."""

SOURCE = (
    'Zhang et al., Bi-level Actor-Critic for Multi-agent Coordination, AAAI 2020, "Highway Merge"; '
    "there a simulator with continuous positions, here a grid"
)


class _Car(NamedTuple):
    cell: int
    speed: int


class _Road(NamedTuple):
    main: _Car
    auxiliary: _Car
    merged: bool


def highway_merge(
    cells: int = 6,
    speeds: int = 3,
    *,
    discount: float = 0.95,
    fast_share: float = 0.3,
    all_actions: bool = False,
) -> Game:
    """The merge game.

    Parameters
    ----------
    cells
        Cells until the auxiliary lane ends, at least 4.
    speeds
        The speeds are 1 to this many cells per step, at least 2.
    discount
        The discount of both players.
    fast_share
        Probability of a start at which the auxiliary car is so fast that it cannot wait, in ``[0, 1]``.
    all_actions
        Whether every state has all five actions. If not, those that would change nothing are left out, as highway-env
        leaves out what is not available; ``IDLE`` always stays. The values are the same.

    Returns
    -------
    Game
        With the states that can be reached only.

    Raises
    ------
    OptionError
        If an argument is out of range.
    """
    check_whole(cells, "cells", least=4, most=1000)
    check_whole(speeds, "speeds", least=2, most=1000)
    SHARE.check("fast_share", fast_share)
    FLAG.check("all_actions", all_actions)
    checked_discount(discount, "discount")

    def actions(state: _Road | str) -> tuple[Sequence[str], Sequence[str]]:
        if isinstance(state, str):
            return ("IDLE",), ("IDLE",)
        if all_actions:
            return ACTIONS, ACTIONS
        change = "LANE_RIGHT" if state.merged else "LANE_LEFT"
        theirs = [*_speed_changes(state.auxiliary, speeds), change]
        return [*_speed_changes(state.main, speeds), "IDLE"], [*theirs, "IDLE"]

    def outcome(state: _Road | str, first: str, second: str) -> Outcome:
        if isinstance(state, str):
            return Outcome(0.0, 0.0, {state: 1.0})
        after = _after(state, first, second, cells, speeds)
        gains = REWARDS[after] if isinstance(after, str) else (0.0, 0.0)
        return Outcome(*gains, {after: 1.0})

    builder = GameBuilder(
        f"highway merge, {cells} cells, {speeds} speeds",
        leader_discount=discount,
        follower_discount=discount,
        source=SOURCE,
    )
    return unfolded(builder, _starts(speeds, fast_share), name=_name, actions=actions, outcome=outcome)


def _starts(speeds: int, fast_share: float) -> dict[_Road | str, float]:
    """Places and speeds of a usual start, equally likely; or the auxiliary car ahead at full speed, the other slow."""
    usual = [_Road(_Car(place, speed), _Car(0, speed), False) for place in (0, 1) for speed in (1, 2)]
    usual.append(_Road(_Car(0, 2), _Car(1, 1), False))
    fast = _Road(_Car(0, 1), _Car(2, speeds), False)
    shares: dict[_Road | str, float] = {road: (1.0 - fast_share) / len(usual) for road in usual}
    shares[fast] = shares.get(fast, 0.0) + fast_share
    return {road: share for road, share in shares.items() if share > 0.0}


def _speed_changes(car: _Car, speeds: int) -> list[str]:
    return [*(["FASTER"] if car.speed < speeds else []), *(["SLOWER"] if car.speed > 1 else [])]


def _driven(car: _Car, action: str, speeds: int) -> _Car:
    speed = min(max(car.speed + {"FASTER": 1, "SLOWER": -1}.get(action, 0), 1), speeds)
    return _Car(car.cell + speed, speed)


def _after(road: _Road, first: str, second: str, cells: int, speeds: int) -> _Road | str:
    """Where one step leads: other places on the road, or an end."""
    main, auxiliary = _driven(road.main, first, speeds), _driven(road.auxiliary, second, speeds)
    merged = {"LANE_LEFT": True, "LANE_RIGHT": False}.get(second, road.merged) or auxiliary.cell >= cells
    ahead = main.cell - auxiliary.cell
    before = road.main.cell - road.auxiliary.cell
    through = road.merged and ahead * before < 0
    if merged and (ahead == 0 or through):
        return CRASH
    if max(main.cell, auxiliary.cell) >= cells:
        return LEADER_FIRST if ahead > 0 else FOLLOWER_FIRST
    return _Road(main, auxiliary, merged)


def _name(state: _Road | str) -> str:
    if isinstance(state, str):
        return state
    main, auxiliary = state.main, state.auxiliary
    text = f"main {main.cell}/{main.speed}, auxiliary {auxiliary.cell}/{auxiliary.speed}"
    return f"{text}, merged" if state.merged else text
