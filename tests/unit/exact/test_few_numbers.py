"""Lines through few numbers, and all deterministic policies where they are few: exact values, and never a loss."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from ssg_mip import Game, solve
from ssg_mip.base.deadline import Deadline
from ssg_mip.base.interrupt import Interrupt
from ssg_mip.evaluation.best_response import best_response
from ssg_mip.exact.few_numbers import line_search, pure
from ssg_mip.exact.few_numbers.choices import free_numbers, pure_policies
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.problem.problem import Problem
from ssg_mip.runs.run import Run

SHOPS = (3, 8)
"""Where the leader may pay for a visit."""


def street(states: int = 12, shops: tuple[int, ...] = SHOPS, widths: int = 2) -> Game:
    """A street on which the follower drifts; the leader pays in some places and earns from visits there."""
    transition = np.zeros((states, widths, 2, states))
    for state, step in itertools.product(range(states), range(2)):
        ahead = min(states - 1, max(0, state + (1 if step else -1)))
        transition[state, :, step, ahead] += 0.8
        transition[state, :, step, state] += 0.2
    theirs, ours = np.zeros((states, widths, 2)), np.zeros((states, widths, 2))
    theirs[-1], theirs[0] = 0.3, 0.25
    for place, shop in enumerate(shops):
        ours[shop] += 1.0 + 0.5 * place
        for width in range(1, widths):
            theirs[shop, width] += 0.9 * width
            ours[shop, width] -= 0.9 * width
    return Game.from_arrays(
        transition, ours, theirs, leader_discount=0.95, follower_discount=0.95, initial=np.eye(states)[5]
    )


def value(game: Game, policy: LeaderPolicy) -> float:
    return float(game.initial @ best_response(game, policy).leader_values)


def mixed(game: Game, shares: tuple[float, ...]) -> LeaderPolicy:
    """Payment with these probabilities in the shops."""
    table = np.zeros((game.num_states, 2))
    table[:, 0] = 1.0
    for shop, share in zip(SHOPS, shares, strict=True):
        table[shop] = 1.0 - share, share
    return LeaderPolicy(table)


def test_lines_reach_what_a_fine_grid_reaches() -> None:
    """Two numbers: no policy of a grid of 41 x 41 beats what the lines find."""
    game = street()
    assert free_numbers(game) == 2
    found = line_search.best_on_lines(Problem(game), Run())
    best = max(value(game, mixed(game, shares)) for shares in itertools.product(np.linspace(0.0, 1.0, 41), repeat=2))
    assert found.value >= best - 1e-9
    assert found.value == value(game, found.policy)
    assert found.value > max(value(game, mixed(game, shares)) for shares in itertools.product((0.0, 1.0), repeat=2))


def test_three_actions_are_walked_towards_each() -> None:
    """One shop with three payments: the best mix of a fine triangle is found."""
    game = street(shops=(8,), widths=3)
    assert free_numbers(game) == 2
    found = line_search.best_on_lines(Problem(game), Run())
    best = -np.inf
    for first, second in itertools.product(np.linspace(0.0, 1.0, 31), repeat=2):
        if first + second <= 1.0:
            table = np.zeros((game.num_states, 3))
            table[:, 0] = 1.0
            table[8] = 1.0 - first - second, first, second
            best = max(best, value(game, LeaderPolicy(np.maximum(table, 0.0))))
    assert found.value >= best - 1e-9


def test_a_start_is_never_lost_and_limits_are_kept() -> None:
    """With no time, or stopped at once, the start comes back with its exact value."""
    game = street()
    start = mixed(game, (0.3, 0.4))
    stopped = Interrupt()
    stopped.request()
    for run in (Run(start=start, deadline=Deadline(0.0)), Run(start=start, interrupt=stopped)):
        found = line_search.best_on_lines(Problem(game), run)
        assert found.value >= value(game, start)
    assert line_search.best_on_lines(Problem(game), Run(start=start)).value >= value(game, start)


def test_where_lines_are_searched() -> None:
    """Not in small games, not with more numbers, not under a floor."""
    assert line_search.applies(Problem(street()))
    assert not line_search.applies(Problem(street(6, (1, 4))))
    assert not line_search.applies(Problem(street(12, (1, 3, 5, 7, 9))))
    game = street()
    assert not line_search.applies(Problem(game).above(np.zeros(game.num_states)))


def test_a_search_begins_with_the_best_line() -> None:
    """After a node alone the commitment is worth at least what the lines have found."""
    game = street()
    found = line_search.best_on_lines(Problem(game), Run())
    result = solve(game, "commitment", node_limit=1)
    assert result.leader_value >= found.value - 1e-9
    assert result.dual_bound >= result.leader_value
    assert result.check.passed


def test_the_best_deterministic_policy_is_a_start() -> None:
    """Of 2^5 policies the best is found; a commitment of one node is worth no less, nor less than the method's."""
    game = street(12, (1, 3, 5, 7, 9))
    assert pure_policies(game) == 32
    best = pure.best_pure_policy(Problem(game), Run())
    assert best is not None
    values = []
    for choice in itertools.product(range(2), repeat=5):
        actions = np.zeros(12, dtype=int)
        actions[[1, 3, 5, 7, 9]] = choice
        values.append(value(game, LeaderPolicy.deterministic(game, actions)))
    uniform = value(game, LeaderPolicy.uniform(game))
    assert best.value == max(*values, uniform)
    assert solve(game, "deterministic").leader_value == pytest.approx(max(values))
    assert solve(game, "commitment", node_limit=1).leader_value >= max(values) - 1e-9


def test_too_many_policies_are_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing comes back where they are too many, or would take too long, or there is no time."""
    game = street(12, (1, 3, 5, 7, 9))
    assert pure.best_pure_policy(Problem(game), Run(deadline=Deadline(0.0))) is None
    monkeypatch.setattr(pure, "MOST_POLICIES", 31)
    assert pure.best_pure_policy(Problem(game), Run()) is None
    monkeypatch.setattr(pure, "MOST_POLICIES", 32)
    monkeypatch.setattr(pure, "SECONDS", 0.0)
    assert pure.best_pure_policy(Problem(game), Run()) is None
