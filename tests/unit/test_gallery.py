"""The games of the gallery: what their stories say is what their solutions do."""

from __future__ import annotations

import pytest

from models import epidemic, green_security, principal_agent, ransomware, shop, supply_chain, tolls
from ssg_mip import Game, LeaderPolicy, Result, best_response, solve


def solved(game: Game) -> tuple[Result, dict[str, dict[str, float]], dict[str, str]]:
    """The optimum, and what both players do."""
    result = solve(game, "commitment", gap=1e-6)
    assert result.leader_policy is not None
    assert result.follower_policy is not None
    assert result.check.passed
    return result, result.leader_policy.to_names(game), result.follower_policy.to_names(game)


def worth(game: Game, action: str) -> float:
    """What the leader gets by one action everywhere, the first where a state has it not."""
    chosen = [names.index(action) if action in names else 0 for names in game.leader_actions]
    return float(game.initial @ best_response(game, LeaderPolicy.deterministic(game, chosen)).leader_values)


@pytest.mark.parametrize("bonus", [5.0, 4.0])
def test_the_worker_is_paid_so_that_hard_work_is_just_worth_it(bonus: float) -> None:
    """By hand: gamma p b (.9 - .6) = .5 makes him indifferent, and a project earns .9 (6 - p b) a step later."""
    game = principal_agent.build(bonus=bonus)
    result, plays, answers = solved(game)
    chance = 0.5 / (0.9 * bonus * 0.3)
    assert plays["well"]["bonus"] == pytest.approx(chance, abs=1e-6)
    assert plays["badly"]["bonus"] == pytest.approx(0.0, abs=1e-9)
    assert answers["start"] == "hard"
    assert result.leader_value == pytest.approx(0.9 * 0.9 * (6.0 - chance * bonus) / (1.0 - 0.81), abs=1e-5)


def test_motorways_are_tolled_until_the_driver_is_indifferent() -> None:
    """The bridge takes 5 minutes and the ferry 9: a toll of 6 in two of three cases is 4 more."""
    result, plays, answers = solved(tolls.build())
    assert plays["east"]["ask the toll"] == pytest.approx(2.0 / 3.0, abs=1e-6)
    assert (answers["home"], answers["north"]) == ("motorway north", "tunnel")
    assert result.leader_value > max(worth(tolls.build(), gate) for gate in ("ask the toll", "let pass")) + 1.0


def test_rangers_mix_where_animals_are() -> None:
    game = green_security.build()
    result, plays, _ = solved(game)
    assert 0.05 < plays["river rich, plain rich"]["patrol plain"] < 0.95
    assert result.leader_value > max(worth(game, f"patrol {area}") for area in green_security.AREAS) + 1.0


def test_an_intruder_who_is_certainly_caught_stays_away() -> None:
    """With a sure and dear punishment nothing is poached: both areas stay rich, worth 5 a week."""
    result, _, answers = solved(green_security.build(capture=1.0, fine=10.0))
    assert answers["river rich, plain rich"] == "stay away"
    assert result.leader_value == pytest.approx(5.0 / (1.0 - 0.9), abs=1e-6)


def test_the_firm_baits_the_intruder_into_the_open() -> None:
    game = ransomware.build()
    result, plays, answers = solved(game)
    assert answers["foothold"] == "spread"
    assert 0.5 < plays["foothold"]["inspect"] < 1.0
    assert plays["deep"]["inspect"] == pytest.approx(0.0, abs=1e-9)
    assert result.leader_value > max(worth(game, act) for act in ("inspect", "trust")) + 0.5


def test_the_user_is_led_to_loyalty_and_then_pays() -> None:
    game = shop.build()
    result, plays, answers = solved(game)
    assert set(answers.values()) == {"buy"}
    assert plays["new"]["bonus"] > plays["regular"]["bonus"] > plays["loyal"]["bonus"]
    assert result.leader_value > max(worth(game, act) for act in ("bonus", "advertise", "plain")) + 1.0


def test_tests_are_as_rare_as_caution_allows() -> None:
    game = epidemic.build()
    result, plays, answers = solved(game)
    assert (answers["few"], answers["some"], answers["many"]) == ("meet", "keep distance", "keep distance")
    assert plays["few"]["test"] == pytest.approx(0.0, abs=1e-9)
    assert 0.5 < plays["some"]["test"] < 0.95
    assert result.leader_value > max(worth(game, act) for act in ("test", "rely on people")) + 0.1


def test_the_maker_keeps_the_shelves_full() -> None:
    game = supply_chain.build()
    result, plays, answers = solved(game)
    assert answers["stock 0"] == "order 2"
    assert 0.05 < plays["stock 1"]["middle"] < 0.95
    assert result.leader_value > max(worth(game, price) for price in supply_chain.PRICES) + 1.0
