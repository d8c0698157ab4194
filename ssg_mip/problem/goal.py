"""What a leader may want beside a weighted sum: goals as small values, which restate a question about a game."""

from __future__ import annotations

import abc
import dataclasses

from ssg_mip.errors import OptionError
from ssg_mip.game.game import Game
from ssg_mip.problem.objective import Objective
from ssg_mip.problem.origin import Origin
from ssg_mip.problem.policy_space import PolicySpace


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Stated:
    """What a goal may restate of a problem: its game, what the game was made of, its policies and its objective."""

    game: Game
    origin: Origin | None
    policies: PolicySpace
    objective: Objective

    def wanting(self, objective: Objective) -> Stated:
        """The same with another objective.

        Raises
        ------
        OptionError
            If there is a goal already that two could not share a program with.
        """
        if self.objective.goal is not None:
            raise OptionError(
                f"the problem is to maximise {self.objective.goal.kind} already; a second goal beside it is taken only "
                "if it changes the rewards: PriceOnChange per visit, or WithFollower where both discounts are equal"
            )
        return dataclasses.replace(self, objective=objective)


class Goal(abc.ABC):
    """What :meth:`ssg_mip.problem.problem.Problem.maximise` takes beside weights and scalarisations."""

    @abc.abstractmethod
    def of(self, stated: Stated) -> Stated:
        """The question with this goal.

        Raises
        ------
        OptionError
            If the goal does not fit the game, or cannot be honoured beside what else is asked.
        """
