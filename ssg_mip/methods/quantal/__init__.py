r"""The commitment against a quantal follower: the best policy that local ascents find, under a proven bound.

His answer is smooth in the policy (:mod:`ssg_mip.evaluation.soft_response`), so that the leader's value has a
derivative, and ascents along it (:mod:`~ssg_mip.methods.quantal.ascent`) from several starts, one after the other, find
local optima: from the given start, from the uniform policy, from the same at higher temperatures cooled down to his,
from the leader's part of a plan for both players, from a good commitment against a rational follower, and from policies
that the seed draws. Ctrl-C and limits end the work with the best policy so far.

**The bound** is what no pair of policies exceeds, or less where a search over linear rows that his answers keep
(:mod:`~ssg_mip.methods.quantal.bound`) proves less; of that there are no certificates. The strong Stackelberg value is
no bound: a follower who errs may err in the leader's favour. The status is ``optimal`` where the policy meets the bound
within the gap, and ``feasible`` elsewhere.
"""

from ssg_mip.methods.quantal.algorithm import Settings, solve

__all__ = ["Settings", "solve"]
