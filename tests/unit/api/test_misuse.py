"""Whatever is passed in by mistake, the answer is an error of the package that names argument, value, rule and remedy.

Values are wrong by kind, for every argument of every public function. What is unusual and means something is accepted,
and the answer is then the right one.
"""

# ruff: noqa: E501 - a table of wrong values reads best with a line for each argument
from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import networkx
import numpy as np
import pytest

import ssg_mip
from ssg_mip import FollowerPolicy, Game, GameBuilder, LeaderPolicy, library
from ssg_mip import studies as experiments
from ssg_mip.base.tolerances import Tolerances
from ssg_mip.errors import SsgError
from ssg_mip.learning import environments, simulation
from ssg_mip.problem.scalarisation import AugmentedChebyshev, ConcavePieces, WeightedSum

GAME = library.random_game(1, 3, 2, 2, 2)
OTHER = library.random_game(1, 4, 3, 3, 2)
POLICY = LeaderPolicy.uniform(GAME)
RNG = np.random.default_rng(0)


class Rude:
    """An object whose ``repr`` and array are no help."""

    def __repr__(self) -> str:
        raise RuntimeError("no")

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError("no")


def generated() -> Iterator[int]:
    yield from range(3)


NOT_A_GAME = ["file.json", Path("file.json"), None, 7, {}, np.zeros(3), POLICY, Game, generated(), Rude()]
NOT_A_POLICY = [
    "file.json",
    None,
    {"s0": {"a0": 1.0}},
    np.full((3, 2), 0.5),
    GAME,
    FollowerPolicy(np.zeros(3, int)),
    Rude(),
]
NOT_A_NUMBER = ["1", None, True, float("nan"), [1.0], 1j, np.array([1.0, 2.0]), 10**400, Fraction(1, 2), Rude()]
NEGATIVE = [-1, -1e-300, -np.inf]
NOT_A_COUNT = ["1", True, 0, -1, 1.5, 2.0, float("nan"), float("inf"), [1], 10**30, np.array([1]), Rude()]
NOT_A_SEED = ["1", None, True, -1, 1.5, [1], 10**30, Rude()]
NOT_A_FLAG = ["yes", None, 1, 0.0, [True], Rude()]
NOT_A_CALLBACK = ["print", 1, True, [print]]
NOT_AN_INTERRUPT = [True, "stop", 1]
NOT_A_DEADLINE = [5, 5.0, "5", True]
NOT_A_PATH = [None, 7, "", b"x\0", ["x"], "a\0b.lp", Rude()]
NOT_TIES = ["best", "", None, 1, ["leader"], True, np.array(["leader"])]
NOT_WEIGHTS = [
    "s0", 1.0, [1.0], [1, 1, -1], [np.nan, 1, 1], [np.inf, 1, 1], ["1", "1", "1"], [[1, 1, 1]], [0, 0, 0], [True] * 3,
    [None, 1, 1], [1j, 1, 1], {}, {"x": 1.0}, {"s0": "1"}, {"s0": None}, {"s0": True}, {7: 1.0, None: 1.0},
    generated(), Rude(), [10**400, 1, 1],
]  # fmt: skip
NOT_A_SCALARISATION = [
    "largest", "weighted-sum", 7, True, [1, 1, 1], np.ones(3), {}, {"kind": None}, {"kind": "augmented-chebyshev", "rho": 1},
    {"kind": "augmented-chebyshev", "weights": [1, 1, 0]}, {"kind": "concave-pieces", "pieces": [{"weights": {"s0": 1}}]},
    {"kind": "concave-pieces", "pieces": {"s0": 1}}, {7: 8}, AugmentedChebyshev(np.ones(2), np.zeros(2)), generated(), Rude(),
]  # fmt: skip
NOT_SETTINGS = ["x=1", 7, [1], {"speed": 1}, {7: 1}]
NOT_A_LIMIT = [one for one in NOT_A_NUMBER if one is not None] + NEGATIVE
NOT_AN_OPTIONAL_COUNT = [one for one in NOT_A_COUNT if one is not None]
NOT_A_METHOD = ["simplex", None, 7, ["commitment"], ""]
NOT_NAMES = ["ab", 7, {"a": 1}, {"a", "b"}, [None, "b"], [["a"], "b"], [b"a", "b"], [Rude(), "b"]]
NOT_ARRAYS = ["x", None, 7.0, [[1.0], [1.0, 2.0]], np.zeros(3), {}, generated(), Rude(), np.array([{}] * 3)]
NOT_A_DISCOUNT = ["0.9", None, True, 1, 1.0, -0.1, np.nan, [0.9], 0.9 + 0j, 10**400, Rude()]

SOLVE = {
    "game": NOT_A_GAME,
    "method": NOT_A_METHOD,
    "weights": NOT_WEIGHTS,
    "ties": NOT_TIES,
    "gap": NOT_A_NUMBER + NEGATIVE + [np.inf],
    "time_limit": NOT_A_LIMIT,
    "seed": NOT_A_SEED,
    "node_limit": NOT_AN_OPTIONAL_COUNT,
    "iteration_limit": NOT_AN_OPTIONAL_COUNT,
    "start": ["uniform", 7, {"s0": {"a0": 1.0}}, {"s0": 1, "s1": 1, "s2": 1}, LeaderPolicy.uniform(OTHER), np.full((3, 2), 0.5)],
    "levels": NOT_A_COUNT,
    "selection": ["best", None, 1, ["argmax"], "epsilon"],
    "epsilon": [0.5, "0.5"],
    "settings": NOT_SETTINGS,
    "tolerances": [1e-9, "tight", {"tie": 1e-9}],
    "on_progress": NOT_A_CALLBACK,
    "interrupt": NOT_AN_INTERRUPT,
    "margin": NOT_A_NUMBER + NEGATIVE + [np.inf],
    "check": NOT_A_FLAG,
    "guarantee": NOT_A_FLAG,
    "certificate": [7, "", ["x"], "/nowhere/at/all.jsonl"],
}  # fmt: skip
REQUEST = {label: SOLVE[label] for label in ("game", "ties", "gap", "time_limit", "seed", "node_limit", "interrupt")}

FROM_ARRAYS = {
    "transition": [*NOT_ARRAYS, np.full((3, 2, 2, 3), np.nan), -np.ones((3, 2, 2, 3)), np.ones((3, 2, 2, 2))],
    "leader_reward": [*NOT_ARRAYS, np.full((3, 2, 2), -np.inf), np.ones((2, 2, 3)), np.zeros((3, 2, 2), dtype="M8[s]")],
    "follower_reward": [*NOT_ARRAYS, np.full((3, 2, 2), np.nan)],
    "leader_discount": NOT_A_DISCOUNT,
    "follower_discount": NOT_A_DISCOUNT,
    "initial": ["s9", 3, -1, True, 0.5, [0.5, 0.5], [0.5, 0.6, 0.1], [2, -1, 0], [np.nan, 1, 0], {}, {"s9": 1}, Rude(), ["1", 0, 0]],
    "state_names": [*NOT_NAMES, ["u", "u", "v"], ["u", "", "v"], ["u", "v\x1b", "w"], ["u", "v"]],
    "leader_actions": [*NOT_NAMES, ["a", "a"], ["a", "\n"], [["a"]], [["a", "b", "c"]] * 3, [[]] * 3],
    "follower_actions": [*NOT_NAMES, ["a", "a"]],
    "leader_available": ["yes", 7, [[1, 1]], np.full((3, 2), 2), np.zeros((3, 2)), [[1], [1, 1], [1]], Rude()],
    "follower_available": ["yes", np.ones((2, 2))],
    "normalise": NOT_A_FLAG,
    "name": [None, 7, b"x", ["x"], Rude()],
    "source": [7, b"x", ["x"]],
    "known": [7, "x", ["x"]],
}  # fmt: skip


def from_arrays(**arguments: Any) -> Game:
    usual: dict[str, Any] = {
        "transition": np.full((3, 2, 2, 3), 1 / 3),
        "leader_reward": np.zeros((3, 2, 2)),
        "follower_reward": np.zeros((3, 2, 2)),
        "leader_discount": 0.5,
        "follower_discount": 0.5,
    }
    return Game.from_arrays(**{**usual, **arguments})


def built(**arguments: Any) -> Game:
    """A builder with one state and one transition, one argument of any of its functions changed."""
    make = {"name": "b", "leader_discount": 0.5, "follower_discount": 0.5, "source": None, "known": None}
    state: dict[str, Any] = {"leader_actions": ["a"], "follower_actions": ["b"], "initial": 1.0}
    move: dict[str, Any] = {"leader_reward": 0.0, "follower_reward": 0.0, "next": "s"}
    place = {"state": "s", "leader_action": "a", "follower_action": "b"}
    for part in (make, state, move, place):
        part.update({key: value for key, value in arguments.items() if key in part})
    builder = GameBuilder(**make)  # type: ignore[arg-type]
    builder.add_state(arguments.get("state_name", "s"), **state)
    builder.add_transition(*place.values(), **move)
    return builder.build(normalise=arguments.get("normalise", False))


NOT_A_REWARD = ["1", None, True, np.nan, -np.inf, [1.0], 1j, 10**400, Rude()]
BUILT = {
    "name": [None, 7, ["x"]],
    "leader_discount": NOT_A_DISCOUNT,
    "state_name": [None, ["s"], {"s"}, b"s", "", "s\n", Rude()],
    "leader_actions": [*NOT_NAMES, []],
    "follower_actions": [*NOT_NAMES, []],
    "initial": ["1", True, -1, np.nan, 0.5, [1.0], Rude()],
    "state": [None, "t", ["s"], 7],
    "leader_action": [None, "z", ["a"], 7],
    "follower_action": [None, "z", {"b": 1}],
    "leader_reward": NOT_A_REWARD,
    "follower_reward": NOT_A_REWARD,
    "next": [None, [], ["s"], "t", {}, {"s": "1"}, {"s": None}, {"s": 0.5}, {"s": -1}, {"t": 1}, {None: 1.0}, Rude()],
    "normalise": ["yes", 1],
    "source": [7, ["x"]],
    "known": [7, "x"],
}  # fmt: skip


def graph(**edge: Any) -> networkx.DiGraph:
    made = networkx.DiGraph()
    made.add_node("u", **{key: edge.pop(key) for key in ("follower_actions", "initial") if key in edge})
    made.add_edge("u", "u", **{"leader_reward": 1.0, "follower_reward": 1.0, **edge})
    return made


def from_graph(**arguments: Any) -> Game:
    usual = {"leader_discount": 0.5, "follower_discount": 0.5, "follower_actions": ["b"]}
    given = {key: value for key, value in arguments.items() if key in {*usual, "graph", "name"}}
    edge = {key: value for key, value in arguments.items() if key not in given}
    return ssg_mip.game_from_graph(**{"graph": graph(**edge), **usual, **given})  # type: ignore[arg-type]


def table(**arguments: Any) -> Game:
    usual: dict[str, Any] = {
        "table": {0: {("a", "b"): [(1.0, 0, (0.0, 0.0))]}},
        "leader_discount": 0.5,
        "follower_discount": 0.5,
    }
    return ssg_mip.game_from_table(**{**usual, **arguments})


def simulated(kind: str, step: tuple[Any, Any] | None = None, reset: Any = None, **arguments: Any) -> Any:
    usual: dict[str, Any] = {"game": GAME, "rng": np.random.default_rng(0)}
    if kind == "batch":
        return simulation.BatchSimulator(**{**usual, "batch": 2, **arguments}).step(*(step or ([0, 0], [0, 0])))
    made = simulation.Simulator(**{**usual, **arguments})
    made.reset(reset)
    return made.step(*(step or (0, 0)))


NOT_JOINT = [
    ("0", 0),
    (None, 0),
    (0, 2),
    (-1, 0),
    (0.0, 0),
    (True, 0),
    ([0], 0),
    (np.array([0]), 0),
    (10**30, 0),
    (0, Rude()),
]
NOT_JOINTS = [
    (0, 0),
    ([0], [0]),
    ([0, 2], [0, 0]),
    ([0, -1], [0, 0]),
    ([0.0, 0.0], [0, 0]),
    ("00", [0, 0]),
    (None, None),
]


def env(kind: str, action: Any = 0, seed: Any = None, **arguments: Any) -> Any:
    usual: dict[str, Any] = {"game": GAME}
    if kind == "leader_env":
        usual["follower"] = FollowerPolicy(np.zeros(3, dtype=np.int64))
    if kind == "follower_env":
        usual["leader"] = POLICY
    made = getattr(environments, kind)(**{**usual, **arguments})
    made.reset(seed=seed)
    if kind == "parallel_env":
        return made.step({"leader": 0, "follower": 0} if action == 0 else action)
    return made.step(action)


ENV = {
    "game": NOT_A_GAME,
    "horizon": [*NOT_AN_OPTIONAL_COUNT, None],
    "restart": ["never", None, 1],
    "encoding": ["dense", None, ["discrete"]],
    "unavailable": ["ignore", None],
    "speed": [1],
    "seed": ["1", -1, 1.5, True],
}
NOT_AN_ACTION = ["0", None, 2, -1, 0.5, True, [0, 1], 10**30, Rude()]

# function, arguments that are always there, {argument: wrong values}
CALLS: list[tuple[str, Callable[..., Any], dict[str, Any], dict[str, list[Any]]]] = [
    ("solve", ssg_mip.solve, {"game": GAME, "time_limit": 5.0}, {
        **SOLVE, "scalarisation": NOT_A_SCALARISATION, "deadline": NOT_A_DEADLINE,
    }),
    ("trace_front", ssg_mip.trace_front, {"game": GAME, "time_limit": 5.0}, {
        **{key: SOLVE[key] for key in SOLVE if key not in {"iteration_limit", "levels", "start", "weights"}},
        "deadline": NOT_A_DEADLINE,
        "weights": ["s0", [], [None], [[1.0]], ["s0"], 7, [[1, 1, -1]], generated()],
        "num_weights": NOT_A_COUNT, "starts": NOT_A_COUNT, "states": ["s0", ["s9"], [], [7], [None], [["s0"]], 7],
    }),
    ("enclose_front", ssg_mip.enclose_front, {"game": GAME, "time_limit": 5.0}, {
        **{key: REQUEST[key] for key in REQUEST if key != "gap"}, "margin": SOLVE["margin"], "check": NOT_A_FLAG,
        "deadline": NOT_A_DEADLINE, "tolerances": SOLVE["tolerances"], "on_progress": NOT_A_CALLBACK, "program_limit": NOT_AN_OPTIONAL_COUNT,
        "resolution": [*NOT_A_LIMIT, 0.0, np.inf],
        "objectives": ["s0", [], 7, ["s9"], [7], ["s0", "s0"], [{"s0": -1}], [[]], [["s9"]], [[7]], generated(),
                       [ssg_mip.leader_objective(OTHER, "s3")]],
    }),
    ("existence", ssg_mip.existence, {"game": GAME, "time_limit": 5.0}, {
        **REQUEST, "margin": SOLVE["margin"], "check": NOT_A_FLAG, "deadline": NOT_A_DEADLINE, "tolerances": SOLVE["tolerances"],
    }),
    ("attainment", ssg_mip.attainment, {"game": GAME, "policy": POLICY, "time_limit": 5.0}, {
        "game": NOT_A_GAME, "policy": [*NOT_A_POLICY, LeaderPolicy.uniform(OTHER)], "ties": NOT_TIES,
        "gap": SOLVE["gap"], "time_limit": NOT_A_LIMIT, "tolerances": SOLVE["tolerances"],
    }),
    ("necessary_condition", ssg_mip.necessary_condition, {"game": GAME, "policy": POLICY, "time_limit": 5.0}, {
        **REQUEST, "policy": [*NOT_A_POLICY, LeaderPolicy.uniform(OTHER)],
    }),
    ("solve_chebyshev", ssg_mip.solve_chebyshev, {"game": GAME, "time_limit": 5.0}, {
        **{key: REQUEST[key] for key in REQUEST if key != "node_limit"}, "weights": [*NOT_WEIGHTS, [1, 1, 0]],
        "reference": ["x", 1.0, [1.0], [np.nan] * 3, {"s0": 1}, ["1"] * 3], "augmentation": [*NOT_A_NUMBER, 0.0, -1.0, np.inf],
    }),
    ("AugmentedChebyshev", AugmentedChebyshev, {"weights": [1.0], "reference": [0.0]}, {
        "weights": ["x", None, [0.0], [np.nan], [[1.0]], [True]], "reference": ["x", None, [np.inf], [0.0, 0.0]],
        "augmentation": [*NOT_A_NUMBER, 0.0, -1.0],
    }),
    ("ConcavePieces", ConcavePieces, {"weights": [[1.0, 2.0]]}, {
        "weights": ["x", None, [1.0, 2.0], [[0.0, 1.0]], [[-1.0, 1.0]], [[np.nan, 1.0]], [[True, True]], [[]], [["1", "2"]], generated()],
        "constants": ["x", 1.0, [1.0, 2.0], [np.inf], ["1"], [[1.0]]],
    }),
    ("WeightedSum", WeightedSum, {}, {"weights": ["x", None, [0.0, 1.0], [-1.0, 2.0], [[1.0]], [np.inf], [True], [], ["1"]]}),
    ("scalarised by pieces", ConcavePieces(np.ones((1, 2))), {}, {"values": [[1.0], None, "x", [1.0, 2.0, 3.0], ["1", "2"]]}),
    ("scalarised", AugmentedChebyshev(np.ones(2), np.zeros(2)), {}, {"values": [[1.0], None, "x", [1.0, 2.0, 3.0], ["1", "2"]]}),
    ("best_response", ssg_mip.best_response, {"game": GAME, "policy": POLICY}, {
        "game": NOT_A_GAME, "policy": [*NOT_A_POLICY, LeaderPolicy.uniform(OTHER)], "ties": NOT_TIES, "tolerances": [1e-9, None],
    }),
    ("export", ssg_mip.export, {"game": GAME, "path": "x.lp"}, {
        "game": NOT_A_GAME, "path": [*NOT_A_PATH, "x.sav", "/nowhere/x.lp"], "program": ["profit", None, 7, ["commitment"]],
        "form": ["cubic", None, 7], "policy": [*(one for one in NOT_A_POLICY if one is not None), LeaderPolicy.uniform(OTHER)],
        "weights": NOT_WEIGHTS, "margin": SOLVE["margin"], "scalarisation": NOT_A_SCALARISATION,
        "time_limit": SOLVE["time_limit"], "deadline": NOT_A_DEADLINE,
    }),
    ("observed_actions", ssg_mip.observed_actions, {"game": GAME}, {"game": NOT_A_GAME, "most_functions": [*NOT_A_COUNT, 1]}),
    ("reachable_states", ssg_mip.reachable_states, {"game": GAME}, {"game": NOT_A_GAME, "from_": ["s9", 7, ["s9"], [None], {"s0": 1}]}),
    ("state_graph", ssg_mip.state_graph, {}, {"game": NOT_A_GAME}),
    ("strongly_connected_components", ssg_mip.strongly_connected_components, {}, {"game": NOT_A_GAME}),
    ("leader_objective", ssg_mip.leader_objective, {"game": GAME}, {
        "game": NOT_A_GAME, "start": ["s9", 7, [], ["s9"], [None], {"s0": -1}, {"s9": 1}, {}, True, {"s0"}],
    }),
    ("follower_objective", ssg_mip.follower_objective, {"game": GAME}, {"game": NOT_A_GAME, "start": ["s9", 7, [["s0"]]]}),
    ("verify", ssg_mip.verify, {"game": GAME, "result": {"format": "ssg-mip-result/1"}}, {
        "game": NOT_A_GAME, "result": ["run.json", Path("run.json"), None, 7, [], {}, {"format": "x"}, {"format": 7}, GAME, ssg_mip.Result],
        "tolerances": [1e-9, None], "bounds": ["x", 7, [7], None, "proof.jsonl"],
    }),
    ("verify_bound", ssg_mip.verify_bound, {"game": GAME}, {"certificate": ["missing.jsonl", Path("missing"), 7, None, [], [7], [{}], {}, b"x"]}),
    ("verify_bounds", ssg_mip.verify_bounds, {"game": GAME, "certificates": [{}]}, {
        "game": NOT_A_GAME, "certificates": ["missing.jsonl", 7, None, [7], {}], "most": ["1", 0, 1.5, True],
    }),
    ("read_instance", ssg_mip.read_instance, {}, {"path": [*NOT_A_PATH, "missing.json", ".", "game.xlsx", GAME]}),
    ("write_instance", ssg_mip.write_instance, {"game": GAME, "path": "x.json"}, {
        "game": NOT_A_GAME, "path": [*NOT_A_PATH, "game.xlsx", "/nowhere/x.json"],
    }),
    ("read_nfg", ssg_mip.read_nfg, {"path": "missing.nfg"}, {"path": [*NOT_A_PATH, "missing.nfg", "."], "leader": [0, 3, "1", None]}),
    ("write_nfg", ssg_mip.write_nfg, {"game": GAME, "path": "x.nfg"}, {"game": NOT_A_GAME}),
    ("read_prism", ssg_mip.read_prism, {"model": "missing", "leader_discount": 0.5, "follower_discount": 0.5}, {
        "model": [*NOT_A_PATH, "missing"], "leader": [0, 3, "1", None], "mover": ["nobody", None, 1],
        "follower_reward": ["none", None, 7],
    }),
    ("read_dpomdp", ssg_mip.read_dpomdp, {"path": "missing.dpomdp"}, {
        "path": [*NOT_A_PATH, "missing.dpomdp", "."], "leader": [0, 3, "1", None], "follower_reward": ["none", None, 7],
    }),
    ("from_arrays", from_arrays, {}, FROM_ARRAYS),
    ("GameBuilder", built, {}, BUILT),
    ("game_from_graph", from_graph, {}, {
        "graph": ["x", None, 7, networkx.MultiDiGraph(), networkx.DiGraph(), {}], "leader_discount": NOT_A_DISCOUNT,
        "follower_actions": ["ab", 7, [None], []], "leader_reward": NOT_A_REWARD, "next": [7, {"b": 7}, {"b": {"u": "1"}}, {"b": {}}],
        "name": [7, ["x"]], "initial": ["1", -1, 0.5],
    }),
    ("game_from_table", table, {}, {
        "table": [None, [], {}, "P", {0: {}}, {0: 7}, {0: {"ab": []}}, {0: {("a", "b"): 7}}, {0: {("a", "b"): [7]}}, Rude()],
        "leader_discount": NOT_A_DISCOUNT, "players": ["one", None, 1], "initial": [7, "x", {7: 1.0}, [0], None if False else {}],
        "end": [None, ["end"]], "normalise": ["yes", 1],
    }),
    ("replace", GAME.replace, {}, {
        "initial": ["s9", 7, [1.0]], "leader_discount": [1.0, "x"], "leader_rewards": ["x", [1.0], None], "speed": [1],
        "state_names": ["abc", 7, ["u", "u", "v"]], "leader_actions": ["ab", 7, [7, 7, 7], ["ab", "ab", "ab"]],
        "successors": [[0.5] * 24, ["x"], [np.inf] * 24, [1e300] * 24], "indptr": [[np.nan] * 13, None], "name": [7],
    }),
    ("row", GAME.row, {"state": 0, "leader_action": 0, "follower_action": 0}, {
        "state": [3, -1, "s0", None, 0.0, True], "leader_action": [2, -1, "a0"], "follower_action": [2, None, 0.0],
    }),
    ("next_states", GAME.next_states, {}, {"row": [12, -1, "0", None, 1.0, [0]]}),
    ("state_index", GAME.state_index, {}, {"name": ["s9", 0, None, ["s0"], {}]}),
    ("same_as", GAME.same_as, {}, {"other": [None, "x", 7, POLICY]}),
    ("LeaderPolicy", LeaderPolicy, {}, {
        "probabilities": ["x", None, 7, [0.5, 0.5], [[0.5], [0.5, 0.5]], [[0.5, 0.6]], [[-1, 2]], [[np.nan, 1]], [["0.5", "0.5"]],
                          [[True, False]], [[1j, 1]], {}, {"s0": {"a0": 1}}, generated(), Rude(), [[]]],
    }),
    ("uniform", LeaderPolicy.uniform, {}, {"game": NOT_A_GAME}),
    ("random", LeaderPolicy.random, {"game": GAME, "rng": RNG}, {"game": NOT_A_GAME, "rng": [None, 0, "x", np.random, np.random.RandomState(0)]}),
    ("deterministic", LeaderPolicy.deterministic, {"game": GAME}, {
        "game": NOT_A_GAME, "actions": ["a0", None, 0, [0], [0, 0, 2], [0, 0, -1], [0, 0, 0.5], ["0", "0", "0"], [True] * 3, [np.nan] * 3,
                                        [10**30] * 3, {}, [0, [0], 0]],
    }),
    ("from_slots", LeaderPolicy.from_slots, {"game": GAME}, {
        "game": NOT_A_GAME, "weights": ["x", None, [1.0], [np.nan] * 6, [np.inf] * 6, ["1"] * 6, np.ones((3, 2)), generated()],
    }),
    ("from_names", LeaderPolicy.from_names, {"game": GAME}, {
        "game": NOT_A_GAME, "table": ["x", None, [], {}, {"s0": {"a0": 1}}, {7: {}, None: {}}] + [
            {"s0": {"a0": 1}, "s1": {"a0": 1}, "s2": row} for row in (None, 1, "a0", ["a0"], {}, {"a9": 1}, {"a0": "1"}, {"a0": None},
                                                                   {"a0": True}, {"a0": 0.5}, {"a0": -1, "a1": 2}, {"a0": np.nan})],
    }),
    ("leader slots", POLICY.slots, {}, {"game": [*NOT_A_GAME, OTHER]}),
    ("leader to_names", POLICY.to_names, {}, {"game": [*NOT_A_GAME, OTHER]}),
    ("FollowerPolicy", FollowerPolicy, {}, {"actions": ["x", None, [0.5], ["0"], [True], [np.nan], [10**30], [[0], [0, 1]], {}, [np.inf], Rude()]}),
    ("follower slots", FollowerPolicy(np.zeros(3, dtype=np.int64)).slots, {}, {"game": [*NOT_A_GAME, OTHER]}),
    ("follower to_names", FollowerPolicy(np.array([0, 0, 5])).to_names, {}, {"game": [*NOT_A_GAME, GAME]}),
    ("Tolerances", Tolerances, {}, {"tie": [*NOT_A_NUMBER, 0.0, -1.0, 1.0], "support": [None, "x", -1.0]}),
    ("Simulator", functools.partial(simulated, "one"), {}, {
        "game": NOT_A_GAME, "rng": [None, 0, "x"], "horizon": NOT_AN_OPTIONAL_COUNT, "restart": [*NOT_A_NUMBER, -0.1, 1.1],
        "step": NOT_JOINT, "reset": [3, -1, "s0", 0.0, True],
    }),
    ("BatchSimulator", functools.partial(simulated, "batch"), {}, {
        "game": NOT_A_GAME, "rng": [None, 0], "batch": NOT_A_COUNT, "horizon": [0, "1"], "restart": [2, "x"],
        "step": NOT_JOINTS,
    }),
    ("leader_env", functools.partial(env, "leader_env"), {}, {**ENV, "follower": ["x", None, 7, FollowerPolicy(np.zeros(4, int))],
                                                              "action": NOT_AN_ACTION}),
    ("follower_env", functools.partial(env, "follower_env"), {}, {**ENV, "leader": [*NOT_A_POLICY, LeaderPolicy.uniform(OTHER)],
                                                                  "observation": ["all", None], "action": NOT_AN_ACTION}),
    ("parallel_env", functools.partial(env, "parallel_env"), {}, {**ENV, "action": [{}, {"leader": 0}, None, {"leader": "0", "follower": 0}]}),
    ("aec_env", functools.partial(env, "aec_env"), {}, {**ENV, "action": NOT_AN_ACTION[:1] + NOT_AN_ACTION[2:]}),
    ("random_game", library.random_game, {}, {
        "seed": NOT_A_SEED, "states": [*NOT_A_COUNT, 10**17], "leader_actions": NOT_A_COUNT, "follower_actions": NOT_A_COUNT,
        "successors": [*NOT_A_COUNT, 4], "leader_discount": NOT_A_DISCOUNT,
    }),
    ("kudo_akimoto_figure_1", library.kudo_akimoto_figure_1, {}, {"x": [*NOT_A_NUMBER, 0, -1, np.inf], "y": NOT_A_NUMBER, "leader_discount": NOT_A_DISCOUNT}),
    ("matrix_game", library.matrix_game, {}, {"name": ["poker", None, 7, ["maintain"]]}),
    ("bimatrix_game", library.bimatrix_game, {"leader": [[1.0]], "follower": [[1.0]]}, {
        "leader": ["x", None, 7, [1.0], [[1.0, 2.0]], [["1"]], [[np.nan]], [[True]], [[]], Rude()], "follower": [[[np.inf]], {}],
        "rows": ["ab", 7, [None], [], ["u", "v"]], "columns": ["ab", [b"c"]], "name": [7, None],
    }),
    ("correlated_payoffs", library.correlated_payoffs, {"size": 2, "covariance": 0.5, "rng": RNG}, {
        "size": NOT_A_COUNT, "covariance": [*NOT_A_NUMBER, 1.1, -1.1], "rng": [None, 0],
    }),
    ("iterated_game", library.iterated_game, {"leader": np.eye(2), "follower": np.eye(2)}, {
        "leader": ["x", None, [[1.0]], np.eye(3), [["1", "1"], ["1", "1"]], np.full((2, 2), np.nan)], "discount": NOT_A_DISCOUNT,
        "actions": ["CC", "C", 7, None, ["CO", "D"], [1, 2], ["C", None]], "name": [7],
    }),
    ("iterated_prisoners_dilemma", library.iterated_prisoners_dilemma, {}, {"discount": NOT_A_DISCOUNT}),
    ("policy_teaching", library.policy_teaching, {}, {"price": [*NOT_A_NUMBER, np.inf], "leader_discount": NOT_A_DISCOUNT}),
    ("actor_critic_trap", library.actor_critic_trap, {}, {"discount": NOT_A_DISCOUNT}),
    ("highway_merge", library.highway_merge, {}, {
        "cells": [*NOT_A_COUNT, 3], "speeds": [*NOT_A_COUNT, 1], "discount": NOT_A_DISCOUNT, "fast_share": [*NOT_A_NUMBER, 1.1], "all_actions": NOT_A_FLAG,
    }),
    ("security_grid", library.security_grid, {"size": 3, "targets": 2, "defenders": 1, "horizon": 3}, {
        "size": [*NOT_A_COUNT, 1], "targets": [*NOT_A_COUNT, 9], "defenders": ["1", -1, 3, True], "horizon": NOT_A_COUNT, "zero_sum": NOT_A_FLAG,
        "observation": ["all", None, 7], "wind": [*NOT_A_NUMBER, 1.1], "penalty": [*NOT_A_NUMBER, -1, np.inf], "discount": NOT_A_DISCOUNT, "seed": NOT_A_SEED,
    }),
    ("garnet", library.garnet, {}, {
        "states": [*NOT_A_COUNT, 10**17], "seed": NOT_A_SEED, "actions": NOT_A_COUNT, "successors": NOT_A_COUNT,
        "leader_discount": NOT_A_DISCOUNT,
    }),
    ("pursuit", library.pursuit, {"size": 2}, {"size": [*NOT_A_COUNT, 1, 21], "seed": NOT_A_SEED, "leader_discount": NOT_A_DISCOUNT}),
    ("robots", library.robots, {"size": 2}, {"size": [*NOT_A_COUNT, 1, 21], "failure": [*NOT_A_NUMBER, -0.1, 1.1], "leader_discount": NOT_A_DISCOUNT}),
    ("queue", library.queue, {"length": 2}, {"length": [*NOT_A_COUNT, 1000], "leader_discount": NOT_A_DISCOUNT}),
    ("supply", library.supply, {"stock": 2}, {"stock": [*NOT_A_COUNT, 1000], "leader_discount": NOT_A_DISCOUNT}),
    ("funnel", library.funnel, {}, {
        "stages": [*NOT_A_COUNT, 10**6], "segments": NOT_A_COUNT, "levels": NOT_A_COUNT, "seed": NOT_A_SEED, "leader_discount": NOT_A_DISCOUNT,
    }),
    ("two_goals", library.two_goals, {}, {"size": [*NOT_A_COUNT, 1, 7], "discount": [*NOT_A_DISCOUNT, 0.0]}),
    ("find_experiment", experiments.find_experiment, {}, {"name": ["table-9", None, 7, ["table-1"]]}),
    ("reproduce", experiments.reproduce, {"name": "table-1", "out": "out", "time_limit": 1.0}, {
        "name": ["table-9", None, 7, ["table-1"]], "out": [None, 7, "", Rude()], "seed": NOT_A_SEED, "full": NOT_A_FLAG, "time_limit": NOT_A_LIMIT,
        "settings": NOT_SETTINGS, "on_progress": NOT_A_CALLBACK, "interrupt": NOT_AN_INTERRUPT,
    }),
]  # fmt: skip
MISUSES = [
    pytest.param(function, {**usual, argument: wrong}, argument, id=f"{label}-{argument}-{number}")
    for label, function, usual, arguments in CALLS
    for argument, values in arguments.items()
    for number, wrong in enumerate(values)
]
RULE = (
    r"must|needs?|give|there (is|are) no|not available|does not|do not|unknown|cannot|belongs|has no|have only|names must|"
    r"has only|the options are|make it smaller|asked for twice|at most|a result says|names the|empty|holds .* twice|is not|as many|are given"
)


def called(function: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    """The call, the sole argument of a function by position: its name is nobody's business."""
    return function(*arguments.values()) if len(arguments) == 1 and "game" not in arguments else function(**arguments)


@pytest.mark.parametrize(("function", "arguments", "argument"), MISUSES)
def test_a_mistake_is_named(
    function: Callable[..., Any],
    arguments: dict[str, Any],
    argument: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An error of the package, in few lines, that says what must be; no file is left."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SsgError) as caught:
        function(**arguments) if argument not in POSITIONAL else called(function, arguments)
    message = str(caught.value)
    assert 10 < len(message) < 2000, message
    assert re.search(RULE, message), message
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


POSITIONAL = {"values"}
OF_PROBLEMS = {
    *("Problem", "bayesian", "finite_horizon", "with_menu", "with_payments", "read_problem", "prices"),
    *("Lexicographic", "PriceOnChange", "WithFollower", "WorstStart", "WorstType"),
    *("commitment_model", "improvement_model", "solve_model", "solve_with", "evaluate_policy", "import_solution"),
}
"""What ``test_misuse_of_problems`` goes through."""


def test_there_are_enough_of_them() -> None:
    """Over the whole public API: every function and class is there that takes arguments."""
    assert len(MISUSES) > 1000
    known = {label for label, *_ in CALLS} | OF_PROBLEMS
    classes = {
        "Attainment",
        "ChebyshevPoint",
        "Enclosure",
        "Existence",
        "NecessaryCondition",
        "ParetoFront",
        "Result",
        "Verification",
    }
    assert set(ssg_mip.__all__) - known - classes == {"Game"}
    assert set(library.__all__) - known == {"MATRIX_GAMES", "MatrixGame"}
    assert set(environments.__all__) - known == {"FollowerLike"}
    assert set(experiments.__all__) - known == {"EXPERIMENTS", "Notebook", "Report"}


# -------------------------------------------------------------------- unusual, and right


@pytest.mark.parametrize(
    "unusual",
    [
        {"weights": np.float32([1, 2, 1])},
        {"weights": (1, 2, 1)},
        {"weights": {"s0": np.int64(1), "s1": 2, "s2": 1.0}},
        {"weights": {"s0": 0.25, "s1": 0.5, "s2": 0.25}, "gap": np.float64(1e-4), "seed": np.int64(0)},
        {"weights": [1, 2, 1], "time_limit": 30, "node_limit": np.int32(10**6), "check": np.bool_(True)},
        {"weights": [1, 2, 1], "time_limit": np.inf, "settings": {}, "margin": 0},
    ],
)
def test_numbers_of_numpy_and_integers_are_numbers(unusual: dict[str, Any]) -> None:
    """The same answer as for plain Python numbers."""
    usual = ssg_mip.solve(GAME, "commitment", [0.25, 0.5, 0.25], time_limit=30)
    assert ssg_mip.solve(GAME, "commitment", **unusual).leader_value == usual.leader_value


def test_discounts_and_limits_at_their_ends_are_accepted() -> None:
    """0 for a discount, 0 seconds, and generators where any sequence of names will do."""
    game = from_arrays(
        leader_discount=0, follower_discount=np.float32(0), state_names=(f"s{index}" for index in range(3))
    )
    assert game.state_names == ("s0", "s1", "s2")
    assert ssg_mip.solve(game, time_limit=0).leader_policy is not None
    assert list(itertools.chain(ssg_mip.reachable_states(game, iter(["s0"])))) == ["s0", "s1", "s2"]
