r"""No-regret learners over a few actions beside Hedge, and the proven bounds of their regret.

All of them get the gains of every action in every round, and their bounds hold for *any* gains that differ by at most 1
from action to action, also for gains that an adversary chooses after it has seen the mix. The paper names three
families (section A.4); with linear gains on a simplex two of them meet in Hedge:

``"hedge"``
    Exponential weights (:mod:`ssg_mip.learning.learners.asymmetric_learning.hedge`). Online mirror descent with the
    entropy, and follow-the-regularised-leader with it, *are* Hedge.
``"omd"``
    Online mirror descent with the squared Euclidean distance, that is projected gradient ascent (Zinkevich 2003):
    ``x <- P(x + eta g)``, ``P`` the Euclidean projection onto the simplex.
``"ftrl"``
    Follow-the-regularised-leader with the squared Euclidean distance from the uniform mix ``u`` (dual averaging):
    ``x = P(u + eta G)``, ``G`` the sum of all gains so far. Unlike ``"omd"`` it keeps in mind how far behind an action
    is that it does not play.

Both Euclidean rules lose at most ``|x* - u|^2 / (2 eta) + (eta / 2) sum |g_t|^2`` against any ``x*`` (Orabona, A Modern
Introduction to Online Learning, 2019, theorems 2.13 and 7.9). Neither the projection nor the regret changes when the
same number is added to all gains of a round, so gains that spread over at most 1 count as lying in ``+- 1/2``, and with
``|x* - u|^2 <= 1 - 1/n`` for ``n`` actions the bound is::

    (1 - 1/n) / (2 eta) + eta n T / 8,

smallest, ``sqrt((n - 1) T) / 2``, for ``eta = 2 sqrt((1 - 1/n) / (n T))``.
"""

from __future__ import annotations

import math
from typing import Literal, Protocol, assert_never

from ssg_mip.learning.learners.asymmetric_learning.hedge import Hedge, paper_rate

ExpertKind = Literal["hedge", "omd", "ftrl"]
"""Rules without regret."""


class Expert(Protocol):
    """A learner over a few actions."""

    mix: list[float]

    def add(self, gains: list[float]) -> None:
        """Take note of the gain of each action; the mix stays until :meth:`move`."""

    def move(self) -> None:
        """Bring the mix up to date."""


class ProjectedGradient:
    """Online mirror descent with the Euclidean distance, uniform at first.

    Parameters
    ----------
    count
        Number of actions.
    rate
        Step size ``eta``.

    Attributes
    ----------
    mix
        The current probabilities.
    """

    def __init__(self, count: int, rate: float) -> None:
        self._rate = rate
        self.mix = [1.0 / count] * count
        self._next = list(self.mix)

    def add(self, gains: list[float]) -> None:
        """See :class:`Expert`."""
        self._next = projection([share + self._rate * gain for share, gain in zip(self._next, gains, strict=True)])

    def move(self) -> None:
        """See :class:`Expert`."""
        self.mix = list(self._next)


class RegularisedLeader:
    """Follow-the-regularised-leader with the Euclidean distance; parameters and attributes as above."""

    def __init__(self, count: int, rate: float) -> None:
        self._rate = rate
        self.mix = [1.0 / count] * count
        self._targets = list(self.mix)

    def add(self, gains: list[float]) -> None:
        """See :class:`Expert`."""
        self._targets = [target + self._rate * gain for target, gain in zip(self._targets, gains, strict=True)]

    def move(self) -> None:
        """See :class:`Expert`."""
        self.mix = projection(self._targets)


def projection(point: list[float]) -> list[float]:
    """The nearest distribution to a point, by sorting (Duchi, Shalev-Shwartz, Singer & Chandra 2008)."""
    total, shift = 0.0, 0.0
    for number, coordinate in enumerate(sorted(point, reverse=True), start=1):
        total += coordinate
        if coordinate * number <= total - 1.0:
            break
        shift = (total - 1.0) / number
    return [max(0.0, coordinate - shift) for coordinate in point]


def make_expert(kind: ExpertKind, count: int, rate: float | None, steps: int) -> Expert:
    """A learner over ``count`` actions with a step size; absent, with :func:`default_rate`."""
    chosen = default_rate(kind, count, steps) if rate is None else rate
    match kind:
        case "hedge":
            return Hedge(count, chosen)
        case "omd":
            return ProjectedGradient(count, chosen)
        case "ftrl":
            return RegularisedLeader(count, chosen)
        case _:
            assert_never(kind)


def default_rate(kind: ExpertKind, count: int, steps: int) -> float:
    """The paper's step size for Hedge, that of the least bound for the others; 1 for a single action."""
    if kind == "hedge" or count == 1:
        return paper_rate(count, steps)
    return 2.0 * math.sqrt((1.0 - 1.0 / count) / (count * steps))


def regret_bound(kind: ExpertKind, count: int, rate: float, steps: float, *, sets: int = 1) -> float:
    """What is proven of the regret after so many rounds, in units of the spread of gains.

    Parameters
    ----------
    kind, count, rate
        The rule, the number of actions, and the step size on gains divided by their spread.
    steps
        Rounds, of all information sets together.
    sets
        Information sets with a learner each that share the rounds.
    """
    if kind == "hedge":
        return sets * math.log(count) / rate + rate * steps / 8.0
    return sets * (1.0 - 1.0 / count) / (2.0 * rate) + rate * count * steps / 8.0
