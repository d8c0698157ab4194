"""The commitment program of a game in which the leader chooses one number, answered without a relaxation.

With ties decided for the leader her value is monotone in the number as long as the tied responses stay the same, so the
best number is one at which the response changes, or 0 or 1. The walk finds these, the exact follower says what they are
worth, also a little to either side, where rounding or the rule for ties may decide otherwise; the bisection proves that
nothing else is worth more.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterator

from ssg_mip.base.gap import gap_size
from ssg_mip.base.status import Termination
from ssg_mip.evaluation.value_bounds import LEAST_GAP
from ssg_mip.exact.few_numbers.choices import state_with_the_number
from ssg_mip.exact.few_numbers.howard import solutions
from ssg_mip.exact.few_numbers.interval import BoundedInterval, bounded
from ssg_mip.exact.few_numbers.one_number import OneNumber
from ssg_mip.exact.few_numbers.proof import Bisection
from ssg_mip.exact.few_numbers.walk import Walk, walk
from ssg_mip.exact.heuristics.simple import evaluated
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.problem.evaluated_policy import Candidate
from ssg_mip.problem.problem import Problem
from ssg_mip.proofs.value_tree import ValueNode
from ssg_mip.runs.run import Run

BESIDE = (1e-10, 1e-8, 1e-6)
"""How far from a change on either side policies are evaluated."""

MOST_PROMISING = 12
"""Ends of pieces at which policies are evaluated at once; the bisection asks for others where they matter."""

MOST_ASIDE = {"leader": 2, "first": 6, "adverse": 6}
"""Ends of pieces beside which policies are evaluated, by the rule for ties."""

PEAK_STEP = 1e-2
"""How far apart, in shares of an interval, the policies are that say where its peak lies."""

NARROWEST_PEAK = 1e-9
"""Intervals of the number in which no peak is looked for any more."""

NEGLIGIBLE = 0.02
"""Share of the gap that a step aside must gain."""

SHARE = 0.25
"""Share of the gap that an interval may promise beyond the best value."""

ROOT_INTERVALS = 200
"""Intervals that cost about what a root relaxation does."""

MOST_INTERVALS = 20_000
"""Intervals after which the bisection is given up."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class NumberAnswer:
    """What is known of the best number.

    Attributes
    ----------
    best
        The best policy met.
    bound
        Proven upper bound on the weighted value.
    tree
        What proves it.
    intervals
        Intervals that were bounded.
    stop
        The limit that ended the work; ``None`` if none did.
    """

    best: Candidate
    bound: float
    tree: ValueNode
    intervals: int
    stop: Termination | None


def applies(problem: Problem) -> bool:
    """Whether the leader chooses one number and nothing else is asked."""
    return problem.allows_all and state_with_the_number(problem.game) is not None


def solve_one_number(problem: Problem, run: Run, scale: float) -> NumberAnswer:
    """The best number, with a proof.

    Parameters
    ----------
    problem
        One that :func:`applies`.
    run
        Gap, limits, start; a node is an interval.
    scale
        What the gap is relative to at least.

    Raises
    ------
    ValueError
        If the leader does not choose exactly one number.
    """
    state = state_with_the_number(problem.game)
    if state is None:
        raise ValueError("the leader chooses more than one number, or none")
    family = OneNumber.of(problem.game, state)
    path = walk(family, lambda: run.stopped)
    best = _best_on(problem, run, family, path, scale)

    noise = 0.0 if run.recorder is None else run.recorder.follower_rounding

    def bound(ends: tuple[float, float]) -> BoundedInterval:
        return bounded(family, ends, path.response(0.5 * (ends[0] + ends[1])), problem.weights, noise)

    bisection = Bisection(state, bound, path.starts[1:])
    stop = _stop_reason(run, best, bisection)
    while stop is None and bisection.dual_bound > _target(run, best.value, scale):
        if bisection.wants_policies:
            inside = evaluated(problem, run, family.policy(0.5 * math.fsum(bisection.widest)))
            best = max(best, inside, key=lambda one: one.value)
        if not bisection.split() or bisection.intervals >= MOST_INTERVALS:
            break
        stop = _stop_reason(run, best, bisection)
    return NumberAnswer(
        best=best,
        bound=max(best.value, bisection.dual_bound),
        tree=bisection.tree(),
        intervals=bisection.intervals,
        stop=stop,
    )


def _stop_reason(run: Run, best: Candidate, bisection: Bisection) -> Termination | None:
    return Termination.GOOD_ENOUGH if best.value > run.target else run.stop_reason(bisection.intervals)


def _target(run: Run, value: float, scale: float) -> float:
    """The bound at which intervals are left alone."""
    return value + SHARE * max(run.gap, LEAST_GAP) * gap_size(value, scale)


def _best_on(problem: Problem, run: Run, family: OneNumber, path: Walk, scale: float) -> Candidate:
    """The best of the start, the uniform one if none is given, the ends, and policies at or beside the changes.

    A step aside that gains less than :data:`NEGLIGIBLE` of the gap is not taken: what it gains may be a tie that is
    one within its tolerance only.
    """
    best = evaluated(problem, run, LeaderPolicy.uniform(family.game) if run.start is None else run.start)
    inside = _peaks(problem, run, family, path) if problem.follower.opposes_leader else ()
    for candidate in itertools.chain(_at_changes(problem, run, family, path), inside):
        least = NEGLIGIBLE * max(run.gap, LEAST_GAP) * gap_size(best.value, scale)
        best = candidate if candidate.value > best.value + least else best
    return best


def _at_changes(problem: Problem, run: Run, family: OneNumber, path: Walk) -> Iterator[Candidate]:
    """The ends, the changes next to which the responses are worth most, then steps aside from some of them."""
    promising = _promising(problem, run, family, path)
    numbers = dict.fromkeys(end for _, end in promising)
    aside = (end + sign * side for sign, end in promising[: MOST_ASIDE[problem.follower.ties]] for side in BESIDE)
    for number in itertools.chain((0.0, 1.0), numbers, aside):
        if run.stopped:
            return
        if 0.0 <= number <= 1.0:
            yield evaluated(problem, run, family.policy(number))


def _peaks(problem: Problem, run: Run, family: OneNumber, path: Walk) -> Iterator[Candidate]:
    """Under adverse ties, what pieces on which several responses are tied throughout are worth in their interior.

    The least of several values that are each monotone in the number rises up to a peak and falls from there.
    """
    for low, high in itertools.pairwise((*path.starts, 1.0)):
        middle = 0.5 * (low + high)
        while not run.stopped and high - low > NARROWEST_PEAK:
            candidate = evaluated(problem, run, family.policy(middle))
            yield candidate
            if not candidate.response.tied_states.any():
                break
            ahead = evaluated(problem, run, family.policy(middle + PEAK_STEP * (high - low)))
            low, high = (middle, high) if ahead.value > candidate.value else (low, middle + PEAK_STEP * (high - low))
            middle = 0.5 * (low + high)


def _promising(problem: Problem, run: Run, family: OneNumber, path: Walk) -> list[tuple[float, float]]:
    """The ends of pieces with the largest values of the leader inside, each with the direction inwards."""
    ends = (*path.starts, 1.0)
    found = []
    for place, chosen in enumerate(path.responses):
        for sign, end in ((1.0, ends[place]), (-1.0, ends[place + 1])):
            if run.stopped:
                break
            leader = family.processes(end)[0]
            values = solutions(leader, chosen, leader.reward[chosen][:, None])[:, 0]
            found.append((float(problem.weights @ values), sign, end))
    return [(sign, end) for _, sign, end in sorted(found, reverse=True)[:MOST_PROMISING]]
