"""What is left of a game after some rounds: its states, the actions in them, and the game that they make."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction

import numpy as np

from ssg_mip.checker.clock import TimeIsUp, never
from ssg_mip.checker.rational import ExactGame, Row
from ssg_mip.game.game import Game


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class ReducedGame(ExactGame):
    """What is left of a game; its distributions are those of the whole game, with probabilities of 0 left out."""

    given: tuple[Row, ...]

    @property
    def rows(self) -> tuple[Row, ...]:
        """The transitions."""
        return self.given


class Remainder:
    """States and actions of a game of which some may have been removed; their numbers are those of the whole game.

    Attributes
    ----------
    exact
        The whole game; where states were merged, its distributions lead to those that they went into.
    states
        Those that are left, in rising order.
    into
        By state, the one that it has been merged into, or the state itself.
    """

    def __init__(self, exact: ExactGame, out_of_time: Callable[[], bool] = never) -> None:
        game = exact.game
        self.exact = exact
        self.states = list(range(game.num_states))
        self.into = list(range(game.num_states))
        self._out_of_time = out_of_time
        self._first = game.row_offsets.tolist()
        self._width = game.follower_counts.tolist()
        self._counts = game.leader_counts.tolist()
        self._leaders: dict[int, list[int]] = {}
        self._followers: dict[int, list[int]] = {}

    def leaders(self, state: int) -> Sequence[int]:
        """The leader actions that are left in a state."""
        return self._leaders.get(state, range(self._counts[state]))

    def followers(self, state: int) -> Sequence[int]:
        """The follower actions that are left in a state."""
        return self._followers.get(state, range(self._width[state]))

    def row(self, state: int, leader: int, follower: int) -> int:
        """The number of a joint action's row."""
        return int(self._first[state] + leader * self._width[state] + follower)

    def rows_of(self, state: int) -> Iterator[int]:
        """The rows of a state that are left."""
        return (self.row(state, a, b) for a in self.leaders(state) for b in self.followers(state))

    def drop_leaders(self, gone: Iterable[tuple[int, int]]) -> None:
        """Remove leader actions, given as ``(state, action)``."""
        _drop(gone, self._leaders, self.leaders)

    def drop_followers(self, gone: Iterable[tuple[int, int]]) -> None:
        """Remove follower actions, given as ``(state, action)``."""
        _drop(gone, self._followers, self.followers)

    def merge(self, merged: Iterable[tuple[int, int]], exact: ExactGame) -> None:
        """Let states ``(state, other)`` go into others; ``exact`` is the game whose distributions lead there."""
        into = dict(merged)
        self.exact = exact
        self.states = [state for state in self.states if state not in into]
        self.into = [into.get(state, state) for state in self.into]

    def stop_in_time(self) -> None:
        """Go on only while there is time.

        Raises
        ------
        TimeIsUp
            If there is none left.
        """
        if self._out_of_time():
            raise TimeIsUp

    def reduced(self) -> ExactGame:
        """What is left, as a game of its own."""
        exact, game = self.exact, self.exact.game
        place = {state: number for number, state in enumerate(self.states)}
        numbers = [row for state in self.states for row in self.rows_of(state)]
        moves, probabilities = [], []
        for number in numbers:
            row = exact.rows[number]
            sure = [entry for entry, above in enumerate(row.numerators) if above]
            moves.append(
                Row(
                    places=tuple(place[row.places[entry]] for entry in sure),
                    numerators=tuple(row.numerators[entry] for entry in sure),
                    total=row.total,
                )
            )
            probabilities += [row.numerators[entry] / row.total for entry in sure]
        left = Game(
            name=game.name,
            state_names=tuple(game.state_names[s] for s in self.states),
            leader_actions=tuple(tuple(game.leader_actions[s][a] for a in self.leaders(s)) for s in self.states),
            follower_actions=tuple(tuple(game.follower_actions[s][b] for b in self.followers(s)) for s in self.states),
            indptr=np.cumsum([0, *(len(row.places) for row in moves)]),
            successors=np.array([t for row in moves for t in row.places]),
            probabilities=np.array(probabilities),
            leader_rewards=game.leader_rewards[numbers],
            follower_rewards=game.follower_rewards[numbers],
            leader_discount=game.leader_discount,
            follower_discount=game.follower_discount,
            initial=np.full(len(self.states), 1.0 / len(self.states)),
        )
        return ReducedGame(
            game=left,
            leader_rewards=tuple(exact.leader_rewards[row] for row in numbers),
            follower_rewards=tuple(exact.follower_rewards[row] for row in numbers),
            leader_discount=exact.leader_discount,
            follower_discount=exact.follower_discount,
            given=tuple(moves),
        )

    def weights(self, weights: Sequence[float | Fraction]) -> tuple[Fraction, ...]:
        """Weights of the whole game on the states that are left, those of merged states with those they went into."""
        found = dict.fromkeys(self.states, Fraction(0))
        for state, weight in enumerate(weights):
            if weight:
                found[self.into[state]] += Fraction(weight)
        return tuple(found.values())


def _drop(gone: Iterable[tuple[int, int]], left: dict[int, list[int]], actions: Callable[[int], Sequence[int]]) -> None:
    removed = set(gone)
    for state in {state for state, _ in removed}:
        left[state] = [action for action in actions(state) if (state, action) not in removed]
