"""Commitments that work whatever the follower does with ties, and proofs that there is none near."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from ssg_mip import best_response, solve
from ssg_mip.base.deadline import Deadline
from ssg_mip.checker.impossible import EVERYWHERE, _influence, prove_impossible
from ssg_mip.checker.rational import ExactGame, induce, policy_rows
from ssg_mip.checker.secured_value import certify_margin
from ssg_mip.checker.values import exact_values
from ssg_mip.errors import OptionError
from ssg_mip.game.game import Game
from ssg_mip.game.policy import FollowerPolicy, LeaderPolicy
from ssg_mip.lp.highs import OneShotLp
from ssg_mip.lp.interface import LinearProgram, LpAnswer
from ssg_mip.methods.secure_commitment import find_guaranteed
from tests.oracles.games import agreement_game, plain_from_arrays, static_game
from tests.oracles.known import STATIC, figure_1

THREAT = (0, 1)
"""Fig. 1: reward in the first state, punish in the second."""


def test_the_strong_threat_of_figure_1_secures_10_and_9_as_it_is() -> None:
    """y = 2: leaving is worse by 0.8; in the punishing state both answers are the same, which harms nobody."""
    game = figure_1(1.0, 2.0).to_game()
    found = find_guaranteed(game, LeaderPolicy.deterministic(game, THREAT))
    assert found.certificate is not None
    assert found.distance == 0.0
    assert [float(value.lower) for value in found.certificate.leader_values] == pytest.approx([10.0, 9.0])
    assert float(found.certificate.margin or 0) == pytest.approx(0.8)
    assert found.certificate.close == ((0,), (0, 1))
    assert not found.certificate.unique
    assert found.certificate.safe
    assert "do the leader no harm" in found.statement


@pytest.mark.parametrize("policy", [(0, 1), (1, 0)])
def test_at_the_tie_of_figure_1_none_exists_near(policy: tuple[int, int]) -> None:
    """gamma_B y = x: every deviation weakens a threat that is just strong enough, and the checker proves it."""
    game = figure_1(1.0, 10 / 9).to_game()
    found = find_guaranteed(game, LeaderPolicy.deterministic(game, policy))
    assert found.certificate is None
    assert found.impossibility is not None
    assert found.impossibility.state == ("s0", "s1")[policy[0]]
    assert found.impossibility.action == "b1"
    assert 0 < found.impossibility.radius < EVERYWHERE
    assert found.impossibility.advantage < Fraction(found.margin)
    assert "none exists near" in found.statement


def advantage(game: Game, policy: LeaderPolicy, response: tuple[int, int], state: int, action: int) -> Fraction:
    """``q(s, g(s)) - q(s, b)`` under a fixed response, in fractions, by definition."""
    _, follower = induce(ExactGame.of(game), policy_rows(game, policy))
    slots = [first + answer for first, answer in zip(follower.offsets, response, strict=False)]
    values = exact_values(follower, slots)
    mine, other = follower.action_values(values, (slots[state], follower.offsets[state] + action))
    return mine - other


@pytest.mark.parametrize(("x", "y"), [(1.0, 10 / 9), (0.9, 1.0), (0.9, 0.95)])
def test_what_is_proven_impossible_does_not_happen(x: float, y: float) -> None:
    """200 policies inside the radius, corners among them: none gives the response more than the policy does."""
    game = figure_1(x, y).to_game()
    policy, response = LeaderPolicy.deterministic(game, THREAT), (0, 0)
    proof = prove_impossible(game, policy, FollowerPolicy(np.array(response)), 1e-3)
    assert proof is not None
    state, action = game.state_index(proof.state), game.follower_actions[0].index(proof.action)
    assert proof.advantage == advantage(game, policy, response, state, action)
    rng = np.random.default_rng(0)
    half = float(proof.radius) / 2
    moves = [(half, 0.0), (0.0, half), (half, half), *(rng.random((197, 2)) * half).tolist()]
    for first, second in moves:
        near = LeaderPolicy(np.array([[1 - first, first], [second, 1 - second]]))
        assert advantage(game, near, response, state, action) <= proof.advantage


def test_a_strict_response_is_never_called_impossible() -> None:
    """A policy that gives its response the margin already is no candidate for a proof."""
    game = figure_1(1.0, 2.0).to_game()
    policy = LeaderPolicy.deterministic(game, (0, 0))
    leave = best_response(game, policy).follower_policy
    margin = certify_margin(game, policy, 1e-6).margin
    assert margin is not None
    assert prove_impossible(game, policy, leave, float(margin) / 2) is None


def test_nothing_is_proven_about_mixed_policies() -> None:
    """Matching pennies: moving from the uniform row makes either column better, so there is nothing to prove."""
    game = static_game([[1, 0], [0, 1]], [[1, 0], [0, 1]]).to_game()
    for action in range(2):
        assert prove_impossible(game, LeaderPolicy.uniform(game), FollowerPolicy(np.array([action])), 1e-3) is None


def test_the_first_order_model_is_the_derivative() -> None:
    """``L``'s influence vector against ``gamma (P_g - P_b)(I - gamma P)^-1`` in floating point."""
    for index in range(6):
        game = agreement_game(31, index).to_game()
        _, follower = induce(ExactGame.of(game), policy_rows(game, LeaderPolicy.uniform(game)))
        kernel = np.zeros((len(follower.kernel), game.num_states))
        for slot, row in enumerate(follower.kernel):
            kernel[slot, list(row.places)] = [numerator / row.total for numerator in row.numerators]
        chosen = list(follower.offsets[:-1])
        gamma = float(follower.discount)
        other = follower.offsets[1] - 1
        inverse = np.linalg.inv(np.eye(game.num_states) - gamma * kernel[chosen])
        due = gamma * (kernel[0] - kernel[other]) @ inverse
        assert [float(x) for x in _influence(follower, chosen, 0, other)] == pytest.approx(due.tolist(), abs=1e-12)


def test_twin_actions_are_told_apart_nowhere() -> None:
    """Two follower actions with the same payoff and moves to the follower, one of them bad for the leader."""
    game = static_game([[5, 0], [5, 0]], [[1, 1], [0.1, 0.1]]).to_game()
    found = find_guaranteed(game, LeaderPolicy.uniform(game))
    assert found.certificate is None
    assert found.impossibility is not None
    assert found.impossibility.radius == EVERYWHERE
    assert str(found.impossibility).startswith("no policy lets")


@pytest.mark.parametrize("case", STATIC, ids=lambda case: case.name)
def test_static_optima_have_a_guaranteed_policy_beside_them(case: object) -> None:
    """Every optimum of the literature's matrix games is the limit of commitments with a strict response."""
    game = static_game(case.leader, case.follower).to_game()  # type: ignore[attr-defined]
    optimum = solve(game, method="commitment").leader_policy
    assert optimum is not None
    found = find_guaranteed(game, optimum)
    assert found.certificate is not None
    assert found.secured is not None
    assert found.certificate.unique
    assert float(found.secured.lower) == pytest.approx(case.mixed, abs=1e-4)  # type: ignore[attr-defined]
    assert_secured(game, found.certificate.policy, float(found.secured.lower), found.margin)


def assert_secured(game: Game, policy: LeaderPolicy, secured: float, margin: float) -> None:
    """Every tie rule gives what is secured, and no other action is within half the margin."""
    for ties in ("leader", "first", "adverse"):
        response = best_response(game, policy, ties)  # type: ignore[arg-type]
        assert float(game.initial @ response.leader_values) == pytest.approx(secured, abs=1e-8)
        assert response.margin > margin / 2


def test_optima_of_random_games_have_one_nearly_always() -> None:
    """30 seeded games: at most two without, and each guarantee holds under every tie rule and costs next to nothing."""
    without = 0
    for index in range(30):
        game = agreement_game(21, index).to_game()
        result = solve(game, method="commitment", node_limit=20)
        assert result.leader_policy is not None
        found = find_guaranteed(game, result.leader_policy)
        if found.secured is None or found.certificate is None:
            without += 1
            continue
        assert_secured(game, found.certificate.policy, float(found.secured.lower), found.margin)
        assert float(found.secured.lower) >= result.leader_value - 1e-3 * (1.0 + abs(result.leader_value))
    assert without <= 2


def test_the_secured_value_is_the_worst_over_close_actions() -> None:
    """A wide margin lets the follower pick the leader's worst action: the certificate says what is left."""
    game = static_game([[5, 1, 0]], [[1.0, 0.9, 0.0]]).to_game()
    wide = certify_margin(game, LeaderPolicy.uniform(game), 0.5)
    assert wide.close == ((0, 1),)
    assert wide.margin == 1
    assert wide.secured(np.ones(1)).lower == 1
    assert wide.tie_loss == 4
    assert not wide.safe
    narrow = certify_margin(game, LeaderPolicy.uniform(game), 0.05)
    assert narrow.unique
    assert narrow.margin == 1 - Fraction(0.9)
    assert certify_margin(game, LeaderPolicy.uniform(game), 1 - 0.9).unique
    assert not certify_margin(game, LeaderPolicy.uniform(game), np.nextafter(1 - 0.9, 1.0)).unique
    assert narrow.allows(FollowerPolicy(np.array([0])))
    assert not narrow.allows(FollowerPolicy(np.array([1])))


def test_the_secured_value_is_about_the_weights_of_the_result_to_the_last_bit() -> None:
    """Weights that a division has brought to one are not divided again: their sum in floats need not be one."""
    plain = plain_from_arrays(
        [[[[1.0, 0.0, 0.0]]], [[[0.0, 1.0, 0.0]]], [[[0.0, 0.0, 1.0]]]],
        [[[1000.0]], [[1.0]], [[-0.1]]],
        [[[0.0]]] * 3,
        leader_discount=0.999,
        follower_discount=0.0,
        initial=[0.20000000000000004, 0.7000000000000001, 0.10000000000000002],
    )
    result = solve(plain.to_game(), method="commitment")
    assert float(np.sum(result.weights)) != 1.0
    assert result.guaranteed is not None
    assert result.guaranteed.secured == result.check.leader_value


def test_a_follower_without_a_choice_is_no_difficulty() -> None:
    game = plain_from_arrays([[[[1.0]]]], [[[2.0]]], [[[1.0]]], leader_discount=0.5, follower_discount=0.5).to_game()
    found = find_guaranteed(game, LeaderPolicy.uniform(game))
    assert found.secured is not None
    assert found.secured.lower == 4
    assert found.statement == "a policy 0 away secures 4: its response is the only best one"


def test_margins_and_radii_out_of_range_are_refused() -> None:
    game = figure_1(1.0, 2.0).to_game()
    for change in ({"margin": 0.0}, {"margin": -1.0}, {"radius": 0.0}, {"radius": 2.0}):
        with pytest.raises(OptionError, match="margin"):
            find_guaranteed(game, LeaderPolicy.uniform(game), **change)  # type: ignore[arg-type]


def test_none_found_is_said_as_such() -> None:
    """A margin that no policy reaches, at a mixed policy about which nothing is proven."""
    game = static_game([[2, 4], [1, 3]], [[1, 0], [0, 1]]).to_game()
    found = find_guaranteed(game, LeaderPolicy.uniform(game), margin=0.9)
    assert found.certificate is None
    assert found.impossibility is None
    assert found.statement.startswith("none was found")


def test_a_search_without_time_says_so_and_judges_the_policy_itself() -> None:
    """An expired budget: what needs a move is not found, what needs none is."""
    case = STATIC[0]
    game = static_game(case.leader, case.follower).to_game()
    optimum = solve(game, method="commitment").leader_policy
    assert optimum is not None
    found = find_guaranteed(game, optimum, deadline=Deadline(0.0))
    assert best_response(game, optimum).tied_states.any()
    assert found.certificate is None
    assert found.statement.startswith("none was found in the time for it")
    strict = find_guaranteed(figure_1(1.0, 2.0).to_game(), LeaderPolicy(np.eye(2)), deadline=Deadline(0.0))
    assert strict.distance == 0.0


def test_every_linear_program_of_the_search_gets_the_time_that_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """A large program may not outlast the deadline of the search."""
    given: list[float] = []
    solve_lp = OneShotLp.solve

    def recording(lp: OneShotLp, program: LinearProgram, *, time_limit: float = np.inf) -> LpAnswer:
        given.append(time_limit)
        return solve_lp(lp, program, time_limit=time_limit)

    case = STATIC[0]
    game = static_game(case.leader, case.follower).to_game()
    optimum = solve(game, method="commitment", guarantee=False).leader_policy
    assert optimum is not None
    monkeypatch.setattr(OneShotLp, "solve", recording)
    assert find_guaranteed(game, optimum, deadline=Deadline(60.0)).certificate is not None
    assert given
    assert all(0.0 < seconds < 60.0 for seconds in given)
    assert given == sorted(given, reverse=True)
