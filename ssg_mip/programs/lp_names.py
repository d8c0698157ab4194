r"""Names of rows and columns in an exported file: readable, short, unique, and readable by every reader.

A name is ``component(index,index,...)``, as in ``f(dock,patrol)``. State and action names are kept where they are
plain words; otherwise they are reduced to ASCII letters, digits and underscores, cut to what the limit of
:data:`LONGEST_NAME` characters leaves for each index, and numbered where that makes two of them equal. CBC reads at
most 100 characters, and a column called ``end``, ``st`` or ``inf`` breaks readers, one of them silently.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from ssg_mip.base.deadline import Checkpoint, unhurried
from ssg_mip.game.game import Game
from ssg_mip.programs.program import Program
from ssg_mip.programs.tags import Axis, RowKind, family_of, index_of

LONGEST_NAME = 60
"""Most characters of a name in a file."""

KEYWORD = re.compile(
    r"bin(ar(y|ies))?|bounds?|end|free|gen(erals?)?|inf(inity)?|int(egers?)?|max(imi[sz]e|imum)?|min(imi[sz]e|imum)?"
    r"|nan|semis?|s\.?t\.?|sin|sos[12]?|subject|to",
    re.IGNORECASE,
)
"""Words with a meaning in LP files."""

LETTERS: Mapping[str, str] = {
    "s": "state",
    "a": "leader action in state s",
    "b": "follower action in state s",
    "c": "another follower action in state s",
    "t": "state",
    "u": "state",
    "k": "position or level",
}
"""What the letters of an index mean, for the reader of the names file."""


class FileNames:
    """Gives every component of a program its name in the file, and remembers what each name stands for.

    Parameters
    ----------
    game
        The game whose states and actions the indices count.
    program
        The program. What is declared of a component says what each index means; one that is not declared is taken to
        be indexed by plain numbers or words. The product rows are named after their result, as ``product_w(s,a,t)``.
    checkpoint
        Called for each name, and may put an end to the writing.
    """

    def __init__(self, game: Game, program: Program, checkpoint: Checkpoint = unhurried) -> None:
        self.table: dict[str, dict[str, Any]] = {}
        self._game = game
        self._program = program
        self._checkpoint = checkpoint
        self._tokens: dict[tuple[str, tuple[str, ...], int], tuple[str, ...]] = {}

    def __call__(self, component: Any) -> str:
        """The name of one row, column or objective (the interface of a Pyomo labeler)."""
        self._checkpoint()
        base, index = self._place(component)
        word = _leading(clean_word(base, LONGEST_NAME // 2) or "component")
        room = (LONGEST_NAME - len(word) - 2 - max(0, len(index) - 1)) // max(1, len(index))
        words, meaning = [], {}
        state = -1
        for axis, position in index:
            if axis is Axis.POSITION:
                words.append(clean_word(str(position), room) or "k")
                meaning[axis.value] = position
                continue
            names, number = self._names(axis, state), int(position)
            words.append(self._short_names(axis, names, room)[number])
            meaning[axis.value] = names[number]
            state = number if axis is Axis.STATE else state
        name = self._unique(word, words)
        self.table[name] = {"component": base, "index": meaning}
        return name

    def absorbed(self, row: str) -> str:
        """The name of a column that stands for what is dropped from the row of a given name in the file."""
        meaning = self.table.get(row, {"component": row, "index": {}})
        word, _, places = row.partition("(")
        room = LONGEST_NAME - len("absorbed_") - len(places) - 1
        name = self._unique(f"absorbed_{word[:room]}", places.rstrip(")").split(",") if places else ())
        self.table[name] = {"component": f"absorbed_{meaning['component']}", "index": meaning["index"]}
        return name

    def _place(self, component: Any) -> tuple[str, list[tuple[Axis, Any]]]:
        """Name of a component, and what its index means."""
        parent = component.parent_component()
        family = family_of(parent)
        if family is None or family.kind is not RowKind.PRODUCT:
            return str(parent.name), index_of(component)
        result = self._program.products[component.index()].result
        return f"product_{result.parent_component().name}", index_of(result)

    def _unique(self, word: str, words: Sequence[str]) -> str:
        name = f"{word}({','.join(words)})" if words else word
        if KEYWORD.fullmatch(name):
            name += "_"
        number = 1
        free = name
        while free in self.table:
            number += 1
            suffix = f"_{number}"
            free = name[: LONGEST_NAME - len(suffix)] + suffix
        return free

    def _names(self, axis: Axis, state: int) -> tuple[str, ...]:
        match axis:
            case Axis.LEADER:
                return self._game.leader_actions[state]
            case Axis.ANSWER | Axis.ACTION:
                return self._game.follower_actions[state]
            case _:
                return self._game.state_names

    def _short_names(self, axis: Axis, names: tuple[str, ...], room: int) -> tuple[str, ...]:
        letter = Axis.STATE if axis is Axis.VALUE else axis
        key = (letter.value, names, room)
        if key not in self._tokens:
            self._tokens[key] = short_names(names, room, key[0])
        return self._tokens[key]


def _leading(word: str) -> str:
    """A word that no reader takes for a number: not starting with a digit, an underscore or an exponent."""
    return f"n_{word}" if re.match(r"[0-9_]|[eE][0-9]", word) else word


def short_names(names: Sequence[str], room: int, letter: str) -> tuple[str, ...]:
    """Distinct plain words of at most ``room`` characters, one per name; plain names stay as they are.

    Parameters
    ----------
    names
        Distinct names.
    room
        Most characters of a word.
    letter
        First letter of the word for a name in which no ASCII letter or digit is left.
    """
    words = [clean_word(name, room) or f"{letter}{place}" for place, name in enumerate(names)]
    kept = {name for name, word in zip(names, words, strict=True) if name == word}
    used, result = set(kept), []
    counter: dict[str, int] = {}
    for name, word in zip(names, words, strict=True):
        if name not in kept:
            word = _unused(word, used, counter, room)
            used.add(word)
        result.append(word)
    return tuple(result)


def _unused(word: str, used: set[str], counter: dict[str, int], room: int) -> str:
    candidate = word[:room]
    while candidate in used:
        counter[word] = counter.get(word, 1) + 1
        suffix = f"_{counter[word]}"
        candidate = word[: room - len(suffix)] + suffix
    return candidate


def clean_word(name: str, room: int) -> str:
    """``name`` in ASCII letters, digits and underscores, at most ``room`` of them; empty if nothing is left."""
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    word = re.sub(r"[^A-Za-z0-9]+", "_", ascii_only.replace("'", "")) if not _is_plain(ascii_only) else ascii_only
    return word[:room] if re.search(r"[A-Za-z0-9]", word) else ""


def _is_plain(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9_]+", text) is not None
