"""What makes data a game: the checks behind :class:`~ssg_mip.game.game.Game`, with messages that name place and remedy.

They see plain data (:class:`GameData`), not the class, so that every way into a game is checked by the same rules.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ssg_mip.base.frozen import read_only
from ssg_mip.base.rules import is_whole, shown
from ssg_mip.base.tolerances import PROBABILITY
from ssg_mip.errors import InvalidGameError, OptionError, SsgError
from ssg_mip.numerics.array_types import FloatArray, IntArray

DISCOUNT_RULE = (
    "it must be a number in [0, 1): without discounting values need not be finite. Let play reach an end state with "
    "rewards 0, or count the steps that are left in the state, and take a discount just below 1, such as 0.999"
)
"""What a discount must be, and what to do instead of 1."""

UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""What no name may contain: it would break :attr:`Game.content_hash`, files and one-line messages."""


LARGEST_VALUE = 1e305
"""No value may be larger where a method runs: sums and products of a few of them must be floats."""


class GameData(Protocol):
    """The fields that are checked; what they mean is said at :class:`ssg_mip.game.game.Game`."""

    @property
    def state_names(self) -> tuple[str, ...]:
        """Names of the states."""

    @property
    def leader_actions(self) -> tuple[tuple[str, ...], ...]:
        """Names of the leader's actions per state."""

    @property
    def follower_actions(self) -> tuple[tuple[str, ...], ...]:
        """Names of the follower's actions per state."""

    @property
    def indptr(self) -> IntArray:
        """First transition of each row, then their number."""

    @property
    def successors(self) -> IntArray:
        """State of each transition."""

    @property
    def probabilities(self) -> FloatArray:
        """Probability of each transition."""

    @property
    def leader_rewards(self) -> FloatArray:
        """The leader's reward per row."""

    @property
    def follower_rewards(self) -> FloatArray:
        """The follower's reward per row."""

    @property
    def initial(self) -> FloatArray:
        """Start distribution."""


def checked_array(values: ArrayLike, label: str, error: type[SsgError] = InvalidGameError) -> NDArray[Any]:
    """Real numbers as an array of their own type; refuses ragged lists and what holds no real numbers."""
    try:
        given = np.asarray(values)
    except ValueError as problem:
        raise error(f"{label} is not a regular array: {problem}") from None
    except Exception as problem:  # whatever an object does when it is asked for its numbers
        raise error(f"{label} cannot be read as an array of numbers: {problem}") from None
    if given.dtype.kind not in "iuf":
        raise error(f"{label} has element type {given.dtype}; it must hold real numbers")
    return given


def frozen_array(values: ArrayLike, kind: type, label: str = "array") -> NDArray[Any]:
    """A private read-only copy; refuses values that the conversion would change."""
    given = checked_array(values, label)
    if kind is np.int64 and not given.size:
        given = np.zeros(given.shape, dtype=np.int64)
    if kind is np.int64 and not are_whole(given):
        raise InvalidGameError(f"{label} must hold whole numbers")
    with np.errstate(over="ignore"):  # infinite is refused with its place
        return read_only(given.astype(kind))


def are_whole(given: NDArray[Any]) -> bool:
    """Whether all numbers are whole and fit into 64 bits."""
    if given.dtype.kind == "i":
        return True
    most = np.iinfo(np.int64).max
    return bool(np.all((given == np.floor(given)) & (given >= -most) & (given < most)))


def float_array(values: ArrayLike, label: str) -> FloatArray:
    """A private read-only array of floats; refuses ragged lists."""
    return frozen_array(values, np.float64, label)


def checked_discount(value: object, label: str) -> float:
    """A number in ``[0, 1)``."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise InvalidGameError(f"{label} is {shown(value)}; it must be a number in [0, 1)")
    if not (0.0 <= value < 1.0 and float(value) < 1.0):
        raise InvalidGameError(f"{label} is {shown(value)}; {DISCOUNT_RULE}")
    return float(value)


def check_whole(value: Any, label: str, *, least: int = 1, most: int = 10**18) -> None:
    """Raise :class:`OptionError` unless ``value`` is a whole number of at least ``least`` and at most ``most``."""
    if not is_whole(value) or value < least:
        raise OptionError(f"{label} is {shown(value)}; it must be a whole number of at least {least}")
    if value > most:
        raise OptionError(f"{label} is {shown(value)}; it must be at most {most:,}")


def check_names(game: GameData) -> None:
    """Names are distinct, non-empty and printable, and every state has actions of both players."""
    if not game.state_names:
        raise InvalidGameError("the game has no states; add at least one")
    _check_distinct(game.state_names, "state_names")
    for label in ("leader_actions", "follower_actions"):
        per_state: tuple[tuple[str, ...], ...] = getattr(game, label)
        if len(per_state) != len(game.state_names):
            raise InvalidGameError(f"{label} is given for {len(per_state)} states; there are {len(game.state_names)}")
        seen: set[int] = set()
        for state, names in zip(game.state_names, per_state, strict=True):
            if id(names) in seen:
                continue
            seen.add(id(names))
            if not names:
                raise InvalidGameError(
                    f"{label}[s={state}] is empty; every state needs at least one action of each player"
                )
            _check_distinct(names, f"{label}[s={state}]")


def _check_distinct(names: Sequence[str], label: str) -> None:
    for name in names:
        if not isinstance(name, str) or not name:
            raise InvalidGameError(f"{label} holds {name!r}; names must be non-empty strings")
        if UNPRINTABLE.search(name):
            raise InvalidGameError(
                f"{label} holds {name!r}; names must not contain control characters or lone surrogates"
            )
    if len(set(names)) != len(names):
        repeated = first_repeated(names)
        raise InvalidGameError(f"{label} holds {repeated!r} twice; names must be distinct")


def first_repeated(names: Sequence[str]) -> str | None:
    """The first name that stood there before, if any."""
    seen: set[str] = set()
    return next((name for name in names if name in seen or seen.add(name)), None)  # type: ignore[func-returns-value]


def check_shapes(game: GameData) -> None:
    """The arrays are as long as the names say."""
    rows = int(sum(len(a) * len(b) for a, b in zip(game.leader_actions, game.follower_actions, strict=True)))
    for label in ("leader_rewards", "follower_rewards"):
        if getattr(game, label).shape != (rows,):
            raise InvalidGameError(
                f"{label} has shape {getattr(game, label).shape}; it must be ({rows},): one per joint action"
            )
    if game.indptr.shape != (rows + 1,) or game.indptr[0] != 0 or np.any(game.indptr[1:] < game.indptr[:-1]):
        raise InvalidGameError(
            f"indptr must rise from 0 with {rows + 1} entries: one row of transitions per joint action"
        )
    if game.successors.shape != game.probabilities.shape or game.successors.shape != (int(game.indptr[-1]),):
        raise InvalidGameError(
            f"successors {game.successors.shape} and probabilities {game.probabilities.shape} "
            f"must both have indptr[-1] = {int(game.indptr[-1])} entries"
        )
    if game.initial.shape != (len(game.state_names),):
        raise InvalidGameError(
            f"initial has shape {game.initial.shape}; it must be ({len(game.state_names)},): one per state"
        )


def check_numbers(game: GameData) -> None:
    """Rewards are finite, probabilities finite and not negative, successors states."""
    for label in ("leader_rewards", "follower_rewards"):
        bad = np.flatnonzero(~np.isfinite(getattr(game, label)))
        if bad.size:
            value, place = float(getattr(game, label)[bad[0]]), describe_row(game, int(bad[0]))
            raise InvalidGameError(f"{label[:-1]}[{place}] is {value}; it must be finite{forbidding(value)}")
    bad = np.flatnonzero((game.successors < 0) | (game.successors >= len(game.state_names)))
    if bad.size:
        raise InvalidGameError(
            f"successors[{bad[0]}] is {game.successors[bad[0]]}; states are 0..{len(game.state_names) - 1}"
        )
    bad = np.flatnonzero(~(np.isfinite(game.probabilities) & (game.probabilities >= 0.0)))
    if bad.size:
        row = int(np.searchsorted(game.indptr, bad[0], side="right")) - 1
        raise InvalidGameError(
            f"transitions[{describe_row(game, row)}] hold the probability {game.probabilities[bad[0]]}; "
            "probabilities must be finite and at least 0"
        )
    bad = np.flatnonzero(~(np.isfinite(game.initial) & (game.initial >= 0.0)))
    if bad.size:
        raise InvalidGameError(
            f"initial[s={game.state_names[bad[0]]}] is {game.initial[bad[0]]}; it must be finite and at least 0"
        )


def forbidding(value: float) -> str:
    """What a reward of minus infinity is meant to say, and how to say it."""
    if not np.isneginf(value):
        return ""
    return ": to forbid an action, leave it out of its state (GameBuilder, or leader_available and follower_available)"


def check_sizes(game: GameData, leader_discount: float, follower_discount: float) -> None:
    """No value comes near the end of the range of floats."""
    for label, discount in (("leader_rewards", leader_discount), ("follower_rewards", follower_discount)):
        rewards = np.abs(getattr(game, label))
        row = int(np.argmax(rewards))
        if rewards[row] > LARGEST_VALUE * (1.0 - discount):
            raise InvalidGameError(
                f"{label[:-1]}[{describe_row(game, row)}] is {float(getattr(game, label)[row])!r}, for ever with the "
                f"discount {discount!r} more than {LARGEST_VALUE:g}: give rewards in larger units"
            )


def describe_row(game: GameData, row: int) -> str:
    """The place of a row in words, for messages: ``s=dock, a=patrol, b=wait``."""
    for state, leader, follower in zip(game.state_names, game.leader_actions, game.follower_actions, strict=True):
        if row < len(leader) * len(follower):
            return f"s={state}, a={leader[row // len(follower)]}, b={follower[row % len(follower)]}"
        row -= len(leader) * len(follower)
    raise IndexError(row)


def normalised_rows(game: GameData) -> FloatArray:
    """Rows that sum to one within the tolerance, divided by their sum unless that is rounding noise only."""
    lengths = np.diff(game.indptr)
    if np.any(lengths == 0):
        row = int(np.argmin(lengths))
        raise InvalidGameError(
            f"transitions[{describe_row(game, row)}] lead nowhere; they must sum to 1: add the missing next states"
        )
    _check_no_repeated_successor(game)
    sums = np.add.reduceat(game.probabilities, game.indptr[:-1])
    off = np.abs(sums - 1.0)
    row = int(np.argmax(off))
    if off[row] > PROBABILITY:
        raise InvalidGameError(
            f"transitions[{describe_row(game, row)}] sum to {float(sums[row])!r}; they must sum to 1 within "
            f"{PROBABILITY:g}: correct the probabilities of the next states"
        )
    scale = np.where(off <= 4.0 * np.finfo(float).eps * lengths, 1.0, sums)
    return frozen_array(game.probabilities / np.repeat(scale, lengths), np.float64)


def _check_no_repeated_successor(game: GameData) -> None:
    rows = np.repeat(np.arange(len(game.indptr) - 1), np.diff(game.indptr))
    keys = np.sort(rows * len(game.state_names) + game.successors)
    twice = np.flatnonzero(keys[1:] == keys[:-1])
    if twice.size:
        row, state = divmod(int(keys[twice[0]]), len(game.state_names))
        raise InvalidGameError(
            f"transitions[{describe_row(game, row)}] name the next state {game.state_names[state]!r} twice; merge them"
        )


def normalised_initial(game: GameData) -> FloatArray:
    """A start distribution that sums to one within the tolerance, divided by its sum."""
    total = float(game.initial.sum())
    if abs(total - 1.0) > PROBABILITY:
        raise InvalidGameError(
            f"initial sums to {total!r}; it must sum to 1 within {PROBABILITY:g}: "
            "correct the start distribution, or leave it out for a uniform one"
        )
    noise = 4.0 * np.finfo(float).eps * len(game.state_names)
    return frozen_array(game.initial / (1.0 if abs(total - 1.0) <= noise else total), np.float64)
