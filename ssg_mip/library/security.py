"""A gridworld security game (Asymmetric Learning Dynamics, 2025, section 5): guards on targets, an attacker on the way.

An attacker walks over a grid, one of four neighbouring cells per step, towards one of several targets; ``defenders`` of
the targets are guarded. An attacker who reaches a target that is not guarded gets its value; one who reaches a guarded
target is caught and gets minus the ``penalty``. Play ends there, or after ``horizon`` steps with nothing for anyone. In
the zero-sum variant the defender loses what the attacker gets, in the other one it has values of its own for what it
loses. Wind blows the attacker to a random neighbouring cell instead of the one it walks to. The defender leads.

Two things can be known of the guards, and they make two games:

``observation="placement"``
    As printed: the attacker sees where the guards *are* and then walks. Play starts in ``deploy``, where the defender
    places the guards; after that the state says where they are, where the attacker is and how many steps were made, so
    that the path is the attacker's free choice, and nothing is left to the defender. The attacker knows the draw, not
    only its probabilities, so a mixed placement is worth the mean of its parts and a pure one is optimal.
``observation="policy"``
    As elsewhere in this package: the attacker knows the *probabilities* of the placements. A stationary policy cannot
    draw a placement once and keep it from the attacker, for what the players remember is the state, which both see. So
    both decide at once, in ``deploy``: the defender on the guards, the attacker on a target. The walk there, on a
    shortest path past other targets, leaves no choice to anyone and tells the attacker nothing about the guards; so it
    is not played but counted: the payoffs of ``deploy`` are those at the target times the discounted probability of
    arriving in time. Without wind the attacker loses nothing by deciding first; with wind it could have changed its
    mind when blown off course. This is the security game with a mixed optimum.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Sequence
from typing import Literal, NamedTuple, get_args

import numpy as np

from ssg_mip.base.rules import FLAG, NOT_NEGATIVE, SHARE, one_of
from ssg_mip.errors import OptionError
from ssg_mip.game.builder import GameBuilder
from ssg_mip.game.game import Game
from ssg_mip.game.validation import check_whole, checked_discount
from ssg_mip.library.unfolding import Outcome, unfolded
from ssg_mip.numerics.array_types import FloatArray

Observation = Literal["placement", "policy"]
Cell = tuple[int, int]

SOURCE = (
    "Asymmetric Learning Dynamics for Reaching Stackelberg Equilibrium (2025, under review), section 5, gridworld "
    "security game; values of the targets, which are not printed, drawn here"
)

DEPLOY, OVER = "deploy", "over"
"""The states in which play starts and ends."""

_MOVES = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1)}


class _Walk(NamedTuple):
    """An attacker on its way: the guarded targets, its cell, and the steps made."""

    guarded: tuple[int, ...]
    cell: Cell
    steps: int


class _Grid(NamedTuple):
    """The rules of one game."""

    size: int
    targets: tuple[Cell, ...]
    leader_values: FloatArray
    follower_values: FloatArray
    horizon: int
    wind: float
    penalty: float

    def moved(self, cell: Cell, move: str) -> Cell:
        """One step, unless a wall is in the way."""
        there = (cell[0] + _MOVES[move][0], cell[1] + _MOVES[move][1])
        return there if min(there) >= 0 and max(there) < self.size else cell

    def reached(self, cell: Cell, move: str) -> dict[Cell, float]:
        """Where a step may end, with the wind: its own probability goes to all four moves alike."""
        shares = {self.moved(cell, move): 1.0 - self.wind}
        if self.wind > 0.0:
            for other in _MOVES:
                there = self.moved(cell, other)
                shares[there] = shares.get(there, 0.0) + self.wind / len(_MOVES)
        return {there: share for there, share in shares.items() if share > 0.0}

    def arrival(self, target: Cell, discount: float) -> float:
        """Discounted probability of reaching a target in time on a shortest path: first down or up, then sideways."""
        places, total, factor = {(0, 0): 1.0}, 0.0, 1.0
        for _ in range(self.horizon):
            factor *= discount
            after: dict[Cell, float] = {}
            for cell, chance in places.items():
                for there, share in self.reached(cell, _towards(cell, target)).items():
                    after[there] = after.get(there, 0.0) + chance * share
            total += factor * after.pop(target, 0.0)
            places = after
        return total

    def payoffs(self, guarded: Sequence[int], target: int) -> tuple[float, float]:
        """What both get when the attacker reaches a target."""
        if target in guarded:
            return self.penalty, -self.penalty
        return -float(self.leader_values[target]), float(self.follower_values[target])


def security_grid(
    size: int = 10,
    targets: int = 5,
    defenders: int = 2,
    horizon: int = 20,
    *,
    zero_sum: bool = False,
    observation: Observation = "placement",
    wind: float = 0.0,
    penalty: float = 0.0,
    discount: float = 0.99,
    seed: int = 0,
) -> Game:
    """The security game on a square grid; the attacker starts in the corner (0, 0).

    Parameters
    ----------
    size
        Cells on a side, at least 2.
    targets, defenders
        Number of targets, on cells drawn without repetition, and how many of them are guarded.
    horizon
        Steps after which the attacker gives up.
    zero_sum
        Whether the defender loses what the attacker gets; if not, both values of a target are drawn.
    observation
        What the attacker knows of the guards; see the module's text.
    wind
        Probability that a step goes anywhere, in ``[0, 1]``.
    penalty
        What being caught costs the attacker and earns the defender.
    discount
        The discount of both players (the paper's 0.99).
    seed
        Of the targets and their values, which are uniform on ``[0.2, 1)``.

    Returns
    -------
    Game
        With the states that can be reached only.

    Raises
    ------
    OptionError
        If an argument is out of range.
    """
    check_grid(size, targets, defenders, horizon)
    check_whole(seed, "seed", least=0)
    SHARE.check("wind", wind)
    NOT_NEGATIVE.check("penalty", penalty)
    one_of(get_args(Observation)).check("observation", observation)
    FLAG.check("zero_sum", zero_sum)
    checked_discount(discount, "discount")
    rng = np.random.default_rng(seed)
    places = 1 + np.argsort(rng.random(size * size - 1), kind="stable")[:targets]
    worth = 0.2 + 0.8 * rng.random((2, targets))
    grid = _Grid(
        size=size,
        targets=tuple((int(place) // size, int(place) % size) for place in sorted(places)),
        leader_values=worth[1] if zero_sum else worth[0],
        follower_values=worth[1],
        horizon=horizon,
        wind=wind,
        penalty=penalty,
    )
    kind = "zero-sum" if zero_sum else "general-sum"
    builder = GameBuilder(
        f"security grid {size}x{size}, {targets} targets, {defenders} guarded, {kind}, sees the {observation}",
        leader_discount=discount,
        follower_discount=discount,
        source=SOURCE,
    )
    placements = {_guards(chosen): chosen for chosen in itertools.combinations(range(targets), defenders)}
    hidden = observation == "policy"
    arrival = [grid.arrival(target, discount) for target in grid.targets] if hidden else None
    rules = _Rules(grid, placements, arrival)
    return unfolded(builder, {DEPLOY: 1.0}, name=_name, actions=rules.actions, outcome=rules.outcome)


class _Rules:
    """What can be done, and what comes of it."""

    def __init__(self, grid: _Grid, placements: dict[str, tuple[int, ...]], arrival: list[float] | None) -> None:
        self._grid = grid
        self._placements = placements
        self._arrival = arrival

    def actions(self, state: _Walk | str) -> tuple[Sequence[str], Sequence[str]]:
        """The actions of both players."""
        if isinstance(state, _Walk):
            return ("watch",), tuple(_MOVES)
        if state == OVER:
            return ("rest",), ("rest",)
        decided = [f"target {index + 1}" for index in range(len(self._grid.targets))]
        return tuple(self._placements), ("look",) if self._arrival is None else decided

    def outcome(self, state: _Walk | str, first: str, second: str) -> Outcome:
        """Rewards and next states."""
        if isinstance(state, _Walk):
            return self._step(state, second)
        if state == OVER:
            return Outcome(0.0, 0.0, {OVER: 1.0})
        guarded = self._placements[first]
        if self._arrival is None:
            return Outcome(0.0, 0.0, {_Walk(guarded, (0, 0), 0): 1.0})
        target = int(second.removeprefix("target ")) - 1
        gain, loot = self._grid.payoffs(guarded, target)
        return Outcome(self._arrival[target] * gain, self._arrival[target] * loot, {OVER: 1.0})

    def _step(self, state: _Walk, move: str) -> Outcome:
        mine = theirs = 0.0
        shares: dict[Hashable, float] = {}
        for cell, share in self._grid.reached(state.cell, move).items():
            after: _Walk | str = state._replace(cell=cell, steps=state.steps + 1)
            if cell in self._grid.targets:
                gain, loot = self._grid.payoffs(state.guarded, self._grid.targets.index(cell))
                mine, theirs = mine + share * gain, theirs + share * loot
            if cell in self._grid.targets or state.steps + 1 >= self._grid.horizon:
                after = OVER
            shares[after] = shares.get(after, 0.0) + share
        return Outcome(mine, theirs, shares)


def check_grid(size: int, targets: int, defenders: int, horizon: int) -> None:
    """Raise :class:`OptionError` unless there is such a grid; see :func:`security_grid`."""
    check_whole(size, "size", least=2, most=1000)
    check_whole(targets, "targets")
    check_whole(defenders, "defenders", least=0)
    check_whole(horizon, "horizon", most=10**6)
    if not 1 <= targets < size * size:
        raise OptionError(f"targets is {targets}; it must be at least 1 and leave the corner of {size}x{size} free")
    if defenders > targets:
        raise OptionError(f"defenders is {defenders}; it must be at most the number of targets, {targets}")


def _towards(cell: Cell, target: Cell) -> str:
    down, right = target[0] - cell[0], target[1] - cell[1]
    if down:
        return "down" if down > 0 else "up"
    return "right" if right > 0 else "left"


def _guards(chosen: Sequence[int]) -> str:
    return "guard " + "+".join(str(index + 1) for index in chosen) if chosen else "no guard"


def _name(state: _Walk | str) -> str:
    if isinstance(state, str):
        return state
    return f"{_guards(state.guarded)}, at {state.cell[0]}/{state.cell[1]}, step {state.steps}"
