"""The bi-level actor-critic reaches the known answers, each of many stacked runs by itself."""

from __future__ import annotations

import numpy as np
import pytest

from ssg_mip import Game, solve
from ssg_mip.base.status import Termination
from ssg_mip.errors import OptionError
from ssg_mip.learning.learners.actor_critic import Settings, learn
from ssg_mip.learning.learners.schedules import Course
from ssg_mip.library import actor_critic_trap as trap_game
from ssg_mip.library import matrix_game
from tests.oracles.games import agreement_game

torch = pytest.importorskip("torch")

RUNS = 12
STEPS = 2500


def final(game: Game, runs: int = RUNS, seed: int = 0) -> np.ndarray:
    """Joint actions at the end, in the first state of every run, as rows of the game."""
    found: np.ndarray = learn(game, Settings(), seed, Course(steps=STEPS, runs=runs)).curve.rows[-1, :, 0]
    return found


@pytest.mark.parametrize(("name", "row"), [("escape", 8), ("maintain", 0)])
def test_the_matrix_games_of_the_paper(name: str, row: int) -> None:
    """C-Z in Escape and A-X in Maintain: all of 100 runs at the default of 4000 steps; the paper has 90 and 100."""
    assert np.mean(final(matrix_game(name)) == row) >= 0.9


def test_the_trap_game_ends_in_one_of_two_fixed_points() -> None:
    """(A, B), worth nothing to the leader, or (B, A), worth 10; both are reached."""
    assert set(final(trap_game()).tolist()) == {1, 2}


def test_the_method_reports_the_value_under_the_true_best_response() -> None:
    result = solve(matrix_game("maintain"), method="actor-critic", iteration_limit=STEPS, seed=3)
    assert result.leader_value == result.details["last_leader_value"] == 20.0
    assert result.details["follower_answers"] == {"s": "X"}
    assert result.provenance.counts["steps"] == STEPS
    assert result.termination is Termination.ITERATION_LIMIT


def test_judgements_are_in_the_units_of_the_game() -> None:
    """A-X in Maintain is worth 20 and 15, and X is the answer to A; answers to an action add up to 1."""
    learned = learn(matrix_game("maintain"), Settings(), 0, Course(steps=STEPS, runs=4, num_moments=5), judge=True)
    assert learned.judgements is not None
    leader, follower, answers = (getattr(learned.judgements, name)[-1] for name in ("leader", "follower", "answers"))
    assert leader.shape == (4, 9)
    assert leader[:, 0] == pytest.approx(20.0, rel=0.1)
    assert follower[:, 0] == pytest.approx(15.0, rel=0.1)
    assert np.all(answers[:, 0] > 0.5)
    assert answers.reshape(4, 3, 3).sum(axis=2) == pytest.approx(1.0, abs=1e-5)
    assert learn(matrix_game("maintain"), Settings(), 0, Course(steps=20)).judgements is None


def test_each_player_works_out_its_half_alone_on_ragged_games() -> None:
    """Only actions that a state has are played, and the two halves are the greedy joint action of the curve."""
    game = agreement_game(1, 11).to_game()
    settings = Settings(random_steps=50, hidden=8, batch=8)
    learned = learn(game, settings, 0, Course(steps=200, runs=3))
    assert learned.curve.steps[-1] == 200
    assert learned.curve.rows.shape == (20, 3, game.num_states)
    for run, player in enumerate(learned.executions):
        for state in range(game.num_states):
            halves = player.leader_action(state), player.follower_action(state)
            assert game.row(state, *halves) == learned.curve.rows[-1, run, state]
            assert halves[0] < game.leader_counts[state]
            assert halves[1] < game.follower_counts[state]
            answers = [player.answer(state, a) for a in range(game.leader_counts[state])]
            assert max(answers) < game.follower_counts[state]
        assert player.leader_policy().probabilities.sum() == game.num_states


def test_the_global_random_states_and_threads_are_left_alone() -> None:
    """And the same seed gives the same runs whatever they are."""
    game, settings = matrix_game("maintain"), Settings(random_steps=20)
    torch.manual_seed(1)
    before = torch.random.get_rng_state(), torch.get_num_threads()
    first = learn(game, settings, 7, Course(steps=100, runs=2)).curve
    assert torch.equal(before[0], torch.random.get_rng_state())
    assert before[1] == torch.get_num_threads()
    torch.manual_seed(2)
    second = learn(game, settings, 7, Course(steps=100, runs=2)).curve
    assert np.array_equal(first.rows, second.rows)
    assert np.array_equal(first.leader, second.leader)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hidden", 0),
        ("hidden", 10**9),
        ("memory", 10**12),
        ("leader_rate", 1e300),
        ("leader_rate", 0.0),
        ("actor_rate", -1.0),
        ("temperature", 0.0),
        ("exploration", 1.5),
        ("restart", 2.0),
    ],
)
def test_settings_outside_their_range_are_refused(name: str, value: float) -> None:
    with pytest.raises(OptionError, match=f"{name} is"):
        solve(matrix_game("maintain"), method="actor-critic", settings={name: value})
    with pytest.raises(OptionError, match="runs is 0"):
        learn(matrix_game("maintain"), Settings(), 0, Course(steps=STEPS, runs=0))
