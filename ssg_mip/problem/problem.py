"""What is asked: a game, how its follower answers, which policies are allowed, and what is to be made large."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from numpy.typing import ArrayLike

from ssg_mip.errors import OptionError
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.follower import FOLLOWER, Follower, Rational
from ssg_mip.problem.goal import Goal, Stated
from ssg_mip.problem.objective import Objective
from ssg_mip.problem.observation import observed
from ssg_mip.problem.origin import Origin
from ssg_mip.problem.policy_space import EVERY_POLICY, PolicySpace
from ssg_mip.problem.rising import Rising
from ssg_mip.problem.scalarisation import Concave, WeightedSum, scalarisation_of
from ssg_mip.problem.weights import state_weights


@dataclasses.dataclass(frozen=True, eq=False, init=False)
class Problem:
    """A question about a game, and nothing about how it is answered.

    Attributes
    ----------
    game
        The game.
    objective
        What is to be made large; the value from the start distribution if absent.
    follower
        How the follower answers.
    policies
        Which policies the leader may use.
    origin
        What the game was made of, if the problem was stated about something else; ``None`` if not.

    Raises
    ------
    OptionError
        If the weights or what restricts the policies do not fit the game.
    """

    game: Game
    objective: Objective
    follower: Follower
    policies: PolicySpace
    origin: Origin | None

    def __init__(
        self,
        game: Game,
        objective: Objective | None = None,
        follower: Follower | None = None,
        policies: PolicySpace = EVERY_POLICY,
        origin: Origin | None = None,
    ) -> None:
        own = Objective(game.initial) if objective is None else objective
        answering = Rational() if follower is None else follower
        for name, value in (("game", game), ("objective", own), ("follower", answering), ("policies", policies)):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "origin", origin)
        if self.weights.shape != (game.num_states,):
            raise OptionError(f"there are {len(self.weights)} weights; {game.name} has {game.num_states} states")
        self.policies.check(game)

    @property
    def weights(self) -> FloatArray:
        """The weights over states."""
        return self.objective.weights

    def weighing(self, weights: FloatArray) -> Problem:
        """The same with other weights, and the scalarisation as it is."""
        return dataclasses.replace(self, objective=dataclasses.replace(self.objective, weights=weights))

    def scalarising(self, scalarisation: Concave | None) -> Problem:
        """The same with another scalarisation, and the weights as they are."""
        return dataclasses.replace(self, objective=dataclasses.replace(self.objective, scalarisation=scalarisation))

    @property
    def floor(self) -> FloatArray | None:
        """The least value of the leader in every state, if any."""
        return self.policies.least_values(self.game)

    @property
    def allows_all(self) -> bool:
        """Whether every policy counts: there are no rows and no floor, and no margin is asked for."""
        return not self.policies.restricts and self.floor is None and self.follower.any_policy_counts

    def above(self, floor: FloatArray | None) -> Problem:
        """The same with another floor under the leader's values, shape ``[num_states]``, or without one."""
        return dataclasses.replace(self, policies=dataclasses.replace(self.policies, floor=floor))

    def observe(self, labels: Mapping[str, str]) -> Problem:
        """The same where states of one label, ``{state: label}``, share one policy of the leader.

        Raises
        ------
        OptionError
            As :func:`~ssg_mip.problem.observation.observed`.
        """
        meant_by = (lambda _: ()) if self.origin is None else self.origin.meant_by
        return dataclasses.replace(self, policies=observed(self.game, self.policies, labels, meant_by))

    def answered_by(self, follower: Follower) -> Problem:
        """The same with another kind of follower: ``Rational``, ``Quantal`` and the others of ``problem.followers``.

        Raises
        ------
        OptionError
            If it is no follower.
        """
        FOLLOWER.check("follower", follower)
        return dataclasses.replace(self, follower=follower)

    def maximise(self, goal: Goal | WeightedSum | Concave | ArrayLike | Mapping[str, float]) -> Problem:
        """The same with another goal (:mod:`ssg_mip.problem.goals`).

        Parameters
        ----------
        goal
            Weights over states, as an array or ``{state: weight}``; a scalarisation; or one of ``WorstStart``,
            ``WorstType``, ``Lexicographic``, ``PriceOnChange`` and ``WithFollower``. Weights and scalarisations take
            the place of any other goal that is no other reward.

        Returns
        -------
        Problem
            About another game of the same states where the goal is another reward: a price on change for each visit,
            or a share of the follower's value where both discount alike.

        Raises
        ------
        OptionError
            If the goal does not fit the game, or cannot be honoured beside what else is asked.
        """
        if isinstance(goal, Goal):
            stated = Stated(game=self.game, origin=self.origin, policies=self.policies, objective=self.objective)
            found = goal.of(stated)
            changes = {field.name: getattr(found, field.name) for field in dataclasses.fields(found)}
            return dataclasses.replace(self, **changes)
        if isinstance(goal, Concave):
            scalarisation_of(self.game, goal)
            return self.scalarising(goal).wanting(None)
        weights = goal.weights if isinstance(goal, WeightedSum) else goal
        objective = Objective(state_weights(self.game, weights))
        return dataclasses.replace(self, objective=objective)

    def wanting(self, goal: Rising | None) -> Problem:
        """The same with another goal in its objective, or without one."""
        return dataclasses.replace(self, objective=dataclasses.replace(self.objective, goal=goal))

    def about(self, game: Game) -> Problem:
        """The same question about another game of the same states and actions."""
        return dataclasses.replace(self, game=game)

    def options(self) -> Mapping[str, Any]:
        """What is asked as plain data, for the provenance."""
        what, goal = self.objective.scalarisation, self.objective.goal
        return {
            **self.follower.options(),
            **({} if what is None else {"scalarisation": what.options()}),
            **({} if goal is None else {"goal": goal.options()}),
        }
