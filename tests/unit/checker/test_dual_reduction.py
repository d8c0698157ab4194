"""Rounds of a reduction are derived again: what is planted passes, and every forged field is noticed."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

from ssg_mip import LeaderPolicy, best_response, verify_bound
from ssg_mip.errors import InvalidResultError
from ssg_mip.exact import solve_commitment, solve_improvement
from ssg_mip.game.game import Game
from ssg_mip.proofs.reduction import Dominance, Reduction, Round
from ssg_mip.proofs.writer import Recorder
from tests.oracles.games import PlainGame, random_game
from tests.unit.checker.reduced_cases import Planted, best_on_grid, guessed, planted, reduced_lines
from tests.unit.checker.tampering import mutate
from tests.unit.questions import asked

Lines = list[Any]

TRUE = 1e-9
"""Rounding of the enumeration that bounds are held against."""


def refused(game: Game, lines: Lines) -> bool:
    """Whether a certificate does not pass: it is malformed, or a check fails."""
    try:
        return not verify_bound(game, json.loads(json.dumps(lines))).passed
    except InvalidResultError:
        return True


@cache
def _case(seed: int) -> tuple[Planted, str]:
    rng = np.random.default_rng([7, seed])
    counts = rng.integers(2, 3 if seed % 2 else 4, 2).tolist()
    plain = random_game(
        rng,
        leader_counts=[2, 2],
        follower_counts=counts,
        leader_discount=0.8,
        follower_discount=float(rng.choice([0.0, 0.7])),
        integer=seed % 3 == 2,
    )
    case = planted(rng, plain)
    return case, json.dumps(reduced_lines(case)[1])


def _lines(seed: int = 0) -> tuple[Game, Lines]:
    case, text = _case(seed)
    return case.reduction.game, json.loads(text)


@pytest.mark.parametrize("seed", range(6))
def test_what_is_planted_is_removed_and_the_bound_holds_in_the_whole_game(seed: int) -> None:
    case, _ = _case(seed)
    game, lines = _lines(seed)
    found = verify_bound(game, lines)
    assert found.passed, found.failed
    assert lines[0]["format"] == "ssg-mip-bound/5"
    assert len(lines[0]["lower"]) == case.plain.num_states < game.num_states == len(found.weights)
    assert found.claimed is not None
    best = best_on_grid(case.plain, 8)
    assert best - TRUE <= found.claimed <= best + 0.3
    wide = max(
        float(game.initial @ best_response(game, LeaderPolicy.random(game, np.random.default_rng(k))).leader_values)
        for k in range(30)
    )
    assert wide <= found.claimed + TRUE


def _dominated(header: dict[str, Any], place: int) -> list[Any]:
    given: list[Any] = header["reduction"][0]["dominated"][place]
    return given


def _shrunk(player: str, end: int) -> Callable[[dict[str, Any]], None]:
    """Bounds that are too narrow, by more than half in every state in turn."""

    def change(header: dict[str, Any]) -> None:
        one = header["reduction"][0]
        if one[player] is None:
            one[player] = [[-1e3] * 3, [1e3] * 3]
        low, high = one[player]
        one[player][end][1] = (high[1] if end == 0 else low[1]) + (1.0 if end == 0 else -1.0)

    return change


def _set(path: tuple[Any, ...], value: Any) -> Callable[[dict[str, Any]], None]:
    def change(header: dict[str, Any]) -> None:
        place: Any = header
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value

    return change


FIRST, SECOND = ("reduction", 0), ("reduction", 1)
FORGED: dict[str, Callable[[dict[str, Any]], None]] = {
    "hash of another game": _set(("game_hash",), "0" * 64),
    "nothing dominates": lambda h: _dominated(h, 0).__setitem__(2, []),
    "dominated by itself": lambda h: _dominated(h, 0).__setitem__(2, [[_dominated(h, 0)[1], 1.0]]),
    "dominated by one that goes": lambda h: _dominated(h, 0).__setitem__(2, [[1, 1.0]]),
    "dominated by one that there is not": lambda h: _dominated(h, 0).__setitem__(2, [[99, 1.0]]),
    "a good action goes": lambda h: h["reduction"][0]["dominated"].append([1, 3, [[4, 1.0]]]),
    "the state of a dominance": lambda h: _dominated(h, 0).__setitem__(0, 2),
    "a state that there is not": lambda h: _dominated(h, 0).__setitem__(0, 99),
    "a dominance twice": lambda h: h["reduction"][0]["dominated"].append(copy.deepcopy(_dominated(h, 0))),
    "a dominance again, later": lambda h: h["reduction"][1]["dominated"].append(copy.deepcopy(_dominated(h, 0))),
    "a negative share": lambda h: _dominated(h, 0).__setitem__(2, [[3, -1.0]]),
    "no share": lambda h: _dominated(h, 0).__setitem__(2, [[3, 0.0]]),
    "an infinite share": lambda h: _dominated(h, 0).__setitem__(2, [[3, float("inf")]]),
    "a share twice": lambda h: _dominated(h, 0).__setitem__(2, _dominated(h, 0)[2] * 2),
    "a share in words": lambda h: _dominated(h, 0).__setitem__(2, [[3, "1"]]),
    "a share without an action": lambda h: _dominated(h, 0).__setitem__(2, [1.0]),
    "the follower's lower bound": _shrunk("follower", 0),
    "the follower's upper bound": _shrunk("follower", 1),
    "the leader's lower bound": _shrunk("leader", 0),
    "the leader's upper bound": _shrunk("leader", 1),
    "bounds too short": _set((*FIRST, "follower"), [[-9.0, -9.0], [9.0, 9.0]]),
    "bounds too long": _set((*FIRST, "follower"), [[-99.0] * 4, [99.0] * 4]),
    "one bound": _set((*FIRST, "follower"), [[-99.0] * 3]),
    "bounds in words": _set((*FIRST, "leader"), "none"),
    "no copy": lambda h: h["reduction"][0]["copies"][0].__setitem__(2, 3 - h["reduction"][0]["copies"][0][2]),
    "a copy of itself": lambda h: h["reduction"][0]["copies"][0].__setitem__(2, 0),
    "a copy of one that there is not": lambda h: h["reduction"][0]["copies"][0].__setitem__(2, 9),
    "a copy that there is not": lambda h: h["reduction"][0]["copies"][0].__setitem__(1, 9),
    "a copy twice": lambda h: h["reduction"][0]["copies"].append(h["reduction"][0]["copies"][0]),
    "both copies go": lambda h: h["reduction"][0]["copies"].append(
        [1, h["reduction"][0]["copies"][0][2], h["reduction"][0]["copies"][0][1]]
    ),
    "a copy too short": lambda h: h["reduction"][0]["copies"].append([1, 0]),
    "a state too few": lambda h: (_set((*SECOND, "states"), [1])(h), _short(h, 1)),
    "a weight outside": lambda h: (_set((*SECOND, "states"), [2])(h), _short(h, 1)),
    "weight on what goes": lambda h: h["weights"].__setitem__(0, 0.5),
    "states that do not rise": _set((*SECOND, "states"), [2, 1]),
    "a state twice": _set((*SECOND, "states"), [1, 1, 2]),
    "no states": _set((*SECOND, "states"), []),
    "a state out of range": _set((*SECOND, "states"), [1, 3]),
    "a state in words": _set((*SECOND, "states"), [1, "2"]),
    "states as a truth": _set((*SECOND, "states"), [True, 2]),
    "states not removed": _set((*SECOND, "states"), None),
    "a state that went before": lambda h: h["reduction"].append(
        {"follower": None, "leader": None, "dominated": [], "copies": [], "states": [0, 1]}
    ),
    "a copy in a state that went": lambda h: h["reduction"].append(
        {"follower": None, "leader": None, "dominated": [], "copies": [[0, 0, 1]], "states": None}
    ),
    "a round is missing": lambda h: h["reduction"].pop(0),
    "the rounds in another order": lambda h: h["reduction"].reverse(),
    "no rounds": _set(("reduction",), []),
    "rounds that are none": _set(("reduction",), None),
    "a round that is none": _set(FIRST, []),
    "a key too few": lambda h: h["reduction"][0].pop("copies"),
    "a key too many": _set((*FIRST, "rows"), []),
    "another format": _set(("format",), "ssg-mip-bound/3"),
    "lists of the whole game": lambda h: h["lower"].insert(0, -9.0),
    "a margin": _set(("margin",), 0.01),
    "a floor in a state that goes": _set(("floor",), [[0, -50.0]]),
    "values": _set(("values",), [0.0, 0.0]),
    "weights too short": lambda h: h["weights"].pop(),
    "weights too long": lambda h: h["weights"].append(0.0),
    "a lower bound": lambda h: h.__setitem__("bound", h["bound"] - 1.0),
}


def _short(header: dict[str, Any], count: int) -> None:
    """Cut the lists about the states that are left."""
    for key in ("lower", "upper"):
        header[key] = header[key][:count]
    header["conditional"] = []


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_reduction_is_refused(name: str) -> None:
    for seed in range(2):
        game, lines = _lines(seed)
        assert not refused(game, lines)
        FORGED[name](lines[0])
        assert refused(game, lines)


def test_a_skipped_tree_is_as_long_as_a_replayed_one() -> None:
    """So that what follows in the file is found."""
    game, lines = _lines()
    nodes = verify_bound(game, lines).nodes
    lines[0]["reduction"][0]["copies"][0][2] = 9
    assert verify_bound(game, lines).nodes == nodes


@pytest.mark.parametrize("seed", range(4))
def test_mutants_are_refused_or_true(seed: int) -> None:
    """Whatever single number or line is changed, what passes is no less than any policy of the whole game attains."""
    case, _ = _case(seed)
    game, original = _lines(seed)
    rng = np.random.default_rng(seed)
    refused_ones = 0
    for _ in range(60):
        lines = copy.deepcopy(original)
        if rng.random() < 0.6:  # the header of a reduction is where this is about
            header = [lines[0]["reduction"]]
            mutate(rng, header)
            lines[0]["reduction"] = header[0]
        else:
            mutate(rng, lines)
        try:
            found = verify_bound(game, lines)
        except InvalidResultError:
            refused_ones += 1
            continue
        if not found.passed:
            refused_ones += 1
        elif not found.floor and not found.margin:
            weights = np.array([float(weight) for weight in found.weights])
            assert weights[0] == 0.0
            assert found.claimed is not None
            assert best_on_grid(case.plain, 4, 20, weights[1:]) <= found.claimed + TRUE
    assert refused_ones >= 15


def test_whatever_is_accepted_keeps_the_optimum() -> None:
    """Reductions that are guessed, in games full of ties: most lose something, and none of those passes."""
    passed = below = 0
    for seed in range(100):
        case = guessed(np.random.default_rng([23, seed]))
        if case is None:
            continue
        game = case.reduction.game
        lines = reduced_lines(case)[1]
        weights = np.array(lines[0]["weights"])
        best = best_on_grid(case.wide, 4, 10, weights)
        below += lines[0]["bound"] < best - 1e-7
        if not refused(game, lines):
            passed += 1
            assert lines[0]["bound"] >= best - TRUE
    assert passed >= 10
    assert below >= 10


# -------------------------------------------------------------------- by hand


def _one_state(leader: list[list[float]], follower: list[list[float]]) -> Game:
    """One state without a future; rows are leader actions."""
    mine, theirs = np.array(leader), np.array(follower)
    return PlainGame((np.ones((*mine.shape, 1)),), (mine,), (theirs,), 0.0, 0.0, np.ones(1)).to_game()


def _without(game: Game, action: int, by: tuple[tuple[int, float], ...], **claim: Any) -> Lines:
    """The certificate without one follower action of a single state, whatever that loses."""
    kept = [b for b in range(int(game.follower_counts[0])) if b != action]
    shape = int(game.leader_counts[0]), int(game.follower_counts[0])
    mine, theirs = (some.reshape(shape)[:, kept] for some in (game.leader_rewards, game.follower_rewards))
    reduced = PlainGame((np.ones((*mine.shape, 1)),), (mine,), (theirs,), 0.0, 0.0, np.ones(1)).to_game()
    recorder = Recorder()
    recorder.reduction = Reduction(
        game=game,
        reduced=reduced,
        rounds=(Round(dominated=(Dominance(state=0, action=action, by=by),)),),
        states=np.arange(1),
        leader_actions=(np.arange(shape[0]),),
        follower_actions=(np.array(kept),),
    )
    problem, run = asked(reduced, recorder=recorder, **claim)
    solve_commitment(problem, run)
    return json.loads(json.dumps(list(recorder.lines_in_own_units(game))))  # type: ignore[no-any-return]


def test_a_mix_dominates_where_no_single_action_does() -> None:
    game = _one_state([[0.0, 0.0, 7.0], [0.0, 0.0, 7.0]], [[4.0, 0.0, 1.0], [0.0, 4.0, 1.0]])
    assert not refused(game, _without(game, 2, ((0, 0.5), (1, 0.5))))
    assert not refused(game, _without(game, 2, ((0, 3.0), (1, 3.0))))
    assert refused(game, _without(game, 2, ((0, 1.0),)))
    assert refused(game, _without(game, 2, ((0, 0.8), (1, 0.2))))


def test_a_tie_that_the_leader_likes_is_not_removed() -> None:
    """Strictly worse for the follower: goes. As good for him: only if the leader does no better with it."""
    better = _one_state([[0.0, 1.0], [0.0, 1.0]], [[2.0, 2.0], [3.0, 3.0]])
    assert refused(better, _without(better, 1, ((0, 1.0),)))
    assert not refused(better, _without(better, 0, ((1, 1.0),)))
    mixed = _one_state([[0.0, 9.0], [0.0, 0.0]], [[2.0, 1.0], [3.0, 3.0]])
    assert not refused(mixed, _without(mixed, 1, ((0, 1.0),)))
    tempting = _one_state([[0.0, 9.0], [0.0, 1.0]], [[2.0, 1.0], [3.0, 3.0]])
    assert refused(tempting, _without(tempting, 1, ((0, 1.0),)))


def test_with_a_margin_only_copies_go() -> None:
    game = _one_state([[0.0, 1.0, 2.0], [0.0, 1.0, 2.0]], [[2.0, 1.0, 0.0], [0.0, 1.0, -1.0]])
    assert not refused(game, _without(game, 2, ((0, 1.0),)))
    assert refused(game, _without(game, 2, ((0, 1.0),), margin=0.1))


def test_the_leader_value_bounds_decide_where_successors_differ() -> None:
    """A follower who does not look ahead ties; what the leader gets later decides, and only within true bounds."""
    move = np.zeros((1, 2, 3))
    move[0, 0, 1] = move[0, 1, 2] = 1.0
    stay = [np.zeros((1, 1, 3)) for _ in range(2)]
    stay[0][0, 0, 1] = stay[1][0, 0, 2] = 1.0
    rewards = (np.array([[0.0, 0.0]]), np.array([[1.0]]), np.array([[-1.0]]))
    flat = (np.array([[0.0, 0.0]]), np.array([[0.0]]), np.array([[0.0]]))
    game = PlainGame((move, *stay), rewards, flat, 0.5, 0.0, np.array([1.0, 0.0, 0.0])).to_game()
    reduced = PlainGame(
        (move[:, :1], *stay),
        (rewards[0][:, :1], *rewards[1:]),
        (flat[0][:, :1], *flat[1:]),
        0.5,
        0.0,
        np.array([1.0, 0.0, 0.0]),
    ).to_game()

    def lines(leader: Any, kept: int = 0) -> Lines:
        dominance = Dominance(state=0, action=1 - kept, by=((kept, 1.0),))
        recorder = Recorder()
        recorder.reduction = Reduction(
            game=game,
            reduced=reduced,
            rounds=(Round(leader=leader, dominated=(dominance,)),),
            states=np.arange(3),
            leader_actions=(np.arange(1),) * 3,
            follower_actions=(np.array([kept]), np.arange(1), np.arange(1)),
        )
        problem, run = asked(reduced, recorder=recorder)
        solve_commitment(problem, run)
        return list(recorder.lines_in_own_units(game))

    true = np.array([-1.0, 2.0, -2.0]), np.array([1.0, 2.0, -2.0])
    assert not refused(game, lines(true))
    assert refused(game, lines(None))  # the widest bounds say nothing
    assert refused(game, lines(true, kept=1))
    for state, end, by in ((0, 0, 0.5), (1, 0, 0.1), (1, 1, -0.1), (2, 0, 0.1), (2, 1, -0.1), (0, 1, -2.5)):
        false = true[0].copy(), true[1].copy()
        false[end][state] += by
        assert refused(game, lines(false))


def test_of_the_improvement_program_all_states_stay() -> None:
    """Its values are the leader's own, of which a reduction knows nothing but what cancels."""
    rng = np.random.default_rng(3)
    plain = random_game(rng, leader_counts=[2, 2], follower_counts=[2, 2], leader_discount=0.8, follower_discount=0.7)
    case = planted(rng, plain)
    reduced, first = case.reduction.reduced, case.reduction.rounds[0]
    recorder = Recorder()
    values = best_response(reduced, LeaderPolicy.uniform(reduced)).leader_values
    problem, run = asked(reduced, recorder=recorder, start=LeaderPolicy.uniform(reduced))
    solve_improvement(problem, run, values, np.array(reduced.initial))
    recorder.reduction = case.reduction
    with_states = list(recorder.lines_in_own_units(case.reduction.game))
    assert refused(case.reduction.game, with_states)
    # the same game without the state that nothing leads to: its actions alone are removed
    game = _without_first_state(case.wide)
    renumbered = Round(
        dominated=tuple(Dominance(state=one.state - 1, action=one.action, by=one.by) for one in first.dominated),
        copies=tuple((s - 1, a, other) for s, a, other in first.copies),
        follower=None if first.follower is None else (first.follower[0][1:], first.follower[1][1:]),
    )
    recorder.reduction = Reduction(
        game=game,
        reduced=reduced,
        rounds=(renumbered,),
        states=np.arange(2),
        leader_actions=case.reduction.leader_actions,
        follower_actions=case.reduction.follower_actions,
    )
    lines = list(recorder.lines_in_own_units(game))
    found = verify_bound(game, lines)
    assert found.passed, found.failed
    assert found.values is not None
    lines[0]["reduction"][0]["states"] = [0]
    assert refused(game, lines)


def _without_first_state(wide: PlainGame) -> Game:
    return PlainGame(
        tuple(block[:, :, 1:] for block in wide.transition[1:]),
        wide.leader_reward[1:],
        wide.follower_reward[1:],
        wide.leader_discount,
        wide.follower_discount,
        wide.initial[1:],
    ).to_game()


def test_a_replay_is_cut_off_within_a_reduction() -> None:
    game, lines = _lines()
    found = verify_bound(game, lines, time_limit=0.0)
    assert found.cut_off
    assert not found.passed


def test_states_that_are_kept_are_closed() -> None:
    """A state that nothing leads to may go, also where a probability of 0 is stored; one that is reached may not."""
    game = Game(
        state_names=("s", "t", "u"),
        leader_actions=(("a",),) * 3,
        follower_actions=(("b",),) * 3,
        indptr=np.array([0, 3, 4, 5]),
        successors=np.array([0, 1, 2, 1, 2]),
        probabilities=np.array([0.5, 0.5, 0.0, 1.0, 1.0]),
        leader_rewards=np.array([1.0, 2.0, 30.0]),
        follower_rewards=np.zeros(3),
        leader_discount=0.5,
        follower_discount=0.5,
        initial=np.array([1.0, 0.0, 0.0]),
    )
    header = {
        **{"format": "ssg-mip-bound/5", "game_hash": game.content_hash, "units": None, "ignored": []},
        **{"weights": [1.0, 0.0, 0.0], "bound": 8 / 3 + 1e-9, "margin": 0.0, "floor": [], "values": None},
        **{"slack": 0.0, "sweeps": 0, "lower": [0.0, 0.0], "upper": [0.0, 0.0], "conditional": [], "ceiling": None},
    }

    def lines(states: list[int]) -> Lines:
        one = {"follower": None, "leader": None, "dominated": [], "copies": [], "states": states}
        size = len(states)
        cut = {"lower": [0.0] * size, "upper": [0.0] * size, "reduction": [one]}
        return [{**header, **cut}, ["u", [8 / 3 + 1e-9, 4.0][:size], None, []]]

    assert not refused(game, lines([0, 1]))
    not_closed = lines([0])
    assert refused(game, not_closed)
    (failed,) = verify_bound(game, not_closed).failed
    assert "leads to state 1" in failed.detail
    assert refused(game, lines([0, 2]))


def _moving(
    targets: list[list[list[int]]], leader: list[list[list[float]]], follower: list[list[list[float]]]
) -> PlainGame:
    """A game without chance that begins in its first state; ``[s][a][b]``, discounts a half."""
    size = len(targets)
    moves = [np.eye(size)[np.array(block)] for block in targets]
    rewards = [tuple(np.array(block) for block in player) for player in (leader, follower)]
    return PlainGame(tuple(moves), rewards[0], rewards[1], 0.5, 0.5, np.eye(size)[0])


def test_what_only_the_leader_dislikes_is_not_removed() -> None:
    """The follower comes for the sake of that action; without it he would stay away, and the leader would lose."""
    targets = [[[1, 2]], [[2, 2]], [[2]]]
    plain = _moving(targets, [[[0.0, 0.0]], [[5.0, 4.0]], [[0.0]]], [[[0.0, 0.5]], [[0.0, 2.0]], [[0.0]]])
    game, kept = plain.to_game(), [np.arange(2), np.array([0]), np.arange(1)]
    less = plain.replace(
        transition=tuple(block[:, own] for block, own in zip(plain.transition, kept, strict=True)),
        leader_reward=tuple(block[:, own] for block, own in zip(plain.leader_reward, kept, strict=True)),
        follower_reward=tuple(block[:, own] for block, own in zip(plain.follower_reward, kept, strict=True)),
    )
    reduction = Reduction(
        game=game,
        reduced=less.to_game(),
        rounds=(Round(dominated=(Dominance(state=1, action=1, by=((0, 1.0),)),)),),
        states=np.arange(3),
        leader_actions=(np.arange(1),) * 3,
        follower_actions=tuple(kept),
    )
    lines = reduced_lines(Planted(plain=less, wide=plain, reduction=reduction))[1]
    assert lines[0]["bound"] < 1.0 < best_on_grid(plain, 1)
    assert refused(game, lines)


def test_a_copy_leads_to_the_same_states() -> None:
    """Equal rewards are not enough."""
    plain = _moving([[[1], [2]], [[1]], [[2]]], [[[0.0], [0.0]], [[0.0]], [[4.0]]], [[[0.0], [0.0]], [[0.0]], [[0.0]]])
    game = plain.to_game()
    less = plain.replace(
        transition=(plain.transition[0][:1], *plain.transition[1:]),
        leader_reward=(plain.leader_reward[0][:1], *plain.leader_reward[1:]),
        follower_reward=(plain.follower_reward[0][:1], *plain.follower_reward[1:]),
    )
    reduction = Reduction(
        game=game,
        reduced=less.to_game(),
        rounds=(Round(copies=((0, 1, 0),)),),
        states=np.arange(3),
        leader_actions=(np.arange(1),) * 3,
        follower_actions=(np.arange(1),) * 3,
    )
    lines = reduced_lines(Planted(plain=less, wide=plain, reduction=reduction))[1]
    assert lines[0]["bound"] < 1.0 < best_on_grid(plain, 1)
    assert refused(game, lines)
