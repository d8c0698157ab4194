r"""Markov decision processes: exact evaluation, occupancy and optimal control.

A decision process here is a list of *slots*, one per available (state, action), ordered by state, with a reward
and a transition row each. Given a policy that picks one slot per state, its value solves
``(I - gamma P) v = r`` and its discounted occupancy from ``rho`` solves ``(I - gamma P)^T d = rho``
(Puterman, *Markov Decision Processes*, sections 6.1 and 6.9). Optimal control is Howard's policy iteration,
which ends after finitely many exact evaluations.

Linear systems are dense up to :data:`DENSE_STATES` states and sparse above.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from ssg_mip.base.tolerances import ARITHMETIC
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.numerics.krylov import bicgstab
from ssg_mip.numerics.local_accuracy import (
    ROUNDING,
    discounted_values,
    discounted_visits,
    local_solution,
    value_residual,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

DENSE_STATES = 100
"""Number of states up to which matrices are dense."""

Number = TypeVar("Number", float, FloatArray)
"""One number, or one for each state."""

ROUNDINGS = 16
"""Roundings, at most, in an expression that is no sum over states."""

REFINEMENTS = 4
"""Rounds of iterative refinement of a sparse linear system."""

MOST_STEPS = 200
"""Steps of BiCGSTAB in a round."""

REDUCTION = 1e-10
"""By how much a round reduces the residual; what is left is judged by :data:`RESIDUAL`, so this is speed, not truth."""

FACTORISED_STATES = 2_000
"""States of the largest sparse system that is factorised."""

MOST_STEPS_AHEAD = 100
"""Steps in which the largest size travels through a sparse process from state to state."""

REACH_SWEEPS = 10
"""Steps over which it counts how likely a state is to be reached, where its size is about rounding."""

MOST_SWEEPS = 1_000
"""Sweeps in larger ones where BiCGSTAB does not get through."""

RESIDUAL = 4.0 * float(np.finfo(np.float64).eps)
"""Residual of a solved system, relative to the size of its terms: what rounding leaves."""

VALUE_SWEEPS = 20
"""Sweeps of value iteration that find a start for policy iteration where matrices are sparse."""


@dataclasses.dataclass(frozen=True, eq=False)
class DecisionProcess:
    """Slots with rewards and transitions; ``transition`` is a dense array or a SciPy CSR matrix ``[slots, states]``."""

    offsets: IntArray
    reward: FloatArray
    transition: Any
    discount: float

    @property
    def num_states(self) -> int:
        """Number of states."""
        return len(self.offsets) - 1

    def action_values(self, values: FloatArray) -> FloatArray:
        """``q = r + gamma P v`` for every slot."""
        q: FloatArray = self.reward + self.discount * (self.transition @ values)
        return q


def transition_matrix(game: Game) -> Any:
    """The game's transitions ``[num_rows, num_states]``: dense for small games, SciPy CSR for large ones."""
    if game.num_states <= DENSE_STATES:
        return game.dense_transition
    from scipy.sparse import csr_array

    return csr_array((game.probabilities, game.successors, game.indptr), shape=(game.num_rows, game.num_states))


def dense(matrix: Any) -> FloatArray:
    """A matrix of either kind as a dense array."""
    array: FloatArray = matrix if isinstance(matrix, np.ndarray) else matrix.toarray()
    return array


def induced_by_leader(game: Game, policy: LeaderPolicy) -> tuple[DecisionProcess, DecisionProcess]:
    """The two processes over follower slots that a leader policy induces.

    Returns
    -------
    leader, follower
        Same transitions ``p(t | s, f, b)``, the reward and discount of either player
        (Kudo & Akimoto, section 3).
    """
    weight = policy.slots(game)[game.row_leader_slot]
    slots = game.row_follower_slot
    count = int(game.follower_offsets[-1])
    if game.num_states <= DENSE_STATES:
        mixed: Any = _sum_rows_by_slot(game, weight[:, None] * game.dense_transition)
    else:
        from scipy.sparse import csr_array

        gather = csr_array((weight, (slots, np.arange(game.num_rows))), shape=(count, game.num_rows))
        mixed = csr_array(gather @ transition_matrix(game))
    leader_reward, follower_reward = (
        np.bincount(slots, weights=weight * rewards, minlength=count).astype(np.float64)
        for rewards in (game.leader_rewards, game.follower_rewards)
    )
    return (
        DecisionProcess(game.follower_offsets, leader_reward, mixed, game.leader_discount),
        DecisionProcess(game.follower_offsets, follower_reward, mixed, game.follower_discount),
    )


def _sum_rows_by_slot(game: Game, rows: FloatArray) -> FloatArray:
    total = np.zeros((int(game.follower_offsets[-1]), rows.shape[1]))
    np.add.at(total, game.row_follower_slot, rows)
    return total


def joint_process(game: Game, *, leader: bool) -> DecisionProcess:
    """The process in which one planner picks both players' actions, with one player's reward and discount."""
    return DecisionProcess(
        game.row_offsets,
        game.leader_rewards if leader else game.follower_rewards,
        transition_matrix(game),
        game.leader_discount if leader else game.follower_discount,
    )


def evaluate(process: DecisionProcess, chosen: IntArray) -> FloatArray:
    """Values of the policy that plays slot ``chosen[s]`` in state ``s``, by a linear solve."""
    return _solve(process.transition[chosen], process.discount, process.reward[chosen], transposed=False)


def occupancy(process: DecisionProcess, chosen: IntArray, start: FloatArray) -> FloatArray:
    """Discounted state occupancy ``sum_k gamma^k Pr(s_k = s)`` from a start distribution; sums to ``1/(1-gamma)``."""
    return _solve(process.transition[chosen], process.discount, start, transposed=True)


def _solve(matrix: Any, discount: float, right: FloatArray, *, transposed: bool) -> FloatArray:
    size = len(right)
    if isinstance(matrix, np.ndarray):
        return (discounted_visits if transposed else discounted_values)(matrix, discount, right)
    from scipy.sparse import csr_array, eye_array

    matrix, right = csr_array(matrix.T if transposed else matrix), np.asarray(right)
    system = csr_array(eye_array(size, format="csr") - discount * matrix)
    solution = _sparse_solution(system, right)
    if not transposed:
        solution = _corrected(system, matrix, discount, right, solution)
    return local_solution(discount * matrix, right, solution)


def _sparse_solution(system: Any, right: FloatArray) -> FloatArray:
    """By BiCGSTAB with iterative refinement, down to the residual that a factorisation leaves.

    A factorisation fills up on graphs without structure: with 2,000 states and 20 successors a state it took 0.7 s,
    the iteration 3 ms. Systems here are diagonally dominant, so a small residual means a small error. Where the
    iteration does not get so far, systems of up to :data:`FACTORISED_STATES` are factorised, larger ones swept.
    """
    solution: FloatArray = np.zeros(len(right))
    residual = right
    for _ in range(REFINEMENTS):
        with np.errstate(all="ignore"):
            correction = bicgstab(system.__matmul__, residual, reduction=REDUCTION, most_steps=MOST_STEPS)
        if not np.isfinite(correction).all():
            break
        solution = solution + correction
        residual = right - system @ solution
        if _solved(right, solution, residual):
            return solution
    if len(right) > FACTORISED_STATES:
        return _swept(system, right, solution)
    from scipy.sparse.linalg import splu

    factorised: FloatArray = splu(system.tocsc()).solve(right)
    return factorised


def _corrected(system: Any, transition: Any, discount: float, right: FloatArray, values: FloatArray) -> FloatArray:
    """The values less their error, by the residual in which what they have in common does not round."""
    residual = value_residual(transition, discount, right, values)
    with np.errstate(all="ignore"):
        correction = bicgstab(system.__matmul__, residual, reduction=REDUCTION, most_steps=MOST_STEPS)
    return values + correction if np.isfinite(correction).all() else values


def _solved(right: FloatArray, solution: FloatArray, residual: FloatArray) -> bool:
    attainable = RESIDUAL * (float(np.abs(right).max()) + 2.0 * float(np.abs(solution).max()))
    return float(np.abs(residual).max()) <= attainable


def _swept(system: Any, right: FloatArray, solution: FloatArray) -> FloatArray:
    """Sweeps that shrink the error by the discount each, until it is rounding, or enough of them."""
    for _ in range(MOST_SWEEPS):
        residual = right - system @ solution
        if _solved(right, solution, residual):
            break
        solution = solution + residual
    return solution


@dataclasses.dataclass(frozen=True, eq=False)
class Control:
    """An optimal policy: the chosen slot per state, its values and every slot's action value."""

    chosen: IntArray
    values: FloatArray
    action_values: FloatArray


def optimal_control(
    process: DecisionProcess,
    *,
    allowed: NDArray[np.bool_] | None = None,
    maximise: bool = True,
    start: IntArray | None = None,
) -> Control:
    """Howard's policy iteration; the answer is exact up to the rounding of a linear solve.

    Parameters
    ----------
    process
        The decision process.
    allowed
        Slots that may be chosen (at least one per state); all if absent.
    maximise
        Whether to maximise or to minimise the values.
    start
        Slots to start from.

    Returns
    -------
    Control
        Among equally good slots the lowest one that improves is taken, so the answer is deterministic.
    """
    sign = 1.0 if maximise else -1.0
    state = np.repeat(np.arange(process.num_states), np.diff(process.offsets))
    barrier = np.zeros(len(state)) if allowed is None else np.where(allowed, 0.0, -np.inf)
    chosen = _promising(process, sign, barrier) if start is None else start
    due = np.full(process.num_states, -np.inf)  # what the values must rise to, or the last rises were rounding
    for _ in range(10 * len(state) + 100):
        values = evaluate(process, chosen)
        q = process.action_values(values)
        score = sign * q + barrier
        best = np.maximum.reduceat(score, process.offsets[:-1])
        rises = best - score[chosen]
        improves = rises > ARITHMETIC * (1.0 + float(np.abs(values).max()))
        if not improves.any() and np.any(sign * values >= due):
            noise = _local_noise(process, values, rises)
            improves = rises > noise
            due = np.where(improves, sign * values + noise, np.inf)
        if not improves.any():
            return Control(chosen, values, q)
        chosen = np.where(improves, first_best(score, process.offsets), chosen)
    # rounding noise beyond the tolerance swaps equally good policies for ever: any of them will do
    values = evaluate(process, chosen)
    return Control(chosen, values, process.action_values(values))


def _local_noise(process: DecisionProcess, values: FloatArray, rises: FloatArray) -> FloatArray:
    """Below what a rise is rounding: a share of the size of values and rewards that the state itself reaches."""
    rewards = np.maximum.reduceat(np.abs(process.reward), process.offsets[:-1])
    own = np.maximum(np.abs(values), rewards)
    share = ARITHMETIC
    if not isinstance(process.transition, np.ndarray):
        share = max(share, ROUNDING / (1.0 - process.discount))
    if not np.any(rises > share * own):
        return share * own
    return share * expected_reach(process, own)


def expected_reach(process: DecisionProcess, sizes: FloatArray) -> FloatArray:
    """The largest size that a state can come to see, times how much of it arrives: discounted, and as likely as it is.

    The smallest ``m >= sizes`` with ``m >= gamma P m`` on every slot, from above: what is hardly ever reached hardly
    counts, also in the rounding of values.
    """
    reach = largest_reached(process, sizes)
    for _ in range(REACH_SWEEPS):
        arriving = np.maximum.reduceat(process.transition @ reach, process.offsets[:-1])
        reach = np.maximum(sizes, process.discount * arriving)
    return reach


def largest_reached(process: DecisionProcess, sizes: FloatArray) -> FloatArray:
    """The largest size of all states that a state reaches, itself included, whatever is done.

    In sparse processes where that takes more than :data:`MOST_STEPS_AHEAD` steps the largest of all, but 0 where a
    state reaches nothing else.
    """
    dense = isinstance(process.transition, np.ndarray)
    largest = sizes
    for _ in range(process.num_states + 1 if dense else MOST_STEPS_AHEAD):
        if dense:
            later = np.max(np.where(process.transition > 0.0, largest, 0.0), axis=1)
        else:
            later = _largest_successor(process.transition, largest)
        further = np.maximum(largest, np.maximum.reduceat(later, process.offsets[:-1]))
        if np.array_equal(further, largest):
            return largest
        largest = further
    return _largest_anywhere(process, sizes)


def _largest_successor(transition: Any, sizes: FloatArray) -> FloatArray:
    """Of the states that each row of a CSR array leads to the largest size."""
    each = np.append(np.where(transition.data > 0.0, sizes[transition.indices], 0.0), 0.0)
    largest: FloatArray = np.maximum.reduceat(each, np.minimum(transition.indptr[:-1], len(each) - 1))
    return largest


def upper_solution(process: DecisionProcess, values: FloatArray, *, terms: int = 0) -> FloatArray:
    """``values`` raised, as little as rounding allows, until no slot improves on them.

    Values ``u`` with ``u >= r + gamma P u`` on every slot bound those of every policy from above, because the operator
    on the right is monotone and contracts. If no slot of the states that ``s`` reaches exceeds ``values`` by more than
    ``e(s)``, rounding included, then ``values + e / (1 - gamma)`` is such a ``u``: what a state reaches, its successors
    reach at most. Rows of ``P`` count as divided by their exact sums.

    Parameters
    ----------
    process
        The decision process.
    values
        Values that are optimal up to rounding, or any others.
    terms
        Operations behind each reward and transition probability, if they were computed.
    """
    starts = process.offsets[:-1]
    excess = np.maximum.reduceat(process.action_values(values), starts) - values
    size = np.maximum.reduceat(np.abs(process.reward), starts) + np.abs(values)
    reached = [largest_reached(process, np.maximum(some, 0.0)) for some in (excess, size)]
    return values + raising(reached[0], process.discount, reached[1], process.num_states + terms)


def raising(excess: Number, discount: float, size: Number, terms: int) -> Number:
    """``e / (1 - gamma)``, rounded up, for an ``excess`` computed by so many operations on numbers of a ``size``."""
    operations = 4.0 * (terms + ROUNDINGS)
    sure = excess + operations * float(np.finfo(float).eps) * size
    return sure / (1.0 - discount) * (1.0 + ROUNDINGS * float(np.finfo(float).eps))


def _largest_anywhere(process: DecisionProcess, sizes: FloatArray) -> FloatArray:
    """The largest of all where a state reaches any size at all."""
    state = np.repeat(np.arange(process.num_states), np.diff(process.offsets))
    reaches = sizes > 0.0
    while not reaches.all():
        later = process.transition @ reaches.astype(np.float64) > 0.0
        further = reaches.copy()
        further[state[later]] = True
        if np.array_equal(further, reaches):
            break
        reaches = further
    return np.where(reaches, sizes.max(), 0.0)


def _promising(process: DecisionProcess, sign: float, barrier: FloatArray) -> IntArray:
    """Slots to start from: greedy for the rewards, on large processes after sweeps that save linear solves."""
    score = sign * process.reward + barrier
    if isinstance(process.transition, np.ndarray):
        return first_best(score, process.offsets)
    for _ in range(VALUE_SWEEPS):
        values = np.maximum.reduceat(score, process.offsets[:-1])
        score = sign * process.reward + process.discount * (process.transition @ values) + barrier
    return first_best(score, process.offsets)


def first_best(score: FloatArray, offsets: IntArray) -> IntArray:
    """The lowest slot of each state with the highest score."""
    state = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    best = np.maximum.reduceat(score, offsets[:-1])
    place = np.where(score >= best[state], np.arange(len(score)), len(score))
    return np.minimum.reduceat(place, offsets[:-1])
