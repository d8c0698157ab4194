"""The checker accepts honest results and rejects every single tampering that exceeds the stated allowance."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ssg_mip import solve, trace_front, verify, verify_bounds
from ssg_mip.base.status import Status, Termination
from ssg_mip.checker.claims import STATUSES, TERMINATIONS
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.best_response import best_response
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from tests.oracles.games import agreement_game, plain_from_arrays, random_game
from tests.oracles.known import figure_1, three_points
from tests.unit import fakes
from tests.unit.questions import asked

Data = dict[str, Any]
Mutation = tuple[str, Callable[[Data], None]]

NUDGE = 1e-5
"""Far above the rounding allowance (1e-9 of the largest value), far below what anyone would notice."""


def printed(subject: Any) -> Data:
    """What ``--json`` prints, read back."""
    data: Data = json.loads(json.dumps(subject.to_dict(), allow_nan=False))
    return data


@cache
def game() -> Game:
    rng = np.random.default_rng(17)
    return random_game(
        rng, leader_counts=[2, 2, 3], follower_counts=[2, 3, 2], leader_discount=0.8, follower_discount=0.6
    ).to_game()


@cache
def honest(method: str) -> str:
    if method == "front":
        return json.dumps(printed(trace_front(game(), num_weights=6, gap=1e-3)))
    return json.dumps(printed(solve(game(), method=method, gap=1e-3, iteration_limit=3)))


def data_of(method: str) -> Data:
    data: Data = json.loads(honest(method))
    return data


def places(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths of all leaves."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else None
    if items is None:
        yield path
        return
    for key, value in items:
        yield from places(value, (*path, key))


def setter(path: tuple[Any, ...], change: Callable[[Any], Any]) -> Mutation:
    def apply(data: Data) -> None:
        holder: Any = data
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = change(holder[path[-1]])

    return ".".join(map(str, path)), apply


CHECKED_NUMBERS = {
    "leader_policy", "leader_values", "follower_values", "leader_value", "weights", "relative_gap",
}  # fmt: skip


def mutations(data: Data) -> Iterator[Mutation]:
    """Single changes: each checked number up and down, each response, hashes, names, iterations, ties."""
    for path in places(data):
        if path[0] == "progress":  # history, which NOT_CHECKED names
            continue
        last = path[-1]
        keys = {key for key in path if isinstance(key, str)}
        value = leaf(data, path)
        if keys & CHECKED_NUMBERS and isinstance(value, float):
            size = NUDGE * max(1.0, abs(value))
            yield setter(path, lambda old, size=size: old + size)
            yield setter(path, lambda old, size=size: old - size)
        elif last == "dual_bound" and isinstance(value, float):
            yield setter(path, lambda old: old - 1.0)
        elif "follower_policy" in keys:
            state = game().state_index(str(last))
            for other in game().follower_actions[state]:
                if other != value:
                    yield setter(path, lambda _, other=other: other)
        elif last == "game_hash":
            yield setter(path, lambda old: "0" + old[1:] if old[0] != "0" else "1" + old[1:])
        elif last == "iteration":
            yield setter(path, lambda old: old + 1)
    for name in ("leader_policy", "leader_values", "follower_policy", "trajectory", "provenance", "ties"):
        if name in data:
            yield f"without {name}", lambda data, name=name: data.pop(name)
    yield from probability_shifts(data)


def probability_shifts(data: Data) -> Iterator[Mutation]:
    """Move a little probability from one action to another: still a distribution, but another policy."""
    holders = [(), *(("trajectory", k) for k in range(len(data.get("trajectory", []))))]
    holders = [("points", k) for k in range(len(data["points"]))] if "points" in data else holders
    for holder in holders:
        for state in game().state_names:
            path = (*holder, "leader_policy", state)
            row = leaf(data, path)
            giver = max(row, key=row.get)
            for taker in row:
                if taker != giver:
                    yield setter(path, lambda old, giver=giver, taker=taker: moved(old, giver, taker))


def moved(row: dict[str, float], giver: str, taker: str) -> dict[str, float]:
    return {**row, giver: row[giver] - 0.01, taker: row[taker] + 0.01}


def leaf(data: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        data = data[key]
    return data


@pytest.mark.parametrize("method", ["policy-iteration", "commitment", "deterministic", "grid", "front"])
def test_honest_answers_pass_and_every_single_mutation_is_rejected(method: str, tmp_path: Path) -> None:
    """At least 40 mutations per kind of document, about 400 in all."""
    data = data_of(method)
    assert verify(game(), data).failed == ()
    assert not verify(game(), data).bound_certified
    assert verify(game(), data).word == "values verified"
    if method in {"deterministic", "grid"}:
        proof = tmp_path / "proof.jsonl"  # of what both players get together at most
        again = solve(game(), method=method, gap=1e-3, certificate=proof)
        assert again.dual_bound == pytest.approx(data["dual_bound"])
        replayed = verify(game(), again, bounds=verify_bounds(game(), proof))
        assert replayed.bound_certified
        few = method == "deterministic"  # so the checker goes through all of them
        assert replayed.word == ("verified" if few else "values verified")
    tampered = list(mutations(data))
    assert len(tampered) >= 40
    accepted = []
    for name, apply in tampered:
        changed = copy.deepcopy(data)
        apply(changed)
        if verify(game(), changed).passed:
            accepted.append(name)
    assert accepted == []


def rejected(data: Data, about: Game | None = None) -> set[str]:
    return {check.name for check in verify(about or game(), data).failed}


def test_each_claim_has_the_check_that_names_it() -> None:
    """What is tampered with is what is reported."""
    cases: list[tuple[Callable[[Data], Any], str]] = [
        (lambda d: d["leader_values"].update(s0=d["leader_values"]["s0"] + 1e-6), "leader_values"),
        (lambda d: d["follower_values"].update(s1=d["follower_values"]["s1"] - 1e-6), "follower_values"),
        (lambda d: d.update(leader_value=d["leader_value"] + 1e-6), "leader_value"),
        (lambda d: d.update(dual_bound=d["leader_value"] - 1e-6, relative_gap=0.0), "value_below_bound"),
        (lambda d: d.update(dual_bound=d["dual_bound"] + 1.0), "relative_gap"),
        (lambda d: d["provenance"].update(game_hash="0" * 64), "game_hash"),
        (lambda d: d["leader_policy"].update(s0={"a0": 0.6, "a1": 0.6}), "policy_is_distribution"),
        (lambda d: d["weights"].update(s0=d["weights"]["s0"] + 1e-6), "weights_are_distribution"),
        (lambda d: d.update(tied_states=sorted(set(game().state_names) - set(d["tied_states"]))), "tied_states"),
        (lambda d: d["trajectory"][0].update(leader_value=7.0), "trajectory_value"),
        (lambda d: d["trajectory"][0]["leader_values"].update(s0=7.0), "trajectory_values"),
        (lambda d: d["leader_values"].update(s0=None), "readable"),
        (lambda d: d["leader_values"].update(s0=10**400), "readable"),
        (lambda d: d["leader_values"].update(s9=1.0), "readable"),
        (lambda d: d["leader_policy"]["s0"].update(a9=0.0), "readable"),
        (lambda d: d["leader_policy"]["s0"].update(a0=-0.5, a1=1.5), "readable"),
        (lambda d: d["follower_policy"].update(s0="b9"), "readable"),
        (lambda d: d.update(tied_states=[3]), "readable"),
        (lambda d: d.update(tied_states=["s9"]), "readable"),
        (lambda d: d.update(ties="worst"), "readable"),
        (lambda d: d.update(status="opimal"), "readable"),
        (lambda d: d.update(termination="gaps"), "readable"),
        (lambda d: d.update(garanteed=d.pop("guaranteed")), "readable"),
        (lambda d: d.update(magin=d.pop("margin")), "readable"),
        (lambda d: d.update(checks=d.pop("check")), "readable"),
        (lambda d: d.update(trajectory={}), "readable"),
        (lambda d: d["trajectory"].append(3), "readable"),
        (lambda d: d.update(method=7), "readable"),
        (lambda d: d["weights"].pop("s0"), "readable"),
        (lambda d: d.update(relative_gap=None), "relative_gap"),
        (lambda d: d.update(dual_bound=None), "relative_gap"),
        (lambda d: d.update(status="no_solution"), "status"),
        (lambda d: d.update(status="optimal", dual_bound=9e9, relative_gap=1.0), "optimal_within_gap"),
        (lambda d: d.update(trajectory=[]), "trajectory_ends_at_answer"),
    ]
    for change, name in cases:
        data = data_of("commitment")
        change(data)
        assert name in rejected(data), name


def test_the_words_of_a_status_are_those_of_the_package() -> None:
    """The checker has its own lists, because it shares nothing with what it checks."""
    assert set(STATUSES) == {status.name.lower() for status in Status}
    assert set(TERMINATIONS) == {termination.name.lower() for termination in Termination}


@pytest.mark.parametrize("part", ["points", "scalarisations"])
def test_a_misspelt_status_of_a_part_is_refused(part: str) -> None:
    data = data_of("front")
    data[part][0]["status"] = "opimal"
    assert rejected(data) == {"readable"}


def test_a_run_that_goes_down_is_not_monotone() -> None:
    """Two honest points in the wrong order."""
    data = data_of("policy-iteration")
    assert len(data["trajectory"]) >= 2
    data["trajectory"] = data["trajectory"][::-1]
    for index, point in enumerate(data["trajectory"]):
        point["iteration"] = index
    assert "monotone_trajectory" in rejected(data)


@pytest.mark.parametrize(("discount", "breaks"), [(0.0, True), (0.5, True), (0.9, False)])
def test_a_false_limit_breaks_the_cone(discount: float, breaks: bool) -> None:
    """Values (0, 0) are called a limit although (5, 4) was seen: the cone forbids it if 4 > gamma_A 5."""
    about = plain_from_arrays(
        [[[[1.0, 0.0]], [[1.0, 0.0]]], [[[0.0, 1.0]], [[0.0, 1.0]]]],
        [[[5.0 * (1 - discount)], [0.0]], [[4.0 * (1 - discount)], [0.0]]],
        [[[0.0], [0.0]], [[0.0], [0.0]]],
        leader_discount=discount,
        follower_discount=0.5,
    ).to_game()
    starts = [LeaderPolicy.deterministic(about, (action, action)) for action in (0, 1)]
    runs = [printed(fakes.answer(*asked(about, start=start), slack=9.0)) for start in starts]
    data = {**runs[1], "method": "policy-iteration"}
    data["trajectory"] = [{**run["trajectory"][0], "iteration": index} for index, run in enumerate(runs)]
    data["trajectory"][1]["step_bound"] = 0.0
    data["termination"] = "stationary"
    assert ("cone" in rejected(data, about)) is breaks


def test_a_limit_needs_the_bound_that_stopped_it() -> None:
    """Stationary without a step bound, or with one that leaves a gain, is not believed."""
    data = data_of("policy-iteration")
    data["termination"] = "stationary"
    data["trajectory"][-1]["step_bound"] = 0.0
    assert "cone" not in rejected(data)
    for bound in (None, 1.0):
        data["trajectory"][-1]["step_bound"] = bound
        assert "cone" in rejected(data)


def test_a_point_that_another_covers_is_found() -> None:
    """A front with a dominated point, honestly evaluated."""
    data = data_of("front")
    dominated = printed(solve(game(), method="commitment", node_limit=1, start=LeaderPolicy.uniform(game())))
    uniform = printed(solve(game(), iteration_limit=1, start=LeaderPolicy.uniform(game())))
    keys = ("leader_values", "follower_values", "leader_policy", "follower_policy", "weights", "leader_value")
    source = uniform if uniform["leader_value"] < dominated["leader_value"] else dominated
    unsaid = {"check": None, "guaranteed": None}
    origin = {key: data["scalarisations"][0][key] for key in ("dual_bound", "bound_certified", "bound_proof")}
    added = {**{key: source[key] for key in keys}, **origin, "status": "feasible", **unsaid}
    weights = data["scalarisations"][0]["weights"]
    added |= {"weights": weights, "leader_value": sum(w * added["leader_values"][s] for s, w in weights.items())}
    data["points"].append(added)
    assert rejected(data) == {"non_dominated"}
    data["tolerance"] = -1.0
    assert "non_dominated" in rejected(data)


def test_a_bound_below_a_point_of_the_front_is_found() -> None:
    """Every attained point lies below every scalarisation's bound."""
    data = data_of("front")
    one = data["scalarisations"][-1]
    one["dual_bound"] = one["leader_value"] = one["leader_value"] - 0.1
    one["relative_gap"] = 0.0
    assert rejected(data) == {"value_below_bound"}


@pytest.mark.parametrize("ties", ["leader", "first", "adverse"])
def test_the_wrong_tied_response_is_found(ties: str) -> None:
    """The follower is indifferent in both states; every other response breaks the rule, though it is optimal."""
    about = fakes.small_game()
    data = printed(fakes.answer(*asked(about, ties=ties)))
    assert verify(about, data).passed
    data["follower_policy"]["calm"] = {"b0": "b1", "b1": "b0"}[data["follower_policy"]["calm"]]
    failed = rejected(data, about)
    # under the uniform policy both answers are worth the same to the leader, so only "first" can tell
    assert failed == ({"response_follows_tie_rule"} if ties == "first" else set())


def test_the_leader_s_tied_response_must_be_the_best_for_it() -> None:
    """Three points: an optimum that sits on a tie, evaluated with the other tied action."""
    about = figure_1(1.0, 10 / 9).to_game()
    policy = LeaderPolicy.deterministic(about, (0, 1))
    data = printed(fakes.answer(*asked(about, start=policy)))
    weak = best_response(about, policy, "adverse")
    data["follower_policy"] = weak.follower_policy.to_names(about)
    data["leader_values"] = dict(zip(about.state_names, weak.leader_values.tolist(), strict=True))
    assert "response_follows_tie_rule" in rejected(data, about)


def test_a_result_without_a_policy_claims_nothing() -> None:
    about = fakes.small_game()
    data = printed(fakes.answer(*asked(about), Termination.TIME_LIMIT, Status.NO_SOLUTION))
    assert verify(about, data).passed
    for change in ({"leader_value": 1.0}, {"status": "optimal"}, {"tied_states": ["calm"]}):
        assert not verify(about, {**data, **change}).passed


def test_objects_and_their_dictionaries_are_judged_alike() -> None:
    about = three_points().to_game()
    result = solve(about, method="commitment")
    front = trace_front(about, num_weights=3)
    for subject in (result, front):
        assert verify(about, subject).to_dict() == verify(about, printed(subject)).to_dict()
        assert verify(about, subject).passed


def test_what_is_no_result_is_refused() -> None:
    with pytest.raises(OptionError, match="format"):
        verify(game(), {"format": "ssg-mip/1"})


def test_solutions_of_random_games_pass_under_every_tie_rule() -> None:
    """24 solves; one of the games has a policy at the very edge of the tie tolerance."""
    for index in (1, 2, 4, 6):
        about = agreement_game(5, index).to_game()
        for method in ("policy-iteration", "commitment"):
            for ties in ("leader", "first", "adverse"):
                result = solve(about, method=method, ties=ties, node_limit=300)  # type: ignore[arg-type]
                assert verify(about, printed(result)).failed == (), (index, method, ties)


def test_a_start_policy_of_nine_digits_is_verified_like_any_other() -> None:
    """Probabilities that sum to 1 - 1e-9 are normalised before anything is computed from them."""
    rng = np.random.default_rng(23)
    about = random_game(
        rng, leader_counts=[3] * 2, follower_counts=[2] * 2, leader_discount=0.99, follower_discount=0.99
    ).to_game()
    third = {"a0": 0.333333333, "a1": 0.333333333, "a2": 0.333333333}
    result = solve(about, start={"s0": third, "s1": third}, iteration_limit=1, node_limit=1)
    assert verify(about, printed(result)).failed == ()
