"""Single changes to a module that need no tool: at every place the few that are most like a slip.

A comparison with its border moved or turned round, a sum for a difference, a product for a quotient, the smaller for
the larger, *any* for *all*, *and* for *or*, a condition turned round, a sign or a *not* left out, a number one larger
or smaller, a truth value turned round, a loop that never runs, ``break`` for ``continue``. Other than cosmic-ray's
operators they never put an operator where numbers have none, so that fewer of them are noticed for no good reason.
"""

from __future__ import annotations

import ast
import dataclasses
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path

from tests.attacks.mutant import Mutant, modules_of, source, tree

Place = tuple[int, int]

BINARY: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.MatMult: ("@", "*"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "*"),
    ast.Mod: ("%", "*"),
    ast.Pow: ("**", "*"),
    ast.LShift: ("<<", ">>"),
    ast.RShift: (">>", "<<"),
    ast.BitOr: ("|", "&"),
    ast.BitAnd: ("&", "|"),
    ast.BitXor: ("^", "&"),
}
"""What is written for an operator, and what takes its place; also where a name is given more (``+=``)."""

COMPARISONS: dict[type[ast.cmpop], tuple[str, tuple[str, ...]]] = {
    ast.Lt: ("<", ("<=", ">=")),
    ast.LtE: ("<=", ("<", ">")),
    ast.Gt: (">", (">=", "<=")),
    ast.GtE: (">=", (">", "<")),
    ast.Eq: ("==", ("!=",)),
    ast.NotEq: ("!=", ("==",)),
    ast.Is: ("is", ("is not",)),
    ast.IsNot: ("is not", ("is",)),
    ast.In: ("in", ("not in",)),
    ast.NotIn: ("not in", ("in",)),
}
"""The same for comparisons: the border moved, if there is one, and the whole turned round."""

UNARY: dict[type[ast.unaryop], str] = {ast.Not: "not ", ast.USub: "-", ast.UAdd: "+", ast.Invert: "~"}
"""What is written for what may be left out."""

NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}
"""Functions that are taken for each other."""


@dataclasses.dataclass(frozen=True)
class OwnMutant(Mutant):
    """A module in which one piece of text is another."""

    text: str = ""

    @property
    def code(self) -> str:  # type: ignore[override]
        """The changed module."""
        lines = source(self.path).splitlines(keepends=True)
        head = [*lines[: self.start[0] - 1], lines[self.start[0] - 1][: self.start[1]]]
        tail = [lines[self.end[0] - 1][self.end[1] :], *lines[self.end[0] :]]
        return "".join([*head, self.text, *tail])


def own_mutants(package: str) -> list[Mutant]:
    """Every change of every module of a package, in a fixed order."""
    return [mutant for module, path in modules_of(package) for mutant in _changes(module, path)]


def _changes(module: str, path: Path) -> Iterator[Mutant]:
    seen: dict[str, int] = {}
    for name, start, end, text in _Changes(path).found():
        occurrence = seen.get(name, 0)
        seen[name] = occurrence + 1
        yield OwnMutant(module, path, name, occurrence, start, end, text)


class _Changes:
    """The changes of one module: what each is called, the place of the old text, and the new one."""

    def __init__(self, path: Path) -> None:
        self._tree = tree(path)
        text = source(path)
        self._lines = text.splitlines()
        self._tokens = [
            token
            for token in tokenize.generate_tokens(io.StringIO(text).readline)
            if token.type in (tokenize.OP, tokenize.NAME)
        ]

    def found(self) -> Iterator[tuple[str, Place, Place, str]]:
        """All of them."""
        for node in _outside_texts(self._tree):
            yield from self._operators(node)
            yield from self._conditions(node)
            yield from self._words(node)

    def _operators(self, node: ast.AST) -> Iterator[tuple[str, Place, Place, str]]:
        if isinstance(node, ast.BinOp):
            old, new = BINARY[type(node.op)]
            yield (f"{_word(node.op)}", *self._between(old, _end(node.left), _start(node.right)), new)
        elif isinstance(node, ast.AugAssign):
            old, new = BINARY[type(node.op)]
            yield (f"{_word(node.op)}", *self._between(f"{old}=", _end(node.target), _start(node.value)), f"{new}=")
        elif isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            for op, left, right in zip(node.ops, sides, sides[1:], strict=False):
                old, others = COMPARISONS[type(op)]
                for new in others:
                    yield (f"{_word(op)}To{new}", *self._between(old, _end(left), _start(right)), new)
        elif isinstance(node, ast.BoolOp):
            old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
            for left, right in zip(node.values, node.values[1:], strict=False):
                yield (_word(node.op), *self._between(old, _end(left), _start(right)), new)
        elif isinstance(node, ast.UnaryOp):
            line, column = _start(node)
            yield _word(node.op), (line, column), (line, column + len(UNARY[type(node.op)])), ""

    def _conditions(self, node: ast.AST) -> Iterator[tuple[str, Place, Place, str]]:
        if isinstance(node, (ast.If, ast.While, ast.IfExp)):
            yield "Condition", _start(node.test), _end(node.test), f"(not ({self._text(node.test)}))"
        if isinstance(node, ast.comprehension):
            yield "NoneOf", _start(node.iter), _end(node.iter), "()"
            for test in node.ifs:
                yield "Condition", _start(test), _end(test), f"(not ({self._text(test)}))"
        if isinstance(node, ast.For):
            yield "NoneOf", _start(node.iter), _end(node.iter), "()"

    def _words(self, node: ast.AST) -> Iterator[tuple[str, Place, Place, str]]:
        if isinstance(node, ast.Name) and node.id in NAMES:
            yield node.id, _start(node), _end(node), NAMES[node.id]
        elif isinstance(node, (ast.Break, ast.Continue)):
            yield _word(node), _start(node), _end(node), "continue" if isinstance(node, ast.Break) else "break"
        elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
            yield "Truth", _start(node), _end(node), str(not node.value)
        elif isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
            for more in (1, -1):
                yield "Number", _start(node), _end(node), f"({node.value + more!r})"

    def _between(self, old: str, start: Place, end: Place) -> tuple[Place, Place]:
        """The place of an operator between two operands; it may be of two words."""
        found = [token for token in self._tokens if start <= token.start and token.end <= end]
        mine = [token for token in found if token.string in old.split()][: len(old.split())]
        return mine[0].start, mine[-1].end

    def _text(self, node: ast.expr) -> str:
        """The text of an expression, on one line where parentheses follow."""
        (first, low), (last, high) = _start(node), _end(node)
        if first == last:
            return self._lines[first - 1][low:high]
        return "\n".join([self._lines[first - 1][low:], *self._lines[first : last - 1], self._lines[last - 1][:high]])


def _outside_texts(node: ast.AST) -> Iterator[ast.AST]:
    """A node and all below it; what stands inside a text is for people, and has no places of its own."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.JoinedStr):
            yield from _outside_texts(child)


def _word(node: ast.AST) -> str:
    return type(node).__name__


def _start(node: ast.AST) -> Place:
    return node.lineno, node.col_offset  # type: ignore[attr-defined]


def _end(node: ast.AST) -> Place:
    return node.end_lineno, node.end_col_offset  # type: ignore[attr-defined]
