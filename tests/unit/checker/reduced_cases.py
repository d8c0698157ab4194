"""Games with what may be removed planted into them, and value trees made by plain value iteration.

Nothing here comes from the package's own presolve: what is superfluous is known because it was put there.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ssg_mip.exact import solve_commitment
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.proofs.claim import Claim
from ssg_mip.proofs.reduction import Dominance, Reduction, Round
from ssg_mip.proofs.value_tree import ValueLeaf, ValueNode, ValueSplit
from ssg_mip.proofs.writer import Recorder
from tests.oracles.games import PlainGame, random_game
from tests.oracles.sampling import answer, grid_policies, random_policy
from tests.unit.questions import asked

SLACK = 1e-9
"""By how much value iteration is moved to the safe side."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Planted:
    """A small game inside a wide one, and what leads back to it."""

    plain: PlainGame
    wide: PlainGame
    reduction: Reduction


def planted(rng: np.random.Generator, plain: PlainGame) -> Planted:
    """Put a state that nothing leads to first, and before the actions of each state superfluous ones.

    Of the follower's these are a copy of a random action, a mix of two that is worth less to him, and one that is worth
    the same to him and less to the leader; of the leader's a copy.
    """
    count = plain.num_states
    transition, leader, follower = [], [], []
    dominances, copies = [], []
    for s in range(count):
        move = np.concatenate([np.zeros((*plain.transition[s].shape[:2], 1)), plain.transition[s]], axis=2)
        mine, theirs = plain.leader_reward[s], plain.follower_reward[s]
        first, second, third, fourth = rng.integers(mine.shape[1], size=4).tolist()
        share = 0.25
        columns = [
            (move[:, first], mine[:, first], theirs[:, first]),
            (
                share * move[:, second] + (1 - share) * move[:, third],
                mine[:, second] + 5.0,
                share * theirs[:, second] + (1 - share) * theirs[:, third] - 0.125,
            ),
            (move[:, fourth], mine[:, fourth] - 0.5, theirs[:, fourth]),
        ]
        mixed = {second: share} if second == third else {second: share, third: 1 - share}
        if second == third:
            mixed = {second: 1.0}
        for action, by in ((0, {first: 1.0}), (1, mixed), (2, {fourth: 1.0})):
            pairs = tuple((c + len(columns), k) for c, k in by.items())
            dominances.append(Dominance(state=s + 1, action=action, by=pairs))
        move = np.concatenate([np.stack([column[0] for column in columns], axis=1), move], axis=1)
        mine = np.concatenate([np.stack([column[1] for column in columns], axis=1), mine], axis=1)
        theirs = np.concatenate([np.stack([column[2] for column in columns], axis=1), theirs], axis=1)
        copied = int(rng.integers(len(mine)))
        copies.append((s + 1, 0, copied + 1))
        transition.append(np.concatenate([move[[copied]], move]))
        leader.append(np.concatenate([mine[[copied]], mine]))
        follower.append(np.concatenate([theirs[[copied]], theirs]))
    start = np.zeros((1, 2, count + 1))
    start[0, :, 1:] = rng.dirichlet(np.ones(count), size=2)
    wide = PlainGame(
        (start, *transition),
        (np.array([[9.0, 8.0]]), *leader),
        (np.array([[1.0, 0.0]]), *follower),
        plain.leader_discount,
        plain.follower_discount,
        np.concatenate([[0.0], plain.initial]),
        "wide",
    )
    game, reduced = wide.to_game(), plain.to_game()
    bounds = follower_box(wide, [list(np.eye(len(block))) for block in wide.leader_reward])
    return Planted(
        plain=plain,
        wide=wide,
        reduction=Reduction(
            game=game,
            reduced=reduced,
            rounds=(
                Round(follower=bounds, dominated=tuple(dominances), copies=tuple(copies)),
                Round(states=np.arange(1, count + 1)),
            ),
            states=np.arange(1, count + 1),
            leader_actions=tuple(np.arange(1, 1 + size) for size in plain.leader_counts),
            follower_actions=tuple(np.arange(3, 3 + size) for size in plain.follower_counts),
        ),
    )


def guessed(rng: np.random.Generator) -> Planted | None:
    """A small game full of ties, with a reduction that is mostly false; ``None`` where nothing is removed."""
    count = int(rng.integers(1, 3))
    plain = random_game(
        rng,
        leader_counts=rng.integers(1, 4, count).tolist(),
        follower_counts=rng.integers(2, 5, count).tolist(),
        leader_discount=float(rng.choice([0.0, 0.5])),
        follower_discount=float(rng.choice([0.0, 0.5])),
        integer=True,
        successors=int(rng.integers(1, 3)),
    )
    plain = plain.replace(
        leader_reward=tuple(np.clip(block, -1, 1) for block in plain.leader_reward),
        follower_reward=tuple(np.clip(block, -1, 1) for block in plain.follower_reward),
        initial=np.eye(count)[0] if rng.random() < 0.5 else plain.initial,
    )
    kept = [np.flatnonzero(rng.random(size) < 0.6) for size in plain.follower_counts]
    kept = [some if len(some) else np.array([0]) for some in kept]
    leaders = [np.arange(int(size > 1 and rng.random() < 0.2), size) for size in plain.leader_counts]
    states = np.array([0]) if rng.random() < 0.3 else np.arange(count)
    dominances = []
    for s, size in enumerate(plain.follower_counts):
        for b in sorted(set(range(size)) - set(kept[s].tolist())):
            by = rng.choice(kept[s], size=int(rng.integers(1, len(kept[s]) + 1)), replace=False).tolist()
            shares = tuple((c, float(rng.choice([0.25, 0.5, 1.0]))) for c in by)
            dominances.append(Dominance(state=s, action=b, by=shares))
    copies = tuple((s, 0, 1) for s, left in enumerate(leaders) if left[0] == 1)
    if not dominances and not copies and len(states) == count:
        return None
    corners = pure_corners(plain)
    ends = [
        _iterated(
            plain, lambda v, best=best: np.array([best(row) for row in _worth(plain, corners, v, leader=True)]), True
        )
        for best in (np.min, np.max)
    ]
    first = Round(
        follower=follower_box(plain, corners),
        leader=(ends[0] - SLACK, ends[1] + SLACK),
        dominated=tuple(dominances),
        copies=copies,
    )
    places = [np.ix_(leaders[s], kept[s]) for s in states]
    moves = [plain.transition[s][place][:, :, states] + 1e-300 for s, place in zip(states, places, strict=True)]
    reduced = PlainGame(
        tuple(block / block.sum(axis=2, keepdims=True) for block in moves),
        tuple(plain.leader_reward[s][place] for s, place in zip(states, places, strict=True)),
        tuple(plain.follower_reward[s][place] for s, place in zip(states, places, strict=True)),
        plain.leader_discount,
        plain.follower_discount,
        plain.initial[states] / plain.initial[states].sum(),
    )
    return Planted(
        plain=reduced,
        wide=plain,
        reduction=Reduction(
            game=plain.to_game(),
            reduced=reduced.to_game(),
            rounds=(first, Round(states=states)),
            states=states,
            leader_actions=tuple(leaders[s] for s in states),
            follower_actions=tuple(kept[s] for s in states),
        ),
    )


def reduced_lines(case: Planted, **options: Any) -> tuple[Recorder, list[Any]]:
    """The certificate of a search on the small game, about the wide one."""
    recorder = Recorder()
    recorder.reduction = case.reduction
    problem, run = asked(case.reduction.reduced, recorder=recorder, gap=1e-5, **options)
    solve_commitment(problem, run)
    return recorder, list(recorder.lines_in_own_units(case.reduction.game))


# -------------------------------------------------------------------- values

Corners = list[list[FloatArray]]
"""By state the mixes of leader actions that a policy may be mixed from."""


def follower_box(game: PlainGame, corners: Corners) -> tuple[FloatArray, FloatArray]:
    """What the follower gets at least by single actions, and at most, against any mix of the corners."""

    def at_best(values: FloatArray) -> FloatArray:
        return np.array([max(mix.max() for mix in row) for row in _worth(game, corners, values, leader=False)])

    def in_any_case(values: FloatArray) -> FloatArray:
        return np.array([np.min(row, axis=0).max() for row in _worth(game, corners, values, leader=False)])

    return _iterated(game, in_any_case, False) - SLACK, _iterated(game, at_best, False) + SLACK


def value_leaf(
    game: PlainGame,
    corners: Corners,
    *,
    multipliers: Mapping[tuple[int, int], tuple[tuple[int, float], ...]] | None = None,
) -> ValueLeaf:
    """A leaf whose values are those of a decision process over corners and answers, some of them multiplied."""
    lower, upper = follower_box(game, corners)
    highs = _worth(game, corners, upper, leader=False)
    multipliers = {} if multipliers is None else multipliers
    answers = [
        [b for b in range(count) if max(q[b] for q in highs[s]) >= lower[s]]
        for s, count in enumerate(game.follower_counts)
    ]

    def backup(values: FloatArray) -> FloatArray:
        worth = _worth(game, corners, values, leader=True)
        found = []
        for s, row in enumerate(worth):
            options = []
            for b in answers[s]:
                more = [
                    sum(k * _lead(game, corners[s][x], s, b, c, (lower, upper)) for c, k in multipliers.get((s, b), ()))
                    for x in range(len(row))
                ]
                if max(more) >= 0:
                    options.append(max(mix[b] + own for mix, own in zip(row, more, strict=True)))
            found.append(max(options))
        return np.array(found)

    return ValueLeaf(upper=_iterated(game, backup, True) + SLACK, follower=(lower, upper), multipliers=multipliers)


def _lead(
    game: PlainGame, mix: FloatArray, state: int, answer_: int, action: int, box: tuple[FloatArray, FloatArray]
) -> float:
    moves = game.follower_discount * (mix @ (game.transition[state][:, answer_] - game.transition[state][:, action]))
    rewards = mix @ (game.follower_reward[state][:, answer_] - game.follower_reward[state][:, action])
    return float(rewards + np.maximum(moves * box[0], moves * box[1]).sum()) + SLACK


def _worth(game: PlainGame, corners: Corners, values: FloatArray, *, leader: bool) -> list[list[FloatArray]]:
    rewards = game.leader_reward if leader else game.follower_reward
    discount = game.leader_discount if leader else game.follower_discount
    return [
        [mix @ (rewards[s] + discount * (game.transition[s] @ values)) for mix in corners[s]]
        for s in range(game.num_states)
    ]


def _iterated(game: PlainGame, backup: Callable[[FloatArray], FloatArray], leader: bool) -> FloatArray:
    discount = game.leader_discount if leader else game.follower_discount
    values, change = np.zeros(game.num_states), np.inf
    while change > 1e-11 * (1.0 - discount):
        fresh = backup(values)
        values, change = fresh, float(np.abs(fresh - values).max())
    return values


def pure_corners(game: PlainGame) -> Corners:
    """The single leader actions of every state."""
    return [list(np.eye(count)) for count in game.leader_counts]


def mix_tree(game: PlainGame, state: int, places: list[float]) -> ValueNode:
    """The mixes of a state with two actions, split at some rising probabilities, each part bounded by values."""

    def node(low: float, high: float, inside: list[float]) -> ValueNode:
        if inside:
            middle = inside[len(inside) // 2]
            return ValueSplit(
                state=state,
                probability=middle,
                below=node(low, middle, [p for p in inside if p < middle]),
                above=node(middle, high, [p for p in inside if p > middle]),
            )
        corners = pure_corners(game)
        corners[state] = [np.array([p, 1.0 - p]) for p in (low, high)]
        return value_leaf(game, corners)

    return node(0.0, 1.0, places)


def value_lines(game: Game, tree: ValueNode, weights: FloatArray | None = None) -> list[Any]:
    """The certificate of the bound that values prove."""
    return list(value_recorder(game, tree, weights).lines_in_own_units(game))


def value_recorder(game: Game, tree: ValueNode, weights: FloatArray | None = None) -> Recorder:
    """A recorder of the bound that values prove, computed in floating point."""
    recorder = Recorder()
    recorder.value_tree = tree
    weights = np.array(game.initial if weights is None else weights)
    bound = max(float(weights @ leaf.upper) for leaf in _leaves(tree))
    recorder.settle(game, Claim(weights=weights, bound=bound))
    return recorder


def _leaves(tree: ValueNode) -> list[ValueLeaf]:
    return [tree] if isinstance(tree, ValueLeaf) else [*_leaves(tree.below), *_leaves(tree.above)]


# -------------------------------------------------------------------- the truth


def best_on_grid(game: PlainGame, levels: int, samples: int = 40, weights: FloatArray | None = None) -> float:
    """The best weighted value of a grid of policies and of some random ones, the follower's answers enumerated."""
    rng, weight = np.random.default_rng(0), game.initial if weights is None else weights
    policies = itertools.chain(grid_policies(game, levels), (random_policy(game, rng) for _ in range(samples)))
    return max(float(weight @ answer(game, policy, tie=1e-12).leader_values) for policy in policies)
