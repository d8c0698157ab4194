"""One policy for several types of the follower: known games, other solvers, and what is told of every type."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ssg_mip import Game, LeaderPolicy, bayesian, best_response, finite_horizon
from ssg_mip.base.status import Status
from ssg_mip.checker.dual.replay import verify_bound
from ssg_mip.errors import OptionError
from ssg_mip.problem.follower_types import FollowerTypes
from ssg_mip.problem.problem import Problem
from ssg_mip.proofs.writer import Recorder
from tests.oracles.brute_force import solve_whole
from tests.oracles.games import PlainGame, random_game
from tests.unit.questions import answered

GAP = 1e-4
KNOWN = json.loads((Path(__file__).parents[1] / "exact" / "data" / "bayesian_games.json").read_text(encoding="utf-8"))[
    "games"
]


def static(leader: Any, follower: Any, **options: Any) -> Game:
    leader = np.array(leader, dtype=float)
    discounts = {"leader_discount": 0.0, "follower_discount": 0.0, **options}
    return Game.from_arrays(np.ones((1, *leader.shape, 1)), leader[None], np.array(follower)[None], **discounts)


def plain(seed: int, **options: Any) -> PlainGame:
    rng = np.random.default_rng([43, seed])
    asked = {"leader_counts": [2, 2], "follower_counts": [2, 2], "leader_discount": 0.8, "follower_discount": 0.7}
    return random_game(rng, **{**asked, **options})


def of_discount(game: PlainGame, discount: float) -> Game:
    return game.to_game().replace(follower_discount=discount)


def moved_by_leader(seed: int, discount: float) -> Game:
    game = plain(seed)
    blocks = tuple(np.repeat(block[:, :1], block.shape[1], axis=1) for block in game.transition)
    return game.replace(transition=blocks, follower_discount=discount).to_game()


@pytest.mark.parametrize("index", range(len(KNOWN)))
def test_known_games_of_dobss(index: int) -> None:
    """Paruchuri et al. 2008; one of them is worth 1.1595 to methods that let answers mix."""
    one = KNOWN[index]
    pairs = zip(one["leader_payoffs"], one["follower_payoffs"], strict=True)
    problem = bayesian({f"k{k}": static(*pair) for k, pair in enumerate(pairs)}, one["prior"])
    result = answered(problem, gap=1e-6)
    known = one["checked"]
    assert result.status is Status.OPTIMAL
    assert result.leader_value == pytest.approx(known["leader_value"], abs=1e-6)
    assert result.dual_bound == pytest.approx(known["leader_value"], abs=1e-5)
    played = list(result.details["policy_by_label"]["s0"].values())
    assert played == pytest.approx(known["leader_strategy"], abs=1e-6)
    answers = [told["answers"]["s0"] for told in result.details["types"].values()]
    assert answers == [f"b{b}" for b in known["follower_actions"]]


@pytest.mark.parametrize("seed", range(3))
def test_scip_agrees_and_what_is_told_of_the_types_adds_up(seed: int) -> None:
    types = {"thief": plain(2 * seed), "guest": plain(2 * seed + 1)}
    prior = {"guest": 0.6, "thief": 0.4}
    problem = bayesian({name: game.to_game() for name, game in types.items()}, prior)
    result = answered(problem, gap=GAP)
    value, bound = solve_whole(_plain_product(types, [0.4, 0.6]), gap=GAP, alike=[(0, 2), (1, 3)])
    assert result.status is Status.OPTIMAL
    assert result.leader_value <= bound + 1e-6
    assert value <= result.dual_bound + 1e-6
    told = result.details["types"]
    assert sum(one["prior"] * one["leader_value"] for one in told.values()) == pytest.approx(result.leader_value)
    policy = result.details["policy_by_label"]
    for name, game in types.items():
        own = game.to_game()
        response = best_response(own, LeaderPolicy.from_names(own, policy))
        assert response.follower_policy.to_names(own) == told[name]["answers"]
        assert list(told[name]["leader_values"].values()) == pytest.approx(response.leader_values.tolist())
        assert list(told[name]["follower_values"].values()) == pytest.approx(response.follower_values.tolist())


def _plain_product(types: dict[str, PlainGame], prior: list[float]) -> PlainGame:
    first, second = types.values()
    none = [np.zeros(block.shape) for block in first.transition]
    pad = [np.concatenate(pair, axis=2) for pair in zip(first.transition, none, strict=True)]
    other = [np.concatenate(pair, axis=2) for pair in zip(none, second.transition, strict=True)]
    return first.replace(
        transition=(*pad, *other),
        leader_reward=(*first.leader_reward, *second.leader_reward),
        follower_reward=(*first.follower_reward, *second.follower_reward),
        initial=np.concatenate((prior[0] * first.initial, prior[1] * second.initial)),
    )


def test_a_single_type_is_the_game_itself() -> None:
    game = plain(7).to_game()
    alone, plainly = answered(bayesian({"one": game}, [1.0]), gap=GAP), answered(Problem(game), gap=GAP)
    assert alone.leader_value == pytest.approx(plainly.leader_value, abs=2.0 * GAP * alone.gap_scale)


def test_not_knowing_the_type_costs_the_leader() -> None:
    """At most the mean of what he could have against each type alone, and less in general."""
    games = [plain(seed).to_game() for seed in (11, 12)]
    known = [answered(Problem(game), gap=GAP).dual_bound for game in games]
    result = answered(bayesian({"a": games[0], "b": games[1]}, [0.5, 0.5]), gap=GAP)
    assert result.leader_value < 0.5 * sum(known) - 0.01


def test_types_may_list_states_and_actions_in_another_order() -> None:
    game = plain(5).to_game()
    backwards = _mirrored(plain(5))
    problem = bayesian({"a": game, "b": backwards}, [0.5, 0.5])
    result = answered(problem, gap=GAP)
    single = answered(Problem(game), gap=GAP)
    assert result.leader_value == pytest.approx(single.leader_value, abs=2.0 * GAP * single.gap_scale)
    told = result.details["types"]
    assert told["a"]["answers"] == told["b"]["answers"]


def _mirrored(game: PlainGame) -> Game:
    """The same game with states and leader actions from the last to the first."""
    turned = game.replace(
        transition=tuple(block[::-1, :, ::-1] for block in game.transition[::-1]),
        leader_reward=tuple(block[::-1] for block in game.leader_reward[::-1]),
        follower_reward=tuple(block[::-1] for block in game.follower_reward[::-1]),
        initial=game.initial[::-1],
    ).to_game()
    return turned.replace(state_names=("s1", "s0"), leader_actions=(("a1", "a0"),) * 2)


def test_the_leader_may_see_less_than_the_state_as_well() -> None:
    games = {"a": plain(1).to_game(), "b": plain(2).to_game()}
    result = answered(bayesian(games, [0.5, 0.5]).observe({"s0": "night", "s1": "night"}), gap=GAP)
    assert result.status is Status.OPTIMAL
    assert result.leader_policy is not None
    assert list(result.details["policy_by_label"]) == ["night"]
    assert np.array_equal(result.leader_policy.probabilities, np.tile(result.leader_policy.probabilities[0], (4, 1)))


def test_discounts_of_types_that_decide_nothing_about_the_way_are_free() -> None:
    """Answers are those under each type's own discount, and its values are told by it."""
    games = {"hasty": moved_by_leader(1, 0.2), "patient": moved_by_leader(2, 0.95)}
    result = answered(bayesian(games, [0.3, 0.7]), gap=GAP)
    told = result.details["types"]
    for name, game in games.items():
        response = best_response(game, LeaderPolicy.from_names(game, result.details["policy_by_label"]))
        assert response.follower_policy.to_names(game) == told[name]["answers"]
        assert told[name]["follower_value"] == pytest.approx(float(game.initial @ response.follower_values))


def test_one_type_that_decides_about_the_way_sets_the_discount() -> None:
    problem = bayesian({"free": moved_by_leader(1, 0.2), "bound": of_discount(plain(3), 0.6)}, [0.5, 0.5])
    assert problem.game.follower_discount == 0.6


GAME = plain(1).to_game()


@pytest.mark.parametrize(
    ("types", "prior", "words"),
    [
        ({}, [], "types is empty"),
        ({"a": 3}, [1.0], r"types\[a\] is 3; it must be a Game"),
        ([GAME], [1.0], "types is .*; it must be {type: game}"),
        ({"a": GAME, "b": GAME}, [1.0], "prior holds 1 chances; there are 2 types: a, b"),
        ({"a": GAME, "b": GAME}, [0.5, 0.6], "prior sums to 1.1; it must sum to 1"),
        ({"a": GAME, "b": GAME}, [1.0, 0.0], r"prior\[b\] is 0.0; it must be a number above 0"),
        ({"a": GAME, "b": GAME}, {"a": 0.5, "c": 0.5}, "prior does not have the type 'b'"),
        ({"a": GAME}, {"a": 0.5, "c": 0.5}, "types does not have the type 'c'"),
        ({"a": GAME}, "half", "prior is 'half'; it must be {type: chance}"),
        ({"a": GAME, "b": GAME.replace(leader_discount=0.5)}, [0.5, 0.5], "leader's discount is 0.8 under type 'a'"),
        ({"a": GAME, "b": GAME.replace(follower_discount=0.9)}, [0.5, 0.5], "a has 0.7, b has 0.9, .* leader.s is 0.8"),
        ({"a": GAME, "b": GAME.replace(follower_discount=0.0)}, [0.5, 0.5], "follower differ: a has 0.7, b has 0.0"),
        ({"a": GAME, "b": GAME.replace(follower_discount=0.8)}, [0.5, 0.5], "follower differ: a has 0.7, b has 0.8"),
        (
            {"a": GAME.replace(follower_discount=0.01), "b": GAME.replace(follower_discount=0.7999)},
            [0.5, 0.5],
            "follower differ: a has 0.01, b has 0.7999",
        ),
        ({"a": GAME, "b": GAME.replace(state_names=("s0", "x"))}, [0.5, 0.5], "only one .* has a state 's1'"),
        (
            {"a": GAME, "b": GAME.replace(leader_actions=(("a0", "x"), ("a0", "a1")))},
            [0.5, 0.5],
            "in state 's0' the leader has the actions a0, a1 under type 'a' and a0, x under type 'b'",
        ),
    ],
)  # fmt: skip
def test_types_that_do_not_fit_are_refused(types: Any, prior: Any, words: str) -> None:
    with pytest.raises(OptionError, match=words):
        bayesian(types, prior)


def test_the_game_that_is_made() -> None:
    problem = bayesian({"a": GAME, "b": plain(2).to_game()}, {"b": 0.25, "a": 0.75})
    assert problem.game.state_names == ("s0 [a]", "s1 [a]", "s0 [b]", "s1 [b]")
    assert problem.game.initial[:2] == pytest.approx(0.75 * GAME.initial)
    assert isinstance(problem.origin, FollowerTypes)
    assert problem.origin.meant_by("s1") == (1, 3)
    assert problem.origin.meant_by("x") == ()


@pytest.mark.parametrize("kind", ["types", "labels", "steps"])
def test_the_certificate_of_the_made_game_replays(kind: str) -> None:
    games = {"a": plain(1).to_game(), "b": plain(4).to_game()}
    problems = {
        "types": bayesian(games, [0.5, 0.5]),
        "labels": Problem(plain(5, leader_counts=[2, 2], follower_counts=[2, 3]).to_game()).observe(
            {"s0": "fog", "s1": "fog"}
        ),
        "steps": finite_horizon(games["a"], 2, leader_discount=1.0).observe({"s0": "s0"}),
    }
    problem, recorder = problems[kind], Recorder()
    result = answered(problem, gap=1e-3, recorder=recorder)
    assert result.status is Status.OPTIMAL
    replay = verify_bound(problem.game, json.loads(json.dumps(list(recorder.lines(problem.game)))))
    assert replay.passed, replay.failed
    assert result.bound_certified
    assert len(replay.to_dict()["policy_rows"]) == len(problem.policies.rows)
    lines = json.loads(json.dumps(list(recorder.lines(problem.game))))
    lines[0]["bound"] = result.leader_value - 0.01
    assert not verify_bound(problem.game, lines).passed


DISCOUNTS = [(0.8, (0.3, 0.6)), (0.8, (0.85, 0.95, 0.9)), (0.5, (0.4, 0.1, 0.4)), (0.9, (0.95, 0.99))]


@pytest.mark.parametrize(("leader", "followers"), DISCOUNTS)
def test_discounts_of_types_are_kept_by_their_paces(leader: float, followers: tuple[float, ...]) -> None:
    """Values and answers of any policy are those of every type's own game."""
    games = {
        f"k{k}": plain(k, leader_discount=leader, follower_discount=one).to_game() for k, one in enumerate(followers)
    }
    problem, rng = bayesian(games, np.full(len(games), 1.0 / len(games))), np.random.default_rng(0)
    for _ in range(20):
        rows = rng.dirichlet(np.full(2, 0.5), 2)
        made = best_response(problem.game, LeaderPolicy(np.vstack([rows] * len(games) + [[[1.0, 0.0]]])))
        for k, game in enumerate(games.values()):
            own = best_response(game, LeaderPolicy(rows))
            states = slice(2 * k, 2 * k + 2)
            assert made.leader_values[states] == pytest.approx(own.leader_values, abs=1e-11)
            assert made.follower_values[states] == pytest.approx(own.follower_values, abs=1e-11)
            assert np.array_equal(made.follower_policy.actions[states], own.follower_policy.actions)


@pytest.mark.parametrize(("leader", "followers"), DISCOUNTS[:2])
def test_nothing_on_a_grid_is_better_where_discounts_differ(leader: float, followers: tuple[float, ...]) -> None:
    games = {
        f"k{k}": plain(20 + k, leader_discount=leader, follower_discount=one).to_game()
        for k, one in enumerate(followers)
    }
    chances = np.full(len(games), 1.0 / len(games))
    result = answered(bayesian(games, chances), gap=GAP)
    assert result.status is Status.OPTIMAL
    told = result.details["types"]
    assert sum(one["prior"] * one["leader_value"] for one in told.values()) == pytest.approx(result.leader_value)
    best = -np.inf
    for p, q in itertools.product(np.linspace(0.0, 1.0, 21), repeat=2):
        policy = LeaderPolicy(np.array([[p, 1.0 - p], [q, 1.0 - q]]))
        values = [float(game.initial @ best_response(game, policy).leader_values) for game in games.values()]
        best = max(best, float(chances @ values))
    assert best <= result.dual_bound + 1e-7
    assert result.leader_value >= best - 1e-2


def test_types_without_a_say_go_along_with_any_pace() -> None:
    games = {"free": moved_by_leader(1, 0.9), "a": of_discount(plain(2), 0.3), "b": of_discount(plain(3), 0.6)}
    problem = bayesian(games, [0.2, 0.3, 0.5])
    policy = LeaderPolicy(np.array([[0.3, 0.7], [0.6, 0.4]] * 3 + [[1.0, 0.0]]))
    made = best_response(problem.game, policy)
    own = best_response(games["free"], LeaderPolicy(policy.probabilities[:2]))
    assert made.leader_values[:2] == pytest.approx(own.leader_values)
    assert np.array_equal(made.follower_policy.actions[:2], own.follower_policy.actions)
    told = answered(problem, gap=1e-3).details["types"]
    assert set(told) == set(games)


@pytest.mark.parametrize(("seed", "known"), [(1, 1.1), (2, 0.65), (3, 1.5941176470588239)])
def test_four_types_that_are_540_actions_when_written_as_one_follower(seed: int, known: float) -> None:
    """Values by DOBSS and by one linear program for each of the 540."""
    rng, games = np.random.default_rng(seed), {}
    for k, actions in enumerate((3, 4, 9, 5)):
        leader = rng.integers(-10, 6, (4, actions)).astype(float)
        games[f"k{k}"] = static(leader, rng.integers(-10, 11, (4, actions)).astype(float))
    result = answered(bayesian(games, [0.5, 0.35, 0.05, 0.1]), gap=1e-6)
    assert result.status is Status.OPTIMAL
    assert result.leader_value == pytest.approx(known, abs=1e-9)
    assert result.dual_bound == pytest.approx(known, abs=1e-5)
    assert result.provenance.counts["lps"] <= 100


def test_rows_on_the_policy_take_the_names_of_the_types_games() -> None:
    """The policy is the same under all types, so that a row on one of their states is a row on all."""
    problem = bayesian({"a": plain(1).to_game(), "b": plain(2).to_game()}, [0.5, 0.5])
    asked = problem.require({("s0", "a0"): 1.0, ("s1", "a0"): 1.0}, "==", 0.7).at_least("s1", "a1", 0.4)
    result = answered(asked, gap=1e-3)
    policy = result.details["policy_by_label"]
    assert policy["s0"]["a0"] + policy["s1"]["a0"] == pytest.approx(0.7)
    assert policy["s1"]["a1"] >= 0.4 - 1e-8
    assert answered(problem.forbid("s0", "a1"), gap=1e-3).details["policy_by_label"]["s0"] == {"a0": 1.0, "a1": 0.0}
    few = answered(problem.at_most_actions("s1", 1), gap=1e-3).details["policy_by_label"]["s1"]
    assert sorted(few.values()) == [0.0, 1.0]
    with pytest.raises(OptionError, match="names the unknown state 's0'"):
        problem.cost({("s0", "a0", "b0"): 1.0}, at_most=1.0)
    steps = finite_horizon(GAME, 2)
    with pytest.raises(OptionError, match="names the unknown state 's0'"):
        steps.forbid("s0", "a0")
    assert steps.observe({"s0": "s0"}).forbid("s0", "a0").policies.rows
