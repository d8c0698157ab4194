"""Tolerances: positive, in order, defaults valid."""

from __future__ import annotations

import ast
import dataclasses
import math
from pathlib import Path
from typing import Any

import pytest

import ssg_mip
from ssg_mip import solve
from ssg_mip.base.tolerances import ARITHMETIC, DEFAULT_TOLERANCES, TIGHTEST, Tolerances
from ssg_mip.errors import OptionError
from ssg_mip.lp import highs
from ssg_mip.methods.restricted import milp
from tests.oracles.known import figure_1

MEMBERS = [field.name for field in dataclasses.fields(Tolerances)]


def test_defaults_are_in_order() -> None:
    t = DEFAULT_TOLERANCES
    assert 0.0 < ARITHMETIC <= TIGHTEST <= t.feasibility <= t.tie <= t.monotone


@pytest.mark.parametrize("member", MEMBERS)
@pytest.mark.parametrize("value", [0.0, -1e-9, math.nan])
def test_a_member_that_is_not_positive_is_refused_by_name(member: str, value: float) -> None:
    with pytest.raises(OptionError, match=f"tolerance {member} is"):
        Tolerances(**{member: value})


@pytest.mark.parametrize(
    ("changes", "low", "high"),
    [
        ({"feasibility": 1e-6}, "feasibility", "tie"),
        ({"tie": 1e-5}, "tie", "monotone"),
        ({"monotone": 1e-9}, "tie", "monotone"),
    ],
)
def test_a_broken_order_names_both_members(changes: dict[str, float], low: str, high: str) -> None:
    """A linear program less accurate than the tie tolerance would invent ties, and so on up the chain."""
    with pytest.raises(OptionError, match=rf"tolerance {low} = .* exceeds {high} = "):
        Tolerances(**changes)


def test_equal_neighbours_are_in_order() -> None:
    assert Tolerances(feasibility=1e-7, tie=1e-7, monotone=1e-7).feasibility == 1e-7


def test_tolerances_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        DEFAULT_TOLERANCES.tie = 1.0  # type: ignore[misc]


def test_nothing_reads_the_defaults_where_a_run_has_tolerances_of_its_own() -> None:
    """They are defaults of arguments, and nothing else: what a user asks for reaches everywhere."""
    for path in Path(ssg_mip.__file__).parent.rglob("*.py"):
        reads = [
            node.lineno
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "DEFAULT_TOLERANCES"
        ]
        assert not reads, f"{path.name}: {reads}"


@pytest.mark.parametrize("method", ["commitment", "deterministic"])
def test_the_accuracy_of_linear_programs_is_that_of_the_run(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    highs.SELF_TEST.ensure_passed()  # it asks for what nobody asks otherwise
    asked: list[float] = []
    made = highs._new_highs

    def watched(**options: Any) -> Any:
        asked.append(options.get("primal_feasibility_tolerance", math.nan))
        return made(**options)

    monkeypatch.setattr(highs, "_new_highs", watched)
    monkeypatch.setattr(milp, "MOST_ENUMERATED", 0)
    solve(figure_1(1.0, 2.0).to_game(), method, tolerances=Tolerances(feasibility=2e-9), check=False, guarantee=False)
    assert 2e-9 in asked
    assert highs.ACCURACY not in asked
