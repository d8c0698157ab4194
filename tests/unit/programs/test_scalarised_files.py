"""Exported improvement programs with another scalarisation: other solvers find the best rise of ``L``."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from ssg_mip import AugmentedChebyshev, ConcavePieces, Game, WeightedSum, export
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.best_response import best_response
from ssg_mip.exact import solve_improvement
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.problem.scalarisation import Concave
from ssg_mip.programs.export import Form
from tests.oracles.games import random_game
from tests.unit.methods.grid_improvement import one_step_values
from tests.unit.programs.readers import LINEAR_READERS, solved_by_highs, solved_by_scip
from tests.unit.questions import asked

SCALARISATIONS: dict[str, Concave] = {
    "augmented-chebyshev": AugmentedChebyshev(np.array([0.3, 0.7]), np.array([9.0, 8.0]), 0.05),
    "concave-pieces": ConcavePieces(np.array([[1.0, 0.2], [0.1, 0.9], [0.5, 0.5]]), np.array([0.0, 1.0, 0.5])),
}


def a_game() -> Game:
    return random_game(
        np.random.default_rng([71, 11]),
        leader_counts=[3, 2],
        follower_counts=[2, 3],
        leader_discount=0.8,
        follower_discount=0.6,
    ).to_game()


def best_deterministic(game: Game, policy: LeaderPolicy, what: Concave) -> float:
    """The best rise of ``L`` in one step over the deterministic policies that lose in no state, one by one."""
    values = best_response(game, policy).leader_values
    rises = []
    for actions in itertools.product(*(range(int(count)) for count in game.leader_counts)):
        promised = one_step_values(game, LeaderPolicy.deterministic(game, list(actions)), values)
        if (promised >= values - 1e-9).all():
            rises.append(what(promised) - what(values))
    return max(rises)


@pytest.mark.parametrize("kind", SCALARISATIONS)
@pytest.mark.parametrize("reader", LINEAR_READERS)
def test_the_milp_has_the_best_rise_over_deterministic_policies(reader: str, kind: str, tmp_path: Path) -> None:
    game, what = a_game(), SCALARISATIONS[kind]
    policy = LeaderPolicy.deterministic(game, [0, 0])
    path = export(game, tmp_path / "p.lp", "improvement", "milp", policy, scalarisation=what)
    due = best_deterministic(game, policy, what)
    assert due > 1e-3
    assert LINEAR_READERS[reader](path) == pytest.approx(due, abs=1e-5)


@pytest.mark.parametrize("kind", SCALARISATIONS)
@pytest.mark.parametrize("form", ["bilinear", "strong"])
def test_exact_files_have_the_rise_that_our_search_proves(form: Form, kind: str, tmp_path: Path) -> None:
    game, what = a_game(), SCALARISATIONS[kind]
    policy = LeaderPolicy.deterministic(game, [0, 0])
    values = best_response(game, policy).leader_values
    objective = what.pieces.gains_over(values)
    ours = solve_improvement(*asked(game, gap=1e-6, start=policy), values, objective)
    found = solved_by_scip(export(game, tmp_path / "p.lp", "improvement", form, policy, scalarisation=what))
    assert found is not None
    assert ours.primal_bound - 1e-4 <= found <= ours.dual_bound + 1e-4
    relaxed = solved_by_highs(export(game, tmp_path / "r.lp", "improvement", "relaxation", policy, scalarisation=what))
    assert relaxed is not None
    assert relaxed >= found - 1e-6


def test_a_weighted_sum_stands_for_weights(tmp_path: Path) -> None:
    game = a_game()
    named = export(game, tmp_path / "a.lp", scalarisation=WeightedSum(np.array([0.25, 0.75])))
    plain = export(game, tmp_path / "b.lp", weights=[0.25, 0.75])
    assert named.read_text() == plain.read_text()


def test_it_stands_for_weights_and_belongs_to_no_restricted_policies(tmp_path: Path) -> None:
    """The forms of the commitment program along it are in ``test_file_formats``."""
    with pytest.raises(OptionError, match="a scalarisation stands for weights"):
        export(a_game(), tmp_path / "p.lp", weights=[0.5, 0.5], scalarisation="augmented-chebyshev")
    with pytest.raises(OptionError, match="maximises a weighted sum"):
        export(a_game(), tmp_path / "p.lp", "commitment", "milp", scalarisation="augmented-chebyshev")
    assert not list(tmp_path.iterdir())
