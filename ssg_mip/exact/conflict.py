"""Which rows on the leader's policy contradict each other: found by linear programs, proven by multipliers.

One program asks how far all rows together must be widened before some policy keeps them. If that is more than the
tolerance of the rows, its multipliers name the rows that stand in each other's way. Of the constraints they belong to,
one after the other is left out for good if the rest still contradict each other (the deletion filter of Chinneck &
Dravnieks, ORSA J. Computing 3, 1991); what is left is minimal.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from ssg_mip.errors import InfeasibleError
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.lp.highs import OneShotLp
from ssg_mip.lp.interface import LinearProgram, LpStatus
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.constraints.conflict import Conflict, ConflictLine
from ssg_mip.problem.constraints.constraint import Constraint
from ssg_mip.problem.constraints.stated import term_of
from ssg_mip.problem.policy_space import ROW_TOLERANCE, Side
from ssg_mip.problem.problem import Problem

LEAST_MULTIPLIER = 1e-9
"""Share of the largest multiplier below which one counts as none."""


def find_conflict(problem: Problem) -> Conflict | None:
    """Constraints on the leader's probabilities that no policy keeps together, as few as possible; ``None`` if none.

    Parameters
    ----------
    problem
        The problem; what its constraints say of costs, values and numbers of actions plays no part.

    Returns
    -------
    Conflict or None
        Only what is proven in exact arithmetic.
    """
    game = problem.game
    sides = [side for one in problem.stated for side in _sides(one, game)]
    if not sides:
        return None
    finder = _Finder(game)
    widening, _, multipliers = finder.solve(sides)
    if widening <= ROW_TOLERANCE:
        return None
    named = {sides[place].row for place in np.flatnonzero(multipliers).tolist()}
    chosen = [one.name for one in problem.stated if one.name in named]
    if finder.widening_of(_of(sides, chosen)) <= ROW_TOLERANCE:
        chosen = list(dict.fromkeys(side.row for side in sides))
    without: dict[str, LeaderPolicy] = {}
    for name in list(chosen):
        rest = [other for other in chosen if other != name]
        widening, policy, _ = finder.solve(_of(sides, rest))
        if widening <= ROW_TOLERANCE:
            without[name] = policy
        else:
            chosen = rest
    kept = _of(sides, chosen)
    _, _, multipliers = finder.solve(kept)
    found = Conflict(
        constraints=tuple(chosen),
        lines=tuple(_line(game, side, float(y)) for side, y in zip(kept, multipliers.tolist(), strict=True) if y > 0.0),
        without=_that_keep(problem, chosen, without),
    )
    return found if found.excess(game) > 0 else None


def refuse_conflict(problem: Problem) -> None:
    """Raise :class:`~ssg_mip.errors.InfeasibleError` if rows on the probabilities contradict each other."""
    found = find_conflict(problem)
    if found is not None:
        raise InfeasibleError(f"{found.statement}: leave one of them out with problem.without(name)")


def _that_keep(problem: Problem, chosen: Sequence[str], found: dict[str, LeaderPolicy]) -> dict[str, LeaderPolicy]:
    """The policies that keep the rows of all but one of the chosen constraints, as rows are judged."""
    game = problem.game
    spaces = {one.name: one.space(game) for one in problem.stated if one.name in chosen}
    return {
        name: policy
        for name, policy in found.items()
        if name in chosen and all(spaces[other].holds(game, policy) for other in chosen if other != name)
    }


def _of(sides: Sequence[Side], names: Sequence[str]) -> list[Side]:
    return [side for side in sides if side.row in names]


def _sides(constraint: Constraint, game: Game) -> list[Side]:
    """The inequalities of a constraint, with its name; an equation gives two."""
    sides = (half for row in constraint.space(game).rows for side in row.sides for half in side.inequalities)
    return [dataclasses.replace(side, row=constraint.name) for side in sides]


def _line(game: Game, side: Side, multiplier: float) -> ConflictLine:
    slots = np.flatnonzero(side.coefficients).tolist()
    terms = tuple(term_of(game, slot, float(side.coefficients[slot])) for slot in slots)
    return ConflictLine(constraint=side.row, terms=terms, at_most=side.limit, multiplier=multiplier)


class _Finder:
    """Solves how far some inequalities must be widened."""

    def __init__(self, game: Game) -> None:
        self._game = game
        self._lp = OneShotLp()

    def widening_of(self, sides: Sequence[Side]) -> float:
        """By which share of its size every inequality must be widened before a policy keeps all."""
        return self.solve(sides)[0]

    def solve(self, sides: Sequence[Side]) -> tuple[float, LeaderPolicy, FloatArray]:
        """The widening, a policy that keeps the widened inequalities, and multipliers of at least 0."""
        game = self._game
        states, count = game.num_states, int(game.leader_offsets[-1])
        if not sides:
            return 0.0, LeaderPolicy.uniform(game), np.zeros(0)
        answer = self._lp.solve(self._program(sides))
        if answer.status is not LpStatus.OPTIMAL:
            return 0.0, LeaderPolicy.uniform(game), np.zeros(len(sides))
        policy = LeaderPolicy.from_slots(game, answer.point[:count])
        multipliers = np.abs(answer.row_dual[states:])
        multipliers[multipliers <= LEAST_MULTIPLIER * multipliers.max(initial=0.0)] = 0.0
        return float(answer.point[count]), policy, multipliers

    def _program(self, sides: Sequence[Side]) -> LinearProgram:
        """Minimise ``t >= 0`` with ``C @ f - size t <= c``."""
        game = self._game
        count = int(game.leader_offsets[-1])
        places = [np.flatnonzero(side.coefficients) for side in sides]
        indices = [np.arange(count), *(np.append(own, count) for own in places)]
        values = [np.ones(count)]
        values += [np.append(side.coefficients[own], -side.size) for side, own in zip(sides, places, strict=True)]
        ends = np.cumsum([len(own) + 1 for own in places]) + count
        ones, none = np.ones(game.num_states), np.full(len(sides), -np.inf)
        objective = np.zeros(count + 1)
        objective[-1] = -1.0
        return LinearProgram(
            objective=objective,
            starts=np.concatenate((game.leader_offsets, ends)),
            indices=np.concatenate(indices),
            values=np.concatenate(values),
            row_lower=np.concatenate((ones, none)),
            row_upper=np.concatenate((ones, [side.limit for side in sides])),
            column_lower=np.zeros(count + 1),
            column_upper=np.concatenate((np.ones(count), [np.inf])),
        )
