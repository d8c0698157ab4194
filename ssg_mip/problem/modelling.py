"""How users say a problem: one method for each kind of constraint, each of which returns the new problem."""

from __future__ import annotations

import abc
from collections.abc import Mapping, Sequence
from typing import Any, Self, get_args

import numpy as np
from numpy.typing import ArrayLike

from ssg_mip.base.rules import one_of, shown
from ssg_mip.errors import OptionError
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.game.validation import checked_array
from ssg_mip.problem.constraints.constraint import Constraint
from ssg_mip.problem.constraints.nearness import CloseTo
from ssg_mip.problem.constraints.outcomes import Cost, CostTerm, ValueAtLeast
from ssg_mip.problem.constraints.places import (
    checked_name,
    count_of,
    follower_action_of,
    leader_action_of,
    listed,
    number_of,
    state_of,
    states_of,
    table_of,
)
from ssg_mip.problem.constraints.probabilities import AtLeast, Budget, Forbid, Require, SamePolicy, Sense, Term
from ssg_mip.problem.constraints.support import AtMostActions, Deterministic
from ssg_mip.problem.origin import Origin
from ssg_mip.problem.policy_space import PolicySpace

Name = Any
"""The name of a state or an action, or its position, counted from 0."""


class Modelling(abc.ABC):
    """The modelling methods of a problem.

    States and actions are given by name, or by position. Constraints that are given no name get one that says what they
    are about. All methods raise :class:`~ssg_mip.errors.OptionError` for what the game does not have, for numbers
    outside their range, and for a name that another constraint has.

    Where the game was made of another one and all that a state of that became plays alike, as under all types of a
    follower, its name will do in what is said of the policy alone.
    """

    game: Game
    origin: Origin | None
    policies: PolicySpace

    @property
    @abc.abstractmethod
    def names(self) -> set[str]:
        """The names that are taken."""

    @abc.abstractmethod
    def constrained(self, constraint: Constraint) -> Self:
        """The same problem with one more constraint."""

    def require(
        self, terms: Mapping[tuple[Name, Name], float], sense: Sense, limit: float, *, name: str | None = None
    ) -> Self:
        """Compare a sum of probabilities with a limit.

        Parameters
        ----------
        terms
            ``{(state, action): coefficient}``.
        sense, limit
            ``"<="``, ``">="`` or ``"=="``, and the number on the right.
        name
            What results call it.
        """
        own = self._named(name, "row")
        where = f"constraint {own!r}"
        one_of(get_args(Sense)).check(f"{where}: sense", sense)
        made = Require(
            name=own,
            terms=self._terms(terms, where, "coefficient"),
            sense=sense,
            limit=number_of(limit, f"{where}: limit"),
        )
        return self.constrained(made)

    def budget(self, costs: Mapping[tuple[Name, Name], float], at_most: float, *, name: str | None = None) -> Self:
        """Limit what the policy costs: ``sum cost f(action | state) <= at_most``, not weighted by visits.

        Parameters
        ----------
        costs
            ``{(state, action): cost}``.
        at_most
            The budget.
        name
            What results call it.
        """
        own = self._named(name, "budget")
        where = f"constraint {own!r}"
        terms = self._terms(costs, where, "cost")
        return self.constrained(Budget(name=own, costs=terms, at_most=number_of(at_most, f"{where}: at_most")))

    def forbid(self, state: Name, action: Name, *, name: str | None = None) -> Self:
        """Close an action of the leader in a state."""
        words = self._pair(self._seen_as(state), action, "forbid")
        return self.constrained(
            Forbid(name=self._named(name, f"forbid {'/'.join(words)}"), state=words[0], action=words[1])
        )

    def at_least(self, state: Name, action: Name, probability: float, *, name: str | None = None) -> Self:
        """Ask for a least probability of an action in a state."""
        words = self._pair(self._seen_as(state), action, "at_least")
        own = self._named(name, f"at least {'/'.join(words)}")
        share = number_of(probability, f"constraint {own!r}: probability", 0.0, 1.0)
        return self.constrained(AtLeast(name=own, state=words[0], action=words[1], probability=share))

    def same_policy(self, states: Sequence[Name], *, name: str | None = None) -> Self:
        """Ask for the same probabilities in several states, whose actions have the same names in the same order."""
        game = self.game
        places = states_of(game, states, "same_policy", least=2)
        names = tuple(game.state_names[s] for s in places)
        for s in places[1:]:
            if game.leader_actions[s] != game.leader_actions[places[0]]:
                raise OptionError(
                    f"same_policy names the states {names[0]!r} and {game.state_names[s]!r}, whose leader actions "
                    f"are {listed(game.leader_actions[places[0]])}, and {listed(game.leader_actions[s])}; give states "
                    "whose actions have the same names in the same order"
                )
        return self.constrained(SamePolicy(name=self._named(name, f"same policy in {listed(names)}"), states=names))

    def at_most_actions(self, state: Name, k: int, *, name: str | None = None) -> Self:
        """Let the leader use at most ``k`` actions of a state with a positive probability."""
        own = self.game.state_names[state_of(self.game, self._seen_as(state), "at_most_actions")]
        count = count_of(k, f"at_most_actions in {own!r}: k")
        return self.constrained(
            AtMostActions(name=self._named(name, f"at most {count} actions in {own}"), state=own, actions=count)
        )

    def deterministic(self, states: Sequence[Name] | None = None, *, name: str | None = None) -> Self:
        """Let the leader not mix in some states; in all of them if none are given."""
        everywhere = range(self.game.num_states)
        places = everywhere if states is None else states_of(self.game, states, "deterministic")
        names = tuple(self.game.state_names[s] for s in places)
        said = "everywhere" if len(names) == self.game.num_states else f"in {listed(names)}"
        return self.constrained(Deterministic(name=self._named(name, f"deterministic {said}"), states=names))

    def close_to(
        self, policy: LeaderPolicy | Mapping[str, Mapping[str, float]], radius: float, *, name: str | None = None
    ) -> Self:
        """Limit how far the probabilities are from those of a policy, in sum over all states and actions.

        Parameters
        ----------
        policy
            A policy, or ``{state: {action: probability}}``.
        radius
            At least 0; 2 for each state is no limit.
        name
            What results call it.

        Raises
        ------
        InvalidPolicyError
            If the policy does not fit the game.
        """
        own = self._named(name, "close to")
        if not isinstance(policy, (LeaderPolicy, Mapping)):
            raise OptionError(
                f"constraint {own!r}: policy is {shown(policy)}; it must be a LeaderPolicy or "
                "{state: {action: probability}}"
            )
        centre = LeaderPolicy.given(self.game, policy)
        table = tuple((state, tuple(row.items())) for state, row in centre.to_names(self.game).items())
        distance = number_of(radius, f"constraint {own!r}: radius", 0.0)
        return self.constrained(CloseTo(name=own, policy=table, radius=distance))

    def cost(
        self, costs: ArrayLike | Mapping[tuple[Name, Name, Name], float], *, at_most: float, name: str | None = None
    ) -> Self:
        """Limit the expected discounted cost from the start distribution, with the leader's discount.

        Parameters
        ----------
        costs
            An array ``[state, leader action, follower action]`` (what a state does not have is not looked at), or
            ``{(state, leader action, follower action): cost}``; joint actions left out cost nothing.
        at_most
            The limit.
        name
            What results call it.
        """
        own = self._named(name, "cost")
        where = f"constraint {own!r}"
        terms = self._cost_table(costs, where) if isinstance(costs, Mapping) else self._cost_array(costs, where)
        kept = tuple(term for term in terms if term[-1] != 0.0)
        if not kept:
            raise OptionError(f"{where} holds no cost but 0, and restricts no policy: leave it out")
        return self.constrained(Cost(name=own, costs=kept, at_most=number_of(at_most, f"{where}: at_most")))

    def value_at_least(self, state: Name | None, value: float, *, name: str | None = None) -> Self:
        """Ask for a least value of the leader from a state, in the units of the rewards.

        Without a state (``None``) it is the value from the start distribution.
        """
        own = None if state is None else self.game.state_names[state_of(self.game, state, "value_at_least")]
        whence = "the start" if own is None else own
        least = number_of(value, f"value_at_least from {whence}: value")
        return self.constrained(ValueAtLeast(name=self._named(name, f"value from {whence}"), state=own, value=least))

    # ------------------------------------------------------------------ names, states and numbers as given

    def _named(self, name: str | None, otherwise: str) -> str:
        """The given name, or one that is still free."""
        taken = self.names
        if name is not None:
            return checked_name(name)
        numbers = (f"{otherwise} {number}" for number in range(2, len(taken) + 3))
        return next(one for one in (otherwise, *numbers) if one not in taken)

    def _seen_as(self, state: Name) -> Name:
        """A state whose policy is meant: also by the name of what the game was made of, if all of it plays alike."""
        origin, seen = self.origin, self.policies.observed
        if origin is None or not isinstance(state, str) or state in self.game.state_names:
            return state
        meant = origin.meant_by(state)
        alike = bool(seen) and len({seen[s] for s in meant}) == 1
        return self.game.state_names[meant[0]] if alike else state

    def _pair(self, state: Name, action: Name, where: str) -> tuple[str, str]:
        """The names of a state and of an action of the leader there."""
        s = state_of(self.game, state, where)
        return self.game.state_names[s], self.game.leader_actions[s][leader_action_of(self.game, s, action, where)]

    def _terms(self, given: Mapping[tuple[Name, Name], float], where: str, what: str) -> tuple[Term, ...]:
        """The terms of a row by names, in the order in which they are given."""
        table = table_of(given, f"{where}: the {what}s", f"{{(state, action): {what}}}")
        found: dict[tuple[str, str], float] = {}
        for key, value in table.items():
            if not isinstance(key, tuple) or len(key) != 2:
                raise OptionError(f"{where} holds the key {shown(key)}; it must be (state, action)")
            pair = self._pair(self._seen_as(key[0]), key[1], where)
            if pair in found:
                raise OptionError(f"{where} names the action {pair[1]!r} of state {pair[0]!r} twice; name it once")
            found[pair] = number_of(value, f"{where}: the {what} of {pair[1]!r} in {pair[0]!r}")
        if not any(found.values()):
            raise OptionError(f"{where} has no {what} but 0, and restricts no policy: leave it out")
        return tuple((*pair, value) for pair, value in found.items())

    def _cost_table(self, given: Mapping[Any, Any], where: str) -> tuple[CostTerm, ...]:
        table = table_of(given, f"{where}: costs", "{(state, leader action, follower action): cost}")
        game = self.game
        found: dict[tuple[str, str, str], float] = {}
        for key, value in table.items():
            if not isinstance(key, tuple) or len(key) != 3:
                raise OptionError(
                    f"{where} holds the key {shown(key)}; it must be (state, leader action, follower action)"
                )
            state, leader = self._pair(key[0], key[1], where)
            s = game.state_index(state)
            follower = game.follower_actions[s][follower_action_of(game, s, key[2], where)]
            if (state, leader, follower) in found:
                raise OptionError(f"{where} names {(state, leader, follower)} twice; name it once")
            found[state, leader, follower] = number_of(value, f"{where}: the cost of {(state, leader, follower)}")
        return tuple((*names, value) for names, value in found.items())

    def _cost_array(self, given: ArrayLike, where: str) -> tuple[CostTerm, ...]:
        game = self.game
        shape = (game.num_states, int(game.leader_counts.max()), int(game.follower_counts.max()))
        try:
            array = checked_array(given, where, OptionError).astype(float)
        except OptionError:
            array = np.zeros(0)
        if array.shape != shape:
            raise OptionError(
                f"{where}: costs are {shown(given)}; they must be an array [state, leader action, follower action] of "
                f"shape {shape}, or {{(state, leader action, follower action): cost}}"
            )
        places = [
            (s, a, b)
            for s in range(game.num_states)
            for a in range(int(game.leader_counts[s]))
            for b in range(int(game.follower_counts[s]))
        ]
        names = [(game.state_names[s], game.leader_actions[s][a], game.follower_actions[s][b]) for s, a, b in places]
        costs = [number_of(float(array[place]), f"{where}: the cost at {place}") for place in places]
        return tuple((*own, cost) for own, cost in zip(names, costs, strict=True))
