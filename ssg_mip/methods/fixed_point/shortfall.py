"""How far a policy stays behind the best that the leader could have from each state, as far as that is proven."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from ssg_mip.game import FloatArray, Game
from ssg_mip.methods.in_standard_form import run_method
from ssg_mip.methods.request import Request
from ssg_mip.status import Status


def shortfalls(game: Game, leader_values: FloatArray, request: Request) -> dict[str, dict[str, Any]]:
    """Per state, the certified optimum of that state alone less the value of the policy there.

    Each state has a commitment of its own (one policy need not be best in all of them), found within an equal share
    of the time that is left.

    Parameters
    ----------
    game, request
        The game and what is asked: gap, tie rule and margin go for every commitment.
    leader_values
        True values of the policy, shape ``[num_states]``.

    Returns
    -------
    dict
        By state: ``shortfall``, and ``against``, which is ``"optimum"`` where the commitment is proven within the
        gap, otherwise ``"proven bound"``: then the shortfall may be less than it says, never more.
    """
    report: dict[str, dict[str, Any]] = {}
    for state, name in enumerate(game.state_names):
        alone = dataclasses.replace(
            request,
            weights=np.eye(game.num_states)[state],
            deadline=request.deadline.share(1.0 / (game.num_states - state)),
            iteration_limit=None,
            settings={},
            on_progress=None,
            recorder=None,
        )
        best = run_method(game, "commitment", alone)
        proven = best.status is Status.OPTIMAL
        reference = best.leader_value if proven else best.dual_bound
        report[name] = {
            "shortfall": float(reference - leader_values[state]),
            "against": "optimum" if proven else "proven bound",
        }
    return report
