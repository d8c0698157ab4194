"""The follower's ties, judged in fractions: knife edges where floating point cannot see on which side it is."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from ssg_mip import verify
from ssg_mip.base.status import Status, Termination
from ssg_mip.base.tolerances import DEFAULT_TOLERANCES
from ssg_mip.checker.rational import ExactGame, Process, induce, policy_rows
from ssg_mip.checker.response import FollowerView, exactly_tied, loss_bound, rule_values, tie_judgements, view_follower
from ssg_mip.checker.tie_scale import tie_thresholds
from ssg_mip.checker.values import Interval, value_intervals
from ssg_mip.evaluation.best_response import best_response
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.problem.evaluated_policy import EvaluatedPolicy
from ssg_mip.result import TrajectoryPoint
from ssg_mip.runs.conclusion import Conclusion
from tests.oracles.games import plain_from_arrays, random_game, static_game
from tests.oracles.known import figure_1
from tests.unit.questions import asked


def view(game: Game, policy: LeaderPolicy) -> tuple[Process, Process, FollowerView]:
    exact = ExactGame.of(game)
    leader, follower = induce(exact, policy_rows(game, policy))
    return leader, follower, view_follower(follower, tie_thresholds(game, DEFAULT_TOLERANCES))


def test_a_tie_of_dyadic_numbers_is_exact() -> None:
    """The uniform row of matching pennies: both columns are worth 1/2 to the last digit."""
    game = static_game([[2, 4], [1, 3]], [[1, 0], [0, 1]]).to_game()
    _, _, found = view(game, LeaderPolicy.uniform(game))
    assert exactly_tied(found)[0] == (0, 1)
    assert found.shortfalls == (Interval.point(Fraction(0)),) * 2


def test_a_tie_of_decimals_is_not_exact_but_within_the_tolerance() -> None:
    """0.1 + 0.2 against 0.3: tied by the rule, apart by the exact difference of the stored floats."""
    game = static_game([[1, 0], [1, 0]], [[2 * 0.1, 2 * 0.3], [2 * 0.2, 0.0]]).to_game()
    _, follower, found = view(game, LeaderPolicy.uniform(game))
    apart = abs(Fraction(0.1) + Fraction(0.2) - Fraction(0.3))
    assert sorted(one.upper for one in found.shortfalls) == [0, apart]
    assert apart > 0
    assert found.tied == ((0, 1),)
    worse = next(slot for slot in range(2) if found.shortfalls[slot].upper > 0)
    assert loss_bound(found, value_intervals(follower, (worse,))) == apart
    assert exactly_tied(found)[0] == (1 - worse,)


def test_the_threat_at_its_edge_is_a_tie_of_the_tolerance() -> None:
    """Fig. 1 with y = 10/9: the float 0.9 times the float 10/9 is not 1, and the strong value needs the tie."""
    game = figure_1(1.0, 10 / 9).to_game()
    leader, _, found = view(game, LeaderPolicy.deterministic(game, (0, 1)))
    (tied,) = tie_judgements(found)
    assert tied[0] == (0, 1)
    assert found.shortfalls[0] != found.shortfalls[1]
    strong = rule_values(leader, tied, "leader")
    weak = rule_values(leader, tied, "adverse")
    assert [float(value.lower) for value in strong] == pytest.approx([10.0, 9.0])
    assert [value.upper for value in weak] == [0, 0]


def test_an_action_at_the_edge_of_the_tolerance_may_be_judged_both_ways() -> None:
    """A shortfall equal to the tie threshold: two honest outcomes, and each of them is accepted."""
    edge = DEFAULT_TOLERANCES.tie
    game = static_game([[1, 5, 0]], [[1.0, 1.0 - edge, 0.0]]).to_game()
    leader, _, found = view(game, LeaderPolicy.uniform(game))
    outcomes = [rule_values(leader, tied, "leader")[0] for tied in tie_judgements(found)]
    assert outcomes == [Interval.point(Fraction(1)), Interval.point(Fraction(5))]


def test_many_doubtful_ties_are_judged_by_a_common_threshold() -> None:
    """Seven actions at the edge: eight nested sets rather than 128; six are judged in every combination."""
    edge = DEFAULT_TOLERANCES.tie
    for doubts, judgements in ((6, 64), (7, 8)):
        game = static_game([[*range(1, doubts + 2), 0]], [[1.0, *[1.0 - edge] * doubts, 0.0]]).to_game()
        _, _, found = view(game, LeaderPolicy.uniform(game))
        assert len(tie_judgements(found)) == judgements


@pytest.mark.parametrize("discount", [0.0, 0.9, 0.99, 0.999])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_knife_edges_far_apart_in_size_pass_and_small_errors_do_not(discount: float, scale: float) -> None:
    """Decimal rewards over six orders of magnitude, discounts up to 0.999, ties in half the states."""
    rng = np.random.default_rng(5)
    plain = random_game(
        rng, leader_counts=[2] * 4, follower_counts=[2] * 4, leader_discount=discount, follower_discount=discount
    )
    twins = tuple(np.round(block, 1) * scale for block in plain.follower_reward)
    for block, moves in zip(twins[:2], plain.transition[:2], strict=True):
        block[:, 1] = block[:, 0]
        moves[:, 1] = moves[:, 0]
    sizes = (1e-3, 1.0, 1e3, 1.0)
    leader = tuple(np.round(block, 1) * size for block, size in zip(plain.leader_reward, sizes, strict=True))
    game = plain.replace(follower_reward=twins, leader_reward=leader).to_game()
    policy = LeaderPolicy.random(game, rng)
    for ties in ("leader", "first", "adverse"):
        response = best_response(game, policy, ties)  # type: ignore[arg-type]
        value = float(game.initial @ response.leader_values)
        point = TrajectoryPoint(
            iteration=0, leader_values=response.leader_values, leader_value=value, leader_policy=policy
        )
        conclusion = Conclusion(
            method="commitment",
            status=Status.FEASIBLE,
            termination=Termination.TIME_LIMIT,
            dual_bound=value + 1.0,
            found=EvaluatedPolicy(policy, response),
            trajectory=(point,),
            counts={},
        )
        result = conclusion.result(*asked(game, ties=ties))
        data = result.to_dict()
        assert verify(game, data).failed == ()
        data["leader_values"]["s0"] += 1e-7 * max(1.0, float(np.abs(response.leader_values).max()))
        assert [check.name for check in verify(game, data).failed] == ["leader_values"]


def test_two_policies_with_the_same_values_are_both_best() -> None:
    """A follower with one payoff everywhere is indifferent in every state, exactly."""
    game = plain_from_arrays(
        [[[[0.5, 0.5]] * 3] * 2] * 2,
        [[[1, 2, 3]] * 2] * 2,
        [[[0.1, 0.1, 0.1]] * 2] * 2,
        leader_discount=0.9,
        follower_discount=0.9,
    ).to_game()
    _, follower, found = view(game, LeaderPolicy.uniform(game))
    assert exactly_tied(found) == ((0, 1, 2), (3, 4, 5))
    assert loss_bound(found, value_intervals(follower, (2, 4))) == 0
