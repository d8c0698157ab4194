r"""Annealed natural ascent: from a start policy uphill against a follower who errs, less and less.

The temperature falls geometrically from :data:`FIRST` (or :data:`COOLER`) to :data:`LAST`, in units of the spread of
the follower's rewards; the parameters move by ``rate * D / d`` (:mod:`ssg_mip.methods.local.smooth_game`), a natural
gradient of softmax policies, in which how often a state is visited does not matter (Kakade, *A natural policy
gradient*, NIPS 2001); below :data:`CALM` the rate falls with the temperature. The smooth follower's value is none that
counts. Every :data:`JUDGED`-th policy is handed to the exact follower, rarer ones while it is hot, and the best of
these is what the ascent has found: the peak often comes well before the end.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

import numpy as np

from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.methods.local.smooth_game import SmoothGame
from ssg_mip.numerics.array_types import FloatArray

FIRST, LAST = 0.2, 0.0005
"""Temperatures at the beginning and at the end."""

COOLER = 0.03
"""The temperature at the beginning from policies that are good already: a hotter one forgets them."""

GENTLE, BOLD = 0.3, 1.0
"""Rates of ascents from good policies and from others."""

CALM = 0.03
"""The temperature below which steps shrink with it: the direction grows as it falls, and full steps go to and fro."""

SWEEPS = 3
"""Sweeps that track a step."""

FIRST_SWEEPS = 30
"""Sweeps before the first step."""

JUDGED = 30
"""Steps from one exact evaluation to the next."""

HOT, RARELY = 0.3, 90
"""The share of an ascent in which policies are worth little, and the steps between evaluations there."""

LONGEST = 1.0
"""The largest change of a parameter in a step, the logarithm of a probability."""

LOWEST = -16.0
"""The least logarithm of a probability, beside that of the most probable action."""

SMOOTHING = 1e-3
"""The least probability, beside the others, with which an ascent starts."""

DUST = 1e-4
"""Probabilities below this are left out of a policy that is judged."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Schedule:
    """How an ascent goes on.

    Attributes
    ----------
    rate
        The step, in parameters per unit of the natural direction, while it is warm.
    first
        The temperature at the beginning.
    progress
        From the number of steps done, which share of the ascent is over, from 0 to 1; at 1 it ends.
    """

    rate: float
    first: float = FIRST
    progress: Callable[[int], float]

    def temperature(self, share: float) -> float:
        """The temperature when a share of the ascent is over."""
        return float(self.first * (LAST / self.first) ** min(1.0, share))

    def step(self, temperature: float) -> float:
        """The rate at a temperature."""
        return self.rate * min(1.0, temperature / CALM)


def gently(progress: Callable[[int], float]) -> Schedule:
    """An ascent from a good policy."""
    return Schedule(rate=GENTLE, first=COOLER, progress=progress)


def soft_ascent(smooth: SmoothGame, start: LeaderPolicy, schedule: Schedule) -> Iterator[LeaderPolicy]:
    """The policies of an ascent that are to be judged, the last one included.

    Parameters
    ----------
    smooth
        The game.
    start
        Where the ascent starts.
    schedule
        How it goes on.
    """
    game = smooth.game
    state = game.leader_slot_state
    parameters = np.log(_distributions(smooth, np.maximum(start.slots(game), SMOOTHING)))
    tracked, steps, share = smooth.start(), 0, 0.0
    while True:
        slots = _distributions(smooth, np.exp(parameters))
        sweeps = SWEEPS if steps else FIRST_SWEEPS
        temperature = schedule.temperature(share)
        tracked, direction = smooth.after(slots, temperature, tracked, sweeps)
        steps += 1
        share = schedule.progress(steps)
        if steps % (RARELY if share < HOT else JUDGED) == 0 or share >= 1.0:
            yield LeaderPolicy.from_slots(game, np.where(slots < DUST, 0.0, slots))
        if share >= 1.0:
            return
        parameters = parameters + np.clip(schedule.step(temperature) * direction, -LONGEST, LONGEST)
        parameters -= np.maximum.reduceat(parameters, game.leader_offsets[:-1])[state]
        parameters = np.maximum(parameters, LOWEST)


def _distributions(smooth: SmoothGame, weights: FloatArray) -> FloatArray:
    """Positive weights per leader slot, divided by their sums."""
    game = smooth.game
    totals = np.add.reduceat(weights, game.leader_offsets[:-1])
    distributions: FloatArray = weights / totals[game.leader_slot_state]
    return distributions
