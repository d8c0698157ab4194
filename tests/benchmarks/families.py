"""Seeded families of games: one function ``(size, seed, discounts, ...) -> Game`` each, and their registry.

Every game starts in all its states with equal probability, so that every state's weight counts. A seed means the same
game on every machine: the generators use uniform and whole random numbers and elementwise arithmetic only. Stored
fingerprints guard that (``test_families.py``).

Tuning may look at the seeds in :data:`TUNING_SEEDS` only. Published figures are for :data:`REPORTING_SEEDS`, which
nobody has tuned on.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable

import numpy as np

from ssg_mip import Game
from ssg_mip.errors import OptionError
from ssg_mip.library import random_game
from tests.oracles import games as plain

TUNING_SEEDS = tuple(range(10))
"""Seeds for development, tuning and the ablation."""

REPORTING_SEEDS = (11, 12, 13, 14, 15)
"""Seeds of every published figure."""

SLIP = 0.1
"""Probability that the evader of a pursuit stays where it is."""

RELEASE = 0.5
"""Probability per step that the intruder of a patrol comes free."""


@dataclasses.dataclass(frozen=True, order=True)
class Size:
    """States, and actions of each player in every state (``5x3x3``)."""

    states: int
    leader_actions: int
    follower_actions: int

    def __str__(self) -> str:
        return f"{self.states}x{self.leader_actions}x{self.follower_actions}"

    @classmethod
    def parse(cls, text: str) -> Size:
        """From ``5x3x3``."""
        found = re.fullmatch(r"(\d+)x(\d+)x(\d+)", text)
        if found is None:
            raise OptionError(f"size is {text!r}; it must be STATESxLEADERxFOLLOWER, such as 5x3x3")
        return cls(*(int(number) for number in found.groups()))


@dataclasses.dataclass(frozen=True)
class Family:
    """A family of games: its generator, its discounts and a line on what it is."""

    name: str
    story: str
    generator: Callable[[Size, int, float, float], Game]
    leader_discount: float = 0.9
    follower_discount: float = 0.9

    def build(self, size: Size, seed: int) -> Game:
        """The game of a size and a seed."""
        game = self.generator(size, seed, self.leader_discount, self.follower_discount)
        uniform = np.full(game.num_states, 1.0 / game.num_states)
        return game.replace(name=f"{self.name}-{size}-seed{seed}", initial=uniform)


def random_two(size: Size, seed: int, leader_discount: float, follower_discount: float) -> Game:
    """Rewards uniform on [0, 1), two successors with probabilities uniform on the simplex."""
    return _random(size, seed, leader_discount, follower_discount, successors=2)


def random_three(size: Size, seed: int, leader_discount: float, follower_discount: float) -> Game:
    """The same with three successors."""
    return _random(size, seed, leader_discount, follower_discount, successors=3)


def _random(size: Size, seed: int, leader_discount: float, follower_discount: float, *, successors: int) -> Game:
    game = random_game(
        seed,
        size.states,
        size.leader_actions,
        size.follower_actions,
        successors,
        leader_discount,
        follower_discount,
    )
    return game.replace(
        leader_rewards=0.5 * (game.leader_rewards + 1.0), follower_rewards=0.5 * (game.follower_rewards + 1.0)
    )


def integer(size: Size, seed: int, leader_discount: float, follower_discount: float) -> Game:
    """Deterministic transitions and whole rewards from -3 to 3: full of ties."""
    return plain.random_game(
        np.random.default_rng([seed, size.states, size.leader_actions, size.follower_actions]),
        leader_counts=[size.leader_actions] * size.states,
        follower_counts=[size.follower_actions] * size.states,
        leader_discount=leader_discount,
        follower_discount=follower_discount,
        successors=1,
        integer=True,
    ).to_game()


def patrol(size: Size, seed: int, leader_discount: float, follower_discount: float) -> Game:
    """A guard on a ring of sites with one-way streets; the intruder waits or attacks a site in sight.

    The states are the guard's sites and ``custody`` (the last one, without choices), where a caught intruder is until
    released. In every site the guard stays or moves by one; the intruder sees ``follower_actions - 1`` of the sites.
    """
    rng = np.random.default_rng(seed)
    sites, custody = size.states - 1, size.states - 1
    loss, loot = rng.random(sites), rng.random(sites)
    reward, penalty = rng.random(), 1.0 + rng.random()
    steps = _steps(size.leader_actions)
    blocks, leader, follower = [], [], []
    for here in range(sites):
        in_sight = np.argsort(rng.random(sites))[: size.follower_actions - 1]
        transition = np.zeros((len(steps), 1 + len(in_sight), size.states))
        gain, profit = np.zeros(transition.shape[:2]), np.zeros(transition.shape[:2])
        for a, step in enumerate(steps):
            there = (here + step) % sites
            transition[a, 0, there] = 1.0
            for b, site in enumerate(in_sight, start=1):
                caught = site == there
                transition[a, b, custody if caught else there] = 1.0
                gain[a, b] = reward if caught else -loss[site]
                profit[a, b] = -penalty if caught else loot[site]
        blocks.append(transition)
        leader.append(gain)
        follower.append(profit)
    locked = np.zeros((1, 1, size.states))
    locked[0, 0, [0, custody]] = RELEASE, 1.0 - RELEASE
    return plain.plain_from_arrays(
        [*blocks, locked],
        [*leader, np.zeros((1, 1))],
        [*follower, np.zeros((1, 1))],
        leader_discount=leader_discount,
        follower_discount=follower_discount,
    ).to_game()


def pursuit(size: Size, seed: int, leader_discount: float, follower_discount: float) -> Game:
    """A pursuer (leader) and an evader on a ring; the state is the evader's lead, 0 where the pursuer stands.

    Both stay or move by one; the evader slips, and stays, with probability :data:`SLIP`. Moving costs the pursuer, the
    evader gathers loot that depends on the state, and a catch pays the one and costs the other.
    """
    rng = np.random.default_rng(seed)
    shape = (size.leader_actions, size.follower_actions)
    catch, fine = 1.0 + rng.random(), 1.0 + rng.random()
    transition = np.zeros((size.states, *shape, size.states))
    for lead, (a, step), (b, flight) in _every(size):
        transition[lead, a, b, (lead + flight - step) % size.states] += 1.0 - SLIP
        transition[lead, a, b, (lead - step) % size.states] += SLIP
    cost = 0.5 * rng.random((size.states, size.leader_actions, 1))
    loot = rng.random((size.states, 1, size.follower_actions))
    caught = transition[:, :, :, 0]
    return plain.plain_from_arrays(
        transition,
        catch * caught - cost,
        loot - fine * caught,
        leader_discount=leader_discount,
        follower_discount=follower_discount,
    ).to_game()


def memory(size: Size, seed: int, leader_discount: float, follower_discount: float) -> Game:
    """A random matrix game, repeated with finite memory: rewards do not depend on the state, promises do.

    The memory is a shift register cut to the number of states: after memory ``m`` and joint action ``j`` (of ``n``)
    it holds ``(n m + j) mod states``. With ``n`` states that is the last joint action.
    """
    rng = np.random.default_rng(seed)
    shape = (size.leader_actions, size.follower_actions)
    leader, follower = rng.random(shape), rng.random(shape)
    joint = np.arange(shape[0] * shape[1]).reshape(shape)
    transition = np.zeros((size.states, *shape, size.states))
    for m in range(size.states):
        np.put_along_axis(transition[m], ((joint.size * m + joint) % size.states)[..., None], 1.0, axis=2)
    return plain.plain_from_arrays(
        transition,
        [leader] * size.states,
        [follower] * size.states,
        leader_discount=leader_discount,
        follower_discount=follower_discount,
    ).to_game()


def _steps(count: int) -> list[int]:
    """Stay, one forward, one back, two forward, ..."""
    return [(place + 1) // 2 * (1 if place % 2 else -1) for place in range(count)]


def _every(size: Size) -> list[tuple[int, tuple[int, int], tuple[int, int]]]:
    return [
        (state, mine, theirs)
        for state in range(size.states)
        for mine in enumerate(_steps(size.leader_actions))
        for theirs in enumerate(_steps(size.follower_actions))
    ]


FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        Family("random", "uniform rewards, two successors", random_two),
        Family("random-3", "uniform rewards, three successors", random_three),
        Family("integer", "deterministic, whole rewards, full of ties", integer),
        Family("patrol", "a guard on a ring of sites", patrol),
        Family("pursuit", "pursuer and evader on a ring", pursuit),
        Family("memory", "a matrix game repeated with finite memory", memory),
        Family("random-50-90", "as random, discounts .5 and .9", random_two, 0.5, 0.9),
        Family("random-90-50", "as random, discounts .9 and .5", random_two, 0.9, 0.5),
        Family("random-95-95", "as random, discounts .95 and .95", random_two, 0.95, 0.95),
    )
}
"""Families by name; both discounts are .9 unless the name says otherwise (leader's first)."""
