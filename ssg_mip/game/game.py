"""The two-player general-sum stochastic Stackelberg game.

A game is ``(S, A, B, p, rho, r_A, r_B, gamma_A, gamma_B)`` (Kudo & Akimoto, section 3): states ``s``, leader
actions ``a`` in ``A(s)``, follower actions ``b`` in ``B(s)``, transition probabilities ``p(t | s, a, b)``, rewards
of both players, two discounts in ``[0, 1)`` and a start distribution ``rho``.

Action sets may differ from state to state, so the data are stored flat. A *row* is one joint action
``(s, a, b)``; rows are ordered by state, then leader action, then follower action. A *leader slot* is one
``(s, a)``, a *follower slot* one ``(s, b)``. Transitions are kept in compressed sparse rows: memory is
proportional to the number of non-zeros.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ssg_mip.base.frozen import Immutable, read_only
from ssg_mip.base.naming import names_of
from ssg_mip.base.rules import TABLE, TEXT, instance_of, is_whole, optional, shown
from ssg_mip.errors import InvalidGameError
from ssg_mip.game.arrays import game_fields, start_distribution
from ssg_mip.game.validation import (
    check_names,
    check_numbers,
    check_shapes,
    checked_discount,
    frozen_array,
    normalised_initial,
    normalised_rows,
)
from ssg_mip.numerics.array_types import FloatArray, IntArray


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Game(Immutable):
    """A validated, read-only game. Build it with :meth:`from_arrays`, ``GameBuilder`` or ``read_instance``.

    Attributes
    ----------
    name
        A label; not part of :attr:`content_hash`.
    state_names
        ``num_states`` distinct, non-empty strings; like all names without control characters.
    leader_actions, follower_actions
        Per state, the distinct names of the available actions (at least one each).
    indptr, successors, probabilities
        Transitions in compressed sparse rows over joint-action rows: row ``k`` moves to
        ``successors[indptr[k]:indptr[k+1]]`` with the probabilities at the same places (each row sums to one).
    leader_rewards, follower_rewards
        One reward per row, shape ``[num_rows]``.
    leader_discount, follower_discount
        In ``[0, 1)``.
    initial
        Start distribution, shape ``[num_states]``.
    source, known
        Where the game comes from and what is known about its solution; carried along, never interpreted.

    Raises
    ------
    InvalidGameError
        With the place and the remedy, if the data are not a game.
    """

    state_names: tuple[str, ...]
    leader_actions: tuple[tuple[str, ...], ...]
    follower_actions: tuple[tuple[str, ...], ...]
    indptr: IntArray
    successors: IntArray
    probabilities: FloatArray
    leader_rewards: FloatArray
    follower_rewards: FloatArray
    leader_discount: float
    follower_discount: float
    initial: FloatArray
    name: str = "game"
    source: str | None = None
    known: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        for field, rule in (("name", TEXT), ("source", optional(TEXT)), ("known", optional(TABLE))):
            if not rule.holds(getattr(self, field)):
                raise InvalidGameError(f"{field} is {shown(getattr(self, field))}; it must be {rule.words}")
        object.__setattr__(self, "state_names", names_of(self.state_names, "state_names"))
        for field in ("leader_actions", "follower_actions"):
            object.__setattr__(self, field, _names_by_state(getattr(self, field), field))
        for field, kind in _ARRAY_FIELDS.items():
            object.__setattr__(self, field, frozen_array(getattr(self, field), kind, field))
        for field in ("leader_discount", "follower_discount"):
            object.__setattr__(self, field, checked_discount(getattr(self, field), field))
        check_names(self)
        check_shapes(self)
        check_numbers(self)
        object.__setattr__(self, "probabilities", normalised_rows(self))
        object.__setattr__(self, "initial", normalised_initial(self))

    # ---------------------------------------------------------------- ways in

    @classmethod
    def from_arrays(
        cls,
        transition: Any,
        leader_reward: Any,
        follower_reward: Any,
        *,
        leader_discount: float,
        follower_discount: float,
        initial: Any = None,
        state_names: Iterable[Any] | None = None,
        leader_actions: Iterable[Any] | None = None,
        follower_actions: Iterable[Any] | None = None,
        leader_available: ArrayLike | None = None,
        follower_available: ArrayLike | None = None,
        normalise: bool = False,
        name: str = "game",
        source: str | None = None,
        known: Mapping[str, Any] | None = None,
    ) -> Game:
        """Build a game from arrays, dense or sparse.

        Parameters
        ----------
        transition
            ``transition[s, a, b, t]`` is the probability of moving to state ``t``. Or one SciPy sparse matrix
            ``[s, t]`` for each joint action: ``transition[a][b]``.
        leader_reward, follower_reward
            ``reward[s, a, b]``, or ``reward[s, a, b, t]`` (also sparse, ``reward[a][b]``), of which the expectation
            over the next state is taken.
        leader_discount, follower_discount
            In ``[0, 1)``.
        initial
            Start distribution over states; or the one start state, by name as in ``state_names`` or else by position;
            or ``{state: probability}``. Uniform if absent.
        state_names, leader_actions, follower_actions
            Names; ``s0, s1, ...``, ``a0, ...`` and ``b0, ...`` if absent. Numbers, tuples and members of an ``Enum``
            become their ``str``. Where action sets differ, one *list* of names for each state: they name the first of
            the arrays' actions (with a mask: the available ones); what the arrays hold for the others is not looked at.
        leader_available, follower_available
            Masks ``[s, a]`` and ``[s, b]``: which actions a state has. What the arrays hold for the others is not
            looked at.
        normalise
            Divide every distribution by its sum, whatever that is. Without it a sum may be off by 1e-9, or by a few
            roundings of the arrays' own type (:func:`ssg_mip.base.tolerances.probability_tolerance`).

        Raises
        ------
        InvalidGameError
            If shapes disagree or the numbers are not a game.
        """
        fields = game_fields(
            transition,
            leader_reward,
            follower_reward,
            initial=initial,
            state_names=state_names,
            actions=(leader_actions, follower_actions),
            available=(leader_available, follower_available),
            normalise=normalise,
        )
        return cls(
            name=name,
            leader_discount=leader_discount,
            follower_discount=follower_discount,
            source=source,
            known=known,
            **fields,
        )

    def replace(self, **changes: Any) -> Game:
        """A copy with some fields changed, validated again; ``initial`` may name a state.

        Raises
        ------
        InvalidGameError
            If there is no such field, or the data are not a game.
        """
        known = [field.name for field in dataclasses.fields(self)]
        for field in changes:
            if field not in known:
                raise InvalidGameError(f"a game has no field {field!r}; the fields are {', '.join(known)}")
        if "initial" in changes:
            changes["initial"] = start_distribution(changes["initial"], changes.get("state_names", self.state_names))
        return dataclasses.replace(self, **changes)

    # ---------------------------------------------------------------- sizes and indices

    @property
    def num_states(self) -> int:
        """Number of states."""
        return len(self.state_names)

    @property
    def num_rows(self) -> int:
        """Number of joint actions ``(s, a, b)``."""
        return len(self.leader_rewards)

    @cached_property
    def leader_counts(self) -> IntArray:
        """Number of leader actions per state."""
        return frozen_array([len(names) for names in self.leader_actions], np.int64)

    @cached_property
    def follower_counts(self) -> IntArray:
        """Number of follower actions per state."""
        return frozen_array([len(names) for names in self.follower_actions], np.int64)

    @cached_property
    def leader_offsets(self) -> IntArray:
        """First leader slot of each state, then the number of leader slots; shape ``[num_states + 1]``."""
        return _offsets(self.leader_counts)

    @cached_property
    def follower_offsets(self) -> IntArray:
        """First follower slot of each state, then the number of follower slots; shape ``[num_states + 1]``."""
        return _offsets(self.follower_counts)

    @cached_property
    def row_offsets(self) -> IntArray:
        """First row of each state, then the number of rows; shape ``[num_states + 1]``."""
        return _offsets(self.leader_counts * self.follower_counts)

    @cached_property
    def row_state(self) -> IntArray:
        """State of each row."""
        return frozen_array(np.repeat(np.arange(self.num_states), np.diff(self.row_offsets)), np.int64)

    @cached_property
    def row_leader(self) -> IntArray:
        """Leader action, counted within its state, of each row."""
        within = np.arange(self.num_rows) - self.row_offsets[self.row_state]
        return frozen_array(within // self.follower_counts[self.row_state], np.int64)

    @cached_property
    def row_follower(self) -> IntArray:
        """Follower action, counted within its state, of each row."""
        within = np.arange(self.num_rows) - self.row_offsets[self.row_state]
        return frozen_array(within % self.follower_counts[self.row_state], np.int64)

    @cached_property
    def row_leader_slot(self) -> IntArray:
        """Leader slot of each row."""
        return frozen_array(self.leader_offsets[self.row_state] + self.row_leader, np.int64)

    @cached_property
    def row_follower_slot(self) -> IntArray:
        """Follower slot of each row."""
        return frozen_array(self.follower_offsets[self.row_state] + self.row_follower, np.int64)

    @cached_property
    def leader_slot_state(self) -> IntArray:
        """State of each leader slot."""
        return frozen_array(np.repeat(np.arange(self.num_states), self.leader_counts), np.int64)

    @cached_property
    def follower_slot_state(self) -> IntArray:
        """State of each follower slot."""
        return frozen_array(np.repeat(np.arange(self.num_states), self.follower_counts), np.int64)

    def row(self, state: int, leader_action: int, follower_action: int) -> int:
        """Row of the joint action ``(state, leader_action, follower_action)``, by position.

        Raises
        ------
        InvalidGameError
            If there is no such state, or the state does not have one of the actions.
        """
        _check_position("state", state, self.num_states)
        _check_position("leader_action", leader_action, int(self.leader_counts[state]))
        _check_position("follower_action", follower_action, int(self.follower_counts[state]))
        return int(self.row_offsets[state] + leader_action * self.follower_counts[state] + follower_action)

    def next_states(self, row: int) -> tuple[IntArray, FloatArray]:
        """Successor states of a row and their probabilities (positive ones only).

        Raises
        ------
        InvalidGameError
            If there is no such row.
        """
        _check_position("row", row, self.num_rows)
        place = slice(int(self.indptr[row]), int(self.indptr[row + 1]))
        return self.successors[place], self.probabilities[place]

    def state_index(self, name: str) -> int:
        """Position of a state by name.

        Raises
        ------
        InvalidGameError
            If there is no such state.
        """
        try:
            return self._state_index[name]
        except (KeyError, TypeError):
            raise InvalidGameError(
                f"there is no state {shown(name)} in {self.name}; states: {_some(self.state_names)}"
            ) from None

    @cached_property
    def _state_index(self) -> dict[str, int]:
        return {name: index for index, name in enumerate(self.state_names)}

    @cached_property
    def dense_transition(self) -> FloatArray:
        """Transition matrix ``[num_rows, num_states]``, dense: for small games only."""
        dense = np.zeros((self.num_rows, self.num_states))
        np.add.at(
            dense, (np.repeat(np.arange(self.num_rows), np.diff(self.indptr)), self.successors), self.probabilities
        )
        return read_only(dense)

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 over everything that determines the solution, names included; ``name`` and remarks excluded."""
        digest = hashlib.sha256()
        for names in (self.state_names, *self.leader_actions, *self.follower_actions):
            digest.update("\x1f".join(names).encode() + b"\x1e")
        for field in _ARRAY_FIELDS:
            digest.update(np.ascontiguousarray(getattr(self, field)).tobytes() + b"\x1e")
        digest.update(np.array([self.leader_discount, self.follower_discount]).tobytes())
        return digest.hexdigest()

    def same_as(self, other: Game) -> bool:
        """Whether two games have the same names and the same numbers, to the last bit.

        Raises
        ------
        OptionError
            If ``other`` is no game.
        """
        GAME.check("other", other)
        return self.content_hash == other.content_hash

    def __repr__(self) -> str:
        return (
            f"Game({self.name!r}, {self.num_states} states, {self.num_rows} joint actions, "
            f"{len(self.successors)} transitions, discounts {self.leader_discount:g}/{self.follower_discount:g})"
        )


_ARRAY_FIELDS: dict[str, type] = {
    "indptr": np.int64,
    "successors": np.int64,
    "probabilities": np.float64,
    "leader_rewards": np.float64,
    "follower_rewards": np.float64,
    "initial": np.float64,
}


GAME = instance_of(Game, "a Game: read_instance(path) reads one from a file, Game.from_arrays and GameBuilder make one")
"""What an argument ``game`` must be."""


# -------------------------------------------------------------------- construction helpers


def _names_by_state(given: Any, label: str) -> tuple[tuple[str, ...], ...]:
    """Names for each state; equal objects stay one object."""
    if isinstance(given, (str, bytes, dict)) or not isinstance(given, Iterable):
        raise InvalidGameError(f"{label} is {shown(given)}; give one list of names for each state")
    read: dict[int, tuple[str, ...]] = {}
    listed = list(given)
    for names in listed:
        if id(names) not in read:
            read[id(names)] = names_of(names, label)
    return tuple(read[id(names)] for names in listed)


def _check_position(label: str, value: object, count: int) -> None:
    if not is_whole(value) or not 0 <= value < count:  # type: ignore[operator]  # whole numbers compare
        raise InvalidGameError(f"{label} is {shown(value)}; it must be a position from 0 to {count - 1}")


def _offsets(counts: IntArray) -> IntArray:
    array: IntArray = frozen_array(np.concatenate(([0], np.cumsum(counts))), np.int64)
    return array


def _some(names: Sequence[str], limit: int = 8) -> str:
    shown = ", ".join(repr(name) for name in names[:limit])
    return shown if len(names) <= limit else f"{shown}, ... ({len(names)} in all)"
