"""The iteration of the payoff-set bound, and what is left when it ends."""

from __future__ import annotations

import dataclasses

import numpy as np

from ssg_mip.base.deadline import Deadline
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.mdp import raising, transition_matrix
from ssg_mip.evaluation.payoff_set.blocks import Block, blocks_of
from ssg_mip.evaluation.value_bounds import follower_value_bounds, leader_value_bounds
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray, IntArray

SLOPES = (0.0, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0, 1.3, 1.7, 2.3, 3.0, 4.5, 7.0, 12.0)
"""The grid, in units of the leader's spread of rewards by the follower's."""

FINER_TAKES = 5.0
"""How many times longer the iteration takes on a grid with twice as many slopes."""

UNHURRIED = 30.0
"""Seconds that it may take there although there is no limit."""

BLOCK_ENTRIES = 40_000
"""Joint actions in a block at most: what is compared for them, slope by slope and mix by mix, stays below 100 MB."""

FULL_SWEEPS = 12
"""Sweeps that look for better multipliers, at most."""

CHEAP_SWEEPS = 60
"""Sweeps after each of them with the multipliers that were found, at most."""

SETTLED = 2e-5
"""Share of the spread of the leader's values by which a sweep must move a bound to be worth another."""

CHECKED = 32
"""Times the operations behind a bound that its rounding is counted, so that whoever checks it may count generously."""

SECURITY_SWEEPS = 200
"""Sweeps that raise what the follower secures, at most."""


@dataclasses.dataclass(frozen=True, eq=False)
class Multipliers:
    """For each ``(state, answer, slope)`` of a block the slope that is jumped to, and the mix.

    Attributes
    ----------
    jumps, mixes
        Places in the grid and among the mixes, shape ``[states, follower, slopes]``.
    """

    jumps: IntArray
    mixes: IntArray


@dataclasses.dataclass(frozen=True, eq=False)
class PayoffBound:
    """What no leader is worth, with what proves it.

    Attributes
    ----------
    upper
        Bound on the leader's value in every state, shape ``[num_states]``, rounding included.
    slopes
        The grid, rising from 0.
    support
        ``H``: bounds on ``V + k v``, shape ``[num_states, slopes]``.
    lower, above
        ``L`` and ``U``: bounds on the follower's value.
    proven
        What ``H`` and ``L`` show of every state, before a planner's bound is taken where that is lower.
    secure
        By state the mix of the block by which the follower secures ``L``.
    multipliers
        The multipliers of every block of states.
    sweeps
        How often all states were gone through.
    floors
        Least values of the leader that the bound takes for granted, ``None`` where it holds for all policies.
    """

    upper: FloatArray
    slopes: FloatArray
    support: FloatArray
    lower: FloatArray
    above: FloatArray
    proven: FloatArray
    secure: IntArray
    multipliers: tuple[tuple[Block, Multipliers], ...]
    sweeps: int
    floors: FloatArray | None = None


def payoff_set_bound(game: Game, *, deadline: Deadline | None = None, floors: FloatArray | None = None) -> PayoffBound:
    """Bound the leader's value in every state by payoff sets (:mod:`ssg_mip.evaluation.payoff_set`).

    Parameters
    ----------
    game
        The game.
    deadline
        When to stop; what has been found by then is a bound. The first sweep is always finished.
    floors
        Least values, shape ``[num_states]``: bound only policies under which the leader gets at least these in every
        state, such as those that lose nowhere against a policy that has them. Values that were computed are to be
        lowered by their error. Such a bound has no certificate.

    Raises
    ------
    OptionError
        If the floors are not one finite number for each state.
    """
    deadline = Deadline() if deadline is None else deadline
    slopes = np.array(SLOPES) * _ratio(game)
    least = None if floors is None else _checked(game, floors)
    coarse = _Iteration(game, slopes, deadline, least).run()
    if FINER_TAKES * deadline.elapsed > min(deadline.remaining, UNHURRIED):
        return coarse
    finer = np.sort(np.concatenate((slopes, 0.5 * (slopes[1:] + slopes[:-1]))))
    fine = _Iteration(game, finer, deadline, least).run()
    return min(coarse, fine, key=lambda one: float(one.upper.sum()))


class _Iteration:
    """The state of the iteration."""

    def __init__(self, game: Game, slopes: FloatArray, deadline: Deadline, floors: FloatArray | None = None) -> None:
        self._game = game
        self._floors = floors
        self._deadline = deadline
        self._moves = transition_matrix(game)
        self._blocks = blocks_of(game, BLOCK_ENTRIES)
        self._above = follower_value_bounds(game).upper
        self._slopes = slopes
        self._planner = leader_value_bounds(game)
        self._lower = _secured(game, self._blocks, self._moves, deadline)
        self._support = self._planner.upper[:, None] + self._slopes * self._above[:, None]
        self._chosen = [_none(block, len(self._slopes)) for block in self._blocks]
        self._answers = game.follower_rewards + game.follower_discount * (self._moves @ self._lower)
        self._weight, self._beyond = _interpolation(game, self._slopes)
        self._rounding = self._raised(0.0)

    def run(self) -> PayoffBound:
        """Sweep until nothing moves or time is up, and make what is left safe."""
        sweeps = 0
        for round_ in range(FULL_SWEEPS):
            before = self._bound().sum()
            first = moved = self._sweep(search=round_ > 0)
            sweeps += 1
            for _ in range(CHEAP_SWEEPS):
                if self._deadline.expired or moved <= self._little:
                    break
                moved = self._sweep(search=False)
                sweeps += 1
            gained = before - self._bound().sum() > self._little * self._game.num_states
            if self._deadline.expired or (round_ > 0 and first <= self._little) or (round_ > 1 and not gained):
                break
        return self._safe(sweeps)

    @property
    def _little(self) -> float:
        return SETTLED * float(self._planner.width.max())

    def _bound(self) -> FloatArray:
        found: FloatArray = np.min(self._support - self._slopes * self._lower[:, None], axis=1)
        return found

    def _after(self, support: FloatArray) -> FloatArray:
        """``r_A + k r_B + gamma_A P H_j`` per joint action and slope ``k`` of the grid, ``j = (gamma_B/gamma_A) k``."""
        game, beyond = self._game, self._beyond
        if game.leader_discount == 0.0:
            follows = game.follower_discount * self._slopes * self._above[:, None]
        else:
            follows = game.leader_discount * (support @ self._weight + beyond * self._above[:, None])
        moved = self._moves @ follows
        found: FloatArray = game.leader_rewards[:, None] + self._slopes * game.follower_rewards[:, None] + moved
        return found

    def _sweep(self, *, search: bool) -> float:
        """Lower every bound by one application of the operator; by how much at most."""
        after, moved = self._after(self._support), 0.0
        fresh = self._support.copy()
        for place, block in enumerate(self._blocks):
            if search:
                self._chosen[place] = self._searched(block, after, self._chosen[place])
            found = self._applied(block, after, self._chosen[place])
            own = self._support[block.states]
            fresh[block.states] = np.minimum(own, found)
            moved = max(moved, float((own - fresh[block.states]).max()))
        self._support = fresh
        return moved

    def _punished(self, block: Block) -> FloatArray:
        """``sum_b' beta(b') [r_B + gamma_B P L]`` per state, leader action and mix."""
        found: FloatArray = self._answers[block.rows] @ block.mixes.T
        return found

    def _applied(self, block: Block, after: FloatArray, chosen: Multipliers) -> FloatArray:
        """``T_mu H`` in the states of a block."""
        values, punished = after[block.rows], self._punished(block)  # [s, a, b, j] and [s, a, m]
        places = np.arange(len(block.states))[:, None, None]
        answers = np.arange(block.follower)[None, :, None]
        sums = self._slopes[chosen.jumps] - self._slopes
        gained = values[places, :, answers, chosen.jumps] - sums[..., None] * punished[places, :, chosen.mixes]
        by_answer: FloatArray = gained.max(axis=3)
        if self._floors is not None:
            by_answer = self._above_floors(block, by_answer, self._floors[block.states])
        found: FloatArray = by_answer.max(axis=1)
        return found

    def _above_floors(self, block: Block, by_answer: FloatArray, floors: FloatArray) -> FloatArray:
        """What is left of ``V + k v`` for each answer, ``[states, follower, slopes]``, where ``V`` is at least a floor.

        ``V + k v = (k/j) (V + j v) - (k/j - 1) V`` for ``j < k``; and an answer by which ``V`` stays below the floor is
        none. The best answer of a state is never dropped.
        """
        lower, rounding = self._lower[block.states][:, None, None], self._rounding
        found = by_answer.copy()
        for place in range(1, len(self._slopes) - 1):
            ratio = self._slopes[place + 1 :] / self._slopes[place]
            through = ratio * (found[..., place, None] + rounding) - (ratio - 1.0) * floors[:, None, None]
            found[..., place + 1 :] = np.minimum(found[..., place + 1 :], through)
        most = np.min(found - self._slopes * lower, axis=2) + 2.0 * rounding
        dropped = (most < floors[:, None]) & (most < most.max(axis=1, keepdims=True))
        found[dropped] = -np.inf
        return found

    def _searched(self, block: Block, after: FloatArray, chosen: Multipliers) -> Multipliers:
        """Multipliers that lower the operator most, for every answer and slope."""
        values, punished = after[block.rows], self._punished(block)
        jumps, mixes = chosen.jumps.copy(), chosen.mixes.copy()
        for k, slope in enumerate(self._slopes):
            best = np.full((len(block.states), block.follower), np.inf)
            for j in range(k, len(self._slopes)):
                total = self._slopes[j] - slope
                here = values[..., j]  # [s, a, b]
                for m in range(len(block.mixes) if j > k else 1):
                    worth = (here - total * punished[..., m, None]).max(axis=1)
                    better = worth < best
                    best = np.where(better, worth, best)
                    jumps[..., k] = np.where(better, j, jumps[..., k])
                    mixes[..., k] = np.where(better, m, mixes[..., k])
        return Multipliers(jumps, mixes)

    def _secure(self) -> IntArray:
        """By state the mix that secures most."""
        found = np.zeros(self._game.num_states, dtype=np.int64)
        for block in self._blocks:
            found[block.states] = self._punished(block).min(axis=1).argmax(axis=1)
        return found

    def _size(self) -> float:
        """How large terms are at most."""
        game, largest = self._game, float(self._slopes[-1])
        size = float(
            np.abs(game.leader_rewards).max() + np.abs(self._support).max() + np.abs(self._planner.lower).max()
        )
        return size + 2.0 * largest * float(
            np.abs(game.follower_rewards).max() + np.abs([self._lower, self._above]).max()
        )

    def _raised(self, excess: float) -> float:
        """By how much ``H`` is raised for ``H >= T_mu H``, rounding included, where it is short by an excess."""
        game = self._game
        terms = int(np.diff(game.indptr).max(initial=1)) + int(game.follower_counts.max()) + len(self._slopes)
        return raising(excess, game.leader_discount, self._size(), CHECKED * terms)

    def _excess(self) -> float:
        """By how much ``T_mu H`` exceeds ``H`` anywhere.

        With floors every iterate is a bound because the one before it is, and rounding is all there is to add: an
        amount added to ``H`` comes out of the operator larger, so a single inequality would prove nothing.
        """
        if self._floors is not None:
            return 0.0
        after, excess = self._after(self._support), 0.0
        for block, chosen in zip(self._blocks, self._chosen, strict=True):
            found = self._applied(block, after, chosen)
            excess = max(excess, float((found - self._support[block.states]).max()))
        return excess

    def _safe(self, sweeps: int) -> PayoffBound:
        """The bound, raised until ``H >= T_mu H`` holds with all rounding counted."""
        support = self._support + self._raised(self._excess())
        noise = 8.0 * float(np.finfo(float).eps) * self._size()
        upper = np.min(support - self._slopes * self._lower[:, None], axis=1) + noise
        return PayoffBound(
            upper=np.minimum(upper, self._planner.upper),
            slopes=self._slopes,
            support=support,
            lower=self._lower,
            above=self._above,
            proven=upper,
            secure=self._secure(),
            multipliers=tuple(zip(self._blocks, self._chosen, strict=True)),
            sweeps=sweeps,
            floors=self._floors,
        )


def _checked(game: Game, floors: FloatArray) -> FloatArray:
    found = np.asarray(floors, dtype=np.float64)
    if found.shape != (game.num_states,) or not np.isfinite(found).all():
        raise OptionError(f"floors must be {game.num_states} finite numbers, one for each state; got {floors!r}")
    return found


def _none(block: Block, slopes: int) -> Multipliers:
    """No multipliers: every slope stays where it is."""
    shape = (len(block.states), block.follower, slopes)
    return Multipliers(np.broadcast_to(np.arange(slopes), shape).copy(), np.zeros(shape, dtype=np.int64))


def _ratio(game: Game) -> float:
    """The spread of the leader's rewards by the follower's: the unit of slopes."""
    spreads = [float(np.ptp(rewards)) for rewards in (game.leader_rewards, game.follower_rewards)]
    return 1.0 if min(spreads) <= 0.0 else spreads[0] / spreads[1]


def _interpolation(game: Game, slopes: FloatArray) -> tuple[FloatArray, FloatArray]:
    """How bounds at ``(gamma_B / gamma_A) k`` are made of those on the grid, ``[grid, k]``, and how far beyond it."""
    count = len(slopes)
    weight, beyond = np.zeros((count, count)), np.zeros(count)
    scaled = slopes * (game.follower_discount / game.leader_discount if game.leader_discount > 0.0 else 0.0)
    for k, slope in enumerate(scaled.tolist()):
        if slope >= slopes[-1]:
            weight[-1, k], beyond[k] = 1.0, slope - slopes[-1]
            continue
        low = int(np.searchsorted(slopes, slope, side="right")) - 1
        share = (slope - slopes[low]) / (slopes[low + 1] - slopes[low])
        weight[low, k], weight[low + 1, k] = 1.0 - share, share
    return weight, beyond


def _secured(game: Game, blocks: list[Block], moves: object, deadline: Deadline) -> FloatArray:
    """What the follower secures against every leader, by mixing his actions, rounding included."""
    values = follower_value_bounds(game).lower
    size = float(np.abs(game.follower_rewards).max() + np.abs(values).max())
    little = 1e-6 * size
    for _ in range(SECURITY_SWEEPS):
        if deadline.expired:
            break
        answers = game.follower_rewards + game.follower_discount * (moves @ values)  # type: ignore[operator]
        fresh = values.copy()
        for block in blocks:
            secured = (answers[block.rows] @ block.mixes.T).min(axis=1).max(axis=1)
            fresh[block.states] = np.maximum(values[block.states], secured)
        moved = float((fresh - values).max())
        values = fresh
        if moved <= little:
            break
    eps = float(np.finfo(float).eps)
    terms = int(np.diff(game.indptr).max(initial=1)) + int(game.follower_counts.max()) + 16
    lowered: FloatArray = values - CHECKED * terms * eps * size / (1.0 - game.follower_discount)
    return lowered


__all__ = ["Multipliers", "PayoffBound", "payoff_set_bound"]
