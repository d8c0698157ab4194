r"""Parts of a game that are copies of each other, and visited in a fixed proportion.

Types of a follower who has no say in where the game goes are such parts: the same transitions under the same policy,
from starts that differ by a factor. Then ``d(s') = r d(s)`` for the discounted visits of a state and of its copy,
whatever is played, and to play alike in both is *linear in occupancies*: ``sum_b y(s',a',b) = r sum_b y(s,a,b)``.
Neither probabilities beside the occupancies nor a box variable for the visits are needed.

Where the leader looks at the immediate reward only, every state is a part by itself.

In floating point the starts are proportional up to a rounding ``e``. Then ``|d(s') - r d(s)|`` is at most
``|e|_1 / (1 - gamma_A)``, because transitions carry this difference on and add nothing to it, and the equation holds
within that.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from ssg_mip.exact.heuristics.alike import Alike
from ssg_mip.game.game import Game
from ssg_mip.game.game_class import is_myopic, moved_by_leader_alone
from ssg_mip.numerics.array_types import IntArray
from ssg_mip.problem.policy_space import PolicyRow, Scope
from ssg_mip.problem.problem import Problem
from ssg_mip.programs.unsteered import SamePolicy

PROPORTIONAL = 1e-12
"""By how much starts may be off proportion, in sum, and count as proportional."""

ROUNDINGS = 16.0 * float(np.finfo(float).eps)
"""Rounding of a few operations, as a share of what is added up."""


def same_policies(problem: Problem) -> tuple[SamePolicy, ...] | None:
    """The rows that couple states as equations between occupancies; ``None`` if they are anything else.

    ``None`` also where the follower looks ahead and his actions decide where the game goes.
    """
    game = problem.game
    at_once = is_myopic(game) and game.leader_discount == 0.0
    if not (at_once or moved_by_leader_alone(game)):
        return None
    alike = Alike(game, problem.policies)
    if not all(_is_kept(row, alike.source) for row in problem.policies.of_scope(game, Scope.COUPLING)):
        return None
    return _Copies(problem, alike.source).found()


def _is_kept(row: PolicyRow, source: IntArray) -> bool:
    """Whether a row says no more than that two states play alike."""
    places = np.flatnonzero(row.coefficients)
    return bool(row.lower == row.upper == 0.0 and len(places) == 2 and source[places[0]] == source[places[1]])


@dataclasses.dataclass(frozen=True, eq=False)
class _Copies:
    """A problem, and for every leader slot the first one in which the same is played."""

    problem: Problem
    source: IntArray

    @property
    def game(self) -> Game:
        return self.problem.game

    def found(self) -> tuple[SamePolicy, ...] | None:
        """All equations; ``None`` if a part that does not play for itself is no copy."""
        parts, of_state = self._parts(), self._source_of_states()
        part_of = np.concatenate([np.full(len(part), k) for k, part in enumerate(parts)])
        part_of = part_of[np.argsort(np.concatenate(parts))]
        same: list[SamePolicy] = []
        for part in parts:
            images = of_state[part]
            if np.array_equal(images, part):
                continue
            whole = np.flatnonzero(part_of == part_of[images[0]])
            if not (np.array_equal(np.sort(images), whole) and self._moves_alike(part, of_state)):
                return None
            equations = self._equations(part, images)
            if equations is None:
                return None
            same += equations
        return tuple(same)

    def _parts(self) -> list[IntArray]:
        """States that have nothing to do with those of other parts."""
        count = self.game.num_states
        if self.game.leader_discount == 0.0:
            return [np.array([s]) for s in range(count)]
        from scipy.sparse import csr_array
        from scipy.sparse.csgraph import connected_components

        left = np.repeat(self.game.row_state, np.diff(self.game.indptr))
        moves = csr_array((np.ones(len(left)), (left, self.game.successors)), shape=(count, count))
        parts, label = connected_components(moves, directed=False)
        return [np.flatnonzero(label == k) for k in range(parts)]

    def _source_of_states(self) -> IntArray:
        """The first state in which the same is played; states of one action go by their labels."""
        game, seen = self.game, self.problem.policies.observed
        found: IntArray = game.leader_slot_state[self.source[game.leader_offsets[:-1]]]
        if seen:
            first = np.array([seen.index(label) for label in seen])
            found = np.where((game.leader_counts == 1) & (game.leader_counts[first] == 1), first, found)
        return found

    def _moves_alike(self, part: IntArray, of_state: IntArray) -> bool:
        """Whether the states of a part and their images lead to states and to their images in the same way."""
        itself = np.arange(len(of_state))
        return self.game.leader_discount == 0.0 or all(
            self._next(slot, of_state) == self._next(source, itself)
            for slot, source in self._slots(part, of_state[part])
        )

    def _slots(self, part: IntArray, images: IntArray) -> list[tuple[int, int]]:
        """The leader slots of states, each with the one of the state's image in which the same is played."""
        first = self.game.leader_offsets
        pairs = []
        for s, image in zip(part.tolist(), images.tolist(), strict=True):
            slots = range(int(first[s]), int(first[s + 1]))
            pairs += [(slot, int(self.source[slot]) if len(slots) > 1 else int(first[image])) for slot in slots]
        return pairs

    def _next(self, slot: int, named: IntArray) -> list[tuple[int, float]]:
        """Where a leader slot leads, with the states as they are named; the follower has no say in it."""
        game = self.game
        s = int(game.leader_slot_state[slot])
        states, probabilities = game.next_states(game.row(s, slot - int(game.leader_offsets[s]), 0))
        return sorted(zip(named[states].tolist(), probabilities.tolist(), strict=True))

    def _equations(self, part: IntArray, images: IntArray) -> list[SamePolicy] | None:
        """Those of a part and its image; ``None`` if their starts are not proportional. The last action follows."""
        start = self.problem.weights
        total = float(start[images].sum())
        if total <= 0.0:
            return None
        ratio = float(start[part].sum()) / total
        off = float(np.abs(start[part] - ratio * start[images]).sum())
        if off > PROPORTIONAL:
            return None
        slack = (off + ROUNDINGS * float(start[part].sum())) / (1.0 - self.game.leader_discount)
        last = set((self.game.leader_offsets[1:] - 1).tolist())
        return [
            SamePolicy(slot=slot, source=source, ratio=ratio, slack=slack)
            for slot, source in self._slots(part, images)
            if slot not in last
        ]
