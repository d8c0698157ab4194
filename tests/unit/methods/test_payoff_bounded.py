"""How much of a limit is kept for the payoff-set bound."""

from __future__ import annotations

import pytest

from ssg_mip.base.deadline import Deadline
from ssg_mip.library import garnet, random_game
from ssg_mip.methods.payoff_bounded import LEAST_KEPT, MOST_KEPT, SECONDS_NEEDED, kept_for_bound
from ssg_mip.problem.followers.quantal import Quantal
from ssg_mip.problem.problem import Problem


def test_what_it_needs_is_kept_within_shares_of_the_limit() -> None:
    problem = Problem(garnet(1000, 1))
    needed = SECONDS_NEEDED * len(problem.game.leader_rewards)
    assert kept_for_bound(problem, Deadline(1.0)) == pytest.approx(MOST_KEPT)
    assert kept_for_bound(problem, Deadline(needed / 0.25)) == pytest.approx(needed)
    assert kept_for_bound(problem, Deadline(1000.0)) == pytest.approx(LEAST_KEPT * 1000.0)


def test_nothing_is_kept_where_it_is_not_computed_or_not_needed() -> None:
    large = Problem(garnet(100, 1))
    assert kept_for_bound(large, Deadline()) == 0.0
    assert kept_for_bound(large.answered_by(Quantal(0.1)), Deadline(10.0)) == 0.0
    assert kept_for_bound(Problem(random_game(1, 5, 2, 2, 2)), Deadline(10.0)) == 0.0
