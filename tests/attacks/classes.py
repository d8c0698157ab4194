"""Games of easy classes against what makes them easy: Shapley's value, one planner, a process over the stages.

The oracles share no code with the package and know nothing of the search; the games are those of
:func:`tests.attacks.games.varied_game` with what the class asks for put in.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.attacks.driver import Attack, Verdict
from tests.attacks.games import varied_game
from tests.attacks.judge import Truth, judge, solved
from tests.oracles.exact import stagewise_optimum
from tests.oracles.games import PlainGame
from tests.oracles.team import joint_values
from tests.oracles.zero_sum import shapley_values

SMALL = {"most": 6, "mixing": 4}

SLOWEST = 0.8
"""Largest discount of the zero-sum games: the oracle solves one linear program per state and sweep."""

SWEEP_ACCURACY = 1e-8
"""Accuracy of values that an oracle reaches by sweeps."""

LOOKAHEAD = 0.9


def zero_sum_game(seed: int, index: int) -> PlainGame:
    """One player's reward is the other's loss."""
    plain = varied_game(seed, index, **SMALL)
    discount = min(plain.leader_discount, SLOWEST)
    loss = tuple(-block for block in plain.leader_reward)
    return plain.replace(follower_reward=loss, leader_discount=discount, follower_discount=discount)


def team_game(seed: int, index: int) -> PlainGame:
    """Both players get the leader's reward."""
    plain = varied_game(seed, index, **SMALL)
    return plain.replace(follower_reward=plain.leader_reward, follower_discount=plain.leader_discount)


def myopic_game(seed: int, index: int) -> PlainGame:
    """The follower sees the next reward only."""
    plain = varied_game(seed, index, **SMALL)
    return plain.replace(follower_discount=0.0, leader_discount=max(plain.leader_discount, LOOKAHEAD * (index % 2)))


def silent_follower_game(seed: int, index: int) -> PlainGame:
    """The follower keeps the first action of every state."""
    plain = varied_game(seed, index, **SMALL)
    return plain.replace(
        transition=tuple(block[:, :1] for block in plain.transition),
        leader_reward=tuple(block[:, :1] for block in plain.leader_reward),
        follower_reward=tuple(block[:, :1] for block in plain.follower_reward),
    )


def _shapley(plain: PlainGame) -> float:
    return float(plain.initial @ shapley_values(plain, accuracy=SWEEP_ACCURACY))


def _planner(plain: PlainGame) -> float:
    return float(plain.initial @ joint_values(plain, accuracy=SWEEP_ACCURACY))


def _stagewise(plain: PlainGame) -> float:
    return float(stagewise_optimum(plain).upper)


def _attack(
    name: str, claim: str, make: Callable[[int, int], PlainGame], optimum: Callable[[PlainGame], float]
) -> Attack:
    def play(seed: int, index: int) -> Verdict:
        plain = make(seed, index)
        return judge(plain, solved(plain), Truth.point(optimum(plain)))

    return Attack(name, claim, 1_000, play)


ATTACKS = (
    _attack("zero-sum", "opposite rewards: Shapley's value", zero_sum_game, _shapley),
    _attack("team", "equal rewards: what one planner gets", team_game, _planner),
    _attack("myopic", "a myopic follower: an exact process over the vertices of each stage", myopic_game, _stagewise),
    _attack(
        "one-follower-action", "a follower without choice: a process of the leader", silent_follower_game, _planner
    ),
)
