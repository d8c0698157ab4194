"""The certified optimum of a game, for pure and for mixed commitment.

The exact program of mixed commitment starts from the best pure one, so that limits never leave it behind that.
"""

from __future__ import annotations

import dataclasses

from ssg_mip.base.status import Status
from ssg_mip.game.game import Game
from ssg_mip.result import Result
from ssg_mip.studies.notebook import PROOF_GAP, Notebook


@dataclasses.dataclass(frozen=True)
class Certified:
    """The results of both programs; a pure policy's bound over all policies is that of ``mixed``."""

    pure: Result
    mixed: Result

    @property
    def closed(self) -> bool:
        """Whether no stationary policy is worth more than the mixed one, up to the gap."""
        return self.mixed.status is Status.OPTIMAL

    @property
    def bound(self) -> float:
        """The least proven bound over stationary leader policies."""
        return min(self.mixed.dual_bound, self.pure.dual_bound)


def certify(notebook: Notebook, game: Game, *, seconds: float, gap: float = PROOF_GAP) -> Certified:
    """Solve both programs, each within ``seconds``; one is enough where no pair of policies is worth more."""
    pure = notebook.solve(game, "deterministic", seconds=seconds, gap=gap)
    if pure.status is Status.OPTIMAL:
        return Certified(pure, pure)
    mixed = notebook.solve(game, "commitment", seconds=seconds, gap=gap, start=pure.leader_policy)
    return Certified(pure, mixed)
