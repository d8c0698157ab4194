"""Parts of the checker on numbers done by hand: rounding, bounds on products, boxes, first-order proofs, enclosures."""

from __future__ import annotations

import math
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ssg_mip.base.tolerances import ARITHMETIC, ROUNDING
from ssg_mip.checker.claims import EnclosureClaim, PointClaim
from ssg_mip.checker.dual.box_rows import BoxRows
from ssg_mip.checker.dual.cut_terms import TANGENT_BITS, Cut, CutRow, add_cut
from ssg_mip.checker.dual.document import Header, rounded_down, rounded_up
from ssg_mip.checker.dual.fields import listed_values, number, numbers, whole
from ssg_mip.checker.dual.numbers import FINE, Numbers
from ssg_mip.checker.dual.propagation import Propagation, Region
from ssg_mip.checker.dual.saddle import slack_of_opposites
from ssg_mip.checker.enclosure_checks import enclosure_checks
from ssg_mip.checker.impossible import prove_impossible
from ssg_mip.checker.rational import ExactGame, Process, Row
from ssg_mip.checker.values import LEAST, Interval, LocalScale, enclose, largest_size
from ssg_mip.errors import InvalidResultError
from ssg_mip.game.game import Game
from ssg_mip.game.policy import FollowerPolicy, LeaderPolicy
from tests.oracles.games import plain_from_arrays, static_game

ONE = 1 << TANGENT_BITS
HALF = Fraction(1, 2)


# -------------------------------------------------------------------- second-level rows


class Rows:
    """Three rows over two places: factors 10k to 10k + 3, coefficients 2k + t, and 100 times as much at most."""

    of_factor = tuple((10 * k, 10 * k + 3) for k in range(3))
    of_products = tuple(tuple((t, 2 * k + t, 100 * (2 * k + t)) for t in range(2)) for k in range(3))

    def lead(self, answer: int, action: int) -> int:
        return 0 if answer == action else 7


def added(kind: CutRow, *, upper: bool, chosen: int = 0, tangent: int = 0, rows: Any = None) -> tuple[int, list[int]]:
    """What a cut of the answer 1 against the action 2, times ``h(0)``, adds over the leader action 0."""
    cut = Cut(
        multiplier=5,
        kind=kind,
        state=0,
        answer=1,
        action=2,
        place=0,
        upper_side=upper,
        chosen=(chosen,),
        tangents=(tangent,),
    )
    products = [1000, 2000]
    factor = add_cut(cut, 0, 0, rows or Rows(), products)
    return factor, [new - old for new, old in zip(products, (1000, 2000), strict=True)]


@pytest.mark.parametrize(
    ("kind", "chosen", "upper", "lower"),
    [
        # A = 23 - 7, B = (400, 500): B Z <= 500 m(0), or 500 m(1); 500 (y - m(0)), or 500 m(1) for 1 - h
        (CutRow.INCENTIVE, 0, (80 + 2500, [-80 + 2000 - 2500, 0]), (0, [80 + 2000 + 2500, 0])),
        (CutRow.INCENTIVE, 2, (80, [-80 + 2000, 2500]), (0, [80 + 2000, 2500])),
        # A = -10, B = (-2, -3)
        (CutRow.NEGATED, 0, (-50, [50, 0]), (0, [-50, 0])),
        (CutRow.NEGATED, 2, (-50, [50 + 15, -15]), (15, [-50 - 15, -15])),
        # A = 23 - 10 - 7, B = (400 - 2, 500 - 3)
        (CutRow.DIFFERENCE, 0, (30 + 2485, [-30 + 1990 - 2485, 0]), (0, [30 + 1990 + 2485, 0])),
        (CutRow.DIFFERENCE, 2, (30, [-30 + 1990, 2485]), (0, [30 + 1990, 2485])),
    ],
)
def test_products_are_bounded_as_in_the_table(
    kind: CutRow, chosen: int, upper: tuple[int, list[int]], lower: tuple[int, list[int]]
) -> None:
    """With the tangent at 0: ``h^2`` is at most ``h`` and at least 0, ``h (1 - h)`` at most ``h`` and at least 0."""
    assert added(kind, upper=True, chosen=chosen) == upper
    assert added(kind, upper=False, chosen=chosen) == lower


@pytest.mark.parametrize(
    ("weight", "tangent", "upper", "lower"),
    [
        (8, ONE // 2, (10, 0), (0, 40)),
        (8, ONE // 4, (3, 20), (0, 40)),
        (-8, ONE // 4, (0, 0), (3, -20)),
        (-8, ONE // 4 - 1, (0, 0), (3, -19)),
        (8, ONE // 4 - 1, (3, 21), (0, 40)),
        (8, ONE // 4 + 1, (3, 20), (0, 40)),
        (0, ONE // 4, (0, 0), (0, 0)),
    ],
)
def test_squares_are_bounded_by_tangents(
    weight: int, tangent: int, upper: tuple[int, int], lower: tuple[int, int]
) -> None:
    """``40 h (1 - h) <= 40 (1 - 2c) h + 40 c^2``, ``-40 h^2 <= -80 c h + 40 c^2``; rounded upwards.

    ``40 / 16 = 2.5`` counts as 3.
    """
    rows = SimpleNamespace(of_factor=[(0, 0)] * 3, of_products=[((0, weight, weight),)] * 3, lead=lambda *_: 0)
    assert added(CutRow.INCENTIVE, upper=True, tangent=tangent, rows=rows) == (upper[0], [upper[1], 0])
    assert added(CutRow.INCENTIVE, upper=False, tangent=tangent, rows=rows) == (lower[0], [lower[1], 0])


# -------------------------------------------------------------------- numbers of certificates


def test_numbers_at_the_edge_of_what_is_read() -> None:
    assert number(2**53 - 1, "it") == 2.0**53 - 1
    assert (number(1 - 2**53, "it"), number(3, "it"), type(number(3, "it"))) == (1 - 2.0**53, 3.0, float)
    for bad in (2**53, -(2**53), True, None, "1", math.inf, math.nan):
        with pytest.raises(InvalidResultError, match=r"it: .* must be a finite number"):
            number(bad, "it")
    assert [whole(value, 1, 3, "it") for value in (1, 2, 3)] == [1, 2, 3]
    assert whole(10**30, 0, None, "it") == 10**30
    for value, most in ((0, 3), (4, 3), (0, None)):
        with pytest.raises(InvalidResultError, match=f"it is {value}; it must lie between 1 and {most}"):
            whole(value, 1, most, "it")
    for unlike in (True, 1.0):
        with pytest.raises(InvalidResultError, match="must be a whole number"):
            whole(unlike, 0, 3, "it")
    assert numbers([1, 2.5], None, "it") == (1.0, 2.5)
    assert numbers([], 0, "it") == ()
    with pytest.raises(InvalidResultError, match="it must not be empty"):
        numbers([], None, "it")
    for short in ([1], [1, 2, 3], (1, 2)):
        with pytest.raises(InvalidResultError, match="it must be a list of 2"):
            listed_values(short, 2, "it")
    with pytest.raises(InvalidResultError, match=r"an entry must be a list$"):
        listed_values(3)


def test_floats_go_to_the_grid_outwards() -> None:
    values = (0.3125, -0.3125, 0.25, 0.0, 3.0)
    assert rounded_down(values, 2) == (1, -2, 1, 0, 12)
    assert rounded_up(values, 2) == (2, -1, 1, 0, 12)


@pytest.mark.parametrize(("largest", "grid"), [(1.5, 89), (0.5, 90), (0.25, 91), (-6.0, 87), (2.0**90, 0)])
def test_the_grid_follows_the_size_of_the_values(largest: float, grid: int) -> None:
    header = Header(
        game_hash="",
        weights=(1.0,),
        bound=0.0,
        sweeps=0,
        lower=(0.0, largest),
        upper=(0.125, 0.0),
        conditional=(),
        ceiling=None,
    )
    assert header.grid == grid


# -------------------------------------------------------------------- boxes of one state


def one_state(follower: list[list[float]], discount: float, leader: list[list[float]] | None = None) -> Game:
    shape = (1, len(follower), len(follower[0]), 1)
    rewards = np.zeros(shape[:3]) if leader is None else [leader]
    return Game.from_arrays(np.ones(shape), rewards, [follower], leader_discount=discount, follower_discount=discount)


def test_incentive_rows_on_a_box() -> None:
    """``v - r - v / 2`` with ``v = 2 + 4 h`` is ``1 - r + 2 h``."""
    found = Numbers.of(ExactGame.of(one_state([[3.0, -2.0]], 0.5)), [1.0])
    rows = BoxRows(found, 3, (2 << 3,), (6 << 3,), 5)
    unit = 1 << (FINE + 3)
    assert rows.of_factor == [(-2 * unit, -2 * unit), (3 * unit, 3 * unit)]
    assert rows.of_products == [((0, 2 * unit, 2 * unit),)] * 2
    assert (rows.lead(0, 0), rows.lead(0, 1)) == (0, 5 << 3)


@pytest.mark.parametrize(
    ("lower", "upper", "after"),
    [
        # At most 4 + 16 / 2; at least 8/3 by the even mix of both players, rounded down to eighths.
        (0.0, 16.0, (21, 96, {0, 1})),
        (0.0, 6.0, (21, 48, {0, 1})),
        (7.0, 8.0, (56, 64, {0, 1})),
        # The second action is worth at most 3 + 4.
        (8.0, 8.0, (64, 64, {0})),
        # q <= 3.5 leaves the reward 2 alone, and v <= 2 (3.5 - 2) = 3; but the mix secures 8/3 + 3/2.
        (3.0, 3.5, (33, 24, {0, 1})),
        # No action is worth more than 4 + 4.5.
        (8.75, 9.0, (70, 72, set())),
    ],
)
def test_a_sweep_of_one_state(lower: float, upper: float, after: tuple[int, int, set[int]]) -> None:
    """Follower rewards 4 and 2, or 2 and 3, by the leader's action; ``q = r + v / 2``."""
    found = Numbers.of(ExactGame.of(one_state([[4.0, 2.0], [2.0, 3.0]], 0.5)), [1.0])
    region = Region((int(lower * 8),), (int(upper * 8),), (frozenset({0, 1}),))
    inside = Propagation(found, 3).sweep(region)
    assert (inside.lower, inside.upper, inside.answers) == ((after[0],), (after[1],), (frozenset(after[2]),))


def test_bounds_on_the_values_are_told_to_the_last_digit() -> None:
    """At most 4 / (1 - 1/2) = 8; at least 16/3, of which a mix secures a half in every step."""
    propagation = Propagation(Numbers.of(ExactGame.of(one_state([[4.0, 2.0], [2.0, 3.0]], 0.5)), [1.0]), 3)
    assert propagation.is_upper_bound((64,))
    assert not propagation.is_upper_bound((63,))
    assert propagation.is_lower_bound((42,))
    assert not propagation.is_lower_bound((43,))


def test_opposite_rewards_and_equal_discounts_leave_no_slack() -> None:
    """In units of one's own too; a reward that is 1 off, at the factor 1 and the discount 1/2, leaves 2."""
    rewards, opposite = [[4.0, 2.0], [2.0, 3.0]], [[-4.0, -2.0], [-2.0, -3.0]]

    def slack(theirs: list[list[float]]) -> Fraction | None:
        return slack_of_opposites(ExactGame.of(one_state(theirs, 0.5, rewards)))

    assert slack(opposite) == 0
    assert slack([[1.0, 5.0], [5.0, 3.0]]) == 0
    assert slack([[-4.0, -2.0], [-2.0, -2.0]]) == 2
    assert slack([[-8.0, -4.0], [-4.0, -5.0]]) == 1
    assert slack(rewards) is None
    assert slack([[-4.0, -4.0], [-4.0, -4.0]]) is None
    other = plain_from_arrays([[[[1.0]]]], [[[-1.0]]], [[[1.0]]], leader_discount=0.5, follower_discount=0.25)
    assert slack_of_opposites(ExactGame.of(other.to_game())) is None
    assert slack_of_opposites(ExactGame.of(one_state([[2.0, 3.0]], 0.5, [[1.0, 1.0]]))) is None


# -------------------------------------------------------------------- intervals

WIDE = Fraction(32)


def test_the_noise_of_floats_in_exact_numbers() -> None:
    """Values up to 3, rewards 16 apart, discount 1/2: values at most 32 apart; 64 roundings, eps is 2^-52."""
    scale = LocalScale(
        width=(WIDE, WIDE), widest=(WIDE, WIDE), size=(WIDE, 2 * WIDE), rewards=(Fraction(16), Fraction(8))
    )
    intervals = [Interval(Fraction(-3), Fraction(1)), Interval(Fraction(0), Fraction(2))]
    ulp = Fraction(64, 2**52)
    step = [Fraction(ARITHMETIC) * size + rewards * ulp for size, rewards in ((32, 16), (64, 8))]
    assert largest_size(intervals) == 3
    noise = scale.noise(intervals, HALF)
    assert noise == (2 * step[0] + 3 * ulp + LEAST, 2 * step[1] + 2 * ulp + LEAST)
    slack = scale.slack(intervals, HALF)
    assert slack == tuple(Fraction(ROUNDING) * 32 + one for one in noise)
    later = scale.noise(intervals, Fraction(3, 4))
    assert later == (4 * step[0] + 3 * ulp + LEAST, 4 * step[1] + 2 * ulp + LEAST)
    whole: Any = SimpleNamespace(reward_spread=Fraction(16), discount=HALF, num_states=2)
    assert LocalScale.of_process(whole).width == LocalScale.of_process(whole).size == (32, 32)


def test_intervals_by_residuals() -> None:
    """Residuals between -1 and 2 with discount 3/4: from 4 below to 8 above; both on one side leave the other end."""

    def around(values: list[int], residuals: list[int], to: list[int], discount: Fraction) -> list[tuple[int, int]]:
        kernel = tuple(Row.normalised([place], [1.0]) for place in to)
        rewards = (Fraction(0),) * len(to)
        process = Process(offsets=tuple(range(len(to) + 1)), kernel=kernel, rewards=rewards, discount=discount)
        found = enclose(process, list(map(Fraction, values)), list(map(Fraction, residuals)))
        return [(int(one.lower), int(one.upper)) for one in found]

    assert around([1, -5], [-1, 2], [1, 0], Fraction(3, 4)) == [(-3, 9), (-9, 3)]
    assert around([1], [1], [0], HALF) == [(1, 3)]
    assert around([1], [-2], [0], HALF) == [(-3, 1)]
    # The second state stays where it is: what is off in the first one does not concern it.
    assert around([1, -5], [-1, 2], [1, 1], Fraction(3, 4)) == [(-3, 9), (-5, 3)]
    one, other = Interval(Fraction(1), Fraction(4)), Interval(Fraction(2), Fraction(3))
    assert one - other == Interval(Fraction(-2), Fraction(2))
    assert -one == Interval(Fraction(-4), Fraction(-1))
    assert [one.distance(Fraction(x)) for x in (-1, 1, 2, 4, 6)] == [2, 0, 0, 0, 2]
    assert (one.width, one.is_exact, Interval.point(HALF).is_exact) == (3, False, True)


# -------------------------------------------------------------------- first-order proofs


@pytest.mark.parametrize(("discount", "radius"), [(0.5, Fraction(1, 4)), (0.25, Fraction(9, 8)), (0.0, Fraction(2))])
@pytest.mark.parametrize("played", [0, 1])
def test_the_radius_of_a_proof_in_one_state(discount: float, radius: Fraction, played: int) -> None:
    """Moving away loses 1 against the other action, the curvature is 2 or 4/9: the radius ``1 / (2 K)``, at most 2."""
    rewards = [[1.0, 1.0], [0.0, 1.0]]
    game = one_state(rewards if played == 0 else rewards[::-1], discount)
    policy, answer = LeaderPolicy.deterministic(game, (played,)), FollowerPolicy(np.array([0]))
    proof = prove_impossible(game, policy, answer, 1e-3)
    assert proof is not None
    assert (proof.state, proof.action, proof.advantage) == (game.state_names[0], game.follower_actions[0][1], 0)
    assert proof.radius == radius
    assert prove_impossible(game, policy, answer, 0.0) is None
    assert ("no policy lets" in str(proof)) is (radius == 2)


def test_nothing_is_proven_where_a_deviation_helps() -> None:
    game = one_state([[1.0, 1.0], [2.0, 1.0]], 0.5)
    assert prove_impossible(game, LeaderPolicy.deterministic(game, (0,)), FollowerPolicy(np.array([0])), 1e-3) is None
    same = static_game([[1, 2]], [[3, 3]]).to_game()
    proof = prove_impossible(same, LeaderPolicy.uniform(same), FollowerPolicy(np.array([1])), 1e-3)
    assert proof is not None
    assert (proof.action, proof.radius, proof.advantage) == (same.follower_actions[0][0], 2, 0)
    assert prove_impossible(same, LeaderPolicy.uniform(same), FollowerPolicy(np.array([1])), 0.0) is None


# -------------------------------------------------------------------- enclosures

SLACK = Fraction(1, 8)


class Known:
    """A prover to whom a pair of policies is worth (2, 4) to the leader and (7, 8) to the follower."""

    def about(self, _policy: object) -> Any:
        worth = tuple(tuple(Interval.point(Fraction(v)) for v in pair) for pair in ((2, 4), (7, 8)))
        return SimpleNamespace(
            slack=(SLACK,) * 2, view=SimpleNamespace(slack=(Fraction(1, 16),) * 2), pair_values=lambda _response: worth
        )


def enclosed(*values: tuple[float, ...], **members: Any) -> dict[str, Any]:
    plain = {
        "objectives": (("leader", (1.0, 3.0)), ("follower", (1.0, 1.0))),
        "bounds": ((4.0, 4.0),),
        "ceilings": (),
        "resolution": 9.0,
    }
    claim = EnclosureClaim(values=values, **{**plain, **members})
    point = PointClaim(place="a", policy=((1.0,),), leader_values=(), leader_value=0.0, weights=(1.0,))
    prover: Any = Known()
    found = enclosure_checks(claim, [point] * len(values), prover)
    return {one.name: (one.violation, one.tolerance) for one in found}


def test_objectives_and_bounds_of_an_enclosure_to_the_last_digit() -> None:
    """The leader's objective is 3.5, the follower's 7.5; each has the slack of its own player."""
    assert enclosed((3.0, 9.0))["objectives"] == (Fraction(3, 2), Fraction(1, 16))
    assert enclosed((5.0, 7.5))["objectives"] == (Fraction(3, 2), SLACK)
    assert enclosed((3.0, 9.0), bounds=((2.0, 10.0), (5.0, 5.0)))["points_below_bounds"] == (1, SLACK)
    assert enclosed((3.0, 9.0), bounds=((5.0, 5.0), (2.0, 10.0)))["points_below_bounds"] == (1, SLACK)
    assert enclosed((3.0, 9.0), bounds=())["points_below_bounds"] == (1, SLACK)
    ceiling = (((1.0, 0.5), 6.0),)
    found = enclosed((3.0, 9.0), bounds=((9.0, 9.0),), ceilings=ceiling)["points_below_bounds"]
    assert found == (Fraction(3, 2), SLACK * Fraction(3, 2))


@pytest.mark.parametrize(
    ("values", "members", "least"),
    [
        (((0.0, 0.0),), {"bounds": ((3.0, 2.0),)}, 3.0),
        (((1.0, 0.0),), {"bounds": ((3.0, 1.0), (2.0, 1.5))}, 2.0),
        (((4.0, 0.0), (0.0, 4.0)), {}, 4.0),
        (((4.0, 0.0), (0.0, 4.0)), {"ceilings": (((1.0, 1.0), 6.0),)}, 3.0),
        (((4.0, 0.0), (0.0, 4.0)), {"ceilings": (((1.0, 0.0), 3.0),)}, 3.0),
        (((4.0, 0.0), (0.0, 4.0)), {"ceilings": (((0.0, 2.0), 5.0),)}, 2.5),
        (((4.0, 0.0), (2.0, 2.0), (0.0, 4.0)), {}, 2.0),
        (((4.0, 0.0), (1.0, 1.0), (0.0, 4.0)), {}, 3.0),
    ],
)
def test_the_resolution_that_follows_is_the_least_one(
    values: tuple[tuple[float, ...], ...], members: dict[str, Any], least: float
) -> None:
    """Within the slack of the points: an eighth less still follows, anything below that does not."""
    least -= float(SLACK)
    assert enclosed(*values, resolution=least, **members)["resolution"] == (0, 0)
    assert enclosed(*values, resolution=np.nextafter(least, 0.0), **members)["resolution"] == (1, 0)


def test_a_resolution_needs_non_negative_ceilings_and_few_branches(monkeypatch: pytest.MonkeyPatch) -> None:
    assert enclosed((0.0, 0.0), resolution=math.inf)["resolution"] == (0, 0)
    assert enclosed((0.0, 0.0), ceilings=(((1.0, -1.0), 99.0),))["resolution"] == (1, 0)
    for branches, passed in ((3, True), (2, False)):
        monkeypatch.setattr("ssg_mip.checker.enclosure_checks.MOST_BRANCHES", branches)
        found = enclosed((0.0, 0.0), (4.0, 4.0), resolution=3.0)["resolution"]
        assert found == (int(not passed), 0), branches
