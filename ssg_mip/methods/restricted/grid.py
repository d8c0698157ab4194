"""The best commitment with probabilities on a grid of ``levels`` equal steps, by one mixed-integer program (HiGHS).

Optimal among grid policies only. A finer grid costs binaries and need not come closer: what matters is whether the
grid hits the point where the follower is indifferent (see :mod:`ssg_mip.programs.grid`). Nothing is drawn; the seed
goes to HiGHS only.
"""

from __future__ import annotations

from ssg_mip.evaluation.value_bounds import leader_value_bounds
from ssg_mip.game.game import Game
from ssg_mip.methods.restricted.milp import solve_restricted
from ssg_mip.programs.program import Program
from ssg_mip.result import Result
from ssg_mip.runs.request import Request


def run(game: Game, request: Request) -> Result:
    """Solve the MILP over policies with probabilities in multiples of ``1 / request.levels``."""
    bounds = leader_value_bounds(game)

    def write() -> Program:
        from ssg_mip.programs.grid import grid_commitment  # Pyomo takes a second to import

        return grid_commitment(game, request.weights, request.levels, leader_bounds=bounds, margin=request.margin)

    return solve_restricted(game, request, write, method="grid", levels=request.levels, bounds=bounds)
