r"""The quantal follower: the soft Bellman answer to a committed leader policy, its values and its derivatives.

**The model.** Against ``f`` and at a temperature ``tau > 0`` the follower's *soft values* solve

    ``v(s) = tau log sum_b exp(q(s, b) / tau)``,  ``q(s, b) = r_B(s, f, b) + gamma_B sum_t p(t | s, f, b) v(t)``,

and he plays ``g(b | s) = exp((q(s, b) - v(s)) / tau)``: a logit of action values that count his later errors and the
entropy of his mixes as worth having, which is the optimal policy of the process whose reward in ``s`` has
``tau H(g(. | s))`` added (Ziebart 2010; Haarnoja et al. 2017). It is the dynamic form of the logit quantal response of
McKelvey & Palfrey (1995), and in a game of one step that itself. The prior over actions is uniform. It is *not* the
logit of values without entropy, which may have several fixed points; this one has exactly one, and moves smoothly with
``f``.

**Evaluation.** With ``T`` the operator above, soft policy iteration (evaluate ``g`` with its entropy, take the logit
again) is Newton's method for ``T v = v``; ``T`` is convex and monotone, so the values rise to the fixed point. It ends
where they no longer rise. The distance from the fixed point is at most ``max |T v - v| / (1 - gamma_B)``, which is
what :attr:`SoftControl.error` says. Both players' values of ``(f, g)`` are linear solves under the mixed answer; the
follower's are without entropy.

**Distance from rational play.** With ``D = tau log |B| / (1 - gamma_B)``: ``v* <= v <= v* + D``, the values of ``g``
are at most ``D`` below ``v*``, and so is in every state the mean shortfall of his actions, ``sum_b g (v* - q*)``.

**Derivatives.** Implicitly through the fixed point: with ``A`` the leader's advantages ``Q_A(s, b) - V(s)``, ``d`` his
discounted visits and ``c(s, b) = d(s) g(s, b) A(s, b) / tau``, the answer's part of the derivative is
``sum_sb c dq = sum_sb (c + l g)(s, b) dq_now(s, b)``, where ``dq_now`` leaves later values as they are and
``l = gamma_B (c P) (I - gamma_B P_g)^{-1}``. Two linear solves and one pass over the transitions; nothing is dense that
was sparse.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from ssg_mip.base.rules import POSITIVE, checked
from ssg_mip.base.tolerances import ARITHMETIC
from ssg_mip.evaluation.best_response import Response
from ssg_mip.evaluation.mdp import (
    DecisionProcess,
    evaluate,
    induced_by_leader,
    occupancy,
    optimal_control,
    transition_matrix,
)
from ssg_mip.game.follower_mix import FollowerMix
from ssg_mip.game.game import GAME, Game
from ssg_mip.game.policy import LEADER_POLICY, LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray

MOST_ROUNDS = 200
"""Rounds of soft policy iteration: about five, and more where actions change places at a low temperature."""


@dataclasses.dataclass(frozen=True, eq=False)
class SoftControl:
    """Soft values ``[num_states]``, action values and mix ``[slots]``; no value is further off than ``error``."""

    values: FloatArray
    action_values: FloatArray
    mix: FloatArray
    error: float


def soft_control(process: DecisionProcess, temperature: float, start: FloatArray | None = None) -> SoftControl:
    """The soft optimum of a process, to rounding.

    Parameters
    ----------
    process
        The decision process, in which every state has a slot.
    temperature
        ``tau``, above 0, in the units of the rewards.
    start
        Values to begin with, shape ``[num_states]``; those of the best policy if absent.
    """
    values = optimal_control(process).values if start is None else start
    best = _stepped(process, temperature, values)
    for _ in range(MOST_ROUNDS):
        fresh = _stepped(process, temperature, _with_entropy(process, temperature, best.mix))
        noise = ARITHMETIC * (1.0 + float(np.abs(fresh.values).max()))
        if fresh.error >= best.error and best.error * (1.0 - process.discount) <= noise:
            return best
        closer = fresh.error < best.error
        best = fresh
        if closer and fresh.error == 0.0:
            return fresh
    return best


def _stepped(process: DecisionProcess, temperature: float, values: FloatArray) -> SoftControl:
    """One soft Bellman step: the new values, the mix of the old ones, and how far the new ones are off."""
    q = process.action_values(values)
    starts, counts = process.offsets[:-1], np.diff(process.offsets)
    highest = np.maximum.reduceat(q, starts)
    weights = np.exp((q - np.repeat(highest, counts)) / temperature)
    sums = np.add.reduceat(weights, starts)
    fresh = highest + temperature * np.log(sums)
    off = float(np.abs(fresh - values).max()) / (1.0 - process.discount)
    return SoftControl(fresh, q, weights / np.repeat(sums, counts), process.discount * off)


def _with_entropy(process: DecisionProcess, temperature: float, mix: FloatArray) -> FloatArray:
    """The values of a mix where its entropy is worth ``temperature`` a unit."""
    one = collapsed(process, mix)
    logs = np.log(np.maximum(mix, np.finfo(float).tiny))
    entropy = -np.add.reduceat(mix * logs, process.offsets[:-1])
    return evaluate(dataclasses.replace(one, reward=one.reward + temperature * entropy), np.arange(one.num_states))


def collapsed(process: DecisionProcess, mix: FloatArray) -> DecisionProcess:
    """The process of one slot per state in which the slots of each state are mixed so."""
    states = process.num_states
    state = np.repeat(np.arange(states), np.diff(process.offsets))
    reward = np.bincount(state, mix * process.reward, states).astype(np.float64, copy=False)
    if isinstance(process.transition, np.ndarray):
        mixed = np.add.reduceat(mix[:, None] * process.transition, process.offsets[:-1], axis=0)
    else:
        from scipy.sparse import csr_array

        gather = csr_array((mix, (state, np.arange(len(mix)))), shape=(states, len(mix)))
        mixed = csr_array(gather @ process.transition)
    return DecisionProcess(np.arange(states + 1), reward, mixed, process.discount)


@dataclasses.dataclass(frozen=True, eq=False)
class SoftPair:
    """A leader policy and the soft answer to it: both processes, the answer, and both players' values under it.

    ``leader`` and ``follower`` are the processes over follower slots, ``leader_values`` and ``follower_values`` have
    shape ``[num_states]``, the latter without entropy.
    """

    game: Game
    temperature: float
    leader: DecisionProcess
    follower: DecisionProcess
    control: SoftControl
    leader_values: FloatArray
    follower_values: FloatArray

    @classmethod
    def of(cls, game: Game, policy: LeaderPolicy, temperature: float, start: FloatArray | None = None) -> SoftPair:
        """The answer to a policy; ``start`` are soft values to begin with."""
        leader, follower = induced_by_leader(game, policy)
        control = soft_control(follower, temperature, start)
        here = np.arange(game.num_states)
        mine, theirs = (evaluate(collapsed(process, control.mix), here) for process in (leader, follower))
        return cls(game, temperature, leader, follower, control, mine, theirs)

    def slopes(self, weights: FloatArray) -> FloatArray:
        """The derivative of ``weights @ V^f`` by the leader's probabilities, one number per leader slot.

        Probabilities count as independent of each other: only differences within a state mean something.
        """
        game, mix, state = self.game, self.control.mix, self.game.follower_slot_state
        here = np.arange(game.num_states)
        visits = occupancy(collapsed(self.leader, mix), here, weights)
        advantages = self.leader.action_values(self.leader_values) - self.leader_values[state]
        pull = visits[state] * mix * advantages / self.temperature
        later = self.follower.discount * np.asarray(self.follower.transition.T @ pull)
        answering = collapsed(self.follower, mix)
        moved = occupancy(answering, here, np.maximum(later, 0.0)) - occupancy(answering, here, np.maximum(-later, 0.0))
        matrix = transition_matrix(game)
        mine = game.leader_rewards + game.leader_discount * (matrix @ self.leader_values)
        theirs = game.follower_rewards + game.follower_discount * (matrix @ self.control.values)
        slot = game.row_follower_slot
        rises = (visits[state] * mix)[slot] * mine + (pull + moved[state] * mix)[slot] * theirs
        slots = int(game.leader_offsets[-1])
        return np.bincount(game.row_leader_slot, rises, slots).astype(np.float64, copy=False)


@checked(game=GAME, policy=LEADER_POLICY, temperature=POSITIVE)
def soft_response(game: Game, policy: LeaderPolicy, temperature: float) -> Response:
    """The soft Bellman answer of a quantal follower, and both players' exact values under it.

    Parameters
    ----------
    game, policy
        The game and the committed leader policy.
    temperature
        ``tau``, above 0, in the follower's reward units: near 0 he is rational, far above the spread of his rewards he
        plays every action alike.

    Returns
    -------
    Response
        With the ``mix``; ``follower_policy`` is the most likely action of each state, ``regret`` what he loses by
        erring, and no state is tied: the answer is unique.

    Raises
    ------
    InvalidPolicyError
        If the policy does not fit the game.
    OptionError
        If the temperature is not above 0.
    """
    return pair_response(SoftPair.of(game, policy, float(temperature)))


def pair_response(pair: SoftPair) -> Response:
    """A pair as a response."""
    game, mix = pair.game, FollowerMix(pair.control.mix)
    best = optimal_control(pair.follower).values
    chosen = mix.most_likely(game)
    tied = np.zeros(int(game.follower_offsets[-1]), dtype=bool)
    tied[chosen.slots(game)] = True
    return Response(
        follower_policy=chosen,
        leader_values=pair.leader_values,
        follower_values=pair.follower_values,
        tied=tied,
        tied_states=np.zeros(game.num_states, dtype=bool),
        regret=max(0.0, float((best - pair.follower_values).max())),
        margin=float("inf"),
        advantage=0.0,
        mix=mix,
    )
