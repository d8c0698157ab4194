"""Labels in the place of states: which policies they leave, and what those are worth."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from ssg_mip import Game, LeaderPolicy, best_response
from ssg_mip.base.status import Status
from ssg_mip.errors import OptionError
from ssg_mip.exact.heuristics.alike import Alike
from ssg_mip.exact.heuristics.allowed import Allowed
from ssg_mip.problem.observation import labels_of, policy_by_label
from ssg_mip.problem.policy_space import PolicyRow, PolicySpace
from ssg_mip.problem.problem import Problem
from tests.oracles.brute_force import solve_whole
from tests.oracles.games import PlainGame, random_game
from tests.unit.questions import answered

GAP = 1e-4


def plain(seed: int, states: int = 2) -> PlainGame:
    rng = np.random.default_rng([41, seed])
    return random_game(
        rng, leader_counts=[2] * states, follower_counts=[2] * states, leader_discount=0.8, follower_discount=0.7
    )


def yard() -> Game:
    """Three states whose leader actions have the same names, in one of them in another order."""
    game = plain(0, 3).to_game()
    return game.replace(
        state_names=("yard", "gate", "pier"), leader_actions=(("go", "stay"), ("stay", "go"), ("go", "stay"))
    )


def test_states_of_one_label_share_one_policy_action_by_action() -> None:
    problem = Problem(yard()).observe({"yard": "fog", "gate": "fog"})
    result = answered(problem)
    found = result.leader_policy
    assert found is not None
    assert found.probabilities[0, 0] == found.probabilities[1, 1]
    assert found.probabilities[0, 1] == found.probabilities[1, 0]
    assert result.details["policy_by_label"] == {
        "fog": found.to_names(problem.game)["yard"],
        "pier": found.to_names(problem.game)["pier"],
    }


@pytest.mark.parametrize("seed", range(6))
def test_nothing_on_a_fine_grid_is_better_and_the_bound_is_met(seed: int) -> None:
    game = plain(seed).to_game()
    result = answered(Problem(game).observe({"s0": "all", "s1": "all"}), gap=GAP)
    assert result.status is Status.OPTIMAL
    rows = [LeaderPolicy(np.array([[p, 1.0 - p]] * 2)) for p in np.linspace(0.0, 1.0, 401)]
    best = max(float(game.initial @ best_response(game, policy).leader_values) for policy in rows)
    assert best <= result.dual_bound + 1e-7
    assert result.leader_value >= best - GAP * result.gap_scale


@pytest.mark.parametrize("seed", range(3))
def test_scip_agrees_on_three_states_of_which_two_look_alike(seed: int) -> None:
    game = plain(seed, 3)
    result = answered(Problem(game.to_game()).observe({"s0": "fog", "s2": "fog"}), gap=GAP)
    value, bound = solve_whole(game, gap=GAP, alike=[(0, 2)])
    assert result.status is Status.OPTIMAL
    assert result.leader_value <= bound + 1e-6
    assert value <= result.dual_bound + 1e-6


def test_what_is_seen_less_well_is_worth_no_more() -> None:
    problem = Problem(plain(3, 3).to_game())
    values = [answered(one, gap=GAP).leader_value for one in (problem.observe({"s0": "x", "s1": "x", "s2": "x"}),
              problem.observe({"s0": "x", "s1": "x"}), problem)]  # fmt: skip
    assert values == sorted(values)
    assert values[0] < values[-1] - 0.01


def test_labels_given_one_after_the_other_join() -> None:
    game = plain(1, 4).to_game()
    problem = Problem(game).observe({"s0": "a", "s1": "a"}).observe({"s1": "b", "s2": "b"})
    assert labels_of(game, problem.policies) == {"b": [0, 1, 2], "s3": [3]}
    assert len(problem.policies.rows) == 2
    again = problem.observe({"s3": "b"})
    assert labels_of(game, again.policies) == {"b": [0, 1, 2, 3]}
    uniform = policy_by_label(game, again.policies, LeaderPolicy.uniform(game))
    assert uniform == {"b": {"a0": 0.5, "a1": 0.5}}


def test_labels_may_be_names_of_states_that_are_labelled_too() -> None:
    game = plain(1).to_game()
    assert not Problem(game).observe({"s0": "s1", "s1": "s0"}).policies.rows
    assert len(Problem(game).observe({"s0": "s0", "s1": "s0"}).policies.rows) == 1


def test_other_rows_stay() -> None:
    game = plain(1).to_game()
    own = PolicyRow(name="own", coefficients=np.array([1.0, 0.0, 0.0, 0.0]), lower=0.4)
    problem = Problem(game, policies=PolicySpace(rows=(own,))).observe({"s0": "x", "s1": "x"})
    result = answered(problem)
    assert result.leader_policy is not None
    assert result.leader_policy.probabilities[1, 0] >= 0.4 - 1e-8
    assert problem.observe({"s0": "y"}).policies.rows[0] is own


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ({"nowhere": "fog"}, "labels name 'nowhere', which is no state of .*; states: yard, gate, pier"),
        ({"yard": "pier"}, "the label 'pier' is also the name of a state that is not labelled"),
        ({"yard": "pier", "gate": "gate"}, "the label 'pier' is also"),
        ({"yard": ""}, "the label of 'yard'"),
        (["yard"], "labels is .*; it must be {state: label}"),
    ],
)
def test_labels_that_are_none_are_refused(labels: object, words: str) -> None:
    with pytest.raises(Exception, match=words):
        Problem(yard()).observe(labels)  # type: ignore[arg-type]


def test_states_of_one_label_need_the_same_actions() -> None:
    game = yard().replace(leader_actions=(("go", "stay"), ("stay", "run"), ("go", "stay")))
    with pytest.raises(OptionError, match=r"'yard' and 'gate' share the label 'fog', but .* go, stay and stay, run"):
        Problem(game).observe({"yard": "fog", "gate": "fog"})


@pytest.mark.parametrize("seed", range(5))
def test_a_projected_policy_is_the_same_to_the_last_bit(seed: int) -> None:
    rng = np.random.default_rng(seed)
    game = random_game(
        rng, leader_counts=[5, 5, 5], follower_counts=[1, 1, 1], leader_discount=0.5, follower_discount=0.5
    ).to_game()
    problem = Problem(game).observe({"s0": "x", "s1": "x", "s2": "x"})
    allowed = Allowed(game, problem.policies)
    for _ in range(20):
        found = allowed.nearest(LeaderPolicy.random(game, rng))
        assert found is not None
        assert all(np.array_equal(*pair) for pair in itertools.pairwise(found.probabilities))
    nearly = np.tile(rng.dirichlet(np.ones(5)), (3, 1))
    nearly[1, :2] += (1e-10, -1e-10)
    kept = allowed.nearest(LeaderPolicy(nearly))
    assert kept is not None
    assert np.array_equal(kept.probabilities, np.tile(kept.probabilities[0], (3, 1)))


def test_states_that_are_tied_in_part_are_left_alone() -> None:
    game = random_game(
        np.random.default_rng(0), leader_counts=[3, 3], follower_counts=[1, 1], leader_discount=0.5,
        follower_discount=0.5,
    ).to_game()  # fmt: skip
    one = PolicyRow(name="one", coefficients=np.array([1.0, 0.0, 0.0, -1.0, 0.0, 0.0]), lower=0.0, upper=0.0)
    assert Alike(game, PolicySpace(rows=(one,))).changes_nothing
    other = PolicyRow(name="other", coefficients=np.array([0.0, 2.0, 0.0, 0.0, -2.0, 0.0]), lower=0.0, upper=0.0)
    tied = Alike(game, PolicySpace(rows=(one, other)))
    assert not tied.changes_nothing
    copied = tied.copied(LeaderPolicy.random(game, np.random.default_rng(1))).probabilities
    assert np.array_equal(copied[0], copied[1])
