"""What docs/foreign.md shows is what happens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ssg_mip import read_prism
from tests.unit import ROOT

PAGE = (ROOT / "docs" / "foreign.md").read_text(encoding="utf-8")


def test_the_example_prints_what_stands_below_it(capsys: pytest.CaptureFixture[str]) -> None:
    code, shown = (
        re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL) for language in ("python", "text")
    )
    exec(compile("\n".join(code), "foreign.md", "exec"), {})
    assert capsys.readouterr().out == "".join(shown)


def test_the_sample_of_transitions_is_read(tmp_path: Path) -> None:
    (sample,) = re.findall(r"^```tra\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (tmp_path / "model.tra").write_text(sample, encoding="utf-8")
    game = read_prism(tmp_path / "model", leader_discount=0.9, follower_discount=0.9)
    assert game.leader_actions == (("stay", "go"), ("stay",))
    assert game.follower_actions == (("watch", "rest"), ("watch",))
    assert game.dense_transition[2].tolist() == [0.5, 0.5]
