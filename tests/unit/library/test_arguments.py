"""Arguments that make no game are refused in one line that names them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ssg_mip.errors import InvalidGameError, OptionError
from ssg_mip.library import (
    bimatrix_game,
    correlated_payoffs,
    highway_merge,
    iterated_game,
    kudo_akimoto_figure_1,
    random_game,
    security_grid,
)


@pytest.mark.parametrize(
    ("make", "wrong"),
    [
        (random_game, {"seed": -1}),
        (random_game, {"seed": 1.5}),
        (random_game, {"states": 2.5}),
        (random_game, {"leader_actions": True}),
        (security_grid, {"seed": -1}),
        (security_grid, {"horizon": 1.5}),
        (security_grid, {"targets": 2.5}),
        (security_grid, {"size": 1}),
        (highway_merge, {"cells": 4.5}),
        (highway_merge, {"speeds": 1}),
        (kudo_akimoto_figure_1, {"x": -1.0}),
        (kudo_akimoto_figure_1, {"y": float("nan")}),
    ],
)
def test_the_message_names_the_argument(make: Callable[..., Any], wrong: dict[str, Any]) -> None:
    (name, value), *_ = wrong.items()
    with pytest.raises(OptionError, match=f"{name} is {value}; it must be"):
        make(**wrong)


def test_a_discount_of_one_is_refused_before_anything_is_divided_by_what_is_left() -> None:
    with pytest.raises(InvalidGameError, match=r"leader_discount is 1.0; it must be a number in \[0, 1\)"):
        kudo_akimoto_figure_1(leader_discount=1.0)


@pytest.mark.parametrize("make", [bimatrix_game, iterated_game])
def test_payoffs_must_be_regular_tables_of_numbers(make: Callable[..., Any]) -> None:
    table = [[1, 2], [3, 4]]
    with pytest.raises(InvalidGameError, match="leader_payoffs is not a regular array"):
        make([[1, 2], [3]], table)
    with pytest.raises(InvalidGameError, match="follower_payoffs has element type"):
        make(table, [["a", "b"], ["c", "d"]])


def test_sizes_of_random_payoffs_are_whole() -> None:
    with pytest.raises(OptionError, match=r"size is 2.5; it must be a whole number"):
        correlated_payoffs(2.5, 0.0, np.random.default_rng(0))  # type: ignore[arg-type]
