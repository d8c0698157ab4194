r"""Where to split boxes of programs with bounds on costs, and with limits on how many actions a state uses.

**Costs.** A bound on a cost sees the mean over the answers of a state, each with a policy and a cost of its own, so
that every state that is visited must end with one answer, as in :mod:`ssg_mip.exact.coupled_branching`. What mixed
answers err is measured by the products that they have, in the same units as the errors of values. They are left alone
while values err noticeably and the heaviest answers, with their policies, keep every bound.

**Limits.** In every policy that uses at most ``k`` of the actions of a state one of any ``k + 1`` is not used: where a
relaxed point uses more than ``k``, the ``k + 1`` heaviest are taken and one is closed in each part. A state of one
action needs that only where rows of several states or costs see its mean.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np

from ssg_mip.branch_and_bound.box import Box
from ssg_mip.branch_and_bound.branching_rule import BranchingRule
from ssg_mip.branch_and_bound.records import ChoiceBranch, ClosingBranch, Split
from ssg_mip.branch_and_bound.relaxation import BoxRelaxation, Point
from ssg_mip.exact.coupled_branching import PURE, CoupledBranching, CoupledColumns
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray, IntArray

USED = 1e-6
"""Probability from which on a relaxed point counts as using an action."""


class Mixture(Protocol):
    """What the rule must know of a relaxed point."""

    def shares(self, point: Point) -> FloatArray:
        """Per joint action, its probability in its state; 0 in states that are not visited."""

    def occupied(self, point: Point) -> FloatArray:
        """Per state, how often it is visited, discounted."""

    def prices(self, box: Box, point: Point) -> FloatArray:
        """Per joint action, what errors in its products are worth, by the widths of the values they are made with."""

    def affordable(self, shares: FloatArray, answers: IntArray) -> bool:
        """Whether the policy in given shares keeps every bound on a cost where the follower answers so."""


@dataclasses.dataclass(frozen=True, eq=False)
class PureBranching(CoupledBranching):
    """The rule where every state must end with one answer; ``mixture`` reads the points."""

    mixture: Mixture

    def _answer_scores(self, box: Box, point: Point, columns: CoupledColumns) -> FloatArray:
        """Per state, how far its joint actions are from one policy for all answers, by what they are worth."""
        del columns
        game, shares = self.game, self.mixture.shares(point)
        policy = np.bincount(game.row_leader_slot, shares, int(game.leader_offsets[-1]))
        answer = self._mass(shares)
        off = np.abs(shares - policy[game.row_leader_slot] * answer[game.row_follower_slot])
        priced = np.bincount(game.row_state, off * self.mixture.prices(box, point), game.num_states)
        scores: FloatArray = priced * self.mixture.occupied(point)
        return np.where(self._open_answers(box) > 1, scores, 0.0)

    def _where_harmful(
        self, point: Point, columns: CoupledColumns, visits: FloatArray, answers: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """As with rows that couple states; answers must also keep every bound on a cost to be left alone."""
        quiet, silent = super()._where_harmful(point, columns, visits, answers)
        shares = self.mixture.shares(point)
        heaviest = self._heaviest_answers(shares)
        kept = heaviest[self.game.row_state] == self.game.row_follower
        return quiet, silent if self.mixture.affordable(np.where(kept, shares, 0.0), heaviest) else answers

    def _heaviest_answers(self, shares: FloatArray) -> IntArray:
        """The heaviest answer of every state."""
        mass, first = self._mass(shares), self.game.follower_offsets
        return np.array([int(np.argmax(mass[a:b])) for a, b in itertools.pairwise(first)])

    def _most_mixed(self, box: Box, point: Point, columns: CoupledColumns) -> int | None:
        """The visited state with most beside its heaviest answer, if there is one with several."""
        del columns
        mass = self._mass(self.mixture.shares(point))
        beside = np.add.reduceat(mass, self.game.follower_offsets[:-1]) - np.maximum.reduceat(
            mass, self.game.follower_offsets[:-1]
        )
        beside = np.where(self._open_answers(box) > 1, beside * np.minimum(1.0, self.mixture.occupied(point)), 0.0)
        return int(np.argmax(beside)) if beside.max() > PURE else None

    def _answer(self, box: Box, point: Point, columns: CoupledColumns, state: int) -> ChoiceBranch:
        """The heaviest open answer of a state, and the others."""
        del columns
        first, last = self.game.follower_offsets[state : state + 2]
        mass = self._mass(self.mixture.shares(point))[first:last]
        return self._choice(int(first + np.argmax(np.where(self._answers(box)[first:last], mass, -1.0))))

    def _any_answer(self, box: Box) -> ChoiceBranch | None:
        """The first open answer of a state that has several."""
        several = np.flatnonzero(self._open_answers(box) > 1)
        if not len(several):
            return None
        first = int(self.game.follower_offsets[several[0]])
        return self._choice(first + int(np.argmax(self._answers(box)[first:])))


@dataclasses.dataclass(frozen=True, eq=False)
class LimitedBranching:
    """The rule where states may use a few actions only.

    Attributes
    ----------
    game
        The game; the choices of a box are the follower's slots and then the leader's.
    most
        How many actions each of these states may use.
    shares
        Per joint action of a relaxed point, its probability in its state.
    otherwise
        The rule where no state uses too many.
    """

    game: Game
    most: Mapping[int, int]
    shares: Callable[[Point], FloatArray]
    otherwise: BranchingRule

    def __call__(self, relaxation: BoxRelaxation, box: Box, point: Point, root_width: FloatArray) -> Split | None:
        """The split; ``None`` where nothing can be split."""
        closing = self._closing(box, point) if len(point.error) else None
        if closing is not None:
            return closing
        found = self.otherwise(relaxation, box, point, root_width)
        return self._any_closing(box) if found is None else found

    def _closing(self, box: Box, point: Point) -> ClosingBranch | None:
        """The heaviest actions of the state that uses most beside what it may use."""
        slots = np.bincount(self.game.row_leader_slot, self.shares(point), int(self.game.leader_offsets[-1]))
        worst: tuple[float, tuple[int, ...]] = (USED, ())
        for state, most in self.most.items():
            heaviest = self._open_actions(box, state)
            heaviest = heaviest[np.argsort(-slots[heaviest], kind="stable")]
            beyond = float(slots[heaviest[most:]].max(initial=0.0))
            if beyond > worst[0]:
                worst = beyond, tuple(heaviest[: most + 1].tolist())
        return self._branch(worst[1])

    def _any_closing(self, box: Box) -> ClosingBranch | None:
        """The first actions of a state that has more open than it may use."""
        for state, most in self.most.items():
            actions = self._open_actions(box, state)
            if len(actions) > most:
                return self._branch(tuple(actions[: most + 1].tolist()))
        return None

    def _open_actions(self, box: Box, state: int) -> IntArray:
        """The leader slots of a state that are open."""
        first, last = self.game.leader_offsets[state : state + 2]
        answers = int(self.game.follower_offsets[-1])
        found: IntArray = first + np.flatnonzero(box.open_choices[answers + first : answers + last])
        return found

    def _branch(self, slots: tuple[int, ...]) -> ClosingBranch | None:
        answers = int(self.game.follower_offsets[-1])
        return ClosingBranch(tuple(answers + slot for slot in slots)) if slots else None
