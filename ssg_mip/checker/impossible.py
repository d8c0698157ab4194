r"""Proofs that near a policy nothing makes a response the follower's only best one.

Fix a response ``g`` with values ``v`` at the policy ``f`` and let ``D(f')`` be the advantage of
``g(s)`` over another action ``b`` in state ``s`` when ``f'`` is played and ``g`` is answered. Write ``d = f' - f``,
``rho = max_s sum_a |d(a|s)|``, ``q(s, a, b) = r + gamma p(. | s, a, b) v``, ``P`` for the transitions under ``(f, g)``
and ``P_b`` for the row of ``b``. By the performance difference ``v' - v = (I - gamma P')^{-1} A d`` with
``(A d)(s) = sum_a d(a|s) q(s, a, g(s))``, hence

    ``D(f') = D(f) + L d + R``,  ``L(s', a) = [s' = s] (q(s, a, g) - q(s, a, b)) + w(s') q(s', a, g(s'))``,
    ``w = gamma (P_g - P_b)(s) (I - gamma P)^{-1}``,
    ``|R| <= K rho^2``,  ``K = gamma S / (1 - gamma) + gamma^2 S / (1 - gamma)^2``,

with ``S`` the largest spread of ``q(s', ., g(s'))`` over leader actions. If ``f`` is deterministic and every deviation
from it loses at least ``c > 0`` in ``L``, then ``L d <= -c rho / 2``, and ``D(f') <= D(f)`` for every ``f'`` with
``rho <= c / (2 K)``: no policy near ``f`` gives ``g`` a larger advantage. Two actions that are the same to the
follower under every leader action are never told apart, by any policy.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from fractions import Fraction

from ssg_mip.checker.linear_solve import solve_exactly
from ssg_mip.checker.rational import (
    ExactGame,
    PolicyRows,
    Process,
    Row,
    induce,
    over_common_denominator,
    policy_rows,
)
from ssg_mip.checker.values import EXACT_STATES, exact_values
from ssg_mip.game.game import Game
from ssg_mip.game.policy import FollowerPolicy, LeaderPolicy

EVERYWHERE = Fraction(2)
"""The largest distance ``max_s sum_a |f'(a|s) - f(a|s)|`` between two policies."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Impossibility:
    """Proven: near the policy, or anywhere, the response never beats one action by more than it does now.

    Attributes
    ----------
    state, action
        Where, and which other follower action.
    advantage
        The advantage over it at the policy; no policy within ``radius`` gives more.
    radius
        In ``max_s sum_a |f'(a|s) - f(a|s)|``; 2 means every policy there is.
    """

    state: str
    action: str
    advantage: Fraction
    radius: Fraction

    def __str__(self) -> str:
        where = "no policy" if self.radius >= EVERYWHERE else f"no policy within {float(self.radius):.3g}"
        return (
            f"{where} lets the response beat {self.action!r} in state {self.state!r} by more than "
            f"{float(self.advantage):.3g}"
        )


def prove_impossible(game: Game, policy: LeaderPolicy, response: FollowerPolicy, margin: float) -> Impossibility | None:
    """The proof that no nearby policy makes ``response`` the best answer by ``margin``, if it is one of those above.

    Of several proofs the one with the largest radius is given. ``None`` means that nothing is proven: also for games
    of more than :data:`~ssg_mip.checker.values.EXACT_STATES` states, unless two actions are the same.

    Raises
    ------
    InvalidPolicyError
        If a policy does not fit the game.
    """
    exact = ExactGame.of(game)
    chosen = response.slots(game).tolist()
    twins = _twin_of_response(exact, chosen)
    if twins is not None:
        return _named(game, twins, Fraction(0), EVERYWHERE) if margin > 0.0 else None
    if game.num_states > EXACT_STATES:
        return None
    rows = policy_rows(game, policy)
    if any(sum(probability > 0.0 for probability in row) > 1 for row in rows):
        return None
    return _local_proof(exact, rows, chosen, Fraction(margin))


def _named(game: Game, slot: int, advantage: Fraction, radius: Fraction) -> Impossibility:
    state = int(game.follower_slot_state[slot])
    action = game.follower_actions[state][slot - int(game.follower_offsets[state])]
    return Impossibility(state=game.state_names[state], action=action, advantage=advantage, radius=radius)


def _twin_of_response(exact: ExactGame, chosen: Sequence[int]) -> int | None:
    """A slot that is the same to the follower as the chosen one, whatever the leader plays."""
    game = exact.game
    for state, mine in enumerate(chosen):
        first = int(game.follower_offsets[state])
        for slot in range(first, int(game.follower_offsets[state + 1])):
            pairs = (
                (game.row(state, a, mine - first), game.row(state, a, slot - first))
                for a in range(int(game.leader_counts[state]))
            )
            if slot != mine and all(_same_to_follower(exact, one, other) for one, other in pairs):
                return slot
    return None


def _same_to_follower(exact: ExactGame, one: int, other: int) -> bool:
    return exact.follower_rewards[one] == exact.follower_rewards[other] and _shares(exact.rows[one]) == _shares(
        exact.rows[other]
    )


def _shares(row: Row) -> dict[int, Fraction]:
    pairs = zip(row.places, row.numerators, strict=True)
    return {place: Fraction(numerator, row.total) for place, numerator in pairs if numerator}


def _local_proof(exact: ExactGame, rows: PolicyRows, chosen: Sequence[int], margin: Fraction) -> Impossibility | None:
    """The proof by the first-order loss ``c`` and the remainder ``K``; see the module's text."""
    _, follower = induce(exact, rows)
    values = exact_values(follower, chosen)
    now = follower.action_values(values, range(len(follower.kernel)))
    q = _row_values(exact, values)
    played = [max(range(len(row)), key=row.__getitem__) for row in rows]
    curvature = _curvature(exact, q, chosen)
    best: Impossibility | None = None
    for state, mine in enumerate(chosen):
        for slot in follower.slots(state):
            advantage = now[mine] - now[slot]
            if slot == mine or advantage >= margin:
                continue
            loss = _least_loss(exact, follower, q, chosen, played, slot)
            if loss is None or loss > 0:
                flat = loss is None or curvature == 0
                radius = EVERYWHERE if flat else min(EVERYWHERE, loss / (2 * curvature))  # type: ignore[operator]
                if best is None or radius > best.radius:
                    best = _named(exact.game, slot, advantage, radius)
    return best


def _row_values(exact: ExactGame, values: Sequence[Fraction]) -> list[Fraction]:
    """``q(s, a, b)`` for every joint action."""
    numerators, below = over_common_denominator(values)
    return [
        reward
        + exact.follower_discount
        * Fraction(
            sum(weight * numerators[t] for t, weight in zip(row.places, row.numerators, strict=True)),
            below * row.total,
        )
        for reward, row in zip(exact.follower_rewards, exact.rows, strict=True)
    ]


def _answers(exact: ExactGame, q: Sequence[Fraction], state: int, slot: int) -> list[Fraction]:
    """``q(s, a, b)`` over the leader's actions, for one follower slot."""
    game = exact.game
    action = slot - int(game.follower_offsets[state])
    return [q[game.row(state, a, action)] for a in range(int(game.leader_counts[state]))]


def _curvature(exact: ExactGame, q: Sequence[Fraction], chosen: Sequence[int]) -> Fraction:
    """``K``."""
    spreads = []
    for state, slot in enumerate(chosen):
        mine = _answers(exact, q, state, slot)
        spreads.append(max(mine) - min(mine))
    ratio = exact.follower_discount / (1 - exact.follower_discount)
    return max(spreads) * (ratio + ratio * ratio)


def _least_loss(
    exact: ExactGame,
    follower: Process,
    q: Sequence[Fraction],
    chosen: Sequence[int],
    played: Sequence[int],
    slot: int,
) -> Fraction | None:
    """``c``: what the least harmful deviation from the played actions loses in ``L``; ``None`` without deviations."""
    there = int(exact.game.follower_slot_state[slot])
    influence = _influence(follower, chosen, chosen[there], slot)
    losses: list[Fraction] = []
    for state, mine in enumerate(chosen):
        slope = [influence[state] * value for value in _answers(exact, q, state, mine)]
        if state == there:
            pairs = zip(_answers(exact, q, state, mine), _answers(exact, q, state, slot), strict=True)
            slope = [old + one - other for old, (one, other) in zip(slope, pairs, strict=True)]
        losses.extend(slope[played[state]] - other for a, other in enumerate(slope) if a != played[state])
    return min(losses) if losses else None


def _influence(follower: Process, chosen: Sequence[int], mine: int, other: int) -> tuple[Fraction, ...]:
    """``w = gamma (P_mine - P_other)(I - gamma P)^{-1}``: the transposed system, in whole numbers."""
    gamma, size = follower.discount, follower.num_states
    shares = [_shares(follower.kernel[slot]) for slot in chosen]
    one, two = _shares(follower.kernel[mine]), _shares(follower.kernel[other])
    matrix, right = [], []
    for column in range(size):
        line = [Fraction(row == column) - gamma * shares[row].get(column, Fraction(0)) for row in range(size)]
        line.append(gamma * (one.get(column, Fraction(0)) - two.get(column, Fraction(0))))
        whole, _ = over_common_denominator(line)
        matrix.append(whole[:-1])
        right.append(whole[-1])
    return solve_exactly(matrix, right)
