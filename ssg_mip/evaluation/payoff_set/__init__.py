r"""The payoff-set bound: what no leader policy is worth, from what both players can get together.

For a slope ``k >= 0`` let ``W_k(s)`` be the supremum of ``V(s) + k v(s)`` over all leader policies and best responses,
``V`` the leader's and ``v`` the follower's value. Let ``L <= v <= U``, let ``mu(b') >= 0`` be multipliers of the
follower's conditions ``v(s) >= q(s, b')``, and ``M = sum mu``. If the answer in ``s`` is ``b``, then ``v(s) = q(s, b)``
and

    ``V + k v  <=  V + k v + sum_b' mu(b') [v - q(b')]  =  V + (k + M) v - sum_b' mu(b') q(b')``.

Both values are expanded by one step. Of what follows, ``gamma_A V + gamma_B (k + M) v <= gamma_A W_j`` with the slope
``j = (gamma_B / gamma_A) (k + M)``, and ``-v <= -L``; the mean over the leader's mix is at most the largest of its
members. So ``W_k(s) <= T_mu W``, where

    ``T_mu H (s, k) = max_b max_a { r_A + (k + M) r_B + gamma_A sum_t p(t|s,a,b) H_j(t)
    - sum_b' mu(b') [ r_B(s,a,b') + gamma_B sum_t p(t|s,a,b') L(t) ] }``

with ``mu`` chosen for each ``(s, b, k)``. ``W_k`` is convex in ``k``, so between slopes of a grid it is at most what
linear interpolation of upper bounds gives, and beyond the largest slope ``K`` at most ``H_K + (j - K) U``. The operator
is monotone, and ``T_mu (H + c) <= T_mu H + gamma_A c`` for a constant ``c >= 0``. Hence every ``H`` with
``H >= T_mu H`` in all states, for slopes and multipliers of the grid, is at least ``W``: if ``d`` is the largest amount
by which ``W`` exceeds ``H`` anywhere, ``W <= T_mu W <= T_mu (H + d) <= H + gamma_A d``. What follows for the leader is

    ``V(s) <= min_k [ H_k(s) - k L(s) ]``.

The iteration begins at what a planner who moves both players gets, plus ``k U``, which has the property for ``mu = 0``.
For given multipliers the least ``H`` that has it is the value of a decision process on pairs of state and slope, and
policy iteration leads there: a support ``G`` is what the maximisers ``(b, a)`` of the step before are worth. Nothing is
proven by that. But if ``T_mu G <= G + (1 - gamma_A) c`` for a constant ``c >= 0``, then ``G + c`` has the property, as
``T_mu (G + c) <= T_mu G + gamma_A c``, and so has the lesser of it and ``T_mu G + gamma_A c``, and the lesser of two
supports that have it for the same multipliers. The best support that has been proven in this way is kept, with its
multipliers, while the work goes on from ``G``: other multipliers are chosen where they lower ``T_mu G``, for the
answers that reach the maximum. So it may be stopped at any time.

**Leaders who remember.** Nothing of this needs the policy to be stationary. Let ``W_k(s)`` be the supremum over all
leader strategies that may depend on the history, all best responses of a follower who sees the strategy, and all
histories that end in ``s``. After each history the follower's continuation is optimal, so it is worth at least what
answering ``b'`` once and then playing on well is worth, and at least ``L``, which he secures by a stationary policy
against everything. The step above then holds history by history, and what follows is again a history. If he mixes
answers, each of them is optimal, and the mean over them is at most the largest. So the bound holds for these leaders
too, under any rule for ties.

Multipliers are jumps from a slope of the grid to a larger one, ``M = k' - k``, in proportions ``mu = M beta`` of a few
mixes ``beta`` of follower actions: single actions, pairs, all alike.
"""

from __future__ import annotations

from ssg_mip.evaluation.payoff_set.bound import PayoffBound, payoff_set_bound

__all__ = ["PayoffBound", "payoff_set_bound"]
