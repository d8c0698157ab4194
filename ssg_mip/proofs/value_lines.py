"""Values that prove a bound without a search, as lines of a certificate.

What the values of a tree show is in :mod:`ssg_mip.proofs.value_tree`. Where they are those of a standard form, the
follower's boxes are widened and the leader's values raised by what the rounding of its rewards may change.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from ssg_mip.checker.dual.units import raised
from ssg_mip.evaluation.standard_form import StandardForm
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.proofs.claim import Claim
from ssg_mip.proofs.rounding import rounding_of
from ssg_mip.proofs.value_tree import FollowerLine, ValueLeaf, ValueNode, ValueSplit, in_preorder, leaves_of

SUMS = 1e-10
"""How far, relative to the values, a weighted sum of them in floating point may lie from the exact one."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class ValueLines:
    """The values of a tree, as they are written.

    Attributes
    ----------
    tree
        The values.
    form
        The standard form that they belong to, if they are not those of the game itself.
    """

    tree: ValueNode
    form: StandardForm | None

    def shown(self, claim: Claim) -> Fraction | None:
        """The weighted bound that the values prove; ``None`` where they say nothing of the claim."""
        if claim.values is not None or claim.policy is not None:
            return None
        weights = [Fraction(weight) for weight in claim.weights.tolist()]
        used = [state for state, weight in enumerate(weights) if weight]
        total = sum(weights, Fraction(0))
        found = []
        for leaf in leaves_of(self.tree):
            values = self._upper_of(leaf).tolist()
            if not all(map(math.isfinite, values)):
                return None
            found.append(sum((weights[state] * Fraction(values[state]) for state in used), Fraction(0)) / total)
        return max(found)

    def raise_claim(self, claim: Claim) -> Claim:
        """The claim with its bound raised to what the values prove, where that is the same but for rounding."""
        shown = self.shown(claim)
        if shown is None or not math.isfinite(claim.bound) or shown <= claim.bound:
            return claim
        size = max(float(np.abs(leaf.upper).max()) for leaf in leaves_of(self.tree))
        slack = max(self._slack_of(leaf) for leaf in leaves_of(self.tree))
        if shown > Fraction(claim.bound + SUMS * size + 2.0 * slack):
            return claim
        return dataclasses.replace(claim, bound=raised(shown))

    def lines(self) -> Iterator[list[Any]]:
        """The nodes in preorder."""
        for node in in_preorder(self.tree):
            if isinstance(node, ValueSplit):
                yield ["x", int(node.state), float(node.probability)]
            else:
                yield self._leaf(node)

    def _leaf(self, leaf: ValueLeaf) -> list[Any]:
        box = None
        if leaf.follower is not None:
            wider, (lower, upper) = rounding_of(self.form)[0], leaf.follower
            box = [(lower - wider).tolist(), (upper + wider).tolist()]
        multipliers = [
            [int(state), int(answer), [[int(c), float(by)] for c, by in pairs]]
            for (state, answer), pairs in leaf.multipliers.items()
        ]
        line = [] if leaf.line is None else [_entry_of(leaf.line)]
        return ["u", self._upper_of(leaf).tolist(), box, multipliers, *line]

    def _slack_of(self, leaf: ValueLeaf) -> float:
        """What the rounded rewards of the standard form may take from the proof of a leaf."""
        follower, leader = rounding_of(self.form)
        discount = 0.0 if self.form is None else self.form.leader.discount
        most = max((sum(by for _, by in pairs) for pairs in leaf.multipliers.values()), default=0.0)
        return leader + 2.0 * most * follower / (1.0 - discount)

    def _upper_of(self, leaf: ValueLeaf) -> FloatArray:
        slack = self._slack_of(leaf)
        return leaf.upper + slack if slack else leaf.upper


def _entry_of(line: FollowerLine) -> list[Any]:
    """A line of the follower's values, as the last entry of a leaf."""
    return [int(line.state), line.first.tolist(), line.second.tolist(), float(line.ratio)]
