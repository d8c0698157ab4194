r"""Goals that are no weighted sum, maximised by the exact program: the least of several sums, and sums in turn.

**The least of several sums**, ``min_k F_k`` with ``F_k = mu_k @ V + sigma_k @ v + c_k``, is the largest level that all
of them reach: one direction program with a demand ``F_k >= level`` for each (:mod:`ssg_mip.programs.direction`).

**Sums in turn.** The first is maximised; the second, among policies that give the first at least what has been found of
it, less what may be given up; and so on. Each is one program with the earlier sums as demands that do not rise. The
policy found last meets them all, so that every step begins with a policy of its own.

**Rows that couple states**, as those of types of the follower do, and **prices on probabilities** need one policy for
all sums: one block of occupancies in which each sum reads its own part
(:func:`ssg_mip.programs.direction.shared_start`).
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from ssg_mip.base.gap import SPREAD_SHARE, gap_size
from ssg_mip.base.status import Termination
from ssg_mip.branch_and_bound.records import Aim
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.value_bounds import (
    LEAST_GAP,
    NOISE_SHARE,
    follower_value_bounds,
    leader_value_bounds,
)
from ssg_mip.exact.answer import Answer, answer_of, without_program
from ssg_mip.exact.commitment_bridge import CommitmentBridge
from ssg_mip.exact.constrained import bridge_along, solve_constrained
from ssg_mip.exact.size_limit import direction_size, least_values, obstacle
from ssg_mip.exact.solving import AIMED, searched
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.policy_space import Scope
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.rising import NOISE, InTurn, LeastOf, Rising, Step
from ssg_mip.programs.direction import Demand, Direction, shared_start
from ssg_mip.programs.tags import FROM_WEIGHTS, Block
from ssg_mip.runs.run import Run


def check_wanted(problem: Problem, goal: Rising) -> None:
    """Raise :class:`OptionError` if a goal cannot be honoured beside what is asked of the policies.

    Rows within states are honoured always. Of rows that couple states every block of occupancies would keep a policy of
    its own, so that they are honoured where one block holds all sums. Values of single states have blocks of their own
    and are honoured where nothing ties states. Nothing else is.
    """
    game, asked = problem.game, problem.policies.names_by_scope(problem.game)
    coupled = asked.pop(Scope.COUPLING, ())
    asked.pop(Scope.STATEWISE, None)
    asked.pop(Scope.VALUE, None)
    if problem.floor is not None and (coupled or (isinstance(goal, LeastOf) and goal.price is not None)):
        raise OptionError(
            f"the goal {goal.kind} is asked for beside values of single states, and beside what ties the policies of "
            "several states: each value would be that of a policy of its own; leave one of them out"
        )
    others = [name for names in asked.values() for name in names]
    if others:
        raise OptionError(
            f"the goal {goal.kind} is asked for beside constraints that its program does not hold: "
            f"{', '.join(others[:3])}; leave them out, or maximise a weighted sum"
        )
    sums = goal.leader if isinstance(goal, LeastOf) else goal.weights
    if coupled and shared_start(game, _demands(sums)) is None:
        raise OptionError(
            f"the goal {goal.kind} is asked for beside constraints that couple several states: "
            f"{', '.join(coupled[:3])}; its program has a block of occupancies for each sum, and every block would "
            "keep them with a policy of its own: leave them out, or maximise a weighted sum"
        )


def _demands(sums: FloatArray) -> list[Demand]:
    nothing = np.zeros(sums.shape[1])
    return [Demand(leader=row, follower=nothing, least=0.0, slope=1.0) for row in sums]


def _shared(problem: Problem, sums: FloatArray, price: FloatArray | None = None) -> FloatArray | None:
    """The start of one block for all sums, where rows or prices tie the policies of several states."""
    tied = price is not None or problem.policies.coupled_states(problem.game)
    return shared_start(problem.game, _demands(sums)) if tied else None


def _floors(problem: Problem, run: Run, before: int) -> list[Demand]:
    """What single states must keep, as demands after so many others."""
    count, nothing = problem.game.num_states, np.zeros(problem.game.num_states)
    least = least_values(problem.game, problem.floor, run.tolerances)
    return [
        Demand(
            leader=np.eye(count)[state], follower=nothing, least=value, slope=0.0, block=Block(place, f"floor{state}_")
        )
        for place, (state, value) in enumerate(least.items(), before)
    ]


# -------------------------------------------------------------------- the least of several sums


def spread_of(game: Game, what: LeastOf) -> tuple[float, float]:
    """The least and the largest value of ``L`` that bounds on both players' values allow, moved outwards."""
    leader, follower = leader_value_bounds(game), follower_value_bounds(game)
    sizes = [np.maximum(np.abs(one.lower), np.abs(one.upper)) for one in (leader, follower)]
    noise = NOISE * (1.0 + what.size(*sizes))
    ends = [float(what.each(*pair).min()) for pair in ((leader.lower, follower.lower), (leader.upper, follower.upper))]
    dearest = 0.0 if what.price is None else float(np.maximum.reduceat(what.price, game.leader_offsets[:-1]).sum())
    return ends[0] - dearest - noise, ends[1] + noise


def least_gap_scale(game: Game, what: LeastOf) -> float:
    """What the gap of ``L`` is relative to at least: a hundredth of the largest spread of its sums."""
    leader, follower = leader_value_bounds(game), follower_value_bounds(game)
    spread = float((what.leader @ leader.width + what.follower @ follower.width).max())
    low, high = spread_of(game, what)
    return max(SPREAD_SHARE * spread, NOISE_SHARE * (1.0 + max(abs(low), abs(high))) * SPREAD_SHARE)


def solve_least_of(problem: Problem, run: Run, what: LeastOf) -> Answer:
    """Maximise ``L`` over the stationary leader policies.

    Returns
    -------
    Answer
        Its bounds are on ``L``, in the units of the problem's game.
    """
    game = problem.game
    check_wanted(problem, what)
    low, high = spread_of(game, what)
    demands = tuple(
        Demand(leader=leader, follower=follower, least=-constant, slope=1.0)
        for leader, follower, constant in zip(what.leader, what.follower, what.constants.tolist(), strict=True)
    )
    shared = _shared(problem, what.leader, what.price)
    demands = (*demands, *_floors(problem, run, len(demands)))
    direction = Direction(demands=demands, bottom=low, top=high, shared=shared, price=what.price)
    bridge, size = bridge_along(_with_demands_alone(problem), run, direction), _size(problem, direction)
    bridge.look_everywhere(size)
    stop = obstacle(size, run)
    if stop is not None:
        return without_program(bridge.best_simple(), high, stop)
    scale = least_gap_scale(game, what)
    gap = AIMED * max(run.gap, LEAST_GAP)
    finest = gap * NOISE_SHARE * (1.0 + max(abs(low), abs(high)))
    outcome = bridge.search(Aim(relative=gap, absolute=finest, scale=scale, ceiling=high))
    return _honest(bridge, answer_of(outcome, ceiling=high), scale)


def _size(problem: Problem, direction: Direction) -> int:
    """Size of the program; in coupled states each joint action has one more of the probabilities."""
    game = problem.game
    states = set(problem.policies.coupled_states(game))
    if direction.price is not None:
        states |= set(game.leader_slot_state[np.flatnonzero(direction.price)].tolist())
    return direction_size(game, direction, sorted(states))


def _honest(bridge: CommitmentBridge, answer: Answer, scale: float) -> Answer:
    """An answer that calls its gap closed only if it is."""
    if answer.termination is Termination.NUMERICAL:
        return dataclasses.replace(answer, termination=bridge.problem.follower.shortfall)
    missing = answer.dual_bound - answer.primal_bound
    allowed = max(bridge.run.gap, LEAST_GAP) * gap_size(answer.primal_bound, scale)
    if answer.termination is Termination.GAP and missing > allowed:
        return dataclasses.replace(answer, termination=Termination.NUMERICAL)
    return answer


# -------------------------------------------------------------------- sums in turn


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Turns:
    """What has come of sums that are maximised in turn: the answer to the first and the last, and what is proven."""

    first: Answer
    last: Answer
    steps: tuple[Step, ...]
    nodes: int
    lps: int


def solve_in_turn(problem: Problem, run: Run, what: InTurn) -> Turns:
    """Maximise weighted sums one after the other, each above what the earlier ones are held to.

    Parameters
    ----------
    problem
        Its weights do not matter.
    run
        Its limits are for all sums together. A recorder remembers the proof of the first.
    """
    check_wanted(problem, what)
    plain = _with_floor_alone(problem.wanting(None))
    steps: list[Step] = []
    answers: list[Answer] = []
    for place, weights in enumerate(what.weights):
        spent = sum(answer.nodes for answer in answers)
        stop = run.stop_reason(spent) if answers else None
        if stop is not None:
            answers[-1] = dataclasses.replace(answers[-1], termination=stop)
            break
        own = run.sharing(1.0 / (len(what.weights) - place)).within(_nodes(run, spent, len(what.weights) - place))
        answer = _step(plain.weighing(weights), own, steps, answers)
        if answer.policy is None:
            answers.append(answer)
            break
        answers.append(answer)
        steps.append(_held(run, what, weights, answer, last=place == len(what.weights) - 1))
    found = [answer for answer in answers if answer.policy is not None]
    return Turns(
        first=answers[0],
        last=found[-1] if found else answers[0],
        steps=tuple(steps),
        nodes=sum(answer.nodes for answer in answers),
        lps=sum(answer.lps for answer in answers),
    )


def _with_demands_alone(problem: Problem) -> Problem:
    """The problem without values of single states, which are demands of its direction."""
    return dataclasses.replace(problem, policies=dataclasses.replace(problem.policies, floor=None, values=()))


def _with_floor_alone(problem: Problem) -> Problem:
    """The problem with values of single states as its floor."""
    policies = dataclasses.replace(problem.policies, floor=problem.floor, values=())
    return dataclasses.replace(problem, policies=policies)


def _nodes(run: Run, spent: int, left: int) -> int | None:
    """The nodes that one of several sums may take."""
    nodes = run.after(spent).limits.nodes
    return None if nodes is None else max(1, nodes // left)


def _step(problem: Problem, run: Run, steps: Sequence[Step], answers: Sequence[Answer]) -> Answer:
    """One sum maximised above what the earlier ones are held to, from the policy that was found for them."""
    if not steps:
        return solve_constrained(problem, run)
    game, nothing = problem.game, np.zeros(problem.game.num_states)
    rising = Demand(leader=problem.weights, follower=nothing, least=0.0, slope=1.0, block=Block(FROM_WEIGHTS))
    held = tuple(
        Demand(leader=step.weights, follower=nothing, least=step.least, slope=0.0, block=Block(k, f"held{k}_"))
        for k, step in enumerate(steps, 1)
    )
    shared = _shared(problem, np.array([problem.weights, *(step.weights for step in steps)]))
    demands = (rising, *held, *_floors(problem, run, 1 + len(held)))
    direction = Direction(demands=demands, bottom=-math.inf, shared=shared)
    own = dataclasses.replace(run, suggest=None, start=answers[-1].policy, recorder=None)
    bridge = bridge_along(_with_demands_alone(problem), own, direction)
    bridge.look_everywhere(_size(problem, direction))
    stop = obstacle(_size(problem, direction), run)
    if stop is None:
        return searched(bridge)
    assert answers[-1].policy is not None
    ceiling = float(problem.weights @ leader_value_bounds(game).upper)
    return without_program(bridge.evaluate(answers[-1].policy), ceiling, stop)


def _held(run: Run, what: InTurn, weights: FloatArray, answer: Answer, *, last: bool) -> Step:
    """What a sum is held to: its value, less the tolerance and what linear programs resolve."""
    value = answer.primal_bound
    resolved = run.tolerances.monotone * (1.0 + abs(value))
    least = -math.inf if last else value - max(what.tolerance, resolved)
    return Step(weights=weights, bound=answer.dual_bound, least=least)
