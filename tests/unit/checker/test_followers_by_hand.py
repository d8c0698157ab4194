"""Quantal followers in the checker on numbers done by hand: candidates that are wrong, mixes that are in doubt."""

from __future__ import annotations

import itertools
import json
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from ssg_mip import Game, GameBuilder, solve
from ssg_mip.base.tolerances import DEFAULT_TOLERANCES, ROUNDING
from ssg_mip.checker import soft
from ssg_mip.checker.checkpoint import unhurried
from ssg_mip.checker.claims import PointClaim
from ssg_mip.checker.evidence import Evidence, Prover
from ssg_mip.checker.follower_claim import RATIONAL, FollowerClaim, game_of_hash, myopic_reading, read_follower
from ssg_mip.checker.followers import SOFT_DOUBT, NearProver, SoftProver, follower_checks
from ssg_mip.checker.rational import ExactGame, induce
from ssg_mip.checker.soft import ROUNDED, SoftEvidence, enclosed_answer
from ssg_mip.checker.tie_scale import local_scale
from ssg_mip.checker.values import Interval
from ssg_mip.errors import InvalidResultError
from ssg_mip.problem.followers.quantal import Quantal

HALF = Fraction(1, 2)
FINE = Context(prec=90)


def game(
    discount: float = 0.5, follower: tuple[float, ...] = (1.0, 0.0, 0.5), leader: tuple[float, ...] = (1.0, -2.0, 4.0)
) -> Game:
    """One state from which nothing leads away; the leader has no choice."""
    builder = GameBuilder("one", leader_discount=discount, follower_discount=discount)
    builder.add_state("s", leader_actions=["a"], follower_actions=[f"b{k}" for k in range(len(follower))])
    for k, (mine, theirs) in enumerate(zip(leader, follower, strict=True)):
        builder.add_transition("s", "a", f"b{k}", leader_reward=mine, follower_reward=theirs, next={"s": 1.0})
    return builder.build()


def processes(made: Game) -> Any:
    return induce(ExactGame.of(made), ((1.0,),))


def weights_of(numbers: tuple[float, ...], temperature: float) -> list[Fraction]:
    """``exp(number / tau)`` to 90 digits."""
    return [Fraction(FINE.exp(FINE.divide(Decimal(one), Decimal(temperature)))) for one in numbers]


def truth(numbers: tuple[float, ...], temperature: float) -> list[Fraction]:
    """The mix, to 90 digits; in one state it depends on no later value."""
    weights = weights_of(numbers, temperature)
    return [one / sum(weights) for one in weights]


# -------------------------------------------------------------------- exponentials and logarithms


@pytest.mark.parametrize("temperature", [0.25, 3.0])
@pytest.mark.parametrize("numbers", [(1.0, 0.0, 0.5), (-3.0, -8.0), (2.0,), (0.0, 0.0, 0.0, 0.0)])
def test_a_logarithm_of_a_sum_is_enclosed_closely(numbers: tuple[float, ...], temperature: float) -> None:
    found = soft._log_sum(list(map(Fraction, numbers)), Fraction(temperature))
    total = sum(weights_of(numbers, temperature))
    due = Fraction(temperature) * Fraction(FINE.ln(FINE.divide(Decimal(total.numerator), Decimal(total.denominator))))
    assert found.lower < due < found.upper
    error = Fraction(1, 10**40) * (Fraction(temperature) + Fraction(max(numbers) - min(numbers)))
    assert found.upper - found.lower == 2 * error
    assert abs((found.lower + found.upper) / 2 - due) < Fraction(1, 10**50)


@pytest.mark.parametrize("temperature", [0.25, 3.0])
@pytest.mark.parametrize("numbers", [(1.0, 0.0, 0.5), (-3.0, -8.0), (2.0,), (-300.0, 0.0)])
def test_probabilities_are_proportional_to_exponentials(numbers: tuple[float, ...], temperature: float) -> None:
    found = soft._logit(list(map(Fraction, numbers)), Fraction(temperature))
    for one, due in zip(found, truth(numbers, temperature), strict=True):
        assert abs(one - due) < Fraction(1, 10**55) * due + Fraction(1, 10**400)


def test_what_is_hopeless_has_no_weight() -> None:
    assert soft._logit([Fraction(0), Fraction(-1001)], Fraction(1)) == [1, 0]
    assert soft._logit([Fraction(0), Fraction(-999)], Fraction(1))[1] > 0
    assert soft._exponential(Fraction(-1000)) > 0


@pytest.mark.parametrize(("exponent", "due"), [(0, 0), (HALF, Fraction(3, 4)), (1, 2)])
def test_the_excess_of_an_exponential(exponent: Any, due: Any) -> None:
    assert soft._exponential_excess(Fraction(exponent)) == due
    assert due >= np.expm1(float(exponent))


def test_beyond_one_an_excess_says_nothing() -> None:
    assert soft._exponential_excess(Fraction(11, 10)) >= 10**5


# -------------------------------------------------------------------- enclosures


@pytest.mark.parametrize("shift", [0.0, 0.125, -0.125, 0.5])
def test_wrong_soft_values_widen_the_mix_by_what_they_may_mean(monkeypatch: pytest.MonkeyPatch, shift: float) -> None:
    """Values off by ``c`` leave ``gamma c`` of doubt of every ``q``: a factor ``x + x^2`` of ``2 gamma c / tau``."""
    right, tau = soft._newton, 4.0
    monkeypatch.setattr(soft, "_newton", lambda *given: ((found := right(*given))[0] + shift, found[1]))
    made = game()
    leader, follower = processes(made)
    found = soft._enclosed_mix(follower, Fraction(tau), unhurried)
    due = truth((1.0, 0.0, 0.5), tau)
    x = 2 * HALF * abs(Fraction(shift)) / 4
    for p, doubt, one in zip(found.mix.tolist(), found.doubt, due, strict=True):
        assert abs(Fraction(p) - one) <= doubt
        assert abs(doubt - one * (x + x * x)) <= Fraction(1, 10**14)
    mix, _ = enclosed_answer(leader, follower, Fraction(tau))
    for interval, p, doubt in zip(mix, found.mix.tolist(), found.doubt, strict=True):
        assert (interval.lower, interval.upper) == (Fraction(p) - doubt, Fraction(p) + doubt)


@pytest.mark.parametrize("shifts", [(0.125, 0.0), (0.0, 0.125), (-0.125, 0.0), (0.125, -0.25)])
def test_of_several_states_the_worst_doubt_counts(monkeypatch: pytest.MonkeyPatch, shifts: tuple[float, float]) -> None:
    """Two states that lead to themselves: what is wrong in one of them counts in both, from both sides together."""
    builder = GameBuilder("two", leader_discount=0.5, follower_discount=0.5)
    for state in "st":
        builder.add_state(state, leader_actions=["a"], follower_actions=["b", "c"])
        for answer, reward in (("b", 1.0), ("c", 0.0)):
            builder.add_transition(state, "a", answer, leader_reward=reward, follower_reward=reward, next={state: 1.0})
    right = soft._newton
    monkeypatch.setattr(soft, "_newton", lambda *given: ((found := right(*given))[0] + np.array(shifts), found[1]))
    _, follower = induce(ExactGame.of(builder.build()), ((1.0,), (1.0,)))
    found = soft._enclosed_mix(follower, Fraction(4), unhurried)
    off = HALF * (max(map(Fraction, (*shifts, 0.0))) - min(map(Fraction, (*shifts, 0.0))))
    x = 2 * off / 4
    for doubt, one in zip(found.doubt, 2 * truth((1.0, 0.0), 4.0), strict=True):
        assert abs(doubt - one * (x + x * x)) <= Fraction(1, 10**14)


def test_a_probability_is_never_negative(monkeypatch: pytest.MonkeyPatch) -> None:
    right = soft._newton
    monkeypatch.setattr(soft, "_newton", lambda *given: ((found := right(*given))[0] + 9.0, found[1]))
    leader, follower = processes(game())
    mix, _ = enclosed_answer(leader, follower, Fraction(1))
    assert [one.lower for one in mix] == [0, 0, 0]
    assert all(one.upper > 1 for one in mix)


@pytest.mark.parametrize("shift", [0.0, 0.25, -0.25])
def test_wrong_values_of_a_mix_are_enclosed_up_to_the_true_one(monkeypatch: pytest.MonkeyPatch, shift: float) -> None:
    """Values that are ``c`` too large are enclosed between the true ones and themselves, and the other way round."""
    right = soft._mixed_values
    monkeypatch.setattr(soft, "_mixed_values", lambda *given: right(*given) + shift)
    leader, _ = processes(game())
    mix = np.array([0.5, 0.25, 0.25])
    (found,) = soft._enclosed_values(leader, soft._Soft(mix, (Fraction(0),) * 3), unhurried)
    due = Fraction(2)  # (1/2 - 2/4 + 4/4) / (1 - 1/2)
    ends = sorted((due, due + Fraction(shift)))
    assert abs(found.lower - ends[0]) < Fraction(1, 10**14)
    assert abs(found.upper - ends[1]) < Fraction(1, 10**14)
    assert found.lower <= due <= found.upper


@pytest.mark.parametrize("doubts", [(0, 0, 0), (8, 0, 0), (0, 8, 0), (0, 0, 8), (8, 16, 32)])
@pytest.mark.parametrize("share", [0.25, 0.125])
def test_doubt_of_a_mix_moves_values_by_what_is_at_stake(doubts: tuple[int, ...], share: float) -> None:
    """With no later steps: ``sum_b doubt(b) |q(b) - V|``, and the same with what the sum of the mix misses."""
    leader, _ = processes(game(discount=0.0))
    mix = np.array([0.5, 0.25, share])
    doubt = tuple(Fraction(one, 256) for one in doubts)
    (found,) = soft._enclosed_values(leader, soft._Soft(mix, doubt), unhurried)
    shares = list(map(Fraction, mix.tolist()))
    rewards = (Fraction(1), Fraction(-2), Fraction(4))
    value = sum(p * r for p, r in zip(shares, rewards, strict=True))
    total = sum(shares)
    missed = 1 - total
    moved = sum((d + missed * p) * abs(r - value) for d, p, r in zip(doubt, shares, rewards, strict=True))
    assert found.lower == min(value, value / total - moved)
    assert found.upper == max(value, value / total + moved)


def test_the_worst_state_counts_for_all() -> None:
    """Doubt in the second state alone; the first one may lead there."""
    builder = GameBuilder("two", leader_discount=0.5, follower_discount=0.5)
    for state, reward in (("s", 0.0), ("t", 1.0)):
        builder.add_state(state, leader_actions=["a"], follower_actions=["b", "c"])
        for answer, more in (("b", reward), ("c", -reward)):
            builder.add_transition(state, "a", answer, leader_reward=more, follower_reward=more, next={state: 1.0})
    for order in ((0, 1), (1, 0)):
        leader, _ = induce(ExactGame.of(builder.build()), ((1.0,), (1.0,)))
        doubt = [(Fraction(0),) * 2, (Fraction(1, 8),) * 2]
        found = soft._enclosed_values(
            leader, soft._Soft(np.full(4, 0.5), (*doubt[order[0]], *doubt[order[1]])), unhurried
        )
        assert [one.width for one in found] == ([1, 1] if order == (0, 1) else [0, 0])


def test_an_answer_is_the_best_one_alone() -> None:
    leader, follower = processes(game(follower=(0.0, 1.0, 0.5)))
    evidence = Prover(ExactGame.of(game(follower=(0.0, 1.0, 0.5))), "leader", DEFAULT_TOLERANCES).about(((1.0,),))
    view = soft.soft_view(evidence.view, np.array([0.2, 0.5, 0.3]), follower.offsets)
    assert view.tied == view.possibly_tied == ((1,),)
    assert leader.num_states == 1
    wider = soft.soft_view(evidence.view, np.array([0.5, 0.5, 0.2, 0.3, 0.5]), (0, 2, 5))
    assert wider.tied == ((0,), (4,))


# -------------------------------------------------------------------- evidence and checks


def prover(temperature: float = 1.0) -> SoftProver:
    return SoftProver(ExactGame.of(game()), "leader", DEFAULT_TOLERANCES, temperature=temperature)


def test_what_printing_and_computing_may_miss_is_his_noise_over_the_temperature() -> None:
    exact = ExactGame.of(game())
    leader, follower = processes(game())
    for temperature in (1.0, 1e-3, 1e-20):
        evidence = prover(temperature).about(((1.0,),))
        assert isinstance(evidence, SoftEvidence)
        mix, pair = enclosed_answer(leader, follower, Fraction(temperature))
        plain = Prover(exact, "leader", DEFAULT_TOLERANCES).about(((1.0,),))
        scale = local_scale(exact.game, leader=False)
        share = min(1, SOFT_DOUBT * max(scale.noise(plain.view.optimum.values, HALF)) / Fraction(temperature))
        assert [one.upper for one in evidence.mix] == [one.upper + share for one in mix]
        assert [one.lower for one in evidence.mix] == [one.lower for one in mix]
        for slack, mine, own in ((evidence.slack, True, pair[0]), (evidence.view.slack, False, pair[1])):
            local = local_scale(exact.game, leader=mine)
            due = local.slack(own, HALF)[0] + share * max(local.width) * 2 + own[0].upper - own[0].lower
            assert slack == (due,)
        assert (evidence.outcomes, evidence.exact_outcome) == ((pair[0],), pair[0])
        assert evidence.pair_values((0,)) == pair
        assert evidence.epsilon((0,)) >= plain.view.optimum.values[0].upper - pair[1][0].upper
        assert evidence.epsilon((0,)) > Fraction(1, 10) or temperature < 1.0


def point(mix: Any, place: str = "here") -> PointClaim:
    return PointClaim(
        place=place, policy=((1.0,),), leader_values=(0.0,), leader_value=0.0, weights=(1.0,), mix=mix
    )  # fmt: skip


def judged(mix: Any, kind: str = "quantal", with_prover: Any = None) -> Any:
    claims: Any = type("Claims", (), {"follower": FollowerClaim(kind, 1.0), "answers": (point(mix),)})
    return follower_checks(claims, with_prover or prover(), game())


def test_a_printed_mix_is_his_within_a_billionth() -> None:
    due = [float(one) for one in truth((1.0, 0.0, 0.5), 1.0)]
    for slot, sign in itertools.product(range(3), (1.0, -1.0)):
        for size, passes in ((0.99, True), (1.3, False)):
            mix = list(due)
            mix[slot] += sign * size * ROUNDING
            (check,) = judged((tuple(mix),))
            assert (check.name, check.passed) == ("response_is_soft", passes)
            assert "state 's'" in check.detail


def test_no_mix_and_no_quantal_follower() -> None:
    (check,) = judged(None)
    assert not check.passed
    assert (check.violation, check.tolerance) == (1, 0)
    (other,) = judged(((1.0, 0.0, 0.0),), with_prover=Prover(ExactGame.of(game()), "leader", DEFAULT_TOLERANCES))
    assert not other.passed
    assert judged(None, kind="rational") == []


@pytest.mark.parametrize(("accepted", "due"), [(0.25, (0,)), (0.5, (0, 2)), (0.75, (0, 2)), (1.0, (0, 1, 2))])
def test_a_near_optimal_follower_takes_what_loses_no_more(accepted: float, due: tuple[int, ...]) -> None:
    near = NearProver(ExactGame.of(game()), "leader", DEFAULT_TOLERANCES, accepted=accepted).about(((1.0,),))
    assert near.view.tied == (due,)
    best = max((1.0, -2.0, 4.0)[k] for k in due)
    assert near.exact_outcome == near.outcomes[0] == (Interval.point(Fraction(2 * best)),)
    assert isinstance(near, Evidence)


# -------------------------------------------------------------------- who he is said to be


@pytest.mark.parametrize(
    ("data", "due"),
    [
        ({"kind": "quantal", "temperature": 0.5}, FollowerClaim("quantal", 0.5, "")),
        (
            {"kind": "near-optimal", "epsilon": 0.5, "view": "optimistic"},
            FollowerClaim("near-optimal", 0.5, "optimistic"),
        ),
        ({"kind": "myopic", "ties": "leader", "margin": 0.0}, FollowerClaim("myopic", 0.0, "")),
    ],
)  # fmt: skip
def test_a_follower_is_read_as_he_stands(data: Any, due: FollowerClaim) -> None:
    ties = "leader"
    assert read_follower({"follower": data, "ties": ties, "margin": 0.0}, {"follower": data}) == due
    assert read_follower({}, {}) is RATIONAL
    assert FollowerClaim("rational", 0.0, "") == RATIONAL


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"kind": "rational"}, "must be one of"),
        ({"kind": "quantal"}, "is missing"),
        ({"kind": "quantal", "temperature": 0.0}, "must be above 0"),
        ({"kind": "quantal", "temperature": -1.0}, "must be above 0"),
        ({"kind": "quantal", "temperature": 1.0, "view": "optimistic"}, "does not have"),
        ({"kind": "near-optimal", "epsilon": 1.0, "view": "hopeful"}, "must be one of"),
        ({"kind": "near-optimal", "epsilon": 1.0}, "is missing"),
        ({"kind": "near-optimal", "epsilon": 1.0, "view": "optimistic", "temperature": 1.0}, "does not have"),
        ({"kind": "near-optimal", "epsilon": 1.0, "view": "pessimistic"}, "has another"),
        ({"kind": "myopic", "epsilon": 1.0}, "does not have"),
        ({"kind": "myopic", "ties": "adverse"}, "follower.ties is 'adverse'"),
        ({"kind": "myopic", "margin": 0.5}, "follower.margin is 0.5"),
        ([], "must be an object"),
    ],
)  # fmt: skip
def test_a_follower_who_cannot_be_read_is_refused(data: Any, said: str) -> None:
    with pytest.raises(InvalidResultError, match=said):
        read_follower({"follower": data, "ties": "leader", "margin": 0.0}, {"follower": data})
    with pytest.raises(InvalidResultError, match=r"not the one of provenance\.options"):
        read_follower({"follower": data}, {})


def test_which_certificates_prove_something_of_him() -> None:
    later, now = game(), game(discount=0.0)
    rational, myopic = RATIONAL, FollowerClaim("myopic")
    shy, bold = FollowerClaim("near-optimal", 1.0, "pessimistic"), FollowerClaim("near-optimal", 1.0, "optimistic")
    soft_one = FollowerClaim("quantal", 1.0)
    table = {(who, about): (who.is_certified_by(about, later), who.is_certified_by(about, now))
             for who in (rational, myopic, shy, bold, soft_one) for about in ("rational", "myopic")}  # fmt: skip
    assert {key for key, (first, _) in table.items() if first} == {
        (rational, "rational"), (myopic, "myopic"), (shy, "rational"),
    }  # fmt: skip
    assert {key for key, (_, second) in table.items() if second} == {
        (rational, "rational"), (rational, "myopic"), (myopic, "rational"), (myopic, "myopic"), (shy, "rational"),
    }  # fmt: skip
    assert [one.mixes for one in (rational, myopic, shy, bold, soft_one)] == [False, False, False, False, True]
    assert [one.by_ties for one in (rational, myopic, shy, bold, soft_one)] == [True, True, False, False, False]


def test_the_game_of_a_follower_who_looks_no_further() -> None:
    later, now = game(), game(discount=0.0)
    assert myopic_reading(now) is now
    assert myopic_reading(later).follower_discount == 0.0
    assert myopic_reading(later).leader_discount == 0.5
    assert FollowerClaim("myopic").game(later).follower_discount == 0.0
    assert RATIONAL.game(later) is later
    assert game_of_hash(later, later.content_hash) == (later, "rational")
    assert game_of_hash(later, "x") == (later, "rational")
    read, who = game_of_hash(later, myopic_reading(later).content_hash)
    assert (read.follower_discount, who) == (0.0, "myopic")


def test_newton_ends_where_it_stands_still() -> None:
    """Good values make narrow enclosures: a search that stops early or drifts away does not."""
    for temperature, made in ((0.05, game(0.9)), (1.0, game(0.99, (3.0, -1.0, 2.0)))):
        leader, follower = processes(made)
        mix, pair = enclosed_answer(leader, follower, Fraction(temperature))
        assert max(one.width for one in mix) < Fraction(1, 10**9)
        assert max(one.width for values in pair for one in values) < Fraction(1, 10**8)


def test_a_whole_document_with_a_low_temperature_passes() -> None:
    result = solve(game(), follower=Quantal(0.01), settings={"bound_nodes": 0})
    assert json.loads(json.dumps(result.to_dict()))["follower"]["temperature"] == 0.01
    assert result.check.passed
    assert Fraction(1, 10**40) == ROUNDED


# -------------------------------------------------------------------- several states


def two(small: float = 1.0, large: float = 64.0) -> Game:
    """Two states that lead to themselves, with little and with much at stake for both players."""
    builder = GameBuilder("two", leader_discount=0.5, follower_discount=0.5)
    for state, size in (("s", small), ("t", large)):
        builder.add_state(state, leader_actions=["a"], follower_actions=["b", "c"])
        for answer, reward in (("b", size), ("c", 0.0)):
            builder.add_transition(state, "a", answer, leader_reward=reward, follower_reward=reward, next={state: 1.0})
    return builder.build()


@pytest.mark.parametrize("sizes", [(1.0, 64.0), (64.0, 1.0)])
def test_the_largest_noise_and_the_largest_stake_count(sizes: tuple[float, float]) -> None:
    made = two(*sizes)
    exact, rows = ExactGame.of(made), ((1.0,), (1.0,))
    evidence = SoftProver(exact, "leader", DEFAULT_TOLERANCES, temperature=8.0).about(rows)
    plain = Prover(exact, "leader", DEFAULT_TOLERANCES).about(rows)
    assert isinstance(evidence, SoftEvidence)
    scale = local_scale(made, leader=False)
    share = 4 * max(scale.noise(plain.view.optimum.values, HALF)) / 8
    leader, follower = induce(exact, rows)
    mix, pair = enclosed_answer(leader, follower, Fraction(8))
    assert [one.upper for one in evidence.mix] == [one.upper + share for one in mix]
    own = local_scale(made, leader=True)
    plain_slack = own.slack(pair[0], HALF)
    for k in range(2):
        assert evidence.slack[k] == plain_slack[k] + share * max(own.width) * 2 + pair[0][k].upper - pair[0][k].lower
    assert evidence.view.tied == ((0,), (2,))


def test_what_is_tied_is_what_he_does_most() -> None:
    made = two().replace(follower_rewards=[0.0, 1.0, 8.0, 0.0])
    evidence = SoftProver(ExactGame.of(made), "leader", DEFAULT_TOLERANCES, temperature=2.0).about(((1.0,), (1.0,)))
    assert evidence.view.tied == ((1,), (2,))


def test_the_widest_doubt_of_an_action_value_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rounding outwards leaves an interval of every ``q``; here only the first one's is wide."""
    _, follower = processes(game(discount=0.0))
    width = Fraction(1, 64)

    def wide(self: Any, low: Any, high: Any, slots: Any) -> Any:
        del low, high
        exact = self.action_values((Fraction(0),), slots)
        return exact, [exact[0] + width, *exact[1:]]

    monkeypatch.setattr(type(follower), "action_bounds", wide)
    found = soft._enclosed_mix(follower, Fraction(4), unhurried)
    due, x = truth((1.0 + float(width) / 2, 0.0, 0.5), 4.0), 2 * width / 4
    for doubt, one in zip(found.doubt, due, strict=True):
        assert abs(doubt - one * (x + x * x)) <= Fraction(1, 10**14)
