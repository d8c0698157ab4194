r"""Algorithm 2 of Kudo & Akimoto (appendix G): policy iteration over regions of policies that share a response.

The leader's policies split into regions ``W_1, ..., W_K``, on each of which one deterministic follower policy ``g_k``
is a best response. From ``f_t`` with values ``V_t`` the regions are visited in random order:

* (53): minimise ``z`` subject to ``V_t(s) - Q_t(s, f, g_k) <= z`` for every ``s`` and ``f`` in ``W_k``. For a follower
  who looks ahead a region is no polyhedron, because his values move with ``f``; it is the improvement program with one
  answer in every state, and our search solves it.
* (54): if ``z <= 0``, improve its policy inside the region by steps along which no state's ``Q_t`` falls, each
  projected onto the region, until there is none (:mod:`ssg_mip.methods.response_regions.ascent`).
* If the result strictly dominates ``f_t``, move there; if no region helps, stop.

The seed decides the order of the regions, and nothing else. Regions come lazily
(:mod:`ssg_mip.methods.response_regions.regions`): partial responses that no policy has, or none without a losing state,
are given up as a whole, and responses that have occurred are tried first. The appendix says that few responses occur,
without evidence; the counts ``regions`` (problems (53) solved), ``pruned`` (partial responses given up) and
``responses`` (distinct ones seen to occur) say what was met, and ``python -m tests.benchmarks.responses`` counts them
all.

The ascent (54) is local, so that no region helps proves nothing. The test of Theorem 9 follows, and what it finds is
taken: the count ``missed`` says how often. So a run ends with the same status and proof as ``policy-iteration``, which
is usually much faster: use this to see the regions, or where one response is easy and the whole is not.
"""

from ssg_mip.methods.response_regions.algorithm import solve

__all__ = ["solve"]
