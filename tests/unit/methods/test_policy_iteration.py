"""Algorithm 1 of Kudo & Akimoto: monotone, certified where it stops, honest where it cannot go on."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from ssg_mip.base.deadline import Deadline
from ssg_mip.base.interrupt import Interrupt
from ssg_mip.base.status import Status, Termination
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.best_response import Ties, best_response
from ssg_mip.exact import Answer, solve_improvement
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.methods.policy_iteration import solve as iterate
from ssg_mip.methods.registry import find_method
from ssg_mip.pareto.dominance import cone_excess
from ssg_mip.problem.weights import compliant_weights
from ssg_mip.result import ProgressRow, Result
from ssg_mip.runs.run import Run, StepSelection
from tests.oracles.games import agreement_game, random_game
from tests.oracles.known import figure_1
from tests.unit.methods.grid_improvement import GridImprovement, one_step_values, plain_answer
from tests.unit.questions import asked

TOLERANCE = 1e-7


def monotone(result: Result) -> bool:
    """Whether no state's value falls from one iterate to the next."""
    values = np.array([point.leader_values for point in result.trajectory])
    scale = 1.0 + np.abs(values).max()
    return bool(np.all(np.diff(values, axis=0) >= -TOLERANCE * scale))


def small_game(seed: int) -> Game:
    """Two to four states, two or three actions each, discounts that differ."""
    rng = np.random.default_rng([7, seed])
    states = 2 + seed % 3
    sizes = [2 if states == 4 else 2 + seed % 2] * states
    return random_game(
        rng,
        leader_counts=sizes,
        follower_counts=sizes,
        leader_discount=float(rng.choice([0.5, 0.8, 0.9])),
        follower_discount=float(rng.choice([0.3, 0.6, 0.9])),
        successors=2,
        name=f"small-{seed}",
    ).to_game()


# ---------------------------------------------------------------------------- the loop, with a transparent solver


@pytest.mark.parametrize(("weights", "expected"), [((0.8, 0.2), (10.0, 9.0)), ((0.2, 0.8), (9.0, 10.0))])
def test_figure_1_reaches_the_point_that_the_weights_prefer(
    weights: tuple[float, float], expected: tuple[float, float]
) -> None:
    """Fig. 1 with x=1, y=2: from the uniform policy, worth 0, one step reaches (10, 9) or its mirror."""
    plain = figure_1(1.0, 2.0)
    result = iterate(*asked(plain.to_game(), weights=np.array(weights)), improve=GridImprovement(plain))
    assert result.leader_values == pytest.approx(expected)
    assert result.termination is Termination.STATIONARY
    assert result.trajectory[0].leader_values == pytest.approx([0.0, 0.0])
    assert monotone(result)


def test_figure_1_with_a_weak_threat_is_stationary_at_once() -> None:
    """Fig. 1 with x=y=1: gamma_B y < x, every policy is worth 0, so the start is certified without a step."""
    plain = figure_1(1.0, 1.0)
    result = iterate(*asked(plain.to_game(), weights=np.array([0.5, 0.5])), improve=GridImprovement(plain))
    assert len(result.trajectory) == 1
    assert result.termination is Termination.STATIONARY
    assert result.trajectory[0].step_bound <= 1e-9
    assert result.leader_values == pytest.approx([0.0, 0.0])


def test_one_program_certifies_when_the_weights_are_positive_enough() -> None:
    """The bound of the weighted program divided by the smallest weight is the stop test: no second program."""
    plain = figure_1(1.0, 1.0)
    solver = GridImprovement(plain)
    iterate(*asked(plain.to_game(), weights=np.array([0.5, 0.5])), improve=solver)
    assert solver.calls == 1


def test_a_state_without_weight_is_improved_as_well() -> None:
    """All weight on state 1: the limit still leaves no gain in state 2 on the table (Theorem 9 is over all states)."""
    plain = figure_1(1.0, 2.0)
    game = plain.to_game()
    solver = GridImprovement(plain)
    result = iterate(*asked(game, weights=np.array([1.0, 0.0])), improve=solver)
    even = np.array([0.5, 0.5])
    problem, run = asked(game, weights=even, start=result.leader_policy)
    assert result.leader_values == pytest.approx([10.0, 9.0])
    assert solver(problem, run, result.leader_values, even).primal_bound <= 1e-9


SELECTIONS: list[tuple[StepSelection, float | None]] = [
    ("argmax", None),
    ("epsilon", 0.0),
    ("epsilon", 0.5),
    ("epsilon", 0.99),
    ("first", None),
]


@pytest.mark.parametrize(("selection", "epsilon"), SELECTIONS)
def test_every_selection_rule_is_monotone_and_stops_certified(selection: StepSelection, epsilon: float | None) -> None:
    """Equations (7), (8) and footnote 5 all keep statements (a) and (b) of Theorem 11."""
    plain = figure_1(1.0, 2.0)
    problem, run = asked(plain.to_game(), weights=np.array([0.6, 0.4]), selection=selection, epsilon=epsilon)
    result = iterate(problem, run, improve=GridImprovement(plain))
    assert monotone(result)
    assert result.termination is Termination.STATIONARY


def test_myopic_leader_is_told_that_the_limit_is_pareto_optimal() -> None:
    """Theorem 11 (d): with gamma_A = 0 the note of the last iterate says so."""
    plain = figure_1(1.0, 2.0).replace(leader_discount=0.0)
    result = iterate(*asked(plain.to_game(), weights=np.array([0.5, 0.5])), improve=GridImprovement(plain))
    assert "Theorem 11 d" in result.trajectory[-1].note


@pytest.mark.parametrize(
    ("selection", "epsilon", "said"),
    [
        ("epsilon", 1.0, "below 1"),
        ("epsilon", -0.1, "at least 0"),
        ("epsilon", None, "without an epsilon"),
        ("argmax", 0.5, "belongs to the selection"),
        ("first", 0.5, "belongs to the selection"),
        ("best", None, "argmax, epsilon, first, sample"),
        ("sample", 1.0, "below 1"),
    ],
)
def test_selections_that_make_no_sense_are_refused(selection: str, epsilon: float | None, said: str) -> None:
    with pytest.raises(OptionError, match=said):
        Run(selection=selection, epsilon=epsilon)  # type: ignore[arg-type]


# ---------------------------------------------------------------------------- limits and failing solvers


@dataclasses.dataclass
class Stub:
    """Hands back the same answer every time."""

    policy: LeaderPolicy | None
    primal_bound: float = 1.0
    dual_bound: float = 1.0
    termination: Termination = Termination.GAP

    def __call__(self, *_asked: object) -> Answer:
        return plain_answer(self.policy, self.primal_bound, self.dual_bound, self.termination)


def fig1_policy(first: float, second: float) -> LeaderPolicy:
    """Probabilities of the rewarding action in both states."""
    return LeaderPolicy(np.array([[first, 1.0 - first], [second, 1.0 - second]]))


def test_a_step_that_would_lose_is_refused_and_reported() -> None:
    """A solver that promises a gain and delivers a loss ends the run with the iterate in hand."""
    game = figure_1(1.0, 2.0).to_game()
    good = fig1_policy(1.0, 0.0)
    result = iterate(*asked(game, weights=np.array([0.5, 0.5]), start=good), improve=Stub(LeaderPolicy.uniform(game)))
    assert result.termination is Termination.NUMERICAL
    assert result.status is Status.FEASIBLE
    assert result.leader_values == pytest.approx([10.0, 9.0])
    assert "refused" in result.trajectory[-1].note
    assert result.progress[-1].flag == "!"


def test_a_promise_that_the_tie_rule_breaks_is_blamed_on_the_tie_rule() -> None:
    """In the tie setting (1, 0) is worth (10, 9) under ``leader`` but 0 under ``adverse``: no step, and it says why."""
    game = figure_1(1.0, 10.0 / 9.0).to_game()
    start = fig1_policy(0.95, 0.95)
    problem, run = asked(game, weights=np.array([0.5, 0.5]), start=start, ties="adverse")
    before = best_response(game, start, "adverse").leader_values
    result = iterate(problem, run, improve=Stub(fig1_policy(1.0, 0.0)))
    assert result.termination is Termination.TIE_RULE
    assert result.status is Status.FEASIBLE
    assert result.leader_values == pytest.approx(before)


def test_an_infeasible_improvement_program_certifies_nothing() -> None:
    """f_t itself is feasible, so a solver that finds nothing is in trouble: STATIONARY must not be claimed."""
    game = figure_1(1.0, 2.0).to_game()
    stub = Stub(None, -np.inf, -np.inf, Termination.INFEASIBLE)
    result = iterate(*asked(game, weights=np.array([0.5, 0.5])), improve=stub)
    assert result.termination is Termination.NUMERICAL
    assert result.status is Status.FEASIBLE


def test_time_limit_without_certificate_is_feasible_only() -> None:
    """A program stopped by the clock with a positive bound proves nothing; the start comes back with its values."""
    game = figure_1(1.0, 2.0).to_game()
    stub = Stub(None, 0.0, 1.0, Termination.TIME_LIMIT)
    result = iterate(*asked(game, weights=np.array([0.5, 0.5])), improve=stub)
    assert result.termination is Termination.TIME_LIMIT
    assert result.status is Status.FEASIBLE
    assert result.leader_values == pytest.approx([0.0, 0.0])


def test_expired_deadline_still_returns_the_evaluated_start() -> None:
    """With no time at all the start policy is evaluated and no program is solved."""
    plain = figure_1(1.0, 2.0)
    solver = GridImprovement(plain)
    result = iterate(*asked(plain.to_game(), weights=np.array([0.5, 0.5]), deadline=Deadline(0.0)), improve=solver)
    assert solver.calls == 0
    assert result.termination is Termination.TIME_LIMIT
    assert result.leader_policy is not None


def test_interrupt_is_honoured_before_the_next_program() -> None:
    """A request to stop ends the run at the next iterate."""
    plain = figure_1(1.0, 2.0)
    interrupt = Interrupt()
    interrupt.request()
    result = iterate(
        *asked(plain.to_game(), weights=np.array([0.5, 0.5]), interrupt=interrupt), improve=GridImprovement(plain)
    )
    assert result.termination is Termination.INTERRUPTED


def test_node_limit_counts_all_programs_together() -> None:
    """A program of three nodes exhausts a limit of three: the second iterate gets none."""
    game = figure_1(1.0, 2.0).to_game()
    problem, run = asked(game, weights=np.array([0.8, 0.2]), node_limit=3)
    result = iterate(problem, run, improve=Stub(fig1_policy(1.0, 0.0)))
    assert result.termination is Termination.NODE_LIMIT
    assert result.provenance.counts == {"iterations": 2, "nodes": 3, "lps": 5}


def test_iteration_limit_returns_the_last_iterate_evaluated() -> None:
    """M = 1 allows one step: two trajectory points, the second is the answer, without a bound."""
    plain = figure_1(1.0, 2.0)
    problem, run = asked(plain.to_game(), weights=np.array([0.8, 0.2]), iteration_limit=1)
    result = iterate(problem, run, improve=GridImprovement(plain))
    assert result.termination is Termination.ITERATION_LIMIT
    assert result.leader_values == pytest.approx([10.0, 9.0])
    assert len(result.trajectory) == 2
    assert result.trajectory[-1].step_bound == np.inf


def test_progress_is_reported_row_by_row_and_kept() -> None:
    """The callback sees exactly the rows of the result: one per iterate."""
    plain = figure_1(1.0, 2.0)
    seen: list[ProgressRow] = []
    problem, run = asked(plain.to_game(), weights=np.array([0.8, 0.2]), on_progress=seen.append)
    result = iterate(problem, run, improve=GridImprovement(plain))
    assert tuple(seen) == result.progress
    assert [row.iteration for row in seen] == list(range(len(result.trajectory)))
    assert all(row.primal_bound <= row.dual_bound + TOLERANCE for row in seen)


def test_compliant_weights_are_positive_and_leave_positive_weights_alone() -> None:
    """Footnote 4: weights must be positive; those that are stay as they are."""
    mixed = compliant_weights(np.array([1.0, 0.0, 0.0]))
    assert mixed.min() > 0.0
    assert mixed.sum() == pytest.approx(1.0)
    assert compliant_weights(np.array([0.7, 0.3])) == pytest.approx([0.7, 0.3])


# ---------------------------------------------------------------------------- with the exact search


@pytest.mark.parametrize("seed", range(12))
def test_random_games_rise_monotonically_and_stop_certified(seed: int) -> None:
    """Theorem 11 (a), (b): no state ever falls, and the last iterate carries the bound that stops the run."""
    game = small_game(seed)
    result = find_method("policy-iteration")(*asked(game, deadline=Deadline(20.0)))
    assert monotone(result)
    assert result.termination is Termination.STATIONARY
    scale = max(float(np.abs(result.leader_values).max()), float(np.abs(game.leader_rewards).max()))
    assert result.trajectory[-1].step_bound <= 1e-4 * scale
    assert result.leader_value <= result.dual_bound + TOLERANCE
    assert result.leader_values == pytest.approx(best_response(game, result.leader_policy).leader_values)


@pytest.mark.parametrize("seed", range(6))
def test_no_sampled_policy_refutes_the_certificate(seed: int) -> None:
    """Whatever random policy loses nowhere in one step gains no more on average than the bound of the last iterate."""
    game = small_game(seed)
    result = find_method("policy-iteration")(*asked(game, deadline=Deadline(20.0)))
    rng = np.random.default_rng(seed)
    for _ in range(500):
        gains = one_step_values(game, LeaderPolicy.random(game, rng), result.leader_values) - result.leader_values
        assert gains.min() < 0.0 or gains.mean() <= result.trajectory[-1].step_bound + TOLERANCE


@pytest.mark.parametrize("seed", range(6))
def test_sampled_values_stay_in_the_cone_of_theorem_11(seed: int) -> None:
    """Theorem 11 (c), with the slack that the certificate leaves: inside the cone every state would gain the excess."""
    game = small_game(seed)
    result = find_method("policy-iteration")(*asked(game, deadline=Deadline(20.0)))
    slack = result.trajectory[-1].step_bound + TOLERANCE
    rng = np.random.default_rng(100 + seed)
    for _ in range(300):
        values = best_response(game, LeaderPolicy.random(game, rng)).leader_values
        assert cone_excess(values, result.leader_values, game.leader_discount) <= slack


@pytest.mark.parametrize(("selection", "epsilon"), [("epsilon", 0.5), ("first", None)])
@pytest.mark.parametrize("seed", range(6))
def test_every_selection_rises_monotonically_and_stops_with_the_same_proof(
    seed: int, selection: StepSelection, epsilon: float | None
) -> None:
    """Whatever the step, the last iterate carries a bound that holds for all policies."""
    game = small_game(seed)
    problem, run = asked(game, selection=selection, epsilon=epsilon, deadline=Deadline(60.0))
    result = find_method("policy-iteration")(problem, run)
    assert monotone(result)
    assert result.termination is Termination.STATIONARY
    scale = max(float(np.abs(result.leader_values).max()), float(np.abs(game.leader_rewards).max()))
    assert result.trajectory[-1].step_bound <= 1e-4 * scale
    rng = np.random.default_rng(seed)
    for _ in range(200):
        gains = one_step_values(game, LeaderPolicy.random(game, rng), result.leader_values) - result.leader_values
        assert gains.min() < 0.0 or gains.mean() <= result.trajectory[-1].step_bound + TOLERANCE


def test_the_first_improving_policy_ends_the_search_of_its_step() -> None:
    """The argmax proves its gain the largest; ``first`` goes with less work and less gain, ``epsilon`` in between."""
    game = small_game(5)
    values = best_response(game, LeaderPolicy.uniform(game)).leader_values
    problem, run = asked(game, start=LeaderPolicy.uniform(game))
    first = solve_improvement(problem, run.up_to(1e-3), values, game.initial)
    half = solve_improvement(problem, run.to_gap(1.0), values, game.initial)
    best = solve_improvement(problem, run, values, game.initial)
    assert first.termination is Termination.GOOD_ENOUGH
    assert half.termination is best.termination is Termination.GAP
    assert 1e-3 < first.primal_bound <= best.primal_bound + TOLERANCE
    assert half.primal_bound >= 0.5 * best.primal_bound - TOLERANCE
    assert first.nodes <= half.nodes <= best.nodes
    assert first.nodes < best.nodes
    assert first.dual_bound >= best.primal_bound - TOLERANCE


@pytest.mark.parametrize("index", [1, 3, 5, 9])
def test_agreement_games_with_ties_and_unreached_states(index: int) -> None:
    """Integer rewards, states the start never visits, ragged actions: still monotone and certified."""
    game = agreement_game(1, index).to_game()
    result = find_method("policy-iteration")(*asked(game, deadline=Deadline(20.0)))
    assert monotone(result)
    assert result.termination is Termination.STATIONARY


def test_on_the_knife_edge_an_adverse_follower_leaves_the_leader_where_she_is() -> None:
    """Tie setting, ``adverse``: every policy is worth (0, 0), the optimistic program promises more, none keeps it."""
    game = figure_1(1.0, 10.0 / 9.0).to_game()
    result = iterate(*asked(game, ties="adverse", node_limit=1500))
    assert result.leader_values == pytest.approx([0.0, 0.0])
    assert result.termination in {Termination.TIE_RULE, Termination.NODE_LIMIT}
    assert result.status is Status.FEASIBLE
    assert result.trajectory[-1].step_bound > 0.1


@pytest.mark.parametrize("method", ["first", "adverse"])
def test_tie_rules_keep_monotonicity_on_games_with_ties(method: Ties) -> None:
    """Integer games, rules other than ``leader``: whatever is reached, no iterate falls below the one before."""
    game = agreement_game(1, 9).to_game()
    result = iterate(*asked(game, ties=method, deadline=Deadline(5.0)))
    assert monotone(result)
    assert result.leader_values == pytest.approx(best_response(game, result.leader_policy, method).leader_values)
