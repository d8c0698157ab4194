"""Sets of RLT cuts, stored so that a hundred thousand open nodes can keep theirs."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from ssg_mip.numerics.array_types import FloatArray


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Cuts:
    """Cuts as choices; what they say on a box is worked out by :class:`~ssg_mip.branch_and_bound.rlt_rows.RltRows`.

    Attributes
    ----------
    row, place
        The homogeneous row of each cut, and the box variable ``t`` that it is multiplied with.
    upper_side
        Whether the row is multiplied by ``1 - h(t)`` instead of ``h(t)``.
    choice
        Per cut, one bit for each ``beta`` of its row, which tells the bound taken: ``[cuts, bytes]``.
    tangent
        Per cut, the tangent points of the terms in ``h(t)^2``, as values of ``v(t)``, in the order of the terms:
        ``[cuts, longest]``, padded with 0.
    """

    row: NDArray[np.int32]
    place: NDArray[np.int32]
    upper_side: NDArray[np.bool_]
    choice: NDArray[np.uint8]
    tangent: FloatArray

    @property
    def count(self) -> int:
        """Number of cuts."""
        return len(self.row)

    def joined(self, other: Cuts) -> Cuts:
        """These cuts, then the others."""
        if self.count == 0:
            return other
        return Cuts(
            np.concatenate((self.row, other.row)),
            np.concatenate((self.place, other.place)),
            np.concatenate((self.upper_side, other.upper_side)),
            np.concatenate((self.choice, other.choice)),
            np.concatenate((self.tangent, other.tangent)),
        )

    def only(self, keep: NDArray[np.bool_]) -> Cuts:
        """The cuts marked in a boolean array ``[count]``, in their order."""
        if keep.all():
            return self
        if not keep.any():
            return NO_CUTS
        return Cuts(self.row[keep], self.place[keep], self.upper_side[keep], self.choice[keep], self.tangent[keep])


NO_CUTS = Cuts(
    np.empty(0, dtype=np.int32),
    np.empty(0, dtype=np.int32),
    np.empty(0, dtype=bool),
    np.empty((0, 0), dtype=np.uint8),
    np.empty((0, 0)),
)
"""The empty set."""
