"""The claims of a reduction, verified in fractions by code of the tests."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from ssg_mip.game.game import Game
from ssg_mip.proofs.reduction import Dominance, Reduction, Round

Box = tuple[dict[int, Fraction], dict[int, Fraction]]


class Left:
    """What is left of a game, in fractions."""

    def __init__(self, game: Game) -> None:
        self.game = game
        self.states = set(range(game.num_states))
        self.leader = {s: set(range(int(game.leader_counts[s]))) for s in self.states}
        self.follower = {s: set(range(int(game.follower_counts[s]))) for s in self.states}
        self.target = {s: s for s in self.states}
        self._moves: dict[int, dict[int, Fraction]] = {}

    def merge(self, pairs: dict[int, int]) -> None:
        self.target = {s: pairs.get(t, t) for s, t in self.target.items()}
        self._moves.clear()

    def moves(self, s: int, a: int, b: int) -> dict[int, Fraction]:
        row = self.game.row(s, a, b)
        if row not in self._moves:
            raw = [(int(t), Fraction(float(p))) for t, p in zip(*self.game.next_states(row), strict=True) if p > 0.0]
            total, found = sum(p for _, p in raw), {}
            for t, p in raw:
                found[self.target[t]] = found.get(self.target[t], Fraction(0)) + p / total
            self._moves[row] = found
        return self._moves[row]

    def reward(self, s: int, a: int, b: int, *, leader: bool) -> Fraction:
        rewards = self.game.leader_rewards if leader else self.game.follower_rewards
        return Fraction(float(rewards[self.game.row(s, a, b)]))

    def discount(self, *, leader: bool) -> Fraction:
        return Fraction(self.game.leader_discount if leader else self.game.follower_discount)

    def worth(self, s: int, a: int, b: int, values: dict[int, Fraction], *, leader: bool) -> Fraction:
        later = sum((p * values[t] for t, p in self.moves(s, a, b).items()), Fraction(0))
        return self.reward(s, a, b, leader=leader) + self.discount(leader=leader) * later


def box_of(left: Left, ends: tuple[np.ndarray, np.ndarray] | None) -> Box | None:
    if ends is None:
        return None
    order = sorted(left.states)
    lower, upper = ({s: Fraction(float(x)) for s, x in zip(order, end, strict=True)} for end in ends)
    return lower, upper


def follower_box_holds(left: Left, box: Box) -> bool:
    lower, upper = box
    for s in left.states:
        q = [[left.worth(s, a, b, upper, leader=False) for a in left.leader[s]] for b in left.follower[s]]
        if max(map(max, q)) > upper[s]:
            return False
        q = [[left.worth(s, a, b, lower, leader=False) for a in left.leader[s]] for b in left.follower[s]]
        if max(map(min, q)) < lower[s]:
            return False
    return True


def leader_box_holds(left: Left, box: Box) -> bool:
    lower, upper = box
    return all(
        left.worth(s, a, b, lower, leader=True) >= lower[s] and left.worth(s, a, b, upper, leader=True) <= upper[s]
        for s in left.states
        for a in left.leader[s]
        for b in left.follower[s]
    )


def least_lead(left: Left, one: Dominance, a: int, box: Box | None, *, leader: bool) -> Fraction | None:
    """The least that the mixture is worth more within a box; ``None`` where it needs one and has none."""
    total = sum(Fraction(k) for _, k in one.by)
    lead = -left.reward(one.state, a, one.action, leader=leader)
    moves = {t: -p for t, p in left.moves(one.state, a, one.action).items()}
    for c, k in one.by:
        share = Fraction(k) / total
        lead += share * left.reward(one.state, a, c, leader=leader)
        for t, p in left.moves(one.state, a, c).items():
            moves[t] = moves.get(t, Fraction(0)) + share * p
    for t, d in moves.items():
        if d and left.discount(leader=leader):
            if box is None:
                return None
            lead += left.discount(leader=leader) * d * (box[0][t] if d > 0 else box[1][t])
    return lead


def dominance_holds(left: Left, one: Dominance, follower: Box | None, leader: Box | None, *, weakly: bool) -> bool:
    """Strictly for the follower, or the same to him and no worse to the leader; ``weakly``: if that may be used."""
    actions = left.leader[one.state]
    theirs = [least_lead(left, one, a, follower, leader=False) for a in actions]
    if all(lead is not None and lead > 0 for lead in theirs):
        return True
    mine = [least_lead(left, one, a, leader, leader=True) for a in actions]
    if any(his is None or his < 0 for his in theirs):
        return False
    if len(one.by) == 1 and all(lead == 0 for lead in (*theirs, *mine)):
        return True
    return weakly and all(his > 0 or (lead is not None and lead >= 0) for his, lead in zip(theirs, mine, strict=True))


def copy_holds(left: Left, state: int, action: int, other: int) -> bool:
    return all(
        left.moves(state, action, b) == left.moves(state, other, b)
        and all(
            left.reward(state, action, b, leader=mine) == left.reward(state, other, b, leader=mine)
            for mine in (True, False)
        )
        for b in left.follower[state]
    )


def round_holds(left: Left, step: Round, weighted: set[int], *, weakly: bool) -> bool:
    """Whether a round's claims are true; what it removes is removed then."""
    follower, leader = box_of(left, step.follower), box_of(left, step.leader)
    if (follower and not follower_box_holds(left, follower)) or (leader and not leader_box_holds(left, leader)):
        return False
    gone = {(one.state, one.action) for one in step.dominated}
    for one in step.dominated:
        there = left.follower.get(one.state, set())
        if one.state not in left.states or one.action not in there:
            return False
        if not one.by or any(k <= 0 or c not in there or (one.state, c) in gone for c, k in one.by):
            return False
        if not dominance_holds(left, one, follower, leader, weakly=weakly):
            return False
    removed = {(s, a) for s, a, _ in step.copies}
    for s, a, other in step.copies:
        if s not in left.states or not {a, other} <= left.leader[s] or (s, other) in removed:
            return False
        if not copy_holds(left, s, a, other):
            return False
    for s, b in gone:
        left.follower[s].remove(b)
    for s, a in removed:
        left.leader[s].remove(a)
    if step.states is not None:
        kept = set(step.states.tolist())
        if not {left.target[s] for s in weighted} <= kept <= left.states or list(step.states) != sorted(kept):
            return False
        left.states = kept
        for s in kept:
            for a in left.leader[s]:
                for b in left.follower[s]:
                    if not set(left.moves(s, a, b)) <= kept:
                        return False
    return merged_holds(left, dict(step.merged)) if step.merged else True


def merged_holds(left: Left, pairs: dict[int, int]) -> bool:
    """Whether states are as others once all of them are merged; they are merged then."""
    if not set(pairs) | set(pairs.values()) <= left.states or set(pairs) & set(pairs.values()):
        return False
    left.merge(pairs)
    for s, other in pairs.items():
        if (
            len(left.leader[s]) != 1
            or len(left.leader[other]) != 1
            or len(left.follower[s]) != len(left.follower[other])
        ):
            return False
        (a,), (c,) = left.leader[s], left.leader[other]
        for b, d in zip(sorted(left.follower[s]), sorted(left.follower[other]), strict=True):
            if left.moves(s, a, b) != left.moves(other, c, d):
                return False
            if any(
                left.reward(s, a, b, leader=mine) != left.reward(other, c, d, leader=mine) for mine in (True, False)
            ):
                return False
    left.states -= set(pairs)
    return True


def reduction_holds(reduction: Reduction, weights: np.ndarray | None, *, weakly: bool = True) -> bool:
    """Whether everything that a reduction says is true, and its reduced game is what is left."""
    left = Left(reduction.game)
    everything = set(range(reduction.game.num_states))
    weighted = everything if weights is None else set(np.flatnonzero(weights > 0.0).tolist())
    return all(round_holds(left, step, weighted, weakly=weakly) for step in reduction.rounds) and _is_left(
        reduction, left
    )


def _is_left(reduction: Reduction, left: Left) -> bool:
    game, small = reduction.game, reduction.reduced
    order = sorted(left.states)
    if reduction.states.tolist() != order or small.num_states != len(order):
        return False
    for place, s in enumerate(order):
        leader, follower = sorted(left.leader[s]), sorted(left.follower[s])
        if reduction.leader_actions[place].tolist() != leader or reduction.follower_actions[place].tolist() != follower:
            return False
        if small.leader_actions[place] != tuple(game.leader_actions[s][a] for a in leader):
            return False
        for i, a in enumerate(leader):
            for j, b in enumerate(follower):
                row, old = small.row(place, i, j), game.row(s, a, b)
                moves = {order[int(t)]: float(p) for t, p in zip(*small.next_states(row), strict=True) if p > 0.0}
                before: dict[int, Fraction] = {}
                for t, p in zip(*game.next_states(old), strict=True):
                    if p > 0.0:
                        target = left.target[int(t)]
                        before[target] = before.get(target, Fraction(0)) + Fraction(float(p))
                if moves != before or small.leader_rewards[row] != game.leader_rewards[old]:
                    return False
                if small.follower_rewards[row] != game.follower_rewards[old]:
                    return False
    return True
