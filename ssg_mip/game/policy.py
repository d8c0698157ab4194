"""Stationary policies of both players."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from ssg_mip.base.frozen import Immutable, read_only
from ssg_mip.base.rules import GENERATOR, TABLE, checked, instance_of, is_number, shown
from ssg_mip.base.tolerances import PROBABILITY, probability_tolerance
from ssg_mip.errors import InvalidPolicyError
from ssg_mip.game.game import GAME, Game
from ssg_mip.game.validation import are_whole, checked_array
from ssg_mip.numerics.array_types import FloatArray, IntArray


@dataclasses.dataclass(frozen=True, eq=False)
class LeaderPolicy(Immutable):
    """A stationary mixed policy ``f(a | s)``.

    Attributes
    ----------
    probabilities
        Array ``[s, a]``, padded with zeros where a state has fewer actions than the widest one. Rows that sum to one
        within the tolerance (that of the array's own precision) are divided by their sum unless that is rounding
        noise only.
    """

    probabilities: FloatArray

    def __post_init__(self) -> None:
        given = checked_array(self.probabilities, "a leader policy", InvalidPolicyError)
        array = given.astype(float)
        if array.ndim != 2:
            raise InvalidPolicyError(f"a leader policy has shape {array.shape}; it must be [s, a]")
        if not np.all(np.isfinite(array)) or np.any(array < 0.0):
            raise InvalidPolicyError(
                "a leader policy holds a negative or non-finite probability; each must be between 0 and 1"
            )
        sums = array.sum(axis=1)
        off = np.abs(sums - 1.0)
        tolerance = probability_tolerance(given.dtype)
        if off.size and off.max() > tolerance:
            state = int(off.argmax())
            raise InvalidPolicyError(
                f"leader policy row {state} sums to {float(sums[state])!r}; it must sum to 1 within "
                f"{tolerance:g}: correct the probabilities"
            )
        noise = 4.0 * np.finfo(float).eps * array.shape[1]
        array /= np.where(off <= noise, 1.0, sums)[:, None]
        object.__setattr__(self, "probabilities", read_only(array))

    @classmethod
    @checked(game=GAME)
    def uniform(cls, game: Game) -> LeaderPolicy:
        """Every available action equally likely."""
        return cls.from_slots(game, 1.0 / game.leader_counts[game.leader_slot_state])

    @classmethod
    @checked(game=GAME, rng=GENERATOR)
    def random(cls, game: Game, rng: np.random.Generator) -> LeaderPolicy:
        """Drawn uniformly from the simplex of each state."""
        return cls.from_slots(game, rng.exponential(size=int(game.leader_offsets[-1])))

    @classmethod
    @checked(game=GAME)
    def deterministic(cls, game: Game, actions: ArrayLike) -> LeaderPolicy:
        """The policy that plays ``actions[s]`` in state ``s``."""
        chosen = _whole_numbers(actions, "a deterministic leader policy")
        if chosen.shape != (game.num_states,) or np.any(chosen < 0) or np.any(chosen >= game.leader_counts):
            raise InvalidPolicyError(
                f"actions are {shown(actions)}; a deterministic leader policy needs one available action per state, "
                f"counted from 0: {game.num_states} of them"
            )
        slots = np.zeros(int(game.leader_offsets[-1]))
        slots[game.leader_offsets[:-1] + chosen] = 1.0
        return cls.from_slots(game, slots)

    @classmethod
    @checked(game=GAME)
    def from_slots(cls, game: Game, weights: ArrayLike) -> LeaderPolicy:
        """From weights per leader slot, normalised state by state (uniform where all are zero); negative ones count 0.

        Raises
        ------
        InvalidPolicyError
            If there is not one finite weight per leader slot.
        """
        given = checked_array(weights, "weights", InvalidPolicyError)
        if given.shape != (int(game.leader_offsets[-1]),) or not np.all(np.isfinite(given)):
            raise InvalidPolicyError(
                f"weights are {shown(weights)}; {game.name} needs one finite number for each of "
                f"{int(game.leader_offsets[-1])} leader slots (s, a)"
            )
        raw = np.maximum(given.astype(float), 0.0)
        totals = np.add.reduceat(raw, game.leader_offsets[:-1])
        state = game.leader_slot_state
        empty = totals[state] <= 0.0
        flat = np.where(empty, 1.0, raw) / np.where(empty, game.leader_counts[state], totals[state])
        padded = np.zeros((game.num_states, int(game.leader_counts.max())))
        padded[state, np.arange(len(state)) - game.leader_offsets[state]] = flat
        return cls(padded)

    @classmethod
    @checked(game=GAME, table=TABLE)
    def from_names(cls, game: Game, table: Mapping[str, Mapping[str, float]]) -> LeaderPolicy:
        """From ``{state: {action: probability}}``; actions left out have probability 0.

        States that leave no choice may be left out.

        Raises
        ------
        InvalidPolicyError
            If a name is unknown, a state is missing or a row does not sum to one.
        """
        padded = np.zeros((game.num_states, int(game.leader_counts.max())))
        unknown = set(table) - set(game.state_names)
        if unknown:
            first = min(unknown, key=str)
            raise InvalidPolicyError(f"the policy names the unknown state {first!r}; {game.name} has no such state")
        for index, state in enumerate(game.state_names):
            if state not in table and len(game.leader_actions[index]) == 1:
                padded[index, 0] = 1.0
                continue
            if state not in table:
                raise InvalidPolicyError(
                    f"the policy says nothing about state {state!r}; give every state with a choice a row"
                )
            if not isinstance(table[state], Mapping):
                raise InvalidPolicyError(
                    f"the policy holds {shown(table[state])} for state {state!r}; it must be {{action: probability}}"
                )
            for action, probability in table[state].items():
                if action not in game.leader_actions[index]:
                    raise InvalidPolicyError(
                        f"the policy names the unknown leader action {action!r} in state {state!r}"
                    )
                if not is_number(probability):
                    raise InvalidPolicyError(
                        f"the policy gives {action!r} in state {state!r} the probability {shown(probability)}; it must "
                        "be a number"
                    )
                if not 0.0 <= probability <= 1.0 + PROBABILITY:
                    raise InvalidPolicyError(
                        f"the policy gives {action!r} in state {state!r} the probability {shown(probability)}; it must "
                        "be between 0 and 1"
                    )
                padded[index, game.leader_actions[index].index(action)] = probability
            total = float(padded[index].sum())
            if abs(total - 1.0) > PROBABILITY:
                raise InvalidPolicyError(
                    f"the probabilities of the policy in state {state!r} sum to {total!r}; they must sum to 1 within "
                    f"{PROBABILITY:g}"
                )
        return cls(padded)

    @checked(game=GAME)
    def slots(self, game: Game) -> FloatArray:
        """Probabilities per leader slot of ``game``.

        Raises
        ------
        InvalidPolicyError
            If the shape does not fit or an action that a state does not have is used.
        """
        expected = (game.num_states, int(game.leader_counts.max()))
        if self.probabilities.shape != expected:
            raise InvalidPolicyError(
                f"the leader policy has shape {self.probabilities.shape}; {game.name} needs {expected}"
            )
        state = game.leader_slot_state
        flat: FloatArray = self.probabilities[state, np.arange(len(state)) - game.leader_offsets[state]]
        if abs(float(flat.sum()) - game.num_states) > PROBABILITY * game.num_states:
            raise InvalidPolicyError("the leader policy uses an action that its state does not have")
        return flat

    @checked(game=GAME)
    def to_names(self, game: Game) -> dict[str, dict[str, float]]:
        """As ``{state: {action: probability}}``, every available action listed."""
        self.slots(game)
        return {
            state: {
                action: float(self.probabilities[index, place])
                for place, action in enumerate(game.leader_actions[index])
            }
            for index, state in enumerate(game.state_names)
        }


@dataclasses.dataclass(frozen=True, eq=False)
class FollowerPolicy(Immutable):
    """A deterministic stationary policy ``g(s)``.

    Attributes
    ----------
    actions
        Follower action, counted within its state; shape ``[s]``.
    """

    actions: IntArray

    def __post_init__(self) -> None:
        array = _whole_numbers(self.actions, "a follower policy")
        object.__setattr__(self, "actions", read_only(array))

    @checked(game=GAME)
    def slots(self, game: Game) -> IntArray:
        """The chosen follower slot of each state.

        Raises
        ------
        InvalidPolicyError
            If the policy does not name one available action per state.
        """
        if (
            self.actions.shape != (game.num_states,)
            or np.any(self.actions < 0)
            or np.any(self.actions >= game.follower_counts)
        ):
            raise InvalidPolicyError(
                f"the follower policy is {shown(self.actions.tolist())}; it must hold one available action per state"
                f" of {game.name}, counted from 0: {game.num_states} of them"
            )
        chosen: IntArray = game.follower_offsets[:-1] + self.actions
        return chosen

    @checked(game=GAME)
    def to_names(self, game: Game) -> dict[str, str]:
        """As ``{state: action}``."""
        self.slots(game)
        return {
            state: game.follower_actions[index][int(self.actions[index])]
            for index, state in enumerate(game.state_names)
        }


def _whole_numbers(actions: ArrayLike, label: str) -> IntArray:
    """A private copy as integers; refuses values that the conversion would change."""
    given = checked_array(actions, label, InvalidPolicyError)
    if not are_whole(given):
        raise InvalidPolicyError(f"{label} holds the actions {shown(given.tolist())}; actions must be whole numbers")
    array: IntArray = np.array(given, dtype=np.int64)
    return array


LEADER_POLICY = instance_of(
    LeaderPolicy, "a LeaderPolicy: LeaderPolicy.from_names(game, {state: {action: probability}}) makes one"
)
"""What an argument that is a leader's policy must be."""

FOLLOWER_POLICY = instance_of(FollowerPolicy, "a FollowerPolicy, of one action for each state")
"""What an argument that is a follower's policy must be."""
