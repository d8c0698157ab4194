"""Equilibria of one round against known games and other code; the comparison on a few games."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from ssg_mip import solve
from ssg_mip.library import MATRIX_GAMES, bimatrix_game, correlated_payoffs
from ssg_mip.studies.bimatrix import (
    Payoffs,
    all_equilibria,
    cooperation_level,
    mixed_commitment,
    pure_commitment,
    pure_equilibria,
)
from tests.unit.studies.conftest import Reproduce, agreement, rows

TINY = {"steps": 2, "sizes": [5], "trials": [40], "enumerated_sizes": [3], "enumerated_trials": [12]}


@pytest.mark.parametrize("name", MATRIX_GAMES)
def test_commitment_in_the_classics(name: str) -> None:
    """The values on record come from other code; with ties among the optima only the leader's are compared."""
    known = MATRIX_GAMES[name]
    leader, follower = np.array(known.leader, dtype=float), np.array(known.follower, dtype=float)
    assert mixed_commitment(leader, follower).leader == pytest.approx(known.values[0])
    assert pure_commitment(leader, follower).leader == pytest.approx(known.pure_values[0])


def test_mixed_commitment_is_what_the_package_proves() -> None:
    for seed in range(6):
        leader, follower = correlated_payoffs(4, 0.3, np.random.default_rng(seed))
        result = solve(bimatrix_game(leader, follower), "commitment", gap=1e-8, guarantee=False)
        assert mixed_commitment(leader, follower).leader == pytest.approx(result.leader_value, abs=1e-6)


def test_the_equilibria_of_maintain() -> None:
    """Zhang et al., Table 1b: B-Y and C-Z are the pure ones."""
    known = MATRIX_GAMES["maintain"]
    leader, follower = np.array(known.leader, dtype=float), np.array(known.follower, dtype=float)
    pure = [Payoffs(10.0, 5.0), Payoffs(5.0, 10.0)]
    assert [one.payoffs for one in pure_equilibria(leader, follower)] == pure
    pytest.importorskip("pygambit")
    found = all_equilibria(leader, follower)
    assert len(found) > len(pure)
    for payoffs in pure:
        assert any((one.leader, one.follower) == pytest.approx((payoffs.leader, payoffs.follower)) for one in found)


def test_the_cooperation_level_is_a_correlation() -> None:
    leader, follower = correlated_payoffs(30, 0.6, np.random.default_rng(1))
    assert cooperation_level(leader, follower) == pytest.approx(np.corrcoef(leader.ravel(), follower.ravel())[0, 1])
    assert cooperation_level(leader, -2.0 * leader) == pytest.approx(-1.0)


def test_common_interest_makes_leading_best_for_both_and_equilibria_many(run: Reproduce) -> None:
    report = run("se-versus-ne", **{**TINY, "steps": 8})
    first = agreement(report)
    assert first["5 x 5, pure equilibria, covariance of 0.75 and more: gain of leading purely"] is True
    assert first["5 x 5, pure equilibria: their number and the cooperation level"] is True
    last = next(row for row in rows(report) if (row["sample"], row["covariance"]) == ("pure", "1"))
    assert float(last["pure_leader"]) == pytest.approx(float(last["pure_follower"]))
    assert float(last["cooperation_level"]) == pytest.approx(1.0)
    assert int(last["trials"]) == 40


def test_three_points_are_no_correlation(run: Reproduce) -> None:
    assert (
        agreement(run("se-versus-ne", **TINY))["5 x 5, pure equilibria: their number and the cooperation level"] is None
    )


def test_all_equilibria_of_zero_sum_games_are_worth_what_mixed_commitment_is(run: Reproduce) -> None:
    pytest.importorskip("pygambit")
    report = run("se-versus-ne", **TINY)
    table = {row["covariance"]: row for row in rows(report) if row["sample"] == "all"}
    assert float(table["-1"]["nash_leader"]) == pytest.approx(float(table["-1"]["mixed_leader"]), abs=1e-6)
    assert float(table["-1"]["equilibria"]) == 1.0
    for row in table.values():
        assert float(row["mixed_leader"]) >= max(float(row["nash_leader"]), float(row["pure_leader"])) - 1e-6


def test_without_gambit_the_sample_is_missing_and_named(run: Reproduce, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pygambit", None)
    report = run("se-versus-ne", **TINY)
    assert {row["sample"] for row in rows(report)} == {"pure"}
    assert any("ssg_mip[nash]" in note for note in report.notes)


def test_a_run_without_equilibria_has_empty_cells(run: Reproduce) -> None:
    """5 x 5 zero-sum games almost never have a saddle point in pure strategies."""
    report = run("se-versus-ne", **{**TINY, "trials": [3], "steps": 1, "enumerated_trials": [1]})
    row = next(row for row in rows(report) if (row["sample"], row["covariance"]) == ("pure", "-1"))
    assert row["without_equilibrium"] == "3"
    assert row["nash_leader"] == ""
