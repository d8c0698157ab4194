"""Goals in printed results: derived again, and every number of them changed by itself."""

from __future__ import annotations

import collections
import copy
import json
from functools import cache
from typing import Any

import numpy as np
import pytest

from ssg_mip import Lexicographic, PriceOnChange, WithFollower, WorstStart, WorstType, bayesian, verify
from ssg_mip.errors import OptionError
from ssg_mip.game.game import Game
from ssg_mip.problem.problem import Problem
from tests.oracles.games import PlainGame, random_game
from tests.unit.checker.lies import Data, Path, leaf, leaves, other_values, pattern, put
from tests.unit.questions import answered

GOALS: dict[str, Any] = {
    "worst-start": lambda: Problem(game_of(0)).maximise(WorstStart(["s0", {"s0": 1, "s1": 3}])),
    "with-follower": lambda: Problem(game_of(1)).maximise(WithFollower(0.5)),
    "lexicographic": lambda: Problem(game_of(2)).maximise(Lexicographic([{"s0": 1}, {"s1": 1}], tolerance=0.1)),
    "price-per-policy": lambda: Problem(game_of(3)).maximise(
        PriceOnChange({"s0": {"a0": 0.5, "a1": 0.5}, "s1": {"a0": 1.0}}, 0.2, per="policy")
    ),
    "worst-type": lambda: bayesian({"first": game_of(4), "second": game_of(5)}, [0.5, 0.5]).maximise(WorstType()),
}

SAYS_LESS = ("goal.steps[].held_to", "goal.gap_scale")
"""Where another value may be as true: to be held to less says less, and of no gap every share is nothing."""


def game_of(seed: int) -> Game:
    plain: PlainGame = random_game(
        np.random.default_rng([91, seed]),
        leader_counts=[2, 2],
        follower_counts=[2, 2],
        leader_discount=0.7,
        follower_discount=0.5,
    )
    return plain.to_game()


@cache
def document(kind: str) -> tuple[Game, str]:
    problem: Problem = GOALS[kind]()
    return problem.game, json.dumps(answered(problem, gap=1e-4).to_dict(), allow_nan=False)


def outcome(game: Game, data: Data, path: Path, value: Any) -> str:
    changed = copy.deepcopy(data)
    put(changed, path, value)
    try:
        found = verify(game, changed)
    except OptionError:
        return "failed"
    return "passed" if found.passed else "failed"


@pytest.mark.parametrize("kind", list(GOALS))
def test_a_goal_is_derived_again_and_its_bound_is_only_claimed(kind: str) -> None:
    game, text = document(kind)
    found = verify(game, json.loads(text))
    assert found.failed == ()
    assert {"goal_value", "goal_bound", "goal_gap"} <= {check.name for check in found.checks}
    assert "goal_bound" in found.claimed


@pytest.mark.parametrize("kind", list(GOALS))
def test_every_number_of_a_goal_is_checked(kind: str) -> None:
    """Upper bounds may be raised, which says less; everything else that is changed is found."""
    game, text = document(kind)
    data = json.loads(text)
    outcomes: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for path in leaves(data["goal"], ("goal",)):
        for value in other_values(path, leaf(data, path), game):
            if path[-1] == "bound" and value is not None and value > leaf(data, path):
                continue
            outcomes[pattern(path, game)][outcome(game, data, path, value)] += 1
    assert sum(counts["failed"] for counts in outcomes.values()) > 10
    missed = [place for place, counts in outcomes.items() if counts["passed"]]
    assert [place for place in missed if not place.startswith(SAYS_LESS)] == []


@pytest.mark.parametrize(
    ("kind", "path", "change"),
    [
        ("worst-start", ("goal", "value"), 1e-6),
        ("worst-start", ("goal", "sums", 1, "value"), 1e-6),
        ("worst-start", ("goal", "bound"), -0.01),
        ("with-follower", ("goal", "value"), -1e-6),
        ("price-per-policy", ("goal", "value"), 1e-6),
        ("lexicographic", ("goal", "steps", 1, "value"), 1e-6),
        ("lexicographic", ("goal", "steps", 0, "held_to"), 0.2),
        ("lexicographic", ("goal", "steps", 0, "bound"), 0.2),
        ("lexicographic", ("goal", "steps", 1, "bound"), -0.01),
        ("worst-type", ("goal", "relative_gap"), 1e-3),
    ],
)
def test_a_forged_number_is_found(kind: str, path: Path, change: float) -> None:
    game, text = document(kind)
    data = json.loads(text)
    assert outcome(game, data, path, leaf(data, path) + change) == "failed"


def test_weights_forged_in_both_places_have_other_values() -> None:
    game, text = document("worst-start")
    data = json.loads(text)
    data["goal"]["sums"][1]["leader"] = {"s0": 0.5, "s1": 0.5}
    data["provenance"]["options"]["goal"]["leader"][1] = [0.5, 0.5]
    assert [check.name for check in verify(game, data).failed] == ["goal_value"]


def test_a_gap_that_is_open_does_not_end_a_run() -> None:
    """A bound that is far away, with the gap that follows from it, beside a termination that says it is closed."""
    game, text = document("worst-start")
    data = json.loads(text)
    data["goal"]["bound"] += 1.0
    data["goal"]["relative_gap"] = (data["goal"]["bound"] - data["goal"]["value"]) / data["goal"]["gap_scale"]
    assert [check.name for check in verify(game, data).failed] == ["goal_gap"]


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("goal", "kind"), "worst", "must be one of"),
        (("goal", "sums"), [], "needs a sum"),
        (("goal", "sums", 0, "leader", "s0"), -1.0, "negative weight"),
        (("goal", "value"), None, "exactly if there is a policy"),
        (("goal", "gap_scale"), "1", "not a finite number"),
    ],
)
def test_a_goal_that_is_none_is_no_readable_claim(path: Path, value: Any, said: str) -> None:
    game, text = document("worst-start")
    data = json.loads(text)
    put(data, path, value)
    (failed,) = verify(game, data).failed
    assert (failed.name, said in failed.detail) == ("readable", True)
