"""Certificates about games in which states were merged: what they prove, and that no false merge passes."""

from __future__ import annotations

import copy
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ssg_mip import Game, GameBuilder, solve, verify_bound, verify_bounds
from ssg_mip.checker.dual.reduction import Reducer
from ssg_mip.checker.dual.rounds import GivenRound, Needed, ReductionError
from ssg_mip.checker.rational import ExactGame
from ssg_mip.errors import InvalidResultError
from ssg_mip.exact import solve_commitment
from ssg_mip.presolve.reduce import reduce_game
from ssg_mip.presolve.restriction import reduced_by, unreduced
from ssg_mip.proofs.reduction import Reduction, Round
from ssg_mip.proofs.writer import Recorder
from tests.unit.checker.test_dual_reduction import refused
from tests.unit.presolve.test_merging import layered
from tests.unit.questions import asked

Lines = list[Any]

TRUE = 1e-9


def _merged(game: Game, ties: str = "leader") -> Reduction:
    return reduce_game(game, weights=game.initial, ties=ties, merging=True)  # type: ignore[arg-type]


def _starting_first(game: Game) -> Game:
    """The same game, started in its first state: no weight is added to another."""
    return game.replace(initial=np.eye(game.num_states)[0])


def _lines(seed: int = 1) -> tuple[Game, Lines]:
    game = _starting_first(layered(seed))
    reduction = _merged(game)
    assert reduction.rounds[-1].merged
    recorder = Recorder()
    recorder.reduction = reduction
    problem, run = asked(reduction.reduced, recorder=recorder, gap=1e-6, weights=reduction.weights_in(game.initial))
    solve_commitment(problem, run)
    return game, list(recorder.lines_in_own_units(game))


def _needed(**changes: Any) -> Needed:
    return Needed(**{"states": frozenset(), **changes})


def _given(one: Round) -> GivenRound:
    return GivenRound(
        merged=one.merged, states=None if one.states is None else tuple(int(state) for state in one.states)
    )


@pytest.mark.parametrize("seed", range(10))
def test_what_is_left_is_the_game_that_was_solved(seed: int) -> None:
    """Fraction by fraction, where shares of one half are added; names and actions too."""
    game = layered(seed)
    reduction = _merged(game)
    (first,) = [one for one in reduction.rounds if one.merged]
    alone = reduced_by(unreduced(game), first)
    reducer = Reducer(ExactGame.read(game), _needed())
    reducer.apply(_given(first))
    mine, theirs = reducer.reduced(), ExactGame.read(alone.reduced)
    assert reducer.states == alone.states.tolist()
    assert (mine.leader_rewards, mine.follower_rewards) == (theirs.leader_rewards, theirs.follower_rewards)
    for row, other in zip(mine.rows, theirs.rows, strict=True):
        shares = [
            {t: Fraction(above, one.total) for t, above in zip(one.places, one.numerators, strict=True)}
            for one in (row, other)
        ]
        assert shares[0] == shares[1]
    weights = reducer.weights(game.initial.tolist())
    assert sum(weights) == sum(map(Fraction, game.initial.tolist()))
    assert [float(weight) for weight in weights] == alone.weights_in(game.initial).tolist()


@pytest.mark.parametrize("seed", range(6))
def test_the_bound_holds_in_the_whole_game(seed: int) -> None:
    game, lines = _lines(seed)
    found = verify_bound(game, lines)
    assert found.passed, found.failed
    truth = solve(game, method="commitment", gap=1e-6, presolve=False)
    assert truth.leader_value <= found.proven + TRUE
    assert found.proven <= truth.dual_bound + 1e-4


@pytest.mark.parametrize("ties", ["leader", "first", "adverse"])
def test_solve_merges_and_proves_it(ties: str, tmp_path: Path) -> None:
    """With weights on the states that are merged, which add up with rounding."""
    for seed in range(6):
        game, rng = layered(seed), np.random.default_rng(seed)
        weights = rng.dirichlet(np.ones(game.num_states))
        path = tmp_path / "proof"
        result = solve(game, method="commitment", ties=ties, gap=1e-6, weights=weights, certificate=path)
        assert result.details["presolve"]["states_merged"] == (game.num_states - 2) // 2
        truth = solve(game, method="commitment", ties=ties, gap=1e-6, weights=weights, presolve=False)
        assert result.leader_value == pytest.approx(truth.leader_value, abs=1e-4)
        assert truth.leader_value <= result.dual_bound + TRUE
        assert result.leader_value == pytest.approx(float(result.weights @ result.leader_values), abs=1e-12)
        (found,) = verify_bounds(game, path)
        assert found.passed, found.failed
        assert found.claimed == result.dual_bound
        assert [float(weight) for weight in found.weights] == pytest.approx(result.weights.tolist(), abs=1e-15)


def test_the_weights_of_a_sum_are_counted_with_their_rounding(tmp_path: Path) -> None:
    """Weights that are no floats once they are added, one of them so small that it is lost beside the other."""
    game = layered(2)
    weights = np.full(game.num_states, 0.1)
    weights[1:3] = 1e-30, 0.7
    path = tmp_path / "proof"
    result = solve(game, method="commitment", gap=1e-6, weights=weights, certificate=path)
    (found,) = verify_bounds(game, path)
    assert found.passed, found.failed
    assert found.claimed == result.dual_bound


def test_weights_of_merged_states_are_spread_so_that_they_add_up() -> None:
    rng = np.random.default_rng(0)
    for seed in range(30):
        game = layered(seed)
        reduction = _merged(game)
        like = rng.dirichlet(np.ones(game.num_states)) * (rng.random(game.num_states) < 0.8)
        like[1] = 1e-25
        left = reduction.weights_in(like) / like.sum()
        out = reduction.weights_out(left, like)
        assert ((out > 0.0) == (like > 0.0)).all()
        assert out == pytest.approx(like / like.sum(), abs=1e-14)
        sums = [
            sum((Fraction(out[t]) for t in np.flatnonzero(reduction.into == s)), Fraction(0)) for s in reduction.states
        ]
        assert sums == [Fraction(weight) for weight in left]


def test_parts_with_merged_states_add_up(tmp_path: Path) -> None:
    """Two layered games side by side, all states with weights."""
    first, second = layered(1), layered(2)
    game, path = beside(first, second), tmp_path / "proof"
    result = solve(game, method="commitment", gap=1e-6, certificate=path)
    assert result.details["presolve"]["parts"] == 2
    assert result.details["presolve"]["states_merged"] > 1
    assert sum(part["share"] for part in result.details["parts"]) == pytest.approx(1.0, abs=1e-15)
    truth = solve(game, method="commitment", gap=1e-6, presolve=False)
    assert result.leader_value == pytest.approx(truth.leader_value, abs=1e-4)
    (found,) = verify_bounds(game, path)
    assert found.passed, found.failed
    assert (found.parts, found.claimed) == (2, result.dual_bound)


def beside(first: Game, second: Game) -> Game:
    """Two games as one."""
    moves = np.concatenate((first.successors, second.successors + first.num_states))
    return Game(
        state_names=tuple(f"{n}:{name}" for n, one in enumerate((first, second)) for name in one.state_names),
        leader_actions=first.leader_actions + second.leader_actions,
        follower_actions=first.follower_actions + second.follower_actions,
        indptr=np.concatenate((first.indptr, first.indptr[-1] + second.indptr[1:])),
        successors=moves,
        probabilities=np.concatenate((first.probabilities, second.probabilities)),
        leader_rewards=np.concatenate((first.leader_rewards, second.leader_rewards)),
        follower_rewards=np.concatenate((first.follower_rewards, second.follower_rewards)),
        leader_discount=first.leader_discount,
        follower_discount=first.follower_discount,
        initial=np.concatenate((0.3 * first.initial, 0.7 * second.initial)),
    )


@pytest.mark.parametrize("method", ["deterministic", "grid"])
def test_what_is_played_in_merged_states_keeps_the_promise_of_the_method(method: str) -> None:
    """Also where copies of an action are left out there."""
    game = steering(choice=False, copies=2)
    result = solve(game, method=method)
    assert result.details["presolve"]["states_merged"] == 1
    assert result.leader_policy is not None
    assert set(result.leader_policy.slots(game).tolist()) <= {0.0, 1.0}


# -------------------------------------------------------------------- false merges


def steering(*, choice: bool, copies: int = 1) -> Game:
    """Two copies of a state behind two answers; with a choice in them the leader steers the answer by them."""
    builder = GameBuilder("steering", leader_discount=0.9, follower_discount=0.9)
    leader = ["kind", "harsh"] if choice else [f"kind{n}" for n in range(copies)]
    builder.add_state("start", leader_actions=["x", "y"], follower_actions=["l", "r"], initial=1.0)
    for name in ("left", "right"):
        builder.add_state(name, leader_actions=leader, follower_actions=["go"])
    for action in "xy":
        for answer, after, mine in (("l", "left", 1.0), ("r", "right", 0.0)):
            his = -0.5 * mine + 0.1 * (action == "x") if choice else float((action == "x") == (answer == "l"))
            builder.add_transition("start", action, answer, leader_reward=mine, follower_reward=his, next={after: 1.0})
    for name in ("left", "right"):
        for action in leader:
            harsh = action == "harsh"
            builder.add_transition(
                name, action, "go", leader_reward=-0.1 * harsh, follower_reward=-2.0 * harsh, next={"start": 1.0}
            )
    return builder.build()


def test_a_leader_who_could_treat_states_differently_would_lose_by_a_merge() -> None:
    """So it is refused, and with it a bound below what he gets."""
    game = steering(choice=True)
    truth = solve(game, method="commitment", gap=1e-6)
    small = reduced_by(unreduced(game), Round(merged=((2, 1),)))
    lost = solve(small.reduced, method="commitment", gap=1e-6, weights=[1.0, 0.0])
    assert lost.dual_bound < truth.leader_value - 0.5
    assert truth.details["presolve"]["states_merged"] == 0
    recorder = Recorder()
    recorder.reduction = small
    problem, run = asked(small.reduced, recorder=recorder, gap=1e-6, weights=np.array([1.0, 0.0]))
    solve_commitment(problem, run)
    (failed,) = verify_bound(game, recorder.lines_in_own_units(game)).failed
    assert (failed.name, "has a choice" in failed.detail) == ("reduction", True)


def _round(lines: Lines) -> dict[str, Any]:
    return next(one for one in lines[0]["reduction"] if one.get("merged"))


FALSE: dict[str, Callable[[Lines], None]] = {
    "into the start": lambda lines: _round(lines)["merged"][0].__setitem__(1, 0),
    "the start": lambda lines: _round(lines)["merged"].append([0, 1]),
    "into itself": lambda lines: _round(lines)["merged"][0].__setitem__(1, _round(lines)["merged"][0][0]),
    "twice": lambda lines: _round(lines)["merged"].append(list(_round(lines)["merged"][0])),
    "in a circle": lambda lines: _round(lines)["merged"].append(_round(lines)["merged"][0][::-1]),
    "with a floor": lambda lines: lines[0].__setitem__("floor", [[_round(lines)["merged"][0][0], -100.0]]),
    "into a floor": lambda lines: lines[0].__setitem__("floor", [[_round(lines)["merged"][0][1], -100.0]]),
    "with a margin": lambda lines: lines[0].__setitem__("margin", 0.01),
}

MALFORMED: dict[str, Callable[[Lines], None]] = {
    "no list": lambda lines: _round(lines).__setitem__("merged", None),
    "no pair": lambda lines: _round(lines)["merged"][0].append(0),
    "out of range": lambda lines: _round(lines)["merged"][0].__setitem__(1, 99),
    "no whole number": lambda lines: _round(lines)["merged"][0].__setitem__(0, 1.0),
    "one merge left out": lambda lines: _round(lines)["merged"].pop(),
    "another key": lambda lines: _round(lines).__setitem__("mergers", []),
}


@pytest.mark.parametrize("name", FALSE)
def test_a_forged_merge_is_refused(name: str) -> None:
    for seed in range(4):
        game, lines = _lines(seed)
        assert verify_bound(game, lines).passed
        forged = copy.deepcopy(lines)
        FALSE[name](forged)
        assert refused(game, forged), seed


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_merge_is_refused_with_words(name: str) -> None:
    game, lines = _lines()
    MALFORMED[name](lines)
    with pytest.raises(InvalidResultError):
        verify_bound(game, lines)


@pytest.mark.parametrize("where", ["leader_rewards", "follower_rewards"])
def test_states_that_differ_by_little_are_not_merged(where: str) -> None:
    game = layered(1)
    reducer = Reducer(ExactGame.read(game), _needed())
    (first,) = [one for one in _merged(game).rounds if one.merged]
    reducer.apply(_given(first))
    numbers = getattr(game, where).copy()
    state = first.merged[0][0]
    row = int(game.row_offsets[state])
    numbers[row] += 1e-12
    other = game.replace(**{where: numbers})
    with pytest.raises(ReductionError, match="is not as that one is"):
        Reducer(ExactGame.read(other), _needed()).apply(_given(first))


@pytest.mark.parametrize("share", [0.5, 0.5 + 2.0**-40])
def test_where_merged_states_lead_is_compared(share: float) -> None:
    """How often they lead to each other does not count, how often they leave does."""
    game = Game(
        state_names=("s", "t", "u"),
        leader_actions=(("a",),) * 3,
        follower_actions=(("b",),) * 3,
        indptr=np.array([0, 2, 5, 6]),
        successors=np.array([0, 2, 0, 1, 2, 2]),
        probabilities=np.array([0.5, 0.5, 0.125, share - 0.125, 1.0 - share, 1.0]),
        leader_rewards=np.array([1.0, 1.0, 30.0]),
        follower_rewards=np.zeros(3),
        leader_discount=0.5,
        follower_discount=0.5,
        initial=np.array([1.0, 0.0, 0.0]),
    )
    reducer = Reducer(ExactGame.read(game), _needed())
    if share == 0.5:
        reducer.apply(GivenRound(merged=((1, 0),)))
        assert reducer.states == [0, 2]
    else:
        with pytest.raises(ReductionError, match="is not as that one is"):
            reducer.apply(GivenRound(merged=((1, 0),)))


def test_nothing_is_merged_of_the_improvement_program() -> None:
    game = layered(1)
    (first,) = [one for one in _merged(game).rounds if one.merged]
    with pytest.raises(ReductionError, match="improvement program"):
        Reducer(ExactGame.read(game), _needed(any_values=True)).apply(_given(first))


def test_what_follows_a_merge_is_about_what_is_left() -> None:
    """A merged state cannot be kept or merged again later; the one that has its weight must be kept."""
    game = layered(1)
    (first,) = [one for one in _merged(game).rounds if one.merged]
    state, other = first.merged[0]
    reducer = Reducer(ExactGame.read(game), _needed(states=frozenset([state])))
    reducer.apply(_given(first))
    assert reducer.into[state] == other
    with pytest.raises(ReductionError, match="removed before"):
        reducer.apply(GivenRound(states=tuple(range(game.num_states))))
    with pytest.raises(ReductionError, match="not left"):
        reducer.apply(GivenRound(merged=((state, other),)))
    kept = tuple(one for one in reducer.states if one != other)
    with pytest.raises(ReductionError, match=f"state {other} counts"):
        reducer.apply(GivenRound(states=kept))


def test_weights_follow_states_through_several_rounds() -> None:
    """Of three alike states the last goes into the second, and that one, later, into the first."""
    game = Game(
        state_names=("s", "t", "u"),
        leader_actions=(("a",),) * 3,
        follower_actions=(("b",),) * 3,
        indptr=np.arange(4),
        successors=np.arange(3),
        probabilities=np.ones(3),
        leader_rewards=np.ones(3),
        follower_rewards=np.zeros(3),
        leader_discount=0.5,
        follower_discount=0.5,
        initial=np.array([0.5, 0.25, 0.25]),
    )
    reducer = Reducer(ExactGame.read(game), _needed(states=frozenset([0, 1, 2])))
    with pytest.raises(ReductionError, match="merged twice"):
        reducer.apply(GivenRound(merged=((2, 1), (2, 0))))
    reducer.apply(GivenRound(merged=((2, 1),)))
    reducer.apply(GivenRound(merged=((1, 0),)))
    assert (reducer.states, reducer.into) == ([0], [0, 0, 0])
    assert reducer.weights([0.5, 0.125, 0.25]) == (Fraction(7, 8),)
    assert reducer.reduced().rows[0].numerators == (1,)
    whole = reduced_by(reduced_by(unreduced(game), Round(merged=((2, 1),))), Round(merged=((1, 0),)))
    assert whole.into.tolist() == [0, 0, 0]
    assert whole.weights_in(np.array([0.5, 0.125, 0.25])).tolist() == [0.875]


def test_with_a_margin_nothing_is_merged() -> None:
    game = layered(1)
    (first,) = [one for one in _merged(game).rounds if one.merged]
    with pytest.raises(ReductionError, match="with a margin"):
        Reducer(ExactGame.read(game), _needed(copies_only=True)).apply(_given(first))


def test_a_merge_of_a_reduced_game_is_about_the_whole_one() -> None:
    """Renumbered, after a round that takes the first state away."""
    whole = layered(1)
    first = reduced_by(unreduced(whole), Round())
    inner = _merged(whole)
    (one,) = [step for step in inner.rounds if step.merged]
    shifted = Reduction(
        game=whole,
        reduced=whole,
        rounds=(),
        states=np.arange(whole.num_states) + 5,
        leader_actions=first.leader_actions,
        follower_actions=first.follower_actions,
    )
    assert one.renumbered(shifted).merged == tuple((state + 5, other + 5) for state, other in one.merged)
