"""A family, a size and a seed mean one game, for ever; and each family is the kind of game that it says."""

from __future__ import annotations

import numpy as np
import pytest

from ssg_mip.errors import OptionError
from tests.benchmarks.families import FAMILIES, REPORTING_SEEDS, TUNING_SEEDS, Size
from tests.benchmarks.specs import MIDDLE, REGISTRY, SIZES, SMALLEST, Spec, parse_seeds, select

FINGERPRINTS = {
    "random": ("2c6ea0ccd43c4d26", "e75abd4b89ae2d05"),
    "random-3": ("986112f9cc6860ab", "7949d38388e5a2e2"),
    "integer": ("a501a84f94cf986b", "4d19d62c44c076be"),
    "patrol": ("5c2fa99e21eb6c23", "0e35d6ffa1fb228f"),
    "pursuit": ("778b334fb044854a", "e731cc778a49033e"),
    "memory": ("9bd7e877bf482fd7", "06731d266fa6d85e"),
    "random-50-90": ("c7bad7ebc9eebaaf", "30c166d539ef4715"),
    "random-90-50": ("6c016aa68d3e4ec1", "fc5c9c3363bb63f7"),
    "random-95-95": ("b3281eb99a5c8a93", "eb101a4016facbf9"),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_seed_means_the_same_game_as_when_figures_were_published(family: str) -> None:
    """A changed generator would make old figures incomparable without anyone noticing."""
    games = FAMILIES[family].build(SMALLEST, 0), FAMILIES[family].build(Size(6, 3, 3), 11)
    assert tuple(game.content_hash[:16] for game in games) == FINGERPRINTS[family]


@pytest.mark.parametrize("case", REGISTRY, ids=lambda case: f"{case.family}-{case.size}")
def test_every_case_has_the_size_it_says_and_weight_in_every_state(case) -> None:  # type: ignore[no-untyped-def]
    game = Spec(case, 0).build()
    most = (game.num_states, int(game.leader_counts.max()), int(game.follower_counts.max()))
    assert most == (case.size.states, case.size.leader_actions, case.size.follower_actions)
    assert np.all(game.initial == game.initial[0])
    assert game.content_hash != Spec(case, 1).build().content_hash


def test_nobody_tunes_on_the_seeds_that_are_reported() -> None:
    assert set(TUNING_SEEDS).isdisjoint(REPORTING_SEEDS)
    assert len(REPORTING_SEEDS) >= 5


@pytest.mark.parametrize(("family", "successors"), [("random", 2), ("random-3", 3)])
def test_random_games_have_rewards_between_0_and_1_and_the_stated_number_of_successors(
    family: str, successors: int
) -> None:
    game = FAMILIES[family].build(MIDDLE, 3)
    assert set(np.diff(game.indptr)) == {successors}
    for rewards in (game.leader_rewards, game.follower_rewards):
        assert rewards.min() >= 0.0
        assert rewards.max() < 1.0


def test_integer_games_are_deterministic_and_full_of_ties() -> None:
    game = FAMILIES["integer"].build(MIDDLE, 3)
    assert np.all(game.probabilities == 1.0)
    for rewards in (game.leader_rewards, game.follower_rewards):
        assert np.all(rewards == np.rint(rewards))
        assert len(np.unique(rewards)) <= 7 < len(rewards)


def test_the_memory_of_a_repeated_game_with_one_state_per_outcome_is_the_last_outcome() -> None:
    game = FAMILIES["memory"].build(Size(4, 2, 2), 0)
    assert game.successors.tolist() == [0, 1, 2, 3] * 4
    assert np.array_equal(game.leader_rewards, np.tile(game.leader_rewards[:4], 4))


def test_in_a_patrol_an_attack_fails_exactly_where_the_guard_goes() -> None:
    """Caught means custody, a penalty for the intruder and a reward for the guard."""
    game = FAMILIES["patrol"].build(MIDDLE, 3)
    custody = game.num_states - 1
    moves = game.row_state != custody
    caught = moves & (game.successors[game.indptr[:-1]] == custody)
    attack = moves & (game.row_follower > 0)
    assert 0 < caught.sum() < attack.sum()
    assert np.all(game.follower_rewards[caught] <= -1.0)
    assert np.all(game.leader_rewards[caught] > 0.0)
    assert np.all(game.follower_rewards[attack & ~caught] > 0.0)
    assert np.all(game.leader_rewards[attack & ~caught] < 0.0)


def test_a_pursuer_who_stays_with_an_evader_who_stays_keeps_the_lead() -> None:
    game = FAMILIES["pursuit"].build(MIDDLE, 3)
    for lead in range(game.num_states):
        assert game.next_states(game.row(lead, 0, 0))[0].tolist() == [lead]
        # Both move forward: the lead stays, unless the evader slips.
        reached = dict(zip(*game.next_states(game.row(lead, 1, 1)), strict=True))
        assert reached[lead] == pytest.approx(0.9)
        assert reached[(lead - 1) % game.num_states] == pytest.approx(0.1)


def test_a_run_without_a_selection_takes_every_size_and_every_family() -> None:
    core = select()
    assert {case.size for case in core} == set(SIZES)
    assert {case.family for case in core} == set(FAMILIES)
    chosen = select(["patrol"], [SMALLEST, MIDDLE])
    assert {(case.family, case.size) for case in chosen} == {("patrol", SMALLEST), ("patrol", MIDDLE)}


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: select(["chess"]), "family is 'chess'"),
        (lambda: select([], [Size(7, 7, 7)]), "size is '7x7x7'"),
        (lambda: Size.parse("5x3"), "size is '5x3'"),
        (lambda: parse_seeds("1-"), "seeds is '1-'"),
    ],
)
def test_a_wrong_selection_is_refused_with_what_there_is(ask, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(OptionError, match=message):
        ask()


def test_seeds_are_numbers_and_ranges() -> None:
    assert parse_seeds("0,3,7-9") == (0, 3, 7, 8, 9)
