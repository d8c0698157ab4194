r"""Upper bounds on the exact programs, proven again from a certificate in exact integer arithmetic.

**What is proven.** For every stationary leader policy ``f``, every best response ``g`` (deterministic, without loss of
generality) and the follower's values ``v`` against ``f``: ``weights @ V^{f,g} <= bound``. A certificate may *demand*
more of ``(f, g)`` and is then about those alone: a margin, least values of the leader, or, for the improvement program,
no state that loses against given values; there ``weights @ (Q - V) <= bound`` (:mod:`.demands`). It may also say that
none meets its demands.

**The tree.** ``v`` lies in the root box, because ``U`` with ``r_B + gamma_B p U <= U`` on every joint action is an
upper bound and ``L`` with ``max_b min_a (r_B + gamma_B p L) >= L`` is a lower bound of the follower's optimal values.
A node is a box ``l <= v <= u`` with a set of open answers per state. A node is *split* at a value of one ``v(t)`` or
into "the answer in ``s`` is ``b``" and "it is not"; the two parts cover the node. Where a state uses at most ``k``
actions of the leader, one of any ``k + 1`` is closed in as many parts. It is *propagated* by the follower's Bellman
equations (:mod:`.propagation`), which loses no consistent ``(f, g, v)``. It is *closed* by a leaf.

**A leaf.** Let ``lR <= v <= lR + d`` be a reference box that contains the node's, ``h(t) = (v(t) - lR(t)) / d(t)``,
``y(s,a,b)`` the leader-discounted occupancy of ``(f, g)`` and ``m(s,a,b,t) = y(s,a,b) h(t)``. Then hold exactly

* *flow*: ``sum_ab y(s,a,b) - gamma_A sum p(s|s',a,b) y(s',a,b) = weights(s)``, and the same times ``h(t)``:
  ``sum_ab m(s,a,b,t) - gamma_A sum p(s|s',a,b) m(s',a,b,t) = weights(s) h(t)``;
* *incentive*, for an answer ``b`` and any action ``c``: ``sum_a y(s,a,b) [v(s) - q(s,a,c)] >= 0`` with
  ``q(s,a,c) = r_B(s,a,c) + gamma_B sum_t p(t|s,a,c) v(t)``, and ``= 0`` for ``c = b``, because the left side is the
  occupancy of ``s`` times ``v(s) - q(s,f,c)`` if ``g(s) = b`` and 0 otherwise. With ``v = lR + d h`` it is linear in
  ``y`` and ``m``;
* *second level*: an incentive row (either sign where it is an equation, or the difference of two) times ``h(t)`` or
  ``1 - h(t)``, in which the products ``y h(t') h(t)`` are replaced by linear bounds (:mod:`.cut_terms`);
* the same with probabilities ``x(s,a,b) = f(a|s) [g(s) = b]`` of one state instead of ``y``, where ``sum_ab x = 1``
  and ``sum_ab x h(t) = h(t)`` take the place of the flow rows;
* ``0 <= m <= y``, ``sum y = 1 / (1 - gamma_A)``, and ``y(s,a,b) = 0`` for answers that are closed;
* with a margin ``m``, ``m sum_a y(s,a,b)`` more on the right of the incentive rows with ``c != b``;
* with floors, a block ``y_k`` of occupancies from each such state ``k``, for which all this holds too,
  ``sum y_k r_A >= least(k)``, and ``y >= sum_k weights(k) y_k``;
* with rows on the policy, these for each answer in blocks of their state, and across states in blocks ``x``, where
  ``y = d x`` with the occupancies ``d`` in the box (:mod:`.policy_rows`);
* with bounds on costs, these for ``y``, and times ``h(t)`` or ``1 - h(t)``; where a state uses one action of the
  leader, the incentive rows for each of its actions by itself (:mod:`.wider_rows`);
* in the improvement program blocks ``x`` alone, one for each state, and ``sum_ab x [r_A + gamma_A p V - V(s)] >= 0``.

Any multipliers, those of inequalities at least 0, may be chosen: ``objective * sum y r_A`` (in the improvement program
the weighted gain) plus the multiplied rows is at least ``objective`` times what is bounded, and at most the sum of

* the constants of the flow rows and of the floors;
* ``max rho h`` over the node's interval, for the coefficient ``rho`` of each ``h(t)``;
* ``1 / (1 - gamma_A)`` times the largest ``red(y) + sum_t max(0, red(m_t))`` over the open ``(s, a, b)``, where
  ``red`` are the coefficients that remain (likewise with 1 in place of ``1 / (1 - gamma_A)`` for a block of ``x``).

With ``objective > 0`` this bounds what is maximised on the node. With ``objective = 0`` and a negative sum the node
holds no policy. No multiplier is trusted: wrong ones prove less, never something false.

**Before and beside the tree.** A certificate may first make the game smaller, by rounds that are derived again
(:mod:`.reduction`); all that follows is then about what is left, and the bound about the whole game. It may split the
policies by the probability of the first of two leader actions, and close a node by values of every state in place of
multipliers of one program (:mod:`.value_leaf`). Bounds on parts of a weighted sum may be added up (:mod:`.sums`).

**Arithmetic.** Multipliers, boxes and tangents are floats, hence whole numbers over powers of two; the game's
coefficients are enclosed between whole numbers over ``2^128``, and every estimate takes the end that makes the bound
larger.
"""
