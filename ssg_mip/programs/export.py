r"""Files of the exact programs, to be read by people and by other solvers.

Four forms of either program:

``bilinear``
    the compact exact program (:mod:`~ssg_mip.programs.compact`), products as quadratic *constraints* and one
    variable as the objective: several readers take a bilinear objective for a convex one. SCIP and Gurobi solve it;
``strong``
    the exact program that our own search solves (occupancy form, disjunctive hull), products as quadratic
    constraints; more rows, much easier for a spatial branch and bound;
``milp``
    the mixed-integer program over deterministic leader policies, or over probabilities on a grid of levels: exact
    within that class, a lower bound on the exact optimum;
``relaxation``
    the strong form with McCormick's inequalities on the root box in place of the products: an upper bound.

The last two are linear and can be read by HiGHS, CBC and GLPK too, with their presolve: boxes of values that have all
but collapsed get room, and coefficients too small to be read alike are taken out
(:mod:`~ssg_mip.programs.small_numbers`). The suffix says which format is written
(:mod:`~ssg_mip.programs.file_formats`): LP, MPS or NL. Beside ``NAME.lp`` stands ``NAME.lp.names.json``, which maps
every row and column of the file to the component of the written formulation and to the game's own names.

What a problem says of the leader's policies is written in every form that can state it
(:mod:`~ssg_mip.programs.forms`), and refused by the others. Both programs can also be written along a *direction*, in
which the pieces of another scalarisation than a weighted sum rise together.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from numpy.typing import ArrayLike

from ssg_mip.base.deadline import DEADLINE, Checkpoint, Deadline, OutOfTime, giving_up, unhurried
from ssg_mip.base.rules import COUNT, NOT_NEGATIVE, PATH, SECONDS, checked, one_of, optional
from ssg_mip.errors import OptionError, TooLargeError
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LEADER_POLICY, LeaderPolicy
from ssg_mip.io.safe_io import write_atomically
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.asked import Scalarising
from ssg_mip.problem.follower import Rational
from ssg_mip.problem.objective import Objective
from ssg_mip.problem.problem import PROBLEM, Problem
from ssg_mip.problem.scalarisation import Concave, WeightedSum, scalarisation_of
from ssg_mip.problem.weights import state_weights
from ssg_mip.programs.coupling import Coupling
from ssg_mip.programs.file_formats import FORMATS, lp_text
from ssg_mip.programs.forms import Form, Kind, Wanted, write_form
from ssg_mip.programs.lp_names import LETTERS
from ssg_mip.programs.program import Program, given_up_quietly

__all__ = ["Form", "Kind", "build_program", "export", "lp_text"]

MOST_PRODUCTS = 300_000
"""Products in the largest program that is written, at about four kilobytes of memory and a tenth of a millisecond."""


@checked(
    game=PROBLEM,
    path=PATH,
    policy=optional(LEADER_POLICY),
    margin=NOT_NEGATIVE,
    levels=optional(COUNT),
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
    levels: int | None = None,
    time_limit: float | None = None,
    deadline: Deadline | None = None,
) -> Path:
    """Write a program as a file, with a ``.names.json`` beside it; each file appears complete or not at all.

    Parameters
    ----------
    game
        The game, or a problem about it, whose weights, margin and rows on the policy are written; what else it asks
        of the policies is refused by name.
    path
        Where to write; the name must end in ``.lp``, ``.mps`` or ``.nl``, by which readers know the format. Beside an
        NL file stand ``NAME.row`` and ``NAME.col``.
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
        What is maximised in place of a weighted sum.
    levels
        In the form ``milp`` of the commitment program: the leader's probabilities are multiples of one over this
        number; deterministic policies if absent.
    time_limit
        Seconds for all of it; no limit if absent.
    deadline
        The limit as one that began earlier, in place of ``time_limit``.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    OptionError
        If the program, the form or the file name is not one of these, the margin is not a number of at least 0, the
        form cannot state what the problem asks for, the file cannot be written, or its numbers are too far from 1 for
        the format.
    TooLargeError
        If the program would need more than :data:`MOST_PRODUCTS` products, or is not written when the time is over.
    InvalidPolicyError
        If the policy does not fit the game.
    """
    target = Path(path)
    for label, given, known in (("program", program, get_args(Kind)), ("form", form, get_args(Form))):
        one_of(known).check(label, given)
    if target.suffix not in FORMATS:
        raise OptionError(
            f"path is {str(target)!r}; the name must end in {', '.join(FORMATS)}, by which solvers know the format"
        )
    problem, what = _asked(game, weights, margin, scalarisation)
    game = problem.game
    _check_size(game, program, form)
    wanted = Wanted(program=program, form=form, policy=policy, scalarisation=what, levels=levels)
    until = Deadline(time_limit) if deadline is None else deadline
    checkpoint = giving_up(until)
    try:
        with given_up_quietly():
            written = FORMATS[target.suffix](game, write_form(problem, wanted, checkpoint), checkpoint)
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
        "names": written.names,
    }
    meanings = json.dumps(legend, ensure_ascii=False, indent=1)
    _write(target.with_name(target.name + ".names.json"), meanings)
    for suffix, text in written.beside.items():
        _write(target.with_suffix(suffix), text)
    _write(target, written.text)
    return target


def _write(target: Path, text: str) -> None:
    write_atomically(target, lambda stream: stream.write(text.encode()))


def _asked(given: Game | Problem, weights: Any, margin: float, scalarisation: Any) -> tuple[Problem, Concave | None]:
    """The problem that is written, and what is maximised in place of a weighted sum."""
    game = given if isinstance(given, Game) else given.game
    what = scalarisation_of(game, scalarisation)
    if what is not None and weights is not None:
        raise OptionError("a scalarisation stands for weights: give one of them")
    if isinstance(what, WeightedSum):
        weights, what = what.weights, None
    if isinstance(given, Game):
        return Problem(given, Objective(state_weights(game, weights)), Rational(margin=margin)), what
    if weights is not None or margin != 0.0 or (what is not None and given.objective.scalarisation is not None):
        raise OptionError(
            "weights, a margin or a scalarisation stand beside a problem, which has its own: leave them out"
        )
    if type(given.follower) is not Rational or given.follower.rule_decides:
        raise OptionError(
            f"the follower is {given.follower!r}; programs are written for a rational one who decides ties for the "
            "leader, or keeps a margin"
        )
    return given, given.objective.scalarisation if what is None else what


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
    """The program in one of its forms, over all policies; ``policy`` is where the improvement program is written."""
    problem = Problem(game, Objective(weights), Rational(margin=margin))
    wanted = Wanted(program=program, form=form, policy=policy, scalarisation=scalarisation)
    return write_form(problem, wanted, checkpoint)
