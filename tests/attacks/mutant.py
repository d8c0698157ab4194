"""One small change to a module, as cosmic-ray makes them."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

UNCHANGED = "none"
"""The operator of the original."""


@dataclasses.dataclass(frozen=True)
class Mutant:
    """A module with one change.

    Attributes
    ----------
    module, path
        The module and its file.
    operator, occurrence
        What is changed: cosmic-ray's operator, and which of its places in the module.
    start, end
        Line, counted from 1, and column, counted from 0, of the place.
    """

    module: str
    path: Path
    operator: str
    occurrence: int
    start: tuple[int, int]
    end: tuple[int, int]

    @property
    def first_line(self) -> int:
        """The first line that is changed."""
        return self.start[0]

    @property
    def last_line(self) -> int:
        """The last line that is changed; a position at the very start of a line does not reach into it."""
        return self.end[0] if self.end[1] else max(self.start[0], self.end[0] - 1)

    @cached_property
    def code(self) -> str:
        """The changed module."""
        if self.operator == UNCHANGED:
            return source(self.path)
        from cosmic_ray.mutating import mutate_code
        from cosmic_ray.plugins import get_operator

        found: str = mutate_code(source(self.path), get_operator(self.operator)(), self.occurrence)
        return found

    @property
    def name(self) -> str:
        """The operator and its place, by which the mutant is told within its module."""
        return f"{self.operator.removeprefix('core/')}#{self.occurrence}"

    @property
    def title(self) -> str:
        """The place, the operator and the changed line, in one line."""
        old, new = source(self.path).splitlines(), self.code.splitlines()
        place = next((k for k, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), 0)
        return f"{self.module}:{place + 1} {self.name}: {new[place].strip()}"

    @property
    def in_function(self) -> bool:
        """Whether the place lies in the body of a function, so that it is not run on import."""
        return self.operator == UNCHANGED or any(
            inside(self, body[0], body[-1])
            for body in (node.body for node in ast.walk(tree(self.path)) if isinstance(node, ast.FunctionDef))
        )


def unchanged(module: str, path: Path) -> Mutant:
    """A module without a change, which no test may fail."""
    return Mutant(module, path, UNCHANGED, 0, (1, 0), (len(source(path).splitlines()) + 1, 0))


def modules_of(package: str) -> list[tuple[str, Path]]:
    """The modules of a package with their files, in a fixed order."""
    origin = find_spec(package).origin  # type: ignore[union-attr]
    folder = Path(str(origin)).parent
    found = []
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        found.append((".".join([package, *(part for part in parts if part != "__init__")]), path))
    return found


def all_mutants(package: str) -> list[Mutant]:
    """Every mutant of every module of a package, in a fixed order."""
    return [mutant for module, path in modules_of(package) for mutant in _mutants(module, path)]


def _mutants(module: str, path: Path) -> Iterator[Mutant]:
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.plugins import get_operator, operator_names

    nodes = list(ast_nodes(get_ast(source(path))))
    for name in operator_names():
        operator = get_operator(name)
        if operator.arguments():
            continue
        made: Any = operator()
        places = (place for node in nodes for place in made.mutation_positions(node))
        for occurrence, (start, end) in enumerate(places):
            yield Mutant(module, path, name, occurrence, start, end)


def inside(mutant: Mutant, first: ast.AST, last: ast.AST | None = None) -> bool:
    """Whether a mutant lies within a node, or between two."""
    last = first if last is None else last
    begin = (first.lineno, first.col_offset)  # type: ignore[attr-defined]
    return begin <= mutant.start and mutant.end <= (last.end_lineno, last.end_col_offset)  # type: ignore[attr-defined]


@cache
def source(path: Path) -> str:
    """The text of a module."""
    return path.read_text(encoding="utf-8")


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a module."""
    return ast.parse(source(path))
