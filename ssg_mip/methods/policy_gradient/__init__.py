r"""Stackelberg policy gradient: Das, Nortmann, Ratliff, Gupta & Mylvaganam, *Learning in stochastic Stackelberg games*.

Both players have softmax policies (7); the follower's reward includes the entropy of its policy times a temperature
``lambda`` (3)-(4), which makes its best response ``B(theta_1)`` unique and smooth (Propositions 1 and 2). The leader
climbs ``V_1(theta_1, B(theta_1))`` along its total derivative (18)-(19). All derivatives are exact, by linear algebra
(:mod:`~ssg_mip.methods.policy_gradient.derivatives`): there is no sampling and no automatic differentiation.

Two variants (:mod:`~ssg_mip.methods.policy_gradient.ascent`):

* ``two-timescale``, the paper's algorithm (8)-(9) and the default: both move at once, the follower on the faster time
  scale (12), the leader along (19), at a constant temperature. Theorem 1: converges to a stationary point of
  ``V_1(theta_1, B(theta_1))`` under Assumptions 1-5. The paper prints conditions on the steps, no steps, temperature
  or example; those here are ours (:mod:`~ssg_mip.methods.policy_gradient.schedule`);
* ``inner-loop``: the follower is at its regularised best response in every step, the leader climbs along (18) with
  steps that never lose value, and the temperature falls. This is the limit of a follower that is infinitely fast; it
  gets closer to optima at ties.

**What it finds** is a stationary point for a follower who plays ``B(theta_1)``, at best a local optimum. An optimal
commitment nearly always sits where a rational follower is indifferent; there the smoothed follower answers half and
half, so the climb stops short of the tie by about ``lambda``, or, where the leader gains by crossing it, goes past it:
then a rational follower answers otherwise and the *unregularised* value, which this package reports, drops by a jump.
Small temperatures promise more and see less: away from ties a hard follower does not react at all, and the climb ends
on a plateau. Softmax policies have one more kind of plateau, near every deterministic policy (``first_order_gain``).

**When not to use it**: for the best policy, or any promise. This is the method of the literature to compare with.
"""

from ssg_mip.methods.policy_gradient.algorithm import Settings, solve
from ssg_mip.methods.policy_gradient.ascent import Ascent, Outcome, inner_loop, two_timescale
from ssg_mip.methods.policy_gradient.derivatives import Derivatives, differentiate
from ssg_mip.methods.policy_gradient.response import ascend, regularised_response
from ssg_mip.methods.policy_gradient.schedule import Schedule
from ssg_mip.methods.policy_gradient.tabular import TabularGame

__all__ = [
    "Ascent",
    "Derivatives",
    "Outcome",
    "Schedule",
    "Settings",
    "TabularGame",
    "ascend",
    "differentiate",
    "inner_loop",
    "regularised_response",
    "solve",
    "two_timescale",
]
