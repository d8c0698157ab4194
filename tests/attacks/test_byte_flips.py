"""Changed files, reduced; and that the judge of a changed result sees what it must see."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.attacks.byte_flips import changed_claims, play


@pytest.mark.parametrize(("kind", "number"), [("instances", 400), ("results", 60), ("certificates", 80)])
def test_changed_files_are_refused_or_harmless(kind: str, number: int) -> None:
    codes, failures = play(kind, 7, range(number))
    assert failures == {}
    assert len(codes) >= 2


DATA: dict[str, Any] = {
    "leader_values": {"s": 1.0}, "dual_bound": 2.0, "seed": 1, "ties": "leader", "check": None,
    "progress": [{"dual_bound": 3.0}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        ({"seed": 2}, False),
        ({"dual_bound": 2.5}, False),
        ({"dual_bound": 1.5}, True),
        ({"progress": [{"dual_bound": 2.5}]}, False),
        ({"margin": 0.0}, True),
        ({"margin": 0.5}, True),
        ({"leader_values": {"s": 1.0 + 1e-9}}, False),
        ({"leader_values": {"s": 1.1}}, True),
        ({"leader_values": {"t": 1.0}}, True),
        ({"leader_values": {}}, True),
        ({"ties": "first"}, True),
        ({"ties": True}, True),
    ],
)
def test_a_changed_claim_is_seen(change: dict[str, Any], seen: bool) -> None:
    assert bool(list(changed_claims(DATA, {**copy.deepcopy(DATA), **change}))) is seen
