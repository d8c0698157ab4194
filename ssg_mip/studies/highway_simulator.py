"""Policies of the merge game at the wheel of highway-env (Leurent 2018), the simulator that Zhang et al. used.

The grid of :func:`~ssg_mip.library.highway_merge` is laid over the merging section of highway-env's road, and both cars
are its own vehicles, with inertia, lane changes that take time, and bodies that collide. Once a second each car reads
the grid state that is nearest to positions and speeds, and does what its policy says there. So this is a check of
behaviour, not of values: does who goes first on the grid also go first on the road, and without a crash?

highway-env is optional; without it :func:`available` is false.
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from importlib.util import find_spec
from typing import Any

import numpy as np

from ssg_mip.game.game import Game
from ssg_mip.library.merge import CRASH, FOLLOWER_FIRST, LEADER_FIRST
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.studies.play import Play

SECTION = (230.0, 310.0)
"""Where the merging section of highway-env's road starts and ends, in metres."""

USED = 0.9
"""Share of the section that the grid covers; the rest is room to steer in."""

FRAMES = 15
"""Simulated frames a second, as in highway-env."""

SECONDS = 30
"""A drive ends after this at the latest; neither car has passed the end by then."""

_STATE = re.compile(r"main (\d+)/(\d+), auxiliary (\d+)/(\d+)(, merged)?")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Drives:
    """How the drives ended.

    Attributes
    ----------
    shares
        By end of the merge game, and ``never``, the share of the drives.
    off_grid
        Share of the decisions made in a state that the game does not have, by the policy of the nearest one.
    """

    shares: dict[str, float]
    off_grid: float


def available() -> bool:
    """Whether highway-env is installed."""
    return find_spec("highway_env") is not None


def drive(game: Game, play: Play, *, cells: int, speeds: int, drives: int, seed: int) -> Drives:
    """Drive both cars by their policies, from starts drawn as in the game.

    Parameters
    ----------
    game, play
        A game of :func:`~ssg_mip.library.highway_merge`, and both players' policies.
    cells, speeds
        What the game was made with.
    drives
        How many drives.
    seed
        Of starts and of mixed actions.
    """
    rng = np.random.default_rng(seed)
    road = _Grid(game, cells, speeds)
    ends: Counter[str] = Counter()
    for _ in range(drives):
        start = int(rng.choice(game.num_states, p=game.initial))
        ends[_Drive(road, play, rng).run(road.states[start])] += 1
    shares = {end: ends[end] / drives for end in (LEADER_FIRST, FOLLOWER_FIRST, CRASH, "never")}
    return Drives(shares=shares, off_grid=road.misses / max(1, road.lookups))


class _Grid:
    """The grid over the road: states of the game by place, and how often none fitted."""

    def __init__(self, game: Game, cells: int, speeds: int) -> None:
        self.game = game
        self.length = USED * (SECTION[1] - SECTION[0]) / cells
        self.origin = SECTION[1] - cells * self.length
        self.target_speeds = self.length * np.arange(1, speeds + 1)
        self.states: dict[int, tuple[int, ...]] = {}
        for index, name in enumerate(game.state_names):
            found = _STATE.fullmatch(name)
            if found:
                *numbers, merged = found.groups()
                self.states[index] = (*(int(n) for n in numbers), int(merged is not None))
        self._indices = {place: index for index, place in self.states.items()}
        self._keys = np.array(list(self.states))
        self._places = np.array(list(self.states.values()))
        self.lookups = self.misses = 0

    def cell(self, car: Any) -> int:
        """The nearest cell."""
        return round((float(car.position[0]) - self.origin) / self.length)

    def state(self, main: Any, auxiliary: Any, merged: bool) -> int:
        """The state of the game that is nearest to what is on the road; lanes count more than places."""
        place = (self.cell(main), self._speed(main), self.cell(auxiliary), self._speed(auxiliary), int(merged))
        self.lookups += 1
        if place in self._indices:
            return self._indices[place]
        self.misses += 1
        apart = np.abs(self._places - np.array(place))
        return int(self._keys[np.argmin(apart.sum(axis=1) + len(self._places) * apart[:, -1])])

    def _speed(self, car: Any) -> int:
        return int(np.argmin(np.abs(self.target_speeds - car.speed))) + 1


class _Drive:
    """Two cars on a fresh road."""

    def __init__(self, grid: _Grid, play: Play, rng: np.random.Generator) -> None:
        from highway_env.envs.merge_env import MergeEnv

        environment = MergeEnv()
        environment.reset(seed=int(rng.integers(2**31)))
        self._grid, self._play, self._rng = grid, play, rng
        self._road = environment.unwrapped.road
        self._road.vehicles.clear()

    def run(self, start: tuple[int, ...]) -> str:
        """Drive from a place on the grid; the end, as a state of the game, or ``never``."""
        self._main = self._car(1, *start[:2])
        self._auxiliary = self._car(1 if start[4] else 2, *start[2:4])
        for _ in range(SECONDS):
            self._decide()
            for _ in range(FRAMES):
                self._road.act()
                self._road.step(1.0 / FRAMES)
                end = self._end()
                if end:
                    return end
        return "never"

    def _car(self, lane: int, cell: int, speed: int) -> Any:
        from highway_env.vehicle.controller import MDPVehicle

        grid = self._grid
        place = self._road.network.get_lane(("b", "c", lane)).position(
            grid.origin + cell * grid.length - SECTION[0], 0.0
        )
        car = MDPVehicle(
            self._road, place, speed=float(grid.target_speeds[speed - 1]), target_speeds=grid.target_speeds
        )
        self._road.vehicles.append(car)
        return car

    @property
    def _merged(self) -> bool:
        return bool(self._auxiliary.target_lane_index[2] != 2)

    def _decide(self) -> None:
        """Both cars act by their policies; the auxiliary one changes lanes in any case where its own ends."""
        game = self._grid.game
        state = self._grid.state(self._main, self._auxiliary, self._merged)
        a = self._drawn(self._play.leader.probabilities[state, : int(game.leader_counts[state])])
        first = game.row(state, a, 0)
        b = self._drawn(self._play.follower[first : first + int(game.follower_counts[state])])
        theirs = game.follower_actions[state][b]
        self._main.act(game.leader_actions[state][a])
        self._auxiliary.act(theirs)
        ahead = float(self._auxiliary.position[0] + self._auxiliary.speed)
        if not self._merged and ahead >= SECTION[1]:
            self._auxiliary.act("LANE_LEFT")

    def _drawn(self, shares: FloatArray) -> int:
        return int(self._rng.choice(len(shares), p=shares / shares.sum()))

    def _end(self) -> str:
        if self._main.crashed or self._auxiliary.crashed:
            return CRASH
        places = float(self._main.position[0]), float(self._auxiliary.position[0])
        if max(places) < SECTION[1]:
            return ""
        return LEADER_FIRST if places[0] > places[1] else FOLLOWER_FIRST
