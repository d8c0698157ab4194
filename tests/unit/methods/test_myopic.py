"""The myopic follower: rational in the game without his discount, and answers about the game as given."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ssg_mip import Problem, best_response, solve, trace_front, verify, verify_bounds
from ssg_mip.base.tolerances import DEFAULT_TOLERANCES
from ssg_mip.errors import OptionError
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.library.random_games import random_game
from ssg_mip.methods.registry import METHODS, methods_for
from ssg_mip.problem.follower import Rational
from ssg_mip.problem.followers.myopic import Myopic, myopic_game
from ssg_mip.report.results import result_report
from tests.oracles.games import agreement_game
from tests.oracles.sampling import answer, random_policy


@pytest.mark.parametrize("index", range(6))
def test_he_plays_what_pays_at_once(index: int) -> None:
    """By enumeration in the game without his discount; his values are immediate rewards, the leader's count on."""
    plain = agreement_game(3, index)
    game = plain.to_game()
    rows = random_policy(plain, np.random.default_rng(index))
    table = np.zeros((plain.num_states, max(plain.leader_counts)))
    for s, row in enumerate(rows):
        table[s, : len(row)] = row
    found = Myopic().response(game, LeaderPolicy(table), DEFAULT_TOLERANCES)
    due = answer(plain.replace(follower_discount=0.0), rows)
    assert found.leader_values == pytest.approx(due.leader_values, abs=1e-8)
    immediate = [rows[s] @ plain.follower_reward[s] for s in range(plain.num_states)]
    assert found.follower_values == pytest.approx([float(row.max()) for row in immediate], abs=1e-9)


@pytest.mark.parametrize("method", ["policy-iteration", "commitment", "deterministic"])
def test_the_answer_is_that_of_the_game_without_his_discount(method: str) -> None:
    game = random_game(3, 4, 3, 3)
    mine, other = (
        solve(one, method=method, follower=who) for one, who in ((game, Myopic()), (myopic_game(game), None))
    )
    assert mine.game is game
    assert mine.follower == Myopic()
    assert mine.leader_value == other.leader_value
    assert mine.dual_bound == other.dual_bound
    assert (mine.status, mine.check.word) == (other.status, other.check.word)
    assert mine.provenance.game_hash == game.content_hash != other.provenance.game_hash
    data = json.loads(json.dumps(mine.to_dict()))
    assert data["follower"] == {"kind": "myopic", "ties": "leader", "margin": 0.0}
    found = verify(game, data)
    assert found.passed
    assert found.word == mine.check.word
    report = result_report(mine)
    assert "myopic follower, ties leader" in str(report[0])
    assert any("next step" in str(part) for part in report)


def test_he_differs_from_a_rational_follower() -> None:
    """A document of his is not one of a rational follower, and the other way round."""
    game = random_game(1, 3, 2, 2)
    mine, rational = solve(game, method="commitment", follower="myopic"), solve(game, method="commitment")
    assert mine.leader_value != pytest.approx(rational.leader_value, abs=1e-3)
    forged = json.loads(json.dumps(mine.to_dict()))
    del forged["follower"], forged["provenance"]["options"]["follower"]
    assert not verify(game, forged).passed
    other = json.loads(json.dumps(rational.to_dict()))
    for where in (other, other["provenance"]["options"]):
        where["follower"] = {"kind": "myopic", "ties": "leader", "margin": 0.0}
    assert not verify(game, other).passed


def forgeries(document: Any) -> list[Any]:
    ties, margin = copy.deepcopy(document), copy.deepcopy(document)
    for where in (ties, ties["provenance"]["options"]):
        where["follower"]["ties"] = "first"
    for where in (margin, margin["provenance"]["options"]):
        where["follower"]["margin"] = 0.5
    return [ties, margin]


def test_his_rule_is_that_of_the_document() -> None:
    game = random_game(1, 3, 2, 2)
    document = json.loads(json.dumps(solve(game, follower="myopic").to_dict()))
    for forged in forgeries(document):
        assert not verify(game, forged).passed
    adverse = solve(game, follower=Myopic(ties="adverse"))
    assert adverse.ties == "adverse"
    assert adverse.check.passed
    strict = solve(game, method="commitment", follower=Myopic(margin=0.2))
    assert strict.margin == 0.2
    assert strict.check.passed is not False


def test_certificates_of_his_prove_nothing_of_another(tmp_path: Path) -> None:
    game = random_game(2, 3, 2, 2)
    proofs = {name: tmp_path / f"{name}.jsonl" for name in ("myopic", "rational")}
    found = {
        name: solve(game, method="commitment", follower=name, certificate=path, gap=1e-3)
        for name, path in proofs.items()
    }
    replays = {name: verify_bounds(game, path) for name, path in proofs.items()}
    for name, replayed in replays.items():
        assert all(one.passed and one.follower == name for one in replayed)
        assert verify(game, found[name], bounds=replayed).bound_certified
    assert replays["myopic"][0].to_dict()["follower"] == "myopic"
    crossed = verify(game, found["myopic"], bounds=replays["rational"])
    assert not crossed.bound_certified
    bound = copy.deepcopy(json.loads(json.dumps(found["rational"].to_dict())))
    assert "dual_bound" in verify(game, bound, bounds=replays["myopic"]).claimed


def test_a_game_without_his_discount_is_its_own() -> None:
    game = random_game(2, 3, 2, 2, follower_discount=0.0)
    assert myopic_game(game) is game
    mine, other = solve(game, follower="myopic"), solve(game)
    assert mine.leader_value == other.leader_value
    assert mine.check.word == other.check.word


def test_every_method_honours_him_and_what_does_not_says_what_does() -> None:
    assert methods_for(Myopic()) == list(METHODS)
    with pytest.raises(OptionError, match=r"trace_front does not honour a myopic follower.*myopic_game"):
        trace_front(Problem(random_game(1, 2, 2, 2)).answered_by(Myopic()))
    with pytest.raises(OptionError, match="ties is 'best'"):
        Myopic(ties="best")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="margin"):
        Myopic(margin=-1.0)
    with pytest.raises(OptionError, match="must be a Game"):
        myopic_game("game")  # type: ignore[arg-type]
    assert Myopic(margin=2.0).in_units(4.0) == Myopic(margin=0.5)
    assert Myopic().rational_in(random_game(1, 2, 2, 2))[1] == Rational()


def test_his_answer_is_a_rational_one_there() -> None:
    game = random_game(4, 3, 2, 3)
    policy = LeaderPolicy.uniform(game)
    assert best_response(myopic_game(game), policy).follower_policy.actions.tolist() == [
        int(np.argmax(row))
        for row in np.split(
            np.bincount(game.row_follower_slot, policy.slots(game)[game.row_leader_slot] * game.follower_rewards), 3
        )
    ]
