"""What is asked of policies, carried to a game of the same states whose rewards or leader actions are others."""

from __future__ import annotations

import dataclasses
from typing import Any

from ssg_mip.errors import OptionError
from ssg_mip.game.game import Game
from ssg_mip.problem.policy_space import PolicyRow, PolicySpace
from ssg_mip.problem.wider_rows import CostRow


def carried(game: Game, space: PolicySpace, goal: str, mixes: Any = None, rows: Any = None) -> PolicySpace:
    """The policy space of the made game.

    Probabilities and occupancies of the game are linear in those of the made one, so that its rows are rows there.

    Parameters
    ----------
    game, space
        The game, and what is asked of its policies.
    goal
        What users call the goal, for messages.
    mixes
        The mix of the game's leader slots that every leader slot of the made game is, ``[made slots, slots]``; the
        same slots if absent.
    rows
        The mix of joint actions in the same way, ``[made rows, rows]``.

    Raises
    ------
    OptionError
        If it asks for values of single states, or bounds how many actions are used of states that have others now.
    """
    asked = [row.name for row in space.values if row.state is not None]
    if space.floor is not None or asked:
        raise OptionError(
            f"{goal} changes the leader's rewards, and values of single states are asked for"
            f"{''.join(f': {name}' for name in asked[:1])}; leave these out, or ask for a value from the start"
        )
    if space.supports and mixes is not None:
        raise OptionError(
            f"{goal} makes mixes of actions into actions, and the constraint {space.supports[0].name!r} counts the "
            "actions that are used; leave one of them out"
        )
    costs = (*space.costs, *(row.as_cost(game) for row in space.values))
    same_slots, same_rows = mixes is None, rows is None
    return dataclasses.replace(
        space,
        rows=space.rows if same_slots else tuple(_slots_of(row, mixes) for row in space.rows),
        costs=costs if same_rows else tuple(_rows_of(row, rows) for row in costs),
        values=(),
        observed=space.observed if same_slots else (),
    )


def _slots_of(row: PolicyRow, mixes: Any) -> PolicyRow:
    return dataclasses.replace(row, coefficients=mixes @ row.coefficients)


def _rows_of(row: CostRow, rows: Any) -> CostRow:
    return dataclasses.replace(row, costs=rows @ row.costs)
