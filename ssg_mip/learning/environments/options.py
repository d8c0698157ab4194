"""What all environments understand: episodes, observations and actions (:mod:`ssg_mip.learning.environments`)."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal, get_args

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from ssg_mip.base.rules import is_whole, one_of, shown
from ssg_mip.errors import OptionError
from ssg_mip.game.game import Game
from ssg_mip.game.validation import check_whole
from ssg_mip.learning.simulation import Simulator
from ssg_mip.numerics.array_types import IntArray

Restart = Literal["horizon", "geometric"]
Encoding = Literal["discrete", "one-hot"]
Unavailable = Literal["refuse", "wrap"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class EnvironmentOptions:
    """Episodes, observations and actions.

    Attributes
    ----------
    horizon
        Steps after which an episode is truncated; ``None`` for never (with ``restart="geometric"`` only).
    restart
        ``"horizon"``, or ``"geometric"`` to end episodes with probability one minus the discount too.
    encoding
        Observations as a number or as zeros and a one.
    unavailable
        What happens to an action that the state does not have.
    """

    horizon: int | None = 100
    restart: Restart = "horizon"
    encoding: Encoding = "discrete"
    unavailable: Unavailable = "refuse"

    def __post_init__(self) -> None:
        for label, kind in (("restart", Restart), ("encoding", Encoding), ("unavailable", Unavailable)):
            one_of(get_args(kind)).check(label, getattr(self, label))
        if self.horizon is None and self.restart == "horizon":
            raise OptionError("horizon is None while restart is 'horizon'; give a number of steps of at least 1")
        if self.horizon is not None:
            check_whole(self.horizon, "horizon")


def read_options(given: dict[str, Any]) -> EnvironmentOptions:
    """Options by name.

    Raises
    ------
    OptionError
        If one is unknown or outside its range.
    """
    known = [field.name for field in dataclasses.fields(EnvironmentOptions)]
    for name in given:
        if name not in known:
            raise OptionError(f"environments have no option {name!r}; the options are {', '.join(known)}")
    return EnvironmentOptions(**given)


class Indices:
    """Observations that are numbers below ``count``.

    Attributes
    ----------
    space
        The gymnasium space.
    """

    def __init__(self, count: int, encoding: Encoding) -> None:
        self._count = count
        self._one_hot = encoding == "one-hot"
        self.space: spaces.Space[Any] = (
            spaces.Box(0.0, 1.0, (count,), np.float32) if self._one_hot else spaces.Discrete(count)
        )

    def encode(self, index: int) -> Any:
        """The observation of a number."""
        if not self._one_hot:
            return np.int64(index)
        ones = np.zeros(self._count, dtype=np.float32)
        ones[index] = 1.0
        return ones


class Actions:
    """One player's actions: as many as in the widest state, with a mask."""

    def __init__(self, player: str, counts: IntArray, unavailable: Unavailable) -> None:
        self._player = player
        self._counts: list[int] = counts.tolist()
        self._wrap = unavailable == "wrap"
        self.width = int(counts.max())

    def space(self) -> Any:
        """A new gymnasium space."""
        return spaces.Discrete(self.width)

    def mask(self, state: int) -> NDArray[np.int8]:
        """Ones for the actions that the state has."""
        return (np.arange(self.width) < self._counts[state]).astype(np.int8)

    def checked(self, state: int, action: Any) -> int:
        """The action of the game that is meant.

        Raises
        ------
        OptionError
            If it is no whole number, or the state does not have it and it is not mapped to another.
        """
        number = action.item() if isinstance(action, (np.ndarray, np.generic)) and action.size == 1 else action
        if not is_whole(number):
            raise OptionError(f"{self._player} action is {shown(action)}; it must be a whole number below {self.width}")
        chosen, count = int(number), self._counts[state]
        if 0 <= chosen < count:
            return chosen
        if self._wrap and 0 <= chosen < self.width:
            return chosen % count
        raise OptionError(
            f"{self._player} action {chosen} is not available in state {state}, which has {count}; choose by "
            "the action_mask, or make the environment with unavailable='wrap'"
        )


class Episode:
    """A simulator that knows when to end, and how.

    Attributes
    ----------
    state
        The state reached last.
    terminated, truncated
        Whether the last step ended the episode, as gymnasium means it.
    """

    def __init__(self, game: Game, rng: np.random.Generator, options: EnvironmentOptions, discount: float) -> None:
        ending = 1.0 - discount if options.restart == "geometric" else 0.0
        self._rng = rng
        self._ending = ending
        self._horizon = options.horizon
        self._simulator = Simulator(game, rng)
        self.begin()

    def begin(self) -> None:
        """Start anew."""
        self.state = self._simulator.reset()
        self.terminated = self.truncated = False
        self._steps = 0

    def step(self, leader_action: int, follower_action: int) -> tuple[float, float]:
        """Play; returns both rewards."""
        self.state, leader_reward, follower_reward = self._simulator.step(leader_action, follower_action)
        self._steps += 1
        self.terminated = self._ending > 0.0 and self._rng.random() < self._ending
        self.truncated = not self.terminated and self._steps == self._horizon
        return leader_reward, follower_reward


def running(episode: Episode | None) -> Episode:
    """The episode that is under way.

    Raises
    ------
    OptionError
        If there is none yet.
    """
    if episode is None:
        raise OptionError("the environment has not been reset; call reset() first")
    return episode
