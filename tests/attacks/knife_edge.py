"""Games on the knife's edge, each against an optimum in fractions: nothing certified may be wrong, however little.

Ties that hold exactly, ties that rounding breaks, near-ties on both sides of the tie tolerance; tenths, which no float
holds; discounts up to .999; rewards over six orders of magnitude in one game. The package reads actions as tied that
differ by a tolerance, so its value may exceed the exact optimum by what such answers are worth, and no more; a bound
that says it is certified, a replayed certificate and a guaranteed value may not be wrong by any amount at all.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np

from ssg_mip import solve, verify_bound
from ssg_mip.base.tolerances import DEFAULT_TOLERANCES
from ssg_mip.result import Result
from tests.attacks.driver import AGREEMENT, Attack, Verdict
from tests.attacks.judge import EVALUATION, GAP, SECONDS, against_itself
from tests.oracles.exact import Enclosure, stagewise_optimum, threat_optimum
from tests.oracles.games import Array, PlainGame

DISCOUNTS = (0.0, 0.1, 0.3, 0.5, 0.9, 0.99, 0.999)

NEAR_TIES = (0.0, 1e-15, 1e-12, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6)
"""By how much a planted tie misses, relative to the rewards."""

ORDERS = 3.0
"""Rewards lie between ``10 ** -ORDERS`` and ``10 ** ORDERS``."""

REPLAYED = 3
"""Every third game's certificate is written and replayed."""


def knife_edge_game(seed: int, index: int) -> PlainGame:
    """A one-state game, a game with a myopic follower or one with a single probability to choose, in turn."""
    rng = np.random.default_rng([seed, index])
    kind = index % 3
    states = 1 if kind == 0 else int(rng.integers(2, 4))
    counts = [int(rng.integers(2, 4)) for _ in range(states)]
    if kind == 2:
        counts = [1] * states
        counts[int(rng.integers(states))] = 2
    rewards = (_whole, _tenths, _magnitudes)[int(rng.integers(3))]
    blocks: tuple[list[Array], ...] = ([], [], [])
    for count in counts:
        answers = int(rng.integers(2, 4 if states < 3 else 3))
        blocks[0].append(_moves(rng, (count, answers), states))
        blocks[1].append(rewards(rng, (count, answers)))
        blocks[2].append(rewards(rng, (count, answers)))
    if rng.integers(2):
        _plant_tie(rng, blocks[0], blocks[2])
    leader_discount, follower_discount = rng.choice(DISCOUNTS, 2).tolist()
    start = rng.multinomial(10, np.full(states, 1.0 / states)) / 10.0
    return PlainGame(
        tuple(blocks[0]),
        tuple(blocks[1]),
        tuple(blocks[2]),
        leader_discount,
        0.0 if kind == 1 else follower_discount,
        start / start.sum(),
        f"knife-edge-{seed}-{index}",
    )


def _whole(rng: np.random.Generator, shape: tuple[int, int]) -> Array:
    return rng.integers(-3, 4, shape).astype(float)


def _tenths(rng: np.random.Generator, shape: tuple[int, int]) -> Array:
    return rng.integers(-10, 11, shape) / 10.0


def _magnitudes(rng: np.random.Generator, shape: tuple[int, int]) -> Array:
    return rng.choice([-1.0, 1.0], shape) * 10.0 ** rng.uniform(-ORDERS, ORDERS, shape)


def _moves(rng: np.random.Generator, shape: tuple[int, int], states: int) -> Array:
    """Probabilities in tenths, or certain moves."""
    draws = int(rng.choice([1, 10]))
    return rng.multinomial(draws, np.full(states, 1.0 / states), shape) / float(draws)


def _plant_tie(rng: np.random.Generator, transition: list[Array], follower: list[Array]) -> None:
    """Make two follower actions of a state alike, up to a difference around the tie tolerance."""
    s = int(rng.integers(len(follower)))
    first, second = rng.choice(follower[s].shape[1], 2, replace=False).tolist()
    miss = float(rng.choice(NEAR_TIES)) * float(rng.choice([-1.0, 1.0])) * float(np.abs(follower[s]).max())
    transition[s][:, second] = transition[s][:, first]
    follower[s][:, second] = follower[s][:, first] + miss


def tie_slack(plain: PlainGame) -> Fraction:
    """What the package may call a tie in this game: its tolerance times the largest scale of follower values."""
    largest = max(float(np.abs(block).max()) for block in plain.follower_reward)
    scale = 1.0 + largest / (1.0 - plain.follower_discount)
    return Fraction(DEFAULT_TOLERANCES.tie * scale) * Fraction(1001, 1000)


def play(seed: int, index: int) -> Verdict:
    """Nothing certified is wrong, the value is right up to the tie tolerance, the interval is closed or honest."""
    plain = knife_edge_game(seed, index)
    game = plain.to_game()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bound.jsonl" if index % REPLAYED == seed % REPLAYED else None
        result = solve(game, method="commitment", gap=GAP, time_limit=SECONDS, certificate=file)
        replayed = None if file is None else verify_bound(game, file)
    exact_optimum: Callable[..., Enclosure] = threat_optimum if index % 3 == 2 else stagewise_optimum
    # The claims are about these weights: the start distribution, whose sum a division has brought to one.
    weighted = plain.replace(initial=result.weights)
    truth, tolerant = exact_optimum(weighted), exact_optimum(weighted, tie_slack(plain))
    verdict = against_itself(plain, result) + against_fractions(result, truth, tolerant)
    if replayed is not None:
        found = [f"the certificate fails: {check.name}" for check in replayed.checks if not check.passed]
        if replayed.proven is not None and replayed.proven < truth.lower:
            found.append("the certificate proves a bound below the exact optimum")
        verdict += Verdict(0.0, tuple(found), ("certificates replayed",))
    return verdict


def against_fractions(result: Result, truth: Enclosure, tolerant: Enclosure) -> Verdict:
    """The claims of a result against the exact optimum and the optimum with tolerated ties."""
    scale = max(1.0, abs(float(truth.lower)))
    cut_off = float(truth.lower - Fraction(result.dual_bound)) / scale
    exceeded = float(Fraction(result.leader_value) - tolerant.upper) / scale
    found, remarks = [], []
    if result.bound_certified and cut_off > 0.0:
        found.append(f"the certified bound {result.dual_bound!r} is below the exact optimum by {cut_off:.3g}")
    elif cut_off > AGREEMENT:
        found.append(f"the bound {result.dual_bound!r} is below the exact optimum by {cut_off:.3g}")
    if exceeded > EVALUATION:
        found.append(f"the value {result.leader_value!r} exceeds what tolerated ties allow by {exceeded:.3g}")
    favour = float(Fraction(result.leader_value) - truth.upper) / scale
    if favour > AGREEMENT:
        remarks.append("value above the exact optimum by the tie tolerance")
    secured = None if result.guaranteed is None else result.guaranteed.secured
    if secured is not None and secured.lower > truth.upper:
        found.append(f"the guaranteed value {float(secured.lower)!r} exceeds the exact optimum")
    return Verdict(max(cut_off, exceeded, 0.0), tuple(found), tuple(remarks))


ATTACK = Attack("knife-edge", "exact ties, tenths, discounts to .999, six orders of magnitude: fractions", 1_000, play)
