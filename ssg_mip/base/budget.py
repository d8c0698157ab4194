"""What a piece of work may take, and the one place that says why it must stop."""

from __future__ import annotations

import dataclasses

from ssg_mip.base.deadline import Deadline
from ssg_mip.base.interrupt import Interrupt
from ssg_mip.base.memory import resident_memory
from ssg_mip.base.status import Termination


@dataclasses.dataclass(frozen=True, eq=False)
class Budget:
    """Time, nodes, memory, and the user's wish to stop.

    Attributes
    ----------
    deadline
        The clock, already running.
    nodes
        Nodes of branch and bound; ``None`` for no limit.
    interrupt
        The user's wish to stop.
    memory
        Bytes that the process may hold; ``None`` for no limit.
    """

    deadline: Deadline
    nodes: int | None = None
    interrupt: Interrupt | None = None
    memory: float | None = None

    def stop_reason(self, nodes: int = 0) -> Termination | None:
        """Why to stop after so many nodes, if so."""
        if self.interrupt is not None and self.interrupt.requested:
            return Termination.INTERRUPTED
        if self.deadline.expired:
            return Termination.TIME_LIMIT
        if self.memory is not None and resident_memory() > self.memory:
            return Termination.MEMORY_LIMIT
        return Termination.NODE_LIMIT if self.nodes is not None and nodes >= self.nodes else None
