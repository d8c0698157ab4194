"""Readings of the 2025 paper follow the numbers: right ones agree, wrong ones change verdict and words."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ssg_mip.base.interrupt import Interrupt
from ssg_mip.learning.learners import asymmetric_learning, ppo_hedge
from ssg_mip.library import matrix_game
from ssg_mip.studies.ablation import RATES, STEPS, read_ablation
from ssg_mip.studies.asymmetric_readings import close, exponent, figure_1, figure_2, growth, lower, settled
from ssg_mip.studies.asymmetric_runs import (
    ANSWERED,
    ANSWERED_SEEING,
    GRID_KINDS,
    HIDDEN,
    HIDDEN_OFTEN,
    LEARNERS,
    MARKOV_STEP,
    MATRIX_STEP,
    ROLLOUT,
    SEEN,
    SEEN_RARELY,
    SYMMETRIC,
    SYMMETRIC_SEEING,
    Curve,
    Effort,
    Kind,
    Learner,
    Way,
    late,
    learn_curve,
    play,
    ppo_settings,
    proven_regret,
    stackelberg_values,
    tables_of,
    way_of,
    ways,
)
from ssg_mip.studies.bimatrix import Payoffs, equilibria_of_two_by_two
from ssg_mip.studies.dilemma import read_horizon
from ssg_mip.studies.findings import Finding
from ssg_mip.studies.matrix_games import read_battle, read_optimal_memory
from ssg_mip.studies.memory import read_memory
from ssg_mip.studies.notebook import BOUND, Notebook
from ssg_mip.studies.security_curves import read_criteria, read_grid, targets_game
from ssg_mip.studies.theorem_9 import Bound, bound_of, goes_on_growing, read_bound

STEPS_DONE = np.arange(1000, 65_000, 1000)

PRINTED_VALUES = {"action": Payoffs(5.0, 1.0), "policy": Payoffs(5.0, 1.0)}

NASH = [Payoffs(5.0, 1.0), Payoffs(2.0, 2.0), Payoffs(10 / 7, 2 / 3)]


def curve(key: Kind, payoffs: tuple[float, float], learner: Learner = "PPO", **changed: Any) -> Curve:
    """A curve that has been at the same payoffs from the start, with regrets that grow as the root of the moves."""
    count = len(STEPS_DONE)
    values: dict[str, Any] = {
        "way": way_of(learner, key),
        "steps": STEPS_DONE,
        "leader_payoffs": np.full(count, payoffs[0]),
        "follower_payoffs": np.full(count, payoffs[1]),
        "leader_regret": np.sqrt(STEPS_DONE),
        "follower_regret": np.sqrt(STEPS_DONE),
        "leader_shares": np.full(count, 1.0),
        "follower_shares": np.full(count, 0.66),
        "ends": np.array([payoffs[0]] * 2),
        "bound": 2.0 * np.sqrt(STEPS_DONE) if key[0] == "Hedge" else np.full(count, np.nan),
    }
    return Curve(**{**values, **changed})


def as_printed() -> dict[Kind, Curve]:
    """Curves that show everything that the paper says of the Battle."""
    none = np.zeros(len(STEPS_DONE))
    slow = np.where(STEPS_DONE < 20_000, 2.0, 10 / 3)
    return {
        SEEN: curve(SEEN, (10 / 3, 0.57), leader_payoffs=slow),
        HIDDEN: curve(HIDDEN, (10 / 3, 0.57), leader_payoffs=slow),
        SYMMETRIC: curve(
            SYMMETRIC,
            (10 / 7, 0.68),
            leader_regret=1.8 * STEPS_DONE,
            leader_shares=np.full(len(STEPS_DONE), 0.6),
            follower_shares=np.full(len(STEPS_DONE), 0.5),
        ),
        ANSWERED_SEEING: curve(ANSWERED_SEEING, (10 / 3, 0.6), follower_regret=none),
        ANSWERED: curve(ANSWERED, (10 / 3, 0.6), follower_regret=none),
    }


def findings(curves: dict[Kind, Curve]) -> dict[str, Finding]:
    found = figure_1(curves, PRINTED_VALUES, NASH)
    named = {one.what: one for one in found}
    assert len(named) == len(found)
    return named


def only(found: dict[str, Finding], words: str) -> Finding:
    [one] = [one for what, one in found.items() if words in what]
    return one


@pytest.mark.parametrize(("first", "second"), [(1.0, 0.9), (0.3, 0.2), (1.1, 1.0), (0.1, 0.0), (-1.9, -2.0)])
def test_rounding_decides_nothing(first: float, second: float) -> None:
    """All of these differ by 0.1 as printed, some by more and some by less as stored."""
    assert close(first, second)
    assert not lower(second, first)


def test_what_differs_by_more_differs() -> None:
    assert not close(1.0, 0.89)
    assert lower(0.89, 1.0)
    assert not lower(1.0, 0.89)


def test_curves_as_printed_agree_in_everything() -> None:
    found = findings(as_printed())
    assert len(found) == 17
    assert {what: one.agrees for what, one in found.items() if one.agrees is not True} == {}


@pytest.mark.parametrize(
    ("key", "changed", "what", "words"),
    [
        (
            SEEN,
            {"leader_payoffs": np.full(64, 5.0), "follower_payoffs": np.full(64, 1.0)},
            "payoffs of both: PPO, Hedge, sees the action, moves at every step (Algorithm 1)",
            "within 0.2 of (5, 1)",
        ),
        (HIDDEN, {"leader_payoffs": np.full(64, 2.0)}, "payoffs of both: PPO, Hedge, sees no action", "not within 0.2"),
        (HIDDEN, {"follower_regret": 0.5 * STEPS_DONE}, "growth of regret: PPO, Hedge, sees no", "linear: follower"),
        (
            SYMMETRIC,
            {"leader_payoffs": np.full(64, 2.0), "follower_payoffs": np.full(64, 1.0)},
            "payoffs of the baseline, PPO, symmetric, sees no action, beside the method: Hedge, sees no",
            "0.57 from the nearest Nash equilibrium",
        ),
        (
            SYMMETRIC,
            {"leader_payoffs": np.full(64, 5.0), "follower_payoffs": np.full(64, 1.0)},
            "payoffs of the baseline, PPO, symmetric, sees no action, beside the method: Hedge, sees the",
            "the leader does not earn less than with the method, the follower more",
        ),
        (SYMMETRIC, {"leader_regret": np.sqrt(STEPS_DONE)}, "regrets of the baseline", "not linear"),
        (SYMMETRIC, {"leader_regret": 0.5 * STEPS_DONE}, "regrets of the baseline", "nearly linear"),
        (
            SYMMETRIC,
            {"leader_shares": np.full(64, 0.02)},
            "policies of the baseline, PPO, symmetric, sees no action, beside the method: Hedge, sees no",
            "more uniform: follower",
        ),
        (
            SEEN,
            {"follower_regret": 0.5 * STEPS_DONE},
            "regrets of leader and follower after 1000 episodes: PPO, Hedge, sees the",
            "below under 0 of 2 readings",
        ),
        (SEEN, {"follower_regret": 0.5 * STEPS_DONE}, "growth of regret: PPO, Hedge, sees the", "linear: follower"),
        (
            SEEN,
            {"follower_shares": np.full(64, 1.0)},
            "average policies (first row; first column after it): PPO, Hedge, sees the",
            "the leader's agrees, the follower's differs",
        ),
        (
            ANSWERED_SEEING,
            {"follower_regret": np.full(64, 40.0)},
            "regrets beside the explicit best response that answers the action",
            "the follower's is not zero",
        ),
        (
            ANSWERED,
            {"leader_regret": np.full(64, 400.0)},
            "regrets beside the explicit best response that answers the policy",
            "the leader's differ within 10 %",
        ),
        (
            ANSWERED,
            {"leader_payoffs": np.full(64, 5.0)},
            ", beside the explicit best response that answers the policy",
            "values differ within 0.1; it is faster",
        ),
        (
            ANSWERED_SEEING,
            {"leader_payoffs": np.where(STEPS_DONE < 40_000, 2.0, 10 / 3)},
            ", beside the explicit best response that answers the action",
            "it is not faster",
        ),
    ],
)
def test_wrong_numbers_of_figure_1_change_the_reading(
    key: tuple[Any, Any], changed: dict[str, Any], what: str, words: str
) -> None:
    curves = as_printed()
    right = only(findings(curves), what)
    curves[key] = dataclasses.replace(curves[key], **changed)
    wrong = only(findings(curves), what)
    assert (right.agrees, wrong.agrees) == (True, False)
    assert words in wrong.reading
    assert (right.ours, right.reading) != (wrong.ours, wrong.reading)


def test_every_hedge_is_held_against_the_best_response_of_its_own_model() -> None:
    """Values as in the Battle: (5, 1) where the action is seen, (2, 2) where it is not, for both kinds of follower."""
    none, late_start = np.zeros(len(STEPS_DONE)), STEPS_DONE < 20_000
    seen, hidden = np.where(late_start, 2.0, 5.0), np.where(late_start, 1.0, 2.0)
    curves = {
        SEEN: curve(SEEN, (5.0, 1.0), leader_payoffs=seen),
        SEEN_RARELY: curve(SEEN_RARELY, (5.0, 1.0), leader_payoffs=seen),
        HIDDEN: curve(HIDDEN, (2.0, 2.0), leader_payoffs=hidden),
        HIDDEN_OFTEN: curve(HIDDEN_OFTEN, (2.0, 2.0), leader_payoffs=hidden),
        ANSWERED_SEEING: curve(ANSWERED_SEEING, (5.0, 1.0), follower_regret=none),
        ANSWERED: curve(ANSWERED, (2.0, 2.0), follower_regret=none),
    }
    found = {what: one for what, one in findings(curves).items() if "beside the explicit best response" in what}
    assert len(found) == 8
    assert all(one.agrees for one in found.values())
    assert all(("sees the action" in what) == ("answers the action" in what) for what in found)


def test_a_run_that_is_too_short_decides_nothing_about_a_thousand_episodes() -> None:
    curves = as_printed()
    curves[SEEN] = dataclasses.replace(
        curves[SEEN],
        **{
            field.name: getattr(curves[SEEN], field.name)[:1]
            for field in dataclasses.fields(Curve)
            if field.name not in ("way", "ends")
        },
    )
    curves[SEEN] = dataclasses.replace(curves[SEEN], steps=np.array([999]))
    found = only(findings(curves), "regrets of leader and follower after 1000 episodes: PPO, Hedge, sees the")
    assert (found.agrees, found.reading) == (None, "the run is too short")


def test_figure_2_names_the_games_that_earn_less() -> None:
    games = {"prisoners_dilemma": -2.0, "deadlock": 0.0, "hero": -2.0, "battle": -1.0}
    payoffs = {(game, "regret"): value for game, value in games.items()}
    payoffs |= {
        (game, "after"): value - 0.15 * (game in ("prisoners_dilemma", "deadlock")) for game, value in games.items()
    }
    values = {key: games[key[0]] for key in payoffs}
    found = figure_2("PPO", payoffs, values)
    assert [one.agrees for one in found] == [True, True, True]
    assert "prisoners_dilemma (-0.15)" in found[2].ours
    payoffs["hero", "after"] = -2.5
    found = figure_2("PPO", payoffs, values)
    assert [one.agrees for one in found] == [True, True, False]
    assert "away from it: hero" in found[1].reading
    assert "2 of the two named games and in 1 others" in found[2].reading
    payoffs |= {(game, "after"): -9.0 for game in games}
    assert figure_2("PPO", payoffs, values)[1].agrees is False
    values |= {(game, "after"): -9.0 for game in games}  # another model of observation, another value
    assert figure_2("PPO", payoffs, values)[1].agrees is True


def dilemma_rows(distances: dict[int, float]) -> list[dict[str, Any]]:
    return [
        {"moves": moves, "distance": distance, "follower_regret_per_move": distance, "sees": "sees the action"}
        for moves, distance in distances.items()
    ]


@pytest.mark.parametrize(
    ("distances", "text", "appendix"),
    [
        ({100: 0.5, 1000: 0.3, 10_000: 0.2, 100_000: 0.05}, True, True),
        ({100: 0.5, 1000: 0.3, 10_000: 0.05, 100_000: 0.01}, False, True),
        ({100: 0.5, 1000: 1.0 - 0.9, 10_000: 0.05, 100_000: 0.01}, False, False),
        ({100: 0.05, 1000: 0.05, 10_000: 0.05, 100_000: 0.3}, True, True),
        ({100: 0.5, 1000: 0.3, 10_000: 0.2}, None, True),
        ({100: 0.05, 300: 0.01}, None, None),
    ],
)
def test_the_horizon_of_the_dilemma_is_read_from_the_run(
    distances: dict[int, float], text: bool | None, appendix: bool | None
) -> None:
    found = read_horizon("PPO", dilemma_rows(distances), -2.0)
    assert [one.printed[:9] for one in found] == ["T > 10,00", "T > 1,000"]
    assert [one.agrees for one in found] == [text, appendix]


def test_the_accuracy_at_which_a_printed_horizon_holds_is_that_of_the_run() -> None:
    found = read_horizon("PPO", dilemma_rows({100: 0.5, 1000: 0.07, 10_000: 0.02, 100_000: 0.01}), -2.0)
    assert found[0].ours.startswith("1,000")
    assert "finer than 0.02" in found[0].reading
    assert "finer than 0.07" in found[1].reading


def test_settled_means_to_the_end() -> None:
    assert settled([1, 2, 3, 4], [0.0, 0.2, 0.1, 0.0]) == 3
    assert settled([1, 2], [0.0, 0.2]) is None
    assert settled([5], [0.1]) == 5


@pytest.mark.parametrize("longest", [1_000, 64_000])
@pytest.mark.parametrize(("power", "agrees"), [(0.85, True), (0.9, True), (0.92, False)])
def test_regret_that_grows_as_printed_is_sublinear(longest: int, power: float, agrees: bool) -> None:
    steps = np.arange(longest // 100, longest + 1, longest // 100)
    regrets = {"leader_regret": 3.0 * steps**power, "follower_regret": 0.0 * steps}
    found = growth("any", curve(SEEN, (5.0, 1.0), steps=steps, **regrets))
    assert found.agrees is agrees


def test_the_exponent_is_that_of_the_growth() -> None:
    steps = np.arange(10, 10_010, 10)
    assert exponent(steps, 3.0 * np.sqrt(steps)) == pytest.approx(0.5, abs=0.01)
    assert exponent(steps, 2.0 * steps) == pytest.approx(1.0, abs=0.01)
    assert exponent(steps, -1.0 * steps) is None


@pytest.mark.parametrize(
    ("gains", "agrees"), [((0.4, 0.2, -0.5), True), ((0.4, 0.05, 0.0), False), ((0.4, 0.1, 0), False)]
)
def test_what_memory_does_is_read_from_the_gains(gains: tuple[float, ...], agrees: bool) -> None:
    rows = [
        {"game": name, "rank": rank, "gain": gain, "room": room, "sees": "sees the action"}
        for name, rank, gain, room in zip(("one", "two", "low"), (2, 2, 1), gains, (1.0, 0.0, 1.0), strict=True)
    ]
    found = read_memory("PPO", rows)
    assert found.agrees is agrees
    assert f"helped in {2 if agrees else 1} of 2 games of rank 2" in found.reading
    assert f"harmed in 0 of 2 games of rank 2 and {int(gains[2] < -0.1)} of 1 of rank 1" in found.reading
    assert "in 1 of the games of rank 2 one round" in found.reading


def test_memory_of_an_optimal_leader_is_read_from_the_gains() -> None:
    ranks = {"one": 2, "two": 2, "low": 1}
    rows = [{"game": name, "gain": gain} for name, gain in (("one", 1.0), ("two", 0.5), ("low", 0.0))]
    assert read_optimal_memory(rows, ranks).agrees is True
    rows[1]["gain"] = 0.0
    found = read_optimal_memory(rows, ranks)
    assert found.agrees is False
    assert "helped in 1 of 2" in found.reading
    rows[2]["gain"] = -0.2
    assert "some are worth less" in read_optimal_memory(rows, ranks).reading


def test_the_value_of_the_battle_is_read_from_the_solution() -> None:
    found = read_battle({"mixed_value": 5.0, "mixed_policy": "1 0", BOUND: 5.0})
    assert (found.agrees, "not optimal" in found.reading) == (False, True)
    found = read_battle({"mixed_value": 10.0 / 3.0, "mixed_policy": "0.6667 0.3333", BOUND: 3.34})
    assert (found.agrees, "not optimal" in found.reading) == (True, False)


def test_theorem_9_is_read_from_both_sides() -> None:
    """A distance that stays is covered by no constant, one that falls as it should is."""
    game, value = matrix_game("battle_of_table_1"), Payoffs(5.0, 1.0)
    stays = curve(HIDDEN, (2.0, 2.0))
    falls = curve(SEEN, (5.0, 1.0), leader_payoffs=5.0 - np.log(STEPS_DONE) / np.sqrt(STEPS_DONE))
    for one, agrees, words in ((stays, False, "goes on growing"), (falls, True, "does not go on growing")):
        theorem, regret = read_bound("Battle", one, bound_of(one, game, value))
        assert theorem.agrees is agrees
        assert words in theorem.reading
        assert regret.agrees is True
    bound = bound_of(falls, game, value)
    assert bound.left == pytest.approx(np.log(STEPS_DONE) / np.sqrt(STEPS_DONE))
    assert bound.proven == pytest.approx(2.0 / np.sqrt(STEPS_DONE))
    assert bound.declared - bound.proven == pytest.approx(6.0 * np.log(STEPS_DONE) / np.sqrt(STEPS_DONE))
    empty = dataclasses.replace(bound, declared=bound.proven + 1e-16, left=0.0 * bound.left, needed=0.0 * bound.needed)
    assert read_bound("zero-sum", falls, empty)[0].agrees is None
    broken = dataclasses.replace(falls, follower_regret=3.0 * np.sqrt(STEPS_DONE))
    assert read_bound("Battle", broken, bound)[1].agrees is False


@pytest.mark.parametrize("longest", [1_000, 10_000, 64_000])
@pytest.mark.parametrize("factor", [1.87, 3.54])
def test_a_proven_term_that_is_taken_off_lets_no_constant_grow(longest: int, factor: float) -> None:
    """``log T / sqrt T - factor / sqrt T`` needs more and more, and never more than 1."""
    steps = np.arange(longest // 100, longest + 1, longest // 100)
    shape, proven = np.log(steps) / np.sqrt(steps), factor / np.sqrt(steps)
    for left, agrees in ((shape, True), (np.full(len(steps), 2.0), False)):
        needed = np.maximum(left - proven, 0.0) / shape
        bound = Bound(left=left, proven=proven, declared=proven + shape, needed=needed, needed_alone=left / shape)
        one = curve(SEEN, (5.0, 1.0), steps=steps, follower_regret=0.0 * steps, bound=proven * steps)
        assert read_bound("any", one, bound)[0].agrees is agrees


@pytest.mark.parametrize(
    ("power", "grows"),
    [(0.0, True), (-0.1, True), (-0.25, True), (-0.3, True), (-0.35, True), (-0.5, False), (-1.0, False)],
)
@pytest.mark.parametrize("longest", [32_000, 64_000])
def test_a_constant_grows_if_the_distance_falls_more_slowly_than_the_bound(
    power: float, grows: bool, longest: int
) -> None:
    """``T ** 0.15 / log T`` has no largest value, though it grows by 4 % only in the second half of such a run."""
    steps = np.arange(longest // 100, longest + 1, longest // 100)
    needed = 3.0 * steps**power * np.sqrt(steps) / np.log(steps)
    assert goes_on_growing(steps, needed) is grows


def test_a_constant_that_falls_again_does_not_grow_and_without_a_beginning_nothing_is_told() -> None:
    steps = np.arange(1, 101)
    assert goes_on_growing(steps, np.where(steps < 60, steps, 120.0 - steps)) is False
    assert goes_on_growing(steps[50:], np.ones(50)) is None
    assert goes_on_growing(np.array([64]), np.array([1.0])) is None
    assert goes_on_growing(steps, np.zeros(100)) is False


def test_the_proven_regret_has_the_constants_of_hedge() -> None:
    """Two information sets, gains of spread 2: ``2 (2 log 2 / 0.1 + 0.1 t / 8)`` for the printed step 0.05 on them."""
    effort = Effort(steps=400, seeds=1, iterations=1, ppo_seeds=1)
    found = proven_regret(
        matrix_game("battle_of_table_1"),
        Way(learner="PPO", follower="Hedge", information="action"),
        effort,
        np.array([80]),
    )
    assert found == pytest.approx([2.0 * (2 * np.log(2) / 0.1 + 1.0)])
    tabular = Way(learner="tabular", follower="Hedge", information="policy")
    found = proven_regret(matrix_game("battle_of_table_1"), tabular, effort, np.array([400]))
    assert found == pytest.approx([2.0 * 9.0 / 8.0 * np.sqrt(400 * np.log(2))])


@pytest.mark.parametrize(("kind", "sets"), [(HIDDEN, 1), (SEEN_RARELY, 2)])
def test_the_proven_regret_of_one_move_an_iteration_covers_the_run(kind: Kind, sets: int) -> None:
    """64 times that of a round for each iteration, and it holds for what is learned."""
    pytest.importorskip("stable_baselines3")
    game, effort = matrix_game("battle_of_table_1"), Effort(steps=1, seeds=1, iterations=20, ppo_seeds=1)
    run = ppo_hedge.learn(game, ppo_settings(game, way_of("PPO", kind), eta=MATRIX_STEP), 0, steps=20 * ROLLOUT)
    found = proven_regret(game, way_of("PPO", kind), effort, run.steps)
    assert found[-1] == pytest.approx(64 * 2.0 * sets * (np.log(2) / 0.1 + 0.1 * 20 / 8))
    assert (run.follower_regret <= found).all()
    assert run.follower_regret[-1] > 0.1 * found[-1]


def test_the_ablation_is_read_from_the_worst_seeds() -> None:
    rows = [
        {"sees": "all", "eta": eta, "rate": rate, "leader_payoff": 4.0 + rate, "worst_seed": 4.95, "moves": 640}
        for eta in STEPS
        for rate in RATES
    ]
    assert read_ablation(rows, 5.0).agrees is True
    next(row for row in rows if row["rate"] == 3e-4)["worst_seed"] = 2.0
    found = read_ablation(rows, 5.0)
    assert found.agrees is False
    assert found.reading.endswith("iterations: 0.0001, 0.001")
    assert "0.0003: 2;" in found.ours


@pytest.mark.parametrize("zero_sum", [True, False])
def test_grid_curves_are_held_against_the_value(zero_sum: bool) -> None:
    game = targets_game((3, 2, 1, 6), 0.0, zero_sum, 0.99, 0)
    value = stackelberg_values(game, "action")
    there, away = (curve(SEEN, (value.leader + shift, value.follower)) for shift in (0.0, -0.5))
    assert [one.agrees for one in read_grid("3x3", game, [there])] == [True, True]
    found = read_grid("3x3", game, [away])[0]
    assert found.agrees is False
    assert "below the value, 0.5 away" in found.reading


def test_on_the_grid_all_of_the_papers_followers_see_the_placement() -> None:
    """As printed; what is played with hidden guards is not set beside what is played with visible ones."""
    for learner in LEARNERS:
        kinds = GRID_KINDS[learner]
        assert {SEEN, SYMMETRIC_SEEING, ANSWERED_SEEING} <= set(kinds)
        assert SYMMETRIC not in kinds
    assert GRID_KINDS["PPO"][0] == SEEN_RARELY
    game = targets_game((3, 2, 1, 6), 0.0, True, 0.99, 0)
    shown = [curve(kind, (place / 8, 0.0)) for place, kind in enumerate(GRID_KINDS["PPO"])]
    found = {one.what: one for one in read_grid("3x3", game, shown) if "average payoff" in one.what}
    for what, one in found.items():
        assert ("symmetric 0.25" in one.ours) == ("sees the action" in what)
        assert ("best response 0.375" in one.ours) == ("sees the action" in what)
        assert ("best response 0.75" in one.ours) == ("sees no action" in what)


def test_targets_are_worth_what_paths_are() -> None:
    """Seen guards: the best placement against targets is worth the proven value of the game with paths."""
    assert stackelberg_values(targets_game((3, 2, 1, 6), 0.0, True, 0.99, 0), "action").leader == pytest.approx(
        -0.1981672
    )
    assert stackelberg_values(targets_game((3, 2, 1, 6), 0.0, True, 0.99, 0), "policy").leader == pytest.approx(
        -0.1604915
    )


def test_what_discounting_changes_is_read_from_the_row() -> None:
    row = {"grid": "3x3", "sum": "zero", "average_pure": -1.0, "discounted_pure": -0.9}
    row |= {"average_mixed": -0.5, "discounted_mixed": -0.4, "loss_of_discounted_placement": 0.0}
    assert "is best without" in read_criteria(row).reading
    assert "loses 0.2" in read_criteria({**row, "loss_of_discounted_placement": 0.2}).reading


def test_the_equilibria_of_the_battle() -> None:
    found = equilibria_of_two_by_two(*tables_of(matrix_game("battle_of_table_1")))
    assert [(one.leader, one.follower) for one in found] == [
        (5.0, 1.0),
        (2.0, 2.0),
        (pytest.approx(10 / 7), pytest.approx(2 / 3)),
    ]


def test_the_last_tenth_is_that_of_the_run() -> None:
    """Payoffs of 1 in the first nine tenths and of 3 in the last one."""

    @dataclasses.dataclass
    class Recorded:
        steps: np.ndarray
        leader_payoffs: np.ndarray

    steps = np.arange(10, 110, 10)
    assert late(Recorded(steps, np.array([1.0] * 9 + [1.2]))) == pytest.approx(3.0)  # type: ignore[arg-type]
    assert late(Recorded(np.array([5]), np.array([2.0]))) == 2.0  # type: ignore[arg-type]


def test_a_run_that_is_cut_is_left_out_and_complete_ones_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Interrupted in the middle of the second of three seeds."""
    interrupt, calls = Interrupt(), []
    whole = asymmetric_learning.learn

    def learn(*given: Any, **options: Any) -> Any:
        calls.append(given)
        if len(calls) == 2:
            interrupt.request()
        return whole(*given, **options)

    monkeypatch.setattr(asymmetric_learning, "learn", learn)
    notebook = Notebook("some", tmp_path, interrupt=interrupt)
    effort = Effort(steps=200, seeds=3, iterations=1, ppo_seeds=1)
    way = Way(learner="tabular", follower="Hedge", information="action")
    assert [int(run.steps[-1]) for run in play(notebook, matrix_game("battle"), way, effort)] == [200]
    assert len(calls) == 2
    assert learn_curve(notebook, matrix_game("battle"), way, effort) is None


def test_a_curve_says_who_learns_and_what_is_seen() -> None:
    labels = [way.label for way in ways("PPO")]
    assert labels == [
        "PPO, Hedge, sees the action, moves at every step (Algorithm 1)",
        "PPO, Hedge, sees no action, moves once an iteration (Algorithm 2)",
        "PPO, Hedge, sees the action, moves once an iteration (Algorithm 2 where the action is observed)",
        "PPO, Hedge, sees no action, moves at every step (neither algorithm)",
        "PPO, symmetric, sees no action",
        "PPO, explicit best response, answers the action",
        "PPO, explicit best response, answers the policy",
    ]
    assert [way.label for way in ways("tabular")][:2] == [
        "tabular, Hedge, sees the action, moves at every step (Algorithm 1)",
        "tabular, Hedge, sees no action, moves at every step (Algorithm 2, an iteration of one step)",
    ]


def test_algorithm_2_moves_once_an_iteration_in_the_experiments_too() -> None:
    game = matrix_game("battle_of_table_1")
    settings = {kind: ppo_settings(game, way_of("PPO", kind), eta=MATRIX_STEP) for kind in (SEEN, HIDDEN, SEEN_RARELY)}
    assert [one.follower_moves for one in settings.values()] == ["step", "iteration", "iteration"]
    assert [one.information for one in settings.values()] == ["action", "policy", "action"]
    counted = ppo_settings(game, way_of("PPO", HIDDEN), eta=MATRIX_STEP, schedule="after")
    assert counted.follower_moves == "step"


def test_ppo_has_the_printed_settings() -> None:
    """Section 5 of the paper, and Hedge's step on gains as they are: 0.05 times their spread of 2."""
    found = ppo_settings(matrix_game("battle_of_table_1"), ways("PPO")[0], eta=MATRIX_STEP)
    assert (found.hidden, found.clip, found.trace, found.discount) == (128, 0.2, 0.95, 0.99)
    assert (found.value_weight, found.entropy_weight, found.rate) == (0.5, 0.01, 3e-4)
    assert (found.batch, found.epochs, found.follower_rate) == (64, 4, pytest.approx(0.1))
    assert (MATRIX_STEP, MARKOV_STEP) == (0.05, 0.02)
