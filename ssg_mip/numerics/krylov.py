"""BiCGSTAB (van der Vorst, *SIAM J. Sci. Stat. Comput.* 13, 1992) for large sparse systems, with a checkpoint.

Inner products are sums of NumPy's own, not calls of BLAS: its threads wait for each other in every product of a long
vector, which on a busy machine took twenty times as long as the products themselves.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ssg_mip.numerics.array_types import FloatArray


def bicgstab(
    apply: Callable[[FloatArray], FloatArray],
    right: FloatArray,
    *,
    reduction: float,
    most_steps: int,
    checkpoint: Callable[[], None] = lambda: None,
) -> FloatArray:
    """An approximate solution of ``apply(x) = right``, from zero.

    Parameters
    ----------
    apply
        The linear map, ``[size] -> [size]``.
    right
        Right-hand side, shape ``[size]``.
    reduction
        The iteration ends once the residual that it keeps is smaller than that of zero by this factor.
    most_steps
        Steps at most, two applications each.
    checkpoint
        Called in every step; what it raises ends the iteration.

    Returns
    -------
    FloatArray
        The last iterate, also where the iteration broke down; its residual is for the caller to judge.
    """
    solution, residual = np.zeros(len(right)), right.astype(float)
    enough = reduction**2 * _dot(residual, residual)
    shadow, direction, image = residual.copy(), np.zeros(len(right)), np.zeros(len(right))
    rho = alpha = omega = 1.0
    for _ in range(most_steps):
        checkpoint()
        fresh = _dot(shadow, residual)
        if not (fresh and rho and omega) or not _dot(residual, residual) > enough:
            break
        direction = residual + (fresh / rho) * (alpha / omega) * (direction - omega * image)
        rho, image = fresh, apply(direction)
        below = _dot(shadow, image)
        if not below:
            break
        alpha = rho / below
        half = residual - alpha * image
        turned = apply(half)
        length = _dot(turned, turned)
        omega = _dot(turned, half) / length if length else 0.0
        solution = solution + alpha * direction + omega * half
        residual = half - omega * turned
    return solution


def _dot(one: FloatArray, other: FloatArray) -> float:
    return float(np.add.reduce(one * other))
