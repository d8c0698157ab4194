"""Policies that a search with constraints, types of the follower or a goal may begin from, made of easier questions.

* Where play falls into parts that never meet, as types of the follower do: the best policy against each part alone, and
  against a follower whose rewards and moves are the mean over the types, played wherever the leader sees the same.
* Where the goal is the least of several sums: good policies for each sum.
* Policies of other methods, for the rows that they honour.

None of them need keep the constraints: whoever tries one takes the nearest policy that does. They prove nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from importlib import import_module

import numpy as np

from ssg_mip.evaluation.reach import unconnected_parts
from ssg_mip.evaluation.subgame import reached_subgame
from ssg_mip.exact.heuristics.alike import Alike
from ssg_mip.exact.solving import solve_commitment
from ssg_mip.exact.wider import best_start
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.follower import Rational
from ssg_mip.problem.follower_types import FollowerTypes
from ssg_mip.problem.objective import Objective
from ssg_mip.problem.origin import Origin, Remade
from ssg_mip.problem.policy_space import EVERY_POLICY, PolicySpace, Scope
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.rising import LeastOf
from ssg_mip.result import Result
from ssg_mip.runs.run import Run

SHARE = 0.04
"""Share of the remaining time that each question may take."""

MOST_SECONDS = 2.0
"""What it may take at most."""

MOST_NODES = 20
"""Nodes that it may take besides."""

MOST_PARTS = 8
"""Parts that are asked about at most."""

HONOURED = {
    "ssg_mip.methods.fixed_point": frozenset[Scope](),
    "ssg_mip.methods.policy_iteration": frozenset({Scope.STATEWISE, Scope.COUPLING}),
}
"""Homes of the methods that are asked, with the rows that they honour."""


def suggestions_within(problem: Problem, run: Run) -> Callable[[], Iterator[LeaderPolicy]] | None:
    """What yields policies for a problem with constraints or a goal; ``None`` where its follower is not rational."""
    if type(problem.follower) is not Rational:
        return None
    return lambda: _suggested(problem, run)


def _suggested(problem: Problem, run: Run) -> Iterator[LeaderPolicy]:
    for questions in (_of_parts, _of_mean_follower, _of_sums, _of_methods):
        for found in questions(problem, run):
            if found is not None:
                yield found
            if run.stopped:
                return


def _inner(run: Run) -> Run:
    """A run within its share, from no start."""
    return run.aside(SHARE, most_seconds=MOST_SECONDS, nodes=MOST_NODES).starting_at(None)


# -------------------------------------------------------------------- parts that never meet


def _of_parts(problem: Problem, run: Run) -> Iterator[LeaderPolicy | None]:
    """The best policy against every part alone, played in all states where the leader sees the same."""
    game, part_of = problem.game, unconnected_parts(problem.game)
    parts = range(int(part_of.max()) + 1)
    if len(parts) == 1 or not problem.policies.coupled_states(game):
        return
    alike = Alike(game, problem.policies)
    for part in parts[:MOST_PARTS]:
        start = np.where(part_of == part, game.initial, 0.0)
        if not start.any():
            continue
        inside = reached_subgame(game, start / start.sum())
        found = solve_commitment(Problem(inside.game, follower=problem.follower), _inner(run)).policy
        if found is not None:
            known = inside.kept[game.leader_slot_state]
            slots = LeaderPolicy.uniform(game).slots(game).copy()
            slots[known] = found.slots(inside.game)
            yield alike.spread(slots, known)


# -------------------------------------------------------------------- the mean of the types


def _of_mean_follower(problem: Problem, run: Run) -> Iterator[LeaderPolicy | None]:
    """The best policy against a follower whose game is the mean of the types' games, if they are of one shape."""
    types = _types(problem.origin)
    if types is None or sum(game.num_states for game in types.games) != problem.game.num_states:
        return
    game = _mean(types)
    if game is None:
        return
    found = solve_commitment(Problem(game, follower=problem.follower), _inner(run)).policy
    if found is not None:
        slots = np.tile(found.slots(game), len(types.games))
        yield LeaderPolicy.from_slots(problem.game, slots)


def _types(origin: Origin | None) -> FollowerTypes | None:
    while isinstance(origin, Remade):
        origin = origin.before
    return origin if isinstance(origin, FollowerTypes) else None


def _mean(types: FollowerTypes) -> Game | None:
    """The game of the mean rewards and moves; ``None`` where states, actions or discounts are not the same."""
    from scipy.sparse import csr_array

    first = types.games[0]
    for game in types.games:
        names = (game.state_names, game.leader_actions, game.follower_discount, game.follower_counts.tolist())
        if names != (first.state_names, first.leader_actions, first.follower_discount, first.follower_counts.tolist()):
            return None
    pairs = list(zip(types.prior.tolist(), types.games, strict=True))

    def mean(of: Callable[[Game], FloatArray]) -> FloatArray:
        return np.array(sum(chance * of(game) for chance, game in pairs), dtype=float)

    shape = (first.num_rows, first.num_states)
    each = (
        (chance, csr_array((game.probabilities, game.successors, game.indptr), shape=shape)) for chance, game in pairs
    )
    moves = csr_array(sum(chance * moved for chance, moved in each))
    moves.sort_indices()
    return first.replace(
        indptr=moves.indptr,
        successors=moves.indices,
        probabilities=moves.data / np.repeat(np.asarray(moves.sum(axis=1)).ravel(), np.diff(moves.indptr)),
        leader_rewards=mean(lambda game: game.leader_rewards),
        follower_rewards=mean(lambda game: game.follower_rewards),
        initial=mean(lambda game: game.initial),
    )


# -------------------------------------------------------------------- sums, and other methods


def _of_sums(problem: Problem, run: Run) -> Iterator[LeaderPolicy | None]:
    """Good policies for each of the sums of which the least counts."""
    goal = problem.objective.goal
    if not isinstance(goal, LeastOf) or len(goal.leader) == 1:
        return
    for row in goal.leader[:MOST_PARTS]:
        if row.any():
            yield best_start(problem.wanting(None).weighing(row / row.sum()), _inner(run))


def _of_methods(problem: Problem, run: Run) -> Iterator[LeaderPolicy | None]:
    """What other methods answer within the rows that they honour."""
    for home, honoured in HONOURED.items():
        asked = Problem(problem.game, Objective(problem.weights), problem.follower, _with_alone(problem, honoured))
        found: Result = import_module(home).solve(asked, _inner(run))
        yield found.leader_policy


def _with_alone(problem: Problem, honoured: frozenset[Scope]) -> PolicySpace:
    """The rows of some scopes."""
    space, game = problem.policies, problem.game
    rows = tuple(row for scope in honoured for row in space.of_scope(game, scope))
    return dataclasses.replace(EVERY_POLICY, rows=rows, observed=space.observed if rows else EVERY_POLICY.observed)
