r"""The fixed-point operator of Bucarey, Della Vecchia, Jean-Marie & Ordonez (2022), as a method.

In every state the strong Stackelberg equilibrium of the static game whose payoffs are rewards plus discounted values
of what follows (:mod:`~ssg_mip.exact.stage_operator.operator`; Kudo & Akimoto, section 5), iterated by value iteration
or by policy iteration (:mod:`~ssg_mip.methods.fixed_point.iteration`).

**What a fixed point is worth** (Kudo & Akimoto, Theorem 5). At a fixed point ``(V_A, V_B)`` the follower's ``g`` is a
best response to ``f`` and the pair earns ``(V_A, V_B)``; but ``V_A`` is the leader's maximum over policies against a
follower who goes on valuing states by ``V_B``, whatever the leader does. So an equilibrium is sure only where that
makes no difference: with a myopic follower, or where transitions do not depend on the follower's action. Elsewhere
there may be several fixed points, good and bad, or none: the result says what the policy is truly worth.

**Figure 1 of Kudo & Akimoto**, of which they say that the operator does not converge there (after Jean-Marie et al.,
2022). Here it does from every start that was tried, as long as ties between equally good leader actions are decided by
a rule: kindly at (0, 0), unkindly at (0, 0), (10, 9) or (9, 10). Where they are drawn anew in every step
(``leader_ties="random"``) it wanders for ever, which may be what was seen. On random games cycles are common.

The seed decides ties and first values where these are asked to be random, and nothing else.

**When not to use it**: for a policy with a promise use ``commitment`` or ``policy-iteration``. This is the method of
the literature to compare with, and a quick source of policies to start from.
"""

from ssg_mip.exact.stage_operator.operator import StageOperator, Values
from ssg_mip.methods.fixed_point.algorithm import Settings, solve
from ssg_mip.methods.fixed_point.iteration import Behaviour, Iterates, iterate_operator

__all__ = ["Behaviour", "Iterates", "Settings", "StageOperator", "Values", "iterate_operator", "solve"]
