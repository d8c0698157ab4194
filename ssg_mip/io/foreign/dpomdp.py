"""Dec-POMDP files (``.dpomdp``) of two agents, read as if both saw the state.

Of the format are read: ``agents``, ``discount``, ``values``, ``states``, ``start`` (a distribution, ``uniform``, a
state, or states to ``include`` or ``exclude``), ``actions`` (a line for each agent), ``T`` in all its forms and ``R``
with its five parts and whatever is observed, with ``*`` for everything. Observations
and ``O`` play no part: the game is about the states. Rewards of states reached are weighed by their chances.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ssg_mip.errors import OptionError
from ssg_mip.game.game import Game
from ssg_mip.io.foreign.assembling import FollowerReward, Lines, Place, Step, assembled, second_reward
from ssg_mip.numerics.array_types import FloatArray

MOST_NUMBERS = 50_000_000
"""Chances and rewards that are kept while a file is read: states, states and joint actions multiplied."""


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
    places = []
    for state, name in enumerate(model.states):
        steps = []
        for a, b in itertools.product(range(len(mine)), range(len(his))):
            joint = model.joint((a, b) if leader == 1 else (b, a))
            chances, reward = model.transition[joint, state], model.reward(joint, state)
            successors = {int(to): float(chances[to]) for to in np.flatnonzero(chances)}
            steps.append(Step(successors, reward, theirs(name, f"{mine[a]},{his[b]}", reward)))
        places.append(Place(tuple(mine), tuple(his), steps))
    return assembled(
        model.states,
        places,
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
        self.start: FloatArray | None = None
        self._start_text: tuple[int, str] | None = None
        self._start_kind = ""
        self.transition = np.zeros((0, 0, 0))
        self._earned = np.zeros((0, 0, 0))
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

    def _ready(self, number: int) -> None:
        """Make room for chances and rewards, once states and actions are known."""
        if not self.states or not self.actions:
            raise self._lines.error(number, "states and actions must come before T and R")
        if not self.transition.size:
            joint, count = len(self.actions[0]) * len(self.actions[1]), len(self.states)
            if joint * count * count > MOST_NUMBERS:
                raise self._lines.error(number, f"{count:,} states and {joint} joint actions are too many to be read")
            self.transition = np.zeros((joint, count, count))
            self._earned = np.zeros((joint, count, count))

    # ------------------------------------------------------------------ names

    def joint(self, pair: tuple[int, int]) -> int:
        """The number of a joint action."""
        return pair[0] * len(self.actions[1]) + pair[1]

    def _of(self, number: int, names: list[str], word: str, what: str) -> list[int]:
        if word == "*":
            return list(range(len(names)))
        if word in names:
            return [names.index(word)]
        if word.isdigit() and int(word) < len(names):
            return [int(word)]
        raise self._lines.error(
            number, f"{word!r} is no {what}; there are {', '.join(names[:5])}{', ...' * (len(names) > 5)}"
        )

    def _joints(self, number: int, text: str) -> list[int]:
        words = text.split()
        if words == ["*"]:
            return list(range(len(self.actions[0]) * len(self.actions[1])))
        if len(words) != 2:
            raise self._lines.error(number, f"{text.strip()!r} must name an action of each agent")
        mine, his = (self._of(number, own, word, "action") for own, word in zip(self.actions, words, strict=True))
        return [self.joint((a, b)) for a in mine for b in his]

    # ------------------------------------------------------------------ T and R

    def _transition(self, number: int, rest: str, below: list[tuple[int, str]]) -> None:
        self._ready(number)
        parts = [part.strip() for part in rest.split(":")]
        joints, count = self._joints(number, parts[0]), len(self.states)
        if len(parts) == 4:
            sources, targets = (self._of(number, self.states, part, "state") for part in parts[1:3])
            self.transition[np.ix_(joints, sources, targets)] = self._lines.number(number, parts[3], "a probability")
            return
        if len(parts) == 3:
            sources = self._of(number, self.states, parts[1], "state")
            row = parts[2] or (below[0][1] if below else "")
            place = number if parts[2] else (below[0][0] if below else number)
            self.transition[np.ix_(joints, sources)] = self._row(place, row, count)
            return
        if len(parts) == 2 and parts[1] and not below:
            below = [(number, parts[1])]
        if len(parts) == 2 and parts[1] in self.states:
            self.transition[np.ix_(joints, self._of(number, self.states, parts[1], "state"))] = self._row(
                *below[0], count
            )
            return
        if len(below) == 1 and below[0][1] in ("identity", "uniform"):
            self.transition[joints] = np.eye(count) if below[0][1] == "identity" else 1.0 / count
            return
        if len(below) != count:
            raise self._lines.error(number, f"{len(below)} rows follow; there must be {count}, 'identity' or 'uniform'")
        self.transition[joints] = np.array([self._row(place, text, count) for place, text in below])

    def _row(self, number: int, text: str, count: int) -> FloatArray:
        if text == "uniform":
            return np.full(count, 1.0 / count)
        words = text.split()
        if len(words) != count:
            raise self._lines.error(number, f"there are {len(words)} probabilities; there must be {count}")
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
        joints, sources = self._joints(number, parts[0]), self._of(number, self.states, parts[1], "state")
        targets = self._of(number, self.states, parts[2], "state")
        self._earned[np.ix_(joints, sources, targets)] = self._sign * self._lines.number(number, parts[4], "a reward")

    def reward(self, joint: int, state: int) -> float:
        """What a joint action earns in a state, on average."""
        return float(self.transition[joint, state] @ self._earned[joint, state])

    # ------------------------------------------------------------------ the whole

    def _check(self) -> None:
        last = max(1, len(self._lines.text))
        self._ready(last)
        sums = self.transition.sum(axis=2)
        if np.abs(sums - 1.0).max() > 1e-6:
            joint, state = np.unravel_index(int(np.abs(sums - 1.0).argmax()), sums.shape)
            a, b = divmod(int(joint), len(self.actions[1]))
            raise self._lines.error(
                last,
                f"the probabilities of state {self.states[int(state)]!r} and the actions {self.actions[0][a]!r}, "
                f"{self.actions[1][b]!r} sum to {float(sums[joint, state]):g}; they must sum to 1",
            )
        self.transition /= sums[:, :, None]
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
            alone[self._of(number, self.states, text, "state")[0]] = 1.0
            return alone
        return self._row(number, text, count)

    def _among(self, number: int, words: list[str]) -> FloatArray:
        """Uniform over the states of ``start include:``, or over all but those of ``start exclude:``."""
        if self._start_kind not in ("include", "exclude"):
            raise self._lines.error(number, f"'start {self._start_kind}' is no keyword; it is 'include' or 'exclude'")
        named = [state for word in words for state in self._of(number, self.states, word, "state")]
        chosen = np.isin(np.arange(len(self.states)), named) == (self._start_kind == "include")
        if not chosen.any():
            raise self._lines.error(number, "no state is left to start in; name at least one")
        chances: FloatArray = chosen / chosen.sum()
        return chances
