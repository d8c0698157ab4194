"""The programs that are written straight into arrays are those of Pyomo, number by number."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import numpy as np
import pytest

from ssg_mip import Game, LeaderPolicy, Result, best_response, solve
from ssg_mip.evaluation.value_bounds import ValueBounds, follower_value_bounds
from ssg_mip.exact import commitment_bridge, improvement_bridge
from ssg_mip.library import random_game
from ssg_mip.lp.compiled import CompiledProgram, compile_program
from ssg_mip.lp.direct import commitment_in_arrays, improvement_in_arrays, is_plain_direction
from ssg_mip.lp.highs import HighsLp
from ssg_mip.lp.interface import LpStatus
from ssg_mip.programs import coupling
from ssg_mip.programs.commitment import commitment_along
from ssg_mip.programs.direction import Ceiling, Direction
from ssg_mip.programs.improvement import improvement
from ssg_mip.programs.rows import Selection

DISCOUNTS = [(0.0, 0.9), (0.9, 0.0), (0.9, 0.99), (0.0, 0.0)]
SEEDS = range(2)


def uneven_game(seed: int, discounts: tuple[float, float], states: int = 4) -> Game:
    """Absent actions, rewards many of which are 0, and 1 to 3 successors, among them the state itself."""
    rng = np.random.default_rng(seed)
    shape = (states, 3, 3)
    transition = rng.dirichlet(np.ones(states), shape) * (rng.random((*shape, states)) < 0.4)
    transition[..., 0] += 1.0 - transition.sum(axis=-1)
    available = rng.random((2, states, 3)) < 0.7
    available[:, :, 0] = True
    leader, follower = rng.integers(-2, 3, (2, *shape)).astype(float)
    return Game.from_arrays(
        transition,
        leader,
        follower,
        leader_discount=discounts[0],
        follower_discount=discounts[1],
        leader_available=available[0],
        follower_available=available[1],
    )


def assert_same(ours: CompiledProgram, oracle: CompiledProgram) -> None:
    """Every row, column, product, bound, name and tag, to the last bit."""
    for field in dataclasses.fields(CompiledProgram):
        mine, theirs = getattr(ours, field.name), getattr(oracle, field.name)
        if field.name in ("row_tags", "column_tags"):
            for tag in dataclasses.fields(theirs):
                assert np.array_equal(getattr(mine, tag.name), getattr(theirs, tag.name)), (field.name, tag.name)
        elif field.name != "column_of":  # the numbers of Pyomo's objects
            assert type(mine) is type(theirs), field.name
            assert np.array_equal(mine, theirs), field.name
            assert getattr(mine, "dtype", None) == getattr(theirs, "dtype", None), field.name


def commitments(
    game: Game, direction: Direction, bounds: ValueBounds, selection: Selection
) -> tuple[CompiledProgram, CompiledProgram]:
    assert is_plain_direction(direction)
    oracle = compile_program(commitment_along(game, direction, bounds, selection=selection))
    return commitment_in_arrays(game, direction, bounds, selection), oracle


def improvements(game: Game, values: np.ndarray, selection: Selection) -> tuple[CompiledProgram, CompiledProgram]:  # type: ignore[type-arg]
    bounds, weights = follower_value_bounds(game), np.random.default_rng(1).dirichlet(np.ones(game.num_states))
    oracle = compile_program(improvement(game, values, weights, bounds, selection=selection))
    return improvement_in_arrays(game, values, weights, bounds, selection), oracle


def some_answers(game: Game, seed: int) -> Selection:
    """Without some of the answers, but one in every state, and with a margin."""
    answers = np.random.default_rng(seed).random(int(game.follower_offsets[-1])) < 0.6
    answers[game.follower_offsets[:-1]] = True
    return Selection(game, answers, margin=0.125)


def selections(game: Game, seed: int) -> list[Selection]:
    return [Selection.everything(game), some_answers(game, seed)]


@pytest.mark.parametrize("discounts", DISCOUNTS)
@pytest.mark.parametrize("every_row", [True, False])
def test_the_commitment_program(
    discounts: tuple[float, float], every_row: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the start, with and without floors, closed answers and a margin."""
    if not every_row:
        monkeypatch.setattr(coupling, "MOST_FOR_EVERY_ROW", 0)
    for seed in SEEDS:
        game = uneven_game(seed, discounts)
        bounds = follower_value_bounds(game)
        starts = [game.initial, np.array([0.75, 0.0, 0.0, 0.25]), np.array([0.0, 2.0, 1.0, 1e-9])]
        for start in starts:
            for floor in (None, {2: -1.0}, {0: 0.5, 1: -2.0}):
                for selection in selections(game, seed):
                    assert_same(*commitments(game, Direction.of_sum(start, floor), bounds, selection))


@pytest.mark.parametrize("discounts", DISCOUNTS)
def test_the_improvement_program(discounts: tuple[float, float]) -> None:
    """At the values of a policy, which are its floors, and where nobody gains anything."""
    for seed in SEEDS:
        game = uneven_game(seed, discounts)
        for selection in selections(game, seed):
            uniform = best_response(game, LeaderPolicy.uniform(game)).leader_values
            drawn = best_response(game, LeaderPolicy.random(game, np.random.default_rng(seed))).leader_values
            for values in (uniform, drawn):
                assert_same(*improvements(game, values, selection))
        still = game.replace(leader_rewards=np.zeros(game.num_rows))
        assert_same(*improvements(still, np.zeros(game.num_states), Selection.everything(game)))


def test_a_larger_game_and_one_state() -> None:
    """Where flow rows are multiplied by their own values alone, and where there is nothing to couple."""
    for game in (random_game(0, 20, 3, 3, 3), random_game(0, 1, 2, 2, 1), random_game(0, 3, 1, 1, 2)):
        everything = Selection.everything(game)
        assert_same(*commitments(game, Direction.of_sum(game.initial), follower_value_bounds(game), everything))
        assert_same(*improvements(game, best_response(game, LeaderPolicy.uniform(game)).leader_values, everything))


def test_both_have_the_same_optimum() -> None:
    game = uneven_game(3, (0.9, 0.9))
    direction, bounds = Direction.of_sum(game.initial, {1: -8.0}), follower_value_bounds(game)
    ours, oracle = (
        HighsLp(one.linear_program()).solve() for one in commitments(game, direction, bounds, some_answers(game, 0))
    )
    assert ours.status is oracle.status is LpStatus.OPTIMAL
    assert ours.objective == oracle.objective
    assert np.array_equal(ours.point, oracle.point)


def test_a_floor_that_no_reward_can_meet_is_kept() -> None:
    """A row without terms that holds is left out, one that never holds is not."""
    game = uneven_game(0, (0.9, 0.9))
    still = game.replace(leader_rewards=np.zeros(game.num_rows))
    for least, rows in ((-1.0, 0), (1.0, 1)):
        direction, everything = Direction.of_sum(game.initial, {1: least}), Selection.everything(still)
        ours, oracle = commitments(still, direction, follower_value_bounds(still), everything)
        assert_same(ours, oracle)
        assert ours.row_names.count("floor1_value") == rows


def test_what_is_not_plain() -> None:
    """Floors under sums, weights on the follower, several objectives, bounds on sums, prices: all else is Pyomo's."""
    plain = Direction.of_sum(np.array([0.5, 0.5]), {1: 0.0})
    assert is_plain_direction(plain)
    first, floor = plain.demands
    others = [
        dataclasses.replace(plain, bottom=0.0),
        dataclasses.replace(plain, demands=(first, dataclasses.replace(floor, leader=first.leader))),
        dataclasses.replace(plain, demands=(dataclasses.replace(first, follower=np.ones(2)), floor)),
        dataclasses.replace(plain, demands=(dataclasses.replace(first, leader=np.zeros(2)), floor)),
        dataclasses.replace(plain, shared=first.leader),
        dataclasses.replace(plain, price=np.ones(4)),
        dataclasses.replace(plain, ceilings=(Ceiling(np.ones(2), 3.0),)),
    ]
    assert not any(map(is_plain_direction, others))


# --------------------------------------------------------------- in searches


def through_pyomo(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """From now on searches write their programs through Pyomo; the list says which."""
    written: list[str] = []

    def commitment(*given: object) -> object:
        written.append("commitment")
        game, direction, follower, selection = given
        return commitment_along(game, direction, follower, selection=selection)  # type: ignore[arg-type]

    def step(*given: object) -> object:
        written.append("improvement")
        *first, selection = given
        return improvement(*first, selection=selection)  # type: ignore[arg-type]

    monkeypatch.setattr(commitment_bridge, "commitment_in_arrays", commitment)
    monkeypatch.setattr(improvement_bridge, "improvement_in_arrays", step)
    return written


def told(result: Result) -> tuple[object, ...]:
    return (
        result.leader_value,
        result.dual_bound,
        result.provenance.counts,
        result.leader_policy.slots(result.game).tolist(),
    )


@pytest.mark.parametrize(("method", "program"), [("commitment", "commitment"), ("policy-iteration", "improvement")])
@pytest.mark.parametrize("ties", ["leader", "adverse"])
@pytest.mark.parametrize("shape", [(3, 2, 2, 2), (5, 3, 3, 2)])
def test_searches_take_the_same_way(
    method: str, program: str, ties: str, shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same nodes, linear programs, policy and bound."""
    for seed in range(2):
        game = random_game(seed, *shape)
        ours = solve(game, method, ties=ties, node_limit=60)
        with monkeypatch.context() as patch:
            written = through_pyomo(patch)
            oracle = solve(game, method, ties=ties, node_limit=60)
        assert program in written
        assert told(ours) == told(oracle)


def test_plain_searches_load_no_pyomo() -> None:
    """Which takes longer to load than a small game to solve."""
    code = (
        "import sys; from ssg_mip import solve; from ssg_mip.library import random_game\n"
        "for method in ('commitment', 'policy-iteration'):\n"
        "    assert solve(random_game(0, 3, 2, 2, 2), method).provenance.counts['lps'] > 0\n"
        "print('pyomo' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["False"]
