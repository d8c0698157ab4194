r"""Candidates for the values of a policy by iteration: ``(I - gamma P) v = r`` with a sparse ``P``.

A factorisation fills up on graphs without structure, takes minutes at ten thousand states, and cannot be interrupted.
Nothing that is proven rests on how a candidate was found, because its residual encloses the truth, so it is found here
by BiCGSTAB (:mod:`ssg_mip.numerics.krylov`) with iterative refinement: each round solves for what the last one left.
Where it breaks down, or stops to gain, sweeps ``v <- r + gamma P v`` follow, each of which shrinks the error by
``gamma``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ssg_mip.checker.checkpoint import Checkpoint, unhurried
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.numerics.krylov import bicgstab
from ssg_mip.numerics.local_accuracy import local_solution

ROUNDS = 6
"""Rounds of refinement at most."""

STEPS = 300
"""Steps of BiCGSTAB in a round at most."""

REDUCTION = 1e-10
"""By how much a round should reduce the residual."""

GAIN = 0.5
"""A round that leaves more than this share of the residual has stopped to gain."""

SWEEPS = 2_000
"""Sweeps at most where BiCGSTAB does not get through."""

LEFT_BY_ROUNDING = 4.0 * float(np.finfo(np.float64).eps)
"""A residual, relative to the size of its terms, that further work would not reduce."""


def candidate_values(
    matrix: Any, discount: float, rewards: FloatArray, checkpoint: Checkpoint = unhurried
) -> FloatArray:
    """An approximate solution of ``v = rewards + discount * matrix @ v``; nothing is promised about its error.

    Parameters
    ----------
    matrix
        SciPy sparse array ``[num_states, num_states]``, rows that sum to at most one.
    discount, rewards
        In ``[0, 1)``; one reward per state.
    checkpoint
        Called in every step; what it raises ends the iteration.
    """
    values = _globally(matrix, discount, rewards, checkpoint)
    return local_solution(discount * matrix, rewards, values, checkpoint)


def _globally(matrix: Any, discount: float, rewards: FloatArray, checkpoint: Checkpoint) -> FloatArray:
    """A solution whose residual is small beside the largest value."""
    values: FloatArray = np.zeros(len(rewards))
    residual, left = rewards, float(np.abs(rewards).max())
    for _ in range(ROUNDS):
        if not left > _attainable(rewards, values):
            return values
        trial = values + _correction(matrix, discount, residual, checkpoint)
        rest = rewards + discount * (matrix @ trial) - trial
        size = float(np.abs(rest).max())
        if not size < left:  # also where it is not a number
            break
        values, residual, gained, left = trial, rest, size <= GAIN * left, size
        if not gained:
            break
    return values if left <= _attainable(rewards, values) else _swept(matrix, discount, rewards, values, checkpoint)


def _attainable(rewards: FloatArray, values: FloatArray) -> float:
    return LEFT_BY_ROUNDING * (float(np.abs(rewards).max()) + 2.0 * float(np.abs(values).max()))


def _correction(matrix: Any, discount: float, residual: FloatArray, checkpoint: Checkpoint) -> FloatArray:
    with np.errstate(all="ignore"):
        found = bicgstab(
            lambda values: values - discount * (matrix @ values),
            residual,
            reduction=REDUCTION,
            most_steps=STEPS,
            checkpoint=checkpoint,
        )
    return np.where(np.isfinite(found), found, 0.0)


def _swept(matrix: Any, discount: float, rewards: FloatArray, values: FloatArray, checkpoint: Checkpoint) -> FloatArray:
    for _ in range(SWEEPS):
        checkpoint()
        improved = rewards + discount * (matrix @ values)
        change = float(np.abs(improved - values).max())
        values = improved
        if not change > _attainable(rewards, values):
            break
    return values
