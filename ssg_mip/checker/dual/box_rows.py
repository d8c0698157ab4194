"""The incentive rows on a reference box."""

from __future__ import annotations

from collections.abc import Sequence

from ssg_mip.checker.dual.numbers import Enclosure, Numbers, Terms, highest, lowest


class BoxRows:
    """Per row ``(s, a, c)`` the coefficients of ``y`` and of every ``m`` in ``v(s) - q(s, a, c)``.

    Parameters
    ----------
    numbers
        The game.
    grid, lower, upper
        The box, in multiples of ``2^-grid``.
    margin
        By how much an answer must beat every other action, in multiples of ``2^-FINE``.
    """

    def __init__(
        self, numbers: Numbers, grid: int, lower: Sequence[int], upper: Sequence[int], margin: int = 0
    ) -> None:
        self._margin = margin << grid
        widths = [high - low for low, high in zip(lower, upper, strict=True)]
        self.of_factor: list[Enclosure] = [
            (lowest(moves, lower) - (high << grid), highest(moves, lower) - (low << grid))
            for moves, (low, high) in zip(numbers.own_moves, numbers.follower_rewards, strict=True)
        ]
        self.of_products: list[Terms] = [
            tuple((t, low * widths[t], high * widths[t]) for t, low, high in moves) for moves in numbers.own_moves
        ]

    def lead(self, answer: int, action: int) -> int:
        """By how much an answer beats an action: the margin, or nothing if they are the same."""
        return 0 if answer == action else self._margin
