"""Tables for people: complete, honest about what is not known, and never reading names as markup."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Sequence
from fractions import Fraction
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from rich.console import Console

from ssg_mip import Game, LeaderPolicy, bayesian, finite_horizon, solve, trace_front, with_payments
from ssg_mip.base.status import BoundProof, Termination
from ssg_mip.checker.dual.replay import BoundVerification
from ssg_mip.library import random_game
from ssg_mip.report.checks import _weights_in_words
from ssg_mip.report.fronts import front_report
from ssg_mip.report.games import game_report, game_summary
from ssg_mip.report.results import result_report
from ssg_mip.report.text import number, percent
from tests.oracles.known import figure_1
from tests.unit import fakes
from tests.unit.questions import answered

pytestmark = pytest.mark.usefixtures("fake_methods")


def text_of(renderables: Sequence[Any]) -> str:
    console = Console(file=io.StringIO(), width=120, markup=False)
    with console.capture() as captured:
        for renderable in renderables:
            console.print(renderable)
    return captured.get()


def many_states(count: int) -> Game:
    moves = np.zeros((count, 1, 1, count))
    moves[..., 0] = 1.0
    rewards = np.ones((count, 1, 1))
    return Game.from_arrays(moves, rewards, rewards, leader_discount=0.5, follower_discount=0.5, name="wide")


def test_a_result_shows_value_bound_scope_gap_and_why_it_stopped() -> None:
    text = text_of(result_report(solve(fakes.small_game(), "fake")))
    for words in ("value   10", "bound   10 (over stationary leader policies)", "gap     0%", "optimal", "2 nodes"):
        assert words in text


def test_a_result_shows_whether_its_bound_is_certified_and_by_what() -> None:
    """Certified only if the bound is finite and rests on something."""
    result = solve(figure_1(1.0, 2.0).to_game(), "commitment")
    assert result.bound_certified
    assert f"  proof   certified: {result.bound_proof.value}" in result_report(result)[0]
    for uncertified in (
        dataclasses.replace(result, dual_bound=np.inf),
        dataclasses.replace(result, bound_proof=BoundProof.MARGIN),
        dataclasses.replace(result, bound_proof=BoundProof.NONE),
    ):
        assert "  proof   not certified\n" in text_of(result_report(uncertified))


def test_the_policy_table_has_a_line_per_state_with_ties_marked() -> None:
    text = text_of(result_report(solve(fakes.small_game(), "fake")))
    line = next(line for line in text.splitlines() if line.startswith("[bold]storm"))
    assert line.split() == ["[bold]storm", "0.75", "a0", "0.5,", "a1", "0.5", "b0", "(tied)", "10", "1"]
    assert "the tie rule is leader" in text


def test_a_state_whose_tie_was_not_used_is_not_called_tied() -> None:
    """The answer plays the exact best response, so that no tie rule decides."""
    result = dataclasses.replace(solve(fakes.small_game(), "fake"), termination=Termination.NEAR_TIE)
    text = text_of(result_report(result))
    line = next(line for line in text.splitlines() if line.startswith("[bold]storm"))
    assert line.split()[6:9] == ["b0", "(nearly", "tied)"]
    assert "the tie rule is leader" not in text.split("status")[-1]
    assert "this is his exact best response" in text


def test_a_state_without_a_tie_is_not_marked() -> None:
    game = fakes.small_game()
    text = text_of(result_report(solve(game, "fake", start=LeaderPolicy.deterministic(game, [0, 0]))))
    assert "tied" not in text


def test_no_solution_shows_no_table_and_no_number_for_the_value() -> None:
    text = text_of(result_report(solve(fakes.small_game(), "fake-nothing")))
    assert "value   -" in text
    assert "gap     -" in text
    assert "no policy was found" in text
    assert "leader plays" not in text


def test_long_tables_are_cut_where_asked_and_say_so() -> None:
    result = solve(many_states(50), "fake")
    assert "s49" in text_of(result_report(result))
    cut = text_of(result_report(result, limit=40))
    assert "s40" not in cut
    assert "... 10 more states" in cut
    assert "... 10 more states" in text_of(game_report(result.game, limit=40))


def test_a_front_shows_every_point_with_its_bound() -> None:
    text = text_of(front_report(trace_front(fakes.small_game(), method="fake")))
    assert "1 point, front by fake" in text
    assert "[bold]storm" in text
    assert "10 <= 10" in text


def test_a_game_shows_sizes_source_and_known_answers() -> None:
    game = fakes.small_game().replace(source="[1] a paper", known={"value": 3})
    text = text_of(game_report(game))
    for words in ("2 states, 8 joint actions, 16 transitions", "source: [1] a paper", "value: 3", "a0, a1"):
        assert words in text
    assert game_summary(game)["known"] == {"value": 3}


@pytest.mark.parametrize(
    ("value", "text"), [(None, "-"), (float("nan"), "-"), (float("inf"), "-"), (1.0, "1"), (2 / 3, "0.6666667")]
)
def test_numbers_have_seven_digits_and_unknown_ones_a_dash(value: float | None, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("share", "text"), [(None, "-"), (0.0, "0%"), (1e-12, "< 0.0001%"), (1e-4, "0.01%"), (0.5, "50%")]
)
def test_a_tiny_gap_is_not_shown_as_closed(share: float | None, text: str) -> None:
    assert percent(share) == text


def test_a_gap_at_value_zero_is_shown_on_the_scale_of_the_game_not_as_100_percent() -> None:
    """A game whose value and bound are 0 and 1e-7, of values up to 10, is closed for people too."""
    game = Game.from_arrays(
        np.ones((1, 2, 1, 1)),
        [[[0.0], [-1.0]]],
        [[[0.0], [0.0]]],
        leader_discount=0.9,
        follower_discount=0.5,
    )
    start = LeaderPolicy.deterministic(game, [0])
    shown = text_of(result_report(dataclasses.replace(solve(game, "fake", start=start), dual_bound=1e-7)))
    assert "value   0\n" in shown
    assert "gap     0.0001%" in shown


def test_an_answer_is_also_told_by_what_is_paid() -> None:
    """One action, work that costs the follower 1 and gives the leader 3."""
    stay, mine, theirs = np.ones((1, 1, 2, 1)), [[[0.0, 3.0]]], [[[0.0, -1.0]]]
    game = Game.from_arrays(stay, mine, theirs, leader_discount=0.5, follower_discount=0.5)
    text = text_of(result_report(answered(with_payments(game, 2.0), gap=1e-6)))
    assert "1 for b1" in text
    assert "promises" in text


def test_an_answer_is_also_told_by_label_by_type_and_by_step() -> None:
    game = figure_1(1.0, 2.0).to_game()
    types = bayesian({"mild": game, "strict": game}, [0.25, 0.75])
    text = text_of(result_report(answered(types)))
    assert "label  leader plays" in text
    assert all(word in text for word in ("mild", "strict", "0.25", "0.75", "chance"))
    steps = text_of(result_report(answered(finite_horizon(game, 2))))
    assert "step  state" in steps
    assert "label" not in steps


def test_many_weights_are_cut_short_with_the_largest_first() -> None:
    game = random_game(0, 30, 1, 1, 1)
    weights = tuple(Fraction(1 + state, 465) for state in range(30))
    words = _weights_in_words(game, cast(BoundVerification, SimpleNamespace(weights=weights)))
    assert words.startswith(f"{game.state_names[29]} 0.064516")
    assert words.endswith("and 18 other states")
    few = tuple(Fraction(int(state < 2), 2) for state in range(30))
    both = _weights_in_words(game, cast(BoundVerification, SimpleNamespace(weights=few)))
    assert both == f"{game.state_names[0]} 0.5, {game.state_names[1]} 0.5"
