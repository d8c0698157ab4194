"""Reads the constraints that a document states, by the game's own names, believing none of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from ssg_mip.checker import fields
from ssg_mip.checker.constraints.forms import (
    Ball,
    ConstraintClaim,
    Cost,
    Form,
    Linear,
    Same,
    Support,
    Value,
    shares_of,
)
from ssg_mip.errors import InvalidResultError
from ssg_mip.game.game import Game

MADE_OF_IT = ("attained", "slack")
"""Keys of an entry that say what the answer makes of the constraint."""

SIDES = {"<=": (False, True), ">=": (True, False), "==": (True, True)}
"""Which sides a comparison has: from below, from above."""


def read_constraints(game: Game, data: Mapping[str, Any]) -> tuple[ConstraintClaim, ...]:
    """The constraints of a document; none where it states none.

    Raises
    ------
    InvalidResultError
        If one cannot be read, two have the same name, or the list is there and empty.
    """
    if "constraints" not in data:
        if "problem_hash" in data:
            raise InvalidResultError("problem_hash is printed without constraints")
        return ()
    entries = fields.entries(data, "constraints")
    if not entries:
        raise InvalidResultError("constraints is empty; without constraints the key is left out")
    found = tuple(_claim(game, entry, f"constraints[{index}].") for index, entry in enumerate(entries))
    names = [one.name for one in found]
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise InvalidResultError(f"constraints names {twice!r} twice")
    return found


def problem_hash(game: Game, constraints: Sequence[Mapping[str, Any]]) -> str:
    """The SHA-256 that a document about these constraints must name."""
    text = json.dumps(canonical(list(constraints)), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{game.content_hash}\n{text}".encode()).hexdigest()


def canonical(value: Any) -> Any:
    """Data in which the same number is always written the same way."""
    if isinstance(value, Mapping):
        return {str(key): canonical(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [canonical(entry) for entry in value]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    return value


def without_outcome(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry without what the answer makes of it."""
    return {key: value for key, value in entry.items() if key not in MADE_OF_IT}


def _claim(game: Game, entry: Mapping[str, Any], at: str) -> ConstraintClaim:
    reader = _Reader(game, entry, at)
    kind = fields.one_of(tuple(_READERS), entry, "kind", at)
    form = _READERS[kind](reader)
    unknown = sorted(set(entry) - {"kind", "name", *MADE_OF_IT, *reader.read})
    if unknown:
        raise InvalidResultError(f"{at}{unknown[0]} is no key of a constraint {kind!r}")
    attained, slack = (
        None if entry.get(key) is None else fields.number(entry[key], f"{at}{key}") for key in MADE_OF_IT
    )
    return ConstraintClaim(
        name=fields.text(entry, "name", at), form=form, said=without_outcome(entry), attained=attained, slack=slack
    )


class _Reader:
    """Reads the members of one entry, and remembers which."""

    def __init__(self, game: Game, entry: Mapping[str, Any], at: str) -> None:
        self.game = game
        self._entry = entry
        self._at = at
        self.read: set[str] = set()

    def _member(self, key: str) -> Any:
        self.read.add(key)
        return fields.member(self._entry, key, self._at)

    def number(self, key: str) -> Fraction:
        """A number."""
        return Fraction(fields.number(self._member(key), f"{self._at}{key}"))

    def word(self, key: str, known: Sequence[str]) -> str:
        """One of some words."""
        self.read.add(key)
        return fields.one_of(known, self._entry, key, self._at)

    def state(self, value: Any, place: str) -> int:
        """A state by name."""
        if not isinstance(value, str) or value not in self.game.state_names:
            raise InvalidResultError(f"{place} names the unknown state {value!r}")
        return self.game.state_index(value)

    def action(self, value: Any, known: Sequence[str], place: str) -> int:
        """An action by name."""
        if not isinstance(value, str) or value not in known:
            raise InvalidResultError(f"{place} names the unknown action {value!r}")
        return known.index(value)

    def own_state(self) -> int:
        """The state of the entry."""
        return self.state(self._member("state"), f"{self._at}state")

    def own_state_or_none(self) -> int | None:
        """The state of the entry, or ``None`` for the start distribution."""
        return None if self._member("state") is None else self.own_state()

    def states(self, least: int) -> list[int]:
        """A list of different states."""
        given = self._member("states")
        if not isinstance(given, (list, tuple)):
            raise InvalidResultError(f"{self._at}states must be a list")
        found = [self.state(one, f"{self._at}states") for one in given]
        if len(set(found)) != len(found) or len(found) < least:
            raise InvalidResultError(f"{self._at}states must name at least {least} different states")
        return found

    def slots(self, state: int) -> tuple[int, ...]:
        """All leader slots of a state."""
        return tuple(range(int(self.game.leader_offsets[state]), int(self.game.leader_offsets[state + 1])))

    def slot(self, entry: Mapping[str, Any], at: str) -> int:
        """The leader slot of a state and an action of an entry."""
        state = self.state(fields.member(entry, "state", at), f"{at}state")
        given = fields.member(entry, "leader_action", at)
        return self.slots(state)[self.action(given, self.game.leader_actions[state], f"{at}leader_action")]

    def own_slot(self) -> int:
        """The leader slot of the entry itself."""
        self.read |= {"state", "leader_action"}
        return self.slot(self._entry, self._at)

    def row(self, entry: Mapping[str, Any], at: str) -> int:
        """The row of a joint action of an entry."""
        slot = self.slot(entry, at)
        state = int(self.game.leader_slot_state[slot])
        given = fields.member(entry, "follower_action", at)
        answer = self.action(given, self.game.follower_actions[state], f"{at}follower_action")
        return self.game.row(state, slot - int(self.game.leader_offsets[state]), answer)

    def terms(
        self, key: str, what: str, place: Callable[[Mapping[str, Any], str], int], own: set[str]
    ) -> dict[int, Fraction]:
        """Numbers by slot or row, each named once; not all of them 0."""
        self.read.add(key)
        found: dict[int, Fraction] = {}
        for index, given in enumerate(fields.list_of(self._entry, key, self._at)):
            at = f"{self._at}{key}[{index}]."
            entry = fields.mapping(given, at)
            if set(entry) != {*own, what}:
                raise InvalidResultError(f"{at.rstrip('.')} must have the keys {', '.join(sorted({*own, what}))}")
            at_place = place(entry, at)
            if at_place in found:
                raise InvalidResultError(f"{at.rstrip('.')} is named twice")
            found[at_place] = Fraction(fields.number(entry[what], f"{at}{what}"))
        if not any(found.values()):
            raise InvalidResultError(f"{self._at}{key} holds no number but 0")
        return found

    def labels(self) -> tuple[tuple[int, ...], ...]:
        """Slots of one action under one label, for all of them; labels of a single state say nothing."""
        at = f"{self._at}labels"
        groups: dict[str, list[int]] = {}
        for name, label in fields.mapping(self._member("labels"), at).items():
            if not isinstance(label, str):
                raise InvalidResultError(f"{at}[{name!r}] is {label!r}; it must be a text")
            groups.setdefault(label, []).append(self.state(name, at))
        found: list[tuple[int, ...]] = []
        for label, states in groups.items():
            tables = [dict(zip(self.game.leader_actions[s], self.slots(s), strict=True)) for s in states]
            if len(states) < 2 or any(table.keys() != tables[0].keys() for table in tables):
                raise InvalidResultError(f"{at}: {label!r} needs several states with actions of the same names")
            found += [tuple(table[action] for table in tables) for action in tables[0]]
        if not found:
            raise InvalidResultError(f"{at} is empty")
        return tuple(found)

    def centre(self) -> tuple[Fraction, ...]:
        """A policy by names, every state's probabilities divided by their exact sum."""
        table = fields.mapping(self._member("policy"), f"{self._at}policy")
        fields.expect_names(table, self.game.state_names, f"{self._at}policy")
        rows = []
        for state, actions in zip(self.game.state_names, self.game.leader_actions, strict=True):
            place = f"{self._at}policy[{state!r}]"
            given = fields.mapping(fields.member(table, state, f"{self._at}policy."), place)
            fields.expect_names(given, actions, place)
            row = tuple(fields.number(given.get(action, 0.0), f"{place}[{action!r}]") for action in actions)
            if min(row) < 0.0 or abs(sum(row) - 1.0) > MOST_OFF:
                raise InvalidResultError(f"{place} is no distribution")
            rows.append(row)
        return shares_of(tuple(rows))


MOST_OFF = 1e-6
"""By how much the sum of the probabilities of a policy may miss 1."""

PAIR, TRIPLE = {"state", "leader_action"}, {"state", "leader_action", "follower_action"}


def _require(reader: _Reader) -> Form:
    limit = reader.number("limit")
    below, above = SIDES[reader.word("sense", tuple(SIDES))]
    return Linear(
        coefficients=reader.terms("terms", "coefficient", reader.slot, PAIR),
        least=limit if below else None,
        most=limit if above else None,
    )


def _budget(reader: _Reader) -> Form:
    return Linear(coefficients=reader.terms("costs", "cost", reader.slot, PAIR), most=reader.number("at_most"))


def _forbid(reader: _Reader) -> Form:
    return Linear(coefficients={reader.own_slot(): Fraction(1)}, most=Fraction(0))


def _at_least(reader: _Reader) -> Form:
    return Linear(coefficients={reader.own_slot(): Fraction(1)}, least=reader.number("probability"))


def _same_policy(reader: _Reader) -> Form:
    states = reader.states(2)
    if len({reader.game.leader_actions[state] for state in states}) > 1:
        raise InvalidResultError("same_policy names states with different leader actions")
    return Same(slots=tuple(zip(*map(reader.slots, states), strict=True)), most=Fraction(0))


def _observe(reader: _Reader) -> Form:
    return Same(slots=reader.labels(), most=Fraction(0))


def _at_most_actions(reader: _Reader) -> Form:
    state = reader.own_state()
    return Support(states=(state,), slots=(reader.slots(state),), most=reader.number("actions"))


def _deterministic(reader: _Reader) -> Form:
    states = tuple(reader.states(1))
    return Support(states=states, slots=tuple(map(reader.slots, states)), most=Fraction(1))


def _close_to(reader: _Reader) -> Form:
    slots = tuple(map(reader.slots, range(reader.game.num_states)))
    return Ball(centre=reader.centre(), slots=slots, most=reader.number("radius"))


def _cost(reader: _Reader) -> Form:
    costs = reader.terms("costs", "cost", reader.row, TRIPLE)
    return Cost(costs=costs, discount=Fraction(reader.game.leader_discount), most=reader.number("at_most"))


def _value_at_least(reader: _Reader) -> Form:
    game, state = reader.game, reader.own_state_or_none()
    rewards = {row: Fraction(reward) for row, reward in enumerate(game.leader_rewards.tolist()) if reward}
    return Value(
        state=state,
        largest=max(map(abs, rewards.values()), default=Fraction(0)) / (1 - Fraction(game.leader_discount)),
        rewards=rewards,
        from_start=state is None or float(game.initial[state]) == 1.0,
        least=reader.number("value"),
    )


_READERS: Mapping[str, Callable[[_Reader], Form]] = {
    "require": _require,
    "budget": _budget,
    "forbid": _forbid,
    "at_least": _at_least,
    "same_policy": _same_policy,
    "observe": _observe,
    "at_most_actions": _at_most_actions,
    "deterministic": _deterministic,
    "close_to": _close_to,
    "cost": _cost,
    "value_at_least": _value_at_least,
}
"""How the entries of each kind are read."""
