"""Games of 2-3 states against brute force: the leader's program for every deterministic follower policy.

Every second game leaves the leader one probability to choose; its programs have an optimum in fractions
(:func:`~tests.oracles.exact.threat_optimum`). The programs of the others, non-convex ones, are solved by SCIP.
"""

from __future__ import annotations

import numpy as np

from tests.attacks.driver import Attack, Verdict
from tests.attacks.games import varied_game
from tests.attacks.judge import Truth, judge, solved
from tests.oracles.brute_force import brute_force
from tests.oracles.exact import threat_optimum
from tests.oracles.games import PlainGame

SMALL, LARGER = {"most": 4, "mixing": 3}, {"most": 9, "mixing": 4}
"""Sizes of most games for SCIP, and of every tenth: it takes some 50 ms for each follower policy, seconds for a few."""

PROGRAM_SECONDS = 10.0
"""Time limit of one program; one that reaches it leaves a wider interval for the truth."""

CLOSED = 1e-5
"""Gap of the oracle, relative, up to which its truth counts as a point."""


def one_probability_game(seed: int, index: int) -> PlainGame:
    """Two leader actions in one state, one in the others; two or three follower actions."""
    rng = np.random.default_rng([seed, index, 2])
    states = int(rng.integers(2, 4))
    counts = [1] * states
    counts[int(rng.integers(states))] = 2
    return varied_game(
        seed,
        index,
        states=(states,),
        leader_counts=counts,
        follower_counts=rng.integers(2, 4 if states == 2 else 3, states).tolist(),
    )


def play(seed: int, index: int) -> Verdict:
    """The package's interval and the oracle's meet, and both are narrow or say that they are not."""
    if index % 2:
        plain = one_probability_game(seed, index)
        exact = threat_optimum(plain)
        return judge(plain, solved(plain), Truth(float(exact.lower), float(exact.upper)))
    plain = varied_game(seed, index, **(LARGER if index % 10 == 0 else SMALL))
    optimum = brute_force(plain, samples=20, seed=index, time_limit=PROGRAM_SECONDS)
    verdict = judge(plain, solved(plain), Truth(optimum.value, optimum.dual_bound))
    return verdict + Verdict(remarks=("oracle with a wide interval",) if optimum.gap > CLOSED else ())


ATTACK = Attack("responses", "2-3 states: the best of one non-convex program per follower policy", 2_000, play)
