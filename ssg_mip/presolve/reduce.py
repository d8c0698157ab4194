"""Games made smaller, round by round: copies, superfluous answers, states that are never reached.

What is removed from one state narrows what the follower's and the leader's values can be in others, so that more can
be removed there: rounds go on while that happens, at most :data:`MOST_ROUNDS` of them.

Not removed are states that behave alike (*bisimilar* ones) where they leave the leader a choice. Say that two answers
of the follower lead to two such states. A leader who treats them differently, pleasantly in one and badly in the
other, steers the follower's answer by what comes after it; if they were one state he could not. A value would be
lost, and with it the whole point of committing to a policy. Where they leave him none they may be merged
(:mod:`ssg_mip.presolve.merging`).

Nor are leader actions removed that are worth less to both players than another one whatever the follower answers: a
leader may commit to what nobody likes because it keeps the follower from an answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ssg_mip.base.deadline import Checkpoint, OutOfTime, unhurried
from ssg_mip.base.tolerances import DEFAULT_TOLERANCES, Tolerances
from ssg_mip.evaluation.best_response import Ties, check_ties
from ssg_mip.evaluation.reach import reached_states
from ssg_mip.evaluation.value_bounds import ValueBounds, follower_value_bounds, leader_value_bounds
from ssg_mip.game.copies import first_of_leader
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.presolve.effort import Effort
from ssg_mip.presolve.merging import states_alike
from ssg_mip.presolve.restriction import reduced_by, unreduced
from ssg_mip.presolve.superfluous import Removals, Superfluous, superfluous_answers
from ssg_mip.presolve.way_back import weights_in
from ssg_mip.proofs.reduction import Dominance, Reduction, Round

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]

MOST_ROUNDS = 3
"""Rounds in which follower actions are looked for."""

NARROWED = 0.98
"""Share of its width to which a bound must shrink for a state before it to be looked at again."""

LEAST_SHARE = 1e-14
"""Shares below this are left out of a mixture that others were put into."""


def reduce_game(
    game: Game,
    *,
    weights: FloatArray | None,
    ties: Ties,
    checkpoint: Checkpoint = unhurried,
    merging: bool = False,
    tolerances: Tolerances = DEFAULT_TOLERANCES,
) -> Reduction:
    """Remove from a game what changes no value that is asked for.

    It is for policies without rows or floors, and for a follower without a margin: with a margin every action counts.

    Parameters
    ----------
    game
        The game.
    weights
        Weights of the states whose values are asked for; states that play never reaches from there go. ``None`` where
        all values are asked for: all states stay, and so does what only bounds on the leader's values show to be
        superfluous.
    ties
        What the follower does when indifferent.
    checkpoint
        Called now and then. If it raises :class:`~ssg_mip.base.deadline.OutOfTime`, what was removed so far counts.
    merging
        Whether states that are alike and leave the leader no choice may be merged; never without ``weights``.
    tolerances
        What counts as a tie.

    Returns
    -------
    Reduction
        Without rounds if nothing can be removed.
    """
    check_ties(ties)
    found = unreduced(game)
    effort = Effort(checkpoint)
    at_rest = np.zeros(game.num_states, dtype=bool)
    widths = np.full(game.num_states, np.inf)
    try:
        for _ in range(MOST_ROUNDS):
            found = _without_unreached(found, weights)
            checkpoint()
            narrowed = _narrowed(found, widths)
            superfluous = superfluous_answers(
                found.reduced,
                ties,
                effort,
                any_values=weights is None,
                skipped=frozenset(np.flatnonzero(at_rest[found.states] | ~narrowed).tolist()),
                tolerances=tolerances,
            )
            at_rest[found.states[sorted(superfluous.at_rest)]] = True
            step = _round(found, superfluous)
            if step is None:
                break
            found = reduced_by(found, step)
        if merging and weights is not None:
            found = _with_merged(found, checkpoint)
        found = _without_unreached(found, weights)
    except OutOfTime:
        pass
    return found


def _narrowed(found: Reduction, widths: FloatArray) -> Mask:
    """The states that are left and lead to one whose bounds have shrunk since; ``widths`` is brought up to date."""
    game = found.reduced
    now = follower_value_bounds(game).width
    shrunk = now < NARROWED * widths[found.states]
    widths[found.states] = np.where(shrunk, now, widths[found.states])
    origin = np.repeat(game.row_state, np.diff(game.indptr))
    return np.bincount(origin, shrunk[game.successors], game.num_states) > 0.0


def _without_unreached(found: Reduction, weights: FloatArray | None) -> Reduction:
    """A reduction without the states that play does not reach from those with weights."""
    if weights is None:
        return found
    kept = reached_states(found.reduced, weights_in(found, weights) > 0.0)
    return found if kept.all() or not kept.any() else reduced_by(found, Round(states=found.states[kept]))


def _with_merged(found: Reduction, checkpoint: Checkpoint) -> Reduction:
    """A reduction in which states that are alike are one."""
    alike = states_alike(found.reduced, checkpoint)
    if not alike:
        return found
    return reduced_by(found, Round(merged=tuple((int(found.states[s]), int(found.states[t])) for s, t in alike)))


def _round(found: Reduction, superfluous: Superfluous) -> Round | None:
    """What goes next; ``None`` for nothing."""
    copies = _copies(found)
    if not superfluous.removals and not copies:
        return None
    follower, leader = superfluous.bounds_used
    return Round(
        follower=_ends(follower_value_bounds(found.reduced)) if follower else None,
        leader=_ends(leader_value_bounds(found.reduced)) if leader else None,
        dominated=_dominances(found, superfluous.removals),
        copies=copies,
    )


def _ends(bounds: ValueBounds) -> tuple[FloatArray, FloatArray]:
    return bounds.lower, bounds.upper


def _copies(found: Reduction) -> tuple[tuple[int, int, int], ...]:
    """Leader actions that are copies, as the round names them."""
    game = found.reduced
    first = first_of_leader(game)
    copies = []
    for slot in np.flatnonzero(first != np.arange(len(first))).tolist():
        place = int(game.leader_slot_state[slot])
        start, actions = int(game.leader_offsets[place]), found.leader_actions[place]
        copies.append((int(found.states[place]), int(actions[slot - start]), int(actions[int(first[slot]) - start])))
    return tuple(copies)


def _dominances(found: Reduction, removals: Removals) -> tuple[Dominance, ...]:
    """Removals as the round names them, by actions that stay."""
    dominances = []
    for place, removed in sorted(removals.items()):
        final: dict[int, Mapping[int, float]] = {}
        for action, by in reversed(removed):
            final[action] = _of_kept(dict(by), final)
        actions, state = found.follower_actions[place], int(found.states[place])
        dominances += [
            Dominance(
                state=state,
                action=int(actions[action]),
                by=tuple((int(actions[one]), share) for one, share in sorted(mix.items())),
            )
            for action, mix in sorted(final.items())
        ]
    return tuple(dominances)


def _of_kept(mix: Mapping[int, float], final: Mapping[int, Mapping[int, float]]) -> Mapping[int, float]:
    """A mixture in which actions that go later are replaced by what makes them go."""
    if not any(one in final for one in mix):
        return mix
    kept: dict[int, float] = {}
    for one, share in mix.items():
        for other, part in final.get(one, {one: 1.0}).items():
            kept[other] = kept.get(other, 0.0) + share * part
    largest = max(kept.values())
    return {one: share for one, share in kept.items() if share > LEAST_SHARE * largest}
