r"""LP files of the exact programs, to be read by people and by other solvers.

Four forms of either program:

``bilinear``
    the compact exact program (:mod:`~ssg_mip.programs.compact`), products as quadratic *constraints* and one
    variable as the objective: several readers take a bilinear objective for a convex one. SCIP and Gurobi solve it;
``strong``
    the exact program that our own search solves (occupancy form, disjunctive hull), products as quadratic
    constraints; more rows, much easier for a spatial branch and bound;
``milp``
    the mixed-integer program over deterministic leader policies: exact within that class, a lower bound on the
    exact optimum;
``relaxation``
    the strong form with McCormick's inequalities on the root box in place of the products: an upper bound.

The last two are linear and can be read by HiGHS, CBC and GLPK too, with their presolve: boxes of values that have all
but collapsed get room, and coefficients too small to be read alike are taken out
(:mod:`~ssg_mip.programs.small_numbers`). Beside ``NAME.lp`` stands ``NAME.lp.names.json``, which
maps every row and column of the file to the component of the written formulation and to the game's own names.
"""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from ssg_mip.base.deadline import DEADLINE, Checkpoint, Deadline, OutOfTime, giving_up, unhurried
from ssg_mip.base.rules import NOT_NEGATIVE, PATH, SECONDS, checked, one_of, optional
from ssg_mip.errors import OptionError, TooLargeError
from ssg_mip.evaluation.best_response import best_response
from ssg_mip.evaluation.value_bounds import ValueBounds, follower_value_bounds, leader_value_bounds, roomy
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LEADER_POLICY, LeaderPolicy
from ssg_mip.io.safe_io import write_atomically
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.asked import Scalarising, asked, refuse
from ssg_mip.problem.policy_space import Scope
from ssg_mip.problem.problem import PROBLEM, Problem
from ssg_mip.problem.scalarisation import Concave, StepObjective, WeightedSum, scalarisation_of
from ssg_mip.problem.weights import state_weights
from ssg_mip.programs.coupling import Coupling
from ssg_mip.programs.lp_names import LETTERS, FileNames
from ssg_mip.programs.program import Program, given_up_quietly
from ssg_mip.programs.small_numbers import without_small_numbers

Kind = Literal["improvement", "commitment"]
Form = Literal["bilinear", "strong", "milp", "relaxation"]

MOST_PRODUCTS = 300_000
"""Products in the largest program that is written, at about four kilobytes of memory and a tenth of a millisecond."""


ROUNDED_VALUES = 1e-9
"""By how much, relative to their size, values to improve on are lowered in the form ``milp``.

Often only one policy is as good as the given one, itself, with equality: readers lose it to the rounding of its values.
"""


@checked(
    game=PROBLEM,
    path=PATH,
    policy=optional(LEADER_POLICY),
    margin=NOT_NEGATIVE,
    time_limit=optional(SECONDS),
    deadline=optional(DEADLINE),
)
def export(
    game: Game | Problem,
    path: str | os.PathLike[str],
    program: Kind = "improvement",
    form: Form = "bilinear",
    policy: LeaderPolicy | None = None,
    weights: ArrayLike | Mapping[str, float] | None = None,
    *,
    margin: float = 0.0,
    scalarisation: Scalarising = None,
    time_limit: float | None = None,
    deadline: Deadline | None = None,
) -> Path:
    """Write a program as an LP file, with a ``.names.json`` beside it; each file appears complete or not at all.

    Parameters
    ----------
    game
        The game, or a problem about it; constraints are refused by name.
    path
        Where to write; the name must end in ``.lp``, by which readers know the format.
    program
        ``improvement``: how much better than ``policy`` the leader can do in every state at once (its optimum is a
        gain over the values of ``policy``). ``commitment``: the best weighted value outright.
    form
        See the module. The improvement program in the form ``milp`` is infeasible where no deterministic policy is as
        good as ``policy`` in every state.
    policy
        The policy to improve on, uniform if absent; its values are those with ties in the leader's favour.
    weights
        Weights over states; the start distribution if absent.
    margin
        By how much the follower's answer must beat every other action in every state, in the follower's reward units.

    scalarisation
        What the improvement program maximises in place of a weighted sum.
    time_limit
        Seconds for all of it; no limit if absent.
    deadline
        The limit as one that began earlier, in place of ``time_limit``.

    Returns
    -------
    Path
        The LP file.

    Raises
    ------
    OptionError
        If the program, the form or the file name is not one of these, the margin is not a number of at least 0, the
        file cannot be written, or its numbers are too far from 1 for LP files.
    TooLargeError
        If the program would need more than :data:`MOST_PRODUCTS` products, or is not written when the time is over.
    InvalidPolicyError
        If the policy does not fit the game.
    """
    target = Path(path)
    for label, given, known in (("program", program, get_args(Kind)), ("form", form, get_args(Form))):
        one_of(known).check(label, given)
    if target.suffix != ".lp":
        raise OptionError(f"path is {str(target)!r}; the name must end in .lp, by which solvers know the format")
    problem = _taken(game, margin)
    game, margin = problem.game, problem.follower.margin
    what = scalarisation_of(game, scalarisation)
    if what is not None and (weights is not None or program != "improvement"):
        raise OptionError(
            "a scalarisation belongs to the improvement program, and stands for weights: give one of them"
        )
    if isinstance(what, WeightedSum):
        weights, what = what.weights, None
    _check_size(game, program, form)
    policy = LeaderPolicy.uniform(game) if policy is None else policy
    objective = problem.weights if weights is None else state_weights(game, weights)
    until = Deadline(time_limit) if deadline is None else deadline
    checkpoint = giving_up(until)
    try:
        with given_up_quietly():
            written = build_program(game, program, form, objective, policy, margin, what, checkpoint)
            text, names = lp_text(game, written, checkpoint)
            checkpoint()
    except OutOfTime:
        raise TooLargeError(
            f"the time limit of {until.limit:g} s was over before the program of {game.name} was written, and there is "
            "no file: give more time, or export a smaller form"
        ) from None
    legend = {
        "format": "ssg-mip-names/1",
        "file": target.name,
        "game": game.name,
        "content_hash": game.content_hash,
        "program": program,
        "form": form,
        "index_letters": LETTERS,
        "names": names,
    }
    meanings = json.dumps(legend, ensure_ascii=False, indent=1).encode()
    write_atomically(target.with_name(target.name + ".names.json"), lambda stream: stream.write(meanings))
    write_atomically(target, lambda stream: stream.write(text.encode()))
    return target


TAKES: frozenset[Scope] = frozenset()
"""What the files say beside the game."""


def _taken(given: Game | Problem, margin: float) -> Problem:
    """The problem that is written, if the files can say all of it."""
    problem = asked(given, margin=margin)
    refuse(problem, "export", TAKES, "solve(problem, method='commitment')")
    if problem.objective.scalarisation is not None:
        raise OptionError("the problem has a scalarisation of its own; give it as scalarisation=... to export")
    return problem


def _check_size(game: Game, program: Kind, form: Form) -> None:
    """Refuse a form with too many products before it fills the memory; name a smaller one if there is one."""
    products = _products(game, program, form)
    if products <= MOST_PRODUCTS:
        return
    remedy = "no form of this game is small enough: export a smaller game"
    for other, why in (("bilinear", "whose size follows the transitions"), ("milp", "over deterministic policies")):
        if other != form and _products(game, program, other) <= MOST_PRODUCTS:
            remedy = f"use the form {other!r}, {why}"
            break
    raise TooLargeError(
        f"form is {form!r}; it would need {products:,} products for {game.name}, and at most {MOST_PRODUCTS:,} are "
        f"written: {remedy}"
    )


def _products(game: Game, program: Kind, form: str) -> int:
    """Products of a form: of joint actions with states, or where the next state depends on the leader."""
    if form in ("strong", "relaxation"):
        return sum(Coupling(game).products_of_state) if program == "commitment" else game.num_rows * game.num_states
    from ssg_mip.programs.compact import coupled_pairs

    pairs = sum(int(game.leader_counts[state]) for state, _ in coupled_pairs(game))
    players = (game.follower_discount > 0.0) + (
        program == "commitment" and form == "bilinear" and game.leader_discount > 0.0
    )
    return pairs * players


def build_program(
    game: Game,
    program: Kind,
    form: Form,
    weights: FloatArray,
    policy: LeaderPolicy,
    margin: float = 0.0,
    scalarisation: Concave | None = None,
    checkpoint: Checkpoint = unhurried,
) -> Program:
    """The program in one of its forms; ``policy`` is the point at which the improvement program is written."""
    if program == "commitment":
        return _commitment_forms()[form](game, weights, margin=margin, checkpoint=checkpoint)
    values = best_response(game, policy).leader_values
    objective = weights if scalarisation is None else scalarisation.pieces.gains_over(values)
    return _improvement_forms()[form](game, values, objective, margin=margin, checkpoint=checkpoint)


def _roomy_bounds(game: Game) -> ValueBounds:
    """Boxes for the forms whose rows hold the ends of a box; the products of ``strong`` do without them."""
    return roomy(follower_value_bounds(game))


def _commitment_forms() -> Mapping[Form, Callable[..., Program]]:
    from ssg_mip.programs.commitment import commitment
    from ssg_mip.programs.compact import compact_commitment
    from ssg_mip.programs.deterministic import deterministic_commitment
    from ssg_mip.programs.linearise import replace_by_envelopes
    from ssg_mip.programs.rows import Selection

    def strong(
        game: Game, weights: FloatArray, *, margin: float, checkpoint: Checkpoint, bounds: ValueBounds | None = None
    ) -> Program:
        bounds = follower_value_bounds(game) if bounds is None else bounds
        return commitment(game, weights, bounds, selection=Selection.everything(game, margin, checkpoint))

    def relaxation(game: Game, weights: FloatArray, *, margin: float, checkpoint: Checkpoint) -> Program:
        exact = strong(game, weights, margin=margin, checkpoint=checkpoint, bounds=_roomy_bounds(game))
        return replace_by_envelopes(exact, checkpoint)

    return {
        "bilinear": lambda game, weights, **given: compact_commitment(
            game,
            weights,
            follower_bounds=_roomy_bounds(game),
            leader_bounds=roomy(leader_value_bounds(game)),
            **given,
        ),
        "strong": strong,
        "milp": lambda game, weights, **given: deterministic_commitment(
            game, weights, follower_bounds=_roomy_bounds(game), **given
        ),
        "relaxation": relaxation,
    }


def _improvement_forms() -> Mapping[Form, Callable[..., Program]]:
    from ssg_mip.programs.compact import compact_improvement
    from ssg_mip.programs.deterministic import deterministic_improvement
    from ssg_mip.programs.improvement import improvement
    from ssg_mip.programs.linearise import replace_by_envelopes
    from ssg_mip.programs.rows import Selection

    def strong(
        game: Game,
        values: FloatArray,
        objective: StepObjective,
        *,
        margin: float,
        checkpoint: Checkpoint,
        bounds: ValueBounds | None = None,
    ) -> Program:
        bounds = follower_value_bounds(game) if bounds is None else bounds
        return improvement(game, values, objective, bounds, selection=Selection.everything(game, margin, checkpoint))

    def relaxation(
        game: Game, values: FloatArray, objective: StepObjective, *, margin: float, checkpoint: Checkpoint
    ) -> Program:
        exact = strong(game, values, objective, margin=margin, checkpoint=checkpoint, bounds=_roomy_bounds(game))
        return replace_by_envelopes(exact, checkpoint)

    def compact(written: Callable[..., Program]) -> Callable[..., Program]:
        return lambda game, values, objective, **given: written(
            game, values, objective, follower_bounds=_roomy_bounds(game), **given
        )

    return {
        "bilinear": compact(compact_improvement),
        "strong": strong,
        "milp": lambda game, values, objective, **given: compact(deterministic_improvement)(
            game, values - ROUNDED_VALUES * (1.0 + np.abs(values)), objective, **given
        ),
        "relaxation": relaxation,
    }


def lp_text(game: Game, program: Program, checkpoint: Checkpoint = unhurried) -> tuple[str, dict[str, dict[str, Any]]]:
    """The LP file of a program, rows of the user's own included, and what its names mean.

    Written by Pyomo's LP writer, which keeps every digit, and without coefficients that are too small for readers. The
    program is not changed.

    Raises
    ------
    OptionError
        If a row holds coefficients of too different sizes.
    """
    from pyomo.repn.plugins.lp_writer import LPWriter

    names = FileNames(game, program, checkpoint)
    buffer = io.StringIO()
    LPWriter().write(program.model, buffer, labeler=names, allow_quadratic_objective=False)
    text = _without_row_prefixes(buffer.getvalue(), names.table)
    return without_small_numbers(text, names.absorbed), names.table


def _without_row_prefixes(text: str, names: Mapping[str, Any]) -> str:
    """Pyomo writes the row ``flow(dock)`` as ``c_e_flow(dock)_``; only the given name is kept."""

    def rename(found: re.Match[str]) -> str:
        return f"{found[1]}:" if found[1] in names else found[0]

    return re.sub(r"^c_[elu]_(.+)_:$", rename, text, flags=re.MULTILINE)
