"""Supply chain: a maker sets the wholesale price, a shopkeeper decides how much to order.

The shopkeeper holds 0, 1 or 2 units. Each week the maker asks a low, middle or high price; the shopkeeper, who knows
how often each is asked at which stock but orders before he learns today's, orders 0, 1 or 2 units as far as they fit.
Then customers want 0, 1 or 2 units, he sells what he has, and pays for what stays. A price that is high too often
makes him order late and little, which costs both: the maker commits to prices that keep the shelves full at the least
discount.

Setting: the supply contract of a single supplier and a newsvendor (Cachon, *Supply Chain Coordination with
Contracts*, Handbooks in OR & MS 11, 2003), with stock and announced random prices. All numbers are made up.
"""

from __future__ import annotations

from ssg_mip import Game, GameBuilder

PRICES = {"low": 2.0, "middle": 4.0, "high": 6.0}
DEMAND = {0: 0.2, 1: 0.5, 2: 0.3}
"""The chance of each number of customers."""

ROOM = 2
"""Units that fit on the shelf."""


def build(
    retail: float = 8.0, making: float = 1.0, holding: float = 0.5, leader_discount: float = 0.95, discount: float = 0.9
) -> Game:
    """The game, from an empty shelf; ``making`` is what a unit costs the maker."""
    builder = GameBuilder(
        "supply-chain pricing",
        leader_discount=leader_discount,
        follower_discount=discount,
        source="written for this project, in the manner of Cachon, 2003; numbers made up",
    )
    for stock in range(ROOM + 1):
        builder.add_state(
            f"stock {stock}",
            leader_actions=list(PRICES),
            follower_actions=[f"order {units}" for units in range(ROOM - stock + 1)],
            initial=1.0 if stock == 0 else None,
        )
    for stock in range(ROOM + 1):
        for word, price in PRICES.items():
            for units in range(ROOM - stock + 1):
                sold, left = sales(stock + units)
                builder.add_transition(
                    f"stock {stock}",
                    word,
                    f"order {units}",
                    leader_reward=(price - making) * units,
                    follower_reward=retail * sold
                    - price * units
                    - holding * sum(chance * int(name.split()[1]) for name, chance in left.items()),
                    next=left,
                )
    return builder.build()


def sales(held: int) -> tuple[float, dict[str, float]]:
    """What is sold of so many units on average, and the stock that stays."""
    sold, left = 0.0, dict[str, float]()
    for wanted, chance in DEMAND.items():
        sold += chance * min(held, wanted)
        name = f"stock {max(held - wanted, 0)}"
        left[name] = left.get(name, 0.0) + chance
    return sold, left
