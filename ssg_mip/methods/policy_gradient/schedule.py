r"""Steps and temperatures of a climb, by iteration.

``alpha_t = alpha (1 + t / DELAY)^-p`` for the leader, ``beta_t = beta (1 + t / DELAY)^-q`` for the follower, with
``1/2 < q < p <= 1``. Then both sums diverge (10), both sums of squares are finite (this is what (11) means: as printed
it asks the two to be equal) and ``alpha_t / beta_t -> 0`` (12): Assumption 1. The paper prints no steps. The first ones
are given in units of ``n (1 - gamma_i)`` with ``n`` states: a state is visited ``1 / (n (1 - gamma_i))`` times on
average, and by so much a derivative exceeds the advantage that it is made of.

The temperature may fall geometrically from the first to the last, which is reached halfway. A low one from the start
finds plateaus, a high one to the end stops far from ties; with the inner loop, falling temperatures found the best
values on nearly all games that were tried.
"""

from __future__ import annotations

import dataclasses

from ssg_mip.methods.policy_gradient.tabular import TabularGame

DELAY = 100.0
"""Iterations after which steps begin to fall off."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Schedule:
    """Steps and temperatures by iteration.

    Attributes
    ----------
    temperature, last_temperature
        ``lambda`` at first, and from half of the iterations on.
    leader_step, follower_step
        ``alpha`` and ``beta``, in units of ``n (1 - gamma_i)``.
    leader_decay, follower_decay
        ``p`` and ``q``.
    limit
        Number of iterations.
    tolerance
        Norm of the total derivative at which the climb has converged, for rewards in ``[0, 1]``.
    """

    temperature: float = 0.1
    last_temperature: float = 0.1
    leader_step: float = 3.0
    follower_step: float = 10.0
    leader_decay: float = 0.9
    follower_decay: float = 0.6
    limit: int = 1000
    tolerance: float = 1e-6

    def temperature_at(self, iteration: int) -> float:
        """``lambda_t``."""
        share = min(1.0, 2.0 * iteration / self.limit)
        return self.last_temperature if share == 1.0 else self._between(share)

    def _between(self, share: float) -> float:
        return float(self.temperature * (self.last_temperature / self.temperature) ** share)

    def cooled(self, iteration: int) -> bool:
        """Whether the temperature does not fall any more."""
        return self.temperature_at(iteration) == self.last_temperature

    def steps_at(self, iteration: int, game: TabularGame) -> tuple[float, float]:
        """``alpha_t`` and ``beta_t``."""
        time = 1.0 + iteration / DELAY
        states = len(game.leader_actions)
        leader = self.leader_step * states * (1.0 - game.leader_discount) * time**-self.leader_decay
        follower = self.follower_step * states * (1.0 - game.follower_discount) * time**-self.follower_decay
        return leader, follower
