r"""The margin: by how much the follower's answer must beat every other action, in every state.

With ``q(s, b)`` the follower's action values under the leader's policy and his own optimal continuation, a policy
keeps the margin ``m`` if in every state some action ``b*`` has ``q(s, b*) >= q(s, b) + m`` for every ``b != b*``. Then
the response is unique and no tie rule has anything to decide. Such policies form a closed set, so unlike under the tie
rules ``first`` and ``adverse`` a best one exists, if there is any at all: two actions that are the same to the follower
under every leader policy rule out every margin.

Programs state the margin exactly; a policy counts as keeping it up to the tie tolerance.
"""

from __future__ import annotations

from ssg_mip.base.tolerances import DEFAULT_TOLERANCES, MARGIN_IN_TIES, Tolerances
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.best_response import Response, best_response
from ssg_mip.evaluation.value_bounds import tie_thresholds
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.runs.request import Request


def check_margin(game: Game, request: Request) -> None:
    """Raise :class:`OptionError` if the margin is too small to be told from a tie in this game."""
    if request.margin == 0.0:
        return
    least = least_margin(game, request.tolerances)
    if request.margin < least:
        raise OptionError(
            f"margin is {request.margin!r}; smaller ones than {least:.3g} cannot be told from ties in this game: "
            "ask for more, or for 0"
        )


def least_margin(game: Game, tolerances: Tolerances = DEFAULT_TOLERANCES) -> float:
    """The smallest margin that can be told from a tie, in the follower's units."""
    return MARGIN_IN_TIES * float(tie_thresholds(game, tolerances).max())


def keeps_margin(game: Game, response: Response, margin: float, tolerances: Tolerances) -> bool:
    """Whether the response beats every other action by the margin, up to the tie tolerance."""
    return margin == 0.0 or response.advantage >= margin - float(tie_thresholds(game, tolerances).max())


def answer_to(game: Game, policy: LeaderPolicy, request: Request) -> tuple[Response, bool]:
    """The follower's response under the request's tie rule, and whether the policy keeps the margin."""
    response = best_response(game, policy, request.ties, tolerances=request.tolerances)
    return response, keeps_margin(game, response, request.margin, request.tolerances)
