"""What states reach: the largest of numbers that belong to states, over all that a state can come to."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction


def largest_reached(numbers: Sequence[Fraction], before: Sequence[set[int]]) -> tuple[Fraction, ...]:
    """The largest number of the states that each state reaches, itself included; ``before`` are its predecessors."""
    found: list[Fraction | None] = [None] * len(numbers)
    for state in sorted(range(len(numbers)), key=lambda place: -numbers[place]):
        waiting = [state]
        while waiting:
            place = waiting.pop()
            if found[place] is None:
                found[place] = numbers[state]
                waiting += before[place]
    return tuple(number for number in found if number is not None)
