"""All that restricts the policies of a space, in words: what users said, and the rest as rows of its own name.

Results say of which policies their bounds hold. So what stands in a space without a constraint of the user's (labels,
the limits of payments, rows written by hand) is stated like one.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections import Counter
from collections.abc import Iterator, Sequence

from ssg_mip.game.game import Game
from ssg_mip.problem.constraints.constraint import Constraint
from ssg_mip.problem.constraints.observing import Observe
from ssg_mip.problem.constraints.outcomes import Cost, ValueAtLeast
from ssg_mip.problem.constraints.probabilities import Require, Sense, Term
from ssg_mip.problem.constraints.support import AtMostActions
from ssg_mip.problem.policy_space import PolicyRow, PolicySpace
from ssg_mip.problem.wider_rows import CostRow

LABELS = "labels"
"""What the labels of the leader are called among constraints."""


def stated(game: Game, space: PolicySpace, constraints: Sequence[Constraint]) -> tuple[Constraint, ...]:
    """The constraints, and what else a space says: rows, costs, values and limits, and labels last."""
    said = set[str]().union(*(one.space(game).names for one in constraints))
    own: list[Constraint] = []
    labels = list(_labels(game, space, constraints))
    said = said.union(*(one.space(game).names for one in labels))
    rest = space.without(said)
    own += [one for row in rest.rows for one in _rows(game, row)]
    own += [one for cost in rest.costs for one in _costs(game, cost)]
    names = (*game.state_names, None)
    own += [
        ValueAtLeast(name=row.name, state=names[-1 if row.state is None else row.state], value=row.least)
        for row in rest.values
    ]
    own += [AtMostActions(name=one.name, state=game.state_names[one.state], actions=one.most) for one in rest.supports]
    own += labels
    return (*constraints, *_with_names_of_their_own(own, {one.name for one in constraints}))


def _with_names_of_their_own(own: Sequence[Constraint], taken: set[str]) -> Iterator[Constraint]:
    """The same, with a number behind a name that is taken."""
    for one in own:
        numbered = (f"{one.name} {number}" for number in itertools.count(2))
        name = next(name for name in itertools.chain((one.name,), numbered) if name not in taken)
        taken.add(name)
        yield dataclasses.replace(one, name=name)


def _labels(game: Game, space: PolicySpace, constraints: Sequence[Constraint]) -> Iterator[Observe]:
    """The labels that several states share, if there are any."""
    if any(isinstance(one, Observe) for one in constraints):
        return
    often = Counter(space.observed)
    shared = tuple(
        (state, label) for state, label in zip(game.state_names, space.observed, strict=False) if often[label] > 1
    )
    if shared:
        yield Observe(name=LABELS, labels=shared)


def _ends(lower: float, upper: float) -> list[tuple[str, Sense, float]]:
    """Name, sense and limit of each side."""
    if lower == upper:
        return [("", "==", upper)]
    both = math.isfinite(lower) and math.isfinite(upper)
    above: list[tuple[str, Sense, float]] = [("", "<=", upper)] if math.isfinite(upper) else []
    return above + ([(" from below" if both else "", ">=", lower)] if math.isfinite(lower) else [])


def _rows(game: Game, row: PolicyRow) -> Iterator[Require]:
    """A row, each side by itself."""
    slots = row.coefficients.nonzero()[0].tolist()
    terms = tuple(term_of(game, slot, float(row.coefficients[slot])) for slot in slots)
    for suffix, sense, limit in _ends(row.lower, row.upper):
        yield Require(name=f"{row.name}{suffix}", terms=terms, sense=sense, limit=float(limit))


def term_of(game: Game, slot: int, number: float) -> Term:
    """A number of a leader slot by names."""
    s = int(game.leader_slot_state[slot])
    return game.state_names[s], game.leader_actions[s][slot - int(game.leader_offsets[s])], number


def _costs(game: Game, cost: CostRow) -> Iterator[Cost]:
    """A bound on costs, each side by itself: from below as one on the costs with the other sign."""
    terms = []
    for row in cost.costs.nonzero()[0].tolist():
        s = int(game.row_state[row])
        leader = int(game.row_leader_slot[row] - game.leader_offsets[s])
        answer = int(game.row_follower_slot[row] - game.follower_offsets[s])
        names = (game.state_names[s], game.leader_actions[s][leader], game.follower_actions[s][answer])
        terms.append((*names, float(cost.costs[row])))
    sides = [(1.0, cost.upper, ""), (-1.0, -cost.lower, " from below" if math.isfinite(cost.upper) else "")]
    for sign, limit, suffix in sides:
        if math.isfinite(limit):
            signed = tuple((*names, sign * own) for *names, own in terms)
            yield Cost(name=f"{cost.name}{suffix}", costs=signed, at_most=float(limit))  # type: ignore[arg-type]
