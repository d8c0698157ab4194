"""Presolve against planted structure: copies, dominated actions, unreachable and alike states, unconnected parts.

One to three small games stand side by side as the parts of one. Then actions are planted that win nobody anything:
copies of a follower's or leader's action, actions that another one or a mixture of two dominates whatever follows,
actions that only the leader likes less, states that nothing leads to, and twins of states. What the optimum must be is
known from the small games, each solved alone as it stands, without presolve. The certificate is replayed on the planted
game.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from ssg_mip import solve
from ssg_mip.checker.dual.replay import verify_bounds
from ssg_mip.result import Result
from tests.attacks.driver import Attack, Verdict
from tests.attacks.games import varied_game
from tests.attacks.judge import GAP, SECONDS, Truth, judge
from tests.oracles.games import Array, PlainGame

MOST_PARTS = 3

LARGE = 1e3
"""Size of the rewards in states that nothing leads to."""

Blocks = tuple[list[Array], list[Array], list[Array]]
"""Transitions, and the leader's and the follower's rewards, by state."""


def planted_game(seed: int, index: int) -> tuple[PlainGame, list[PlainGame], Array]:
    """A game with planted structure, the games that its parts come from, and their shares of the start."""
    rng = np.random.default_rng([seed, index, 15])
    count = 1 + int(rng.integers(MOST_PARTS)) if index % 2 else 1
    parts = [varied_game(seed, 31 * index + k, most=6, mixing=3) for k in range(count)]
    parts = [
        part.replace(leader_discount=parts[0].leader_discount, follower_discount=parts[0].follower_discount)
        for part in parts
    ]
    share = rng.dirichlet(np.ones(count))
    game = side_by_side(parts, share)
    blocks: Blocks = (list(game.transition), list(game.leader_reward), list(game.follower_reward))
    for state in range(game.num_states):
        for plant in rng.choice(PLANTS, int(rng.integers(3)), replace=False):
            plant(blocks, state, game.follower_discount, rng)
    game = game.replace(transition=tuple(blocks[0]), leader_reward=tuple(blocks[1]), follower_reward=tuple(blocks[2]))
    for _ in range(index % 4):
        game = with_twin(game, rng)
    return (with_unreached(game, rng) if index % 3 == 0 else game), parts, share


def side_by_side(parts: list[PlainGame], share: Array) -> PlainGame:
    """Games as the unconnected parts of one."""
    total = sum(part.num_states for part in parts)
    moves: list[Array] = []
    first = 0
    for part in parts:
        for block in part.transition:
            wide = np.zeros((*block.shape[:2], total))
            wide[..., first : first + part.num_states] = block
            moves.append(wide)
        first += part.num_states
    return parts[0].replace(
        transition=tuple(moves),
        leader_reward=tuple(block for part in parts for block in part.leader_reward),
        follower_reward=tuple(block for part in parts for block in part.follower_reward),
        initial=np.concatenate([k * part.initial for k, part in zip(share, parts, strict=True)]),
    )


def with_unreached(game: PlainGame, rng: np.random.Generator) -> PlainGame:
    """The game with a state that nothing leads to, whose rewards dwarf all others."""
    total = game.num_states + 1
    move = np.zeros((2, 2, total))
    move[np.arange(2)[:, None], np.arange(2)[None, :], rng.integers(total, size=(2, 2))] = 1.0
    return game.replace(
        transition=(*(np.pad(block, ((0, 0), (0, 0), (0, 1))) for block in game.transition), move),
        leader_reward=(*game.leader_reward, rng.uniform(-LARGE, LARGE, (2, 2))),
        follower_reward=(*game.follower_reward, rng.uniform(-LARGE, LARGE, (2, 2))),
        initial=np.append(game.initial, 0.0),
    )


def with_twin(game: PlainGame, rng: np.random.Generator) -> PlainGame:
    """The game with a state twice in which the leader has no choice, if there is one.

    What led to it leads to it, to its twin, or to either half the time.
    """
    single = [s for s, count in enumerate(game.leader_counts) if count == 1]
    if not single:
        return game
    state = int(rng.choice(single))
    moves = []
    for block in (*game.transition, game.transition[state]):
        share = rng.choice([0.0, 0.5, 1.0], size=block.shape[:2])
        wide = np.concatenate((block, (share * block[..., state])[..., None]), axis=2)
        wide[..., state] = (1.0 - share) * block[..., state]
        moves.append(wide)
    initial = np.append(game.initial, 0.25 * game.initial[state])
    initial[state] *= 0.75
    return game.replace(
        transition=tuple(moves),
        leader_reward=(*game.leader_reward, game.leader_reward[state]),
        follower_reward=(*game.follower_reward, game.follower_reward[state]),
        initial=initial,
    )


# -------------------------------------------------------------------- what is planted


def _copied_answer(blocks: Blocks, state: int, discount: float, rng: np.random.Generator) -> None:
    """An action of the follower twice."""
    del discount
    action = int(rng.integers(blocks[0][state].shape[1]))
    _add_answer(blocks, state, *(block[state][:, action] for block in blocks))


def _worse_for_the_leader(blocks: Blocks, state: int, discount: float, rng: np.random.Generator) -> None:
    """An action of the follower twice, once at less for the leader."""
    del discount
    action = int(rng.integers(blocks[0][state].shape[1]))
    moves, leader, follower = (block[state][:, action] for block in blocks)
    _add_answer(blocks, state, moves, leader - rng.uniform(0.1, 1.0), follower)


def _hopeless(blocks: Blocks, state: int, discount: float, rng: np.random.Generator) -> None:
    """An action that costs the follower more than anything that may follow is worth."""
    leaders, _, total = blocks[0][state].shape
    largest = max(float(np.abs(block).max()) for block in blocks[2])
    moves = np.zeros((leaders, total))
    moves[np.arange(leaders), rng.choice(np.flatnonzero(blocks[0][state].any(axis=(0, 1))), leaders)] = 1.0
    cost = 2.0 * largest / (1.0 - discount) + 1.0
    _add_answer(blocks, state, moves, np.full(leaders, largest), np.full(leaders, -cost))


def _mixture(blocks: Blocks, state: int, discount: float, rng: np.random.Generator) -> None:
    """An action that leads where two others lead half the time each, at less for the follower than their mean."""
    del discount
    first, second = rng.integers(blocks[0][state].shape[1], size=2)
    moves, leader, follower = (0.5 * block[state][:, first] + 0.5 * block[state][:, second] for block in blocks)
    _add_answer(blocks, state, moves, leader + 1.0, follower - rng.uniform(0.1, 0.5))


def _copied_mix(blocks: Blocks, state: int, discount: float, rng: np.random.Generator) -> None:
    """An action of the leader twice."""
    del discount
    action = int(rng.integers(blocks[0][state].shape[0]))
    for block in blocks:
        block[state] = np.concatenate((block[state], block[state][[action]]))


def _add_answer(blocks: Blocks, state: int, moves: Array, leader: Array, follower: Array) -> None:
    for block, numbers in zip(blocks, (moves, leader, follower), strict=True):
        block[state] = np.concatenate((block[state], numbers[:, None]), axis=1)


PLANTS = (_copied_answer, _worse_for_the_leader, _hopeless, _mixture, _copied_mix)

# -------------------------------------------------------------------- what must come out


def play(seed: int, index: int) -> Verdict:
    """The optimum is that of the parts, each solved alone, and its proof holds on the planted game."""
    plain, parts, share = planted_game(seed, index)
    alone = [
        solve(part.to_game(), method="commitment", gap=GAP, time_limit=SECONDS, presolve=False, guarantee=False)
        for part in parts
    ]
    truth = Truth(float(share @ [one.leader_value for one in alone]), float(share @ [one.dual_bound for one in alone]))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "proof"
        result = solve(plain.to_game(), method="commitment", gap=GAP, time_limit=SECONDS, certificate=path)
        verdict = judge(plain, result, truth)
        return verdict + _replayed(plain, result, path) + _said(result, len(parts))


def _replayed(plain: PlainGame, result: Result, path: Path) -> Verdict:
    (found,) = verify_bounds(plain.to_game(), path)
    wrong = [f"{check.name}: {check.detail}" for check in found.checks if not check.passed]
    if found.claimed is None or abs(found.claimed - result.dual_bound) > 1e-9 * (1.0 + abs(result.dual_bound)):
        wrong.append(f"the certificate claims {found.claimed!r}, the result {result.dual_bound!r}")
    return Verdict(violations=tuple(wrong))


def _said(result: Result, parts: int) -> Verdict:
    said = result.details["presolve"]
    removed = said["follower_actions_removed"] + said["leader_actions_removed"] + said["states_removed"]
    remarks = [*(["with something removed"] if removed else []), *(["split"] if said["parts"] > 1 else [])]
    remarks += ["with states merged"] if said["states_merged"] else []
    if parts > 1 and said["parts"] <= 1:
        remarks.append("in parts that were not split")
    return Verdict(remarks=tuple(remarks))


ATTACK = Attack(
    "planted",
    "presolve: planted copies, dominated actions, parts, twins and unreachable states change nothing",
    2_000,
    play,
)
