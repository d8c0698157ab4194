"""Parts, and policies put together from theirs."""

from __future__ import annotations

import numpy as np
import pytest

from ssg_mip import Game, GameBuilder, LeaderPolicy
from ssg_mip.base.tolerances import DEFAULT_TOLERANCES
from ssg_mip.evaluation.best_response import best_response
from ssg_mip.presolve.parts import restricted, split_parts
from ssg_mip.presolve.reduce import reduce_game
from ssg_mip.presolve.restriction import unreduced
from ssg_mip.presolve.way_back import policy_in, put_together, weights_in
from tests.unit.presolve.exact_rounds import reduction_holds


def game_of(moves: dict[str, list[str]], free: str, start: dict[str, float]) -> Game:
    """States with the states they may lead to, one for each answer; the leader has a choice in those of ``free``."""
    rng = np.random.default_rng(0)
    builder = GameBuilder("parts", leader_discount=0.9, follower_discount=0.8)
    for name, targets in moves.items():
        leader = ["x", "y"] if name in free else ["x"]
        answers = [f"to {target}" for target in targets]
        builder.add_state(name, leader_actions=leader, follower_actions=answers, initial=start.get(name, 0.0))
        for a in leader:
            for answer, target in zip(answers, targets, strict=True):
                first, second = rng.normal(size=2)
                builder.add_transition(name, a, answer, leader_reward=first, follower_reward=second, next={target: 1.0})
    return builder.build()


def states_of(game: Game, part) -> str:
    return "".join(game.state_names[s] for s in part.states)


def test_parts_share_settled_states() -> None:
    game = game_of({"a": ["e", "b"], "b": ["a"], "c": ["e", "c"], "e": ["f"], "f": ["e"]}, "ac", {"a": 0.25, "c": 0.75})
    first, second = split_parts(game, game.initial)
    assert (states_of(game, first), states_of(game, second)) == ("abef", "cef")
    assert (first.share, second.share) == (0.25, 0.75)
    assert first.weights.tolist() == [1.0, 0.0, 0.0, 0.0]


def test_each_weight_counts_once() -> None:
    start = {"a": 0.25, "c": 0.25, "e": 0.25, "g": 0.25}
    game = game_of({"a": ["e", "a"], "c": ["e", "c"], "e": ["e"], "g": ["g"]}, "ac", start)
    parts = split_parts(game, game.initial)
    assert [states_of(game, part) for part in parts] == ["ae", "ce", "g"]
    assert [part.share for part in parts] == [0.5, 0.25, 0.25]
    total = np.zeros(game.num_states)
    for part in parts:
        total[part.states] += part.share * part.weights
    assert total == pytest.approx(game.initial)


def test_states_without_choice_connect_where_a_choice_follows() -> None:
    game = game_of({"a": ["m", "a"], "c": ["m", "c"], "m": ["a"]}, "ac", {"a": 0.5, "c": 0.5})
    assert len(split_parts(game, game.initial)) == 1


def test_parts_without_weights_are_left_out() -> None:
    game = game_of({"a": ["a"], "c": ["c"]}, "ac", {"a": 1.0})
    (part,) = split_parts(game, game.initial)
    assert states_of(game, part) == "a"


def test_a_long_chain_is_one_part() -> None:
    """In whatever order its states stand."""
    names = [chr(0x4E00 + i) for i in range(2000)]
    order = np.random.default_rng(0).permutation(len(names)).tolist()
    moves = {names[i]: sorted({names[max(0, i - 1)], names[i]}) for i in order}
    game = game_of(moves, "".join(names), {names[-1]: 1.0})
    (part,) = split_parts(game, game.initial)
    assert len(part.states) == len(names)


def test_values_of_parts_add_up_for_every_policy() -> None:
    start = {"a": 0.25, "c": 0.25, "e": 0.25, "g": 0.25}
    game = game_of({"a": ["e", "a"], "c": ["e", "c"], "e": ["e", "g"], "g": ["g"]}, "ac", start)
    rng = np.random.default_rng(2)
    for _ in range(20):
        policy = LeaderPolicy.random(game, rng)
        whole = best_response(game, policy, "leader", tolerances=DEFAULT_TOLERANCES).leader_values
        total = 0.0
        for part in split_parts(game, game.initial):
            smaller = restricted(unreduced(game), part.states)
            assert reduction_holds(smaller, np.where(np.isin(np.arange(4), part.states), game.initial, 0.0))
            found = best_response(
                smaller.reduced, policy_in(smaller, policy), "leader", tolerances=DEFAULT_TOLERANCES
            ).leader_values
            total += part.share * float(part.weights @ found)
        assert total == pytest.approx(float(game.initial @ whole), rel=1e-12)


def test_put_together_fills_up_and_plays_no_copies() -> None:
    builder = GameBuilder("copies", leader_discount=0.5, follower_discount=0.5)
    for name, start in (("a", 0.5), ("c", 0.5), ("away", 0.0)):
        builder.add_state(name, leader_actions=["x", "copy", "y"], follower_actions=["b"], initial=start)
        for action, reward in (("x", 1.0), ("copy", 1.0), ("y", 2.0)):
            builder.add_transition(name, action, "b", leader_reward=reward, follower_reward=0.0, next={name: 1.0})
    game = builder.build()
    reduction = reduce_game(game, weights=game.initial, ties="leader")
    assert reduction.states.tolist() == [0, 1]
    answers = [
        (smaller, LeaderPolicy(np.array([[0.25, 0.75]])))
        for smaller in (
            restricted(reduction, part.states)
            for part in split_parts(reduction.reduced, weights_in(reduction, game.initial))
        )
    ]
    assert len(answers) == 2
    policy = put_together(game, answers)
    assert policy.probabilities[:2].tolist() == [[0.25, 0.0, 0.75]] * 2
    assert policy.probabilities[2].tolist() == [1.0, 0.0, 0.0]
    kept = put_together(game, answers, LeaderPolicy.deterministic(game, [0, 0, 1]))
    assert kept.probabilities[2].tolist() == [0.0, 1.0, 0.0]
    back = policy_in(reduction, LeaderPolicy(np.array([[0.25, 0.5, 0.25]] * 3)))
    assert back.probabilities.tolist() == [[0.75, 0.25]] * 2
