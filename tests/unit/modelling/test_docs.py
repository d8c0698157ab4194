"""The page of the models: its example runs, and its table knows every component."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ssg_mip.modelling.components import COMMITMENT, IMPROVEMENT
from tests.unit import ROOT

PAGE = (ROOT / "docs" / "pyomo.md").read_text()


def test_the_example_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    found: dict[str, Any] = {}
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(example, found)
    result = found["result"]
    assert result.details["model"]["rows"] == ["budget"]
    policy = result.leader_policy.to_names(result.game)
    assert policy["gate"]["yard"] + policy["vault"]["yard"] <= 0.5 + 1e-8
    assert result.leader_value < -6.1303  # what the guard gets without the row: proven -6.13022


def test_the_table_has_every_component() -> None:
    table = PAGE[: PAGE.index("## Solving a changed model")]
    for name in {*COMMITMENT, *IMPROVEMENT}:
        if name.startswith("cost_at"):
            name = name.replace("cost", "cost0")
        assert re.search(rf"`{name}0?(\[.*?\])?( = .*?)?`", table), name
