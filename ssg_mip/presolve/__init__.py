"""Makes a game smaller before it is solved, without loss, and leads answers back.

:func:`~ssg_mip.presolve.reduce.reduce_game` removes, :func:`~ssg_mip.presolve.parts.split_parts` splits what is left,
:func:`~ssg_mip.presolve.way_back.put_together` makes one policy of the answers, and
:func:`~ssg_mip.presolve.summary.summary` says what was done. Every removal is a claim that the checker derives again
(:mod:`ssg_mip.proofs.reduction`).
"""

from ssg_mip.presolve.parts import Part, restricted, split_parts
from ssg_mip.presolve.reduce import reduce_game
from ssg_mip.presolve.restriction import unreduced
from ssg_mip.presolve.summary import in_one_line, summary
from ssg_mip.presolve.way_back import policy_in, put_together

__all__ = [
    "Part",
    "in_one_line",
    "policy_in",
    "put_together",
    "reduce_game",
    "restricted",
    "split_parts",
    "summary",
    "unreduced",
]
