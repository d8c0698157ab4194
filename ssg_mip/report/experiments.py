"""Experiments, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ssg_mip.report.text import add_row, table

if TYPE_CHECKING:
    from ssg_mip.studies import Report

_AGREES = {True: "yes", False: "no", None: ""}


def experiment_report(report: Report) -> list[Any]:
    """What an experiment found beside what is printed, its remarks, and the files it wrote."""
    made = table("what", "printed", "here", "agrees")
    for one in report.findings:
        add_row(made, (one.what, one.printed, one.ours, _AGREES[one.agrees]))
    readings = [f"{one.what}: {one.reading}" for one in report.findings if one.reading]
    stopped = [f"NOT COMPLETE: {report.stopped}"] if report.stopped else []
    lines = [*readings, *report.notes, "bounds hold over stationary leader policies", *stopped]
    return [
        f"{report.name}: {report.title}; {report.seconds:.1f} s",
        "",
        made,
        "",
        *lines,
        "files: " + ", ".join(str(path) for path in report.files),
    ]
