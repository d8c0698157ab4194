"""What an experiment found beside what is printed, as data and as a page."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any


@dataclasses.dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is printed, and what became of it here.

    Attributes
    ----------
    what
        The quantity.
    printed, ours
        What the source says, and what we get.
    agrees
        Whether the two agree; ``None`` where nothing is printed that could be compared.
    reading
        Where they differ: our reading of why.
    """

    what: str
    printed: str
    ours: str
    agrees: bool | None
    reading: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Report:
    """What an experiment found and wrote.

    Attributes
    ----------
    name, title
        The experiment.
    settings
        What it ran with, seed included.
    findings, notes
        What it found beside what is printed, and remarks.
    files
        The files it wrote.
    seconds
        Wall-clock time.
    stopped
        Why it stopped early; empty if it did not.
    """

    name: str
    title: str
    settings: Mapping[str, Any]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    files: tuple[Path, ...]
    seconds: float
    stopped: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON data."""
        return {
            "format": "ssg-mip-experiment/1",
            "name": self.name,
            "title": self.title,
            "settings": {key: _plain(value) for key, value in self.settings.items()},
            "findings": [dataclasses.asdict(finding) for finding in self.findings],
            "notes": list(self.notes),
            "files": [str(path) for path in self.files],
            "seconds": self.seconds,
            "stopped": self.stopped,
        }

    def to_markdown(self) -> str:
        """As a page for people."""
        settings = ", ".join(f"{key} {_plain(value)}" for key, value in self.settings.items())
        lines = [f"# {self.name}", "", self.title, "", f"Settings: {settings}. {self.seconds:.1f} s.", ""]
        if self.stopped:
            lines += [f"**Not complete: {self.stopped}.**", ""]
        if self.findings:
            lines += ["| what | printed | here | agrees | our reading |", "|---|---|---|---|---|"]
            for one in self.findings:
                agrees = {True: "yes", False: "no", None: ""}[one.agrees]
                cells = (one.what, one.printed, one.ours, agrees, one.reading)
                lines.append("| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |")
            lines.append("")
        lines += [f"- {note}" for note in self.notes]
        lines += ["- All bounds hold over stationary leader policies.", ""]
        return "\n".join(lines)


def _plain(value: Any) -> Any:
    return [_plain(entry) for entry in value] if isinstance(value, (list, tuple)) else value
