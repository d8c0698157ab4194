"""Every instance is what its model says, and every known answer is attained by the policy that stands beside it."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from models import patrol_graph, unsupported_front
from models.catalogue import CATALOGUE, INSTANCES, PROBLEMS, PROVEN, build, build_problem, readme
from ssg_mip import Game, LeaderPolicy, best_response, read_instance, read_problem, solve, strongly_connected_components
from ssg_mip.base.status import Status
from ssg_mip.base.tolerances import DEFAULT_TOLERANCES
from ssg_mip.errors import OptionError
from ssg_mip.library import MATRIX_GAMES, actor_critic_trap, kudo_akimoto_figure_1, matrix_game, random_game

ATTAINED = [path for path in CATALOGUE if "leader_policy" in (build(path).known or {})]


def policy_of(game: Game, table: dict[str, dict[str, float]]) -> LeaderPolicy:
    """A policy by name, uniform in the states that are left out."""
    uniform = LeaderPolicy.uniform(game).to_names(game)
    return LeaderPolicy.from_names(game, {**uniform, **table})


@pytest.mark.parametrize("path", CATALOGUE)
def test_an_instance_is_the_game_of_its_model(path: str) -> None:
    """Mend with ``python -m models.catalogue``."""
    stored, built = read_instance(INSTANCES / path), build(path)
    assert stored.same_as(built)
    assert (stored.name, stored.source, stored.known) == (built.name, built.source, built.known)
    assert built.source


@pytest.mark.parametrize("path", PROBLEMS)
def test_an_instance_is_the_problem_of_its_model(path: str) -> None:
    """Game, constraints and labels; solved, its value and bound are those that stand beside it."""
    stored, built = read_problem(INSTANCES / path), build_problem(path)
    assert stored.content_hash == built.content_hash
    assert stored.game.known == built.game.known
    result = solve(stored, "commitment", gap=1e-5)
    value, bound = PROVEN[path]
    assert result.status is Status.OPTIMAL
    assert result.check.passed
    assert value - 1e-3 <= result.leader_value <= bound + 1e-9
    assert result.dual_bound >= value


def test_every_file_is_in_the_catalogue_and_the_table_is_up_to_date() -> None:
    stored = {
        path.relative_to(INSTANCES).as_posix() for path in INSTANCES.rglob("*") if path.suffix in (".json", ".npz")
    }
    assert stored == {*CATALOGUE, *PROBLEMS}
    text = (INSTANCES / "README.md").read_text(encoding="utf-8")
    assert text == readme(text)


@pytest.mark.parametrize("path", CATALOGUE)
def test_instances_are_small_enough_to_be_solved_together(path: str) -> None:
    """Members of the families of large games may have more, and need not be solved; large ones lie apart."""
    game, (folder, _) = read_instance(INSTANCES / path), path.split("/")
    states, actions = {"families": (65, 5), "large": (2_000, 10)}.get(folder, (16, 3))
    assert game.num_states <= states
    assert max(game.leader_counts.max(), game.follower_counts.max()) <= actions
    assert (INSTANCES / path).stat().st_size <= 400_000


@pytest.mark.parametrize("path", ATTAINED)
def test_the_known_policy_attains_the_known_values(path: str) -> None:
    game = read_instance(INSTANCES / path)
    known: Any = game.known
    response = best_response(game, policy_of(game, known["leader_policy"]))
    assert game.initial @ response.leader_values == pytest.approx(known["leader_value"], abs=1e-9)
    if "follower_value" in known:
        assert game.initial @ response.follower_values == pytest.approx(known["follower_value"], abs=1e-9)
    if "follower_policy" in known:
        assert response.follower_policy.to_names(game) == known["follower_policy"]


@pytest.mark.parametrize("path", [path for path in PROVEN if path in CATALOGUE])
def test_a_value_proven_here_is_proven_again(path: str) -> None:
    """No run attains more than the bound on record, or proves less than the value on record.

    Both up to what a follower who is indifferent within the tie tolerance can give away.
    """
    game = read_instance(INSTANCES / path)
    known: Any = game.known
    assert known["leader_value"] <= known["leader_bound"] <= known["leader_value"] + 1.1e-6 * abs(known["leader_value"])
    result = solve(game, "commitment", gap=1e-5)
    assert result.status is Status.OPTIMAL
    given_away = 10.0 * DEFAULT_TOLERANCES.tie * (1.0 + abs(known["leader_value"]))
    assert result.leader_value <= known["leader_bound"] + given_away
    assert result.dual_bound >= known["leader_value"] - given_away
    assert result.leader_value == pytest.approx(known["leader_value"], rel=2e-5)


@pytest.mark.parametrize("name", MATRIX_GAMES)
def test_pure_commitment_and_a_fine_grid_agree_with_the_known_values(name: str) -> None:
    """Rows enumerated give the pure value; mixes of sixtieths contain every optimal mix of these games."""
    game = matrix_game(name)
    known: Any = game.known
    rows = int(game.leader_counts[0])
    pure, mixed = [], []
    for weights in itertools.product(range(61), repeat=rows - 1):
        if sum(weights) <= 60:
            mix = np.array([*weights, 60 - sum(weights)]) / 60.0
            value = float(best_response(game, LeaderPolicy(mix[None, :])).leader_values[0])
            mixed.append(value)
            if mix.max() == 1.0:
                pure.append(value)
    assert len(pure) == rows
    assert max(pure) == pytest.approx(known["pure_leader_value"])
    assert max(mixed) == pytest.approx(known["leader_value"], abs=1e-9)


@pytest.mark.parametrize("path", [path for path in CATALOGUE if path.startswith("kudo_akimoto")])
def test_figure_one_front_is_attained_and_no_policy_on_a_grid_lies_above_it(path: str) -> None:
    game = read_instance(INSTANCES / path)
    known: Any = game.known
    for ties, key in (("leader", "pareto_front"), ("adverse", "weak_pareto_front")):
        front = [np.array([point["s1"], point["s2"]]) for point in known[key]]
        values = []
        for p, q in itertools.product(np.linspace(0.0, 1.0, 21), repeat=2):
            policy = LeaderPolicy(np.array([[p, 1.0 - p], [q, 1.0 - q]]))
            values.append(best_response(game, policy, ties=ties).leader_values)
        for point in front:
            assert min(np.abs(value - point).max() for value in values) < 1e-9
        for value in values:
            assert any(np.all(value <= point + 1e-9) for point in front)


def test_figure_one_at_the_tie_is_worth_nothing_to_the_same_policies_under_adverse_ties() -> None:
    game = kudo_akimoto_figure_1(x=1.0, y=10.0 / 9.0)
    for table in ([[1, 0], [0, 1]], [[0, 1], [1, 0]]):
        policy = LeaderPolicy(np.array(table, dtype=float))
        assert sorted(best_response(game, policy).leader_values) == pytest.approx([9.0, 10.0])
        assert best_response(game, policy, ties="adverse").leader_values == pytest.approx([0.0, 0.0])


def test_the_trap_game_has_its_answer_for_every_discount_on_record() -> None:
    for discount in (0.5, 0.9, 0.99):
        game = actor_critic_trap(discount)
        for ties in ("leader", "adverse"):
            response = best_response(game, LeaderPolicy.deterministic(game, [1, 0]), ties=ties)
            assert response.leader_values[0] == 10.0
            assert response.follower_values[0] == 0.0


def test_the_unsupported_front_consists_of_what_the_promise_can_attain() -> None:
    """Only the probability of a1 in s3 matters; the thresholds between the points are 1/4, 9/20, 11/20 and 3/4."""
    game = unsupported_front.build()
    known: Any = game.known
    seen = {}
    for promise, expected in (
        (0.1, (0, 10)),
        (0.24, (0, 10)),
        (0.46, (4, 4)),
        (0.54, (4, 4)),
        (0.76, (10, 0)),
        (1, (10, 0)),
    ):
        policy = policy_of(game, {"s3": {"a0": 1.0 - promise, "a1": promise}})
        seen[promise] = tuple(best_response(game, policy).leader_values[:2])
        assert seen[promise] == expected
    assert set(seen.values()) == {(point["s1"], point["s2"]) for point in known["pareto_front"]}
    middle = known["missed_by_weighted_sums"]
    for weight in np.linspace(0.0, 1.0, 101):
        assert max(10 * weight, 10 * (1 - weight)) > weight * middle["s1"] + (1 - weight) * middle["s2"]


def test_the_patrol_returns_from_custody_so_that_every_state_reaches_every_other() -> None:
    components = strongly_connected_components(patrol_graph.build())
    assert [set(component) for component in components] == [{"gate", "yard", "vault", "custody"}]


def test_a_guard_who_always_walks_to_the_vault_leaves_the_gate_to_the_attacker() -> None:
    """Gate attacked in every step: worth -1 / (1 - 0.9) to the guard, 1 / (1 - 0.8) to the attacker."""
    game = patrol_graph.build()
    towards = ("yard", "vault", "vault", "yard")
    actions = [names.index(target) for names, target in zip(game.leader_actions, towards, strict=True)]
    response = best_response(game, LeaderPolicy.deterministic(game, actions))
    places = [game.state_index(name) for name in ("yard", "vault")]
    assert [response.follower_policy.to_names(game)[name] for name in ("yard", "vault")] == ["attack gate"] * 2
    assert response.leader_values[places] == pytest.approx([-10.0, -10.0])
    assert response.follower_values[places] == pytest.approx([5.0, 5.0])


def test_a_random_game_depends_on_its_seed_alone_and_has_the_shape_asked_for() -> None:
    game = random_game(seed=7, states=6, leader_actions=3, follower_actions=2, successors=4)
    assert game.same_as(random_game(seed=7, states=6, leader_actions=3, follower_actions=2, successors=4))
    assert not game.same_as(random_game(seed=8, states=6, leader_actions=3, follower_actions=2, successors=4))
    assert (game.num_states, game.num_rows) == (6, 36)
    assert set(np.diff(game.indptr)) == {4}
    assert game.probabilities.min() > 0.0
    for rewards in (game.leader_rewards, game.follower_rewards):
        assert -1.0 <= rewards.min() < -0.5 < 0.5 < rewards.max() <= 1.0


def test_a_random_game_can_be_large() -> None:
    game = random_game(states=2000, leader_actions=4, follower_actions=4, successors=5)
    assert len(game.successors) == 160_000
    assert np.bincount(game.successors, minlength=2000).min() > 30  # 80 on average: every state is reached alike


@pytest.mark.parametrize("wrong", [{"states": 0}, {"leader_actions": 0}, {"successors": 4}, {"successors": 0}])
def test_sizes_that_make_no_game_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(OptionError, match=next(iter(wrong))):
        random_game(**wrong)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="it must be one of"):
        matrix_game("chess")
