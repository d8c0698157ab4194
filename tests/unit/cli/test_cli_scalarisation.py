"""``--scalarisation`` of ``solve`` and ``export``: as a kind, as JSON, as a file, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ssg_mip.cli.options import read_scalarisation
from ssg_mip.errors import OptionError
from tests.unit import ROOT, Command

GAME = ROOT / "instances" / "kudo_akimoto" / "fig1_threat.json"
FIRST = {"kind": "augmented-chebyshev", "weights": {"s1": 0.6, "s2": 0.4}, "reference": {"s1": 10, "s2": 10}}


def test_it_is_read_from_a_kind_json_or_a_file(tmp_path: Path) -> None:
    path = tmp_path / "chebyshev.json"
    path.write_text(json.dumps(FIRST))
    assert read_scalarisation(None) is None
    assert read_scalarisation(" augmented-chebyshev ") == {"kind": "augmented-chebyshev"}
    assert read_scalarisation(json.dumps(FIRST)) == FIRST
    assert read_scalarisation(str(path)) == FIRST
    for text, said in (("{", "not valid JSON"), ('{"kind": 1, "kind": 2}', "twice")):
        with pytest.raises(OptionError, match=said):
            read_scalarisation(text)


@pytest.mark.parametrize(("weights", "values"), [((0.6, 0.4), (10.0, 9.0)), ((0.4, 0.6), (9.0, 10.0))])
def test_solve_ends_where_the_weights_say_and_prints_the_value(
    command: Command, tmp_path: Path, weights: tuple[float, float], values: tuple[float, float]
) -> None:
    path = tmp_path / "chebyshev.json"
    path.write_text(json.dumps({**FIRST, "weights": dict(zip(("s1", "s2"), weights, strict=True))}))
    ran = command("solve", GAME, "--scalarisation", path, "--json", "--verbose")
    assert ran.code == 0
    assert tuple(ran.data["leader_values"].values()) == pytest.approx(values, abs=1e-6)
    assert ran.data["scalarisation"]["kind"] == "augmented-chebyshev"
    assert ran.data["scalarised_value"] == pytest.approx(-0.4 * 1.001)
    assert ran.data["scalarised_value"] <= ran.data["scalarised_bound"]
    assert "L       -0.4004, at most" in ran.err
    printed = tmp_path / "result.json"
    printed.write_text(json.dumps(ran.data))
    assert command("verify", printed, GAME).code == 0
    printed.write_text(json.dumps({**ran.data, "scalarised_value": 0.0}))
    assert command("verify", printed, GAME).code == 5


def test_a_result_without_one_prints_nothing_of_it(command: Command) -> None:
    ran = command("solve", GAME, "--json", "--verbose")
    assert not [key for key in ran.data if key.startswith("scalaris")]
    assert "  L  " not in ran.err


def test_export_writes_a_row_for_each_piece(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "p.lp"
    assert command("export", GAME, path, "--scalarisation", json.dumps(FIRST)).code == 0
    assert {"piece(0)", "piece(1)", "rise"} <= set(json.loads((tmp_path / "p.lp.names.json").read_text())["names"])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--scalarisation", "largest"), "must be one of weighted-sum, augmented-chebyshev, concave-pieces"),
        (("--scalarisation", "augmented-chebyshev", "--method", "commitment"), "give a WeightedSum"),
        (("--scalarisation", '{"kind": "weighted-sum", "weights": {"s1": 1}}'), "says nothing about state 's2'"),
        (("--scalarisation", '{"kind": "weighted-sum", "weights": {"s1": 1, "s2": 0}}'), "positive in every state"),
        (("--scalarisation", "missing.json"), "missing.json"),
    ],
)
def test_what_makes_no_sense_is_wrong_usage(command: Command, options: tuple[str, ...], said: str) -> None:
    ran = command("solve", GAME, *options)
    assert ran.code == 2
    assert said in " ".join(ran.err.split())
