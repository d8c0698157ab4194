"""Gambit's strategic games (``.nfg``), both of their versions: payoffs in a row, or outcomes with their payoffs."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np

from ssg_mip.errors import OptionError
from ssg_mip.game.game import GAME, Game
from ssg_mip.io import shown_path
from ssg_mip.io.foreign.assembling import Lines, path_of

_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|([{}])|([^\s{}",]+)')

PLAYERS = 2


def read_nfg(path: str | os.PathLike[str], *, leader: int = 1) -> Game:
    """The game of a file with two players: one round, in which one of them leads.

    Parameters
    ----------
    path
        The file, in the payoff version or in the outcome version.
    leader
        The player who leads, 1 or 2. Discounts are 0: there is one round.

    Raises
    ------
    OptionError
        If ``leader`` is neither 1 nor 2, or ``path`` is no path.
    InvalidInstanceError
        If the file cannot be read, or is no strategic game of two players; with the line.
    """
    if leader not in (1, 2):
        raise OptionError(f"leader is {leader!r}; it must be 1 or 2, the player of the file who leads")
    reader = _Tokens(Lines.of(path))
    reader.heading()
    title = reader.quoted("the title")
    reader.players()
    names, counts = reader.strategies()
    comment = reader.comment()
    payoffs = reader.payoffs(counts)
    first, second = (names[0], names[1]) if leader == 1 else (names[1], names[0])
    tables = [payoffs[:, :, player] for player in range(PLAYERS)]
    mine, his = tables if leader == 1 else (tables[1].T, tables[0].T)
    return Game.from_arrays(
        np.ones((1, len(first), len(second), 1)),
        mine[None],
        his[None],
        leader_discount=0.0,
        follower_discount=0.0,
        state_names=["play"],
        leader_actions=list(first),
        follower_actions=list(second),
        name=title or Path(path).stem,
        source=comment or None,
    )


def write_nfg(game: Game, path: str | os.PathLike[str]) -> Path:
    """Write a game of one state as a strategic game of two players, the leader first, in the payoff version.

    Raises
    ------
    OptionError
        If the game has several states, or the file cannot be written.
    """
    GAME.check("game", game)
    target = path_of(path)
    if game.num_states != 1:
        raise OptionError(
            f"{game.name} has {game.num_states} states; a strategic game has one: write it as an instance"
        )
    shape = int(game.leader_counts[0]), int(game.follower_counts[0])
    mine, his = game.leader_rewards.reshape(shape), game.follower_rewards.reshape(shape)
    strategies = " ".join(
        f"{{ {' '.join(map(_quoted, names[0]))} }}" for names in (game.leader_actions, game.follower_actions)
    )
    pairs = [f"{float(mine[a, b])!r} {float(his[a, b])!r}" for b in range(shape[1]) for a in range(shape[0])]
    head = f'NFG 1 R {_quoted(game.name)} {{ "leader" "follower" }}'
    text = f"{head}\n\n{{ {strategies} }}\n{_quoted(game.source or '')}\n\n"
    try:
        target.write_text(text + "\n".join(pairs) + "\n", encoding="utf-8")
    except OSError as error:
        raise OptionError(f"{shown_path(target)} cannot be written: {error.strerror}") from None
    return target


def _quoted(text: str) -> str:
    inside = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{inside}"'


class _Tokens:
    """The words of a file, each with its line."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._words: list[tuple[str, str, int]] = []
        text, at, line, counted = "\n".join(lines.text), 0, 1, 0
        for found in _TOKEN.finditer(text):
            line += text.count("\n", counted, found.start())
            counted = found.start()
            between = text[at : found.start()].replace(",", " ").strip()
            if between:
                raise lines.error(line, f"{between[:20]!r} is no word of a strategic game")
            at = found.end()
            kind = "text" if found[1] is not None else "brace" if found[2] else "word"
            word = re.sub(r"\\(.)", r"\1", found[1]) if found[1] is not None else found[2] or found[3]
            self._words.append((kind, word, line))
        self._next = 0

    @property
    def _last_line(self) -> int:
        return len(self._lines.text)

    def _peek(self) -> tuple[str, str, int]:
        return self._words[self._next] if self._next < len(self._words) else ("end", "", self._last_line)

    def _take(self) -> tuple[str, str, int]:
        found = self._peek()
        self._next += 1
        return found

    def _expect(self, kind: str, word: str | None, what: str) -> str:
        own, found, line = self._take()
        if own != kind or (word is not None and found != word):
            raise self._lines.error(
                line, f"{found!r} where {what} is due" if own != "end" else f"the file ends before {what}"
            )
        return found

    def heading(self) -> None:
        """``NFG 1 R``, or ``D`` in old files."""
        self._expect("word", "NFG", "'NFG', the beginning of a strategic game,")
        self._expect("word", "1", "the version 1")
        kind, word, line = self._take()
        if (kind, word) not in (("word", "R"), ("word", "D")):
            raise self._lines.error(line, f"{word!r} where 'R' is due")

    def quoted(self, what: str) -> str:
        """A quoted text."""
        return self._expect("text", None, f"{what} in quotes")

    def players(self) -> None:
        """Two names in braces."""
        found, line = self._texts("the names of the players"), self._peek()[2]
        if len(found) != PLAYERS:
            raise self._lines.error(line, f"there are {len(found)} players; two can be read, a leader and a follower")

    def _texts(self, what: str) -> list[str]:
        self._expect("brace", "{", f"'{{' before {what}")
        found = []
        while self._peek()[0] == "text":
            found.append(self._take()[1])
        self._expect("brace", "}", f"'}}' after {what}")
        return found

    def strategies(self) -> tuple[list[list[str]], list[int]]:
        """Names in braces for each player, or how many there are."""
        self._expect("brace", "{", "'{' before the strategies")
        names: list[list[str]] = []
        for player in range(PLAYERS):
            if self._peek()[:2] == ("brace", "{"):
                names.append(self._texts(f"the strategies of player {player + 1}"))
            else:
                _, word, line = self._take()
                count = self._lines.whole(line, word, 10**6, f"the number of strategies of player {player + 1}")
                names.append([str(number + 1) for number in range(count)])
            if not names[-1]:
                raise self._lines.error(self._peek()[2], f"player {player + 1} has no strategy")
        self._expect("brace", "}", "'}' after the strategies")
        return names, [len(own) for own in names]

    def comment(self) -> str:
        """The comment, where there is one."""
        return self._take()[1] if self._peek()[0] == "text" else ""

    def payoffs(self, counts: list[int]) -> np.ndarray:
        """Both payoffs of every pair of strategies, ``[first, second, player]``."""
        contingencies = counts[0] * counts[1]
        if self._peek()[:2] == ("brace", "{"):
            outcomes = self._outcomes()
            chosen = [self._index(len(outcomes)) for _ in range(contingencies)]
            pairs = [outcomes[one - 1] if one else (0.0, 0.0) for one in chosen]
        else:
            pairs = [(self._payoff(), self._payoff()) for _ in range(contingencies)]
        kind, word, line = self._peek()
        if kind != "end":
            raise self._lines.error(line, f"{word!r} after the last of {contingencies} contingencies")
        return np.array(pairs, dtype=float).reshape(counts[1], counts[0], PLAYERS).transpose(1, 0, 2)

    def _payoff(self) -> float:
        kind, word, line = self._take()
        if kind != "word":
            raise self._lines.error(
                line, "the file ends before the last payoff" if kind == "end" else f"{word!r} is no payoff"
            )
        return self._lines.number(line, word, "a payoff")

    def _index(self, most: int) -> int:
        kind, word, line = self._take()
        if kind != "word":
            raise self._lines.error(line, "the file ends before the last outcome of a contingency")
        return self._lines.whole(line, word, most + 1, "the outcome of a contingency")

    def _outcomes(self) -> list[tuple[float, float]]:
        self._expect("brace", "{", "'{' before the outcomes")
        found = []
        while self._peek()[:2] == ("brace", "{"):
            self._take()
            self.quoted("the name of an outcome")
            found.append((self._payoff(), self._payoff()))
            self._expect("brace", "}", "'}' after two payoffs")
        self._expect("brace", "}", "'}' after the outcomes")
        return found
