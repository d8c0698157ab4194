r"""Pareto-optimal policy iteration: Algorithm 1 of Kudo & Akimoto (ACML 2025, arXiv 2405.06689).

From a policy ``f_t`` with values ``V_t`` the set ``W>(f_t)`` holds the policies ``f`` with ``Q_t(s, f) >= V_t(s)`` in
every state and more in some state, where ``Q_t`` is the value of playing ``f`` against its best response once and
earning ``V_t`` afterwards (6). Each of them is at least as good as it promises, ``V^f >= Q_t(., f) >= V_t``
(Theorem 8), so moving to any of them never loses in any state (Theorem 11 a).

* **Start**: the given policy, or the uniform one; the paper's is random (``start="random"``, drawn by the seed).
* **Step**, by ``run.selection``: ``argmax`` takes a maximiser of the scalarised gain ``L[Q_t] - L[V_t]`` (8), up to
  ``gap``; ``epsilon`` a policy with at least the share ``1 - epsilon`` of the best gain (7); ``first`` the first policy
  found whose gain counts (footnote 5): its search ends there, proving nothing, and only where no policy counts does it
  run to the proof. None of these draws anything, so the seed decides nothing; ``sample`` does, from
  ``W(f_t)`` (line 9; :mod:`~ssg_mip.methods.policy_iteration.sampling`).
  ``L`` is ``problem.objective.scalarisation`` (:mod:`ssg_mip.problem.scalarisation`) or the weighted sum; its weights
  are made positive in every state, as a Pareto-compliant scalarisation must be.
* **Stop**, whatever ``L``: when a proven bound shows that over ``W>(f_t)`` the gain ``Q_t - V_t``, averaged over the
  states, is at most ``gap * scale``, with ``scale`` the largest value or reward. With a bound of 0 that is Theorem 9,
  the necessary condition for Pareto optimality; with ``gamma_A = 0`` it is sufficient (Theorem 11 d). Most iterations
  need one program: its bound divided by the smallest weight, of all pieces of ``L``, bounds the plain sum. Only when
  that is inconclusive is the program solved again, with equal weights.

A step whose search has not ended after :data:`~ssg_mip.methods.policy_iteration.step.STEP_NODES` takes the best policy
found, if it counts. The stop test is first put to a bound on the weighted optimum
(:mod:`~ssg_mip.methods.policy_iteration.objective_target`), which often proves what would take the program thousands of
nodes.

Where the program is large (:data:`~ssg_mip.methods.policy_iteration.step.PROGRAM_FIRST`), a step is first looked for
without it (:mod:`~ssg_mip.methods.policy_iteration.large`): any policy that loses in no state will do, whatever the
selection. Only where none is found is the program written, as far as its size and the time allow.

The programs let the follower break ties for the leader. Under the rules ``first`` and ``adverse`` a policy may earn
less than its program promised, so a step is taken only if no true value falls; the stop test remains valid.

The limit depends on the start and can be far from the weighted optimum: **use ``commitment`` for that**, and this
method to improve a given policy without harming any state.
"""

from ssg_mip.methods.policy_iteration.algorithm import solve
from ssg_mip.methods.policy_iteration.step import ImprovementSolver

__all__ = ["ImprovementSolver", "solve"]
