r"""What a set of points leaves open: the local bounds of a search region.

For points ``z`` the vectors that no ``z`` covers are ``{y : no z >= y} = union over l of {y > l}`` with finitely many
*local lower bounds* ``l``. A new point ``z`` concerns those with ``l < z`` in every component: each of them is replaced
by the ``K`` bounds in which one component is raised to that of ``z``, and of these the redundant ones go (Klamroth,
Lacour & Vanderpooten, *On the representation of the search region in multi-objective optimization*, European Journal of
Operational Research 245, 2015, Algorithm 1, here with a plain filter).

The mirror image describes what proven corners leave: if no attained ``y`` is above ``c`` in every component, for any
of the corners ``c``, then all attained vectors lie in the union of ``{y <= u}`` over *local upper bounds* ``u``. Both
kinds of bounds together enclose a front (Eichfelder, Kirst, Meng & Stein, *A general branch-and-bound framework for
continuous global multiobjective optimization*, Journal of Global Optimization 80, 2021).
"""

from __future__ import annotations

import numpy as np

from ssg_mip.numerics.array_types import FloatArray


class LowerBounds:
    """The local lower bounds that attained points leave.

    Attributes
    ----------
    corners
        The bounds, shape ``[bounds, objectives]``; ``-inf`` where a component is bounded by no point.
    """

    def __init__(self, objectives: int) -> None:
        self.corners: FloatArray = np.full((1, objectives), -np.inf)

    def most_after(self, point: FloatArray) -> int:
        """How many bounds there are at most after a point is added."""
        met = int(np.all(self.corners < point, axis=1).sum())
        return len(self.corners) + met * (len(point) - 1)

    def add(self, point: FloatArray) -> bool:
        """Take a point into account; whether anything changed."""
        met = np.all(self.corners < point, axis=1)
        if not met.any():
            return False
        kept, split = self.corners[~met], self.corners[met]
        raised = np.repeat(split[None], len(point), axis=0)
        for component, value in enumerate(point):
            raised[component, :, component] = value
        new = np.unique(raised.reshape(-1, len(point)), axis=0)
        every = np.vstack((kept, new))
        needed = [not np.any(np.all(every <= row, axis=1) & np.any(every < row, axis=1)) for row in new]
        self.corners = np.vstack((kept, new[needed]))
        return True


class UpperBounds:
    """The local upper bounds that proven corners leave.

    Parameters
    ----------
    ideal
        No attained vector is above this in any component, shape ``[objectives]``.
    """

    def __init__(self, ideal: FloatArray) -> None:
        self._mirror = LowerBounds(len(ideal))
        self._mirror.corners = -np.asarray(ideal, dtype=float)[None, :]

    @classmethod
    def at(cls, corners: FloatArray) -> UpperBounds:
        """With these bounds, shape ``[bounds, objectives]``."""
        found = cls(np.zeros(corners.shape[1]))
        found._mirror.corners = -corners
        return found

    @property
    def corners(self) -> FloatArray:
        """The bounds, shape ``[bounds, objectives]``."""
        return -self._mirror.corners

    def most_after(self, corner: FloatArray) -> int:
        """How many bounds there are at most after a corner is added."""
        return self._mirror.most_after(-corner)

    def add(self, corner: FloatArray) -> bool:
        """Take a proven corner into account (``-inf`` where it asks for nothing); whether anything changed."""
        changed = self._mirror.add(-corner)
        self._mirror.corners = self._mirror.corners[np.all(np.isfinite(self._mirror.corners), axis=1)]
        return changed
