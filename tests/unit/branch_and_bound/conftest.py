"""True points of the exact programs, made from policies, to hold against every relaxation."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from ssg_mip import Game, LeaderPolicy, best_response
from ssg_mip.branch_and_bound.box import Box, all_open
from ssg_mip.branch_and_bound.relaxation import BoxRelaxation
from ssg_mip.evaluation.mdp import induced_by_leader, occupancy
from ssg_mip.exact.commitment_bridge import CommitmentBridge
from ssg_mip.lp.compiled import compile_program
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.programs.commitment import commitment
from tests.unit.questions import asked


@dataclasses.dataclass(frozen=True)
class Bench:
    """A commitment program of a game, its relaxation, and a way to make exact points of it."""

    game: Game
    problem: CommitmentBridge

    @property
    def relaxation(self) -> BoxRelaxation:
        return self.problem.relaxation

    def exact_point(self, policy: LeaderPolicy) -> tuple[FloatArray, FloatArray, float]:
        """All columns of the program at a policy with its response, the follower's values, and the objective."""
        game = self.game
        response = best_response(game, policy)
        chosen = response.follower_policy.slots(game)
        leader, _ = induced_by_leader(game, policy)
        visits = occupancy(leader, chosen, game.initial)
        weight = policy.slots(game)[game.row_leader_slot]
        answered = game.row_follower == response.follower_policy.actions[game.row_state]
        y = visits[game.row_state] * weight * answered
        v = response.follower_values
        program = commitment(game, game.initial, self.problem._follower)
        compiled = compile_program(program)
        columns = np.zeros(compiled.num_columns)
        columns[compiled.columns(program.model.y)] = [y[game.row(*key)] for key in program.model.y]
        columns[compiled.box] = v
        columns[compiled.product_result] = columns[compiled.product_factor] * v[compiled.product_value]
        return columns, v, float(game.initial @ response.leader_values)


def random_box_around(rng: np.random.Generator, root: Box, v: FloatArray) -> Box:
    """A random box inside the root that contains ``v``; sometimes ``v`` lies on its border."""
    low = v - rng.uniform(size=len(v)) * (v - root.lower) * (rng.uniform(size=len(v)) < 0.8)
    high = v + rng.uniform(size=len(v)) * (root.upper - v) * (rng.uniform(size=len(v)) < 0.8)
    return Box(low, high, all_open(len(root.open_choices)))


def to_unit(relaxation: BoxRelaxation, columns: FloatArray, box: Box) -> FloatArray:
    """Columns in the unit coordinates of a box whose intervals all have a width."""
    program = relaxation.program
    unit = columns.copy()
    unit[program.box] = (columns[program.box] - box.lower) / box.width
    y, value = columns[program.product_factor], program.product_value
    unit[program.product_result] = (columns[program.product_result] - box.lower[value] * y) / box.width[value]
    return unit


@pytest.fixture(params=[(0, 3, 2, 3), (1, 4, 3, 2), (2, 2, 3, 3)], ids=lambda given: "x".join(map(str, given)))
def bench(request: pytest.FixtureRequest) -> Bench:
    seed, states, leader, follower = request.param
    rng = np.random.default_rng(seed)
    shape = (states, leader, follower)
    game = Game.from_arrays(
        rng.dirichlet(np.full(states, 0.4), size=shape),
        rng.uniform(-1.0, 1.0, size=shape),
        rng.uniform(-1.0, 1.0, size=shape),
        leader_discount=0.8,
        follower_discount=0.9,
    )
    return Bench(game, CommitmentBridge(*asked(game)))
