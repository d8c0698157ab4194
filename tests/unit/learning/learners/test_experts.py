"""Learners without regret keep their proven bounds, whatever an adversary does, and are told apart."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, get_args

import numpy as np
import pytest

from ssg_mip.errors import OptionError
from ssg_mip.learning.learners.asymmetric_learning import Settings, learn
from ssg_mip.learning.learners.asymmetric_learning.experts import (
    Expert,
    ExpertKind,
    default_rate,
    make_expert,
    projection,
    regret_bound,
)
from ssg_mip.learning.learners.asymmetric_learning.hedge import gain_spread
from ssg_mip.library import MATRIX_GAMES, matrix_game

STEPS = 2000

KINDS: tuple[ExpertKind, ...] = get_args(ExpertKind)

Adversary = Callable[[Expert, np.random.Generator], Iterator[list[float]]]


def starves_the_likeliest(expert: Expert, _: np.random.Generator) -> Iterator[list[float]]:
    """Nothing for what is played most, 1 for all else."""
    while True:
        worst = expert.mix.index(max(expert.mix))
        yield [0.0 if action == worst else 1.0 for action in range(len(expert.mix))]


def alternates(expert: Expert, _: np.random.Generator) -> Iterator[list[float]]:
    """Half a unit, and then a unit to and fro, which makes who follows the leader lose every time."""
    count = len(expert.mix)
    yield [0.5, *[0.0] * (count - 1)]
    while True:
        yield [0.0, 1.0, *[0.0] * (count - 2)]
        yield [1.0, 0.0, *[0.0] * (count - 2)]


def is_random(expert: Expert, rng: np.random.Generator) -> Iterator[list[float]]:
    """Fair coins, far from 0: adding a constant must change nothing."""
    while True:
        yield (100.0 + rng.integers(0, 2, len(expert.mix))).tolist()


def switches(expert: Expert, _: np.random.Generator) -> Iterator[list[float]]:
    """The first action is best for long, then the last one."""
    count = len(expert.mix)
    for step in range(10 * STEPS):
        best = 0 if step < STEPS // 2 else count - 1
        yield [float(action == best) for action in range(count)]


def regrets(expert: Expert, adversary: Adversary, steps: int) -> np.ndarray:
    """Regret after each round."""
    earned, totals, found = 0.0, np.zeros(len(expert.mix)), []
    gains_of = adversary(expert, np.random.default_rng(0))
    for _ in range(steps):
        gains = next(gains_of)
        earned += float(np.dot(expert.mix, gains))
        totals += gains
        found.append(float(totals.max()) - earned)
        expert.add(gains)
        expert.move()
    return np.array(found)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [2, 3, 6])
@pytest.mark.parametrize("adversary", [starves_the_likeliest, alternates, is_random, switches])
@pytest.mark.parametrize("factor", [0.2, 1.0, 5.0])
def test_no_adversary_breaks_the_bound(kind: ExpertKind, count: int, adversary: Adversary, factor: float) -> None:
    """At every round of a run, for the default step and for others."""
    rate = factor * default_rate(kind, count, STEPS)
    found = regrets(make_expert(kind, count, rate, STEPS), adversary, STEPS)
    bounds = np.array([regret_bound(kind, count, rate, float(step)) for step in range(1, STEPS + 1)])
    assert np.all(found <= bounds + 1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_the_bound_is_not_empty(kind: ExpertKind) -> None:
    """Some adversary makes each of them lose a third of it."""
    rate = default_rate(kind, 2, STEPS)
    worst = max(
        regrets(make_expert(kind, 2, rate, STEPS), adversary, STEPS).max()
        for adversary in (starves_the_likeliest, alternates, switches)
    )
    assert worst > regret_bound(kind, 2, rate, STEPS) / 3.0


def test_default_steps_and_bounds_are_those_of_the_text() -> None:
    """``sqrt((n - 1) T) / 2`` for the Euclidean rules, ``9/8 sqrt(T log n)`` for Hedge with the paper's step."""
    for count in (2, 5):
        for kind in ("omd", "ftrl"):
            bound = regret_bound(kind, count, default_rate(kind, count, STEPS), STEPS)
            assert bound == pytest.approx(math.sqrt((count - 1) * STEPS) / 2.0)
        bound = regret_bound("hedge", count, default_rate("hedge", count, STEPS), STEPS)
        assert bound == pytest.approx(9.0 / 8.0 * math.sqrt(STEPS * math.log(count)))
    assert regret_bound("hedge", 2, 0.1, 50.0, sets=3) == pytest.approx(3 * math.log(2) / 0.1 + 0.1 * 50 / 8)


def test_mirror_descent_forgets_what_the_regularised_leader_remembers() -> None:
    """Ten gains for the first action push both into a corner; two for the other one move mirror descent alone."""
    mixes: dict[str, list[float]] = {}
    for kind in ("omd", "ftrl"):
        expert = make_expert(kind, 2, 0.5, 12)
        for gains in [[1.0, 0.0]] * 10 + [[0.0, 1.0]] * 2:
            expert.add(gains)
            expert.move()
        mixes[kind] = expert.mix
    assert mixes["omd"] == pytest.approx([0.5, 0.5])
    assert mixes["ftrl"] == pytest.approx([1.0, 0.0])


@pytest.mark.parametrize("shift", [0.0, 1e3])
def test_the_projection_is_the_nearest_distribution(shift: float) -> None:
    """No point of a fine grid of distributions is nearer; a constant added to all coordinates changes nothing."""
    rng = np.random.default_rng(1)
    grid = [np.array([i, j, 40 - i - j]) / 40 for i in range(41) for j in range(41 - i)]
    for point in rng.normal(size=(20, 3)):
        found = np.array(projection((point + shift).tolist()))
        assert found.sum() == pytest.approx(1.0)
        assert found.min() >= 0.0
        assert np.linalg.norm(found - point) <= min(np.linalg.norm(one - point) for one in grid) + 1e-9


@pytest.mark.parametrize("follower", ["omd", "ftrl"])
@pytest.mark.parametrize("observation", ["action", "policy"])
def test_the_dynamics_keep_the_bound_of_their_follower(follower: ExpertKind, observation: Any) -> None:
    game, steps = matrix_game("battle_of_table_1"), 1500
    settings = Settings(follower=follower, observation=observation)
    learned = learn(game, settings, np.random.default_rng(0), steps=steps, num_moments=steps)
    sets = 2 if observation == "action" else 1
    rate = default_rate(follower, 2, steps)
    bounds = [regret_bound(follower, 2, rate, step, sets=sets) for step in range(1, steps + 1)]
    assert np.all(learned.follower_regret <= gain_spread(game) * np.array(bounds) + 1e-9)


@pytest.mark.parametrize("follower", ["omd", "ftrl"])
def test_seeing_actions_they_bring_the_leader_to_the_best_pure_commitment(follower: ExpertKind) -> None:
    matrix = MATRIX_GAMES["battle_of_table_1"]
    game = matrix_game("battle_of_table_1")
    learned = learn(game, Settings(follower=follower), np.random.default_rng(0), steps=10_000, num_moments=2)
    assert 2.0 * learned.leader_payoffs[1] - learned.leader_payoffs[0] == pytest.approx(matrix.pure_values[0], abs=0.25)


def test_a_symmetric_follower_sees_no_action_unless_asked_to() -> None:
    """Its mixes after both rows are the same; Hedge's are not."""
    assert Settings(follower="q-learning").information == "policy"
    assert Settings(follower="q-learning", observation="action").information == "action"
    assert {Settings(follower=kind).information for kind in ("hedge", "omd", "ftrl", "best-response")} == {"action"}
    game = matrix_game("battle_of_table_1")
    symmetric, hedge = (
        learn(game, Settings(follower=kind), np.random.default_rng(0), steps=500).average_follower_policy.reshape(2, 2)
        for kind in ("q-learning", "hedge")
    )
    assert symmetric[0] == pytest.approx(symmetric[1])
    assert abs(hedge[0] - hedge[1]).max() > 0.5


def test_an_unknown_rule_is_refused() -> None:
    from ssg_mip import solve

    with pytest.raises(OptionError, match=r"follower .*'hedge', 'omd', 'ftrl', 'q-learning' or 'best-response'"):
        solve(matrix_game("battle"), method="asymmetric-learning", settings={"follower": "mirror"})
