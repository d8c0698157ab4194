"""Parametric policy iteration: how the follower's best response changes while the leader's one number goes from 0 to 1.

A response stays best until the first of its advantages changes sign (:meth:`Line.first_change`). A hair beyond that
the follower is asked again, starting from the response that he leaves. Where rounding hides a change the hair grows.
What is missed between two questions is missed by the walk, not by the proof, which looks at every interval again.
"""

from __future__ import annotations

import bisect
import dataclasses
from collections.abc import Callable

from ssg_mip.base.tolerances import ARITHMETIC
from ssg_mip.exact.few_numbers.howard import best_policy
from ssg_mip.exact.few_numbers.one_number import Line, OneNumber
from ssg_mip.numerics.array_types import FloatArray, IntArray

HAIR = 1e-10
"""How far beyond a change the follower is asked again."""


@dataclasses.dataclass(frozen=True, eq=False)
class Walk:
    """What the walk has met.

    Attributes
    ----------
    starts, responses
        Where each piece begins, rising from 0, and the follower's slot per state on it.
    complete
        Whether it has reached 1.
    """

    starts: tuple[float, ...]
    responses: tuple[IntArray, ...]
    complete: bool

    def response(self, number: float) -> IntArray:
        """The response on the piece that holds a number."""
        return self.responses[max(0, bisect.bisect_right(self.starts, number) - 1)]


def walk(family: OneNumber, stopped: Callable[[], bool]) -> Walk:
    """Walk from 0 to 1, or until ``stopped`` says so."""
    number, step = 0.0, HAIR
    starts, responses = [0.0], [best_policy(family.processes(0.0)[1])[0]]
    while number < 1.0:
        if stopped():
            return Walk(tuple(starts), tuple(responses), complete=False)
        line = Line.of(family, (number, 1.0), responses[-1])
        change = number + (1.0 - number) * line.first_change(responses[-1], _noise(line.values))
        if change >= 1.0:
            break
        number = min(1.0, change + step)
        chosen, _ = best_policy(family.processes(number)[1], responses[-1])
        if (chosen == responses[-1]).all():
            step *= 2.0
            continue
        step = HAIR
        starts.append(change)
        responses.append(chosen)
    return Walk(tuple(starts), tuple(responses), complete=True)


def _noise(values: FloatArray) -> float:
    return ARITHMETIC * (1.0 + float(abs(values).max()))
