"""Teams and players without a choice, at sizes for which no program is written."""

from __future__ import annotations

import numpy as np
import pytest

from ssg_mip.base.status import BoundProof, Termination
from ssg_mip.evaluation.best_response import best_response
from ssg_mip.exact import solve_commitment
from ssg_mip.exact.planner import solve_silent_leader
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.library import random_game
from ssg_mip.proofs.value_tree import ValueLeaf
from ssg_mip.proofs.writer import Recorder
from tests.oracles.games import static_game
from tests.unit.questions import asked


def test_a_team_of_a_thousand_states_attains_the_plan() -> None:
    game = random_game(2, 1000, 3, 3, 4, 0.95, 0.95)
    game = game.replace(follower_rewards=game.leader_rewards)
    found = solve_commitment(*asked(game, gap=1e-6))
    assert (found.termination, found.bound_proof, found.nodes) == (Termination.GAP, BoundProof.PAIR, 0)
    values = np.zeros(1000)
    for _ in range(600):
        onward = game.leader_rewards + 0.95 * np.add.reduceat(
            game.probabilities * values[game.successors], game.indptr[:-1]
        )
        values = np.maximum.reduceat(onward, game.row_offsets[:-1])
    assert found.primal_bound == pytest.approx(float(game.initial @ values), abs=1e-8)


def test_a_leader_without_a_choice_is_worth_his_only_policy() -> None:
    game = random_game(3, 1000, 1, 3, 4, 0.95, 0.9)
    recorder = Recorder()
    found = solve_commitment(*asked(game, gap=1e-6, recorder=recorder))
    assert (found.termination, found.bound_proof, found.nodes) == (Termination.GAP, BoundProof.VALUES, 0)
    response = best_response(game, LeaderPolicy.uniform(game))
    assert found.primal_bound == pytest.approx(float(game.initial @ response.leader_values), abs=1e-12)
    leaf = recorder.value_tree
    assert isinstance(leaf, ValueLeaf)
    assert leaf.follower is not None
    lower, upper = leaf.follower
    assert np.all(lower <= response.follower_values)
    assert np.all(response.follower_values <= upper)
    assert np.max(upper - lower) <= 1e-8


def test_the_bound_of_a_silent_leader_counts_all_tied_answers() -> None:
    """Two answers are worth the same to the follower, 5 and 1 to the leader; a third is worse for him and pays 9."""
    game = static_game([[5.0, 1.0, 9.0]], [[2.0, 2.0, 1.0]]).to_game()
    for ties, value in (("leader", 5.0), ("adverse", 1.0)):
        problem, run = asked(game, ties=ties)
        solved = solve_silent_leader(problem, run)
        assert solved.found.values == pytest.approx([value])
        assert solved.upper == pytest.approx([5.0])
    assert solve_commitment(*asked(game, ties="adverse")).termination is Termination.TIE_RULE
