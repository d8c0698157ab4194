"""The table says what the rows say: limits count as limits, ratios are paired, and nothing missing looks good."""

from __future__ import annotations

from typing import Any

import pytest

from tests.benchmarks.report import ablation_table, geometric_mean, render, search_table, slower

LIMIT = 60.0


def row(competitor: str, seed: int, seconds: float, solved: bool = True, **more: Any) -> dict[str, Any]:
    return {
        "game": f"random-5x3x3-seed{seed}-commitment",
        "family": "random",
        "size": "5x3x3",
        "seed": seed,
        "competitor": competitor,
        "outcome": "optimal" if solved else "limit",
        "solved": solved,
        "seconds": seconds,
        "gap": 0.0005 if solved else 0.1,
        "verified_loose": 10.0,
        "best": 10.0,
        "nodes": 100,
        "lps": None,
        "lp_seconds": None,
        "overhead": None,
        "first_near": 0.5,
        "peak_megabytes": 150.0,
        "note": "",
        **more,
    }


def payload(rows: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {
        "suite": "search",
        "program": "commitment",
        "time_limit": LIMIT,
        "gap": 1e-3,
        "seeds": [11, 12, 13],
        "started": "2026-01-02T03:04:05Z",
        "finished": "2026-01-02T04:04:05Z",
        "revision": "abc",
        "machine": {"cpu": "a processor", "cores": 2, "system": "Linux 6"},
        "versions": {"highs": "1.15.1"},
        "conflicts": [],
        "rows": rows,
        **more,
    }


def cells(lines: list[str], start: str) -> dict[str, str]:
    """One line of a Markdown table by its column titles."""
    split = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    found = next(line for line in split[2:] if start in line)
    return dict(zip(split[0], found, strict=True))


OURS = [row("ours", 11, 1.0, lps=200, lp_seconds=0.75, overhead=0.25), row("ours", 12, 4.0, lps=300)]
SCIP = [row("scip", 11, 16.0), row("scip", 12, 60.4, solved=False, verified_loose=9.9, first_near=None)]


def test_an_unsolved_game_counts_as_the_limit_and_makes_the_ratio_a_lower_bound() -> None:
    line = cells(search_table(payload(OURS + SCIP)), "scip")
    assert line["solved"] == "1/2"
    assert float(line["seconds"]) == pytest.approx(geometric_mean([16.0, LIMIT]), rel=5e-3)
    # Paired: 16/1 and 60/4, whose geometric mean is the root of 240.
    assert line["slower than ours"] == ">=15.5x"
    assert line["median gap, unsolved"] == "10.00%"
    assert line["best value"] == "1/2"
    assert line["first within 1%"] == "0.5 (1/2)"
    assert line["LPs"] == "n/a"


def test_our_own_line_has_no_ratio_and_shows_the_overhead() -> None:
    line = cells(search_table(payload(OURS + SCIP)), "ours")
    assert (line["solved"], line["seconds"], line["slower than ours"]) == ("2/2", "2", "")
    assert (line["LPs"], line["overhead"], line["s in LPs"]) == ("250", "25%", "0.75")


@pytest.mark.parametrize(
    ("theirs", "mine", "expected"),
    [
        (row("scip", 11, 20.0), row("ours", 11, 2.0), "10x"),
        (row("scip", 11, 60.0, solved=False), row("ours", 11, 2.0), ">=30x"),
        (row("scip", 11, 30.0), row("ours", 11, 60.0, solved=False), "<=0.5x"),
        (row("scip", 11, 60.0, solved=False), row("ours", 11, 60.0, solved=False), "-"),
        (row("scip", 11, 0.0, outcome="licence", solved=False), row("ours", 11, 2.0), "-"),
        (row("scip", 12, 20.0), row("ours", 11, 2.0), "-"),
    ],
)
def test_ratios_say_which_side_was_cut_short(theirs: dict[str, Any], mine: dict[str, Any], expected: str) -> None:
    assert slower([theirs], {mine["seed"]: mine}, LIMIT) == expected


def test_a_missing_gap_is_infinite_not_ignored() -> None:
    rows = [row("ours", seed, 60.0, solved=False, gap=gap) for seed, gap in ((11, 0.1), (12, None), (13, None))]
    assert cells(search_table(payload(rows)), "ours")["median gap, unsolved"] == "inf%"


def test_a_competitor_that_cannot_run_says_why() -> None:
    refused = [row("gurobi", 11, 0.0, solved=False, outcome="licence", note="too large")]
    text = render(payload(OURS + refused))
    assert cells(search_table(payload(OURS + refused)), "gurobi")["solved"] == "licence"
    assert "gurobi was not run on random 5x3x3: too large" in text


def test_a_competitor_that_had_to_be_given_a_rewritten_file_is_named() -> None:
    rewritten = row("gurobi", 11, 3.0, note="status 2, products written in place")
    assert "gurobi on random 5x3x3: products written in place" in render(payload([*OURS, rewritten]))
    assert "written in place" not in render(payload(OURS))


def test_conflicts_and_crashes_are_in_the_report_and_so_is_an_unfinished_run() -> None:
    crashed = row("scip", 11, 0.1, solved=False, outcome="crash", gap=None, nodes=None, note="exit code -11")
    text = render(payload([*OURS, crashed], conflicts=["a bound was beaten"], finished=None))
    assert "CONFLICT: a bound was beaten" in text
    assert "scip: crash, exit code -11" in text
    assert "not finished" in text
    assert "No conflict" not in text


def test_the_report_names_date_machine_versions_and_seeds() -> None:
    text = render(payload(OURS))
    for part in ("2026-01-02", "a processor", "highs 1.15.1", "seeds 11-13", "No conflict"):
        assert part in text


def test_every_line_of_the_table_has_as_many_cells_as_the_head() -> None:
    lines = search_table(payload([*OURS, *SCIP, row("gurobi", 11, 0.0, solved=False, outcome="absent")]))
    assert len({line.count("|") for line in lines}) == 1


def test_the_ablation_sets_each_variant_beside_the_full_search_on_the_same_games() -> None:
    full = [row("ours", 0, 1.0, nodes=100, lps=200), row("ours", 1, 2.0, nodes=50, lps=80)]
    less = [
        row("without cuts", 0, 4.0, nodes=400, lps=400),
        row("without cuts", 1, 60.0, solved=False, nodes=800, lps=640),
    ]
    lines = ablation_table(payload(full + less, suite="ablation"))
    base, line = cells(lines, "full search"), cells(lines, "without cuts")
    assert (base["nodes x"], base["LPs x"], base["seconds x"]) == ("1", "1", "1")
    # Paired ratios of nodes are 4 and 16, of linear programs 2 and 8, of seconds 4 and 30 (limit over two).
    assert (line["nodes x"], line["LPs x"]) == ("8", "4")
    assert float(line["seconds x"]) == pytest.approx(120.0**0.5, abs=0.06)
    assert (base["solved"], line["solved"]) == ("2/2", "1/2")
