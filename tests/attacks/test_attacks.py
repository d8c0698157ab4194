"""A few seeded games of every attack, and proof that the attacks would notice what they look for."""

from __future__ import annotations

import dataclasses
import math
from fractions import Fraction

import numpy as np
import pytest

from ssg_mip.base.status import BoundProof
from ssg_mip.checker.outcome import UNCHECKED
from ssg_mip.result import Result
from tests.attacks import transforms
from tests.attacks.__main__ import main
from tests.attacks.driver import AGREEMENT, Attack, Verdict, run
from tests.attacks.games import plain_of, varied_game
from tests.attacks.judge import Truth, against_itself, against_truth, judge, solved
from tests.attacks.knife_edge import against_fractions, knife_edge_game
from tests.attacks.metamorphic import SMALL, compare, split_game, with_tighter_ties
from tests.attacks.one_state import one_state_game
from tests.attacks.registry import ATTACKS, GROUPS
from tests.attacks.transforms import Changed
from tests.oracles.exact import Enclosure, stagewise_optimum
from tests.oracles.multiple_lps import mixed_commitment

FEW = {"one-state": 25, "responses": 4, "exported": 3, "knife-edge": 24}
"""Games of an attack that run here; of the others :data:`FEWER`."""

FEWER = 4
SEED = 2


@pytest.mark.parametrize("name", ATTACKS)
def test_a_few_games_of_every_attack(name: str) -> None:
    """Nothing disagrees; the full sizes run by ``python -m tests.attacks``."""
    report = run(ATTACKS[name], SEED, range(1, 1 + FEW.get(name, FEWER)), tell=lambda _: None)
    assert report.passed, str(report)
    assert report.worst <= AGREEMENT


# -------------------------------------------------------------------- they would notice


@pytest.fixture(scope="module")
def answered() -> Result:
    """A true result, closed and certified."""
    return solved(one_state_game(SEED, 1))


GAME = one_state_game(SEED, 1)
OPTIMUM = mixed_commitment(GAME.leader_reward[0], GAME.follower_reward[0])[0] / (1.0 - GAME.leader_discount)


def _violations(result: Result, truth: float = OPTIMUM) -> str:
    return "; ".join(judge(GAME, result, Truth.point(truth)).violations)


def test_a_true_result_passes(answered: Result) -> None:
    assert _violations(answered) == ""


@pytest.mark.parametrize("off", [3e-6, 1.0, math.inf])
def test_a_bound_or_a_value_that_is_wrong_by_little_is_noticed(answered: Result, off: float) -> None:
    wrong = off * max(1.0, abs(OPTIMUM))
    low = dataclasses.replace(answered, dual_bound=OPTIMUM - wrong)
    assert "cuts off the true value" in _violations(low)
    high = dataclasses.replace(answered, leader_value=OPTIMUM + wrong)
    assert "exceeds the true bound" in _violations(high)
    assert against_truth(high, Truth.point(OPTIMUM)).deviation == pytest.approx(off)


def test_numbers_that_are_none_are_noticed(answered: Result) -> None:
    for field in ("leader_value", "dual_bound"):
        assert "nan" in _violations(dataclasses.replace(answered, **{field: math.nan}))


def test_a_guaranteed_value_above_the_optimum_is_noticed(answered: Result) -> None:
    assert "guaranteed value" in _violations(answered, OPTIMUM - 1.0)


def test_a_result_that_contradicts_itself_is_noticed(answered: Result) -> None:
    """An open gap called optimal, values of other policies, a response that loses, a check that did not pass."""
    wide = dataclasses.replace(answered, dual_bound=answered.dual_bound + 1.0)
    assert "status optimal with a gap" in _violations(wide)
    assert "leader's values are off" in _violations(
        dataclasses.replace(answered, leader_values=answered.leader_values + 1e-6 * (1.0 + abs(OPTIMUM)))
    )
    assert "the check says not checked" in _violations(dataclasses.replace(answered, check=UNCHECKED))
    worse = GAME.replace(follower_reward=tuple(-block for block in GAME.follower_reward))
    assert "the response loses" in "; ".join(against_itself(worse, answered).violations)


def test_a_certified_bound_may_not_be_wrong_at_all(answered: Result) -> None:
    """In fractions one unit in the last place is seen, and forgiven only to what is not certified."""
    truth = stagewise_optimum(GAME)
    assert against_fractions(answered, truth, truth).violations == ()
    beyond = Enclosure(Fraction(answered.dual_bound) + Fraction(1, 10**30), Fraction(answered.dual_bound) + 1)
    found = against_fractions(answered, beyond, beyond)
    assert any("certified bound" in violation for violation in found.violations)
    assert found.deviation > 0.0
    uncertified = dataclasses.replace(answered, bound_proof=BoundProof.NONE)
    assert not any("bound" in violation for violation in against_fractions(uncertified, beyond, beyond).violations)


def test_a_value_above_what_tolerated_ties_allow_is_noticed(answered: Result) -> None:
    low = Enclosure(Fraction(answered.leader_value) - 1, Fraction(answered.leader_value) - 1)
    assert any("tolerated ties" in violation for violation in against_fractions(answered, low, low).violations)


def test_a_change_with_another_effect_than_said_is_noticed(answered: Result) -> None:
    """A wrong offset, up or down; a gain is allowed where it is said to be possible, a loss never."""
    for offset in (1e-3, -1e-3):
        assert compare(answered, answered, Changed(GAME, offset=offset)).violations
    assert not compare(answered, answered, Changed(GAME, offset=-1e-3), may_gain=True).violations
    assert compare(answered, answered, Changed(GAME, offset=1e-3), may_gain=True).violations
    assert not compare(answered, answered, Changed(GAME)).violations


def test_ties_are_an_excuse_only_where_tighter_ones_bring_agreement() -> None:
    """Game 305 of the shifts is one; a change that does something else than said stays a failure."""
    first = Verdict(2.2e-6, ("the intervals are apart",))
    plain = varied_game(1, 305, **SMALL)
    changed = transforms.shift(plain, np.random.default_rng([1, 305, 1]))
    excused = with_tighter_ties(plain, changed, first)
    assert (excused.violations, excused.deviation <= AGREEMENT) == ((), True)
    assert "2.2e-06 by what tolerated ties" in excused.remarks[0]
    wrong = Changed(GAME, offset=1e-4)
    assert with_tighter_ties(GAME, wrong, first) is first


def test_failures_and_crashes_are_counted_and_the_rest_is_played() -> None:
    def play(seed: int, index: int) -> Verdict:
        assert seed == 7
        deviation = 3.0 * (index - 1) / (index - 1)
        return Verdict(deviation if index == 3 else 0.0, ("wrong",) if index == 2 else (), ("counted",))

    told: list[str] = []
    report = run(Attack("made-up", "nothing", 4, play), 7, range(4), tell=told.append)
    assert not report.passed
    assert (report.games, sorted(report.failures), report.worst, report.worst_game) == (4, [1, 2], 3.0, 3)
    assert "raised ZeroDivisionError" in report.failures[1][0]
    assert "python -m tests.attacks made-up --seed 7 --only 2" in str(report)
    assert "3 counted (game 0, 2, 3)" in str(report)
    assert len(told) == 2


def test_nothing_played_is_no_pass() -> None:
    assert not run(ATTACKS["one-state"], 1, ()).passed


def test_the_command_ends_with_1_if_anything_failed(monkeypatch, capsys) -> None:  # type: ignore[no-untyped-def]
    failing = Attack("one-state", "fails", 3, lambda seed, index: Verdict(1.0, ("wrong",)))
    monkeypatch.setitem(ATTACKS, "one-state", failing)
    assert main(["one-state"]) == 1
    assert "3 games, seed 1, 3 failures, worst deviation 1.0e+00" in capsys.readouterr().out
    monkeypatch.setitem(ATTACKS, "one-state", dataclasses.replace(failing, play=lambda seed, index: Verdict()))
    assert main(["one-state", "--games", "2", "--seed", "5"]) == 0
    assert "2 games, seed 5, 0 failures" in capsys.readouterr().out


def test_the_full_sizes_are_those_that_are_published() -> None:
    sizes = {name: attack.games for name, attack in ATTACKS.items()}
    assert (sizes["one-state"], sizes["responses"], sizes["exported"]) == (10_000, 2_000, 300)
    assert {sizes[name] for name in GROUPS["metamorphic"]} == {1_000}
    assert len(GROUPS["metamorphic"]) == 11


# -------------------------------------------------------------------- the games are what they should be


def test_games_are_the_same_for_ever_and_differ_from_each_other() -> None:
    prints = [varied_game(SEED, index).fingerprint() for index in range(12)]
    assert prints == [varied_game(SEED, index).fingerprint() for index in range(12)]
    assert len(set(prints)) == 12
    assert varied_game(SEED + 1, 0).fingerprint() != prints[0]


def test_games_are_varied() -> None:
    """Ties, few successors, zero starts, unequal discounts and action counts, and all families occur."""
    games = [varied_game(SEED, index) for index in range(150)]
    assert {game.num_states for game in games} == {2, 3}
    assert sum(bool(np.any(game.initial == 0.0)) for game in games) >= 20
    assert sum(game.leader_discount != game.follower_discount for game in games) >= 50
    assert sum(len(set(game.leader_counts)) > 1 for game in games) >= 30
    assert sum(all(np.all(block == np.rint(block)) for block in game.follower_reward) for game in games) >= 20
    names = {game.name.rpartition("-seed")[0].rpartition("-")[0] for game in games}
    assert {"integer", "patrol", "pursuit", "memory", "random", "random-3", "random-90-50"} <= names


def test_a_plain_game_and_back_is_the_same_game() -> None:
    plain = varied_game(SEED, 4)
    assert plain_of(plain.to_game()).fingerprint() == plain.fingerprint()


def test_knife_edges_are_of_every_kind() -> None:
    games = [knife_edge_game(SEED, index) for index in range(120)]
    sizes = [np.concatenate([block.ravel() for block in game.follower_reward]) for game in games]
    spread = [
        np.log10(abs(rewards[rewards != 0.0])).max() - np.log10(abs(rewards[rewards != 0.0])).min()
        for rewards in sizes
        if np.any(rewards)
    ]
    assert max(spread) > 4.0
    assert any(np.any(rewards * 10 % 1 == 0) and np.any(rewards % 1 != 0) for rewards in sizes)
    assert {0.999} <= {game.leader_discount for game in games} & {game.follower_discount for game in games}
    twins = [
        np.abs(block[:, 0] - block[:, 1]).max() / max(np.abs(block).max(), 1.0)
        for game in games
        for block in game.follower_reward
    ]
    assert sum(twin == 0.0 for twin in twins) >= 3
    assert sum(0.0 < twin <= 1e-5 for twin in twins) >= 3


@pytest.mark.parametrize(
    "name",
    [
        one.__name__
        for one in (
            transforms.relabel,
            transforms.duplicate_action,
            transforms.dominated_action,
            transforms.unreachable_state,
            transforms.split_state,
        )
    ],
)
def test_changed_games_are_games_and_other_ones(name: str) -> None:
    for index in range(10):
        plain = varied_game(SEED, index)
        changed = getattr(transforms, name)(plain, np.random.default_rng(index)).game
        changed.to_game()
        assert changed.fingerprint() != plain.fingerprint()
        assert changed.initial.sum() == pytest.approx(1.0)


def test_split_games_alternate_between_theorems_and_all_games() -> None:
    kinds = [split_game(SEED, index) for index in range(6)]
    assert all(np.array_equal(a, -b) for a, b in zip(kinds[0].leader_reward, kinds[0].follower_reward, strict=True))
    assert kinds[2].follower_reward is not None
    assert all(np.array_equal(a, b) for a, b in zip(kinds[2].leader_reward, kinds[2].follower_reward, strict=True))
    assert kinds[4].follower_discount == 0.0
    assert kinds[1].fingerprint() == varied_game(SEED, 1, most=6, mixing=3).fingerprint()
