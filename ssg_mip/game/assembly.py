"""From named parts to a game: the step that the builder and the instance files share.

A :class:`Draft` names states, actions and transitions; :func:`assemble` checks that every joint action of every
state has exactly one transition, that all names exist and that probabilities sum to one, and lays the numbers out
in the flat order of :class:`ssg_mip.game.game.Game`. It reports *all* problems, each with its place: a tuple such as
``("transitions", 3, "next", "dock")`` that the caller renders in its own words (names for the builder, a JSON path
for a file).

Work and memory are proportional to the draft, even where the draft promises far more joint actions than it holds.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import numbers
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ssg_mip.base.rules import shown
from ssg_mip.base.tolerances import PROBABILITY, probability_tolerance
from ssg_mip.game.game import Game
from ssg_mip.game.validation import DISCOUNT_RULE, first_repeated, forbidding

Place = tuple[str | int, ...]
"""Where a problem sits: keys and positions from the outermost container inwards."""

SHOWN_PROBLEMS = 10
"""How many problems are kept in words; the others are counted."""


@dataclasses.dataclass(frozen=True, slots=True)
class StateEntry:
    """A state with its actions and its start probability (``None`` where none was given)."""

    name: str
    leader_actions: tuple[str, ...]
    follower_actions: tuple[str, ...]
    initial: float | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class TransitionEntry:
    """Rewards and next states of one joint action, by name."""

    state: str
    leader_action: str
    follower_action: str
    leader_reward: float
    follower_reward: float
    next: Mapping[str, float]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Draft:
    """Everything that was said about a game, not yet checked.

    Distributions are divided by their sum if ``normalise``; ``remedy`` says what to do about a sum that is not 1.
    """

    name: str
    leader_discount: float
    follower_discount: float
    states: Sequence[StateEntry]
    transitions: Sequence[TransitionEntry]
    normalise: bool = False
    remedy: str = "correct or complete the probabilities"
    source: str | None = None
    known: Mapping[str, Any] | None = None


class Problems:
    """Collects problems: the first few in words, all of them in number."""

    def __init__(self, render: Callable[[Place], str]) -> None:
        self.render = render
        self.shown: list[str] = []
        self.count = 0

    def add(self, place: Place, text: str, count: int = 1) -> None:
        """Note a problem; ``text`` continues the sentence that the place starts."""
        self.count += count
        if len(self.shown) < SHOWN_PROBLEMS:
            self.shown.append(f"{self.render(place)} {text}")


def assemble(draft: Draft, problems: Problems) -> Game | None:
    """The game that a draft describes, or ``None`` with at least one problem noted.

    Raises
    ------
    InvalidGameError
        If the parts fit together but :class:`~ssg_mip.game.game.Game` refuses the result.
    """
    index = _index_states(draft, problems)
    sound = problems.count == 0
    _check_discounts(draft, problems)
    offsets = list(
        itertools.accumulate((len(s.leader_actions) * len(s.follower_actions) for s in draft.states), initial=0)
    )
    rows = _place_transitions(draft, index, offsets, problems)
    if sound and len(rows) < offsets[-1]:
        _report_missing(draft, offsets, rows, problems)
    return _lay_out(draft, index, rows) if problems.count == 0 else None


# -------------------------------------------------------------------- checks


def _check_discounts(draft: Draft, problems: Problems) -> None:
    for label in ("leader_discount", "follower_discount"):
        value = getattr(draft, label)
        if not 0.0 <= _number(value) < 1.0:
            problems.add((label,), f"is {shown(value)}; {DISCOUNT_RULE}")


def _index_states(draft: Draft, problems: Problems) -> dict[str, int]:
    """Position of each state; notes repeated or empty names, missing actions and a wrong start distribution."""
    index: dict[str, int] = {}
    if not draft.states:
        problems.add(("states",), "is empty; add at least one state")
    for position, state in enumerate(draft.states):
        place = ("states", state.name)
        _check_name(place, state.name, problems)
        if state.name in index:
            problems.add(place, "is added twice; state names must be distinct")
            continue
        index[state.name] = position
        for label, names in (("leader_actions", state.leader_actions), ("follower_actions", state.follower_actions)):
            if not names:
                problems.add((*place, label), "is empty; every state needs at least one action of each player")
            for number, name in enumerate(names):
                _check_name((*place, label, number), name, problems)
            twice = first_repeated(names)
            if twice is not None:
                problems.add((*place, label), f"holds {twice!r} twice; names must be distinct")
    _check_distribution(
        ("initial",), {s.name: s.initial for s in draft.states if s.initial is not None}, problems, draft, empty=True
    )
    return index


def _check_name(place: Place, name: object, problems: Problems) -> None:
    if not isinstance(name, str) or not name:
        problems.add(place, f"is named {name!r}; names must be non-empty strings")


def _check_distribution(
    place: Place, weights: Mapping[str, float], problems: Problems, draft: Draft, *, empty: bool = False
) -> None:
    """Notes what keeps ``weights`` from being probabilities that sum to one (or, if ``empty``, from being absent)."""
    before = problems.count
    for name, weight in weights.items():
        if not 0.0 <= _number(weight) < math.inf:
            problems.add((*place, name), f"is {shown(weight)}; a probability must be a finite number of at least 0")
    if problems.count > before or (empty and not weights):
        return
    total = math.fsum(map(_number, weights.values()))
    if draft.normalise and 0.0 < total < math.inf:
        return
    tolerance = max(probability_tolerance(np.dtype(kind)) for kind in _precisions(weights))
    if abs(total - 1.0) > tolerance:
        problems.add(place, f"sums to {total!r}; it must sum to 1 within {tolerance:g}: {draft.remedy}")


def _precisions(weights: Mapping[str, float]) -> set[type]:
    """The types of the weights, those of NumPy told apart."""
    return {kind if issubclass(kind, np.floating) else float for kind in map(type, weights.values())} or {float}


def _place_transitions(
    draft: Draft, index: Mapping[str, int], offsets: Sequence[int], problems: Problems
) -> dict[int, int]:
    """Row of the game -> position of its transition in the draft."""
    rows: dict[int, int] = {}
    leaders = [{name: place for place, name in enumerate(state.leader_actions)} for state in draft.states]
    followers = [{name: place for place, name in enumerate(state.follower_actions)} for state in draft.states]
    for position, entry in enumerate(draft.transitions):
        place: Place = ("transitions", position)
        _check_contents(place, entry, index, problems, draft)
        if entry.state not in index:
            problems.add((*place, "state"), f"is {entry.state!r}; there is no such state")
            continue
        state = index[entry.state]
        known = True
        for label, value, choices in (
            ("leader_action", entry.leader_action, leaders[state]),
            ("follower_action", entry.follower_action, followers[state]),
        ):
            if value not in choices:
                known = False
                problems.add((*place, label), f"is {value!r}; state {entry.state!r} has only {_some(list(choices))}")
        if not known:
            continue
        row = (
            offsets[state]
            + leaders[state][entry.leader_action] * len(draft.states[state].follower_actions)
            + followers[state][entry.follower_action]
        )
        if row in rows:
            problems.add(place, f"repeats {problems.render(('transitions', rows[row]))}; give each joint action once")
        rows.setdefault(row, position)
    return rows


def _check_contents(
    place: Place, entry: TransitionEntry, index: Mapping[str, int], problems: Problems, draft: Draft
) -> None:
    for label in ("leader_reward", "follower_reward"):
        value = getattr(entry, label)
        if not math.isfinite(_number(value)):
            problems.add((*place, label), f"is {shown(value)}; it must be a finite number{forbidding(_number(value))}")
    for name in entry.next:
        if name not in index:
            problems.add((*place, "next", name), "is not a state; use the name of a state or add it")
    _check_distribution((*place, "next"), entry.next, problems, draft)


def _report_missing(draft: Draft, offsets: Sequence[int], rows: Mapping[int, int], problems: Problems) -> None:
    missing = offsets[-1] - len(rows)
    for row in itertools.islice(_absent(rows), min(missing, SHOWN_PROBLEMS)):
        position = int(np.searchsorted(offsets, row, side="right")) - 1
        state = draft.states[position]
        leader, follower = divmod(row - offsets[position], len(state.follower_actions))
        problems.add(
            ("transitions",),
            f"say nothing about s={state.name}, a={state.leader_actions[leader]}, "
            f"b={state.follower_actions[follower]}; add that joint action",
        )
    problems.count += max(0, missing - SHOWN_PROBLEMS)


def _absent(rows: Mapping[int, int]) -> Iterator[int]:
    return (row for row in itertools.count() if row not in rows)


def _number(value: object) -> float:
    """``value`` as a float; NaN for what is no real number, infinite for what no float can hold."""
    if isinstance(value, float):
        return float(value)
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (numbers.Real, np.number)):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _some(names: Sequence[str], limit: int = 8) -> str:
    shown = ", ".join(repr(name) for name in names[:limit])
    return shown if len(names) <= limit else f"{shown}, ... ({len(names)} in all)"


# -------------------------------------------------------------------- layout


def _lay_out(draft: Draft, index: Mapping[str, int], rows: Mapping[int, int]) -> Game:
    entries = [draft.transitions[rows[row]] for row in range(len(rows))]
    lengths = np.fromiter((len(entry.next) for entry in entries), np.int64, len(entries))
    share = 0.0 if any(state.initial is not None for state in draft.states) else 1.0 / len(draft.states)
    shared: dict[tuple[str, ...], tuple[str, ...]] = {}
    return Game(
        name=draft.name,
        state_names=tuple(state.name for state in draft.states),
        leader_actions=tuple(shared.setdefault(s.leader_actions, s.leader_actions) for s in draft.states),
        follower_actions=tuple(shared.setdefault(s.follower_actions, s.follower_actions) for s in draft.states),
        indptr=np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths))),
        successors=np.fromiter((index[name] for entry in entries for name in entry.next), np.int64),
        probabilities=np.fromiter((p for entry in entries for p in _shares(entry.next.values())), np.float64),
        leader_rewards=np.fromiter((float(entry.leader_reward) for entry in entries), np.float64),
        follower_rewards=np.fromiter((float(entry.follower_reward) for entry in entries), np.float64),
        leader_discount=float(draft.leader_discount),
        follower_discount=float(draft.follower_discount),
        initial=np.array(_shares([_start(state, share) for state in draft.states])),
        source=draft.source,
        known=draft.known,
    )


def _shares(weights: Iterable[float]) -> list[float]:
    """The weights as floats, divided by their sum where that is too far from 1 for the game to do it."""
    floats = [float(weight) for weight in weights]
    total = math.fsum(floats)
    return floats if abs(total - 1.0) <= PROBABILITY else [weight / total for weight in floats]


def _start(state: StateEntry, default: float) -> float:
    return default if state.initial is None else float(state.initial)
