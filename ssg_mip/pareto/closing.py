"""The checks of many answers within one time limit: what is kept for them, and who has how much of it.

As for a single answer (:mod:`ssg_mip.methods.closing`) a share of the limit is kept, in proportion to the size of the
game and the number of answers; the work before sees the rest. Ctrl-C ends the checks as well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from ssg_mip.base.deadline import Deadline, OutOfTime
from ssg_mip.base.interrupt import Interrupt
from ssg_mip.base.tolerances import DEFAULT_TOLERANCES, Tolerances
from ssg_mip.checker.dual.replay import BoundVerification
from ssg_mip.checker.outcome import NO_TIME, STOPPED, CheckOutcome
from ssg_mip.checker.verify import Printable, examine
from ssg_mip.game.game import Game
from ssg_mip.methods.closing import LEAST_PER_STATE, MOST_KEPT, SECONDS_PER_STATE, SECONDS_PER_TRANSITION, grace

SECONDS_PER_ANSWER = 0.03
"""Seconds kept for each answer besides: what exact fractions take for one of ten states."""

SECONDS_AFTER_STOP = 5.0
"""What checks may take after the user has stopped the work: there may be thousands of answers."""

DERIVING_SHARE = 0.5
"""Share of the time of a check in which values are derived; comparing them takes about as long."""


def kept_for_checks(game: Game, deadline: Deadline, answers: int, *, wanted: bool) -> float:
    """Seconds of a limit that the work leaves for checking and printing so many answers; none if nothing is wanted."""
    if not wanted or math.isinf(deadline.limit):
        return 0.0
    each = SECONDS_PER_ANSWER + SECONDS_PER_STATE * game.num_states + SECONDS_PER_TRANSITION * len(game.successors)
    if each > MOST_KEPT * deadline.limit:  # not even one answer can be checked
        return max(0.0, -grace(deadline, 2 * game.num_states))
    return max(0.0, min(answers * each, MOST_KEPT * deadline.limit) - grace(deadline, 0))


class Closing:
    """What is left of a limit for checks, and the user's wish to stop.

    Parameters
    ----------
    deadline
        The whole budget; without a limit everything is checked.
    interrupt
        A wish that came before is no reason not to check, but to be quick.
    printed
        States of all answers together that are to be printed.
    tolerances
        Those of the work, by which its answers are checked.
    """

    def __init__(
        self,
        deadline: Deadline,
        interrupt: Interrupt | None = None,
        *,
        printed: int = 0,
        tolerances: Tolerances = DEFAULT_TOLERANCES,
    ) -> None:
        self.tolerances = tolerances
        self.until = deadline if math.isinf(deadline.limit) else deadline.extended(grace(deadline, printed))
        self._interrupt = Interrupt() if interrupt is None else interrupt
        self._stopped_before = self._interrupt.requested
        if self._stopped_before:
            self.until = Deadline(min(SECONDS_AFTER_STOP, self.until.remaining))

    @property
    def stopped(self) -> bool:
        """Whether the user asked to stop the checks."""
        return self._interrupt.requested and not self._stopped_before

    def time_for(self, game: Game, share: Deadline | None = None) -> bool:
        """Whether there is time to begin a check of one answer, or a search near it: first steps look at no clock."""
        return (self.until if share is None else share).remaining >= LEAST_PER_STATE * game.num_states

    def checkpoint(self) -> None:
        """Raise :class:`~ssg_mip.base.deadline.OutOfTime` where the checks should end."""
        self._give_up_at(self.until)

    def _give_up_at(self, until: Deadline) -> None:
        if self.stopped or until.expired:
            raise OutOfTime

    def examined(
        self,
        game: Game,
        document: Printable,
        share: Deadline | None = None,
        bounds: Sequence[BoundVerification] = (),
    ) -> tuple[CheckOutcome, tuple[CheckOutcome, ...]]:
        """The outcomes for a document and its points, within a share of the time if one is given.

        ``bounds`` are replays of certificates for the game.
        """
        until = self.until if share is None else share
        deriving = until.share(DERIVING_SHARE)
        if not self.time_for(game, until):
            return (STOPPED if self.stopped else NO_TIME), ()
        try:
            self.checkpoint()
            found = examine(
                game,
                document,
                tolerances=self.tolerances,
                bounds=bounds,
                out_of_time=lambda: deriving.expired,
                checkpoint=lambda: self._give_up_at(until),
            )
        except OutOfTime:
            return (STOPPED if self.stopped else NO_TIME), ()
        except KeyboardInterrupt:
            return STOPPED, ()
        return found.whole, found.points
