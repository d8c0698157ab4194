r"""The tree of a search, as lines of a certificate.

The multipliers of a linear program are sorted into blocks by the tags of its rows:

* a multiplier ``k`` of an equation ``row == constant`` enters the bound as ``k (constant - row)``: flow rows and
  simplex rows keep it, ``own`` and ``incentive`` rows, written as ``row == 0`` and ``row >= 0``, change its sign;
* those of ``m <= y`` are left out, because the checker takes the best ones;
* those of rows outside the blocks, ``row >= constant``, change their sign;
* that of the objective as a row has been added to the objective's own.

They are written as they are, so that they prove exactly what the search has bounded in floating point.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ssg_mip.branch_and_bound.tree_log import Proof, TreeLog
from ssg_mip.evaluation.standard_form import StandardForm
from ssg_mip.evaluation.value_bounds import follower_value_bounds
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.proofs.claim import Claim
from ssg_mip.proofs.rounding import ROUNDED, rounding_of
from ssg_mip.proofs.rows import BlockLayout, cut_entries

LEAST_SHARE = 2.0**-110
"""Multipliers below this share of the largest one are left out."""


class TreeLines:
    """Writes the tree of a search.

    Parameters
    ----------
    root
        The tree.
    form
        The standard form that the search has run on, if it is not the game itself.
    claim
        What the tree is to prove.
    """

    def __init__(self, root: TreeLog, form: StandardForm | None, claim: Claim) -> None:
        self._root = root
        self._form = form
        self._claim = claim
        self._layouts: dict[int, BlockLayout] = {}

    def proves(self, bound: float) -> bool:
        """Whether no leaf has more than this."""
        return all(leaf.bound <= bound for leaf in self._leaves())

    def conditional(self, game: Game) -> tuple[int, ...]:
        """The states whose blocks the programs of the leaves have."""
        for leaf in self._leaves():
            if leaf.proof is not None:
                return self._layout(game, leaf.proof).conditional
        return ()

    def lines(self, game: Game) -> Iterator[list[Any]]:
        """The nodes in preorder.

        Raises
        ------
        SolverError
            If a leaf has a row that no certificate covers.
        """
        open_nodes = [self._root]
        while open_nodes:
            trace = open_nodes.pop()
            open_nodes += reversed(trace.parts)
            match trace.split_at:
                case None:
                    yield ["e"] if trace.proof is None else self._leaf(game, trace.proof)
                case ("g", choice, _):
                    state = int(game.follower_slot_state[choice])
                    yield ["g", state, choice - int(game.follower_offsets[state])]
                case ("v", place, value):
                    yield ["v", place, value]
                case ("a", _, _):
                    yield self._closings(game, trace.closings)
                case _:
                    yield ["p"]

    @staticmethod
    def _closings(game: Game, choices: Sequence[int]) -> list[Any]:
        """The state and the leader's actions of which one is closed in each part; they come after the answers."""
        slots = [choice - int(game.follower_offsets[-1]) for choice in choices]
        state = int(game.leader_slot_state[slots[0]])
        return ["a", state, [slot - int(game.leader_offsets[state]) for slot in slots]]

    def _leaves(self) -> Iterator[TreeLog]:
        open_nodes = [self._root]
        while open_nodes:
            trace = open_nodes.pop()
            if trace.split_at is None:
                yield trace
            open_nodes += trace.parts

    def _layout(self, game: Game, proof: Proof) -> BlockLayout:
        key, claim = id(proof.program), self._claim
        if key not in self._layouts:
            coupled = () if claim.policy is None or claim.values is not None else claim.policy.coupled_states(game)
            self._layouts[key] = BlockLayout(proof.program, improving=claim.values is not None, coupled=coupled)
        return self._layouts[key]

    def _box(self, game: Game, proof: Proof) -> tuple[FloatArray, FloatArray]:
        """The box that multipliers are about; of a program in occupancies alone all that there is."""
        policy = self._claim.policy
        if len(proof.box.lower) or policy is None:
            return proof.box.lower, proof.box.upper
        whole, states = follower_value_bounds(game), list(policy.coupled_states(game))
        ends = [function[states] @ self._claim.weights for function in (policy.below, policy.above)]
        return np.concatenate((whole.lower, ends[0])), np.concatenate((whole.upper, ends[1]))

    def _leaf(self, game: Game, proof: Proof) -> list[Any]:
        layout = self._layout(game, proof)
        largest = max(float(np.abs(proof.row_dual).max(initial=0.0)), proof.objective)
        dual = np.where(np.abs(proof.row_dual) > LEAST_SHARE * largest, proof.row_dual, 0.0)
        blocks = layout.blocks(game, dual.tolist())
        for block, cut in cut_entries(game, layout, proof, np.maximum(-dual[layout.first_cut :], 0.0).tolist()):
            blocks[block][3].append(cut)
        objective, outside = proof.objective, layout.outside(game, dual.tolist())
        if self._claim.policy is not None:
            objective = layout.objective(objective, dual.tolist())
            further = layout.wider(dual.tolist()) if self._claim.in_wider_format else []
            outside = [*outside, [*layout.policy(dual.tolist()), *further]]
        # The boxes of the replay are those of the exact rewards, which rounding may put a little further out.
        wider = ROUNDED * rounding_of(self._form)[0]
        lower, upper = self._box(game, proof)
        lower, upper = lower - wider, upper + wider
        return ["l", objective, lower.tolist(), upper.tolist(), *blocks, *outside]
