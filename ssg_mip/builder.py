"""Write a game by name: add states, then one transition per joint action, then build.

::

    builder = GameBuilder("ferry", leader_discount=0.9, follower_discount=0.8)
    builder.add_state("dock", leader_actions=["sail", "stay"], follower_actions=["board"], initial=1.0)
    builder.add_transition("dock", "sail", "board", leader_reward=1, follower_reward=2, next={"dock": 0.5, "sea": 0.5})
    ...
    game = builder.build()

Nothing is checked before :meth:`GameBuilder.build`, so states and transitions may come in any order; ``build`` then
lists everything that is missing or wrong at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Self

from ssg_mip.assembly import Draft, Place, Problems, StateEntry, TransitionEntry, assemble
from ssg_mip.errors import InvalidGameError
from ssg_mip.game import Game


class GameBuilder:
    """Collects the parts of a game by name.

    Parameters
    ----------
    name
        A label for the game.
    leader_discount, follower_discount
        In ``[0, 1)``.
    source, known
        Where the game comes from and what is known about its solution (JSON data); carried along.
    """

    def __init__(
        self,
        name: str = "game",
        *,
        leader_discount: float,
        follower_discount: float,
        source: str | None = None,
        known: Mapping[str, Any] | None = None,
    ) -> None:
        self._name = name
        self._leader_discount = leader_discount
        self._follower_discount = follower_discount
        self._source = source
        self._known = known
        self._states: list[StateEntry] = []
        self._transitions: list[TransitionEntry] = []

    def add_state(
        self,
        name: str,
        *,
        leader_actions: Iterable[str],
        follower_actions: Iterable[str],
        initial: float | None = None,
    ) -> Self:
        """Add a state with the actions available in it.

        Parameters
        ----------
        name
            Name of the state.
        leader_actions, follower_actions
            Distinct names; the order is the order of the actions in every array.
        initial
            Start probability. If no state is given one the start is uniform; otherwise states without one get 0.

        Returns
        -------
        Self
            The builder, so that calls can be chained.

        Raises
        ------
        InvalidGameError
            If a name is not a string, or the actions are one string instead of several.
        """
        _check_strings("state", [name])
        actions = []
        for label, names in (("leader_actions", leader_actions), ("follower_actions", follower_actions)):
            if isinstance(names, str):
                raise InvalidGameError(f"{label} of state {name!r} is the string {names!r}; give a list of names")
            actions.append(tuple(names))
            _check_strings(f"{label} of state {name!r}", actions[-1])
        self._states.append(StateEntry(name, actions[0], actions[1], initial))
        return self

    def add_transition(
        self,
        state: str,
        leader_action: str,
        follower_action: str,
        *,
        leader_reward: float,
        follower_reward: float,
        next: str | Mapping[str, float],  # noqa: A002  (the word of the instance format)
    ) -> Self:
        """Say what happens when both players act in a state.

        Parameters
        ----------
        state, leader_action, follower_action
            Names; they may be added before or after.
        leader_reward, follower_reward
            Rewards for this joint action.
        next
            Next states with their probabilities, or the name of the one certain next state.

        Returns
        -------
        Self
            The builder, so that calls can be chained.

        Raises
        ------
        InvalidGameError
            If a name is not a string.
        """
        moves = {next: 1.0} if isinstance(next, str) else dict(next)
        _check_strings("transition", [state, leader_action, follower_action, *moves])
        self._transitions.append(
            TransitionEntry(state, leader_action, follower_action, leader_reward, follower_reward, moves)
        )
        return self

    def build(self) -> Game:
        """Check everything and make the game.

        Raises
        ------
        InvalidGameError
            If anything is missing, unknown, repeated or not a number; the message lists the problems.
        """
        problems = Problems(self._render)
        draft = Draft(
            name=self._name,
            leader_discount=self._leader_discount,
            follower_discount=self._follower_discount,
            states=self._states,
            transitions=self._transitions,
            source=self._source,
            known=self._known,
        )
        game = assemble(draft, problems)
        if game is None:
            listed = "".join(f"\n  - {text}" for text in problems.shown)
            more = problems.count - len(problems.shown)
            raise InvalidGameError(
                f"{self._name} has {problems.count} problem{'s' if problems.count > 1 else ''}:{listed}"
                + (f"\n  ... and {more} more" if more else "")
            )
        return game

    def _render(self, place: Place) -> str:
        """``transitions[s=dock, a=sail, b=board].next.sea``: joint actions by name rather than by position."""
        head, *rest = place
        if head == "transitions" and rest:
            entry = self._transitions[int(rest.pop(0))]
            head = f"transitions[s={entry.state}, a={entry.leader_action}, b={entry.follower_action}]"
        return str(head) + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in rest)

    def __repr__(self) -> str:
        return f"GameBuilder({self._name!r}, {len(self._states)} states, {len(self._transitions)} transitions so far)"


def _check_strings(label: str, names: Iterable[object]) -> None:
    for name in names:
        if not isinstance(name, str):
            raise InvalidGameError(f"{label} is given the name {name!r}; names must be strings")
