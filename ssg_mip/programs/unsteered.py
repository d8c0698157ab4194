r"""The commitment program where the follower's actions do not decide where the game goes: no value is multiplied.

What he answers in a state then depends on the leader's mix there alone: ``b`` is best if

    sum_a f(a|s) [r_B(s,a,b) - r_B(s,a,b')] >= 0    for every other action ``b'``

and in occupancies ``y`` of joint actions these *differences* are linear and homogeneous. With the flow rows and the
leader's value as objective that is a linear program, exact once every state has one answer left.

Where the leader plays alike in parts of the game that are visited in a fixed proportion ``r``, as types of the follower
are (:mod:`ssg_mip.exact.copies_of_parts`), that is linear as well: ``sum_b y(s',a',b) - r sum_b y(s,a,b) = 0``. With
one state for each type this is the hull form of Bayesian Stackelberg games, without the large constants of DOBSS
(Paruchuri et al. 2008): for each type the leader's mix is a convex combination of mixes that one answer is best to.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.programs.occupancy import add_occupancy
from ssg_mip.programs.policy_block import PolicyRows
from ssg_mip.programs.program import Program
from ssg_mip.programs.rows import Selection
from ssg_mip.programs.tags import tagged


@dataclasses.dataclass(frozen=True)
class SamePolicy:
    """In two leader slots the same is played, and their states are visited in a fixed proportion.

    Attributes
    ----------
    slot, source
        The leader slots.
    ratio
        How often the state of the first is visited for each visit of the second.
    slack
        By how much ``sum_b y(slot) - ratio sum_b y(source)`` may differ from 0, because of rounding.
    """

    slot: int
    source: int
    ratio: float
    slack: float


def unsteered(
    game: Game, weights: FloatArray, selection: Selection, rows: PolicyRows, same: Sequence[SamePolicy]
) -> Program:
    """Write the program.

    Parameters
    ----------
    game, weights
        A game whose follower steers nothing, or sees nothing but the immediate reward in it; the start.
    selection
        Follower actions that may be answers, and the margin.
    rows
        The rows within single states; those across states are in ``same``.
    same
        Where the leader plays alike.

    Returns
    -------
    Program
        With ``y, flow, difference, statewise, same`` and the objective ``leader_value``; no box, and no products.
    """
    import pyomo.environ as pyo

    model = pyo.ConcreteModel(name="unsteered")
    add_occupancy(model, game, weights, selection.checkpoint, selection.answers)
    _add_differences(model, selection)
    _add_statewise(model, selection, rows)

    def played(slot: int) -> Any:
        s = int(game.leader_slot_state[slot])
        return pyo.quicksum(model.y[s, slot - int(game.leader_offsets[s]), b] for b in selection.actions(s))

    def alike(_: Any, k: int) -> Any:
        one = same[k]
        return pyo.inequality(-one.slack, played(one.slot) - one.ratio * played(one.source), one.slack)

    model.same = tagged(pyo.Constraint(range(len(same)), rule=alike), "k")
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

    model.difference = tagged(pyo.Constraint(pairs, rule=difference), "sbc")


def _add_statewise(model: Any, selection: Selection, rows: PolicyRows) -> None:
    """Rows within single states, each answer by itself (:mod:`ssg_mip.programs.policy_block`)."""
    import pyomo.environ as pyo

    game = selection.game
    excess = {(s, i): sigma.tolist() for s in range(game.num_states) for i, sigma in rows.of_state(game, s)}

    def kept(m: Any, s: int, b: int, i: int) -> Any:
        row = pyo.quicksum(factor * m.y[s, a, b] for a, factor in enumerate(excess[s, i]))
        return row == 0.0 if rows.statewise[i].equation else row <= 0.0

    places = [(s, b, i) for s, i in excess for b in selection.actions(s)]
    model.statewise = tagged(pyo.Constraint(places, rule=kept), "sbk")
