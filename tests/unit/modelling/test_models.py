"""The documented Pyomo models, changed by their user, and our search on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest

from ssg_mip import (
    Game,
    LeaderPolicy,
    best_response,
    commitment_model,
    improvement_model,
    solve,
    solve_model,
    solve_with,
)
from ssg_mip.base.status import Status
from ssg_mip.base.tolerances import DEFAULT_TOLERANCES
from ssg_mip.errors import OptionError
from ssg_mip.library import random_game
from ssg_mip.modelling.components import COMMITMENT, IMPROVEMENT, components, describe, kind_of
from ssg_mip.modelling.models import probability, put_into
from ssg_mip.modelling.other_solvers import not_kept
from ssg_mip.modelling.reading import read_model
from ssg_mip.problem.evaluated_policy import EvaluatedPolicy
from ssg_mip.problem.follower import Rational
from ssg_mip.problem.objective import Objective
from ssg_mip.problem.policy_space import PolicyRow, PolicySpace
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.wider_rows import CostRow, SupportLimit, ValueRow
from tests.unit.exact.wider_cases import spent

GAME = random_game(seed=1)
SLOTS = int(GAME.leader_offsets[-1])


def row(terms: dict[int, float], lower: float = -np.inf, upper: float = np.inf, name: str = "row") -> PolicyRow:
    coefficients = np.zeros(SLOTS)
    coefficients[list(terms)] = list(terms.values())
    return PolicyRow(name=name, coefficients=coefficients, lower=lower, upper=upper)


def limited(*rows: PolicyRow) -> Problem:
    return Problem(GAME, policies=PolicySpace(rows=rows))


BUDGET = limited(row({0: 1.0, 2: 1.0, 4: 1.0}, lower=1.5, name="budget"))


def everything() -> Problem:
    """A problem that asks for something of every kind."""
    costs = CostRow(name="costs", costs=np.linspace(0.0, 1.0, GAME.num_rows), upper=6.0)
    space = PolicySpace(
        rows=BUDGET.policies.rows,
        costs=(costs,),
        values=(ValueRow(name="here", state=0, least=-5.0), ValueRow(name="start", least=-5.0)),
        supports=(SupportLimit(name="one", state=1, most=1),),
    )
    return Problem(GAME, policies=space)


# -------------------------------------------------------------------- what the models say


@pytest.mark.parametrize(
    ("model", "words"), [(commitment_model(everything()), COMMITMENT), (improvement_model(GAME), IMPROVEMENT)]
)
def test_every_component_says_what_it_is(model: Any, words: dict[str, str]) -> None:
    for component in components(model):
        assert component.doc == words[kind_of(component.local_name)]
        assert component.doc in describe(model)


def test_values_of_a_policy_keep_every_row_and_others_do_not() -> None:
    """The model and the evaluation say the same, for a random policy and each answer to it."""
    model = commitment_model(GAME)
    rng = np.random.default_rng(5)
    for _ in range(10):
        found = EvaluatedPolicy.of(Problem(GAME), LeaderPolicy.random(GAME, rng), DEFAULT_TOLERANCES)
        put_into(model, found)
        assert not_kept(model) == []
        assert pyo.value(model.objective) == pytest.approx(GAME.initial @ found.values)
        model.g[1, 0].set_value(1 - model.g[1, 0].value)
        model.g[1, 1].set_value(1 - model.g[1, 1].value)
        assert any(name.startswith(("response", "leader_at")) for name in not_kept(model))


def test_the_improvement_model_says_what_a_step_gains() -> None:
    model = improvement_model(GAME)
    start = best_response(GAME, LeaderPolicy.uniform(GAME)).leader_values
    put_into(model, EvaluatedPolicy.of(Problem(GAME), LeaderPolicy.uniform(GAME), DEFAULT_TOLERANCES))
    assert not_kept(model) == []
    assert pyo.value(model.gain) == pytest.approx(0.0, abs=1e-12)
    assert [pyo.value(model.Q[s]) for s in range(3)] == pytest.approx(start.tolist())


def test_rows_of_the_problem_are_rows_of_the_model() -> None:
    model = commitment_model(BUDGET.above(np.array([-1.0, -np.inf, 0.0])))
    assert list(model.policy_row) == ["budget"]
    assert pyo.value(model.policy_row["budget"].lower) == 1.5
    assert {s: pyo.value(model.floor[s].lower) for s in model.floor} == {0: -1.0, 2: 0.0}


def test_what_the_models_do_not_state_is_refused() -> None:
    with pytest.raises(OptionError, match="ties is 'adverse'"):
        commitment_model(Problem(GAME, follower=Rational(ties="adverse")))
    with pytest.raises(OptionError, match="improvement_model has none"):
        improvement_model(Problem(GAME).above(np.zeros(3)))
    with pytest.raises(OptionError, match="breaks the rows budget"):
        improvement_model(BUDGET, LeaderPolicy.deterministic(GAME, [1, 1, 1]))
    with pytest.raises(OptionError, match="none that commitment_model"):
        solve_model(pyo.ConcreteModel())


def test_variables_are_found_by_the_games_names() -> None:
    model = commitment_model(GAME)
    assert probability(model, "s1", "a1") is model.f[1, 1]
    with pytest.raises(OptionError, match="has no such state"):
        probability(model, "s9", "a1")
    with pytest.raises(OptionError, match="the leader has 'a0', 'a1'"):
        probability(model, "s1", "b1")


# -------------------------------------------------------------------- what is honoured


def expr(model: Any, terms: dict[tuple[int, int], float]) -> Any:
    return sum(factor * model.f[place] for place, factor in terms.items())


def in_a_list(model: Any) -> None:
    model.more = pyo.ConstraintList()
    model.more.add(expr(model, {(0, 0): 1.0, (1, 0): 1.0, (2, 0): 1.0}) >= 1.5)


def in_a_block(model: Any) -> None:
    model.mine = pyo.Block()
    model.mine.least = pyo.Param(initialize=3.0, mutable=True)
    model.mine.row = pyo.Constraint(expr=model.mine.least <= 2.0 * expr(model, {(0, 0): 1.0, (1, 0): 1.0, (2, 0): 1.0}))


def by_an_expression(model: Any) -> None:
    model.total = pyo.Expression(expr=model.f[0, 0] + model.f[1, 0] + model.f[2, 0] - 4.0)
    model.row = pyo.Constraint(rule=lambda m: (-2.5, m.total, 10.0))


@pytest.mark.parametrize("change", [in_a_list, in_a_block, by_an_expression])
def test_rows_are_read_however_they_are_written(change: Callable[[Any], None]) -> None:
    model = commitment_model(GAME)
    change(model)
    (read,) = read_model(model).problem.policies.rows
    scale = read.coefficients[0]
    assert (read.coefficients / scale).tolist() == [1.0, 0.0, 1.0, 0.0, 1.0, 0.0]
    assert read.lower / scale == pytest.approx(1.5)


def fix(model: Any) -> None:
    model.f[1, 0].fix(0.25)


def bound(model: Any) -> None:
    model.f[0, 1].setub(0.4)
    model.f[2, 0].setlb(0.1)


def add_a_row(model: Any) -> None:
    model.budget = pyo.Constraint(expr=model.f[0, 0] + model.f[1, 0] + model.f[2, 0] >= 1.5)


@pytest.mark.parametrize(
    ("change", "same"),
    [
        (fix, limited(row({2: 1.0}, 0.25, 0.25))),
        (bound, limited(row({1: 1.0}, upper=0.4), row({4: 1.0}, lower=0.1))),
        (add_a_row, BUDGET),
    ],
)
def test_a_changed_model_has_the_optimum_of_the_problem_that_says_the_same(
    change: Callable[[Any], None], same: Problem
) -> None:
    model = commitment_model(GAME)
    change(model)
    result, written = solve_model(model), solve_model(commitment_model(same))
    assert result.leader_value == pytest.approx(written.leader_value, abs=2e-3)
    assert result.leader_value < solve(GAME, "commitment").leader_value - 0.01
    assert result.leader_policy is not None
    assert same.policies.holds(GAME, result.leader_policy)
    assert not_kept(model) == []
    assert result.details["model"]["objective"] == pytest.approx(result.leader_value)
    assert result.details["model"]["bound"] == pytest.approx(result.dual_bound)


@pytest.mark.parametrize("seed", range(4))
def test_our_search_and_scip_agree_on_changed_models(seed: int) -> None:
    """Random rows on f across states; SCIP on the same Pyomo model."""
    pytest.importorskip("pyscipopt")
    rng = np.random.default_rng(seed)
    game = random_game(seed=seed + 20, states=2)
    model = commitment_model(game)
    factors = rng.uniform(-1.0, 1.0, size=4)
    middle = float(factors @ np.full(4, 0.5))
    model.across = pyo.Constraint(
        expr=sum(f * v for f, v in zip(factors, model.f.values(), strict=True)) <= middle + 0.05
    )
    ours = solve_model(model)
    theirs = solve_with(model, "scip", time_limit=60)
    assert theirs.details["claimed_status"] == "optimal"
    assert theirs.details["not_kept"] == []
    scale = 1.0 + abs(ours.leader_value)
    assert theirs.leader_value <= ours.dual_bound + 1e-6 * scale
    assert ours.leader_value <= theirs.details["claimed_bound"] + 2e-5 * scale


def test_a_row_of_the_problem_may_be_deactivated_or_changed() -> None:
    model = commitment_model(BUDGET)
    model.policy_row["budget"].deactivate()
    assert read_model(model).problem.policies.rows == ()
    model.policy_row["budget"].activate()
    model.policy_row["budget"].set_value(model.f[0, 0] <= 0.5)
    (read,) = read_model(model).problem.policies.rows
    assert (read.name, read.upper, read.coefficients.tolist()) == ("budget", 0.5, [1.0, 0.0, 0.0, 0.0, 0.0, 0.0])


def test_lower_bounds_of_leader_values_are_floors() -> None:
    model = commitment_model(GAME)
    model.V[0].setlb(1.0)
    model.least = pyo.Constraint(expr=-2.0 * model.V[2] <= -3.0)
    floor = read_model(model).problem.floor
    assert floor is not None
    assert floor.tolist() == [1.0, -np.inf, 1.5]


def test_another_objective_is_honoured_with_its_scale_and_sense() -> None:
    model = commitment_model(GAME)
    model.objective.deactivate()
    model.cost = pyo.Objective(expr=7.0 - 2.0 * model.V[0] - model.leader_value)
    result = solve_model(model)
    assert result.weights.tolist() == pytest.approx([7 / 9, 1 / 9, 1 / 9])
    assert result.details["model"]["objective"] == pytest.approx(7.0 - 3.0 * result.leader_value)
    assert result.details["model"]["bound"] == pytest.approx(7.0 - 3.0 * result.dual_bound)
    plain = solve(GAME, "commitment", weights=[7 / 9, 1 / 9, 1 / 9])
    assert result.leader_value == pytest.approx(plain.leader_value, abs=2e-3)


def test_what_follows_from_the_rest_may_be_deactivated() -> None:
    model = commitment_model(GAME)
    model.share_w.deactivate()
    model.V[0].setub(None)
    model.unused = pyo.Var()
    assert solve_model(model).leader_value == pytest.approx(solve(GAME, "commitment").leader_value, abs=1e-3)


def test_a_step_is_solved_with_its_gain_and_the_bound_on_it() -> None:
    model = improvement_model(GAME)
    result = solve_model(model)
    values = best_response(GAME, LeaderPolicy.uniform(GAME)).leader_values
    about = result.details["model"]
    assert about["objective"] == pytest.approx(pyo.value(model.gain))
    assert 0.5 < about["objective"] <= about["bound"] <= about["objective"] * 1.001
    assert np.all(result.leader_values >= values - 1e-9)
    assert not_kept(model) == []
    assert result.check.passed


def test_a_step_with_other_weights_agrees_with_scip() -> None:
    pytest.importorskip("pyscipopt")
    model = improvement_model(GAME)
    model.objective.deactivate()
    model.mine = pyo.Objective(expr=2.0 * model.Q[0] + model.Q[1] + model.Q[2], sense=pyo.maximize)
    ours = solve_model(model)
    theirs = solve_with(model, "scip", time_limit=60)
    assert ours.details["model"]["objective"] == pytest.approx(theirs.details["objective"], rel=1e-3)
    assert theirs.details["objective"] <= ours.details["model"]["bound"] + 1e-6
    assert ours.details["model"]["objective"] <= theirs.details["claimed_bound"] + 1e-5


def test_a_step_with_a_row_across_states_agrees_with_scip() -> None:
    pytest.importorskip("pyscipopt")
    model = improvement_model(GAME)
    model.across = pyo.Constraint(expr=model.f[0, 0] + model.f[1, 0] + model.f[2, 0] >= 1.2)
    ours = solve_model(model)
    assert ours.details["model"]["rows"] == ["across"]
    assert not_kept(model) == []
    theirs = solve_with(model, "scip", time_limit=60)
    assert theirs.details["objective"] <= ours.details["model"]["bound"] + 1e-6
    assert ours.details["model"]["objective"] <= theirs.details["claimed_bound"] + 1e-5
    assert (
        ours.details["model"]["objective"] < solve_model(improvement_model(GAME)).details["model"]["objective"] - 1e-3
    )


def test_a_certificate_is_written(tmp_path: Any) -> None:
    from ssg_mip import verify_bounds

    model = commitment_model(BUDGET)
    result = solve_model(model, certificate=tmp_path / "proof.cert")
    (proof,) = verify_bounds(GAME, tmp_path / "proof.cert")
    assert proof.failed == ()
    assert result.dual_bound < solve(GAME, "commitment").leader_value


# -------------------------------------------------------------------- costs, values and limits on used actions


def small(seed: int) -> Game:
    return random_game(seed=seed + 20, states=2, leader_actions=3)


def spending(seed: int) -> Problem:
    """At most what the uniform policy spends, less a tenth; costs from a seed."""
    game = small(seed)
    costs = np.random.default_rng(seed).uniform(size=game.num_rows)
    free = solve(game, "commitment").leader_policy
    assert free is not None
    most = 0.9 * spent(game, free, best_response(game, free).follower_policy, costs)
    return Problem(game, policies=PolicySpace(costs=(CostRow(name="spent", costs=costs, upper=most),)))


def from_the_start(seed: int) -> Problem:
    """Weighted by the first state alone, with so much from the start."""
    game = small(seed)
    first = solve(game, "commitment", weights=[1.0, 0.0])
    both = solve(game, "commitment")
    least = 0.5 * float(game.initial @ first.leader_values) + 0.5 * both.leader_value
    return Problem(game, Objective(game.initial), policies=PolicySpace(values=(ValueRow(name="enough", least=least),)))


def few(seed: int) -> Problem:
    return Problem(small(seed), policies=PolicySpace(supports=(SupportLimit(name="one", state=0, most=1),)))


@pytest.mark.parametrize("make", [spending, from_the_start, few])
@pytest.mark.parametrize("seed", range(2))
def test_scip_and_our_search_agree_on_what_else_a_problem_asks(make: Callable[[int], Problem], seed: int) -> None:
    pytest.importorskip("pyscipopt")
    problem = make(seed)
    model = commitment_model(problem)
    ours = solve_model(model)
    if ours.leader_policy is not None:
        assert not_kept(model) == []
    theirs = solve_with(model, "scip", time_limit=60)
    if theirs.details["claimed_status"] == "infeasible":
        assert ours.status is Status.INFEASIBLE
        return
    assert theirs.details["claimed_status"] == "optimal"
    scale = 1.0 + abs(ours.leader_value)
    assert theirs.leader_value <= ours.dual_bound + 1e-6 * scale
    assert ours.leader_value <= theirs.details["claimed_bound"] + 2e-5 * scale
    assert theirs.details["not_kept"] == []


def test_costs_cost_something() -> None:
    problem = spending(0)
    result = solve_model(commitment_model(problem))
    assert result.leader_value < solve(problem.game, "commitment").leader_value - 1e-3


@pytest.mark.parametrize(
    ("make", "component", "name"),
    [(spending, "cost_row", "spent"), (from_the_start, "value_row", "enough"), (few, "few", "one")],
)
def test_what_else_a_problem_asks_may_be_deactivated_and_not_changed(
    make: Callable[[int], Problem], component: str, name: str
) -> None:
    model = commitment_model(make(0))
    assert read_model(model).problem.policies.names == {name}
    rows = model.component(component)
    rows[name].deactivate()
    assert read_model(model).problem.policies.names == set()
    rows[name].activate()
    rows[name].set_value(rows[name].body <= 100.0)
    with pytest.raises(OptionError, match=rf"{component}\[{name}\] is not the row that was written"):
        solve_model(model)


def test_constraints_keep_their_words_where_their_rows_are_as_they_were() -> None:
    problem = Problem(GAME).require({("s0", "a0"): 1.0, ("s1", "a0"): 1.0}, ">=", 0.5, name="both")
    model = commitment_model(problem.at_least("s2", "a1", 0.25))
    read = read_model(model).problem
    assert [one.name for one in read.constraints] == [
        one.name for one in problem.at_least("s2", "a1", 0.25).constraints
    ]
    model.policy_row["both"].set_value(model.f[0, 0] >= 0.1)
    assert len(read_model(model).problem.constraints) == 1
    assert len(read_model(model).problem.policies.rows) == 2


# -------------------------------------------------------------------- what is refused


def refuse_quadratic(model: Any) -> None:
    model.mine = pyo.Constraint(expr=model.f[0, 0] * model.f[1, 0] <= 0.2)


def refuse_follower_value(model: Any) -> None:
    model.mine = pyo.Constraint(expr=model.v[0] <= 3.0)


def refuse_answer(model: Any) -> None:
    model.mine = pyo.Constraint(expr=model.g[0, 0] + model.f[0, 0] <= 1.0)


def refuse_two_values(model: Any) -> None:
    model.mine = pyo.Constraint(expr=model.V[0] - model.V[1] >= 0.0)


def refuse_value_from_above(model: Any) -> None:
    model.mine = pyo.Constraint(expr=model.V[0] <= 3.0)


def refuse_new_variable(model: Any) -> None:
    model.slack = pyo.Var(bounds=(0, None))
    model.mine = pyo.Constraint(expr=model.f[0, 0] + model.slack <= 1.0)


def refuse_contradiction(model: Any) -> None:
    model.p = pyo.Param(initialize=1.0, mutable=True)
    model.mine = pyo.Constraint(expr=0 * model.f[0, 0] + model.p <= 0.5)


def refuse_sos(model: Any) -> None:
    model.mine = pyo.SOSConstraint(var=model.f, sos=1)


def refuse_fixed_answer(model: Any) -> None:
    model.g[0, 0].fix(1)


def refuse_tight_value(model: Any) -> None:
    model.v[1].setub(0.0)


def refuse_binary(model: Any) -> None:
    model.f[0, 0].domain = pyo.Binary


def refuse_negative(model: Any) -> None:
    model.f[0, 0].setlb(None)


def refuse_relaxed_answer(model: Any) -> None:
    model.g[0, 0].domain = pyo.UnitInterval


def refuse_without_incentive(model: Any) -> None:
    model.incentive[0, 0].deactivate()


def refuse_without_all_products(model: Any) -> None:
    model.product.deactivate()


def refuse_changed_row(model: Any) -> None:
    model.leader_policy[1].set_value(model.f[1, 0] + model.f[1, 1] == 0.9)


def refuse_deleted(model: Any) -> None:
    model.del_component("response")


def refuse_objective(model: Any) -> None:
    model.objective.deactivate()
    model.mine = pyo.Objective(expr=model.V[0] - model.V[1], sense=pyo.maximize)


def refuse_minimised(model: Any) -> None:
    model.objective.sense = pyo.minimize


def refuse_follower_objective(model: Any) -> None:
    model.objective.deactivate()
    model.mine = pyo.Objective(expr=model.V[0] + model.v[1], sense=pyo.maximize)


def refuse_no_objective(model: Any) -> None:
    model.objective.deactivate()


@pytest.mark.parametrize(
    ("change", "name", "why"),
    [
        (refuse_quadratic, "mine", "is not linear"),
        (refuse_follower_value, "mine", r"speaks of v\[0\]"),
        (refuse_answer, "mine", r"speaks of g\[0,0\]"),
        (refuse_two_values, "mine", r"speaks of V\[0\], V\[1\]"),
        (refuse_value_from_above, "mine", r"bounds V\[0\] from above"),
        (refuse_new_variable, "mine", "speaks of slack"),
        (refuse_contradiction, "mine", "has no variable and does not hold"),
        (refuse_sos, "mine", "is a SOSConstraint"),
        (refuse_fixed_answer, r"g\[0,0\]", "is fixed at 1"),
        (refuse_tight_value, r"v\[1\]", "has the upper bound"),
        (refuse_binary, r"f\[0,0\]", "must be a whole number"),
        (refuse_negative, r"f\[0,0\]", "may be as small as None"),
        (refuse_relaxed_answer, r"g\[0,0\]", "has the domain UnitInterval"),
        (refuse_without_incentive, r"incentive\[0,0\]", "is deactivated"),
        (refuse_without_all_products, r"product\[0\]", "is deactivated"),
        (refuse_changed_row, r"leader_policy\[1\]", "is not the row that was written"),
        (refuse_deleted, "response", "is not in the model any more"),
        (refuse_objective, "mine", "does not rise with the leader's values"),
        (refuse_minimised, "objective", "does not rise with the leader's values"),
        (refuse_follower_objective, "mine", r"holds v\[1\]"),
        (refuse_no_objective, "the objective", "must be one; active are none"),
    ],
)
def test_what_cannot_be_honoured_is_refused_by_name(change: Callable[[Any], None], name: str, why: str) -> None:
    model = commitment_model(GAME)
    change(model)
    with pytest.raises(OptionError, match=rf"nothing was solved:\n(.*\n)*  {name} {why}"):
        solve_model(model)


def test_all_refusals_come_at_once() -> None:
    model = commitment_model(GAME)
    refuse_fixed_answer(model)
    refuse_follower_value(model)
    refuse_without_incentive(model)
    with pytest.raises(OptionError) as refused:
        solve_model(model)
    assert str(refused.value).count("\n  ") == 3
    assert model.g[0, 0].fixed


def test_an_objective_that_leaves_states_out_is_no_step() -> None:
    model = improvement_model(GAME)
    model.objective.deactivate()
    model.mine = pyo.Objective(expr=model.Q[0], sense=pyo.maximize)
    with pytest.raises(OptionError, match="mine leaves states without weight"):
        solve_model(model)


def game_of(model: Any) -> Game:
    return read_model(model).problem.game


def test_a_copy_of_a_model_is_read_as_the_model() -> None:
    model = commitment_model(GAME)
    copied = model.clone()
    copied.budget = pyo.Constraint(expr=copied.f[0, 0] <= 0.5)
    assert len(read_model(copied).problem.policies.rows) == 1
    assert read_model(model).problem.policies.rows == ()
    assert game_of(copied).content_hash == GAME.content_hash
