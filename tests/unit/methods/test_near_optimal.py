"""Followers who accept to lose a little: against enumeration on grids, as intervals, checked, and refused."""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ssg_mip import best_response, solve, verify, verify_bounds
from ssg_mip.base.status import BoundProof, Status, Termination
from ssg_mip.base.tolerances import DEFAULT_TOLERANCES
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.best_response import near_response
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.library.random_games import random_game
from ssg_mip.methods.registry import METHODS
from ssg_mip.problem.followers.near_optimal import NearOptimal
from ssg_mip.programs.near_rows import game_of_pairs, rows_of_pairs
from ssg_mip.report.results import result_report
from tests.oracles.games import Array, PlainGame, agreement_game
from tests.oracles.sampling import pair_values, random_policy

GRID = 17


def worth(plain: PlainGame, rows: list[Array], epsilon: float) -> tuple[float, float]:
    """The worst and the best that the leader gets from the start, over all answers that are accepted, one by one."""
    every = {g: pair_values(plain, rows, g) for g in plain.responses()}
    best = np.max([follower for _, follower in every.values()], axis=0)
    accepted = []
    for g, (leader, _) in every.items():
        losses = [
            best[s]
            - rows[s] @ (plain.follower_reward[s] + plain.follower_discount * plain.transition[s] @ best)[:, g[s]]
            for s in range(plain.num_states)
        ]
        if max(losses) <= epsilon + 1e-9:
            accepted.append(float(plain.initial @ leader))
    return min(accepted), max(accepted)


def plain_game(seed: int, follower_actions: int) -> PlainGame:
    """A random game of two states and two leader actions, as plain arrays."""
    rng = np.random.default_rng(seed)
    shape = (2, follower_actions)
    return PlainGame(
        transition=tuple(rng.dirichlet(np.ones(2), size=shape) for _ in range(2)),
        leader_reward=tuple(rng.uniform(-1, 1, shape) for _ in range(2)),
        follower_reward=tuple(rng.uniform(-1, 1, shape) for _ in range(2)),
        leader_discount=0.9,
        follower_discount=0.8,
        initial=np.array([0.5, 0.5]),
    )


def grid(plain: PlainGame, epsilon: float) -> tuple[float, float]:
    """The best worst case and the best best case over a grid of policies."""
    steps = np.linspace(0.0, 1.0, GRID)
    found = [
        worth(plain, [np.array([p, 1 - p]), np.array([q, 1 - q])], epsilon) for p, q in itertools.product(steps, steps)
    ]
    return max(low for low, _ in found), max(high for _, high in found)


@pytest.mark.parametrize("view", ["optimistic", "pessimistic"])
@pytest.mark.parametrize("index", range(10))
def test_his_answer_is_the_best_or_worst_of_those_he_accepts(index: int, view: Any) -> None:
    plain = agreement_game(3, index)
    game = plain.to_game()
    rows = random_policy(plain, np.random.default_rng(index))
    table = np.zeros((plain.num_states, max(plain.leader_counts)))
    for s, row in enumerate(rows):
        table[s, : len(row)] = row
    for epsilon in (0.05, 0.7):
        found = NearOptimal(epsilon, view).response(game, LeaderPolicy(table), DEFAULT_TOLERANCES)
        due = worth(plain, rows, epsilon)[view == "optimistic"]
        assert float(game.initial @ found.leader_values) == pytest.approx(due, abs=1e-7)


@pytest.mark.parametrize("epsilon", [0.05, 0.4])
@pytest.mark.parametrize(("seed", "actions"), [(0, 2), (1, 2), (2, 3), (3, 3)])
def test_optimistic_is_exact_and_pessimistic_an_interval(seed: int, actions: int, epsilon: float) -> None:
    plain = plain_game(seed, actions)
    game = plain.to_game()
    secured, hoped = grid(plain, epsilon)
    strong = solve(game, method="commitment", guarantee=False, check=False)
    optimistic = solve(game, follower=NearOptimal(epsilon))
    assert optimistic.status is Status.OPTIMAL
    assert optimistic.check.passed
    assert hoped <= optimistic.dual_bound + 1e-7
    assert optimistic.leader_value >= hoped - 1e-3 * (1.0 + abs(hoped))
    assert optimistic.dual_bound >= strong.leader_value - 1e-7
    pessimistic = solve(game, follower=NearOptimal(epsilon, "pessimistic"))
    assert pessimistic.check.passed
    assert secured <= pessimistic.dual_bound + 1e-7
    assert pessimistic.leader_value <= strong.dual_bound + 1e-7
    assert pessimistic.leader_value >= secured - 0.1 * (1.0 + abs(secured))
    told = pessimistic.details["best_value_with_that_margin"]
    if told["value"] is not None:
        assert told["value"] <= pessimistic.leader_value + 1e-7


def test_more_to_forgo_helps_an_optimist_and_hurts_a_pessimist() -> None:
    game = random_game(0, 2, 2, 2, follower_discount=0.8)
    epsilons = (0.02, 0.1, 0.5)
    hoped = [solve(game, follower=NearOptimal(one), check=False).leader_value for one in epsilons]
    secured = [solve(game, follower=NearOptimal(one, "pessimistic"), check=False).leader_value for one in epsilons]
    assert hoped == sorted(hoped)
    assert secured == sorted(secured, reverse=True)
    assert secured[0] < hoped[0]


def test_units_of_both_players_play_no_part() -> None:
    """Also large constants: epsilon is in the follower's own units."""
    game = random_game(1, 2, 2, 2, follower_discount=0.8)
    moved = game.replace(
        leader_rewards=1e3 * game.leader_rewards + 7.0, follower_rewards=256.0 * game.follower_rewards - 1e5
    )
    one, other = solve(game, follower=NearOptimal(0.1)), solve(moved, follower=NearOptimal(25.6))
    assert other.leader_value == pytest.approx(1e3 * one.leader_value + 70.0, rel=1e-5)
    assert other.dual_bound == pytest.approx(1e3 * one.dual_bound + 70.0, rel=1e-3)
    assert other.check.passed
    assert other.to_dict()["follower"]["epsilon"] == 25.6


def test_pairs_lead_and_pay_as_what_is_played() -> None:
    game = random_game(1, 2, 2, 3)
    pairs, rows = game_of_pairs(game), rows_of_pairs(game)
    assert pairs.follower_counts.tolist() == [9, 9]
    for s, a, b, h in itertools.product(range(2), range(2), range(3), range(3)):
        row, mine = pairs.row(s, a, 3 * b + h), game.row(s, a, b)
        assert rows[row] == mine
        assert pairs.leader_rewards[row] == game.leader_rewards[mine]
        for found, due in zip(pairs.next_states(row), game.next_states(mine), strict=True):
            assert found.tolist() == due.tolist()


def test_a_rational_answer_is_the_limit() -> None:
    game = random_game(3, 3, 2, 3)
    policy = LeaderPolicy.random(game, np.random.default_rng(0))
    assert near_response(game, policy, 0.0).leader_values == pytest.approx(best_response(game, policy).leader_values)


Document = dict[str, Any]


@pytest.fixture(scope="module", params=["optimistic", "pessimistic"])
def honest(request: pytest.FixtureRequest) -> tuple[Any, Document]:
    game = random_game(0, 2, 2, 2, follower_discount=0.8)
    return game, json.loads(json.dumps(solve(game, follower=NearOptimal(0.1, request.param)).to_dict()))


def set_epsilon(document: Document, epsilon: float) -> None:
    for where in (document, document["provenance"]["options"]):
        where["follower"]["epsilon"] = epsilon


def rational(document: Document) -> None:
    del document["follower"], document["provenance"]["options"]["follower"]


def other_view(document: Document) -> None:
    for where in (document, document["provenance"]["options"]):
        where["follower"]["view"] = "pessimistic" if where["follower"]["view"] == "optimistic" else "optimistic"


def no_view(document: Document) -> None:
    for where in (document, document["provenance"]["options"]):
        del where["follower"]["view"]


def other_answer(document: Document) -> None:
    played = document["follower_policy"]
    document["follower_policy"] = {s: "b1" if b == "b0" else "b0" for s, b in played.items()}


def richer(document: Document) -> None:
    document["leader_values"]["s0"] += 1e-3


@pytest.mark.parametrize(
    "forge",
    [other_view, no_view, other_answer, richer],
    ids=lambda forge: forge.__name__,
)
def test_a_forged_document_fails(honest: tuple[Any, Document], forge: Callable[[Document], None]) -> None:
    game, document = honest
    assert verify(game, document).passed
    forged = copy.deepcopy(document)
    forge(forged)
    assert not verify(game, forged).passed


def test_an_optimistic_document_is_none_of_a_rational_follower() -> None:
    game = random_game(0, 2, 2, 2, follower_discount=0.8)
    document = json.loads(json.dumps(solve(game, follower=NearOptimal(0.1)).to_dict()))
    rational(document)
    assert not verify(game, document).passed


def test_what_he_accepts_is_judged_to_the_last_digits() -> None:
    """An optimum sits where an answer is only just accepted: a slightly smaller epsilon undoes it."""
    game = random_game(0, 2, 2, 2, follower_discount=0.8)
    document = json.loads(json.dumps(solve(game, follower=NearOptimal(0.1)).to_dict()))
    assert verify(game, document).passed
    set_epsilon(document, 0.1 - 1e-5)
    assert not verify(game, document).passed


def test_documents_and_reports_say_what_is_meant() -> None:
    game = random_game(0, 2, 2, 2, follower_discount=0.8)
    optimistic, pessimistic = (solve(game, follower=f"near-optimal:0.1:{v}") for v in ("optimistic", "pessimistic"))
    assert (optimistic.ties, pessimistic.ties) == ("leader", "adverse")
    assert optimistic.bound_proof is BoundProof.NEAR
    assert not optimistic.bound_certified
    assert pessimistic.bound_certified
    assert pessimistic.termination is Termination.CONVERGED
    assert pessimistic.guaranteed is None
    for found, words in ((optimistic, "best for the leader"), (pessimistic, "lies between the value and the bound")):
        report = result_report(found)
        assert found.follower is not None
        assert found.follower.words in str(report[0])
        assert any(words in str(part) for part in report)


def test_the_upper_end_has_a_certificate(tmp_path: Path) -> None:
    """That of the strong optimum; it says nothing of an optimist."""
    game = random_game(0, 2, 2, 2, follower_discount=0.8)
    file = tmp_path / "proof.jsonl"
    found = solve(game, follower=NearOptimal(0.1, "pessimistic"), certificate=file)
    replays = verify_bounds(game, file)
    assert all(one.passed for one in replays)
    assert verify(game, found, bounds=replays).bound_certified
    optimistic = solve(game, follower=NearOptimal(0.1))
    assert not verify(game, optimistic, bounds=replays).bound_certified
    with pytest.raises(OptionError, match="certificates are about rational"):
        solve(game, follower=NearOptimal(0.1), certificate=file)


@pytest.mark.parametrize("view", ["optimistic", "pessimistic"])
def test_limits_end_the_work_with_an_answer(view: Any) -> None:
    game = random_game(5, 5, 3, 3)
    for limit, due in (({"node_limit": 2}, Termination.NODE_LIMIT), ({"time_limit": 0.0}, Termination.TIME_LIMIT)):
        found = solve(game, follower=NearOptimal(0.1, view), **limit)
        assert found.leader_policy is not None
        assert found.termination is due
        assert found.dual_bound >= found.leader_value


def test_wrong_input_is_refused() -> None:
    game = random_game(1, 2, 2, 2)
    for wrong in (0.0, -1.0, float("nan"), "much"):
        with pytest.raises(OptionError, match="epsilon"):
            NearOptimal(wrong)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="view is 'sober'"):
        NearOptimal(0.1, "sober")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="cannot be told from ties"):
        solve(game, follower=NearOptimal(1e-12))
    for method in METHODS:
        if method != "commitment":
            with pytest.raises(OptionError, match=r"near-optimal follower.*ask for commitment"):
                solve(game, method=method, follower=NearOptimal(0.1))
    with pytest.raises(OptionError, match="epsilon"):
        near_response(game, LeaderPolicy.uniform(game), -0.1)
