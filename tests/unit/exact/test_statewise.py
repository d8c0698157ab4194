"""Statewise games: agreement with value iteration by linear programs, bounds that hold whatever the multipliers are."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np
import pytest

from ssg_mip.base.deadline import Deadline
from ssg_mip.base.interrupt import Interrupt
from ssg_mip.base.status import BoundProof, Termination
from ssg_mip.evaluation.value_bounds import gap_scale, leader_value_bounds
from ssg_mip.exact import solve_commitment
from ssg_mip.exact.size_limit import MOST_PRODUCTS, comparisons
from ssg_mip.exact.statewise import corners, is_statewise, solve_statewise
from ssg_mip.exact.statewise.multipliers import Multipliers
from ssg_mip.game.game import Game
from ssg_mip.game.shapes import shapes_of
from ssg_mip.library import random_game
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.proofs.value_tree import ValueLeaf
from ssg_mip.proofs.writer import Recorder
from tests.oracles.easy_classes import stagewise_values
from tests.oracles.games import PlainGame, static_game
from tests.oracles.games import random_game as plain_game
from tests.oracles.multiple_lps import mixed_commitment
from tests.unit.questions import asked


def _plain(seed: int, kind: str) -> PlainGame:
    """A seeded statewise game with ragged action sets; every third is full of ties."""
    rng = np.random.default_rng([77, seed])
    states, least = (1, 2) if kind == "one-state" else (int(rng.integers(2, 4)), 1)
    game = plain_game(
        rng,
        leader_counts=rng.integers(least, 5, states).tolist(),
        follower_counts=rng.integers(least, 5, states).tolist(),
        leader_discount=float(rng.choice([0.0, 0.3, 0.5])),
        follower_discount=0.0 if kind == "myopic" else 0.7,
        successors=2 if seed % 2 else None,
        integer=seed % 3 == 2,
    )
    if kind == "myopic":
        return game
    return game.replace(transition=tuple(np.repeat(block[:, :1], block.shape[1], 1) for block in game.transition))


@functools.cache
def _truth(seed: int, kind: str) -> FloatArray:
    """The optimal values by the oracle."""
    return stagewise_values(_plain(seed, kind))


KINDS = ("myopic", "moved-by-leader", "one-state")


@pytest.mark.parametrize("listed", [True, False], ids=["corners", "programs"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(6))
def test_all_states_have_the_values_of_value_iteration(
    kind: str, seed: int, listed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By listing corners and by linear programs: one policy is best in every state at once, and the bound says so."""
    if not listed:
        monkeypatch.setattr(corners, "MOST_BASES", 0)
    plain = _plain(seed, kind)
    problem, run = asked(plain.to_game(), weights=plain.initial, gap=1e-6)
    assert is_statewise(problem.game)
    solved = solve_statewise(problem, run, scale=gap_scale(leader_value_bounds(problem.game), problem.weights))
    truth = _truth(seed, kind)
    assert solved.found.values == pytest.approx(truth, abs=1e-5)
    assert np.all(solved.upper >= truth - 1e-7)
    assert solved.upper == pytest.approx(truth, abs=1e-5)
    assert solved.proof is BoundProof.VALUES


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ties", ["first", "adverse"])
def test_rules_for_ties_lose_next_to_nothing_in_general_games(kind: str, ties: str) -> None:
    """An answer worth having can be made strictly best there; the bound is that of ties in the leader's favour."""
    for seed in (0, 1, 3, 4):
        plain = _plain(seed, kind)
        found = solve_commitment(*asked(plain.to_game(), weights=plain.initial, ties=ties))
        truth = float(plain.initial @ _truth(seed, kind))
        assert found.termination is Termination.GAP
        assert truth - 1e-4 * (1.0 + abs(truth)) <= found.primal_bound <= truth + 1e-7
        assert found.dual_bound >= truth - 1e-7


def test_a_tie_that_pays_only_in_the_leaders_favour_is_blamed_on_the_rule() -> None:
    """The follower is always indifferent: 1 with a favour, 0 without; the bound stays 1."""
    game = static_game([[0.0, 1.0], [0.0, 1.0], [0.0, 1.0]], [[2.0, 2.0]] * 3).to_game()
    assert solve_commitment(*asked(game)).primal_bound == pytest.approx(1.0)
    found = solve_commitment(*asked(game, ties="adverse"))
    assert found.termination is Termination.TIE_RULE
    assert found.primal_bound == pytest.approx(0.0, abs=1e-12)
    assert found.dual_bound == pytest.approx(1.0)


def _leaf_violation(game: Game, leaf: ValueLeaf) -> float:
    """By how much a leaf fails what its document asks for, at most, over answers, by plain loops."""
    worst = -np.inf
    for s in range(game.num_states):
        for b in range(int(game.follower_counts[s])):
            alone, whole = [], []
            for a in range(int(game.leader_counts[s])):
                row = game.row(s, a, b)
                extra = sum(
                    k * (game.follower_rewards[row] - game.follower_rewards[game.row(s, a, c)])
                    for c, k in leaf.multipliers.get((s, b), ())
                )
                states, chances = game.next_states(row)
                onward = game.leader_discount * float(chances @ leaf.upper[states])
                alone.append(extra)
                whole.append(float(game.leader_rewards[row]) + onward + extra - leaf.upper[s])
            if max(alone) >= 0.0:
                worst = max(worst, max(whole))
    return worst


@pytest.mark.parametrize("kind", KINDS)
def test_the_leaf_of_a_certificate_shows_the_bound(kind: str) -> None:
    """``U >= r_A + gamma p U + sum k (...)`` for every answer that the multipliers do not rule out."""
    proofs = set()
    for seed in range(6):
        plain = _plain(seed, kind)
        recorder = Recorder()
        problem, run = asked(plain.to_game(), weights=plain.initial, recorder=recorder)
        scale = gap_scale(leader_value_bounds(problem.game), problem.weights)
        leaf = solve_statewise(problem, run, scale=scale).leaf
        found = solve_commitment(problem, run)
        proofs.add(found.bound_proof)
        assert isinstance(leaf, ValueLeaf)
        if found.bound_proof is BoundProof.VALUES:
            assert isinstance(recorder.value_tree, ValueLeaf)
            assert np.array_equal(recorder.value_tree.upper, leaf.upper)
        assert all(k > 0.0 for pairs in leaf.multipliers.values() for _, k in pairs)
        assert _leaf_violation(problem.game, leaf) <= 0.0
        lower = dataclasses.replace(leaf, upper=leaf.upper - 1e-6)
        assert _leaf_violation(problem.game, lower) > 0.0
    assert BoundProof.VALUES in proofs


@pytest.mark.parametrize("kind", KINDS)
def test_forged_multipliers_prove_less_and_nothing_wrong(kind: str) -> None:
    """Random ones, and none: the bound stays above the truth; the true ones are better."""
    rng = np.random.default_rng(5)
    for seed in range(6):
        plain = _plain(seed, kind)
        game, truth = plain.to_game(), _truth(seed, kind)
        forged = Multipliers(game)
        assert np.all(forged.leaf(truth, best=True).upper >= truth - 1e-7)
        for shape in shapes_of(game):
            for answer in range(shape.actions[1]):
                forged.take(shape, answer, rng.exponential(size=(len(shape.states), shape.actions[1] - 1)))
        leaf = forged.leaf(truth, best=True)
        assert np.all(leaf.upper >= truth - 1e-7)
        assert _leaf_violation(game, leaf) <= 0.0


def test_multipliers_of_one_answer_are_left_out_where_they_prove_less() -> None:
    game = static_game([[1.0, 0.0], [0.0, 2.0]], [[1.0, 0.0], [0.0, 1.0]]).to_game()
    multipliers = Multipliers(game)
    multipliers.take_one(0, 0, np.array([1]), np.array([100.0]), np.array([1.0, 0.0]))
    assert multipliers.bounds(game.leader_rewards).tolist() == [1.0, 2.0]
    dominated = static_game([[9.0, 1.0], [9.0, 1.0]], [[0.0, 1.0], [0.0, 1.0]]).to_game()
    ruled_out = Multipliers(dominated)
    ruled_out.take_one(0, 0, np.array([1]), np.array([1.0]), np.array([9.0, 9.0]))
    assert ruled_out.bounds(dominated.leader_rewards).tolist() == [-np.inf, 1.0]


@pytest.mark.parametrize("limit", ["time", "interrupt"])
def test_a_run_that_must_stop_at_once_keeps_valid_bounds(limit: str) -> None:
    seed, kind = 1, "myopic"
    plain = _plain(seed, kind)
    interrupt = Interrupt()
    if limit == "interrupt":
        interrupt.request()
    options = {"interrupt": interrupt} if limit == "interrupt" else {"deadline": Deadline(0.0)}
    found = solve_commitment(*asked(plain.to_game(), weights=plain.initial, **options))
    assert found.termination is (Termination.INTERRUPTED if limit == "interrupt" else Termination.TIME_LIMIT)
    truth = float(plain.initial @ _truth(seed, kind))
    assert found.primal_bound <= truth + 1e-7 <= found.dual_bound + 2e-7
    assert np.isfinite([found.primal_bound, found.dual_bound]).all()


@pytest.mark.parametrize("calls", [1, 2, 5, 9])
def test_a_run_stopped_on_the_way_keeps_valid_bounds(calls: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is known by then is used; the checkpoint is reached many times."""
    monkeypatch.setattr(corners, "MOST_BASES", 0)
    seed, kind = 7, "moved-by-leader"
    plain = _plain(seed, kind)
    interrupt = Interrupt()
    problem, run = asked(plain.to_game(), weights=plain.initial, gap=1e-6, interrupt=interrupt)
    seen: list[int] = []
    original = type(run).checkpoint

    def checkpoint(self: object) -> None:
        seen.append(1)
        if len(seen) == calls:
            interrupt.request()
        original(self)  # type: ignore[arg-type]

    monkeypatch.setattr(type(run), "checkpoint", checkpoint)
    found = solve_commitment(problem, run)
    truth = float(plain.initial @ _truth(seed, kind))
    assert len(seen) <= calls
    assert found.primal_bound <= truth + 1e-7 <= found.dual_bound + 2e-7


def _wide(leader: FloatArray, follower: FloatArray) -> Game:
    return static_game(leader, follower).to_game()


@pytest.mark.parametrize(("rows", "columns"), [(3, 400), (40, 40), (300, 6), (5, 200)])
def test_one_state_with_many_actions(rows: int, columns: int) -> None:
    """As the best of one program for each action; rows are written as they bind."""
    rng = np.random.default_rng(rows)
    leader, follower = rng.random((rows, columns)), rng.random((rows, columns))
    found = solve_commitment(*asked(_wide(leader, follower), gap=1e-6))
    value = mixed_commitment(leader, follower)[0] if columns < 300 else None
    assert found.termination is Termination.GAP
    assert found.nodes == 0
    assert value is None or found.primal_bound == pytest.approx(value, abs=1e-6)


def test_thousands_of_actions_in_one_state_need_no_pairs() -> None:
    """3 x 4,000: a program would have 48 million entries; the value is that of programs over all columns."""
    rng = np.random.default_rng(0)
    game = _wide(rng.random((3, 4000)), rng.random((3, 4000)))
    assert comparisons(game) > MOST_PRODUCTS
    found = solve_commitment(*asked(game))
    assert found.termination is Termination.GAP
    assert found.primal_bound == pytest.approx(0.9753383572642613, abs=1e-6)


def test_a_thousand_states_are_solved_to_proof() -> None:
    game = random_game(1, 1000, 3, 3, 4, 0.95, 0.95).replace(follower_discount=0.0)
    found = solve_commitment(*asked(game, gap=1e-6))
    assert found.termination is Termination.GAP
    assert found.bound_proof is BoundProof.VALUES
    assert found.dual_bound - found.primal_bound <= 1e-6 * abs(found.primal_bound)
