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

from ssg_mip.base.naming import name_of, names_of
from ssg_mip.base.rules import FLAG
from ssg_mip.errors import InvalidGameError
from ssg_mip.game.assembly import Draft, Place, Problems, StateEntry, TransitionEntry, assemble
from ssg_mip.game.game import Game


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
        name: Any,
        *,
        leader_actions: Iterable[Any],
        follower_actions: Iterable[Any],
        initial: float | None = None,
    ) -> Self:
        """Add a state with the actions available in it.

        Parameters
        ----------
        name
            Name of the state. Numbers, tuples and members of an ``Enum`` are names too, here and below: their ``str``.
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
            If something is no name, or the actions are one string instead of several.
        """
        state = name_of(name, "state")
        leader = names_of(leader_actions, f"leader_actions of state {state!r}")
        follower = names_of(follower_actions, f"follower_actions of state {state!r}")
        self._states.append(StateEntry(state, leader, follower, initial))
        return self

    def add_transition(
        self,
        state: Any,
        leader_action: Any,
        follower_action: Any,
        *,
        leader_reward: float,
        follower_reward: float,
        next: Any,  # noqa: A002  (the word of the instance format)
    ) -> Self:
        """Say what happens when both players act in a state.

        Parameters
        ----------
        state, leader_action, follower_action
            Names; they may be added before or after.
        leader_reward, follower_reward
            Rewards for this joint action.
        next
            Next states with their probabilities, ``{state: probability}``, or the name of the one certain next state.

        Returns
        -------
        Self
            The builder, so that calls can be chained.

        Raises
        ------
        InvalidGameError
            If something is no name, or ``next`` names a state twice.
        """
        self._transitions.append(
            TransitionEntry(
                state=name_of(state, "transition"),
                leader_action=name_of(leader_action, "transition"),
                follower_action=name_of(follower_action, "transition"),
                leader_reward=leader_reward,
                follower_reward=follower_reward,
                next=_moves(next),
            )
        )
        return self

    def build(self, *, normalise: bool = False) -> Game:
        """Check everything and make the game.

        Parameters
        ----------
        normalise
            Divide every distribution by its sum, whatever that is. Without it a sum may be off by 1e-9.

        Raises
        ------
        InvalidGameError
            If anything is missing, unknown, repeated or not a number; the message lists the problems.
        """
        FLAG.check("normalise", normalise)
        problems = Problems(self._render)
        draft = Draft(
            name=self._name,
            leader_discount=self._leader_discount,
            follower_discount=self._follower_discount,
            states=self._states,
            transitions=self._transitions,
            normalise=normalise,
            remedy="correct or complete the probabilities, or build(normalise=True) to divide them by their sum",
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


def _moves(given: Any) -> dict[str, Any]:
    """Probabilities by the names of next states."""
    if not isinstance(given, Mapping):
        return {name_of(given, "next"): 1.0}
    moves = {name_of(state, "next"): probability for state, probability in given.items()}
    if len(moves) < len(given):
        raise InvalidGameError(f"next holds {len(given)} states with {len(moves)} names; give each state once")
    return moves
