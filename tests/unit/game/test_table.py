"""Tables of outcomes, those of gymnasium included, become games."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ssg_mip import LeaderPolicy, best_response, game_from_table, solve
from ssg_mip.errors import InvalidGameError

DISCOUNTS: dict[str, Any] = {"leader_discount": 0.5, "follower_discount": 0.25}


def outcomes() -> dict[Any, dict[Any, list[Any]]]:
    """Two cells; the play may end from the second."""
    return {
        (0, 0): {
            ("go", "help"): [(0.5, (0, 1), (4.0, 2.0), False), (0.5, (0, 0), (0.0, 0.0), False)],
            ("go", "wait"): [(1.0, (0, 0), (1, -1))],
        },
        (0, 1): {
            ("go", "help"): [(0.25, (0, 0), (0, 0), True), (0.25, (0, 1), (8, 0), True), (0.5, (0, 1), (2, 4), False)]
        },
    }


def test_outcomes_are_averaged_added_up_and_led_to_the_end() -> None:
    game = game_from_table(outcomes(), **DISCOUNTS, initial=(0, 0))
    assert game.state_names == ("(0, 0)", "(0, 1)", "end")
    assert game.follower_actions == (("help", "wait"), ("help",), ("-",))
    assert game.leader_rewards.tolist() == [2.0, 1.0, 3.0, 0.0]
    assert game.follower_rewards.tolist() == [1.0, -1.0, 2.0, 0.0]
    assert game.dense_transition.tolist() == [[0.5, 0.5, 0.0], [1.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.0, 0.0, 1.0]]
    assert game.initial.tolist() == [1.0, 0.0, 0.0]


def test_without_an_end_there_is_no_end_state_and_the_start_is_uniform() -> None:
    table: Any = {0: {("a", "b"): [(1.0, 1, (0, 0))]}, 1: {("a", "b"): [(1.0, 0, (0, 0), np.False_)]}}
    game = game_from_table(table, **DISCOUNTS)
    assert game.state_names == ("0", "1")
    assert game.initial.tolist() == [0.5, 0.5]
    assert game_from_table(table, **DISCOUNTS, initial={0: 0.25, 1: 0.75}).initial.tolist() == [0.25, 0.75]


def test_rounded_tables_are_normalised_if_asked() -> None:
    table: Any = {0: {("a", "b"): [(0.33, 0, (3, 0)), (0.33, 1, (0, 3))]}, 1: {("a", "b"): [(1, 1, (0, 0))]}}
    with pytest.raises(InvalidGameError, match=r"sums to 0\.66"):
        game_from_table(table, **DISCOUNTS)
    game = game_from_table(table, **DISCOUNTS, normalise=True)
    assert game.probabilities.tolist() == [0.5, 0.5, 1.0]
    assert (game.leader_rewards[0], game.follower_rewards[0]) == (1.5, 1.5)


def lake_values(table: Any, discount: float) -> np.ndarray[Any, Any]:
    """Value iteration on a table of gymnasium, written down a second time."""
    values = np.zeros(len(table))
    for _ in range(3000):
        values = np.array(
            [
                max(
                    sum(p * (r + discount * (0.0 if done else values[t])) for p, t, r, done in table[s][a])
                    for a in table[s]
                )
                for s in table
            ]
        )
    return values


@pytest.mark.parametrize("players", ["leader", "follower"])
def test_a_table_of_gymnasium_is_a_game_of_one_player(players: Any) -> None:
    """Frozen lake: the optimal values of either player are those of value iteration on ``P`` itself."""
    gymnasium = pytest.importorskip("gymnasium")
    table: Any = gymnasium.make("FrozenLake-v1").unwrapped.P
    game = game_from_table(table, leader_discount=0.9, follower_discount=0.9, players=players, initial=0)
    expected = lake_values(table, 0.9)
    assert expected[0] > 0.01
    if players == "follower":
        values = best_response(game, LeaderPolicy.uniform(game)).follower_values
        assert values[:16] == pytest.approx(expected, abs=1e-9)
    else:
        result = solve(game, "commitment", gap=1e-6)
        assert result.leader_value == pytest.approx(expected[0], rel=1e-5)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({}, r"table is \{\}; it must be \{state"),
        ([], r"table is \[\]"),
        (None, "table is None"),
        ({0: {}}, r"table\[0\] is \{\}"),
        ({0: [1]}, r"table\[0\] is \[1\]"),
        ({0: {0: [(1.0, 0, 0.0, False)]}}, r"key 0; it must be a pair .* players='leader'"),
        ({0: {(0, 0): [(1.0, 0)]}}, r"table\[0\]\[\(0, 0\)\] holds the outcome \(1\.0, 0\)"),
        ({0: {(0, 0): [(1.0, 0, 0.0, False)]}}, "holds the outcome"),
        ({0: {(0, 0): [(1.0, 0, (0.0, np.nan), False)]}}, "rewards must be finite"),
        ({0: {(0, 0): [(1.0, 0, (0.0, 0.0), "no")]}}, "done True or False"),
        ({0: {(0, 0): [(-1.0, 0, (0.0, 0.0))]}}, "the probability -1.0"),
        ({0: {(0, 0): [(True, 0, (0.0, 0.0))]}}, "holds the outcome"),
        ({0: {(0, 0): 1.0}}, r"table\[0\]\[\(0, 0\)\] is 1\.0"),
        ({0: {(0, 0): []}}, "sums to 0"),
        ({0: {(0, 0): [(1.0, 7, (0.0, 0.0))]}}, "next.7 is not a state"),
        ({0: {(0, 0): [(1.0, None, (0.0, 0.0))]}}, "holds None; names must be"),
        (
            {0: {(0, 0): [(1.0, 0, (0.0, 0.0))], (1, 1): [(1.0, 0, (0.0, 0.0))]}},
            "say nothing about s=0, a=0, b=1; add that joint action",
        ),
    ],
)
def test_tables_of_another_shape_are_refused_with_the_place(table: Any, message: str) -> None:
    with pytest.raises(InvalidGameError, match=message):
        game_from_table(table, **DISCOUNTS)


def test_other_arguments_are_checked() -> None:
    for options, message in (
        ({"players": "nobody"}, "players is 'nobody'; it must be one of both, leader, follower"),
        ({"initial": (9, 9)}, r"initial names the state '\(9, 9\)', which the table does not hold"),
        ({"end": None}, "end holds None"),
    ):
        with pytest.raises(InvalidGameError, match=message):
            game_from_table(outcomes(), **DISCOUNTS, **options)
