"""Rows that contradict each other: found, minimal, proven, and no proof is taken for one that is none."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

from ssg_mip import LeaderPolicy, Problem, solve, verify, verify_bounds
from ssg_mip.api.exit_codes import ExitCode, exit_code
from ssg_mip.base.status import Status, Termination
from ssg_mip.checker.verification import Verification
from ssg_mip.exact.conflict import find_conflict
from ssg_mip.game.game import Game
from ssg_mip.methods.registry import METHODS
from tests.oracles.games import random_game
from tests.unit.problem.stories import port

GAME = port()
FREE = Problem(GAME)
PATROLS = {("yard", "patrol"): 1.0, ("gate", "patrol"): 1.0}

CONFLICTS: dict[str, tuple[Problem, list[set[str]]]] = {
    "one state": (
        FREE.forbid(1, 1, name="c").at_least(0, 0, 0.7, name="a").at_least(0, 1, 0.6, name="b"),
        [{"a", "b"}],
    ),
    "budget": (
        FREE.budget(PATROLS, 0.8, name="a").forbid(1, 1, name="b").at_least(0, 0, 0.5, name="c"),
        [{"a", "b"}],
    ),
    "tied": (
        FREE.same_policy([0, 1], name="a").at_least(0, 0, 0.7, name="b").at_least(1, 1, 0.7, name="c"),
        [{"a", "b", "c"}],
    ),
    "ball": (FREE.close_to(LeaderPolicy.uniform(GAME), 0.1, name="a").forbid(0, 0, name="b"), [{"a", "b"}]),
    "alone": (FREE.require(PATROLS, "==", 2.5, name="a").forbid(0, 0, name="b"), [{"a"}]),
    "labels": (
        FREE.observe({"yard": "x", "gate": "x"}).at_least(0, 0, 0.7, name="a").forbid(1, 0, name="b"),
        [{"a", "b", "labels"}],
    ),
    "two ways": (
        FREE.at_least(0, 0, 0.7, name="a").at_least(0, 1, 0.6, name="b").forbid(0, 0, name="c"),
        [{"a", "b"}, {"a", "c"}],
    ),
}


@pytest.mark.parametrize("name", CONFLICTS)
def test_the_smallest_sets_are_found_with_a_proof_and_a_policy_for_each_that_is_left_out(name: str) -> None:
    problem, due = CONFLICTS[name]
    found = find_conflict(problem)
    assert found is not None
    assert set(found.constraints) in due
    assert found.minimal
    assert found.excess(GAME) > 0
    for left_out, policy in found.without.items():
        rest = problem.without(*(one.name for one in problem.stated if one.name not in found.constraints), left_out)
        assert rest.policies.holds(GAME, policy)


@pytest.mark.parametrize("name", CONFLICTS)
def test_results_say_it_with_every_method_and_certificate(name: str, tmp_path: Any) -> None:
    problem, _ = CONFLICTS[name]
    methods = [one for one in METHODS if METHODS[one].misses(problem) is None]
    assert "commitment" in methods
    for method in methods:
        result = solve(problem, method=method)
        assert (result.status, result.termination) == (Status.INFEASIBLE, Termination.INFEASIBLE)
        assert exit_code(result) is ExitCode.INFEASIBLE == 7
        assert result.conflict is not None
        found = verify(problem, json.loads(json.dumps(result.to_dict())))
        assert (found.word, found.failed, found.claimed) == ("verified", (), ())
    certified = solve(problem, method="commitment", certificate=tmp_path / "certificate")
    bounds = verify_bounds(GAME, tmp_path / "certificate")
    assert all(one.passed and one.claimed is None for one in bounds)
    assert verify(problem, certified, bounds=bounds).word == "verified"


def feasible(game: Game, problem: Problem) -> bool:
    """By scipy's linear programs."""
    count = int(game.leader_offsets[-1])
    simplex = np.zeros((game.num_states, count))
    simplex[game.leader_slot_state, np.arange(count)] = 1.0
    sides = [side for row in problem.policies.rows for side in row.sides]
    above = [(side.coefficients, side.limit) for side in sides]
    above += [(-side.coefficients, -side.limit) for side in sides if side.equation]
    found = linprog(
        np.zeros(count),
        A_ub=np.array([one for one, _ in above]) if above else None,
        b_ub=np.array([limit for _, limit in above]) if above else None,
        A_eq=simplex,
        b_eq=np.ones(game.num_states),
        bounds=(0.0, 1.0),
    )
    return bool(found.status == 0)


def drawn(seed: int) -> Problem:
    """A few random rows on three states."""
    rng = np.random.default_rng(seed)
    game = random_game(
        rng, leader_counts=[2, 3, 2], follower_counts=[1, 2, 1], leader_discount=0.5, follower_discount=0.5
    ).to_game()
    pairs = [(s, a) for s in range(3) for a in range(int(game.leader_counts[s]))]
    problem = Problem(game)
    for number in range(int(rng.integers(2, 8))):
        chosen = rng.choice(len(pairs), size=int(rng.integers(1, 4)), replace=False)
        terms = {pairs[place]: float(rng.uniform(-1.0, 1.0)) for place in chosen}
        sense = str(rng.choice(["<=", ">=", "=="], p=[0.45, 0.45, 0.1]))
        problem = problem.require(terms, sense, float(rng.uniform(-0.4, 0.8)), name=f"r{number}")  # type: ignore[arg-type]
    return problem


@pytest.mark.parametrize("seed", range(30))
def test_random_rows_contradict_each_other_exactly_where_a_linear_program_says_so(seed: int) -> None:
    problem = drawn(seed)
    game = problem.game
    found = find_conflict(problem)
    assert (found is None) == feasible(game, problem)
    if found is None:
        return
    assert found.minimal
    others = [one.name for one in problem.stated if one.name not in found.constraints]
    core = problem.without(*others)
    assert not feasible(game, core)
    assert all(feasible(game, core.without(name)) for name in found.constraints)


def test_both_outcomes_occur_among_the_random_rows() -> None:
    found = [find_conflict(drawn(seed)) for seed in range(30)]
    sizes = {0 if one is None else len(one.constraints) for one in found}
    assert sizes >= {0, 1, 2}


def test_rows_that_touch_are_no_conflict() -> None:
    """Within the tolerance of rows, and not beyond."""
    assert find_conflict(FREE.at_least(0, 0, 0.5).at_least(0, 1, 0.5)) is None
    assert find_conflict(FREE.at_least(0, 0, 0.5 + 1e-9).at_least(0, 1, 0.5)) is None
    assert find_conflict(FREE.at_least(0, 0, 0.5 + 1e-6).at_least(0, 1, 0.5)) is not None
    assert find_conflict(FREE.require({(0, 0): 0.1, (1, 0): 0.2}, ">=", 0.3)) is None
    assert find_conflict(FREE) is None
    assert find_conflict(FREE.deterministic().value_at_least(0, 1e9)) is None


# -------------------------------------------------------------------- forged proofs


def forged(change: Callable[[dict[str, Any]], Any], name: str = "tied") -> Verification:
    problem, _ = CONFLICTS[name]
    document = json.loads(json.dumps(solve(problem, method="commitment").to_dict()))
    change(document)
    return verify(problem, document)


def first_line(document: dict[str, Any]) -> dict[str, Any]:
    line: dict[str, Any] = document["conflict"]["lines"][0]
    return line


FORGERIES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "a line less": lambda document: document["conflict"]["lines"].pop(),
    "no lines": lambda document: document["conflict"].update(lines=[]),
    "a sharper limit": lambda document: first_line(document).update(at_most=first_line(document)["at_most"] - 1e-6),
    "a larger coefficient": lambda document: first_line(document)["terms"][0].update(coefficient=2.0),
    "a negative multiplier": lambda document: first_line(document).update(multiplier=-1.0),
    "another multiplier": lambda document: first_line(document).update(multiplier=0.0),
    "a line of another constraint": lambda document: first_line(document).update(constraint="b"),
    "a constraint less": lambda document: document["conflict"]["constraints"].pop(),
    "an unknown constraint": lambda document: document["conflict"]["constraints"].append("z"),
    "a constraint twice": lambda document: document["conflict"]["constraints"].append("a"),
    "a policy less": lambda document: document["conflict"]["without"].pop("a"),
    "a policy that breaks another": lambda document: document["conflict"]["without"]["a"].update(
        yard={"patrol": 0.0, "rest": 1.0}
    ),
    "a policy that is none": lambda document: document["conflict"]["without"]["a"].update(
        yard={"patrol": 0.9, "rest": 0.9}
    ),
    "another sentence": lambda document: document["conflict"].update(statement="no policy at all"),
    "another excess": lambda document: document["conflict"].update(excess=1.0),
    "a feasible status": lambda document: document.update(status="no_solution", status_message="no policy was found"),
    "an unknown key": lambda document: document["conflict"].update(note="x"),
    "no mapping": lambda document: document.update(conflict=[]),
    "an unknown action": lambda document: first_line(document)["terms"][0].update(leader_action="sail"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_forged_proofs_are_refused(name: str) -> None:
    assert forged(lambda _: None).word == "verified"
    assert not forged(FORGERIES[name]).passed


def test_without_its_proof_infeasibility_is_only_claimed() -> None:
    found = forged(lambda document: document.pop("conflict"))
    assert found.passed
    assert found.word == "claimed"
    assert {"status infeasible", "termination infeasible"} <= set(found.claimed)


def test_a_conflict_beside_a_policy_is_refused() -> None:
    problem, _ = CONFLICTS["one state"]
    kept = problem.without("b")
    document = json.loads(json.dumps(solve(kept, method="commitment").to_dict()))
    other = json.loads(json.dumps(solve(problem, method="commitment").to_dict()))
    document["conflict"] = {**other["conflict"], "constraints": ["a", "c"]}
    assert not verify(kept, document).passed


def test_every_pair_of_contradicting_bounds_is_found() -> None:
    """Least probabilities of all pairs of actions in a state with four."""
    game = random_game(
        np.random.default_rng(0), leader_counts=[4], follower_counts=[1], leader_discount=0.5, follower_discount=0.5
    ).to_game()
    for one, other in itertools.combinations(range(4), 2):
        problem = Problem(game)
        for action in range(4):
            least = 0.55 if action in (one, other) else 0.01
            problem = problem.at_least(0, action, least, name=str(action))
        found = find_conflict(problem)
        assert found is not None
        assert set(found.constraints) == {str(one), str(other)}
