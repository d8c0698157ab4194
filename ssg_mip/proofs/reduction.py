"""A game made smaller without loss, what shows that nothing was lost, and the way back.

States, leader actions and follower actions of a :class:`Reduction` are numbered as in the original game throughout.
Rounds are applied one after the other; each is about the game that the rounds before it have left.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray, IntArray


@dataclasses.dataclass(frozen=True, kw_only=True)
class Dominance:
    """A follower action that others make superfluous.

    With ``q(s, a, c) = r_B(s, a, c) + gamma_B p(s, a, c) v`` and the shares ``k`` of ``by``, divided by their sum: for
    every leader action ``a`` either ``sum_c k(c) q(s, a, c) > q(s, a, b)`` for all ``v`` in the follower's bounds of
    the round; or ``>=`` and the same with ``>=`` of the leader's ``r_A + gamma_A p V`` for all ``V`` in the leader's
    bounds. Where the leader plays some ``a`` of the first kind the action is no answer; where he plays none, a
    follower who breaks ties for him does without it. Under other rules for ties all ``a`` are of the first kind, or
    the action is a copy of another one.

    Attributes
    ----------
    state, action
        The follower action.
    by
        Actions that the round keeps, with positive shares.
    """

    state: int
    action: int
    by: tuple[tuple[int, float], ...]


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Round:
    """What is removed at once.

    Attributes
    ----------
    follower, leader
        Lower and upper bounds on the players' values that the dominances use, one number for each state that the
        earlier rounds have kept: of the follower's optimal values under any leader policy, and of the leader's under
        any pair of policies. ``None`` where they are not needed.
    dominated
        Follower actions.
    copies
        Leader actions ``(state, action, other)`` with the rewards and transitions of another one that is kept.
    states
        The states that are kept, in rising order; nothing that is kept leads out of them. ``None`` for all.
    merged
        States ``(state, other)`` that go because they are as another one that is kept: after everything else in the
        round the leader has one action in both, and answer by answer, in the same order, both players' rewards are
        the same, and the probabilities of what follows once all merged states are replaced by their other ones. What
        led to the state, and its weight, go to the other one.
    """

    follower: tuple[FloatArray, FloatArray] | None = None
    leader: tuple[FloatArray, FloatArray] | None = None
    dominated: tuple[Dominance, ...] = ()
    copies: tuple[tuple[int, int, int], ...] = ()
    states: IntArray | None = None
    merged: tuple[tuple[int, int], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As in the header of a certificate."""
        follower, leader = (
            None if bounds is None else [end.tolist() for end in bounds] for bounds in (self.follower, self.leader)
        )
        return {
            "follower": follower,
            "leader": leader,
            "dominated": [
                [int(one.state), int(one.action), [[int(c), float(share)] for c, share in one.by]]
                for one in self.dominated
            ],
            "copies": [[int(number) for number in copy] for copy in self.copies],
            "states": None if self.states is None else [int(state) for state in self.states],
            **({"merged": [[int(state), int(other)] for state, other in self.merged]} if self.merged else {}),
        }

    def renumbered(self, first: Reduction) -> Round:
        """The round as one about the game of a reduction, of whose reduced game it is."""
        states = first.states.tolist()
        followers = [actions.tolist() for actions in first.follower_actions]
        leaders = [actions.tolist() for actions in first.leader_actions]
        return dataclasses.replace(
            self,
            dominated=tuple(
                Dominance(
                    state=states[one.state],
                    action=followers[one.state][one.action],
                    by=tuple((followers[one.state][c], share) for c, share in one.by),
                )
                for one in self.dominated
            ),
            copies=tuple((states[s], leaders[s][a], leaders[s][other]) for s, a, other in self.copies),
            states=None if self.states is None else first.states[self.states],
            merged=tuple((states[state], states[other]) for state, other in self.merged),
        )


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Reduction:
    """A game, what is left of it, and why that is enough for weights on the states that are left.

    Attributes
    ----------
    game, reduced
        Before and after. Names of what is left, and its order, are those of the game.
    rounds
        What was removed, one after the other.
    states
        The states that are left.
    leader_actions, follower_actions
        For each of them, the actions that are left.
    """

    game: Game
    reduced: Game
    rounds: tuple[Round, ...]
    states: IntArray
    leader_actions: tuple[IntArray, ...]
    follower_actions: tuple[IntArray, ...]

    @property
    def changes_nothing(self) -> bool:
        """Whether all is left."""
        return self.reduced is self.game

    def policy_out(self, policy: LeaderPolicy) -> dict[int, FloatArray]:
        """A policy of the reduced game as distributions over all leader actions of the states that are left."""
        found = {}
        slots = policy.slots(self.reduced)
        for place, state in enumerate(self.states.tolist()):
            mix = np.zeros(int(self.game.leader_counts[state]))
            start = int(self.reduced.leader_offsets[place])
            mix[self.leader_actions[place]] = slots[start : start + len(self.leader_actions[place])]
            found[state] = mix
        return found

    def after(self, first: Reduction) -> Reduction:
        """The rounds of a reduction and then these, which are about its reduced game."""
        places = self.states.tolist()
        return Reduction(
            game=first.game,
            reduced=self.reduced,
            rounds=(*first.rounds, *(one.renumbered(first) for one in self.rounds)),
            states=first.states[self.states],
            leader_actions=tuple(
                first.leader_actions[s][actions] for s, actions in zip(places, self.leader_actions, strict=True)
            ),
            follower_actions=tuple(
                first.follower_actions[s][actions] for s, actions in zip(places, self.follower_actions, strict=True)
            ),
        )

    @property
    def into(self) -> IntArray:
        """By state of the whole game, the one that it was merged into, or the state itself."""
        found: IntArray = np.arange(self.game.num_states)
        for one in self.rounds:
            if one.merged:
                target = np.arange(len(found))
                target[[state for state, _ in one.merged]] = [other for _, other in one.merged]
                found = target[found]
        return found

    def weights_in(self, weights: FloatArray) -> FloatArray:
        """Weights over all states as weights over those that are left; merged states add theirs."""
        found = np.zeros(self.game.num_states)
        np.add.at(found, self.into, weights)
        return found[self.states]

    def weights_out(self, weights: FloatArray, like: FloatArray | None = None) -> FloatArray:
        """Weights over the states that are left as weights over all states.

        Parameters
        ----------
        weights
            One for each state that is left.
        like
            Weights over all states. What a state has is spread over it and those that were merged into it in about
            these proportions, so that it adds up exactly; without them the state has all of it.
        """
        found = np.zeros(self.game.num_states)
        found[self.states] = weights
        if like is None:
            return found
        into = self.into
        for state in np.unique(into[(into != np.arange(len(into))) & (like > 0.0)]).tolist():
            members = np.flatnonzero((into == state) & (like > 0.0))
            whole, found[state] = float(found[state]), 0.0
            if whole > 0.0:
                found[members] = _spread(whole, like[members])
        return found


def _spread(whole: float, like: FloatArray) -> FloatArray:
    """Positive numbers about in proportion to others, whose exact sum is given."""
    step = float(np.spacing(whole))
    found: FloatArray = np.maximum(1.0, np.rint(like / like.sum() * (whole / step))) * step
    largest = int(np.argmax(like))
    found[largest] = whole - step * float(np.delete(found / step, largest).sum())
    return found
