"""Games of one round from payoff tables, and random tables whose correlation is chosen.

With one state and both discounts 0 the value of a game is the payoff of one round.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ssg_mip.base.rules import GENERATOR, number
from ssg_mip.errors import OptionError
from ssg_mip.game.game import Game
from ssg_mip.game.validation import check_whole, float_array
from ssg_mip.numerics.array_types import FloatArray


def bimatrix_game(
    leader: ArrayLike,
    follower: ArrayLike,
    *,
    rows: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    name: str = "bimatrix game",
    source: str | None = None,
    known: Mapping[str, Any] | None = None,
) -> Game:
    """One round of a game in which the row player leads and the column player follows.

    Parameters
    ----------
    leader, follower
        Payoffs ``[row, column]``.
    rows, columns
        Names of the actions; ``row 1, ...`` and ``column 1, ...`` if absent.
    name, source, known
        As in :class:`ssg_mip.Game`.

    Raises
    ------
    OptionError
        If the payoffs are not two tables of the same shape.
    InvalidGameError
        If they are ragged or hold no numbers, or the names do not fit.
    """
    tables = [float_array(table, f"{player}_payoffs") for player, table in (("leader", leader), ("follower", follower))]
    if tables[0].ndim != 2 or tables[0].shape != tables[1].shape:
        shapes = " and ".join(str(table.shape) for table in tables)
        raise OptionError(f"the payoffs have the shapes {shapes}; both players need the same [row, column]")
    high, wide = tables[0].shape
    return Game.from_arrays(
        np.ones((1, high, wide, 1)),
        tables[0][None],
        tables[1][None],
        leader_discount=0.0,
        follower_discount=0.0,
        state_names=("s",),
        leader_actions=[f"row {index + 1}" for index in range(high)] if rows is None else rows,
        follower_actions=[f"column {index + 1}" for index in range(wide)] if columns is None else columns,
        name=name,
        source=source,
        known=known,
    )


def correlated_payoffs(size: int, covariance: float, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Random payoffs ``[size, size]`` of two players, each entry a pair of standard normal numbers.

    The pairs of different entries are independent; within a pair the covariance, which is the correlation too, is
    ``covariance``: 1 gives a game of common interest, -1 a zero-sum game (Zhang et al., AAAI 2020, Figure 2).

    Parameters
    ----------
    size
        Number of actions of either player, at least 1.
    covariance
        In ``[-1, 1]``.
    rng
        The random numbers.

    Raises
    ------
    OptionError
        If an argument is out of range.
    """
    check_whole(size, "size", most=10**4)
    number("between -1 and 1", lambda value: -1.0 <= value <= 1.0).check("covariance", covariance)
    GENERATOR.check("rng", rng)
    mine, noise = rng.standard_normal((2, size, size))
    return mine, covariance * mine + np.sqrt(1.0 - covariance**2) * noise
