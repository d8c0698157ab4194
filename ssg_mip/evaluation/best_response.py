"""The follower's answer to a committed leader policy, with ties decided as asked.

Against ``f`` the follower solves the MDP that ``f`` induces (Kudo & Akimoto, Definition 2). An optimal commitment
nearly always sits where the follower is indifferent, so the tie rule decides the leader's value:

``leader``
    strong: the tied response that is best for the leader, itself an MDP over the tied actions;
``first``
    the tied action with the lowest index (the deterministic rule of Kudo & Akimoto);
``adverse``
    weak: the tied response that is worst for the leader.

Every leader value that this package reports comes from :func:`best_response`.
"""

from __future__ import annotations

import dataclasses
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ssg_mip.base.frozen import FrozenArrays
from ssg_mip.base.rules import NOT_NEGATIVE, checked, one_of
from ssg_mip.base.tolerances import DEFAULT_TOLERANCES, TOLERANCES, Tolerances
from ssg_mip.evaluation.mdp import DecisionProcess, evaluate, first_best, induced_by_leader, optimal_control
from ssg_mip.evaluation.standard_form import StandardForm, standard_form
from ssg_mip.evaluation.value_bounds import tie_thresholds
from ssg_mip.game.follower_mix import FollowerMix
from ssg_mip.game.game import GAME, Game
from ssg_mip.game.policy import LEADER_POLICY, FollowerPolicy, LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray, IntArray

Ties = Literal["leader", "first", "adverse"]


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Response(FrozenArrays):
    """What the follower does against a leader policy, and what both players get.

    Attributes
    ----------
    follower_policy
        The response chosen by the tie rule.
    leader_values, follower_values
        Exact values of the pair, shape ``[num_states]``.
    tied
        Boolean per follower slot: within the tie tolerance of the best action of its state.
    tied_states
        Boolean per state: more than one action is tied.
    regret
        How far the chosen response is from the follower's optimum, the largest over states (not above
        the largest tie threshold over ``1 - follower_discount``).
    margin
        Smallest advantage, over states, of the best action over the best action that is not tied; infinite where
        nothing else is left.
    advantage
        Smallest advantage, over states, of the best action over every other one, tied ones included; infinite where
        the follower has no choice anywhere.
    mix
        How the follower mixes, where he does: the values are under it, and ``follower_policy`` is what he plays most
        often. ``None`` for a follower who plays ``follower_policy``.
    """

    follower_policy: FollowerPolicy
    leader_values: FloatArray
    follower_values: FloatArray
    tied: NDArray[np.bool_]
    tied_states: NDArray[np.bool_]
    regret: float
    margin: float
    advantage: float
    mix: FollowerMix | None = None


TIES = one_of(get_args(Ties))
"""What an argument ``ties`` must be."""


def check_ties(ties: str) -> None:
    """Raise :class:`OptionError` unless ``ties`` is a known rule."""
    TIES.check("ties", ties)


def _settle(game: Game, leader: DecisionProcess, tied: NDArray[np.bool_], ties: Ties) -> IntArray:
    """The slot that a rule picks in every state among the tied ones."""
    match ties:
        case "leader":
            return optimal_control(leader, allowed=tied).chosen
        case "adverse":
            return optimal_control(leader, allowed=tied, maximise=False).chosen
        case "first":
            return first_best(tied.astype(float), game.follower_offsets)


@checked(game=GAME, policy=LEADER_POLICY, tolerances=TOLERANCES)
def best_response(
    game: Game, policy: LeaderPolicy, ties: Ties = "leader", *, tolerances: Tolerances = DEFAULT_TOLERANCES
) -> Response:
    """The follower's optimal stationary response and the exact values of both players.

    Constants in the rewards and the units of both players play no part: the response is found in the game's standard
    form (:mod:`ssg_mip.evaluation.standard_form`).

    Parameters
    ----------
    game, policy
        The game and the committed leader policy.
    ties
        Which tied response the follower picks.
    tolerances
        ``tolerances.tie`` says what a tie is (:func:`ssg_mip.evaluation.value_bounds.tie_thresholds`).

    Raises
    ------
    InvalidPolicyError
        If the policy does not fit the game.
    OptionError
        If ``ties`` is not a known rule.
    """
    check_ties(ties)
    return _in_own_units(game, policy, ties, tolerances, within=0.0)


@checked(game=GAME, policy=LEADER_POLICY, epsilon=NOT_NEGATIVE, ties=TIES, tolerances=TOLERANCES)
def near_response(
    game: Game,
    policy: LeaderPolicy,
    epsilon: float,
    ties: Ties = "leader",
    *,
    tolerances: Tolerances = DEFAULT_TOLERANCES,
) -> Response:
    """The answer of a follower who accepts to lose ``epsilon`` in every step, and the exact values of both players.

    Parameters
    ----------
    game, policy, tolerances
        As in :func:`best_response`.
    epsilon
        By how much an action may be worse than the best one of its state, when he plays optimally ever after; at least
        0, in his reward units.
    ties
        Which of these answers he gives: the best or the worst for the leader, or the first action.

    Returns
    -------
    Response
        ``tied`` are the actions that he accepts.
    """
    return _in_own_units(game, policy, ties, tolerances, within=epsilon)


def _in_own_units(game: Game, policy: LeaderPolicy, ties: Ties, tolerances: Tolerances, within: float) -> Response:
    """The response of a follower who accepts to lose so much in a step, found in the standard form."""
    form = standard_form(game)
    found = _response(form.standard, policy, ties, tolerances, within / form.follower.unit)
    response = response_out(found, form)
    return _with_own_values(response, game, policy) if form.moves_values else response


def _with_own_values(response: Response, game: Game, policy: LeaderPolicy) -> Response:
    """The response with its values by the game's own rewards: those of another form have lost digits."""
    chosen = response.follower_policy.slots(game)
    leader, follower = (evaluate(process, chosen) for process in induced_by_leader(game, policy))
    return dataclasses.replace(response, leader_values=leader, follower_values=follower)


def response_out(response: Response, form: StandardForm) -> Response:
    """A response in the standard form of a game, in the game's own units."""
    if form.changes_nothing:
        return response
    unit = form.follower.unit
    return dataclasses.replace(
        response,
        leader_values=form.leader.out(response.leader_values),
        follower_values=form.follower.out(response.follower_values),
        regret=unit * response.regret,
        margin=unit * response.margin,
        advantage=unit * response.advantage,
    )


def _response(game: Game, policy: LeaderPolicy, ties: Ties, tolerances: Tolerances, within: float) -> Response:
    """The response in the units of a game in standard form."""
    leader, follower = induced_by_leader(game, policy)
    best = optimal_control(follower)
    state = game.follower_slot_state
    shortfall = best.values[state] - best.action_values
    tied = shortfall <= within + tie_thresholds(game, tolerances)[state]
    tied[best.chosen] = True
    if int(tied.sum()) == game.num_states:
        chosen, follower_values = best.chosen, best.values
    else:
        chosen = _settle(game, leader, tied, ties)
        follower_values = evaluate(follower, chosen)
    others = np.ones(len(shortfall), dtype=bool)
    others[best.chosen] = False
    return Response(
        follower_policy=FollowerPolicy(chosen - game.follower_offsets[:-1]),
        leader_values=evaluate(leader, chosen),
        follower_values=follower_values,
        tied=tied,
        tied_states=np.add.reduceat(tied.astype(np.int64), game.follower_offsets[:-1]) > 1,
        regret=max(0.0, float((best.values - follower_values).max())),
        margin=float(shortfall[~tied].min()) if not tied.all() else float("inf"),
        advantage=max(0.0, float(shortfall[others].min(initial=np.inf))),
    )
