"""The operator ``T_mu`` of a game on a grid of slopes, and what follows where all its maximisers are held fixed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ssg_mip.evaluation.mdp import transition_matrix
from ssg_mip.evaluation.payoff_set.blocks import Block
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray, IntArray


@dataclasses.dataclass(frozen=True, eq=False)
class Multipliers:
    """For each ``(state, answer, slope)`` of a block the slope that is jumped to, and the mix.

    Attributes
    ----------
    jumps, mixes
        Places in the grid and among the mixes, shape ``[states, follower, slopes]``.
    """

    jumps: IntArray
    mixes: IntArray

    def refined(self) -> Multipliers:
        """For a grid with one more slope in each gap: there what the next slope has, or none where that has none."""
        count = self.jumps.shape[2]
        next_one, own = np.arange(1, 2 * count) // 2, np.arange(2 * count - 1)
        jumps = self.jumps[..., next_one]
        return Multipliers(np.where(jumps == next_one, own, 2 * jumps), self.mixes[..., next_one])


@dataclasses.dataclass(frozen=True, eq=False)
class Step:
    """``T_mu H``, and the maximisers.

    Attributes
    ----------
    values
        Shape ``[num_states, slopes]``.
    rows, jumps
        The joint action and the slope that is jumped to by which each is reached, shape ``[num_states, slopes]``.
    fixed
        What of each value does not depend on ``H``, shape ``[num_states, slopes]``.
    deciding
        For each block the answers that reach it within a margin, ``[states, follower, slopes]``.
    """

    values: FloatArray
    rows: IntArray
    jumps: IntArray
    fixed: FloatArray
    deciding: tuple[NDArray[np.bool_], ...]


@dataclasses.dataclass(frozen=True, eq=False)
class Operator:
    """``T_mu`` for multipliers that are given with each step.

    Attributes
    ----------
    game, blocks
        The game, and its states by shape.
    slopes
        The grid, rising from 0.
    lower, above
        ``L`` and ``U``: bounds on the follower's value.
    """

    game: Game
    blocks: tuple[Block, ...]
    slopes: FloatArray
    lower: FloatArray
    above: FloatArray

    @cached_property
    def moves(self) -> Any:
        """The transitions, ``[rows, states]``."""
        return transition_matrix(self.game)

    @cached_property
    def answers(self) -> FloatArray:
        """``r_B + gamma_B P L`` per joint action."""
        found: FloatArray = self.game.follower_rewards + self.game.follower_discount * (self.moves @ self.lower)
        return found

    @cached_property
    def rewards(self) -> FloatArray:
        """``r_A + k r_B`` per joint action and slope."""
        found: FloatArray = self.game.leader_rewards[:, None] + self.slopes * self.game.follower_rewards[:, None]
        return found

    @cached_property
    def _interpolation(self) -> tuple[FloatArray, FloatArray]:
        return interpolation(self.game, self.slopes)

    @cached_property
    def _same_slopes(self) -> bool:
        return self.game.leader_discount == self.game.follower_discount != 0.0

    def follows(self, support: FloatArray) -> FloatArray:
        """``gamma_A H_j`` per state and slope ``k`` of the grid, ``j = (gamma_B/gamma_A) k``."""
        game = self.game
        if game.leader_discount == 0.0:
            return game.follower_discount * self.slopes * self.above[:, None]
        if self._same_slopes:
            return game.leader_discount * support
        weight, beyond = self._interpolation
        found: FloatArray = game.leader_discount * (support @ weight + beyond * self.above[:, None])
        return found

    def after(self, support: FloatArray) -> FloatArray:
        """``r_A + k r_B + gamma_A P H_j`` per joint action and slope of the grid."""
        found: FloatArray = self.moves @ self.follows(support)
        found += self.rewards
        return found

    def punished(self, block: Block) -> FloatArray:
        """``sum_b' beta(b') [r_B + gamma_B P L]`` per state, leader action and mix."""
        found: FloatArray = self.answers[block.rows] @ block.mixes.T
        return found

    def charged(self, block: Block, chosen: Multipliers) -> FloatArray:
        """``sum_b' mu(b') [r_B + gamma_B P L]`` per state, leader action, answer and slope."""
        punished = self.punished(block)
        count, width, mixes = punished.shape
        first = (np.arange(count)[:, None] * width + np.arange(width)) * mixes
        charged: FloatArray = punished.ravel().take(first[:, :, None, None] + chosen.mixes[:, None])
        charged *= (self.slopes[chosen.jumps] - self.slopes)[:, None]
        return charged

    def gained(self, block: Block, after: FloatArray, chosen: Multipliers, charged: FloatArray) -> FloatArray:
        """What stands in the braces of ``T_mu H``, per state, leader action, answer and slope."""
        places = block.rows[..., None] * len(self.slopes) + chosen.jumps[:, None]
        found: FloatArray = after.ravel().take(places)
        found -= charged
        return found

    def applied(self, block: Block, after: FloatArray, chosen: Multipliers) -> FloatArray:
        """``max_a { ... }`` per state, answer and slope."""
        found: FloatArray = self.gained(block, after, chosen, self.charged(block, chosen)).max(axis=1)
        return found

    def step(
        self,
        support: FloatArray,
        chosen: tuple[Multipliers, ...],
        margin: float,
        charges: tuple[FloatArray, ...] | None = None,
    ) -> Step:
        """``T_mu H`` in all states, with its maximisers; answers within a margin of the best count as deciding.

        What the multipliers charge (:meth:`charged`) may be given where it is known for all blocks.
        """
        after = self.after(support)
        shape = support.shape
        values, fixed = np.empty(shape), np.empty(shape)
        rows, jumps = np.empty(shape, dtype=np.int64), np.empty(shape, dtype=np.int64)
        deciding = []
        for number, (block, own) in enumerate(zip(self.blocks, chosen, strict=True)):
            charged = self.charged(block, own) if charges is None else charges[number]
            gained = self.gained(block, after, own, charged)
            by_answer = gained.max(axis=1)
            best = by_answer.max(axis=1)
            deciding.append(by_answer >= best[:, None] - margin)
            answer = by_answer.argmax(axis=1)  # [s, k]
            s, k = np.ogrid[: len(block.states), : len(self.slopes)]
            action = gained[s, :, answer, k].argmax(axis=2)
            row, jump = block.rows[s, action, answer], own.jumps[s, answer, k]
            values[block.states], rows[block.states], jumps[block.states] = best, row, jump
            fixed[block.states] = self.rewards[row, jump] - charged[s, action, answer, k]
        return Step(values, rows, jumps, fixed, tuple(deciding))

    def settled(
        self, step: Step, support: FloatArray, little: float, most: int, over: Callable[[], bool]
    ) -> FloatArray:
        """What the maximisers of a step are worth if they are kept: sweeps from a support until none moves anything.

        It proves nothing by itself.
        """
        kept, own = self._kept(step), support
        for _ in range(most):
            fresh = step.fixed + (kept @ self.follows(own).ravel()).reshape(support.shape)
            moved = float(np.abs(fresh - own).max(initial=0.0))
            own = fresh
            if moved <= little or over():
                break
        return own

    def reached(self, step: Step, some: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """The pairs of state and slope that the values of some rest on under the maximisers of a step."""
        from_others, found, new = self._kept(step).T.tocsr(), some, some
        while new.any():
            later = (from_others @ new.ravel().astype(np.float64)).reshape(some.shape)
            if not self._same_slopes:
                later = later @ self._interpolation[0].T
            new = (later > 0.0) & ~found
            found = found | new
        return found

    def _kept(self, step: Step) -> Any:
        """The transitions between pairs of state and slope under the maximisers of a step."""
        from scipy.sparse import csr_array

        game, count = self.game, len(self.slopes)
        moves = csr_array((game.probabilities, game.successors, game.indptr), shape=(game.num_rows, game.num_states))
        own = moves[step.rows.ravel()]
        places = own.indices.astype(np.int64) * count + np.repeat(step.jumps.ravel(), np.diff(own.indptr))
        size = step.rows.size
        return csr_array((own.data, places, own.indptr), shape=(size, size))


def interpolation(game: Game, slopes: FloatArray) -> tuple[FloatArray, FloatArray]:
    """How bounds at ``(gamma_B / gamma_A) k`` are made of those on the grid, ``[grid, k]``, and how far beyond it."""
    count = len(slopes)
    weight, beyond = np.zeros((count, count)), np.zeros(count)
    scaled = slopes * (game.follower_discount / game.leader_discount if game.leader_discount > 0.0 else 0.0)
    for k, slope in enumerate(scaled.tolist()):
        if slope >= slopes[-1]:
            weight[-1, k], beyond[k] = 1.0, slope - slopes[-1]
            continue
        low = int(np.searchsorted(slopes, slope, side="right")) - 1
        share = (slope - slopes[low]) / (slopes[low + 1] - slopes[low])
        weight[low, k], weight[low + 1, k] = 1.0 - share, share
    return weight, beyond


__all__ = ["Multipliers", "Operator", "Step", "interpolation"]
