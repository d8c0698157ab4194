"""Each rule of the replay holds at true points: policies with their best responses and exact values."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from ssg_mip import LeaderPolicy, best_response
from ssg_mip.checker.dual.box_rows import BoxRows
from ssg_mip.checker.dual.cut_terms import Cut, CutRow, add_cut
from ssg_mip.checker.dual.demands import demands_of
from ssg_mip.checker.dual.leaf import Block, Leaf, LeafBounds
from ssg_mip.checker.dual.numbers import FINE, Numbers, enclose, highest, lowest, shifted_up
from ssg_mip.checker.dual.propagation import Region
from ssg_mip.checker.dual.saddle import least_values
from ssg_mip.checker.rational import ExactGame
from ssg_mip.errors import InvalidResultError
from ssg_mip.evaluation.best_response import Response
from ssg_mip.evaluation.mdp import induced_by_leader
from ssg_mip.evaluation.value_bounds import follower_value_bounds
from ssg_mip.game.game import Game
from tests.oracles.games import random_game
from tests.unit.checker.true_points import (
    GRID,
    NOISE,
    SCALE,
    drawn_game,
    on_grid,
    random_block,
    random_cut,
    region_around,
    true_point,
)


@pytest.mark.parametrize("seed", range(40))
def test_random_multipliers_prove_nothing_that_a_policy_refutes(seed: int) -> None:
    """Weak duality: for any multipliers the bound on a region is at least the value of every policy in it."""
    rng = np.random.default_rng(seed)
    game = drawn_game(seed)
    numbers = Numbers.of(ExactGame.of(game), game.initial.tolist())
    bounds = LeafBounds(numbers, GRID)
    for _ in range(25):
        v, response, value = true_point(game, rng)
        region = region_around(game, rng, v, response)
        slack = int(rng.integers(0, 1 << GRID))
        objective = int(rng.integers(0, 1 << SCALE)) if rng.uniform() < 0.8 else 0
        leaf = Leaf(
            scale=SCALE,
            objective=objective,
            lower=tuple(low - slack for low in region.lower),
            upper=tuple(high + slack for high in region.upper),
            occupancy=random_block(game, rng, list(range(game.num_states))),
            conditional=tuple(random_block(game, rng, [s]) for s in range(int(rng.integers(game.num_states + 1)))),
        )
        assert float(bounds.value(leaf, region)) >= objective / 2**SCALE * value - 1e-6


def _random_demands(
    game: Game, rng: np.random.Generator, policy: LeaderPolicy, kind: str
) -> tuple[dict[str, Any], float]:
    """Demands that a policy with its best response just meets, and what is maximised there."""
    response = best_response(game, policy)
    least = response.leader_values - NOISE
    room = rng.uniform(0.0, 0.5, size=game.num_states) * (rng.uniform(size=game.num_states) < 0.5)
    value = float(game.initial @ response.leader_values)
    if kind == "margin":
        return {"margin": max(0.0, min(response.advantage, 1e6) - NOISE)}, value
    if kind == "floor":
        states = [s for s in range(game.num_states) if rng.uniform() < 0.6]
        return {"floor": [(s, float(least[s] - room[s])) for s in states]}, value
    leader, _ = induced_by_leader(game, policy)
    # Of the values V the gain over them is r + gamma p V - V, at least 0 in every state if V is low enough evenly.
    values = least - room.max() / (1.0 - game.leader_discount) - room
    gains = leader.action_values(values)[response.follower_policy.slots(game)] - values
    assert gains.min() >= -1e-7
    # What is certified of nearby values holds for these.
    slack = 0.05
    nearby = values + rng.uniform(-slack, slack, size=game.num_states)
    return {"values": nearby.tolist(), "slack": slack + 1e-7}, float(game.initial @ gains)


@pytest.mark.parametrize("kind", ["margin", "floor", "improvement"])
@pytest.mark.parametrize("seed", range(15))
def test_random_multipliers_prove_nothing_that_a_policy_with_the_demands_refutes(seed: int, kind: str) -> None:
    """Weak duality with a margin, with floors and for the improvement program, at policies that just meet them."""
    rng = np.random.default_rng([seed, len(kind)])
    game = drawn_game(seed)
    exact = ExactGame.of(game)
    numbers = Numbers.of(exact, game.initial.tolist())
    whole = list(range(game.num_states))
    for _ in range(25):
        policy = LeaderPolicy.random(game, rng)
        demands, value = _random_demands(game, rng, policy, kind)
        response = best_response(game, policy)
        region = region_around(game, rng, response.follower_values, response.follower_policy.actions)
        slack, objective = int(rng.integers(0, 1 << GRID)), int(rng.integers(0, 1 << SCALE))
        own, floors = kind != "improvement", len(demands.get("floor", ()))
        leaf = Leaf(
            scale=SCALE,
            objective=objective,
            lower=tuple(low - slack for low in region.lower),
            upper=tuple(high + slack for high in region.upper),
            occupancy=random_block(game, rng, whole) if own else None,
            floored=tuple(random_block(game, rng, whole) for _ in range(floors)),
            conditional=tuple(random_block(game, rng, [s]) for s in whole),
            floor=tuple(rng.integers(1 << SCALE, size=floors).tolist()),
            share=tuple(rng.integers(1 << SCALE, size=game.num_rows).tolist()) if floors else (),
            improve=() if own else tuple(rng.integers(1 << SCALE, size=game.num_states).tolist()),
        )
        bounds = LeafBounds(numbers, GRID, demands_of(exact, game.initial.tolist(), **demands))
        assert float(bounds.value(leaf, region)) >= objective / 2**SCALE * value - 2e-6


def _silent_leader(seed: int) -> tuple[Game, Response, Region]:
    """A game with one leader action in every state, the follower's response, and the region of this point alone."""
    rng = np.random.default_rng(seed)
    game = random_game(
        rng,
        leader_counts=[1, 1, 1],
        follower_counts=[2, 3, 2],
        leader_discount=float(rng.choice([0.0, 0.5, 0.9])),
        follower_discount=float(rng.choice([0.0, 0.4, 0.9])),
    ).to_game()
    response = best_response(game, LeaderPolicy.uniform(game))
    v = on_grid(response.follower_values, 0)
    return game, response, Region(v, v, tuple(frozenset({int(b)}) for b in response.follower_policy.actions))


def _whole(values: Sequence[float]) -> tuple[int, ...]:
    return tuple(round(value * 2**SCALE) for value in values)


@pytest.mark.parametrize("seed", range(10))
def test_where_one_joint_action_is_left_floors_count_by_what_is_left_above_them(seed: int) -> None:
    """With the values of the rows' own process as multipliers of the flow rows nothing is lost.

    The bound is then ``objective * value + sum_k floor_k (V(k) - least_k)`` and, for a comparison ``share``, what the
    occupancies from the states without a floor add.
    """
    game, response, region = _silent_leader(seed)
    rng, exact, whole = np.random.default_rng(seed), ExactGame.of(game), range(game.num_states)
    rows = response.follower_policy.slots(game)  # with one leader action, slots are rows
    onward = np.eye(3) - game.leader_discount * np.array([game.dense_transition[row] for row in rows])
    value = response.leader_values
    states, least, by = [0, 2], value[[0, 2]] - [0.25, 0.5], [0.75, 1.5]
    share = np.zeros(game.num_rows)
    share[rows] = rng.integers(0, 3, size=3)
    carried = np.linalg.solve(onward, share[rows])
    no_rows = {"base_times_value": ((0,) * 3,) * 3, "incentive": {}, "cuts": ()}
    leaf = Leaf(
        scale=SCALE,
        objective=3 << SCALE,
        lower=region.lower,
        upper=region.upper,
        occupancy=Block(states=tuple(whole), base=_whole(3.0 * value + carried), **no_rows),  # type: ignore[arg-type]
        floored=tuple(
            Block(states=tuple(whole), base=_whole(mu * value - game.initial[k] * carried), **no_rows)  # type: ignore[arg-type]
            for k, mu in zip(states, by, strict=True)
        ),
        conditional=(),
        floor=_whole(by),
        share=_whole(share.tolist()),
    )
    demands = demands_of(exact, game.initial.tolist(), floor=list(zip(states, least.tolist(), strict=True)))
    bound = LeafBounds(Numbers.of(exact, game.initial.tolist()), GRID, demands).value(leaf, region)
    due = 3.0 * float(game.initial @ value) + 0.75 * 0.25 + 1.5 * 0.5 + game.initial[1] * carried[1]
    assert float(bound) == pytest.approx(due, abs=1e-3)


@pytest.mark.parametrize("seed", range(10))
def test_where_one_joint_action_is_left_gains_count_with_their_multipliers_and_the_slack(seed: int) -> None:
    """In the improvement program the bound is ``sum_s (objective weights(s) + improve(s)) (gain(s) + room)``."""
    game, response, region = _silent_leader(seed)
    rng, exact = np.random.default_rng(seed), ExactGame.of(game)
    values, improve = rng.normal(size=3), rng.integers(0, 4, size=3)
    leader, _ = induced_by_leader(game, LeaderPolicy.uniform(game))
    gains = leader.action_values(values)[response.follower_policy.slots(game)] - values
    no_rows = {"base": (0,), "base_times_value": ((0,) * 3,), "incentive": {}, "cuts": ()}
    leaf = Leaf(
        scale=SCALE,
        objective=2 << SCALE,
        lower=region.lower,
        upper=region.upper,
        occupancy=None,
        conditional=tuple(Block(states=(s,), **no_rows) for s in range(3)),  # type: ignore[arg-type]
        improve=_whole(improve.tolist()),
    )
    demands = demands_of(exact, game.initial.tolist(), values=values.tolist(), slack=0.125)
    bound = LeafBounds(Numbers.of(exact, game.initial.tolist()), GRID, demands).value(leaf, region)
    room = 0.125 * (1.0 + game.leader_discount)
    assert float(bound) == pytest.approx(float((2.0 * game.initial + improve) @ (gains + room)), abs=1e-9)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("kind", ["row", *CutRow])
def test_where_one_joint_action_is_left_a_row_counts_by_its_lead_less_the_margin(seed: int, kind: str | CutRow) -> None:
    """An incentive row, and its products with ``1 - h`` at ``h = 0``, in a block of probabilities."""
    game, response, region = _silent_leader(seed)
    exact, state, margin = ExactGame.of(game), 1, 0.375
    _, follower = induced_by_leader(game, LeaderPolicy.uniform(game))
    q = follower.action_values(response.follower_values)[int(game.follower_offsets[state]) :][:3]
    answer = int(response.follower_policy.actions[state])
    for other in range(3):
        cut = dataclasses.replace(
            random_cut(game, np.random.default_rng(seed), state), multiplier=2 << SCALE, answer=answer, action=other
        )
        cut = dataclasses.replace(cut, upper_side=True, kind=CutRow.INCENTIVE if kind == "row" else CutRow(kind))
        block = Block(
            states=(state,),
            base=(0,),
            base_times_value=((0,) * 3,),
            incentive={(state, answer, other): 2 << SCALE} if kind == "row" else {},
            cuts=() if kind == "row" else (cut,),
        )
        leaf = Leaf(
            scale=SCALE,
            objective=0,
            lower=region.lower,
            upper=region.upper,
            occupancy=None,
            conditional=(block,),
        )
        demands = demands_of(exact, game.initial.tolist(), margin=margin)
        bound = LeafBounds(Numbers.of(exact, game.initial.tolist()), GRID, demands).value(leaf, region)
        lead = 0.0 if kind is CutRow.NEGATED or other == answer else q[answer] - q[other] - margin
        # What is multiplied by ``1 - h`` counts only as far as it is positive: the leaf does not know that h is 0.
        assert float(bound) == pytest.approx(2.0 * (lead if kind == "row" else max(0.0, lead)), abs=1e-8)


@pytest.mark.parametrize("seed", range(40))
def test_incentive_rows_and_their_products_hold_at_true_points(seed: int) -> None:
    """At a policy and its response every incentive row is at least 0, its own is 0, and every cut is at least 0."""
    rng = np.random.default_rng(seed)
    game = drawn_game(seed)
    numbers = Numbers.of(ExactGame.of(game), game.initial.tolist())
    for _ in range(10):
        policy = LeaderPolicy.random(game, rng)
        response = best_response(game, policy)
        v, actions = response.follower_values, response.follower_policy.actions
        lower, upper = v - rng.uniform(0.1, 2.0, size=len(v)), v + rng.uniform(0.1, 2.0, size=len(v))
        rows = BoxRows(numbers, GRID, on_grid(lower, 0), on_grid(upper, 0))
        h = (v - lower) / (upper - lower)
        for _ in range(40):
            state = int(rng.integers(game.num_states))
            cut = dataclasses.replace(random_cut(game, rng, state), answer=int(actions[state]))
            total = plain = 0.0
            for a in range(int(game.leader_counts[state])):
                first, weight = numbers.row(state, a, 0), float(policy.probabilities[state, a])
                products = [0] * game.num_states
                factor = add_cut(cut, a, first, rows, products)
                total += weight * (factor + float(np.array(products, dtype=float) @ h))
                row = first + cut.action
                mixed = sum(high * h[t] for t, _, high in rows.of_products[row])
                plain += weight * (rows.of_factor[row][1] + mixed)
            scale = 2.0 ** (FINE + GRID)
            assert total / scale / cut.multiplier >= -1e-7
            assert plain / scale >= -1e-7
            if cut.action == cut.answer:
                assert plain / scale <= 1e-7


def test_coefficients_are_enclosed_and_the_worse_end_is_taken() -> None:
    """Thirds have no binary fraction; sums with them are never on the wrong side."""
    third = Fraction(1, 3)
    for value in (third, -third, Fraction(0), Fraction(5, 4)):
        low, high = enclose(value)
        assert Fraction(low, 1 << FINE) <= value <= Fraction(high, 1 << FINE)
        assert (high - low) == (value.denominator == 3)
    terms = ((0, *enclose(third)), (1, *enclose(-third)))
    for values in ((3, 5), (-3, 5), (3, -5), (-3, -5)):
        exact = third * (values[0] - values[1])
        assert Fraction(lowest(terms, values), 1 << FINE) < exact < Fraction(highest(terms, values), 1 << FINE)
    assert (shifted_up(5, 1), shifted_up(4, 1), shifted_up(-5, 1)) == (3, 2, -2)


def test_negative_multipliers_of_inequalities_are_refused() -> None:
    """Of an incentive row and of a cut."""
    game = drawn_game(7)
    rng = np.random.default_rng(7)
    numbers = Numbers.of(ExactGame.of(game), game.initial.tolist())
    state = int(np.argmax(game.follower_counts))
    assert game.follower_counts[state] > 1
    box = follower_value_bounds(game)
    region = Region(
        on_grid(box.lower, 0),
        on_grid(box.upper, 1),
        tuple(frozenset(range(count)) for count in numbers.follower_counts),
    )
    whole = list(range(game.num_states))
    plain = Block(states=tuple(whole), base=(0,) * 3, base_times_value=((0,) * 3,) * 3, incentive={}, cuts=())
    cut = random_cut(game, rng, state)
    for changes in (
        {"incentive": {(state, 0, 1): -1}},
        {"cuts": (Cut(**{**vars(cut), "multiplier": -1}),)},
    ):
        leaf = Leaf(
            scale=0,
            objective=1,
            lower=region.lower,
            upper=region.upper,
            occupancy=Block(**{**vars(plain), **changes}),  # type: ignore[arg-type]
            conditional=(),
        )
        with pytest.raises(InvalidResultError, match="negative"):
            LeafBounds(numbers, GRID).value(leaf, region)


def test_a_defence_must_hold_against_every_leader_action() -> None:
    """Matching pennies: the even mix holds the leader to 0, an uneven one does not."""
    game = Game.from_arrays(
        np.ones((1, 2, 2, 1)),
        [[[1.0, -1.0], [-1.0, 1.0]]],
        [[[-1.0, 1.0], [1.0, -1.0]]],
        leader_discount=0.5,
        follower_discount=0.5,
    )
    numbers = Numbers.of(ExactGame.of(game), [1.0])
    assert least_values(numbers, 3, [((1, 1), (0,))], Fraction(0)) == [0]
    assert least_values(numbers, 3, [((2, 1), (0,))], Fraction(0)) is None
    assert least_values(numbers, 3, [((1, -1), (16,))], Fraction(0)) is None
    assert least_values(numbers, 3, [((1, 1), (8,)), ((1, 0), (16,))], Fraction(0)) == [1]
    assert least_values(numbers, 3, [((1, 1), (8,)), ((1, 0), (16,))], Fraction(1, 3)) == [Fraction(4, 3)]
