"""What the solution of an easy class hands back: a policy, and values that no policy exceeds with what shows it."""

from __future__ import annotations

import dataclasses

from ssg_mip.base.status import BoundProof
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.evaluated_policy import EvaluatedPolicy
from ssg_mip.proofs.value_tree import ValueLeaf


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Settled:
    """The solution of a game of an easy class, as far as it came.

    Attributes
    ----------
    found
        The best policy met with the follower's exact response.
    upper
        Proven upper bound on the leader's value in every state, over all policies, with all rounding counted.
    proof
        What ``upper`` rests on.
    leaf
        The same as data for a certificate; ``None`` where the bound is that of a planner who moves both players.
    final
        Whether a search would find nothing better: what is missing is the doing of the rule for ties.
    rounds, lps
        Work done.
    """

    found: EvaluatedPolicy
    upper: FloatArray
    proof: BoundProof
    leaf: ValueLeaf | None = None
    final: bool = False
    rounds: int = 0
    lps: int = 0
