"""Games of 2-3 states against brute force: SCIP on the leader's program for every deterministic follower policy."""

from __future__ import annotations

from tests.attacks.driver import Attack, Verdict
from tests.attacks.games import varied_game
from tests.attacks.judge import Truth, judge, solved
from tests.oracles.brute_force import brute_force

SMALL, LARGER = {"most": 6, "mixing": 3}, {"most": 9, "mixing": 4}
"""Sizes of most games, and of every tenth: SCIP takes some 50 ms for each follower policy, seconds for a few."""

PROGRAM_SECONDS = 10.0
"""Time limit of one program; one that reaches it leaves a wider interval for the truth."""

CLOSED = 1e-5
"""Gap of the oracle, relative, up to which its truth counts as a point."""


def play(seed: int, index: int) -> Verdict:
    """The package's interval and the oracle's meet, and both are narrow or say that they are not."""
    plain = varied_game(seed, index, **(LARGER if index % 10 == 0 else SMALL))
    optimum = brute_force(plain, samples=20, seed=index, time_limit=PROGRAM_SECONDS)
    verdict = judge(plain, solved(plain), Truth(optimum.value, optimum.dual_bound))
    return verdict + Verdict(remarks=("oracle with a wide interval",) if optimum.gap > CLOSED else ())


ATTACK = Attack("responses", "2-3 states: the best of one non-convex program per follower policy", 2_000, play)
