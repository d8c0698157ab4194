"""The exact programs in the forms that are exported, with the rows of a policy space in each of them.

In the forms ``bilinear`` and ``milp`` the leader's policy is a variable, and so are rows on it and, in the former,
floors under the leader's values. In the occupancy forms, ``strong`` and ``relaxation``, they stand as
:mod:`~ssg_mip.programs.policy_block` writes them. Where rows couple states such a form is exact only if the follower
gives one answer in these, which our own search sees to by branching: for other solvers binaries ``answer(s, b)`` do,
``sum_a x(s, a, b) <= answer(s, b)``.

Along another scalarisation than a weighted sum the commitment program maximises its ``level``, with one row for each
piece.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Collection
from typing import Any, Literal

import numpy as np

from ssg_mip.base.deadline import Checkpoint, unhurried
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.best_response import best_response
from ssg_mip.evaluation.occupancy_bounds import occupancy_bounds
from ssg_mip.evaluation.value_bounds import ValueBounds, follower_value_bounds, leader_value_bounds, roomy
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.policy_space import Scope
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.scalarisation import Concave, ConcavePieces, StepObjective
from ssg_mip.programs.direction import Demand, Direction
from ssg_mip.programs.program import Program

Kind = Literal["improvement", "commitment"]
Form = Literal["bilinear", "strong", "milp", "relaxation"]

ROUNDED_VALUES = 1e-9
"""By how much, relative to their size, values to improve on are lowered in the form ``milp``.

Often only one policy is as good as the given one, itself, with equality: readers lose it to the rounding of its values.
"""


_ROWS = frozenset({Scope.STATEWISE, Scope.COUPLING})

TAKES = {
    ("commitment", "bilinear"): frozenset(Scope),
    ("commitment", "strong"): _ROWS | {Scope.VALUE},
    ("commitment", "relaxation"): _ROWS | {Scope.VALUE},
    ("commitment", "milp"): _ROWS | {Scope.SUPPORT},
    ("commitment", "milp with levels"): _ROWS,
    ("improvement", "bilinear"): _ROWS | {Scope.SUPPORT},
    ("improvement", "strong"): _ROWS,
    ("improvement", "relaxation"): _ROWS,
    ("improvement", "milp"): _ROWS | {Scope.SUPPORT},
    ("improvement", "milp with levels"): _ROWS,
}
"""Which restrictions of the policies a form states. Deterministic policies keep every limit on used actions."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Wanted:
    """Which program is written, and how.

    Attributes
    ----------
    program, form
        As in :func:`ssg_mip.export`.
    policy
        The policy to improve on; uniform if absent.
    scalarisation
        What is maximised in place of a weighted sum.
    levels
        In the form ``milp``: probabilities are multiples of one over this number; 0 and 1 if absent.
    """

    program: Kind
    form: Form
    policy: LeaderPolicy | None = None
    scalarisation: Concave | None = None
    levels: int | None = None


def refuse_goals(problem: Problem, where: str) -> None:
    """Raise :class:`OptionError` if a problem has a goal of its own; ``where`` follows "which"."""
    if problem.objective.goal is not None:
        raise OptionError(f"the problem has the goal {problem.objective.goal.kind!r}, which {where}: use solve")


def refuse_scopes(problem: Problem, taken: Collection[Scope], where: str) -> None:
    """Raise :class:`OptionError` if a problem restricts policies by other scopes; ``where`` follows "which"."""
    for scope, names in problem.names_by_scope().items():
        if scope not in taken:
            raise OptionError(
                f"there are {scope.words}, which {where}: {', '.join(names)}; use solve, or leave them out"
            )


def write_form(problem: Problem, wanted: Wanted, checkpoint: Checkpoint = unhurried) -> Program:
    """The program of a problem in a form.

    Raises
    ------
    OptionError
        If the form cannot state what the problem asks for.
    """
    if wanted.levels is not None and wanted.form != "milp":
        raise OptionError(
            f"levels is {wanted.levels!r} while form is {wanted.form!r}; levels belong to the form 'milp'"
        )
    refuse_goals(problem, "the programs do not state")
    form = "milp with levels" if wanted.levels is not None else wanted.form
    refuse_scopes(
        problem, TAKES[wanted.program, form], f"the {wanted.program} program in the form {wanted.form!r} does not state"
    )
    write = _improvement if wanted.program == "improvement" else _commitment
    return write(problem, wanted, checkpoint)


def _without_floor(problem: Problem, where: str) -> None:
    if problem.floor is not None:
        raise OptionError(
            f"the problem asks for values of the leader, which {where} cannot state: export the commitment program in "
            "the form 'bilinear', or leave them out"
        )


# -------------------------------------------------------------------- commitment


def _commitment(problem: Problem, wanted: Wanted, checkpoint: Checkpoint) -> Program:
    what = None if wanted.scalarisation is None else wanted.scalarisation.pieces
    match wanted.form:
        case "bilinear":
            return _compact_commitment(problem, what, checkpoint)
        case "milp":
            return _restricted_commitment(problem, what, wanted.levels, checkpoint)
        case "strong":
            return _strong_commitment(problem, what, follower_value_bounds(problem.game), checkpoint)
        case "relaxation":
            return _relaxed(_strong_commitment(problem, what, _boxes(problem.game), checkpoint, pure=False), checkpoint)


def _boxes(game: Game) -> ValueBounds:
    """Boxes for the forms whose rows hold the ends of a box; the products of ``strong`` do without them."""
    return roomy(follower_value_bounds(game))


def _compact_commitment(problem: Problem, what: ConcavePieces | None, checkpoint: Checkpoint) -> Program:
    from ssg_mip.programs.compact import compact_commitment
    from ssg_mip.programs.compact_rows import maximise_pieces, with_policies

    game = problem.game
    program = compact_commitment(
        game,
        problem.weights,
        follower_bounds=_boxes(game),
        leader_bounds=roomy(leader_value_bounds(game)),
        margin=problem.follower.margin,
        checkpoint=checkpoint,
    )
    if what is not None:
        maximise_pieces(program.model, what, _range(game, what))
    return with_policies(program, game, problem.policies, checkpoint)


def _restricted_commitment(
    problem: Problem, what: ConcavePieces | None, levels: int | None, checkpoint: Checkpoint
) -> Program:
    from ssg_mip.programs.deterministic import deterministic_commitment
    from ssg_mip.programs.grid import grid_commitment

    game, margin = problem.game, problem.follower.margin
    if what is not None:
        raise OptionError("the form 'milp' of the commitment program maximises a weighted sum: ask for another form")
    _without_floor(problem, "the form 'milp'")
    if levels is None:
        program = deterministic_commitment(
            game,
            problem.weights,
            follower_bounds=_boxes(game),
            margin=margin,
            policies=problem.policies,
            checkpoint=checkpoint,
        )
    else:
        program = grid_commitment(
            game,
            problem.weights,
            levels,
            follower_bounds=_boxes(game),
            leader_bounds=roomy(leader_value_bounds(game)),
            margin=margin,
            policies=problem.policies,
        )
    return program


def _strong_commitment(
    problem: Problem,
    what: ConcavePieces | None,
    bounds: ValueBounds,
    checkpoint: Checkpoint,
    *,
    pure: bool = True,
) -> Program:
    """The occupancy form; ``pure`` says in coupled states that the follower gives one answer."""
    from ssg_mip.programs.commitment import commitment_along
    from ssg_mip.programs.policy_block import PolicyRows
    from ssg_mip.programs.rows import Selection

    game, space = problem.game, problem.policies
    rows = PolicyRows.of(game, space)
    if space.rows and (problem.floor is not None or what is not None):
        raise OptionError(
            "the problem has rows on the policy beside floors or a scalarisation, for each of which an occupancy form "
            "has a policy of its own: export the form 'bilinear'"
        )
    if rows.coupled_states:
        visits = occupancy_bounds(game, problem.weights)
        rows = dataclasses.replace(rows, visits=ValueBounds(visits.lower, visits.upper))
    direction = _direction(problem, what)
    selection = Selection.everything(game, problem.follower.margin, checkpoint)
    program = commitment_along(game, direction, bounds, selection=selection, rows=rows)
    if pure and rows.coupled_states:
        _add_pure_answers(program.model, game, rows.coupled_states)
    return program


def _direction(problem: Problem, what: ConcavePieces | None) -> Direction:
    """The weighted sum with its floors, or the pieces of a scalarisation as demands that rise together."""
    if what is None:
        floor = problem.floor
        asked = {} if floor is None else {s: float(c) for s, c in enumerate(floor) if math.isfinite(c)}
        return Direction.of_sum(problem.weights, asked)
    _without_floor(problem, "a scalarisation in the occupancy forms")
    nothing = np.zeros(problem.game.num_states)
    demands = tuple(
        Demand(leader=weights, follower=nothing, least=-float(constant), slope=1.0)
        for weights, constant in zip(what.weights, what.offsets, strict=True)
    )
    bottom, top = _range(problem.game, what)
    return Direction(demands=demands, bottom=bottom, top=top)


def _range(game: Game, what: ConcavePieces) -> tuple[float, float]:
    """The least and the largest value that a scalarisation can have."""
    bounds = roomy(leader_value_bounds(game))
    return what(bounds.lower), what(bounds.upper)


def _add_pure_answers(model: Any, game: Game, states: tuple[int, ...]) -> None:
    """In these states all probability lies on one answer."""
    import pyomo.environ as pyo

    from ssg_mip.programs.tags import tagged

    pairs = [(s, b) for s in states for b in range(int(game.follower_counts[s]))]
    model.answer = tagged(pyo.Var(pairs, domain=pyo.Binary), "sb")

    def mass(m: Any, s: int, b: int) -> Any:
        played = [m.x[s, a, b] for a in range(int(game.leader_counts[s])) if (s, a, b) in m.x]
        return pyo.quicksum(played) <= m.answer[s, b]

    model.given_answer = tagged(pyo.Constraint(pairs, rule=mass), "sb")
    one = pyo.Constraint(
        list(states),
        rule=lambda m, s: pyo.quicksum(m.answer[s, b] for b in range(int(game.follower_counts[s]))) == 1.0,
    )
    model.one_answer = tagged(one, "s")


def _relaxed(program: Program, checkpoint: Checkpoint) -> Program:
    from ssg_mip.programs.linearise import replace_by_envelopes

    return replace_by_envelopes(program, checkpoint)


# -------------------------------------------------------------------- improvement


def _improvement(problem: Problem, wanted: Wanted, checkpoint: Checkpoint) -> Program:
    game = problem.game
    _without_floor(problem, "the improvement program")
    policy = LeaderPolicy.uniform(game) if wanted.policy is None else wanted.policy
    broken = [row.name for row in problem.policies.rows if not row.holds(policy.slots(game))]
    if broken:
        raise OptionError(f"the policy to improve on breaks the rows {', '.join(broken)}; give one that is allowed")
    values = best_response(game, policy).leader_values
    objective: StepObjective = problem.weights
    if wanted.scalarisation is not None:
        objective = wanted.scalarisation.pieces.gains_over(values)
    match wanted.form:
        case "bilinear":
            return _compact_improvement(problem, values, objective, checkpoint)
        case "milp":
            return _restricted_improvement(problem, values, objective, wanted.levels, checkpoint)
        case "strong":
            return _strong_improvement(problem, values, objective, follower_value_bounds(game), checkpoint)
        case "relaxation":
            exact = _strong_improvement(problem, values, objective, _boxes(game), checkpoint, pure=False)
            return _relaxed(exact, checkpoint)


def _compact_improvement(
    problem: Problem, values: FloatArray, objective: StepObjective, checkpoint: Checkpoint
) -> Program:
    from ssg_mip.programs.compact import compact_improvement

    return _with_rows(problem, compact_improvement, values, objective, checkpoint)


def _restricted_improvement(
    problem: Problem, values: FloatArray, objective: StepObjective, levels: int | None, checkpoint: Checkpoint
) -> Program:
    from ssg_mip.programs.deterministic import deterministic_improvement

    if levels is not None:
        raise OptionError(f"levels is {levels!r}; they belong to the commitment program in the form 'milp'")
    lowered = values - ROUNDED_VALUES * (1.0 + np.abs(values))
    return _with_rows(problem, deterministic_improvement, lowered, objective, checkpoint)


def _with_rows(
    problem: Problem,
    written: Callable[..., Program],
    values: FloatArray,
    objective: StepObjective,
    checkpoint: Checkpoint,
) -> Program:
    from ssg_mip.programs.compact_rows import with_policies

    game, given = problem.game, {"margin": problem.follower.margin, "checkpoint": checkpoint}
    program = written(game, values, objective, follower_bounds=_boxes(game), **given)
    return with_policies(program, game, problem.policies, checkpoint)


def _strong_improvement(
    problem: Problem,
    values: FloatArray,
    objective: StepObjective,
    bounds: ValueBounds,
    checkpoint: Checkpoint,
    *,
    pure: bool = True,
) -> Program:
    from ssg_mip.programs.improvement import improvement
    from ssg_mip.programs.policy_block import PolicyRows
    from ssg_mip.programs.rows import Selection

    game, rows = problem.game, PolicyRows.of(problem.game, problem.policies)
    selection = Selection.everything(game, problem.follower.margin, checkpoint)
    program = improvement(game, values, objective, bounds, selection=selection, rows=rows)
    if pure and rows.coupled_states:
        _add_pure_answers(program.model, game, rows.coupled_states)
    return program
