r"""Which follower actions of one state are worth less than a mixture of others, whatever the leader does.

An action ``b`` goes if shares ``k`` of others have ``sum_c k(c) D(a, c) > t`` for every leader action ``a``, where
``D(a, c)`` is what ``c`` is worth more than ``b`` at least: a matrix game, whose solution are the shares, and whose
multipliers are the leader's mix under which ``b`` does best. Three things make it fast for thousands of actions:

* actions that are best under some mix stay, for sure. Random mixes find most of them (the *witnesses*), and only they
  and what the multipliers show to be missing are columns of the linear programs;
* actions that one other action beats are looked for first, without linear programs;
* shares that a program finds are tried against all other actions at once.

No array has more than a multiple of (leader actions) times (follower actions) times (successors) numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ssg_mip.lp.interface import LinearProgram, LpStatus
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.presolve.action_values import ActionValues
from ssg_mip.presolve.effort import Effort

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]

Mixture = tuple[tuple[int, float], ...]
"""Actions with their shares."""

Removal = tuple[int, Mixture]
"""An action, and what is worth more."""

MOST_PAIRWISE = 200_000_000
"""Numbers to look at in a state when actions are compared one by one."""

MOST_COLUMNS = 150
"""Columns that a linear program starts with."""

SPREAD_NUMBERS = 20_000_000
"""Numbers to look at in a state when witnesses are looked for."""

DUST = 1e-9
"""Shares below this are taken out of a mixture, before it is judged."""


class Frontier:
    """The actions of a state that are left, and why the others are not.

    Parameters
    ----------
    values
        Of the actions.
    tolerance
        By how much a mixture must be worth more.
    effort
        What may be spent.
    exactly
        Whether one action beats another if it is worth at least as much, rather than more by the tolerance; of use
        only where rewards alone tell them apart, so that floating point decides rightly.
    forgiven
        For an action and others the leader actions ``[leader actions, others]`` at which the action need not be worth
        more to beat them; ``None`` for none.

    Attributes
    ----------
    alive
        Which actions are left.
    removed
        The others in the order in which they went: each mixture consists of actions that were left then.
    """

    def __init__(
        self,
        values: ActionValues,
        tolerance: float,
        effort: Effort,
        *,
        exactly: bool = False,
        forgiven: Callable[[int, IntArray], Mask] | None = None,
    ) -> None:
        self._values = values
        self._tolerance = tolerance
        self._effort = effort
        self._exactly = exactly and values.by_rewards
        self._forgiven = forgiven
        count = values.middle.shape[1]
        self.alive = np.ones(count, dtype=bool)
        self._stays = np.zeros(count, dtype=bool)
        self._pool: list[int] = []
        self.removed: list[Removal] = []

    def reduce(self) -> None:
        """Remove what can be removed."""
        self._compare_pairs()
        self._find_witnesses()
        self._solve()

    def _beaten(self, leads: FloatArray) -> IntArray:
        found: IntArray = np.flatnonzero(leads.min(axis=0) > self._tolerance)
        return found

    def _beaten_by_one(self, leads: FloatArray, action: int, others: IntArray) -> IntArray:
        if self._exactly:
            return np.flatnonzero(leads.min(axis=0) >= 0.0)
        if self._forgiven is None:
            return self._beaten(leads)
        close = np.flatnonzero(leads.min(axis=0) > -self._tolerance)
        more = leads[:, close] > self._tolerance
        doubted = np.flatnonzero(~more.all(axis=0))
        if len(doubted):
            more[:, doubted] |= self._forgiven(action, others[close[doubted]])
        return close[more.all(axis=0)]

    def _remove(self, actions: IntArray, by: Mixture) -> None:
        self.alive[actions] = False
        self.removed.extend((action, by) for action in actions.tolist())

    def _compare_pairs(self) -> None:
        """Best first, so that what beats others is not beaten by what comes later."""
        order = np.argsort(-self._values.middle.mean(axis=0), kind="stable")
        budget = MOST_PAIRWISE
        place = 0
        while place + 1 < len(order) and budget > 0:
            action, others = int(order[place]), order[place + 1 :]
            leads = self._values.leads_of_mix(np.array([action]), np.ones(1), others)
            beaten = others[self._beaten_by_one(leads, action, others)]
            budget -= self._values.size * len(others)
            if len(beaten):
                self._effort.checkpoint()
                self._remove(beaten, ((action, 1.0),))
                order = order[self.alive[order]]
            place += 1

    def _find_witnesses(self) -> None:
        """Actions that are best for some mix of the leader and some values stay."""
        rng = np.random.default_rng(0)
        left = np.flatnonzero(self.alive)
        leader = len(self._values.middle)
        count = int(np.clip(SPREAD_NUMBERS // (self._values.size * len(left)), 8, min(400, 4 * len(left) + 8)))
        for draw in range(1 if self._values.moves is None else 4):
            mixes = np.concatenate((np.eye(leader), rng.dirichlet(np.ones(leader), count), _edges(leader, count, rng)))
            worth = self._values.middle if draw == 0 else self._values.somewhere(rng)
            self._stays[left[np.unique(np.argmax(mixes @ worth[:, left], axis=1))]] = True
        self._pool = np.flatnonzero(self._stays).tolist()

    def _solve(self) -> None:
        """Judge the others by linear programs, best first, until that seems hopeless."""
        patience = max(10, 1000 // len(self._values.middle))
        order = np.argsort(-self._values.middle.mean(axis=0), kind="stable")
        failures = successes = 0
        for action in order.tolist():
            if self._effort.spent or failures > patience + 10 * successes:
                return
            if self.alive[action] and not self._stays[action]:
                before = len(self.removed)
                self._judge(action)
                gone = len(self.removed) > before
                successes, failures = successes + gone, failures + (not gone)

    def _judge(self, action: int) -> None:
        """Find a mixture that is worth more than an action, and all that it is worth more than; or it stays."""
        others = np.flatnonzero(self.alive)
        others = others[others != action]
        columns = self._columns(action)
        while len(columns) and not self._effort.spent:
            leads = self._values.leads(columns, action)
            self._effort.spend((len(leads) + 1) * (len(columns) + 1))
            found = _matrix_game(leads, self._effort)
            if found is None:
                break
            shares, mix = found
            if self._works(columns, shares, action):
                return
            prices = mix @ self._values.leads(others, action)
            best = int(others[int(np.argmax(prices))])
            if float(prices.max()) <= self._tolerance or best in columns:
                break
            columns = np.append(columns, best)
            self._pool.append(best)
        self._stays[action] = True
        self._pool.append(action)

    def _columns(self, action: int) -> IntArray:
        columns = np.array(sorted({one for one in self._pool if self.alive[one] and one != action}), dtype=np.int64)
        if len(columns) > MOST_COLUMNS:
            lowest = self._values.leads(columns, action).min(axis=0)
            columns = columns[np.sort(np.argpartition(-lowest, MOST_COLUMNS)[:MOST_COLUMNS])]
        return columns

    def _works(self, columns: IntArray, shares: FloatArray, action: int) -> bool:
        """Whether a mixture is worth more than an action; it is tried against all others then."""
        used = shares > DUST
        columns, shares = columns[used], shares[used] / float(shares[used].sum())
        if not len(self._beaten(self._values.leads_of_mix(columns, shares, np.array([action])))):
            return False
        tried = np.flatnonzero(self.alive & ~self._stays)
        tried = tried[~np.isin(tried, columns)]
        beaten = tried[self._beaten(self._values.leads_of_mix(columns, shares, tried))]
        self._remove(beaten, tuple(zip(columns.tolist(), shares.tolist(), strict=True)))
        return True


def _edges(leader: int, count: int, rng: np.random.Generator) -> FloatArray:
    """Random mixes of two leader actions."""
    mixes = np.zeros((count, leader))
    share = rng.random(count)
    rows = np.arange(count)
    np.add.at(mixes, (rows, rng.integers(leader, size=count)), share)
    np.add.at(mixes, (rows, rng.integers(leader, size=count)), 1.0 - share)
    return mixes


def _matrix_game(leads: FloatArray, effort: Effort) -> tuple[FloatArray, FloatArray] | None:
    """Shares of the columns that make the least row as large as possible, and the mix of rows that holds it down."""
    rows, columns = leads.shape
    largest = float(np.abs(leads).max())
    if largest == 0.0:
        return None
    matrix = np.ones((rows + 1, columns + 1))
    matrix[:rows, :columns] = leads / largest
    matrix[:rows, columns] = -1.0
    matrix[rows, columns] = 0.0
    answer = effort.solver.solve(
        LinearProgram(
            objective=np.append(np.zeros(columns), 1.0),
            starts=np.arange(rows + 2) * (columns + 1),
            indices=np.tile(np.arange(columns + 1), rows + 1),
            values=matrix.ravel(),
            row_lower=np.append(np.zeros(rows), 1.0),
            row_upper=np.append(np.full(rows, math.inf), 1.0),
            column_lower=np.append(np.zeros(columns), -1.0),
            column_upper=np.append(np.ones(columns), 1.0),
        )
    )
    if answer.status is not LpStatus.OPTIMAL:
        return None
    mix = np.maximum(-answer.row_dual[:rows], 0.0)
    return np.maximum(answer.point[:columns], 0.0), mix / max(float(mix.sum()), DUST)
