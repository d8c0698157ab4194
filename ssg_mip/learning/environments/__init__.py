"""Any game as an environment of gymnasium or PettingZoo, so that other people's learners can play it (extra ``learn``).

=====================  =========================================================================================
function               what it makes
=====================  =========================================================================================
:func:`leader_env`     gymnasium environment of the leader; the follower answers by rule or learns along
:func:`follower_env`   gymnasium environment of the follower; the leader's policy is fixed
:func:`parallel_env`   PettingZoo ``ParallelEnv``: both move at once, neither sees the other's action
:func:`aec_env`        PettingZoo ``AECEnv``: the leader moves, the follower sees the realised action and moves
=====================  =========================================================================================

**Observations** are the state, or for a follower that sees the realised action the pair of state and leader action
(numbered as the game's leader slots); as a number (``encoding="discrete"``) or as zeros and a one (``"one-hot"``).

**Actions** are those of the widest state. The ones that a state has are marked by an ``action_mask`` of ones and zeros:
in ``info`` with gymnasium (what ``sb3-contrib`` asks through ``action_masks()`` is there too), in the observation with
PettingZoo. An action that is not available is refused with an error (``unavailable="refuse"``), or counts modulo the
number of actions that the state has (``"wrap"``), for learners that know no masks.

**Rewards** are the player's own, per step and never discounted. The games have no last step. With
``restart="horizon"`` an episode is truncated after ``horizon`` steps: the learner discounts with the player's discount
(``game.leader_discount``, ``game.follower_discount``) and bootstraps across the truncation. With
``restart="geometric"`` an episode ends after each step with probability one minus the player's discount: the learner
does *not* discount (``gamma=1``), this end is a termination, and the sum of an episode is an unbiased sample of the
discounted value. With two players the larger discount decides, and ``horizon`` bounds episodes under either rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ssg_mip.base.extras import require_learn
from ssg_mip.base.rules import checked
from ssg_mip.game.game import GAME, Game
from ssg_mip.game.observation import Observation
from ssg_mip.game.policy import LEADER_POLICY, LeaderPolicy
from ssg_mip.learning.environments.partners import FollowerLike

if TYPE_CHECKING:
    from ssg_mip.learning.environments.alternating import AlternatingGame
    from ssg_mip.learning.environments.simultaneous import SimultaneousGame
    from ssg_mip.learning.environments.single import FollowerEnv, LeaderEnv

__all__ = ["FollowerLike", "aec_env", "follower_env", "leader_env", "parallel_env"]


@checked(game=GAME)
def leader_env(game: Game, follower: FollowerLike, **options: Any) -> LeaderEnv:
    """The leader's gymnasium environment.

    Parameters
    ----------
    game
        The game.
    follower
        A ``FollowerPolicy``; a function ``(state, leader_action, rng) -> follower_action``; or a learner
        (:class:`~ssg_mip.learning.environments.partners.OnlineFollower`) that also observes what happens.
    options
        ``horizon`` (100), ``restart`` (``"horizon"``), ``encoding`` (``"discrete"``), ``unavailable`` (``"refuse"``).

    Raises
    ------
    OptionError
        If gymnasium is absent or an option is unknown or outside its range.
    """
    require_learn("an environment", "gymnasium")
    from ssg_mip.learning.environments.single import LeaderEnv

    return LeaderEnv(game, follower, **options)


@checked(game=GAME, leader=LEADER_POLICY)
def follower_env(
    game: Game, leader: LeaderPolicy, *, observation: Observation = "policy", **options: Any
) -> FollowerEnv:
    """The follower's gymnasium environment.

    Parameters
    ----------
    game
        The game.
    leader
        The policy that the leader is committed to.
    observation
        Whether the follower sees the realised leader action (``"action"``) or not.
    options
        As for :func:`leader_env`.

    Raises
    ------
    InvalidPolicyError
        If the policy does not fit the game.
    OptionError
        As :func:`leader_env`.
    """
    require_learn("an environment", "gymnasium")
    from ssg_mip.learning.environments.single import FollowerEnv

    return FollowerEnv(game, leader, observation=observation, **options)


@checked(game=GAME)
def parallel_env(game: Game, **options: Any) -> SimultaneousGame:
    """Both players as a PettingZoo ``ParallelEnv``, with the agents ``"leader"`` and ``"follower"``.

    Parameters
    ----------
    game
        The game.
    options
        As for :func:`leader_env`.

    Raises
    ------
    OptionError
        If PettingZoo is absent or an option is unknown or outside its range.
    """
    require_learn("an environment", "gymnasium", "pettingzoo")
    from ssg_mip.learning.environments.simultaneous import SimultaneousGame

    return SimultaneousGame(game, **options)


@checked(game=GAME)
def aec_env(game: Game, **options: Any) -> AlternatingGame:
    """Both players as a PettingZoo ``AECEnv``: the model of observation ``"action"``.

    Parameters
    ----------
    game
        The game.
    options
        As for :func:`leader_env`.

    Raises
    ------
    OptionError
        As :func:`parallel_env`.
    """
    require_learn("an environment", "gymnasium", "pettingzoo")
    from ssg_mip.learning.environments.alternating import AlternatingGame

    return AlternatingGame(game, **options)
