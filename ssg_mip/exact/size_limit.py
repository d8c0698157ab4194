"""Programs that are too large to be written: how large one would be, and when not to try.

Writing a program through Pyomo takes about a tenth of a millisecond and four kilobytes for each product of a leader
probability and a follower value; in arrays (:mod:`ssg_mip.lp.direct`) a few microseconds and less than a kilobyte. The
time to solve its first relaxation grows faster than either, so what is refused is the same for both. An entry of the
rows that compare an answer with every other action takes up to a hundred and sixty bytes; there are as many as pairs of
follower actions of a state, times leader actions and successors, so that where the follower has thousands of actions
they are all there is. A method that would exceed :data:`MOST_PRODUCTS` (``SIZE_LIMIT``), or could not even write its
program in the time (``TIME_LIMIT``) or memory (``MEMORY_LIMIT``) that is left, says so and answers without it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ssg_mip.base.memory import available_memory
from ssg_mip.base.status import Termination
from ssg_mip.base.tolerances import Tolerances
from ssg_mip.evaluation.value_bounds import leader_value_bounds
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.programs.coupling import Coupling
from ssg_mip.programs.direction import Direction
from ssg_mip.runs.run import Run

MOST_PRODUCTS = 100_000
"""Products in the largest program that is written: 100 states with 3 x 3 actions have 90,000 in (I)."""

PRODUCTS_PER_SECOND = 8_000
"""Products that are certainly written in a second, by one core of a small machine."""

BYTES_PER_PRODUCT = 5_000
"""What a program being written, compiled and handed to the solver takes for each product at most."""

ENTRIES_PER_PRODUCT = 40
"""Entries of comparing rows that count as one product: 4 million in the largest program, of one state 3 x 1,150."""

GRACE_SECONDS = 0.5
"""What looking at simple policies may cost although no time is left."""


def floored_states(game: Game, floor: FloatArray | None) -> list[int]:
    """States whose floor asks for more than the leader gets from any pair of policies."""
    if floor is None:
        return []
    return [int(s) for s in np.flatnonzero(floor > leader_value_bounds(game).lower)]


def least_values(game: Game, floor: FloatArray | None, tolerances: Tolerances) -> dict[int, float]:
    """What the leader must get in the states with a floor: the floor, less what counts as kept."""
    given = np.full(game.num_states, -np.inf) if floor is None else floor
    return {k: float(given[k] - tolerances.monotone * (1.0 + abs(given[k]))) for k in floored_states(game, floor)}


def comparisons(game: Game) -> int:
    """Entries of the rows that compare every answer with every other action of its state, in products."""
    transitions = np.add.reduceat(np.diff(game.indptr), game.row_offsets[:-1])
    return int(transitions @ game.follower_counts) // ENTRIES_PER_PRODUCT


def commitment_size(game: Game, weights: FloatArray, floor: FloatArray | None = None) -> int:
    """Size of the commitment program: its products, or its comparisons where these take more."""
    return max(commitment_products(game, weights, floor), comparisons(game))


def direction_size(game: Game, direction: Direction, coupled: Sequence[int] = ()) -> int:
    """Size of the program along a direction, in the same way.

    In coupled states each joint action has a product of its own, and one more for each value.
    """
    rows = np.diff(game.row_offsets)[list(coupled)]
    return max(direction_products(game, direction) + int(rows.sum()) * (game.num_states + 1), comparisons(game))


def improvement_size(game: Game) -> int:
    """Size of the improvement program, in the same way."""
    return max(improvement_products(game), comparisons(game))


def commitment_products(game: Game, weights: FloatArray, floor: FloatArray | None = None) -> int:
    """Products of the commitment program of a weighted sum above a floor."""
    return direction_products(game, Direction.of_sum(weights, dict.fromkeys(floored_states(game, floor), 0.0)))


def direction_products(game: Game, direction: Direction) -> int:
    """Products of the commitment program along a direction (:mod:`ssg_mip.programs.commitment`).

    Every joint action has one at least; where these alone are too many they are not counted further.
    """
    if game.num_rows > MOST_PRODUCTS:
        return game.num_rows
    rows_of_state = game.row_offsets[1:] - game.row_offsets[:-1]
    coupling = Coupling(game)
    conditional = sum(int(rows_of_state[s]) * len(coupling.of_state(s)) for s in direction.thin_states(game))
    blocks = 1 if direction.shared is not None else sum(one.start is not None for one in direction.demands)
    return sum(coupling.products_of_state) * blocks + conditional


def improvement_products(game: Game) -> int:
    """Products of the improvement program (:mod:`ssg_mip.programs.improvement`)."""
    return game.num_rows * game.num_states


def restricted_products(game: Game, levels: int) -> int:
    """Size of the programs over restricted policies, whose products with binaries take four rows each."""
    pairs = len(game.successors) + int(game.leader_offsets[-1])
    return 4 * pairs if levels == 1 else 2 * (levels + 1) * pairs


def obstacle(products: int, run: Run) -> Termination | None:
    """Why a program of this size should not be written, if so."""
    if products > MOST_PRODUCTS:
        return Termination.SIZE_LIMIT
    if run.limits.memory is not None and BYTES_PER_PRODUCT * products > available_memory(run.limits.memory):
        return Termination.MEMORY_LIMIT
    return None if products <= PRODUCTS_PER_SECOND * run.deadline.remaining else Termination.TIME_LIMIT
