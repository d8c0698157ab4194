"""Both variants: schedules, monotone climbs, stationary points."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from ssg_mip.library import random_game
from ssg_mip.methods.policy_gradient.ascent import LONGEST_STEP, Outcome, inner_loop, two_timescale
from ssg_mip.methods.policy_gradient.schedule import Schedule
from ssg_mip.methods.policy_gradient.tabular import TabularGame, softmax
from tests.oracles.games import Array, static_game
from tests.oracles.games import random_game as plain_game
from tests.oracles.known import STATIC


def _static(name: str) -> TabularGame:
    case = next(case for case in STATIC if case.name == name)
    return TabularGame.from_game(static_game(case.leader, case.follower).to_game())


def _even(game: TabularGame) -> Array:
    return np.where(game.leader_actions, 0.0, -np.inf)


def test_the_steps_satisfy_assumption_1() -> None:
    """Steps fall like ``t^-p`` and ``t^-q``: (10) needs p, q <= 1, (11) p, q > 1/2, and (12) p > q."""
    game, schedule = _static("hero"), Schedule(leader_decay=0.8, follower_decay=0.7)
    early, late = (np.array(schedule.steps_at(t, game)) for t in (10**8, 10**9))
    assert np.log10(early / late) == pytest.approx([0.8, 0.7], abs=1e-6)
    assert schedule.steps_at(0, game) == (3.0, 10.0)
    usual = Schedule()
    assert 0.5 < usual.follower_decay < usual.leader_decay <= 1.0


def test_the_temperature_falls_to_the_last_one_halfway() -> None:
    schedule = Schedule(temperature=0.4, last_temperature=0.1, limit=100)
    assert [schedule.temperature_at(t) for t in (0, 25, 50, 99)] == pytest.approx([0.4, 0.2, 0.1, 0.1])
    assert [schedule.cooled(t) for t in (0, 49, 50)] == [False, False, True]
    assert Schedule(temperature=0.1, last_temperature=0.1).cooled(0)


@pytest.mark.parametrize("name", ["conitzer-sandholm-0", "conitzer-sandholm-1", "dobss-type-1", "hero"])
def test_both_variants_reach_the_same_stationary_point_of_a_static_game(name: str) -> None:
    """At temperature 0.3 there is an interior one; the two-timescale variant approaches it from the best response."""
    game = _static(name)
    schedule = Schedule(temperature=0.3, last_temperature=0.3, limit=5000)
    inner = inner_loop(game, _even(game), schedule=schedule, weights=np.ones(1))
    paper = two_timescale(game, _even(game), schedule=schedule, weights=np.ones(1))
    assert inner.outcome is Outcome.CONVERGED
    assert inner.derivatives.stationarity <= 1e-6
    assert softmax(paper.leader_parameters) == pytest.approx(softmax(inner.leader_parameters), abs=1e-2)
    assert softmax(paper.follower_parameters) == pytest.approx(softmax(inner.follower_parameters), abs=1e-2)


@pytest.mark.parametrize("seed", range(3))
def test_the_climb_ends_at_a_stationary_point_of_a_markov_game(seed: int) -> None:
    """The norm falls by five orders of magnitude and the value never does, with discounts that differ."""
    plain = plain_game(
        np.random.default_rng(seed),
        leader_counts=[3, 3, 3],
        follower_counts=[3, 2, 2],
        leader_discount=0.6,
        follower_discount=0.8,
    )
    game = TabularGame.from_game(plain.to_game())
    moved: list[Array] = [_even(game)]
    climb = inner_loop(
        game,
        _even(game),
        schedule=Schedule(temperature=0.3, last_temperature=0.3),
        weights=plain.initial,
        watch=lambda iteration, parameters: moved.append(parameters),
    )
    assert climb.outcome is Outcome.CONVERGED
    assert climb.stationarity[-1] < 1e-5 * climb.stationarity[0]
    assert np.all(np.diff(climb.leader_values) >= -1e-12)
    assert climb.leader_values[-1] > climb.leader_values[0] + 1e-3
    steps = [np.abs((b - a)[game.leader_actions]).max() for a, b in itertools.pairwise(moved)]
    assert max(steps) <= LONGEST_STEP * (1.0 + 1e-12)
    assert len(moved) == climb.iterations + 1 == len(climb.stationarity)


def test_two_time_scales_approach_stationarity_on_a_markov_game() -> None:
    """With a warm follower the norm falls by an order of magnitude, slowly, as decreasing steps must."""
    game = TabularGame.from_game(random_game(0, 3, 2, 2, leader_discount=0.5, follower_discount=0.5))
    climb = two_timescale(
        game,
        _even(game),
        schedule=Schedule(temperature=0.3, last_temperature=0.3, limit=3000),
        weights=np.full(3, 1.0 / 3.0),
    )
    assert climb.stationarity[-1] < 0.1 * climb.stationarity[0]
    assert climb.leader_values[-1] > climb.leader_values[0]


def test_a_climb_that_is_stopped_says_so() -> None:
    game = _static("maintain")
    for variant in (inner_loop, two_timescale):
        climb = variant(game, _even(game), schedule=Schedule(), weights=np.ones(1), stopped=lambda: True)
        assert (climb.outcome, climb.iterations) == (Outcome.STOPPED, 0)
        short = variant(game, _even(game), schedule=Schedule(limit=3), weights=np.ones(1))
        assert (short.outcome, short.iterations) == (Outcome.STOPPED, 3)
