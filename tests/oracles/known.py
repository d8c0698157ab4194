"""Games with known answers, written out: static ones from the literature, stochastic ones with proven optima."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from tests.oracles.games import PlainGame, plain_from_arrays


@dataclasses.dataclass(frozen=True)
class StaticCase:
    """A bimatrix game, its mixed strong Stackelberg value and its pure one."""

    name: str
    leader: tuple[tuple[float, ...], ...]
    follower: tuple[tuple[float, ...], ...]
    mixed: float
    pure: float


@dataclasses.dataclass(frozen=True)
class StochasticCase:
    """A stochastic game and its optimum for several start distributions (ties in the leader's favour)."""

    game: PlainGame
    optima: Mapping[tuple[float, ...], float]


STATIC = (
    # Conitzer & Sandholm, EC 2006
    StaticCase("conitzer-sandholm-0", ((2, 4), (1, 3)), ((1, 0), (0, 1)), 3.5, 3.0),
    StaticCase("conitzer-sandholm-1", ((2, 0, 0), (1, 0, 0)), ((0, 2, 5), (0, -1, -4)), 4 / 3, 1.0),
    # Letchford et al., AAAI 2012, Figure 1
    StaticCase("letchford-1", ((1, 3), (0, 2)), ((1, 0), (0, 1)), 2.5, 2.0),
    # Paruchuri et al., AAMAS 2008, first type
    StaticCase("dobss-type-1", ((2, 4), (1, 3)), ((1, 0), (0, 2)), 11 / 3, 3.0),
    # Zhang et al., AAAI 2020, Table 1; the printed 20 for Maintain is the pure value, (1/4, 3/4, 0) yields 27.5
    StaticCase("escape", ((15, 10, 0), (10, 10, 0), (0, 0, 30)), ((15, 10, 0), (10, 10, 0), (0, 0, 30)), 30.0, 30.0),
    StaticCase("maintain", ((20, 0, 0), (30, 10, 0), (0, 0, 5)), ((15, 0, 0), (0, 5, 0), (0, 0, 10)), 27.5, 20.0),
    # the value 3.33 in print is beaten by the pure first row
    StaticCase("battle", ((5, 0), (0, 2)), ((1, 0), (0, 2)), 5.0, 5.0),
    StaticCase("prisoners-dilemma", ((-1, -3), (0, -2)), ((-1, 0), (-3, -2)), -2.0, -2.0),
    # the mixed row (1/2, 1/2) makes the first column a best response
    StaticCase("hero", ((0, -3), (-2, -1)), ((-3, -1), (0, -2)), -1.0, -2.0),
)

_FIG1_TRANSITION = [
    [[[1, 0], [0, 1]], [[0, 1], [0, 1]]],
    [[[0, 1], [1, 0]], [[1, 0], [1, 0]]],
]


def figure_1(x: float, y: float, *, initial: tuple[float, float] = (0.5, 0.5)) -> PlainGame:
    """Kudo & Akimoto, Figure 1, discounts 0.9: a threat worth ``y`` against a temptation ``x``."""
    leader = [[[1, 0], [0, 0]], [[1, 0], [0, 0]]]
    follower = [[[0, x], [-y, -y]], [[0, x], [-y, -y]]]
    return plain_from_arrays(
        _FIG1_TRANSITION,
        leader,
        follower,
        leader_discount=0.9,
        follower_discount=0.9,
        initial=initial,
        name=f"figure-1-x{x:g}-y{y:g}",
    )


def actor_critic_trap() -> PlainGame:
    """Zhang et al., AAAI 2020, appendix: (B, A) is worth 10, and a Bellman fixed point suggests 0."""
    return plain_from_arrays(
        [[[[1, 0], [0, 1]], [[0, 1], [1, 0]]], [[[0, 1], [0, 1]], [[0, 1], [0, 1]]]],
        [[[0, 0], [10, -1]], [[0, 0], [0, 0]]],
        [[[0, 10], [0, -1]], [[0, 0], [0, 0]]],
        leader_discount=0.9,
        follower_discount=0.9,
        name="actor-critic-trap",
    )


def three_points() -> PlainGame:
    """A front with the points (0, 10), (4, 4), (10, 0) in the first two states; weighted sums miss (4, 4)."""
    nowhere, half, onward = [0, 0, 0, 1], [0, 0, 0.5, 0.5], [0, 0, 1, 0]
    choice, rest = [[nowhere, half, onward]] * 2, [[nowhere] * 3] * 2
    return plain_from_arrays(
        [choice, choice, rest, rest],
        [[[0, 4, 10]] * 2, [[10, 4, 0]] * 2, [[0, 0, 0]] * 2, [[0, 0, 0]] * 2],
        [[[0, -0.45, -1.2]] * 2, [[0, -0.25, -0.8]] * 2, [[0, 0, 0], [4, 4, 4]], [[0, 0, 0]] * 2],
        leader_discount=0.5,
        follower_discount=0.5,
        name="three-points",
    )


STOCHASTIC = (
    # gB y > x: the threat holds; punishing in one state only keeps the leader at 10 there
    StochasticCase(figure_1(1.0, 2.0), {(1.0, 0.0): 10.0, (0.0, 1.0): 10.0, (0.5, 0.5): 9.5}),
    # gB y < x: no threat is strong enough
    StochasticCase(figure_1(1.0, 1.0), {(1.0, 0.0): 0.0, (0.5, 0.5): 0.0}),
    # gB y = x: the follower is exactly indifferent
    StochasticCase(figure_1(1.0, 10 / 9), {(1.0, 0.0): 10.0, (0.0, 1.0): 10.0, (0.5, 0.5): 9.5}),
    # indifferent again, and the punishing state is one that an occupancy from (1, 0) never visits
    StochasticCase(figure_1(0.9, 1.0), {(1.0, 0.0): 10.0}),
    StochasticCase(actor_critic_trap(), {(1.0, 0.0): 10.0, (0.5, 0.5): 5.0}),
    StochasticCase(three_points(), {(1.0, 0.0, 0.0, 0.0): 10.0, (0.0, 1.0, 0.0, 0.0): 10.0, (0.5, 0.5, 0.0, 0.0): 5.0}),
)
