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
    "candidate": "a float of which nothing is believed: a worse one makes the enclosure wider, and never wrong",
    "room": "exponents have room to spare, and so has what stands for a factor that says nothing",
    "empty": "bounds only shrink, so that an empty box stays empty in the sweeps that are left",
    "unread": "the other number of the pair is the one that is read",
    "nothing": "what is added or multiplied is 0, or less than what stands beside it, or the only one there is",
    "sweeps": "a sweep more or less that changes nothing any more, or by less than the grid",
    "edge": "the two differ at one number alone, at which printing never stops",
}
"""Why a kind of mutant does not count."""

EQUIVALENT: dict[str, tuple[tuple[str, str], ...]] = {
    "soft": (
        ("nothing", "return self.outcomes[(-1)]"),
        ("candidate", "if off <= least:"),
        ("candidate", "mix = np.repeat((0.0) / counts, counts)"),
        ("candidate", "mix = np.repeat((2.0) / counts, counts)"),
        ("candidate", "elif least <= 1e-9 * (1.0 - float(np.abs(fresh).max())):"),
        ("candidate", "elif least <= 1e-9 * ((0.0) + float(np.abs(fresh).max())):"),
        ("candidate", "elif least <= 1e-9 * ((2.0) + float(np.abs(fresh).max())):"),
        ("candidate", "elif least <= 1e-9 / (1.0 + float(np.abs(fresh).max())):"),
        ("candidate", "elif least < 1e-9 * (1.0 + float(np.abs(fresh).max())):"),
        ("candidate", "elif least > 1e-9 * (1.0 + float(np.abs(fresh).max())):"),
        ("candidate", "continue"),
        ("candidate", "ROUNDS = (99)"),
        ("candidate", "ROUNDS = (101)"),
        ("room", "_CONTEXT = Context(prec=DIGITS, Emin=-(10**9), Emax=10*9)"),
        ("room", "_CONTEXT = Context(prec=DIGITS, Emin=-(10*9), Emax=10**9)"),
        ("room", "_CONTEXT = Context(prec=DIGITS, Emin=-((9)**9), Emax=10**9)"),
        ("room", "_CONTEXT = Context(prec=DIGITS, Emin=-((11)**9), Emax=10**9)"),
        ("room", "_CONTEXT = Context(prec=DIGITS, Emin=-(10**(8)), Emax=10**9)"),
        ("room", "_CONTEXT = Context(prec=DIGITS, Emin=-(10**(10)), Emax=10**9)"),
        ("room", "_CONTEXT = Context(prec=DIGITS, Emin=-(10**9), Emax=(9)**9)"),
        ("room", "_CONTEXT = Context(prec=DIGITS, Emin=-(10**9), Emax=(11)**9)"),
        ("room", "_CONTEXT = Context(prec=DIGITS, Emin=-(10**9), Emax=10**(8))"),
        ("room", "_CONTEXT = Context(prec=DIGITS, Emin=-(10**9), Emax=10**(10))"),
        ("room", "return Fraction((9)**6)"),
        ("room", "return Fraction((11)**6)"),
        ("room", "return Fraction(10**(7))"),
    ),
    "dual.policy_rows": (
        ("nothing", "if lowest_move >= 0:"),
        ("nothing", "most[t].append((state, max(row.get(t, (0, (1)))[1] for row in rows)))"),
        ("nothing", "most[t].append((state, max(row.get(t, (0, (-1)))[1] for row in rows)))"),
        ("unread", "most[t].append((state, max(row.get(t, ((1), 0))[1] for row in rows)))"),
        ("unread", "most[t].append((state, max(row.get(t, ((-1), 0))[1] for row in rows)))"),
        ("unread", "lowest_move = min(row.get(t, (0, (1)))[0] for row in rows)"),
        ("unread", "lowest_move = min(row.get(t, (0, (-1)))[0] for row in rows)"),
        ("empty", "continue"),
        ("empty", "if any(bottom > top for bottom, top in ()):"),
        ("empty", "if all(bottom > top for bottom, top in zip(low, high, strict=True)):"),
    ),
    "dual.least": (
        ("nothing", "total = numbers.weight_total[0 if smallest > 0 else 1]"),
        ("nothing", "total = numbers.weight_total[0 if smallest >= (1) else 1]"),
        ("sweeps", "continue"),
        ("sweeps", "SWEEPS = (199)"),
        ("sweeps", "SWEEPS = (201)"),
    ),
    "constraints.conflicts": (("edge", "if abs(Fraction(conflict.excess) - excess) >= Fraction(ROUNDING) * excess:"),),
}
"""By module, single mutants that change no answer: the reason, and the changed line."""

PACKAGE = "ssg_mip.checker"

_CACHES = {"lru_cache", "cache", "cached_property"}


def excluded(mutant: Mutant) -> str | None:
    """The kind of a mutant that does not count, or ``None``."""
    found = next((kind for kind, node in _places(mutant.path) if inside(mutant, node)), None)
    if found is not None:
        return found
    named = {line: reason for reason, line in EQUIVALENT.get(mutant.module.removeprefix(f"{PACKAGE}."), ())}
    return named.get(mutant.title.partition(": ")[2]) if named else None


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
