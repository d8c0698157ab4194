"""Batches, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ssg_mip.report.text import add_row, number, percent, table

if TYPE_CHECKING:
    from ssg_mip.batch import BatchRow, BatchSummary


def batch_row_line(row: BatchRow) -> str:
    """One finished instance on one line."""
    if row.error is not None:
        return f"{row.instance}: failed, {row.error['message']}"
    result = row.result or {}
    return (
        f"{row.instance}: value {number(result.get('leader_value'))}, bound {number(result.get('dual_bound'))}, "
        f"{row.seconds:.2f} s, {row.check}"
    )


def batch_report(summary: BatchSummary) -> list[Any]:
    """The rows of a batch as a table, sorted by instance, and the count of each outcome."""
    made = table("instance", "status", "value>", "bound>", "gap>", "secured>", "seconds>", "check")
    for row in sorted(summary.rows, key=lambda one: one.instance):
        result = row.result or {}
        status = row.error["class"] if row.error is not None else str(result.get("status"))
        value, bound = result.get("leader_value"), result.get("dual_bound")
        gap, seconds = percent(result.get("relative_gap")), f"{row.seconds:.2f}"
        cells = (status, number(value), number(bound), gap, number(row.secured), seconds, row.check)
        add_row(made, (row.instance, *cells))
    counts = summary.to_dict()
    words = f"{counts['solved']} solved, {counts['failed']} failed, {counts['skipped']} skipped"
    return ["", made, "", f"{words}{', interrupted' if summary.interrupted else ''}: {summary.path}"]
