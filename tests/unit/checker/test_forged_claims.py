"""Forged statuses, terminations and promises at valid values: found out, or named as claimed and never verified."""

from __future__ import annotations

import copy
import dataclasses
import itertools
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ssg_mip import LeaderPolicy, Result, solve, trace_front, verify, verify_bounds
from ssg_mip.checker.claims import STATUSES, TERMINATIONS
from ssg_mip.checker.dual.replay import BoundVerification
from ssg_mip.checker.verification import Verification
from ssg_mip.checker.wording import BOUND_PROOFS, STATUS_MESSAGES, TERMINATION_MESSAGES
from ssg_mip.game.game import Game
from ssg_mip.library import random_game
from tests.oracles.known import figure_1
from tests.unit.checker.dual_cases import certified

Data = dict[str, Any]

METHODS = (
    *("commitment", "policy-iteration", "restarted-policy-iteration", "response-regions", "backtracking"),
    *("deterministic", "grid", "fixed-point"),
)

GAP = 1e-3


@cache
def games() -> dict[str, Game]:
    return {
        "figure 1": figure_1(1.0, 2.0).to_game(),
        "drawn": random_game(1001, 3, 2, 2, 2),
        "myopic": random_game(1001, 3, 2, 2, 2, leader_discount=0.0),
    }


def printed(subject: Any) -> Data:
    data: Data = json.loads(json.dumps(subject.to_dict(), allow_nan=False))
    return data


@cache
def honest(name: str, method: str) -> str:
    return json.dumps(printed(solve(games()[name], method, gap=GAP)))


@cache
def proofs(name: str, method: str, folder: Path) -> tuple[Result, tuple[BoundVerification, ...]]:
    """A result with the replay of its certificate."""
    path = folder / f"{name}-{method}.cert"
    result = solve(games()[name], method, gap=GAP, certificate=path)
    return result, verify_bounds(games()[name], path)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("proofs")


def with_words(data: Data, status: str, termination: str) -> Data:
    """The document with another status and termination, their sentences included, and without the earlier check."""
    return {
        **data,
        "status": status,
        "status_message": STATUS_MESSAGES[status],
        "termination": termination,
        "termination_message": TERMINATION_MESSAGES[termination],
        "check": None,
    }


def assert_unbelieved(found: Verification, *claims: str) -> None:
    """A failed check, or another word than ``verified`` and every forged claim named."""
    assert not found.passed or (found.word != "verified" and set(claims) <= set(found.claimed)), found.claimed


def dominated(game: Game) -> Data:
    """The uniform policy with its true values, as the end of a run of policy iteration."""
    start = LeaderPolicy.uniform(game)
    data = printed(solve(game, "policy-iteration", gap=GAP, start=start, time_limit=0.0))
    assert (data["status"], len(data["trajectory"])) == ("feasible", 1)
    data["trajectory"][-1]["step_bound"] = 0.0
    return data


@pytest.mark.parametrize("status", ["pareto_optimal", "stationary"])
@pytest.mark.parametrize("method", ["policy-iteration", "restarted-policy-iteration", "backtracking"])
def test_a_dominated_policy_is_not_verified_as_the_end_of_a_run(status: str, method: str, folder: Path) -> None:
    """Its values are true, the step bound 0 is a lie; all policies that were visited are worth no more."""
    for name, game in games().items():
        data = with_words(dominated(game), status, "stationary")
        data["method"] = data["provenance"]["method"] = method
        claimed = (f"status {status}", "termination stationary", "step_bound")
        found = verify(game, data)
        assert found.passed
        assert_unbelieved(found, *claimed)
        for other in ("commitment", "policy-iteration", "restarted-policy-iteration"):
            found = verify(game, data, bounds=proofs(name, other, folder)[1])
            assert_unbelieved(found, *claimed)
            assert not found.passed


@pytest.mark.parametrize("status", ["pareto_optimal", "stationary"])
def test_with_a_certificate_of_the_game_the_forged_status_is_a_failed_check(status: str, folder: Path) -> None:
    for name, game in games().items():
        data = with_words(dominated(game), status, "stationary")
        _, bounds = proofs(name, "policy-iteration", folder)
        assert "certified_stop" in {check.name for check in verify(game, data, bounds=bounds).failed}


def forgeries(data: Data) -> Iterator[tuple[Data, tuple[str, ...]]]:
    """Every status with each end that may go with it, and every termination, with what is then claimed."""
    ends = (data["termination"], "gap", "stationary")
    pairs = [*itertools.product(STATUSES, ends), *((data["status"], termination) for termination in TERMINATIONS)]
    for status, termination in dict.fromkeys(pairs):
        if (status, termination) != (data["status"], data["termination"]):
            changed = with_words(copy.deepcopy(data), status, termination)
            claims = [f"{kind} {changed[kind]}" for kind in ("status", "termination") if changed[kind] != data[kind]]
            yield changed, tuple(claim for claim in claims if claim not in SAYS_NOTHING)


SAYS_NOTHING = {"status feasible"}
"""What is true of every policy."""


def is_true(status: str, data: Data, best: Result) -> bool:
    """Whether a status holds of an answer, by what independent runs have found out."""
    if status == "feasible" or status == data["status"]:
        return True
    reached = best.leader_value - data["leader_value"]
    if data["status"] == "optimal" or reached <= GAP * max(abs(data["leader_value"]), best.gap_scale):
        return status in {"optimal", *IMPLIED}  # all weights are positive
    return status == "stationary" and data["status"] == "pareto_optimal"


IMPLIED = ("restricted_optimal", "pareto_optimal", "stationary")
"""What an optimum is too, where all weights are positive."""


@pytest.mark.parametrize("name", ["figure 1", "drawn", "myopic"])
@pytest.mark.parametrize("method", METHODS)
def test_no_forged_status_or_termination_is_verified(name: str, method: str) -> None:
    """About 30 of each answer; without a certificate nothing about other policies is believed."""
    data = json.loads(honest(name, method))
    assert verify(games()[name], data).passed
    plain = verify(games()[name], data).claimed
    for changed, claims in forgeries(data):
        found = verify(games()[name], changed)
        proven = [claim for claim in claims if claim not in found.claimed]
        if found.passed and proven and "dual_bound" not in plain:
            # What no pair of policies exceeds, and the best of a class, need no certificate to be optimal.
            assert set(proven) <= {f"status {s}" for s in ("optimal", *IMPLIED)} | {
                "termination gap",
                "termination stationary",
            }
            assert verify(games()[name], data).word == "verified"
            continue
        assert_unbelieved(found, *claims)


@pytest.mark.parametrize("name", ["figure 1", "drawn", "myopic"])
@pytest.mark.parametrize("method", METHODS)
def test_no_forgery_beyond_a_certificate_is_verified(name: str, method: str, folder: Path) -> None:
    """With the certificates of the game, what is verified is what they imply."""
    result, bounds = proofs(name, method, folder)
    best, more = proofs(name, "commitment", folder)
    data = printed(result)
    for changed, _ in forgeries(data):
        found = verify(games()[name], changed, bounds=(*bounds, *more))
        if found.word == "verified":
            assert is_true(changed["status"], data, best), (changed["status"], result.status)
            assert changed["termination"] in {"gap", "stationary"}


@pytest.mark.parametrize("method", METHODS)
def test_what_a_certificate_proves_is_verified(method: str, folder: Path) -> None:
    """By the check of the run itself, and of what it printed."""
    verified = 0
    for name in games():
        result, bounds = proofs(name, method, folder)
        found = verify(games()[name], printed(result), bounds=bounds)
        assert found.passed, found.failed
        assert set(found.claimed) <= {*result.check.claimed}
        assert result.check.word == found.word
        verified += found.word == "verified"
        assert "dual_bound" not in found.claimed
    assert verified or method in {"fixed-point"}


def test_pareto_optimality_has_its_certificate(folder: Path) -> None:
    """By the bound over policies that dominate the point; for a myopic leader by that of the improvement program."""
    for seed, discount in ((1010, 0.9), (1000, 0.0)):
        game = random_game(seed, 3, 2, 2, 2, leader_discount=discount)
        path = folder / "pareto.cert"
        result = solve(game, "restarted-policy-iteration", gap=GAP, certificate=path)
        assert (result.status.name, result.check.word) == ("PARETO_OPTIMAL", "verified")
        bounds = verify_bounds(game, path)
        data = printed(result)
        assert verify(game, data, bounds=bounds).word == "verified"
        assert "status pareto_optimal" in verify(game, data).claimed
        less = bounds[:1] if discount == 0.0 else [one for one in bounds if one.values is not None or one == bounds[0]]
        failed = {check.name for check in verify(game, data, bounds=less).failed}
        assert "certified_stop" in failed


def test_forged_flags_and_promises_of_results_are_named() -> None:
    """A bound that is lower, a certified one, none near, a better check: each at a valid value."""
    game = games()["drawn"]
    data = json.loads(honest("drawn", "commitment"))
    room = data["dual_bound"] - data["leader_value"]
    lower = {**data, "dual_bound": data["leader_value"] + 0.5 * room, "distance_to_bound": 0.5 * room}
    assert_unbelieved(verify(game, {**lower, "relative_gap": 0.5 * data["relative_gap"], "check": None}), "dual_bound")
    for proof, certified_too in BOUND_PROOFS.items():
        forged = {**data, "bound_proof": proof, "bound_certified": certified_too, "check": None}
        assert_unbelieved(verify(game, forged), "dual_bound")
    verified = {**data["check"], "word": "verified", "verified": True, "claimed": [], "reason": ""}
    assert_unbelieved(verify(game, {**data, "check": verified}), "check")
    nothing = dict.fromkeys(("margin", "unique", "leader_value", "distance", "leader_policy", "follower_policy"))
    words = "none exists near: no policy within 0.5 lets the response beat 'f1' in state 's0' by more than 0"
    impossible = {**data["guaranteed"], **nothing, "found": False, "impossible": True, "statement": words}
    assert_unbelieved(verify(game, {**data, "guaranteed": impossible}), "guaranteed.impossible")


def test_forged_statuses_and_gain_bounds_of_fronts_are_named() -> None:
    game = games()["drawn"]
    data = printed(trace_front(game, num_weights=4, gap=GAP))
    assert verify(game, data).passed
    for place, point in enumerate(data["points"]):
        for status in STATUSES:
            changed = copy.deepcopy(data)
            changed["check"] = changed["points"][place]["check"] = None
            changed["points"][place]["status"] = status
            if status not in {point["status"], "feasible"}:
                assert_unbelieved(verify(game, changed), f"status {status}")
        changed = copy.deepcopy(data)
        changed["points"][place]["gain_bound"] = 0.0
        assert_unbelieved(verify(game, changed), "gain_bound")
    for place, one in enumerate(data["scalarisations"]):
        for status in STATUSES:
            for termination in TERMINATIONS:
                if (status, termination) != (one["status"], one["termination"]) and status != "feasible":
                    changed = copy.deepcopy(data)
                    changed["scalarisations"][place] |= {"status": status, "termination": termination}
                    found = verify(game, changed)
                    assert not found.passed or found.word != "verified"


def test_a_value_above_a_certificate_of_the_game_fails_under_every_rule() -> None:
    """The bound of the game lowered by what the value exceeds it then: a contradiction, not a missing proof."""
    case = certified("three states")
    found = verify_bounds(case.game, case.lines)
    result = solve(case.game, "commitment", gap=GAP, weights=[float(weight) for weight in found[0].weights])
    data = printed(result)
    assert verify(case.game, data, bounds=found).passed
    lowered = [dataclasses.replace(found[0], claimed=result.leader_value - 1e-3)]
    for ties in ("leader", "first", "adverse"):
        failed = {check.name for check in verify(case.game, {**data, "ties": ties}, bounds=lowered).failed}
        assert "values_below_certificates" in failed
    nowhere = [dataclasses.replace(found[0], claimed=None)]
    assert "values_below_certificates" in {check.name for check in verify(case.game, data, bounds=nowhere).failed}
    other = [dataclasses.replace(found[0], claimed=result.leader_value - 1e-3, floor=((0, 1e6),))]
    assert "values_below_certificates" not in {check.name for check in verify(case.game, data, bounds=other).failed}
