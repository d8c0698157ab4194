"""What a batch is asked, and what it writes down."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ssg_mip.api.exit_codes import STOPPED, ExitCode
from ssg_mip.base.memory import MemoryGiven
from ssg_mip.base.tolerances import DEFAULT_GAP
from ssg_mip.evaluation.best_response import Ties

if TYPE_CHECKING:
    from ssg_mip.runs.run import StepSelection


@dataclasses.dataclass(frozen=True, kw_only=True)
class BatchOptions:
    """What is asked of every instance; the members are arguments of ``solve``."""

    method: str = "policy-iteration"
    weights: Mapping[str, float] | None = None
    ties: Ties = "leader"
    gap: float = DEFAULT_GAP
    time_limit: float | None = None
    node_limit: int | None = None
    memory_limit: MemoryGiven = None
    seed: int = 0
    levels: int = 4
    margin: float = 0.0
    check: bool = True
    guarantee: bool = True
    selection: StepSelection = "argmax"
    epsilon: float | None = None
    settings: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    presolve: bool = True

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON data."""
        told = dataclasses.asdict(self)
        return told if self.memory_limit is not None else {k: told[k] for k in told if k != "memory_limit"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class BatchRow:
    """The answer for one instance; see the module's text for the members."""

    instance: str
    game_hash: str | None
    options: Mapping[str, Any]
    exit_code: int
    seconds: float
    check: str
    secured: float | None
    error: Mapping[str, str] | None
    result: Mapping[str, Any] | None

    @property
    def failed(self) -> bool:
        """Whether there is no answer for another reason than the wish to stop."""
        return self.exit_code not in {ExitCode.DONE, *STOPPED}

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON data."""
        return {"format": "ssg-mip-batch-row/1", **dataclasses.asdict(self)}


@dataclasses.dataclass(frozen=True, kw_only=True)
class BatchSummary:
    """What a batch did.

    Attributes
    ----------
    path
        The file with the rows.
    rows
        The rows of this run, in the order in which they finished.
    skipped
        Instances that had their row already.
    interrupted
        Whether the batch was asked to stop; the instances left have no row.
    terminated
        Whether it was the system that asked (SIGTERM, SIGHUP).
    """

    path: Path
    rows: tuple[BatchRow, ...]
    skipped: tuple[str, ...]
    interrupted: bool
    terminated: bool = False

    @property
    def exit_code(self) -> ExitCode:
        """The exit code that the batch deserves."""
        if any(row.exit_code == ExitCode.FAILED_CHECK for row in self.rows):
            return ExitCode.FAILED_CHECK
        if self.interrupted:
            return ExitCode.TERMINATED if self.terminated else ExitCode.INTERRUPTED
        if any(row.exit_code == ExitCode.TERMINATED for row in self.rows):  # the signal reached a worker only
            return ExitCode.TERMINATED
        return ExitCode.FAILED_ROWS if any(row.failed for row in self.rows) else ExitCode.DONE

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON data; the results themselves are in the file."""
        return {
            "format": "ssg-mip-batch/1",
            "file": str(self.path),
            "solved": sum(row.exit_code == ExitCode.DONE for row in self.rows),
            "verified": sum(row.check == "verified" for row in self.rows),
            "values_verified": sum(row.check == "values verified" for row in self.rows),
            "failed": sum(row.failed for row in self.rows),
            "skipped": len(self.skipped),
            "interrupted": self.interrupted,
            "rows": [{key: value for key, value in row.to_dict().items() if key != "result"} for row in self.rows],
        }
