"""What is just refused, and by which line or field: cuts and defences of certificates, claims without a policy."""

from __future__ import annotations

import dataclasses
import json
import math
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest

from ssg_mip import solve, verify_bound
from ssg_mip.base.status import Status, Termination
from ssg_mip.base.tolerances import DEFAULT_TOLERANCES
from ssg_mip.checker.certificate_checks import certified_bounds_check
from ssg_mip.checker.claims import GuaranteeClaim, PointClaim
from ssg_mip.checker.dual.cut_terms import CutRow
from ssg_mip.checker.dual.leaf_lines import _cut
from ssg_mip.checker.dual.numbers import Numbers
from ssg_mip.checker.dual.saddle import least_values
from ssg_mip.checker.evidence import Prover
from ssg_mip.checker.guarantee_checks import guarantee_check
from ssg_mip.checker.outcome import rounded_down
from ssg_mip.checker.point_checks import response_checks
from ssg_mip.checker.printed_checks import UNCHECKED_FIELDS
from ssg_mip.checker.proven import MOST_CEILING_ROWS, ProvenBounds
from ssg_mip.checker.rational import ExactGame
from ssg_mip.checker.reading import read_claims
from ssg_mip.checker.values import Interval
from ssg_mip.checker.verify import examine
from ssg_mip.errors import InvalidResultError
from ssg_mip.game.game import Game
from tests.oracles.games import static_game
from tests.unit import fakes
from tests.unit.checker.dual_cases import certified
from tests.unit.questions import asked


def two_by_three() -> Game:
    """One state, discount 0: the leader's rewards ``10 a + b``."""
    return static_game([[0, 1, 2], [10, 11, 12]], [[0, 1, 2], [3, 4, 5]]).to_game()


def numbers_of(game: Game) -> Numbers:
    return Numbers.of(ExactGame.of(game), game.initial.tolist())


def test_a_cut_names_actions_of_its_state() -> None:
    found = numbers_of(two_by_three())
    line = [0.5, 2, 0, 2, 2, 0, 1, [1, 0], [0.25, 0.0]]
    multiplier, cut = _cut(line, [0], found)
    assert (multiplier, cut.kind, cut.answer, cut.action, cut.upper_side) == (0.5, CutRow.DIFFERENCE, 2, 2, True)
    assert (cut.state, cut.place, cut.chosen) == (0, 0, (1, 0))
    wrong = {1: 3, 2: 1, 3: 3, 4: 3, 5: 1, 6: 2, 7: [1], 8: [0.0]}
    for place, value in wrong.items():
        with pytest.raises(InvalidResultError, match=r"a cut's|a list of 2"):
            _cut([*line[:place], value, *line[place + 1 :]], [0], found)
        if place < 7:
            with pytest.raises(InvalidResultError, match="a cut's"):
                _cut([*line[:place], -1, *line[place + 1 :]], [0], found)
    with pytest.raises(InvalidResultError, match="does not cover"):
        _cut(line, [1], found)


def test_a_defence_is_worth_the_most_that_a_leader_action_has_against_it() -> None:
    """Against the mix (1, 1, 2) / 4 the leader has 1.25, or 11.25."""
    found = numbers_of(two_by_three())
    assert least_values(found, 2, [((1, 1, 2), (45,))], Fraction(0)) == [Fraction(45, 4)]
    assert least_values(found, 2, [((1, 1, 2), (44,))], Fraction(0)) is None
    assert least_values(found, 2, [((1, 0, 0), (40,)), ((1, 1, 2), (45,))], Fraction(0)) == [10]
    assert least_values(found, 2, [((0, 0, 0), (99,))], Fraction(0)) is None
    assert least_values(found, 2, [], Fraction(0)) is None


def test_a_line_that_is_wrong_is_told_by_its_number() -> None:
    case = certified("three states")
    header = case.lines[0]
    for lines, number in (([3], 2), ([["p"], 3], 3), ([["p"], ["p"], []], 4), ([["v"]], 2), ([["p"], ["g", 0]], 3)):
        with pytest.raises(InvalidResultError, match=f"line {number} is not a"):
            verify_bound(case.game, [header, *lines])
    with pytest.raises(InvalidResultError, match=r"line 3 is a node of the unknown kind 'q'"):
        verify_bound(case.game, [header, ["p"], ["q"]])
    with pytest.raises(InvalidResultError, match=r"the tree ends with 2 nodes missing"):
        verify_bound(case.game, [header, ["g", 0, 0]])
    # an answer, a state and a place beyond the last one
    for split in (["g", 0, 2], ["g", 3, 0], ["v", 3, 0.0], ["v", -1, 0.0]):
        with pytest.raises(InvalidResultError, match="of a split is"):
            verify_bound(case.game, [header, split])


@pytest.mark.parametrize("field", ["leader_values", "follower_values", "leader_value", "follower_policy"])
def test_without_a_policy_nothing_may_be_claimed(field: str) -> None:
    game = fakes.small_game()
    problem, run = asked(game)
    data = json.loads(
        json.dumps(fakes.answer(problem, run, Termination.TIME_LIMIT, Status.NO_SOLUTION).to_dict(), allow_nan=False)
    )
    read_claims(game, data)
    said = {"leader_value": 1.0, "follower_policy": {"calm": "b0", "[bold]storm": "b0"}}
    data[field] = said.get(field, dict.fromkeys(game.state_names, 1.0))
    with pytest.raises(InvalidResultError, match=f"{field} .*claimed although there is no leader_policy"):
        read_claims(game, data)


def test_what_is_not_checked_is_named_in_full_where_nothing_is_left_out() -> None:
    game = fakes.small_game()
    result = fakes.answer(*asked(game))
    assert examine(game, result).verification.not_checked == UNCHECKED_FIELDS["result"]


def test_the_loss_that_a_response_may_have() -> None:
    """Ties and noise over ``1 - 1/2``, and the rounding of values."""
    game = fakes.small_game()
    point = read_claims(game, fakes.answer(*asked(game)).to_dict()).answers[0]
    claims: Any = SimpleNamespace(answers=(point,), trajectory=(), ties="leader")
    prover = Prover(ExactGame.of(game), "leader", DEFAULT_TOLERANCES)
    view = prover.about(point.policy).view
    found = response_checks(claims, prover, game)[0]
    assert (found.name, found.violation) == ("response_is_optimal", 0)
    assert found.tolerance in {2 * max(view.near) + slack for slack in view.slack}


def test_a_margin_is_said_only_where_there_is_another_action() -> None:
    """One action: the least advantage is that over nothing, so no number may be printed for it."""
    game = static_game([[3], [5]], [[1], [2]]).to_game()
    guarantee = GuaranteeClaim(
        policy=((0.0, 1.0),), response=(0,), asked=0.5, margin=None, unique=True, leader_value=(5.0, 5.0)
    )

    def checked(**changes: Any) -> bool:
        point = PointClaim(
            place="it",
            policy=((0.0, 1.0),),
            leader_values=(5.0,),
            leader_value=5.0,
            weights=(1.0,),
            guarantee=dataclasses.replace(guarantee, **changes),
        )
        claims: Any = SimpleNamespace(answers=(point,))
        return guarantee_check(claims, game, DEFAULT_TOLERANCES).passed

    assert checked()
    assert not checked(margin=0.5)
    assert not checked(asked=0.0)
    assert not checked(leader_value=(4.0, 5.0))
    assert not checked(leader_value=(5.0, 6.0))


def test_a_printed_guarantee_names_its_margin_rounded_down() -> None:
    game = static_game([[3, 0]], [[1.0, 0.25]]).to_game()
    printed = solve(game, method="commitment").to_dict()["guaranteed"]
    assert (printed["found"], printed["margin"], printed["unique"]) == (True, 0.75, True)
    alone = solve(static_game([[3]], [[1]]).to_game(), method="commitment").to_dict()["guaranteed"]
    assert (alone["found"], alone["margin"], alone["unique"]) == (True, None, True)


def test_what_follows_the_last_node_is_told_by_its_line() -> None:
    case = certified("three states, floor")
    nodes = verify_bound(case.game, case.lines).nodes
    assert len(case.lines) == nodes + 1
    for extra in (3, ["e"], dict(case.lines[0])):
        with pytest.raises(InvalidResultError, match=f"^line {nodes + 2} follows the last node of the tree$"):
            verify_bound(case.game, [*case.lines, extra])


def test_a_state_that_is_wrongly_called_tied_is_named() -> None:
    """Against the uniform policy both states are tied."""
    game = fakes.small_game()
    data = json.loads(json.dumps(fakes.answer(*asked(game)).to_dict(), allow_nan=False))
    assert sorted(data["tied_states"]) == ["[bold]storm", "calm"]
    data["tied_states"] = ["[bold]storm"]
    (failed,) = examine(game, data).verification.failed
    assert (failed.name, failed.detail) == (
        "tied_states",
        "state 'calm' is not said to be tied; 2 actions are within the tolerance",
    )


def test_margins_are_printed_rounded_down() -> None:
    """The largest float below, whether or not the nearest one lies below; 1/2 is a float itself."""
    for value in (Fraction(1, 3), Fraction(2, 3), Fraction(-1, 3), Fraction(1, 10), Fraction(3, 10), Fraction(7, 10)):
        down = rounded_down(value)
        assert down is not None
        assert Fraction(down) < value < Fraction(math.nextafter(down, math.inf))
    assert rounded_down(Fraction(1, 2)) == 0.5
    assert rounded_down(Fraction(10**400)) is None


def replay(**members: Any) -> Any:
    """A replay that proves 2.5 of the weights (1, 3) / 4."""
    plain = {
        "passed": True,
        "margin": 0.0,
        "floor": (),
        "values": None,
        "slack": 0.0,
        "claimed": 2.5,
        "policy_rows": (),
        "costs": (),
        "most": (),
        "of_allowed": False,
    }
    return SimpleNamespace(**{**plain, "weights": (Fraction(1, 4), Fraction(3, 4)), **members})


def held_against(found: list[Any], **members: Any) -> Fraction:
    plain = {"subject": "result", "method": "", "status": "", "margin": 0.0, "constraints": (), "conflict": None}
    claims: Any = SimpleNamespace(**{**plain, "answers": (), "trajectory": (), "scalarisations": (), **members})
    check = certified_bounds_check(claims, found)
    assert (check.tolerance, check.passed) == (0, check.violation == 0)
    return check.violation


def test_bounds_are_held_against_the_least_that_is_proven_of_the_same() -> None:
    """2.5 against a printed 2; what is about other weights, other policies, or has failed proves nothing."""
    bound: Any = SimpleNamespace(place="it", weights=(1.0, 3.0), dual_bound=2.0)
    for found, due in (
        ([replay()], Fraction(1, 2)),
        ([replay(), replay(claimed=2.25), replay(claimed=3.0)], Fraction(1, 4)),
        ([replay(), replay(claimed=1.0)], 0),
        ([], 1),
        ([replay(claimed=None)], 1),
        ([replay(weights=(Fraction(1, 2), Fraction(1, 2)))], 1),
        ([replay(claimed=1.0, values=(1.0, 2.0)), replay(claimed=1.0, floor=((0, 1.0),))], 1),
        ([replay(claimed=1.0, margin=0.5), replay(claimed=1.0, passed=False)], 1),
        ([replay(claimed=1.0, policy_rows=("a row",))], 1),
    ):
        assert held_against(found, scalarisations=(bound,)) == due
        assert held_against(found, subject="front", answers=(bound,)) == due
        assert held_against(found, answers=(bound,)) == 0
    assert held_against([replay(claimed=1.0, margin=0.5)], scalarisations=(bound,), margin=0.5) == 0
    endless: Any = SimpleNamespace(place="it", weights=(1.0, 3.0), dual_bound=math.inf)
    assert held_against([], scalarisations=(endless,)) == 0
    assert held_against([replay()], status="infeasible") == 1
    assert held_against([replay(claimed=None)], status="infeasible") == 0
    assert held_against([replay(claimed=None, policy_rows=("a row",))], status="infeasible") == 1


def proven_bounds(*arguments: Any, **options: Any) -> ProvenBounds:
    """At the tolerances of a run that asks for none."""
    return ProvenBounds(*arguments, **options, tolerances=DEFAULT_TOLERANCES)


EXACT: Any = SimpleNamespace(rows=range(MOST_CEILING_ROWS + 1), leader_discount=Fraction(1, 2))
"""A game too large for a ceiling."""


def points(*values: float) -> list[Interval]:
    return [Interval.point(Fraction(value)) for value in values]


def test_the_gain_where_a_run_stops_is_that_of_its_certificate() -> None:
    """A weighted gain of 1.5 is at most 1.5 / (2 * 1/4) = 3 on average."""
    for found, due in (
        ([replay(values=(1.0, 2.0), claimed=1.5)], 3),
        ([replay(values=(1.0, 2.0), claimed=1.5), replay(values=(1.0, 2.0), claimed=0.25)], Fraction(1, 2)),
        ([replay(values=(1.0, 2.0), claimed=-9.0)], 0),
        ([replay(values=(1.0, 2.5), claimed=0.25)], None),
        ([replay(values=(1.0, 2.0), claimed=None)], None),
        ([replay(values=(1.0, 2.0), claimed=0.0, weights=(Fraction(0), Fraction(1)))], None),
        ([replay(values=(1.0, 2.0), claimed=0.0, passed=False)], None),
        ([replay(values=(1.0, 2.0), claimed=0.0, margin=0.5)], None),
        ([replay(values=(1.0, 2.25), claimed=0.25, slack=0.25)], Fraction(1, 2)),
        ([replay(values=(1.0, 2.25), claimed=0.25, slack=0.125)], None),
    ):
        assert proven_bounds(EXACT, found).average_step(points(1.0, 2.0)) == due
        assert proven_bounds(EXACT, found).average_gain(points(1.0, 2.0)) is None


def test_values_known_up_to_an_interval_are_the_given_ones_wherever_they_lie() -> None:
    wide = [Interval(Fraction(1), Fraction(2))]
    alone = {"values": (1.5,), "claimed": 1.0, "weights": (Fraction(1),)}
    assert proven_bounds(EXACT, [replay(**alone, slack=0.5)]).average_step(wide) == 1
    assert proven_bounds(EXACT, [replay(**alone, slack=0.375)]).average_step(wide) is None
    assert proven_bounds(EXACT, [replay(**alone, slack=0.375)], leeway=(Fraction(1, 8),)).average_step(wide) == 1


def test_what_dominates_a_point_gains_what_a_bound_leaves() -> None:
    """The bound 2.5 at (1, 2) with the weights 1/4 and 3/4, worth 1.75: 3 in the first state, 1 in the second."""
    plain, floored = replay(), replay(floor=((0, 1.0),))
    for found in ([plain], [floored], [plain, replay(floor=((0, 1.5),), claimed=1.0)]):
        proven = proven_bounds(EXACT, found)
        assert proven.gain(points(1.0, 2.0)) == 3
        assert proven.average_gain(points(1.0, 2.0)) == Fraction(3, 2)
        assert proven.average_step(points(1.0, 2.0)) == Fraction(3, 2)
    assert proven_bounds(EXACT, [floored]).gain(points(0.5, 2.0)) is None
    assert proven_bounds(EXACT, [floored]).weighted((Fraction(1, 4), Fraction(3, 4))) is None
    assert proven_bounds(EXACT, [plain]).weighted((Fraction(1, 4), Fraction(3, 4))) == Fraction(5, 2)
    assert proven_bounds(EXACT, [plain]).weighted((Fraction(1, 2), Fraction(1, 2))) is None
    myopic: Any = SimpleNamespace(rows=EXACT.rows, leader_discount=Fraction(0))
    stop = [replay(values=(1.0, 2.0), claimed=1.5)]
    assert proven_bounds(myopic, stop).average_gain(points(1.0, 2.0)) == 3
    assert proven_bounds(myopic, stop).gain(points(1.0, 2.0)) == 6


def test_no_policy_is_worth_more_than_the_best_pair() -> None:
    """Rewards up to 12 where both players choose; where the leader cannot, what the follower makes of it."""
    proven = proven_bounds(ExactGame.of(two_by_three()))
    assert proven.weighted((Fraction(1),)) == 12
    assert (proven.gain(points(11.5)), proven.average_gain(points(12.0))) == (Fraction(1, 2), 0)
    alone = proven_bounds(ExactGame.of(static_game([[0, 1, 2]], [[0, 5, 5]]).to_game()))
    assert alone.weighted((Fraction(1),)) == 2
    alone = proven_bounds(ExactGame.of(static_game([[0, 1, 2]], [[0, 5, 4]]).to_game()))
    assert alone.weighted((Fraction(1),)) == 1


def test_leaves_that_prove_nothing_are_not_counted_as_closed() -> None:
    case = certified("three states")
    header = case.lines[0]
    found = verify_bound(case.game, case.lines)
    assert (found.nodes, found.closed) == (len(case.lines) - 1, found.leaves)
    found = verify_bound(case.game, [header, ["e"]])
    assert (found.nodes, found.leaves, found.closed) == (1, 1, 0)
    found = verify_bound(case.game, [header, ["g", 0, 0], ["e"], ["p"], ["e"]])
    assert (found.nodes, found.leaves, found.closed) == (4, 2, 0)
