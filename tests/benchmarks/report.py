"""The record of a run as a Markdown table.

Per family, size and competitor: how many games were solved to the gap; geometric mean of the seconds (an unsolved game
counts as the time limit); how many times slower than ours, the geometric mean of the ratios game by game (``>=`` where
the competitor's limit cuts the ratio short, ``<=`` where ours does); the median gap of the unsolved games; in how many
games its exactly evaluated policy reaches the best one up to the gap; medians of nodes and linear programs; seconds
inside linear programs and the share of the time outside of them; the seconds until the first incumbent within 1% of
the best value; the median of the most memory a process held.

The ablation table sets each ingredient of the search off and puts nodes, linear programs and seconds beside those of
the full search, as geometric means of the ratios game by game.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tests.benchmarks.measurement import IN_PLACE, NOT_RUN

Row = dict[str, Any]

SHORTEST = 1e-3
"""Shorter times count as this many seconds in geometric means."""

COLUMNS = (
    "family",
    "size",
    "solver",
    "solved",
    "seconds",
    "slower than ours",
    "median gap, unsolved",
    "best value",
    "nodes",
    "LPs",
    "s in LPs",
    "overhead",
    "first within 1%",
    "MB",
)


def render(payload: dict[str, Any]) -> str:
    """The whole report: where and with what, the table, the conflicts."""
    machine, version = payload["machine"], payload["versions"]
    lines = [
        f"# Benchmark: {payload['suite']}, {payload['program']} program",
        "",
        f"{payload['started']}, revision {payload['revision']}; {machine['cpu']}, {machine['cores']} cores, "
        f"{machine['system']}; one thread each.",
        f"Time limit {payload['time_limit']:g} s, gap {payload['gap']:g}, seeds {_spans(payload['seeds'])}. "
        + ", ".join(f"{name} {number}" for name, number in version.items())
        + ".",
        "",
        *(ablation_table(payload) if payload["suite"] == "ablation" else search_table(payload)),
        "",
        *_remarks(payload),
    ]
    if payload["finished"] is None:
        lines += ["", "**The run was not finished.**"]
    return "\n".join(lines) + "\n"


def search_table(payload: dict[str, Any]) -> list[str]:
    """One line per family, size and competitor."""
    table = [COLUMNS]
    for (family, size), games in _grouped(payload["rows"], "family", "size").items():
        by_competitor = _grouped(games, "competitor")
        ours = {row["seed"]: row for row in by_competitor.get(("ours",), [])}
        for (competitor,), rows in by_competitor.items():
            figures = _figures(rows, payload)
            ratio = "" if competitor == "ours" else slower(rows, ours, payload["time_limit"])
            table.append((family, size, competitor, figures[0], figures[1], ratio, *figures[2:]))
    return _markdown(table)


def _figures(rows: Sequence[Row], payload: dict[str, Any]) -> tuple[str, ...]:
    """The cells of one competitor that need no other; its outcome where it did not run at all."""
    ran = [row for row in rows if row["outcome"] not in NOT_RUN]
    if not ran:
        return (rows[0]["outcome"], *("-",) * 9)
    solved = sum(row["solved"] for row in ran)
    # An unsolved game without a value or bound has an infinite gap: it must not make the median look better.
    gaps = [math.inf if row["gap"] is None else row["gap"] for row in ran if not row["solved"]]
    return (
        f"{solved}/{len(ran)}" + (f" ({len(rows) - len(ran)} not run)" if len(ran) < len(rows) else ""),
        _number(geometric_mean(counted(row, payload["time_limit"]) for row in ran)),
        f"{100.0 * statistics.median(gaps):.2f}%" if gaps else "",
        f"{sum(_reaches_best(row, payload['gap']) for row in ran)}/{len(ran)}",
        *(_median(ran, name, "{:.0f}") for name in ("nodes", "lps")),
        _median(ran, "lp_seconds", "{:.3g}"),
        _median(ran, "overhead", "{:.0%}"),
        _first(ran),
        _median(ran, "peak_megabytes", "{:.0f}"),
    )


def counted(row: Row, time_limit: float) -> float:
    """Seconds as they count: an unsolved game counts as the limit."""
    return max(SHORTEST, row["seconds"] if row["solved"] else time_limit)


def slower(rows: Sequence[Row], ours: dict[int, Row], time_limit: float) -> str:
    """Geometric mean of the paired ratios of seconds, theirs over ours."""
    pairs = [(row, ours[row["seed"]]) for row in rows if row["seed"] in ours and row["outcome"] not in NOT_RUN]
    pairs = [pair for pair in pairs if pair[0]["solved"] or pair[1]["solved"]]
    if not pairs:
        return "-"
    ratio = geometric_mean(counted(theirs, time_limit) / counted(mine, time_limit) for theirs, mine in pairs)
    above = any(not theirs["solved"] for theirs, _ in pairs)
    below = any(not mine["solved"] for _, mine in pairs)
    sign = "~" if above and below else ">=" if above else "<=" if below else ""
    return f"{sign}{_number(ratio)}x"


def _reaches_best(row: Row, gap: float) -> bool:
    """Whether the policy's exact value, ties judged generously, reaches the best value of the run up to the gap."""
    return (
        row["verified_loose"] is not None
        and row.get("best") is not None
        and row["verified_loose"] >= row["best"] - gap * abs(row["best"])
    )


def _first(rows: Sequence[Row]) -> str:
    near = [row["first_near"] for row in rows if row.get("first_near") is not None]
    if not near:
        return "-"
    mean = _number(geometric_mean(max(SHORTEST, seconds) for seconds in near))
    return mean if len(near) == len(rows) else f"{mean} ({len(near)}/{len(rows)})"


# -------------------------------------------------------------------- ablation


def ablation_table(payload: dict[str, Any]) -> list[str]:
    """One line per variant of the search, against the full search on the same games."""
    table = [("variant", "solved", "nodes", "LPs", "seconds", "nodes x", "LPs x", "seconds x", "median gap, unsolved")]
    by_variant = _grouped(payload["rows"], "competitor")
    base = {row["game"]: row for row in by_variant.get(("ours",), [])}
    limit = payload["time_limit"]
    for (variant,), rows in by_variant.items():
        ran = [row for row in rows if row["nodes"] is not None]
        gaps = [math.inf if row["gap"] is None else row["gap"] for row in rows if not row["solved"]]
        measures: tuple[Callable[[Row], float], ...] = (
            lambda row: max(1, row["nodes"]),
            lambda row: max(1, row["lps"]),
            lambda row: counted(row, limit),
        )
        paired = [row for row in ran if base.get(row["game"], {"nodes": None})["nodes"] is not None]
        table.append(
            (
                "full search" if variant == "ours" else variant,
                f"{sum(row['solved'] for row in rows)}/{len(rows)}",
                *(_number(geometric_mean(measure(row) for row in ran)) for measure in measures),
                *(
                    _number(geometric_mean(measure(row) / measure(base[row["game"]]) for row in paired))
                    for measure in measures
                ),
                f"{100.0 * statistics.median(gaps):.2f}%" if gaps else "",
            )
        )
    return _markdown(table)


# -------------------------------------------------------------------- small pieces


def geometric_mean(numbers: Iterable[float]) -> float:
    """Geometric mean of positive numbers; NaN of none."""
    logarithms = [math.log(number) for number in numbers]
    return math.exp(statistics.fmean(logarithms)) if logarithms else math.nan


def _remarks(payload: dict[str, Any]) -> list[str]:
    conflicts = [f"- CONFLICT: {text}" for text in payload["conflicts"]]
    troubled = ("crash", "killed", "failed")
    notes = [
        f"- {row['game']}, {row['competitor']}: {row['outcome']}, {row['note']}"
        for row in payload["rows"]
        if row["outcome"] in troubled
    ]
    absent = {
        f"- {row['competitor']} was not run on {row['family']} {row['size']}: {row['note']}"
        for row in payload["rows"]
        if row["outcome"] in NOT_RUN
    }
    changed = {
        f"- {row['competitor']} on {row['family']} {row['size']}: {IN_PLACE}, because of the size limit of its licence"
        for row in payload["rows"]
        if IN_PLACE in row["note"]
    }
    return [
        *(conflicts or ["No conflict between bounds and verified values."]),
        *notes,
        *sorted(absent | changed),
    ]


def _grouped(rows: Iterable[Row], *names: str) -> dict[tuple[Any, ...], list[Row]]:
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in names), []).append(row)
    return groups


def _median(rows: Sequence[Row], name: str, form: str) -> str:
    known = [row[name] for row in rows if row[name] is not None]
    return form.format(statistics.median(known)) if known else "n/a"


def _number(value: float) -> str:
    """Three significant digits, without an exponent."""
    if not math.isfinite(value):
        return "-"
    return f"{value:.0f}" if value >= 100.0 else f"{value:.3g}"


def _markdown(table: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(cell) for cell in column) for column in zip(*table, strict=True)]

    def line(cells: Iterable[str]) -> str:
        return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"

    return [line(table[0]), line("-" * width for width in widths), *(line(cells) for cells in table[1:])]


def _spans(numbers: Sequence[int]) -> str:
    """``11-15`` for consecutive numbers, else a list."""
    ordered = sorted(numbers)
    if len(ordered) > 1 and ordered == list(range(ordered[0], ordered[-1] + 1)):
        return f"{ordered[0]}-{ordered[-1]}"
    return ", ".join(map(str, ordered))
