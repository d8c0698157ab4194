"""The payoff-set bound against policies: no leader gets more in any state, whatever the discounts, sizes and rewards.

Of every game fifty policies are evaluated under an optimal answer: random and
deterministic ones, and what climbs from them towards the leader's values. Every support ``H`` is held against
``V + k v`` of the same pairs, a certificate of every fifth bound is replayed, and bounds with floors are held against
the policies that keep them.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ssg_mip import Game, LeaderPolicy
from ssg_mip.base.deadline import Deadline
from ssg_mip.checker.dual.replay import verify_bound
from ssg_mip.evaluation.best_response import best_response
from ssg_mip.evaluation.mdp import evaluate, induced_by_leader, optimal_control
from ssg_mip.evaluation.payoff_set import PayoffBound, payoff_set_bound
from ssg_mip.evaluation.value_bounds import raised_sum
from ssg_mip.library import random_game
from ssg_mip.proofs.claim import Claim
from ssg_mip.proofs.writer import Recorder
from tests.attacks.driver import Attack, Verdict
from tests.attacks.games import varied_game
from tests.attacks.wide import DISCOUNTS, wide_game

POLICIES = 50
"""Policies of every game."""

FLOORS_SECONDS = 0.3
"""For each bound with floors."""

ROUNDING = 1e-12
"""Share of the size of values that evaluations of policies may be off."""


def payoff_game(seed: int, index: int) -> Game:
    """Varied small games, wide ones of states of several kinds, and random ones of up to 60 states, in turn."""
    rng = np.random.default_rng([seed, index, 3])
    match index % 3:
        case 0:
            return varied_game(seed, index, states=(2, 3, 4, 5), most=200, mixing=12).to_game()
        case 1:
            return wide_game(seed, index).to_game()
        case _:
            leader, follower = rng.choice(DISCOUNTS, 2).tolist()
            states = int(rng.integers(3, 61))
            return random_game(int(rng.integers(10**6)), states, 3, 4, min(3, states), leader, follower)


def policies_of(game: Game, rng: np.random.Generator) -> Iterator[LeaderPolicy]:
    """Random and deterministic policies, and steps from the best so far towards others."""
    best, most = LeaderPolicy.uniform(game), -np.inf
    for number in range(POLICIES):
        other = LeaderPolicy.random(game, rng)
        if number % 3 == 1:
            other = LeaderPolicy.deterministic(game, rng.integers(0, game.leader_counts))
        if number % 3 == 2:
            share = float(rng.choice((0.05, 0.3, 0.7)))
            mixed = (1.0 - share) * best.slots(game) + share * other.slots(game)
            other = LeaderPolicy.from_slots(game, mixed)
        yield other
        value = float(game.initial @ best_response(game, other).leader_values)
        if value > most:
            best, most = other, value


def pair_values(game: Game, policy: LeaderPolicy) -> tuple[np.ndarray, np.ndarray]:
    """Both players' values under an optimal answer, which loses nothing.

    An answer that is tied within a tolerance only may be worth more to the leader than any bound allows.
    """
    leader, follower = induced_by_leader(game, policy)
    control = optimal_control(follower)
    return evaluate(leader, control.chosen), control.values


def _play(seed: int, index: int) -> Verdict:
    game = payoff_game(seed, index)
    found = payoff_set_bound(game)
    violations: list[str] = []
    met: list[np.ndarray] = []
    for number, policy in enumerate(policies_of(game, np.random.default_rng([seed, index, 4]))):
        mine, his = pair_values(game, policy)
        allowed = ROUNDING * (1.0 + np.abs(mine).max() + np.abs(his).max())
        met.append(mine)
        both = mine[:, None] + found.slopes * his[:, None]
        if (mine > found.upper + allowed).any():
            violations.append(f"policy {number} is worth {float((mine - found.upper).max()):.3g} more than the bound")
        if (both > found.support + allowed * (1.0 + found.slopes)).any():
            violations.append(f"policy {number} lies beyond a support")
        if (his < found.lower - allowed).any() or (his > found.above + allowed).any():
            violations.append(f"policy {number}: the follower's values leave their bounds")
    violations += _beyond_floors(game, np.array(met))
    if index % 5 == 0:
        violations += _replayed(game, found)
    return Verdict(violations=tuple(violations))


def _beyond_floors(game: Game, met: np.ndarray) -> list[str]:
    """Which policies keep floors and are worth more than the bound with these floors.

    Floors are what the few policies that are worth most get in each state at least: so these keep them.
    """
    best = np.argsort(met @ game.initial)[::-1]
    allowed = ROUNDING * (1.0 + np.abs(met).max())
    found: list[str] = []
    for count in (1, 3, 10):
        floors = met[best[:count]].min(axis=0) - allowed
        upper = payoff_set_bound(game, deadline=Deadline(FLOORS_SECONDS), floors=floors).upper
        keeping = (met >= floors).all(axis=1)
        beyond = keeping & (met > upper + allowed).any(axis=1)
        found += [f"policy {number} keeps floors and exceeds their bound" for number in np.flatnonzero(beyond)]
    return found


def _replayed(game: Game, found: PayoffBound) -> list[str]:
    """What the replay of its certificate says against it."""
    recorder = Recorder()
    recorder.payoffs = found
    recorder.settle(game, Claim(weights=game.initial, bound=raised_sum(game.initial, found.proven)))
    replay = verify_bound(game, list(recorder.lines(game)))
    return [f"the certificate is refused: {check.name}: {check.detail}" for check in replay.failed]


ATTACK = Attack("payoff", "no policy is worth more than the payoff-set bound, 50 policies each", 420, _play)
