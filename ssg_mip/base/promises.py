"""What a method can promise of its results: printed in each of them, and checked there."""

from __future__ import annotations

import enum


class Promise(enum.Enum):
    """One promise; its value is the word that stands in a printed result.

    The exact checker (:mod:`ssg_mip.checker`) reads the words from the result and checks exactly these, whatever the
    method is called: what promises less is not checked for more, and what promises and does not keep it fails.
    """

    MONOTONE = "monotone"
    """No state's value falls from one iterate to the next."""
    LAST_ITERATE = "last_iterate"
    """The last iterate is the answer."""
    CERTIFIED_STOP = "certified_stop"
    """A certificate of the run proves what is said of the point where it stops."""
    CERTIFIED_PARETO = "certified_pareto"
    """... and that the point is Pareto-optimal, where that is said."""
    DETERMINISTIC = "deterministic"
    """The answer plays one action in each state."""
    ON_GRID = "on_grid"
    """The answer's probabilities are multiples of ``1 / levels``."""
