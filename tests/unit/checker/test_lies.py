"""Every leaf of what is printed, changed by itself: a failed check, a claim that is named, or a declared blind spot."""

from __future__ import annotations

import collections
import copy
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest

from ssg_mip import (
    AugmentedChebyshev,
    ConcavePieces,
    LeaderPolicy,
    Problem,
    WorstStart,
    enclose_front,
    read_instance,
    solve,
    trace_front,
    verify,
)
from ssg_mip.checker.printed_checks import UNCHECKED_FIELDS
from ssg_mip.checker.verification import Verification
from ssg_mip.errors import OptionError
from ssg_mip.game.game import Game
from tests.oracles.games import random_game, static_game
from tests.oracles.known import figure_1
from tests.unit import ROOT
from tests.unit.checker.lies import Data, Path, is_below, leaf, leaves, other_values, pattern, put

MOST_PLACES = 2
"""Leaves of one pattern that are changed in a document, at most."""

CHECKED_OPTIONS = (
    *("provenance.options.margin", "provenance.options.resolution", "provenance.options.scalarisation"),
    "provenance.options.goal",
)
"""The options that are printed elsewhere too, and must be the same there."""

TRUE_TOO = {
    "follower_policy": "another tied answer may be worth the same to both",
    "ties": "where no tie matters every rule gives the same",
    "points[].follower_policy": "as above",
    "guaranteed.follower_policy": "any answer within the margin will do",
    "points[].guaranteed.follower_policy": "as above",
    "guaranteed.margin": "a smaller margin says less",
    "points[].status": "feasible says less",
    "scalarisations[].termination": "where one state is all, the best policy is a stationary one too",
}
"""Fields in which another value may be as true as the printed one; some lie there must be found all the same."""


@cache
def games() -> dict[str, Game]:
    rng = np.random.default_rng(17)
    drawn = random_game(
        rng, leader_counts=[2, 2, 3], follower_counts=[2, 3, 2], leader_discount=0.8, follower_discount=0.6
    )
    return {
        "figure 1": figure_1(1.0, 2.0).to_game(),
        "tie": read_instance(ROOT / "instances" / "kudo_akimoto" / "fig1_tie.json"),
        "drawn": drawn.to_game(),
        "indifferent": static_game([[3.0, 0.0], [1.0, 1.0]], [[0.0, 0.0], [1.0, 0.0]], "indifferent").to_game(),
    }


def problems() -> Iterator[Problem]:
    """One with constraints of every kind that rows say, one that no policy keeps, and one with a goal of its own."""
    problem = Problem(games()["drawn"])
    yield (
        problem.require({("s0", "a0"): 1.0, ("s2", "a1"): 2.0}, ">=", 0.5, name="presence")
        .budget({("s0", "a1"): 0.5, ("s1", "a1"): 1.0}, 0.9, name="fuel")
        .forbid("s2", "a2")
        .at_least("s1", "a0", 0.1)
        .same_policy(["s0", "s1"])
        .observe({"s0": "here", "s1": "here"})
        .close_to(LeaderPolicy.uniform(problem.game), 2.5)
    )
    yield problem.at_least("s0", "a0", 0.75).at_least("s0", "a1", 0.75).forbid("s1", "a0")
    yield problem.maximise(WorstStart(["s0", {"s1": 0.5, "s2": 0.5}]))


@cache
def documents(kind: str) -> tuple[tuple[Game, str], ...]:
    """Games and what was printed about them."""
    asked: list[tuple[str, Any]] = []
    kept = Problem(games()["drawn"]).at_least("s0", "a0", 0.25).forbid("s2", "a2")
    if kind == "result":
        for method in ("policy-iteration", "commitment", "grid", "fixed-point"):
            asked += [("figure 1", {"method": method}), ("drawn", {"method": method})]
        asked += [("tie", {"method": "commitment"}), ("drawn", {"method": "commitment", "node_limit": 1})]
        asked += [("drawn", {"method": "commitment", "margin": 50.0})]
        asked += [("figure 1", {"scalarisation": AugmentedChebyshev(np.array([0.6, 0.4]), np.full(2, 10.0))})]
        asked += [("drawn", {"scalarisation": ConcavePieces(np.array([[1.0, 0.5, 0.2], [0.3, 0.4, 1.0]]))})]
        made = [(games()[name], solve(games()[name], gap=1e-3, **options).to_dict()) for name, options in asked]
        constrained = [solve(one, method="commitment", gap=1e-3) for one in problems()]
        constrained.append(solve(kept, method="commitment", gap=1e-3, price=True))
        made[1:1] = [(one.game, one.to_dict()) for one in constrained]
    elif kind == "front":
        made = [(game, trace_front(game, num_weights=4, gap=1e-3).to_dict()) for game in games().values()]
        made.append((kept.game, trace_front(kept, num_weights=3, gap=1e-3).to_dict()))
    else:
        made = [
            (games()[name], enclose_front(games()[name], resolution=0.5).to_dict())
            for name in ("tie", "drawn", "indifferent")
        ]
        made.append((kept.game, enclose_front(kept, resolution=0.5).to_dict()))
    return tuple((game, json.dumps(data, allow_nan=False)) for game, data in made)


def lies(kind: str) -> Iterator[tuple[str, Game, Data, Path, Any]]:
    """Pattern, game, document, place and other value."""
    for game, text in documents(kind):
        met: collections.Counter[str] = collections.Counter()
        data = json.loads(text)
        for path in leaves(data):
            place = pattern(path, game)
            met[place] += 1
            if met[place] <= MOST_PLACES:
                for value in other_values(path, leaf(data, path), game):
                    yield place, game, data, path, value


def is_named(found: Verification, path: Path, value: Any) -> bool:
    """Whether the field, or what it says, is named as claimed, and the whole is not called verified."""
    field = next((key for key in reversed(path) if isinstance(key, str)), "")
    return found.word != "verified" and bool({field, f"{field} {value}"} & set(found.claimed))


def outcome(game: Game, data: Data, path: Path, value: Any) -> str:
    """``failed``, ``named`` or ``passed``."""
    changed = copy.deepcopy(data)
    put(changed, path, value)
    try:
        found = verify(game, changed)
    except OptionError:
        return "failed"
    return "failed" if not found.passed else "named" if is_named(found, path, value) else "passed"


@pytest.mark.parametrize("kind", ["result", "front", "enclosure"])
def test_every_field_is_checked_or_declared_and_no_declared_one_is_checked(kind: str) -> None:
    outcomes: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for game, text in documents(kind):
        assert verify(game, json.loads(text)).failed == ()
    for place, game, data, path, value in lies(kind):
        outcomes[place][outcome(game, data, path, value)] += 1
    declared = UNCHECKED_FIELDS[kind]
    missed, needless = [], []
    for place, counts in outcomes.items():
        blind = not any(is_below(place, field) for field in CHECKED_OPTIONS) and any(
            is_below(place, field) for field in declared
        )
        excused = any(is_below(place, field) for field in TRUE_TOO) and counts["failed"]
        if counts["passed"] and not blind and not excused:
            missed.append(place)
        if blind and not counts["passed"]:
            needless.append(place)
    assert missed == []
    assert needless == []
    assert [field for field in declared if not any(is_below(place, field) for place in outcomes)] == []
    assert sum(counts["failed"] for counts in outcomes.values()) > 250


def test_the_lies_that_once_passed_are_found() -> None:
    """What a reader would believe: a distance below 0, other sentences, a certified bound that is not."""
    game, text = documents("result")[0]
    for path, value in (
        (("distance_to_bound",), -3.0),
        (("status_message",), "optimal over all policies"),
        (("termination_message",), "the method converged"),
        (("guaranteed", "statement"), "a policy 0 away secures 99: its response is the only best one"),
        (("dual_bound_scope",), "over all policies"),
        (("bound_certified",), False),
        (("game",), "another"),
        (("provenance", "method"), "commitment"),
        (("guaranteed", "distance"), 0.5),
        (("check", "verified"), True),
    ):
        assert outcome(game, json.loads(text), path, value) == "failed", path


def scalarised_document() -> tuple[Game, Data]:
    game, text = documents("result")[-2]
    data: Data = json.loads(text)
    assert data["scalarisation"]["kind"] == "augmented-chebyshev"
    return game, data


@pytest.mark.parametrize(
    ("path", "change"),
    [
        (("scalarised_value",), 1e-6),
        (("scalarised_value",), -1e-6),
        (("scalarised_bound",), -0.5),
        (("trajectory", 0, "scalarised_value"), 1e-6),
        (("trajectory", 1, "scalarised_value"), 1e-6),
        (("trajectory", 1, "scalarised_step_bound"), -0.1),
        (("scalarisation", "weights", "s0"), 1e-9),
        (("scalarisation", "reference", "s1"), 1e-9),
        (("scalarisation", "augmentation"), 1e-9),
    ],
)
def test_a_forged_scalarised_number_is_found(path: Path, change: float) -> None:
    """The value, a bound below what is attained, and the function itself, which the options repeat."""
    game, data = scalarised_document()
    assert verify(game, data).passed
    put(data, path, leaf(data, path) + change)
    assert not verify(game, data).passed


def test_a_function_forged_in_both_places_has_another_value() -> None:
    game, data = scalarised_document()
    data["scalarisation"]["reference"]["s0"] += 0.5
    data["provenance"]["options"]["scalarisation"]["reference"][0] += 0.5
    (failed,) = [check.name for check in verify(game, data).failed]
    assert failed == "scalarised_value"


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("scalarisation", "weights", "s0"), 0.0, "must be positive"),
        (("scalarisation", "augmentation"), -1e-3, "must be positive"),
        (("scalarisation", "kind"), "weighted-sum", "must be one of"),
        (("scalarised_mixture",), [1.0], "list of 2 numbers"),
        (("scalarised_mixture",), [-1.0, 2.0], "at least 0"),
        (("scalarised_value",), None, "exactly if there is a policy"),
    ],
)
def test_a_scalarisation_that_is_not_compliant_is_no_readable_claim(path: Path, value: Any, said: str) -> None:
    game, data = scalarised_document()
    put(data, path, value)
    (failed,) = verify(game, data).failed
    assert (failed.name, said in failed.detail) == ("readable", True)


@pytest.mark.parametrize("field", ["scalarisation", "scalarised_value", "scalarised_bound", "scalarised_mixture"])
def test_half_of_what_is_said_of_a_scalarisation_is_not_enough(field: str) -> None:
    game, data = scalarised_document()
    del data[field]
    assert not verify(game, data).passed


def test_a_bound_that_was_never_proven_is_named() -> None:
    """One below what the best pair of policies allows, and above all that is attained."""
    game, data = scalarised_document()
    assert "scalarised_bound" in verify(game, data).claimed
    data["scalarised_bound"] = 1e3
    assert "scalarised_bound" not in verify(game, data).claimed


def test_a_field_that_is_missing_is_a_failed_check() -> None:
    game, text = documents("result")[0]
    for field in ("status_message", "distance_to_bound", "bound_proof", "check", "guaranteed", "game"):
        data = json.loads(text)
        del data[field]
        assert not verify(game, data).passed, field
