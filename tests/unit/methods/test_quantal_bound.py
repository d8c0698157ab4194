"""The bound on commitments against a quantal follower: its rows hold for every policy, and no policy exceeds it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from ssg_mip import solve, verify
from ssg_mip.base.status import BoundProof, Termination
from ssg_mip.evaluation.mdp import occupancy
from ssg_mip.evaluation.soft_response import SoftPair, collapsed
from ssg_mip.evaluation.value_bounds import leader_value_bounds
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.library.random_games import random_game
from ssg_mip.lp.compiled import CompiledProgram, compile_program
from ssg_mip.methods.quantal.bound import SoftIntervals
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.followers.quantal import Quantal
from ssg_mip.programs.commitment import commitment
from ssg_mip.programs.rows import Selection
from ssg_mip.programs.soft_rows import add_soft_rows, lower_mixes, upper_mixes
from ssg_mip.programs.tags import FROM_WEIGHTS, ColumnKind


def point_of(game: Game, pair: SoftPair, policy: LeaderPolicy, compiled: CompiledProgram) -> FloatArray:
    """The columns of the program at a policy, its soft values and its mixed answer."""
    tags, slots, mix = compiled.column_tags, policy.slots(game), pair.control.mix
    here = np.arange(game.num_states)
    visits = occupancy(collapsed(pair.leader, mix), here, game.initial)
    columns = np.zeros(compiled.num_columns)
    for k in range(compiled.num_columns):
        s, t = int(tags.state[k]), int(tags.value[k])
        if tags.kind[k] == ColumnKind.VALUE:
            columns[k] = pair.control.values[s]
            continue
        a, b = int(game.leader_offsets[s] + tags.leader[k]), int(game.follower_offsets[s] + tags.answer[k])
        columns[k] = slots[a] * mix[b] * (visits[s] if tags.block[k] == FROM_WEIGHTS else 1.0)
        if tags.kind[k] == ColumnKind.PRODUCT:
            columns[k] *= pair.control.values[t]
    return columns


@pytest.mark.parametrize("temperature", [0.05, 1.0])
@pytest.mark.parametrize(("seed", "sizes"), [(0, (3, 2, 2)), (1, (2, 3, 3)), (2, (3, 2, 1))])
def test_every_policy_keeps_the_rows(seed: int, sizes: tuple[int, int, int], temperature: float) -> None:
    """With its soft values and its mixed answer, in occupancies and in probabilities of states without weight."""
    game = random_game(seed, *sizes).replace(initial=np.eye(sizes[0])[0])
    box = SoftIntervals(game, temperature).root()
    selection = Selection.everything(game)
    rows = Selection(game, selection.answers, incentives=lambda *rest: add_soft_rows(temperature, *rest))
    compiled = compile_program(commitment(game, game.initial, box, selection=rows))
    program = compiled.linear_program()
    rng = np.random.default_rng(seed)
    policies = [LeaderPolicy.random(game, rng) for _ in range(5)] + [LeaderPolicy.deterministic(game, [0] * sizes[0])]
    for policy in policies:
        pair = SoftPair.of(game, policy, temperature)
        columns = point_of(game, pair, policy, compiled)
        terms = compiled.coefficient * columns[compiled.column_index]
        activity = np.bincount(compiled.row_index, terms, compiled.num_rows)
        assert np.all(activity >= program.row_lower - 1e-7)
        assert np.all(activity <= program.row_upper + 1e-7)
        assert np.all(columns >= program.column_lower - 1e-7)
        assert np.all(columns <= program.column_upper + 1e-7)
        value = float(compiled.objective @ columns)
        assert value == pytest.approx(float(game.initial @ pair.leader_values), abs=1e-7)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_mixes_are_distributions(count: int) -> None:
    assert all(mix.sum() == pytest.approx(1.0) and mix.min() >= 0.0 for mix in lower_mixes(count))
    assert all(mix.sum() == pytest.approx(1.0) and mix.min() > 0.0 for mix in upper_mixes(count))


@pytest.mark.parametrize("temperature", [0.05, 0.5, 5.0])
@pytest.mark.parametrize("seed", range(4))
def test_boxes_hold_the_soft_values(seed: int, temperature: float) -> None:
    """The root, and boxes that are split at the values of a policy and shrunk."""
    game = random_game(seed, 4, 3, 3)
    intervals = SoftIntervals(game, temperature)
    root = intervals.root()
    rng = np.random.default_rng(seed)
    for _ in range(10):
        values = SoftPair.of(game, LeaderPolicy.random(game, rng), temperature).control.values
        assert np.all(root.lower <= values)
        assert np.all(values <= root.upper)
        lower = np.where(rng.random(4) < 0.5, values, root.lower)
        upper = np.where(rng.random(4) < 0.5, values, root.upper)
        smaller = intervals.tightened(lower, upper)
        assert smaller is not None
        assert np.all(smaller.lower <= values)
        assert np.all(values <= smaller.upper)


def test_an_empty_box_is_seen() -> None:
    game = random_game(0, 3, 2, 2)
    intervals = SoftIntervals(game, 0.1)
    root = intervals.root()
    assert intervals.tightened(root.upper + 10.0, root.upper + 10.1) is None


@pytest.mark.parametrize("temperature", [0.02, 0.2, 1.0])
@pytest.mark.parametrize("seed", range(4))
def test_no_policy_of_a_grid_exceeds_the_bound(seed: int, temperature: float) -> None:
    game = random_game(seed, 2, 2, 2, follower_discount=0.8)
    found = solve(game, follower=Quantal(temperature), settings={"bound_nodes": 600}, gap=1e-3)
    best = max(
        float(
            game.initial
            @ SoftPair.of(game, LeaderPolicy(np.array([[p, 1 - p], [q, 1 - q]])), temperature).leader_values
        )
        for p, q in itertools.product(np.linspace(0.0, 1.0, 25), repeat=2)
    )
    assert found.dual_bound >= best - 1e-9
    assert found.leader_value >= best - 1e-3
    assert found.check.passed


def test_it_says_something_and_what_it_rests_on() -> None:
    """Below the best pair of policies, and below the strong value where erring costs the leader; not certified."""
    game = random_game(1, 2, 2, 2, follower_discount=0.8)
    ceiling = float(game.initial @ leader_value_bounds(game).upper)
    strong = solve(game, method="commitment", check=False, guarantee=False).dual_bound
    found = solve(game, follower=Quantal(0.02), settings={"bound_nodes": 400})
    assert found.dual_bound < 0.5 * ceiling
    assert found.leader_value < found.dual_bound < strong
    assert found.bound_proof is BoundProof.MIXED
    assert not found.bound_certified
    assert "dual_bound" in found.check.claimed
    assert verify(game, found.to_dict()).passed
    assert found.provenance.counts["nodes"] >= 100


def test_the_search_ends_at_limits_and_can_be_left_out() -> None:
    game = random_game(3, 4, 2, 2)
    without = solve(game, follower=Quantal(0.1), settings={"bound_nodes": 0}, check=False)
    assert (without.provenance.counts["nodes"], without.bound_proof) == (0, BoundProof.PAIR)
    limited = solve(game, follower=Quantal(0.1), node_limit=5, check=False)
    assert limited.termination is Termination.NODE_LIMIT
    assert limited.provenance.counts["nodes"] <= 8
    usual = solve(game, follower=Quantal(0.1), settings={"bound_nodes": 5}, check=False)
    assert usual.termination is Termination.CONVERGED
    assert limited.dual_bound <= without.dual_bound


def test_a_closed_gap_is_optimal() -> None:
    """Where he hardly errs and the planner's policy is best the bound is met."""
    found = solve(random_game(2, 2, 2, 2, follower_discount=0.8), follower=Quantal(0.005))
    assert found.termination is Termination.GAP
    assert found.status.name == "OPTIMAL"
    assert found.relative_gap <= 1e-4 * (1 + 1e-9)
