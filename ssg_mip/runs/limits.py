"""How much work a run may take."""

from __future__ import annotations

import dataclasses
from typing import Any

from ssg_mip.base.rules import COUNT, optional


@dataclasses.dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits on the work of a run, beside the clock (:class:`~ssg_mip.base.deadline.Deadline`); ``None`` for none.

    Attributes
    ----------
    nodes
        Of branch and bound, in all programs together.
    iterations
        Iterations of the method; steps of play of methods that learn.
    memory
        Bytes that the process may hold.
    """

    nodes: int | None = None
    iterations: int | None = None
    memory: float | None = None

    def __post_init__(self) -> None:
        optional(COUNT).check("node_limit", self.nodes)
        optional(COUNT).check("iteration_limit", self.iterations)

    def nodes_after(self, spent: int) -> int | None:
        """The nodes that are left, at least one; ``None`` without a limit."""
        return None if self.nodes is None else max(1, self.nodes - spent)

    def options(self) -> dict[str, Any]:
        """The limits as plain data, for the provenance."""
        return {**self.of_programs(), "iteration_limit": self.iterations}

    def of_programs(self) -> dict[str, Any]:
        """Those that programs have, in the same way; a limit on memory only where there is one."""
        return {"node_limit": self.nodes, **({} if self.memory is None else {"memory_limit": self.memory})}


NO_LIMITS = Limits()
"""As much as it takes."""
