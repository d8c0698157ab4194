"""A quantal follower's answer derived again: the enclosures hold the truth, and forged documents fail."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from ssg_mip import solve, verify
from ssg_mip.base.tolerances import DEFAULT_TOLERANCES
from ssg_mip.checker import directed
from ssg_mip.checker.directed import induce_directed
from ssg_mip.checker.rational import ExactGame, induce
from ssg_mip.checker.soft import enclosed_answer
from ssg_mip.library.random_games import random_game
from ssg_mip.problem.followers.quantal import Quantal
from tests.oracles.games import PlainGame, agreement_game
from tests.oracles.sampling import random_policy
from tests.oracles.soft import soft_answer

Document = dict[str, Any]


def rows_of(plain: PlainGame, index: int) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(row.tolist()) for row in random_policy(plain, np.random.default_rng(index)))


@pytest.mark.parametrize("temperature", [0.01, 0.3, 5.0])
@pytest.mark.parametrize("index", range(8))
@pytest.mark.parametrize("inducing", [lambda game, rows: induce(ExactGame.of(game), rows), induce_directed])
def test_enclosures_hold_what_plain_iteration_finds(index: int, temperature: float, inducing: Any) -> None:
    plain = agreement_game(3, index)
    rows = rows_of(plain, index)
    leader, follower = inducing(plain.to_game(), rows)
    mix, pair = enclosed_answer(leader, follower, Fraction(temperature))
    due = soft_answer(plain, [np.array(row) for row in rows], temperature)
    for interval, p in zip(mix, np.concatenate(due.mix), strict=True):
        assert interval.distance(Fraction(float(p))) <= Fraction(1, 10**10)
        assert interval.width <= Fraction(1, 10**7)
    for values, expected in zip(pair, (due.leader_values, due.follower_values), strict=True):
        for interval, value in zip(values, expected, strict=True):
            assert interval.distance(Fraction(float(value))) <= Fraction(1, 10**8) * (1 + abs(Fraction(float(value))))
            assert interval.width <= Fraction(1, 10**5)


@pytest.fixture(scope="module")
def honest() -> tuple[Any, Document]:
    game = random_game(1, 3, 2, 3)
    return game, json.loads(json.dumps(solve(game, follower=Quantal(0.2), settings={"bound_nodes": 0}).to_dict()))


def test_an_honest_document_passes(honest: tuple[Any, Document]) -> None:
    game, document = honest
    found = verify(game, document)
    assert found.passed, found.to_dict()
    assert found.word == "values verified"
    assert found.claimed == ("termination converged",)  # the bound is proven by the best pair of policies
    assert {"response_is_soft", "leader_values"} <= {check.name for check in found.checks}


def mix_moved(document: Document) -> None:
    row = document["follower_policy"]["s0"]
    row["b0"], row["b1"] = row["b0"] + 1e-6, row["b1"] - 1e-6


def mix_pure(document: Document) -> None:
    document["follower_policy"] = {state: max(row, key=row.get) for state, row in document["follower_policy"].items()}


def mix_rational(document: Document) -> None:
    for row in document["follower_policy"].values():
        best = max(row, key=row.get)
        row.update({name: float(name == best) for name in row})


def warmer(document: Document) -> None:
    for where in (document, document["provenance"]["options"]):
        where["follower"]["temperature"] = 0.21


def warmer_in_one_place(document: Document) -> None:
    document["follower"]["temperature"] = 0.21


def rational(document: Document) -> None:
    del document["follower"], document["provenance"]["options"]["follower"]


def richer(document: Document) -> None:
    document["leader_values"]["s1"] += 1e-3


def richer_follower(document: Document) -> None:
    document["follower_values"]["s1"] += 1e-3


def richer_iterate(document: Document) -> None:
    document["trajectory"][0]["leader_values"]["s0"] += 1e-3


def bound_below(document: Document) -> None:
    document["dual_bound"] = document["leader_value"] - 0.1


def losing_less(document: Document) -> None:
    document["check"]["epsilon"] = 0.5 * document["check"]["epsilon"]


def unknown_kind(document: Document) -> None:
    for where in (document, document["provenance"]["options"]):
        where["follower"] = {"kind": "clever"}


def no_temperature(document: Document) -> None:
    for where in (document, document["provenance"]["options"]):
        del where["follower"]["temperature"]


def cold(document: Document) -> None:
    for where in (document, document["provenance"]["options"]):
        where["follower"]["temperature"] = 0.0


def tied(document: Document) -> None:
    document["tied_states"] = ["s0"]


FORGERIES: list[tuple[Callable[[Document], None], str]] = [
    (mix_moved, "response_is_soft"),
    (mix_pure, "readable"),
    (mix_rational, "response_is_soft"),
    (warmer, "response_is_soft"),
    (warmer_in_one_place, "readable"),
    (rational, "readable"),
    (richer, "leader_values"),
    (richer_follower, "follower_values"),
    (richer_iterate, "trajectory_values"),
    (bound_below, "value_below_bound"),
    (losing_less, "check_record"),
    (unknown_kind, "readable"),
    (no_temperature, "readable"),
    (cold, "readable"),
    (tied, "tied_states"),
]


@pytest.mark.parametrize(("forge", "name"), FORGERIES, ids=[forge.__name__ for forge, _ in FORGERIES])
def test_a_forged_document_fails(honest: tuple[Any, Document], forge: Any, name: str) -> None:
    game, document = honest
    forged = copy.deepcopy(document)
    forge(forged)
    failed = [check.name for check in verify(game, forged).checks if not check.passed]
    assert name in failed, failed


def test_a_bound_below_the_best_pair_is_only_claimed(honest: tuple[Any, Document]) -> None:
    """What no pair of policies exceeds is proven; a lower bound on a follower who errs is not."""
    game, document = honest
    lower = copy.deepcopy(document)
    lower["dual_bound"] = 0.5 * (document["dual_bound"] + document["leader_value"])
    lower["distance_to_bound"] = lower["dual_bound"] - lower["leader_value"]
    lower["relative_gap"] = lower["distance_to_bound"] / lower["gap_scale"]
    assert "dual_bound" in verify(game, lower).claimed


def test_large_games_are_checked_with_directed_rounding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directed, "MOST_EXACT_TRANSITIONS", 0)
    game = random_game(2, 6, 3, 3)
    found = solve(game, follower=Quantal(0.3), settings={"random_starts": 1}, tolerances=DEFAULT_TOLERANCES)
    assert found.check.passed
    assert found.check.arithmetic == "directed rounding"


@pytest.mark.parametrize("temperature", [1e-5, 1e3])
def test_extreme_temperatures_pass(temperature: float) -> None:
    assert solve(random_game(3, 3, 2, 2), follower=Quantal(temperature)).check.passed
