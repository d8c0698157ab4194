"""Fronts of games with many states: nothing is quadratic in them, and what cannot fit is refused before it is begun."""

from __future__ import annotations

import json
import tracemalloc
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from ssg_mip import enclose_front, existence, leader_objective, trace_front, write_instance
from ssg_mip.base.status import Termination
from ssg_mip.errors import TooLargeError
from ssg_mip.evaluation.value_bounds import gap_scale, gap_scales, leader_value_bounds
from ssg_mip.game.game import Game
from ssg_mip.library import random_game
from ssg_mip.pareto.enclosure import region as regions
from ssg_mip.pareto.enclosure.objectives import MOST_OBJECTIVES, read_objectives
from ssg_mip.pareto.enclosure.region import Region
from ssg_mip.pareto.weight_sets import MOST_CORNERS, MOST_NUMBERS, weight_grid
from ssg_mip.problem.evaluated_policy import EvaluatedPolicy
from tests.oracles.games import agreement_game
from tests.oracles.known import figure_1
from tests.unit import Command


@cache
def large() -> Game:
    """3,000 states: a dense matrix over pairs of states would take 72 MB."""
    return random_game(1, 5000, 2, 2, 2)


def test_weights_over_many_states_begin_with_the_start_and_are_few() -> None:
    size = 20_000
    initial = np.full(size, 1.0 / size)
    weights = weight_grid(initial, np.arange(size), 20, np.random.default_rng(0))
    assert len(weights) == MOST_NUMBERS // size
    assert np.array_equal(weights[0], initial)
    fewer = weight_grid(initial[:1000] * 20, np.arange(1000), 20, np.random.default_rng(0))
    assert len(fewer) == 20
    assert sum(int(np.count_nonzero(one) == 1) for one in fewer) == 9
    assert all(one.sum() == pytest.approx(1.0) for one in fewer)


def test_up_to_a_number_of_states_each_is_asked_for_alone() -> None:
    initial = np.full(MOST_CORNERS, 1.0 / MOST_CORNERS)
    weights = weight_grid(initial, np.arange(MOST_CORNERS), 5, np.random.default_rng(0))
    alone = {int(np.argmax(one)) for one in weights if np.count_nonzero(one) == 1}
    assert alone == set(range(MOST_CORNERS))


@pytest.mark.parametrize("seed", range(4))
def test_the_scale_of_every_state_is_that_of_its_own_weights(seed: int) -> None:
    game = agreement_game(seed, 3).to_game()
    bounds = leader_value_bounds(game)
    each = [gap_scale(bounds, unit) for unit in np.eye(game.num_states)]
    assert gap_scales(bounds) == pytest.approx(each, rel=1e-12)


def test_neither_a_front_nor_existence_takes_memory_for_pairs_of_states() -> None:
    game = large()
    tracemalloc.start()
    front = trace_front(game, num_weights=3, time_limit=0.0, check=False, guarantee=False)
    answer = existence(game, time_limit=0.0, check=False)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(front.points) == 1
    assert front.termination.is_limit
    assert answer.termination.is_limit
    assert peak < 8 * game.num_states**2 / 2


def test_existence_evaluates_no_policy_twice_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """One evaluation for each policy that a run found, however many states it is the best one of."""
    calls: list[object] = []

    def counted(*given: object, **options: object) -> object:
        calls.append(given)
        return evaluated(*given, **options)

    evaluated = EvaluatedPolicy.of
    monkeypatch.setattr(EvaluatedPolicy, "of", counted)
    answer = existence(agreement_game(3, 3).to_game(), check=False)
    assert 1 <= len(calls) <= len(answer.results) + 1


def test_existence_prints_the_runs_that_fit_and_counts_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = existence(agreement_game(3, 3).to_game(), check=False)
    assert answer.to_dict()["results_left_out"] == 0
    monkeypatch.setattr("ssg_mip.pareto.existence.existence.MOST_PRINTED", 0)
    data = answer.to_dict()
    assert len(data["results"]) == 1
    assert data["results_left_out"] == len(answer.results) - 1 > 0


def test_an_enclosure_of_too_many_objectives_is_refused_with_what_would_fit(command: Command, tmp_path: Path) -> None:
    game = random_game(1, MOST_OBJECTIVES + 1, 2, 2, 2)
    with pytest.raises(TooLargeError, match=f"at most {MOST_OBJECTIVES} do: name the objectives"):
        enclose_front(game)
    assert len(read_objectives(game, [leader_objective(game, name) for name in game.state_names[:2]])) == 2
    write_instance(game, tmp_path / "game.json")
    ran = command("front", tmp_path / "game.json", "--complete", "--json")
    assert ran.code == 4
    assert json.loads(ran.out)["error"]["class"] == "TooLargeError"


def test_a_front_that_does_not_fit_into_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ssg_mip.base.memory.available_memory", lambda _: 1000.0)
    with pytest.raises(TooLargeError, match=r"a front of \d+ runs over 3 states needs about .* ask for fewer weights"):
        trace_front(random_game())


def test_a_region_that_is_full_stays_right_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Points and corners that are left out can only leave more open."""
    rng = np.random.default_rng(5)
    points, corners = rng.random((30, 3)), 1.0 + rng.random((30, 3))
    whole, small = Region(np.full(3, 2.0)), Region(np.full(3, 2.0))
    for point, corner in zip(points, corners, strict=True):
        whole.add_point(point)
        whole.add_corner(corner)
    monkeypatch.setattr(regions, "MOST_CELLS", 200)
    for point, corner in zip(points, corners, strict=True):
        small.add_point(point)
        small.add_corner(corner)
    assert small.full
    assert not whole.full
    assert len(small.lower.corners) * len(small.upper.corners) * 3 <= 200
    assert small.resolution >= whole.resolution
    for value in rng.random((200, 3)) * 2.0:
        assert small.holds(value) or not whole.holds(value)


def test_an_enclosure_whose_region_is_full_ends_with_the_size_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two points need three local bounds: with two of them the second point is attained, but closes nothing."""
    monkeypatch.setattr(regions, "MOST_BOUNDS", 2)
    enclosure = enclose_front(figure_1(1.0, 2.0).to_game(), resolution=0.1)
    assert enclosure.termination is Termination.SIZE_LIMIT
    assert enclosure.resolution > enclosure.wanted
    assert len(enclosure.points) == 2
    assert enclosure.check.passed


def test_only_boxes_of_more_than_a_depth_are_made() -> None:
    region = Region(np.array([4.0, 4.0]))
    region.add_point(np.array([3.5, 0.0]))
    region.add_point(np.array([0.0, 3.0]))
    every = region.boxes()
    assert [box.depth for box in region.boxes(0.9)] == [box.depth for box in every if box.depth > 0.9]
    assert len(region.boxes(0.9)) < len(every)
