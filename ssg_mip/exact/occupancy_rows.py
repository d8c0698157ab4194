r"""What couples states, said of occupancies: where these are known, or in a fixed proportion, whatever is played.

**Where neither player decides where the game goes**, or the leader looks at the immediate reward only, the visits
``d(s)`` are numbers. Then ``sum_b y(s,a,b) = d(s) f(a|s)``, and any row on the policy is one on ``y``.

**Parts that are copies of each other** are visited in a fixed proportion.

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

from ssg_mip.evaluation.occupancy_bounds import occupancy_bounds
from ssg_mip.evaluation.reach import unconnected_parts
from ssg_mip.exact.heuristics.alike import Alike
from ssg_mip.game.game import Game
from ssg_mip.game.game_class import is_myopic, moved_by_follower_alone, moved_by_leader_alone
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.problem.policy_space import PolicyRow, Scope, Side
from ssg_mip.problem.problem import Problem
from ssg_mip.programs.unsteered import OccupancyRow

PROPORTIONAL = 1e-12
"""By how much starts may be off proportion, in sum, and count as proportional."""

LEAST_VISITS = 1e-9
"""Occupancies below this are not divided by."""

KNOWN = 1e-9
"""Share by which visits may be uncertain and count as known."""

ROUNDINGS = 16.0 * float(np.finfo(float).eps)
"""Rounding of a few operations, as a share of what is added up."""


def occupancy_rows(problem: Problem) -> tuple[OccupancyRow, ...] | None:
    """The rows that couple states as rows on occupancies; ``None`` if that is not what they are.

    ``None`` also where the follower looks ahead and his actions decide where the game goes.
    """
    game = problem.game
    at_once = is_myopic(game) and game.leader_discount == 0.0
    if not (at_once or moved_by_leader_alone(game)):
        return None
    found = _of_known_visits(problem)
    if found is not None:
        return found
    alike = Alike(game, problem.policies)
    if not all(_is_kept(row, alike.source) for row in problem.policies.of_scope(game, Scope.COUPLING)):
        return None
    return _Copies(problem, alike.source).found()


def _of_known_visits(problem: Problem) -> tuple[OccupancyRow, ...] | None:
    """The rows divided by the visits of their states; ``None`` where a state has none or they are not known."""
    game, states = problem.game, problem.policies.coupled_states(problem.game)
    if not (game.leader_discount == 0.0 or moved_by_follower_alone(game)):
        return None
    visits, off = _known_visits(problem)
    if np.any(visits[states] <= LEAST_VISITS) or np.any(off[states] > KNOWN):
        return None
    return tuple(
        _divided(game, side, position, visits, off)
        for position, side in enumerate(problem.policies.sides(game, Scope.COUPLING))
    )


def _known_visits(problem: Problem) -> tuple[FloatArray, FloatArray]:
    """How often each state is visited, and by what share that may be off."""
    game, start = problem.game, problem.weights
    if game.leader_discount == 0.0:
        return start, np.full(len(start), ROUNDINGS)
    bounds = occupancy_bounds(game, start)
    middle = 0.5 * (bounds.lower + bounds.upper)
    width = np.maximum(bounds.upper - middle, middle - bounds.lower)
    return middle, width / np.where(middle > 0.0, middle, 1.0) + ROUNDINGS


def _divided(game: Game, side: Side, position: int, visits: FloatArray, off: FloatArray) -> OccupancyRow:
    """A side of a row, divided by visits that are off by these shares: no probability moves by more than that."""
    state = game.leader_slot_state
    slack = float(np.maximum.reduceat(np.abs(side.coefficients) * off[state], game.leader_offsets[:-1]).sum())
    return OccupancyRow(
        coefficients=side.coefficients / np.maximum(visits, LEAST_VISITS)[state],
        lower=side.limit - slack if side.equation else -np.inf,
        upper=side.limit + slack,
        position=position,
    )


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

    def found(self) -> tuple[OccupancyRow, ...] | None:
        """All equations; ``None`` if a part that does not play for itself is no copy."""
        parts, of_state = self._parts(), self._source_of_states()
        part_of = np.concatenate([np.full(len(part), k) for k, part in enumerate(parts)])
        part_of = part_of[np.argsort(np.concatenate(parts))]
        rows: list[OccupancyRow] = []
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
            rows += equations
        return tuple(rows)

    def _parts(self) -> list[IntArray]:
        """States that have nothing to do with those of other parts."""
        count = self.game.num_states
        if self.game.leader_discount == 0.0:
            return [np.array([s]) for s in range(count)]
        label = unconnected_parts(self.game)
        return [np.flatnonzero(label == k) for k in range(int(label.max()) + 1)]

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

    def _equations(self, part: IntArray, images: IntArray) -> list[OccupancyRow] | None:
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
        slots = len(self.source)
        return [
            OccupancyRow(
                coefficients=np.eye(1, slots, slot)[0] - ratio * np.eye(1, slots, source)[0], lower=-slack, upper=slack
            )
            for slot, source in self._slots(part, images)
            if slot not in last
        ]
