r"""The best mix of one state to which one answer is a best response: a linear program (Conitzer & Sandholm, 2006).

Where the follower has many other actions, few of them bind. The program begins with those that are best against pure
leader actions; the ones that its solution makes better than the answer are added until there is none. Every program on
the way bounds the answer's worth, so one that falls below what is known elsewhere, or has no point, ends it.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from ssg_mip.base.deadline import Checkpoint
from ssg_mip.base.tolerances import TIGHTEST
from ssg_mip.lp.highs import OneShotLp
from ssg_mip.lp.interface import LinearProgram, LpStatus
from ssg_mip.numerics.array_types import FloatArray, IntArray

WRITTEN_AT_ONCE = 150
"""Other actions up to which all rows are written."""

ADDED = 3
"""Rows added at a time."""


@dataclasses.dataclass(frozen=True, eq=False)
class AnswerSolution:
    """What the program of an answer says.

    Attributes
    ----------
    mix
        The best mix, ``None`` if there is none that is worth more than the cut-off.
    value
        What it is worth.
    others, multipliers
        Some of the follower's other actions and their multipliers. Not trusted: they prove what they prove.
    """

    mix: FloatArray | None
    value: float
    others: IntArray
    multipliers: FloatArray


class AnswerPrograms:
    """Solves the programs of one state after the other; ``lps`` counts them."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.lps = 0
        self._checkpoint = checkpoint
        self._solver = OneShotLp()

    def solve(
        self, payoffs: FloatArray, follower: FloatArray, answer: int, *, cut_off: float, margin: float
    ) -> AnswerSolution:
        """The best mix to which an answer is a best response.

        Parameters
        ----------
        payoffs
            The leader's payoffs of the answer, shape ``[a]``.
        follower
            The follower's ``[a, b]``.
        answer
            The answer.
        cut_off
            Less is of no interest.
        margin
            By how much the answer must be better than those that are not the same.
        """
        gains = follower[:, [answer]] - follower
        written = _first_rows(follower, answer)
        least = np.where(np.any(gains != 0.0, axis=0), margin, 0.0)
        size = np.maximum(np.abs(gains).max(axis=0), np.finfo(float).tiny)
        while True:
            self._checkpoint()
            self.lps += 1
            program = _program(payoffs, gains[:, written], least[written])
            solved = self._solver.solve(program, cut_off=cut_off)
            dual = solved.row_dual[1:] if len(solved.row_dual) else np.zeros(len(written))
            shadow = np.maximum(-dual, 0.0)
            if solved.status is not LpStatus.OPTIMAL:
                return AnswerSolution(None, -math.inf, written, shadow)
            mix = np.maximum(solved.point, 0.0)
            mix = mix / float(mix.sum())
            lacking = (mix @ gains - least) / size
            lacking[written] = 0.0
            worst = np.argsort(lacking)[:ADDED]
            worst = worst[lacking[worst] < -TIGHTEST]
            if not len(worst):
                return AnswerSolution(mix, float(mix @ payoffs), written, shadow)
            written = np.concatenate((written, worst))


def _first_rows(follower: FloatArray, answer: int) -> IntArray:
    """Which other actions the first program has: all, or those that are best against a pure leader action."""
    count = follower.shape[1]
    some = np.arange(count) if count <= WRITTEN_AT_ONCE else np.unique(follower.argmax(axis=1))
    others: IntArray = some[some != answer]
    return others


def _program(payoffs: FloatArray, gains: FloatArray, least: FloatArray) -> LinearProgram:
    """Maximise the payoffs over mixes with ``gains.T @ mix >= least``."""
    width, count = gains.shape
    return LinearProgram(
        objective=payoffs,
        starts=np.arange(count + 2) * width,
        indices=np.tile(np.arange(width), count + 1),
        values=np.concatenate((np.ones(width), gains.T.ravel())),
        row_lower=np.append(1.0, least),
        row_upper=np.append(1.0, np.full(count, math.inf)),
        column_lower=np.zeros(width),
        column_upper=np.ones(width),
    )
