r"""Sampled play of a game: one copy, or many independent copies at once.

A step plays the joint action ``(a, b)`` in the current state ``s``, draws the next state ``t`` from ``p(. | s, a, b)``
and returns ``t`` with both players' rewards. Given ``(s, a, b)`` the drawn ``t`` is always unbiased, so every update
that bootstraps from it (Q-learning and its kin) is right under any rule of restarting. The games have no last step,
so an episode ends by one of these rules, and then play goes on from a state drawn from the start distribution:

``restart=1 - gamma``
    End after each step with this probability. A step ``k`` is then reached with probability ``gamma^k``, so the
    *undiscounted* sum of a player's rewards over an episode is an unbiased sample of its value from ``rho`` if
    ``gamma`` is that player's discount (of one player only where discounts differ), and the states visited are
    distributed like its normalised discounted occupancy: what a policy gradient needs.
``horizon=n``
    End after ``n`` steps. The discounted sum of an episode misses what comes later, at most
    ``gamma^n max |r| / (1 - gamma)``; states visited weigh the first ``n`` steps alike.
neither
    One run without end. Averages over time are those of the chain's long run, not of the discounted game, and states
    that the run leaves for good are never seen again.

The state returned by ``step`` is the one reached, never the one that a new episode starts from: that one is in
``state``. No end is a terminal state, so a learner bootstraps across each of them.
"""

from __future__ import annotations

from bisect import bisect_right

import numpy as np
from numpy.typing import NDArray

from ssg_mip.base.rules import COUNT, GENERATOR, SHARE, is_whole, optional, shown
from ssg_mip.errors import OptionError
from ssg_mip.game.game import GAME, Game
from ssg_mip.game.validation import check_whole, checked_array
from ssg_mip.numerics.array_types import FloatArray, IntArray


class Simulator:
    """One copy of a game, in plain numbers: a few hundred thousand steps a second.

    Parameters
    ----------
    game
        The game.
    rng
        Source of all randomness.
    horizon
        Length of an episode; without end if absent.
    restart
        Probability of ending the episode after a step.

    Attributes
    ----------
    state
        The current state.
    ended
        Whether the last step ended an episode, so that ``state`` starts a new one.

    Raises
    ------
    OptionError
        If ``horizon`` is no whole number of at least 1 or ``restart`` outside ``[0, 1]``.
    """

    def __init__(
        self, game: Game, rng: np.random.Generator, *, horizon: int | None = None, restart: float = 0.0
    ) -> None:
        GAME.check("game", game)
        GENERATOR.check("rng", rng)
        _check_restarts(horizon, restart)
        self.game = game
        self._rng = rng
        self._horizon = horizon
        self._restart = restart
        self._leader_counts: list[int] = game.leader_counts.tolist()
        self._follower_counts: list[int] = game.follower_counts.tolist()
        self._offsets: list[int] = game.row_offsets.tolist()
        self._indptr: list[int] = game.indptr.tolist()
        self._successors: list[int] = game.successors.tolist()
        self._cumulative: list[float] = _cumulative(game).tolist()
        self._leader_rewards: list[float] = game.leader_rewards.tolist()
        self._follower_rewards: list[float] = game.follower_rewards.tolist()
        self._start: list[float] = np.cumsum(game.initial).tolist()
        self._last_start = int(np.flatnonzero(game.initial)[-1])
        self.reset()

    def reset(self, state: int | None = None) -> int:
        """Start an episode in ``state``, or in a state drawn from the start distribution; returns the state."""
        if state is None:
            state = min(bisect_right(self._start, self._rng.random()), self._last_start)
        elif not is_whole(state) or not 0 <= state < self.game.num_states:
            raise OptionError(
                f"state is {shown(state)}; it must be None or one of the states 0 to "
                f"{self.game.num_states - 1} of {self.game.name}"
            )
        self.state = state
        self.ended = False
        self._steps = 0
        return state

    def step(self, leader_action: int, follower_action: int) -> tuple[int, float, float]:
        """Play a joint action, counted within the state.

        Returns
        -------
        next_state, leader_reward, follower_reward
            ``next_state`` is the state reached, also where the episode ends.

        Raises
        ------
        OptionError
            If the state does not have one of the actions.
        """
        state = self.state
        width = self._follower_counts[state]
        if not (
            is_whole(leader_action)
            and is_whole(follower_action)
            and 0 <= leader_action < self._leader_counts[state]
            and 0 <= follower_action < width
        ):
            raise OptionError(
                f"the joint action ({shown(leader_action)}, {shown(follower_action)}) is not available in state "
                f"{state}, which has {self._leader_counts[state]} leader and {width} follower actions; "
                "actions count from 0"
            )
        row = self._offsets[state] + leader_action * width + follower_action
        first, last = self._indptr[row], self._indptr[row + 1] - 1
        place = first if first == last else bisect_right(self._cumulative, self._rng.random(), first, last)
        reached = self._successors[place]
        self.state = reached
        self._steps += 1
        self.ended = self._steps == self._horizon or (self._restart > 0.0 and self._rng.random() < self._restart)
        if self.ended:
            self.reset()
            self.ended = True
        return reached, self._leader_rewards[row], self._follower_rewards[row]


class BatchSimulator:
    """``batch`` independent copies of a game that step together; all arrays have shape ``[batch]``.

    Parameters and attributes are those of :class:`Simulator`, an array each where that has a number.

    Raises
    ------
    OptionError
        As :class:`Simulator`, and if ``batch`` is no whole number of at least 1.
    """

    def __init__(
        self,
        game: Game,
        rng: np.random.Generator,
        *,
        batch: int,
        horizon: int | None = None,
        restart: float = 0.0,
    ) -> None:
        GAME.check("game", game)
        GENERATOR.check("rng", rng)
        _check_restarts(horizon, restart)
        check_whole(batch, "batch", most=10**8)
        self.game = game
        self.batch = batch
        self._rng = rng
        self._horizon = horizon
        self._restart = restart
        self._cumulative = _cumulative(game) + np.repeat(np.arange(game.num_rows), np.diff(game.indptr))
        self._start = np.cumsum(game.initial)
        self._last_start = int(np.flatnonzero(game.initial)[-1])
        self.reset()

    def reset(self) -> IntArray:
        """Start an episode in every copy; returns the states."""
        self.state: IntArray = self._starts(self.batch)
        self.ended: NDArray[np.bool_] = np.zeros(self.batch, dtype=bool)
        self._steps: IntArray = np.zeros(self.batch, dtype=np.int64)
        return self.state

    def step(self, leader_action: IntArray, follower_action: IntArray) -> tuple[IntArray, FloatArray, FloatArray]:
        """Play a joint action in every copy; as :meth:`Simulator.step`, by array.

        Raises
        ------
        OptionError
            If there is not one whole number per copy and player, or a state does not have one of the actions.
        """
        game, state = self.game, self.state
        leader_action = self._played("leader", leader_action)
        follower_action = self._played("follower", follower_action)
        width = game.follower_counts[state]
        available = (leader_action >= 0) & (leader_action < game.leader_counts[state])
        available &= (follower_action >= 0) & (follower_action < width)
        if not available.all():
            place = int(np.argmin(available))
            raise OptionError(
                f"copy {place} of the batch is in state {int(state[place])}, which does not have the joint action "
                f"({int(leader_action[place])}, {int(follower_action[place])}); actions count from 0 within the state"
            )
        row = game.row_offsets[state] + leader_action * width + follower_action
        # every row has its own unit interval of the cumulative numbers; rounding must not leave it
        place_in_rows = np.searchsorted(self._cumulative, row + self._rng.random(self.batch), side="right")
        reached = game.successors[np.minimum(place_in_rows, game.indptr[row + 1] - 1)]
        self._steps += 1
        self.ended = self._rng.random(self.batch) < self._restart
        if self._horizon is not None:
            self.ended |= self._steps == self._horizon
        self.state = reached
        if self.ended.any():
            self.state = reached.copy()
            self.state[self.ended] = self._starts(int(self.ended.sum()))
            self._steps[self.ended] = 0
        return reached, game.leader_rewards[row], game.follower_rewards[row]

    def _played(self, player: str, actions: IntArray) -> IntArray:
        given = checked_array(actions, f"{player}_action", OptionError)
        if given.shape != (self.batch,) or given.dtype.kind not in "iu":
            raise OptionError(
                f"the {player} actions have shape {given.shape} and type {given.dtype}; they must be one whole number "
                f"for each of {self.batch} copies"
            )
        return given

    def _starts(self, count: int) -> IntArray:
        drawn = np.searchsorted(self._start, self._rng.random(count), side="right")
        starts: IntArray = np.minimum(drawn, self._last_start)
        return starts


def _check_restarts(horizon: int | None, restart: float) -> None:
    optional(COUNT).check("horizon", horizon)
    SHARE.check("restart", restart)


def _cumulative(game: Game) -> FloatArray:
    """Cumulative probabilities within each row, shape ``[num_transitions]``."""
    running = np.concatenate(([0.0], np.cumsum(game.probabilities)))
    before = np.repeat(running[game.indptr[:-1]], np.diff(game.indptr))
    within: FloatArray = running[1:] - before
    return within
