"""Answers from outside, brought back: projected, put onto their ties, evaluated exactly and checked.

A solver's probabilities miss the simplices by its tolerance, and the ties that the optimum sits on as well; read as
they are they may be worth a fraction of what the solver says. So they are projected first, then moved to the nearest
policy to which the intended answer is a best response (:mod:`ssg_mip.methods.polish`). What the result says of its
value is exact, whatever the solver claims; what the solver claims stands in the details, as claimed.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ssg_mip.base.deadline import Deadline
from ssg_mip.base.interrupt import Interrupt
from ssg_mip.base.rules import FLAG, PATH, checked, instance_of, optional, shown
from ssg_mip.base.status import BoundProof, Status, Termination
from ssg_mip.base.tolerances import DEFAULT_TOLERANCES, Tolerances
from ssg_mip.errors import InvalidPolicyError, OptionError
from ssg_mip.evaluation.value_bounds import leader_value_bounds, raised_sum
from ssg_mip.exact.heuristics.allowed import Allowed
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.methods.closing import closed
from ssg_mip.methods.polish import Polished, applies, as_it_is, polished
from ssg_mip.methods.seen_rationally import as_asked, seen_rationally
from ssg_mip.modelling.named_columns import FARTHEST_OFF, columns_of, projected, read_names
from ssg_mip.modelling.policy_files import is_json, read_policy_file
from ssg_mip.modelling.solution_files import read_solution
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.problem.follower import Rational
from ssg_mip.problem.problem import PROBLEM, Problem
from ssg_mip.result import Result, TrajectoryPoint, finite
from ssg_mip.runs.conclusion import Conclusion
from ssg_mip.runs.run import Run

GIVEN = "given"
"""The method of a result whose policy was given."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Outside:
    """A policy from outside.

    Attributes
    ----------
    slots
        Probabilities per leader slot, as they came.
    place
        What messages call it.
    answers
        The follower's answer that it was made for, one action per state, if that is known.
    method
        Who found it.
    said
        What others say about it, for the details of the result.
    """

    slots: FloatArray
    place: str
    answers: IntArray | None = None
    method: str = GIVEN
    said: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Wishes:
    """How an outside policy is looked at.

    Attributes
    ----------
    polish
        Whether to move it onto the ties that it misses.
    check, guarantee
        As in :func:`ssg_mip.solve`.
    tolerances
        What counts as a tie.
    """

    polish: bool = True
    check: bool = True
    guarantee: bool = True
    tolerances: Tolerances = DEFAULT_TOLERANCES


A_POLICY = instance_of((LeaderPolicy, Mapping), "a LeaderPolicy, or {state: {action: probability}}")
"""What a given policy must be."""


@checked(policy=A_POLICY, polish=FLAG, check=FLAG, guarantee=FLAG)
def evaluate_policy(
    problem: Problem | Game,
    policy: LeaderPolicy | Mapping[str, Mapping[str, float]],
    *,
    polish: bool = True,
    check: bool = True,
    guarantee: bool = True,
    tolerances: Tolerances = DEFAULT_TOLERANCES,
) -> Result:
    """What a given policy is worth: evaluated exactly, put onto the ties that it misses by little, and checked.

    Parameters
    ----------
    problem
        The problem, or a game.
    policy
        The policy, or ``{state: {action: probability}}``.
    polish
        Whether to look near it for a policy on its ties; the one with the larger value is the answer.
    check, guarantee, tolerances
        As in :func:`ssg_mip.solve`.

    Returns
    -------
    Result
        Its method is ``"given"``. Its details say ``value_as_read``, what the policy is worth as it was given,
        ``worth_of_the_tie``, what the answer is worth more, ``moved``, the largest change of a probability between the
        two, and ``projected``, how far the given numbers are from the simplices and rows. The bound is that of the
        joint decision process: nothing was searched.

    Raises
    ------
    InvalidPolicyError
        If the policy does not fit the game, or is not allowed by the problem.
    """
    asked = as_problem(problem)
    wishes = Wishes(polish=polish, check=check, guarantee=guarantee, tolerances=tolerances)
    given = policy if isinstance(policy, LeaderPolicy) else LeaderPolicy.from_names(asked.game, policy)
    return brought_back(asked, Outside(slots=given.slots(asked.game), place="the policy"), wishes)


@checked(file=PATH, names=optional(PATH), polish=FLAG, check=FLAG, guarantee=FLAG)
def import_solution(
    problem: Problem | Game,
    file: Path | str,
    names: Path | str | None = None,
    *,
    polish: bool = True,
    check: bool = True,
    guarantee: bool = True,
    tolerances: Tolerances = DEFAULT_TOLERANCES,
) -> Result:
    """What another solver's solution of an exported file is worth here, or a policy in JSON.

    Parameters
    ----------
    problem
        The problem, or the game, that was exported.
    file
        A solution file of HiGHS, SCIP, Gurobi, CBC or in MIPLIB's format (:mod:`ssg_mip.modelling.solution_files`), a
        policy ``{state: {action: probability}}`` in JSON, or a result that ``solve --json`` printed.
    names
        The names file that was written beside the exported one; looked for beside ``file`` if absent. JSON needs none.
    polish, check, guarantee, tolerances
        As in :func:`evaluate_policy`.

    Returns
    -------
    Result
        As :func:`evaluate_policy` returns it; the details also say ``claimed_by`` and ``claimed_value``, where
        something is claimed.

    Raises
    ------
    OptionError
        If a file cannot be read, belongs to another instance, or lacks a column that is needed.
    InvalidPolicyError
        If its numbers are no policy, or one that the problem does not allow.
    """
    asked = as_problem(problem)
    wishes = Wishes(polish=polish, check=check, guarantee=guarantee, tolerances=tolerances)
    return brought_back(asked, read_outside(asked.game, Path(file), None if names is None else Path(names)), wishes)


def as_problem(problem: Problem | Game) -> Problem:
    """The problem, or the question about a game from its start distribution.

    Raises
    ------
    OptionError
        If it is neither.
    """
    PROBLEM.check("problem", problem)
    return problem if isinstance(problem, Problem) else Problem(problem)


def read_outside(game: Game, file: Path, names: Path | None) -> Outside:
    """What a file holds: a policy or a result in JSON, or another solver's solution.

    Raises
    ------
    OptionError, InvalidPolicyError
        As :func:`import_solution`.
    """
    if not _is_there(file):
        raise OptionError(f"there is no file {shown(str(file))}; name one that holds a policy or a solver's solution")
    if is_json(file):
        policy = read_policy_file(game, file)
        return Outside(slots=policy.slots, answers=policy.answers, place=str(file), said=policy.said)
    legend = names_beside(file) if names is None else names
    solution, table = read_solution(file), read_names(legend, game)
    columns = columns_of(game, solution, table, str(file))
    said = {
        "claimed_by": solution.solver,
        "claimed_value": finite(solution.objective),
        "program": table.program,
        "form": table.form,
    }
    return Outside(slots=columns.slots, answers=columns.answers, place=str(file), said=said)


def _is_there(file: Path) -> bool:
    try:
        return file.is_file()
    except (OSError, ValueError):
        return False


def names_beside(file: Path) -> Path:
    """The names file that belongs to a solution file by its name.

    Raises
    ------
    OptionError
        If there is none.
    """
    stem = file.name.removesuffix(file.suffix)
    stems = (file.name, stem, *(f"{stem}{ending}" for ending in (".lp", ".mps", ".nl")))
    tried = [file.with_name(f"{name}.names.json") for name in stems]
    found = next((candidate for candidate in tried if candidate.is_file()), None)
    if found is None:
        raise OptionError(
            f"no names file lies beside {file}: looked for {', '.join(path.name for path in tried)}; name the one that "
            "export wrote beside the file which the solver has read"
        )
    return found


def _broken(problem: Problem, slots: FloatArray) -> Iterator[str]:
    """What probabilities per leader slot break, and by how much."""
    for row in problem.policies.rows:
        if not row.holds(slots):
            yield f"{row.name} by {row.violation(slots):.3g}"
    first = problem.game.leader_offsets
    for limit in problem.policies.supports:
        used = limit.used(slots[first[limit.state] : first[limit.state + 1]])
        if used > limit.most:
            yield f"{limit.name} by {used - limit.most} actions"


def brought_back(problem: Problem, outside: Outside, wishes: Wishes) -> Result:
    """An outside policy as a result: allowed, on its ties, evaluated exactly and checked.

    Raises
    ------
    InvalidPolicyError
        If its numbers are no policy, or one that the problem does not allow.
    """
    if problem.objective.goal is not None:
        raise OptionError(
            f"the problem is to maximise {problem.objective.goal.kind}; what a policy is worth is said by weights "
            "alone: give weights to problem.maximise, or none"
        )
    deadline, given = Deadline(), problem
    problem = seen_rationally(given)
    if problem.stated and problem.follower.kind != Rational.kind:
        raise OptionError(
            f"{problem.stated[0].name} is asked of the policy beside a {problem.follower.words}, whose answers no "
            "constraint is held against: leave the constraints out, or evaluate with a rational follower"
        )
    policy, projection = _allowed(problem, outside)
    if wishes.polish:
        found = polished(problem, policy, wishes.tolerances, outside.answers)
    else:
        found = as_it_is(problem, policy, wishes.tolerances)
    _check_response(problem, found, wishes.tolerances, outside.place)
    said = {
        "value_as_read": found.value_before,
        "worth_of_the_tie": found.worth,
        "moved": found.distance,
        "projected": projection,
        **({} if applies(problem) or not wishes.polish else {"not_polished": NOT_POLISHED}),
        **outside.said,
    }
    result = _conclusion(problem, outside, found, said).result(
        problem, Run(tolerances=wishes.tolerances, deadline=deadline)
    )
    result = closed(
        result,
        deadline,
        Interrupt(),
        check=wishes.check,
        guarantee=wishes.guarantee,
        tolerances=wishes.tolerances,
        problem=problem,
    )
    return as_asked(result, given)


NOT_POLISHED = "ties are not decided for the leader, or the game is too large for it"
"""Why a policy may have been left where it was."""


def _conclusion(problem: Problem, outside: Outside, found: Polished, said: Mapping[str, Any]) -> Conclusion:
    ceiling = raised_sum(problem.weights, leader_value_bounds(problem.game).upper)
    point = TrajectoryPoint(
        iteration=0,
        leader_values=found.after.values,
        leader_value=found.value,
        leader_policy=found.after.policy,
        note=outside.place,
    )
    return Conclusion(
        method=outside.method,
        status=Status.FEASIBLE,
        termination=Termination.GIVEN,
        dual_bound=max(found.value, ceiling),
        bound_proof=BoundProof.PAIR,
        found=found.after,
        trajectory=(point,),
        counts={},
        details=said,
    )


def _allowed(problem: Problem, outside: Outside) -> tuple[LeaderPolicy, float]:
    """The nearest allowed policy, and how far the given numbers are from it.

    Raises
    ------
    InvalidPolicyError
        If that is farther than a solver's tolerance; the message names the rows that are broken.
    """
    game = problem.game
    slots, distance = projected(game, outside.slots, outside.place)
    policy = LeaderPolicy.from_slots(game, slots)
    if problem.policies.holds(game, policy):
        return policy, distance
    nearest = Allowed(game, problem.policies).nearest(policy)
    away = math.inf if nearest is None else float(np.abs(nearest.slots(game) - slots).max())
    if nearest is None or away > FARTHEST_OFF:
        words = ", ".join(_broken(problem, slots))
        raise InvalidPolicyError(
            f"{outside.place}: the policy breaks rows of the problem: {words}; correct it, or evaluate it without them"
        )
    return nearest, max(distance, away)


def _check_response(problem: Problem, found: Polished, tolerances: Tolerances, place: str) -> None:
    """Raise :class:`InvalidPolicyError` if the follower's answer or a state's value is not what is asked for."""
    game, floor, response = problem.game, problem.floor, found.after.response
    if not problem.follower.accepts(game, response, tolerances):
        raise InvalidPolicyError(
            f"{place}: the follower's answer beats his other actions by {response.advantage!r} only; the problem asks "
            f"for a margin of {problem.follower.margin!r}"
        )
    if floor is not None:
        missing = floor - tolerances.monotone * (1.0 + np.abs(floor)) - found.after.values
        if np.any(missing > 0.0):
            state = int(np.argmax(missing))
            raise InvalidPolicyError(
                f"{place}: the leader's value from {game.state_names[state]!r} is "
                f"{float(found.after.values[state])!r}, and the problem asks for at least {float(floor[state])!r}"
            )
    outcome = found.after.outcome(game)
    slacks = {one.name: (one.measure(outcome).slack, one.tolerance(game)) for one in problem.stated}
    broken = {name: slack for name, (slack, tolerance) in slacks.items() if slack < -tolerance}
    if broken:
        words = ", ".join(f"{name} by {-slack:.3g}" for name, slack in broken.items())
        raise InvalidPolicyError(f"{place}: the policy breaks constraints of the problem: {words}")
