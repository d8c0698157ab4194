"""Independent learners: each rule does to an entry what it says, and the climbing game tells the rules apart."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ssg_mip.errors import OptionError
from ssg_mip.learning.learners.independent_q import Hysteretic, Independent, IndependentQ, Lenient, Rule, learn
from ssg_mip.library import matrix_game
from tests.oracles.games import agreement_game, static_game

CLIMBING = ((11.0, -30.0, 0.0), (-30.0, 7.0, 6.0), (0.0, 0.0, 5.0))
"""A game of common rewards whose optimum is surrounded by penalties (Claus & Boutilier, AAAI 1998)."""

SEEDS = range(4)


def joint(learned: IndependentQ) -> tuple[int, int]:
    return int(learned.leader_actions[0]), int(learned.follower_actions[0])


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("rule", "expected"),
    [(Independent(), (2, 2)), (Hysteretic(), (0, 0)), (Lenient(rate=0.05, cooling=0.9999, moderation=5.0), (0, 0))],
    ids=["independent", "hysteretic", "lenient"],
)
def test_the_climbing_game(rule: Rule, expected: tuple[int, int], seed: int) -> None:
    """The ordinary learner settles on the safe 5; those that forgive bad surprises climb to 11."""
    game = static_game(CLIMBING, CLIMBING).to_game()
    assert joint(learn(game, rule, np.random.default_rng(seed), steps=12_000)) == expected


@pytest.mark.parametrize("seed", SEEDS)
def test_nobody_stays_where_commitment_would_be_needed(seed: int) -> None:
    """Maintain: A-X pays both players most, but the leader would leave it for B; all end in the equilibrium B-Y."""
    learned = learn(matrix_game("maintain"), Independent(), np.random.default_rng(seed), steps=20_000)
    assert joint(learned) == (1, 1)
    assert learned.curve.leader[-1] == pytest.approx(10.0, abs=2.5)
    assert learned.curve.follower[-1] == pytest.approx(5.0, abs=2.0)


def test_each_rule_changes_an_entry_as_it_says() -> None:
    rng = np.random.default_rng(0)
    independent = Independent(rate=0.5).start(1, rng)
    assert (independent(0, 2.0), independent(0, -2.0)) == (1.0, -1.0)
    hysteretic = Hysteretic(increase=0.5, decrease=0.25).start(1, rng)
    assert (hysteretic(0, 2.0), hysteretic(0, -2.0)) == (1.0, -0.5)


def test_leniency_forgives_as_often_as_its_temperature_says() -> None:
    """The share of bad surprises that are taken is ``exp(-moderation * temperature)``, entry by entry."""
    slots = 20_000
    update = Lenient(rate=0.5, temperature=0.7, cooling=0.5, moderation=2.0).start(slots, np.random.default_rng(0))
    for temperature in (0.7, 0.35, 0.175):
        taken = [update(slot, -2.0) for slot in range(slots)]
        assert set(taken) == {0.0, -1.0}
        assert -float(np.mean(taken)) == pytest.approx(math.exp(-2.0 * temperature), abs=0.02)
    assert update(0, 2.0) == 1.0


def test_with_one_player_it_is_ordinary_q_learning() -> None:
    """Where the follower has no choice and the game is a single player's, the table is that player's optimum."""
    plain = agreement_game(1, 4)
    single = plain.replace(
        transition=tuple(block[:, :1] for block in plain.transition),
        leader_reward=tuple(block[:, :1] for block in plain.leader_reward),
        follower_reward=tuple(block[:, :1] for block in plain.follower_reward),
        leader_discount=0.5,
        follower_discount=0.0,
    )
    game = single.to_game()
    values = np.zeros(game.num_states)
    for _ in range(60):
        table = game.leader_rewards + 0.5 * game.dense_transition @ values
        values = np.maximum.reduceat(table, game.leader_offsets[:-1])
    learned = learn(game, Independent(rate=0.02), np.random.default_rng(0), steps=20_000)
    assert learned.leader_table == pytest.approx(table, abs=0.15)


@pytest.mark.parametrize(
    ("rule", "options"),
    [
        (Independent, {"rate": 0.0}),
        (Hysteretic, {"increase": 0.1, "decrease": 0.2}),
        (Hysteretic, {"increase": 1.1}),
        (Lenient, {"cooling": 1.0}),
        (Lenient, {"temperature": 0.0}),
        (Lenient, {"moderation": math.inf}),
    ],
)
def test_rules_outside_their_range_are_refused(rule: type, options: dict[str, float]) -> None:
    with pytest.raises(OptionError):
        rule(**options)
