"""The models handed to other solvers: what they say is a claim, what comes back is evaluated here."""

from __future__ import annotations

import importlib.util
import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest

from ssg_mip import Game, commitment_model, solve, solve_with
from ssg_mip.errors import OptionError, SolverError
from ssg_mip.library import random_game
from ssg_mip.modelling.other_solvers import _settings, solved_by_pyscipopt
from tests.unit.modelling.test_outside import rowed

GAME = random_game(seed=4)


class Pretender:
    """A Pyomo solver that sets the given policy and answers, and claims what it is told to."""

    name = "pretender"

    def __init__(self, slots: list[float], answers: list[int], *, value: float = 9.0, bound: float = 9.5) -> None:
        self.slots, self.answers, self.claimed = slots, answers, (value, bound)
        self.options: dict[str, Any] = {}

    def solve(self, model: Any, *, load_solutions: bool, **more: Any) -> Any:
        assert not load_solutions
        self.asked = more
        model.solutions = SimpleNamespace(load_from=lambda _: self._load(model))
        return SimpleNamespace(
            solution=[1] if self.slots else [],
            problem=SimpleNamespace(lower_bound=self.claimed[0], upper_bound=self.claimed[1]),
            solver=SimpleNamespace(termination_condition="optimal" if self.slots else "infeasible"),
        )

    def _load(self, model: Any) -> None:
        for variable, value in zip(model.f.values(), self.slots, strict=True):
            variable.set_value(value, skip_validation=True)
        for place in model.g:
            model.g[place].set_value(float(self.answers[place[0]] == place[1]))
        model.leader_value.set_value(self.claimed[0])


OFF_THE_TIE = [0.620066318611915, 0.379933681388085, 0.718396864548629, 0.281603135451371, 1.7705737734297e-06, 1.0]


def test_any_pyomo_solver_is_asked_and_its_answer_put_onto_the_tie() -> None:
    solver = Pretender(OFF_THE_TIE, [0, 0, 0])
    result = solve_with(GAME, solver, time_limit=5.0, options={"threads": 1})
    assert (solver.asked, solver.options) == ({"timelimit": 5.0}, {"threads": 1})
    assert result.method == "pretender"
    assert result.details["value_as_read"] == pytest.approx(1.12, abs=0.01)
    assert result.leader_value == pytest.approx(7.00837, abs=1e-4)
    assert result.check.passed


def test_what_a_solver_claims_is_not_what_is_proven() -> None:
    """A bound below the truth, and a value that no policy has, stand in the details and nowhere else."""
    result = solve_with(GAME, Pretender(OFF_THE_TIE, [0, 0, 0], value=50.0, bound=2.0))
    assert (result.details["claimed_value"], result.details["claimed_bound"]) == (50.0, 2.0)
    assert result.leader_value == pytest.approx(7.00837, abs=1e-4)
    assert result.dual_bound > 7.1
    assert not result.status.name.startswith("OPTIMAL")


def test_a_solver_without_a_solution_gives_none() -> None:
    result = solve_with(GAME, Pretender([], []))
    assert result.leader_policy is None
    assert result.details["claimed_status"] == "infeasible"
    assert math.isfinite(result.dual_bound)


def test_a_solver_that_raises_is_a_failure() -> None:
    class Broken:
        def solve(self, *_: Any, **__: Any) -> Any:
            raise RuntimeError("out of order")

    with pytest.raises(SolverError, match="'Broken' failed: RuntimeError: out of order"):
        solve_with(GAME, Broken())


@pytest.mark.parametrize(
    ("solver", "words"),
    [
        ("highs", "which takes no products"),
        ("no-such-solver", "Pyomo has none at hand by no-such-solver: install it"),
        (3, "must be the name of a Pyomo solver, or one"),
    ],
)
def test_a_solver_that_cannot_be_asked_is_named(solver: Any, words: str) -> None:
    with pytest.raises(OptionError, match=words):
        solve_with(GAME, solver)


def test_gurobi_is_asked_or_said_to_be_missing() -> None:
    """With whatever is installed: the claim is right, or the message says how to get it."""
    if importlib.util.find_spec("gurobipy") is None:
        with pytest.raises(OptionError, match="pip install gurobipy"):
            solve_with(GAME, "gurobi", time_limit=60)
    else:
        assert solve_with(GAME, "gurobi", time_limit=60).leader_value == pytest.approx(7.00837, abs=1e-3)


def without_products() -> Game:
    """A game in which the leader does not steer the transitions."""
    game = random_game(seed=2)
    first = [game.row(int(s), 0, int(b)) for s, b in zip(game.row_state, game.row_follower, strict=True)]
    places = [slice(int(game.indptr[row]), int(game.indptr[row + 1])) for row in first]
    return game.replace(
        successors=np.concatenate([game.successors[place] for place in places]),
        probabilities=np.concatenate([game.probabilities[place] for place in places]),
    )


def test_a_linear_solver_is_asked_where_there_are_no_products() -> None:
    game = without_products()
    result = solve_with(game, "highs")
    assert result.leader_value == pytest.approx(solve(game, "commitment").leader_value, abs=1e-3)


class TestScip:
    """Live, where ``pyscipopt`` is installed."""

    @pytest.fixture(autouse=True)
    def _installed(self) -> None:
        pytest.importorskip("pyscipopt")

    @pytest.mark.parametrize("seed", [1, 4])
    def test_the_two_games_that_dropped(self, seed: int) -> None:
        game = random_game(seed=seed)
        result = solve_with(game, "scip", time_limit=60)
        best = solve(game, "commitment")
        assert result.leader_value == pytest.approx(best.leader_value, abs=1e-3)
        assert result.details["claimed_bound"] >= best.leader_value - 1e-3
        assert result.check.passed

    def test_by_a_file_it_finds_the_same(self) -> None:
        """Older releases of Pyomo have no interface to ``pyscipopt``."""
        model = commitment_model(GAME)
        claim = solved_by_pyscipopt(model, _settings("scip", 60.0, 1e-4, None))
        assert (claim.status, claim.found) == ("optimal", True)
        assert claim.value == pytest.approx(7.00837, abs=1e-3)
        assert pyo.value(model.leader_value) == pytest.approx(claim.value, abs=1e-6)
        with pytest.raises(OptionError, match="does not take the option 'limits/nonsense'"):
            solved_by_pyscipopt(model, {"limits/nonsense": 1})

    def test_rows_beyond_our_search_are_honoured_there_and_named(self) -> None:
        model = commitment_model(rowed(GAME, 1.2))
        model.mine = pyo.Constraint(expr=model.f[0, 0] * model.f[1, 0] <= 0.2)
        result = solve_with(model, "scip", time_limit=60)
        assert result.details["beyond_our_search"] == ["mine"]
        assert result.details["not_kept"] == []
        assert result.details["objective"] == pytest.approx(result.leader_value)
        plain = solve_with(rowed(GAME, 1.2), "scip", time_limit=60)
        assert result.leader_value <= plain.details["claimed_bound"] + 1e-5

    def test_what_is_impossible_is_claimed_impossible(self) -> None:
        model = commitment_model(GAME)
        model.mine = pyo.Constraint(expr=model.V[0] >= 1e3)
        result = solve_with(model, "scip", time_limit=60)
        assert result.details["claimed_status"] == "infeasible"
        assert result.leader_policy is None
