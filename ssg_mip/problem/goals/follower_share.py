r"""A leader who cares for the follower: his own value, and a share of the follower's.

The goal is ``rho @ V + share * rho @ v``. Where both discount alike that is the value of the reward
``r_A + share * r_B``, from every state: the problem is about the game with that reward, the follower's is as it was,
and so are his answers and his ties. It is a share of what he will have earned, also where he answers by something else.
Where discounts differ, the values by which he answers stand in the objective beside the leader's; of a follower who
does not answer by his discounted rewards there is no such share.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from ssg_mip.base.rules import NOT_NEGATIVE
from ssg_mip.evaluation.mdp import evaluate, induced_by_leader
from ssg_mip.problem.goal import Goal, Stated
from ssg_mip.problem.goals.carried import carried
from ssg_mip.problem.origin import Played, Remade
from ssg_mip.problem.rising import LeastOf

SHARED_TOLD = "with_follower"
"""Name under which an answer says what each player gets."""


@dataclasses.dataclass(frozen=True)
class WithFollower(Goal):
    """The leader's value plus a share of the follower's, from the weights of the problem.

    Attributes
    ----------
    share
        At least 0: what a unit of the follower's value is worth to the leader.
    """

    share: float

    def __post_init__(self) -> None:
        NOT_NEGATIVE.check("share", self.share)

    def of(self, stated: Stated) -> Stated:
        """The question about the other reward, or with the follower's values in its objective."""
        game, share = stated.game, float(self.share)
        if game.leader_discount != game.follower_discount:
            weights = stated.objective.weights
            what = LeastOf.of("with-follower", ("both players",), weights[None, :], share * weights[None, :])
            return stated.wanting(dataclasses.replace(stated.objective, goal=what))
        made = game.replace(
            name=f"{game.name} with {share:g} of the follower's",
            leader_rewards=game.leader_rewards + share * game.follower_rewards,
            known=None,
        )
        return dataclasses.replace(
            stated,
            game=made,
            origin=Shared(game=game, before=stated.origin, share=share),
            policies=carried(game, stated.policies, "WithFollower"),
        )


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Shared(Remade):
    """A game in whose leader's rewards a share of the follower's counts."""

    share: float

    def played_there(self, played: Played) -> Played:
        """The same, with both players' values by the game's own rewards and discounts.

        The follower's may be others than those that he counts: one who looks no further than the next step earns later.
        """
        slots = played.follower.slots(self.game)
        own, theirs = (evaluate(one, slots) for one in induced_by_leader(self.game, played.leader))
        return dataclasses.replace(played, leader_values=own, follower_values=theirs)

    def told_of(self, there: Played, played: Played) -> Mapping[str, Any]:
        """``with_follower``: the share, and by state the leader's own value and that of both."""
        names = self.game.state_names
        return {
            SHARED_TOLD: {
                "share": self.share,
                "leader_value": float(self.game.initial @ there.leader_values),
                "follower_value": float(self.game.initial @ there.follower_values),
                "leader_values": dict(zip(names, there.leader_values.tolist(), strict=True)),
                "both": dict(zip(names, played.leader_values.tolist(), strict=True)),
            }
        }
