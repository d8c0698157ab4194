"""The improvement program (I) of weights over states: :mod:`ssg_mip.programs.improvement`, written without Pyomo."""

from __future__ import annotations

import numpy as np

from ssg_mip.evaluation.value_bounds import ValueBounds
from ssg_mip.game.game import Game
from ssg_mip.lp.compiled import CompiledProgram
from ssg_mip.lp.direct.blocks import add_incentive_rows, add_simplex_rows, add_values, add_weights
from ssg_mip.lp.direct.sheet import Forms, Sheet
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.programs.coupling import Coupling
from ssg_mip.programs.improvement import leader_gains
from ssg_mip.programs.rows import Selection
from ssg_mip.programs.tags import NONE, OF_STATE, Block, RowKind


def improvement_in_arrays(
    game: Game, values: FloatArray, weights: FloatArray, follower: ValueBounds, selection: Selection
) -> CompiledProgram:
    """What :func:`~ssg_mip.programs.improvement.improvement` writes without rows on the policy, compiled.

    Parameters
    ----------
    game, values, follower, selection
        As there.
    weights
        The scalarisation weights ``alpha`` over states, shape ``[num_states]``.
    """
    sheet, states = Sheet(), np.arange(game.num_states)
    rows, near = selection.rows(range(game.num_states)), Coupling(game, whole=True).by_state
    x = add_weights(sheet, game, Block(OF_STATE), rows, near.of(game.row_state[rows]), 1.0, follower)
    add_values(sheet, follower)
    add_simplex_rows(sheet, x, states, near)
    add_incentive_rows(sheet, x, selection.margin)
    gain = leader_gains(game, values)[rows]
    sheet.add_rows("improve", RowKind.IMPROVE, NONE, {"s": states}, Forms(x.states, x.plain, gain), lower=0.0)
    return sheet.compiled(Forms(np.zeros_like(rows), x.plain, weights[x.states] * gain))
