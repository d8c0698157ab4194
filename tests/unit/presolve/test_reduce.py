"""What is removed changes nothing, and what is said about it is true."""

from __future__ import annotations

import dataclasses
import time

import numpy as np
import pytest

from ssg_mip import Game, LeaderPolicy, solve
from ssg_mip.base.deadline import OutOfTime
from ssg_mip.base.tolerances import DEFAULT_TOLERANCES
from ssg_mip.evaluation.best_response import best_response
from ssg_mip.evaluation.value_bounds import tie_thresholds
from ssg_mip.presolve.parts import restricted, split_parts
from ssg_mip.presolve.reduce import reduce_game
from ssg_mip.presolve.summary import in_one_line, summary
from ssg_mip.presolve.way_back import policy_in, put_together, weights_in
from ssg_mip.proofs.reduction import Round
from tests.unit.presolve.exact_rounds import reduction_holds
from tests.unit.presolve.planted import planted_game

TIES = ("leader", "first", "adverse")


def planted(seed: int) -> Game:
    return planted_game(np.random.default_rng(seed), whole=seed % 2 == 0, myopic=seed % 5 == 0)


def one_state(leader, follower) -> Game:
    leader, follower = np.asarray(leader, dtype=float), np.asarray(follower, dtype=float)
    moves = np.ones((1, *leader.shape, 1))
    return Game.from_arrays(moves, leader[None], follower[None], leader_discount=0.0, follower_discount=0.0)


def kept(game: Game, ties: str = "leader") -> list[int]:
    return reduce_game(game, weights=game.initial, ties=ties).follower_actions[0].tolist()


def response(game: Game, policy: LeaderPolicy, ties: str = "leader"):
    return best_response(game, policy, ties, tolerances=DEFAULT_TOLERANCES)


# ------------------------------------------------------------------ claims


@pytest.mark.parametrize("ties", TIES)
def test_all_claims_are_true(ties: str) -> None:
    removed = 0
    for seed in range(80):
        game = planted(seed)
        for weights in (game.initial, None):
            reduction = reduce_game(game, weights=weights, ties=ties)
            assert reduction_holds(reduction, weights, weakly=ties == "leader"), seed
            removed += summary(reduction)["follower_actions_removed"]
    assert removed > 500


def test_forged_claims_are_found() -> None:
    """The helper that verifies them can say no: shares moved, dominators swapped, boxes narrowed, states forgotten."""
    refused = dict.fromkeys(("swapped", "narrowed", "copy", "states", "itself"), 0)
    for seed in range(60):
        game = planted(seed)
        reduction = reduce_game(game, weights=game.initial, ties="leader")
        for number, step in enumerate(reduction.rounds):
            for kind, forged in forgeries(game, step):
                rounds = (*reduction.rounds[:number], forged, *reduction.rounds[number + 1 :])
                refused[kind] += not reduction_holds(dataclasses.replace(reduction, rounds=rounds), game.initial)
    assert all(count > 5 for count in refused.values()), refused


def forgeries(game: Game, step: Round):
    if step.dominated:
        one, rest = step.dominated[0], step.dominated[1:]
        if len(one.by) == 1:
            other = dataclasses.replace(one, action=one.by[0][0], by=((one.action, 1.0),))
            yield "swapped", dataclasses.replace(step, dominated=(other, *rest))
        itself = dataclasses.replace(one, by=((one.action, 1.0),))
        yield "itself", dataclasses.replace(step, dominated=(itself, *rest))
    if step.follower is not None:
        middle = 0.5 * (step.follower[0] + step.follower[1])
        yield "narrowed", dataclasses.replace(step, follower=(middle, middle))
    if step.copies:
        state, action, other = step.copies[0]
        free = [a for a in range(int(game.leader_counts[state])) if a not in (action, other)]
        if free:
            yield "copy", dataclasses.replace(step, copies=((state, free[0], other), *step.copies[1:]))
    if step.states is not None and len(step.states) > 1:
        yield "states", dataclasses.replace(step, states=step.states[1:])


@pytest.mark.parametrize("ties", TIES)
def test_every_policy_is_worth_the_same(ties: str) -> None:
    """In every state, for the follower too."""
    rng = np.random.default_rng(5)
    for seed in range(60):
        game = planted(seed)
        reduction = reduce_game(game, weights=None, ties=ties)
        for policy in (LeaderPolicy.uniform(game), *(LeaderPolicy.random(game, rng) for _ in range(4))):
            before = response(game, policy, ties)
            after = response(reduction.reduced, policy_in(reduction, policy), ties)
            assert before.follower_values == pytest.approx(after.follower_values, rel=1e-9, abs=1e-9)
            if ties == "leader":
                assert before.leader_values == pytest.approx(after.leader_values, rel=1e-9, abs=1e-9), seed


def test_best_policies_of_the_reduced_game_are_best() -> None:
    """On both sides by the commitment search; then the same by parts, put together again."""
    for seed in range(24):
        game = planted(seed)
        whole = solve(game, "commitment", gap=1e-6, time_limit=20, node_limit=3000)
        reduction = reduce_game(game, weights=game.initial, ties="leader")
        left = weights_in(reduction, game.initial)
        answers, value, bound = [], 0.0, 0.0
        for part in split_parts(reduction.reduced, left):
            smaller = restricted(reduction, part.states)
            found = solve(smaller.reduced, "commitment", gap=1e-6, time_limit=20, weights=part.weights)
            value, bound = value + part.share * found.leader_value, bound + part.share * found.dual_bound
            answers.append((smaller, found.leader_policy))
        size = 1e-5 * (1.0 + abs(value))
        assert whole.leader_value <= bound + size, seed
        assert value <= whole.dual_bound + size, seed
        policy = put_together(game, answers)
        assert float(game.initial @ response(game, policy).leader_values) == pytest.approx(value, abs=size), seed


# ------------------------------------------------------------------ kinds of superfluous actions


def test_copies_go_under_every_rule_and_the_first_stays() -> None:
    game = one_state([[1, 1, 0], [2, 2, 1]], [[0, 0, 1], [1, 1, 0]])
    for ties in TIES:
        assert kept(game, ties) == [0, 2]


def test_what_is_no_better_to_the_leader_goes_only_where_ties_go_his_way() -> None:
    game = one_state([[1, 0, 0], [2, 2, 1]], [[0, 0, 1], [1, 1, 0]])
    assert kept(game) == [0, 2]
    assert kept(game, "first") == kept(game, "adverse") == [0, 1, 2]


def test_what_is_better_to_the_leader_stays() -> None:
    assert kept(one_state([[1, 0], [0, 1]], [[3, 3], [4, 4]])) == [0, 1]


def test_the_same_at_some_leader_actions_and_worth_less_at_others() -> None:
    """Few and many answers: compared all at once, and one by one."""
    for count in (0, 8):
        rng = np.random.default_rng(count)
        leader, follower = rng.random((2, count)), rng.random((2, count)) + np.eye(2, count) * 9.0
        for mine, goes in ((1.0, True), (3.0, False)):
            game = one_state(
                np.concatenate((leader, [[2.0, mine], [0.0, 9.0]]), axis=1),
                np.concatenate((follower, [[20.0, 20.0], [12.0, 11.0]]), axis=1),
            )
            reduction = reduce_game(game, weights=None, ties="leader")
            assert (count + 1 not in reduction.follower_actions[0]) == goes
            assert reduction_holds(reduction, None)
            assert count + 1 in kept(game, "first")


def test_a_mixture_of_two_makes_superfluous_what_neither_does() -> None:
    game = one_state(np.zeros((2, 3)), [[4, 0, 1], [0, 4, 1]])
    for ties in TIES:
        assert 2 not in kept(game, ties)
    stays = one_state([[0, 0, 1], [0, 0, 1]], [[4, 0, 2], [0, 4, 2]])
    assert 2 in kept(stays), "it is an answer to the uniform mix"


def test_a_mixture_of_three_is_found_by_a_linear_program() -> None:
    follower = np.append(9.0 * np.eye(3), np.full((3, 1), 2.5), axis=1)
    game = one_state(np.append(np.zeros((3, 3)), np.ones((3, 1)), axis=1), follower)
    assert kept(game) == [0, 1, 2]
    assert kept(one_state(np.ones((3, 4)), np.append(9.0 * np.eye(3), np.full((3, 1), 3.5), axis=1)))[-1] == 3


def test_scaled_rewards_are_superfluous_where_the_scaling_costs_something() -> None:
    assert kept(one_state(np.zeros((2, 2)), [[1, 2], [2, 4]])) == [1]
    assert kept(one_state([[0, 1], [1, 0]], [[-1, 2], [2, -4]])) == [0, 1]


def test_a_tie_in_floating_point_is_kept() -> None:
    """What is worth less by no more than counts as a tie may be an answer."""
    leader, follower = np.array([[0.0, 1.0], [0.0, 1.0]]), np.array([[1.0, 1.0], [3.0, 3.0]])
    least = float(tie_thresholds(one_state(leader, follower)).max())
    for times, left in ((0.9, 2), (1000.0, 1)):
        assert len(kept(one_state(leader, follower - times * least * np.array([0.0, 1.0])))) == left


def test_transitions_count_by_what_can_follow() -> None:
    """One answer gives 1 now and leads to a state worth between 0 and 2: it is beaten by 3 now, not by 2 now."""
    for now, left in ((3.0, [0]), (2.0, [0, 1])):
        moves = np.zeros((2, 2, 2, 2))
        moves[0, :, 0, 0], moves[0, :, 1, 1], moves[1, :, :, 1] = 1.0, 1.0, 1.0
        follower = np.zeros((2, 2, 2))
        follower[0, :, 0], follower[0, :, 1], follower[1, 0] = now, 1.0, 1.0
        game = Game.from_arrays(
            moves, np.random.default_rng(0).random((2, 2, 2)), follower, leader_discount=0.5, follower_discount=0.5
        )
        found = reduce_game(game, weights=None, ties="leader").follower_actions[0].tolist()
        assert found == left or now == 2.0, (now, found)


def test_bounds_that_shrink_make_more_superfluous() -> None:
    """An answer in the second state goes, hence the bounds on its value shrink, hence one in the first state goes."""
    moves = np.zeros((2, 2, 2, 2))
    moves[0, :, 0, 0], moves[0, :, 1, 1], moves[1, :, :, 1] = 1.0, 1.0, 1.0
    follower = np.zeros((2, 2, 2))
    follower[1] = [[2.0, 1.9], [2.0, -9.0]]
    follower[0] = [[2.5, 2.0], [2.5, 2.0]]
    game = Game.from_arrays(moves, np.zeros((2, 2, 2)), follower, leader_discount=0.5, follower_discount=0.5)
    reduction = reduce_game(game, weights=None, ties="leader")
    assert reduction_holds(reduction, None)
    assert [len(actions) for actions in reduction.follower_actions] == [1, 1]


def test_merging_states_with_a_choice_would_lose_so_they_stay() -> None:
    """Two states that are copies let the leader steer between the answers that lead to them; merged they would not.

    In the first state both answers are alike but for where they lead. The leader makes the second copy unpleasant, so
    that the answer that pays him 1 is best. With one copy the follower is indifferent at best: under ties against the
    leader nothing is left of it.
    """

    def game(first: int, second: int) -> Game:
        moves = np.zeros((4, 2, 2, 4))
        moves[0, :, 0, first], moves[0, :, 1, second] = 1.0, 1.0
        moves[1:, :, :, 3] = 1.0
        leader, follower = np.zeros((4, 2, 2)), np.zeros((4, 2, 2))
        leader[0, :, 1] = 1.0
        follower[1:3, 1] = -1.0
        return Game.from_arrays(moves, leader, follower, leader_discount=0.9, follower_discount=0.9, initial="s0")

    steering = LeaderPolicy(np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 0.0]]))
    assert response(game(1, 2), steering, "adverse").leader_values[0] == pytest.approx(1.0)
    rng = np.random.default_rng(0)
    for _ in range(50):
        policy = LeaderPolicy.random(game(1, 1), rng)
        assert response(game(1, 1), policy, "adverse").leader_values[0] == pytest.approx(0.0)
    whole = game(1, 2)
    assert reduce_game(whole, weights=whole.initial, ties="adverse", merging=True).states.tolist() == [0, 1, 2, 3]


# ------------------------------------------------------------------ sizes and limits


def wide(count: int, leader: int = 3, seed: int = 0) -> Game:
    rng = np.random.default_rng(seed)
    return one_state(rng.random((leader, count)), rng.random((leader, count)))


def test_ten_thousand_answers_take_no_time_and_no_answer_is_lost() -> None:
    game = wide(10_000)
    started = time.process_time()
    reduction = reduce_game(game, weights=game.initial, ties="leader")
    assert time.process_time() - started < 2.0
    assert len(reduction.follower_actions[0]) <= 79
    mixes = np.random.default_rng(1).dirichlet(np.ones(3), 4000)
    answers = np.argmax(mixes @ game.follower_rewards.reshape(3, -1), axis=1)
    assert set(answers.tolist()) <= set(reduction.follower_actions[0].tolist())
    assert reduction_holds(reduce_game(wide(400), weights=None, ties="leader"), None)


def large(states: int, actions: tuple[int, int], discount: float) -> Game:
    rng = np.random.default_rng(0)
    rows = states * actions[0] * actions[1]
    after = (rng.integers(0, states, (rows, 1)) + np.array([1, 5, 11])) % states
    names = [tuple(f"{letter}{i}" for i in range(count)) for letter, count in zip("ab", actions, strict=True)]
    return Game(
        state_names=tuple(map(str, range(states))),
        leader_actions=(names[0],) * states,
        follower_actions=(names[1],) * states,
        indptr=3 * np.arange(rows + 1),
        successors=after.ravel(),
        probabilities=rng.dirichlet(np.ones(3), rows).ravel(),
        leader_rewards=rng.random(rows),
        follower_rewards=rng.random(rows),
        leader_discount=0.95,
        follower_discount=discount,
        initial=np.full(states, 1.0 / states),
    )


@pytest.mark.parametrize("discount", [0.0, 0.3, 0.95])
def test_thousands_of_states_take_seconds(discount: float) -> None:
    game = large(2000, (3, 3), discount)
    started = time.process_time()
    reduction = reduce_game(game, weights=game.initial, ties="leader")
    parts = split_parts(reduction.reduced, reduction.reduced.initial)
    assert time.process_time() - started < 3.0
    assert len(parts) == 1
    assert (len(reduction.rounds) > 0) == (discount < 0.9)


def test_states_with_three_answers_are_searched_completely() -> None:
    """The comparison of all states at once finds what linear programs would find."""
    game = large(40, (3, 3), 0.0)
    reduction = reduce_game(game, weights=None, ties="first")
    assert reduction_holds(reduction, None, weakly=False)
    mixes = np.random.default_rng(1).dirichlet(np.ones(3), 20_000)
    for state, actions in enumerate(reduction.follower_actions):
        q = game.follower_rewards[game.row_offsets[state] : game.row_offsets[state + 1]].reshape(3, 3)
        assert set(np.argmax(mixes @ q, axis=1).tolist()) <= set(actions.tolist())
        assert len(set(np.argmax(mixes @ q, axis=1).tolist())) >= len(actions) - 1


def test_what_was_done_in_time_counts() -> None:
    calls = []

    def once() -> None:
        calls.append(None)
        if len(calls) > 1:
            raise OutOfTime

    def never() -> None:
        raise OutOfTime

    game = planted(4)
    assert reduce_game(game, weights=None, ties="leader", checkpoint=never).changes_nothing
    for seed in range(20):
        calls.clear()
        game = planted(seed)
        assert reduction_holds(reduce_game(game, weights=game.initial, ties="leader", checkpoint=once), game.initial)


def test_nothing_to_remove_gives_the_game_itself() -> None:
    game = one_state([[1, 0], [0, 1]], [[0, 1], [1, 0]])
    reduction = reduce_game(game, weights=None, ties="leader")
    assert reduction.changes_nothing
    assert reduction.rounds == ()


def test_the_same_game_is_always_reduced_alike() -> None:
    game = wide(500, leader=4)
    first, second = (reduce_game(game, weights=None, ties="leader") for _ in range(2))
    assert first.rounds[0].dominated == second.rounds[0].dominated


# ------------------------------------------------------------------ summary


def test_the_summary_counts() -> None:
    game = one_state([[1, 1, 0], [2, 2, 1], [1, 1, 0]], [[0, 0, 1], [1, 1, 0], [0, 0, 1]])
    reduction = reduce_game(game, weights=None, ties="first")
    told = summary(reduction, parts=2)
    assert told["follower_actions_removed"] == 1
    assert told["leader_actions_removed"] == 1
    assert told["states_removed"] == 0
    assert told["classes"] == [
        "there is one state",
        "the follower looks no further than the immediate reward",
        "transitions do not depend on the follower's action",
        "the leader chooses one number",
    ]
    line = in_one_line(told)
    assert line.startswith("removed 1 of 3 follower actions and 1 of 3 leader actions; 2 unconnected parts; there is")


def test_nothing_done_is_said_by_nothing() -> None:
    told = summary(reduce_game(large(50, (2, 2), 0.95), weights=None, ties="leader"))
    assert in_one_line(told) == ""
