"""Pareto-compliant scalarisations: what they are, what is refused, and how they change with the units."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

from ssg_mip import AugmentedChebyshev, ConcavePieces, Game, WeightedSum
from ssg_mip.errors import OptionError, TooLargeError
from ssg_mip.evaluation.standard_form import Scale
from ssg_mip.evaluation.value_bounds import leader_value_bounds
from ssg_mip.problem.scalarisation import Scalarised, WeightedCeiling, scalarisation_of
from ssg_mip.problem.scalarisation.functions import MOST
from tests.oracles.known import figure_1

KINDS = {
    "sum": WeightedSum(np.array([0.25, 0.75])),
    "chebyshev": AugmentedChebyshev(np.array([0.6, 0.4]), np.array([10.0, 9.0]), 0.01),
    "pieces": ConcavePieces(np.array([[1.0, 0.1], [0.2, 2.0]]), np.array([0.0, -3.0])),
}


def game() -> Game:
    return figure_1(1.0, 2.0).to_game()


@pytest.mark.parametrize("name", KINDS)
def test_more_in_one_state_without_less_in_another_is_worth_more(name: str) -> None:
    """Strictly, in every state and wherever the minimum is: the definition of Pareto compliance."""
    rng = np.random.default_rng(3)
    for values in rng.uniform(-20.0, 20.0, size=(200, 2)):
        for state in range(2):
            assert KINDS[name](values + 1e-3 * np.eye(2)[state]) > KINDS[name](values)


def test_their_values_by_hand() -> None:
    assert KINDS["sum"]([4.0, 8.0]) == 7.0
    assert KINDS["chebyshev"]([5.0, 8.0]) == pytest.approx(-3.0 + 0.01 * (-3.0 - 0.4))
    assert KINDS["pieces"]([2.0, 3.0]) == pytest.approx(2.3)
    assert KINDS["pieces"]([2.0, 1.0]) == pytest.approx(-0.6)


def test_the_chebyshev_function_is_the_minimum_of_one_piece_for_each_state() -> None:
    what = AugmentedChebyshev(np.array([0.2, 0.5, 0.3]), np.array([1.0, -4.0, 7.0]), 0.05)
    assert what.pieces.weights.shape == (3, 3)
    for values in np.random.default_rng(5).normal(size=(50, 3)):
        assert what.pieces(values) == pytest.approx(what(values), abs=1e-12)


def test_gains_over_values_are_counted_from_0() -> None:
    what, values = KINDS["pieces"], np.array([2.0, 3.0])
    gains = what.gains_over(values)
    assert gains([0.0, 0.0]) == 0.0
    assert gains([1.0, -2.0]) == pytest.approx(what([3.0, 1.0]) - what([2.0, 3.0]))
    assert (gains.unit, gains.least) == (pytest.approx(1.1), 0.1)


@pytest.mark.parametrize("name", ["chebyshev", "pieces"])
def test_in_other_units_the_function_is_the_same(name: str) -> None:
    """With constants for all values, for each state, and a unit: ``L[base + unit v] = unit L'[v]``."""
    rng = np.random.default_rng(7)
    for scale in (
        Scale(constant=3.0, unit=0.25, discount=0.9),
        Scale(unit=8.0, discount=0.5, potential=np.array([-40.0, 1e3])),
    ):
        moved = KINDS[name].into(scale)
        for values in rng.normal(size=(20, 2)):
            assert scale.unit * moved(values) == pytest.approx(KINDS[name](scale.out(values)), rel=1e-12)


@pytest.mark.parametrize(
    "given",
    [
        {
            "kind": "augmented-chebyshev",
            "weights": {"s0": 0.6, "s1": 0.4},
            "reference": {"s0": 10, "s1": 9},
            "augmentation": 0.01,
        },
        {
            "kind": "concave-pieces",
            "pieces": [{"weights": {"s1": 0.1, "s0": 1}}, {"weights": [0.2, 2], "constant": -3}],
        },
        {"kind": "weighted-sum", "weights": {"s0": 0.25, "s1": 0.75}},
    ],
)
def test_plain_data_is_read_by_the_names_of_the_states(given: dict[str, Any]) -> None:
    read = scalarisation_of(game(), given)
    expected = next(one for one in KINDS.values() if one.kind == given["kind"])
    for values in np.random.default_rng(9).normal(size=(10, 2)):
        assert read is not None
        assert read(values) == expected(values)
    if not isinstance(read, WeightedSum) and read is not None:
        again = scalarisation_of(game(), read.to_dict(game()))
        assert again is not None
        assert again([1.0, 2.0]) == read([1.0, 2.0])


def test_the_chebyshev_function_has_defaults() -> None:
    """Even weights, and what no policy exceeds as the reference."""
    what = scalarisation_of(game(), "augmented-chebyshev")
    assert isinstance(what, AugmentedChebyshev)
    assert what.weights.tolist() == [0.5, 0.5]
    assert np.array_equal(what.reference, leader_value_bounds(game()).upper)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("largest", "must be one of weighted-sum, augmented-chebyshev, concave-pieces"),
        (7, "must be a WeightedSum, AugmentedChebyshev or ConcavePieces"),
        ({}, "kind of the scalarisation is None"),
        ("weighted-sum", "needs weights"),
        ("concave-pieces", "needs pieces"),
        ({"kind": "concave-pieces", "pieces": []}, "needs pieces"),
        ({"kind": "concave-pieces", "pieces": [7]}, r"pieces\[0\] is 7"),
        ({"kind": "concave-pieces", "pieces": [{"weights": {"s0": 1}}]}, "says nothing about state 's1'"),
        ({"kind": "concave-pieces", "pieces": [{"weights": {"s0": 1, "s1": 0}}]}, "positive in every state"),
        ({"kind": "concave-pieces", "pieces": [{"weights": [1, -1]}]}, "Pareto compliance"),
        ({"kind": "concave-pieces", "pieces": [{"weights": [1, 1], "constant": "1"}]}, r"pieces\[0\].constant is '1'"),
        ({"kind": "augmented-chebyshev", "weights": {"s9": 1}}, "unknown state 's9'"),
        ({"kind": "augmented-chebyshev", "augmentation": 0}, "augmentation is 0"),
        ({"kind": "augmented-chebyshev", "rho": 1}, "has no 'rho'"),
        ({"kind": "augmented-chebyshev", "reference": [1, 2, 3]}, r"shape \(3,\)"),
        ({"kind": "weighted-sum", "weights": [1, 0]}, "positive in every state"),
        (WeightedSum(np.array([1.0, 1.0, 1.0])), "weights for 3 states"),
        (ConcavePieces(np.array([[1.0]])), "weights for 1 states"),
        (
            {"kind": "concave-pieces", "pieces": [{"weights": [1, 1]}, {"weights": [1, -0.5]}]},
            r"pieces\[1\].weights\[s1\]",
        ),
        (
            {"kind": "concave-pieces", "pieces": [{"weights": [1, 1], "constant": 1e308}]},
            r"pieces\[0\].constant is 1e\+308",
        ),
        (
            {"kind": "concave-pieces", "pieces": [{"weights": [1, 1], "constant": -1e99}]},
            r"pieces\[0\].constant is -1e\+99",
        ),
        (
            {"kind": "concave-pieces", "pieces": [{"weights": [1e100, 1e100]}, {"weights": [1e-100, 1e-100]}]},
            r"pieces\[0\].weights\[s0\] is 1e\+100; it must be at most 2e-88, 1e\+12 times the least sum",
        ),
        (
            {"kind": "augmented-chebyshev", "weights": [1e99, 1e99], "reference": [1e99, 1e99]},
            r"weights times reference\[0\]",
        ),
        (
            {"kind": "augmented-chebyshev", "weights": [1, 1], "reference": [1, 1e30]},
            r"reference\[s1\] is 1e\+30; .* bring it to the size of the values",
        ),
        ({"kind": "augmented-chebyshev", "weights": [1, 1], "reference": [1, 1e300]}, r"reference\[s1\] is 1e\+300"),
        (ConcavePieces(np.array([[1.0, 1e-95]])), r"pieces\[0\].weights\[s1\] is 1e-95; it must be at least 1e-90"),
    ],
)
def test_what_is_no_compliant_scalarisation_of_the_game_is_refused(given: Any, said: str) -> None:
    with pytest.raises(OptionError, match=said):
        scalarisation_of(game(), given)


@pytest.mark.parametrize(
    ("weights", "constants"),
    [
        ([1.0, 1.0], None),
        ([[]], None),
        ([[1.0, math.nan]], None),
        ([[1.0, 2.0 * MOST]], None),
        ([[1.0]], [1.0, 2.0]),
        ([[1.0]], [math.inf]),
    ],
)
def test_pieces_of_another_shape_are_refused(weights: Any, constants: Any) -> None:
    with pytest.raises(OptionError):
        ConcavePieces(weights, constants)


def test_an_augmentation_that_vanishes_beside_its_weights_is_refused() -> None:
    with pytest.raises(OptionError, match="augmentation times weights"):
        AugmentedChebyshev(np.array([1e-60, 1.0]), np.array([0.0, 0.0]), 1e-60)


def test_what_is_accepted_leaves_numbers_that_programs_take() -> None:
    """Weights, constants and references at both ends of what is allowed, as every combination of them."""
    sizes, accepted = (1e-100, 1e-12, 1.0, 1e9, 1e100), 0
    constants = (0.0, 1e9, -1e12, 1e14, 1e20, 1e100)
    for first, second, constant in itertools.product(sizes, sizes, constants):
        try:
            what = scalarisation_of(
                game(),
                {
                    "kind": "concave-pieces",
                    "pieces": [{"weights": [first, 1.0]}, {"weights": [1.0, second], "constant": constant}],
                },
            )
        except OptionError:
            continue
        assert isinstance(what, ConcavePieces)
        moved = what.scaled(1.0 / what.unit)
        assert moved.weights.max() <= 1e12
        assert abs(moved.offsets).max() <= 1e15
        accepted += 1
    assert accepted >= 20


def test_the_class_refuses_constants_as_it_says() -> None:
    with pytest.raises(OptionError, match=r"constants\[1\] is 1e\+101; it must be finite, at most 1e\+100 in size"):
        ConcavePieces(np.ones((2, 2)), np.array([0.0, 1e101]))
    with pytest.raises(OptionError, match=r"reference\[0\] is -1e\+101"):
        AugmentedChebyshev(np.array([1.0, 1.0]), np.array([-1e101, 0.0]))


def test_more_pieces_than_fit_are_refused_with_what_would(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ssg_mip.problem.scalarisation.reading.MOST_NUMBERS", 3)
    with pytest.raises(TooLargeError, match="2 pieces of 2 weights, and at most 3"):
        scalarisation_of(game(), "augmented-chebyshev")
    assert scalarisation_of(game(), ConcavePieces(np.array([[1.0, 1.0]]))) is not None


def test_a_bound_on_a_weighted_sum_bounds_every_function_below_it() -> None:
    """``min(v1, v2) <= (v1 + v2) / 2 <= 4``; with weights that a rounding has moved the bound is a little higher."""
    what = ConcavePieces(np.array([[1.0, 1e-9], [1e-9, 1.0]]))
    even = np.array([0.5, 0.5])
    least = WeightedCeiling(even, even, 4.0).on(what, game())
    assert 4.0 <= least <= 4.0 + 1e-8
    moved = WeightedCeiling(even, np.array([0.5, 0.5 + 1e-6]), 4.0).on(what, game())
    assert moved > least
    for values in np.random.default_rng(2).uniform(0.0, 10.0, size=(200, 2)):
        values *= 4.0 / values.mean()  # the sum is at its bound
        if values.max() <= 10.0:  # what the game allows
            assert what(values) <= least


def test_the_least_bound_counts() -> None:
    what, even = ConcavePieces(np.array([[1.0, 1e-3], [1e-3, 1.0]])), np.array([0.5, 0.5])
    most = leader_value_bounds(game()).upper
    alone = Scalarised.of(what, (), game())
    assert what(most) <= alone.bound <= what(most) + 1e-9
    assert alone.mixture is None
    found = Scalarised.of(what, (WeightedCeiling(even, even, 4.0), WeightedCeiling(even, even, math.inf)), game())
    assert found.bound == pytest.approx(4.0 * 1.001, rel=1e-9)
    assert found.mixture is not None
