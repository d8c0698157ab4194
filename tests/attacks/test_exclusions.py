"""Which places of a module no test can tell from changed ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.attacks.exclusions import EQUIVALENT, PACKAGE, REASONS, excluded
from tests.attacks.mutant import Mutant
from tests.attacks.operators import own_mutants

MODULE = """
from __future__ import annotations
@dataclass(frozen=True)
class Pair:
    first: int | None
    @cached_property
    def double(self) -> int | None:
        return self.first | 2
    @property
    def pairs(self):
        return list(zip(self.a, self.b, strict=True))
@lru_cache(maxsize=4)
def half(value: int | str) -> None:
    flag = True
def part(value: int = 2 * 3, *, of: int = 4 * 5) -> int:
    return value * of
"""


@pytest.mark.parametrize(
    ("line", "text", "reason"),
    [
        (3, "True", "dataclass option"),
        (3, "@dataclass(frozen=True)", None),
        (5, "|", "annotation"),
        (6, "@cached_property", "cache"),
        (7, "|", "annotation"),
        (8, "|", None),
        (9, "@property", None),
        (11, "True", "strict"),
        (12, "4", "cache"),
        (13, "|", "annotation"),
        (14, "True", None),
        (15, "* 3", None),
        (15, "*,", "keyword marker"),
        (15, "* 5", None),
        (16, "*", None),
    ],
)
def test_only_what_cannot_matter_is_left_out(tmp_path: Path, line: int, text: str, reason: str | None) -> None:
    path = tmp_path / "module.py"
    path.write_text(MODULE)
    start = MODULE.splitlines()[line - 1].index(text)
    mutant = Mutant("module", path, "none", 0, (line, start), (line, start + len(text)))
    assert excluded(mutant) == reason
    assert reason is None or reason in REASONS


def test_every_mutant_that_is_left_out_by_name_exists() -> None:
    """So that none is left out for a line that has changed since."""
    found = {
        (one.module.removeprefix(f"{PACKAGE}."), one.title.partition(": ")[2])
        for one in own_mutants(PACKAGE)
        if one.module.removeprefix(f"{PACKAGE}.") in EQUIVALENT and excluded(one) in REASONS
    }
    named = {(module, line) for module, pairs in EQUIVALENT.items() for _, line in pairs}
    assert named - found == set()
    assert {reason for pairs in EQUIVALENT.values() for reason, _ in pairs} <= set(REASONS)
