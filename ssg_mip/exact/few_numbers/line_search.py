"""Lines through the policies of a leader who has few numbers to choose: a good policy to begin a search with.

Lines on which one state's mix moves are walked exactly (:mod:`ssg_mip.exact.few_numbers.walk`): towards every action
that differs, as far as the mix goes either way. On lines that move several states, from one good policy to another, the
response is asked at some points, and where two neighbours differ its change is bracketed by bisection. Only policies at
the changes are evaluated, because between them the leader's value is monotone, or nearly. What is found is no more than
a start: where ridges cross the lines the ascent goes on from it.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator

import numpy as np

from ssg_mip.base.deadline import Deadline
from ssg_mip.base.tolerances import LEAST_GAIN
from ssg_mip.evaluation.mdp import induced_by_leader
from ssg_mip.exact.few_numbers.choices import (
    FEWEST_STATES,
    choosing_states,
    distinct_actions,
    free_numbers,
    pure_policies,
)
from ssg_mip.exact.few_numbers.howard import best_policy
from ssg_mip.exact.few_numbers.one_number import OneNumber
from ssg_mip.exact.few_numbers.walk import walk
from ssg_mip.exact.heuristics.operator_policies import operator_policies
from ssg_mip.exact.heuristics.simple import evaluated, simple_policies
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.problem.evaluated_policy import Candidate
from ssg_mip.problem.problem import Problem
from ssg_mip.runs.run import Run

MOST_NUMBERS = 4
"""Numbers up to which lines are searched."""

MOST_PURE = 64
"""Deterministic policies up to which all of them are evaluated."""

STARTS = 4
"""Policies from which lines are searched."""

ROUNDS = 6
"""Rounds over all states from one start, at most."""

POINTS = 17
"""Points at which the response is asked on a line that moves several states."""

HALVINGS = 30
"""Halvings of an interval in which the response changes."""

STEPS = (0.2, 0.06, 0.02, 0.006, 0.002)
"""Steps in one state that are followed by a line in another."""

TIME_SHARE = 0.1
"""Share of the remaining time that all of this may take."""

SECONDS = 5.0
"""Seconds that it may take at most."""


def applies(problem: Problem) -> bool:
    """Whether the leader has few numbers to choose in a game of some size, and any policy will do."""
    enough = problem.game.num_states >= FEWEST_STATES
    return enough and problem.allows_all and 0 < free_numbers(problem.game) <= MOST_NUMBERS


def best_on_lines(problem: Problem, run: Run) -> Candidate:
    """The best policy on lines from several starts; at least the given start or the uniform policy."""
    deadline = Deadline(min(SECONDS, TIME_SHARE * run.deadline.remaining))
    return _Lines(problem, dataclasses.replace(run, deadline=deadline)).best(run.start)


@dataclasses.dataclass(frozen=True, eq=False)
class _Lines:
    """The lines of one problem."""

    problem: Problem
    run: Run

    def best(self, start: LeaderPolicy | None) -> Candidate:
        """The best of all starts, the lines from the best ones, and the lines between their ends."""
        first = LeaderPolicy.uniform(self.problem.game) if start is None else start
        candidates = [self._evaluated(first)]
        for policy in _different(self._starts()):
            if self.run.stopped:
                break
            candidates.append(self._evaluated(policy))
        candidates.sort(key=lambda one: -one.value)
        ends = [self._climbed(one) for one in candidates[:STARTS]]
        ends.sort(key=lambda one: -one.value)
        best = ends[0]
        for other in ends[1:]:
            better = self._between(best, other)
            best = self._climbed(better) if better.value > best.value else best
        return self._along_ridges(best)

    def _evaluated(self, policy: LeaderPolicy) -> Candidate:
        return evaluated(self.problem, self.run, policy)

    def _starts(self) -> Iterator[LeaderPolicy]:
        game = self.problem.game
        yield LeaderPolicy.uniform(game)
        if pure_policies(game) <= MOST_PURE:
            for actions in itertools.product(*(some.tolist() for some in distinct_actions(game))):
                yield LeaderPolicy.deterministic(game, actions)
        else:
            yield from simple_policies(game)
        yield from operator_policies(self.problem, self.run)

    # ------------------------------------------------------------------ one state at a time

    def _climbed(self, best: Candidate) -> Candidate:
        """What is reached by moving to the best policy of one line after the other, until none is better."""
        for _ in range(ROUNDS):
            before = best
            for state in choosing_states(self.problem.game).tolist():
                for line in _lines(self.problem.game, best.policy, state):
                    best = self._best_of(line, best)
            if best.value <= before.value + LEAST_GAIN * (1.0 + abs(before.value)):
                break
        return best

    def _best_of(self, line: OneNumber, best: Candidate) -> Candidate:
        path = walk(line, lambda: self.run.stopped)
        for number in (*path.starts, 1.0):
            if self.run.stopped:
                break
            best = max(best, self._evaluated(line.policy(number)), key=lambda one: one.value)
        return best

    # ------------------------------------------------------------------ several states at once

    def _along_ridges(self, best: Candidate) -> Candidate:
        """Steps in one state, each followed by the best policy of a line in another: what keeps to a tie in two states.

        Steps become smaller where none is better.
        """
        states = choosing_states(self.problem.game).tolist()
        for step in STEPS:
            for _ in range(ROUNDS):
                before = best
                for moved, other in itertools.permutations(states, 2):
                    best = self._best_beside(best, moved, other, step)
                if self.run.stopped or best.value <= before.value + LEAST_GAIN * (1.0 + abs(before.value)):
                    break
        return best

    def _best_beside(self, best: Candidate, moved: int, other: int, step: float) -> Candidate:
        """The best policy on lines in one state, after a step either way in another one."""
        game = self.problem.game
        for line in _lines(game, best.policy, moved):
            share = _share(line, best.policy.slots(game))
            for number in {min(1.0, share + step), max(0.0, share - step)} - {share}:
                for across in _lines(game, line.policy(number), other):
                    if self.run.stopped:
                        return best
                    best = self._best_of(across, best)
        return best

    def _between(self, best: Candidate, other: Candidate) -> Candidate:
        """The best policy where the response changes on the way from one policy to another."""
        game = self.problem.game
        ends = best.policy.slots(game), other.policy.slots(game)
        points = np.linspace(0.0, 1.0, POINTS).tolist()
        responses = [self._response(ends, point) for point in points]
        for place in range(POINTS - 1):
            if self.run.stopped:
                break
            if not np.array_equal(responses[place], responses[place + 1]):
                for point in self._bracket(ends, points[place : place + 2], responses[place]):
                    best = max(best, self._evaluated(_mixed(game, ends, point)), key=lambda one: one.value)
        return best

    def _response(self, ends: tuple[FloatArray, FloatArray], point: float) -> IntArray:
        return best_policy(induced_by_leader(self.problem.game, _mixed(self.problem.game, ends, point))[1])[0]

    def _bracket(self, ends: tuple[FloatArray, FloatArray], between: list[float], response: IntArray) -> list[float]:
        """Points close to either side of where a response stops being the best one."""
        low, high = between
        for _ in range(HALVINGS):
            middle = 0.5 * (low + high)
            same = np.array_equal(self._response(ends, middle), response)
            low, high = (middle, high) if same else (low, middle)
        return [low, high]


def _different(policies: Iterator[LeaderPolicy]) -> Iterator[LeaderPolicy]:
    known: set[bytes] = set()
    for policy in policies:
        key = policy.probabilities.tobytes()
        if key not in known:
            known.add(key)
            yield policy


def _mixed(game: Game, ends: tuple[FloatArray, FloatArray], point: float) -> LeaderPolicy:
    return LeaderPolicy.from_slots(game, (1.0 - point) * ends[0] + point * ends[1])


def _share(line: OneNumber, slots: FloatArray) -> float:
    """The number at which a policy lies on a line."""
    direction = line.at_one - line.at_zero
    return float((slots - line.at_zero) @ direction / (direction @ direction))


def _lines(game: Game, policy: LeaderPolicy, state: int) -> Iterator[OneNumber]:
    """From a policy towards each action of a state, as far as the mix goes either way; with two actions one line."""
    slots = policy.slots(game)
    mix = slots[game.leader_offsets[state] : game.leader_offsets[state + 1]]
    actions = distinct_actions(game)[state].tolist()
    for action in actions[:1] if len(actions) == 2 else actions:
        towards = np.eye(len(mix))[action]
        without = np.where(towards > 0.0, 0.0, mix)
        if without.sum() == 0.0:  # the action alone is played: away from it there are the others
            without[[other for other in actions if other != action]] = 1.0
        yield OneNumber.between(game, slots, state, towards, without / without.sum())
