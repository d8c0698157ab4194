"""Random small games in which something superfluous was planted."""

from __future__ import annotations

import numpy as np

from ssg_mip import Game, GameBuilder

WHOLE = np.array([0.25, 0.5, 0.25])


def planted_game(rng: np.random.Generator, *, whole: bool = False, myopic: bool = False) -> Game:
    """Two or three states, with copies of actions, dominated ones, states out of reach, parts, settled states."""
    parts = int(rng.integers(1, 3))
    builder = GameBuilder(
        "planted", leader_discount=float(rng.choice([0.0, 0.5, 0.9])), follower_discount=0.0 if myopic else 0.7
    )
    blocks = [[f"{part}:{n}" for n in range(int(rng.integers(1, 3)))] for part in range(parts)]
    settled, away = ["end", "loop"][: int(rng.integers(1, 3))], ["away"][: int(rng.integers(0, 2))]
    for names in blocks:
        for name in names:
            _add_state(builder, rng, name, [*names, *settled], whole=whole, start=1.0 / sum(map(len, blocks)))
    for name in settled:
        _add_state(builder, rng, name, settled, whole=whole, leader=1)
    for name in away:
        _add_state(builder, rng, name, [*away, *blocks[0], *settled], whole=whole)
    return builder.build()


def _add_state(builder, rng, name, near, *, whole, leader=None, start=0.0) -> None:
    leader = int(rng.integers(1, 4)) if leader is None else leader
    count = int(rng.integers(1, 4))
    draw = (
        (lambda *shape: rng.integers(-3, 4, shape).astype(float)) if whole else (lambda *shape: rng.normal(size=shape))
    )
    mine, his = draw(leader, count), draw(leader, count)
    moves = np.array([[_moves(rng, len(near)) for _ in range(count)] for _ in range(leader)])
    if rng.random() < 0.3:
        moves[:] = moves[:, :1]
    for _ in range(int(rng.integers(0, 4))):
        mine, his, moves = _planted(rng, mine, his, moves)
    order = rng.permutation(his.shape[1])
    mine, his, moves = mine[:, order], his[:, order], moves[:, order]
    if rng.random() < 0.3 and leader > 1:
        twin = int(rng.integers(leader))
        mine, his, moves = (np.concatenate((x, x[[twin]])) for x in (mine, his, moves))
    rows, columns = his.shape
    leaders, followers = [f"a{i}" for i in range(rows)], [f"b{i}" for i in range(columns)]
    builder.add_state(name, leader_actions=leaders, follower_actions=followers, initial=start)
    for i, a in enumerate(leaders):
        for j, b in enumerate(followers):
            after = {t: float(p) for t, p in zip(near, moves[i, j], strict=True) if p > 0.0}
            builder.add_transition(
                name, a, b, leader_reward=float(mine[i, j]), follower_reward=float(his[i, j]), next=after
            )


def _moves(rng, count):
    found = np.zeros(count)
    np.add.at(found, rng.integers(count, size=4), 0.25)
    return found


def _planted(rng, mine, his, moves):
    """One more follower action: a copy, one that is worse to the follower, to the leader, or than a mixture."""
    one, other = rng.integers(his.shape[1], size=2)
    kind = int(rng.integers(4))
    my, their, after = mine[:, [one]], his[:, [one]], moves[:, [one]]
    if kind == 1:
        their, my = their - rng.choice([1.0, 3.0, 20.0]), my + 2.0
    elif kind == 2:
        my = my - rng.integers(0, 2, my.shape)
    elif kind == 3:
        their, after = 0.5 * (their + his[:, [other]]) - 0.5, 0.5 * (after + moves[:, [other]])
        my = my + rng.normal(size=my.shape)
    return tuple(np.concatenate(pair, axis=1) for pair in ((mine, my), (his, their), (moves, after)))
