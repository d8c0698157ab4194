r"""A finite horizon: the same game played for ``T`` steps, with the step in its states.

States ``(s, t)``, ``t = 0, ..., T - 1``, and an end that nothing leaves and that is worth 0 to both; policies of both
players may then depend on the step. The leader commits to the whole plan at the beginning. Backward induction is not
exact: what he threatens to do later moves the follower now.

**Discounts of 1** are allowed here: values are sums of ``T`` terms. A game of this package has discounts below 1, so
rewards carry the rest. With ``g`` in the made game and ``delta`` wanted, the reward of step ``t`` is multiplied by
``(delta / g)^t``, because ``delta^t r = g^t (delta / g)^t r``; for both players separately. The made game's value of
``(s, t)`` is then ``(delta / g)^t`` times the wanted one, counted from step ``t``: the follower prefers the same
actions, values from the start are the wanted ones as they are, and those of later steps are divided by the factor on
the way back. ``g = T / (T + 1)`` where ``delta`` is 1, so that no factor exceeds ``e``; ``delta`` itself below 1. The
factors are exact up to the rounding of a power and a product.

**The average reward** over an infinite time is not offered, nor a vanishing discount for it. For one pair of policies
of a unichain game ``(1 - g) V_g`` comes as close to the average as one likes, but the follower's answers do not: an
action that loses a constant amount once loses nothing on average, so that average-optimal answers are those of a
discounted follower who may forgo ``O(1)`` of ``O(1 / (1 - g))``, however close ``g`` is to 1. The limit of the
discounted optima need then be no value of the average problem, and where the recurrent classes depend on the policies
even the leader's average is not continuous in his mix. Take a discount near 1, or a horizon, and say so.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from ssg_mip.base.rules import checked, number, optional, whole
from ssg_mip.errors import OptionError
from ssg_mip.game.game import GAME, Game
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.follower import Follower
from ssg_mip.problem.origin import END, Origin, Played
from ssg_mip.problem.policy_space import PolicySpace
from ssg_mip.problem.problem import Problem

STEPS = "steps"
"""Name under which an answer says what is done in each step."""

MOST_STATES = 100_000
"""States of a made game, at most."""

DISCOUNT = number("at least 0 and at most 1", lambda value: 0.0 <= value <= 1.0)
"""What a discount over a finite horizon must be."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class FiniteHorizon(Origin):
    """So many steps of a game.

    Attributes
    ----------
    game
        The game.
    steps
        How many.
    discounts
        What one step is discounted by, for the leader and for the follower.
    """

    game: Game
    steps: int
    discounts: tuple[float, float]

    def meant_by(self, name: str) -> tuple[int, ...]:
        """That state at every step."""
        if name not in self.game.state_names:
            return ()
        first, count = self.game.state_names.index(name), self.game.num_states
        return tuple(first + count * t for t in range(self.steps))

    def told(self, game: Game, played: Played) -> Mapping[str, Any]:
        """``steps``: of every step the policy, the answers and both players' values from there."""
        del game
        return {STEPS: [self._of_step(t, played) for t in range(self.steps)]}

    def refusal(self, follower: Follower, space: PolicySpace) -> str | None:
        """Discounts of 1 make rewards grow from step to step: nothing else may be said in units of them."""
        if self.discounts[1] == 1.0 and follower.is_in_units:
            return (
                f"a {follower.words} is asked for over {self.steps} steps with the follower's discount 1, where his "
                "rewards are written larger in every step: ask for a discount below 1, or for a rational follower "
                "without a margin"
            )
        if self.discounts[0] == 1.0 and (space.costs or space.values or space.floor is not None):
            return (
                f"costs or least values are asked for over {self.steps} steps with the leader's discount 1, where "
                "rewards are written larger in every step: ask for a discount below 1, or leave them out"
            )
        return None

    def _of_step(self, t: int, played: Played) -> dict[str, Any]:
        own, game = slice(t * self.game.num_states, (t + 1) * self.game.num_states), self.game
        made = [played.leader_values[own], played.follower_values[own]]
        values = [one / factors(self.steps, delta)[t] for one, delta in zip(made, self.discounts, strict=True)]
        leader = [by_action(game.leader_actions[s], played.leader.probabilities[own][s]) for s in range(len(made[0]))]
        answers = [game.follower_actions[s][b] for s, b in enumerate(played.follower.actions[own].tolist())]
        states = game.state_names
        return {
            "step": t,
            "policy": dict(zip(states, leader, strict=True)),
            "answers": dict(zip(states, answers, strict=True)),
            "leader_values": dict(zip(states, values[0].tolist(), strict=True)),
            "follower_values": dict(zip(states, values[1].tolist(), strict=True)),
        }


def by_action(names: tuple[str, ...], probabilities: FloatArray) -> dict[str, float]:
    """A mix over the actions of a state, by name."""
    return {name: float(p) for name, p in zip(names, probabilities[: len(names)], strict=True)}


def made_discount(steps: int, discount: float) -> float:
    """The discount of the made game."""
    return discount if discount < 1.0 else steps / (steps + 1.0)


def factors(steps: int, discount: float) -> FloatArray:
    """What the rewards of each step are multiplied by, shape ``[steps]``."""
    if discount < 1.0:
        return np.ones(steps)
    return np.asarray((1.0 + 1.0 / steps) ** np.arange(steps), dtype=np.float64)


@checked(
    game=GAME, steps=whole(1, MOST_STATES), leader_discount=optional(DISCOUNT), follower_discount=optional(DISCOUNT)
)
def finite_horizon(
    game: Game, steps: int, *, leader_discount: float | None = None, follower_discount: float | None = None
) -> Problem:
    """The problem of a leader who commits to what he does in each of so many steps.

    Parameters
    ----------
    game
        What is played in each step.
    steps
        How many there are.
    leader_discount, follower_discount
        What one step is discounted by, from 0 to 1; the game's own discounts if absent.

    Returns
    -------
    Problem
        About the game of states ``(s, t)``, named ``"state @ t"``, in the units that the module says. To play alike in
        all steps give every state a label: :meth:`~ssg_mip.problem.problem.Problem.observe` takes the game's own names.

    Raises
    ------
    OptionError
        If the steps are no whole number above 0, a discount is out of range, or the made game would be too large.
    """
    if steps * game.num_states + 1 > MOST_STATES:
        raise OptionError(
            f"steps is {steps}; {game.name} has {game.num_states} states, and at most {MOST_STATES:,} pairs of a state "
            "and a step are written out"
        )
    wanted = (
        game.leader_discount if leader_discount is None else float(leader_discount),
        game.follower_discount if follower_discount is None else float(follower_discount),
    )
    return Problem(_unrolled(game, steps, wanted), origin=FiniteHorizon(game=game, steps=steps, discounts=wanted))


def _unrolled(game: Game, steps: int, wanted: tuple[float, float]) -> Game:
    """The game of states ``(s, t)``, step after step, and the end."""
    count, last = game.num_states, steps * game.num_states
    moves = [game.successors + count * (t + 1) for t in range(steps - 1)]
    ending = np.ones(game.num_rows + 1, dtype=np.int64)
    lengths = np.concatenate([np.tile(np.diff(game.indptr), steps - 1), ending])
    rewards = [
        np.append(np.outer(factors(steps, delta), one).ravel(), 0.0)
        for delta, one in zip(wanted, (game.leader_rewards, game.follower_rewards), strict=True)
    ]
    return Game(
        name=f"{game.name}, {steps} steps",
        state_names=(*(f"{state} @ {t}" for t in range(steps) for state in game.state_names), END),
        leader_actions=(*game.leader_actions * steps, ("none",)),
        follower_actions=(*game.follower_actions * steps, ("none",)),
        indptr=np.concatenate(([0], np.cumsum(lengths))),
        successors=np.concatenate([*moves, last * ending]),
        probabilities=np.concatenate([np.tile(game.probabilities, steps - 1), ending]),
        leader_rewards=rewards[0],
        follower_rewards=rewards[1],
        leader_discount=made_discount(steps, wanted[0]),
        follower_discount=made_discount(steps, wanted[1]),
        initial=np.append(game.initial, np.zeros(last + 1 - count)),
    )
