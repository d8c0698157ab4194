"""Whatever way a value is copied, its arrays stay read-only and its hash is that of its numbers."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ssg_mip import (
    FollowerPolicy,
    Game,
    LeaderPolicy,
    attainment,
    best_response,
    enclose_front,
    existence,
    leader_objective,
    solve,
    trace_front,
)
from ssg_mip.evaluation.value_bounds import leader_value_bounds
from ssg_mip.library import kudo_akimoto_figure_1
from ssg_mip.problem.scalarisation import AugmentedChebyshev, ConcavePieces, WeightedSum


def pickled(protocol: int) -> Callable[[Any], Any]:
    return lambda value: pickle.loads(pickle.dumps(value, protocol=protocol))


COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "replace": dataclasses.replace,
    **{f"pickle {protocol}": pickled(protocol) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)},
}


def a_game() -> Game:
    return kudo_akimoto_figure_1(1.0, 2.0)


def nouns() -> dict[str, Any]:
    """One of every public noun that holds arrays."""
    game = a_game()
    policy = LeaderPolicy.uniform(game)
    front = trace_front(game, num_weights=2, time_limit=20)
    enclosure = enclose_front(game, resolution=1.0, time_limit=20)
    result = solve(game, "commitment", time_limit=20)
    return {
        "game": game,
        "leader policy": policy,
        "follower policy": FollowerPolicy(np.zeros(2, dtype=np.int64)),
        "response": best_response(game, policy),
        "bounds": leader_value_bounds(game),
        "objective": leader_objective(game, "s1"),
        "scalarisation": AugmentedChebyshev(np.ones(2), np.zeros(2)),
        "pieces": ConcavePieces(np.ones((1, 2))),
        "weighted sum": WeightedSum(np.ones(2)),
        "scalarised result": solve(game, scalarisation="augmented-chebyshev", time_limit=20),
        "front point": front.points[0],
        "front": front,
        "enclosure": enclosure,
        "enclosure point": enclosure.points[0],
        "attainment": attainment(game, policy),
        "existence": existence(game, time_limit=20),
        "result": result,
    }


NOUNS = nouns()


def arrays_in(value: Any, seen: set[int] | None = None) -> list[np.ndarray[Any, Any]]:
    """All arrays that hang on a value, cached ones included."""
    seen = set() if seen is None else seen
    if id(value) in seen:
        return []
    seen.add(id(value))
    if isinstance(value, np.ndarray):
        return [value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [one for part in vars(value).values() for one in arrays_in(part, seen)]
    if isinstance(value, (tuple, list)):
        return [one for part in value for one in arrays_in(part, seen)]
    return []


@pytest.mark.parametrize("way", COPIES)
@pytest.mark.parametrize("noun", NOUNS)
def test_no_copy_can_be_written_to(noun: str, way: str) -> None:
    """Not even after asking for it: the memory itself is immutable."""
    copied = COPIES[way](NOUNS[noun])
    found = arrays_in(copied)
    assert found
    for array in found:
        with pytest.raises(ValueError, match=r"read-only"):
            array[...] = 0
        with pytest.raises(ValueError, match="WRITEABLE"):
            array.setflags(write=True)


@pytest.mark.parametrize("way", COPIES)
def test_a_copy_has_the_numbers_and_the_hash_of_the_original(way: str) -> None:
    """Bit by bit, and worked out anew rather than brought along."""
    game = a_game()
    assert game.content_hash
    copied = COPIES[way](game)
    assert copied.same_as(game)
    assert copied.name == game.name
    assert copied.row_offsets.tolist() == game.row_offsets.tolist()
    changed = dataclasses.replace(game, leader_rewards=game.leader_rewards * 100)
    assert COPIES[way](changed).content_hash == changed.content_hash != game.content_hash


def test_an_unpickled_game_is_checked_like_any_other() -> None:
    """A hash that was put into the state of a pickle is not believed, and what is no game is refused."""
    game = a_game()
    rebuild, (kind, fields) = game.__reduce__()
    forged = rebuild(kind, {**fields, "leader_rewards": game.leader_rewards * 100})
    assert forged.content_hash != game.content_hash
    with pytest.raises(ValueError, match="must be finite"):
        rebuild(kind, {**fields, "leader_rewards": game.leader_rewards + np.inf})


def test_what_is_given_may_change_afterwards() -> None:
    """Views of a user's arrays and lists of names are copied."""
    numbers = np.array([[0.25, 0.75], [0.5, 0.5]])
    names = ["u", "v"]
    moves = np.full((2, 2, 2, 2), 0.5)
    rewards = np.zeros((2, 2, 2))
    start = np.array([0.25, 0.75])
    game = Game.from_arrays(
        moves[:],
        rewards[:],
        rewards[:],
        leader_discount=0.5,
        follower_discount=0.5,
        initial=start[:],
        state_names=names,
    )
    flat = game.replace(state_names=names, leader_actions=[["x", "y"], names], initial=start[:])
    policy, answer = LeaderPolicy(numbers[:]), FollowerPolicy(start.view(np.int64) * 0)
    scalarisation = AugmentedChebyshev(start[:], start[:])
    before = game.content_hash, flat.content_hash
    moves[:], rewards[:], numbers[:], start[:], names[:] = 7.0, 7.0, 7.0, 7.0, ["p", "q"]
    assert (game.state_names, flat.state_names, flat.leader_actions[1]) == (("u", "v"),) * 3
    assert (game.replace().content_hash, flat.replace().content_hash) == before
    assert policy.probabilities.max() == 0.75
    assert answer.actions.tolist() == [0, 0]
    assert scalarisation.weights.max() == 0.75
