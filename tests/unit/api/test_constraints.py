"""A problem with constraints through the public door: solved, checked, certified, refused."""

from __future__ import annotations

import dataclasses
import itertools
import json
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ssg_mip import (
    LeaderPolicy,
    Problem,
    Result,
    best_response,
    enclose_front,
    existence,
    export,
    solve,
    trace_front,
    verify,
    verify_bounds,
)
from ssg_mip.base.status import Status, Termination
from ssg_mip.checker.constraints.reading import problem_hash
from ssg_mip.checker.verification import Verification
from ssg_mip.errors import OptionError
from ssg_mip.methods.registry import METHODS
from ssg_mip.pareto import sweep
from ssg_mip.pareto.enclosure import entry
from ssg_mip.pareto.existence import existence as existing
from ssg_mip.problem.follower import Rational
from ssg_mip.problem.objective import Objective
from ssg_mip.problem.policy_space import Scope
from ssg_mip.programs import forms
from tests.unit.exact.constrained_cases import known_games
from tests.unit.problem.stories import port

GAME = port()
FREE = Problem(GAME)
PATROLS = {("yard", "patrol"): 1.0, ("gate", "patrol"): 1.0}
GUARDS = FREE.budget(PATROLS, 0.8, name="guards")

PROBLEMS: dict[str, Problem] = {
    "require": FREE.require(PATROLS, "==", 0.7, name="exactly"),
    "forbid": FREE.forbid("gate", "patrol"),
    "at_least": FREE.at_least("yard", "rest", 0.6),
    "budget": GUARDS,
    "same_policy": FREE.same_policy(["yard", "gate"]),
    "observe": FREE.observe({"yard": "dark", "gate": "dark"}),
    "close_to": FREE.close_to({"yard": {"rest": 1.0}, "gate": {"rest": 1.0}}, 1.2),
    "several": GUARDS.at_least("gate", "patrol", 0.3).forbid("yard", "patrol"),
}
"""Problems whose constraints bind."""


def on_grid(problem: Problem, steps: int = 51) -> float:
    """The largest value of the allowed policies of a grid."""
    best = -np.inf
    for shares in itertools.product(np.linspace(0.0, 1.0, steps), repeat=2):
        policy = LeaderPolicy.from_slots(GAME, [part for p in shares for part in (p, 1.0 - p)])
        if problem.policies.violation(GAME, policy) <= 1e-9:
            best = max(best, float(problem.weights @ best_response(GAME, policy).leader_values))
    return best


@cache
def answer(kind: str) -> tuple[Result, Any]:
    """The result of a problem, and the values of the lines of its certificate."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "certificate"
        result = solve(PROBLEMS[kind], method="commitment", certificate=path)
        return result, [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("kind", PROBLEMS)
def test_constraints_are_kept_and_the_bound_holds(kind: str) -> None:
    result, _ = answer(kind)
    problem = PROBLEMS[kind]
    free = solve(GAME, method="commitment").leader_value
    assert result.status is Status.OPTIMAL
    assert result.constraints == problem.stated
    assert result.leader_policy is not None
    assert problem.policies.holds(GAME, result.leader_policy)
    assert on_grid(problem) <= result.dual_bound + 1e-9
    assert result.leader_value < free - 1e-3
    assert min(result.slacks.values()) == pytest.approx(0.0, abs=1e-7)
    assert result.bound_scope == "over stationary leader policies that keep the constraints"


@pytest.mark.parametrize("kind", PROBLEMS)
def test_certificates_of_problems_replay_and_prove_their_documents(kind: str) -> None:
    result, lines = answer(kind)
    document = json.loads(json.dumps(result.to_dict()))
    bounds = verify_bounds(GAME, lines)
    assert all(one.passed for one in bounds)
    found = verify(PROBLEMS[kind], document, bounds=bounds)
    assert (found.word, found.failed, found.bound_certified) == ("verified", (), True)
    kept = next(check for check in found.checks if check.name == "constraints")
    assert kept.passed
    assert 0 < kept.tolerance < 1e-6
    assert "constraint " in kept.detail


@pytest.mark.parametrize("kind", [kind for kind in PROBLEMS if kind != "several"])
def test_a_certificate_over_fewer_policies_proves_no_document_about_more(kind: str) -> None:
    _, lines = answer(kind)
    bounds = verify_bounds(GAME, lines)
    free = solve(GAME, method="commitment")
    found = verify(GAME, free, bounds=bounds)
    assert "certified_bounds" in {check.name for check in found.failed}
    assert not found.bound_certified


def test_a_certificate_over_more_policies_proves_a_document_about_fewer() -> None:
    """The budget's certificate serves the same budget with another constraint that it keeps anyway."""
    result, lines = answer("budget")
    bounds = verify_bounds(GAME, lines)
    both = GUARDS.at_least("gate", "patrol", 0.01)
    found = verify(both, solve(both, method="commitment"), bounds=bounds)
    assert found.word == "verified"
    tighter = FREE.budget(PATROLS, 0.75, name="guards")
    assert verify(tighter, solve(tighter, method="commitment"), bounds=bounds).failed != ()
    looser = FREE.budget(PATROLS, 0.85, name="guards")
    failed = {check.name for check in verify(looser, solve(looser, method="commitment"), bounds=bounds).failed}
    assert "certified_bounds" in failed
    assert result.dual_bound > -np.inf


@pytest.mark.parametrize("name", list(known_games())[:12:3])
def test_known_games_through_the_door(name: str) -> None:
    case, (least, most) = known_games()[name]
    problem = Problem(case.game, Objective(case.weights))
    for row in case.space.rows:
        terms = dict(
            zip(
                [(s, a) for s in range(case.game.num_states) for a in range(int(case.game.leader_counts[s]))],
                row.coefficients.tolist(),
                strict=True,
            )
        )
        if row.lower == row.upper:
            problem = problem.require(terms, "==", row.upper, name=row.name)
            continue
        if np.isfinite(row.upper):
            problem = problem.require(terms, "<=", row.upper, name=row.name)
        if np.isfinite(row.lower):
            problem = problem.require(terms, ">=", row.lower, name=f"{row.name} below")
    result = solve(problem, method="commitment", gap=1e-4)
    assert least * (1.0 - 2e-4) <= result.leader_value <= most + 1e-7
    assert result.check.passed


# -------------------------------------------------------------------- forged documents


def forged(change: Callable[[dict[str, Any]], None], problem: Any = GAME, kind: str = "several") -> Verification:
    document = json.loads(json.dumps(answer(kind)[0].to_dict()))
    change(document)
    return verify(problem, document)


def first(document: dict[str, Any]) -> dict[str, Any]:
    entry: dict[str, Any] = document["constraints"][0]
    return entry


FORGERIES: dict[str, Callable[[dict[str, Any]], None]] = {
    "limit changed": lambda document: first(document).update(at_most=0.9),
    "limit changed by a rounding": lambda document: first(document).update(at_most=0.8 + 2e-16),
    "cost changed": lambda document: first(document)["costs"][0].update(cost=0.5),
    "term removed": lambda document: first(document)["costs"].pop(),
    "constraint renamed": lambda document: first(document).update(name="fuel"),
    "constraint removed": lambda document: document["constraints"].pop(),
    "constraints exchanged": lambda document: document["constraints"].reverse(),
    "kind changed": lambda document: document["constraints"][2].update(kind="at_least", probability=0.0),
    "all constraints removed": lambda document: [document.pop(key) for key in ("constraints", "problem_hash")].clear(),
    "hash of another problem": lambda document: document.update(problem_hash=FREE.content_hash),
    "hash without constraints": lambda document: document.pop("constraints"),
    "slack changed": lambda document: first(document).update(slack=0.1),
    "attained changed": lambda document: first(document).update(attained=0.7, slack=0.1),
    "slack not said": lambda document: first(document).update(slack=None),
    "scope of all": lambda document: document.update(dual_bound_scope="over stationary leader policies"),
    "unknown kind": lambda document: first(document).update(kind="wish"),
    "unknown key": lambda document: first(document).update(note="fine"),
    "unknown state": lambda document: first(document)["costs"][0].update(state="field"),
    "named twice": lambda document: document["constraints"].append(dict(first(document))),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_forged_constraints_are_refused(name: str) -> None:
    """By the game alone; the document says which problem it is about."""
    assert forged(lambda _: None).passed
    found = forged(FORGERIES[name])
    assert not found.passed
    assert found.word == "FAILED"


def with_hash(document: dict[str, Any]) -> None:
    """The hash that the forged constraints have."""
    entries = [
        {key: value for key, value in one.items() if key not in ("attained", "slack")}
        for one in document["constraints"]
    ]
    document["problem_hash"] = problem_hash(GAME, entries)


@pytest.mark.parametrize(
    "name", ["limit changed", "cost changed", "constraint renamed", "constraint removed", "constraints exchanged"]
)
def test_another_problem_with_its_own_hash_is_not_the_one_that_was_asked(name: str) -> None:
    def change(document: dict[str, Any]) -> None:
        FORGERIES[name](document)
        with_hash(document)

    found = forged(change, PROBLEMS["several"])
    assert [check.name for check in found.failed] == ["constraints_asked"]
    assert not forged(FORGERIES["all constraints removed"], PROBLEMS["several"]).passed
    assert not forged(lambda _: None, FREE).passed
    assert not forged(lambda _: None, GUARDS).passed


def test_a_policy_that_misses_a_row_is_refused() -> None:
    """The free optimum in the place of the answer, with all its values right."""
    free = solve(GAME, method="commitment")
    result = dataclasses.replace(free, constraints=GUARDS.constraints)
    found = verify(GUARDS, result)
    (failed,) = (check for check in found.failed if check.name == "constraints")
    assert float(failed.violation) == pytest.approx(0.165, abs=1e-6)
    assert failed.tolerance < 1e-7
    assert "constraint 'guards'" in failed.detail


def test_a_slightly_missed_row_is_refused() -> None:
    """By more than its tolerance, 1e-8 times its size."""
    for miss, passes in ((1e-6, False), (1e-7, False), (1e-9, True)):
        policy = LeaderPolicy.from_slots(GAME, [0.4 + miss, 0.6 - miss, 0.4, 0.6])
        start = solve(GAME, method="policy-gradient", start=policy, iteration_limit=1, check=False, guarantee=False)
        found = best_response(GAME, policy)
        point = dataclasses.replace(
            start,
            leader_policy=policy,
            leader_values=found.leader_values,
            follower_values=found.follower_values,
            follower_policy=found.follower_policy,
            leader_value=float(start.weights @ found.leader_values),
            trajectory=(),
            promises=(),
            constraints=GUARDS.constraints,
        )
        kept = next(check for check in verify(GUARDS, point).checks if check.name == "constraints")
        assert kept.passed is passes, miss


# -------------------------------------------------------------------- refused by name


QUICK = sorted(set(METHODS) - {"actor-critic", "ppo-hedge"})


@pytest.mark.parametrize("method", QUICK)
def test_a_method_either_keeps_constraints_or_refuses_them_by_name(method: str) -> None:
    if METHODS[method].misses(GUARDS) is not None:
        said = rf"method '{method}' takes no .*: guards; .*commitment"
        with pytest.raises(OptionError, match=said):
            solve(GUARDS, method=method)
        return
    result = solve(GUARDS, method=method, time_limit=5.0)
    assert result.leader_policy is not None
    assert GUARDS.policies.holds(GAME, result.leader_policy)
    assert result.check.passed


QUESTIONS: dict[str, tuple[frozenset[Scope], Callable[[Problem, Path], Any]]] = {
    "trace_front": (sweep.TAKES, lambda problem, _: trace_front(problem, num_weights=2)),
    "enclose_front": (entry.TAKES, lambda problem, _: enclose_front(problem, resolution=1.0)),
    "existence": (existing.TAKES, lambda problem, _: existence(problem)),
    "export": (
        forms.TAKES["commitment", "bilinear"],
        lambda problem, folder: export(problem, folder / "file.lp", "commitment"),
    ),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_other_questions_take_problems_and_keep_constraints_or_refuse_them_by_name(name: str, tmp_path: Path) -> None:
    takes, question = QUESTIONS[name]
    question(FREE, tmp_path)
    if Scope.COUPLING not in takes:
        with pytest.raises(OptionError, match=rf"{name} takes no .*: guards; ask for solve\(problem"):
            question(GUARDS, tmp_path)
        return
    if name == "enclose_front":  # rows across states go with objectives that never meet, and these do
        with pytest.raises(OptionError, match=r"couple several states \(guards\).*name objectives that never meet"):
            question(GUARDS, tmp_path)
        return
    found = question(GUARDS, tmp_path)
    assert all(GUARDS.policies.holds(GAME, point.leader_policy) for point in getattr(found, "points", ()))


HIDDEN = {("yard", "patrol", "hide"): 1.0, ("gate", "patrol", "hide"): 1.0}

WIDER: dict[str, Problem] = {
    "cost": FREE.cost(HIDDEN, at_most=1.5, name="wide"),
    "value_at_least": FREE.value_at_least("yard", -0.63, name="wide"),
    "value from the start": FREE.value_at_least(None, -1.0, name="wide").budget(PATROLS, 0.95, name="guards"),
    "at_most_actions": FREE.at_most_actions("yard", 1, name="wide"),
    "deterministic": FREE.deterministic(name="wide"),
    "cost and budget": FREE.cost(HIDDEN, at_most=1.5, name="wide").budget(PATROLS, 0.9, name="guards"),
}


@cache
def wider(kind: str) -> tuple[Result, Any]:
    """The result, and the values of the lines of its certificate."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "certificate"
        result = solve(WIDER[kind], method="commitment", certificate=path, time_limit=60.0)
        return result, [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("kind", WIDER)
def test_wider_constraints_are_honoured_and_certified(kind: str) -> None:
    result, lines = wider(kind)
    assert result.check.passed
    document = json.loads(json.dumps(result.to_dict()))
    found = verify(WIDER[kind], document, bounds=verify_bounds(GAME, lines))
    assert (found.word, found.failed) == ("verified", ())
    if result.status is not Status.INFEASIBLE:
        assert result.slacks["wide"] >= -1e-6
        costs_something = kind != "value_at_least"  # one policy is best in both states
        free = solve(GAME, method="commitment").leader_value
        assert result.leader_value <= free - 1e-3 * costs_something


@pytest.mark.parametrize("kind", WIDER)
def test_methods_refuse_wider_constraints_by_name_unless_they_keep_them(kind: str) -> None:
    for name in QUICK:
        if METHODS[name].misses(WIDER[kind]) is None:
            continue
        with pytest.raises(OptionError, match=r"takes no .*: (wide|guards); "):
            solve(WIDER[kind], method=name)


LOOSER: dict[str, Problem] = {
    "cost": FREE.cost(HIDDEN, at_most=1.6, name="wide"),
    "at_most_actions": FREE.at_most_actions("yard", 2, name="wide"),
    "deterministic": FREE.deterministic(["yard"], name="wide"),
}


@pytest.mark.parametrize("kind", LOOSER)
def test_a_certificate_about_tighter_limits_proves_nothing_about_looser_ones(kind: str) -> None:
    _, lines = wider(kind)
    found = verify(LOOSER[kind], solve(LOOSER[kind], method="commitment"), bounds=verify_bounds(GAME, lines))
    assert "certified_bounds" in {check.name for check in found.failed}


@pytest.mark.parametrize("kind", ["cost", "deterministic"])
def test_an_answer_that_misses_a_wider_constraint_is_refused(kind: str) -> None:
    free = solve(GAME, method="commitment")
    forged = dataclasses.replace(free, constraints=WIDER[kind].stated)
    assert "constraints" in {check.name for check in verify(WIDER[kind], forged).failed}


def test_an_answer_that_is_not_tied_is_refused_where_costs_are_bounded() -> None:
    """The printed answer is taken for the one that is meant, but only if it is a best one."""
    result, _ = wider("cost")
    document = json.loads(json.dumps(result.to_dict()))
    document["leader_policy"]["gate"] = {"patrol": 0.5, "rest": 0.5}
    document["trajectory"][0]["leader_policy"]["gate"] = {"patrol": 0.5, "rest": 0.5}
    assert "response_is_optimal" in {check.name for check in verify(WIDER["cost"], document).failed}


# -------------------------------------------------------------------- what a problem says, and the arguments beside it


def test_a_problem_without_constraints_is_its_game() -> None:
    mine, theirs = solve(FREE, method="commitment"), solve(GAME, method="commitment")
    assert mine.leader_value == theirs.leader_value
    assert "constraints" not in mine.to_dict()
    assert mine.to_dict().keys() == theirs.to_dict().keys()


def test_objective_and_follower_are_those_of_the_problem() -> None:
    yard = np.array([1.0, 0.0])
    problem = Problem(GAME, Objective(yard), Rational(ties="adverse"))
    result = solve(problem, method="commitment")
    assert (result.ties, result.weights.tolist()) == ("adverse", [1.0, 0.0])
    assert solve(problem, method="commitment", weights={"gate": 1.0}).weights.tolist() == [0.0, 1.0]
    with pytest.raises(OptionError, match="says itself how its follower answers"):
        solve(problem, ties="first")
    with pytest.raises(OptionError, match="says itself how its follower answers"):
        existence(problem, margin=0.5)
    assert solve(FREE, method="commitment", ties="first").ties == "first"


def test_no_policy_keeps_contradicting_constraints() -> None:
    problem = FREE.at_least("yard", "patrol", 0.7).at_least("yard", "rest", 0.6)
    result = solve(problem, method="commitment")
    assert (result.status, result.termination) == (Status.INFEASIBLE, Termination.INFEASIBLE)
    assert result.slacks == {}
    assert verify(problem, result).failed == ()
    entry = result.to_dict()["constraints"][0]
    assert (entry["attained"], entry["slack"]) == (None, None)


def test_what_is_secured_nearby_keeps_the_constraints() -> None:
    for problem in PROBLEMS.values():
        beside = solve(problem, method="commitment").guaranteed
        if beside is not None and beside.certificate is not None:
            assert problem.policies.holds(GAME, beside.certificate.policy)
