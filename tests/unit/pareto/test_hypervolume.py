"""Hypervolume: known areas, an independent count of cells, and references that do not fit."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from ssg_mip.errors import OptionError
from ssg_mip.evaluation.value_bounds import leader_value_bounds, varying_states
from ssg_mip.game.game import Game
from ssg_mip.pareto.hypervolume import MOST_STATES, default_reference, hypervolume
from ssg_mip.pareto.sweep import trace_front
from tests.oracles.known import figure_1, three_points


def single_actor(states: int, fixed: int = 0) -> Game:
    """In every state the leader picks a payoff of 0 or 10 and the state stays; in the last ``fixed`` she gets 3."""
    moves = np.broadcast_to(np.eye(states)[:, None, None, :], (states, 2, 1, states))
    rewards = np.zeros((states, 2, 1))
    rewards[:, 1] = 10.0
    rewards[states - fixed :] = 3.0
    return Game.from_arrays(moves, rewards, np.zeros_like(rewards), leader_discount=0.0, follower_discount=0.0)


def cells_below(points: np.ndarray, reference: np.ndarray) -> int:
    """Unit cells of the integer grid from ``reference`` that lie below some point."""
    sides = (range(int(low), int(high)) for low, high in zip(reference, points.max(axis=0), strict=True))
    return sum(bool(np.any(np.all(points >= np.array(cell) + 1, axis=1))) for cell in itertools.product(*sides))


def test_figure_1_by_hand() -> None:
    """{(10, 9), (9, 10)} over the lower bounds (0, 0): 10 x 9 + 9 x 10 - 9 x 9 = 99."""
    front = trace_front(figure_1(1.0, 2.0).to_game())
    assert front.hypervolume() == pytest.approx(99.0, abs=1e-6)
    assert front.hypervolume([8.0, 9.0]) == pytest.approx(1.0, abs=1e-6)
    assert front.hypervolume([9.0, 9.0]) == pytest.approx(0.0, abs=1e-6)
    data = front.to_dict()
    assert data["hypervolume"] == front.hypervolume()
    assert data["hypervolume_reference"] == pytest.approx({"s0": 0.0, "s1": 0.0}, abs=1e-9)


@pytest.mark.parametrize("states", [1, 2, 3, 5])
@pytest.mark.parametrize("seed", range(4))
def test_volume_is_the_number_of_cells_below_the_points(states: int, seed: int) -> None:
    """On integer points, dominated and repeated ones among them, the volume counts unit cells."""
    rng = np.random.default_rng([seed, states])
    points = rng.integers(1, 7, (6, states)).astype(float)
    reference = np.zeros(states)
    assert hypervolume(single_actor(states), points, reference) == pytest.approx(cells_below(points, reference))


def test_states_of_fixed_value_do_not_count() -> None:
    """Two states vary and one is worth 3 whatever is played: an area, whatever the reference says there."""
    game = single_actor(3, fixed=1)
    assert varying_states(game).tolist() == [0, 1]
    points = np.array([[4.0, 1.0, 3.0], [2.0, 2.0, 3.0]])
    assert hypervolume(game, points, [0.0, 0.0, 7.0]) == pytest.approx(6.0)
    assert hypervolume(single_actor(2, fixed=2), np.array([[3.0, 3.0]])) == 0.0


def test_the_default_reference_is_the_lower_bound_of_every_state() -> None:
    """It lies below every point, also of a game with a state that the front does not trade."""
    front = trace_front(three_points().to_game())
    reference = default_reference(front.game, front.values)
    assert reference == pytest.approx(leader_value_bounds(front.game).lower, abs=1e-9)
    assert np.all(reference <= front.values)
    assert front.hypervolume() == pytest.approx(front.hypervolume(reference))


def test_no_points_no_volume() -> None:
    assert hypervolume(single_actor(2), np.zeros((0, 2))) == 0.0


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ([0.0], r"\(1,\).*\(2,\)"),
        (0.0, r"\(\).*\(2,\)"),
        ([0.0, np.nan], "finite"),
        ([0.0, 5.0], "reference.s1. is .*5.*must not lie above any point"),
    ],
)
def test_a_reference_that_does_not_fit_is_named(reference: object, words: str) -> None:
    game = single_actor(2)
    assert game.state_names == ("s0", "s1")
    with pytest.raises(OptionError, match=words):
        hypervolume(game, np.array([[4.0, 1.0], [1.0, 4.0]]), reference)  # type: ignore[arg-type]


def test_too_many_states_are_refused_and_printed_as_null() -> None:
    """Instead of running for hours."""
    game = single_actor(MOST_STATES + 1)
    with pytest.raises(OptionError, match=f"{MOST_STATES + 1} states"):
        hypervolume(game, np.ones((1, MOST_STATES + 1)))
    assert (
        trace_front(game, weights=[np.ones(MOST_STATES + 1)], method="deterministic").to_dict()["hypervolume"] is None
    )
