"""Where the exact search looks for good policies: at relaxed points, and uphill from there.

A relaxed point mixes the follower's answers. The answers that carry most of its weight are the response it *wants*;
the ascent goes to where the follower gives that response and ascends on from there. Responses that have been fruitless
are tried less and less often, but never given up: as the boxes shrink, the relaxed points come closer.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import numpy as np

from ssg_mip.exact.heuristics.sequential_lp import Ascent
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.problem.evaluated_policy import Candidate

FRUITLESS = 5
"""Ascents towards the same response that brought nothing, after which only every doubling of their number is tried."""


class PrimalSearch:
    """Exact policies near relaxed points.

    Parameters
    ----------
    game
        The game.
    evaluate
        Turns a policy into an exactly evaluated candidate.
    ascent
        How to ascend; ``None`` to leave it out.
    """

    def __init__(self, game: Game, evaluate: Callable[[LeaderPolicy], Candidate], ascent: Ascent | None) -> None:
        self._game = game
        self._evaluate = evaluate
        self.ascent = ascent
        self._fruitless: dict[bytes, int] = {}

    def from_policy(self, policy: LeaderPolicy) -> Iterator[Candidate]:
        """A policy, and what is reached by ascending from it."""
        candidate = self._evaluate(policy)
        yield candidate
        if self.ascent is not None:
            yield self.ascent.ascend(candidate)

    def from_weights(self, weights: FloatArray, primal_bound: float) -> Iterator[Candidate]:
        """The policy that a relaxed point implies, and what lies uphill from it.

        Parameters
        ----------
        weights
            Weight per joint action, at least 0, shape ``[num_rows]``.
        primal_bound
            The best value known; what does not exceed it counts as fruitless.
        """
        game = self._game
        slots = np.bincount(game.row_leader_slot, weights, int(game.leader_offsets[-1]))
        candidate = self._evaluate(LeaderPolicy.from_slots(game, slots))
        yield candidate
        wanted = self._wanted(weights)
        if self.ascent is not None and (candidate.value > primal_bound or self._worth_trying(wanted)):
            ascended = self._ascend_towards(wanted, candidate, self.ascent)
            if ascended.value <= primal_bound:
                self._fruitless[wanted.tobytes()] = self._fruitless.get(wanted.tobytes(), 0) + 1
            yield ascended

    def _ascend_towards(self, wanted: IntArray, candidate: Candidate, ascent: Ascent) -> Candidate:
        if not np.array_equal(candidate.answers, wanted):
            candidate = self._evaluate(ascent.restore(candidate.policy, wanted))
        return ascent.ascend(candidate)

    def _worth_trying(self, wanted: IntArray) -> bool:
        key = wanted.tobytes()
        failures = self._fruitless.get(key, 0)
        if failures < FRUITLESS or failures & (failures - 1) == 0:
            return True
        self._fruitless[key] = failures + 1
        return False

    def _wanted(self, weights: FloatArray) -> IntArray:
        """The answer with the largest weight in every state."""
        game = self._game
        weight = np.bincount(game.row_follower_slot, weights, int(game.follower_offsets[-1]))
        return np.array([int(np.argmax(weight[a:b])) for a, b in itertools.pairwise(game.follower_offsets)])
