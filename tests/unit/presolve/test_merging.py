"""States that are alike are merged where that loses nothing."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from ssg_mip import Game, GameBuilder, LeaderPolicy
from ssg_mip.base.tolerances import DEFAULT_TOLERANCES
from ssg_mip.evaluation.best_response import best_response
from ssg_mip.presolve.reduce import reduce_game
from ssg_mip.presolve.summary import summary
from ssg_mip.presolve.way_back import policy_in, put_together, weights_in
from ssg_mip.proofs.reduction import Reduction
from tests.unit.presolve.exact_rounds import reduction_holds


def layered(seed: int, *, halves: tuple[float, float] = (0.5, 0.5), choice: bool = False) -> Game:
    """A start that leads to two copies of a state, which lead to two copies of the next, and so on, to a last one."""
    rng = np.random.default_rng(seed)
    builder = GameBuilder("layers", leader_discount=0.9, follower_discount=0.8)
    depth = int(rng.integers(1, 4))
    builder.add_state("start", leader_actions=["x", "y"], follower_actions=["l", "r"], initial=0.5)
    for layer in range(depth):
        for copy in "01":
            leader = ["x", "y"] if choice and layer == depth - 1 else ["x"]
            share = 0.25 if layer == 0 else 0.0
            builder.add_state(f"{layer}{copy}", leader_actions=leader, follower_actions=["l", "r"], initial=share)
    builder.add_state("last", leader_actions=["x", "y"], follower_actions=["l"])

    def add(state: str, action: str, answer: str, rewards: np.ndarray, after: dict[str, float]) -> None:
        mine, his = (float(reward) for reward in rewards)
        builder.add_transition(state, action, answer, leader_reward=mine, follower_reward=his, next=after)

    for action in "xy":
        for answer in "lr":
            add("start", action, answer, rng.normal(size=2), {"00": halves[0], "01": halves[1]})
        add("last", action, "l", rng.normal(size=2), {"start": 1.0})
    for layer in range(depth):
        for action in "xy" if choice and layer == depth - 1 else "x":
            for number, answer in enumerate("lr"):
                rewards = rng.normal(size=2)
                for copy in "01":
                    share = 0.25 + 0.5 * ((copy == "0") ^ bool(number))
                    after = {"last": 1.0}
                    if layer + 1 < depth:
                        after = {f"{layer + 1}0": share, f"{layer + 1}1": 1.0 - share}
                    add(f"{layer}{copy}", action, answer, rewards, after)
    return builder.build()


def merged(game: Game) -> Reduction:
    return reduce_game(game, weights=game.initial, ties="adverse", merging=True)


def response(game: Game, policy: LeaderPolicy, ties: str):
    return best_response(game, policy, ties, tolerances=DEFAULT_TOLERANCES)


@pytest.mark.parametrize("ties", ["leader", "first", "adverse"])
def test_every_policy_is_worth_the_same(ties: str) -> None:
    rng = np.random.default_rng(1)
    for seed in range(20):
        game = layered(seed)
        reduction = merged(game)
        assert reduction_holds(reduction, game.initial)
        assert summary(reduction)["states_merged"] == (game.num_states - 2) // 2
        left = weights_in(reduction, game.initial)
        assert left.sum() == pytest.approx(1.0)
        assert left == pytest.approx(reduction.reduced.initial)
        for _ in range(5):
            policy = LeaderPolicy.random(game, rng)
            before = game.initial @ response(game, policy, ties).leader_values
            inside = policy_in(reduction, policy)
            assert left @ response(reduction.reduced, inside, ties).leader_values == pytest.approx(before, rel=1e-12)
            back = put_together(game, [(reduction, inside)])
            assert game.initial @ response(game, back, ties).leader_values == pytest.approx(before, rel=1e-12)


def test_states_with_a_choice_stay_and_so_do_those_that_lead_to_them_differently() -> None:
    for seed in range(20):
        game = layered(seed, choice=True)
        reduction = merged(game)
        assert reduction_holds(reduction, game.initial)
        assert summary(reduction)["states_merged"] == 0


def test_probabilities_that_do_not_add_up_in_floats_stay_apart() -> None:
    third = 1.0 / 3.0
    assert summary(merged(layered(0, halves=(third, 1.0 - third))))["states_merged"] > 0
    builder = GameBuilder("sums", leader_discount=0.5, follower_discount=0.5)
    builder.add_state("s", leader_actions=["x", "y"], follower_actions=["l"], initial=1.0)
    shares = {"p": 0.1, "q": 0.2, "s": 1.0 - 0.1 - 0.2}
    for action in "xy":
        builder.add_transition("s", action, "l", leader_reward=float(action == "x"), follower_reward=0.0, next=shares)
    for name in "pq":
        builder.add_state(name, leader_actions=["x"], follower_actions=["l"])
        builder.add_transition(name, "x", "l", leader_reward=1.0, follower_reward=0.0, next={"s": 1.0})
    assert summary(merged(builder.build()))["states_merged"] == 0


def test_nothing_is_merged_unless_asked_for_or_where_all_states_count() -> None:
    game = layered(3)
    assert summary(reduce_game(game, weights=game.initial, ties="leader"))["states_merged"] == 0
    assert summary(reduce_game(game, weights=None, ties="leader", merging=True))["states_merged"] == 0


def test_forged_merges_are_found() -> None:
    """By the helper of the tests, which is what the tests above rest on."""
    for seed in range(10):
        game = layered(seed)
        reduction = merged(game)
        *others, last = reduction.rounds
        for pairs in (
            ((0, last.merged[0][1]), *last.merged),
            ((last.merged[0][0], game.num_states - 1), *last.merged[1:]),
            ((last.merged[0][1], last.merged[0][1]), *last.merged[1:]),
        ):
            forged = dataclasses.replace(reduction, rounds=(*others, dataclasses.replace(last, merged=pairs)))
            assert not reduction_holds(forged, game.initial)


def test_a_ring_of_many_copies_becomes_one_state() -> None:
    count = 3000
    rows = np.arange(count)
    game = Game(
        state_names=tuple(map(str, rows)),
        leader_actions=(("x",),) * count,
        follower_actions=(("l",),) * count,
        indptr=np.arange(count + 1),
        successors=(rows + 1) % count,
        probabilities=np.ones(count),
        leader_rewards=np.ones(count),
        follower_rewards=np.zeros(count),
        leader_discount=0.5,
        follower_discount=0.5,
        initial=np.full(count, 1.0 / count),
    )
    reduction = merged(game)
    assert reduction.reduced.num_states == 1
    assert weights_in(reduction, game.initial) == pytest.approx([1.0])
