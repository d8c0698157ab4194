r"""The plain programs written straight into arrays: what Pyomo's models become when they are compiled, without Pyomo.

The commitment program (P) of a weighted sum, with or without floors, and the improvement program (I) of weights, for a
rational follower and without rows on the policy, are what nearly every search solves. Through Pyomo most of the time to
their first linear program goes into the writing, so these two are made from the arrays of the game. All else goes
through Pyomo, which says first what a program is (:mod:`ssg_mip.programs.commitment`,
:mod:`ssg_mip.programs.improvement`). A test holds both writers equal, number by number: the same rows, columns and
products in the same order.

* :mod:`~ssg_mip.lp.direct.sheet`: linear forms, families of rows and columns, and the compiled program they become.
* :mod:`~ssg_mip.lp.direct.blocks`: a block of weights with its products, and the rows that it has.
* :mod:`~ssg_mip.lp.direct.commitment`, :mod:`~ssg_mip.lp.direct.improvement`: the programs, block by block.

Which joint actions there are is said once by :class:`~ssg_mip.programs.rows.Selection`, which products they have by
:class:`~ssg_mip.programs.coupling.Coupling`, what a joint action gains in (I) by
:func:`~ssg_mip.programs.improvement.leader_gains`, where (P) starts by :class:`~ssg_mip.programs.direction.Direction`.
"""

from ssg_mip.lp.direct.commitment import commitment_in_arrays, is_plain_direction
from ssg_mip.lp.direct.improvement import improvement_in_arrays

__all__ = ["commitment_in_arrays", "improvement_in_arrays", "is_plain_direction"]
