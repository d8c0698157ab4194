"""Transition tables of decision processes, as gymnasium's toy environments have them: ``env.unwrapped.P``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ssg_mip.base.rules import is_number, shown
from ssg_mip.errors import InvalidGameError, OptionError
from ssg_mip.game.game import Game
from ssg_mip.io.foreign.assembling import WAIT, FollowerReward, Mover, Place, Step, assembled, second_reward

END = "end"
"""The state in which an episode is over."""

Table = Mapping[Any, Mapping[Any, Sequence[Sequence[Any]]]]
"""``{state: {action: [(probability, next state, reward, done), ...]}}``."""


def from_transition_table(
    table: Table,
    *,
    leader_discount: float,
    follower_discount: float,
    mover: Mover | Callable[[Any], Mover] = "leader",
    follower_reward: FollowerReward = "opposed",
    initial: Any = None,
    name: str = "transition table",
) -> Game:
    """The game of a transition table.

    An action that is a pair ``(a, b)`` is a joint action; then all actions of its state must be, and every pair of them
    must be there. In other states one player moves: the one that ``mover`` says, the other has the action ``wait``. A
    transition that is ``done`` leads to a state of its own, ``end``, where nothing is earned; without one there is no
    such state.

    Parameters
    ----------
    table
        ``{state: {action: [(probability, next state, reward, done), ...]}}``; ``done`` may be left out. States and
        actions are named by their ``str``.
    leader_discount, follower_discount
        In ``[0, 1)``.
    mover
        ``"leader"``, ``"follower"``, or a function that says it of a state.
    follower_reward
        The table's reward is the leader's. The follower's is the opposite, the same, or a function of the names of
        state and action and of the mean reward.
    initial
        The start state, ``{state: probability}``, or a distribution; uniform over the table's states if absent.
    name
        Of the game.

    Raises
    ------
    OptionError
        If a rule is none.
    InvalidGameError
        If the table is no game; the message names state and action.
    """
    if not isinstance(table, Mapping) or not table:
        raise InvalidGameError(
            f"the table is {shown(table)}; it must be {{state: {{action: [(p, next, reward, done)]}}}}"
        )
    states = list(table)
    names = [str(state) for state in states]
    number = {state: place for place, state in enumerate(states)}
    theirs = second_reward(follower_reward)
    reader = _Reader(number, len(states), theirs)
    places = [reader.place(state, _mover_of(mover, state), table[state]) for state in states]
    if reader.ended:
        if END in names:
            raise InvalidGameError(f"a state of the table is named {END!r}, and transitions are done: rename it")
        names.append(END)
        places.append(Place((WAIT,), (WAIT,), (Step({len(states): 1.0}, 0.0, 0.0),)))
    return assembled(
        names,
        places,
        name=name,
        leader_discount=leader_discount,
        follower_discount=follower_discount,
        initial=_initial(initial, number, len(names)),
    )


def _mover_of(mover: Mover | Callable[[Any], Mover], state: Any) -> Mover:
    found = mover(state) if callable(mover) else mover
    if found not in ("leader", "follower"):
        raise OptionError(f"the mover in state {str(state)!r} is {shown(found)}; it must be 'leader' or 'follower'")
    return found


def _initial(given: Any, number: Mapping[Any, int], count: int) -> Any:
    import numpy as np

    weights = np.zeros(count)
    if given is None:
        weights[: len(number)] = 1.0 / len(number)
    elif isinstance(given, Mapping):
        for state, chance in given.items():
            weights[_place(number, state, "initial")] = chance
    elif not isinstance(given, (list, tuple, np.ndarray)):
        weights[_place(number, given, "initial")] = 1.0
    else:
        weights[: len(given)] = given
    return weights


def _place(number: Mapping[Any, int], state: Any, where: str) -> int:
    if state not in number:
        raise InvalidGameError(f"{where}: {shown(state)} is no state of the table")
    return number[state]


class _Reader:
    """Reads rows; remembers whether one was done."""

    def __init__(self, number: Mapping[Any, int], end: int, theirs: Callable[[str, str, float], float]) -> None:
        self._number, self._end, self._theirs = number, end, theirs
        self.ended = False

    def place(self, state: Any, mover: Mover, actions: Mapping[Any, Sequence[Sequence[Any]]]) -> Place:
        """A state with its actions."""
        if not isinstance(actions, Mapping) or not actions:
            raise InvalidGameError(
                f"state {str(state)!r} has {shown(actions)}; it must be {{action: [...]}}, not empty"
            )
        joint = [isinstance(action, tuple) and len(action) == 2 for action in actions]
        if not any(joint):
            steps = [self._step(state, action, rows) for action, rows in actions.items()]
            return Place.of_mover(mover, [str(action) for action in actions], steps)
        if not all(joint):
            raise InvalidGameError(f"state {str(state)!r} has pairs and single actions; all must be pairs, or none")
        mine, his = (list(dict.fromkeys(pair[player] for pair in actions)) for player in range(2))
        missing = [(a, b) for a in mine for b in his if (a, b) not in actions]
        if missing:
            raise InvalidGameError(f"state {str(state)!r} has no transitions for the pair {shown(missing[0])}")
        steps = [self._step(state, (a, b), actions[a, b]) for a in mine for b in his]
        return Place(tuple(map(str, mine)), tuple(map(str, his)), steps)

    def _step(self, state: Any, action: Any, rows: Sequence[Sequence[Any]]) -> Step:
        where = f"state {str(state)!r}, action {str(action)!r}"
        successors: dict[int, float] = {}
        reward = 0.0
        for row in rows:
            if len(row) not in (3, 4) or not is_number(row[0]) or not is_number(row[2]):
                raise InvalidGameError(f"{where}: {shown(row)} must be (probability, next state, reward, done)")
            done = len(row) == 4 and bool(row[3])
            self.ended |= done
            to = self._end if done else _place(self._number, row[1], where)
            successors[to] = successors.get(to, 0.0) + float(row[0])
            reward += float(row[0]) * float(row[2])
        return Step(successors, reward, self._theirs(str(state), str(action), reward))
