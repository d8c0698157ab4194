r"""Local ascent for games of a hundred to ten thousand states: trust-region linear programs, sparse, with few rows.

Each round solves a first-order model around the present policy for a fixed response ``g``
(:mod:`~ssg_mip.exact.heuristics.sparse_steps.model`): changes ``df`` of the probabilities and ``dv`` of the follower's
values, linked by ``(I - gamma_B P_g) dv = sum_a df q`` instead of an inverse. Incentive rows with much slack are left
out until they are violated (:mod:`~ssg_mip.exact.heuristics.sparse_steps.program`). The exact follower judges what
comes out. A better policy is kept and the radius doubles; otherwise the radius shrinks.

**Corrections.** The solution of a program sits where the follower is indifferent to first order. The second order then
decides for him, often against ``g`` and at the cost of much of the leader's value, however small the radius is: in a
game of many states some reply always tips. So further programs around the new policy, within a fifth of the radius and
then a fifth of that, bring ``g`` back, by Newton's method on the rows that are active. The rows ask for a small strict
advantage, so that what is reached does not rest on a tie within a tolerance; where two replies nearly tie, the one that
the leader likes better is tried as ``g`` first.

**Steps that lose nowhere** keep every value in one of two ways, which take turns: to first order, with changes ``dV``
of the leader's values, ``0 <= dV <= sum_a df Q + gamma_A P_g dV``, or by ``Q_t(s, f) >= V_t(s)`` (Theorem 8 of Kudo &
Akimoto), which is linear in ``f`` for a fixed response. Whichever is asked, the exact values decide.

**Blocks.** Above the sizes that pay a step moves one block of states
(:mod:`~ssg_mip.exact.heuristics.sparse_steps.blocks`).
"""

from ssg_mip.exact.heuristics.sparse_steps.climbing import Climb, climb, steps

__all__ = ["Climb", "climb", "steps"]
