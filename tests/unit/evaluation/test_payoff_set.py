"""The payoff-set bound: never below what a policy is worth, and where it is exact."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from ssg_mip import Game, LeaderPolicy, solve
from ssg_mip.base.deadline import Deadline
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.best_response import best_response
from ssg_mip.evaluation.payoff_set import PayoffBound, payoff_set_bound
from ssg_mip.evaluation.payoff_set import bound as module
from ssg_mip.evaluation.payoff_set.blocks import Block
from ssg_mip.evaluation.payoff_set.operator import Multipliers, Operator
from ssg_mip.evaluation.payoff_set.search import searched
from ssg_mip.evaluation.value_bounds import follower_value_bounds, leader_value_bounds
from ssg_mip.library import funnel, garnet, highway_merge, pursuit, queue, random_game, security_grid, supply
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.proofs.claim import Claim
from ssg_mip.proofs.payoff_lines import PayoffLines
from tests.oracles.games import uneven_game

DISCOUNTS = ((0.9, 0.9), (0.6, 0.9), (0.9, 0.6), (0.0, 0.9), (0.9, 0.0), (0.0, 0.0), (0.98, 0.5))


@pytest.mark.parametrize("discounts", DISCOUNTS)
@pytest.mark.parametrize("seed", range(3))
def test_no_policy_is_worth_more(seed: int, discounts: tuple[float, float]) -> None:
    rng = np.random.default_rng(seed)
    for game in (random_game(seed, 3, 3, 3, 2, *discounts), uneven_game(seed, discounts)):
        found = payoff_set_bound(game)
        policies = [LeaderPolicy.random(game, rng) for _ in range(30)]
        policies += [LeaderPolicy.deterministic(game, rng.integers(0, game.leader_counts)) for _ in range(30)]
        best = solve(game, "commitment", time_limit=5.0).leader_policy
        assert best is not None
        for policy in (*policies, best):
            values = best_response(game, policy).leader_values
            assert (values <= found.upper + 1e-12).all()
        assert (found.upper <= leader_value_bounds(game).upper).all()


@pytest.mark.parametrize("seed", range(4))
def test_every_support_is_one(seed: int) -> None:
    """``V + k v`` of policies and answers, for every slope; and the follower's bounds enclose his values."""
    game, rng = random_game(seed, 4, 3, 3, 2, 0.9, 0.8), np.random.default_rng(seed)
    found = payoff_set_bound(game, deadline=Deadline(0.0))
    better = payoff_set_bound(game)
    assert (better.upper <= found.upper + 1e-9).all()
    for _ in range(50):
        response = best_response(game, LeaderPolicy.random(game, rng))
        for one in (found, better):
            assert (one.lower <= response.follower_values).all()
            assert (response.follower_values <= one.above).all()
            both = response.leader_values[:, None] + one.slopes * response.follower_values[:, None]
            assert (both <= one.support + 1e-12).all()


def test_the_inequality_that_makes_it_a_bound_holds() -> None:
    """``H >= T_mu H``, state by state, with the multipliers that are kept, written out anew."""
    game = uneven_game(5, (0.8, 0.9))
    found = payoff_set_bound(game)
    interpolated = [
        lambda t, slope: (
            float(np.interp(slope, found.slopes, found.support[t]))
            + max(0.0, slope - found.slopes[-1]) * float(found.above[t])
        )
    ][0]
    checked = 0
    for block, chosen in found.multipliers:
        for place, state in enumerate(block.states.tolist()):
            for b, (k, slope) in itertools.product(range(block.follower), enumerate(found.slopes.tolist())):
                total = float(found.slopes[chosen.jumps[place, b, k]])
                mix = (total - slope) * block.mixes[chosen.mixes[place, b, k]]
                for a in range(block.actions[0]):
                    row = game.row(state, a, b)
                    value = float(game.leader_rewards[row]) + total * float(game.follower_rewards[row])
                    ratio = game.follower_discount / game.leader_discount
                    for t, p in zip(*game.next_states(row), strict=True):
                        value += game.leader_discount * float(p) * interpolated(int(t), ratio * total)
                    for other, weight in enumerate(mix.tolist()):
                        row = game.row(state, a, other)
                        value -= weight * float(game.follower_rewards[row])
                        for t, p in zip(*game.next_states(row), strict=True):
                            value -= weight * game.follower_discount * float(p) * float(found.lower[t])
                    assert value <= found.support[state, k] + 1e-12
                    checked += 1
    assert checked > 500


def test_it_is_exact_where_punishment_is_all_that_counts() -> None:
    game = highway_merge(5, 2)
    found = float(game.initial @ payoff_set_bound(game).upper)
    best = solve(game, "commitment", time_limit=5.0).leader_value
    assert found == pytest.approx(best, abs=1e-3)
    assert found < float(game.initial @ leader_value_bounds(game).upper) - 0.1


def test_it_is_a_bound_whenever_it_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    game = random_game(1, 6, 3, 3, 2)
    best = solve(game, "commitment", gap=1e-5).leader_values
    for times, grids in itertools.product((1, 2, 5), ((), module.FINER)):
        for name in ("SEARCHES", "FEW", "IMPROVEMENTS", "KEPT_SWEEPS"):
            monkeypatch.setattr(module, name, times)
        monkeypatch.setattr(module, "FINER", grids)
        assert (payoff_set_bound(game).upper >= best).all()


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_units_change_nothing(scale: float) -> None:
    game = random_game(2, 5, 3, 3, 2)
    plainly = payoff_set_bound(game).upper
    moved = payoff_set_bound(
        game.replace(leader_rewards=scale * game.leader_rewards, follower_rewards=game.follower_rewards / scale)
    ).upper
    assert moved / scale == pytest.approx(plainly, rel=5e-2)
    assert follower_value_bounds(game).width.max() > 0.0


@pytest.mark.parametrize("discounts", DISCOUNTS)
def test_policies_that_keep_floors_stay_below_their_bound(discounts: tuple[float, float]) -> None:
    """Floors are what one policy is worth, or a few together at least: so these keep them."""
    rng, kept = np.random.default_rng(7), 0
    for game in (random_game(4, 5, 3, 3, 2, *discounts), uneven_game(1, discounts)):
        best = solve(game, "commitment", time_limit=0.5).leader_policy
        assert best is not None
        policies = [best, *(LeaderPolicy.random(game, rng) for _ in range(40))]
        values = np.array([best_response(game, policy).leader_values for policy in policies])
        for few in ([0], [1], [0, 2, 3], [4, 5, 6, 7, 8]):
            floors = values[few].min(axis=0) - 1e-9
            upper = payoff_set_bound(game, deadline=Deadline(0.2), floors=floors).upper
            keeping = values[(values >= floors).all(axis=1)]
            kept += len(keeping)
            assert (keeping <= upper + 1e-12).all()
    assert kept > 20


def test_floors_drop_answers_that_do_not_reach_them() -> None:
    """One state: answering ``1`` is worth 3 with the first action and 2 with the second, ``0`` is worth less than 1."""
    game = Game.from_arrays(
        np.ones((1, 2, 2, 1)),
        np.array([[[0.5, 3.0], [0.0, 2.0]]]),
        np.array([[[1.0, 0.0], [0.0, 1.0]]]),
        leader_discount=0.0,
        follower_discount=0.0,
    )
    freely, floored = payoff_set_bound(game), payoff_set_bound(game, floors=np.array([2.4]))
    assert float(freely.upper[0]) >= 2.5 - 1e-9  # an even mix, tied for the follower
    assert 2.5 - 1e-9 <= float(floored.upper[0]) <= float(freely.upper[0])
    assert (floored.support[0] <= freely.support[0] + 1e-12).all()
    assert floored.support[0, -1] < freely.support[0, -1] - 0.1  # 0 would be worth up to 1 to the follower


@pytest.mark.parametrize("floors", [np.zeros(3), np.full(4, np.nan), np.zeros((4, 1))])
def test_floors_that_are_none_are_refused(floors: np.ndarray) -> None:
    with pytest.raises(OptionError, match="floors must be 4 finite numbers"):
        payoff_set_bound(random_game(1, 4, 2, 2, 2), floors=floors)


def test_a_bound_with_floors_is_no_certificate_for_all_policies() -> None:
    game = random_game(1, 4, 2, 2, 2)
    claim = Claim(weights=game.initial, bound=100.0)
    assert PayoffLines(bound=payoff_set_bound(game)).shown(claim) is not None
    assert PayoffLines(bound=payoff_set_bound(game, floors=np.full(4, -1000.0))).shown(claim) is None


def test_a_wish_to_stop_ends_it_with_a_bound() -> None:
    game, asked = random_game(1, 6, 3, 3, 2), 0

    def stopped() -> bool:
        nonlocal asked
        asked += 1
        return asked > 3

    found = payoff_set_bound(game, stopped=stopped)
    assert found.sweeps <= 2
    assert (found.upper >= payoff_set_bound(game).upper - 1e-9).all()


def scanned(operator: Operator, block: Block, after: FloatArray) -> Multipliers:
    """The best multipliers of all, for every answer and slope: each slope above with each mix."""
    punished, values, slopes = operator.punished(block), after[block.rows], operator.slopes
    jumps, mixes = np.zeros((2, len(block.states), block.follower, len(slopes)), dtype=np.int64)
    for k in range(len(slopes)):
        best = np.full(jumps.shape[:2], np.inf)
        for j, m in itertools.product(range(k, len(slopes)), range(len(block.mixes))):
            worth = (values[..., j] - (slopes[j] - slopes[k]) * punished[..., m, None]).max(axis=1)
            better = worth < best
            best[better], jumps[better, k], mixes[better, k] = worth[better], j, m
    return Multipliers(jumps, mixes)


def swept(game: Game) -> FloatArray:
    """The bound by the plain iteration: ``H`` falls to ``T_mu H``, with multipliers that are scanned now and then."""
    operator = module._operator(game, bool)
    support = leader_value_bounds(game).upper[:, None] + operator.slopes * operator.above[:, None]
    for _ in range(4):
        after = operator.after(support)
        chosen = tuple(scanned(operator, block, after) for block in operator.blocks)
        for _ in range(60):
            support = np.minimum(support, operator.step(support, chosen, 0.0).values)
    found: FloatArray = np.min(support - operator.slopes * operator.lower[:, None], axis=1)
    return found


@pytest.mark.parametrize(
    "game",
    [garnet(100, 11), pursuit(3), supply(5), queue(10), funnel(5, 5, 4), highway_merge(6, 3), security_grid(3)],
    ids=["garnet", "pursuit", "supply", "queue", "funnel", "merge", "security"],
)
def test_it_is_as_tight_as_plain_sweeps(game: Game) -> None:
    found, plainly = payoff_set_bound(game).upper, swept(game)
    spread = float(leader_value_bounds(game).width.max())
    assert (found <= plainly + 1e-4 * spread).all()
    assert float(game.initial @ found) <= float(game.initial @ plainly) + 1e-5 * spread


def held(game: Game, found: PayoffBound) -> FloatArray:
    """``H - T_mu H`` for what a bound holds."""
    blocks, chosen = zip(*found.multipliers, strict=True)
    operator = Operator(game, blocks, found.slopes, found.lower, found.above)
    margin: FloatArray = found.support - operator.step(found.support, chosen, 0.0).values
    return margin


@pytest.mark.parametrize("discounts", [(0.9, 0.9), (0.6, 0.9), (0.9, 0.6), (0.0, 0.9)])
def test_what_is_proven_is_proven_wherever_it_stops(discounts: tuple[float, float]) -> None:
    """However often the clock was looked at; and at its end it is tightest."""
    game = uneven_game(3, discounts)
    finished = float(payoff_set_bound(game).upper.sum())
    for asked in (1, 2, 3, 5, 9, 17, 40, 100, 1000):
        clock = itertools.count()
        found = payoff_set_bound(game, stopped=lambda: next(clock) >= asked)  # noqa: B023 (used at once)
        assert (held(game, found) >= -1e-13 * np.abs(found.support).max()).all()
        assert finished <= float(found.upper.sum()) + 1e-6


@pytest.mark.parametrize("seed", range(3))
def test_a_search_raises_nothing(seed: int) -> None:
    """And lowers about all that a scan of all multipliers would lower, where ``H`` is convex."""
    game = random_game(seed, 8, 3, 3, 3, 0.9, 0.9)
    operator = module._operator(game, bool)
    support = leader_value_bounds(game).upper[:, None] + operator.slopes * operator.above[:, None]
    for _ in range(200):  # until each slope has what planners get together
        support = operator.step(support, tuple(module._none(block, 15) for block in operator.blocks), 0.0).values
    after, lowered, possible = operator.after(support), 0.0, 0.0
    for block in operator.blocks:
        nothing = module._none(block, len(operator.slopes))
        everywhere = np.ones(nothing.jumps.shape, dtype=np.bool_)
        before = operator.applied(block, after, nothing)
        chosen = searched(operator, block, after, nothing, everywhere)
        found = operator.applied(block, after, chosen)
        assert (found <= before + 1e-12).all()
        assert (chosen.jumps >= np.arange(len(operator.slopes))).all()
        same = searched(operator, block, after, nothing, ~everywhere)
        assert (same.jumps == nothing.jumps).all()
        lowered += float((before - found).sum())
        possible += float((before - operator.applied(block, after, scanned(operator, block, after))).sum())
    assert 0.9 * possible <= lowered <= possible + 1e-9
    assert possible > 0.0


def test_maximisers_that_are_kept_are_worth_no_more_than_the_operator() -> None:
    """What they settle at is a fixed point of theirs, and ``T_mu`` of it is nowhere lower."""
    game = random_game(2, 6, 3, 3, 3, 0.8, 0.9)
    operator = module._operator(game, bool)
    support = leader_value_bounds(game).upper[:, None] + operator.slopes * operator.above[:, None]
    chosen = tuple(scanned(operator, block, operator.after(support)) for block in operator.blocks)
    step = operator.step(support, chosen, 0.0)
    settled = operator.settled(step, support, 1e-13, 2000, bool)
    again = operator.settled(step, settled, np.inf, 1, bool)
    assert again == pytest.approx(settled, abs=1e-11)
    assert (settled <= support + 1e-11).all()
    assert (operator.step(settled, chosen, 0.0).values >= settled - 1e-11).all()
