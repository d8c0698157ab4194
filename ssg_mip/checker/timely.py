"""Which claims a check has time for: deriving what a policy is worth is what a check costs, policy by policy."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from ssg_mip.checker.claims import Claims, PointClaim
from ssg_mip.checker.evidence import Prover


def unlimited() -> bool:
    """There is always time."""
    return False


def timely(claims: Claims, prover: Prover, out_of_time: Callable[[], bool]) -> tuple[Claims, str]:
    """The claims about the policies that can be derived in time, and what is left out, in words.

    Points of a front are taken in their order, iterates from the last one back, so that what is left are neighbours.
    The first point (the answer of a result) and the last iterate are derived however little time there is.

    Returns
    -------
    claims, left_out
        With an empty text if nothing is left out.
    """
    answers = _in_time(claims.answers, prover, out_of_time)
    trajectory = _in_time(claims.trajectory[::-1], prover, out_of_time)[::-1]
    missing = [
        f"{len(all_of) - len(some)} of {len(all_of)} {what}"
        for what, all_of, some in (
            ("points", claims.answers, answers),
            ("iterates, the first ones", claims.trajectory, trajectory),
        )
        if len(some) < len(all_of)
    ]
    left_out = f"no time for {' and '.join(missing)}" if missing else ""
    return dataclasses.replace(claims, answers=answers, trajectory=trajectory), left_out


def _in_time(points: Sequence[PointClaim], prover: Prover, out_of_time: Callable[[], bool]) -> tuple[PointClaim, ...]:
    """The first points, at least one of them, until the time is up; the prover remembers what it derived."""
    derived: list[PointClaim] = []
    for point in points:
        if derived and out_of_time():
            break
        prover.about(point.policy)
        derived.append(point)
    return tuple(derived)
