"""Two who move on a grid at the same time: a guard and a poacher, and two robots whose ways cross."""

from __future__ import annotations

import numpy as np

from ssg_mip.base.rules import is_number, shown
from ssg_mip.errors import OptionError
from ssg_mip.game.game import Game
from ssg_mip.game.validation import check_whole
from ssg_mip.library.branches import Branches
from ssg_mip.numerics.array_types import IntArray

SLIP = 0.1
"""Chance that a poacher stays where it is."""

VALUABLE = 0.3
"""Share of the cells in which there is something to take."""

MOST_SIZE = 20
"""Side of the largest grid: 160,000 states."""

CRASHED = 10.0
"""Time steps that it takes to go on after a crash."""


def pursuit(size: int = 5, seed: int = 0, *, leader_discount: float = 0.9, follower_discount: float = 0.9) -> Game:
    """A guard (leader) and a poacher on a grid; the state is where both are, ``size ** 4`` in all.

    Both stay or step to a neighbouring cell; the poacher slips, and stays, with probability :data:`SLIP`. Where they
    meet, or pass each other, the guard gets 1, the poacher loses 1 and starts again in a random corner. Otherwise the
    poacher takes what its cell is worth to it, and the guard loses what it is worth to the guard: other numbers, drawn
    by the seed.

    Raises
    ------
    OptionError
        If the size is no whole number from 2 to 20, or the seed none of at least 0.
    InvalidGameError
        If a discount is outside ``[0, 1)``.
    """
    _check_size(size, least=2)
    check_whole(seed, "seed", least=0)
    rng, cells = np.random.default_rng(seed), size * size
    value = rng.random(cells) * (rng.random(cells) < VALUABLE)
    loss = value * (0.5 + rng.random(cells))
    step = _steps(size)
    guard, poacher = (grid.ravel() for grid in np.meshgrid(np.arange(cells), np.arange(cells), indexing="ij"))
    here, there = step[guard][:, :, None], step[poacher][:, None, :]
    stays = poacher[:, None, None]
    corners = (0, size - 1, cells - size, cells - 1)
    gain, profit = np.zeros((cells * cells, 5, 5)), np.zeros((cells * cells, 5, 5))
    branches = []
    for reached, chance in ((there, 1.0 - SLIP), (stays, SLIP)):
        passed = (here == poacher[:, None, None]) & (reached == guard[:, None, None])
        caught = (here == reached) | passed
        gain += chance * np.where(caught, 1.0, -loss[reached])
        profit += chance * np.where(caught, -1.0, value[reached])
        branches.append((here * cells + reached, chance * ~caught))
        branches += [(here * cells + corner + 0 * reached, 0.25 * chance * caught) for corner in corners]
    names = [f"{divmod(c, size)[0]},{divmod(c, size)[1]}" for c in range(cells)]
    moves = ("stay", "south", "north", "east", "west")
    return Branches(
        states=[f"guard {names[g]} poacher {names[p]}" for g, p in zip(guard.tolist(), poacher.tolist(), strict=True)],
        leader=moves,
        follower=moves,
        branches=branches,
        leader_rewards=gain,
        follower_rewards=profit,
    ).game(
        name=f"pursuit on a {size}x{size} grid, seed {seed}",
        leader_discount=leader_discount,
        follower_discount=follower_discount,
        initial=np.full(cells * cells, 1.0 / cells**2),
        source="ssg_mip.library.pursuit",
    )


def _steps(size: int) -> IntArray:
    """Per cell where staying, and a step south, north, east and west lead; off the grid nowhere."""
    y, x = np.divmod(np.arange(size * size), size)
    found = [
        np.where(
            (y + dy >= 0) & (y + dy < size) & (x + dx >= 0) & (x + dx < size), (y + dy) * size + x + dx, y * size + x
        )
        for dy, dx in ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))
    ]
    return np.stack(found, axis=1)


def robots(
    size: int = 3,
    failure: float = 0.25,
    *,
    leader_discount: float = 0.95,
    follower_discount: float = 0.95,
) -> Game:
    """Two robots cross a grid from opposite corners to opposite corners; ``size ** 4 - 2 size ** 2 + 2`` states.

    The robot coordination of the PRISM-games case studies (Kwiatkowska, Norman, Parker and Santos 2019), made anew from
    its description. The first (leader) goes from the south-west to the north-east, the other the other way. A robot
    steps horizontally, vertically or diagonally towards its corner; with probability ``failure`` it goes half a turn to
    either side instead, as far as the grid goes. One that has arrived stays. Each step costs a robot 1 until it has
    arrived, and :data:`CRASHED` where both stand in one cell. States that are never reached are left out: those in
    which one robot alone stands where it began.

    The game is general-sum: each robot counts its own time, discounted so that it is finite.

    Raises
    ------
    OptionError
        If the size is no whole number from 2 to 20, or ``failure`` is not in ``[0, 1]``.
    InvalidGameError
        If a discount is outside ``[0, 1)``.
    """
    _check_size(size, least=2)
    if not is_number(failure) or not 0.0 <= failure <= 1.0:
        raise OptionError(f"failure is {shown(failure)}; it must be a probability, between 0 and 1")
    cells = size * size
    first, second = (grid.ravel() for grid in np.meshgrid(np.arange(cells), np.arange(cells), indexing="ij"))
    kept = (first == 0) == (second == cells - 1)
    number = np.full(cells * cells, -1)
    number[np.flatnonzero(kept)] = np.arange(int(kept.sum()))
    first, second = first[kept], second[kept]
    mine, theirs = _ways(size), _mirrored(_ways(size), cells)
    goal_first, goal_second = cells - 1, 0
    branches = []
    for turn, chance in enumerate((1.0 - failure, 0.5 * failure, 0.5 * failure)):
        for other, likely in enumerate((1.0 - failure, 0.5 * failure, 0.5 * failure)):
            to = mine[first, :, turn][:, :, None] * cells + theirs[second, :, other][:, None, :]
            branches.append((number[to], np.full(1, chance * likely)))
    met = (first == second)[:, None, None]
    may_lead, may_follow = _may(first, size), _may(cells - 1 - second, size)
    place = [f"{c % size},{c // size}" for c in range(cells)]
    shape = (len(first), 4, 4)
    return Branches(
        states=[f"{place[a]} and {place[b]}" for a, b in zip(first.tolist(), second.tolist(), strict=True)],
        leader=("north", "east", "northeast", "arrived"),
        follower=("south", "west", "southwest", "arrived"),
        branches=[(np.maximum(to, 0), chance) for to, chance in branches],
        leader_rewards=np.broadcast_to(_time(first, goal_first, met), shape),
        follower_rewards=np.broadcast_to(_time(second, goal_second, met), shape),
        may_lead=may_lead,
        may_follow=may_follow,
    ).game(
        name=f"robots on a {size}x{size} grid, failure {failure:g}",
        leader_discount=leader_discount,
        follower_discount=follower_discount,
        initial=(np.arange(len(first)) == number[cells - 1]).astype(float),
        source="Kwiatkowska, Norman, Parker, Santos 2019 (PRISM-games case studies, robot coordination)",
    )


def _time(cell: IntArray, goal: int, met: np.ndarray) -> np.ndarray:
    """What a step costs a robot."""
    return np.where((cell == goal)[:, None, None], 0.0, np.where(met, -CRASHED, -1.0))


def _may(cell: IntArray, size: int) -> np.ndarray:
    """Which steps lead on from a cell for a robot that goes to the last one; from there none but to have arrived."""
    y, x = np.divmod(cell, size)
    north, east = y < size - 1, x < size - 1
    return np.stack((north, east, north & east, ~north & ~east), axis=1)


def _ways(size: int) -> IntArray:
    """Per cell and step where it leads, and half a turn to either side; ``[cells, 4, 3]``."""
    y, x = np.divmod(np.arange(size * size), size)

    def at(dy: int, dx: int) -> IntArray:
        found: IntArray = np.clip(y + dy, 0, size - 1) * size + np.clip(x + dx, 0, size - 1)
        return found

    north = (at(1, 0), at(1, 1), at(1, -1))
    east = (at(0, 1), at(1, 1), at(-1, 1))
    both = (at(1, 1), at(1, 0), at(0, 1))
    stay = (at(0, 0),) * 3
    return np.stack([np.stack(way, axis=1) for way in (north, east, both, stay)], axis=1)


def _mirrored(ways: IntArray, cells: int) -> IntArray:
    """The same for a robot that goes the other way."""
    return cells - 1 - ways[::-1]


def _check_size(size: int, *, least: int) -> None:
    check_whole(size, "size", least=least)
    if size > MOST_SIZE:
        raise OptionError(f"size is {size}; it must be at most {MOST_SIZE}, which makes {MOST_SIZE**4:,} states")
