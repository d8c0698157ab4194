"""Service and trade: two queues with tolls, a supply chain of two, a shop and its customers."""

from __future__ import annotations

import numpy as np

from ssg_mip.errors import OptionError
from ssg_mip.game.game import Game
from ssg_mip.game.validation import check_whole
from ssg_mip.library.branches import Branch, Branches

MOST_STATES = 200_000
"""Of one of these games."""

MARKETS = ("none", "weak", "fair", "strong")

DEMAND = ((0.5, 0.5), (0.0, 0.6, 0.4), (0.0, 0.3, 0.4, 0.3), (0.0, 0.0, 0.3, 0.4, 0.3))
"""Chances of every amount that customers ask for, by market."""


def queue(length: int = 10, *, leader_discount: float = 0.95, follower_discount: float = 0.9) -> Game:
    """Two queues whose operator (leader) sets tolls and service; the state is how long both are, ``length ** 2``.

    Who arrives (the follower) joins one or goes away. The tolls are 0 or .3 at either queue; with one toll the queue
    beside it is served more often. Joining the first is worth 1 less the toll and .06 for everybody in it, the second
    .9 less toll and .05; the operator gets the toll, pays .005 for everybody who waits and .02 for a customer who
    leaves.
    """
    check_whole(length, "length")
    _check(length, "length", length**2)
    toll = np.array([[0.0, 0.0], [0.3, 0.0], [0.0, 0.3], [0.3, 0.3]])
    served = np.array([[0.3, 0.3], [0.2, 0.4], [0.4, 0.2], [0.3, 0.3]])
    x, y = (grid.ravel()[:, None, None] for grid in np.meshgrid(np.arange(length), np.arange(length), indexing="ij"))
    choice, full = np.arange(3)[None, None, :], length - 1
    first, second = (choice == 0) & (x < full), (choice == 1) & (y < full)
    tolls = [toll[None, :, side, None] for side in range(2)]
    after_x, after_y = x + first, y + second
    profit = np.where(first, 1.0 - tolls[0] - 0.06 * (x + 1), np.where(second, 0.9 - tolls[1] - 0.05 * (y + 1), 0.0))
    gain = np.where(first, tolls[0], np.where(second, tolls[1], -0.02)) - 0.005 * (after_x + after_y)
    branches: list[Branch] = []
    for served_x in (1, 0):
        for served_y in (1, 0):
            chance = np.where(served_x, served[:, 0], 1.0 - served[:, 0]) * np.where(
                served_y, served[:, 1], 1.0 - served[:, 1]
            )
            to = np.maximum(after_x - served_x, 0) * length + np.maximum(after_y - served_y, 0)
            branches.append((to, chance[None, :, None]))
    return Branches(
        states=[f"{a} and {b}" for a, b in zip(x.ravel().tolist(), y.ravel().tolist(), strict=True)],
        leader=("no toll", "toll at the first", "toll at the second", "toll at both"),
        follower=("first", "second", "leave"),
        branches=branches,
        leader_rewards=gain,
        follower_rewards=profit,
    ).game(
        name=f"two queues of up to {length - 1}",
        leader_discount=leader_discount,
        follower_discount=follower_discount,
        initial=np.full(length**2, 1.0 / length**2),
        source="ssg_mip.library.queue",
    )


def supply(stock: int = 5, *, leader_discount: float = 0.95, follower_discount: float = 0.95) -> Game:
    """A supplier (leader) sets a price, a retailer orders; ``4 stock ** 2`` states: both stocks and the market.

    The prices are .6, .8, 1 and 1.2, orders 0, 1, 2 or 4, cut to what is there and fits. Customers pay the retailer 1.5
    apiece; what is asked for and missing costs .3, a piece in stock .05 a step, the supplier .04. The supplier makes
    two pieces a step for .5 each. The market moves up or down with probability .2 each.
    """
    check_whole(stock, "stock")
    _check(stock, "stock", 4 * stock**2)
    price, order = np.array([0.6, 0.8, 1.0, 1.2]), np.array([0, 1, 2, 4])
    grids = np.meshgrid(np.arange(stock), np.arange(stock), np.arange(4), indexing="ij")
    x, y, m = (grid.ravel()[:, None, None] for grid in grids)
    ordered = np.minimum(np.minimum(order[None, None, :], x), stock - 1 - y)
    paid = price[None, :, None] * ordered
    left = np.minimum(x - ordered + 2, stock - 1)
    profit = -paid - 0.05 * y
    branches: list[Branch] = []
    demand = np.array([list(row) + [0.0] * (5 - len(row)) for row in DEMAND])
    for wanted in range(5):
        likely = demand[m, wanted]
        sold = np.minimum(wanted, y + ordered)
        profit = profit + likely * (1.5 * sold - 0.3 * (wanted - sold))
        for market, chance in ((m, 0.6), (np.minimum(m + 1, 3), 0.2), (np.maximum(m - 1, 0), 0.2)):
            to = (left * stock + y + ordered - sold) * 4 + market
            branches.append((to, likely * chance))
    names = zip(x.ravel().tolist(), y.ravel().tolist(), m.ravel().tolist(), strict=True)
    return Branches(
        states=[f"{a} and {b}, demand {MARKETS[c]}" for a, b, c in names],
        leader=tuple(f"price {one:g}" for one in price.tolist()),
        follower=tuple(f"order {one}" for one in order.tolist()),
        branches=branches,
        leader_rewards=paid - 0.04 * x - 1.0,
        follower_rewards=profit,
    ).game(
        name=f"supply chain with stocks of up to {stock - 1}",
        leader_discount=leader_discount,
        follower_discount=follower_discount,
        initial=np.full(4 * stock**2, 1.0 / (4 * stock**2)),
        source="ssg_mip.library.supply",
    )


def funnel(
    stages: int = 5,
    segments: int = 5,
    levels: int = 4,
    seed: int = 0,
    *,
    leader_discount: float = 0.95,
    follower_discount: float = 0.9,
) -> Game:
    """A shop (leader) and a customer on the way to a purchase; the state is the stage, the segment and the loyalty.

    The shop does nothing, gives a coupon, ships for free or raises its price. The customer leaves, browses on, buys or
    waits. What a purchase is worth grows with the stage; leaving and waiting cost loyalty, buying earns it. How much
    segments pay and how long they stay is drawn by the seed, and a little of what browsing is worth.
    """
    sizes = {"stages": stages, "segments": segments, "levels": levels}
    for label, size in sizes.items():
        check_whole(size, label)
    states = stages * segments * levels
    _check(max(sizes.values()), max(sizes, key=lambda one: sizes[one]), states)
    check_whole(seed, "seed", least=0)
    rng = np.random.default_rng(seed)
    cost, gained = np.array([0.0, 0.3, 0.2, -0.3]), np.array([0.0, 0.35, 0.2, -0.35])
    pays, stays = 0.2 + 0.8 * rng.random(segments), 0.5 + 0.4 * rng.random(segments)
    liked = 0.05 * rng.random((states, 4, 4))
    grids = np.meshgrid(np.arange(stages), np.arange(segments), np.arange(levels), indexing="ij")
    i, j, k = (grid.ravel() for grid in grids)

    def at(stage: np.ndarray, segment: np.ndarray, level: np.ndarray) -> np.ndarray:
        place: np.ndarray = (stage * segments + segment) * levels + level
        return place[:, None, None]

    gain, profit = np.zeros((states, 4, 4)), np.zeros((states, 4, 4))
    reached = (i + 1) / stages
    profit[:, :, 1] = -0.02 + 0.3 * gained + liked[:, :, 1]
    gain[:, :, 1] = 0.02 - 0.1 * cost
    profit[:, :, 2] = (reached * pays[j] - 0.6 + 0.02 * k)[:, None] + gained
    gain[:, :, 2] = (0.6 * reached + 0.02 * k)[:, None] - cost
    profit[:, :, 3] = 0.02 + 0.1 * gained * (np.arange(4) == 1)
    gain[:, :, 3] = -0.01
    up, down, none = np.minimum(k + 1, levels - 1), np.maximum(k - 1, 0), np.zeros_like(i)
    leaves, browses, buys, waits = ((np.arange(4) == b).astype(float)[None, None, :] for b in range(4))
    stay = stays[j][:, None, None]
    branches: list[Branch] = [(at(none, none + jj, down), leaves / segments) for jj in range(segments)]
    branches += [
        (at(np.minimum(i + 1, stages - 1), j, k), browses * stay),
        (at(np.maximum(i - 1, 0), j, k), browses * (1.0 - stay)),
        (at(none, j, up), 0.7 * buys),
        (at(none, (j + 1) % segments, k), 0.3 * buys),
        (at(i, j, k), 0.6 * waits),
        (at(i, j, down), 0.4 * waits),
    ]
    names = zip(i.tolist(), j.tolist(), k.tolist(), strict=True)
    return Branches(
        states=[f"stage {a}, segment {b}, loyalty {c}" for a, b, c in names],
        leader=("nothing", "coupon", "free shipping", "price rise"),
        follower=("leave", "browse", "buy", "wait"),
        branches=branches,
        leader_rewards=gain,
        follower_rewards=profit,
    ).game(
        name=f"shop funnel {stages}x{segments}x{levels}, seed {seed}",
        leader_discount=leader_discount,
        follower_discount=follower_discount,
        initial=np.full(states, 1.0 / states),
        source="ssg_mip.library.funnel",
    )


def _check(size: int, label: str, states: int) -> None:
    if states > MOST_STATES:
        raise OptionError(
            f"{label} is {size}; the game would have {states:,} states; it must have {MOST_STATES:,} at most"
        )
