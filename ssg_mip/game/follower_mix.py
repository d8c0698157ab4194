"""A stationary policy of the follower that mixes: what followers play who err."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np

from ssg_mip.base.frozen import Immutable, read_only
from ssg_mip.base.rules import checked
from ssg_mip.base.tolerances import PROBABILITY
from ssg_mip.errors import InvalidPolicyError
from ssg_mip.game.game import GAME, Game
from ssg_mip.game.policy import FollowerPolicy
from ssg_mip.numerics.array_types import FloatArray


@dataclasses.dataclass(frozen=True, eq=False)
class FollowerMix(Immutable):
    """A mixed policy ``g(b | s)`` of the follower.

    Attributes
    ----------
    probabilities
        One per follower slot: the actions of the first state, then of the next; those of a state sum to one.
    """

    probabilities: FloatArray

    def __post_init__(self) -> None:
        array = np.asarray(self.probabilities, dtype=float)
        if array.ndim != 1 or not np.all(np.isfinite(array)) or np.any(array < 0.0):
            raise InvalidPolicyError(
                "a mixed follower policy needs one finite probability of at least 0 for each follower slot (s, b)"
            )
        object.__setattr__(self, "probabilities", read_only(array))

    @checked(game=GAME)
    def slots(self, game: Game) -> FloatArray:
        """The probabilities per follower slot of ``game``.

        Raises
        ------
        InvalidPolicyError
            If there is not one per slot, or those of a state do not sum to one.
        """
        if self.probabilities.shape != (int(game.follower_offsets[-1]),):
            raise InvalidPolicyError(
                f"the mixed follower policy has {len(self.probabilities)} probabilities; {game.name} needs "
                f"{int(game.follower_offsets[-1])}, one for each follower slot (s, b)"
            )
        off = np.abs(np.add.reduceat(self.probabilities, game.follower_offsets[:-1]) - 1.0)
        if float(off.max()) > PROBABILITY:
            state = int(off.argmax())
            raise InvalidPolicyError(
                f"the mixed follower policy misses 1 by {float(off[state]):.3g} in state {game.state_names[state]!r}"
            )
        return self.probabilities

    @checked(game=GAME)
    def most_likely(self, game: Game) -> FollowerPolicy:
        """The action that he plays most often in each state, the first of several."""
        flat = self.slots(game)
        ends = itertools.pairwise(game.follower_offsets.tolist())
        return FollowerPolicy(np.array([int(np.argmax(flat[low:high])) for low, high in ends]))

    @checked(game=GAME)
    def to_names(self, game: Game) -> dict[str, dict[str, float]]:
        """As ``{state: {action: probability}}``, every action of the state listed."""
        flat = self.slots(game).tolist()
        ends = itertools.pairwise(game.follower_offsets.tolist())
        return {
            state: dict(zip(game.follower_actions[index], flat[low:high], strict=True))
            for index, (state, (low, high)) in enumerate(zip(game.state_names, ends, strict=True))
        }
