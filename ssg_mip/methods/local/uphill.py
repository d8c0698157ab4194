"""On from where a smooth ascent has ended: onto the ties that hold the best policy nearby, by linear programs.

A smooth follower makes the leader keep clear of ties by about the temperature. Sequential linear programs with the
exact follower's answer go to where he is indifferent, which is where an optimal commitment nearly always sits; every
step is judged by the exact follower, so what comes back is never worth less.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ssg_mip.base.tolerances import ARITHMETIC
from ssg_mip.evaluation.mdp import DENSE_STATES
from ssg_mip.exact.heuristics.linearisation import FixedResponse, LinearGoal
from ssg_mip.exact.heuristics.sequential_lp import Ascent, ascent_margin
from ssg_mip.exact.heuristics.simple import evaluated
from ssg_mip.exact.heuristics.sparse_steps import steps
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.problem.problem import Problem
from ssg_mip.runs.run import Run

MOST_TRIALS = 40
"""Answers that a search over answers tries."""


def uphill(problem: Problem, run: Run, policy: LeaderPolicy) -> Iterator[LeaderPolicy]:
    """Policies, each worth more than the one before, by linear programs from a given one, within a run.

    With dense matrices the last one alone, with sparse ones (above :data:`~ssg_mip.evaluation.mdp.DENSE_STATES` states)
    all of them, because one alone may take long.
    """
    start = evaluated(problem, run, policy)
    if not np.isfinite(start.value) or run.stopped:
        return
    if problem.game.num_states > DENSE_STATES:
        yield from (found.policy for found in steps(problem, run, start))
    else:
        yield _dense_ascent(problem, run).ascend(start).policy


def other_answers(problem: Problem, run: Run, policy: LeaderPolicy, rng: np.random.Generator) -> LeaderPolicy:
    """The best policy that a search over the follower's answers finds, from a policy's own, within a run.

    The answer of one state is made another one, in an order that is drawn; where the ascent towards such answers leads
    to a better policy the search goes on from there. It ends after :data:`MOST_TRIALS`. In games of more than
    :data:`~ssg_mip.evaluation.mdp.DENSE_STATES` states there is none.
    """
    game, best, tried = problem.game, evaluated(problem, run, policy), 0
    if game.num_states > DENSE_STATES or run.stopped:
        return policy
    ascent = _dense_ascent(problem, run)
    slots = rng.permutation(np.flatnonzero(game.follower_counts[game.follower_slot_state] > 1)).tolist()
    while slots and tried < MOST_TRIALS and not run.stopped:
        slot = slots.pop()
        state = int(game.follower_slot_state[slot])
        wanted = best.answers.copy()
        wanted[state] = slot - game.follower_offsets[state]
        if wanted[state] == best.answers[state]:
            continue
        trial = ascent.ascend(evaluated(problem, run, ascent.restore(best.policy, wanted)))
        tried += 1
        if trial.value > best.value + ARITHMETIC * (1.0 + abs(trial.value)):
            best = trial
            slots = rng.permutation(np.flatnonzero(game.follower_counts[game.follower_slot_state] > 1)).tolist()
    return best.policy


def _dense_ascent(problem: Problem, run: Run) -> Ascent:
    game, weights = problem.game, problem.weights

    def goal(model: FixedResponse) -> LinearGoal:
        nothing = np.zeros((0, len(model.slots)))
        value = float(weights @ model.leader_values)
        return LinearGoal(value, weights @ model.leader_slopes(), nothing, np.zeros(0))

    return Ascent(game, goal, lambda trial: evaluated(problem, run, trial), ascent_margin(problem, run), run)
