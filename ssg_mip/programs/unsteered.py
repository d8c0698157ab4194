r"""The commitment program where the follower's actions do not decide where the game goes: no value is multiplied.

What he answers in a state then depends on the leader's mix there alone: ``b`` is best if

    sum_a f(a|s) [r_B(s,a,b) - r_B(s,a,b')] >= 0    for every other action ``b'``

and in occupancies ``y`` of joint actions these *differences* are linear and homogeneous. With the flow rows and the
leader's value as objective that is a linear program, exact once every state has one answer left.

What couples states is linear as well where their visits are known, and so is playing alike in parts of the game that
are visited in a fixed proportion ``r``, ``sum_b y(s',a',b) - r sum_b y(s,a,b) = 0``, as types of the follower are
(:mod:`ssg_mip.exact.occupancy_rows`). With one state for each type this is the hull form of Bayesian Stackelberg games,
without the large constants of DOBSS (Paruchuri et al. 2008): for each type the leader's mix is a convex combination of
mixes that one answer is best to.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.programs.occupancy import add_occupancy
from ssg_mip.programs.policy_block import PolicyRows
from ssg_mip.programs.program import Program
from ssg_mip.programs.rows import Selection
from ssg_mip.programs.tags import FROM_WEIGHTS, RowKind, tagged


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class OccupancyRow:
    """``lower <= sum_sa coefficients(s, a) sum_b y(s,a,b) <= upper``: what couples states, said of occupancies.

    Attributes
    ----------
    coefficients
        One per leader slot.
    lower, upper
        The sides, apart by what rounding may make of an equation.
    position
        The number of the side of a row on the policy that it says, where every state of it is visited equally often
        whatever is played: then it is that side, divided by the visits. ``None`` where it is something else.
    """

    coefficients: FloatArray
    lower: float
    upper: float
    position: int | None = None


def unsteered(
    game: Game, weights: FloatArray, selection: Selection, rows: PolicyRows, coupled: Sequence[OccupancyRow]
) -> Program:
    """Write the program.

    Parameters
    ----------
    game, weights
        A game whose follower steers nothing, or sees nothing but the immediate reward in it; the start.
    selection
        Follower actions that may be answers, and the margin.
    rows
        The rows within single states.
    coupled
        Those across states.

    Returns
    -------
    Program
        With ``y, flow, difference, statewise, coupled`` and the objective ``leader_value``; no box, and no products.
    """
    import pyomo.environ as pyo

    model = pyo.ConcreteModel(name="unsteered")
    add_occupancy(model, game, weights, selection.checkpoint, selection.answers)
    _add_differences(model, selection)
    _add_statewise(model, selection, rows)

    def played(slot: int) -> Any:
        s = int(game.leader_slot_state[slot])
        return pyo.quicksum(model.y[s, slot - int(game.leader_offsets[s]), b] for b in selection.actions(s))

    numbered = {(-1 - k if one.position is None else one.position): one for k, one in enumerate(coupled)}

    def kept(_: Any, k: int) -> Any:
        one = numbered[k]
        places = np.flatnonzero(one.coefficients).tolist()
        total = pyo.quicksum(float(one.coefficients[slot]) * played(slot) for slot in places)
        return pyo.inequality(one.lower, total, one.upper)

    model.coupled = tagged(pyo.Constraint(list(numbered), rule=kept), "k", RowKind.COUPLED)
    return Program(model)


def _add_differences(model: Any, selection: Selection) -> None:
    """No other action of the follower is better than an answer, each answer by itself."""
    import pyomo.environ as pyo

    game, rewards = selection.game, selection.game.follower_rewards.tolist()
    answers = [(s, b) for s in range(game.num_states) for b in selection.actions(s)]
    pairs = [(s, b, other) for s, b in answers for other in range(int(game.follower_counts[s])) if other != b]

    def difference(m: Any, s: int, b: int, other: int) -> Any:
        selection.checkpoint()
        actions = range(int(game.leader_counts[s]))
        lead = [rewards[game.row(s, a, b)] - rewards[game.row(s, a, other)] for a in actions]
        row = pyo.quicksum((one - selection.margin) * m.y[s, a, b] for a, one in enumerate(lead))
        return pyo.Constraint.Feasible if isinstance(row, (int, float)) else row >= 0.0

    rows = pyo.Constraint(pairs, rule=difference)
    model.difference = tagged(rows, "sbc", RowKind.DIFFERENCE, FROM_WEIGHTS)


def _add_statewise(model: Any, selection: Selection, rows: PolicyRows) -> None:
    """Rows within single states, each answer by itself (:mod:`ssg_mip.programs.policy_block`)."""
    import pyomo.environ as pyo

    game = selection.game
    excess = {(s, i): sigma.tolist() for s in range(game.num_states) for i, sigma in rows.of_state(game, s)}

    def kept(m: Any, s: int, b: int, i: int) -> Any:
        row = pyo.quicksum(factor * m.y[s, a, b] for a, factor in enumerate(excess[s, i]))
        return row == 0.0 if rows.statewise[i].equation else row <= 0.0

    places = [(s, b, i) for s, i in excess for b in selection.actions(s)]
    model.statewise = tagged(pyo.Constraint(places, rule=kept), "sbk", RowKind.STATEWISE, FROM_WEIGHTS)
