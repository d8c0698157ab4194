"""Mutants that no test can tell from the original, with the reason for each kind."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.attacks.mutant import Mutant, inside, tree

REASONS = {
    "annotation": "annotations are never evaluated (from __future__ import annotations)",
    "cache": "a cache saves time and changes no answer",
    "dataclass option": "frozen, kw_only, eq and repr guard against slips of programmers; no answer depends on them",
    "keyword marker": "the bare * of a signature is no product; it tells callers to name what follows",
    "strict": "the lengths are equal wherever zip(strict=True) is reached; it says so to readers",
}
"""Why a kind of mutant does not count."""

_CACHES = {"lru_cache", "cache", "cached_property"}


def excluded(mutant: Mutant) -> str | None:
    """The kind of a mutant that does not count, or ``None``."""
    return next((kind for kind, node in _places(mutant.path) if inside(mutant, node)), None)


@cache
def _places(path: Path) -> tuple[tuple[str, ast.AST], ...]:
    return tuple(pair for node in ast.walk(tree(path)) for pair in _places_of(node))


def _places_of(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(node, (ast.AnnAssign, ast.arg)) and node.annotation is not None:
        yield "annotation", node.annotation
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        if isinstance(node, ast.FunctionDef) and node.returns is not None:
            yield "annotation", node.returns
        if isinstance(node, ast.FunctionDef) and node.args.kwonlyargs and node.args.vararg is None:
            yield "keyword marker", _before(node.args)
        for decorator in node.decorator_list:
            call = decorator.func if isinstance(decorator, ast.Call) else decorator
            name = call.attr if isinstance(call, ast.Attribute) else getattr(call, "id", "")
            if name in _CACHES:
                yield "cache", _line_of(decorator)
            elif name == "dataclass" and isinstance(decorator, ast.Call):
                yield from (("dataclass option", keyword) for keyword in decorator.keywords)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "zip":
        yield from (("strict", keyword) for keyword in node.keywords if keyword.arg == "strict")


def _before(arguments: ast.arguments) -> ast.expr:
    """What lies between the last positional argument and the first that must be named."""
    named = arguments.kwonlyargs[0]
    given = [*arguments.posonlyargs, *arguments.args, *arguments.defaults]
    ends = [(node.end_lineno or 0, node.end_col_offset or 0) for node in given]
    line, column = max(ends, default=(1, 0))
    return ast.Constant(0, lineno=line, col_offset=column, end_lineno=named.lineno, end_col_offset=named.col_offset)


def _line_of(decorator: ast.expr) -> ast.expr:
    """The decorator with its ``@`` and the end of its line, which cosmic-ray removes too."""
    return ast.Constant(
        0, lineno=decorator.lineno, col_offset=0, end_lineno=(decorator.end_lineno or 0) + 1, end_col_offset=0
    )
