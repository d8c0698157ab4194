r"""The exact programs as Pyomo models, to be read, changed and handed on.

Both are the compact models of :mod:`ssg_mip.programs.compact`, in which the leader's policy ``f[s, a]``, the follower's
answer ``g[s, b]`` and both players' values are variables; :mod:`ssg_mip.modelling.components` says what each component
is, and so does its ``doc``. Add rows in Pyomo::

    model = commitment_model(problem)
    yard, gate = probability(model, "yard", "patrol"), probability(model, "gate", "patrol")
    model.budget = pyo.Constraint(expr=yard + gate <= 1.5)
    result = solve_model(model)

Our own search takes linear rows on ``f``, fixed and bounded ``f``, lower bounds on ``V`` and other weights of ``V``
in the objective (:mod:`ssg_mip.modelling.reading`); whatever else is changed it refuses by name. Other solvers take
everything (:mod:`ssg_mip.modelling.other_solvers`).
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from ssg_mip.base.rules import checked, optional
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.best_response import best_response
from ssg_mip.evaluation.mdp import evaluate, first_best, induced_by_leader
from ssg_mip.evaluation.value_bounds import follower_value_bounds, leader_value_bounds, roomy
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LEADER_POLICY, LeaderPolicy
from ssg_mip.modelling.components import COMMITMENT, IMPROVEMENT, document
from ssg_mip.modelling.outside import as_problem
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.problem.answer_within import cost_bounds
from ssg_mip.problem.evaluated_policy import EvaluatedPolicy
from ssg_mip.problem.follower import Rational
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.weights import compliant_weights
from ssg_mip.problem.wider_rows import SUPPORT_TOLERANCE
from ssg_mip.programs.compact import compact_commitment, compact_improvement
from ssg_mip.programs.compact_rows import cost_names, with_policies
from ssg_mip.programs.forms import TAKES, Kind, refuse_goals, refuse_scopes
from ssg_mip.programs.program import Program

RECORD = "ssg_mip_record"
"""Name of the attribute of a model that says what it was written for."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Record:
    """What a model was written for.

    Attributes
    ----------
    problem
        The problem.
    program
        The model with its products.
    policy
        The policy to improve on; ``None`` for the commitment model.
    values
        Its leader values.
    """

    problem: Problem
    program: Program
    policy: LeaderPolicy | None = None
    values: FloatArray | None = None

    @property
    def words(self) -> Any:
        """What the components are."""
        return COMMITMENT if self.policy is None else IMPROVEMENT


def commitment_model(problem: Problem | Game) -> Any:
    """The commitment program (P): maximise the leader's weighted value over stationary policies.

    Parameters
    ----------
    problem
        The problem, or a game: then from its start distribution, with every policy allowed.

    Returns
    -------
    pyomo.environ.ConcreteModel
        With ``f, g, v, V, w, W, leader_value`` and rows as :mod:`ssg_mip.modelling.components` has them. Optimal values
        of players are exact; ties go the leader's way. Its size follows the transitions: some thousands of variables
        are no trouble, other solvers stop closing gaps long before.

    Raises
    ------
    OptionError
        If the problem asks for what the model does not state.
    """
    asked = as_problem(problem)
    check_stated(asked, "commitment")
    program = compact_commitment(
        asked.game,
        asked.weights,
        follower_bounds=roomy(follower_value_bounds(asked.game)),
        leader_bounds=roomy(leader_value_bounds(asked.game)),
        margin=asked.follower.margin,
    )
    return _finished(Record(problem=asked, program=program))


@checked(policy=optional(LEADER_POLICY))
def improvement_model(problem: Problem | Game, policy: LeaderPolicy | None = None) -> Any:
    """The improvement program (I) at a policy: the largest weighted one-step gain with which no state gets worse.

    Parameters
    ----------
    problem
        The problem, or a game.
    policy
        The policy to improve on; uniform if absent. Its values are those with ties in the leader's favour.

    Returns
    -------
    pyomo.environ.ConcreteModel
        With ``f, g, v, w, Q, gain`` and rows as :mod:`ssg_mip.modelling.components` has them. Without a margin it is
        feasible, and a largest gain of 0 proves that no policy improves every state.

    Raises
    ------
    OptionError
        If the problem asks for what the model does not state, or the policy is not one that it allows.
    InvalidPolicyError
        If the policy does not fit the game.
    """
    asked = as_problem(problem)
    check_stated(asked, "improvement")
    if asked.floor is not None:
        raise OptionError("a floor is asked for; improvement_model has none, because no state may get worse there")
    start = LeaderPolicy.uniform(asked.game) if policy is None else policy
    if not asked.policies.holds(asked.game, start):
        broken = [row.name for row in asked.policies.rows if not row.holds(start.slots(asked.game))]
        raise OptionError(f"the policy breaks the rows {', '.join(broken)}; give one that the problem allows")
    values = best_response(asked.game, start).leader_values
    program = compact_improvement(
        asked.game,
        values,
        compliant_weights(asked.weights),
        follower_bounds=roomy(follower_value_bounds(asked.game)),
        margin=asked.follower.margin,
    )
    return _finished(Record(problem=asked, program=program, policy=start, values=values))


def check_stated(problem: Problem, kind: Kind) -> None:
    """Raise :class:`OptionError` if a problem asks for what the models do not state."""
    follower = problem.follower
    if type(follower) is not Rational:
        raise OptionError(f"the follower is {follower!r}; the models are written for a rational one: use solve")
    if follower.rule_decides:
        raise OptionError(
            f"ties is {follower.ties!r}; in the models ties go the leader's way: ask for ties 'leader', or for a margin"
        )
    if problem.objective.scalarisation is not None:
        raise OptionError("the scalarisation is no weighted sum; the models maximise weights: give these")
    refuse_goals(problem, "the models do not state")
    refuse_scopes(problem, TAKES[kind, "bilinear"], f"the {kind} model does not state")


def _finished(record: Record) -> Any:
    program = with_policies(record.program, record.problem.game, record.problem.policies)
    document(program.model, record.words)
    setattr(program.model, RECORD, dataclasses.replace(record, program=program))
    return program.model


def record_of(model: Any) -> Record:
    """What a model was written for.

    Raises
    ------
    OptionError
        If it is none of ours.
    """
    record = getattr(model, RECORD, None)
    if not isinstance(record, Record):
        raise OptionError("model is none that commitment_model or improvement_model has returned: make one of these")
    return record


def probability(model: Any, state: str, action: str) -> Any:
    """The variable ``f[s, a]`` by the game's own names.

    Raises
    ------
    OptionError
        If the model is none of ours, or there is no such state or action.
    """
    game = record_of(model).problem.game
    if state not in game.state_names:
        raise OptionError(f"state is {state!r}; {game.name} has no such state")
    number = game.state_index(state)
    if action not in game.leader_actions[number]:
        raise OptionError(
            f"action is {action!r}; in {state!r} the leader has {', '.join(map(repr, game.leader_actions[number]))}"
        )
    return model.f[number, game.leader_actions[number].index(action)]


def put_into(model: Any, found: EvaluatedPolicy) -> None:
    """Give every variable of a model its value under a policy and the follower's answer to it."""
    record = record_of(model)
    game, slots = record.problem.game, found.policy.slots(record.problem.game)
    for slot, state in enumerate(game.leader_slot_state.tolist()):
        _set(model.f[state, slot - int(game.leader_offsets[state])], slots[slot])
    if record.values is None:
        answers = found.answers
        _set_all(model.V, found.values)
        _set(model.leader_value, float(record.problem.weights @ found.values))
    else:
        answers, step = one_step(game, found, record.values)
        _set_all(model.Q, step)
        _set(model.gain, float(compliant_weights(record.problem.weights) @ (step - record.values)))
    for state, answer in enumerate(answers.tolist()):
        for action in range(int(game.follower_counts[state])):
            _set(model.g[state, action], float(action == answer))
    _set_all(model.v, found.response.follower_values)
    _put_policies(model, record.problem, found)
    for product in record.program.products:
        _set(product.result, product.factor.value * product.value.value)


def _put_policies(model: Any, problem: Problem, found: EvaluatedPolicy) -> None:
    """What costs add up to, and which actions are used, where the model has such."""
    game, policy = problem.game, found.policy
    leader, _ = induced_by_leader(game, policy)
    for number, bound in enumerate(cost_bounds(game, policy, problem.policies.costs)):
        spent = evaluate(dataclasses.replace(leader, reward=bound.cost), found.response.follower_policy.slots(game))
        _set_all(model.component(cost_names(number).value), spent)
    for state, action in () if model.component("used") is None else model.used:
        _set(model.used[state, action], float(policy.probabilities[state, action] > SUPPORT_TOLERANCE))


def one_step(game: Game, found: EvaluatedPolicy, values: FloatArray) -> tuple[IntArray, FloatArray]:
    """The tied answer with the largest one-step value in each state, as (I) decides ties, and these values."""
    leader, _ = induced_by_leader(game, found.policy)
    step = np.where(found.response.tied, leader.action_values(values), -np.inf)
    chosen = first_best(step, game.follower_offsets)
    return chosen - game.follower_offsets[:-1], step[chosen]


def _set_all(variables: Any, values: FloatArray) -> None:
    for state, value in enumerate(values.tolist()):
        _set(variables[state], value)


def _set(variable: Any, value: float) -> None:
    variable.set_value(float(value), skip_validation=True)
