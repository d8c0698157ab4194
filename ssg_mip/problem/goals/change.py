r"""A price on change: the leader pays for how far he plays from a reference policy.

**Per visit.** In state ``s`` he pays ``kappa(s) sum_a |f(a|s) - ref(a|s)|`` each time it is visited, discounted as his
rewards are. That is the value of an ordinary game, whose leader actions in ``s`` are the *breakpoints* of this function
``h`` on the simplex: the points of which all coordinates but at most one are 0 or those of ``ref``. Each has the mean
rewards and transitions of the mix that it is, and takes its own ``h`` from the leader's reward.

*Proof.* The hyperplanes ``f(a) = 0`` and ``f(a) = ref(a)`` cut the simplex into cells. On a cell no difference changes
its sign, so ``h`` is linear there. The cell is a polytope, and at each of its corners one of these equations holds for
``n - 1`` of the ``n`` coordinates, as many as the simplex has dimensions: its corners are breakpoints. So a mix ``f``
is a mix of the breakpoints of its cell that costs exactly ``h(f)``. As ``h`` is convex, no mix of breakpoints with the
mean ``f`` costs less. The follower's rewards and all transitions depend on the mean alone, and so do his answers. Hence
policies of the made game give the leader at most the priced value of their means, and every policy of the game has one
there that gives exactly that, from every state at once. []

A breakpoint keeps ``ref`` on some set of actions and gives all the rest to one: there are ``n 2^(n-1)`` such choices at
most, fewer where they coincide or ``ref`` holds zeros. States of price 0 keep their actions.

**Per policy.** ``sum_s kappa(s) sum_a |f(a|s) - ref(a|s)|`` once, whether ``s`` is visited or not, is no discounted sum
of anything. The breakpoints are the same, by the same proof, and cost nothing in a visit; what is left is a price on
their probabilities, beside the weighted value. It ties the policies of all states with a price to each other, as rows
that couple states do, and the same search is exact: answers are not mixed in these states.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args

import numpy as np

from ssg_mip.base.rules import NOT_NEGATIVE, one_of, shown
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.mdp import evaluate, induced_by_leader
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.problem.finite_horizon import by_action
from ssg_mip.problem.goal import Goal, Stated
from ssg_mip.problem.goals.carried import carried
from ssg_mip.problem.origin import Played, Remade
from ssg_mip.problem.rising import LeastOf

CHANGE_TOLD = "change"
"""Name under which an answer says how far it is from the reference, and what that costs."""

MOST_POINTS = 200
"""Breakpoints of one state, at most: six actions have 187."""

SAME = 1e-12
"""Probabilities that differ by less are the same in a breakpoint."""

Per = Literal["visit", "policy"]
"""How often the price is paid."""


@dataclasses.dataclass(frozen=True, eq=False)
class PriceOnChange(Goal):
    """The leader's value, less a price on the distance to a reference policy.

    Attributes
    ----------
    reference
        A policy, or ``{state: {action: probability}}``.
    price
        What a distance of 1 costs, in the leader's reward units; all probability moved to other actions is a distance
        of 2. One number for all states, or ``{state: price}``, where states that are left out cost nothing.
    per
        ``"visit"``: paid each time the state is visited; ``"policy"``: paid once for every state, visited or not.
    """

    reference: LeaderPolicy | Mapping[str, Mapping[str, float]]
    price: float | Mapping[str, float]
    per: Per = "visit"

    def __post_init__(self) -> None:
        one_of(get_args(Per)).check("per", self.per)
        if not isinstance(self.reference, (LeaderPolicy, Mapping)):
            raise OptionError(
                f"reference is {shown(self.reference)}; it must be a LeaderPolicy or {{state: {{action: probability}}}}"
            )
        if not isinstance(self.price, Mapping):
            NOT_NEGATIVE.check("price", self.price)

    def of(self, stated: Stated) -> Stated:
        """The question about the game in which breakpoints are leader actions."""
        game = stated.game
        prices = _prices(game, self.price)
        mixes = _mixes(game, self._slots(game), prices)
        origin = Priced(
            game=game, before=stated.origin, reference=self._slots(game), prices=prices, mixes=mixes, per=self.per
        )
        if self.per == "policy":
            stated = stated.wanting(dataclasses.replace(stated.objective, goal=origin.goal(stated.objective.weights)))
        return dataclasses.replace(
            stated,
            game=origin.made(),
            origin=origin,
            policies=carried(game, stated.policies, "PriceOnChange", origin.slot_mixes(), origin.row_mixes()),
        )

    def _slots(self, game: Game) -> FloatArray:
        return LeaderPolicy.given(game, self.reference).slots(game)


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Priced(Remade):
    """A game whose leader pays for change.

    Attributes
    ----------
    reference
        Per leader slot of the game.
    prices
        Per state.
    mixes
        For every state its actions in the made game, as mixes ``[made actions, actions]``.
    per
        How often the price is paid.
    """

    reference: FloatArray
    prices: FloatArray
    mixes: tuple[FloatArray, ...]
    per: Per = "visit"

    @property
    def counts(self) -> IntArray:
        """The number of leader actions of each state of the made game."""
        return np.array([len(mix) for mix in self.mixes])

    def slot_mixes(self) -> Any:
        """The mix that every leader slot of the made game is, ``[made slots, slots]``, sparse."""
        from scipy.sparse import block_diag

        return block_diag(self.mixes, format="csr")

    def row_mixes(self) -> Any:
        """The mix of joint actions that every joint action of the made game is, ``[made rows, rows]``, sparse."""
        from scipy.sparse import block_diag, eye_array, kron

        pairs = zip(self.mixes, self.game.follower_counts.tolist(), strict=True)
        return block_diag([kron(mix, eye_array(answers)) for mix, answers in pairs], format="csr")

    def _references(self) -> list[FloatArray]:
        return np.split(self.reference, self.game.leader_offsets[1:-1])

    def distances(self) -> list[FloatArray]:
        """How far every leader action of the made game is from the reference, by state."""
        return [np.abs(mix - own).sum(axis=1) for mix, own in zip(self.mixes, self._references(), strict=True)]

    def costs(self) -> list[FloatArray]:
        """What every leader action of the made game costs, by state."""
        return [price * own for price, own in zip(self.prices.tolist(), self.distances(), strict=True)]

    def goal(self, weights: FloatArray) -> LeastOf:
        """The weighted sum less the price of the policy."""
        what = LeastOf.of("price-per-policy", ("before the price",), weights[None, :])
        return dataclasses.replace(what, price=np.concatenate(self.costs()))

    def made(self) -> Game:
        """The game in which breakpoints are leader actions, each with its price."""
        from scipy.sparse import csr_array

        game, rows = self.game, self.row_mixes()
        shape = (game.num_rows, game.num_states)
        moved = csr_array(rows @ csr_array((game.probabilities, game.successors, game.indptr), shape=shape))
        moved.sort_indices()
        places = zip(self.costs(), game.follower_counts.tolist(), strict=True)
        paid = np.concatenate([np.repeat(own, answers) for own, answers in places]) if self.per == "visit" else 0.0
        return game.replace(
            name=f"{game.name} with a price on change",
            leader_actions=tuple(
                actions if price == 0.0 else _named(mix, actions)
                for mix, actions, price in zip(self.mixes, game.leader_actions, self.prices.tolist(), strict=True)
            ),
            indptr=moved.indptr.astype(np.int64),
            successors=moved.indices.astype(np.int64),
            probabilities=moved.data,
            leader_rewards=rows @ game.leader_rewards - paid,
            follower_rewards=rows @ game.follower_rewards,
            known=None,
        )

    def policy_there(self, policy: LeaderPolicy) -> LeaderPolicy:
        """The mix over the game's own actions that a policy of the made game is."""
        shares = [policy.probabilities[s, :count] for s, count in enumerate(self.counts.tolist())]
        slots = np.concatenate([share @ mix for share, mix in zip(shares, self.mixes, strict=True)])
        return LeaderPolicy.from_slots(self.game, slots)

    def played_there(self, played: Played) -> Played:
        """The mixes over the game's own actions, with both players' values before any price."""
        leader = self.policy_there(played.leader)
        values = [evaluate(one, played.follower.slots(self.game)) for one in induced_by_leader(self.game, leader)]
        return Played(leader=leader, follower=played.follower, leader_values=values[0], follower_values=values[1])

    def told_of(self, there: Played, played: Played) -> Mapping[str, Any]:
        """``change``: what it costs in all, and by state the mix, its distance and the price of that."""
        game = self.game
        mixes = np.split(there.leader.slots(game), game.leader_offsets[1:-1])
        distances = [float(np.abs(mix - own).sum()) for mix, own in zip(mixes, self._references(), strict=True)]
        own, left = (float(game.initial @ one.leader_values) for one in (there, played))
        paid = own - left if self.per == "visit" else float(self.prices @ distances)
        return {
            CHANGE_TOLD: {
                "per": self.per,
                "leader_value_before": own,
                "paid": paid,
                "states": {
                    state: {
                        "policy": by_action(game.leader_actions[s], mixes[s]),
                        "distance": distances[s],
                        "price": float(self.prices[s]) * distances[s],
                        "leader_value_before": float(there.leader_values[s]),
                    }
                    for s, state in enumerate(game.state_names)
                },
            }
        }


def breakpoints(reference: FloatArray) -> FloatArray:
    """The points of a simplex of which all coordinates but at most one are 0 or those of a reference.

    Parameters
    ----------
    reference
        A distribution, shape ``[actions]``.

    Returns
    -------
    array
        One point a row; the reference comes first, then the corners.

    Raises
    ------
    OptionError
        If there are more than :data:`MOST_POINTS`.
    """
    corners = np.eye(len(reference))
    found: list[FloatArray] = []
    for point in itertools.chain([reference], corners, _between(reference)):
        if all(np.abs(point - known).max() > SAME for known in found):
            found.append(point)
        if len(found) > MOST_POINTS:
            raise OptionError(
                f"the distance to a mix of {len(reference)} actions has more than {MOST_POINTS} breakpoints"
            )
    return np.array(found)


def _between(reference: FloatArray) -> Iterator[FloatArray]:
    """One action takes what a set of others has in the reference; the rest keep theirs."""
    played = np.flatnonzero(reference > 0.0).tolist()
    for size in range(1, len(played)):
        for losing in itertools.combinations(played, size):
            for taking in range(len(reference)):
                if taking not in losing:
                    point = reference.copy()
                    point[list(losing)] = 0.0
                    point[taking] += float(reference[list(losing)].sum())
                    yield point


def _mixes(game: Game, reference: FloatArray, prices: FloatArray) -> tuple[FloatArray, ...]:
    """The breakpoints of every state with a price, and the actions of the others.

    Raises
    ------
    OptionError
        If a state has too many.
    """
    found = []
    for s, own in enumerate(np.split(reference, game.leader_offsets[1:-1])):
        if prices[s] == 0.0:
            found.append(np.eye(len(own)))
            continue
        try:
            found.append(breakpoints(own))
        except OptionError as error:
            raise OptionError(
                f"PriceOnChange in state {game.state_names[s]!r}: {error}; price change in states of fewer actions, or "
                "give a reference that plays fewer"
            ) from None
    return tuple(found)


def _named(mix: FloatArray, actions: tuple[str, ...]) -> tuple[str, ...]:
    """What breakpoints are called: none has the name of an action, because none is to be taken for one."""
    for digits in ("6g", "17g"):
        names = ("the reference", *(_words(point, actions, digits) for point in mix[1:]))
        if len(set(names)) == len(names):
            break
    return names


def _words(point: FloatArray, actions: tuple[str, ...], digits: str) -> str:
    return " + ".join(f"{share:.{digits}} {name}" for name, share in zip(actions, point.tolist(), strict=True) if share)


def _prices(game: Game, given: float | Mapping[str, float]) -> FloatArray:
    if not isinstance(given, Mapping):
        return np.full(game.num_states, float(given))
    unknown = [state for state in given if state not in game.state_names]
    if unknown:
        known = ", ".join(game.state_names[:8])
        raise OptionError(f"price names the unknown state {unknown[0]!r}; states: {known}")
    for state, price in given.items():
        NOT_NEGATIVE.check(f"price[{state}]", price)
    return np.array([float(given.get(state, 0.0)) for state in game.state_names])
