"""Games in which the leader chooses one number: exact walks, proofs that fractions confirm, and the search agreeing."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest

from ssg_mip import Game, solve
from ssg_mip.base.deadline import Deadline
from ssg_mip.base.gap import relative_gap
from ssg_mip.base.interrupt import Interrupt
from ssg_mip.base.status import BoundProof, Status, Termination
from ssg_mip.evaluation.best_response import Ties, best_response
from ssg_mip.evaluation.mdp import evaluate, optimal_control
from ssg_mip.evaluation.value_bounds import gap_scale, leader_value_bounds
from ssg_mip.exact import without_search
from ssg_mip.exact.few_numbers import solving as few_numbers
from ssg_mip.exact.few_numbers.choices import distinct_actions, free_numbers, pure_policies, state_with_the_number
from ssg_mip.exact.few_numbers.one_number import Line, OneNumber
from ssg_mip.exact.few_numbers.walk import walk
from ssg_mip.exact.solving import solve_commitment
from ssg_mip.problem.follower import Rational
from ssg_mip.problem.policy_space import PolicyRow, PolicySpace
from ssg_mip.problem.problem import Problem
from ssg_mip.proofs.value_tree import ValueLeaf, ValueNode, ValueSplit
from ssg_mip.runs.limits import Limits
from ssg_mip.runs.run import Run
from tests.unit.exact.value_trees import leaves, replayed

LAKE = "SFFFFHFHFFFHHFFG"
MOVES = ((0, -1), (1, 0), (0, 1), (-1, 0))


def lake(discount: float) -> Game:
    """The slippery 4 x 4 lake, where the leader may levy 1 at the start and the walker may quit."""
    transition, theirs, ours = np.zeros((17, 2, 5, 17)), np.zeros((17, 2, 5)), np.zeros((17, 2, 5))
    for cell, action in itertools.product(range(16), range(4)):
        for direction in ((action - 1) % 4, action, (action + 1) % 4):
            row, column = cell // 4 + MOVES[direction][0], cell % 4 + MOVES[direction][1]
            target = 4 * min(3, max(0, row)) + min(3, max(0, column))
            if LAKE[cell] in "HG":
                target = 16
            else:
                theirs[cell, :, action] += (LAKE[target] == "G") / 3
                target = 16 if LAKE[target] in "HG" else target
            transition[cell, :, action, target] += 1 / 3
    transition[:16, :, 4, 16] = 1.0
    transition[16, :, :, 16] = 1.0
    ours[0, 1, :4] += 1.0
    theirs[0, 1, :4] -= 1.0
    return Game.from_arrays(
        transition, ours, theirs, leader_discount=discount, follower_discount=discount, initial=np.eye(17)[0]
    )


def random_game(seed: int) -> Game:
    """Two to five states with one choice of the leader; every other game has whole rewards, for ties."""
    rng = np.random.default_rng(seed)
    states, answers = int(rng.integers(2, 6)), int(rng.integers(2, 5))
    transition = rng.dirichlet(np.full(states, 0.5), (states, 2, answers))
    if seed % 3 == 0:
        transition[:, 1] = transition[:, 0]
    rewards = [rng.integers(-4, 5, (states, 2, answers)) if seed % 2 else rng.normal(size=(states, 2, answers))] * 2
    rewards = [rewards[0], rng.permuted(rewards[1], axis=2)]
    choosing = int(rng.integers(states))
    return Game.from_arrays(
        transition,
        *rewards,
        leader_discount=float(rng.choice([0.5, 0.9, 0.99])),
        follower_discount=float(rng.choice([0.0, 0.6, 0.9, 0.99])),
        leader_actions=[["x", "y"] if state == choosing else ["x"] for state in range(states)],
    )


def one_state(ours: list[list[float]], theirs: list[list[float]]) -> Game:
    shape = (1, *np.shape(ours))
    return Game.from_arrays(
        np.ones((*shape, 1)),
        np.reshape(ours, shape),
        np.reshape(theirs, shape),
        leader_discount=0.5,
        follower_discount=0.5,
    )


def family_of(game: Game) -> OneNumber:
    state = state_with_the_number(game)
    assert state is not None
    return OneNumber.of(game, state)


def scanned(game: Game, ties: Ties = "leader", points: int = 201) -> float:
    family = family_of(game)
    values = (best_response(game, family.policy(p), ties).leader_values for p in np.linspace(0.0, 1.0, points))
    return max(float(game.initial @ value) for value in values)


def answered(game: Game, ties: Ties = "leader", **options: object) -> few_numbers.NumberAnswer:
    problem = Problem(game, follower=Rational(ties=ties))
    return few_numbers.solve_one_number(problem, Run(**options), scale_of(game))  # type: ignore[arg-type]


def scale_of(game: Game) -> float:
    return gap_scale(leader_value_bounds(game), game.initial)


# ------------------------------------------------------------------------- what it is about


def test_copies_of_actions_leave_one_number() -> None:
    """The lake has two leader actions in each of 17 states; they differ in one."""
    game = lake(0.9)
    assert [len(actions) for actions in distinct_actions(game)] == [2] + [1] * 16
    assert (state_with_the_number(game), free_numbers(game), pure_policies(game)) == (0, 1, 2)


def test_more_than_a_number_is_left_to_the_search() -> None:
    """Three actions, two states, a floor, rows or a margin: none of them is answered here."""
    game = one_state([[1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [1.0, 0.0]])
    asked = Problem(game)
    assert few_numbers.applies(asked)
    assert not few_numbers.applies(asked.above(np.zeros(1)))
    assert not few_numbers.applies(dataclasses.replace(asked, follower=Rational(margin=0.1)))
    rows = PolicySpace(rows=(PolicyRow(name="most", coefficients=np.array([1.0, 0.0]), lower=0.2, upper=0.5),))
    assert not few_numbers.applies(dataclasses.replace(asked, policies=rows))
    three = one_state([[1.0, 0.0], [0.0, 1.0], [0.5, 0.6]], [[0.0, 1.0], [1.0, 0.0], [0.0, 0.0]])
    assert not few_numbers.applies(Problem(three))
    assert free_numbers(three) == 2


# ------------------------------------------------------------------------- lines and walks


@pytest.mark.parametrize("seed", range(12))
def test_values_of_a_response_lie_on_the_line(seed: int) -> None:
    """Between two numbers the follower's values, and all advantages, are the weighted means that the line says."""
    game = random_game(seed)
    family, rng = family_of(game), np.random.default_rng(seed)
    chosen = game.follower_offsets[:-1] + rng.integers(0, game.follower_counts)
    ends = (0.15, 0.8)
    line = Line.of(family, ends, chosen)
    for share in (0.0, 0.3, 1.0):
        process = family.processes((1.0 - share) * ends[0] + share * ends[1])[1]
        there = evaluate(process, chosen)
        weight = 1.0 - share + line.ratio * share
        assert there == pytest.approx(((1.0 - share) * line.values + line.ratio * share * line.later) / weight)
        lead = process.action_values(there) - there[game.follower_slot_state]
        least, largest = np.min(line.advantages(), axis=0), np.max(line.advantages(), axis=0)
        assert np.all(lead >= least - 1e-9)
        assert np.all(lead <= largest + 1e-9)


@pytest.mark.parametrize("seed", range(12))
def test_the_walk_names_a_best_response_everywhere(seed: int) -> None:
    """At numbers between the changes the response of the piece is worth what the best one is."""
    game = random_game(seed)
    family = family_of(game)
    path = walk(family, lambda: False)
    assert path.complete
    assert list(path.starts) == sorted(path.starts)
    for number in np.linspace(0.0013, 0.9987, 101):
        process = family.processes(number)[1]
        assert evaluate(process, path.response(number)) == pytest.approx(optimal_control(process).values, abs=1e-7)


def test_the_walk_stops_when_told() -> None:
    """It says then that it is not complete."""
    path = walk(family_of(lake(0.9)), lambda: True)
    assert not path.complete
    assert path.starts == (0.0,)


# ------------------------------------------------------------------------- answers


@pytest.mark.parametrize("gap", [1e-4, 1e-6])
@pytest.mark.parametrize("seed", range(15))
def test_never_below_a_scan_and_proven_in_fractions(seed: int, gap: float) -> None:
    """The gap is closed; the tree, replayed in exact arithmetic, allows no more than the bound."""
    game = random_game(seed)
    found, best = answered(game, gap=gap), scanned(game)
    assert found.best.value >= best - 1e-7 * (1.0 + abs(best))
    assert relative_gap(found.best.value, found.bound, scale_of(game)) <= gap
    proven = replayed(game, found.tree, game.initial)
    assert proven is not None
    assert float(proven) <= found.bound + 1e-12 * (1.0 + abs(found.bound))
    assert float(proven) >= best - 1e-6 * (1.0 + abs(best))


@pytest.mark.parametrize("seed", range(1, 20, 6))
def test_the_search_agrees(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The branch and bound over the follower's values comes to the same optimum."""
    game = random_game(seed)
    monkeypatch.setattr(without_search, "settled", lambda *_, **__: None)
    here = solve_commitment(Problem(game), Run())
    monkeypatch.setattr(few_numbers, "applies", lambda _: False)
    search = solve_commitment(Problem(game), Run())
    assert here.lps == 0
    assert search.termination is here.termination is Termination.GAP
    assert here.primal_bound <= search.dual_bound + 1e-9
    assert search.primal_bound <= here.dual_bound + 1e-6 * (1.0 + abs(here.dual_bound))


@pytest.mark.parametrize(("discount", "value"), [(0.99, 0.34455952), (0.9, 0.06187437), (0.999, 0.48435424)])
def test_the_toll_of_the_lake(discount: float, value: float) -> None:
    """Solved to proof at any discount, with few intervals, and checked by fractions."""
    game = lake(discount)
    result = solve(game, "commitment", gap=1e-6, time_limit=20.0)
    assert (result.status, result.bound_proof) == (Status.OPTIMAL, BoundProof.VALUES)
    assert result.leader_value == pytest.approx(value, abs=1e-8)
    assert result.provenance.counts["nodes"] < 40
    assert result.check.passed
    assert scanned(game) <= result.dual_bound + 1e-9


def test_a_change_at_the_very_end() -> None:
    """The follower is indifferent at 0, or at 1, alone; only there does he answer as the leader likes."""
    at_zero = one_state([[0.0, 5.0], [0.0, 5.0]], [[1.0, 0.0], [0.0, 0.0]])
    at_one = one_state([[0.0, 5.0], [0.0, 5.0]], [[0.0, 0.0], [1.0, 0.0]])
    for game, number in ((at_zero, 0.0), (at_one, 1.0)):
        found = answered(game)
        assert found.best.value == pytest.approx(10.0)
        assert found.bound == pytest.approx(10.0, rel=1e-4)
        assert found.best.policy.probabilities[0, 0] == pytest.approx(number, abs=1e-6)
        assert answered(game, "adverse").best.value == pytest.approx(0.0)


def test_responses_that_are_tied_everywhere() -> None:
    """Two answers are the same to the follower under every number: the leader's favourite counts, if ties are hers."""
    game = one_state([[3.0, 0.0, 1.0], [0.0, 1.0, 1.0]], [[1.0, 1.0, 0.0], [1.0, 1.0, 0.5]])
    found = answered(game)
    assert found.best.value == pytest.approx(6.0)
    assert found.bound == pytest.approx(6.0, rel=1e-4)
    adverse = solve_commitment(Problem(game, follower=Rational(ties="adverse")), Run())
    assert adverse.primal_bound == pytest.approx(scanned(game, "adverse", 401), abs=1e-3)
    assert adverse.termination is Termination.TIE_RULE
    assert adverse.dual_bound >= 6.0


@pytest.mark.parametrize("ties", ["first", "adverse"])
def test_other_rules_are_approached(ties: Ties) -> None:
    """Where a rule takes the tie itself from the leader, a number beside it is worth all but the gap."""
    game = lake(0.9)
    found = solve_commitment(Problem(game, follower=Rational(ties=ties)), Run())
    assert found.termination is Termination.GAP
    assert found.primal_bound == pytest.approx(0.06187437, rel=1e-4)
    assert found.policy is not None
    assert found.primal_bound == float(game.initial @ best_response(game, found.policy, ties).leader_values)


# ------------------------------------------------------------------------- limits


def test_limits_are_kept_and_bounds_hold() -> None:
    """Without time, with an interrupt, after few nodes: an exact value, a bound, and the reason."""
    game = lake(0.99)
    stopped = Interrupt()
    stopped.request()
    for run, reason in (
        (Run(deadline=Deadline(0.0)), Termination.TIME_LIMIT),
        (Run(interrupt=stopped), Termination.INTERRUPTED),
        (Run(limits=Limits(nodes=2)), Termination.NODE_LIMIT),
    ):
        found = solve_commitment(Problem(game), run)
        assert found.termination is reason
        assert found.dual_bound >= 0.34455952
        assert found.nodes <= 3
        assert found.policy is not None
        assert found.primal_bound == float(game.initial @ best_response(game, found.policy).leader_values)


def test_a_start_is_never_lost() -> None:
    """Without any time the given policy is as good as the answer gets."""
    game = lake(0.99)
    best = answered(game).best
    again = answered(game, start=best.policy, deadline=Deadline(0.0))
    assert again.best.value >= best.value - 1e-9


def test_a_good_enough_policy_ends_the_work() -> None:
    """The first policy beyond the target is taken."""
    found = solve_commitment(Problem(lake(0.99)), Run().up_to(0.1))
    assert found.termination is Termination.GOOD_ENOUGH
    assert found.primal_bound > 0.1


# ------------------------------------------------------------------------- forged proofs


def forged(node: ValueNode, change) -> ValueNode:
    if isinstance(node, ValueLeaf):
        return change(node)
    return dataclasses.replace(node, below=forged(node.below, change), above=forged(node.above, change))


def lowered(leaf: ValueLeaf) -> ValueLeaf:
    return dataclasses.replace(leaf, upper=leaf.upper - 1e-6)


def turned(leaf: ValueLeaf) -> ValueLeaf:
    assert leaf.line is not None
    return dataclasses.replace(leaf, line=dataclasses.replace(leaf.line, ratio=-leaf.line.ratio))


def swapped(leaf: ValueLeaf) -> ValueLeaf:
    assert leaf.line is not None
    line = dataclasses.replace(leaf.line, first=leaf.line.second, second=leaf.line.first)
    return dataclasses.replace(leaf, line=line)


@pytest.mark.parametrize("change", [lowered, turned, swapped])
def test_a_forged_leaf_proves_nothing(change) -> None:
    """Values too low, a negative ratio, and ends that are exchanged are seen in the replay."""
    game = lake(0.99)
    tree = answered(game).tree
    assert replayed(game, tree, game.initial) is not None
    assert replayed(game, forged(tree, change), game.initial) is None


def test_a_split_in_another_place_proves_nothing() -> None:
    """A leaf is about the interval that the splits leave, not about the one that it was made for."""
    game = lake(0.99)
    tree = answered(game).tree
    assert isinstance(tree, ValueSplit)
    assert len(leaves(tree)) > 2
    assert replayed(game, dataclasses.replace(tree, probability=tree.probability + 0.05), game.initial) is None
