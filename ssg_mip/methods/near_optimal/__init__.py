"""The commitment against a near-optimal follower (:mod:`ssg_mip.problem.followers.near_optimal`).

:mod:`~ssg_mip.methods.near_optimal.optimistic` solves it to a gap, by branch and bound over programs in which an answer
that is played and one that is best stand beside each other. :mod:`~ssg_mip.methods.near_optimal.pessimistic` answers
with an interval: a policy with the value that it secures, and a bound on what any policy secures.
"""
