r"""Hedge, and the known ranges that its gains are divided by.

Hedge plays action ``b`` with probability proportional to ``exp(eta G(b))``, ``G`` the sum of its gains so far (Freund &
Schapire 1997). If the gains of a round differ by at most 1 from action to action, then after ``T`` rounds, whatever
the gains are, its expected regret against the best fixed action is at most (Cesa-Bianchi & Lugosi, Theorem 2.2)::

    log |B| / eta + eta T / 8,

which is ``9/8 sqrt(T log |B|)`` for ``eta = sqrt(log |B| / T)`` and smallest, ``sqrt(T log |B| / 2)``, for
``eta = sqrt(8 log |B| / T)``. Adding the same number to all gains of a round changes nothing, so what has to be known
is a bound on their *spread*, not on their size.
"""

from __future__ import annotations

import math

import numpy as np

from ssg_mip.game.game import Game


class Hedge:
    """Exponential weights over a few actions, uniform at first.

    Parameters
    ----------
    count
        Number of actions.
    rate
        Step size ``eta``.

    Attributes
    ----------
    mix
        The current probabilities.
    """

    def __init__(self, count: int, rate: float) -> None:
        self._rate = rate
        self._exponents = [0.0] * count
        self.mix = [1.0 / count] * count

    def add(self, gains: list[float]) -> None:
        """Take note of the gain of each action; the mix stays until :meth:`move`."""
        rate = self._rate
        self._exponents = [exponent + rate * gain for exponent, gain in zip(self._exponents, gains, strict=True)]

    def move(self) -> None:
        """Bring the mix up to date."""
        largest = max(self._exponents)
        weights = [math.exp(exponent - largest) for exponent in self._exponents]
        total = sum(weights)
        self.mix = [weight / total for weight in weights]


def paper_rate(count: int, steps: int) -> float:
    """``sqrt(log |B| / T)``; 1 for a single action, which any rate plays alike."""
    return math.sqrt(math.log(count) / steps) if count > 1 else 1.0


def value_range(game: Game) -> tuple[float, float]:
    """Least and largest follower value that rewards and discount allow."""
    scale = 1.0 / (1.0 - game.follower_discount)
    return float(game.follower_rewards.min()) * scale, float(game.follower_rewards.max()) * scale


def gain_spread(game: Game) -> float:
    """How far the follower's action values can differ between its actions, whatever its later play is worth.

    The largest, over ``(s, a)`` and pairs ``b, b'``, of
    ``|r(s,a,b) - r(s,a,b')| + gamma TV(p(.|s,a,b), p(.|s,a,b')) (high - low)``, with values between ``low`` and
    ``high`` (:func:`value_range`) and ``TV`` the total variation distance. With one state it is that of the rewards.
    """
    low, high = value_range(game)
    spread = 0.0
    for state in range(game.num_states):
        shape = (int(game.leader_counts[state]), int(game.follower_counts[state]))
        rows = np.arange(game.row_offsets[state], game.row_offsets[state + 1])
        rewards = game.follower_rewards[rows].reshape(shape)
        here = slice(int(game.indptr[rows[0]]), int(game.indptr[rows[-1] + 1]))
        reached, column = np.unique(game.successors[here], return_inverse=True)
        place = np.repeat(np.arange(len(rows)), np.diff(game.indptr[rows[0] : rows[-1] + 2]))
        flat = np.zeros((len(rows), len(reached)))
        np.add.at(flat, (place, column), game.probabilities[here])
        moves = flat.reshape(*shape, len(reached))
        for b in range(shape[1] - 1):
            variation = np.abs(moves[:, b + 1 :] - moves[:, b : b + 1]).sum(axis=2) / 2.0
            difference = np.abs(rewards[:, b + 1 :] - rewards[:, b : b + 1])
            spread = max(spread, float((difference + game.follower_discount * variation * (high - low)).max()))
    return spread
