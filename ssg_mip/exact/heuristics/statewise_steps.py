r"""Improving steps of large games without a program: every state steps as far as the follower lets it.

Given ``f_t`` with the leader's values ``V_t`` and the follower's values ``v``, a state on its own is a static game with
payoffs ``r_i + gamma_i p V_t`` and ``r_i + gamma_i p v``. Two kinds of steps are taken from it:

* a *jump* to the leader action whose best reply there pays her most, if that is more than ``V_t(s)``;
* a *move* towards one leader action, ``(1 - eta) f_t + eta a``, with ``eta`` as large as the present reply stays best.

All states step at once. That moves the follower's values, and with them replies that the static games took for
granted. So the exact follower is asked, and a state that would lose, ``Q_t(s, f) < V_t(s)``, searches along a line:
from the jump to the move, to half of it, a quarter, ..., to no step. If it takes none already, the steps of others
tipped its reply: to first order the reply's advantage changes by ``w @ dr``, where ``dr`` is what each step changes in
the follower's one-step value and ``w = (I - gamma_B P)^-T gamma_B (P_g - P_b)``, and those whose steps tip it most go
down. Without any step nothing loses, so the search ends; where every ``Q_t >= V_t`` no true value falls (Theorem 8 of
Kudo & Akimoto). A heuristic: that it finds nothing proves nothing, and it moves towards pure actions only.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ssg_mip.base.tolerances import LEAST_GAIN
from ssg_mip.evaluation.best_response import Response
from ssg_mip.evaluation.mdp import dense, first_best, induced_by_leader, occupancy, transition_matrix
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray, IntArray

TRIALS = 12
"""Trials of a state: the jump, the move and its halves; the last is no step."""

ROUNDS = 60
"""Questions to the follower at most."""

TIPPED = 100
"""Tipped states that are looked at in a round."""

Judge = Callable[[LeaderPolicy], tuple[NDArray[np.bool_], IntArray]]
"""Says for each state whether it loses under a policy, and the follower's action there."""


def statewise_line_search(
    game: Game,
    policy: LeaderPolicy,
    response: Response,
    loses: Judge,
    stopped: Callable[[], bool],
) -> LeaderPolicy | None:
    """A policy near ``policy`` under which no state loses and some should gain; ``None`` if none is found.

    Parameters
    ----------
    game, policy, response
        The policy to improve and the follower's exact response, with both players' values.
    loses
        Judges a policy by the exact follower.
    stopped
        Whether a limit was reached.
    """
    steps = _Steps(game, policy, response)
    trial_of = np.where(steps.jumps, 0, np.where(steps.moves, 1, TRIALS - 1))
    for _ in range(ROUNDS):
        if stopped() or np.all(trial_of == TRIALS - 1):
            return None
        trial = LeaderPolicy.from_slots(game, steps.slots(trial_of))
        losing, answers = loses(trial)
        if not losing.any():
            return trial
        blamed = losing & (trial_of < TRIALS - 1)
        for state in np.flatnonzero(losing & ~blamed)[:TIPPED].tolist():
            if stopped():
                return None
            blamed |= steps.tipping(state, int(answers[state]), trial_of)
        # A jump that fails where no move is possible is no step at all.
        trial_of[blamed] = np.where(steps.moves[blamed], np.minimum(trial_of[blamed] + 1, TRIALS - 1), TRIALS - 1)
    return None


class _Steps:
    """What every state would do by itself: ``jumps`` and ``moves`` say where there is such a step."""

    def __init__(self, game: Game, policy: LeaderPolicy, response: Response) -> None:
        self._game = game
        self._present = policy.slots(game)
        self._process = induced_by_leader(game, policy)[1]
        self._answer = response.follower_policy.slots(game)
        self._value = response.follower_values
        transition = transition_matrix(game)
        leader = game.leader_rewards + game.leader_discount * (transition @ response.leader_values)
        follower = game.follower_rewards + game.follower_discount * (transition @ response.follower_values)
        least = LEAST_GAIN * (1.0 + np.abs(response.leader_values))
        self._jump, gain = _jumps(game, leader, follower)
        self.jumps = gain > response.leader_values + least
        self._towards, self._share, gained = self._moves(leader, follower, response.follower_policy.actions)
        self.moves = gained > least

    def slots(self, trial_of: IntArray) -> FloatArray:
        """The leader's probabilities per slot if every state takes the step of its trial."""
        state = self._game.leader_slot_state
        towards, share = self._targets(trial_of)
        target = np.zeros(len(self._present))
        target[towards] = 1.0
        mixed: FloatArray = (1.0 - share[state]) * self._present + share[state] * target
        return mixed

    def _targets(self, trial_of: IntArray) -> tuple[IntArray, FloatArray]:
        """Per state: the leader slot that it steps towards, and how far."""
        move = self._share * 0.5 ** (trial_of - 1.0)
        share = np.where(trial_of == 0, 1.0, np.where(trial_of == TRIALS - 1, 0.0, move))
        return np.where(trial_of == 0, self._jump, self._towards), share

    def tipping(self, state: int, action: int, trial_of: IntArray) -> NDArray[np.bool_]:
        """The fewest states whose steps, halved, would leave ``action`` no better than the present reply in a state.

        To first order; all that help the action where halving is not enough.
        """
        process, other = self._process, int(self._game.follower_offsets[state]) + action
        mine = int(self._answer[state])
        apart = dense(process.transition[[mine]] - process.transition[[other]]).ravel()
        influence = occupancy(process, self._answer, process.discount * apart)
        towards, share = self._targets(trial_of)
        change = influence * share * (self._follower_payoff[towards] - self._value)
        q = process.reward[[mine, other]] + process.discount * (process.transition[[mine, other]] @ self._value)
        missing = -(float(q[0] - q[1]) + float(change.sum()))
        order = np.argsort(change)
        helped = np.maximum(-change[order], 0.0)
        enough = 0.5 * (np.cumsum(helped) - helped) < (missing if missing > 0.0 else np.inf)
        tipping = np.zeros(len(change), dtype=bool)
        tipping[order[enough & (helped > 0.0)]] = True
        return tipping

    def _moves(
        self, leader: FloatArray, follower: FloatArray, answer: IntArray
    ) -> tuple[IntArray, FloatArray, FloatArray]:
        """Per state: the leader slot to move towards, how far, and what that gains."""
        game = self._game
        answered = game.row_follower == answer[game.row_state]
        slots = len(self._present)
        count = int(game.follower_offsets[-1])
        # Per leader slot: her payoff and the follower's under the present reply.
        mine = np.bincount(game.row_leader_slot[answered], leader[answered], slots)
        his = np.bincount(game.row_leader_slot[answered], follower[answered], slots)
        self._follower_payoff = his
        # Advantage of the reply over each other action, under a pure leader action (per row) and under f_t (per slot).
        pure = his[game.row_leader_slot] - follower
        mixed = np.bincount(game.row_follower_slot, self._present[game.row_leader_slot] * pure, count)
        now = np.maximum(mixed[game.row_follower_slot], 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            far = np.where(pure < 0.0, now / (now - pure), 1.0)
        share = np.ones(slots)
        np.minimum.at(share, game.row_leader_slot, far)
        value = np.add.reduceat(self._present * mine, game.leader_offsets[:-1])
        gain = share * (mine - value[game.leader_slot_state])
        towards = first_best(gain, game.leader_offsets)
        return towards, share[towards], gain[towards]


def _jumps(game: Game, leader: FloatArray, follower: FloatArray) -> tuple[IntArray, FloatArray]:
    """Per state: the pure leader slot that is best against its own best reply, and what it pays."""
    slots = int(game.leader_offsets[-1])
    best = np.full(slots, -np.inf)
    np.maximum.at(best, game.row_leader_slot, follower)
    paid = np.full(slots, np.inf)
    reply = follower >= best[game.row_leader_slot]
    np.minimum.at(paid, game.row_leader_slot[reply], leader[reply])
    chosen = first_best(paid, game.leader_offsets)
    return chosen, paid[chosen]
