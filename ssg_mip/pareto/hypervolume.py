r"""The hypervolume of a front: how much of the value space lies below some point and above a reference.

For points ``v_1, v_2, ...`` and a reference ``r`` it is the volume of the union of the boxes ``[r, v_i]`` (Zitzler &
Thiele, *Multiobjective optimization using evolutionary algorithms*, PPSN V, 1998). A front that dominates another one
has the larger hypervolume against the same reference. The volume is computed by moocore, imported when first used.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ssg_mip.errors import OptionError
from ssg_mip.evaluation.standard_form import standard_form
from ssg_mip.evaluation.value_bounds import leader_value_bounds, varying_states
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray

MOST_STATES = 7
"""Varying states up to which a hypervolume is computed; beyond, the effort grows exponentially."""


def is_computed(game: Game) -> bool:
    """Whether the game has few enough varying states."""
    return len(varying_states(game)) <= MOST_STATES


def default_reference(game: Game, values: FloatArray) -> FloatArray:
    """The leader's lower value bounds over all pairs of policies, below every attained value.

    Where rounding puts a bound above one of ``values`` ``[points, states]``, the value takes its place.
    """
    form = standard_form(game)
    lowest = form.leader.out(leader_value_bounds(form.standard).lower)
    reference: FloatArray = np.minimum(lowest, values.min(axis=0, initial=np.inf))
    return reference


def hypervolume(game: Game, values: FloatArray, reference: ArrayLike | None = None) -> float:
    """The volume between a reference and a set of value vectors, over the states whose value the policies decide.

    A state that is worth the same under all policies has no extent, and would turn every volume into 0.

    Parameters
    ----------
    game
        The game.
    values
        One value vector per row, shape ``[points, num_states]``.
    reference
        Shape ``[num_states]``, in no varying state above any point; the leader's lower value bounds if absent. Its
        entries for the other states do not matter.

    Returns
    -------
    volume
        In the units of the leader's rewards to the power of the number of varying states; 0 without points, or if no
        state varies.

    Raises
    ------
    OptionError
        If the reference has the wrong shape, is not finite, or lies above a point in a varying state, or if more than
        :data:`MOST_STATES` states vary.
    """
    states = varying_states(game)
    chosen = default_reference(game, values) if reference is None else _checked(game, values, reference)
    if not is_computed(game):
        raise OptionError(
            f"{game.name} has {len(states)} states whose value depends on the policies; "
            f"a hypervolume is computed for at most {MOST_STATES}"
        )
    if not len(states) or not len(values):
        return 0.0
    from moocore import hypervolume as volume

    # counted from the reference, beside which constants in the values would drown a small volume
    return float(volume(values[:, states] - chosen[states], ref=np.zeros(len(states)), maximise=True))


def _checked(game: Game, values: FloatArray, reference: ArrayLike) -> FloatArray:
    """The given reference, if it fits."""
    given = np.asarray(reference, dtype=float)
    if given.shape != (game.num_states,):
        raise OptionError(f"reference has shape {given.shape}; {game.name} needs ({game.num_states},)")
    if not np.all(np.isfinite(given)):
        raise OptionError("reference must be finite in every state")
    for state in varying_states(game):
        lowest = values[:, state].min(initial=np.inf)
        if given[state] > lowest:
            raise OptionError(
                f"reference[{game.state_names[state]}] is {given[state]!r} and a point has {lowest!r} there; "
                "the reference must not lie above any point: lower it, or leave it out"
            )
    return given
