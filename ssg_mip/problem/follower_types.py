r"""Followers of several types, of which the leader knows the chances and no more: one game with the type in its states.

Type ``k`` of the follower has chance ``pi(k)``, and a game of his own: his and the leader's rewards, transitions, his
actions. The leader plays one policy, whatever the type is. That is a game of states ``(s, k)`` with the start
``pi(k) rho_k(s)`` and transitions within the type, in which the leader sees ``s`` alone
(:mod:`ssg_mip.problem.observation`). His value from the start is ``sum_k pi(k) V_k``.

The leader's discount must be the same for all types: his value is one discounted sum. The follower's may differ:

* where his actions never decide where the game goes, his answers do not depend on it;
* otherwise the made game has common discounts under which types move at different paces and may come to an end, with
  the same values and answers (:mod:`ssg_mip.problem.common_discounts`). That takes discounts of the follower which are
  all above the leader's, or all below it and above 0; others are refused.

Values by state are those of the types' own games, up to the rounding of the made game's numbers; what is told of a type
is computed in his own game.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ssg_mip.base.naming import name_of
from ssg_mip.base.rules import checked, instance_of, is_number, shown
from ssg_mip.base.tolerances import PROBABILITY
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.mdp import evaluate, induced_by_leader
from ssg_mip.game.game import Game
from ssg_mip.game.game_class import moved_by_leader_alone
from ssg_mip.game.policy import FollowerPolicy, LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.common_discounts import CommonDiscounts, common_discounts, paced_moves
from ssg_mip.problem.follower import Follower
from ssg_mip.problem.observation import LABELS, observed
from ssg_mip.problem.origin import END, Origin, Played
from ssg_mip.problem.policy_space import EVERY_POLICY, PolicySpace
from ssg_mip.problem.problem import Problem

TYPES_TOLD = "types"
"""Name under which an answer says what each type does."""

TYPES = instance_of(Mapping, "{type: game}")
"""What types must be."""

PRIOR = instance_of((Mapping, list, tuple, np.ndarray), "{type: chance}, or a list of chances")
"""What their chances must be."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class FollowerTypes(Origin):
    """Types of the follower, with the states of one after those of another.

    Attributes
    ----------
    names, games
        The types.
    prior
        Their chances, positive, summing to one.
    paced
        Whether they move at different paces, under discounts that are none of theirs.
    """

    names: tuple[str, ...]
    games: tuple[Game, ...]
    prior: FloatArray
    paced: bool = False

    def refusal(self, follower: Follower, space: PolicySpace) -> str | None:
        """Types of different discounts move at different paces: nothing may be said in units of a step then."""
        if not self.paced:
            return None
        if follower.is_in_units:
            return (
                f"a {follower.words} is asked for of types whose discounts differ, in whose common game a step is "
                "worth less: give all types one discount, or ask for a rational follower without a margin"
            )
        if space.costs:
            return (
                f"{space.costs[0].name} bounds costs of types whose discounts differ, in whose common game a step "
                "counts less: give all types one discount, or leave it out"
            )
        return None

    @property
    def first_states(self) -> list[int]:
        """The first state of each type in the made game."""
        sizes = [game.num_states for game in self.games]
        return [sum(sizes[:k]) for k in range(len(sizes))]

    def meant_by(self, name: str) -> tuple[int, ...]:
        """That state under every type."""
        if name not in self.games[0].state_names:
            return ()
        pairs = zip(self.first_states, self.games, strict=True)
        return tuple(first + game.state_names.index(name) for first, game in pairs)

    def told(self, game: Game, played: Played) -> Mapping[str, Any]:
        """``types``: of every type its chance, both players' values from its start and by state, and its answers."""
        del game
        places = zip(self.names, self.games, self.prior.tolist(), self.first_states, strict=True)
        return {TYPES_TOLD: {name: _of_type(own, chance, first, played) for name, own, chance, first in places}}


def _of_type(game: Game, chance: float, first: int, played: Played) -> dict[str, Any]:
    """What one type does, and what it is worth in its own game."""
    own = slice(first, first + game.num_states)
    width = int(game.leader_counts.max())
    leader = LeaderPolicy(played.leader.probabilities[own, :width])
    follower = FollowerPolicy(played.follower.actions[own])
    values = [evaluate(process, follower.slots(game)) for process in induced_by_leader(game, leader)]
    by_state = [dict(zip(game.state_names, map(float, one), strict=True)) for one in values]
    return {
        "prior": chance,
        "leader_value": float(game.initial @ values[0]),
        "follower_value": float(game.initial @ values[1]),
        "answers": follower.to_names(game),
        "leader_values": by_state[0],
        "follower_values": by_state[1],
    }


@checked(types=TYPES, prior=PRIOR)
def bayesian(types: Mapping[str, Game], prior: Mapping[str, float] | Sequence[float] | FloatArray) -> Problem:
    """The problem of a leader who commits to one policy before he knows the follower's type.

    Parameters
    ----------
    types
        The game of each type, by its name. All have the same states and leader actions, by name, and the same discount
        of the leader; everything else is the type's own.
    prior
        The chance of each type, by its name or in the order of ``types``; positive, summing to one.

    Returns
    -------
    Problem
        About the game of states ``(s, k)``, named ``"state [type]"``. The leader's policies are labelled by the states
        of the types' games, which :meth:`~ssg_mip.problem.problem.Problem.observe` takes as well.

    Raises
    ------
    OptionError
        If there is no type, one is no game, their games do not fit together, or the chances are none.
    """
    names = tuple(name_of(name, "a type") for name in types)
    games = tuple(types.values())
    _check_games(names, games)
    chances = _chances(names, prior)
    common = _discounts(names, games)
    paced = not all(pace.is_plain for pace in common.paces)
    origin = FollowerTypes(names=names, games=games, prior=chances, paced=paced)
    product = _product(origin, common)
    states = [state for game in games for state in game.state_names]
    labels = dict(zip(product.state_names, states, strict=False))
    return Problem(product, policies=observed(product, EVERY_POLICY, labels), origin=origin)


def _product(origin: FollowerTypes, common: CommonDiscounts) -> Game:
    """The game of states ``(s, k)``, and of an end if types move at different paces."""
    games, names, ends = origin.games, origin.names, origin.paced
    sizes = [game.num_states for game in games]
    triples = list(zip(games, common.paces, origin.first_states, strict=True))
    moves = [paced_moves(game, pace, sum(sizes) - first) for game, pace, first in triples]
    rewards = [
        np.concatenate([pace.factors[0] * game.leader_rewards for game, pace, _ in triples]),
        np.concatenate([pace.factors[1] * game.follower_rewards for game, pace, _ in triples]),
    ]
    last = [np.array([sum(sizes)])] if ends else []
    lengths = np.concatenate([lengths for lengths, _, _ in moves] + [np.ones(len(last), dtype=np.int64)])
    return Game(
        name=" or ".join(f"{game.name} [{name}]" for name, game in zip(names, games, strict=True)),
        state_names=(
            *(f"{s} [{name}]" for name, game in zip(names, games, strict=True) for s in game.state_names),
            *((END,) if ends else ()),
        ),
        leader_actions=(*(one for game in games for one in game.leader_actions), *((("none",),) if ends else ())),
        follower_actions=(*(one for game in games for one in game.follower_actions), *((("none",),) if ends else ())),
        indptr=np.concatenate(([0], np.cumsum(lengths))),
        successors=np.concatenate(
            [to + first for (_, to, _), (_, _, first) in zip(moves, triples, strict=True)] + last
        ),
        probabilities=np.concatenate([chances for _, _, chances in moves] + [np.ones(len(last))]),
        leader_rewards=np.append(rewards[0], np.zeros(len(last))),
        follower_rewards=np.append(rewards[1], np.zeros(len(last))),
        leader_discount=common.leader,
        follower_discount=common.follower,
        initial=np.concatenate(
            [p * game.initial for p, game in zip(origin.prior.tolist(), games, strict=True)] + [np.zeros(len(last))]
        ),
    )


def _discounts(names: Sequence[str], games: Sequence[Game]) -> CommonDiscounts:
    """Discounts under which every type answers as under his own, and how his game goes on then.

    Raises
    ------
    OptionError
        If none are known.
    """
    alike = {game.follower_discount for game in games}
    own = [None if moved_by_leader_alone(game) else game.follower_discount for game in games]
    leader = games[0].leader_discount
    found = common_discounts(leader, list(alike) * len(games) if len(alike) == 1 else own)
    if found is None:
        pairs = zip(names, own, strict=True)
        listed = ", ".join(f"{name} has {discount!r}" for name, discount in pairs if discount is not None)
        raise OptionError(
            f"the types' discounts of the follower differ: {listed}, and the leader's is {leader!r}; where actions of "
            "types decide where the game goes they may differ only if all are below the leader's and above 0, or all "
            "above it, and none is far nearer to it than another"
        )
    return found


def _check_games(names: Sequence[str], games: Sequence[Game]) -> None:
    if not games:
        raise OptionError("types is empty; give at least one type of the follower and its game")
    for name, game in zip(names, games, strict=True):
        if not isinstance(game, Game):
            raise OptionError(f"types[{name}] is {shown(game)}; it must be a Game")
        _check_fits(names[0], games[0], name, game)


def _check_fits(first: str, known: Game, name: str, game: Game) -> None:
    """Raise :class:`OptionError` unless the leader may play one policy in the games of two types."""
    if set(game.state_names) != set(known.state_names):
        other = sorted(set(game.state_names) ^ set(known.state_names))[0]
        raise OptionError(
            f"only one of the types {first!r} and {name!r} has a state {other!r}; all types need the same states"
        )
    for state in known.state_names:
        mine, theirs = (one.leader_actions[one.state_names.index(state)] for one in (known, game))
        if set(mine) != set(theirs):
            raise OptionError(
                f"in state {state!r} the leader has the actions {', '.join(mine)} under type {first!r} and "
                f"{', '.join(theirs)} under type {name!r}; he plays one policy, so all types need the same"
            )
    if game.leader_discount != known.leader_discount:
        raise OptionError(
            f"the leader's discount is {known.leader_discount!r} under type {first!r} and {game.leader_discount!r} "
            f"under type {name!r}; his value is one discounted sum, so all types need the same"
        )


def _chances(names: Sequence[str], prior: Any) -> FloatArray:
    if isinstance(prior, Mapping):
        LABELS.check("prior", prior)
        odd = sorted(set(map(str, prior)) ^ set(names))
        if odd:
            where = "types" if odd[0] not in names else "prior"
            raise OptionError(f"{where} does not have the type {odd[0]!r}; each type needs a game and a chance")
        prior = [prior[name] for name in names]
    if len(prior) != len(names):
        raise OptionError(f"prior holds {len(prior)} chances; there are {len(names)} types: {', '.join(names)}")
    for name, chance in zip(names, prior, strict=True):
        if not is_number(chance) or not 0.0 < chance <= 1.0 + PROBABILITY:
            raise OptionError(f"prior[{name}] is {shown(chance)}; it must be a number above 0 and at most 1")
    total = math.fsum(map(float, prior))
    if abs(total - 1.0) > PROBABILITY:
        raise OptionError(f"prior sums to {total!r}; it must sum to 1 within {PROBABILITY:g}")
    return np.array(prior, dtype=float) / total
