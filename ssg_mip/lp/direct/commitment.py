"""The commitment program (P) of a weighted sum: :mod:`ssg_mip.programs.commitment`, written without Pyomo."""

from __future__ import annotations

import numpy as np

from ssg_mip.evaluation.value_bounds import ValueBounds
from ssg_mip.game.game import Game
from ssg_mip.lp.compiled import CompiledProgram
from ssg_mip.lp.direct.blocks import (
    Equations,
    Weights,
    add_equations,
    add_incentive_rows,
    add_simplex_rows,
    add_values,
    add_weights,
    entering,
    mass,
)
from ssg_mip.lp.direct.sheet import Forms, Sheet
from ssg_mip.programs.coupling import Coupling
from ssg_mip.programs.direction import Demand, Direction
from ssg_mip.programs.rows import Selection
from ssg_mip.programs.tags import NONE, OF_STATE, Block, RowKind


def is_plain_direction(direction: Direction) -> bool:
    """Whether it is a weighted sum of the leader's values, with or without floors under single states' values."""
    first, *floors = direction.demands
    leader_alone = all(one.leader.any() and not one.follower.any() for one in direction.demands)
    bare = direction.shared is None and direction.price is None and not direction.ceilings
    return (
        direction.is_sum
        and first.slope == 1.0
        and leader_alone
        and bare
        and all(one.alone is not None for one in floors)
    )


def commitment_in_arrays(
    game: Game, direction: Direction, follower: ValueBounds, selection: Selection
) -> CompiledProgram:
    """What :func:`~ssg_mip.programs.commitment.commitment_along` writes without rows on the policy, compiled.

    Parameters
    ----------
    game, follower, selection
        As there.
    direction
        One for which :func:`is_plain_direction` holds.
    """
    return _Commitment(game, follower, selection).written(direction)


class _Commitment:
    """The program block by block; columns come in the order in which Pyomo's model first mentions them."""

    def __init__(self, game: Game, follower: ValueBounds, selection: Selection) -> None:
        self._game, self._follower, self._selection = game, follower, selection
        self._coupling = Coupling(game)
        self._sheet = Sheet()

    def written(self, direction: Direction) -> CompiledProgram:
        """All blocks and what connects them; the objective is ``sum y r_A`` of the first."""
        (rising, *held), (block, *blocks) = direction.demands, direction.blocks
        y = self._add_occupancies(block)
        add_values(self._sheet, self._follower)
        self._add_occupancy_rows(y, rising)
        self._add_conditional_block(direction.thin_states(self._game))
        floors = [(one, self._add_floor(one, block)) for one, block in zip(held, blocks, strict=True)]
        if floors:
            self._add_shares(y, rising, floors)
        return self._sheet.compiled(self._worth(y, rising))

    def _add_occupancies(self, block: Block) -> Weights:
        """``0 <= y <= 1 / (1 - gamma_A)``, and ``w``."""
        game, rows = self._game, self._selection.rows(range(self._game.num_states))
        near = self._coupling.by_action.of(game.row_leader_slot[rows])
        return add_weights(self._sheet, game, block, rows, near, 1.0 / (1.0 - game.leader_discount), self._follower)

    def _add_occupancy_rows(self, y: Weights, demand: Demand) -> None:
        """``sum_ab y(s,a,b) - gamma_A sum_{s',a,b} p(s|s',a,b) y(s',a,b) = start(s)``, times values, and incentives."""
        flow = mass(y) - self._game.leader_discount * entering(y)
        states, kinds = np.arange(self._game.num_states), (RowKind.FLOW, RowKind.FLOW_TIMES_VALUE)
        name, start, near = f"{y.block.prefix}flow", demand.leader / demand.size, self._coupling.by_flow_row
        add_equations(self._sheet, y, Equations(name, kinds, states, flow, start, near))
        add_incentive_rows(self._sheet, y, self._selection.margin)

    def _add_conditional_block(self, thin: list[int]) -> None:
        """``x``, ``z`` and their rows in the states that are hardly visited."""
        game, rows, lists = self._game, self._selection.rows(thin), self._coupling.by_state
        block, near = Block(OF_STATE, "conditional_"), lists.of(game.row_state[rows])
        x = add_weights(self._sheet, game, block, rows, near, 1.0, self._follower)
        add_simplex_rows(self._sheet, x, np.array(thin, dtype=np.int64), lists)
        add_incentive_rows(self._sheet, x, self._selection.margin)

    def _worth(self, y: Weights, demand: Demand) -> Forms:
        """``sum y r_A``, times what the weights of the demand sum to."""
        rewards = demand.size * self._game.leader_rewards
        return Forms(np.zeros_like(y.rows), y.plain, rewards[y.rows])

    def _add_floor(self, demand: Demand, block: Block) -> Weights:
        """A block of occupancies from the state with the floor, and ``sum y r_A >= floor``."""
        y = self._add_occupancies(block)
        self._add_occupancy_rows(y, demand)
        name, worth = f"{block.prefix}value", self._worth(y, demand)
        self._sheet.add_rows(name, RowKind.FLOOR, block.number, {}, worth, lower=float(demand.least))
        return y

    def _add_shares(self, y: Weights, rising: Demand, floors: list[tuple[Demand, Weights]]) -> None:
        """``y(s,a,b) >= sum_k start(k) floor{k}_y(s,a,b)`` over the states ``k`` that have a floor."""
        start, ones = rising.leader / rising.size, np.ones(len(y.rows))
        forms = Forms(y.keys, y.plain, ones)
        for demand, own in floors:
            forms -= Forms(y.keys, own.plain, start[demand.alone] * ones)
        self._sheet.add_rows("share", RowKind.SHARE, NONE, y.index, forms, lower=0.0)
