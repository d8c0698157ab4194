r"""The strong Stackelberg equilibrium of one static game, as arrays for the solver.

The leader mixes over rows ``a``, the follower sees the mix and answers with a column ``b``. For each column ``b`` one
linear program (:func:`stage_program`) maximises the leader's payoff over the mixes to which ``b`` is a best response
(Conitzer & Sandholm 2006); the best of these programs is the equilibrium. They are written as arrays, without a
modelling language, because an operator needs them thousands of times; this is the only place that writes them.

**Ties.** The follower decides them for the leader (strong): a column counts as long as none is better by more than the
accuracy of a linear program. Ties between optima of the leader matter too, because the follower's payoffs decide what
follows; they are decided by those payoffs, kindly or unkindly as asked, and then by the lowest column. So the answer
depends on the payoffs alone, and stays where it is when they move by rounding. Or they are drawn anew every time.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ssg_mip.base.tolerances import ROUNDING, TIGHTEST
from ssg_mip.lp.highs import OneShotLp
from ssg_mip.lp.interface import LinearProgram, LpStatus
from ssg_mip.numerics.array_types import FloatArray, IntArray

LeaderClass = Literal["mixed", "deterministic"]
"""Whether the leader may mix, or picks one action in every state."""

LeaderTies = Literal["kind", "unkind", "random"]
"""Which of its equally good optima the leader picks: the best for the follower, the worst, or one drawn anew."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class StageEquilibrium:
    """The leader's mix, the follower's column and what both get; ``mix`` has one entry per row."""

    mix: FloatArray
    follower_action: int
    leader_payoff: float
    follower_payoff: float


def stage_program(
    leader: FloatArray, follower: FloatArray, column: int, *, least: float | None = None, kindness: float = 1.0
) -> LinearProgram:
    """The linear program of one column: maximise the leader's payoff where the column is a best response.

    Parameters
    ----------
    leader, follower
        Payoffs ``[a, b]``.
    column
        The follower's action.
    least
        If given, ``kindness`` times the follower's payoff is maximised instead, where the leader gets at least this.
    kindness
        1 or -1.
    """
    rows, _ = leader.shape
    advantage = np.delete(follower[:, [column]] - follower, column, axis=1).T
    matrix = [np.ones((1, rows)), advantage]
    lower, upper = [1.0] + [0.0] * len(advantage), [1.0] + [math.inf] * len(advantage)
    if least is not None:
        matrix.append(leader[:, column][None, :])
        lower.append(least)
        upper.append(math.inf)
    return LinearProgram(
        objective=leader[:, column].copy() if least is None else kindness * follower[:, column],
        starts=np.arange(len(lower) + 1) * rows,
        indices=np.tile(np.arange(rows), len(lower)),
        values=np.concatenate(matrix).ravel(),
        row_lower=np.array(lower),
        row_upper=np.array(upper),
        column_lower=np.zeros(rows),
        column_upper=np.ones(rows),
    )


class StageSolver:
    """Solves one stage game after another; ``lps`` counts the linear programs, ``seed`` is that of random ties."""

    def __init__(self, leader_class: LeaderClass = "mixed", leader_ties: LeaderTies = "kind", seed: int = 0) -> None:
        self.lps = 0
        self._rng = np.random.default_rng(seed) if leader_ties == "random" else None
        self._kindness = 1.0 if leader_ties == "kind" else -1.0
        self._mixed = leader_class == "mixed"
        self._solver = OneShotLp()

    def solve(self, leader: FloatArray, follower: FloatArray) -> StageEquilibrium:
        """The strong Stackelberg equilibrium of the payoffs ``[a, b]``.

        With one or two leader actions, or a leader that does not mix, the optimum is among a few points that are
        listed; otherwise linear programs find it.
        """
        rows, columns = leader.shape
        scale = 1.0 + float(max(np.abs(leader).max(), np.abs(follower).max()))
        noise = ROUNDING * scale
        mixes = np.eye(rows)
        if self._mixed and rows == 2:
            mixes = np.concatenate((mixes, crossings(follower)))
        place, column = np.nonzero(_tied(mixes @ follower, TIGHTEST * scale))
        mixes = mixes[place]
        if self._mixed and rows > 2 and columns > 1:
            found = self._programs(leader, follower, mixes, column, noise)
            mixes = np.concatenate((mixes, *(mix[None, :] for _, mix in found)))
            column = np.concatenate((column, np.array([b for b, _ in found], dtype=np.int64)))
        return self._best(leader, follower, mixes, column, noise)

    def _best(
        self, leader: FloatArray, follower: FloatArray, mixes: FloatArray, column: IntArray, noise: float
    ) -> StageEquilibrium:
        """The best of some mixes with the follower's answers: for the leader, then by the tie rule, then the first."""
        earned = np.einsum("ka,ak->k", mixes, leader[:, column])
        given = np.einsum("ka,ak->k", mixes, follower[:, column])
        best = earned >= earned.max() - noise
        if self._rng is not None:
            best = np.arange(len(best)) == self._rng.choice(np.flatnonzero(best))
        wish = np.where(best, self._kindness * given, -np.inf)
        settled = np.flatnonzero(wish >= wish.max() - noise)
        chosen = settled[np.argmin(column[settled])]
        return StageEquilibrium(
            mix=mixes[chosen],
            follower_action=int(column[chosen]),
            leader_payoff=float(earned[chosen]),
            follower_payoff=float(given[chosen]),
        )

    def _programs(
        self, leader: FloatArray, follower: FloatArray, mixes: FloatArray, column: IntArray, noise: float
    ) -> list[tuple[int, FloatArray]]:
        """The optimal mix of every column that may be worth more than the mixes at hand, or as much."""
        best = float(np.einsum("ka,ak->k", mixes, leader[:, column]).max())
        ceiling = leader.max(axis=0)
        found: list[tuple[int, FloatArray]] = []
        for b in np.argsort(-ceiling, kind="stable").tolist():
            top = leader[:, b] >= ceiling[b] - noise
            at_hand = np.any(top[mixes[column == b].argmax(axis=1)]) and np.count_nonzero(top) == 1
            if at_hand or ceiling[b] < best - noise:
                continue
            mix = self._optimum(stage_program(leader, follower, b))
            if mix is None or float(mix @ leader[:, b]) < best - noise:
                continue
            best = max(best, float(mix @ leader[:, b]))
            least = float(mix @ leader[:, b])
            settled = self._optimum(stage_program(leader, follower, b, least=least, kindness=self._kindness))
            found.append((b, mix if settled is None else settled))
        return found

    def _optimum(self, program: LinearProgram) -> FloatArray | None:
        """The solution as a distribution; ``None`` where the column is never a best response."""
        self.lps += 1
        answer = self._solver.solve(program)
        if answer.status is not LpStatus.OPTIMAL:
            return None
        mix = np.maximum(answer.point, 0.0)
        return mix / float(mix.sum())


def crossings(follower: FloatArray) -> FloatArray:
    """The mixes ``[k, 2]`` of two rows at which two columns are worth the same to the follower.

    Between them its answer does not change and the leader's payoff is linear, so an optimum is at one of them or pure.
    """
    first, second = (row[:, None] - row[None, :] for row in follower)
    apart = np.triu(first * second < 0.0)
    share = second[apart] / (second[apart] - first[apart])
    return np.column_stack((share, 1.0 - share))


def _tied(payoffs: FloatArray, tie: float) -> NDArray[np.bool_]:
    """Which columns are best, up to ``tie``, in each row."""
    best: NDArray[np.bool_] = payoffs >= payoffs.max(axis=1, keepdims=True) - tie
    return best
