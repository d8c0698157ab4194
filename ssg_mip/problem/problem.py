"""What is asked: a game, how its follower answers, which policies are allowed, and what is to be made large."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from ssg_mip.errors import OptionError
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.follower import Rational
from ssg_mip.problem.objective import Objective
from ssg_mip.problem.observation import observed
from ssg_mip.problem.origin import Origin
from ssg_mip.problem.policy_space import EVERY_POLICY, PolicySpace
from ssg_mip.problem.scalarisation import Concave


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
    follower: Rational
    policies: PolicySpace
    origin: Origin | None

    def __init__(
        self,
        game: Game,
        objective: Objective | None = None,
        follower: Rational | None = None,
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
        return not self.policies.restricts and self.floor is None and self.follower.margin == 0.0

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

    def about(self, game: Game) -> Problem:
        """The same question about another game of the same states and actions."""
        return dataclasses.replace(self, game=game)

    def options(self) -> Mapping[str, Any]:
        """What is asked as plain data, for the provenance."""
        what = self.objective.scalarisation
        return {"margin": float(self.follower.margin), **({} if what is None else {"scalarisation": what.options()})}
