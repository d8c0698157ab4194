r"""Where to go on from when Algorithm 1 has stopped: a policy that dominates the point, or the proof that none does.

Algorithm 1 of Kudo & Akimoto stops where Theorem 9's *necessary* condition holds, and their conclusion asks for a
restart strategy. Here it is: from a stationary point ``v`` solve the commitment program with the floor

    maximise  alpha @ V^f   over stationary ``f`` with  V^f >= v  in every state.

Its optimum ``v'`` loses in no state, so a run with restarts is monotone like Algorithm 1. Its bound ``D`` says more:
policies that are nowhere below ``v'`` meet the same floor, so none of them is worth more than ``D``, and averaged over
the ``n`` states none gains more than ``(D - alpha @ v') / (n min alpha)``. Where that is nothing, ``v'`` is
Pareto-optimal, for every leader discount. Only if the weights are too uneven to say so, even ones follow.

Where rows on policies couple states, the program has no floors, because the block of each floor would choose a policy
of its own. Then its optimum over the allowed policies leads on if it dominates the point, its bound proves what it
proves, and else the question stays open.

Floors make the program much larger, so they come lazily: first the program without any, once for all restarts; then
with those that its optimum violates, until none is. Leaving floors out can only raise the bound, so it holds
throughout, and often it shows without any floor that nothing is left to gain.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from ssg_mip.base.status import Termination
from ssg_mip.evaluation.value_bounds import LEAST_GAP
from ssg_mip.exact import Answer
from ssg_mip.exact.wider import solve_allowed, without_answers
from ssg_mip.methods.policy_iteration.negligible import negligible_gain, value_scale
from ssg_mip.methods.policy_iteration.step import LEAST_PROGRESS, TEST_GAP_SHARE
from ssg_mip.methods.policy_iteration.within import evaluated
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.evaluated_policy import EvaluatedPolicy
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.weights import compliant_weights, weight_key
from ssg_mip.runs.run import Run


@dataclasses.dataclass(frozen=True, eq=False)
class Jump:
    """What the programs with a floor say about a point.

    Attributes
    ----------
    target
        A policy that dominates the point; ``None`` if none was found that counts.
    gain_bound
        Proven: averaged over the states, no policy that loses in none gains more on the target (on the point itself
        where there is no target). Infinite if nothing is proven.
    termination
        ``GAP`` if the last program was solved, or why it was not.
    nodes, lps
        Work done.
    """

    target: EvaluatedPolicy | None
    gain_bound: float
    termination: Termination
    nodes: int
    lps: int


def negligible_at(problem: Problem, run: Run, current: EvaluatedPolicy) -> float:
    """The average gain that the gap of the run leaves open at an iterate, as in the stop test of Algorithm 1."""
    return negligible_gain(problem.game, current.values, problem.weights, max(run.gap, LEAST_GAP))


class DominatingPointSearch:
    """Finds policies that dominate stationary points; remembers the answers that need no floor.

    Parameters
    ----------
    problem, run
        The game and what is asked; all limits are for the whole run.
    """

    def __init__(self, problem: Problem, run: Run) -> None:
        self._game = problem.game
        self._problem = problem
        self._run = run
        self._weights = compliant_weights(problem.weights)
        self._without_floor: dict[bytes, Answer] = {}

    def over(self, problem: Problem, run: Run) -> DominatingPointSearch:
        """The same for another run with the same weights, gap and tie rule: what is remembered stays."""
        other = DominatingPointSearch(problem, run)
        other._without_floor = self._without_floor
        return other

    @property
    def takes_floors(self) -> bool:
        """Whether programs may have floors, so that a jump settles whether anything dominates a point."""
        return not self._problem.policies.coupled_states(self._game)

    @property
    def known(self) -> Answer | None:
        """The answer to the commitment program with the asked weights and no floor, if it has been asked for.

        Its bound is one on the problem's objective only where the weights did not have to be made positive.
        """
        given = weight_key(self._problem.weights)
        return self._without_floor.get(given)

    def jump(self, current: EvaluatedPolicy, nodes: int) -> Jump:
        """A jump from a stationary point: with the asked weights, and with even ones if these settle nothing.

        Parameters
        ----------
        current
            The point.
        nodes
            Nodes spent so far, to be counted against the limit of the run.
        """
        even = np.full(self._game.num_states, 1.0 / self._game.num_states)
        first = self._jump(current, self._weights, nodes)
        settled = first.target is not None or first.gain_bound <= negligible_at(self._problem, self._run, current)
        if settled or first.termination.is_limit or np.array_equal(self._weights, even):
            return first
        second = self._jump(current, even, nodes + first.nodes)
        return dataclasses.replace(second, nodes=first.nodes + second.nodes, lps=first.lps + second.lps)

    def _jump(self, current: EvaluatedPolicy, weights: FloatArray, nodes: int) -> Jump:
        """Programs with more and more floors, until their policy keeps them all or their bound leaves no gain."""
        game, key = self._game, weight_key(weights)
        evenness = game.num_states * float(weights.min())
        allowed = evenness * negligible_at(self._problem, self._run, current)
        floored = np.zeros(game.num_states, dtype=bool)
        answer, spent, lps = self._without_floor.get(key), 0, 0
        for _ in range(game.num_states + 1):
            if answer is None:
                stop = self._run.stop_reason(nodes + spent)
                if stop is not None:
                    return Jump(None, math.inf, stop, spent, lps)
                floor = np.where(floored, self._floor(current), -np.inf) if floored.any() else None
                answer = self._solve(current, weights, nodes + spent, floor)
                spent, lps = spent + answer.nodes, lps + answer.lps
                if floor is None:
                    self._without_floor[key] = answer
            if answer.dual_bound - float(weights @ current.values) <= allowed or answer.response is None:
                break
            lower = self._falling(current, answer.response.leader_values)
            if not self.takes_floors or not (lower & ~floored).any() or answer.termination.is_limit:
                break
            floored |= lower
            answer = None
        return (
            Jump(None, math.inf, Termination.NUMERICAL, spent, lps)
            if answer is None
            else self._judged(current, weights, answer, spent, lps)
        )

    def _judged(self, current: EvaluatedPolicy, weights: FloatArray, answer: Answer, nodes: int, lps: int) -> Jump:
        """The policy of a program, taken if no true value falls and the gain counts, with what the bound leaves."""
        if answer.termination is Termination.INFEASIBLE:  # the point itself meets the floor: the numbers are to blame
            return Jump(None, math.inf, Termination.NUMERICAL, nodes, lps)
        game, target = self._game, None
        if answer.policy is not None:
            trial, keeps = evaluated(self._problem, answer.policy, self._run.tolerances)
            gain = float(weights @ (trial.values - current.values))
            counts = gain > LEAST_PROGRESS * negligible_at(self._problem, self._run, current)
            target = trial if keeps and counts and not self._falling(current, trial.values).any() else None
        reached = current if target is None else target
        left = max(0.0, answer.dual_bound - float(weights @ reached.values))
        return Jump(target, left / (game.num_states * float(weights.min())), answer.termination, nodes, lps)

    def _solve(self, current: EvaluatedPolicy, weights: FloatArray, nodes: int, floor: FloatArray | None) -> Answer:
        run = self._run
        inner = run.to_gap(TEST_GAP_SHARE * max(run.gap, LEAST_GAP)).after(nodes).starting_at(current.policy).quietly()
        inner = inner.recording(None if run.recorder is None else run.recorder.another())
        return solve_allowed(without_answers(self._problem.weighing(weights)).above(floor), inner)

    def _floor(self, current: EvaluatedPolicy) -> FloatArray:
        """The point's values, moved so that what the program lets them fall is half of what monotonicity allows.

        Optima like to sit on the floor, where the whole of it would be a matter of rounding.
        """
        monotone, scale = self._run.tolerances.monotone, value_scale(self._game, current.values)
        moved: FloatArray = current.values + monotone * (1.0 + np.abs(current.values) - 0.5 * scale)
        return moved

    def _falling(self, current: EvaluatedPolicy, values: FloatArray) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        """Which states lose, beyond what monotonicity allows."""
        scale = value_scale(self._game, current.values)
        return values < current.values - self._run.tolerances.monotone * scale
