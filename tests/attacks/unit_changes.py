"""Changes of a game that no policy can tell: constants, potentials, units, unreachable riches and a sure bonus.

Rewards are first rounded to whole 64ths, so that whole constants and powers of two change a game *exactly*: the base
game and the changed one then have the same policies, ties and optima to the last bit, and everything that the package
says of the one can be held against the other.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from tests.attacks.games import varied_game
from tests.oracles.games import Array, PlainGame

GRAIN = 64.0
"""Rewards of base games are whole multiples of one over this."""

CONSTANTS = (1.0, 1e3, 1e6, 1e9)
"""Sizes of constants, with either sign."""

UNITS = 30
"""Units are powers of two up to this one and down to its inverse, or of ten up to nine: a thousand million."""

PATIENT = (0.9, 0.99, 0.999, 0.9999)
"""Discounts of patient players."""


@dataclasses.dataclass(frozen=True)
class Units:
    """How values of one player in the base game turn into those of the changed one: ``unit * (value + base)``.

    ``base`` has one number for each state of the base game; the changed game may have more states.
    """

    base: Array
    unit: float = 1.0

    def back(self, values: Array) -> Array:
        """Values in the changed game as values in the base game, for the states of the base game."""
        return values[: len(self.base)] / self.unit - self.base


@dataclasses.dataclass(frozen=True)
class Restated:
    """A game, the changed game, and how the values of both players hang together.

    ``rounding`` is how far values of the changed game may be off in units of the base game, because its rewards are
    floats.
    """

    base: PlainGame
    changed: PlainGame
    leader: Units
    follower: Units
    rounding: float


Change = Callable[[PlainGame, np.random.Generator], Restated]


def whole_game(seed: int, index: int, *, patient: bool = False) -> PlainGame:
    """A small varied game with rewards in whole 64ths; patient ones have a discount near 1 of both players."""
    fixed: dict[str, object] = {}
    if patient:
        discount = PATIENT[index % len(PATIENT)]
        fixed = {"leader_discount": discount, "follower_discount": discount}
    plain = varied_game(seed, index, most=6, mixing=3, **fixed)
    return plain.replace(
        leader_reward=tuple(np.rint(block * GRAIN) / GRAIN for block in plain.leader_reward),
        follower_reward=tuple(np.rint(block * GRAIN) / GRAIN for block in plain.follower_reward),
    )


def _restated(base: PlainGame, changed: PlainGame, leader: Units, follower: Units, *, exact: bool) -> Restated:
    """With the rounding of the rewards, if there is any, and of the values."""
    sizes = []
    for blocks, units, discount in (
        (changed.leader_reward, leader, changed.leader_discount),
        (changed.follower_reward, follower, changed.follower_discount),
    ):
        reward = max(float(np.abs(block).max()) for block in blocks[: base.num_states]) / units.unit
        sizes.append(float(np.abs(units.base).max()) + (0.0 if exact else 4.0 * reward / (1.0 - discount)))
    rounding = 64.0 * float(np.finfo(float).eps) * max(sizes)
    return Restated(base, changed, leader, follower, rounding)


def _signed(rng: np.random.Generator) -> float:
    return float(rng.choice(CONSTANTS) * rng.choice((-1.0, 1.0)) * rng.integers(2))


def add_constants(plain: PlainGame, rng: np.random.Generator) -> Restated:
    """A constant of any size and sign in the rewards of one player or of both."""
    mine, theirs = _signed(rng), _signed(rng)
    changed = plain.replace(
        leader_reward=tuple(block + mine for block in plain.leader_reward),
        follower_reward=tuple(block + theirs for block in plain.follower_reward),
    )
    even = np.ones(plain.num_states)
    return _restated(
        plain,
        changed,
        Units(even * (mine / (1.0 - plain.leader_discount))),
        Units(even * (theirs / (1.0 - plain.follower_discount))),
        exact=True,
    )


def change_units(plain: PlainGame, rng: np.random.Generator) -> Restated:
    """Other units for each player, from a thousand-millionth to a thousand million, in powers of two or ten."""
    if rng.integers(2):
        units = [float(2.0**power) for power in rng.integers(-UNITS, UNITS + 1, 2)]
    else:
        units = [float(10.0**power) for power in rng.integers(-9, 10, 2)]
    changed = plain.replace(
        leader_reward=tuple(units[0] * block for block in plain.leader_reward),
        follower_reward=tuple(units[1] * block for block in plain.follower_reward),
    )
    none = np.zeros(plain.num_states)
    return _restated(plain, changed, Units(none, units[0]), Units(none, units[1]), exact=False)


def add_potentials(plain: PlainGame, rng: np.random.Generator) -> Restated:
    """Constants that differ from state to state, as a potential in the rewards (Ng, Harada & Russell, 1999)."""
    sizes = 10.0 ** rng.integers(0, 7, 2)
    potentials = [np.rint(size * rng.uniform(-1.0, 1.0, plain.num_states)) for size in sizes.tolist()]
    changed = plain.replace(
        leader_reward=_shaped(plain, plain.leader_reward, potentials[0], plain.leader_discount),
        follower_reward=_shaped(plain, plain.follower_reward, potentials[1], plain.follower_discount),
    )
    return _restated(plain, changed, Units(potentials[0]), Units(potentials[1]), exact=False)


def _shaped(plain: PlainGame, rewards: tuple[Array, ...], potential: Array, discount: float) -> tuple[Array, ...]:
    return tuple(block + potential[s] - discount * (plain.transition[s] @ potential) for s, block in enumerate(rewards))


def unreachable_riches(plain: PlainGame, rng: np.random.Generator) -> Restated:
    """One state more, worth a thousand million to both players, to which nothing leads and where nothing starts."""
    wider = tuple(np.concatenate((block, np.zeros((*block.shape[:2], 1))), axis=2) for block in plain.transition)
    stay = np.zeros((2, 2, plain.num_states + 1))
    stay[..., -1] = 1.0
    changed = plain.replace(
        transition=(*wider, stay),
        leader_reward=(*plain.leader_reward, 1e9 * rng.integers(-1, 2, (2, 2)).astype(float)),
        follower_reward=(*plain.follower_reward, 1e9 * rng.integers(-1, 2, (2, 2)).astype(float)),
        initial=np.append(plain.initial, 0.0),
    )
    none = np.zeros(plain.num_states)
    return _restated(plain, changed, Units(none), Units(none), exact=True)


def sure_bonus(plain: PlainGame, rng: np.random.Generator) -> Restated:
    """Every step may be the last, whatever is done; the changed game pays a bonus of a million in the end."""
    ending = float(rng.choice((0.25, 0.5, 1.0)))
    going_on = tuple((1.0 - ending) * block for block in plain.transition)
    stay = np.zeros((1, 1, plain.num_states + 1))
    stay[..., -1] = 1.0
    base = plain.replace(
        transition=(
            *(np.concatenate((block, np.full((*block.shape[:2], 1), ending)), axis=2) for block in going_on),
            stay,
        ),
        leader_reward=(*plain.leader_reward, np.zeros((1, 1))),
        follower_reward=(*plain.follower_reward, np.zeros((1, 1))),
        initial=np.append(plain.initial, 0.0),
    )
    mine, theirs = (1e6 * rng.integers(-1, 2, 2)).tolist()
    changed = base.replace(
        leader_reward=(*plain.leader_reward, np.full((1, 1), mine)),
        follower_reward=(*plain.follower_reward, np.full((1, 1), theirs)),
    )
    units = []
    for bonus, discount in ((mine, plain.leader_discount), (theirs, plain.follower_discount)):
        end = bonus / (1.0 - discount)
        later = discount * ending * end / (1.0 - discount * (1.0 - ending))
        units.append(Units(np.append(np.full(plain.num_states, later), end)))
    return _restated(base, changed, units[0], units[1], exact=False)


def all_at_once(plain: PlainGame, rng: np.random.Generator) -> Restated:
    """Constants and then units that are powers of two: exact."""
    moved = add_constants(plain, rng)
    units = [float(2.0**power) for power in rng.integers(-UNITS, UNITS + 1, 2)]
    changed = plain.replace(
        leader_reward=tuple(units[0] * block for block in moved.changed.leader_reward),
        follower_reward=tuple(units[1] * block for block in moved.changed.follower_reward),
    )
    mine, theirs = (Units(one.base, unit) for one, unit in zip((moved.leader, moved.follower), units, strict=True))
    return _restated(plain, changed, mine, theirs, exact=True)
