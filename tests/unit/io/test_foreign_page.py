"""What docs/foreign.md shows is what happens."""

from __future__ import annotations

import re

import pytest

from tests.unit import ROOT

PAGE = (ROOT / "docs" / "foreign.md").read_text(encoding="utf-8")


def test_the_example_prints_what_stands_below_it(capsys: pytest.CaptureFixture[str]) -> None:
    code, shown = (
        re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL) for language in ("python", "text")
    )
    exec(compile("\n".join(code), "foreign.md", "exec"), {})
    assert capsys.readouterr().out == "".join(shown)
