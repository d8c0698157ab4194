"""Dec-POMDP files (``.dpomdp``) of two agents, read as if both saw the state.

Of the format are read: ``agents``, ``discount``, ``values``, ``states``, ``start`` (a distribution, ``uniform``, a
state, or states to ``include`` or ``exclude``), ``actions`` (a line for each agent), ``T`` in all its forms and ``R``
with its five parts and whatever is observed, with ``*`` for everything. Observations
and ``O`` play no part: the game is about the states. Rewards of states reached are weighed by their chances.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from ssg_mip.errors import InvalidInstanceError, OptionError
from ssg_mip.game.game import Game
from ssg_mip.io.foreign.assembling import FollowerReward, Lines, second_reward
from ssg_mip.io.foreign.sparse_rows import ANY, LastSaid, Row, SparseRows, row_of
from ssg_mip.numerics.array_types import FloatArray, IntArray

MOST_NUMBERS = 20_000_000
"""Chances above 0 that are read: successors of all states and joint actions together."""


def read_dpomdp(
    path: str | os.PathLike[str],
    *,
    leader: int = 1,
    follower_reward: FollowerReward = "same",
    leader_discount: float | None = None,
    follower_discount: float | None = None,
) -> Game:
    """The game of a file, fully observed; its reward is the leader's.

    Parameters
    ----------
    path
        The file, of two agents.
    leader
        The agent who leads, 1 or 2.
    follower_reward
        The follower's reward: the same, the opposite, or a function of the names of state and joint action and of the
        leader's reward.
    leader_discount, follower_discount
        In ``[0, 1)``; the file's where absent. A file whose discount is 1 needs both.

    Raises
    ------
    OptionError
        If an argument is out of range.
    InvalidInstanceError
        If the file cannot be read or understood; with the line.
    """
    if leader not in (1, 2):
        raise OptionError(f"leader is {leader!r}; it must be 1 or 2, the agent who leads")
    theirs = second_reward(follower_reward)
    model = _Model(Lines.of(path))
    discounts = [model.discount if given is None else given for given in (leader_discount, follower_discount)]
    if max(discounts) >= 1.0:
        raise OptionError(
            f"the discount of {path} is {model.discount:g}; give leader_discount and follower_discount below 1"
        )
    mine, his = model.actions if leader == 1 else model.actions[::-1]
    pairs = list(itertools.product(range(len(mine)), range(len(his))))
    order = [model.joint(pair if leader == 1 else pair[::-1]) for pair in pairs]
    labels = [f"{mine[a]},{his[b]}" for a, b in pairs]
    indptr, successors, chances, rewards = model.rows(np.array(order))
    named = zip(itertools.product(model.states, labels), rewards.tolist(), strict=True)
    return Game(
        state_names=tuple(model.states),
        leader_actions=(tuple(mine),) * len(model.states),
        follower_actions=(tuple(his),) * len(model.states),
        indptr=indptr,
        successors=successors,
        probabilities=chances,
        leader_rewards=rewards,
        follower_rewards=np.array([theirs(state, label, reward) for (state, label), reward in named], dtype=float),
        name=Path(path).stem,
        leader_discount=discounts[0],
        follower_discount=discounts[1],
        initial=model.start,
        source="Dec-POMDP file, read as fully observed",
    )


class _Model:
    """What a file says."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self.discount, self._sign = 1.0, 1.0
        self.states: list[str] = []
        self.actions: list[list[str]] = []
        self.start: FloatArray = np.zeros(0)
        self._start_text: tuple[int, str] | None = None
        self._start_kind = ""
        self._places: dict[str, int] = {}
        self._action_places: list[dict[str, int]] = []
        self._transition_rows: SparseRows | None = None
        self._earned = LastSaid(())
        self._read()
        self._check()

    # ------------------------------------------------------------------ the lines

    def _entries(self) -> Iterator[tuple[int, str, list[tuple[int, str]]]]:
        """Lines with a keyword, each with the lines below it that have none."""
        current: tuple[int, str, list[tuple[int, str]]] | None = None
        for number, text in enumerate(self._lines.text, start=1):
            clean = text.split("#", 1)[0].strip()
            if not clean:
                continue
            if ":" in clean:
                if current is not None:
                    yield current
                current = number, clean, []
            elif current is None:
                raise self._lines.error(number, f"{clean!r} stands before the first keyword")
            else:
                current[2].append((number, clean))
        if current is not None:
            yield current

    def _read(self) -> None:
        for number, text, below in self._entries():
            key, _, rest = text.partition(":")
            match key.split()[0] if key.strip() else "":
                case "agents":
                    if self._names(rest) not in (["0", "1"],) and len(self._names(rest)) != 2:
                        raise self._lines.error(number, f"there are agents {rest.strip()!r}; two can be read")
                case "discount":
                    self.discount = self._lines.number(number, rest.strip(), "the discount")
                case "values":
                    self._sign = -1.0 if rest.strip() == "cost" else 1.0
                case "states":
                    self.states = self._names(rest)
                case "start":
                    self._start_kind = " ".join(key.split()[1:])
                    self._start_text = number, " ".join((rest.strip(), *(line for _, line in below))).strip()
                case "actions":
                    self.actions = [self._names(line) for _, line in below]
                    if len(self.actions) != 2 or not all(self.actions):
                        raise self._lines.error(number, "the actions of two agents must follow, a line for each")
                case "T":
                    self._transition(number, rest, below)
                case "R":
                    self._rewards(number, rest, below)
                case "observations" | "O":
                    pass
                case other:
                    raise self._lines.error(number, f"{other!r} is no keyword of the format")

    @staticmethod
    def _names(text: str) -> list[str]:
        words = text.split()
        return [str(k) for k in range(int(words[0]))] if len(words) == 1 and words[0].isdigit() else words

    def _ready(self, number: int) -> SparseRows:
        """The rows of the chances, state by state and there joint action by joint action; room for them and rewards."""
        if not self.states or not self.actions:
            raise self._lines.error(number, "states and actions must come before T and R")
        if self._transition_rows is None:
            self._places = _places(self.states)
            self._action_places = [_places(own) for own in self.actions]
            self._transition_rows = SparseRows(len(self.states) * self._joint_count)
            self._earned = LastSaid((*map(len, self.actions), len(self.states), len(self.states)))
        return self._transition_rows

    @property
    def _joint_count(self) -> int:
        return len(self.actions[0]) * len(self.actions[1])

    # ------------------------------------------------------------------ names

    def joint(self, pair: tuple[int, int]) -> int:
        """The number of a joint action."""
        return pair[0] * len(self.actions[1]) + pair[1]

    def _of(self, number: int, names: Mapping[str, int], word: str, what: str) -> int:
        """The place of a name, or :data:`ANY`."""
        if word == "*":
            return ANY
        if word in names:
            return names[word]
        if word.isdigit() and int(word) < len(names):
            return int(word)
        known = list(itertools.islice(names, 5))
        raise self._lines.error(
            number, f"{word!r} is no {what}; there are {', '.join(known)}{', ...' * (len(names) > 5)}"
        )

    def _state(self, number: int, word: str) -> int:
        return self._of(number, self._places, word, "state")

    def _pair(self, number: int, text: str) -> tuple[int, int]:
        """What both agents do; :data:`ANY` for any action of one."""
        words = text.split()
        if words == ["*"]:
            return ANY, ANY
        if len(words) != 2:
            raise self._lines.error(number, f"{text.strip()!r} must name an action of each agent")
        first, second = (
            self._of(number, own, word, "action") for own, word in zip(self._action_places, words, strict=True)
        )
        return first, second

    def _matching(self, pair: tuple[int, int], source: int) -> list[int]:
        """The rows of joint actions in a state, or in any."""
        mine, his = (_all(part, len(own)) for part, own in zip(pair, self.actions, strict=True))
        joints = [self.joint((a, b)) for a in mine for b in his]
        return [state * self._joint_count + joint for state in _all(source, len(self.states)) for joint in joints]

    # ------------------------------------------------------------------ T and R

    def _transition(self, number: int, rest: str, below: list[tuple[int, str]]) -> None:
        known, parts = self._ready(number), [part.strip() for part in rest.split(":")]
        pair, count = self._pair(number, parts[0]), len(self.states)
        if len(parts) == 4:
            source, target = self._state(number, parts[1]), self._state(number, parts[2])
            self._chance(number, self._matching(pair, source), target, parts[3])
            return
        if len(parts) == 3 or (len(parts) == 2 and parts[1] and below):
            inline = [(number, part) for part in parts[2:] if part]
            at, text = (inline or below or [(number, "")])[0]
            known.put(self._matching(pair, self._state(number, parts[1])), self._row(at, text, count))
            return
        if len(parts) == 2 and parts[1]:
            below = [(number, parts[1])]
        if len(below) == 1 and below[0][1] == "uniform":
            known.put(self._matching(pair, ANY), self._row(*below[0], count))
            return
        if len(below) != count and (len(below) != 1 or below[0][1] != "identity"):
            raise self._lines.error(number, f"{len(below)} rows follow; there must be {count}, 'identity' or 'uniform'")
        identity = below[0][1] == "identity"
        for state in range(count):
            whole = (np.array([state]), np.ones(1)) if identity else self._row(*below[state], count)
            known.put(self._matching(pair, state), whole)

    def _chance(self, number: int, rows: list[int], target: int, text: str) -> None:
        """``T: actions : state : next state : chance``."""
        known, chance = self._ready(number), self._lines.number(number, text, "a probability")
        if target == ANY:
            known.put(rows, row_of(np.full(len(self.states), chance)))
            return
        known.set(rows, target, chance)
        if known.own > MOST_NUMBERS:
            raise self._too_many(number)

    def _too_many(self, number: int) -> InvalidInstanceError:
        return self._lines.error(number, f"there are more than {MOST_NUMBERS:,} chances, which are too many to be read")

    def _row(self, number: int, text: str, count: int) -> Row:
        if text == "uniform":
            return row_of(np.full(count, 1.0 / count))
        words = text.split()
        if len(words) != count:
            raise self._lines.error(number, f"there are {len(words)} probabilities; there must be {count}")
        return row_of(self._numbers(number, words))

    def _numbers(self, number: int, words: list[str]) -> FloatArray:
        try:
            values = np.array(words, dtype=float)
        except ValueError:
            values = np.full(1, np.nan)
        if np.isfinite(values).all():
            return values
        return np.array([self._lines.number(number, word, "a probability") for word in words])

    def _rewards(self, number: int, rest: str, below: list[tuple[int, str]]) -> None:
        """``R: joint : state : next state : observation : reward``; rewards by observation are not read."""
        self._ready(number)
        parts = [part.strip() for part in rest.split(":")]
        if len(parts) != 5 or below or parts[3] != "*":
            raise self._lines.error(
                number,
                "rewards are read in the form 'R: actions : state : next state : * : reward', whatever is observed",
            )
        pair, source, target = self._pair(number, parts[0]), *(self._state(number, part) for part in parts[1:3])
        self._earned.say((*pair, source, target), self._sign * self._lines.number(number, parts[4], "a reward"))

    # ------------------------------------------------------------------ the whole

    def rows(self, order: IntArray) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:
        """What each state and joint action leads to and earns on average, in an order of joint actions.

        Returns
        -------
        indptr, successors, chances, rewards
            The last one for each joint action of each state.
        """
        known, count = self._ready(self._last), len(self.states)
        row = (np.arange(count)[:, None] * self._joint_count + order).ravel()
        indptr, successors, chances = known.taken(row)
        of = np.repeat(np.arange(len(row)), np.diff(indptr))
        chances = chances / np.bincount(of, weights=chances, minlength=len(row))[of]
        state, joint = np.divmod(row[of], self._joint_count)
        earned = self._earned.of((*np.divmod(joint, len(self.actions[1])), state, successors))
        average = np.bincount(of, weights=chances * earned, minlength=len(row)).astype(float)
        return indptr, successors, chances, average

    @property
    def _last(self) -> int:
        return max(1, len(self._lines.text))

    def _check(self) -> None:
        known = self._ready(self._last)
        if known.count() > MOST_NUMBERS:
            raise self._too_many(self._last)
        sums = known.sums()
        if np.abs(sums - 1.0).max() > 1e-6:
            worst = int(np.abs(sums - 1.0).argmax())
            state, joint = divmod(worst, self._joint_count)
            a, b = divmod(joint, len(self.actions[1]))
            raise self._lines.error(
                self._last,
                f"the probabilities of state {self.states[state]!r} and the actions {self.actions[0][a]!r}, "
                f"{self.actions[1][b]!r} sum to {float(sums[worst]):g}; they must sum to 1",
            )
        self.start = self._starts()

    def _starts(self) -> FloatArray:
        count = len(self.states)
        number, text = self._start_text or (1, "uniform")
        if self._start_kind:
            return self._among(number, text.split())
        if text == "uniform":
            return np.full(count, 1.0 / count)
        if len(text.split()) == 1:
            alone = np.zeros(count)
            alone[_all(self._state(number, text), count)[0]] = 1.0
            return alone
        places, values = self._row(number, text, count)
        chances = np.zeros(count)
        chances[places] = values
        return chances

    def _among(self, number: int, words: list[str]) -> FloatArray:
        """Uniform over the states of ``start include:``, or over all but those of ``start exclude:``."""
        if self._start_kind not in ("include", "exclude"):
            raise self._lines.error(number, f"'start {self._start_kind}' is no keyword; it is 'include' or 'exclude'")
        named = [state for word in words for state in _all(self._state(number, word), len(self.states))]
        chosen = np.isin(np.arange(len(self.states)), named) == (self._start_kind == "include")
        if not chosen.any():
            raise self._lines.error(number, "no state is left to start in; name at least one")
        chances: FloatArray = chosen / chosen.sum()
        return chances


def _places(names: list[str]) -> dict[str, int]:
    """The place of each name, of equal ones the first."""
    found: dict[str, int] = {}
    for place, name in enumerate(names):
        found.setdefault(name, place)
    return found


def _all(place: int, count: int) -> Sequence[int]:
    """A place, or all of them."""
    return range(count) if place == ANY else (place,)
