"""Problems in words: what every method says, what rows follow, and what is refused."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ssg_mip import GameBuilder, LeaderPolicy, Problem, best_response
from ssg_mip.errors import InvalidPolicyError, OptionError
from ssg_mip.game.game import Game
from ssg_mip.problem.constraints import KINDS, Outcome
from ssg_mip.problem.policy_space import PolicyRow, PolicySpace, Scope
from ssg_mip.problem.wider_rows import CostRow, SupportLimit, ValueRow
from tests.unit.problem.stories import port

GAME = port()
FREE = Problem(GAME)
UNIFORM = LeaderPolicy.uniform(GAME)
PATROLS = {("yard", "patrol"): 1.0, ("gate", "patrol"): 1.0}

SAID: dict[str, Problem] = {
    "require": FREE.require(PATROLS, "<=", 1.5, name="budget"),
    "forbid": FREE.forbid("yard", "rest"),
    "at_least": FREE.at_least("gate", "patrol", 0.25),
    "budget": FREE.budget({("yard", "patrol"): 2, ("gate", "rest"): -1}, 1),
    "same_policy": FREE.same_policy(["yard", "gate"]),
    "at_most_actions": FREE.at_most_actions("yard", 1),
    "deterministic": FREE.deterministic(),
    "close_to": FREE.close_to(UNIFORM, 0.5),
    "cost": FREE.cost({("yard", "patrol", "rob"): 2.0}, at_most=3.0),
    "value_at_least": FREE.value_at_least("gate", -2.0),
    "observe": FREE.observe({"yard": "dark", "gate": "dark"}),
}


def policies(game: Game, steps: int = 6) -> list[LeaderPolicy]:
    shares = np.linspace(0.0, 1.0, steps)
    slots = itertools.product(shares, repeat=game.num_states)
    return [LeaderPolicy.from_slots(game, [part for p in one for part in (p, 1.0 - p)]) for one in slots]


def outcome(policy: LeaderPolicy, game: Game = GAME) -> Outcome:
    found = best_response(game, policy)
    return Outcome(
        game=game,
        slots=policy.slots(game),
        answers=found.follower_policy.actions,
        leader_values=found.leader_values,
    )


def test_there_is_a_method_for_every_kind() -> None:
    assert set(SAID) == set(KINDS)
    for kind, problem in SAID.items():
        (one,) = problem.stated
        assert (one.kind, type(one)) == (kind, KINDS[kind])
        assert callable(getattr(FREE, kind))
        assert json.loads(json.dumps(one.to_dict())) == one.to_dict()
        assert one.words


def test_every_method_returns_a_new_problem() -> None:
    assert FREE.constraints == ()
    assert FREE.policies.names == set()
    both = FREE.forbid("yard", "rest").at_least("gate", "patrol", 0.5)
    assert [one.name for one in both.constraints] == ["forbid yard/rest", "at least gate/patrol"]


@pytest.mark.parametrize("kind", [kind for kind, one in SAID.items() if one.policies.rows])
def test_rows_say_what_the_words_say(kind: str) -> None:
    """Policies of a grid keep the rows exactly where the measure of the constraint has no side missed."""
    problem = SAID[kind]
    (one,) = problem.stated
    kept = []
    for policy in policies(GAME, 11):
        found = one.measure(outcome(policy))
        kept.append(problem.policies.holds(GAME, policy))
        assert kept[-1] == (found.slack >= -one.tolerance(GAME)), (policy, found)
    assert 0 < sum(kept) < len(kept)


def test_the_rows_are_those_of_the_words() -> None:
    def row(problem: Problem) -> tuple[list[float], float, float]:
        (found,) = problem.policies.rows
        return found.coefficients.tolist(), found.lower, found.upper

    assert row(SAID["require"]) == ([1.0, 0.0, 1.0, 0.0], -math.inf, 1.5)
    assert row(FREE.require(PATROLS, ">=", 1)) == ([1.0, 0.0, 1.0, 0.0], 1.0, math.inf)
    assert row(FREE.require(PATROLS, "==", 1)) == ([1.0, 0.0, 1.0, 0.0], 1.0, 1.0)
    assert row(SAID["forbid"]) == ([0.0, 1.0, 0.0, 0.0], -math.inf, 0.0)
    assert row(SAID["at_least"]) == ([0.0, 0.0, 1.0, 0.0], 0.25, math.inf)
    assert row(SAID["budget"]) == ([2.0, 0.0, 0.0, -1.0], -math.inf, 1.0)
    assert row(SAID["same_policy"]) == ([1.0, 0.0, -1.0, 0.0], 0.0, 0.0)


def test_wider_constraints_become_nouns_of_the_space() -> None:
    space = SAID["cost"].policies
    assert space.costs[0].costs[GAME.row(0, 0, 0)] == 2.0
    assert np.count_nonzero(space.costs[0].costs) == 1
    assert (space.costs[0].upper, space.costs[0].name) == (3.0, "cost")
    (value,) = SAID["value_at_least"].policies.values
    assert (value.state, value.least) == (1, -2.0)
    assert FREE.value_at_least(None, 1.0).policies.values[0].state is None
    assert [(one.state, one.most) for one in SAID["deterministic"].policies.supports] == [(0, 1), (1, 1)]
    assert [(one.state, one.most) for one in SAID["at_most_actions"].policies.supports] == [(0, 1)]


def test_measures_of_outcomes() -> None:
    """A cost is what the visits make of it; a value that of the follower's answer; supports are counted."""
    policy = LeaderPolicy.from_names(GAME, {"yard": {"patrol": 0.4, "rest": 0.6}, "gate": {"patrol": 1.0}})
    own = outcome(policy)
    (everything,) = FREE.cost(np.ones((2, 2, 2)), at_most=7.0).constraints
    assert everything.measure(own).value == pytest.approx(1.0 / (1.0 - GAME.leader_discount))
    assert everything.measure(own).slack == pytest.approx(2.0)
    rewards = GAME.leader_rewards.reshape(2, 2, 2)
    (reward,) = FREE.cost(rewards, at_most=0.0).constraints
    assert reward.measure(own).value == pytest.approx(float(GAME.initial @ own.leader_values))
    (value,) = FREE.value_at_least("gate", 0.0).constraints
    assert value.measure(own).slack == own.leader_values[1]
    (start,) = FREE.value_at_least(None, 0.0).constraints
    assert start.measure(own).value == pytest.approx(float(GAME.initial @ own.leader_values))
    assert [one.measure(own).value for one in SAID["deterministic"].constraints] == [2.0]
    assert [one.measure(own).slack for one in SAID["at_most_actions"].constraints] == [-1.0]


def test_indices_stand_for_names() -> None:
    same = FREE.forbid(0, 1).at_least(1, 0, 0.25).same_policy([0, 1]).require({(0, 0): 1, (1, "patrol"): 1}, "<=", 1)
    named = (
        FREE.forbid("yard", "rest")
        .at_least("gate", "patrol", 0.25)
        .same_policy(["yard", "gate"])
        .require(PATROLS, "<=", 1)
    )
    assert same.constraints == named.constraints
    assert same.content_hash == named.content_hash


def test_a_number_that_is_a_name_elsewhere_is_refused() -> None:
    builder = GameBuilder(leader_discount=0.5, follower_discount=0.5)
    for state in (1, 2):
        builder.add_state(state, leader_actions=["a", "b"], follower_actions=["c"])
        for action in "ab":
            builder.add_transition(state, action, "c", leader_reward=1.0, follower_reward=0.0, next=1)
    problem = Problem(builder.build())
    with pytest.raises(OptionError, match="position of one and the name of another"):
        problem.forbid(1, "a")
    assert problem.forbid("1", "a").constraints[0].to_dict()["state"] == "1"
    assert problem.forbid(0, "a").constraints[0].to_dict()["state"] == "1"


def test_names_are_those_of_one_constraint_each() -> None:
    problem = FREE.budget(PATROLS, 1.0).budget(PATROLS, 1.5).forbid(0, 0).forbid(0, 0)
    names = ["budget", "budget 2", "forbid yard/patrol", "forbid yard/patrol 2"]
    assert [one.name for one in problem.constraints] == names
    for given in ("budget", "forbid yard/patrol"):
        with pytest.raises(OptionError, match="name of its own"):
            problem.at_least(0, 0, 0.5, name=given)
    balls = FREE.close_to(UNIFORM, 0.5, name="ball")
    with pytest.raises(OptionError, match="'ball: signs 1'"):
        balls.forbid(0, 0, name="ball: signs 1")


def test_constraints_are_taken_out_by_name() -> None:
    problem = FREE.budget(PATROLS, 1.0).close_to(UNIFORM, 0.5).cost({(0, 0, 0): 1.0}, at_most=1).deterministic()
    assert problem.without("close to").policies.names == {
        "budget", "cost", "deterministic everywhere: yard", "deterministic everywhere: gate",
    }  # fmt: skip
    bare = problem.without("budget", "close to", "cost", "deterministic everywhere")
    assert bare.allows_all
    assert bare.content_hash == GAME.content_hash
    assert problem.constraint("budget").kind == "budget"
    for call in (problem.without, problem.constraint):
        with pytest.raises(OptionError, match="there is no constraint 'guards'; there are 'budget', 'close to'"):
            call("guards")


def test_rows_that_stand_in_the_space_stay_and_are_stated() -> None:
    row = PolicyRow(name="own", coefficients=np.array([1.0, 0.0, 0.0, 0.0]), lower=0.25, upper=0.5)
    cost = CostRow(name="paid", costs=np.array([0.0, 2.0, 0, 0, 0, 0, 0, 0]), lower=1.0, upper=3.0)
    value, limit = ValueRow(name="pay", least=-3.0, state=1), SupportLimit(name="few", state=0, most=1)
    space = PolicySpace(rows=(row,), costs=(cost,), values=(value,), supports=(limit,))
    problem = Problem(GAME, policies=space).forbid(1, 1).without("forbid gate/rest")
    assert problem.policies.rows == (row,)
    assert problem.names_by_scope()[Scope.STATEWISE] == ("own",)
    assert [(one.name, one.words) for one in problem.stated] == [
        ("own", "f(patrol | yard) <= 0.5"),
        ("own from below", "f(patrol | yard) >= 0.25"),
        ("paid", "expected discounted cost from the start at most 3"),
        ("paid from below", "expected discounted cost from the start at most -1"),
        ("pay", "the leader's value from gate at least -3"),
        ("few", "at most 1 actions are used in yard"),
    ]
    again = Problem(GAME)
    for one in problem.stated:
        again = again.constrained(one)
    assert again.content_hash == problem.content_hash


def test_labels_are_stated_and_taken_out_like_constraints() -> None:
    seen = FREE.observe({"yard": "dark", "gate": "dark"}).forbid(0, 1)
    assert [one.to_dict() for one in seen.stated][1] == {
        "kind": "observe", "name": "labels", "labels": {"yard": "dark", "gate": "dark"},
    }  # fmt: skip
    assert seen.names_by_scope()[Scope.COUPLING] == ("labels",)
    assert seen.content_hash != FREE.forbid(0, 1).content_hash
    assert seen.without("labels").content_hash == FREE.forbid(0, 1).content_hash
    assert seen.without("labels").policies.observed == ()
    named = FREE.forbid(0, 1, name="labels").observe({"yard": "dark", "gate": "dark"})
    assert [one.name for one in named.stated] == ["labels", "labels 2"]


def test_restrictions_are_named_in_the_words_of_the_user() -> None:
    problem = (
        FREE.same_policy([0, 1], name="shifts").at_least(0, 0, 0.1).deterministic(name="pure").value_at_least(0, 1)
    )
    assert problem.names_by_scope() == {
        Scope.STATEWISE: ("at least yard/patrol",),
        Scope.COUPLING: ("shifts",),
        Scope.VALUE: ("value from yard",),
        Scope.SUPPORT: ("pure",),
    }


def test_the_hash_covers_words_limits_names_and_order() -> None:
    base = FREE.budget(PATROLS, 1.0, name="guards").forbid(0, 1)
    others = [
        FREE,
        FREE.budget(PATROLS, 1.0, name="guards"),
        FREE.budget(PATROLS, 1.0 + 1e-15, name="guards").forbid(0, 1),
        FREE.budget(PATROLS, 1.0, name="guard").forbid(0, 1),
        FREE.budget(PATROLS, 1.0, name="guards").forbid(0, 0),
        FREE.forbid(0, 1).budget(PATROLS, 1.0, name="guards"),
        FREE.require(PATROLS, "<=", 1.0, name="guards").forbid(0, 1),
    ]
    assert len({one.content_hash for one in (base, *others)}) == 1 + len(others)
    assert base.content_hash == FREE.budget(PATROLS, 1, name="guards").forbid(0, 1).content_hash


# -------------------------------------------------------------------- balls


@pytest.mark.parametrize("seed", range(4))
def test_the_rows_of_a_ball_are_the_ball(seed: int) -> None:
    """Random policies of three states with up to three actions, around centres with actions that are not used."""
    rng = np.random.default_rng(seed)
    builder = GameBuilder(leader_discount=0.5, follower_discount=0.5)
    for state, count in (("x", 3), ("y", 2), ("z", 1)):
        builder.add_state(state, leader_actions=[f"a{i}" for i in range(count)], follower_actions=["b"])
        for i in range(count):
            builder.add_transition(state, f"a{i}", "b", leader_reward=1.0, follower_reward=0.0, next="x")
    game = builder.build()
    centre = rng.dirichlet(np.ones(3)).tolist() if seed % 2 else [0.0, 0.25, 0.75]
    table = {"x": dict(zip(("a0", "a1", "a2"), centre, strict=True)), "y": {"a0": 0.5, "a1": 0.5}, "z": {"a0": 1.0}}
    problem = Problem(game).close_to(table, 0.7)
    assert len(problem.policies.rows) == (6 if seed % 2 else 3) * 2
    inside = 0
    for _ in range(600):
        policy = LeaderPolicy.from_slots(game, rng.exponential(size=6) ** 2)
        distance = float(np.abs(policy.slots(game) - LeaderPolicy.from_names(game, table).slots(game)).sum())
        assert problem.policies.holds(game, policy) == (distance <= 0.7)
        inside += distance <= 0.7
    assert 10 < inside < 590


def test_a_ball_around_a_deterministic_policy_is_one_row() -> None:
    pure = LeaderPolicy.deterministic(GAME, [0, 1])
    (row,) = FREE.close_to(pure, 0.5, name="near").policies.rows
    assert row.name == "near"
    assert row.coefficients.tolist() == [0.0, 2.0, 2.0, 0.0]
    assert FREE.close_to(pure, 4.0).policies.rows == ()


def test_too_many_signs_are_refused_with_a_remedy() -> None:
    builder = GameBuilder(leader_discount=0.5, follower_discount=0.5)
    for state in range(9):
        builder.add_state(f"s{state}", leader_actions=["a", "b"], follower_actions=["c"])
        for action in "ab":
            builder.add_transition(f"s{state}", action, "c", leader_reward=1.0, follower_reward=0.0, next="s0")
    game = builder.build()
    with pytest.raises(OptionError, match=r"'shy' needs 512 rows.*at most 256.*mixes in fewer states"):
        Problem(game).close_to(LeaderPolicy.uniform(game), 1.0, name="shy")
    assert len(Problem(game).close_to(LeaderPolicy.deterministic(game, [0] * 9), 1.0).policies.rows) == 1


# -------------------------------------------------------------------- wrong input

WRONG: list[tuple[Callable[[], Any], str]] = [
    (lambda: Problem("port"), "game is 'port'; it must be a Game"),  # type: ignore[arg-type]
    (lambda: FREE.require({}, "<=", 1), "the coefficients is empty; it must be a mapping such as"),
    (lambda: FREE.require([1], "<=", 1), "it must be a mapping such as {(state, action): coefficient}"),  # type: ignore[arg-type]
    (lambda: FREE.require({"yard": 1}, "<=", 1), "the key 'yard'; it must be (state, action)"),  # type: ignore[dict-item]
    (lambda: FREE.require({("yard",): 1}, "<=", 1), "it must be (state, action)"),  # type: ignore[dict-item]
    (lambda: FREE.require({("field", "patrol"): 1}, "<=", 1), "unknown state 'field'; there are 'yard', 'gate'"),
    (lambda: FREE.require({("yard", "sail"): 1}, "<=", 1), "unknown leader action of state 'yard' 'sail'"),
    (lambda: FREE.require({(2, "patrol"): 1}, "<=", 1), "state at position 2; positions count from 0 to 1"),
    (lambda: FREE.require({(-1, "patrol"): 1}, "<=", 1), "positions count from 0 to 1"),
    (lambda: FREE.require({(True, "patrol"): 1}, "<=", 1), "unknown state True"),
    (lambda: FREE.require({(None, "patrol"): 1}, "<=", 1), "names must be strings"),
    (lambda: FREE.require({("yard", 7): 1}, "<=", 1), "positions count from 0 to 1"),
    (lambda: FREE.require({("yard", 0): 1, (0, "patrol"): 2}, "<=", 1), "'patrol' of state 'yard' twice"),
    (lambda: FREE.require({("yard", "patrol"): math.nan}, "<=", 1), "is nan; it must be a finite number"),
    (lambda: FREE.require({("yard", "patrol"): "1"}, "<=", 1), "is '1'; it must be a finite number"),  # type: ignore[dict-item]
    (lambda: FREE.require({("yard", "patrol"): 0.0}, "<=", 1), "has no coefficient but 0"),
    (lambda: FREE.require(PATROLS, "<", 1), "sense is '<'; it must be one of <=, >=, =="),  # type: ignore[arg-type]
    (lambda: FREE.require(PATROLS, "<=", math.inf), "limit is inf; it must be a finite number"),
    (lambda: FREE.require(PATROLS, "<=", None), "limit is None"),  # type: ignore[arg-type]
    (lambda: FREE.require(PATROLS, "<=", 1, name=""), "the name of a constraint is ''"),
    (lambda: FREE.require(PATROLS, "<=", 1, name="a\nb"), "holds no control characters"),
    (lambda: FREE.require(PATROLS, "<=", 1, name=3), "the name of a constraint is 3"),  # type: ignore[arg-type]
    (lambda: FREE.forbid("yard", "sail"), "forbid names the unknown leader action"),
    (lambda: FREE.at_least("yard", "patrol", 1.5), "probability is 1.5; it must be a finite number between 0 and 1"),
    (lambda: FREE.at_least("yard", "patrol", -0.1), "between 0 and 1"),
    (lambda: FREE.budget(PATROLS, math.nan), "at_most is nan"),
    (lambda: FREE.same_policy("yard"), "give a list of states"),
    (lambda: FREE.same_policy(["yard"]), "names 1 states; it needs at least 2"),
    (lambda: FREE.same_policy(["yard", 0]), "names the state 'yard' twice"),
    (lambda: FREE.same_policy(3), "give a list of states"),  # type: ignore[arg-type]
    (lambda: FREE.at_most_actions("yard", 0), "k is 0; it must be a whole number of at least 1"),
    (lambda: FREE.at_most_actions("yard", 1.5), "must be a whole number"),  # type: ignore[arg-type]
    (lambda: FREE.deterministic([]), "names 0 states"),
    (lambda: FREE.close_to(UNIFORM, -1.0), "radius is -1.0; it must be a finite number of at least 0"),
    (lambda: FREE.close_to("uniform", 1.0), "it must be a LeaderPolicy or"),  # type: ignore[arg-type]
    (lambda: FREE.cost({("yard", "patrol"): 1.0}, at_most=1), "it must be (state, leader action, follower action)"),  # type: ignore[dict-item]
    (lambda: FREE.cost({("yard", "patrol", "run"): 1.0}, at_most=1), "unknown follower action of state 'yard' 'run'"),
    (lambda: FREE.cost(np.ones((2, 2)), at_most=1), "of shape (2, 2, 2)"),
    (lambda: FREE.cost("dear", at_most=1), "costs are 'dear'"),
    (lambda: FREE.cost(np.full((2, 2, 2), np.inf), at_most=1), "the cost at (0, 0, 0) is inf"),
    (lambda: FREE.cost(np.zeros((2, 2, 2)), at_most=1), "holds no cost but 0"),
    (lambda: FREE.cost({(0, 0, 0): 1.0}, at_most=math.inf), "at_most is inf"),
    (lambda: FREE.value_at_least("field", 1.0), "value_at_least names the unknown state"),
    (lambda: FREE.value_at_least("yard", math.nan), "value is nan"),
]


@pytest.mark.parametrize(("call", "said"), WRONG)
def test_wrong_input_is_told_where_and_how_to_mend(call: Callable[[], Any], said: str) -> None:
    with pytest.raises(OptionError) as caught:
        call()
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_policies_that_are_none_are_told_as_elsewhere() -> None:
    with pytest.raises(InvalidPolicyError, match="says nothing about state 'gate'"):
        FREE.close_to({"yard": {"patrol": 1.0}}, 1.0)
    with pytest.raises(InvalidPolicyError, match="needs \\(2, 2\\)"):
        FREE.close_to(LeaderPolicy(np.ones((3, 1))), 1.0)


def test_states_with_other_actions_have_no_common_policy() -> None:
    builder = GameBuilder(leader_discount=0.5, follower_discount=0.5)
    for state, actions in (("x", "ab"), ("y", "ba")):
        builder.add_state(state, leader_actions=list(actions), follower_actions=["c"])
        for action in actions:
            builder.add_transition(state, action, "c", leader_reward=1.0, follower_reward=0.0, next="x")
    with pytest.raises(OptionError, match="'x' and 'y', whose leader actions are a, b, and b, a; give states"):
        Problem(builder.build()).same_policy(["x", "y"])
