"""The iteration of the payoff-set bound, and what is left when it ends."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ssg_mip.base.deadline import Deadline
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.mdp import raising, transition_matrix
from ssg_mip.evaluation.payoff_set.blocks import Block, blocks_of
from ssg_mip.evaluation.payoff_set.operator import Multipliers, Operator
from ssg_mip.evaluation.payoff_set.search import searched
from ssg_mip.evaluation.value_bounds import follower_value_bounds, leader_value_bounds
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray, IntArray

SLOPES = (0.0, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0, 1.3, 1.7, 2.3, 3.0, 4.5, 7.0, 12.0)
"""The grid, in units of the leader's spread of rewards by the follower's."""

FINER = (400_000, 20_000)
"""Joint actions up to which the grid is made twice as fine, and up to which that is done again."""

FINER_TAKES = 1.5
"""How many times longer the iteration takes there than all before."""

ROUGHLY = 20.0
"""What is little, in units of what ends the iteration, as long as a finer grid may follow."""

BLOCK_ENTRIES = 20_000
"""Joint actions in a block at most: what is compared for them, slope by slope and mix by mix, stays below 50 MB."""

SEARCHES = 60
"""How often better multipliers are looked for on a grid, at most."""

FEW = 10
"""How often maximisers are looked for between two searches, at most."""

QUIET = 3
"""Searches in succession that may gain little."""

IMPROVEMENTS = 30
"""How often maximisers are looked for with the same multipliers at the beginning and at the end, at most."""

KEPT_SWEEPS = 300
"""Sweeps with the same maximisers, at most."""

SETTLED = 2e-5
"""Share of the spread of the leader's values by which a search must lower bounds in the mean to be worth another."""

EXACTLY = 0.1
"""Share of that up to which maximisers are followed."""

CHECKED = 32
"""Times the operations behind a bound that its rounding is counted, so that whoever checks it may count generously."""

FLOORS_SHARE = 0.5
"""Share of the time that is kept for floors where there are any."""

FLOOR_SEARCHES = 12
"""How often better multipliers are looked for above floors, at most."""

FLOOR_SWEEPS = 60
"""Sweeps above floors between two searches, at most."""

SECURITY_SWEEPS = 200
"""Sweeps that raise what the follower secures, at most."""


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


def payoff_set_bound(
    game: Game,
    *,
    deadline: Deadline | None = None,
    floors: FloatArray | None = None,
    stopped: Callable[[], bool] = bool,
) -> PayoffBound:
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
    stopped
        The wish to stop, asked as often as the clock; never by default.

    Raises
    ------
    OptionError
        If the floors are not one finite number for each state.
    """
    deadline = Deadline() if deadline is None else deadline
    least = None if floors is None else _checked(game, floors)
    found = _refined(game, deadline if least is None else deadline.share(1.0 - FLOORS_SHARE), stopped)
    if least is not None:
        found.sweep_above(least, lambda: deadline.expired or stopped())
    return found.safe()


def _refined(game: Game, deadline: Deadline, stopped: Callable[[], bool]) -> _Iteration:
    """The iteration at its end, on the finest grid that is worth it and for which there is time."""

    def over() -> bool:
        return deadline.expired or stopped()

    found = _Iteration(_operator(game, over), over)
    found.run(ROUGHLY)
    for most in FINER:
        if over() or len(game.leader_rewards) > most or FINER_TAKES * deadline.elapsed > deadline.remaining:
            break
        finer = found.refined()
        finer.run(ROUGHLY)
        found = min(found, finer, key=_Iteration.total)
    found.run(1.0)
    return found


class _Iteration:
    """The state of the iteration: a support that is proven, and one from which the work goes on.

    The first, ``H``, has ``H >= T_mu H`` for its multipliers. Those of the second may be others already, and nothing
    is proven by it until it is raised.

    Parameters
    ----------
    operator, over
        What is iterated, and whether it is time to stop.
    """

    def __init__(self, operator: Operator, over: Callable[[], bool]) -> None:
        self._operator = operator
        self._game = operator.game
        self._floors: FloatArray | None = None
        self._over = over
        self._planner = leader_value_bounds(operator.game)
        self._slopes = operator.slopes
        self._chosen = tuple(_none(block, len(self._slopes)) for block in operator.blocks)
        self._proven = self._chosen
        self._support = self._planner.upper[:, None] + self._slopes * operator.above[:, None]
        self._trial = self._support
        self._deciding = self._everywhere()
        self._sweeps = 0
        self._rounding = self._raised(0.0)

    def refined(self) -> _Iteration:
        """The iteration on a grid with twice as many slopes, which begins where this one has come to."""
        coarse = self._slopes
        finer = np.sort(np.concatenate((coarse, 0.5 * (coarse[1:] + coarse[:-1]))))
        found = _Iteration(dataclasses.replace(self._operator, slopes=finer), self._over)
        between = 0.5 * (self._support[:, 1:] + self._support[:, :-1])
        found._trial = np.insert(self._support, np.arange(1, len(coarse)), between, axis=1)
        found._chosen = tuple(one.refined() for one in self._chosen)
        doubled = [np.repeat(one, 2, axis=2) for one in self._deciding]
        found._deciding = tuple(one[..., 1:] | one[..., :-1] for one in doubled)
        found._search()
        return found

    def run(self, share: float) -> None:
        """Lower the bounds until searches for multipliers gain less than so many times what is little."""
        self._improve(share, IMPROVEMENTS)
        quiet = 0
        for _ in range(SEARCHES):
            if self._over() or quiet > QUIET:
                break
            before = self.total()
            moved = self._search()
            self._improve(share, FEW)
            gained = before - self.total()
            quiet = quiet + 1 if gained <= share * self._little * self._game.num_states else 0
            if quiet and moved <= share**2 * self._little:
                break
        if not self._over():
            self._improve(share, IMPROVEMENTS)

    def total(self) -> float:
        """The bounds of all states together."""
        return float(self._worth(self._support).sum())

    @property
    def _little(self) -> float:
        return SETTLED * float(self._planner.width.max())

    def _worth(self, support: FloatArray) -> FloatArray:
        """What a support, or a planner, says of the values."""
        proven = np.min(support - self._slopes * self._operator.lower[:, None], axis=1)
        found: FloatArray = np.minimum(proven, self._planner.upper)
        return found

    def _everywhere(self) -> tuple[NDArray[np.bool_], ...]:
        return tuple(np.ones(chosen.jumps.shape, dtype=np.bool_) for chosen in self._chosen)

    def _search(self) -> float:
        """Choose better multipliers for the answers that decide, and for those that decide then.

        They raise ``T_mu`` of the support in hand nowhere. By how much they lower it at most is returned.
        """
        operator = self._operator
        after, asked = operator.after(self._trial), self._deciding
        self._choose(after, asked)
        step = operator.step(self._trial, self._chosen, self._little)
        self._choose(after, tuple(new & ~old for new, old in zip(step.deciding, asked, strict=True)))
        return float((self._trial - step.values).max())

    def _choose(self, after: FloatArray, asked: tuple[NDArray[np.bool_], ...]) -> None:
        """Choose better multipliers where they are asked about."""
        self._chosen = tuple(
            own if self._over() else searched(self._operator, block, after, own, where)
            for block, own, where in zip(self._operator.blocks, self._chosen, asked, strict=True)
        )

    def _improve(self, share: float, most: int) -> None:
        """Policy iteration with the multipliers that are chosen, so many steps at most.

        Where ``T_mu G`` exceeds ``G`` by at most ``(1 - gamma_A) c``, ``G + c`` is proven, and so is what one step
        makes of it.
        """
        discount, little = self._game.leader_discount, EXACTLY * share * self._little
        charged = tuple(map(self._operator.charged, self._operator.blocks, self._chosen))
        for _ in range(most):
            step = self._operator.step(self._trial, self._chosen, self._little, charged)
            self._sweeps += 1
            short = max(0.0, float((step.values - self._trial).max())) / (1.0 - discount)
            self._adopt(np.minimum(self._trial + short, step.values + discount * short))
            moved = float((self._trial - step.values).max())
            self._trial, self._deciding = step.values, step.deciding
            if self._over() or (short <= little and moved <= little):
                break
            self._trial = self._operator.settled(step, step.values, (1.0 - discount) * little, KEPT_SWEEPS, self._over)

    def _adopt(self, support: FloatArray) -> None:
        """Take a support that the chosen multipliers prove where it bounds more."""
        if self._proven is self._chosen:
            self._support = np.minimum(self._support, support)
        elif float(self._worth(support).sum()) < self.total():
            self._support, self._proven = support, self._chosen

    def sweep_above(self, floors: FloatArray, over: Callable[[], bool]) -> None:
        """Lower the support for policies that keep floors, sweep by sweep."""
        self._floors, self._over, self._chosen = floors, over, self._proven
        for round_ in range(FLOOR_SEARCHES):
            if round_:
                self._choose(self._operator.after(self._support), self._everywhere())
            first = moved = self._swept(floors)
            for _ in range(FLOOR_SWEEPS):
                if self._over() or moved <= self._little:
                    break
                moved = self._swept(floors)
            if self._over() or (round_ and first <= self._little):
                break

    def _swept(self, floors: FloatArray) -> float:
        """One sweep above floors; by how much it lowers a bound at most."""
        after, fresh = self._operator.after(self._support), self._support.copy()
        for block, chosen in zip(self._operator.blocks, self._chosen, strict=True):
            by_answer = self._operator.applied(block, after, chosen)
            found = self._above_floors(block, by_answer, floors[block.states]).max(axis=1)
            fresh[block.states] = np.minimum(fresh[block.states], found)
        moved = float((self._support - fresh).max())
        self._support = fresh
        self._sweeps += 1
        return moved

    def _above_floors(self, block: Block, by_answer: FloatArray, floors: FloatArray) -> FloatArray:
        """What is left of ``V + k v`` for each answer, ``[states, follower, slopes]``, where ``V`` is at least a floor.

        ``V + k v = (k/j) (V + j v) - (k/j - 1) V`` for ``j < k``; and an answer by which ``V`` stays below the floor is
        none. The best answer of a state is never dropped.
        """
        lower, rounding = self._operator.lower[block.states][:, None, None], self._rounding
        found = by_answer.copy()
        for place in range(1, len(self._slopes) - 1):
            ratio = self._slopes[place + 1 :] / self._slopes[place]
            through = ratio * (found[..., place, None] + rounding) - (ratio - 1.0) * floors[:, None, None]
            found[..., place + 1 :] = np.minimum(found[..., place + 1 :], through)
        most = np.min(found - self._slopes * lower, axis=2) + 2.0 * rounding
        dropped = (most < floors[:, None]) & (most < most.max(axis=1, keepdims=True))
        found[dropped] = -np.inf
        return found

    def _secure(self) -> IntArray:
        """By state the mix that secures most."""
        found = np.zeros(self._game.num_states, dtype=np.int64)
        for block in self._operator.blocks:
            found[block.states] = self._operator.punished(block).min(axis=1).argmax(axis=1)
        return found

    def _size(self) -> float:
        """How large terms are at most."""
        game, largest = self._game, float(self._slopes[-1])
        size = float(
            np.abs(game.leader_rewards).max() + np.abs(self._support).max() + np.abs(self._planner.lower).max()
        )
        return size + 2.0 * largest * float(
            np.abs(game.follower_rewards).max() + np.abs([self._operator.lower, self._operator.above]).max()
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
        step = self._operator.step(self._support, self._proven, self._little)
        return max(0.0, float((step.values - self._support).max()))

    def safe(self) -> PayoffBound:
        """The bound, raised until ``H >= T_mu H`` holds with all rounding counted."""
        support = self._support + self._raised(self._excess())
        noise = 8.0 * float(np.finfo(float).eps) * self._size()
        upper = np.min(support - self._slopes * self._operator.lower[:, None], axis=1) + noise
        return PayoffBound(
            upper=np.minimum(upper, self._planner.upper),
            slopes=self._slopes,
            support=support,
            lower=self._operator.lower,
            above=self._operator.above,
            proven=upper,
            secure=self._secure(),
            multipliers=tuple(zip(self._operator.blocks, self._proven, strict=True)),
            sweeps=self._sweeps,
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


def _operator(game: Game, over: Callable[[], bool]) -> Operator:
    """The operator on the coarse grid."""
    blocks = tuple(blocks_of(game, BLOCK_ENTRIES))
    return Operator(
        game=game,
        blocks=blocks,
        slopes=np.array(SLOPES) * _ratio(game),
        lower=_secured(game, blocks, transition_matrix(game), over),
        above=follower_value_bounds(game).upper,
    )


def _secured(game: Game, blocks: tuple[Block, ...], moves: object, over: Callable[[], bool]) -> FloatArray:
    """What the follower secures against every leader, by mixing his actions, rounding included."""
    values = follower_value_bounds(game).lower
    size = float(np.abs(game.follower_rewards).max() + np.abs(values).max())
    little = 1e-6 * size
    for _ in range(SECURITY_SWEEPS):
        if over():
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
