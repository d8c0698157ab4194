"""What recorders write of reduced games, of values and of sums, in whichever units the search ran."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ssg_mip import verify_bound, verify_bounds
from ssg_mip.base.deadline import Deadline
from ssg_mip.errors import SolverError
from ssg_mip.evaluation.standard_form import standard_form
from ssg_mip.exact import solve_commitment
from ssg_mip.game.game import Game
from ssg_mip.methods.in_standard_form import into_form
from ssg_mip.proofs.claim import Claim
from ssg_mip.proofs.reduction import Dominance, Reduction, Round
from ssg_mip.proofs.value_tree import ValueLeaf
from ssg_mip.proofs.writer import Recorder
from tests.oracles.games import PlainGame, random_game
from tests.unit.checker.dual_cases import CASES, certified
from tests.unit.checker.reduced_cases import (
    Planted,
    best_on_grid,
    planted,
    pure_corners,
    reduced_lines,
    value_leaf,
    value_recorder,
)
from tests.unit.questions import asked


def _planted(seed: int = 0, **changes: Any) -> Planted:
    rng = np.random.default_rng([17, seed])
    plain = random_game(
        rng, leader_counts=[2, 2], follower_counts=[2, 2], leader_discount=0.7, follower_discount=0.6, **changes
    )
    return planted(rng, plain)


@pytest.mark.parametrize("name", sorted(set(CASES) - {"matrix"}))
def test_what_needs_no_new_format_is_written_in_the_old_one(name: str) -> None:
    """With the keys that it always had; only the game of one state is bounded by values."""
    header, *nodes = certified(name).lines
    assert header["format"] == "ssg-mip-bound/3"
    assert "reduction" not in header
    assert not {"u", "x"} & {node[0] for node in nodes}


def test_a_recorder_of_a_reduced_game_writes_about_either_game() -> None:
    """About the whole game when that is given, otherwise about what is left of it."""
    case = _planted()
    recorder, lines = reduced_lines(case)
    whole, left = case.reduction.game, case.reduction.reduced
    about_left = list(recorder.lines_in_own_units(left))
    assert (lines[0]["format"], about_left[0]["format"]) == ("ssg-mip-bound/5", "ssg-mip-bound/3")
    assert lines[1:] == about_left[1:]
    ends = verify_bound(whole, lines), verify_bound(left, about_left)
    assert all(one.passed for one in ends)
    assert ends[0].claimed == ends[1].claimed
    (replayed,) = recorder.replays(whole, Deadline(None))
    assert replayed == ends[0]


def test_further_recorders_of_a_run_are_about_the_same_reduction() -> None:
    case, recorder = _planted(), Recorder()
    recorder.reduction = case.reduction
    assert recorder.another().reduction is case.reduction
    assert recorder.fresh().value_tree is None
    assert recorder.fresh().summed == []


def test_a_reduction_that_changes_nothing_is_not_written() -> None:
    case = certified("three states")
    game, recorder = case.game, Recorder()
    recorder.root, recorder.claim = case.recorder.root, case.recorder.claim
    recorder.reduction = Reduction(
        game=game,
        reduced=game,
        rounds=(),
        states=np.arange(3),
        leader_actions=tuple(np.arange(count) for count in game.leader_counts.tolist()),
        follower_actions=tuple(np.arange(count) for count in game.follower_counts.tolist()),
    )
    assert json.loads(json.dumps(list(recorder.lines_in_own_units(game)))) == case.lines


def _moved(plain: PlainGame, constant: float, potential: float) -> PlainGame:
    """The same game with values that are counted from elsewhere, in states of odd number from elsewhere again."""
    phi = np.array([potential * (state % 2) for state in range(plain.num_states)])

    def moved(rewards: tuple[Any, ...], discount: float) -> tuple[Any, ...]:
        return tuple(
            block + constant + phi[s] - discount * (plain.transition[s] @ phi) for s, block in enumerate(rewards)
        )

    return plain.replace(
        leader_reward=moved(plain.leader_reward, plain.leader_discount),
        follower_reward=moved(plain.follower_reward, plain.follower_discount),
    )


@pytest.mark.parametrize("potential", [0.0, 3e5])
def test_units_are_those_of_the_reduced_game(potential: float) -> None:
    """Exact ones, and potentials that round; the bound is one on the whole game in its own units."""
    rng = np.random.default_rng(5)
    plain = random_game(rng, leader_counts=[2, 2], follower_counts=[2, 2], leader_discount=0.5, follower_discount=0.5)
    case = planted(rng, _moved(plain, 2.0**20, potential))
    game, reduced = case.reduction.game, case.reduction.reduced
    form = standard_form(reduced, case.plain.initial)
    assert form.is_exact == (potential == 0.0)
    recorder = Recorder()
    problem, run = asked(reduced, recorder=recorder, gap=1e-6)
    recorder.reduction = case.reduction
    problem, run = into_form(problem, run, form)
    assert recorder.form is form
    solve_commitment(problem, run)
    lines = json.loads(json.dumps(list(recorder.lines_in_own_units(game))))
    assert lines[0]["units"] is not None
    found = verify_bound(game, lines)
    assert found.passed, found.failed
    best = best_on_grid(case.plain, 6)
    assert found.claimed is not None
    assert best - 1e-6 <= found.claimed <= best + 0.5
    lines[0]["bound"] -= 0.6
    assert not verify_bound(game, lines).passed


@pytest.mark.parametrize("potential", [0.0, 3e5])
def test_values_in_standard_units_prove_a_bound_in_the_games_own(potential: float) -> None:
    """Rounded rewards included: the values are raised by what rounding may change."""
    rng = np.random.default_rng(6)
    plain = random_game(rng, leader_counts=[2, 2], follower_counts=[2, 2], leader_discount=0.5, follower_discount=0.5)
    plain = _moved(plain, 2.0**20, potential)
    game = plain.to_game()
    form = standard_form(game)
    assert form.is_exact == (potential == 0.0)
    inner = _plain_of(form.standard)
    recorder = Recorder()
    recorder.form = form
    leaf = value_leaf(inner, pure_corners(inner), multipliers={(0, 1): ((0, 0.125),)})
    recorder.value_tree = leaf
    weights = np.array(game.initial)
    bound = recorder.settle(form.standard, Claim(weights=weights, bound=float(weights @ leaf.upper)))
    assert bound == pytest.approx(float(weights @ leaf.upper), abs=1e-3)
    assert recorder.replayed == (not form.is_exact)
    lines = json.loads(json.dumps(list(recorder.lines_in_own_units(game))))
    assert lines[1][0] == "u"
    found = verify_bound(game, lines)
    assert found.passed, found.failed
    assert found.proven is not None
    assert best_on_grid(plain, 6) <= float(found.proven) + 1e-6


def _plain_of(game: Game) -> PlainGame:
    shapes = list(zip(game.leader_counts.tolist(), game.follower_counts.tolist(), strict=True))
    starts = game.row_offsets.tolist()
    parts = [slice(first, first + a * b) for first, (a, b) in zip(starts, shapes, strict=False)]
    return PlainGame(
        tuple(game.dense_transition[part].reshape(*shape, -1) for part, shape in zip(parts, shapes, strict=True)),
        tuple(game.leader_rewards[part].reshape(shape) for part, shape in zip(parts, shapes, strict=True)),
        tuple(game.follower_rewards[part].reshape(shape) for part, shape in zip(parts, shapes, strict=True)),
        game.leader_discount,
        game.follower_discount,
        np.array(game.initial),
    )


def test_a_bound_below_what_values_show_has_no_certificate_by_them() -> None:
    """Raised where it is rounding, never where it is more."""
    plain = _planted().plain
    game, leaf = plain.to_game(), value_leaf(plain, pure_corners(plain))
    weights = np.array(game.initial)
    recorder = value_recorder(game, leaf)
    assert recorder.claim is not None
    assert verify_bound(game, list(recorder.lines(game))).passed
    exact = recorder.claim.bound
    assert recorder.settle(game, Claim(weights=weights, bound=exact - 1e-14)) == exact
    assert recorder.settle(game, Claim(weights=weights, bound=exact - 1.0)) == exact - 1.0
    with pytest.raises(SolverError, match="no certificate covers"):
        list(recorder.lines(game))
    recorder.value_tree = ValueLeaf(upper=np.full(2, np.inf))
    with pytest.raises(SolverError):
        list(recorder.lines(game))


def test_a_reduction_after_another_is_about_the_first_game() -> None:
    """What is planted into a game with planted actions: numbers lead all the way back."""
    rng = np.random.default_rng(2)
    plain = random_game(rng, leader_counts=[2], follower_counts=[2], leader_discount=0.7, follower_discount=0.6)
    inner = planted(rng, plain)
    outer = planted(rng, inner.wide.replace(initial=inner.wide.initial))
    both = inner.reduction.after(outer.reduction)
    assert both.states.tolist() == [2]
    assert (both.game, both.reduced) == (outer.reduction.game, inner.reduction.reduced)
    for names, chosen, kept in (
        (both.game.leader_actions, both.leader_actions, both.reduced.leader_actions),
        (both.game.follower_actions, both.follower_actions, both.reduced.follower_actions),
    ):
        assert len(chosen[0]) == len(kept[0])
        assert set(chosen[0].tolist()) <= set(range(len(names[2])))
    recorder, _ = reduced_lines(inner)
    recorder.reduction = both
    lines = json.loads(json.dumps(list(recorder.lines_in_own_units(both.game))))
    found = verify_bound(both.game, lines)
    assert found.passed, found.failed
    assert len(lines[0]["reduction"]) == 4
    assert found.weights == (0, 0, 1)


def test_parts_of_what_a_reduction_leaves_add_up_in_the_whole_game(tmp_path: Path) -> None:
    """The sum carries the reduction of the whole, its parts those of what that leaves."""
    case = _planted(3)
    left = case.reduction.reduced
    leaf = value_leaf(case.plain, pure_corners(case.plain))
    recorder = Recorder()
    recorder.reduction = case.reduction
    weights = np.array(left.initial)
    for state in range(2):
        part = Recorder()
        part.value_tree = leaf
        own = np.eye(2)[state]
        part.settle(left, Claim(weights=own, bound=float(leaf.upper[state])))
        recorder.summed.append(part)
    bound = recorder.settle(left, Claim(weights=weights, bound=float(weights @ leaf.upper)))
    recorder.write(tmp_path / "bound.cert", case.reduction.game)
    (found,) = verify_bounds(case.reduction.game, tmp_path / "bound.cert")
    assert found.passed, found.failed
    assert found.claimed == bound
    assert (len(found.weights), found.parts) == (3, 2)
    (inside,) = verify_bounds(left, list(recorder.lines_in_own_units(left)))
    assert inside.passed, inside.failed
    assert inside.claimed == bound


def test_shares_are_written_as_they_are() -> None:
    """Numbers of NumPy become plain ones."""
    one = Round(
        dominated=(Dominance(state=np.int64(1), action=np.int64(0), by=((np.int64(2), np.float64(0.5)),)),),  # type: ignore[arg-type]
        states=np.array([0, 1]),
    )
    assert json.loads(json.dumps(one.to_dict())) == {
        "follower": None,
        "leader": None,
        "dominated": [[1, 0, [[2, 0.5]]]],
        "copies": [],
        "states": [0, 1],
    }
