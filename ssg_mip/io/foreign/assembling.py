"""What the readers share: rows collected by names, the rule for a second reward, and errors with their place."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from ssg_mip.base.rules import PATH, is_number, shown
from ssg_mip.errors import InvalidInstanceError, OptionError
from ssg_mip.game.game import Game
from ssg_mip.io import shown_path

WAIT = "wait"
"""The one action of a player who has no choice in a state."""

FollowerReward = Literal["opposed", "same"] | Callable[[str, str, float], float]
"""What the follower gets where a model has one reward: the opposite, the same, or a function of names and reward."""

Mover = Literal["leader", "follower"]


@dataclasses.dataclass(frozen=True)
class Step:
    """What a joint action does: where it leads, and both rewards."""

    successors: Mapping[int, float]
    leader_reward: float
    follower_reward: float


@dataclasses.dataclass(frozen=True)
class Place:
    """A state: both players' actions, and the step of each pair, leader's actions first."""

    leader: tuple[str, ...]
    follower: tuple[str, ...]
    steps: Sequence[Step]

    @classmethod
    def of_mover(cls, mover: Mover, actions: Sequence[str], steps: Sequence[Step]) -> Place:
        """A state in which one player moves and the other waits."""
        mine = tuple(actions)
        return cls(mine, (WAIT,), steps) if mover == "leader" else cls((WAIT,), mine, steps)


def assembled(names: Sequence[str], places: Sequence[Place], **about: object) -> Game:
    """The game of some places, with name, discounts, initial distribution and source."""
    steps = [step for place in places for step in place.steps]
    rows = [sorted(step.successors.items()) for step in steps]
    return Game(
        state_names=tuple(names),
        leader_actions=tuple(place.leader for place in places),
        follower_actions=tuple(place.follower for place in places),
        indptr=np.cumsum([0, *map(len, rows)]),
        successors=np.array([to for row in rows for to, _ in row], dtype=np.int64),
        probabilities=np.array([p for row in rows for _, p in row], dtype=float),
        leader_rewards=np.array([step.leader_reward for step in steps], dtype=float),
        follower_rewards=np.array([step.follower_reward for step in steps], dtype=float),
        **about,  # type: ignore[arg-type]
    )


def second_reward(rule: FollowerReward) -> Callable[[str, str, float], float]:
    """The follower's reward of a state, an action and the leader's reward.

    Raises
    ------
    OptionError
        If the rule is none.
    """
    if callable(rule):
        return rule
    if rule == "opposed":
        return lambda _state, _action, reward: -reward
    if rule == "same":
        return lambda _state, _action, reward: reward
    raise OptionError(
        f"follower_reward is {shown(rule)}; it must be 'opposed', 'same' or a function of state, action and reward"
    )


def path_of(given: object, label: str = "path") -> Path:
    """A path that a file system may have.

    Raises
    ------
    OptionError
        If it is none.
    """
    PATH.check(label, given)
    own = os.fspath(given)  # type: ignore[call-overload]
    if not isinstance(own, str) or "\0" in own:
        raise OptionError(f"{label} is {shown(own)}; it must be the path of a file")
    return Path(own)


@dataclasses.dataclass(frozen=True)
class Lines:
    """The lines of a text file, and errors that name file and line."""

    path: Path
    text: tuple[str, ...]

    @classmethod
    def of(cls, path: str | os.PathLike[str]) -> Lines:
        """Read a file.

        Raises
        ------
        OptionError
            If ``path`` is no path.
        InvalidInstanceError
            If the file cannot be read as text.
        """
        own = path_of(path)
        try:
            return cls(own, tuple(own.read_text(encoding="utf-8").splitlines()))
        except OSError as error:
            shown_as = shown_path(own)
            raise InvalidInstanceError(f"{shown_as}: cannot be read: {error.strerror}; name an existing file") from None
        except UnicodeDecodeError:
            raise InvalidInstanceError(f"{shown_path(own)}: is no text in UTF-8") from None

    def error(self, number: int, what: str) -> InvalidInstanceError:
        """An error about a line, counted from 1."""
        return InvalidInstanceError(f"{shown_path(self.path)}, line {number}: {what}")

    def number(self, number: int, text: str, what: str) -> float:
        """A finite number, also as a fraction ``3/4``."""
        above, _, below = text.partition("/")
        try:
            value = float(above) / float(below) if below else float(above)
        except (ValueError, ZeroDivisionError):
            value = float("nan")
        if not is_number(value) or not np.isfinite(value):
            raise self.error(number, f"{what} is {shown(text)}; it must be a number")
        return value

    def whole(self, number: int, text: str, most: int, what: str) -> int:
        """A whole number from 0 to below ``most``."""
        if not text.isdigit() or int(text) >= most:
            raise self.error(number, f"{what} is {shown(text)}; it must be a whole number below {most:,}")
        return int(text)
