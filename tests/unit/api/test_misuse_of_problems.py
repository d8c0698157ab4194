"""Whatever a problem is stated with by mistake, the answer is an error of the package that says what must be.

The same as in ``test_misuse``, for all that makes, changes or answers a problem.
"""

# ruff: noqa: E501 - a table of wrong values reads best with a line for each argument
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ssg_mip
from ssg_mip import LeaderPolicy, Problem
from ssg_mip.errors import SsgError
from tests.unit.api.test_misuse import (
    GAME,
    NEGATIVE,
    NOT_A_COUNT,
    NOT_A_FLAG,
    NOT_A_GAME,
    NOT_A_LIMIT,
    NOT_A_NUMBER,
    NOT_A_PATH,
    NOT_A_POLICY,
    NOT_A_SEED,
    NOT_AN_OPTIONAL_COUNT,
    NOT_WEIGHTS,
    OTHER,
    POLICY,
    Rude,
    generated,
)

PROBLEM = Problem(GAME)
NOT_A_PROBLEM = [one for one in NOT_A_GAME if one is not GAME]
NOT_A_STATE = ["s9", 3, -1, None, True, 1.5, ["s0"], {}, Rude()]
NOT_AN_ACTION = ["a9", 2, -1, None, True, 0.5, ["a0"], Rude()]
NOT_A_PROBABILITY = [*NOT_A_NUMBER, -0.1, 1.1, np.inf]
NOT_A_SIZE = [*NOT_A_NUMBER, *NEGATIVE]
NOT_A_NAME = [7, "", b"x", ["x"], Rude()]
NOT_COSTS = [
    "x",
    None,
    7,
    [],
    {},
    {"s0": 1.0},
    {("s0",): 1.0},
    {("s9", "a0"): 1.0},
    {("s0", "a9"): 1.0},
    {("s0", "a0"): "1"},
    {("s0", "a0"): np.nan},
    {("s0", "a0"): None},
    generated(),
]
NOT_STATES = ["x", 7, [], ["s9"], [None], [["s0"]], {}, generated()]
NOT_LABELS = ["x", None, 7, ["s0"], {"s9": "x"}, {7: "x"}, {"s0": None}, {"s0": ""}]
NOT_AMOUNTS = [
    "x",
    None,
    *NEGATIVE,
    float("nan"),
    True,
    [1.0],
    {"s0": 1.0},
    {("s9", "b0"): 1.0},
    {("s0", "b9"): 1.0},
    {("s0", "b0"): -1.0},
    {("s0", "b0"): "1"},
]
NOT_AN_AMOUNT = [*(one for one in NOT_A_NUMBER if one is not None), *NEGATIVE, np.inf]
ASKED = {"time_limit": NOT_A_LIMIT, "gap": [*NOT_A_NUMBER, *NEGATIVE, np.inf], "check": NOT_A_FLAG}

CALLS: list[tuple[str, Callable[..., Any], dict[str, Any], dict[str, list[Any]]]] = [
    ("Problem", Problem, {"game": GAME}, {
        "game": NOT_A_GAME, "objective": ["x", 7, [1, 0, 0], {"s0": 1}], "follower": ["leader", 7, {}], "policies": ["x", None, 7, {}],
    }),
    ("require", PROBLEM.require, {"terms": {("s0", "a0"): 1.0}, "sense": "<=", "limit": 0.5}, {
        "terms": NOT_COSTS, "sense": ["<", None, 7, "=<"], "limit": [*NOT_A_NUMBER, np.inf, -np.inf], "name": NOT_A_NAME,
    }),
    ("forbid", PROBLEM.forbid, {"state": "s0", "action": "a0"}, {"state": NOT_A_STATE, "action": NOT_AN_ACTION, "name": NOT_A_NAME}),
    ("at_least", PROBLEM.at_least, {"state": "s0", "action": "a0", "probability": 0.5}, {
        "state": NOT_A_STATE, "action": NOT_AN_ACTION, "probability": NOT_A_PROBABILITY, "name": NOT_A_NAME,
    }),
    ("budget", PROBLEM.budget, {"costs": {("s0", "a0"): 1.0}, "at_most": 0.5}, {"costs": NOT_COSTS, "at_most": [*NOT_A_NUMBER, np.inf], "name": NOT_A_NAME}),
    ("same_policy", PROBLEM.same_policy, {"states": ["s0", "s1"]}, {"states": [*NOT_STATES[:-1], None, ["s0"]], "name": NOT_A_NAME}),
    ("at_most_actions", PROBLEM.at_most_actions, {"state": "s0", "k": 1}, {"state": NOT_A_STATE, "k": [one for one in NOT_A_COUNT if one != 10**30], "name": NOT_A_NAME}),
    ("deterministic", PROBLEM.deterministic, {"states": ["s0"]}, {"states": NOT_STATES[:-1], "name": NOT_A_NAME}),
    ("close_to", PROBLEM.close_to, {"policy": POLICY, "radius": 0.5}, {
        "policy": [one for one in NOT_A_POLICY if not isinstance(one, dict)] + [LeaderPolicy.uniform(OTHER), {"s0": {"a0": 1.0}}], "radius": NOT_A_SIZE, "name": NOT_A_NAME,
    }),
    ("cost", PROBLEM.cost, {"costs": {("s0", "a0", "b0"): 1.0}, "at_most": 0.5}, {
        "costs": ["x", None, 7, {}, {("s0", "a0"): 1.0}, {("s0", "a0", "b9"): 1.0}, {("s0", "a0", "b0"): "1"}, np.zeros((3, 2)), np.full((3, 2, 2), np.nan), np.full((3, 2, 2), 1j)],
        "at_most": [*NOT_A_NUMBER, np.inf], "name": NOT_A_NAME,
    }),
    ("value_at_least", PROBLEM.value_at_least, {"state": "s0", "value": 0.5}, {
        "state": [one for one in NOT_A_STATE if one is not None], "value": [*NOT_A_NUMBER, np.inf, -np.inf], "name": NOT_A_NAME,
    }),
    ("observe", PROBLEM.observe, {}, {"labels": NOT_LABELS}),
    ("without", PROBLEM.without, {}, {"names": ["nothing", 7, None]}),
    ("answered_by", PROBLEM.answered_by, {}, {"follower": ["rational", None, 7, {}]}),
    ("maximise", PROBLEM.maximise, {}, {"goal": [one for one in NOT_WEIGHTS if not isinstance(one, Rude)]}),
    ("bayesian", ssg_mip.bayesian, {"types": {"x": GAME, "y": GAME}, "prior": {"x": 0.5, "y": 0.5}}, {
        "types": ["x", None, 7, [], {}, [GAME], {"x": 7, "y": GAME}, {"x": GAME}, {"x": GAME, "y": OTHER}],
        "prior": ["x", None, 7, [], [1.0], [0.5, 0.6], [0.0, 1.0], [-0.5, 1.5], ["1", 0], {"x": 1.0}, {"x": 0.5, "z": 0.5}, [np.nan, 1.0], [True, False]],
    }),
    ("finite_horizon", ssg_mip.finite_horizon, {"game": GAME, "steps": 2}, {
        "game": NOT_A_GAME, "steps": NOT_A_COUNT, "leader_discount": ["0.9", True, 1.1, -0.1, np.nan, [0.9]], "follower_discount": ["0.9", True, 1.1, -0.1],
    }),
    ("with_payments", ssg_mip.with_payments, {"game": GAME, "at_most": 1.0}, {
        "game": NOT_A_GAME, "at_most": NOT_AMOUNTS, "cost": [*NOT_A_SIZE, np.inf], "promised": NOT_AN_AMOUNT, "spent": NOT_AN_AMOUNT,
    }),
    ("with_menu", ssg_mip.with_menu, {"game": GAME, "menu": {"bonus": {("s0", "b0"): 1.0}}}, {
        "game": NOT_A_GAME, "menu": ["x", None, 7, [], {"bonus": 1.0}, {"nothing": {}}, {"bonus": {("s0", "b9"): 1.0}}, {"bonus": {"s0": 1.0}}, {"bonus": {("s0", "b0"): np.inf}}],
        "cost": NOT_A_SIZE, "promised": NOT_AN_AMOUNT, "spent": NOT_AN_AMOUNT,
    }),
    ("Lexicographic", lambda **given: PROBLEM.maximise(ssg_mip.Lexicographic(**given)), {"weights": [{"s0": 1}]}, {
        "weights": ["x", None, 7, [], [{"s9": 1}], [[1, 1]], [None]], "tolerance": NOT_A_SIZE,
    }),
    ("PriceOnChange", lambda **given: PROBLEM.maximise(ssg_mip.PriceOnChange(**given)), {"reference": POLICY, "price": 1.0}, {
        "reference": ["x", None, 7, {}, LeaderPolicy.uniform(OTHER), {"s0": {"a0": 1.0}}], "price": ["x", None, -1.0, np.nan, True, {"s9": 1.0}, {"s0": -1.0}], "per": ["day", None, 7],
    }),
    ("WithFollower", lambda **given: PROBLEM.maximise(ssg_mip.WithFollower(**given)), {}, {"share": [*NOT_A_SIZE, np.inf]}),
    ("WorstStart", lambda **given: PROBLEM.maximise(ssg_mip.WorstStart(**given)), {}, {"starts": ["s9", 7, None, [], [None], [{"s9": 1}], [{}]]}),
    ("WorstType", lambda **_: PROBLEM.maximise(ssg_mip.WorstType()), {}, {"of a game without types": [None]}),
    ("commitment_model", ssg_mip.commitment_model, {}, {"problem": NOT_A_PROBLEM}),
    ("improvement_model", ssg_mip.improvement_model, {"problem": GAME}, {"problem": NOT_A_PROBLEM, "policy": [*(one for one in NOT_A_POLICY if one is not None), LeaderPolicy.uniform(OTHER)]}),
    ("solve_model", ssg_mip.solve_model, {}, {"model": ["x", None, 7, GAME, PROBLEM, {}]}),
    ("solve_with", ssg_mip.solve_with, {"problem": GAME, "solver": "scip"}, {
        **ASKED, "problem": NOT_A_PROBLEM, "solver": ["no such solver", None, 7, ["scip"]], "options": ["x", 7, [1]], "polish": NOT_A_FLAG,
    }),
    ("evaluate_policy", ssg_mip.evaluate_policy, {"problem": GAME, "policy": POLICY}, {
        "problem": NOT_A_PROBLEM, "policy": [*NOT_A_POLICY, LeaderPolicy.uniform(OTHER)], "polish": NOT_A_FLAG, "check": NOT_A_FLAG, "guarantee": NOT_A_FLAG, "tolerances": [1e-9, None],
    }),
    ("import_solution", ssg_mip.import_solution, {"problem": GAME, "file": "missing.sol"}, {
        "problem": NOT_A_PROBLEM, "file": [*NOT_A_PATH, "missing.sol", "."], "names": [7, "", "missing.json"], "polish": NOT_A_FLAG, "check": NOT_A_FLAG,
    }),
    ("read_problem", ssg_mip.read_problem, {}, {"path": [*NOT_A_PATH, "missing.json", ".", "game.xlsx", GAME]}),
    ("solve a problem", ssg_mip.solve, {"game": PROBLEM.forbid("s0", "a0"), "method": "commitment"}, {
        "ties": ["best", None], "margin": [-1.0, "x"], "weights": [[1.0], "s0"], "method": ["fixed-point", "policy-gradient", "bilevel-q"],
        "seed": NOT_A_SEED, "node_limit": NOT_AN_OPTIONAL_COUNT,
    }),
]  # fmt: skip
MISUSES = [
    pytest.param(function, {**usual, argument: wrong}, id=f"{label}-{argument}-{number}")
    for label, function, usual, arguments in CALLS
    for argument, values in arguments.items()
    for number, wrong in enumerate(values)
]
BY_POSITION = (PROBLEM.without,)


@pytest.mark.parametrize(("function", "arguments"), MISUSES)
def test_a_mistake_is_named(
    function: Callable[..., Any], arguments: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error of the package, in few lines, that says what must be; no file is left."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SsgError) as caught:
        function(*arguments.values()) if function in BY_POSITION else function(**arguments)
    assert 10 < len(str(caught.value)) < 2000
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_there_are_enough_of_them() -> None:
    assert len(MISUSES) > 300
