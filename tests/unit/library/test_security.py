"""The gridworld security game: its paths, both things that can be known of the guards, and values by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ssg_mip import Game, LeaderPolicy, best_response, solve
from ssg_mip.base.status import Status
from ssg_mip.errors import OptionError
from ssg_mip.library import security_grid
from ssg_mip.library.security import DEPLOY

SMALL: dict[str, Any] = {"size": 3, "targets": 2, "defenders": 1, "horizon": 6}


def at_deploy(game: Game, policy: list[float]) -> tuple[float, float]:
    """What both get if the placements have these probabilities."""
    table = {
        name: dict.fromkeys(actions, 1.0 / len(actions))
        for name, actions in zip(game.state_names, game.leader_actions, strict=True)
    }
    table[DEPLOY] = dict(zip(game.leader_actions[0], policy, strict=True))
    response = best_response(game, LeaderPolicy.from_names(game, table))
    return float(response.leader_values[0]), float(response.follower_values[0])


def values_of_targets(**options: Any) -> list[tuple[float, float]]:
    """Payoffs at each target if it alone is attacked: the attacker of a game who sees where the guard is."""
    game = security_grid(**{**SMALL, **options})
    return [at_deploy(game, weights) for weights in ([0.0, 1.0], [1.0, 0.0])]


def test_an_attacker_who_sees_the_guard_walks_to_the_other_target() -> None:
    """The two observations agree on pure placements, since the walk is the same discounted shortest path."""
    for zero_sum in (False, True):
        seen = values_of_targets(zero_sum=zero_sum)
        decided = values_of_targets(zero_sum=zero_sum, observation="policy")
        assert seen == [pytest.approx(pair) for pair in decided]
        if zero_sum:
            assert all(mine == pytest.approx(-theirs) for mine, theirs in seen)


def test_a_mixed_placement_is_worth_the_mean_where_it_is_seen() -> None:
    game = security_grid(**SMALL)
    pure = np.array(values_of_targets())
    assert at_deploy(game, [0.3, 0.7]) == pytest.approx(tuple(0.7 * pure[0] + 0.3 * pure[1]))


def test_the_mixed_optimum_of_the_zero_sum_game_makes_the_attacker_indifferent() -> None:
    """With values u and w: guard the first with u / (u + w), worth u w / (u + w) to the attacker."""
    game = security_grid(**SMALL, zero_sum=True, observation="policy")
    (_, u), (_, w) = values_of_targets(zero_sum=True)
    result = solve(game, "commitment")
    assert result.status is Status.OPTIMAL
    assert result.leader_value == pytest.approx(-u * w / (u + w))


def test_the_horizon_ends_walks_that_take_longer() -> None:
    far = {**SMALL, "horizon": 1, "zero_sum": True}
    for observation in ("placement", "policy"):
        game = security_grid(**far, observation=observation)
        reach = [pair[1] for pair in values_of_targets(**far, observation=observation)]
        assert min(reach) == 0.0  # at most one target is a neighbour of the corner
        assert game.num_states < 6


def test_wind_moves_the_attacker_and_probabilities_stay_right() -> None:
    game = security_grid(**SMALL, wind=0.2)
    row = game.row(1, 0, game.follower_actions[1].index("down"))
    shares = sorted(game.probabilities[game.indptr[row] : game.indptr[row + 1]])
    assert shares == pytest.approx([0.05, 0.1, 0.85])  # right; up and left, into walls; down
    calm, windy = (at_deploy(security_grid(**SMALL, wind=wind, observation="policy"), [1, 0])[1] for wind in (0.0, 0.2))
    assert 0.8 * calm < windy < calm


def test_the_placement_game_has_its_exact_answer() -> None:
    """A placement that is seen: the best of the pure ones, proven."""
    game = security_grid(**SMALL, penalty=0.5)
    result = solve(game, "commitment", time_limit=60.0)
    assert result.status is Status.OPTIMAL
    assert result.leader_value == pytest.approx(max(mine for mine, _ in values_of_targets()))


def test_the_default_is_the_game_of_the_paper_and_can_be_evaluated_and_bounded() -> None:
    game = security_grid(zero_sum=True)
    assert len(game.leader_actions[0]) == 10  # 2 of 5
    result = solve(game, "commitment", time_limit=10.0, guarantee=False, check=False)
    uniform = best_response(game, LeaderPolicy.uniform(game)).leader_values[0]
    assert uniform <= result.leader_value <= result.dual_bound < 0.0


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": 1},
        {"targets": 9},
        {"targets": 0},
        {"defenders": 3},
        {"horizon": 0},
        {"wind": -0.1},
        {"penalty": -1.0},
        {"observation": "nothing"},
    ],
)
def test_wrong_arguments_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match=next(iter(wrong))):
        security_grid(**{**SMALL, **wrong})
